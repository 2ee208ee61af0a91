//! Elements go from anywhere: LTRIM LREM.
//!
//! Source: Redis 7.2.4 `ltrimCommand`, `lremCommand`.

use crate::cmd::args::int;
use crate::cmd::limits::{edit, limits};
use crate::core::ctx::{Ctx, Outcome};
use crate::object::List;
use crate::resp::errors::CmdError;
use crate::resp::request::Args;

use super::{settle, span};

/// `LTRIM key start stop`: announced even when nothing goes.
pub fn ltrim(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let key = args.at(1);
    let (start, stop) = (int(args.at(2))?, int(args.at(3))?);
    let limits = limits(cx.srv);
    if let Some(list) = edit::<List>(&mut cx.srv.keys, cx.db, key, cx.now)? {
        let len = list.len();
        let (from, count) = span(start, stop, len);
        list.trim(from, count, &limits);
        settle(cx, key, "ltrim", (len - count) as u64, count == 0);
    }
    cx.out.ok();
    Ok(Outcome::Done)
}

/// `LREM key count element`: from the tail when the count is negative, all when it is 0.
pub fn lrem(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let key = args.at(1);
    let count = int(args.at(2))?;
    let limits = limits(cx.srv);
    let most =
        if count == 0 { usize::MAX } else { usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX) };
    let mut gone = 0;
    if let Some(list) = edit::<List>(&mut cx.srv.keys, cx.db, key, cx.now)? {
        gone = list.remove(args.at(3), most, count < 0, &limits);
        let empty = list.is_empty();
        if gone != 0 {
            settle(cx, key, "lrem", gone as u64, empty);
        }
    }
    cx.out.count(gone);
    Ok(Outcome::Done)
}
