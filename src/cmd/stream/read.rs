//! XREAD and XREADGROUP.
//!
//! Both look twice: first whether keys, groups and ids are as they should be, so that a command that fails has
//! changed nothing, then for entries. A group's reader with `>` gets what nobody in the group has got; with an id
//! it gets its own pending entries again.
//!
//! XREADGROUP never travels itself: each entry that becomes pending travels as XCLAIM, with NOACK the group's
//! new position as XGROUP SETID and a new consumer as XGROUP CREATECONSUMER. (Without NOACK the XCLAIM makes the
//! consumer; one that got nothing stays unknown to replicas, as in Redis.)
//!
//! Who waits runs again when one of the keys gets an entry, and a group's reader also when key or group go: then
//! it fails as it would have from the start.
//!
//! Source: Redis 7.2.4 `xreadCommand`, `streamReplyWithRange`, `streamReplyWithRangeFromConsumerPEL`.

use crate::base::clock::Millis;
use crate::cmd::args::{int, is};
use crate::cmd::limits::{of_entry, read};
use crate::core::ctx::{Ctx, Outcome};
use crate::core::propagate;
use crate::keyspace::{Class, Look};
use crate::object::stream::{ConsumerId, Group, IdBuf, Pending, Stream, StreamId};
use crate::resp::errors::{self, CmdError};
use crate::resp::reply::Reply;
use crate::resp::request::{Args, OwnedArgs};
use crate::state::blocked::{Awaits, deadline_ms};

use super::{Record, ids, reply_id, reply_item, reply_items, texts};

/// The request, read.
struct Request<'a> {
    /// All of it.
    args: Args<'a>,
    /// Until when to wait, `None` inside for ever; `None` does not wait.
    block: Option<Option<Millis>>,
    /// Entries of each key, 0 for all.
    count: u64,
    /// Group and consumer.
    group: Option<(&'a [u8], &'a [u8])>,
    noack: bool,
    keys: Args<'a>,
    ids: Args<'a>,
}

impl<'a> Request<'a> {
    fn parse(cx: &Ctx<'_>, args: Args<'a>, in_group: bool) -> Result<Self, CmdError> {
        let none = args.tail(args.len());
        let mut request =
            Request { args, block: None, count: 0, group: None, noack: false, keys: none, ids: none };
        let (mut at, mut found) = (1, false);
        while at < args.len() && !found {
            let (word, more) = (args.at(at), args.len() - at - 1);
            if is(word, "block") && more > 0 {
                at += 1;
                request.block = Some(deadline_ms(args.at(at), cx.now)?);
            } else if is(word, "count") && more > 0 {
                at += 1;
                request.count = u64::try_from(int(args.at(at))?).unwrap_or(0);
            } else if is(word, "streams") && more > 0 {
                if !more.is_multiple_of(2) {
                    return Err(texts::unbalanced(cx.cmd.name, if in_group { ">" } else { "$" }));
                }
                request.keys = args.tail(at + 1);
                request.ids = args.tail(at + 1 + more / 2);
                found = true;
            } else if is(word, "group") && more > 1 {
                if !in_group {
                    return Err(texts::GROUP_IN_XREAD);
                }
                request.group = Some((args.at(at + 1), args.at(at + 2)));
                at += 2;
            } else if is(word, "noack") {
                if !in_group {
                    return Err(texts::NOACK_IN_XREAD);
                }
                request.noack = true;
            } else {
                return Err(errors::SYNTAX);
            }
            at += 1;
        }
        if !found {
            return Err(errors::SYNTAX);
        }
        if in_group && request.group.is_none() {
            return Err(texts::GROUP_MISSING);
        }
        Ok(request)
    }

    fn key(&self, i: usize) -> &'a [u8] {
        self.keys.at(i)
    }
}

/// `XREAD [COUNT count] [BLOCK ms] STREAMS key [key …] id [id …]`
pub fn xread(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let request = Request::parse(cx, args, false)?;
    let after = starts(cx, &request)?;
    serve(cx, &request, &after)
}

