//! One loader for all that arrives as an RDB: the file at start, a master's full sync, DEBUG RELOAD.
//!
//! [`begin`] sets up; [`feed`] takes bytes as they come (from a socket) or [`step`] reads the next
//! piece of a file; [`finish`] puts the data in service. In between the server lives: clients get
//! `-LOADING`, or the old data while a swap-in is prepared. A load that fails leaves the file as it
//! was; with a shadow data set also the data.
//!
//! Keys that expired are dropped on a master and kept on a replica, whose master will tell.
//!
//! Source: Redis 7.2.4 `rdbLoadRioWithLoadingCtx`, `startLoading`, `stopLoading`.

use std::io::{self, Read};
use std::path::Path;

use crate::base::disk::DiskFile;
use crate::base::num::parse_i64;
use crate::core::propagate;
use crate::core::server::Server;
use crate::format::rdb_error::{ErrorKind, Fault, RdbError};
use crate::format::rdb_read::{Item, RdbReader, ReadOptions};
use crate::object::{Entry, NewValue};
use crate::state::config::SanitizeDump;
use crate::state::host::Host;
use crate::state::libraries::Libraries;
use crate::state::loading::{Loaded, Loading, Purpose};
use crate::{log_notice, log_warning};

/// Bytes read from a file before clients are served again. Small enough for the answer times of a
/// ping, large enough that the system calls do not count.
pub(super) const STEP: usize = 256 * 1024;

/// How far [`feed`] or [`step`] came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Wants more bytes.
    More,
    /// The end of the RDB was seen; so many of the given bytes belong to it.
    Done { consumed: usize },
}

/// Why a load failed.
#[derive(Debug)]
pub enum LoadError {
    Rdb(RdbError),
    Io(io::Error),
    /// An append-only file; the log has it already.
    Aof,
}

/// Sets up a load. `total_bytes` 0: unknown. `shadow`: the present data stay in service meanwhile.
pub fn begin(srv: &mut Server, purpose: Purpose, total_bytes: u64, shadow: bool, name: &str) {
    srv.persist.loading = Some(Box::new(Loading {
        purpose,
        async_loading: shadow,
        started_s: srv.clock.wall_ms() / 1000,
        started_us: srv.clock.mono_us_now(),
        total_bytes,
        loaded_bytes: 0,
        rdb_used_mem: 0,
        reader: reader(srv),
        file: None,
        replay: None,
        name: name.to_owned(),
        db: 0,
        shadow: shadow.then(|| srv.keys.empty_dbs()),
        keep_expired: srv.repl.is_replica(),
        keys_loaded: 0,
        keys_expired: 0,
        libraries: Libraries::default(),
        empty_skipped: 0,
        repl_id: None,
        repl_offset: None,
        repl_stream_db: None,
        announced: false,
    }));
    crate::core::gate::refresh(srv);
}

/// A reader for one snapshot.
pub(super) fn reader(srv: &Server) -> RdbReader {
    RdbReader::new(ReadOptions {
        checksum: srv.config.rdbchecksum && !srv.debug.skip_checksum,
        sanitize: srv.config.sanitize_dump_payload == SanitizeDump::Yes,
        databases: srv.keys.dbs.len() as u64,
        limits: srv.config.limits(srv.keys.key_hash()),
        ..ReadOptions::default()
    })
}

/// Opens a file and sets up its load; `false` when there is none.
///
/// # Errors
/// When the file is there and cannot be opened.
pub fn open(srv: &mut Server, host: &mut dyn Host, purpose: Purpose, path: &Path) -> io::Result<bool> {
    let file = match host.disk().open_read(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(e),
    };
    start_file(srv, purpose, file, &path.to_string_lossy())?;
    Ok(true)
}

/// Sets up the load of an open file.
///
/// # Errors
/// When its size cannot be told.
pub fn start_file(srv: &mut Server, purpose: Purpose, file: Box<dyn DiskFile>, name: &str) -> io::Result<()> {
    let total = file.len()?;
    begin(srv, purpose, total, false, name);
    if let Some(loading) = &mut srv.persist.loading {
        loading.file = Some(file);
    }
    Ok(())
}

/// Takes bytes of the RDB.
///
/// # Errors
/// When they are damaged or cannot be read by us; the load must then be given up.
pub fn feed(srv: &mut Server, chunk: &[u8]) -> Result<Progress, LoadError> {
    let Some(mut loading) = srv.persist.loading.take() else { return Ok(Progress::More) };
    let result = take_items(srv, &mut loading, chunk);
    if let Ok(Progress::Done { consumed }) = result {
        loading.loaded_bytes += consumed as u64;
    } else {
        loading.loaded_bytes += chunk.len() as u64;
    }
    srv.persist.loading = Some(loading);
    result
}

