//! The increment that is written to: opened at start, written before each sleep, forced to disk as `appendfsync` says.
//!
//! | `appendfsync` | write | fsync | told when a write fails |
//! |---|---|---|---|
//! | `always` | before each sleep | right after, before anybody is answered | nobody: the process ends, since what was done cannot be undone |
//! | `everysec` | before each sleep; at most 2 s later while the last fsync lasts | once a second, in the background | writers, until a write succeeds |
//! | `no` | before each sleep | when the system likes | writers, until a write succeeds |
//!
//! One fsync covers all that a round of the loop did, however many clients that were. A write that comes to its end
//! halfway is cut off again, so that the file ends with a whole record; what cannot be cut off stays, and the rest
//! follows it.
//!
//! Source: Redis 7.2.4 `flushAppendOnlyFile`, `aofOpenIfNeededOnServerStart`.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::base::disk::DiskFile;
use crate::core::server::Server;
use crate::state::aof::{Phase, Synced};
use crate::state::config::AppendFsync;
use crate::state::host::Host;
use crate::{log_notice, log_warning};

use super::aof_files::{self, Stop, shown};
use super::aof_rewrite;
use super::bgsave::plain;

/// A write waits so long for the fsync before it. Seconds.
const POSTPONE_S: i64 = 2;
/// Seconds between two log lines about failing writes; AOF_WRITE_LOG_ERROR_RATE.
const ERROR_LOG_S: i64 = 30;

/// Opens the file at start, after the data are in. Without any file the data of this moment become the base.
///
/// # Errors
/// When that fails: a server that promises a log does not start without one.
pub fn open_at_start(srv: &mut Server, host: &mut dyn Host) -> Result<(), Stop> {
    let disk = host.disk();
    aof_files::make_dir(srv, &*disk)?;
    let mut manifest = srv.persist.aof.manifest.clone();
    if manifest.is_empty() {
        let name = manifest.new_base(aof_files::prefix(srv), srv.config.aof_use_rdb_preamble);
        aof_rewrite::write_base(srv, &*disk, &aof_files::path(srv, &name), host.pid(), None)?;
        log_notice!("Creating AOF base file {} on server start", shown(&name));
    }
    let new = manifest.incr.is_empty();
    let name = manifest.last_incr(aof_files::prefix(srv));
    let path = aof_files::path(srv, &name);
    let (file, len) =
        disk.open_append(&path).and_then(|file| file.len().map(|len| (file, len))).map_err(|e| {
            log_warning!("Can't open the append-only file {}: {}", shown(&name), plain(&e));
            Stop
        })?;
    aof_files::store_manifest(srv, &*disk, &mut manifest)?;
    let now_s = srv.clock.now_secs();
    let aof = &mut srv.persist.aof;
    aof.manifest = manifest;
    let sum = aof.sum;
    aof.move_to(file);
    if len > 0 {
        // What the load found.
        aof.continue_at(sum);
    }
    (aof.written, aof.fsync_asked) = (len, len);
    (aof.phase, aof.fsynced_offset, aof.fsync_s) = (Phase::On, 0, now_s);
    let what = if new { "Creating" } else { "Opening" };
    log_notice!("{what} AOF incr file {} on server start", shown(&name));
    Ok(())
}

/// Writes what has gathered, and forces it to disk when that is due. `force`: also while an fsync lasts.
pub fn flush(srv: &mut Server, host: &mut dyn Host, force: bool) {
    let (policy, now_s) = (srv.config.appendfsync, srv.clock.now_secs());
    let aof = &mut srv.persist.aof;
    if aof.file.is_none() {
        return;
    }
    if aof.buf.is_empty() {
        // What was written last may still have to be forced; nobody else would.
        let owes = aof.fsync_asked != aof.written;
        let told = aof.synced.offset.load(Ordering::Relaxed);
        let offset = srv.repl.backlog.offset();
        if !owes && told < offset && policy != AppendFsync::No && aof.fsync_error() == 0 && !host.is_syncing()
        {
            // The stream went on with what is not for the file (PING, PUBLISH): all that is, is on disk.
            aof.synced.offset.fetch_max(offset, Ordering::Relaxed);
        }
        if owes && (policy != AppendFsync::Everysec || now_s > aof.fsync_s && !host.is_syncing()) {
            fsync(srv, host, false);
        }
        return;
    }
    let syncing = policy == AppendFsync::Everysec && host.is_syncing();
    if syncing && !force {
        match aof.postponed_s {
            None => {
                aof.postponed_s = Some(now_s);
                return;
            }
            Some(since) if now_s - since < POSTPONE_S => return,
            Some(_) => {}
        }
        aof.delayed_fsyncs += 1;
        log_notice!(
            "Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without waiting for \
             fsync to complete, this may slow down Redis."
        );
    }
    if aof.flush_sleep_us > 0 {
        host.sleep_us(aof.flush_sleep_us);
    }
    aof.mark(srv.repl.place());
    let began = srv.clock.mono_us_now();
    let (wrote, failed) = match &mut aof.file {
        Some(file) => write(&mut **file, &aof.buf),
        None => return,
    };
    note_spikes(srv, began, syncing);
    let aof = &mut srv.persist.aof;
    aof.postponed_s = None;
    if let Some(e) = failed {
        return write_failed(srv, wrote, &e, policy);
    }
    if aof.write_error.take().is_some() {
        log_notice!("AOF write error looks solved, Redis can write again.");
    }
    aof.wrote(wrote);
    fsync(srv, host, syncing);
}

