//! Family admin: to be written.

pub mod command;

use crate::core::table::Row;

/// The family's rows.
pub const ROWS: &[Row] = &[command::ROW];
