//! MONITOR: see every command that is executed. `core::monitor` writes the lines.
//!
//! Source: Redis 7.2.4 `monitorCommand`.

use crate::core::ctx::{Ctx, Outcome};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::client::Flags;

/// MONITOR. A replica and who monitors already get no answer at all.
pub fn monitor(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    if cx.deny_blocking {
        return Err(errors::MONITOR_DENY_BLOCKING);
    }
    let me = cx.me;
    let client = cx.client();
    if client.flags.has(Flags::MONITOR.or(Flags::REPLICA)) {
        return Ok(Outcome::Done);
    }
    client.flags.set(Flags::MONITOR);
    cx.srv.clients.monitors.push(me);
    cx.out.ok();
    Ok(Outcome::Done)
}
