//! The node against a vector of entries, its bytes against those of Redis, foreign bytes against nothing.

use super::*;
use proptest::prelude::*;

type Pair = (Vec<u8>, Vec<u8>);

fn flat(pairs: &[Pair]) -> impl Iterator<Item = &[u8]> + Clone {
    pairs.iter().flat_map(|(field, value)| [field.as_slice(), value.as_slice()])
}

fn pairs_of(item: &Item<'_>) -> Vec<Pair> {
    item.pairs().map(|(field, value)| (field.to_vec(), value.to_vec())).collect()
}

#[test]
fn the_bytes_are_those_of_redis() {
    // XADD s 1-1 a 1 bb x; XADD s 2-0 a 2 bb y; XADD s 2-5 other 3; XDEL s 2-0 in redis-server 7.2.4: the
    // listpack out of DUMP.
    let master = StreamId::new(1, 1);
    let pair = |field: &str, value: &str| (field.into(), value.into());
    let (one, two, three) =
        ([pair("a", "1"), pair("bb", "x")], [pair("a", "2"), pair("bb", "y")], [pair("other", "3")]);
    let mut node = StreamNode::new(2, flat(&one));
    node.append(master, StreamId::new(2, 0), 2, flat(&two));
    node.append(master, StreamId::new(2, 5), 1, flat(&three));
    let place = node.items(master).nth(1).map(|item| item.place()).unwrap();
    node.delete(place);
    let expected = b"\x4b\0\0\0\x19\0\x02\x01\x01\x01\x02\x01\x81a\x02\x82bb\x03\0\x01\
        \x02\x01\0\x01\0\x01\x01\x01\x81x\x02\x05\x01\
        \x03\x01\x01\x01\xdf\xff\x02\x02\x01\x81y\x02\x05\x01\
        \0\x01\x01\x01\x04\x01\x01\x01\x85other\x06\x03\x01\x06\x01\xff";
    let mut expected = expected.to_vec();
    expected[0] = expected.len() as u8;
    assert_eq!(node.as_bytes().escape_ascii().to_string(), expected.escape_ascii().to_string());
    assert_eq!(inspect(node.as_bytes()), 3);
}

#[test]
fn a_node_is_full_by_bytes_and_by_entries() {
    let mut node = StreamNode::new(1, flat(&[("f".into(), "v".into())]));
    let len = node.as_bytes().len();
    let full = |node: &StreamNode, bytes, entries| node.is_full(2, &NodeLimits { bytes, entries });
    assert!(full(&node, len + 2, 0) && !full(&node, len + 3, 0) && !full(&node, 0, 0));
    assert!(full(&node, 0, 1) && !full(&node, 0, 2));
    assert!(full(&node, len, 2));
    node.append(StreamId::MIN, StreamId::new(0, 1), 0, [].into_iter());
    assert!(full(&node, 0, 2));
}

#[test]
fn what_is_wrong_is_refused() {
    let of = |elements: &[i64]| {
        let mut list = Listpack::new();
        elements.iter().for_each(|number| assert!(list.append(*number)));
        validate(list.as_bytes(), true)
    };
    let counts = |living, deleted| Ok(Counts { living, deleted });
    assert_eq!(of(&[1, 0, 1, 7, 0, 2, 0, 0, 5, 4]), counts(1, 0));
    assert_eq!(of(&[0, 1, 1, 7, 0, 3, 0, 0, 5, 4]), counts(0, 1));
    assert_eq!(of(&[0, 0, 0, 0]), counts(0, 0));
    for wrong in [
        &[][..],
        &[1],
        &[1, 0, 1, 7, 0],
        &[1, 0, 1, 7, 1, 2, 0, 0, 5, 4],
        &[1, 0, 1, 7, 0, 2, 0, 0, 5, 5],
        &[1, 0, 1, 7, 0, 2, 0, 0, 5, 4, 9],
        &[2, 0, 1, 7, 0, 2, 0, 0, 5, 4],
        &[1, 0, 1, 7, 0, 3, 0, 0, 5, 4],
        &[1, 0, -1, 0, 2, 0, 0, 3],
        &[-1, 2, 1, 7, 0, 2, 0, 0, 5, 4],
        &[1, 0, 1, 7, 0, 0, 0, 0, -1, 3],
        &[1, 0, 1, 7, 0, 0, 0, 0, i64::MAX, 3],
        &[i64::MAX, i64::MAX, 1, 7, 0, 2, 0, 0, 5, 4],
    ] {
        assert_eq!(of(wrong), Err(Damaged), "{wrong:?}");
    }
    assert_eq!(validate(b"\x07\0\0\0\0\0\xff", false), Ok(Counts::default()));
    assert_eq!(validate(b"\x08\0\0\0\0\0\xff", false), Err(Damaged));
}

