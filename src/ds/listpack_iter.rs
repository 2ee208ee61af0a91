//! Reading a listpack: decoding, walking, searching, checking.
//!
//! All of it rests on [`Listpack::decode`], which reads one element within bounds or says that there is none.
//! Walking forward needs the size of an element, walking backward its back length; seeking an index takes the
//! nearer end. Searching reads the needle as an integer once, at the first integer it meets, since an element
//! that is an integer can only equal a text that is one.

use super::listpack::{Damaged, EMPTY_BYTES, END, Entry, HEADER, Listpack, Pos, back_length, back_size};
use crate::base::num::parse_i64;

/// Reads the element at `at` of a listpack's bytes: what it is, and its size without the back length. `None`
/// at the end, and where no whole element is.
#[inline]
fn decode(bytes: &[u8], at: usize) -> Option<(Entry<'_>, usize)> {
    let rest = bytes.get(at..)?;
    let first = *rest.first()?;
    Some(match first {
        0x00..=0x7f => (Entry::Int(i64::from(first)), 1),
        0x80..=0xbf => {
            let len = usize::from(first & 0x3f);
            (Entry::Str(rest.get(1..1 + len)?), 1 + len)
        }
        0xc0..=0xdf => {
            let raw = u16::from(first & 0x1f) << 8 | u16::from(*rest.get(1)?);
            (Entry::Int(i64::from((raw << 3) as i16 >> 3)), 2)
        }
        0xe0..=0xef => {
            let len = usize::from(first & 0x0f) << 8 | usize::from(*rest.get(1)?);
            (Entry::Str(rest.get(2..2 + len)?), 2 + len)
        }
        0xf0 => {
            let len = u32::from_le_bytes(*rest.get(1..5)?.first_chunk()?) as usize;
            (Entry::Str(rest.get(5..5 + len)?), 5 + len)
        }
        0xf1 => (Entry::Int(i64::from(i16::from_le_bytes(*rest.get(1..3)?.first_chunk()?))), 3),
        0xf2 => {
            let b = rest.get(1..4)?;
            (Entry::Int(i64::from(i32::from_le_bytes([0, b[0], b[1], b[2]]) >> 8)), 4)
        }
        0xf3 => (Entry::Int(i64::from(i32::from_le_bytes(*rest.get(1..5)?.first_chunk()?))), 5),
        0xf4 => (Entry::Int(i64::from_le_bytes(*rest.get(1..9)?.first_chunk()?)), 9),
        _ => return None,
    })
}

/// The back length that ends just before `end`: the size it tells.
#[inline]
fn back_before(bytes: &[u8], end: usize) -> Option<usize> {
    let mut size = 0;
    for group in 0..5 {
        let byte = *bytes.get(end.checked_sub(1 + group)?)?;
        size |= usize::from(byte & 0x7f) << (7 * group);
        if byte & 0x80 == 0 {
            return Some(size);
        }
    }
    None
}

impl Listpack {
    /// Checks foreign bytes: header and end, and with `deep` every element and their number. Returns the
    /// number of elements (0 if not `deep` and unknown). Back lengths must be written as this house and Redis
    /// write them; Redis also takes some that are not.
    ///
    /// # Errors
    /// They are no listpack.
    pub fn validate(bytes: &[u8], deep: bool) -> Result<usize, Damaged> {
        let (Some(total), Some(count)) = (bytes.first_chunk::<4>(), bytes.get(4..HEADER)) else {
            return Err(Damaged);
        };
        let whole = bytes.len() >= EMPTY_BYTES
            && u32::from_le_bytes(*total) as usize == bytes.len()
            && bytes.last() == Some(&END);
        if !whole {
            return Err(Damaged);
        }
        let claimed = usize::from(u16::from_le_bytes([count[0], count[1]]));
        let known = claimed != usize::from(u16::MAX);
        if !deep {
            return Ok(if known { claimed } else { 0 });
        }
        let (mut at, mut found, end) = (HEADER, 0, bytes.len() - 1);
        let elements = &bytes[..end];
        while let Some(&first) = elements.get(at) {
            found += 1;
            // Nearly all elements are short strings: their size is in their first byte, and again in their last.
            let len = match first {
                0x80..=0xbf => 1 + usize::from(first & 0x3f),
                _ => decode(elements, at).ok_or(Damaged)?.1,
            };
            at += len;
            if len < 128 {
                if elements.get(at) != Some(&(len as u8)) {
                    return Err(Damaged);
                }
                at += 1;
                continue;
            }
            // Byte for byte: a back length that only reads as this one by running into the bytes before it would
            // read as another when they change.
            let (back, size) = back_length(len);
            if elements.get(at..at + size) != Some(&back[..size]) {
                return Err(Damaged);
            }
            at += size;
        }
        if known && found != claimed { Err(Damaged) } else { Ok(found) }
    }

