//! Family admin: to be written.

use crate::core::table::Row;

/// The family's rows.
pub const ROWS: &[Row] = &[];
