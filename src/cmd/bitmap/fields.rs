//! Integers of 1 to 64 bits that begin at any bit of a string.
//!
//! The highest bit comes first, so at byte borders a field is a big-endian number. Reading and writing go
//! through the up to nine bytes that a field touches, gathered in one 128-bit word; no loop over bits.
//!
//! What happens to a number that does not fit follows Redis 7.2.4 (`checkSignedBitfieldOverflow`,
//! `checkUnsignedBitfieldOverflow`): it wraps, it stops at the nearest end of the range, or nothing is
//! written. Sums are made in 128 bits, so they cannot overflow here. One oddity is kept on purpose, see
//! [`Kind::fit`].

use crate::base::num::parse_i64;
use crate::resp::errors::CmdError;

const BAD_KIND: CmdError = CmdError::fixed(
    "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.",
);

/// Bytes that a field can touch.
const WINDOW: usize = 9;

/// Width and sign of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kind {
    pub signed: bool,
    /// 1 to 64, unsigned 1 to 63.
    pub bits: u32,
}

/// What is done about numbers that do not fit.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Overflow {
    #[default]
    Wrap,
    Sat,
    Fail,
}

impl Kind {
    /// Reads `i8`, `u16` and the like; a NUL byte ends the text.
    ///
    /// # Errors
    /// Another letter, or a width that there is not.
    pub fn parse(text: &[u8]) -> Result<Kind, CmdError> {
        let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
        let (signed, max, digits) = match text {
            [b'i', digits @ ..] => (true, 64, digits),
            [b'u', digits @ ..] => (false, 63, digits),
            _ => return Err(BAD_KIND),
        };
        let bits = parse_i64(digits).filter(|bits| (1..=max).contains(bits)).ok_or(BAD_KIND)?;
        Ok(Kind { signed, bits: bits as u32 })
    }

    /// The smallest and the largest number.
    fn ends(self) -> (i128, i128) {
        if self.signed {
            let half = 1i128 << (self.bits - 1);
            (-half, half - 1)
        } else {
            (0, (1i128 << self.bits) - 1)
        }
    }

    /// The lowest bits of a word as a number.
    fn number(self, word: u128) -> i64 {
        let unused = 64 - self.bits;
        let top = (word as u64) << unused;
        if self.signed { top as i64 >> unused } else { (top >> unused) as i64 }
    }

    /// The number to store for `base + increment`; `None`: it does not fit, and is not to be stored.
    ///
    /// `base` is what the field holds or, with an increment of 0, what it is to hold. Redis notices by an
    /// addition in 64 bits that a signed number is too large; a number near the smallest one of 64 bits wraps
    /// in it, so it counts as too large, not too small, and `SAT` makes the largest one of it. So here.
    pub fn fit(self, base: i64, increment: i64, overflow: Overflow) -> Option<i64> {
        let exact =
            if self.signed { i128::from(base) } else { i128::from(base as u64) } + i128::from(increment);
        let (min, max) = self.ends();
        if (min..=max).contains(&exact) {
            return Some(exact as i64);
        }
        match overflow {
            Overflow::Fail => None,
            Overflow::Wrap => Some(self.number(exact as u128)),
            Overflow::Sat => {
                let wraps = self.bits < 64 && increment == 0 && max - exact > i128::from(i64::MAX);
                Some(if exact > max || wraps { max } else { min } as i64)
            }
        }
    }
}

/// The bytes of a field that exist, first and one past the last.
fn window(bytes: &[u8], at: u64) -> std::ops::Range<usize> {
    let first = usize::try_from(at >> 3).unwrap_or(usize::MAX).min(bytes.len());
    first..bytes.len().min(first.saturating_add(WINDOW))
}

/// How far up in the window's word the field's lowest bit is.
fn shift(at: u64, kind: Kind) -> u32 {
    128 - (at & 7) as u32 - kind.bits
}

fn load(bytes: &[u8]) -> u128 {
    let mut word = [0; 16];
    word[..bytes.len()].copy_from_slice(bytes);
    u128::from_be_bytes(word)
}

/// The field at bit `at`; beyond the end of the bytes there are zeroes.
pub fn get(bytes: &[u8], at: u64, kind: Kind) -> i64 {
    let word = load(&bytes[window(bytes, at)]);
    kind.number(word >> shift(at, kind))
}

