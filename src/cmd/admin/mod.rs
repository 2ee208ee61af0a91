//! Commands for whoever runs the server: what it is set to, how it does, what it saves.
//!
//! | file | holds |
//! |---|---|
//! | [`info`] | INFO |
//! | [`config`] | CONFIG |
//! | [`memory`] | MEMORY |
//! | [`latency`] | LATENCY |
//! | [`slowlog`] | SLOWLOG |
//! | [`monitor`] | MONITOR |
//! | [`persist`] | SAVE BGSAVE LASTSAVE SHUTDOWN |
//! | [`acl`] | what ACL can tell of the one user there is |
//! | [`misc`] | TIME LOLWUT MODULE |

use crate::core::ctx::{Ctx, Outcome};
use crate::core::table::Row;
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::spec::{CommandSpec, Flags};

pub mod acl;
pub mod config;
pub mod info;
pub mod latency;
pub mod memory;
pub mod misc;
pub mod monitor;
pub mod persist;
pub mod slowlog;

/// The family's rows.
pub const ROWS: &[Row] = &[
    Row {
        run: misc::time,
        spec: CommandSpec {
            name: "time",
            arity: 1,
            flags: Flags::FAST.or(Flags::LOADING).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: misc::lolwut,
        spec: CommandSpec {
            name: "lolwut",
            arity: -1,
            flags: Flags::FAST.or(Flags::READONLY),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: info::info,
        spec: CommandSpec {
            name: "info",
            arity: -1,
            flags: Flags::LOADING.or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: container,
        spec: CommandSpec { name: "config", arity: -2, flags: Flags::NONE, ..CommandSpec::EMPTY },
        subs: CONFIG,
    },
    Row {
        run: container,
        spec: CommandSpec { name: "memory", arity: -2, flags: Flags::NONE, ..CommandSpec::EMPTY },
        subs: MEMORY,
    },
    Row {
        run: container,
        spec: CommandSpec { name: "slowlog", arity: -2, flags: Flags::NONE, ..CommandSpec::EMPTY },
        subs: SLOWLOG,
    },
    Row {
        run: container,
        spec: CommandSpec { name: "latency", arity: -2, flags: Flags::NONE, ..CommandSpec::EMPTY },
        subs: LATENCY,
    },
    Row {
        run: monitor::monitor,
        spec: CommandSpec {
            name: "monitor",
            arity: 1,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: persist::save,
        spec: CommandSpec {
            name: "save",
            arity: 1,
            flags: Flags::ADMIN.or(Flags::NO_ASYNC_LOADING).or(Flags::NO_MULTI).or(Flags::NOSCRIPT),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: persist::bgsave,
        spec: CommandSpec {
            name: "bgsave",
            arity: -1,
            flags: Flags::ADMIN.or(Flags::NO_ASYNC_LOADING).or(Flags::NOSCRIPT),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: persist::lastsave,
        spec: CommandSpec {
            name: "lastsave",
            arity: 1,
            flags: Flags::FAST.or(Flags::LOADING).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: persist::shutdown,
        spec: CommandSpec {
            name: "shutdown",
            arity: -1,
            flags: Flags::ADMIN
                .or(Flags::ALLOW_BUSY)
                .or(Flags::LOADING)
                .or(Flags::NO_MULTI)
                .or(Flags::NOSCRIPT)
                .or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: container,
        spec: CommandSpec { name: "acl", arity: -2, flags: Flags::NONE, ..CommandSpec::EMPTY },
        subs: ACL,
    },
    Row {
        run: container,
        spec: CommandSpec { name: "module", arity: -2, flags: Flags::NONE, ..CommandSpec::EMPTY },
        subs: MODULE,
    },
];

const CONFIG: &[Row] = &[
    Row {
        run: config::get,
        spec: CommandSpec {
            name: "get",
            arity: -3,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: config::set,
        spec: CommandSpec {
            name: "set",
            arity: -4,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: config::rewrite,
        spec: CommandSpec {
            name: "rewrite",
            arity: 2,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: config::resetstat,
        spec: CommandSpec {
            name: "resetstat",
            arity: 2,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: config::help,
        spec: CommandSpec {
            name: "help",
            arity: 2,
            flags: Flags::LOADING.or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
];

const MEMORY: &[Row] = &[
    Row {
        run: memory::usage,
        spec: CommandSpec { name: "usage", arity: -3, flags: Flags::READONLY, ..CommandSpec::EMPTY },
        subs: &[],
    },
    Row {
        run: memory::doctor,
        spec: CommandSpec { name: "doctor", arity: 2, flags: Flags::NONE, ..CommandSpec::EMPTY },
        subs: &[],
    },
    Row {
        run: memory::stats,
        spec: CommandSpec { name: "stats", arity: 2, flags: Flags::NONE, ..CommandSpec::EMPTY },
        subs: &[],
    },
    Row {
        run: memory::purge,
        spec: CommandSpec { name: "purge", arity: 2, flags: Flags::NONE, ..CommandSpec::EMPTY },
        subs: &[],
    },
    Row {
        run: memory::malloc_stats,
        spec: CommandSpec { name: "malloc-stats", arity: 2, flags: Flags::NONE, ..CommandSpec::EMPTY },
        subs: &[],
    },
    Row {
        run: memory::help,
        spec: CommandSpec {
            name: "help",
            arity: 2,
            flags: Flags::LOADING.or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
];

const SLOWLOG: &[Row] = &[
    Row {
        run: slowlog::get,
        spec: CommandSpec {
            name: "get",
            arity: -2,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: slowlog::len,
        spec: CommandSpec {
            name: "len",
            arity: 2,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: slowlog::reset,
        spec: CommandSpec {
            name: "reset",
            arity: 2,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: slowlog::help,
        spec: CommandSpec {
            name: "help",
            arity: 2,
            flags: Flags::LOADING.or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
];

const LATENCY: &[Row] = &[
    Row {
        run: latency::latest,
        spec: CommandSpec {
            name: "latest",
            arity: 2,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: latency::history,
        spec: CommandSpec {
            name: "history",
            arity: 3,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: latency::reset,
        spec: CommandSpec {
            name: "reset",
            arity: -2,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: latency::graph,
        spec: CommandSpec {
            name: "graph",
            arity: 3,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: latency::doctor,
        spec: CommandSpec {
            name: "doctor",
            arity: 2,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: latency::histogram,
        spec: CommandSpec {
            name: "histogram",
            arity: -2,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: latency::help,
        spec: CommandSpec {
            name: "help",
            arity: 2,
            flags: Flags::LOADING.or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
];

const ACL: &[Row] = &[
    Row {
        run: acl::whoami,
        spec: CommandSpec {
            name: "whoami",
            arity: 2,
            flags: Flags::LOADING.or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: acl::list,
        spec: CommandSpec {
            name: "list",
            arity: 2,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: acl::users,
        spec: CommandSpec {
            name: "users",
            arity: 2,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: acl::getuser,
        spec: CommandSpec {
            name: "getuser",
            arity: 3,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::NOSCRIPT).or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: acl::help,
        spec: CommandSpec {
            name: "help",
            arity: 2,
            flags: Flags::LOADING.or(Flags::STALE),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
];

const MODULE: &[Row] = &[
    Row {
        run: misc::module_list,
        spec: CommandSpec {
            name: "list",
            arity: 2,
            flags: Flags::ADMIN.or(Flags::NOSCRIPT),
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    Row {
        run: misc::module_help,
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
