use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use proptest::prelude::*;

use super::bucket::{matches, matches_swar, used};
use super::*;
use crate::base::rng::Rng;

/// An element that owns a heap value and counts itself, so that leaks and double drops show.
struct Node {
    key: Vec<u8>,
    tag: bool,
    value: u32,
    _alive: Rc<()>,
}

#[repr(transparent)]
struct Elem(Box<Node>);

// SAFETY: a box is a pointer; the answers come from what it owns.
unsafe impl Handle for Elem {
    fn key(&self) -> &[u8] {
        &self.0.key
    }
    fn tag(&self) -> bool {
        self.0.tag
    }
}

struct Maker(Rc<()>);

impl Maker {
    fn new() -> Self {
        Maker(Rc::new(()))
    }
    fn make(&self, key: u32, value: u32, tag: bool) -> Elem {
        Elem(Box::new(Node { key: key_bytes(key), tag, value, _alive: self.0.clone() }))
    }
    fn alive(&self) -> usize {
        Rc::strong_count(&self.0) - 1
    }
}

fn key_bytes(key: u32) -> Vec<u8> {
    format!("key:{key}").into_bytes()
}

fn key_of(elem: &Elem) -> u32 {
    std::str::from_utf8(&elem.0.key[4..]).unwrap().parse().unwrap()
}

fn table() -> Table<Elem> {
    Table::new(KeyHash::new(*b"0123456789abcdef"))
}

fn filled(maker: &Maker, keys: std::ops::Range<u32>) -> Table<Elem> {
    let mut table = table();
    for key in keys {
        assert!(table.insert(maker.make(key, key, false)).is_none());
    }
    table
}

/// Checks every invariant that can be seen from inside.
fn audit(table: &Table<Elem>) {
    let (mut len, mut tagged, mut children) = (0, 0, 0);
    let mut depths = BTreeMap::new();
    for bucket in 0..table.buckets {
        let mut next = Some(table.home(bucket));
        let mut depth = 0;
        while let Some(line) = next {
            // SAFETY: lines of a live chain.
            unsafe {
                next = line.child();
                let used = used(line.head());
                assert!(used == 6 || next.is_none(), "a chained line has six");
                assert!(depth == 0 || used >= 2, "a child has two at least");
                for slot in 0..used {
                    let item = line.item(slot);
                    let elem = &*line.slot(slot).cast::<Elem>();
                    let hash = table.hash(elem.key());
                    assert_eq!((item.fragment, item.tag), (fragment(hash), elem.tag()));
                    assert_eq!(table.bucket_of(hash), bucket);
                    len += 1;
                    tagged += usize::from(item.tag);
                }
            }
            depth += usize::from(next.is_some());
        }
        children += depth;
        *depths.entry(depth).or_insert(0usize) += 1;
    }
    assert_eq!((len, tagged), (table.len, table.tagged));
    assert_eq!(table.segments.iter().map(|segment| segment.tagged as usize).sum::<usize>(), tagged);
    assert_eq!(table.chains.small + table.chains.full, children);
    let told: BTreeMap<_, _> =
        table.chains.depths.iter().enumerate().filter(|(_, n)| **n > 0).map(|(d, n)| (d + 1, *n)).collect();
    depths.remove(&0);
    assert_eq!(told, depths);
    let room: usize = table.segments.iter().map(|segment| segment.buckets as usize).sum();
    assert!(room >= table.buckets && room <= (table.buckets * 4).max(table.buckets + SEGMENT));
}

#[derive(Clone, Debug)]
enum Op {
    Insert(u32, bool),
    Remove(u32),
    Update(u32, bool),
    Retag(u32, bool),
    Rehash(usize),
    Resize(bool),
    Burst(u32, u32),
    Cull(u32, u32),
    Clear,
}

