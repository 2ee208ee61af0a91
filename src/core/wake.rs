//! Parking clients and waking them.
//!
//! A parked client runs nothing and reads nothing: its further requests wait in its query buffer. A wait ends
//! when what it waits for has happened, when its deadline passes, or when CLIENT UNBLOCK says so.
//!
//! **Keys.** A command that waits for a key is not answered by whoever makes the key; it is run again, from
//! admission on, with the arguments it came with. So it sees the data as any command would, checks types,
//! replies and propagates by its own code, and may find that it must wait on. Keys become ready in
//! `keyspace::awaited`, by whatever made them; [`serve_ready`] goes through them after each top-level command
//! (a whole EXEC is one) and before sleep, oldest signal first, each line from its head, until nothing is ready
//! any more: a BLMOVE that is served may wake the next. Whoever must wait on goes to the end of the line, with
//! the deadline it had.
//!
//! **Pauses.** What CLIENT PAUSE holds back is not run again either: it keeps its place in the line, and the
//! awaited keys are looked at anew when the pause is over. Redis takes such a client out of the line.
//!
//! **Statistics.** A command that waited counts as one call, when it ends; its time is what its runs took, not
//! the wait. MONITOR saw it when it came.
//!
//! With nobody parked all of this costs one branch a command.
//!
//! Deviation: in Redis 7.2.4 a command that must wait on begins its time-out anew, and one client that pushes
//! and takes back often enough keeps it waiting for ever (later versions keep the deadline, as we do).
//!
//! Source: Redis 7.2.4 `blocked.c`, `processClientsWaitingReplicas`.

use crate::keyspace::awaited::KeyId;
use crate::resp::errors::{self, CmdError};
use crate::resp::reply::Reply;
use crate::state::blocked::{Earlier, Parked, WaitFor};
use crate::state::client::{ClientId, Flags};
use crate::state::host::Host;

use super::server::Server;
use super::{call, gate, input};

/// Parks a client.
pub fn park(srv: &mut Server, me: ClientId, mut parked: Parked) {
    parked.ticket = srv.blocked.next_ticket();
    if let WaitFor::Keys(wait) = &mut parked.on {
        let ticket = parked.ticket;
        for key in std::mem::take(&mut wait.keys) {
            parked.lines.extend(srv.keys.awaited.join(wait.db, key, ticket, wait.on_nokey));
        }
    }
    srv.blocked.add(me, &parked);
    let client = &mut srv.clients[me];
    client.flags.set(Flags::BLOCKED);
    client.parked = Some(Box::new(parked));
}

/// Takes a client out of all lists; it may run again.
fn release(srv: &mut Server, me: ClientId) -> Option<Box<Parked>> {
    let client = srv.clients.get_mut(me)?;
    let parked = client.parked.take()?;
    client.flags.clear(Flags::BLOCKED);
    srv.blocked.remove(&parked);
    if let WaitFor::Keys(wait) = &parked.on {
        for line in &parked.lines {
            srv.keys.awaited.leave(*line, parked.ticket, wait.on_nokey);
        }
    }
    Some(parked)
}

/// Ends a wait without a reply, and lets the client's further requests run.
pub fn unpark(srv: &mut Server, me: ClientId) -> Option<Box<Parked>> {
    let parked = release(srv, me)?;
    srv.clients.want_read(me);
    Some(parked)
}

/// Ends a wait with a reply.
pub fn answer(srv: &mut Server, me: ClientId, write: impl FnOnce(&mut Reply)) {
    let Some(parked) = unpark(srv, me) else { return };
    call::account_waited(srv, me, &parked, false);
    finish(srv, me, write);
}

/// Ends a wait with an error, which makes the call that began it a failed one.
pub fn fail(srv: &mut Server, me: ClientId, e: &CmdError) {
    let Some(parked) = unpark(srv, me) else { return };
    call::count_error(srv, me, e.as_bytes());
    call::account_waited(srv, me, &parked, true);
    finish(srv, me, |out| out.fail(e));
}

