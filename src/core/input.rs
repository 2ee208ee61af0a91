//! From bytes to commands: the way a client's input takes through the machine.
//!
//! The caller reads into one buffer shared by all clients and hands it to [`feed`]. Whole requests
//! run straight out of that buffer: their arguments are slices of it. Only the tail of an incomplete
//! request, or what a parked client may not run yet, is copied into the client's own query buffer.
//! While the requests run, the client's output buffer and parser are taken out of the client and put
//! back after, so handlers may borrow the whole server.
//!
//! Requests split at any byte give the same replies; `tests` and the parser's property tests hold
//! that.

use crate::base::clock::Millis;
use crate::base::log::{self, Level};
use crate::resp::reply::Reply;
use crate::resp::request::{Args, Limits, Parser, ProtocolError};
use crate::state::client::{Class, Client, ClientId, Flags};
use crate::state::config::OutputLimit;
use crate::state::host::Host;
use crate::state::replication::SyncState;

use super::call::{Flow, execute};
use super::clientinfo;
use super::evict_clients;
use super::lookahead::{End, Lookahead};
use super::propagate;
use super::server::Server;

/// A query buffer larger than this outlives its request, since who sends one big argument sends the next; cron
/// gives it back ([`resize_query`]). A smaller one goes as it drains. Bytes.
const KEEP_CAPACITY: usize = 32 * 1024;
/// A client silent for longer keeps no spare query buffer. Milliseconds.
pub const QUERY_IDLE_MS: i64 = 2000;

/// Runs what `fresh` completes; keeps the rest.
pub fn feed(srv: &mut Server, host: &mut dyn Host, me: ClientId, fresh: &[u8]) {
    let Some(client) = srv.clients.get_mut(me) else { return };
    client.net_in += fresh.len() as u64;
    client.query_peak = client.query_peak.max(fresh.len());
    if client.query.is_empty() {
        let used = run(srv, host, me, fresh);
        if used < fresh.len()
            && let Some(client) = srv.clients.get_mut(me)
        {
            client.query.extend_from_slice(&fresh[used..]);
            check_query_limit(srv, me);
        }
    } else {
        client.query.extend_from_slice(fresh);
        feed_kept(srv, host, me);
    }
}

/// Runs what lies in the client's own query buffer: after a big argument was read straight into it,
/// or when the client may run again.
pub fn feed_kept(srv: &mut Server, host: &mut dyn Host, me: ClientId) {
    let Some(client) = srv.clients.get_mut(me) else { return };
    let mut query = std::mem::take(&mut client.query);
    let used = run(srv, host, me, &query);
    let Some(client) = srv.clients.get_mut(me) else { return };
    debug_assert!(client.query.is_empty());
    client.query_peak = client.query_peak.max(query.len());
    query.drain(..used);
    if query.is_empty() && query.capacity() <= KEEP_CAPACITY {
        return;
    }
    client.query = query;
    check_query_limit(srv, me);
}

/// Gives spare room of the query buffer back: all of it when the client is silent, else what the largest input
/// since the last call does not need. Called for each client about once a second.
///
/// Source: Redis 7.2.4 `clientsCronResizeQueryBuffer`.
pub fn resize_query(client: &mut Client, now: Millis) {
    let capacity = client.query.capacity();
    if now - client.last_interaction_ms > QUERY_IDLE_MS {
        client.query.shrink_to_fit();
    } else if capacity > KEEP_CAPACITY && client.query_peak < capacity / 2 {
        client.query.shrink_to(client.query_peak);
    }
    client.query_peak = client.query.len();
}

/// Runs requests until the input ends or the client may not go on. Returns the bytes used.
fn run(srv: &mut Server, host: &mut dyn Host, me: ClientId, input: &[u8]) -> usize {
    let outer = std::mem::replace(&mut srv.running, me);
    let mut parser = std::mem::take(&mut srv.clients[me].parser);
    let mut bytes = std::mem::take(&mut srv.clients[me].out.bytes);
    if bytes.capacity() == 0 {
        bytes = srv.clients.spare_buffer();
    }
    // Goes with the buffer: what others send to this client meanwhile gathers in a buffer of its own.
    let sent = std::mem::take(&mut srv.clients[me].out.sent);
    let outer_sent = std::mem::replace(&mut srv.running_sent, sent);
    let mut out = Reply::over(bytes, srv.clients[me].resp3);
    let mut ahead = std::mem::take(&mut srv.ahead);
    srv.last_tick = srv.clock.ticks();
    super::gate::refresh(srv);
    srv.running_input = input.len();
    let mut used = 0;
    while used < input.len() && srv.clients[me].may_run() {
        let limits = limits(srv, me);
        let end = ahead.gather(&mut parser, &limits, input, used);
        ahead.prefetch(srv, me, input);
        let (came_to, stopped) = run_batch(srv, host, me, input, &mut ahead, &mut out);
        srv.keys.remember_hash(None);
        used = came_to.unwrap_or(used);
        if stopped {
            // What was looked at beyond this point is parsed anew when the client goes on.
            parser.reset();
            break;
        }
        match end {
            End::Full => {}
            End::Need(hint) => {
                srv.clients[me].wanted = hint;
                break;
            }
            End::Error(at, e) => {
                protocol_error(srv, me, &input[at..], e, &mut out);
                used = input.len();
            }
        }
    }
    srv.ahead = ahead;
    srv.running = outer;
    srv.running_sent = outer_sent;
    give_back(srv, me, parser, out, sent);
    used
}

