//! Replica side of a full sync: where the snapshot goes while it arrives, and how it comes into service.
//!
//! | plan | bytes | old data go | load |
//! |---|---|---|---|
//! | `Disk` | into a temporary file | when the file is stored as the snapshot | from the file, a piece per round of the loop |
//! | `Socket` | into the parser | before the first byte | while they arrive |
//! | `Swap` | into the parser, beside the old data | when all is loaded | while they arrive; the old data serve reads if they are of the same history |
//!
//! A snapshot that turns out damaged ends the attempt, not the process: the link closes and asks again, with the old
//! data where the plan kept them and none otherwise. (Redis ends itself, and then cannot start on the file it has
//! stored.)
//!
//! Each function returns whether the link is still the one it was called for.
//!
//! Source: Redis 7.2.4 `readSyncBulkPayload`.

use std::io::{self, Write};
use std::path::PathBuf;

use crate::base::disk::{DiskFile, parent};
use crate::core::empty::empty;
use crate::core::gate;
use crate::core::server::Server;
use crate::core::tracking;
use crate::core::watch::touch_all;
use crate::format::rdb_error::Source;
use crate::persist::load::{self, LoadError, Progress};
use crate::persist::{aof_rewrite, bgsave, child};
use crate::state::host::{ChildKind, Host};
use crate::state::loading::Purpose;
use crate::state::repl_ids::ReplId;
use crate::state::replica_link::LoadPlan;
use crate::state::replication::Incoming;
use crate::{log_notice, log_warning};

use super::fullsync::{no_persistence, unlink};
use super::replica::event;

/// Bytes between two fsyncs of the growing file; REPL_MAX_WRITTEN_BEFORE_FSYNC.
const SYNC_EVERY: u64 = 8 << 20;

/// A snapshot begins to arrive.
pub(super) fn begin(
    srv: &mut Server,
    host: &mut dyn Host,
    history: Option<(ReplId, i64)>,
    size: Option<u64>,
    plan: LoadPlan,
) -> bool {
    srv.repl.early.clear();
    let same = history.is_some_and(|(id, _)| id == srv.repl.ids.replid);
    let incoming = Incoming {
        plan,
        size: size.unwrap_or(0),
        same_history: same,
        path: PathBuf::new(),
        file: None,
        unsynced: 0,
    };
    srv.repl.incoming = Some(Box::new(incoming));
    if plan != LoadPlan::Disk {
        stop_child(srv, host);
        return true;
    }
    match create(srv, host) {
        Ok((path, file)) => {
            if let Some(incoming) = &mut srv.repl.incoming {
                incoming.path = path;
                incoming.file = Some(file);
            }
            true
        }
        Err(e) => give_up(
            srv,
            host,
            &format!(
                "Opening the temp file needed for MASTER <-> REPLICA synchronization: {}",
                bgsave::plain(&e)
            ),
        ),
    }
}

fn create(srv: &Server, host: &dyn Host) -> io::Result<(PathBuf, Box<dyn DiskFile>)> {
    let name = format!("temp-{}.{}.rdb", srv.clock.wall_ms() / 1000, host.pid());
    let path = srv.config.dir.join(name);
    Ok((path.clone(), host.disk().create(&path)?))
}

/// The transfer cannot go on.
fn give_up(srv: &mut Server, host: &mut dyn Host, reason: &str) -> bool {
    event(srv, host, |link, env, out| link.transfer_failed(reason, env, out))
}

/// Bytes of the snapshot.
pub(super) fn piece(srv: &mut Server, host: &mut dyn Host, bytes: &[u8]) -> bool {
    let Some(incoming) = &mut srv.repl.incoming else { return true };
    let Some(file) = &mut incoming.file else { return parse(srv, host, bytes) };
    incoming.unsynced += bytes.len() as u64;
    let mut written = file.write_all(bytes);
    if incoming.unsynced >= SYNC_EVERY {
        incoming.unsynced = 0;
        written = written.and_then(|()| file.sync());
    }
    match written {
        Ok(()) => true,
        Err(e) => give_up(
            srv,
            host,
            &format!(
                "Write error or short write writing to the DB dump file needed for MASTER <-> REPLICA \
                 synchronization: {}",
                bgsave::plain(&e)
            ),
        ),
    }
}

