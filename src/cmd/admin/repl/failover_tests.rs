//! FAILOVER between servers of one cluster.

use super::cluster::Cluster;
use crate::state::failover::Failover;

/// Node 0 with two replicas that have all it wrote.
fn trio() -> Cluster {
    let mut c = Cluster::new(3, 100, |config| config.repl_diskless_sync = false);
    c.follow(1, 0);
    c.follow(2, 0);
    c.until("up", |c| c.online(1) && c.online(2));
    c.ask(0, &["set", "a", "1"]);
    c.settle();
    c
}

fn failover_state(c: &Cluster, n: usize) -> &'static str {
    Failover::name(c.nodes[n].srv.repl.failover.as_deref())
}

fn is_master(c: &Cluster, n: usize) -> bool {
    !c.nodes[n].srv.repl.is_replica()
}

fn masters(c: &Cluster) -> Vec<usize> {
    (0..c.nodes.len()).filter(|n| is_master(c, *n)).collect()
}

#[test]
fn the_named_replica_becomes_the_master_and_nothing_is_lost() {
    let mut c = trio();
    c.ask(0, &["set", "b", "2"]);
    assert_eq!(c.ask(0, &["failover", "TO", "10.0.0.2", "2", "timeout", "60000"]), "+OK\r\n");
    assert_eq!(failover_state(&c, 0), "waiting-for-sync");
    // A write must wait; a read need not.
    assert_eq!(c.ask(0, &["get", "b"]), "$1\r\n2\r\n");
    assert_eq!(c.ask(0, &["set", "c", "3"]), "");
    c.until("over", |c| failover_state(c, 0) == "no-failover");
    assert_eq!(masters(&c), [2]);
    c.settle();
    assert!(c.reply(0).starts_with("-READONLY"));
    assert!(c.online(0));
    c.follow(1, 2);
    c.ask(2, &["set", "d", "4"]);
    c.until("all follow", |c| c.online(1) && c.offset(0) == c.offset(2) && c.offset(1) == c.offset(2));
    assert_eq!((c.data(0), c.data(1)), (c.data(2), c.data(2)));
    let stats = &c.nodes[2].srv.stats;
    assert_eq!((stats.sync_full, stats.sync_partial_ok), (0, 2));
}

#[test]
fn any_replica_that_has_everything_will_do_at_once() {
    let mut c = trio();
    c.advance(1000);
    c.settle();
    let before = c.offset(0);
    assert_eq!(c.ask(0, &["failover"]), "+OK\r\n");
    c.settle();
    assert_eq!(masters(&c), [1]);
    assert_eq!(c.offset(1), before, "nobody had to be asked");
    assert_eq!(failover_state(&c, 0), "no-failover");
}

#[test]
fn what_cannot_be_is_refused() {
    let mut c = trio();
    let cases: [(&[&str], &str); 8] = [
        (&["failover", "abort"], "-ERR No failover in progress."),
        (&["failover", "to", "10.0.0.9", "1"], "-ERR FAILOVER target HOST and PORT is not a replica."),
        (&["failover", "to", "10.0.0.1", "70000"], "-ERR FAILOVER target HOST and PORT is not a replica."),
        (&["failover", "to", "10.0.0.1", "x"], "-ERR value is not an integer or out of range"),
        (&["failover", "timeout", "0"], "-ERR FAILOVER timeout must be greater than 0"),
        (&["failover", "force", "timeout", "1"], "-ERR FAILOVER with force option requires both"),
        (&["failover", "to", "10.0.0.1", "1", "force"], "-ERR FAILOVER with force option requires both"),
        (&["failover", "abort", "abort"], "-ERR syntax error"),
    ];
    for (words, reply) in cases {
        assert!(c.ask(0, words).starts_with(reply), "{words:?}");
    }
    assert!(c.ask(1, &["failover"]).starts_with("-ERR FAILOVER is not valid when server is a replica."));
    c.ask(2, &["replicaof", "no", "one"]);
    assert!(c.ask(2, &["failover"]).starts_with("-ERR FAILOVER requires connected replicas."));
    assert!(c.ask(1, &["psync", "?", "-1", "failover"]).starts_with("-ERR PSYNC FAILOVER replid must match"));
    assert!(
        c.ask(0, &["psync", "?", "-1", "failover"]).starts_with("-ERR PSYNC FAILOVER can't be sent to a")
    );
}

