//! Eviction: what each policy picks.

use super::super::touched::interest;
use super::super::*;
use super::{START, keyspace};

fn name(i: usize) -> Vec<u8> {
    format!("key:{i}").into_bytes()
}

/// Ten keys over two databases: key 0 the least recently used, each used once more often than the one before;
/// the even ones expire, the last first.
fn aged(lfu: bool) -> Keyspace {
    let mut keys = keyspace(2);
    keys.aging.lfu.enabled = lfu;
    for i in 0..10 {
        let expire = SetExpire::At(START + 1_000_000 - i as i64);
        let expire = if i % 2 == 0 { expire } else { SetExpire::Clear };
        keys.tick(START + i as i64 * 1000);
        keys.set_string(i % 3 % 2, &name(i), b"v", expire, START);
        if lfu {
            keys.set_age(i % 3 % 2, &name(i), keys.aging.lru_from_freq(10 + i as u8));
        }
    }
    keys
}

/// The order in which all keys go.
fn order(keys: &mut Keyspace, policy: Policy, samples: usize) -> Vec<usize> {
    let (mut evictor, mut rng) = (Evictor::default(), Rng::seeded(11));
    let mut gone = Vec::new();
    while let Some((db, key)) = evictor.pick(keys, policy, samples, &mut rng, START + 60_000) {
        assert!(keys.remove(db, &key).is_some(), "a pick exists");
        gone.push(String::from_utf8_lossy(&key[4..]).parse().unwrap());
    }
    gone
}

#[test]
fn the_ordered_policies_pick_the_best() {
    // With samples for all, the pool holds every key: the order is exact.
    assert_eq!(order(&mut aged(false), Policy::AllKeysLru, 10), (0..10).collect::<Vec<_>>());
    assert_eq!(order(&mut aged(false), Policy::VolatileLru, 10), [0, 2, 4, 6, 8]);
    assert_eq!(order(&mut aged(true), Policy::AllKeysLfu, 10), (0..10).collect::<Vec<_>>());
    assert_eq!(order(&mut aged(true), Policy::VolatileLfu, 10), [0, 2, 4, 6, 8]);
    assert_eq!(order(&mut aged(false), Policy::VolatileTtl, 10), [8, 6, 4, 2, 0]);
}

#[test]
fn the_random_policies_take_turns_and_spare_nobody() {
    let mut all = order(&mut aged(false), Policy::AllKeysRandom, 5);
    assert_ne!(all, (0..10).collect::<Vec<_>>());
    all.sort_unstable();
    assert_eq!(all, (0..10).collect::<Vec<_>>());
    let mut volatile = order(&mut aged(false), Policy::VolatileRandom, 5);
    volatile.sort_unstable();
    assert_eq!(volatile, [0, 2, 4, 6, 8]);
    assert_eq!(order(&mut aged(false), Policy::NoEviction, 5), []);
}

#[test]
fn few_samples_still_prefer_the_old() {
    let mut keys = keyspace(1);
    for i in 0..1000 {
        keys.tick(START + i as i64 * 1000);
        keys.set_string(0, &name(i), b"v", SetExpire::Clear, START);
    }
    let (mut evictor, mut rng) = (Evictor::default(), Rng::seeded(1));
    let mut old = 0;
    for _ in 0..200 {
        let (db, key) = evictor.pick(&mut keys, Policy::AllKeysLru, 5, &mut rng, START + 1_000_000).unwrap();
        let i: usize = String::from_utf8_lossy(&key[4..]).parse().unwrap();
        old += usize::from(i < 400);
        keys.remove(db, &key);
    }
    assert!(old > 180, "{old} of 200 evicted keys are of the older two fifths");
}

#[test]
fn what_left_the_keyspace_is_no_candidate() {
    let mut keys = aged(false);
    let (mut evictor, mut rng) = (Evictor::default(), Rng::seeded(2));
    let now = START + 60_000;
    let (db, key) = evictor.pick(&mut keys, Policy::VolatileTtl, 10, &mut rng, now).unwrap();
    assert_eq!(&key[..], name(8));
    // Gone, or no longer expiring: skipped, though the pool remembers them.
    keys.remove(db, &key);
    keys.set_expire(0, &name(6), None);
    let (_, key) = evictor.pick(&mut keys, Policy::VolatileTtl, 10, &mut rng, now).unwrap();
    assert_eq!(&key[..], name(4));
    keys.flush(None);
    assert!(evictor.pick(&mut keys, Policy::VolatileTtl, 10, &mut rng, now).is_none());
}

#[test]
fn an_eviction_is_counted_and_announced() {
    let mut keys = aged(false);
    keys.touched.listen(interest::WATCH, true);
    keys.note_evicted(0, &name(0));
    assert_eq!(keys.stats.evicted_keys, 1);
    let seen: Vec<_> = keys.touched.iter().map(|t| (t.class, t.event, t.modified)).collect();
    assert_eq!(seen, [(Class::EVICTED, "evicted", true)]);
}

#[test]
fn policies_have_names() {
    for (name, policy) in Policy::ALL {
        assert_eq!((Policy::parse(name.to_uppercase().as_bytes()), policy.name()), (Some(policy), name));
    }
    assert_eq!(Policy::parse(b"lru"), None);
    assert!(
        Policy::VolatileLfu.is_lfu() && !Policy::VolatileTtl.is_lfu() && Policy::VolatileTtl.is_volatile()
    );
}
