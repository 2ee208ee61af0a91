//! What the commands about server are: name, arity, flags, categories, keys. Data only; handlers join them in rows.

use super::super::docs;
use crate::state::spec::row::*;
use crate::state::spec::{Categories, CommandSpec};

pub const ACL: CommandSpec =
    CommandSpec { name: "acl", arity: -2, doc: &docs::server::ACL, ..CommandSpec::EMPTY };

pub const ACL_CAT: CommandSpec = CommandSpec {
    name: "cat",
    arity: -2,
    flags: NOSCRIPT.or(LOADING).or(STALE),
    doc: &docs::server::ACL_CAT,
    ..CommandSpec::EMPTY
};

pub const ACL_DELUSER: CommandSpec = CommandSpec {
    name: "deluser",
    arity: -3,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    doc: &docs::server::ACL_DELUSER,
    ..CommandSpec::EMPTY
};

pub const ACL_DRYRUN: CommandSpec = CommandSpec {
    name: "dryrun",
    arity: -4,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    doc: &docs::server::ACL_DRYRUN,
    ..CommandSpec::EMPTY
};

pub const ACL_GENPASS: CommandSpec = CommandSpec {
    name: "genpass",
    arity: -2,
    flags: NOSCRIPT.or(LOADING).or(STALE),
    doc: &docs::server::ACL_GENPASS,
    ..CommandSpec::EMPTY
};

pub const ACL_GETUSER: CommandSpec = CommandSpec {
    name: "getuser",
    arity: 3,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    doc: &docs::server::ACL_GETUSER,
    ..CommandSpec::EMPTY
};

pub const ACL_HELP: CommandSpec = CommandSpec {
    name: "help",
    arity: 2,
    flags: LOADING.or(STALE),
    doc: &docs::server::ACL_HELP,
    ..CommandSpec::EMPTY
};

pub const ACL_LIST: CommandSpec = CommandSpec {
    name: "list",
    arity: 2,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    doc: &docs::server::ACL_LIST,
    ..CommandSpec::EMPTY
};

pub const ACL_LOAD: CommandSpec = CommandSpec {
    name: "load",
    arity: 2,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    doc: &docs::server::ACL_LOAD,
    ..CommandSpec::EMPTY
};

pub const ACL_LOG: CommandSpec = CommandSpec {
    name: "log",
    arity: -2,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    doc: &docs::server::ACL_LOG,
    ..CommandSpec::EMPTY
};

pub const ACL_SAVE: CommandSpec = CommandSpec {
    name: "save",
    arity: 2,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    doc: &docs::server::ACL_SAVE,
    ..CommandSpec::EMPTY
};

pub const ACL_SETUSER: CommandSpec = CommandSpec {
    name: "setuser",
    arity: -3,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    doc: &docs::server::ACL_SETUSER,
    ..CommandSpec::EMPTY
};

pub const ACL_USERS: CommandSpec = CommandSpec {
    name: "users",
    arity: 2,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    doc: &docs::server::ACL_USERS,
    ..CommandSpec::EMPTY
};

pub const ACL_WHOAMI: CommandSpec = CommandSpec {
    name: "whoami",
    arity: 2,
    flags: NOSCRIPT.or(LOADING).or(STALE),
    doc: &docs::server::ACL_WHOAMI,
    ..CommandSpec::EMPTY
};

pub const BGREWRITEAOF: CommandSpec = CommandSpec {
    name: "bgrewriteaof",
    arity: 1,
    flags: ADMIN.or(NOSCRIPT).or(NO_ASYNC_LOADING),
    doc: &docs::server::BGREWRITEAOF,
    ..CommandSpec::EMPTY
};

pub const BGSAVE: CommandSpec = CommandSpec {
    name: "bgsave",
    arity: -1,
    flags: ADMIN.or(NOSCRIPT).or(NO_ASYNC_LOADING),
    doc: &docs::server::BGSAVE,
    ..CommandSpec::EMPTY
};

