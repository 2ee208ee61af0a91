//! Arguments read in order, with Redis' errors.
//!
//! [`Cursor`] walks a request from left to right and latches the first error: after it every read gives
//! nothing, so a handler reads all it wants and asks once, with [`Cursor::finish`]. What single arguments
//! mean is in free functions, one for each of Redis' `get…FromObjectOrReply`, so that handlers with fixed
//! places need no cursor.
//!
//! Nothing here allocates except a formatted error. Option words are compared without regard to case.
//!
//! Source: Redis 7.2.4 `object.c`, `t_string.c` (`parseExtendedStringArgumentsOrReply`,
//! `getExpireMillisecondsOrReply`).

use crate::base::bytes::eq_ignore_case;
use crate::base::clock::Millis;
use crate::base::num::{parse_f64, parse_i64};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

/// Whether an argument is this option word, in any case.
#[inline]
pub fn is(arg: &[u8], word: &str) -> bool {
    eq_ignore_case(arg, word.as_bytes())
}

/// An integer as Redis prints it (`getLongLongFromObjectOrReply`).
///
/// # Errors
/// `value is not an integer or out of range`
#[inline]
pub fn int(arg: &[u8]) -> Result<i64, CmdError> {
    parse_i64(arg).ok_or(errors::NOT_INT)
}

/// An integer within `min..=max` (`getRangeLongFromObjectOrReply` without a text of its own).
///
/// # Errors
/// Not an integer, or not within the bounds, which the text names.
pub fn int_within(arg: &[u8], min: i64, max: i64) -> Result<i64, CmdError> {
    let value = int(arg)?;
    if (min..=max).contains(&value) { Ok(value) } else { Err(errors::out_of_bounds(min, max)) }
}

/// An integer from 0 up (`getPositiveLongFromObjectOrReply`; zero counts as positive there).
///
/// # Errors
/// `value is out of range, must be positive`, also for what is no integer.
pub fn positive(arg: &[u8]) -> Result<i64, CmdError> {
    int(arg).ok().filter(|value| *value >= 0).ok_or(errors::NOT_POSITIVE)
}

/// A double (`getDoubleFromObjectOrReply`).
///
/// # Errors
/// `value is not a valid float`
pub fn float(arg: &[u8]) -> Result<f64, CmdError> {
    parse_f64(arg).ok_or(errors::NOT_FLOAT)
}

