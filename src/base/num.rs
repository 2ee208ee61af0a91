//! Numbers as Redis reads and prints them.
//!
//! What: strict integers (`INCR`, list indexes, lengths), lenient unsigned integers (stream ids, cursors),
//! doubles (scores, timeouts), memory amounts of the configuration (`1gb`) and their human form in `INFO`.
//!
//! Why by hand: each of these forms is a promise of the protocol. An integer is accepted only when printing
//! it gives the same bytes again, which is also what allows a value to be stored as an integer. A double is
//! printed in the shortest digits that read back as the same double (`0.1`, where Redis 7.0 printed
//! `0.10000000000000001`), laid out as Redis 7.2 does: see [`push_f64`].
//!
//! Cost: parsing and printing integers allocates nothing; doubles neither, save for hexadecimal curiosities.
//!
//! Deviation: Redis 7.2 prints doubles through Grisu2, which for about one double in two hundred does not
//! find the shortest (or closest) digits: `3.0276375579785578e-19` for `3.027637557978558e-19`. We always
//! print the shortest; both read back as the same double.
//!
//! Source: Redis 7.2.4 behaviour (`util.c`, `fpconv`),
//! <https://redis.io/docs/latest/develop/reference/protocol-spec/>.

/// Room for one printed integer; see [`fmt_i64`].
#[derive(Default)]
pub struct IntBuf(itoa::Buffer);

impl IntBuf {
    /// An empty buffer (40 bytes on the stack, nothing to initialise).
    #[inline]
    pub fn new() -> Self {
        IntBuf(itoa::Buffer::new())
    }
}

/// Prints `value` in base ten into `buf` and returns the bytes.
#[inline]
pub fn fmt_i64(value: i64, buf: &mut IntBuf) -> &[u8] {
    buf.0.format(value).as_bytes()
}

/// As [`fmt_i64`], for the whole unsigned range (offsets, stream ids, cursors).
#[inline]
pub fn fmt_u64(value: u64, buf: &mut IntBuf) -> &[u8] {
    buf.0.format(value).as_bytes()
}

