//! Emptying and exchanging whole databases, and what watchers hear of it.
//!
//! FLUSHALL, a full sync, DEBUG RELOAD and SWAPDB change many keys at once. Nobody walks these keys: the few
//! that are watched are looked up instead, before the change; clients that track keys
//! are told that all are void.
//!
//! Source: Redis 7.2.4 `emptyData`, `signalFlushedDb`, `dbSwapDatabases`.

use crate::state::host::Host;

use super::server::Server;
use super::watch::touch_all_watched;

/// Empties one database, or all with `None`; tells watchers. With `lazy` a background thread frees what was
/// there. Returns how many keys there were.
pub fn empty(srv: &mut Server, host: &mut dyn Host, db: Option<usize>, lazy: bool) -> u64 {
    let range = db.map_or(0..srv.keys.dbs.len(), |db| db..db + 1);
    range.for_each(|db| touch_all_watched(srv, db, None));
    let gone = srv.keys.flush(db);
    super::tracking::invalidate_all(srv);
    let keys = gone.iter().map(|db| db.len() as u64).sum();
    if lazy && keys > 0 {
        host.free_later(Box::new(gone), keys);
    }
    keys
}

/// Exchanges two databases for all who have them selected. `false`: an index is out of range.
pub fn swap(srv: &mut Server, a: usize, b: usize) -> bool {
    let known = a.max(b) < srv.keys.dbs.len();
    if known && a != b {
        touch_all_watched(srv, a, Some(b));
        touch_all_watched(srv, b, Some(a));
        srv.keys.swap(a, b);
    }
    known
}
