//! Between databases and about whole ones: MOVE COPY SWAPDB FLUSHDB FLUSHALL.
//!
//! FLUSHDB and FLUSHALL travel even when there was nothing to delete: a replica may hold what its master does
//! not. FLUSHALL also ends a child that writes a snapshot of what is gone, and, where save points are set,
//! writes an empty one at once, so that a restart does not bring the data back.
//!
//! Source: Redis 7.2.4 `moveCommand`, `copyCommand`, `swapdbCommand`, `flushallCommand`.

use crate::base::bytes::eq_ignore_case;
use crate::base::num::parse_i64;
use crate::core::ctx::{Ctx, Outcome};
use crate::core::empty;
use crate::keyspace::{Class, Moved, Way};
use crate::persist::{bgsave, child};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::host::ChildKind;

use super::{db_index, known_db};

/// `MOVE key db`
pub fn move_key(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let key = args.at(1);
    let to = db_index(cx, args.at(2))?;
    if to == cx.db {
        return Err(errors::SAME_OBJECT);
    }
    let done = cx.srv.keys.move_key(cx.db, to, key, cx.now) == Moved::Done;
    if done {
        cx.touch(key, Class::GENERIC, "move_from", 1);
        cx.touch_in(to, key, Class::GENERIC, "move_to", 0);
    }
    cx.out.int(i64::from(done));
    Ok(Outcome::Done)
}

/// `COPY source destination [DB destination-db] [REPLACE]`
pub fn copy(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (from, to) = (args.at(1), args.at(2));
    let (mut to_db, mut replace) = (cx.db, false);
    let mut i = 3;
    while let Some(option) = args.get(i) {
        if eq_ignore_case(option, b"replace") {
            replace = true;
        } else if eq_ignore_case(option, b"db") && i + 1 < args.len() {
            i += 1;
            to_db = db_index(cx, args.at(i))?;
        } else {
            return Err(errors::SYNTAX);
        }
        i += 1;
    }
    if to_db == cx.db && from == to {
        return Err(errors::SAME_OBJECT);
    }
    let way = Way { from_db: cx.db, from, to_db, to, replace };
    let done = cx.srv.keys.copy(way, cx.now) == Moved::Done;
    if done {
        cx.touch_in(to_db, to, Class::GENERIC, "copy_to", 1);
    }
    cx.out.int(i64::from(done));
    Ok(Outcome::Done)
}

/// `SWAPDB index1 index2`
pub fn swapdb(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let number = |text, e: CmdError| parse_i64(text).and_then(|n| i32::try_from(n).ok()).ok_or(e);
    let first = number(args.at(1), errors::INVALID_FIRST_DB)?;
    let second = number(args.at(2), errors::INVALID_SECOND_DB)?;
    let (first, second) = (known_db(cx, first)?, known_db(cx, second)?);
    empty::swap(cx.srv, first, second);
    cx.srv.persist.dirty += 1;
    cx.out.ok();
    Ok(Outcome::Done)
}

/// Whether a flush is to be lazy.
fn flush_mode(cx: &Ctx<'_>, args: Args<'_>) -> Result<bool, CmdError> {
    match args.get(1) {
        None => Ok(cx.srv.config.lazyfree_lazy_user_flush),
        Some(mode) if args.len() == 2 && eq_ignore_case(mode, b"sync") => Ok(false),
        Some(mode) if args.len() == 2 && eq_ignore_case(mode, b"async") => Ok(true),
        Some(_) => Err(errors::SYNTAX),
    }
}

/// `FLUSHDB [ASYNC|SYNC]`
pub fn flushdb(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let lazy = flush_mode(cx, args)?;
    let keys = empty::empty(cx.srv, cx.host, Some(cx.db), lazy);
    cx.srv.persist.dirty += keys;
    cx.record_anyway();
    cx.out.ok();
    Ok(Outcome::Done)
}

/// `FLUSHALL [ASYNC|SYNC]`
pub fn flushall(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let lazy = flush_mode(cx, args)?;
    let keys = empty::empty(cx.srv, cx.host, None, lazy);
    cx.srv.persist.dirty += keys;
    if cx.srv.persist.child_is(ChildKind::RdbFile) || cx.srv.persist.child_is(ChildKind::RdbStream) {
        child::kill(cx.srv, cx.host);
    }
    if !cx.srv.config.save.is_empty() {
        // A failure is in the log; the flush itself has happened.
        let _ = bgsave::save_now(cx.srv, cx.host);
    }
    cx.record_anyway();
    cx.out.ok();
    Ok(Outcome::Done)
}
