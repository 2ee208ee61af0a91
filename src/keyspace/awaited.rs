//! Keys that somebody waits for, and which of them are ready to be looked at.
//!
//! A blocked command (BLPOP, XREAD …) waits for a key to come into being, or to change. Who waits is not known
//! here: a waiter is a *ticket*, a number that only grows, so that the order of tickets is the order of
//! arrival. Each awaited key has its line of tickets. Whoever makes a key or takes one away says so
//! ([`Awaited::signal`], [`Awaited::gone`]); if the key is awaited it joins a queue, once, and the floor above
//! takes it from there after the command and offers it to its line (`core::wake`).
//!
//! The keyspace itself signals every key that it puts in, takes out, swaps or empties. Only a value that grows
//! in place and has waiters all the same (XADD to a stream that exists) must be signalled by its command.
//!
//! A signal promises nothing: by the time the queue is served the key may be gone again or hold another type.
//! Who serves it looks.
//!
//! # Cost
//! With nobody waiting a signal is one load and one branch. Otherwise it is a look-up of the name, and nothing
//! is allocated for a key that nobody waits for. Joining and leaving a line cost the logarithm of its length.
//!
//! Source: Redis 7.2.4 `blockForKeys`, `signalKeyAsReady`, `signalDeletedKeyAsReady`,
//! `scanDatabaseForReadyKeys`, `scanDatabaseForDeletedKeys`. Redis skips the signal for types that nobody
//! waits for; here the type is looked at when the key is served. A key that is overwritten by a value of the
//! awaited type wakes its waiters here; Redis lets them wait on unless the key was deleted first.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::rc::Rc;

use slab::Slab;

use super::Keyspace;

/// A waiter's number; later ones are greater, none is used twice. 0 is nobody's.
pub type Ticket = u64;

/// Names an awaited key as long as it has a waiter; used again afterwards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyId(usize);

/// An awaited key.
#[derive(Debug)]
struct Key {
    db: usize,
    name: Rc<[u8]>,
    line: BTreeSet<Ticket>,
    /// How many of the line also want to hear that the key is gone.
    on_nokey: usize,
    /// Is in the queue of the ready.
    queued: bool,
}

/// See the head of the file.
#[derive(Default, Debug)]
pub struct Awaited {
    /// One map a database, so that a look-up borrows the name it asks for.
    by_db: Vec<HashMap<Rc<[u8]>, KeyId>>,
    keys: Slab<Key>,
    ready: VecDeque<KeyId>,
    /// Keys that have a waiter who wants to hear of their end.
    on_nokey: usize,
}

impl Awaited {
    /// Puts a ticket, greater than all before, at the end of a key's line. With `on_nokey` the waiter also
    /// hears that the key is gone. `None`: it stands in that line already.
    pub fn join(&mut self, db: usize, name: Box<[u8]>, ticket: Ticket, on_nokey: bool) -> Option<KeyId> {
        if db >= self.by_db.len() {
            self.by_db.resize_with(db + 1, HashMap::new);
        }
        let id = match self.by_db[db].get(&*name) {
            Some(id) => *id,
            None => {
                let name: Rc<[u8]> = name.into();
                let key = Key { db, name: name.clone(), line: BTreeSet::new(), on_nokey: 0, queued: false };
                let id = KeyId(self.keys.insert(key));
                self.by_db[db].insert(name, id);
                id
            }
        };
        let key = &mut self.keys[id.0];
        if !key.line.insert(ticket) {
            return None;
        }
        self.on_nokey += usize::from(on_nokey && key.on_nokey == 0);
        key.on_nokey += usize::from(on_nokey);
        Some(id)
    }

    /// Takes a ticket out of a line it joined, with the `on_nokey` it joined with.
    pub fn leave(&mut self, id: KeyId, ticket: Ticket, on_nokey: bool) {
        let key = &mut self.keys[id.0];
        let stood = key.line.remove(&ticket);
        debug_assert!(stood);
        key.on_nokey -= usize::from(on_nokey);
        self.on_nokey -= usize::from(on_nokey && key.on_nokey == 0);
        if key.line.is_empty() {
            let key = self.keys.remove(id.0);
            self.by_db[key.db].remove(&key.name);
            if key.queued {
                self.ready.retain(|queued| *queued != id);
            }
        }
    }

