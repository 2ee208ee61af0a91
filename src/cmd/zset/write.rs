//! Adding and removing: ZADD ZINCRBY ZREM and ZREMRANGEBY….
//!
//! ZADD reads all its scores before it changes anything, so it is done whole or not at all; a single pair,
//! the frequent case, needs no memory for that. A missing key gets its set only when it has a first member.

use crate::core::ctx::{Ctx, Outcome};
use crate::keyspace::Class;
use crate::object::Zset;
use crate::object::zset::{AddFlags, Added, NotANumber};
use crate::object::zset_range::{LexRange, ScoreRange, rank_range};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

use crate::cmd::args::{float, int, is};

use super::{BAD_LEX_RANGE, BAD_SCORE_RANGE, announce_removal, edit, limits, new_entry};

const NX_AND_XX: CmdError = CmdError::fixed("ERR XX and NX options at the same time are not compatible");
const GT_LT_NX: CmdError =
    CmdError::fixed("ERR GT, LT, and/or NX options at the same time are not compatible");
const INCR_MANY: CmdError = CmdError::fixed("ERR INCR option supports a single increment-element pair");
const SCORE_NAN: CmdError = CmdError::fixed("ERR resulting score is not a number (NaN)");

/// What ZADD was asked for.
struct Request<'a> {
    args: Args<'a>,
    /// Place of the first score.
    first: usize,
    flags: AddFlags,
    /// Count changed members too.
    changed: bool,
}

impl<'a> Request<'a> {
    fn read(args: Args<'a>, mut flags: AddFlags) -> Result<Self, CmdError> {
        let (mut first, mut changed) = (2, false);
        while let Some(word) = args.get(first) {
            match word {
                _ if is(word, "nx") => flags.nx = true,
                _ if is(word, "xx") => flags.xx = true,
                _ if is(word, "ch") => changed = true,
                _ if is(word, "incr") => flags.incr = true,
                _ if is(word, "gt") => flags.gt = true,
                _ if is(word, "lt") => flags.lt = true,
                _ => break,
            }
            first += 1;
        }
        let rest = args.len() - first;
        if rest == 0 || !rest.is_multiple_of(2) {
            return Err(errors::SYNTAX);
        }
        if flags.nx && flags.xx {
            return Err(NX_AND_XX);
        }
        if [flags.gt, flags.lt, flags.nx].into_iter().filter(|on| *on).count() > 1 {
            return Err(GT_LT_NX);
        }
        if flags.incr && rest > 2 {
            return Err(INCR_MANY);
        }
        Ok(Request { args, first, flags, changed })
    }

    fn pairs(&self) -> usize {
        (self.args.len() - self.first) / 2
    }

    fn member(&self, pair: usize) -> &'a [u8] {
        self.args.at(self.first + 2 * pair + 1)
    }

    fn score(&self, pair: usize) -> Result<f64, CmdError> {
        float(self.args.at(self.first + 2 * pair))
    }
}

/// What ZADD did.
#[derive(Default)]
struct Tally {
    added: u64,
    updated: u64,
    /// The score of the last member that no option passed over.
    score: Option<f64>,
}

fn add_all(
    set: &mut Zset,
    request: &Request<'_>,
    scores: &[f64],
    limits: &crate::object::Limits,
) -> Result<Tally, NotANumber> {
    let mut tally = Tally::default();
    for (pair, score) in scores.iter().enumerate() {
        tally.score = match set.add(request.member(pair), *score, request.flags, limits)? {
            Added::New(score) => {
                tally.added += 1;
                Some(score)
            }
            Added::Changed(score) => {
                tally.updated += 1;
                Some(score)
            }
            Added::Same(score) => Some(score),
            Added::Skipped => continue,
        };
    }
    Ok(tally)
}

