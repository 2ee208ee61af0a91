//! Byte strings: comparing without case, splitting a line into arguments, quoting for people.
//!
//! Keys, values and arguments are bytes, not text; nothing here assumes UTF-8. The splitting rules serve
//! inline requests, the configuration file and the ACL file alike; [`quote`] is their inverse and the form in
//! which MONITOR, the log and CONFIG REWRITE show arguments.
//!
//! Cost: comparing allocates nothing; splitting allocates the arguments (configuration and inline requests
//! only).
//!
//! Source: Redis 7.2.4 behaviour (`sdssplitargs`, `sdscatrepr`).

use std::fmt;

use super::num::is_space;

/// True when `a` and `b` are equal without regard to ASCII case.
#[inline]
pub fn eq_ignore_case(a: &[u8], b: &[u8]) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// Splits a line into arguments: separated by blanks, `"double quoted"` with `\n \r \t \b \a \xHH` and `\"`,
/// or `'single quoted'` with `\'`. `None` for unbalanced quotes and for a closing quote not followed by a
/// blank. A zero byte outside of the rules above ends the line, as it does in Redis.
pub fn split_args(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let line = match memchr::memchr(0, line) {
        Some(end) => &line[..end],
        None => line,
    };
    let mut args = Vec::new();
    let mut rest = line;
    loop {
        let start = rest.iter().position(|&byte| !is_space(byte));
        let Some(start) = start else { return Some(args) };
        let (arg, used) = next_arg(&rest[start..])?;
        args.push(arg);
        rest = &rest[start + used..];
    }
}

/// One argument at the start of `text` (not blank) and the number of bytes it took.
fn next_arg(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut arg = Vec::new();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b' ' | b'\n' | b'\r' | b'\t' => break,
            b'"' | b'\'' => {
                at = quoted(text, at, byte, &mut arg)?;
                // The closing quote must be followed by a blank or by nothing.
                if text.get(at).is_some_and(|&next| !is_space(next)) {
                    return None;
                }
                break;
            }
            _ => {
                arg.push(byte);
                at += 1;
            }
        }
    }
    Some((arg, at))
}

/// Reads from the opening quote at `open` on; returns the place behind the closing one.
fn quoted(text: &[u8], open: usize, quote: u8, arg: &mut Vec<u8>) -> Option<usize> {
    let mut at = open + 1;
    loop {
        let rest = text.get(at..)?;
        match rest {
            [] => return None,
            [byte, ..] if *byte == quote => return Some(at + 1),
            [b'\\', b'\'', ..] if quote == b'\'' => {
                arg.push(b'\'');
                at += 2;
            }
            [b'\\', b'x', high, low, ..]
                if quote == b'"' && high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                arg.push(hex_digit(*high) << 4 | hex_digit(*low));
                at += 4;
            }
            [b'\\', escaped, ..] if quote == b'"' => {
                arg.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'a' => 7,
                    other => *other,
                });
                at += 2;
            }
            [byte, ..] => {
                arg.push(*byte);
                at += 1;
            }
        }
    }
}

fn hex_digit(byte: u8) -> u8 {
    (byte as char).to_digit(16).unwrap_or(0) as u8
}

/// Appends `text` in double quotes with everything unprintable escaped, so that [`split_args`] gives it back.
pub fn quote(out: &mut Vec<u8>, text: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.reserve(text.len() + 2);
    out.push(b'"');
    for &byte in text {
        match byte {
            b'\\' | b'"' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            7 => out.extend_from_slice(b"\\a"),
            8 => out.extend_from_slice(b"\\b"),
            b' '..=b'~' => out.push(byte),
            _ => out.extend_from_slice(&[
                b'\\',
                b'x',
                HEX[usize::from(byte >> 4)],
                HEX[usize::from(byte & 15)],
            ]),
        }
    }
    out.push(b'"');
}

/// True when `text` cannot stand bare in a line that [`split_args`] reads: it is escaped by [`quote`], holds blanks, or an
/// apostrophe (which Redis leaves bare: it cannot read its own manifest then).
pub fn needs_quotes(text: &[u8]) -> bool {
    text.iter().any(|&byte| matches!(byte, b'\\' | b'"' | b'\'') || !(b'!'..=b'~').contains(&byte))
}

/// Shows bytes as text in a log line or an error: UTF-8 as it is, anything else as the replacement character.
#[derive(Clone, Copy)]
pub struct Printable<'a>(pub &'a [u8]);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            out.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                out.write_str("\u{fffd}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn split(line: &str) -> Option<Vec<String>> {
        let args = split_args(line.as_bytes())?;
        Some(args.into_iter().map(|arg| arg.iter().map(|&b| b as char).collect()).collect())
    }

    #[test]
    fn lines_split_as_in_redis() {
        let good: &[(&str, &[&str])] = &[
            ("", &[]),
            ("  \t\r\n ", &[]),
            ("set  a\tb\r\n", &["set", "a", "b"]),
            (r#"set "a b" 'c d'"#, &["set", "a b", "c d"]),
            (r#""\x41\n\q\"" 'it\'s \n'"#, &["A\nq\"", "it's \\n"]),
            (r#""" ''"#, &["", ""]),
            (r#"a"b c" d"#, &["ab c", "d"]),
            (r#""\x4" x"#, &["x4", "x"]),
            ("a\u{b}b \u{b}c", &["a\u{b}b", "c"]),
            ("\"a\"\u{b}b", &["a", "b"]),
            ("a b\0c", &["a", "b"]),
        ];
        for (line, want) in good {
            assert_eq!(split(line).as_deref(), Some(&want.map_strings()[..]), "{line:?}");
        }
        for bad in [r#""a"#, r#"'a"#, r#""a"b"#, "'a'b", r#"x "a\""#, "\"", "\"\\", r#"'a\'"#] {
            assert_eq!(split(bad), None, "{bad:?}");
        }
    }

    trait MapStrings {
        fn map_strings(&self) -> Vec<String>;
    }
    impl MapStrings for &[&str] {
        fn map_strings(&self) -> Vec<String> {
            self.iter().map(|text| text.to_string()).collect()
        }
    }

    #[test]
    fn quoting_shows_what_cannot_be_printed() {
        let mut out = Vec::new();
        quote(&mut out, b"a\"\\\n\r\t\x07\x08\x00\x7f\xff ~");
        assert_eq!(out, br#""a\"\\\n\r\t\a\b\x00\x7f\xff ~""#);
        assert!(
            needs_quotes(b"a b") && needs_quotes(b"\xff") && needs_quotes(b"a'b") && !needs_quotes(b"a-b")
        );
    }

    #[test]
    fn printable_replaces_what_is_no_text() {
        assert_eq!(Printable(b"ab\xffc\xc3\xa9").to_string(), "ab\u{fffd}cé");
    }

    proptest! {
        #[test]
        fn quoted_bytes_split_back(args in vec(vec(any::<u8>(), 0..20), 0..5)) {
            let mut line = Vec::new();
            for arg in &args {
                quote(&mut line, arg);
                line.push(b' ');
            }
            prop_assert_eq!(split_args(&line), Some(args));
        }

        #[test]
        fn any_line_is_split_or_refused(line in vec(any::<u8>(), 0..60)) {
            split_args(&line);
        }
    }
}