/// `XREADGROUP GROUP group consumer [COUNT count] [BLOCK ms] [NOACK] STREAMS key [key …] id [id …]`
pub fn xreadgroup(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let request = Request::parse(cx, args, true)?;
    let after = starts(cx, &request)?;
    cx.record_nothing();
    serve(cx, &request, &after)
}

/// The ids behind which entries are asked for, [`StreamId::MAX`] for a group's new ones. Looks each key up and
/// finds what is wrong with it.
fn starts(cx: &mut Ctx<'_>, request: &Request<'_>) -> Result<Vec<StreamId>, CmdError> {
    let mut after = Vec::with_capacity(request.ids.len());
    for (i, id) in request.ids.iter().enumerate() {
        let key = request.key(i);
        let stream = read::<Stream>(&mut cx.srv.keys, cx.db, key, cx.now)?;
        if let Some((group, _)) = request.group
            && stream.is_none_or(|stream| !stream.groups.contains_key(group))
        {
            return Err(texts::no_group_to_read(key, group));
        }
        after.push(match (id, request.group.is_some()) {
            (b"$", true) => return Err(texts::DOLLAR_IN_GROUP),
            (b"$", false) => stream.map_or(StreamId::MIN, Stream::last_id),
            (b">", false) => return Err(texts::GREATER_IN_XREAD),
            (b">", true) => StreamId::MAX,
            _ => ids::strict(id)?,
        });
    }
    Ok(after)
}

/// Replies what there is; waits, or replies null, when there is nothing.
fn serve(cx: &mut Ctx<'_>, request: &Request<'_>, after: &[StreamId]) -> Result<Outcome, CmdError> {
    let mark = cx.out.defer();
    let mut served = 0;
    for (i, id) in after.iter().enumerate() {
        served += usize::from(match request.group {
            None => plain(cx, request, i, *id)?,
            Some(names) => for_group(cx, request, names, i, *id)?,
        });
    }
    if served == 0 {
        return Ok(wait(cx, request, after));
    }
    if cx.out.resp3 {
        cx.out.close_map(mark, served);
    } else {
        cx.out.close_array(mark, served);
    }
    Ok(Outcome::Done)
}

fn reply_head(out: &mut Reply, key: &[u8]) {
    if !out.resp3 {
        out.array(2);
    }
    out.bulk(key);
}

/// XREAD of one key: whether there was something.
fn plain(cx: &mut Ctx<'_>, request: &Request<'_>, i: usize, after: StreamId) -> Result<bool, CmdError> {
    let key = request.key(i);
    let stream = read::<Stream>(&mut cx.srv.keys, cx.db, key, cx.now)?;
    let Some((stream, start)) = stream.zip(after.next()) else { return Ok(false) };
    if stream.last_id() < start || stream.top_id().is_none_or(|top| top < start) {
        return Ok(false);
    }
    reply_head(cx.out, key);
    reply_items(cx.out, stream.range(start, StreamId::MAX), request.count);
    Ok(true)
}

/// XREADGROUP of one key: whether something was replied.
fn for_group(
    cx: &mut Ctx<'_>,
    request: &Request<'_>,
    (group, consumer): (&[u8], &[u8]),
    i: usize,
    after: StreamId,
) -> Result<bool, CmdError> {
    let (key, now) = (request.key(i), cx.now);
    let wanted = propagate::wanted(cx.srv);
    let (mut created, mut replied) = (false, false);
    {
        let (out, db, srv) = (&mut *cx.out, cx.db, &mut *cx.srv);
        let Some(entry) = srv.keys.read_entry(db, key, Look::NONE, now) else { return Ok(false) };
        of_entry::<Stream>(entry)?;
        let Some(stream) = entry.value_mut().and_then(<Stream as crate::cmd::limits::Kind>::of_mut) else {
            return Ok(false);
        };
        let mut record = Record { prop: &mut srv.prop, wanted, db, key, group };
        stream.with_group(group, |stream, group| {
            let new = after == StreamId::MAX && stream.top_id().is_some_and(|top| top > group.last_id);
            let found = group.find(consumer);
            let Some(own) = found.or_else(|| group.create(consumer, now)) else { return };
            created = found.is_none();
            if created && request.noack {
                record.consumer(consumer);
            }
            group.seen(own, now);
            replied = new || after != StreamId::MAX;
            if replied {
                reply_head(out, key);
            }
            if after != StreamId::MAX {
                history(out, stream, group, own, (after, request.count), now);
            } else if new {
                let reader = Reader { own, name: consumer, now, noack: request.noack, count: request.count };
                reader.deliver(out, stream, group, &mut record);
            }
        });
    }
    cx.srv.persist.dirty += u64::from(created) + u64::from(replied);
    if created {
        cx.notify(key, Class::STREAM, "xgroup-createconsumer");
    }
    Ok(replied)
}

