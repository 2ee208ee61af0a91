//! TIME, LOLWUT, MODULE: small things.
//!
//! Source: Redis 7.2.4 `timeCommand`, `lolwutCommand`, `moduleCommand`.

use crate::base::bytes::eq_ignore_case;
use crate::base::num::parse_i64;
use crate::core::ctx::{Ctx, Outcome};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::version::REDIS_VERSION;

/// TIME: Unix seconds and the microseconds beyond.
pub fn time(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    let now_us = cx.srv.clock.now_us();
    cx.out.array(2);
    cx.out.bulk_int(now_us / 1_000_000);
    cx.out.bulk_int(now_us % 1_000_000);
    Ok(Outcome::Done)
}

/// LOLWUT `[VERSION n]`: the version; 5 and 6, which drew in Redis, draw a wave here.
pub fn lolwut(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let mut version = 7;
    if let (Some(word), Some(number)) = (args.get(1), args.get(2))
        && eq_ignore_case(word, b"version")
    {
        version = parse_i64(number).ok_or(errors::NOT_INT)?;
    }
    let drawing = if matches!(version, 5 | 6) { wave(cx.srv.rng.unit() * 6.0) } else { String::new() };
    let text = format!("{drawing}Redis ver. {REDIS_VERSION}\n");
    cx.out.verbatim("txt", text.as_bytes());
    Ok(Outcome::Done)
}

/// A sine wave that begins somewhere.
fn wave(phase: f64) -> String {
    const ROWS: i32 = 9;
    const COLUMNS: i32 = 66;
    let height =
        |x: i32| (((f64::from(x) / 5.0 + phase).sin() + 1.0) * f64::from(ROWS - 1) / 2.0).round() as i32;
    let mut text = String::new();
    for row in 0..ROWS {
        let line: String = (0..COLUMNS).map(|x| if height(x) == row { '~' } else { ' ' }).collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text + "\n"
}

/// MODULE LIST: none.
pub fn module_list(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.array(0);
    Ok(Outcome::Done)
}

/// MODULE HELP.
pub fn module_help(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.help(args.at(0), &["LIST", "    Return a list of loaded modules; there are none."]);
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_has_one_crest_in_each_column() {
        let text = wave(1.0);
        assert_eq!(text.matches('~').count(), 66);
        assert!(text.lines().all(|line| line.len() <= 66));
    }
}
