//! Big values are freed by the background thread.
//!
//! Freeing a value of millions of allocations takes longer than anybody wants to wait, so it is handed over
//! where the command (UNLINK, FLUSHALL ASYNC) or a `lazyfree-lazy-*` option says so. The same threshold as in
//! Redis decides what is big: up to 64 allocations, handing over costs more than it saves. What the keyspace
//! itself gets rid of (keys that expired or were written over) gathers there and is fetched before each sleep.
//!
//! Source: Redis 7.2.4 `lazyfree.c`.

use crate::keyspace::LAZY_EFFORT;
use crate::object::Entry;
use crate::state::host::Host;

use super::server::Server;

/// Frees what a key held: in the background when it is big and `lazy`, else at once.
pub fn free(host: &mut dyn Host, entry: Entry, lazy: bool) {
    if lazy && entry.free_effort() > LAZY_EFFORT {
        host.free_later(Box::new(entry), 1);
    }
}

/// Hands over what the keyspace put aside.
#[inline]
pub fn collect(srv: &mut Server, host: &mut dyn Host) {
    if !srv.keys.waste.is_empty() {
        let waste = std::mem::take(&mut srv.keys.waste);
        let objects = waste.len() as u64;
        host.free_later(Box::new(waste), objects);
    }
}
