//! Clients that wait, on a manual clock: who is served, what replicas get, what is counted.

use crate::cmd::testing::Desk;
use crate::core::wake;
use crate::resp::request::OwnedArgs;
use crate::state::blocked::{Awaits, KeyWait, Parked, WaitFor};
use crate::state::client::{ClientId, Flags};

/// Asks, and expects to be parked.
fn parks(desk: &mut Desk, who: ClientId, line: &str) {
    assert_eq!(desk.ask(who, line), "", "{line}");
    assert!(desk.srv.clients[who].flags.has(Flags::BLOCKED), "{line}");
}

/// Nobody waits, and nothing is left of those who did.
fn nobody_waits(desk: &Desk) {
    assert!(desk.srv.blocked.is_empty() && desk.srv.keys.awaited.is_empty());
    assert_eq!(desk.srv.blocked.timed(), 0);
}

fn calls(desk: &Desk, name: &str) -> (u64, u64) {
    let id = desk.srv.table.find(name.as_bytes()).expect("known").id;
    let stat = &desk.srv.command_stats.by_id[usize::from(id)];
    (stat.calls, stat.failed)
}

#[test]
fn what_is_there_is_taken_at_once_and_travels_as_the_plain_command() {
    let mut desk = Desk::new();
    let me = desk.client();
    desk.ask(me, "rpush l a b c d e f");
    desk.ask(me, "zadd z 1 a 2 b 3 c 4 d");
    desk.stream();
    for (line, reply, stream) in [
        ("blpop none l 0", "*2|$1|l|$1|a|", "LPOP l"),
        ("brpop l none 0", "*2|$1|l|$1|f|", "RPOP l"),
        ("blmpop 0 2 none l right count 2", "*2|$1|l|*2|$1|e|$1|d|", "RPOP l 2"),
        ("blmove l m Left RIGHT 0", "$1|b|", "LMOVE l m Left RIGHT"),
        ("brpoplpush l m 0", "$1|c|", "RPOPLPUSH l m"),
        ("bzpopmin none z 0", "*3|$1|z|$1|a|$1|1|", "ZPOPMIN z"),
        ("bzpopmax z 0", "*3|$1|z|$1|d|$1|4|", "ZPOPMAX z"),
        ("bzmpop 0 2 none z min count 9", "*2|$1|z|*2|*2|$1|b|$1|2|*2|$1|c|$1|3|", "ZPOPMIN z 2"),
    ] {
        assert_eq!(desk.ask(me, line), reply, "{line}");
        assert_eq!(desk.stream(), stream, "{line}");
    }
    assert_eq!(desk.ask(me, "exists l z"), ":0|");
    nobody_waits(&desk);
}

#[test]
fn arguments_are_judged_before_anyone_waits() {
    let mut desk = Desk::new();
    let me = desk.client();
    desk.ask(me, "set s v");
    for (line, reply) in [
        ("blpop l -1", "-ERR timeout is negative|"),
        ("brpop l x", "-ERR timeout is not a float or out of range|"),
        ("blpop l 1e300", "-ERR timeout is out of range|"),
        ("bzpopmin z 0x7FFFFFFFFFFFFFFF", "-ERR timeout is out of range|"),
        ("blpop s 0", "-WRONGTYPE Operation against a key holding the wrong kind of value|"),
        ("blpop none s 0", "-WRONGTYPE Operation against a key holding the wrong kind of value|"),
        ("blmove s d left left 0", "-WRONGTYPE Operation against a key holding the wrong kind of value|"),
        ("bzpopmax s 0", "-WRONGTYPE Operation against a key holding the wrong kind of value|"),
        ("blmove l d up left x", "-ERR syntax error|"),
        ("blmove l d left left x", "-ERR timeout is not a float or out of range|"),
        ("brpoplpush l d -1", "-ERR timeout is negative|"),
        ("blmpop x 0 l left", "-ERR numkeys should be greater than 0|"),
        ("blmpop x 1 l left", "-ERR timeout is not a float or out of range|"),
        ("blmpop 0 2 l left", "-ERR syntax error|"),
        ("blmpop 0 1 l left count 0", "-ERR count should be greater than 0|"),
        ("blmpop 0 1 l left count 1 count 1", "-ERR syntax error|"),
        ("bzmpop -1 1 z min", "-ERR timeout is negative|"),
        ("bzmpop 0 9223372036854775807 z min", "-ERR syntax error|"),
        ("blpop 0", "-ERR wrong number of arguments for 'blpop' command|"),
    ] {
        assert_eq!(desk.ask(me, line), reply, "{line}");
    }
    nobody_waits(&desk);
}