/// How many bytes the file took, and why not more.
fn write(file: &mut dyn DiskFile, mut bytes: &[u8]) -> (usize, Option<io::Error>) {
    let whole = bytes.len();
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(0) => return (whole - bytes.len(), Some(io::ErrorKind::WriteZero.into())),
            Ok(n) => bytes = &bytes[n..],
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return (whole - bytes.len(), Some(e)),
        }
    }
    (whole, None)
}

/// Latency monitor: which circumstances made the write slow.
fn note_spikes(srv: &mut Server, began: i64, syncing: bool) {
    let us = (srv.clock.mono_us_now() - began).max(0) as u64;
    let (ms, now_s) = (us / 1000, srv.clock.now_secs());
    let event = if syncing {
        "aof-write-pending-fsync"
    } else if srv.persist.child.is_some() {
        "aof-write-active-child"
    } else {
        "aof-write-alone"
    };
    srv.latency.add_if_slow(event, now_s, ms);
    srv.latency.add_if_slow("aof-write", now_s, ms);
}

fn write_failed(srv: &mut Server, wrote: usize, e: &io::Error, policy: AppendFsync) {
    let now_s = srv.clock.now_secs();
    let aof = &mut srv.persist.aof;
    let tell = now_s - aof.error_logged_s > ERROR_LOG_S;
    if tell {
        aof.error_logged_s = now_s;
    }
    let mut kept = 0;
    let reason = if wrote == 0 {
        if tell {
            log_warning!("Error writing to the AOF file: {}", plain(e));
        }
        plain(e)
    } else {
        if tell {
            let expected = aof.buf.len();
            log_warning!(
                "Short write while writing to the AOF file: (nwritten={wrote}, expected={expected})"
            );
        }
        let whole = aof.written;
        if let Err(e) = aof.file.as_mut().map_or(Ok(()), |file| file.truncate(whole)) {
            kept = wrote;
            if tell {
                log_warning!(
                    "Could not remove short write from the append-only file.  Redis may refuse to load the AOF the \
                     next time it starts.  ftruncate: {}",
                    plain(&e)
                );
            }
        }
        plain(&io::Error::from_raw_os_error(libc::ENOSPC))
    };
    if policy == AppendFsync::Always {
        log_warning!("Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...");
        return abandon(srv);
    }
    aof.write_error = Some(reason);
    if kept > 0 {
        aof.wrote(kept);
    }
}

/// Ends the process without another word to anyone: what they would hear of is not on disk.
fn abandon(srv: &mut Server) {
    srv.persist.exit = Some(1);
    srv.persist.abandon = true;
}

/// Forces what was written to disk, when the policy says so.
fn fsync(srv: &mut Server, host: &mut dyn Host, syncing: bool) {
    if srv.config.no_appendfsync_on_rewrite && srv.persist.child.is_some() {
        return;
    }
    let now_s = srv.clock.now_secs();
    match srv.config.appendfsync {
        AppendFsync::Always => {
            let began = srv.clock.mono_us_now();
            let Some(file) = &mut srv.persist.aof.file else { return };
            if let Err(e) = file.sync() {
                log_warning!(
                    "Can't persist AOF for fsync error when the AOF fsync policy is 'always': {}. Exiting...",
                    plain(&e)
                );
                return abandon(srv);
            }
            let us = (srv.clock.mono_us_now() - began).max(0) as u64;
            srv.latency.add_if_slow("aof-fsync-always", now_s, us / 1000);
            let offset = srv.repl.backlog.offset();
            let aof = &mut srv.persist.aof;
            (aof.fsync_asked, aof.fsync_s) = (aof.written, now_s);
            aof.synced.offset.store(offset, Ordering::Relaxed);
        }
        AppendFsync::Everysec if now_s > srv.persist.aof.fsync_s => {
            srv.persist.aof.fsync_s = now_s;
            if !syncing {
                fsync_later(srv, host);
            }
        }
        _ => {}
    }
}

