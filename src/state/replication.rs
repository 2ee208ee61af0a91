//! What a server knows of replication: its ids and backlog, its replicas, its link to a master.
//!
//! Data only. The master side's procedures are in `repl::primary` and `repl::fullsync`, the replica
//! side's in `repl::replica`; the replica side's state machine is `state::replica_link`.

use std::path::PathBuf;

use crate::base::clock::Millis;
use crate::base::disk::DiskFile;
use crate::base::rng::Rng;

use super::aof_trail::Place;
use super::backlog::{Backlog, CursorId};
use super::client::{Client, ClientId};
use super::failover::Failover;
use super::repl_ids::{ReplId, ReplIds};
use super::replica_link::{LoadPlan, ReplicaLink};
use super::spill::Spill;
use super::sync_report::{LinkReport, SyncReport, Trace};

/// How far a replica of ours is. Owns what each state needs.
pub enum SyncState {
    /// It said SYNC or PSYNC; no child suits it yet.
    WaitBgsaveStart,
    /// A child writes what it will get; stream bytes from `cursor` on are kept for it.
    WaitBgsaveEnd,
    /// The RDB is on its way from a file.
    SendBulk(Bulk),
    /// A diskless child streams to it through us.
    SendStream,
    /// Gets the stream.
    Online,
    /// It asked for the RDB only (`rdb-only`) and has it: to be closed.
    RdbSent,
}

impl SyncState {
    /// The word in INFO (`slave0:…state=`).
    pub fn name(&self) -> &'static str {
        match self {
            SyncState::WaitBgsaveStart | SyncState::WaitBgsaveEnd | SyncState::SendStream => "wait_bgsave",
            SyncState::SendBulk(_) | SyncState::RdbSent => "send_bulk",
            SyncState::Online => "online",
        }
    }
}

/// A file being sent to one replica. Bytes.
pub struct Bulk {
    pub file: Box<dyn DiskFile>,
    pub size: u64,
    pub sent: u64,
}

/// What we know of one replica of ours; lives in its client.
pub struct ReplicaState {
    pub sync: SyncState,
    /// REPLCONF listening-port.
    pub port: u16,
    /// REPLCONF ip-address; empty: the address of the connection.
    pub announced_ip: Box<str>,
    pub capa_eof: bool,
    pub capa_psync2: bool,
    /// REPLCONF version, which newer servers send: its first number; 0 when it did not say.
    pub major: u32,
    /// RDB version it gets.
    pub rdb_version: u16,
    /// Its place in the backlog, from the moment its full sync's offset is known.
    pub cursor: Option<CursorId>,
    /// The offset the snapshot it gets begins at.
    pub psync_offset: i64,
    /// Acknowledged offset and when (monotonic ms).
    pub ack_offset: i64,
    pub aof_ack_offset: i64,
    pub ack_ms: Millis,
    /// When the present sync started waiting (monotonic ms), for `repl-diskless-sync-delay`.
    pub waiting_since_ms: Millis,
    /// It came while a child was running that does not suit it: the next one starts at once.
    pub came_late: bool,
    /// Diskless: the stream of the RDB has ended, its first ACK puts it online.
    pub put_online_on_ack: bool,
    /// Diskless: an acknowledgement came before we learned that the child is done.
    pub acked_early: bool,
    /// Diskless: bytes written to it when that was last looked at, and when they had changed last
    /// (monotonic ms).
    pub progress: (u64, Millis),
    /// Notes on its full sync, until it has come through.
    pub trace: Option<Box<Trace>>,
    /// It has not come near the end of the stream since its snapshot began: what it owes does not close it.
    pub catching_up: bool,
    /// rdb-only / rdb-filter-only bits (1 = functions, 2 = keys excluded).
    pub rdb_filter: u8,
}

impl Default for ReplicaState {
    fn default() -> Self {
        ReplicaState {
            sync: SyncState::WaitBgsaveStart,
            port: 0,
            announced_ip: Box::from(""),
            capa_eof: false,
            capa_psync2: false,
            major: 0,
            rdb_version: 0,
            cursor: None,
            psync_offset: 0,
            ack_offset: 0,
            aof_ack_offset: 0,
            ack_ms: 0,
            waiting_since_ms: 0,
            came_late: false,
            put_online_on_ack: false,
            acked_early: false,
            progress: (0, 0),
            trace: None,
            catching_up: false,
            rdb_filter: 0,
        }
    }
}

impl ReplicaState {
    /// What a snapshot for this replica has to be: what it leaves out, and the RDB version.
    pub fn wish(&self) -> Wish {
        Wish { filter: self.rdb_filter, version: self.rdb_version }
    }
}

/// See [`ReplicaState::wish`]. Replicas with the same wish share a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    pub filter: u8,
    pub version: u16,
}

impl std::fmt::Debug for ReplicaState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReplicaState({}, ack {})", self.sync.name(), self.ack_offset)
    }
}

