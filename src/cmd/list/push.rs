//! Elements come in: LPUSH RPUSH LPUSHX RPUSHX LINSERT LSET.
//!
//! Source: Redis 7.2.4 `pushGenericCommand`, `linsertCommand`, `lsetCommand`.

use crate::cmd::args::{int, is};
use crate::cmd::limits::{Kind, edit, limits};
use crate::core::ctx::{Ctx, Outcome};
use crate::keyspace::Class;
use crate::object::list::End;
use crate::object::{Entry, Limits, List, NewValue};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

use super::pushed;

/// `LPUSH key element [element ...]`
pub fn lpush(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    push(cx, args, End::Head, false)
}

/// `RPUSH key element [element ...]`
pub fn rpush(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    push(cx, args, End::Tail, false)
}

/// `LPUSHX key element [element ...]`: only to a list that is there.
pub fn lpushx(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    push(cx, args, End::Head, true)
}

/// `RPUSHX key element [element ...]`: only to a list that is there.
pub fn rpushx(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    push(cx, args, End::Tail, true)
}

fn push(cx: &mut Ctx<'_>, args: Args<'_>, end: End, present: bool) -> Result<Outcome, CmdError> {
    let key = args.at(1);
    let limits = limits(cx.srv);
    let len = match edit::<List>(&mut cx.srv.keys, cx.db, key, cx.now)? {
        Some(list) => {
            push_all(list, args, end, &limits);
            list.len()
        }
        None if present => {
            cx.out.int(0);
            return Ok(Outcome::Done);
        }
        None => {
            let mut list = List::new();
            push_all(&mut list, args, end, &limits);
            create(cx, key, list);
            args.len() - 2
        }
    };
    cx.touch(key, Class::LIST, pushed(end), args.len() as u64 - 2);
    cx.out.count(len);
    Ok(Outcome::Done)
}

fn push_all(list: &mut List, args: Args<'_>, end: End, limits: &Limits) {
    let elements = || args.iter().skip(2);
    list.grow(elements().map(<[u8]>::len).sum(), args.len() - 2, limits);
    elements().for_each(|element| list.push(end, element));
}

/// Stores a new list under a key that is not there.
pub(super) fn create(cx: &mut Ctx<'_>, key: &[u8], list: List) {
    cx.srv.keys.insert(cx.db, Entry::new(key, NewValue::Obj(Box::new(list.wrap())), None));
}

/// `LINSERT key BEFORE|AFTER pivot element`: the length, 0 without a list, -1 without the pivot.
pub fn linsert(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (key, place) = (args.at(1), args.at(2));
    let after = is(place, "after");
    if !after && !is(place, "before") {
        return Err(errors::SYNTAX);
    }
    let limits = limits(cx.srv);
    let Some(list) = edit::<List>(&mut cx.srv.keys, cx.db, key, cx.now)? else {
        cx.out.int(0);
        return Ok(Outcome::Done);
    };
    if !list.insert(args.at(3), args.at(4), after, &limits) {
        cx.out.int(-1);
        return Ok(Outcome::Done);
    }
    cx.out.count(list.len());
    cx.touch(key, Class::LIST, "linsert", 1);
    Ok(Outcome::Done)
}

/// `LSET key index element`
pub fn lset(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let key = args.at(1);
    let limits = limits(cx.srv);
    let list = edit::<List>(&mut cx.srv.keys, cx.db, key, cx.now)?.ok_or(errors::NO_SUCH_KEY)?;
    if !list.set(int(args.at(2))?, args.at(3), &limits) {
        return Err(errors::INDEX_OUT_OF_RANGE);
    }
    cx.touch(key, Class::LIST, "lset", 1);
    cx.out.ok();
    Ok(Outcome::Done)
}