    /// The element at `at` and its size with the back length.
    #[inline]
    pub(super) fn decode(&self, at: usize) -> Option<(Entry<'_>, usize)> {
        decode(&self.bytes, at).map(|(entry, len)| (entry, len + back_size(len)))
    }

    /// Size of the element at `at` with its back length; 0 when there is none.
    #[inline]
    pub(super) fn size_at(&self, at: usize) -> usize {
        self.decode(at).map_or(0, |(_, size)| size).min(self.bytes.len().saturating_sub(at + 1))
    }

    #[inline]
    fn pos(&self, at: usize) -> Option<Pos> {
        (at < self.bytes.len() - 1).then_some(Pos(at))
    }

    /// The first element.
    #[inline]
    pub fn first(&self) -> Option<Pos> {
        self.pos(HEADER)
    }

    /// The last element.
    #[inline]
    pub fn last(&self) -> Option<Pos> {
        self.before(self.bytes.len() - 1)
    }

    /// The element behind the one at `pos`.
    #[inline]
    pub fn next(&self, pos: Pos) -> Option<Pos> {
        match self.size_at(pos.0) {
            0 => None,
            size => self.pos(pos.0 + size),
        }
    }

    /// The element before the one at `pos`.
    #[inline]
    pub fn prev(&self, pos: Pos) -> Option<Pos> {
        self.before(pos.0)
    }

    /// The element that ends at `at`.
    #[inline]
    pub(super) fn before(&self, at: usize) -> Option<Pos> {
        if at <= HEADER {
            return None;
        }
        let len = back_before(&self.bytes, at)?;
        at.checked_sub(len + back_size(len)).filter(|&at| at >= HEADER).map(Pos)
    }

    /// The element at an index; negative ones count from the end (-1 is the last). Walks from the nearer end.
    pub fn seek(&self, index: i64) -> Option<Pos> {
        let mut index = index;
        let mut forward = index >= 0;
        if let Some(len) = self.known_len() {
            let len = len as i64;
            if index < 0 {
                index = index.saturating_add(len);
            }
            if index < 0 || index >= len {
                return None;
            }
            forward = index <= len / 2;
            if !forward {
                index -= len;
            }
        }
        if forward {
            let mut at = self.first()?;
            for _ in 0..index {
                at = self.next(at)?;
            }
            Some(at)
        } else {
            let mut at = self.last()?;
            for _ in index..-1 {
                at = self.prev(at)?;
            }
            Some(at)
        }
    }