fn take_items(srv: &mut Server, loading: &mut Loading, chunk: &[u8]) -> Result<Progress, LoadError> {
    let now = srv.clock.now_ms();
    // The reader is taken out so that what it lends may go into the rest of `loading`.
    let mut reader = std::mem::replace(&mut loading.reader, RdbReader::new(ReadOptions::default()));
    let mut feed = reader.feed(chunk);
    let result = loop {
        match feed.next() {
            Ok(None) => break Ok(Progress::More),
            Ok(Some(Item::End { .. })) => break Ok(Progress::Done { consumed: feed.consumed() }),
            Ok(Some(item)) => {
                if let Err(e) = take_item(srv, loading, item, now) {
                    break Err(e);
                }
            }
            Err(e) => break Err(LoadError::Rdb(e)),
        }
    };
    drop(feed);
    loading.reader = reader;
    result
}

fn take_item(srv: &mut Server, loading: &mut Loading, item: Item<'_>, now: i64) -> Result<(), LoadError> {
    match item {
        Item::Aux { key, value } => aux(loading, key, value),
        Item::SelectDb(db) => loading.db = db as usize,
        Item::ResizeDb { .. } | Item::SlotInfo { .. } | Item::Header { .. } | Item::End { .. } => {}
        Item::Entry { key, value, expire, idle, freq } => {
            if !loading.keep_expired && expire.is_some_and(|at| at < now) {
                loading.keys_expired += 1;
                if loading.purpose == Purpose::Boot {
                    propagate::deleted_at_load(srv, loading.db, key);
                }
                return Ok(());
            }
            let lru = age(srv, idle, freq);
            put(srv, loading, key, value, expire, lru)?;
            loading.keys_loaded += 1;
            if srv.config.key_load_delay > 0 {
                let us = srv.config.key_load_delay as u64;
                std::thread::sleep(std::time::Duration::from_micros(us));
            }
        }
        Item::Empty { key } => {
            if loading.empty_skipped < 10 {
                log_notice!("rdbLoadObject skipping empty key: {}", String::from_utf8_lossy(key));
            }
            loading.empty_skipped += 1;
        }
        Item::Function { code, .. } => loading.libraries.add(code),
        Item::ModuleAux { id } => {
            let name = crate::format::rdb::module_name(id);
            log_warning!("The RDB file contains AUX module data I can't load: no matching module '{name}'");
        }
    }
    Ok(())
}

/// The age bits of a loaded key.
fn age(srv: &Server, idle: Option<u64>, freq: Option<u8>) -> u32 {
    match (idle, freq) {
        (_, Some(freq)) if srv.config.maxmemory_policy.is_lfu() => srv.keys.aging.lru_from_freq(freq),
        (Some(idle), _) if !srv.config.maxmemory_policy.is_lfu() => srv.keys.aging.lru_from_idle(idle),
        _ => srv.keys.aging.fresh(),
    }
}

fn put(
    srv: &mut Server,
    loading: &mut Loading,
    key: &[u8],
    value: NewValue<'_>,
    expire: Option<i64>,
    lru: u32,
) -> Result<(), LoadError> {
    let mut entry = Entry::new(key, value, expire);
    entry.set_lru(lru);
    let dbs = loading.shadow.as_mut().unwrap_or(&mut srv.keys.dbs);
    let old = dbs[loading.db].insert(entry);
    // DEBUG RELOAD may add a file to what is there.
    if old.is_none() || loading.purpose == Purpose::Debug {
        return Ok(());
    }
    log_warning!("RDB has duplicated key '{}' in DB {}", String::from_utf8_lossy(key), loading.db);
    let fault = Fault::new(ErrorKind::Damaged("Duplicated key found in RDB file"));
    Err(LoadError::Rdb(fault.at(loading.loaded_bytes)))
}

/// An attribute of the file.
fn aux(loading: &mut Loading, key: &[u8], value: &[u8]) {
    let text = || String::from_utf8_lossy(value).into_owned();
    let number = parse_i64(value);
    if key.first() == Some(&b'%') {
        return log_notice!("RDB '{}': {}", String::from_utf8_lossy(key), text());
    }
    match key.to_ascii_lowercase().as_slice() {
        b"redis-ver" => log_notice!("Loading RDB produced by version {}", text()),
        b"ctime" => {
            let age = loading.started_s.saturating_sub(number.unwrap_or(loading.started_s));
            log_notice!("RDB age {} seconds", age.max(0));
        }
        b"used-mem" => {
            let bytes = number.unwrap_or(0).max(0) as u64;
            loading.rdb_used_mem = bytes;
            log_notice!("RDB memory usage when created {:.2} Mb", bytes as f64 / (1024.0 * 1024.0));
        }
        b"repl-id" => loading.repl_id = value.try_into().ok(),
        b"repl-offset" => loading.repl_offset = number,
        b"repl-stream-db" => loading.repl_stream_db = number,
        b"aof-base" if number == Some(1) => {
            log_notice!("RDB is base AOF");
        }
        _ => {}
    }
}

