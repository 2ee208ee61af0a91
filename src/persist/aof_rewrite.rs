//! Rewriting the append-only file, and switching it on and off.
//!
//! A rewrite forks a child that writes the data of this moment as a new base, while the parent goes on in a new
//! increment. When the child is done the manifest names both, and what came before is history:
//!
//! | step | on disk after a crash right here |
//! |---|---|
//! | old increment forced to disk, new one opened and named by the manifest | the old base, all increments |
//! | child writes `temp-rewriteaof-bg-<pid>.aof` | the same, and a leftover |
//! | renamed into the folder as the new base | the same, and a file nobody names |
//! | manifest replaced: new base, new increment, the others history | the new base, the new increment |
//! | history deleted, manifest replaced | the same |
//!
//! Switched on while the server runs ([`Phase::Starting`]) there is no old base: what happens meanwhile gathers in
//! a temporary increment that gets its name together with the base. Until then the log promises nothing. A replica
//! that has just loaded a file from its master has a base already ([`switch_on_with`]).
//!
//! Deviation: Redis leaves the fsync of the old increment to a thread; a crash before its end makes a hole in the middle
//! of the set, which is refused at the next start, or goes unnoticed where it ends with a command.
//!
//! Source: Redis 7.2.4 `rewriteAppendOnlyFileBackground`, `backgroundRewriteDoneHandler`, `startAppendOnly`,
//! `stopAppendOnly`, `aofRewriteLimited`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use crate::base::disk::{Disk, DiskFile, parent};
use crate::core::server::Server;
use crate::format::aof::push_timestamp;
use crate::format::aof_write;
use crate::format::bytesio::Sink;
use crate::resp::request::push_request;
use crate::state::aof::Phase;
use crate::state::host::{ChildKind, Host};
use crate::state::persistence::Child;
use crate::{log_notice, log_verbose, log_warning};

use super::aof_files::{self, Stop, shown};
use super::aof_log;
use super::bgsave::{self, Content, GrowingFile, Worker, plain};
use super::child::{self, Outcome};

/// After so many failures in a row the next rewrite is put off; AOF_REWRITE_LIMITE_THRESHOLD.
const FAILURES: u64 = 3;
/// The longest delay, in minutes.
const MAX_DELAY_MINUTES: i64 = 60;

/// Writes the data set as a base, whole or not at all. `worker`: when a child does it.
///
/// # Errors
/// When there is no base now; the log says why.
pub fn write_base(
    srv: &Server,
    disk: &dyn Disk,
    path: &Path,
    pid: i32,
    worker: Option<Worker<'_>>,
) -> Result<(), Stop> {
    let temp = srv.config.dir.join(format!("temp-rewriteaof-{pid}.aof"));
    let mut file = match disk.create(&temp) {
        Ok(file) => GrowingFile::new(file, srv.config.aof_rewrite_incremental_fsync),
        Err(e) => {
            log_warning!("Opening the temp file for AOF rewrite in rewriteAppendOnlyFile(): {}", plain(&e));
            return Err(Stop);
        }
    };
    let written = if srv.config.aof_use_rdb_preamble {
        let content = Content { aof_base: true, ..Content::all(srv) };
        bgsave::write(srv, &mut file, srv.config.rdbcompression, content, worker).map(drop)
    } else {
        write_commands(srv, &mut (&mut file), worker.map(|worker| worker.tell))
    };
    if let Err(e) = written.and_then(|()| file.finish()) {
        log_warning!("Write error writing append only file on disk: {}", plain(&e));
        let _ = disk.remove(&temp);
        return Err(Stop);
    }
    if let Err(e) = disk.rename(&temp, path).and_then(|()| disk.sync_dir(parent(path))) {
        log_warning!("Error moving temp append only file on the final destination: {}", plain(&e));
        let _ = disk.remove(&temp);
        return Err(Stop);
    }
    Ok(())
}

