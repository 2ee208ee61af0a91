//! The last full synchronization, explained: why it was needed, how long each part took, what it cost.
//!
//! A master keeps a [`Trace`] for each replica under synchronization and makes a [`SyncReport`] of it when the replica
//! has acknowledged the stream; a replica makes its own of what its link saw ([`LinkReport`]). Both are shown in INFO
//! and written as one line of the log. The reason names the option that would have prevented it, where there is one.
//!
//! Redis has none of this: which of a replica's syncs were full and why is to be found between the lines of two logs.

use crate::base::clock::Millis;

use super::backlog::next_byte;
use super::repl_ids::Refusal;

/// Why a full sync had to be, in words for people. `first` is the number of the oldest byte the backlog has.
pub fn reason(why: &Refusal, first: i64, backlog_size: usize) -> String {
    match why {
        Refusal::FullRequested => "first contact: the replica holds nothing of this history".into(),
        Refusal::IdMismatch { .. } => "the replica holds another history".into(),
        Refusal::SecondIdPassed { asked, valid_to } => format!(
            "the replica holds {} bytes of the former history that were not in this server at its promotion",
            asked - valid_to
        ),
        Refusal::LackOfBacklog { asked, ahead: true } => {
            format!("the replica is ahead of this server: it asked for byte {asked}")
        }
        Refusal::LackOfBacklog { asked, ahead: false } => {
            let missing = first - asked;
            format!(
                "the backlog had lost {missing} bytes the replica needed; a repl-backlog-size of {} would have kept them",
                backlog_size as i64 + missing
            )
        }
    }
}

/// What is noted of a full sync under way, on the master. Times are monotonic ms.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    pub why: String,
    /// It asked; its child was started; the snapshot was written; the snapshot was sent.
    pub asked_ms: Millis,
    pub bound_ms: Millis,
    pub saved_ms: Millis,
    pub sent_ms: Millis,
    /// Bytes written to it before the snapshot began.
    pub written_before: u64,
    /// Bytes of the snapshot, as sent.
    pub bytes: u64,
    /// Most bytes of stream that waited for it, and how many had ever been spilled when it began.
    pub peak_bytes: u64,
    pub spilled_before: u64,
    /// Copied pages of the child.
    pub cow_bytes: u64,
}

/// A full sync that a replica of ours has come through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncReport {
    pub replica: String,
    pub why: String,
    /// Milliseconds: until a child was started, of saving, of sending after that, until the first acknowledgement.
    pub wait_ms: Millis,
    pub save_ms: Millis,
    pub send_ms: Millis,
    pub load_ms: Millis,
    /// Bytes: of the snapshot; of the stream that waited at most; of it that went to disk; copied by the child.
    pub bytes: u64,
    pub peak_bytes: u64,
    pub spilled_bytes: u64,
    pub cow_bytes: u64,
}

impl SyncReport {
    /// The report of a sync that ends `now`. `spilled` is how many bytes were ever spilled.
    pub fn of(trace: &Trace, replica: String, now: Millis, spilled: u64) -> SyncReport {
        SyncReport {
            replica,
            why: trace.why.clone(),
            wait_ms: trace.bound_ms - trace.asked_ms,
            save_ms: trace.saved_ms - trace.bound_ms,
            send_ms: trace.sent_ms - trace.saved_ms,
            load_ms: now - trace.sent_ms,
            bytes: trace.bytes,
            peak_bytes: trace.peak_bytes,
            spilled_bytes: spilled - trace.spilled_before,
            cow_bytes: trace.cow_bytes,
        }
    }

    pub fn total_ms(&self) -> Millis {
        self.wait_ms + self.save_ms + self.send_ms + self.load_ms
    }

    /// For the log, one line.
    pub fn line(&self) -> String {
        format!(
            "Full sync of replica {} took {} ms (waiting {}, saving {}, sending {}, loading {}): {} bytes sent, at \
             most {} bytes of stream waiting, {} of them spilled to disk, {} bytes copied on write. Reason: {}.",
            self.replica,
            self.total_ms(),
            self.wait_ms,
            self.save_ms,
            self.send_ms,
            self.load_ms,
            self.bytes,
            self.peak_bytes,
            self.spilled_bytes,
            self.cow_bytes,
            self.why
        )
    }
}

/// A full sync that we have come through as a replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkReport {
    pub why: String,
    /// Milliseconds: until the master took the request, until the snapshot began to come, of receiving it, and of
    /// what loading took beyond that.
    pub handshake_ms: Millis,
    pub wait_ms: Millis,
    pub receive_ms: Millis,
    pub load_ms: Millis,
    /// Bytes of the snapshot.
    pub bytes: u64,
}

impl LinkReport {
    pub fn total_ms(&self) -> Millis {
        self.handshake_ms + self.wait_ms + self.receive_ms + self.load_ms
    }

    /// Why, by what we asked for: the offset, when we held something of the history.
    pub fn reason(asked: Option<i64>) -> String {
        match asked {
            None => "first contact: nothing of the master's history was here".into(),
            Some(held) => {
                format!("the master could not continue from byte {}, its log says why", next_byte(held))
            }
        }
    }

    /// For the log, one line.
    pub fn line(&self) -> String {
        format!(
            "Full sync with the master took {} ms (handshake {}, waiting {}, receiving {}, loading {} more): {} bytes. \
             Reason: {}.",
            self.total_ms(),
            self.handshake_ms,
            self.wait_ms,
            self.receive_ms,
            self.load_ms,
            self.bytes,
            self.why
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_the_option_that_would_have_helped() {
        let gone = Refusal::LackOfBacklog { asked: 1000, ahead: false };
        let text = reason(&gone, 5000, 16384);
        assert_eq!(
            text,
            "the backlog had lost 4000 bytes the replica needed; a repl-backlog-size of 20384 would have kept them"
        );
        let passed = Refusal::SecondIdPassed { asked: 120, valid_to: 101 };
        assert!(reason(&passed, 0, 0).contains(" 19 bytes of the former history"));
        assert!(LinkReport::reason(Some(9)).contains("byte 10,"));
    }

    #[test]
    fn the_parts_of_a_sync_add_up() {
        let trace = Trace {
            why: "x".into(),
            asked_ms: 100,
            bound_ms: 105,
            saved_ms: 205,
            sent_ms: 255,
            spilled_before: 7,
            ..Trace::default()
        };
        let report = SyncReport::of(&trace, "r".into(), 300, 10);
        assert_eq!((report.total_ms(), report.spilled_bytes), (200, 3));
        assert!(report.line().contains("took 200 ms (waiting 5, saving 100, sending 50, loading 45)"));
    }
}
