//! Floor 3: file formats as bytes in and bytes out. Knows no file and no socket.

pub mod aof;
pub mod aof_manifest;
pub mod aof_write;
pub mod bytesio;
pub mod rdb;
pub mod rdb_error;
pub mod rdb_legacy;
pub mod rdb_read;
pub mod rdb_scan;
pub mod rdb_values;
pub mod rdb_write;
