//! The list against a deque, and its encoding on both sides of each threshold.

use super::*;
use crate::base::hash::KeyHash;
use proptest::prelude::*;
use std::collections::VecDeque;

fn limits(fill: i32) -> Limits {
    Limits { list_max_listpack_size: fill, ..Limits::new(KeyHash::new([1; 16])) }
}

fn texts(list: &List) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    list.walk(0, false, |entry| {
        found.push(entry.to_vec());
        true
    });
    found
}

fn push(list: &mut List, end: End, texts: &[&[u8]], limits: &Limits) {
    list.grow(texts.iter().map(|text| text.len()).sum(), texts.len(), limits);
    texts.iter().for_each(|text| list.push(end, text));
}

#[test]
fn it_grows_beyond_the_count_and_shrinks_at_half() {
    let limits = limits(4);
    let mut list = List::new();
    push(&mut list, End::Tail, &[b"a", b"b", b"c", b"d"], &limits);
    assert_eq!(list.encoding(), "listpack");
    push(&mut list, End::Head, &[b"z"], &limits);
    assert_eq!((list.encoding(), list.len()), ("quicklist", 5));
    for left in [4, 3] {
        list.pop(End::Tail, |_| ());
        list.shrink(&limits);
        assert_eq!((list.encoding(), list.len()), ("quicklist", left));
    }
    list.pop(End::Head, |entry| assert!(entry.is(b"z")));
    list.shrink(&limits);
    assert_eq!((list.encoding(), texts(&list)), ("listpack", vec![b"a".to_vec(), b"b".to_vec()]));
}

#[test]
fn it_grows_beyond_the_bytes_counted_as_redis_does() {
    // -1: 4096 bytes, of which the listpack's own 7; what is added counts bare.
    let limits = limits(-1);
    let mut list = List::new();
    push(&mut list, End::Tail, &[&[b'x'; 4089]], &limits);
    assert_eq!(list.encoding(), "listpack");
    let mut list = List::new();
    push(&mut list, End::Tail, &[&[b'x'; 4090]], &limits);
    assert_eq!(list.encoding(), "quicklist");
    assert!(list.set(-1, &[b'x'; 2034], &limits), "7 + 2 + 2034 + 2 = 2045, below half");
    assert_eq!(list.encoding(), "listpack");
    assert!(!list.set(1, b"y", &limits) && !list.set(-2, b"y", &limits));
    assert!(list.insert(&[b'x'; 2034], &[b'y'; 2052], true, &limits), "4097: counted before it is sought");
    assert_eq!(list.encoding(), "quicklist");
    assert_eq!(list.remove(&[b'y'; 2052], 1, true, &limits), 1);
    assert_eq!(list.encoding(), "listpack");
}

#[test]
fn an_insertion_converts_even_if_the_pivot_is_missing() {
    let limits = limits(2);
    let mut list = List::new();
    push(&mut list, End::Tail, &[b"a", b"b"], &limits);
    assert!(!list.insert(b"none", b"x", false, &limits));
    assert_eq!((list.encoding(), list.len()), ("quicklist", 2));
    list.settle(&limits);
    assert_eq!(list.encoding(), "listpack");
    list.trim(1, 1, &limits);
    assert_eq!(texts(&list), [b"b"]);
}

#[test]
fn a_loaded_list_takes_the_form_of_its_size() {
    let limits = limits(3);
    for (n, encoding) in [(3, "listpack"), (4, "quicklist")] {
        let mut quick = List::loading(&limits);
        (0..n).for_each(|n| quick.push(End::Tail, &[b'a' + n]));
        let mut list = List::Quick(Box::new(quick));
        list.settle(&limits);
        assert_eq!((list.encoding(), list.len()), (encoding, usize::from(n)));
    }
    let mut packed = Listpack::new();
    (0..4).for_each(|n: i64| assert!(packed.append(n)));
    let mut list = List::Packed(packed);
    list.settle(&limits);
    assert_eq!(list.encoding(), "quicklist");
    let large = Limits { list_packed_threshold: 2, ..limits };
    list.grow(0, 0, &large);
    list.push(End::Head, b"22");
    let List::Quick(list) = list else { panic!("{list:?}") };
    assert_eq!(list.node_count(), 2);
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let run = (b'a'..b'c', 1usize..2000).prop_map(|(byte, len)| vec![byte; len]);
    prop_oneof![6 => (0i64..9).prop_map(|n| n.to_string().into_bytes()), 1 => run]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn it_is_a_deque_of_texts(
        fill in prop_oneof![Just(-1), Just(-2), 1i32..9],
        depth in 0u32..2,
        steps in proptest::collection::vec((0u8..12, any::<u16>(), text()), 0..60),
    ) {
        let limits = Limits { list_compress_depth: depth, ..limits(fill) };
        let (mut list, mut model) = (List::new(), VecDeque::<Vec<u8>>::new());
        for (what, at, text) in steps {
            let len = model.len();
            let index = if len == 0 { 0 } else { usize::from(at) % len };
            let places: Vec<u64> =
                (0..len).filter(|&at| model[at] == text).map(|at| at as u64).collect();
            match what {
                0..=3 => { push(&mut list, End::Tail, &[&text], &limits); model.push_back(text); }
                4 => { push(&mut list, End::Head, &[&text], &limits); model.push_front(text); }
                5 => {
                    prop_assert_eq!(list.pop(End::Head, |e| e.to_vec()), model.pop_front());
                    prop_assert_eq!(list.pop(End::Tail, |e| e.to_vec()), model.pop_back());
                    list.shrink(&limits);
                }
                6 => {
                    prop_assert_eq!(list.set(index as i64, &text, &limits), len != 0);
                    if len != 0 { model[index] = text; }
                }
                7 => {
                    let done = list.insert(&text, b"new", at % 2 == 0, &limits);
                    prop_assert_eq!(done, !places.is_empty());
                    if let Some(&first) = places.first() {
                        model.insert(first as usize + usize::from(at % 2 == 0), b"new".to_vec());
                    }
                }
                8 => {
                    let gone = list.remove(&text, usize::MAX, at % 2 == 0, &limits);
                    prop_assert_eq!(gone, places.len());
                    model.retain(|own| *own != text);
                }
                9 => {
                    let keep = text.len();
                    list.trim(index, keep, &limits);
                    model = model.into_iter().skip(index).take(keep).collect();
                }
                10 => {
                    let search = Search { skip: 1, count: 2, compare: 0, backward: false };
                    let mut found = Vec::new();
                    list.positions(&text, search, |at| found.push(at));
                    prop_assert!(found.iter().eq(places.iter().skip(1).take(2)));
                    found.clear();
                    let back = Search { skip: 0, count: 0, compare: 5, backward: true };
                    list.positions(&text, back, |at| found.push(at));
                    let near = places.iter().rev().filter(|&&at| at + 5 >= len as u64);
                    prop_assert!(found.iter().eq(near));
                }
                _ => list.settle(&limits),
            }
            prop_assert_eq!(list.len(), model.len());
        }
        prop_assert!(texts(&list).iter().eq(&model));
        let mut part = Vec::new();
        list.range(1, 3, |entry| part.push(entry.to_vec()));
        prop_assert!(part.iter().eq(model.iter().skip(1).take(3)));
    }
}
