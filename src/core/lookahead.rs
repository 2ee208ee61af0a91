//! Looking ahead in a pipeline: parse a handful of requests, ask for the memory they will touch, then run
//! them.
//!
//! A look-up in a large table costs two cache misses, the bucket and the entry, and a processor that
//! waits for each in turn does nothing else meanwhile. With sixteen requests in hand the misses of all of
//! them overlap: first every bucket is asked for, then every entry. The hash computed on the way is kept
//! for the look-up itself (`Keyspace::remember_hash`).
//!
//! The key is taken to be the first argument, as it is for nearly every command; a wrong guess costs a
//! hash and a harmless prefetch. Measured on a million keys: a `GET` falls from about 200 ns to 65.
//!
//! The requests of a batch were all whole when it was gathered, so running one of them cannot change
//! where the others begin. Unauthenticated clients get no look-ahead: their limits change with AUTH.

use crate::resp::request::{Limits, Parser, ProtocolError, Span, Step};
use crate::state::client::ClientId;

use super::server::Server;

/// Requests looked at together: enough to overlap the misses, few enough for the first-level cache.
const BATCH: usize = 16;
/// Room for so many arguments a slot keeps for the next request; more is given back.
const KEEP_SPANS: usize = 1024;
/// A longer first argument is hardly a key.
const LONGEST_KEY: usize = 256;

/// One whole request.
#[derive(Default)]
pub struct Pending {
    /// Where it begins and ends in the input.
    pub at: usize,
    pub end: usize,
    /// Its arguments; none: nothing to run (an empty line).
    pub spans: Vec<Span>,
    /// The multibulk form of an inline request.
    pub inline: Option<Vec<u8>>,
    /// The hash of its first argument, when it was prefetched.
    pub key_hash: Option<u64>,
}

/// Why gathering ended.
pub enum End {
    /// The batch is full, or the input ends here.
    Full,
    /// The next request is not whole; so many bytes are missing at least.
    Need(usize),
    /// Not the protocol, from this place on.
    Error(usize, ProtocolError),
}

/// See the head of the file. Kept between calls for its buffers.
#[derive(Default)]
pub struct Lookahead {
    slots: Vec<Pending>,
    len: usize,
}

impl Lookahead {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn at(&self, i: usize) -> &Pending {
        &self.slots[i]
    }

    /// Parses requests from `from` on.
    #[inline]
    pub fn gather(&mut self, parser: &mut Parser, limits: &Limits, input: &[u8], from: usize) -> End {
        for slot in &mut self.slots[..self.len] {
            if slot.spans.capacity() > KEEP_SPANS {
                slot.spans = Vec::new();
            }
        }
        self.len = 0;
        let most = if limits.authenticated { BATCH } else { 1 };
        let mut at = from;
        while self.len < most && at < input.len() {
            if self.slots.len() == self.len {
                self.slots.push(Pending::default());
            }
            let slot = &mut self.slots[self.len];
            let (consumed, inline) = match parser.parse(&input[at..], limits, &mut slot.spans) {
                Ok(Step::Ready { consumed, inline }) => (consumed, inline),
                Ok(Step::Skip { consumed }) => {
                    slot.spans.clear();
                    (consumed, false)
                }
                Ok(Step::Need { hint }) => return End::Need(hint),
                Err(e) => return End::Error(at, e),
            };
            slot.inline = inline.then(|| parser.take_inline());
            slot.key_hash = None;
            slot.at = at;
            at += consumed;
            slot.end = at;
            self.len += 1;
        }
        End::Full
    }

    /// Asks for the memory of all keys of the batch. A single request is not worth it.
    #[inline]
    pub fn prefetch(&mut self, srv: &Server, me: ClientId, input: &[u8]) {
        if self.len < 2 {
            return;
        }
        let db = srv.clients[me].db;
        if srv.keys.dbs[db].is_empty() {
            return;
        }
        for slot in &mut self.slots[..self.len] {
            let Some(span) = slot.spans.get(1).filter(|s| s.len <= LONGEST_KEY && slot.inline.is_none())
            else {
                continue;
            };
            let from = slot.at + span.at;
            let hash = srv.keys.compute_hash(&input[from..from + span.len]);
            srv.keys.prefetch(db, hash);
            slot.key_hash = Some(hash);
        }
        for hash in self.slots[..self.len].iter().filter_map(|slot| slot.key_hash) {
            srv.keys.prefetch_entry(db, hash);
        }
    }
}
