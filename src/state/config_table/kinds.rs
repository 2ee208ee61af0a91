//! Reading, checking, printing and rewriting values: what each [`Kind`] means.
//!
//! The macros at the end build the accessors of a row from a field's name, so that a row is one line.

use super::*;
use crate::base::bytes::quote;
use crate::base::num;
use std::path::PathBuf;

impl Row {
    /// The value as CONFIG GET prints it.
    pub fn print(&self, config: &Config) -> Vec<u8> {
        match self.kind {
            Kind::Bool { get, .. } => yes_no(get(config)).into(),
            Kind::Int { get, form, .. } => print_int(get(config), form),
            Kind::Enum { get, .. } => get(config).into(),
            Kind::Text { get, .. } => get(config).into(),
            Kind::Special { get, .. } => get(config),
        }
    }

    /// Sets the value from its words; true when this is a change. Options that are not [`MULTI_ARG`] look at
    /// the first word only: the caller has checked that there is just one.
    pub fn set(&self, config: &mut Config, words: &[&[u8]], source: Source) -> Checked<bool> {
        let word = words.first().copied().unwrap_or_default();
        let changed = match self.kind {
            Kind::Bool { get, set, check } => {
                let value = parse_yes_no(word).ok_or("argument must be 'yes' or 'no'")?;
                check.map_or(Ok(()), |check| check(value, source))?;
                let changed = get(config) != value;
                set(config, value);
                changed
            }
            Kind::Int { get, set, min, max, form } => {
                let value = parse_int(word, form, min >= 0)?;
                check_range(value, min, max, form)?;
                let changed = get(config) != value;
                set(config, value);
                changed
            }
            Kind::Enum { names, get, set } => {
                let old = get(config);
                if words.len() != 1 || !set(config, word) {
                    return Err(one_of(&names()));
                }
                get(config) != old
            }
            Kind::Text { get, set, check, c_string, .. } => {
                let word = if c_string { until_zero(word) } else { word };
                check.map_or(Ok(()), |check| check(word))?;
                let changed = get(config) != word;
                set(config, word)?;
                changed
            }
            Kind::Special { set, .. } => set(config, words, source)?,
        };
        Ok(changed || self.is(VOLATILE))
    }

    /// The lines CONFIG REWRITE wants for this option, each with whether it is forced into a file that lacks
    /// it. No line: whatever the file has is dropped.
    pub fn rewrite(&self, config: &Config, default: &Config) -> Lines {
        let mut line = format!("{} ", self.name).into_bytes();
        let force = match self.kind {
            Kind::Bool { get, .. } => {
                line.extend_from_slice(yes_no(get(config)).as_bytes());
                get(config) != get(default)
            }
            Kind::Int { get, form, .. } => {
                let value = get(config);
                line.extend_from_slice(&match form {
                    IntForm::Memory => format_memory(value).into_bytes(),
                    IntForm::MemoryOrPercent if value >= 0 => format_memory(value).into_bytes(),
                    _ => print_int(value, form),
                });
                value != get(default)
            }
            Kind::Enum { get, .. } => {
                line.extend_from_slice(get(config).as_bytes());
                get(config) != get(default)
            }
            Kind::Text { get, empty_is_unset, .. } => {
                let value = get(config);
                if empty_is_unset && value.is_empty() {
                    return Vec::new();
                }
                quote(&mut line, value);
                value != get(default)
            }
            Kind::Special { rewrite, .. } => return rewrite(config),
        };
        vec![(line, force)]
    }
}

/// "yes" or "no".
pub(super) fn yes_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

fn parse_yes_no(word: &[u8]) -> Option<bool> {
    match () {
        _ if eq_ignore_case(word, b"yes") => Some(true),
        _ if eq_ignore_case(word, b"no") => Some(false),
        _ => None,
    }
}

fn until_zero(word: &[u8]) -> &[u8] {
    word.split(|&b| b == 0).next().unwrap_or_default()
}

/// "argument(s) must be one of the following: a, b".
pub(super) fn one_of(names: &[&str]) -> Reason {
    Cow::Owned(format!("argument(s) must be one of the following: {}", names.join(", ")))
}

fn print_int(value: i128, form: IntForm) -> Vec<u8> {
    match form {
        IntForm::Octal => format!("{value:o}"),
        IntForm::MemoryOrPercent if value < 0 => format!("{}%", -value),
        _ => value.to_string(),
    }
    .into_bytes()
}

