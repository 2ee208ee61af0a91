//! Emptying and exchanging whole databases, and what watchers hear of it.
//!
//! FLUSHALL, a full sync, DEBUG RELOAD and SWAPDB change many keys at once. Nobody walks these keys: the few
//! that are watched are looked up instead, before the change, and only those that are there (or will be)
//! fail their EXEC.
//!
//! Source: Redis 7.2.4 `emptyData`, `signalFlushedDb`, `touchAllWatchedKeysInDb`.

use crate::state::client::{ClientId, Flags};
use crate::state::host::Host;

use super::server::Server;

/// Empties one database, or all with `None`; tells watchers. With `lazy` a background thread frees what was
/// there. Returns how many keys there were.
pub fn empty(srv: &mut Server, host: &mut dyn Host, db: Option<usize>, lazy: bool) -> u64 {
    let range = db.map_or(0..srv.keys.dbs.len(), |db| db..db + 1);
    range.for_each(|db| fail_watchers(srv, db, None));
    let gone = srv.keys.flush(db);
    let keys = gone.iter().map(|db| db.len() as u64).sum();
    if lazy && keys > 0 {
        srv.stats.lazyfreed_objects += keys;
        host.drop_later(Box::new(gone));
    }
    keys
}

/// Exchanges two databases for all who have them selected. `false`: an index is out of range.
pub fn swap(srv: &mut Server, a: usize, b: usize) -> bool {
    let known = a.max(b) < srv.keys.dbs.len();
    if known && a != b {
        fail_watchers(srv, a, Some(b));
        fail_watchers(srv, b, Some(a));
        srv.keys.swap(a, b);
    }
    known
}

/// Fails the EXEC of those who watch a key of `emptied` that is there now, or, when another database takes
/// its place, will be. A key that was dead when WATCH came and is dead or gone after is no change.
fn fail_watchers(srv: &mut Server, emptied: usize, replaced_with: Option<usize>) {
    let now = srv.clock.now_ms();
    let mut fail: Vec<ClientId> = Vec::new();
    for (key, watchers) in srv.watches.of_db(emptied) {
        let before = srv.keys.dbs[emptied].get(key);
        let after = replaced_with.and_then(|db| srv.keys.dbs[db].get(key));
        let lives_after = after.is_some_and(|entry| entry.expire().is_none_or(|when| now <= when));
        if before.is_none() && !lives_after {
            continue;
        }
        for &who in watchers {
            if lives_after || !was_dead(srv, who, emptied, key) {
                fail.push(who);
            }
        }
    }
    for who in fail {
        if let Some(client) = srv.clients.get_mut(who) {
            client.flags.set(Flags::DIRTY_CAS);
        }
    }
}

/// Whether the key was dead already when the client began to watch it.
fn was_dead(srv: &Server, who: ClientId, db: usize, key: &[u8]) -> bool {
    let multi = srv.clients.get(who).and_then(|client| client.multi.as_ref());
    let watched = multi.into_iter().flat_map(|multi| &multi.watched);
    watched.into_iter().any(|((in_db, name), dead)| *dead && *in_db == db && **name == *key)
}
