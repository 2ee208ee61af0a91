//! Strings as arrays of bits and of small integers.
//!
//! | file | holds |
//! |---|---|
//! | `single.rs` | SETBIT GETBIT |
//! | `range.rs` | BITCOUNT BITPOS |
//! | `bitop.rs` | BITOP |
//! | `bitfield.rs` | BITFIELD BITFIELD_RO |
//! | `words.rs` | counting, searching and combining, words at a time |
//! | `fields.rs` | integers of 1 to 64 bits at any bit, and their overflow |
//!
//! Bit 0 is the highest bit of the first byte. Beyond its end a string is zeroes. Writing at a bit makes the
//! string long enough for it, from then on it is `raw`; nothing is written and nothing travels when the
//! string was as wanted already. Source: Redis 7.2.4 `bitops.c`.

mod bitfield;
mod bitop;
mod fields;
mod range;
mod single;
#[cfg(test)]
mod tests;
mod words;

use crate::base::clock::Millis;
use crate::base::num::parse_i64;
use crate::core::ctx::Ctx;
use crate::core::table::Row;
use crate::keyspace::{Keyspace, NotAdded};
use crate::object::{Entry, NewValue};
use crate::resp::errors::{self, CmdError};

use super::specs::bitmap as specs;
use super::string::extend_with_zeroes;

/// The family's rows.
pub const ROWS: &[Row] = &[
    Row::new(specs::SETBIT, single::setbit),
    Row::new(specs::GETBIT, single::getbit),
    Row::new(specs::BITCOUNT, range::bitcount),
    Row::new(specs::BITPOS, range::bitpos),
    Row::new(specs::BITOP, bitop::bitop),
    Row::new(specs::BITFIELD, bitfield::bitfield),
    Row::new(specs::BITFIELD_RO, bitfield::bitfield_ro),
];

/// A bit's place: from 0 up, within `proto-max-bulk-len` bytes unless our master says so. With `width` the
/// form `#n` means the n-th integer of so many bits.
///
/// A `#n` whose bit number has no room in 64 bits is refused. Redis multiplies without looking and takes what
/// is left over.
fn offset(cx: &Ctx<'_>, arg: &[u8], width: Option<u32>) -> Result<u64, CmdError> {
    let (digits, width) = match (arg, width) {
        ([b'#', digits @ ..], Some(width)) => (digits, i64::from(width)),
        _ => (arg, 1),
    };
    let at = parse_i64(digits).and_then(|at| at.checked_mul(width)).ok_or(errors::BIT_OFFSET)?;
    let allowed = at >= 0 && (cx.from_master || at >> 3 < cx.srv.config.proto_max_bulk_len);
    if allowed { Ok(at.unsigned_abs()) } else { Err(errors::BIT_OFFSET) }
}

/// Lets `change` work on the string under `key`, made long enough to hold `last_bit`; it is told whether the
/// string is new or has grown.
///
/// # Errors
/// WRONGTYPE; no memory for a string so long. Nothing is changed then.
fn change<T>(
    keys: &mut Keyspace,
    (db, key): (usize, &[u8]),
    now: Millis,
    last_bit: u64,
    change: impl FnOnce(&mut [u8], bool) -> T,
) -> Result<T, CmdError> {
    let len = usize::try_from(last_bit >> 3).map_err(|_| errors::STRING_TOO_LONG)? + 1;
    match keys.edit_string(db, key, now) {
        Ok(Some(mut string)) => {
            // A string of another encoding gets its buffer here.
            let Some(text) = string.raw_mut() else { return Err(errors::WRONGTYPE) };
            let grows = text.len() < len;
            extend_with_zeroes(text, len)?;
            Ok(change(text, grows))
        }
        Ok(None) => {
            let mut text = Vec::new();
            text.try_reserve_exact(len).map_err(|_| errors::STRING_TOO_LONG)?;
            text.resize(len, 0);
            let done = change(&mut text, true);
            keys.insert(db, Entry::new(key, NewValue::Raw(text), None));
            Ok(done)
        }
        Err(NotAdded::WrongType | NotAdded::NotNumber | NotAdded::Overflow) => Err(errors::WRONGTYPE),
    }
}
