//! The set against a tree of texts, and its encoding on both sides of each threshold.

use super::*;
use crate::base::hash::KeyHash;
use crate::base::rng::Rng;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn limits(ints: usize, entries: usize, value: usize) -> Limits {
    Limits {
        set_max_intset_entries: ints,
        set_max_listpack_entries: entries,
        set_max_listpack_value: value,
        ..Limits::new(KeyHash::new([1; 16]))
    }
}

fn of(texts: &[&str], limits: &Limits) -> Set {
    let mut set = Set::new_for(texts[0].as_bytes(), 1, limits);
    texts.iter().for_each(|text| assert!(set.add(text.as_bytes(), limits)));
    set
}

fn texts(set: &Set) -> BTreeSet<Vec<u8>> {
    let found: Vec<Vec<u8>> = set.iter().map(|member| member.to_vec()).collect();
    let set: BTreeSet<Vec<u8>> = found.iter().cloned().collect();
    assert_eq!(found.len(), set.len(), "none twice");
    set
}

#[test]
fn the_first_form_follows_member_and_number() {
    let limits = limits(3, 2, 8);
    let form = |text: &[u8], count| Set::new_for(text, count, &limits).encoding();
    assert_eq!(form(b"1", 3), "intset");
    assert_eq!(form(b"1", 4), "hashtable");
    assert_eq!(form(b"a", 2), "listpack");
    assert_eq!(form(b"01", 3), "hashtable");
    let mut set = of(&["1"], &limits);
    set.grow(3, &limits);
    assert_eq!(set.encoding(), "intset");
    set.grow(4, &limits);
    assert_eq!((set.encoding(), set.contains(b"1")), ("hashtable", true));
}

#[test]
fn an_intset_becomes_a_table_by_number_and_a_listpack_by_kind() {
    let limits = limits(3, 3, 8);
    let mut set = of(&["1", "2", "3"], &limits);
    assert!(!set.add(b"3", &limits) && set.encoding() == "intset");
    assert!(set.add(b"4", &limits) && set.encoding() == "hashtable");
    let mut set = of(&["1", "2"], &limits);
    assert!(set.add(b"x", &limits) && set.encoding() == "listpack");
    assert!(!set.add(b"2", &limits) && set.contains_entry(Entry::Int(1)) && !set.contains(b"01"));
    assert!(set.add(b"y", &limits) && set.encoding() == "hashtable");
    assert_eq!(set.len(), 4);
    let mut set = of(&["1", "2", "3"], &limits);
    assert!(set.add(b"x", &limits) && set.encoding() == "hashtable", "no room for a fourth");
    for (first, second, form) in [("1", "12345678", "listpack"), ("1", "123456789", "hashtable")] {
        let mut set = of(&[first, second], &limits);
        set.add(b"x", &limits);
        assert_eq!((set.encoding(), set.len()), (form, 3), "{second}: the longest number counts");
    }
    let mut set = of(&["1"], &limits);
    assert!(set.add(b"123456789x", &limits) && set.encoding() == "hashtable");
}

#[test]
fn a_listpack_becomes_a_table_by_number_and_by_length() {
    let limits = limits(3, 2, 8);
    let mut set = of(&["a"], &limits);
    assert!(set.add(b"12345678", &limits) && set.encoding() == "listpack");
    assert!(!set.add(b"a", &limits) && set.encoding() == "listpack");
    assert!(set.add(b"c", &limits) && set.encoding() == "hashtable");
    let mut set = of(&["a"], &limits);
    assert!(set.add(b"123456789", &limits) && set.encoding() == "hashtable");
    assert!(set.remove(b"123456789") && !set.remove(b"b") && set.remove(b"a") && set.is_empty());
}

#[test]
fn a_result_of_integers_becomes_an_intset() {
    let limits = limits(2, 4, 8);
    for (members, form) in
        [(&["a", "1"][..], "listpack"), (&["1", "2"], "intset"), (&["1", "2", "3"], "hashtable")]
    {
        let mut set = Set::table(&limits);
        members.iter().for_each(|text| assert!(set.add(text.as_bytes(), &limits)));
        set.try_intset(&limits);
        let form = if form == "listpack" { "hashtable" } else { form };
        assert_eq!((set.encoding(), set.len()), (form, members.len()));
    }
}