#[test]
fn those_who_came_first_are_served_first() {
    let mut desk = Desk::new();
    let (a, b, c, other) = (desk.client(), desk.client(), desk.client(), desk.client());
    parks(&mut desk, a, "blpop x l 0");
    parks(&mut desk, b, "brpop l 0");
    parks(&mut desk, c, "blpop l l y 0");
    assert_eq!(desk.srv.keys.awaited.len(), 3);
    assert_eq!(desk.ask(other, "rpush l 1 2"), ":2|", "the pusher sees its own push");
    assert_eq!(
        (desk.received(a), desk.received(b), desk.received(c)),
        ("*2|$1|l|$1|1|".into(), "*2|$1|l|$1|2|".into(), String::new())
    );
    assert_eq!(desk.stream(), "SELECT 0; rpush l 1 2; LPOP l; RPOP l");
    assert_eq!(desk.ask(other, "rpush y 3"), ":1|");
    assert_eq!(desk.received(c), "*2|$1|y|$1|3|");
    nobody_waits(&desk);
    assert_eq!((calls(&desk, "blpop"), calls(&desk, "brpop")), ((2, 0), (1, 0)), "once each");
}

#[test]
fn a_transaction_is_over_before_anyone_is_served() {
    let mut desk = Desk::new();
    let (me, other) = (desk.client(), desk.client());
    parks(&mut desk, me, "blpop a b 0");
    for line in ["multi", "rpush b 1", "rpush a 2", "del a", "rpush a 3", "exec"] {
        desk.ask(other, line);
    }
    // `b` was signalled first; the command looks at its keys in its own order.
    assert_eq!(desk.received(me), "*2|$1|a|$1|3|");
    assert_eq!(desk.stream(), "MULTI; SELECT 0; rpush b 1; rpush a 2; del a; rpush a 3; EXEC; LPOP a");
    parks(&mut desk, me, "blpop a 0");
    for line in ["multi", "rpush a 1", "del a", "exec"] {
        desk.ask(other, line);
    }
    assert_eq!(desk.received(me), "", "it is gone again");
    assert!(desk.srv.clients[me].flags.has(Flags::BLOCKED));
}

#[test]
fn inside_a_transaction_nobody_waits() {
    let mut desk = Desk::new();
    let me = desk.client();
    let lines = [
        "multi",
        "blpop l 0",
        "blmove l m left left 0",
        "brpoplpush l m 0",
        "blmpop 0 1 l left",
        "bzpopmin z 0",
        "bzmpop 0 1 z min",
    ];
    lines.iter().for_each(|line| drop(desk.ask(me, line)));
    assert_eq!(desk.ask(me, "exec"), "*6|*-1|$-1|$-1|*-1|*-1|*-1|");
    nobody_waits(&desk);
}

#[test]
fn whatever_makes_the_key_wakes() {
    let waking: [(&str, &[&str]); 9] = [
        ("rename", &["rpush other v", "rename other l"]),
        ("copy", &["rpush other v", "copy other l"]),
        ("move", &["select 1", "rpush l v", "move l 0", "select 0"]),
        ("swapdb", &["select 1", "rpush l v", "swapdb 0 1", "select 0"]),
        ("lmove", &["rpush other v", "lmove other l left right"]),
        ("wrong type first", &["set l x", "del l", "rpush l v"]),
        ("overwritten", &["set l x", "rpush other v", "rename other l"]),
        ("exec", &["multi", "rpush l v", "exec"]),
        ("the dead one goes", &["set l x pxat 5", "rpush l v"]),
    ];
    for (what, lines) in waking {
        let mut desk = Desk::new();
        let (me, other) = (desk.client(), desk.client());
        parks(&mut desk, me, "blpop l 0");
        for line in lines {
            let reply = desk.ask(other, line);
            assert!(!reply.starts_with('-'), "{what}: {line}: {reply}");
        }
        assert_eq!(desk.received(me), "*2|$1|l|$1|v|", "{what}");
        nobody_waits(&desk);
    }
}

#[test]
fn sorted_sets_that_are_stored_wake_and_lists_do_not() {
    for line in ["zunionstore z 1 src", "zrangestore z src 0 -1", "zinterstore z 1 src", "zadd z 7 m"] {
        let mut desk = Desk::new();
        let (me, other) = (desk.client(), desk.client());
        desk.ask(other, "zadd src 7 m");
        parks(&mut desk, me, "bzpopmin z 0");
        desk.ask(other, "rpush z 1");
        assert_eq!(desk.received(me), "", "a list is not waited for");
        desk.ask(other, "del z");
        desk.ask(other, line);
        assert_eq!(desk.received(me), "*3|$1|z|$1|m|$1|7|", "{line}");
        nobody_waits(&desk);
    }
}

