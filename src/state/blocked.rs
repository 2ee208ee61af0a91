//! Clients that wait: for acknowledgements (WAIT), for a key, or for the end of CLIENT PAUSE.
//!
//! A parked client keeps its command (owned arguments) and, if its wait is limited, a deadline. It holds a
//! *ticket*, a number that only grows; every list here is ordered by it, so those who came first are served
//! first, and leaving costs the logarithm of the list. Whoever can end a wait finds it in its own place:
//! acknowledgements in [`Blocked::acks`], moments in time by [`Blocked::due`], keys in the lines of
//! `keyspace::awaited`, which hold tickets and know no client. Ends are carried out by `core::wake`.
//!
//! Source: Redis 7.2.4 `blocked.c`, `timeout.c`.

use std::collections::BTreeMap;

use crate::base::clock::Millis;
use crate::base::ldouble::LongDouble;
use crate::base::num::parse_i64;
use crate::keyspace::awaited::{KeyId, Ticket};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::OwnedArgs;

use super::client::ClientId;

/// The type of value that ends a wait for a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Awaits {
    List,
    Zset,
    Stream,
}

impl Awaits {
    /// As TYPE says it.
    pub const fn type_name(self) -> &'static str {
        match self {
            Awaits::List => "list",
            Awaits::Zset => "zset",
            Awaits::Stream => "stream",
        }
    }
}

/// A wait for keys: the command is tried again when one of them is there with the right type.
#[derive(Debug)]
pub struct KeyWait {
    pub db: usize,
    /// One named twice counts once.
    pub keys: Vec<Box<[u8]>>,
    pub of: Awaits,
    /// Also try again when a key is deleted or its type changes (XREADGROUP, whose group is gone then).
    pub on_nokey: bool,
}

/// What a parked client waits for.
#[derive(Debug)]
pub enum WaitFor {
    /// WAIT: `replicas` replicas that acknowledged `offset`.
    Replicas { replicas: usize, offset: i64 },
    /// WAITAOF: local fsync (0 or 1) and replicas that fsynced `offset`.
    Aof { local: bool, replicas: usize, offset: i64 },
    /// Any of these keys, to be tried again with the parked command.
    Keys(KeyWait),
    /// SHUTDOWN that waits for its replicas.
    Shutdown,
}

impl WaitFor {
    /// Whether replicas' acknowledgements end the wait.
    pub fn wants_acks(&self) -> bool {
        matches!(self, WaitFor::Replicas { .. } | WaitFor::Aof { .. })
    }
}

/// A parked client's side of the wait.
#[derive(Debug)]
pub struct Parked {
    pub on: WaitFor,
    /// Unix ms after which the wait ends; `None` waits for ever.
    pub deadline_ms: Option<Millis>,
    /// The command, to be run again (keys) or to name the reply.
    pub command: u16,
    pub args: OwnedArgs,
    /// Microseconds its runs took so far, for its statistics.
    pub spent_us: u64,
    /// Its place in every list.
    pub ticket: Ticket,
    /// The lines it stands in.
    pub lines: Vec<KeyId>,
}

impl Parked {
    /// Bytes it holds.
    pub fn memory(&self) -> usize {
        size_of::<Parked>() + self.args.mem_bytes() + self.lines.capacity() * size_of::<KeyId>()
    }
}

/// What a command that runs again brings along from its earlier runs.
#[derive(Clone, Copy, Debug)]
pub struct Earlier {
    pub spent_us: u64,
    /// The first run's deadline holds: a command that must wait on does not begin to wait anew.
    pub deadline_ms: Option<Millis>,
}

/// CLIENT PAUSE.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PauseKind {
    Write,
    All,
}

