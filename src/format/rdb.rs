//! The RDB vocabulary: versions, opcodes, type ids, and the two encodings everything else is made of,
//! the *length* and the *string*.
//!
//! An RDB file is `REDIS` + four digits of version, then units that each start with one byte (an opcode
//! from 244 up, or the type id of a key's value), then opcode 255 and, from version 5 on, eight bytes of
//! CRC-64, little endian, over everything before them (0 = not computed).
//!
//! The readers here are *framers*: handed the bytes that have arrived they either return the decoded thing
//! with its size, or say how many bytes from the start of the buffer are needed before asking again is worth
//! it. They allocate nothing and keep no state, so the same function measures a string whose body has not
//! arrived yet and decodes it once it has. A claimed length is only ever compared, never allocated.
//!
//! Source: Redis 7.2.4 `rdb.h`/`rdb.c` for the ids up to version 11; version 12 (Redis 7.4) adds types 22 to
//! 25 and opcode 244, which Valkey 8 also writes under version 11. Deviation: Redis 7.2 stops at version 11.

use super::rdb_error::{ErrorKind, Fault};

/// First five bytes of every RDB file.
pub const MAGIC: &[u8; 5] = b"REDIS";
/// Bytes of magic and version together.
pub const HEADER_LEN: usize = 9;
/// Version written unless the data needs a higher one: every Redis from 7.0 on reads it.
pub const WRITE_VERSION: u16 = 10;
/// Highest version read (Redis 7.4).
pub const MAX_VERSION: u16 = 12;
/// From this version on a CRC-64 footer follows the EOF opcode.
pub const CHECKSUM_VERSION: u16 = 5;
/// Strings of up to this many bytes are tried as integers when written.
pub const INT_MAX_LEN: usize = 11;
/// Strings longer than this are tried with LZF when written.
pub const LZF_MIN_LEN: usize = 20;

/// First byte of a unit that is not a key.
pub mod opcode {
    /// Cluster slot sizes, a hint (Redis 7.4, Valkey 8): three lengths.
    pub const SLOT_INFO: u8 = 244;
    /// One function library: a string.
    pub const FUNCTION2: u8 = 245;
    /// Function format of the 7.0 release candidates; refused.
    pub const FUNCTION_PRE_GA: u8 = 246;
    /// Module data outside the keyspace.
    pub const MODULE_AUX: u8 = 247;
    /// LRU idle time of the next key: a length, seconds.
    pub const IDLE: u8 = 248;
    /// LFU counter of the next key: one byte.
    pub const FREQ: u8 = 249;
    /// A named attribute of the file: two strings.
    pub const AUX: u8 = 250;
    /// Keys and expiring keys of the selected database: two lengths, a hint.
    pub const RESIZEDB: u8 = 251;
    /// Expiry of the next key: eight bytes little endian, Unix milliseconds.
    pub const EXPIRETIME_MS: u8 = 252;
    /// Expiry of the next key: four bytes little endian, Unix seconds.
    pub const EXPIRETIME: u8 = 253;
    /// The database of the following keys: a length.
    pub const SELECTDB: u8 = 254;
    /// End of the data.
    pub const EOF: u8 = 255;
}

/// Type ids: how the value of a key is laid out.
pub mod kind {
    /// One string.
    pub const STRING: u8 = 0;
    /// List: a count, then strings.
    pub const LIST: u8 = 1;
    /// Set: a count, then strings.
    pub const SET: u8 = 2;
    /// Sorted set: a count, then a string and a double as text each (before 4.0).
    pub const ZSET: u8 = 3;
    /// Hash: a count, then pairs of strings.
    pub const HASH: u8 = 4;
    /// Sorted set: a count, then a string and a binary double each.
    pub const ZSET_2: u8 = 5;
    /// Hash: a zipmap in a string (before 2.6).
    pub const HASH_ZIPMAP: u8 = 9;
    /// List: a ziplist in a string (before 3.2).
    pub const LIST_ZIPLIST: u8 = 10;
    /// Set of integers: an intset in a string.
    pub const SET_INTSET: u8 = 11;
    /// Sorted set: a ziplist in a string (2.4 to 6.2).
    pub const ZSET_ZIPLIST: u8 = 12;
    /// Hash: a ziplist in a string (2.6 to 6.2).
    pub const HASH_ZIPLIST: u8 = 13;
    /// List: a count, then ziplists in strings (3.2 to 6.2).
    pub const LIST_QUICKLIST: u8 = 14;
    /// Hash: a listpack in a string (7.0).
    pub const HASH_LISTPACK: u8 = 16;
    /// Sorted set: a listpack in a string (7.0).
    pub const ZSET_LISTPACK: u8 = 17;
    /// List: a count, then for each node its container and a string (7.0).
    pub const LIST_QUICKLIST_2: u8 = 18;
    /// Set: a listpack in a string (7.2, version 11).
    pub const SET_LISTPACK: u8 = 20;
    /// Module value of the 4.0 release candidates; refused.
    pub const MODULE_PRE_GA: u8 = 6;
    /// Module value that can be stepped over without its module.
    pub const MODULE_2: u8 = 7;
    /// Highest id known (Redis 7.4, hash with field expiry in a listpack).
    pub const MAX: u8 = 25;
}

