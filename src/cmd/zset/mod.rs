//! Sorted sets.
//!
//! | file | commands |
//! |---|---|
//! | `write.rs` | ZADD ZINCRBY ZREM ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREMRANGEBYLEX |
//! | `read.rs` | ZCARD ZSCORE ZMSCORE ZRANK ZREVRANK ZCOUNT ZLEXCOUNT |
//! | `range.rs` | ZRANGE ZRANGESTORE ZREVRANGE ZRANGEBYSCORE ZRANGEBYLEX and their reverses |
//! | `pop.rs` | ZPOPMIN ZPOPMAX ZMPOP BZPOPMIN BZPOPMAX BZMPOP |
//! | `algebra.rs` | ZUNION ZINTER ZDIFF, their STORE forms, ZINTERCARD |
//! | `sample.rs` | ZRANDMEMBER ZSCAN |
//!
//! The structure and its encodings are [`crate::object::Zset`]; here are arguments, errors in the order in
//! which Redis finds them, replies and what is announced. Members with scores are a flat array in RESP2 and
//! pairs in RESP3. Source: Redis 7.2.4 `t_zset.c`.

use crate::core::ctx::Ctx;
use crate::core::table::Row;
use crate::ds::listpack::Entry as Member;
use crate::keyspace::Class;
use crate::object::{Entry, NewValue, Value, Zset};
use crate::resp::errors::CmdError;
use crate::resp::reply::Reply;

use super::limits::{edit, limits, read};
use super::specs::sorted_set as specs;

mod algebra;
mod pop;
mod range;
mod read;
mod sample;
#[cfg(test)]
mod tests;
mod write;

/// The family's rows.
pub const ROWS: &[Row] = &[
    Row::new(specs::ZADD, zadd),
    Row::new(specs::ZINCRBY, write::zincrby),
    Row::new(specs::ZREM, write::zrem),
    Row::new(specs::ZREMRANGEBYRANK, write::zremrangebyrank),
    Row::new(specs::ZREMRANGEBYSCORE, write::zremrangebyscore),
    Row::new(specs::ZREMRANGEBYLEX, write::zremrangebylex),
    Row::new(specs::ZCARD, read::zcard),
    Row::new(specs::ZSCORE, read::zscore),
    Row::new(specs::ZMSCORE, read::zmscore),
    Row::new(specs::ZRANK, read::zrank),
    Row::new(specs::ZREVRANK, read::zrevrank),
    Row::new(specs::ZCOUNT, read::zcount),
    Row::new(specs::ZLEXCOUNT, read::zlexcount),
    Row::new(specs::ZRANGE, range::zrange),
    Row::new(specs::ZRANGESTORE, range::zrangestore),
    Row::new(specs::ZREVRANGE, range::zrevrange),
    Row::new(specs::ZRANGEBYSCORE, range::zrangebyscore),
    Row::new(specs::ZREVRANGEBYSCORE, range::zrevrangebyscore),
    Row::new(specs::ZRANGEBYLEX, range::zrangebylex),
    Row::new(specs::ZREVRANGEBYLEX, range::zrevrangebylex),
    Row::new(specs::ZPOPMIN, pop::zpopmin),
    Row::new(specs::ZPOPMAX, pop::zpopmax),
    Row::new(specs::ZMPOP, pop::zmpop),
    Row::new(specs::BZPOPMIN, pop::bzpopmin),
    Row::new(specs::BZPOPMAX, pop::bzpopmax),
    Row::new(specs::BZMPOP, pop::bzmpop),
    Row::new(specs::ZUNION, algebra::zunion),
    Row::new(specs::ZINTER, algebra::zinter),
    Row::new(specs::ZDIFF, algebra::zdiff),
    Row::new(specs::ZUNIONSTORE, algebra::zunionstore),
    Row::new(specs::ZINTERSTORE, algebra::zinterstore),
    Row::new(specs::ZDIFFSTORE, algebra::zdiffstore),
    Row::new(specs::ZINTERCARD, algebra::zintercard),
    Row::new(specs::ZRANDMEMBER, sample::zrandmember),
    Row::new(specs::ZSCAN, sample::zscan),
];

const BAD_SCORE_RANGE: CmdError = CmdError::fixed("ERR min or max is not a float");
const BAD_LEX_RANGE: CmdError = CmdError::fixed("ERR min or max not valid string range item");

/// Announces that `count` members went, and removes the key with the last of them.
fn announce_removal(cx: &mut Ctx<'_>, key: &[u8], event: &'static str, count: usize, empty: bool) {
    if count > 0 {
        cx.touch(key, Class::ZSET, event, count as u64);
    }
    if empty {
        cx.srv.keys.remove(cx.db, key);
        cx.touch(key, Class::GENERIC, "del", 0);
    }
}

pub(in crate::cmd) use write::zadd;

/// Puts the result of a command under a key, or removes the key when there is none; answers the size. The
/// store counts as so many changes, the removal as one.
pub(in crate::cmd) fn store(cx: &mut Ctx<'_>, key: &[u8], set: Zset, event: &'static str, changes: u64) {
    let (len, empty) = (set.len(), set.is_empty());
    let old = if empty {
        cx.srv.keys.remove(cx.db, key)
    } else {
        // A dead key expires before it is overwritten.
        cx.srv.keys.write_lookup(cx.db, key, cx.now);
        cx.srv.keys.insert(cx.db, new_entry(key, set))
    };
    if !empty {
        cx.touch(key, Class::ZSET, event, changes);
    } else if old.is_some() {
        cx.touch(key, Class::GENERIC, "del", 1);
    }
    cx.out.count(len);
    if let Some(old) = old
        && cx.srv.config.lazyfree_lazy_server_del
        && !old.is_string()
    {
        cx.srv.stats.lazyfreed_objects += 1;
        cx.host.drop_later(Box::new(old));
    }
}

fn new_entry(key: &[u8], set: Zset) -> Entry {
    Entry::new(key, NewValue::Obj(Box::new(Value::Zset(set))), None)
}

#[inline]
pub(in crate::cmd) fn write_member(out: &mut Reply, member: Member<'_>) {
    match member {
        Member::Int(number) => out.bulk_int(number),
        Member::Str(text) => out.bulk(text),
    }
}

/// A member and, if asked for, its score: a pair in RESP3.
#[inline]
fn write_pair(out: &mut Reply, member: Member<'_>, score: f64, with_scores: bool) {
    if with_scores && out.resp3 {
        out.array(2);
    }
    write_member(out, member);
    if with_scores {
        out.double(score);
    }
}

/// The header of an array of so many members, each with its score if asked for.
#[inline]
fn pairs_header(out: &mut Reply, len: usize, with_scores: bool) {
    let flat = with_scores && !out.resp3;
    out.array(if flat { len.saturating_mul(2) } else { len });
}
