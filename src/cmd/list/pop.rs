//! Elements go from an end: LPOP RPOP LMPOP, LMOVE RPOPLPUSH.
//!
//! An element that moves from one list to another is written into the reply first and pushed from there, so a
//! move copies it twice and allocates nothing of its own.
//!
//! LMPOP travels as LPOP or RPOP of the key it found, with the number of elements that there were.
//!
//! Source: Redis 7.2.4 `popGenericCommand`, `lmoveGenericCommand`, `mpopGenericCommand`.

use crate::base::num::{IntBuf, fmt_i64, parse_i64};
use crate::cmd::args::is;
use crate::cmd::limits::{edit, limits, of_entry};
use crate::core::ctx::{Ctx, Outcome};
use crate::keyspace::Class;
use crate::object::List;
use crate::object::list::{End, Entry};
use crate::resp::errors::{self, CmdError};
use crate::resp::reply::Reply;
use crate::resp::request::Args;

use super::{end_of, popped, push, pushed, reply_entry, settle};

const NUMKEYS: CmdError = CmdError::fixed("ERR numkeys should be greater than 0");
const COUNT: CmdError = CmdError::fixed("ERR count should be greater than 0");

/// `LPOP key [count]`
pub fn lpop(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    pop(cx, args, End::Head)
}

/// `RPOP key [count]`
pub fn rpop(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    pop(cx, args, End::Tail)
}

fn pop(cx: &mut Ctx<'_>, args: Args<'_>, end: End) -> Result<Outcome, CmdError> {
    let key = args.at(1);
    let count = match args.len() {
        2 => None,
        3 => {
            let count = parse_i64(args.at(2)).and_then(|count| usize::try_from(count).ok());
            Some(count.ok_or(errors::NOT_POSITIVE)?)
        }
        _ => return Err(errors::wrong_arity(cx.cmd.name)),
    };
    let limits = limits(cx.srv);
    let Some(list) = edit::<List>(&mut cx.srv.keys, cx.db, key, cx.now)? else {
        if count.is_some() {
            cx.out.null_array()
        } else {
            cx.out.null()
        }
        return Ok(Outcome::Done);
    };
    let gone = match count {
        None => {
            list.pop(end, |entry| reply_entry(cx.out, entry));
            1
        }
        Some(0) => {
            cx.out.array(0);
            return Ok(Outcome::Done);
        }
        Some(count) => pop_many(cx.out, list, end, count),
    };
    list.shrink(&limits);
    let empty = list.is_empty();
    settle(cx, key, popped(end), gone as u64, empty);
    Ok(Outcome::Done)
}

/// Replies an array of up to `count` elements from an end, takes them out, and tells how many there were.
fn pop_many(out: &mut Reply, list: &mut List, end: End, count: usize) -> usize {
    let len = list.len();
    let count = count.min(len);
    out.array(count);
    match end {
        End::Head => {
            list.range(0, count, |entry| reply_entry(out, entry));
            list.delete_range(0, count);
        }
        End::Tail => {
            let mut left = count;
            if left != 0 {
                list.walk(len - 1, true, |entry| {
                    reply_entry(out, entry);
                    left -= 1;
                    left != 0
                });
            }
            list.delete_range(len - count, count);
        }
    }
    count
}

/// What LMPOP and BLMPOP are asked for.
pub struct Many<'a> {
    pub keys: Args<'a>,
    end: End,
    count: usize,
}

