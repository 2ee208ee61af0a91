//! XINFO: what a stream, its groups and their consumers are like.
//!
//! Source: Redis 7.2.4 `xinfoCommand`, `xinfoReplyWithStreamInfo`.

use crate::cmd::args::{int, is};
use crate::cmd::limits::read;
use crate::core::ctx::{Ctx, Outcome};
use crate::object::stream::{Consumer, Group, Pending, Stream, StreamId, UNKNOWN_READS};
use crate::resp::errors::{self, CmdError};
use crate::resp::reply::Reply;
use crate::resp::request::Args;

use super::{reply_id, reply_item, reply_items, texts};

const HELP: &[&str] = &[
    "CONSUMERS <key> <groupname>",
    "    Show consumers of <groupname>.",
    "GROUPS <key>",
    "    Show the stream consumer groups.",
    "STREAM <key> [FULL [COUNT <count>]",
    "    Show information about the stream.",
];

/// Entries, and pending entries of each group and consumer, that FULL shows without COUNT.
const FULL_COUNT: u64 = 10;

/// `XINFO HELP`
pub fn help(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.help(b"xinfo", HELP);
    Ok(Outcome::Done)
}

fn lookup<'a>(cx: &'a mut Ctx<'_>, key: &[u8]) -> Result<(&'a mut Reply, &'a Stream), CmdError> {
    let stream = read::<Stream>(&mut cx.srv.keys, cx.db, key, cx.now)?.ok_or(errors::NO_SUCH_KEY)?;
    Ok((cx.out, stream))
}

fn number(out: &mut Reply, name: &str, value: u64) {
    out.bulk(name.as_bytes());
    out.int(value.cast_signed());
}

fn id(out: &mut Reply, name: &str, value: StreamId) {
    out.bulk(name.as_bytes());
    reply_id(out, value);
}

/// `XINFO CONSUMERS key group`
pub fn consumers(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (key, name, now) = (args.at(2), args.at(3), cx.now);
    let (out, stream) = lookup(cx, key)?;
    let group = stream.groups.get(name).ok_or_else(|| texts::no_group(key, name))?;
    out.array(group.consumers().len());
    for (_, consumer) in group.consumers() {
        let inactive = match consumer.active_ms() {
            -1 => -1,
            active => now.wrapping_sub(active),
        };
        out.map(4);
        out.bulk(b"name");
        out.bulk(consumer.name());
        number(out, "pending", consumer.pending_len() as u64);
        number(out, "idle", now.wrapping_sub(consumer.seen_ms()).max(0).unsigned_abs());
        out.bulk(b"inactive");
        out.int(inactive);
    }
    Ok(Outcome::Done)
}

/// `XINFO GROUPS key`
pub fn groups(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (out, stream) = lookup(cx, args.at(2))?;
    out.array(stream.groups.len());
    for (name, group) in &stream.groups {
        out.map(6);
        out.bulk(b"name");
        out.bulk(name);
        number(out, "consumers", group.consumers().len() as u64);
        number(out, "pending", group.pending_len() as u64);
        progress(out, stream, group);
    }
    Ok(Outcome::Done)
}

/// Three pairs: how far a group has come.
fn progress(out: &mut Reply, stream: &Stream, group: &Group) {
    let known = |out: &mut Reply, count: Option<i64>| match count {
        Some(count) => out.int(count),
        None => out.null(),
    };
    id(out, "last-delivered-id", group.last_id);
    out.bulk(b"entries-read");
    known(out, Some(group.entries_read).filter(|reads| *reads != UNKNOWN_READS));
    out.bulk(b"lag");
    known(out, stream.lag(group));
}

/// `XINFO STREAM key [FULL [COUNT count]]`
pub fn stream(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (out, stream) = lookup(cx, args.at(2))?;
    let count = match args.len() {
        3 => None,
        4 | 6 if is(args.at(3), "full") => match args.get(5) {
            None => Some(FULL_COUNT),
            Some(count) if is(args.at(4), "count") => Some(u64::try_from(int(count)?).unwrap_or(FULL_COUNT)),
            Some(_) => return Err(errors::subcommand_syntax(b"xinfo", args.at(1))),
        },
        _ => return Err(errors::subcommand_syntax(b"xinfo", args.at(1))),
    };
    out.map(if count.is_some() { 9 } else { 10 });
    let (totals, (keys, nodes)) = (stream.totals(), stream.radix_sizes());
    number(out, "length", totals.len);
    number(out, "radix-tree-keys", keys);
    number(out, "radix-tree-nodes", nodes);
    id(out, "last-generated-id", totals.last_id);
    id(out, "max-deleted-entry-id", totals.max_deleted_id);
    number(out, "entries-added", totals.entries_added);
    id(out, "recorded-first-entry-id", totals.first_id);
    match count {
        None => {
            number(out, "groups", stream.groups.len() as u64);
            ends(out, stream);
        }
        Some(count) => full(out, stream, count),
    }
    Ok(Outcome::Done)
}

/// The first entry and the last one.
fn ends(out: &mut Reply, stream: &Stream) {
    let first = stream.range(StreamId::MIN, StreamId::MAX).next();
    let last = stream.range_back(StreamId::MIN, StreamId::MAX).next();
    for (name, item) in [("first-entry", first), ("last-entry", last)] {
        out.bulk(name.as_bytes());
        match item {
            Some(item) => reply_item(out, &item),
            None => out.null(),
        }
    }
}

/// Entries and groups, `count` of each, 0 for all.
fn full(out: &mut Reply, stream: &Stream, count: u64) {
    out.bulk(b"entries");
    reply_items(out, stream.range(StreamId::MIN, StreamId::MAX), count);
    out.bulk(b"groups");
    out.array(stream.groups.len());
    let most = if count == 0 { usize::MAX } else { usize::try_from(count).unwrap_or(usize::MAX) };
    for (name, group) in &stream.groups {
        out.map(7);
        out.bulk(b"name");
        out.bulk(name);
        progress(out, stream, group);
        number(out, "pel-count", group.pending_len() as u64);
        out.bulk(b"pending");
        out.array(group.pending_len().min(most));
        for (id, record) in group.pending_from(StreamId::MIN).take(most) {
            let owner = group.consumer(record.consumer);
            delivery(out, id, Some(owner.name()), &record);
        }
        out.bulk(b"consumers");
        out.array(group.consumers().len());
        for (_, consumer) in group.consumers() {
            full_consumer(out, group, consumer, most);
        }
    }
}

fn full_consumer(out: &mut Reply, group: &Group, consumer: &Consumer, most: usize) {
    out.map(5);
    out.bulk(b"name");
    out.bulk(consumer.name());
    out.bulk(b"seen-time");
    out.int(consumer.seen_ms());
    out.bulk(b"active-time");
    out.int(consumer.active_ms());
    number(out, "pel-count", consumer.pending_len() as u64);
    out.bulk(b"pending");
    out.array(consumer.pending_len().min(most));
    let records = consumer.pending_from(StreamId::MIN).filter_map(|id| Some((id, group.pending(id)?)));
    for (id, record) in records.take(most) {
        delivery(out, id, None, &record);
    }
}

/// A pending entry, with its owner's name in the list of the group.
fn delivery(out: &mut Reply, id: StreamId, owner: Option<&[u8]>, record: &Pending) {
    out.array(if owner.is_some() { 4 } else { 3 });
    reply_id(out, id);
    if let Some(owner) = owner {
        out.bulk(owner);
    }
    out.int(record.delivered_ms);
    out.int(record.deliveries.cast_signed());
}
