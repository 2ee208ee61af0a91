//! Groups of consumers: who was given which entries and has not acknowledged them.
//!
//! A pending entry has one record, in the group, by id; it names its consumer by number. The consumer keeps the
//! ids of its records only, so an entry changes hands by one number and one id, and both sides always see the
//! same record. (Redis shares a third allocation between two radix trees.) Consumers live in a slab, so their
//! numbers stay; `order` has the numbers by name.
//!
//! Costs: 40 bytes for a pending entry in the group and 16 with the consumer, in B-trees that are filled in
//! order and so about half full. Finding a consumer is a search by name; adding one moves the numbers behind it.
//!
//! Source: Redis 7.2.4 `streamCG`, `streamConsumer`, `streamNACK`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use slab::Slab;

use super::StreamId;

/// A count of reads that is not known.
pub const UNKNOWN_READS: i64 = -1;

/// Some consumer of this process was once seen and active at different moments.
static APART: AtomicBool = AtomicBool::new(false);

/// Whether a search for consumers with an active time of their own can find one at all. It never goes back to
/// false: it spares servers without such consumers the walk through their keys before a snapshot.
pub fn active_times_matter() -> bool {
    APART.load(Ordering::Relaxed)
}

/// A consumer's number within its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsumerId(u32);

/// An entry that was delivered and not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// When it was delivered last, Unix ms.
    pub delivered_ms: i64,
    /// How often it was delivered.
    pub deliveries: u64,
    /// To whom.
    pub consumer: ConsumerId,
}

/// One who reads for a group.
#[derive(Clone, Debug)]
pub struct Consumer {
    name: Box<[u8]>,
    seen_ms: i64,
    active_ms: i64,
    pending: BTreeSet<StreamId>,
}

impl Consumer {
    /// Its name.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// When it last asked for something, Unix ms.
    pub fn seen_ms(&self) -> i64 {
        self.seen_ms
    }

    /// When it last got something, Unix ms; -1 when it never did.
    pub fn active_ms(&self) -> i64 {
        self.active_ms
    }

    /// Number of its pending entries.
    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }

    /// The ids of its pending entries from `start` on.
    pub fn pending_from(&self, start: StreamId) -> impl Iterator<Item = StreamId> {
        self.pending.range(start..).copied()
    }

    /// Whether the two times differ.
    pub fn is_apart(&self) -> bool {
        self.seen_ms != self.active_ms
    }

    fn note_times(&self) {
        if self.is_apart() && !active_times_matter() {
            APART.store(true, Ordering::Relaxed);
        }
    }
}

/// See the head of the file.
#[derive(Clone, Debug)]
pub struct Group {
    /// The largest id delivered.
    pub last_id: StreamId,
    /// Entries of the stream up to that id, [`UNKNOWN_READS`] when not known.
    pub entries_read: i64,
    pending: BTreeMap<StreamId, Pending>,
    consumers: Slab<Consumer>,
    order: Vec<u32>,
}

impl Group {
    /// A group without consumers.
    pub fn new(last_id: StreamId, entries_read: i64) -> Self {
        Group { last_id, entries_read, pending: BTreeMap::new(), consumers: Slab::new(), order: Vec::new() }
    }

    /// Bytes held, names and pending entries included; an estimate.
    pub fn mem_bytes(&self) -> usize {
        let consumers = self.consumers.iter().map(|(_, consumer)| {
            size_of::<Consumer>()
                + 4
                + consumer.name.len()
                + consumer.pending.len() * size_of::<StreamId>() * 2
        });
        let record = (size_of::<StreamId>() + size_of::<Pending>()) * 2;
        size_of::<Group>() + self.pending.len() * record + consumers.sum::<usize>()
    }

    fn place(&self, name: &[u8]) -> Result<usize, usize> {
        self.order.binary_search_by(|number| (*self.consumers[*number as usize].name).cmp(name))
    }

