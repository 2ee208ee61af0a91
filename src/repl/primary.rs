//! Master side: who replicates from us, since when, and how far they are.
//!
//! A replica introduces itself by REPLCONF, asks by PSYNC (or SYNC) and is then either continued from
//! the backlog at once ([`sync`]), or queued for a full sync, which is [`super::fullsync`]'s. From the
//! moment its offset is known it owns a cursor into the backlog; what it is owed is what lies behind
//! the cursor, so nothing is copied per replica and nothing can be lost between snapshot and stream.
//!
//! What the clock drives ([`each_second`]): pings into the stream (only while somebody listens),
//! newlines to those who wait for a child, time-outs, and the end of a backlog nobody has asked for.
//! What events drive happens at once: an acknowledgement counts for WAIT before the next sleep.
//!
//! Deviation: Redis looks for replicas that time out and for the backlog's end once a second, too; but
//! it also starts forks from there. Here they start as soon as they may.
//!
//! Source: Redis 7.2.4 `replication.c`: `syncCommand`, `masterTryPartialResynchronization`,
//! `replicationCron`, `refreshGoodSlavesCount`.

use crate::base::bytes::eq_ignore_case;
use crate::base::log;
use crate::core::ctx::Ctx;
use crate::core::propagate;
use crate::core::server::Server;
use crate::format::rdb::WRITE_VERSION;
use crate::persist;
use crate::resp::errors::{self, CmdError};
use crate::state::backlog::MIN_BLOCK;
use crate::state::client::{ClientId, Flags};
use crate::state::config::RdbVersion;
use crate::state::host::{ChildKind, Host};
use crate::state::repl_ids;
use crate::state::replication::{ReplicaState, SyncState, replica_name};
use crate::state::sync_report::{self, SyncReport, Trace};
use crate::{log_debug, log_notice, log_warning};

use super::fullsync;

/// What the stream carries so that replicas see that the master lives.
const PING: &[u8] = b"*1\r\n$4\r\nping\r\n";
/// Asks every replica to acknowledge at once.
const GETACK: &[u8] = b"*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n";

/// The state of a client as a replica, made when it first says something of that kind.
pub fn state(srv: &mut Server, me: ClientId) -> &mut ReplicaState {
    srv.clients[me].replica.get_or_insert_default()
}

/// All replicas whose state satisfies `which`, in order of arrival.
pub(super) fn those(srv: &Server, which: impl Fn(&ReplicaState) -> bool) -> Vec<ClientId> {
    let fits = |id: &ClientId| {
        let client = srv.clients.get(*id);
        client.is_some_and(|c| !c.flags.has(Flags::CLOSE_ASAP) && c.replica.as_deref().is_some_and(&which))
    };
    srv.repl.replicas.iter().copied().filter(fits).collect()
}

/// How the log calls the client.
pub(super) fn name(srv: &Server, me: ClientId) -> String {
    replica_name(&srv.clients[me])
}

/// What a replica asked with: SYNC (`None`), or PSYNC's id and number.
pub type Asked<'a> = Option<(&'a [u8], &'a [u8])>;

/// SYNC and PSYNC.
///
/// # Errors
/// Why this client cannot replicate from us now; in Redis' words.
pub fn sync(cx: &mut Ctx<'_>, asked: Asked<'_>) -> Result<(), CmdError> {
    let me = cx.me;
    if cx.client().flags.has(Flags::REPLICA.or(Flags::MONITOR)) {
        return Ok(());
    }
    if cx.srv.repl.failover.is_some() {
        return Err(errors::SYNC_FAILING_OVER);
    }
    if cx.srv.repl.is_replica() && !cx.srv.repl.link.is_online() {
        return Err(errors::SYNC_NO_MASTER_LINK);
    }
    // Bytes before the answer would become a part of the snapshot for the replica.
    if cx.out.buf.len() > cx.client().out.sent {
        return Err(errors::SYNC_PENDING_OUTPUT);
    }
    let replica = state(cx.srv, me);
    if replica.rdb_filter != 0 && !replica.capa_eof {
        return Err(errors::SYNC_FILTER_NEEDS_EOF);
    }
    let version = rdb_version(cx.srv, me)?;
    state(cx.srv, me).rdb_version = version;
    log_notice!("Replica {} asks for synchronization", name(cx.srv, me));
    let mut why = "the replica knows full synchronization only".to_owned();
    match asked {
        None => cx.client().flags.set(Flags::PRE_PSYNC),
        Some((id, number)) => {
            let Some(number) = crate::base::num::parse_i64(number) else {
                let name = name(cx.srv, me);
                log_warning!("Replica {name} asks for synchronization but with a wrong offset");
                return Err(errors::NOT_INT);
            };
            why = match partial(cx.srv, me, id, number) {
                None => {
                    cx.srv.stats.sync_partial_ok += 1;
                    return Ok(());
                }
                Some(why) => why,
            };
            cx.srv.stats.sync_partial_err += u64::from(id.first() != Some(&b'?'));
        }
    }
    full(cx.srv, cx.host, me, why);
    Ok(())
}

