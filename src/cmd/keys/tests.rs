//! What clients, replicas and watchers see of the family's commands, on a server without a world.

use crate::base::clock::Clock;
use crate::base::rng::Rng;
use crate::core::server::Server;
use crate::core::table::CommandTable;
use crate::core::testing::NoWorld;
use crate::core::{call, lifecycle};
use crate::format::rdb_write::dump_payload;
use crate::keyspace::{Class, SetExpire};
use crate::resp::reply::Reply;
use crate::resp::request::OwnedArgs;
use crate::state::backlog::CursorId;
use crate::state::client::{ClientId, Flags};
use crate::state::config::Config;

const NOW: i64 = 1_700_000_000_000;

struct Bench {
    srv: Server,
    host: NoWorld,
    me: ClientId,
    /// Where the stream was last looked at.
    stream: CursorId,
}

impl Bench {
    fn new() -> Bench {
        let config = Config { save: Vec::new(), ..Config::default() };
        let table = CommandTable::new(crate::cmd::FAMILIES);
        let mut srv = Server::new(config, table, Clock::manual(NOW), Rng::seeded(1));
        srv.keys.tick(NOW);
        srv.keys.touched.set_notify(Class::parse(b"KEA").expect("known letters"));
        let me = lifecycle::internal(&mut srv, Flags::default());
        srv.repl.backlog.activate();
        let held = srv.repl.backlog.offset();
        let stream = srv.repl.backlog.attach(held).expect("its end is always held");
        Bench { srv, host: NoWorld::default(), me, stream }
    }

    fn put(&mut self, db: usize, key: &str, value: &str, expire: Option<i64>) {
        let expire = expire.map_or(SetExpire::Clear, SetExpire::At);
        self.srv.keys.set_string(db, key.as_bytes(), value.as_bytes(), expire, NOW);
        self.srv.keys.touched.clear();
    }

    /// Runs a command given as words and returns the reply, line ends as blanks.
    fn run(&mut self, line: &str) -> String {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        self.ask(&words)
    }

    /// The same for arguments that are more than words.
    fn ask(&mut self, words: &[&[u8]]) -> String {
        let request = OwnedArgs::from_slices(words);
        let mut out = Reply::new(false);
        call::execute(&mut self.srv, &mut self.host, self.me, request.as_args(), &mut out);
        String::from_utf8_lossy(&out.buf).trim_end().replace("\r\n", " ")
    }

    /// Events since the last look: `event:key@db`.
    fn events(&mut self) -> String {
        let text = |t: crate::keyspace::touched::Touch<'_>| {
            format!("{}:{}@{}", t.event, String::from_utf8_lossy(t.key), t.db)
        };
        let list: Vec<String> = self.srv.keys.touched.iter().map(text).collect();
        self.srv.keys.touched.clear();
        list.join(" ")
    }

    /// What the stream got since the last look.
    fn stream(&mut self) -> String {
        let backlog = &mut self.srv.repl.backlog;
        let bytes: Vec<u8> = backlog.slices(self.stream, usize::MAX).flatten().copied().collect();
        backlog.advance(self.stream, bytes.len());
        let words = bytes.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let words = words.filter(|line| !line.starts_with(b"*") && !line.starts_with(b"$"));
        let text: Vec<_> = words.map(|w| String::from_utf8_lossy(w).into_owned()).collect();
        text.join(" ").trim_end().to_owned()
    }
}

#[test]
fn del_counts_living_keys_and_dead_ones_go_as_expired() {
    let mut b = Bench::new();
    b.put(0, "a", "1", None);
    b.put(0, "dead", "1", Some(NOW - 1));
    assert_eq!(b.run("DEL a dead none a"), ":1");
    assert_eq!(b.events(), "del:a@0 expired:dead@0");
    assert_eq!(b.stream(), "MULTI SELECT 0 DEL dead DEL a dead none a EXEC");
    b.put(0, "dead", "1", Some(NOW - 1));
    assert_eq!(b.run("UNLINK dead"), ":0");
    assert_eq!(b.stream(), "DEL dead");
    assert_eq!(b.run("DEL none"), ":0");
    assert_eq!(b.stream(), "");
}

