//! What goes down the replication stream, which events are announced, and encodings command by command.
//! Replies are compared with a real server elsewhere.

use crate::cmd::testing::{Desk, START};
use crate::keyspace::Class;

#[test]
fn the_stream_holds_outcomes_rather_than_requests() {
    let mut desk = Desk::new();
    let me = desk.client();
    desk.ask(me, "set k v");
    assert_eq!(desk.stream(), "SELECT 0; set k v");
    let at = START + 10_000;
    for (request, sent) in [
        ("SET k v", "SET k v".to_owned()),
        ("set k v EX 10", format!("SET k v PXAT {at}")),
        ("set k v get px 10000 nx", String::new()),
        ("set k v get px 10000 xx", format!("SET k v PXAT {at}")),
        ("set k v pxat 1800000000000 get", "set k v pxat 1800000000000 get".into()),
        ("set k v exat 1800000000", "SET k v PXAT 1800000000000".into()),
        ("set k v GET keepttl get", "set k v keepttl".into()),
        ("set k v xx get", "set k v xx".into()),
        ("setex k 10 v", format!("SET k v PXAT {at}")),
        ("psetex k 10000 v", format!("SET k v PXAT {at}")),
        ("setnx k v", String::new()),
        ("getset k w", "SET k w".into()),
        ("getex k", String::new()),
        ("getex k persist", String::new()),
        ("getex k ex 10", format!("PEXPIREAT k {at}")),
        ("getex k persist", "PERSIST k".into()),
        ("getex k pxat 1", "DEL k".into()),
        ("incrbyfloat k 1.5", "SET k 1.5 KEEPTTL".into()),
        ("incrbyfloat k x", String::new()),
        ("getdel k", "DEL k".into()),
        ("getdel k", String::new()),
        ("incrby k 5", "incrby k 5".into()),
        ("append k 0", "append k 0".into()),
        ("setrange k 1 ''", String::new()),
        ("setrange k 1 1", "setrange k 1 1".into()),
        ("mset a 1 b 2", "mset a 1 b 2".into()),
        ("msetnx a 1 c 2", String::new()),
    ] {
        desk.ask(me, request);
        assert_eq!(desk.stream(), sent, "{request}");
    }
}

#[test]
fn a_dead_key_goes_before_what_met_it() {
    let mut desk = Desk::new();
    let me = desk.client();
    desk.ask(me, "set k 5 px 100");
    desk.stream();
    desk.srv.clock.advance(101);
    assert_eq!(desk.ask(me, "incr k"), ":1|");
    assert_eq!(desk.stream(), "MULTI; DEL k; incr k; EXEC");
    desk.ask(me, "getex k px 100");
    desk.stream();
    desk.srv.clock.advance(101);
    desk.srv.config.lazyfree_lazy_expire = true;
    assert_eq!(desk.ask(me, "get k"), "$-1|");
    assert_eq!(desk.stream(), "UNLINK k");
}

#[test]
fn a_replica_neither_deletes_nor_counts_the_past() {
    let mut desk = Desk::new();
    let me = desk.client();
    desk.ask(me, "set k v");
    assert_eq!(desk.ask(me, "set k v pxat 5"), "+OK|", "SET takes a moment in the past");
    assert_eq!(desk.srv.keys.len(0), 1);
    assert_eq!(desk.ask(me, "get k"), "$-1|");
    assert_eq!(desk.srv.keys.len(0), 0);
}

#[test]
fn events_are_those_of_redis() {
    let mut desk = Desk::new();
    let me = desk.client();
    desk.srv.keys.touched.set_notify(Class::parse(b"KEA").unwrap());
    let mut events = |request: &str| {
        desk.ask(me, request);
        let seen = desk.srv.keys.touched.iter().map(|touch| touch.event).collect::<Vec<_>>().join(" ");
        desk.srv.keys.touched.clear();
        seen
    };
    assert_eq!(events("set k 1"), "set");
    assert_eq!(events("set k 1 ex 10"), "set expire");
    assert_eq!(events("setex k 10 1"), "set expire");
    assert_eq!(events("getset k 1"), "set");
    assert_eq!(events("incr k"), "incrby");
    assert_eq!(events("decrby k 2"), "incrby");
    assert_eq!(events("incrbyfloat k 2"), "incrbyfloat");
    assert_eq!(events("append k 2"), "append");
    assert_eq!(events("setrange k 0 2"), "setrange");
    assert_eq!(events("getex k ex 10"), "expire");
    assert_eq!(events("getex k persist"), "persist");
    assert_eq!(events("getex k persist"), "");
    assert_eq!(events("getex k exat 1"), "del");
    assert_eq!(events("mset a 1 b 2"), "set set");
    assert_eq!(events("getdel a"), "del");
}

#[test]
fn encodings_change_when_those_of_redis_do() {
    let mut desk = Desk::new();
    let me = desk.client();
    for (request, encoding) in [
        ("set k 12", "int"),
        ("set k 012", "embstr"),
        ("getset k 12", "int"),
        ("append k 3", "raw"),
        ("incr k", "int"),
        ("incrbyfloat k 1", "embstr"),
        ("setrange k 0 9", "raw"),
        ("setex k 10 9", "int"),
        ("mset k xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "raw"),
        ("append new 12", "int"),
        ("setrange other 0 12", "raw"),
    ] {
        desk.ask(me, request);
        let key = request.split(' ').nth(1).unwrap().as_bytes();
        assert_eq!(desk.srv.keys.dbs[0].get(key).unwrap().encoding(), encoding, "{request}");
    }
}

#[test]
fn lengths_are_bounded_before_memory_is_taken() {
    let mut desk = Desk::new();
    let me = desk.client();
    desk.srv.config.proto_max_bulk_len = 1 << 20;
    let too_long = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)|";
    assert_eq!(desk.ask(me, "setrange k 9223372036854775807 x"), too_long);
    assert_eq!(desk.ask(me, "setrange k 1048576 x"), too_long);
    assert_eq!(desk.ask(me, "setrange k -1 x"), "-ERR offset is out of range|");
    assert_eq!(desk.ask(me, "setrange k 1048575 x"), ":1048576|");
    assert_eq!(desk.ask(me, "append k x"), too_long);
    assert_eq!(
        desk.ask(me, "lcs k k len"),
        "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len|"
    );
    assert_eq!(desk.ask(me, "strlen k"), ":1048576|");
}
