//! A client in one line: what CLIENT LIST prints, and what log lines call a client.
//!
//! The fields and their order are Redis' 7.2; tools cut the line apart at blanks. Where our buffers differ, a
//! field tells what comes nearest:
//! - `qbuf`: what came of an incomplete request beyond the arguments that are whole; while the client's
//!   requests run, the bytes they were read as.
//! - `qbuf-free`: room for more. A client that was heard in the last two seconds has no less than the shared
//!   buffer gives it at its next turn (we say 16 KiB, as one of Redis' buffers has), or than the argument under
//!   way needs, for which memory is taken as it comes. A silent one has what its own buffer has, so nothing as a
//!   rule; only that is memory, and counted as such.
//! - `argv-mem`: bytes of the arguments at hand.
//! - `rbs`, `rbp`: room of the output buffer, and how full it is. Redis' replies begin in a fixed buffer of
//!   16 KiB (`obl`) and go on in a list (`oll`, `omem`): up to that size we report bytes owed as `obl`,
//!   beyond it in the other two, with what waits in the replication backlog for a replica.
//! - `events`: `w` when bytes are owed that the socket did not take.
//!
//! Source: Redis 7.2.4 `catClientInfoString`.

use std::fmt::Write as _;

use crate::base::clock::Millis;
use crate::resp::reply::Reply;
use crate::resp::request::Args;
use crate::state::client::{Client, ClientId, Flags};
use crate::state::pubsub::Kind;
use crate::state::tracking::Mode;

use super::input::QUERY_IDLE_MS;
use super::server::Server;

/// Room of the fixed part of a reply buffer in Redis. Bytes.
const FIRST_BUFFER: usize = 16 * 1024;

/// Whether a client is one that CLIENT LIST shows: not a loader, not a link that has no stream yet, not one
/// that is being closed.
pub fn is_listed(client: &Client) -> bool {
    let flags = client.flags;
    !flags.has(Flags::FAKE.or(Flags::CLOSE_ASAP)) && (!flags.has(Flags::LINK) || flags.has(Flags::MASTER))
}

/// The line about a client, without line end; empty when there is no such client.
pub fn line(srv: &Server, id: ClientId) -> String {
    describe(srv, id, None)
}

/// The same while `args` of the client that asks are at hand, and its replies gather in `out`.
pub fn line_during(srv: &Server, id: ClientId, args: Args<'_>, out: &Reply) -> String {
    let owed = out.buf.len().saturating_sub(srv.running_sent);
    describe(srv, id, Some((args, out.buf.capacity(), owed)))
}

fn letters(client: &Client) -> String {
    const LETTERS: [(Flags, char); 14] = [
        (Flags::MONITOR, 'O'),
        (Flags::REPLICA, 'S'),
        (Flags::MASTER, 'M'),
        (Flags::PUBSUB, 'P'),
        (Flags::MULTI, 'x'),
        (Flags::BLOCKED.or(Flags::POSTPONED), 'b'),
        (Flags::TRACKING, 't'),
        (Flags::DIRTY_CAS, 'd'),
        (Flags::CLOSE_AFTER_REPLY, 'c'),
        (Flags::CLOSE_ASAP, 'A'),
        (Flags::UNIX, 'U'),
        (Flags::READONLY, 'r'),
        (Flags::NO_EVICT, 'e'),
        (Flags::NO_TOUCH, 'T'),
    ];
    let mut text = String::new();
    for (flag, letter) in LETTERS.iter().filter(|(flag, _)| client.flags.has(*flag)) {
        text.push(*letter);
        if *flag == Flags::TRACKING {
            let tracking = client.tracking.as_deref();
            text.extend(tracking.filter(|t| t.broken_redirect).map(|_| 'R'));
            text.extend(tracking.filter(|t| t.mode == Mode::Broadcast).map(|_| 'B'));
        }
    }
    if text.is_empty() { "N".to_owned() } else { text }
}

/// Sizes of a client's output: `obl`, `oll`, `omem`.
fn output(srv: &Server, client: &Client, pending: usize, room: usize) -> (usize, usize, usize) {
    let cursor = client.replica.as_ref().and_then(|replica| replica.cursor);
    let stream = cursor.map_or(0, |cursor| srv.repl.backlog.output_memory(cursor));
    let blocks = stream.div_ceil(FIRST_BUFFER);
    if pending <= FIRST_BUFFER {
        (pending, blocks, stream)
    } else {
        (0, pending.div_ceil(FIRST_BUFFER) + blocks, room + stream)
    }
}