#[test]
fn expiries_travel_as_moments() {
    let mut b = Bench::new();
    b.put(0, "k", "v", None);
    assert_eq!(b.run("EXPIRE k 100"), ":1");
    assert_eq!(b.stream(), format!("SELECT 0 PEXPIREAT k {}", NOW + 100_000));
    assert_eq!(b.events(), "expire:k@0");
    assert_eq!(b.run("PEXPIRE k 200000 gT"), ":1");
    assert_eq!(b.stream(), format!("PEXPIREAT k {} gT", NOW + 200_000));
    assert_eq!(b.run("EXPIREAT k 1700000300"), ":1");
    assert_eq!(b.stream(), "PEXPIREAT k 1700000300000");
    assert_eq!(b.run("pexpireat k 1700000400000 XX GT"), ":1");
    assert_eq!(b.stream(), "pexpireat k 1700000400000 XX GT");
    assert_eq!((b.run("TTL k"), b.run("PTTL k")), (":400".into(), ":400000".into()));
    assert_eq!(
        (b.run("EXPIRETIME k"), b.run("PEXPIRETIME k")),
        (":1700000400".into(), ":1700000400000".into())
    );
    b.events();
    assert_eq!(b.run("PERSIST k"), ":1");
    assert_eq!(
        (b.run("PERSIST k"), b.run("TTL k"), b.run("TTL none")),
        (":0".into(), ":-1".into(), ":-2".into())
    );
    assert_eq!((b.stream(), b.events()), ("PERSIST k".into(), "persist:k@0".into()));
    assert_eq!(b.run("EXPIRE k -1"), ":1");
    assert_eq!((b.stream(), b.events()), ("DEL k".into(), "del:k@0".into()));
    assert_eq!(b.srv.keys.len(0), 0);
}

#[test]
fn expiry_conditions_and_errors() {
    let mut b = Bench::new();
    b.put(0, "p", "v", None);
    b.put(0, "t", "v", Some(NOW + 1000));
    for (line, reply) in [
        ("EXPIRE t 100 NX", ":0"),
        ("EXPIRE p 100 XX", ":0"),
        ("EXPIRE p 100 GT", ":0"),
        ("PEXPIRE t 1000 GT", ":0"),
        ("PEXPIRE t 1000 LT", ":0"),
        ("PEXPIRE t 999 XX LT", ":1"),
        ("EXPIRE p 100 LT", ":1"),
        ("EXPIRE none 100", ":0"),
        ("EXPIRE p 100 NX XX", "-ERR NX and XX, GT or LT options at the same time are not compatible"),
        ("EXPIRE p 100 GT LT", "-ERR GT and LT options at the same time are not compatible"),
        ("EXPIRE p x AB", "-ERR Unsupported option AB"),
        ("EXPIRE p 1.5", "-ERR value is not an integer or out of range"),
        ("EXPIRE p 9223372036854775", "-ERR invalid expire time in 'expire' command"),
        ("EXPIREAT p 9223372036854776", "-ERR invalid expire time in 'expireat' command"),
        ("PEXPIRE p 9223372036854775807", "-ERR invalid expire time in 'pexpire' command"),
        ("EXPIRE p -9223372036854776", "-ERR invalid expire time in 'expire' command"),
        ("PEXPIREAT p 9223372036854775807", ":1"),
        ("TTL p", ":9223370336854776"),
    ] {
        assert_eq!(b.run(line), reply, "{line}");
    }
}

#[test]
fn names_and_places_change() {
    let mut b = Bench::new();
    b.put(0, "a", "1", Some(NOW + 5000));
    assert_eq!(b.run("RENAME none x"), "-ERR no such key");
    assert_eq!((b.run("RENAME a a"), b.run("RENAMENX a a")), ("+OK".into(), ":0".into()));
    assert_eq!(b.stream(), "");
    b.events();
    assert_eq!(b.run("RENAME a b"), "+OK");
    assert_eq!(
        (b.stream(), b.events()),
        ("SELECT 0 RENAME a b".into(), "rename_from:a@0 rename_to:b@0".into())
    );
    assert_eq!(b.run("MOVE b 3"), ":1");
    assert_eq!(b.events(), "move_from:b@0 move_to:b@3");
    assert_eq!(b.srv.keys.get_expire(3, b"b"), Some(NOW + 5000));
    for (line, reply) in [
        ("MOVE b 16", "-ERR DB index is out of range"),
        ("MOVE b 0", "-ERR source and destination objects are the same"),
        ("MOVE b x", "-ERR value is not an integer or out of range"),
        (
            "MOVE b 9223372036854775807",
            "-ERR value is out of range, value must between -2147483648 and 2147483647",
        ),
        ("COPY c c", "-ERR source and destination objects are the same"),
        ("COPY c d DB", "-ERR syntax error"),
        ("COPY c d DB 16", "-ERR DB index is out of range"),
        ("SWAPDB x 1", "-ERR invalid first DB index"),
        ("SWAPDB 0 x", "-ERR invalid second DB index"),
        ("SWAPDB 0 16", "-ERR DB index is out of range"),
        ("SWAPDB 0 3", "+OK"),
        ("COPY b c", ":1"),
        ("COPY b c", ":0"),
        ("COPY b c REPLACE DB 0", ":1"),
        ("PTTL c", ":5000"),
        ("EXISTS b c b none", ":3"),
        ("TYPE b", "+string"),
        ("TYPE none", "+none"),
        ("DBSIZE", ":2"),
        ("TOUCH b none", ":1"),
    ] {
        assert_eq!(b.run(line), reply, "{line}");
    }
}

