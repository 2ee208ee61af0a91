//! Cron: what happens by the clock, `hz` times a second, and what happens before every sleep.
//!
//! Cron never decides anything a client waits for: the end of a child is learned from its pipe, a
//! replica's acknowledgement is looked at before sleep. What remains is housekeeping: expiry, table
//! resizing, save points, idle clients, statistics, the once-a-second duties of replication.
//!
//! Source: Redis 7.2.4 `serverCron`, `clientsCron`, `databasesCron`, `beforeSleep`.

use crate::base::log::{self, Level};
pub use crate::core::effects::current_hz;
use crate::core::input::{check_output_limit, resize_query};
use crate::core::server::Server;
use crate::core::{announce, evict_clients, lazyfree, propagate, tracking, wake};
use crate::keyspace::{Cycle, ExpireMode};
use crate::persist;
use crate::repl;
use crate::state::backlog::TRIM_BLOCKS;
use crate::state::client::{ClientId, Flags};
use crate::state::host::Host;

/// Most clients a cron looks at, so that ten thousand of them cost little each time; all are seen
/// within a second or so. Redis' CLIENTS_CRON_MIN_ITERATIONS is 5.
const MIN_CLIENTS: usize = 5;

/// Cron's own memory between calls.
#[derive(Default, Debug)]
pub struct Cron {
    /// Where the walk over the clients goes on.
    next_client: usize,
    /// Monotonic ms of the next duty of each period.
    next_second_ms: i64,
    next_sample_ms: i64,
    next_report_ms: i64,
    /// Connections could not be taken for lack of descriptors: try again.
    pub accept_again: bool,
    /// Calls so far.
    pub calls: u64,
}

/// One cron.
pub fn run(cron: &mut Cron, srv: &mut Server, host: &mut dyn Host) {
    cron.calls += 1;
    srv.stats.cron_cycles += 1;
    let now_ms = srv.clock.mono_ms();
    let began = srv.clock.mono_us_now();
    duties(cron, srv, host, now_ms);
    srv.stats.cron_us += (srv.clock.mono_us_now() - began).max(0) as u64;
}

fn duties(cron: &mut Cron, srv: &mut Server, host: &mut dyn Host, now_ms: i64) {
    srv.keys.tick(srv.clock.now_ms());
    if now_ms >= cron.next_sample_ms {
        cron.next_sample_ms = now_ms + 100;
        sample(srv);
    }
    persist::shutdown::cron(srv, host);
    if now_ms >= cron.next_report_ms {
        cron.next_report_ms = now_ms + 5000;
        report(srv, host);
    }
    if srv.debug.pause_cron {
        return;
    }
    clients(cron, srv);
    databases(srv);
    tracking::limit_keys(srv);
    persist::cron(srv, host);
    wake::deadlines(srv);
    wake::end_of_pause(srv);
    repl::tick(srv, host);
    persist::aof_log::cron(srv, host, now_ms >= cron.next_second_ms);
    if now_ms >= cron.next_second_ms {
        cron.next_second_ms = now_ms + 1000;
        repl::each_second(srv, host);
        host.close_idle_peers();
        srv.stats.migrate_sockets = host.open_peers();
    }
}

/// What the log tells every five seconds to those who want to read that much.
fn report(srv: &mut Server, host: &mut dyn Host) {
    if !log::enabled(Level::Verbose) {
        return;
    }
    for (number, db) in srv.keys.dbs.iter().enumerate().filter(|(_, db)| !db.is_empty()) {
        let (keys, volatile, slots) = (db.len(), db.expires(), db.table().slots());
        crate::log_verbose!("DB {number}: {keys} keys ({volatile} volatile) in {slots} slots HT.");
    }
    if log::enabled(Level::Debug) {
        let replicas = srv.repl.replicas.len();
        let clients = srv.clients.connected().saturating_sub(replicas);
        let used = host.used_memory();
        crate::log_debug!("{clients} clients connected ({replicas} replicas), {used} bytes in use");
    }
}

/// Samples the per-second figures.
fn sample(srv: &mut Server) {
    let now_us = srv.clock.mono_us();
    let stats = &mut srv.stats;
    stats.ops.sample(stats.commands_processed, now_us);
    stats.input_rate.sample(stats.net_input + stats.net_repl_input, now_us);
    stats.output_rate.sample(stats.net_output + stats.net_repl_output, now_us);
    stats.repl_input_rate.sample(stats.net_repl_input, now_us);
    stats.repl_output_rate.sample(stats.net_repl_output, now_us);
    stats.cycle_rate.sample(stats.eventloop_cycles, now_us);
    stats.cycle_us_rate.sample(stats.eventloop_us, now_us);
}

