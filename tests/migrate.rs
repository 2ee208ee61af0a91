//! MIGRATE from our server to Debian's redis-server: over real sockets, with every type, option and accident.

mod common;

use std::io::{Read, Write};
use std::net::TcpListener;

use common::client::Value;
use common::{SOON, Server, real_redis, wait_until};

/// Sends words parted by blanks to a server; `''` is the empty one.
fn ask(server: &Server, line: &str) -> Value {
    let words: Vec<&str> = line.split(' ').map(|word| if word == "''" { "" } else { word }).collect();
    server.client().cmd(&words)
}

/// The value of a key in the words of the command that reads it whole.
fn whole(server: &Server, db: u32, line: &str) -> String {
    let mut client = server.client();
    client.run(&format!("SELECT {db}"));
    format!("{:?}", client.run(line))
}

const FILL: &[&str] = &[
    "SET string value",
    "SET number 12345",
    "RPUSH list a b 3",
    "SADD set a b",
    "SADD ints 1 2 3",
    "HSET hash f v g 1",
    "ZADD zset 1 a 2.5 b",
];

const READ: &[&str] = &[
    "GET string",
    "GET number",
    "LRANGE list 0 -1",
    "SORT set ALPHA",
    "SORT ints",
    "HMGET hash f g",
    "ZRANGE zset 0 -1 WITHSCORES",
];

#[test]
fn keys_of_every_type_move() {
    let Some(real) = real_redis() else { return };
    let (ours, real) = (Server::start(""), real.start());
    let replica = Server::start(&format!("replicaof 127.0.0.1 {}", ours.port()));
    FILL.iter().for_each(|line| assert!(!matches!(ask(&ours, line), Value::Error(_)), "{line}"));
    let before: Vec<String> = READ.iter().map(|line| whole(&ours, 0, line)).collect();
    let keys = "string number list set ints hash zset";
    let port = real.port();
    let line = format!("MIGRATE 127.0.0.1 {port} '' 3 5000 COPY KEYS {keys} missing");
    assert!(ask(&ours, &line).is_ok());
    assert_eq!(ours.info_field("stats", "migrate_cached_sockets"), "1");
    let there = |db| -> Vec<String> { READ.iter().map(|line| whole(&real, db, line)).collect() };
    assert_eq!(there(3), before);
    assert_eq!(ask(&ours, "DBSIZE").int(), 7, "COPY leaves them here");
    // Another database over the same connection, with an expiry, and gone here and on the replica.
    ask(&ours, "PEXPIRE string 1000000");
    let line = format!("MIGRATE 127.0.0.1 {port} '' 4 5000 KEYS {keys}");
    assert!(ask(&ours, &line).is_ok());
    assert_eq!(there(4), before);
    assert!((1..=1_000_000).contains(&whole_int(&real, 4, "PTTL string")));
    assert_eq!((ask(&ours, "DBSIZE").int(), whole_int(&real, 4, "PTTL list")), (0, -1));
    wait_until("the replica lost them, too", SOON, || ask(&replica, "DBSIZE").int() == 0);
    ours.wait_same_data(&replica);
}

fn whole_int(server: &Server, db: u32, line: &str) -> i64 {
    let mut client = server.client();
    client.run(&format!("SELECT {db}"));
    client.run(line).int()
}

#[test]
fn the_other_side_may_refuse() {
    let Some(real) = real_redis() else { return };
    let (ours, real) = (Server::start(""), real.password("sekret").start());
    let port = real.port();
    ask(&ours, "MSET a 1 b 2");
    let migrate = |rest: &str| ask(&ours, &format!("MIGRATE 127.0.0.1 {port} {rest}"));
    let text = migrate("a 0 5000");
    assert!(text.error().starts_with("ERR Target instance replied with error: NOAUTH "), "{text:?}");
    let text = migrate("a 0 5000 AUTH wrong");
    assert!(text.error().starts_with("ERR Target instance replied with error: WRONGPASS "), "{text:?}");
    assert!(migrate("a 0 5000 COPY AUTH sekret").is_ok());
    assert!(migrate("b 0 5000 COPY AUTH2 default sekret").is_ok());
    let busy = "ERR Target instance replied with error: BUSYKEY Target key name already exists.";
    assert_eq!(migrate("a 0 5000").error(), busy);
    assert_eq!(ask(&ours, "EXISTS a b").int(), 2, "what was refused stays");
    assert!(migrate("a 0 5000 REPLACE").is_ok());
    assert_eq!(ask(&ours, "EXISTS a b").int(), 1);
    assert_eq!(migrate("a 0 5000").text(), "NOKEY");
    // One of two is refused: the other one has gone.
    ask(&ours, "SET c 3");
    assert_eq!(migrate("'' 0 5000 KEYS b c").error(), busy);
    assert_eq!((ask(&ours, "EXISTS b").int(), ask(&ours, "EXISTS c").int()), (1, 0));
    let text = migrate("b 99 5000");
    assert_eq!(text.error(), "ERR Target instance replied with error: ERR DB index is out of range");
}

