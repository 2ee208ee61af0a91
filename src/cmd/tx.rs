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

use crate::cmd::specs;
use crate::core::ctx::{Ctx, Outcome};
use crate::core::table::Row;
use crate::core::{call, lifecycle, watch};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::client::Flags as Client;

/// The family's rows.
pub const ROWS: &[Row] = &[
    Row::new(specs::transactions::MULTI, multi),
    Row::new(specs::transactions::EXEC, exec),
    Row::new(specs::transactions::DISCARD, discard),
    Row::new(specs::transactions::WATCH, watch),
    Row::new(specs::transactions::UNWATCH, unwatch),
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

#[cfg(test)]
mod tests {
    use crate::cmd::testing::Desk;
    use crate::core::watch;
    use crate::keyspace::SetExpire;

    /// Runs the lines, and returns the last reply.
    fn all(desk: &mut Desk, who: crate::state::client::ClientId, lines: &[&str]) -> String {
        lines.iter().fold(String::new(), |_, line| desk.ask(who, line))
    }

    #[test]
    fn a_transaction_is_one_unit_of_the_stream() {
        let mut desk = Desk::new();
        let me = desk.client();
        let reply = all(&mut desk, me, &["multi", "set a 1", "incr a", "get a", "exec"]);
        assert_eq!(reply, "*3|+OK|:2|$1|2|");
        assert_eq!(desk.stream(), "MULTI; SELECT 0; set a 1; incr a; EXEC");
        all(&mut desk, me, &["multi", "incr a", "append a x", "incr a", "exec"]);
        assert_eq!(desk.stream(), "MULTI; incr a; append a x; EXEC");
        all(&mut desk, me, &["multi", "get a", "set b 1", "exec"]);
        assert_eq!(desk.stream(), "set b 1", "one operation needs no wrapping");
        assert_eq!(all(&mut desk, me, &["multi", "get b", "exec"]), "*1|$1|1|");
        assert_eq!(all(&mut desk, me, &["multi", "exec"]), "*0|");
        assert_eq!(desk.stream(), "");
    }

    #[test]
    fn a_key_that_dies_in_the_middle_goes_in_the_middle() {
        let mut desk = Desk::new();
        let me = desk.client();
        all(&mut desk, me, &["set a 1", "multi", "set k v pxat 5", "get k", "set a 2"]);
        desk.stream();
        assert_eq!(desk.ask(me, "exec"), "*3|+OK|$-1|+OK|");
        assert_eq!(desk.stream(), "MULTI; set k v pxat 5; DEL k; set a 2; EXEC");
    }

    #[test]
    fn misuse_has_its_texts() {
        let mut desk = Desk::new();
        let me = desk.client();
        assert_eq!(desk.ask(me, "exec"), "-ERR EXEC without MULTI|");
        assert_eq!(desk.ask(me, "discard"), "-ERR DISCARD without MULTI|");
        assert_eq!(all(&mut desk, me, &["multi", "multi"]), "-ERR MULTI calls can not be nested|");
        assert_eq!(desk.ask(me, "watch a"), "-ERR WATCH inside MULTI is not allowed|");
        assert_eq!(desk.ask(me, "exec"), "*0|", "neither spoils the transaction");
        let spoiled = "-EXECABORT Transaction discarded because of previous errors.|";
        assert_eq!(all(&mut desk, me, &["multi", "nosuch", "set a 1", "exec"]), spoiled);
        assert_eq!(all(&mut desk, me, &["multi", "get", "discard", "get a"]), "$-1|");
        let refused =
            "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command|";
        assert_eq!(all(&mut desk, me, &["multi", "set a 1", "exec x"]), refused);
        assert_eq!(desk.ask(me, "exec"), "-ERR EXEC without MULTI|");
        assert!(desk.srv.clients[me].multi.is_none() && desk.srv.watches.is_empty());
    }

    #[test]
    fn watched_keys_fail_exec_when_they_change() {
        let mut desk = Desk::new();
        let (me, other) = (desk.client(), desk.client());
        let fails = |desk: &mut Desk, before: &[&str], change: &dyn Fn(&mut Desk)| {
            all(desk, other, &["set k v", "set kept v"]);
            all(desk, me, before);
            change(desk);
            all(desk, me, &["multi", "ping", "exec"]) == "*-1|"
        };
        assert!(!fails(&mut desk, &["watch k"], &|_| ()));
        assert!(fails(&mut desk, &["watch x k"], &|desk| drop(desk.ask(other, "append k x"))));
        assert!(!fails(&mut desk, &["watch k"], &|desk| drop(desk.ask(other, "get k"))));
        assert!(!fails(&mut desk, &["watch k", "unwatch"], &|desk| drop(desk.ask(other, "getdel k"))));
        assert!(fails(&mut desk, &["watch k"], &|desk| drop(desk.ask(me, "set k 2"))));
        assert!(!fails(&mut desk, &["watch kept"], &|desk| drop(desk.ask(other, "set k 2"))));
        // Time passes: a fail, unless the key was dead before.
        let dies = ["set k v px 10", "watch k"];
        assert!(fails(&mut desk, &dies, &|desk| desk.srv.clock.advance(11)));
        assert!(fails(&mut desk, &dies, &|desk| {
            desk.srv.clock.advance(11);
            desk.ask(other, "get k");
        }));
        assert!(!fails(&mut desk, &["set k v pxat 5", "watch k"], &|desk| drop(desk.ask(other, "get k"))));
        assert!(fails(&mut desk, &["set k v pxat 5", "watch k"], &|desk| drop(desk.ask(other, "set k w"))));
    }

    #[test]
    fn whole_databases_touch_the_keys_they_hold() {
        let mut desk = Desk::new();
        let me = desk.client();
        let fails = |desk: &mut Desk, before: &[&str], other: Option<usize>| {
            all(desk, me, before);
            watch::touch_all_watched(&mut desk.srv, 0, other);
            match other {
                None => drop(desk.srv.keys.flush(Some(0))),
                Some(other) => assert!(desk.srv.keys.swap(0, other)),
            }
            all(desk, me, &["multi", "ping", "exec"]) == "*-1|"
        };
        assert!(fails(&mut desk, &["set k v", "watch k"], None));
        assert!(!fails(&mut desk, &["watch none"], None));
        assert!(!fails(&mut desk, &["set k v pxat 5", "watch k"], None), "a dead key that goes is no change");
        desk.srv.keys.set_string(1, b"none", b"v", SetExpire::Clear, 0);
        assert!(fails(&mut desk, &["watch none"], Some(1)));
        desk.srv.keys.swap(0, 1);
        desk.srv.keys.set_expire(1, b"none", Some(5));
        assert!(!fails(&mut desk, &["watch none"], Some(1)), "absent before, dead after");
    }

    #[test]
    fn nobody_blocks_inside() {
        let mut desk = Desk::new();
        let me = desk.client();
        all(&mut desk, me, &["multi", "ping", "exec"]);
        let flags = desk.srv.clients[me].flags;
        assert!(!flags.has(super::Client::DENY_BLOCKING) && !flags.has(super::Client::MULTI));
        let calls = |desk: &Desk, name: &str| {
            let id = desk.srv.table.find(name.as_bytes()).unwrap().id;
            desk.srv.command_stats.by_id[usize::from(id)].calls
        };
        assert_eq!(
            (calls(&desk, "ping"), calls(&desk, "exec"), desk.srv.stats.commands_processed),
            (1, 1, 3)
        );
    }
}
