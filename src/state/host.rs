//! What the machine asks of the world: one trait, handed in beside `Server`.
//!
//! `Server` and everything below the top floor is deterministic; whatever needs a process, a
//! socket, a file or the kernel goes through [`Host`]. `serve` implements it over the real thing;
//! the simulation implements it in memory on a virtual clock, so a whole cluster runs in one test.
//!
//! Calls that a command must answer for at once (fork, CONFIG SET of a port) return their result.
//! Everything slow (a connect, a child's end) is only started here, and its outcome comes back
//! later as an event into the machine.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::bio::Done;
use crate::base::clock::Millis;
use crate::base::disk::{Disk, DiskFile};

use super::client::ClientId;

/// What a forked child is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChildKind {
    /// Writes an RDB file (BGSAVE, or a disk-based full sync).
    RdbFile,
    /// Streams an RDB to the parent through a pipe (diskless full sync).
    RdbStream,
    /// Rewrites the append-only file.
    AofRewrite,
}

/// How a child ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChildEnd {
    pub pid: i32,
    /// The exit code, when it exited by itself.
    pub code: Option<i32>,
    /// The signal, when one ended it.
    pub signal: Option<i32>,
}

/// One progress report of a child. Sizes in bytes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct ChildReport {
    pub keys: u64,
    pub cow_bytes: u64,
    /// The last report, sent just before the child exits.
    pub last: bool,
}

