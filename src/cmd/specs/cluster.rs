//! What the commands about cluster are: name, arity, flags, categories, keys. Data only; handlers join them in rows.

use super::super::docs;
use crate::state::spec::CommandSpec;
use crate::state::spec::row::*;

pub const ASKING: CommandSpec = CommandSpec {
    name: "asking",
    arity: 1,
    flags: FAST,
    acl: CONNECTION,
    doc: &docs::cluster::ASKING,
    ..CommandSpec::EMPTY
};

pub const CLUSTER: CommandSpec =
    CommandSpec { name: "cluster", arity: -2, doc: &docs::cluster::CLUSTER, ..CommandSpec::EMPTY };

pub const CLUSTER_ADDSLOTS: CommandSpec = CommandSpec {
    name: "addslots",
    arity: -3,
    flags: ADMIN.or(STALE).or(NO_ASYNC_LOADING),
    doc: &docs::cluster::CLUSTER_ADDSLOTS,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_ADDSLOTSRANGE: CommandSpec = CommandSpec {
    name: "addslotsrange",
    arity: -4,
    flags: ADMIN.or(STALE).or(NO_ASYNC_LOADING),
    doc: &docs::cluster::CLUSTER_ADDSLOTSRANGE,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_BUMPEPOCH: CommandSpec = CommandSpec {
    name: "bumpepoch",
    arity: 2,
    flags: ADMIN.or(STALE).or(NO_ASYNC_LOADING),
    doc: &docs::cluster::CLUSTER_BUMPEPOCH,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_COUNT_FAILURE_REPORTS: CommandSpec = CommandSpec {
    name: "count-failure-reports",
    arity: 3,
    flags: ADMIN.or(STALE),
    doc: &docs::cluster::CLUSTER_COUNT_FAILURE_REPORTS,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_COUNTKEYSINSLOT: CommandSpec = CommandSpec {
    name: "countkeysinslot",
    arity: 3,
    flags: STALE,
    doc: &docs::cluster::CLUSTER_COUNTKEYSINSLOT,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_DELSLOTS: CommandSpec = CommandSpec {
    name: "delslots",
    arity: -3,
    flags: ADMIN.or(STALE).or(NO_ASYNC_LOADING),
    doc: &docs::cluster::CLUSTER_DELSLOTS,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_DELSLOTSRANGE: CommandSpec = CommandSpec {
    name: "delslotsrange",
    arity: -4,
    flags: ADMIN.or(STALE).or(NO_ASYNC_LOADING),
    doc: &docs::cluster::CLUSTER_DELSLOTSRANGE,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_FAILOVER: CommandSpec = CommandSpec {
    name: "failover",
    arity: -2,
    flags: ADMIN.or(STALE).or(NO_ASYNC_LOADING),
    doc: &docs::cluster::CLUSTER_FAILOVER,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_FLUSHSLOTS: CommandSpec = CommandSpec {
    name: "flushslots",
    arity: 2,
    flags: ADMIN.or(STALE).or(NO_ASYNC_LOADING),
    doc: &docs::cluster::CLUSTER_FLUSHSLOTS,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_FORGET: CommandSpec = CommandSpec {
    name: "forget",
    arity: 3,
    flags: ADMIN.or(STALE).or(NO_ASYNC_LOADING),
    doc: &docs::cluster::CLUSTER_FORGET,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_GETKEYSINSLOT: CommandSpec = CommandSpec {
    name: "getkeysinslot",
    arity: 4,
    flags: STALE,
    doc: &docs::cluster::CLUSTER_GETKEYSINSLOT,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_HELP: CommandSpec = CommandSpec {
    name: "help",
    arity: 2,
    flags: LOADING.or(STALE),
    doc: &docs::cluster::CLUSTER_HELP,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_INFO: CommandSpec = CommandSpec {
    name: "info",
    arity: 2,
    flags: STALE,
    doc: &docs::cluster::CLUSTER_INFO,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_KEYSLOT: CommandSpec = CommandSpec {
    name: "keyslot",
    arity: 3,
    flags: STALE,
    doc: &docs::cluster::CLUSTER_KEYSLOT,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_LINKS: CommandSpec = CommandSpec {
    name: "links",
    arity: 2,
    flags: STALE,
    doc: &docs::cluster::CLUSTER_LINKS,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_MEET: CommandSpec = CommandSpec {
    name: "meet",
    arity: -4,
    flags: ADMIN.or(STALE).or(NO_ASYNC_LOADING),
    doc: &docs::cluster::CLUSTER_MEET,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_MYID: CommandSpec = CommandSpec {
    name: "myid",
    arity: 2,
    flags: STALE,
    doc: &docs::cluster::CLUSTER_MYID,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_MYSHARDID: CommandSpec = CommandSpec {
    name: "myshardid",
    arity: 2,
    flags: STALE,
    doc: &docs::cluster::CLUSTER_MYSHARDID,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_NODES: CommandSpec = CommandSpec {
    name: "nodes",
    arity: 2,
    flags: STALE,
    doc: &docs::cluster::CLUSTER_NODES,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_REPLICAS: CommandSpec = CommandSpec {
    name: "replicas",
    arity: 3,
    flags: ADMIN.or(STALE),
    doc: &docs::cluster::CLUSTER_REPLICAS,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_REPLICATE: CommandSpec = CommandSpec {
    name: "replicate",
    arity: 3,
    flags: ADMIN.or(STALE).or(NO_ASYNC_LOADING),
    doc: &docs::cluster::CLUSTER_REPLICATE,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_RESET: CommandSpec = CommandSpec {
    name: "reset",
    arity: -2,
    flags: ADMIN.or(NOSCRIPT).or(STALE),
    doc: &docs::cluster::CLUSTER_RESET,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_SAVECONFIG: CommandSpec = CommandSpec {
    name: "saveconfig",
    arity: 2,
    flags: ADMIN.or(STALE).or(NO_ASYNC_LOADING),
    doc: &docs::cluster::CLUSTER_SAVECONFIG,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_SET_CONFIG_EPOCH: CommandSpec = CommandSpec {
    name: "set-config-epoch",
    arity: 3,
    flags: ADMIN.or(STALE).or(NO_ASYNC_LOADING),
    doc: &docs::cluster::CLUSTER_SET_CONFIG_EPOCH,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_SETSLOT: CommandSpec = CommandSpec {
    name: "setslot",
    arity: -4,
    flags: ADMIN.or(STALE).or(NO_ASYNC_LOADING),
    doc: &docs::cluster::CLUSTER_SETSLOT,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_SHARDS: CommandSpec = CommandSpec {
    name: "shards",
    arity: 2,
    flags: LOADING.or(STALE),
    doc: &docs::cluster::CLUSTER_SHARDS,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_SLAVES: CommandSpec = CommandSpec {
    name: "slaves",
    arity: 3,
    flags: ADMIN.or(STALE),
    doc: &docs::cluster::CLUSTER_SLAVES,
    ..CommandSpec::EMPTY
};

pub const CLUSTER_SLOTS: CommandSpec = CommandSpec {
    name: "slots",
    arity: 2,
    flags: LOADING.or(STALE),
    doc: &docs::cluster::CLUSTER_SLOTS,
    ..CommandSpec::EMPTY
};

pub const READONLY: CommandSpec = CommandSpec {
    name: "readonly",
    arity: 1,
    flags: LOADING.or(STALE).or(FAST),
    acl: CONNECTION,
    doc: &docs::cluster::READONLY,
    ..CommandSpec::EMPTY
};

pub const READWRITE: CommandSpec = CommandSpec {
    name: "readwrite",
    arity: 1,
    flags: LOADING.or(STALE).or(FAST),
    acl: CONNECTION,
    doc: &docs::cluster::READWRITE,
    ..CommandSpec::EMPTY
};
