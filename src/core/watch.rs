//! WATCH: who is told that a key changed.
//!
//! A touched key marks its watchers `DIRTY_CAS`; EXEC looks at one flag. A watcher that came when the key was
//! dead already (its time over, not yet removed) is a case of its own: for it the key did not exist, so its
//! removal changes nothing. Each watch therefore carries that bit, and the removal clears it.
//!
//! Where the key is alive again when it is touched, such a watcher fails like any other. Redis 7.2.4 stops
//! looking at the key's watchers there, which lets EXEC succeed on a replica whose master set the key anew;
//! we do not follow it in that.
//!
//! Cost: nobody watches: one load. Otherwise one look-up by the borrowed key.
//!
//! Source: Redis 7.2.4 `touchWatchedKey`, `touchAllWatchedKeysInDb`, `isWatchedKeyExpired`.

use crate::base::clock::Millis;
use crate::keyspace::Db;
use crate::state::client::{Client, ClientId, Flags};
use crate::state::clients::Clients;
use crate::state::multi::Watches;

use super::server::Server;

/// What happened to a watched key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Gone,
    Dead,
    Alive,
}

fn fate(db: &Db, key: &[u8], now: Millis) -> Fate {
    match db.get(key) {
        None => Fate::Gone,
        Some(entry) if entry.expire().is_some_and(|when| now > when) => Fate::Dead,
        Some(_) => Fate::Alive,
    }
}

/// The bit of one watch: whether the key was dead when WATCH came.
fn was_dead<'a>(client: &'a mut Client, db: usize, key: &[u8]) -> Option<&'a mut bool> {
    let watched = &mut client.multi.as_mut()?.watched;
    watched.iter_mut().find(|((d, k), _)| *d == db && **k == *key).map(|(_, dead)| dead)
}

/// Fails the EXEC of everyone who watches the key. Call it when the key has changed.
#[cold]
pub fn touch(srv: &mut Server, db: usize, key: &[u8]) {
    let now = srv.clock.now_ms();
    for &who in srv.watches.watchers(db, key) {
        let Some(client) = srv.clients.get_mut(who) else { continue };
        if let Some(dead) = was_dead(client, db, key)
            && *dead
        {
            match fate(&srv.keys.dbs[db], key, now) {
                Fate::Gone => {
                    *dead = false;
                    continue;
                }
                Fate::Dead => continue,
                Fate::Alive => {}
            }
        }
        client.flags.set(Flags::DIRTY_CAS);
    }
}

/// Fails the EXEC of everyone who watches a key of a database that is about to be emptied, or to be replaced
/// by `other` (SWAPDB: call it for both sides; a full sync: the database that was loaded). Keys that are in
/// neither do not count. Call it before the change.
pub fn touch_all(
    clients: &mut Clients,
    watches: &Watches,
    db: usize,
    emptied: &Db,
    other: Option<&Db>,
    now: Millis,
) {
    for (key, watchers) in watches.of_db(db) {
        let before = fate(emptied, key, now);
        let after = other.map_or(Fate::Gone, |other| fate(other, key, now));
        if before == Fate::Gone && after == Fate::Gone {
            continue;
        }
        for &who in watchers {
            let Some(client) = clients.get_mut(who) else { continue };
            if let Some(dead) = was_dead(client, db, key) {
                // A dead key does not count as there, before as after.
                match (*dead, after) {
                    (true, Fate::Gone) => {
                        *dead = false;
                        continue;
                    }
                    (true, Fate::Dead) => continue,
                    (false, Fate::Dead) if before == Fate::Gone => {
                        *dead = true;
                        continue;
                    }
                    _ => {}
                }
            }
            client.flags.set(Flags::DIRTY_CAS);
        }
    }
}

/// [`touch_all`] inside the keyspace: the database is about to be emptied, or to be exchanged for `other`.
pub fn touch_all_watched(srv: &mut Server, db: usize, other: Option<usize>) {
    if srv.watches.is_empty() {
        return;
    }
    let now = srv.clock.now_ms();
    let (emptied, other) = (&srv.keys.dbs[db], other.map(|other| &srv.keys.dbs[other]));
    touch_all(&mut srv.clients, &srv.watches, db, emptied, other, now);
}

/// Adds a key to what a client watches, once.
pub fn add(srv: &mut Server, me: ClientId, db: usize, key: &[u8]) {
    let loading = srv.persist.loading.is_some();
    let dead = !loading && srv.keys.is_expired(db, key, srv.clock.now_ms());
    let multi = srv.clients[me].multi.get_or_insert_default();
    if multi.watched.iter().any(|((d, k), _)| *d == db && **k == *key) {
        return;
    }
    let key = (db, Box::from(key));
    srv.watches.add(&key, me);
    multi.watched.push((key, dead));
}

/// Whether the time of a watched key is over that lived when WATCH came.
pub fn any_expired(srv: &Server, me: ClientId) -> bool {
    let Some(multi) = &srv.clients[me].multi else { return false };
    let now = srv.clock.now_ms();
    srv.persist.loading.is_none()
        && multi.watched.iter().any(|((db, key), dead)| !dead && srv.keys.is_expired(*db, key, now))
}