/// Writes the lowest bits of a number to the field at bit `at`, which lies within the bytes.
pub fn set(bytes: &mut [u8], at: u64, kind: Kind, number: i64) {
    let window = window(bytes, at);
    let shift = shift(at, kind);
    let mask = (u128::from(u64::MAX) >> (64 - kind.bits)) << shift;
    let word = load(&bytes[window.clone()]) & !mask | ((number as u128) << shift) & mask;
    let len = window.len();
    bytes[window].copy_from_slice(&word.to_be_bytes()[..len]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn kinds() -> impl Strategy<Value = Kind> {
        (any::<bool>(), 1u32..=64)
            .prop_map(|(signed, bits)| Kind { signed, bits: if signed { bits } else { bits.min(63) } })
    }

    fn numbers() -> impl Strategy<Value = i64> {
        let near = |end: i64| (-200i64..200).prop_map(move |by| end.saturating_add(by));
        prop_oneof![any::<i64>(), near(0), near(i64::MAX), near(i64::MIN), (0u32..64).prop_map(|n| 1i64 << n)]
    }

    /// Bit by bit, as the definition goes.
    fn get_slowly(bytes: &[u8], at: u64, kind: Kind) -> i128 {
        let mut number = 0i128;
        for bit in at..at + u64::from(kind.bits) {
            let byte = bytes.get((bit / 8) as usize).copied().unwrap_or(0);
            number = number * 2 + i128::from(byte >> (7 - bit % 8) & 1);
        }
        if kind.signed && number >> (kind.bits - 1) != 0 { number - (1 << kind.bits) } else { number }
    }

    proptest! {
        #[test]
        fn reads_what_the_bits_say(bytes in vec(any::<u8>(), 0..24), at in 0u64..300, kind in kinds()) {
            prop_assert_eq!(i128::from(get(&bytes, at, kind)), get_slowly(&bytes, at, kind));
        }

        #[test]
        fn writes_its_own_bits_only(
            bytes in vec(any::<u8>(), 9..30), at in 0u64..170, kind in kinds(), number in numbers()
        ) {
            let at = at.min(bytes.len() as u64 * 8 - u64::from(kind.bits));
            let mut written = bytes.clone();
            set(&mut written, at, kind, number);
            let back = get(&written, at, kind);
            let modulus = 1i128 << kind.bits;
            prop_assert_eq!((i128::from(back) - i128::from(number)).rem_euclid(modulus), 0);
            set(&mut written, at, kind, get(&bytes, at, kind));
            prop_assert_eq!(written, bytes);
        }

        #[test]
        fn sums_are_those_of_wide_integers(
            held in numbers(), by in numbers(), kind in kinds(),
            overflow in prop_oneof![Just(Overflow::Wrap), Just(Overflow::Sat), Just(Overflow::Fail)]
        ) {
            // What a field holds is within its range.
            let held = kind.number(held as u128);
            let sum = i128::from(held) + i128::from(by);
            let (min, max) = kind.ends();
            let modulus = 1i128 << kind.bits;
            let want = match overflow {
                Overflow::Wrap => Some((sum - min).rem_euclid(modulus) + min),
                Overflow::Sat => Some(sum.clamp(min, max)),
                Overflow::Fail => (min..=max).contains(&sum).then_some(sum),
            };
            prop_assert_eq!(kind.fit(held, by, overflow).map(i128::from), want);
        }
    }

    #[test]
    fn a_number_to_be_set_may_be_any() {
        let i8 = Kind { signed: true, bits: 8 };
        let u8 = Kind { signed: false, bits: 8 };
        assert_eq!(i8.fit(-129, 0, Overflow::Sat), Some(-128));
        assert_eq!(i8.fit(128, 0, Overflow::Sat), Some(127));
        assert_eq!(i8.fit(i64::MIN, 0, Overflow::Sat), Some(127), "Redis' own overflow");
        assert_eq!(i8.fit(i64::MIN + 127, 0, Overflow::Sat), Some(127), "Redis' own overflow");
        assert_eq!(i8.fit(i64::MIN + 128, 0, Overflow::Sat), Some(-128));
        assert_eq!(i8.fit(i64::MIN, 0, Overflow::Wrap), Some(0));
        assert_eq!(u8.fit(-1, 0, Overflow::Sat), Some(255), "taken as unsigned");
        assert_eq!(u8.fit(-1, 0, Overflow::Wrap), Some(255));
        assert_eq!(u8.fit(-1, 0, Overflow::Fail), None);
        assert_eq!(u8.fit(0, -1, Overflow::Sat), Some(0));
        let i64_ = Kind { signed: true, bits: 64 };
        assert_eq!(i64_.fit(i64::MIN, 0, Overflow::Fail), Some(i64::MIN));
        assert_eq!(i64_.fit(i64::MAX, 1, Overflow::Wrap), Some(i64::MIN));
    }

    #[test]
    fn kinds_have_their_limits() {
        assert_eq!(Kind::parse(b"i64"), Ok(Kind { signed: true, bits: 64 }));
        assert_eq!(Kind::parse(b"u63"), Ok(Kind { signed: false, bits: 63 }));
        assert_eq!(Kind::parse(b"u8\0x"), Ok(Kind { signed: false, bits: 8 }));
        for text in
            ["u64", "i65", "i0", "u", "", "x8", "I8", "u-1", "u08", "u+8", "i 8", "i9223372036854775808"]
        {
            assert_eq!(Kind::parse(text.as_bytes()), Err(BAD_KIND), "{text}");
        }
    }
}
