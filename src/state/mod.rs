//! Floor 4: one struct per concern. None of them knows `Server`.

pub mod config;
pub mod config_file;
pub mod config_table;
pub mod version;
