//! Streams: entries in order, and groups of consumers that read them.
//!
//! | file | commands |
//! |---|---|
//! | `add.rs` | XADD XTRIM XSETID |
//! | `range.rs` | XRANGE XREVRANGE XLEN XDEL |
//! | `read.rs` | XREAD XREADGROUP |
//! | `group.rs` | XGROUP XACK XPENDING |
//! | `claim.rs` | XCLAIM XAUTOCLAIM |
//! | `info.rs` | XINFO |
//! | `ids.rs`, `texts.rs` | ids as arguments; error texts |
//!
//! How entries and groups are stored is `object::stream`. What travels: XADD with the id it gave and the length
//! it left, so that a replica trims no more and no less; what changes a group by reading or claiming as XCLAIM of
//! each entry (`Record`), or as XGROUP SETID where no entry becomes pending.
//!
//! Commands that change a group only (and XSETID) leave watchers of the key alone, as Redis does: only what
//! changes entries touches the key.
//!
//! Source: Redis 7.2.4 `t_stream.c`.

mod add;
mod claim;
mod group;
mod ids;
mod info;
mod range;
mod read;
mod texts;

use crate::base::num::{IntBuf, fmt_i64, fmt_u64};
use crate::cmd::{container, specs};
use crate::core::ctx::Ctx;
use crate::core::propagate::{self, Propagation};
use crate::core::table::Row;
use crate::ds::listpack;
use crate::object::stream::{Group, IdBuf, Item, Pending, StreamId};
use crate::resp::reply::Reply;
use crate::resp::request::Args;

/// The family's rows.
pub const ROWS: &[Row] = &[
    Row::new(specs::stream::XADD, add::xadd),
    Row::new(specs::stream::XTRIM, add::xtrim),
    Row::new(specs::stream::XSETID, add::xsetid),
    Row::new(specs::stream::XRANGE, range::xrange),
    Row::new(specs::stream::XREVRANGE, range::xrevrange),
    Row::new(specs::stream::XLEN, range::xlen),
    Row::new(specs::stream::XDEL, range::xdel),
    Row::new(specs::stream::XREAD, read::xread),
    Row::new(specs::stream::XREADGROUP, read::xreadgroup),
    Row::new(specs::stream::XACK, group::xack),
    Row::new(specs::stream::XPENDING, group::xpending),
    Row::new(specs::stream::XCLAIM, claim::xclaim),
    Row::new(specs::stream::XAUTOCLAIM, claim::xautoclaim),
    Row::group(
        specs::stream::XGROUP,
        container,
        &[
            Row::new(specs::stream::XGROUP_CREATE, group::create),
            Row::new(specs::stream::XGROUP_CREATECONSUMER, group::create_consumer),
            Row::new(specs::stream::XGROUP_DELCONSUMER, group::del_consumer),
            Row::new(specs::stream::XGROUP_DESTROY, group::destroy),
            Row::new(specs::stream::XGROUP_HELP, group::help),
            Row::new(specs::stream::XGROUP_SETID, group::set_id),
        ],
    ),
    Row::group(
        specs::stream::XINFO,
        container,
        &[
            Row::new(specs::stream::XINFO_CONSUMERS, info::consumers),
            Row::new(specs::stream::XINFO_GROUPS, info::groups),
            Row::new(specs::stream::XINFO_HELP, info::help),
            Row::new(specs::stream::XINFO_STREAM, info::stream),
        ],
    ),
];

/// Replies an id.
#[inline]
fn reply_id(out: &mut Reply, id: StreamId) {
    out.bulk(id.text(&mut IdBuf::default()));
}

#[inline]
fn reply_text(out: &mut Reply, text: listpack::Entry<'_>) {
    match text {
        listpack::Entry::Str(text) => out.bulk(text),
        listpack::Entry::Int(number) => out.bulk_int(number),
    }
}

/// Replies an entry: its id, and fields and values in one array.
fn reply_item(out: &mut Reply, item: &Item<'_>) {
    out.array(2);
    reply_id(out, item.id);
    out.array(item.len() * 2);
    for (field, value) in item.pairs() {
        reply_text(out, field);
        reply_text(out, value);
    }
}

/// Replies entries as an array, `count` at most, 0 for all.
fn reply_items<'a>(out: &mut Reply, items: impl Iterator<Item = Item<'a>>, count: u64) {
    let mark = out.defer();
    let (most, mut shown) = (if count == 0 { u64::MAX } else { count }, 0);
    for item in items {
        reply_item(out, &item);
        shown += 1;
        if shown == most {
            break;
        }
    }
    out.close_array(mark, shown as usize);
}

/// The request with some arguments replaced, given by their place in rising order, travels in its stead.
fn record_with(cx: &mut Ctx<'_>, args: Args<'_>, changes: &[(usize, &[u8])]) {
    if !propagate::wanted(cx.srv) {
        return;
    }
    let mut words: Vec<&[u8]> = args.iter().collect();
    for (at, word) in changes {
        words[*at] = word;
    }
    cx.record_as(&words);
}

/// Tells replicas what became of a group, entry by entry, while its stream is borrowed.
struct Record<'a> {
    prop: &'a mut Propagation,
    wanted: bool,
    db: usize,
    key: &'a [u8],
    group: &'a [u8],
}

impl Record<'_> {
    fn send(&mut self, words: &[&[u8]]) {
        if self.wanted {
            propagate::also(self.prop, self.db, words);
        }
    }

    /// An entry is pending, as its record says; its consumer is `consumer`. `id` is as the client wrote it.
    fn claim(&mut self, id: &[u8], record: &Pending, consumer: &[u8], last_id: StreamId) {
        if !self.wanted {
            return;
        }
        let (mut time, mut count) = (IntBuf::new(), IntBuf::new());
        let mut last = IdBuf::default();
        let (key, group) = (self.key, self.group);
        self.send(&[
            b"XCLAIM",
            key,
            group,
            consumer,
            b"0",
            id,
            b"TIME",
            fmt_i64(record.delivered_ms, &mut time),
            b"RETRYCOUNT",
            fmt_u64(record.deliveries, &mut count),
            b"FORCE",
            b"JUSTID",
            b"LASTID",
            last_id.text(&mut last),
        ]);
    }

    /// The group got on without an entry becoming pending.
    fn group_id(&mut self, group: &Group) {
        let (key, name) = (self.key, self.group);
        let (mut id, mut reads) = (IdBuf::default(), IntBuf::new());
        let (id, reads) = (group.last_id.text(&mut id), fmt_i64(group.entries_read, &mut reads));
        self.send(&[b"XGROUP", b"SETID", key, name, id, b"ENTRIESREAD", reads]);
    }

    /// A consumer came into being.
    fn consumer(&mut self, name: &[u8]) {
        let (key, group) = (self.key, self.group);
        self.send(&[b"XGROUP", b"CREATECONSUMER", key, group, name]);
    }
}

#[cfg(test)]
mod tests;