/// What follows inside a module value, up to `EOF`.
pub mod module_op {
    /// End of the value.
    pub const EOF: u64 = 0;
    /// A signed integer, stored as a length.
    pub const SINT: u64 = 1;
    /// An unsigned integer, stored as a length.
    pub const UINT: u64 = 2;
    /// Four bytes.
    pub const FLOAT: u64 = 3;
    /// Eight bytes.
    pub const DOUBLE: u64 = 4;
    /// A string.
    pub const STRING: u64 = 5;
}

const LEN_14: u8 = 0x40;
const LEN_32: u8 = 0x80;
const LEN_64: u8 = 0x81;
const ENCODED: u8 = 0xC0;
const ENC_INT8: u8 = 0;
const ENC_INT16: u8 = 1;
const ENC_INT32: u8 = 2;
const ENC_LZF: u8 = 3;
/// First byte of an LZF string.
pub const LZF_MARK: u8 = ENCODED | ENC_LZF;

/// The name of a value type id for messages, in the style of `redis-check-rdb`; `None` for unknown ids.
pub fn type_name(id: u8) -> Option<&'static str> {
    const NAMES: [&str; kind::MAX as usize + 1] = [
        "string",
        "list-linked",
        "set-hashtable",
        "zset-v1",
        "hash-hashtable",
        "zset-v2",
        "module-pre-release",
        "module-value",
        "",
        "hash-zipmap",
        "list-ziplist",
        "set-intset",
        "zset-ziplist",
        "hash-ziplist",
        "quicklist",
        "stream",
        "hash-listpack",
        "zset-listpack",
        "quicklist-v2",
        "stream-v2",
        "set-listpack",
        "stream-v3",
        "hash-metadata-pre-release",
        "hash-listpack-ex-pre-release",
        "hash-metadata",
        "hash-listpack-ex",
    ];
    NAMES.get(id as usize).copied().filter(|name| !name.is_empty())
}

/// The nine-letter name inside a 64-bit module id (54 bits of name, 10 of encoding version).
pub fn module_name(id: u64) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    (0..9).map(|i| LETTERS[(id >> (10 + 6 * (8 - i))) as usize & 63] as char).collect()
}

/// What looking at the front of a buffer gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<T> {
    /// The thing and the bytes it takes.
    Whole(T, usize),
    /// Not all there: the buffer must hold at least this many bytes before it can be.
    Need(usize),
}

/// A length field, or in its place the mark of a specially encoded string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// A number: a length, a count, a database.
    Plain(u64),
    /// Encoding of the string that follows.
    Encoded(u8),
}

impl Length {
    /// The number, where no encoding is expected: Redis then takes the six encoding bits as the number.
    pub fn number(self) -> u64 {
        match self {
            Length::Plain(n) => n,
            Length::Encoded(bits) => bits.into(),
        }
    }
}

/// A stored string, not yet decompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text<'a> {
    /// The text of this number.
    Int(i64),
    /// The bytes themselves.
    Plain(&'a [u8]),
    /// LZF-compressed bytes and the claimed size once decompressed.
    Lzf {
        /// What is stored.
        packed: &'a [u8],
        /// Claimed size, at most the limit given to [`string`].
        len: usize,
    },
}