fn add(cx: &mut Ctx<'_>, args: Args<'_>, flags: AddFlags) -> Result<Outcome, CmdError> {
    let request = Request::read(args, flags)?;
    let (one, many);
    let scores: &[f64] = if request.pairs() == 1 {
        one = [request.score(0)?];
        &one
    } else {
        many = (0..request.pairs()).map(|pair| request.score(pair)).collect::<Result<Vec<_>, _>>()?;
        &many
    };
    let (key, limits) = (args.at(1), limits(cx.srv));
    let edited = edit::<Zset>(&mut cx.srv.keys, cx.db, key, cx.now)?.map(|set| {
        set.expect(scores.len(), &limits);
        add_all(set, &request, scores, &limits)
    });
    let tally = match edited {
        Some(tally) => tally.map_err(|NotANumber| SCORE_NAN)?,
        None if request.flags.xx => Tally::default(),
        None => {
            let mut set = Zset::new(scores.len(), request.member(0).len(), &limits);
            let tally = add_all(&mut set, &request, scores, &limits).map_err(|NotANumber| SCORE_NAN)?;
            cx.srv.keys.insert(cx.db, new_entry(key, set));
            tally
        }
    };
    let changes = tally.added + tally.updated;
    if changes > 0 {
        cx.touch(key, Class::ZSET, if request.flags.incr { "zincr" } else { "zadd" }, changes);
    }
    match tally.score {
        Some(score) if request.flags.incr => cx.out.double(score),
        None if request.flags.incr => cx.out.null(),
        _ => cx.out.count(if request.changed { changes } else { tally.added } as usize),
    }
    Ok(Outcome::Done)
}

/// `ZADD key [NX|XX] [GT|LT] [CH] [INCR] score member [score member ...]`
pub fn zadd(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    add(cx, args, AddFlags::default())
}

/// `ZINCRBY key increment member`
pub fn zincrby(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    add(cx, args, AddFlags { incr: true, ..AddFlags::default() })
}

/// `ZREM key member [member ...]`
pub fn zrem(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let key = args.at(1);
    let edited = edit::<Zset>(&mut cx.srv.keys, cx.db, key, cx.now)?.map(|set| {
        let mut removed = 0;
        for at in 2..args.len() {
            removed += usize::from(set.remove(args.at(at)).is_some());
            if set.is_empty() {
                break;
            }
        }
        (removed, set.is_empty())
    });
    let (removed, empty) = edited.unwrap_or_default();
    announce_removal(cx, key, "zrem", removed, empty);
    cx.out.count(removed);
    Ok(Outcome::Done)
}

fn remove_range(
    cx: &mut Ctx<'_>,
    key: &[u8],
    event: &'static str,
    ranks: impl FnOnce(&Zset) -> std::ops::Range<usize>,
) -> Result<Outcome, CmdError> {
    let edited = edit::<Zset>(&mut cx.srv.keys, cx.db, key, cx.now)?.map(|set| {
        let ranks = ranks(set);
        (set.remove_ranks(ranks), set.is_empty())
    });
    let (removed, empty) = edited.unwrap_or_default();
    announce_removal(cx, key, event, removed, empty);
    cx.out.count(removed);
    Ok(Outcome::Done)
}

/// `ZREMRANGEBYRANK key start stop`
pub fn zremrangebyrank(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (start, stop) = (int(args.at(2))?, int(args.at(3))?);
    remove_range(cx, args.at(1), "zremrangebyrank", |set| rank_range(start, stop, set.len()))
}

/// `ZREMRANGEBYSCORE key min max`
pub fn zremrangebyscore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let range = ScoreRange::parse(args.at(2), args.at(3)).ok_or(BAD_SCORE_RANGE)?;
    remove_range(cx, args.at(1), "zremrangebyscore", |set| set.ranks_by_score(&range))
}

/// `ZREMRANGEBYLEX key min max`
pub fn zremrangebylex(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let range = LexRange::parse(args.at(2), args.at(3)).ok_or(BAD_LEX_RANGE)?;
    remove_range(cx, args.at(1), "zremrangebylex", |set| set.ranks_by_lex(&range))
}
