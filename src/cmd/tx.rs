//! MULTI, EXEC, DISCARD, WATCH, UNWATCH.
//!
//! Between MULTI and EXEC admission queues commands instead of running them (`core::gate`, `core::call`); a
//! command refused there spoils the transaction. EXEC runs the queue one command after the other under the
//! depth of its own call: nothing of what they record leaves before the end, and then it goes out as one unit,
//! wrapped in MULTI/EXEC when it is more than one operation (`core::propagate`). EXEC itself is never sent.
//!
//! A queued command that would block answers at once (`DENY_BLOCKING`). One that fails does not stop the rest.
//!
//! Source: Redis 7.2.4 `multi.c`.

use crate::core::ctx::{Ctx, Outcome};
use crate::core::table::{Handler, Row};
use crate::core::{call, lifecycle, watch};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::client::Flags as Client;
use crate::state::spec::{CommandSpec, Flags};

const ANY_TIME: Flags =
    Flags::NOSCRIPT.or(Flags::LOADING).or(Flags::STALE).or(Flags::FAST).or(Flags::ALLOW_BUSY);
const EXEC: Flags = Flags::NOSCRIPT
    .or(Flags::LOADING)
    .or(Flags::STALE)
    .or(Flags::SKIP_SLOWLOG)
    .or(Flags::NO_QUEUE)
    .or(Flags::RUNS_QUEUE);

const fn row(name: &'static str, arity: i32, flags: Flags, run: Handler) -> Row {
    Row { run, spec: CommandSpec { name, arity, flags, ..CommandSpec::EMPTY }, subs: &[] }
}

/// The family's rows.
pub const ROWS: &[Row] = &[
    row("multi", 1, ANY_TIME.or(Flags::NO_QUEUE), multi),
    row("exec", 1, EXEC, exec),
    row("discard", 1, ANY_TIME.or(Flags::NO_QUEUE), discard),
    row("watch", -2, ANY_TIME.or(Flags::NO_QUEUE), watch),
    row("unwatch", 1, ANY_TIME, unwatch),
];

/// `MULTI`
fn multi(cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    let client = cx.client();
    if client.flags.has(Client::MULTI) {
        return Err(errors::MULTI_NESTED);
    }
    client.flags.set(Client::MULTI);
    cx.out.ok();
    Ok(Outcome::Done)
}

/// `DISCARD`
fn discard(cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    if !cx.client().flags.has(Client::MULTI) {
        return Err(errors::DISCARD_WITHOUT_MULTI);
    }
    lifecycle::discard_transaction(cx.srv, cx.me);
    cx.out.ok();
    Ok(Outcome::Done)
}

/// `WATCH key [key …]`
fn watch(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let flags = cx.client().flags;
    if flags.has(Client::MULTI) {
        return Err(errors::WATCH_IN_MULTI);
    }
    // EXEC will fail already: no use in watching more.
    if !flags.has(Client::DIRTY_CAS) {
        args.iter().skip(1).for_each(|key| watch::add(cx.srv, cx.me, cx.db, key));
    }
    cx.out.ok();
    Ok(Outcome::Done)
}

/// `UNWATCH`
fn unwatch(cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    lifecycle::unwatch_all(cx.srv, cx.me);
    cx.out.ok();
    Ok(Outcome::Done)
}

/// `EXEC`
fn exec(cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    let flags = cx.client().flags;
    if !flags.has(Client::MULTI) {
        return Err(errors::EXEC_WITHOUT_MULTI);
    }
    let touched = flags.has(Client::DIRTY_CAS) || watch::any_expired(cx.srv, cx.me);
    if flags.has(Client::DIRTY_EXEC) {
        lifecycle::discard_transaction(cx.srv, cx.me);
        return Err(errors::EXECABORT);
    }
    if touched {
        lifecycle::discard_transaction(cx.srv, cx.me);
        cx.out.null_array();
        return Ok(Outcome::Done);
    }
    // Nobody needs to tell us any more what the queue is about to change.
    lifecycle::unwatch_all(cx.srv, cx.me);
    run_queue(cx);
    lifecycle::discard_transaction(cx.srv, cx.me);
    cx.record_nothing();
    Ok(Outcome::Done)
}

/// Runs the queued commands, each with the reply it would have got alone.
fn run_queue(cx: &mut Ctx<'_>) {
    let me = cx.me;
    let client = cx.client();
    let queue = client.multi.as_mut().map(|multi| std::mem::take(&mut multi.queue)).unwrap_or_default();
    let denied = client.flags.has(Client::DENY_BLOCKING);
    client.flags.set(Client::DENY_BLOCKING);
    cx.out.array(queue.len());
    for (id, args) in &queue {
        let command = cx.srv.table.by_id(*id);
        call::call(cx.srv, cx.host, me, command, args.as_args(), cx.out);
    }
    let name = cx.cmd.name;
    let client = cx.client();
    client.flags.put(Client::DENY_BLOCKING, denied);
    client.last_command = name;
}
