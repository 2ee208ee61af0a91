//! A full sync: the line that announces it, its bytes in either framing, storing, loading, and its end.
//!
//! | plan | at the header | at the end of the bytes | `load_done` |
//! |---|---|---|---|
//! | Disk | - | `RdbEnd`; after `rdb_stored`: flush, load | online |
//! | Socket | flush, load | `RdbEnd` | online |
//! | Swap | load | `RdbEnd` | swap, online |
//!
//! In the streamed plans the loader may be done before the end mark has come; a snapshot byte after that
//! means that mark and data disagree.

use super::wire::{self, Header, MarkScan};
use super::{Action, Env, LoadPlan, Out, Phase, ReplicaLink, SECOND, notice, warning};
use crate::base::clock::Millis;
use crate::state::repl_ids::ReplId;
use crate::state::sync_report::LinkReport;

pub(super) const SOCKET_LOAD_FAILED: &str =
    "Failed trying to load the MASTER synchronization DB from socket, check server logs.";
const DISK_LOAD_FAILED: &str =
    "Failed trying to load the MASTER synchronization DB from disk, check server logs.";

/// Which bytes of a snapshot come next.
pub(super) enum Stage {
    Header,
    Length(u64),
    Mark(Box<MarkScan>),
    Done,
}

/// A full sync under way.
pub(super) struct Transfer {
    pub(super) stage: Stage,
    pub(super) history: Option<(ReplId, i64)>,
    pub(super) plan: LoadPlan,
    /// As INFO shows them: -1 before the header, 0 when not known.
    pub(super) total: i64,
    pub(super) read: i64,
    pub(super) loading: bool,
    /// The loader is done; waits for the end of the bytes.
    pub(super) loaded: Option<Option<usize>>,
    /// Stream bytes that came before the load was done.
    pub(super) early: i64,
    /// The connection closed after the snapshot was whole.
    pub(super) gone: bool,
    pub(super) newline_at: Millis,
    /// When the try began, the master took the request, the snapshot began to come and was whole; what we asked to
    /// continue from.
    pub(super) times: [Millis; 4],
    pub(super) asked: Option<i64>,
}

impl Transfer {
    fn report(&self, now: Millis) -> LinkReport {
        let [tried, taken, began, whole] = self.times;
        LinkReport {
            why: LinkReport::reason(self.asked),
            handshake_ms: taken - tried,
            wait_ms: began - taken,
            receive_ms: whole - began,
            load_ms: now - whole,
            bytes: self.read.unsigned_abs(),
        }
    }
}

impl ReplicaLink {
    pub(super) fn await_snapshot(&mut self, history: Option<(ReplId, i64)>, out: &mut Out) {
        self.failover_taken(out);
        self.phase = Phase::Transfer(Transfer {
            stage: Stage::Header,
            history,
            plan: LoadPlan::Disk,
            total: -1,
            read: 0,
            loading: false,
            loaded: None,
            early: 0,
            gone: false,
            newline_at: 0,
            times: [self.tried_at.unwrap_or(self.last_io), self.last_io, 0, 0],
            asked: self.cached.map(|c| c.offset),
        });
    }

    pub(super) fn header_bytes(&mut self, bytes: &[u8], env: &Env<'_>, out: &mut Out) -> usize {
        let (taken, line) = self.line.take(bytes, wire::HEADER_LINE);
        let Some(line) = line else { return taken };
        self.last_io = env.now;
        let shown = String::from_utf8_lossy(&line);
        match wire::header(&line) {
            Header::Alive => {}
            Header::Error => {
                warning(out, format!("MASTER aborted replication with an error: {}", &shown[1..]));
                self.refused(env, out);
            }
            Header::NotBulk => {
                warning(
                    out,
                    format!(
                        "Bad protocol from MASTER, the first byte is not '$' (we received '{shown}'), are \
                        you sure \
                         the host and port are right?"
                    ),
                );
                self.refused(env, out);
            }
            Header::BadLength => {
                warning(out, format!("Bad protocol from MASTER, wrong bulk length (we received '{shown}')"));
                self.refused(env, out);
            }
            Header::Length(n) => self.begin(Stage::Length(n as u64), Some(n as u64), env, out),
            Header::Mark(mark) => self.begin(Stage::Mark(Box::new(MarkScan::new(mark))), None, env, out),
        }
        taken
    }

    fn begin(&mut self, stage: Stage, size: Option<u64>, env: &Env<'_>, out: &mut Out) {
        let Phase::Transfer(t) = &mut self.phase else { return };
        let to = if env.plan == LoadPlan::Disk { "to disk" } else { "to parser" };
        notice(
            out,
            match size {
                Some(n) => format!("MASTER <-> REPLICA sync: receiving {n} bytes from master {to}"),
                None => format!("MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF {to}"),
            },
        );
        t.stage = stage;
        t.plan = env.plan;
        t.total = size.unwrap_or(0) as i64;
        t.times[2] = env.now;
        out.push(Action::BeginFullSync { history: t.history, size, plan: t.plan });
        if t.plan != LoadPlan::Disk {
            self.start_load(env, out);
        }
        if size == Some(0) {
            self.rdb_end(env, out);
        }
    }