pub const COMMAND: CommandSpec = CommandSpec {
    name: "command",
    arity: -1,
    flags: LOADING.or(STALE),
    acl: CONNECTION,
    doc: &docs::server::COMMAND,
    ..CommandSpec::EMPTY
};

pub const COMMAND_COUNT: CommandSpec = CommandSpec {
    name: "count",
    arity: 2,
    flags: LOADING.or(STALE),
    acl: CONNECTION,
    doc: &docs::server::COMMAND_COUNT,
    ..CommandSpec::EMPTY
};

pub const COMMAND_DOCS: CommandSpec = CommandSpec {
    name: "docs",
    arity: -2,
    flags: LOADING.or(STALE),
    acl: CONNECTION,
    doc: &docs::server::COMMAND_DOCS,
    ..CommandSpec::EMPTY
};

pub const COMMAND_GETKEYS: CommandSpec = CommandSpec {
    name: "getkeys",
    arity: -3,
    flags: LOADING.or(STALE),
    acl: CONNECTION,
    doc: &docs::server::COMMAND_GETKEYS,
    ..CommandSpec::EMPTY
};

pub const COMMAND_GETKEYSANDFLAGS: CommandSpec = CommandSpec {
    name: "getkeysandflags",
    arity: -3,
    flags: LOADING.or(STALE),
    acl: CONNECTION,
    doc: &docs::server::COMMAND_GETKEYSANDFLAGS,
    ..CommandSpec::EMPTY
};

pub const COMMAND_HELP: CommandSpec = CommandSpec {
    name: "help",
    arity: 2,
    flags: LOADING.or(STALE),
    acl: CONNECTION,
    doc: &docs::server::COMMAND_HELP,
    ..CommandSpec::EMPTY
};

pub const COMMAND_INFO: CommandSpec = CommandSpec {
    name: "info",
    arity: -2,
    flags: LOADING.or(STALE),
    acl: CONNECTION,
    doc: &docs::server::COMMAND_INFO,
    ..CommandSpec::EMPTY
};

pub const COMMAND_LIST: CommandSpec = CommandSpec {
    name: "list",
    arity: -2,
    flags: LOADING.or(STALE),
    acl: CONNECTION,
    doc: &docs::server::COMMAND_LIST,
    ..CommandSpec::EMPTY
};

pub const CONFIG: CommandSpec =
    CommandSpec { name: "config", arity: -2, doc: &docs::server::CONFIG, ..CommandSpec::EMPTY };

pub const CONFIG_GET: CommandSpec = CommandSpec {
    name: "get",
    arity: -3,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    doc: &docs::server::CONFIG_GET,
    ..CommandSpec::EMPTY
};

pub const CONFIG_HELP: CommandSpec = CommandSpec {
    name: "help",
    arity: 2,
    flags: LOADING.or(STALE),
    doc: &docs::server::CONFIG_HELP,
    ..CommandSpec::EMPTY
};

pub const CONFIG_RESETSTAT: CommandSpec = CommandSpec {
    name: "resetstat",
    arity: 2,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    doc: &docs::server::CONFIG_RESETSTAT,
    ..CommandSpec::EMPTY
};

pub const CONFIG_REWRITE: CommandSpec = CommandSpec {
    name: "rewrite",
    arity: 2,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    doc: &docs::server::CONFIG_REWRITE,
    ..CommandSpec::EMPTY
};

pub const CONFIG_SET: CommandSpec = CommandSpec {
    name: "set",
    arity: -4,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    doc: &docs::server::CONFIG_SET,
    ..CommandSpec::EMPTY
};

pub const DBSIZE: CommandSpec = CommandSpec {
    name: "dbsize",
    arity: 1,
    flags: READONLY.or(FAST),
    acl: KEYSPACE,
    doc: &docs::server::DBSIZE,
    ..CommandSpec::EMPTY
};

