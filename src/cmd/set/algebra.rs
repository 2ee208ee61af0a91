//! Sets of sets: SINTER SUNION SDIFF, their STORE forms, SINTERCARD.
//!
//! The sources are looked up as any read (statistics, ages, dead keys) and judged for their type in one pass, then
//! borrowed all at once in a second one. An intersection walks the smallest set and asks the others; a difference
//! walks the first set and asks the others, or takes their members out of a copy, whichever Redis 7.2.4 reckons to
//! be less work. Results to be replied are streamed where no copy is needed for the order in which Redis shows
//! them.
//!
//! A result that is stored takes the encoding that Redis gives it: an intersection becomes an intset again when all
//! its members are integers, unions and differences grow from an empty intset.

use std::cmp::Reverse;
use std::ptr;

use crate::base::clock::Millis;
use crate::base::num::{IntBuf, parse_i64};
use crate::cmd::args::is;
use crate::cmd::keys::free;
use crate::cmd::limits::{limits, of_entry, read};
use crate::core::ctx::{Ctx, Outcome};
use crate::ds::listpack::Listpack;
use crate::keyspace::{Class, Keyspace};
use crate::object::Limits;
use crate::object::set::{Entry, Set};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

use super::basic::{create, reply_all};
use super::reply_entry;

const NUMKEYS: CmdError = CmdError::fixed("ERR numkeys should be greater than 0");
const TOO_MANY_KEYS: CmdError = CmdError::fixed("ERR Number of keys can't be greater than number of args");
const LIMIT: CmdError = CmdError::fixed("ERR LIMIT can't be negative");

/// Looks all sources up, in order, as reads; `None` stands for a key that is not there.
fn sources<'a>(
    keys: &'a mut Keyspace,
    db: usize,
    now: Millis,
    names: &[&[u8]],
) -> Result<Vec<Option<&'a Set>>, CmdError> {
    for name in names {
        read::<Set>(keys, db, name, now)?;
    }
    let keys: &'a Keyspace = keys;
    names.iter().map(|name| keys.glance(db, name, now).map(of_entry).transpose()).collect()
}

/// The words of a request from the `from`th on.
fn names(args: Args<'_>, from: usize) -> Vec<&[u8]> {
    args.iter().skip(from).collect()
}

/// Shows the members that all sets have until `visit` says false.
fn intersect(sets: &[Option<&Set>], visit: &mut dyn FnMut(Entry<'_>) -> bool) {
    let Some(mut sets) = sets.iter().copied().collect::<Option<Vec<&Set>>>() else { return };
    sets.sort_by_key(|set| set.len());
    let Some((smallest, others)) = sets.split_first() else { return };
    let others: Vec<&Set> = others.iter().copied().filter(|set| !ptr::eq(*set, *smallest)).collect();
    for member in smallest.iter() {
        if others.iter().all(|set| set.contains_entry(member)) && !visit(member) {
            return;
        }
    }
}

/// The members of any of the sets.
fn union(sets: &[Option<&Set>], limits: &Limits) -> Set {
    let mut all = Set::default();
    for member in sets.iter().copied().flatten().flat_map(Set::iter) {
        all.add_entry(member, limits);
    }
    all
}

/// How a difference is found.
enum Way<'a> {
    /// There is nothing to find.
    Nothing,
    /// Walk the first set and ask the others.
    Ask(&'a Set, Vec<&'a Set>),
    /// Copy the first set and take the members of the others out.
    TakeOut(&'a Set, Vec<&'a Set>),
}

fn way<'a>(sets: &[Option<&'a Set>]) -> Way<'a> {
    let Some((Some(first), others)) = sets.split_first() else { return Way::Nothing };
    let mut others: Vec<&Set> = others.iter().copied().flatten().collect();
    if others.iter().any(|set| ptr::eq(*set, *first)) {
        return Way::Nothing;
    }
    let asking = first.len().saturating_mul(others.len() + 1) / 2;
    let taking = others.iter().map(|set| set.len()).sum::<usize>() + first.len();
    if asking > taking {
        return Way::TakeOut(first, others);
    }
    // A member is more likely found in a large set.
    others.sort_by_key(|set| Reverse(set.len()));
    Way::Ask(first, others)
}

/// The members of the first set that no other has.
fn difference(sets: &[Option<&Set>], limits: &Limits) -> Set {
    let mut rest = Set::default();
    match way(sets) {
        Way::Nothing => {}
        Way::Ask(first, others) => {
            for member in first.iter().filter(|member| !others.iter().any(|set| set.contains_entry(*member)))
            {
                rest.add_entry(member, limits);
            }
        }
        Way::TakeOut(first, others) => {
            first.iter().for_each(|member| {
                rest.add_entry(member, limits);
            });
            for set in others {
                for member in set.iter() {
                    rest.remove(member.text(&mut IntBuf::new()));
                }
                if rest.is_empty() {
                    break;
                }
            }
        }
    }
    rest
}

