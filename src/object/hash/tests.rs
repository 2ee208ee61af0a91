use super::*;
use crate::base::hash::KeyHash;
use crate::base::rng::Rng;
use crate::object::{Entry as KeyEntry, NewValue, Value, digest};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn limits(entries: usize, value: usize) -> Limits {
    Limits {
        hash_max_listpack_entries: entries,
        hash_max_listpack_value: value,
        ..Limits::new(KeyHash::new([9; 16]))
    }
}

fn texts() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => (-30i64..30).prop_map(|n| n.to_string().into_bytes()),
        4 => (0u8..40).prop_map(|n| format!("f{n}").into_bytes()),
        1 => any::<i64>().prop_map(|n| n.to_string().into_bytes()),
        1 => proptest::collection::vec(any::<u8>(), 0..80),
    ]
}

fn held(hash: &Hash) -> BTreeMap<Vec<u8>, Vec<u8>> {
    hash.iter().map(|(field, value)| (field.to_vec(), value.to_vec())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn it_is_a_map_in_either_encoding(
        steps in proptest::collection::vec((texts(), proptest::option::weighted(0.7, texts())), 0..150),
        entries in 0usize..60, value in 0usize..90,
    ) {
        let limits = limits(entries, value);
        let (mut hash, mut model) = (Hash::new(), BTreeMap::new());
        let mut table = false;
        for (field, text) in steps {
            match text {
                Some(text) => {
                    table |= field.len().max(text.len()) > value;
                    prop_assert_eq!(hash.set(&field, &text, &limits), !model.contains_key(&field));
                    model.insert(field, text);
                    table |= model.len() > entries;
                }
                None => prop_assert_eq!(hash.remove(&field), model.remove(&field).is_some()),
            }
            prop_assert_eq!(hash.encoding(), if table { "hashtable" } else { "listpack" });
            prop_assert_eq!(hash.len(), model.len());
        }
        prop_assert_eq!(hash.is_empty(), model.is_empty());
        for (field, value) in &model {
            prop_assert!(hash.get(field).is_some_and(|got| got.is(value)) && hash.contains(field));
        }
        prop_assert_eq!(held(&hash), model.clone());
        let copy = hash.clone();
        drop(hash);
        prop_assert_eq!(held(&copy), model);
        if let Hash::Table(fields) = &copy {
            prop_assert_eq!(copy.mem_bytes() > fields.bytes, true);
            prop_assert_eq!(fields.bytes, fields.table.iter().map(Field::mem_bytes).sum::<usize>());
        }
    }

    #[test]
    fn choices_and_scans_give_what_there_is(n in 1usize..80, count in 0usize..100, packed: bool, seed: u64) {
        let limits = limits(if packed { 128 } else { 0 }, 64);
        let (mut hash, mut rng) = (Hash::new(), Rng::seeded(seed));
        for at in 0..n {
            hash.set(format!("f{at}").as_bytes(), at.to_string().as_bytes(), &limits);
        }
        let model = held(&hash);
        let is_there = |field: Entry<'_>, value: Entry<'_>| model.get(&field.to_vec()) == Some(&value.to_vec());
        let mut distinct = BTreeSet::new();
        hash.random_distinct(count, &mut rng, &mut |field, value| {
            assert!(is_there(field, value) && distinct.insert(field.to_vec()));
        });
        prop_assert_eq!(distinct.len(), count.min(n));
        let mut repeated = 0;
        hash.random_repeated(count as u64, &mut rng, &mut |field, value| {
            assert!(is_there(field, value));
            repeated += 1;
        });
        prop_assert_eq!(repeated, count);
        let (mut cursor, mut seen) = (0, BTreeSet::new());
        loop {
            cursor = hash.scan(cursor, &mut |field, _| {
                seen.insert(field.to_vec());
            });
            if cursor == 0 {
                break;
            }
        }
        prop_assert_eq!(seen.len(), n);
    }
}

#[test]
fn the_change_to_a_table_is_redis_s() {
    let limits = limits(3, 5);
    let encoding = |pairs: usize, texts: &[&[u8]]| {
        let mut hash = Hash::new();
        hash.expect(pairs, texts.iter().copied(), &limits);
        hash.encoding()
    };
    assert_eq!(encoding(3, &[b"12345"]), "listpack");
    assert_eq!(encoding(4, &[b"a"]), "hashtable");
    assert_eq!(encoding(1, &[b"a", b"123456"]), "hashtable");
    let mut hash = Hash::new();
    for field in [b"a", b"b", b"c", b"c"] {
        hash.set(field, b"1", &limits);
    }
    assert_eq!(hash.encoding(), "listpack");
    hash.set(b"d", b"1", &limits);
    assert_eq!(hash.encoding(), "hashtable");
    for field in [b"a", b"b", b"c", b"d"] {
        assert!(hash.remove(field));
    }
    assert_eq!((hash.encoding(), hash.is_empty()), ("hashtable", true), "there is no way back");
}

#[test]
fn increments_keep_to_sixty_four_bits() {
    let limits = limits(10, 64);
    let mut hash = Hash::new();
    assert_eq!(hash.incr(b"n", 5, &limits), Ok(5));
    assert_eq!(hash.incr(b"n", -7, &limits), Ok(-2));
    hash.set(b"max", b"9223372036854775807", &limits);
    assert_eq!(hash.incr(b"max", 1, &limits), Err(IncrError::Overflow));
    hash.set(b"text", b"1.5", &limits);
    assert_eq!(hash.incr(b"text", 1, &limits), Err(IncrError::NotAnInteger));
    assert!(hash.get(b"max").unwrap().is(b"9223372036854775807"));
}

#[test]
fn foreign_listpacks_are_looked_at() {
    let limits = limits(2, 64);
    let pack = |texts: &[&[u8]]| {
        let mut pack = Listpack::new();
        texts.iter().for_each(|text| assert!(pack.append(*text)));
        pack
    };
    let good = pack(&[b"a", b"1", b"1", b"a"]);
    assert_eq!(Hash::from_listpack(good, true, &limits).unwrap().encoding(), "listpack");
    assert!(Hash::from_listpack(pack(&[b"a"]), false, &limits).is_none());
    let twins = pack(&[b"7", b"1", b"b", b"2", b"7", b"3"]);
    assert!(Hash::from_listpack(twins.clone(), true, &limits).is_none());
    let hash = Hash::from_listpack(twins, false, &limits).unwrap();
    assert_eq!((hash.encoding(), hash.len()), ("hashtable", 2));
    assert!(hash.get(b"7").unwrap().is(b"1"), "the first is the one that was found");
}

#[test]
fn a_small_field_costs_two_thirds_of_what_redis_takes() {
    let limits = limits(128, 64);
    let mut hash = Hash::new();
    for n in 0..30_000 {
        hash.set(format!("field:{n}").as_bytes(), format!("value:{n}").as_bytes(), &limits);
    }
    // Redis: 24 bytes of dictionary entry, 8 to 16 of bucket, two strings of 16 bytes or more.
    let each = hash.mem_bytes() as f64 / 30_000.0;
    assert!(each < 46.0, "{each}");
}

#[test]
fn digests_are_those_of_redis() {
    // Taken from redis-server 7.0.15: DEBUG DIGEST-VALUE of the same hash in both encodings.
    for entries in [128, 2] {
        let limits = limits(entries, 64);
        let mut hash = Hash::new();
        for (field, value) in
            [(&b"f1"[..], &b"v1"[..]), (b"n", b"123"), (b"12", b"-5"), (b"long", &[b'a'; 40])]
        {
            hash.set(field, value, &limits);
        }
        let entry = KeyEntry::new(b"h", NewValue::Obj(Box::new(Value::Hash(hash))), None);
        let sum = digest::of_value(&entry).hex();
        assert_eq!(String::from_utf8_lossy(&sum), "4cea77b58894ef32e6a7e76e2c65b82da6478aa4");
    }
}