/// Everyone who waits.
#[derive(Default)]
pub struct Blocked {
    /// All parked clients.
    waiting: BTreeMap<Ticket, ClientId>,
    /// Those whose wait is limited, soonest end first.
    deadlines: BTreeMap<(Millis, Ticket), ClientId>,
    /// Those who wait for replicas.
    acks: BTreeMap<Ticket, ClientId>,
    last_ticket: Ticket,
    /// Ready keys are being served: what becomes ready meanwhile is served by the same loop.
    pub serving: bool,
    /// The command that runs is one that waited.
    pub earlier: Option<Earlier>,
    /// A ready key was left for the end of a pause.
    pub held_back: bool,
    /// CLIENT PAUSE by the user: kind and end (Unix ms).
    pub pause: Option<(PauseKind, Millis)>,
    /// Writes held back by a SHUTDOWN that waits for replicas, and by FAILOVER, until lifted.
    pub shutdown_pause: bool,
    pub failover_pause: bool,
    /// Clients whose command was put off by a pause, in order.
    pub postponed: Vec<ClientId>,
    /// Set when replica acknowledgements may satisfy a waiter: looked at before sleep.
    pub acks_changed: bool,
    /// A REPLCONF GETACK is to be sent to all replicas before sleep.
    pub want_acks: bool,
}

impl Blocked {
    /// What is held back at `now`, if anything.
    pub fn paused(&self, now: Millis) -> Option<PauseKind> {
        let user = self.pause.filter(|(_, end)| *end > now).map(|(kind, _)| kind);
        let held = self.shutdown_pause || self.failover_pause;
        user.max(held.then_some(PauseKind::Write))
    }

    /// A ticket for the next client to be parked.
    pub fn next_ticket(&mut self) -> Ticket {
        self.last_ticket += 1;
        self.last_ticket
    }

    /// Takes a parked client into the lists; the lines of its keys are `keyspace::awaited`'s.
    pub fn add(&mut self, me: ClientId, parked: &Parked) {
        self.waiting.insert(parked.ticket, me);
        if let Some(deadline) = parked.deadline_ms {
            self.deadlines.insert((deadline, parked.ticket), me);
        }
        if parked.on.wants_acks() {
            self.acks.insert(parked.ticket, me);
            self.want_acks = true;
        }
    }

    /// Takes it out again.
    pub fn remove(&mut self, parked: &Parked) {
        self.waiting.remove(&parked.ticket);
        self.acks.remove(&parked.ticket);
        if let Some(deadline) = parked.deadline_ms {
            self.deadlines.remove(&(deadline, parked.ticket));
        }
    }

    /// How many are parked.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Nobody is parked.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many of them wait until a deadline at most.
    pub fn timed(&self) -> usize {
        self.deadlines.len()
    }

    /// Whose ticket that is.
    pub fn holder(&self, ticket: Ticket) -> Option<ClientId> {
        self.waiting.get(&ticket).copied()
    }

    /// All parked clients, those who came first first.
    pub fn clients(&self) -> Vec<ClientId> {
        self.waiting.values().copied().collect()
    }

    /// Those of them who wait for acknowledgements.
    pub fn acks(&self) -> Vec<ClientId> {
        self.acks.values().copied().collect()
    }

    /// Somebody waits for acknowledgements.
    pub fn wants_acks(&self) -> bool {
        !self.acks.is_empty()
    }

    /// Somebody whose deadline has come.
    pub fn due(&self, now: Millis) -> Option<ClientId> {
        let ((deadline, _), me) = self.deadlines.first_key_value()?;
        (*deadline <= now).then_some(*me)
    }

    /// The nearest deadline, the end of a pause included (Unix ms).
    pub fn nearest_deadline(&self) -> Option<Millis> {
        let wait = self.deadlines.first_key_value().map(|((deadline, _), _)| *deadline);
        wait.into_iter().chain(self.pause.map(|(_, end)| end)).min()
    }
}

/// The deadline of a time-out in seconds, fractions allowed: BLPOP and its like. 0 waits for ever.
///
/// # Errors
/// Not a number, negative, or beyond what Unix milliseconds hold.
pub fn deadline_s(text: &[u8], now: Millis) -> Result<Option<Millis>, CmdError> {
    let seconds = LongDouble::parse(text).ok_or(errors::TIMEOUT_NOT_FLOAT)?;
    deadline(seconds.thousandfold_ceil().ok_or(errors::TIMEOUT_OUT_OF_RANGE)?, now)
}

/// The deadline of a time-out in milliseconds: XREAD, WAIT. 0 waits for ever.
///
/// # Errors
/// Not an integer, negative, or beyond what Unix milliseconds hold.
pub fn deadline_ms(text: &[u8], now: Millis) -> Result<Option<Millis>, CmdError> {
    deadline(parse_i64(text).ok_or(errors::TIMEOUT_NOT_INT)?, now)
}

