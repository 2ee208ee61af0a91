//! HGET, HMGET, HGETALL, HKEYS, HVALS, HLEN, HSTRLEN, HEXISTS.
//!
//! Values are streamed out of the hash into the reply, nothing is copied in between. A key that is not there
//! reads as a hash without fields.
//!
//! Source: Redis 7.2.4 `t_hash.c`.

use crate::cmd::limits::read;
use crate::core::ctx::{Ctx, Outcome};
use crate::object::Hash;
use crate::resp::errors::CmdError;
use crate::resp::reply::Reply;
use crate::resp::request::Args;

use super::reply_text;

/// Replies the value of a field, null without one.
#[inline]
fn reply_field(out: &mut Reply, hash: Option<&Hash>, field: &[u8]) {
    match hash.and_then(|hash| hash.get(field)) {
        Some(value) => reply_text(out, value),
        None => out.null(),
    }
}

/// `HGET key field`
pub fn hget(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let hash = read::<Hash>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    reply_field(cx.out, hash, args.at(2));
    Ok(Outcome::Done)
}

/// `HMGET key field [field …]`
pub fn hmget(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let hash = read::<Hash>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    cx.out.array(args.len() - 2);
    for field in args.tail(2).iter() {
        reply_field(cx.out, hash, field);
    }
    Ok(Outcome::Done)
}

/// `HGETALL key`: a map.
pub fn hgetall(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let hash = read::<Hash>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    cx.out.map(hash.map_or(0, Hash::len));
    for (field, value) in hash.into_iter().flat_map(Hash::iter) {
        reply_text(cx.out, field);
        reply_text(cx.out, value);
    }
    Ok(Outcome::Done)
}

/// `HKEYS key`
pub fn hkeys(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let hash = read::<Hash>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    cx.out.array(hash.map_or(0, Hash::len));
    for (field, _) in hash.into_iter().flat_map(Hash::iter) {
        reply_text(cx.out, field);
    }
    Ok(Outcome::Done)
}

/// `HVALS key`
pub fn hvals(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let hash = read::<Hash>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    cx.out.array(hash.map_or(0, Hash::len));
    for (_, value) in hash.into_iter().flat_map(Hash::iter) {
        reply_text(cx.out, value);
    }
    Ok(Outcome::Done)
}

/// `HLEN key`
pub fn hlen(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let hash = read::<Hash>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    cx.out.count(hash.map_or(0, Hash::len));
    Ok(Outcome::Done)
}

/// `HSTRLEN key field`
pub fn hstrlen(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let hash = read::<Hash>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    let value = hash.and_then(|hash| hash.get(args.at(2)));
    cx.out.count(value.map_or(0, |value| value.text_len()));
    Ok(Outcome::Done)
}

/// `HEXISTS key field`
pub fn hexists(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let hash = read::<Hash>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    cx.out.int(i64::from(hash.is_some_and(|hash| hash.contains(args.at(2)))));
    Ok(Outcome::Done)
}
