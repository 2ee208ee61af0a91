//! What the commands say, what travels, and what becomes of strings that somebody made up.

use crate::cmd::testing::Desk;
use crate::keyspace::{Class, SetExpire};
use crate::object::hll;

const WRONGTYPE: &str = "-WRONGTYPE Operation against a key holding the wrong kind of value|";
const NOT_HLL: &str = "-WRONGTYPE Key is not a valid HyperLogLog string value.|";
const CORRUPT: &str = "-INVALIDOBJ Corrupted HLL object detected|";

fn stored(desk: &Desk, key: &str) -> Vec<u8> {
    match desk.srv.keys.dbs[0].get(key.as_bytes()).unwrap().value() {
        crate::object::ValueRef::Str(text) => text.to_vec(),
        other => panic!("{other:?}"),
    }
}

fn put(desk: &mut Desk, key: &str, text: &[u8]) {
    desk.srv.keys.set_text(0, key.as_bytes(), text, SetExpire::Clear, crate::cmd::testing::START);
}

#[test]
fn elements_are_counted() {
    let mut desk = Desk::new();
    let me = desk.client();
    for (request, reply) in [
        ("PFADD h", ":1|"),
        ("PFADD h", ":0|"),
        ("PFADD h a b c", ":1|"),
        ("PFADD h a b", ":0|"),
        ("PFCOUNT h", ":3|"),
        ("PFCOUNT h no", ":3|"),
        ("PFCOUNT no", ":0|"),
        ("PFADD g c d ''", ":1|"),
        ("PFCOUNT g h g", ":5|"),
        ("PFMERGE m g h no", "+OK|"),
        ("PFCOUNT m", ":5|"),
        ("PFMERGE empty", "+OK|"),
        ("PFCOUNT empty", ":0|"),
        ("PFDEBUG ENCODING m", "+sparse|"),
        ("PFDEBUG DECODE empty", "$7|Z:16384|"),
        ("PFDEBUG TODENSE m", ":1|"),
        ("PFDEBUG todense m", ":0|"),
        ("PFDEBUG ENCODING m", "+dense|"),
        ("PFDEBUG DECODE m", "-ERR HLL encoding is not sparse|"),
        ("PFMERGE h m", "+OK|"),
        ("PFDEBUG ENCODING h", "+dense|"),
        ("PFCOUNT h", ":5|"),
        ("PFDEBUG FOO h", "-ERR Unknown PFDEBUG subcommand 'FOO'|"),
        ("PFDEBUG FOO no", "-ERR The specified key does not exist|"),
        ("LPUSH l x", ":1|"),
        ("PFADD l x", WRONGTYPE),
        ("PFCOUNT l", WRONGTYPE),
        ("PFCOUNT h l", WRONGTYPE),
        ("PFMERGE x l", WRONGTYPE),
        ("PFDEBUG GETREG l", WRONGTYPE),
        ("SET n 5", "+OK|"),
        ("PFADD n x", NOT_HLL),
        ("SET t HYLL", "+OK|"),
        ("PFCOUNT t", NOT_HLL),
        ("PFMERGE t", NOT_HLL),
    ] {
        assert_eq!(desk.ask(me, request), reply, "{request}");
    }
    let registers = desk.ask(me, "PFDEBUG GETREG g");
    assert!(registers.starts_with("*16384|:") && registers.matches(':').count() == 16384);
    assert_eq!(desk.ask(me, "PFDEBUG ENCODING g"), "+dense|");
}

