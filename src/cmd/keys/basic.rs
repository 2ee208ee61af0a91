//! DEL UNLINK EXISTS TYPE TOUCH RENAME RENAMENX.
//!
//! A dead key that DEL meets goes as expired (announced and propagated as such, ahead of the command) and is
//! not counted; so a DEL of dead keys only does not travel itself. RENAME writes the entry anew under its new
//! name, since the name lies inside the entry; a value of its own allocation is moved.
//!
//! Source: Redis 7.2.4 `delGenericCommand`, `existsCommand`, `typeCommand`, `renameGenericCommand`.

use crate::core::ctx::{Ctx, Outcome};
use crate::keyspace::{Class, Look, Moved};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

use super::free;

/// `DEL key [key ...]`
pub fn del(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let lazy = cx.srv.config.lazyfree_lazy_user_del;
    delete(cx, args, lazy)
}

/// `UNLINK key [key ...]`: DEL that leaves the freeing of large values to a background thread.
pub fn unlink(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    delete(cx, args, true)
}

fn delete(cx: &mut Ctx<'_>, args: Args<'_>, lazy: bool) -> Result<Outcome, CmdError> {
    let mut deleted = 0;
    for key in args.iter().skip(1) {
        if let Some(entry) = cx.srv.keys.delete(cx.db, key, cx.now) {
            cx.touch(key, Class::GENERIC, "del", 1);
            free(cx, entry, lazy);
            deleted += 1;
        }
    }
    cx.out.int(deleted);
    Ok(Outcome::Done)
}

/// `EXISTS key [key ...]`: a key named twice counts twice.
pub fn exists(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let found = args.iter().skip(1).filter(|key| cx.srv.keys.exists(cx.db, key, cx.now)).count();
    cx.out.count(found);
    Ok(Outcome::Done)
}

/// `TYPE key`
pub fn type_of(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let entry = cx.srv.keys.lookup(cx.db, args.at(1), Look::NO_TOUCH, cx.now);
    cx.out.simple(entry.map_or("none", |entry| entry.type_name()));
    Ok(Outcome::Done)
}

/// `TOUCH key [key ...]`: renews the age of each, even for a client that asked for NO-TOUCH.
pub fn touch(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let found = args.iter().skip(1).filter(|key| cx.srv.keys.read(cx.db, key, cx.now).is_some()).count();
    cx.out.count(found);
    Ok(Outcome::Done)
}

/// `RENAME key newkey`
pub fn rename(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    move_name(cx, args, true)?;
    cx.out.ok();
    Ok(Outcome::Done)
}

/// `RENAMENX key newkey`
pub fn renamenx(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let moved = move_name(cx, args, false)?;
    cx.out.int(i64::from(moved));
    Ok(Outcome::Done)
}

/// Renames unless the new name is taken and may not be replaced. A key renamed to itself stays untouched.
fn move_name(cx: &mut Ctx<'_>, args: Args<'_>, replace: bool) -> Result<bool, CmdError> {
    let (from, to) = (args.at(1), args.at(2));
    match cx.srv.keys.rename(cx.db, from, to, replace, cx.now) {
        Moved::NoSource => Err(errors::NO_SUCH_KEY),
        Moved::Exists => Ok(false),
        Moved::Done => {
            if from != to {
                cx.touch(from, Class::GENERIC, "rename_from", 1);
                cx.touch(to, Class::GENERIC, "rename_to", 0);
            }
            Ok(true)
        }
    }
}