/// Has the file forced to disk in the background.
fn fsync_later(srv: &mut Server, host: &mut dyn Host) {
    let offset = srv.repl.backlog.offset();
    let aof = &mut srv.persist.aof;
    let Some(file) = &aof.file else { return };
    match file.duplicate() {
        Ok(twin) => {
            aof.fsync_asked = aof.written;
            submit(host, twin, offset, &aof.synced);
        }
        // Out of descriptors: the next second tries again.
        Err(e) => log_warning!("Fail to fsync the AOF file: {}", plain(&e)),
    }
}

/// Forces a file to disk in the background and closes this handle; the stream is safe up to `offset` then.
fn submit(host: &mut dyn Host, file: Box<dyn DiskFile>, offset: i64, synced: &Arc<Synced>) {
    let synced = Arc::clone(synced);
    host.sync_later(
        file,
        Box::new(move |result| match result {
            Ok(()) => {
                synced.error.store(0, Ordering::Relaxed);
                synced.offset.fetch_max(offset, Ordering::Relaxed);
            }
            // What cannot be synced at all (a device) is not a file that failed.
            Err(e) if e.raw_os_error() == Some(libc::EINVAL) => {}
            Err(e) => {
                let errno = e.raw_os_error().unwrap_or(libc::EIO);
                if synced.error.swap(errno, Ordering::Relaxed) == 0 {
                    log_warning!("Fail to fsync the AOF file: {}", plain(&e));
                }
            }
        }),
    );
}

/// Before each sleep: writes, and takes notice of what has come to the disk.
pub fn before_sleep(srv: &mut Server, host: &mut dyn Host) {
    if !srv.persist.aof.is_on() {
        return;
    }
    let began = srv.clock.mono_us_now();
    flush(srv, host, false);
    srv.stats.eventloop_aof_us += (srv.clock.mono_us_now() - began).max(0) as u64;
    if srv.persist.aof.phase == Phase::On {
        note_synced(srv);
    }
}

/// Takes over what the background thread has told. Whoever waits for it is looked at.
pub fn note_synced(srv: &mut Server) {
    let offset = srv.persist.aof.synced.offset.load(Ordering::Relaxed);
    if srv.persist.aof.fsynced_offset != offset {
        srv.persist.aof.fsynced_offset = offset;
        srv.blocked.acks_changed = true;
        srv.repl.ack_due |= srv.repl.is_replica();
    }
}

/// Notes the place in the history of replication, if that is news.
pub fn mark(srv: &mut Server) {
    let place = srv.repl.place();
    if srv.persist.aof.owes_mark(place) {
        srv.persist.aof.mark(place);
    }
}

/// Each cron: a write that was put off, once a second one that failed.
pub fn cron(srv: &mut Server, host: &mut dyn Host, each_second: bool) {
    if each_second {
        // The stream may have gone on with what is not for the file.
        mark(srv);
    }
    let aof = &srv.persist.aof;
    let waits = aof.postponed_s.is_some() || each_second && aof.write_error.is_some();
    if waits || each_second && !aof.buf.is_empty() {
        flush(srv, host, false);
    }
}

/// Writes everything and forces it to disk, now. The file stays open. What cannot be written stays in the buffer.
///
/// # Errors
/// When it cannot be forced; logged.
pub fn flush_and_sync(srv: &mut Server, host: &mut dyn Host) -> Result<(), Stop> {
    mark(srv);
    flush(srv, host, true);
    let now_s = srv.clock.now_secs();
    let offset = srv.repl.backlog.offset();
    let aof = &mut srv.persist.aof;
    let Some(file) = &mut aof.file else { return Ok(()) };
    match file.sync() {
        Ok(()) => {
            (aof.fsync_asked, aof.fsync_s) = (aof.written, now_s);
            if aof.buf.is_empty() && aof.phase == Phase::On {
                // An fsync in the background that is on its way will tell less than that; it is not waited for.
                aof.synced.offset.fetch_max(offset, Ordering::Relaxed);
            }
            Ok(())
        }
        // A device is no file that failed.
        Err(e) if e.raw_os_error() == Some(libc::EINVAL) => Ok(()),
        Err(e) => {
            log_warning!("Fail to fsync the AOF file: {}", plain(&e));
            Err(Stop)
        }
    }
}