/// Replies the consumer's pending entries behind an id, and counts the delivery; those that are gone from the
/// stream have null for fields.
fn history(
    out: &mut Reply,
    stream: &Stream,
    group: &mut Group,
    own: ConsumerId,
    (after, count): (StreamId, u64),
    now: Millis,
) {
    let start = after.next().unwrap_or(StreamId::MIN);
    let most = if count == 0 { usize::MAX } else { usize::try_from(count).unwrap_or(usize::MAX) };
    let pending: Vec<StreamId> = group.consumer(own).pending_from(start).take(most).collect();
    out.array(pending.len());
    for id in pending {
        match stream.get(id) {
            Some(item) => {
                reply_item(out, &item);
                group.redeliver(id, now);
            }
            None => {
                out.array(2);
                reply_id(out, id);
                out.null_array();
            }
        }
    }
}

/// One who gets a group's new entries.
struct Reader<'a> {
    own: ConsumerId,
    name: &'a [u8],
    now: Millis,
    noack: bool,
    count: u64,
}

impl Reader<'_> {
    /// Replies what nobody in the group has got, and notes that it is pending now.
    fn deliver(&self, out: &mut Reply, stream: &Stream, group: &mut Group, record: &mut Record<'_>) {
        let mark = out.defer();
        let start = group.last_id.next().unwrap_or(StreamId::MIN);
        let (most, mut shown) = (if self.count == 0 { u64::MAX } else { self.count }, 0);
        let (mut moved, mut id) = (false, IdBuf::default());
        for item in stream.range(start, StreamId::MAX) {
            if item.id > group.last_id {
                group.entries_read = stream.next_reads(group.entries_read, item.id);
                group.last_id = item.id;
                moved = true;
            }
            reply_item(out, &item);
            if !self.noack {
                let pending = Pending { delivered_ms: self.now, deliveries: 1, consumer: self.own };
                group.assign(item.id, pending);
                let id = item.id.text(&mut id);
                record.claim(id, &pending, self.name, group.last_id);
            }
            shown += 1;
            if shown == most {
                break;
            }
        }
        if shown > 0 && !self.noack {
            group.active(self.own, self.now);
        }
        if moved && self.noack {
            record.group_id(group);
        }
        out.close_array(mark, shown as usize);
    }
}

/// Nothing to reply: parks the client if it may wait. When it runs again, `$` must not mean what came meanwhile.
fn wait(cx: &mut Ctx<'_>, request: &Request<'_>, after: &[StreamId]) -> Outcome {
    let Some(deadline) = request.block else {
        cx.out.null_array();
        return Outcome::Done;
    };
    if cx.may_block() && request.ids.iter().any(|id| id == b"$") {
        let mut words: Vec<Vec<u8>> = request.args.iter().map(<[u8]>::to_vec).collect();
        let ids_at = words.len() - after.len();
        for (word, id) in words[ids_at..].iter_mut().zip(after).filter(|(word, _)| *word == b"$") {
            *word = id.to_string().into_bytes();
        }
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        cx.srv.blocked.rerun_args = Some(OwnedArgs::from_slices(&words));
    }
    let keys = request.keys.iter().take(after.len());
    cx.block_on_keys(Awaits::Stream, keys, deadline, request.group.is_some())
}
