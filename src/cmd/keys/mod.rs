//! Keys of any type: their names, lives and places.
//!
//! | file | commands |
//! |---|---|
//! | `basic.rs` | DEL UNLINK EXISTS TYPE TOUCH RENAME RENAMENX |
//! | `scan.rs` | KEYS SCAN RANDOMKEY DBSIZE |
//! | `expire.rs` | EXPIRE and its kin, TTL and its kin, PERSIST |
//! | `dbs.rs` | MOVE COPY SWAPDB FLUSHDB FLUSHALL |
//! | `dump.rs` | DUMP RESTORE |
//! | `object.rs` | OBJECT |
//! | `migrate.rs` | MIGRATE |
//! | `sort.rs` | SORT SORT_RO |
//!
//! The rules of access (dead keys, statistics, ages) are the keyspace's; here are the arguments, the errors,
//! their order, and what is announced. Source: Redis 7.2.4 (`db.c`, `expire.c`, `object.c`).

use crate::base::num::parse_i64;
use crate::cmd::specs;
use crate::core::ctx::Ctx;
use crate::core::table::Row;
use crate::object::Entry;
use crate::resp::errors::{self, CmdError};

mod basic;
mod dbs;
mod dump;
mod expire;
mod migrate;
pub mod object;
mod scan;
mod sort;
#[cfg(test)]
mod tests;

/// The family's rows.
pub const ROWS: &[Row] = &[
    Row::new(specs::generic::DEL, basic::del),
    Row::new(specs::generic::UNLINK, basic::unlink),
    Row::new(specs::generic::EXISTS, basic::exists),
    Row::new(specs::generic::TYPE, basic::type_of),
    Row::new(specs::generic::TOUCH, basic::touch),
    Row::new(specs::generic::RENAME, basic::rename),
    Row::new(specs::generic::RENAMENX, basic::renamenx),
    Row::new(specs::generic::KEYS, scan::keys),
    Row::new(specs::generic::SCAN, scan::scan),
    Row::new(specs::generic::RANDOMKEY, scan::randomkey),
    Row::new(specs::server::DBSIZE, scan::dbsize),
    Row::new(specs::generic::EXPIRE, expire::expire),
    Row::new(specs::generic::PEXPIRE, expire::pexpire),
    Row::new(specs::generic::EXPIREAT, expire::expireat),
    Row::new(specs::generic::PEXPIREAT, expire::pexpireat),
    Row::new(specs::generic::TTL, expire::ttl),
    Row::new(specs::generic::PTTL, expire::pttl),
    Row::new(specs::generic::EXPIRETIME, expire::expiretime),
    Row::new(specs::generic::PEXPIRETIME, expire::pexpiretime),
    Row::new(specs::generic::PERSIST, expire::persist),
    Row::new(specs::generic::MOVE, dbs::move_key),
    Row::new(specs::generic::COPY, dbs::copy),
    Row::new(specs::generic::DUMP, dump::dump),
    Row::new(specs::generic::RESTORE, dump::restore),
    Row::new(specs::server::RESTORE_ASKING, dump::restore),
    Row::new(specs::server::SWAPDB, dbs::swapdb),
    Row::new(specs::server::FLUSHDB, dbs::flushdb),
    Row::new(specs::server::FLUSHALL, dbs::flushall),
    Row::new(specs::generic::MIGRATE, migrate::migrate),
    Row::new(specs::generic::SORT, sort::sort),
    Row::new(specs::generic::SORT_RO, sort::sort_ro),
    Row::group(
        specs::generic::OBJECT,
        object::help,
        &[
            Row::new(specs::generic::OBJECT_ENCODING, object::encoding),
            Row::new(specs::generic::OBJECT_FREQ, object::freq),
            Row::new(specs::generic::OBJECT_HELP, object::help),
            Row::new(specs::generic::OBJECT_IDLETIME, object::idletime),
            Row::new(specs::generic::OBJECT_REFCOUNT, object::refcount),
        ],
    ),
];

/// A whole number.
fn int(text: &[u8]) -> Result<i64, CmdError> {
    parse_i64(text).ok_or(errors::NOT_INT)
}

/// A database number that exists, within C's `int`.
fn db_index(cx: &Ctx<'_>, text: &[u8]) -> Result<usize, CmdError> {
    let number = i32::try_from(int(text)?)
        .map_err(|_| errors::out_of_bounds(i64::from(i32::MIN), i64::from(i32::MAX)))?;
    known_db(cx, number)
}

fn known_db(cx: &Ctx<'_>, number: i32) -> Result<usize, CmdError> {
    let known = usize::try_from(number).ok().filter(|db| *db < cx.srv.keys.dbs.len());
    known.ok_or(errors::DB_OUT_OF_RANGE)
}

/// Frees what a key held; with `lazy` a collection goes to the background thread. A string is never worth
/// that: it is one block of memory, or two.
pub(super) fn free(cx: &mut Ctx<'_>, entry: Entry, lazy: bool) {
    if lazy && !entry.is_string() {
        cx.srv.stats.lazyfreed_objects += 1;
        cx.host.drop_later(Box::new(entry));
    }
}
