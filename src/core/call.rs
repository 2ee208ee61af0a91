//! `execute`: the only place that runs a handler.
//!
//! A request passes admission, runs, is counted, timed and propagated, in that order. Timing costs
//! one reading of a cheap counter per command: a command begins when the one before it ended.
//!
//! Source: Redis 7.2.4 `call`, `afterCommand`.

use crate::base::clock::Millis;
use crate::keyspace::ExpireMode;
use crate::resp::errors::{self, CmdError, code_of};
use crate::resp::reply::Reply;
use crate::resp::request::{Args, OwnedArgs};
use crate::state::blocked::Parked;
use crate::state::client::{ClientId, Flags, OutBuf};
use crate::state::host::Host;
use crate::state::spec::Flags as Cmd;

use super::ctx::{Ctx, Outcome};
use super::gate::{self, Verdict};
use super::propagate;
use super::server::Server;
use super::table::Command;

/// What became of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// Answered, queued or parked: the request is consumed.
    Done,
    /// Not touched: it must be offered again when the pause ends.
    Postponed,
}

/// Runs one request of a client.
#[inline]
pub fn execute(srv: &mut Server, host: &mut dyn Host, me: ClientId, args: Args<'_>, out: &mut Reply) -> Flow {
    let verdict = gate::admit(srv, host, me, args);
    if srv.clients[me].flags.has(Flags::TRACKING) {
        super::tracking::before_command(srv, me, out);
    }
    match verdict {
        Ok(Verdict::Run(command)) => run_top(srv, host, me, command, args, out),
        Ok(Verdict::Queue(command)) => queue(srv, me, command, args, out),
        Ok(Verdict::Postpone) => return Flow::Postponed,
        Ok(Verdict::Hangup) => hang_up(srv, me),
        Ok(Verdict::Gone) => {}
        Err(e) => reject(srv, me, args, &e, out),
    }
    Flow::Done
}

/// Runs an admitted command at depth 0, with everything that follows it.
#[inline]
pub fn run_top(
    srv: &mut Server,
    host: &mut dyn Host,
    me: ClientId,
    command: Command,
    args: Args<'_>,
    out: &mut Reply,
) {
    let mark = out.buf.len();
    let offset = srv.repl.backlog.offset();
    call(srv, host, me, command, args, out);
    let client = &mut srv.clients[me];
    client.commands_processed += 1;
    let grown = srv.repl.backlog.offset();
    if grown != offset {
        client.write_offset = grown;
    }
    const SPECIAL: Flags = Flags::REPLY_OFF
        .or(Flags::REPLY_SKIP)
        .or(Flags::MASTER)
        .or(Flags::REPLY_SKIP_NEXT)
        .or(Flags::REPLICA)
        .or(Flags::TRACKING);
    if client.flags.has(SPECIAL) || !client.out.bytes.is_empty() {
        after_reply(srv, me, Some(command), out, mark);
    }
    if command.spec.flags.has(Cmd::ADMIN.or(Cmd::NO_AUTH).or(Cmd::RUNS_QUEUE)) {
        gate::refresh(srv);
    }
    if srv.keys.awaited.has_ready() {
        super::wake::serve_ready(srv, host);
        take_late(srv, me, out);
    }
}

/// What the running client was sent by the waits that its command ended; its own, parked and woken again within its
/// turn, may be among them. It comes before the reply to its next request.
#[cold]
fn take_late(srv: &mut Server, me: ClientId, out: &mut Reply) {
    let own = &mut srv.clients[me].out;
    out.raw(own.unsent());
    own.bytes.clear();
    own.sent = 0;
}

