//! Tests of the keyspace: the rules of one access here, the rest in the files below.

mod cycle;
mod evicting;
mod model;

use super::touched::interest;
use super::*;
use crate::object::ValueRef;

/// A moment to start from: late enough that subtracting does no harm.
pub(super) const START: Millis = 1_700_000_000_000;

/// An empty keyspace on which chance always falls the same way.
pub(super) fn keyspace(databases: usize) -> Keyspace {
    let mut keys = Keyspace::new(databases, KeyHash::new([9; 16]), Rng::seeded(3));
    keys.tick(START);
    keys
}

/// A string entry's bytes.
pub(super) fn text(entry: &Entry) -> Vec<u8> {
    match entry.value() {
        ValueRef::Int(number) => number.to_string().into_bytes(),
        ValueRef::Str(text) => text.to_vec(),
        ValueRef::Obj(value) => panic!("{value:?}"),
    }
}

fn events(keys: &mut Keyspace) -> Vec<(usize, String, &'static str, bool)> {
    let name = |key: &[u8]| String::from_utf8_lossy(key).into_owned();
    let seen = keys.touched.iter().map(|t| (t.db, name(t.key), t.event, t.modified)).collect();
    keys.touched.clear();
    seen
}

fn loud() -> Keyspace {
    let mut keys = keyspace(2);
    keys.touched.set_notify(Class::parse(b"KEAnm").unwrap());
    keys.touched.listen(interest::WATCH, true);
    keys
}

#[test]
fn a_key_lives_through_its_last_millisecond() {
    let mut keys = keyspace(1);
    keys.set_string(0, b"k", b"v", SetExpire::At(START + 10), START);
    assert!(keys.read(0, b"k", START + 10).is_some());
    assert!(keys.read(0, b"k", START + 11).is_none());
    assert_eq!(keys.expired, [(0, b"k"[..].into())]);
    assert_eq!((keys.len(0), keys.expires(0)), (0, 0));
    assert_eq!((keys.stats.hits, keys.stats.misses, keys.stats.expired_keys), (1, 1, 1));
}

#[test]
fn events_come_in_the_order_of_what_happened() {
    let mut keys = loud();
    let name = || "k".to_string();
    keys.read(1, b"k", START);
    assert_eq!(events(&mut keys), [(1, name(), "keymiss", false)]);
    keys.set_string(1, b"k", b"v", SetExpire::At(START), START);
    assert_eq!(events(&mut keys), [(1, name(), "new", false)]);
    keys.set_string(1, b"k", b"w", SetExpire::Keep, START);
    assert_eq!(events(&mut keys), []);
    assert!(!keys.set_string(1, b"k", b"w", SetExpire::Keep, START + 1), "dead: a new key");
    assert_eq!(events(&mut keys), [(1, name(), "expired", true), (1, name(), "new", false)]);
    assert_eq!(keys.get_expire(1, b"k"), None, "a new key keeps nothing");
    keys.set_expire(1, b"k", Some(START));
    keys.read(1, b"k", START + 1);
    assert_eq!(events(&mut keys), [(1, name(), "expired", true), (1, name(), "keymiss", false)]);
    keys.write_lookup(1, b"k", START);
    keys.peek(1, b"k", START);
    assert_eq!(events(&mut keys), []);
    assert_eq!(keys.stats.misses, 2);
}

#[test]
fn flags_of_a_lookup() {
    let mut keys = loud();
    keys.set_string(0, b"k", b"v", SetExpire::At(START), START);
    events(&mut keys);
    let later = START + 1;
    assert!(keys.lookup(0, b"k", Look::NO_EXPIRE | Look::NO_NOTIFY | Look::NO_STATS, later).is_none());
    assert_eq!((keys.len(0), keys.stats.misses), (1, 0));
    assert_eq!(events(&mut keys), []);
    assert!(keys.glance(0, b"k", later).is_none() && keys.glance(0, b"k", START).is_some());
    keys.lookup(0, b"k", Look::NO_STATS, START);
    assert_eq!(keys.stats.hits, 0);
    assert!(keys.delete(0, b"k", later).is_none());
    assert_eq!(events(&mut keys), [(0, "k".to_string(), "expired", true)]);
}

