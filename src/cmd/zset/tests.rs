//! What the commands say, and what replicas get of them. The structure itself is tested where it lives.

use crate::cmd::testing::Desk;
use crate::state::client::ClientId;

/// A desk with `z` = a 1, b 2, c 3.
fn desk() -> (Desk, ClientId) {
    let mut desk = Desk::new();
    let who = desk.client();
    assert_eq!(desk.ask(who, "ZADD z 1 a 2 b 3 c"), ":3|");
    desk.stream();
    (desk, who)
}

/// Asks each line and compares the reply.
fn check(lines: &[(&str, &str)]) {
    let (mut desk, who) = desk();
    for (line, reply) in lines {
        assert_eq!(desk.ask(who, line), *reply, "{line}");
    }
}

#[test]
fn zadd_reads_all_before_it_adds() {
    check(&[
        ("ZADD z 4 d x e", "-ERR value is not a valid float|"),
        ("ZCARD z", ":3|"),
        ("ZADD z NX XX 1 a", "-ERR XX and NX options at the same time are not compatible|"),
        ("ZADD z GT NX 1 a", "-ERR GT, LT, and/or NX options at the same time are not compatible|"),
        ("ZADD z INCR 1 a 2 b", "-ERR INCR option supports a single increment-element pair|"),
        ("ZADD z 1 a 2", "-ERR syntax error|"),
        ("ZADD z NX CH", "-ERR syntax error|"),
        ("ZADD z XX CH 5 a 9 new", ":1|"),
        ("ZADD z GT CH 4 a 9 c", ":1|"),
        ("ZADD z LT INCR 1 a", "$-1|"),
        ("ZADD no XX INCR 1 a", "$-1|"),
        ("ZADD no XX 1 a", ":0|"),
        ("EXISTS no", ":0|"),
        ("ZINCRBY z 0.1 a", "$3|5.1|"),
        ("ZADD z inf i", ":1|"),
        ("ZINCRBY z -inf i", "-ERR resulting score is not a number (NaN)|"),
        ("ZSCORE z i", "$3|inf|"),
        ("SET s 1", "+OK|"),
        ("ZADD s 1 a", "-WRONGTYPE Operation against a key holding the wrong kind of value|"),
        ("ZSCORE s a", "-WRONGTYPE Operation against a key holding the wrong kind of value|"),
    ]);
}

#[test]
fn ranks_and_ranges_are_shown_from_either_end() {
    check(&[
        ("ZRANK z b", ":1|"),
        ("ZREVRANK z a WITHSCORE", "*2|:2|$1|1|"),
        ("ZRANK z no WITHSCORE", "*-1|"),
        ("ZRANK z a x", "-ERR syntax error|"),
        ("ZRANK z a withscore x", "-ERR wrong number of arguments for 'zrank' command|"),
        ("ZRANGE z 0 -1 REV", "*3|$1|c|$1|b|$1|a|"),
        ("ZRANGE z 1 -1 WITHSCORES", "*4|$1|b|$1|2|$1|c|$1|3|"),
        ("ZREVRANGE z 0 0", "*1|$1|c|"),
        ("ZRANGE z (1 3 BYSCORE LIMIT 1 5", "*1|$1|c|"),
        ("ZRANGE z 3 1 BYSCORE REV LIMIT 1 1", "*1|$1|b|"),
        ("ZRANGEBYSCORE z -inf +inf LIMIT -1 2", "*0|"),
        ("ZREVRANGEBYSCORE z +inf -inf LIMIT 2 -3", "*1|$1|a|"),
        ("ZRANGEBYLEX z - (c", "*2|$1|a|$1|b|"),
        ("ZREVRANGEBYLEX z + [b", "*2|$1|c|$1|b|"),
        ("ZLEXCOUNT z - +", ":3|"),
        ("ZCOUNT z (1 3", ":2|"),
        ("ZCOUNT z a 3", "-ERR min or max is not a float|"),
        ("ZRANGEBYLEX z a [b", "-ERR min or max not valid string range item|"),
        (
            "ZRANGE z 0 1 LIMIT 0 1",
            "-ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX|",
        ),
        (
            "ZRANGE z - + BYLEX WITHSCORES",
            "-ERR syntax error, WITHSCORES not supported in combination with BYLEX|",
        ),
        ("ZREVRANGE z 0 1 REV", "-ERR syntax error|"),
        (
            "HELLO 3 SETNAME x",
            "%7|$6|server|$5|redis|$7|version|$5|7.2.4|$5|proto|:3|$2|id|:1|$4|mode|$10|standalone|$4|role|$6|master|$7|modules|*0|",
        ),
        ("ZRANGE z 0 0 WITHSCORES", "*1|*2|$1|a|,1|"),
        ("ZPOPMAX z", "*2|$1|c|,3|"),
        ("ZPOPMAX z 1", "*1|*2|$1|b|,2|"),
        ("ZSCORE z no", "_|"),
    ]);
}