/// Into the parser.
fn parse(srv: &mut Server, host: &mut dyn Host, bytes: &[u8]) -> bool {
    match load::feed(srv, bytes) {
        Ok(Progress::More) => true,
        Ok(Progress::Done { consumed }) if consumed == bytes.len() => loaded(srv, host),
        Ok(Progress::Done { .. }) => {
            log_warning!("Replication stream EOF marker is broken");
            event(srv, host, |link, env, out| link.load_failed(env, out))
        }
        Err(e) => failed(srv, host, &e),
    }
}

/// All bytes are here. A file becomes the snapshot of this server.
pub(super) fn whole(srv: &mut Server, host: &mut dyn Host) -> bool {
    let Some(incoming) = &mut srv.repl.incoming else { return true };
    let Some(mut file) = incoming.file.take() else {
        // The parser has had them: a snapshot without its end would wait for bytes that never come.
        let short = srv.persist.loading.as_ref().and_then(|loading| loading.reader.finish().err());
        return short.is_none_or(|e| failed(srv, host, &LoadError::Rdb(e)));
    };
    if let Some(child) = srv.persist.child.as_ref().filter(|c| c.kind == ChildKind::RdbFile) {
        log_notice!(
            "Replica is about to load the RDB file received from the master, but there is a pending RDB child \
             running. Killing process {} and removing its temp file to avoid any race",
            child.pid
        );
    }
    stop_child(srv, host);
    if let Err(e) = file.sync() {
        let why = bgsave::plain(&e);
        let text = "Failed trying to sync the temp DB to disk in MASTER <-> REPLICA synchronization";
        return give_up(srv, host, &format!("{text}: {why}"));
    }
    drop(file);
    match store(srv, host) {
        Ok(()) => event(srv, host, |link, env, out| link.rdb_stored(env, out)),
        Err(reason) => give_up(srv, host, &reason),
    }
}

fn store(srv: &mut Server, host: &mut dyn Host) -> Result<(), String> {
    let target = bgsave::path(srv);
    let Some(incoming) = &mut srv.repl.incoming else { return Ok(()) };
    let disk = host.disk();
    // The replaced file's blocks are given back when this handle goes, in the background.
    if let Ok(old) = disk.open_read(&target) {
        host.drop_later(Box::new(old));
    }
    let name = srv.config.dbfilename.display();
    disk.rename(&incoming.path, &target).map_err(|e| {
        let why = bgsave::plain(&e);
        format!(
            "Failed trying to rename the temp DB into {name} in MASTER <-> REPLICA synchronization: {why}"
        )
    })?;
    incoming.path = PathBuf::new();
    disk.sync_dir(parent(&target)).map_err(|e| {
        let why = bgsave::plain(&e);
        format!("Failed trying to sync DB directory {name} in MASTER <-> REPLICA synchronization: {why}")
    })
}

/// A child that saves what is about to be replaced would only overwrite what has come, and an append-only file of the
/// old data is not to be gone on with.
fn stop_child(srv: &mut Server, host: &mut dyn Host) {
    if srv.persist.aof.is_on() {
        aof_rewrite::switch_off(srv, host);
    }
    if srv.persist.child_is(ChildKind::RdbFile) || srv.persist.child_is(ChildKind::RdbStream) {
        child::kill(srv, host);
    }
}

/// Drops all data, for the new ones.
pub(super) fn flush_old(srv: &mut Server, host: &mut dyn Host) {
    let lazy = srv.config.replica_lazy_flush;
    empty(srv, host, None, lazy);
}

