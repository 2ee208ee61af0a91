//! One member of a sorted set with its score: a single allocation behind a thin pointer.
//!
//! ```text
//! | score, f64 | length of the member (1 byte, or 255 and 8 bytes) | member |
//! ```
//!
//! [`Element`] owns it and lives in the hash table. [`Ref`] is a copy of the pointer and lives in the tree,
//! so a member of up to 23 bytes costs 32 bytes once, not a string and a node that points at it. What keeps
//! the two together is a rule of `sorted.rs`: a `Ref` leaves the tree before its element is dropped or its
//! score changes. Since the compiler cannot check that, lending is the `unsafe` step here; everything that
//! handles a `Ref` afterwards, the whole tree, is safe code.
//!
//! Aliasing: all accesses go through the one raw pointer that the allocator returned. Slices that are handed
//! out cover the member only, which never changes, so writing the score disturbs none of them.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cmp::Ordering;
use std::ptr::{self, NonNull};

use crate::base::alloc::size_class;
use crate::ds::table::Handle;

const SCORE: usize = size_of::<f64>();
/// First length byte of members that need eight more.
const LONG: u8 = u8::MAX;

/// A member and its score, owned.
#[repr(transparent)]
pub(super) struct Element(NonNull<u8>);

/// Points to an [`Element`] that is alive; see the head of the file. Equality is that of the place.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub(super) struct Ref(NonNull<u8>);

// SAFETY: an element owns its allocation alone; nothing in it is bound to a thread.
unsafe impl Send for Element {}
// SAFETY: `&self` methods only read.
unsafe impl Sync for Element {}
// SAFETY: a reference travels with the table that owns its element.
unsafe impl Send for Ref {}
// SAFETY: methods only read.
unsafe impl Sync for Ref {}

// SAFETY: transparent over a non-null pointer; `key` depends on nothing but the member, which never changes.
unsafe impl Handle for Element {
    #[inline]
    fn key(&self) -> &[u8] {
        // SAFETY: the element lives as long as it is borrowed.
        unsafe { member(self.0) }
    }
}

/// Bytes before the member, and before and with it.
fn measure(len: usize) -> (usize, usize) {
    let head = SCORE + if len < usize::from(LONG) { 1 } else { 1 + size_of::<u64>() };
    (head, head.checked_add(len).expect("a member is no larger than memory"))
}

fn layout(len: usize) -> Layout {
    Layout::from_size_align(size_class(measure(len).1), align_of::<f64>())
        .expect("a member is no larger than memory")
}

/// # Safety
/// `at` points to a live element, and does so as long as the slice is used.
#[inline]
unsafe fn member<'a>(at: NonNull<u8>) -> &'a [u8] {
    // SAFETY: the length tells how many bytes of member follow, all written by `Element::new`.
    unsafe {
        let len = at.add(SCORE);
        match len.read() {
            LONG => {
                let long = len.add(1).cast::<u64>().read_unaligned() as usize;
                std::slice::from_raw_parts(len.add(1 + size_of::<u64>()).as_ptr(), long)
            }
            short => std::slice::from_raw_parts(len.add(1).as_ptr(), usize::from(short)),
        }
    }
}

impl Element {
    pub fn new(member: &[u8], score: f64) -> Self {
        let layout = layout(member.len());
        // SAFETY: the size is not zero.
        let Some(at) = NonNull::new(unsafe { alloc(layout) }) else { handle_alloc_error(layout) };
        let head = measure(member.len()).0;
        // SAFETY: the layout has room for score, length and member; the score is aligned.
        unsafe {
            at.cast::<f64>().write(score);
            let len = at.add(SCORE);
            if head == SCORE + 1 {
                len.write(member.len() as u8);
            } else {
                len.write(LONG);
                len.add(1).cast::<u64>().write_unaligned(member.len() as u64);
            }
            ptr::copy_nonoverlapping(member.as_ptr(), at.add(head).as_ptr(), member.len());
        }
        Element(at)
    }

    #[inline]
    pub fn score(&self) -> f64 {
        // SAFETY: every element begins with its score.
        unsafe { self.0.cast::<f64>().read() }
    }