pub const DEBUG: CommandSpec = CommandSpec {
    name: "debug",
    arity: -2,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE).or(PROTECTED),
    doc: &docs::server::DEBUG,
    ..CommandSpec::EMPTY
};

pub const FAILOVER: CommandSpec = CommandSpec {
    name: "failover",
    arity: -1,
    flags: ADMIN.or(NOSCRIPT).or(STALE),
    doc: &docs::server::FAILOVER,
    ..CommandSpec::EMPTY
};

pub const FLUSHALL: CommandSpec = CommandSpec {
    name: "flushall",
    arity: -1,
    flags: WRITE,
    acl: KEYSPACE.or(DANGEROUS),
    doc: &docs::server::FLUSHALL,
    ..CommandSpec::EMPTY
};

pub const FLUSHDB: CommandSpec = CommandSpec {
    name: "flushdb",
    arity: -1,
    flags: WRITE,
    acl: KEYSPACE.or(DANGEROUS),
    doc: &docs::server::FLUSHDB,
    ..CommandSpec::EMPTY
};

pub const INFO: CommandSpec = CommandSpec {
    name: "info",
    arity: -1,
    flags: LOADING.or(STALE),
    acl: DANGEROUS,
    doc: &docs::server::INFO,
    ..CommandSpec::EMPTY
};

pub const LASTSAVE: CommandSpec = CommandSpec {
    name: "lastsave",
    arity: 1,
    flags: LOADING.or(STALE).or(FAST),
    acl: Categories::ADMIN.or(DANGEROUS),
    doc: &docs::server::LASTSAVE,
    ..CommandSpec::EMPTY
};

pub const LATENCY: CommandSpec =
    CommandSpec { name: "latency", arity: -2, doc: &docs::server::LATENCY, ..CommandSpec::EMPTY };

pub const LATENCY_DOCTOR: CommandSpec = CommandSpec {
    name: "doctor",
    arity: 2,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    doc: &docs::server::LATENCY_DOCTOR,
    ..CommandSpec::EMPTY
};

pub const LATENCY_GRAPH: CommandSpec = CommandSpec {
    name: "graph",
    arity: 3,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    doc: &docs::server::LATENCY_GRAPH,
    ..CommandSpec::EMPTY
};

pub const LATENCY_HELP: CommandSpec = CommandSpec {
    name: "help",
    arity: 2,
    flags: LOADING.or(STALE),
    doc: &docs::server::LATENCY_HELP,
    ..CommandSpec::EMPTY
};

pub const LATENCY_HISTOGRAM: CommandSpec = CommandSpec {
    name: "histogram",
    arity: -2,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    doc: &docs::server::LATENCY_HISTOGRAM,
    ..CommandSpec::EMPTY
};

pub const LATENCY_HISTORY: CommandSpec = CommandSpec {
    name: "history",
    arity: 3,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    doc: &docs::server::LATENCY_HISTORY,
    ..CommandSpec::EMPTY
};

pub const LATENCY_LATEST: CommandSpec = CommandSpec {
    name: "latest",
    arity: 2,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    doc: &docs::server::LATENCY_LATEST,
    ..CommandSpec::EMPTY
};

pub const LATENCY_RESET: CommandSpec = CommandSpec {
    name: "reset",
    arity: -2,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    doc: &docs::server::LATENCY_RESET,
    ..CommandSpec::EMPTY
};

pub const LOLWUT: CommandSpec = CommandSpec {
    name: "lolwut",
    arity: -1,
    flags: READONLY.or(FAST),
    doc: &docs::server::LOLWUT,
    ..CommandSpec::EMPTY
};

pub const MEMORY: CommandSpec =
    CommandSpec { name: "memory", arity: -2, doc: &docs::server::MEMORY, ..CommandSpec::EMPTY };

