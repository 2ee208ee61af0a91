//! HRANDFIELD and HSCAN: some of the fields.
//!
//! HRANDFIELD with a negative count answers as many fields as it is told to, whatever the size of the hash.
//! They are drawn in portions; between two the size of the reply is held against the hard output limit of
//! normal clients, beyond which the connection is to be closed anyway.
//!
//! Source: Redis 7.2.4 `t_hash.c`, `scanGenericCommand`.

use crate::base::glob;
use crate::base::num::{IntBuf, fmt_u64, parse_cursor};
use crate::cmd::args::{Cursor, int, int_within, is};
use crate::cmd::limits::read;
use crate::core::ctx::{Ctx, Outcome};
use crate::ds::listpack::Entry as Text;
use crate::object::Hash;
use crate::resp::errors::{self, CmdError};
use crate::resp::reply::Reply;
use crate::resp::request::Args;

use super::reply_text;

/// Fields drawn between two looks at the size of the reply.
const PORTION: u64 = 1000;

/// Fields an HSCAN looks at when nothing is said.
const DEFAULT_COUNT: i64 = 10;

/// `HRANDFIELD key [count [WITHVALUES]]`
pub fn hrandfield(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    if let Some(count) = args.get(2) {
        return some(cx, args, int_within(count, -i64::MAX, i64::MAX)?);
    }
    let hash = read::<Hash>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    match hash.and_then(|hash| hash.random(&mut cx.srv.rng)) {
        Some((field, _)) => reply_text(cx.out, field),
        None => cx.out.null(),
    }
    Ok(Outcome::Done)
}

/// HRANDFIELD with a count.
fn some(cx: &mut Ctx<'_>, args: Args<'_>, count: i64) -> Result<Outcome, CmdError> {
    let with_values = args.get(3).is_some_and(|word| is(word, "withvalues"));
    if args.len() > 4 || args.len() == 4 && !with_values {
        return Err(errors::SYNTAX);
    }
    // Twice as many must be a length, too.
    if with_values && !(-i64::MAX / 2..=i64::MAX / 2).contains(&count) {
        return Err(errors::OUT_OF_RANGE);
    }
    let hash = read::<Hash>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    let Some(hash) = hash.filter(|_| count != 0) else {
        cx.out.array(0);
        return Ok(Outcome::Done);
    };
    let wanted = count.unsigned_abs();
    let answered = if count < 0 { wanted } else { wanted.min(hash.len() as u64) };
    let (out, rng) = (&mut *cx.out, &mut cx.srv.rng);
    let nested = with_values && out.resp3;
    let flat = with_values && !out.resp3;
    out.array(answered as usize * if flat { 2 } else { 1 });
    let hard_limit = cx.srv.config.client_output_buffer_limit.normal.hard_bytes;
    let mut show = |field: Text<'_>, value: Text<'_>| {
        if nested {
            out.array(2);
        }
        reply_text(out, field);
        if with_values {
            reply_text(out, value);
        }
        hard_limit == 0 || out.buf.len() as u64 <= hard_limit
    };
    if count > 0 {
        hash.random_distinct(answered as usize, rng, &mut |field, value| {
            show(field, value);
        });
        return Ok(Outcome::Done);
    }
    let (mut left, mut within) = (wanted, true);
    while left > 0 && within {
        let portion = left.min(PORTION);
        hash.random_repeated(portion, rng, &mut |field, value| within = show(field, value));
        left -= portion;
    }
    Ok(Outcome::Done)
}

/// Reads `[MATCH pattern] [COUNT count]`: the pattern (`None` for every field) and the count, at least 1.
fn scan_options(args: Args<'_>) -> Result<(Option<&[u8]>, i64), CmdError> {
    let (mut pattern, mut count) = (None, DEFAULT_COUNT);
    let mut rest = Cursor::new(args, 3);
    while rest.left() > 0 {
        if rest.accept("count") {
            count = rest.value_as(int);
            if count < 1 {
                rest.syntax();
            }
        } else if rest.accept("match") {
            pattern = Some(rest.value()).filter(|pattern| *pattern != b"*");
        } else {
            rest.syntax();
        }
    }
    rest.finish().map(|()| (pattern, count))
}

/// `HSCAN key cursor [MATCH pattern] [COUNT count]`. A key that is not there has no options to be wrong.
pub fn hscan(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let cursor = parse_cursor(args.at(2)).ok_or(errors::INVALID_CURSOR)?;
    let hash = read::<Hash>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    let Some(hash) = hash else {
        cx.out.array(2);
        cx.out.bulk(b"0");
        cx.out.array(0);
        return Ok(Outcome::Done);
    };
    let (pattern, count) = scan_options(args)?;
    let out = &mut *cx.out;
    let start = out.buf.len();
    let mut found = 0;
    let cursor = walk(hash, cursor, count, &mut |field, value| {
        let fits = |pattern| glob::matches(pattern, field.text(&mut IntBuf::new()), false);
        if pattern.is_none_or(fits) {
            reply_text(out, field);
            reply_text(out, value);
            found += 2;
        }
    });
    let mut head = Reply::new(out.resp3);
    head.array(2);
    head.bulk(fmt_u64(cursor, &mut IntBuf::new()));
    head.array(found);
    out.buf.splice(start..start, head.buf);
    Ok(Outcome::Done)
}

/// Visits fields from `cursor` on until `count` were seen, or ten times as many places; returns where to go on.
fn walk(hash: &Hash, mut cursor: u64, count: i64, visit: &mut dyn FnMut(Text<'_>, Text<'_>)) -> u64 {
    let mut places = count.saturating_mul(10);
    let mut seen = 0;
    loop {
        cursor = hash.scan(cursor, &mut |field, value| {
            seen += 1;
            visit(field, value);
        });
        if cursor == 0 || places == 0 || seen >= count {
            return cursor;
        }
        places -= 1;
    }
}
