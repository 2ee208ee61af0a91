//! Full syncs between servers of one cluster: what a replica that catches up owes, what is told about it, and for
//! whom the snapshot is made.

use super::cluster::Cluster;
use crate::state::config::{Config, RdbVersion};

const VALUE: usize = 10_000;

/// A master whose memory holds little of the stream for a replica, with one replica online.
fn small(config: &mut Config) {
    config.repl_diskless_sync_delay = 0;
    config.repl_backlog_size = 64 << 10;
    config.client_output_buffer_limit.replica.hard_bytes = 512 << 10;
    config.client_output_buffer_limit.replica.soft_bytes = 256 << 10;
    config.client_output_buffer_limit.replica.soft_seconds = 60;
}

fn write(c: &mut Cluster, from: usize, count: usize) {
    for i in from..from + count {
        assert_eq!(c.ask(0, &["set", &format!("k{i}"), &"v".repeat(VALUE)]), "+OK\r\n");
        c.step();
    }
}

/// A replica that takes nothing while it is synchronized, and writes meanwhile.
fn overloaded(configure: impl Fn(&mut Config)) -> Cluster {
    let mut c = Cluster::new(3, 20_000, configure);
    c.follow(1, 0);
    c.until("first up", |c| c.online(1));
    write(&mut c, 0, 20);
    c.follow(2, 0);
    // Its snapshot has begun, and the stream is kept for it.
    while c.nodes[0].srv.repl.backlog.cursors() < 2 {
        assert!(c.step());
    }
    c.nodes[2].deaf = true;
    write(&mut c, 20, 300);
    c
}

#[test]
fn a_replica_that_catches_up_is_fed_from_disk_and_not_dropped() {
    for diskless in [false, true] {
        let mut c = overloaded(|config| {
            small(config);
            config.repl_diskless_sync = diskless;
        });
        let repl = &c.nodes[0].srv.repl;
        assert_eq!(repl.replicas.len(), 2);
        assert!(repl.backlog.mem_total() < 1 << 20, "{} bytes in memory", repl.backlog.mem_total());
        assert!(repl.spilled_bytes > 2 << 20);
        assert!(c.ask(0, &["info", "sync"]).contains("repl_spill_bytes:"));
        c.nodes[2].deaf = false;
        c.until("all have all", |c| c.online(2) && c.offset(2) == c.offset(0) && c.offset(1) == c.offset(0));
        assert_eq!(c.data(2), c.data(0));
        // Its acknowledgement is due within a second.
        c.until("it has caught up", |c| !c.nodes[0].srv.repl.catching_up);
        let node = &c.nodes[0].srv;
        assert_eq!((node.stats.sync_full, node.stats.output_limit_disconnections), (2, 0));
        assert!(node.repl.spill.is_none() && !node.repl.catching_up);
        let report = node.repl.last_sync.as_ref().expect("a report");
        assert!(report.spilled_bytes > 2 << 20 && report.peak_bytes > 200 << 10, "{report:?}");
        // Like all others from now on.
        c.nodes[2].deaf = true;
        write(&mut c, 0, 200);
        assert_eq!(c.nodes[0].srv.stats.output_limit_disconnections, 1);
    }
}

/// It has loaded all that came through the pipe before the master learns that the child is gone.
#[test]
fn a_replica_that_acknowledges_early_has_caught_up_at_once() {
    let mut c = Cluster::new(2, 5000, small);
    write(&mut c, 0, 10);
    c.follow(1, 0);
    while c.nodes[0].world.child.as_ref().is_none_or(|child| !child.data.is_empty()) {
        assert!(c.step());
    }
    c.nodes[0].world.held = true;
    c.steps(50);
    assert!(c.online(1) && c.nodes[0].srv.repl.last_sync.is_none());
    c.nodes[0].world.held = false;
    c.settle();
    let repl = &c.nodes[0].srv.repl;
    assert!(repl.last_sync.is_some() && !repl.catching_up);
}

#[test]
fn without_room_on_disk_the_limits_hold() {
    for size in [0, 300_000] {
        let c = overloaded(|config| {
            small(config);
            config.repl_diskless_sync = false;
            config.repl_spill_max_size = size;
        });
        let node = &c.nodes[0].srv;
        assert_eq!((node.stats.output_limit_disconnections, node.repl.replicas.len()), (1, 1), "{size}");
    }
}

#[test]
fn each_sync_says_why_and_which_option_would_have_helped() {
    let mut c = Cluster::new(2, 5000, small);
    c.follow(1, 0);
    c.until("up", |c| c.online(1));
    let why = |c: &Cluster| c.nodes[0].srv.repl.last_sync.as_ref().expect("a report").why.clone();
    let link_why = |c: &Cluster| c.nodes[1].srv.repl.last_link_sync.as_ref().expect("a report").why.clone();
    assert!(why(&c).starts_with("the replica holds another history"), "{}", why(&c));
    // What the replica lacks is not kept any more.
    c.cut(0);
    c.nodes[1].deaf = true;
    write(&mut c, 0, 40);
    c.nodes[1].deaf = false;
    c.until("up again", |c| c.online(1) && c.offset(1) == c.offset(0));
    assert!(why(&c).contains("a repl-backlog-size of "), "{}", why(&c));
    assert!(link_why(&c).starts_with("the master could not continue from byte "), "{}", link_why(&c));
    let info = c.ask(0, &["info", "sync"]);
    for field in
        ["last_full_sync_reason:the backlog had lost ", "last_full_sync_bytes:", "last_full_sync_ms:"]
    {
        assert!(info.contains(field), "{field}: {info}");
    }
    assert!(c.ask(1, &["info", "sync"]).contains("last_master_sync_reason:the master could not"));
    assert_eq!(c.nodes[0].srv.stats.sync_full, 2);
}

#[test]
fn the_snapshot_suits_the_replica() {
    let mut c = Cluster::new(2, 5000, small);
    c.ask(0, &["rpush", "list", "a", "1"]);
    c.ask(0, &["hset", "hash", "f", "v"]);
    c.ask(0, &["zadd", "zset", "1.5", "m"]);
    c.ask(0, &["sadd", "set", "m", "n"]);
    let cases = [
        ("4.0.14", None),
        ("6.2.14", Some("REDIS0009")),
        ("7.0.0", Some("REDIS0010")),
        ("8.1.4", Some("REDIS0010")),
    ];
    for (version, magic) in cases {
        let replica = c.another_user(0);
        assert_eq!(c.ask_as(0, replica, &["replconf", "capa", "eof", "version", version]), "+OK\r\n");
        let answer = c.ask_as(0, replica, &["psync", "?", "-1"]);
        c.settle();
        let sent = c.ask_as(0, replica, &[]);
        match magic {
            None => assert!(answer.starts_with("-ERR This replica can read no RDB version"), "{answer}"),
            Some(magic) => assert!(format!("{answer}{sent}").contains(magic), "{version}: {answer}{sent}"),
        }
        c.nodes[0].srv.clients.close(replica);
        c.settle();
    }
    assert!(c.ask(0, &["replconf", "version", "x"]).starts_with("-ERR value is not an integer"));
    // Ours reads what an old one would get.
    c.nodes[0].srv.config.repl_rdb_version = RdbVersion::V9;
    c.nodes[0].srv.config.repl_diskless_sync = false;
    c.follow(1, 0);
    c.until("up", |c| c.online(1));
    assert_eq!(c.data(0), c.data(1));
    assert!(!c.dir(0).join("dump.rdb").exists(), "the file of the server itself is of its own version");
}
