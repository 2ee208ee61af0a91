//! Room within `maxmemory`: keys are evicted before commands run, and by the loop while a command could not wait.
//!
//! Before each command (of anyone, our master's included) memory in use is compared with `maxmemory`. Beyond it
//! keys go, by the policy's choice (`keyspace::evict`), until the excess is freed or the time that
//! `maxmemory-eviction-tenacity` allows is over; then the command runs all the same, and the loop goes on
//! evicting, a slice each turn, without sleeping. When nothing may go, memory is short: commands that would
//! need more are refused (`gate`).
//!
//! What replicas have not taken yet beyond the backlog, and what waits for the append-only file, does not
//! count: each eviction adds a DEL to these, so counting them would let evictions feed themselves. Memory in
//! use is the exact count of the allocator ([`Host::used_memory`]), so an eviction is credited with what it
//! freed. An eviction is its own unit of the stream, never inside a transaction.
//!
//! Buffers that the house keeps for their next use go before any key: after evictions with many readers to tell
//! ([`super::tracking`]) they would be the very excess that evicts more.
//!
//! A server that loads, a replica that leaves this to its master (`replica-ignore-maxmemory`), and one whose
//! writes are paused do not evict.
//!
//! Deviation: Redis writes to its replicas after every 16 evictions in a slice; here sockets are written after
//! the slice, which is half a millisecond unless `maxmemory-eviction-tenacity` was raised.
//!
//! Source: Redis 7.2.4 `performEvictions`, `getMaxmemoryState`, `evictionTimeProc`.

use crate::base::clock::Micros;
use crate::keyspace::{Evictor, Policy};
use crate::state::host::Host;

use super::lazyfree;
use super::propagate;
use super::server::Server;

/// How eviction left memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Memory {
    /// Within the limit, or it is not ours to do something about it.
    Fine,
    /// Beyond it, and the loop goes on.
    Evicting,
    /// Beyond it, and nothing may go.
    Short,
}

/// What eviction remembers.
#[derive(Default)]
pub struct Eviction {
    evictor: Evictor,
    /// Whose candidates the pool holds.
    policy: Policy,
    /// The loop has to go on.
    pub running: bool,
    /// Since when the limit is exceeded (monotonic µs).
    exceeded_since: Option<Micros>,
    /// Microseconds for which it was, before that.
    exceeded_us: u64,
    /// Memory was short when the command at hand came: scripts are refused writes by it.
    pub out_of_memory: bool,
}

impl Eviction {
    /// `total_eviction_exceeded_time` and `current_eviction_exceeded_time`, in microseconds.
    pub fn exceeded_us(&self, now: Micros) -> (u64, u64) {
        let current = self.exceeded_since.map_or(0, |since| (now - since).max(0) as u64);
        (self.exceeded_us + current, current)
    }

    /// CONFIG RESETSTAT.
    pub fn reset_stats(&mut self) {
        (self.exceeded_since, self.exceeded_us) = (None, 0);
    }

    fn note(&mut self, state: Memory, now: Micros) {
        self.running = state == Memory::Evicting;
        self.out_of_memory = state == Memory::Short;
        if state != Memory::Fine {
            self.exceeded_since.get_or_insert(now);
        } else if let Some(since) = self.exceeded_since.take() {
            self.exceeded_us += (now - since).max(0) as u64;
        }
    }
}

/// Bytes in use that no eviction could bring down (`mem_not_counted_for_evict`).
pub fn not_counted(srv: &Server) -> u64 {
    let log = &srv.persist.aof;
    let buffered = if log.is_on() { log.buf.capacity() } else { 0 };
    (srv.repl.backlog.mem_not_counted() + buffered) as u64
}

/// Bytes by which memory in use exceeds `maxmemory`.
fn excess(srv: &Server, host: &dyn Host) -> Option<u64> {
    let limit = srv.config.maxmemory;
    let used = host.used_memory();
    if limit == 0 || used <= limit {
        return None;
    }
    used.saturating_sub(not_counted(srv)).checked_sub(limit).filter(|excess| *excess > 0)
}

/// Gives back what is only kept warm, which must not cost anyone a key, and says what excess remains.
fn shed(srv: &mut Server, host: &dyn Host) -> Option<u64> {
    srv.clients.shed_spares();
    srv.keys.touched.shed();
    excess(srv, host)
}

/// Whether [`make_room`] has anything to do or to note: the quick look before a command.
#[inline]
pub fn is_due(srv: &Server, host: &dyn Host) -> bool {
    srv.config.maxmemory != 0
        && (srv.eviction.exceeded_since.is_some() || host.used_memory() > srv.config.maxmemory)
}

/// Whether this server evicts at present.
fn may_evict(srv: &Server) -> bool {
    srv.persist.loading.is_none()
        && !(srv.repl.is_replica() && srv.config.replica_ignore_maxmemory)
        && srv.blocked.paused(srv.clock.now_ms()).is_none()
}

/// The time one slice may take: up to half a millisecond at tenacity 10, then 15 % more for each point; `None`
/// at 100: no limit.
fn slice_us(tenacity: i32) -> Option<Micros> {
    match tenacity {
        ..=10 => Some(50 * i64::from(tenacity.max(0))),
        11..=99 => Some((500.0 * 1.15_f64.powi(tenacity - 10)) as i64),
        _ => None,
    }
}

