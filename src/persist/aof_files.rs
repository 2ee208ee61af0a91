//! The folder of the append-only file: its manifest on disk, and what lies beside it.
//!
//! The manifest decides. A file it does not name is not loaded, one it names must be there; so every change of the
//! set of files is: write the new file whole, then replace the manifest in one step, then delete what it no
//! longer names. A crash in between leaves files too many, never too few.
//!
//! Each failure is logged here in Redis' words; the caller only learns that it cannot go on.
//!
//! Source: Redis 7.2.4 `aofLoadManifestFromDisk`, `writeAofManifestFile`, `aofUpgradePrepare`, `aofDelHistoryFiles`.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::base::disk::Disk;
use crate::core::server::Server;
use crate::format::aof_manifest::Manifest;
use crate::state::host::Host;
use crate::{log_debug, log_notice, log_warning};

use super::bgsave::plain;

/// It cannot go on; the log says why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stop;

/// The folder.
pub fn dir(srv: &Server) -> PathBuf {
    srv.config.dir.join(&srv.config.appenddirname)
}

/// A file in the folder.
pub fn path(srv: &Server, name: &[u8]) -> PathBuf {
    dir(srv).join(os_name(name))
}

/// A name of the manifest as one of the system.
pub fn os_name(name: &[u8]) -> &OsStr {
    OsStr::from_bytes(name)
}

/// What the names of all files begin with.
pub fn prefix(srv: &Server) -> &[u8] {
    srv.config.appendfilename.as_os_str().as_bytes()
}

/// The increment that gathers what happens until the first rewrite has ended.
pub fn temp_incr_name(srv: &Server) -> Vec<u8> {
    [b"temp-", prefix(srv), b".incr"].concat()
}

/// A name for the log.
pub fn shown(name: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(name)
}

/// Makes the folder if need be.
///
/// # Errors
/// When there is none after that.
pub fn make_dir(srv: &Server, disk: &dyn Disk) -> Result<(), Stop> {
    disk.create_dir(&dir(srv)).map_err(|e| {
        let name = srv.config.appenddirname.display();
        log_warning!("Can't open or create append-only dir {name}: {}", plain(&e));
        Stop
    })
}

/// Reads the manifest; without a file it is an empty one.
///
/// # Errors
/// When there is one and it is not to be understood; what was known before stays known then.
pub fn load_manifest(srv: &mut Server, disk: &dyn Disk) -> Result<(), Stop> {
    let name = [prefix(srv), b".manifest"].concat();
    let path = path(srv, &name);
    if !disk.exists(&path) {
        srv.persist.aof.manifest = Manifest::default();
        log_debug!("The AOF manifest file {} doesn't exist", shown(&name));
        return Ok(());
    }
    let text = disk.read(&path).map_err(|e| {
        let path = path.display();
        log_warning!("Fatal error: can't open the AOF manifest file {path} for reading: {}", plain(&e));
        Stop
    })?;
    srv.persist.aof.manifest = Manifest::parse(&text).map_err(|e| {
        e.log_lines().iter().for_each(|line| log_warning!("{line}"));
        Stop
    })?;
    Ok(())
}

/// Puts a manifest in the place of the one on disk, in one durable step. Nothing when they are the same.
///
/// # Errors
/// When the old one is still there.
pub fn store_manifest(srv: &Server, disk: &dyn Disk, manifest: &mut Manifest) -> Result<(), Stop> {
    if !manifest.dirty {
        return Ok(());
    }
    let name = [prefix(srv), b".manifest"].concat();
    let temp_name = [b"temp-", &name[..]].concat();
    let (target, temp) = (path(srv, &name), path(srv, &temp_name));
    let (name, temp_name) = (shown(&name), shown(&temp_name));
    let stop = |line: std::fmt::Arguments<'_>, e: &io::Error| {
        log_warning!("{line}: {}", plain(e));
        Stop
    };
    let mut file = disk
        .create(&temp)
        .map_err(|e| stop(format_args!("Can't open the AOF manifest file {temp_name}"), &e))?;
    file.write_all(&manifest.text()).and_then(|()| file.flush()).map_err(|e| {
        stop(format_args!("Error trying to write the temporary AOF manifest file {temp_name}"), &e)
    })?;
    file.sync().map_err(|e| stop(format_args!("Fail to fsync the temp AOF file {temp_name}"), &e))?;
    drop(file);
    disk.rename(&temp, &target).map_err(|e| {
        stop(
            format_args!("Error trying to rename the temporary AOF manifest file {temp_name} into {name}"),
            &e,
        )
    })?;
    disk.sync_dir(&dir(srv))
        .map_err(|e| stop(format_args!("Fail to fsync AOF directory {}", target.display()), &e))?;
    manifest.dirty = false;
    Ok(())
}

/// A file of the time before there were folders moves into one, as its base. Nothing when there is none, or when the
/// folder holds data of its own.
///
/// # Errors
/// When it cannot be moved; the next start tries again.
pub fn adopt_old_file(srv: &mut Server, disk: &dyn Disk) -> Result<(), Stop> {
    let old = srv.config.dir.join(&srv.config.appendfilename);
    if !disk.exists(&old) {
        return Ok(());
    }
    let name = prefix(srv).to_vec();
    let target = path(srv, &name);
    let manifest = &srv.persist.aof.manifest;
    // A manifest that names nothing but the old file: the last try came no further than that.
    let half_done = manifest.incr.is_empty()
        && manifest.base.as_ref().is_some_and(|base| base.name == name)
        && !disk.exists(&target);
    if !manifest.is_empty() && !half_done {
        return Ok(());
    }
    make_dir(srv, disk)?;
    let mut manifest = srv.persist.aof.manifest.clone();
    manifest.adopt_old(&name);
    store_manifest(srv, disk, &mut manifest)?;
    srv.persist.aof.manifest = manifest;
    let (file, folder) = (shown(&name), srv.config.appenddirname.display());
    disk.rename(&old, &target).and_then(|()| disk.sync_dir(&dir(srv))).map_err(|e| {
        log_warning!("Error trying to move the old AOF file {file} into dir {folder}: {}", plain(&e));
        Stop
    })?;
    log_notice!("Successfully migrated an old-style AOF file ({file}) into the AOF directory ({folder}).");
    Ok(())
}

/// Deletes what rewrites have made superfluous, and strikes it from the manifest.
pub fn delete_history(srv: &mut Server, host: &mut dyn Host) {
    if srv.config.aof_disable_auto_gc || srv.persist.aof.manifest.history.is_empty() {
        return;
    }
    let mut manifest = std::mem::take(&mut srv.persist.aof.manifest);
    for old in manifest.history.drain(..) {
        log_notice!("Removing the history file {} in the background", shown(&old.name));
        // A file that is gone already, or stays, does no harm.
        let _ = host.close_later(&path(srv, &old.name));
    }
    manifest.dirty = true;
    // As long as the one on disk names them, the next start deletes them once more.
    let _ = store_manifest(srv, &*host.disk(), &mut manifest);
    srv.persist.aof.manifest = manifest;
}

/// Deletes in the background what may not be there at all.
pub fn remove_later(host: &mut dyn Host, path: &Path) {
    let _ = host.close_later(path);
}