/// What becomes of a reply that is written (from `mark`), and what comes right behind it: first keys the client
/// tracks and changed itself, then what it published to itself. These are sent whatever CLIENT REPLY says.
#[cold]
fn after_reply(srv: &mut Server, me: ClientId, command: Option<Command>, out: &mut Reply, mark: usize) {
    // Who waits has no reply yet; what CLIENT REPLY said still stands when it comes.
    if !srv.clients[me].flags.has(Flags::BLOCKED) {
        silence(srv, me, out, mark);
    }
    let published = std::mem::take(&mut srv.clients[me].out);
    if srv.clients[me].flags.has(Flags::TRACKING) {
        super::tracking::after_reply(srv, me, command);
        out.raw(srv.clients[me].out.unsent());
    }
    out.raw(published.unsent());
    srv.clients[me].out = OutBuf { soft_since_ms: published.soft_since_ms, ..OutBuf::default() };
    srv.clients.recycle(published.bytes);
}

/// CLIENT REPLY OFF and SKIP, and the link to our master, get no replies. A replica gets none either: it would
/// take them for a part of the stream, so a command that replies ends its link.
#[cold]
pub(super) fn silence(srv: &mut Server, me: ClientId, out: &mut Reply, mark: usize) {
    let client = &mut srv.clients[me];
    if client.flags.has(Flags::REPLICA) && out.buf.len() > mark {
        out.buf.truncate(mark);
        return super::alarm::reply_to_replica(srv, me);
    }
    if client.flags.has(Flags::REPLY_OFF.or(Flags::REPLY_SKIP).or(Flags::MASTER)) {
        out.buf.truncate(mark);
    }
    client.flags.clear(Flags::REPLY_SKIP);
    if client.flags.has(Flags::REPLY_SKIP_NEXT) {
        client.flags.clear(Flags::REPLY_SKIP_NEXT);
        client.flags.set(Flags::REPLY_SKIP);
    }
}

/// Runs a command that was admitted: the handler, its statistics, its propagation. EXEC and
/// scripts call it for what they contain.
pub fn call(
    srv: &mut Server,
    host: &mut dyn Host,
    me: ClientId,
    command: Command,
    args: Args<'_>,
    out: &mut Reply,
) {
    let client = &mut srv.clients[me];
    client.last_command = command.name;
    let db = client.db;
    let from_master = client.flags.has(Flags::MASTER.or(Flags::FAKE));
    let replays = client.flags.has(Flags::FAKE);
    let deny_blocking = client.flags.has(Flags::DENY_BLOCKING);
    let tracks = client.flags.has(Flags::TRACKING);
    srv.keys.no_touch = client.flags.has(Flags::NO_TOUCH) && !command.spec.flags.has(Cmd::TOUCHES);
    srv.keys.mode = expire_mode(srv, from_master);
    let dirty = srv.persist.dirty;
    let mark = out.buf.len();
    let recorded = srv.prop.len();
    let began = srv.last_tick;
    let now: Millis = srv.clock.now_ms();
    srv.prop.depth += 1;
    let mut cx = Ctx { srv, host, out, me, db, now, cmd: command, from_master, deny_blocking };
    let result = (command.run)(&mut cx, args);
    srv.prop.depth -= 1;
    let end = settle(srv, me, command, args, result, out, mark);
    if !replays {
        // What a file tells was counted when it happened.
        account(srv, me, command, args, began, end);
    }
    if !srv.clients.monitors.is_empty() && srv.blocked.earlier.is_none() && !replays {
        // After the command, which has marked its secrets by now; those that EXEC runs come before it.
        super::monitor::feed(srv, me, command, args);
    }
    if !srv.redacted.is_empty() {
        srv.redacted.clear();
    }
    super::announce::drain(srv);
    if tracks && command.spec.flags.has(Cmd::READONLY) {
        super::tracking::remember(srv, me, command, args);
    }
    // A save within the command sets the count back: that is no change.
    let changed = srv.persist.dirty > dirty;
    if !srv.keys.expired.is_empty() {
        propagate::expired_keys(srv, recorded);
    }
    if changed || srv.prop.pending() {
        srv.prop.apart = command.spec.flags.has(Cmd::TOUCHES_ARBITRARY_KEYS);
        propagate::after_command(srv, db, args, changed);
    }
}

