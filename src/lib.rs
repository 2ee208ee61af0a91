//! Replis: a drop-in `redis-server` whose centre is master-replica replication.
//!
//! The house has floors; a module imports lower floors only, or siblings inside its folder
//! (`tests/tidy.rs` checks it).
//!
//! | floor | folder | holds |
//! |---|---|---|
//! | 0 | [`base`] | numbers, bytes, glob, checksums, clock, chance, log |
//! | 1 | [`ds`], [`resp`], [`net`] | data structures; the protocol; the reactor |
//! | 2 | [`object`] | values, their encodings, the key entry |
//! | 3 | [`keyspace`], [`mod@format`] | databases and expiry; RDB bytes |
//! | 4 | [`state`] | one struct per concern: clients, config, backlog, replica link |
//! | 5 | [`core`] | `Server`, the command table, `execute`, propagation |
//! | 6 | [`persist`], [`repl`] | procedures over `Server` |
//! | 7 | [`cmd`] | command families: rows beside handlers |
//! | 8 | [`serve`] | sockets, fork, files, cron, the loop |

pub mod base;
pub mod check_aof;
pub mod check_rdb;
pub mod cli;
pub mod cmd;
pub mod core;
pub mod ds;
pub mod format;
pub mod keyspace;
pub mod net;
pub mod object;
pub mod persist;
pub mod repl;
pub mod resp;
pub mod serve;
pub mod state;
