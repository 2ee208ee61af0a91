//! Snapshots: SAVE, BGSAVE, save points, and the RDB a full sync sends.
//!
//! A file is written beside its final name, fsynced, renamed over it, and the folder is fsynced: after
//! a crash there is the old snapshot or the new one, whole. While a large file grows it is fsynced
//! every 4 MiB (`rdb-save-incremental-fsync`), so the disk is not asked for everything at the end.
//!
//! Source: Redis 7.2.4 `rdbSave`, `rdbSaveBackground`, `rdbSaveToSlavesSockets`, `serverCron`.

use std::cell::RefCell;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::base::disk::{Disk, DiskFile, parent};
use crate::core::server::Server;
use crate::format::bytesio::Sink;
use crate::format::rdb::WRITE_VERSION;
use crate::format::rdb_write::{Aux, RdbWriter, ReplAux, Usage, WriteOptions, version_of};
use crate::keyspace::Db;
use crate::object::ValueRef;
use crate::object::stream::active_times_matter;
use crate::resp::errors::{self, CmdError};
use crate::state::client::ClientId;
use crate::state::host::{ChildKind, ChildSide, Host};
use crate::state::persistence::Child;
use crate::state::replication::SyncState;
use crate::state::version::REDIS_VERSION;
use crate::{log_notice, log_warning};

use super::child::{self, Outcome};

/// Bytes between two fsyncs of a growing file.
const SYNC_EVERY: u64 = 4 << 20;
/// After a failed BGSAVE the next try waits so long. Seconds; CONFIG_BGSAVE_RETRY_DELAY.
const RETRY_DELAY_S: i64 = 5;

/// A file that is fsynced as it grows.
pub(super) struct GrowingFile {
    file: Box<dyn DiskFile>,
    incremental: bool,
    unsynced: u64,
}

impl GrowingFile {
    /// `incremental`: not only at its end.
    pub(super) fn new(file: Box<dyn DiskFile>, incremental: bool) -> GrowingFile {
        GrowingFile { file, incremental, unsynced: 0 }
    }

    /// All of it to the disk.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.sync()
    }
}

impl Sink for &mut GrowingFile {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.unsynced += bytes.len() as u64;
        if self.incremental && self.unsynced >= SYNC_EVERY {
            self.file.sync()?;
            self.unsynced = 0;
        }
        Ok(())
    }
}

/// Where the stream stands, for the aux fields; `None` when the file could not be used to continue.
fn repl_aux(srv: &Server) -> Option<ReplAux<'_>> {
    let (stream_db, id, offset) = srv.repl.position()?;
    Some(ReplAux { stream_db, id, offset })
}

/// What goes into a snapshot.
#[derive(Clone, Copy, Debug)]
pub struct Content {
    /// RDB version.
    pub version: u16,
    /// Keys too, not the attributes only.
    pub keys: bool,
    /// Function libraries, too.
    pub libraries: bool,
    /// The base of an append-only file.
    pub aof_base: bool,
}

impl Content {
    /// All, as the own file has it.
    pub(super) fn all(srv: &Server) -> Content {
        Content { version: file_version(srv), keys: true, libraries: true, aof_base: false }
    }
}

/// The version under which a file is written: the lowest that holds the data whole, but never above what
/// every replica reads when one waits for this file.
fn file_version(srv: &Server) -> u16 {
    let waits = |id: &ClientId| {
        let replica = srv.clients.get(*id).and_then(|client| client.replica.as_ref());
        replica.is_some_and(|replica| !matches!(replica.sync, SyncState::Online))
    };
    if !active_times_matter() || srv.repl.replicas.iter().any(waits) {
        return WRITE_VERSION;
    }
    let entries = srv.keys.dbs.iter().flat_map(Db::iter);
    entries.map(version_of).max().unwrap_or(WRITE_VERSION)
}

/// What a child brings along for its work.
pub struct Worker<'a> {
    /// Hears how many keys are written.
    pub tell: &'a mut dyn FnMut(u64),
    /// Gives memory back that is not read again. The parent, which goes on writing, then need not copy the pages that
    /// both had (`dismissObject` of Redis).
    pub give_back: fn(&[u8]),
}

