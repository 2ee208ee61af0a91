//! Taking members from an end: ZPOPMIN ZPOPMAX ZMPOP.
//!
//! ZMPOP travels as the ZPOPMIN or ZPOPMAX with COUNT that it turned out to be, so that a replica need not
//! choose a key.

use crate::base::num::{IntBuf, fmt_i64};
use crate::core::ctx::{Ctx, Outcome};
use crate::object::Zset;
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

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
}

/// Pops up to `count` members, at least one, of a key and replies. The number popped; `None`: no such key,
/// nothing is replied.
fn pop(cx: &mut Ctx<'_>, key: &[u8], max: bool, count: usize, form: Form) -> Result<Option<usize>, CmdError> {
    let out = &mut *cx.out;
    let popped = edit::<Zset>(&mut cx.srv.keys, cx.db, key, cx.now)?.map(|set| {
        let count = count.min(set.len());
        if form == Form::KeyAndPairs {
            out.array(2);
            out.bulk(key);
        }
        out.array(if form == Form::Flat { 2 * count } else { count });
        set.pop(count, max, &mut |member, score| {
            if form != Form::Flat {
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

/// `ZMPOP numkeys key [key ...] MIN|MAX [COUNT count]`
pub fn zmpop(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let keys = at_least_one(args.at(1), NUMKEYS)?;
    let end = keys.checked_add(2).and_then(|at| Some((at, args.get(at)?)));
    let (mut at, end) = end.ok_or(errors::SYNTAX)?;
    let max = is(end, "max");
    if !max && !is(end, "min") {
        return Err(errors::SYNTAX);
    }
    let mut count = None;
    at += 1;
    while let Some(word) = args.get(at) {
        let value = args.get(at + 1).filter(|_| count.is_none() && is(word, "count"));
        count = Some(at_least_one(value.ok_or(errors::SYNTAX)?, COUNT)?);
        at += 2;
    }
    for at in 2..keys + 2 {
        let key = args.at(at);
        if let Some(popped) = pop(cx, key, max, count.unwrap_or(1), Form::KeyAndPairs)? {
            let mut digits = IntBuf::new();
            let name: &[u8] = if max { b"ZPOPMAX" } else { b"ZPOPMIN" };
            cx.record_as(&[name, key, fmt_i64(popped as i64, &mut digits)]);
            return Ok(Outcome::Done);
        }
    }
    cx.out.null_array();
    Ok(Outcome::Done)
}
