//! The active expire cycle: dead keys that nobody asks for are found by sampling and removed.
//!
//! The rules are Redis 7.2.4's (`active-expire-effort`, slow and fast cycle, 16 databases a call, the resume
//! point of each database, the estimate behind INFO `expired_stale_perc`), so that an operator's expectations
//! of CPU use and of how long a dead key lingers hold. Slow cycles run from the cron `hz` times a second and
//! may take 25% of the period (27%, 29% … with more effort); fast cycles run before the loop sleeps, take 1
//! ms (+ 0.25 ms each effort) and only follow a cycle that ran out of time. Redis also means to start them
//! when stale keys abound, but compares a fraction with a percentage and never does; kept as it acts.
//!
//! No clock is read here: the moment for judging keys and a function that tells microseconds are arguments,
//! so a test decides how time passes.
//!
//! # Where it differs from Redis
//! Redis keeps a second hash table of the keys that expire. Here the main table's buckets carry a tag bit for
//! each such key, and a scan skips the others a bucket at a time. That costs nothing per key, but where only
//! one key in thousands expires a sample may find none. Redis repeats until it finds one; doing so here could
//! burn a quarter of the CPU for nothing. So each database knows a lower bound of its next expiry (made anew
//! by each full sweep): while nothing can be due an empty sample ends the database's turn, and when something
//! may be due at most [`EMPTY_ROUNDS`] empty samples in a row are tried, about half a millisecond.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::touched::Class;
use super::{Db, ExpireMode, Keyspace};
use crate::base::clock::{Micros, Millis};

/// Databases looked at in one cycle, unless the last one ran out of time.
const DBS_PER_CALL: usize = 16;
/// Empty samples in a row after which a database's turn ends although something may be due.
const EMPTY_ROUNDS: u32 = 16;

/// Which of the two cycles to run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cycle {
    /// From the cron.
    Slow,
    /// Before the loop sleeps.
    Fast,
}

/// Parameters that follow from `active-expire-effort` (1 to 10; others are taken as the nearest).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Effort {
    keys_per_round: usize,
    fast_us: Micros,
    slow_percent: i64,
    /// Percentage of dead keys in a sample that is good enough to move on.
    acceptable_stale: u64,
}

impl Effort {
    fn new(effort: u32) -> Effort {
        let extra = effort.clamp(1, 10) - 1;
        Effort {
            keys_per_round: 20 + 5 * extra as usize,
            fast_us: 1000 + 250 * i64::from(extra),
            slow_percent: 25 + 2 * i64::from(extra),
            acceptable_stale: u64::from(10 - extra),
        }
    }

    /// Microseconds a cycle may take.
    fn limit(&self, cycle: Cycle, hz: u32) -> Micros {
        match cycle {
            Cycle::Fast => self.fast_us,
            Cycle::Slow => (self.slow_percent * 1_000_000 / i64::from(hz.max(1)) / 100).max(1),
        }
    }
}

/// What the cycle remembers between calls.
#[derive(Default, Debug)]
pub struct ActiveExpire {
    next_db: usize,
    /// The last cycle ran out of time.
    capped: bool,
    last_fast: Option<Micros>,
}

/// One cycle under way.
struct Run<'a> {
    effort: Effort,
    now: Millis,
    limit: Micros,
    started: Micros,
    time: &'a mut dyn FnMut() -> Micros,
    rounds: u32,
    sampled: u64,
    expired: u64,
    capped: bool,
}

impl Run<'_> {
    /// Counts a round; every 16th looks at the time. `true`: out of time.
    fn out_of_time(&mut self) -> bool {
        self.rounds += 1;
        self.capped = self.rounds & 0xf == 0 && (self.time)() - self.started > self.limit;
        self.capped
    }
}

