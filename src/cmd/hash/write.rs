//! HSET, HMSET, HSETNX, HDEL, HINCRBY, HINCRBYFLOAT.
//!
//! A hash is changed in place, found by one search; a key that is not there gets its hash once it is filled,
//! so that a command that fails leaves no empty key behind. The key goes with its last field.
//!
//! Source: Redis 7.2.4 `t_hash.c`.

use crate::base::ldouble::LongDouble;
use crate::cmd::args::int;
use crate::cmd::limits::{edit, limits};
use crate::core::ctx::{Ctx, Outcome};
use crate::ds::listpack;
use crate::keyspace::Class;
use crate::object::hash::IncrError;
use crate::object::{Entry, Hash, NewValue, Value};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

/// Changes the hash at a key, or fills a new one, which `change` must not leave empty if it succeeds.
fn fill<R>(
    cx: &mut Ctx<'_>,
    key: &[u8],
    change: impl FnOnce(&mut Hash) -> Result<R, CmdError>,
) -> Result<R, CmdError> {
    if let Some(hash) = edit(&mut cx.srv.keys, cx.db, key, cx.now)? {
        return change(hash);
    }
    let mut hash = Hash::new();
    let done = change(&mut hash)?;
    cx.srv.keys.insert(cx.db, Entry::new(key, NewValue::Obj(Box::new(Value::Hash(hash))), None));
    Ok(done)
}

/// Sets all fields of HSET and HMSET and returns how many are new.
fn set_all(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<i64, CmdError> {
    if !args.len().is_multiple_of(2) {
        return Err(errors::wrong_arity(cx.cmd.name));
    }
    let (key, texts, pairs) = (args.at(1), args.tail(2), (args.len() - 2) / 2);
    let limits = limits(cx.srv);
    let created = fill(cx, key, |hash| {
        hash.expect(pairs, texts.iter(), &limits);
        let set = |i| hash.set(texts.at(i), texts.at(i + 1), &limits);
        Ok((0..texts.len()).step_by(2).map(set).map(i64::from).sum())
    })?;
    cx.touch(key, Class::HASH, "hset", pairs as u64);
    Ok(created)
}

/// `HSET key field value [field value …]`
pub fn hset(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let created = set_all(cx, args)?;
    cx.out.int(created);
    Ok(Outcome::Done)
}

/// `HMSET key field value [field value …]`
pub fn hmset(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    set_all(cx, args)?;
    cx.out.ok();
    Ok(Outcome::Done)
}

/// `HSETNX key field value`
pub fn hsetnx(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (key, field, value) = (args.at(1), args.at(2), args.at(3));
    let limits = limits(cx.srv);
    let is_new = fill(cx, key, |hash| {
        if hash.contains(field) {
            return Ok(false);
        }
        hash.expect(1, [field, value].into_iter(), &limits);
        Ok(hash.set(field, value, &limits))
    })?;
    if is_new {
        cx.touch(key, Class::HASH, "hset", 1);
    }
    cx.out.int(i64::from(is_new));
    Ok(Outcome::Done)
}

/// `HDEL key field [field …]`
pub fn hdel(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let key = args.at(1);
    let mut deleted = 0;
    if let Some(hash) = edit::<Hash>(&mut cx.srv.keys, cx.db, key, cx.now)? {
        for field in args.tail(2).iter() {
            deleted += u64::from(hash.remove(field));
            if hash.is_empty() {
                break;
            }
        }
        let emptied = hash.is_empty();
        if deleted > 0 {
            cx.touch(key, Class::HASH, "hdel", deleted);
        }
        if emptied {
            cx.srv.keys.remove(cx.db, key);
            cx.notify(key, Class::GENERIC, "del");
        }
    }
    cx.out.int(deleted as i64);
    Ok(Outcome::Done)
}

/// `HINCRBY key field increment`
pub fn hincrby(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (key, field, by) = (args.at(1), args.at(2), int(args.at(3))?);
    let limits = limits(cx.srv);
    let sum = fill(cx, key, |hash| {
        hash.incr(field, by, &limits).map_err(|why| match why {
            IncrError::NotAnInteger => errors::HASH_NOT_INT,
            IncrError::Overflow => errors::INCR_OVERFLOW,
        })
    })?;
    cx.touch(key, Class::HASH, "hincrby", 1);
    cx.out.int(sum);
    Ok(Outcome::Done)
}

/// The number in a field; a missing one is 0.
fn number(hash: &Hash, field: &[u8]) -> Result<LongDouble, CmdError> {
    match hash.get(field) {
        None => Ok(LongDouble::ZERO),
        Some(listpack::Entry::Int(number)) => Ok(LongDouble::from_i64(number)),
        Some(listpack::Entry::Str(text)) => LongDouble::parse(text).ok_or(errors::HASH_NOT_FLOAT),
    }
}

/// `HINCRBYFLOAT key field increment`: travels as HSET of the sum.
pub fn hincrbyfloat(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (key, field) = (args.at(1), args.at(2));
    let by = LongDouble::parse(args.at(3)).ok_or(errors::NOT_FLOAT)?;
    if !by.is_finite() {
        return Err(errors::NAN_OR_INFINITY);
    }
    let limits = limits(cx.srv);
    let text = fill(cx, key, |hash| {
        let sum = number(hash, field)?.add(by);
        if !sum.is_finite() {
            return Err(errors::INCR_NAN);
        }
        let text = sum.to_human();
        hash.set(field, text.as_bytes(), &limits);
        Ok(text)
    })?;
    cx.touch(key, Class::HASH, "hincrbyfloat", 1);
    cx.out.bulk(text.as_bytes());
    cx.record_as(&[b"HSET", key, field, text.as_bytes()]);
    Ok(Outcome::Done)
}
