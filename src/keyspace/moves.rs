//! Keys and databases that change places: RENAME, MOVE, COPY, SWAPDB, FLUSHDB, FLUSHALL.
//!
//! A key's name is part of its entry's allocation, so a key that gets a new name or database is written anew;
//! its value is moved, not copied, unless it is short enough to live inside the entry. The expiry goes with
//! it. The age does not: as in Redis the key counts as new there, and announces itself as such. Events of the
//! commands themselves ("rename_from", "move_to" …) are the commands' to push.
//!
//! Emptying returns what was there instead of dropping it: freeing a large table takes long, and whether that
//! happens here or on a background thread is for the caller to say. WATCH must look at the databases before they
//! are emptied or swapped; keys that blocked clients wait for are looked up here, after it.

use super::{Db, Keyspace};
use crate::base::clock::Millis;

/// How RENAME, MOVE or COPY went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moved {
    Done,
    /// There is no living source key.
    NoSource,
    /// There is a living target key, and it was not to be replaced.
    Exists,
}

/// Source and target of a move; databases may be the same, or the names.
#[derive(Clone, Copy, Debug)]
pub struct Way<'a> {
    pub from_db: usize,
    pub from: &'a [u8],
    pub to_db: usize,
    pub to: &'a [u8],
    /// Whether a living target is overwritten.
    pub replace: bool,
}

impl Keyspace {
    /// Renames a key. Renaming to itself changes nothing: [`Moved::Done`], or [`Moved::Exists`] without
    /// `replace`.
    pub fn rename(&mut self, db: usize, from: &[u8], to: &[u8], replace: bool, now: Millis) -> Moved {
        self.relocate(Way { from_db: db, from, to_db: db, to, replace }, now)
    }

    /// Moves a key to another database under the same name; never overwrites.
    pub fn move_key(&mut self, from_db: usize, to_db: usize, key: &[u8], now: Millis) -> Moved {
        self.relocate(Way { from_db, from: key, to_db, to: key, replace: false }, now)
    }

    fn relocate(&mut self, way: Way<'_>, now: Millis) -> Moved {
        if self.write_lookup(way.from_db, way.from, now).is_none() {
            return Moved::NoSource;
        }
        if way.from_db == way.to_db && way.from == way.to {
            return if way.replace { Moved::Done } else { Moved::Exists };
        }
        if self.write_lookup(way.to_db, way.to, now).is_some() {
            if !way.replace {
                return Moved::Exists;
            }
            self.remove_replaced(way);
        }
        let Some(entry) = self.remove(way.from_db, way.from) else { return Moved::NoSource };
        self.insert(way.to_db, entry.rekey(way.to));
        Moved::Done
    }

    /// Makes room at the target.
    fn remove_replaced(&mut self, way: Way<'_>) {
        if let Some(old) = self.dbs[way.to_db].remove(way.to) {
            self.discard(old, self.lazy.server_del);
        }
    }

    /// Copies a key with its expiry. The source counts as read (hits, misses, age), the target as written.
    pub fn copy(&mut self, way: Way<'_>, now: Millis) -> Moved {
        if self.read(way.from_db, way.from, now).is_none() {
            return Moved::NoSource;
        }
        if self.write_lookup(way.to_db, way.to, now).is_some() {
            if !way.replace {
                return Moved::Exists;
            }
            self.remove_replaced(way);
        }
        let Some(entry) = self.dbs[way.from_db].get(way.from) else { return Moved::NoSource };
        let copy = entry.duplicate(way.to);
        self.insert(way.to_db, copy);
        Moved::Done
    }

    /// Exchanges two databases: keys, expiries, statistics and the place where the expire cycle goes on.
    /// `false`: an index is out of range.
    pub fn swap(&mut self, a: usize, b: usize) -> bool {
        let known = a < self.dbs.len() && b < self.dbs.len();
        if known {
            self.dbs.swap(a, b);
            self.signal_databases(|db| db == a || db == b);
        }
        known
    }

    /// Empties one database, or all with `None`, and returns what they held. Drop it, here or elsewhere; the
    /// number of keys removed is the sum of their lengths.
    pub fn flush(&mut self, db: Option<usize>) -> Vec<Db> {
        let range = match db {
            Some(db) => db..db + 1,
            None => {
                self.own_keys.clear();
                0..self.dbs.len()
            }
        };
        let mut emptied = Vec::new();
        for db in range {
            let fresh = Db::new(self.hash);
            let old = std::mem::replace(&mut self.dbs[db], fresh);
            if !old.is_empty() {
                emptied.push(old);
            }
        }
        self.signal_databases(|changed| db.is_none_or(|db| db == changed));
        emptied
    }

    /// As many empty databases as there are, to be filled beside the serving ones (a replica that loads with
    /// `swapdb`); put them in place with [`Keyspace::replace_all`].
    pub fn empty_dbs(&self) -> Vec<Db> {
        self.dbs.iter().map(|_| Db::new(self.hash)).collect()
    }

    /// Puts another set of databases in place of all, and returns the old ones to be dropped. They must come
    /// from [`Keyspace::empty_dbs`]: the tables share one hash.
    pub fn replace_all(&mut self, dbs: Vec<Db>) -> Vec<Db> {
        self.own_keys.clear();
        let old = std::mem::replace(&mut self.dbs, dbs);
        self.signal_databases(|_| true);
        old
    }
}