#[test]
fn a_replica_hides_and_a_writable_one_removes_when_it_writes() {
    let mut keys = keyspace(1);
    keys.mode = ExpireMode::Hide;
    keys.set_string(0, b"k", b"v", SetExpire::At(START), START);
    let later = START + 1;
    assert!(keys.read(0, b"k", later).is_none() && keys.write_lookup(0, b"k", later).is_none());
    assert_eq!(keys.len(0), 1);
    keys.mode = ExpireMode::Ignore;
    assert!(keys.read(0, b"k", later).is_some());
    keys.mode = ExpireMode::Hide;
    keys.writable = true;
    assert!(keys.read(0, b"k", later).is_none());
    assert_eq!(keys.len(0), 1);
    assert!(keys.write_lookup(0, b"k", later).is_none());
    assert_eq!((keys.len(0), keys.expired.len()), (0, 1));
    keys.set_string(0, b"k", b"v", SetExpire::At(START), START);
    assert!(keys.delete(0, b"k", later).is_some(), "DEL on a replica deletes what is hidden");
}

#[test]
fn ages_are_renewed_unless_somebody_minds() {
    let mut keys = keyspace(1);
    keys.set_string(0, b"k", b"v", SetExpire::Clear, START);
    keys.tick(START + 5000);
    let idle = |keys: &mut Keyspace| {
        let lru = keys.dbs[0].get(b"k").unwrap().lru();
        keys.aging.idle_ms(lru)
    };
    keys.exists(0, b"k", START);
    keys.peek(0, b"k", START);
    keys.no_touch = true;
    keys.read(0, b"k", START);
    keys.set_string(0, b"k", b"w", SetExpire::Clear, START);
    keys.no_touch = false;
    keys.freeze_lru = true;
    keys.read(0, b"k", START);
    assert_eq!(idle(&mut keys), 5000);
    keys.freeze_lru = false;
    keys.write_lookup(0, b"k", START);
    assert_eq!(idle(&mut keys), 0);
    keys.tick(START + 9000);
    keys.rename(0, b"k", b"l", true, START);
    assert_eq!(keys.aging.idle_ms(keys.dbs[0].get(b"l").unwrap().lru()), 0, "a renamed key is new");
    keys.aging.lfu.enabled = true;
    keys.set_string(0, b"f", b"v", SetExpire::Clear, START);
    keys.read(0, b"f", START);
    assert_eq!(keys.aging.freq(keys.dbs[0].get(b"f").unwrap().lru()), LFU_INIT + 1);
    assert!(keys.set_age(0, b"f", keys.aging.lru_from_freq(200)));
    assert_eq!(keys.aging.freq(keys.dbs[0].get(b"f").unwrap().lru()), 200);
}

#[test]
fn scan_finds_every_lasting_key_while_the_table_changes() {
    let mut keys = keyspace(1);
    let name = |i: u32| format!("key:{i}").into_bytes();
    for i in 0..500 {
        keys.set_string(0, &name(i), b"v", SetExpire::Clear, START);
    }
    let (mut cursor, mut round) = (0, 1000);
    let mut seen = std::collections::HashSet::new();
    loop {
        let mut emitted = 0;
        let step = keys.scan(0, cursor, 10, START, &mut |_| true, &mut |entry| {
            emitted += 1;
            seen.insert(entry.key().to_vec());
        });
        assert!(emitted < 10 + 60, "{emitted} keys in one step");
        cursor = step.cursor;
        if cursor == 0 {
            break;
        }
        for i in 0..40 {
            keys.set_string(0, &name(round + i), b"v", SetExpire::Clear, START);
        }
        round += 40;
        if round == 2000 {
            (1000..1900).for_each(|i| _ = keys.remove(0, &name(i)));
        }
    }
    assert!((0..500).all(|i| seen.contains(&name(i))));
}

