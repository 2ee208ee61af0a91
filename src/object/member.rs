//! A set's member: a text in one allocation behind a thin pointer.
//!
//! ```text
//! | length in 1, 2 or 9 bytes | text |
//! ```
//!
//! A member of 15 bytes takes 16, and 9 more in the table; Redis 7.2 takes 24 for the dict entry, 24 for the
//! string and 8 for its bucket. The size follows from the length, so no capacity is stored.
//!
//! This is the only unsafe code of sets: [`Handle`] wants one pointer that owns and finds its key.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ptr::{self, NonNull};

use super::entry::{read_varint, varint_len, write_varint};
use crate::base::alloc::size_class;
use crate::ds::table::Handle;

/// An owned text of one pointer's size.
#[repr(transparent)]
pub struct Member {
    raw: NonNull<u8>,
}

// SAFETY: a member owns its allocation alone, and it holds plain bytes.
unsafe impl Send for Member {}
// SAFETY: nothing changes a member once it is made.
unsafe impl Sync for Member {}

// SAFETY: transparent over a non-null pointer; the key is what the allocation holds, which never changes.
unsafe impl Handle for Member {
    #[inline]
    fn key(&self) -> &[u8] {
        self.text()
    }
}

fn layout(len: usize) -> Layout {
    Layout::from_size_align(varint_len(len) + len, 1).expect("a text is no larger than the memory it lies in")
}

impl Member {
    /// Copies a text.
    pub fn new(text: &[u8]) -> Self {
        let layout = layout(text.len());
        // SAFETY: the size is at least 1. The allocation has room for the length and the text, which are
        // written before anything can read them; `text` lies elsewhere.
        unsafe {
            let Some(raw) = NonNull::new(alloc(layout)) else { handle_alloc_error(layout) };
            let width = write_varint(raw.as_ptr(), text.len());
            ptr::copy_nonoverlapping(text.as_ptr(), raw.as_ptr().add(width), text.len());
            Member { raw }
        }
    }

    /// The text.
    #[inline]
    pub fn text(&self) -> &[u8] {
        // SAFETY: `new` wrote the length and as many bytes behind it; they live as long as the member.
        unsafe {
            let (len, width) = read_varint(self.raw.as_ptr());
            std::slice::from_raw_parts(self.raw.as_ptr().add(width), len)
        }
    }

    /// Bytes that it takes in memory.
    pub fn mem_bytes(&self) -> usize {
        size_class(layout(self.text().len()).size())
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let layout = layout(self.text().len());
        // SAFETY: allocated in `new` with the layout of the same length.
        unsafe { dealloc(self.raw.as_ptr(), layout) };
    }
}

impl Clone for Member {
    fn clone(&self) -> Self {
        Member::new(self.text())
    }
}

impl std::fmt::Debug for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.text().escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_length_class_come_back() {
        for len in [0, 1, 127, 128, 16_383, 16_384, 100_000] {
            let text: Vec<u8> = (0..len).map(|n| n as u8).collect();
            let member = Member::new(&text);
            let copy = member.clone();
            assert_eq!(member.text(), text);
            drop(member);
            assert_eq!((copy.key(), copy.mem_bytes() > len), (&text[..], true));
        }
    }
}