/// How the log calls a replica: announced or real address, and its port.
pub fn replica_name(client: &Client) -> String {
    let ip = replica_ip(client);
    let port = client.replica.as_ref().map_or(0, |r| r.port);
    if ip.is_empty() {
        format!("client id #{}", client.id)
    } else if port == 0 {
        format!("{ip}:<unknown-replica-port>")
    } else if ip.contains(':') {
        format!("[{ip}]:{port}")
    } else {
        format!("{ip}:{port}")
    }
}

/// The address a replica announced, or that of its connection without the port.
pub fn replica_ip(client: &Client) -> &str {
    match &client.replica {
        Some(replica) if !replica.announced_ip.is_empty() => &replica.announced_ip,
        _ => {
            let ip = client.addr.rsplit_once(':').map_or(&*client.addr, |(ip, _)| ip);
            ip.strip_prefix('[').and_then(|ip| ip.strip_suffix(']')).unwrap_or(ip)
        }
    }
}

/// A snapshot on its way to us.
pub struct Incoming {
    pub plan: LoadPlan,
    /// Bytes; 0 when the master does not know.
    pub size: u64,
    /// It is a later state of the data we have.
    pub same_history: bool,
    /// The temporary file, while there is one.
    pub path: PathBuf,
    pub file: Option<Box<dyn DiskFile>>,
    /// Bytes written since the last fsync.
    pub unsynced: u64,
}

/// See the head of the file.
pub struct Replication {
    pub ids: ReplIds,
    /// Active once a replica asked, and on replicas.
    pub backlog: Backlog,
    /// Replicas of ours in order of arrival, whatever their state.
    pub replicas: Vec<ClientId>,
    /// The database the stream selected last; `None` forces a SELECT before the next command.
    pub stream_db: Option<usize>,
    /// Since when we have had no replicas (monotonic ms), for `repl-backlog-ttl`.
    pub no_replicas_since_ms: Option<Millis>,
    /// Replicas online with a lag within `min-replicas-max-lag`.
    pub good_replicas: usize,
    /// A planned change of roles under way.
    pub failover: Option<Box<Failover>>,
    /// The last full sync of a replica of ours, and of us with our master.
    pub last_sync: Option<Box<SyncReport>>,
    pub last_link_sync: Option<Box<LinkReport>>,
    /// Some replica may be catching up, or there is a spill.
    pub catching_up: bool,
    /// The part of the stream that is in a file, and how many bytes ever were.
    pub spill: Option<Spill>,
    pub spilled_bytes: u64,
    /// The replica side.
    pub link: ReplicaLink,
    /// The master asked how far we are: it is told once what came with the question is applied.
    pub ack_due: bool,
    /// Our connection to the master while there is one.
    pub master: Option<ClientId>,
    /// Bytes of a transaction of our master that is not complete yet.
    pub unapplied: Vec<u8>,
    /// When the last PING went into the stream (monotonic ms).
    pub last_ping_ms: Millis,
    /// The snapshot we get.
    pub incoming: Option<Box<Incoming>>,
    /// Bytes of the stream that came before the snapshot was loaded.
    pub early: Vec<u8>,
    /// The diskless child's pipe is not read for now; its end was seen.
    pub stream_held: bool,
    pub stream_ended: bool,
    /// The snapshot file was written for replicas (`rdb-del-sync-files`).
    pub file_for_replicas: bool,
}

impl Replication {
    pub fn new(rng: &mut Rng, backlog_size: usize) -> Replication {
        Replication {
            ids: ReplIds::new(rng.hex_id()),
            backlog: Backlog::new(backlog_size),
            replicas: Vec::new(),
            stream_db: None,
            no_replicas_since_ms: None,
            good_replicas: 0,
            failover: None,
            last_sync: None,
            last_link_sync: None,
            catching_up: false,
            spill: None,
            spilled_bytes: 0,
            link: ReplicaLink::default(),
            ack_due: false,
            master: None,
            unapplied: Vec::new(),
            last_ping_ms: 0,
            incoming: None,
            early: Vec::new(),
            stream_held: false,
            stream_ended: false,
            file_for_replicas: false,
        }
    }

    /// Whether we replicate from somebody.
    pub fn is_replica(&self) -> bool {
        self.link.target().is_some()
    }

    /// What a snapshot says of the stream's place: database, id, offset. `None` when a snapshot of now
    /// could not be continued by anybody.
    pub fn position(&self) -> Option<(i64, &ReplId, i64)> {
        let db = if !self.is_replica() {
            if !self.backlog.is_active() {
                return None;
            }
            // No SELECT yet means the next write selects its own: any database will do.
            self.stream_db
        } else {
            if !self.link.is_online() && self.link.cached().is_none() {
                return None;
            }
            self.link.stream_db()
        };
        Some((db.map_or(0, |db| db as i64), &self.ids.replid, self.backlog.offset()))
    }

    /// The same, for the append-only file.
    pub fn place(&self) -> Option<Place> {
        self.position().map(|(db, id, offset)| Place { id: *id, offset, db })
    }
}
