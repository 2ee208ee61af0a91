//! Keys of any type: their names, lives and places.
//!
//! | file | commands |
//! |---|---|
//! | `basic.rs` | DEL UNLINK EXISTS TYPE TOUCH RENAME RENAMENX |
//! | `scan.rs` | KEYS SCAN RANDOMKEY DBSIZE |
//! | `expire.rs` | EXPIRE and its kin, TTL and its kin, PERSIST |
//! | `dbs.rs` | MOVE COPY SWAPDB FLUSHDB FLUSHALL |
//! | `object.rs` | OBJECT |
//!
//! The rules of access (dead keys, statistics, ages) are the keyspace's; here are the arguments, the errors,
//! their order, and what is announced. Source: Redis 7.2.4 (`db.c`, `expire.c`, `object.c`).

use crate::base::num::parse_i64;
use crate::core::ctx::Ctx;
use crate::core::table::{Handler, Row};
use crate::object::Entry;
use crate::resp::errors::{self, CmdError};
use crate::state::spec::{CommandSpec, Flags};

mod basic;
mod dbs;
mod expire;
pub mod object;
mod scan;
#[cfg(test)]
mod tests;

const READ: Flags = Flags::READONLY;
const READ_FAST: Flags = Flags::READONLY.or(Flags::FAST);
const WRITE: Flags = Flags::WRITE;
const WRITE_FAST: Flags = Flags::WRITE.or(Flags::FAST);

const fn row(name: &'static str, arity: i32, flags: Flags, run: Handler) -> Row {
    Row { run, spec: CommandSpec { name, arity, flags, ..CommandSpec::EMPTY }, subs: &[] }
}

/// The family's rows.
pub const ROWS: &[Row] = &[
    row("del", -2, WRITE, basic::del),
    row("unlink", -2, WRITE_FAST, basic::unlink),
    row("exists", -2, READ_FAST, basic::exists),
    row("type", 2, READ_FAST, basic::type_of),
    row("touch", -2, READ_FAST.or(Flags::TOUCHES), basic::touch),
    row("rename", 3, WRITE, basic::rename),
    row("renamenx", 3, WRITE_FAST, basic::renamenx),
    row("keys", 2, READ, scan::keys),
    row("scan", -2, READ, scan::scan),
    row("randomkey", 1, READ, scan::randomkey),
    row("dbsize", 1, READ_FAST, scan::dbsize),
    row("expire", -3, WRITE_FAST, expire::expire),
    row("pexpire", -3, WRITE_FAST, expire::pexpire),
    row("expireat", -3, WRITE_FAST, expire::expireat),
    row("pexpireat", -3, WRITE_FAST, expire::pexpireat),
    row("ttl", 2, READ_FAST, expire::ttl),
    row("pttl", 2, READ_FAST, expire::pttl),
    row("expiretime", 2, READ_FAST, expire::expiretime),
    row("pexpiretime", 2, READ_FAST, expire::pexpiretime),
    row("persist", 2, WRITE_FAST, expire::persist),
    row("move", 3, WRITE_FAST, dbs::move_key),
    row("copy", -3, WRITE.or(Flags::DENYOOM), dbs::copy),
    row("swapdb", 3, WRITE_FAST, dbs::swapdb),
    row("flushdb", -1, WRITE, dbs::flushdb),
    row("flushall", -1, WRITE, dbs::flushall),
    Row {
        run: object::help,
        spec: CommandSpec { name: "object", arity: -2, flags: Flags::NONE, ..CommandSpec::EMPTY },
        subs: &[
            row("encoding", 3, READ, object::encoding),
            row("freq", 3, READ, object::freq),
            row("help", 2, Flags::LOADING.or(Flags::STALE), object::help),
            row("idletime", 3, READ, object::idletime),
            row("refcount", 3, READ, object::refcount),
        ],
    },
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
fn free(cx: &mut Ctx<'_>, entry: Entry, lazy: bool) {
    if lazy && !entry.is_string() {
        cx.srv.stats.lazyfreed_objects += 1;
        cx.host.drop_later(Box::new(entry));
    }
}