/// Evicts keys until memory in use is within `maxmemory`, a slice of time at most.
pub fn make_room(srv: &mut Server, host: &mut dyn Host) -> Memory {
    if !may_evict(srv) {
        srv.eviction.running = false;
        srv.eviction.out_of_memory = false;
        return Memory::Fine;
    }
    let state = match excess(srv, host).and_then(|_| shed(srv, host)) {
        None => Memory::Fine,
        Some(_) if srv.config.maxmemory_policy == Policy::NoEviction => Memory::Short,
        Some(excess) => slice(srv, host, excess),
    };
    let now = srv.clock.mono_us_now();
    srv.eviction.note(state, now);
    state
}

/// One slice of evictions.
fn slice(srv: &mut Server, host: &mut dyn Host, excess_at_start: u64) -> Memory {
    let policy = srv.config.maxmemory_policy;
    if srv.eviction.policy != policy {
        // Scores of two policies do not compare.
        srv.eviction.policy = policy;
        srv.eviction.evictor.reset();
    }
    let samples = srv.config.maxmemory_samples.max(1) as usize;
    let limit = slice_us(srv.config.maxmemory_eviction_tenacity);
    let lazy = srv.config.lazyfree_lazy_eviction;
    let (began, now) = (srv.clock.mono_us_now(), srv.clock.now_ms());
    let (mut freed, mut keys) = (0_i64, 0_u64);
    let mut state = Memory::Fine;
    while freed < excess_at_start as i64 {
        let Some((db, key)) = srv.eviction.evictor.pick(&mut srv.keys, policy, samples, &mut srv.rng, now)
        else {
            state = wait_for_background(srv, host, began, limit);
            break;
        };
        freed += evict(srv, host, db, &key);
        keys += 1;
        if keys.is_multiple_of(16) {
            // What the background thread frees meanwhile is not in `freed`.
            if lazy && excess(srv, host).is_none() {
                break;
            }
            if limit.is_some_and(|limit| srv.clock.mono_us_now() - began > limit) {
                state = Memory::Evicting;
                break;
            }
        }
    }
    spike(srv, "eviction-cycle", began);
    state
}

/// Notes how long something took, if that is watched.
fn spike(srv: &mut Server, event: &'static str, began: Micros) {
    let ms = (srv.clock.mono_us_now() - began).max(0) as u64 / 1000;
    srv.latency.add_if_slow(event, srv.clock.now_secs(), ms);
}

/// Removes a key for the sake of memory, and tells everyone. Returns the bytes this freed, what the telling takes
/// not counted: events and the stream are gone soon, and counting them would evict a long name in vain.
fn evict(srv: &mut Server, host: &mut dyn Host, db: usize, key: &[u8]) -> i64 {
    let watched = srv.latency.threshold_us() != u64::MAX;
    let began = if watched { srv.clock.mono_us_now() } else { 0 };
    let before = host.used_memory();
    let Some(gone) = srv.keys.remove(db, key) else { return 0 };
    let lazy = srv.config.lazyfree_lazy_eviction;
    lazyfree::free(host, gone, lazy);
    let freed = before.wrapping_sub(host.used_memory()) as i64;
    if watched {
        spike(srv, "eviction-del", began);
    }
    srv.keys.note_evicted(db, key);
    srv.touch_key(db, key);
    propagate::deletion(srv, db, key, lazy);
    freed
}

/// No key may go, but the background thread may be freeing some: waits a little for that.
fn wait_for_background(
    srv: &mut Server,
    host: &mut dyn Host,
    began: Micros,
    limit: Option<Micros>,
) -> Memory {
    let waiting_since = srv.clock.mono_us_now();
    let mut state = Memory::Short;
    while host.is_freeing() && limit.is_none_or(|limit| srv.clock.mono_us_now() - began < limit) {
        if excess(srv, host).is_none() {
            state = Memory::Fine;
            break;
        }
        host.sleep_us(limit.map_or(1000, |limit| limit.clamp(1, 1000) as u64));
    }
    spike(srv, "eviction-lazyfree", waiting_since);
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenacity_is_time() {
        assert_eq!((slice_us(0), slice_us(1), slice_us(10)), (Some(0), Some(50), Some(500)));
        assert_eq!(slice_us(11), Some(575));
        // Two minutes.
        assert!(slice_us(99).is_some_and(|us| (100_000_000..150_000_000).contains(&us)));
        assert_eq!(slice_us(100), None);
    }

    #[test]
    fn time_beyond_the_limit_is_added_up() {
        let mut eviction = Eviction::default();
        eviction.note(Memory::Evicting, 1000);
        assert!(eviction.running && !eviction.out_of_memory);
        eviction.note(Memory::Short, 3000);
        assert!(!eviction.running && eviction.out_of_memory);
        assert_eq!(eviction.exceeded_us(4000), (3000, 3000));
        eviction.note(Memory::Fine, 5000);
        assert_eq!(eviction.exceeded_us(9000), (4000, 0));
        eviction.note(Memory::Short, 10_000);
        assert_eq!(eviction.exceeded_us(10_500), (4500, 500));
        eviction.reset_stats();
        assert_eq!(eviction.exceeded_us(10_500), (0, 0));
    }
}
