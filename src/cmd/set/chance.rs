//! Members by chance: SPOP SRANDMEMBER.
//!
//! What chance took must be told to replicas: one member travels as SREM, several as SREMs of 1024 members at
//! most, all of them as DEL (or UNLINK where `lazyfree-lazy-server-del` says so). The members are already in the
//! reply by then, so they are recorded from there.

use std::ops::Range;

use crate::base::num::parse_i64;
use crate::cmd::args::int_within;
use crate::cmd::keys::free;
use crate::cmd::limits::{edit, limits, read};
use crate::core::ctx::{Ctx, Outcome};
use crate::core::propagate;
use crate::ds::listpack::Listpack;
use crate::keyspace::Class;
use crate::object::Limits;
use crate::object::set::{Entry, Set};
use crate::resp::errors::{self, CmdError};
use crate::resp::reply::Reply;
use crate::resp::request::Args;

use super::basic::reply_all;
use super::{reply_entry, settle};

/// Members of one SREM.
const BATCH: usize = 1024;
/// Of a table that keeps less than this part of what is taken, Redis builds the rest anew.
const REBUILT_PART: usize = 5;

/// Replies a member and returns where its text lies in the reply.
fn reply_kept(out: &mut Reply, member: Entry<'_>) -> Range<usize> {
    reply_entry(out, member);
    let end = out.buf.len() - 2;
    end - member.text_len()..end
}

/// `SPOP key [count]`
pub fn spop(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    match args.len() {
        2 => pop_one(cx, args.at(1)),
        3 => {
            let count = parse_i64(args.at(2)).and_then(|count| usize::try_from(count).ok());
            pop_many(cx, args.at(1), count.ok_or(errors::NOT_POSITIVE)?)
        }
        _ => Err(errors::SYNTAX),
    }
}

fn pop_one(cx: &mut Ctx<'_>, key: &[u8]) -> Result<Outcome, CmdError> {
    let srv = &mut *cx.srv;
    let Some(set) = edit::<Set>(&mut srv.keys, cx.db, key, cx.now)? else {
        cx.out.null();
        return Ok(Outcome::Done);
    };
    let place = set.pop(&mut srv.rng, |member| reply_kept(cx.out, member));
    let empty = set.is_empty();
    if let Some(place) = place {
        record(cx, key, &[place], true);
    }
    settle(cx, key, "spop", 1, empty);
    Ok(Outcome::Done)
}

/// Records that the members at these places of the reply went: instead of the request, or beside it.
fn record(cx: &mut Ctx<'_>, key: &[u8], places: &[Range<usize>], instead: bool) {
    let buf = std::mem::take(&mut cx.out.buf);
    if let ([place], true) = (places, instead) {
        cx.record_as(&[b"SREM", key, &buf[place.clone()]]);
    } else {
        for batch in places.chunks(BATCH) {
            let mut request: Vec<&[u8]> = Vec::with_capacity(batch.len() + 2);
            request.extend([&b"SREM"[..], key]);
            request.extend(batch.iter().map(|place| &buf[place.clone()]));
            cx.record_also(cx.db, &request);
        }
    }
    cx.out.buf = buf;
}

fn pop_many(cx: &mut Ctx<'_>, key: &[u8], count: usize) -> Result<Outcome, CmdError> {
    let limits = limits(cx.srv);
    let wanted = propagate::wanted(cx.srv);
    let srv = &mut *cx.srv;
    let set = edit::<Set>(&mut srv.keys, cx.db, key, cx.now)?;
    let Some(set) = set.filter(|_| count != 0) else {
        cx.out.set(0);
        return Ok(Outcome::Done);
    };
    let len = set.len();
    if count >= len {
        reply_all(cx.out, Some(set));
        return pop_all(cx, key, len);
    }
    cx.out.set(count);
    let mut places = Vec::new();
    let out = &mut *cx.out;
    set.pop_many(count, &mut srv.rng, &mut |member| {
        let place = reply_kept(out, member);
        if wanted {
            places.push(place);
        }
    });
    if (len - count).saturating_mul(REBUILT_PART) <= count {
        rebuild(set, &limits);
    }
    record(cx, key, &places, false);
    cx.record_nothing();
    settle(cx, key, "spop", count as u64, false);
    Ok(Outcome::Done)
}

/// What is left of a table takes the form that it would have had if it had been built member by member.
fn rebuild(set: &mut Set, limits: &Limits) {
    if matches!(set, Set::Table(_)) {
        let mut rest = Set::Packed(Listpack::new());
        set.iter().for_each(|member| {
            rest.add_entry(member, limits);
        });
        *set = rest;
    }
}

/// The members are replied; the key goes whole.
fn pop_all(cx: &mut Ctx<'_>, key: &[u8], len: usize) -> Result<Outcome, CmdError> {
    let lazy = cx.srv.config.lazyfree_lazy_server_del;
    cx.touch(key, Class::SET, "spop", len as u64);
    if let Some(entry) = cx.srv.keys.remove(cx.db, key) {
        free(cx, entry, lazy);
    }
    cx.notify(key, Class::GENERIC, "del");
    cx.record_as(&[if lazy { b"UNLINK" } else { b"DEL" }, key]);
    Ok(Outcome::Done)
}

/// `SRANDMEMBER key [count]`: with a negative count the same member may come again.
pub fn srandmember(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let count = match args.len() {
        2 => None,
        3 => Some(int_within(args.at(2), -i64::MAX, i64::MAX)?),
        _ => return Err(errors::SYNTAX),
    };
    let srv = &mut *cx.srv;
    let set = read::<Set>(&mut srv.keys, cx.db, args.at(1), cx.now)?;
    let (rng, out) = (&mut srv.rng, &mut *cx.out);
    match (set, count) {
        (None, None) => out.null(),
        (None, Some(_)) => out.array(0),
        (Some(set), None) => match set.random(rng) {
            Some(member) => reply_entry(out, member),
            None => out.null(),
        },
        (Some(set), Some(count)) if count < 0 => {
            let count = count.unsigned_abs();
            out.array(usize::try_from(count).unwrap_or(usize::MAX));
            set.random_repeated(count, rng, &mut |member| reply_entry(out, member));
        }
        (Some(set), Some(count)) => {
            let count = usize::try_from(count).unwrap_or(usize::MAX).min(set.len());
            out.array(count);
            set.random_distinct(count, rng, &mut |member| reply_entry(out, member));
        }
    }
    Ok(Outcome::Done)
}
