//! `fork()` and the pipes between parent and child.
//!
//! The child shares the data set as it was at the fork (copy on write), writes the snapshot and
//! leaves with `_exit`: no destructor runs, no buffer of the parent is flushed twice. Between `fork`
//! and `_exit` it takes no lock another thread of the parent may have held: the allocator registers
//! its own fork handlers, the background threads' queues are not touched, and logging opens the log
//! file anew.
//!
//! Two pipes lead back. The report pipe carries fixed-size records (keys written, copy-on-write
//! bytes) and its end of file tells the parent at once that the child is gone, without waiting for a
//! timer. The data pipe exists for a diskless full sync and carries the RDB itself.
//!
//! Source: Redis 7.2.4 `childinfo.c`, `redisFork`, `rdbSaveToSlavesSockets`.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::Arc;

use crate::base::disk::{Disk, RealDisk};
use crate::base::log;
use crate::persist::bgsave::plain;
use crate::state::host::{ChildEnd, ChildKind, ChildReport, ChildSide};

use super::{cpus, process};

/// A record of the report pipe: keys, copy-on-write bytes, last one.
const RECORD: usize = 24;
/// Bytes the pipe of a diskless snapshot holds.
const DATA_PIPE: i32 = 1 << 20;
/// What memory is given back by; larger pages only make it do nothing. Bytes.
const PAGE: usize = 4096;
/// Copy-on-write is measured at most this often: reading it walks the page tables. Milliseconds.
const COW_INTERVAL_MS: u128 = 1000;

/// The parent's ends.
pub struct ForkedChild {
    pub pid: i32,
    pub reports: File,
    /// The RDB stream, of a [`ChildKind::RdbStream`].
    pub data: Option<File>,
    /// What came of an incomplete record.
    partial: Vec<u8>,
}

impl ForkedChild {
    /// Takes in what the report pipe holds. Returns the newest report, and whether the pipe ended.
    pub fn read_reports(&mut self) -> (Option<ChildReport>, bool) {
        let mut newest = None;
        let mut buffer = [0u8; RECORD * 32];
        loop {
            match self.reports.read(&mut buffer) {
                Ok(0) => return (newest, true),
                Ok(n) => {
                    self.partial.extend_from_slice(&buffer[..n]);
                    while self.partial.len() >= RECORD {
                        newest = Some(decode(&self.partial[..RECORD]));
                        self.partial.drain(..RECORD);
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return (newest, false),
                Err(_) => return (newest, true),
            }
        }
    }
}

fn word(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().expect("eight bytes"))
}

fn decode(record: &[u8]) -> ChildReport {
    ChildReport {
        keys: word(&record[..8]),
        cow_bytes: word(&record[8..16]),
        last: word(&record[16..24]) != 0,
    }
}

struct RealChild {
    disk: Arc<dyn Disk>,
    reports: File,
    data: Option<File>,
    measured: std::time::Instant,
    cow_bytes: u64,
    /// What the log calls it.
    name: &'static str,
}

impl ChildSide for RealChild {
    fn disk(&self) -> Arc<dyn Disk> {
        self.disk.clone()
    }

    fn shift_oom_score(&mut self, by: i32) {
        if let Some(score) = process::oom_score()
            && let Err(e) = process::set_oom_score(score + by)
        {
            crate::log_warning!("Unable to write oom_score_adj: {e}");
        }
    }

    fn pin(&mut self, cpus: &str) {
        cpus::pin(cpus);
    }

    fn give_back(&self) -> fn(&[u8]) {
        give_back
    }

    fn report(&mut self, keys: u64, last: bool) {
        if last || self.measured.elapsed().as_millis() >= COW_INTERVAL_MS {
            self.cow_bytes = private_dirty_bytes();
            self.measured = std::time::Instant::now();
        } else if !keys.is_multiple_of(1024) {
            return;
        }
        let mut record = [0u8; RECORD];
        record[..8].copy_from_slice(&keys.to_le_bytes());
        record[8..16].copy_from_slice(&self.cow_bytes.to_le_bytes());
        record[16..].copy_from_slice(&u64::from(last).to_le_bytes());
        if let Err(e) = self.reports.write_all(&record) {
            // Without a parent nobody waits for this snapshot, and the next server may be writing its own.
            crate::log_warning!("Child failed reporting info to parent, exiting. {}", plain(&e));
            // SAFETY: ends the process at once.
            unsafe { libc::_exit(1) }
        }
        if last {
            log_cow(self.name, self.cow_bytes);
        }
    }

