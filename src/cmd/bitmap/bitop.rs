//! BITOP: strings combined bit by bit into a new one.
//!
//! Sources are looked up one after the other, and the first that holds no string ends the command, so the
//! others are not counted. A short source goes on with zeroes. The result replaces whatever the destination
//! held; an empty one removes it. Source: Redis 7.2.4 `bitopCommand`.

use std::borrow::Cow;

use crate::base::num::IntBuf;
use crate::core::ctx::{Ctx, Outcome};
use crate::core::lazyfree;
use crate::keyspace::Class;
use crate::object::{Entry, NewValue, ValueRef};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

use super::words::{Op, combine};
use crate::cmd::args::is;
use crate::cmd::string::text;

const NOT_OF_ONE: CmdError = CmdError::fixed("ERR BITOP NOT must be called with a single source key.");

fn op(word: &[u8]) -> Option<Op> {
    [("and", Op::And), ("or", Op::Or), ("xor", Op::Xor), ("not", Op::Not)]
        .into_iter()
        .find_map(|(name, op)| is(word, name).then_some(op))
}

/// The bytes under a key that was just looked up; none when it is missing.
fn source(entry: Option<&Entry>) -> Result<Cow<'_, [u8]>, CmdError> {
    let Some(entry) = entry else { return Ok(Cow::Borrowed(b"")) };
    match entry.value() {
        ValueRef::Str(text) => Ok(Cow::Borrowed(text)),
        _ => {
            let mut digits = IntBuf::new();
            text(entry, &mut digits).map(|text| Cow::Owned(text.to_vec())).ok_or(errors::WRONGTYPE)
        }
    }
}

/// `BITOP AND|OR|XOR|NOT destkey key [key ...]`: answers the length of the result.
pub fn bitop(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let op = op(args.at(1)).ok_or(errors::SYNTAX)?;
    if op == Op::Not && args.len() != 4 {
        return Err(NOT_OF_ONE);
    }
    let (key, sources) = (args.at(2), args.tail(3));
    for name in sources.iter() {
        // Reading changes statistics and ages, so it comes first.
        let entry = cx.srv.keys.read(cx.db, name, cx.now);
        if entry.is_some_and(|entry| !entry.is_string()) {
            return Err(errors::WRONGTYPE);
        }
    }
    let keys = &cx.srv.keys;
    let inputs = sources.iter().map(|name| source(keys.glance(cx.db, name, cx.now)));
    let result = combine(op, &inputs.collect::<Result<Vec<_>, _>>()?);
    let len = result.len();
    let old = if result.is_empty() {
        cx.srv.keys.remove(cx.db, key)
    } else {
        // A dead key expires before it is overwritten.
        cx.srv.keys.write_lookup(cx.db, key, cx.now);
        cx.srv.keys.insert(cx.db, Entry::new(key, NewValue::Raw(result), None))
    };
    if len > 0 {
        cx.touch(key, Class::STRING, "set", 1);
    } else if old.is_some() {
        cx.touch(key, Class::GENERIC, "del", 1);
    }
    cx.out.count(len);
    if let Some(old) = old {
        lazyfree::free(cx.host, old, cx.srv.config.lazyfree_lazy_server_del);
    }
    Ok(Outcome::Done)
}
