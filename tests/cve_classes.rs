//! The classes of mistakes for which Redis and its kin had to be mended, as far as data types are concerned: a
//! number that overflows, a count that is taken at its word, an index beyond an array, a search without end.
//!
//! One test a class, named with the numbers of the reports it covers. Each asks what the report asked and then
//! that three things hold ([`Victim::stands`]): the server answers, it is still the same process, and it holds
//! no more memory than the few keys of the test need. Error texts are compared whole.
//!
//! Redis 7.2.4 (`REPLIS_TEST_SERVER`) passes all but three: it ends for want of memory where `lengths_of_strings`
//! and `offsets_of_bits` raise the limit, and in `runs_of_a_hyperloglog` it takes some strings that are corrupt.

mod common;

use std::time::Duration;

use common::{Client, SOON, Server, Value, wait_until};

/// What a server may hold after all that, in bytes. Half of the smallest allocation that any of the lengths
/// below would ask for.
const MODEST: i64 = 64 << 20;

/// A server under attack.
struct Victim {
    server: Server,
    client: Client,
    run_id: String,
}

impl Victim {
    fn start(config: &str) -> Victim {
        let server = Server::start(config);
        let client = server.client();
        let run_id = server.info_field("server", "run_id");
        Victim { server, client, run_id }
    }

    /// The reply of a command as one text: errors with `-`, null as `(null)`, arrays with blanks between.
    #[track_caller]
    fn ask(&mut self, words: &str) -> String {
        show(&self.client.run(words))
    }

    #[track_caller]
    fn expect(&mut self, words: &str, reply: &str) {
        assert_eq!(self.ask(words), reply, "{words}");
    }

    /// All of them answer the same.
    #[track_caller]
    fn expect_all(&mut self, commands: &[&str], reply: &str) {
        commands.iter().for_each(|words| self.expect(words, reply));
    }

    #[track_caller]
    fn wait_blocked(&self, count: usize) {
        wait_until("so many wait", SOON, || {
            self.server.info_field("clients", "blocked_clients") == count.to_string()
        });
    }

    #[track_caller]
    fn stands(&mut self) {
        self.expect("PING", "PONG");
        assert_eq!(self.server.info_field("server", "run_id"), self.run_id, "it was started again");
        let used: i64 = self.server.info_field("memory", "used_memory").parse().unwrap();
        assert!(used < MODEST, "{used} bytes are held");
        let peak: i64 = self.server.info_field("memory", "used_memory_peak").parse().unwrap();
        assert!(peak < 4 * MODEST, "{peak} bytes were held");
    }
}

fn show(value: &Value) -> String {
    match value {
        value if value.is_null() => "(null)".into(),
        Value::Array(items) => items.iter().map(show).collect::<Vec<_>>().join(" "),
        value => value.text(),
    }
}

const NOT_INT: &str = "-ERR value is not an integer or out of range";
const RANGE: &str = "-ERR value is out of range";
/// The smallest number has no opposite.
const NO_OPPOSITE: &str =
    "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807";
const TOO_LONG: &str = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)";

/// CVE-2021-41099, CVE-2022-35977: lengths of strings that overflow, with the limit as it is and raised.
#[test]
fn lengths_of_strings() {
    let mut victim = Victim::start("");
    for limit in ["536870912", "9223372036854775807"] {
        victim.expect(&format!("CONFIG SET proto-max-bulk-len {limit}"), "OK");
        victim.expect("SET k value", "OK");
        victim.expect("SETRANGE k 9223372036854775807 x", TOO_LONG);
        victim.expect("SETRANGE k 9223372036854775804 value", TOO_LONG);
        victim.expect("SETRANGE k 4611686018427387904 value", TOO_LONG);
        victim.expect("SETRANGE new 9223372036854775000 value", TOO_LONG);
        victim.expect("SETRANGE k -1 x", "-ERR offset is out of range");
        victim.expect("SETRANGE k 9223372036854775808 x", NOT_INT);
        victim.expect("GET k", "value");
        victim.expect("EXISTS new", "0");
        victim.expect("GETRANGE k -9223372036854775808 9223372036854775807", "value");
        victim.expect("GETRANGE k 9223372036854775807 -9223372036854775808", "");
        victim.expect("SUBSTR k -9223372036854775808 -9223372036854775808", "v");
    }
    victim.stands();
}

