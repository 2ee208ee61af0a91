//! What was written is read; what Redis wrote is read and written again byte for byte; what is wrong is named.

use super::*;
use crate::format::rdb_write::value_bytes;
use crate::object::stream::{NewId, NodeLimits};
use proptest::prelude::*;

fn id(ms: u64, seq: u64) -> StreamId {
    StreamId::new(ms, seq)
}

fn sample(ids: &[(u64, u64)], entries: u64) -> Stream {
    let (mut stream, limits) = (Stream::new(), NodeLimits { bytes: 0, entries });
    for (ms, seq) in ids {
        let texts = [&b"field"[..], b"value"];
        stream.append(NewId::Exact(id(*ms, *seq)), 0, 1, texts.into_iter(), &limits).unwrap();
    }
    stream
}

fn bytes_of(stream: &Stream, version: u16) -> Vec<u8> {
    value_bytes(|out| write(stream, version, out))
}

fn parse(kind: u8, bytes: &[u8]) -> Result<Stream, ErrorKind> {
    let mut from = Source::new(bytes, 1 << 20);
    let stream = read(kind, &mut from).map_err(|fault| fault.kind)?;
    assert!(from.rest().is_empty());
    Ok(stream)
}

/// Everything that a file holds, for comparison.
fn told(stream: &Stream) -> String {
    let nodes: Vec<_> = stream.nodes().map(|(id, node)| (id, node.as_bytes().to_vec())).collect();
    let groups: Vec<_> = stream
        .groups
        .iter()
        .map(|(name, group)| {
            let consumers: Vec<_> = group
                .consumers()
                .map(|(_, c)| {
                    let own: Vec<_> = c.pending_from(StreamId::MIN).collect();
                    (c.name().to_vec(), c.seen_ms(), c.active_ms(), own)
                })
                .collect();
            let pending: Vec<_> = group
                .pending_from(StreamId::MIN)
                .map(|(id, record)| (id, record.delivered_ms, record.deliveries))
                .collect();
            (name.to_vec(), group.last_id, group.entries_read, pending, consumers)
        })
        .collect();
    format!("{:?} {nodes:?} {groups:?}", stream.totals())
}

#[test]
fn what_redis_wrote_is_read_and_written_again() {
    // DUMP of redis-server 7.2.4 without its footer: XADD s 1-1 a 1 bb x; XADD s 2-0 a 2 bb y; XADD s 2-5 other 3;
    // XDEL s 2-0.
    let dump = b"\x10\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01\x40\x44\x44\0\0\0\x19\0\x02\x01\x01\x01\x02\x01\
        \x81a\x02\x82bb\x03\0\x01\x02\x01\0\x01\0\x01\x01\x01\x81x\x02\x05\x01\x03\x01\x01\x01\xdf\xff\x02\
        \x02\x01\x81y\x02\x05\x01\0\x01\x01\x01\x04\x01\x01\x01\x85other\x06\x03\x01\x06\x01\xff";
    let totals = b"\x02\x02\x05\x01\x01\x02\0\x03\0";
    let whole = [&b"\x01"[..], dump, totals].concat();
    for kind in [kind::STREAM_2, kind::STREAM_3] {
        let stream = parse(kind, &whole).unwrap();
        let expected = Totals {
            len: 2,
            last_id: id(2, 5),
            first_id: id(1, 1),
            max_deleted_id: id(2, 0),
            entries_added: 3,
        };
        assert_eq!(stream.totals(), expected);
        for version in [10, 11] {
            assert_eq!(
                bytes_of(&stream, version).escape_ascii().to_string(),
                whole.escape_ascii().to_string()
            );
        }
    }
    // The first version says less: entries, last id, groups.
    let old =
        parse(kind::STREAM, &[&b"\x01"[..], dump, b"\x02\x02\x05\x01\x01g\x02\x05\0\0"].concat()).unwrap();
    let totals = old.totals();
    assert_eq!((totals.entries_added, totals.first_id, totals.max_deleted_id), (2, id(1, 1), StreamId::MIN));
    assert_eq!(old.groups[&b"g"[..]].entries_read, 2, "reckoned");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_was_written_is_read(
        ids in proptest::collection::btree_set((1u64..100, 0u64..9), 0..30), entries in 1u64..9,
        gone in proptest::collection::vec((1u64..100, 0u64..9), 0..10),
        groups in proptest::collection::btree_map("[a-c]{1,2}", (0u64..9, -1i64..5, proptest::collection::vec(
            ("[x-z]{1,2}", 0i64..99, -1i64..99, proptest::collection::vec((0u64..50, any::<u64>()), 0..6)), 0..4)), 0..3),
        cut in any::<prop::sample::Index>(),
    ) {
        let ids: Vec<_> = ids.into_iter().collect();
        let mut stream = sample(&ids, entries);
        stream.delete(gone.into_iter().map(|(ms, seq)| id(ms, seq)));
        for (name, (last, reads, consumers)) in groups {
            let mut group = Group::new(id(last, 1), reads);
            for (name, seen, active, pending) in consumers {
                let Some(consumer) = group.restore(name.as_bytes(), seen, active) else { continue };
                for (ms, deliveries) in pending {
                    group.assign(id(ms, 3), Pending { delivered_ms: 77, deliveries, consumer });
                }
            }
            stream.groups.insert(name.into_bytes().into(), group);
        }
        let bytes = bytes_of(&stream, 11);
        prop_assert_eq!(told(&parse(kind::STREAM_3, &bytes).unwrap()), told(&stream));
        let cut = cut.index(bytes.len());
        prop_assert_eq!(parse(kind::STREAM_3, &bytes[..cut]).map(|_| ()), Err(ErrorKind::UnexpectedEof));
        // Version 10 forgets when consumers were active, and nothing else.
        let older = parse(kind::STREAM_2, &bytes_of(&stream, 10)).unwrap();
        prop_assert!(!older.has_active_times());
        if !stream.has_active_times() {
            prop_assert_eq!(told(&older), told(&stream));
        }
        // Version 9 says little beside entries and who has what.
        let oldest = parse(kind::STREAM, &bytes_of(&stream, 9)).unwrap();
        prop_assert_eq!(oldest.totals().first_id, stream.totals().first_id);
        prop_assert_eq!(oldest.groups.len(), stream.groups.len());
        prop_assert!(oldest.nodes().map(|node| node.1.as_bytes()).eq(stream.nodes().map(|node| node.1.as_bytes())));
        for (old, group) in oldest.groups.values().zip(stream.groups.values()) {
            let record = |r: (StreamId, Pending)| (r.0, r.1.delivered_ms, r.1.deliveries);
            prop_assert!(old
                .pending_from(StreamId::MIN)
                .map(record)
                .eq(group.pending_from(StreamId::MIN).map(record)));
        }
    }

    #[test]
    fn wild_and_damaged_bytes_do_no_harm(
        wild in proptest::collection::vec(any::<u8>(), 0..80),
        hits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut stream = sample(&[(1, 0), (2, 0), (3, 0), (4, 0)], 2);
        let mut group = Group::new(id(2, 0), 2);
        let consumer = group.create(b"c", 5).unwrap();
        group.assign(id(1, 0), Pending { delivered_ms: 1, deliveries: 1, consumer });
        stream.groups.insert((*b"g").into(), group);
        let mut bytes = bytes_of(&stream, 11);
        for (at, byte) in hits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        for kind in [kind::STREAM, kind::STREAM_2, kind::STREAM_3] {
            let _ = read(kind, &mut Source::new(&wild, 1 << 20));
            if let Ok(mut stream) = read(kind, &mut Source::new(&bytes, 1 << 20)) {
                // What was read can be used.
                assert!(stream.range(StreamId::MIN, StreamId::MAX).count() as u64 <= stream.len());
                stream.range_back(StreamId::MIN, StreamId::MAX).for_each(|item| assert_eq!(item.pairs().count(), item.len()));
                let _ = parse(kind::STREAM_3, &bytes_of(&stream, 11)).unwrap();
                let ids: Vec<_> = stream.range(StreamId::MIN, StreamId::MAX).map(|item| item.id).collect();
                stream.delete(ids.into_iter());
            }
        }
    }
}

