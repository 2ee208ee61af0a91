//! What the commands about generic are: name, arity, flags, categories, keys. Data only; handlers join them in rows.

use super::super::docs;
use crate::state::spec::CommandSpec;
use crate::state::spec::row::*;

pub const COPY: CommandSpec = CommandSpec {
    name: "copy",
    arity: -3,
    flags: WRITE.or(DENYOOM),
    acl: KEYSPACE,
    keys: &[KeySpec::at(1, RO.or(ACCESS)), KeySpec::at(2, OW.or(UPDATE))],
    doc: &docs::generic::COPY,
    ..CommandSpec::EMPTY
};

pub const DEL: CommandSpec = CommandSpec {
    name: "del",
    arity: -2,
    flags: WRITE,
    acl: KEYSPACE,
    keys: &[KeySpec::range(1, -1, 1, RM.or(DELETE))],
    doc: &docs::generic::DEL,
    ..CommandSpec::EMPTY
};

pub const DUMP: CommandSpec = CommandSpec {
    name: "dump",
    arity: 2,
    flags: READONLY,
    acl: KEYSPACE,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::generic::DUMP,
    ..CommandSpec::EMPTY
};

pub const EXISTS: CommandSpec = CommandSpec {
    name: "exists",
    arity: -2,
    flags: READONLY.or(FAST),
    acl: KEYSPACE,
    keys: &[KeySpec::range(1, -1, 1, RO)],
    doc: &docs::generic::EXISTS,
    ..CommandSpec::EMPTY
};

pub const EXPIRE: CommandSpec = CommandSpec {
    name: "expire",
    arity: -3,
    flags: WRITE.or(FAST),
    acl: KEYSPACE,
    keys: &[KeySpec::at(1, RW.or(UPDATE))],
    doc: &docs::generic::EXPIRE,
    ..CommandSpec::EMPTY
};

pub const EXPIREAT: CommandSpec = CommandSpec {
    name: "expireat",
    arity: -3,
    flags: WRITE.or(FAST),
    acl: KEYSPACE,
    keys: &[KeySpec::at(1, RW.or(UPDATE))],
    doc: &docs::generic::EXPIREAT,
    ..CommandSpec::EMPTY
};

pub const EXPIRETIME: CommandSpec = CommandSpec {
    name: "expiretime",
    arity: 2,
    flags: READONLY.or(FAST),
    acl: KEYSPACE,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::generic::EXPIRETIME,
    ..CommandSpec::EMPTY
};

pub const KEYS: CommandSpec = CommandSpec {
    name: "keys",
    arity: 2,
    flags: READONLY,
    acl: KEYSPACE.or(DANGEROUS),
    doc: &docs::generic::KEYS,
    ..CommandSpec::EMPTY
};

pub const MIGRATE: CommandSpec = CommandSpec {
    name: "migrate",
    arity: -6,
    flags: WRITE.or(MOVABLE_KEYS),
    acl: KEYSPACE.or(DANGEROUS),
    keys: &[
        KeySpec::at(3, RW.or(ACCESS).or(DELETE)),
        KeySpec::after("KEYS", -2, -1, 0, RW.or(ACCESS).or(DELETE).or(INCOMPLETE)),
    ],
    get_keys: GetKeys::Migrate,
    doc: &docs::generic::MIGRATE,
    ..CommandSpec::EMPTY
};

pub const MOVE: CommandSpec = CommandSpec {
    name: "move",
    arity: 3,
    flags: WRITE.or(FAST),
    acl: KEYSPACE,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(UPDATE))],
    doc: &docs::generic::MOVE,
    ..CommandSpec::EMPTY
};

pub const OBJECT: CommandSpec =
    CommandSpec { name: "object", arity: -2, doc: &docs::generic::OBJECT, ..CommandSpec::EMPTY };

pub const OBJECT_ENCODING: CommandSpec = CommandSpec {
    name: "encoding",
    arity: 3,
    flags: READONLY,
    acl: KEYSPACE,
    keys: &[KeySpec::at(2, RO)],
    doc: &docs::generic::OBJECT_ENCODING,
    ..CommandSpec::EMPTY
};

