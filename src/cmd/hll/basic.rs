//! PFADD PFCOUNT PFMERGE.
//!
//! Corrupt strings are found out while they are read. PFADD of several elements to a sparse one keeps a copy
//! of it (3 KB at most, unless somebody made up a larger one), so that what it did before it found out can be
//! undone; Redis leaves it done and tells no replica.

use crate::core::ctx::{Ctx, Outcome};
use crate::keyspace::Class;
use crate::object::hll::{self, Encoding, Union};
use crate::object::{Entry, NewValue};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

use super::{corrupt, max_sparse, of_entry};

/// Adds the elements from argument 2 on; how many of them changed a register.
fn add_all(text: &mut Vec<u8>, args: Args<'_>, max_sparse: usize) -> Result<u64, CmdError> {
    let kept = (args.len() > 3 && text.len() < hll::DENSE_BYTES).then(|| text.clone());
    let mut changes = 0;
    for at in 2..args.len() {
        match hll::add(text, args.at(at), max_sparse) {
            Ok(changed) => changes += u64::from(changed),
            Err(e) => {
                if let Some(kept) = kept {
                    *text = kept;
                }
                return Err(corrupt(e));
            }
        }
    }
    Ok(changes)
}

/// `PFADD key [element [element ...]]`: answers 1 when the key is new or a register changed.
pub fn pfadd(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let key = args.at(1);
    let max = max_sparse(cx.srv);
    let changes = match cx.srv.keys.edit_entry(cx.db, key, cx.now) {
        Some(entry) => {
            of_entry(entry)?;
            let text = entry.raw_mut().ok_or(errors::WRONGTYPE)?;
            add_all(text, args, max)?
        }
        None => {
            let mut text = hll::new();
            let changes = add_all(&mut text, args, max)? + 1;
            hll::invalidate(&mut text);
            cx.srv.keys.insert(cx.db, Entry::new(key, NewValue::Raw(text), None));
            changes
        }
    };
    if changes > 0 {
        cx.touch(key, Class::STRING, "pfadd", changes);
    }
    cx.out.int(i64::from(changes > 0));
    Ok(Outcome::Done)
}

/// Takes the HyperLogLogs under some keys together; whether one of them is dense.
fn unite<'a>(cx: &mut Ctx<'_>, keys: impl Iterator<Item = &'a [u8]>) -> Result<(Union, bool), CmdError> {
    let (mut union, mut dense) = (Union::new(), false);
    for key in keys {
        if let Some(entry) = cx.srv.keys.read(cx.db, key, cx.now) {
            let (text, encoding) = of_entry(entry)?;
            dense |= encoding == Encoding::Dense;
            union.add(text).map_err(corrupt)?;
        }
    }
    Ok((union, dense))
}

/// `PFCOUNT key [key ...]`: of several keys, what they hold together.
pub fn pfcount(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    if args.len() > 2 {
        let (union, _) = unite(cx, args.iter().skip(1))?;
        cx.out.int(union.count() as i64);
        return Ok(Outcome::Done);
    }
    let key = args.at(1);
    let Some(entry) = cx.srv.keys.read(cx.db, key, cx.now) else {
        cx.out.int(0);
        return Ok(Outcome::Done);
    };
    let (text, _) = of_entry(entry)?;
    let cached = hll::cached(text);
    let count = cached.map_or_else(|| hll::count(text), Ok);
    let is_raw = entry.encoding() == "raw";
    if (cached.is_none() || !is_raw)
        && let Some(text) = cx.srv.keys.edit_raw(cx.db, key, cx.now)
        && let (None, Ok(count)) = (cached, count)
    {
        hll::cache(text, count);
        // It changed, although no event says so.
        cx.touch(key, Class::NONE, "", 1);
    }
    cx.out.int(count.map_err(corrupt)? as i64);
    Ok(Outcome::Done)
}

/// `PFMERGE destkey [sourcekey [sourcekey ...]]`: the destination is one of the sources.
pub fn pfmerge(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let key = args.at(1);
    let max = max_sparse(cx.srv);
    let (union, dense) = unite(cx, args.iter().skip(1))?;
    let merge = |text: &mut Vec<u8>| -> Result<(), CmdError> {
        if dense {
            hll::make_dense(text).map_err(corrupt)?;
        }
        for (register, number) in union.set_registers() {
            hll::raise(text, register, number, max).map_err(corrupt)?;
        }
        hll::invalidate(text);
        Ok(())
    };
    match cx.srv.keys.edit_raw(cx.db, key, cx.now) {
        Some(text) => merge(text)?,
        None => {
            let mut text = hll::new();
            merge(&mut text)?;
            cx.srv.keys.insert(cx.db, Entry::new(key, NewValue::Raw(text), None));
        }
    }
    cx.touch(key, Class::STRING, "pfadd", 1);
    cx.out.ok();
    Ok(Outcome::Done)
}
