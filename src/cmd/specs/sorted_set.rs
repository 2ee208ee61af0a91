//! What the commands about sorted set are: name, arity, flags, categories, keys. Data only; handlers join them in rows.

use super::super::docs;
use crate::state::spec::CommandSpec;
use crate::state::spec::row::*;

pub const BZMPOP: CommandSpec = CommandSpec {
    name: "bzmpop",
    arity: -5,
    flags: WRITE.or(BLOCKING).or(MOVABLE_KEYS),
    acl: SORTEDSET,
    keys: &[KeySpec::counted(2, RW.or(ACCESS).or(DELETE))],
    get_keys: GetKeys::Counted { dest: 0, num: 2 },
    doc: &docs::sorted_set::BZMPOP,
    ..CommandSpec::EMPTY
};

pub const BZPOPMAX: CommandSpec = CommandSpec {
    name: "bzpopmax",
    arity: -3,
    flags: WRITE.or(BLOCKING).or(FAST),
    acl: SORTEDSET,
    keys: &[KeySpec::range(1, -2, 1, RW.or(ACCESS).or(DELETE))],
    doc: &docs::sorted_set::BZPOPMAX,
    ..CommandSpec::EMPTY
};

pub const BZPOPMIN: CommandSpec = CommandSpec {
    name: "bzpopmin",
    arity: -3,
    flags: WRITE.or(BLOCKING).or(FAST),
    acl: SORTEDSET,
    keys: &[KeySpec::range(1, -2, 1, RW.or(ACCESS).or(DELETE))],
    doc: &docs::sorted_set::BZPOPMIN,
    ..CommandSpec::EMPTY
};

pub const ZADD: CommandSpec = CommandSpec {
    name: "zadd",
    arity: -4,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RW.or(UPDATE))],
    doc: &docs::sorted_set::ZADD,
    ..CommandSpec::EMPTY
};

pub const ZCARD: CommandSpec = CommandSpec {
    name: "zcard",
    arity: 2,
    flags: READONLY.or(FAST),
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RO)],
    doc: &docs::sorted_set::ZCARD,
    ..CommandSpec::EMPTY
};

pub const ZCOUNT: CommandSpec = CommandSpec {
    name: "zcount",
    arity: 4,
    flags: READONLY.or(FAST),
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::sorted_set::ZCOUNT,
    ..CommandSpec::EMPTY
};

pub const ZDIFF: CommandSpec = CommandSpec {
    name: "zdiff",
    arity: -3,
    flags: READONLY.or(MOVABLE_KEYS),
    acl: SORTEDSET,
    keys: &[KeySpec::counted(1, RO.or(ACCESS))],
    get_keys: GetKeys::Counted { dest: 0, num: 1 },
    doc: &docs::sorted_set::ZDIFF,
    ..CommandSpec::EMPTY
};

pub const ZDIFFSTORE: CommandSpec = CommandSpec {
    name: "zdiffstore",
    arity: -4,
    flags: WRITE.or(DENYOOM).or(MOVABLE_KEYS),
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, OW.or(UPDATE)), KeySpec::counted(2, RO.or(ACCESS))],
    get_keys: GetKeys::Counted { dest: 1, num: 2 },
    doc: &docs::sorted_set::ZDIFFSTORE,
    ..CommandSpec::EMPTY
};

pub const ZINCRBY: CommandSpec = CommandSpec {
    name: "zincrby",
    arity: 4,
    flags: WRITE.or(DENYOOM).or(FAST),
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(UPDATE))],
    doc: &docs::sorted_set::ZINCRBY,
    ..CommandSpec::EMPTY
};

pub const ZINTER: CommandSpec = CommandSpec {
    name: "zinter",
    arity: -3,
    flags: READONLY.or(MOVABLE_KEYS),
    acl: SORTEDSET,
    keys: &[KeySpec::counted(1, RO.or(ACCESS))],
    get_keys: GetKeys::Counted { dest: 0, num: 1 },
    doc: &docs::sorted_set::ZINTER,
    ..CommandSpec::EMPTY
};

