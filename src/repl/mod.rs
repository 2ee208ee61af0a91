//! Floor 6: replication procedures over `Server`, master side and replica side.
//!
//! | file | side |
//! |---|---|
//! | [`primary`] | master: SYNC/PSYNC, replica states, acknowledgements, pings |
//! | [`fullsync`] | master: which child serves which replica, file and stream transfer |
//! | [`replica`] | replica: carries out the actions of `state::replica_link` |

use crate::core::server::Server;
use crate::state::host::Host;

pub mod fullsync;
pub mod primary;
pub mod replica;

/// Each cron: timers of the replica side that are finer than a second.
pub fn tick(srv: &mut Server, host: &mut dyn Host) {
    replica::tick(srv, host);
}

/// Each second: pings, timeouts, backlog expiry, good replicas.
pub fn each_second(srv: &mut Server, host: &mut dyn Host) {
    primary::each_second(srv, host);
}

/// Before sleep: acknowledgement requests, replicas that wait for a child.
pub fn before_sleep(srv: &mut Server, host: &mut dyn Host) {
    primary::before_sleep(srv, host);
    fullsync::start_waiting(srv, host);
}

/// After a start from a snapshot: continue the history it names.
pub fn restore_history(_srv: &mut Server, _loaded: &crate::state::loading::Loaded) {}
