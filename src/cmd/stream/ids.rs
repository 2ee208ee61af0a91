//! Ids as arguments: `ms-seq`, `ms`, `-`, `+`, `(id`, `*`, `ms-*`.
//!
//! Redis reads an id as a C string, and its numbers with `strtoull`: what follows a NUL is not looked at, and
//! blanks, `+` and zeros in front pass. Source: Redis 7.2.4 `streamGenericParseIDOrReply`,
//! `streamParseIntervalIDOrReply`.

use crate::base::num::parse_u64;
use crate::object::stream::{NewId, StreamId};
use crate::resp::errors::CmdError;

use super::texts;

/// Longer arguments are no ids.
const MAX_LEN: usize = 127;

/// Time, and what is behind the dash if there is one.
fn split(arg: &[u8]) -> Option<(u64, Option<&[u8]>)> {
    if arg.len() > MAX_LEN {
        return None;
    }
    let text = arg.split(|byte| *byte == 0).next().unwrap_or_default();
    let dash = text.iter().position(|byte| *byte == b'-');
    let ms = parse_u64(&text[..dash.unwrap_or(text.len())])?;
    Some((ms, dash.map(|at| &text[at + 1..])))
}

fn id(arg: &[u8], missing_seq: u64) -> Option<StreamId> {
    let (ms, seq) = split(arg)?;
    Some(StreamId { ms, seq: seq.map_or(Some(missing_seq), parse_u64)? })
}

/// An id in full or a time, which stands for `ms-0`.
///
/// # Errors
/// `Invalid stream ID …`; also for `-` and `+`.
pub fn strict(arg: &[u8]) -> Result<StreamId, CmdError> {
    id(arg, 0).ok_or(texts::INVALID_ID)
}

/// The id of a new entry: also `*` and `ms-*`.
///
/// # Errors
/// As [`strict`].
pub fn new_id(arg: &[u8]) -> Result<NewId, CmdError> {
    match (arg, split(arg)) {
        (b"*", _) => Ok(NewId::Auto),
        (_, Some((ms, Some(b"*")))) => Ok(NewId::Within(ms)),
        _ => strict(arg).map(NewId::Exact),
    }
}

/// An id, `-` for the smallest one or `+` for the largest one; `missing_seq` completes a time.
///
/// # Errors
/// As [`strict`].
pub fn loose(arg: &[u8], missing_seq: u64) -> Result<StreamId, CmdError> {
    match arg.split(|byte| *byte == 0).next() {
        Some(b"-") if arg.len() <= MAX_LEN => Ok(StreamId::MIN),
        Some(b"+") if arg.len() <= MAX_LEN => Ok(StreamId::MAX),
        _ => id(arg, missing_seq).ok_or(texts::INVALID_ID),
    }
}

/// The first id of an interval; `(` excludes it.
///
/// # Errors
/// As [`strict`]; `invalid start ID …` when nothing is above.
pub fn start(arg: &[u8]) -> Result<StreamId, CmdError> {
    match arg {
        [b'(', rest @ ..] if !rest.is_empty() => strict(rest)?.next().ok_or(texts::START_ID),
        _ => loose(arg, 0),
    }
}

/// The last id of an interval; `(` excludes it.
///
/// # Errors
/// As [`strict`]; `invalid end ID …` when nothing is below.
pub fn end(arg: &[u8]) -> Result<StreamId, CmdError> {
    match arg {
        [b'(', rest @ ..] if !rest.is_empty() => {
            id(rest, u64::MAX).ok_or(texts::INVALID_ID)?.prev().ok_or(texts::END_ID)
        }
        _ => loose(arg, u64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_c_reads_them() {
        let id = |ms, seq| Ok(StreamId::new(ms, seq));
        for (arg, expected) in [
            (&b"1-2"[..], id(1, 2)),
            (b"7", id(7, 0)),
            (b"007-+3", id(7, 3)),
            (b"18446744073709551615-18446744073709551615", Ok(StreamId::MAX)),
            (b"1-2\0x", id(1, 2)),
            (b"18446744073709551616", Err(texts::INVALID_ID)),
            (b"1-", Err(texts::INVALID_ID)),
            (b"-1", Err(texts::INVALID_ID)),
            (b"1-2-3", Err(texts::INVALID_ID)),
            (b"-", Err(texts::INVALID_ID)),
            (b"+", Err(texts::INVALID_ID)),
            (b"1-*", Err(texts::INVALID_ID)),
            (b"", Err(texts::INVALID_ID)),
            (b"x", Err(texts::INVALID_ID)),
        ] {
            assert_eq!(strict(arg), expected, "{}", arg.escape_ascii());
        }
        assert_eq!(strict(&[b'0'; 127]), id(0, 0));
        assert_eq!(strict(&[b'0'; 128]), Err(texts::INVALID_ID));
        assert_eq!(new_id(b"5-*"), Ok(NewId::Within(5)));
        assert_eq!(new_id(b"*"), Ok(NewId::Auto));
        assert_eq!(new_id(b"5-**"), Err(texts::INVALID_ID));
        assert_eq!((loose(b"-", 9), loose(b"+", 9), loose(b"3", 9)), (id(0, 0), Ok(StreamId::MAX), id(3, 9)));
        assert_eq!((start(b"(3"), end(b"(3"), end(b"3")), (id(3, 1), id(3, u64::MAX - 1), id(3, u64::MAX)));
        assert_eq!(
            (start(b"(-"), end(b"("), end(b"(0-0")),
            (Err(texts::INVALID_ID), Err(texts::INVALID_ID), Err(texts::END_ID))
        );
        assert_eq!(start(b"(18446744073709551615-18446744073709551615"), Err(texts::START_ID));
    }
}
