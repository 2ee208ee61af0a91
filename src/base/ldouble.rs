//! The x87 80-bit `long double`, in software: what INCRBYFLOAT and HINCRBYFLOAT count in.
//!
//! Redis adds in `long double` and prints with `%.17Lf`, so `0.1 + 0.2` gives `0.3` where doubles would give
//! `0.30000000000000004`. Scripts see these digits, and replicas are sent them, so they have to be the same
//! to the last one. Rust has no such type; this is the part of it that is needed: read, add, print.
//!
//! A number is `mantissa * 2^exponent` with a mantissa of 64 bits, its top bit set except near the lower end
//! of the range (gradual underflow). Every operation rounds once, to nearest, ties to even, as the FPU does
//! by default.
//!
//! Cost: the usual numbers (up to 19 digits, powers of ten up to 27) are read with one 128-bit multiplication
//! or division and printed with one multiplication; nothing is allocated but the text. Longer ones go through
//! plain big integers: at most 5 KiB of digits, some ten thousand word operations.
//!
//! Source: Redis 7.2.4 behaviour (`string2ld`, `ld2string` in human mode); Intel SDM volume 1, 4.2.2.
//! The test's table was recorded from redis-server 7.0.15 on x86-64.

use std::cmp::Ordering;

use super::num::{HexFloat, is_infinity, parse_power};

/// Longest text that is read, as in Redis: one less than 5 KiB.
const MAX_TEXT: usize = 5 * 1024 - 1;
/// Exponent of the lowest bit of the smallest number.
const MIN_EXPONENT: i64 = -16445;
/// Power of two of the highest bit of the largest number.
const MAX_TOP: i64 = 16383;
/// Digits after the point when printed.
const FRACTION_DIGITS: u32 = 17;

/// An 80-bit extended number, infinities and NaN included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LongDouble {
    negative: bool,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Finite { mantissa: u64, exponent: i64 },
    Infinite,
    Nan,
}

impl LongDouble {
    /// Zero.
    pub const ZERO: LongDouble =
        LongDouble { negative: false, kind: Kind::Finite { mantissa: 0, exponent: MIN_EXPONENT } };

    /// The number itself: every `i64` is exact here.
    pub fn from_i64(value: i64) -> Self {
        Self::rounded(value < 0, u128::from(value.unsigned_abs()), 0, false)
    }

    /// The number itself: every finite `f64` is exact here.
    pub fn from_f64(value: f64) -> Self {
        let negative = value.is_sign_negative();
        if value.is_nan() {
            return LongDouble { negative: false, kind: Kind::Nan };
        }
        if value.is_infinite() {
            return LongDouble { negative, kind: Kind::Infinite };
        }
        let (power, fraction) = ((value.to_bits() >> 52 & 0x7ff) as i64, value.to_bits() & ((1 << 52) - 1));
        let mantissa = if power == 0 { fraction } else { fraction | 1 << 52 };
        Self::rounded(negative, u128::from(mantissa), power.max(1) - 1075, false)
    }

