//! An entry as the commands that make it: the base of an append-only file with `aof-use-rdb-preamble no`.
//!
//! | type | commands |
//! |---|---|
//! | string | `SET` |
//! | list, set, hash, sorted set | `RPUSH`, `SADD`, `HMSET`, `ZADD`, at most [`ITEMS`] elements each |
//! | stream | `XADD` for each entry, `XSETID`, then its groups: `XGROUP CREATE`, `XGROUP CREATECONSUMER` for who has nothing pending, `XCLAIM` for each pending entry |
//!
//! An expiry follows as `PEXPIREAT`. A stream without entries is made by an `XADD` that trims itself away. One
//! command is gathered at a time, so the memory this takes is that of the largest command.
//!
//! Deviation: scores stand in their shortest form, where Redis prints 17 digits; both read as the same number.
//!
//! Source: Redis 7.2.4 `rewriteAppendOnlyFileRio` and the functions it calls.

use std::io;

use crate::base::num::{IntBuf, fmt_i64, fmt_u64, push_f64, push_i64};
use crate::ds::listpack::Entry as Element;
use crate::ds::stream_id::IdBuf;
use crate::object::stream::{Group, StreamId};
use crate::object::{Entry, Stream, Value, ValueRef};
use crate::resp::request::push_request;

use super::bytesio::Sink;

/// Elements of one command; AOF_REWRITE_ITEMS_PER_CMD.
pub const ITEMS: usize = 64;

/// Writes `SELECT`.
///
/// # Errors
/// Those of the sink, here and below.
pub fn select<W: Sink>(db: usize, out: &mut W) -> io::Result<()> {
    command(out, &[b"SELECT", fmt_u64(db as u64, &mut IntBuf::new())])
}

/// Writes the commands that make an entry, expiry included.
///
/// # Errors
/// Those of the sink.
pub fn entry<W: Sink>(entry: &Entry, out: &mut W) -> io::Result<()> {
    let key = entry.key();
    match entry.value() {
        ValueRef::Int(number) => command(out, &[b"SET", key, fmt_i64(number, &mut IntBuf::new())])?,
        ValueRef::Str(text) => command(out, &[b"SET", key, text])?,
        ValueRef::Obj(Value::List(list)) => {
            let mut batch = Batch::new(out, b"RPUSH", key, 1, list.len());
            let mut result = Ok(());
            list.walk(0, false, |element| {
                result = batch.element(element);
                result.is_ok()
            });
            result?;
        }
        ValueRef::Obj(Value::Set(set)) => {
            let mut batch = Batch::new(out, b"SADD", key, 1, set.len());
            set.iter().try_for_each(|member| batch.element(member))?;
        }
        ValueRef::Obj(Value::Hash(hash)) => {
            let mut batch = Batch::new(out, b"HMSET", key, 2, hash.len());
            for (field, value) in hash.iter() {
                batch.element(field)?;
                batch.element(value)?;
            }
        }
        ValueRef::Obj(Value::Zset(zset)) => {
            let mut batch = Batch::new(out, b"ZADD", key, 2, zset.len());
            let mut score_text = Vec::new();
            for (member, score) in zset.iter() {
                score_text.clear();
                push_f64(&mut score_text, score);
                batch.text(&score_text)?;
                batch.element(member)?;
            }
        }
        ValueRef::Obj(Value::Stream(value)) => stream(key, value, out)?,
    }
    match entry.expire() {
        Some(at) => command(out, &[b"PEXPIREAT", key, fmt_i64(at, &mut IntBuf::new())]),
        None => Ok(()),
    }
}

fn command<W: Sink>(out: &mut W, args: &[&[u8]]) -> io::Result<()> {
    let mut bytes = Vec::new();
    push_request(&mut bytes, args);
    out.put(&bytes)
}

/// Gathers elements into commands of at most [`ITEMS`] of them.
struct Batch<'a, W: Sink> {
    out: &'a mut W,
    name: &'a [u8],
    key: &'a [u8],
    /// Arguments an element takes.
    width: usize,
    /// Arguments that are still to come, of all and of the command being gathered.
    left: usize,
    open: usize,
    bytes: Vec<u8>,
}

