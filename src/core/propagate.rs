//! What replicas and the append-only file get, decided in one place.
//!
//! By default the request's own bytes, exactly as they arrived (bytes move once: one copy into the
//! backlog). A handler may replace them (`record_as`), add to them (`record_also`), or withhold
//! them. Whatever an execution unit (one command, or one EXEC) recorded is flushed once at its end:
//! a single operation as it is, several inside MULTI/EXEC, so that a replica applies all or none.
//! A SELECT precedes an operation whose database is not the one selected last, which the stream and the file
//! each know for themselves.
//!
//! On a replica only the file is fed from here: its stream is its master's, byte for byte. What a master only tells
//! its replicas (PUBLISH) is no part of the file. While a file is replayed nothing goes anywhere ([`Propagation::muted`]).
//!
//! Source: Redis 7.2 `alsoPropagate`, `propagatePendingCommands`, `replicationFeedSlaves`.

use crate::base::num::{IntBuf, fmt_i64};
use crate::resp::request::{Args, push_request};

use super::server::Server;

/// One recorded operation: its database and its RESP bytes inside [`Propagation::bytes`].
#[derive(Clone, Copy, Debug)]
struct Op {
    db: usize,
    start: usize,
    end: usize,
    /// Not for the file.
    stream_only: bool,
}

/// The queue of the present execution unit.
#[derive(Default, Debug)]
pub struct Propagation {
    bytes: Vec<u8>,
    ops: Vec<Op>,
    /// The handler gave a replacement: the request's own bytes are not used.
    pub replaced: bool,
    pub suppress: bool,
    pub force: bool,
    /// The request is for replicas, but not for the file.
    pub stream_only: bool,
    /// What runs is read from the append-only file.
    pub muted: bool,
    /// What the command caused does not belong together (keys that a SCAN found dead): no MULTI around it.
    pub apart: bool,
    /// How many commands deep we are (EXEC and scripts run commands inside a command).
    pub depth: u32,
}

impl Propagation {
    /// How many operations are recorded so far.
    #[inline]
    pub fn len(&self) -> usize {
        self.ops.len()
    }

    /// Nothing is recorded.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// Something was recorded, replaced, withheld or forced.
    #[inline]
    pub fn pending(&self) -> bool {
        self.replaced || self.suppress || self.force || !self.ops.is_empty()
    }
}

/// Records `args` after what is recorded already.
pub fn also(prop: &mut Propagation, db: usize, args: &[&[u8]]) {
    let start = prop.bytes.len();
    push_request(&mut prop.bytes, args);
    let end = prop.bytes.len();
    prop.ops.push(Op { db, start, end, stream_only: false });
}

/// Records a request as it came.
fn also_raw(prop: &mut Propagation, db: usize, args: Args<'_>, stream_only: bool) {
    let start = prop.bytes.len();
    prop.bytes.extend_from_slice(args.raw());
    let end = prop.bytes.len();
    prop.ops.push(Op { db, start, end, stream_only });
}

/// Whether anybody wants to know: replicas, or the append-only file.
#[inline]
pub fn wanted(srv: &Server) -> bool {
    feeds_stream(srv) || feeds_file(srv)
}

/// A replica's stream is its master's: what was written here stays here.
#[inline]
fn feeds_stream(srv: &Server) -> bool {
    srv.repl.backlog.is_active() && !srv.repl.is_replica() && !srv.prop.muted
}

#[inline]
fn feeds_file(srv: &Server) -> bool {
    srv.persist.aof.is_on() && !srv.prop.muted
}

/// Called after each command: takes what it changed into the queue, and flushes at depth 0.
/// `changed` tells whether the data set was altered.
#[inline]
pub fn after_command(srv: &mut Server, db: usize, args: Args<'_>, changed: bool) {
    let prop = &mut srv.prop;
    let own = (changed || prop.force) && !prop.suppress && !prop.replaced;
    let stream_only = prop.stream_only && !changed;
    prop.stream_only = false;
    prop.replaced = false;
    prop.suppress = false;
    prop.force = false;
    if !own && srv.prop.ops.is_empty() {
        return;
    }
    if !wanted(srv) {
        if srv.prop.depth == 0 {
            discard(&mut srv.prop);
        }
        return;
    }
    if own && srv.prop.depth == 0 && srv.prop.ops.is_empty() {
        return emit(srv, Some(db), args.raw(), stream_only);
    }
    if own {
        also_raw(&mut srv.prop, db, args, stream_only);
    }
    if srv.prop.depth == 0 {
        flush(srv);
    }
}

