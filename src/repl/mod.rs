//! Floor 6: replication procedures over `Server`, master side and replica side.
//!
//! | file | side |
//! |---|---|
//! | [`primary`] | master: SYNC/PSYNC, replica states, acknowledgements, pings |
//! | [`fullsync`] | master: which child serves which replica, file and stream transfer |
//! | [`failover`] | FAILOVER: a master becomes the replica of its replica |
//! | [`spill`] | master: the stream of replicas that catch up, in a file |
//! | [`replica`] | replica: carries out the actions of `state::replica_link` |
//! | [`receive`] | replica: the snapshot that arrives |
//! | [`wait`] | WAIT, WAITAOF |

use crate::core::server::Server;
use crate::state::host::Host;
use crate::state::loading::Loaded;

pub mod failover;
pub mod fullsync;
pub mod primary;
pub mod receive;
pub mod replica;
pub mod spill;
pub mod wait;

/// Each cron: timers of the replica side that are finer than a second.
pub fn tick(srv: &mut Server, host: &mut dyn Host) {
    failover::look(srv, host);
    replica::tick(srv, host);
}

/// Each second: pings, timeouts, backlog expiry, good replicas.
pub fn each_second(srv: &mut Server, host: &mut dyn Host) {
    primary::each_second(srv, host);
}

/// Before sleep: acknowledgement requests, replicas that wait for a child.
pub fn before_sleep(srv: &mut Server, host: &mut dyn Host) {
    failover::look(srv, host);
    if std::mem::take(&mut srv.repl.ack_due) {
        replica::send_ack(srv);
    }
    primary::before_sleep(srv, host);
    fullsync::start_waiting(srv, host);
    spill::relieve(srv, host);
}

/// After the sockets were written to: the diskless stream may flow again.
pub fn after_writes(srv: &mut Server, host: &mut dyn Host) {
    fullsync::regulate(srv, host);
}

/// When something is due that no event announces (monotonic ms).
pub fn next_timer_ms(srv: &Server) -> Option<i64> {
    let link = replica::next_timer_ms(srv);
    [link, fullsync::next_timer_ms(srv), failover::next_timer_ms(srv)].into_iter().flatten().min()
}

/// Before the snapshot of a start is loaded. A master keeps the deletions of keys whose time is over: its
/// replicas may have them still.
pub fn before_boot_load(srv: &mut Server) {
    if srv.config.replicaof.is_some() {
        replica::configured(srv);
    } else if !srv.config.appendonly {
        srv.repl.backlog.activate();
    }
}

/// After a start: continues the history that the snapshot or the append-only file names, if there was one that does.
pub fn after_boot_load(srv: &mut Server, loaded: Option<&Loaded>) {
    let named = loaded.and_then(|l| Some((l.repl_id?, l.repl_offset?, l.repl_stream_db?)));
    // Old servers wrote a database of -1 by mistake; offsets below 0 were never written.
    let Some((id, offset, db)) = named.filter(|(_, offset, db)| *offset >= 0 && *db >= 0) else {
        // Nobody can continue from here: no memory is spent on it.
        drop(srv.repl.backlog.release());
        return;
    };
    if srv.repl.is_replica() {
        srv.repl.ids.restore_replica(id);
        drop(srv.repl.backlog.restart_at(offset));
        let db = usize::try_from(db).ok();
        let actions = replica::ask(srv, |link, _, out| link.restore(id, offset, db, out));
        replica::log_only(actions);
    } else {
        srv.repl.ids.restore_master(id, offset);
        srv.repl.backlog.activate();
        srv.repl.backlog.rebase(offset);
        srv.repl.no_replicas_since_ms = Some(srv.clock.mono_ms());
    }
}
