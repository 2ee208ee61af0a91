//! kill -9 of the master or of the replica in each phase of the handshake and of the transfer; after the
//! restart the two are the same again.
//!
//! A proxy slows the link down, so that each answer of the handshake is a phase of its own, and counts the
//! bytes that the master has sent: the phase is known by their number. While the child still saves,
//! `rdb-key-save-delay` holds it.

mod common;
#[path = "differential/mod.rs"]
mod differential;
mod pairs;

use std::time::Duration;

use common::{Direction, Proxy, SOON, Server, wait_until};
use differential::rng::Rng;
use pairs::write;

/// When the victim dies.
#[derive(Clone, Copy, Debug)]
enum Phase {
    /// So many bytes after the connection: the answers of the handshake are +PONG, +OK, +OK, +FULLRESYNC.
    Bytes(u64),
    /// While the child saves, before the first byte of the payload.
    Saving,
    /// At so many percent of the payload.
    Payload(u64),
    /// After the transfer, in the middle of the stream.
    Online,
}

const PHASES: [Phase; 9] = [
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
fn fill(master: &Server) -> u64 {
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

/// Waits for the phase; the handshake of this proxy begins at `start` bytes.
fn reach(phase: Phase, master: &Server, replica: &Server, proxy: &Proxy, start: u64, payload: u64) {
    let passed = |bytes: u64| {
        wait_until(&format!("{bytes} bytes from the master ({phase:?})"), SOON * 2, || {
            proxy.passed(Direction::Down) >= start + bytes
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

fn kill_in_each_phase(diskless: &str, load: &str, kill_master: bool) {
    let mut master = Server::start(&format!("repl-diskless-sync {diskless}\nrdb-key-save-delay 0"));
    write(&master, 70, 300);
    let payload = fill(&master);
    assert_eq!(master.run("save"), "OK");
    for phase in PHASES {
        let proxy = Proxy::to(master.port());
        let slow = if matches!(phase, Phase::Bytes(_)) { 30 } else { 1 };
        proxy.delay(Direction::Down, Duration::from_millis(slow));
        if matches!(phase, Phase::Saving) {
            // The child takes a second or so; it ends with its master or when nobody waits for it.
            master.config_set("rdb-key-save-delay", "2000");
        }
        let lines =
            format!("repl-diskless-load {load}\nrepl-timeout 20\nreplicaof 127.0.0.1 {}", proxy.port());
        let mut replica = Server::start(&lines);
        reach(phase, &master, &replica, &proxy, 0, payload);
        if kill_master {
            master.kill();
            master.launch();
        } else {
            replica.kill();
            master.config_set("rdb-key-save-delay", "0");
            replica.launch();
        }
        proxy.delay(Direction::Down, Duration::ZERO);
        write(&master, 72, 100);
        wait_until(&format!("the link is up again ({phase:?})"), SOON * 3, || replica.link_up());
        master.wait_same_data(&replica);
        assert_eq!(master.cmd(&["exists", "fill:0"]), replica.cmd(&["exists", "fill:0"]));
        if kill_master {
            // What the next phase transfers comes from the file.
            fill(&master);
            wait_until("the child is gone", SOON, || {
                master.info_field("persistence", "rdb_bgsave_in_progress") == "0"
            });
            assert_eq!(master.run("save"), "OK");
        }
    }
}

#[test]
fn the_master_dies_while_it_sends_a_file() {
    kill_in_each_phase("no", "disabled", true);
}

#[test]
fn the_master_dies_while_it_sends_from_memory() {
    kill_in_each_phase("yes", "swapdb", true);
}

#[test]
fn the_replica_dies_while_it_stores_a_file() {
    kill_in_each_phase("no", "disabled", false);
}

#[test]
fn the_replica_dies_while_it_reads_from_the_socket() {
    kill_in_each_phase("yes", "on-empty-db", false);
}