/// Sends the reply that the waiting command owes, unless CLIENT REPLY SKIP was said before it.
fn finish(srv: &mut Server, me: ClientId, write: impl FnOnce(&mut Reply)) {
    let Some(client) = srv.clients.get_mut(me) else { return };
    let skipped = client.flags.has(Flags::REPLY_SKIP);
    client.flags.clear(Flags::REPLY_SKIP);
    if !skipped {
        send(srv, me, write);
    }
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

/// Runs the commands again that wait for keys which have become ready, until none is ready.
#[cold]
pub fn serve_ready(srv: &mut Server, host: &mut dyn Host) {
    // While a data set loads nothing runs; its keys are looked at when it is whole.
    let loads = srv.persist.loading.as_ref().is_some_and(|loading| !loading.async_loading);
    if srv.blocked.serving || loads {
        return;
    }
    srv.blocked.serving = true;
    while let Some(key) = srv.keys.awaited.next_ready() {
        serve_key(srv, host, key);
    }
    srv.blocked.serving = false;
}

/// Offers a ready key to those in its line now; who has to wait on is not offered it twice.
fn serve_key(srv: &mut Server, host: &mut dyn Host, key: KeyId) {
    let Some((db, name, last)) = srv.keys.awaited.look(key) else { return };
    let mut at = 0;
    while let Some(ticket) = srv.keys.awaited.next_in_line(key, at, last) {
        at = ticket;
        let Some(me) = srv.blocked.holder(ticket) else { continue };
        srv.keys.mode = call::expire_mode(srv, false);
        let kind = srv.keys.glance(db, &name, srv.clock.now_ms()).map(|entry| entry.type_name());
        if kind.is_none() && srv.keys.awaited.len_on_nokey() == 0 {
            // The first took it all: nobody behind has anything to look for.
            return;
        }
        serve_client(srv, host, me, kind);
    }
}

/// Runs a parked client's command again if that type of value, or the lack of one, is what it waits for.
fn serve_client(srv: &mut Server, host: &mut dyn Host, me: ClientId, kind: Option<&str>) {
    let Some(client) = srv.clients.get(me) else { return };
    let Some(parked) = client.parked.as_ref() else { return };
    let WaitFor::Keys(wait) = &parked.on else { return };
    // Somebody about to be closed must not take what others wait for.
    if client.flags.has(Flags::CLOSE_ASAP) || !(wait.on_nokey || kind == Some(wait.of.type_name())) {
        return;
    }
    let command = srv.table.by_id(parked.command);
    if gate::is_held_back(srv, command) {
        srv.blocked.held_back = true;
        return;
    }
    let Some(parked) = release(srv, me) else { return };
    let Parked { spent_us, deadline_ms, .. } = *parked;
    srv.blocked.earlier = Some(Earlier { spent_us, deadline_ms });
    input::out_of_turn(srv, host, me, parked.args.as_args());
    srv.blocked.earlier = None;
    let Some(client) = srv.clients.get(me) else { return };
    if !client.flags.has(Flags::BLOCKED) {
        srv.clients.want_read(me);
    }
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

/// Answers the WAITs whose replicas have acknowledged, and the WAITAOFs whose data are on the disks they name.
pub fn acknowledged(srv: &mut Server) {
    srv.blocked.acks_changed = false;
    if !srv.blocked.wants_acks() {
        return;
    }
    for me in srv.blocked.acks() {
        let Some(parked) = srv.clients.get(me).and_then(|c| c.parked.as_ref()) else { continue };
        match parked.on {
            WaitFor::Replicas { replicas, offset } => {
                let have = replicas_at(srv, offset);
                if have >= replicas {
                    answer(srv, me, |out| out.int(have as i64));
                }
            }
            WaitFor::Aof { local: true, .. } if !srv.config.appendonly => {
                fail(srv, me, &errors::WAITAOF_NO_AOF);
            }
            WaitFor::Aof { local, replicas, offset } => {
                let (here, there) = (is_fsynced(srv, offset), replicas_fsynced_at(srv, offset));
                if there >= replicas && here >= local {
                    answer(srv, me, |out| fsynced(out, here, there));
                }
            }
            _ => {}
        }
    }
}

/// Whether our own append-only file has `offset` on disk.
pub fn is_fsynced(srv: &Server, offset: i64) -> bool {
    srv.persist.aof.fsynced_offset >= offset
}

/// WAITAOF's reply: whether it is on disk here, and on how many replicas.
pub fn fsynced(out: &mut Reply, here: bool, replicas: usize) {
    out.array(2);
    out.int(here.into());
    out.int(replicas as i64);
}

/// Ends the waits whose deadline has passed, soonest first. Called by cron and each turn of the loop.
pub fn deadlines(srv: &mut Server) {
    let now = srv.clock.now_ms();
    while let Some(me) = srv.blocked.due(now) {
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
            let (here, there) = (is_fsynced(srv, offset), replicas_fsynced_at(srv, offset));
            answer(srv, me, |out| fsynced(out, here, there));
        }
        WaitFor::Keys(_) => answer(srv, me, Reply::null_array),
        WaitFor::Shutdown => {
            unpark(srv, me);
        }
    }
}

/// Before every sleep: those whose acknowledgements came, and those whose key became ready by no command.
pub fn before_sleep(srv: &mut Server, host: &mut dyn Host) {
    if srv.blocked.acks_changed {
        acknowledged(srv);
    }
    if srv.keys.awaited.has_ready() {
        gate::refresh(srv);
        serve_ready(srv, host);
    }
}

/// Lets the clients run again whose command a pause put off, once it is over.
pub fn end_of_pause(srv: &mut Server) {
    let now = srv.clock.now_ms();
    if srv.blocked.pause.is_some_and(|(_, end)| end <= now) {
        srv.blocked.pause = None;
    }
    if srv.blocked.postponed.is_empty() && !srv.blocked.held_back || srv.blocked.paused(now).is_some() {
        return;
    }
    super::gate::refresh(srv);
    if std::mem::take(&mut srv.blocked.held_back) {
        // Served before sleep, if not by the next command.
        srv.keys.awaited.signal_where(|_, _, _| true);
    }
    for me in std::mem::take(&mut srv.blocked.postponed) {
        if let Some(client) = srv.clients.get_mut(me) {
            client.flags.clear(Flags::POSTPONED);
            srv.clients.want_read(me);
        }
    }
}
