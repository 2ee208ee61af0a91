//! GET and the commands that read a whole value and then do away with it or with its length only.
//!
//! Source: Redis 7.2.4 `t_string.c`.

use crate::core::ctx::{Ctx, Outcome};
use crate::keyspace::{Class, SetExpire};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

use super::reply_string;

/// `GET key`: one hash, one search, the value streamed out of its entry.
pub fn get(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let entry = cx.srv.keys.read(cx.db, args.at(1), cx.now);
    reply_string(cx.out, entry)?;
    Ok(Outcome::Done)
}

/// `STRLEN key`
pub fn strlen(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let len = match cx.srv.keys.read(cx.db, args.at(1), cx.now) {
        None => 0,
        Some(entry) => entry.strlen().ok_or(errors::WRONGTYPE)?,
    };
    cx.out.count(len);
    Ok(Outcome::Done)
}

/// `GETDEL key`: travels as DEL.
pub fn getdel(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let key = args.at(1);
    reply_string(cx.out, cx.srv.keys.read(cx.db, key, cx.now))?;
    if cx.srv.keys.remove(cx.db, key).is_some() {
        cx.record_as(&[b"DEL", key]);
        cx.touch(key, Class::GENERIC, "del", 1);
    }
    Ok(Outcome::Done)
}

/// `GETSET key value`: travels as SET.
pub fn getset(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (key, value) = (args.at(1), args.at(2));
    let hash = cx.srv.keys.hash(key);
    reply_string(cx.out, cx.srv.keys.read_hashed(hash, cx.db, key, cx.now))?;
    cx.srv.keys.set_string_hashed(hash, cx.db, key, value, SetExpire::Clear, cx.now);
    cx.touch(key, Class::STRING, "set", 1);
    cx.record_as(&[b"SET", key, value]);
    Ok(Outcome::Done)
}
