//! One database: the table of its entries and what is known about their expiries.
//!
//! Everything here is raw: no look at the time, no statistics, no events. The rules are in
//! [`Keyspace`](super::Keyspace); loading a snapshot, saving one and computing a digest work here.

use crate::base::clock::Millis;
use crate::base::hash::KeyHash;
use crate::base::rng::Rng;
use crate::ds::table::Table;
use crate::object::Entry;

/// A database. Dropping a large one takes long; hand it to a background thread.
pub struct Db {
    pub(super) table: Table<Entry>,
    /// Running average of the time to live of keys that have one, in ms; 0: not known.
    pub(super) avg_ttl: i64,
    /// Where the active cycle goes on.
    pub(super) expire_cursor: u64,
    /// No key here is due before this moment, as far as known: a sweep may miss keys while the table shrinks.
    pub(super) soonest: Millis,
    /// The same, of the part that the active cycle has walked since its last complete sweep.
    pub(super) sweep_soonest: Millis,
}

impl Db {
    /// An empty database; allocates nothing. All databases of a server share one `hash`.
    pub fn new(hash: KeyHash) -> Db {
        Db {
            table: Table::new(hash),
            avg_ttl: 0,
            expire_cursor: 0,
            soonest: Millis::MAX,
            sweep_soonest: Millis::MAX,
        }
    }

    /// Number of keys, dead ones included.
    #[inline]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Number of keys with an expiry.
    #[inline]
    pub fn expires(&self) -> usize {
        self.table.tagged()
    }

    /// Average time to live of the keys with an expiry, in ms, as the active cycle estimates it; 0: not
    /// known.
    pub fn avg_ttl(&self) -> i64 {
        self.avg_ttl
    }

    /// Bytes of the table itself, entries not counted.
    pub fn table_bytes(&self) -> usize {
        self.table.mem_bytes()
    }

    /// The table, for its statistics.
    pub fn table(&self) -> &Table<Entry> {
        &self.table
    }

    /// The entry of a key, dead or alive.
    #[inline]
    pub fn get(&self, key: &[u8]) -> Option<&Entry> {
        self.table.get(key)
    }

    /// Puts an entry in as it is and returns the one that had its key.
    pub fn insert(&mut self, entry: Entry) -> Option<Entry> {
        if let Some(when) = entry.expire() {
            self.note_expire(when);
        }
        self.table.insert(entry)
    }

    /// Takes an entry out.
    pub fn remove(&mut self, key: &[u8]) -> Option<Entry> {
        self.table.remove(key)
    }

    /// Gives a key an expiry, or takes it away. `false`: there is no such key.
    pub fn set_expire(&mut self, key: &[u8], expire: Option<Millis>) -> bool {
        if let Some(when) = expire {
            self.note_expire(when);
        }
        self.table.update(key, |entry| entry.set_expire(expire)).is_some()
    }

    /// All entries, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.table.iter()
    }

    /// Some entry, each as likely as any other; only of those with an expiry if `volatile`.
    pub(super) fn random(&self, volatile: bool, rng: &mut Rng) -> Option<&Entry> {
        if volatile { self.table.random_tagged(rng) } else { self.table.random(rng) }
    }

    /// Adds a few random entries to `out`; only such with an expiry if `volatile`.
    pub(super) fn sample<'a>(&'a self, volatile: bool, rng: &mut Rng, n: usize, out: &mut Vec<&'a Entry>) {
        if volatile {
            self.table.sample_tagged(rng, n, out);
        } else {
            self.table.sample(rng, n, out);
        }
    }

    /// Lowers the bounds of the next expiry.
    #[inline]
    pub(super) fn note_expire(&mut self, when: Millis) {
        self.soonest = self.soonest.min(when);
        self.sweep_soonest = self.sweep_soonest.min(when);
    }
}