    /// Reads a whole text as C's `strtold` does: decimal, hexadecimal or infinite. Refused are blanks, NaN, a
    /// number that overflows to infinity or underflows to zero, and texts of 5 KiB and more.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() > MAX_TEXT {
            return None;
        }
        let (negative, body) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        if is_infinity(body) {
            return Some(LongDouble { negative, kind: Kind::Infinite });
        }
        if let [b'0', b'x' | b'X', digits @ ..] = body {
            let hex = HexFloat::parse(digits)?;
            let number = Self::rounded(negative, hex.mantissa, hex.exponent, hex.sticky);
            return number.in_range(hex.mantissa == 0);
        }
        let decimal = Decimal::parse(body)?;
        decimal.to_binary(negative)?.in_range(decimal.digits.is_empty())
    }

    /// C's range error: infinite, or zero although the text was not.
    fn in_range(self, zero: bool) -> Option<Self> {
        match self.kind {
            Kind::Finite { mantissa, .. } => (mantissa != 0 || zero).then_some(self),
            _ => None,
        }
    }

    /// `mantissa * 2^exponent`, with `sticky` for a rest below the lowest bit, rounded to 64 bits.
    fn rounded(negative: bool, mantissa: u128, exponent: i64, sticky: bool) -> Self {
        if mantissa == 0 {
            return LongDouble { negative, ..Self::ZERO };
        }
        let shift = mantissa.leading_zeros();
        let mantissa = mantissa << shift;
        // Exponent of the lowest bit kept; below the normal range fewer bits are kept.
        let normal = exponent.saturating_sub(i64::from(shift)).saturating_add(64);
        let mut exponent = normal.max(MIN_EXPONENT);
        let dropped = 64 + exponent.saturating_sub(normal);
        let (mut kept, rest_vs_half) = split(mantissa, dropped);
        let up = match rest_vs_half {
            Ordering::Greater => true,
            Ordering::Equal => sticky || kept & 1 == 1,
            Ordering::Less => false,
        };
        kept += u128::from(up);
        if kept >> 64 != 0 {
            kept >>= 1;
            exponent += 1;
        }
        if exponent.saturating_add(63) > MAX_TOP {
            return LongDouble { negative, kind: Kind::Infinite };
        }
        LongDouble { negative, kind: Kind::Finite { mantissa: kept as u64, exponent } }
    }

    /// False for the infinities and NaN.
    pub fn is_finite(self) -> bool {
        matches!(self.kind, Kind::Finite { .. })
    }

    /// A thousand times the number, rounded once and then up to the next integer: seconds as milliseconds.
    /// `None`: more than an `i64` holds, or no number. What is too small is `i64::MIN`.
    pub fn thousandfold_ceil(self) -> Option<i64> {
        let Kind::Finite { mantissa, exponent } = self.kind else {
            return (self.negative && self.kind == Kind::Infinite).then_some(i64::MIN);
        };
        let product = Self::rounded(self.negative, u128::from(mantissa) * 1000, exponent, false);
        let whole = match product.kind {
            // Of 64 bits, the top one set.
            Kind::Finite { exponent: 0.., .. } => u64::MAX,
            Kind::Finite { mantissa, exponent } => {
                let bits = exponent.unsigned_abs().min(64) as u32;
                let floor = mantissa.checked_shr(bits).unwrap_or(0);
                let exact = floor.checked_shl(bits).unwrap_or(0) == mantissa;
                // Up is towards zero for a negative number.
                if exact || product.negative { floor } else { floor + 1 }
            }
            _ => u64::MAX,
        };
        match (product.negative, i64::try_from(whole)) {
            (false, whole) => whole.ok(),
            (true, Ok(whole)) => Some(-whole),
            (true, Err(_)) => Some(i64::MIN),
        }
    }

    /// The rounded sum.
    // A named step of the protocol; the operator would invite mixing it with other arithmetic.
    #[allow(clippy::should_implement_trait)]
    pub fn add(self, other: Self) -> Self {
        match (self.kind, other.kind) {
            (Kind::Nan, _) | (_, Kind::Nan) => LongDouble { negative: false, kind: Kind::Nan },
            (Kind::Infinite, Kind::Infinite) if self.negative != other.negative => {
                LongDouble { negative: false, kind: Kind::Nan }
            }
            (Kind::Infinite, _) => self,
            (_, Kind::Infinite) => other,
            (Kind::Finite { mantissa: m1, exponent: e1 }, Kind::Finite { mantissa: m2, exponent: e2 }) => {
                if e1 >= e2 {
                    add_finite((self.negative, m1, e1), (other.negative, m2, e2))
                } else {
                    add_finite((other.negative, m2, e2), (self.negative, m1, e1))
                }
            }
        }
    }

    /// Prints as `%.17Lf` with the zeros at the end cut off (and the point, if nothing follows); `-0` becomes
    /// `0`.
    pub fn to_human(self) -> String {
        let (mantissa, exponent) = match self.kind {
            Kind::Nan => return "nan".into(),
            Kind::Infinite => return if self.negative { "-inf".into() } else { "inf".into() },
            Kind::Finite { mantissa, exponent } => (mantissa, exponent),
        };
        let sign = if self.negative { "-" } else { "" };
        if exponent >= 0 {
            return if exponent <= 64 {
                format!("{sign}{}", u128::from(mantissa) << exponent)
            } else {
                let mut whole = Big(vec![mantissa]);
                whole.shift_left(exponent as usize);
                format!("{sign}{}", whole.into_decimal())
            };
        }
        const SCALE: u128 = 10u128.pow(FRACTION_DIGITS);
        let (kept, rest_vs_half) = split(u128::from(mantissa) * SCALE, -exponent);
        let up = match rest_vs_half {
            Ordering::Greater => true,
            Ordering::Equal => kept & 1 == 1,
            Ordering::Less => false,
        };
        let kept = kept + u128::from(up);
        if kept == 0 {
            return "0".into();
        }
        let (whole, fraction) = (kept / SCALE, kept % SCALE);
        if fraction == 0 {
            return format!("{sign}{whole}");
        }
        let text = format!("{sign}{whole}.{fraction:017}");
        text.trim_end_matches('0').to_string()
    }
}

