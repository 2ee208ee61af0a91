//! The hash table of the keyspace: cache-line buckets that grow and shrink one at a time.
//!
//! **Buckets.** A bucket is a 64-byte line: seven one-byte hash fragments, seven tag bits, seven handles
//! (`table/bucket.rs`). A search reads one line, compares seven fragments at once and follows, but for one
//! case in forty, only the right handle. An overfull bucket chains to child lines.
//!
//! **Resizing: linear hashing** (Litwin, VLDB 1980) instead of Redis' two tables. With `2^L + p` buckets,
//! `p` below `2^L`, the buckets below `p` have been split in two (by hash bit `L`), the others not yet. A
//! table that is too full splits the next bucket, one that is too empty merges the last split pair. So there
//! is only ever one table and one bucket to look in; no doubling, hence no moment at which both sizes are
//! held or a huge array is zeroed; and the fill, so the memory per key, is the same at every size: about 13
//! bytes, where doubling swings between 10 and 20. The price is that just before their turn the unsplit
//! buckets hold twice the keys of the split ones, so that a search reads 1.2 lines on average. An insertion
//! splits at most one bucket, a removal merges at most one pair: a constant amount of work, with the
//! elements of the next bucket prefetched one split ahead.
//!
//! **Bounds.** [`FILL`] elements per bucket before a split, [`SPARSE`] before a merge, far enough apart that
//! no load swings between them. While [`allow_resize`]`(false)` holds (a snapshot child shares the pages)
//! nothing is merged and splits wait until [`FILL_HARD`], in the tables of big values as in the keyspace's own;
//! afterwards insertions and [`Table::rehash_step`] catch up. As in Redis (`dictSetResizeEnabled`) one switch
//! is for all tables, since nobody could visit those of a million hashes when a child starts. It belongs to
//! the thread, so that servers in tests on other threads are left alone; it is read only when a table is due to
//! be resized, never in a search.
//!
//! **Memory.** Buckets lie in segments of 64 KiB behind a directory of 16 bytes a segment, which stays in
//! the cache; a small table has one segment that doubles. A segment is zeroed when it is made and freed when
//! it is empty.
//!
//! **Tags.** One bit of the table's memory per element, [`Handle::tag`] ("has an expiry"), counted per
//! segment: walking the tagged elements reads bucket lines only, and no lines of a segment without any. It
//! replaces Redis' second dictionary.
//!
//! **Hash flooding.** The hash is keyed per process ([`KeyHash`]); the low bits choose the bucket, the top
//! byte is the fragment.
//!
//! SCAN, sampling and iteration are in `table_scan.rs`. Deviation from Redis: DEBUG HTSTATS has one table to
//! show, and the order of SCAN differs (it does between any two Redis processes, too).

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use std::ops::{Deref, DerefMut};

use crate::base::hash::KeyHash;

pub(in crate::ds) mod bucket;

use bucket::{Chains, Item, LINE, Line, SLOTS, drain, matches, prefetch, push, remove, tags};

pub use super::table_scan::{Iter, Stats};

/// Elements per bucket, on average, above which insertions split buckets.
pub const FILL: usize = 6;
/// The same while resizing is not allowed.
pub const FILL_HARD: usize = 12;
/// Elements per bucket, on average, below which removals merge buckets.
pub const SPARSE: usize = 3;

const SEGMENT_BITS: u32 = 10;
/// Buckets in one segment.
pub(super) const SEGMENT: usize = 1 << SEGMENT_BITS;

thread_local! {
    static MAY_RESIZE: Cell<bool> = const { Cell::new(true) };
}

/// Forbids or allows all tables of this thread to be resized. Forbidden: they grow only beyond [`FILL_HARD`] and
/// never shrink.
pub fn allow_resize(allowed: bool) {
    MAY_RESIZE.set(allowed);
}

/// Whether tables of this thread may be resized freely.
pub fn may_resize() -> bool {
    MAY_RESIZE.get()
}

