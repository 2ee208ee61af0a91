//! The replication buffer: one stream of bytes, kept once, read by many.
//!
//! # What
//! Everything a master sends to its replicas is one endless stream of bytes. [`Backlog`] keeps the newest part of
//! it in a list of blocks. It serves two readers: a replica that comes back and asks for what it missed (the
//! "backlog" of `repl-backlog-size`), and the replicas that are connected now, each behind by its own amount.
//! Both read the same blocks, so a written command costs one copy, not one per replica (Redis has this shape
//! since 7.0).
//!
//! # Offsets: the one off-by-one
//! An *offset* here is a count: how many bytes of the stream came before. A fresh stream has offset 0; after 321
//! bytes the offset is 321. Redis' wire and INFO however *number* the bytes, from 1: `PSYNC <id> 322` means "the
//! next byte I need is number 322", said by one who holds 321 bytes; `repl_backlog_first_byte_offset:1` means
//! that byte number 1 is still here. The two views meet in [`next_byte`] (count to number) and [`held_before`]
//! (number to count) and nowhere else; every other function of the house speaks in counts.
//!
//! # Cursors
//! A replica is a [`CursorId`]: a registered position. A position is a plain offset; the block behind it is found
//! by binary search (14 steps in a backlog of 256 MB), so there is no reference to keep right while blocks come
//! and go. `slices` lends the unsent bytes block by block for one `writev`, `advance` says what the kernel took.
//!
//! # Trimming
//! The front block goes when what remains still exceeds the configured size and no cursor stands before its end.
//! So a slow replica makes the buffer, and with it the range that PSYNC can serve, longer than configured: how
//! long is for the client output limits to say ([`Backlog::output_memory`]). A block is dropped in O(number of
//! replicas); one call drops at most [`TRIM_BLOCKS`], so that a replica which leaves a gigabyte behind does not
//! stall the server; the rest goes with later appends and with [`Backlog::trim`] from the loop.
//!
//! # Patience
//! A cursor may be *patient* ([`Backlog::set_patient`]): its replica receives a snapshot and takes nothing for now. What
//! only patient cursors need may leave memory: [`Backlog::spillable`] lends the oldest such block to whoever stores it,
//! [`Backlog::drop_front`] lets it go. The cursor then stands before [`Backlog::first_offset`], and its bytes come from
//! that store until it has reached memory again.
//!
//! Blocks hold 16 KiB at least and a sixteenth of the backlog at most: without the upper bound one huge value
//! is one huge block, which can be dropped only as a whole and drives replicas over their limits again and again
//! (redis issue 11666).
//!
//! # Cost
//! `append` into a block with room is one bounds check and one copy. Per block 64 bytes are charged in the memory
//! figures, what Redis 7.2 charges for its list node and block header.
//!
//! Source: behaviour of `replication.c`, `networking.c`, `object.c`, `evict.c` of Redis 7.2.4. Differs in: no
//! index over the blocks (a sorted list needs none), hence `mem_replication_backlog` carries no index memory; a
//! block has no allocator slack, so figures are rounder.

use std::collections::VecDeque;

use slab::Slab;

/// Smallest block, and smallest backlog (`CONFIG_REPL_BACKLOG_MIN_SIZE`), in bytes.
pub const MIN_BLOCK: usize = 16 * 1024;
/// Blocks dropped by one call at most.
pub const TRIM_BLOCKS: usize = 64;
/// Overhead charged per block, in bytes.
const BLOCK_OVERHEAD: usize = 64;
/// The list of blocks gives room back when it has this many times what it needs, and more than its square.
const LIST_SLACK: usize = 4;
/// Largest offset taken from outside; far from overflow whatever is appended after it.
pub const MAX_OFFSET: i64 = 1 << 62;

/// Number (from 1) of the byte that follows `held` bytes: what a replica puts into PSYNC.
pub fn next_byte(held: i64) -> i64 {
    held.saturating_add(1)
}

/// How many bytes come before the byte with this number: what a PSYNC request says its sender holds.
pub fn held_before(number: i64) -> i64 {
    number.saturating_sub(1)
}

/// A replica's registered place in the stream. Stale ids are harmless: they find nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CursorId {
    slot: u32,
    generation: u32,
}

