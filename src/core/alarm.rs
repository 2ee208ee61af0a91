//! Log lines about things that should not happen: a browser's request, an error on a replication
//! link. Rare by nature, so they may cost what they like.
//!
//! Source: Redis 7.2.4 `securityWarningCommand`, `afterErrorReply`, `processCommand`.

use crate::base::bytes::Printable;
use crate::log_warning;
use crate::state::client::{ClientId, Flags};
use crate::state::config::PropagationError;

use super::clientinfo;
use super::server::Server;

/// A cross-protocol attack is logged at most once in so many ms.
const SECURITY_INTERVAL_MS: i64 = 60_000;
/// The same for a replica that cannot store what it gets.
const DISK_ERROR_INTERVAL_MS: i64 = 10_000;

/// Someone sent `POST` or `Host:`.
pub fn cross_protocol(srv: &mut Server, me: ClientId) {
    let now = srv.clock.now_ms();
    if now - srv.security_logged_ms <= SECURITY_INTERVAL_MS {
        return;
    }
    srv.security_logged_ms = now;
    log_warning!(
        "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to \
         Redis. This is likely due to an attacker attempting to use Cross Protocol Scripting to \
         compromise your Redis instance. Connection from {} aborted.",
        srv.clients[me].addr
    );
}

/// A replica sent a command that replies. Source: `logInvalidUseAndFreeClientAsync`.
pub fn reply_to_replica(srv: &mut Server, me: ClientId) {
    log_warning!(
        "Replica generated a reply to command '{}', disconnecting it: {}",
        srv.clients[me].last_command,
        clientinfo::line(srv, me)
    );
    srv.clients.close(me);
}

/// Our master sent a write, and what is written here cannot be stored. Returns whether that ends the process, which
/// it does unless `replica-ignore-disk-write-errors` allows to go on.
pub fn cannot_persist(srv: &mut Server, write: bool) -> bool {
    if write && !srv.config.replica_ignore_disk_write_errors {
        log_warning!("Replica was unable to write command to disk.");
        srv.persist.exit = Some(1);
        return true;
    }
    let now = srv.clock.now_ms();
    if now > srv.disk_error_logged_ms + DISK_ERROR_INTERVAL_MS {
        srv.disk_error_logged_ms = now;
        log_warning!("Replica is applying a command even though it is unable to write to disk.");
    }
    false
}

/// A command from our master failed here, or one of a replica of ours, or one of the append-only file.
pub fn link_error(srv: &mut Server, me: ClientId, text: &[u8]) {
    let client = &srv.clients[me];
    let replays = client.flags.has(Flags::FAKE);
    let (from, to) = if replays {
        ("server", "AOF-loading-client")
    } else if client.flags.has(Flags::MASTER) {
        ("replica", "master")
    } else {
        ("master", "replica")
    };
    let text = Printable(&text[..text.len().min(4096)]);
    log_warning!(
        "== CRITICAL == This {from} is sending an error to its {to}: '-{text}' after processing the \
         command '{}'",
        client.last_command
    );
    srv.stats.unexpected_error_replies += 1;
    let replica = client.flags.has(Flags::MASTER) && srv.config.replica_read_only;
    let strict = match srv.config.propagation_error_behavior {
        PropagationError::Ignore => false,
        PropagationError::Panic => replica || replays,
        PropagationError::PanicOnReplicas => replica,
    };
    if strict {
        log_warning!(
            "This {from} panicked sending an error to its {to} after processing the command '{}'",
            client.last_command
        );
        srv.persist.exit = Some(1);
    }
}
