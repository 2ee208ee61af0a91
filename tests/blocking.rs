//! Clients that wait for keys, as real connections see it: order, time-outs, every way to make a key, and every way
//! in which a wait can end.

mod common;

use std::time::{Duration, Instant};

use common::{Client, SOON, Server, wait_until};

/// Waits until so many clients are parked.
#[track_caller]
fn wait_blocked(server: &Server, count: usize) {
    wait_until(&format!("{count} clients are blocked"), SOON, || {
        server.info_field("clients", "blocked_clients") == count.to_string()
    });
}

/// A connection that waits for something now; the one after `before` others.
#[track_caller]
fn waiter(server: &Server, before: usize, words: &str) -> Client {
    let mut client = server.client();
    client.send(&words.split_whitespace().collect::<Vec<_>>());
    wait_blocked(server, before + 1);
    client
}

fn id_of(client: &mut Client) -> i64 {
    client.run("client id").int()
}

#[test]
fn waiters_are_served_in_the_order_in_which_they_came() {
    let server = Server::start("");
    let mut first = waiter(&server, 0, "blpop l 0");
    let mut second = waiter(&server, 1, "brpop other l 0");
    let mut third = waiter(&server, 2, "blmpop 0 1 l left count 10");
    let mut fourth = waiter(&server, 3, "blmove l taken left left 0");
    assert_eq!(server.info_field("clients", "total_blocking_keys"), "2");
    assert_eq!(server.run("rpush l 1 2"), "2");
    assert_eq!(first.read_value().texts(), ["l", "1"]);
    assert_eq!(second.read_value().texts(), ["l", "2"]);
    wait_blocked(&server, 2);
    assert_eq!(server.run("rpush l 3 4"), "2");
    let both = third.read_value();
    assert_eq!((both.items()[0].text(), both.items()[1].texts()), ("l".into(), vec!["3".into(), "4".into()]));
    assert_eq!(server.run("rpush l 5"), "1");
    assert_eq!(fourth.read_value(), "5");
    assert_eq!(server.run("lrange taken 0 -1").texts(), ["5"]);
    wait_blocked(&server, 0);
    assert_eq!(server.info_field("clients", "total_blocking_keys"), "0");
}

#[test]
fn time_outs_come_in_fractions_of_seconds() {
    let server = Server::start("");
    for (words, resp3) in
        [("blpop l 0.05", false), ("blmove a b left right 0.05", false), ("bzpopmin z 0.05", true)]
    {
        let mut client = server.client();
        if resp3 {
            client.run("hello 3");
        }
        let began = Instant::now();
        client.send(&words.split_whitespace().collect::<Vec<_>>());
        let reply = if resp3 { "_\r\n" } else { "*-1\r\n" };
        assert_eq!(client.read_raw(reply.len()), reply.as_bytes(), "{words}");
        assert!(began.elapsed() >= Duration::from_millis(49), "{words} came too early");
    }
    wait_blocked(&server, 0);
    let stats = server.info("commandstats");
    assert!(stats["cmdstat_blpop"].starts_with("calls=1,"), "{stats:?}");
    // The longest wait does not hold up the shorter one behind it.
    let _forever = waiter(&server, 0, "blpop l 0");
    let _long = waiter(&server, 1, "blpop l 1000");
    let mut short = server.client();
    assert!(short.run("blpop l 0.01").is_null());
    assert_eq!(server.info_field("clients", "clients_in_timeout_table"), "1");
}

#[test]
fn each_way_to_make_the_key_wakes() {
    let server = Server::start("");
    let mut other = server.client();
    let ways: [(&str, &[&str]); 10] = [
        ("blpop l 0", &["lpush l v"]),
        ("blpop l 0", &["rpush t v", "rename t l"]),
        ("blpop l 0", &["rpush t v", "renamenx t l"]),
        ("blpop l 0", &["rpush t v", "copy t l"]),
        ("blpop l 0", &["select 1", "rpush l v", "move l 0", "select 0"]),
        ("blpop l 0", &["select 1", "rpush l v", "swapdb 1 0", "select 0"]),
        ("blpop l 0", &["multi", "rpush l v", "ping", "exec"]),
        ("blpop l 0", &["set l text", "del l", "rpush l v"]),
        ("bzpopmin l 0", &["zadd t 1 v", "zunionstore l 1 t"]),
        ("bzpopmax l 0", &["zadd t 1 v", "zrangestore l t 0 -1"]),
    ];
    for (wait, lines) in ways {
        other.run("flushall");
        let mut client = waiter(&server, 0, wait);
        for line in lines {
            assert!(other.run(line).is_ok(), "{line}");
        }
        assert_eq!(client.read_value().texts()[..2], ["l", "v"], "{wait}: {lines:?}");
        wait_blocked(&server, 0);
    }
}

