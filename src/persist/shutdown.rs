//! SHUTDOWN, SIGTERM and SIGINT: the way out.
//!
//! A master with replicas first lets them catch up: writes are paused, acknowledgements asked for, and
//! for at most `shutdown-timeout` seconds nothing else happens. Then the final snapshot is written
//! (when save points are set, or SAVE was said). A save that fails keeps the server alive unless FORCE
//! was said: data is worth more than obedience.
//!
//! Source: Redis 7.2.4 `prepareForShutdown`, `isReadyToShutdown`, `finishShutdown`, `abortShutdown`.

use crate::core::effects::tell_supervisor;
use crate::core::server::Server;
use crate::core::wake;
use crate::resp::errors;
use crate::state::aof::Phase;
use crate::state::blocked::WaitFor;
use crate::state::host::{ChildKind, Host};
use crate::state::persistence::ShutdownFlags;
use crate::state::replication::SyncState;
use crate::{log_notice, log_warning};

use super::{aof_log, aof_rewrite};

/// What came of a request to shut down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// `persist.exit` is set; the loop leaves.
    Leaving,
    /// Replicas are being waited for.
    Waiting,
    /// It cannot be: the log says why.
    Failed,
}

/// Begins to shut down.
pub fn begin(srv: &mut Server, host: &mut dyn Host, mut flags: ShutdownFlags) -> Progress {
    if srv.persist.shutdown.is_some() {
        return Progress::Waiting;
    }
    if srv.persist.loading.is_some() {
        // Half a data set must not replace the whole one on disk.
        flags.save = false;
        flags.nosave = true;
    }
    log_notice!("User requested shutdown...");
    tell_supervisor(srv, host, "STOPPING=1\n");
    let timeout_s = i64::from(srv.config.shutdown_timeout);
    if !flags.now && timeout_s != 0 && !replicas_in_sync(srv) {
        srv.persist.shutdown = Some((flags, srv.clock.mono_ms() + timeout_s * 1000));
        srv.blocked.want_acks = true;
        srv.blocked.shutdown_pause = true;
        log_notice!("Waiting for replicas before shutting down.");
        return Progress::Waiting;
    }
    finish(srv, host, flags)
}

fn replicas_in_sync(srv: &Server) -> bool {
    let offset = srv.repl.backlog.offset();
    srv.repl
        .replicas
        .iter()
        .filter_map(|id| srv.clients.get(*id)?.replica.as_ref())
        .all(|r| r.ack_offset == offset)
}

/// Looks whether a shutdown that waits can go on: each cron, and after acknowledgements.
pub fn cron(srv: &mut Server, host: &mut dyn Host) {
    let Some((flags, deadline)) = srv.persist.shutdown else { return };
    if replicas_in_sync(srv) || srv.clock.mono_ms() >= deadline {
        finish(srv, host, flags);
    }
}

/// SHUTDOWN ABORT.
///
/// # Errors
/// When no shutdown is under way.
pub fn abort(srv: &mut Server) -> Result<(), errors::CmdError> {
    if srv.persist.shutdown_signal.take().is_none() && srv.persist.shutdown.is_none() {
        return Err(errors::NO_SHUTDOWN);
    }
    cancel(srv);
    log_notice!("Shutdown manually aborted.");
    Ok(())
}

/// Lifts the pause and answers those whose SHUTDOWN waited.
fn cancel(srv: &mut Server) {
    srv.persist.shutdown = None;
    srv.blocked.shutdown_pause = false;
    for me in srv.blocked.clients() {
        let parked = srv.clients.get(me).and_then(|c| c.parked.as_ref());
        if parked.is_some_and(|p| matches!(p.on, WaitFor::Shutdown)) {
            wake::fail(srv, me, &errors::SHUTDOWN_ERRORS);
        }
    }
    wake::end_of_pause(srv);
}

