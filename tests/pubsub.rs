//! Pub/sub between real processes: many subscribers, slow ones, replicas, `redis-cli`, and client-side caching.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use common::{Client, SOON, Server, Value, redis_cli, wait_until};

/// A subscriber of RESP2 or RESP3 that has been told that it is one.
fn subscriber(port: u16, words: &str, resp3: bool) -> Client {
    let mut client = Client::connect(port);
    if resp3 {
        client.run("hello 3");
    }
    client.run(words);
    for _ in 2..words.split(' ').count() {
        client.read_value();
    }
    client
}

fn info(client: &mut Client, field: &str) -> String {
    let text = client.run("info").text();
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("no {field}")).to_owned()
}

fn replica_of(master: &Server) -> Server {
    let replica = Server::start("");
    let mut client = Client::connect(replica.port());
    client.run(&format!("replicaof 127.0.0.1 {}", master.port()));
    wait_until("the link is up", SOON, || info(&mut client, "master_link_status") == "up");
    replica
}

#[test]
fn everyone_gets_every_message_in_order() {
    let server = Server::start("");
    let port = server.port();
    let mut crowd: Vec<Client> = (0..200)
        .map(|i| subscriber(port, if i % 3 == 0 { "psubscribe n?ws" } else { "subscribe news" }, i % 2 == 0))
        .collect();
    let mut publishers: Vec<Client> = (0..3).map(|_| Client::connect(port)).collect();
    for n in 0..40 {
        for (who, publisher) in publishers.iter_mut().enumerate() {
            publisher.send(&["publish", "news", &format!("{who}:{n}")]);
        }
    }
    for publisher in &mut publishers {
        (0..40).for_each(|_| assert_eq!(publisher.read_value(), Value::Int(200)));
    }
    let mut first: Option<Vec<String>> = None;
    for (i, client) in crowd.iter_mut().enumerate() {
        let messages: Vec<Value> = (0..120).map(|_| client.read_value()).collect();
        assert!(messages.iter().all(|message| matches!(message, Value::Push(_)) == (i % 2 == 0)));
        let texts: Vec<String> = messages.iter().map(|m| m.texts().pop().unwrap_or_default()).collect();
        for who in 0..3 {
            let of_one = texts.iter().filter_map(|text| text.strip_prefix(&format!("{who}:")));
            let numbers: Vec<usize> = of_one.map(|n| n.parse().unwrap()).collect();
            assert_eq!(numbers, (0..40).collect::<Vec<_>>());
        }
        // One server, one order.
        assert_eq!(*first.get_or_insert_with(|| texts.clone()), texts);
    }
    drop(crowd);
    let asks = &mut publishers[0];
    wait_until("the subscriptions end with their clients", SOON, || {
        asks.run("pubsub numsub news").items()[1].int() == 0 && asks.run("pubsub numpat").int() == 0
    });
    assert_eq!(asks.run("publish news x"), Value::Int(0));
}

#[test]
fn a_subscriber_that_does_not_read_is_closed_at_its_limits() {
    let server = Server::start("client-output-buffer-limit pubsub 1mb 0 0");
    let mut slow = subscriber(server.port(), "subscribe a", false);
    let mut quick = subscriber(server.port(), "subscribe a", false);
    let mut publisher = Client::connect(server.port());
    let message = "x".repeat(100_000);
    // More than the kernel and the limit hold together; the other one reads all along.
    let mut published = 0;
    while publisher.cmd(&["publish", "a", &message]) == Value::Int(2) {
        assert_eq!(quick.read_value().texts()[2].len(), message.len());
        published += 1;
        assert!(published < 2000, "nobody was closed");
    }
    assert_eq!(quick.read_value().texts()[2].len(), message.len());
    server.wait_log("scheduled to be closed ASAP for overcoming of output buffer limits");
    let rest = slow.read_to_end();
    assert!(rest.len() < (published + 1) * (message.len() + 40), "{} bytes", rest.len());
    assert_eq!(publisher.run("pubsub numsub a").items()[1].int(), 1);
}

#[test]
fn the_soft_limit_counts_seconds() {
    let server = Server::start("client-output-buffer-limit pubsub 0 10kb 1");
    let mut slow = subscriber(server.port(), "subscribe a", false);
    let mut publisher = Client::connect(server.port());
    let message = "x".repeat(1 << 20);
    // Until the kernel's buffers are full and a debt stays.
    wait_until("a debt", SOON, || {
        publisher.cmd(&["publish", "a", &message]);
        let list = publisher.run("client list type pubsub").text();
        list.split(" omem=").nth(1).is_some_and(|rest| !rest.starts_with("0 "))
    });
    wait_until("the debt ends the connection", SOON, || {
        publisher.run("pubsub numsub a").items()[1].int() == 0
    });
    server.wait_log("scheduled to be closed ASAP for overcoming of output buffer limits");
    slow.read_to_end();
}

