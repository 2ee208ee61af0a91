//! The id of a stream's entry: a time in milliseconds and a sequence number within it.
//!
//! Ids order by time, then by number, which is the order of the 128-bit number that the two make up, big
//! endian. In that form they are written to RDB files. Source: Redis 7.2.4 `streamID`.

use crate::base::num::{IntBuf, fmt_u64};

/// See the head of the file. The zero id stands for "none yet".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct StreamId {
    /// Unix milliseconds, if nobody chose otherwise.
    pub ms: u64,
    /// Number within the millisecond.
    pub seq: u64,
}

/// Room for the longest id as text: two numbers of 20 digits and a dash.
#[derive(Clone, Copy, Debug)]
pub struct IdBuf([u8; 41]);

impl Default for IdBuf {
    fn default() -> Self {
        IdBuf([0; 41])
    }
}

impl StreamId {
    /// The smallest id; no entry has it.
    pub const MIN: StreamId = StreamId { ms: 0, seq: 0 };
    /// The largest id.
    pub const MAX: StreamId = StreamId { ms: u64::MAX, seq: u64::MAX };

    /// The id of these two numbers.
    #[inline]
    pub const fn new(ms: u64, seq: u64) -> Self {
        StreamId { ms, seq }
    }

    /// The next id; `None` behind the largest.
    #[inline]
    pub fn next(self) -> Option<Self> {
        match self.seq.checked_add(1) {
            Some(seq) => Some(StreamId { seq, ..self }),
            None => Some(StreamId { ms: self.ms.checked_add(1)?, seq: 0 }),
        }
    }

    /// The id before; `None` before the smallest.
    pub fn prev(self) -> Option<Self> {
        match self.seq.checked_sub(1) {
            Some(seq) => Some(StreamId { seq, ..self }),
            None => Some(StreamId { ms: self.ms.checked_sub(1)?, seq: u64::MAX }),
        }
    }

    /// Whether it is 0-0.
    #[inline]
    pub fn is_zero(self) -> bool {
        self == StreamId::MIN
    }

    /// As sixteen bytes, big endian.
    pub fn to_bytes(self) -> [u8; 16] {
        (u128::from(self.ms) << 64 | u128::from(self.seq)).to_be_bytes()
    }

    /// From sixteen bytes, big endian.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let number = u128::from_be_bytes(bytes);
        StreamId { ms: (number >> 64) as u64, seq: number as u64 }
    }

    /// `ms-seq` in decimal.
    #[inline]
    pub fn text(self, buf: &mut IdBuf) -> &[u8] {
        self.joined(b'-', buf)
    }

    /// The two numbers in decimal with a byte of choice between them.
    pub fn joined(self, between: u8, buf: &mut IdBuf) -> &[u8] {
        let mut digits = IntBuf::new();
        let ms = fmt_u64(self.ms, &mut digits);
        let at = ms.len();
        buf.0[..at].copy_from_slice(ms);
        buf.0[at] = between;
        let seq = fmt_u64(self.seq, &mut digits);
        let end = at + 1 + seq.len();
        buf.0[at + 1..end].copy_from_slice(seq);
        &buf.0[..end]
    }
}

impl std::fmt::Display for StreamId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.ms, self.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn neighbours_carry_and_end() {
        let id = StreamId::new;
        assert_eq!(id(1, u64::MAX).next(), Some(id(2, 0)));
        assert_eq!(id(2, 0).prev(), Some(id(1, u64::MAX)));
        assert_eq!((StreamId::MAX.next(), StreamId::MIN.prev()), (None, None));
        assert_eq!(StreamId::MAX.text(&mut IdBuf::default()), b"18446744073709551615-18446744073709551615");
    }

    proptest! {
        #[test]
        fn bytes_order_as_ids_do(a: (u64, u64), b: (u64, u64)) {
            let (a, b) = (StreamId::new(a.0, a.1), StreamId::new(b.0, b.1));
            prop_assert_eq!(a.cmp(&b), a.to_bytes().cmp(&b.to_bytes()));
            prop_assert_eq!(StreamId::from_bytes(a.to_bytes()), a);
            prop_assert!(a.text(&mut IdBuf::default()) == a.to_string().as_bytes());
            prop_assert_eq!(a.next().and_then(StreamId::prev).unwrap_or(a), a);
        }
    }
}
