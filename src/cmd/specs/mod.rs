//! The specifications of all commands of Redis 7.2, by group, as constants.
//!
//! A row of a family joins one of them with its handler. The constants were made once from what a real 7.2.4
//! answers to COMMAND, and are kept by hand since; `docs` beside them holds what COMMAND DOCS tells. Groups whose
//! commands are not built yet are here too: a new command needs a handler and a row, nothing else.

pub mod bitmap;
pub mod cluster;
pub mod connection;
pub mod generic;
pub mod geo;
pub mod hash;
pub mod hyperloglog;
pub mod list;
pub mod pubsub;
pub mod scripting;
pub mod server;
pub mod set;
pub mod sorted_set;
pub mod stream;
pub mod string;
pub mod transactions;