#[test]
fn what_is_wrong_is_named() {
    let stream = sample(&[(1, 0), (2, 0)], 9);
    let node = stream.nodes().next().map(|(id, node)| (id.to_bytes(), node.as_bytes().to_vec())).unwrap();
    let nodes = |count: u8| {
        let one = [&[16][..], &node.0, &[node.1.len() as u8], &node.1].concat();
        [&[count][..], &one.repeat(usize::from(count))].concat()
    };
    let totals = b"\x02\x02\0\x01\0\0\0\x02";
    let with =
        |tail: &[u8]| parse(kind::STREAM_2, &[&nodes(1)[..], totals, tail].concat()).map(|_| ()).unwrap_err();
    let raw = id(1, 0).to_bytes();
    let time = [0; 8];
    let pending = [b"\x01", &raw[..], &time[..], b"\x01"].concat();
    let group = |tail: &[&[u8]]| [&b"\x01\x01g\x01\0\x01"[..], &tail.concat()].concat();
    let damaged = ErrorKind::Damaged;
    assert_eq!(
        parse(kind::STREAM_2, &[&nodes(2)[..], totals, b"\0"].concat()).map(|_| ()),
        Err(damaged("Listpack re-added with existing key"))
    );
    assert_eq!(
        parse(kind::STREAM_2, &[&nodes(1)[..], b"\x03\x02\0\x01\0\0\0\x02\0"].concat()).map(|_| ()),
        Err(damaged("Stream length inconsistent with rax entries"))
    );
    assert_eq!(
        parse(kind::STREAM_2, b"\x01\x03abc\x01x").map(|_| ()),
        Err(damaged("Stream node key entry is not the size of a stream ID"))
    );
    assert_eq!(
        parse(kind::STREAM_2, &[&b"\x01\x10"[..], &raw, b"\x07\x07\0\0\0\0\0\xff"].concat()).map(|_| ()),
        Err(damaged("Stream listpack integrity check failed."))
    );
    let bare = b"\x01g\x01\0\x01\0\0";
    assert_eq!(with(&[&b"\x02"[..], bare, bare].concat()), damaged("Duplicated consumer group name"));
    let twice = [b"\x02", &raw[..], &time[..], b"\x01", &raw[..], &time[..], b"\x01", b"\0"].concat();
    assert_eq!(with(&group(&[&twice])), damaged("Duplicated global PEL entry loading stream consumer group"));
    assert_eq!(with(&group(&[&pending, b"\0"])), damaged("Stream CG PEL entry without consumer"));
    let idle = [b"\x01c", &time[..], b"\0"].concat();
    assert_eq!(with(&group(&[b"\0\x02", &idle, &idle])), damaged("Duplicate stream consumer detected."));
    let owner = |name: &[u8]| [b"\x01", name, &time[..], b"\x01", &raw[..]].concat();
    assert_eq!(
        with(&group(&[b"\0\x01", &owner(b"c")])),
        damaged("Consumer entry not found in group global PEL")
    );
    assert_eq!(
        with(&group(&[&pending, b"\x02", &owner(b"c"), &owner(b"d")])),
        damaged("Duplicated consumer PEL entry loading a stream consumer group")
    );
}
