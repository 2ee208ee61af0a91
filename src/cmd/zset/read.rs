//! Questions with a number for an answer: ZCARD ZSCORE ZMSCORE ZRANK ZREVRANK ZCOUNT ZLEXCOUNT.

use crate::core::ctx::{Ctx, Outcome};
use crate::object::Zset;
use crate::object::zset_range::{LexRange, ScoreRange};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

use crate::cmd::args::is;

use super::{BAD_LEX_RANGE, BAD_SCORE_RANGE, read};

/// `ZCARD key`
pub fn zcard(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let set = read::<Zset>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    cx.out.count(set.map_or(0, Zset::len));
    Ok(Outcome::Done)
}

/// `ZSCORE key member`
pub fn zscore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let set = read::<Zset>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    match set.and_then(|set| set.score(args.at(2))) {
        Some(score) => cx.out.double(score),
        None => cx.out.null(),
    }
    Ok(Outcome::Done)
}

/// `ZMSCORE key member [member ...]`
pub fn zmscore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let set = read::<Zset>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    cx.out.array(args.len() - 2);
    for at in 2..args.len() {
        match set.and_then(|set| set.score(args.at(at))) {
            Some(score) => cx.out.double(score),
            None => cx.out.null(),
        }
    }
    Ok(Outcome::Done)
}

fn rank(cx: &mut Ctx<'_>, args: Args<'_>, reverse: bool) -> Result<Outcome, CmdError> {
    if args.len() > 4 {
        return Err(errors::wrong_arity(cx.cmd.name));
    }
    let with_score = args.get(3).is_some();
    if args.get(3).is_some_and(|word| !is(word, "withscore")) {
        return Err(errors::SYNTAX);
    }
    let set = read::<Zset>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    match set.and_then(|set| set.rank(args.at(2), reverse)) {
        Some((rank, score)) if with_score => {
            cx.out.array(2);
            cx.out.count(rank);
            cx.out.double(score);
        }
        Some((rank, _)) => cx.out.count(rank),
        None if with_score => cx.out.null_array(),
        None => cx.out.null(),
    }
    Ok(Outcome::Done)
}

/// `ZRANK key member [WITHSCORE]`
pub fn zrank(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    rank(cx, args, false)
}

/// `ZREVRANK key member [WITHSCORE]`
pub fn zrevrank(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    rank(cx, args, true)
}

/// `ZCOUNT key min max`
pub fn zcount(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let range = ScoreRange::parse(args.at(2), args.at(3)).ok_or(BAD_SCORE_RANGE)?;
    let set = read::<Zset>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    cx.out.count(set.map_or(0, |set| set.ranks_by_score(&range).len()));
    Ok(Outcome::Done)
}

/// `ZLEXCOUNT key min max`
pub fn zlexcount(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let range = LexRange::parse(args.at(2), args.at(3)).ok_or(BAD_LEX_RANGE)?;
    let set = read::<Zset>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    cx.out.count(set.map_or(0, |set| set.ranks_by_lex(&range).len()));
    Ok(Outcome::Done)
}
