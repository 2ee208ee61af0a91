//! Family admin: to be written.

pub mod command;

use crate::core::table::Row;

pub mod debug;

/// The family's rows.
pub const ROWS: &[Row] = &[command::ROW];