#[test]
fn replicas_hand_on_what_their_master_publishes() {
    let master = Server::start("");
    let replica = replica_of(&master);
    let mut there = subscriber(replica.port(), "subscribe news", true);
    let mut sharded = subscriber(replica.port(), "ssubscribe news", false);
    let mut asks = Client::connect(master.port());
    assert_eq!(asks.run("publish news hi"), Value::Int(0), "nobody listens at the master");
    assert_eq!(there.read_value().texts(), ["message", "news", "hi"]);
    assert_eq!(asks.run("spublish news part"), Value::Int(0));
    assert_eq!(sharded.read_value().texts(), ["smessage", "news", "part"]);
    for line in ["multi", "publish news one", "set k v", "publish news two", "exec"] {
        assert!(asks.run(line).is_ok());
    }
    assert_eq!(there.read_value().texts(), ["message", "news", "one"]);
    assert_eq!(there.read_value().texts(), ["message", "news", "two"]);
    // Publishing at a replica is no write, and stays there.
    let mut at_replica = Client::connect(replica.port());
    assert_eq!(at_replica.run("publish news local"), Value::Int(1));
    assert_eq!(there.read_value().texts(), ["message", "news", "local"]);
    // A replica's keys change, too.
    assert_eq!(at_replica.run("config set notify-keyspace-events KEA"), "OK");
    let mut events = subscriber(replica.port(), "psubscribe __key*__:*", false);
    asks.run("set k w");
    assert_eq!(events.read_value().texts()[2..], ["__keyspace@0__:k", "set"]);
    assert_eq!(events.read_value().texts()[2..], ["__keyevent@0__:set", "k"]);
    asks.run("set k w px 1");
    let mut seen = Vec::new();
    while seen.last().is_none_or(|last| last != "__keyevent@0__:del") {
        seen.push(events.read_value().texts()[2].clone());
    }
    assert!(!seen.iter().any(|channel| channel.contains("expired")), "the master decides: {seen:?}");
}

#[test]
fn redis_cli_subscribes() {
    let Some(program) = redis_cli() else { return };
    let server = Server::start("");
    let mut asks = Client::connect(server.port());
    let mut child = Command::new(program)
        .args(["-h", "127.0.0.1", "-p", &server.port().to_string(), "subscribe", "news", "more"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut next = |count: usize| lines.by_ref().take(count).collect::<Vec<_>>();
    assert_eq!(next(6), ["subscribe", "news", "1", "subscribe", "more", "2"]);
    assert_eq!(asks.run("publish more text"), Value::Int(1));
    assert_eq!(next(3), ["message", "more", "text"]);
    assert_eq!(asks.run("pubsub channels n*").texts(), ["news"]);
    child.stdin.take().unwrap().flush().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until("it is gone", SOON, || asks.run("pubsub channels").items().is_empty());
}

#[test]
fn those_who_cache_are_told_what_changed() {
    let server = Server::start("hz 100");
    let mut caches = Client::connect(server.port());
    caches.run("hello 3");
    let mut writes = Client::connect(server.port());
    writes.run("mset a 1 b 1 user:1 x");
    let invalid = |client: &mut Client| match client.read_value() {
        Value::Push(parts) => {
            assert_eq!(parts[0], "invalidate");
            if parts[1].is_null() { vec!["(all)".to_owned()] } else { parts[1].texts() }
        }
        other => panic!("no push: {other:?}"),
    };
    assert_eq!(caches.run("client tracking on"), "OK");
    caches.run("mget a b none");
    writes.run("incr a");
    assert_eq!(invalid(&mut caches), ["a"]);
    // The cycle removes it; nobody asks.
    caches.run("get b");
    writes.run("pexpire b 1");
    assert_eq!(invalid(&mut caches), ["b"]);
    writes.run("set c 1 px 1");
    caches.run("get c");
    writes.run("set d 1");
    caches.run("get d");
    writes.run("flushdb");
    let mut seen = vec![invalid(&mut caches)];
    if seen[0] != ["(all)"] {
        assert_eq!(seen, [["c"]], "it died before the flush");
        seen.push(invalid(&mut caches));
    }
    assert_eq!(seen.pop().unwrap(), ["(all)"]);
    // Broadcasting, and RESP2 through another connection.
    assert_eq!(caches.run("client tracking off"), "OK");
    let mut hears = Client::connect(server.port());
    let id = hears.run("client id").int();
    hears.run("subscribe __redis__:invalidate");
    assert_eq!(caches.run(&format!("client tracking on bcast prefix user: redirect {id}")), "OK");
    writes.run("mset user:1 y user:2 y other 1");
    let message = hears.read_value();
    assert_eq!(message.items()[1], "__redis__:invalidate");
    assert_eq!(message.items()[2].texts(), ["user:1", "user:2"]);
    assert_eq!(info(&mut writes, "tracking_clients"), "1");
    assert_eq!(info(&mut writes, "tracking_total_prefixes"), "1");
    drop(caches);
    wait_until("tracking ends with the client", SOON, || info(&mut writes, "tracking_clients") == "0");
}

/// The first 16 KiB count for no limit.
#[test]
fn a_low_limit_leaves_room_for_short_replies() {
    let server =
        Server::start("client-output-buffer-limit pubsub 1 0 0\nclient-output-buffer-limit normal 1 0 0");
    let mut subscriber = server.client();
    assert_eq!(subscriber.run("subscribe news").items()[2].int(), 1);
    assert_eq!(server.run(&format!("publish news {}", "x".repeat(10_000))).int(), 1);
    assert_eq!(subscriber.read_value().items()[2].text().len(), 10_000);
    server.run(&format!("publish news {}", "x".repeat(100_000)));
    subscriber.expect_closed();
    assert_eq!(server.run(&format!("echo {}", "x".repeat(10_000))).text().len(), 10_000);
}
