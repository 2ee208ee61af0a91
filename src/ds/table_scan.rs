//! Walking a table: SCAN, iteration, fair sampling, and walks over the tagged elements.
//!
//! **SCAN.** A client asks for a few elements at a time, gets a number (the cursor) to go on with, and
//! between two calls anything may happen: elements come and go, the table grows, shrinks, or both. The
//! promise is Redis': an element that is there from the first call to the last is returned at least once;
//! one that comes or goes may or may not be; some may be returned twice. Nothing is remembered between the
//! calls but the cursor.
//!
//! Read the low bits of a hash in reverse, as binary digits behind the point: every element gets a fixed
//! *position* in `0 <= x < 1`, which no resizing changes. What resizing changes are the buckets: bucket `b`
//! of those that choose by `k` bits holds exactly the elements of the interval of length `2^-k` that starts
//! at `reverse(b)`. Splitting a bucket halves its interval, merging puts two neighbours together again;
//! chained lines belong to their bucket's interval. At any time the buckets' intervals tile the line from 0
//! to 1. A cursor is a position, too (its bits in reverse): *everything before it has been visited*. One
//! step visits the whole bucket whose interval holds the cursor and answers with that interval's end, or 0
//! at the end of the line. If buckets were split in between, the cursor lies at the start of one of the
//! halves; if they were merged, it may lie in the middle of an interval, whose first part is then visited
//! again: that is where repetitions come from. Since the cursor only moves forward and never past anything
//! unvisited, the promise holds.
//!
//! In Redis the increment on reversed bits is the same (Pieter Noordhuis' algorithm), but while it rehashes
//! it has two tables and visits, for one bucket of the smaller, all its expansions in the larger. Linear
//! hashing has no second table; a step only needs to know whether the bucket it is in has been split in this
//! round, which tells how many bits its interval goes by. A cursor that was never handed out is harmless:
//! bits too high are cut off.
//!
//! **Fair choice.** `random` draws a bucket and a place in the longest chain there is, and draws anew when
//! the bucket has nothing at that place: every element is as likely as any other (Redis' plain random key
//! favours elements of short chains). With chains of up to four lines at usual fill it takes five draws on
//! average. A table that is nearly empty for its size (resizing was forbidden while most was removed) could
//! make it draw for long; after [`DRAWS`] failures it takes the first element at or after a random bucket,
//! which favours elements behind gaps.
//!
//! `sample` draws pieces of four places in the same way and takes what is there: most often four elements
//! for one line. Each element is as likely as any other, but neighbours come together; since the hash mixes
//! them, that costs variance only. Where a piece has more elements than are still wanted, random neighbours
//! among them are taken, which favours elements of pieces that are not full, slightly.
//!
//! Tagged elements are drawn by bucket likewise; segments without any are skipped by their count, so a few
//! of them among millions are found by looking at counters and one segment.

use super::table::bucket::{Line, SLOTS, tags, used};
use super::table::{Handle, SEGMENT, Table};
use crate::base::rng::Rng;

/// Failed draws after which a random choice gives up being fair.
const DRAWS: usize = 1000;
/// Neighbours that a sample takes together.
const PIECE: usize = 4;
/// Failed draws after which a tagged element is looked for by counting instead.
const TAGGED_DRAWS: usize = 32;

/// Numbers for DEBUG HTSTATS and tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Buckets in use.
    pub buckets: usize,
    /// Elements.
    pub elements: usize,
    /// Tagged elements.
    pub tagged: usize,
    /// `chained[d]`: buckets with `d + 1` child lines.
    pub chained: Vec<usize>,
    /// Bytes held by the table, elements not counted.
    pub bytes: usize,
}

impl<H: Handle> Table<H> {
    /// Visits the elements at `cursor` (0 to begin) and returns the cursor to go on with, 0 at the end. See
    /// the head of the file for what is promised between calls.
    pub fn scan(&self, cursor: u64, visit: &mut dyn FnMut(&H)) -> u64 {
        if self.is_empty() {
            return 0;
        }
        let mut mask = self.mask as u64;
        let upper_half = (cursor & mask) | ((mask >> 1) + 1);
        if upper_half as usize >= self.buckets {
            // The bucket has not been split in this round: one bit less decides.
            mask >>= 1;
        }
        self.each_in((cursor & mask) as usize, visit);
        let end = (cursor | !mask).reverse_bits().wrapping_add(1);
        end.reverse_bits()
    }

