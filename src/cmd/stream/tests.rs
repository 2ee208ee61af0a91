//! What travels, what counts as a change, who is woken. Replies are compared with a real server elsewhere.

use crate::cmd::testing::{Desk, START};

fn check(desk: &mut Desk, rows: &[(&str, &str, &str)]) {
    let me = desk.client();
    for (request, reply, sent) in rows {
        assert_eq!(desk.ask(me, request), *reply, "{request}");
        assert_eq!(desk.stream(), *sent, "{request}");
    }
}

const NOW: &str = "1700000000000";

#[test]
fn ids_and_trims_travel_as_they_came_out() {
    assert_eq!(START.to_string(), NOW);
    let mut desk = Desk::new();
    desk.srv.config.stream_node_max_entries = 2;
    check(
        &mut desk,
        &[
            ("xadd s nomkstream * f v", "$-1|", ""),
            ("xadd s * f v", "$15|1700000000000-0|", "SELECT 0; xadd s 1700000000000-0 f v"),
            ("xadd s 1700000000000-* f v", "$15|1700000000000-1|", "xadd s 1700000000000-1 f v"),
            (
                "XADD s maxlen 9 1700000000001-5 f v",
                "$15|1700000000001-5|",
                "XADD s maxlen 9 1700000000001-5 f v",
            ),
            ("xadd s MAXLEN ~ 2 * f v", "$15|1700000000001-6|", "xadd s MAXLEN = 2 1700000000001-6 f v"),
            (
                "xadd s MAXLEN ~ 0 LIMIT 1 * f v",
                "$15|1700000000001-7|",
                "xadd s MAXLEN = 3 LIMIT 1 1700000000001-7 f v",
            ),
            ("xtrim s maxlen ~ 2", ":0|", ""),
            ("xtrim s minid ~ 1700000000001-7", ":2|", "xtrim s minid = 1700000000001-7"),
            ("xtrim s maxlen 0", ":1|", "xtrim s maxlen 0"),
            ("xdel s 1-1", ":0|", ""),
            (
                "xadd s 1-1 f v",
                "-ERR The ID specified in XADD is equal or smaller than the target stream top item|",
                "",
            ),
            ("xadd new 0-0 f v", "-ERR The ID specified in XADD must be greater than 0-0|", ""),
            ("xadd new 0-* f v", "$3|0-1|", "xadd new 0-1 f v"),
            ("xsetid s 1800000000000-0", "+OK|", "xsetid s 1800000000000-0"),
            ("exists s", ":1|", ""),
        ],
    );
}

#[test]
fn what_a_group_gets_travels_as_claims() {
    let mut desk = Desk::new();
    let claim = |consumer: &str, id: &str, count: u32, last: &str| {
        format!("XCLAIM s g {consumer} 0 {id} TIME {NOW} RETRYCOUNT {count} FORCE JUSTID LASTID {last}")
    };
    let one = |id: &str| format!("*2|$3|{id}|*2|$1|f|$1|v|");
    let reply = |ids: &[&str]| {
        let all: String = ids.iter().map(|id| one(id)).collect();
        format!("*1|*2|$1|s|*{}|{all}", ids.len())
    };
    check(
        &mut desk,
        &[
            ("xgroup create s g 0 mkstream", "+OK|", "SELECT 0; xgroup create s g 0 mkstream"),
            ("xadd s 1-0 f v", "$3|1-0|", "xadd s 1-0 f v"),
            ("xadd s 2-0 f v", "$3|2-0|", "xadd s 2-0 f v"),
            ("xadd s 3-0 f v", "$3|3-0|", "xadd s 3-0 f v"),
            ("xreadgroup group g a count 1 streams s >", &reply(&["1-0"]), &claim("a", "1-0", 1, "1-0")),
            (
                "xreadgroup group g b noack count 1 streams s >",
                &reply(&["2-0"]),
                "MULTI; XGROUP CREATECONSUMER s g b; XGROUP SETID s g 2-0 ENTRIESREAD 2; EXEC",
            ),
            ("xreadgroup group g a streams s 0", &reply(&["1-0"]), ""),
            ("xpending s g", "*4|:1|$3|1-0|$3|1-0|*1|*2|$1|a|$1|1|", ""),
            ("xclaim s g c 0 1-0 9-9", &format!("*1|{}", one("1-0")), &claim("c", "1-0", 3, "2-0")),
            ("xclaim s g c 5000 1-0", "*0|", ""),
            ("xclaim s g c 0 2 justid force lastid 2-5", "*1|$3|2-0|", &claim("c", "2", 1, "2-5")),
            ("xclaim s g c 0 9 lastid 2-7", "*0|", "XGROUP SETID s g 2-7 ENTRIESREAD 2"),
            ("xdel s 1-0", ":1|", "xdel s 1-0"),
            ("xautoclaim s g a 0 0 count 1", "*3|$3|2-0|*0|*1|$3|1-0|", &claim("c", "1-0", 3, "2-7")),
            ("xautoclaim s g a 0 0 justid", "*3|$3|0-0|*1|$3|2-0|*0|", &claim("a", "2-0", 1, "2-7")),
            ("xack s g 2-0 2-0", ":1|", "xack s g 2-0 2-0"),
            ("xack s g 2-0", ":0|", ""),
            ("xgroup delconsumer s g c", ":0|", "xgroup delconsumer s g c"),
            ("xgroup delconsumer s g c", ":0|", ""),
            ("xgroup destroy s g", ":1|", "xgroup destroy s g"),
            (
                "xreadgroup group g a streams s >",
                "-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option|",
                "",
            ),
        ],
    );
}