/// `SINTER key [key ...]`
pub fn sinter(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let sets = sources(&mut cx.srv.keys, cx.db, cx.now, &names(args, 1))?;
    let mark = cx.out.defer();
    let mut found = 0;
    intersect(&sets, &mut |member| {
        reply_entry(cx.out, member);
        found += 1;
        true
    });
    cx.out.close_set(mark, found);
    Ok(Outcome::Done)
}

/// `SINTERCARD numkeys key [key ...] [LIMIT limit]`
pub fn sintercard(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let numkeys = parse_i64(args.at(1)).filter(|number| *number > 0).ok_or(NUMKEYS)?;
    let numkeys = usize::try_from(numkeys).unwrap_or(usize::MAX);
    if numkeys > args.len() - 2 {
        return Err(TOO_MANY_KEYS);
    }
    let mut limit = 0;
    for i in (2 + numkeys..args.len()).step_by(2) {
        let value = args.get(i + 1).filter(|_| is(args.at(i), "limit")).ok_or(errors::SYNTAX)?;
        limit = parse_i64(value).and_then(|limit| u64::try_from(limit).ok()).ok_or(LIMIT)?;
    }
    let names: Vec<&[u8]> = args.iter().skip(2).take(numkeys).collect();
    let sets = sources(&mut cx.srv.keys, cx.db, cx.now, &names)?;
    let mut found = 0;
    intersect(&sets, &mut |_| {
        found += 1;
        found != limit
    });
    cx.out.int(found as i64);
    Ok(Outcome::Done)
}

/// `SINTERSTORE destination key [key ...]`
pub fn sinterstore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let limits = limits(cx.srv);
    let sets = sources(&mut cx.srv.keys, cx.db, cx.now, &names(args, 2))?;
    let smallest = sets.iter().copied().flatten().min_by_key(|set| set.len());
    let mut common = match smallest {
        Some(Set::Ints(_)) => Set::default(),
        _ => Set::Packed(Listpack::new()),
    };
    intersect(&sets, &mut |member| {
        common.add_entry(member, &limits);
        true
    });
    if !common.is_empty() {
        common.try_intset(&limits);
        common.shrink_to_fit();
    }
    store(cx, args.at(1), common, "sinterstore")
}

/// `SUNION key [key ...]`
pub fn sunion(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let limits = limits(cx.srv);
    let sets = sources(&mut cx.srv.keys, cx.db, cx.now, &names(args, 1))?;
    let mut present = sets.iter().copied().flatten();
    match (present.next(), present.next()) {
        // The order of a table means nothing, and an intset is shown as it is.
        (Some(only @ (Set::Table(_) | Set::Ints(_))), None) => reply_all(cx.out, Some(only)),
        _ => reply_all(cx.out, Some(&union(&sets, &limits))),
    }
    Ok(Outcome::Done)
}

/// `SUNIONSTORE destination key [key ...]`
pub fn sunionstore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let limits = limits(cx.srv);
    let sets = sources(&mut cx.srv.keys, cx.db, cx.now, &names(args, 2))?;
    let all = union(&sets, &limits);
    store(cx, args.at(1), all, "sunionstore")
}

/// `SDIFF key [key ...]`
pub fn sdiff(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let limits = limits(cx.srv);
    let sets = sources(&mut cx.srv.keys, cx.db, cx.now, &names(args, 1))?;
    reply_all(cx.out, Some(&difference(&sets, &limits)));
    Ok(Outcome::Done)
}

/// `SDIFFSTORE destination key [key ...]`
pub fn sdiffstore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let limits = limits(cx.srv);
    let sets = sources(&mut cx.srv.keys, cx.db, cx.now, &names(args, 2))?;
    let rest = difference(&sets, &limits);
    store(cx, args.at(1), rest, "sdiffstore")
}

/// Puts a result in place of whatever the key held, its expiry included; no members means no key.
fn store(cx: &mut Ctx<'_>, key: &[u8], set: Set, event: &'static str) -> Result<Outcome, CmdError> {
    let len = set.len();
    let old = if len == 0 {
        let old = cx.srv.keys.remove(cx.db, key);
        if old.is_some() {
            cx.touch(key, Class::GENERIC, "del", 1);
        }
        old
    } else {
        // A dead key goes as expired first.
        cx.srv.keys.write_lookup(cx.db, key, cx.now);
        let old = create(cx, key, set);
        cx.touch(key, Class::SET, event, 1);
        old
    };
    if let Some(old) = old {
        let lazy = cx.srv.config.lazyfree_lazy_server_del;
        free(cx, old, lazy);
    }
    cx.out.count(len);
    Ok(Outcome::Done)
}