fn entries() -> impl Strategy<Value = Vec<Vec<Pair>>> {
    let field = proptest::sample::select(vec!["a", "b", "12", "long name of a field"]);
    let pair =
        (field, "(-?[0-9]{1,20}|.{0,70})").prop_map(|(field, value)| (field.into(), value.into_bytes()));
    proptest::collection::vec(proptest::collection::vec(pair, 0..4), 1..40)
}

proptest! {
    #[test]
    fn it_is_a_row_of_entries(entries in entries(), start: (u64, u64), gone in proptest::collection::vec(any::<u8>(), 0..20)) {
        let master = StreamId::new(start.0, start.1);
        let id = |i: usize| StreamId::new(start.0.wrapping_add(i as u64 / 3), start.1.wrapping_sub(i as u64 % 3));
        let mut node = StreamNode::new(entries[0].len(), flat(&entries[0]));
        for (i, pairs) in entries.iter().enumerate().skip(1) {
            node.append(master, id(i), pairs.len(), flat(pairs));
        }
        let mut model: Vec<_> = entries.iter().enumerate().map(|(i, pairs)| (id(i), false, pairs.clone())).collect();
        for i in gone {
            let i = usize::from(i) % model.len();
            if !model[i].1 {
                let place = node.items(master).nth(i).map(|item| item.place()).unwrap();
                node.delete(place);
                model[i].1 = true;
            }
        }
        let shown = |item: Item<'_>| (item.id, item.is_deleted(), pairs_of(&item));
        prop_assert_eq!(&node.items(master).map(shown).collect::<Vec<_>>(), &model);
        let mut back: Vec<_> = node.items(master).rev().map(shown).collect();
        back.reverse();
        prop_assert_eq!(&back, &model);
        let deleted = model.iter().filter(|entry| entry.1).count() as u64;
        prop_assert_eq!(node.counts(), Counts { living: model.len() as u64 - deleted, deleted });
        prop_assert_eq!(validate(node.as_bytes(), true), Ok(node.counts()));
        node.seal();
        prop_assert_eq!(StreamNode::from_bytes(node.as_bytes().to_vec()), Ok(node.clone()));

        let (keep, mut seen) = (model.len() / 2, 0);
        let trimmed = node.trim(master, |_, _| { seen += 1; seen <= keep });
        prop_assert_eq!(trimmed, model[..keep].iter().filter(|entry| !entry.1).count() as u64);
        prop_assert!(node.items(master).take(keep).all(|item| item.is_deleted()));
        prop_assert_eq!(inspect(node.as_bytes()), model.len());
    }

    #[test]
    fn wild_and_damaged_bytes_do_no_harm(
        entries in entries(), hits in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..4),
        wild in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        let mut node = StreamNode::new(entries[0].len(), flat(&entries[0]));
        for (i, pairs) in entries.iter().enumerate().skip(1) {
            node.append(StreamId::MIN, StreamId::new(0, i as u64), pairs.len(), flat(pairs));
        }
        let mut bytes = node.as_bytes().to_vec();
        for (at, byte) in hits {
            let at = usize::from(at) % bytes.len();
            bytes[at] = byte;
        }
        inspect(&bytes);
        inspect(&wild);
    }
}
