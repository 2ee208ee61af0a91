//! A connection's bytes, both ways.
//!
//! **Reading.** One shared buffer for all clients; a client gets one read per round, so an endless
//! pipeline does not starve the others: whoever filled the buffer is served again in the next round,
//! which polls without waiting. A read that came short means drained, and the second read that would
//! only say so is saved. A big argument is read straight into the client's own query buffer.
//!
//! **Writing.** Replies gathered in memory go out once per loop, by one `write`. Interest in writing was
//! registered at accept: what the kernel does not take waits for its edge. An online replica is
//! written straight out of the replication backlog's blocks, by `writev`, without a copy.

use std::io::{self, IoSlice};

use crate::base::log::{self, Level};
use crate::core::clientinfo;
use crate::core::evict_clients;
use crate::core::input;
use crate::core::server::Server;
use crate::repl;
use crate::repl::spill;
use crate::state::client::{Client, ClientId, Flags};
use crate::state::config::AppendFsync;
use crate::state::replication::SyncState;

use super::host::RealHost;

/// The shared read buffer. Bytes.
pub const READ_BUFFER: usize = 64 * 1024;
/// An argument of which at least so much is missing is read into its client's own buffer. Bytes.
const BIG_ARGUMENT: usize = 32 * 1024;
/// How much is read at once for a big argument: what a client claims is not reserved before it comes.
const BIG_READ: usize = 1 << 20;
/// Bytes written to one client before others get their turn.
const WRITE_BUDGET: usize = 1 << 20;
/// Backlog blocks given to one `writev`.
const SLICES: usize = 64;

/// Reads what came for a client, once, and runs it.
pub fn serve(srv: &mut Server, host: &mut RealHost, id: ClientId, buffer: &mut [u8]) {
    take(srv, host, id, buffer);
    evict_clients::note(srv, id);
}

fn take(srv: &mut Server, host: &mut RealHost, id: ClientId, buffer: &mut [u8]) {
    let Some(client) = srv.clients.get(id) else { return };
    if !client.may_run() && !stream_on_hold(client) {
        // A parked client is not read; but its end is noticed, and ends the wait.
        if host.conn(id).is_some_and(|c| c.eof) && !client.flags.has(Flags::CLOSE_AFTER_REPLY) {
            srv.clients.close(id);
        }
        return;
    }
    let whole = !client.query.is_empty() && !client.parser.is_mid_request();
    let bare_link = client.flags.has(Flags::LINK) && !client.flags.has(Flags::MASTER);
    if whole && !bare_link && client.may_run() {
        input::feed_kept(srv, host, id);
        if !srv.clients.get(id).is_some_and(|c| c.may_run()) {
            return;
        }
    }
    let Some(conn) = host.conn(id) else { return };
    if !conn.readable || conn.connecting {
        return;
    }
    if srv.clients[id].flags.has(Flags::LINK) && repl::replica::holds(srv) {
        return;
    }
    let wanted = srv.clients[id].wanted;
    if wanted >= BIG_ARGUMENT {
        return read_big(srv, host, id, wanted);
    }
    match conn.stream.read(buffer) {
        Ok(0) => lost(srv, host, id),
        Ok(n) => {
            after_read(srv, host, id, n, n == buffer.len());
            if srv.clients[id].flags.has(Flags::LINK) {
                repl::replica::bytes(srv, host, id, &buffer[..n]);
            } else {
                input::feed(srv, host, id, &buffer[..n]);
            }
        }
        Err(e) => failed(srv, host, id, &e),
    }
}

/// Our master's stream while CLIENT PAUSE keeps it from being applied. It is read on, and kept: the offset read
/// grows, and silence is not mistaken for a lost master.
fn stream_on_hold(client: &Client) -> bool {
    client.flags.has(Flags::MASTER)
        && client.flags.has(Flags::POSTPONED)
        && !client.flags.has(Flags::CLOSE_ASAP.or(Flags::CLOSE_AFTER_REPLY))
}

