//! Which arguments of a request are keys, and what happens to them.
//!
//! Key specs are tried first; when they cannot say it (an unknown or incomplete spec, a number that is
//! none, flags that depend on options), the row's own extractor ([`GetKeys`]) decides. A request that
//! makes no sense yields no keys: the handler will report its error.
//!
//! Requests reach this unchecked (COMMAND GETKEYS, ACL, queued commands), so nothing is believed:
//! every position is compared with the number of arguments before use, a claimed number of keys is
//! bounded by what is there, and sums are made in 64 bits (the class of CVE-2023-36824).
//!
//! Deviation: none known in what is found. Cost: linear in the keys found, plus a scan of the options
//! where a word must be looked for; the caller may reuse the vector.
//!
//! Source: Redis 7.2.4, `getKeysFromCommandWithSpecs`.

use super::bits::{ChannelFlags, KeyFlags};
use super::key_spec::{Begin, Find, GetKeys, KeySpec, any_real, any_variable};
use super::{ChannelSpec, CommandSpec};
use crate::base::bytes::eq_ignore_case;
use crate::base::num::parse_i64;
use crate::resp::request::Args;

const READ: KeyFlags = KeyFlags::RO.or(KeyFlags::ACCESS);
const OVERWRITE: KeyFlags = KeyFlags::OW.or(KeyFlags::UPDATE);
const CHANGE: KeyFlags = KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE);
const TAKE: KeyFlags = KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE);

/// A key among the arguments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    /// Index into the arguments.
    pub index: usize,
    /// None when the request is so odd that only the position is known.
    pub flags: KeyFlags,
}

/// The keys of a request whose command is `spec`; `args[0]` is the (container's) name.
pub fn extract_keys(spec: &CommandSpec, args: Args<'_>) -> Vec<Found> {
    let mut out = Vec::new();
    extract_keys_into(spec, args, &mut out);
    out
}

/// [`extract_keys`] into a vector of the caller's, which is emptied first.
pub fn extract_keys_into(spec: &CommandSpec, args: Args<'_>, out: &mut Vec<Found>) {
    out.clear();
    if any_real(spec.keys) && !any_variable(spec.keys) {
        if spec.keys.iter().all(|group| by_spec(group, args, out).is_some()) {
            return;
        }
        out.clear();
    }
    match spec.get_keys {
        GetKeys::Specs => {}
        GetKeys::Counted { dest, num } => counted(usize::from(dest), usize::from(num), args, out),
        GetKeys::Sort => sort(args, out),
        GetKeys::SortRo => push(out, 1, READ),
        GetKeys::Migrate => migrate(args, out),
        GetKeys::GeoRadius => geo_radius(args, out),
        GetKeys::XRead => xread(args, out),
        GetKeys::Set => push(out, 1, set_flags(args)),
        GetKeys::BitField => push(out, 1, bit_field_flags(args)),
    }
    // The extractors with a fixed first key assume that it is there.
    out.retain(|found| found.index < args.len());
}

/// The channels a request names, with what it does to them; only pub/sub commands have any.
pub fn channels<'a>(
    spec: &CommandSpec,
    args: Args<'a>,
) -> (ChannelFlags, impl Iterator<Item = &'a [u8]> + use<'a>) {
    let place =
        spec.channels.unwrap_or(ChannelSpec { flags: ChannelFlags::NONE, first: args.len(), all: false });
    let most = if place.all { usize::MAX } else { 1 };
    (place.flags, args.iter().skip(place.first).take(most))
}

fn push(out: &mut Vec<Found>, index: usize, flags: KeyFlags) {
    out.push(Found { index, flags });
}

fn is(args: Args<'_>, i: usize, word: &str) -> bool {
    args.get(i).is_some_and(|arg| eq_ignore_case(arg, word.as_bytes()))
}

/// Adds the keys of one spec; `None` when the spec does not fit the request or cannot tell.
fn by_spec(spec: &KeySpec, args: Args<'_>, out: &mut Vec<Found>) -> Option<()> {
    if spec.flags.has(KeyFlags::NOT_KEY) {
        return Some(());
    }
    let begin = match spec.begin {
        Begin::Index(at) => usize::from(at),
        Begin::Keyword { word, from } => match find_word(word, from, args) {
            Some(at) => at + 1,
            None => return Some(()),
        },
        Begin::Unknown => return None,
    };
    let (first, last, step) = match spec.find {
        Find::Range { last, step, limit } => (begin, range_end(begin, last, limit, args.len()), step),
        Find::KeyNum { num, first, step } => {
            let count = parse_i64(args.get(begin + usize::from(num))?).filter(|n| *n >= 0)?;
            let first = begin + usize::from(first);
            (first, count.checked_add(first as i64)? - 1, step)
        }
        Find::Unknown => return None,
    };
    let last = usize::try_from(last).ok().filter(|last| (first..args.len()).contains(last))?;
    let indices = (first..=last).step_by(usize::from(step.max(1)));
    out.extend(indices.map(|index| Found { index, flags: spec.flags }));
    (!spec.flags.has(KeyFlags::INCOMPLETE)).then_some(())
}

