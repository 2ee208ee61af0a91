use super::*;
use crate::base::rng::Rng;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The model: scores by name, and the order as `sort` makes it.
#[derive(Default)]
struct Model(BTreeMap<Vec<u8>, f64>);

impl Model {
    fn order(&self) -> Vec<(&[u8], f64)> {
        let mut all: Vec<(&[u8], f64)> = self.0.iter().map(|(name, score)| (&name[..], *score)).collect();
        all.sort_by(|one, other| one.1.partial_cmp(&other.1).unwrap().then(one.0.cmp(other.0)));
        all
    }
}

fn empty() -> Sorted {
    Sorted::new(KeyHash::new([3; 16]))
}

fn check(set: &Sorted, model: &Model) {
    set.tree.check();
    let order = model.order();
    assert_eq!(set.len(), order.len());
    assert_eq!(set.table.len(), order.len());
    assert!(set.range(0..usize::MAX).eq(order.iter().copied()));
    assert!(set.range(0..order.len()).rev().eq(order.iter().rev().copied()));
    assert_eq!(set.bytes, set.table.iter().map(Element::mem_bytes).sum::<usize>());
    for (rank, (name, score)) in order.iter().enumerate() {
        assert_eq!(set.rank(name), Some((rank, *score)));
        assert_eq!(set.range_at(rank), Some((*name, *score)));
    }
}

#[derive(Clone, Debug)]
enum Step {
    Insert(Vec<u8>, f64),
    Remove(Vec<u8>),
    RemoveRanks(usize, usize),
}

fn names() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => (0u16..600).prop_map(|n| format!("m{n}").into_bytes()),
        1 => proptest::collection::vec(any::<u8>(), 0..30),
    ]
}

fn scores() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (-20i32..20).prop_map(f64::from),
        // Of one hint, or nearly.
        3 => (0u8..40).prop_map(|n| 1.0 + f64::from(n) * f64::EPSILON),
        2 => any::<f64>().prop_filter("no NaN", |score| !score.is_nan()),
        1 => prop_oneof![Just(0.0), Just(-0.0), Just(f64::INFINITY), Just(f64::NEG_INFINITY)],
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        12 => (names(), scores()).prop_map(|(name, score)| Step::Insert(name, score)),
        3 => names().prop_map(Step::Remove),
        1 => (0usize..500, 0usize..40).prop_map(|(from, n)| Step::RemoveRanks(from, n)),
    ];
    proptest::collection::vec(step, 0..900)
}