/// Reads a piece of a big argument into the client's own buffer.
fn read_big(srv: &mut Server, host: &mut RealHost, id: ClientId, wanted: usize) {
    let piece = wanted.min(BIG_READ);
    let query = &mut srv.clients[id].query;
    let old = query.len();
    query.resize(old + piece, 0);
    let Some(conn) = host.conn(id) else { return };
    match conn.stream.read(&mut query[old..]) {
        Ok(0) => lost(srv, host, id),
        Ok(n) => {
            query.truncate(old + n);
            let client = &mut srv.clients[id];
            client.wanted = wanted - n.min(wanted);
            client.net_in += n as u64;
            if client.flags.has(Flags::LINK) {
                repl::replica::stream_read(srv, n);
            }
            after_read(srv, host, id, n, n == piece);
            input::check_query_limit(srv, id);
            // Nothing can be complete before all of it is there.
            if n >= wanted && srv.clients[id].may_run() {
                input::feed_kept(srv, host, id);
            }
        }
        Err(e) => {
            query.truncate(old);
            failed(srv, host, id, &e);
        }
    }
}

/// Counts a read, and remembers whether more may lie in the kernel.
fn after_read(srv: &mut Server, host: &mut RealHost, id: ClientId, n: usize, full: bool) {
    srv.stats.reads_processed += 1;
    let client = &mut srv.clients[id];
    client.last_interaction_ms = srv.clock.now_ms();
    if client.flags.has(Flags::LINK) {
        srv.stats.net_repl_input += n as u64;
    } else {
        srv.stats.net_input += n as u64;
    }
    let Some(conn) = host.conn(id) else { return };
    conn.readable = full || conn.eof;
    if conn.readable {
        srv.clients.want_read(id);
    }
}

/// The other side has sent its last byte. It may still listen: what it is owed goes out first, as far as
/// the kernel takes it.
fn lost(srv: &mut Server, host: &mut RealHost, id: ClientId) {
    if log::enabled(Level::Verbose) {
        crate::log_verbose!("Client closed connection {}", clientinfo::line(srv, id));
    }
    if srv.persist.aof.is_on() && srv.config.appendfsync == AppendFsync::Always {
        // Nothing is answered before it is on disk.
        srv.clients.want_write(id);
        return srv.clients.close_after_reply(id);
    }
    flush(srv, host, id);
    srv.clients.close(id);
}

fn failed(srv: &mut Server, host: &mut RealHost, id: ClientId, e: &io::Error) {
    match e.kind() {
        io::ErrorKind::WouldBlock => {
            if let Some(conn) = host.conn(id) {
                conn.readable = false;
            }
        }
        io::ErrorKind::Interrupted => srv.clients.want_read(id),
        _ => {
            crate::log_verbose!("Reading from client: {}", crate::persist::bgsave::plain(e));
            srv.clients.close(id);
        }
    }
}

/// What a step of writing came to.
enum Wrote {
    /// All of it.
    All,
    /// The kernel is full.
    Blocked,
    /// Nothing was owed.
    Nothing,
    Failed(io::Error),
}

/// Writes what is owed to a client, as far as the kernel takes it.
pub fn flush(srv: &mut Server, host: &mut RealHost, id: ClientId) {
    let mut written = 0;
    loop {
        let Some(client) = srv.clients.get(id) else { return };
        if client.flags.has(Flags::CLOSE_ASAP) {
            return;
        }
        let Some(conn) = host.conn(id) else { return };
        if conn.connecting {
            return;
        }
        let (step, n) = if client.out.pending() > 0 {
            write_out(srv, host, id)
        } else if client.replica.is_some() {
            write_replica(srv, host, id)
        } else {
            (Wrote::Nothing, 0)
        };
        written += n;
        match step {
            Wrote::Nothing => break,
            Wrote::All if written >= WRITE_BUDGET => {
                srv.clients.want_write(id);
                break;
            }
            Wrote::All => {}
            Wrote::Blocked => {
                if let Some(conn) = host.conn(id) {
                    conn.writable = false;
                }
                break;
            }
            Wrote::Failed(e) => {
                crate::log_verbose!("Error writing to client: {}", crate::persist::bgsave::plain(&e));
                srv.clients.close(id);
                break;
            }
        }
    }
    let client = &mut srv.clients[id];
    if client.flags.has(Flags::CLOSE_AFTER_REPLY) && client.out.pending() == 0 {
        srv.clients.close(id);
    }
    evict_clients::note(srv, id);
}

