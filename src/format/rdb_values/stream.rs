//! Streams in RDB files: types 15, 19 and 21, each with a little more than the one before.
//!
//! ```text
//! count, then a node each: id as a string of 16 bytes, listpack as a string
//! entries, last id; from 19 on: first id, largest deleted id, entries added
//! count, then a group each:
//!     name, last id; from 19 on: entries read
//!     count, then a pending entry each: id (16 bytes), time of delivery (8 bytes), deliveries
//!     count, then a consumer each:
//!         name, seen (8 bytes); with 21: active (8 bytes)
//!         count, then the id (16 bytes) of each of its pending entries
//! ```
//!
//! An id outside of the fixed sixteen bytes is two lengths. Type 15 is written under version 9, 19 under
//! version 10 and 21 under version 11, as Redis 6.2, 7.0 and 7.2 do. What 19 cannot say, when a consumer was last active, reads as when it
//! was last seen.
//!
//! Everything is checked: nodes in every element, the number of entries, that each pending entry has one
//! consumer and each consumer's entry a record.
//!
//! Source: Redis 7.2.4 `rdbSaveObject`, `rdbLoadObject`. Deviation: all of that is checked always, not only
//! under `sanitize-dump-payload`.

use std::io;

use super::Source;
use crate::ds::stream_node::StreamNode;
use crate::format::bytesio::Sink;
use crate::format::rdb::{WRITE_VERSION, kind};
use crate::format::rdb_error::{ErrorKind, Fault};
use crate::format::rdb_write::Strings;
use crate::object::Stream;
use crate::object::stream::{Consumer, Group, Pending, StreamId, Totals};

/// The version from which on type 21 is written.
pub const ACTIVE_TIME_VERSION: u16 = 11;

fn damaged<T>(complaint: &'static str) -> Result<T, Fault> {
    Err(Fault::new(ErrorKind::Damaged(complaint)))
}

/// The type id under which streams are written in files of a version.
pub fn kind_of(version: u16) -> u8 {
    match version {
        ACTIVE_TIME_VERSION.. => kind::STREAM_3,
        WRITE_VERSION => kind::STREAM_2,
        _ => kind::STREAM,
    }
}

fn write_id<W: Sink>(id: StreamId, out: &mut Strings<W>) -> io::Result<()> {
    out.len(id.ms)?;
    out.len(id.seq)
}

/// Writes the stream that follows the id [`kind_of`].
///
/// # Errors
/// Those of the sink.
pub fn write<W: Sink>(stream: &Stream, version: u16, out: &mut Strings<W>) -> io::Result<()> {
    out.len(stream.node_count() as u64)?;
    for (id, node) in stream.nodes() {
        out.text(&id.to_bytes())?;
        out.text(node.as_bytes())?;
    }
    let totals = stream.totals();
    out.len(totals.len)?;
    write_id(totals.last_id, out)?;
    if version >= WRITE_VERSION {
        write_id(totals.first_id, out)?;
        write_id(totals.max_deleted_id, out)?;
        out.len(totals.entries_added)?;
    }
    out.len(stream.groups.len() as u64)?;
    for (name, group) in &stream.groups {
        out.text(name)?;
        write_id(group.last_id, out)?;
        if version >= WRITE_VERSION {
            out.len(group.entries_read.cast_unsigned())?;
        }
        out.len(group.pending_len() as u64)?;
        for (id, record) in group.pending_from(StreamId::MIN) {
            out.put(&id.to_bytes())?;
            out.put(&record.delivered_ms.to_le_bytes())?;
            out.len(record.deliveries)?;
        }
        out.len(group.consumers().len() as u64)?;
        for (_, consumer) in group.consumers() {
            write_consumer(consumer, version, out)?;
        }
    }
    Ok(())
}

