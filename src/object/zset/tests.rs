use super::*;
use crate::base::hash::KeyHash;
use crate::base::rng::Rng;
use crate::object::zset_range::rank_range;
use crate::object::{Entry as KeyEntry, NewValue, Value, digest};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn limits(entries: usize, value: usize) -> Limits {
    Limits {
        zset_max_listpack_entries: entries,
        zset_max_listpack_value: value,
        ..Limits::new(KeyHash::new([4; 16]))
    }
}

type Model = BTreeMap<Vec<u8>, f64>;

fn order(model: &Model) -> Vec<(Vec<u8>, f64)> {
    let mut all: Vec<(Vec<u8>, f64)> = model.iter().map(|(name, score)| (name.clone(), *score)).collect();
    all.sort_by(|one, other| one.1.partial_cmp(&other.1).unwrap().then_with(|| one.0.cmp(&other.0)));
    all
}

fn held(range: impl Iterator<Item = (impl std::borrow::Borrow<f64>, Vec<u8>)>) -> Vec<(Vec<u8>, f64)> {
    range.map(|(score, member)| (member, *score.borrow())).collect()
}

fn all(set: &Zset, ranks: Range<usize>) -> Vec<(Vec<u8>, f64)> {
    held(set.range(ranks).map(|(member, score)| (score, member.to_vec())))
}

fn names() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => (-20i64..20).prop_map(|n| n.to_string().into_bytes()),
        3 => (0u8..40).prop_map(|n| format!("m{n}").into_bytes()),
        1 => proptest::collection::vec(any::<u8>(), 0..70),
    ]
}

fn scores() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (-5i32..5).prop_map(f64::from),
        2 => (-50i32..50).prop_map(|n| f64::from(n) / 7.0),
        1 => any::<f64>(),
        1 => prop_oneof![Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(-0.0), Just(4.7e18), Just(1e300)],
    ]
}

fn flags() -> impl Strategy<Value = AddFlags> {
    (any::<[bool; 5]>(), 0u8..3).prop_map(|([nx, xx, gt, lt, incr], plain)| match plain {
        0 => AddFlags { nx, xx: xx && !nx, gt: gt && !nx, lt: lt && !gt && !nx, incr },
        _ => AddFlags::default(),
    })
}

/// ZADD on the model.
fn add(model: &mut Model, name: &[u8], score: f64, flags: AddFlags) -> Result<Added, NotANumber> {
    if score.is_nan() {
        return Err(NotANumber);
    }
    let Some(old) = model.get(name).copied() else {
        if flags.xx {
            return Ok(Added::Skipped);
        }
        model.insert(name.to_vec(), score);
        return Ok(Added::New(score));
    };
    let new = if flags.incr { old + score } else { score };
    match () {
        () if flags.nx => Ok(Added::Skipped),
        () if new.is_nan() => Err(NotANumber),
        () if (flags.gt && new <= old) || (flags.lt && new >= old) => Ok(Added::Skipped),
        () if new == old => Ok(Added::Same(new)),
        () => {
            model.insert(name.to_vec(), new);
            Ok(Added::Changed(new))
        }
    }
}

