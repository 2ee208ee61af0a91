//! Bits in a range: BITCOUNT and BITPOS.
//!
//! Ranges are given in bytes or, with BIT, in bits, both ends inclusive, negative ones from the end. Here both
//! become a range of bits. Arguments are looked at only once the key is known to hold a string, so a missing
//! key hides their errors, as in Redis 7.2.4 (`bitcountCommand`, `bitposCommand`).

use std::ops::RangeInclusive;

use crate::base::num::IntBuf;
use crate::core::ctx::{Ctx, Outcome};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

use super::words::{count, find};
use crate::cmd::args::{int, is};
use crate::cmd::string::text;

const BIT_ARGUMENT: CmdError = CmdError::fixed("ERR The bit argument must be 1 or 0.");

/// Whether a range is in bits.
fn in_bits(arg: Option<&[u8]>) -> Result<bool, CmdError> {
    match arg {
        None => Ok(false),
        Some(word) if is(word, "bit") => Ok(true),
        Some(word) if is(word, "byte") => Ok(false),
        Some(_) => Err(errors::SYNTAX),
    }
}

/// The bits from `start` to `end` in a string of `len` bytes; empty when there are none.
fn bits(start: i64, end: i64, len: usize, in_bits: bool) -> RangeInclusive<usize> {
    let scale = if in_bits { 8 } else { 1 };
    let total = len as i64 * scale;
    let from_end = |at: i64| if at < 0 { (total + at).max(0) } else { at };
    let (start, end) = (from_end(start), from_end(end).min(total - 1));
    if start > end {
        #[allow(clippy::reversed_empty_ranges)]
        return 1..=0;
    }
    let (start, end) = (start as usize, end as usize);
    if in_bits { start..=end } else { start * 8..=end * 8 + 7 }
}

/// `BITCOUNT key [start end [BYTE|BIT]]`
pub fn bitcount(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let Some(entry) = cx.srv.keys.read(cx.db, args.at(1), cx.now) else {
        cx.out.int(0);
        return Ok(Outcome::Done);
    };
    let mut digits = IntBuf::new();
    let bytes = text(entry, &mut digits).ok_or(errors::WRONGTYPE)?;
    let range = match args.len() {
        2 => bits(0, -1, bytes.len(), false),
        4 | 5 => {
            let (start, end) = (int(args.at(2))?, int(args.at(3))?);
            if start < 0 && end < 0 && start > end {
                // Empty whatever the unit, so Redis does not ask for it.
                cx.out.int(0);
                return Ok(Outcome::Done);
            }
            bits(start, end, bytes.len(), in_bits(args.get(4))?)
        }
        _ => return Err(errors::SYNTAX),
    };
    cx.out.count(if range.is_empty() { 0 } else { count(bytes, range) });
    Ok(Outcome::Done)
}

/// `BITPOS key bit [start [end [BYTE|BIT]]]`: without an end the string goes on with zeroes for ever.
pub fn bitpos(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let wanted = match int(args.at(2))? {
        0 => false,
        1 => true,
        _ => return Err(BIT_ARGUMENT),
    };
    let Some(entry) = cx.srv.keys.read(cx.db, args.at(1), cx.now) else {
        cx.out.int(if wanted { -1 } else { 0 });
        return Ok(Outcome::Done);
    };
    let mut digits = IntBuf::new();
    let bytes = text(entry, &mut digits).ok_or(errors::WRONGTYPE)?;
    if args.len() > 6 {
        return Err(errors::SYNTAX);
    }
    let start = args.get(3).map_or(Ok(0), int)?;
    let unit = in_bits(args.get(5))?;
    let end = args.get(4).map(int).transpose()?;
    let range = bits(start, end.unwrap_or(-1), bytes.len(), unit);
    if range.is_empty() {
        cx.out.int(-1);
        return Ok(Outcome::Done);
    }
    match find(bytes, wanted, range) {
        Some(at) => cx.out.count(at),
        None if wanted || end.is_some() => cx.out.int(-1),
        None => cx.out.count(bytes.len() * 8),
    }
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_in_bytes_and_bits() {
        assert_eq!(bits(0, -1, 3, false), 0..=23);
        assert_eq!(bits(-1, -1, 3, false), 16..=23);
        assert_eq!(bits(-2, 100, 3, true), 22..=23);
        assert_eq!(bits(5, 5, 3, true), 5..=5);
        assert!(bits(3, 5, 3, false).is_empty() && bits(2, 1, 3, false).is_empty());
        assert!(bits(0, -1, 0, false).is_empty() && bits(0, i64::MAX, 0, true).is_empty());
        assert_eq!(bits(i64::MIN, i64::MAX, 1, true), 0..=7);
        assert_eq!(bits(0, i64::MIN, 1, false), 0..=7, "a far negative end counts as the first byte");
    }
}
