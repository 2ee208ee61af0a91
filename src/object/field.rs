//! A field of a big hash with its value: one allocation behind a thin pointer.
//!
//! ```text
//! | length of the field | length of the value | field | value |      lengths: 1, 3 or 9 bytes each
//! ```
//!
//! Redis spends three allocations here (dict entry, field, value): 72 to 80 bytes for a field and a value of
//! eight bytes each, where this takes 32. Memory is asked for in whole size classes, which follow from what
//! is held, so a new value that needs the same class is written over the old one.
//!
//! Slices that are handed out borrow the field, so nothing is written while one is in use.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ptr::{self, NonNull};

use crate::base::alloc::size_class;
use crate::ds::table::Handle;

/// First byte of a length of up to 65,535, which follows in two bytes.
const MIDDLE: u8 = 254;
/// First byte of any length, which follows in eight bytes.
const LONG: u8 = 255;

/// A field and its value.
#[repr(transparent)]
pub(super) struct Field(NonNull<u8>);

// SAFETY: a field owns its allocation alone; nothing in it is bound to a thread.
unsafe impl Send for Field {}
// SAFETY: `&self` methods only read.
unsafe impl Sync for Field {}

// SAFETY: transparent over a non-null pointer; `key` depends on nothing but the field's own bytes.
unsafe impl Handle for Field {
    #[inline]
    fn key(&self) -> &[u8] {
        self.name()
    }
}

/// Where things lie.
#[derive(Clone, Copy)]
struct Shape {
    /// Bytes of both lengths.
    head: usize,
    name: usize,
    value: usize,
}

impl Shape {
    fn of(name: &[u8], value: &[u8]) -> Self {
        let head = length_width(name.len()) + length_width(value.len());
        Shape { head, name: name.len(), value: value.len() }
    }

    fn layout(self) -> Layout {
        // Both are slices in memory: no overflow.
        Layout::from_size_align(size_class(self.head + self.name + self.value), 1)
            .expect("a field is no larger than memory")
    }
}

fn length_width(len: usize) -> usize {
    match len {
        0..254 => 1,
        254..=0xffff => 3,
        _ => 9,
    }
}

/// # Safety
/// `at` is valid for writes of [`length_width`] bytes.
unsafe fn write_length(at: NonNull<u8>, len: usize) {
    // SAFETY: the caller gives the room.
    unsafe {
        match length_width(len) {
            1 => at.write(len as u8),
            3 => {
                at.write(MIDDLE);
                at.add(1).cast::<u16>().write_unaligned(len as u16);
            }
            _ => {
                at.write(LONG);
                at.add(1).cast::<u64>().write_unaligned(len as u64);
            }
        }
    }
}

/// A length and its width.
///
/// # Safety
/// `at` points to what [`write_length`] wrote.
#[inline]
unsafe fn read_length(at: NonNull<u8>) -> (usize, usize) {
    // SAFETY: the first byte tells how many follow.
    unsafe {
        match at.read() {
            MIDDLE => (usize::from(at.add(1).cast::<u16>().read_unaligned()), 3),
            LONG => (at.add(1).cast::<u64>().read_unaligned() as usize, 9),
            short => (usize::from(short), 1),
        }
    }
}

impl Field {
    pub fn new(name: &[u8], value: &[u8]) -> Self {
        let shape = Shape::of(name, value);
        let layout = shape.layout();
        // SAFETY: a size class is not zero.
        let Some(at) = NonNull::new(unsafe { alloc(layout) }) else { handle_alloc_error(layout) };
        let mut field = Field(at);
        // SAFETY: the layout has room for both lengths and the name.
        unsafe {
            write_length(at, name.len());
            ptr::copy_nonoverlapping(name.as_ptr(), at.add(shape.head).as_ptr(), name.len());
        }
        field.put_value(shape, value);
        field
    }

    #[inline]
    fn shape(&self) -> Shape {
        // SAFETY: every field begins with its two lengths.
        unsafe {
            let (name, first) = read_length(self.0);
            let (value, second) = read_length(self.0.add(first));
            Shape { head: first + second, name, value }
        }
    }

    /// Writes the value and its length, whose width is the one that `shape` was made with.
    fn put_value(&mut self, shape: Shape, value: &[u8]) {
        // SAFETY: the allocation is of the shape's class, its name is in place.
        unsafe {
            write_length(self.0.add(length_width(shape.name)), value.len());
            let to = self.0.add(shape.head + shape.name);
            ptr::copy_nonoverlapping(value.as_ptr(), to.as_ptr(), value.len());
        }
    }

    /// The field's name.
    #[inline]
    pub fn name(&self) -> &[u8] {
        let shape = self.shape();
        // SAFETY: the shape says where the name lies; it is borrowed with the field.
        unsafe { std::slice::from_raw_parts(self.0.add(shape.head).as_ptr(), shape.name) }
    }

    /// Its value.
    #[inline]
    pub fn value(&self) -> &[u8] {
        let shape = self.shape();
        // SAFETY: as in `name`; the value lies behind it.
        unsafe { std::slice::from_raw_parts(self.0.add(shape.head + shape.name).as_ptr(), shape.value) }
    }

    /// Exchanges the value.
    pub fn set_value(&mut self, value: &[u8]) {
        let (old, new) = (self.shape(), Shape::of(self.name(), value));
        if old.layout() == new.layout() && old.head == new.head {
            self.put_value(new, value);
        } else {
            *self = Field::new(self.name(), value);
        }
    }

    /// Bytes allocated.
    pub fn mem_bytes(&self) -> usize {
        self.shape().layout().size()
    }
}

impl Clone for Field {
    fn clone(&self) -> Self {
        Field::new(self.name(), self.value())
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        let layout = self.shape().layout();
        // SAFETY: allocated with the layout of its shape, which every change keeps in step.
        unsafe { dealloc(self.0.as_ptr(), layout) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTHS: [usize; 11] = [0, 1, 6, 7, 30, 253, 254, 255, 65_535, 65_536, 70_000];

    #[test]
    fn names_and_values_of_every_length() {
        let bytes: Vec<u8> = (0..70_000).map(|at| at as u8).collect();
        for name in LENGTHS.map(|len| &bytes[..len]) {
            let mut field = Field::new(name, b"");
            for value in LENGTHS.iter().chain(LENGTHS.iter().rev()).map(|len| &bytes[70_000 - len..]) {
                field.set_value(value);
                assert!((field.name(), field.value()) == (name, value));
            }
            let copy = field.clone();
            drop(field);
            assert!((copy.name(), copy.value()) == (name, &b""[..]));
        }
        assert_eq!(Field::new(&[0; 15], &[0; 15]).mem_bytes(), 32);
    }

    #[test]
    fn a_value_of_like_size_is_written_in_place() {
        let mut field = Field::new(b"field", b"0123456789");
        let at = field.0;
        field.set_value(b"9876543210abc");
        assert_eq!((field.0, field.value()), (at, &b"9876543210abc"[..]));
    }
}