fn deadline(ms: i64, now: Millis) -> Result<Option<Millis>, CmdError> {
    match ms {
        0 => Ok(None),
        ..0 => Err(errors::TIMEOUT_NEGATIVE),
        _ => now.checked_add(ms).map(Some).ok_or(errors::TIMEOUT_OUT_OF_RANGE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_700_000_000_000;

    #[test]
    fn time_outs_in_seconds_are_rounded_up_to_milliseconds() {
        let after = |text: &str| deadline_s(text.as_bytes(), NOW).map(|end| end.map(|end| end - NOW));
        for (text, ms) in [
            ("1", 1000),
            ("0.1", 100),
            ("0.001", 1),
            ("0.0001", 1),
            ("1.0015", 1002),
            ("1e3", 1_000_000),
            ("0x10", 16_000),
            ("+.5", 500),
        ] {
            assert_eq!(after(text), Ok(Some(ms)), "{text}");
        }
        assert_eq!(after("0"), Ok(None));
        assert_eq!(after("-0"), Ok(None));
        for text in ["-0.0001", "-0.001"] {
            assert_eq!(after(text), Ok(None), "{text}: a long double rounds it up to zero, as Redis does");
        }
        for text in ["-1", "-0.01", "-inf", "-1e300"] {
            assert_eq!(after(text), Err(errors::TIMEOUT_NEGATIVE), "{text}");
        }
        for text in ["inf", "1e300", "0x7FFFFFFFFFFFFFFF", "9223372036854775", "9223372036854776"] {
            assert_eq!(after(text), Err(errors::TIMEOUT_OUT_OF_RANGE), "{text}");
        }
        for text in ["", "x", "nan", " 1", "1 ", "1s"] {
            assert_eq!(after(text), Err(errors::TIMEOUT_NOT_FLOAT), "{text}");
        }
    }

    #[test]
    fn time_outs_in_milliseconds_are_integers() {
        assert_eq!(deadline_ms(b"5", NOW), Ok(Some(NOW + 5)));
        assert_eq!(deadline_ms(b"0", NOW), Ok(None));
        assert_eq!(deadline_ms(b"-1", NOW), Err(errors::TIMEOUT_NEGATIVE));
        assert_eq!(deadline_ms(b"1.5", NOW), Err(errors::TIMEOUT_NOT_INT));
        assert_eq!(deadline_ms(b"9223372036854775807", NOW), Err(errors::TIMEOUT_OUT_OF_RANGE));
    }

    #[test]
    fn deadlines_come_in_their_order_whatever_the_order_of_arrival() {
        let mut blocked = Blocked::default();
        let mut parked = Vec::new();
        for (slot, deadline_ms) in [Some(30), None, Some(10), Some(20), Some(10)].into_iter().enumerate() {
            let ticket = blocked.next_ticket();
            let on = if slot == 1 { WaitFor::Replicas { replicas: 1, offset: 0 } } else { WaitFor::Shutdown };
            let args = OwnedArgs::from_slices(&[]);
            let wait = Parked { on, deadline_ms, command: 0, args, spent_us: 0, ticket, lines: Vec::new() };
            blocked.add(ClientId { slot: slot as u32, generation: 0 }, &wait);
            parked.push(wait);
        }
        assert_eq!((blocked.len(), blocked.timed(), blocked.acks().len()), (5, 4, 1));
        assert_eq!((blocked.nearest_deadline(), blocked.due(9)), (Some(10), None));
        let mut order = Vec::new();
        while let Some(me) = blocked.due(29) {
            order.push(me.slot);
            blocked.remove(&parked[me.slot as usize]);
        }
        assert_eq!(order, [2, 4, 3]);
        assert_eq!(blocked.clients().iter().map(|me| me.slot).collect::<Vec<_>>(), [0, 1]);
        blocked.remove(&parked[1]);
        blocked.remove(&parked[0]);
        assert!(blocked.is_empty() && !blocked.wants_acks() && blocked.nearest_deadline().is_none());
    }
}