#[test]
fn one_served_wakes_the_next() {
    let mut desk = Desk::new();
    let (a, b, c, other) = (desk.client(), desk.client(), desk.client(), desk.client());
    parks(&mut desk, c, "blpop three 0");
    parks(&mut desk, b, "brpoplpush two three 0");
    parks(&mut desk, a, "blmove one two left right 0");
    desk.ask(other, "lpush one v");
    assert_eq!((desk.received(a), desk.received(b)), ("$1|v|".into(), "$1|v|".into()));
    assert_eq!(desk.received(c), "*2|$5|three|$1|v|");
    assert_eq!(
        desk.stream(),
        "SELECT 0; lpush one v; LMOVE one two left right; RPOPLPUSH two three; LPOP three"
    );
    // To itself, and round in a circle: each is served once.
    parks(&mut desk, a, "brpoplpush one one 0");
    parks(&mut desk, b, "brpoplpush one one 0");
    desk.ask(other, "rpush one v");
    assert_eq!((desk.received(a), desk.received(b)), ("$1|v|".into(), "$1|v|".into()));
    nobody_waits(&desk);
}

#[test]
fn who_cannot_use_it_fails_and_the_next_gets_it() {
    let mut desk = Desk::new();
    let (a, b, other) = (desk.client(), desk.client(), desk.client());
    desk.ask(other, "set target text");
    parks(&mut desk, a, "blmove l target left left 0");
    parks(&mut desk, b, "blpop l 0");
    desk.ask(other, "rpush l v");
    assert_eq!(desk.received(a), "-WRONGTYPE Operation against a key holding the wrong kind of value|");
    assert_eq!(desk.received(b), "*2|$1|l|$1|v|");
    assert_eq!(calls(&desk, "blmove"), (1, 1));
    nobody_waits(&desk);
}

#[test]
fn time_outs_reply_null_in_their_order() {
    let mut desk = Desk::new();
    let (a, b, c) = (desk.client(), desk.client(), desk.client());
    desk.ask(c, "hello 3");
    parks(&mut desk, a, "blpop l 0.2");
    parks(&mut desk, b, "blmove l m left left 0.1");
    parks(&mut desk, c, "bzpopmin z 0.3");
    let start = desk.srv.clock.now_ms();
    assert_eq!(desk.srv.blocked.nearest_deadline(), Some(start + 100));
    let later = |desk: &mut Desk, ms| {
        desk.srv.clock.advance(ms);
        desk.srv.clock.refresh();
        wake::deadlines(&mut desk.srv);
    };
    later(&mut desk, 99);
    assert_eq!((desk.received(a), desk.received(b)), (String::new(), String::new()));
    later(&mut desk, 1);
    assert_eq!((desk.received(a), desk.received(b)), (String::new(), "*-1|".into()));
    later(&mut desk, 500);
    assert_eq!((desk.received(a), desk.received(c)), ("*-1|".into(), "_|".into()));
    nobody_waits(&desk);
    assert_eq!(
        (calls(&desk, "blpop"), calls(&desk, "blmove"), calls(&desk, "bzpopmin")),
        ((1, 0), (1, 0), (1, 0))
    );
}

#[test]
fn who_must_wait_on_keeps_the_deadline() {
    let mut desk = Desk::new();
    let (me, other) = (desk.client(), desk.client());
    let start = desk.srv.clock.now_ms();
    let command = desk.srv.table.find(b"blpop").expect("known").id;
    let wait = KeyWait { db: 0, keys: vec![Box::from(*b"l")], of: Awaits::List, on_nokey: true };
    let parked = Parked {
        on: WaitFor::Keys(wait),
        deadline_ms: Some(start + 100),
        command,
        args: OwnedArgs::from_slices(&[b"blpop", b"l", b"5"]),
        spent_us: 7,
        ticket: 0,
        lines: Vec::new(),
    };
    wake::park(&mut desk.srv, me, parked);
    assert_eq!(desk.srv.keys.awaited.len_on_nokey(), 1);
    desk.srv.clock.advance(60);
    desk.srv.clock.refresh();
    // There and gone again: it is tried, as it wants to hear of the end, and finds nothing.
    for line in ["multi", "rpush l 1", "del l", "exec"] {
        desk.ask(other, line);
    }
    let parked = desk.srv.clients[me].parked.as_ref().expect("waits on");
    assert_eq!((parked.ticket, parked.deadline_ms), (2, Some(start + 100)));
    assert!(parked.spent_us >= 7 && calls(&desk, "blpop") == (0, 0));
    assert_eq!((desk.srv.blocked.timed(), desk.srv.keys.awaited.len_on_nokey()), (1, 0));
}

