//! Lists are read: LLEN LINDEX LRANGE LPOS.
//!
//! Source: Redis 7.2.4 `llenCommand`, `lindexCommand`, `lrangeCommand`, `lposCommand`.

use crate::base::num::parse_i64;
use crate::cmd::args::{int, int_within, is};
use crate::cmd::limits::read;
use crate::core::ctx::{Ctx, Outcome};
use crate::object::List;
use crate::object::list::Search;
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

use super::{reply_entry, span};

const RANK_ZERO: CmdError = CmdError::fixed(
    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to \
     start from the end of the list",
);
const COUNT: CmdError = CmdError::fixed("ERR COUNT can't be negative");
const MAXLEN: CmdError = CmdError::fixed("ERR MAXLEN can't be negative");

/// `LLEN key`
pub fn llen(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let list = read::<List>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    cx.out.count(list.map_or(0, List::len));
    Ok(Outcome::Done)
}

/// `LINDEX key index`
pub fn lindex(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let Some(list) = read::<List>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)? else {
        cx.out.null();
        return Ok(Outcome::Done);
    };
    let index = int(args.at(2))?;
    if list.with(index, |entry| reply_entry(cx.out, entry)).is_none() {
        cx.out.null();
    }
    Ok(Outcome::Done)
}

/// `LRANGE key start stop`
pub fn lrange(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (start, stop) = (int(args.at(2))?, int(args.at(3))?);
    let Some(list) = read::<List>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)? else {
        cx.out.array(0);
        return Ok(Outcome::Done);
    };
    let (from, count) = span(start, stop, list.len());
    cx.out.array(count);
    list.range(from, count, |entry| reply_entry(cx.out, entry));
    Ok(Outcome::Done)
}

/// A number from 0 up, with the option's own text for anything else.
fn from_zero(text: &[u8], error: CmdError) -> Result<u64, CmdError> {
    parse_i64(text).and_then(|number| u64::try_from(number).ok()).ok_or(error)
}

/// What LPOS was asked for; the count is `None` when one position is wanted rather than an array.
fn wanted(args: Args<'_>) -> Result<(Search, Option<u64>), CmdError> {
    let mut search = Search { skip: 0, count: 1, compare: 0, backward: false };
    let mut count = None;
    for i in (3..args.len()).step_by(2) {
        let (option, value) = (args.at(i), args.get(i + 1).ok_or(errors::SYNTAX)?);
        if is(option, "rank") {
            let rank = int_within(value, -i64::MAX, i64::MAX)?;
            search.skip = rank.unsigned_abs().checked_sub(1).ok_or(RANK_ZERO)?;
            search.backward = rank < 0;
        } else if is(option, "count") {
            count = Some(from_zero(value, COUNT)?);
        } else if is(option, "maxlen") {
            search.compare = from_zero(value, MAXLEN)?;
        } else {
            return Err(errors::SYNTAX);
        }
    }
    search.count = count.unwrap_or(1);
    Ok((search, count))
}

/// `LPOS key element [RANK rank] [COUNT matches] [MAXLEN len]`
pub fn lpos(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (search, count) = wanted(args)?;
    let list = read::<List>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    let mark = cx.out.defer();
    let mut found = 0;
    if let Some(list) = list {
        list.positions(args.at(2), search, |at| {
            cx.out.int(at as i64);
            found += 1;
        });
    }
    match count {
        Some(_) => cx.out.close_array(mark, found),
        None if found == 0 => cx.out.null(),
        None => {}
    }
    Ok(Outcome::Done)
}
