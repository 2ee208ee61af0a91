//! Replay of an append-only file: base, then increments, each command as if its client sent it again, but with
//! nobody to answer, nothing to count and nowhere to propagate to.
//!
//! The files are read by the loop a piece at a time, like a snapshot; so the server answers `-LOADING` meanwhile. A
//! file that begins with a snapshot is loaded as one up to its end; what follows are commands (the single files of
//! Redis 4 to 6 are like that).
//!
//! **The end.** A crash may cut the last record short. With `aof-load-truncated` the file is cut off behind the last
//! whole command, or before the MULTI whose EXEC is missing, and loaded anyway; in any file but the last that is an
//! error. Bytes that are no records always are one.
//!
//! **Time.** Keys do not expire while commands are replayed: later ones may have moved their end.
//!
//! Deviations: a file that ends within a command within a transaction is cut off before the MULTI (Redis leaves the
//! whole commands of the transaction there, and what is written next becomes its end); commands of administration
//! (SHUTDOWN, DEBUG, SAVE …), which no server writes, and wrong numbers of arguments are refused (Redis would run
//! them).
//!
//! Source: Redis 7.2.4 `loadAppendOnlyFiles`, `loadSingleAppendOnlyFile`.

use std::io::{self, Read};

use crate::base::crc::crc64;
use crate::base::disk::Disk;
use crate::core::call;
use crate::core::gate;
use crate::core::lifecycle;
use crate::core::server::Server;
use crate::core::table::Command;
use crate::format::aof::{BadFormat, Mark, SNAPSHOT, Step, parse_mark};
use crate::resp::reply::Reply;
use crate::resp::request::Args;
use crate::state::aof_trail::{Place, Trail};
use crate::state::client::{ClientId, Flags};
use crate::state::host::Host;
use crate::state::loading::{Part, Purpose, Replay};
use crate::state::spec::Flags as Cmd;
use crate::{log_notice, log_warning};

use super::aof_files::{self, Stop, shown};
use super::bgsave::plain;
use super::load::{self, LoadError, Progress, STEP};

/// A replayed command's reply is thrown away; a buffer larger than this goes with it. Bytes.
const KEEP_REPLY: usize = 64 * 1024;

/// Sets up the load of what the manifest names, and tells whether there is anything.
///
/// # Errors
/// When a file is missing or cannot be looked at; logged.
pub fn begin(srv: &mut Server, host: &mut dyn Host, purpose: Purpose) -> Result<Begun, Stop> {
    let disk = host.disk();
    aof_files::adopt_old_file(srv, &*disk)?;
    let manifest = &srv.persist.aof.manifest;
    if manifest.is_empty() {
        return Ok(Begun::Nothing);
    }
    let files = (manifest.base.iter().map(|base| (true, base.clone())))
        .chain(manifest.incr.iter().map(|incr| (false, incr.clone())))
        .collect();
    let mut total = 0;
    for file in manifest.loaded() {
        total += disk.len(&aof_files::path(srv, &file.name)).map_err(|e| {
            let name = shown(&file.name);
            log_warning!("Unable to obtain the AOF file {name} length. stat: {}", plain(&e));
            Stop
        })?;
    }
    if total == 0 {
        return Ok(Begun::Empty);
    }
    load::begin(srv, purpose, total, false, "");
    if let Some(loading) = &mut srv.persist.loading {
        loading.keep_expired = true;
        loading.replay = Some(Box::new(Replay {
            files,
            name: Vec::new(),
            is_base: false,
            part: Part::Head,
            records: Default::default(),
            buf: Vec::new(),
            start: 0,
            at: 0,
            len: 0,
            unread: 0,
            good: 0,
            good_before_multi: 0,
            client: ClientId::NONE,
            trail: Trail::default(),
            sum: Some(0),
            summed: 0,
            began_us: 0,
            base_bytes: 0,
            done_bytes: 0,
        }));
    }
    next_file(srv, &*disk)?;
    Ok(Begun::Files)
}

/// What there is to load.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Begun {
    /// No append-only file.
    Nothing,
    /// One without a byte.
    Empty,
    /// [`step`] has something to do.
    Files,
}

