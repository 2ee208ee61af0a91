//! PING, ECHO, QUIT, SELECT.
//!
//! Source: Redis 7.2.4 `pingCommand`, `echoCommand`, `quitCommand`, `selectCommand`.

use crate::base::num::parse_i64;
use crate::core::ctx::{Ctx, Outcome};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::client::Flags;

/// PING `[text]`. A RESP2 subscriber gets a message of two parts, like everything it receives.
pub fn ping(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    if args.len() > 2 {
        return Err(errors::wrong_arity("ping"));
    }
    if cx.client().flags.has(Flags::PUBSUB) && !cx.out.resp3 {
        cx.out.array(2);
        cx.out.bulk(b"pong");
        cx.out.bulk(args.get(1).unwrap_or_default());
        return Ok(Outcome::Done);
    }
    match args.get(1) {
        None => cx.out.raw(b"+PONG\r\n"),
        Some(text) => cx.out.bulk(text),
    }
    Ok(Outcome::Done)
}

/// ECHO `text`.
pub fn echo(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.bulk(args.at(1));
    Ok(Outcome::Done)
}

/// QUIT: everything owed is written first.
pub fn quit(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.ok();
    cx.srv.clients.close_after_reply(cx.me);
    Ok(Outcome::Done)
}

/// SELECT `index`.
pub fn select(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let index = parse_i64(args.at(1)).ok_or(errors::NOT_INT)?;
    let index =
        i32::try_from(index).map_err(|_| errors::out_of_bounds(i64::from(i32::MIN), i64::from(i32::MAX)))?;
    let db = usize::try_from(index).ok().filter(|db| *db < cx.srv.keys.dbs.len());
    cx.client().db = db.ok_or(errors::DB_OUT_OF_RANGE)?;
    cx.out.ok();
    Ok(Outcome::Done)
}