/// An expiry time as SET and GETEX take it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expiry<'a> {
    /// Seconds from now.
    Ex(&'a [u8]),
    /// Milliseconds from now.
    Px(&'a [u8]),
    /// Unix seconds.
    ExAt(&'a [u8]),
    /// Unix milliseconds.
    PxAt(&'a [u8]),
}

impl<'a> Expiry<'a> {
    /// The option that `word` names, with its value; `None` when it is no such word.
    #[inline]
    pub fn named(word: &[u8], value: &'a [u8]) -> Option<Self> {
        match word.len() {
            2 if is(word, "ex") => Some(Expiry::Ex(value)),
            2 if is(word, "px") => Some(Expiry::Px(value)),
            4 if is(word, "exat") => Some(Expiry::ExAt(value)),
            4 if is(word, "pxat") => Some(Expiry::PxAt(value)),
            _ => None,
        }
    }

    /// Whether it is a moment rather than a span.
    pub fn is_absolute(self) -> bool {
        matches!(self, Expiry::ExAt(_) | Expiry::PxAt(_))
    }

    /// The moment in Unix milliseconds, always positive. `command` is the full name, for the error.
    ///
    /// # Errors
    /// Not an integer; or `invalid expire time` when it is not positive or leaves the range of `i64`.
    pub fn when(self, now: Millis, command: &str) -> Result<Millis, CmdError> {
        let (text, scale, base) = match self {
            Expiry::Ex(text) => (text, 1000, now),
            Expiry::Px(text) => (text, 1, now),
            Expiry::ExAt(text) => (text, 1000, 0),
            Expiry::PxAt(text) => (text, 1, 0),
        };
        let amount = int(text)?;
        let scaled = if amount > 0 { amount.checked_mul(scale) } else { None };
        let when = scaled.and_then(|ms| ms.checked_add(base)).filter(|when| *when > 0);
        when.ok_or_else(|| errors::invalid_expire(command))
    }
}

/// See the head of the file.
#[derive(Debug)]
pub struct Cursor<'a> {
    args: Args<'a>,
    at: usize,
    error: Option<CmdError>,
}

impl<'a> Cursor<'a> {
    /// Starts at argument `from`; the command's name is argument 0.
    pub fn new(args: Args<'a>, from: usize) -> Self {
        Cursor { args, at: from, error: None }
    }

    /// How many arguments are left; 0 after an error.
    pub fn left(&self) -> usize {
        if self.error.is_some() { 0 } else { self.args.len().saturating_sub(self.at) }
    }

    /// The next argument; `None` at the end, and after an error.
    pub fn word(&mut self) -> Option<&'a [u8]> {
        let arg = self.peek()?;
        self.at += 1;
        Some(arg)
    }

    /// The next argument without taking it.
    pub fn peek(&self) -> Option<&'a [u8]> {
        if self.error.is_some() { None } else { self.args.get(self.at) }
    }

    /// Takes the next argument if it is this option word.
    pub fn accept(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|arg| is(arg, word));
        self.at += usize::from(found);
        found
    }

    /// The next argument, which must be there: a syntax error otherwise.
    pub fn value(&mut self) -> &'a [u8] {
        let value = self.word();
        if value.is_none() {
            self.fail(errors::SYNTAX);
        }
        value.unwrap_or_default()
    }

    /// The next argument as an integer; 0 after an error.
    pub fn int(&mut self) -> i64 {
        self.value_as(int)
    }

    /// The next argument as an integer from 0 up.
    pub fn positive(&mut self) -> i64 {
        self.value_as(positive)
    }

    /// The next argument as a double.
    pub fn float(&mut self) -> f64 {
        self.value_as(float)
    }

    /// The next argument, read by `read`; the default value after an error.
    pub fn value_as<T: Default>(&mut self, read: impl FnOnce(&'a [u8]) -> Result<T, CmdError>) -> T {
        let text = self.value();
        if self.error.is_some() {
            return T::default();
        }
        read(text).unwrap_or_else(|e| {
            self.fail(e);
            T::default()
        })
    }

    /// Latches an error, unless there is one already.
    pub fn fail(&mut self, error: CmdError) {
        self.error.get_or_insert(error);
    }

    /// Latches a syntax error: an option nobody knows, or at a place where it may not be.
    pub fn syntax(&mut self) {
        self.fail(errors::SYNTAX);
    }

    /// The first error, if there was one. Arguments that were not read are no error.
    ///
    /// # Errors
    /// The latched one.
    pub fn finish(self) -> Result<(), CmdError> {
        self.error.map_or(Ok(()), Err)
    }

    /// [`Cursor::finish`], and a syntax error when arguments are left.
    ///
    /// # Errors
    /// The latched one, or the syntax error.
    pub fn end(mut self) -> Result<(), CmdError> {
        if self.left() > 0 {
            self.syntax();
        }
        self.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::request::OwnedArgs;

    fn request(words: &str) -> OwnedArgs {
        let words: Vec<&[u8]> = words.split(' ').map(str::as_bytes).collect();
        OwnedArgs::from_slices(&words)
    }

    #[test]
    fn the_first_error_is_kept_and_ends_the_walk() {
        let args = request("cmd 5 x -1 limit");
        let mut cursor = Cursor::new(args.as_args(), 1);
        assert_eq!((cursor.int(), cursor.left()), (5, 3));
        assert_eq!(cursor.float(), 0.0);
        assert_eq!((cursor.word(), cursor.left(), cursor.positive()), (None, 0, 0));
        cursor.syntax();
        assert_eq!(cursor.finish(), Err(errors::NOT_FLOAT));

        let mut cursor = Cursor::new(args.as_args(), 3);
        assert_eq!(cursor.positive(), 0);
        assert_eq!(cursor.finish(), Err(errors::NOT_POSITIVE));

        let mut cursor = Cursor::new(args.as_args(), 4);
        assert!(!cursor.accept("limits") && cursor.accept("LIMIT") && !cursor.accept("limit"));
        assert_eq!(cursor.value(), b"");
        assert_eq!(cursor.end(), Err(errors::SYNTAX));
        assert_eq!(Cursor::new(args.as_args(), 4).end(), Err(errors::SYNTAX));
        assert_eq!(Cursor::new(args.as_args(), 5).end(), Ok(()));
    }

    #[test]
    fn bounds_are_named() {
        assert_eq!(int_within(b"3", 1, 3), Ok(3));
        let text = int_within(b"4", 1, 3).unwrap_err().to_string();
        assert_eq!(text, "ERR value is out of range, value must between 1 and 3");
        assert_eq!(int_within(b"+4", 1, 3), Err(errors::NOT_INT));
    }

    #[test]
    fn expiry_times_are_checked_before_they_overflow() {
        let now = 1_700_000_000_000;
        let when = |word: &[u8], value: &'static [u8]| Expiry::named(word, value).unwrap().when(now, "set");
        assert_eq!(when(b"EX", b"10"), Ok(now + 10_000));
        assert_eq!(when(b"px", b"10"), Ok(now + 10));
        assert_eq!(when(b"exAT", b"10"), Ok(10_000));
        assert_eq!(when(b"pxat", b"10"), Ok(10));
        let invalid = Err(errors::invalid_expire("set"));
        for (word, value) in [
            ("ex", "0"),
            ("px", "-1"),
            ("ex", "9223372036854775807"),
            ("ex", "9223372036854775"),
            ("px", "9223372036854775807"),
            ("exat", "9223372036854776"),
        ] {
            assert_eq!(when(word.as_bytes(), value.as_bytes()), invalid, "{word} {value}");
        }
        assert_eq!(when(b"ex", b"1.5"), Err(errors::NOT_INT));
        assert_eq!(Expiry::named(b"exa", b"1"), None);
        assert!(Expiry::ExAt(b"1").is_absolute() && !Expiry::Px(b"1").is_absolute());
    }
}
