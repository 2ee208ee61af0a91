//! Full synchronization: which child serves which replica, and how its snapshot gets there.
//!
//! A replica waits for a child to start (`WaitBgsaveStart`), is bound to one (`WaitBgsaveEnd`,
//! `SendStream`) and gets what it wrote. Its offset is that of the fork, told at the fork and not
//! earlier: `+FULLRESYNC` is the child's birth certificate.
//!
//! **From disk.** The child writes the snapshot file; when it is done, each replica bound to it opens
//! the file and is sent pieces as fast as its socket takes them. A replica that arrives while the
//! child runs joins it when somebody else is bound already: from that moment on the stream is kept,
//! since the other's cursor holds it.
//!
//! **Diskless.** The child writes into a pipe; every chunk goes to the output buffers of all replicas
//! bound to it ([`stream`]). Who arrives later gets the next child, as soon as this one has ended; so the first one
//! waits `repl-diskless-sync-delay` seconds for company. [`regulate`] holds the pipe while all owe us reading, or one
//! owes too much: a slow replica may fall `FAR_BEHIND` behind the others before it slows them down
//! (Redis lets none fall behind at all). The replica goes online with its first acknowledgement after
//! the end of the stream: until then it could not tell the stream from the snapshot's end mark.
//!
//! A child that fails closes everyone bound to it; they come again. A child nobody waits for any more
//! is ended.
//!
//! Source: Redis 7.2.4 `replication.c`: `startBgsaveForReplication`, `updateSlavesWaitingBgsave`,
//! `rdbPipeReadHandler`, `sendBulkToSlave`, `shouldStartChildReplication`, `removeRDBUsedToSyncReplicas`.

use std::io::Read;

use crate::core::server::Server;
use crate::format::rdb::WRITE_VERSION;
use crate::persist::bgsave::Content;
use crate::persist::{self, bgsave};
use crate::resp::errors;
use crate::state::client::{ClientId, Flags};
use crate::state::host::{ChildKind, Host};
use crate::state::replication::{Bulk, ReplicaState, SyncState, Wish};
use crate::{log_notice, log_warning};

use super::primary::{NO_FUNCTIONS, NO_KEYS, name, put_online, report, state, those};
use super::spill;

/// Bytes of a snapshot file read at once.
const PIECE: usize = 256 * 1024;
/// A replica that owes no more than this takes the diskless stream well. Bytes.
const KEEPS_UP: usize = 256 * 1024;
/// One replica may owe so much of the diskless stream before the others have to wait. Bytes.
const FAR_BEHIND: usize = 16 << 20;

fn waits(r: &ReplicaState) -> bool {
    matches!(r.sync, SyncState::WaitBgsaveStart)
}

fn streams(r: &ReplicaState) -> bool {
    matches!(r.sync, SyncState::SendStream)
}

/// A replica has just asked for a full sync: joins a child, starts one, or waits.
pub(super) fn queue(srv: &mut Server, host: &mut dyn Host, me: ClientId) {
    state(srv, me).came_late = srv.persist.child.is_some();
    if srv.persist.child_is(ChildKind::RdbFile) {
        return join(srv, me);
    }
    if srv.persist.child_is(ChildKind::RdbStream) {
        log_notice!("Current BGSAVE has socket target. Waiting for next BGSAVE for SYNC");
        return;
    }
    let replica = state(srv, me);
    let (eof, wish) = (replica.capa_eof, replica.wish());
    if srv.config.repl_diskless_sync && eof && srv.config.repl_diskless_sync_delay > 0 {
        log_notice!("Delay next BGSAVE for diskless SYNC");
    } else if srv.persist.child.is_some() {
        log_notice!(
            "No BGSAVE in progress, but another BG operation is active. BGSAVE for replication delayed"
        );
    } else {
        start(srv, host, eof, wish);
    }
}

