//! The replica's side of a replication link, as a machine without sockets, files or clock.
//!
//! # What
//! Events go in (bytes, a closed connection, the time), [`Action`]s come out (connect, send, write this part
//! of the bytes to the snapshot, log that line). Whoever owns the socket and the files carries the actions
//! out in order. So every step can be tested at every split of the bytes and in virtual time.
//!
//! ```text
//!            start, configure+tick                connected: send PING
//!   Idle ─────────────────────────► Connecting ──────────────────────► Handshake(Ping)
//!    ▲                               ▲      │ connect_failed              │ +… -NOAUTH -NOPERM: send
//!    │ promote                       │      ▼                             │ [AUTH] REPLCONF… in one write
//!   (any)          tick: time is up  │   Waiting ◄── any failure           ▼
//!                                    └────── ▲    (Auth) ─► Port ─► (Ip) ─► Capa: send PSYNC ─► Psync
//!                                            │                                                   │
//!            ┌── closed, timeout ── Online ◄─┼──────────────── +CONTINUE ────────────────────────┤
//!            │                        ▲      │                                                   │
//!            └─► master cached, ──────┼──────┘        +FULLRESYNC, or an error: send SYNC        ▼
//!                reconnect at once    │                     Transfer: Header ─► Length | Mark ─► Done
//!                                     └─ load_done ─────────────────────────────────────────── Loading
//! ```
//!
//! # Snapshot
//! The caller says where it goes ([`LoadPlan`], asked when the header is read): to a file, which is loaded
//! when it is whole ([`ReplicaLink::rdb_stored`]); into the parser at once; or into the parser beside the old
//! data. The machine says when to drop old data ([`Action::FlushOldData`]), which in the first plan is after
//! the file is safely in place: Redis flushes before it syncs and renames, so there a full disk costs the old
//! data. Bytes after the snapshot are stream; they may come while the snapshot still loads
//! ([`Action::Stream`] before [`Action::FullSyncDone`]): keep them, or stop reading meanwhile.
//!
//! # Time
//! Redis advances in a cron of one second. Here a lost link, a broken transfer and a timeout reconnect at
//! once; a refusal (error reply, snapshot that does not come or does not load, full disk) tries again a second
//! after the last try, since Redis' immediate retry turns such a master and its forks into a busy loop. No two tries start
//! within [`MIN_GAP`]. A link that comes up tells its offset at once, then each second.
//!
//! # Memory and malice
//! At most one line (1 KiB) and 40 bytes of mark are held. A line's length, a snapshot's length and offsets
//! are numbers only: nothing is allocated for them. Only whole lines refresh the timeout, so an endless line
//! ends in it.
//!
//! # Differences from `replication.c` 7.2.4, whose log lines these are
//! - A `+FULLRESYNC` of wrong syntax, a bad length, or `+CONTINUE` where nothing was asked abort the attempt
//!   (Redis goes on with a blank id, with length 0, or crashes).
//! - After SYNC (a master without PSYNC) the history is `None`: the caller invents an id at offset 0, where
//!   Redis keeps a stale id at offset -1.
//! - A long error reply is cut and its rest skipped; Redis would take the rest for the next reply.
//! - A connection lost while a whole snapshot loads is noticed after the load, so that the load is not wasted
//!   (same in Redis); then the rest comes by partial resync.

mod handshake;
mod snapshot;
mod view;
mod wire;

use std::ops::Range;

use self::snapshot::{SOCKET_LOAD_FAILED, Stage, Transfer};
use self::wire::{Line, push_command};
use super::backlog::MAX_OFFSET;
use super::repl_ids::ReplId;
use super::sync_report::LinkReport;
use crate::base::clock::Millis;
use crate::base::log::Level;

pub use self::view::{LinkInfo, SyncInfo};
pub use self::wire::push_ack;

/// Between two tries after a refusal, and between ACKs, in milliseconds.
pub const SECOND: Millis = 1000;
/// Between any two tries, in milliseconds.
pub const MIN_GAP: Millis = 100;

/// Where a snapshot goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadPlan {
    /// A file first (`repl-diskless-load disabled`, or `on-empty-db` with keys).
    Disk,
    /// The parser at once, old data dropped before (`on-empty-db`).
    Socket,
    /// The parser at once, old data kept until it succeeds (`swapdb`).
    Swap,
}

