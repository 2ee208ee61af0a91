//! Floor 3: databases, expiry, eviction, SCAN. Knows no client.
//!
//! [`Keyspace`] holds the databases and applies the rules of Redis 7.2.4's `db.c` to every access: a dead key
//! (one whose time has come) is not seen, hits and misses are counted, the age of a key that is used is
//! renewed, and what happened is announced in [`Touched`]. What differs between a master, a replica and a
//! server that loads is one field, [`Keyspace::mode`], set by those who know the role; no method asks for a
//! role.
//!
//! | file | holds |
//! |---|---|
//! | `db.rs` | one database, raw |
//! | `moves.rs` | RENAME, MOVE, COPY, SWAPDB, FLUSHALL |
//! | `scan.rs` | SCAN, KEYS, RANDOMKEY |
//! | `strings.rs` | INCR, APPEND: strings changed in place |
//! | `expire.rs` | the active expire cycle |
//! | `aging.rs`, `evict.rs` | LRU and LFU; who goes when memory is full |
//! | `awaited.rs` | keys that blocked clients wait for |
//! | `touched.rs` | the queue of touched keys and key events |
//!
//! # Cost
//! A read is one hash and one search of the table, a store likewise; neither allocates but for the entry
//! itself, and a value of like size replaces the old one in place. Where keys expire, a read looks into its
//! bucket twice, first to judge, then to take (the second time in the nearest cache). Callers that prefetched
//! pass the hash along (`read_hashed`, `set_string_hashed`).
//!
//! # Deleting dead keys
//! A key found dead by this server's own decision is removed, counted, announced as "expired" and queued in
//! [`Keyspace::expired`]; the floor above propagates the deletions in that order.
//!
//! # Freeing
//! What a key held is dropped on the spot, unless it is many allocations and the option for the case at hand
//! ([`Lazy`]) wants a background thread to do it: then it waits in [`Keyspace::waste`] for the floor above, which
//! has such a thread. A string is never worth that.

mod aging;
pub mod awaited;
mod db;
mod evict;
mod expire;
mod moves;
mod scan;
mod strings;
#[cfg(test)]
mod tests;
pub mod touched;

use std::ops::BitOr;

pub use aging::{Aging, LFU_INIT, LRU_CLOCK_MAX, LRU_CLOCK_RESOLUTION, LfuParams};
pub use awaited::Awaited;
pub use db::Db;
pub use evict::{Evictor, Policy};
pub use expire::{ActiveExpire, Cycle, OwnKeys};
pub use moves::{Moved, Way};
pub use scan::Scanned;
pub use strings::{EditString, NotAdded};
pub use touched::{Class, Touched};

use crate::base::clock::Millis;
use crate::base::hash::KeyHash;
use crate::base::rng::Rng;
use crate::ds::table;
use crate::object::{Entry, NewValue, Value};

/// What is done about dead keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ExpireMode {
    /// A master: they are removed on access, and queued in [`Keyspace::expired`].
    #[default]
    Delete,
    /// A replica serving its clients, or a paused server: they are reported missing and stay.
    Hide,
    /// Commands from our master, loading, import: expiry is not looked at.
    Ignore,
}

/// More allocations than this are worth a background thread: LAZYFREE_THRESHOLD of Redis.
pub const LAZY_EFFORT: usize = 64;

/// Who frees big values: the `lazyfree-lazy-*` options that concern the keyspace itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lazy {
    /// `lazyfree-lazy-expire`: of keys that expire.
    pub expire: bool,
    /// `lazyfree-lazy-server-del`: of keys that are written over.
    pub server_del: bool,
}

/// What a store does about the key's expiry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetExpire {
    /// None from now on.
    Clear,
    /// As it was (KEEPTTL); a new key has none.
    Keep,
    /// Unix milliseconds.
    At(Millis),
}

/// How a key is looked up; flags as in Redis (`LOOKUP_*`), to be combined with `|`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Look(u8);