/// Runs a command of the append-only file: no admission, no statistics, no propagation; its reply is nobody's. What is
/// between MULTI and EXEC is queued.
pub fn replay(
    srv: &mut Server,
    host: &mut dyn Host,
    me: ClientId,
    command: Command,
    args: Args<'_>,
    out: &mut Reply,
) {
    if srv.clients[me].flags.has(Flags::MULTI) && !command.spec.flags.has(Cmd::RUNS_QUEUE) {
        queue(srv, me, command, args, out);
    } else {
        call(srv, host, me, command, args, out);
    }
}

/// How this command sees keys whose time is over.
pub(super) fn expire_mode(srv: &Server, from_master: bool) -> ExpireMode {
    if from_master {
        ExpireMode::Ignore
    } else if srv.repl.is_replica() || !srv.admission.is_clear() && gate::expiry_is_held(srv) {
        ExpireMode::Hide
    } else {
        ExpireMode::Delete
    }
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Well,
    Failed,
    /// Not at all: the command waits.
    Parked,
}

/// Writes the error of a failed handler, parks a blocked client.
#[inline]
fn settle(
    srv: &mut Server,
    me: ClientId,
    command: Command,
    args: Args<'_>,
    result: Result<Outcome, CmdError>,
    out: &mut Reply,
    mark: usize,
) -> End {
    match result {
        Ok(Outcome::Done) => End::Well,
        Ok(Outcome::Block(on, deadline_ms)) => {
            let earlier = srv.blocked.earlier;
            let parked = Parked {
                on,
                deadline_ms: earlier.map_or(deadline_ms, |earlier| earlier.deadline_ms),
                command: command.id,
                args: srv.blocked.rerun_args.take().unwrap_or_else(|| OwnedArgs::from_args(args)),
                spent_us: earlier.map_or(0, |earlier| earlier.spent_us),
                ticket: 0,
                lines: Vec::new(),
            };
            super::wake::park(srv, me, parked);
            End::Parked
        }
        Err(e) => {
            out.buf.truncate(mark);
            out.fail(&e);
            count_error(srv, me, e.as_bytes());
            End::Failed
        }
    }
}

/// Counts an error reply; on the replication link it is also an alarm.
pub fn count_error(srv: &mut Server, me: ClientId, text: &[u8]) {
    srv.stats.total_error_replies += 1;
    srv.command_stats.count_error(code_of(text));
    let Some(client) = srv.clients.get(me) else { return };
    let link = client.flags.has(Flags::MASTER.or(Flags::REPLICA)) && srv.persist.loading.is_none();
    if link || client.flags.has(Flags::FAKE) {
        super::alarm::link_error(srv, me, text);
    }
}

/// Adds one call to the statistics, and looks whether it was slow. A command that waits is counted when its wait
/// has ended, with the time of all its runs.
#[inline]
fn account(srv: &mut Server, me: ClientId, command: Command, args: Args<'_>, began: u64, end: End) {
    let ended = srv.clock.ticks();
    srv.last_tick = ended;
    let us = srv.clock.ticks_to_us(ended.saturating_sub(began));
    srv.stats.eventloop_cmd_us += if srv.prop.depth == 0 { us } else { 0 };
    if us >= srv.latency.threshold_us() {
        note_spike(srv, command, us);
    }
    if end == End::Parked {
        return spent(srv, me, us);
    }
    let us = us + srv.blocked.earlier.map_or(0, |earlier| earlier.spent_us);
    count_call(srv, me, command, args, us, end == End::Failed);
}

/// A command that waits has run for so long.
#[cold]
fn spent(srv: &mut Server, me: ClientId, us: u64) {
    if let Some(parked) = &mut srv.clients[me].parked {
        parked.spent_us += us;
    }
}

/// Counts a command whose wait ended without another run.
pub(super) fn account_waited(srv: &mut Server, me: ClientId, parked: &Parked, failed: bool) {
    let command = srv.table.by_id(parked.command);
    count_call(srv, me, command, parked.args.as_args(), parked.spent_us, failed);
}