struct Cursor {
    generation: u32,
    /// Bytes of the stream the replica was given.
    at: i64,
    /// Where it was attached: while nothing was fed since, its buffer counts as empty.
    from: i64,
    /// What it needs may leave memory.
    patient: bool,
}

struct Block {
    /// Offset of its first byte.
    start: i64,
    /// Capacity is fixed at creation; only the last block has room.
    bytes: Vec<u8>,
}

impl Block {
    fn end(&self) -> i64 {
        self.start + self.bytes.len() as i64
    }

    fn cost(&self) -> usize {
        self.bytes.capacity() + BLOCK_OVERHEAD
    }
}

/// The stream's newest part, its offset, and the places of all replicas in it. See the head of this file.
pub struct Backlog {
    active: bool,
    /// `repl-backlog-size`, at least [`MIN_BLOCK`].
    size: usize,
    /// Bytes ever produced: `master_repl_offset`. Kept while inactive too.
    end: i64,
    /// Contiguous, in order, the last one ends at `end` (when there is one).
    blocks: VecDeque<Block>,
    /// Sum of the blocks' costs.
    memory: usize,
    cursors: Slab<Cursor>,
    next_generation: u32,
}

impl Backlog {
    /// An inactive backlog of `size` bytes (raised to 16 KiB) at offset 0.
    pub fn new(size: usize) -> Self {
        Backlog {
            active: false,
            size: size.max(MIN_BLOCK),
            end: 0,
            blocks: VecDeque::new(),
            memory: 0,
            cursors: Slab::new(),
            next_generation: 0,
        }
    }

    /// Whether bytes are kept (`repl_backlog_active`).
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// Begins to keep bytes; history starts at the present offset. No effect when active.
    pub fn activate(&mut self) {
        self.active = true;
    }

    /// Stops keeping bytes, forgets history and cursors. The offset stays. The blocks are handed over because
    /// freeing a large backlog is work for the background thread.
    #[must_use = "drop it in the background"]
    pub fn release(&mut self) -> Discarded {
        self.active = false;
        self.cursors.clear();
        self.memory = 0;
        Discarded { _blocks: std::mem::take(&mut self.blocks) }
    }

    /// `master_repl_offset`: how many bytes the stream has had so far.
    pub fn offset(&self) -> i64 {
        self.end
    }

    /// Continues the count at `offset` (cut to 0..=[`MAX_OFFSET`]) with no history: after a full sync, or when the
    /// offset is read from a snapshot. Cursors are dropped: they belong to another history.
    #[must_use = "drop it in the background"]
    pub fn restart_at(&mut self, offset: i64) -> Discarded {
        let active = self.active;
        let old = self.release();
        self.active = active;
        self.end = offset.clamp(0, MAX_OFFSET);
        old
    }

    /// Moves the whole history up by `delta` bytes: a master that restarts counts the DELs of its loading from 0
    /// before it learns from the snapshot's end where the stream stood.
    pub fn rebase(&mut self, delta: i64) {
        let delta = delta.clamp(0, MAX_OFFSET - self.end.min(MAX_OFFSET));
        self.end += delta;
        for block in &mut self.blocks {
            block.start += delta;
        }
        for (_, cursor) in &mut self.cursors {
            cursor.at += delta;
            cursor.from += delta;
        }
    }

    /// Moves the offset on without bytes: what Redis does for a write while nobody replicates (AOF fsync
    /// tracking counts in the same offset). Ignored when active, where only bytes count.
    pub fn bump(&mut self) {
        if !self.active {
            self.end += 1;
        }
    }

    /// Adds bytes to the stream. Ignored while inactive.
    /// True when a block was added: the moment at which Redis looks at the replicas' output limits.
    pub fn append(&mut self, bytes: &[u8]) -> bool {
        if !self.active {
            return false;
        }
        let mut rest = bytes;
        let mut grown = false;
        while !rest.is_empty() {
            let room = self.blocks.back().map_or(0, |b| b.bytes.capacity() - b.bytes.len());
            if room == 0 {
                self.add_block(rest.len());
                grown = true;
                continue;
            }
            let (now, later) = rest.split_at(room.min(rest.len()));
            if let Some(tail) = self.blocks.back_mut() {
                tail.bytes.extend_from_slice(now);
            }
            self.end += now.len() as i64;
            rest = later;
        }
        if grown {
            self.trim(TRIM_BLOCKS);
        }
        grown
    }

