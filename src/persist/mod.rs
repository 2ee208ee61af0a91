//! Floor 6: snapshot and append-only-file procedures over `Server`.
//!
//! | file | holds |
//! |---|---|
//! | [`check`] | what is in an RDB file, and what is wrong with it |
//! | [`child`] | fork, reports, the end of a child |
//! | [`bgsave`] | SAVE, BGSAVE, save points, the snapshot file |
//! | [`load`] | one incremental loader for start, replica and DEBUG RELOAD |
//! | [`shutdown`] | SHUTDOWN and signals: final save, waiting for replicas |

use crate::core::server::Server;
use crate::state::host::Host;

pub mod bgsave;
pub mod check;
pub mod child;
pub mod load;
pub mod shutdown;

/// Each cron: save points and scheduled saves.
pub fn cron(srv: &mut Server, host: &mut dyn Host) {
    bgsave::cron(srv, host);
}
