//! The intset: a set of integers as one sorted run of bytes.
//!
//! ```text
//! | width 2, 4 or 8, u32 LE | members, u32 LE | members, ascending, each of that width, LE |
//! ```
//!
//! All members have the width that the widest needs; one that needs more widens all of them, which never
//! happens backward (removing the wide one leaves the others wide, as in Redis). Look-up is a binary search;
//! insertion moves what is behind. The bytes are those of an RDB file, so saving is a copy.
//!
//! A member costs 2 to 8 bytes; in a table it would cost an allocation. Sets stay intsets up to
//! `set-max-intset-entries`.
//!
//! Source: Redis 7.2.4 `intset.c`.

use crate::base::alloc::{give_back, grow_to};
use crate::base::rng::Rng;

const HEADER: usize = 8;

/// Why bytes are no intset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damaged;

impl std::fmt::Display for Damaged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("intset integrity check failed")
    }
}

impl std::error::Error for Damaged {}

/// A sorted set of integers in one run of bytes; see the head of the file.
#[derive(Clone, PartialEq, Eq)]
pub struct Intset {
    bytes: Vec<u8>,
}

impl Default for Intset {
    fn default() -> Self {
        Intset::new()
    }
}

impl std::fmt::Debug for Intset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Bytes that a member needs.
#[inline]
fn width_of(number: i64) -> usize {
    if i16::try_from(number).is_ok() {
        2
    } else if i32::try_from(number).is_ok() {
        4
    } else {
        8
    }
}

/// Reads the member at `index`; 0 if there is none.
#[inline]
fn read(bytes: &[u8], width: usize, index: usize) -> i64 {
    let at = HEADER + index * width;
    let Some(bytes) = bytes.get(at..at + width) else { return 0 };
    match *bytes {
        [a, b] => i64::from(i16::from_le_bytes([a, b])),
        [a, b, c, d] => i64::from(i32::from_le_bytes([a, b, c, d])),
        _ => bytes.first_chunk().map_or(0, |bytes| i64::from_le_bytes(*bytes)),
    }
}

impl Intset {
    /// A set without members.
    pub fn new() -> Self {
        let mut bytes = Vec::new();
        grow_to(&mut bytes, HEADER);
        bytes.extend_from_slice(&[2, 0, 0, 0, 0, 0, 0, 0]);
        Intset { bytes }
    }

    /// Checks foreign bytes: the header and the size, that there are members, and with `deep` their order.
    /// Returns how many there are.
    ///
    /// # Errors
    /// They are no intset.
    pub fn validate(bytes: &[u8], deep: bool) -> Result<usize, Damaged> {
        let [a, b, c, d, e, f, g, h, body @ ..] = bytes else { return Err(Damaged) };
        let width = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
        let len = u32::from_le_bytes([*e, *f, *g, *h]) as usize;
        if !matches!(width, 2 | 4 | 8) || len == 0 || len.checked_mul(width) != Some(body.len()) {
            return Err(Damaged);
        }
        let rises = |index| read(bytes, width, index) < read(bytes, width, index + 1);
        if deep && !(0..len - 1).all(rises) {
            return Err(Damaged);
        }
        Ok(len)
    }