/// Writes the whole data set to a sink.
///
/// # Errors
/// Those of the sink.
pub fn write<W: Sink>(
    srv: &Server,
    sink: W,
    compression: bool,
    content: Content,
    worker: Option<Worker<'_>>,
) -> io::Result<u64> {
    let (tell, give_back) = worker.map(|worker| (worker.tell, worker.give_back)).unzip();
    let idle = |lru| srv.keys.aging.idle_ms(lru) / 1000;
    let freq = |lru| srv.keys.aging.freq(lru);
    let policy = srv.config.maxmemory_policy;
    let usage = if policy.is_lru() {
        Usage::Idle(&idle)
    } else if policy.is_lfu() {
        Usage::Freq(&freq)
    } else {
        Usage::None
    };
    let options = WriteOptions {
        version: content.version,
        checksum: srv.config.rdbchecksum,
        compression,
        usage,
        progress: tell.map(|tell| Box::new(tell) as Box<dyn FnMut(u64)>),
        ..WriteOptions::default()
    };
    let mut writer = RdbWriter::new(sink, options);
    writer.begin(&Aux {
        version: REDIS_VERSION.as_bytes(),
        ctime: srv.clock.wall_ms() / 1000,
        used_mem: srv.stats.used_memory,
        repl: repl_aux(srv),
        aof_base: content.aof_base,
    })?;
    if content.libraries {
        srv.persist.libraries.iter().try_for_each(|code| writer.function(code))?;
    }
    for (number, db) in srv.keys.dbs.iter().enumerate().filter(|(_, db)| content.keys && !db.is_empty()) {
        writer.select_db(number, db.len() as u64, db.expires() as u64)?;
        for entry in db.iter() {
            writer.entry(entry)?;
            if let (Some(give_back), ValueRef::Str(bytes)) = (give_back, entry.value()) {
                give_back(bytes);
            }
            delay(srv.config.rdb_key_save_delay);
        }
    }
    let (_, written) = writer.finish()?;
    Ok(written.bytes)
}

/// `rdb-key-save-delay`: a debugging aid that makes saves slow. Microseconds.
pub(super) fn delay(us: i32) {
    if us > 0 {
        std::thread::sleep(std::time::Duration::from_micros(us as u64));
    }
}

/// Writes the snapshot file. Runs in a child, or in the server for SAVE.
///
/// # Errors
/// After logging what failed in Redis' words; no half file is left.
pub fn write_file(
    srv: &Server,
    disk: &dyn Disk,
    path: &Path,
    temp: &Path,
    worker: Option<Worker<'_>>,
) -> io::Result<()> {
    let file = disk.create(temp).inspect_err(|e| {
        log_warning!(
            "Failed opening the temp RDB file {} (in server root dir {}) for saving: {}",
            temp.display(),
            srv.config.dir.display(),
            plain(e)
        );
    })?;
    let incremental = srv.config.rdb_save_incremental_fsync;
    let mut file = GrowingFile::new(file, incremental);
    let written = write(srv, &mut file, srv.config.rdbcompression, Content::all(srv), worker)
        .map_err(|e| ("rdbSaveRio", e))
        .and_then(|_| file.file.flush().map_err(|e| ("fflush", e)))
        .and_then(|()| file.file.sync().map_err(|e| ("fsync", e)));
    drop(file);
    if let Err((step, e)) = written {
        log_warning!("Write error while saving DB to the disk({step}): {}", plain(&e));
        // The error to tell is the first; the leftover is cleaned up as well as may be.
        let _ = disk.remove(temp);
        return Err(e);
    }
    if let Err(e) = disk.rename(temp, path) {
        log_warning!(
            "Error moving temp DB file {} on the final destination {} (in server root dir {}): {}",
            temp.display(),
            path.display(),
            srv.config.dir.display(),
            plain(&e)
        );
        let _ = disk.remove(temp);
        return Err(e);
    }
    if let Err(e) = disk.sync_dir(parent(path)) {
        log_warning!("Failed to fsync directory while saving DB: {}", plain(&e));
        return Err(e);
    }
    log_notice!("DB saved on disk");
    Ok(())
}