/// CVE-2021-32761 and its kin: bit offsets near the end of what a number holds.
#[test]
fn offsets_of_bits() {
    let mut victim = Victim::start("");
    let bad = "-ERR bit offset is not an integer or out of range";
    victim.expect("SET k value", "OK");
    victim.expect_all(
        &[
            "SETBIT k 4294967296 1",
            "SETBIT k 9223372036854775807 1",
            "SETBIT k 9223372036854775808 1",
            "SETBIT k -1 1",
            "GETBIT k 4294967296",
            "BITFIELD k SET u8 4294967296 1",
            "BITFIELD k SET i64 9223372036854775807 1",
            "BITFIELD k INCRBY u63 #9223372036854775807 1",
            "BITFIELD k INCRBY i64 #288230376151711743 1",
            "BITFIELD k GET i64 #144115188075855872",
            "BITFIELD k GET u8 -1",
        ],
        bad,
    );
    victim.expect("BITFIELD k GET i64 4294967295 GET u63 4294967232", "0 0");
    victim.expect("BITFIELD_RO no GET i64 4294967295", "0");
    victim.expect("BITCOUNT k -9223372036854775808 9223372036854775807 BIT", "21");
    victim.expect("BITCOUNT k 9223372036854775807 9223372036854775807 BIT", "0");
    victim.expect("BITPOS k 1 -9223372036854775808 9223372036854775807 BIT", "1");
    victim.expect("BITPOS k 0 9223372036854775807 -9223372036854775808", "-1");
    victim.expect("BITFIELD k OVERFLOW SAT INCRBY i64 0 9223372036854775807", "9223372036854775807");
    victim.expect("BITFIELD k OVERFLOW WRAP INCRBY i64 0 9223372036854775807", "-2");
    victim.expect("BITFIELD k OVERFLOW FAIL INCRBY i64 0 -9223372036854775808", "(null)");
    victim.expect("STRLEN k", "8");
    // With the limit out of the way there is still no memory for it.
    victim.expect("CONFIG SET proto-max-bulk-len 9223372036854775807", "OK");
    victim.expect("SETBIT k 9223372036854775807 1", TOO_LONG);
    victim.expect("BITFIELD k SET i64 9223372036854775807 1", TOO_LONG);
    victim.expect("BITFIELD k GET i64 9223372036854775807", "0");
    victim.expect("STRLEN k", "8");
    victim.stands();
}

/// CVE-2022-35977, CVE-2023-22458, CVE-2023-25155: counts of which the opposite or the double has no room.
#[test]
fn counts_at_the_ends_of_the_range() {
    let mut victim = Victim::start("");
    victim.ask("SADD set a b c");
    victim.ask("HSET hash a 1 b 2");
    victim.ask("ZADD zset 1 a 2 b");
    victim.ask("RPUSH list a b c");
    let (min, max) = (i64::MIN, i64::MAX);
    let half = min / 2;
    victim.expect(&format!("HRANDFIELD hash {min}"), NO_OPPOSITE);
    victim.expect(&format!("ZRANDMEMBER zset {min}"), NO_OPPOSITE);
    victim.expect(&format!("SRANDMEMBER set {min}"), NO_OPPOSITE);
    victim.expect(&format!("HRANDFIELD hash {} WITHVALUES", half - 1), RANGE);
    victim.expect(&format!("ZRANDMEMBER zset {} WITHSCORES", half - 1), RANGE);
    victim.expect(&format!("HRANDFIELD hash {} WITHVALUES", max), RANGE);
    for command in ["SRANDMEMBER set", "HRANDFIELD hash", "ZRANDMEMBER zset"] {
        let all = victim.client.run(&format!("{command} {max}"));
        assert_eq!(
            all.items().len(),
            if command.ends_with("set") && command.starts_with('S') { 3 } else { 2 }
        );
    }
    victim.expect(&format!("SPOP set {min}"), "-ERR value is out of range, must be positive");
    victim.expect(&format!("LPOP list {min}"), "-ERR value is out of range, must be positive");
    victim.expect(&format!("LRANGE list {min} {max}"), "a b c");
    victim.expect(&format!("LRANGE list {max} {min}"), "");
    victim.expect(&format!("LINDEX list {min}"), "(null)");
    victim.expect(&format!("LTRIM list {min} {max}"), "OK");
    victim.expect(&format!("LREM list {min} no"), "0");
    victim.expect(&format!("LPOS list a RANK {max} COUNT {max} MAXLEN {max}"), "");
    assert!(victim.ask(&format!("LPOS list a RANK {min}")).starts_with("-ERR"));
    victim.expect(&format!("ZRANGE zset {min} {max} REV"), "b a");
    victim.expect(&format!("ZRANGE zset -inf +inf BYSCORE LIMIT {max} {max}"), "");
    victim.expect(&format!("ZRANGE zset -inf +inf BYSCORE LIMIT 1 {max}"), "b");
    victim.expect(&format!("ZREMRANGEBYRANK zset {max} {min}"), "0");
    victim.expect(&format!("ZPOPMIN zset {max}"), "a 1 b 2");
    victim.expect(&format!("LPOP list {max}"), "a b c");
    victim.expect("SCARD set", "3");
    victim.stands();
}

