//! What the commands about connection are: name, arity, flags, categories, keys. Data only; handlers join them in rows.

use super::super::docs;
use crate::state::spec::CommandSpec;
use crate::state::spec::row::*;

pub const AUTH: CommandSpec = CommandSpec {
    name: "auth",
    arity: -2,
    flags: NOSCRIPT.or(LOADING).or(STALE).or(FAST).or(NO_AUTH).or(ALLOW_BUSY),
    acl: CONNECTION,
    doc: &docs::connection::AUTH,
    ..CommandSpec::EMPTY
};

pub const CLIENT: CommandSpec =
    CommandSpec { name: "client", arity: -2, doc: &docs::connection::CLIENT, ..CommandSpec::EMPTY };

pub const CLIENT_CACHING: CommandSpec = CommandSpec {
    name: "caching",
    arity: 3,
    flags: NOSCRIPT.or(LOADING).or(STALE),
    acl: CONNECTION,
    doc: &docs::connection::CLIENT_CACHING,
    ..CommandSpec::EMPTY
};

pub const CLIENT_GETNAME: CommandSpec = CommandSpec {
    name: "getname",
    arity: 2,
    flags: NOSCRIPT.or(LOADING).or(STALE),
    acl: CONNECTION,
    doc: &docs::connection::CLIENT_GETNAME,
    ..CommandSpec::EMPTY
};

pub const CLIENT_GETREDIR: CommandSpec = CommandSpec {
    name: "getredir",
    arity: 2,
    flags: NOSCRIPT.or(LOADING).or(STALE),
    acl: CONNECTION,
    doc: &docs::connection::CLIENT_GETREDIR,
    ..CommandSpec::EMPTY
};

pub const CLIENT_HELP: CommandSpec = CommandSpec {
    name: "help",
    arity: 2,
    flags: LOADING.or(STALE),
    acl: CONNECTION,
    doc: &docs::connection::CLIENT_HELP,
    ..CommandSpec::EMPTY
};

pub const CLIENT_ID: CommandSpec = CommandSpec {
    name: "id",
    arity: 2,
    flags: NOSCRIPT.or(LOADING).or(STALE),
    acl: CONNECTION,
    doc: &docs::connection::CLIENT_ID,
    ..CommandSpec::EMPTY
};

pub const CLIENT_INFO: CommandSpec = CommandSpec {
    name: "info",
    arity: 2,
    flags: NOSCRIPT.or(LOADING).or(STALE),
    acl: CONNECTION,
    doc: &docs::connection::CLIENT_INFO,
    ..CommandSpec::EMPTY
};

pub const CLIENT_KILL: CommandSpec = CommandSpec {
    name: "kill",
    arity: -3,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    acl: CONNECTION,
    doc: &docs::connection::CLIENT_KILL,
    ..CommandSpec::EMPTY
};

pub const CLIENT_LIST: CommandSpec = CommandSpec {
    name: "list",
    arity: -2,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    acl: CONNECTION,
    doc: &docs::connection::CLIENT_LIST,
    ..CommandSpec::EMPTY
};

pub const CLIENT_NO_EVICT: CommandSpec = CommandSpec {
    name: "no-evict",
    arity: 3,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    acl: CONNECTION,
    doc: &docs::connection::CLIENT_NO_EVICT,
    ..CommandSpec::EMPTY
};

pub const CLIENT_NO_TOUCH: CommandSpec = CommandSpec {
    name: "no-touch",
    arity: 3,
    flags: NOSCRIPT.or(LOADING).or(STALE),
    acl: CONNECTION,
    doc: &docs::connection::CLIENT_NO_TOUCH,
    ..CommandSpec::EMPTY
};

pub const CLIENT_PAUSE: CommandSpec = CommandSpec {
    name: "pause",
    arity: -3,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    acl: CONNECTION,
    doc: &docs::connection::CLIENT_PAUSE,
    ..CommandSpec::EMPTY
};

pub const CLIENT_REPLY: CommandSpec = CommandSpec {
    name: "reply",
    arity: 3,
    flags: NOSCRIPT.or(LOADING).or(STALE),
    acl: CONNECTION,
    doc: &docs::connection::CLIENT_REPLY,
    ..CommandSpec::EMPTY
};