fn op() -> impl Strategy<Value = Op> {
    let key = 0..2000u32;
    prop_oneof![
        6 => (key.clone(), any::<bool>()).prop_map(|(k, t)| Op::Insert(k, t)),
        6 => key.clone().prop_map(Op::Remove),
        3 => (key.clone(), any::<bool>()).prop_map(|(k, t)| Op::Update(k, t)),
        3 => (key.clone(), any::<bool>()).prop_map(|(k, t)| Op::Retag(k, t)),
        2 => (0..40usize).prop_map(Op::Rehash),
        2 => any::<bool>().prop_map(Op::Resize),
        3 => (key.clone(), 0..300u32).prop_map(|(k, n)| Op::Burst(k, n)),
        3 => (key, 0..600u32).prop_map(|(k, n)| Op::Cull(k, n)),
        1 => Just(Op::Clear),
    ]
}

fn step(op: Op, at: u32, maker: &Maker, table: &mut Table<Elem>, model: &mut HashMap<u32, (u32, bool)>) {
    match op {
        Op::Insert(key, tag) => {
            let old = table.insert(maker.make(key, at, tag));
            assert_eq!(old.map(|e| (e.0.value, e.0.tag)), model.insert(key, (at, tag)));
        }
        Op::Remove(key) => {
            let old = table.remove(&key_bytes(key));
            assert_eq!(old.map(|e| (e.0.value, e.0.tag)), model.remove(&key));
        }
        Op::Update(key, tag) => {
            let told = table.update(&key_bytes(key), |e| *e = maker.make(key, at, tag));
            let known = model.get_mut(&key).map(|m| *m = (at, tag));
            assert_eq!(told, known);
        }
        Op::Retag(key, tag) => {
            if let Some(e) = table.get_mut(&key_bytes(key)) {
                e.0.tag = tag;
                table.retag(&key_bytes(key));
                model.get_mut(&key).unwrap().1 = tag;
            }
        }
        Op::Rehash(n) => assert_eq!(table.rehash_step(n), table.is_rehashing()),
        Op::Resize(allowed) => allow_resize(allowed),
        Op::Burst(first, n) => {
            for key in first..first + n {
                step(Op::Insert(key, key % 3 == 0), at, maker, table, model);
            }
        }
        Op::Cull(first, n) => {
            for key in first..first + n {
                match table.slot(&key_bytes(key)) {
                    Some(slot) => assert_eq!(Some(slot.remove().0.value), model.remove(&key).map(|m| m.0)),
                    None => assert!(!model.contains_key(&key)),
                }
            }
        }
        Op::Clear => {
            table.clear();
            model.clear();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn agrees_with_a_model(ops in prop::collection::vec(op(), 1..60)) {
        allow_resize(true);
        let maker = Maker::new();
        let (mut table, mut model) = (table(), HashMap::new());
        for (at, op) in ops.into_iter().enumerate() {
            step(op, at as u32, &maker, &mut table, &mut model);
            audit(&table);
            prop_assert_eq!(table.len(), model.len());
        }
        for (key, (value, tag)) in &model {
            let e = table.get(&key_bytes(*key)).unwrap();
            prop_assert_eq!((e.0.value, e.0.tag), (*value, *tag));
        }
        prop_assert_eq!(table.iter().map(key_of).collect::<HashSet<_>>(), model.keys().copied().collect());
        prop_assert_eq!(table.iter().count(), model.len());
        prop_assert_eq!(maker.alive(), model.len());
        drop(table);
        prop_assert_eq!(maker.alive(), 0);
    }

    /// Grows and shrinks at random between the calls of a scan, with resizing allowed or not.
    #[test]
    fn scan_returns_what_stays(seed in any::<u64>(), start in 0..3000u32) {
        allow_resize(true);
        let mut rng = Rng::seeded(seed);
        let maker = Maker::new();
        // Keys below 500 stay, all others come and go.
        let mut table = filled(&maker, 0..500 + start);
        let mut others = start;
        let mut seen = HashSet::new();
        let mut cursor = 0;
        let mut calls = 0;
        loop {
            cursor = table.scan(cursor, &mut |e| { seen.insert(key_of(e)); });
            calls += 1;
            if cursor == 0 {
                break;
            }
            prop_assert!(calls < 100_000, "the scan ends");
            match rng.below(8) {
                0 if others < 6000 => for _ in 0..rng.below(400) {
                    table.insert(maker.make(500 + others, 0, false));
                    others += 1;
                },
                1 => for _ in 0..rng.below(400).min(others.into()) {
                    others -= 1;
                    table.remove(&key_bytes(500 + others));
                },
                2 => allow_resize(rng.below(2) == 0),
                3 => { table.rehash_step(rng.below(50) as usize); },
                _ => {}
            }
        }
        prop_assert!((0..500).all(|key| seen.contains(&key)));
    }

    #[test]
    fn scan_takes_any_cursor(cursor in any::<u64>(), n in 0..300u32) {
        let maker = Maker::new();
        let table = filled(&maker, 0..n);
        let mut at = cursor;
        for _ in 0..200 {
            at = table.scan(at, &mut |_| {});
            if at == 0 { break }
        }
        prop_assert_eq!(at, 0);
    }

    #[test]
    fn simd_and_plain_matching_agree(head in any::<u64>(), fragment in 1..=255u8, slot in 0..7usize) {
        prop_assert_eq!(matches(head, fragment), matches_swar(head, fragment));
        let planted = head & !(0xff << (8 * slot + 8)) | u64::from(fragment) << (8 * slot + 8);
        prop_assert!(matches(planted, fragment) >> slot & 1 == 1);
        prop_assert_eq!(matches(planted, fragment), matches_swar(planted, fragment));
    }
}

#[test]
fn an_undisturbed_scan_returns_everything_once() {
    let maker = Maker::new();
    for n in [0, 1, 7, 8, 100, 1000, 5000] {
        let table = filled(&maker, 0..n);
        let mut seen = vec![0; n as usize];
        let mut cursor = 0;
        loop {
            cursor = table.scan(cursor, &mut |e| seen[key_of(e) as usize] += 1);
            if cursor == 0 {
                break;
            }
        }
        assert!(seen.iter().all(|times| *times == 1), "{n}");
    }
}

#[test]
fn memory_per_element_stays_low_at_every_size() {
    let maker = Maker::new();
    let mut table = table();
    for key in 0..40_000 {
        table.insert(maker.make(key, 0, false));
        if key > 20_000 && key % 500 == 0 {
            let per_element = table.mem_bytes() as f64 / f64::from(key);
            assert!(per_element < 16.0, "{per_element} bytes at {key}: {:?}", table.stats());
        }
    }
    assert!(!table.is_rehashing());
    for key in 0..39_000 {
        table.remove(&key_bytes(key));
    }
    assert!(table.mem_bytes() < 200_000, "{:?}", table.stats());
    audit(&table);
    for key in 39_000..40_000 {
        table.remove(&key_bytes(key));
    }
    while table.rehash_step(1) {}
    assert!(table.mem_bytes() < 2000, "{:?}", table.stats());
}

#[test]
fn a_snapshot_child_holds_resizing_back() {
    let maker = Maker::new();
    let mut table = filled(&maker, 0..6000);
    let buckets = table.stats().buckets;
    allow_resize(false);
    for key in 6000..11_000 {
        table.insert(maker.make(key, 0, false));
    }
    assert_eq!(table.stats().buckets, buckets, "no split below the hard limit");
    for key in 11_000..20_000 {
        table.insert(maker.make(key, 0, false));
    }
    let grown = table.stats().buckets;
    assert!(grown > buckets && grown <= 20_000 / FILL_HARD + 1);
    audit(&table);
    for key in 0..19_000 {
        table.remove(&key_bytes(key));
    }
    assert_eq!(table.stats().buckets, grown, "no merge");
    allow_resize(true);
    assert!(table.is_rehashing());
    assert!(table.rehash_step(10));
    while table.rehash_for(|| true) {}
    assert!(table.stats().buckets <= 1000 / SPARSE);
    audit(&table);
}

/// Chi-square of `counts` against equal shares, by degrees of freedom: about 1 when fair.
fn spread(counts: &HashMap<u32, u32>, keys: usize, draws: u32) -> f64 {
    let share = f64::from(draws) / keys as f64;
    let seen: f64 = counts.values().map(|n| (f64::from(*n) - share).powi(2) / share).sum();
    (seen + (keys - counts.len()) as f64 * share) / (keys - 1) as f64
}

#[test]
fn random_choice_is_fair() {
    let maker = Maker::new();
    let mut rng = Rng::seeded(7);
    // The table is half through a round, with unsplit (fuller) and split buckets.
    let mut table = filled(&maker, 0..1100);
    let (mut all, mut tagged, mut sampled) = (HashMap::new(), HashMap::new(), HashMap::new());
    for key in (0..1100).step_by(25) {
        table.update(&key_bytes(key), |e| e.0.tag = true);
    }
    assert!(table.stats().chained.len() > 1, "{:?}", table.stats());
    for _ in 0..44_000 {
        *all.entry(key_of(table.random(&mut rng).unwrap())).or_insert(0) += 1;
    }
    for _ in 0..4_400 {
        let e = table.random_tagged(&mut rng).unwrap();
        assert!(e.0.tag);
        *tagged.entry(key_of(e)).or_insert(0) += 1;
    }
    for _ in 0..8_800 {
        let mut out = Vec::new();
        table.sample(&mut rng, 5, &mut out);
        assert_eq!(out.len(), 5);
        out.iter().for_each(|e| *sampled.entry(key_of(e)).or_insert(0) += 1);
    }
    let (all, tagged) = (spread(&all, 1100, 44_000), spread(&tagged, 44, 4_400));
    let sampled = spread(&sampled, 1100, 44_000);
    // The deviation of chi-square by n is sqrt(2/n): 0.043 and 0.21; a bias of one in five would add 1.6 and
    // more.
    assert!((0.8..1.2).contains(&all), "{all}");
    assert!((0.2..1.9).contains(&tagged), "{tagged}");
    assert!((0.5..2.0).contains(&sampled), "{sampled}");
}

#[test]
fn random_choice_ends_in_an_almost_empty_table() {
    let maker = Maker::new();
    let mut rng = Rng::seeded(1);
    let mut table = filled(&maker, 0..20_000);
    allow_resize(false);
    for key in 1..20_000 {
        table.remove(&key_bytes(key));
    }
    assert_eq!(key_of(table.random(&mut rng).unwrap()), 0);
    assert!(table.random_tagged(&mut rng).is_none());
    table.update(&key_bytes(0), |e| e.0.tag = true);
    assert_eq!(key_of(table.random_tagged(&mut rng).unwrap()), 0);
    let mut out = Vec::new();
    table.sample_tagged(&mut rng, 3, &mut out);
    table.sample(&mut rng, 3, &mut out);
    assert_eq!(out.len(), 2);
    table.remove(&key_bytes(0));
    assert!(table.random(&mut rng).is_none());
}

#[test]
fn tagged_elements_are_visited_and_no_others() {
    let maker = Maker::new();
    let mut table = filled(&maker, 0..20_000);
    let wanted: HashSet<u32> = (0..20_000).step_by(997).collect();
    for key in &wanted {
        table.update(&key_bytes(*key), |e| e.0.tag = true);
    }
    for limit in [1, 7, 100_000] {
        let mut seen = HashSet::new();
        let mut cursor = 0;
        loop {
            cursor = table.scan_tagged(cursor, limit, &mut |e| {
                assert!(seen.insert(key_of(e)));
            });
            if cursor == 0 {
                break;
            }
        }
        assert_eq!(seen, wanted);
    }
    assert_eq!(table.tagged(), wanted.len());
    assert_eq!(table.scan_tagged(u64::MAX, 5, &mut |_| panic!("nothing there")), 0);
    let mut rng = Rng::seeded(3);
    let mut out = Vec::new();
    table.sample_tagged(&mut rng, 5, &mut out);
    assert!(out.len() == 5 && out.iter().all(|e| e.0.tag));
    table.clear();
    assert_eq!((table.len(), table.tagged(), table.scan_tagged(0, 9, &mut |_| {})), (0, 0, 0));
}

#[test]
fn prefetching_is_harmless_everywhere() {
    let maker = Maker::new();
    for n in [0, 1, 20, 2000] {
        let table = filled(&maker, 0..n);
        for key in 0..n + 20 {
            let hash = table.hash(&key_bytes(key));
            table.prefetch_bucket(hash);
            table.prefetch_entry(hash);
            assert_eq!(table.get_hashed(hash, &key_bytes(key)).is_some(), key < n);
        }
    }
}
