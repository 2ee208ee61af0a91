//! The names of a replication history, and who may continue it.
//!
//! # What
//! A history (a stream of bytes, see [`super::backlog`]) has a name: 40 hexadecimal characters, the
//! *replication id*. A server carries two: `replid`, the name of the history it writes or follows now, and
//! `replid2`, the name it had before a promotion, valid up to the byte number `second_offset`. A replica asks
//! by name and byte number; [`ReplIds::accepts`] says whether it may go on from there, and if not, why, in
//! Redis' words.
//!
//! # When names change
//! | event | replid | replid2 | second_offset |
//! |---|---|---|---|
//! | start | fresh | zeros | -1 |
//! | promotion ([`ReplIds::shift`]) | fresh | old replid | offset + 1 |
//! | full sync done ([`ReplIds::adopt`]) | the master's | zeros | -1 |
//! | `+CONTINUE newid` ([`ReplIds::follow`]) | the new one | the one we asked with | offset + 1 |
//! | backlog freed ([`ReplIds::change`], [`ReplIds::clear_second`]) | fresh | zeros | -1 |
//! | restart as replica from RDB ([`ReplIds::restore_replica`]) | the file's | kept | kept |
//! | restart as master from RDB ([`ReplIds::restore_master`]) | kept (fresh) | the file's | its offset + 1 |
//!
//! A master that frees its backlog must change its name: writes no longer move the offset, so the same name
//! and number would later stand for different data.
//!
//! The offset itself is not kept here: it is [`Backlog::offset`], so that there is one truth. Chance is an
//! argument: whoever calls brings the fresh id (`Rng::hex_id`).
//!
//! Source: `replication.c` and `loadDataFromDisk` of Redis 7.2.4.

use crate::base::log::Level;

use super::backlog::{Backlog, held_before, next_byte};

/// Name of a history: 40 characters, hexadecimal when we made it.
pub type ReplId = [u8; 40];

/// The id that stands for "none".
pub const NO_ID: ReplId = [b'0'; 40];

/// The two names of a server's history. See the head of this file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplIds {
    /// `master_replid`
    pub replid: ReplId,
    /// `master_replid2`
    pub replid2: ReplId,
    /// `second_repl_offset`: a request under `replid2` is valid up to this byte number; -1 for never.
    pub second_offset: i64,
}

/// A granted partial resync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Continue {
    /// Bytes the replica holds: where to attach its cursor.
    pub held: i64,
    /// Bytes waiting for it at this moment.
    pub behind: i64,
}

/// Why a partial resync is not possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `PSYNC ? -1`: nothing to continue, by the replica's own word.
    FullRequested,
    /// Neither of our names.
    IdMismatch { asked: Vec<u8>, replid: ReplId, replid2: ReplId },
    /// Our former name, but the replica went on with that history longer than we did.
    SecondIdPassed { asked: i64, valid_to: i64 },
    /// The name fits, but the bytes are gone, or never were (`ahead`).
    LackOfBacklog { asked: i64, ahead: bool },
}

impl ReplIds {
    /// Names for a server that starts: one fresh id, no second one.
    pub fn new(fresh: ReplId) -> Self {
        ReplIds { replid: fresh, replid2: NO_ID, second_offset: -1 }
    }

    /// A new history: no replica of the old one can continue under `replid`.
    pub fn change(&mut self, fresh: ReplId) {
        self.replid = fresh;
    }

    /// Forgets the former name.
    pub fn clear_second(&mut self) {
        self.replid2 = NO_ID;
        self.second_offset = -1;
    }

    /// Promotion at `offset`: the present name becomes the second one, good for all who hold no more than
    /// `offset` bytes; a fresh name begins. Returns the log line (level notice).
    pub fn shift(&mut self, fresh: ReplId, offset: i64) -> String {
        self.replid2 = self.replid;
        self.second_offset = next_byte(offset);
        self.replid = fresh;
        format!(
            "Setting secondary replication ID to {}, valid up to offset: {}. New replication ID is {}",
            text(&self.replid2),
            self.second_offset,
            text(&self.replid)
        )
    }

    /// A full sync from a master is done: its history is ours, and no other.
    pub fn adopt(&mut self, replid: ReplId) {
        self.replid = replid;
        self.clear_second();
    }