/// A number of bytes as CONFIG REWRITE writes it: in the largest unit that leaves no rest.
pub fn format_memory(bytes: i128) -> String {
    const UNITS: [(i128, &str); 3] = [(1 << 30, "gb"), (1 << 20, "mb"), (1 << 10, "kb")];
    match UNITS.iter().find(|(unit, _)| bytes != 0 && bytes % unit == 0) {
        Some((unit, name)) => format!("{}{name}", bytes / unit),
        None => bytes.to_string(),
    }
}

/// Reads a number in the given form. `unsigned`: the option cannot be negative, so all 64 bits are digits;
/// else a size beyond 2^63 turns negative and fails the range check, as in Redis.
fn parse_int(word: &[u8], form: IntForm, unsigned: bool) -> Result<i128, Reason> {
    let memory =
        || num::parse_memory(word).map(|v| if unsigned { i128::from(v) } else { i128::from(v as i64) });
    match form {
        IntForm::Plain => {
            num::parse_i64(word).map(i128::from).ok_or("argument couldn't be parsed into an integer")
        }
        IntForm::Memory => memory().ok_or("argument must be a memory value"),
        IntForm::MemoryOrPercent => {
            memory().or_else(|| parse_percent(word)).ok_or("argument must be a memory or percent value")
        }
        IntForm::Octal => {
            parse_octal(word).map(i128::from).ok_or("argument couldn't be parsed as an octal number")
        }
    }
    .map_err(Cow::Borrowed)
}

/// "10%" is -10.
fn parse_percent(word: &[u8]) -> Option<i128> {
    let digits = word.strip_suffix(b"%")?;
    num::parse_i64(digits).filter(|&v| v >= 0).map(|v| -i128::from(v))
}

fn parse_octal(word: &[u8]) -> Option<i64> {
    strtoll(word, 8)
}

/// Reads a whole word as C's `strtoll(word, &end, 10)` with `*end == 0` does: leading blanks and a sign are
/// fine, nothing at all is 0, too large values stick at the ends of the range.
pub fn parse_strtoll(word: &[u8]) -> Option<i64> {
    match strtoll_saturating(word, 10) {
        (value, true) => Some(value),
        _ => None,
    }
}

/// As [`parse_strtoll`], but too large values are refused.
fn strtoll(word: &[u8], radix: u32) -> Option<i64> {
    match strtoll_saturating(word, radix) {
        (i64::MAX | i64::MIN, _) | (_, false) => None,
        (value, true) => Some(value),
    }
}

fn strtoll_saturating(word: &[u8], radix: u32) -> (i64, bool) {
    let word = until_zero(word);
    if word.is_empty() {
        return (0, true);
    }
    let word = &word[word.iter().take_while(|&&b| num::is_space(b)).count()..];
    let (negative, digits) = match word.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, word),
    };
    let mut value: i64 = 0;
    for &byte in digits {
        let Some(digit) = (byte as char).to_digit(radix) else { return (0, false) };
        let digit = i64::from(digit);
        value = value.saturating_mul(i64::from(radix));
        value = if negative { value.saturating_sub(digit) } else { value.saturating_add(digit) };
    }
    // "-" alone or blanks alone are not a number: C stops before them.
    (value, !digits.is_empty())
}

fn check_range(value: i128, min: i128, max: i128, form: IntForm) -> Checked {
    if form == IntForm::MemoryOrPercent && value < 0 {
        return match value < min {
            true => Err(Cow::Owned(format!("percentage argument must be less or equal to {}", -min))),
            false => Ok(()),
        };
    }
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(Cow::Owned(match form {
        IntForm::Octal => format!("argument must be between {min:o} and {max:o} inclusive"),
        _ => format!("argument must be between {min} and {max} inclusive"),
    }))
}

/// The system's words for an error, without Rust's "(os error N)".
pub fn os_text(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// Whether `proc-title-template` can be used: its variables are known and something is left of it when the
/// title itself is empty. Redis 7.2 `validateProcTitleTemplate`.
pub fn title_is_valid(template: &str) -> bool {
    let mut rest = template;
    let mut solid = false;
    while let Some(at) = rest.find('{') {
        solid |= !rest[..at].trim_matches(' ').is_empty();
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('{') {
            (solid, rest) = (true, after);
            continue;
        }
        let Some((variable, after)) = rest.split_once('}') else { return false };
        match variable {
            "title" | "server-mode" | "unixsocket" => {}
            "listen-addr" | "config-file" | "port" | "tls-port" => solid = true,
            _ => return false,
        }
        rest = after;
    }
    solid || !rest.trim_matches(' ').is_empty()
}

/// A field that can hold a text.
pub(super) trait TextField {
    fn bytes(&self) -> &[u8];
    fn store(&mut self, text: &[u8]) -> Checked;
}

impl TextField for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }
    fn store(&mut self, text: &[u8]) -> Checked {
        *self = text.to_vec();
        Ok(())
    }
}