impl Look {
    pub const NONE: Look = Look(0);
    /// Leave the age alone.
    pub const NO_TOUCH: Look = Look(1);
    /// No "keymiss" event.
    pub const NO_NOTIFY: Look = Look(2);
    /// Neither hit nor miss.
    pub const NO_STATS: Look = Look(4);
    /// For a write: neither event nor statistics; on a writable replica dead keys are removed.
    pub const WRITE: Look = Look(8);
    /// A dead key is missing but stays, whoever decides about expiry.
    pub const NO_EXPIRE: Look = Look(16);

    #[inline]
    const fn has_any(self, flags: Look) -> bool {
        self.0 & flags.0 != 0
    }
}

impl BitOr for Look {
    type Output = Look;
    fn bitor(self, other: Look) -> Look {
        Look(self.0 | other.0)
    }
}

/// Counters of INFO `stats` that belong to the keyspace.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct KeyStats {
    /// `keyspace_hits`
    pub hits: u64,
    /// `keyspace_misses`
    pub misses: u64,
    /// `expired_keys`
    pub expired_keys: u64,
    /// `evicted_keys`
    pub evicted_keys: u64,
    /// `expired_stale_perc` as a fraction of 1: estimated share of dead keys among those with an expiry.
    pub expired_stale: f64,
    /// `expired_time_cap_reached_count`
    pub expired_time_cap_reached: u64,
    /// `expire_cycle_cpu_milliseconds` in microseconds.
    pub expire_cycle_time_us: u64,
}

/// What a search found, expiry considered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Absent,
    Alive,
    Dead,
}

/// All databases and the rules of access to them. Database numbers are indices of `dbs` and must be in range.
pub struct Keyspace {
    pub dbs: Vec<Db>,
    /// What is done about dead keys; set for the command at hand.
    pub mode: ExpireMode,
    /// A replica with `replica-read-only no`: in [`ExpireMode::Hide`] a lookup for writing removes dead keys,
    /// and keys that get an expiry are remembered in [`Keyspace::own_keys`]. Unset while expiry is paused.
    pub writable: bool,
    /// The running command's client asked not to renew ages (CLIENT NO-TOUCH; TOUCH itself does anyway).
    pub no_touch: bool,
    /// A child shares the pages: ages are not renewed, to spare copies.
    pub freeze_lru: bool,
    /// LRU and LFU clocks and options.
    pub aging: Aging,
    pub stats: KeyStats,
    /// Keys removed because they were dead, oldest first: to be propagated, then cleared, by the floor above.
    pub expired: Vec<(usize, Box<[u8]>)>,
    pub touched: Touched,
    /// Keys that blocked clients wait for: signalled by whatever makes them or takes them away.
    pub awaited: Awaited,
    pub lazy: Lazy,
    /// Big values that are to be freed in the background, by the floor above, before it sleeps.
    pub waste: Vec<Entry>,
    /// Writable replica: keys whose expiry the master knows nothing of.
    pub own_keys: OwnKeys,
    active: ActiveExpire,
    hash: KeyHash,
    known_hash: ((usize, usize), u64),
    chance: Rng,
}

/// No slice lies at address 0.
const NO_HASH: ((usize, usize), u64) = ((0, 0), 0);

impl Keyspace {
    /// The keyed hash of all its tables; tables of members take it, too.
    #[inline]
    pub fn key_hash(&self) -> KeyHash {
        self.hash
    }

    /// `databases` empty databases under one keyed hash. `chance` decides what must not be predictable only
    /// to itself (the LFU counter's growth).
    pub fn new(databases: usize, hash: KeyHash, chance: Rng) -> Keyspace {
        table::allow_resize(true);
        Keyspace {
            dbs: (0..databases).map(|_| Db::new(hash)).collect(),
            mode: ExpireMode::Delete,
            writable: false,
            no_touch: false,
            freeze_lru: false,
            aging: Aging::default(),
            stats: KeyStats::default(),
            expired: Vec::new(),
            touched: Touched::default(),
            awaited: Awaited::default(),
            lazy: Lazy::default(),
            waste: Vec::new(),
            own_keys: OwnKeys::default(),
            active: ActiveExpire::default(),
            hash,
            known_hash: NO_HASH,
            chance,
        }
    }