/// The world as a forked child sees it. Runs between `fork` and `_exit`: takes no lock another
/// thread of the parent may have held.
pub trait ChildSide {
    fn disk(&self) -> Arc<dyn Disk>;
    /// The child's own process id.
    fn pid(&self) -> i32 {
        std::process::id() as i32
    }
    /// Changes the child's OOM score by so much. Failing costs nothing that matters.
    fn shift_oom_score(&mut self, _by: i32) {}
    /// Runs on the processors of this list from now on (`bgsave_cpulist`); a list that is none changes nothing.
    fn pin(&mut self, _cpus: &str) {}
    /// How memory is given back that is not read again in this process; does nothing where that is not worth it.
    fn give_back(&self) -> fn(&[u8]) {
        |_| ()
    }
    /// Tells the parent how far we are; cheap enough for every thousand keys.
    fn report(&mut self, keys: u64, last: bool);
    /// Writes to the parent's data pipe ([`ChildKind::RdbStream`] only).
    fn stream(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// A change of the running process that CONFIG SET asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HostChange {
    /// Bind anew: addresses, port, Unix socket and backlog as in the given configuration.
    Listeners { bind: Vec<String>, port: u16, tcp_backlog: u32 },
    /// Raise the limit of open files so that `clients` fit. The error carries Redis' text.
    MaxClients(u32),
    /// `dir`.
    WorkingDirectory(String),
    /// `oom-score-adj` of this process; `None` restores what it was before we changed it, if we did.
    OomScore(Option<i32>),
    /// The same, relative to what it was then.
    OomScoreRelative(i32),
    /// The process title, already expanded.
    ProcTitle(String),
    /// `locale-collate`. The error carries Redis' text.
    Locale(String),
    /// What systemd is told, one `NAME=value`.
    Supervisor(&'static str),
    /// `crash-log-enabled`, `use-exit-on-panic`.
    CrashLog { enabled: bool, exit_on_panic: bool },
}

/// Numbers about the process that only the kernel or the allocator knows. Bytes.
#[derive(Clone, Copy, Default, Debug)]
pub struct MemoryFigures {
    pub used: u64,
    pub rss: u64,
    pub allocator_allocated: u64,
    pub allocator_active: u64,
    pub allocator_resident: u64,
    pub total_system: u64,
}

/// Processor time in microseconds: (system, user).
#[derive(Clone, Copy, Default, Debug)]
pub struct CpuFigures {
    pub process: (u64, u64),
    pub children: (u64, u64),
    pub main_thread: (u64, u64),
}

/// A connection to another server on which requests are waited for. A timeout is an error of the kind
/// `TimedOut`; after any error the connection is good for nothing: close it.
pub trait Peer {
    /// The database selected there, if that is known.
    fn db(&self) -> Option<i64>;

    /// Remembers which database is selected there.
    fn set_db(&mut self, db: Option<i64>);

    /// Sends bytes.
    ///
    /// # Errors
    /// When 64 KiB of them take longer than `timeout_ms`, or the connection ended.
    fn send(&mut self, bytes: &[u8], timeout_ms: Millis) -> io::Result<()>;

    /// The next line of the answer, without its end; at most 1023 bytes of it.
    ///
    /// # Errors
    /// When nothing comes for `timeout_ms`, or the connection ended.
    fn line(&mut self, timeout_ms: Millis) -> io::Result<Vec<u8>>;
}

/// The world. See the head of the file.
pub trait Host {
    fn disk(&self) -> Arc<dyn Disk>;

    /// Forks and runs `body` in the child, whose value becomes the exit code. Returns the pid.
    /// The end is reported later with a [`ChildEnd`].
    fn fork(&mut self, kind: ChildKind, body: &mut dyn FnMut(&mut dyn ChildSide) -> i32) -> io::Result<i32>;

    /// Ends a child quietly (SIGUSR1: not counted as an error).
    fn kill_child(&mut self, pid: i32);

    /// Ends a child quietly and waits for its end, of which no event will tell.
    fn end_child(&mut self, pid: i32);

    /// Stop or go on reading the data pipe of an [`ChildKind::RdbStream`] child.
    fn hold_stream(&mut self, hold: bool);

    /// Starts to connect; `client` becomes the connection's two ends in the machine. The outcome
    /// arrives as an event.
    fn connect(&mut self, client: ClientId, host: &str, port: u16, source: Option<&str>) -> io::Result<()>;

    /// A blocking connection to another server (MIGRATE): the one kept from the last time, or a new one. The
    /// simulation has none.
    ///
    /// # Errors
    /// When it cannot be opened within `timeout_ms`.
    fn peer(&mut self, _host: &str, _port: u16, _timeout_ms: Millis) -> io::Result<&mut dyn Peer> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }

    /// Closes such a connection, if there is one.
    fn close_peer(&mut self, _host: &str, _port: u16) {}

    /// Closes those that were not used for a while. Cron, once a second.
    fn close_idle_peers(&mut self) {}

    /// Connections that are kept for [`Host::peer`].
    fn open_peers(&self) -> usize {
        0
    }

    /// Sends small segments of a client's connection at once, or gathers them. Advice: no answer.
    fn set_nodelay(&mut self, client: ClientId, on: bool);

    /// Carries a configuration change out, or says why not.
    fn apply(&mut self, change: &HostChange) -> Result<(), String>;

    /// Hands a value whose destruction is slow to the background thread.
    fn drop_later(&mut self, value: Box<dyn Send>) {
        self.free_later(value, 0);
    }

    /// The same with values of the user's, of which INFO tells how many wait and how many are freed.
    fn free_later(&mut self, value: Box<dyn Send>, objects: u64);

    /// Closes a file in the background (closing the last link to a big file is slow).
    fn close_later(&mut self, path: &Path) -> io::Result<()>;

    /// Forces a file to disk in the background, then tells `done` (on another thread) and makes the loop turn. The
    /// simulation does it at once.
    fn sync_later(&mut self, mut file: Box<dyn DiskFile>, done: Done) {
        done(file.sync());
    }

    /// Whether such an fsync is waiting or running.
    fn is_syncing(&self) -> bool {
        self.pending_syncs() != 0
    }

    /// How many are.
    fn pending_syncs(&self) -> usize {
        0
    }

    /// Waits until there is none.
    fn finish_syncs(&mut self) {}

    /// Objects given to [`Host::free_later`]: those not freed yet, and those freed since the start
    /// (`lazyfree_pending_objects`, `lazyfreed_objects`).
    fn freed_later(&self) -> (u64, u64);

    /// Whether the background thread is still freeing something.
    fn is_freeing(&self) -> bool;

    /// DEBUG SLEEP and friends: stand still for so many microseconds.
    fn sleep_us(&mut self, us: u64);

    /// DEBUG SEGFAULT: sends this process a signal. The simulation has no process to kill.
    fn raise(&mut self, _signal: i32) {}

    /// DEBUG RESTART: becomes the program it was started as, once more, after `delay_us` microseconds; a
    /// relative path of the configuration file is replaced by `config`. Returns only when that fails.
    fn restart(&mut self, _config: Option<&Path>, _delay_us: u64) -> io::Error {
        io::Error::from(io::ErrorKind::Unsupported)
    }

    /// Bytes allocated at this moment; exact, and cheap enough to ask before every command.
    fn used_memory(&self) -> u64;

    /// All figures of memory; asks the kernel, and the allocator for statistics that it has to gather.
    fn memory(&mut self) -> MemoryFigures;

    /// Lets the allocator give pages back on a thread of its own (`jemalloc-bg-thread`), or no longer.
    fn purge_aside(&mut self, _on: bool) {}

    /// What the allocator tells about itself (MEMORY MALLOC-STATS); empty when it tells nothing.
    fn allocator_report(&mut self) -> String {
        String::new()
    }

    /// Asks the allocator to give unused pages back; false when it refuses.
    fn release_memory(&mut self) -> bool {
        true
    }

    /// Kernel name, its release and the machine, for INFO.
    fn system(&self) -> String {
        "unknown".to_owned()
    }

    /// The working directory as the system names it.
    fn working_directory(&self) -> Option<PathBuf> {
        None
    }

    fn cpu(&mut self) -> CpuFigures;
    fn pid(&self) -> i32;
}
