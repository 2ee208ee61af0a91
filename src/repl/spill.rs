//! Replicas that catch up after a full sync are never dropped for what they owe: the stream waits in a file.
//!
//! From the offset of its snapshot on until it has loaded that and come near the end of the stream, a replica
//! *catches up* (one that asked with SYNC, and so never acknowledges, does not). In that time the limits of
//! `client-output-buffer-limit replica` do not close it. They say instead how much of the stream stays in memory for
//! it: beyond the soft limit (the hard one where there is none) the oldest blocks that no other replica needs go to a
//! file ([`crate::state::spill`]). Once it has come within half of that limit, it is a replica like all others.
//!
//! `repl-spill-max-size` bounds the file; 0 turns all this off. When the file cannot grow (disk full, size reached)
//! the limits close replicas as in Redis, and the log says why.
//!
//! Why: Redis closes such a replica, which then starts its sync again under the same load, for ever (redis issues
//! 4697, 11534, 14100). Cost: one copy to the page cache for each byte spilled, nothing when nobody catches up.

use std::io;

use crate::base::disk::DiskFile;
use crate::core::server::Server;
use crate::persist::bgsave::plain;
use crate::state::client::ClientId;
use crate::state::config::Config;
use crate::state::host::Host;
use crate::state::replication::{ReplicaState, SyncState};
use crate::state::spill::Spill;
use crate::{log_notice, log_warning};

use super::primary::{name, those};

/// Bytes read from the file at once.
const PIECE: usize = 256 * 1024;

/// A replica begins to catch up.
pub(super) fn begin(srv: &mut Server, me: ClientId) {
    if srv.config.repl_spill_max_size > 0 {
        set(srv, me, true);
        srv.repl.catching_up = true;
    }
}

fn set(srv: &mut Server, me: ClientId, on: bool) {
    let Some(replica) = srv.clients.get_mut(me).and_then(|c| c.replica.as_deref_mut()) else { return };
    replica.catching_up = on;
    if let Some(cursor) = replica.cursor {
        srv.repl.backlog.set_patient(cursor, on);
    }
}

/// Bytes of stream that stay in memory for replicas that catch up; `None`: no bound.
fn in_memory(srv: &Server) -> Option<usize> {
    let limit = srv.config.client_output_buffer_limit.replica;
    let bytes = if limit.soft_bytes != 0 { limit.soft_bytes } else { limit.hard_bytes };
    (bytes != 0).then(|| usize::try_from(bytes).unwrap_or(usize::MAX).max(srv.repl.backlog.size()))
}

/// Moves to the file what is too much for memory, and looks who has caught up. Before sleep, and within long rounds
/// of the loop.
pub fn relieve(srv: &mut Server, host: &mut dyn Host) {
    if !srv.repl.catching_up {
        return;
    }
    let limit = in_memory(srv).unwrap_or(usize::MAX);
    let near = |srv: &Server, r: &ReplicaState| {
        let owed = r.cursor.map_or(0, |cursor| srv.repl.backlog.pending(cursor));
        // What is sent is not yet loaded: only its first acknowledgement tells, and ends the notes.
        let loaded = r.trace.is_none();
        matches!(r.sync, SyncState::Online) && loaded && owed <= limit / 2
    };
    for me in those(srv, |r| r.catching_up && near(srv, r)) {
        set(srv, me, false);
    }
    while let Some(bytes) = srv.repl.backlog.spillable(limit) {
        let at = srv.repl.backlog.first_offset();
        if let Err(why) = spill(&mut srv.repl.spill, &srv.config, host, bytes, at) {
            give_up(srv, &why);
            break;
        }
        srv.repl.spilled_bytes += bytes.len() as u64;
        srv.repl.backlog.drop_front();
    }
    tidy(srv, host);
    srv.repl.catching_up = srv.repl.spill.is_some() || !those(srv, |r| r.catching_up).is_empty();
}

/// Appends a block of the stream to the file.
fn spill(
    place: &mut Option<Spill>,
    config: &Config,
    host: &mut dyn Host,
    bytes: &[u8],
    at: i64,
) -> Result<(), String> {
    let fits = place.as_ref().filter(|spill| spill.end() == at);
    let size = fits.map_or(0, Spill::bytes) + bytes.len() as u64;
    if size > config.repl_spill_max_size as u64 {
        return Err("it would grow beyond repl-spill-max-size".to_owned());
    }
    if fits.is_none() {
        let file = create(config, host).map_err(|e| plain(&e))?;
        log_notice!(
            "Replicas under synchronization owe more than fits in memory. Spilling the stream to disk."
        );
        *place = Some(Spill::new(file, at));
    }
    place.as_mut().map_or(Ok(()), |spill| spill.append(bytes)).map_err(|e| plain(&e))
}

/// A file without a name.
fn create(config: &Config, host: &mut dyn Host) -> io::Result<Box<dyn DiskFile>> {
    let path = config.dir.join(format!("temp-{}.stream", host.pid()));
    let file = host.disk().create(&path)?;
    host.disk().remove(&path)?;
    Ok(file)
}

/// The file cannot grow: from now on the limits hold for everyone.
fn give_up(srv: &mut Server, why: &str) {
    log_warning!("Can't spill the stream to disk: {why}. Replicas that owe too much will be disconnected.");
    for me in those(srv, |r| r.catching_up) {
        set(srv, me, false);
    }
}

/// Nobody reads the file any more: it goes.
fn tidy(srv: &mut Server, host: &mut dyn Host) {
    if let Some(spill) = srv.repl.spill.take_if(|_| !srv.repl.backlog.is_behind()) {
        log_notice!("All replicas have read the spilled part of the stream, {} bytes.", spill.bytes());
        host.drop_later(Box::new(spill));
    }
}

/// Whether the replica's next bytes of the stream are in the file.
pub fn has_next(srv: &Server, replica: &ReplicaState) -> bool {
    let at = replica.cursor.and_then(|cursor| srv.repl.backlog.position(cursor));
    at.is_some_and(|at| at < srv.repl.backlog.first_offset())
}

/// Puts the next piece of the file into the output buffer of a replica, which is empty. False when it could not be
/// read; the replica is closed then.
pub fn next_piece(srv: &mut Server, me: ClientId) -> bool {
    let Some(client) = srv.clients.get_mut(me) else { return false };
    let cursor = client.replica.as_deref().and_then(|replica| replica.cursor);
    let Some((cursor, at)) = cursor.and_then(|c| Some((c, srv.repl.backlog.position(c)?))) else {
        return false;
    };
    let read = match &mut srv.repl.spill {
        Some(spill) => spill.read(at, PIECE, &mut client.out.bytes),
        None => Err(io::ErrorKind::NotFound.into()),
    };
    match read {
        Ok(n) => {
            srv.repl.backlog.advance(cursor, n);
            true
        }
        Err(e) => {
            log_warning!("Read error sending the spilled stream to replica {}: {}", name(srv, me), plain(&e));
            srv.clients.close(me);
            false
        }
    }
}
