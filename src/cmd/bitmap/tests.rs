//! What the commands say, what travels and what is announced. The arithmetic is tested where it lives.

use crate::cmd::testing::Desk;
use crate::keyspace::Class;

const WRONGTYPE: &str = "-WRONGTYPE Operation against a key holding the wrong kind of value|";
const OFFSET: &str = "-ERR bit offset is not an integer or out of range|";
const BIT: &str = "-ERR bit is not an integer or out of range|";

/// Asks each line and compares the reply.
#[track_caller]
fn check(lines: &[(&str, &str)]) {
    let mut desk = Desk::new();
    let who = desk.client();
    desk.ask(who, "LPUSH list x");
    for (line, reply) in lines {
        assert_eq!(desk.ask(who, line), *reply, "{line}");
    }
}

#[test]
fn single_bits() {
    check(&[
        ("SETBIT k 7 1", ":0|"),
        ("SETBIT k 7 1", ":1|"),
        ("GETBIT k 7", ":1|"),
        ("GETBIT k 8", ":0|"),
        ("GETBIT no 8", ":0|"),
        ("STRLEN k", ":1|"),
        ("SETBIT k 4294967295 2", BIT),
        ("SETBIT k 4294967295 x", BIT),
        ("SETBIT k -1 1", OFFSET),
        ("SETBIT k 4294967296 1", OFFSET),
        ("SETBIT k 9223372036854775808 1", OFFSET),
        ("SETBIT k #1 1", OFFSET),
        ("SETBIT list 0 1", WRONGTYPE),
        ("GETBIT list 0", WRONGTYPE),
        ("SET n 1", "+OK|"),
        ("GETBIT n 2", ":1|"),
        ("SETBIT n 6 1", ":0|"),
        ("GET n", "$1|3|"),
        ("OBJECT ENCODING n", "$3|raw|"),
    ]);
}

#[test]
fn counts_and_positions() {
    check(&[
        ("SET k foobar", "+OK|"),
        ("BITCOUNT k", ":26|"),
        ("BITCOUNT k 0 0", ":4|"),
        ("BITCOUNT k 1 1 BYTE", ":6|"),
        ("BITCOUNT k 5 30 BIT", ":17|"),
        ("BITCOUNT k 0", "-ERR syntax error|"),
        ("BITCOUNT k 0 1 hello", "-ERR syntax error|"),
        ("BITCOUNT k -1 -5 hello", ":0|"),
        ("BITCOUNT no 0 x", ":0|"),
        ("BITCOUNT list", WRONGTYPE),
        ("BITPOS k 2", "-ERR The bit argument must be 1 or 0.|"),
        ("BITPOS no 1", ":-1|"),
        ("BITPOS no 0", ":0|"),
        ("BITPOS k 1", ":1|"),
        ("BITPOS k 0 0 0 BIT", ":0|"),
        ("BITPOS k 1 7 -1 BIT", ":9|"),
        ("BITPOS k 0 1 2 x", "-ERR syntax error|"),
        ("BITPOS k 0 1 2 BIT x", "-ERR syntax error|"),
        ("BITOP NOT ones none", ":0|"),
        ("BITFIELD ones SET u8 0 255 SET u8 8 255", "*2|:0|:0|"),
        ("BITPOS ones 0", ":16|"),
        ("BITPOS ones 0 1", ":16|"),
        ("BITPOS ones 0 0 -1", ":-1|"),
        ("BITPOS ones 0 2", ":-1|"),
        ("BITPOS list 0", WRONGTYPE),
    ]);
}

#[test]
fn strings_are_combined() {
    check(&[
        ("SET a abc", "+OK|"),
        ("SET b AB", "+OK|"),
        ("BITOP AND d a b", ":3|"),
        ("BITFIELD d GET u8 0 GET u8 #1 GET u8 16", "*3|:65|:66|:0|"),
        ("BITOP OR d a b no", ":3|"),
        ("GET d", "$3|abc|"),
        ("BITOP NAND d a b", "-ERR syntax error|"),
        ("BITOP NOT d a b", "-ERR BITOP NOT must be called with a single source key.|"),
        ("BITOP XOR d a list", WRONGTYPE),
        ("GET d", "$3|abc|"),
        ("BITOP XOR list a", ":3|"),
        ("TYPE list", "+string|"),
        ("BITOP AND d no none", ":0|"),
        ("EXISTS d", ":0|"),
    ]);
}

