//! Which key goes when memory is full: the eight `maxmemory-policy` values over one pool of candidates.
//!
//! As in Redis 7.2.4, no policy but the random ones keeps an order of all keys. Each time a key must go, a
//! few keys (`maxmemory-samples`) of every database are drawn and the best of them join a pool of 16, sorted
//! by score; the best one in the pool that still exists goes. The pool survives from one eviction to the
//! next, so its head is much better than one draw would be. The score is the idle time, or 255 less the
//! access frequency, or how soon the key expires.
//!
//! This file picks and removes; how much memory must go, for how long, and whether evicting is allowed at all
//! belongs to the floors above, which know the replicas' buffers and the configuration.

use super::Keyspace;
use super::touched::Class;
use crate::base::clock::Millis;
use crate::base::rng::Rng;
use crate::object::entry::Entry;

/// Candidates kept between evictions.
const POOL: usize = 16;

/// The values of `maxmemory-policy`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Policy {
    VolatileLru,
    VolatileLfu,
    VolatileRandom,
    VolatileTtl,
    AllKeysLru,
    AllKeysLfu,
    AllKeysRandom,
    #[default]
    NoEviction,
}

impl Policy {
    /// Every policy with the name `CONFIG` knows it by, in Redis' order.
    pub const ALL: [(&'static str, Policy); 8] = [
        ("volatile-lru", Policy::VolatileLru),
        ("volatile-lfu", Policy::VolatileLfu),
        ("volatile-random", Policy::VolatileRandom),
        ("volatile-ttl", Policy::VolatileTtl),
        ("allkeys-lru", Policy::AllKeysLru),
        ("allkeys-lfu", Policy::AllKeysLfu),
        ("allkeys-random", Policy::AllKeysRandom),
        ("noeviction", Policy::NoEviction),
    ];

    /// The policy of this name, in any case.
    pub fn parse(name: &[u8]) -> Option<Policy> {
        let found = Policy::ALL.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name));
        found.map(|(_, policy)| *policy)
    }

    pub fn name(self) -> &'static str {
        Policy::ALL[self as usize].0
    }

    /// Entries hold an LFU counter rather than a time; set [`super::LfuParams::enabled`] to this.
    pub fn is_lfu(self) -> bool {
        matches!(self, Policy::VolatileLfu | Policy::AllKeysLfu)
    }

    /// Idle times matter.
    pub fn is_lru(self) -> bool {
        matches!(self, Policy::VolatileLru | Policy::AllKeysLru)
    }

    /// Only keys with an expiry may go.
    pub fn is_volatile(self) -> bool {
        matches!(
            self,
            Policy::VolatileLru | Policy::VolatileLfu | Policy::VolatileRandom | Policy::VolatileTtl
        )
    }

    fn is_random(self) -> bool {
        matches!(self, Policy::VolatileRandom | Policy::AllKeysRandom)
    }
}

#[derive(Debug)]
struct Candidate {
    /// The higher, the sooner it goes.
    score: u64,
    db: usize,
    key: Vec<u8>,
}

/// The pool and the turn of the databases. See the head of the file.
#[derive(Default, Debug)]
pub struct Evictor {
    /// At most [`POOL`], ascending.
    pool: Vec<Candidate>,
    /// Database where the random policies took the last key.
    last_db: usize,
}

impl Evictor {
    /// The key that should go next, or `None` when none may. The key exists (and expires, for the volatile
    /// policies); remove it, then call [`Keyspace::note_evicted`]. `samples` is `maxmemory-samples`.
    pub fn pick(
        &mut self,
        keys: &mut Keyspace,
        policy: Policy,
        samples: usize,
        rng: &mut Rng,
        now: Millis,
    ) -> Option<(usize, Box<[u8]>)> {
        keys.tick(now);
        match policy {
            Policy::NoEviction => None,
            _ if policy.is_random() => self.pick_random(keys, policy.is_volatile(), rng),
            _ => self.pick_best(keys, policy, samples.max(1), rng),
        }
    }

    fn pick_random(&mut self, keys: &Keyspace, volatile: bool, rng: &mut Rng) -> Option<(usize, Box<[u8]>)> {
        for _ in 0..keys.dbs.len() {
            self.last_db = (self.last_db + 1) % keys.dbs.len();
            if let Some(entry) = keys.dbs[self.last_db].random(volatile, rng) {
                return Some((self.last_db, entry.key().into()));
            }
        }
        None
    }

    fn pick_best(
        &mut self,
        keys: &Keyspace,
        policy: Policy,
        samples: usize,
        rng: &mut Rng,
    ) -> Option<(usize, Box<[u8]>)> {
        let volatile = policy.is_volatile();
        let mut drawn = Vec::new();
        loop {
            let mut found = false;
            for (at, db) in keys.dbs.iter().enumerate() {
                drawn.clear();
                db.sample(volatile, rng, samples, &mut drawn);
                found |= !drawn.is_empty();
                for entry in &drawn {
                    self.offer(score(keys, policy, entry), at, entry.key());
                }
            }
            if !found {
                // Nothing may go; what the pool still holds is gone or no longer expires.
                self.pool.clear();
                return None;
            }
            while let Some(best) = self.pool.pop() {
                let Some(db) = keys.dbs.get(best.db) else { continue };
                let Some(entry) = db.get(&best.key) else { continue };
                if !volatile || entry.expire().is_some() {
                    return Some((best.db, best.key.into_boxed_slice()));
                }
            }
        }
    }

    /// Puts a candidate at its place; in a full pool the worst makes room, unless the newcomer is no better.
    fn offer(&mut self, score: u64, db: usize, key: &[u8]) {
        let mut at = self.pool.partition_point(|held| held.score < score);
        let mut room = Vec::new();
        if self.pool.len() >= POOL {
            if at == 0 {
                return;
            }
            // The one that leaves lends its storage.
            room = self.pool.remove(0).key;
            at -= 1;
        }
        room.clear();
        room.extend_from_slice(key);
        self.pool.insert(at, Candidate { score, db, key: room });
    }

    /// Forgets all candidates: call when the policy changes, since scores of two policies do not compare.
    pub fn reset(&mut self) {
        self.pool.clear();
    }
}

fn score(keys: &Keyspace, policy: Policy, entry: &Entry) -> u64 {
    if policy.is_lru() {
        keys.aging.idle_ms(entry.lru())
    } else if policy.is_lfu() {
        255 - u64::from(keys.aging.freq(entry.lru()))
    } else {
        u64::MAX - entry.expire().unwrap_or(Millis::MAX).max(0) as u64
    }
}

impl Keyspace {
    /// Counts and announces a key that was removed for the sake of memory. The caller propagates the deletion.
    pub fn note_evicted(&mut self, db: usize, key: &[u8]) {
        self.stats.evicted_keys += 1;
        self.touched.push(db, key, Class::EVICTED, "evicted");
    }
}
