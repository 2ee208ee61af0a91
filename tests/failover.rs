//! Changes of role on purpose, between processes: FAILOVER between ours and Debian's, the transaction by which
//! Sentinel turns a server around, masters called by name.

mod common;
#[path = "differential/mod.rs"]
mod differential;
mod pairs;

use common::{SOON, Server, wait_until};
use pairs::{Kind, syncs, write};

const QUIET: &str = "repl-ping-replica-period 3600";

fn role(server: &Server) -> String {
    server.info_field("replication", "role")
}

fn failover_state(server: &Server) -> String {
    server.info_field("replication", "master_failover_state")
}

/// A master hands over to its replica and back, without a full sync and without a lost write.
fn there_and_back(first: Kind, second: Kind) -> Option<()> {
    let (a, b) = (first.start(QUIET)?, second.start(QUIET)?);
    b.replicaof(a.port());
    b.wait_link_up();
    let full = syncs(&a).0;
    for (round, (from, to)) in [(&a, &b), (&b, &a)].into_iter().enumerate() {
        write(from, 80 + round as u64, 300);
        let words = format!("failover to 127.0.0.1 {} timeout 20000", to.port());
        assert_eq!(from.run(&words), "OK");
        wait_until("the failover is over", SOON * 2, || {
            failover_state(from) == "no-failover" && role(to) == "master"
        });
        from.wait_link_up();
        to.wait_same_data(from);
    }
    assert_eq!((role(&a), role(&b)), ("master".into(), "slave".into()));
    assert_eq!((syncs(&a).0, syncs(&b).0), (full, 0));
    Some(())
}

#[test]
fn ours_and_real_hand_over_to_each_other() {
    there_and_back(Kind::Ours, Kind::Real);
}

#[test]
fn ours_hand_over_to_each_other() {
    there_and_back(Kind::Ours, Kind::Ours);
}

#[test]
fn a_stopped_target_is_waited_for_until_somebody_decides() {
    let (master, replica) = (Server::start(QUIET), Server::start(QUIET));
    replica.replicaof(master.port());
    replica.wait_link_up();
    // Up at its own end is not yet online for the master.
    wait_until("it is online", SOON, || master.info_field("replication", "slave0").contains("state=online"));
    replica.pause();
    run!(master, "set key value");
    let words = format!("failover to 127.0.0.1 {} timeout 50 force", replica.port());
    assert_eq!(master.run(&words), "OK");
    wait_until("it does not wait any longer", SOON, || failover_state(&master) == "failover-in-progress");
    assert_eq!(role(&master), "slave", "there are never two");
    master.wait_log("time out exceeded, failing over.");
    assert_eq!(run!(master, "failover abort"), "OK");
    assert_eq!((role(&master), failover_state(&master)), ("master".into(), "no-failover".into()));
    replica.resume();
    replica.wait_link_up();
    run!(master, "set key other");
    master.wait_same_data(&replica);
    assert_eq!(syncs(&master).0, 1);
}

/// What Sentinel sends to a server that is to follow another, and to one that is to lead.
fn turn(server: &Server, slaveof: &str) {
    let mut sentinel = server.client();
    let words =
        ["multi", slaveof, "config rewrite", "client kill type normal", "client kill type pubsub", "exec"];
    for word in &words[..5] {
        let expected = if *word == "multi" { "OK" } else { "QUEUED" };
        assert_eq!(sentinel.run(word), expected, "{word}");
    }
    let replies = sentinel.run("exec");
    assert_eq!(replies.texts()[..2], ["OK", "OK"], "{replies:?}");
    // It was an ordinary client.
    server.forget_admin();
}

#[test]
fn sentinels_transaction_turns_a_server_around_and_its_file() {
    let (a, mut b) = (Server::start(QUIET), Server::start(QUIET));
    let mut bystander = b.client();
    assert_eq!(bystander.run("ping"), "PONG");
    turn(&b, &format!("slaveof 127.0.0.1 {}", a.port()));
    assert!(bystander.try_run("ping").is_err(), "ordinary clients have to come again");
    b.wait_link_up();
    run!(a, "set key value");
    a.wait_same_data(&b);
    let file = |server: &Server| std::fs::read_to_string(server.config_file()).unwrap();
    assert!(file(&b).contains(&format!("replicaof 127.0.0.1 {}", a.port())), "{}", file(&b));
    b.restart();
    b.wait_link_up();
    // The replica may not have noticed yet that its link was killed; its master knows at once, and is asked first.
    let linked = || a.info_field("replication", "connected_slaves") == "1" && b.link_up();
    // The link of a replica is no ordinary client, and no subscriber.
    for (class, killed) in [("normal", 0), ("pubsub", 0), ("master", 0), ("replica", 1), ("slave", 1)] {
        wait_until("one replica", SOON, linked);
        assert_eq!(a.run(&format!("client kill type {class}")).int(), killed, "{class}");
    }
    wait_until("one replica", SOON, linked);
    assert_eq!(run!(b, "client kill type master").int(), 1);
    b.wait_link_up();
    turn(&b, "slaveof no one");
    assert_eq!(role(&b), "master");
    assert!(!file(&b).contains("replicaof"), "{}", file(&b));
    assert_eq!(syncs(&a).0, 1, "all else was continued");
}

#[test]
fn masters_and_replicas_go_by_name() {
    let (master, replica) = (Server::start(QUIET), Server::start("replica-announce-ip localhost"));
    // Nobody has this name; whoever asks is served all the same.
    assert_eq!(run!(replica, "replicaof no-such-host.invalid 6379"), "OK");
    replica.wait_log("Unable to connect to MASTER: ");
    assert_eq!(run!(replica, "ping"), "PONG");
    assert_eq!(replica.run(&format!("replicaof localhost {}", master.port())), "OK");
    replica.wait_link_up();
    let line = master.info_field("replication", "slave0");
    assert!(line.starts_with(&format!("ip=localhost,port={},", replica.port())), "{line}");
    assert_eq!(replica.info_field("replication", "master_host"), "localhost");
    let words = format!("failover to LocalHost {} timeout 20000", replica.port());
    assert_eq!(master.run(&words), "OK");
    wait_until("the failover is over", SOON * 2, || role(&replica) == "master" && role(&master) == "slave");
    master.wait_link_up();
}