/// Cuts the lowest `dropped` (≥ 1) bits off: what remains, and how the cut part compares with one half.
fn split(value: u128, dropped: i64) -> (u128, Ordering) {
    match dropped {
        ..128 => {
            let half = 1u128 << (dropped - 1);
            (value >> dropped, (value & (half * 2 - 1)).cmp(&half))
        }
        128 => (0, value.cmp(&(1 << 127))),
        _ => (0, Ordering::Less),
    }
}

/// Adds two finite numbers (sign, mantissa, exponent), the first with the higher exponent.
fn add_finite(high: (bool, u64, i64), low: (bool, u64, i64)) -> LongDouble {
    let distance = high.2 - low.2;
    // 63 more bits below, one free above for the carry.
    let a = u128::from(high.1) << 63;
    let wide = u128::from(low.1) << 63;
    let (b, sticky) = match distance {
        0..128 => (wide >> distance, wide & ((1 << distance) - 1) != 0),
        _ => (0, wide != 0),
    };
    let exponent = high.2 - 63;
    if high.0 == low.0 {
        return LongDouble::rounded(high.0, a + b, exponent, sticky);
    }
    match a.cmp(&b) {
        Ordering::Equal => LongDouble::ZERO,
        // What was cut off b makes the difference smaller by a part of the lowest bit.
        Ordering::Greater => LongDouble::rounded(high.0, a - b - u128::from(sticky), exponent, sticky),
        // Only at equal exponents, where nothing was cut off.
        Ordering::Less => LongDouble::rounded(low.0, b - a, exponent, false),
    }
}

/// A decimal text taken apart: `digits * 10^power`, digits without zeros at either end (none for zero).
struct Decimal {
    digits: Vec<u8>,
    power: i64,
}

impl Decimal {
    fn parse(text: &[u8]) -> Option<Self> {
        let (mut digits, mut power) = (Vec::with_capacity(text.len().min(64)), 0i64);
        let (mut seen_digit, mut seen_dot, mut at) = (false, false, 0);
        while let Some(&byte) = text.get(at) {
            match byte {
                b'.' if !seen_dot => seen_dot = true,
                b'0'..=b'9' => {
                    seen_digit = true;
                    power -= i64::from(seen_dot);
                    if byte != b'0' || !digits.is_empty() {
                        digits.push(byte - b'0');
                    }
                }
                _ => break,
            }
            at += 1;
        }
        if !seen_digit {
            return None;
        }
        match text.get(at) {
            None => {}
            Some(b'e' | b'E') => power += parse_power(&text[at + 1..])?,
            Some(_) => return None,
        }
        while digits.last() == Some(&0) {
            digits.pop();
            power += 1;
        }
        Some(Decimal { digits, power })
    }

    /// The nearest number; `None` when it is far outside of the range.
    fn to_binary(&self, negative: bool) -> Option<LongDouble> {
        let top = self.power + self.digits.len() as i64;
        if self.digits.is_empty() {
            return Some(LongDouble { negative, ..LongDouble::ZERO });
        }
        if !(-5000..5000).contains(&top) {
            return None;
        }
        if self.digits.len() <= 19 && (-27..=27).contains(&self.power) {
            return Some(self.short_to_binary(negative));
        }
        let mut value = Big(Vec::new());
        for chunk in self.digits.chunks(19) {
            let number = chunk.iter().fold(0u64, |sum, &digit| sum * 10 + u64::from(digit));
            value.multiply_add(10u64.pow(chunk.len() as u32), number);
        }
        if self.power >= 0 {
            value.multiply_pow5(self.power as u32);
            let (mantissa, exponent, sticky) = value.top();
            return Some(LongDouble::rounded(negative, mantissa, exponent + self.power, sticky));
        }
        let mut divisor = Big(vec![1]);
        divisor.multiply_pow5(self.power.unsigned_abs() as u32);
        let (quotient, exponent, sticky) = value.divide(divisor);
        Some(LongDouble::rounded(negative, quotient, exponent + self.power, sticky))
    }

    /// Up to 19 digits and a power of ten whose odd part fits in 63 bits: exact in 128 bits.
    fn short_to_binary(&self, negative: bool) -> LongDouble {
        let digits = self.digits.iter().fold(0u64, |sum, &digit| sum * 10 + u64::from(digit));
        let fives = 5u64.pow(self.power.unsigned_abs() as u32);
        if self.power >= 0 {
            return LongDouble::rounded(negative, u128::from(digits) * u128::from(fives), self.power, false);
        }
        // Highest bit at 127 before dividing by less than 2^63: the quotient has 65 bits at least.
        let shift = digits.leading_zeros() + 64;
        let scaled = u128::from(digits) << shift;
        let (quotient, rest) = (scaled / u128::from(fives), scaled % u128::from(fives));
        LongDouble::rounded(negative, quotient, self.power - i64::from(shift), rest != 0)
    }
}

