//! Ports for servers, safe under tests that run side by side in threads and in processes.
//!
//! A port is leased: a lock on a file named after it, held as long as the server may come back to it (a restarted
//! master must be found where it was). The kernel drops the lock when the test process ends, however it ends.
//! Ports lie below the range from which the kernel takes the ports of outgoing connections, so a replica's own
//! connection cannot land on one. Someone outside of this agreement can still be faster: a server that says
//! "Address already in use" is started again elsewhere.

use std::fs::{self, File};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

const FIRST: u32 = 21_000;
const COUNT: u32 = 11_000;

/// A port that is ours until this is dropped.
#[derive(Debug)]
pub struct Lease {
    /// The port.
    pub port: u16,
    _lock: File,
}

/// Leases a port on which nobody listens now.
pub fn lease() -> Lease {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let folder = std::env::temp_dir().join("replis-test-ports");
    fs::create_dir_all(&folder).unwrap();
    let nanos = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().subsec_nanos();
    let start = std::process::id().wrapping_mul(97).wrapping_add(nanos / 1000);
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = (FIRST + start.wrapping_add(step) % COUNT) as u16;
        let lock = File::options().create(true).append(true).open(folder.join(port.to_string())).unwrap();
        if lock.try_lock().is_ok() && free(port) {
            return Lease { port, _lock: lock };
        }
    }
    panic!("no free port between {FIRST} and {}", FIRST + COUNT);
}

fn free(port: u16) -> bool {
    TcpListener::bind(("0.0.0.0", port)).is_ok() && TcpListener::bind(("127.0.0.1", port)).is_ok()
}
