//! KEYS SCAN RANDOMKEY DBSIZE.
//!
//! SCAN writes the names straight into the reply and puts the head (cursor and count) before them when they
//! are known, at the cost of moving that page of names once. With TYPE every name that passes MATCH counts as
//! a lookup (hit or miss), as in Redis, which looks each up again; an unknown type matches nothing.
//!
//! Source: Redis 7.2.4 `scanGenericCommand`, `keysCommand`.

use crate::base::bytes::eq_ignore_case;
use crate::base::glob;
use crate::base::num::{IntBuf, fmt_u64, parse_cursor};
use crate::core::ctx::{Ctx, Outcome};
use crate::resp::errors::{self, CmdError};
use crate::resp::reply::Reply;
use crate::resp::request::Args;

use super::int;

/// Keys a SCAN looks at when nothing is said.
const DEFAULT_COUNT: i64 = 10;

/// `KEYS pattern`
pub fn keys(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let pattern = args.at(1);
    let all = pattern == b"*";
    let (keys, out) = (&cx.srv.keys, &mut *cx.out);
    let mark = out.defer();
    let mut found = 0;
    keys.keys(cx.db, cx.now, &mut |entry| {
        if all || glob::matches(pattern, entry.key(), false) {
            out.bulk(entry.key());
            found += 1;
        }
    });
    out.close_array(mark, found);
    Ok(Outcome::Done)
}

/// What SCAN was asked for.
struct Wanted<'a> {
    /// At least 1.
    count: i64,
    /// `None`: every name.
    pattern: Option<&'a [u8]>,
    type_name: Option<&'a [u8]>,
}

fn options(args: Args<'_>) -> Result<Wanted<'_>, CmdError> {
    let mut wanted = Wanted { count: DEFAULT_COUNT, pattern: None, type_name: None };
    let mut i = 2;
    while let Some(option) = args.get(i) {
        let value = args.get(i + 1).ok_or(errors::SYNTAX)?;
        if eq_ignore_case(option, b"count") {
            wanted.count = int(value)?;
            if wanted.count < 1 {
                return Err(errors::SYNTAX);
            }
        } else if eq_ignore_case(option, b"match") {
            wanted.pattern = (value != b"*").then_some(value);
        } else if eq_ignore_case(option, b"type") {
            wanted.type_name = Some(value);
        } else {
            return Err(errors::SYNTAX);
        }
        i += 2;
    }
    Ok(wanted)
}

/// `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`
pub fn scan(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let cursor = parse_cursor(args.at(1)).ok_or(errors::INVALID_CURSOR)?;
    let wanted = options(args)?;
    let (keys, out) = (&mut cx.srv.keys, &mut *cx.out);
    let start = out.buf.len();
    let (mut found, mut living) = (0, 0u64);
    let scanned = keys.scan(
        cx.db,
        cursor,
        usize::try_from(wanted.count).unwrap_or(usize::MAX),
        cx.now,
        &mut |name| wanted.pattern.is_none_or(|pattern| glob::matches(pattern, name, false)),
        &mut |entry| {
            living += 1;
            let fits = |name: &[u8]| eq_ignore_case(name, entry.type_name().as_bytes());
            if wanted.type_name.is_none_or(fits) {
                out.bulk(entry.key());
                found += 1;
            }
        },
    );
    if wanted.type_name.is_some() {
        keys.stats.hits += living;
        keys.stats.misses += scanned.dead as u64;
    }
    let mut head = Reply::new(out.resp3);
    head.array(2);
    head.bulk(fmt_u64(scanned.cursor, &mut IntBuf::new()));
    head.array(found);
    out.buf.splice(start..start, head.buf);
    Ok(Outcome::Done)
}

/// `RANDOMKEY`
pub fn randomkey(cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    let key = cx.srv.keys.random_key(cx.db, &mut cx.srv.rng, cx.now);
    cx.out.bulk_or_null(key.as_deref());
    Ok(Outcome::Done)
}

/// `DBSIZE`: dead keys that nobody met yet included.
pub fn dbsize(cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.count(cx.srv.keys.len(cx.db));
    Ok(Outcome::Done)
}