    /// The key is there, or its value has changed: its line is to be served.
    #[inline]
    pub fn signal(&mut self, db: usize, name: &[u8]) {
        if !self.keys.is_empty() {
            self.enqueue(db, name, false);
        }
    }

    /// The key went away, or was overwritten.
    #[inline]
    pub fn gone(&mut self, db: usize, name: &[u8]) {
        if self.on_nokey != 0 {
            self.enqueue(db, name, true);
        }
    }

    #[cold]
    fn enqueue(&mut self, db: usize, name: &[u8], gone: bool) {
        let Some(id) = self.by_db.get(db).and_then(|of_db| of_db.get(name)).copied() else { return };
        if !gone || self.keys[id.0].on_nokey != 0 {
            self.push(id);
        }
    }

    fn push(&mut self, id: KeyId) {
        let key = &mut self.keys[id.0];
        if !std::mem::replace(&mut key.queued, true) {
            self.ready.push_back(id);
        }
    }

    /// Signals every key for which `wanted(db, name, on_nokey)` holds, `on_nokey` telling whether somebody
    /// wants to hear of its end.
    pub fn signal_where(&mut self, mut wanted: impl FnMut(usize, &[u8], bool) -> bool) {
        let found = self.keys.iter().filter(|(_, key)| wanted(key.db, &key.name, key.on_nokey != 0));
        let found: Vec<usize> = found.map(|(id, _)| id).collect();
        found.into_iter().for_each(|id| self.push(KeyId(id)));
    }

    /// Whether a key is to be served.
    #[inline]
    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// The next key to be served, oldest signal first; from here on it may be signalled anew.
    pub fn next_ready(&mut self) -> Option<KeyId> {
        let id = self.ready.pop_front()?;
        self.keys[id.0].queued = false;
        Some(id)
    }

    /// Database and name of an awaited key, and the last ticket of its line.
    pub fn look(&self, id: KeyId) -> Option<(usize, Rc<[u8]>, Ticket)> {
        let key = self.keys.get(id.0)?;
        Some((key.db, key.name.clone(), *key.line.last()?))
    }

    /// The first ticket of a line that lies in `after < ticket <= last`. Should the number have passed to
    /// another key meanwhile, there is none: that key's line began after `last` was given out.
    pub fn next_in_line(&self, id: KeyId, after: Ticket, last: Ticket) -> Option<Ticket> {
        if after >= last {
            return None;
        }
        self.keys.get(id.0)?.line.range(after + 1..=last).next().copied()
    }

    /// How many keys are awaited.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Nobody waits for a key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// How many keys have a waiter who wants to hear of their end.
    pub fn len_on_nokey(&self) -> usize {
        self.on_nokey
    }
}