    /// Takes foreign bytes, if they are an intset in every member.
    ///
    /// # Errors
    /// They are not.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, Damaged> {
        Intset::validate(&bytes, true)?;
        Ok(Intset { bytes })
    }

    /// The bytes, as they go into an RDB file.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Bytes held, unused ones included.
    pub fn mem_bytes(&self) -> usize {
        self.bytes.capacity()
    }

    /// Number of members.
    #[inline]
    pub fn len(&self) -> usize {
        u32::from_le_bytes([self.bytes[4], self.bytes[5], self.bytes[6], self.bytes[7]]) as usize
    }

    /// Whether there is no member.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The member at an index in ascending order.
    #[inline]
    pub fn get(&self, index: usize) -> Option<i64> {
        (index < self.len()).then(|| read(&self.bytes, self.width(), index))
    }

    /// The smallest member.
    pub fn min(&self) -> Option<i64> {
        self.get(0)
    }

    /// The largest member.
    pub fn max(&self) -> Option<i64> {
        self.get(self.len().wrapping_sub(1))
    }

    /// Whether a number is a member.
    #[inline]
    pub fn contains(&self, number: i64) -> bool {
        width_of(number) <= self.width() && self.search(number).is_ok()
    }

    /// Puts a number in; false when it was a member.
    pub fn add(&mut self, number: i64) -> bool {
        let width = width_of(number);
        let len = self.len();
        if width > self.width() {
            // Wider than all others: it belongs to one of the ends.
            let front = usize::from(number < 0);
            self.widen(width, front);
            self.write(if front == 1 { 0 } else { len }, number);
        } else {
            let Err(index) = self.search(number) else { return false };
            let (width, bytes) = (self.width(), self.bytes.len());
            let at = HEADER + index * width;
            grow_to(&mut self.bytes, bytes + width);
            self.bytes.resize(bytes + width, 0);
            self.bytes.copy_within(at..bytes, at + width);
            self.write(index, number);
        }
        self.set_len(len + 1);
        true
    }

    /// Takes a number out; false when it was no member.
    pub fn remove(&mut self, number: i64) -> bool {
        if width_of(number) > self.width() {
            return false;
        }
        let Ok(index) = self.search(number) else { return false };
        self.remove_at(index);
        true
    }

    /// Takes the member at an index out and returns it.
    pub fn remove_at(&mut self, index: usize) -> Option<i64> {
        let number = self.get(index)?;
        let (width, len) = (self.width(), self.len());
        let at = HEADER + index * width;
        self.bytes.copy_within(at + width.., at);
        self.bytes.truncate(self.bytes.len() - width);
        self.set_len(len - 1);
        give_back(&mut self.bytes);
        Some(number)
    }

    /// Keeps only the members that `keep` says yes to, in one pass.
    pub fn retain(&mut self, mut keep: impl FnMut(i64) -> bool) {
        let width = self.width();
        let mut kept = 0;
        for index in 0..self.len() {
            let number = read(&self.bytes, width, index);
            if keep(number) {
                self.write(kept, number);
                kept += 1;
            }
        }
        self.bytes.truncate(HEADER + kept * width);
        self.set_len(kept);
        give_back(&mut self.bytes);
    }

    /// A member, each as likely as any other.
    pub fn random(&self, rng: &mut Rng) -> Option<i64> {
        self.get(rng.below(self.len() as u64) as usize)
    }

    /// The members, ascending.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = i64> + ExactSizeIterator + '_ {
        let width = self.width();
        (0..self.len()).map(move |index| read(&self.bytes, width, index))
    }

    /// Where a number is, or where it would belong.
    fn search(&self, number: i64) -> Result<usize, usize> {
        let (width, len) = (self.width(), self.len());
        // Ascending ids are the common case.
        if len == 0 || number > read(&self.bytes, width, len - 1) {
            return Err(len);
        }
        let (mut low, mut high) = (0, len);
        while low < high {
            let middle = (low + high) / 2;
            let found = read(&self.bytes, width, middle);
            if found == number {
                return Ok(middle);
            }
            if found < number { low = middle + 1 } else { high = middle }
        }
        Err(low)
    }

    #[inline]
    fn width(&self) -> usize {
        usize::from(self.bytes[0])
    }

    fn set_len(&mut self, len: usize) {
        self.bytes[4..HEADER].copy_from_slice(&(len as u32).to_le_bytes());
    }

    /// Gives all members another width and makes room for one more, in front of them or behind.
    fn widen(&mut self, width: usize, front: usize) {
        let old = self.width();
        let len = self.len();
        let bytes = HEADER + (len + 1) * width;
        grow_to(&mut self.bytes, bytes);
        self.bytes.resize(bytes, 0);
        self.bytes[0] = width as u8;
        // From behind: a member's new place is never before its old one.
        for index in (0..len).rev() {
            let number = read(&self.bytes, old, index);
            self.write(index + front, number);
        }
    }

    /// Writes a member in the set's width, into a place that exists.
    fn write(&mut self, index: usize, number: i64) {
        let width = self.width();
        let at = HEADER + index * width;
        self.bytes[at..at + width].copy_from_slice(&number.to_le_bytes()[..width]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::Rng;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_bytes_are_those_of_redis() {
        let mut set = Intset::new();
        for number in [2, 1, 70_000] {
            assert!(set.add(number));
        }
        // SADD s 1 2 70000 dumped by redis-server 7.0.15.
        assert_eq!(set.as_bytes(), b"\x04\0\0\0\x03\0\0\0\x01\0\0\0\x02\0\0\0\x70\x11\x01\0");
        assert!(set.remove(70_000) && !set.remove(70_000) && !set.remove(1 << 40));
        assert_eq!(set.as_bytes(), b"\x04\0\0\0\x02\0\0\0\x01\0\0\0\x02\0\0\0", "the width stays");
    }

    #[test]
    fn widths_change_at_the_bounds_of_the_types() {
        let bounds = [(0x7fff, 2), (-0x8000, 2), (0x8000, 4), (-0x8001, 4), (0x7fff_ffff, 4)];
        for (number, width) in bounds.into_iter().chain([(0x8000_0000, 8), (i64::MIN, 8), (i64::MAX, 8)]) {
            let mut set = Intset::new();
            set.add(5);
            set.add(number);
            assert_eq!(usize::from(set.as_bytes()[0]), width, "{number}");
            assert_eq!(set.iter().collect::<BTreeSet<_>>(), BTreeSet::from([5, number]));
            assert_eq!(set.min(), Some(5.min(number)));
        }
    }

    #[test]
    fn damage_is_seen() {
        let bad: &[&[u8]] = &[
            b"",
            b"\x02\0\0\0\0\0\0\0",
            b"\x03\0\0\0\x01\0\0\0\0\0\0",
            b"\x02\0\0\0\x02\0\0\0\x01\0",
            b"\x02\0\0\0\x02\0\0\0\x01\0\x01\0",
            b"\x02\0\0\0\x02\0\0\0\x02\0\x01\0",
            b"\x08\0\0\0\xff\xff\xff\xff\x02\0\x01\0",
        ];
        for bytes in bad {
            assert_eq!(Intset::from_bytes(bytes.to_vec()), Err(Damaged), "{}", bytes.escape_ascii());
        }
        assert_eq!(Intset::validate(bad[5], false), Ok(2));
        let mut set = Intset::new();
        assert_eq!((set.min(), set.max(), set.random(&mut Rng::seeded(1))), (None, None, None));
        assert_eq!(set.remove_at(0), None);
    }

    fn number() -> impl Strategy<Value = i64> {
        let wide = (any::<i64>(), 0u32..64).prop_map(|(n, shift)| n >> shift);
        prop_oneof![4 => -20i64..20, 2 => -40_000i64..40_000, 1 => wide]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]

        #[test]
        fn it_is_a_sorted_set(steps in proptest::collection::vec((0u8..8, number()), 0..80)) {
            let (mut set, mut model) = (Intset::new(), BTreeSet::new());
            for (what, number) in steps {
                match what {
                    0..=3 => prop_assert_eq!(set.add(number), model.insert(number)),
                    4 | 5 => prop_assert_eq!(set.remove(number), model.remove(&number)),
                    6 => {
                        set.retain(|own| own & 3 != number & 3);
                        model.retain(|own| own & 3 != number & 3);
                    }
                    _ => prop_assert_eq!(set.contains(number), model.contains(&number)),
                }
                prop_assert!(set.iter().eq(model.iter().copied()));
                prop_assert_eq!((set.min(), set.max()), (model.first().copied(), model.last().copied()));
                if !model.is_empty() {
                    prop_assert_eq!(Intset::validate(set.as_bytes(), true), Ok(model.len()));
                }
            }
        }

        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(0u8..9, 0..60)) {
            if let Ok(set) = Intset::from_bytes(bytes) {
                prop_assert!(set.iter().is_sorted() && set.len() == set.iter().count());
            }
        }
    }
}