/// Runs a request of a client outside of its own turn: a command that waited and is tried again. Its reply comes
/// after what the client is owed already.
pub fn out_of_turn(srv: &mut Server, host: &mut dyn Host, me: ClientId, args: Args<'_>) {
    let outer = std::mem::replace(&mut srv.running, me);
    let outer_input = std::mem::take(&mut srv.running_input);
    let client = &mut srv.clients[me];
    let sent = std::mem::take(&mut client.out.sent);
    let mut out = Reply::over(std::mem::take(&mut client.out.bytes), client.resp3);
    let parser = std::mem::take(&mut client.parser);
    let outer_sent = std::mem::replace(&mut srv.running_sent, sent);
    srv.last_tick = srv.clock.ticks();
    // Held back by a pause: looked at before, so it does not come to that.
    let flow = execute(srv, host, me, args, &mut out);
    debug_assert_eq!(flow, Flow::Done);
    srv.running = outer;
    srv.running_input = outer_input;
    srv.running_sent = outer_sent;
    give_back(srv, me, parser, out, sent);
}

/// Runs the requests of a batch in order. Returns where the last one run ended, and whether something
/// stopped it before its end.
fn run_batch(
    srv: &mut Server,
    host: &mut dyn Host,
    me: ClientId,
    input: &[u8],
    ahead: &mut Lookahead,
    out: &mut Reply,
) -> (Option<usize>, bool) {
    let mut came_to = None;
    for i in 0..ahead.len() {
        let pending = ahead.at(i);
        let request = &input[pending.at..pending.end];
        if pending.spans.is_empty() {
            sign_of_life(srv, me);
        } else if pending.inline.is_some() && srv.clients[me].flags.has(Flags::MASTER) {
            inline_from_master(srv, me);
            return (came_to, true);
        } else {
            let args = match &pending.inline {
                Some(built) => Args::inline(built, &pending.spans),
                None => Args::new(request, &pending.spans),
            };
            srv.keys.remember_hash(pending.key_hash.map(|hash| (&args[1], hash)));
            if execute(srv, host, me, args, out) == Flow::Postponed {
                postpone(srv, me);
                return (came_to, true);
            }
        }
        came_to = Some(pending.end);
        let client = &srv.clients[me];
        let may_run = client.may_run();
        if client.flags.has(Flags::MASTER) {
            applied(srv, me, request);
        }
        if !may_run || out.buf.len() > LARGE_OUTPUT && over_limit(srv, me, out.buf.len() - srv.running_sent) {
            return (came_to, true);
        }
    }
    (came_to, false)
}

/// A master never sends a command as a line of words: the stream and we do not agree where we are.
#[cold]
fn inline_from_master(srv: &mut Server, me: ClientId) {
    crate::log_warning!(
        "WARNING: Receiving inline protocol from master, master stream corruption? Closing the master \
         connection and discarding the cached master."
    );
    srv.clients[me].flags.set(Flags::CLOSE_AFTER_REPLY);
    srv.clients.close(me);
}

/// An empty line: what a replica sends while it loads.
#[cold]
fn sign_of_life(srv: &mut Server, me: ClientId) {
    let now = srv.clock.mono_ms();
    if let Some(replica) = srv.clients[me].replica.as_deref_mut() {
        replica.ack_ms = now;
    }
}

/// Replies above this are checked against the output limits while a pipeline runs. Bytes.
const LARGE_OUTPUT: usize = 256 * 1024;

fn limits(srv: &Server, me: ClientId) -> Limits {
    Limits { max_bulk: srv.config.proto_max_bulk_len, authenticated: !is_stranger(srv, me) }
}

/// It has yet to give the password.
fn is_stranger(srv: &Server, me: ClientId) -> bool {
    !srv.clients[me].authenticated && !srv.config.requirepass.is_empty()
}

