//! CLIENT of one connection: its number, names, replies and privileges; PAUSE and UNBLOCK.
//!
//! Deviation: a name with a zero byte is refused; Redis looks at names as C strings and keeps it.
//!
//! Source: Redis 7.2.4 `clientCommand`, `pauseClientsByClient`.

use crate::base::bytes::eq_ignore_case;
use crate::base::num::parse_i64;
use crate::core::ctx::{Ctx, Outcome};
use crate::core::{clientinfo, wake};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::blocked::{PauseKind, WaitFor};
use crate::state::client::{ClientId, Flags};

use super::hello::is_word;

/// CLIENT ID.
pub fn id(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    let id = cx.client().id as i64;
    cx.out.int(id);
    Ok(Outcome::Done)
}

/// CLIENT INFO: one's own line of CLIENT LIST.
pub fn info(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let mut line = clientinfo::line_during(cx.srv, cx.me, args, cx.out);
    line.push('\n');
    cx.out.verbatim("txt", line.as_bytes());
    Ok(Outcome::Done)
}

/// CLIENT SETNAME `name`; the empty name removes it.
pub fn setname(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let name = args.at(2);
    if !is_word(name) {
        return Err(errors::CLIENT_NAME);
    }
    cx.client().name = Box::from(name);
    cx.out.ok();
    Ok(Outcome::Done)
}

/// CLIENT GETNAME.
pub fn getname(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    let name = &cx.srv.clients[cx.me].name;
    cx.out.bulk_or_null((!name.is_empty()).then_some(name));
    Ok(Outcome::Done)
}

/// CLIENT SETINFO LIB-NAME|LIB-VER `value`.
pub fn setinfo(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (attribute, value) = (args.at(2), args.at(3));
    let version = eq_ignore_case(attribute, b"lib-ver");
    if !version && !eq_ignore_case(attribute, b"lib-name") {
        return Err(errors::unrecognized_option(attribute));
    }
    if !is_word(value) {
        return Err(errors::bad_client_attribute(attribute));
    }
    let client = cx.client();
    *(if version { &mut client.lib_ver } else { &mut client.lib_name }) = Box::from(value);
    cx.out.ok();
    Ok(Outcome::Done)
}

/// CLIENT REPLY ON|OFF|SKIP. Who runs the command drops the replies the flags forbid.
pub fn reply(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let mode = args.at(2);
    let flags = &mut cx.srv.clients[cx.me].flags;
    if eq_ignore_case(mode, b"on") {
        flags.clear(Flags::REPLY_OFF.or(Flags::REPLY_SKIP));
        cx.out.ok();
    } else if eq_ignore_case(mode, b"off") {
        flags.set(Flags::REPLY_OFF);
    } else if eq_ignore_case(mode, b"skip") {
        if !flags.has(Flags::REPLY_OFF) {
            flags.set(Flags::REPLY_SKIP_NEXT);
        }
    } else {
        return Err(errors::SYNTAX);
    }
    Ok(Outcome::Done)
}

/// ON or OFF for a flag of the connection.
fn switch(cx: &mut Ctx<'_>, args: Args<'_>, flag: Flags) -> Result<Outcome, CmdError> {
    let on = eq_ignore_case(args.at(2), b"on");
    if !on && !eq_ignore_case(args.at(2), b"off") {
        return Err(errors::SYNTAX);
    }
    cx.client().flags.put(flag, on);
    cx.out.ok();
    Ok(Outcome::Done)
}

/// CLIENT NO-EVICT ON|OFF.
pub fn no_evict(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    switch(cx, args, Flags::NO_EVICT)
}

/// CLIENT NO-TOUCH ON|OFF.
pub fn no_touch(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    switch(cx, args, Flags::NO_TOUCH)
}

/// CLIENT PAUSE `ms [WRITE|ALL]`. A pause under way is only ever prolonged, and never loosened.
pub fn pause(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let mut kind = match args.get(3) {
        None => PauseKind::All,
        Some(mode) if eq_ignore_case(mode, b"all") => PauseKind::All,
        Some(mode) if eq_ignore_case(mode, b"write") => PauseKind::Write,
        Some(_) => return Err(errors::CLIENT_PAUSE_MODE),
    };
    if args.len() > 4 {
        return Err(errors::subcommand_syntax(b"client", args.at(1)));
    }
    let ms = parse_i64(args.at(2)).ok_or(errors::TIMEOUT_NOT_INT)?;
    if ms < 0 {
        return Err(errors::TIMEOUT_NEGATIVE);
    }
    let mut end = cx.now.checked_add(ms).ok_or(errors::TIMEOUT_OUT_OF_RANGE)?;
    if let Some((old_kind, old_end)) = cx.srv.blocked.pause.filter(|(_, end)| *end > cx.now) {
        kind = kind.max(old_kind);
        end = end.max(old_end);
    }
    cx.srv.blocked.pause = Some((kind, end));
    cx.out.ok();
    Ok(Outcome::Done)
}

