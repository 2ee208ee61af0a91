//! What the commands about list are: name, arity, flags, categories, keys. Data only; handlers join them in rows.

use super::super::docs;
use crate::state::spec::CommandSpec;
use crate::state::spec::row::*;

pub const BLMOVE: CommandSpec = CommandSpec {
    name: "blmove",
    arity: 6,
    flags: WRITE.or(DENYOOM).or(BLOCKING),
    acl: LIST,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(DELETE)), KeySpec::at(2, RW.or(INSERT))],
    doc: &docs::list::BLMOVE,
    ..CommandSpec::EMPTY
};

pub const BLMPOP: CommandSpec = CommandSpec {
    name: "blmpop",
    arity: -5,
    flags: WRITE.or(BLOCKING).or(MOVABLE_KEYS),
    acl: LIST,
    keys: &[KeySpec::counted(2, RW.or(ACCESS).or(DELETE))],
    get_keys: GetKeys::Counted { dest: 0, num: 2 },
    doc: &docs::list::BLMPOP,
    ..CommandSpec::EMPTY
};

pub const BLPOP: CommandSpec = CommandSpec {
    name: "blpop",
    arity: -3,
    flags: WRITE.or(BLOCKING),
    acl: LIST,
    keys: &[KeySpec::range(1, -2, 1, RW.or(ACCESS).or(DELETE))],
    doc: &docs::list::BLPOP,
    ..CommandSpec::EMPTY
};

pub const BRPOP: CommandSpec = CommandSpec {
    name: "brpop",
    arity: -3,
    flags: WRITE.or(BLOCKING),
    acl: LIST,
    keys: &[KeySpec::range(1, -2, 1, RW.or(ACCESS).or(DELETE))],
    doc: &docs::list::BRPOP,
    ..CommandSpec::EMPTY
};

pub const BRPOPLPUSH: CommandSpec = CommandSpec {
    name: "brpoplpush",
    arity: 4,
    flags: WRITE.or(DENYOOM).or(BLOCKING),
    acl: LIST,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(DELETE)), KeySpec::at(2, RW.or(INSERT))],
    doc: &docs::list::BRPOPLPUSH,
    ..CommandSpec::EMPTY
};

pub const LINDEX: CommandSpec = CommandSpec {
    name: "lindex",
    arity: 3,
    flags: READONLY,
    acl: LIST,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::list::LINDEX,
    ..CommandSpec::EMPTY
};

pub const LINSERT: CommandSpec = CommandSpec {
    name: "linsert",
    arity: 5,
    flags: WRITE.or(DENYOOM),
    acl: LIST,
    keys: &[KeySpec::at(1, RW.or(INSERT))],
    doc: &docs::list::LINSERT,
    ..CommandSpec::EMPTY
};

pub const LLEN: CommandSpec = CommandSpec {
    name: "llen",
    arity: 2,
    flags: READONLY.or(FAST),
    acl: LIST,
    keys: &[KeySpec::at(1, RO)],
    doc: &docs::list::LLEN,
    ..CommandSpec::EMPTY
};

pub const LMOVE: CommandSpec = CommandSpec {
    name: "lmove",
    arity: 5,
    flags: WRITE.or(DENYOOM),
    acl: LIST,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(DELETE)), KeySpec::at(2, RW.or(INSERT))],
    doc: &docs::list::LMOVE,
    ..CommandSpec::EMPTY
};

pub const LMPOP: CommandSpec = CommandSpec {
    name: "lmpop",
    arity: -4,
    flags: WRITE.or(MOVABLE_KEYS),
    acl: LIST,
    keys: &[KeySpec::counted(1, RW.or(ACCESS).or(DELETE))],
    get_keys: GetKeys::Counted { dest: 0, num: 1 },
    doc: &docs::list::LMPOP,
    ..CommandSpec::EMPTY
};

pub const LPOP: CommandSpec = CommandSpec {
    name: "lpop",
    arity: -2,
    flags: WRITE.or(FAST),
    acl: LIST,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(DELETE))],
    doc: &docs::list::LPOP,
    ..CommandSpec::EMPTY
};

pub const LPOS: CommandSpec = CommandSpec {
    name: "lpos",
    arity: -3,
    flags: READONLY,
    acl: LIST,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::list::LPOS,
    ..CommandSpec::EMPTY
};

pub const LPUSH: CommandSpec = CommandSpec {
    name: "lpush",
    arity: -3,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: LIST,
    keys: &[KeySpec::at(1, RW.or(INSERT))],
    doc: &docs::list::LPUSH,
    ..CommandSpec::EMPTY
};

pub const LPUSHX: CommandSpec = CommandSpec {
    name: "lpushx",
    arity: -3,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: LIST,
    keys: &[KeySpec::at(1, RW.or(INSERT))],
    doc: &docs::list::LPUSHX,
    ..CommandSpec::EMPTY
};

pub const LRANGE: CommandSpec = CommandSpec {
    name: "lrange",
    arity: 4,
    flags: READONLY,
    acl: LIST,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::list::LRANGE,
    ..CommandSpec::EMPTY
};

pub const LREM: CommandSpec = CommandSpec {
    name: "lrem",
    arity: 4,
    flags: WRITE,
    acl: LIST,
    keys: &[KeySpec::at(1, RW.or(DELETE))],
    doc: &docs::list::LREM,
    ..CommandSpec::EMPTY
};

pub const LSET: CommandSpec = CommandSpec {
    name: "lset",
    arity: 4,
    flags: WRITE.or(DENYOOM),
    acl: LIST,
    keys: &[KeySpec::at(1, RW.or(UPDATE))],
    doc: &docs::list::LSET,
    ..CommandSpec::EMPTY
};

pub const LTRIM: CommandSpec = CommandSpec {
    name: "ltrim",
    arity: 4,
    flags: WRITE,
    acl: LIST,
    keys: &[KeySpec::at(1, RW.or(DELETE))],
    doc: &docs::list::LTRIM,
    ..CommandSpec::EMPTY
};

pub const RPOP: CommandSpec = CommandSpec {
    name: "rpop",
    arity: -2,
    flags: WRITE.or(FAST),
    acl: LIST,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(DELETE))],
    doc: &docs::list::RPOP,
    ..CommandSpec::EMPTY
};

pub const RPOPLPUSH: CommandSpec = CommandSpec {
    name: "rpoplpush",
    arity: 3,
    flags: WRITE.or(DENYOOM),
    acl: LIST,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(DELETE)), KeySpec::at(2, RW.or(INSERT))],
    doc: &docs::list::RPOPLPUSH,
    ..CommandSpec::EMPTY
};

pub const RPUSH: CommandSpec = CommandSpec {
    name: "rpush",
    arity: -3,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: LIST,
    keys: &[KeySpec::at(1, RW.or(INSERT))],
    doc: &docs::list::RPUSH,
    ..CommandSpec::EMPTY
};

pub const RPUSHX: CommandSpec = CommandSpec {
    name: "rpushx",
    arity: -3,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: LIST,
    keys: &[KeySpec::at(1, RW.or(INSERT))],
    doc: &docs::list::RPUSHX,
    ..CommandSpec::EMPTY
};