    /// The consumer of this name.
    pub fn find(&self, name: &[u8]) -> Option<ConsumerId> {
        self.place(name).ok().map(|at| ConsumerId(self.order[at]))
    }

    /// A new consumer; `None` when the name is taken, or there are 2^32 of them.
    pub fn create(&mut self, name: &[u8], now_ms: i64) -> Option<ConsumerId> {
        self.restore(name, now_ms, -1)
    }

    /// A consumer with these times, see [`Group::create`].
    pub fn restore(&mut self, name: &[u8], seen_ms: i64, active_ms: i64) -> Option<ConsumerId> {
        let at = self.place(name).err()?;
        let number = u32::try_from(self.consumers.vacant_key()).ok()?;
        let consumer = Consumer { name: name.into(), seen_ms, active_ms, pending: BTreeSet::new() };
        consumer.note_times();
        self.consumers.insert(consumer);
        self.order.insert(at, number);
        Some(ConsumerId(number))
    }

    /// A consumer that exists.
    pub fn consumer(&self, id: ConsumerId) -> &Consumer {
        &self.consumers[id.0 as usize]
    }

    /// The consumer asks for something.
    pub fn seen(&mut self, id: ConsumerId, now_ms: i64) {
        let consumer = &mut self.consumers[id.0 as usize];
        consumer.seen_ms = now_ms;
        consumer.note_times();
    }

    /// The consumer gets something.
    pub fn active(&mut self, id: ConsumerId, now_ms: i64) {
        let consumer = &mut self.consumers[id.0 as usize];
        consumer.active_ms = now_ms;
        consumer.note_times();
    }

    /// The consumers by name.
    pub fn consumers(&self) -> impl ExactSizeIterator<Item = (ConsumerId, &Consumer)> {
        self.order.iter().map(|number| (ConsumerId(*number), &self.consumers[*number as usize]))
    }

    /// Removes a consumer with its pending entries; returns how many these were, `None` without such a
    /// consumer.
    pub fn remove(&mut self, name: &[u8]) -> Option<usize> {
        let at = self.place(name).ok()?;
        let number = self.order.remove(at);
        let gone = self.consumers.remove(number as usize);
        for id in &gone.pending {
            self.pending.remove(id);
        }
        Some(gone.pending.len())
    }

    /// Number of pending entries.
    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }

    /// The record of a pending entry.
    pub fn pending(&self, id: StreamId) -> Option<Pending> {
        self.pending.get(&id).copied()
    }

    /// The first pending entry and the last one.
    pub fn pending_ends(&self) -> Option<(StreamId, StreamId)> {
        Some((*self.pending.first_key_value()?.0, *self.pending.last_key_value()?.0))
    }

    /// The pending entries from `start` on.
    pub fn pending_from(&self, start: StreamId) -> impl Iterator<Item = (StreamId, Pending)> {
        self.pending.range(start..).map(|(id, record)| (*id, *record))
    }

    /// Writes the record of an entry, new or not; the entry is its consumer's from now on.
    pub fn assign(&mut self, id: StreamId, record: Pending) {
        let old = self.pending.insert(id, record);
        if let Some(old) = old {
            if old.consumer == record.consumer {
                return;
            }
            self.consumers[old.consumer.0 as usize].pending.remove(&id);
        }
        self.consumers[record.consumer.0 as usize].pending.insert(id);
    }

    /// Changes when and how often a pending entry was delivered.
    pub fn redeliver(&mut self, id: StreamId, now_ms: i64) {
        if let Some(record) = self.pending.get_mut(&id) {
            record.delivered_ms = now_ms;
            record.deliveries = record.deliveries.wrapping_add(1);
        }
    }

    /// Forgets a pending entry. False when there is none of this id.
    pub fn acknowledge(&mut self, id: StreamId) -> bool {
        let Some(record) = self.pending.remove(&id) else { return false };
        self.consumers[record.consumer.0 as usize].pending.remove(&id);
        true
    }
}
