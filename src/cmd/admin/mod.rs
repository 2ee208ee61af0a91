//! Commands for whoever runs the server: what it is set to, how it does, what it saves.
//!
//! | file | holds |
//! |---|---|
//! | [`info`] | INFO |
//! | [`config`] | CONFIG |
//! | [`memory`] | MEMORY |
//! | [`latency`] | LATENCY |
//! | [`slowlog`] | SLOWLOG |
//! | [`monitor`] | MONITOR |
//! | [`persist`] | SAVE BGSAVE BGREWRITEAOF LASTSAVE SHUTDOWN |
//! | [`acl`] | what ACL can tell of the one user there is |
//! | [`misc`] | TIME LOLWUT MODULE |
//! | [`command`] | COMMAND |
//! | [`debug`] | DEBUG |
//! | [`repl`] | REPLICAOF ROLE REPLCONF PSYNC SYNC WAIT; rows of their own |

use crate::cmd::{container, specs};
use crate::core::table::Row;

pub mod acl;
pub mod command;
pub mod config;
pub mod debug;
pub mod info;
pub mod latency;
pub mod memory;
pub mod misc;
pub mod monitor;
pub mod persist;
pub mod repl;
pub mod slowlog;

/// The family's rows.
pub const ROWS: &[Row] = &[
    Row::new(specs::server::TIME, misc::time),
    Row::new(specs::server::LOLWUT, misc::lolwut),
    Row::new(specs::server::INFO, info::info),
    Row::group(specs::server::CONFIG, container, CONFIG),
    Row::group(specs::server::MEMORY, container, MEMORY),
    Row::group(specs::server::SLOWLOG, container, SLOWLOG),
    Row::group(specs::server::LATENCY, container, LATENCY),
    Row::new(specs::server::MONITOR, monitor::monitor),
    Row::new(specs::server::SAVE, persist::save),
    Row::new(specs::server::BGSAVE, persist::bgsave),
    Row::new(specs::server::BGREWRITEAOF, persist::bgrewriteaof),
    Row::new(specs::server::LASTSAVE, persist::lastsave),
    Row::new(specs::server::SHUTDOWN, persist::shutdown),
    Row::group(specs::server::ACL, container, ACL),
    Row::group(specs::server::MODULE, container, MODULE),
    command::ROW,
    debug::DEBUG,
];

const CONFIG: &[Row] = &[
    Row::new(specs::server::CONFIG_GET, config::get),
    Row::new(specs::server::CONFIG_SET, config::set),
    Row::new(specs::server::CONFIG_REWRITE, config::rewrite),
    Row::new(specs::server::CONFIG_RESETSTAT, config::resetstat),
    Row::new(specs::server::CONFIG_HELP, config::help),
];

const MEMORY: &[Row] = &[
    Row::new(specs::server::MEMORY_USAGE, memory::usage),
    Row::new(specs::server::MEMORY_DOCTOR, memory::doctor),
    Row::new(specs::server::MEMORY_STATS, memory::stats),
    Row::new(specs::server::MEMORY_PURGE, memory::purge),
    Row::new(specs::server::MEMORY_MALLOC_STATS, memory::malloc_stats),
    Row::new(specs::server::MEMORY_HELP, memory::help),
];

const SLOWLOG: &[Row] = &[
    Row::new(specs::server::SLOWLOG_GET, slowlog::get),
    Row::new(specs::server::SLOWLOG_LEN, slowlog::len),
    Row::new(specs::server::SLOWLOG_RESET, slowlog::reset),
    Row::new(specs::server::SLOWLOG_HELP, slowlog::help),
];

const LATENCY: &[Row] = &[
    Row::new(specs::server::LATENCY_LATEST, latency::latest),
    Row::new(specs::server::LATENCY_HISTORY, latency::history),
    Row::new(specs::server::LATENCY_RESET, latency::reset),
    Row::new(specs::server::LATENCY_GRAPH, latency::graph),
    Row::new(specs::server::LATENCY_DOCTOR, latency::doctor),
    Row::new(specs::server::LATENCY_HISTOGRAM, latency::histogram),
    Row::new(specs::server::LATENCY_HELP, latency::help),
];

const ACL: &[Row] = &[
    Row::new(specs::server::ACL_WHOAMI, acl::whoami),
    Row::new(specs::server::ACL_LIST, acl::list),
    Row::new(specs::server::ACL_USERS, acl::users),
    Row::new(specs::server::ACL_GETUSER, acl::getuser),
    Row::new(specs::server::ACL_HELP, acl::help),
];

const MODULE: &[Row] = &[
    Row::new(specs::server::MODULE_LIST, misc::module_list),
    Row::new(specs::server::MODULE_HELP, misc::module_help),
];
