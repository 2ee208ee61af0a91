//! SET with its options, its older forms, and GETEX.
//!
//! A bare `SET key value` takes the short way: one hash, one search, no look at options. Options follow
//! Redis 7.2.4's rules to the letter: the same one may come twice (the last value counts), two that exclude
//! each other are a syntax error, a bad time is found before the key is looked at, and the old value of GET
//! is replied even when NX or XX then refuse the write.
//!
//! What replicas get: the request itself, but with EX, PX or EXAT `SET key value PXAT ms`, and without the
//! word GET. GETEX travels as PEXPIREAT, PERSIST or, when the moment has passed, DEL or UNLINK.

use crate::base::num::{IntBuf, fmt_i64};
use crate::core::ctx::{Ctx, Outcome};
use crate::core::lazyfree;
use crate::keyspace::{Class, SetExpire};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

use super::reply_string;
use crate::cmd::args::{Cursor, Expiry, is};

/// Whether the key must or must not exist.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Only {
    #[default]
    Always,
    New,
    Present,
}

/// The options of SET.
#[derive(Clone, Copy, Default, Debug)]
struct Options<'a> {
    only: Only,
    get: bool,
    keep_ttl: bool,
    expiry: Option<Expiry<'a>>,
}

/// Whether `next` may stand where `old` was given: the same word again replaces the value.
fn same_kind(old: Option<Expiry<'_>>, next: Expiry<'_>) -> bool {
    old.is_none_or(|old| std::mem::discriminant(&old) == std::mem::discriminant(&next))
}

/// Reads the expiry option `word` with its value into `expiry`. `false`: it is none, or not allowed here.
fn take_expiry<'a>(cursor: &mut Cursor<'a>, word: &[u8], expiry: &mut Option<Expiry<'a>>) -> bool {
    let next = cursor.peek().and_then(|value| Expiry::named(word, value));
    match next {
        Some(next) if same_kind(*expiry, next) => {
            *expiry = Some(next);
            cursor.word();
            true
        }
        _ => false,
    }
}

fn set_options(args: Args<'_>) -> Result<Options<'_>, CmdError> {
    let mut options = Options::default();
    let mut cursor = Cursor::new(args, 3);
    while let Some(word) = cursor.word() {
        if is(word, "nx") && options.only != Only::Present {
            options.only = Only::New;
        } else if is(word, "xx") && options.only != Only::New {
            options.only = Only::Present;
        } else if is(word, "get") {
            options.get = true;
        } else if is(word, "keepttl") && options.expiry.is_none() {
            options.keep_ttl = true;
        } else if options.keep_ttl || !take_expiry(&mut cursor, word, &mut options.expiry) {
            cursor.syntax();
        }
    }
    cursor.finish()?;
    Ok(options)
}

/// `SET key value [NX | XX] [GET] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]`
pub fn set(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    if args.len() == 3 {
        let key = args.at(1);
        cx.srv.keys.set_string(cx.db, key, args.at(2), SetExpire::Clear, cx.now);
        cx.touch(key, Class::STRING, "set", 1);
        cx.out.ok();
        return Ok(Outcome::Done);
    }
    let options = set_options(args)?;
    set_with(cx, args, options)
}

fn set_with(cx: &mut Ctx<'_>, args: Args<'_>, options: Options<'_>) -> Result<Outcome, CmdError> {
    let (key, value) = (args.at(1), args.at(2));
    let when = options.expiry.map(|expiry| expiry.when(cx.now, cx.cmd.name)).transpose()?;
    let hash = cx.srv.keys.hash(key);
    if options.get {
        reply_string(cx.out, cx.srv.keys.read_hashed(hash, cx.db, key, cx.now))?;
    }
    if options.only != Only::Always {
        let found = cx.srv.keys.write_lookup_hashed(hash, cx.db, key, cx.now).is_some();
        if found == (options.only == Only::New) {
            if !options.get {
                cx.out.null();
            }
            return Ok(Outcome::Done);
        }
    }
    let expire = match when {
        Some(when) => SetExpire::At(when),
        None if options.keep_ttl => SetExpire::Keep,
        None => SetExpire::Clear,
    };
    cx.srv.keys.set_string_hashed(hash, cx.db, key, value, expire, cx.now);
    cx.touch(key, Class::STRING, "set", 1);
    if let Some(when) = when {
        if !matches!(options.expiry, Some(Expiry::PxAt(_))) {
            record_set_until(cx, key, value, when);
        }
        cx.notify(key, Class::GENERIC, "expire");
    } else if options.get {
        record_without_get(cx, args);
    }
    if !options.get {
        cx.out.ok();
    }
    Ok(Outcome::Done)
}

/// Replicas get the moment rather than the span.
fn record_set_until(cx: &mut Ctx<'_>, key: &[u8], value: &[u8], when: i64) {
    let mut digits = IntBuf::new();
    cx.record_as(&[b"SET", key, value, b"PXAT", fmt_i64(when, &mut digits)]);
}

/// The request without the word GET, however often it was said: older replicas do not know it beside NX.
#[cold]
fn record_without_get(cx: &mut Ctx<'_>, args: Args<'_>) {
    let options = args.iter().skip(3).filter(|word| !is(word, "get"));
    let kept: Vec<&[u8]> = args.iter().take(3).chain(options).collect();
    cx.record_as(&kept);
}

/// `SETNX key value`
pub fn setnx(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let key = args.at(1);
    let hash = cx.srv.keys.hash(key);
    if cx.srv.keys.write_lookup_hashed(hash, cx.db, key, cx.now).is_some() {
        cx.out.int(0);
        return Ok(Outcome::Done);
    }
    cx.srv.keys.set_string_hashed(hash, cx.db, key, args.at(2), SetExpire::Clear, cx.now);
    cx.touch(key, Class::STRING, "set", 1);
    cx.out.int(1);
    Ok(Outcome::Done)
}

/// `SETEX key seconds value`
pub fn setex(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    set_until(cx, args, Expiry::Ex(args.at(2)))
}

/// `PSETEX key milliseconds value`
pub fn psetex(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    set_until(cx, args, Expiry::Px(args.at(2)))
}

fn set_until(cx: &mut Ctx<'_>, args: Args<'_>, expiry: Expiry<'_>) -> Result<Outcome, CmdError> {
    let (key, value) = (args.at(1), args.at(3));
    let when = expiry.when(cx.now, cx.cmd.name)?;
    cx.srv.keys.set_string(cx.db, key, value, SetExpire::At(when), cx.now);
    cx.touch(key, Class::STRING, "set", 1);
    record_set_until(cx, key, value, when);
    cx.notify(key, Class::GENERIC, "expire");
    cx.out.ok();
    Ok(Outcome::Done)
}

/// What GETEX does to the expiry.
#[derive(Clone, Copy, Default, Debug)]
struct GetOptions<'a> {
    persist: bool,
    expiry: Option<Expiry<'a>>,
}

