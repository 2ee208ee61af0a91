//! Several keys at once: MGET, MSET, MSETNX.
//!
//! The keys are hashed ahead, a few at a time, and their memory is asked for before the first of them is
//! looked at, so that the waits for memory overlap.
//!
//! Source: Redis 7.2.4 `t_string.c`.

use crate::core::ctx::{Ctx, Outcome};
use crate::keyspace::{Class, SetExpire};
use crate::object::ValueRef;
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

/// Keys hashed ahead.
const AHEAD: usize = 16;

/// Hashes up to [`AHEAD`] keys, every `step`th argument from `from` on, and asks for what they will read.
fn hash_ahead(cx: &Ctx<'_>, args: Args<'_>, from: usize, step: usize) -> [u64; AHEAD] {
    let mut hashes = [0; AHEAD];
    let keys = || (from..args.len()).step_by(step).take(AHEAD);
    for (hash, i) in hashes.iter_mut().zip(keys()) {
        *hash = cx.srv.keys.hash(args.at(i));
        cx.srv.keys.prefetch(cx.db, *hash);
    }
    for (hash, _) in hashes.iter().zip(keys()) {
        cx.srv.keys.prefetch_entry(cx.db, *hash);
    }
    hashes
}

/// `MGET key [key …]`: null for what is missing or no string.
pub fn mget(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.array(args.len() - 1);
    for from in (1..args.len()).step_by(AHEAD) {
        let hashes = hash_ahead(cx, args, from, 1);
        for (i, hash) in (from..args.len()).zip(hashes) {
            let entry = cx.srv.keys.read_hashed(hash, cx.db, args.at(i), cx.now);
            match entry.map(|entry| entry.value()) {
                Some(ValueRef::Str(text)) => cx.out.bulk(text),
                Some(ValueRef::Int(number)) => cx.out.bulk_int(number),
                Some(ValueRef::Obj(_)) | None => cx.out.null(),
            }
        }
    }
    Ok(Outcome::Done)
}

/// Whether keys and values pair up.
fn check_pairs(cx: &Ctx<'_>, args: Args<'_>) -> Result<(), CmdError> {
    if args.len().is_multiple_of(2) { Err(errors::wrong_arity(cx.cmd.name)) } else { Ok(()) }
}

fn set_all(cx: &mut Ctx<'_>, args: Args<'_>) {
    for from in (1..args.len()).step_by(2 * AHEAD) {
        let hashes = hash_ahead(cx, args, from, 2);
        for (i, hash) in (from..args.len()).step_by(2).zip(hashes) {
            let (key, value) = (args.at(i), args.at(i + 1));
            cx.srv.keys.set_string_hashed(hash, cx.db, key, value, SetExpire::Clear, cx.now);
            cx.touch(key, Class::STRING, "set", 1);
        }
    }
}

/// `MSET key value [key value …]`
pub fn mset(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    check_pairs(cx, args)?;
    set_all(cx, args);
    cx.out.ok();
    Ok(Outcome::Done)
}

/// `MSETNX key value [key value …]`: all, or none if any of them exists.
pub fn msetnx(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    check_pairs(cx, args)?;
    let taken = (1..args.len()).step_by(2).any(|i| cx.srv.keys.lives(cx.db, args.at(i), cx.now));
    if !taken {
        set_all(cx, args);
    }
    cx.out.int(i64::from(!taken));
    Ok(Outcome::Done)
}