#[test]
fn fields_are_read_and_written() {
    check(&[
        ("BITFIELD k", "*0|"),
        ("BITFIELD k GET u8 0 OVERFLOW SAT", "*1|:0|"),
        ("EXISTS k", ":0|"),
        ("BITFIELD k SET i8 0 -100 INCRBY i8 0 -100 GET u8 0", "*3|:0|:56|:56|"),
        ("BITFIELD k OVERFLOW sat INCRBY i8 #0 100 OVERFLOW FAIL INCRBY i8 0 1", "*2|:127|$-1|"),
        (
            "BITFIELD k SET u8 0 256 GET u64 0",
            "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.|",
        ),
        ("BITFIELD k SET u8 0 256 GET u8 -1", OFFSET),
        ("BITFIELD k SET u8 #-1 256", OFFSET),
        ("BITFIELD k SET u8 #9223372036854775807 0", OFFSET),
        ("BITFIELD k SET i64 #288230376151711744 0", OFFSET),
        ("BITFIELD k SET u8 0 x", "-ERR value is not an integer or out of range|"),
        ("BITFIELD k SET u8 0", "-ERR syntax error|"),
        ("BITFIELD k OVERFLOW NO", "-ERR Invalid OVERFLOW type specified|"),
        ("BITFIELD_RO k GET i8 0", "*1|:127|"),
        ("BITFIELD_RO k GET i8 0 SET i8 0 1", "-ERR BITFIELD_RO only supports the GET subcommand|"),
        ("BITFIELD_RO list GET i8 0", WRONGTYPE),
        ("BITFIELD list SET i8 0 0", WRONGTYPE),
        ("BITFIELD k GET i64 0 GET i63 4294967295", "*2|:9151314442816847872|:0|"),
        ("STRLEN k", ":1|"),
    ]);
}

#[test]
fn only_changes_travel_and_are_announced() {
    let mut desk = Desk::new();
    let me = desk.client();
    desk.ask(me, "SELECT 0");
    desk.ask(me, "SET other 1");
    desk.stream();
    desk.srv.keys.touched.set_notify(Class::parse(b"KEA").unwrap());
    for (request, travels, events) in [
        ("SETBIT k 3 0", true, "setbit"),
        ("SETBIT k 3 0", false, ""),
        ("SETBIT k 3 1", true, "setbit"),
        ("SETBIT k 8 0", true, "setbit"),
        ("BITFIELD k SET u8 0 16", false, ""),
        ("BITFIELD k SET u8 0 17 SET u8 0 16", true, "setbit"),
        ("BITFIELD k OVERFLOW FAIL SET u8 0 256", false, ""),
        ("BITFIELD k OVERFLOW FAIL SET u8 16 256", true, ""),
        ("BITFIELD fresh OVERFLOW FAIL SET u8 0 256", true, ""),
        ("BITFIELD fresh2 SET u8 0 0", true, "setbit"),
        ("BITFIELD k GET u8 100", false, ""),
        ("BITOP OR d k", true, "set"),
        ("BITOP OR d none", true, "del"),
        ("BITOP OR d none", false, ""),
        ("BITCOUNT k", false, ""),
    ] {
        desk.ask(me, request);
        assert_eq!(desk.stream(), if travels { request } else { "" }, "{request}");
        let seen: Vec<&str> = desk.srv.keys.touched.iter().map(|touch| touch.event).collect();
        assert_eq!(seen.join(" "), events, "{request}");
        desk.srv.keys.touched.clear();
    }
    assert_eq!(desk.srv.keys.dbs[0].get(b"k").unwrap().strlen(), Some(3));
    assert_eq!(desk.srv.keys.dbs[0].get(b"fresh").unwrap().strlen(), Some(1));
}

#[test]
fn lengths_are_bounded_before_memory_is_taken() {
    let mut desk = Desk::new();
    let me = desk.client();
    desk.srv.config.proto_max_bulk_len = 1 << 20;
    assert_eq!(desk.ask(me, "SETBIT k 8388608 1"), OFFSET);
    assert_eq!(desk.ask(me, "BITFIELD k SET u8 8388608 1"), OFFSET);
    assert_eq!(desk.ask(me, "EXISTS k"), ":0|");
    assert_eq!(desk.ask(me, "SETBIT k 8388607 1"), ":0|");
    assert_eq!(desk.ask(me, "BITFIELD k SET i64 8388607 -1"), "*1|:-9223372036854775808|");
    assert_eq!(desk.ask(me, "STRLEN k"), ":1048584|", "a field may reach over the limit, as in Redis");
}
