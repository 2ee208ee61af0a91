//! Sets: members without order.
//!
//! | file | commands |
//! |---|---|
//! | `basic.rs` | SADD SREM SMOVE SISMEMBER SMISMEMBER SCARD SMEMBERS SSCAN |
//! | `chance.rs` | SPOP SRANDMEMBER |
//! | `algebra.rs` | SINTER SUNION SDIFF, their STORE forms, SINTERCARD |
//!
//! Encodings and their changes are `object::set`. Members are written into the reply from where they lie; where
//! Redis 7.2.4 shows members of small sets in an order that follows from how it works, so do we.
//!
//! Source: Redis 7.2.4 `t_set.c`.

mod algebra;
mod basic;
mod chance;
#[cfg(test)]
mod tests;

use crate::cmd::specs;
use crate::core::ctx::Ctx;
use crate::core::table::Row;
use crate::keyspace::Class;
use crate::object::set::Entry;
use crate::resp::reply::Reply;

/// The family's rows.
pub const ROWS: &[Row] = &[
    Row::new(specs::set::SADD, basic::sadd),
    Row::new(specs::set::SREM, basic::srem),
    Row::new(specs::set::SMOVE, basic::smove),
    Row::new(specs::set::SISMEMBER, basic::sismember),
    Row::new(specs::set::SMISMEMBER, basic::smismember),
    Row::new(specs::set::SCARD, basic::scard),
    Row::new(specs::set::SMEMBERS, basic::smembers),
    Row::new(specs::set::SSCAN, basic::sscan),
    Row::new(specs::set::SPOP, chance::spop),
    Row::new(specs::set::SRANDMEMBER, chance::srandmember),
    Row::new(specs::set::SINTER, algebra::sinter),
    Row::new(specs::set::SINTERCARD, algebra::sintercard),
    Row::new(specs::set::SINTERSTORE, algebra::sinterstore),
    Row::new(specs::set::SUNION, algebra::sunion),
    Row::new(specs::set::SUNIONSTORE, algebra::sunionstore),
    Row::new(specs::set::SDIFF, algebra::sdiff),
    Row::new(specs::set::SDIFFSTORE, algebra::sdiffstore),
];

/// Replies one member.
#[inline]
fn reply_entry(out: &mut Reply, entry: Entry<'_>) {
    match entry {
        Entry::Str(text) => out.bulk(text),
        Entry::Int(number) => out.bulk_int(number),
    }
}

/// After members went: announces it, and takes the key out if none is left.
fn settle(cx: &mut Ctx<'_>, key: &[u8], event: &'static str, changes: u64, empty: bool) {
    cx.touch(key, Class::SET, event, changes);
    if empty {
        cx.srv.keys.remove(cx.db, key);
        cx.notify(key, Class::GENERIC, "del");
    }
}
