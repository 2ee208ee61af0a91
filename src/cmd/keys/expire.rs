//! EXPIRE PEXPIRE EXPIREAT PEXPIREAT, TTL PTTL EXPIRETIME PEXPIRETIME, PERSIST.
//!
//! Whatever form a client uses, replicas and AOF get PEXPIREAT with the moment in milliseconds, or the
//! deletion that a moment in the past comes to: they must not compute from their own, later clock. A replica
//! takes a moment in the past as it is; its master will say when the key goes.
//!
//! Source: Redis 7.2.4 `expireGenericCommand`, `ttlGenericCommand`.

use crate::base::bytes::eq_ignore_case;
use crate::base::clock::Millis;
use crate::base::num::{IntBuf, fmt_i64};
use crate::core::ctx::{Ctx, Outcome};
use crate::keyspace::{Class, Look};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

use super::{free, int};

/// How the second argument is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Form {
    seconds: bool,
    /// Counted from 1970, not from now.
    absolute: bool,
}

/// `EXPIRE key seconds [NX|XX|GT|LT]`
pub fn expire(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    set(cx, args, Form { seconds: true, absolute: false })
}

/// `PEXPIRE key milliseconds [NX|XX|GT|LT]`
pub fn pexpire(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    set(cx, args, Form { seconds: false, absolute: false })
}

/// `EXPIREAT key unix-seconds [NX|XX|GT|LT]`
pub fn expireat(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    set(cx, args, Form { seconds: true, absolute: true })
}

/// `PEXPIREAT key unix-milliseconds [NX|XX|GT|LT]`
pub fn pexpireat(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    set(cx, args, Form { seconds: false, absolute: true })
}

/// Conditions on the present expiry; GT and LT may stand beside XX.
#[derive(Clone, Copy, Default)]
struct Only {
    nx: bool,
    xx: bool,
    gt: bool,
    lt: bool,
}

impl Only {
    fn read(args: Args<'_>) -> Result<Only, CmdError> {
        let mut only = Only::default();
        for option in args.iter().skip(3) {
            let known =
                [(b"nx", &mut only.nx), (b"xx", &mut only.xx), (b"gt", &mut only.gt), (b"lt", &mut only.lt)];
            match known.into_iter().find(|(name, _)| eq_ignore_case(option, *name)) {
                Some((_, flag)) => *flag = true,
                None => return Err(errors::unsupported_option(option)),
            }
        }
        if only.nx && (only.xx || only.gt || only.lt) {
            return Err(errors::EXPIRE_NX_WITH_OTHERS);
        }
        if only.gt && only.lt {
            return Err(errors::EXPIRE_GT_AND_LT);
        }
        Ok(only)
    }

    /// Whether `when` may take the place of `old`. A key that never expires outlives any moment.
    fn allows(self, old: Option<Millis>, when: Millis) -> bool {
        !(self.nx && old.is_some()
            || self.xx && old.is_none()
            || self.gt && old.is_none_or(|old| when <= old)
            || self.lt && old.is_some_and(|old| when >= old))
    }
}

/// The moment that is asked for, in Unix milliseconds.
fn moment(cx: &Ctx<'_>, text: &[u8], form: Form) -> Result<Millis, CmdError> {
    let amount = int(text)?;
    let ms = if form.seconds { amount.checked_mul(1000) } else { Some(amount) };
    let base = if form.absolute { 0 } else { cx.now };
    ms.and_then(|ms| ms.checked_add(base)).ok_or_else(|| errors::invalid_expire(cx.cmd.name))
}

fn set(cx: &mut Ctx<'_>, args: Args<'_>, form: Form) -> Result<Outcome, CmdError> {
    let key = args.at(1);
    let only = Only::read(args)?;
    let when = moment(cx, args.at(2), form)?;
    let found = cx.srv.keys.write_lookup(cx.db, key, cx.now).map(|entry| entry.expire());
    let Some(old) = found else {
        cx.out.int(0);
        return Ok(Outcome::Done);
    };
    if !only.allows(old, when) {
        cx.out.int(0);
        return Ok(Outcome::Done);
    }
    if when <= cx.now && cx.srv.persist.loading.is_none() && !cx.srv.repl.is_replica() {
        let lazy = cx.srv.config.lazyfree_lazy_expire;
        if let Some(entry) = cx.srv.keys.remove(cx.db, key) {
            free(cx, entry, lazy);
        }
        cx.touch(key, Class::GENERIC, "del", 1);
        cx.record_as(&[if lazy { b"UNLINK" } else { b"DEL" }, key]);
    } else {
        cx.srv.keys.set_expire(cx.db, key, Some(when));
        cx.touch(key, Class::GENERIC, "expire", 1);
        if form != (Form { seconds: false, absolute: true }) {
            record_moment(cx, args, when);
        }
    }
    cx.out.int(1);
    Ok(Outcome::Done)
}

/// The request travels as PEXPIREAT, its options unchanged.
fn record_moment(cx: &mut Ctx<'_>, args: Args<'_>, when: Millis) {
    let mut digits = IntBuf::new();
    let digits = fmt_i64(when, &mut digits);
    if args.len() == 3 {
        return cx.record_as(&[b"PEXPIREAT", args.at(1), digits]);
    }
    let mut request: Vec<&[u8]> = vec![b"PEXPIREAT", args.at(1), digits];
    request.extend(args.iter().skip(3));
    cx.record_as(&request);
}

/// `TTL key`
pub fn ttl(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    tell(cx, args, Form { seconds: true, absolute: false })
}

/// `PTTL key`
pub fn pttl(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    tell(cx, args, Form { seconds: false, absolute: false })
}

/// `EXPIRETIME key`
pub fn expiretime(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    tell(cx, args, Form { seconds: true, absolute: true })
}

/// `PEXPIRETIME key`
pub fn pexpiretime(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    tell(cx, args, Form { seconds: false, absolute: true })
}

/// -2 without a key, -1 without an expiry, else the moment or what is left of it; seconds are rounded.
fn tell(cx: &mut Ctx<'_>, args: Args<'_>, form: Form) -> Result<Outcome, CmdError> {
    let answer = match cx.srv.keys.lookup(cx.db, args.at(1), Look::NO_TOUCH, cx.now).map(|e| e.expire()) {
        None => -2,
        Some(None) => -1,
        Some(Some(when)) => {
            let ms = if form.absolute { when } else { when.saturating_sub(cx.now) }.max(0);
            if form.seconds { ms.saturating_add(500) / 1000 } else { ms }
        }
    };
    cx.out.int(answer);
    Ok(Outcome::Done)
}

/// `PERSIST key`
pub fn persist(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let key = args.at(1);
    let expires = cx.srv.keys.write_lookup(cx.db, key, cx.now).is_some_and(|entry| entry.has_expire());
    if expires {
        cx.srv.keys.set_expire(cx.db, key, None);
        cx.touch(key, Class::GENERIC, "persist", 1);
    }
    cx.out.int(i64::from(expires));
    Ok(Outcome::Done)
}