fn write_consumer<W: Sink>(consumer: &Consumer, version: u16, out: &mut Strings<W>) -> io::Result<()> {
    out.text(consumer.name())?;
    out.put(&consumer.seen_ms().to_le_bytes())?;
    if version >= ACTIVE_TIME_VERSION {
        out.put(&consumer.active_ms().to_le_bytes())?;
    }
    out.len(consumer.pending_len() as u64)?;
    for id in consumer.pending_from(StreamId::MIN) {
        out.put(&id.to_bytes())?;
    }
    Ok(())
}

fn read_id(from: &mut Source<'_>) -> Result<StreamId, Fault> {
    Ok(StreamId { ms: from.number()?, seq: from.number()? })
}

fn raw_id(from: &mut Source<'_>) -> Result<StreamId, Fault> {
    from.fixed().map(StreamId::from_bytes)
}

fn time(from: &mut Source<'_>) -> Result<i64, Fault> {
    from.fixed().map(i64::from_le_bytes)
}

/// Reads the value of a stream written under type 15, 19 or 21.
///
/// # Errors
/// The bytes end or are no stream.
pub fn read(id: u8, from: &mut Source<'_>) -> Result<Stream, Fault> {
    let mut stream = Stream::new();
    let mut scratch = Vec::new();
    for _ in 0..from.number()? {
        let Ok(bytes) = from.text(&mut scratch)?.try_into() else {
            return damaged("Stream node key entry is not the size of a stream ID");
        };
        let node = from.blob()?.and_then(|bytes| StreamNode::from_bytes(bytes).ok());
        let Some(node) = node else { return damaged("Stream listpack integrity check failed.") };
        if !stream.push_node(StreamId::from_bytes(bytes), node) {
            return damaged("Listpack re-added with existing key");
        }
    }
    let mut totals = Totals { len: from.number()?, last_id: read_id(from)?, ..Totals::default() };
    let has_first = id != kind::STREAM;
    if has_first {
        totals.first_id = read_id(from)?;
        totals.max_deleted_id = read_id(from)?;
        totals.entries_added = from.number()?;
    } else {
        totals.entries_added = totals.len;
    }
    if !stream.set_totals(totals, has_first) {
        return damaged("Stream length inconsistent with rax entries");
    }
    for _ in 0..from.number()? {
        let name: Box<[u8]> = from.text(&mut scratch)?.into();
        let last_id = read_id(from)?;
        let reads = if has_first { from.number()?.cast_signed() } else { stream.reads_up_to(last_id) };
        let group = read_group(id, from, Group::new(last_id, reads))?;
        if stream.groups.insert(name, group).is_some() {
            return damaged("Duplicated consumer group name");
        }
    }
    Ok(stream)
}

/// Reads pending entries and consumers into a group.
fn read_group(id: u8, from: &mut Source<'_>, mut group: Group) -> Result<Group, Fault> {
    // Records wait for their consumer: the id, when and how often.
    let mut records = std::collections::BTreeMap::new();
    for _ in 0..from.number()? {
        let record = (raw_id(from)?, (time(from)?, from.number()?));
        if records.insert(record.0, record.1).is_some() {
            return damaged("Duplicated global PEL entry loading stream consumer group");
        }
    }
    let mut scratch = Vec::new();
    for _ in 0..from.number()? {
        let name = from.text(&mut scratch)?;
        let seen = time(from)?;
        let active = if id == kind::STREAM_3 { time(from)? } else { seen };
        let Some(consumer) = group.restore(name, seen, active) else {
            return damaged("Duplicate stream consumer detected.");
        };
        for _ in 0..from.number()? {
            let id = raw_id(from)?;
            let Some((delivered_ms, deliveries)) = records.remove(&id) else {
                return damaged(match group.pending(id) {
                    Some(_) => "Duplicated consumer PEL entry loading a stream consumer group",
                    None => "Consumer entry not found in group global PEL",
                });
            };
            group.assign(id, Pending { delivered_ms, deliveries, consumer });
        }
    }
    if records.is_empty() { Ok(group) } else { damaged("Stream CG PEL entry without consumer") }
}

#[cfg(test)]
mod tests;