/// Binds a replica to the BGSAVE that runs, if another replica is bound to it: then the stream has been
/// kept since the fork.
fn join(srv: &mut Server, me: ClientId) {
    let rdb_only = srv.clients[me].flags.has(Flags::RDB_ONLY);
    let bound = those(srv, |r| matches!(r.sync, SyncState::WaitBgsaveEnd)).into_iter();
    let first = bound.into_iter().find(|id| rdb_only || !srv.clients[*id].flags.has(Flags::RDB_ONLY));
    let suits = first.and_then(|id| srv.clients[id].replica.as_deref()).and_then(|other| {
        let own = srv.clients[me].replica.as_deref()?;
        let able = (own.capa_eof || !other.capa_eof) && (own.capa_psync2 || !other.capa_psync2);
        (able && own.wish() == other.wish()).then_some(other.psync_offset)
    });
    match suits {
        Some(offset) if bind(srv, me, offset, SyncState::WaitBgsaveEnd) => {
            log_notice!("Waiting for end of BGSAVE for SYNC");
        }
        _ => log_notice!("Can't attach the replica to the current BGSAVE. Waiting for next BGSAVE for SYNC"),
    }
}

/// Tells a replica where its snapshot stands, and keeps the stream for it from there.
fn bind(srv: &mut Server, me: ClientId, offset: i64, sync: SyncState) -> bool {
    let cursor = if srv.clients[me].flags.has(Flags::RDB_ONLY) {
        None
    } else {
        match srv.repl.backlog.attach(offset) {
            None => return false,
            some => some,
        }
    };
    let (now, written, spilled) = (srv.clock.mono_ms(), srv.clients[me].net_out, srv.repl.spilled_bytes);
    let replica = state(srv, me);
    if let Some(trace) = &mut replica.trace {
        (trace.bound_ms, trace.saved_ms) = (now, now);
        (trace.written_before, trace.spilled_before) = (written, spilled);
    }
    replica.psync_offset = offset;
    replica.sync = sync;
    replica.cursor = cursor;
    replica.acked_early = false;
    replica.progress = (0, 0);
    if cursor.is_some() && !srv.clients[me].flags.has(Flags::PRE_PSYNC) {
        spill::begin(srv, me);
    }
    // The replica does not know which database the stream has selected.
    srv.repl.stream_db = None;
    if !srv.clients[me].flags.has(Flags::PRE_PSYNC) {
        let mut answer = b"+FULLRESYNC ".to_vec();
        answer.extend_from_slice(&srv.repl.ids.replid);
        answer.push(b' ');
        crate::base::num::push_i64(&mut answer, offset);
        answer.extend_from_slice(b"\r\n");
        srv.clients.send(me, &answer);
    }
    true
}

/// Starts a child for the replicas that wait with these wishes.
fn start(srv: &mut Server, host: &mut dyn Host, eof: bool, wish: Wish) {
    // The file is this server's own snapshot, too: nothing special goes there.
    let special = wish.filter != 0 || wish.version != WRITE_VERSION;
    let socket = (srv.config.repl_diskless_sync || special) && eof;
    let target = if socket { "replicas sockets" } else { "disk" };
    log_notice!("Starting BGSAVE for SYNC with target: {target}");
    let known = srv.repl.position().is_some();
    let started = if !known {
        log_warning!(
            "BGSAVE for replication: replication information not available, can't generate the RDB file right \
             now. Try later."
        );
        false
    } else if socket {
        let mark = srv.rng.hex_id();
        let content = Content {
            version: wish.version,
            keys: wish.filter & NO_KEYS == 0,
            libraries: wish.filter & NO_FUNCTIONS == 0,
            aof_base: false,
        };
        bgsave::start_stream(srv, host, mark, content).is_ok()
    } else {
        bgsave::start(srv, host).is_ok()
    };
    if !started {
        log_warning!("BGSAVE for replication failed");
        return refuse_waiting(srv);
    }
    if socket {
        srv.repl.stream_ended = false;
        srv.repl.stream_held = false;
    } else {
        srv.repl.file_for_replicas = srv.config.rdb_del_sync_files;
    }
    let offset = srv.repl.backlog.offset();
    for me in those(srv, |r| waits(r) && r.wish() == wish) {
        let sync = if socket { SyncState::SendStream } else { SyncState::WaitBgsaveEnd };
        if !bind(srv, me, offset, sync) {
            srv.clients.close(me);
        }
    }
}

/// No child could be started: those who waited for it are told, and go.
fn refuse_waiting(srv: &mut Server) {
    for me in those(srv, waits) {
        srv.repl.replicas.retain(|id| *id != me);
        let client = &mut srv.clients[me];
        client.flags.clear(Flags::REPLICA);
        client.replica = None;
        let mut line = b"-".to_vec();
        line.extend_from_slice(errors::REPLICA_BGSAVE_FAILED.as_bytes());
        line.extend_from_slice(b"\r\n");
        srv.clients.send(me, &line);
        srv.clients.close_after_reply(me);
    }
    if srv.repl.replicas.is_empty() {
        srv.repl.no_replicas_since_ms = Some(srv.clock.mono_ms());
    }
}