/// An owned element of one pointer's size, which knows its key.
///
/// # Safety
/// The type is a pointer: `repr(transparent)` over a `NonNull` or `Box`. `key` and `tag` do not panic, and
/// give the same answers as long as nobody has had `&mut` access.
pub unsafe trait Handle: Sized {
    /// The key; no two elements of a table have the same.
    fn key(&self) -> &[u8];

    /// One bit that the table keeps beside the element, see [`Table::scan_tagged`].
    fn tag(&self) -> bool {
        false
    }
}

/// A run of buckets in one allocation.
pub(super) struct Segment {
    pub base: *mut u64,
    pub buckets: u32,
    /// Tagged elements in these buckets and their chains.
    pub tagged: u32,
}

/// A set of [`Handle`]s found by their key. See the head of the file.
pub struct Table<H: Handle> {
    pub(super) segments: Vec<Segment>,
    /// Buckets in use: `2^L + p`; 0 for a table that never held anything.
    pub(super) buckets: usize,
    /// `2^(L+1) - 1`.
    pub(super) mask: usize,
    pub(super) len: usize,
    pub(super) tagged: usize,
    grow_above: usize,
    shrink_below: usize,
    pub(super) chains: Chains,
    pub(super) hash: KeyHash,
    owns: PhantomData<H>,
}

// SAFETY: the table owns its elements and its memory alone.
unsafe impl<H: Handle + Send> Send for Table<H> {}
// SAFETY: `&self` methods only read.
unsafe impl<H: Handle + Sync> Sync for Table<H> {}

/// Where an element is.
#[derive(Clone, Copy)]
struct Place {
    bucket: usize,
    line: Line,
    slot: usize,
}

/// Eight hash bits that are never 0, from the end that does not choose the bucket.
#[inline]
fn fragment(hash: u64) -> u8 {
    ((hash >> 56) as u8).max(1)
}

/// Whether two keys are equal. Keys are short: a few words compared in place cost less than the call of
/// `memcmp` that `==` becomes.
#[inline]
fn same(a: &[u8], b: &[u8]) -> bool {
    let len = a.len();
    if len != b.len() {
        return false;
    }
    if !(8..=64).contains(&len) {
        return a == b;
    }
    let pairs = a.chunks_exact(8).zip(b.chunks_exact(8));
    // The last eight bytes overlap the words before them unless the length is a multiple of eight.
    a[len - 8..] == b[len - 8..] && pairs.fold(0, |diff, (a, b)| diff | (word(a) ^ word(b))) == 0
}

#[inline]
fn word(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_le_bytes)
}

impl<H: Handle> Table<H> {
    const ONE_POINTER: () =
        assert!(size_of::<H>() == size_of::<*mut u8>() && align_of::<H>() == align_of::<*mut u8>());

    /// An empty table. Allocates nothing.
    pub fn new(hash: KeyHash) -> Self {
        let () = Self::ONE_POINTER;
        Table {
            segments: Vec::new(),
            buckets: 0,
            mask: 1,
            len: 0,
            tagged: 0,
            grow_above: 0,
            shrink_below: 0,
            chains: Chains::default(),
            hash,
            owns: PhantomData,
        }
    }

    /// Number of elements.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no element.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Number of tagged elements.
    #[inline]
    pub fn tagged(&self) -> usize {
        self.tagged
    }

    /// The hash that the `_hashed` and `prefetch_` methods want.
    #[inline]
    pub fn hash(&self, key: &[u8]) -> u64 {
        self.hash.hash(key)
    }

    /// First half of a batch look-up: asks for the bucket's line.
    #[inline]
    pub fn prefetch_bucket(&self, hash: u64) {
        if self.buckets != 0 {
            prefetch(self.home(self.bucket_of(hash)).address());
        }
    }

    /// Second half of a batch look-up, some time after the first: asks for the element that the fragment
    /// points to, or for the next line of the chain.
    #[inline]
    pub fn prefetch_entry(&self, hash: u64) {
        if self.buckets == 0 {
            return;
        }
        let line = self.home(self.bucket_of(hash));
        // SAFETY: home lines are live; a match is a taken slot.
        unsafe {
            let hits = matches(line.head(), fragment(hash));
            if hits != 0 {
                prefetch(line.slot(hits.trailing_zeros() as usize).read());
            } else if let Some(child) = line.child() {
                prefetch(child.address());
            }
        }
    }

