//! What the commands about string are: name, arity, flags, categories, keys. Data only; handlers join them in rows.

use super::super::docs;
use crate::state::spec::CommandSpec;
use crate::state::spec::row::*;

pub const APPEND: CommandSpec = CommandSpec {
    name: "append",
    arity: 3,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: STRING,
    keys: &[KeySpec::at(1, RW.or(INSERT))],
    doc: &docs::string::APPEND,
    ..CommandSpec::EMPTY
};

pub const DECR: CommandSpec = CommandSpec {
    name: "decr",
    arity: 2,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: STRING,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(UPDATE))],
    doc: &docs::string::DECR,
    ..CommandSpec::EMPTY
};

pub const DECRBY: CommandSpec = CommandSpec {
    name: "decrby",
    arity: 3,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: STRING,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(UPDATE))],
    doc: &docs::string::DECRBY,
    ..CommandSpec::EMPTY
};

pub const GET: CommandSpec = CommandSpec {
    name: "get",
    arity: 2,
    flags: READONLY.or(FAST),
    acl: STRING,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::string::GET,
    ..CommandSpec::EMPTY
};

pub const GETDEL: CommandSpec = CommandSpec {
    name: "getdel",
    arity: 2,
    flags: WRITE.or(FAST),
    acl: STRING,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(DELETE))],
    doc: &docs::string::GETDEL,
    ..CommandSpec::EMPTY
};

pub const GETEX: CommandSpec = CommandSpec {
    name: "getex",
    arity: -2,
    flags: WRITE.or(FAST),
    acl: STRING,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(UPDATE)).notes("RW and UPDATE because it changes the TTL")],
    doc: &docs::string::GETEX,
    ..CommandSpec::EMPTY
};

pub const GETRANGE: CommandSpec = CommandSpec {
    name: "getrange",
    arity: 4,
    flags: READONLY,
    acl: STRING,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::string::GETRANGE,
    ..CommandSpec::EMPTY
};

pub const GETSET: CommandSpec = CommandSpec {
    name: "getset",
    arity: 3,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: STRING,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(UPDATE))],
    doc: &docs::string::GETSET,
    ..CommandSpec::EMPTY
};

pub const INCR: CommandSpec = CommandSpec {
    name: "incr",
    arity: 2,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: STRING,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(UPDATE))],
    doc: &docs::string::INCR,
    ..CommandSpec::EMPTY
};

pub const INCRBY: CommandSpec = CommandSpec {
    name: "incrby",
    arity: 3,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: STRING,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(UPDATE))],
    doc: &docs::string::INCRBY,
    ..CommandSpec::EMPTY
};

pub const INCRBYFLOAT: CommandSpec = CommandSpec {
    name: "incrbyfloat",
    arity: 3,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: STRING,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(UPDATE))],
    doc: &docs::string::INCRBYFLOAT,
    ..CommandSpec::EMPTY
};

pub const LCS: CommandSpec = CommandSpec {
    name: "lcs",
    arity: -3,
    flags: READONLY,
    acl: STRING,
    keys: &[KeySpec::range(1, 1, 1, RO.or(ACCESS))],
    doc: &docs::string::LCS,
    ..CommandSpec::EMPTY
};

pub const MGET: CommandSpec = CommandSpec {
    name: "mget",
    arity: -2,
    flags: READONLY.or(FAST),
    acl: STRING,
    keys: &[KeySpec::range(1, -1, 1, RO.or(ACCESS))],
    doc: &docs::string::MGET,
    ..CommandSpec::EMPTY
};

pub const MSET: CommandSpec = CommandSpec {
    name: "mset",
    arity: -3,
    flags: WRITE.or(DENYOOM),
    acl: STRING,
    keys: &[KeySpec::range(1, -1, 2, OW.or(UPDATE))],
    doc: &docs::string::MSET,
    ..CommandSpec::EMPTY
};

pub const MSETNX: CommandSpec = CommandSpec {
    name: "msetnx",
    arity: -3,
    flags: WRITE.or(DENYOOM),
    acl: STRING,
    keys: &[KeySpec::range(1, -1, 2, OW.or(INSERT))],
    doc: &docs::string::MSETNX,
    ..CommandSpec::EMPTY
};

pub const PSETEX: CommandSpec = CommandSpec {
    name: "psetex",
    arity: 4,
    flags: WRITE.or(DENYOOM),
    acl: STRING,
    keys: &[KeySpec::at(1, OW.or(UPDATE))],
    doc: &docs::string::PSETEX,
    ..CommandSpec::EMPTY
};

pub const SET: CommandSpec = CommandSpec {
    name: "set",
    arity: -3,
    flags: WRITE.or(DENYOOM),
    acl: STRING,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(UPDATE).or(VARIABLE_FLAGS))
        .notes("RW and ACCESS due to the optional `GET` argument")],
    get_keys: GetKeys::Set,
    doc: &docs::string::SET,
    ..CommandSpec::EMPTY
};

pub const SETEX: CommandSpec = CommandSpec {
    name: "setex",
    arity: 4,
    flags: WRITE.or(DENYOOM),
    acl: STRING,
    keys: &[KeySpec::at(1, OW.or(UPDATE))],
    doc: &docs::string::SETEX,
    ..CommandSpec::EMPTY
};

pub const SETNX: CommandSpec = CommandSpec {
    name: "setnx",
    arity: 3,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: STRING,
    keys: &[KeySpec::at(1, OW.or(INSERT))],
    doc: &docs::string::SETNX,
    ..CommandSpec::EMPTY
};

pub const SETRANGE: CommandSpec = CommandSpec {
    name: "setrange",
    arity: 4,
    flags: WRITE.or(DENYOOM),
    acl: STRING,
    keys: &[KeySpec::at(1, RW.or(UPDATE))],
    doc: &docs::string::SETRANGE,
    ..CommandSpec::EMPTY
};

pub const STRLEN: CommandSpec = CommandSpec {
    name: "strlen",
    arity: 2,
    flags: READONLY.or(FAST),
    acl: STRING,
    keys: &[KeySpec::at(1, RO)],
    doc: &docs::string::STRLEN,
    ..CommandSpec::EMPTY
};

pub const SUBSTR: CommandSpec = CommandSpec {
    name: "substr",
    arity: 4,
    flags: READONLY,
    acl: STRING,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::string::SUBSTR,
    ..CommandSpec::EMPTY
};