pub const ZINTERCARD: CommandSpec = CommandSpec {
    name: "zintercard",
    arity: -3,
    flags: READONLY.or(MOVABLE_KEYS),
    acl: SORTEDSET,
    keys: &[KeySpec::counted(1, RO.or(ACCESS))],
    get_keys: GetKeys::Counted { dest: 0, num: 1 },
    doc: &docs::sorted_set::ZINTERCARD,
    ..CommandSpec::EMPTY
};

pub const ZINTERSTORE: CommandSpec = CommandSpec {
    name: "zinterstore",
    arity: -4,
    flags: WRITE.or(DENYOOM).or(MOVABLE_KEYS),
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, OW.or(UPDATE)), KeySpec::counted(2, RO.or(ACCESS))],
    get_keys: GetKeys::Counted { dest: 1, num: 2 },
    doc: &docs::sorted_set::ZINTERSTORE,
    ..CommandSpec::EMPTY
};

pub const ZLEXCOUNT: CommandSpec = CommandSpec {
    name: "zlexcount",
    arity: 4,
    flags: READONLY.or(FAST),
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::sorted_set::ZLEXCOUNT,
    ..CommandSpec::EMPTY
};

pub const ZMPOP: CommandSpec = CommandSpec {
    name: "zmpop",
    arity: -4,
    flags: WRITE.or(MOVABLE_KEYS),
    acl: SORTEDSET,
    keys: &[KeySpec::counted(1, RW.or(ACCESS).or(DELETE))],
    get_keys: GetKeys::Counted { dest: 0, num: 1 },
    doc: &docs::sorted_set::ZMPOP,
    ..CommandSpec::EMPTY
};

pub const ZMSCORE: CommandSpec = CommandSpec {
    name: "zmscore",
    arity: -3,
    flags: READONLY.or(FAST),
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::sorted_set::ZMSCORE,
    ..CommandSpec::EMPTY
};

pub const ZPOPMAX: CommandSpec = CommandSpec {
    name: "zpopmax",
    arity: -2,
    flags: WRITE.or(FAST),
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(DELETE))],
    doc: &docs::sorted_set::ZPOPMAX,
    ..CommandSpec::EMPTY
};

pub const ZPOPMIN: CommandSpec = CommandSpec {
    name: "zpopmin",
    arity: -2,
    flags: WRITE.or(FAST),
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RW.or(ACCESS).or(DELETE))],
    doc: &docs::sorted_set::ZPOPMIN,
    ..CommandSpec::EMPTY
};

pub const ZRANDMEMBER: CommandSpec = CommandSpec {
    name: "zrandmember",
    arity: -2,
    flags: READONLY,
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::sorted_set::ZRANDMEMBER,
    ..CommandSpec::EMPTY
};

pub const ZRANGE: CommandSpec = CommandSpec {
    name: "zrange",
    arity: -4,
    flags: READONLY,
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::sorted_set::ZRANGE,
    ..CommandSpec::EMPTY
};

pub const ZRANGEBYLEX: CommandSpec = CommandSpec {
    name: "zrangebylex",
    arity: -4,
    flags: READONLY,
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::sorted_set::ZRANGEBYLEX,
    ..CommandSpec::EMPTY
};

pub const ZRANGEBYSCORE: CommandSpec = CommandSpec {
    name: "zrangebyscore",
    arity: -4,
    flags: READONLY,
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::sorted_set::ZRANGEBYSCORE,
    ..CommandSpec::EMPTY
};

pub const ZRANGESTORE: CommandSpec = CommandSpec {
    name: "zrangestore",
    arity: -5,
    flags: WRITE.or(DENYOOM),
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, OW.or(UPDATE)), KeySpec::at(2, RO.or(ACCESS))],
    doc: &docs::sorted_set::ZRANGESTORE,
    ..CommandSpec::EMPTY
};