/// The data set as commands.
fn write_commands<W: Sink>(
    srv: &Server,
    out: &mut W,
    mut progress: Option<&mut dyn FnMut(u64)>,
) -> io::Result<()> {
    if srv.config.aof_timestamp_enabled {
        let mut line = Vec::new();
        push_timestamp(&mut line, srv.clock.wall_ms() / 1000);
        out.put(&line)?;
    }
    for code in srv.persist.libraries.iter() {
        let mut request = Vec::new();
        push_request(&mut request, &[b"FUNCTION", b"LOAD", code]);
        out.put(&request)?;
    }
    let mut keys = 0;
    for (number, db) in srv.keys.dbs.iter().enumerate().filter(|(_, db)| !db.is_empty()) {
        aof_write::select(number, out)?;
        for entry in db.iter() {
            aof_write::entry(entry, out)?;
            keys += 1;
            if let Some(tell) = &mut progress {
                tell(keys);
            }
            bgsave::delay(srv.config.rdb_key_save_delay);
        }
    }
    Ok(())
}

/// Starts a rewrite.
///
/// # Errors
/// When there is a child already, or a file or the fork fails; the log says why.
pub fn start(srv: &mut Server, host: &mut dyn Host) -> Result<(), Stop> {
    if srv.persist.child.is_some() {
        return Err(Stop);
    }
    let began = begin(srv, host);
    if began.is_err() {
        srv.persist.aof.rewrite.last_ok = false;
        if srv.persist.aof.phase == Phase::Starting && srv.persist.aof.file.is_some() {
            drop_temp_increment(srv, host);
        }
    }
    began
}

fn begin(srv: &mut Server, host: &mut dyn Host) -> Result<(), Stop> {
    aof_files::make_dir(srv, &*host.disk())?;
    // The old increment must be whole on disk before a manifest names what follows it: a crash may cut off the end of
    // the last file, never of one in the middle.
    aof_log::flush_and_sync(srv, host)?;
    open_increment(srv, host)?;
    if !srv.persist.aof.buf.is_empty() {
        // What the old one did not take (its disk is full) will be in the base, so it must not come behind it again: it
        // gets an increment of its own, which is history when the rewrite succeeds.
        aof_log::flush_and_sync(srv, host)?;
        if !srv.persist.aof.buf.is_empty() {
            log_warning!(
                "Can't rewrite append only file in background: what happened last cannot be written"
            );
            return Err(Stop);
        }
        open_increment(srv, host)?;
    }
    let offset = srv.repl.backlog.offset();
    let aof = &mut srv.persist.aof;
    if aof.phase == Phase::Starting {
        // What an fsync of the old file would still tell is not about this one.
        host.finish_syncs();
        aof.synced.offset.store(offset, Ordering::Relaxed);
        aof.fsynced_offset = 0;
    }
    aof.rewrite.count += 1;
    srv.stats.used_memory = host.memory().used;
    let started = child::start(srv, host, ChildKind::AofRewrite, |srv, side| {
        let (pid, disk) = (side.pid(), side.disk());
        let target = temp_base(srv, pid);
        let give_back = side.give_back();
        let tell: &mut dyn FnMut(u64) = &mut |keys| side.report(keys, false);
        if write_base(srv, &*disk, &target, pid, Some(Worker { tell, give_back })).is_err() {
            return 1;
        }
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        log_notice!("Successfully created the temporary AOF base file {name}");
        side.report(u64::MAX, true);
        0
    });
    match started {
        Ok(pid) => {
            log_notice!("Background append only file rewriting started by pid {pid}");
            srv.persist.aof.rewrite.scheduled = false;
            Ok(())
        }
        Err(e) => {
            log_warning!("Can't rewrite append only file in background: fork: {}", plain(&e));
            Err(Stop)
        }
    }
}

/// Where the child `pid` leaves the new base.
fn temp_base(srv: &Server, pid: i32) -> PathBuf {
    srv.config.dir.join(format!("temp-rewriteaof-bg-{pid}.aof"))
}

/// What is written from now on goes into a new increment. Nothing when the log is off.
fn open_increment(srv: &mut Server, host: &mut dyn Host) -> Result<(), Stop> {
    let starting = match srv.persist.aof.phase {
        Phase::Off => return Ok(()),
        Phase::Starting => true,
        Phase::On => false,
    };
    if srv.persist.aof.is_torn() {
        log_warning!("Can't rewrite append only file in background: the present one ends within a command");
        return Err(Stop);
    }
    let disk = host.disk();
    let mut manifest = srv.persist.aof.manifest.clone();
    let name =
        if starting { aof_files::temp_incr_name(srv) } else { manifest.new_incr(aof_files::prefix(srv)) };
    let file = create_empty(&*disk, &aof_files::path(srv, &name)).map_err(|e| {
        log_warning!("Can't open the append-only file {}: {}", shown(&name), plain(&e));
        Stop
    })?;
    if !starting {
        aof_files::store_manifest(srv, &*disk, &mut manifest)?;
    }
    log_notice!("Creating AOF incr file {} on background rewrite", shown(&name));
    let place = srv.repl.place();
    let aof = &mut srv.persist.aof;
    aof.manifest = manifest;
    aof.move_to(file);
    if aof.buf.is_empty() {
        // The base that is to come begins here, too.
        aof.mark(place);
    }
    Ok(())
}