fn events(client: &Client) -> &'static str {
    if client.fd < 0 && !client.flags.has(Flags::LINK) {
        ""
    } else if client.out.pending() > 0 && !client.flags.has(Flags::PENDING_WRITE) {
        "rw"
    } else {
        "r"
    }
}

/// Sizes of a client's input: `qbuf`, `qbuf-free`.
fn input_room(srv: &Server, client: &Client, now: Millis) -> (usize, usize) {
    let heard = client.net_in > 0 && now - client.last_interaction_ms <= QUERY_IDLE_MS;
    if srv.running == client.me {
        return (srv.running_input, FIRST_BUFFER.saturating_sub(srv.running_input));
    }
    let (held, capacity) = (client.query.len(), client.query.capacity());
    let to_come = if heard { client.wanted.max(FIRST_BUFFER.saturating_sub(held)) } else { 0 };
    (held.saturating_sub(client.parser.understood()), to_come.max(capacity - held))
}

fn describe(srv: &Server, id: ClientId, at_hand: Option<(Args<'_>, usize, usize)>) -> String {
    let Some(client) = srv.clients.get(id) else { return String::new() };
    let now = srv.clock.now_ms();
    let running = srv.running == id;
    let (qbuf, qbuf_free) = input_room(srv, client, now);
    let (argv_mem, room, owed) = match at_hand {
        Some((args, room, owed)) if running => (args.iter().map(<[u8]>::len).sum(), room, owed),
        _ => (client.parser.pending().1, client.out.bytes.capacity(), client.out.pending()),
    };
    let queue = client.multi.as_ref().filter(|_| client.flags.has(Flags::MULTI));
    let none = if client.flags.has(Flags::MULTI) { 0 } else { -1 };
    let queued = queue.map_or(none, |multi| multi.queue.len() as i64);
    let (obl, oll, omem) = output(srv, client, owed, room);
    let stream = if obl > 0 { omem } else { omem.saturating_sub(room) };
    let user = if client.flags.has(Flags::MASTER) { "(superuser)" } else { &*client.user };
    let subscribed = |kind| client.subscriptions.as_ref().map_or(0, |own| own.len(kind));
    let redirect = client.redirect();
    let mut text = String::with_capacity(320);
    // Writing to a String does not fail.
    let _ = write!(
        text,
        "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} db={} sub={} psub={} ssub={} multi={queued} \
         qbuf={qbuf} qbuf-free={qbuf_free} argv-mem={argv_mem} multi-mem={} rbs={} rbp={} obl={obl} oll={oll} \
         omem={omem} tot-mem={} events={} cmd={} user={user} redir={redirect} resp={} lib-name={} lib-ver={}",
        client.id,
        client.addr,
        client.laddr,
        client.fd,
        String::from_utf8_lossy(&client.name),
        (now - client.created_ms) / 1000,
        (now - client.last_interaction_ms) / 1000,
        letters(client),
        client.db,
        subscribed(Kind::Channel),
        subscribed(Kind::Pattern),
        subscribed(Kind::Shard),
        queue.map_or(0, |multi| multi.queue_bytes),
        room,
        client.out.bytes.len(),
        client.memory() - client.out.bytes.capacity() + room + argv_mem + stream,
        events(client),
        client.last_command,
        if client.resp3 { 3 } else { 2 },
        String::from_utf8_lossy(&client.lib_name),
        String::from_utf8_lossy(&client.lib_ver),
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_letters_in_order() {
        let table = super::super::table::CommandTable::new(&[]);
        let clock = crate::base::clock::Clock::manual(1);
        let rng = crate::base::rng::Rng::seeded(1);
        let mut srv = Server::new(crate::state::config::Config::default(), table, clock, rng);
        let me = super::super::lifecycle::internal(&mut srv, Flags::default());
        let mut of = |flags| {
            srv.clients[me].flags = flags;
            letters(&srv.clients[me])
        };
        assert_eq!(of(Flags::default()), "N");
        assert_eq!(of(Flags::MULTI.or(Flags::NO_EVICT).or(Flags::UNIX)), "xUe");
        assert_eq!(of(Flags::PENDING_READ), "N");
        assert_eq!(of(Flags::MONITOR), "O");
        assert_eq!(of(Flags::TRACKING.or(Flags::PUBSUB)), "Pt");
    }
}