/// Index of the last key of a range; may lie outside of the request.
fn range_end(begin: usize, last: i8, limit: u8, argc: usize) -> i64 {
    let (begin, last, argc) = (begin as i64, i64::from(last), argc as i64);
    match (last, limit) {
        (0.., _) => begin + last,
        (_, 0) => argc + last,
        _ => begin + (argc - begin) / i64::from(limit) + last,
    }
}

/// Where a word stands. Upwards the last argument is not looked at, downwards not the first: nothing
/// could follow, and nothing precedes.
fn find_word(word: &str, from: i8, args: Args<'_>) -> Option<usize> {
    let argc = args.len();
    if from > 0 {
        (usize::from(from.unsigned_abs())..argc.saturating_sub(1)).find(|&i| is(args, i, word))
    } else {
        let start = argc.checked_sub(usize::from(from.unsigned_abs()))?;
        (2..=start).rev().find(|&i| is(args, i, word))
    }
}

/// C's `atoi`, saturating: what an extractor makes of a number that is none.
fn leading_number(text: &[u8]) -> i64 {
    let text = text.trim_ascii_start();
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let digits = digits.iter().take_while(|b| b.is_ascii_digit());
    let value = digits.fold(0i64, |n, b| n.saturating_mul(10).saturating_add(i64::from(b - b'0')));
    if negative { -value } else { value }
}

fn counted(dest: usize, num: usize, args: Args<'_>, out: &mut Vec<Found>) {
    let Some(text) = args.get(num) else { return };
    let first = num + 1;
    let count = match usize::try_from(leading_number(text)) {
        Ok(n) if n >= 1 && n <= args.len() - first => n,
        _ => return,
    };
    out.extend((first..first + count).map(|index| Found { index, flags: KeyFlags::NONE }));
    if dest != 0 {
        push(out, dest, KeyFlags::NONE);
    }
}

/// The sorted key, and the destination: the last STORE counts, as for the handler.
fn sort(args: Args<'_>, out: &mut Vec<Found>) {
    push(out, 1, READ);
    let mut dest = None;
    let mut i = 2;
    while i < args.len() {
        if is(args, i, "limit") {
            i += 2;
        } else if is(args, i, "get") || is(args, i, "by") {
            i += 1;
        } else if is(args, i, "store") && i + 1 < args.len() {
            dest = Some(i + 1);
        }
        i += 1;
    }
    if let Some(index) = dest {
        push(out, index, OVERWRITE);
    }
}

/// The key at 3, or everything after KEYS when that one is empty.
fn migrate(args: Args<'_>, out: &mut Vec<Found>) {
    let mut i = 6;
    while i < args.len() {
        if is(args, i, "keys") {
            // With both forms at once it is an error of syntax: no keys.
            if args.get(3).is_some_and(<[u8]>::is_empty) {
                out.extend((i + 1..args.len()).map(|index| Found { index, flags: TAKE }));
            }
            return;
        }
        i += 1 + if is(args, i, "auth2") { 2 } else { usize::from(is(args, i, "auth")) };
    }
    push(out, 3, TAKE);
}

/// The key, and the destination: the last STORE or STOREDIST counts.
fn geo_radius(args: Args<'_>, out: &mut Vec<Found>) {
    push(out, 1, KeyFlags::NONE);
    let mut dest = None;
    let mut i = 5;
    while i + 1 < args.len() {
        if is(args, i, "store") || is(args, i, "storedist") {
            dest = Some(i + 1);
            i += 1;
        }
        i += 1;
    }
    if let Some(index) = dest {
        push(out, index, KeyFlags::NONE);
    }
}

/// The first half of what follows STREAMS; a group or consumer may be called so too.
fn xread(args: Args<'_>, out: &mut Vec<Found>) {
    let mut i = 1;
    while i < args.len() && !is(args, i, "streams") {
        i += if is(args, i, "block") || is(args, i, "count") {
            2
        } else if is(args, i, "group") {
            3
        } else if is(args, i, "noack") {
            1
        } else {
            return;
        };
    }
    let first = i + 1;
    let rest = args.len().saturating_sub(first);
    if rest.is_multiple_of(2) {
        out.extend((first..first + rest / 2).map(|index| Found { index, flags: KeyFlags::NONE }));
    }
}

/// SET reads the key only with GET.
fn set_flags(args: Args<'_>) -> KeyFlags {
    if args.iter().skip(3).any(|arg| eq_ignore_case(arg, b"get")) { CHANGE } else { OVERWRITE }
}

/// BITFIELD changes nothing when all it does is GET (or set the OVERFLOW of nothing).
fn bit_field_flags(args: Args<'_>) -> KeyFlags {
    let mut i = 2;
    while i < args.len() {
        let behind = args.len() - i - 1;
        if is(args, i, "get") && behind >= 2 {
            i += 3;
        } else if is(args, i, "overflow") && behind >= 1 {
            i += 2;
        } else {
            return CHANGE;
        }
    }
    READ
}