/// Starts a child for those who wait, as soon as there is none and the delay is over.
pub fn start_waiting(srv: &mut Server, host: &mut dyn Host) {
    if srv.repl.replicas.is_empty() || srv.persist.child.is_some() {
        return;
    }
    let Some((eof, wish, start_ms)) = next_start(srv) else { return };
    if srv.clock.mono_ms() >= start_ms {
        start(srv, host, eof, wish);
    }
}

/// What the next child would have to be, and when it may start (monotonic ms).
fn next_start(srv: &Server) -> Option<(bool, Wish, i64)> {
    let waiting = those(srv, waits);
    let replica = |id: &ClientId| srv.clients[*id].replica.as_deref();
    let first = waiting.first().and_then(replica)?.wish();
    let alike = || waiting.iter().filter_map(replica).filter(|r| r.wish() == first);
    let eof = alike().all(|r| r.capa_eof);
    let config = &srv.config;
    let enough = config.repl_diskless_sync_max_replicas;
    let late = alike().any(|r| r.came_late);
    let delay_ms = if !config.repl_diskless_sync || late || enough > 0 && alike().count() >= enough as usize {
        0
    } else {
        i64::from(config.repl_diskless_sync_delay) * 1000
    };
    let since = alike().map(|r| r.waiting_since_ms).min()?;
    Some((eof, first, since + delay_ms))
}

/// When a delayed child is due (monotonic ms).
pub fn next_timer_ms(srv: &Server) -> Option<i64> {
    if srv.repl.replicas.is_empty() || srv.persist.child.is_some() {
        return None;
    }
    next_start(srv).map(|(.., at)| at)
}

/// Puts the next piece of the file a replica gets into its output buffer, which is empty. After the
/// last one the replica is online. False when there is nothing to write.
pub fn next_piece(srv: &mut Server, host: &mut dyn Host, me: ClientId) -> bool {
    let Some(client) = srv.clients.get_mut(me) else { return false };
    let Some(replica) = client.replica.as_deref_mut() else { return false };
    let SyncState::SendBulk(bulk) = &mut replica.sync else { return false };
    if bulk.sent == bulk.size {
        let done = std::mem::replace(&mut replica.sync, SyncState::WaitBgsaveEnd);
        if let SyncState::SendBulk(bulk) = done {
            host.drop_later(Box::new(bulk.file));
        }
        if !put_online(srv, me) {
            srv.clients.close(me);
            return false;
        }
        return true;
    }
    let piece = PIECE.min(usize::try_from(bulk.size - bulk.sent).unwrap_or(PIECE));
    let out = &mut client.out.bytes;
    let old = out.len();
    out.resize(old + piece, 0);
    let read = bulk.file.read(&mut out[old..]);
    out.truncate(old + read.as_ref().map_or(0, |n| *n));
    let why = match read {
        Ok(0) => "premature EOF".to_owned(),
        Ok(n) => {
            bulk.sent += n as u64;
            return true;
        }
        Err(e) => bgsave::plain(&e),
    };
    log_warning!("Read error sending DB to replica: {why}");
    srv.clients.close(me);
    false
}

/// A chunk of the diskless snapshot: everyone bound to the child gets it.
pub fn stream(srv: &mut Server, host: &mut dyn Host, chunk: &[u8]) {
    for me in those(srv, streams) {
        srv.clients.send(me, chunk);
    }
    regulate(srv, host);
}

/// Holds the pipe or lets it flow. After each chunk, and after the sockets were written to.
pub fn regulate(srv: &mut Server, host: &mut dyn Host) {
    if !srv.persist.child_is(ChildKind::RdbStream) {
        return;
    }
    let (mut least, mut most) = (usize::MAX, 0);
    for me in those(srv, streams) {
        let owed = srv.clients[me].out.pending();
        least = least.min(owed);
        most = most.max(owed);
    }
    let hold = least != usize::MAX && (least > KEEPS_UP || most > FAR_BEHIND);
    if hold != srv.repl.stream_held {
        srv.repl.stream_held = hold;
        host.hold_stream(hold);
    }
}