/// Opens the next file. `false` when there is none.
fn next_file(srv: &mut Server, disk: &dyn Disk) -> Result<bool, Stop> {
    let reader = load::reader(srv);
    let now_us = srv.clock.mono_us_now();
    let Some(mut loading) = srv.persist.loading.take() else { return Ok(false) };
    let Some(replay) = &mut loading.replay else { return Ok(false) };
    let Some((is_base, file)) = replay.files.pop_front() else {
        srv.persist.loading = Some(loading);
        return Ok(false);
    };
    let path = aof_files::path(srv, &file.name);
    let opened = disk.open_read(&path).and_then(|file| file.len().map(|len| (file, len)));
    let (opened, len) = opened.map_err(|e| {
        let name = shown(&file.name);
        if e.kind() == io::ErrorKind::NotFound {
            log_warning!("The append log file {name} doesn't exist: {}", plain(&e));
        } else {
            log_warning!("Fatal error: can't open the append log file {name} for reading: {}", plain(&e));
        }
        Stop
    })?;
    replay.name = file.name;
    replay.is_base = is_base;
    replay.part = Part::Head;
    replay.records = Default::default();
    (replay.start, replay.at, replay.good, replay.good_before_multi) = (0, 0, 0, 0);
    (replay.sum, replay.summed) = (Some(0), 0);
    if !is_base {
        replay.trail.file();
    }
    replay.buf.clear();
    (replay.len, replay.unread) = (len, len);
    replay.began_us = now_us;
    if is_base {
        replay.base_bytes = len;
    }
    loading.reader = reader;
    loading.announced = true;
    loading.db = 0;
    loading.name = path.to_string_lossy().into_owned();
    loading.file = Some(opened);
    srv.persist.loading = Some(loading);
    Ok(true)
}

/// Reads and replays the next piece.
///
/// # Errors
/// When the file cannot be used; logged, but for a damaged snapshot.
pub fn step(srv: &mut Server, host: &mut dyn Host) -> Result<Progress, LoadError> {
    let Some(mut replay) = srv.persist.loading.as_mut().and_then(|loading| loading.replay.take()) else {
        return Ok(Progress::More);
    };
    let result = piece(srv, host, &mut replay);
    let ended = !matches!(result, Ok(false));
    if ended && replay.client != ClientId::NONE {
        lifecycle::forget(srv, replay.client);
        replay.client = ClientId::NONE;
    }
    let failed = result.as_ref().err().is_some();
    let Some(loading) = &mut srv.persist.loading else { return Err(LoadError::Aof) };
    loading.loaded_bytes = replay.done_bytes + replay.at;
    if ended && !failed {
        note_file(srv.clock.mono_us_now(), &mut replay);
    }
    let totals = (replay.done_bytes, replay.base_bytes);
    let place = replay.trail.end();
    loading.repl_id = place.map(|place| place.id);
    (loading.repl_offset, loading.repl_stream_db) =
        (place.map(|place| place.offset), place.map(|place| place.db));
    let sum = sum_up(&mut replay);
    loading.replay = Some(replay);
    if !result? {
        return Ok(Progress::More);
    }
    if next_file(srv, &*host.disk()).map_err(|Stop| LoadError::Aof)? {
        return Ok(Progress::More);
    }
    let aof = &mut srv.persist.aof;
    (aof.size, aof.size_at_rewrite) = totals;
    aof.sum = sum;
    Ok(Progress::Done { consumed: 0 })
}

/// A file is done.
fn note_file(now_us: i64, replay: &mut Replay) {
    replay.done_bytes += replay.at;
    if replay.len == 0 {
        return;
    }
    let what = if replay.is_base { "base" } else { "incr" };
    let seconds = (now_us - replay.began_us) as f64 / 1e6;
    log_notice!("DB loaded from {what} file {}: {seconds:.3} seconds", shown(&replay.name));
}

/// Replays the next piece of the file at hand; `true` at its end.
fn piece(srv: &mut Server, host: &mut dyn Host, replay: &mut Replay) -> Result<bool, LoadError> {
    let at_end = read_more(srv, replay)?;
    if replay.part == Part::Head {
        if replay.buf.len() < SNAPSHOT.len() && !at_end {
            return Ok(false);
        }
        open_part(srv, replay);
    }
    if replay.part == Part::Snapshot {
        return snapshot(srv, replay, at_end);
    }
    commands(srv, host, replay, at_end)
}

/// Reads on; `true` when nothing is left to be read.
fn read_more(srv: &mut Server, replay: &mut Replay) -> Result<bool, LoadError> {
    let Some(file) = srv.persist.loading.as_mut().and_then(|loading| loading.file.as_mut()) else {
        return Err(LoadError::Aof);
    };
    sum_up(replay);
    replay.buf.drain(..replay.start);
    (replay.start, replay.summed) = (0, 0);
    let old = replay.buf.len();
    replay.buf.resize(old + STEP, 0);
    let read = loop {
        match file.read(&mut replay.buf[old..]) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            read => break read,
        }
    };
    let n = read.map_err(|e| {
        let name = shown(&replay.name);
        log_warning!("Unrecoverable error reading the append only file {name}: {}", plain(&e));
        LoadError::Aof
    })?;
    replay.buf.truncate(old + n);
    replay.unread = if n == 0 { 0 } else { replay.unread.saturating_sub(n as u64) };
    Ok(n == 0)
}