impl Keyspace {
    /// Databases were emptied, swapped or replaced: looks at their awaited keys, which are few, rather than at
    /// their keys. Those that are there now are ready, and those whose end somebody wants to hear of.
    pub(super) fn signal_databases(&mut self, changed: impl Fn(usize) -> bool) {
        let dbs = &self.dbs;
        self.awaited.signal_where(|db, name, on_nokey| {
            changed(db) && (on_nokey || dbs.get(db).is_some_and(|of_db| of_db.get(name).is_some()))
        });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// What a test does to the registry; small numbers, so that keys and waiters meet.
    #[derive(Clone, Debug)]
    enum Step {
        /// A new waiter for these keys.
        Join(Vec<(usize, u8)>, bool),
        /// The nth waiter leaves.
        Leave(usize),
        Signal(usize, u8),
        Gone(usize, u8),
        Serve,
    }

    fn step() -> impl Strategy<Value = Step> {
        let key = || (0..2usize, 0..4u8);
        prop_oneof![
            3 => (prop::collection::vec(key(), 1..4), any::<bool>()).prop_map(|(keys, on)| Step::Join(keys, on)),
            3 => (0..8usize).prop_map(Step::Leave),
            2 => key().prop_map(|(db, name)| Step::Signal(db, name)),
            1 => key().prop_map(|(db, name)| Step::Gone(db, name)),
            2 => Just(Step::Serve),
        ]
    }

    /// The same thing, plainly: lines as lists, the queue as a list of names.
    #[derive(Default)]
    struct Model {
        lines: BTreeMap<(usize, u8), Vec<(Ticket, bool)>>,
        ready: Vec<(usize, u8)>,
    }

    impl Model {
        fn push(&mut self, key: (usize, u8)) {
            if !self.ready.contains(&key) {
                self.ready.push(key);
            }
        }
    }

    /// Waiters of the test: ticket, whether ends interest it, and its places.
    type Waiter = (Ticket, bool, Vec<((usize, u8), KeyId)>);

    fn join(real: &mut Awaited, model: &mut Model, waiter: &mut Waiter, keys: &[(usize, u8)]) {
        let (ticket, on_nokey, places) = waiter;
        for key in keys {
            let joined = real.join(key.0, Box::from([key.1]), *ticket, *on_nokey);
            let line = model.lines.entry(*key).or_default();
            let twice = line.iter().any(|(other, _)| other == ticket);
            assert_eq!(joined.is_none(), twice);
            if let Some(id) = joined {
                line.push((*ticket, *on_nokey));
                places.push((*key, id));
            }
        }
    }

    fn leave(real: &mut Awaited, model: &mut Model, (ticket, on_nokey, places): Waiter) {
        for (key, id) in places {
            real.leave(id, ticket, on_nokey);
            let line = model.lines.get_mut(&key).expect("joined");
            line.retain(|(other, _)| *other != ticket);
            if line.is_empty() {
                model.lines.remove(&key);
                model.ready.retain(|ready| *ready != key);
            }
        }
    }

    /// Serves the queue to its end and compares each line.
    fn serve(real: &mut Awaited, model: &mut Model) {
        for key in std::mem::take(&mut model.ready) {
            let id = real.next_ready().expect("as many as in the model");
            let (db, name, last) = real.look(id).expect("awaited");
            assert_eq!((db, &*name), (key.0, &[key.1][..]));
            let (mut at, mut line) = (0, Vec::new());
            while let Some(ticket) = real.next_in_line(id, at, last) {
                line.push(ticket);
                at = ticket;
            }
            let expected: Vec<Ticket> = model.lines[&key].iter().map(|(ticket, _)| *ticket).collect();
            assert_eq!(line, expected);
        }
        assert!(!real.has_ready());
    }

    proptest! {
        #[test]
        fn behaves_as_lists_do(steps in prop::collection::vec(step(), 1..120)) {
            let (mut real, mut model) = (Awaited::default(), Model::default());
            let (mut waiters, mut tickets): (Vec<Waiter>, Ticket) = (Vec::new(), 0);
            for step in steps {
                match step {
                    Step::Join(keys, on_nokey) => {
                        tickets += 1;
                        let mut waiter = (tickets, on_nokey, Vec::new());
                        join(&mut real, &mut model, &mut waiter, &keys);
                        waiters.push(waiter);
                    }
                    Step::Leave(nth) if nth < waiters.len() => {
                        leave(&mut real, &mut model, waiters.remove(nth));
                    }
                    Step::Leave(_) => {}
                    Step::Signal(db, name) => {
                        real.signal(db, &[name]);
                        if model.lines.contains_key(&(db, name)) {
                            model.push((db, name));
                        }
                    }
                    Step::Gone(db, name) => {
                        real.gone(db, &[name]);
                        if model.lines.get(&(db, name)).is_some_and(|line| line.iter().any(|(_, on)| *on)) {
                            model.push((db, name));
                        }
                    }
                    Step::Serve => serve(&mut real, &mut model),
                }
                let nokey = model.lines.values().filter(|line| line.iter().any(|(_, on)| *on)).count();
                prop_assert_eq!((real.len(), real.len_on_nokey()), (model.lines.len(), nokey));
                prop_assert_eq!(real.has_ready(), !model.ready.is_empty());
            }
            waiters.into_iter().for_each(|waiter| leave(&mut real, &mut model, waiter));
            prop_assert!(real.is_empty() && !real.has_ready());
            prop_assert!(real.by_db.iter().all(HashMap::is_empty));
        }
    }

    #[test]
    fn a_number_that_passed_to_another_key_leads_nowhere() {
        let mut awaited = Awaited::default();
        let old = awaited.join(0, Box::from(*b"a"), 1, false).expect("new");
        let last = awaited.look(old).expect("awaited").2;
        awaited.leave(old, 1, false);
        assert_eq!(awaited.join(0, Box::from(*b"b"), 2, false), Some(old));
        assert_eq!(awaited.next_in_line(old, 0, last), None);
    }
}