impl Keyspace {
    /// Runs one cycle and returns how many keys it removed; they are queued in [`Keyspace::expired`] and
    /// announced like keys found dead by a lookup. `effort` is `active-expire-effort`, `hz` the cron's rate
    /// now, `time` a monotonic reading in microseconds, asked every 16 samples. Does nothing unless this
    /// server decides about expiry ([`ExpireMode::Delete`]).
    pub fn active_expire(
        &mut self,
        cycle: Cycle,
        effort: u32,
        hz: u32,
        now: Millis,
        time: &mut dyn FnMut() -> Micros,
    ) -> u64 {
        if self.mode != ExpireMode::Delete {
            return 0;
        }
        let effort = Effort::new(effort);
        let started = time();
        if cycle == Cycle::Fast && !self.may_run_fast(&effort, started) {
            return 0;
        }
        let all = self.dbs.len() < DBS_PER_CALL || self.active.capped;
        let turns = if all { self.dbs.len() } else { DBS_PER_CALL };
        let limit = effort.limit(cycle, hz);
        let mut run =
            Run { effort, now, limit, started, time, rounds: 0, sampled: 0, expired: 0, capped: false };
        for _ in 0..turns {
            let db = self.active.next_db % self.dbs.len();
            // Stepped before the work: a cycle that runs out of time goes on with the next database.
            self.active.next_db = db + 1;
            self.expire_db(db, &mut run);
            if run.capped {
                self.stats.expired_time_cap_reached += 1;
                break;
            }
        }
        self.active.capped = run.capped;
        self.stats.expire_cycle_time_us += ((run.time)() - started).max(0) as u64;
        let share = if run.sampled > 0 { run.expired as f64 / run.sampled as f64 } else { 0.0 };
        self.stats.expired_stale = share * 0.05 + self.stats.expired_stale * 0.95;
        run.expired
    }

    fn may_run_fast(&mut self, effort: &Effort, started: Micros) -> bool {
        let stale = self.stats.expired_stale >= effort.acceptable_stale as f64;
        let too_soon = self.active.last_fast.is_some_and(|last| started < last + effort.fast_us * 2);
        if !(self.active.capped || stale) || too_soon {
            return false;
        }
        self.active.last_fast = Some(started);
        true
    }

    /// Samples one database until few enough of the keys seen are dead, or time is up.
    fn expire_db(&mut self, at: usize, run: &mut Run<'_>) {
        let mut empty = 0;
        loop {
            let db = &mut self.dbs[at];
            if db.expires() == 0 {
                db.avg_ttl = 0;
                return;
            }
            let sample = db.sample_expiring(run.effort.keys_per_round, run.now);
            db.note_ttl(&sample);
            let nothing_due = run.now <= db.soonest;
            let mut dead = 0;
            for key in sample.dead {
                dead += u64::from(self.drop_expired(at, key));
            }
            run.sampled += sample.seen;
            run.expired += dead;
            if run.out_of_time() {
                return;
            }
            match (dead * 100).checked_div(sample.seen) {
                Some(stale) => {
                    empty = 0;
                    if stale <= run.effort.acceptable_stale {
                        return;
                    }
                }
                None => {
                    empty += 1;
                    if nothing_due || empty >= EMPTY_ROUNDS {
                        return;
                    }
                }
            }
        }
    }

    /// Removes a dead key that a sample found, with counter, queue and event. `false`: it is gone already (a
    /// sample may meet a key twice).
    pub(super) fn drop_expired(&mut self, db: usize, key: Box<[u8]>) -> bool {
        let Some(dead) = self.dbs[db].remove(&key) else { return false };
        self.discard(dead, self.lazy.expire);
        self.note_expired(db, key);
        true
    }

    /// Counts, announces and queues a key that was just removed because its time had come.
    pub(super) fn note_expired(&mut self, db: usize, key: Box<[u8]>) {
        self.stats.expired_keys += 1;
        self.touched.push(db, &key, Class::EXPIRED, "expired");
        self.awaited.gone(db, &key);
        self.expired.push((db, key));
    }

