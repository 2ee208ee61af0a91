//! Serialized values: DUMP, RESTORE.
//!
//! The payload is the value as an RDB file holds it, the version in two bytes, a CRC-64 in eight. Ours say
//! version 10, so that every Redis from 7.0 on takes them; versions up to 12 are read, whatever encoding they
//! hold.
//!
//! A payload is read and checked in full before anything else happens: one that is refused leaves the key as it
//! was. What was wrong goes to the log at level verbose, for the reply says "Bad data format" whatever it was.
//! How deep the check goes beyond what safety asks for is `sanitize-dump-payload` (see `format/rdb_values`).
//!
//! Replicas and AOF get the expiry as a moment (ABSTTL), or the deletion that a moment in the past comes to.
//! Source: Redis 7.2.4 `dumpCommand`, `restoreCommand`. Deviation: Redis 7.2 dumps version 11.

use crate::base::clock::Millis;
use crate::base::num::{IntBuf, fmt_i64};
use crate::cmd::args::{Cursor, int};
use crate::cmd::limits::limits;
use crate::core::ctx::{Ctx, Outcome};
use crate::format::rdb_error::{ErrorKind, Source};
use crate::format::rdb_read::ReadOptions;
use crate::format::rdb_write::{RestoreError, dump_payload, restore_payload};
use crate::keyspace::Class;
use crate::log_verbose;
use crate::object::{Entry, NewValue};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::config::SanitizeDump;

use super::free;

/// `DUMP key`
pub fn dump(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let compression = cx.srv.config.rdbcompression;
    match cx.srv.keys.read(cx.db, args.at(1), cx.now) {
        Some(entry) => cx.out.bulk(&dump_payload(entry, compression)),
        None => cx.out.null(),
    }
    Ok(Outcome::Done)
}

/// What stands behind the payload.
#[derive(Debug, Default)]
struct Options {
    replace: bool,
    absolute: bool,
    /// Seconds.
    idle: Option<u64>,
    freq: Option<u8>,
}

impl Options {
    fn read(args: Args<'_>) -> Result<Options, CmdError> {
        let mut options = Options::default();
        let mut cursor = Cursor::new(args, 4);
        while cursor.left() > 0 {
            if cursor.accept("replace") {
                options.replace = true;
            } else if cursor.accept("absttl") {
                options.absolute = true;
            } else if cursor.left() > 1 && options.freq.is_none() && cursor.accept("idletime") {
                options.idle = Some(cursor.value_as(idle));
            } else if cursor.left() > 1 && options.idle.is_none() && cursor.accept("freq") {
                options.freq = Some(cursor.value_as(freq));
            } else {
                cursor.syntax();
            }
        }
        cursor.finish().map(|()| options)
    }
}

fn idle(text: &[u8]) -> Result<u64, CmdError> {
    u64::try_from(int(text)?).map_err(|_| errors::RESTORE_IDLETIME)
}

fn freq(text: &[u8]) -> Result<u8, CmdError> {
    u8::try_from(int(text)?).map_err(|_| errors::RESTORE_FREQ)
}

/// `RESTORE key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]`
pub fn restore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let options = Options::read(args)?;
    let key = args.at(1);
    if !options.replace && cx.srv.keys.write_lookup(cx.db, key, cx.now).is_some() {
        return Err(errors::BUSYKEY);
    }
    let ttl = int(args.at(2))?;
    if ttl < 0 {
        return Err(errors::RESTORE_TTL);
    }
    let mut scratch = Vec::new();
    let value = read(cx, args.at(3), &mut scratch)?;
    let old = if options.replace { cx.srv.keys.remove(cx.db, key) } else { None };
    let deleted = old.is_some();
    if let Some(entry) = old {
        let lazy = cx.srv.config.lazyfree_lazy_server_del;
        free(cx, entry, lazy);
    }
    // Beyond the end of time is before its beginning, as for Redis: the key is dead at once.
    let when = if options.absolute { ttl } else { ttl.wrapping_add(cx.now) };
    let expire = (ttl != 0).then_some(when);
    if expire.is_some_and(|when| is_over(cx, when)) {
        if deleted {
            gone(cx, key);
        }
        cx.out.ok();
        return Ok(Outcome::Done);
    }
    cx.srv.keys.insert(cx.db, Entry::new(key, value, expire));
    set_age(cx, key, &options);
    if let Some(when) = expire
        && !options.absolute
    {
        record_moment(cx, args, when);
    }
    cx.touch(key, Class::GENERIC, "restore", 1);
    cx.out.ok();
    Ok(Outcome::Done)
}

/// The value in a payload.
fn read<'a>(cx: &mut Ctx<'_>, payload: &'a [u8], scratch: &'a mut Vec<u8>) -> Result<NewValue<'a>, CmdError> {
    let sanitize = match cx.srv.config.sanitize_dump_payload {
        SanitizeDump::No => false,
        SanitizeDump::Yes => true,
        SanitizeDump::Clients => !cx.from_master && cx.srv.persist.loading.is_none(),
    };
    let options = ReadOptions {
        checksum: !cx.srv.debug.skip_checksum,
        sanitize,
        limits: limits(cx.srv),
        ..ReadOptions::default()
    };
    cx.srv.stats.dump_payload_sanitizations += u64::from(sanitize);
    restore_payload(payload, scratch, &options).map_err(|error| match error {
        RestoreError::Footer => errors::RESTORE_FOOTER,
        RestoreError::Value(error) => {
            match &error.kind {
                // Redis says nothing about these two.
                ErrorKind::UnexpectedEof | ErrorKind::EmptyKey => {}
                ErrorKind::TooBig(_) => log_verbose!("{}", error.kind),
                kind => log_verbose!("{}", error.report(&kind.to_string(), Source::File)),
            }
            errors::RESTORE_BAD_DATA
        }
    })
}

/// Whether a key with this expiry need not be made. A replica leaves the decision to its master.
fn is_over(cx: &Ctx<'_>, when: Millis) -> bool {
    when <= cx.now && cx.srv.persist.loading.is_none() && !cx.srv.repl.is_replica()
}

/// All that is left of the command is the deletion of what it would have replaced.
fn gone(cx: &mut Ctx<'_>, key: &[u8]) {
    let lazy = cx.srv.config.lazyfree_lazy_server_del;
    cx.touch(key, Class::GENERIC, "del", 1);
    cx.record_as(&[if lazy { b"UNLINK" } else { b"DEL" }, key]);
}

/// Sets the age that was asked for, if the policy in force keeps such ages; a fresh one otherwise.
fn set_age(cx: &mut Ctx<'_>, key: &[u8], options: &Options) {
    let keys = &mut cx.srv.keys;
    let age = match (cx.srv.config.maxmemory_policy.is_lfu(), options.idle, options.freq) {
        (true, _, Some(freq)) => keys.aging.lru_from_freq(freq),
        (false, Some(idle), _) => keys.aging.lru_from_idle(idle),
        _ => return,
    };
    keys.set_age(cx.db, key, age);
}

/// The request travels with the moment instead of the time left.
fn record_moment(cx: &mut Ctx<'_>, args: Args<'_>, when: Millis) {
    let mut digits = IntBuf::new();
    let mut request: Vec<&[u8]> = args.iter().collect();
    request[2] = fmt_i64(when, &mut digits);
    request.push(b"ABSTTL");
    cx.record_as(&request);
}
