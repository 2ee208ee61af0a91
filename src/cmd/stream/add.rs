//! XADD, XTRIM, XSETID.
//!
//! Trimming by `~` depends on how entries happen to lie in nodes, and `LIMIT` on the order of work; so what
//! travels is the exact length, or the exact first id, that was left. What our master sends is not limited
//! again.
//!
//! Source: Redis 7.2.4 `xaddCommand`, `xtrimCommand`, `xsetidCommand`, `streamParseAddOrTrimArgsOrReply`.

use crate::base::num::{IntBuf, fmt_u64};
use crate::cmd::args::{int, is};
use crate::cmd::limits::{edit, node_limits};
use crate::core::ctx::{Ctx, Outcome};
use crate::keyspace::Class;
use crate::object::stream::{AddError, IdBuf, Keep, NewId, NodeLimits, Stream, StreamId, Trim};
use crate::object::{Entry, NewValue, Value};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

use super::{ids, record_with, texts};

/// The bounds of the limit that approximate trimming gets when none is given: so many entries.
const LIMIT_MAX: i64 = 1_000_000;
const LIMIT_DEFAULT: i64 = 10_000;

/// What XADD and XTRIM are told in front of id and fields.
#[derive(Default)]
struct Options {
    no_mkstream: bool,
    keep: Option<Keep>,
    approx: bool,
    limit: i64,
    /// Where the number or id of MAXLEN or MINID is.
    keep_at: usize,
    /// XADD's id.
    id: Option<NewId>,
    id_at: usize,
}

impl Options {
    /// MAXLEN or MINID at `at`; returns where their value is.
    fn strategy(&mut self, args: Args<'_>, at: usize, by_len: bool) -> Result<usize, CmdError> {
        if self.keep.is_some() {
            return Err(texts::TWO_STRATEGIES);
        }
        let more = args.len() - 1 - at;
        self.approx = more >= 2 && args.at(at + 1) == b"~";
        let marked = self.approx || more >= 2 && args.at(at + 1) == b"=";
        let value_at = at + 1 + usize::from(marked);
        let value = args.at(value_at);
        self.keep = Some(if by_len {
            Keep::MaxLen(u64::try_from(int(value)?).map_err(|_| texts::MAXLEN_NEGATIVE)?)
        } else {
            Keep::MinId(ids::strict(value)?)
        });
        self.keep_at = value_at;
        Ok(value_at)
    }

    fn parse(cx: &Ctx<'_>, args: Args<'_>, is_add: bool) -> Result<Options, CmdError> {
        let mut options = Options { id_at: args.len(), ..Options::default() };
        let (mut at, mut limit_given) = (2, false);
        while at < args.len() {
            let (word, more) = (args.at(at), args.len() - 1 - at);
            if is_add && word == b"*" {
                (options.id, options.id_at) = (Some(NewId::Auto), at);
                break;
            } else if is(word, "maxlen") && more > 0 {
                at = options.strategy(args, at, true)?;
            } else if is(word, "minid") && more > 0 {
                at = options.strategy(args, at, false)?;
            } else if is(word, "limit") && more > 0 {
                at += 1;
                options.limit = int(args.at(at))?;
                if options.limit < 0 {
                    return Err(texts::LIMIT_NEGATIVE);
                }
                limit_given = true;
            } else if is_add && is(word, "nomkstream") {
                options.no_mkstream = true;
            } else if is_add {
                (options.id, options.id_at) = (Some(ids::new_id(word)?), at);
                break;
            } else {
                return Err(errors::SYNTAX);
            }
            at += 1;
        }
        if options.keep.is_none() && options.limit != 0 {
            return Err(texts::LIMIT_ALONE);
        }
        if options.keep.is_none() && !is_add {
            return Err(texts::NO_STRATEGY);
        }
        options.bound(cx, limit_given)?;
        Ok(options)
    }

    /// Settles how many entries may be trimmed.
    fn bound(&mut self, cx: &Ctx<'_>, limit_given: bool) -> Result<(), CmdError> {
        if cx.from_master {
            self.limit = 0;
        } else if limit_given && !self.approx {
            return Err(texts::LIMIT_EXACT);
        } else if !limit_given && self.approx {
            let limit = cx.srv.config.stream_node_max_entries.saturating_mul(100);
            self.limit = if limit <= 0 { LIMIT_DEFAULT } else { limit.min(LIMIT_MAX) };
        }
        Ok(())
    }

    fn trim(&self) -> Option<Trim> {
        let limit = self.limit.unsigned_abs();
        self.keep.map(|keep| Trim { keep, approx: self.approx, limit })
    }
}

/// What trimming left, as the exact argument that has the same effect.
struct Left {
    keep: Keep,
    len: u64,
    first: StreamId,
}

impl Left {
    fn of(stream: &Stream, keep: Keep) -> Left {
        let first = match keep {
            Keep::MaxLen(_) => StreamId::MIN,
            Keep::MinId(_) => stream.first_id_with_deleted(),
        };
        Left { keep, len: stream.len(), first }
    }

    fn text<'b>(&self, number: &'b mut IntBuf, id: &'b mut IdBuf) -> &'b [u8] {
        match self.keep {
            Keep::MaxLen(_) => fmt_u64(self.len, number),
            Keep::MinId(_) => self.first.text(id),
        }
    }
}

/// What became of a stream that got an entry.
struct Added {
    id: StreamId,
    trimmed: u64,
    left: Option<Left>,
}