pub const CLIENT_SETINFO: CommandSpec = CommandSpec {
    name: "setinfo",
    arity: 4,
    flags: NOSCRIPT.or(LOADING).or(STALE),
    acl: CONNECTION,
    doc: &docs::connection::CLIENT_SETINFO,
    ..CommandSpec::EMPTY
};

pub const CLIENT_SETNAME: CommandSpec = CommandSpec {
    name: "setname",
    arity: 3,
    flags: NOSCRIPT.or(LOADING).or(STALE),
    acl: CONNECTION,
    doc: &docs::connection::CLIENT_SETNAME,
    ..CommandSpec::EMPTY
};

pub const CLIENT_TRACKING: CommandSpec = CommandSpec {
    name: "tracking",
    arity: -3,
    flags: NOSCRIPT.or(LOADING).or(STALE),
    acl: CONNECTION,
    doc: &docs::connection::CLIENT_TRACKING,
    ..CommandSpec::EMPTY
};

pub const CLIENT_TRACKINGINFO: CommandSpec = CommandSpec {
    name: "trackinginfo",
    arity: 2,
    flags: NOSCRIPT.or(LOADING).or(STALE),
    acl: CONNECTION,
    doc: &docs::connection::CLIENT_TRACKINGINFO,
    ..CommandSpec::EMPTY
};

pub const CLIENT_UNBLOCK: CommandSpec = CommandSpec {
    name: "unblock",
    arity: -3,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    acl: CONNECTION,
    doc: &docs::connection::CLIENT_UNBLOCK,
    ..CommandSpec::EMPTY
};

pub const CLIENT_UNPAUSE: CommandSpec = CommandSpec {
    name: "unpause",
    arity: 2,
    flags: ADMIN.or(NOSCRIPT).or(LOADING).or(STALE),
    acl: CONNECTION,
    doc: &docs::connection::CLIENT_UNPAUSE,
    ..CommandSpec::EMPTY
};

pub const ECHO: CommandSpec = CommandSpec {
    name: "echo",
    arity: 2,
    flags: LOADING.or(STALE).or(FAST),
    acl: CONNECTION,
    doc: &docs::connection::ECHO,
    ..CommandSpec::EMPTY
};

pub const HELLO: CommandSpec = CommandSpec {
    name: "hello",
    arity: -1,
    flags: NOSCRIPT.or(LOADING).or(STALE).or(FAST).or(NO_AUTH).or(ALLOW_BUSY),
    acl: CONNECTION,
    doc: &docs::connection::HELLO,
    ..CommandSpec::EMPTY
};

pub const PING: CommandSpec = CommandSpec {
    name: "ping",
    arity: -1,
    flags: FAST.or(PUBSUB_MODE).or(DISK_CHECK),
    acl: CONNECTION,
    doc: &docs::connection::PING,
    ..CommandSpec::EMPTY
};

pub const QUIT: CommandSpec = CommandSpec {
    name: "quit",
    arity: -1,
    flags: NOSCRIPT
        .or(LOADING)
        .or(STALE)
        .or(FAST)
        .or(NO_AUTH)
        .or(ALLOW_BUSY)
        .or(NO_QUEUE)
        .or(ENDS_QUEUE)
        .or(PUBSUB_MODE),
    acl: CONNECTION,
    doc: &docs::connection::QUIT,
    ..CommandSpec::EMPTY
};

pub const RESET: CommandSpec = CommandSpec {
    name: "reset",
    arity: 1,
    flags: NOSCRIPT
        .or(LOADING)
        .or(STALE)
        .or(FAST)
        .or(NO_AUTH)
        .or(ALLOW_BUSY)
        .or(NO_QUEUE)
        .or(ENDS_QUEUE)
        .or(PUBSUB_MODE),
    acl: CONNECTION,
    doc: &docs::connection::RESET,
    ..CommandSpec::EMPTY
};

pub const SELECT: CommandSpec = CommandSpec {
    name: "select",
    arity: 2,
    flags: LOADING.or(STALE).or(FAST),
    acl: CONNECTION,
    doc: &docs::connection::SELECT,
    ..CommandSpec::EMPTY
};