    /// Sets the clocks of aging; call once a loop.
    pub fn tick(&mut self, now: Millis) {
        self.aging.tick(now);
    }

    /// The hash that the `_hashed` methods want.
    #[inline]
    pub fn hash(&self, key: &[u8]) -> u64 {
        if (key.as_ptr().addr(), key.len()) == self.known_hash.0 {
            return self.known_hash.1;
        }
        self.hash.hash(key)
    }

    /// Remembers the hash of the very slice a command is about to be run with (it was computed to prefetch), or
    /// forgets the last one. The slice is told by its place in memory: call it anew before that memory changes.
    #[inline]
    pub fn remember_hash(&mut self, known: Option<(&[u8], u64)>) {
        self.known_hash = known.map_or(NO_HASH, |(key, hash)| ((key.as_ptr().addr(), key.len()), hash));
    }

    /// The hash of a key, always computed.
    #[inline]
    pub fn compute_hash(&self, key: &[u8]) -> u64 {
        self.hash.hash(key)
    }

    /// Asks for the memory that a lookup of this hash will read first.
    #[inline]
    pub fn prefetch(&self, db: usize, hash: u64) {
        self.dbs[db].table.prefetch_bucket(hash);
    }

    /// Asks for the entry itself; some time after [`Keyspace::prefetch`].
    #[inline]
    pub fn prefetch_entry(&self, db: usize, hash: u64) {
        self.dbs[db].table.prefetch_entry(hash);
    }

    /// Whether an entry counts as expired in the present mode.
    #[inline]
    fn is_dead(&self, entry: &Entry, now: Millis) -> bool {
        self.mode != ExpireMode::Ignore && entry.expire().is_some_and(|when| now > when)
    }

    /// Finds the key and judges it; removes nothing.
    #[inline]
    fn judge(&self, hash: u64, db: usize, key: &[u8], now: Millis) -> Found {
        match self.dbs[db].table.get_hashed(hash, key) {
            None => Found::Absent,
            Some(entry) if self.is_dead(entry, now) => Found::Dead,
            Some(_) => Found::Alive,
        }
    }

    /// Whether a dead key found by this kind of lookup is removed.
    #[inline]
    fn removes(&self, how: Look) -> bool {
        let decides = match self.mode {
            ExpireMode::Delete => true,
            ExpireMode::Hide => self.writable && how.has_any(Look::WRITE),
            ExpireMode::Ignore => false,
        };
        decides && !how.has_any(Look::NO_EXPIRE)
    }

    /// Treats a dead key as this kind of lookup does.
    #[cold]
    fn meet_dead(&mut self, hash: u64, db: usize, key: &[u8], how: Look) {
        if self.removes(how)
            && let Some(dead) = self.dbs[db].table.remove_hashed(hash, key)
        {
            self.discard(dead, self.lazy.expire);
            self.note_expired(db, key.into());
        }
    }

    /// Looks a key up under all the rules; see [`Look`].
    #[inline]
    pub fn lookup(&mut self, db: usize, key: &[u8], how: Look, now: Millis) -> Option<&Entry> {
        self.lookup_hashed(self.hash(key), db, key, how, now).map(|entry| &*entry)
    }

