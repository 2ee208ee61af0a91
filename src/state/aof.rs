//! What a server knows of its append-only file. Data, and the one way bytes come into its buffer; the procedures
//! are in `persist` (`aof_log`, `aof_rewrite`, `aof_load`).
//!
//! Commands gather in [`Aof::buf`] while they run and are written once before the loop sleeps, so before anybody is
//! told of them. What is on disk is known by two offsets: that within the increment which is written to, and that of
//! the replication stream, which WAITAOF and `REPLCONF ACK … FACK …` speak of. The second is moved by a
//! background thread when its fsync has ended, hence [`Synced`].
//!
//! Source: Redis 7.2.4 `feedAppendOnlyFile` and the fields `aof_*` of `redisServer`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicI64, Ordering};

use crate::base::crc::crc64;
use crate::base::disk::DiskFile;
use crate::base::num::{IntBuf, fmt_u64};
use crate::format::aof::{Mark, push_mark, push_timestamp};
use crate::format::aof_manifest::Manifest;
use crate::resp::request::push_request;

use super::aof_trail::Place;

/// A buffer that was larger than this when it was written is given back; AOF_BUFFER of Redis is alike. Bytes.
const KEEP_BUFFER: usize = 64 * 1024;

/// Whether commands are recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    Off,
    /// Switched on while the server ran: until the first rewrite has ended there is no file that holds all data.
    /// What happens meanwhile gathers in a temporary increment.
    Starting,
    On,
}

/// What the background thread tells.
#[derive(Debug, Default)]
pub struct Synced {
    /// The offset of the stream up to which everything is on disk.
    pub offset: AtomicI64,
    /// Why the last fsync failed (`errno`); 0 when it did not.
    pub error: AtomicI32,
}

/// See the head of the file.
pub struct Aof {
    pub phase: Phase,
    pub manifest: Manifest,
    /// The increment that is written to. While [`Phase::Starting`], only from the fork of the rewrite on.
    pub file: Option<Box<dyn DiskFile>>,
    /// Recorded and not written yet.
    pub buf: Vec<u8>,
    /// What is selected at the end of the buffer, and at the end of what is in the file.
    pub selected_db: Option<usize>,
    written_db: Option<usize>,
    /// The file ends within a record, whose rest the buffer begins with.
    torn: bool,
    /// CRC-64 of the file and of the first `summed` bytes of the buffer; `None`: not known, so no more notes in this
    /// file.
    pub sum: Option<u64>,
    summed: usize,
    /// The last note of this file, and whether something came behind it.
    noted: Option<Place>,
    unmarked: bool,
    /// Unix second of the last time annotation.
    stamped_s: i64,
    /// Bytes of all files that would be loaded, and what that was after the last rewrite.
    pub size: u64,
    pub size_at_rewrite: u64,
    /// Bytes in the increment, and how many of them an fsync has been asked for.
    pub written: u64,
    pub fsync_asked: u64,
    /// Unix second of the last fsync that was asked for.
    pub fsync_s: i64,
    /// Unix second since when a write waits for the fsync before it.
    pub postponed_s: Option<i64>,
    pub delayed_fsyncs: u64,
    /// Why the last write failed; `None` when it did not.
    pub write_error: Option<String>,
    /// Unix second of the last log line about that.
    pub error_logged_s: i64,
    pub synced: Arc<Synced>,
    /// The offset of the stream that is known to be on disk; -1 while there is no file.
    pub fsynced_offset: i64,
    /// DEBUG AOF-FLUSH-SLEEP: microseconds to wait before each write.
    pub flush_sleep_us: u64,
    pub rewrite: Rewrites,
}

/// The history of rewrites.
#[derive(Debug)]
pub struct Rewrites {
    pub scheduled: bool,
    pub last_ok: bool,
    /// Seconds the last one took; -1 before the first.
    pub last_secs: i64,
    pub count: u64,
    /// Failures in a row.
    pub failures: u64,
    pub last_cow_bytes: u64,
    /// After too many failures: minutes of the present delay, and the Unix second at which it ends (0: none runs).
    pub delay_minutes: i64,
    pub retry_s: i64,
}

