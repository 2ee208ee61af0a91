//! HyperLogLogs: PFADD PFCOUNT PFMERGE, and PFDEBUG and PFSELFTEST to look inside.
//!
//! | file | commands |
//! |---|---|
//! | `basic.rs` | PFADD PFCOUNT PFMERGE |
//! | `debug.rs` | PFDEBUG PFSELFTEST |
//!
//! What a HyperLogLog is and what it computes is [`crate::object::hll`]. A key that holds one is a string,
//! `raw` from the first of these commands on. PFCOUNT of one key stores what it counted, so although it only
//! reads it can change the key, and travels then. Source: Redis 7.2.4 `hyperloglog.c`.

mod basic;
mod debug;
#[cfg(test)]
mod tests;

use crate::core::server::Server;
use crate::core::table::Row;
use crate::object::hll::{self, Corrupt, Encoding};
use crate::object::{Entry, ValueRef};
use crate::resp::errors::{self, CmdError};

use super::specs::hyperloglog as specs;

/// The family's rows.
pub const ROWS: &[Row] = &[
    Row::new(specs::PFADD, basic::pfadd),
    Row::new(specs::PFCOUNT, basic::pfcount),
    Row::new(specs::PFMERGE, basic::pfmerge),
    Row::new(specs::PFDEBUG, debug::pfdebug),
    Row::new(specs::PFSELFTEST, debug::pfselftest),
];

const NOT_HLL: CmdError = CmdError::fixed("WRONGTYPE Key is not a valid HyperLogLog string value.");
const CORRUPT: CmdError = CmdError::fixed("INVALIDOBJ Corrupted HLL object detected");

fn corrupt(_: Corrupt) -> CmdError {
    CORRUPT
}

/// The HyperLogLog in an entry, its header checked.
///
/// # Errors
/// WRONGTYPE: another type, or a string that is none.
fn of_entry(entry: &Entry) -> Result<(&[u8], Encoding), CmdError> {
    match entry.value() {
        ValueRef::Str(text) => hll::check(text).map(|encoding| (text, encoding)).map_err(|_| NOT_HLL),
        ValueRef::Int(_) => Err(NOT_HLL),
        ValueRef::Obj(_) => Err(errors::WRONGTYPE),
    }
}

/// `hll-sparse-max-bytes`.
fn max_sparse(srv: &Server) -> usize {
    usize::try_from(srv.config.hll_sparse_max_bytes).unwrap_or(usize::MAX)
}