#[test]
fn only_entries_touch_the_key_for_its_watchers() {
    let mut desk = Desk::new();
    let (me, other) = (desk.client(), desk.client());
    desk.ask(other, "xadd s 1-0 f v");
    for (request, spoils) in [
        ("xgroup create s g 0", false),
        ("xreadgroup group g a streams s >", false),
        ("xclaim s g b 0 1-0", false),
        ("xack s g 1-0", false),
        ("xsetid s 5-0", false),
        ("xtrim s maxlen 5", false),
        ("xadd s 6-0 f v", true),
        ("xdel s 6-0", true),
        ("xtrim s maxlen 0", true),
        ("xgroup create t g 0 mkstream", false),
    ] {
        desk.ask(me, "watch s");
        desk.ask(other, request);
        desk.ask(me, "multi");
        assert_eq!(desk.ask(me, "exec"), if spoils { "*-1|" } else { "*0|" }, "{request}");
    }
}

#[test]
fn who_waits_gets_what_comes_after_the_wait_began() {
    let mut desk = Desk::new();
    let (me, other) = (desk.client(), desk.client());
    desk.ask(other, "xadd s 1-0 f old");
    assert_eq!(desk.ask(me, "xread block 0 streams s t $ $"), "");
    desk.ask(other, "set t text");
    assert_eq!(desk.reply(me), "", "no stream");
    desk.ask(other, "del t");
    desk.ask(other, "xadd s 2-0 f new");
    assert_eq!(desk.reply(me), "*1|*2|$1|s|*1|*2|$3|2-0|*2|$1|f|$3|new|");
    // What is gone when the transaction ends wakes nobody.
    assert_eq!(desk.ask(me, "xread block 0 streams s 2-0"), "");
    for line in ["multi", "xadd s 3-0 f v", "xdel s 3-0", "exec"] {
        desk.ask(other, line);
    }
    assert_eq!(desk.reply(me), "");
    desk.ask(other, "xadd s 4-0 f v");
    assert_eq!(desk.reply(me), "*1|*2|$1|s|*1|*2|$3|4-0|*2|$1|f|$1|v|");
}

#[test]
fn a_group_that_goes_fails_its_waiting_readers() {
    let no_group = "-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option|";
    let wrong = "-WRONGTYPE Operation against a key holding the wrong kind of value|";
    for (end, expected) in [
        ("xgroup destroy s g", no_group),
        ("del s", no_group),
        ("flushall", no_group),
        ("rename s u", no_group),
        ("set s text", wrong),
    ] {
        let mut desk = Desk::new();
        let (me, other) = (desk.client(), desk.client());
        desk.ask(other, "xgroup create s g $ mkstream");
        assert_eq!(desk.ask(me, "xreadgroup group g a block 0 streams s >"), "", "{end}");
        desk.ask(other, end);
        assert_eq!(desk.reply(me), expected, "{end}");
    }
}

#[test]
fn nobody_waits_in_a_transaction_or_without_being_asked() {
    let mut desk = Desk::new();
    let me = desk.client();
    assert_eq!(desk.ask(me, "xread streams s 0"), "*-1|");
    desk.ask(me, "multi");
    desk.ask(me, "xread block 0 streams s $");
    assert_eq!(desk.ask(me, "exec"), "*1|*-1|");
    for (request, error) in [
        ("xread block -1 streams s 0", "-ERR timeout is negative|"),
        ("xread block x streams s 0", "-ERR timeout is not an integer or out of range|"),
        ("xread block 9223372036854775807 streams s 0", "-ERR timeout is out of range|"),
        (
            "xread count 1 streams s",
            "-ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified.|",
        ),
        (
            "xread streams s >",
            "-ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.|",
        ),
        (
            "xread noack streams s 0",
            "-ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.|",
        ),
    ] {
        assert_eq!(desk.ask(me, request), error, "{request}");
    }
}
