//! What the commands about scripting are: name, arity, flags, categories, keys. Data only; handlers join them in rows.

use super::super::docs;
use crate::state::spec::CommandSpec;
use crate::state::spec::row::*;

pub const EVAL: CommandSpec = CommandSpec {
    name: "eval",
    arity: -3,
    flags: NOSCRIPT.or(STALE).or(SKIP_MONITOR).or(NO_MANDATORY_KEYS).or(MOVABLE_KEYS).or(MAY_REPLICATE),
    acl: SCRIPTING,
    keys: &[KeySpec::counted(2, RW.or(ACCESS).or(UPDATE)).notes(
        "We cannot tell how the keys will be used so we assume the worst, RW \
    and UPDATE",
    )],
    get_keys: GetKeys::Counted { dest: 0, num: 2 },
    doc: &docs::scripting::EVAL,
    ..CommandSpec::EMPTY
};

pub const EVAL_RO: CommandSpec = CommandSpec {
    name: "eval_ro",
    arity: -3,
    flags: READONLY.or(NOSCRIPT).or(STALE).or(SKIP_MONITOR).or(NO_MANDATORY_KEYS).or(MOVABLE_KEYS),
    acl: SCRIPTING,
    keys: &[KeySpec::counted(2, RO.or(ACCESS)).notes(
        "We cannot tell how the keys will be used so we assume the worst, RO \
    and ACCESS",
    )],
    get_keys: GetKeys::Counted { dest: 0, num: 2 },
    doc: &docs::scripting::EVAL_RO,
    ..CommandSpec::EMPTY
};

pub const EVALSHA: CommandSpec = CommandSpec {
    name: "evalsha",
    arity: -3,
    flags: NOSCRIPT.or(STALE).or(SKIP_MONITOR).or(NO_MANDATORY_KEYS).or(MOVABLE_KEYS).or(MAY_REPLICATE),
    acl: SCRIPTING,
    keys: &[KeySpec::counted(2, RW.or(ACCESS).or(UPDATE))],
    get_keys: GetKeys::Counted { dest: 0, num: 2 },
    doc: &docs::scripting::EVALSHA,
    ..CommandSpec::EMPTY
};

pub const EVALSHA_RO: CommandSpec = CommandSpec {
    name: "evalsha_ro",
    arity: -3,
    flags: READONLY.or(NOSCRIPT).or(STALE).or(SKIP_MONITOR).or(NO_MANDATORY_KEYS).or(MOVABLE_KEYS),
    acl: SCRIPTING,
    keys: &[KeySpec::counted(2, RO.or(ACCESS))],
    get_keys: GetKeys::Counted { dest: 0, num: 2 },
    doc: &docs::scripting::EVALSHA_RO,
    ..CommandSpec::EMPTY
};

pub const FCALL: CommandSpec = CommandSpec {
    name: "fcall",
    arity: -3,
    flags: NOSCRIPT.or(STALE).or(SKIP_MONITOR).or(NO_MANDATORY_KEYS).or(MOVABLE_KEYS).or(MAY_REPLICATE),
    acl: SCRIPTING,
    keys: &[KeySpec::counted(2, RW.or(ACCESS).or(UPDATE)).notes(
        "We cannot tell how the keys will be used so we assume the worst, RW \
    and UPDATE",
    )],
    get_keys: GetKeys::Counted { dest: 0, num: 2 },
    doc: &docs::scripting::FCALL,
    ..CommandSpec::EMPTY
};

pub const FCALL_RO: CommandSpec = CommandSpec {
    name: "fcall_ro",
    arity: -3,
    flags: READONLY.or(NOSCRIPT).or(STALE).or(SKIP_MONITOR).or(NO_MANDATORY_KEYS).or(MOVABLE_KEYS),
    acl: SCRIPTING,
    keys: &[KeySpec::counted(2, RO.or(ACCESS)).notes(
        "We cannot tell how the keys will be used so we assume the worst, RO \
    and ACCESS",
    )],
    get_keys: GetKeys::Counted { dest: 0, num: 2 },
    doc: &docs::scripting::FCALL_RO,
    ..CommandSpec::EMPTY
};

pub const FUNCTION: CommandSpec =
    CommandSpec { name: "function", arity: -2, doc: &docs::scripting::FUNCTION, ..CommandSpec::EMPTY };

pub const FUNCTION_DELETE: CommandSpec = CommandSpec {
    name: "delete",
    arity: 3,
    flags: WRITE.or(NOSCRIPT),
    acl: SCRIPTING,
    doc: &docs::scripting::FUNCTION_DELETE,
    ..CommandSpec::EMPTY
};