/// Turns keys that expired on access into deletions of the stream, ahead of what the command that met them
/// recorded (which begins at operation `mark`), and tells watchers.
#[cold]
pub fn expired_keys(srv: &mut Server, mark: usize) {
    let expired = std::mem::take(&mut srv.keys.expired);
    let verb: &[u8] = if srv.config.lazyfree_lazy_expire { b"UNLINK" } else { b"DEL" };
    for (i, (db, key)) in expired.iter().enumerate() {
        also(&mut srv.prop, *db, &[verb, key]);
        srv.touch_key(*db, key);
        // The bytes may lie in any order; the operations name their places.
        if let Some(op) = srv.prop.ops.pop() {
            srv.prop.ops.insert(mark + i, op);
        }
    }
}

/// The same for keys that the active cycle removed: each deletion stands alone, outside of MULTI. Who wants to
/// hear of expired keys is told.
pub fn expired_one_by_one(srv: &mut Server) {
    let expired = std::mem::take(&mut srv.keys.expired);
    let verb: &[u8] = if srv.config.lazyfree_lazy_expire { b"UNLINK" } else { b"DEL" };
    for (db, key) in &expired {
        srv.touch_key(*db, key);
        srv.persist.dirty += 1;
        if wanted(srv) {
            also(&mut srv.prop, *db, &[verb, key]);
            flush(srv);
        }
    }
    super::announce::drain(srv);
}

/// A key of the snapshot under load whose time is over: replicas that continue its history delete it.
pub fn deleted_at_load(srv: &mut Server, db: usize, key: &[u8]) {
    deletion(srv, db, key, srv.config.lazyfree_lazy_expire);
}

/// A key that the server itself removed, outside of any command: the deletion is a unit of its own.
pub fn deletion(srv: &mut Server, db: usize, key: &[u8], lazy: bool) {
    if wanted(srv) {
        let verb: &[u8] = if lazy { b"UNLINK" } else { b"DEL" };
        also(&mut srv.prop, db, &[verb, key]);
        flush(srv);
    }
}

/// Drops what was recorded.
pub fn discard(prop: &mut Propagation) {
    prop.bytes.clear();
    prop.ops.clear();
}

/// Sends the recorded operations out, wrapped in MULTI/EXEC when there are several.
pub fn flush(srv: &mut Server) {
    if srv.prop.ops.is_empty() {
        return;
    }
    if !wanted(srv) {
        discard(&mut srv.prop);
        return;
    }
    let ops = std::mem::take(&mut srv.prop.ops);
    let bytes = std::mem::take(&mut srv.prop.bytes);
    let wrap = ops.len() > 1 && !srv.prop.apart;
    if wrap {
        // MULTI comes first, whatever the database: SELECT belongs inside, as Redis 7.2 sends it.
        emit(srv, None, b"*1\r\n$5\r\nMULTI\r\n", false);
    }
    for op in &ops {
        emit(srv, Some(op.db), &bytes[op.start..op.end], op.stream_only);
    }
    if wrap {
        emit(srv, None, b"*1\r\n$4\r\nEXEC\r\n", false);
    }
    srv.prop.ops = ops;
    srv.prop.bytes = bytes;
    discard(&mut srv.prop);
}

/// Sends one request on its ways: to the file, unless it is for replicas only, and to the stream.
#[inline]
fn emit(srv: &mut Server, db: Option<usize>, request: &[u8], stream_only: bool) {
    if feeds_file(srv) {
        to_file(srv, db, request, stream_only);
    }
    if feeds_stream(srv) {
        if let Some(db) = db {
            select(srv, db);
        }
        feed(srv, request);
    }
}

fn to_file(srv: &mut Server, db: Option<usize>, request: &[u8], stream_only: bool) {
    if stream_only {
        return;
    }
    let stamp = srv.config.aof_timestamp_enabled.then(|| srv.clock.now_secs());
    srv.persist.aof.record(db, request, stamp);
    if !srv.repl.is_replica() {
        // Nobody replicates, but WAITAOF counts in the stream's offset.
        srv.repl.backlog.bump();
    }
}

/// Puts a SELECT into the stream unless `db` is selected there.
pub fn select(srv: &mut Server, db: usize) {
    if srv.repl.stream_db == Some(db) {
        return;
    }
    srv.repl.stream_db = Some(db);
    let mut number = IntBuf::new();
    let mut command = Vec::with_capacity(32);
    push_request(&mut command, &[b"SELECT", fmt_i64(db as i64, &mut number)]);
    feed(srv, &command);
}

/// Appends bytes to the replication stream and moves the offset. The replicas' cursors see them;
/// who writes to sockets is told to look.
pub fn feed(srv: &mut Server, bytes: &[u8]) {
    let grown = srv.repl.backlog.append(bytes);
    srv.wake_replicas = true;
    if grown {
        check_limits(srv);
    }
}

/// The stream has grown by a block: replicas that are too far behind go, before they cost more.
#[cold]
fn check_limits(srv: &mut Server) {
    for me in srv.repl.replicas.clone() {
        if srv.clients.get(me).is_some() {
            super::input::check_output_limit(srv, me);
        }
    }
}