impl Default for Aof {
    fn default() -> Aof {
        Aof {
            phase: Phase::Off,
            manifest: Manifest::default(),
            file: None,
            buf: Vec::new(),
            selected_db: None,
            written_db: None,
            torn: false,
            sum: None,
            summed: 0,
            noted: None,
            unmarked: false,
            stamped_s: 0,
            size: 0,
            size_at_rewrite: 0,
            written: 0,
            fsync_asked: 0,
            fsync_s: 0,
            postponed_s: None,
            delayed_fsyncs: 0,
            write_error: None,
            error_logged_s: 0,
            synced: Arc::default(),
            fsynced_offset: -1,
            flush_sleep_us: 0,
            rewrite: Rewrites {
                scheduled: false,
                last_ok: true,
                last_secs: -1,
                count: 0,
                failures: 0,
                last_cow_bytes: 0,
                delay_minutes: 0,
                retry_s: 0,
            },
        }
    }
}

impl std::fmt::Debug for Aof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Aof({:?}, {} bytes, {} to write)", self.phase, self.size, self.buf.len())
    }
}

impl Aof {
    /// Whether what changes data must be told us.
    #[inline]
    pub fn is_on(&self) -> bool {
        self.phase != Phase::Off
    }

    /// Records a command in the form of a request. `db` is where it belongs, `None` for what belongs nowhere
    /// (MULTI); `stamp` the Unix second when the file is to tell times.
    pub fn record(&mut self, db: Option<usize>, request: &[u8], stamp: Option<i64>) {
        if self.file.is_none() {
            // Whatever happens before the fork will be in the base.
            return;
        }
        if let Some(now_s) = stamp.filter(|now_s| *now_s > self.stamped_s) {
            self.stamped_s = now_s;
            push_timestamp(&mut self.buf, now_s);
        }
        if db.is_some() && db != self.selected_db {
            self.selected_db = db;
            let number = db.unwrap_or(0) as u64;
            push_request(&mut self.buf, &[b"SELECT", fmt_u64(number, &mut IntBuf::new())]);
        }
        self.buf.extend_from_slice(request);
        self.unmarked = true;
    }

    /// Notes that the data are those of this place, if that is news ([`super::aof_trail`]). `place`: `None` while there
    /// is no history to be in.
    pub fn mark(&mut self, place: Option<Place>) {
        let Some(sum) = self.sum.filter(|_| self.file.is_some()) else { return };
        let sum = crc64(sum, &self.buf[self.summed..]);
        self.sum = Some(sum);
        self.summed = self.buf.len();
        let Some(place) = place.filter(|place| self.unmarked || self.noted != Some(*place)) else { return };
        let id = (self.noted.map(|noted| noted.id) != Some(place.id)).then_some(place.id);
        push_mark(&mut self.buf, &Mark { id, offset: place.offset, db: place.db, sum });
        self.sum = Some(crc64(sum, &self.buf[self.summed..]));
        self.summed = self.buf.len();
        (self.noted, self.unmarked) = (Some(place), false);
    }

    /// Whether [`Aof::mark`] would write a note.
    pub fn owes_mark(&self, place: Option<Place>) -> bool {
        self.sum.is_some() && self.file.is_some() && place.is_some() && (self.unmarked || self.noted != place)
    }

    /// The first so many bytes of the buffer are in the file.
    pub fn wrote(&mut self, bytes: usize) {
        self.size += bytes as u64;
        self.written += bytes as u64;
        self.torn = bytes < self.buf.len();
        self.summed = self.summed.saturating_sub(bytes);
        if !self.torn {
            self.written_db = self.selected_db;
        }
        if self.torn {
            self.buf.drain(..bytes);
        } else if self.buf.capacity() > KEEP_BUFFER {
            self.buf = Vec::new();
        } else {
            self.buf.clear();
        }
    }

    /// Goes on in another, empty file. What the old one did not take comes first in it, with the database it belongs
    /// to. Not while [`Aof::is_torn`].
    pub fn move_to(&mut self, file: Box<dyn DiskFile>) {
        debug_assert!(!self.torn);
        if let Some(db) = self.written_db.take().filter(|_| !self.buf.is_empty()) {
            let mut select = Vec::new();
            push_request(&mut select, &[b"SELECT", fmt_u64(db as u64, &mut IntBuf::new())]);
            self.buf.splice(..0, select);
        }
        self.file = Some(file);
        // Each file must be able to stand alone.
        self.selected_db = None;
        (self.written, self.fsync_asked) = (0, 0);
        // What was not written is not summed up for this file yet; notes in there are none here, and another follows.
        (self.sum, self.summed, self.noted, self.unmarked) = (Some(0), 0, None, !self.buf.is_empty());
    }

    /// The file holds bytes already, whose CRC-64 is `sum`.
    pub fn continue_at(&mut self, sum: Option<u64>) {
        (self.sum, self.unmarked) = (sum, true);
    }