/// An error of the system as C's `strerror` words it, without Rust's number.
pub fn plain(e: &io::Error) -> String {
    let text = e.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// Where the snapshot is written that process `pid` makes.
pub fn temp_path(srv: &Server, pid: i32) -> PathBuf {
    srv.config.dir.join(format!("temp-{pid}.rdb"))
}

/// The snapshot's file.
pub fn path(srv: &Server) -> PathBuf {
    srv.config.dir.join(&srv.config.dbfilename)
}

/// SAVE: the server stands still until the snapshot is on disk.
///
/// # Errors
/// The reply.
pub fn save(srv: &mut Server, host: &mut dyn Host) -> Result<(), CmdError> {
    if srv.persist.child_is(ChildKind::RdbFile) || srv.persist.child_is(ChildKind::RdbStream) {
        return Err(errors::SAVE_IN_PROGRESS);
    }
    srv.persist.saves += 1;
    save_now(srv, host)
}

/// Writes the snapshot file here and now, whatever a child is doing (FLUSHALL, DEBUG RELOAD).
///
/// # Errors
/// The reply.
pub fn save_now(srv: &mut Server, host: &mut dyn Host) -> Result<(), CmdError> {
    srv.stats.used_memory = host.memory().used;
    let path = path(srv);
    let temp = temp_path(srv, host.pid());
    write_file(srv, &*host.disk(), &path, &temp, None).map_err(|_| errors::ERR)?;
    srv.persist.dirty = 0;
    srv.persist.last_save_s = srv.clock.wall_ms() / 1000;
    srv.persist.last_bgsave_ok = true;
    Ok(())
}

/// BGSAVE: forks a child that writes the file.
///
/// # Errors
/// When the fork fails; logged and counted as a failed save.
pub fn start(srv: &mut Server, host: &mut dyn Host) -> io::Result<()> {
    srv.persist.saves += 1;
    srv.persist.last_try_s = srv.clock.wall_ms() / 1000;
    srv.stats.used_memory = host.memory().used;
    let path = path(srv);
    let started = child::start(srv, host, ChildKind::RdbFile, |srv, side| {
        let temp = temp_path(srv, side.pid());
        run_in_child(side, |side| {
            let disk = side.disk();
            let give_back = side.give_back();
            let tell: &mut dyn FnMut(u64) = &mut |keys| side.report(keys, false);
            write_file(srv, &*disk, &path, &temp, Some(Worker { tell, give_back }))
        })
    });
    match started {
        Ok(pid) => {
            log_notice!("Background saving started by pid {pid}");
            Ok(())
        }
        Err(e) => {
            srv.persist.last_bgsave_ok = false;
            log_warning!("Can't save in background: fork: {}", plain(&e));
            Err(e)
        }
    }
}

/// A child that writes the snapshot to the parent's data pipe, between two lines: `$EOF:<mark>` and the
/// mark itself. `content` says what it holds.
///
/// # Errors
/// When the fork fails; logged.
pub fn start_stream(
    srv: &mut Server,
    host: &mut dyn Host,
    mark: [u8; 40],
    content: Content,
) -> io::Result<()> {
    srv.stats.used_memory = host.memory().used;
    let started = child::start(srv, host, ChildKind::RdbStream, |srv, side| {
        run_in_child(side, |side| stream_marked(srv, side, &mark, content))
    });
    match started {
        Ok(pid) => {
            log_notice!("Background RDB transfer started by pid {pid}");
            Ok(())
        }
        Err(e) => {
            log_warning!("Can't save in background: fork: {}", plain(&e));
            Err(e)
        }
    }
}

/// Whether a snapshot that goes to replicas without a file is compressed. LZF costs more time than the bytes it saves
/// on a link of 1 Gbit/s or more, and holds up both sides: who has a slow link asks for it.
fn compresses_stream(srv: &Server) -> bool {
    srv.config.repl_diskless_compression && srv.config.rdbcompression
}

/// The child's pipe as a sink.
struct Pipe<'a, 'b>(&'a RefCell<&'b mut dyn ChildSide>);

impl Sink for Pipe<'_, '_> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.borrow_mut().stream(bytes)
    }
}