pub const ZRANK: CommandSpec = CommandSpec {
    name: "zrank",
    arity: -3,
    flags: READONLY.or(FAST),
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::sorted_set::ZRANK,
    ..CommandSpec::EMPTY
};

pub const ZREM: CommandSpec = CommandSpec {
    name: "zrem",
    arity: -3,
    flags: WRITE.or(FAST),
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RW.or(DELETE))],
    doc: &docs::sorted_set::ZREM,
    ..CommandSpec::EMPTY
};

pub const ZREMRANGEBYLEX: CommandSpec = CommandSpec {
    name: "zremrangebylex",
    arity: 4,
    flags: WRITE,
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RW.or(DELETE))],
    doc: &docs::sorted_set::ZREMRANGEBYLEX,
    ..CommandSpec::EMPTY
};

pub const ZREMRANGEBYRANK: CommandSpec = CommandSpec {
    name: "zremrangebyrank",
    arity: 4,
    flags: WRITE,
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RW.or(DELETE))],
    doc: &docs::sorted_set::ZREMRANGEBYRANK,
    ..CommandSpec::EMPTY
};

pub const ZREMRANGEBYSCORE: CommandSpec = CommandSpec {
    name: "zremrangebyscore",
    arity: 4,
    flags: WRITE,
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RW.or(DELETE))],
    doc: &docs::sorted_set::ZREMRANGEBYSCORE,
    ..CommandSpec::EMPTY
};

pub const ZREVRANGE: CommandSpec = CommandSpec {
    name: "zrevrange",
    arity: -4,
    flags: READONLY,
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::sorted_set::ZREVRANGE,
    ..CommandSpec::EMPTY
};

pub const ZREVRANGEBYLEX: CommandSpec = CommandSpec {
    name: "zrevrangebylex",
    arity: -4,
    flags: READONLY,
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::sorted_set::ZREVRANGEBYLEX,
    ..CommandSpec::EMPTY
};

pub const ZREVRANGEBYSCORE: CommandSpec = CommandSpec {
    name: "zrevrangebyscore",
    arity: -4,
    flags: READONLY,
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::sorted_set::ZREVRANGEBYSCORE,
    ..CommandSpec::EMPTY
};

pub const ZREVRANK: CommandSpec = CommandSpec {
    name: "zrevrank",
    arity: -3,
    flags: READONLY.or(FAST),
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::sorted_set::ZREVRANK,
    ..CommandSpec::EMPTY
};

pub const ZSCAN: CommandSpec = CommandSpec {
    name: "zscan",
    arity: -3,
    flags: READONLY,
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::sorted_set::ZSCAN,
    ..CommandSpec::EMPTY
};

pub const ZSCORE: CommandSpec = CommandSpec {
    name: "zscore",
    arity: 3,
    flags: READONLY.or(FAST),
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::sorted_set::ZSCORE,
    ..CommandSpec::EMPTY
};

pub const ZUNION: CommandSpec = CommandSpec {
    name: "zunion",
    arity: -3,
    flags: READONLY.or(MOVABLE_KEYS),
    acl: SORTEDSET,
    keys: &[KeySpec::counted(1, RO.or(ACCESS))],
    get_keys: GetKeys::Counted { dest: 0, num: 1 },
    doc: &docs::sorted_set::ZUNION,
    ..CommandSpec::EMPTY
};

pub const ZUNIONSTORE: CommandSpec = CommandSpec {
    name: "zunionstore",
    arity: -4,
    flags: WRITE.or(DENYOOM).or(MOVABLE_KEYS),
    acl: SORTEDSET,
    keys: &[KeySpec::at(1, OW.or(UPDATE)), KeySpec::counted(2, RO.or(ACCESS))],
    get_keys: GetKeys::Counted { dest: 1, num: 2 },
    doc: &docs::sorted_set::ZUNIONSTORE,
    ..CommandSpec::EMPTY
};
