//! What clients and replicas see of lists; the encodings have their own tests in `object::list`.

use crate::cmd::testing::Desk;
use crate::keyspace::Class;
use crate::state::client::ClientId;

use super::span;

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
fn elements_come_and_go_at_both_ends() {
    let mut desk = Desk::new();
    let me = desk.client();
    check(
        &mut desk,
        me,
        &[
            ("lpushx l a", ":0|"),
            ("rpush l a b c", ":3|"),
            ("lpush l 1 2", ":5|"),
            ("lrange l 0 -1", "*5|$1|2|$1|1|$1|a|$1|b|$1|c|"),
            ("lpop l", "$1|2|"),
            ("rpop l 2", "*2|$1|c|$1|b|"),
            ("lpop l 0", "*0|"),
            ("lpop l -1", "-ERR value is out of range, must be positive|"),
            ("lpop l x", "-ERR value is out of range, must be positive|"),
            ("lpop l 1 1", "-ERR wrong number of arguments for 'lpop' command|"),
            ("lpop l 99", "*2|$1|1|$1|a|"),
            ("exists l", ":0|"),
            ("lpop l", "$-1|"),
            ("lpop l 1", "*-1|"),
            ("set s v", "+OK|"),
            ("lpush s a", "-WRONGTYPE Operation against a key holding the wrong kind of value|"),
            ("llen s", "-WRONGTYPE Operation against a key holding the wrong kind of value|"),
        ],
    );
}

#[test]
fn elements_are_changed_found_and_trimmed() {
    let mut desk = Desk::new();
    let me = desk.client();
    check(
        &mut desk,
        me,
        &[
            ("rpush l a b c b a", ":5|"),
            ("linsert l before b x", ":6|"),
            ("linsert l after nobody x", ":-1|"),
            ("linsert none after a x", ":0|"),
            ("linsert l beside a x", "-ERR syntax error|"),
            ("lset l -1 z", "+OK|"),
            ("lset l 6 z", "-ERR index out of range|"),
            ("lset none 0 z", "-ERR no such key|"),
            ("lindex l -1", "$1|z|"),
            ("lindex l 9", "$-1|"),
            ("lpos l b", ":2|"),
            ("lpos l b rank -1", ":4|"),
            ("lpos l b count 0", "*2|:2|:4|"),
            ("lpos l b count 0 maxlen 3", "*1|:2|"),
            ("lpos l b rank 3", "$-1|"),
            ("lpos none b count 1", "*0|"),
            ("lpos l b count -1", "-ERR COUNT can't be negative|"),
            ("lpos l b maxlen x", "-ERR MAXLEN can't be negative|"),
            ("lrem l -1 b", ":1|"),
            ("lrem l 0 nobody", ":0|"),
            ("ltrim l 1 -2", "+OK|"),
            ("lrange l 0 -1", "*3|$1|x|$1|b|$1|c|"),
            ("ltrim l 5 1", "+OK|"),
            ("exists l", ":0|"),
        ],
    );
}

#[test]
fn moves_keep_the_element_and_take_the_empty_key() {
    let mut desk = Desk::new();
    let me = desk.client();
    check(
        &mut desk,
        me,
        &[
            ("rpush a 1 2 3", ":3|"),
            ("lmove a a left right", "$1|1|"),
            ("rpoplpush a b", "$1|1|"),
            ("lmove a b up left", "-ERR syntax error|"),
            ("rpush one x", ":1|"),
            ("rpoplpush one one", "$1|x|"),
            ("lmove one a left left", "$1|x|"),
            ("exists one", ":0|"),
            ("lrange a 0 -1", "*3|$1|x|$1|2|$1|3|"),
            ("lmove none a left left", "$-1|"),
            ("lmpop 2 none a left count 2", "*2|$1|a|*2|$1|x|$1|2|"),
            ("lmpop 0 a left", "-ERR numkeys should be greater than 0|"),
            ("lmpop 3 a left", "-ERR syntax error|"),
            ("lmpop 1 a left count 0", "-ERR count should be greater than 0|"),
            ("lmpop 1 none right", "*-1|"),
        ],
    );
}

#[test]
fn what_happened_is_announced_and_recorded() {
    let mut desk = Desk::new();
    let me = desk.client();
    desk.srv.keys.touched.set_notify(Class::parse(b"KEA").expect("known letters"));
    desk.ask(me, "rpush a 1 2");
    assert_eq!((events(&mut desk), desk.srv.persist.dirty), ("rpush:a".into(), 2));
    assert_eq!(desk.stream(), "SELECT 0; rpush a 1 2");
    desk.ask(me, "lmove a b left right");
    assert_eq!((events(&mut desk), desk.srv.persist.dirty), ("rpush:b lpop:a".into(), 3));
    assert_eq!(desk.stream(), "lmove a b left right");
    desk.ask(me, "lmpop 2 none a right count 7");
    assert_eq!((events(&mut desk), desk.srv.persist.dirty), ("rpop:a del:a".into(), 4));
    assert_eq!(desk.stream(), "RPOP a 1");
    desk.ask(me, "ltrim b 0 -1");
    assert_eq!((events(&mut desk), desk.srv.persist.dirty), ("ltrim:b".into(), 4));
    assert_eq!(desk.stream(), "", "nothing went");
}

#[test]
fn ranges_are_cut_to_what_is_there() {
    assert_eq!(span(0, -1, 5), (0, 5));
    assert_eq!(span(-100, 100, 5), (0, 5));
    assert_eq!(span(-2, -1, 5), (3, 2));
    assert_eq!(span(3, 1, 5), (0, 0));
    assert_eq!(span(5, 9, 5), (0, 0));
    assert_eq!(span(0, -9, 5), (0, 0));
    assert_eq!(span(i64::MIN, i64::MAX, 5), (0, 5));
    assert_eq!(span(i64::MAX, i64::MIN, 5), (0, 0));
}
