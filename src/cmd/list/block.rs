//! Elements go from an end, or are waited for: BLPOP BRPOP BLMPOP BLMOVE BRPOPLPUSH.
//!
//! Where there is something to take these are LPOP, LMPOP and LMOVE, and travel as such. Where there is nothing
//! the client is parked until one of the keys holds a list, and the command runs again (`core::wake`).
//!
//! Source: Redis 7.2.4 `blockingPopGenericCommand`, `blmoveGenericCommand`.

use crate::cmd::limits::edit;
use crate::core::ctx::{Ctx, Outcome};
use crate::object::List;
use crate::object::list::End;
use crate::resp::errors::CmdError;
use crate::resp::request::Args;
use crate::state::blocked::{Awaits, deadline_s};

use super::end_of;
use super::pop::{Many, move_element, pop_many_of_first, pop_one_with_key};

/// `BLPOP key [key ...] timeout`
pub fn blpop(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    pop_or_wait(cx, args, End::Head)
}

/// `BRPOP key [key ...] timeout`
pub fn brpop(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    pop_or_wait(cx, args, End::Tail)
}

fn pop_or_wait(cx: &mut Ctx<'_>, args: Args<'_>, end: End) -> Result<Outcome, CmdError> {
    let last = args.len() - 1;
    let deadline = deadline_s(args.at(last), cx.now)?;
    let keys = args.iter().take(last).skip(1);
    for key in keys.clone() {
        if pop_one_with_key(cx, key, end)? {
            return Ok(Outcome::Done);
        }
    }
    Ok(cx.block_on_keys(Awaits::List, keys, deadline, false))
}

/// `BLMPOP timeout numkeys key [key ...] LEFT|RIGHT [COUNT count]`
pub fn blmpop(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let many = Many::parse(args, 2)?;
    let deadline = deadline_s(args.at(1), cx.now)?;
    if pop_many_of_first(cx, &many)? {
        return Ok(Outcome::Done);
    }
    Ok(cx.block_on_keys(Awaits::List, many.keys.iter(), deadline, false))
}

/// `BLMOVE source destination LEFT|RIGHT LEFT|RIGHT timeout`
pub fn blmove(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (from, to) = (end_of(args.at(3))?, end_of(args.at(4))?);
    move_or_wait(cx, args, from, to, args.at(5), &[b"LMOVE", args.at(1), args.at(2), args.at(3), args.at(4)])
}

/// `BRPOPLPUSH source destination timeout`
pub fn brpoplpush(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    move_or_wait(cx, args, End::Tail, End::Head, args.at(3), &[b"RPOPLPUSH", args.at(1), args.at(2)])
}

/// Moves an element, which travels as `plain`, or waits for one. Nobody waits for the destination.
fn move_or_wait(
    cx: &mut Ctx<'_>,
    args: Args<'_>,
    from: End,
    to: End,
    timeout: &[u8],
    plain: &[&[u8]],
) -> Result<Outcome, CmdError> {
    let deadline = deadline_s(timeout, cx.now)?;
    let source = args.at(1);
    if edit::<List>(&mut cx.srv.keys, cx.db, source, cx.now)?.is_some() {
        let done = move_element(cx, args, from, to)?;
        cx.record_as(plain);
        return Ok(done);
    }
    if !cx.may_block() {
        // Not the null of an array, as a time-out has it.
        cx.out.null();
        return Ok(Outcome::Done);
    }
    Ok(cx.block_on_keys(Awaits::List, std::iter::once(source), deadline, false))
}