#[test]
fn scans_meet_everything_once_named() {
    let mut b = Bench::new();
    for n in 0..500 {
        b.put(0, &format!("key:{n}"), "v", None);
    }
    b.put(0, "dead", "v", Some(NOW - 1));
    let mut seen = std::collections::BTreeSet::new();
    let mut cursor = String::from("0");
    loop {
        let reply = b.run(&format!("SCAN {cursor} MATCH key:* COUNT 7 TYPE STRING"));
        let mut words = reply.split(' ').filter(|w| !w.starts_with('*') && !w.starts_with('$'));
        cursor = words.next().unwrap_or("0").to_owned();
        seen.extend(words.map(str::to_owned));
        if cursor == "0" {
            break;
        }
    }
    assert_eq!(seen.len(), 500);
    assert_eq!(b.run("KEYS key:1?9").split(' ').filter(|w| w.starts_with("key:")).count(), 10);
    for (line, reply) in [
        ("SCAN x", "-ERR invalid cursor"),
        ("SCAN 0 COUNT 0", "-ERR syntax error"),
        ("SCAN 0 COUNT x", "-ERR value is not an integer or out of range"),
        ("SCAN 0 COUNT", "-ERR syntax error"),
        ("SCAN 0 TYPE nothing COUNT 10000", "*2 $1 0 *0"),
        ("KEYS none", "*0"),
    ] {
        assert_eq!(b.run(line), reply, "{line}");
    }
    assert_eq!(b.stream(), "SELECT 0 DEL dead", "SCAN met it");
    b.put(0, "dead", "v", Some(NOW - 1));
    b.put(0, "gone", "v", Some(NOW - 1));
    b.run("SCAN 0 COUNT 10000");
    let stream = b.stream();
    assert!(stream == "DEL dead DEL gone" || stream == "DEL gone DEL dead", "{stream}");
}

#[test]
fn flushes_travel_always_and_fail_watchers_of_what_was_there() {
    let mut b = Bench::new();
    assert_eq!((b.run("FLUSHDB"), b.stream()), ("+OK".into(), "SELECT 0 FLUSHDB".into()));
    assert_eq!(b.run("FLUSHALL now"), "-ERR syntax error");
    b.put(1, "k", "v", None);
    let watch = |b: &mut Bench, db: usize, key: &str| {
        let key = (db, Box::from(key.as_bytes()));
        b.srv.watches.add(&key, b.me);
        b.srv.clients[b.me].flags.clear(Flags::DIRTY_CAS);
    };
    watch(&mut b, 1, "none");
    b.run("FLUSHALL");
    assert!(!b.srv.clients[b.me].flags.has(Flags::DIRTY_CAS));
    b.put(1, "k", "v", None);
    watch(&mut b, 0, "k");
    b.run("SWAPDB 0 1");
    assert!(b.srv.clients[b.me].flags.has(Flags::DIRTY_CAS));
    watch(&mut b, 0, "k");
    let dirty = b.srv.persist.dirty;
    assert_eq!(b.run("FLUSHALL ASYNC"), "+OK");
    assert!(b.srv.clients[b.me].flags.has(Flags::DIRTY_CAS));
    assert_eq!((b.host.dropped, b.srv.persist.dirty - dirty, b.srv.keys.len(0)), (1, 1, 0));
}

