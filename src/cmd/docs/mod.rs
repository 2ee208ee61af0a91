//! What COMMAND DOCS shows: one file of constant data for each group of commands.
//!
//! Every command and subcommand of Redis 7.2 is here, those included that have no handler yet, so that
//! a new row only needs to point at its page. Argument trees, versions and complexity are facts about
//! the commands and agree with Redis 7.2.4; the summaries are our own sentences.
//! Cost: about 150 KB of read-only data, and nothing at run time.

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