    /// Whether the file ends within a record: its rest cannot be written elsewhere.
    pub fn is_torn(&self) -> bool {
        self.torn
    }

    /// Ends: no file, and nothing that would go to one.
    pub fn stop(&mut self) {
        self.file = None;
        self.buf = Vec::new();
        (self.selected_db, self.written_db, self.torn) = (None, None, false);
        (self.written, self.fsync_asked, self.postponed_s) = (0, 0, None);
        (self.sum, self.summed, self.noted, self.unmarked) = (None, 0, None, false);
    }

    /// Whether writes are refused.
    pub fn has_disk_error(&self) -> bool {
        self.is_on() && (self.write_error.is_some() || self.fsync_error() != 0)
    }

    /// Why writes are refused, if they are.
    pub fn disk_error(&self) -> Option<String> {
        if !self.is_on() {
            return None;
        }
        if let Some(text) = &self.write_error {
            return Some(text.clone());
        }
        match self.fsync_error() {
            0 => None,
            errno => Some(os_error(errno)),
        }
    }

    /// Why the last fsync in the background failed (`errno`); 0 when it did not.
    pub fn fsync_error(&self) -> i32 {
        self.synced.error.load(Ordering::Relaxed)
    }
}

/// A number of the system's as its words.
fn os_error(errno: i32) -> String {
    let text = std::io::Error::from_raw_os_error(errno).to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file() -> Aof {
        let file: Box<dyn DiskFile> = Box::new(tempfile::tempfile().unwrap());
        Aof { phase: Phase::On, file: Some(file), ..Aof::default() }
    }

    #[test]
    fn a_database_is_selected_once_and_a_second_stamped_once() {
        let mut aof = with_file();
        aof.record(None, b"<multi>", Some(5));
        aof.record(Some(0), b"<a>", Some(5));
        aof.record(Some(0), b"<b>", None);
        aof.record(Some(12), b"<c>", Some(6));
        let select = |db: &str| format!("*2\r\n$6\r\nSELECT\r\n${}\r\n{db}\r\n", db.len());
        let want = format!("#TS:5\r\n<multi>{}<a><b>#TS:6\r\n{}<c>", select("0"), select("12"));
        assert_eq!(String::from_utf8_lossy(&aof.buf), want);
    }

    #[test]
    fn what_was_written_leaves_the_buffer() {
        let mut aof = with_file();
        aof.record(None, b"abcdef", None);
        aof.wrote(2);
        assert_eq!((&aof.buf[..], aof.size, aof.written), (&b"cdef"[..], 2, 2));
        aof.wrote(4);
        assert!(aof.buf.is_empty() && aof.written == 6);
        aof.record(None, &[b'x'; 100_000], None);
        aof.wrote(100_000);
        assert_eq!(aof.buf.capacity(), 0);
    }

    #[test]
    fn what_one_file_did_not_take_begins_the_next() {
        let empty = || -> Box<dyn DiskFile> { Box::new(tempfile::tempfile().unwrap()) };
        let mut aof = with_file();
        aof.record(Some(3), b"<a>", None);
        aof.wrote(aof.buf.len());
        aof.record(Some(3), b"<b>", None);
        aof.move_to(empty());
        aof.record(Some(3), b"<c>", None);
        let select = "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n";
        assert_eq!(String::from_utf8_lossy(&aof.buf), format!("{select}<b>{select}<c>"));
        // Nothing is owed: the next file begins with its own.
        aof.wrote(aof.buf.len());
        aof.move_to(empty());
        assert!(aof.buf.is_empty());
        // A record in two files would be none.
        aof.record(None, b"<d>", None);
        aof.wrote(1);
        assert!(aof.is_torn());
        aof.wrote(2);
        assert!(!aof.is_torn());
    }

    #[test]
    fn nothing_is_recorded_without_a_file_and_errors_count_only_when_on() {
        let mut aof = Aof { phase: Phase::Starting, ..Aof::default() };
        aof.record(Some(0), b"x", None);
        assert!(aof.buf.is_empty() && aof.disk_error().is_none());
        aof.synced.error.store(libc::ENOSPC, Ordering::Relaxed);
        assert_eq!(aof.disk_error().as_deref(), Some("No space left on device"));
        aof.write_error = Some("Input/output error".to_owned());
        assert_eq!(aof.disk_error().as_deref(), Some("Input/output error"));
        aof.phase = Phase::Off;
        assert_eq!(aof.disk_error(), None);
    }
}