fn get_options(args: Args<'_>) -> Result<GetOptions<'_>, CmdError> {
    let mut options = GetOptions::default();
    let mut cursor = Cursor::new(args, 2);
    while let Some(word) = cursor.word() {
        if is(word, "persist") && options.expiry.is_none() {
            options.persist = true;
        } else if options.persist || !take_expiry(&mut cursor, word, &mut options.expiry) {
            cursor.syntax();
        }
    }
    cursor.finish()?;
    Ok(options)
}

/// `GETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST]`
pub fn getex(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let options = get_options(args)?;
    let key = args.at(1);
    let Some(entry) = cx.srv.keys.read(cx.db, key, cx.now) else {
        cx.out.null();
        return Ok(Outcome::Done);
    };
    if !entry.is_string() {
        return Err(errors::WRONGTYPE);
    }
    let has_expire = entry.has_expire();
    let when = options.expiry.map(|expiry| expiry.when(cx.now, cx.cmd.name)).transpose()?;
    reply_string(cx.out, Some(entry))?;
    match when {
        Some(when) if options.expiry.is_some_and(Expiry::is_absolute) && is_past(cx, when) => {
            delete_expired(cx, key);
        }
        Some(when) => {
            cx.srv.keys.set_expire(cx.db, key, Some(when));
            let mut digits = IntBuf::new();
            cx.record_as(&[b"PEXPIREAT", key, fmt_i64(when, &mut digits)]);
            cx.touch(key, Class::GENERIC, "expire", 1);
        }
        None if options.persist && has_expire => {
            cx.srv.keys.set_expire(cx.db, key, None);
            cx.record_as(&[b"PERSIST", key]);
            cx.touch(key, Class::GENERIC, "persist", 1);
        }
        None => {}
    }
    Ok(Outcome::Done)
}

/// Whether a key that is to expire then is to go at once: only where we decide about expiry.
fn is_past(cx: &Ctx<'_>, when: i64) -> bool {
    when <= cx.now && cx.srv.persist.loading.is_none() && !cx.srv.repl.is_replica()
}

fn delete_expired(cx: &mut Ctx<'_>, key: &[u8]) {
    let lazy = cx.srv.config.lazyfree_lazy_expire;
    if let Some(old) = cx.srv.keys.remove(cx.db, key) {
        lazyfree::free(cx.host, old, lazy);
    }
    let verb: &[u8] = if lazy { b"UNLINK" } else { b"DEL" };
    cx.record_as(&[verb, key]);
    cx.touch(key, Class::GENERIC, "del", 1);
}
