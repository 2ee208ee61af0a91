//! FAILOVER carried out: writes are held back, the stream is let run out, mastership changes hands.
//!
//! The decisions are those of the machine in `state::failover`; here they meet the server. A replica that has not
//! acknowledged all when the command comes is asked once (`REPLCONF GETACK`), before the pause; from then on nothing
//! enters the stream but pings, and it is looked again with every acknowledgement, not by a timer.
//!
//! The question `PSYNC … FAILOVER` may get lost with the connection: then nobody knows whether the target is a
//! master by now. Redis takes mastership back at that moment, so that there may be two; here the question is
//! repeated until it is answered (`state::replica_link`), or FAILOVER ABORT decides.
//!
//! Source: Redis 7.2.4 `failoverCommand`, `updateFailoverStatus`, `abortFailover`, `clearFailoverState`.

use crate::core::server::Server;
use crate::core::wake;
use crate::log_notice;
use crate::resp::errors::{self, CmdError};
use crate::state::client::{Client, ClientId};
use crate::state::failover::{Candidate, Failover, Step};
use crate::state::host::Host;
use crate::state::replication::{SyncState, replica_ip};

use super::{primary, replica};

/// What FAILOVER was told.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Wish {
    pub target: Option<(String, u16)>,
    pub force: bool,
    /// Milliseconds; `None`: for ever.
    pub timeout_ms: Option<i64>,
}

fn candidate<'a>(srv: &'a Server, id: &ClientId) -> Option<(&'a Client, Candidate<'a>)> {
    let client = srv.clients.get(*id)?;
    let replica = client.replica.as_deref()?;
    Some((client, Candidate { ip: replica_ip(client), port: replica.port, acked: replica.ack_offset }))
}

fn is_online(client: &Client) -> bool {
    client.replica.as_deref().is_some_and(|r| matches!(r.sync, SyncState::Online))
}

/// Begins a failover.
///
/// # Errors
/// Why it cannot be, in Redis' words.
pub fn begin(srv: &mut Server, wish: Wish) -> Result<(), CmdError> {
    if srv.repl.failover.is_some() {
        return Err(errors::FAILOVER_RUNNING);
    }
    if srv.repl.is_replica() {
        return Err(errors::FAILOVER_ON_REPLICA);
    }
    if srv.repl.replicas.is_empty() {
        return Err(errors::FAILOVER_NO_REPLICAS);
    }
    if wish.force && (wish.timeout_ms.is_none() || wish.target.is_none()) {
        return Err(errors::FAILOVER_FORCE);
    }
    match &wish.target {
        Some((host, port)) => {
            let named =
                |(_, c): &(&Client, Candidate<'_>)| c.port == *port && c.ip.eq_ignore_ascii_case(host);
            let found = srv.repl.replicas.iter().filter_map(|id| candidate(srv, id)).find(named);
            let (client, _) = found.ok_or(errors::FAILOVER_TARGET_UNKNOWN)?;
            if !is_online(client) {
                return Err(errors::FAILOVER_TARGET_OFFLINE);
            }
            log_notice!("FAILOVER requested to {host}:{port}.");
        }
        None => log_notice!("FAILOVER requested to any replica."),
    }
    let deadline = wish.timeout_ms.map(|ms| srv.clock.mono_ms().saturating_add(ms));
    let failover = Failover::new(wish.target, wish.force, deadline);
    // Who has all already need not be asked, and the question would have to be acknowledged too.
    if next_step(srv, &mut failover.clone()).is_none() {
        primary::ask_for_acks(srv);
    }
    srv.repl.failover = Some(Box::new(failover));
    srv.blocked.failover_pause = true;
    Ok(())
}

fn next_step(srv: &Server, failover: &mut Failover) -> Option<Step> {
    let online = srv.repl.replicas.iter().filter_map(|id| candidate(srv, id));
    let online = online.filter(|(client, _)| is_online(client)).map(|(_, candidate)| candidate);
    failover.step(srv.clock.mono_ms(), srv.repl.backlog.offset(), online)
}

/// Looks whether the failover under way can go on.
pub fn look(srv: &mut Server, host: &mut dyn Host) {
    let Some(mut failover) = srv.repl.failover.take() else { return };
    let step = next_step(srv, &mut failover);
    srv.repl.failover = Some(failover);
    match step {
        None => {}
        Some(Step::Abort(why)) => abort(srv, host, why),
        Some(Step::Start { host: name, port, log }) => {
            log_notice!("{log}");
            replica::follow(srv, host, &name, port);
        }
    }
}

/// When [`look`] has something to do by time alone (monotonic ms).
pub fn next_timer_ms(srv: &Server) -> Option<i64> {
    srv.repl.failover.as_ref()?.next_tick()
}

/// FAILOVER ABORT.
///
/// # Errors
/// When there is none.
pub fn abort_by_user(srv: &mut Server, host: &mut dyn Host) -> Result<(), CmdError> {
    if srv.repl.failover.is_none() {
        return Err(errors::FAILOVER_NONE);
    }
    abort(srv, host, "Failover manually aborted");
    Ok(())
}

/// Gives up: whoever began to follow the target is a master again.
fn abort(srv: &mut Server, host: &mut dyn Host, why: &str) {
    let Some(failover) = srv.repl.failover.take() else { return };
    log_notice!("{}", failover.aborted(why));
    if failover.in_progress() {
        replica::promote(srv, host);
    }
    lift_pause(srv);
}

fn lift_pause(srv: &mut Server) {
    srv.blocked.failover_pause = false;
    wake::end_of_pause(srv);
}

/// The target has answered. False when we do not follow it any more.
pub(super) fn answered(srv: &mut Server, host: &mut dyn Host, taken: bool) -> bool {
    if taken {
        srv.repl.failover = None;
        lift_pause(srv);
    } else {
        abort(srv, host, "Failover target rejected psync request");
    }
    taken
}