/// Reads a length at the front of `buf`: 6, 14, 32 or 64 bits.
///
/// # Errors
/// The first byte is 0x82 to 0xBF, which no version has used.
pub fn length(buf: &[u8]) -> Result<Frame<Length>, Fault> {
    let Some(&first) = buf.first() else { return Ok(Frame::Need(1)) };
    let whole = |n: u64, size| Ok(Frame::Whole(Length::Plain(n), size));
    match first {
        0..LEN_14 => whole(first.into(), 1),
        LEN_14..LEN_32 => match buf.get(1) {
            Some(&low) => whole(u64::from(first & 0x3F) << 8 | u64::from(low), 2),
            None => Ok(Frame::Need(2)),
        },
        LEN_32 => match buf.get(1..5) {
            Some(b) => whole(u32::from_be_bytes([b[0], b[1], b[2], b[3]]).into(), 5),
            None => Ok(Frame::Need(5)),
        },
        LEN_64 => match buf.get(1..9) {
            Some(b) => whole(u64::from_be_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]), 9),
            None => Ok(Frame::Need(9)),
        },
        ENCODED.. => Ok(Frame::Whole(Length::Encoded(first & 0x3F), 1)),
        _ => Err(Fault::new(ErrorKind::LengthEncoding(first >> 6))),
    }
}

/// Reads a string at the front of `buf`; `max` bounds both its stored and its decompressed size.
///
/// # Errors
/// Unknown length or string encoding, or a size above `max`.
pub fn string(buf: &[u8], max: u64) -> Result<Frame<Text<'_>>, Fault> {
    let (first, head) = match length(buf)? {
        Frame::Whole(first, size) => (first, size),
        Frame::Need(n) => return Ok(Frame::Need(n)),
    };
    match first {
        Length::Plain(len) => {
            let end = head + bounded(len, max)?;
            Ok(buf.get(head..end).map_or(Frame::Need(end), |body| Frame::Whole(Text::Plain(body), end)))
        }
        Length::Encoded(ENC_INT8) => int(buf, 1, |b| i8::from_le_bytes([b[0]]).into()),
        Length::Encoded(ENC_INT16) => int(buf, 2, |b| i16::from_le_bytes([b[0], b[1]]).into()),
        Length::Encoded(ENC_INT32) => int(buf, 4, |b| i32::from_le_bytes([b[0], b[1], b[2], b[3]]).into()),
        Length::Encoded(ENC_LZF) => lzf(buf, head, max),
        Length::Encoded(other) => Err(Fault::new(ErrorKind::StringEncoding(other))),
    }
}

fn int(buf: &[u8], size: usize, read: impl Fn(&[u8]) -> i64) -> Result<Frame<Text<'_>>, Fault> {
    Ok(buf.get(1..1 + size).map_or(Frame::Need(1 + size), |b| Frame::Whole(Text::Int(read(b)), 1 + size)))
}

fn lzf(buf: &[u8], mut at: usize, max: u64) -> Result<Frame<Text<'_>>, Fault> {
    let mut sizes = [0usize; 2];
    for size in &mut sizes {
        match length(&buf[at..])? {
            Frame::Whole(n, used) => {
                *size = bounded(n.number(), max)?;
                at += used;
            }
            Frame::Need(n) => return Ok(Frame::Need(at + n)),
        }
    }
    let [stored, len] = sizes;
    let end = at + stored;
    Ok(buf.get(at..end).map_or(Frame::Need(end), |packed| Frame::Whole(Text::Lzf { packed, len }, end)))
}

/// A claimed size as a `usize` that can still have a header added to it.
fn bounded(claimed: u64, max: u64) -> Result<usize, Fault> {
    let fits = claimed <= max && claimed <= (isize::MAX as u64) - 64;
    if fits { Ok(claimed as usize) } else { Err(Fault::new(ErrorKind::TooBig(claimed))) }
}

/// Puts a length into `buf` in its shortest form and returns the bytes used.
pub fn put_length(n: u64, buf: &mut [u8; 9]) -> &[u8] {
    let used = match n {
        0..0x40 => {
            buf[0] = n as u8;
            1
        }
        0x40..0x4000 => {
            buf[..2].copy_from_slice(&(n as u16 | 0x4000).to_be_bytes());
            2
        }
        0x4000..=0xFFFF_FFFF => {
            buf[0] = LEN_32;
            buf[1..5].copy_from_slice(&(n as u32).to_be_bytes());
            5
        }
        _ => {
            buf[0] = LEN_64;
            buf[1..9].copy_from_slice(&n.to_be_bytes());
            9
        }
    };
    &buf[..used]
}