    /// All elements, in no useful order. The elements of the next bucket are prefetched.
    pub fn iter(&self) -> Iter<'_, H> {
        Iter { table: self, next: 0, line: None, slot: 0 }
    }

    /// An element, each as likely as any other; `None` when the table is empty.
    pub fn random(&self, rng: &mut Rng) -> Option<&H> {
        if self.is_empty() {
            return None;
        }
        for _ in 0..DRAWS {
            if let Some((line, slot)) = self.draw(rng) {
                return Some(self.element(line, slot));
            }
        }
        let start = rng.below(self.buckets as u64) as usize;
        let mut buckets = (start..self.buckets).chain(0..start);
        buckets.find_map(|bucket| self.nth(bucket, 0)).map(|(line, slot)| self.element(line, slot))
    }

    /// Takes an element out, each as likely as any other; `None` when the table is empty.
    pub fn remove_random(&mut self, rng: &mut Rng) -> Option<H> {
        let chosen = self.random(rng)?.key();
        let (hash, start, len) = (self.hash(chosen), chosen.as_ptr(), chosen.len());
        // SAFETY: the key lies behind the element's pointer, not in the table, and the element lives on: it is
        // moved out and returned. The key is read only while the element is looked for.
        let key = unsafe { std::slice::from_raw_parts(start, len) };
        self.remove_hashed(hash, key)
    }

    /// Adds up to `n` random elements to `out`, bucket by bucket: all there are if there are no more than
    /// `n`, else possibly some twice.
    pub fn sample<'a>(&'a self, rng: &mut Rng, n: usize, out: &mut Vec<&'a H>) {
        if self.len() <= n {
            out.extend(self.iter());
            return;
        }
        let wanted = out.len() + n;
        for _ in 0..DRAWS + 8 * n {
            self.draw_piece(rng, wanted - out.len(), |_, _| true, out);
            if out.len() == wanted {
                return;
            }
        }
        while out.len() < wanted {
            out.extend(self.random(rng));
        }
    }

    /// A tagged element, each as likely as any other; `None` when there is none.
    pub fn random_tagged(&self, rng: &mut Rng) -> Option<&H> {
        if self.tagged == 0 {
            return None;
        }
        for _ in 0..TAGGED_DRAWS {
            if let Some((line, slot)) = self.draw(rng)
                && is_tagged(line, slot)
            {
                return Some(self.element(line, slot));
            }
        }
        self.nth_tagged(rng.below(self.tagged as u64) as usize)
    }

    /// Adds up to `n` random tagged elements to `out`: all there are if there are no more than `n`, else
    /// possibly some twice.
    pub fn sample_tagged<'a>(&'a self, rng: &mut Rng, n: usize, out: &mut Vec<&'a H>) {
        if self.tagged <= n {
            self.walk_tagged(0, usize::MAX, &mut |element| out.push(element));
            return;
        }
        let wanted = out.len() + n;
        for _ in 0..8 * n {
            self.draw_piece(rng, wanted - out.len(), is_tagged, out);
            if out.len() == wanted {
                return;
            }
        }
        while out.len() < wanted {
            out.extend(self.random_tagged(rng));
        }
    }

    /// Visits the tagged elements of up to `limit` buckets from `cursor` (0 to begin) and returns the cursor
    /// to go on with, 0 when a pass is over. A segment of 1024 buckets without tagged elements counts as one
    /// bucket.
    ///
    /// For walks that come round again (active expiry): buckets go by number, and an element may be missed
    /// by a pass during which the table shrinks.
    pub fn scan_tagged(&self, cursor: u64, limit: usize, visit: &mut dyn FnMut(&H)) -> u64 {
        self.walk_tagged(cursor, limit, &mut |element| visit(element))
    }

    /// Numbers about the table.
    pub fn stats(&self) -> Stats {
        Stats {
            buckets: self.buckets,
            elements: self.len,
            tagged: self.tagged,
            chained: self.chains.depths.clone(),
            bytes: self.mem_bytes(),
        }
    }

    fn walk_tagged<'a>(&'a self, cursor: u64, limit: usize, visit: &mut dyn FnMut(&'a H)) -> u64 {
        if self.tagged == 0 {
            return 0;
        }
        let mut bucket = usize::try_from(cursor).unwrap_or(usize::MAX);
        for _ in 0..limit.max(1) {
            if bucket >= self.buckets {
                return 0;
            }
            if self.segments[bucket / SEGMENT].tagged == 0 {
                bucket = (bucket / SEGMENT + 1) * SEGMENT;
                continue;
            }
            self.each_tagged(bucket, |line, slot| visit(self.element(line, slot)));
            bucket += 1;
        }
        if bucket < self.buckets { bucket as u64 } else { 0 }
    }

    /// The `n`th tagged element in the order of buckets.
    fn nth_tagged(&self, n: usize) -> Option<&H> {
        let mut left = n;
        for (at, segment) in self.segments.iter().enumerate() {
            if left >= segment.tagged as usize {
                left -= segment.tagged as usize;
                continue;
            }
            for bucket in at * SEGMENT..self.buckets.min((at + 1) * SEGMENT) {
                let mut found = None;
                self.each_tagged(bucket, |line, slot| {
                    if left == 0 && found.is_none() {
                        found = Some((line, slot));
                    }
                    left = left.saturating_sub(1);
                });
                if let Some((line, slot)) = found {
                    return Some(self.element(line, slot));
                }
            }
        }
        None
    }

    /// A random place of a random bucket, if there is an element.
    fn draw(&self, rng: &mut Rng) -> Option<(Line, usize)> {
        let longest = self.longest();
        let draw = rng.below((self.buckets * longest) as u64) as usize;
        self.nth(draw / longest, draw % longest)
    }

    /// The place of the `n`th element of a bucket.
    fn nth(&self, bucket: usize, n: usize) -> Option<(Line, usize)> {
        let mut left = n;
        let mut line = self.home(bucket);
        loop {
            // SAFETY: lines of a live chain.
            unsafe {
                let used = used(line.head());
                if left < used {
                    return Some((line, left));
                }
                left -= used;
                line = line.child()?;
            }
        }
    }

    /// Draws a piece of a bucket and adds up to `room` of the elements there that `want` accepts.
    fn draw_piece<'a>(
        &'a self,
        rng: &mut Rng,
        room: usize,
        want: impl Fn(Line, usize) -> bool,
        out: &mut Vec<&'a H>,
    ) {
        let pieces = self.longest().div_ceil(PIECE);
        let draw = rng.below((self.buckets * pieces) as u64) as usize;
        let (bucket, from) = (draw / pieces, draw % pieces * PIECE);
        let first = out.len();
        let places = (from..from + PIECE).map_while(|n| self.nth(bucket, n));
        out.extend(places.filter(|at| want(at.0, at.1)).map(|(line, slot)| self.element(line, slot)));
        let found = out.len() - first;
        if found > room {
            out[first..].rotate_left(rng.below(found as u64) as usize);
            out.truncate(first + room);
        }
    }

    /// No bucket has more elements.
    fn longest(&self) -> usize {
        SLOTS + self.chains.deepest() * (SLOTS - 1)
    }

    fn each_in<'a>(&'a self, bucket: usize, mut visit: impl FnMut(&'a H)) {
        self.each_place(bucket, |line, slot| visit(self.element(line, slot)));
    }

    fn each_place(&self, bucket: usize, mut visit: impl FnMut(Line, usize)) {
        let mut next = Some(self.home(bucket));
        while let Some(line) = next {
            // SAFETY: lines of a live chain; nothing changes while `self` is borrowed.
            unsafe {
                for slot in 0..used(line.head()) {
                    visit(line, slot);
                }
                next = line.child();
            }
        }
    }

    fn each_tagged(&self, bucket: usize, mut visit: impl FnMut(Line, usize)) {
        let mut next = Some(self.home(bucket));
        while let Some(line) = next {
            // SAFETY: lines of a live chain; nothing changes while `self` is borrowed.
            unsafe {
                let mut left = tags(line.head());
                while left != 0 {
                    visit(line, left.trailing_zeros() as usize);
                    left &= left - 1;
                }
                next = line.child();
            }
        }
    }

    /// The element at a place of this table.
    #[inline]
    fn element(&self, line: Line, slot: usize) -> &H {
        // SAFETY: private, and called only with taken slots of live lines; the reference borrows the table.
        unsafe { &*line.slot(slot).cast::<H>() }
    }
}

