//! WAIT and WAITAOF: writes that count once so many replicas have them.
//!
//! Each client remembers where the stream stood after its last command; WAIT parks it until enough
//! replicas acknowledged that offset. The acknowledgements are asked for once per round, for all who
//! wait, before the loop sleeps ([`super::primary::before_sleep`]); they are looked at as they come.
//!
//! WAITAOF counts disks: our own, whose append-only file tells how far its fsync came, and those of replicas, which
//! tell it beside their acknowledgement (`REPLCONF ACK … FACK …`).
//!
//! Source: Redis 7.2.4 `waitCommand`, `waitaofCommand`.

use crate::base::num::parse_i64;
use crate::core::ctx::{Ctx, Outcome};
use crate::core::wake;
use crate::resp::errors::{self, CmdError};
use crate::state::blocked::{WaitFor, deadline_ms};

/// `WAIT replicas ms`.
///
/// # Errors
/// On a replica, and for arguments that are no numbers.
pub fn wait(cx: &mut Ctx<'_>, replicas: &[u8], timeout: &[u8]) -> Result<Outcome, CmdError> {
    if cx.srv.repl.is_replica() {
        return Err(errors::WAIT_ON_REPLICA);
    }
    let wanted = parse_i64(replicas).ok_or(errors::NOT_INT)?;
    let deadline = deadline_ms(timeout, cx.now)?;
    let offset = cx.client().write_offset;
    let have = wake::replicas_at(cx.srv, offset);
    if have as i64 >= wanted || cx.deny_blocking {
        cx.out.int(have as i64);
        return Ok(Outcome::Done);
    }
    Ok(Outcome::Block(WaitFor::Replicas { replicas: wanted as usize, offset }, deadline))
}

/// `WAITAOF local replicas ms`.
///
/// # Errors
/// As [`wait`]; also when the local part cannot be had.
pub fn wait_aof(
    cx: &mut Ctx<'_>,
    local: &[u8],
    replicas: &[u8],
    timeout: &[u8],
) -> Result<Outcome, CmdError> {
    let local = parse_i64(local).ok_or(errors::NOT_INT)?;
    if !(0..=1).contains(&local) {
        return Err(errors::out_of_bounds(0, 1));
    }
    let wanted = parse_i64(replicas).ok_or(errors::NOT_INT)?;
    if wanted < 0 {
        return Err(errors::NOT_POSITIVE);
    }
    let deadline = deadline_ms(timeout, cx.now)?;
    if cx.srv.repl.is_replica() {
        return Err(errors::WAITAOF_ON_REPLICA);
    }
    let local = local == 1;
    if local && !cx.srv.config.appendonly {
        return Err(errors::WAITAOF_NO_AOF);
    }
    let offset = cx.client().write_offset;
    let (here, there) = (wake::is_fsynced(cx.srv, offset), wake::replicas_fsynced_at(cx.srv, offset));
    if there as i64 >= wanted && here >= local || cx.deny_blocking {
        wake::fsynced(cx.out, here, there);
        return Ok(Outcome::Done);
    }
    Ok(Outcome::Block(WaitFor::Aof { local, replicas: wanted as usize, offset }, deadline))
}
