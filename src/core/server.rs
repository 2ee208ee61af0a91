//! `Server`: the parts, and nothing else.
//!
//! Each part is a struct of one concern from a lower floor; procedures over several parts are free
//! functions in `core`, `persist`, `repl` and `cmd`. Nothing here does I/O.

use std::path::PathBuf;
use std::rc::Rc;

use crate::base::clock::{Clock, Millis};
use crate::base::hash::KeyHash;
use crate::base::rng::Rng;
use crate::keyspace::Keyspace;
use crate::state::blocked::Blocked;
use crate::state::client::ClientId;
use crate::state::clients::Clients;
use crate::state::config::{Config, Supervised};
use crate::state::multi::Watches;
use crate::state::persistence::Persistence;
use crate::state::pubsub::PubSub;
use crate::state::replication::Replication;
use crate::state::slowlog::Slowlog;
use crate::state::spikes::Spikes;
use crate::state::stats::{CommandStats, Stats};
use crate::state::tracking;

use super::lookahead::Lookahead;
use super::propagate::Propagation;
use super::table::CommandTable;

/// See the head of the file.
pub struct Server {
    pub clock: Clock,
    pub rng: Rng,
    pub config: Config,
    /// The configuration file, absolute; CONFIG REWRITE writes it.
    pub config_file: Option<PathBuf>,
    /// The program as it was called, for its title.
    pub program: Box<str>,
    /// The same as a full name, for INFO.
    pub executable: Box<str>,
    pub run_id: [u8; 40],
    /// Whom we report to (`supervised`, resolved at start).
    pub supervisor: Supervised,
    /// The name of the user everyone is at first.
    pub default_user: Rc<str>,
    pub table: Rc<CommandTable>,
    pub keys: Keyspace,
    pub clients: Clients,
    pub watches: Watches,
    pub blocked: Blocked,
    pub pubsub: PubSub,
    /// What clients may hold copies of.
    pub tracking: tracking::Table,
    pub repl: Replication,
    pub persist: Persistence,
    pub prop: Propagation,
    pub stats: Stats,
    pub command_stats: CommandStats,
    pub slowlog: Slowlog,
    pub latency: Spikes,
    /// Unix ms of the start.
    pub started_ms: Millis,
    /// Where the listeners listen, for INFO (`listener0:…`).
    pub listeners: Vec<String>,
    /// The stream got bytes since replicas were last looked at.
    pub wake_replicas: bool,
    /// Client whose requests run at this moment, if any.
    pub running: ClientId,
    /// Bytes of the input those requests came in, for CLIENT LIST.
    pub running_input: usize,
    /// How many bytes at the head of its reply buffer the socket took already.
    pub running_sent: usize,
    /// Arguments of the running command that logs must not show; see `redact`.
    pub redacted: Vec<usize>,
    /// Bytes in use before any data came in, for INFO.
    pub startup_memory: u64,
    /// The end of the last command, in clock ticks: the start of the next.
    pub last_tick: u64,
    /// Conditions that make admission look closer; see `gate`.
    pub admission: super::gate::Admission,
    /// Scratch: the requests of a pipeline that are looked at together.
    pub ahead: Lookahead,
    /// DEBUG switches.
    pub debug: DebugSwitches,
    /// When a cross-protocol attack was logged last, and a replica that cannot store what it gets (Unix ms).
    pub security_logged_ms: Millis,
    pub disk_error_logged_ms: Millis,
}

/// What DEBUG turns on and off.
#[derive(Debug)]
pub struct DebugSwitches {
    pub active_expire: bool,
    pub pause_cron: bool,
    pub skip_checksum: bool,
    /// QUICKLIST-PACKED-THRESHOLD: bytes from which on an element of a list gets a node of its own.
    pub packed_threshold: u32,
}

/// [`DebugSwitches::packed_threshold`] when nobody changed it: 1 GiB.
pub const PACKED_THRESHOLD: u32 = 1 << 30;

impl Default for DebugSwitches {
    fn default() -> Self {
        DebugSwitches {
            active_expire: true,
            pause_cron: false,
            skip_checksum: false,
            packed_threshold: PACKED_THRESHOLD,
        }
    }
}

impl Server {
    /// A server with an empty data set. `rng` seeds everything that is random in it.
    pub fn new(config: Config, table: CommandTable, mut clock: Clock, mut rng: Rng) -> Server {
        clock.refresh();
        let mut seed = [0u8; 16];
        rng.fill(&mut seed);
        let keys = Keyspace::new(config.databases as usize, KeyHash::new(seed), Rng::seeded(rng.next_u64()));
        let now_ms = clock.now_ms();
        let commands = table.len();
        Server {
            run_id: rng.hex_id(),
            supervisor: Supervised::No,
            default_user: Rc::from("default"),
            repl: Replication::new(&mut rng, config.repl_backlog_size.max(0) as usize),
            persist: Persistence::new(now_ms / 1000),
            keys,
            clients: Clients::default(),
            watches: Watches::default(),
            blocked: Blocked::default(),
            pubsub: PubSub::default(),
            tracking: tracking::Table::default(),
            prop: Propagation::default(),
            stats: Stats::default(),
            command_stats: CommandStats::new(commands),
            slowlog: Slowlog::default(),
            latency: Spikes::default(),
            started_ms: now_ms,
            listeners: Vec::new(),
            wake_replicas: false,
            running: ClientId::NONE,
            running_input: 0,
            running_sent: 0,
            redacted: Vec::new(),
            startup_memory: 0,
            last_tick: 0,
            admission: super::gate::Admission::default(),
            ahead: Lookahead::default(),
            debug: DebugSwitches::default(),
            security_logged_ms: 0,
            disk_error_logged_ms: 0,
            config_file: None,
            program: Box::from(""),
            executable: Box::from(""),
            table: Rc::new(table),
            clock,
            rng,
            config,
        }
    }

    /// Fails the EXEC of everyone who watches the key.
    #[inline]
    pub fn touch_key(&mut self, db: usize, key: &[u8]) {
        if !self.watches.is_empty() {
            super::watch::touch(self, db, key);
        }
    }
}