    /// The one lookup. Whoever gets the entry changes neither its key nor whether it expires.
    #[inline]
    fn lookup_hashed(
        &mut self,
        hash: u64,
        db: usize,
        key: &[u8],
        how: Look,
        now: Millis,
    ) -> Option<&mut Entry> {
        // Only where keys expire: the borrow checker lets the entry out of one search or the other, not both.
        if self.dbs[db].expires() != 0 && self.mode != ExpireMode::Ignore {
            match self.judge(hash, db, key, now) {
                Found::Alive => {}
                Found::Absent => {
                    self.miss(db, key, how);
                    return None;
                }
                Found::Dead => {
                    self.meet_dead(hash, db, key, how);
                    self.miss(db, key, how);
                    return None;
                }
            }
        }
        let Some(entry) = self.dbs[db].table.get_mut_hashed(hash, key) else {
            Self::count_miss(&mut self.stats, &mut self.touched, db, key, how);
            return None;
        };
        if !(self.no_touch | self.freeze_lru | how.has_any(Look::NO_TOUCH)) {
            let old = entry.lru();
            let used = self.aging.used(old, &mut self.chance);
            if used != old {
                entry.set_lru(used);
            }
        }
        self.stats.hits += u64::from(!how.has_any(Look::NO_STATS | Look::WRITE));
        Some(entry)
    }

    fn miss(&mut self, db: usize, key: &[u8], how: Look) {
        Self::count_miss(&mut self.stats, &mut self.touched, db, key, how);
    }

    #[inline]
    fn count_miss(stats: &mut KeyStats, touched: &mut Touched, db: usize, key: &[u8], how: Look) {
        if !how.has_any(Look::NO_NOTIFY | Look::WRITE) {
            touched.event(db, key, Class::KEY_MISS, "keymiss");
        }
        stats.misses += u64::from(!how.has_any(Look::NO_STATS | Look::WRITE));
    }

    /// Looks a key up to read it: counts, renews the age, announces a miss.
    #[inline]
    pub fn read(&mut self, db: usize, key: &[u8], now: Millis) -> Option<&Entry> {
        self.lookup(db, key, Look::NONE, now)
    }

    /// [`Keyspace::read`] with a known hash.
    #[inline]
    pub fn read_hashed(&mut self, hash: u64, db: usize, key: &[u8], now: Millis) -> Option<&Entry> {
        self.lookup_hashed(hash, db, key, Look::NONE, now).map(|entry| &*entry)
    }

    /// Looks at a key without counting it or renewing its age (OBJECT, DEBUG); a dead one is removed like
    /// ever.
    pub fn peek(&mut self, db: usize, key: &[u8], now: Millis) -> Option<&Entry> {
        self.lookup(db, key, Look::NO_TOUCH | Look::NO_STATS | Look::NO_NOTIFY, now)
    }

    /// Looks at a key and changes nothing at all.
    pub fn glance(&self, db: usize, key: &[u8], now: Millis) -> Option<&Entry> {
        self.dbs[db].get(key).filter(|entry| !self.is_dead(entry, now))
    }

    /// Whether a key exists, as EXISTS asks: counted, but not used.
    pub fn exists(&mut self, db: usize, key: &[u8], now: Millis) -> bool {
        self.lookup(db, key, Look::NO_TOUCH, now).is_some()
    }

    /// Looks a key up to write it: neither hit nor miss; renews the age.
    #[inline]
    pub fn write_lookup(&mut self, db: usize, key: &[u8], now: Millis) -> Option<&Entry> {
        self.lookup(db, key, Look::WRITE, now)
    }

    /// A string's bytes, to be changed in place; its encoding is `raw` from here on. `None`: no key, or no
    /// string. Grow it through [`crate::object::entry::room_for`].
    pub fn edit_raw(&mut self, db: usize, key: &[u8], now: Millis) -> Option<&mut Vec<u8>> {
        self.lookup_hashed(self.hash(key), db, key, Look::WRITE, now)?.raw_mut()
    }

    /// A collection, to be changed in place. `None`: no key, or a string.
    pub fn edit_value(&mut self, db: usize, key: &[u8], now: Millis) -> Option<&mut Value> {
        self.lookup_hashed(self.hash(key), db, key, Look::WRITE, now)?.value_mut()
    }