/// Counts a call that took `us` microseconds.
#[inline]
fn count_call(srv: &mut Server, me: ClientId, command: Command, args: Args<'_>, us: u64, failed: bool) {
    let stat = &mut srv.command_stats.by_id[usize::from(command.id)];
    stat.calls += 1;
    stat.usec += us;
    stat.failed += u64::from(failed);
    srv.stats.commands_processed += 1;
    if srv.config.latency_tracking {
        stat.latency.get_or_insert_default().record(us);
    }
    let slow_us = srv.config.slowlog_log_slower_than;
    if slow_us >= 0 && us as i64 >= slow_us {
        note_slow(srv, me, command, args, us);
    }
}

#[cold]
fn note_slow(srv: &mut Server, me: ClientId, command: Command, args: Args<'_>, us: u64) {
    if !command.spec.flags.has(Cmd::SKIP_SLOWLOG) {
        let client = &srv.clients[me];
        let now_s = srv.clock.now_ms() / 1000;
        let max = srv.config.slowlog_max_len;
        if srv.redacted.is_empty() {
            srv.slowlog.push(now_s, us, args, &client.addr, &client.name, max);
        } else {
            let shown = super::redact::covered(args, &srv.redacted);
            srv.slowlog.push(now_s, us, shown.as_args(), &client.addr, &client.name, max);
        }
    }
}

/// Latency monitor: each run counts for itself.
#[cold]
fn note_spike(srv: &mut Server, command: Command, us: u64) {
    let event = if command.spec.flags.has(Cmd::FAST) { "fast-command" } else { "command" };
    srv.latency.add(event, srv.clock.now_ms() / 1000, us / 1000);
}

/// Answers a request that was not admitted; inside MULTI it also spoils the transaction, and a refused EXEC
/// ends it.
#[cold]
fn reject(srv: &mut Server, me: ClientId, args: Args<'_>, e: &CmdError, out: &mut Reply) {
    let command = gate::lookup(srv, args);
    if let Some(command) = command {
        srv.command_stats.by_id[usize::from(command.id)].rejected += 1;
    }
    let client = &mut srv.clients[me];
    client.last_command = command.map_or("NULL", |command| command.name);
    if client.flags.has(Flags::MULTI) {
        client.flags.set(Flags::DIRTY_EXEC);
    }
    let mark = out.buf.len();
    match command.filter(|command| command.spec.flags.has(Cmd::RUNS_QUEUE)) {
        Some(exec) => {
            super::lifecycle::discard_transaction(srv, me);
            let e = errors::exec_abort_because(e);
            out.fail(&e);
            count_error(srv, me, e.as_bytes());
            // MONITOR saw MULTI; let it see the end.
            if !srv.clients.monitors.is_empty() {
                super::monitor::feed(srv, me, exec, args);
            }
        }
        None => {
            out.fail(e);
            count_error(srv, me, e.as_bytes());
        }
    }
    after_reply(srv, me, command, out, mark);
}

/// Queues a command for EXEC.
fn queue(srv: &mut Server, me: ClientId, command: Command, args: Args<'_>, out: &mut Reply) {
    let client = &mut srv.clients[me];
    client.last_command = command.name;
    // A transaction that will be refused need not remember its commands.
    if !client.flags.has(Flags::DIRTY_EXEC.or(Flags::DIRTY_CAS)) {
        let multi = client.multi.get_or_insert_default();
        // As Redis counts it for CLIENT LIST: the bytes of the arguments and a pointer to each.
        multi.queue_bytes += args.iter().map(|arg| arg.len() + size_of::<usize>()).sum::<usize>();
        multi.flags = multi.flags.or(command.spec.flags);
        multi.common_flags = multi.common_flags.and(command.spec.flags);
        multi.queue.push((command.id, OwnedArgs::from_args(args)));
    }
    let mark = out.buf.len();
    out.queued();
    silence(srv, me, out, mark);
}

fn hang_up(srv: &mut Server, me: ClientId) {
    super::alarm::cross_protocol(srv, me);
    srv.clients.close(me);
}
