//! The stream: entries in the order of their ids, and groups of consumers that share them.
//!
//! Entries lie in listpack nodes (`ds::stream_node`) filed by id (`ds::stream_log`). Beside them a stream
//! remembers what its entries cannot tell once they are gone: the largest id ever given, the largest id that was
//! deleted, and how many entries were ever added. From these the lag of a group is told without counting.
//!
//! Groups are in `group.rs`. A stream may be without entries and stay a key; it goes with DEL only.
//!
//! **Trimming** takes whole nodes off the front, and marks entries in the node after them unless it may be
//! approximate. What a node keeps of deleted entries is not collected, as in Redis, so that nodes look alike in
//! RDB files and trimming cuts at the same places.
//!
//! Source: Redis 7.2.4 `t_stream.c`.

mod group;

use std::collections::BTreeMap;

pub use group::{Consumer, ConsumerId, Group, Pending, UNKNOWN_READS, active_times_matter};

use super::digest::Sum;
use crate::base::num::IntBuf;
pub use crate::ds::stream_id::{IdBuf, StreamId};
use crate::ds::stream_log::StreamLog;
use crate::ds::stream_node::StreamNode;
pub use crate::ds::stream_node::{Item, NodeLimits};

/// The most bytes of text that one entry may have.
const MAX_ENTRY: usize = 1 << 30;

/// Groups by name, in the order of their bytes.
pub type Groups = BTreeMap<Box<[u8]>, Group>;

/// See the head of the file.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    log: StreamLog,
    /// Entries that are not deleted.
    len: u64,
    /// The largest id ever given.
    last_id: StreamId,
    /// The first entry that is not deleted, 0-0 without one.
    first_id: StreamId,
    /// The largest id that XDEL took out.
    max_deleted_id: StreamId,
    /// Entries ever added.
    entries_added: u64,
    /// The groups.
    pub groups: Groups,
}

/// What an RDB file says about a stream beside its nodes and groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Entries that are not deleted.
    pub len: u64,
    /// The largest id ever given.
    pub last_id: StreamId,
    /// The first entry that is not deleted, 0-0 without one.
    pub first_id: StreamId,
    /// The largest id that XDEL took out.
    pub max_deleted_id: StreamId,
    /// Entries ever added.
    pub entries_added: u64,
}

/// Which id a new entry gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewId {
    /// `*`: the clock, or the id behind the last one.
    Auto,
    /// `ms-*`: the next number within this millisecond.
    Within(u64),
    /// This one.
    Exact(StreamId),
}

/// Why an entry was not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddError {
    /// The id is not above the last one.
    NotAbove,
    /// More than 1 GiB of text.
    TooLarge,
}

/// What trimming leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// At most so many entries.
    MaxLen(u64),
    /// Entries from this id on.
    MinId(StreamId),
}

/// How a stream is trimmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trim {
    /// What stays.
    pub keep: Keep,
    /// Whole nodes only.
    pub approx: bool,
    /// The most entries to take off, 0 for any number.
    pub limit: u64,
}

impl Stream {
    /// A stream without entries.
    pub fn new() -> Self {
        Stream::default()
    }

    /// Number of entries.
    #[inline]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What is remembered beside entries and groups.
    pub fn totals(&self) -> Totals {
        Totals {
            len: self.len,
            last_id: self.last_id,
            first_id: self.first_id,
            max_deleted_id: self.max_deleted_id,
            entries_added: self.entries_added,
        }
    }

    /// The largest id ever given.
    #[inline]
    pub fn last_id(&self) -> StreamId {
        self.last_id
    }

    /// Whether there is no id left above the last one.
    #[inline]
    pub fn is_exhausted(&self) -> bool {
        self.last_id == StreamId::MAX
    }

    /// Number of nodes, and how many a radix tree would have.
    pub fn radix_sizes(&self) -> (u64, u64) {
        (self.log.len() as u64, self.log.radix_nodes())
    }