fn filled(n: usize, limits: &Limits) -> Zset {
    let mut set = Zset::new(0, 0, limits);
    (0..n).for_each(|at| set.set(format!("m{at:03}").as_bytes(), (at / 3) as f64, limits));
    set
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn it_is_a_sorted_map_in_either_encoding(
        steps in proptest::collection::vec((names(), scores(), flags(), 0u8..8), 0..150),
        entries in 0usize..60, value in 0usize..80,
    ) {
        let limits = limits(entries, value);
        let (mut set, mut model) = (Zset::new(0, 0, &limits), Model::new());
        let mut big = false;
        for (name, score, flags, kind) in steps {
            if kind == 0 {
                prop_assert_eq!(set.remove(&name), model.remove(&name));
            } else {
                let wanted = add(&mut model, &name, score, flags);
                prop_assert_eq!(set.add(&name, score, flags, &limits), wanted);
                big |= matches!(wanted, Ok(Added::New(_))) && (name.len() > value || model.len() > entries);
            }
            prop_assert_eq!(set.encoding(), if big { "skiplist" } else { "listpack" });
        }
        let order = order(&model);
        prop_assert_eq!(set.len(), order.len());
        prop_assert_eq!(set.is_empty(), order.is_empty());
        prop_assert_eq!(all(&set, 0..usize::MAX), order.clone());
        let mut back = held(set.iter().rev().map(|(member, score)| (score, member.to_vec())));
        back.reverse();
        prop_assert_eq!(back, order.clone());
        for (rank, (name, score)) in order.iter().enumerate() {
            prop_assert_eq!(set.score(name), Some(*score));
            prop_assert_eq!(set.rank(name, false), Some((rank, *score)));
            prop_assert_eq!(set.rank(name, true), Some((order.len() - 1 - rank, *score)));
        }
        let copy = set.clone();
        drop(set);
        prop_assert_eq!(all(&copy, 0..usize::MAX), order);
    }

    #[test]
    fn ranges_are_what_a_filter_finds(
        members in proptest::collection::vec((names(), scores()), 0..80),
        ends in (scores(), scores(), any::<bool>(), any::<bool>()),
        ranks in (-90i64..90, -90i64..90), packed: bool,
    ) {
        let limits = limits(if packed { 200 } else { 0 }, 100);
        let (mut set, mut model) = (Zset::new(0, 0, &limits), Model::new());
        for (name, score) in members.into_iter().filter(|one| !one.1.is_nan()) {
            set.set(&name, score, &limits);
            model.insert(name, score);
        }
        prop_assume!(!ends.0.is_nan() && !ends.1.is_nan());
        let bound = |score: f64, open: bool| crate::object::zset_range::ScoreBound { score, open };
        let range = ScoreRange { min: bound(ends.0, ends.2), max: bound(ends.1, ends.3) };
        let order = order(&model);
        let wanted: Vec<_> = order.iter().filter(|one| range.contains(one.1)).cloned().collect();
        let found = set.ranks_by_score(&range);
        prop_assert_eq!(all(&set, found.clone()), wanted.clone());
        prop_assert_eq!(found.len(), wanted.len());
        let ranks = rank_range(ranks.0, ranks.1, set.len());
        prop_assert_eq!(all(&set, ranks.clone()), order[ranks].to_vec());
        prop_assert_eq!(set.remove_ranks(found), wanted.len());
        let rest: Vec<_> = order.iter().filter(|one| !range.contains(one.1)).cloned().collect();
        prop_assert_eq!(all(&set, 0..usize::MAX), rest);
    }

    #[test]
    fn ranges_of_members_are_what_a_filter_finds(
        members in proptest::collection::btree_set(names(), 0..80),
        ends in (names(), names(), 0u8..4, 0u8..4), packed: bool,
    ) {
        let limits = limits(if packed { 200 } else { 0 }, 100);
        let mut set = Zset::new(0, 0, &limits);
        members.iter().for_each(|name| set.set(name, 1.5, &limits));
        let text = |name: &[u8], kind: u8| match kind {
            0 => b"-".to_vec(),
            1 => b"+".to_vec(),
            kind => [if kind == 2 { b"[" } else { b"(" }, name].concat(),
        };
        let (min, max) = (text(&ends.0, ends.2), text(&ends.1, ends.3));
        let range = LexRange::parse(&min, &max).unwrap();
        let found: Vec<_> = set.range(set.ranks_by_lex(&range)).map(|one| one.0.to_vec()).collect();
        let wanted: Vec<_> = members.into_iter().filter(|name| range.contains(name)).collect();
        prop_assert_eq!(found, wanted);
    }

    #[test]
    fn choices_pops_and_scans_give_what_there_is(
        n in 1usize..80, count in 0usize..100, packed: bool, max: bool, seed: u64,
    ) {
        let limits = limits(if packed { 128 } else { 0 }, 64);
        let (mut set, mut rng) = (filled(n, &limits), Rng::seeded(seed));
        let mut distinct = BTreeSet::new();
        set.random_distinct(count, &mut rng, &mut |member, score| {
            assert!(set.score(&member.to_vec()) == Some(score) && distinct.insert(member.to_vec()));
        });
        prop_assert_eq!(distinct.len(), count.min(n));
        let mut repeated = 0;
        set.random_repeated(count as u64, &mut rng, &mut |member, score| {
            assert!(set.score(&member.to_vec()) == Some(score));
            repeated += 1;
        });
        prop_assert_eq!(repeated, count);
        let (mut cursor, mut seen) = (0, BTreeSet::new());
        loop {
            cursor = set.scan(cursor, &mut |member, _| {
                seen.insert(member.to_vec());
            });
            if cursor == 0 {
                break;
            }
        }
        prop_assert_eq!(seen.len(), n);
        let mut order = all(&set, 0..n);
        if max {
            order.reverse();
        }
        let mut popped = Vec::new();
        set.pop(count, max, &mut |member, score| popped.push((member.to_vec(), score)));
        prop_assert_eq!(&popped[..], &order[..count.min(n)]);
        prop_assert_eq!(set.len(), n - count.min(n));
    }
}