pub const FUNCTION_DUMP: CommandSpec = CommandSpec {
    name: "dump",
    arity: 2,
    flags: NOSCRIPT,
    acl: SCRIPTING,
    doc: &docs::scripting::FUNCTION_DUMP,
    ..CommandSpec::EMPTY
};

pub const FUNCTION_FLUSH: CommandSpec = CommandSpec {
    name: "flush",
    arity: -2,
    flags: WRITE.or(NOSCRIPT),
    acl: SCRIPTING,
    doc: &docs::scripting::FUNCTION_FLUSH,
    ..CommandSpec::EMPTY
};

pub const FUNCTION_HELP: CommandSpec = CommandSpec {
    name: "help",
    arity: 2,
    flags: LOADING.or(STALE),
    acl: SCRIPTING,
    doc: &docs::scripting::FUNCTION_HELP,
    ..CommandSpec::EMPTY
};

pub const FUNCTION_KILL: CommandSpec = CommandSpec {
    name: "kill",
    arity: 2,
    flags: NOSCRIPT.or(ALLOW_BUSY),
    acl: SCRIPTING,
    doc: &docs::scripting::FUNCTION_KILL,
    ..CommandSpec::EMPTY
};

pub const FUNCTION_LIST: CommandSpec = CommandSpec {
    name: "list",
    arity: -2,
    flags: NOSCRIPT,
    acl: SCRIPTING,
    doc: &docs::scripting::FUNCTION_LIST,
    ..CommandSpec::EMPTY
};

pub const FUNCTION_LOAD: CommandSpec = CommandSpec {
    name: "load",
    arity: -3,
    flags: WRITE.or(DENYOOM).or(NOSCRIPT),
    acl: SCRIPTING,
    doc: &docs::scripting::FUNCTION_LOAD,
    ..CommandSpec::EMPTY
};

pub const FUNCTION_RESTORE: CommandSpec = CommandSpec {
    name: "restore",
    arity: -3,
    flags: WRITE.or(DENYOOM).or(NOSCRIPT),
    acl: SCRIPTING,
    doc: &docs::scripting::FUNCTION_RESTORE,
    ..CommandSpec::EMPTY
};

pub const FUNCTION_STATS: CommandSpec = CommandSpec {
    name: "stats",
    arity: 2,
    flags: NOSCRIPT.or(ALLOW_BUSY),
    acl: SCRIPTING,
    doc: &docs::scripting::FUNCTION_STATS,
    ..CommandSpec::EMPTY
};

pub const SCRIPT: CommandSpec =
    CommandSpec { name: "script", arity: -2, doc: &docs::scripting::SCRIPT, ..CommandSpec::EMPTY };

pub const SCRIPT_DEBUG: CommandSpec = CommandSpec {
    name: "debug",
    arity: 3,
    flags: NOSCRIPT,
    acl: SCRIPTING,
    doc: &docs::scripting::SCRIPT_DEBUG,
    ..CommandSpec::EMPTY
};

pub const SCRIPT_EXISTS: CommandSpec = CommandSpec {
    name: "exists",
    arity: -3,
    flags: NOSCRIPT,
    acl: SCRIPTING,
    doc: &docs::scripting::SCRIPT_EXISTS,
    ..CommandSpec::EMPTY
};

pub const SCRIPT_FLUSH: CommandSpec = CommandSpec {
    name: "flush",
    arity: -2,
    flags: NOSCRIPT,
    acl: SCRIPTING,
    doc: &docs::scripting::SCRIPT_FLUSH,
    ..CommandSpec::EMPTY
};

pub const SCRIPT_HELP: CommandSpec = CommandSpec {
    name: "help",
    arity: 2,
    flags: LOADING.or(STALE),
    acl: SCRIPTING,
    doc: &docs::scripting::SCRIPT_HELP,
    ..CommandSpec::EMPTY
};

pub const SCRIPT_KILL: CommandSpec = CommandSpec {
    name: "kill",
    arity: 2,
    flags: NOSCRIPT.or(ALLOW_BUSY),
    acl: SCRIPTING,
    doc: &docs::scripting::SCRIPT_KILL,
    ..CommandSpec::EMPTY
};

pub const SCRIPT_LOAD: CommandSpec = CommandSpec {
    name: "load",
    arity: 3,
    flags: NOSCRIPT.or(STALE),
    acl: SCRIPTING,
    doc: &docs::scripting::SCRIPT_LOAD,
    ..CommandSpec::EMPTY
};