    /// An entry whose value is to be changed in place, whatever it holds.
    pub fn edit_entry(&mut self, db: usize, key: &[u8], now: Millis) -> Option<&mut Entry> {
        self.lookup_hashed(self.hash(key), db, key, Look::WRITE, now)
    }

    /// Stores a string, as a number where it reads as one. `true`: a living key was overwritten.
    #[inline]
    pub fn set_string(&mut self, db: usize, key: &[u8], text: &[u8], expire: SetExpire, now: Millis) -> bool {
        self.set_string_hashed(self.hash(key), db, key, text, expire, now)
    }

    /// [`Keyspace::set_string`] with a known hash.
    #[inline]
    pub fn set_string_hashed(
        &mut self,
        hash: u64,
        db: usize,
        key: &[u8],
        text: &[u8],
        expire: SetExpire,
        now: Millis,
    ) -> bool {
        let assign = |entry: &mut Entry, when| entry.assign_string(text, when);
        let make = |when| Entry::string(key, text, when);
        self.store(hash, (db, key), expire, now, assign, make)
    }

    /// Stores a number. `true`: a living key was overwritten.
    pub fn set_int(&mut self, db: usize, key: &[u8], number: i64, expire: SetExpire, now: Millis) -> bool {
        let assign = |entry: &mut Entry, when| entry.assign(NewValue::Int(number), when);
        let make = |when| Entry::new(key, NewValue::Int(number), when);
        self.store(self.hash(key), (db, key), expire, now, assign, make)
    }

    /// Writes into the entry of `key` or makes one, with a single search.
    #[inline]
    fn store(
        &mut self,
        hash: u64,
        (db, key): (usize, &[u8]),
        expire: SetExpire,
        now: Millis,
        assign: impl FnOnce(&mut Entry, Option<Millis>),
        make: impl FnOnce(Option<Millis>) -> Entry,
    ) -> bool {
        let mut when = match expire {
            SetExpire::At(when) => Some(when),
            SetExpire::Clear | SetExpire::Keep => None,
        };
        let mut found = Found::Absent;
        let mut replaced = None;
        let table = &mut self.dbs[db].table;
        if let Some(mut slot) = table.slot_hashed(hash, key) {
            let old = slot.expire();
            let dead = self.mode != ExpireMode::Ignore && old.is_some_and(|old| now > old);
            found = if dead { Found::Dead } else { Found::Alive };
            if expire == SetExpire::Keep && !dead {
                when = old;
            }
            if slot.is_string() {
                assign(&mut slot, when);
            } else {
                let mut fresh = make(when);
                fresh.set_lru(slot.lru());
                replaced = Some(std::mem::replace(&mut *slot, fresh));
            }
            if dead {
                slot.set_lru(self.aging.fresh());
            } else if !(self.no_touch | self.freeze_lru) {
                let used = self.aging.used(slot.lru(), &mut self.chance);
                slot.set_lru(used);
            }
        } else {
            let mut entry = make(when);
            entry.set_lru(self.aging.fresh());
            table.insert_unique(hash, entry);
        }
        if let Some(old) = replaced {
            self.discard(old, if found == Found::Dead { self.lazy.expire } else { self.lazy.server_del });
        }
        if let Some(when) = when {
            self.note_expire(db, key, when);
        }
        if found == Found::Dead && self.removes(Look::WRITE) {
            self.note_expired(db, key.into());
        }
        if found != Found::Alive {
            self.touched.event(db, key, Class::NEW, "new");
        }
        // Nobody waits for a string, but somebody may for the end of what was there.
        self.awaited.gone(db, key);
        found == Found::Alive
    }

