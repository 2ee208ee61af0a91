//! The part of the stream that only syncing replicas still need, moved from memory to a file.
//!
//! A replica that receives and loads a snapshot takes nothing of the stream meanwhile. Under a load of writes what it
//! must still get soon outgrows any memory; dropping it for that, as Redis does, makes it start again and meet the
//! same end. So the oldest blocks of the backlog go to a file instead, in order, and the replica is fed from there
//! before it is fed from memory. File and memory are one stretch of the stream: [`Spill::end`] is where the memory
//! begins. When nobody stands in the file any more it is given up whole.
//!
//! The file has no name (it is removed as soon as it is open), so that nothing is left behind by a crash.

use std::io::{self, Read, Write};

use crate::base::disk::DiskFile;

/// See the head of this file. Offsets are counts of the stream, as in `state::backlog`.
pub struct Spill {
    file: Box<dyn DiskFile>,
    start: i64,
    end: i64,
}

impl Spill {
    /// An empty one whose first byte will be the one after `start`.
    pub fn new(file: Box<dyn DiskFile>, start: i64) -> Spill {
        Spill { file, start, end: start }
    }

    /// Offset after the last byte.
    pub fn end(&self) -> i64 {
        self.end
    }

    /// Bytes in the file.
    pub fn bytes(&self) -> u64 {
        (self.end - self.start) as u64
    }

    /// Takes the next bytes of the stream.
    ///
    /// # Errors
    /// Those of the file, which then holds what it held before.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.seek_to(self.bytes())?;
        self.file.write_all(bytes)?;
        self.end += bytes.len() as i64;
        Ok(())
    }

    /// Appends at most `max` bytes from offset `at` on to `into`; returns how many.
    ///
    /// # Errors
    /// Those of the file; `at` is not in it; it is shorter than it should be.
    pub fn read(&mut self, at: i64, max: usize, into: &mut Vec<u8>) -> io::Result<usize> {
        if !(self.start..self.end).contains(&at) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let n = max.min((self.end - at) as usize);
        let old = into.len();
        self.file.seek_to((at - self.start) as u64)?;
        into.resize(old + n, 0);
        let read = self.file.read_exact(&mut into[old..]);
        if read.is_err() {
            into.truncate(old);
        }
        read.map(|()| n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_appended_is_read_from_any_offset() {
        let file: Box<dyn DiskFile> = Box::new(tempfile::tempfile().unwrap());
        let mut spill = Spill::new(file, 100);
        spill.append(b"abcdef").unwrap();
        let mut out = b"x".to_vec();
        assert_eq!(spill.read(102, 3, &mut out).unwrap(), 3);
        spill.append(b"ghi").unwrap();
        assert_eq!(spill.read(105, 99, &mut out).unwrap(), 4);
        assert_eq!((&out[..], spill.end(), spill.bytes()), (&b"xcdefghi"[..], 109, 9));
        assert!(spill.read(99, 1, &mut out).is_err() && spill.read(109, 1, &mut out).is_err());
        assert_eq!(out.len(), 8);
    }
}
