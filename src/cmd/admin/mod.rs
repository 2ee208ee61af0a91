//! Family admin: to be written.

use crate::core::table::Row;

pub mod repl;

/// The family's rows.
pub const ROWS: &[Row] = repl::ROWS;
