//! Random commands against the keyspace and against a plain map, at random times, in every role.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::*;
use super::{START, keyspace, text};

type Key = (usize, u8);

/// What the keyspace should be.
#[derive(Default)]
struct Model {
    map: BTreeMap<Key, (Vec<u8>, Option<Millis>)>,
    expired: Vec<Key>,
    mode: ExpireMode,
    writable: bool,
    now: Millis,
}

impl Model {
    fn dead(&self, key: Key) -> bool {
        let when = self.map.get(&key).and_then(|(_, when)| *when);
        self.mode != ExpireMode::Ignore && when.is_some_and(|when| self.now > when)
    }

    /// A lookup: removes a dead key where it should.
    fn look(&mut self, key: Key, write: bool) -> Option<Vec<u8>> {
        if self.dead(key) {
            let forced = write && self.writable && self.mode == ExpireMode::Hide;
            if self.mode == ExpireMode::Delete || forced {
                self.map.remove(&key);
                self.expired.push(key);
            }
            return None;
        }
        self.map.get(&key).map(|(value, _)| value.clone())
    }

    fn set(&mut self, key: Key, value: Vec<u8>, expire: SetExpire) {
        self.look(key, true);
        let old = if self.dead(key) { None } else { self.map.get(&key).and_then(|(_, when)| *when) };
        let when = match expire {
            SetExpire::Clear => None,
            SetExpire::Keep => old,
            SetExpire::At(when) => Some(when),
        };
        self.map.insert(key, (value, when));
    }

    fn transfer(&mut self, from: Key, to: Key, replace: bool, copy: bool) -> Moved {
        if self.look(from, !copy).is_none() {
            return Moved::NoSource;
        }
        if from == to && !copy {
            return if replace { Moved::Done } else { Moved::Exists };
        }
        if self.look(to, true).is_some() && !replace {
            return Moved::Exists;
        }
        let held = self.map[&from].clone();
        if !copy {
            self.map.remove(&from);
        }
        self.map.insert(to, held);
        Moved::Done
    }
}

#[derive(Clone, Debug)]
enum Op {
    Read(Key),
    Exists(Key),
    Write(Key),
    Set(Key, Vec<u8>, u8, i8),
    Append(Key),
    Remove(Key),
    Delete(Key),
    Expire(Key, Option<i8>),
    Rename(usize, u8, u8, bool),
    Move(usize, u8),
    Copy(Key, Key, bool),
    Swap,
    Flush(usize),
    Pass(u8),
    Cycle,
    List(usize),
}

fn key() -> impl Strategy<Value = Key> {
    (0..2usize, 0..6u8)
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => key().prop_map(Op::Read),
        2 => key().prop_map(Op::Exists),
        2 => key().prop_map(Op::Write),
        8 => (key(), prop::collection::vec(b'0'..=b'9', 0..20), 0..3u8, any::<i8>())
            .prop_map(|(k, v, how, at)| Op::Set(k, v, how, at)),
        2 => key().prop_map(Op::Append),
        1 => key().prop_map(Op::Remove),
        2 => key().prop_map(Op::Delete),
        3 => (key(), any::<Option<i8>>()).prop_map(|(k, at)| Op::Expire(k, at)),
        2 => (0..2usize, 0..6u8, 0..6u8, any::<bool>()).prop_map(|(d, a, b, r)| Op::Rename(d, a, b, r)),
        1 => (0..2usize, 0..6u8).prop_map(|(d, k)| Op::Move(d, k)),
        2 => (key(), key(), any::<bool>()).prop_map(|(a, b, r)| Op::Copy(a, b, r)),
        1 => Just(Op::Swap),
        1 => (0..2usize).prop_map(Op::Flush),
        6 => (0..60u8).prop_map(Op::Pass),
        1 => Just(Op::Cycle),
        2 => (0..2usize).prop_map(Op::List),
    ]
}

/// Does one thing to both and compares the answers.
fn step(keys: &mut Keyspace, model: &mut Model, op: Op) {
    let now = model.now;
    match op {
        Op::Read(k) => assert_eq!(keys.read(k.0, &[k.1], now).map(text), model.look(k, false)),
        Op::Exists(k) => assert_eq!(keys.exists(k.0, &[k.1], now), model.look(k, false).is_some()),
        Op::Write(k) => assert_eq!(keys.write_lookup(k.0, &[k.1], now).map(text), model.look(k, true)),
        Op::Set(k, value, how, at) => {
            let at = now + Millis::from(at);
            let expire = [SetExpire::Clear, SetExpire::Keep, SetExpire::At(at)][usize::from(how)];
            let alive = model.look(k, true).is_some();
            assert_eq!(keys.set_string(k.0, &[k.1], &value, expire, now), alive);
            model.set(k, value, expire);
        }
        Op::Append(k) => {
            let found = model.look(k, true).is_some();
            let buf = keys.edit_raw(k.0, &[k.1], now);
            assert_eq!(buf.is_some(), found);
            if let Some(buf) = buf {
                buf.push(b'x');
                model.map.get_mut(&k).unwrap().0.push(b'x');
            }
        }
        Op::Remove(k) => assert_eq!(keys.remove(k.0, &[k.1]).is_some(), model.map.remove(&k).is_some()),
        Op::Delete(k) => {
            if model.mode == ExpireMode::Delete {
                model.look(k, false);
            }
            let gone = model.map.remove(&k).map(|(value, _)| value);
            assert_eq!(keys.delete(k.0, &[k.1], now).map(|entry| text(&entry)), gone);
        }
        Op::Expire(k, at) => {
            let when = at.map(|at| now + Millis::from(at));
            let held = model.map.get_mut(&k);
            assert_eq!(keys.set_expire(k.0, &[k.1], when), held.is_some());
            if let Some(held) = held {
                held.1 = when;
            }
        }
        other => step_of_many(keys, model, other),
    }
}