/// Reads the next piece of the file under load.
///
/// # Errors
/// As [`feed`]; also when the file ends early.
pub fn step(srv: &mut Server, host: &mut dyn Host) -> Result<Progress, LoadError> {
    if srv.persist.loading.as_ref().is_some_and(|loading| loading.replay.is_some()) {
        return super::aof_load::step(srv, host);
    }
    let mut buffer = vec![0; STEP];
    let Some(loading) = &mut srv.persist.loading else { return Ok(Progress::More) };
    let Some(file) = &mut loading.file else { return Ok(Progress::More) };
    // What cannot be read is the end of the file, as for Redis; the log says more.
    let n = file.read(&mut buffer).unwrap_or_else(|e| {
        log_warning!("Error reading the RDB file {}: {}", loading.name, super::bgsave::plain(&e));
        0
    });
    if n == 0 {
        return match loading.reader.finish() {
            Ok(()) => Ok(Progress::Done { consumed: 0 }),
            Err(e) => Err(LoadError::Rdb(e)),
        };
    }
    feed(srv, &buffer[..n])
}

/// Says that a snapshot is read; once.
pub fn announce(srv: &mut Server) {
    let Some(loading) = &mut srv.persist.loading else { return };
    if std::mem::replace(&mut loading.announced, true) {
        return;
    }
    srv.persist.last_load_keys_loaded = loading.keys_loaded;
    srv.persist.last_load_keys_expired = loading.keys_expired;
    let (loaded, expired) = (loading.keys_loaded, loading.keys_expired);
    match loading.empty_skipped {
        0 => log_notice!("Done loading RDB, keys loaded: {loaded}, keys expired: {expired}."),
        empty => log_notice!(
            "Done loading RDB, keys loaded: {loaded}, keys expired: {expired}, empty keys skipped: {empty}."
        ),
    }
}

/// Puts the loaded data in service.
pub fn finish(srv: &mut Server, host: &mut dyn Host) -> Loaded {
    announce(srv);
    let Some(loading) = srv.persist.loading.take() else { return Loaded::default() };
    if let Some(shadow) = loading.shadow {
        let old = srv.keys.replace_all(shadow);
        host.drop_later(Box::new(old));
    }
    srv.persist.libraries = loading.libraries;
    crate::core::gate::refresh(srv);
    Loaded {
        keys_loaded: loading.keys_loaded,
        keys_expired: loading.keys_expired,
        repl_id: loading.repl_id,
        repl_offset: loading.repl_offset,
        repl_stream_db: loading.repl_stream_db,
        micros: srv.clock.mono_us_now() - loading.started_us,
    }
}

/// Gives a load up. Without a shadow the half-loaded data go too.
pub fn abandon(srv: &mut Server, host: &mut dyn Host) {
    let Some(loading) = srv.persist.loading.take() else { return };
    let gone = match loading.shadow {
        Some(shadow) => shadow,
        None => srv.keys.flush(None),
    };
    host.drop_later(Box::new(gone));
    crate::core::gate::refresh(srv);
}

/// Loads a whole file without serving anyone (DEBUG RELOAD). `false`: there is no such file.
///
/// # Errors
/// As [`step`]; the data set is then what had been loaded.
pub fn whole(srv: &mut Server, host: &mut dyn Host, path: &Path) -> Result<bool, LoadError> {
    if !open(srv, host, Purpose::Debug, path).map_err(LoadError::Io)? {
        return Ok(false);
    }
    to_the_end(srv, host)?;
    Ok(true)
}

/// Goes on with the load that was set up until it is done, without serving anyone.
///
/// # Errors
/// As [`step`]; the data set is then what had been loaded.
pub fn to_the_end(srv: &mut Server, host: &mut dyn Host) -> Result<Loaded, LoadError> {
    loop {
        match step(srv, host) {
            Ok(Progress::More) if srv.persist.exit.is_none() => {}
            Ok(Progress::More) => return Err(LoadError::Aof),
            Ok(Progress::Done { .. }) => break,
            Err(e) => {
                srv.persist.loading = None;
                crate::core::gate::refresh(srv);
                return Err(e);
            }
        }
    }
    Ok(finish(srv, host))
}

/// Logs a failed load in Redis' words.
pub fn log_error(e: &LoadError, source: crate::format::rdb_error::Source) {
    match e {
        LoadError::Rdb(e) => e.log_lines(source).iter().for_each(|line| log_warning!("{line}")),
        LoadError::Aof => {}
        LoadError::Io(e) => log_warning!("Can't open the RDB file: {}", super::bgsave::plain(e)),
    }
}
