//! Replication commands: REPLICAOF, ROLE, the handshake's REPLCONF, PSYNC and SYNC, WAIT and WAITAOF.
//!
//! Thin: arguments are read here, what they mean is in `repl`.
//!
//! Source: Redis 7.2.4 `replication.c`.

use crate::base::bytes::eq_ignore_case;
use crate::base::num::parse_i64;
use crate::cmd::specs;
use crate::core::ctx::{Ctx, Outcome};
use crate::core::table::Row;
use crate::repl::{failover as handover, primary, replica, wait};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::client::{ClientId, Flags as Client};
use crate::state::replication::{SyncState, replica_ip};

/// The rows.
pub const ROWS: &[Row] = &[
    Row::new(specs::server::REPLICAOF, replicaof),
    Row::new(specs::server::SLAVEOF, replicaof),
    Row::new(specs::server::ROLE, role),
    Row::new(specs::server::PSYNC, psync),
    Row::new(specs::server::SYNC, sync),
    Row::new(specs::server::REPLCONF, replconf),
    Row::new(specs::server::FAILOVER, failover),
    Row::new(specs::generic::WAIT, wait_for),
    Row::new(specs::generic::WAITAOF, wait_aof),
];

fn replicaof(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    if cx.srv.repl.failover.is_some() {
        return Err(errors::REPLICAOF_FAILING_OVER);
    }
    let (host, port) = (args.at(1), args.at(2));
    if eq_ignore_case(host, b"no") && eq_ignore_case(port, b"one") {
        if cx.srv.repl.is_replica() {
            replica::promote(cx.srv, cx.host);
            replica::log_request(cx, "MASTER MODE enabled (user request from ", args);
        }
        cx.out.ok();
        return Ok(Outcome::Done);
    }
    if cx.client().flags.has(Client::REPLICA) {
        return Err(errors::REPLICAOF_BY_REPLICA);
    }
    let port = parse_i64(port).and_then(|port| u16::try_from(port).ok()).ok_or(errors::REPLICAOF_BAD_PORT)?;
    let host = String::from_utf8_lossy(host).into_owned();
    if replica::follows(cx.srv, &host, port) {
        crate::log_notice!(
            "REPLICAOF would result into synchronization with the master we are already connected with. No \
             operation performed."
        );
        cx.out.simple("OK Already connected to specified master");
        return Ok(Outcome::Done);
    }
    replica::follow(cx.srv, cx.host, &host, port);
    replica::log_request(cx, &format!("REPLICAOF {host}:{port} enabled (user request from "), args);
    cx.out.ok();
    Ok(Outcome::Done)
}

fn role(cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    if cx.srv.repl.is_replica() {
        replica::role(cx);
        return Ok(Outcome::Done);
    }
    cx.out.array(3);
    cx.out.bulk(b"master");
    cx.out.int(cx.srv.repl.backlog.offset());
    let online = |id: &ClientId| {
        let client = cx.srv.clients.get(*id)?;
        let replica = client.replica.as_deref()?;
        matches!(replica.sync, SyncState::Online).then_some((client, replica))
    };
    let replicas: Vec<_> = cx.srv.repl.replicas.iter().filter_map(online).collect();
    cx.out.array(replicas.len());
    for (client, replica) in replicas {
        cx.out.array(3);
        cx.out.bulk(replica_ip(client).as_bytes());
        cx.out.bulk_int(replica.port.into());
        cx.out.bulk_int(replica.ack_offset);
    }
    Ok(Outcome::Done)
}

fn psync(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (id, number) = (args.at(1), args.at(2));
    if args.get(3).is_some_and(|word| eq_ignore_case(word, b"failover"))
        && !cx.client().flags.has(Client::REPLICA)
    {
        take_over(cx, id, args)?;
    }
    primary::sync(cx, Some((id, number)))?;
    Ok(Outcome::Done)
}

