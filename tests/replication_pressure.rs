//! What a master and its replicas do to each other when something goes wrong or grows: replicas that talk back,
//! that owe too much, backlogs that shrink, children whose parent dies, and loops that should sleep.
//!
//! Each of these was a fault once, found by the Tcl suite of Redis 7.2.4 or by load.

mod common;

use std::time::Duration;

use common::{SOON, Server, wait_until};

/// Pings in the stream would move offsets that are compared.
const QUIET: &str = "repl-ping-replica-period 3600";

fn pair(config: &str) -> (Server, Server) {
    let master = Server::start(&format!("{QUIET}\n{config}"));
    let replica = Server::start(QUIET);
    replica.replicaof(master.port());
    replica.wait_link_up();
    (master, replica)
}

/// A value that fills `bytes`.
fn value(bytes: usize) -> Vec<u8> {
    vec![b'v'; bytes]
}

fn number(server: &Server, section: &str, name: &str) -> i64 {
    server.info_field(section, name).parse().unwrap()
}

#[test]
fn what_a_master_saves_and_how_it_leaves_is_its_own_affair() {
    let (mut master, mut replica) = pair("");
    run!(master, "set key value");
    master.wait_same_data(&replica);
    let offset = master.offset();
    for command in ["save", "debug reload", "bgsave"] {
        assert!(run!(master, "{command}").is_ok(), "{command}");
    }
    assert_eq!(master.offset(), offset, "none of these is a write");
    run!(master, "set key other");
    let _ = master.client().try_run("shutdown save now");
    assert!(master.wait_exit().success());
    wait_until("the replica has noticed", SOON, || !replica.link_up());
    assert!(replica.alive());
    assert_eq!(run!(replica, "get key"), "other");
}

#[test]
fn a_replica_that_sends_commands_is_disconnected() {
    let master = Server::start("");
    let cases = [
        ("ping", "Replica generated a reply to command 'ping', disconnecting it: "),
        ("slowlog get", "Replica generated a reply to command 'slowlog|get', disconnecting it: "),
        (
            "get key",
            "This master is sending an error to its replica: '-ERR Replica can't interact with the keyspace'",
        ),
    ];
    for (command, line) in cases {
        let mut rogue = master.client();
        assert!(rogue.run("psync ? -1").text().starts_with("FULLRESYNC"));
        rogue.send(&command.split(' ').collect::<Vec<_>>());
        let rest = rogue.read_to_end();
        let text = String::from_utf8_lossy(&rest);
        assert!(!text.contains("PONG") && !text.contains("ERR"), "{command}: {text}");
        master.wait_log(line);
        wait_until("it is gone", SOON, || number(&master, "replication", "connected_slaves") == 0);
    }
}

#[test]
fn a_backlog_made_shorter_is_given_back_without_further_writes() {
    let (master, replica) = pair("repl-backlog-size 32mb");
    // Small values make small blocks, of which a few only are dropped at once.
    let set = vec![b"set".to_vec(), b"key".to_vec(), value(10 << 10)];
    master.client().pipeline(&vec![set; 3200]);
    assert!(number(&master, "replication", "repl_backlog_histlen") > 30 << 20);
    master.wait_same_data(&replica);
    master.config_set("repl-backlog-size", "16384");
    wait_until("it has shrunk", SOON, || {
        number(&master, "memory", "mem_total_replication_buffers") < 3 << 20
    });
    master.wait_same_data(&replica);
    assert_eq!(number(&master, "stats", "sync_full"), 1);
}

#[test]
fn a_replica_may_owe_what_the_backlog_holds_and_no_more() {
    let (master, replica) = pair("repl-backlog-size 32mb");
    master.config_set("client-output-buffer-limit", "replica 512k 0 0");
    wait_until("it has caught up", SOON, || master.log().contains("Full sync of replica"));
    replica.pause();
    for _ in 0..4 {
        master.cmd(&[b"set".to_vec(), b"key".to_vec(), value(4 << 20)]);
    }
    assert_eq!(number(&master, "replication", "connected_slaves"), 1, "the backlog is larger");
    for _ in 0..8 {
        master.cmd(&[b"set".to_vec(), b"key".to_vec(), value(4 << 20)]);
    }
    assert_eq!(number(&master, "replication", "connected_slaves"), 0);
    assert!(master.log().contains("scheduled to be closed ASAP for overcoming of output buffer limits."));
    wait_until("what it owed is given back", SOON, || {
        number(&master, "memory", "mem_total_replication_buffers") < 40 << 20
    });
    replica.resume();
    replica.wait_link_up();
    master.wait_same_data(&replica);
}

