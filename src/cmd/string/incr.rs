//! Numbers: INCR, DECR, INCRBY, DECRBY, INCRBYFLOAT.
//!
//! INCR and its kin add in place (`Keyspace::add_int`): one hash, one search, no allocation once the key
//! holds a number. INCRBYFLOAT computes as C's 80-bit `long double` does and travels as `SET key sum KEEPTTL`,
//! so that no replica rounds by itself. Its result is stored as a text, even when it is whole.
//!
//! Source: Redis 7.2.4 `t_string.c`.

use crate::base::ldouble::LongDouble;
use crate::core::ctx::{Ctx, Outcome};
use crate::keyspace::{Class, NotAdded, SetExpire};
use crate::object::{Entry, ValueRef};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

use crate::cmd::args::int;

fn add(cx: &mut Ctx<'_>, key: &[u8], delta: i64) -> Result<Outcome, CmdError> {
    let sum = cx.srv.keys.add_int(cx.db, key, delta, cx.now).map_err(|why| match why {
        NotAdded::WrongType => errors::WRONGTYPE,
        NotAdded::NotNumber => errors::NOT_INT,
        NotAdded::Overflow => errors::INCR_OVERFLOW,
    })?;
    cx.touch(key, Class::STRING, "incrby", 1);
    cx.out.int(sum);
    Ok(Outcome::Done)
}

/// `INCR key`
pub fn incr(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    add(cx, args.at(1), 1)
}

/// `DECR key`
pub fn decr(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    add(cx, args.at(1), -1)
}

/// `INCRBY key increment`
pub fn incrby(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    add(cx, args.at(1), int(args.at(2))?)
}

/// `DECRBY key decrement`
pub fn decrby(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let delta = int(args.at(2))?.checked_neg().ok_or(errors::DECR_OVERFLOW)?;
    add(cx, args.at(1), delta)
}

/// The number in an entry; a missing one is 0.
fn number(entry: Option<&Entry>) -> Result<LongDouble, CmdError> {
    match entry.map(Entry::value) {
        None => Ok(LongDouble::ZERO),
        Some(ValueRef::Int(number)) => Ok(LongDouble::from_i64(number)),
        Some(ValueRef::Str(text)) => LongDouble::parse(text).ok_or(errors::NOT_FLOAT),
        Some(ValueRef::Obj(_)) => Err(errors::WRONGTYPE),
    }
}

/// `INCRBYFLOAT key increment`
pub fn incrbyfloat(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let key = args.at(1);
    let old = number(cx.srv.keys.write_lookup(cx.db, key, cx.now))?;
    let delta = LongDouble::parse(args.at(2)).ok_or(errors::NOT_FLOAT)?;
    let sum = old.add(delta);
    if !sum.is_finite() {
        return Err(errors::INCR_NAN);
    }
    let text = sum.to_human();
    cx.srv.keys.set_text(cx.db, key, text.as_bytes(), SetExpire::Keep, cx.now);
    cx.touch(key, Class::STRING, "incrbyfloat", 1);
    cx.out.bulk(text.as_bytes());
    cx.record_as(&[b"SET", key, text.as_bytes(), b"KEEPTTL"]);
    Ok(Outcome::Done)
}
