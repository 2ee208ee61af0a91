//! The listpack: a list of small strings and integers in one run of bytes.
//!
//! ```text
//! | total bytes, u32 LE | elements, u16 LE | element … | 0xFF |
//!
//! element: | encoding byte(s) | data | back length |
//!
//! 0xxxxxxx                       integer 0 to 127
//! 10llllll  + bytes              string up to 63 bytes
//! 110xxxxx xxxxxxxx              integer of 13 bits, two's complement
//! 1110llll llllllll + bytes      string up to 4095 bytes
//! 11110000 + u32 LE + bytes      any longer string
//! 11110001 .. 11110100           integers of 16, 24, 32 and 64 bits, little endian
//! ```
//!
//! The back length is the size of encoding and data in groups of seven bits, highest group first, all but
//! the first byte with their top bit set: reading it from its end, backwards, one finds the element's start,
//! so the list can be walked both ways. The element count 65535 means "count them".
//!
//! **Why.** A list of ten short elements costs 7 bytes and two more per element, in one allocation; the same
//! bytes go into RDB files and replication streams, so saving one is a copy. What it costs is time: a look-up
//! walks, an insertion moves what is behind it. Hence it is used up to the configured thresholds only, and as
//! the node of the quicklist.
//!
//! **Texts that are integers** (written exactly as Redis prints them) are stored as integers and come back as
//! [`Entry::Int`]. To the outside they are the same text.
//!
//! **Trust.** Bytes from elsewhere go through [`Listpack::from_bytes`], which checks every element. What is in
//! a [`Listpack`] is therefore sound; still every read is bounded, so that a mistake in here, or a position
//! kept over a change, gives a wrong element but never a panic.
//!
//! **Positions** ([`Pos`]) are offsets; any change behind which they lie moves them. Methods that change
//! return the new one.
//!
//! **Memory.** The buffer grows from one jemalloc class to the next, as Redis' exact reallocation does in
//! effect, and gives memory back when a quarter is unused.
//!
//! Source: Redis 7.2.4 `listpack.c`, the format's specification (antirez/listpack). Walking, searching and
//! comparing are in `listpack_iter.rs`. Deviation: Redis writes the count back into the header when it had to
//! count and finds few enough; here reading changes nothing.

use crate::base::alloc::{give_back, grow_to};
use crate::base::num::{IntBuf, fmt_i64, parse_i64};

pub use super::listpack_iter::Iter;

/// Bytes of the header.
pub(super) const HEADER: usize = 6;
/// The byte behind the last element.
pub(super) const END: u8 = 0xff;
/// The element count that means "unknown".
const UNKNOWN: u16 = u16::MAX;
/// Bytes up to which a listpack may be grown, see [`Listpack::fits`].
pub const SAFE_BYTES: usize = 1 << 30;
/// Bytes of a listpack without elements.
pub const EMPTY_BYTES: usize = HEADER + 1;

/// An element as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry<'a> {
    /// A text that is a canonical integer.
    Int(i64),
    /// Any other text.
    Str(&'a [u8]),
}

impl<'a> Entry<'a> {
    /// The element as text; an integer is printed into `buf`.
    #[inline]
    pub fn text<'b>(&self, buf: &'b mut IntBuf) -> &'b [u8]
    where
        'a: 'b,
    {
        match *self {
            Entry::Int(number) => fmt_i64(number, buf),
            Entry::Str(text) => text,
        }
    }

    /// The element as a text of its own.
    pub fn to_vec(&self) -> Vec<u8> {
        self.text(&mut IntBuf::new()).to_vec()
    }

    /// The element as a number, should it be one (a string is read).
    pub fn number(&self) -> Option<i64> {
        match *self {
            Entry::Int(number) => Some(number),
            Entry::Str(text) => parse_i64(text),
        }
    }

    /// Length of the text in bytes.
    pub fn text_len(&self) -> usize {
        match *self {
            Entry::Int(number) => crate::base::num::digits_i64(number),
            Entry::Str(text) => text.len(),
        }
    }

    /// Whether the element is this text.
    #[inline]
    pub fn is(&self, text: &[u8]) -> bool {
        match *self {
            Entry::Int(number) => parse_i64(text) == Some(number),
            Entry::Str(own) => own == text,
        }
    }
}