pub const OBJECT_FREQ: CommandSpec = CommandSpec {
    name: "freq",
    arity: 3,
    flags: READONLY,
    acl: KEYSPACE,
    keys: &[KeySpec::at(2, RO)],
    doc: &docs::generic::OBJECT_FREQ,
    ..CommandSpec::EMPTY
};

pub const OBJECT_HELP: CommandSpec = CommandSpec {
    name: "help",
    arity: 2,
    flags: LOADING.or(STALE),
    acl: KEYSPACE,
    doc: &docs::generic::OBJECT_HELP,
    ..CommandSpec::EMPTY
};

pub const OBJECT_IDLETIME: CommandSpec = CommandSpec {
    name: "idletime",
    arity: 3,
    flags: READONLY,
    acl: KEYSPACE,
    keys: &[KeySpec::at(2, RO)],
    doc: &docs::generic::OBJECT_IDLETIME,
    ..CommandSpec::EMPTY
};

pub const OBJECT_REFCOUNT: CommandSpec = CommandSpec {
    name: "refcount",
    arity: 3,
    flags: READONLY,
    acl: KEYSPACE,
    keys: &[KeySpec::at(2, RO)],
    doc: &docs::generic::OBJECT_REFCOUNT,
    ..CommandSpec::EMPTY
};

pub const PERSIST: CommandSpec = CommandSpec {
    name: "persist",
    arity: 2,
    flags: WRITE.or(FAST),
    acl: KEYSPACE,
    keys: &[KeySpec::at(1, RW.or(UPDATE))],
    doc: &docs::generic::PERSIST,
    ..CommandSpec::EMPTY
};

pub const PEXPIRE: CommandSpec = CommandSpec {
    name: "pexpire",
    arity: -3,
    flags: WRITE.or(FAST),
    acl: KEYSPACE,
    keys: &[KeySpec::at(1, RW.or(UPDATE))],
    doc: &docs::generic::PEXPIRE,
    ..CommandSpec::EMPTY
};

pub const PEXPIREAT: CommandSpec = CommandSpec {
    name: "pexpireat",
    arity: -3,
    flags: WRITE.or(FAST),
    acl: KEYSPACE,
    keys: &[KeySpec::at(1, RW.or(UPDATE))],
    doc: &docs::generic::PEXPIREAT,
    ..CommandSpec::EMPTY
};

pub const PEXPIRETIME: CommandSpec = CommandSpec {
    name: "pexpiretime",
    arity: 2,
    flags: READONLY.or(FAST),
    acl: KEYSPACE,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::generic::PEXPIRETIME,
    ..CommandSpec::EMPTY
};

pub const PTTL: CommandSpec = CommandSpec {
    name: "pttl",
    arity: 2,
    flags: READONLY.or(FAST),
    acl: KEYSPACE,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::generic::PTTL,
    ..CommandSpec::EMPTY
};

pub const RANDOMKEY: CommandSpec = CommandSpec {
    name: "randomkey",
    arity: 1,
    flags: READONLY.or(TOUCHES_ARBITRARY_KEYS),
    acl: KEYSPACE,
    doc: &docs::generic::RANDOMKEY,
    ..CommandSpec::EMPTY
};

pub const RENAME: CommandSpec = CommandSpec {
    name: "rename",
    arity: 3,
    flags: WRITE,
    acl: KEYSPACE,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(DELETE)), KeySpec::at(2, OW.or(UPDATE))],
    doc: &docs::generic::RENAME,
    ..CommandSpec::EMPTY
};

pub const RENAMENX: CommandSpec = CommandSpec {
    name: "renamenx",
    arity: 3,
    flags: WRITE.or(FAST),
    acl: KEYSPACE,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(DELETE)), KeySpec::at(2, OW.or(INSERT))],
    doc: &docs::generic::RENAMENX,
    ..CommandSpec::EMPTY
};