impl<'a> Many<'a> {
    /// Reads `numkeys key [key ...] LEFT|RIGHT [COUNT count]` from argument `at` on.
    ///
    /// # Errors
    /// In Redis' order and words.
    pub fn parse(args: Args<'a>, at: usize) -> Result<Many<'a>, CmdError> {
        let numkeys = parse_i64(args.at(at)).filter(|number| *number > 0).ok_or(NUMKEYS)?;
        let place = usize::try_from(numkeys).ok().and_then(|numkeys| numkeys.checked_add(at + 1));
        let place = place.filter(|place| *place < args.len()).ok_or(errors::SYNTAX)?;
        let end = end_of(args.at(place))?;
        let count = match args.len() - place {
            1 => 1,
            more if more >= 3 && is(args.at(place + 1), "count") => {
                let count = parse_i64(args.at(place + 2)).filter(|count| *count > 0).ok_or(COUNT)?;
                if more > 3 {
                    return Err(errors::SYNTAX);
                }
                usize::try_from(count).unwrap_or(usize::MAX)
            }
            _ => return Err(errors::SYNTAX),
        };
        Ok(Many { keys: args.within(at + 1, place), end, count })
    }
}

/// Pops from the first of the keys that holds a list, and replies the key and the elements. `false`: there is none,
/// nothing is replied.
pub fn pop_many_of_first(cx: &mut Ctx<'_>, many: &Many<'_>) -> Result<bool, CmdError> {
    for key in many.keys.iter() {
        let limits = limits(cx.srv);
        let Some(list) = edit::<List>(&mut cx.srv.keys, cx.db, key, cx.now)? else { continue };
        cx.out.array(2);
        cx.out.bulk(key);
        let gone = pop_many(cx.out, list, many.end, many.count);
        list.shrink(&limits);
        let empty = list.is_empty();
        settle(cx, key, popped(many.end), gone as u64, empty);
        cx.record_as(&[verb(many.end), key, fmt_i64(gone as i64, &mut IntBuf::new())]);
        return Ok(true);
    }
    Ok(false)
}

/// Pops one element of a key and replies both, as BLPOP does. `false`: no such key, nothing is replied.
pub fn pop_one_with_key(cx: &mut Ctx<'_>, key: &[u8], end: End) -> Result<bool, CmdError> {
    let limits = limits(cx.srv);
    let Some(list) = edit::<List>(&mut cx.srv.keys, cx.db, key, cx.now)? else { return Ok(false) };
    cx.out.array(2);
    cx.out.bulk(key);
    list.pop(end, |entry| reply_entry(cx.out, entry));
    list.shrink(&limits);
    let empty = list.is_empty();
    settle(cx, key, popped(end), 1, empty);
    cx.record_as(&[verb(end), key]);
    Ok(true)
}

/// What replicas are told of elements taken from an end.
fn verb(end: End) -> &'static [u8] {
    match end {
        End::Head => b"LPOP",
        End::Tail => b"RPOP",
    }
}

/// `LMPOP numkeys key [key ...] LEFT|RIGHT [COUNT count]`
pub fn lmpop(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let many = Many::parse(args, 1)?;
    if !pop_many_of_first(cx, &many)? {
        cx.out.null_array();
    }
    Ok(Outcome::Done)
}

/// `LMOVE source destination LEFT|RIGHT LEFT|RIGHT`
pub fn lmove(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (from, to) = (end_of(args.at(3))?, end_of(args.at(4))?);
    move_element(cx, args, from, to)
}

/// `RPOPLPUSH source destination`
pub fn rpoplpush(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    move_element(cx, args, End::Tail, End::Head)
}

pub fn move_element(cx: &mut Ctx<'_>, args: Args<'_>, from: End, to: End) -> Result<Outcome, CmdError> {
    let (source, destination) = (args.at(1), args.at(2));
    let limits = limits(cx.srv);
    if edit::<List>(&mut cx.srv.keys, cx.db, source, cx.now)?.is_none() {
        cx.out.null();
        return Ok(Outcome::Done);
    }
    let there = cx.srv.keys.write_lookup(cx.db, destination, cx.now);
    let there = there.map(of_entry::<List>).transpose()?.is_some();
    // Both were found alive and are lists.
    let mut bytes = 0;
    let mut len = 0;
    if let Some(list) = edit::<List>(&mut cx.srv.keys, cx.db, source, cx.now)? {
        list.pop(from, |entry| {
            // Redis reckons with the bytes of texts only when it makes room.
            bytes = if let Entry::Str(text) = entry { text.len() } else { 0 };
            len = entry.text_len();
            reply_entry(cx.out, entry);
        });
    }
    let end = cx.out.buf.len() - 2;
    let element = &cx.out.buf[end - len..end];
    if there {
        if let Some(list) = edit::<List>(&mut cx.srv.keys, cx.db, destination, cx.now)? {
            list.grow(bytes, 1, &limits);
            list.push(to, element);
        }
    } else {
        let mut list = List::new();
        list.grow(bytes, 1, &limits);
        list.push(to, element);
        push::create(cx, destination, list);
    }
    cx.touch(destination, Class::LIST, pushed(to), 0);
    let mut empty = false;
    if let Some(list) = edit::<List>(&mut cx.srv.keys, cx.db, source, cx.now)? {
        list.shrink(&limits);
        empty = list.is_empty();
    }
    settle(cx, source, popped(from), 1, empty);
    Ok(Outcome::Done)
}