impl<'a> From<&'a [u8]> for Entry<'a> {
    /// Whether a text is an integer is found out when it is stored.
    fn from(text: &'a [u8]) -> Self {
        Entry::Str(text)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Entry<'a> {
    fn from(text: &'a [u8; N]) -> Self {
        Entry::Str(text)
    }
}

impl<'a> From<&'a Vec<u8>> for Entry<'a> {
    fn from(text: &'a Vec<u8>) -> Self {
        Entry::Str(text)
    }
}

impl From<i64> for Entry<'_> {
    fn from(number: i64) -> Self {
        Entry::Int(number)
    }
}

/// Where an element begins, in bytes from the start of the listpack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pos(pub(super) usize);

/// A [`Pos`] in four bytes, for who keeps many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pos32(u32);

impl Pos {
    /// The position in four bytes, which no listpack exceeds.
    pub fn narrow(self) -> Option<Pos32> {
        u32::try_from(self.0).ok().map(Pos32)
    }
}

impl From<Pos32> for Pos {
    fn from(at: Pos32) -> Pos {
        Pos(at.0 as usize)
    }
}

/// Why bytes are no listpack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damaged;

impl std::fmt::Display for Damaged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("listpack integrity check failed")
    }
}

impl std::error::Error for Damaged {}

/// A list in one run of bytes; see the head of the file.
#[derive(Clone, PartialEq, Eq)]
pub struct Listpack {
    pub(super) bytes: Vec<u8>,
}

impl Default for Listpack {
    fn default() -> Self {
        Listpack::new()
    }
}

impl std::fmt::Debug for Listpack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let texts = self.iter().map(|entry| entry.to_vec().escape_ascii().to_string());
        f.debug_list().entries(texts).finish()
    }
}

/// An element's bytes as they will lie in the listpack.
struct Coded<'a> {
    head: [u8; 9],
    head_len: usize,
    body: &'a [u8],
    back: [u8; 5],
    back_len: usize,
}

impl<'a> Coded<'a> {
    #[inline]
    fn new(entry: Entry<'a>) -> Self {
        let mut coded = Coded { head: [0; 9], head_len: 0, body: &[], back: [0; 5], back_len: 0 };
        match entry {
            Entry::Int(number) => coded.int(number),
            Entry::Str(text) => match text {
                [b'-' | b'0'..=b'9', ..] if text.len() <= 20 => match parse_i64(text) {
                    Some(number) => coded.int(number),
                    None => coded.str(text),
                },
                _ => coded.str(text),
            },
        }
        (coded.back, coded.back_len) = back_length(coded.head_len + coded.body.len());
        coded
    }

    #[inline]
    fn int(&mut self, number: i64) {
        let bytes = number.to_le_bytes();
        self.head_len = int_len(number);
        match self.head_len {
            1 => self.head[0] = bytes[0],
            2 => {
                self.head[0] = 0xc0 | bytes[1] & 0x1f;
                self.head[1] = bytes[0];
            }
            len => {
                self.head[0] = if len == 9 { 0xf4 } else { 0xf0 + (len as u8 - 2) };
                self.head[1..len].copy_from_slice(&bytes[..len - 1]);
            }
        }
    }

    #[inline]
    fn str(&mut self, text: &'a [u8]) {
        let len = text.len();
        self.body = text;
        if len < 64 {
            self.head[0] = 0x80 | len as u8;
            self.head_len = 1;
        } else if len < 4096 {
            self.head[..2].copy_from_slice(&[0xe0 | (len >> 8) as u8, len as u8]);
            self.head_len = 2;
        } else {
            self.head[0] = 0xf0;
            self.head[1..5].copy_from_slice(&(len as u32).to_le_bytes());
            self.head_len = 5;
        }
    }

    #[inline]
    fn len(&self) -> usize {
        self.head_len + self.body.len() + self.back_len
    }