/// Looks at a share of the clients: idle ones, those over their soft limit.
fn clients(cron: &mut Cron, srv: &mut Server) {
    let slots = srv.clients.slots();
    if slots == 0 {
        return;
    }
    let hz = current_hz(srv) as usize;
    let share = (slots / hz).max(MIN_CLIENTS).min(slots);
    let now = srv.clock.now_ms();
    for _ in 0..share {
        cron.next_client = (cron.next_client + 1) % slots;
        if let Some(me) = srv.clients.id_at(cron.next_client) {
            client(srv, me, now);
        }
    }
}

fn client(srv: &mut Server, me: ClientId, now: i64) {
    let timeout_s = i64::from(srv.config.timeout);
    let client = &srv.clients[me];
    const EXEMPT: Flags =
        Flags::REPLICA.or(Flags::MASTER).or(Flags::LINK).or(Flags::BLOCKED).or(Flags::PUBSUB);
    let exempt = client.flags.has(EXEMPT.or(Flags::MONITOR).or(Flags::FAKE).or(Flags::POSTPONED));
    if timeout_s > 0 && !exempt && now - client.last_interaction_ms > timeout_s * 1000 {
        crate::log_verbose!("Closing idle client");
        srv.clients.close(me);
        return;
    }
    check_output_limit(srv, me);
    resize_query(&mut srv.clients[me], now);
    evict_clients::note(srv, me);
}

/// Expiry and table resizing.
fn databases(srv: &mut Server) {
    if srv.debug.active_expire && !srv.repl.is_replica() && srv.blocked.paused(srv.clock.now_ms()).is_none() {
        expire(srv, false);
    } else if srv.debug.active_expire && srv.repl.is_replica() && !srv.config.replica_read_only {
        // The master knows nothing of keys that clients wrote here.
        let clock = &srv.clock;
        srv.keys.expire_own_keys(clock.now_ms(), &mut || clock.mono_us_now());
        propagate::expired_one_by_one(srv);
    }
    if srv.config.activerehashing && srv.persist.child.is_none() {
        let clock = &srv.clock;
        let end = clock.mono_us_now() + REHASH_US;
        srv.keys.rehash_for(&mut || clock.mono_us_now() < end);
    }
}

/// Time each cron gives to tables that are being resized. Microseconds, as in Redis.
const REHASH_US: i64 = 1000;

/// One active expire cycle; what it removed goes to replicas.
pub fn expire(srv: &mut Server, fast: bool) {
    let cycle = if fast { Cycle::Fast } else { Cycle::Slow };
    let effort = srv.config.active_expire_effort as u32;
    let hz = current_hz(srv) as u32;
    let clock = &srv.clock;
    let began = clock.mono_us_now();
    srv.keys.mode = ExpireMode::Delete;
    srv.keys.active_expire(cycle, effort, hz, clock.now_ms(), &mut || clock.mono_us_now());
    let ms = (clock.mono_us_now() - began).max(0) as u64 / 1000;
    srv.latency.add_if_slow("expire-cycle", clock.now_secs(), ms);
    propagate::expired_one_by_one(srv);
}

/// Before every sleep: wake those whose wait has ended, ask for acknowledgements.
pub fn before_sleep(srv: &mut Server, host: &mut dyn Host) {
    if srv.debug.active_expire
        && !srv.repl.is_replica()
        && srv.persist.loading.is_none()
        && srv.blocked.paused(srv.clock.now_ms()).is_none()
    {
        expire(srv, true);
    }
    let acknowledged = srv.blocked.acks_changed;
    wake::before_sleep(srv, host);
    if acknowledged {
        // A shutdown may have waited for just that.
        persist::shutdown::cron(srv, host);
    }
    lazyfree::collect(srv, host);
    srv.stats.peak_memory = srv.stats.peak_memory.max(host.used_memory());
    announce::drain(srv);
    tracking::broadcast(srv);
    // Before anybody is told of what it holds, and before a replica says how far it is.
    persist::aof_log::before_sleep(srv, host);
    if srv.blocked.acks_changed {
        wake::acknowledged(srv);
    }
    repl::before_sleep(srv, host);
    // What a shrunk size or a replica that left behind, ten calls' worth at a time.
    srv.repl.backlog.trim(10 * TRIM_BLOCKS);
}