    /// Finds an element.
    #[inline]
    pub fn get(&self, key: &[u8]) -> Option<&H> {
        self.get_hashed(self.hash(key), key)
    }

    /// Finds an element whose hash is known.
    #[inline]
    pub fn get_hashed(&self, hash: u64, key: &[u8]) -> Option<&H> {
        // SAFETY: `find` gives live places; the reference borrows the table.
        self.find(hash, key).map(|at| unsafe { &*at.line.slot(at.slot).cast::<H>() })
    }

    /// Finds an element to change it. Neither its key nor its tag may change; for the tag there is
    /// [`Table::slot`].
    #[inline]
    pub fn get_mut(&mut self, key: &[u8]) -> Option<&mut H> {
        self.get_mut_hashed(self.hash(key), key)
    }

    /// [`Table::get_mut`] with a known hash.
    #[inline]
    pub fn get_mut_hashed(&mut self, hash: u64, key: &[u8]) -> Option<&mut H> {
        // SAFETY: `find` gives live places; the reference borrows the table exclusively.
        self.find(hash, key).map(|at| unsafe { &mut *at.line.slot(at.slot).cast::<H>() })
    }

    /// Finds an element to change, replace or remove it; the key must stay. The tag is read anew when the
    /// slot is let go.
    #[inline]
    pub fn slot(&mut self, key: &[u8]) -> Option<Slot<'_, H>> {
        self.slot_hashed(self.hash(key), key)
    }

    /// [`Table::slot`] with a known hash.
    #[inline]
    pub fn slot_hashed(&mut self, hash: u64, key: &[u8]) -> Option<Slot<'_, H>> {
        let at = self.find(hash, key)?;
        Some(Slot { table: self, at })
    }

    /// Changes an element, tag included; the key must stay.
    #[inline]
    pub fn update<R>(&mut self, key: &[u8], change: impl FnOnce(&mut H) -> R) -> Option<R> {
        self.slot(key).map(|mut slot| change(&mut slot))
    }

    /// Reads the element's tag anew.
    pub fn retag(&mut self, key: &[u8]) {
        drop(self.slot(key));
    }

    /// Puts an element in and returns the one that had its key.
    pub fn insert(&mut self, element: H) -> Option<H> {
        let hash = self.hash(element.key());
        if let Some(at) = self.find(hash, element.key()) {
            return Some(mem::replace(&mut *Slot { table: self, at }, element));
        }
        self.insert_unique(hash, element);
        None
    }

    /// Puts an element in whose key is known to be absent, under its hash. A second element with the same
    /// key would be found only when the first is gone.
    #[inline]
    pub fn insert_unique(&mut self, hash: u64, element: H) {
        debug_assert_eq!(hash, self.hash(element.key()));
        debug_assert!(self.find(hash, element.key()).is_none());
        if self.buckets == 0 {
            self.add_bucket();
        }
        let tag = element.tag();
        let bucket = self.bucket_of(hash);
        let item = Item { raw: into_raw(element), fragment: fragment(hash), tag };
        // SAFETY: home lines are live and `chains` counts the children of them all.
        unsafe { push(self.home(bucket), item, &mut self.chains) };
        self.count_tag(bucket, false, tag);
        self.len += 1;
        if self.len > self.grow_above {
            self.grow();
        }
    }

    /// Takes an element out.
    pub fn remove(&mut self, key: &[u8]) -> Option<H> {
        self.remove_hashed(self.hash(key), key)
    }

    /// [`Table::remove`] with a known hash.
    pub fn remove_hashed(&mut self, hash: u64, key: &[u8]) -> Option<H> {
        self.find(hash, key).map(|at| self.take(at))
    }

    /// Drops all elements and gives all memory back.
    pub fn clear(&mut self) {
        *self = Table::new(self.hash);
    }

    /// Whether the number of buckets has yet to follow the number of elements, and may.
    pub fn is_rehashing(&self) -> bool {
        if may_resize() {
            self.len > self.grow_above || self.len < self.shrink_below
        } else {
            self.len > self.buckets * FILL_HARD
        }
    }

    /// Splits or merges up to `n` buckets, if there is need; true when there is still more to do.
    pub fn rehash_step(&mut self, n: usize) -> bool {
        for _ in 0..n {
            let resized = if self.len > self.grow_above {
                self.grow()
            } else {
                self.len < self.shrink_below && self.shrink()
            };
            if !resized {
                return false;
            }
        }
        self.is_rehashing()
    }

    /// [`Table::rehash_step`] in steps of 100 buckets as long as `go_on` says so.
    pub fn rehash_for(&mut self, mut go_on: impl FnMut() -> bool) -> bool {
        while go_on() {
            if !self.rehash_step(100) {
                return false;
            }
        }
        self.is_rehashing()
    }

    /// Splits a bucket of an overfull table, unless that has to wait.
    #[cold]
    fn grow(&mut self) -> bool {
        let wait = !may_resize() && self.len <= self.buckets * FILL_HARD;
        if !wait {
            self.split();
        }
        !wait
    }

    /// Merges two buckets of a table that became too empty, unless that has to wait.
    #[cold]
    fn shrink(&mut self) -> bool {
        let may = may_resize();
        if may {
            self.merge();
        }
        may
    }

    /// Bytes that the table itself holds, its elements not counted.
    pub fn mem_bytes(&self) -> usize {
        let buckets: usize = self.segments.iter().map(|segment| segment.buckets as usize).sum();
        let directory = self.segments.capacity() * size_of::<Segment>();
        buckets * LINE + directory + self.chains.mem_bytes()
    }

    /// Room for entries, chains not counted.
    pub fn slots(&self) -> usize {
        self.segments.iter().map(|segment| segment.buckets as usize).sum::<usize>() * SLOTS
    }

    /// The bucket of a hash.
    #[inline]
    pub(super) fn bucket_of(&self, hash: u64) -> usize {
        let bucket = hash as usize & self.mask;
        if bucket < self.buckets { bucket } else { bucket & (self.mask >> 1) }
    }

    /// The home line of a bucket in use.
    #[inline]
    pub(super) fn home(&self, bucket: usize) -> Line {
        debug_assert!(bucket < self.buckets);
        // SAFETY: every bucket below `self.buckets` has its place in its segment (`add_bucket`,
        // `free_unused`).
        unsafe {
            let segment = self.segments.get_unchecked(bucket >> SEGMENT_BITS);
            Line::new(segment.base.add((bucket & (SEGMENT - 1)) * (LINE / size_of::<u64>())))
        }
    }

    #[inline]
    fn find(&self, hash: u64, key: &[u8]) -> Option<Place> {
        if self.buckets == 0 {
            return None;
        }
        let bucket = self.bucket_of(hash);
        let fragment = fragment(hash);
        let mut line = self.home(bucket);
        loop {
            // SAFETY: lines of a live chain; a match is a taken slot, which holds an element.
            unsafe {
                let mut hits = matches(line.head(), fragment);
                while hits != 0 {
                    let slot = hits.trailing_zeros() as usize;
                    if same((*line.slot(slot).cast::<H>()).key(), key) {
                        return Some(Place { bucket, line, slot });
                    }
                    hits &= hits - 1;
                }
                line = line.child()?;
            }
        }
    }

    /// Takes the element at `at` out.
    fn take(&mut self, at: Place) -> H {
        // SAFETY: `at` is a live place, found since the table last changed.
        let element = unsafe {
            let tag = tags(at.line.head()) >> at.slot & 1 != 0;
            self.count_tag(at.bucket, tag, false);
            from_raw::<H>(remove(self.home(at.bucket), at.line, at.slot, &mut self.chains))
        };
        self.len -= 1;
        if self.len < self.shrink_below {
            self.shrink();
        }
        element
    }

    #[inline]
    fn count_tag(&mut self, bucket: usize, before: bool, after: bool) {
        if before != after {
            let segment = &mut self.segments[bucket >> SEGMENT_BITS];
            if after {
                self.tagged += 1;
                segment.tagged += 1;
            } else {
                self.tagged -= 1;
                segment.tagged -= 1;
            }
        }
    }

    /// Puts `buckets` into use and everything that follows from it.
    fn set_buckets(&mut self, buckets: usize) {
        self.buckets = buckets;
        self.mask = (buckets + 1).next_power_of_two() - 1;
        self.set_bounds();
    }

    fn set_bounds(&mut self) {
        self.grow_above = self.buckets * FILL;
        self.shrink_below = if self.buckets > 1 { self.buckets * SPARSE } else { 0 };
    }

    /// One more (empty) bucket in use.
    fn add_bucket(&mut self) {
        let (segment, at) = (self.buckets >> SEGMENT_BITS, self.buckets & (SEGMENT - 1));
        if segment == self.segments.len() {
            let buckets = if segment == 0 { 1 } else { SEGMENT };
            self.segments.push(new_segment(buckets));
        } else if at == self.segments[segment].buckets as usize {
            self.resize_first(at * 2);
        }
        self.set_buckets(self.buckets + 1);
    }

    /// Gives the first segment room for `buckets`, which is no less than it uses.
    fn resize_first(&mut self, buckets: usize) {
        let old = &self.segments[0];
        let new = Segment { tagged: old.tagged, ..new_segment(buckets) };
        let kept = buckets.min(old.buckets as usize);
        // SAFETY: both allocations have `kept` lines; home lines may be moved, nothing points at them.
        unsafe { std::ptr::copy_nonoverlapping(old.base, new.base, kept * LINE / size_of::<u64>()) };
        free_segment(&mem::replace(&mut self.segments[0], new));
    }

    /// Gives memory of buckets that are no longer in use back.
    fn free_unused(&mut self) {
        let last = self.segments.len() - 1;
        if last > 0 {
            if self.buckets <= last << SEGMENT_BITS {
                free_segment(&self.segments[last]);
                self.segments.pop();
                // The directory follows with slack, so that it does not swing.
                if self.segments.capacity() > 64 && self.segments.len() < self.segments.capacity() / 4 {
                    self.segments.shrink_to(self.segments.len() * 2);
                }
            }
        } else if self.buckets <= self.segments[0].buckets as usize / 4 {
            self.resize_first(self.segments[0].buckets as usize / 2);
        }
    }

    /// Splits the next bucket into itself and a new one.
    fn split(&mut self) {
        self.add_bucket();
        let new = self.buckets - 1;
        if new == 0 {
            return;
        }
        let old = new - (1 << new.ilog2());
        let (old_home, new_home) = (self.home(old), self.home(new));
        let hash = self.hash;
        let mut moved_tags = 0;
        let bit = 1u64 << new.ilog2();
        // SAFETY: live chains, counted by `chains`; the items are elements, whose keys do not panic.
        unsafe {
            old_home.prefetch_elements();
            drain(old_home, &mut self.chains, |item, chains| {
                let element: ManuallyDrop<H> = ManuallyDrop::new(from_raw(item.raw));
                let up = hash.hash(element.key()) & bit != 0;
                moved_tags += u32::from(up && item.tag);
                push(if up { new_home } else { old_home }, item, chains);
            });
            // What the next split will read: its line was asked for by the one before.
            if old + 1 < new {
                self.home(old + 1).prefetch_elements();
                prefetch(self.home((old + 2).min(new)).address());
            }
        }
        self.segments[old >> SEGMENT_BITS].tagged -= moved_tags;
        self.segments[new >> SEGMENT_BITS].tagged += moved_tags;
    }

    /// Undoes the last split. There are at least two buckets.
    fn merge(&mut self) {
        let gone = self.buckets - 1;
        let stays = gone - (1 << gone.ilog2());
        let (gone_home, stays_home) = (self.home(gone), self.home(stays));
        let mut moved_tags = 0;
        // SAFETY: live chains, counted by `chains`.
        unsafe {
            drain(gone_home, &mut self.chains, |item, chains| {
                moved_tags += u32::from(item.tag);
                push(stays_home, item, chains);
            });
        }
        self.segments[gone >> SEGMENT_BITS].tagged -= moved_tags;
        self.segments[stays >> SEGMENT_BITS].tagged += moved_tags;
        self.set_buckets(gone);
        self.free_unused();
    }

    /// Drops every element and frees all child lines; the home lines are empty then.
    fn drop_elements(&mut self) {
        for bucket in 0..self.buckets {
            // SAFETY: live chains, counted by `chains`; every item is an element that is given up here.
            // Elements do not panic when dropped (and if one did, the rest would only leak).
            unsafe {
                if bucket + 1 < self.buckets {
                    self.home(bucket + 1).prefetch_elements();
                }
                drain(self.home(bucket), &mut self.chains, |item, _| drop(from_raw::<H>(item.raw)));
            }
        }
        self.len = 0;
    }
}

