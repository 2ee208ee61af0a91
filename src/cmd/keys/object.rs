//! OBJECT: how a value is kept and when it was used.
//!
//! REFCOUNT is what clients of Redis expect to see: 1, and the number that stands for "shared" where Redis
//! would keep one object for a small number (0 to 9999, unless the eviction policy needs an age for each).
//! No value is shared here.
//!
//! Source: Redis 7.2.4 `objectCommand`.

use crate::core::ctx::{Ctx, Outcome};
use crate::core::server::Server;
use crate::keyspace::Look;
use crate::object::{Entry, ValueRef};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

/// Redis keeps one object for each number from 0 below this.
const SHARED_INTEGERS: i64 = 10_000;
/// The count that Redis' shared objects show.
const SHARED: i64 = i32::MAX as i64;

const HELP: &[&str] = &[
    "ENCODING <key>",
    "    Return the kind of internal representation used in order to store the value",
    "    associated with a <key>.",
    "FREQ <key>",
    "    Return the access frequency index of the <key>. The returned integer is",
    "    proportional to the logarithm of the recent access frequency of the key.",
    "IDLETIME <key>",
    "    Return the idle time of the <key>, that is the approximated number of",
    "    seconds elapsed since the last access to the key.",
    "REFCOUNT <key>",
    "    Return the number of references of the value associated with the specified",
    "    <key>.",
];

/// `OBJECT HELP`
pub fn help(cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.help(b"object", HELP);
    Ok(Outcome::Done)
}

/// The key, its age left alone; the null reply is written when there is none.
fn find<'a>(cx: &'a mut Ctx<'_>, key: &[u8]) -> Option<&'a Entry> {
    let (keys, out) = (&mut cx.srv.keys, &mut *cx.out);
    let found = keys.lookup(cx.db, key, Look::NO_TOUCH | Look::NO_NOTIFY, cx.now);
    if found.is_none() {
        out.null();
    }
    found
}

/// `OBJECT ENCODING key`
pub fn encoding(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    if let Some(encoding) = find(cx, args.at(2)).map(Entry::encoding) {
        cx.out.bulk(encoding.as_bytes());
    }
    Ok(Outcome::Done)
}

/// `OBJECT REFCOUNT key`
pub fn refcount(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let Some(shareable) = find(cx, args.at(2)).map(is_small_number) else { return Ok(Outcome::Done) };
    let count = shown_refcount(cx.srv, shareable);
    cx.out.int(count);
    Ok(Outcome::Done)
}

/// Whether Redis would keep the value as a shared object.
pub fn is_small_number(entry: &Entry) -> bool {
    matches!(entry.value(), ValueRef::Int(0..SHARED_INTEGERS))
}

/// The count for a value that is, or is not, such a number.
pub fn shown_refcount(srv: &Server, small_number: bool) -> i64 {
    let policy = srv.config.maxmemory_policy;
    let shares = srv.config.maxmemory == 0 || !(policy.is_lru() || policy.is_lfu());
    if small_number && shares { SHARED } else { 1 }
}

/// `OBJECT IDLETIME key`: seconds.
pub fn idletime(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let Some(lru) = find(cx, args.at(2)).map(Entry::lru) else { return Ok(Outcome::Done) };
    if cx.srv.config.maxmemory_policy.is_lfu() {
        return Err(errors::IDLETIME_UNDER_LFU);
    }
    cx.out.int((cx.srv.keys.aging.idle_ms(lru) / 1000) as i64);
    Ok(Outcome::Done)
}

/// `OBJECT FREQ key`
pub fn freq(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let Some(lru) = find(cx, args.at(2)).map(Entry::lru) else { return Ok(Outcome::Done) };
    if !cx.srv.config.maxmemory_policy.is_lfu() {
        return Err(errors::FREQ_WITHOUT_LFU);
    }
    cx.out.int(i64::from(cx.srv.keys.aging.freq(lru)));
    Ok(Outcome::Done)
}
