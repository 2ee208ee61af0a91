//! Family admin: to be written.

pub mod command;
pub mod debug;
pub mod repl;

use crate::core::table::Row;

/// The family's rows.
pub const ROWS: &[Row] = &[command::ROW, debug::DEBUG];