/// An empty file that is appended to.
fn create_empty(disk: &dyn Disk, path: &Path) -> io::Result<Box<dyn DiskFile>> {
    drop(disk.create(path)?);
    disk.open_append(path)
}

/// A rewrite ended.
pub fn done(srv: &mut Server, host: &mut dyn Host, child: &Child, outcome: Outcome) {
    srv.persist.aof.rewrite.last_cow_bytes = child.cow_peak;
    let ok = match outcome {
        Outcome::Success => {
            log_notice!("Background AOF rewrite terminated with success");
            let began = srv.clock.mono_us_now();
            let ok = take_over(srv, host, child.pid).is_ok();
            let us = srv.clock.mono_us_now() - began;
            log_verbose!("Background AOF rewrite signal handler took {us}us");
            Some(ok)
        }
        Outcome::Failure => {
            log_warning!("Background AOF rewrite terminated with error");
            Some(false)
        }
        Outcome::Signal(signal) => {
            log_warning!("Background AOF rewrite terminated by signal {signal}");
            Some(false)
        }
        Outcome::Killed => {
            log_warning!("Background AOF rewrite terminated by signal {}", libc::SIGUSR1);
            None
        }
    };
    let rewrite = &mut srv.persist.aof.rewrite;
    match ok {
        Some(true) => (rewrite.last_ok, rewrite.failures) = (true, 0),
        Some(false) => (rewrite.last_ok, rewrite.failures) = (false, rewrite.failures + 1),
        None => {}
    }
    if ok == Some(true) {
        log_notice!("Background AOF rewrite finished successfully");
    }
    rewrite.last_secs = srv.clock.wall_ms() / 1000 - child.started_s;
    remove_temp(srv, host, child.pid);
    if srv.persist.aof.phase == Phase::Starting {
        drop_temp_increment(srv, host);
        srv.persist.aof.rewrite.scheduled = true;
    }
}

/// The new base takes the place of what was before.
fn take_over(srv: &mut Server, host: &mut dyn Host, pid: i32) -> Result<(), Stop> {
    let disk = host.disk();
    let temp = temp_base(srv, pid);
    let mut manifest = srv.persist.aof.manifest.clone();
    let base = manifest.new_base(aof_files::prefix(srv), srv.config.aof_use_rdb_preamble);
    let base_path = aof_files::path(srv, &base);
    let temp_name = temp.file_name().unwrap_or_default().to_string_lossy();
    rename(srv, &*disk, &temp, &base_path, "base")?;
    log_notice!("Successfully renamed the temporary AOF base file {temp_name} into {}", shown(&base));
    let mut incr_path = None;
    if srv.persist.aof.phase == Phase::Starting {
        let temp_name = aof_files::temp_incr_name(srv);
        let incr = manifest.new_incr(aof_files::prefix(srv));
        let path = aof_files::path(srv, &incr);
        if let Err(stop) = rename(srv, &*disk, &aof_files::path(srv, &temp_name), &path, "incr") {
            aof_files::remove_later(host, &base_path);
            return Err(stop);
        }
        let (from, to) = (shown(&temp_name), shown(&incr));
        log_notice!("Successfully renamed the temporary AOF incr file {from} into {to}");
        incr_path = Some(path);
    }
    manifest.retire_incr(srv.persist.aof.file.is_some());
    if let Err(stop) = aof_files::store_manifest(srv, &*disk, &mut manifest) {
        aof_files::remove_later(host, &base_path);
        if let Some(path) = incr_path {
            aof_files::remove_later(host, &path);
        }
        return Err(stop);
    }
    let base_len = disk.len(&base_path).unwrap_or(0);
    let aof = &mut srv.persist.aof;
    aof.manifest = manifest;
    if aof.is_on() {
        aof.size = base_len + aof.written;
        aof.size_at_rewrite = aof.size;
    }
    aof_files::delete_history(srv, host);
    if srv.persist.aof.phase == Phase::Starting {
        srv.persist.aof.phase = Phase::On;
        aof_log::note_synced(srv);
    }
    Ok(())
}

