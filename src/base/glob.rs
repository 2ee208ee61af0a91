//! Glob patterns as KEYS, SCAN, PSUBSCRIBE, CONFIG GET and ACLs match them.
//!
//! `*` any bytes, `?` one byte, `[abc]` `[a-z]` `[^a]` one byte of (or not of) a set, `\x` the byte x.
//!
//! Only the last `*` is ever taken back to: every element but `*` takes exactly one byte, so if the rest of
//! the pattern behind the last `*` fits nowhere, moving an earlier one helps nothing. Time is at worst the
//! product of the two lengths, and no stack is used; patterns like `a*a*a*a*b` cost no more than that.
//!
//! The corners are those of Redis 7.2.4 (`stringmatchlen`): an unclosed set ends with the pattern; in a set a
//! backslash quotes, and compares with case even when the rest does not; ranges compare *signed* bytes, in
//! either order; an empty text is matched by the empty pattern only (not even by `*`).

/// True when the whole of `text` matches `pattern`; with `nocase` ASCII letters match in either case.
pub fn matches(pattern: &[u8], text: &[u8], nocase: bool) -> bool {
    if text.is_empty() {
        return pattern.is_empty();
    }
    let (mut at, mut place) = (0, 0); // in the pattern, in the text
    // Behind the last `*`: where the pattern goes on, and from which byte of the text it was tried.
    let mut retry: Option<(usize, usize)> = None;
    while place < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                at += 1;
                if at == pattern.len() {
                    return true;
                }
                retry = Some((at, place));
                continue;
            }
            Some(_) => {
                if let Some(used) = element(&pattern[at..], text[place], nocase) {
                    at += used;
                    place += 1;
                    continue;
                }
            }
            None => {}
        }
        let Some((behind, from)) = retry else { return false };
        retry = Some((behind, from + 1));
        (at, place) = (behind, from + 1);
    }
    pattern[at..].iter().all(|&byte| byte == b'*')
}

/// Matches one byte against the first element of `pattern` (not `*`): how long the element is, or `None`.
#[inline]
fn element(pattern: &[u8], byte: u8, nocase: bool) -> Option<usize> {
    match pattern {
        [b'?', ..] => Some(1),
        [b'[', ..] => set(pattern, byte, nocase),
        [b'\\', quoted, ..] => same(*quoted, byte, nocase).then_some(2),
        [literal, ..] => same(*literal, byte, nocase).then_some(1),
        [] => None,
    }
}

#[inline]
fn same(a: u8, b: u8, nocase: bool) -> bool {
    a == b || nocase && a.eq_ignore_ascii_case(&b)
}

/// Matches one byte against the set that starts `pattern`.
fn set(pattern: &[u8], byte: u8, nocase: bool) -> Option<usize> {
    let negated = pattern.get(1) == Some(&b'^');
    let mut at = 1 + usize::from(negated);
    let mut found = false;
    loop {
        match &pattern[at..] {
            [] => break, // never closed: the pattern ends here
            [b'\\', quoted, ..] => {
                found |= *quoted == byte;
                at += 2;
            }
            [b']', ..] => {
                at += 1;
                break;
            }
            [start, b'-', end, ..] => {
                found |= in_range(*start, *end, byte, nocase);
                at += 3;
            }
            [member, ..] => {
                found |= same(*member, byte, nocase);
                at += 1;
            }
        }
    }
    (found != negated).then_some(at)
}

/// Bytes count as signed, as `char` does on x86; the ends are put in order before their case is dropped.
fn in_range(start: u8, end: u8, byte: u8, nocase: bool) -> bool {
    let fold = |byte: i8| match byte {
        _ if !nocase => i32::from(byte),
        // glibc's tolower turns a negative char into its unsigned value, all but -1, which is EOF.
        -1 => -1,
        other => i32::from((other as u8).to_ascii_lowercase()),
    };
    let (start, end) = (start as i8, end as i8);
    let (low, high) = (fold(start.min(end)), fold(start.max(end)));
    (low..=high).contains(&fold(byte as i8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// The definition: try every length for a `*`.
    fn model(pattern: &[u8], text: &[u8], nocase: bool) -> bool {
        match (pattern, text) {
            ([], _) => text.is_empty(),
            ([b'*', rest @ ..], []) => model(rest, text, nocase),
            ([b'*', rest @ ..], [_, tail @ ..]) => model(rest, text, nocase) || model(pattern, tail, nocase),
            (_, []) => false,
            (_, [byte, tail @ ..]) => {
                element(pattern, *byte, nocase).is_some_and(|used| model(&pattern[used..], tail, nocase))
            }
        }
    }

    #[test]
    fn patterns_match_as_in_redis() {
        let cases: &[(&str, &str, bool)] = &[
            ("", "", true),
            ("*", "", false),
            ("*", "a", true),
            ("a*", "a", true),
            ("a**", "a", true),
            ("h?llo", "hello", true),
            ("h?llo", "hllo", false),
            ("h*llo", "heeeello", true),
            ("h[ae]llo", "hallo", true),
            ("h[^e]llo", "hallo", true),
            ("h[^e]llo", "hello", false),
            ("h[a-b]llo", "hbllo", true),
            ("h[b-a]llo", "hallo", true),
            ("h[a-b]llo", "hcllo", false),
            ("[a\\]b]x", "]x", true),
            ("[a-]", "-", false),
            ("[a-]", "^", true),
            ("[-a]", "-", true),
            ("[ab", "b", true),
            ("[ab", "bc", false),
            ("[", "a", false),
            ("[^", "a", true),
            ("[]", "a", false),
            ("[^]", "a", true),
            ("[a-\\]z", "bz", false),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("a\\", "a\\", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("*abc*def", "xabcxabcdef", true),
            ("Foo*", "foobar", false),
            ("[a-c]", "B", false),
        ];
        for &(pattern, text, want) in cases {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes(), false), want, "{pattern:?} on {text:?}");
        }
        assert!(
            matches(b"FOO*", b"foobar", true) && matches(b"[a-c]", b"B", true) && matches(b"[X]", b"x", true)
        );
        assert!(!matches(b"[\\X]", b"x", true), "a quoted member keeps its case");
    }

    #[test]
    fn ranges_compare_signed_bytes() {
        assert!(matches(b"[\x80-\xff]", b"\xc3", false));
        // From -1 to 1 by way of 0, not through the letters.
        assert!(!matches(b"[\x01-\xff]", b"a", false) && matches(b"[\x01-\xff]", b"\0", false));
        // Without case the order of the ends may turn round, and nothing is between them.
        assert!(matches(b"[a-\x80]", b"-", false) && !matches(b"[a-\x80]", b"-", true));
    }

    #[test]
    fn hostile_patterns_take_bounded_time() {
        let pattern = b"a*".repeat(2000);
        let text = [b"a".repeat(4000), b"b".to_vec()].concat();
        assert!(matches(&pattern, &text, false));
        let failing = [b"*a".repeat(1000), b"c".to_vec()].concat();
        assert!(!matches(&failing, &text, false));
    }

    proptest! {
        #[test]
        fn any_pattern_agrees_with_the_model(
            pattern in "[ab*?\\[\\]\\\\^-]{0,9}",
            text in "[abAB\\[\\]-]{1,8}",
            nocase in any::<bool>(),
        ) {
            let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
            prop_assert_eq!(matches(pattern, text, nocase), model(pattern, text, nocase));
        }

        #[test]
        fn any_bytes_end(pattern in vec(any::<u8>(), 0..30), text in vec(any::<u8>(), 0..30)) {
            matches(&pattern, &text, true);
        }
    }
}