/// The RDB version a replica would get. Only 10 fits into the file of this server's own snapshots; others go through
/// the socket.
fn rdb_version(srv: &Server, me: ClientId) -> Result<u16, CmdError> {
    let replica = srv.clients[me].replica.as_deref();
    let (major, eof) = replica.map_or((0, false), |r| (r.major, r.capa_eof));
    let version = match (srv.config.repl_rdb_version, major) {
        (RdbVersion::V9, _) | (RdbVersion::Auto, 5 | 6) => 9,
        (RdbVersion::V10, _) | (RdbVersion::Auto, 0 | 7..) => WRITE_VERSION,
        (RdbVersion::V11, _) => 11,
        (RdbVersion::Auto, 1..=4) => return Err(errors::SYNC_TOO_OLD),
    };
    if version != WRITE_VERSION && !eof { Err(errors::SYNC_VERSION_NEEDS_EOF) } else { Ok(version) }
}

/// Continues a replica from the backlog, if that can be. Returns why not.
fn partial(srv: &mut Server, me: ClientId, id: &[u8], number: i64) -> Option<String> {
    let name = name(srv, me);
    let granted = match srv.repl.ids.accepts(id, number, &srv.repl.backlog) {
        Ok(granted) => granted,
        Err(why) => {
            for (level, line) in why.log_lines(&name) {
                log::write(level, format_args!("{line}"));
            }
            let backlog = &srv.repl.backlog;
            return Some(sync_report::reason(&why, backlog.first_byte_offset(), backlog.size()));
        }
    };
    let Some(cursor) = srv.repl.backlog.attach(granted.held) else { return Some(String::new()) };
    log_position(srv, number);
    let now = srv.clock.mono_ms();
    let replica = state(srv, me);
    replica.sync = SyncState::Online;
    replica.cursor = Some(cursor);
    replica.ack_ms = now;
    replica.put_online_on_ack = false;
    let mut answer = b"+CONTINUE".to_vec();
    if replica.capa_psync2 {
        answer.push(b' ');
        answer.extend_from_slice(&srv.repl.ids.replid);
    }
    answer.extend_from_slice(b"\r\n");
    srv.clients[me].flags.set(Flags::REPLICA);
    srv.repl.replicas.push(me);
    srv.clients.send(me, &answer);
    log_notice!("{}", granted.log_line(&name));
    refresh_good(srv);
    None
}

/// Where a continued replica stands in the backlog.
fn log_position(srv: &Server, number: i64) {
    log_debug!("[PSYNC] Replica request offset: {number}");
    let (backlog, first) = (&srv.repl.backlog, srv.repl.backlog.first_byte_offset());
    if backlog.histlen() == 0 {
        return log_debug!("[PSYNC] Backlog history len is zero");
    }
    log_debug!("[PSYNC] Backlog size: {}", backlog.size());
    log_debug!("[PSYNC] First byte: {first}");
    log_debug!("[PSYNC] History len: {}", backlog.histlen());
    log_debug!("[PSYNC] Skipping: {}", number - first);
}