impl TextField for String {
    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
    fn store(&mut self, text: &[u8]) -> Checked {
        *self = utf8(text)?;
        Ok(())
    }
}

impl TextField for PathBuf {
    fn bytes(&self) -> &[u8] {
        std::os::unix::ffi::OsStrExt::as_bytes(self.as_os_str())
    }
    fn store(&mut self, text: &[u8]) -> Checked {
        *self = path(text);
        Ok(())
    }
}

/// A file name of any bytes.
pub(super) fn path(text: &[u8]) -> PathBuf {
    PathBuf::from(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(text))
}

/// Texts that are not file names or secrets are UTF-8 here.
pub(super) fn utf8(text: &[u8]) -> Result<String, Reason> {
    String::from_utf8(text.to_vec()).map_err(|_| Cow::Borrowed("argument must be valid UTF-8"))
}

/// `yes`/`no` option of a field.
macro_rules! flag {
    ($name:literal, $field:ident) => {
        flag!($name, $field, None)
    };
    ($name:literal, $field:ident, $check:expr) => {
        Row::new($name, Kind::Bool { get: |c| c.$field, set: |c, v| c.$field = v, check: $check })
    };
}

/// Number of a field: name, field, smallest, largest value, and its form unless plain. The range fits the
/// field's type, so the cast loses nothing.
macro_rules! int {
    ($name:literal, $field:ident, $min:expr, $max:expr) => {
        int!($name, $field, $min, $max, Plain)
    };
    ($name:literal, $field:ident, $min:expr, $max:expr, $form:ident) => {
        Row::new(
            $name,
            Kind::Int {
                get: |c| i128::from(c.$field),
                set: |c, v| c.$field = v as _,
                min: $min as i128,
                max: $max as i128,
                form: IntForm::$form,
            },
        )
    };
}

/// One word of a field whose type is a [`Choice`](crate::state::config::Choice).
macro_rules! choice {
    ($name:literal, $field:ident, $ty:ty) => {
        Row::new(
            $name,
            Kind::Enum {
                names: || <$ty as Choice>::NAMES.iter().map(|(word, _)| *word).collect(),
                get: |c| c.$field.name(),
                set: |c, word| {
                    let names = <$ty as Choice>::NAMES.iter();
                    let found = names.clone().find(|(known, _)| eq_ignore_case(known.as_bytes(), word));
                    found.is_some_and(|(_, value)| {
                        c.$field = *value;
                        true
                    })
                },
            },
        )
    };
}

/// Text of a field. `unset`: empty means not set. `kept`: an empty text is a value. `secret`: bytes, unset if
/// empty.
macro_rules! text {
    (unset $name:literal, $field:ident) => {
        text!(@ $name, $field, None, true, true)
    };
    (unset $name:literal, $field:ident, $check:expr) => {
        text!(@ $name, $field, Some($check), true, true)
    };
    (kept $name:literal, $field:ident) => {
        text!(@ $name, $field, None, false, true)
    };
    (kept $name:literal, $field:ident, $check:expr) => {
        text!(@ $name, $field, Some($check), false, true)
    };
    (secret $name:literal, $field:ident) => {
        text!(@ $name, $field, None, true, false)
    };
    (@ $name:literal, $field:ident, $check:expr, $unset:expr, $c:expr) => {
        Row::new(
            $name,
            Kind::Text {
                get: |c| kinds::TextField::bytes(&c.$field),
                set: |c, v| kinds::TextField::store(&mut c.$field, v),
                check: $check,
                empty_is_unset: $unset,
                c_string: $c,
            },
        )
    };
}

/// Option with functions of its own: name and the three of [`Kind::Special`].
macro_rules! special {
    ($name:literal, $part:ident) => {
        Row::new(
            $name,
            Kind::Special {
                get: special::$part::get,
                set: special::$part::set,
                rewrite: special::$part::rewrite,
            },
        )
    };
}

pub(super) use {choice, flag, int, special, text};
