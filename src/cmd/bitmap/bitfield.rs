//! BITFIELD and BITFIELD_RO: several reads and writes of integer fields, done in order.
//!
//! All is read before anything is done: a mistake in the last operation leaves the key as it was. With a
//! write among them the string is made long enough for the farthest one at once; a command of reads only
//! leaves it alone and treats a missing key as zeroes. Each write that changed something counts as one
//! change.
//!
//! Where every write failed (`OVERFLOW FAIL`) but the string has grown or come into being for them, Redis
//! tells nobody, and its replicas go without. Here the command travels: data must be equal everywhere.
//!
//! Source: Redis 7.2.4 `bitfieldGeneric`.

use crate::base::num::IntBuf;
use crate::core::ctx::{Ctx, Outcome};
use crate::keyspace::Class;
use crate::resp::errors::{self, CmdError};
use crate::resp::reply::Reply;
use crate::resp::request::Args;

use super::fields::{self, Kind, Overflow};
use super::{change, offset};
use crate::cmd::args::{int, is};
use crate::cmd::string::text;

const BAD_OVERFLOW: CmdError = CmdError::fixed("ERR Invalid OVERFLOW type specified");
const READ_ONLY: CmdError = CmdError::fixed("ERR BITFIELD_RO only supports the GET subcommand");

#[derive(Clone, Copy)]
enum Action {
    Get,
    Set(i64),
    IncrBy(i64),
}

struct Op {
    action: Action,
    kind: Kind,
    /// First bit.
    at: u64,
    overflow: Overflow,
}

impl Op {
    fn writes(&self) -> bool {
        !matches!(self.action, Action::Get)
    }

    fn last_bit(&self) -> u64 {
        self.at + u64::from(self.kind.bits) - 1
    }

    /// Does it and replies. `Some`: it wrote; `true` in it when that was something else than what was there.
    fn run(&self, bytes: &mut [u8], out: &mut Reply) -> Option<bool> {
        let old = fields::get(bytes, self.at, self.kind);
        let new = match self.action {
            Action::Get => {
                out.int(old);
                return None;
            }
            Action::Set(number) => self.kind.fit(number, 0, self.overflow),
            Action::IncrBy(by) => self.kind.fit(old, by, self.overflow),
        };
        let Some(new) = new else {
            out.null();
            return None;
        };
        fields::set(bytes, self.at, self.kind, new);
        out.int(if matches!(self.action, Action::Set(_)) { old } else { new });
        Some(new != old)
    }
}

/// Reads the operations.
fn parse(cx: &Ctx<'_>, args: Args<'_>) -> Result<Vec<Op>, CmdError> {
    let mut ops = Vec::with_capacity(args.len().saturating_sub(2) / 3);
    let mut overflow = Overflow::default();
    let mut i = 2;
    while let Some(word) = args.get(i) {
        let left = args.len() - i - 1;
        let takes = match word {
            _ if is(word, "get") && left >= 2 => 2,
            _ if (is(word, "set") || is(word, "incrby")) && left >= 3 => 3,
            _ if is(word, "overflow") && left >= 1 => {
                overflow = match args.at(i + 1) {
                    how if is(how, "wrap") => Overflow::Wrap,
                    how if is(how, "sat") => Overflow::Sat,
                    how if is(how, "fail") => Overflow::Fail,
                    _ => return Err(BAD_OVERFLOW),
                };
                i += 2;
                continue;
            }
            _ => return Err(errors::SYNTAX),
        };
        let kind = Kind::parse(args.at(i + 1))?;
        let at = offset(cx, args.at(i + 2), Some(kind.bits))?;
        let action = match takes {
            2 => Action::Get,
            _ if is(word, "set") => Action::Set(int(args.at(i + 3))?),
            _ => Action::IncrBy(int(args.at(i + 3))?),
        };
        ops.push(Op { action, kind, at, overflow });
        i += 1 + takes;
    }
    Ok(ops)
}

/// Operations that only read.
fn read(cx: &mut Ctx<'_>, key: &[u8], ops: &[Op]) -> Result<(), CmdError> {
    let mut digits = IntBuf::new();
    let bytes = match cx.srv.keys.read(cx.db, key, cx.now) {
        None => &[][..],
        Some(entry) => text(entry, &mut digits).ok_or(errors::WRONGTYPE)?,
    };
    cx.out.array(ops.len());
    ops.iter().for_each(|op| cx.out.int(fields::get(bytes, op.at, op.kind)));
    Ok(())
}

/// `BITFIELD key [GET type offset | [OVERFLOW WRAP|SAT|FAIL] SET type offset value | INCRBY type offset
/// increment ...]`
pub fn bitfield(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let key = args.at(1);
    let ops = parse(cx, args)?;
    let Some(last_bit) = ops.iter().filter(|op| op.writes()).map(Op::last_bit).max() else {
        read(cx, key, &ops)?;
        return Ok(Outcome::Done);
    };
    let mut grown = false;
    let changes = change(&mut cx.srv.keys, (cx.db, key), cx.now, last_bit, |bytes, grew| {
        grown = grew;
        cx.out.array(ops.len());
        // In a string that has grown every write counts.
        ops.iter().filter_map(|op| op.run(bytes, cx.out)).filter(|changed| *changed || grew).count()
    })?;
    if changes > 0 {
        cx.touch(key, Class::STRING, "setbit", changes as u64);
    } else if grown {
        // To watchers it is no change, as in Redis.
        cx.srv.persist.dirty += 1;
    }
    Ok(Outcome::Done)
}

/// `BITFIELD_RO key [GET type offset ...]`
pub fn bitfield_ro(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let ops = parse(cx, args)?;
    if ops.iter().any(Op::writes) {
        return Err(READ_ONLY);
    }
    read(cx, args.at(1), &ops)?;
    Ok(Outcome::Done)
}