/// Queues a replica for a full sync.
fn full(srv: &mut Server, host: &mut dyn Host, me: ClientId, why: String) {
    srv.stats.sync_full += 1;
    if srv.config.repl_disable_tcp_nodelay {
        host.set_nodelay(me, false);
    }
    let now = srv.clock.mono_ms();
    let replica = state(srv, me);
    replica.sync = SyncState::WaitBgsaveStart;
    replica.waiting_since_ms = now;
    replica.trace = Some(Box::new(Trace { why, asked_ms: now, ..Trace::default() }));
    srv.clients[me].flags.set(Flags::REPLICA);
    srv.repl.replicas.push(me);
    if srv.repl.replicas.len() == 1 && !srv.repl.backlog.is_active() {
        // No history is kept so far, so none can be continued: it gets a name of its own.
        let fresh = srv.rng.hex_id();
        srv.repl.ids.change(fresh);
        srv.repl.ids.clear_second();
        srv.repl.backlog.activate();
        log_notice!(
            "Replication backlog created, my new replication IDs are '{}' and '{}'",
            repl_ids::text(&srv.repl.ids.replid),
            repl_ids::text(&srv.repl.ids.replid2)
        );
    }
    fullsync::queue(srv, host, me);
}

/// REPLCONF ACK: how far a replica is.
pub fn acknowledged(srv: &mut Server, me: ClientId, offset: i64, fsynced: Option<i64>) {
    let now = srv.clock.mono_ms();
    let replica = state(srv, me);
    replica.ack_offset = replica.ack_offset.max(offset);
    if let Some(fsynced) = fsynced {
        replica.aof_ack_offset = replica.aof_ack_offset.max(fsynced);
    }
    replica.ack_ms = now;
    report(srv, me);
    let replica = state(srv, me);
    match replica.sync {
        // It has loaded what came through the pipe before we learned that the child is gone.
        SyncState::SendStream => replica.acked_early = true,
        SyncState::Online if replica.put_online_on_ack => {
            replica.put_online_on_ack = false;
            srv.clients.want_write(me);
        }
        _ => {}
    }
    srv.blocked.acks_changed = true;
}

/// A replica that is online and acknowledges has come through its full sync: that is told once.
pub(super) fn report(srv: &mut Server, me: ClientId) {
    let now = srv.clock.mono_ms();
    let replica = state(srv, me);
    let Some(trace) = replica.trace.take_if(|_| matches!(replica.sync, SyncState::Online)) else { return };
    let report = SyncReport::of(&trace, name(srv, me), now, srv.repl.spilled_bytes);
    log_notice!("{}", report.line());
    srv.repl.last_sync = Some(Box::new(report));
}

/// The snapshot has reached the replica: the stream begins. False when the snapshot was all it
/// wanted; it is closed.
pub(super) fn put_online(srv: &mut Server, me: ClientId) -> bool {
    let name = name(srv, me);
    let now = srv.clock.mono_ms();
    if srv.clients[me].flags.has(Flags::RDB_ONLY) {
        state(srv, me).sync = SyncState::RdbSent;
        log_notice!("RDB transfer completed, rdb only replica ({name}) should be disconnected asap");
        return false;
    }
    let replica = state(srv, me);
    replica.sync = SyncState::Online;
    replica.ack_ms = now;
    // The end of a stream from the child's pipe may still lie in the buffer.
    let client = &srv.clients[me];
    let written = client.net_out + client.out.pending() as u64;
    let cow_bytes = srv.persist.last_cow_bytes;
    if let Some(trace) = &mut state(srv, me).trace {
        trace.sent_ms = now;
        trace.bytes = written.saturating_sub(trace.written_before);
        trace.cow_bytes = cow_bytes;
    }
    refresh_good(srv);
    log_notice!("Synchronization with replica {name} succeeded");
    srv.clients.want_write(me);
    true
}

/// Counts the replicas that `min-replicas-to-write` accepts.
pub fn refresh_good(srv: &mut Server) {
    let max_lag_ms = i64::from(srv.config.min_replicas_max_lag) * 1000;
    if srv.config.min_replicas_to_write == 0 || max_lag_ms == 0 {
        return;
    }
    let now = srv.clock.mono_ms();
    // Redis counts in whole seconds: a lag of 10.9 s is one of 10.
    let good = |r: &ReplicaState| {
        matches!(r.sync, SyncState::Online) && (now - r.ack_ms) / 1000 * 1000 <= max_lag_ms
    };
    srv.repl.good_replicas = those(srv, good).len();
}

