//! What clients and replicas see of sets; the encodings have their own tests in `object::set`.

use crate::cmd::testing::Desk;
use crate::keyspace::Class;
use crate::state::client::ClientId;

/// Sends requests in order and compares the replies.
fn check(desk: &mut Desk, me: ClientId, steps: &[(&str, &str)]) {
    for (line, reply) in steps {
        assert_eq!(desk.ask(me, line), *reply, "{line}");
    }
}

/// The events since the last call, as `event:key`.
fn events(desk: &mut Desk) -> String {
    let text = |event: &str, key: &[u8]| format!("{event}:{}", key.escape_ascii());
    let all: Vec<String> = desk.srv.keys.touched.iter().map(|touch| text(touch.event, touch.key)).collect();
    desk.srv.keys.touched.clear();
    all.join(" ")
}

#[test]
fn members_come_go_and_are_asked_for() {
    let mut desk = Desk::new();
    let me = desk.client();
    check(
        &mut desk,
        me,
        &[
            ("sadd s 3 1 3", ":2|"),
            ("smembers s", "*2|$1|1|$1|3|"),
            ("sadd s a", ":1|"),
            ("object encoding s", "$8|listpack|"),
            ("sismember s a", ":1|"),
            ("smismember s a b 1", "*3|:1|:0|:1|"),
            ("smismember none a b", "*2|:0|:0|"),
            ("srem s a b 1", ":2|"),
            ("smove s t 3", ":1|"),
            ("exists s", ":0|"),
            ("smove s t 3", ":0|"),
            ("smove t t 3", ":1|"),
            ("scard t", ":1|"),
            ("sscan t 0", "*2|$1|0|*1|$1|3|"),
            ("sscan t 0 match x*", "*2|$1|0|*0|"),
            ("sscan t x", "-ERR invalid cursor|"),
            ("sscan t 0 count 0", "-ERR syntax error|"),
            ("sscan none 0 nonsense", "*2|$1|0|*0|"),
            ("set str v", "+OK|"),
            ("sadd str a", "-WRONGTYPE Operation against a key holding the wrong kind of value|"),
            ("smove none str a", ":0|"),
            ("smove t str a", "-WRONGTYPE Operation against a key holding the wrong kind of value|"),
        ],
    );
}

#[test]
fn sets_are_combined() {
    let mut desk = Desk::new();
    let me = desk.client();
    check(
        &mut desk,
        me,
        &[
            ("sadd a 1 2 3 4", ":4|"),
            ("sadd b 3 4 5", ":3|"),
            ("sinter a b", "*2|$1|3|$1|4|"),
            ("sinter a none", "*0|"),
            ("sunion a b none", "*5|$1|1|$1|2|$1|3|$1|4|$1|5|"),
            ("sdiff a b", "*2|$1|1|$1|2|"),
            ("sdiff a a", "*0|"),
            ("sdiff none a", "*0|"),
            ("sintercard 2 a b", ":2|"),
            ("sintercard 2 a b limit 1", ":1|"),
            ("sintercard 0 a", "-ERR numkeys should be greater than 0|"),
            ("sintercard 2 a", "-ERR Number of keys can't be greater than number of args|"),
            ("sintercard 1 a limit -1", "-ERR LIMIT can't be negative|"),
            ("sintercard 1 a limit", "-ERR syntax error|"),
            ("sinterstore a a b", ":2|"),
            ("object encoding a", "$6|intset|"),
            ("set str v", "+OK|"),
            ("sunionstore str a b", ":3|"),
            ("type str", "+set|"),
            ("sdiffstore str a a", ":0|"),
            ("exists str", ":0|"),
            ("set str v", "+OK|"),
            ("sinter none str", "-WRONGTYPE Operation against a key holding the wrong kind of value|"),
            ("hello 3", &desk_hello()),
            ("sinter a none", "~0|"),
            ("smembers a", "~2|$1|3|$1|4|"),
            ("spop none 1", "~0|"),
            ("srandmember none 1", "*0|"),
        ],
    );
}

/// The greeting of the third protocol, as a server says it to its first client.
fn desk_hello() -> String {
    let mut desk = Desk::new();
    let me = desk.client();
    desk.ask(me, "hello 3")
}

#[test]
fn chance_draws_members_and_replicas_get_what_it_took() {
    let mut desk = Desk::new();
    let me = desk.client();
    desk.srv.keys.touched.set_notify(Class::parse(b"KEA").expect("known letters"));
    desk.ask(me, "sadd s 1 2 3 4 5 6 7 8 9");
    desk.stream();
    events(&mut desk);
    let reply = desk.ask(me, "spop s");
    let member = reply.trim_start_matches("$1|").trim_end_matches('|').to_string();
    assert_eq!(desk.stream(), format!("SREM s {member}"));
    assert_eq!(desk.ask(me, &format!("sismember s {member}")), ":0|");
    let reply = desk.ask(me, "spop s 3");
    let members = reply.trim_start_matches("*3|$1|").trim_end_matches('|').replace("|$1|", " ");
    assert_eq!(desk.stream(), format!("SREM s {members}"));
    assert_eq!((events(&mut desk), desk.srv.persist.dirty), ("spop:s spop:s".into(), 13));
    assert_eq!(desk.ask(me, "scard s"), ":5|");
    assert!(desk.ask(me, "srandmember s 3").starts_with("*3|"));
    assert!(desk.ask(me, "srandmember s 30").starts_with("*5|"));
    assert!(desk.ask(me, "srandmember s -30").starts_with("*30|"));
    assert!(desk.ask(me, "spop s 30").starts_with("*5|"));
    assert_eq!((desk.stream(), events(&mut desk)), ("DEL s".into(), "spop:s del:s".into()));
    for (line, error) in [
        ("spop s -1", "-ERR value is out of range, must be positive|"),
        ("spop s 1 1", "-ERR syntax error|"),
        ("srandmember s 1 1", "-ERR syntax error|"),
        ("srandmember s x", "-ERR value is not an integer or out of range|"),
    ] {
        assert_eq!(desk.ask(me, line), error, "{line}");
    }
}

#[test]
fn a_table_of_which_little_is_left_is_built_anew() {
    let mut desk = Desk::new();
    let me = desk.client();
    let members: Vec<String> = (0..200).map(|n| format!("m{n}")).collect();
    desk.ask(me, &format!("sadd s {}", members.join(" ")));
    assert_eq!(desk.ask(me, "object encoding s"), "$9|hashtable|");
    desk.ask(me, "spop s 100");
    assert_eq!(desk.ask(me, "object encoding s"), "$9|hashtable|");
    desk.ask(me, "spop s 90");
    assert_eq!(desk.ask(me, "object encoding s"), "$8|listpack|");
    assert_eq!(desk.ask(me, "scard s"), ":10|");
}
