//! MONITOR: every executed command, as a line, to everyone who asked.
//!
//! Source: Redis 7.2.4 `replicationFeedMonitors`.

use std::io::Write as _;

use crate::base::bytes::quote;
use crate::resp::request::Args;
use crate::state::client::{ClientId, Flags};
use crate::state::spec::Flags as Cmd;

use super::server::Server;
use super::table::Command;

/// Tells the monitors of a command that has run.
#[cold]
pub fn feed(srv: &mut Server, me: ClientId, command: Command, args: Args<'_>) {
    if command.spec.flags.has(Cmd::SKIP_MONITOR.or(Cmd::ADMIN)) || srv.persist.loading.is_some() {
        return;
    }
    let now_us = srv.clock.now_us();
    let client = &srv.clients[me];
    let mut line = Vec::with_capacity(128);
    let (seconds, micros) = (now_us / 1_000_000, now_us % 1_000_000);
    let unix = if client.flags.has(Flags::UNIX) { "unix:" } else { "" };
    let addr: &str =
        if unix.is_empty() { &client.addr } else { srv.config.unixsocket.to_str().unwrap_or("") };
    // Writing to a Vec does not fail.
    let _ = write!(line, "+{seconds}.{micros:06} [{} {unix}{addr}]", client.db);
    for (i, arg) in args.iter().enumerate() {
        line.push(b' ');
        quote(&mut line, if srv.redacted.contains(&i) { b"(redacted)" } else { arg });
    }
    line.extend_from_slice(b"\r\n");
    for monitor in srv.clients.monitors.clone() {
        srv.clients.send(monitor, &line);
    }
}
