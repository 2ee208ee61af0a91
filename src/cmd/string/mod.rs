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
use crate::cmd::specs;
use crate::core::table::Row;
use crate::object::{Entry, ValueRef};
use crate::resp::errors::{self, CmdError};
use crate::resp::reply::Reply;

/// The family's rows.
pub const ROWS: &[Row] = &[
    Row::new(specs::string::GET, basic::get),
    Row::new(specs::string::SET, set::set),
    Row::new(specs::string::SETNX, set::setnx),
    Row::new(specs::string::SETEX, set::setex),
    Row::new(specs::string::PSETEX, set::psetex),
    Row::new(specs::string::GETEX, set::getex),
    Row::new(specs::string::GETDEL, basic::getdel),
    Row::new(specs::string::GETSET, basic::getset),
    Row::new(specs::string::STRLEN, basic::strlen),
    Row::new(specs::string::APPEND, range::append),
    Row::new(specs::string::SETRANGE, range::setrange),
    Row::new(specs::string::GETRANGE, range::getrange),
    Row::new(specs::string::SUBSTR, range::getrange),
    Row::new(specs::string::INCR, incr::incr),
    Row::new(specs::string::DECR, incr::decr),
    Row::new(specs::string::INCRBY, incr::incrby),
    Row::new(specs::string::DECRBY, incr::decrby),
    Row::new(specs::string::INCRBYFLOAT, incr::incrbyfloat),
    Row::new(specs::string::MGET, multi::mget),
    Row::new(specs::string::MSET, multi::mset),
    Row::new(specs::string::MSETNX, multi::msetnx),
    Row::new(specs::string::LCS, lcs::lcs),
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

pub(in crate::cmd) use range::extend_with_zeroes;

/// The bytes of a string value, digits printed into `digits`; `None` when it is no string.
pub(in crate::cmd) fn text<'a>(entry: &'a Entry, digits: &'a mut IntBuf) -> Option<&'a [u8]> {
    match entry.value() {
        ValueRef::Int(number) => Some(fmt_i64(number, digits)),
        ValueRef::Str(text) => Some(text),
        ValueRef::Obj(_) => None,
    }
}

#[cfg(test)]
mod tests;