    /// No `Ref` of this element may be in a tree now: its place there would be wrong.
    #[inline]
    pub fn set_score(&mut self, score: f64) {
        // SAFETY: as in `score`; nobody holds a reference to the score.
        unsafe { self.0.cast::<f64>().write(score) };
    }

    /// Bytes allocated.
    pub fn mem_bytes(&self) -> usize {
        layout(self.key().len()).size()
    }

    /// # Safety
    /// The reference is not used after the element is dropped.
    #[inline]
    pub unsafe fn lend(&self) -> Ref {
        Ref(self.0)
    }
}

impl Drop for Element {
    fn drop(&mut self) {
        let layout = layout(self.key().len());
        // SAFETY: allocated with the layout of its member's length; nothing uses it any more.
        unsafe { dealloc(self.0.as_ptr(), layout) };
    }
}

impl Ref {
    #[inline]
    pub fn score(&self) -> f64 {
        // SAFETY: the element is alive (`lend`) and begins with its score.
        unsafe { self.0.cast::<f64>().read() }
    }

    #[inline]
    pub fn member(&self) -> &[u8] {
        // SAFETY: the element is alive (`lend`) as long as the tree holds its reference, which is what the
        // slice borrows.
        unsafe { member(self.0) }
    }

    /// By score, then by member.
    #[inline]
    pub fn order(&self, score: f64, member: &[u8]) -> Ordering {
        by_score(self.score(), score).then_with(|| self.member().cmp(member))
    }

    /// See [`hint`].
    #[inline]
    pub fn hint(&self) -> i32 {
        hint(self.score())
    }
}

/// Order of scores. They are never NaN; both zeros are equal.
#[inline]
pub(super) fn by_score(one: f64, other: f64) -> Ordering {
    one.partial_cmp(&other).unwrap_or(Ordering::Equal)
}

/// The upper half of a score in a form whose order is that of integers: of two different hints the scores are
/// in the same order, of equal ones nothing is known. Whole scores below two million have hints
/// of their own.
#[inline]
pub(super) fn hint(score: f64) -> i32 {
    // Adding zero makes -0.0 what it is equal to.
    let bits = (score + 0.0).to_bits();
    let upper = (bits >> 32) as i32;
    // Negative numbers are ordered the other way round, but for their sign.
    if upper >= 0 { upper } else { upper ^ i32::MAX }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn elements_keep_members_of_every_length() {
        for len in [0, 1, 8, 23, 24, 254, 255, 256, 70_000] {
            let text: Vec<u8> = (0..len).map(|at| at as u8).collect();
            let mut element = Element::new(&text, 1.5);
            assert_eq!((element.key(), element.score()), (&text[..], 1.5));
            element.set_score(f64::NEG_INFINITY);
            assert_eq!((element.key(), element.score()), (&text[..], f64::NEG_INFINITY));
            // SAFETY: used while the element lives.
            let lent = unsafe { element.lend() };
            assert_eq!(lent.order(f64::NEG_INFINITY, &text), Ordering::Equal);
            assert_eq!(lent.hint(), hint(f64::NEG_INFINITY));
        }
        assert_eq!(Element::new(&[0; 23], 0.0).mem_bytes(), 32);
    }

    #[test]
    fn whole_scores_have_their_own_hints() {
        let hints: Vec<i32> = (-2_000_000..2_000_000).step_by(997).map(|n| hint(f64::from(n))).collect();
        assert!(hints.is_sorted_by(|one, other| one < other));
        assert_eq!(hint(0.0), hint(-0.0));
        assert!(hint(f64::NEG_INFINITY) < hint(f64::MIN) && hint(f64::MAX) < hint(f64::INFINITY));
    }

    proptest! {
        #[test]
        fn different_hints_are_in_the_order_of_scores(one: f64, other: f64) {
            prop_assume!(!one.is_nan() && !other.is_nan());
            match hint(one).cmp(&hint(other)) {
                Ordering::Equal => {}
                order => prop_assert_eq!(by_score(one, other), order),
            }
        }
    }
}
