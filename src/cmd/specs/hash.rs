//! What the commands about hash are: name, arity, flags, categories, keys. Data only; handlers join them in rows.

use super::super::docs;
use crate::state::spec::CommandSpec;
use crate::state::spec::row::*;

pub const HDEL: CommandSpec = CommandSpec {
    name: "hdel",
    arity: -3,
    flags: WRITE.or(FAST),
    acl: HASH,
    keys: &[KeySpec::at(1, RW.or(DELETE))],
    doc: &docs::hash::HDEL,
    ..CommandSpec::EMPTY
};

pub const HEXISTS: CommandSpec = CommandSpec {
    name: "hexists",
    arity: 3,
    flags: READONLY.or(FAST),
    acl: HASH,
    keys: &[KeySpec::at(1, RO)],
    doc: &docs::hash::HEXISTS,
    ..CommandSpec::EMPTY
};

pub const HGET: CommandSpec = CommandSpec {
    name: "hget",
    arity: 3,
    flags: READONLY.or(FAST),
    acl: HASH,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::hash::HGET,
    ..CommandSpec::EMPTY
};

pub const HGETALL: CommandSpec = CommandSpec {
    name: "hgetall",
    arity: 2,
    flags: READONLY,
    acl: HASH,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::hash::HGETALL,
    ..CommandSpec::EMPTY
};

pub const HINCRBY: CommandSpec = CommandSpec {
    name: "hincrby",
    arity: 4,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: HASH,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(UPDATE))],
    doc: &docs::hash::HINCRBY,
    ..CommandSpec::EMPTY
};

pub const HINCRBYFLOAT: CommandSpec = CommandSpec {
    name: "hincrbyfloat",
    arity: 4,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: HASH,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(UPDATE))],
    doc: &docs::hash::HINCRBYFLOAT,
    ..CommandSpec::EMPTY
};

pub const HKEYS: CommandSpec = CommandSpec {
    name: "hkeys",
    arity: 2,
    flags: READONLY,
    acl: HASH,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::hash::HKEYS,
    ..CommandSpec::EMPTY
};

pub const HLEN: CommandSpec = CommandSpec {
    name: "hlen",
    arity: 2,
    flags: READONLY.or(FAST),
    acl: HASH,
    keys: &[KeySpec::at(1, RO)],
    doc: &docs::hash::HLEN,
    ..CommandSpec::EMPTY
};

pub const HMGET: CommandSpec = CommandSpec {
    name: "hmget",
    arity: -3,
    flags: READONLY.or(FAST),
    acl: HASH,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::hash::HMGET,
    ..CommandSpec::EMPTY
};

pub const HMSET: CommandSpec = CommandSpec {
    name: "hmset",
    arity: -4,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: HASH,
    keys: &[KeySpec::at(1, RW.or(UPDATE))],
    doc: &docs::hash::HMSET,
    ..CommandSpec::EMPTY
};

pub const HRANDFIELD: CommandSpec = CommandSpec {
    name: "hrandfield",
    arity: -2,
    flags: READONLY,
    acl: HASH,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::hash::HRANDFIELD,
    ..CommandSpec::EMPTY
};

pub const HSCAN: CommandSpec = CommandSpec {
    name: "hscan",
    arity: -3,
    flags: READONLY,
    acl: HASH,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::hash::HSCAN,
    ..CommandSpec::EMPTY
};

pub const HSET: CommandSpec = CommandSpec {
    name: "hset",
    arity: -4,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: HASH,
    keys: &[KeySpec::at(1, RW.or(UPDATE))],
    doc: &docs::hash::HSET,
    ..CommandSpec::EMPTY
};

pub const HSETNX: CommandSpec = CommandSpec {
    name: "hsetnx",
    arity: 4,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: HASH,
    keys: &[KeySpec::at(1, RW.or(INSERT))],
    doc: &docs::hash::HSETNX,
    ..CommandSpec::EMPTY
};

pub const HSTRLEN: CommandSpec = CommandSpec {
    name: "hstrlen",
    arity: 3,
    flags: READONLY.or(FAST),
    acl: HASH,
    keys: &[KeySpec::at(1, RO)],
    doc: &docs::hash::HSTRLEN,
    ..CommandSpec::EMPTY
};

pub const HVALS: CommandSpec = CommandSpec {
    name: "hvals",
    arity: 2,
    flags: READONLY,
    acl: HASH,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::hash::HVALS,
    ..CommandSpec::EMPTY
};
