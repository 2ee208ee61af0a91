//! What the commands about hyperloglog are: name, arity, flags, categories, keys. Data only; handlers join them in rows.

use super::super::docs;
use crate::state::spec::CommandSpec;
use crate::state::spec::row::*;

pub const PFADD: CommandSpec = CommandSpec {
    name: "pfadd",
    arity: -2,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: HYPERLOGLOG,
    keys: &[KeySpec::at(1, RW.or(INSERT))],
    doc: &docs::hyperloglog::PFADD,
    ..CommandSpec::EMPTY
};

pub const PFCOUNT: CommandSpec = CommandSpec {
    name: "pfcount",
    arity: -2,
    flags: READONLY.or(MAY_REPLICATE),
    acl: HYPERLOGLOG,
    keys: &[KeySpec::range(1, -1, 1, RW.or(ACCESS)).notes(
        "RW because it may change the internal representation of the key, \
    and propagate to replicas",
    )],
    doc: &docs::hyperloglog::PFCOUNT,
    ..CommandSpec::EMPTY
};

pub const PFDEBUG: CommandSpec = CommandSpec {
    name: "pfdebug",
    arity: 3,
    flags: WRITE.or(DENYOOM).or(ADMIN),
    acl: HYPERLOGLOG,
    keys: &[KeySpec::at(2, RW.or(ACCESS))],
    doc: &docs::hyperloglog::PFDEBUG,
    ..CommandSpec::EMPTY
};

pub const PFMERGE: CommandSpec = CommandSpec {
    name: "pfmerge",
    arity: -2,
    flags: WRITE.or(DENYOOM),
    acl: HYPERLOGLOG,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(INSERT)), KeySpec::range(2, -1, 1, RO.or(ACCESS))],
    doc: &docs::hyperloglog::PFMERGE,
    ..CommandSpec::EMPTY
};

pub const PFSELFTEST: CommandSpec = CommandSpec {
    name: "pfselftest",
    arity: 1,
    flags: ADMIN,
    acl: HYPERLOGLOG,
    doc: &docs::hyperloglog::PFSELFTEST,
    ..CommandSpec::EMPTY
};