#[test]
fn counting_changes_the_key_once() {
    let mut desk = Desk::new();
    let me = desk.client();
    desk.ask(me, "SET other 1");
    desk.stream();
    desk.srv.keys.touched.set_notify(Class::parse(b"KEA").unwrap());
    for (request, travels, events) in [
        ("PFADD h a b", true, "pfadd"),
        ("PFADD h a b", false, ""),
        ("PFCOUNT h", true, ""),
        ("PFCOUNT h", false, ""),
        ("PFCOUNT h h", false, ""),
        ("PFMERGE h", true, "pfadd"),
        ("PFCOUNT h", true, ""),
        ("PFDEBUG DECODE h", false, ""),
        ("PFDEBUG GETREG h", true, ""),
        ("PFDEBUG GETREG h", false, ""),
        ("PFADD new", true, "pfadd"),
    ] {
        let dirty = desk.srv.persist.dirty;
        desk.ask(me, request);
        assert_eq!(desk.stream(), if travels { request } else { "" }, "{request}");
        assert_eq!(desk.srv.persist.dirty > dirty, travels, "{request}");
        let seen: Vec<&str> = desk.srv.keys.touched.iter().map(|touch| touch.event).collect();
        assert_eq!(seen.join(" ").trim(), events, "{request}");
        desk.srv.keys.touched.clear();
    }
}

#[test]
fn a_count_wakes_watchers_and_makes_the_string_raw() {
    let mut desk = Desk::new();
    let (me, other) = (desk.client(), desk.client());
    desk.ask(me, "PFADD h a");
    desk.ask(me, "WATCH h");
    desk.ask(other, "PFCOUNT h");
    desk.ask(me, "MULTI");
    assert_eq!(desk.ask(me, "EXEC"), "*-1|");
    let text = stored(&desk, "h");
    put(&mut desk, "copy", &text);
    assert_eq!(desk.ask(me, "OBJECT ENCODING copy"), "$6|embstr|");
    assert_eq!(desk.ask(me, "PFCOUNT copy"), ":1|");
    assert_eq!(desk.ask(me, "OBJECT ENCODING copy"), "$3|raw|");
}

#[test]
fn the_sparse_limit_is_a_setting() {
    let mut desk = Desk::new();
    let me = desk.client();
    desk.srv.config.hll_sparse_max_bytes = 30;
    desk.ask(me, "PFADD h 1 2 3");
    assert_eq!(desk.ask(me, "PFDEBUG ENCODING h"), "+sparse|");
    desk.ask(me, "PFADD h 4 5 6 7 8 9");
    assert_eq!(desk.ask(me, "PFDEBUG ENCODING h"), "+dense|");
    assert_eq!(desk.ask(me, "PFCOUNT h"), ":9|");
    desk.ask(me, "PFADD a 1 2 3");
    desk.ask(me, "PFADD b 4 5 6");
    assert_eq!(desk.ask(me, "PFMERGE ab a b"), "+OK|");
    assert_eq!(desk.ask(me, "PFDEBUG ENCODING ab"), "+dense|");
}

#[test]
fn corrupt_strings_are_refused_and_stay_as_they_are() {
    let mut desk = Desk::new();
    let me = desk.client();
    let mut long = hll::new();
    long.extend([0x7f, 0xff, 0xff]);
    let mut short = hll::new();
    *short.last_mut().unwrap() -= 5;
    let mut half = hll::new();
    half.pop();
    for text in [long, short, half, hll::new()[..16].to_vec()] {
        put(&mut desk, "h", &text);
        let mut stale = text.clone();
        hll::invalidate(&mut stale);
        put(&mut desk, "stale", &stale);
        for request in ["PFMERGE h", "PFMERGE m h", "PFCOUNT h no", "PFDEBUG TODENSE h", "PFDEBUG GETREG h"] {
            assert_eq!(desk.ask(me, request), CORRUPT, "{request} {text:?}");
        }
        assert_eq!(desk.ask(me, "PFCOUNT stale"), CORRUPT);
        // Enough elements to meet the missing registers or the conversion.
        let many = (0..3000).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
        desk.srv.config.hll_sparse_max_bytes = 100;
        assert_eq!(desk.ask(me, &format!("PFADD h {many}")), CORRUPT, "{text:?}");
        assert_eq!(stored(&desk, "h"), text);
        assert_eq!(desk.ask(me, "EXISTS m"), ":0|");
    }
}
