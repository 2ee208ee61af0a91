//! One bit: SETBIT and GETBIT.
//!
//! Source: Redis 7.2.4 `setbitCommand`, `getbitCommand`.

use crate::base::num::IntBuf;
use crate::core::ctx::{Ctx, Outcome};
use crate::keyspace::Class;
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

use super::{change, offset};
use crate::cmd::args::int;
use crate::cmd::string::text;

/// `SETBIT key offset value`: answers what the bit was.
pub fn setbit(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let key = args.at(1);
    let at = offset(cx, args.at(2), None)?;
    let on = match int(args.at(3)) {
        Ok(bit @ (0 | 1)) => bit == 1,
        _ => return Err(errors::BIT_VALUE),
    };
    let mask = 0x80u8 >> (at & 7);
    let (was, changed) = change(&mut cx.srv.keys, (cx.db, key), cx.now, at, |bytes, grew| {
        let byte = &mut bytes[(at >> 3) as usize];
        let was = *byte & mask != 0;
        *byte = if on { *byte | mask } else { *byte & !mask };
        (was, grew || was != on)
    })?;
    if changed {
        cx.touch(key, Class::STRING, "setbit", 1);
    }
    cx.out.int(i64::from(was));
    Ok(Outcome::Done)
}

/// `GETBIT key offset`
pub fn getbit(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let at = offset(cx, args.at(2), None)?;
    let mut digits = IntBuf::new();
    let byte = match cx.srv.keys.read(cx.db, args.at(1), cx.now) {
        None => None,
        Some(entry) => {
            let bytes = text(entry, &mut digits).ok_or(errors::WRONGTYPE)?;
            usize::try_from(at >> 3).ok().and_then(|at| bytes.get(at))
        }
    };
    let on = byte.is_some_and(|byte| byte & (0x80 >> (at & 7)) != 0);
    cx.out.int(i64::from(on));
    Ok(Outcome::Done)
}