/// A replica is gone (its client is about to be forgotten).
pub fn lost(srv: &mut Server, host: &mut dyn Host, me: ClientId) {
    let Some(at) = srv.repl.replicas.iter().position(|id| *id == me) else { return };
    log_notice!("Connection with replica {} lost.", name(srv, me));
    srv.repl.replicas.remove(at);
    let Some(replica) = srv.clients.get_mut(me).and_then(|c| c.replica.take()) else { return };
    if let Some(cursor) = replica.cursor {
        srv.repl.backlog.detach(cursor);
    }
    match replica.sync {
        SyncState::WaitBgsaveEnd
            if srv.config.save.is_empty()
                && srv.persist.child_is(ChildKind::RdbFile)
                && those(srv, |r| matches!(r.sync, SyncState::WaitBgsaveEnd)).is_empty() =>
        {
            // Nobody wants this snapshot any more.
            persist::child::kill(srv, host);
        }
        SyncState::SendStream => fullsync::regulate(srv, host),
        SyncState::SendBulk(bulk) => host.drop_later(Box::new(bulk.file)),
        _ => {}
    }
    if srv.repl.replicas.is_empty() {
        srv.repl.no_replicas_since_ms = Some(srv.clock.mono_ms());
    }
    refresh_good(srv);
}

/// Lets every replica of ours go: our history got another name, which they learn by asking again.
pub fn disconnect_all(srv: &mut Server, host: &mut dyn Host) {
    for me in srv.repl.replicas.clone() {
        srv.clients.close(me);
        lost(srv, host, me);
    }
}

/// Frees the backlog. Nobody may be reading it.
pub(super) fn free_backlog(srv: &mut Server, host: &mut dyn Host) {
    let old = srv.repl.backlog.release();
    host.drop_later(Box::new(old));
}

/// `repl-backlog-size` has changed. Less than the least is the least.
pub fn resize_backlog(srv: &mut Server) {
    let size = srv.config.repl_backlog_size.max(MIN_BLOCK as i64);
    srv.config.repl_backlog_size = size;
    srv.repl.backlog.resize(size as usize);
}

/// See the head of the file.
pub fn each_second(srv: &mut Server, host: &mut dyn Host) {
    ping(srv);
    keep_alive(srv);
    time_out(srv);
    end_backlog(srv, host);
    fullsync::remove_file(srv, host);
    refresh_good(srv);
}

fn ping(srv: &mut Server) {
    let now = srv.clock.mono_ms();
    if now - srv.repl.last_ping_ms < i64::from(srv.config.repl_ping_replica_period) * 1000 {
        return;
    }
    srv.repl.last_ping_ms = now;
    // A failover with a deadline is not to be kept waiting by more to acknowledge.
    if srv.repl.failover.as_ref().is_some_and(|f| f.deadline_ms.is_some()) {
        return;
    }
    if !srv.repl.replicas.is_empty() && !srv.repl.is_replica() {
        propagate::feed(srv, PING);
    }
}

/// A newline means nothing in the protocol, but tells those who wait for a snapshot that we live.
fn keep_alive(srv: &mut Server) {
    let waits = |r: &ReplicaState| matches!(r.sync, SyncState::WaitBgsaveStart | SyncState::WaitBgsaveEnd);
    for me in those(srv, waits) {
        srv.clients.send(me, b"\n");
    }
}

fn time_out(srv: &mut Server) {
    let now = srv.clock.mono_ms();
    let limit = i64::from(srv.config.repl_timeout) * 1000;
    for me in srv.repl.replicas.clone() {
        let Some(client) = srv.clients.get_mut(me) else { continue };
        let (flags, written, owed) = (client.flags, client.net_out, client.out.pending());
        let Some(replica) = &mut client.replica else { continue };
        let phase = match replica.sync {
            SyncState::Online if flags.has(Flags::PRE_PSYNC) || now - replica.ack_ms <= limit => continue,
            SyncState::Online => "streaming sync",
            SyncState::SendStream => {
                let (before, since) = replica.progress;
                if owed == 0 || written != before || since == 0 {
                    replica.progress = (written, now);
                    continue;
                }
                if now - since <= limit {
                    continue;
                }
                "full sync"
            }
            _ => continue,
        };
        log_warning!("Disconnecting timedout replica ({phase}): {}", name(srv, me));
        srv.clients.close(me);
    }
}