/// CVE-2022-35977: SORT with a LIMIT whose ends overflow.
#[test]
fn limits_of_a_sort() {
    let mut victim = Victim::start("");
    victim.ask("RPUSH list 3 1 2");
    let max = i64::MAX;
    victim.expect(&format!("SORT list LIMIT {max} {max}"), "");
    victim.expect(&format!("SORT list LIMIT 1 {max}"), "2 3");
    victim.expect(&format!("SORT list LIMIT {} {max}", i64::MIN), "1 2 3");
    victim.expect(&format!("SORT list LIMIT 0 {}", i64::MIN), "1 2 3");
    victim.expect(&format!("SORT list BY nosort LIMIT {max} {max}"), "");
    victim.expect(&format!("SORT list BY nosort LIMIT {} 2", i64::MIN), "3 1");
    victim.stands();
}

/// CVE-2022-35951, CVE-2021-32627: streams at the ends of the range of ids, counts, times and deliveries.
#[test]
fn numbers_of_streams() {
    let mut victim = Victim::start("");
    let (min, max) = (i64::MIN, i64::MAX);
    let last = format!("{0}-{0}", u64::MAX);
    victim.expect("XADD s 1-1 a b", "1-1");
    victim.expect("XGROUP CREATE s g 0", "OK");
    victim.expect("XREADGROUP GROUP g c STREAMS s >", "s 1-1 a b");
    for count in [max, 1_152_921_504_606_846_975, max / 10, 0, min] {
        victim.expect(&format!("XAUTOCLAIM s g c 0 0 COUNT {count}"), "-ERR COUNT must be > 0");
    }
    victim.expect("XAUTOCLAIM s g c 0 0 COUNT 536870911", "0-0 1-1 a b ");
    victim.expect(&format!("XCLAIM s g c 0 1-1 RETRYCOUNT {max}"), "1-1 a b");
    for options in ["".to_owned(), format!("IDLE {max}"), format!("TIME {min}")] {
        victim.expect(&format!("XCLAIM s g c {min} 1-1 {options}"), "1-1 a b");
    }
    victim.expect(&format!("XCLAIM s g c {max} 1-1"), "");
    assert!(victim.ask(&format!("XPENDING s g - + {max}")).starts_with("1-1 c "));
    victim.expect(&format!("XREAD COUNT {max} STREAMS s 0"), "s 1-1 a b");
    victim.expect(&format!("XREAD COUNT {min} STREAMS s 0"), "s 1-1 a b");
    victim.expect(&format!("XRANGE s - + COUNT {max}"), "1-1 a b");
    victim.expect(&format!("XTRIM s MAXLEN {max}"), "0");
    victim.expect(&format!("XTRIM s MAXLEN ~ 5 LIMIT {max}"), "0");
    victim.expect("XTRIM s MAXLEN -1", "-ERR The MAXLEN argument must be >= 0.");
    victim.expect(&format!("XADD s {last} a b"), &last);
    victim.expect_all(
        &["XADD s * a b", "XADD s 18446744073709551615-* a b"],
        "-ERR The stream has exhausted the last possible ID, unable to add more items",
    );
    victim.expect(&format!("XSETID s {last} ENTRIESADDED {max} MAXDELETEDID {last}"), "OK");
    victim.expect(&format!("XGROUP CREATE s late $ ENTRIESREAD {max}"), "OK");
    victim.expect(&format!("XGROUP SETID s late 0 ENTRIESREAD {max}"), "OK");
    victim.expect(
        &format!("XREADGROUP GROUP late c COUNT {max} STREAMS s >"),
        &format!("s 1-1 a b {last} a b"),
    );
    victim.stands();
    // A node takes what fits in it, whatever it is told.
    victim.expect("CONFIG SET stream-node-max-bytes 9223372036854775807", "OK");
    victim.expect("CONFIG SET stream-node-max-entries 0", "OK");
    let large = "x".repeat(1 << 20);
    for _ in 0..5 {
        victim.ask(&format!("XADD big * field {large}"));
    }
    victim.expect("XLEN big", "5");
    victim.expect("XTRIM big MAXLEN 0", "5");
    victim.stands();
}

