//! Unions, intersections and differences: ZUNION ZINTER ZDIFF, their STORE forms, ZINTERCARD.
//!
//! Inputs are sorted sets and sets, whose members count 1 each; a missing key is an empty one. Inputs are
//! looked at from the smallest to the largest: with infinities and rounding the order of a sum matters, and
//! it is that of Redis. A sum or product that is not a number becomes 0.
//!
//! A result is built in the big encoding, and what is stored becomes a listpack if it fits. ZUNION gathers
//! its scores in a table of borrowed members first, so that each enters the result once, with its last score.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::base::num::IntBuf;
use crate::core::ctx::{Ctx, Outcome};
use crate::ds::listpack::Entry as Member;
use crate::object::{Entry, Limits, Set, Value, ValueRef, Zset};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

use crate::cmd::args::{float, int, is, positive};

use super::{limits, pairs_header, store, write_pair};

const WEIGHT: CmdError = CmdError::fixed("ERR weight value is not a float");
const LIMIT: CmdError = CmdError::fixed("ERR LIMIT can't be negative");

#[derive(Clone, Copy, PartialEq, Eq)]
enum Op {
    Union,
    Inter,
    Diff,
}

/// What becomes of the result.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Show,
    Store,
    Count,
}

/// How the scores of a member in several inputs become one.
#[derive(Clone, Copy, Default)]
enum Aggregate {
    #[default]
    Sum,
    Min,
    Max,
}

impl Aggregate {
    fn join(self, one: f64, other: f64) -> f64 {
        match self {
            Aggregate::Sum => not_nan(one + other),
            Aggregate::Min if other < one => other,
            Aggregate::Max if other > one => other,
            Aggregate::Min | Aggregate::Max => one,
        }
    }
}

fn not_nan(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}

/// An input as it lies in the keyspace.
#[derive(Clone, Copy)]
enum Source<'a> {
    Missing,
    Set(&'a Set),
    Zset(&'a Zset),
}

impl<'a> Source<'a> {
    /// `None`: a value of another type.
    fn of(entry: Option<&'a Entry>) -> Option<Self> {
        match entry.map(Entry::value) {
            None => Some(Source::Missing),
            Some(ValueRef::Obj(Value::Set(set))) => Some(Source::Set(set)),
            Some(ValueRef::Obj(Value::Zset(set))) => Some(Source::Zset(set)),
            Some(_) => None,
        }
    }

    fn len(self) -> usize {
        match self {
            Source::Missing => 0,
            Source::Set(set) => set.len(),
            Source::Zset(set) => set.len(),
        }
    }

    fn score(self, member: &[u8]) -> Option<f64> {
        match self {
            Source::Missing => None,
            Source::Set(set) => set.contains(member).then_some(1.0),
            Source::Zset(set) => set.score(member),
        }
    }

    /// Visits members with their scores as long as `visit` says so.
    fn each(self, mut visit: impl FnMut(Member<'a>, f64) -> bool) {
        match self {
            Source::Missing => true,
            Source::Set(set) => set.iter().all(|member| visit(member, 1.0)),
            Source::Zset(set) => set.iter().all(|(member, score)| visit(member, score)),
        };
    }
}

/// What was asked for, but for the keys.
struct Wanted {
    weights: Vec<f64>,
    aggregate: Aggregate,
    with_scores: bool,
    /// Of ZINTERCARD; 0 is none.
    limit: usize,
}

/// Reads what follows the keys.
fn options(args: Args<'_>, mut at: usize, keys: usize, op: Op, usage: Use) -> Result<Wanted, CmdError> {
    let mut wanted =
        Wanted { weights: vec![1.0; keys], aggregate: Aggregate::Sum, with_scores: false, limit: 0 };
    let weighted = op != Op::Diff && usage != Use::Count;
    while let Some(word) = args.get(at) {
        let left = args.len() - at;
        if weighted && left > keys && is(word, "weights") {
            for weight in &mut wanted.weights {
                at += 1;
                *weight = float(args.at(at)).map_err(|_| WEIGHT)?;
            }
        } else if weighted && left >= 2 && is(word, "aggregate") {
            at += 1;
            wanted.aggregate = match args.at(at) {
                how if is(how, "sum") => Aggregate::Sum,
                how if is(how, "min") => Aggregate::Min,
                how if is(how, "max") => Aggregate::Max,
                _ => return Err(errors::SYNTAX),
            };
        } else if usage == Use::Show && is(word, "withscores") {
            wanted.with_scores = true;
        } else if usage == Use::Count && left >= 2 && is(word, "limit") {
            at += 1;
            let limit = positive(args.at(at)).map_err(|_| LIMIT)?;
            wanted.limit = usize::try_from(limit).unwrap_or(usize::MAX);
        } else {
            return Err(errors::SYNTAX);
        }
        at += 1;
    }
    Ok(wanted)
}

/// Inputs with their weights.
type Inputs<'a> = [(Source<'a>, f64)];

/// Visits the members of an intersection with their scores as long as `visit` says so.
fn intersect<'a>(inputs: &Inputs<'a>, aggregate: Aggregate, mut visit: impl FnMut(Member<'a>, f64) -> bool) {
    let Some(((first, weight), others)) = inputs.split_first() else { return };
    let mut buf = IntBuf::new();
    first.each(|member, score| {
        let mut sum = not_nan(weight * score);
        let text = member.text(&mut buf);
        for (other, weight) in others {
            let Some(score) = other.score(text) else { return true };
            sum = aggregate.join(sum, score * weight);
        }
        visit(member, not_nan(sum))
    });
}