/// A backlog nobody has read for `repl-backlog-ttl` seconds is given back. The history ends with it:
/// without a backlog writes do not move the offset, so the name must not be used again.
fn end_backlog(srv: &mut Server, host: &mut dyn Host) {
    let ttl_s = srv.config.repl_backlog_ttl;
    if !srv.repl.replicas.is_empty() || ttl_s == 0 || !srv.repl.backlog.is_active() || srv.repl.is_replica() {
        return;
    }
    let now = srv.clock.mono_ms();
    let since = *srv.repl.no_replicas_since_ms.get_or_insert(now);
    if (now - since) / 1000 <= ttl_s {
        return;
    }
    let fresh = srv.rng.hex_id();
    srv.repl.ids.change(fresh);
    srv.repl.ids.clear_second();
    free_backlog(srv, host);
    log_notice!("Replication backlog freed after {ttl_s} seconds without connected replicas.");
}

/// Asks the replicas for acknowledgements, once for all who wait. Not while a pause holds the stream
/// still; a shutdown that waits for replicas needs them in any case.
pub fn before_sleep(srv: &mut Server, _host: &mut dyn Host) {
    if !srv.blocked.want_acks {
        return;
    }
    if srv.repl.is_replica() || srv.repl.replicas.is_empty() {
        srv.blocked.want_acks = false;
        return;
    }
    let paused = srv.blocked.pause.is_some_and(|(_, end)| end > srv.clock.now_ms());
    if !(paused || srv.blocked.failover_pause) || srv.persist.shutdown.is_some() {
        srv.blocked.want_acks = false;
        propagate::feed(srv, GETACK);
    }
}

/// Asks for acknowledgements now, ahead of a pause that would put the question off.
pub(super) fn ask_for_acks(srv: &mut Server) {
    if srv.blocked.paused(srv.clock.now_ms()).is_none() {
        propagate::feed(srv, GETACK);
    }
}

/// Takes one REPLCONF option that describes the replica.
///
/// # Errors
/// In Redis' words.
pub fn describe(srv: &mut Server, me: ClientId, option: &[u8], value: &[u8]) -> Result<(), CmdError> {
    const LONGEST_ADDRESS: usize = 256;
    let is = |name: &[u8]| eq_ignore_case(option, name);
    if is(b"listening-port") {
        let port = crate::base::num::parse_i64(value).ok_or(errors::NOT_INT)?;
        state(srv, me).port = port as u16;
    } else if is(b"ip-address") {
        if value.len() >= LONGEST_ADDRESS {
            return Err(errors::replconf_address_too_long(value.len()));
        }
        state(srv, me).announced_ip = String::from_utf8_lossy(value).into();
    } else if is(b"capa") {
        let replica = state(srv, me);
        replica.capa_eof |= eq_ignore_case(value, b"eof");
        replica.capa_psync2 |= eq_ignore_case(value, b"psync2");
    } else if is(b"version") {
        let major = value.split(|b| *b == b'.').next().and_then(crate::base::num::parse_i64);
        let major = major.filter(|major| *major > 0).ok_or(errors::NOT_INT)?;
        state(srv, me).major = u32::try_from(major).unwrap_or(u32::MAX);
    } else if is(b"rdb-only") {
        let on = crate::base::num::parse_i64(value).ok_or(errors::NOT_INT)?;
        if !(0..=1).contains(&on) {
            return Err(errors::out_of_bounds(0, 1));
        }
        srv.clients[me].flags.put(Flags::RDB_ONLY, on == 1);
    } else if is(b"rdb-filter-only") {
        let parts = crate::base::bytes::split_args(value).ok_or(errors::REPLCONF_FILTER_MISSING)?;
        let replica = state(srv, me);
        replica.rdb_filter = NO_FUNCTIONS | NO_KEYS;
        for part in &parts {
            if !eq_ignore_case(part, b"functions") {
                return Err(errors::replconf_filter(part));
            }
            replica.rdb_filter &= !NO_FUNCTIONS;
        }
    } else {
        return Err(errors::replconf_unrecognized(option));
    }
    Ok(())
}

/// Bits of [`ReplicaState::rdb_filter`]: what the snapshot is to leave out.
pub(super) const NO_FUNCTIONS: u8 = 1;
pub(super) const NO_KEYS: u8 = 2;
