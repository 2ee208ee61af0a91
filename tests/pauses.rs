//! CLIENT PAUSE seen from outside: who is held back, who is counted, what a replica does meanwhile.

mod common;

use common::{SOON, Server, wait_until};

/// The number in a line of INFO.
fn field(server: &Server, name: &str) -> i64 {
    let info = server.run("info").text();
    let value = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in {info}"))
}

#[test]
fn held_back_clients_count_as_blocked() {
    let server = Server::start("");
    assert_eq!(server.run("client pause 60000 write"), "OK");
    let mut writers = [server.client(), server.client()];
    for writer in &mut writers {
        writer.send(&["set", "key", "value"]);
    }
    wait_until("both wait", SOON, || field(&server, "blocked_clients") == 2);
    assert!(server.run("get key").is_null());
    assert_eq!(server.run("client unpause"), "OK");
    for writer in &mut writers {
        assert_eq!(writer.read_value(), "OK");
    }
    assert_eq!(field(&server, "blocked_clients"), 0);
}

#[test]
fn a_paused_replica_reads_its_masters_stream_and_applies_it_later() {
    let (master, replica) = (Server::start("repl-ping-replica-period 3600"), Server::start(""));
    replica.replicaof(master.port());
    replica.wait_link_up();
    master.run("set key before");
    wait_until("it has everything", SOON, || replica.run("get key") == "before");
    let offset = field(&replica, "slave_repl_offset");
    replica.run("client pause 60000 write");
    for value in ["one", "two", "three"] {
        master.run(&format!("set key {value}"));
        let sent = field(&master, "master_repl_offset");
        wait_until("it is read", SOON, || field(&replica, "slave_read_repl_offset") == sent);
    }
    assert_eq!(field(&replica, "slave_repl_offset"), offset);
    assert_eq!(replica.run("get key"), "before");
    replica.run("client unpause");
    wait_until("it is applied", SOON, || replica.run("get key") == "three");
    assert_eq!(field(&replica, "slave_repl_offset"), field(&master, "master_repl_offset"));
}

#[test]
fn a_wait_ended_by_hand_is_one_failed_call() {
    let server = Server::start("");
    let mut waiting = server.client();
    let id = waiting.run("client id").int();
    waiting.send(&["wait", "1", "0"]);
    let mut client = server.client();
    wait_until("it waits", SOON, || client.run(&format!("client unblock {id} error")).int() == 1);
    assert_eq!(waiting.read_value().error(), "UNBLOCKED client unblocked via CLIENT UNBLOCK");
    let stats = client.run("info commandstats").text();
    let line = stats.lines().find(|line| line.starts_with("cmdstat_wait:")).unwrap();
    assert!(line.contains(":calls=1,") && line.ends_with("rejected_calls=0,failed_calls=1"), "{line}");
}
