//! What a server knows of replication: its ids and backlog, its replicas, its link to a master.
//!
//! Data only. The master side's procedures are in `repl::primary` and `repl::fullsync`, the replica
//! side's in `repl::replica`; the replica side's state machine is `state::replica_link`.

use crate::base::clock::Millis;
use crate::base::disk::DiskFile;
use crate::base::rng::Rng;

use super::backlog::{Backlog, CursorId};
use super::client::{Client, ClientId};
use super::repl_ids::ReplIds;
use super::replica_link::ReplicaLink;

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
            SyncState::WaitBgsaveStart | SyncState::WaitBgsaveEnd => "wait_bgsave",
            SyncState::SendBulk(_) | SyncState::SendStream | SyncState::RdbSent => "send_bulk",
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
    /// REPLCONF version of newer servers; 0 when it did not say.
    pub version: u32,
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
    /// Diskless: the stream of the RDB has ended, its first ACK puts it online.
    pub put_online_on_ack: bool,
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
            version: 0,
            cursor: None,
            psync_offset: 0,
            ack_offset: 0,
            aof_ack_offset: 0,
            ack_ms: 0,
            waiting_since_ms: 0,
            put_online_on_ack: false,
            rdb_filter: 0,
        }
    }
}

impl std::fmt::Debug for ReplicaState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReplicaState({}, ack {})", self.sync.name(), self.ack_offset)
    }
}

/// How the log calls a replica: announced or real address, and its port.
pub fn replica_name(client: &Client) -> String {
    let Some(replica) = &client.replica else { return client.addr.to_string() };
    let ip = if replica.announced_ip.is_empty() {
        client.addr.rsplit_once(':').map_or(&*client.addr, |(ip, _)| ip)
    } else {
        &*replica.announced_ip
    };
    if replica.port != 0 { format!("{ip}:{}", replica.port) } else { format!("client id #{}", client.id) }
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
    /// The replica side.
    pub link: ReplicaLink,
    /// Our connection to the master while there is one.
    pub master: Option<ClientId>,
    /// Bytes of a transaction of our master that is not complete yet.
    pub unapplied: Vec<u8>,
    /// When the last PING went into the stream (monotonic ms).
    pub last_ping_ms: Millis,
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
            link: ReplicaLink::default(),
            master: None,
            unapplied: Vec::new(),
            last_ping_ms: 0,
        }
    }

    /// Whether we replicate from somebody.
    pub fn is_replica(&self) -> bool {
        self.link.is_replica()
    }
}
