//! The one child: how it is started, what it tells, what its end means.
//!
//! At most one child lives at a time (a second snapshot would double the copied memory). Its reports
//! arrive through a pipe and show in INFO; the end of that pipe is how the parent learns, at once,
//! that it is gone. Who asked for the child decides what its end means: a BGSAVE, replicas that wait
//! for a file, or replicas that were fed through the data pipe.
//!
//! Source: Redis 7.2.4 `redisFork`, `checkChildrenDone`, `receiveChildInfo`.

use std::io;

use crate::core::effects;
use crate::core::server::Server;
use crate::ds::table;
use crate::log_warning;
use crate::state::host::{ChildEnd, ChildKind, ChildReport, ChildSide, Host};
use crate::state::persistence::Child;

/// Exit code of a child that was told to stop by SIGUSR1: no error.
pub const QUIET_EXIT: i32 = 255;

/// Forks. `body` gets the server as it was at this moment.
///
/// # Errors
/// When there is a child already, or the system refuses. The caller logs.
pub fn start(
    srv: &mut Server,
    host: &mut dyn Host,
    kind: ChildKind,
    mut body: impl FnMut(&Server, &mut dyn ChildSide) -> i32,
) -> io::Result<i32> {
    if srv.persist.child.is_some() {
        return Err(io::Error::from(io::ErrorKind::AlreadyExists));
    }
    let began = srv.clock.mono_us_now();
    srv.stats.total_forks += 1;
    let frozen: &Server = srv;
    let pid = host.fork(kind, &mut |side| {
        if let Some(shift) = effects::oom_shift_of_child(frozen) {
            side.shift_oom_score(shift);
        }
        side.pin(match kind {
            ChildKind::AofRewrite => &frozen.config.aof_rewrite_cpulist,
            ChildKind::RdbFile | ChildKind::RdbStream => &frozen.config.bgsave_cpulist,
        });
        body(frozen, side)
    })?;
    let us = (srv.clock.mono_us_now() - began).max(0) as u64;
    srv.stats.latest_fork_us = us;
    srv.latency.add_if_slow("fork", srv.clock.now_secs(), us / 1000);
    srv.persist.child = Some(Child {
        pid,
        kind,
        started_s: srv.clock.wall_ms() / 1000,
        report: ChildReport::default(),
        reported_ms: 0,
        cow_peak: 0,
        keys_total: srv.keys.dbs.iter().map(|db| db.len() as u64).sum(),
        dirty_at_fork: srv.persist.dirty,
        killed: false,
    });
    // While the child shares our pages, tables stay where they are and reads leave no marks.
    freeze(srv, true);
    Ok(pid)
}

fn freeze(srv: &mut Server, frozen: bool) {
    table::allow_resize(!frozen);
    srv.keys.freeze_lru = frozen;
}

/// A report came.
pub fn report(srv: &mut Server, report: ChildReport) {
    let now = srv.clock.mono_ms();
    if let Some(child) = &mut srv.persist.child {
        child.report = report;
        child.reported_ms = now;
        child.cow_peak = child.cow_peak.max(report.cow_bytes);
    }
}

/// The child ended: does what persistence has to do about it. The caller tells replication.
pub fn ended(srv: &mut Server, host: &mut dyn Host, end: ChildEnd) -> Option<(ChildKind, Outcome)> {
    let Some(child) = srv.persist.child.take_if(|c| c.pid == end.pid) else {
        log_warning!("Warning, detected child with unmatched pid: {}", end.pid);
        return None;
    };
    freeze(srv, false);
    let outcome = Outcome::of(&child, end);
    if child.kind != ChildKind::AofRewrite {
        srv.persist.last_cow_bytes = child.cow_peak;
    }
    match child.kind {
        ChildKind::RdbFile => super::bgsave::done_file(srv, host, &child, outcome),
        ChildKind::RdbStream => super::bgsave::done_stream(srv, outcome),
        ChildKind::AofRewrite => super::aof_rewrite::done(srv, host, &child, outcome),
    }
    Some((child.kind, outcome))
}

/// How a child's end counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    Success,
    /// It said itself that it failed.
    Failure,
    /// A signal ended it.
    Signal(i32),
    /// We ended it.
    Killed,
}

impl Outcome {
    fn of(child: &Child, end: ChildEnd) -> Outcome {
        match (end.code, end.signal) {
            (Some(QUIET_EXIT), _) | (_, Some(libc::SIGUSR1)) => Outcome::Killed,
            _ if child.killed => Outcome::Killed,
            (Some(0), _) => Outcome::Success,
            (_, Some(signal)) => Outcome::Signal(signal),
            _ => Outcome::Failure,
        }
    }
}

/// The child is gone, and what it was for is of no interest any more.
pub(super) fn forget(srv: &mut Server) {
    srv.persist.child = None;
    freeze(srv, false);
}

/// Tells the child to stop; its end arrives later.
pub fn kill(srv: &mut Server, host: &mut dyn Host) {
    if let Some(child) = &mut srv.persist.child {
        child.killed = true;
        host.kill_child(child.pid);
    }
}
