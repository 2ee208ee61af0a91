//! What the commands about bitmap are: name, arity, flags, categories, keys. Data only; handlers join them in rows.

use super::super::docs;
use crate::state::spec::CommandSpec;
use crate::state::spec::row::*;

pub const BITCOUNT: CommandSpec = CommandSpec {
    name: "bitcount",
    arity: -2,
    flags: READONLY,
    acl: BITMAP,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::bitmap::BITCOUNT,
    ..CommandSpec::EMPTY
};

pub const BITFIELD: CommandSpec = CommandSpec {
    name: "bitfield",
    arity: -2,
    flags: WRITE.or(DENYOOM),
    acl: BITMAP,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(UPDATE).or(VARIABLE_FLAGS))
        .notes("This command allows both access and modification of the key")],
    get_keys: GetKeys::BitField,
    doc: &docs::bitmap::BITFIELD,
    ..CommandSpec::EMPTY
};

pub const BITFIELD_RO: CommandSpec = CommandSpec {
    name: "bitfield_ro",
    arity: -2,
    flags: READONLY.or(FAST),
    acl: BITMAP,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::bitmap::BITFIELD_RO,
    ..CommandSpec::EMPTY
};

pub const BITOP: CommandSpec = CommandSpec {
    name: "bitop",
    arity: -4,
    flags: WRITE.or(DENYOOM),
    acl: BITMAP,
    keys: &[KeySpec::at(2, OW.or(UPDATE)), KeySpec::range(3, -1, 1, RO.or(ACCESS))],
    doc: &docs::bitmap::BITOP,
    ..CommandSpec::EMPTY
};

pub const BITPOS: CommandSpec = CommandSpec {
    name: "bitpos",
    arity: -3,
    flags: READONLY,
    acl: BITMAP,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::bitmap::BITPOS,
    ..CommandSpec::EMPTY
};

pub const GETBIT: CommandSpec = CommandSpec {
    name: "getbit",
    arity: 3,
    flags: READONLY.or(FAST),
    acl: BITMAP,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::bitmap::GETBIT,
    ..CommandSpec::EMPTY
};

pub const SETBIT: CommandSpec = CommandSpec {
    name: "setbit",
    arity: 4,
    flags: WRITE.or(DENYOOM),
    acl: BITMAP,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(UPDATE))],
    doc: &docs::bitmap::SETBIT,
    ..CommandSpec::EMPTY
};