#[test]
fn scan_removes_the_dead_it_wanted_and_no_others() {
    let mut keys = keyspace(1);
    for key in [&b"a1"[..], b"a2", b"b1"] {
        keys.set_string(0, key, b"v", SetExpire::At(START), START);
    }
    keys.set_string(0, b"a3", b"v", SetExpire::Clear, START);
    let run = |keys: &mut Keyspace| {
        let mut seen = Vec::new();
        let mut wanted = |key: &[u8]| key[0] == b'a';
        let step = keys.scan(0, 0, usize::MAX, START + 1, &mut wanted, &mut |e| seen.push(e.key().to_vec()));
        assert_eq!((step.cursor, seen), (0, vec![b"a3".to_vec()]));
        (step.dead, keys.len(0), keys.expired.len())
    };
    keys.mode = ExpireMode::Hide;
    assert_eq!(run(&mut keys), (2, 4, 0));
    keys.mode = ExpireMode::Delete;
    assert_eq!(run(&mut keys), (2, 2, 2));
}

#[test]
fn random_key_skips_the_dead() {
    let mut rng = Rng::seeded(5);
    let mut keys = keyspace(1);
    assert_eq!(keys.random_key(0, &mut rng, START), None);
    for i in 0..50u8 {
        keys.set_string(0, &[i], b"v", SetExpire::At(START), START);
    }
    let later = START + 1;
    keys.mode = ExpireMode::Hide;
    assert!(keys.random_key(0, &mut rng, later).is_some(), "all dead on a replica: it gives up");
    keys.set_string(0, b"alive", b"v", SetExpire::Clear, START);
    assert_eq!(keys.random_key(0, &mut rng, later).as_deref(), Some(&b"alive"[..]));
    assert_eq!(keys.len(0), 51);
    keys.mode = ExpireMode::Delete;
    keys.remove(0, b"alive");
    assert_eq!(keys.random_key(0, &mut rng, later), None, "a master removes them all");
    assert_eq!((keys.len(0), keys.expired.len()), (0, 50));
}

#[test]
fn databases_are_swapped_emptied_and_replaced_whole() {
    let mut keys = keyspace(3);
    keys.set_string(0, b"a", b"0", SetExpire::At(START + 5), START);
    keys.set_string(1, b"a", b"1", SetExpire::Clear, START);
    keys.set_string(1, b"b", b"1", SetExpire::Clear, START);
    assert!(keys.swap(0, 1) && keys.swap(2, 2) && !keys.swap(0, 3));
    assert_eq!((keys.len(0), keys.len(1), keys.expires(0), keys.expires(1)), (2, 1, 0, 1));
    assert_eq!(keys.get_expire(1, b"a"), Some(START + 5));

    let gone = keys.flush(Some(0));
    assert_eq!(gone.iter().map(Db::len).sum::<usize>(), 2);
    assert_eq!((keys.len(0), keys.len(1)), (0, 1));

    let mut fresh = keys.empty_dbs();
    fresh[2].insert(Entry::string(b"n", b"1", Some(START + 1)));
    let old = keys.replace_all(fresh);
    assert_eq!(old[1].len(), 1);
    assert_eq!(keys.read(2, b"n", START).map(text), Some(b"1".to_vec()));
    assert_eq!(keys.flush(None).len(), 1, "only what held something comes back");
    assert!(keys.is_empty() && keys.flush(None).is_empty());
}

#[test]
fn renaming_to_itself_changes_nothing() {
    let mut keys = keyspace(2);
    assert_eq!(keys.rename(0, b"k", b"k", true, START), Moved::NoSource);
    keys.set_string(0, b"k", b"v", SetExpire::At(START + 5), START);
    assert_eq!(keys.rename(0, b"k", b"k", true, START), Moved::Done);
    assert_eq!(keys.rename(0, b"k", b"k", false, START), Moved::Exists);
    assert_eq!(keys.get_expire(0, b"k"), Some(START + 5));
    assert_eq!(keys.rename(0, b"k", b"l", false, START + 6), Moved::NoSource);
    assert_eq!(keys.expired.len(), 1);
}