#[test]
fn objects_tell_how_they_are_kept() {
    let mut b = Bench::new();
    b.put(0, "n", "12", None);
    b.put(0, "s", "abc", None);
    for (line, reply) in [
        ("OBJECT ENCODING n", "$3 int"),
        ("OBJECT ENCODING none", "$-1"),
        ("OBJECT REFCOUNT n", ":2147483647"),
        ("OBJECT REFCOUNT s", ":1"),
        ("OBJECT IDLETIME s", ":0"),
        ("OBJECT FOO", "-ERR unknown subcommand 'FOO'. Try OBJECT HELP."),
        ("OBJECT FREQ", "-ERR wrong number of arguments for 'object|freq' command"),
    ] {
        assert_eq!(b.run(line), reply, "{line}");
    }
    assert!(b.run("OBJECT FREQ s").starts_with("-ERR An LFU maxmemory policy is not selected"));
}

/// A payload without a line end in it, which would confuse [`Bench::stream`].
fn payload(b: &mut Bench, key: &str) -> Vec<u8> {
    let entry = b.srv.keys.dbs[0].get(key.as_bytes()).expect("it was put");
    let mut payload = dump_payload(entry, true);
    let at = payload.len() - 10;
    payload[at] = 9;
    b.srv.debug.skip_checksum = true;
    payload
}

#[test]
fn a_restored_key_travels_with_the_moment_of_its_end() {
    let mut b = Bench::new();
    b.put(0, "source", "value", None);
    let payload = payload(&mut b, "source");
    let text = String::from_utf8_lossy(&payload).into_owned();
    assert_eq!(b.ask(&[b"RESTORE", b"k", b"0", &payload]), "+OK");
    assert_eq!(b.stream(), format!("SELECT 0 RESTORE k 0 {text}"));
    assert_eq!(b.events(), "restore:k@0");
    assert_eq!(b.ask(&[b"RESTORE", b"k", b"0", &payload]), "-BUSYKEY Target key name already exists.");
    assert_eq!((b.stream(), b.events()), (String::new(), String::new()));
    assert_eq!(b.ask(&[b"restore", b"k", b"1000", &payload, b"Replace"]), "+OK");
    assert_eq!(b.stream(), format!("restore k {} {text} Replace ABSTTL", NOW + 1000));
    assert_eq!(b.run("PTTL k"), ":1000");
    let moment = (NOW + 5000).to_string();
    assert_eq!(b.ask(&[b"RESTORE", b"k", moment.as_bytes(), &payload, b"ABSTTL", b"REPLACE"]), "+OK");
    assert_eq!(b.stream(), format!("RESTORE k {moment} {text} ABSTTL REPLACE"));
    assert_eq!(b.run("GET k"), "$5 value");
}

#[test]
fn a_key_restored_too_late_only_deletes() {
    let mut b = Bench::new();
    b.put(0, "source", "value", None);
    let payload = payload(&mut b, "source");
    let late = NOW.to_string();
    let request = [&b"RESTORE"[..], b"k", late.as_bytes(), &payload, b"ABSTTL", b"REPLACE"];
    assert_eq!(b.ask(&request), "+OK");
    assert_eq!((b.stream(), b.events()), (String::new(), String::new()), "nothing was there");
    b.put(0, "k", "old", None);
    assert_eq!(b.ask(&request), "+OK");
    assert_eq!((b.stream(), b.events()), ("SELECT 0 DEL k".to_owned(), "del:k@0".to_owned()));
    assert_eq!(b.run("EXISTS k"), ":0");
    // A dead key is no busy one, and what kept it is told first.
    b.put(0, "k", "dead", Some(NOW - 1));
    assert_eq!(b.ask(&[b"RESTORE", b"k", b"0", &payload]), "+OK");
    assert!(b.stream().starts_with("MULTI DEL k RESTORE k 0 "));
}

#[test]
fn a_refused_payload_changes_nothing() {
    let mut b = Bench::new();
    b.put(0, "k", "value", Some(NOW + 1000));
    let mut payload = payload(&mut b, "k");
    payload[0] = 99;
    for (skip, answer) in
        [(true, "-ERR Bad data format"), (false, "-ERR DUMP payload version or checksum are wrong")]
    {
        b.srv.debug.skip_checksum = skip;
        assert_eq!(b.ask(&[b"RESTORE", b"k", b"0", &payload, b"REPLACE"]), answer);
        assert_eq!((b.run("GET k"), b.run("PTTL k")), ("$5 value".into(), ":1000".into()));
        assert_eq!((b.stream(), b.events()), (String::new(), String::new()));
    }
}
