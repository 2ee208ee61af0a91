//! The row of nodes against a map, and the count of radix nodes against figures of redis-server 7.2.4.

use super::*;
use proptest::prelude::*;

fn node() -> StreamNode {
    StreamNode::new(1, [&b"f"[..], b"v"].into_iter())
}

fn log(ids: &[(u64, u64)]) -> StreamLog {
    let mut log = StreamLog::default();
    for (ms, seq) in ids {
        assert!(log.insert(StreamId::new(*ms, *seq), node()));
    }
    log
}

#[test]
fn radix_nodes_are_counted_as_redis_does() {
    assert_eq!(log(&[]).radix_nodes(), 1);
    assert_eq!(log(&[(1, 1)]).radix_nodes(), 2);
    assert_eq!(log(&[(1, 1), (1, 2)]).radix_nodes(), 4);
    assert_eq!(log(&[(1, 1), (1, 2), (1, 3)]).radix_nodes(), 5);
    // As above, and a branch above that with a run of its own: 256-0 parts two bytes earlier.
    assert_eq!(log(&[(1, 1), (1, 2), (1, 3), (256, 0)]).radix_nodes(), 9);
}

proptest! {
    #[test]
    fn it_is_a_sorted_map(
        steps in proptest::collection::vec((0u64..40, any::<bool>()), 0..80),
        start in 0u64..42, len in 0u64..42,
    ) {
        let (mut log, mut model) = (StreamLog::default(), std::collections::BTreeSet::new());
        for (ms, add) in steps {
            let id = StreamId::new(ms, 7);
            if add {
                prop_assert_eq!(log.insert(id, node()), model.insert(id));
            } else {
                prop_assert_eq!(log.remove(id).is_some(), model.remove(&id));
            }
            prop_assert_eq!(log.len(), model.len());
            prop_assert_eq!(log.is_empty(), model.is_empty());
            prop_assert_eq!(log.first().map(|(id, _)| id), model.first().copied());
            prop_assert_eq!(log.last_mut().map(|(id, _)| id), model.last().copied());
            prop_assert_eq!(log.get_mut(id).is_some(), model.contains(&id));
        }
        let ids: Vec<_> = log.iter().map(|(id, _)| id).collect();
        prop_assert!(ids.iter().eq(&model));
        // The range takes in the node before its start, which may reach into it.
        let (start, end) = (StreamId::new(start, 5), StreamId::new(start + len, 9));
        let from = model.range(..=start).next_back().copied().unwrap_or(start);
        let within: Vec<_> = model.range(from..=end).copied().collect();
        prop_assert_eq!(log.covering(start..=end).map(|(id, _)| id).collect::<Vec<_>>(), within.clone());
        let backwards: Vec<_> = log.covering(start..=end).rev().map(|(id, _)| id).collect();
        prop_assert!(backwards.iter().rev().eq(&within));
    }
}
