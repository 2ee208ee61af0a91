//! `maxmemory-clients`: the largest clients are closed when all of them together hold too much.
//!
//! The limit is in bytes or in percent of `maxmemory`. Clients of the classes normal and pubsub count; those
//! under CLIENT NO-EVICT count but are never closed. The books are `state::client_memory`; they are looked at
//! before each command, so that clients go before keys must, and before each sleep, after everything was read
//! and written. What a client holds is noted when its turn is over; [`is_too_large`] ends the turn of one whose
//! replies alone are too much. Whoever is evicted gives its buffers back at once, its slot at the end of the
//! turn.
//!
//! Source: Redis 7.2.4 `evictClients`, `getClientEvictionLimit`, `clientEvictionAllowed`.

use crate::state::client::{Class, ClientId, Flags, OutBuf};
use crate::state::config::Config;

use super::clientinfo;
use super::server::Server;

/// A smaller limit would leave no room to talk to the server at all. Bytes.
const LEAST: u64 = 128 * 1024;

/// Bytes that all clients together may hold; `None`: no limit.
pub fn limit(config: &Config) -> Option<u64> {
    let limit = match config.maxmemory_clients {
        0 => return None,
        percent @ ..0 if config.maxmemory > 0 => {
            (config.maxmemory as f64 * percent.unsigned_abs() as f64 / 100.0) as u64
        }
        ..0 => return None,
        bytes => bytes.unsigned_abs(),
    };
    Some(limit.max(LEAST))
}

/// Begins to keep the books, or ends it; for the settings at hand.
pub fn apply_config(srv: &mut Server) {
    let kept = srv.config.maxmemory_clients != 0;
    if kept == srv.clients.books.kept {
        return;
    }
    srv.clients.books.kept = kept;
    for me in srv.clients.ids() {
        if kept { note(srv, me) } else { srv.clients.strike_out(me) }
    }
}

/// Notes what a client holds now.
#[inline]
pub fn note(srv: &mut Server, me: ClientId) {
    if srv.clients.books.kept {
        srv.clients.note_memory(me);
    }
}

/// Whether a client's replies alone exceed the limit, so that its pipeline must stop.
pub fn is_too_large(srv: &Server, me: ClientId, owed: usize) -> bool {
    let client = &srv.clients[me];
    srv.clients.books.kept
        && !client.flags.has(Flags::NO_EVICT)
        && matches!(client.class(), Class::Normal | Class::Pubsub)
        && limit(&srv.config).is_some_and(|limit| owed as u64 >= limit)
}

/// Whether the limit is exceeded.
#[inline]
pub fn is_due(srv: &Server) -> bool {
    srv.clients.books.kept && limit(&srv.config).is_some_and(|limit| srv.clients.books.sum >= limit)
}

/// Closes the largest clients until the rest is within the limit.
pub fn evict(srv: &mut Server) {
    if !srv.clients.books.kept {
        return;
    }
    let Some(limit) = limit(&srv.config) else { return };
    while srv.clients.books.sum >= limit {
        let Some(me) = srv.clients.books.largest() else {
            crate::log_warning!("Over client maxmemory after evicting all evictable clients");
            break;
        };
        crate::log_notice!("Evicting client: {}", clientinfo::line(srv, me));
        srv.stats.evicted_clients += 1;
        srv.clients.close(me);
        let client = &mut srv.clients[me];
        (client.query, client.out) = (Vec::new(), OutBuf::default());
    }
}
