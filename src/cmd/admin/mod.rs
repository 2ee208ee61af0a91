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
//! | [`command`] | COMMAND |
//! | [`debug`] | DEBUG |

use crate::cmd::docs;
use crate::core::ctx::{Ctx, Outcome};
use crate::core::table::{Handler, Row};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::spec::{Categories, CommandDoc, CommandSpec, Flags, KeyFlags, KeySpec};

pub mod acl;
pub mod command;
pub mod config;
pub mod debug;
pub mod info;
pub mod latency;
pub mod memory;
pub mod misc;
pub mod monitor;
pub mod persist;
pub mod slowlog;

/// While data load, and with old data.
const ANY_TIME: Flags = Flags::LOADING.or(Flags::STALE);
/// At any time, but not from scripts.
const SESSION: Flags = ANY_TIME.or(Flags::NOSCRIPT);
/// At any time, and quick.
const LIGHT: Flags = ANY_TIME.or(Flags::FAST);
/// The same, from scripts too.
const OPERATOR_SCRIPT: Flags = Flags::ADMIN.or(ANY_TIME);
/// Whoever runs the server, at any time.
const OPERATOR: Flags = Flags::ADMIN.or(SESSION);
const NONE: Categories = Categories::NONE;
const DANGEROUS: Categories = Categories::DANGEROUS;
const ADMIN: Categories = Categories::ADMIN;

/// The family's rows.
pub const ROWS: &[Row] = &[
    row("time", 1, LIGHT, NONE, &docs::server::TIME, misc::time),
    row("lolwut", -1, Flags::FAST.or(Flags::READONLY), NONE, &docs::server::LOLWUT, misc::lolwut),
    row("info", -1, ANY_TIME, DANGEROUS, &docs::server::INFO, info::info),
    group("config", &docs::server::CONFIG, CONFIG),
    group("memory", &docs::server::MEMORY, MEMORY),
    group("slowlog", &docs::server::SLOWLOG, SLOWLOG),
    group("latency", &docs::server::LATENCY, LATENCY),
    row("monitor", 1, OPERATOR, NONE, &docs::server::MONITOR, monitor::monitor),
    row(
        "save",
        1,
        Flags::ADMIN.or(Flags::NO_ASYNC_LOADING).or(Flags::NO_MULTI).or(Flags::NOSCRIPT),
        NONE,
        &docs::server::SAVE,
        persist::save,
    ),
    row(
        "bgsave",
        -1,
        Flags::ADMIN.or(Flags::NO_ASYNC_LOADING).or(Flags::NOSCRIPT),
        NONE,
        &docs::server::BGSAVE,
        persist::bgsave,
    ),
    row("lastsave", 1, LIGHT, ADMIN.or(DANGEROUS), &docs::server::LASTSAVE, persist::lastsave),
    row(
        "shutdown",
        -1,
        Flags::ADMIN
            .or(Flags::ALLOW_BUSY)
            .or(Flags::LOADING)
            .or(Flags::NO_MULTI)
            .or(Flags::NOSCRIPT)
            .or(Flags::STALE),
        NONE,
        &docs::server::SHUTDOWN,
        persist::shutdown,
    ),
    group("acl", &docs::server::ACL, ACL),
    group("module", &docs::server::MODULE, MODULE),
    command::ROW,
    debug::DEBUG,
];

const CONFIG: &[Row] = &[
    row("get", -3, OPERATOR, NONE, &docs::server::CONFIG_GET, config::get),
    row("set", -4, OPERATOR, NONE, &docs::server::CONFIG_SET, config::set),
    row("rewrite", 2, OPERATOR, NONE, &docs::server::CONFIG_REWRITE, config::rewrite),
    row("resetstat", 2, OPERATOR, NONE, &docs::server::CONFIG_RESETSTAT, config::resetstat),
    row("help", 2, ANY_TIME, NONE, &docs::server::CONFIG_HELP, config::help),
];

