//! SLOWLOG: the latest commands that took long.
//!
//! Source: Redis 7.2.4 `slowlogCommand`.

use crate::base::num::parse_i64;
use crate::core::ctx::{Ctx, Outcome};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

/// Entries SLOWLOG GET shows when no number is given.
const DEFAULT_COUNT: usize = 10;

/// SLOWLOG GET `[count]`, newest first; -1 means all.
pub fn get(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    if args.len() > 3 {
        return Err(errors::subcommand_syntax(b"slowlog", args.at(1)));
    }
    let len = cx.srv.slowlog.len();
    let count = match args.get(2) {
        None => DEFAULT_COUNT,
        Some(text) => match parse_i64(text).filter(|n| *n >= -1).ok_or(errors::SLOWLOG_COUNT)? {
            -1 => len,
            n => usize::try_from(n).unwrap_or(len),
        },
    };
    let count = count.min(len);
    cx.out.array(count);
    for entry in cx.srv.slowlog.iter().take(count) {
        cx.out.array(6);
        cx.out.int(entry.id as i64);
        cx.out.int(entry.at_s);
        cx.out.int(entry.us as i64);
        cx.out.array(entry.args.len());
        entry.args.iter().for_each(|arg| cx.out.bulk(arg));
        cx.out.bulk(entry.addr.as_bytes());
        cx.out.bulk(&entry.name);
    }
    Ok(Outcome::Done)
}

/// SLOWLOG LEN.
pub fn len(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.count(cx.srv.slowlog.len());
    Ok(Outcome::Done)
}

/// SLOWLOG RESET.
pub fn reset(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    cx.srv.slowlog.reset();
    cx.out.ok();
    Ok(Outcome::Done)
}

/// SLOWLOG HELP.
pub fn help(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.help(args.at(0), HELP);
    Ok(Outcome::Done)
}

const HELP: &[&str] = &[
    "GET [<count>]",
    "    Return the newest <count> entries of the slow log (default: 10, -1 means all).",
    "    An entry is made of:",
    "    id, timestamp, time in microseconds, arguments, client IP and port, client name",
    "LEN",
    "    Return the number of entries.",
    "RESET",
    "    Drop all entries.",
];