fn stream_marked(
    srv: &Server,
    side: &mut dyn ChildSide,
    mark: &[u8; 40],
    content: Content,
) -> io::Result<()> {
    let give_back = side.give_back();
    side.stream(b"$EOF:")?;
    side.stream(mark)?;
    side.stream(b"\r\n")?;
    let side = RefCell::new(side);
    let report: &mut dyn FnMut(u64) = &mut |keys| side.borrow_mut().report(keys, false);
    write(srv, Pipe(&side), compresses_stream(srv), content, Some(Worker { tell: report, give_back }))?;
    side.into_inner().stream(mark)
}

fn run_in_child(side: &mut dyn ChildSide, body: impl FnOnce(&mut dyn ChildSide) -> io::Result<()>) -> i32 {
    match body(side) {
        Ok(()) => {
            side.report(u64::MAX, true);
            0
        }
        Err(_) => 1,
    }
}

/// A BGSAVE child ended.
pub fn done_file(srv: &mut Server, host: &mut dyn Host, child: &Child, outcome: Outcome) {
    let now_s = srv.clock.wall_ms() / 1000;
    match outcome {
        Outcome::Success => {
            log_notice!("Background saving terminated with success");
            srv.persist.dirty -= child.dirty_at_fork.min(srv.persist.dirty);
            srv.persist.last_save_s = now_s;
            srv.persist.last_bgsave_ok = true;
        }
        Outcome::Failure => {
            log_warning!("Background saving error");
            srv.persist.last_bgsave_ok = false;
        }
        Outcome::Signal(_) | Outcome::Killed => {
            let signal = if let Outcome::Signal(n) = outcome { n } else { libc::SIGUSR1 };
            log_warning!("Background saving terminated by signal {signal}");
            let temp = temp_path(srv, child.pid);
            // It may never have been created.
            let _ = host.disk().remove(&temp);
            if outcome != Outcome::Killed {
                srv.persist.last_bgsave_ok = false;
            }
        }
    }
    srv.persist.last_bgsave_secs = now_s - child.started_s;
}

/// A diskless child ended.
pub fn done_stream(_srv: &mut Server, outcome: Outcome) {
    match outcome {
        Outcome::Success => log_notice!("Background RDB transfer terminated with success"),
        Outcome::Failure => log_warning!("Background transfer error"),
        Outcome::Signal(n) => log_warning!("Background transfer terminated by signal {n}"),
        Outcome::Killed => log_warning!("Background transfer terminated by signal {}", libc::SIGUSR1),
    }
}

/// Whether another try may be made: not too soon after one that failed.
fn may_try(srv: &Server) -> bool {
    srv.persist.last_bgsave_ok || srv.clock.now_secs() - srv.persist.last_try_s > RETRY_DELAY_S
}

/// A save that a save point asks for.
pub fn start_due(srv: &mut Server, host: &mut dyn Host) {
    if srv.persist.child.is_some() || !may_try(srv) {
        return;
    }
    let since = srv.clock.now_secs() - srv.persist.last_save_s;
    let dirty = srv.persist.dirty;
    let due = srv.config.save.iter().find(|p| dirty >= p.changes as u64 && since > p.seconds).copied();
    if let Some(point) = due {
        log_notice!("{} changes in {} seconds. Saving...", point.changes, point.seconds);
        // A failure is logged and tried again after the retry delay.
        let _ = start(srv, host);
    }
}

/// A save that had to wait for another child.
pub fn start_scheduled(srv: &mut Server, host: &mut dyn Host) {
    if srv.persist.bgsave_scheduled && srv.persist.child.is_none() && may_try(srv) && start(srv, host).is_ok()
    {
        srv.persist.bgsave_scheduled = false;
    }
}