/// The child has closed its end of the pipe.
pub fn stream_ended(srv: &mut Server, _host: &mut dyn Host) {
    if !std::mem::replace(&mut srv.repl.stream_ended, true) {
        let up = those(srv, streams).len();
        log_notice!("Diskless rdb transfer, done reading from pipe, {up} replicas still up.");
    }
}

/// The child goes on writing although nobody is left to read: it need not. Looked at when a chunk has come and
/// not when the last replica goes, which may have had all there was.
pub fn end_if_deserted(srv: &mut Server, host: &mut dyn Host) {
    let busy = srv.persist.child.as_ref().is_some_and(|c| c.kind == ChildKind::RdbStream && !c.killed);
    if busy && those(srv, streams).is_empty() {
        log_warning!("Diskless rdb transfer, last replica dropped, killing fork child.");
        persist::child::kill(srv, host);
    }
}

/// A child that wrote a snapshot ended: its replicas get it, or are closed.
pub fn child_ended(srv: &mut Server, host: &mut dyn Host, kind: ChildKind, ok: bool) {
    let bound = match kind {
        ChildKind::RdbFile => those(srv, |r| matches!(r.sync, SyncState::WaitBgsaveEnd)),
        ChildKind::RdbStream => those(srv, streams),
        ChildKind::AofRewrite => return,
    };
    let now = srv.clock.mono_ms();
    for me in bound {
        if let Some(trace) = &mut state(srv, me).trace {
            trace.saved_ms = now;
        }
        if !ok {
            srv.clients.close(me);
            log_warning!("SYNC failed. BGSAVE child returned an error");
        } else if kind == ChildKind::RdbStream {
            streamed(srv, me);
        } else {
            send_file(srv, host, me);
        }
    }
}

fn streamed(srv: &mut Server, me: ClientId) {
    log_notice!(
        "Streamed RDB transfer with replica {} succeeded (socket). Waiting for REPLCONF ACK from replica to \
         enable streaming",
        name(srv, me)
    );
    if !put_online(srv, me) {
        // What lies in its buffer is the end of what it came for.
        srv.clients.close_after_reply(me);
        return;
    }
    let replica = state(srv, me);
    replica.put_online_on_ack = !replica.acked_early;
    if replica.acked_early {
        report(srv, me);
    }
}

/// Opens the snapshot for one replica and begins to send it.
fn send_file(srv: &mut Server, host: &mut dyn Host, me: ClientId) {
    let opened = host.disk().open_read(&bgsave::path(srv)).and_then(|file| Ok((file.len()?, file)));
    let (size, file) = match opened {
        Ok(opened) => opened,
        Err(e) => {
            srv.clients.close(me);
            log_warning!("SYNC failed. Can't open/stat DB after BGSAVE: {}", bgsave::plain(&e));
            return;
        }
    };
    state(srv, me).sync = SyncState::SendBulk(Bulk { file, size, sent: 0 });
    let mut header = b"$".to_vec();
    crate::base::num::push_u64(&mut header, size);
    header.extend_from_slice(b"\r\n");
    srv.clients.send(me, &header);
}

/// `rdb-del-sync-files`: a server without persistence keeps no snapshot that it wrote for replicas only.
pub(super) fn remove_file(srv: &mut Server, host: &mut dyn Host) {
    if !srv.config.rdb_del_sync_files {
        srv.repl.file_for_replicas = false;
        return;
    }
    if !srv.repl.file_for_replicas || !no_persistence(srv) {
        return;
    }
    let needed = |r: &ReplicaState| !matches!(r.sync, SyncState::Online | SyncState::RdbSent);
    let path = bgsave::path(srv);
    if those(srv, needed).is_empty() && host.disk().exists(&path) {
        srv.repl.file_for_replicas = false;
        log_notice!("Removing the RDB file used to feed replicas in a persistence-less instance");
        unlink(host, &path);
    }
}

/// Neither snapshots nor an append-only file are asked for.
pub(super) fn no_persistence(srv: &Server) -> bool {
    srv.config.save.is_empty() && !srv.config.appendonly
}

/// Removes a file whose blocks are given back in the background.
pub(super) fn unlink(host: &mut dyn Host, path: &std::path::Path) {
    if host.close_later(path).is_err() {
        // Gone already, or not ours to remove: nothing more can be done about it.
        let _ = host.disk().remove(path);
    }
}