pub const RESTORE: CommandSpec = CommandSpec {
    name: "restore",
    arity: -4,
    flags: WRITE.or(DENYOOM),
    acl: KEYSPACE.or(DANGEROUS),
    keys: &[KeySpec::at(1, OW.or(UPDATE))],
    doc: &docs::generic::RESTORE,
    ..CommandSpec::EMPTY
};

pub const SCAN: CommandSpec = CommandSpec {
    name: "scan",
    arity: -2,
    flags: READONLY.or(TOUCHES_ARBITRARY_KEYS),
    acl: KEYSPACE,
    doc: &docs::generic::SCAN,
    ..CommandSpec::EMPTY
};

pub const SORT: CommandSpec = CommandSpec {
    name: "sort",
    arity: -2,
    flags: WRITE.or(DENYOOM).or(MOVABLE_KEYS),
    acl: SET.or(SORTEDSET).or(LIST).or(DANGEROUS),
    keys: &[
        KeySpec::at(1, RO.or(ACCESS)),
        KeySpec::unknown(RO.or(ACCESS)).notes(
            "For the optional BY/GET keyword. It is marked 'unknown' because the \
    key names derive from the content of the key we sort",
        ),
        KeySpec::unknown(OW.or(UPDATE)).notes(
            "For the optional STORE keyword. It is marked 'unknown' because the \
    keyword can appear anywhere in the argument array",
        ),
    ],
    get_keys: GetKeys::Sort,
    doc: &docs::generic::SORT,
    ..CommandSpec::EMPTY
};

pub const SORT_RO: CommandSpec = CommandSpec {
    name: "sort_ro",
    arity: -2,
    flags: READONLY.or(MOVABLE_KEYS),
    acl: SET.or(SORTEDSET).or(LIST).or(DANGEROUS),
    keys: &[
        KeySpec::at(1, RO.or(ACCESS)),
        KeySpec::unknown(RO.or(ACCESS)).notes(
            "For the optional BY/GET keyword. It is marked 'unknown' because the \
    key names derive from the content of the key we sort",
        ),
    ],
    get_keys: GetKeys::SortRo,
    doc: &docs::generic::SORT_RO,
    ..CommandSpec::EMPTY
};

pub const TOUCH: CommandSpec = CommandSpec {
    name: "touch",
    arity: -2,
    flags: READONLY.or(FAST).or(TOUCHES),
    acl: KEYSPACE,
    keys: &[KeySpec::range(1, -1, 1, RO)],
    doc: &docs::generic::TOUCH,
    ..CommandSpec::EMPTY
};

pub const TTL: CommandSpec = CommandSpec {
    name: "ttl",
    arity: 2,
    flags: READONLY.or(FAST),
    acl: KEYSPACE,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::generic::TTL,
    ..CommandSpec::EMPTY
};

pub const TYPE: CommandSpec = CommandSpec {
    name: "type",
    arity: 2,
    flags: READONLY.or(FAST),
    acl: KEYSPACE,
    keys: &[KeySpec::at(1, RO)],
    doc: &docs::generic::TYPE,
    ..CommandSpec::EMPTY
};

pub const UNLINK: CommandSpec = CommandSpec {
    name: "unlink",
    arity: -2,
    flags: WRITE.or(FAST),
    acl: KEYSPACE,
    keys: &[KeySpec::range(1, -1, 1, RM.or(DELETE))],
    doc: &docs::generic::UNLINK,
    ..CommandSpec::EMPTY
};

pub const WAIT: CommandSpec =
    CommandSpec { name: "wait", arity: 3, acl: CONNECTION, doc: &docs::generic::WAIT, ..CommandSpec::EMPTY };

pub const WAITAOF: CommandSpec = CommandSpec {
    name: "waitaof",
    arity: 4,
    flags: NOSCRIPT,
    acl: CONNECTION,
    doc: &docs::generic::WAITAOF,
    ..CommandSpec::EMPTY
};