/// CVE-2026-23479: clients that are closed while they are woken, or by the command that wakes them.
#[test]
fn clients_closed_while_they_are_woken() {
    let mut victim = Victim::start("");
    for round in 0..20 {
        let mut waiters: Vec<Client> = (0..6).map(|_| victim.server.client()).collect();
        let ids: Vec<String> = waiters.iter_mut().map(|waiter| show(&waiter.run("CLIENT ID"))).collect();
        for (n, waiter) in waiters.iter_mut().enumerate() {
            let words = ["BLPOP a b 0", "BLMOVE a b LEFT RIGHT 0", "BLMPOP 0 2 a b LEFT COUNT 9"];
            waiter.send_raw(format!("{}\r\n", words[(n + round) % words.len()]).as_bytes());
        }
        victim.wait_blocked(6);
        victim.expect("MULTI", "OK");
        victim.ask(&format!("CLIENT KILL ID {}", ids[0]));
        victim.ask("RPUSH a 1 2 3");
        victim.ask(&format!("CLIENT KILL ID {}", ids[1]));
        victim.ask(&format!("CLIENT UNBLOCK {}", ids[2]));
        victim.ask("RENAME a b");
        victim.ask("RPUSH a 4");
        victim.ask(&format!("CLIENT KILL ID {}", ids[3]));
        let reply = victim.ask("EXEC");
        assert_eq!(reply, "1 3 1 1 OK 1 1", "round {round}");
        // The others go while they wait again, or with their reply.
        drop(waiters);
        victim.wait_blocked(0);
        victim.ask("DEL a b");
    }
    victim.stands();
}

/// CVE-2023-28425: MSETNX with one key twice.
#[test]
fn a_key_twice_in_one_command() {
    let mut victim = Victim::start("");
    victim.expect("MSETNX k 1 k 2", "1");
    victim.expect("GET k", "2");
    victim.expect("MSETNX k 1 k 2", "0");
    victim.ask("SADD s a b");
    victim.expect("SINTERSTORE s s s", "2");
    victim.expect("SDIFFSTORE s s s", "0");
    victim.expect("RENAME k k", "OK");
    victim.expect("BITOP XOR k k k", "1");
    victim.expect("PFMERGE h h h", "OK");
    victim.stands();
}

/// CVE-2023-28856: sums that are no finite numbers are not stored.
#[test]
fn sums_that_are_no_numbers() {
    let mut victim = Victim::start("");
    victim.ask("HSET h f 1 big 1.7e308");
    victim.expect_all(
        &["HINCRBYFLOAT h f inf", "HINCRBYFLOAT h f -inf", "HINCRBYFLOAT no f +inf"],
        "-ERR value is NaN or Infinity",
    );
    victim.expect("HINCRBYFLOAT h f nan", "-ERR value is not a valid float");
    victim.expect("HGET h f", "1");
    victim.expect("EXISTS no", "0");
    victim.expect("HINCRBY h f 9223372036854775807", "-ERR increment or decrement would overflow");
    victim.expect("INCRBYFLOAT no inf", "-ERR increment would produce NaN or Infinity");
    victim.expect("INCRBYFLOAT no nan", "-ERR value is not a valid float");
    victim.ask("ZADD z inf a -inf b 1e308 c");
    victim.expect("ZINCRBY z -inf a", "-ERR resulting score is not a number (NaN)");
    victim.expect("ZADD z nan d", "-ERR value is not a valid float");
    victim.expect("ZINCRBY z 1e309 c", "-ERR value is not a valid float");
    victim.expect("DECRBY no -9223372036854775808", "-ERR decrement would overflow");
    victim.stands();
}