    fn stream(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.data.as_mut().ok_or(io::ErrorKind::BrokenPipe)?.write_all(bytes)
    }
}

/// Gives the whole pages among these bytes back to the system, in a child that does not read them again.
fn give_back(bytes: &[u8]) {
    let start = (bytes.as_ptr() as usize).next_multiple_of(PAGE);
    let end = (bytes.as_ptr() as usize + bytes.len()) / PAGE * PAGE;
    if end > start {
        // SAFETY: whole pages of the heap (private, anonymous) that belong to one value only. This process, a child that
        // writes each value once and ends without destroying any, reads them no more; if it did it would see zeros.
        unsafe { libc::madvise(start as *mut libc::c_void, end - start, libc::MADV_DONTNEED) };
    }
}

fn log_cow(name: &str, bytes: u64) {
    let mb = bytes >> 20;
    crate::log_notice!("Fork CoW for {name}: current {mb} MB, peak {mb} MB, average {mb} MB");
}

/// Bytes of memory that this process no longer shares (`Private_Dirty`), 0 where unknown.
fn private_dirty_bytes() -> u64 {
    let Ok(text) = std::fs::read_to_string("/proc/self/smaps_rollup") else { return 0 };
    let line = text.lines().find(|l| l.starts_with("Private_Dirty:"));
    let kib = line.and_then(|l| l.split_whitespace().nth(1)).and_then(|n| n.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// A pipe whose reading end does not block.
fn pipe() -> io::Result<(File, File)> {
    let mut fds = [0i32; 2];
    // SAFETY: `fds` is an array of two ints, as pipe2 wants.
    if unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: both descriptors were just made by pipe2 and belong to nobody else.
    let (read, write) = unsafe { (OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1])) };
    // SAFETY: plain fcntl on a descriptor we own.
    let set = unsafe { libc::fcntl(fds[0], libc::F_SETFL, libc::O_NONBLOCK) };
    if set < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((File::from(read), File::from(write)))
}

/// Makes a pipe hold [`DATA_PIPE`] bytes, so that parent and child need not take turns at each 64 KiB. The system may
/// refuse (`fs.pipe-user-pages-soft`); the pipe then is as good as any.
fn widen(pipe: &File) {
    // SAFETY: plain fcntl on a descriptor we own.
    unsafe { libc::fcntl(pipe.as_raw_fd(), libc::F_SETPIPE_SZ, DATA_PIPE) };
}

/// Forks; `body` runs in the child and its value becomes the exit code.
///
/// # Errors
/// When a pipe or the process cannot be made (EAGAIN, ENOMEM): the server goes on.
///
/// The child closes what would outlive a parent that dies: its copies of the reading ends (so that it
/// notices at its next write) and the `sockets` (so that a new server can take the port, and the other
/// sides see that the old one is gone).
pub fn fork(
    kind: ChildKind,
    sockets: &[RawFd],
    body: &mut dyn FnMut(&mut dyn ChildSide) -> i32,
) -> io::Result<ForkedChild> {
    let (reports, report_end) = pipe()?;
    let (data, data_end) = match kind {
        ChildKind::RdbStream => {
            let (read, write) = pipe()?;
            widen(&write);
            (Some(read), Some(write))
        }
        _ => (None, None),
    };
    // SAFETY: see the head of the file: the child calls only the closure, which reads the data set,
    // writes through descriptors of its own, and ends with `_exit`.
    let pid = unsafe { libc::fork() };
    if pid < 0 {
        return Err(io::Error::last_os_error());
    }
    if pid > 0 {
        return Ok(ForkedChild { pid, reports, data, partial: Vec::new() });
    }
    drop((reports, data));
    for fd in sockets {
        // SAFETY: in this process nobody uses the sockets any more, and no destructor runs before `_exit`.
        unsafe { libc::close(*fd) };
    }
    log::enter_child();
    if crate::net::signals::in_child().is_err() {
        // SAFETY: ends the process at once.
        unsafe { libc::_exit(1) }
    }
    let mut side = RealChild {
        disk: Arc::new(RealDisk),
        reports: report_end,
        data: data_end,
        measured: std::time::Instant::now(),
        cow_bytes: 0,
        name: if kind == ChildKind::AofRewrite { "AOF rewrite" } else { "RDB" },
    };
    let code = body(&mut side);
    // SAFETY: ends the process at once; nothing of the parent's state is destroyed or flushed.
    unsafe { libc::_exit(code) }
}

/// Sends SIGUSR1: the child ends, and its end counts as no error.
pub fn kill_quietly(pid: i32) {
    // SAFETY: plain kill(2); a pid that is gone gives an error, which is what we want to know anyway.
    unsafe {
        libc::kill(pid, libc::SIGUSR1);
    }
}

/// Collects a child that ended; `None` when there is none, without waiting unless `block`.
pub fn reap(pid: i32, block: bool) -> Option<ChildEnd> {
    let mut status = 0;
    let flags = if block { 0 } else { libc::WNOHANG };
    loop {
        // SAFETY: `status` is a valid int for waitpid to fill.
        let got = unsafe { libc::waitpid(pid, &mut status, flags) };
        if got < 0 && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted {
            continue;
        }
        if got <= 0 {
            return None;
        }
        let code = libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status));
        let signal = libc::WIFSIGNALED(status).then(|| libc::WTERMSIG(status));
        return Some(ChildEnd { pid: got, code, signal });
    }
}

/// `daemonize`: a child in a session of its own goes on with its standard streams on `/dev/null`; the
/// parent ends with 0. Only while there is one thread.
///
/// # Errors
/// When the system refuses to fork.
pub fn detach() -> io::Result<()> {
    // SAFETY: called at start, while there is one thread.
    match unsafe { libc::fork() } {
        -1 => return Err(io::Error::last_os_error()),
        0 => {}
        // SAFETY: the parent has nothing to clean up.
        _ => unsafe { libc::_exit(0) },
    }
    // SAFETY: setsid has no preconditions.
    unsafe { libc::setsid() };
    let null = File::options().read(true).write(true).open("/dev/null")?;
    for fd in 0..=2 {
        // SAFETY: both are descriptors; dup2 replaces the standard stream.
        unsafe { libc::dup2(null.as_raw_fd(), fd) };
    }
    Ok(())
}
