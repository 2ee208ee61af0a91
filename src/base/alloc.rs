//! Sizes of memory as the allocator deals them out.
//!
//! jemalloc rounds every allocation up to a size class. What asks for whole classes knows its capacity
//! without storing it, and may use what would be lost otherwise; both the key entry and the packed structures
//! grow from class to class.

/// The usable size of a jemalloc allocation of `n` bytes (quantum 16, four classes a doubling).
///
/// Source: jemalloc 5 manual, "size classes".
#[inline]
pub const fn size_class(n: usize) -> usize {
    if n <= 8 {
        8
    } else if n <= 128 {
        (n + 15) & !15
    } else {
        let step = 1 << (usize::BITS - 1 - (n - 1).leading_zeros() - 2);
        (n + step - 1) & !(step - 1)
    }
}

/// Makes room in `bytes` for exactly the size class that holds `len` bytes, when it has less.
#[inline]
pub fn grow_to(bytes: &mut Vec<u8>, len: usize) {
    if len > bytes.capacity() {
        bytes.reserve_exact(size_class(len) - bytes.len());
    }
}

/// Gives memory back when over a quarter of it is unused: with less slack, one more and one less in turn
/// would move everything each time.
#[inline]
pub fn give_back(bytes: &mut Vec<u8>) {
    let len = bytes.len();
    if bytes.capacity() - len > bytes.capacity() / 4 && size_class(len) < bytes.capacity() {
        bytes.shrink_to(size_class(len));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_grows_and_shrinks_by_classes() {
        let mut bytes = Vec::new();
        grow_to(&mut bytes, 17);
        assert_eq!(bytes.capacity(), 32);
        bytes.resize(1000, 0);
        bytes.truncate(700);
        give_back(&mut bytes);
        assert_eq!(bytes.capacity(), 768);
        bytes.truncate(600);
        give_back(&mut bytes);
        assert_eq!(bytes.capacity(), 768, "a quarter of slack stays");
    }
}
