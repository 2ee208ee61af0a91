//! The table's memory: lines of seven handles with one-byte hash fragments, and chains of them.
//!
//! A *line* is eight words. Word 0, the *head*, is all that a search reads before it knows which handle to
//! try:
//!
//! ```text
//! bits 0..=6   tags of the slots 0..=6
//! bit 7        chained: slot 6 is not a handle but the link to the next line
//! bits 8..=63  one byte a slot: the fragment (eight hash bits) of its handle, 0 when the slot is empty
//! ```
//!
//! Fragments are never 0, so "is it there" and "could it be this one" are one comparison of eight bytes
//! (SSE2, or arithmetic on the word elsewhere). The tags lie in the head so that looking for tagged elements
//! reads no element.
//!
//! A *chain* starts with a home line. Slots fill from 0 up without holes; a line that runs over gives its
//! slot 6 up for a link, and its seventh handle moves to the new line. Child lines start with three slots
//! (32 bytes) and are exchanged for full ones when these are taken; that one child in two stays small saves
//! a byte per key. The link's lowest bit says which size. Invariants: only the last line of a chain has free
//! slots; a child holds at least two handles; only full lines have children.
//!
//! Nothing here knows keys or hashes. Raw pointers throughout: no reference to a line is ever formed, so a
//! line of three slots may be handled through the same type as one of seven.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};

/// Handles in a full line.
pub(in crate::ds) const SLOTS: usize = 7;
/// Bytes of a full line; lines are aligned to it.
pub(in crate::ds) const LINE: usize = 64;

const SMALL_SLOTS: usize = 3;
const SMALL_LINE: usize = 32;
const LINK_SLOT: usize = SLOTS - 1;
const CHAINED: u64 = 1 << 7;
const SMALL: usize = 1;

/// One line of a chain. A copy of the pointer, valid as long as the table does not change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::ds) struct Line(*mut u64);

/// A handle with what its line says of it.
#[derive(Clone, Copy)]
pub(in crate::ds) struct Item {
    pub raw: *mut u8,
    pub fragment: u8,
    pub tag: bool,
}

/// How many child lines a table has, and how long its chains are.
#[derive(Default, Debug)]
pub(in crate::ds) struct Chains {
    /// `depths[d]`: chains with `d + 1` children. The last number is not 0.
    pub depths: Vec<usize>,
    /// Children of three slots.
    pub small: usize,
    /// Children of seven slots.
    pub full: usize,
}

impl Chains {
    /// Children of the longest chain.
    pub fn deepest(&self) -> usize {
        self.depths.len()
    }

    pub fn mem_bytes(&self) -> usize {
        self.small * SMALL_LINE + self.full * LINE + self.depths.capacity() * size_of::<usize>()
    }

    fn moved(&mut self, from: usize, to: usize) {
        if from > 0 {
            self.depths[from - 1] -= 1;
        }
        if to > 0 {
            if self.depths.len() < to {
                self.depths.resize(to, 0);
            }
            self.depths[to - 1] += 1;
        }
        while self.depths.last() == Some(&0) {
            self.depths.pop();
        }
    }

    fn allocate(&mut self, small: bool) -> Line {
        *(if small { &mut self.small } else { &mut self.full }) += 1;
        let layout = line_layout(small);
        // SAFETY: the layout's size is not zero.
        let raw = unsafe { alloc_zeroed(layout) };
        if raw.is_null() {
            handle_alloc_error(layout);
        }
        Line(raw.cast())
    }

    /// # Safety
    /// `line` came from `allocate(small)` and is not used again.
    unsafe fn free(&mut self, line: Line, small: bool) {
        *(if small { &mut self.small } else { &mut self.full }) -= 1;
        // SAFETY: as the caller says.
        unsafe { dealloc(line.0.cast(), line_layout(small)) };
    }
}

fn line_layout(small: bool) -> Layout {
    let size = if small { SMALL_LINE } else { LINE };
    // SAFETY: both sizes are powers of two, far below isize::MAX.
    unsafe { Layout::from_size_align_unchecked(size, size) }
}

/// The number of taken slots that a head tells.
#[inline]
pub(in crate::ds) fn used(head: u64) -> usize {
    (71 - (head >> 8).leading_zeros() as usize) / 8
}

/// One bit for each slot whose fragment is `fragment` (which is not 0).
#[inline]
pub(in crate::ds) fn matches(head: u64, fragment: u8) -> u32 {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_cvtsi64_si128, _mm_movemask_epi8, _mm_set1_epi8};
        // SAFETY: SSE2 is part of x86_64.
        let hits = unsafe {
            let bytes = _mm_cvtsi64_si128(head as i64);
            _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(fragment as i8)))
        };
        (hits as u32 & 0xff) >> 1
    }
    #[cfg(not(target_arch = "x86_64"))]
    matches_swar(head, fragment)
}

