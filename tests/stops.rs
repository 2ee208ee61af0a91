//! SIGSTOP of the master, of the replica, or of the master's child in each phase of a synchronization, for longer than
//! `repl-timeout`; the child killed; a bit that changes on its way. In the end the two are the same.
//!
//! A process that stands still keeps its sockets: nobody is told. What ends such a link is the other side's patience, or
//! its own once it goes on and finds that so much time has passed.
//!
//! The phases are those of [`pairs::phases`]; all of them at the same time, each with servers of its own.

mod common;
#[path = "differential/mod.rs"]
mod differential;
mod pairs;

use std::thread;
use std::time::Duration;

use common::server::send_signal;
use common::{Direction, Proxy, SOON, Server, wait_until};
use differential::rng::Rng;
use pairs::phases::{PHASES, Phase, fill, reach};
use pairs::write;

/// Whom it meets.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Party {
    Master,
    Replica,
    Child,
}

/// A link as short of patience as can be.
const HASTY: &str = "repl-timeout 2\nrepl-ping-replica-period 1";
/// Longer than that.
const PAUSE: Duration = Duration::from_millis(3500);

/// A master with data, and the length of its payload.
fn master(diskless: &str) -> (Server, u64) {
    let master = Server::start(&format!("repl-diskless-sync {diskless}\nrdb-key-save-delay 0\n{HASTY}"));
    write(&master, 70, 300);
    let payload = fill(&master);
    (master, payload)
}

/// The process of a server's child, if it has one.
fn child_of(server: &Server) -> Option<u32> {
    let pid = server.pid();
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    children.split(' ').next()?.parse().ok()
}

/// Brings a replica into the phase, does it, and wants the end to be good. A deed to the child needs one that is slow.
fn meet(phase: Phase, diskless: &str, load: &str, of_child: bool, deed: impl Fn(&Server, &Server)) {
    let (master, payload) = master(diskless);
    let proxy = Proxy::to(master.port());
    proxy
        .delay(Direction::Down, Duration::from_millis(if matches!(phase, Phase::Bytes(_)) { 30 } else { 1 }));
    if of_child || matches!(phase, Phase::Saving) {
        master.config_set("rdb-key-save-delay", "2000");
    }
    let replica =
        Server::start(&format!("repl-diskless-load {load}\n{HASTY}\nreplicaof 127.0.0.1 {}", proxy.port()));
    reach(phase, &master, &replica, &proxy, payload);
    deed(&master, &replica);
    master.config_set("rdb-key-save-delay", "0");
    proxy.delay(Direction::Down, Duration::ZERO);
    write(&master, 72, 100);
    wait_until(&format!("the link is up again ({phase:?})"), SOON * 3, || replica.link_up());
    master.wait_same_data(&replica);
    assert_eq!(replica.cmd(&["exists", "fill:0"]), master.cmd(&["exists", "fill:0"]));
}

fn stop_in_each_phase(party: Party, diskless: &str, load: &str) {
    thread::scope(|scope| {
        for phase in PHASES {
            let when =
                matches!(phase, Phase::Saving) || diskless == "yes" && matches!(phase, Phase::Payload(_));
            if party == Party::Child && !when {
                continue;
            }
            scope.spawn(move || {
                meet(phase, diskless, load, party == Party::Child, |master, replica| match party {
                    Party::Master => stand_still(master.pid()),
                    Party::Replica => stand_still(replica.pid()),
                    // At the end of the payload it may have written all it had into the pipe, and gone.
                    Party::Child => child_of(master).into_iter().for_each(stand_still),
                });
            });
        }
    });
}

fn stand_still(pid: u32) {
    send_signal(pid, libc::SIGSTOP);
    thread::sleep(PAUSE);
    send_signal(pid, libc::SIGCONT);
}

#[test]
fn the_master_stands_still_while_it_sends_a_file() {
    stop_in_each_phase(Party::Master, "no", "disabled");
}

#[test]
fn the_master_stands_still_while_it_sends_from_memory() {
    stop_in_each_phase(Party::Master, "yes", "swapdb");
}

#[test]
fn the_replica_stands_still_while_it_stores_a_file() {
    stop_in_each_phase(Party::Replica, "no", "disabled");
}

#[test]
fn the_replica_stands_still_while_it_reads_from_the_socket() {
    stop_in_each_phase(Party::Replica, "yes", "on-empty-db");
}

#[test]
fn the_child_stands_still() {
    for diskless in ["no", "yes"] {
        stop_in_each_phase(Party::Child, diskless, "disabled");
    }
}

#[test]
fn the_child_is_killed() {
    for (diskless, phase) in [("no", Phase::Saving), ("yes", Phase::Saving), ("yes", Phase::Payload(50))] {
        meet(phase, diskless, "swapdb", true, |master, _| {
            let child = child_of(master).expect("the child is at work");
            send_signal(child, libc::SIGKILL);
            master.wait_log("SYNC failed. BGSAVE child returned an error");
        });
    }
}

/// The stream has no checksum, in Redis neither; the snapshot has one.
#[test]
fn a_bit_that_changes_in_the_snapshot() {
    let mut rng = Rng::new(11);
    for (diskless, load) in
        [("no", "disabled"), ("yes", "disabled"), ("yes", "on-empty-db"), ("yes", "swapdb")]
    {
        let (master, payload) = master(diskless);
        for _ in 0..6 {
            let proxy = Proxy::to(master.port());
            // Behind the handshake and the header.
            let at = 400 + rng.below(payload as usize - 400) as u64;
            proxy.flip_at(Direction::Down, at);
            let replica =
                Server::start(&format!("repl-diskless-load {load}\nreplicaof 127.0.0.1 {}", proxy.port()));
            let what = format!("up although a bit of byte {at} changed ({diskless}, {load})");
            wait_until(&what, SOON * 3, || replica.link_up());
            assert!(proxy.has_flipped(Direction::Down));
            assert!(proxy.accepted() > 1, "{what}: it took the snapshot");
            master.wait_same_data(&replica);
        }
    }
}
