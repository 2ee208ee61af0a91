//! Members come, go and are asked for: SADD SREM SMOVE, SISMEMBER SMISMEMBER SCARD SMEMBERS SSCAN.

use crate::base::glob;
use crate::base::num::{IntBuf, fmt_u64, parse_cursor};
use crate::cmd::args::{Cursor, int};
use crate::cmd::limits::{Kind, edit, limits, of_entry, read};
use crate::core::ctx::{Ctx, Outcome};
use crate::keyspace::Class;
use crate::object::set::Set;
use crate::object::{Entry, NewValue};
use crate::resp::errors::{self, CmdError};
use crate::resp::reply::Reply;
use crate::resp::request::Args;

use super::{reply_entry, settle};

/// Members that SSCAN looks at when nothing is said.
const DEFAULT_COUNT: usize = 10;

/// `SADD key member [member ...]`
pub fn sadd(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (key, given) = (args.at(1), args.len() - 2);
    let limits = limits(cx.srv);
    let added = match edit::<Set>(&mut cx.srv.keys, cx.db, key, cx.now)? {
        Some(set) => {
            set.grow(given, &limits);
            args.iter().skip(2).filter(|member| set.add(member, &limits)).count()
        }
        None => {
            let mut set = Set::new_for(args.at(2), given, &limits);
            let added = args.iter().skip(2).filter(|member| set.add(member, &limits)).count();
            create(cx, key, set);
            added
        }
    };
    if added != 0 {
        cx.touch(key, Class::SET, "sadd", added as u64);
    }
    cx.out.count(added);
    Ok(Outcome::Done)
}

/// Stores a set under a key; what was there is returned.
pub(super) fn create(cx: &mut Ctx<'_>, key: &[u8], set: Set) -> Option<Entry> {
    cx.srv.keys.insert(cx.db, Entry::new(key, NewValue::Obj(Box::new(set.wrap())), None))
}

/// `SREM key member [member ...]`
pub fn srem(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let key = args.at(1);
    let mut gone = 0;
    if let Some(set) = edit::<Set>(&mut cx.srv.keys, cx.db, key, cx.now)? {
        for member in args.iter().skip(2) {
            gone += u64::from(set.remove(member));
            if set.is_empty() {
                break;
            }
        }
        let empty = set.is_empty();
        if gone != 0 {
            settle(cx, key, "srem", gone, empty);
        }
    }
    cx.out.int(gone as i64);
    Ok(Outcome::Done)
}

/// `SMOVE source destination member`
pub fn smove(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (source, destination, member) = (args.at(1), args.at(2), args.at(3));
    let moved = move_member(cx, source, destination, member)?;
    cx.out.int(i64::from(moved));
    Ok(Outcome::Done)
}

fn move_member(cx: &mut Ctx<'_>, source: &[u8], destination: &[u8], member: &[u8]) -> Result<bool, CmdError> {
    let keys = &mut cx.srv.keys;
    // Redis looks both up before it judges either, and the destination's type matters only with a source.
    let from = keys.write_lookup(cx.db, source, cx.now).map(|entry| of_entry::<Set>(entry).map(|_| ()));
    let to = keys.write_lookup(cx.db, destination, cx.now).map(|entry| of_entry::<Set>(entry).map(|_| ()));
    let Some(from) = from else { return Ok(false) };
    from?;
    let there = to.transpose()?.is_some();
    let Some(set) = edit::<Set>(keys, cx.db, source, cx.now)? else { return Ok(false) };
    if source == destination {
        return Ok(set.contains(member));
    }
    if !set.remove(member) {
        return Ok(false);
    }
    let empty = set.is_empty();
    settle(cx, source, "srem", 1, empty);
    let limits = limits(cx.srv);
    let added = if there {
        let set = edit::<Set>(&mut cx.srv.keys, cx.db, destination, cx.now)?;
        set.is_some_and(|set| set.add(member, &limits))
    } else {
        let mut set = Set::new_for(member, 1, &limits);
        set.add(member, &limits);
        create(cx, destination, set);
        true
    };
    if added {
        cx.touch(destination, Class::SET, "sadd", 1);
    }
    Ok(true)
}

/// `SISMEMBER key member`
pub fn sismember(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let set = read::<Set>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    cx.out.int(i64::from(set.is_some_and(|set| set.contains(args.at(2)))));
    Ok(Outcome::Done)
}

/// `SMISMEMBER key member [member ...]`
pub fn smismember(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let set = read::<Set>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    cx.out.array(args.len() - 2);
    for member in args.iter().skip(2) {
        cx.out.int(i64::from(set.is_some_and(|set| set.contains(member))));
    }
    Ok(Outcome::Done)
}

/// `SCARD key`
pub fn scard(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let set = read::<Set>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    cx.out.count(set.map_or(0, Set::len));
    Ok(Outcome::Done)
}

/// `SMEMBERS key`
pub fn smembers(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let set = read::<Set>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    reply_all(cx.out, set);
    Ok(Outcome::Done)
}

/// Replies all members as a set.
pub(super) fn reply_all(out: &mut Reply, set: Option<&Set>) {
    out.set(set.map_or(0, Set::len));
    set.into_iter().flat_map(Set::iter).for_each(|member| reply_entry(out, member));
}

/// The COUNT, at least 1, and the MATCH that excludes anything.
fn scan_options(args: Args<'_>) -> Result<(usize, Option<&[u8]>), CmdError> {
    let (mut count, mut pattern) = (DEFAULT_COUNT, None);
    let mut cursor = Cursor::new(args, 3);
    while cursor.left() > 0 {
        if cursor.left() >= 2 && cursor.accept("count") {
            let number = cursor.value_as(int);
            match usize::try_from(number) {
                Ok(number) if number > 0 => count = number,
                _ => cursor.syntax(),
            }
        } else if cursor.left() >= 2 && cursor.accept("match") {
            pattern = cursor.word().filter(|pattern| *pattern != b"*");
        } else {
            cursor.syntax();
        }
    }
    cursor.finish()?;
    Ok((count, pattern))
}

/// `SSCAN key cursor [MATCH pattern] [COUNT count]`: a set that is no table is shown whole.
pub fn sscan(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let mut at = parse_cursor(args.at(2)).ok_or(errors::INVALID_CURSOR)?;
    let set = read::<Set>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    let (mut found, mut met, mut page) = (0, 0, Reply::new(cx.out.resp3));
    match set {
        None => at = 0,
        Some(set) => {
            let (count, pattern) = scan_options(args)?;
            let mut steps_left = count.saturating_mul(10);
            loop {
                at = set.scan(at, &mut |member| {
                    met += 1;
                    let mut digits = IntBuf::new();
                    let fits = |pattern| glob::matches(pattern, member.text(&mut digits), false);
                    if pattern.is_none_or(fits) {
                        reply_entry(&mut page, member);
                        found += 1;
                    }
                });
                if at == 0 || steps_left == 0 || met >= count {
                    break;
                }
                steps_left -= 1;
            }
        }
    }
    cx.out.array(2);
    cx.out.bulk(fmt_u64(at, &mut IntBuf::new()));
    cx.out.array(found);
    cx.out.raw(&page.buf);
    Ok(Outcome::Done)
}