    #[cold]
    fn add_block(&mut self, wanted: usize) {
        let largest = (self.size / 16).max(MIN_BLOCK);
        let block = Block { start: self.end, bytes: Vec::with_capacity(wanted.clamp(MIN_BLOCK, largest)) };
        self.memory += block.cost();
        self.blocks.push_back(block);
    }

    /// Offset of the oldest byte kept (a count).
    pub fn first_offset(&self) -> i64 {
        self.blocks.front().map_or(self.end, |b| b.start)
    }

    /// `repl_backlog_first_byte_offset`: the number of the oldest byte kept, or of the next one when none is;
    /// 0 while inactive.
    pub fn first_byte_offset(&self) -> i64 {
        if self.active { next_byte(self.first_offset()) } else { 0 }
    }

    /// `repl_backlog_histlen`: bytes kept. May exceed the size while a replica needs them.
    pub fn histlen(&self) -> i64 {
        self.end - self.first_offset()
    }

    /// Whether the stream from `held` bytes on can be served.
    pub fn covers(&self, held: i64) -> bool {
        self.active && (self.first_offset()..=self.end).contains(&held)
    }

    /// `repl-backlog-size` in force, in bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Changes the size; bytes too many go step by step.
    pub fn resize(&mut self, size: usize) {
        self.size = size.max(MIN_BLOCK);
        self.trim(TRIM_BLOCKS);
    }

    /// Drops at most `max_blocks` old blocks that exceed the size and that no cursor needs.
    /// True when more could go now.
    pub fn trim(&mut self, max_blocks: usize) -> bool {
        if !self.trimmable() {
            return false;
        }
        let needed = self.lowest();
        let may_go = |own: &Self| own.trimmable() && own.blocks.front().is_some_and(|b| b.end() <= needed);
        for _ in 0..max_blocks {
            if !may_go(self) {
                break;
            }
            if let Some(block) = self.blocks.pop_front() {
                self.memory -= block.cost();
            }
        }
        // The list's own room is part of what a block costs: kept, it would look like data that is too much.
        if self.blocks.capacity() > LIST_SLACK * self.blocks.len().max(LIST_SLACK) {
            self.blocks.shrink_to(2 * self.blocks.len());
        }
        may_go(self)
    }

    /// Whether the size alone would let the first block go.
    fn trimmable(&self) -> bool {
        self.blocks.len() > 1
            && self.blocks.front().is_some_and(|b| self.histlen() - b.bytes.len() as i64 > self.size as i64)
    }

    /// The furthest-behind replica's place; the end when there is none.
    fn lowest(&self) -> i64 {
        self.cursors.iter().map(|(_, c)| c.at).min().unwrap_or(self.end)
    }

    /// Registers a replica that holds `held` bytes of the stream. None when these bytes' successor is not here.
    pub fn attach(&mut self, held: i64) -> Option<CursorId> {
        if !self.covers(held) {
            return None;
        }
        self.next_generation = self.next_generation.wrapping_add(1);
        let generation = self.next_generation;
        let slot = self.cursors.insert(Cursor { generation, at: held, from: held, patient: false });
        Some(CursorId { slot: slot as u32, generation })
    }

    /// Whether what this replica needs may leave memory.
    pub fn set_patient(&mut self, id: CursorId, on: bool) {
        if let Some(cursor) = self.cursors.get_mut(id.slot as usize).filter(|c| c.generation == id.generation)
        {
            cursor.patient = on;
        }
    }

    /// The oldest block, when more than `keep` bytes are here and only patient cursors need it.
    pub fn spillable(&self, keep: usize) -> Option<&[u8]> {
        let front = self.blocks.front().filter(|_| self.blocks.len() > 1)?;
        let rest = usize::try_from(self.end - front.end()).unwrap_or(usize::MAX);
        let free = |c: &Cursor| c.at >= front.end() || c.patient;
        let needed = self.cursors.iter().any(|(_, c)| c.at < front.end());
        let may = rest >= keep && needed && self.cursors.iter().all(|(_, c)| free(c));
        may.then_some(&front.bytes[..])
    }

    /// Lets the oldest block go, which is stored elsewhere.
    pub fn drop_front(&mut self) {
        if let Some(block) = self.blocks.pop_front() {
            self.memory -= block.cost();
        }
    }

