//! What the commands about set are: name, arity, flags, categories, keys. Data only; handlers join them in rows.

use super::super::docs;
use crate::state::spec::CommandSpec;
use crate::state::spec::row::*;

pub const SADD: CommandSpec = CommandSpec {
    name: "sadd",
    arity: -3,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: SET,
    keys: &[KeySpec::at(1, RW.or(INSERT))],
    doc: &docs::set::SADD,
    ..CommandSpec::EMPTY
};

pub const SCARD: CommandSpec = CommandSpec {
    name: "scard",
    arity: 2,
    flags: READONLY.or(FAST),
    acl: SET,
    keys: &[KeySpec::at(1, RO)],
    doc: &docs::set::SCARD,
    ..CommandSpec::EMPTY
};

pub const SDIFF: CommandSpec = CommandSpec {
    name: "sdiff",
    arity: -2,
    flags: READONLY,
    acl: SET,
    keys: &[KeySpec::range(1, -1, 1, RO.or(ACCESS))],
    doc: &docs::set::SDIFF,
    ..CommandSpec::EMPTY
};

pub const SDIFFSTORE: CommandSpec = CommandSpec {
    name: "sdiffstore",
    arity: -3,
    flags: WRITE.or(DENYOOM),
    acl: SET,
    keys: &[KeySpec::at(1, OW.or(UPDATE)), KeySpec::range(2, -1, 1, RO.or(ACCESS))],
    doc: &docs::set::SDIFFSTORE,
    ..CommandSpec::EMPTY
};

pub const SINTER: CommandSpec = CommandSpec {
    name: "sinter",
    arity: -2,
    flags: READONLY,
    acl: SET,
    keys: &[KeySpec::range(1, -1, 1, RO.or(ACCESS))],
    doc: &docs::set::SINTER,
    ..CommandSpec::EMPTY
};

pub const SINTERCARD: CommandSpec = CommandSpec {
    name: "sintercard",
    arity: -3,
    flags: READONLY.or(MOVABLE_KEYS),
    acl: SET,
    keys: &[KeySpec::counted(1, RO.or(ACCESS))],
    get_keys: GetKeys::Counted { dest: 0, num: 1 },
    doc: &docs::set::SINTERCARD,
    ..CommandSpec::EMPTY
};

pub const SINTERSTORE: CommandSpec = CommandSpec {
    name: "sinterstore",
    arity: -3,
    flags: WRITE.or(DENYOOM),
    acl: SET,
    keys: &[KeySpec::at(1, RW.or(UPDATE)), KeySpec::range(2, -1, 1, RO.or(ACCESS))],
    doc: &docs::set::SINTERSTORE,
    ..CommandSpec::EMPTY
};

pub const SISMEMBER: CommandSpec = CommandSpec {
    name: "sismember",
    arity: 3,
    flags: READONLY.or(FAST),
    acl: SET,
    keys: &[KeySpec::at(1, RO)],
    doc: &docs::set::SISMEMBER,
    ..CommandSpec::EMPTY
};

pub const SMEMBERS: CommandSpec = CommandSpec {
    name: "smembers",
    arity: 2,
    flags: READONLY,
    acl: SET,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::set::SMEMBERS,
    ..CommandSpec::EMPTY
};

pub const SMISMEMBER: CommandSpec = CommandSpec {
    name: "smismember",
    arity: -3,
    flags: READONLY.or(FAST),
    acl: SET,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::set::SMISMEMBER,
    ..CommandSpec::EMPTY
};

pub const SMOVE: CommandSpec = CommandSpec {
    name: "smove",
    arity: 4,
    flags: WRITE.or(FAST),
    acl: SET,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(DELETE)), KeySpec::at(2, RW.or(INSERT))],
    doc: &docs::set::SMOVE,
    ..CommandSpec::EMPTY
};

pub const SPOP: CommandSpec = CommandSpec {
    name: "spop",
    arity: -2,
    flags: WRITE.or(FAST),
    acl: SET,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(DELETE))],
    doc: &docs::set::SPOP,
    ..CommandSpec::EMPTY
};

pub const SRANDMEMBER: CommandSpec = CommandSpec {
    name: "srandmember",
    arity: -2,
    flags: READONLY,
    acl: SET,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::set::SRANDMEMBER,
    ..CommandSpec::EMPTY
};

pub const SREM: CommandSpec = CommandSpec {
    name: "srem",
    arity: -3,
    flags: WRITE.or(FAST),
    acl: SET,
    keys: &[KeySpec::at(1, RW.or(DELETE))],
    doc: &docs::set::SREM,
    ..CommandSpec::EMPTY
};

pub const SSCAN: CommandSpec = CommandSpec {
    name: "sscan",
    arity: -3,
    flags: READONLY,
    acl: SET,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::set::SSCAN,
    ..CommandSpec::EMPTY
};

pub const SUNION: CommandSpec = CommandSpec {
    name: "sunion",
    arity: -2,
    flags: READONLY,
    acl: SET,
    keys: &[KeySpec::range(1, -1, 1, RO.or(ACCESS))],
    doc: &docs::set::SUNION,
    ..CommandSpec::EMPTY
};

pub const SUNIONSTORE: CommandSpec = CommandSpec {
    name: "sunionstore",
    arity: -3,
    flags: WRITE.or(DENYOOM),
    acl: SET,
    keys: &[KeySpec::at(1, OW.or(UPDATE)), KeySpec::range(2, -1, 1, RO.or(ACCESS))],
    doc: &docs::set::SUNIONSTORE,
    ..CommandSpec::EMPTY
};
