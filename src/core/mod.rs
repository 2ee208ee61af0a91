//! Floor 5: `Server`, the command table, and the one path every command takes.

pub mod alarm;
pub mod announce;
pub mod call;
pub mod clientinfo;
pub mod ctx;
pub mod effects;
pub mod empty;
pub mod evict;
pub mod evict_clients;
pub mod gate;
pub mod info;
pub mod input;
pub mod lazyfree;
pub mod lifecycle;
pub mod lookahead;
pub mod monitor;
pub mod propagate;
pub mod publish;
pub mod redact;
pub mod server;
pub mod table;
#[cfg(test)]
pub mod testing;
pub mod tracking;
pub mod wake;
pub mod watch;