#[test]
fn numbers_and_changed_strings() {
    let mut keys = keyspace(1);
    keys.set_int(0, b"n", 41, SetExpire::At(START + 9), START);
    assert!(keys.set_int(0, b"n", 42, SetExpire::Keep, START));
    assert_eq!(keys.read(0, b"n", START).map(text), Some(b"42".to_vec()));
    assert_eq!(keys.get_expire(0, b"n"), Some(START + 9));
    keys.edit_raw(0, b"n", START).unwrap().extend_from_slice(b"!");
    assert_eq!(keys.read(0, b"n", START).map(text), Some(b"42!".to_vec()));
    assert!(keys.edit_raw(0, b"none", START).is_none());
    assert!(keys.edit_value(0, b"n", START).is_none());
    assert_eq!(keys.insert(0, Entry::string(b"n", b"x", None)).map(|old| text(&old)), Some(b"42!".to_vec()));
    assert_eq!(keys.expires(0), 0);
    let hash = keys.hash(b"n");
    keys.prefetch(0, hash);
    keys.prefetch_entry(0, hash);
    assert!(keys.read_hashed(hash, 0, b"n", START).is_some());
}

/// Whether anybody is told of key `l` of database 0: who waits for it to come, and who also for its end.
fn signals(act: impl FnOnce(&mut Keyspace)) -> [bool; 2] {
    let mut keys = keyspace(2);
    let list = |keys: &mut Keyspace, db, key: &[u8], when| {
        keys.insert(
            db,
            Entry::new(key, NewValue::Obj(Box::new(Value::List(crate::object::List::new()))), when),
        );
    };
    list(&mut keys, 0, b"old", Some(START + 5));
    list(&mut keys, 0, b"src", None);
    list(&mut keys, 1, b"l", None);
    list(&mut keys, 1, b"old", None);
    let comes = keys.awaited.join(0, Box::from(*b"l"), 1, false).unwrap();
    let goes = keys.awaited.join(0, Box::from(*b"old"), 2, true).unwrap();
    act(&mut keys);
    let ready: Vec<_> = std::iter::from_fn(|| keys.awaited.next_ready()).collect();
    [comes, goes].map(|id| ready.contains(&id))
}

#[test]
fn whatever_makes_a_key_or_ends_it_signals_it() {
    let comes = [true, false];
    let goes = [false, true];
    assert_eq!(signals(|keys| _ = keys.rename(0, b"src", b"l", true, START)), comes);
    assert_eq!(signals(|keys| _ = keys.move_key(1, 0, b"l", START)), comes);
    let copy = Way { from_db: 1, from: b"l", to_db: 0, to: b"l", replace: true };
    assert_eq!(signals(|keys| _ = keys.copy(copy, START)), comes);
    assert_eq!(signals(|keys| assert!(keys.swap(0, 1))), [true, true]);
    assert_eq!(signals(|keys| assert!(keys.swap(1, 1))), [false, false]);
    assert_eq!(signals(|keys| _ = keys.flush(None)), goes);
    assert_eq!(signals(|keys| _ = keys.flush(Some(0))), goes);
    assert_eq!(signals(|keys| _ = keys.flush(Some(1))), [false, false]);
    let shadow = |keys: &mut Keyspace| {
        let mut dbs = keys.empty_dbs();
        dbs[0].insert(Entry::string(b"l", b"of any type", None));
        keys.replace_all(dbs);
    };
    assert_eq!(signals(shadow), [true, true]);
    assert_eq!(signals(|keys| _ = keys.remove(0, b"old")), goes);
    assert_eq!(signals(|keys| _ = keys.delete(0, b"old", START)), goes);
    assert_eq!(signals(|keys| assert!(keys.read(0, b"old", START + 9).is_none())), goes);
    let cycle = |keys: &mut Keyspace| _ = keys.active_expire(Cycle::Slow, 1, 10, START + 9, &mut || 0);
    assert_eq!(signals(cycle), goes);
    assert_eq!(signals(|keys| _ = keys.set_string(0, b"old", b"text", SetExpire::Clear, START)), goes);
    assert_eq!(signals(|keys| _ = keys.rename(0, b"old", b"elsewhere", true, START)), goes);
    assert_eq!(
        signals(|keys| _ = keys.set_string(0, b"l", b"text", SetExpire::Clear, START)),
        [false, false]
    );
    assert_eq!(signals(|keys| _ = keys.read(0, b"old", START)), [false, false]);
}
