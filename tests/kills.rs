//! kill -9 of the master or of the replica in each phase of the handshake and of the transfer; after the
//! restart the two are the same again.
//!
//! The phases are those of [`pairs::phases`].

mod common;
#[path = "differential/mod.rs"]
mod differential;
mod pairs;

use std::time::Duration;

use common::{Direction, Proxy, SOON, Server, wait_until};
use pairs::phases::{PHASES, Phase, fill, reach};
use pairs::write;

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
        reach(phase, &master, &replica, &proxy, payload);
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
