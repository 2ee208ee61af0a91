//! One client: its session, what it sent and we have not understood yet, what we owe it.
//!
//! A client is a connection, a replica, our link to a master, or a reader of an append-only file;
//! the flags tell. It holds no socket: the top floor keeps streams beside the slab, under the same
//! slot. An idle client owns no heap memory but its addresses: its query buffer holds only the tail
//! of an incomplete request, and its output buffer goes back to the pool once written, so ten
//! thousand idle connections stay under a KiB each.

use crate::base::clock::Millis;
use crate::resp::request::Parser;

use super::blocked::Parked;
use super::multi::Transaction;
use super::pubsub::Subscriptions;
use super::replication::ReplicaState;
use super::tracking::Tracking;

/// Names a client for as long as it lives. Slots are used again; the generation tells a late
/// event for the former owner from one for the present.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ClientId {
    pub slot: u32,
    pub generation: u32,
}

impl ClientId {
    /// No client at all: what the machine itself does (cron, loading) runs under this name.
    pub const NONE: ClientId = ClientId { slot: u32::MAX, generation: u32::MAX };
}

/// A set of client flags; the letters are those CLIENT LIST prints.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Flags(u32);

impl Flags {
    /// `S`: a replica of ours.
    pub const REPLICA: Flags = Flags(1 << 0);
    /// `M`: our link to our master, once the stream runs (and its cached ghost after).
    pub const MASTER: Flags = Flags(1 << 1);
    /// `O`: MONITOR.
    pub const MONITOR: Flags = Flags(1 << 2);
    /// `x`: inside MULTI.
    pub const MULTI: Flags = Flags(1 << 3);
    /// `b`: parked until something happens.
    pub const BLOCKED: Flags = Flags(1 << 4);
    /// `d`: a watched key was touched; EXEC fails.
    pub const DIRTY_CAS: Flags = Flags(1 << 5);
    /// A command failed to queue; EXEC answers EXECABORT.
    pub const DIRTY_EXEC: Flags = Flags(1 << 6);
    /// `c`: close once everything owed is written.
    pub const CLOSE_AFTER_REPLY: Flags = Flags(1 << 7);
    /// `A`: close at the end of this batch of events.
    pub const CLOSE_ASAP: Flags = Flags(1 << 8);
    /// `U`: came through the Unix socket.
    pub const UNIX: Flags = Flags(1 << 9);
    /// `e`: never closed by `maxmemory-clients`.
    pub const NO_EVICT: Flags = Flags(1 << 10);
    /// `T`: does not alter LRU and LFU of what it reads.
    pub const NO_TOUCH: Flags = Flags(1 << 11);
    /// `P`: has subscriptions.
    pub const PUBSUB: Flags = Flags(1 << 12);
    /// `r`: READONLY (cluster).
    pub const READONLY: Flags = Flags(1 << 13);
    /// CLIENT REPLY OFF.
    pub const REPLY_OFF: Flags = Flags(1 << 14);
    /// CLIENT REPLY SKIP: the next command is silent.
    pub const REPLY_SKIP_NEXT: Flags = Flags(1 << 15);
    /// The present command is silent because of SKIP.
    pub const REPLY_SKIP: Flags = Flags(1 << 16);
    /// No connection behind it (AOF loader, scripts).
    pub const FAKE: Flags = Flags(1 << 17);
    /// The outbound connection to a master, from connect to the end of its life.
    pub const LINK: Flags = Flags(1 << 18);
    /// Already in the list of clients with output to write.
    pub const PENDING_WRITE: Flags = Flags(1 << 19);
    /// Has unread requests and no socket event will tell: serve it in the next round.
    pub const PENDING_READ: Flags = Flags(1 << 20);
    /// `k`: HELLO/CLIENT of a replica that pre-dates PSYNC (sent SYNC).
    pub const PRE_PSYNC: Flags = Flags(1 << 21);
    /// Does not count as the user's activity: forced by CLIENT NO-EVICT-like internals.
    pub const PROTECTED: Flags = Flags(1 << 22);
    /// Keeps being a replica candidate that asked for the RDB only (`REPLCONF rdb-only`).
    pub const RDB_ONLY: Flags = Flags(1 << 23);
    /// A command was put off by CLIENT PAUSE; the client waits in the list of the postponed.
    pub const POSTPONED: Flags = Flags(1 << 24);
    /// Sentinel-like subscriber of MULTI state: the deny-blocking context of EXEC and scripts.
    pub const DENY_BLOCKING: Flags = Flags(1 << 25);
    /// `t`: is told of changes of keys (CLIENT TRACKING).
    pub const TRACKING: Flags = Flags(1 << 26);

