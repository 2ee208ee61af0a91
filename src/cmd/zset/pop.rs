//! Taking members from an end, or waiting for them: ZPOPMIN ZPOPMAX ZMPOP, BZPOPMIN BZPOPMAX BZMPOP.
//!
//! Those that choose among keys travel as the ZPOPMIN or ZPOPMAX that they turned out to be, so that a replica need
//! not choose. Where there is nothing to take, the client of a blocking one is parked until one of the keys holds a
//! sorted set, and the command runs again (`core::wake`).
//!
//! Source: Redis 7.2.4 `genericZpopCommand`, `blockingGenericZpopCommand`.

use crate::base::num::{IntBuf, fmt_i64};
use crate::core::ctx::{Ctx, Outcome};
use crate::object::Zset;
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::blocked::{Awaits, deadline_s};

use crate::cmd::args::{int, is, positive};

use super::{announce_removal, edit, write_member};

const NUMKEYS: CmdError = CmdError::fixed("ERR numkeys should be greater than 0");
const COUNT: CmdError = CmdError::fixed("ERR count should be greater than 0");

/// How popped members are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Member, score, member, score.
    Flat,
    /// An array of pairs.
    Pairs,
    /// The key and an array of pairs.
    KeyAndPairs,
    /// The key, member, score.
    KeyAndFlat,
}

/// Pops up to `count` members, at least one, of a key and replies. The number popped; `None`: no such key,
/// nothing is replied.
fn pop(cx: &mut Ctx<'_>, key: &[u8], max: bool, count: usize, form: Form) -> Result<Option<usize>, CmdError> {
    let out = &mut *cx.out;
    let popped = edit::<Zset>(&mut cx.srv.keys, cx.db, key, cx.now)?.map(|set| {
        let count = count.min(set.len());
        let flat = matches!(form, Form::Flat | Form::KeyAndFlat);
        match form {
            Form::Flat => out.array(2 * count),
            Form::Pairs => out.array(count),
            Form::KeyAndPairs => {
                out.array(2);
                out.bulk(key);
                out.array(count);
            }
            Form::KeyAndFlat => {
                out.array(1 + 2 * count);
                out.bulk(key);
            }
        }
        set.pop(count, max, &mut |member, score| {
            if !flat {
                out.array(2);
            }
            write_member(out, member);
            out.double(score);
        });
        (count, set.is_empty())
    });
    let Some((count, empty)) = popped else { return Ok(None) };
    announce_removal(cx, key, if max { "zpopmax" } else { "zpopmin" }, count, empty);
    Ok(Some(count))
}

fn pop_one_key(cx: &mut Ctx<'_>, args: Args<'_>, max: bool) -> Result<Outcome, CmdError> {
    if args.len() > 3 {
        return Err(errors::SYNTAX);
    }
    let count = args.get(2).map(positive).transpose()?;
    let form = if cx.out.resp3 && count.is_some() { Form::Pairs } else { Form::Flat };
    let count = usize::try_from(count.unwrap_or(1)).unwrap_or(usize::MAX);
    let popped = if count == 0 {
        // The type is checked all the same.
        edit::<Zset>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
        None
    } else {
        pop(cx, args.at(1), max, count, form)?
    };
    if popped.is_none() {
        cx.out.array(0);
    }
    Ok(Outcome::Done)
}

/// `ZPOPMIN key [count]`
pub fn zpopmin(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    pop_one_key(cx, args, false)
}

/// `ZPOPMAX key [count]`
pub fn zpopmax(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    pop_one_key(cx, args, true)
}

/// A number from 1 up, or an error of its own.
fn at_least_one(text: &[u8], error: CmdError) -> Result<usize, CmdError> {
    let number = int(text).ok().filter(|number| *number > 0);
    number.and_then(|number| usize::try_from(number).ok()).ok_or(error)
}

/// What ZMPOP and BZMPOP are asked for.
struct Many<'a> {
    keys: Args<'a>,
    max: bool,
    count: usize,
}

impl<'a> Many<'a> {
    /// Reads `numkeys key [key ...] MIN|MAX [COUNT count]` from argument `at` on.
    fn parse(args: Args<'a>, at: usize) -> Result<Many<'a>, CmdError> {
        let keys = at_least_one(args.at(at), NUMKEYS)?;
        let end = keys.checked_add(at + 1).and_then(|at| Some((at, args.get(at)?)));
        let (place, end) = end.ok_or(errors::SYNTAX)?;
        let max = is(end, "max");
        if !max && !is(end, "min") {
            return Err(errors::SYNTAX);
        }
        let mut count = None;
        let mut option = place + 1;
        while let Some(word) = args.get(option) {
            let value = args.get(option + 1).filter(|_| count.is_none() && is(word, "count"));
            count = Some(at_least_one(value.ok_or(errors::SYNTAX)?, COUNT)?);
            option += 2;
        }
        Ok(Many { keys: args.within(at + 1, place), max, count: count.unwrap_or(1) })
    }

    /// Pops from the first of the keys that holds a sorted set. `false`: there is none, nothing is replied.
    fn pop(&self, cx: &mut Ctx<'_>) -> Result<bool, CmdError> {
        for key in self.keys.iter() {
            if let Some(popped) = pop(cx, key, self.max, self.count, Form::KeyAndPairs)? {
                cx.record_as(&[verb(self.max), key, fmt_i64(popped as i64, &mut IntBuf::new())]);
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// What replicas are told of members taken from an end.
fn verb(max: bool) -> &'static [u8] {
    if max { b"ZPOPMAX" } else { b"ZPOPMIN" }
}

/// `ZMPOP numkeys key [key ...] MIN|MAX [COUNT count]`
pub fn zmpop(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    if !Many::parse(args, 1)?.pop(cx)? {
        cx.out.null_array();
    }
    Ok(Outcome::Done)
}

/// `BZMPOP timeout numkeys key [key ...] MIN|MAX [COUNT count]`
pub fn bzmpop(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let many = Many::parse(args, 2)?;
    let deadline = deadline_s(args.at(1), cx.now)?;
    if many.pop(cx)? {
        return Ok(Outcome::Done);
    }
    Ok(cx.block_on_keys(Awaits::Zset, many.keys.iter(), deadline, false))
}

/// `BZPOPMIN key [key ...] timeout`
pub fn bzpopmin(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    pop_or_wait(cx, args, false)
}

/// `BZPOPMAX key [key ...] timeout`
pub fn bzpopmax(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    pop_or_wait(cx, args, true)
}

fn pop_or_wait(cx: &mut Ctx<'_>, args: Args<'_>, max: bool) -> Result<Outcome, CmdError> {
    let last = args.len() - 1;
    let deadline = deadline_s(args.at(last), cx.now)?;
    let keys = args.iter().take(last).skip(1);
    for key in keys.clone() {
        if pop(cx, key, max, 1, Form::KeyAndFlat)?.is_some() {
            cx.record_as(&[verb(max), key]);
            return Ok(Outcome::Done);
        }
    }
    Ok(cx.block_on_keys(Awaits::Zset, keys, deadline, false))
}
