//! What the commands about transactions are: name, arity, flags, categories, keys. Data only; handlers join them in rows.

use super::super::docs;
use crate::state::spec::CommandSpec;
use crate::state::spec::row::*;

pub const DISCARD: CommandSpec = CommandSpec {
    name: "discard",
    arity: 1,
    flags: NOSCRIPT.or(LOADING).or(STALE).or(FAST).or(ALLOW_BUSY).or(NO_QUEUE).or(ENDS_QUEUE),
    acl: TRANSACTION,
    doc: &docs::transactions::DISCARD,
    ..CommandSpec::EMPTY
};

pub const EXEC: CommandSpec = CommandSpec {
    name: "exec",
    arity: 1,
    flags: NOSCRIPT.or(LOADING).or(STALE).or(SKIP_SLOWLOG).or(NO_QUEUE).or(RUNS_QUEUE).or(ENDS_QUEUE),
    acl: TRANSACTION,
    doc: &docs::transactions::EXEC,
    ..CommandSpec::EMPTY
};

pub const MULTI: CommandSpec = CommandSpec {
    name: "multi",
    arity: 1,
    flags: NOSCRIPT.or(LOADING).or(STALE).or(FAST).or(ALLOW_BUSY).or(NO_QUEUE),
    acl: TRANSACTION,
    doc: &docs::transactions::MULTI,
    ..CommandSpec::EMPTY
};

pub const UNWATCH: CommandSpec = CommandSpec {
    name: "unwatch",
    arity: 1,
    flags: NOSCRIPT.or(LOADING).or(STALE).or(FAST).or(ALLOW_BUSY),
    acl: TRANSACTION,
    doc: &docs::transactions::UNWATCH,
    ..CommandSpec::EMPTY
};

pub const WATCH: CommandSpec = CommandSpec {
    name: "watch",
    arity: -2,
    flags: NOSCRIPT.or(LOADING).or(STALE).or(FAST).or(ALLOW_BUSY).or(NO_QUEUE),
    acl: TRANSACTION,
    keys: &[KeySpec::range(1, -1, 1, RO)],
    doc: &docs::transactions::WATCH,
    ..CommandSpec::EMPTY
};