fn add(
    stream: &mut Stream,
    (id, now_ms): (NewId, u64),
    texts: Args<'_>,
    trim: Option<Trim>,
    limits: &NodeLimits,
) -> Result<Added, CmdError> {
    if stream.is_exhausted() {
        return Err(texts::EXHAUSTED);
    }
    let id = stream.append(id, now_ms, texts.len() / 2, texts.iter(), limits).map_err(|why| match why {
        AddError::NotAbove => texts::ID_TOO_SMALL,
        AddError::TooLarge => texts::ENTRY_TOO_LARGE,
    })?;
    let Some(trim) = trim else { return Ok(Added { id, trimmed: 0, left: None }) };
    let trimmed = stream.trim(&trim);
    Ok(Added { id, trimmed, left: trim.approx.then(|| Left::of(stream, trim.keep)) })
}

/// `XADD key [NOMKSTREAM] [MAXLEN|MINID [=|~] threshold [LIMIT count]] *|id field value [field value …]`
pub fn xadd(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let options = Options::parse(cx, args, true)?;
    let fields_at = options.id_at + 1;
    let Some(new_id) = options.id else { return Err(errors::wrong_arity(cx.cmd.name)) };
    if args.len() < fields_at + 2 || !(args.len() - fields_at).is_multiple_of(2) {
        return Err(errors::wrong_arity(cx.cmd.name));
    }
    if new_id == NewId::Exact(StreamId::MIN) {
        return Err(texts::ZERO_ID);
    }
    let (key, texts, limits) = (args.at(1), args.tail(fields_at), node_limits(cx.srv));
    let (id, trim) = ((new_id, cx.now.unsigned_abs()), options.trim());
    let added = match edit::<Stream>(&mut cx.srv.keys, cx.db, key, cx.now)? {
        Some(stream) => add(stream, id, texts, trim, &limits)?,
        None if options.no_mkstream => {
            cx.out.null();
            return Ok(Outcome::Done);
        }
        None => {
            let mut stream = Stream::new();
            let added = add(&mut stream, id, texts, trim, &limits)?;
            insert(cx, key, stream);
            added
        }
    };
    let mut id = IdBuf::default();
    let id = added.id.text(&mut id);
    cx.out.bulk(id);
    cx.touch(key, Class::STREAM, "xadd", 1);
    cx.srv.keys.awaited.signal(cx.db, key);
    if added.trimmed > 0 {
        cx.notify(key, Class::STREAM, "xtrim");
    }
    let given = matches!(new_id, NewId::Exact(_));
    let (mut number, mut first) = (IntBuf::new(), IdBuf::default());
    match &added.left {
        Some(left) => {
            let (at, left) = (options.keep_at, left.text(&mut number, &mut first));
            record_with(cx, args, &[(at - 1, b"="), (at, left), (options.id_at, id)]);
        }
        None if !given => record_with(cx, args, &[(options.id_at, id)]),
        None => {}
    }
    Ok(Outcome::Done)
}

/// Puts a new stream under a key that is not there.
pub(super) fn insert(cx: &mut Ctx<'_>, key: &[u8], stream: Stream) {
    cx.srv
        .keys
        .insert(cx.db, Entry::new(key, NewValue::Obj(Box::new(Value::Stream(Box::new(stream)))), None));
}

/// `XTRIM key MAXLEN|MINID [=|~] threshold [LIMIT count]`
pub fn xtrim(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let options = Options::parse(cx, args, false)?;
    let (key, trim) = (args.at(1), options.trim().ok_or(texts::NO_STRATEGY)?);
    let Some(stream) = edit::<Stream>(&mut cx.srv.keys, cx.db, key, cx.now)? else {
        cx.out.int(0);
        return Ok(Outcome::Done);
    };
    let deleted = stream.trim(&trim);
    let left = Left::of(stream, trim.keep);
    if deleted > 0 {
        cx.touch(key, Class::STREAM, "xtrim", deleted);
        if trim.approx {
            let (mut number, mut first) = (IntBuf::new(), IdBuf::default());
            let (at, left) = (options.keep_at, left.text(&mut number, &mut first));
            record_with(cx, args, &[(at - 1, b"="), (at, left)]);
        }
    }
    cx.out.int(deleted.cast_signed());
    Ok(Outcome::Done)
}

/// `XSETID key last-id [ENTRIESADDED number] [MAXDELETEDID id]`
pub fn xsetid(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let id = ids::strict(args.at(2))?;
    let (mut added, mut max_deleted) = (None, None);
    let mut at = 3;
    while at < args.len() {
        let (word, value) = (args.at(at), args.get(at + 1));
        match value {
            Some(value) if is(word, "entriesadded") => {
                added = Some(u64::try_from(int(value)?).map_err(|_| texts::ADDED_NEGATIVE)?);
            }
            Some(value) if is(word, "maxdeletedid") => {
                let deleted = ids::strict(value)?;
                if id < deleted {
                    return Err(texts::SETID_BELOW_GIVEN);
                }
                max_deleted = Some(deleted);
            }
            _ => return Err(errors::SYNTAX),
        }
        at += 2;
    }
    let key = args.at(1);
    let stream = edit::<Stream>(&mut cx.srv.keys, cx.db, key, cx.now)?.ok_or(errors::NO_SUCH_KEY)?;
    if id < stream.totals().max_deleted_id {
        return Err(texts::SETID_BELOW_DELETED);
    }
    if !stream.is_empty() {
        if stream.top_id().is_some_and(|top| id < top) {
            return Err(texts::SETID_BELOW_TOP);
        }
        if added.is_some_and(|added| added < stream.len()) {
            return Err(texts::SETID_ADDED);
        }
    }
    stream.set_ids(id, added, max_deleted.filter(|id| !id.is_zero()));
    cx.srv.persist.dirty += 1;
    cx.notify(key, Class::STREAM, "xsetid");
    cx.out.ok();
    Ok(Outcome::Done)
}
