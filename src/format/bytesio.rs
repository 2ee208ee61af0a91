//! Where written bytes go: [`Sink`], and [`SumSink`], the one buffer with a checksum in front of it.
//!
//! A snapshot is millions of writes of a few bytes. They gather in one large buffer; the CRC-64 is computed
//! over the whole buffer when it leaves, since the folding CRC runs at memory speed on long runs and would be
//! dominated by call overhead on short ones. Bytes that would not fit are summed and passed through uncopied,
//! so a large value costs no copy at all. `Sink` is ours and not `io::Write` because it may only take all or
//! fail: the file, the pipe to the parent and the vector in a test all look alike (anything that is
//! `io::Write` is a `Sink`).

use crate::base::crc::crc64;
use std::io;

/// Takes bytes, all of them or an error.
pub trait Sink {
    /// Takes all of `bytes`.
    ///
    /// # Errors
    /// What the file or socket behind it says; how much was taken is then unknown.
    fn put(&mut self, bytes: &[u8]) -> io::Result<()>;
}

impl<W: io::Write + ?Sized> Sink for W {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }
}

/// A buffer in front of a [`Sink`], with a count and an optional CRC-64 of all that went through.
pub struct SumSink<W: Sink> {
    inner: W,
    buf: Vec<u8>,
    room: usize,
    sum: Option<u64>,
    flushed: u64,
}

impl<W: Sink> SumSink<W> {
    /// Buffers up to `room` bytes (raised to 64) in front of `inner`; `checksum` says whether to sum.
    pub fn new(inner: W, room: usize, checksum: bool) -> Self {
        let room = room.max(64);
        SumSink { inner, buf: Vec::with_capacity(room), room, sum: checksum.then_some(0), flushed: 0 }
    }

    /// Appends `bytes`.
    ///
    /// # Errors
    /// Those of the sink behind; after one the content behind is unusable.
    #[inline]
    pub fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() <= self.room - self.buf.len() {
            self.buf.extend_from_slice(bytes);
            return Ok(());
        }
        self.put_over(bytes)
    }

    #[cold]
    fn put_over(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.flush()?;
        if bytes.len() < self.room {
            self.buf.extend_from_slice(bytes);
            return Ok(());
        }
        if let Some(sum) = &mut self.sum {
            *sum = crc64(*sum, bytes);
        }
        self.flushed += bytes.len() as u64;
        self.inner.put(bytes)
    }

    /// Appends one byte.
    ///
    /// # Errors
    /// As [`SumSink::put`].
    #[inline]
    pub fn byte(&mut self, byte: u8) -> io::Result<()> {
        self.put(&[byte])
    }

    /// Hands the buffered bytes on.
    ///
    /// # Errors
    /// As [`SumSink::put`].
    pub fn flush(&mut self) -> io::Result<()> {
        if self.buf.is_empty() {
            return Ok(());
        }
        if let Some(sum) = &mut self.sum {
            *sum = crc64(*sum, &self.buf);
        }
        self.flushed += self.buf.len() as u64;
        let done = self.inner.put(&self.buf);
        self.buf.clear();
        done
    }

    /// Bytes appended so far, buffered ones included.
    pub fn position(&self) -> u64 {
        self.flushed + self.buf.len() as u64
    }

    /// CRC-64 of everything appended so far; 0 when not summing.
    pub fn checksum(&self) -> u64 {
        self.sum.map_or(0, |sum| crc64(sum, &self.buf))
    }

    /// Flushes and returns the sink behind.
    ///
    /// # Errors
    /// As [`SumSink::put`].
    pub fn finish(mut self) -> io::Result<W> {
        self.flush()?;
        Ok(self.inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Full;
    impl Sink for Full {
        fn put(&mut self, _: &[u8]) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }

    #[test]
    fn an_error_behind_surfaces_when_the_buffer_leaves() {
        let mut sink = SumSink::new(Full, 64, true);
        sink.put(&[1; 64]).unwrap();
        assert_eq!(sink.byte(1).unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert!(SumSink::new(Full, 64, true).finish().is_ok(), "nothing to write, nothing to fail");
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_arrive_in_order_and_summed(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..30),
            sum: bool,
        ) {
            let mut sink = SumSink::new(Vec::new(), 64, sum);
            let mut all = Vec::new();
            for piece in &pieces {
                sink.put(piece).unwrap();
                all.extend_from_slice(piece);
                prop_assert_eq!(sink.position(), all.len() as u64);
                prop_assert_eq!(sink.checksum(), if sum { crc64(0, &all) } else { 0 });
            }
            prop_assert_eq!(sink.finish().unwrap(), all);
        }
    }
}