pub const MEMORY_DOCTOR: CommandSpec =
    CommandSpec { name: "doctor", arity: 2, doc: &docs::server::MEMORY_DOCTOR, ..CommandSpec::EMPTY };

pub const MEMORY_HELP: CommandSpec = CommandSpec {
    name: "help",
    arity: 2,
    flags: LOADING.or(STALE),
    doc: &docs::server::MEMORY_HELP,
    ..CommandSpec::EMPTY
};

pub const MEMORY_MALLOC_STATS: CommandSpec = CommandSpec {
    name: "malloc-stats",
    arity: 2,
    doc: &docs::server::MEMORY_MALLOC_STATS,
    ..CommandSpec::EMPTY
};

pub const MEMORY_PURGE: CommandSpec =
    CommandSpec { name: "purge", arity: 2, doc: &docs::server::MEMORY_PURGE, ..CommandSpec::EMPTY };

pub const MEMORY_STATS: CommandSpec =
    CommandSpec { name: "stats", arity: 2, doc: &docs::server::MEMORY_STATS, ..CommandSpec::EMPTY };

pub const MEMORY_USAGE: CommandSpec = CommandSpec {
    name: "usage",
    arity: -3,
    flags: READONLY,
    keys: &[KeySpec::at(2, RO)],
    doc: &docs::server::MEMORY_USAGE,
    ..CommandSpec::EMPTY
};

pub const MODULE: CommandSpec =
    CommandSpec { name: "module", arity: -2, doc: &docs::server::MODULE, ..CommandSpec::EMPTY };

pub const MODULE_HELP: CommandSpec = CommandSpec {
    name: "help",
    arity: 2,
    flags: LOADING.or(STALE),
    doc: &docs::server::MODULE_HELP,
    ..CommandSpec::EMPTY
};

pub const MODULE_LIST: CommandSpec = CommandSpec {
    name: "list",
    arity: 2,
    flags: ADMIN.or(NOSCRIPT),
    doc: &docs::server::MODULE_LIST,
    ..CommandSpec::EMPTY
};

pub const MODULE_LOAD: CommandSpec = CommandSpec {
    name: "load",
    arity: -3,
    flags: ADMIN.or(NOSCRIPT).or(NO_ASYNC_LOADING).or(PROTECTED),
    doc: &docs::server::MODULE_LOAD,
    ..CommandSpec::EMPTY
};

pub const MODULE_LOADEX: CommandSpec = CommandSpec {
    name: "loadex",
    arity: -3,
    flags: ADMIN.or(NOSCRIPT).or(NO_ASYNC_LOADING).or(PROTECTED),
    doc: &docs::server::MODULE_LOADEX,
    ..CommandSpec::EMPTY
};

pub const MODULE_UNLOAD: CommandSpec = CommandSpec {
    name: "unload",
    arity: 3,
    flags: ADMIN.or(NOSCRIPT).or(NO_ASYNC_LOADING).or(PROTECTED),
    doc: &docs::server::MODULE_UNLOAD,
    ..CommandSpec::EMPTY
};

pub const MONITOR: CommandSpec = CommandSpec {
    name: "monitor",
    arity: 1,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    doc: &docs::server::MONITOR,
    ..CommandSpec::EMPTY
};

pub const PSYNC: CommandSpec = CommandSpec {
    name: "psync",
    arity: -3,
    flags: ADMIN.or(NOSCRIPT).or(NO_ASYNC_LOADING).or(NO_MULTI),
    doc: &docs::server::PSYNC,
    ..CommandSpec::EMPTY
};

pub const REPLCONF: CommandSpec = CommandSpec {
    name: "replconf",
    arity: -1,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE).or(ALLOW_BUSY),
    doc: &docs::server::REPLCONF,
    ..CommandSpec::EMPTY
};

pub const REPLICAOF: CommandSpec = CommandSpec {
    name: "replicaof",
    arity: 3,
    flags: ADMIN.or(NOSCRIPT).or(STALE).or(NO_ASYNC_LOADING),
    doc: &docs::server::REPLICAOF,
    ..CommandSpec::EMPTY
};

