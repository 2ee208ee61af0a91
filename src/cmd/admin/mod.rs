//! Family admin: to be written.

use crate::core::table::Row;

pub mod debug;

/// The family's rows.
pub const ROWS: &[Row] = &[];