#[test]
fn what_a_command_built_is_stored_or_deletes() {
    check(&[
        ("ZADD y 10 b 20 d", ":2|"),
        ("ZUNIONSTORE r 2 z y WEIGHTS 1 2 AGGREGATE MAX", ":4|"),
        ("ZRANGE r 0 -1 WITHSCORES", "*8|$1|a|$1|1|$1|c|$1|3|$1|b|$2|20|$1|d|$2|40|"),
        ("OBJECT ENCODING r", "$8|listpack|"),
        ("ZINTER 2 z y WITHSCORES", "*2|$1|b|$2|12|"),
        ("ZDIFF 2 z y", "*2|$1|a|$1|c|"),
        ("ZDIFF 2 z z", "*0|"),
        ("ZINTERCARD 2 z r LIMIT 2", ":2|"),
        ("ZINTERCARD 2 z r LIMIT -1", "-ERR LIMIT can't be negative|"),
        ("ZUNION 0 z", "-ERR at least 1 input key is needed for 'zunion' command|"),
        ("ZUNION 3 z y", "-ERR syntax error|"),
        ("ZUNION 1 z WEIGHTS x", "-ERR weight value is not a float|"),
        ("ZDIFF 1 z WEIGHTS 1", "-ERR syntax error|"),
        ("ZRANGESTORE r z 0 1", ":2|"),
        ("OBJECT ENCODING r", "$8|listpack|"),
        ("ZRANGESTORE r z 1 2 BYSCORE", ":2|"),
        ("OBJECT ENCODING r", "$8|skiplist|"),
        ("ZRANGESTORE r no 0 1", ":0|"),
        ("EXISTS r", ":0|"),
    ]);
}

#[test]
fn replicas_get_what_happened() {
    let (mut desk, who) = desk();
    let mut run = |line: &str| {
        desk.ask(who, line);
        desk.stream()
    };
    assert_eq!(run("ZADD z 1 a"), "");
    assert_eq!(run("ZADD z CH 7 a"), "ZADD z CH 7 a");
    assert_eq!(run("ZREM z no"), "");
    assert_eq!(run("ZMPOP 2 no z MAX COUNT 2"), "ZPOPMAX z 2");
    assert_eq!(run("ZREMRANGEBYRANK z 0 -1"), "ZREMRANGEBYRANK z 0 -1");
    assert_eq!(run("ZMPOP 2 no z MAX"), "");
    assert_eq!(run("ZINTERSTORE z 1 no"), "");
    assert_eq!(desk.ask(who, "EXISTS z"), ":0|");
}

#[test]
fn members_are_popped_drawn_and_scanned() {
    check(&[
        ("ZSCAN z 0 MATCH [ab]", "*2|$1|0|*4|$1|a|$1|1|$1|b|$1|2|"),
        ("ZSCAN z 0 COUNT 0", "-ERR syntax error|"),
        ("ZSCAN no 0 COUNT 0", "*2|$1|0|*0|"),
        ("ZSCAN z x", "-ERR invalid cursor|"),
        ("ZRANDMEMBER z 5 WITHSCORES", "*6|$1|c|$1|3|$1|b|$1|2|$1|a|$1|1|"),
        ("ZRANDMEMBER z 0", "*0|"),
        ("ZRANDMEMBER no", "$-1|"),
        ("ZRANDMEMBER z -9223372036854775807 WITHSCORES", "-ERR value is out of range|"),
        ("ZMPOP 0 z MIN", "-ERR numkeys should be greater than 0|"),
        ("ZMPOP 9223372036854775807 z MIN", "-ERR syntax error|"),
        ("ZMPOP 1 z MIN COUNT 0", "-ERR count should be greater than 0|"),
        ("ZMPOP 1 z MIN COUNT 1 COUNT 1", "-ERR syntax error|"),
        ("ZMPOP 1 z MIN", "*2|$1|z|*1|*2|$1|a|$1|1|"),
        ("ZPOPMIN z 0", "*0|"),
        ("ZPOPMIN z -1", "-ERR value is out of range, must be positive|"),
        ("ZPOPMIN z 9", "*4|$1|b|$1|2|$1|c|$1|3|"),
        ("EXISTS z", ":0|"),
    ]);
}