impl<'a, W: Sink> Batch<'a, W> {
    fn new(out: &'a mut W, name: &'a [u8], key: &'a [u8], width: usize, elements: usize) -> Batch<'a, W> {
        Batch { out, name, key, width, left: elements * width, open: 0, bytes: Vec::new() }
    }

    fn element(&mut self, element: Element<'_>) -> io::Result<()> {
        self.text(element.text(&mut IntBuf::new()))
    }

    fn text(&mut self, text: &[u8]) -> io::Result<()> {
        if self.open == 0 {
            self.open = self.left.min(ITEMS * self.width);
            header(&mut self.bytes, b'*', 2 + self.open);
            bulk(&mut self.bytes, self.name);
            bulk(&mut self.bytes, self.key);
        }
        bulk(&mut self.bytes, text);
        self.left -= 1;
        self.open -= 1;
        if self.open == 0 {
            self.out.put(&self.bytes)?;
            self.bytes.clear();
        }
        Ok(())
    }
}

fn header(out: &mut Vec<u8>, mark: u8, number: usize) {
    out.push(mark);
    push_i64(out, number as i64);
    out.extend_from_slice(b"\r\n");
}

fn bulk(out: &mut Vec<u8>, text: &[u8]) {
    header(out, b'$', text.len());
    out.extend_from_slice(text);
    out.extend_from_slice(b"\r\n");
}

fn stream<W: Sink>(key: &[u8], stream: &Stream, out: &mut W) -> io::Result<()> {
    let mut bytes = Vec::new();
    for item in stream.range(StreamId::MIN, StreamId::MAX) {
        bytes.clear();
        header(&mut bytes, b'*', 3 + 2 * item.len());
        bulk(&mut bytes, b"XADD");
        bulk(&mut bytes, key);
        bulk(&mut bytes, item.id.text(&mut IdBuf::default()));
        for (field, value) in item.pairs() {
            bulk(&mut bytes, field.text(&mut IntBuf::new()));
            bulk(&mut bytes, value.text(&mut IntBuf::new()));
        }
        out.put(&bytes)?;
    }
    if stream.is_empty() {
        command(out, &[b"XADD", key, b"MAXLEN", b"0", b"0-1", b"x", b"y"])?;
    }
    let totals = stream.totals();
    command(
        out,
        &[
            b"XSETID",
            key,
            totals.last_id.text(&mut IdBuf::default()),
            b"ENTRIESADDED",
            fmt_u64(totals.entries_added, &mut IntBuf::new()),
            b"MAXDELETEDID",
            totals.max_deleted_id.text(&mut IdBuf::default()),
        ],
    )?;
    stream.groups.iter().try_for_each(|(name, of)| group(key, name, of, out))
}

fn group<W: Sink>(key: &[u8], name: &[u8], group: &Group, out: &mut W) -> io::Result<()> {
    command(
        out,
        &[
            b"XGROUP",
            b"CREATE",
            key,
            name,
            group.last_id.text(&mut IdBuf::default()),
            b"ENTRIESREAD",
            fmt_i64(group.entries_read, &mut IntBuf::new()),
        ],
    )?;
    for (_, consumer) in group.consumers() {
        if consumer.pending_len() == 0 {
            command(out, &[b"XGROUP", b"CREATECONSUMER", key, name, consumer.name()])?;
        }
        for id in consumer.pending_from(StreamId::MIN) {
            let Some(record) = group.pending(id) else { continue };
            command(
                out,
                &[
                    b"XCLAIM",
                    key,
                    name,
                    consumer.name(),
                    b"0",
                    id.text(&mut IdBuf::default()),
                    b"TIME",
                    fmt_i64(record.delivered_ms, &mut IntBuf::new()),
                    b"RETRYCOUNT",
                    fmt_u64(record.deliveries, &mut IntBuf::new()),
                    b"JUSTID",
                    b"FORCE",
                ],
            )?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
