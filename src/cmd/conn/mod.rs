//! Commands about the connection itself: who it is, how it speaks, and CLIENT, which also looks at the others.
//!
//! | file | holds |
//! |---|---|
//! | [`basic`] | PING ECHO QUIT SELECT |
//! | [`hello`] | AUTH HELLO RESET: a session's identity and its dialect |
//! | [`client`] | CLIENT of one connection: names, replies, pauses |
//! | [`client_list`] | CLIENT LIST and KILL: filters over all connections |

use crate::cmd::docs;
use crate::core::ctx::{Ctx, Outcome};
use crate::core::table::{Handler, Row};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::spec::{Categories, CommandDoc, CommandSpec, Flags};

pub mod basic;
pub mod client;
pub mod client_list;
pub mod hello;

/// While data load, and with old data.
const ANY_TIME: Flags = Flags::LOADING.or(Flags::STALE);
/// At any time, but not from scripts.
const SESSION: Flags = ANY_TIME.or(Flags::NOSCRIPT);
/// At any time, and quick.
const LIGHT: Flags = ANY_TIME.or(Flags::FAST);
/// Even before a password was given.
const ALWAYS: Flags = SESSION.or(Flags::FAST).or(Flags::NO_AUTH).or(Flags::ALLOW_BUSY);
/// Whoever runs the server, at any time.
const OPERATOR: Flags = Flags::ADMIN.or(SESSION);
const NONE: Categories = Categories::NONE;
const CONNECTION: Categories = Categories::CONNECTION;

/// The family's rows.
pub const ROWS: &[Row] = &[
    row(
        "ping",
        -1,
        Flags::FAST.or(Flags::PUBSUB_MODE).or(Flags::DISK_CHECK),
        CONNECTION,
        &docs::connection::PING,
        basic::ping,
    ),
    row("echo", 2, LIGHT, CONNECTION, &docs::connection::ECHO, basic::echo),
    row(
        "quit",
        -1,
        ALWAYS.or(Flags::NO_QUEUE).or(Flags::PUBSUB_MODE),
        CONNECTION,
        &docs::connection::QUIT,
        basic::quit,
    ),
    row("select", 2, LIGHT, CONNECTION, &docs::connection::SELECT, basic::select),
    row("auth", -2, ALWAYS, CONNECTION, &docs::connection::AUTH, hello::auth),
    row("hello", -1, ALWAYS, CONNECTION, &docs::connection::HELLO, hello::hello),
    row(
        "reset",
        1,
        ALWAYS.or(Flags::NO_QUEUE).or(Flags::PUBSUB_MODE),
        CONNECTION,
        &docs::connection::RESET,
        hello::reset,
    ),
    group("client", &docs::connection::CLIENT, CLIENT),
];

const CLIENT: &[Row] = &[
    row("id", 2, SESSION, CONNECTION, &docs::connection::CLIENT_ID, client::id),
    row("info", 2, SESSION, CONNECTION, &docs::connection::CLIENT_INFO, client::info),
    row("list", -2, OPERATOR, CONNECTION, &docs::connection::CLIENT_LIST, client_list::list),
    row("kill", -3, OPERATOR, CONNECTION, &docs::connection::CLIENT_KILL, client_list::kill),
    row("pause", -3, OPERATOR, CONNECTION, &docs::connection::CLIENT_PAUSE, client::pause),
    row("unpause", 2, OPERATOR, CONNECTION, &docs::connection::CLIENT_UNPAUSE, client::unpause),
    row("reply", 3, SESSION, CONNECTION, &docs::connection::CLIENT_REPLY, client::reply),
    row("setname", 3, SESSION, CONNECTION, &docs::connection::CLIENT_SETNAME, client::setname),
    row("getname", 2, SESSION, CONNECTION, &docs::connection::CLIENT_GETNAME, client::getname),
    row("setinfo", 4, SESSION, CONNECTION, &docs::connection::CLIENT_SETINFO, client::setinfo),
    row("unblock", -3, OPERATOR, CONNECTION, &docs::connection::CLIENT_UNBLOCK, client::unblock),
    row("no-evict", 3, OPERATOR, CONNECTION, &docs::connection::CLIENT_NO_EVICT, client::no_evict),
    row("no-touch", 3, SESSION, CONNECTION, &docs::connection::CLIENT_NO_TOUCH, client::no_touch),
    row("getredir", 2, SESSION, CONNECTION, &docs::connection::CLIENT_GETREDIR, client::getredir),
    row("help", 2, ANY_TIME, CONNECTION, &docs::connection::CLIENT_HELP, client::help),
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

const fn group(name: &'static str, doc: &'static CommandDoc, subs: &'static [Row]) -> Row {
    Row { subs, ..row(name, -2, Flags::NONE, NONE, doc, container) }
}

/// Stands in the row of a container: a request always names a subcommand, or fails by its arity.
fn container(_: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    Err(errors::wrong_arity(args.at(0)))
}