impl<H: Handle> Drop for Table<H> {
    fn drop(&mut self) {
        self.drop_elements();
        for segment in &self.segments {
            free_segment(segment);
        }
    }
}

fn segment_layout(buckets: usize) -> Layout {
    // SAFETY: at most 64 KiB, and LINE is a power of two.
    unsafe { Layout::from_size_align_unchecked(buckets * LINE, LINE) }
}

fn new_segment(buckets: usize) -> Segment {
    debug_assert!((1..=SEGMENT).contains(&buckets));
    let layout = segment_layout(buckets);
    // SAFETY: the size is not zero.
    let base = unsafe { alloc_zeroed(layout) };
    if base.is_null() {
        handle_alloc_error(layout);
    }
    Segment { base: base.cast(), buckets: buckets as u32, tagged: 0 }
}

/// Frees the memory of a segment that is not used again (it has no `Drop`: it is replaced and popped, never
/// lost).
fn free_segment(segment: &Segment) {
    // SAFETY: allocated by `new_segment` with this layout; every caller forgets the segment.
    unsafe { dealloc(segment.base.cast(), segment_layout(segment.buckets as usize)) };
}

#[inline]
fn into_raw<H: Handle>(element: H) -> *mut u8 {
    let element = ManuallyDrop::new(element);
    // SAFETY: a handle has a pointer's size and alignment (`ONE_POINTER`) and is moved bitwise.
    unsafe { mem::transmute_copy(&element) }
}