/// SWAPDB brings a key to one database for those who wait there, and takes nothing from those who wait elsewhere.
#[test]
fn who_waits_stays_in_the_database_when_its_keys_leave() {
    let server = Server::start("");
    let mut here = waiter(&server, 0, "blpop l 0");
    let mut there = server.client();
    there.run("select 5");
    there.send(&["blpop", "l", "0"]);
    wait_blocked(&server, 2);
    server.run("rpush other x");
    server.run("swapdb 0 5");
    server.run("rpush l in-zero");
    assert_eq!(here.read_value().texts(), ["l", "in-zero"]);
    wait_blocked(&server, 1);
    let mut other = server.client();
    other.run("select 5");
    other.run("rename other l");
    assert_eq!(there.read_value().texts(), ["l", "x"]);
}

#[test]
fn keys_that_expire_wake_nobody_and_are_not_served() {
    let server = Server::start("");
    server.run("debug set-active-expire 0");
    let mut client = waiter(&server, 0, "blpop l 0");
    let mut other = server.client();
    for line in ["multi", "rpush l gone", "pexpire l -1", "exec"] {
        other.run(line);
    }
    other.run("set l text px 1");
    wait_until("the text is over", SOON, || other.run("exists l") == "0");
    wait_blocked(&server, 1);
    other.run("rpush l v");
    assert_eq!(client.read_value().texts(), ["l", "v"]);
}

#[test]
fn requests_behind_a_blocking_one_run_when_it_is_over() {
    let server = Server::start("");
    let mut client = server.client();
    let mut bytes = Vec::new();
    for words in
        [&["ping"][..], &["blpop", "a", "0"], &["rpush", "b", "x"], &["blpop", "b", "0"], &["ping", "end"]]
    {
        bytes.extend(common::client::request(words));
    }
    client.send_raw(&bytes);
    assert_eq!(client.read_value(), "PONG");
    wait_blocked(&server, 1);
    assert_eq!(server.run("exists b"), "0");
    server.run("rpush a v");
    assert_eq!(client.read_value().texts(), ["a", "v"]);
    assert_eq!(client.read_value(), "1");
    assert_eq!(client.read_value().texts(), ["b", "x"]);
    assert_eq!(client.read_value(), "end");
}

#[test]
fn a_wait_is_ended_by_command() {
    let server = Server::start("");
    let mut client = server.client();
    let id = id_of(&mut client);
    for (reason, reply) in
        [("", ""), (" timeout", ""), (" error", "UNBLOCKED client unblocked via CLIENT UNBLOCK")]
    {
        client.send(&["blpop", "l", "0"]);
        wait_blocked(&server, 1);
        let line = server.run("client list type normal").text();
        assert!(
            line.lines().any(|line| line.contains(" flags=b ") && line.contains(" cmd=blpop ")),
            "{line}"
        );
        assert_eq!(server.run(&format!("client unblock {id}{reason}")), "1");
        let got = client.read_value();
        if reply.is_empty() {
            assert!(got.is_null(), "{reason}: {got:?}");
        } else {
            assert_eq!(got.error(), reply);
        }
        assert_eq!(server.run(&format!("client unblock {id}")), "0", "it waits no longer");
    }
    let stats = server.info("commandstats");
    let blpop = &stats["cmdstat_blpop"];
    assert!(blpop.starts_with("calls=3,") && blpop.ends_with("failed_calls=1"), "{blpop}");
    assert!(server.info("errorstats")["errorstat_UNBLOCKED"].ends_with("count=1"));
    assert_eq!(
        server.run("client unblock 1 later").error(),
        "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"
    );
}

/// Whoever goes, by force or by itself, takes nothing along.
#[test]
fn who_goes_while_waiting_takes_nothing() {
    let server = Server::start("");
    let mut killed = server.client();
    let id = id_of(&mut killed);
    killed.send(&["blpop", "l", "0"]);
    wait_blocked(&server, 1);
    let left = waiter(&server, 1, "blpop l 0");
    let mut stays = waiter(&server, 2, "blpop l 0");
    drop(left);
    wait_blocked(&server, 2);
    // In one batch: the killed one is still in the books when the push comes.
    let mut other = server.client();
    let kill = ["client", "kill", "id", &id.to_string()].map(str::to_owned).to_vec();
    let push = ["rpush", "l", "v"].map(str::to_owned).to_vec();
    assert!(other.pipeline(&[kill, push]).iter().all(common::Value::is_ok));
    killed.expect_closed();
    assert_eq!(stays.read_value().texts(), ["l", "v"]);
    wait_blocked(&server, 0);
    assert_eq!(server.run("exists l"), "0");
}

