//! Parking clients and waking them.
//!
//! A parked client runs nothing and reads nothing: its further requests wait in its query buffer.
//! A wait ends when what it waits for has happened, when its deadline passes, or when CLIENT
//! UNBLOCK says so. Waiters are looked at in order of arrival, before sleep and by cron.
//!
//! Source: Redis 7.2.4 `blocked.c`, `processClientsWaitingReplicas`.

use crate::resp::errors::CmdError;
use crate::resp::reply::Reply;
use crate::state::blocked::{Parked, WaitFor};
use crate::state::client::{ClientId, Flags};

use super::server::Server;

/// Parks a client.
pub fn park(srv: &mut Server, me: ClientId, parked: Parked) {
    if matches!(parked.on, WaitFor::Replicas { .. } | WaitFor::Aof { .. }) {
        srv.blocked.on_replicas += 1;
        srv.blocked.want_acks = true;
    }
    let client = &mut srv.clients[me];
    client.flags.set(Flags::BLOCKED);
    client.parked = Some(Box::new(parked));
    srv.blocked.list.push(me);
}

/// Ends a wait without a reply, and lets the client's further requests run.
pub fn unpark(srv: &mut Server, me: ClientId) -> Option<Box<Parked>> {
    let client = srv.clients.get_mut(me)?;
    let parked = client.parked.take()?;
    client.flags.clear(Flags::BLOCKED);
    srv.blocked.list.retain(|c| *c != me);
    if matches!(parked.on, WaitFor::Replicas { .. } | WaitFor::Aof { .. }) {
        srv.blocked.on_replicas -= 1;
    }
    srv.clients.want_read(me);
    Some(parked)
}

/// Ends a wait with a reply.
pub fn answer(srv: &mut Server, me: ClientId, write: impl FnOnce(&mut Reply)) {
    if unpark(srv, me).is_none() {
        return;
    }
    send(srv, me, write);
}

/// Ends a wait with an error, which makes the call that began it a failed one.
pub fn fail(srv: &mut Server, me: ClientId, e: &CmdError) {
    let Some(parked) = unpark(srv, me) else { return };
    srv.command_stats.by_id[usize::from(parked.command)].failed += 1;
    super::call::count_error(srv, me, e.as_bytes());
    send(srv, me, |out| out.fail(e));
}

/// Sends a reply outside of the client's own turn. CLIENT REPLY OFF is honoured.
pub fn send(srv: &mut Server, me: ClientId, write: impl FnOnce(&mut Reply)) {
    let Some(client) = srv.clients.get(me) else { return };
    if client.flags.has(Flags::REPLY_OFF.or(Flags::MASTER)) {
        return;
    }
    let resp3 = client.resp3;
    let mut reply = Reply::over(srv.clients.spare_buffer(), resp3);
    write(&mut reply);
    srv.clients.send(me, &reply.buf);
    srv.clients.recycle(reply.buf);
}

/// How many online replicas acknowledged at least `offset`.
pub fn replicas_at(srv: &Server, offset: i64) -> usize {
    srv.repl
        .replicas
        .iter()
        .filter_map(|id| srv.clients.get(*id)?.replica.as_ref())
        .filter(|r| matches!(r.sync, crate::state::replication::SyncState::Online) && r.ack_offset >= offset)
        .count()
}

/// How many online replicas have at least `offset` on their disks.
pub fn replicas_fsynced_at(srv: &Server, offset: i64) -> usize {
    srv.repl
        .replicas
        .iter()
        .filter_map(|id| srv.clients.get(*id)?.replica.as_ref())
        .filter(|r| {
            matches!(r.sync, crate::state::replication::SyncState::Online) && r.aof_ack_offset >= offset
        })
        .count()
}

/// Answers the WAITs whose replicas have acknowledged. Called before sleep.
pub fn acknowledged(srv: &mut Server) {
    srv.blocked.acks_changed = false;
    if srv.blocked.on_replicas == 0 {
        return;
    }
    let waiting = srv.blocked.list.clone();
    for me in waiting {
        let Some(parked) = srv.clients.get(me).and_then(|c| c.parked.as_ref()) else { continue };
        match parked.on {
            WaitFor::Replicas { replicas, offset } => {
                let have = replicas_at(srv, offset);
                if have >= replicas {
                    answer(srv, me, |out| out.int(have as i64));
                }
            }
            WaitFor::Aof { local: false, replicas, offset } => {
                let have = replicas_fsynced_at(srv, offset);
                if have >= replicas {
                    answer(srv, me, |out| fsynced(out, have));
                }
            }
            _ => {}
        }
    }
}

/// WAITAOF's reply: local fsyncs (there is no append-only file), replicas.
pub fn fsynced(out: &mut Reply, replicas: usize) {
    out.array(2);
    out.int(0);
    out.int(replicas as i64);
}

/// Ends the waits whose deadline has passed. Called by cron and when the nearest deadline is due.
pub fn deadlines(srv: &mut Server) {
    if srv.blocked.list.is_empty() {
        return;
    }
    let now = srv.clock.now_ms();
    let due: Vec<ClientId> = srv
        .blocked
        .list
        .iter()
        .copied()
        .filter(|me| {
            let parked = srv.clients.get(*me).and_then(|c| c.parked.as_ref());
            parked.is_some_and(|p| p.deadline_ms.is_some_and(|at| at <= now))
        })
        .collect();
    for me in due {
        time_out(srv, me);
    }
}

/// Ends one wait as its deadline does.
pub fn time_out(srv: &mut Server, me: ClientId) {
    let Some(parked) = srv.clients.get(me).and_then(|c| c.parked.as_ref()) else { return };
    match parked.on {
        WaitFor::Replicas { offset, .. } => {
            let have = replicas_at(srv, offset);
            answer(srv, me, |out| out.int(have as i64));
        }
        WaitFor::Aof { offset, .. } => {
            let have = replicas_fsynced_at(srv, offset);
            answer(srv, me, |out| fsynced(out, have));
        }
        WaitFor::Keys { .. } => answer(srv, me, |out| out.null_array()),
        WaitFor::Shutdown => {
            unpark(srv, me);
        }
    }
}

/// The nearest deadline of all waits (Unix ms), for the loop's timeout.
pub fn nearest_deadline(srv: &Server) -> Option<i64> {
    let waits = srv.blocked.list.iter().filter_map(|me| srv.clients.get(*me)?.parked.as_ref()?.deadline_ms);
    waits.chain(srv.blocked.pause.map(|(_, end)| end)).min()
}

/// Lets the clients run again whose command a pause put off, once it is over.
pub fn end_of_pause(srv: &mut Server) {
    let now = srv.clock.now_ms();
    if srv.blocked.pause.is_some_and(|(_, end)| end <= now) {
        srv.blocked.pause = None;
    }
    if srv.blocked.postponed.is_empty() || srv.blocked.paused(now).is_some() {
        return;
    }
    super::gate::refresh(srv);
    for me in std::mem::take(&mut srv.blocked.postponed) {
        if let Some(client) = srv.clients.get_mut(me) {
            client.flags.clear(Flags::POSTPONED);
            srv.clients.want_read(me);
        }
    }
}