/// What the machine must know of the world at an event.
#[derive(Clone, Copy, Debug)]
pub struct Env<'a> {
    /// Any clock of milliseconds that does not jump.
    pub now: Millis,
    /// `repl-timeout`, in milliseconds.
    pub timeout: Millis,
    /// `masteruser`
    pub user: Option<&'a [u8]>,
    /// `masterauth`
    pub auth: Option<&'a [u8]>,
    /// `replica-announce-port`, or the port we listen on.
    pub port: u16,
    /// `replica-announce-ip`
    pub ip: Option<&'a [u8]>,
    /// Where a snapshot would go if it began now.
    pub plan: LoadPlan,
    /// A planned failover hands mastership to the other side (`PSYNC … FAILOVER`).
    pub failover: bool,
}

/// What the owner of sockets, files and data has to do, in this order. Ranges are within the bytes just
/// given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Open a connection; answer with `connected`, `connect_refused` or `connect_failed`.
    Connect { host: String, port: u16 },
    /// Write to the connection.
    Send(Vec<u8>),
    /// Close the connection; no event of it may be delivered any more. Nothing to do when it is gone.
    Close,
    /// A snapshot begins. `history` is its name and offset; None from a master that has none.
    BeginFullSync { history: Option<(ReplId, i64)>, size: Option<u64>, plan: LoadPlan },
    /// These bytes belong to the snapshot.
    Rdb(Range<usize>),
    /// So do these, which were held back as a possible mark.
    RdbBytes(Vec<u8>),
    /// The snapshot is whole. Plan Disk: sync and rename the file, then `rdb_stored` or `transfer_failed`.
    RdbEnd,
    /// Disconnect our replicas and free the backlog: our history ends.
    AttachToNewMaster,
    /// Drop all data.
    FlushOldData,
    /// Begin to load; answer with `load_done` or `load_failed`.
    StartLoad,
    /// Plan Swap: exchange old and new data, drop the old in the background.
    SwapIn,
    /// Drop the half-received snapshot: temporary file, parser, and what it loaded.
    AbortFullSync,
    /// The snapshot is loaded: adopt `history`, restart the backlog there, select `db`.
    FullSyncDone { history: Option<(ReplId, i64)>, db: Option<usize> },
    /// The stream goes on where we stood. With `renamed` (asked, new): `ReplIds::follow`, disconnect our
    /// replicas. Make sure the backlog is active; select `db`.
    Continue { renamed: Option<(ReplId, ReplId)>, db: Option<usize> },
    /// Bytes of the stream, for the master's client; not to be executed before FullSyncDone or Continue.
    Stream(Range<usize>),
    /// Tell the master [`ReplicaLink::offset`] ([`push_ack`]), through the ordinary output.
    SendAck,
    /// The master's client is no more: forget unparsed bytes, a half transaction and pending output.
    LinkDown,
    /// The answer to `PSYNC … FAILOVER`.
    FailoverAnswer(bool),
    /// A log line.
    Log { level: Level, text: String },
}

/// Replies awaited, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Ping,
    Auth,
    Port,
    Ip,
    Capa,
    Psync,
}

/// What the log says when a try begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    Fresh,
    Lost,
    Failure,
}

struct Online {
    id: Option<ReplId>,
    /// Bytes applied (`reploff`) and bytes read, as offsets.
    applied: i64,
    read: i64,
    db: Option<usize>,
    ack_at: Millis,
}

enum Phase {
    Idle,
    Waiting { at: Millis, why: Why },
    Connecting,
    Handshake { step: Step, ip: bool },
    Transfer(Transfer),
    Online(Online),
}

/// Where we stood with a master that is not connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cached {
    /// Name of its history.
    pub id: ReplId,
    /// Bytes applied.
    pub offset: i64,
    /// Database selected in the stream.
    pub db: Option<usize>,
}

/// The machine. See the head of this file.
pub struct ReplicaLink {
    target: Option<(String, u16)>,
    phase: Phase,
    line: Line,
    cached: Option<Cached>,
    last_io: Millis,
    tried_at: Option<Millis>,
    down_since: Option<Millis>,
    /// `PSYNC … FAILOVER` was sent and is not answered; an earlier one got lost with its connection.
    failover_asked: bool,
    failover_lost: bool,
    /// The full sync that was done last.
    last_sync: Option<LinkReport>,
}

impl Default for ReplicaLink {
    fn default() -> Self {
        Self::new()
    }
}

type Out = Vec<Action>;

fn log(out: &mut Out, level: Level, text: impl Into<String>) {
    out.push(Action::Log { level, text: text.into() });
}

