//! Globs: no pattern panics or takes more than the product of the two lengths, and some truths hold.
//!
//! Input: pattern, a zero byte, text.

use replis::base::glob::matches;

pub fn check(data: &[u8]) {
    let at = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let (pattern, text) = (&data[..at], data.get(at + 1..).unwrap_or_default());
    let (with_case, blind) = (matches(pattern, text, false), matches(pattern, text, true));
    let plain = !pattern.iter().any(|byte| b"*?[\\".contains(byte));
    if plain {
        assert_eq!(with_case, pattern == text);
        assert_eq!(blind, pattern.eq_ignore_ascii_case(text));
    }
    // A star takes any text but none at all.
    assert_eq!(matches(b"*", text, false), !text.is_empty());
    if with_case && !text.is_empty() {
        let behind = [b"*", pattern].concat();
        assert!(matches(&behind, text, false), "one more star in front loses a match");
    }
}
