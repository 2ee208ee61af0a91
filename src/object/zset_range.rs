//! Ranges of a sorted set as commands name them: by score, by member, by rank.
//!
//! Each is read from its text here and turned into ranks by [`super::Zset`], so that ZCOUNT is a subtraction
//! and everything that walks or removes a range walks or removes ranks. A range of scores `(1` to `5` are two
//! [`Cut`]s of the order: behind all scores of 1, and behind all of 5.
//!
//! Source: Redis 7.2.4 `zslParseRange`, `zslParseLexRange`. Scores are read as C's `strtod` reads them, which
//! is laxer than elsewhere in Redis: blanks in front pass, an empty text is 0, and so is what lies behind a
//! NUL. Deviation: a hexadecimal number too large for a double is refused, where C reads infinity.

use std::ops::Range;

use crate::base::num::{is_space, parse_f64};
use crate::ds::sorted::Cut;

/// One end of a range of scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreBound {
    /// The score; not NaN.
    pub score: f64,
    /// Whether the score itself is left out.
    pub open: bool,
}

/// A range of scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreRange {
    /// The lower end.
    pub min: ScoreBound,
    /// The upper end.
    pub max: ScoreBound,
}

/// One end of a range of members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LexBound<'a> {
    /// Before all members: `-`.
    Lowest,
    /// Behind all members: `+`.
    Highest,
    /// This member and, at the lower end, those behind it: `[text`.
    Closed(&'a [u8]),
    /// This member, left out: `(text`.
    Open(&'a [u8]),
}

/// A range of members, by their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LexRange<'a> {
    /// The lower end.
    pub min: LexBound<'a>,
    /// The upper end.
    pub max: LexBound<'a>,
}

impl ScoreBound {
    /// Reads `5`, `(5`, `-inf`, `+inf`. `None`: Redis' error is "min or max is not a float".
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (open, number) = match text {
            [b'(', number @ ..] => (true, number),
            number => (false, number),
        };
        Some(ScoreBound { score: strtod(number)?, open })
    }
}

impl ScoreRange {
    /// Reads both ends; see [`ScoreBound::parse`].
    pub fn parse(min: &[u8], max: &[u8]) -> Option<Self> {
        Some(ScoreRange { min: ScoreBound::parse(min)?, max: ScoreBound::parse(max)? })
    }

    /// Whether no score can lie in it.
    pub fn is_empty(&self) -> bool {
        let (min, max) = (self.min, self.max);
        min.score > max.score || (min.score == max.score && (min.open || max.open))
    }

    /// Whether a score lies in it.
    pub fn contains(&self, score: f64) -> bool {
        let above = if self.min.open { score > self.min.score } else { score >= self.min.score };
        let below = if self.max.open { score < self.max.score } else { score <= self.max.score };
        above && below
    }

    /// The range between two cuts.
    pub(super) fn cuts(&self) -> (Cut<'static>, Cut<'static>) {
        let cut = |score, after| if after { Cut::AfterScore(score) } else { Cut::BeforeScore(score) };
        (cut(self.min.score, self.min.open), cut(self.max.score, !self.max.open))
    }
}

impl<'a> LexBound<'a> {
    /// Reads `[text`, `(text`, `-`, `+`. `None`: Redis' error is "min or max not valid string range item".
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        match text {
            b"-" => Some(LexBound::Lowest),
            b"+" => Some(LexBound::Highest),
            [b'[', member @ ..] => Some(LexBound::Closed(member)),
            [b'(', member @ ..] => Some(LexBound::Open(member)),
            _ => None,
        }
    }

    /// The place in the order at which a range starts with this bound, or ends.
    fn cut(self, end: bool) -> LexCut<'a> {
        match self {
            LexBound::Lowest => LexCut::Start,
            LexBound::Highest => LexCut::End,
            LexBound::Closed(member) if end => LexCut::At(Cut::AfterMember(member)),
            LexBound::Closed(member) => LexCut::At(Cut::BeforeMember(member)),
            LexBound::Open(member) if end => LexCut::At(Cut::BeforeMember(member)),
            LexBound::Open(member) => LexCut::At(Cut::AfterMember(member)),
        }
    }

    fn key(self) -> (u8, &'a [u8]) {
        match self {
            LexBound::Lowest => (0, b""),
            LexBound::Closed(member) | LexBound::Open(member) => (1, member),
            LexBound::Highest => (2, b""),
        }
    }
}

/// A cut, or an end of the whole.
pub(super) enum LexCut<'a> {
    Start,
    At(Cut<'a>),
    End,
}

impl<'a> LexRange<'a> {
    /// Reads both ends; see [`LexBound::parse`].
    pub fn parse(min: &'a [u8], max: &'a [u8]) -> Option<Self> {
        Some(LexRange { min: LexBound::parse(min)?, max: LexBound::parse(max)? })
    }

    /// Whether no member can lie in it.
    pub fn is_empty(&self) -> bool {
        let (min, max) = (self.min.key(), self.max.key());
        let open = matches!(self.min, LexBound::Open(_)) || matches!(self.max, LexBound::Open(_));
        min > max || (min == max && (open || min.0 != 1))
    }

