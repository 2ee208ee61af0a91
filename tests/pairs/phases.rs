//! The phases of a synchronization, as seen from a proxy on the link: from the first answer of the handshake to the
//! stream.
//!
//! The proxy slows the link down, so that each answer of the handshake is a phase of its own, and counts the bytes that
//! the master has sent: the phase is known by their number. While the child still saves, `rdb-key-save-delay` holds it.

use crate::common::{Direction, Proxy, SOON, Server, wait_until};
use crate::differential::rng::Rng;

use super::write;

/// When something happens to one of them.
#[derive(Clone, Copy, Debug)]
pub enum Phase {
    /// So many bytes after the connection: the answers of the handshake are +PONG, +OK, +OK, +FULLRESYNC.
    Bytes(u64),
    /// While the child saves, before the first byte of the payload.
    Saving,
    /// At so many percent of the payload.
    Payload(u64),
    /// After the transfer, in the middle of the stream.
    Online,
}

/// All of them.
pub const PHASES: [Phase; 9] = [
    Phase::Bytes(1),
    Phase::Bytes(8),
    Phase::Bytes(13),
    Phase::Bytes(30),
    Phase::Saving,
    Phase::Payload(2),
    Phase::Payload(50),
    Phase::Payload(99),
    Phase::Online,
];

/// What does not compress, so that the payload is as long as the data.
pub fn fill(master: &Server) -> u64 {
    let mut rng = Rng::new(7);
    let mut client = master.client();
    let (keys, size) = (400, 2000);
    let sets: Vec<Vec<Vec<u8>>> =
        (0..keys).map(|i| vec![b"set".to_vec(), format!("fill:{i}").into_bytes(), rng.bytes(size)]).collect();
    for reply in client.pipeline(&sets) {
        assert_eq!(reply, "OK");
    }
    (keys * size) as u64
}

/// Waits for the phase. The proxy was made for this link, and slows it down; `payload` is what [`fill`] said.
pub fn reach(phase: Phase, master: &Server, replica: &Server, proxy: &Proxy, payload: u64) {
    let passed = |bytes: u64| {
        wait_until(&format!("{bytes} bytes from the master ({phase:?})"), SOON * 2, || {
            proxy.passed(Direction::Down) >= bytes
        });
    };
    match phase {
        Phase::Bytes(n) => passed(n),
        Phase::Saving => wait_until("the child saves", SOON, || {
            master.info_field("persistence", "rdb_bgsave_in_progress") == "1"
        }),
        Phase::Payload(percent) => passed(payload * percent / 100 + 200),
        Phase::Online => {
            replica.wait_link_up();
            write(master, 71, 200);
        }
    }
}
