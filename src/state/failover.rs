//! FAILOVER as a machine: a master hands its place to a replica that has everything.
//!
//! ```text
//!   FAILOVER ──► Waiting ──── a replica acknowledged all ──► InProgress ── +CONTINUE, +FULLRESYNC ──► done
//!                  │  └── time is up, with FORCE ──────────────▲  │
//!                  └──── time is up, or ABORT ──► aborted      └──┴── refused, or ABORT ──► aborted, master again
//! ```
//!
//! While it lasts writes are held back, so "everything" stands still. In progress this server is a replica of the
//! target already and asks it by `PSYNC … FAILOVER` to become the master; there is never a moment with two.
//!
//! The machine knows no clock and no server: [`Failover::step`] is given the time and what the replicas
//! acknowledged. What it decides is carried out by `repl::failover`.
//!
//! Source: Redis 7.2.4 `failoverCommand`, `updateFailoverStatus`.

use crate::base::clock::Millis;

/// Where a failover stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// For a replica that has acknowledged everything.
    Waiting,
    /// We follow the target and wait for its answer.
    InProgress,
}

/// A failover under way. See the head of this file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failover {
    pub phase: Phase,
    /// Address as the replica announces it. `None`: the first that has everything.
    pub target: Option<(String, u16)>,
    /// At the deadline the target takes over with what it has.
    pub force: bool,
    /// Monotonic ms; `None` waits for ever.
    pub deadline_ms: Option<Millis>,
}

/// What is known of a replica that is online.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    pub ip: &'a str,
    pub port: u16,
    /// Acknowledged offset.
    pub acked: i64,
}

impl Candidate<'_> {
    fn is(&self, (host, port): &(String, u16)) -> bool {
        self.port == *port && self.ip.eq_ignore_ascii_case(host)
    }
}

/// What is to be done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Follow the target; the text goes to the log.
    Start { host: String, port: u16, log: String },
    /// Give up, for this reason.
    Abort(&'static str),
}

impl Failover {
    /// A failover that begins. The target, when there is one, is a replica that is online.
    pub fn new(target: Option<(String, u16)>, force: bool, deadline_ms: Option<Millis>) -> Failover {
        Failover { phase: Phase::Waiting, target, force, deadline_ms }
    }

    /// The word of INFO (`master_failover_state`).
    pub fn name(this: Option<&Failover>) -> &'static str {
        match this.map(|f| f.phase) {
            None => "no-failover",
            Some(Phase::Waiting) => "waiting-for-sync",
            Some(Phase::InProgress) => "failover-in-progress",
        }
    }

    pub fn in_progress(&self) -> bool {
        self.phase == Phase::InProgress
    }

    /// Looks whether it can go on. `offset` is where our stream stands.
    pub fn step<'a>(
        &mut self,
        now: Millis,
        offset: i64,
        mut replicas: impl Iterator<Item = Candidate<'a>>,
    ) -> Option<Step> {
        if self.phase != Phase::Waiting {
            return None;
        }
        if self.deadline_ms.is_some_and(|at| at <= now) {
            let Some((host, port)) = self.target.clone().filter(|_| self.force) else {
                return Some(Step::Abort("Replica never caught up before timeout"));
            };
            let log = format!("FAILOVER to {host}:{port} time out exceeded, failing over.");
            return Some(self.start(host, port, log));
        }
        let found = replicas.find(|r| r.acked == offset && self.target.as_ref().is_none_or(|t| r.is(t)))?;
        // The name the user gave may be of another case.
        let (host, port) = self.target.clone().unwrap_or_else(|| (found.ip.to_owned(), found.port));
        let log = format!("Failover target {host}:{port} is synced, failing over.");
        Some(self.start(host, port, log))
    }

    fn start(&mut self, host: String, port: u16, log: String) -> Step {
        self.phase = Phase::InProgress;
        self.target = Some((host.clone(), port));
        Step::Start { host, port, log }
    }

    /// When [`Failover::step`] has something to do by time alone (monotonic ms).
    pub fn next_tick(&self) -> Option<Millis> {
        self.deadline_ms.filter(|_| self.phase == Phase::Waiting)
    }

    /// The log line of a failover that ends without success.
    pub fn aborted(&self, why: &str) -> String {
        match &self.target {
            Some((host, port)) => format!("FAILOVER to {host}:{port} aborted: {why}"),
            None => format!("FAILOVER to any replica aborted: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replicas() -> Vec<Candidate<'static>> {
        [("a", 1, 90), ("b", 2, 100), ("c", 3, 100)]
            .map(|(ip, port, acked)| Candidate { ip, port, acked })
            .into()
    }

    fn started(step: Option<Step>) -> (String, u16) {
        match step {
            Some(Step::Start { host, port, .. }) => (host, port),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_first_replica_that_has_everything_takes_over() {
        let mut f = Failover::new(None, false, None);
        assert_eq!(f.step(0, 101, replicas().into_iter()), None);
        assert_eq!(started(f.step(0, 100, replicas().into_iter())), ("b".into(), 2));
        assert!(f.in_progress());
        assert_eq!(f.step(0, 100, replicas().into_iter()), None, "once");
    }

    #[test]
    fn a_named_target_is_waited_for_and_time_ends_the_wait() {
        for (force, end) in [(false, None), (true, Some(("A".to_owned(), 1)))] {
            let mut f = Failover::new(Some(("A".into(), 1)), force, Some(500));
            assert_eq!(f.step(499, 100, replicas().into_iter()), None, "others may not");
            assert_eq!(f.next_tick(), Some(500));
            let step = f.step(500, 100, replicas().into_iter());
            match end {
                None => assert_eq!(step, Some(Step::Abort("Replica never caught up before timeout"))),
                Some(target) => assert_eq!(started(step), target),
            }
        }
        let mut f = Failover::new(Some(("A".into(), 1)), false, None);
        assert_eq!(started(f.step(0, 90, replicas().into_iter())), ("A".into(), 1));
    }

    #[test]
    fn it_says_where_it_stands() {
        assert_eq!(Failover::name(None), "no-failover");
        let mut f = Failover::new(None, false, None);
        assert_eq!(Failover::name(Some(&f)), "waiting-for-sync");
        assert_eq!(f.aborted("x"), "FAILOVER to any replica aborted: x");
        f.step(0, 100, replicas().into_iter());
        assert_eq!(Failover::name(Some(&f)), "failover-in-progress");
        assert_eq!(f.aborted("x"), "FAILOVER to b:2 aborted: x");
    }
}
