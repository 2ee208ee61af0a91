//! What a server knows of its snapshots, its child process and a load under way. Data only; the
//! procedures are in `persist`.

use crate::base::clock::Millis;

use super::aof::Aof;
use super::host::{ChildKind, ChildReport};
use super::libraries::Libraries;
use super::loading::Loading;

/// The one child that may live at a time.
#[derive(Debug)]
pub struct Child {
    pub pid: i32,
    pub kind: ChildKind,
    /// Unix seconds.
    pub started_s: i64,
    /// What it told last, and when (monotonic ms; 0 before the first report).
    pub report: ChildReport,
    pub reported_ms: Millis,
    pub cow_peak: u64,
    /// Keys there were at the fork.
    pub keys_total: u64,
    /// Changes since the last save, as they stood at the fork.
    pub dirty_at_fork: u64,
    /// We sent it SIGUSR1: its end is no error.
    pub killed: bool,
}

/// What a SHUTDOWN was told.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct ShutdownFlags {
    pub save: bool,
    pub nosave: bool,
    pub now: bool,
    pub force: bool,
    pub signal: Option<i32>,
}

/// See the head of the file.
#[derive(Debug)]
pub struct Persistence {
    pub child: Option<Child>,
    pub loading: Option<Box<Loading>>,
    /// Sources of the function libraries that files and masters brought.
    pub libraries: Libraries,
    /// Changes since the last finished save.
    pub dirty: u64,
    /// Unix seconds of the last finished save; at start the time of start.
    pub last_save_s: i64,
    /// Unix seconds of the last try.
    pub last_try_s: i64,
    pub last_bgsave_ok: bool,
    /// Seconds the last BGSAVE took; -1 before the first.
    pub last_bgsave_secs: i64,
    pub saves: u64,
    pub last_cow_bytes: u64,
    /// BGSAVE SCHEDULE, or one that had to wait for a rewrite.
    pub bgsave_scheduled: bool,
    pub last_load_keys_expired: u64,
    pub last_load_keys_loaded: u64,
    pub aof: Aof,
    /// A SHUTDOWN that waits for replicas: its flags and its deadline (monotonic ms).
    pub shutdown: Option<(ShutdownFlags, Millis)>,
    /// A signal asked for a shutdown while DEBUG PAUSE-CRON holds back what cron does.
    pub shutdown_signal: Option<i32>,
    /// What the loop does next: leave with this exit code.
    pub exit: Option<i32>,
    /// It leaves without a word: what clients and replicas would be told is not on disk.
    pub abandon: bool,
}

impl Persistence {
    pub fn new(now_s: i64) -> Persistence {
        Persistence {
            child: None,
            loading: None,
            libraries: Libraries::default(),
            dirty: 0,
            last_save_s: now_s,
            last_try_s: 0,
            last_bgsave_ok: true,
            last_bgsave_secs: -1,
            saves: 0,
            last_cow_bytes: 0,
            bgsave_scheduled: false,
            last_load_keys_expired: 0,
            last_load_keys_loaded: 0,
            aof: Aof::default(),
            shutdown: None,
            shutdown_signal: None,
            exit: None,
            abandon: false,
        }
    }

    pub fn child_is(&self, kind: ChildKind) -> bool {
        self.child.as_ref().is_some_and(|c| c.kind == kind)
    }
}