#[test]
fn a_connection_that_died_meanwhile_is_opened_anew() {
    let Some(real) = real_redis() else { return };
    let (ours, real) = (Server::start(""), real.start());
    let port = real.port();
    for round in 0..3 {
        ask(&ours, "SET k v");
        assert!(ask(&ours, &format!("MIGRATE 127.0.0.1 {port} k 9 5000 REPLACE")).is_ok(), "{round}");
        ask(&real, "CLIENT KILL TYPE normal SKIPME yes");
    }
}

#[test]
fn nobody_there_and_nobody_answering() {
    let ours = Server::start("");
    ask(&ours, "SET k v");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let line = format!("MIGRATE 127.0.0.1 {closed} k 0 1000");
    assert_eq!(ask(&ours, &line).error(), "IOERR error or timeout writing to target instance");
    let line = "MIGRATE no-such-host.invalid 1 k 0 1000";
    assert_eq!(ask(&ours, line).error(), "IOERR error or timeout connecting to the client");
    // Someone who takes everything in and says nothing.
    let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = deaf.local_addr().unwrap().port();
    let line = format!("MIGRATE 127.0.0.1 {port} k 0 50");
    assert_eq!(ask(&ours, &line).error(), "IOERR error or timeout reading to target instance");
    // Someone who hangs up: tried twice.
    let rude = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = rude.local_addr().unwrap().port();
    let visits = std::thread::spawn(move || {
        for _ in 0..2 {
            let (mut visitor, _) = rude.accept().unwrap();
            let mut request = [0; 64];
            let _ = visitor.read(&mut request);
        }
    });
    let line = format!("MIGRATE 127.0.0.1 {port} k 0 5000");
    assert_eq!(ask(&ours, &line).error(), "IOERR error or timeout reading to target instance");
    visits.join().unwrap();
    // Someone who answers for the first key only.
    let half = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = half.local_addr().unwrap().port();
    ask(&ours, "SET k2 v");
    let answers = std::thread::spawn(move || {
        let (mut visitor, _) = half.accept().unwrap();
        let mut request = Vec::new();
        let mut chunk = [0; 512];
        while request.windows(2).filter(|two| two == b"k2").count() == 0 {
            let n = visitor.read(&mut chunk).unwrap();
            request.extend_from_slice(&chunk[..n]);
        }
        visitor.write_all(b"+OK\r\n+OK\r\n").unwrap();
    });
    let line = format!("MIGRATE 127.0.0.1 {port} '' 7 5000 KEYS k k2");
    assert_eq!(ask(&ours, &line).error(), "IOERR error or timeout reading to target instance");
    answers.join().unwrap();
    assert_eq!((ask(&ours, "EXISTS k").int(), ask(&ours, "EXISTS k2").int()), (0, 1));
}

#[test]
fn what_makes_no_sense_is_refused_before_anybody_is_asked() {
    let ours = Server::start("");
    ask(&ours, "SET k v");
    for (line, error) in [
        ("MIGRATE h 1 k 0 x", "ERR value is not an integer or out of range"),
        ("MIGRATE h 1 k x 1", "ERR value is not an integer or out of range"),
        ("MIGRATE h 1 k 0 1 FOO", "ERR syntax error"),
        ("MIGRATE h 1 k 0 1 AUTH", "ERR syntax error"),
        ("MIGRATE h 1 k 0 1 AUTH2 u", "ERR syntax error"),
        (
            "MIGRATE h 1 k 0 1 KEYS k",
            "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string",
        ),
        ("MIGRATE h 1 k 0", "ERR wrong number of arguments for 'migrate' command"),
    ] {
        assert_eq!(ask(&ours, line).error(), error, "{line}");
    }
    assert_eq!(ask(&ours, "MIGRATE h 1 missing 0 1").text(), "NOKEY");
    assert_eq!(ask(&ours, "MIGRATE h 1 '' 0 1 KEYS").text(), "NOKEY");
}
