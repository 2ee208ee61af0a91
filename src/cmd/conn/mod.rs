//! Connection commands.

use crate::core::ctx::{Ctx, Outcome};
use crate::core::table::Row;
use crate::resp::errors::CmdError;
use crate::resp::request::Args;
use crate::state::spec::{CommandSpec, Flags};

/// The family's rows.
pub const ROWS: &[Row] = &[Row {
    run: ping,
    spec: CommandSpec { name: "ping", arity: -1, flags: Flags::FAST, ..CommandSpec::EMPTY },
    subs: &[],
}];

fn ping(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    match args.get(1) {
        None => cx.out.simple("PONG"),
        Some(text) => cx.out.bulk(text),
    }
    Ok(Outcome::Done)
}