/// Appends `value` in base ten.
#[inline]
pub fn push_i64(out: &mut Vec<u8>, value: i64) {
    if (0..10).contains(&value) {
        out.push(b'0' + value as u8);
        return;
    }
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends `value` in base ten.
#[inline]
pub fn push_u64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Number of characters `value` prints to, sign included.
#[inline]
pub fn digits_i64(value: i64) -> usize {
    let magnitude = value.unsigned_abs();
    let digits = magnitude.checked_ilog10().unwrap_or(0) as usize + 1;
    digits + usize::from(value < 0)
}

/// Reads an integer that is written exactly as Redis would print it: no `+`, no blanks, no leading zeros, no
/// `-0`, within the range of `i64`. (Redis: `string2ll`.)
#[inline]
pub fn parse_i64(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let first = *digits.first()?;
    if first == b'0' {
        return (text.len() == 1).then_some(0);
    }
    if digits.len() > 19 {
        return None;
    }
    // Nineteen digits fit in u64 (10^19 - 1 < 2^64), so no step needs an overflow check.
    let mut value: u64 = 0;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    if negative {
        (value <= 1 << 63).then(|| (value as i64).wrapping_neg())
    } else {
        i64::try_from(value).ok()
    }
}

/// Reads an unsigned integer as Redis' `string2ull` does: a strict integer first (a negative one is refused),
/// else whatever C's `strtoull` takes whole, so blanks in front, `+`, leading zeros and the range up to
/// 2^64-1 pass.
pub fn parse_u64(text: &[u8]) -> Option<u64> {
    match parse_i64(text) {
        Some(value) => u64::try_from(value).ok(),
        None => strtoull(text),
    }
}

/// Reads a SCAN cursor: as C's `strtoul` over the text up to its first NUL, blanks in front refused, `-5`
/// meaning 2^64-5 and no text at all 0.
pub fn parse_cursor(text: &[u8]) -> Option<u64> {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    match text.first() {
        None => Some(0),
        Some(&byte) if is_space(byte) => None,
        Some(_) => strtoull(text),
    }
}

/// C's `strtoull(text, 10)` when it consumes everything and reports no error.
fn strtoull(text: &[u8]) -> Option<u64> {
    let start = text.iter().position(|&byte| !is_space(byte))?;
    let (negative, digits) = match &text[start..] {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value: u64 = 0;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(if negative { value.wrapping_neg() } else { value })
}

/// C's `isspace` in the "C" locale.
#[inline]
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Reads a double as Redis' `string2d` does: `strtod` over the whole text. Decimal, hexadecimal (`0x1.8p3`),
/// `inf` and `infinity` in any case pass; NaN, blanks, an overflow to infinity and an underflow to zero do
/// not.
pub fn parse_f64(text: &[u8]) -> Option<f64> {
    // Small integers are the usual score; this path also avoids UTF-8 validation.
    if text.len() <= 15
        && let Some(value) = parse_i64(text)
    {
        return Some(value as f64);
    }
    let (negative, body) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let value = match body {
        [b'0', b'x' | b'X', digits @ ..] => HexFloat::parse(digits)?.to_f64()?,
        [b'0'..=b'9' | b'.', ..] => parse_decimal(body)?,
        _ if is_infinity(body) => f64::INFINITY,
        _ => return None,
    };
    Some(if negative { -value } else { value })
}

/// True for `inf` and `infinity` in any case (the sign already removed).
pub(super) fn is_infinity(text: &[u8]) -> bool {
    text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity")
}

fn parse_decimal(text: &[u8]) -> Option<f64> {
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    let lost = value == 0.0
        && text.iter().take_while(|&&byte| byte | 0x20 != b'e').any(|byte| (b'1'..=b'9').contains(byte));
    (value.is_finite() && !lost).then_some(value)
}

/// A hexadecimal float as C writes it, after `0x`: `mantissa * 2^exponent`, with the digits that did not fit
/// kept as one sticky bit, which is all that rounding needs to know of them.
pub(super) struct HexFloat {
    pub mantissa: u128,
    pub exponent: i64,
    pub sticky: bool,
}

impl HexFloat {
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut float = HexFloat { mantissa: 0, exponent: 0, sticky: false };
        let (mut seen_digit, mut seen_dot, mut at) = (false, false, 0);
        while let Some(&byte) = text.get(at) {
            if byte == b'.' && !seen_dot {
                seen_dot = true;
            } else if let Some(digit) = (byte as char).to_digit(16) {
                seen_digit = true;
                if float.mantissa >> 124 == 0 {
                    float.mantissa = float.mantissa << 4 | u128::from(digit);
                    float.exponent -= if seen_dot { 4 } else { 0 };
                } else {
                    float.sticky |= digit != 0;
                    float.exponent += if seen_dot { 0 } else { 4 };
                }
            } else {
                break;
            }
            at += 1;
        }
        if !seen_digit {
            return None;
        }
        if let Some((b'p' | b'P', power)) = text.get(at..)?.split_first() {
            float.exponent = float.exponent.saturating_add(parse_power(power)?);
            at = text.len();
        }
        (at == text.len()).then_some(float)
    }

    /// Rounds to the nearest double, ties to even; `None` where C reports a range error with infinity or
    /// zero.
    fn to_f64(&self) -> Option<f64> {
        if self.mantissa == 0 {
            return Some(0.0);
        }
        let shift = self.mantissa.leading_zeros();
        let wide = self.mantissa << shift;
        let (mantissa, sticky) = ((wide >> 64) as u64, self.sticky || wide as u64 != 0);
        // value = mantissa * 2^exponent
        let exponent = self.exponent.saturating_sub(i64::from(shift)).saturating_add(64);
        let top = exponent.saturating_add(63); // power of the highest bit
        if !(-1075..1024).contains(&top) {
            return None;
        }
        // Bits that a double keeps: 53, fewer below 2^-1022.
        let keep = (53 + (top + 1022).min(0)) as u32;
        let dropped = 64 - keep;
        let kept = if keep == 0 { 0 } else { mantissa >> dropped };
        let rest = if keep == 0 { mantissa } else { mantissa << keep };
        let up = rest > 1 << 63 || (rest == 1 << 63 && (sticky || kept & 1 == 1));
        let rounded = kept + u64::from(up);
        // Exact: at most 53 bits, and the scale is split so that no factor leaves the range on its own.
        let power = exponent + i64::from(dropped);
        let value = rounded as f64 * pow2(power / 2) * pow2(power - power / 2);
        (value.is_finite() && value != 0.0).then_some(value)
    }
}

fn pow2(power: i64) -> f64 {
    2f64.powi(power as i32)
}

/// Reads the exponent of a float, saturating far outside of every range: `+12`, `-7`, `99999999999`.
pub(super) fn parse_power(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value: i64 = 0;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = (value * 10 + i64::from(digit)).min(1 << 40);
    }
    Some(if negative { -value } else { value })
}