/// Takes what was replayed since the last call into the sum of the file.
fn sum_up(replay: &mut Replay) -> Option<u64> {
    replay.sum = replay.sum.map(|sum| crc64(sum, &replay.buf[replay.summed..replay.start]));
    replay.summed = replay.start;
    replay.sum
}

/// The first bytes tell what the file begins with.
fn open_part(srv: &mut Server, replay: &mut Replay) {
    if !replay.buf.starts_with(SNAPSHOT) {
        replay.part = Part::Commands;
        return begin_commands(srv, replay);
    }
    replay.part = Part::Snapshot;
    if is_old_style(srv, replay) {
        log_notice!("Reading RDB preamble from AOF file...");
    } else {
        log_notice!("Reading RDB base file on AOF loading...");
    }
}

fn is_old_style(srv: &Server, replay: &Replay) -> bool {
    replay.name == aof_files::prefix(srv)
}

fn begin_commands(srv: &mut Server, replay: &mut Replay) {
    replay.client = lifecycle::internal(srv, Flags::FAKE.or(Flags::DENY_BLOCKING));
}

fn snapshot(srv: &mut Server, replay: &mut Replay, at_end: bool) -> Result<bool, LoadError> {
    let bytes = std::mem::take(&mut replay.buf);
    let fed = load::feed(srv, &bytes);
    let (used, mut whole) = match fed {
        Ok(Progress::More) => (bytes.len(), false),
        Ok(Progress::Done { consumed }) => (consumed, true),
        Err(e) => return Err(preamble_failed(srv, replay, e)),
    };
    replay.buf = bytes;
    replay.start = used;
    replay.at += used as u64;
    let Some(loading) = &mut srv.persist.loading else { return Err(LoadError::Aof) };
    if at_end && !whole {
        // Snapshots of old versions end without a mark.
        loading.reader.finish().map_err(LoadError::Rdb)?;
        whole = true;
    }
    if whole {
        let named = (loading.repl_id, loading.repl_offset, loading.repl_stream_db);
        if let (Some(id), Some(offset), Some(db)) = named {
            replay.trail.base(Some(Place { id, offset, db }));
        }
        loading.announced = false;
        load::announce(srv);
        if is_old_style(srv, replay) {
            log_notice!("Reading the remaining AOF tail...");
        }
        replay.part = Part::Commands;
        begin_commands(srv, replay);
    }
    Ok(false)
}

/// Where only the file's kind is wrong nothing more is said than this.
fn preamble_failed(srv: &Server, replay: &Replay, e: LoadError) -> LoadError {
    use crate::format::rdb_error::{ErrorKind, RdbError, Source};
    if !matches!(&e, LoadError::Rdb(RdbError { kind: ErrorKind::Signature | ErrorKind::Version(_), .. })) {
        return e;
    }
    load::log_error(&e, Source::File);
    let what = if is_old_style(srv, replay) { "RDB preamble of the AOF" } else { "RDB base" };
    log_warning!("Error reading the {what} file {}, AOF loading aborted", shown(&replay.name));
    LoadError::Aof
}

fn commands(
    srv: &mut Server,
    host: &mut dyn Host,
    replay: &mut Replay,
    at_end: bool,
) -> Result<bool, LoadError> {
    srv.prop.muted = true;
    let result = records(srv, host, replay);
    srv.prop.muted = false;
    let needs = match result? {
        Some(needs) => needs as u64,
        None => return Ok(false),
    };
    let begun = replay.start < replay.buf.len();
    if needs > replay.unread && begun && !at_end {
        // The rest would not be enough, however much a length claims: no need to read it.
        return cut_short(srv, host, replay);
    }
    if !at_end {
        return Ok(false);
    }
    if begun || is_open(srv, replay) {
        return cut_short(srv, host, replay);
    }
    Ok(true)
}