#[test]
fn encodings_change_when_those_of_redis_do() {
    let limits = limits(3, 5);
    assert_eq!(Zset::new(3, 5, &limits).encoding(), "listpack");
    assert_eq!(Zset::new(4, 5, &limits).encoding(), "skiplist");
    assert_eq!(Zset::new(0, 6, &limits).encoding(), "skiplist");
    let mut set = filled(3, &limits);
    set.expect(3, &limits);
    assert_eq!(set.encoding(), "listpack");
    set.set(b"m000", 9.0, &limits);
    assert_eq!(set.encoding(), "listpack");
    set.set(b"m003", 9.0, &limits);
    assert_eq!(set.encoding(), "skiplist");
    set.pack(&limits);
    assert_eq!(set.encoding(), "skiplist", "one too many");
    set.remove(b"m003");
    set.pack(&limits);
    assert_eq!((set.encoding(), set.len()), ("listpack", 3));
    set.set(b"longer", 1.0, &limits);
    set.remove(b"m001");
    set.pack(&limits);
    assert_eq!(set.encoding(), "skiplist", "one is too long");
}

#[test]
fn a_listpack_is_laid_out_as_in_redis() {
    let limits = limits(128, 64);
    let mut set = Zset::new(0, 0, &limits);
    for (member, score) in [(&b"b"[..], 1.5), (b"a", 3.0), (b"12", -0.0), (b"c", f64::INFINITY)] {
        set.set(member, score, &limits);
    }
    let texts: Vec<Entry<'_>> = set.as_listpack().unwrap().iter().collect();
    let text = |text: &'static [u8]| Entry::Str(text);
    assert_eq!(
        texts,
        [
            Entry::Int(12),
            Entry::Int(0),
            text(b"b"),
            text(b"1.5"),
            text(b"a"),
            Entry::Int(3),
            text(b"c"),
            text(b"inf")
        ]
    );
}

#[test]
fn foreign_listpacks_are_looked_at() {
    let limits = limits(2, 64);
    let pack = |texts: &[&[u8]]| {
        let mut pack = Listpack::new();
        texts.iter().for_each(|text| assert!(pack.append(*text)));
        pack
    };
    let set = |texts: &[&[u8]], sanitize: bool| Zset::from_listpack(pack(texts), sanitize, &limits);
    assert_eq!(set(&[b"a", b"1", b"b", b"2"], true).unwrap().encoding(), "listpack");
    assert!(set(&[b"a"], false).is_none());
    assert!(set(&[b"a", b"nan"], false).is_none());
    assert!(set(&[b"a", b"x"], false).is_none());
    assert!(set(&[b"a", b"1", b"a", b"2"], true).is_none());
    let twins = set(&[b"a", b"1", b"b", b"0", b"a", b"2"], false).unwrap();
    assert_eq!((twins.encoding(), twins.len(), twins.score(b"a")), ("skiplist", 2, Some(1.0)));
    // Out of order: nothing panics.
    let wild = set(&[b"a", b"9", b"b", b"1"], false).unwrap();
    let range = ScoreRange::parse(b"2", b"5").unwrap();
    assert_eq!(wild.range(wild.ranks_by_score(&range)).count(), 0);
}

#[test]
fn digests_are_those_of_redis() {
    // Taken from redis-server 7.0.15, with scores that it prints as 7.2 does: DEBUG DIGEST-VALUE of the same set in both encodings.
    for entries in [128, 2] {
        let limits = limits(entries, 64);
        let mut set = Zset::new(0, 0, &limits);
        let members: [(&[u8], f64); 8] = [
            (b"one", 1.0),
            (b"top", f64::INFINITY),
            (b"low", f64::NEG_INFINITY),
            (b"7", 3.0),
            (b"0ne", 1.0),
            (b"neg", -7.0),
            (b"many", 1_234_567.0),
            (b"zero", 0.0),
        ];
        members.iter().for_each(|(member, score)| set.set(member, *score, &limits));
        let entry = KeyEntry::new(b"z", NewValue::Obj(Box::new(Value::Zset(set))), None);
        let sum = digest::of_value(&entry).hex();
        assert_eq!(String::from_utf8_lossy(&sum), "82ebdc83973519091495717f93003103c9f39d27");
    }
}
