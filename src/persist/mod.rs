//! Floor 6: snapshot and append-only-file procedures over `Server`.
//!
//! | file | holds |
//! |---|---|
//! | [`aof_files`] | the folder of the append-only file and its manifest |
//! | [`aof_load`] | replay of an append-only file |
//! | [`aof_log`] | the increment that is written to: open, write, fsync |
//! | [`aof_rewrite`] | new base, new increment; switching the log on and off |
//! | [`check_aof`] | whether append-only files are whole; where they end well |
//! | [`check_rdb`] | what is in an RDB file, and what is wrong with it |
//! | [`child`] | fork, reports, the end of a child |
//! | [`bgsave`] | SAVE, BGSAVE, save points, the snapshot file |
//! | [`load`] | one incremental loader for start, replica and DEBUG RELOAD |
//! | [`shutdown`] | SHUTDOWN and signals: final save, waiting for replicas |

use crate::core::server::Server;
use crate::state::host::Host;

pub mod aof_files;
pub mod aof_load;
pub mod aof_log;
pub mod aof_rewrite;
pub mod bgsave;
pub mod check_aof;
pub mod check_rdb;
pub mod child;
pub mod load;
pub mod shutdown;

/// Each cron: save points, rewrites, what was scheduled.
pub fn cron(srv: &mut Server, host: &mut dyn Host) {
    if srv.persist.loading.is_some() {
        return;
    }
    aof_rewrite::start_scheduled(srv, host);
    bgsave::start_due(srv, host);
    aof_rewrite::start_grown(srv, host);
    bgsave::start_scheduled(srv, host);
}
