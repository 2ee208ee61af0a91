//! Members as they come: ZRANDMEMBER ZSCAN.
//!
//! ZSCAN prints the scores of the big encoding with seventeen digits (`%.17Lg`), as Redis 7.2 does in this
//! one place; those of a listpack are shown as they are stored.

use std::io::Write;

use crate::base::glob;
use crate::base::num::{IntBuf, fmt_u64, parse_cursor, push_f64};
use crate::core::ctx::{Ctx, Outcome};
use crate::object::Zset;
use crate::resp::errors::{self, CmdError};
use crate::resp::reply::Reply;
use crate::resp::request::Args;

use crate::cmd::args::{int, int_within, is};

use super::{pairs_header, read, write_member, write_pair};

/// Members a ZSCAN looks at when nothing is said.
const DEFAULT_COUNT: i64 = 10;

/// `ZRANDMEMBER key [count [WITHSCORES]]`
pub fn zrandmember(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let Some(count) = args.get(2) else {
        let set = read::<Zset>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
        match set.and_then(|set| set.random(&mut cx.srv.rng)) {
            Some((member, _)) => write_member(cx.out, member),
            None => cx.out.null(),
        }
        return Ok(Outcome::Done);
    };
    let count = int_within(count, -i64::MAX, i64::MAX)?;
    let scores = args.get(3).is_some();
    if args.len() > 4 || args.get(3).is_some_and(|word| !is(word, "withscores")) {
        return Err(errors::SYNTAX);
    }
    if scores && !(-(i64::MAX / 2)..=i64::MAX / 2).contains(&count) {
        return Err(errors::OUT_OF_RANGE);
    }
    let set = read::<Zset>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    let (out, rng) = (&mut *cx.out, &mut cx.srv.rng);
    let Some(set) = set.filter(|_| count != 0) else {
        out.array(0);
        return Ok(Outcome::Done);
    };
    let size = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if count < 0 {
        pairs_header(out, size, scores);
        set.random_repeated(count.unsigned_abs(), rng, &mut |member, score| {
            write_pair(out, member, score, scores);
        });
    } else if size >= set.len() {
        // All there are: Redis walks from the highest score down.
        pairs_header(out, set.len(), scores);
        set.iter().rev().for_each(|(member, score)| write_pair(out, member, score, scores));
    } else {
        pairs_header(out, size, scores);
        set.random_distinct(size, rng, &mut |member, score| write_pair(out, member, score, scores));
    }
    Ok(Outcome::Done)
}

/// Reads MATCH and COUNT. No pattern means every member.
fn scan_options(args: Args<'_>) -> Result<(Option<&[u8]>, i64), CmdError> {
    let (mut pattern, mut count) = (None, DEFAULT_COUNT);
    let mut at = 3;
    while let Some(option) = args.get(at) {
        let value = args.get(at + 1).ok_or(errors::SYNTAX)?;
        if is(option, "count") {
            count = int(value)?;
            if count < 1 {
                return Err(errors::SYNTAX);
            }
        } else if is(option, "match") {
            pattern = (value != b"*").then_some(value);
        } else {
            return Err(errors::SYNTAX);
        }
        at += 2;
    }
    Ok((pattern, count))
}

/// Writes members that fit the pattern, with scores; the next cursor and the number of replies.
fn scan_set(
    set: &Zset,
    mut cursor: u64,
    (pattern, count): (Option<&[u8]>, i64),
    out: &mut Reply,
) -> (u64, usize) {
    let fits = |name: &[u8]| pattern.is_none_or(|pattern| glob::matches(pattern, name, false));
    let (mut found, mut seen) = (0, 0i64);
    if let Some(pack) = set.as_listpack() {
        let mut elements = pack.iter();
        while let (Some(member), Some(score)) = (elements.next(), elements.next()) {
            if fits(member.text(&mut IntBuf::new())) {
                write_member(out, member);
                write_member(out, score);
                found += 2;
            }
        }
        return (0, found);
    }
    let mut text = Vec::new();
    // An almost empty table is not walked for long to find a few members.
    let mut steps = count.saturating_mul(10);
    loop {
        cursor = set.scan(cursor, &mut |member, score| {
            seen += 1;
            if fits(member.text(&mut IntBuf::new())) {
                write_member(out, member);
                text.clear();
                push_17_digits(&mut text, score);
                out.bulk(&text);
                found += 2;
            }
        });
        if cursor == 0 || steps == 0 || seen >= count {
            return (cursor, found);
        }
        steps -= 1;
    }
}

/// `ZSCAN key cursor [MATCH pattern] [COUNT count]`
pub fn zscan(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let cursor = parse_cursor(args.at(2)).ok_or(errors::INVALID_CURSOR)?;
    let set = read::<Zset>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    let out = &mut *cx.out;
    let start = out.buf.len();
    let (next, found) = match set {
        None => (0, 0),
        Some(set) => scan_set(set, cursor, scan_options(args)?, out),
    };
    let mut head = Reply::new(out.resp3);
    head.array(2);
    head.bulk(fmt_u64(next, &mut IntBuf::new()));
    head.array(found);
    out.buf.splice(start..start, head.buf);
    Ok(Outcome::Done)
}

/// Appends a score as C's `%.17Lg` prints it.
fn push_17_digits(out: &mut Vec<u8>, score: f64) {
    // Below 10^17 both forms of a whole number are the same.
    if !score.is_finite() || (score.abs() < 1e17 && score.trunc() == score) {
        return push_f64(out, score);
    }
    let text = format!("{:.16e}", score.abs());
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    let digits: Vec<u8> = mantissa.bytes().filter(|byte| *byte != b'.').collect();
    let kept = digits.iter().rposition(|digit| *digit != b'0').map_or(1, |at| at + 1);
    let digits = &digits[..kept];
    if score.is_sign_negative() {
        out.push(b'-');
    }
    if (-4..0).contains(&power) {
        out.extend_from_slice(b"0.");
        out.resize(out.len() + (-power - 1) as usize, b'0');
        out.extend_from_slice(digits);
        return;
    }
    let whole = if (0..17).contains(&power) { power as usize + 1 } else { 1 };
    let (left, right) = digits.split_at(whole.min(kept));
    out.extend_from_slice(left);
    out.resize(out.len() + (whole - left.len()), b'0');
    if !right.is_empty() {
        out.push(b'.');
        out.extend_from_slice(right);
    }
    if whole == 1 && power != 0 {
        let sign = if power < 0 { '-' } else { '+' };
        let _ = write!(out, "e{sign}{:02}", power.abs());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_printed_as_c_does_with_17_digits() {
        for (score, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.5, "1.5"),
            (0.1, "0.10000000000000001"),
            (-3.25, "-3.25"),
            (12.34, "12.34"),
            (1e16, "10000000000000000"),
            (1e17, "1e+17"),
            (1e21, "1e+21"),
            (1.5e300, "1.5000000000000001e+300"),
            (0.0001, "0.0001"),
            (0.00001, "1.0000000000000001e-05"),
            (5e-324, "4.9406564584124654e-324"),
            (f64::NEG_INFINITY, "-inf"),
            (123456789.125, "123456789.125"),
        ] {
            let mut out = Vec::new();
            push_17_digits(&mut out, score);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }
}
