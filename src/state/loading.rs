//! A data set on its way in: the reader, where its entries go, and what has been counted so far.
//!
//! Loading never nests an event loop. The bytes of a file are read a piece at a time by the loop, those
//! of a master's socket are pushed as they arrive; between the pieces the server answers its clients.

use std::collections::VecDeque;

use crate::base::disk::DiskFile;
use crate::format::aof::Records;
use crate::format::aof_manifest::FileInfo;
use crate::format::rdb_read::RdbReader;
use crate::keyspace::Db;

use super::aof_trail::Trail;
use super::client::ClientId;
use super::libraries::Libraries;

/// Why a data set is loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// At start: a failure ends the process.
    Boot,
    /// From our master.
    FullSync,
    /// DEBUG RELOAD.
    Debug,
}

/// See the head of the file.
pub struct Loading {
    pub purpose: Purpose,
    /// The old data set is still served (`repl-diskless-load swapdb`).
    pub async_loading: bool,
    /// Unix seconds, and monotonic µs.
    pub started_s: i64,
    pub started_us: i64,
    /// 0 when nobody knows (streamed from a socket).
    pub total_bytes: u64,
    pub loaded_bytes: u64,
    /// `used-mem` of the file.
    pub rdb_used_mem: u64,
    pub reader: RdbReader,
    /// The file, when one is read; its name for the log.
    pub file: Option<Box<dyn DiskFile>>,
    pub name: String,
    /// The files of an append-only file are read, not a snapshot alone.
    pub replay: Option<Box<Replay>>,
    /// The database the next entries belong to.
    pub db: usize,
    /// Where entries go until the swap; `None`: straight into the keyspace.
    pub shadow: Option<Vec<Db>>,
    /// Keys whose time is over are kept (a replica leaves expiry to its master).
    pub keep_expired: bool,
    pub keys_loaded: u64,
    pub keys_expired: u64,
    /// Function libraries of the file.
    pub libraries: Libraries,
    /// Keys left out because their value had no elements.
    pub empty_skipped: u64,
    /// Where the stream stands that these data belong to, as the file says.
    pub repl_id: Option<[u8; 40]>,
    pub repl_offset: Option<i64>,
    pub repl_stream_db: Option<i64>,
    /// The log says that all is read.
    pub announced: bool,
}

/// What reading an append-only file needs besides.
pub struct Replay {
    /// Files to come; `true` in front of the base.
    pub files: VecDeque<(bool, FileInfo)>,
    /// The file at hand, and whether it is the base.
    pub name: Vec<u8>,
    pub is_base: bool,
    pub part: Part,
    pub records: Records,
    /// Bytes read and not replayed yet begin at `start` of `buf`, which is byte `at` of the file.
    pub buf: Vec<u8>,
    pub start: usize,
    pub at: u64,
    /// Bytes of the file, and how many of them are not read yet.
    pub len: u64,
    pub unread: u64,
    /// Where the last whole command ended, and where the open transaction begins. Bytes of the file.
    pub good: u64,
    pub good_before_multi: u64,
    /// In whose name commands run.
    pub client: ClientId,
    /// Where in the history of replication the data are.
    pub trail: Trail,
    /// CRC-64 of the file up to byte `summed` of `buf`; `None` once the file was cut off.
    pub sum: Option<u64>,
    pub summed: usize,
    /// When the file was begun (monotonic µs).
    pub began_us: i64,
    /// Bytes of the base, and of all files that are done.
    pub base_bytes: u64,
    pub done_bytes: u64,
}

/// What comes next in a file of an append-only file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Its first bytes, which tell which of the others.
    Head,
    /// A snapshot.
    Snapshot,
    Commands,
}

impl std::fmt::Debug for Loading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Loading({:?}, {} of {} bytes)", self.purpose, self.loaded_bytes, self.total_bytes)
    }
}

/// What a finished load tells.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Loaded {
    pub keys_loaded: u64,
    pub keys_expired: u64,
    pub repl_id: Option<[u8; 40]>,
    pub repl_offset: Option<i64>,
    pub repl_stream_db: Option<i64>,
    /// How long it took.
    pub micros: i64,
}