fn rename(srv: &mut Server, disk: &dyn Disk, from: &Path, to: &Path, what: &str) -> Result<(), Stop> {
    let began = srv.clock.mono_us_now();
    let renamed = disk.rename(from, to);
    let us = (srv.clock.mono_us_now() - began).max(0) as u64;
    srv.latency.add_if_slow("aof-rename", srv.clock.now_secs(), us / 1000);
    renamed.map_err(|e| {
        log_warning!(
            "Error trying to rename the temporary AOF {what} file {} into {}: {}",
            from.display(),
            to.display(),
            plain(&e)
        );
        Stop
    })
}

/// What the first rewrite left unfinished is of no use to the next.
fn drop_temp_increment(srv: &mut Server, host: &mut dyn Host) {
    let name = aof_files::temp_incr_name(srv);
    log_notice!("Removing the temp incr aof file {} in the background", shown(&name));
    srv.persist.aof.stop();
    aof_files::remove_later(host, &aof_files::path(srv, &name));
}

/// Removes what a child may have left.
fn remove_temp(srv: &Server, host: &mut dyn Host, pid: i32) {
    aof_files::remove_later(host, &temp_base(srv, pid));
    aof_files::remove_later(host, &srv.config.dir.join(format!("temp-rewriteaof-{pid}.aof")));
}

/// Ends a rewrite that runs, and waits for its end.
pub fn kill(srv: &mut Server, host: &mut dyn Host) {
    let Some(child) = srv.persist.child.as_ref().filter(|child| child.kind == ChildKind::AofRewrite) else {
        return;
    };
    let pid = child.pid;
    log_notice!("Killing running AOF rewrite child: {pid}");
    host.end_child(pid);
    child::forget(srv);
    remove_temp(srv, host, pid);
}

/// `appendonly yes` while the server runs. Inside a transaction the fork waits: it must not see half of it.
///
/// # Errors
/// When the first rewrite cannot be started; the log is off then.
pub fn switch_on(srv: &mut Server, host: &mut dyn Host, in_exec: bool) -> Result<(), Stop> {
    srv.persist.aof.phase = Phase::Starting;
    let other = srv.persist.child.as_ref().is_some_and(|child| child.kind != ChildKind::AofRewrite);
    if other || in_exec {
        srv.persist.aof.rewrite.scheduled = true;
        let when =
            if other { "but there is already another background operation" } else { "during a transaction" };
        log_notice!("AOF was enabled {when}. An AOF background was scheduled to start when possible.");
    } else {
        if srv.persist.child.is_some() {
            log_notice!(
                "AOF was enabled but there is already an AOF rewriting in background. Stopping background AOF and \
                 starting a rewrite now."
            );
            kill(srv, host);
        }
        if let Err(stop) = start(srv, host) {
            srv.persist.aof.phase = Phase::Off;
            log_warning!(
                "Redis needs to enable the AOF but can't trigger a background AOF rewrite operation. Check the \
                 above logs for more info about the error."
            );
            return Err(stop);
        }
    }
    let now_s = srv.clock.now_secs();
    let aof = &mut srv.persist.aof;
    aof.fsync_s = now_s;
    if aof.synced.error.swap(0, Ordering::Relaxed) != 0 {
        log_warning!("AOF reopen, just ignore the AOF fsync error in bio job");
    }
    if aof.write_error.take().is_some() {
        log_warning!("AOF reopen, just ignore the last error.");
    }
    Ok(())
}

