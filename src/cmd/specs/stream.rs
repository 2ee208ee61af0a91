//! What the commands about stream are: name, arity, flags, categories, keys. Data only; handlers join them in rows.

use super::super::docs;
use crate::state::spec::CommandSpec;
use crate::state::spec::row::*;

pub const XACK: CommandSpec = CommandSpec {
    name: "xack",
    arity: -4,
    flags: WRITE.or(FAST),
    acl: STREAM,
    keys: &[KeySpec::at(1, RW.or(UPDATE))],
    doc: &docs::stream::XACK,
    ..CommandSpec::EMPTY
};

pub const XADD: CommandSpec = CommandSpec {
    name: "xadd",
    arity: -5,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: STREAM,
    keys: &[KeySpec::at(1, RW.or(UPDATE))
        .notes("UPDATE instead of INSERT because of the optional trimming feature")],
    doc: &docs::stream::XADD,
    ..CommandSpec::EMPTY
};

pub const XAUTOCLAIM: CommandSpec = CommandSpec {
    name: "xautoclaim",
    arity: -6,
    flags: WRITE.or(FAST),
    acl: STREAM,
    keys: &[KeySpec::at(1, RW.or(DELETE))],
    doc: &docs::stream::XAUTOCLAIM,
    ..CommandSpec::EMPTY
};

pub const XCLAIM: CommandSpec = CommandSpec {
    name: "xclaim",
    arity: -6,
    flags: WRITE.or(FAST),
    acl: STREAM,
    keys: &[KeySpec::at(1, RW.or(UPDATE))],
    doc: &docs::stream::XCLAIM,
    ..CommandSpec::EMPTY
};

pub const XDEL: CommandSpec = CommandSpec {
    name: "xdel",
    arity: -3,
    flags: WRITE.or(FAST),
    acl: STREAM,
    keys: &[KeySpec::at(1, RW.or(DELETE))],
    doc: &docs::stream::XDEL,
    ..CommandSpec::EMPTY
};

pub const XGROUP: CommandSpec =
    CommandSpec { name: "xgroup", arity: -2, doc: &docs::stream::XGROUP, ..CommandSpec::EMPTY };

pub const XGROUP_CREATE: CommandSpec = CommandSpec {
    name: "create",
    arity: -5,
    flags: WRITE.or(DENYOOM),
    acl: STREAM,
    keys: &[KeySpec::at(2, RW.or(INSERT))],
    doc: &docs::stream::XGROUP_CREATE,
    ..CommandSpec::EMPTY
};

pub const XGROUP_CREATECONSUMER: CommandSpec = CommandSpec {
    name: "createconsumer",
    arity: 5,
    flags: WRITE.or(DENYOOM),
    acl: STREAM,
    keys: &[KeySpec::at(2, RW.or(INSERT))],
    doc: &docs::stream::XGROUP_CREATECONSUMER,
    ..CommandSpec::EMPTY
};

pub const XGROUP_DELCONSUMER: CommandSpec = CommandSpec {
    name: "delconsumer",
    arity: 5,
    flags: WRITE,
    acl: STREAM,
    keys: &[KeySpec::at(2, RW.or(DELETE))],
    doc: &docs::stream::XGROUP_DELCONSUMER,
    ..CommandSpec::EMPTY
};

pub const XGROUP_DESTROY: CommandSpec = CommandSpec {
    name: "destroy",
    arity: 4,
    flags: WRITE,
    acl: STREAM,
    keys: &[KeySpec::at(2, RW.or(DELETE))],
    doc: &docs::stream::XGROUP_DESTROY,
    ..CommandSpec::EMPTY
};

pub const XGROUP_HELP: CommandSpec = CommandSpec {
    name: "help",
    arity: 2,
    flags: LOADING.or(STALE),
    acl: STREAM,
    doc: &docs::stream::XGROUP_HELP,
    ..CommandSpec::EMPTY
};

pub const XGROUP_SETID: CommandSpec = CommandSpec {
    name: "setid",
    arity: -5,
    flags: WRITE,
    acl: STREAM,
    keys: &[KeySpec::at(2, RW.or(UPDATE))],
    doc: &docs::stream::XGROUP_SETID,
    ..CommandSpec::EMPTY
};