fn notice(out: &mut Out, text: impl Into<String>) {
    log(out, Level::Notice, text);
}

fn warning(out: &mut Out, text: impl Into<String>) {
    log(out, Level::Warning, text);
}

fn seconds(now: Millis, then: Millis) -> i64 {
    now.saturating_sub(then).max(0) / SECOND
}

/// What to be told by, and whom to follow.
impl ReplicaLink {
    /// A server that follows nobody.
    pub fn new() -> Self {
        ReplicaLink {
            target: None,
            phase: Phase::Idle,
            line: Line::default(),
            cached: None,
            last_io: 0,
            tried_at: None,
            down_since: None,
            failover_asked: false,
            failover_lost: false,
            last_sync: None,
        }
    }

    /// `replicaof` read from the configuration at start: the first tick connects.
    pub fn configure(&mut self, host: &str, port: u16, now: Millis) {
        self.target = Some((host.to_string(), port));
        self.phase = Phase::Waiting { at: now, why: Why::Fresh };
    }

    /// A replica restarts from a snapshot with `repl-id`, `repl-offset`, `repl-stream-db`: ask to go on
    /// there.
    pub fn restore(&mut self, id: ReplId, offset: i64, db: Option<usize>, out: &mut Out) {
        self.cache_own(id, offset, db, out);
    }

    fn cache_own(&mut self, id: ReplId, offset: i64, db: Option<usize>, out: &mut Out) {
        notice(
            out,
            "Before turning into a replica, using my own master parameters to synthesize a cached master: \
            I may be \
             able to synchronize with the new master with just a partial transfer.",
        );
        self.cached = Some(Cached { id, offset: offset.clamp(0, MAX_OFFSET), db });
    }

    /// `REPLICAOF host port`, first or another master. `own` is our history (`replid`, offset), used to ask
    /// for a partial resync when we were a master until now.
    pub fn start(&mut self, host: &str, port: u16, own: (ReplId, i64), env: &Env<'_>, out: &mut Out) {
        let was_master = self.target.is_none();
        self.leave(env.now, out);
        if was_master {
            self.discard_cached(out);
            self.cache_own(own.0, own.1, None, out);
        }
        self.target = Some((host.to_string(), port));
        self.failover_lost = false;
        self.connect(Why::Fresh, env, out);
    }

    /// `REPLICAOF NO ONE`. The caller then shifts its ids and disconnects its replicas.
    pub fn promote(&mut self, now: Millis, out: &mut Out) {
        self.leave(now, out);
        self.discard_cached(out);
        self.target = None;
        self.phase = Phase::Idle;
        self.down_since = None;
    }

    /// Ends what runs, without a new try.
    fn leave(&mut self, now: Millis, out: &mut Out) {
        match self.phase {
            Phase::Idle | Phase::Waiting { .. } => {}
            Phase::Online(_) => {
                out.push(Action::Close);
                self.go_down(true, now, out);
            }
            _ => self.hang_up(out),
        }
        self.line.clear();
        self.phase = Phase::Idle;
    }

    /// Forgets where we stood: partial resync is no longer possible.
    pub fn discard_cached(&mut self, out: &mut Out) {
        if self.cached.take().is_some() {
            notice(out, "Discarding previously cached master state.");
        }
    }

    fn address(&self) -> String {
        self.target.as_ref().map(|(h, p)| format!("{h}:{p}")).unwrap_or_default()
    }

    fn connect(&mut self, why: Why, env: &Env<'_>, out: &mut Out) {
        let Some((host, port)) = self.target.clone() else { return };
        let to = self.address();
        notice(
            out,
            match why {
                Why::Fresh => format!("Connecting to MASTER {to}"),
                Why::Lost => format!("Reconnecting to MASTER {to}"),
                Why::Failure => format!("Reconnecting to MASTER {to} after failure"),
            },
        );
        out.push(Action::Connect { host, port });
        notice(out, "MASTER <-> REPLICA sync started");
        self.line.clear();
        self.last_io = env.now;
        self.tried_at = Some(env.now);
        self.failover_asked = false;
        self.phase = Phase::Connecting;
    }

    fn retry(&mut self, why: Why, gap: Millis, env: &Env<'_>, out: &mut Out) {
        let at = self.tried_at.map_or(env.now, |t| t + gap).max(env.now);
        self.phase = Phase::Waiting { at, why };
        if at <= env.now {
            self.connect(why, env, out);
        }
    }