    /// `+CONTINUE <new>`: the master goes on under a new name from our `offset`. `asked` is the name we asked
    /// with.
    pub fn follow(&mut self, asked: ReplId, new: ReplId, offset: i64) {
        self.replid2 = asked;
        self.second_offset = next_byte(offset);
        self.replid = new;
    }

    /// Restart as a replica: `repl-id` of the RDB file is where we stood.
    pub fn restore_replica(&mut self, replid: ReplId) {
        self.replid = replid;
    }

    /// Restart as a master: replicas that followed us before the restart may continue under the file's name,
    /// up to `offset` (`repl-offset` of the file). What is written from now on goes under our fresh name.
    pub fn restore_master(&mut self, replid: ReplId, offset: i64) {
        self.replid2 = replid;
        self.second_offset = next_byte(offset);
    }

    /// Decides `PSYNC asked_id asked_number`. Ids compare without regard to case, as in Redis. `asked_number`
    /// is the number of the byte wanted next.
    ///
    /// # Errors
    /// The reason, for the log; the request then becomes a full sync.
    pub fn accepts(
        &self,
        asked_id: &[u8],
        asked_number: i64,
        backlog: &Backlog,
    ) -> Result<Continue, Refusal> {
        let first = asked_id.eq_ignore_ascii_case(&self.replid);
        let second = asked_id.eq_ignore_ascii_case(&self.replid2);
        let known = first || (second && asked_number <= self.second_offset);
        if !known {
            return Err(if asked_id.first() == Some(&b'?') {
                Refusal::FullRequested
            } else if second {
                Refusal::SecondIdPassed { asked: asked_number, valid_to: self.second_offset }
            } else {
                Refusal::IdMismatch { asked: asked_id.to_vec(), replid: self.replid, replid2: self.replid2 }
            });
        }
        let held = held_before(asked_number);
        if !backlog.covers(held) {
            let ahead = asked_number > backlog.offset();
            return Err(Refusal::LackOfBacklog { asked: asked_number, ahead });
        }
        Ok(Continue { held, behind: backlog.offset() - held })
    }
}

impl Continue {
    /// The log line of a granted request (level notice). `replica` is its `ip:port`.
    pub fn log_line(&self, replica: &str) -> String {
        format!(
            "Partial resynchronization request from {replica} accepted. Sending {} bytes of backlog starting \
             from offset {}.",
            self.behind,
            next_byte(self.held)
        )
    }
}

impl Refusal {
    /// The log lines Redis writes, in order. `replica` is its `ip:port`.
    pub fn log_lines(&self, replica: &str) -> Vec<(Level, String)> {
        let line = match self {
            Refusal::FullRequested => format!("Full resync requested by replica {replica}"),
            Refusal::IdMismatch { asked, replid, replid2 } => format!(
                "Partial resynchronization not accepted: Replication ID mismatch (Replica asked for '{}', my \
                 replication IDs are '{}' and '{}')",
                String::from_utf8_lossy(asked),
                text(replid),
                text(replid2)
            ),
            Refusal::SecondIdPassed { asked, valid_to } => format!(
                "Partial resynchronization not accepted: Requested offset for second ID was {asked}, but \
                I can \
                 reply up to {valid_to}"
            ),
            Refusal::LackOfBacklog { asked, .. } => format!(
                "Unable to partial resync with replica {replica} for lack of backlog (Replica request \
                was: {asked})."
            ),
        };
        let mut lines = vec![(Level::Notice, line)];
        if let Refusal::LackOfBacklog { ahead: true, .. } = self {
            let text = format!(
                "Warning: replica {replica} tried to PSYNC with an offset that is greater than the master \
                 replication offset."
            );
            lines.push((Level::Warning, text));
        }
        lines
    }
}

/// An id for people to read. Ids made elsewhere may hold any byte.
pub fn text(id: &ReplId) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(id)
}

/// Reads an id as another server sent it or a file holds it: 40 printable characters, no blanks.
pub fn read_id(bytes: &[u8]) -> Option<ReplId> {
    let id: ReplId = bytes.try_into().ok()?;
    id.iter().all(u8::is_ascii_graphic).then_some(id)
}

#[cfg(test)]
mod tests;