/// A trio whose node 1 reads nothing any more, with a failover to it under way.
fn stuck(words: &[&str]) -> Cluster {
    let mut c = trio();
    c.nodes[1].deaf = true;
    c.ask(0, &["set", "b", "2"]);
    assert_eq!(c.ask(0, words), "+OK\r\n");
    c.settle();
    assert_eq!(failover_state(&c, 0), "waiting-for-sync");
    c
}

#[test]
fn time_and_abort_end_the_wait_and_writes_go_on() {
    for by_hand in [false, true] {
        let mut c = stuck(&["failover", "to", "10.0.0.1", "1", "timeout", "500"]);
        assert_eq!(c.ask(0, &["set", "c", "3"]), "");
        assert!(c.ask(2, &["replicaof", "no", "one"]).starts_with("+OK"));
        c.advance(499);
        c.settle();
        assert_eq!(failover_state(&c, 0), "waiting-for-sync");
        if by_hand {
            let other = c.another_user(0);
            assert_eq!(c.ask_as(0, other, &["failover"]), "-ERR FAILOVER already in progress.\r\n");
            let refused = c.ask_as(0, other, &["replicaof", "x", "1"]);
            assert_eq!(refused, "-ERR REPLICAOF not allowed while failing over.\r\n");
            let refused = c.ask_as(0, other, &["psync", "?", "-1"]);
            assert!(refused.starts_with("-NOMASTERLINK Can't SYNC while failing over"));
            assert_eq!(c.ask_as(0, other, &["failover", "abort"]), "+OK\r\n");
        } else {
            c.advance(1);
        }
        c.settle();
        assert_eq!(failover_state(&c, 0), "no-failover");
        assert_eq!(c.reply(0), "+OK\r\n", "the write that waited");
        assert!(is_master(&c, 0));
        c.nodes[1].deaf = false;
        c.until("node 1 has it", |c| c.offset(1) == c.offset(0));
        assert_eq!(c.nodes[0].srv.stats.sync_full, 2, "the first ones");
    }
}

#[test]
fn with_force_the_target_takes_over_with_what_it_has() {
    let mut c = stuck(&["failover", "to", "10.0.0.1", "1", "timeout", "500", "force"]);
    c.advance(500);
    c.settle();
    assert_eq!(failover_state(&c, 0), "failover-in-progress");
    assert_eq!(masters(&c), [] as [usize; 0], "there are never two");
    c.nodes[1].deaf = false;
    c.until("over", |c| failover_state(c, 0) == "no-failover" && c.online(0));
    assert_eq!(masters(&c), [1]);
    c.until("equal", |c| c.offset(0) == c.offset(1) && c.data(0) == c.data(1));
}

#[test]
fn a_refusal_makes_the_old_master_one_again() {
    let mut c = stuck(&["failover", "to", "10.0.0.1", "1", "timeout", "500", "force"]);
    // By the time it is asked it belongs to another master.
    assert_eq!(c.ask(1, &["replicaof", "node", "9"]), "+OK\r\n");
    let foreign = [b'f'; 40];
    c.nodes[1].srv.repl.ids.adopt(foreign);
    c.nodes[1].deaf = false;
    c.advance(500);
    c.until("over", |c| failover_state(c, 0) == "no-failover");
    assert!(is_master(&c, 0) && !is_master(&c, 1));
    assert_eq!(c.ask(0, &["set", "c", "3"]), "+OK\r\n");
}

#[test]
fn an_answer_that_gets_lost_does_not_make_two_masters() {
    let mut c = trio();
    c.advance(1000);
    c.settle();
    assert_eq!(c.ask(0, &["failover", "to", "10.0.0.1", "1"]), "+OK\r\n");
    // Up to the moment at which the target has taken over and its answer is on its way.
    for _ in 0..1000 {
        c.step();
        if is_master(&c, 1) {
            break;
        }
    }
    assert_eq!(masters(&c), [1]);
    assert_eq!(failover_state(&c, 0), "failover-in-progress");
    for at in (0..c.links()).rev() {
        c.cut(at);
    }
    c.until("over", |c| {
        assert_eq!(masters(c), [1]);
        failover_state(c, 0) == "no-failover" && c.online(0)
    });
    assert_eq!(c.data(0), c.data(1));
}