    pub const fn or(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    /// Whether any of `other` is set.
    pub const fn has(self, other: Flags) -> bool {
        self.0 & other.0 != 0
    }

    pub const fn set(&mut self, other: Flags) {
        self.0 |= other.0;
    }

    pub const fn clear(&mut self, other: Flags) {
        self.0 &= !other.0;
    }

    pub fn put(&mut self, other: Flags, on: bool) {
        if on { self.set(other) } else { self.clear(other) }
    }
}

/// Bytes owed to a client, and how many of them the socket took. Bytes.
#[derive(Default, Debug)]
pub struct OutBuf {
    /// Everything gathered and not yet dropped.
    pub bytes: Vec<u8>,
    /// How many of `bytes` are written.
    pub sent: usize,
    /// Since when the soft limit is exceeded without a pause (monotonic ms).
    pub soft_since_ms: Option<i64>,
}

impl OutBuf {
    /// Bytes still to be written.
    pub fn pending(&self) -> usize {
        self.bytes.len() - self.sent
    }

    pub fn unsent(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    /// Notes that the socket took `n` more bytes. A drained buffer starts over; a large one that
    /// is half written is moved down so that a slow reader does not hold twice its debt.
    pub fn advance(&mut self, n: usize) {
        self.sent += n;
        debug_assert!(self.sent <= self.bytes.len());
        if self.sent == self.bytes.len() {
            self.bytes.clear();
            self.sent = 0;
        } else if self.sent > 1 << 20 && self.sent * 2 > self.bytes.len() {
            self.bytes.drain(..self.sent);
            self.sent = 0;
        }
    }
}

/// See the head of the file.
#[derive(Debug)]
pub struct Client {
    pub me: ClientId,
    /// The number CLIENT ID answers; never used twice.
    pub id: u64,
    pub flags: Flags,
    pub db: usize,
    pub resp3: bool,
    pub authenticated: bool,
    /// The ACL user's name.
    pub user: std::rc::Rc<str>,
    pub name: Box<[u8]>,
    pub lib_name: Box<[u8]>,
    pub lib_ver: Box<[u8]>,
    pub addr: Box<str>,
    pub laddr: Box<str>,
    /// The descriptor, for CLIENT LIST; -1 without a connection.
    pub fd: i32,
    pub created_ms: Millis,
    pub last_interaction_ms: Millis,
    /// The tail of an incomplete request; empty between requests.
    pub query: Vec<u8>,
    /// Largest query buffer lately, for INFO (`client_recent_max_input_buffer`).
    pub query_peak: usize,
    pub parser: Parser,
    /// Bytes the parser still misses of the argument it is at, as far as it knows.
    pub wanted: usize,
    pub out: OutBuf,
    /// The last command's full name (`config|get`), for CLIENT LIST.
    pub last_command: &'static str,
    pub multi: Option<Box<Transaction>>,
    /// Subscriptions; kept while there are any.
    pub subscriptions: Option<Box<Subscriptions>>,
    /// How it tracks keys, while it does.
    pub tracking: Option<Box<Tracking>>,
    pub parked: Option<Box<Parked>>,
    pub replica: Option<Box<ReplicaState>>,
    /// Where the stream stood after its last command: what WAIT waits for.
    pub write_offset: i64,
    pub commands_processed: u64,
    pub net_in: u64,
    pub net_out: u64,
}

/// The classes of `client-output-buffer-limit`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    Normal = 0,
    Replica = 1,
    Pubsub = 2,
    Master = 3,
}

impl Client {
    pub fn class(&self) -> Class {
        if self.flags.has(Flags::MASTER) {
            Class::Master
        } else if self.flags.has(Flags::REPLICA) && !self.flags.has(Flags::MONITOR) {
            Class::Replica
        } else if self.flags.has(Flags::PUBSUB) {
            Class::Pubsub
        } else {
            Class::Normal
        }
    }

    /// Whether requests of this client may be run now.
    pub fn may_run(&self) -> bool {
        !self
            .flags
            .has(Flags::BLOCKED.or(Flags::CLOSE_ASAP).or(Flags::CLOSE_AFTER_REPLY).or(Flags::POSTPONED))
    }

    /// Who gets its invalidations: a client's number, 0 for itself, -1 when it does not track.
    pub fn redirect(&self) -> i64 {
        self.tracking.as_ref().map_or(-1, |tracking| tracking.redirect_number() as i64)
    }

    /// Heap bytes this client holds, buffers included.
    pub fn memory(&self) -> usize {
        std::mem::size_of::<Client>()
            + self.query.capacity()
            + self.out.bytes.capacity()
            + self.name.len()
            + self.addr.len()
            + self.laddr.len()
            + self.multi.as_ref().map_or(0, |m| m.memory())
            + self.subscriptions.as_ref().map_or(0, |s| s.memory())
            + self.tracking.as_ref().map_or(0, |t| t.memory())
            + self.parked.as_ref().map_or(0, |parked| parked.memory())
    }
}