    #[inline]
    fn push_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head[..self.head_len]);
        out.extend_from_slice(self.body);
        out.extend_from_slice(&self.back[..self.back_len]);
    }

    fn write_to(&self, out: &mut [u8]) {
        let (head, rest) = out.split_at_mut(self.head_len);
        let (body, back) = rest.split_at_mut(self.body.len());
        head.copy_from_slice(&self.head[..self.head_len]);
        body.copy_from_slice(self.body);
        back.copy_from_slice(&self.back[..self.back_len]);
    }
}

/// Bytes of an integer without its back length.
#[inline]
fn int_len(number: i64) -> usize {
    match number {
        0..=127 => 1,
        -4096..=4095 => 2,
        -0x8000..=0x7fff => 3,
        -0x80_0000..=0x7f_ffff => 4,
        -0x8000_0000..=0x7fff_ffff => 5,
        _ => 9,
    }
}

/// Bytes of the back length of an element of `len` bytes.
#[inline]
pub(super) fn back_size(len: usize) -> usize {
    match len {
        0..=127 => 1,
        128..16_383 => 2,
        16_383..2_097_151 => 3,
        2_097_151..268_435_455 => 4,
        _ => 5,
    }
}

#[inline]
pub(super) fn back_length(len: usize) -> ([u8; 5], usize) {
    let size = back_size(len);
    let mut back = [0; 5];
    if size == 1 {
        back[0] = len as u8;
        return (back, 1);
    }
    for (at, byte) in back[..size].iter_mut().enumerate() {
        let group = (len >> (7 * (size - 1 - at))) as u8 & 0x7f;
        *byte = if at == 0 { group } else { group | 0x80 };
    }
    (back, size)
}

/// Bytes of a listpack that holds `number` `times` over: an upper bound for one whose integers are no wider.
pub fn bytes_of_repeated(number: i64, times: usize) -> usize {
    let len = int_len(number);
    times.saturating_mul(len + back_size(len)).saturating_add(EMPTY_BYTES)
}

impl Listpack {
    /// A listpack without elements.
    pub fn new() -> Self {
        Listpack::with_capacity(0)
    }

    /// One without elements, with room for `bytes` in all.
    pub fn with_capacity(bytes: usize) -> Self {
        let mut own = Vec::new();
        grow_to(&mut own, bytes.max(EMPTY_BYTES));
        own.extend_from_slice(&[EMPTY_BYTES as u8, 0, 0, 0, 0, 0, END]);
        Listpack { bytes: own }
    }