pub const XINFO: CommandSpec =
    CommandSpec { name: "xinfo", arity: -2, doc: &docs::stream::XINFO, ..CommandSpec::EMPTY };

pub const XINFO_CONSUMERS: CommandSpec = CommandSpec {
    name: "consumers",
    arity: 4,
    flags: READONLY,
    acl: STREAM,
    keys: &[KeySpec::at(2, RO.or(ACCESS))],
    doc: &docs::stream::XINFO_CONSUMERS,
    ..CommandSpec::EMPTY
};

pub const XINFO_GROUPS: CommandSpec = CommandSpec {
    name: "groups",
    arity: 3,
    flags: READONLY,
    acl: STREAM,
    keys: &[KeySpec::at(2, RO.or(ACCESS))],
    doc: &docs::stream::XINFO_GROUPS,
    ..CommandSpec::EMPTY
};

pub const XINFO_HELP: CommandSpec = CommandSpec {
    name: "help",
    arity: 2,
    flags: LOADING.or(STALE),
    acl: STREAM,
    doc: &docs::stream::XINFO_HELP,
    ..CommandSpec::EMPTY
};

pub const XINFO_STREAM: CommandSpec = CommandSpec {
    name: "stream",
    arity: -3,
    flags: READONLY,
    acl: STREAM,
    keys: &[KeySpec::at(2, RO.or(ACCESS))],
    doc: &docs::stream::XINFO_STREAM,
    ..CommandSpec::EMPTY
};

pub const XLEN: CommandSpec = CommandSpec {
    name: "xlen",
    arity: 2,
    flags: READONLY.or(FAST),
    acl: STREAM,
    keys: &[KeySpec::at(1, RO)],
    doc: &docs::stream::XLEN,
    ..CommandSpec::EMPTY
};

pub const XPENDING: CommandSpec = CommandSpec {
    name: "xpending",
    arity: -3,
    flags: READONLY,
    acl: STREAM,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::stream::XPENDING,
    ..CommandSpec::EMPTY
};

pub const XRANGE: CommandSpec = CommandSpec {
    name: "xrange",
    arity: -4,
    flags: READONLY,
    acl: STREAM,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::stream::XRANGE,
    ..CommandSpec::EMPTY
};

pub const XREAD: CommandSpec = CommandSpec {
    name: "xread",
    arity: -4,
    flags: READONLY.or(BLOCKING).or(MOVABLE_KEYS),
    acl: STREAM,
    keys: &[KeySpec::after("STREAMS", 1, -1, 2, RO.or(ACCESS))],
    get_keys: GetKeys::XRead,
    doc: &docs::stream::XREAD,
    ..CommandSpec::EMPTY
};

pub const XREADGROUP: CommandSpec = CommandSpec {
    name: "xreadgroup",
    arity: -7,
    flags: WRITE.or(BLOCKING).or(MOVABLE_KEYS),
    acl: STREAM,
    keys: &[KeySpec::after("STREAMS", 4, -1, 2, RO.or(ACCESS))],
    get_keys: GetKeys::XRead,
    doc: &docs::stream::XREADGROUP,
    ..CommandSpec::EMPTY
};

pub const XREVRANGE: CommandSpec = CommandSpec {
    name: "xrevrange",
    arity: -4,
    flags: READONLY,
    acl: STREAM,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::stream::XREVRANGE,
    ..CommandSpec::EMPTY
};

pub const XSETID: CommandSpec = CommandSpec {
    name: "xsetid",
    arity: -3,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: STREAM,
    keys: &[KeySpec::at(1, RW.or(UPDATE))],
    doc: &docs::stream::XSETID,
    ..CommandSpec::EMPTY
};

pub const XTRIM: CommandSpec = CommandSpec {
    name: "xtrim",
    arity: -4,
    flags: WRITE,
    acl: STREAM,
    keys: &[KeySpec::at(1, RW.or(DELETE))],
    doc: &docs::stream::XTRIM,
    ..CommandSpec::EMPTY
};
