//! The active expire cycle: how fast it clears, how long it takes, what it reports.

use super::super::*;
use super::{START, keyspace};
use crate::base::clock::Micros;

/// `dead` keys that are due, `alive` with a minute left, `plain` without expiry, in database `db`.
fn fill(keys: &mut Keyspace, db: usize, dead: usize, alive: usize, plain: usize) {
    let expiries = [(dead, "d", SetExpire::At(START)), (alive, "a", SetExpire::At(START + 60_000))];
    for (count, name, expire) in expiries.into_iter().chain([(plain, "p", SetExpire::Clear)]) {
        for i in 0..count {
            keys.set_string(db, format!("{name}{i}").as_bytes(), b"v", expire, START);
        }
    }
}

fn slow(keys: &mut Keyspace) -> u64 {
    keys.active_expire(Cycle::Slow, 1, 10, START + 1, &mut || 0)
}

#[test]
fn all_dead_keys_go_in_one_cycle_when_nothing_else_expires() {
    let mut keys = keyspace(16);
    fill(&mut keys, 3, 5000, 0, 2000);
    assert_eq!(slow(&mut keys), 5000);
    assert_eq!((keys.len(3), keys.expires(3), keys.avg_ttl(3)), (2000, 0, 0));
    assert_eq!((keys.expired.len(), keys.stats.expired_keys), (5000, 5000));
    assert!((keys.stats.expired_stale - 0.05).abs() < 1e-9, "one sample of 100% weighs 5%");
    slow(&mut keys);
    assert!((keys.stats.expired_stale - 0.05 * 0.95).abs() < 1e-9);
}

#[test]
fn among_living_keys_a_tenth_may_stay_for_the_next_cycles() {
    let mut keys = keyspace(1);
    fill(&mut keys, 0, 1000, 1000, 500);
    slow(&mut keys);
    let left = keys.expires(0) - 1000;
    assert!(left < 500, "{left} dead keys left after one cycle");
    for _ in 0..200 {
        slow(&mut keys);
    }
    assert_eq!(keys.expires(0), 1000, "every bucket was visited again and again");
    let avg = keys.avg_ttl(0);
    assert!((59_000..=60_000).contains(&avg), "{avg}");
}

#[test]
fn the_cycle_ends_when_its_time_is_up_and_goes_on_with_the_next_database() {
    let mut keys = keyspace(16);
    fill(&mut keys, 0, 3000, 0, 0);
    fill(&mut keys, 1, 6000, 0, 0);
    let mut time = 0;
    // Each look at the clock is 30 ms later: the first check, after 16 samples of about 20, ends a cycle of
    // 25 ms.
    let mut clock = || {
        time += 30_000;
        time
    };
    let first = keys.active_expire(Cycle::Slow, 1, 10, START + 1, &mut clock);
    assert!((16 * 20..16 * 50).contains(&first), "{first}");
    assert_eq!((keys.stats.expired_time_cap_reached, keys.len(1)), (1, 6000));
    assert_eq!(keys.stats.expire_cycle_time_us, 60_000);
    // It may use 250 ms at 1 cycle a second.
    let second = keys.active_expire(Cycle::Slow, 1, 1, START + 1, &mut clock);
    assert!(second > first * 3 && keys.len(1) == 6000 - second as usize, "{second}");
    assert_eq!(keys.len(0), 3000 - first as usize, "the turn was the next database's");
}

#[test]
fn a_fast_cycle_follows_only_one_that_ran_out_of_time() {
    let mut keys = keyspace(1);
    fill(&mut keys, 0, 3000, 0, 0);
    let fast = |keys: &mut Keyspace, at: Micros, step: Micros| {
        let mut time = at - step;
        keys.active_expire(Cycle::Fast, 1, 10, START + 1, &mut || {
            time += step;
            time
        })
    };
    assert_eq!(fast(&mut keys, 0, 10), 0);
    let mut time = 0;
    keys.active_expire(Cycle::Slow, 1, 10, START + 1, &mut || {
        time += 30_000;
        time
    });
    let left = keys.len(0);
    assert!(fast(&mut keys, 1_000_000, 1001) > 0 && keys.len(0) < left && keys.len(0) > 0);
    assert_eq!(fast(&mut keys, 1_001_999, 1001), 0, "not before twice its duration");
    assert!(fast(&mut keys, 1_002_000, 10) > 0);
    assert_eq!(keys.len(0), 0);
    fill(&mut keys, 0, 10, 0, 0);
    assert_eq!(fast(&mut keys, 2_000_000, 10), 0, "the last one had time enough");
}

#[test]
fn only_who_decides_about_expiry_runs_it() {
    let mut keys = keyspace(1);
    fill(&mut keys, 0, 10, 0, 0);
    for mode in [ExpireMode::Hide, ExpireMode::Ignore] {
        keys.mode = mode;
        assert_eq!(slow(&mut keys), 0);
    }
    assert_eq!(keys.len(0), 10);
}

#[test]
fn a_few_expiring_keys_among_many_are_found_without_burning_time() {
    let mut keys = keyspace(1);
    fill(&mut keys, 0, 0, 3, 60_000);
    let mut looks = 0;
    for _ in 0..50 {
        keys.active_expire(Cycle::Slow, 1, 10, START + 1, &mut || {
            looks += 1;
            looks
        });
    }
    assert_eq!(looks, 50 * 2, "nothing is due: never as much as 16 samples");
    fill(&mut keys, 0, 2, 0, 0);
    let mut cycles = 0;
    while keys.expired.len() < 2 && cycles < 400 {
        slow(&mut keys);
        cycles += 1;
    }
    assert!(cycles < 100, "{cycles} cycles");
    assert_eq!(keys.expires(0), 3);
}

#[test]
fn more_databases_than_one_call_visits_take_turns() {
    let mut keys = keyspace(40);
    (0..40).for_each(|db| fill(&mut keys, db, 5, 0, 0));
    assert_eq!((slow(&mut keys), keys.len(15), keys.len(16)), (80, 0, 5));
    assert_eq!((slow(&mut keys), keys.len(31), keys.len(32)), (80, 0, 5));
    assert_eq!(slow(&mut keys), 40);
}

#[test]
fn a_writable_replica_expires_what_its_clients_made() {
    let mut keys = keyspace(2);
    keys.mode = ExpireMode::Ignore;
    keys.set_string(0, b"master's", b"v", SetExpire::At(START), START);
    (keys.mode, keys.writable) = (ExpireMode::Hide, true);
    fill(&mut keys, 1, 100, 0, 1);
    keys.set_string(0, b"own", b"v", SetExpire::Clear, START);
    keys.set_expire(0, b"own", Some(START + 500));
    assert_eq!(keys.own_keys.len(), 101);
    assert_eq!(keys.expire_own_keys(START + 1, &mut || 0), 100);
    assert_eq!((keys.own_keys.len(), keys.len(0), keys.len(1)), (1, 2, 1));
    keys.set_expire(0, b"own", None);
    assert_eq!(keys.expire_own_keys(START + 501, &mut || 0), 0);
    assert!(keys.own_keys.is_empty(), "persisted: nothing to remember");
}