    /// Bytes held behind the value, its own struct left out: nodes estimated by a sample.
    pub fn mem_bytes(&self) -> usize {
        let groups = self.groups.iter().map(|(name, group)| name.len() + group.mem_bytes());
        size_of::<Stream>() + self.log.mem_bytes() + groups.sum::<usize>()
    }

    /// Allocations that freeing it takes, by the rule after which Redis sends it to a background thread.
    pub fn free_effort(&self) -> u64 {
        let pending = self.groups.values().next().map_or(0, |group| 1 + group.pending_len() as u64);
        self.log.len() as u64 + self.groups.len() as u64 * pending
    }

    /// Mixes the entries into a digest, in order.
    pub fn digest(&self, sum: &mut Sum) {
        for item in self.range(StreamId::MIN, StreamId::MAX) {
            sum.mix(item.id.joined(b'.', &mut IdBuf::default()));
            for (field, value) in item.pairs() {
                sum.mix(field.text(&mut IntBuf::new()));
                sum.mix(value.text(&mut IntBuf::new()));
            }
        }
    }

    /// The id that the next entry gets.
    fn next_id(&self, id: NewId, now_ms: u64) -> Option<StreamId> {
        let id = match id {
            NewId::Exact(id) => id,
            NewId::Within(ms) if ms == self.last_id.ms => {
                StreamId { ms, seq: self.last_id.seq.checked_add(1)? }
            }
            NewId::Within(ms) => StreamId { ms, seq: 0 },
            NewId::Auto if now_ms > self.last_id.ms => StreamId { ms: now_ms, seq: 0 },
            NewId::Auto => self.last_id.next()?,
        };
        (id > self.last_id).then_some(id)
    }

