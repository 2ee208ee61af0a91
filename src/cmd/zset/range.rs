//! Ranges: ZRANGE and its older names, ZRANGESTORE.
//!
//! All of them are one command with some options fixed, as in Redis. A range of whatever kind becomes a range
//! of ranks, LIMIT shortens it, and the members of the rest are written or stored.
//!
//! Quirk kept: ZRANGESTORE knows the size beforehand only for a range of ranks, so with BYSCORE and BYLEX the
//! result has the big encoding however small it is.

use std::ops::Range;

use crate::core::ctx::{Ctx, Outcome};
use crate::object::Zset;
use crate::object::zset_range::{LexRange, ScoreRange, rank_range};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

use crate::base::num::IntBuf;
use crate::cmd::args::{int, is};

use super::{BAD_LEX_RANGE, BAD_SCORE_RANGE, limits, pairs_header, read, store, write_pair};

const LIMIT_BY_RANK: CmdError =
    CmdError::fixed("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
const SCORES_BY_LEX: CmdError =
    CmdError::fixed("ERR syntax error, WITHSCORES not supported in combination with BYLEX");

/// What the two ends of a range are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Rank,
    Score,
    Lex,
}

/// A range as it was asked for.
struct Wanted {
    by: By,
    reverse: bool,
    with_scores: bool,
    offset: i64,
    /// Negative: all.
    limit: i64,
}

/// The two ends, read.
enum Ends<'a> {
    Rank(i64, i64),
    Score(ScoreRange),
    Lex(LexRange<'a>),
}

impl Wanted {
    /// Reads the options from `from` on. `by` and `reverse` are what the command's name fixes.
    fn read(
        args: Args<'_>,
        from: usize,
        storing: bool,
        by: Option<By>,
        reverse: Option<bool>,
    ) -> Result<Wanted, CmdError> {
        let (mut by_now, mut reverse_now) = (by, reverse);
        let (mut with_scores, mut offset, mut limit) = (false, 0, -1);
        let mut at = from;
        while let Some(word) = args.get(at) {
            if !storing && is(word, "withscores") {
                with_scores = true;
            } else if is(word, "limit") && at + 2 < args.len() {
                (offset, limit) = (int(args.at(at + 1))?, int(args.at(at + 2))?);
                at += 2;
            } else if reverse_now.is_none() && is(word, "rev") {
                reverse_now = Some(true);
            } else if by_now.is_none() && is(word, "bylex") {
                by_now = Some(By::Lex);
            } else if by_now.is_none() && is(word, "byscore") {
                by_now = Some(By::Score);
            } else {
                return Err(errors::SYNTAX);
            }
            at += 1;
        }
        let by = by_now.unwrap_or(By::Rank);
        if limit != -1 && by == By::Rank {
            return Err(LIMIT_BY_RANK);
        }
        if with_scores && by == By::Lex {
            return Err(SCORES_BY_LEX);
        }
        Ok(Wanted { by, reverse: reverse_now.unwrap_or(false), with_scores, offset, limit })
    }

    /// Reads the ends, which are named from the far one when the order is reversed.
    fn ends<'a>(&self, first: &'a [u8], second: &'a [u8]) -> Result<Ends<'a>, CmdError> {
        let (min, max) = if self.reverse { (second, first) } else { (first, second) };
        match self.by {
            By::Rank => Ok(Ends::Rank(int(first)?, int(second)?)),
            By::Score => ScoreRange::parse(min, max).map(Ends::Score).ok_or(BAD_SCORE_RANGE),
            By::Lex => LexRange::parse(min, max).map(Ends::Lex).ok_or(BAD_LEX_RANGE),
        }
    }

    /// The ranks, from the lowest score, that are meant.
    fn ranks(&self, set: &Zset, ends: &Ends<'_>) -> Range<usize> {
        let ranks = match ends {
            Ends::Rank(start, stop) => {
                let (len, ranks) = (set.len(), rank_range(*start, *stop, set.len()));
                return if self.reverse { len - ranks.end..len - ranks.start } else { ranks };
            }
            Ends::Score(range) => set.ranks_by_score(range),
            Ends::Lex(range) => set.ranks_by_lex(range),
        };
        // A negative offset skips everything.
        let offset = usize::try_from(self.offset).unwrap_or(usize::MAX).min(ranks.len());
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX).min(ranks.len() - offset);
        if self.reverse {
            ranks.end - offset - limit..ranks.end - offset
        } else {
            ranks.start + offset..ranks.start + offset + limit
        }
    }
}

fn show(
    cx: &mut Ctx<'_>,
    args: Args<'_>,
    by: Option<By>,
    reverse: Option<bool>,
) -> Result<Outcome, CmdError> {
    let wanted = Wanted::read(args, 4, false, by, reverse)?;
    let ends = wanted.ends(args.at(2), args.at(3))?;
    let Some(set) = read::<Zset>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)? else {
        cx.out.array(0);
        return Ok(Outcome::Done);
    };
    let ranks = wanted.ranks(set, &ends);
    let (out, scores) = (&mut *cx.out, wanted.with_scores);
    pairs_header(out, ranks.len(), scores);
    let members = set.range(ranks);
    if wanted.reverse {
        members.rev().for_each(|(member, score)| write_pair(out, member, score, scores));
    } else {
        members.for_each(|(member, score)| write_pair(out, member, score, scores));
    }
    Ok(Outcome::Done)
}

/// `ZRANGE key start stop [BYSCORE|BYLEX] [REV] [LIMIT offset count] [WITHSCORES]`
pub fn zrange(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    show(cx, args, None, None)
}

/// `ZREVRANGE key start stop [WITHSCORES]`
pub fn zrevrange(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    show(cx, args, Some(By::Rank), Some(true))
}

/// `ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]`
pub fn zrangebyscore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    show(cx, args, Some(By::Score), Some(false))
}

/// `ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]`
pub fn zrevrangebyscore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    show(cx, args, Some(By::Score), Some(true))
}

/// `ZRANGEBYLEX key min max [LIMIT offset count]`
pub fn zrangebylex(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    show(cx, args, Some(By::Lex), Some(false))
}

/// `ZREVRANGEBYLEX key max min [LIMIT offset count]`
pub fn zrevrangebylex(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    show(cx, args, Some(By::Lex), Some(true))
}

/// `ZRANGESTORE dst src min max [BYSCORE|BYLEX] [REV] [LIMIT offset count]`
pub fn zrangestore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let wanted = Wanted::read(args, 5, true, None, None)?;
    let ends = wanted.ends(args.at(3), args.at(4))?;
    let limits = limits(cx.srv);
    let mut result = Zset::new(0, 0, &limits);
    if let Some(set) = read::<Zset>(&mut cx.srv.keys, cx.db, args.at(2), cx.now)? {
        let ranks = wanted.ranks(set, &ends);
        let expected = if wanted.by == By::Rank { ranks.len() } else { usize::MAX };
        result = Zset::new(expected, 0, &limits);
        for (member, score) in set.range(ranks) {
            result.set(member.text(&mut IntBuf::new()), score, &limits);
        }
    }
    store(cx, args.at(1), result, "zrangestore", 1);
    Ok(Outcome::Done)
}