fn outcome(result: io::Result<usize>, wanted: usize) -> (Wrote, usize) {
    match result {
        Ok(n) if n == wanted => (Wrote::All, n),
        Ok(n) => (Wrote::Blocked, n),
        Err(e) if e.kind() == io::ErrorKind::WouldBlock => (Wrote::Blocked, 0),
        Err(e) if e.kind() == io::ErrorKind::Interrupted => (Wrote::All, 0),
        Err(e) => (Wrote::Failed(e), 0),
    }
}

fn write_out(srv: &mut Server, host: &mut RealHost, id: ClientId) -> (Wrote, usize) {
    let Some(conn) = host.conn(id) else { return (Wrote::Nothing, 0) };
    let client = &mut srv.clients[id];
    let owed = client.out.unsent();
    let (step, n) = outcome(conn.stream.write(owed), owed.len());
    let replica = client.flags.has(Flags::REPLICA.or(Flags::LINK));
    client.out.advance(n);
    client.net_out += n as u64;
    let drained = (client.out.pending() == 0).then(|| std::mem::take(&mut client.out.bytes));
    count(srv, n, replica);
    if let Some(buffer) = drained {
        srv.clients.recycle(buffer);
    }
    (step, n)
}

fn count(srv: &mut Server, n: usize, replica: bool) {
    srv.stats.writes_processed += 1;
    if replica {
        srv.stats.net_repl_output += n as u64;
    } else {
        srv.stats.net_output += n as u64;
    }
}

/// Writes to a replica whose own output buffer is empty: the file it gets, or the stream.
fn write_replica(srv: &mut Server, host: &mut RealHost, id: ClientId) -> (Wrote, usize) {
    let Some(replica) = &srv.clients[id].replica else { return (Wrote::Nothing, 0) };
    let cursor = match (&replica.sync, replica.cursor) {
        (SyncState::SendBulk(_), _) => {
            // The next piece goes through the output buffer.
            let more = repl::fullsync::next_piece(srv, host, id);
            return (if more { Wrote::All } else { Wrote::Nothing }, 0);
        }
        (SyncState::Online, Some(_)) if !replica.put_online_on_ack && spill::has_next(srv, replica) => {
            let more = spill::next_piece(srv, id);
            return (if more { Wrote::All } else { Wrote::Nothing }, 0);
        }
        (SyncState::Online, Some(cursor)) if !replica.put_online_on_ack => cursor,
        _ => return (Wrote::Nothing, 0),
    };
    let Some(conn) = host.conn(id) else { return (Wrote::Nothing, 0) };
    let mut slices = [IoSlice::new(&[]); SLICES];
    let (mut n, mut wanted) = (0, 0);
    for slice in srv.repl.backlog.slices(cursor, WRITE_BUDGET).take(SLICES) {
        slices[n] = IoSlice::new(slice);
        wanted += slice.len();
        n += 1;
    }
    if wanted == 0 {
        return (Wrote::Nothing, 0);
    }
    let (step, sent) = outcome(conn.stream.write_vectored(&slices[..n]), wanted);
    srv.repl.backlog.advance(cursor, sent);
    srv.clients[id].net_out += sent as u64;
    count(srv, sent, true);
    (step, sent)
}
