//! Commands about the connection itself: who it is, how it speaks, and CLIENT, which also looks at the others.
//!
//! | file | holds |
//! |---|---|
//! | [`basic`] | PING ECHO QUIT SELECT |
//! | [`hello`] | AUTH HELLO RESET: a session's identity and its dialect |
//! | [`client`] | CLIENT of one connection: names, replies, pauses |
//! | [`client_list`] | CLIENT LIST and KILL: filters over all connections |

use crate::core::ctx::{Ctx, Outcome};
use crate::core::table::Row;
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::spec::{CommandSpec, Flags};

pub mod basic;
pub mod client;
pub mod client_list;
pub mod hello;

/// The family's rows.
pub const ROWS: &[Row] = &[
    Row {
        run: basic::ping,
        spec: CommandSpec {
            name: "ping",
            arity: -1,
            flags: Flags::FAST.or(Flags::PUBSUB_MODE).or(Flags::DISK_CHECK),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: basic::echo,
        spec: CommandSpec {
            name: "echo",
            arity: 2,
            flags: Flags::FAST.or(Flags::LOADING).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: basic::quit,
        spec: CommandSpec {
            name: "quit",
            arity: -1,
            flags: Flags::ALLOW_BUSY
                .or(Flags::FAST)
                .or(Flags::LOADING)
                .or(Flags::NO_AUTH)
                .or(Flags::NOSCRIPT)
                .or(Flags::STALE)
                .or(Flags::NO_QUEUE)
                .or(Flags::PUBSUB_MODE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: basic::select,
        spec: CommandSpec {
            name: "select",
            arity: 2,
            flags: Flags::FAST.or(Flags::LOADING).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: hello::auth,
        spec: CommandSpec {
            name: "auth",
            arity: -2,
            flags: Flags::ALLOW_BUSY
                .or(Flags::FAST)
                .or(Flags::LOADING)
                .or(Flags::NO_AUTH)
                .or(Flags::NOSCRIPT)
                .or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: hello::hello,
        spec: CommandSpec {
            name: "hello",
            arity: -1,
            flags: Flags::ALLOW_BUSY
                .or(Flags::FAST)
                .or(Flags::LOADING)
                .or(Flags::NO_AUTH)
                .or(Flags::NOSCRIPT)
                .or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: hello::reset,
        spec: CommandSpec {
            name: "reset",
            arity: 1,
            flags: Flags::ALLOW_BUSY
                .or(Flags::FAST)
                .or(Flags::LOADING)
                .or(Flags::NO_AUTH)
                .or(Flags::NOSCRIPT)
                .or(Flags::STALE)
                .or(Flags::NO_QUEUE)
                .or(Flags::PUBSUB_MODE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: container,
        spec: CommandSpec { name: "client", arity: -2, flags: Flags::NONE, ..CommandSpec::EMPTY },
        subs: CLIENT,
    },
];

const CLIENT: &[Row] = &[
    Row {
        run: client::id,
        spec: CommandSpec {
            name: "id",
            arity: 2,
            flags: Flags::LOADING.or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: client::info,
        spec: CommandSpec {
            name: "info",
            arity: 2,
            flags: Flags::LOADING.or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: client_list::list,
        spec: CommandSpec {
            name: "list",
            arity: -2,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: client_list::kill,
        spec: CommandSpec {
            name: "kill",
            arity: -3,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: client::pause,
        spec: CommandSpec {
            name: "pause",
            arity: -3,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: client::unpause,
        spec: CommandSpec {
            name: "unpause",
            arity: 2,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: client::reply,
        spec: CommandSpec {
            name: "reply",
            arity: 3,
            flags: Flags::LOADING.or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: client::setname,
        spec: CommandSpec {
            name: "setname",
            arity: 3,
            flags: Flags::LOADING.or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: client::getname,
        spec: CommandSpec {
            name: "getname",
            arity: 2,
            flags: Flags::LOADING.or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: client::setinfo,
        spec: CommandSpec {
            name: "setinfo",
            arity: 4,
            flags: Flags::LOADING.or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: client::unblock,
        spec: CommandSpec {
            name: "unblock",
            arity: -3,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: client::no_evict,
        spec: CommandSpec {
            name: "no-evict",
            arity: 3,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: client::no_touch,
        spec: CommandSpec {
            name: "no-touch",
            arity: 3,
            flags: Flags::LOADING.or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: client::getredir,
        spec: CommandSpec {
            name: "getredir",
            arity: 2,
            flags: Flags::LOADING.or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: client::help,
        spec: CommandSpec {
            name: "help",
            arity: 2,
            flags: Flags::LOADING.or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
];

/// Stands in the row of a container: a request always names a subcommand, or fails by its arity.
fn container(_: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    Err(errors::wrong_arity(args.at(0)))
}