fn unite(inputs: &Inputs<'_>, aggregate: Aggregate, result: &mut Zset, limits: &Limits) {
    let largest = inputs.last().map_or(0, |(source, _)| source.len());
    let mut sums: HashMap<Cow<'_, [u8]>, f64> = HashMap::with_capacity(largest);
    for (source, weight) in inputs {
        source.each(|member, score| {
            let score = not_nan(weight * score);
            let name = match member {
                Member::Str(text) => Cow::Borrowed(text),
                Member::Int(_) => Cow::Owned(member.to_vec()),
            };
            sums.entry(name).and_modify(|sum| *sum = aggregate.join(*sum, score)).or_insert(score);
            true
        });
    }
    for (member, score) in &sums {
        result.load(member, *score, limits);
    }
}

fn subtract(inputs: &Inputs<'_>, result: &mut Zset, limits: &Limits) {
    let Some(((first, _), others)) = inputs.split_first() else { return };
    let sizes = |inputs: &Inputs<'_>| inputs.iter().map(|(source, _)| source.len()).sum::<usize>();
    // Looking each member up in all inputs, or taking out what each input has: what Redis thinks is less work.
    let look_up = first.len().saturating_mul(inputs.len()) / 2 <= sizes(inputs);
    let mut buf = IntBuf::new();
    first.each(|member, score| {
        let text = member.text(&mut buf);
        if !look_up || !others.iter().any(|(other, _)| other.score(text).is_some()) {
            result.load(text, score, limits);
        }
        true
    });
    if !look_up {
        for (other, _) in others {
            other.each(|member, _| {
                result.remove(member.text(&mut buf));
                !result.is_empty()
            });
        }
    }
}

/// Finds the inputs. Reading comes first for all of them: it changes statistics and ages.
fn sources<'a>(
    cx: &'a mut Ctx<'_>,
    args: Args<'_>,
    range: std::ops::Range<usize>,
) -> Result<Vec<Source<'a>>, CmdError> {
    for at in range.clone() {
        let entry = cx.srv.keys.read(cx.db, args.at(at), cx.now);
        Source::of(entry).ok_or(errors::WRONGTYPE)?;
    }
    let keys = &cx.srv.keys;
    let source = |at| Source::of(keys.glance(cx.db, args.at(at), cx.now)).ok_or(errors::WRONGTYPE);
    range.map(source).collect()
}

/// The one procedure of the family; `at` is the place of the number of keys.
fn combine(cx: &mut Ctx<'_>, args: Args<'_>, at: usize, op: Op, usage: Use) -> Result<Outcome, CmdError> {
    let keys = int(args.at(at))?;
    if keys < 1 {
        let name = cx.cmd.name.as_bytes();
        return Err(CmdError::err(&[b"at least 1 input key is needed for '", name, b"' command"]));
    }
    let first = at + 1;
    let keys = usize::try_from(keys).ok().filter(|keys| *keys <= args.len() - first);
    let keys = keys.ok_or(errors::SYNTAX)?;
    let limits = limits(cx.srv);
    let sources = sources(cx, args, first..first + keys)?;
    let wanted = options(args, first + keys, keys, op, usage)?;
    let mut inputs: Vec<_> = sources.into_iter().zip(wanted.weights.iter().copied()).collect();
    if op != Op::Diff {
        inputs.sort_by_key(|(source, _)| source.len());
    }
    if usage == Use::Count {
        let mut count = 0;
        intersect(&inputs, wanted.aggregate, |_, _| {
            count += 1;
            count != wanted.limit
        });
        cx.out.count(count);
        return Ok(Outcome::Done);
    }
    let mut result = Zset::new(usize::MAX, 0, &limits);
    match op {
        Op::Union => unite(&inputs, wanted.aggregate, &mut result, &limits),
        Op::Diff => subtract(&inputs, &mut result, &limits),
        Op::Inter => {
            let mut buf = IntBuf::new();
            intersect(&inputs, wanted.aggregate, |member, score| {
                result.load(member.text(&mut buf), score, &limits);
                true
            });
        }
    }
    if usage == Use::Store {
        result.pack(&limits);
        let event = match op {
            Op::Union => "zunionstore",
            Op::Inter => "zinterstore",
            Op::Diff => "zdiffstore",
        };
        store(cx, args.at(1), result, event, 1);
    } else {
        let scores = wanted.with_scores;
        pairs_header(cx.out, result.len(), scores);
        result.iter().for_each(|(member, score)| write_pair(cx.out, member, score, scores));
    }
    Ok(Outcome::Done)
}

/// `ZUNION numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]`
pub fn zunion(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    combine(cx, args, 1, Op::Union, Use::Show)
}

/// `ZINTER numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]`
pub fn zinter(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    combine(cx, args, 1, Op::Inter, Use::Show)
}

/// `ZDIFF numkeys key [key ...] [WITHSCORES]`
pub fn zdiff(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    combine(cx, args, 1, Op::Diff, Use::Show)
}

/// `ZUNIONSTORE destination numkeys key [key ...] [WEIGHTS weight ...] [AGGREGATE SUM|MIN|MAX]`
pub fn zunionstore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    combine(cx, args, 2, Op::Union, Use::Store)
}

/// `ZINTERSTORE destination numkeys key [key ...] [WEIGHTS weight ...] [AGGREGATE SUM|MIN|MAX]`
pub fn zinterstore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    combine(cx, args, 2, Op::Inter, Use::Store)
}

/// `ZDIFFSTORE destination numkeys key [key ...]`
pub fn zdiffstore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    combine(cx, args, 2, Op::Diff, Use::Store)
}

/// `ZINTERCARD numkeys key [key ...] [LIMIT limit]`
pub fn zintercard(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    combine(cx, args, 1, Op::Inter, Use::Count)
}