    /// Takes foreign bytes, if they are a listpack in every element.
    ///
    /// # Errors
    /// They are not.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, Damaged> {
        Listpack::validate(&bytes, true)?;
        Ok(Listpack { bytes })
    }

    /// Takes bytes back that [`Listpack::into_bytes`] gave.
    pub(super) fn from_own(bytes: Vec<u8>) -> Self {
        debug_assert!(Listpack::validate(&bytes, true).is_ok());
        Listpack { bytes }
    }

    /// The bytes, as they go into an RDB file.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes with their buffer.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Size in bytes, header included.
    #[inline]
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes held, unused ones included.
    #[inline]
    pub fn mem_bytes(&self) -> usize {
        self.bytes.capacity()
    }

    /// Number of elements. Walks them when there are more than 65,534.
    #[inline]
    pub fn len(&self) -> usize {
        match self.count() {
            UNKNOWN => self.iter().count(),
            count => usize::from(count),
        }
    }

    /// Whether there is no element.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.bytes.len() <= EMPTY_BYTES
    }

    /// Whether `more` bytes may be added with the whole staying below 1 GiB. Whoever adds what a client sent
    /// asks before; adding itself only fails beyond 4 GiB, where the format ends.
    #[inline]
    pub fn fits(&self, more: usize) -> bool {
        self.bytes.len().saturating_add(more) <= SAFE_BYTES
    }

    /// Puts an element behind the last. False, and nothing done, beyond 4 GiB.
    #[inline]
    pub fn append<'a>(&mut self, entry: impl Into<Entry<'a>>) -> bool {
        let coded = Coded::new(entry.into());
        let total = self.bytes.len() + coded.len();
        let Ok(total32) = u32::try_from(total) else { return false };
        grow_to(&mut self.bytes, total);
        self.bytes.pop();
        coded.push_to(&mut self.bytes);
        self.bytes.push(END);
        self.set_total(total32);
        self.add_count(1);
        true
    }

    /// Puts elements behind the last, and doubles the buffer when it is full: for lists to which more will be
    /// added soon. False, and nothing done, beyond 4 GiB.
    pub fn extend<'a>(&mut self, entries: impl IntoIterator<Item = Entry<'a>>) -> bool {
        let (before, mut more) = (self.bytes.len(), 0);
        self.bytes.pop();
        for entry in entries {
            let coded = Coded::new(entry);
            self.bytes.reserve(coded.len() + 1);
            coded.push_to(&mut self.bytes);
            more += 1;
        }
        let Ok(total) = u32::try_from(self.bytes.len() + 1) else {
            self.bytes.truncate(before - 1);
            self.bytes.push(END);
            return false;
        };
        self.bytes.push(END);
        self.set_total(total);
        self.add_count(more);
        true
    }

    /// Puts an element before the first. False, and nothing done, beyond 4 GiB.
    pub fn prepend<'a>(&mut self, entry: impl Into<Entry<'a>>) -> bool {
        self.splice(HEADER, 0, &Coded::new(entry.into()), 1)
    }

    /// Puts an element before the one at `pos` and returns where it is; `None`, and nothing done, beyond
    /// 4 GiB.
    pub fn insert_before<'a>(&mut self, pos: Pos, entry: impl Into<Entry<'a>>) -> Option<Pos> {
        let at = pos.0.clamp(HEADER, self.bytes.len() - 1);
        self.splice(at, 0, &Coded::new(entry.into()), 1).then_some(Pos(at))
    }

    /// Puts an element behind the one at `pos` and returns where it is; `None`, and nothing done, beyond
    /// 4 GiB.
    pub fn insert_after<'a>(&mut self, pos: Pos, entry: impl Into<Entry<'a>>) -> Option<Pos> {
        let at = pos.0 + self.size_at(pos.0);
        self.insert_before(Pos(at), entry)
    }

    /// Puts an element in place of the one at `pos`, which stays its position. False, and nothing done, beyond
    /// 4 GiB.
    pub fn replace<'a>(&mut self, pos: Pos, entry: impl Into<Entry<'a>>) -> bool {
        let size = self.size_at(pos.0);
        size != 0 && pos.0 >= HEADER && self.splice(pos.0, size, &Coded::new(entry.into()), 0)
    }

    /// Takes the element at `pos` out and returns where the next one is now.
    pub fn delete(&mut self, pos: Pos) -> Option<Pos> {
        self.cut(pos.0, self.size_at(pos.0), 1)
    }

    /// Takes the element at `pos` and those behind it out, `count` at most, and returns where the next one is
    /// now.
    pub fn delete_from(&mut self, pos: Pos, count: usize) -> Option<Pos> {
        let (mut end, mut gone) = (pos.0, 0);
        while gone < count {
            let size = self.size_at(end);
            if size == 0 {
                break;
            }
            end += size;
            gone += 1;
        }
        self.cut(pos.0, end - pos.0, gone)
    }

    /// Takes up to `count` elements out, from an index on (negative ones count from the end: -1 is the last).
    pub fn delete_range(&mut self, index: i64, count: usize) {
        let Some(pos) = self.seek(index) else { return };
        let known = self.count() != UNKNOWN;
        let before = if index < 0 { self.len() as i64 + index } else { index } as usize;
        if known && self.len() - before <= count {
            let gone = self.len() - before;
            self.cut(pos.0, self.bytes.len() - 1 - pos.0, gone);
        } else {
            self.delete_from(pos, count);
        }
    }

    /// Keeps only the elements that `keep` says yes to, in one pass.
    pub fn retain(&mut self, mut keep: impl FnMut(Entry<'_>) -> bool) {
        let (mut from, mut to, mut gone) = (HEADER, HEADER, 0);
        while let Some((entry, size)) = self.decode(from) {
            if from + size >= self.bytes.len() {
                break;
            }
            if keep(entry) {
                self.bytes.copy_within(from..from + size, to);
                to += size;
            } else {
                gone += 1;
            }
            from += size;
        }
        if gone != 0 {
            self.cut(to, from - to, gone);
        }
    }

    /// Puts the elements of `other` behind the own ones. False, and nothing done, beyond 4 GiB.
    pub fn append_all(&mut self, other: &Listpack) -> bool {
        let total = self.bytes.len() + other.bytes.len() - EMPTY_BYTES;
        let Ok(total32) = u32::try_from(total) else { return false };
        let count = self.len() + other.len();
        grow_to(&mut self.bytes, total);
        self.bytes.pop();
        self.bytes.extend_from_slice(&other.bytes[HEADER..]);
        self.set_total(total32);
        self.set_count(count);
        true
    }

    /// Takes the elements from index `at` on out into a listpack of their own.
    pub fn split_off(&mut self, at: usize) -> Listpack {
        let Some(pos) = self.seek(i64::try_from(at).unwrap_or(i64::MAX)) else { return Listpack::new() };
        let moved = self.len() - at;
        let mut tail = Listpack::with_capacity(self.bytes.len() - pos.0 + HEADER);
        tail.bytes.truncate(HEADER);
        tail.bytes.extend_from_slice(&self.bytes[pos.0..]);
        tail.set_total(tail.bytes.len() as u32);
        tail.set_count(moved);
        self.cut(pos.0, self.bytes.len() - 1 - pos.0, moved);
        if self.count() == UNKNOWN {
            self.set_count(at);
        }
        tail
    }

    /// Gives unused memory back.
    pub fn shrink_to_fit(&mut self) {
        self.bytes.shrink_to(crate::base::alloc::size_class(self.bytes.len()));
    }

    /// Puts an element in place of `old` bytes at `at`; `more` is what the count grows by.
    fn splice(&mut self, at: usize, old: usize, new: &Coded<'_>, more: isize) -> bool {
        let (len, size) = (self.bytes.len(), new.len());
        let total = len - old + size;
        let Ok(total32) = u32::try_from(total) else { return false };
        if size > old {
            grow_to(&mut self.bytes, total);
            self.bytes.resize(total, 0);
        }
        self.bytes.copy_within(at + old..len, at + size);
        self.bytes.truncate(total);
        new.write_to(&mut self.bytes[at..at + size]);
        self.set_total(total32);
        self.add_count(more);
        if size < old {
            give_back(&mut self.bytes);
        }
        true
    }

    /// Takes `size` bytes out at `at`, `gone` elements; returns where the next element is.
    fn cut(&mut self, at: usize, size: usize, gone: usize) -> Option<Pos> {
        let len = self.bytes.len();
        if at < HEADER || at + size >= len {
            return None;
        }
        if size != 0 {
            self.bytes.copy_within(at + size..len, at);
            self.bytes.truncate(len - size);
            self.set_total((len - size) as u32);
            self.add_count(-(gone as isize));
            give_back(&mut self.bytes);
        }
        (at + 1 < self.bytes.len()).then_some(Pos(at))
    }

    /// The count in the header.
    #[inline]
    fn count(&self) -> u16 {
        u16::from_le_bytes([self.bytes[4], self.bytes[5]])
    }

    #[inline]
    pub(super) fn known_len(&self) -> Option<usize> {
        (self.count() != UNKNOWN).then(|| usize::from(self.count()))
    }

    /// Whether the header tells the number of elements.
    pub fn knows_count(&self) -> bool {
        self.count() != UNKNOWN
    }

    /// Makes the number of elements one that has to be counted. It stays so.
    pub fn forget_count(&mut self) {
        self.set_count(usize::from(UNKNOWN));
    }

    fn set_count(&mut self, count: usize) {
        let count = u16::try_from(count).unwrap_or(UNKNOWN);
        self.bytes[4..HEADER].copy_from_slice(&count.to_le_bytes());
    }

    /// A count that once was unknown stays so.
    #[inline]
    fn add_count(&mut self, more: isize) {
        if self.count() != UNKNOWN {
            self.set_count(usize::from(self.count()).saturating_add_signed(more));
        }
    }

    #[inline]
    fn set_total(&mut self, total: u32) {
        self.bytes[..4].copy_from_slice(&total.to_le_bytes());
    }
}

#[cfg(test)]
mod tests;