/// Appends a double as Redis 7.2 prints it (`d2string`): `nan`, `inf`, `-inf`, `-0`; whole numbers below 2^62
/// as integers; else the shortest digits, in plain form while few zeros are needed (`1e-5` is `0.00001`),
/// otherwise with an exponent (`1e+21`, `1.5e-9`).
pub fn push_f64(out: &mut Vec<u8>, value: f64) {
    if value.is_nan() {
        return out.extend_from_slice(b"nan");
    }
    if value.is_infinite() {
        return out.extend_from_slice(if value > 0.0 { b"inf" } else { b"-inf" });
    }
    if value == 0.0 {
        return out.extend_from_slice(if value.is_sign_negative() { b"-0" } else { b"0" });
    }
    const SAFE: f64 = (i64::MAX / 2) as f64;
    if value.abs() <= SAFE && value as i64 as f64 == value {
        return push_i64(out, value as i64);
    }
    push_shortest(out, value);
}

/// [`push_f64`] for a finite, non-zero value without the integer short cut: what scripts and RDB text use
/// too.
pub fn push_shortest(out: &mut Vec<u8>, value: f64) {
    if value < 0.0 {
        out.push(b'-');
    }
    let mut buf = ryu::Buffer::new();
    let (digits, count, scale) = shortest_digits(buf.format_finite(value.abs()).as_bytes());
    let digits = &digits[..count];
    let power = scale + count as i32 - 1; // of the first digit
    if scale >= 0 && power.abs() < count as i32 + 7 {
        out.extend_from_slice(digits);
        out.resize(out.len() + scale as usize, b'0');
    } else if scale < 0 && (scale > -7 || power.abs() < 4) {
        let whole = count as i32 + scale;
        if whole <= 0 {
            out.extend_from_slice(b"0.");
            out.resize(out.len() + -whole as usize, b'0');
            out.extend_from_slice(digits);
        } else {
            let (left, right) = digits.split_at(whole as usize);
            out.extend_from_slice(left);
            out.push(b'.');
            out.extend_from_slice(right);
        }
    } else {
        out.push(digits[0]);
        if count > 1 {
            out.push(b'.');
            out.extend_from_slice(&digits[1..]);
        }
        out.extend_from_slice(if power < 0 { b"e-" } else { b"e+" });
        push_i64(out, i64::from(power.abs()));
    }
}

/// Takes apart what the shortest-float printer wrote (`12.5`, `1e21`, `1.5e-9`, `3.0`): significant digits
/// without zeros at either end, their count, and the power of ten of the last one.
fn shortest_digits(text: &[u8]) -> ([u8; 24], usize, i32) {
    let (mut digits, mut count, mut scale) = ([0u8; 24], 0, 0i32);
    let mut after_dot = false;
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b'.' => after_dot = true,
            b'e' => {
                scale += parse_power(&text[at + 1..]).unwrap_or(0) as i32;
                break;
            }
            _ => {
                scale -= i32::from(after_dot);
                if (byte != b'0' || count > 0) && count < digits.len() {
                    digits[count] = byte;
                    count += 1;
                }
            }
        }
    }
    while count > 1 && digits[count - 1] == b'0' {
        count -= 1;
        scale += 1;
    }
    (digits, count, scale)
}

/// Reads an amount of memory: digits and one of `b k kb m mb g gb` in any case (`1k` = 1000, `1kb` = 1024
/// bytes). No digits mean 0, and an amount over 2^64 wraps, as with Redis' `memtoull`; a sign or another unit
/// is refused.
pub fn parse_memory(text: &[u8]) -> Option<u64> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let factor: u64 = match unit.to_ascii_lowercase().as_slice() {
        b"" | b"b" => 1,
        b"k" => 1000,
        b"kb" => 1 << 10,
        b"m" => 1_000_000,
        b"mb" => 1 << 20,
        b"g" => 1_000_000_000,
        b"gb" => 1 << 30,
        _ => return None,
    };
    if digits.len() >= 128 {
        return None;
    }
    let amount =
        digits.iter().fold(0u64, |sum, byte| sum.saturating_mul(10).saturating_add(u64::from(byte - b'0')));
    Some(amount.wrapping_mul(factor))
}

/// An amount of bytes in its largest unit with two decimals, as in `INFO`'s `_human` fields: `1.50K`, `512B`.
pub fn human_bytes(bytes: u64) -> String {
    const UNITS: [char; 5] = ['K', 'M', 'G', 'T', 'P'];
    if !(1 << 10..1 << 60).contains(&bytes) {
        return format!("{bytes}B");
    }
    let step = bytes.ilog2() as usize / 10;
    let unit = 1u64 << (10 * step);
    // Hundredths in integers, ties to even: what C's %.2f does with these exact binary fractions.
    let scaled = u128::from(bytes) * 100;
    let (whole, rest) = (scaled / u128::from(unit), scaled % u128::from(unit) * 2);
    let up = rest > u128::from(unit) || (rest == u128::from(unit) && whole % 2 == 1);
    let hundredths = whole + u128::from(up);
    format!("{}.{:02}{}", hundredths / 100, hundredths % 100, UNITS[step - 1])
}

#[cfg(test)]
mod tests;