/// A natural number of any size: 64-bit limbs, lowest first, no zero limb at the top.
struct Big(Vec<u64>);

impl Big {
    /// `self * factor + addend`
    fn multiply_add(&mut self, factor: u64, addend: u64) {
        let mut carry = u128::from(addend);
        for limb in &mut self.0 {
            carry += u128::from(*limb) * u128::from(factor);
            *limb = carry as u64;
            carry >>= 64;
        }
        if carry != 0 {
            self.0.push(carry as u64);
        }
    }

    fn multiply_pow5(&mut self, power: u32) {
        for _ in 0..power / 27 {
            self.multiply_add(5u64.pow(27), 0);
        }
        self.multiply_add(5u64.pow(power % 27), 0);
    }

    fn shift_left(&mut self, bits: usize) {
        self.multiply_add(1 << (bits % 64), 0);
        self.0.splice(0..0, std::iter::repeat_n(0, bits / 64));
    }

    /// Halves; the lowest bit is lost.
    fn shift_right_one(&mut self) {
        let mut carry = 0;
        for limb in self.0.iter_mut().rev() {
            let low = *limb << 63;
            *limb = *limb >> 1 | carry;
            carry = low;
        }
        self.trim();
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    fn bits(&self) -> i64 {
        self.0.last().map_or(0, |top| self.0.len() as i64 * 64 - i64::from(top.leading_zeros()))
    }

    /// The highest two limbs, the exponent of their lowest bit, and whether anything is below.
    fn top(&self) -> (u128, i64, bool) {
        match self.0.as_slice() {
            [] => (0, 0, false),
            [low] => (u128::from(*low), 0, false),
            [below @ .., low, high] => {
                // With a small highest limb these are 65 bits at least: enough to round to 64 with the sticky
                // bit.
                let mantissa = u128::from(*high) << 64 | u128::from(*low);
                (mantissa, below.len() as i64 * 64, below.iter().any(|&limb| limb != 0))
            }
        }
    }

    fn at_least(&self, other: &Big) -> bool {
        match self.0.len().cmp(&other.0.len()) {
            Ordering::Equal => self.0.iter().rev().cmp(other.0.iter().rev()) != Ordering::Less,
            unequal => unequal == Ordering::Greater,
        }
    }

    /// `self - other`, which must not be larger.
    fn subtract(&mut self, other: &Big) {
        let mut borrow = false;
        for (at, limb) in self.0.iter_mut().enumerate() {
            let (once, under) = limb.overflowing_sub(other.0.get(at).copied().unwrap_or(0));
            let (twice, again) = once.overflowing_sub(u64::from(borrow));
            *limb = twice;
            borrow = under || again;
        }
        self.trim();
    }

    /// `self / divisor` as a mantissa of about 100 bits with its exponent, and whether there is a rest. Bit
    /// by bit: a hundred steps are nothing for a text that nobody writes.
    fn divide(mut self, mut divisor: Big) -> (u128, i64, bool) {
        const BITS: i64 = 100;
        let shift = BITS - self.bits() + divisor.bits();
        if shift >= 0 {
            self.shift_left(shift as usize);
        } else {
            divisor.shift_left(-shift as usize);
        }
        divisor.shift_left(BITS as usize + 1);
        let mut quotient = 0u128;
        for _ in 0..=BITS + 1 {
            quotient <<= 1;
            if self.at_least(&divisor) {
                self.subtract(&divisor);
                quotient |= 1;
            }
            divisor.shift_right_one();
        }
        (quotient, -shift, !self.0.is_empty())
    }

    /// All decimal digits (consumes the number limb by limb).
    fn into_decimal(mut self) -> String {
        const CHUNK: u128 = 10u128.pow(19);
        let mut chunks = Vec::new();
        while !self.0.is_empty() {
            let mut rest = 0u128;
            for limb in self.0.iter_mut().rev() {
                let value = rest << 64 | u128::from(*limb);
                *limb = (value / CHUNK) as u64;
                rest = value % CHUNK;
            }
            chunks.push(rest as u64);
            self.trim();
        }
        let mut text = chunks.pop().unwrap_or(0).to_string();
        for chunk in chunks.iter().rev() {
            text.push_str(&format!("{chunk:019}"));
        }
        text
    }
}

#[cfg(test)]
mod tests;