    /// Whether a cursor stands before what is in memory.
    pub fn is_behind(&self) -> bool {
        !self.cursors.is_empty() && self.lowest() < self.first_offset()
    }

    /// Forgets a replica; what only it needed is dropped step by step.
    pub fn detach(&mut self, id: CursorId) {
        if self.cursor(id).is_some() {
            self.cursors.remove(id.slot as usize);
            self.trim(TRIM_BLOCKS);
        }
    }

    fn cursor(&self, id: CursorId) -> Option<&Cursor> {
        self.cursors.get(id.slot as usize).filter(|c| c.generation == id.generation)
    }

    /// Registered replicas.
    pub fn cursors(&self) -> usize {
        self.cursors.len()
    }

    /// Bytes the replica was given so far, as an offset.
    pub fn position(&self, id: CursorId) -> Option<i64> {
        self.cursor(id).map(|c| c.at)
    }

    /// Bytes waiting for the replica.
    pub fn pending(&self, id: CursorId) -> usize {
        self.cursor(id).map_or(0, |c| (self.end - c.at) as usize)
    }

    /// Index of the block that holds the byte after offset `at`; one past the last when there is none.
    fn find(&self, at: i64) -> usize {
        self.blocks.partition_point(|b| b.end() <= at)
    }

    /// The waiting bytes in order, at most `max` of them, block by block. None of the slices is empty. There are none
    /// for a cursor that stands before what is in memory.
    pub fn slices(&self, id: CursorId, max: usize) -> impl Iterator<Item = &[u8]> {
        let (at, first) = match self.cursor(id) {
            Some(c) if c.at >= self.first_offset() => (c.at, self.find(c.at)),
            _ => (self.end, self.blocks.len()),
        };
        let mut left = max;
        self.blocks.range(first..).map_while(move |block| {
            let skip = (at - block.start).max(0) as usize;
            let bytes = block.bytes.get(skip..)?;
            let take = bytes.len().min(left);
            left -= take;
            (take > 0).then(|| &bytes[..take])
        })
    }

    /// The replica took `n` more bytes (cut to what is pending).
    pub fn advance(&mut self, id: CursorId, n: usize) {
        let (end, slot) = (self.end, id.slot as usize);
        let Some(cursor) = self.cursors.get_mut(slot).filter(|c| c.generation == id.generation) else {
            return;
        };
        cursor.at += i64::try_from(n).unwrap_or(i64::MAX).min(end - cursor.at);
        self.trim(TRIM_BLOCKS);
    }

    /// What Redis counts as this replica's output buffer (`omem`, and the output buffer limits): the whole blocks
    /// from its place to the end, in bytes. The last block counts even when it was sent; nothing counts before
    /// the first byte is fed.
    pub fn output_memory(&self, id: CursorId) -> usize {
        let Some(cursor) = self.cursor(id) else { return 0 };
        let Some(tail) = self.blocks.back() else { return 0 };
        if cursor.at == self.end && cursor.from == self.end {
            return 0;
        }
        let first = self.find(cursor.at).min(self.blocks.len() - 1);
        let room = tail.bytes.capacity() - tail.bytes.len();
        let bytes = (self.end - self.blocks[first].start) as usize + room;
        bytes + (self.blocks.len() - first) * BLOCK_OVERHEAD
    }

    /// `mem_total_replication_buffers`: all blocks, with overhead, in bytes.
    pub fn mem_total(&self) -> usize {
        self.memory
    }

    /// `mem_clients_slaves`, the shared part: what exceeds the backlog's size while replicas are attached.
    pub fn mem_not_backlog(&self) -> usize {
        if self.cursors.is_empty() { 0 } else { self.memory.saturating_sub(self.size) }
    }

    /// `mem_replication_backlog`: the rest of [`Backlog::mem_total`].
    pub fn mem_backlog(&self) -> usize {
        self.memory - self.mem_not_backlog()
    }

    /// The replication share of `mem_not_counted_for_evict`: what exceeds the backlog with its overhead, attached
    /// or not (a trim that lags behind must not evict keys).
    pub fn mem_not_counted(&self) -> usize {
        self.memory.saturating_sub(self.size + (self.size / MIN_BLOCK + 1) * BLOCK_OVERHEAD)
    }
}

/// Blocks of a released history; dropping it frees them.
pub struct Discarded {
    _blocks: VecDeque<Block>,
}

#[cfg(test)]
mod tests;