#[test]
fn a_child_ends_with_its_parent() {
    let mut master = Server::start("rdb-key-save-delay 500");
    run!(master, "debug populate 100000");
    assert!(run!(master, "bgsave").is_ok());
    let pid = master.pid();
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    let child = format!("/proc/{}/cmdline", children.trim());
    assert!(std::fs::exists(&child).unwrap(), "{children}");
    master.kill();
    // A process that nobody collects has no command line any more.
    wait_until("the child is gone", SOON, || std::fs::read(&child).unwrap_or_default().is_empty());
}

#[test]
fn a_master_sleeps_after_diskless_syncs() {
    let (master, replica) = pair("repl-diskless-sync yes");
    run!(master, "debug populate 2000 key 500");
    for round in 1..=12 {
        run!(replica, "replicaof no one");
        run!(replica, "set own data");
        replica.replicaof(master.port());
        replica.wait_link_up();
        assert_eq!(number(&master, "stats", "sync_full"), round + 1);
        wait_until("the child is collected", SOON, || {
            number(&master, "persistence", "rdb_bgsave_in_progress") == 0
        });
        let before = number(&master, "stats", "eventloop_cycles");
        std::thread::sleep(Duration::from_millis(100));
        let turns = number(&master, "stats", "eventloop_cycles") - before;
        assert!(turns < 100, "{turns} turns of the loop in a tenth of a second with nothing to do");
    }
}

/// Redis drops such a replica, which then starts again and meets the same end.
#[test]
fn replicas_come_up_under_a_load_that_outgrows_their_buffers() {
    let lines =
        "repl-backlog-size 1mb\nclient-output-buffer-limit replica 8mb 2mb 60\nrdb-key-save-delay 500";
    let master = Server::start(&format!("{QUIET}\n{lines}"));
    run!(master, "debug populate 4000 key 1000");
    let replicas = [Server::start(QUIET), Server::start(QUIET)];
    replicas.iter().for_each(|replica| replica.replicaof(master.port()));
    let mut writer = master.client();
    let set = vec![b"set".to_vec(), b"key".to_vec(), value(10 << 10)];
    let pipeline = vec![set; 50];
    wait_until("the children save", SOON, || number(&master, "persistence", "rdb_bgsave_in_progress") == 1);
    let mut peak = 0;
    wait_until("both are up while the load runs", SOON * 3, || {
        writer.pipeline(&pipeline);
        peak = peak.max(number(&master, "memory", "mem_total_replication_buffers"));
        replicas.iter().all(Server::link_up)
    });
    assert_eq!(number(&master, "stats", "sync_full"), 2);
    assert!(master.log().contains("Spilling the stream to disk."));
    assert!(peak < 8 << 20, "{peak} bytes of stream in memory");
    replicas.iter().for_each(|replica| master.wait_same_data(replica));
    wait_until("the file is given up", SOON, || !master.info("sync").contains_key("repl_spill_bytes"));
    let reason = master.info_field("sync", "last_full_sync_reason");
    assert!(!reason.is_empty() && number(&master, "sync", "last_full_sync_spilled_bytes") > 0, "{reason}");
}

/// Bytes of the snapshot that the master's log tells of.
fn snapshot_bytes(config: &str) -> u64 {
    let master = Server::start(&format!("{QUIET}\n{config}"));
    run!(master, "debug populate 100 key 1000");
    let replica = Server::start(QUIET);
    replica.replicaof(master.port());
    replica.wait_link_up();
    master.wait_same_data(&replica);
    master.wait_log(" bytes sent, ");
    let log = master.log();
    let before = log.split(" bytes sent, ").next().unwrap();
    before.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn a_snapshot_without_a_file_is_compressed_on_request_only() {
    assert!(snapshot_bytes("repl-diskless-sync yes") > 100 * 1000);
    assert!(snapshot_bytes("repl-diskless-sync yes\nrepl-diskless-compression yes") < 50 * 1000);
    assert!(snapshot_bytes("repl-diskless-sync no") < 50 * 1000, "a file obeys rdbcompression");
    let plain = "repl-diskless-sync yes\nrepl-diskless-compression yes\nrdbcompression no";
    assert!(snapshot_bytes(plain) > 100 * 1000);
}