/// Puts parser and replies back where they belong.
fn give_back(srv: &mut Server, me: ClientId, parser: Parser, out: Reply, sent: usize) {
    let bytes = out.buf;
    let Some(client) = srv.clients.get_mut(me) else { return };
    client.parser = parser;
    // What others (or the client itself, out of turn) sent meanwhile comes after the replies.
    let late = std::mem::replace(&mut client.out.bytes, bytes);
    let gone = std::mem::replace(&mut client.out.sent, sent);
    client.out.bytes.extend_from_slice(&late[gone..]);
    if client.out.pending() > 0 {
        srv.clients.want_write(me);
        check_output_limit(srv, me);
    } else {
        client.out.sent = 0;
        let empty = std::mem::take(&mut client.out.bytes);
        srv.clients.recycle(empty);
    }
}

/// A pause came between: the request stays in the query buffer.
fn postpone(srv: &mut Server, me: ClientId) {
    srv.clients[me].flags.set(Flags::POSTPONED);
    srv.blocked.postponed.push(me);
}

/// A request of our master is applied: its bytes are the next of our own stream too. Inside MULTI they
/// wait for EXEC, so that a link cut in between resumes before the transaction, not within it.
fn applied(srv: &mut Server, me: ClientId, request: &[u8]) {
    let mut held = std::mem::take(&mut srv.repl.unapplied);
    if srv.clients[me].flags.has(Flags::MULTI) {
        held.extend_from_slice(request);
        srv.repl.unapplied = held;
        return;
    }
    let bytes = if held.is_empty() {
        request
    } else {
        held.extend_from_slice(request);
        &held
    };
    let db = srv.clients[me].db;
    srv.repl.link.applied(bytes.len() as u64, db);
    propagate::feed(srv, bytes);
}

/// Replies, logs and lets the connection end.
#[cold]
fn protocol_error(srv: &mut Server, me: ClientId, input: &[u8], e: ProtocolError, out: &mut Reply) {
    let reply = e.reply();
    let from_master = srv.clients[me].flags.has(Flags::MASTER);
    let level = if from_master { Level::Warning } else { Level::Verbose };
    if log::enabled(level) {
        let (who, sample) = (clientinfo::line(srv, me), sample(input));
        let why = e.log_text();
        log::write(
            level,
            format_args!(
                "Protocol error ({why}) from client: {who}. Query buffer during protocol error: {sample}"
            ),
        );
    }
    let client = &mut srv.clients[me];
    client.flags.set(Flags::CLOSE_AFTER_REPLY);
    let mark = out.buf.len();
    out.fail(&reply);
    super::call::count_error(srv, me, reply.as_bytes());
    super::call::silence(srv, me, out, mark);
    if srv.clients[me].flags.has(Flags::MASTER) {
        srv.clients.close(me);
    }
}

/// Bytes a log line shows of input that cannot be parsed; more are left out in the middle.
const SAMPLE: usize = 128;

/// Some of the input, with dots for what does not print.
fn sample(input: &[u8]) -> String {
    let printable = |bytes: &[u8]| -> String {
        bytes.iter().map(|b| if (32..127).contains(b) { char::from(*b) } else { '.' }).collect()
    };
    if input.len() < SAMPLE {
        return format!("'{}'", printable(input));
    }
    let (head, tail) = (&input[..SAMPLE / 2], &input[input.len() - SAMPLE / 2..]);
    let more = input.len() - SAMPLE;
    format!("'{}' (... more {more} bytes ...) '{}'", printable(head), printable(tail))
}

/// Closes a client whose unread input grew beyond `client-query-buffer-limit`.
pub fn check_query_limit(srv: &mut Server, me: ClientId) {
    let limit = srv.config.client_query_buffer_limit;
    let client = &mut srv.clients[me];
    client.query_peak = client.query_peak.max(client.query.len());
    if client.query.len() as u64 <= limit || client.flags.has(Flags::MASTER) {
        return;
    }
    let mut sample = Vec::new();
    crate::base::bytes::quote(&mut sample, &client.query[..client.query.len().min(64)]);
    crate::log_warning!(
        "Closing client that reached max query buffer length: {} (qbuf initial bytes: {})",
        clientinfo::line(srv, me),
        String::from_utf8_lossy(&sample)
    );
    srv.stats.query_limit_disconnections += 1;
    srv.clients.close(me);
}

/// What a client without the password may owe us reading, whatever the limits of its class. Bytes. Source: the mending
/// of CVE-2025-21605 in Redis 7.2.8.
const STRANGER_OUTPUT: u64 = 1024;

/// The first replies lie in a buffer that each client of Redis has, and do not count for its limits. Bytes;
/// PROTO_REPLY_CHUNK_BYTES.
const UNCOUNTED: u64 = 16 * 1024;

