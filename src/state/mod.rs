//! Floor 4: one struct per concern. None of them knows `Server`.

pub mod backlog;
pub mod repl_ids;
pub mod replica_link;
