//! Telling systemd how we are: `STATUS=…` and `READY=1` to the socket in `NOTIFY_SOCKET`.
//!
//! Source: sd_notify(3); Redis 7.2.4 `redisCommunicateSystemd`.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use crate::state::config::Supervised;

/// Whom the configuration and the environment say we work for.
pub fn supervisor(asked: Supervised) -> Supervised {
    let notified = std::env::var_os("NOTIFY_SOCKET").is_some();
    let upstart = std::env::var_os("UPSTART_JOB").is_some();
    let whom = match asked {
        Supervised::Auto if upstart => Supervised::Upstart,
        Supervised::Auto if notified => supervisor(Supervised::Systemd),
        Supervised::Auto => Supervised::No,
        Supervised::Systemd if !notified => {
            crate::log_warning!("systemd supervision error: NOTIFY_SOCKET not found!");
            Supervised::No
        }
        Supervised::Upstart if !upstart => {
            crate::log_warning!("upstart supervision requested, but UPSTART_JOB not found!");
            Supervised::No
        }
        Supervised::Systemd => {
            self::systemd("STATUS=Redis is loading...\n");
            crate::log_notice!(
                "Supervised by systemd. Please make sure you set appropriate values for TimeoutStartSec and \
                 TimeoutStopSec in your service unit."
            );
            Supervised::Systemd
        }
        other => other,
    };
    if whom == Supervised::Systemd {
        self::systemd("STATUS=Redis is loading...\n");
        crate::log_notice!(
            "Supervised by systemd. Please make sure you set appropriate values for TimeoutStartSec and \
             TimeoutStopSec in your service unit."
        );
    }
    whom
}

/// Sends a line to systemd; nobody there is no error.
pub fn systemd(state: &str) {
    let Some(name) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let bytes = name.as_bytes();
    let address = match bytes.strip_prefix(b"@") {
        Some(abstract_name) => SocketAddr::from_abstract_name(abstract_name),
        None => SocketAddr::from_pathname(&name),
    };
    let sent = address.and_then(|address| UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address));
    if let Err(e) = sent {
        crate::log_warning!("Error sending supervision message to systemd: {e}");
    }
}
