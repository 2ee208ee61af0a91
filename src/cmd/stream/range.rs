//! XRANGE, XREVRANGE, XLEN, XDEL.
//!
//! Source: Redis 7.2.4 `xrangeGenericCommand`, `xlenCommand`, `xdelCommand`.

use crate::cmd::args::{int, is};
use crate::cmd::limits::{edit, read};
use crate::core::ctx::{Ctx, Outcome};
use crate::keyspace::Class;
use crate::object::stream::{Stream, StreamId};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

use super::{ids, reply_items};

/// `XRANGE key start end [COUNT count]`
pub fn xrange(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    range(cx, args, false)
}

/// `XREVRANGE key end start [COUNT count]`
pub fn xrevrange(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    range(cx, args, true)
}

fn range(cx: &mut Ctx<'_>, args: Args<'_>, back: bool) -> Result<Outcome, CmdError> {
    let (start, end) = if back { (3, 2) } else { (2, 3) };
    let (start, end) = (ids::start(args.at(start))?, ids::end(args.at(end))?);
    // Without COUNT there is no limit; COUNT 0 and below ask for nothing.
    let mut count = None;
    let mut at = 4;
    while at < args.len() {
        let value = args.get(at + 1).filter(|_| is(args.at(at), "count")).ok_or(errors::SYNTAX)?;
        count = Some(u64::try_from(int(value)?).unwrap_or(0));
        at += 2;
    }
    match read::<Stream>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)? {
        None => cx.out.array(0),
        Some(_) if count == Some(0) => cx.out.null_array(),
        Some(stream) if back => reply_items(cx.out, stream.range_back(start, end), count.unwrap_or(0)),
        Some(stream) => reply_items(cx.out, stream.range(start, end), count.unwrap_or(0)),
    }
    Ok(Outcome::Done)
}

/// `XLEN key`
pub fn xlen(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let stream = read::<Stream>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    cx.out.int(stream.map_or(0, |stream| stream.len().cast_signed()));
    Ok(Outcome::Done)
}

/// `XDEL key id [id …]`
pub fn xdel(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let key = args.at(1);
    let Some(stream) = edit::<Stream>(&mut cx.srv.keys, cx.db, key, cx.now)? else {
        cx.out.int(0);
        return Ok(Outcome::Done);
    };
    let ids: Vec<StreamId> = args.tail(2).iter().map(ids::strict).collect::<Result<_, _>>()?;
    let deleted = stream.delete(ids.into_iter());
    if deleted > 0 {
        cx.touch(key, Class::STREAM, "xdel", deleted);
    }
    cx.out.int(deleted.cast_signed());
    Ok(Outcome::Done)
}
