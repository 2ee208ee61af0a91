//! The link as INFO and ROLE show it.

use super::{Cached, Phase, ReplicaLink, seconds};
use crate::base::clock::Millis;
use crate::state::sync_report::LinkReport;

/// A running transfer, as INFO shows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SyncInfo {
    /// `master_sync_total_bytes`: -1 before it is announced, 0 when the master does not know.
    pub total: i64,
    pub read: i64,
    pub left: i64,
    pub percent: f64,
    pub last_io_seconds_ago: i64,
}

/// The replica's lines of INFO replication.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkInfo {
    /// `master_link_status`
    pub up: bool,
    /// `master_last_io_seconds_ago`: -1 when not connected.
    pub last_io_seconds_ago: i64,
    /// `master_sync_in_progress` and the fields that come with it.
    pub sync: Option<SyncInfo>,
    /// `slave_read_repl_offset`, `slave_repl_offset`: 1 when nothing is known.
    pub read_offset: i64,
    pub offset: i64,
    /// `master_link_down_since_seconds`: absent when up, -1 when it never was.
    pub down_since_seconds: Option<i64>,
}

impl ReplicaLink {
    /// The master's address, when we follow one.
    pub fn target(&self) -> Option<(&str, u16)> {
        self.target.as_ref().map(|(host, port)| (host.as_str(), *port))
    }

    pub fn is_online(&self) -> bool {
        matches!(self.phase, Phase::Online(_))
    }

    /// State name of ROLE.
    pub fn state_name(&self) -> &'static str {
        match self.phase {
            Phase::Idle => "none",
            Phase::Waiting { .. } => "connect",
            Phase::Connecting => "connecting",
            Phase::Handshake { .. } => "handshake",
            Phase::Transfer(_) => "sync",
            Phase::Online(_) => "connected",
        }
    }

    /// The full sync that was done last, once.
    pub fn take_report(&mut self) -> Option<LinkReport> {
        self.last_sync.take()
    }

    /// Where we stood with a master that is not connected now.
    pub fn cached(&self) -> Option<&Cached> {
        self.cached.as_ref()
    }

    /// Bytes applied of the connected master's stream; what ROLE shows and an ACK carries. None when not
    /// connected.
    pub fn offset(&self) -> Option<i64> {
        match &self.phase {
            Phase::Online(on) => Some(on.applied),
            _ => None,
        }
    }

    /// Database selected in the master's stream, connected or cached; what a snapshot keeps as
    /// `repl-stream-db`.
    pub fn stream_db(&self) -> Option<usize> {
        match &self.phase {
            Phase::Online(on) => on.db,
            _ => self.cached.and_then(|c| c.db),
        }
    }

    /// The fields of INFO replication.
    pub fn info(&self, now: Millis) -> LinkInfo {
        let up = self.is_online();
        let (offset, read_offset) = match (&self.phase, &self.cached) {
            (Phase::Online(on), _) => (on.applied, on.read),
            (_, Some(c)) => (c.offset, c.offset),
            _ => (1, 1),
        };
        let last = seconds(now, self.last_io);
        let sync = match &self.phase {
            Phase::Transfer(t) => Some(SyncInfo {
                total: t.total,
                read: t.read,
                left: t.total - t.read,
                percent: if t.total == 0 { 0.0 } else { t.read as f64 / t.total as f64 * 100.0 },
                last_io_seconds_ago: last,
            }),
            _ => None,
        };
        let down = (!up).then(|| self.down_since.map_or(-1, |then| seconds(now, then)));
        LinkInfo {
            up,
            last_io_seconds_ago: if up { last } else { -1 },
            sync,
            read_offset,
            offset,
            down_since_seconds: down,
        }
    }
}