/// Switches on with a snapshot file that holds exactly the data of this moment: it becomes the base under a second
/// name. No child, no second writing of the data, and the log is whole at once.
///
/// # Errors
/// When that cannot be; nothing has changed then.
pub fn switch_on_with(srv: &mut Server, host: &mut dyn Host, snapshot: &Path) -> Result<(), Stop> {
    let disk = host.disk();
    aof_files::make_dir(srv, &*disk)?;
    let mut manifest = srv.persist.aof.manifest.clone();
    let base = manifest.new_base(aof_files::prefix(srv), true);
    let incr = manifest.new_incr(aof_files::prefix(srv));
    manifest.retire_incr(true);
    let (base_path, incr_path) = (aof_files::path(srv, &base), aof_files::path(srv, &incr));
    // Left by a crash, and named by no manifest.
    let _ = disk.remove(&base_path);
    let made = disk.link(snapshot, &base_path).and_then(|()| {
        let size = disk.len(&base_path)?;
        Ok((size, create_empty(&*disk, &incr_path)?))
    });
    let (size, file) = made.map_err(|e| {
        log_notice!("The received RDB file cannot be the base of the AOF: {}", plain(&e));
        Stop
    })?;
    aof_files::store_manifest(srv, &*disk, &mut manifest)?;
    log_notice!("The received RDB file is AOF base file {}, followed by {}", shown(&base), shown(&incr));
    let (offset, now_s) = (srv.repl.backlog.offset(), srv.clock.now_secs());
    host.finish_syncs();
    let aof = &mut srv.persist.aof;
    aof.phase = Phase::On;
    aof.manifest = manifest;
    aof.stop();
    aof.move_to(file);
    aof.write_error = None;
    (aof.size, aof.size_at_rewrite, aof.fsync_s) = (size, size, now_s);
    aof.synced.error.store(0, Ordering::Relaxed);
    aof.synced.offset.store(offset, Ordering::Relaxed);
    aof.fsynced_offset = offset;
    aof_files::delete_history(srv, host);
    Ok(())
}

/// `appendonly no` while the server runs, or a full sync is about to replace all data: the file ends here, whole.
pub fn switch_off(srv: &mut Server, host: &mut dyn Host) {
    // A failure is logged; the file ends where it ends.
    let _ = aof_log::flush_and_sync(srv, host);
    let aof = &mut srv.persist.aof;
    aof.stop();
    aof.phase = Phase::Off;
    aof.rewrite.scheduled = false;
    aof.fsynced_offset = -1;
    aof.synced.offset.store(0, Ordering::Relaxed);
    // Who waits for the local fsync waits in vain.
    srv.blocked.acks_changed = true;
    kill(srv, host);
}

/// A scheduled rewrite, if nothing stands in its way.
pub fn start_scheduled(srv: &mut Server, host: &mut dyn Host) {
    if srv.persist.child.is_none() && srv.persist.aof.rewrite.scheduled && !is_limited(srv) {
        // A failure is logged; it stays scheduled.
        let _ = start(srv, host);
    }
}

/// A rewrite because the file has grown by `auto-aof-rewrite-percentage` since the last one.
pub fn start_grown(srv: &mut Server, host: &mut dyn Host) {
    let (config, aof) = (&srv.config, &srv.persist.aof);
    let wanted =
        aof.phase == Phase::On && srv.persist.child.is_none() && config.auto_aof_rewrite_percentage > 0;
    if !wanted || aof.size <= config.auto_aof_rewrite_min_size.max(0) as u64 {
        return;
    }
    let growth = u128::from(aof.size) * 100 / u128::from(aof.size_at_rewrite.max(1));
    let growth = growth.saturating_sub(100);
    if growth >= config.auto_aof_rewrite_percentage as u128 && !is_limited(srv) {
        log_notice!("Starting automatic rewriting of AOF on {growth}% growth");
        let _ = start(srv, host);
    }
}

/// Whether a rewrite that nobody asked for has to wait: after some failures in a row a minute, then two, four …
fn is_limited(srv: &mut Server) -> bool {
    let now_s = srv.clock.now_secs();
    let rewrite = &mut srv.persist.aof.rewrite;
    if rewrite.failures < FAILURES {
        (rewrite.delay_minutes, rewrite.retry_s) = (0, 0);
        return false;
    }
    if rewrite.retry_s != 0 {
        if now_s < rewrite.retry_s {
            return true;
        }
        rewrite.retry_s = 0;
        return false;
    }
    rewrite.delay_minutes = (rewrite.delay_minutes * 2).clamp(1, MAX_DELAY_MINUTES);
    rewrite.retry_s = now_s + rewrite.delay_minutes * 60;
    log_warning!(
        "Background AOF rewrite has repeatedly failed and triggered the limit, will retry in {} minutes",
        rewrite.delay_minutes
    );
    true
}
