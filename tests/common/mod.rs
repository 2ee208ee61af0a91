//! What the tests of `tests/` share: servers in temporary folders, a client, a proxy for links, waiting.
//!
//! A test starts real processes and speaks to them over real sockets. Three rules keep such tests quick and
//! honest: a server gets a port nobody else holds ([`ports`]) and a folder of its own, and dies with its handle
//! ([`server`]); nothing sleeps for luck, everything waits for a condition with a deadline ([`wait_until`]); when a
//! test fails, the end of each server's log is printed.
//!
//! The client ([`client`]) decodes replies by itself, so that a mistake in the library's own protocol code cannot
//! hide behind itself.
//!
//! | variable | effect |
//! |---|---|
//! | `REPLIS_TEST_SERVER=PATH` | test another `redis-server` instead of ours, to check the tests |
//! | `REPLIS_SKIP_REAL_REDIS=1` | pass over tests that need Debian's redis-server or redis-cli when it is missing |
//! | `REPLIS_SKIP_SMALL_DISK=1` | pass over tests that need to mount a tmpfs when that is forbidden |
//! | `REPLIS_TEST_SLOWDOWN=N` | multiply every deadline by N (valgrind, busy machines) |

// Each test file uses a part of this.
#![allow(dead_code, unused_imports)]

pub mod cli;
pub mod client;
pub mod ports;
pub mod proxy;
pub mod server;
pub mod text;

pub use cli::{cli, cli_lines, redis_cli};
pub use client::{Client, Value};
pub use proxy::{Direction, Proxy};
pub use server::{Server, Setup, real_redis, server_binary, tests_the_original};

use std::time::{Duration, Instant};

/// How long a condition may take that should hold at once.
pub const SOON: Duration = Duration::from_secs(10);

/// A deadline, stretched by `REPLIS_TEST_SLOWDOWN`.
pub fn patience(normal: Duration) -> Duration {
    let factor = std::env::var("REPLIS_TEST_SLOWDOWN").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    normal * factor
}

/// Asks `condition` every few milliseconds until it says yes; fails the test with `what` after `deadline`.
#[track_caller]
pub fn wait_until(what: &str, deadline: Duration, mut condition: impl FnMut() -> bool) {
    if !holds_within(deadline, &mut condition) {
        panic!("waited in vain: {what}");
    }
}

/// [`wait_until`] that tells instead of failing.
pub fn holds_within(deadline: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + patience(deadline);
    let mut pause = Duration::from_millis(1);
    loop {
        if condition() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        std::thread::sleep(pause);
        pause = (pause * 3 / 2).min(Duration::from_millis(20));
    }
}

/// Whether a program that is missing on this machine may be passed over; says so when it is.
pub fn may_skip(program: &str) -> bool {
    let allowed = std::env::var_os("REPLIS_SKIP_REAL_REDIS").is_some_and(|value| value == "1");
    if allowed {
        eprintln!("SKIPPED: no {program} on this machine, and REPLIS_SKIP_REAL_REDIS=1");
    }
    allowed
}

/// Full path of a program in `PATH`.
pub fn in_path(program: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// `$client.run(..)` with the words of a format string: `run!(client, "set {key} 1")`.
#[macro_export]
macro_rules! run {
    ($client:expr, $($form:tt)+) => { $client.run(&format!($($form)+)) };
}