/// `PSYNC id number FAILOVER`: our master makes us the master before it follows us.
fn take_over(cx: &mut Ctx<'_>, id: &[u8], args: Args<'_>) -> Result<(), CmdError> {
    crate::log_notice!("Failover request received for replid {}.", String::from_utf8_lossy(id));
    if !cx.srv.repl.is_replica() {
        return Err(errors::PSYNC_FAILOVER_MASTER);
    }
    if !eq_ignore_case(id, &cx.srv.repl.ids.replid) {
        return Err(errors::PSYNC_FAILOVER_REPLID);
    }
    replica::promote(cx.srv, cx.host);
    replica::log_request(cx, "MASTER MODE enabled (failover request from ", args);
    Ok(())
}

fn sync(cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    primary::sync(cx, None)?;
    Ok(Outcome::Done)
}

fn replconf(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    if args.len().is_multiple_of(2) {
        return Err(errors::SYNTAX);
    }
    for at in (1..args.len()).step_by(2) {
        let (option, value) = (args.at(at), args.at(at + 1));
        if eq_ignore_case(option, b"ack") {
            acknowledge(cx, args, at);
            return Ok(Outcome::Done);
        }
        if eq_ignore_case(option, b"getack") {
            cx.srv.repl.ack_due = true;
            return Ok(Outcome::Done);
        }
        primary::describe(cx.srv, cx.me, option, value)?;
    }
    cx.out.ok();
    Ok(Outcome::Done)
}

/// `REPLCONF ACK offset [FACK offset]`: never answered, and ignored when it makes no sense.
fn acknowledge(cx: &mut Ctx<'_>, args: Args<'_>, at: usize) {
    if !cx.client().flags.has(Client::REPLICA) {
        return;
    }
    let Some(offset) = parse_i64(args.at(at + 1)) else { return };
    let fack = args.get(at + 2).filter(|word| eq_ignore_case(word, b"fack"));
    let fsynced = fack.and_then(|_| args.get(at + 3)).and_then(parse_i64);
    primary::acknowledged(cx.srv, cx.me, offset, fsynced);
}

/// `FAILOVER [TO host port [FORCE]] [TIMEOUT ms] | ABORT`.
fn failover(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    if args.len() == 2 && eq_ignore_case(args.at(1), b"abort") {
        handover::abort_by_user(cx.srv, cx.host)?;
    } else {
        handover::begin(cx.srv, read_wish(args)?)?;
    }
    cx.out.ok();
    Ok(Outcome::Done)
}

fn read_wish(args: Args<'_>) -> Result<handover::Wish, CmdError> {
    let mut wish = handover::Wish::default();
    let mut at = 1;
    while at < args.len() {
        let is = |word: &[u8]| eq_ignore_case(args.at(at), word);
        if is(b"timeout") && at + 1 < args.len() && wish.timeout_ms.is_none() {
            let ms = parse_i64(args.at(at + 1)).ok_or(errors::NOT_INT)?;
            if ms <= 0 {
                return Err(errors::FAILOVER_TIMEOUT);
            }
            wish.timeout_ms = Some(ms);
            at += 2;
        } else if is(b"to") && at + 2 < args.len() && wish.target.is_none() {
            let port = parse_i64(args.at(at + 2)).ok_or(errors::NOT_INT)?;
            let port = u16::try_from(port).map_err(|_| errors::FAILOVER_TARGET_UNKNOWN)?;
            wish.target = Some((String::from_utf8_lossy(args.at(at + 1)).into_owned(), port));
            at += 3;
        } else if is(b"force") && !wish.force {
            wish.force = true;
            at += 1;
        } else {
            return Err(errors::SYNTAX);
        }
    }
    Ok(wish)
}

fn wait_for(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    wait::wait(cx, args.at(1), args.at(2))
}

fn wait_aof(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    wait::wait_aof(cx, args.at(1), args.at(2), args.at(3))
}

#[cfg(test)]
mod cluster;
#[cfg(test)]
mod failover_tests;
#[cfg(test)]
mod fullsync_tests;
#[cfg(test)]
mod tests;