fn run(set: &mut Sorted, model: &mut Model, step: &Step) {
    match step {
        Step::Insert(name, score) => {
            assert_eq!(set.insert(name, *score), model.0.insert(name.clone(), *score));
        }
        Step::Remove(name) => assert_eq!(set.remove(name), model.0.remove(name)),
        Step::RemoveRanks(from, n) => {
            let order = model.order();
            let gone: Vec<Vec<u8>> = order.iter().skip(*from).take(*n).map(|one| one.0.to_vec()).collect();
            assert_eq!(set.remove_ranks(*from..from + n), gone.len());
            gone.iter().for_each(|name| assert!(model.0.remove(name).is_some()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn it_is_a_sorted_map(steps in steps()) {
        let (mut set, mut model) = (empty(), Model::default());
        for step in &steps {
            run(&mut set, &mut model, step);
        }
        check(&set, &model);
        let copy = set.clone();
        drop(set);
        check(&copy, &model);
    }

    #[test]
    fn cuts_count_what_lies_before_them(
        members in proptest::collection::vec((names(), scores()), 0..400),
        at in scores(), name in names(),
    ) {
        let (mut set, mut model) = (empty(), Model::default());
        for (name, score) in members {
            set.insert(&name, score);
            model.0.insert(name, score);
        }
        for cut in [Cut::Element(at, &name), Cut::BeforeScore(at), Cut::AfterScore(at)] {
            let before = model.order().iter().filter(|one| cut.is_behind(one.1, one.0)).count();
            prop_assert_eq!(set.rank_of(cut), before, "{:?}", cut);
        }
    }

    #[test]
    fn with_one_score_the_order_is_that_of_names(
        members in proptest::collection::btree_set(names(), 0..300), name in names(),
    ) {
        let mut set = empty();
        members.iter().rev().for_each(|name| assert_eq!(set.insert(name, 7.0), None));
        let before = members.range(..name.clone()).count();
        prop_assert_eq!(set.rank_of(Cut::BeforeMember(&name)), before);
        let there = usize::from(members.contains(&name));
        prop_assert_eq!(set.rank_of(Cut::AfterMember(&name)), before + there);
        prop_assert!(set.range(0..members.len()).map(|one| one.0).eq(members.iter().map(|name| &name[..])));
    }
}

/// Enough for three floors of nodes, in orders that fill differently.
#[test]
fn it_fills_well_whatever_the_order() {
    let n = 6000u32;
    let mixed: Vec<u32> = (0..n).map(|at| at.wrapping_mul(2_654_435_761) % n).collect();
    let orders: [(Vec<u32>, usize); 3] = [((0..n).collect(), 95), ((0..n).rev().collect(), 95), (mixed, 70)];
    for (order, fill) in orders {
        let mut set = empty();
        for at in &order {
            set.insert(at.to_string().as_bytes(), f64::from(*at));
        }
        let got = set.tree.check();
        assert!(got >= fill, "{got} of {fill}");
        let wanted: BTreeSet<u32> = order.into_iter().collect();
        assert!(set.range(0..set.len()).map(|one| one.1 as u32).eq(wanted.iter().copied()));
        for rank in [0, 1, 62, 63, 64, 2999, wanted.len() - 1] {
            assert_eq!(
                set.range_at(rank).map(|one| one.1 as usize),
                wanted.iter().nth(rank).map(|n| *n as usize)
            );
        }
        // Thinning out leaves no crowd of nearly empty nodes.
        for at in (0..n).filter(|at| at % 16 != 0) {
            set.remove(at.to_string().as_bytes());
        }
        assert!(set.tree.check() >= 40);
        while set.remove_ranks(5..40) > 0 {}
        set.tree.check();
        assert_eq!(set.remove_ranks(0..10), 5);
        assert!(set.is_empty() && set.mem_bytes() < 1000);
    }
}

#[test]
fn zeros_are_equal_and_a_score_may_be_infinite() {
    let mut set = empty();
    set.insert(b"b", 0.0);
    set.insert(b"a", -0.0);
    set.insert(b"low", f64::NEG_INFINITY);
    assert_eq!(set.insert(b"b", -0.0), Some(0.0));
    assert!(set.range(0..9).map(|one| one.0).eq([&b"low"[..], b"a", b"b"]));
    assert_eq!(set.rank_of(Cut::BeforeScore(-0.0)), 1);
    assert_eq!(set.rank_of(Cut::AfterScore(f64::INFINITY)), 3);
}

#[test]
fn a_choice_is_fair_and_a_scan_is_whole() {
    let mut set = empty();
    let mut rng = Rng::seeded(5);
    assert_eq!(set.random(&mut rng), None);
    (0..200u8).for_each(|n| assert_eq!(set.insert(&[n], f64::from(n)), None));
    let mut counts = [0; 200];
    for _ in 0..20_000 {
        let (name, score) = set.random(&mut rng).unwrap();
        assert_eq!(f64::from(name[0]), score);
        counts[usize::from(name[0])] += 1;
    }
    assert!(counts.iter().all(|n| (50..160).contains(n)));
    let (mut cursor, mut seen) = (0, BTreeSet::new());
    loop {
        cursor = set.scan(cursor, &mut |name, _| {
            seen.insert(name.to_vec());
        });
        if cursor == 0 {
            break;
        }
    }
    assert_eq!(seen.len(), 200);
}

#[test]
fn a_small_member_costs_two_thirds_of_what_redis_takes() {
    let mut set = empty();
    for n in 0..30_000u64 {
        let score = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        set.insert(format!("member:{n}").as_bytes(), score as f64);
    }
    let each = set.mem_bytes() as f64 / 30_000.0;
    assert!(each < 63.0, "{each}");
}