fn over_limit(srv: &Server, me: ClientId, len: usize) -> bool {
    let hard = limit_of(srv, me).hard_bytes;
    hard != 0 && (len as u64).saturating_sub(UNCOUNTED) > hard || evict_clients::is_too_large(srv, me, len)
}

/// The limits of a client's class. A replica's hard limit is never below `repl-backlog-size`: what it owes lies
/// in the backlog anyway, and one that was just continued from there must not be closed for it.
fn limit_of(srv: &Server, me: ClientId) -> OutputLimit {
    let limits = &srv.config.client_output_buffer_limit;
    match srv.clients[me].class() {
        Class::Normal if is_stranger(srv, me) => OutputLimit { hard_bytes: STRANGER_OUTPUT, ..limits.normal },
        Class::Normal => limits.normal,
        Class::Pubsub => limits.pubsub,
        Class::Replica | Class::Master => {
            let mut limit = limits.replica;
            if limit.hard_bytes != 0 {
                limit.hard_bytes = limit.hard_bytes.max(srv.repl.backlog.size() as u64);
            }
            limit
        }
    }
}

/// Closes a client that owes us reading: over the hard limit at once, over the soft limit after its
/// seconds have passed without a pause. `owed` for replicas counts what lies in the backlog for them.
pub fn check_output_limit(srv: &mut Server, me: ClientId) {
    let limit = limit_of(srv, me);
    if limit.hard_bytes == 0 && limit.soft_bytes == 0 {
        return;
    }
    let owed = owed(srv, me);
    let now = srv.clock.mono_ms();
    let client = &mut srv.clients[me];
    if client.flags.has(Flags::MASTER.or(Flags::CLOSE_ASAP)) {
        return;
    }
    if let Some(trace) = client.replica.as_deref_mut().and_then(|replica| replica.trace.as_deref_mut()) {
        trace.peak_bytes = trace.peak_bytes.max(owed);
    }
    if client.replica.as_deref().is_some_and(|replica| replica.catching_up) {
        // It takes nothing of the stream yet: what is too much for memory goes to a file.
        return;
    }
    let hard = limit.hard_bytes != 0 && owed > limit.hard_bytes;
    let mut soft = false;
    if limit.soft_bytes != 0 && owed > limit.soft_bytes {
        let since = *client.out.soft_since_ms.get_or_insert(now);
        soft = now - since > limit.soft_seconds * 1000;
    } else {
        client.out.soft_since_ms = None;
    }
    if hard || soft {
        crate::log_warning!(
            "Client {} scheduled to be closed ASAP for overcoming of output buffer limits.",
            clientinfo::line(srv, me)
        );
        srv.stats.output_limit_disconnections += 1;
        srv.clients.close(me);
    }
}

/// Bytes a client has not taken yet, as far as they count.
pub fn owed(srv: &Server, me: ClientId) -> u64 {
    let client = &srv.clients[me];
    let Some(replica) = client.replica.as_deref() else {
        return (client.out.pending() as u64).saturating_sub(UNCOUNTED);
    };
    let stream = replica.cursor.map_or(0, |cursor| srv.repl.backlog.output_memory(cursor)) as u64;
    // The snapshot on its way has limits of its own: it is read as fast as it is taken.
    let snapshot = matches!(replica.sync, SyncState::SendBulk(_) | SyncState::SendStream);
    if snapshot { stream } else { client.out.pending() as u64 + stream }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Clock;
    use crate::base::rng::Rng;
    use crate::core::lifecycle::{self, Connection};
    use crate::core::table::CommandTable;
    use crate::state::config::Config;

    #[test]
    fn spare_query_buffers_shrink_to_what_came_lately_and_go_when_idle() {
        let clock = Clock::manual(1_000_000);
        let mut srv = Server::new(Config::default(), CommandTable::new(&[]), clock, Rng::seeded(1));
        let connection = Connection { addr: "127.0.0.1:1", laddr: "127.0.0.1:2", fd: 3, unix: false };
        let me = lifecycle::connect(&mut srv, &connection);
        let client = &mut srv.clients[me];
        let now = client.last_interaction_ms;
        client.query = Vec::with_capacity(400_000);
        client.query_peak = 300_000;
        resize_query(client, now);
        assert!(client.query.capacity() >= 400_000, "the last input needed it");
        client.query_peak = 100;
        resize_query(client, now);
        assert!((100..KEEP_CAPACITY).contains(&client.query.capacity()));
        client.query.extend_from_slice(&[b'x'; 10]);
        resize_query(client, now + QUERY_IDLE_MS + 1);
        assert_eq!((client.query.len(), client.query.capacity()), (10, 10), "what came is kept");
    }
}