/// Replays the whole records in the buffer. Returns how many bytes the next one lacks.
fn records(srv: &mut Server, host: &mut dyn Host, replay: &mut Replay) -> Result<Option<usize>, LoadError> {
    let mut reply = Reply::over(Vec::new(), false);
    loop {
        let rest = &replay.buf[replay.start..];
        let len = match replay.records.next(rest) {
            Ok(Step::Need(more)) => return Ok(Some(more)),
            Ok(Step::Annotation(len)) => {
                if let Some(mark) = parse_mark(&rest[..len]) {
                    noted(srv, replay, &mark, len);
                }
                len
            }
            Ok(Step::Command(len)) => {
                match replay.is_base {
                    true => replay.trail.base_of_commands(),
                    false => replay.trail.command(),
                }
                let args = Args::new(&rest[..len], &replay.records.spans);
                if let Some(loading) = &mut srv.persist.loading
                    && loading.libraries.replay(args)
                {
                    replay.good = replay.at + len as u64;
                    replay.start += len;
                    replay.at += len as u64;
                    continue;
                }
                let command = known(srv, args, &replay.name)?;
                // What an earlier command closed (QUIT) is made anew.
                if srv.clients.get(replay.client).is_none() {
                    replay.client = lifecycle::internal(srv, Flags::FAKE.or(Flags::DENY_BLOCKING));
                }
                let me = replay.client;
                let was_open = srv.clients[me].flags.has(Flags::MULTI);
                call::replay(srv, host, me, command, args, &mut reply);
                reply.buf.clear();
                reply.buf.shrink_to(KEEP_REPLY);
                if !was_open && srv.clients[me].flags.has(Flags::MULTI) {
                    replay.good_before_multi = replay.good;
                }
                replay.good = replay.at + len as u64;
                if srv.config.key_load_delay > 0 {
                    host.sleep_us(srv.config.key_load_delay as u64);
                }
                len
            }
            Err(BadFormat) => {
                log_warning!(
                    "Bad file format reading the append only file {}: make a backup of your AOF file, then use \
                     ./redis-check-aof --fix <filename.manifest>",
                    shown(&replay.name)
                );
                return Err(LoadError::Aof);
            }
        };
        replay.start += len;
        replay.at += len as u64;
        if srv.persist.exit.is_some() {
            return Ok(None);
        }
    }
}

/// The record at hand is a note of the place in the history of replication. It is part of what is whole.
fn noted(srv: &Server, replay: &mut Replay, mark: &Mark, len: usize) {
    if let Some(sum) = sum_up(replay) {
        replay.trail.note(mark, replay.at, sum);
    }
    if !is_open(srv, replay) {
        replay.good = replay.at + len as u64;
    }
}

/// The command a record names.
fn known(srv: &Server, args: Args<'_>, name: &[u8]) -> Result<Command, LoadError> {
    let found = gate::find(srv, args).ok().filter(|command| !command.spec.flags.has(Cmd::ADMIN));
    found.ok_or_else(|| {
        let (word, name) = (shown(&args[0]), shown(name));
        if gate::lookup(srv, args).is_some() {
            log_warning!(
                "Command '{word}' with wrong arguments or out of place reading the append only file {name}"
            );
        } else {
            log_warning!("Unknown command '{word}' reading the append only file {name}");
        }
        LoadError::Aof
    })
}

/// Whether the commands read last are of a transaction without its end.
fn is_open(srv: &Server, replay: &Replay) -> bool {
    srv.clients.get(replay.client).is_some_and(|client| client.flags.has(Flags::MULTI))
}

/// The file ends within a record or a transaction: cut off, if that is allowed.
fn cut_short(srv: &mut Server, host: &mut dyn Host, replay: &mut Replay) -> Result<bool, LoadError> {
    let name = shown(&replay.name).into_owned();
    if is_open(srv, replay) {
        log_warning!("Revert incomplete MULTI/EXEC transaction in AOF file {name}");
        replay.good = replay.good_before_multi;
    }
    if srv.config.aof_load_truncated {
        log_warning!("!!! Warning: short read while loading the AOF file {name}!!!");
        log_warning!("!!! Truncating the AOF {name} at offset {} !!!", replay.good);
        let path = aof_files::path(srv, &replay.name);
        let good = replay.good;
        let cut = host.disk().open_append(&path).and_then(|mut file| {
            file.truncate(good)?;
            file.sync()
        });
        match cut {
            Ok(()) => {
                log_warning!("AOF {name} loaded anyway because aof-load-truncated is enabled");
                replay.at = good;
                replay.sum = None;
                if replay.files.is_empty() {
                    return Ok(true);
                }
                log_warning!("Fatal error: the truncated file is not the last file");
                return Err(LoadError::Aof);
            }
            Err(e) => log_warning!("Error truncating the AOF file {name}: {}", plain(&e)),
        }
    }
    log_warning!(
        "Unexpected end of file reading the append only file {name}. You can: 1) Make a backup of your AOF file, then \
         use ./redis-check-aof --fix <filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated' \
         configuration option to yes and restart the server."
    );
    Err(LoadError::Aof)
}