/// # Safety
/// `raw` came from [`into_raw`] of the same type, and counts as moved out.
#[inline]
unsafe fn from_raw<H: Handle>(raw: *mut u8) -> H {
    // SAFETY: as the caller says.
    unsafe { mem::transmute_copy(&raw) }
}

/// An element in its place, to be changed, replaced (assign through it) or removed.
pub struct Slot<'a, H: Handle> {
    table: &'a mut Table<H>,
    at: Place,
}

impl<H: Handle> Slot<'_, H> {
    /// Takes the element out of the table.
    pub fn remove(self) -> H {
        let mut slot = ManuallyDrop::new(self);
        let at = slot.at;
        slot.table.take(at)
    }
}

impl<H: Handle> Deref for Slot<'_, H> {
    type Target = H;

    #[inline]
    fn deref(&self) -> &H {
        // SAFETY: the table has not changed since the place was found: the slot borrows it.
        unsafe { &*self.at.line.slot(self.at.slot).cast::<H>() }
    }
}

impl<H: Handle> DerefMut for Slot<'_, H> {
    #[inline]
    fn deref_mut(&mut self) -> &mut H {
        // SAFETY: as in `deref`; the table is borrowed exclusively.
        unsafe { &mut *self.at.line.slot(self.at.slot).cast::<H>() }
    }
}

impl<H: Handle> Drop for Slot<'_, H> {
    #[inline]
    fn drop(&mut self) {
        let after = self.tag();
        // SAFETY: a live place, see `deref`.
        unsafe {
            let before = tags(self.at.line.head()) >> self.at.slot & 1 != 0;
            if before != after {
                self.at.line.set_tag(self.at.slot, after);
                self.table.count_tag(self.at.bucket, before, after);
            }
        }
    }
}

#[cfg(test)]
mod tests;
