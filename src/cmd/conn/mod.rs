//! Commands about the connection itself: who it is, how it speaks, and CLIENT, which also looks at the others.
//!
//! | file | holds |
//! |---|---|
//! | [`basic`] | PING ECHO QUIT SELECT |
//! | [`hello`] | AUTH HELLO RESET: a session's identity and its dialect |
//! | [`client`] | CLIENT of one connection: names, replies, pauses |
//! | [`tracking`] | CLIENT TRACKING and its kin: client-side caching |
//! | [`client_list`] | CLIENT LIST and KILL: filters over all connections |

use crate::cmd::{container, specs};
use crate::core::table::Row;

pub mod basic;
pub mod client;
pub mod client_list;
pub mod hello;
#[cfg(test)]
mod tests;
pub mod tracking;

/// The family's rows.
pub const ROWS: &[Row] = &[
    Row::new(specs::connection::PING, basic::ping),
    Row::new(specs::connection::ECHO, basic::echo),
    Row::new(specs::connection::QUIT, basic::quit),
    Row::new(specs::connection::SELECT, basic::select),
    Row::new(specs::connection::AUTH, hello::auth),
    Row::new(specs::connection::HELLO, hello::hello),
    Row::new(specs::connection::RESET, hello::reset),
    Row::group(specs::connection::CLIENT, container, CLIENT),
];

const CLIENT: &[Row] = &[
    Row::new(specs::connection::CLIENT_ID, client::id),
    Row::new(specs::connection::CLIENT_INFO, client::info),
    Row::new(specs::connection::CLIENT_LIST, client_list::list),
    Row::new(specs::connection::CLIENT_KILL, client_list::kill),
    Row::new(specs::connection::CLIENT_PAUSE, client::pause),
    Row::new(specs::connection::CLIENT_UNPAUSE, client::unpause),
    Row::new(specs::connection::CLIENT_REPLY, client::reply),
    Row::new(specs::connection::CLIENT_SETNAME, client::setname),
    Row::new(specs::connection::CLIENT_GETNAME, client::getname),
    Row::new(specs::connection::CLIENT_SETINFO, client::setinfo),
    Row::new(specs::connection::CLIENT_UNBLOCK, client::unblock),
    Row::new(specs::connection::CLIENT_NO_EVICT, client::no_evict),
    Row::new(specs::connection::CLIENT_NO_TOUCH, client::no_touch),
    Row::new(specs::connection::CLIENT_GETREDIR, tracking::getredir),
    Row::new(specs::connection::CLIENT_TRACKING, tracking::tracking),
    Row::new(specs::connection::CLIENT_TRACKINGINFO, tracking::trackinginfo),
    Row::new(specs::connection::CLIENT_CACHING, tracking::caching),
    Row::new(specs::connection::CLIENT_HELP, client::help),
];
