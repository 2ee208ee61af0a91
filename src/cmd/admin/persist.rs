//! SAVE, BGSAVE, BGREWRITEAOF, LASTSAVE, SHUTDOWN: the words; `persist` does the work.
//!
//! Source: Redis 7.2.4 `saveCommand`, `bgsaveCommand`, `bgrewriteaofCommand`, `lastsaveCommand`, `shutdownCommand`.

use crate::base::bytes::eq_ignore_case;
use crate::core::ctx::{Ctx, Outcome};
use crate::persist::aof_files::Stop;
use crate::persist::{aof_rewrite, bgsave as snapshot, shutdown as ending};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::blocked::WaitFor;
use crate::state::host::ChildKind;
use crate::state::persistence::ShutdownFlags;

/// SAVE.
pub fn save(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    snapshot::save(cx.srv, cx.host)?;
    cx.out.ok();
    Ok(Outcome::Done)
}

/// BGSAVE `[SCHEDULE]`. Inside a transaction it is only scheduled: the fork must not see half of it.
pub fn bgsave(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let schedule = match (args.len(), args.get(1)) {
        (1, _) => false,
        (2, Some(word)) if eq_ignore_case(word, b"schedule") => true,
        _ => return Err(errors::SYNTAX),
    };
    let persist = &mut cx.srv.persist;
    if persist.child_is(ChildKind::RdbFile) || persist.child_is(ChildKind::RdbStream) {
        return Err(errors::SAVE_IN_PROGRESS);
    }
    if persist.child.is_some() || cx.deny_blocking {
        if !schedule && !cx.deny_blocking {
            return Err(errors::BGSAVE_OTHER_CHILD);
        }
        persist.bgsave_scheduled = true;
        cx.out.simple("Background saving scheduled");
        return Ok(Outcome::Done);
    }
    snapshot::start(cx.srv, cx.host).map_err(|_| errors::ERR)?;
    cx.out.simple("Background saving started");
    Ok(Outcome::Done)
}

/// BGREWRITEAOF. Inside a transaction, or beside another child, it is only scheduled.
pub fn bgrewriteaof(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    let persist = &mut cx.srv.persist;
    if persist.child_is(ChildKind::AofRewrite) {
        return Err(errors::REWRITE_IN_PROGRESS);
    }
    if persist.child.is_some() || cx.deny_blocking {
        persist.aof.rewrite.scheduled = true;
        // Who asks by hand does not wait for the end of a delay.
        persist.aof.rewrite.failures = 0;
        cx.out.simple("Background append only file rewriting scheduled");
        return Ok(Outcome::Done);
    }
    aof_rewrite::start(cx.srv, cx.host).map_err(|Stop| errors::REWRITE_FAILED)?;
    cx.out.simple("Background append only file rewriting started");
    Ok(Outcome::Done)
}

/// LASTSAVE: Unix seconds.
pub fn lastsave(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.int(cx.srv.persist.last_save_s);
    Ok(Outcome::Done)
}

/// What SHUTDOWN was told; `None` for ABORT.
fn read_flags(args: Args<'_>) -> Result<Option<ShutdownFlags>, CmdError> {
    let mut flags = ShutdownFlags::default();
    let mut abort = false;
    for word in args.tail(1).iter() {
        match word.to_ascii_lowercase().as_slice() {
            b"save" => flags.save = true,
            b"nosave" => flags.nosave = true,
            b"now" => flags.now = true,
            b"force" => flags.force = true,
            b"abort" => abort = true,
            _ => return Err(errors::SYNTAX),
        }
    }
    if abort && flags != ShutdownFlags::default() || flags.save && flags.nosave {
        return Err(errors::SYNTAX);
    }
    Ok((!abort).then_some(flags))
}

/// SHUTDOWN `[NOSAVE|SAVE] [NOW] [FORCE] | ABORT`. Success is never answered: the connection ends.
pub fn shutdown(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let Some(flags) = read_flags(args)? else {
        ending::abort(cx.srv)?;
        cx.out.ok();
        return Ok(Outcome::Done);
    };
    if !flags.now && cx.deny_blocking {
        return Err(errors::SHUTDOWN_DENY_BLOCKING);
    }
    match ending::begin(cx.srv, cx.host, flags) {
        ending::Progress::Leaving => Ok(Outcome::Done),
        ending::Progress::Waiting => Ok(Outcome::Block(WaitFor::Shutdown, None)),
        ending::Progress::Failed => Err(errors::SHUTDOWN_ERRORS),
    }
}

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod snapshot_crash_tests;
#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::request::OwnedArgs;

    fn flags(words: &[&[u8]]) -> Result<Option<ShutdownFlags>, CmdError> {
        read_flags(OwnedArgs::from_slices(words).as_args())
    }

    #[test]
    fn shutdown_reads_its_words() {
        let all = flags(&[b"shutdown", b"NOSAVE", b"now", b"Force"]).unwrap().unwrap();
        assert!(all.nosave && all.now && all.force && !all.save);
        assert_eq!(flags(&[b"shutdown"]), Ok(Some(ShutdownFlags::default())));
        assert_eq!(flags(&[b"shutdown", b"abort"]), Ok(None));
        assert_eq!(flags(&[b"shutdown", b"abort", b"now"]), Err(errors::SYNTAX));
        assert_eq!(flags(&[b"shutdown", b"save", b"nosave"]), Err(errors::SYNTAX));
        assert_eq!(flags(&[b"shutdown", b"later"]), Err(errors::SYNTAX));
    }
}