pub const RESTORE_ASKING: CommandSpec = CommandSpec {
    name: "restore-asking",
    arity: -4,
    flags: WRITE.or(DENYOOM).or(ASKING),
    acl: KEYSPACE.or(DANGEROUS),
    keys: &[KeySpec::at(1, OW.or(UPDATE))],
    doc: &docs::server::RESTORE_ASKING,
    ..CommandSpec::EMPTY
};

pub const ROLE: CommandSpec = CommandSpec {
    name: "role",
    arity: 1,
    flags: NOSCRIPT.or(LOADING).or(STALE).or(FAST),
    acl: Categories::ADMIN.or(DANGEROUS),
    doc: &docs::server::ROLE,
    ..CommandSpec::EMPTY
};

pub const SAVE: CommandSpec = CommandSpec {
    name: "save",
    arity: 1,
    flags: ADMIN.or(NOSCRIPT).or(NO_ASYNC_LOADING).or(NO_MULTI),
    doc: &docs::server::SAVE,
    ..CommandSpec::EMPTY
};

pub const SHUTDOWN: CommandSpec = CommandSpec {
    name: "shutdown",
    arity: -1,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE).or(NO_MULTI).or(ALLOW_BUSY),
    doc: &docs::server::SHUTDOWN,
    ..CommandSpec::EMPTY
};

pub const SLAVEOF: CommandSpec = CommandSpec {
    name: "slaveof",
    arity: 3,
    flags: ADMIN.or(NOSCRIPT).or(STALE).or(NO_ASYNC_LOADING),
    doc: &docs::server::SLAVEOF,
    ..CommandSpec::EMPTY
};

pub const SLOWLOG: CommandSpec =
    CommandSpec { name: "slowlog", arity: -2, doc: &docs::server::SLOWLOG, ..CommandSpec::EMPTY };

pub const SLOWLOG_GET: CommandSpec = CommandSpec {
    name: "get",
    arity: -2,
    flags: ADMIN.or(LOADING).or(STALE),
    doc: &docs::server::SLOWLOG_GET,
    ..CommandSpec::EMPTY
};

pub const SLOWLOG_HELP: CommandSpec = CommandSpec {
    name: "help",
    arity: 2,
    flags: LOADING.or(STALE),
    doc: &docs::server::SLOWLOG_HELP,
    ..CommandSpec::EMPTY
};

pub const SLOWLOG_LEN: CommandSpec = CommandSpec {
    name: "len",
    arity: 2,
    flags: ADMIN.or(LOADING).or(STALE),
    doc: &docs::server::SLOWLOG_LEN,
    ..CommandSpec::EMPTY
};

pub const SLOWLOG_RESET: CommandSpec = CommandSpec {
    name: "reset",
    arity: 2,
    flags: ADMIN.or(LOADING).or(STALE),
    doc: &docs::server::SLOWLOG_RESET,
    ..CommandSpec::EMPTY
};

pub const SWAPDB: CommandSpec = CommandSpec {
    name: "swapdb",
    arity: 3,
    flags: WRITE.or(FAST),
    acl: KEYSPACE.or(DANGEROUS),
    doc: &docs::server::SWAPDB,
    ..CommandSpec::EMPTY
};

pub const SYNC: CommandSpec = CommandSpec {
    name: "sync",
    arity: 1,
    flags: ADMIN.or(NOSCRIPT).or(NO_ASYNC_LOADING).or(NO_MULTI),
    doc: &docs::server::SYNC,
    ..CommandSpec::EMPTY
};

pub const TIME: CommandSpec = CommandSpec {
    name: "time",
    arity: 1,
    flags: LOADING.or(STALE).or(FAST),
    doc: &docs::server::TIME,
    ..CommandSpec::EMPTY
};