    /// Drops the connection of a running attempt, and the snapshot if one had begun.
    fn hang_up(&mut self, out: &mut Out) {
        if let Phase::Transfer(t) = &self.phase
            && !matches!(t.stage, Stage::Header)
        {
            out.push(Action::AbortFullSync);
            if t.plan == LoadPlan::Swap {
                notice(out, "MASTER <-> REPLICA sync: Discarding temporary DB in background");
            }
        }
        out.push(Action::Close);
        if std::mem::take(&mut self.failover_asked) {
            out.push(Action::FailoverAnswer(false));
        }
        self.line.clear();
    }

    /// The question `PSYNC … FAILOVER` got lost: the other side may have become a master, or not. It is asked again.
    fn lose_failover(&mut self) {
        self.failover_lost |= std::mem::take(&mut self.failover_asked);
    }

    /// A broken attempt: try again at once.
    fn broken(&mut self, env: &Env<'_>, out: &mut Out) {
        self.hang_up(out);
        self.retry(Why::Failure, MIN_GAP, env, out);
    }

    /// A refused attempt: try again a second after it began.
    fn refused(&mut self, env: &Env<'_>, out: &mut Out) {
        let why = if matches!(self.phase, Phase::Transfer(_)) { Why::Failure } else { Why::Fresh };
        self.hang_up(out);
        self.retry(why, SECOND, env, out);
    }

    /// Online no more. With `keep`, remembers where we stood.
    fn go_down(&mut self, keep: bool, now: Millis, out: &mut Out) {
        let Phase::Online(on) = std::mem::replace(&mut self.phase, Phase::Idle) else { return };
        notice(out, "Connection with master lost.");
        if keep && let Some(id) = on.id {
            notice(out, "Caching the disconnected master state.");
            self.cached = Some(Cached { id, offset: on.applied, db: on.db });
        }
        self.down_since = Some(now);
        out.push(Action::LinkDown);
    }
}

/// Events of the connection.
impl ReplicaLink {
    /// The connection could not even be begun (name does not resolve, no local address).
    pub fn connect_refused(&mut self, error: &str, env: &Env<'_>, out: &mut Out) {
        if matches!(self.phase, Phase::Connecting) {
            warning(out, format!("Unable to connect to MASTER: {error}"));
            self.refused(env, out);
        }
    }

    /// The connection failed (refused, unreachable).
    pub fn connect_failed(&mut self, error: &str, env: &Env<'_>, out: &mut Out) {
        if matches!(self.phase, Phase::Connecting) {
            warning(out, format!("Error condition on socket for SYNC: {error}"));
            self.refused(env, out);
        }
    }

    /// The connection stands.
    pub fn connected(&mut self, env: &Env<'_>, out: &mut Out) {
        if !matches!(self.phase, Phase::Connecting) {
            return;
        }
        notice(out, "Non blocking connect for SYNC fired the event.");
        self.last_io = env.now;
        self.phase = Phase::Handshake { step: Step::Ping, ip: false };
        let mut ping = Vec::new();
        push_command(&mut ping, &[b"PING"]);
        out.push(Action::Send(ping));
    }

    /// The connection was closed by the other side, or failed with `error`.
    pub fn closed(&mut self, error: Option<&str>, env: &Env<'_>, out: &mut Out) {
        let error = error.unwrap_or("connection lost");
        match &mut self.phase {
            Phase::Idle | Phase::Waiting { .. } => {}
            Phase::Connecting => self.connect_failed(error, env, out),
            Phase::Handshake { step, .. } => {
                let psync = *step == Step::Psync;
                self.lose_failover();
                warning(out, format!("Failed to read response from the server: {error}"));
                warning(
                    out,
                    if psync {
                        "Master did not reply to PSYNC, will try later"
                    } else {
                        "Master did not respond to command during SYNC handshake"
                    },
                );
                self.refused(env, out);
            }
            Phase::Transfer(t) => {
                match t.stage {
                    Stage::Done => {
                        t.gone = true;
                        return;
                    }
                    Stage::Header => {
                        warning(out, format!("I/O error reading bulk count from MASTER: {error}"));
                        return self.refused(env, out);
                    }
                    _ if t.plan == LoadPlan::Disk => {
                        warning(out, format!("I/O error trying to sync with MASTER: {error}"));
                    }
                    _ => warning(out, SOCKET_LOAD_FAILED),
                }
                self.broken(env, out);
            }
            Phase::Online(_) => self.lost(true, env, out),
        }
    }