    /// Whether a member lies in it.
    pub fn contains(&self, member: &[u8]) -> bool {
        let above = match self.min {
            LexBound::Lowest => true,
            LexBound::Highest => false,
            LexBound::Closed(min) => member >= min,
            LexBound::Open(min) => member > min,
        };
        let below = match self.max {
            LexBound::Lowest => false,
            LexBound::Highest => true,
            LexBound::Closed(max) => member <= max,
            LexBound::Open(max) => member < max,
        };
        above && below
    }

    pub(super) fn cuts(&self) -> (LexCut<'a>, LexCut<'a>) {
        (self.min.cut(false), self.max.cut(true))
    }
}

/// The ranks from `start` to `stop`, both included, of `len` elements; negative ones count from the end, as
/// in ZRANGE. Empty when they cross.
pub fn rank_range(start: i64, stop: i64, len: usize) -> Range<usize> {
    let from_end = |rank: i64| if rank < 0 { rank.saturating_add(len as i64) } else { rank };
    let start = from_end(start).max(0) as usize;
    let stop = from_end(stop).saturating_add(1).max(0) as usize;
    let stop = stop.min(len);
    if start < stop { start..stop } else { 0..0 }
}

/// C's `strtod` over the whole text up to a NUL, NaN refused.
pub(super) fn strtod(text: &[u8]) -> Option<f64> {
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    if text.is_empty() {
        return Some(0.0);
    }
    let text = &text[text.iter().position(|byte| !is_space(*byte))?..];
    if let Some(value) = parse_f64(text) {
        return Some(value);
    }
    // What is left: numbers out of the range of a double, which become infinite or zero.
    let value: f64 = match text {
        [b'+' | b'-', rest @ ..] | rest if matches!(rest, [b'0'..=b'9' | b'.', ..]) => {
            std::str::from_utf8(text).ok()?.parse().ok()?
        }
        _ => return None,
    };
    Some(value)
}

/// C's `strtod` over the whole text up to a NUL, with everything refused about which C would report a range
/// error, and NaN (SORT's scores).
pub fn strtod_in_range(text: &[u8]) -> Option<f64> {
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    if text.is_empty() {
        return Some(0.0);
    }
    let text = &text[text.iter().position(|byte| !is_space(*byte))?..];
    let hexadecimal = text.contains(&b'x') || text.contains(&b'X');
    parse_f64(text).filter(|score| hexadecimal || !score.is_subnormal())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_read_as_c_does() {
        let good: [(&[u8], f64, bool); 12] = [
            (b"5", 5.0, false),
            (b"(1.5", 1.5, true),
            (b"-inf", f64::NEG_INFINITY, false),
            (b"(+INF", f64::INFINITY, true),
            (b"infinity", f64::INFINITY, false),
            (b"", 0.0, false),
            (b"(", 0.0, true),
            (b" 7", 7.0, false),
            (b"1e400", f64::INFINITY, false),
            (b"-1e400", f64::NEG_INFINITY, false),
            (b"1e-400", 0.0, false),
            (b"0x10", 16.0, false),
        ];
        for (text, score, open) in good {
            assert_eq!(ScoreBound::parse(text), Some(ScoreBound { score, open }), "{}", text.escape_ascii());
        }
        for text in [&b"nan"[..], b"(nan", b"1 ", b" ", b"((1", b"1x", b"+-1", b"-", b"e5", b"--inf", b"\xff"]
        {
            assert_eq!(ScoreBound::parse(text), None, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn members_need_their_sign() {
        assert_eq!(LexBound::parse(b"["), Some(LexBound::Closed(b"")));
        assert_eq!(LexBound::parse(b"(a"), Some(LexBound::Open(b"a")));
        for text in [&b""[..], b"a", b"+a", b"-a"] {
            assert_eq!(LexBound::parse(text), None);
        }
    }

    #[test]
    fn empty_ranges_are_seen() {
        let lex = |min: &'static [u8], max: &'static [u8]| LexRange::parse(min, max).unwrap().is_empty();
        assert!(lex(b"+", b"-") && lex(b"+", b"+") && lex(b"[b", b"[a") && lex(b"(a", b"[a"));
        assert!(!lex(b"-", b"+") && !lex(b"[a", b"[a") && !lex(b"(a", b"(b"));
        let score = |min: &'static [u8], max: &'static [u8]| ScoreRange::parse(min, max).unwrap().is_empty();
        assert!(score(b"2", b"1") && score(b"(1", b"1") && score(b"1", b"(1"));
        assert!(!score(b"1", b"1") && !score(b"(1", b"(2"));
    }

    #[test]
    fn ranks_count_from_either_end() {
        let cases = [
            (0, -1, 0..5),
            (1, 2, 1..3),
            (-2, -1, 3..5),
            (-9, 9, 0..5),
            (3, 2, 0..0),
            (5, 9, 0..0),
            (0, -6, 0..0),
            (i64::MIN, i64::MAX, 0..5),
            (i64::MAX, i64::MIN, 0..0),
        ];
        for (start, stop, range) in cases {
            assert_eq!(rank_range(start, stop, 5), range, "{start} {stop}");
        }
        assert_eq!(rank_range(0, -1, 0), 0..0);
    }
}