    /// Writable replica: removes dead keys among those that local clients gave an expiry; the master knows
    /// nothing of them. Ends after more than three keys that live, or when `time` passed 1 ms. Returns how
    /// many keys were removed.
    pub fn expire_own_keys(&mut self, now: Millis, time: &mut dyn FnMut() -> Micros) -> u64 {
        let started = time();
        let (mut removed, mut alive, mut rounds) = (0, 0, 0u32);
        while alive <= 3 {
            let Some((key, dbs)) = self.own_keys.next() else { break };
            let mut left = 0u64;
            for db in (0..self.dbs.len().min(64)).filter(|db| dbs >> db & 1 == 1) {
                match self.get_expire(db, &key) {
                    Some(when) if now > when => {
                        removed += u64::from(self.drop_expired(db, key.clone()));
                    }
                    Some(_) => {
                        alive += 1;
                        left |= 1 << db;
                    }
                    None => {}
                }
            }
            self.own_keys.set(key, left);
            rounds += 1;
            if rounds.is_multiple_of(64) && time() - started > 1000 {
                break;
            }
        }
        removed
    }
}

/// What one sample of a database found.
struct Sample {
    /// Keys with an expiry that were looked at, dead ones included.
    seen: u64,
    ttl_sum: i64,
    ttl_count: i64,
    dead: Vec<Box<[u8]>>,
}

impl Db {
    /// Looks at about `want` keys that expire, from where the last sample stopped; at most 20 buckets for
    /// each wanted key.
    fn sample_expiring(&mut self, want: usize, now: Millis) -> Sample {
        let want = want.min(self.expires()) as u64;
        let mut sample = Sample { seen: 0, ttl_sum: 0, ttl_count: 0, dead: Vec::new() };
        let mut sweep = self.sweep_soonest;
        let mut buckets = 0;
        while sample.seen < want && buckets < want * 20 {
            let cursor = self.table.scan_tagged(self.expire_cursor, 1, &mut |entry| {
                let Some(when) = entry.expire() else { return };
                sample.seen += 1;
                if now > when {
                    sample.dead.push(entry.key().into());
                    return;
                }
                sweep = sweep.min(when);
                if when > now {
                    sample.ttl_sum = sample.ttl_sum.saturating_add(when - now);
                    sample.ttl_count += 1;
                }
            });
            self.expire_cursor = cursor;
            if cursor == 0 {
                // A sweep is complete: what it saw alive, and what was set meanwhile, is all there is.
                self.soonest = sweep;
                sweep = Millis::MAX;
            }
            buckets += 1;
        }
        self.sweep_soonest = sweep;
        sample
    }

    /// Moves the average of INFO `avg_ttl` 2% of the way to the sample's.
    fn note_ttl(&mut self, sample: &Sample) {
        if sample.ttl_count == 0 {
            return;
        }
        let seen = sample.ttl_sum / sample.ttl_count;
        if self.avg_ttl == 0 {
            self.avg_ttl = seen;
        }
        self.avg_ttl = self.avg_ttl / 50 * 49 + seen / 50;
    }
}

/// Keys to which clients of a writable replica gave an expiry, with the databases (0 to 63, one bit each)
/// where they did; further databases are not tracked, as in Redis.
#[derive(Default, Debug)]
pub struct OwnKeys {
    keys: BTreeMap<Box<[u8]>, u64>,
    last: Box<[u8]>,
}

impl OwnKeys {
    /// Remembers a key.
    pub fn remember(&mut self, db: usize, key: &[u8]) {
        if db >= 64 {
            return;
        }
        match self.keys.get_mut(key) {
            Some(dbs) => *dbs |= 1 << db,
            None => _ = self.keys.insert(key.into(), 1 << db),
        }
    }

    /// How many keys are remembered (INFO `slave_expires_tracked_keys`).
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Forgets them all: the data set was replaced or emptied.
    pub fn clear(&mut self) {
        self.keys.clear();
    }

    /// Each key in turn, round and round (Redis draws at random).
    fn next(&mut self) -> Option<(Box<[u8]>, u64)> {
        let after = (Bound::Excluded(&self.last[..]), Bound::Unbounded);
        let (key, dbs) = self.keys.range::<[u8], _>(after).next().or_else(|| self.keys.iter().next())?;
        let found = (key.clone(), *dbs);
        self.last = found.0.clone();
        Some(found)
    }

    fn set(&mut self, key: Box<[u8]>, dbs: u64) {
        if dbs == 0 {
            self.keys.remove(&key);
        } else {
            self.keys.insert(key, dbs);
        }
    }
}