/// Puts `n` into `buf` as an integer-encoded string; `None` when it needs more than 32 bits.
pub fn put_int(n: i64, buf: &mut [u8; 5]) -> Option<&[u8]> {
    let le = n.to_le_bytes();
    let (mark, size) = if i8::try_from(n).is_ok() {
        (ENC_INT8, 1)
    } else if i16::try_from(n).is_ok() {
        (ENC_INT16, 2)
    } else if i32::try_from(n).is_ok() {
        (ENC_INT32, 4)
    } else {
        return None;
    };
    buf[0] = ENCODED | mark;
    buf[1..=size].copy_from_slice(&le[..size]);
    Some(&buf[..=size])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BIG: u64 = 1 << 40;

    fn len_bytes(n: u64) -> Vec<u8> {
        put_length(n, &mut [0; 9]).to_vec()
    }

    #[test]
    fn lengths_take_their_shortest_form() {
        assert_eq!(len_bytes(63), [63]);
        assert_eq!(len_bytes(64), [0x40, 64]);
        assert_eq!(len_bytes(16383), [0x7F, 0xFF]);
        assert_eq!(len_bytes(16384), [0x80, 0, 0, 0x40, 0]);
        assert_eq!(len_bytes(1 << 32), [0x81, 0, 0, 0, 1, 0, 0, 0, 0]);
    }

    #[test]
    fn unused_length_marks_are_refused() {
        for first in 0x82..=0xBF {
            assert_eq!(length(&[first; 16]).unwrap_err().kind, ErrorKind::LengthEncoding(2));
        }
        assert_eq!(string(&[0xC4, 0, 0], BIG).unwrap_err().kind, ErrorKind::StringEncoding(4));
    }

    #[test]
    fn integers_take_one_two_or_four_bytes() {
        for (n, size) in [(-128, 2), (127, 2), (128, 3), (-32768, 3), (32768, 5), (i32::MIN.into(), 5)] {
            let mut buf = [0; 5];
            let bytes = put_int(n, &mut buf).unwrap();
            assert_eq!(bytes.len(), size);
            assert_eq!(string(bytes, BIG), Ok(Frame::Whole(Text::Int(n), size)));
            assert_eq!(string(&bytes[..size - 1], BIG), Ok(Frame::Need(size)));
        }
        assert_eq!(put_int(1 << 31, &mut [0; 5]), None);
    }

    #[test]
    fn a_claimed_size_is_bounded_not_believed() {
        let huge = len_bytes(u64::MAX);
        assert_eq!(string(&huge, u64::MAX).unwrap_err().kind, ErrorKind::TooBig(u64::MAX));
        let some = len_bytes(1000);
        assert_eq!(string(&some, 999).unwrap_err().kind, ErrorKind::TooBig(1000));
        assert_eq!(string(&some, 1000), Ok(Frame::Need(1002)));
        let bomb = [&[LZF_MARK, 2][..], &len_bytes(u64::MAX), b"ab"].concat();
        assert_eq!(string(&bomb, BIG).unwrap_err().kind, ErrorKind::TooBig(u64::MAX));
    }

    #[test]
    fn names_for_messages() {
        assert_eq!(type_name(18), Some("quicklist-v2"));
        assert_eq!(type_name(25), Some("hash-listpack-ex"));
        assert_eq!((type_name(8), type_name(26)), (None, None));
        assert_eq!(module_name(0), "AAAAAAAAA");
        assert_eq!(module_name(u64::MAX), "_________");
    }

    proptest! {
        #[test]
        fn any_length_reads_back_and_short_input_says_what_is_missing(n: u64, shift in 0u32..64) {
            let n = n >> shift;
            let bytes = len_bytes(n);
            prop_assert_eq!(length(&bytes).unwrap(), Frame::Whole(Length::Plain(n), bytes.len()));
            for cut in 1..bytes.len() {
                prop_assert_eq!(length(&bytes[..cut]).unwrap(), Frame::Need(bytes.len()));
            }
        }

        #[test]
        fn need_is_always_more_than_there_is(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(Frame::Need(n)) = string(&bytes, BIG) {
                prop_assert!(n > bytes.len());
            }
        }
    }
}
