//! What a handler sees: the server's parts, the world, its reply, and who asks.
//!
//! Fields, not getters: `cx.srv.keys` and `cx.out` are disjoint, so a reply streams a borrowed value
//! without a copy. While a command runs, the client's output buffer is taken out of the client and
//! lives behind `cx.out`; the arguments borrow from the read buffer, not from the server.

use crate::base::clock::Millis;
use crate::keyspace::touched::Class;
use crate::resp::reply::Reply;
use crate::state::blocked::{Awaits, KeyWait, WaitFor};
use crate::state::client::{Client, ClientId};
use crate::state::host::Host;

use super::propagate;
use super::server::Server;
use super::table::Command;

/// How a handler ended, when it did not fail.
pub enum Outcome {
    /// The reply is written.
    Done,
    /// Nothing replied: park the client until that happens or the deadline (Unix ms) passes.
    Block(WaitFor, Option<Millis>),
}

/// See the head of the file.
pub struct Ctx<'a> {
    pub srv: &'a mut Server,
    pub host: &'a mut dyn Host,
    pub out: &'a mut Reply,
    pub me: ClientId,
    /// The client's selected database.
    pub db: usize,
    /// Unix ms, read once for the whole batch of requests.
    pub now: Millis,
    pub cmd: Command,
    /// The command came down the replication link, or is read from the append-only file: it is not refused.
    pub from_master: bool,
    /// Inside MULTI/EXEC or a script: never park.
    pub deny_blocking: bool,
}

impl Ctx<'_> {
    /// The client that asks.
    pub fn client(&mut self) -> &mut Client {
        &mut self.srv.clients[self.me]
    }

    /// The one epilogue of a write: marks watchers, queues the keyspace event, counts `changes`
    /// towards save points, and so makes the command travel to replicas and AOF.
    #[inline]
    pub fn touch(&mut self, key: &[u8], class: Class, event: &'static str, changes: u64) {
        self.srv.persist.dirty += changes;
        self.srv.touch_key(self.db, key);
        self.srv.keys.touched.push(self.db, key, class, event);
    }

    /// Like [`Ctx::touch`] for a key of another database.
    pub fn touch_in(&mut self, db: usize, key: &[u8], class: Class, event: &'static str, changes: u64) {
        self.srv.persist.dirty += changes;
        self.srv.touch_key(db, key);
        self.srv.keys.touched.push(db, key, class, event);
    }

    /// Whether the client may be parked: not inside EXEC or a script, and never our master.
    pub fn may_block(&self) -> bool {
        !self.deny_blocking && !self.from_master
    }

    /// Parks the client until one of the keys is there as a value of type `of`; the command then runs again,
    /// from its beginning. Where nobody may be parked it replies at once what a time-out would.
    ///
    /// Keys are signalled by the keyspace when they are put in (and, with `on_nokey`, taken out or overwritten). A
    /// command that adds to a value which may have waiters while it is there (a stream) signals it by
    /// `cx.srv.keys.awaited.signal(cx.db, key)`.
    pub fn block_on_keys<'k>(
        &mut self,
        of: Awaits,
        keys: impl Iterator<Item = &'k [u8]>,
        deadline: Option<Millis>,
        on_nokey: bool,
    ) -> Outcome {
        if !self.may_block() {
            self.out.null_array();
            return Outcome::Done;
        }
        let keys = keys.map(Box::from).collect();
        Outcome::Block(WaitFor::Keys(KeyWait { db: self.db, keys, of, on_nokey }), deadline)
    }

    /// Argument `i` is a secret: MONITOR and SLOWLOG show `(redacted)` in its place.
    pub fn redact(&mut self, i: usize) {
        self.srv.redacted.push(i);
    }

    /// A keyspace event that brings no change of its own: one more of a key that is touched (`expire` after `set`,
    /// `del` after the last element went).
    pub fn notify(&mut self, key: &[u8], class: Class, event: &'static str) {
        self.srv.keys.touched.event(self.db, key, class, event);
    }

    /// Replicas and AOF get this instead of the request. Costs nothing when nobody listens.
    #[inline]
    pub fn record_as(&mut self, args: &[&[u8]]) {
        self.srv.prop.replaced = true;
        self.record_also(self.db, args);
    }

    /// Replicas and AOF get this too, after what was recorded so far.
    #[inline]
    pub fn record_also(&mut self, db: usize, args: &[&[u8]]) {
        if propagate::wanted(self.srv) {
            propagate::also(&mut self.srv.prop, db, args);
        }
    }

    /// Replicas and AOF get nothing of the request itself.
    pub fn record_nothing(&mut self) {
        self.srv.prop.suppress = true;
    }

    /// Replicas and AOF get the request although nothing changed.
    pub fn record_anyway(&mut self) {
        self.srv.prop.force = true;
    }

    /// Replicas get the request although nothing changed; the AOF does not.
    pub fn record_for_replicas(&mut self) {
        self.srv.prop.force = true;
        self.srv.prop.stream_only = true;
    }
}
