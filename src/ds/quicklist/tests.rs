//! The quicklist against a deque of texts, with nodes so small that everything is split and merged.

use super::*;
use proptest::prelude::*;

fn options(fill: i32, depth: u32, large: u32) -> Options {
    Options { fill, depth, large }
}

fn texts(list: &Quicklist) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    list.walk(0, false, |entry| {
        found.push(entry.to_vec());
        true
    });
    found
}

/// What must hold at any time.
fn check(list: &Quicklist) {
    let depth = list.options.depth as usize;
    let count = list.nodes.len();
    let mut len = 0;
    for (at, node) in list.nodes.iter().enumerate() {
        assert_ne!(node.count, 0, "no node is empty");
        len += node.len();
        let list = node.list();
        if let Some(list) = &list {
            assert_eq!(Listpack::validate(list.as_bytes(), true), Ok(node.len()));
            assert_eq!(list.byte_len(), node.raw_bytes());
        }
        let outer = at < depth || at + depth >= count;
        let lzf = matches!(node.data, Data::Lzf { .. });
        assert!(!(lzf && (outer || depth == 0)), "outer nodes are open");
    }
    assert_eq!(len, list.len);
}

fn counts(list: &Quicklist) -> Vec<u32> {
    list.nodes.iter().map(|node| node.count).collect()
}

fn filled(fill: i32, n: usize) -> Quicklist {
    let mut list = Quicklist::new(options(fill, 0, 1 << 30));
    (0..n).for_each(|n| list.push(End::Tail, n.to_string().as_bytes()));
    list
}

#[test]
fn limits_are_those_of_the_size_classes() {
    assert_eq!(node_limit(-1), (4096, usize::MAX));
    assert_eq!(node_limit(-5), (65_536, usize::MAX));
    assert_eq!(node_limit(-9), (65_536, usize::MAX));
    assert_eq!(node_limit(0), (usize::MAX, 1));
    assert!(!exceeds(-2, 8192, 10_000) && exceeds(-2, 8193, 1));
    assert!(!exceeds(4, 8192, 4) && exceeds(4, 8192, 5) && exceeds(4, 8193, 4));
    assert_eq!(node_limit(i32::MIN).0, 65_536);
}

#[test]
fn a_full_node_is_split_and_splinters_merge() {
    let mut list = filled(4, 12);
    assert_eq!(counts(&list), [4, 4, 4]);
    list.insert(5, b"x", true);
    assert_eq!(counts(&list), [4, 2, 3, 4]);
    list.insert(6, b"y", false);
    assert_eq!(counts(&list), [4, 2, 4, 4]);
    list.insert(3, b"edge", true);
    assert_eq!(counts(&list), [4, 3, 4, 4]);
    list.insert(11, b"new", false);
    assert_eq!(counts(&list), [4, 3, 4, 1, 4]);
    check(&list);
}

#[test]
fn large_elements_get_nodes_of_their_own() {
    let mut list = Quicklist::new(options(-2, 0, 5));
    for text in [&b"a"[..], b"large", b"b", b"c"] {
        list.push(End::Tail, text);
    }
    assert_eq!(counts(&list), [1, 1, 2]);
    assert!(matches!(list.stored().nth(1), Some(Stored::Plain(b"large"))));
    list.insert(2, b"12345", true);
    assert_eq!(counts(&list), [1, 1, 1, 1, 1]);
    assert_eq!(texts(&list), [&b"a"[..], b"large", b"b", b"12345", b"c"]);
    list.replace(1, b"s");
    list.replace(0, b"LARGE");
    list.rotate();
    assert_eq!(texts(&list), [&b"c"[..], b"LARGE", b"s", b"b", b"12345"]);
    list.rotate();
    assert_eq!(texts(&list), [&b"12345"[..], b"c", b"LARGE", b"s", b"b"]);
    assert_eq!(list.remove(b"12345", 9, true), 1);
    check(&list);
}