/// CVE-2021-29478, CVE-2021-32687, CVE-2021-32628: encodings made for few elements, with their limits raised.
#[test]
fn compact_encodings_with_raised_limits() {
    let mut victim = Victim::start("");
    for option in ["set-max-intset-entries", "hash-max-listpack-entries", "zset-max-listpack-entries"] {
        victim.expect(&format!("CONFIG SET {option} 4294967295"), "OK");
    }
    for option in ["hash-max-listpack-value", "zset-max-listpack-value"] {
        victim.expect(&format!("CONFIG SET {option} 9223372036854775807"), "OK");
    }
    let numbers: Vec<String> = (0..20_000).map(|n: i64| (n * 460_000_000_000_000).to_string()).collect();
    for part in numbers.chunks(1000) {
        victim.ask(&format!("SADD ints {}", part.join(" ")));
    }
    victim.expect("OBJECT ENCODING ints", "intset");
    victim.expect("COPY ints copy", "1");
    victim.expect("SCARD copy", "20000");
    victim.expect("SDIFF ints copy", "");
    let large = "x".repeat(1 << 20);
    for n in 0..3 {
        victim.ask(&format!("HSET hash {n} {large}"));
        victim.ask(&format!("ZADD zset {n} {n}{large}"));
    }
    victim.expect("OBJECT ENCODING hash", "listpack");
    victim.expect("HSTRLEN hash 2", "1048576");
    victim.expect("ZCARD zset", "3");
    victim.expect("DEL hash zset ints copy", "4");
    victim.stands();
}

/// CVE-2021-21309, CVE-2021-29477, CVE-2021-32625: LCS, whose table is the product of two lengths.
#[test]
fn tables_of_lcs() {
    let mut victim = Victim::start("");
    let long = "x".repeat(1 << 20);
    victim.ask(&format!("SET a {long}"));
    victim.ask(&format!("SET b {long}y"));
    let refused = "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len";
    victim.expect_all(&["LCS a b", "LCS a b LEN", "LCS a b IDX"], refused);
    victim.expect("CONFIG SET proto-max-bulk-len 9223372036854775807", "OK");
    victim.expect("LCS a c LEN", "0");
    victim.expect("LCS a c IDX MINMATCHLEN 9223372036854775807", "matches  len 0");
    victim.stands();
}

/// CVE-2025-32023: HyperLogLogs whose runs go beyond the last register, as far as 32 bits count and further.
#[test]
fn runs_of_a_hyperloglog() {
    let mut victim = Victim::start("");
    let header = b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80";
    let zeroes = [0x7f, 0xff];
    let strings: Vec<Vec<u8>> = vec![
        header.to_vec(),
        [header.as_slice(), &zeroes, &[0xff]].concat(),
        [header.as_slice(), &[0x7f, 0xfe], &[0xff]].concat(),
        // 2^31 registers, then one that is set.
        [header.as_slice(), &zeroes.repeat(1 << 17), &[0xff]].concat(),
        [header.as_slice(), &zeroes.repeat((1 << 18) + 1), &[0xff]].concat(),
        // One run short.
        [header.as_slice(), &[0x40, 0x00]].concat(),
        // Half of a run.
        [header.as_slice(), &[0x7f]].concat(),
    ];
    let corrupt = "-INVALIDOBJ Corrupted HLL object detected";
    for text in &strings {
        victim.client.cmd(&[b"SET".as_slice(), b"h", text]);
        for words in [
            "PFCOUNT h",
            "PFCOUNT h no",
            "PFMERGE h",
            "PFMERGE to h",
            "PFDEBUG TODENSE h",
            "PFDEBUG GETREG h",
        ] {
            let length = text.len();
            assert_eq!(victim.ask(words), corrupt, "{words}, {length} bytes");
        }
        victim.expect("EXISTS to", "0");
        // Reaches registers that are there, perhaps; the string stays one that is refused.
        victim.ask("PFADD h a b c d e f g");
        victim.expect("PFCOUNT h", corrupt);
    }
    let not_one = "-WRONGTYPE Key is not a valid HyperLogLog string value.";
    victim.client.cmd(&[b"SET".as_slice(), b"h", &[b"HYLL\0".as_slice(), &[0; 12_282]].concat()]);
    victim.expect_all(&["PFCOUNT h", "PFADD h a", "PFMERGE h", "PFDEBUG GETREG h"], not_one);
    victim.expect("DEL h", "1");
    victim.stands();
}