    /// Adds an entry; `pairs` yields field and value in turn, `fields` of each. `now_ms` is the clock.
    ///
    /// # Errors
    /// See [`AddError`]; nothing is changed then.
    pub fn append<'a>(
        &mut self,
        id: NewId,
        now_ms: u64,
        fields: usize,
        pairs: impl Iterator<Item = &'a [u8]> + Clone,
        limits: &NodeLimits,
    ) -> Result<StreamId, AddError> {
        let id = self.next_id(id, now_ms).ok_or(AddError::NotAbove)?;
        let bytes: usize = pairs.clone().map(<[u8]>::len).sum();
        if bytes > MAX_ENTRY {
            return Err(AddError::TooLarge);
        }
        match self.log.last_mut() {
            Some((master, node)) if !node.is_full(bytes, limits) => node.append(master, id, fields, pairs),
            last => {
                if let Some((_, node)) = last {
                    node.seal();
                }
                self.log.insert(id, StreamNode::new(fields, pairs));
            }
        }
        self.len += 1;
        // A file may hold any count: it wraps, as in Redis.
        self.entries_added = self.entries_added.wrapping_add(1);
        self.last_id = id;
        if self.len == 1 {
            self.first_id = id;
        }
        Ok(id)
    }

    /// The entries from one id to another, both included.
    pub fn range(&self, start: StreamId, end: StreamId) -> impl Iterator<Item = Item<'_>> {
        let items = self.log.covering(start..=end).flat_map(|(master, node)| node.items(master));
        items
            .filter(move |item| item.id >= start && !item.is_deleted())
            .take_while(move |item| item.id <= end)
    }

    /// The same from the last to the first.
    pub fn range_back(&self, start: StreamId, end: StreamId) -> impl Iterator<Item = Item<'_>> {
        let items = self.log.covering(start..=end).rev().flat_map(|(master, node)| node.items(master).rev());
        items
            .filter(move |item| item.id <= end && !item.is_deleted())
            .take_while(move |item| item.id >= start)
    }

    /// The entry of this id.
    pub fn get(&self, id: StreamId) -> Option<Item<'_>> {
        self.range(id, id).next()
    }

    /// The largest id of an entry.
    pub fn top_id(&self) -> Option<StreamId> {
        self.range_back(StreamId::MIN, StreamId::MAX).next().map(|item| item.id)
    }

    /// The id of the first entry, deleted ones included; the largest id when there is none.
    pub fn first_id_with_deleted(&self) -> StreamId {
        let mut items = self.log.iter().flat_map(|(master, node)| node.items(master));
        items.next().map_or(StreamId::MAX, |item| item.id)
    }

    fn find_first(&mut self) {
        self.first_id = if self.len == 0 {
            StreamId::MIN
        } else {
            self.range(StreamId::MIN, StreamId::MAX).next().map_or(StreamId::MAX, |item| item.id)
        };
    }

    /// Deletes entries; returns how many there were.
    pub fn delete(&mut self, ids: impl Iterator<Item = StreamId>) -> u64 {
        let (mut deleted, mut first_gone) = (0, false);
        for id in ids {
            if self.delete_one(id) {
                first_gone |= id == self.first_id;
                self.max_deleted_id = self.max_deleted_id.max(id);
                deleted += 1;
            }
        }
        if deleted > 0 && (first_gone || self.len == 0) {
            self.find_first();
        }
        deleted
    }

    fn delete_one(&mut self, id: StreamId) -> bool {
        let mut found = None;
        for (master, node) in self.log.covering(id..=id) {
            let mut items = node.items(master).take_while(|item| item.id <= id);
            if let Some(item) = items.find(|item| item.id == id && !item.is_deleted()) {
                found = Some((master, item.place(), node.counts().living));
                break;
            }
        }
        let Some((master, place, living)) = found else { return false };
        if living == 1 {
            self.log.remove(master);
        } else if let Some(node) = self.log.get_mut(master) {
            node.delete(place);
        }
        self.len = self.len.saturating_sub(1);
        true
    }

    /// Takes entries off the front; returns how many.
    pub fn trim(&mut self, trim: &Trim) -> u64 {
        let mut deleted = 0;
        while let Some((master, node)) = self.log.first() {
            let living = node.counts().living;
            if matches!(trim.keep, Keep::MaxLen(most) if self.len <= most)
                || trim.limit != 0 && deleted + living > trim.limit
            {
                break;
            }
            let whole = match trim.keep {
                Keep::MaxLen(most) => self.len.saturating_sub(living) >= most,
                Keep::MinId(least) => node.items(master).next_back().is_none_or(|item| item.id < least),
            };
            if whole {
                self.log.remove(master);
                self.len = self.len.saturating_sub(living);
                deleted += living;
                continue;
            }
            if !trim.approx {
                deleted += self.trim_within(master, trim.keep);
            }
            break;
        }
        if deleted > 0 || self.len == 0 {
            self.find_first();
        }
        deleted
    }

    /// Deletes entries inside the first node.
    fn trim_within(&mut self, master: StreamId, keep: Keep) -> u64 {
        let mut left = self.len;
        let Some(node) = self.log.get_mut(master) else { return 0 };
        let deleted = node.trim(master, |id, is_deleted| {
            let go_on = match keep {
                Keep::MaxLen(most) => left > most,
                Keep::MinId(least) => id < least,
            };
            left -= u64::from(go_on && !is_deleted && left > 0);
            go_on
        });
        self.len = self.len.saturating_sub(deleted);
        deleted
    }

    /// Sets what XSETID sets; `None` leaves it. The caller has compared them with the entries.
    pub fn set_ids(&mut self, last: StreamId, added: Option<u64>, max_deleted: Option<StreamId>) {
        self.last_id = last;
        self.entries_added = added.unwrap_or(self.entries_added);
        self.max_deleted_id = max_deleted.unwrap_or(self.max_deleted_id);
    }

    /// Whether an entry may have been deleted from `start` on.
    pub fn has_gaps_from(&self, start: StreamId) -> bool {
        self.len != 0
            && !self.max_deleted_id.is_zero()
            && self.first_id <= self.max_deleted_id
            && start <= self.max_deleted_id
    }

    /// How many entries were ever added up to this id; [`UNKNOWN_READS`] when nothing tells.
    pub fn reads_up_to(&self, id: StreamId) -> i64 {
        let added = self.entries_added.cast_signed();
        if added == 0 || self.len == 0 && id <= self.last_id || id == self.last_id {
            return added;
        }
        let whole = self.max_deleted_id.is_zero() || self.max_deleted_id < self.first_id;
        let before_first = added.wrapping_sub(self.len.cast_signed());
        match id.cmp(&self.first_id) {
            _ if id > self.last_id || !whole => UNKNOWN_READS,
            std::cmp::Ordering::Less => before_first,
            std::cmp::Ordering::Equal => before_first.wrapping_add(1),
            std::cmp::Ordering::Greater => UNKNOWN_READS,
        }
    }

    /// How many entries a group has not read yet, when that can be told.
    pub fn lag(&self, group: &Group) -> Option<i64> {
        let added = self.entries_added.cast_signed();
        if added == 0 {
            return Some(0);
        }
        if group.entries_read != UNKNOWN_READS && !self.has_gaps_from(group.last_id) {
            return Some(added.wrapping_sub(group.entries_read));
        }
        match self.reads_up_to(group.last_id) {
            UNKNOWN_READS => None,
            read => Some(added.wrapping_sub(read)),
        }
    }

    /// What a group's counter of reads becomes when it is delivered the entry `id`, above all it had before.
    pub fn next_reads(&self, entries_read: i64, id: StreamId) -> i64 {
        if entries_read != UNKNOWN_READS && !self.has_gaps_from(id) {
            return entries_read.wrapping_add(1);
        }
        if self.entries_added != 0 { self.reads_up_to(id) } else { entries_read }
    }

    /// Works on a group beside the entries. `None`: there is no such group.
    pub fn with_group<R>(&mut self, name: &[u8], work: impl FnOnce(&Stream, &mut Group) -> R) -> Option<R> {
        let mut groups = std::mem::take(&mut self.groups);
        let done = groups.get_mut(name).map(|group| work(self, group));
        self.groups = groups;
        done
    }

    /// The nodes, as they go into an RDB file.
    pub fn nodes(&self) -> impl Iterator<Item = (StreamId, &StreamNode)> {
        self.log.iter()
    }

    /// Number of nodes.
    pub fn node_count(&self) -> usize {
        self.log.len()
    }

    /// Whether a consumer was seen and active at different moments, which RDB files below version 11 cannot
    /// say.
    pub fn has_active_times(&self) -> bool {
        self.groups.values().any(|group| group.consumers().any(|(_, consumer)| consumer.is_apart()))
    }

    /// A stream out of nodes. `None` when two of them have one id.
    pub fn from_nodes(nodes: impl Iterator<Item = (StreamId, StreamNode)>) -> Option<Self> {
        let mut stream = Stream::new();
        for (id, node) in nodes {
            stream.push_node(id, node).then_some(())?;
        }
        Some(stream)
    }

    /// Files a node that was read. False when there is one of this id.
    pub fn push_node(&mut self, id: StreamId, node: StreamNode) -> bool {
        self.len += node.counts().living;
        self.log.insert(id, node)
    }

    /// Sets what an RDB file says beside the nodes, which must be there; without `first_id` it is looked up.
    /// False when the number of entries is not that of the nodes.
    pub fn set_totals(&mut self, totals: Totals, has_first: bool) -> bool {
        if totals.len != self.len {
            return false;
        }
        (self.last_id, self.first_id) = (totals.last_id, totals.first_id);
        (self.max_deleted_id, self.entries_added) = (totals.max_deleted_id, totals.entries_added);
        if !has_first {
            self.find_first();
        }
        true
    }
}

#[cfg(test)]
mod tests;