#[test]
fn a_doomed_client_takes_nothing() {
    let mut desk = Desk::new();
    let (a, b, other) = (desk.client(), desk.client(), desk.client());
    parks(&mut desk, a, "blpop l 0");
    parks(&mut desk, b, "blpop l 0");
    desk.srv.clients.close(a);
    desk.ask(other, "rpush l v");
    assert_eq!((desk.received(a), desk.received(b)), (String::new(), "*2|$1|l|$1|v|".into()));
    crate::core::lifecycle::forget(&mut desk.srv, a);
    nobody_waits(&desk);
}

#[test]
fn a_pause_holds_the_served_back_too() {
    let mut desk = Desk::new();
    let (a, b, other) = (desk.client(), desk.client(), desk.client());
    parks(&mut desk, a, "blpop l 1");
    parks(&mut desk, b, "blpop l 0");
    for line in ["multi", "rpush l v", "client pause 100 write", "exec"] {
        desk.ask(other, line);
    }
    assert_eq!((desk.received(a), desk.received(b)), (String::new(), String::new()));
    assert_eq!(desk.ask(other, "llen l"), ":1|");
    desk.srv.clock.advance(101);
    desk.srv.clock.refresh();
    wake::end_of_pause(&mut desk.srv);
    desk.before_sleep();
    assert_eq!(
        (desk.received(a), desk.received(b)),
        ("*2|$1|l|$1|v|".into(), String::new()),
        "places are kept"
    );
}

#[test]
fn silence_lasts_until_the_wait_is_over() {
    let mut desk = Desk::new();
    let (me, other) = (desk.client(), desk.client());
    desk.ask(me, "client reply skip");
    parks(&mut desk, me, "blpop l 0");
    desk.ask(other, "rpush l v");
    assert_eq!((desk.received(me), desk.ask(me, "ping")), (String::new(), "+PONG|".into()));
    desk.ask(me, "client reply skip");
    parks(&mut desk, me, "blpop l 1");
    wake::time_out(&mut desk.srv, me);
    assert_eq!((desk.received(me), desk.ask(me, "ping")), (String::new(), "+PONG|".into()));
    desk.ask(me, "client reply off");
    parks(&mut desk, me, "blpop l 0");
    desk.ask(other, "rpush l v");
    assert_eq!((desk.received(me), desk.ask(other, "llen l")), (String::new(), ":0|".into()));
    nobody_waits(&desk);
}

/// Against a model: one list of values per key, waiters in order of arrival.
#[test]
fn random_pushes_are_given_out_in_order() {
    let mut desk = Desk::new();
    let other = desk.client();
    let mut rng = crate::base::rng::Rng::seeded(77);
    let clients: Vec<ClientId> = (0..12).map(|_| desk.client()).collect();
    let mut waiting: Vec<(ClientId, Vec<u64>)> = Vec::new();
    let mut values: Vec<Vec<u64>> = vec![Vec::new(); 4];
    for n in 0..3000u64 {
        let key = rng.below(4);
        let idle = clients.iter().copied().find(|c| !waiting.iter().any(|(w, _)| w == c));
        if rng.below(2) == 0
            && let Some(me) = idle
        {
            let keys: Vec<u64> = (0..1 + rng.below(3)).map(|_| rng.below(4)).collect();
            let names: Vec<String> = keys.iter().map(|key| format!("l{key}")).collect();
            let reply = desk.ask(me, &format!("blpop {} 0", names.join(" ")));
            match keys.iter().find(|key| !values[**key as usize].is_empty()) {
                Some(key) => {
                    let value = values[*key as usize].remove(0);
                    assert_eq!(reply, format!("*2|$2|l{key}|${}|{value}|", value.to_string().len()));
                }
                None => {
                    assert_eq!(reply, "");
                    waiting.push((me, keys));
                }
            }
            continue;
        }
        desk.ask(other, &format!("rpush l{key} {n} {n}"));
        values[key as usize].extend([n, n]);
        while !values[key as usize].is_empty()
            && let Some(first) = waiting.iter().position(|(_, keys)| keys.contains(&key))
        {
            let (me, _) = waiting.remove(first);
            let value = values[key as usize].remove(0);
            assert_eq!(
                desk.received(me),
                format!("*2|$2|l{key}|${}|{value}|", value.to_string().len()),
                "step {n}"
            );
        }
        assert!(waiting.iter().all(|(me, _)| desk.srv.clients[*me].out.bytes.is_empty()), "step {n}");
    }
    assert_eq!(desk.srv.blocked.len(), waiting.len());
}
