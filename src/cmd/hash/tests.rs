//! What goes down the replication stream, what counts as a change, and when keys come and go. Replies are
//! compared with a real server elsewhere.

use crate::cmd::testing::Desk;

#[test]
fn the_stream_holds_requests_but_sums_of_fractions() {
    let mut desk = Desk::new();
    let me = desk.client();
    desk.ask(me, "set s v");
    desk.stream();
    for (request, reply, sent) in [
        ("hset h a 1 b 2", ":2|", "hset h a 1 b 2"),
        ("HSET h a 1", ":0|", "HSET h a 1"),
        ("hmset h a 3 a 4", "+OK|", "hmset h a 3 a 4"),
        ("hsetnx h a 5", ":0|", ""),
        ("hsetnx h c x", ":1|", "hsetnx h c x"),
        ("hincrby h a 6", ":10|", "hincrby h a 6"),
        ("hincrby h c 1", "-ERR hash value is not an integer|", ""),
        ("hincrby new f x", "-ERR value is not an integer or out of range|", ""),
        ("hincrbyfloat h a 0.5", "$4|10.5|", "HSET h a 10.5"),
        ("hincrbyfloat h c 1", "-ERR hash value is not a float|", ""),
        ("hincrbyfloat new f inf", "-ERR value is NaN or Infinity|", ""),
        ("hincrbyfloat new f nan", "-ERR value is not a valid float|", ""),
        ("exists new", ":0|", ""),
        ("hdel h a x a", ":1|", "hdel h a x a"),
        ("hdel h x", ":0|", ""),
        ("hdel h b c d", ":2|", "hdel h b c d"),
        ("exists h", ":0|", ""),
        ("hset s a 1", "-WRONGTYPE Operation against a key holding the wrong kind of value|", ""),
        ("hdel s a", "-WRONGTYPE Operation against a key holding the wrong kind of value|", ""),
        ("hset h a 1 b", "-ERR wrong number of arguments for 'hset' command|", ""),
    ] {
        assert_eq!(desk.ask(me, request), reply, "{request}");
        assert_eq!(desk.stream(), sent, "{request}");
    }
}

#[test]
fn changes_count_by_field_and_the_last_field_takes_the_key_with_it() {
    let mut desk = Desk::new();
    let me = desk.client();
    for (request, changes) in [
        ("hset h a 1 b 2 a 1", 3),
        ("hsetnx h a 1", 0),
        ("hsetnx h c 1", 1),
        ("hincrby h b 1", 1),
        ("hincrbyfloat h b 1", 1),
        ("hdel h x", 0),
        ("hdel h x a", 1),
        ("hdel h b c x", 2),
    ] {
        let before = desk.srv.persist.dirty;
        desk.ask(me, request);
        assert_eq!(desk.srv.persist.dirty - before, changes, "{request}");
    }
    assert_eq!(desk.srv.keys.len(0), 0);
}

#[test]
fn a_portion_of_random_fields_is_as_large_as_asked() {
    let mut desk = Desk::new();
    let me = desk.client();
    desk.ask(me, "hset h a 1 b 2 c 3");
    for (request, head) in [
        ("hrandfield h 2", "*2|"),
        ("hrandfield h 9", "*3|"),
        ("hrandfield h 9 withvalues", "*6|"),
        ("hrandfield h -5000", "*5000|"),
        ("hrandfield h 0", "*0|"),
        ("hrandfield none 5", "*0|"),
        ("hrandfield none", "$-1|"),
        ("hrandfield h 9 values", "-ERR syntax error|"),
        ("hrandfield h 5000000000000000000 withvalues", "-ERR value is out of range|"),
    ] {
        let reply = desk.ask(me, request);
        assert!(reply.starts_with(head), "{request}: {reply}");
        if let Some(count) = head.strip_prefix('*').and_then(|head| head.strip_suffix('|')) {
            let texts = reply.matches('$').count();
            assert_eq!(texts.to_string(), count, "{request}");
        }
    }
    desk.srv.config.client_output_buffer_limit.normal.hard_bytes = 1 << 10;
    let endless = desk.ask(me, "hrandfield h -9223372036854775807");
    assert!(endless.len() < 20_000, "it goes on past the limit: {}", endless.len());
}

#[test]
fn a_scan_meets_every_field_in_either_encoding() {
    let mut desk = Desk::new();
    let me = desk.client();
    assert_eq!(desk.ask(me, "hscan none 0 count x"), "*2|$1|0|*0|");
    desk.ask(me, "hset small a 1 b 2");
    assert_eq!(desk.ask(me, "hscan small 7 match b*"), "*2|$1|0|*2|$1|b|$1|2|");
    assert_eq!(desk.ask(me, "hscan small 0 count 0"), "-ERR syntax error|");
    assert_eq!(desk.ask(me, "hscan small 0 type hash"), "-ERR syntax error|");
    assert_eq!(desk.ask(me, "hscan small x"), "-ERR invalid cursor|");
    for i in 0..1000 {
        desk.ask(me, &format!("hset big f{i} {i}"));
    }
    let (mut cursor, mut seen) = ("0".to_owned(), std::collections::BTreeSet::new());
    loop {
        let reply = desk.ask(me, &format!("hscan big {cursor} count 7"));
        let mut parts = reply.split('|');
        cursor = parts.nth(2).expect("a cursor").to_owned();
        seen.extend(parts.filter(|part| part.starts_with('f')).map(str::to_owned));
        if cursor == "0" {
            break;
        }
    }
    assert_eq!(seen.len(), 1000);
}