/// CLIENT UNPAUSE.
pub fn unpause(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    cx.srv.blocked.pause = None;
    wake::end_of_pause(cx.srv);
    cx.out.ok();
    Ok(Outcome::Done)
}

/// CLIENT UNBLOCK `id [TIMEOUT|ERROR]`.
pub fn unblock(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    if args.len() > 4 {
        return Err(errors::subcommand_syntax(b"client", args.at(1)));
    }
    let with_error = match args.get(3) {
        None => false,
        Some(reason) if eq_ignore_case(reason, b"timeout") => false,
        Some(reason) if eq_ignore_case(reason, b"error") => true,
        Some(_) => return Err(errors::CLIENT_UNBLOCK_REASON),
    };
    let id = parse_i64(args.at(2)).ok_or(errors::NOT_INT)?;
    let target = u64::try_from(id).ok().and_then(|id| cx.srv.clients.by_number(id));
    let target = target.filter(|target| may_be_woken(cx, *target));
    match target {
        None => cx.out.int(0),
        Some(target) => {
            if with_error {
                wake::fail(cx.srv, target, &errors::UNBLOCKED);
            } else {
                wake::time_out(cx.srv, target);
            }
            cx.out.int(1);
        }
    }
    Ok(Outcome::Done)
}

/// Whoever waits; but not for the end of the server, which has no other outcome.
fn may_be_woken(cx: &Ctx<'_>, target: ClientId) -> bool {
    let parked = cx.srv.clients.get(target).and_then(|client| client.parked.as_ref());
    parked.is_some_and(|parked| !matches!(parked.on, WaitFor::Shutdown))
}

/// CLIENT HELP.
pub fn help(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.help(args.at(0), HELP);
    Ok(Outcome::Done)
}

const HELP: &[&str] = &[
    "CACHING (YES|NO)",
    "    Say whether keys of the next command are tracked, in OPTIN and OPTOUT mode.",
    "GETREDIR",
    "    Return the client ID that tracking messages are redirected to.",
    "GETNAME",
    "    Return the name of this connection.",
    "ID",
    "    Return the ID of this connection.",
    "INFO",
    "    Return the CLIENT LIST line of this connection.",
    "KILL <ip:port>",
    "    Close the connection made from <ip:port>.",
    "KILL <option> <value> [<option> <value> [...]]",
    "    Close all connections that match. Options are:",
    "    * ADDR (<ip:port>|<unixsocket>:0)",
    "      Those made from this address",
    "    * LADDR (<ip:port>|<unixsocket>:0)",
    "      Those made to this address of ours",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "      Those of this type.",
    "    * USER <username>",
    "      Those authenticated as <username>.",
    "    * ID <client-id>",
    "      The one with this ID.",
    "    * SKIPME (YES|NO)",
    "      Whether to spare this connection (default: yes).",
    "LIST [options ...]",
    "    Return a line about each connection. Options:",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "      Only those of this type.",
    "    * ID <client-id> [<client-id> ...]",
    "      Only those with these IDs.",
    "UNPAUSE",
    "    End CLIENT PAUSE.",
    "PAUSE <timeout> [WRITE|ALL]",
    "    Hold back all clients, or only writes, for <timeout> milliseconds.",
    "REPLY (ON|OFF|SKIP)",
    "    Control the replies sent to this connection.",
    "SETNAME <name>",
    "    Give this connection the name <name>.",
    "SETINFO <option> <value>",
    "    Set what the client library says about itself. Options are:",
    "    * LIB-NAME: its name.",
    "    * LIB-VER: its version.",
    "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]",
    "         [OPTIN] [OPTOUT] [NOLOOP]",
    "    Tell this connection of changes of keys it read, for caching at its side.",
    "TRACKINGINFO",
    "    Return how this connection tracks keys.",
    "UNBLOCK <clientid> [TIMEOUT|ERROR]",
    "    End the wait of a blocked client.",
    "NO-EVICT (ON|OFF)",
    "    Protect this connection from client eviction.",
    "NO-TOUCH (ON|OFF)",
    "    Leave LRU and LFU of keys alone when this connection reads them.",
];