const MEMORY: &[Row] = &[
    on_key(row("usage", -3, Flags::READONLY, NONE, &docs::server::MEMORY_USAGE, memory::usage)),
    row("doctor", 2, Flags::NONE, NONE, &docs::server::MEMORY_DOCTOR, memory::doctor),
    row("stats", 2, Flags::NONE, NONE, &docs::server::MEMORY_STATS, memory::stats),
    row("purge", 2, Flags::NONE, NONE, &docs::server::MEMORY_PURGE, memory::purge),
    row("malloc-stats", 2, Flags::NONE, NONE, &docs::server::MEMORY_MALLOC_STATS, memory::malloc_stats),
    row("help", 2, ANY_TIME, NONE, &docs::server::MEMORY_HELP, memory::help),
];

const SLOWLOG: &[Row] = &[
    row("get", -2, OPERATOR_SCRIPT, NONE, &docs::server::SLOWLOG_GET, slowlog::get),
    row("len", 2, OPERATOR_SCRIPT, NONE, &docs::server::SLOWLOG_LEN, slowlog::len),
    row("reset", 2, OPERATOR_SCRIPT, NONE, &docs::server::SLOWLOG_RESET, slowlog::reset),
    row("help", 2, ANY_TIME, NONE, &docs::server::SLOWLOG_HELP, slowlog::help),
];

const LATENCY: &[Row] = &[
    row("latest", 2, OPERATOR, NONE, &docs::server::LATENCY_LATEST, latency::latest),
    row("history", 3, OPERATOR, NONE, &docs::server::LATENCY_HISTORY, latency::history),
    row("reset", -2, OPERATOR, NONE, &docs::server::LATENCY_RESET, latency::reset),
    row("graph", 3, OPERATOR, NONE, &docs::server::LATENCY_GRAPH, latency::graph),
    row("doctor", 2, OPERATOR, NONE, &docs::server::LATENCY_DOCTOR, latency::doctor),
    row("histogram", -2, OPERATOR, NONE, &docs::server::LATENCY_HISTOGRAM, latency::histogram),
    row("help", 2, ANY_TIME, NONE, &docs::server::LATENCY_HELP, latency::help),
];

const ACL: &[Row] = &[
    row("whoami", 2, SESSION, NONE, &docs::server::ACL_WHOAMI, acl::whoami),
    row("list", 2, OPERATOR, NONE, &docs::server::ACL_LIST, acl::list),
    row("users", 2, OPERATOR, NONE, &docs::server::ACL_USERS, acl::users),
    row("getuser", 3, OPERATOR, NONE, &docs::server::ACL_GETUSER, acl::getuser),
    row("help", 2, ANY_TIME, NONE, &docs::server::ACL_HELP, acl::help),
];

const MODULE: &[Row] = &[
    row("list", 2, Flags::ADMIN.or(Flags::NOSCRIPT), NONE, &docs::server::MODULE_LIST, misc::module_list),
    row("help", 2, ANY_TIME, NONE, &docs::server::MODULE_HELP, misc::module_help),
];

const fn row(
    name: &'static str,
    arity: i32,
    flags: Flags,
    acl: Categories,
    doc: &'static CommandDoc,
    run: Handler,
) -> Row {
    Row { run, spec: CommandSpec { name, arity, flags, acl, doc, ..CommandSpec::EMPTY }, subs: &[] }
}

/// The row of a read whose argument 2 is a key.
const fn on_key(row: Row) -> Row {
    const KEYS: &[KeySpec] = &[KeySpec::at(2, KeyFlags::RO)];
    Row { spec: CommandSpec { keys: KEYS, ..row.spec }, ..row }
}

const fn group(name: &'static str, doc: &'static CommandDoc, subs: &'static [Row]) -> Row {
    Row { subs, ..row(name, -2, Flags::NONE, NONE, doc, container) }
}

/// Stands in the row of a container: a request always names a subcommand, or fails by its arity.
fn container(_: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    Err(errors::wrong_arity(args.at(0)))
}