fn finish(srv: &mut Server, host: &mut dyn Host, flags: ShutdownFlags) -> Progress {
    report_lag(srv);
    if srv.persist.child_is(ChildKind::RdbFile) || srv.persist.child_is(ChildKind::RdbStream) {
        log_warning!("There is a child saving an .rdb. Killing it!");
        let pid = srv.persist.child.as_ref().map_or(0, |c| c.pid);
        super::child::kill(srv, host);
        let temp = srv.config.dir.join(format!("temp-{pid}.rdb"));
        let _ = host.disk().remove(&temp);
    }
    if !end_log(srv, host, flags.force) {
        log_warning!("Errors trying to shut down the server. Check the logs for more information.");
        cancel(srv);
        return Progress::Failed;
    }
    if ((!srv.config.save.is_empty() && !flags.nosave) || flags.save) && !save(srv, host, flags.force) {
        log_warning!("Errors trying to shut down the server. Check the logs for more information.");
        cancel(srv);
        return Progress::Failed;
    }
    if srv.config.daemonize || !srv.config.pidfile.as_os_str().is_empty() {
        log_notice!("Removing the pid file.");
        // Somebody else may have removed it.
        let _ = host.disk().remove(&srv.config.pidfile);
    }
    if !srv.config.unixsocket.as_os_str().is_empty() {
        // The loop does it, on its way out.
        log_notice!("Removing the unix socket file.");
    }
    log_warning!("Redis is now ready to exit, bye bye...");
    // Unless the last write to the append-only file has failed where that ends the process.
    srv.persist.exit.get_or_insert(0);
    Progress::Leaving
}

/// Ends a rewrite that runs, and writes what the append-only file still has to get. Returns whether leaving is allowed.
fn end_log(srv: &mut Server, host: &mut dyn Host, force: bool) -> bool {
    if srv.persist.child_is(ChildKind::AofRewrite) {
        if srv.persist.aof.phase == Phase::Starting {
            // Without the first base there is no file at all.
            if !force {
                log_warning!("Writing initial AOF, can't exit.");
                tell_supervisor(srv, host, "STATUS=Writing initial AOF, can't exit.\n");
                return false;
            }
            log_warning!("Writing initial AOF. Exit anyway.");
        }
        log_warning!("There is a child rewriting the AOF. Killing it!");
        aof_rewrite::kill(srv, host);
    }
    if srv.persist.aof.is_on() {
        log_notice!("Calling fsync() on the AOF file.");
        // A failure is logged, and cannot be helped.
        let _ = aof_log::flush_and_sync(srv, host);
    }
    true
}

/// The last snapshot. Returns whether leaving is allowed.
fn save(srv: &mut Server, host: &mut dyn Host, force: bool) -> bool {
    log_notice!("Saving the final RDB snapshot before exiting.");
    tell_supervisor(srv, host, "STATUS=Saving the final RDB snapshot\n");
    srv.persist.saves += 1;
    if super::bgsave::save_now(srv, host).is_ok() {
        return true;
    }
    if force {
        log_warning!("Error trying to save the DB. Exit anyway.");
    } else {
        log_warning!("Error trying to save the DB, can't exit.");
        tell_supervisor(srv, host, "STATUS=Error trying to save the DB, can't exit.\n");
    }
    force
}

/// Logs who has not got everything.
fn report_lag(srv: &Server) {
    let offset = srv.repl.backlog.offset();
    let now = srv.clock.mono_ms();
    let mut in_sync = 0;
    for id in &srv.repl.replicas {
        let Some(client) = srv.clients.get(*id) else { continue };
        let Some(replica) = &client.replica else { continue };
        if replica.ack_offset == offset {
            in_sync += 1;
            continue;
        }
        let online = matches!(replica.sync, SyncState::Online);
        let lag = if online { (now - replica.ack_ms) / 1000 } else { 0 };
        log_notice!(
            "Lagging replica {} reported offset {} behind master, lag={lag}, state={}.",
            crate::state::replication::replica_name(client),
            offset - replica.ack_offset,
            replica.sync.name()
        );
    }
    if !srv.repl.replicas.is_empty() {
        let all = srv.repl.replicas.len();
        log_notice!("{in_sync} of {all} replicas are in sync when shutting down.");
    }
}