/// The operations that concern more than one key.
fn step_of_many(keys: &mut Keyspace, model: &mut Model, op: Op) {
    let now = model.now;
    match op {
        Op::Rename(db, a, b, replace) => {
            let moved = model.transfer((db, a), (db, b), replace, false);
            assert_eq!(keys.rename(db, &[a], &[b], replace, now), moved);
        }
        Op::Move(db, k) => {
            let moved = model.transfer((db, k), (1 - db, k), false, false);
            assert_eq!(keys.move_key(db, 1 - db, &[k], now), moved);
        }
        Op::Copy(a, b, replace) if a != b => {
            let way = Way { from_db: a.0, from: &[a.1], to_db: b.0, to: &[b.1], replace };
            assert_eq!(keys.copy(way, now), model.transfer(a, b, replace, true));
        }
        Op::Swap => {
            assert!(keys.swap(0, 1));
            let map = std::mem::take(&mut model.map);
            model.map = map.into_iter().map(|((db, k), held)| ((1 - db, k), held)).collect();
        }
        Op::Flush(db) => {
            let count = model.map.keys().filter(|k| k.0 == db).count();
            assert_eq!(keys.flush(Some(db)).iter().map(Db::len).sum::<usize>(), count);
            model.map.retain(|k, _| k.0 != db);
        }
        Op::Pass(ms) => model.now += Millis::from(ms),
        Op::Cycle => {
            // All dead keys go: a handful is less than one sample.
            keys.active_expire(Cycle::Slow, 10, 10, now, &mut || 0);
            if model.mode == ExpireMode::Delete {
                let dead: Vec<Key> = model.map.keys().copied().filter(|&k| model.dead(k)).collect();
                for k in dead {
                    model.look(k, false);
                }
            }
        }
        Op::List(db) => {
            let mut alive = Vec::new();
            keys.keys(db, now, &mut |entry| alive.push((db, entry.key()[0])));
            alive.sort_unstable();
            let wanted = model.map.keys().copied().filter(|&k| k.0 == db && !model.dead(k));
            assert_eq!(alive, wanted.collect::<Vec<_>>());
        }
        _ => {}
    }
}

fn run(mode: ExpireMode, writable: bool, ops: Vec<Op>) {
    let mut keys = keyspace(2);
    (keys.mode, keys.writable) = (mode, writable);
    let mut model = Model { mode, writable, now: START, ..Model::default() };
    for op in ops {
        let sorted = matches!(op, Op::Cycle);
        step(&mut keys, &mut model, op);
        let mut expired: Vec<Key> = keys.expired.iter().map(|(db, key)| (*db, key[0])).collect();
        if sorted {
            // The cycle goes in the table's order; what it found is compared as a set.
            expired.sort_unstable();
            model.expired.sort_unstable();
        }
        assert_eq!(expired, model.expired);
        keys.expired.clear();
        model.expired.clear();
        for db in 0..2 {
            assert_eq!(keys.len(db), model.map.keys().filter(|k| k.0 == db).count());
            let expires = model.map.iter().filter(|(k, (_, when))| k.0 == db && when.is_some());
            assert_eq!(keys.expires(db), expires.count());
        }
    }
    for (k, (value, when)) in &model.map {
        let entry = keys.dbs[k.0].get(&[k.1]).unwrap();
        assert_eq!((text(entry), entry.expire()), (value.clone(), *when));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_master_is_a_map_with_expiry(ops in prop::collection::vec(op(), 0..80)) {
        run(ExpireMode::Delete, false, ops);
    }

    #[test]
    fn a_replica_is_a_map_that_hides(ops in prop::collection::vec(op(), 0..80)) {
        run(ExpireMode::Hide, false, ops);
    }

    #[test]
    fn a_writable_replica_removes_when_it_writes(ops in prop::collection::vec(op(), 0..80)) {
        run(ExpireMode::Hide, true, ops);
    }

    #[test]
    fn under_our_master_nothing_expires(ops in prop::collection::vec(op(), 0..80)) {
        run(ExpireMode::Ignore, false, ops);
    }
}