#[test]
fn inner_nodes_are_compressed_and_read_all_the_same() {
    let mut list = Quicklist::new(options(8, 1, 1 << 30));
    let text = |n: usize| format!("a rather repetitive text, a rather repetitive text {n}").into_bytes();
    (0..80).for_each(|n| list.push(End::Tail, &text(n)));
    let packed = |list: &Quicklist| list.stored().filter(|node| matches!(node, Stored::Lzf(..))).count();
    assert_eq!((list.node_count(), packed(&list)), (10, 8));
    assert_eq!(list.with(40, |entry| entry.to_vec()), Some(text(40)));
    let before = list.mem_bytes();
    list.replace(40, b"changed");
    list.delete_range(0, 9);
    list.push(End::Head, b"1");
    check(&list);
    assert!(packed(&list) == 7 && list.mem_bytes() < before);
    assert_eq!(list.with(-1, |entry| entry.to_vec()), Some(text(79)));
}

#[test]
fn the_only_node_can_be_taken() {
    let mut list = filled(4, 4);
    assert_eq!(list.single().map(|(_, count)| count), Some(4));
    list.push(End::Head, b"x");
    assert_eq!((list.single(), list.take_single()), (None, None));
    list.delete_range(0, 1);
    assert_eq!(list.take_single().map(|list| list.len()), Some(4));
    assert!(list.is_empty() && list.with(0, |_| ()).is_none() && !list.insert(0, b"x", true));
    let mut plain = Quicklist::new(options(-2, 0, 1));
    plain.push(End::Tail, b"x");
    assert_eq!(plain.single(), None);
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let run = (b'a'..b'd', 1usize..60).prop_map(|(byte, len)| vec![byte; len]);
    prop_oneof![3 => (0i64..30).prop_map(|n| n.to_string().into_bytes()), 3 => run]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn it_is_a_deque_of_texts(
        fill in prop_oneof![1i32..6, Just(-1), Just(0)],
        depth in 0u32..3,
        large in prop_oneof![Just(1u32 << 30), Just(40)],
        steps in proptest::collection::vec((0u8..14, any::<u16>(), text()), 0..100),
    ) {
        let mut list = Quicklist::new(options(fill, depth, large));
        let mut model = VecDeque::<Vec<u8>>::new();
        for (what, at, text) in steps {
            let len = model.len();
            let index = if len == 0 { 0 } else { usize::from(at) % len };
            match what {
                0..=3 => { list.push(End::Tail, &text); model.push_back(text); }
                4 | 5 => { list.push(End::Head, &text); model.push_front(text); }
                6 | 7 => {
                    prop_assert_eq!(list.insert(index, &text, what == 6), len != 0);
                    if len != 0 { model.insert(index + usize::from(what == 6), text); }
                }
                8 | 9 => {
                    prop_assert_eq!(list.replace(index, &text), len != 0);
                    if len != 0 { model[index] = text; }
                }
                10 => {
                    let count = text.len() / 4;
                    list.delete_range(index, count);
                    model.drain(index..len.min(index + count));
                }
                11 | 12 => {
                    let (most, backward) = (index % 3 + 1, what == 12);
                    let mut places: Vec<usize> = (0..len).filter(|&at| model[at] == text).collect();
                    if backward { places.reverse(); }
                    places.truncate(most);
                    prop_assert_eq!(list.remove(&text, most, backward), places.len());
                    places.sort_unstable();
                    places.into_iter().rev().for_each(|at| drop(model.remove(at)));
                }
                _ => { list.rotate(); model.rotate_right(usize::from(len != 0)); }
            }
            check(&list);
            prop_assert_eq!(list.len(), model.len());
        }
        prop_assert!(texts(&list).iter().eq(&model));
        for index in 0..model.len() {
            prop_assert_eq!(list.with(index as i64, |e| e.to_vec()), model.get(index).cloned());
            let behind = index as i64 - model.len() as i64;
            prop_assert_eq!(list.with(behind, |e| e.to_vec()), model.get(index).cloned());
        }
        let (mut back, middle) = (Vec::new(), model.len() / 2);
        list.walk(middle, true, |entry| { back.push(entry.to_vec()); back.len() < 5 });
        prop_assert!(back.iter().eq(model.iter().take(middle + 1).rev().take(5)));
    }
}
