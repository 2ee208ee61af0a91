//! Floor 1: data structures. They know neither keys nor clients.

pub mod intset;
pub mod listpack;
mod listpack_iter;
pub mod quicklist;
pub mod sorted;
pub mod stream_id;
pub mod stream_log;
pub mod stream_node;
pub mod table;
mod table_scan;