    /// Puts an entry in and returns the one that had its key, dead or alive. A key that was not there starts
    /// a new age and is announced as new; one that was keeps its age.
    pub fn insert(&mut self, db: usize, mut entry: Entry) -> Option<Entry> {
        let hash = self.hash(entry.key());
        self.awaited.signal(db, entry.key());
        if let Some(when) = entry.expire() {
            self.note_expire(db, entry.key(), when);
        }
        let table = &mut self.dbs[db].table;
        if let Some(mut slot) = table.slot_hashed(hash, entry.key()) {
            entry.set_lru(slot.lru());
            return Some(std::mem::replace(&mut *slot, entry));
        }
        entry.set_lru(self.aging.fresh());
        self.touched.event(db, entry.key(), Class::NEW, "new");
        table.insert_unique(hash, entry);
        None
    }

    /// Sets the 24 age bits of a key (RESTORE with IDLETIME or FREQ). `false`: no such key.
    pub fn set_age(&mut self, db: usize, key: &[u8], lru: u32) -> bool {
        let entry = self.dbs[db].table.get_mut(key);
        entry.map(|entry| entry.set_lru(lru)).is_some()
    }

    /// Takes an entry out, dead or alive, without a word.
    pub fn remove(&mut self, db: usize, key: &[u8]) -> Option<Entry> {
        self.awaited.gone(db, key);
        self.dbs[db].remove(key)
    }

    /// Takes an entry out as DEL does: a dead key on a server that decides about expiry goes as expired and
    /// is not returned; anywhere else it is deleted like a living one.
    pub fn delete(&mut self, db: usize, key: &[u8], now: Millis) -> Option<Entry> {
        let hash = self.hash(key);
        let gone = self.dbs[db].table.remove_hashed(hash, key)?;
        self.awaited.gone(db, key);
        if self.mode == ExpireMode::Delete && gone.expire().is_some_and(|when| now > when) {
            self.discard(gone, self.lazy.expire);
            self.note_expired(db, key.into());
            return None;
        }
        Some(gone)
    }

    /// Frees what a key held: here, or in the background when it is big and `lazy` allows that.
    pub fn discard(&mut self, gone: Entry, lazy: bool) {
        if lazy && gone.free_effort() > LAZY_EFFORT {
            self.waste.push(gone);
        }
    }

    /// Gives a key an expiry, or takes it away; the key is taken as it is, dead or alive. `false`: no such
    /// key.
    pub fn set_expire(&mut self, db: usize, key: &[u8], expire: Option<Millis>) -> bool {
        let found = self.dbs[db].set_expire(key, expire);
        if found && expire.is_some() {
            self.remember_own(db, key);
        }
        found
    }

    /// The expiry of a key, dead or alive, in Unix milliseconds.
    pub fn get_expire(&self, db: usize, key: &[u8]) -> Option<Millis> {
        self.dbs[db].get(key)?.expire()
    }

    #[inline]
    fn note_expire(&mut self, db: usize, key: &[u8], when: Millis) {
        self.dbs[db].note_expire(when);
        self.remember_own(db, key);
    }

    #[inline]
    fn remember_own(&mut self, db: usize, key: &[u8]) {
        if self.writable && self.mode == ExpireMode::Hide {
            self.own_keys.remember(db, key);
        }
    }

    /// Number of keys of a database, dead ones included (DBSIZE).
    pub fn len(&self, db: usize) -> usize {
        self.dbs[db].len()
    }

    /// Whether no database holds a key.
    pub fn is_empty(&self) -> bool {
        self.dbs.iter().all(Db::is_empty)
    }

    /// Number of keys of a database that have an expiry.
    pub fn expires(&self, db: usize) -> usize {
        self.dbs[db].expires()
    }

    /// See [`Db::avg_ttl`].
    pub fn avg_ttl(&self, db: usize) -> i64 {
        self.dbs[db].avg_ttl()
    }

    /// Goes on resizing tables as long as `go_on` says so (cron, `activerehashing`). `true`: more is left to
    /// do.
    pub fn rehash_for(&mut self, go_on: &mut dyn FnMut() -> bool) -> bool {
        self.dbs.iter_mut().any(|db| db.table.rehash_for(&mut *go_on))
    }
}