/// [`matches`] without SIMD.
#[cfg_attr(target_arch = "x86_64", cfg(test))]
pub(in crate::ds) fn matches_swar(head: u64, fragment: u8) -> u32 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let differs = head ^ u64::from(fragment).wrapping_mul(0x0101_0101_0101_0101);
    // The top bit of each byte is set exactly when the byte is zero; the product gathers the eight bits.
    let zero = !((differs & LOW).wrapping_add(LOW) | differs | LOW);
    ((zero >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 57) as u32
}

/// One bit for each slot whose tag is set.
#[inline]
pub(in crate::ds) fn tags(head: u64) -> u32 {
    (head & 0x7f) as u32
}

/// Asks the CPU to fetch the cache line at `at`; any address will do.
#[inline]
pub(in crate::ds) fn prefetch(at: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch never faults and reads nothing the program can see.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(at.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

/// Methods are unsafe for one reason, said here once: the line must be alive, and slots named must be taken.
impl Line {
    #[inline]
    pub fn new(at: *mut u64) -> Self {
        Line(at)
    }

    #[inline]
    pub fn address(self) -> *const u8 {
        self.0.cast()
    }

    /// # Safety
    /// The line is alive and has the slots that are named.
    #[inline]
    pub unsafe fn head(self) -> u64 {
        // SAFETY: word 0 of a live line.
        unsafe { self.0.read() }
    }

    /// # Safety
    /// The line is alive and has the slots that are named.
    #[inline]
    unsafe fn set_head(self, head: u64) {
        // SAFETY: word 0 of a live line.
        unsafe { self.0.write(head) }
    }

    /// The place of a slot's handle.
    ///
    /// # Safety
    /// The line is alive and has the slots that are named.
    #[inline]
    pub unsafe fn slot(self, slot: usize) -> *mut *mut u8 {
        // SAFETY: the caller names a slot that this line has.
        unsafe { self.0.add(1 + slot).cast() }
    }

    /// # Safety
    /// The line is alive and has the slots that are named.
    #[inline]
    pub unsafe fn item(self, slot: usize) -> Item {
        // SAFETY: a live line and a taken slot.
        unsafe {
            let head = self.head();
            let fragment = (head >> (8 * slot + 8)) as u8;
            Item { raw: self.slot(slot).read(), fragment, tag: head >> slot & 1 != 0 }
        }
    }

    /// # Safety
    /// The line is alive and has the slots that are named.
    #[inline]
    unsafe fn put(self, slot: usize, item: Item) {
        // SAFETY: a live line that has this slot.
        unsafe {
            let rest = self.head() & !(0xff << (8 * slot + 8) | 1 << slot);
            self.set_head(rest | u64::from(item.fragment) << (8 * slot + 8) | u64::from(item.tag) << slot);
            self.slot(slot).write(item.raw);
        }
    }

    /// # Safety
    /// The line is alive and has the slots that are named.
    #[inline]
    unsafe fn clear(self, slot: usize) {
        // SAFETY: a live line that has this slot.
        unsafe { self.set_head(self.head() & !(0xff << (8 * slot + 8) | 1 << slot)) }
    }

    /// # Safety
    /// The line is alive and has the slots that are named.
    #[inline]
    pub unsafe fn set_tag(self, slot: usize, tag: bool) {
        // SAFETY: a live line that has this slot.
        unsafe { self.set_head(self.head() & !(1 << slot) | u64::from(tag) << slot) }
    }

    /// The next line of the chain.
    ///
    /// # Safety
    /// The line is alive and has the slots that are named.
    #[inline]
    pub unsafe fn child(self) -> Option<Line> {
        // SAFETY: a live line.
        unsafe { self.link().map(|link| link.0) }
    }

    /// The next line, and whether it is a small one.
    ///
    /// # Safety
    /// The line is alive and has the slots that are named.
    #[inline]
    unsafe fn link(self) -> Option<(Line, bool)> {
        // SAFETY: a live line; the chained bit says that slot 6 exists and is a link.
        unsafe {
            if self.head() & CHAINED == 0 {
                return None;
            }
            let link = self.slot(LINK_SLOT).read();
            Some((Line(link.map_addr(|at| at & !SMALL).cast()), link.addr() & SMALL != 0))
        }
    }

    /// Makes slot 6 (whose handle the caller has saved) the link to `child`.
    ///
    /// # Safety
    /// The line is alive and has the slots that are named.
    unsafe fn set_link(self, child: Line, small: bool) {
        // SAFETY: a live full line.
        unsafe {
            self.clear(LINK_SLOT);
            self.set_head(self.head() | CHAINED);
            self.slot(LINK_SLOT).write(child.0.map_addr(|at| at | usize::from(small)).cast());
        }
    }

    /// Asks for the elements of this line (not of its children).
    ///
    /// # Safety
    /// The line is alive and has the slots that are named.
    #[inline]
    pub unsafe fn prefetch_elements(self) {
        // SAFETY: a live line; only taken slots are read.
        unsafe {
            for slot in 0..used(self.head()) {
                prefetch(self.slot(slot).read());
            }
        }
    }
}

/// The last line of a chain: what lies before it, its size, how many lines are before it.
struct Tail {
    line: Line,
    parent: Line,
    small: bool,
    depth: usize,
}

/// # Safety
/// `home` is the live first line of a chain.
#[inline]
unsafe fn tail(home: Line) -> Tail {
    let mut tail = Tail { line: home, parent: home, small: false, depth: 0 };
    // SAFETY: links lead to live lines.
    while let Some((line, small)) = unsafe { tail.line.link() } {
        tail = Tail { line, parent: tail.line, small, depth: tail.depth + 1 };
    }
    tail
}

/// Adds a handle to a chain.
///
/// # Safety
/// `home` is the live first line of a chain whose children `chains` counts.
#[inline]
pub(in crate::ds) unsafe fn push(home: Line, item: Item, chains: &mut Chains) {
    debug_assert!(item.fragment != 0);
    // SAFETY: lines of a live chain, slots below the number each line has.
    unsafe {
        let tail = tail(home);
        let at = used(tail.line.head());
        if at < if tail.small { SMALL_SLOTS } else { SLOTS } {
            tail.line.put(at, item);
        } else {
            push_grow(tail, item, chains);
        }
    }
}

/// Adds a handle to a chain whose last line is full.
///
/// # Safety
/// As for [`push`].
#[cold]
unsafe fn push_grow(tail: Tail, item: Item, chains: &mut Chains) {
    // SAFETY: lines of a live chain, slots below the number each line has.
    unsafe {
        if tail.small {
            let full = chains.allocate(false);
            for slot in 0..SMALL_SLOTS {
                full.put(slot, tail.line.item(slot));
            }
            full.put(SMALL_SLOTS, item);
            tail.parent.set_link(full, false);
            chains.free(tail.line, true);
        } else {
            let small = chains.allocate(true);
            small.put(0, tail.line.item(LINK_SLOT));
            small.put(1, item);
            tail.line.set_link(small, true);
            chains.moved(tail.depth, tail.depth + 1);
        }
    }
}

/// Takes the handle at `slot` of `line` out of its chain; the chain's last handle fills the hole.
///
/// # Safety
/// `line` belongs to the live chain that starts at `home`, `slot` is taken, `chains` counts its children.
#[inline]
pub(in crate::ds) unsafe fn remove(home: Line, line: Line, slot: usize, chains: &mut Chains) -> *mut u8 {
    // SAFETY: lines of a live chain, taken slots.
    unsafe {
        let tail = tail(home);
        let last = used(tail.line.head()) - 1;
        let gone = line.slot(slot).read();
        if (line, slot) != (tail.line, last) {
            line.put(slot, tail.line.item(last));
        }
        tail.line.clear(last);
        if last == 1 && tail.depth > 0 {
            // One handle left in the child: it takes the link's place.
            let item = tail.line.item(0);
            tail.parent.set_head(tail.parent.head() & !CHAINED);
            tail.parent.put(LINK_SLOT, item);
            chains.free(tail.line, tail.small);
            chains.moved(tail.depth, tail.depth - 1);
        }
        gone
    }
}

/// Empties a chain: its home line is cleared, its children are freed, `take` gets every handle. `take` may
/// push into any chain, this one included.
///
/// # Safety
/// `home` is the live first line of a chain whose children `chains` counts. `take` must not panic.
pub(in crate::ds) unsafe fn drain(home: Line, chains: &mut Chains, mut take: impl FnMut(Item, &mut Chains)) {
    // SAFETY: lines of a live chain; the home line is copied before `take` may write to it, children are
    // freed after their last use.
    unsafe {
        let mut words = [std::ptr::null_mut::<u8>(); 1 + SLOTS];
        std::ptr::copy_nonoverlapping(home.0.cast(), words.as_mut_ptr(), 1 + SLOTS);
        home.set_head(0);
        let mut line = Line(words.as_mut_ptr().cast());
        let mut depth = 0;
        let mut owned: Option<(Line, bool)> = None;
        loop {
            for slot in 0..used(line.head()) {
                take(line.item(slot), chains);
            }
            let next = line.link();
            if let Some((line, small)) = owned {
                chains.free(line, small);
            }
            let Some((child, _)) = next else { break };
            owned = next;
            line = child;
            depth += 1;
        }
        chains.moved(depth, 0);
    }
}
