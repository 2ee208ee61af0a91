//! Hashes: fields with values under one key.
//!
//! | file | commands |
//! |---|---|
//! | `write.rs` | HSET HMSET HSETNX HDEL HINCRBY HINCRBYFLOAT |
//! | `read.rs` | HGET HMGET HGETALL HKEYS HVALS HLEN HSTRLEN HEXISTS |
//! | `pick.rs` | HRANDFIELD HSCAN |
//!
//! How fields are stored, and when a listpack becomes a table, is `object::hash`. Here are the arguments, the
//! errors and their order, what is announced and what travels: every command as it came, but HINCRBYFLOAT as
//! HSET of the sum, so that no replica rounds by itself.
//!
//! Source: Redis 7.2.4 `t_hash.c`.

mod pick;
mod read;
mod write;

use crate::cmd::specs;
use crate::core::table::Row;
use crate::ds::listpack;
use crate::resp::reply::Reply;

/// The family's rows.
pub const ROWS: &[Row] = &[
    Row::new(specs::hash::HSET, write::hset),
    Row::new(specs::hash::HSETNX, write::hsetnx),
    Row::new(specs::hash::HGET, read::hget),
    Row::new(specs::hash::HMSET, write::hmset),
    Row::new(specs::hash::HMGET, read::hmget),
    Row::new(specs::hash::HINCRBY, write::hincrby),
    Row::new(specs::hash::HINCRBYFLOAT, write::hincrbyfloat),
    Row::new(specs::hash::HDEL, write::hdel),
    Row::new(specs::hash::HLEN, read::hlen),
    Row::new(specs::hash::HSTRLEN, read::hstrlen),
    Row::new(specs::hash::HKEYS, read::hkeys),
    Row::new(specs::hash::HVALS, read::hvals),
    Row::new(specs::hash::HGETALL, read::hgetall),
    Row::new(specs::hash::HEXISTS, read::hexists),
    Row::new(specs::hash::HRANDFIELD, pick::hrandfield),
    Row::new(specs::hash::HSCAN, pick::hscan),
];

/// Replies a field or a value as a bulk string.
#[inline]
fn reply_text(out: &mut Reply, text: listpack::Entry<'_>) {
    match text {
        listpack::Entry::Str(text) => out.bulk(text),
        listpack::Entry::Int(number) => out.bulk_int(number),
    }
}

#[cfg(test)]
mod tests;