/// CVE-2022-36021, CVE-2024-31228: patterns that make a matcher try without end, or call itself too deep.
#[test]
fn patterns_without_end() {
    let mut victim = Victim::start("");
    victim.client.patience(common::patience(Duration::from_secs(20)));
    victim.ask(&format!("SET {} 1", "a".repeat(120_000)));
    victim.ask(&format!("SADD set {}", "a".repeat(1000)));
    victim.expect(&format!("KEYS {}b", "a*".repeat(60_000)), "");
    victim.expect(&format!("KEYS {}b", "*".repeat(1 << 20)), "");
    victim.expect(&format!("SSCAN set 0 MATCH {}b", "*a".repeat(1000)), "0 ");
    victim.expect(&format!("KEYS {}", "[".repeat(100_000)), "");
    victim.expect(&format!("KEYS {}", "\\".repeat(100_000)), "");
    victim.stands();
}

/// CVE-2023-36824: keys of commands that name their number, or name it wrongly.
#[test]
fn keys_of_made_up_commands() {
    let mut victim = Victim::start("");
    for words in [
        "ZUNIONSTORE d 2147483647 a b",
        "ZUNIONSTORE d -1 a b",
        "ZUNIONSTORE d 9223372036854775807 a",
        "ZINTER 4294967297 a b",
        "SINTERCARD 2147483647 a",
        "LMPOP 2147483647 a LEFT",
        "EVAL return 2147483647 a",
        "EVAL return -2147483648 a",
        "GEORADIUS a b c d e STORE",
        "SORT a STORE",
        "XREAD STREAMS a",
        "MIGRATE h p k d t KEYS",
        "ZADD",
        "SET",
        "MSET a",
    ] {
        let reply = victim.ask(&format!("COMMAND GETKEYS {words}"));
        assert!(reply.starts_with("-ERR") || reply.split(' ').count() <= 4, "{words}: {reply}");
        let flagged = victim.ask(&format!("COMMAND GETKEYSANDFLAGS {words}"));
        assert_eq!(flagged.starts_with("-ERR"), reply.starts_with("-ERR"), "{words}: {flagged}");
    }
    for words in
        ["ZUNION 2147483647 a", "ZINTER -1 a", "SINTERCARD 9223372036854775807 a", "LMPOP 4294967297 a LEFT"]
    {
        assert!(victim.ask(words).starts_with("-ERR"), "{words}");
    }
    victim.stands();
}

/// Places that are none: scores that no place has, sizes without end, coordinates beyond the map.
#[test]
fn places_off_the_map() {
    let mut victim = Victim::start("");
    victim.ask("ZADD g -1 a 1e300 b -1e300 c inf d -inf e 18446744073709551615 f 0.5 g");
    for words in [
        "GEOPOS g a b c d e f g",
        "GEOHASH g a b c d e f g",
        "GEODIST g a b",
        "GEODIST g d e km",
        "GEOSEARCH g FROMMEMBER d BYRADIUS 1e308 mi ASC WITHDIST WITHHASH WITHCOORD",
        "GEOSEARCH g FROMLONLAT 180 85.05112878 BYBOX 1e308 1e308 km DESC COUNT 9223372036854775807",
        "GEOSEARCH g FROMLONLAT -180 -85.05112878 BYRADIUS 5e-324 m",
        "GEORADIUS g 0 0 inf m COUNT 1 ANY",
        "GEOSEARCHSTORE to g FROMLONLAT 0 0 BYRADIUS 1e300 ft STOREDIST",
    ] {
        let reply = victim.ask(words);
        assert!(!reply.starts_with('-'), "{words}: {reply}");
    }
    victim.expect("GEOADD g 180.0000001 0 x", "-ERR invalid longitude,latitude pair 180.000000,0.000000");
    victim.expect("GEOSEARCH g FROMLONLAT 0 0 BYRADIUS -1 m", "-ERR radius cannot be negative");
    victim.stands();
}