fn is_tagged(line: Line, slot: usize) -> bool {
    // SAFETY: callers pass live lines, found under the same borrow of the table.
    unsafe { tags(line.head()) >> slot & 1 != 0 }
}

impl<H: Handle + Clone> Clone for Table<H> {
    fn clone(&self) -> Self {
        let mut copy = Table::new(self.hash);
        for element in self {
            copy.insert_unique(self.hash(element.key()), element.clone());
        }
        copy
    }
}

impl<H: Handle> std::fmt::Debug for Table<H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter().map(|element| element.key().escape_ascii().to_string())).finish()
    }
}

/// All elements of a table.
pub struct Iter<'a, H: Handle> {
    table: &'a Table<H>,
    /// The bucket after the one that `line` belongs to.
    next: usize,
    line: Option<Line>,
    slot: usize,
}

impl<'a, H: Handle> Iterator for Iter<'a, H> {
    type Item = &'a H;

    fn next(&mut self) -> Option<&'a H> {
        loop {
            if let Some(line) = self.line {
                // SAFETY: lines of a live chain; nothing changes while the table is borrowed.
                unsafe {
                    if self.slot < used(line.head()) {
                        self.slot += 1;
                        return Some(self.table.element(line, self.slot - 1));
                    }
                    self.line = line.child();
                    self.slot = 0;
                }
                continue;
            }
            if self.next >= self.table.buckets {
                return None;
            }
            self.line = Some(self.table.home(self.next));
            self.next += 1;
            if self.next < self.table.buckets {
                // SAFETY: a bucket in use.
                unsafe { self.table.home(self.next).prefetch_elements() };
            }
        }
    }
}

impl<'a, H: Handle> IntoIterator for &'a Table<H> {
    type Item = &'a H;
    type IntoIter = Iter<'a, H>;

    fn into_iter(self) -> Iter<'a, H> {
        self.iter()
    }
}
