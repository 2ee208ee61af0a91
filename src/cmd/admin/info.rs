//! INFO.
//!
//! Source: Redis 7.2.4 `infoCommand`.

use crate::core::ctx::{Ctx, Outcome};
use crate::core::info as sections;
use crate::resp::errors::CmdError;
use crate::resp::request::Args;

/// INFO `[section …]`.
pub fn info(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let asked: Vec<&[u8]> = args.tail(1).iter().collect();
    let text = sections::text(cx.srv, cx.host, &asked);
    cx.out.verbatim("txt", text.as_bytes());
    Ok(Outcome::Done)
}