    /// The element at `pos`.
    #[inline]
    pub fn get(&self, pos: Pos) -> Entry<'_> {
        self.decode(pos.0).map_or(Entry::Str(b""), |(entry, _)| entry)
    }

    /// The element at an index, see [`Listpack::seek`].
    pub fn at(&self, index: i64) -> Option<Entry<'_>> {
        self.seek(index).map(|pos| self.get(pos))
    }

    /// The first element that is `text`, from `pos` on; after each one looked at, `skip` are passed over
    /// (1 looks at the fields of pairs only).
    pub fn find(&self, pos: Pos, text: &[u8], skip: usize) -> Option<Pos> {
        let mut at = pos.0;
        let mut number: Option<Option<i64>> = None;
        loop {
            let (entry, size) = self.decode(at)?;
            let hit = match entry {
                Entry::Str(own) => own == text,
                Entry::Int(own) => *number.get_or_insert_with(|| parse_i64(text)) == Some(own),
            };
            if hit {
                return Some(Pos(at));
            }
            at += size;
            for _ in 0..skip {
                at += self.decode(at)?.1;
            }
        }
    }

    /// The first element that is `text`.
    #[inline]
    pub fn find_first(&self, text: &[u8]) -> Option<Pos> {
        self.find(Pos(HEADER), text, 0)
    }

    /// Whether the element at `pos` is `text`.
    pub fn is_at(&self, pos: Pos, text: &[u8]) -> bool {
        self.get(pos).is(text)
    }

    /// The elements, from both ends.
    #[inline]
    pub fn iter(&self) -> Iter<'_> {
        Iter { list: self, front: HEADER, back: self.bytes.len() - 1 }
    }

    /// The elements from `pos` on.
    pub fn iter_from(&self, pos: Pos) -> Iter<'_> {
        Iter { front: pos.0, ..self.iter() }
    }

    /// The elements from the one at `first` up to the one at `last`, both included.
    pub fn iter_between(&self, first: Pos, last: Pos) -> Iter<'_> {
        Iter { front: first.0, ..self.iter_up_to(last) }
    }

    /// The elements from the first up to the one at `pos`, which is the first from behind.
    pub fn iter_up_to(&self, pos: Pos) -> Iter<'_> {
        Iter { back: pos.0 + self.size_at(pos.0), ..self.iter() }
    }
}

impl<'a> IntoIterator for &'a Listpack {
    type Item = Entry<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The elements of a listpack.
#[derive(Clone)]
pub struct Iter<'a> {
    list: &'a Listpack,
    front: usize,
    back: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        if self.front >= self.back {
            return None;
        }
        let (entry, size) = self.list.decode(self.front)?;
        self.front += size;
        Some(entry)
    }
}

impl DoubleEndedIterator for Iter<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.front >= self.back {
            return None;
        }
        let pos = self.list.before(self.back)?;
        self.back = pos.0;
        Some(self.list.get(pos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The elements one at a time, each decoded: what [`Listpack::validate`] must agree with.
    fn validate_slowly(bytes: &[u8]) -> Result<usize, Damaged> {
        let claimed = Listpack::validate(bytes, false)?;
        let (mut at, mut found, end) = (HEADER, 0, bytes.len() - 1);
        while at < end {
            let (_, len) = decode(&bytes[..end], at).ok_or(Damaged)?;
            let (back, size) = back_length(len);
            if bytes[at + len..end].get(..size) != Some(&back[..size]) {
                return Err(Damaged);
            }
            at += len + size;
            found += 1;
        }
        let known = bytes[4..HEADER] != [0xff; 2];
        if known && found != claimed { Err(Damaged) } else { Ok(found) }
    }

    proptest! {
        #[test]
        fn checking_agrees_with_decoding(
            texts in proptest::collection::vec(
                prop_oneof!["[a-z]{0,70}", "-?[0-9]{1,19}", "[a-z]{120,130}", "[a-z]{4090,4100}"], 0..12,
            ),
            harm in proptest::collection::vec((0usize..1000, any::<u8>()), 0..3),
            count_unknown: bool,
        ) {
            let mut list = Listpack::new();
            for text in &texts {
                list.append(text.as_bytes());
            }
            if count_unknown {
                list.forget_count();
            }
            prop_assert_eq!(Listpack::validate(list.as_bytes(), true), Ok(texts.len()));
            let mut bytes = list.into_bytes();
            // Near the front, where headers and short elements are.
            for (at, byte) in harm {
                let at = at % bytes.len();
                bytes[at] = byte;
            }
            prop_assert_eq!(Listpack::validate(&bytes, true), validate_slowly(&bytes));
        }
    }
}
