//! Clients that wait: for acknowledgements (WAIT), for a key, or for the end of CLIENT PAUSE.
//!
//! A parked client keeps its command (owned arguments) and a deadline. Whoever can end the wait
//! finds it here: acknowledgements by offset, keys by name (with the next data types). Ends are
//! carried out by `core::wake`.

use crate::base::clock::Millis;
use crate::resp::request::OwnedArgs;

use super::client::ClientId;

/// What a parked client waits for.
#[derive(Debug)]
pub enum WaitFor {
    /// WAIT: `replicas` replicas that acknowledged `offset`.
    Replicas { replicas: usize, offset: i64 },
    /// WAITAOF: local fsync (0 or 1) and replicas that fsynced `offset`.
    Aof { local: bool, replicas: usize, offset: i64 },
    /// Any of these keys, in this database, to be tried again with the parked command.
    Keys { db: usize, keys: Vec<Box<[u8]>> },
    /// SHUTDOWN that waits for its replicas.
    Shutdown,
}

/// A parked client's side of the wait.
#[derive(Debug)]
pub struct Parked {
    pub on: WaitFor,
    /// Unix ms after which the wait ends; `None` waits for ever.
    pub deadline_ms: Option<Millis>,
    /// The command, to be run again (keys) or to name the reply.
    pub command: u16,
    pub args: OwnedArgs,
    /// When the wait began, for statistics (monotonic µs).
    pub since_us: i64,
}

/// CLIENT PAUSE.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PauseKind {
    Write,
    All,
}

/// Everyone who waits.
#[derive(Default)]
pub struct Blocked {
    /// Parked clients in order of arrival.
    pub list: Vec<ClientId>,
    /// Waiters for replica acknowledgements among them.
    pub on_replicas: usize,
    /// CLIENT PAUSE by the user: kind and end (Unix ms).
    pub pause: Option<(PauseKind, Millis)>,
    /// Writes held back by a SHUTDOWN that waits for replicas, and by FAILOVER, until lifted.
    pub shutdown_pause: bool,
    pub failover_pause: bool,
    /// Clients whose command was put off by a pause, in order.
    pub postponed: Vec<ClientId>,
    /// Set when replica acknowledgements may satisfy a waiter: looked at before sleep.
    pub acks_changed: bool,
    /// A REPLCONF GETACK is to be sent to all replicas before sleep.
    pub want_acks: bool,
}

impl Blocked {
    /// What is held back at `now`, if anything.
    pub fn paused(&self, now: Millis) -> Option<PauseKind> {
        let user = self.pause.filter(|(_, end)| *end > now).map(|(kind, _)| kind);
        let held = self.shutdown_pause || self.failover_pause;
        user.max(held.then_some(PauseKind::Write))
    }
}