#[test]
fn a_new_role_ends_all_waits() {
    let (server, master) = (Server::start(""), Server::start(""));
    let mut client = waiter(&server, 0, "blpop l 0");
    server.replicaof(master.port());
    let text = "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)";
    assert_eq!(client.read_value().error(), text);
    client.expect_closed();
}

/// A replica whose clients may write: its master's stream wakes them, and what they take stays their own affair.
#[test]
fn the_masters_stream_wakes_clients_of_a_replica() {
    let master = Server::start("");
    let replica = Server::start(&format!("replica-read-only no\nreplicaof 127.0.0.1 {}", master.port()));
    replica.wait_link_up();
    let mut client = waiter(&replica, 0, "blpop l 0");
    assert_eq!(master.run("rpush l 1 2"), "2");
    assert_eq!(client.read_value().texts(), ["l", "1"]);
    assert_eq!(master.run("llen l"), "2");
    assert_eq!(replica.run("llen l"), "1");
    wait_until("the offsets are equal", SOON, || master.offset() == replica.offset());
}

#[test]
fn replicas_get_the_plain_commands_and_the_same_data() {
    let master = Server::start("");
    let replica = Server::start(&format!("replicaof 127.0.0.1 {}", master.port()));
    replica.wait_link_up();
    let mut one = waiter(&master, 0, "blmove a b left right 0");
    let mut two = waiter(&master, 1, "bzmpop 0 2 y z max count 2");
    let mut three = waiter(&master, 2, "brpoplpush b c 0");
    master.run("rpush a 1 2 3");
    master.run("zadd z 1 a 2 b 3 c");
    assert_eq!((one.read_value().text(), three.read_value().text()), ("1".into(), "1".into()));
    assert_eq!(two.read_value().items()[0], "z");
    master.wait_same_data(&replica);
    assert_eq!(replica.run("lrange c 0 -1").texts(), ["1"]);
    let stats = replica.info("commandstats");
    for name in ["lmove", "rpoplpush", "zpopmax"] {
        assert!(stats[&format!("cmdstat_{name}")].starts_with("calls=1,"), "{name}: {stats:?}");
    }
    assert!(!stats.keys().any(|name| name.starts_with("cmdstat_b")), "{stats:?}");
}

#[test]
fn a_wait_counts_once_with_the_time_of_its_runs() {
    let server = Server::start("slowlog-log-slower-than 0");
    let mut monitor = server.client();
    assert!(monitor.run("monitor").is_ok());
    let mut client = server.client();
    client.send(&["blpop", "l", "0"]);
    wait_blocked(&server, 1);
    assert!(!server.info("commandstats").contains_key("cmdstat_blpop"), "it has not ended yet");
    server.run("rpush l v");
    client.read_value();
    let stats = server.info("commandstats");
    assert!(stats["cmdstat_blpop"].starts_with("calls=1,"), "{stats:?}");
    let log = server.run("slowlog get 128");
    let blpops = log.items().iter().filter(|entry| entry.items()[3].texts()[0] == "blpop").count();
    assert_eq!(blpops, 1);
    server.run("echo end-of-test");
    let mut seen = Vec::new();
    while !seen.last().is_some_and(|line: &String| line.contains("end-of-test")) {
        seen.push(monitor.read_line());
    }
    assert_eq!(seen.iter().filter(|line| line.contains("\"blpop\"")).count(), 1, "{seen:?}");
}

/// Many clients, many keys: each element reaches one of them.
#[test]
fn a_crowd_gets_each_element_once() {
    let server = Server::start("");
    let mut crowd: Vec<Client> = (0..50).map(|_| server.client()).collect();
    for (i, client) in crowd.iter_mut().enumerate() {
        client.send(&["blpop", &format!("l{}", i % 7), &format!("l{}", i % 5), "0"]);
    }
    wait_blocked(&server, crowd.len());
    let mut pusher = server.client();
    for n in 0..200 {
        pusher.run(&format!("rpush l{} {n}", n % 7));
    }
    let mut got: Vec<i64> =
        crowd.iter_mut().map(|client| client.read_value().texts()[1].parse().unwrap()).collect();
    let left: i64 = (0..7).map(|key| server.run(&format!("llen l{key}")).int()).sum();
    assert_eq!(left as usize, 150);
    got.sort_unstable();
    got.dedup();
    assert_eq!(got.len(), 50);
    wait_blocked(&server, 0);
}