/// Everything is about to be exchanged: transactions fail that watch a key which is there before or after.
fn touch_watched(srv: &mut Server) {
    let Some(shadow) = srv.persist.loading.as_ref().and_then(|l| l.shadow.as_ref()) else { return };
    let now = srv.clock.now_ms();
    for (db, fresh) in shadow.iter().enumerate() {
        let old = &srv.keys.dbs[db];
        touch_all(&mut srv.clients, &srv.watches, db, old, Some(fresh), now);
    }
}

/// The load begins.
pub(super) fn start_load(srv: &mut Server, host: &mut dyn Host) -> bool {
    let Some(incoming) = &srv.repl.incoming else { return true };
    let (plan, size, same) = (incoming.plan, incoming.size, incoming.same_history);
    if plan == LoadPlan::Disk {
        let path = bgsave::path(srv);
        return match load::open(srv, host, Purpose::FullSync, &path) {
            Ok(true) => true,
            Ok(false) => failed(srv, host, &LoadError::Io(io::ErrorKind::NotFound.into())),
            Err(e) => failed(srv, host, &LoadError::Io(e)),
        };
    }
    load::begin(srv, Purpose::FullSync, size, plan == LoadPlan::Swap, "");
    if let Some(loading) = &mut srv.persist.loading {
        // Old data of another history are no older version of what comes: nobody may read them.
        loading.async_loading = plan == LoadPlan::Swap && same;
    }
    gate::refresh(srv);
    true
}

/// The parser has seen the end.
pub(super) fn loaded(srv: &mut Server, host: &mut dyn Host) -> bool {
    load::announce(srv);
    let databases = srv.keys.dbs.len();
    let db = srv.persist.loading.as_ref().and_then(|l| l.repl_stream_db);
    let db = db.and_then(|db| usize::try_from(db).ok()).filter(|db| *db < databases);
    event(srv, host, |link, env, out| link.load_done(db, env, out))
}

/// The parser gave up.
pub(super) fn failed(srv: &mut Server, host: &mut dyn Host, e: &LoadError) -> bool {
    let streamed = srv.repl.incoming.as_ref().is_some_and(|i| i.plan != LoadPlan::Disk);
    load::log_error(e, if streamed { Source::Socket } else { Source::File });
    let alive = event(srv, host, |link, env, out| link.load_failed(env, out));
    remove_received(srv, host, streamed);
    alive
}

/// The loaded data serve from now on. Nothing when they do already.
pub(super) fn put_in_service(srv: &mut Server, host: &mut dyn Host) {
    let Some(incoming) = srv.repl.incoming.take() else { return };
    let streamed = incoming.plan != LoadPlan::Disk;
    if incoming.plan == LoadPlan::Swap {
        touch_watched(srv);
        tracking::invalidate_all(srv);
    }
    load::finish(srv, host);
    // A streamed load leaves no file: save points must see that there is something to save.
    srv.persist.dirty += u64::from(streamed);
    remove_received(srv, host, streamed);
}

/// `rdb-del-sync-files` on a replica that keeps no files otherwise.
fn remove_received(srv: &mut Server, host: &mut dyn Host, streamed: bool) {
    if !streamed && srv.config.rdb_del_sync_files && no_persistence(srv) {
        log_notice!("Removing the RDB file obtained from the master. This replica has persistence disabled");
        unlink(host, &bgsave::path(srv));
    }
}

/// The snapshot will not become whole: what there is of it goes.
pub(super) fn abort(srv: &mut Server, host: &mut dyn Host) {
    srv.repl.early.clear();
    if srv.persist.loading.as_ref().is_some_and(|l| l.purpose == Purpose::FullSync) {
        load::abandon(srv, host);
    }
    let Some(incoming) = srv.repl.incoming.take() else { return };
    if !incoming.path.as_os_str().is_empty() {
        unlink(host, &incoming.path);
    }
}
