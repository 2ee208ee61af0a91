//! Packed encodings that Redis no longer writes: the *ziplist* (2.2 to 6.2) and the *zipmap* (2.2 and 2.4).
//!
//! ```text
//! ziplist: | bytes, u32 LE | offset of the last element, u32 LE | elements, u16 LE | element … | 0xFF |
//! element: | size of the one before: u8, or 0xFE and u32 LE | encoding | data |
//!
//! 00llllll                        string up to 63 bytes
//! 01llllll llllllll               string up to 16383 bytes
//! 10______ and u32 BE             any longer string
//! 11000000 11010000 11100000      integers of 16, 32 and 64 bits, little endian
//! 11110000 11111110               integers of 24 and 8 bits
//! 1111nnnn, n from 1 to 13        the integer n - 1
//!
//! zipmap:  | pairs, u8 (254: count them) | length | field | length | unused, u8 | value | unused … | 0xFF |
//! length:  u8 below 254, or 254 and u32 LE
//! ```
//!
//! Both are checked from end to end before anything is taken from them ([`Ziplist::new`], [`Zipmap::new`]);
//! what passed is iterated without further doubt, and copied at once into the structures of today, so nothing
//! behind the reader knows these forms. Checking allocates nothing; the copy is about as large as its source.
//!
//! The size that a ziplist's element tells of the one before it, and the offset of the last, serve to walk it
//! backwards, which nobody does any more. They are compared all the same: bytes in which they are wrong are no
//! ziplist that any Redis wrote.
//!
//! Source: Redis 7.2.4 `ziplistValidateIntegrity`, `zipmapValidateIntegrity`.

use crate::ds::listpack::{Entry, Listpack};

const ZIPLIST_HEADER: usize = 10;
const END: u8 = 0xff;
/// First byte of a size of five bytes, in both forms.
const BIG: u8 = 254;
/// The number of elements that means "count them".
const UNKNOWN: u16 = u16::MAX;

/// A ziplist that is sound in every element.
#[derive(Clone, Copy, Debug)]
pub struct Ziplist<'a> {
    /// The elements without header and end.
    body: &'a [u8],
    len: usize,
}

impl<'a> Ziplist<'a> {
    /// Checks foreign bytes; `None` if they are no ziplist.
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let (header, rest) = bytes.split_first_chunk::<ZIPLIST_HEADER>()?;
        let [a, b, c, d, e, f, g, h, low, high] = *header;
        let (total, tail) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]) as usize);
        let claimed = u16::from_le_bytes([low, high]);
        let (&end, body) = rest.split_last()?;
        if end != END || total as usize != bytes.len() || tail >= bytes.len() {
            return None;
        }
        let (mut at, mut before, mut last, mut len) = (0, 0, None, 0usize);
        while at < body.len() {
            let (told, _, size) = element(&body[at..])?;
            if told != before {
                return None;
            }
            last = Some(at + ZIPLIST_HEADER);
            (at, before, len) = (at + size, size, len + 1);
        }
        let counted = claimed == UNKNOWN || usize::from(claimed) == len;
        (counted && last.is_none_or(|last| last == tail)).then_some(Ziplist { body, len })
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The elements from the first to the last.
    pub fn iter(&self) -> impl Iterator<Item = Entry<'a>> + use<'a> {
        let mut rest = self.body;
        std::iter::from_fn(move || {
            let (_, entry, size) = element(rest)?;
            rest = &rest[size..];
            Some(entry)
        })
    }

    /// The same elements as a listpack; `None` if they exceed what one can hold.
    pub fn to_listpack(&self) -> Option<Listpack> {
        let mut pack = Listpack::with_capacity(self.body.len());
        self.iter().all(|entry| pack.append(entry)).then(|| {
            pack.shrink_to_fit();
            pack
        })
    }
}

/// The element at the front of `bytes`: the size it tells of the one before it, itself, and its own size.
fn element(bytes: &[u8]) -> Option<(usize, Entry<'_>, usize)> {
    let (told, head) = match *bytes {
        [BIG, a, b, c, d, ..] => (u32::from_le_bytes([a, b, c, d]) as usize, 5),
        [BIG | END, ..] | [] => return None,
        [told, ..] => (usize::from(told), 1),
    };
    let (entry, size) = content(&bytes[head..])?;
    Some((told, entry, head + size))
}

/// Encoding and data of an element, and their size.
fn content(bytes: &[u8]) -> Option<(Entry<'_>, usize)> {
    let (&first, rest) = bytes.split_first()?;
    let string = |head: usize, len: usize| {
        let end = head.checked_add(len)?;
        Some((Entry::Str(bytes.get(head..end)?), end))
    };
    match first {
        0x00..=0x3f => string(1, usize::from(first)),
        0x40..=0x7f => string(2, usize::from(first & 0x3f) << 8 | usize::from(*rest.first()?)),
        0x80..=0xbf => string(5, u32::from_be_bytes(*rest.first_chunk()?) as usize),
        0xc0 => Some((Entry::Int(i64::from(i16::from_le_bytes(*rest.first_chunk()?))), 3)),
        0xd0 => Some((Entry::Int(i64::from(i32::from_le_bytes(*rest.first_chunk()?))), 5)),
        0xe0 => Some((Entry::Int(i64::from_le_bytes(*rest.first_chunk()?)), 9)),
        0xf0 => {
            let [a, b, c] = *rest.first_chunk()?;
            Some((Entry::Int(i64::from(i32::from_le_bytes([0, a, b, c]) >> 8)), 4))
        }
        0xf1..=0xfd => Some((Entry::Int(i64::from(first) - 0xf1), 1)),
        0xfe => Some((Entry::Int(i64::from(*rest.first()? as i8)), 2)),
        _ => None,
    }
}

/// A zipmap that is sound in every pair and has at least one.
#[derive(Clone, Copy, Debug)]
pub struct Zipmap<'a> {
    /// The pairs without count and end.
    body: &'a [u8],
}

impl<'a> Zipmap<'a> {
    /// Checks foreign bytes; `None` if they are no zipmap, or one without pairs (as for Redis).
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let [claimed, body @ .., END] = bytes else { return None };
        let (mut rest, mut pairs) = (body, 0usize);
        while !rest.is_empty() {
            rest = pair(rest)?.2;
            pairs += 1;
        }
        let counted = *claimed >= BIG || usize::from(*claimed) == pairs;
        (counted && pairs != 0).then_some(Zipmap { body })
    }

    /// Fields with their values, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let mut rest = self.body;
        std::iter::from_fn(move || {
            let (field, value, behind) = pair(rest)?;
            rest = behind;
            Some((field, value))
        })
    }
}

/// The pair at the front of `bytes` and what comes behind it.
fn pair(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (len, rest) = zipmap_length(bytes)?;
    let (field, rest) = rest.split_at_checked(len)?;
    let (len, rest) = zipmap_length(rest)?;
    let (&unused, rest) = rest.split_first()?;
    let (value, rest) = rest.split_at_checked(len)?;
    Some((field, value, rest.get(usize::from(unused)..)?))
}

fn zipmap_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match bytes {
        [BIG, a, b, c, d, rest @ ..] => Some((u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest)),
        [BIG | END, ..] | [] => None,
        [len, rest @ ..] => Some((usize::from(*len), rest)),
    }
}

#[cfg(test)]
pub(super) mod tests;
