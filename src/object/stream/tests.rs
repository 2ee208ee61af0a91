//! Entries against a sorted map, groups against a map of who has what.

use super::*;
use proptest::prelude::*;

type Fields = Vec<Vec<u8>>;
type Model = BTreeMap<StreamId, Fields>;

fn id(ms: u64, seq: u64) -> StreamId {
    StreamId::new(ms, seq)
}

fn shown(item: &Item<'_>) -> (StreamId, Fields) {
    (item.id, item.pairs().flat_map(|(field, value)| [field.to_vec(), value.to_vec()]).collect())
}

fn add(
    stream: &mut Stream,
    new: NewId,
    texts: &[Vec<u8>],
    limits: &NodeLimits,
) -> Result<StreamId, AddError> {
    stream.append(new, 1000, texts.len() / 2, texts.iter().map(Vec::as_slice), limits)
}

fn stream_of(ids: &[(u64, u64)]) -> Stream {
    let mut stream = Stream::new();
    let limits = NodeLimits { entries: 3, ..NodeLimits::default() };
    for (ms, seq) in ids {
        let texts = [b"f".to_vec(), b"v".to_vec()];
        add(&mut stream, NewId::Exact(id(*ms, *seq)), &texts, &limits).unwrap();
    }
    stream
}

#[derive(Clone, Debug)]
enum Step {
    Add(u64, Option<u64>, Fields),
    Delete(Vec<(u64, u64)>),
    Trim(Trim),
    SetId(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let small = || (0u64..30, 0u64..4);
    let fields = proptest::collection::vec("[ab]{1,2}", 1..4)
        .prop_map(|names| names.iter().flat_map(|name| [name.clone().into(), b"value".to_vec()]).collect());
    let keep = prop_oneof![
        (0u64..20).prop_map(Keep::MaxLen),
        small().prop_map(|(ms, seq)| Keep::MinId(id(ms, seq)))
    ];
    let trim = (keep, any::<bool>(), prop_oneof![Just(0u64), 0u64..9]).prop_map(|(keep, approx, limit)| {
        Step::Trim(Trim { keep, approx, limit: if approx { limit } else { 0 } })
    });
    let step = prop_oneof![
        12 => (0u64..30, proptest::option::of(0u64..4), fields).prop_map(|(ms, seq, fields)| Step::Add(ms, seq, fields)),
        4 => proptest::collection::vec(small(), 1..5).prop_map(Step::Delete),
        2 => trim,
        1 => (0u64..30).prop_map(Step::SetId),
    ];
    proptest::collection::vec(step, 0..120)
}

/// What everything that can be asked of a stream answers by the model.
fn same(stream: &Stream, model: &Model) {
    let all: Vec<_> = model.iter().map(|(id, fields)| (*id, fields.clone())).collect();
    assert_eq!(stream.len(), all.len() as u64);
    assert_eq!(stream.range(StreamId::MIN, StreamId::MAX).map(|item| shown(&item)).collect::<Vec<_>>(), all);
    assert_eq!(stream.totals().first_id, all.first().map_or(StreamId::MIN, |(id, _)| *id));
    assert_eq!(stream.top_id(), all.last().map(|(id, _)| *id));
    for (start, end) in
        [(id(3, 1), id(9, 2)), (id(0, 0), id(5, 0)), (id(7, 3), id(7, 3)), (id(9, 0), id(2, 0))]
    {
        let within: Vec<_> = all.iter().filter(|(id, _)| (start..=end).contains(id)).cloned().collect();
        assert_eq!(stream.range(start, end).map(|item| shown(&item)).collect::<Vec<_>>(), within);
        let mut back: Vec<_> = stream.range_back(start, end).map(|item| shown(&item)).collect();
        back.reverse();
        assert_eq!(back, within);
        assert_eq!(stream.get(start).is_some(), model.contains_key(&start));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn entries_are_a_sorted_map(steps in steps(), entries in 1u64..8) {
        let limits = NodeLimits { entries, ..NodeLimits::default() };
        let (mut stream, mut model, mut last) = (Stream::new(), Model::new(), StreamId::MIN);
        let (mut added, mut max_deleted) = (0, StreamId::MIN);
        for step in steps {
            match step {
                Step::Add(ms, seq, fields) => {
                    let new = seq.map_or(NewId::Within(ms), |seq| NewId::Exact(id(ms, seq)));
                    let next = if ms == last.ms { last.seq + 1 } else { 0 };
                    let expected = id(ms, seq.unwrap_or(next));
                    let got = add(&mut stream, new, &fields, &limits);
                    prop_assert_eq!(got, if expected > last { Ok(expected) } else { Err(AddError::NotAbove) });
                    if got.is_ok() {
                        model.insert(expected, fields);
                        (last, added) = (expected, added + 1);
                    }
                }
                Step::Delete(ids) => {
                    let ids: Vec<_> = ids.into_iter().map(|(ms, seq)| id(ms, seq)).collect();
                    let gone: Vec<_> = ids.iter().filter(|id| model.remove(id).is_some()).copied().collect();
                    prop_assert_eq!(stream.delete(ids.into_iter()), gone.len() as u64);
                    max_deleted = gone.into_iter().max().map_or(max_deleted, |id| id.max(max_deleted));
                }
                Step::Trim(trim) => {
                    let excess = match trim.keep {
                        Keep::MaxLen(most) => (model.len() as u64).saturating_sub(most),
                        Keep::MinId(least) => model.range(..least).count() as u64,
                    };
                    let trimmed = stream.trim(&trim);
                    prop_assert!(trimmed <= excess);
                    if trim.approx {
                        // What stays of the excess lies in one node with something to keep, or is over the limit.
                        prop_assert!(excess - trimmed < entries || trim.limit != 0);
                        prop_assert!(trim.limit == 0 || trimmed <= trim.limit);
                    } else {
                        prop_assert_eq!(trimmed, excess);
                    }
                    (0..trimmed).for_each(|_| drop(model.pop_first()));
                }
                Step::SetId(ms) => {
                    let new = id(ms + 5, 0).max(last);
                    stream.set_ids(new, None, None);
                    last = new;
                }
            }
            same(&stream, &model);
            prop_assert_eq!(stream.last_id(), last);
            let totals = stream.totals();
            prop_assert_eq!((totals.entries_added, totals.max_deleted_id), (added, max_deleted));
        }
        same(&stream.clone(), &model);
        let nodes = stream.nodes().map(|(id, node)| (id, node.clone()));
        let mut back = Stream::from_nodes(nodes).unwrap();
        prop_assert!(back.set_totals(stream.totals(), true));
        same(&back, &model);
        let longer = Totals { len: stream.len() + 1, ..stream.totals() };
        prop_assert!(!back.set_totals(longer, true));
        let astray = Totals { first_id: id(77, 7), ..stream.totals() };
        prop_assert!(back.set_totals(astray, false));
        same(&back, &model);
    }

    #[test]
    fn groups_are_a_map_of_who_has_what(
        steps in proptest::collection::vec((0u8..8, 0u64..12, 0usize..4), 0..150),
    ) {
        const NAMES: [&[u8]; 4] = [b"b", b"a", b"ab", b""];
        let mut group = Group::new(StreamId::MIN, 0);
        let mut owners: BTreeMap<StreamId, (usize, u64)> = BTreeMap::new();
        let mut names = std::collections::BTreeSet::new();
        for (what, ms, who) in steps {
            let (name, entry) = (NAMES[who], id(ms, 0));
            match what {
                0 => prop_assert_eq!(group.create(name, 5).is_some(), names.insert(name)),
                1 => {
                    let had = owners.len();
                    owners.retain(|_, (owner, _)| NAMES[*owner] != name);
                    let gone = names.remove(name).then_some(had - owners.len());
                    prop_assert_eq!(group.remove(name), gone);
                }
                2 | 3 => prop_assert_eq!(group.acknowledge(entry), owners.remove(&entry).is_some()),
                4 => {
                    group.redeliver(entry, 9);
                    owners.entry(entry).and_modify(|(_, count)| *count += 1);
                }
                _ => {
                    if let Some(consumer) = group.find(name) {
                        group.assign(entry, Pending { delivered_ms: 7, deliveries: ms, consumer });
                        owners.insert(entry, (who, ms));
                    }
                }
            }
            let held: Vec<_> = group.pending_from(StreamId::MIN)
                .map(|(id, record)| (id, group.consumer(record.consumer).name().to_vec(), record.deliveries))
                .collect();
            let model: Vec<_> =
                owners.iter().map(|(id, (owner, count))| (*id, NAMES[*owner].to_vec(), *count)).collect();
            prop_assert_eq!(held, model);
            prop_assert_eq!(group.pending_len(), owners.len());
            let ends = owners.first_key_value().zip(owners.last_key_value()).map(|(a, b)| (*a.0, *b.0));
            prop_assert_eq!(group.pending_ends(), ends);
            prop_assert!(group.consumers().map(|(_, consumer)| consumer.name()).eq(names.iter().copied()));
            for (_, consumer) in group.consumers() {
                let own = owners.iter().filter(|(_, (owner, _))| NAMES[*owner] == consumer.name()).map(|(id, _)| *id);
                prop_assert!(consumer.pending_from(StreamId::MIN).eq(own));
            }
        }
    }
}

#[test]
fn ids_run_out_and_do_not_wrap() {
    let mut stream = stream_of(&[(5, u64::MAX)]);
    let (texts, limits) = ([b"f".to_vec(), b"v".to_vec()], NodeLimits::default());
    assert_eq!(add(&mut stream, NewId::Within(5), &texts, &limits), Err(AddError::NotAbove));
    assert_eq!(add(&mut stream, NewId::Auto, &texts, &limits), Ok(id(1000, 0)), "the clock");
    assert_eq!(add(&mut stream, NewId::Auto, &texts, &limits), Ok(id(1000, 1)), "the clock stands");
    stream.set_ids(StreamId::MAX, None, None);
    assert!(stream.is_exhausted());
    assert_eq!(add(&mut stream, NewId::Auto, &texts, &limits), Err(AddError::NotAbove));
}

#[test]
fn the_lag_is_told_where_nothing_was_deleted_ahead() {
    let mut stream = stream_of(&[(1, 0), (2, 0), (3, 0), (4, 0), (5, 0)]);
    let group = |last, reads| Group::new(id(last, 0), reads);
    let lag = |stream: &Stream, last, reads| stream.lag(&group(last, reads));
    assert_eq!(lag(&stream, 0, UNKNOWN_READS), Some(5), "before the first");
    assert_eq!(lag(&stream, 1, UNKNOWN_READS), Some(4), "the first");
    assert_eq!(lag(&stream, 5, UNKNOWN_READS), Some(0), "the last");
    assert_eq!(lag(&stream, 3, UNKNOWN_READS), None, "somewhere");
    assert_eq!(lag(&stream, 3, 3), Some(2), "counted");
    assert_eq!(lag(&stream, 9, UNKNOWN_READS), None, "the future");
    stream.delete([id(4, 0)].into_iter());
    assert_eq!(lag(&stream, 3, 3), None, "a gap ahead");
    assert_eq!(lag(&stream, 4, 4), None, "Redis counts the gap itself as ahead");
    assert_eq!(lag(&stream, 5, 5), Some(0));
    stream.delete([id(1, 0), id(2, 0), id(3, 0), id(5, 0)].into_iter());
    assert_eq!(lag(&stream, 2, UNKNOWN_READS), Some(0), "nothing is left");
    assert_eq!(Stream::new().lag(&group(3, 7)), Some(0), "nothing ever was");
}

#[test]
fn whole_nodes_go_first_and_a_node_of_tombstones_stays() {
    let mut stream = stream_of(&[(1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0)]);
    assert_eq!(stream.node_count(), 3);
    let trim = |stream: &mut Stream, keep, approx, limit| stream.trim(&Trim { keep, approx, limit });
    assert_eq!(trim(&mut stream, Keep::MaxLen(5), true, 0), 0, "no node has only what may go");
    assert_eq!(trim(&mut stream, Keep::MaxLen(1), true, 5), 3, "the second would pass the limit");
    assert_eq!((stream.node_count(), stream.totals().first_id), (2, id(4, 0)));
    assert_eq!(trim(&mut stream, Keep::MinId(id(5, 1)), false, 0), 2);
    assert_eq!((stream.node_count(), stream.totals().first_id), (2, id(6, 0)));
    assert_eq!(stream.first_id_with_deleted(), id(4, 0));
    stream.delete([id(7, 0)].into_iter());
    assert_eq!(stream.node_count(), 1, "a node goes with its last entry");
    let mut stream = stream_of(&[(1, 0), (2, 0), (3, 0)]);
    stream.delete([id(3, 0)].into_iter());
    assert_eq!(trim(&mut stream, Keep::MinId(id(3, 0)), false, 0), 2);
    assert_eq!((stream.len(), stream.node_count(), stream.top_id()), (0, 1, None));
    assert_eq!(stream.totals().first_id, StreamId::MIN);
}