    /// Plan Disk: the whole file is in place. The old data may go.
    pub fn rdb_stored(&mut self, env: &Env<'_>, out: &mut Out) {
        if let Phase::Transfer(t) = &self.phase
            && matches!(t.stage, Stage::Done)
            && t.plan == LoadPlan::Disk
            && !t.loading
        {
            self.start_load(env, out);
        }
    }

    fn start_load(&mut self, env: &Env<'_>, out: &mut Out) {
        let Phase::Transfer(t) = &mut self.phase else { return };
        t.loading = true;
        t.newline_at = env.now + SECOND;
        if t.plan != LoadPlan::Swap {
            self.discard_cached(out);
            out.push(Action::AttachToNewMaster);
            notice(out, "MASTER <-> REPLICA sync: Flushing old data");
            out.push(Action::FlushOldData);
        }
        notice(out, "MASTER <-> REPLICA sync: Loading DB in memory");
        out.push(Action::StartLoad);
    }

    pub(super) fn body_bytes(&mut self, bytes: &[u8], at: usize, env: &Env<'_>, out: &mut Out) -> usize {
        self.last_io = env.now;
        let Phase::Transfer(t) = &mut self.phase else { return bytes.len() };
        let rest = &bytes[at..];
        let mark = out.len();
        let (taken, end) = match &mut t.stage {
            Stage::Length(left) => {
                let n = usize::try_from(*left).map_or(rest.len(), |l| l.min(rest.len()));
                *left -= n as u64;
                out.push(Action::Rdb(at..at + n));
                (n, *left == 0)
            }
            Stage::Mark(scan) => {
                let found = scan.feed(rest);
                if found.released > 0 {
                    out.push(Action::RdbBytes(scan.mark()[..found.released].to_vec()));
                }
                if !found.payload.is_empty() {
                    out.push(Action::Rdb(at + found.payload.start..at + found.payload.end));
                }
                (found.end.unwrap_or(rest.len()), found.end.is_some())
            }
            Stage::Header | Stage::Done => return bytes.len(),
        };
        t.read = t.read.saturating_add(taken as i64);
        if t.loaded.is_some() && out.len() > mark {
            out.truncate(mark);
            warning(out, "Replication stream EOF marker is broken");
            self.refused(env, out);
        } else if end {
            self.rdb_end(env, out);
        }
        at + taken
    }

    fn rdb_end(&mut self, env: &Env<'_>, out: &mut Out) {
        let Phase::Transfer(t) = &mut self.phase else { return };
        t.stage = Stage::Done;
        t.times[3] = env.now;
        out.push(Action::RdbEnd);
        if let Some(db) = t.loaded {
            self.finish(db, env, out);
        }
    }

    /// Storing the snapshot failed (disk full, no temporary file): `reason` is the whole log line.
    pub fn transfer_failed(&mut self, reason: &str, env: &Env<'_>, out: &mut Out) {
        if matches!(self.phase, Phase::Transfer(_)) {
            warning(out, reason);
            self.refused(env, out);
        }
    }

    /// The loader is content. `db` is the snapshot's `repl-stream-db`. May come before [`Action::RdbEnd`];
    /// any snapshot byte after it is then an error.
    pub fn load_done(&mut self, db: Option<usize>, env: &Env<'_>, out: &mut Out) {
        let Phase::Transfer(t) = &mut self.phase else { return };
        if !t.loading {
            return;
        }
        if matches!(t.stage, Stage::Done) {
            self.finish(db, env, out);
        } else {
            t.loaded = Some(db);
        }
    }

    /// The loader gave up on the snapshot.
    pub fn load_failed(&mut self, env: &Env<'_>, out: &mut Out) {
        let Phase::Transfer(t) = &self.phase else { return };
        warning(out, if t.plan == LoadPlan::Disk { DISK_LOAD_FAILED } else { SOCKET_LOAD_FAILED });
        self.refused(env, out);
    }

    fn finish(&mut self, db: Option<usize>, env: &Env<'_>, out: &mut Out) {
        let Phase::Transfer(t) = &self.phase else { return };
        self.last_sync = Some(t.report(env.now));
        let (history, early, gone, plan) = (t.history, t.early, t.gone, t.plan);
        if plan == LoadPlan::Swap {
            self.discard_cached(out);
            out.push(Action::AttachToNewMaster);
            notice(out, "MASTER <-> REPLICA sync: Swapping active DB with loaded DB");
            out.push(Action::SwapIn);
            notice(out, "MASTER <-> REPLICA sync: Discarding old DB in background");
        }
        out.push(Action::FullSyncDone { history, db });
        notice(out, "MASTER <-> REPLICA sync: Finished with success");
        let offset = history.map_or(0, |(_, at)| at);
        self.up(history.map(|(id, _)| id), offset, early, db, env, out);
        if gone {
            self.lost(true, env, out);
        }
    }
}