#[test]
fn digests_are_those_of_redis() {
    let hex = |set: &Set| {
        let mut sum = Sum::default();
        set.digest(&mut sum);
        sum
    };
    let limits = limits(9, 9, 9);
    let small = of(&["b", "a", "12"], &limits);
    let mut table = Set::table(&limits);
    ["12", "a", "b"].iter().for_each(|text| assert!(table.add(text.as_bytes(), &limits)));
    assert_eq!(hex(&small), hex(&table));
}

#[test]
fn random_members_are_fair_in_every_encoding() {
    let mut rng = Rng::seeded(5);
    let members: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    for limits in [limits(20, 0, 9), limits(0, 20, 9), limits(0, 0, 9)] {
        let set = of(&members, &limits);
        let mut counts = [0; 20];
        let mut count = |member: Entry<'_>| counts[member.number().unwrap() as usize] += 1;
        (0..4000).for_each(|_| count(set.random(&mut rng).unwrap()));
        set.random_repeated(4000, &mut rng, &mut count);
        (0..500).for_each(|n| set.random_distinct(if n % 2 == 0 { 4 } else { 12 }, &mut rng, &mut count));
        assert!(counts.iter().all(|n| (480..=720).contains(n)), "{} {counts:?}", set.encoding());
        let mut seen = BTreeSet::new();
        set.random_distinct(99, &mut rng, &mut |member| assert!(seen.insert(member.to_vec())));
        assert_eq!(seen.len(), 20);
        let mut rest = set.clone();
        let mut popped = BTreeSet::new();
        rest.pop_many(15, &mut rng, &mut |member| assert!(popped.insert(member.to_vec())));
        assert_eq!((rest.len(), popped.len()), (5, 15));
        while let Some(one) = rest.pop(&mut rng, |member| member.to_vec()) {
            assert!(popped.insert(one));
        }
        assert_eq!((popped.len(), rest.len()), (20, 0));
        assert!(rest.random(&mut rng).is_none());
        rest.pop_many(3, &mut rng, &mut |_| panic!());
    }
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let number = prop_oneof![-20i64..20, 9_990i64..10_010].prop_map(|n| n.to_string().into_bytes());
    let word = (b'a'..b'k', 1usize..14).prop_map(|(byte, len)| vec![byte; len]);
    prop_oneof![4 => number, 1 => word]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn it_is_a_set_of_texts(
        (ints, entries, value) in (0usize..12, 0usize..16, 1usize..16),
        steps in proptest::collection::vec((0u8..8, text()), 0..60),
    ) {
        let limits = limits(ints, entries, value);
        let (mut set, mut model) = (Set::default(), BTreeSet::new());
        let mut rng = Rng::seeded(1);
        for (what, text) in steps {
            match what {
                0..=4 => prop_assert_eq!(set.add(&text, &limits), model.insert(text)),
                5 => prop_assert_eq!(set.remove(&text), model.remove(&text)),
                6 => {
                    let one = set.pop(&mut rng, |member| member.to_vec());
                    prop_assert_eq!(one.is_some(), !model.is_empty());
                    if let Some(one) = one { prop_assert!(model.remove(&one)); }
                }
                _ => prop_assert_eq!(set.contains(&text), model.contains(&text)),
            }
            prop_assert_eq!(set.len(), model.len());
            match &set {
                Set::Ints(_) => prop_assert!(set.len() <= ints),
                Set::Packed(_) => prop_assert!(set.len() <= entries),
                Set::Table(_) => {}
            }
        }
        prop_assert_eq!(&texts(&set), &model);
        prop_assert_eq!(&texts(&set.clone()), &model);
        let (mut seen, mut cursor) = (BTreeSet::new(), 0);
        loop {
            cursor = set.scan(cursor, &mut |member| { seen.insert(member.to_vec()); });
            if cursor == 0 { break; }
        }
        prop_assert_eq!(seen, model);
        prop_assert!(set.mem_sample(0) >= set.iter().map(|member| member.text_len() / 2).sum::<usize>());
    }
}
