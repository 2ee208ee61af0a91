//! Floor 4: one struct per concern. None of them knows `Server`.

pub mod backlog;
pub mod blocked;
pub mod client;
pub mod clients;
pub mod config;
pub mod config_file;
pub mod config_table;
pub mod failover;
pub mod host;
pub mod latency;
pub mod loading;
pub mod multi;
pub mod persistence;
pub mod pubsub;
pub mod repl_ids;
pub mod replica_link;
pub mod replication;
pub mod slowlog;
pub mod spec;
pub mod spikes;
pub mod spill;
pub mod stats;
pub mod sync_report;
pub mod tracking;
pub mod version;