    fn lost(&mut self, keep: bool, env: &Env<'_>, out: &mut Out) {
        self.go_down(keep, env.now, out);
        self.retry(Why::Lost, MIN_GAP, env, out);
    }

    /// The stream broke the protocol: what we hold of it is not to be continued.
    pub fn protocol_error(&mut self, env: &Env<'_>, out: &mut Out) {
        if matches!(self.phase, Phase::Online(_)) {
            out.push(Action::Close);
            self.lost(false, env, out);
        }
    }

    /// Bytes arrived. Once online, [`ReplicaLink::stream_read`] does the same without an action.
    pub fn bytes(&mut self, bytes: &[u8], env: &Env<'_>, out: &mut Out) {
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            match &mut self.phase {
                Phase::Idle | Phase::Waiting { .. } | Phase::Connecting => return,
                Phase::Handshake { .. } => at += self.handshake_bytes(rest, env, out),
                Phase::Transfer(t) => match t.stage {
                    Stage::Header => at += self.header_bytes(rest, env, out),
                    Stage::Done => {
                        t.early += rest.len() as i64;
                        out.push(Action::Stream(at..bytes.len()));
                        return;
                    }
                    _ => at = self.body_bytes(bytes, at, env, out),
                },
                Phase::Online(_) => {
                    self.stream_read(rest.len(), env.now);
                    out.push(Action::Stream(at..bytes.len()));
                    return;
                }
            }
        }
    }

    /// Online, `n` bytes of the stream were read.
    pub fn stream_read(&mut self, n: usize, now: Millis) {
        if let Phase::Online(on) = &mut self.phase {
            on.read += n as i64;
            self.last_io = now;
        }
    }

    /// `n` bytes of the stream were applied (whole commands outside MULTI, whole transactions), after which
    /// `db` is selected.
    pub fn applied(&mut self, n: u64, db: usize) {
        if let Phase::Online(on) = &mut self.phase {
            on.applied = on.applied.saturating_add_unsigned(n).min(on.read);
            on.db = Some(db);
        }
    }

    /// When the next [`ReplicaLink::tick`] is due; None when nothing is. `timeout` is `repl-timeout` in ms.
    pub fn next_tick(&self, timeout: Millis) -> Option<Millis> {
        let idle = self.last_io.saturating_add(timeout).saturating_add(1);
        match &self.phase {
            Phase::Idle => None,
            Phase::Waiting { at, .. } => Some(*at),
            Phase::Connecting | Phase::Handshake { .. } => Some(idle),
            Phase::Transfer(t) => {
                let pulse = (t.loading && !t.gone).then_some(t.newline_at);
                let idle = (!matches!(t.stage, Stage::Done)).then_some(idle);
                pulse.into_iter().chain(idle).min()
            }
            Phase::Online(on) if on.id.is_some() => Some(idle.min(on.ack_at)),
            Phase::Online(_) => Some(idle),
        }
    }

    /// Time has passed: timeouts, retries, ACKs, signs of life. Never too often.
    pub fn tick(&mut self, env: &Env<'_>, out: &mut Out) {
        let silent = env.now.saturating_sub(self.last_io) > env.timeout;
        match &mut self.phase {
            Phase::Waiting { at, why } if env.now >= *at => {
                let why = *why;
                self.connect(why, env, out);
            }
            Phase::Connecting | Phase::Handshake { .. } if silent => {
                self.lose_failover();
                warning(out, "Timeout connecting to the MASTER...");
                self.broken(env, out);
            }
            Phase::Transfer(t) => {
                if silent && !matches!(t.stage, Stage::Done) {
                    warning(
                        out,
                        "Timeout receiving bulk data from MASTER... If the problem persists try to set the \
                         'repl-timeout' parameter in redis.conf to a larger value.",
                    );
                    self.broken(env, out);
                } else if t.loading && !t.gone && env.now >= t.newline_at {
                    t.newline_at = env.now + SECOND;
                    out.push(Action::Send(b"\n".to_vec()));
                }
            }
            Phase::Online(on) => {
                if silent {
                    warning(out, "MASTER timeout: no data nor PING received...");
                    out.push(Action::Close);
                    self.lost(true, env, out);
                } else if on.id.is_some() && env.now >= on.ack_at {
                    on.ack_at = env.now + SECOND;
                    out.push(Action::SendAck);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
