//! Walking a database: SCAN, KEYS, RANDOMKEY.
//!
//! SCAN's cursor is the table's reverse-binary one, with Redis' guarantees: a key that is there from the
//! first call to the last is reported at least once, whatever the table does meanwhile. The bounds of one
//! call are those of Redis 7.2.4 as well: it ends after `count` keys were met (matching or not) or ten times
//! as many buckets. A bucket holds several keys, so a call may report a few more than `count`.

use super::{ExpireMode, Keyspace};
use crate::base::clock::Millis;
use crate::base::rng::Rng;
use crate::object::entry::Entry;

/// Draws before RANDOMKEY answers with a dead key on a server that may not remove it.
const RANDOM_TRIES: usize = 100;
/// Draws before RANDOMKEY looks for a living key by walking, where living ones are rare and dead ones stay.
const RANDOM_DRAWS: usize = 10_000;

/// What one step of SCAN came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scanned {
    /// Where to go on; 0: the walk is complete.
    pub cursor: u64,
    /// Wanted keys that turned out to be dead.
    pub dead: usize,
}

impl Keyspace {
    /// One step of SCAN from `cursor` (0 starts). `want` filters by name; of the wanted keys the living go to
    /// `emit`, the dead are treated as by a lookup: removed and queued where this server decides about
    /// expiry, passed over otherwise. Neither hits nor misses are counted (SCAN with TYPE does, from what it
    /// was given).
    pub fn scan(
        &mut self,
        db: usize,
        cursor: u64,
        count: usize,
        now: Millis,
        want: &mut dyn FnMut(&[u8]) -> bool,
        emit: &mut dyn FnMut(&Entry),
    ) -> Scanned {
        let (mode, table) = (self.mode, &self.dbs[db].table);
        let (mut cursor, mut met, mut dead_count) = (cursor, 0usize, 0);
        let mut steps_left = count.saturating_mul(10);
        let mut dead: Vec<Box<[u8]>> = Vec::new();
        loop {
            cursor = table.scan(cursor, &mut |entry| {
                met += 1;
                if !want(entry.key()) {
                    return;
                }
                if mode == ExpireMode::Ignore || entry.expire().is_none_or(|when| now <= when) {
                    emit(entry);
                    return;
                }
                dead_count += 1;
                if mode == ExpireMode::Delete {
                    dead.push(entry.key().into());
                }
            });
            if cursor == 0 || steps_left == 0 || met >= count {
                break;
            }
            steps_left -= 1;
        }
        for key in dead {
            self.drop_expired(db, key);
        }
        Scanned { cursor, dead: dead_count }
    }

    /// Shows every living key of a database, in no order, removing none (KEYS).
    pub fn keys(&self, db: usize, now: Millis, f: &mut dyn FnMut(&Entry)) {
        self.dbs[db].iter().filter(|entry| !self.is_dead(entry, now)).for_each(f);
    }

    /// A living key, each as likely as any other; dead ones met on the way are removed where this server
    /// decides about expiry. Where it does not and every key expires, a dead one is returned after 100 draws:
    /// all may be dead, and only the master can say so.
    pub fn random_key(&mut self, db: usize, rng: &mut Rng, now: Millis) -> Option<Box<[u8]>> {
        let all_expire = self.dbs[db].len() == self.dbs[db].expires();
        for draw in 1..=RANDOM_DRAWS {
            let entry = self.dbs[db].random(false, rng)?;
            let key: Box<[u8]> = entry.key().into();
            if !self.is_dead(entry, now) {
                return Some(key);
            }
            if self.mode == ExpireMode::Delete {
                self.drop_expired(db, key);
            } else if all_expire && draw >= RANDOM_TRIES {
                return Some(key);
            }
        }
        // Redis would go on drawing; the answer is as good and comes in bounded time.
        let living = self.dbs[db].iter().find(|entry| !self.is_dead(entry, now));
        living.map(|entry| entry.key().into())
    }
}
