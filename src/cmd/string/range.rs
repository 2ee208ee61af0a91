//! Parts of strings: GETRANGE, SETRANGE, APPEND.
//!
//! A string that is changed in place becomes `raw` and keeps spare room for more of the same. No string grows
//! beyond `proto-max-bulk-len`, unless our master says so.
//!
//! Source: Redis 7.2.4 `t_string.c`.

use crate::base::num::IntBuf;
use crate::core::ctx::{Ctx, Outcome};
use crate::keyspace::{Class, SetExpire};
use crate::object::entry::room_for;
use crate::object::{Entry, NewValue};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

use super::text;
use crate::cmd::args::int;

/// `GETRANGE key start end`, and SUBSTR, its old name: both ends inclusive, negative ones from the end.
pub fn getrange(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (start, end) = (int(args.at(2))?, int(args.at(3))?);
    let Some(entry) = cx.srv.keys.read(cx.db, args.at(1), cx.now) else {
        cx.out.bulk(b"");
        return Ok(Outcome::Done);
    };
    let mut digits = IntBuf::new();
    let text = text(entry, &mut digits).ok_or(errors::WRONGTYPE)?;
    cx.out.bulk(slice(text, start, end));
    Ok(Outcome::Done)
}

fn slice(text: &[u8], start: i64, end: i64) -> &[u8] {
    if start < 0 && end < 0 && start > end {
        return b"";
    }
    let len = text.len() as i64;
    let from_end = |at: i64| if at < 0 { (len + at).max(0) } else { at };
    let (start, end) = (from_end(start), from_end(end).min(len - 1));
    if start > end {
        return b"";
    }
    &text[start as usize..=end as usize]
}

/// The length `at + more`, if a string may be so long.
fn checked_len(cx: &Ctx<'_>, at: usize, more: usize) -> Result<usize, CmdError> {
    let total = at.checked_add(more).filter(|total| *total <= isize::MAX as usize);
    let total = total.ok_or(errors::STRING_TOO_LONG)?;
    if !cx.from_master && total as i64 > cx.srv.config.proto_max_bulk_len {
        return Err(errors::STRING_TOO_LONG);
    }
    Ok(total)
}

/// `SETRANGE key offset value`: writes over part of a string, zero bytes before it where it is too short.
pub fn setrange(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (key, value) = (args.at(1), args.at(3));
    let offset = usize::try_from(int(args.at(2))?).map_err(|_| errors::OFFSET_OUT_OF_RANGE)?;
    let old = cx.srv.keys.write_lookup(cx.db, key, cx.now);
    let old_len = old.map(|entry| entry.strlen().ok_or(errors::WRONGTYPE)).transpose()?;
    if value.is_empty() {
        cx.out.count(old_len.unwrap_or(0));
        return Ok(Outcome::Done);
    }
    let end = checked_len(cx, offset, value.len())?;
    let len = match cx.srv.keys.edit_raw(cx.db, key, cx.now) {
        Some(text) => {
            extend_with_zeroes(text, end)?;
            text[offset..end].copy_from_slice(value);
            text.len()
        }
        None => {
            let mut text = Vec::new();
            text.try_reserve_exact(end).map_err(|_| errors::STRING_TOO_LONG)?;
            text.resize(offset, 0);
            text.extend_from_slice(value);
            cx.srv.keys.insert(cx.db, Entry::new(key, NewValue::Raw(text), None));
            end
        }
    };
    cx.touch(key, Class::STRING, "setrange", 1);
    cx.out.count(len);
    Ok(Outcome::Done)
}

/// Makes a string at least `len` bytes long, with zero bytes at its end, and leaves room for more. Nothing
/// happens to one that is long enough.
///
/// # Errors
/// There is no memory for a string so long.
pub(in crate::cmd) fn extend_with_zeroes(text: &mut Vec<u8>, len: usize) -> Result<(), CmdError> {
    if text.len() < len {
        text.try_reserve_exact(len - text.len()).map_err(|_| errors::STRING_TOO_LONG)?;
        room_for(text, len);
        text.resize(len, 0);
    }
    Ok(())
}

/// `APPEND key value`: the first one stores the value as SET does.
pub fn append(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (key, value) = (args.at(1), args.at(2));
    let limit = if cx.from_master { i64::MAX } else { cx.srv.config.proto_max_bulk_len };
    let len = match cx.srv.keys.edit_string(cx.db, key, cx.now).map_err(|_| errors::WRONGTYPE)? {
        Some(mut old) => {
            let total = old.strlen() as i64 + value.len() as i64;
            if total > limit {
                return Err(errors::STRING_TOO_LONG);
            }
            old.append(value)
        }
        None => {
            cx.srv.keys.set_string(cx.db, key, value, SetExpire::Clear, cx.now);
            value.len()
        }
    };
    cx.touch(key, Class::STRING, "append", 1);
    cx.out.count(len);
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use super::slice;

    #[test]
    fn slices_as_redis_counts() {
        let text = b"Hello World";
        assert_eq!(slice(text, 0, 3), b"Hell");
        assert_eq!(slice(text, 0, -1), text);
        assert_eq!(slice(text, -4, -1), b"orld");
        assert_eq!(slice(text, 5, 3), b"");
        assert_eq!(slice(text, 5, 5000), b" World");
        assert_eq!(slice(text, -5000, 10000), text);
        assert_eq!(slice(text, i64::MIN, i64::MAX), text);
        assert_eq!(slice(text, -1, -5), b"");
        assert_eq!(slice(text, 0, -100), b"H", "a far negative end counts as the first byte");
        assert_eq!(slice(text, 11, 20), b"");
        assert_eq!(slice(b"", 0, -1), b"");
        assert_eq!(slice(b"", i64::MIN, i64::MIN), b"");
    }
}
