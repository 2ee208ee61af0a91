//! Strings: everything that reads or writes a value of type string as a whole, in part, or as a number.
//!
//! | file | commands |
//! |---|---|
//! | `basic.rs` | GET SETNX GETSET GETDEL STRLEN and friends |
//! | `set.rs` | SET with its options, SETEX, PSETEX, GETEX |
//! | `range.rs` | GETRANGE SUBSTR SETRANGE APPEND |
//! | `incr.rs` | INCR and its kin, INCRBYFLOAT |
//! | `multi.rs` | MGET MSET MSETNX |
//! | `lcs.rs` | LCS |
//!
//! Encodings (`int`, `embstr`, `raw`) change at the moments at which they do in Redis 7.2.4 (`t_string.c`);
//! how they are stored is `object::entry`. Commands whose outcome depends on the clock or on rounding travel
//! to replicas as what came out: SET … EX as SET … PXAT, GETEX as PEXPIREAT, INCRBYFLOAT as SET … KEEPTTL.

mod basic;
mod incr;
mod lcs;
mod multi;
mod range;
mod set;

use crate::base::num::{IntBuf, fmt_i64};
use crate::core::table::{Handler, Row};
use crate::object::{Entry, ValueRef};
use crate::resp::errors::{self, CmdError};
use crate::resp::reply::Reply;
use crate::state::spec::{CommandSpec, Flags};

const READ: Flags = Flags::READONLY;
const READ_FAST: Flags = Flags::READONLY.or(Flags::FAST);
const WRITE: Flags = Flags::WRITE.or(Flags::DENYOOM);
const WRITE_FAST: Flags = WRITE.or(Flags::FAST);
/// Writes that never need more memory.
const SHRINK: Flags = Flags::WRITE.or(Flags::FAST);

const fn row(name: &'static str, arity: i32, flags: Flags, run: Handler) -> Row {
    Row { run, spec: CommandSpec { name, arity, flags, ..CommandSpec::EMPTY }, subs: &[] }
}

/// The family's rows.
pub const ROWS: &[Row] = &[
    row("get", 2, READ_FAST, basic::get),
    row("set", -3, WRITE, set::set),
    row("setnx", 3, WRITE_FAST, set::setnx),
    row("setex", 4, WRITE, set::setex),
    row("psetex", 4, WRITE, set::psetex),
    row("getex", -2, SHRINK, set::getex),
    row("getdel", 2, SHRINK, basic::getdel),
    row("getset", 3, WRITE_FAST, basic::getset),
    row("strlen", 2, READ_FAST, basic::strlen),
    row("append", 3, WRITE_FAST, range::append),
    row("setrange", 4, WRITE, range::setrange),
    row("getrange", 4, READ, range::getrange),
    row("substr", 4, READ, range::getrange),
    row("incr", 2, WRITE_FAST, incr::incr),
    row("decr", 2, WRITE_FAST, incr::decr),
    row("incrby", 3, WRITE_FAST, incr::incrby),
    row("decrby", 3, WRITE_FAST, incr::decrby),
    row("incrbyfloat", 3, WRITE_FAST, incr::incrbyfloat),
    row("mget", -2, READ_FAST, multi::mget),
    row("mset", -3, WRITE, multi::mset),
    row("msetnx", -3, WRITE, multi::msetnx),
    row("lcs", -3, READ, lcs::lcs),
];

/// Replies the string in `entry`, null without one.
///
/// # Errors
/// WRONGTYPE when it holds something else; nothing is replied then.
#[inline]
fn reply_string(out: &mut Reply, entry: Option<&Entry>) -> Result<(), CmdError> {
    match entry.map(Entry::value) {
        None => out.null(),
        Some(ValueRef::Str(text)) => out.bulk(text),
        Some(ValueRef::Int(number)) => out.bulk_int(number),
        Some(ValueRef::Obj(_)) => return Err(errors::WRONGTYPE),
    }
    Ok(())
}

/// The bytes of a string value, digits printed into `digits`; `None` when it is no string.
fn text<'a>(entry: &'a Entry, digits: &'a mut IntBuf) -> Option<&'a [u8]> {
    match entry.value() {
        ValueRef::Int(number) => Some(fmt_i64(number, digits)),
        ValueRef::Str(text) => Some(text),
        ValueRef::Obj(_) => None,
    }
}

#[cfg(test)]
mod tests;
