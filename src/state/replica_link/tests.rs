//! The recorded sessions of Redis 7.2.4 at every split, hostile masters, and timers in virtual time.

use proptest::prelude::*;

use super::wire::{MARK, MarkScan};
use super::*;
use crate::state::repl_ids::NO_ID;

const ID: ReplId = *b"4f9d67542eadc36973b430e9f2c19ae2cc2f3edd";
const OWN: ReplId = *b"db9d1cfd1889fb8f3cf04acf5541ff40b188431f";
const NEW: ReplId = *b"288a55f22d9872673c897675c8a11ab8a1d18b7d";

/// A snapshot as Redis 7.2.4 sent it.
const RDB: &[u8] =
    b"REDIS0011\xfa\tredis-ver\x057.2.4\xfa\nredis-bits\xc0@\xfa\x05ctime\xc2\xd6\xbd\x02k\xfa\
\x08used-mem\xc2xQ\x0f\x00\xfa\x0erepl-stream-db\xc0\x00\xfa\
\x07repl-id(4f9d67542eadc36973b430e9f2c19ae2cc2f3edd\
\xfa\x0brepl-offset\xc0\x00\xfa\x08aof-base\xc0\x00\xfe\x00\xfb\x02\x00\x12\x01l\x01\x02\r\r\x00\
\x00\x00\x02\x00\
\x81a\x02\x81b\x02\xff\x00\x04name\x08mildlamb\xff\x96d\xb7\xa9\xd6}y\xdb";
const EOF_MARK: &[u8] = b"50c45b9686eb0d81bdee1604f517b7453f47823a";
const STREAM: &[u8] = b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nset\r\n$1\r\nx\r\n$1\r\ny\r\n";
const FULL: &[u8] = b"+FULLRESYNC 4f9d67542eadc36973b430e9f2c19ae2cc2f3edd 0\r\n";

fn env(now: Millis) -> Env<'static> {
    Env {
        now,
        timeout: 60_000,
        user: None,
        auth: Some(b"sekret"),
        port: 17102,
        ip: None,
        plan: LoadPlan::Disk,
        failover: false,
    }
}

/// Stands for the owner of socket, files and data.
#[derive(Default)]
struct Rig {
    link: ReplicaLink,
    sent: Vec<u8>,
    logs: Vec<String>,
    rdb: Vec<u8>,
    stream: Vec<u8>,
    marks: Vec<&'static str>,
    connects: usize,
    done: Option<Action>,
}

impl Rig {
    fn started(env: &Env<'_>) -> Self {
        let mut rig = Rig::default();
        rig.act(&[], env, |l, o| l.start("127.0.0.1", 17199, (OWN, 0), env, o));
        rig
    }

    fn act(&mut self, bytes: &[u8], env: &Env<'_>, event: impl FnOnce(&mut ReplicaLink, &mut Vec<Action>)) {
        let mut out = Vec::new();
        event(&mut self.link, &mut out);
        self.perform(bytes, env, out);
    }

    fn perform(&mut self, bytes: &[u8], env: &Env<'_>, out: Vec<Action>) {
        for action in out {
            match action {
                Action::Connect { .. } => {
                    self.connects += 1;
                    self.marks.push("connect");
                }
                Action::Send(b) => self.sent.extend(b),
                Action::Rdb(r) => self.rdb.extend_from_slice(&bytes[r]),
                Action::RdbBytes(b) => self.rdb.extend(b),
                Action::Stream(r) => self.stream.extend_from_slice(&bytes[r]),
                Action::Log { text, .. } => self.logs.push(text),
                Action::RdbEnd => {
                    self.marks.push("end");
                    let mut more = Vec::new();
                    self.link.rdb_stored(env, &mut more);
                    self.perform(&[], env, more);
                }
                Action::StartLoad => self.marks.push("load"),
                Action::FlushOldData => self.marks.push("flush"),
                Action::AttachToNewMaster => self.marks.push("attach"),
                Action::SwapIn => self.marks.push("swap"),
                Action::AbortFullSync => self.marks.push("abort"),
                Action::Close => self.marks.push("close"),
                Action::LinkDown => self.marks.push("down"),
                Action::FailoverAnswer(yes) => self.marks.push(if yes { "yes" } else { "no" }),
                Action::SendAck => push_ack(&mut self.sent, self.link.offset().unwrap_or(-1), None),
                Action::FullSyncDone { .. } | Action::Continue { .. } => self.done = Some(action),
                Action::BeginFullSync { .. } => self.marks.push("begin"),
            }
        }
    }

    fn feed(&mut self, bytes: &[u8], env: &Env<'_>) {
        self.act(bytes, env, |l, o| l.bytes(bytes, env, o));
    }

    fn connected(&mut self, env: &Env<'_>) {
        self.act(&[], env, |l, o| l.connected(env, o));
    }

    fn loaded(&mut self, env: &Env<'_>) {
        self.act(&[], env, |l, o| l.load_done(Some(0), env, o));
    }

    fn closed(&mut self, env: &Env<'_>) {
        self.act(&[], env, |l, o| l.closed(None, env, o));
    }

    fn tick(&mut self, env: &Env<'_>) {
        self.act(&[], env, |l, o| l.tick(env, o));
    }

    fn sent(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.sent)).unwrap()
    }

    fn logs(&mut self) -> Vec<String> {
        std::mem::take(&mut self.logs)
    }

    fn marks(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.marks)
    }

    /// Up to the answer to PSYNC, with a password.
    fn at_psync(env: &Env<'_>) -> Self {
        let mut rig = Rig::started(env);
        rig.connected(env);
        rig.feed(b"-NOAUTH Authentication required.\r\n+OK\r\n+OK\r\n+OK\r\n", env);
        assert_eq!(rig.link.state_name(), "handshake");
        rig
    }

    /// Online at offset 321 in database 3.
    fn online() -> Self {
        let e = env(0);
        let mut rig = Rig::at_psync(&e);
        rig.feed(&session(false), &e);
        rig.loaded(&e);
        let stream = [b'x'; 321];
        rig.feed(&stream, &e);
        rig.link.applied(321, 3);
        assert_eq!(rig.link.state_name(), "connected");
        rig.marks();
        rig.logs();
        rig.sent();
        rig
    }
}

fn session(mark: bool) -> Vec<u8> {
    if mark {
        [FULL, b"$EOF:", EOF_MARK, b"\r\n", RDB, EOF_MARK].concat()
    } else {
        [FULL, b"\n\n", format!("${}\r\n", RDB.len()).as_bytes(), RDB].concat()
    }
}

const HANDSHAKE: &str = "*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nAUTH\r\n$6\r\nsekret\r\n*3\r\n$8\r\n\
REPLCONF\r\n$14\r\n\
listening-port\r\n$5\r\n17102\r\n*5\r\n$8\r\nREPLCONF\r\n$4\r\ncapa\r\n$3\r\neof\r\n$4\r\ncapa\r\n\
$6\r\npsync2\r\n";

#[test]
fn recorded_sessions_at_every_split() {
    for mark in [false, true] {
        for plan in [LoadPlan::Disk, LoadPlan::Socket, LoadPlan::Swap] {
            let e = Env { plan, ..env(7) };
            let whole =
                [b"-NOAUTH Authentication required.\r\n+OK\r\n+OK\r\n+OK\r\n", &session(mark)[..], STREAM];
            let whole = whole.concat();
            for cut in 0..=whole.len() {
                let mut rig = Rig::started(&e);
                rig.connected(&e);
                rig.feed(&whole[..cut], &e);
                rig.feed(&whole[cut..], &e);
                rig.loaded(&e);
                assert_eq!((&rig.rdb[..], &rig.stream[..]), (RDB, STREAM), "cut {cut}");
                assert_eq!(rig.done, Some(Action::FullSyncDone { history: Some((ID, 0)), db: Some(0) }));
                let psync =
                    "*3\r\n$5\r\nPSYNC\r\n$40\r\ndb9d1cfd1889fb8f3cf04acf5541ff40b188431f\r\n$1\r\n1\r\n";
                let ack = "*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$1\r\n0\r\n";
                assert_eq!(rig.sent(), format!("{HANDSHAKE}{psync}{ack}"));
                assert_eq!(rig.link.info(7).read_offset, STREAM.len() as i64);
            }
        }
    }
}

#[test]
fn byte_by_byte() {
    for mark in [false, true] {
        let e = env(0);
        let mut rig = Rig::at_psync(&e);
        for b in [&session(mark)[..], STREAM].concat() {
            rig.feed(&[b], &e);
        }
        rig.loaded(&e);
        assert_eq!((&rig.rdb[..], &rig.stream[..]), (RDB, STREAM));
    }
}

#[test]
fn the_log_of_a_first_sync_and_a_cut_link() {
    let e = env(0);
    let mut rig = Rig::at_psync(&e);
    rig.feed(&session(true), &e);
    rig.loaded(&e);
    assert_eq!(
        rig.logs(),
        [
            "Before turning into a replica, using my own master parameters to synthesize a cached master: \
            I may be \
             able to synchronize with the new master with just a partial transfer.",
            "Connecting to MASTER 127.0.0.1:17199",
            "MASTER <-> REPLICA sync started",
            "Non blocking connect for SYNC fired the event.",
            "Master replied to PING, replication can continue...",
            "Trying a partial resynchronization (request db9d1cfd1889fb8f3cf04acf5541ff40b188431f:1).",
            "Full resync from master: 4f9d67542eadc36973b430e9f2c19ae2cc2f3edd:0",
            "MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF to disk",
            "Discarding previously cached master state.",
            "MASTER <-> REPLICA sync: Flushing old data",
            "MASTER <-> REPLICA sync: Loading DB in memory",
            "MASTER <-> REPLICA sync: Finished with success",
        ]
    );
    assert_eq!(rig.marks(), ["connect", "begin", "end", "attach", "flush", "load"]);
    rig.feed(&[b'x'; 321], &e);
    rig.link.applied(321, 3);
    rig.sent();

    let e = env(6155);
    rig.closed(&e);
    assert_eq!(rig.marks(), ["down", "connect"], "a lost link reconnects at once");
    rig.connected(&e);
    rig.feed(b"-NOAUTH x\r\n+OK\r\n+OK\r\n+OK\r\n", &e);
    rig.stream.clear();
    let answer = [b"+CONTINUE 4f9d67542eadc36973b430e9f2c19ae2cc2f3edd\r\n", STREAM].concat();
    rig.feed(&answer, &e);
    assert_eq!(
        rig.logs(),
        [
            "Connection with master lost.",
            "Caching the disconnected master state.",
            "Reconnecting to MASTER 127.0.0.1:17199",
            "MASTER <-> REPLICA sync started",
            "Non blocking connect for SYNC fired the event.",
            "Master replied to PING, replication can continue...",
            "Trying a partial resynchronization (request 4f9d67542eadc36973b430e9f2c19ae2cc2f3edd:322).",
            "Successful partial resynchronization with master.",
            "MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.",
        ]
    );
    assert_eq!(rig.stream, STREAM);
    assert_eq!(rig.done, Some(Action::Continue { renamed: None, db: Some(3) }));
    assert_eq!((rig.link.offset(), rig.link.stream_db()), (Some(321), Some(3)));

    rig.act(&[], &e, |l, o| l.promote(e.now, o));
    let lost = "Connection with master lost.";
    let caching = "Caching the disconnected master state.";
    assert_eq!(rig.logs(), [lost, caching, "Discarding previously cached master state."]);
    assert_eq!((rig.link.state_name(), rig.link.target(), rig.link.next_tick(1)), ("none", None, None));
}

#[test]
fn a_promoted_master_is_followed_under_its_new_name() {
    let mut rig = Rig::online();
    let e = env(5000);
    rig.act(&[], &e, |l, o| l.start("10.0.0.9", 6380, (NO_ID, 0), &e, o));
    assert_eq!(rig.marks(), ["close", "down", "connect"]);
    assert_eq!(rig.logs()[2], "Connecting to MASTER 10.0.0.9:6380");
    rig.connected(&e);
    let bytes = [b"+PONG\r\n+OK\r\n-ERR no\r\n-ERR capa\r\n\n+CONTINUE ", &NEW[..], b"\r\n"].concat();
    rig.feed(&bytes, &e);
    let logs = rig.logs();
    assert!(
        logs.contains(
            &"(Non critical) Master does not understand REPLCONF listening-port: -ERR no".to_string()
        )
    );
    assert!(logs.contains(&"(Non critical) Master does not understand REPLCONF capa: -ERR capa".to_string()));
    assert!(logs.contains(&format!("Master replication ID changed to {}", text(&NEW))));
    assert_eq!(rig.done, Some(Action::Continue { renamed: Some((ID, NEW)), db: Some(3) }));
    rig.closed(&env(9000));
    assert_eq!(rig.link.cached(), Some(&Cached { id: NEW, offset: 321, db: Some(3) }));
}

fn text(id: &ReplId) -> String {
    String::from_utf8(id.to_vec()).unwrap()
}

#[test]
fn handshake_with_user_ip_and_failover() {
    let e = Env { user: Some(b"u"), ip: Some(b"1.2.3.4"), failover: true, ..env(0) };
    let mut rig = Rig::started(&e);
    rig.connected(&e);
    rig.feed(b"+PONG\r\n+OK\r\n+OK\r\n-ERR ip\r\n+OK\r\n", &e);
    let sent = rig.sent();
    assert!(sent.contains("*3\r\n$4\r\nAUTH\r\n$1\r\nu\r\n$6\r\nsekret\r\n"));
    assert!(sent.contains("*3\r\n$8\r\nREPLCONF\r\n$10\r\nip-address\r\n$7\r\n1.2.3.4\r\n"));
    assert!(sent.ends_with("$1\r\n1\r\n$8\r\nFAILOVER\r\n"), "{sent}");
    rig.feed(FULL, &e);
    assert_eq!(rig.marks(), ["connect", "yes"]);
}

/// Feeds `bytes` after the PSYNC request; tells marks, log and state.
fn answered(bytes: &[u8], e: &Env<'_>) -> (Vec<&'static str>, Vec<String>, &'static str) {
    let mut rig = Rig::at_psync(e);
    rig.logs();
    rig.marks();
    rig.sent();
    rig.feed(bytes, e);
    (rig.marks(), rig.logs(), rig.link.state_name())
}

#[test]
fn answers_that_lead_nowhere() {
    let e = env(0);
    let later = "Master is currently unable to PSYNC but should be in the future: ";
    let cases: [(&[u8], String); 9] = [
        (b"-LOADING wait\r\n", format!("{later}-LOADING wait")),
        (b"-NOMASTERLINK Can't\r\n", format!("{later}-NOMASTERLINK Can't")),
        (b"+FULLRESYNC short 1\r\n", "Master replied with wrong +FULLRESYNC syntax.".into()),
        (
            b"+FULLRESYNC 4f9d67542eadc36973b430e9f2c19ae2cc2f3edd 9223372036854775807\r\n",
            "Master replied with wrong +FULLRESYNC syntax.".into(),
        ),
        (b"+FULLRESYNC\r\n", "Master replied with wrong +FULLRESYNC syntax.".into()),
        (b"-ERR what\r\n-NOAUTH no\r\n", "MASTER aborted replication with an error: NOAUTH no".into()),
        (
            b"+WHAT\r\nGET / HTTP\r\n",
            "Bad protocol from MASTER, the first byte is not '$' (we received 'GET / HTTP'), are you sure \
            the host \
             and port are right?"
                .into(),
        ),
        (b"-ERR\r\n$-5\r\n", "Bad protocol from MASTER, wrong bulk length (we received '$-5')".into()),
        (
            b"-ERR\r\n$EOF:short\r\n",
            "Bad protocol from MASTER, wrong bulk length (we received '$EOF:short')".into(),
        ),
    ];
    for (bytes, text) in cases {
        let (marks, logs, state) = answered(bytes, &e);
        assert_eq!((logs.last(), state), (Some(&text), "connect"));
        assert_eq!(marks, ["close"], "not at once, and no data lost: {text}");
    }
}

#[test]
fn an_old_master_is_asked_with_sync() {
    let e = env(0);
    let mut rig = Rig::at_psync(&e);
    rig.sent();
    rig.feed(b"-ERR unknown command 'PSYNC'\r\n\n$3\r\nabcstream", &e);
    rig.loaded(&e);
    assert_eq!(rig.sent(), "SYNC\r\n", "and it gets no ACK");
    assert_eq!((&rig.rdb[..], &rig.stream[..]), (&b"abc"[..], &b"stream"[..]));
    assert_eq!(rig.done, Some(Action::FullSyncDone { history: None, db: Some(0) }));
    rig.tick(&env(5000));
    assert_eq!(rig.sent(), "");
    rig.closed(&env(6000));
    assert_eq!(rig.link.cached(), None);
}

#[test]
fn ping_and_auth_refused() {
    let e = env(0);
    for (bytes, text) in [
        (&b"-MISCONF disk\r\n"[..], "Error reply to PING from master: '-MISCONF disk'"),
        (b"\r\n", "Error reply to PING from master: ''"),
        (b"+PONG\r\n-WRONGPASS no\r\n", "Unable to AUTH to MASTER: -WRONGPASS no"),
    ] {
        let mut rig = Rig::started(&e);
        rig.connected(&e);
        rig.feed(bytes, &e);
        assert_eq!(rig.logs().last().unwrap(), text);
        assert_eq!((rig.link.state_name(), rig.link.next_tick(1)), ("connect", Some(1000)));
        rig.tick(&env(999));
        assert_eq!(rig.connects, 1);
        rig.tick(&env(1000));
        assert_eq!((rig.connects, rig.link.state_name()), (2, "connecting"));
        assert_eq!(rig.logs()[0], "Connecting to MASTER 127.0.0.1:17199");
    }
}

#[test]
fn endless_lines_and_numbers_cost_nothing() {
    let e = env(0);
    let mut rig = Rig::at_psync(&e);
    for now in 0..2000 {
        rig.feed(&[b'+'; 4096], &env(now));
    }
    rig.tick(&env(60_001));
    assert_eq!(rig.logs().iter().filter(|l| *l == "Timeout connecting to the MASTER...").count(), 1);
    assert_eq!(rig.link.state_name(), "connecting");

    let mut rig = Rig::at_psync(&e);
    rig.feed(FULL, &e);
    rig.feed(b"$9223372036854775807\r\nabc", &e);
    let sync = rig.link.info(3000).sync.unwrap();
    assert_eq!((sync.total, sync.read, sync.last_io_seconds_ago), (i64::MAX, 3, 3));
    assert_eq!(rig.rdb, b"abc");

    let long = [&[b'-'; 300][..], b"\r\n+OK\r\n"].concat();
    let mut rig = Rig::started(&e);
    rig.connected(&e);
    rig.feed(b"+PONG\r\n+OK\r\n", &e);
    rig.feed(&long, &e);
    assert!(rig.sent().contains("PSYNC"), "the cut line is one reply, not two");
}

#[test]
fn progress_of_a_transfer() {
    let e = env(0);
    let mut rig = Rig::at_psync(&e);
    rig.feed(FULL, &e);
    let sync = rig.link.info(0).sync.unwrap();
    assert_eq!((sync.total, sync.read, sync.left, rig.link.state_name()), (-1, 0, -1, "sync"));
    rig.feed(b"$200\r\n", &e);
    rig.feed(&[0; 50], &env(1000));
    let info = rig.link.info(4500);
    let sync = info.sync.unwrap();
    assert_eq!((sync.total, sync.read, sync.left, sync.last_io_seconds_ago), (200, 50, 150, 3));
    assert!((sync.percent - 25.0).abs() < 1e-9);
    assert_eq!((info.up, info.last_io_seconds_ago, info.down_since_seconds), (false, -1, Some(-1)));
    assert_eq!((info.offset, info.read_offset), (0, 0));
}

#[test]
fn a_transfer_that_breaks_starts_again_at_once_and_keeps_data() {
    let whole = session(true);
    for (plan, text) in [
        (LoadPlan::Disk, "I/O error trying to sync with MASTER: connection lost"),
        (LoadPlan::Swap, SOCKET_LOAD_FAILED),
    ] {
        let e = Env { plan, ..env(0) };
        let mut rig = Rig::at_psync(&e);
        rig.feed(&whole[..whole.len() - 1], &e);
        rig.logs();
        rig.marks();
        rig.closed(&Env { now: 500, ..e });
        let logs = rig.logs();
        assert_eq!(logs[0], text);
        assert_eq!(logs[logs.len() - 2], "Reconnecting to MASTER 127.0.0.1:17199 after failure");
        assert_eq!(rig.marks(), ["abort", "close", "connect"], "no flush");
        assert!(rig.link.cached().is_some(), "may still ask for a partial resync");
    }
}

#[test]
fn timeouts_of_each_phase() {
    let mut rig = Rig::started(&env(0));
    assert_eq!(rig.link.next_tick(60_000), Some(60_001));
    rig.tick(&env(60_000));
    assert_eq!(rig.connects, 1);
    rig.tick(&env(60_001));
    let logs = rig.logs();
    assert_eq!(logs[3], "Timeout connecting to the MASTER...");
    assert_eq!(logs[4], "Reconnecting to MASTER 127.0.0.1:17199 after failure");
    assert_eq!(rig.connects, 2);

    let mut rig = Rig::at_psync(&env(0));
    rig.feed(FULL, &env(0));
    for second in 1..200 {
        rig.feed(b"\n", &env(second * 1000));
        rig.tick(&env(second * 1000));
    }
    assert_eq!(rig.connects, 1, "newlines keep it waiting");
    rig.tick(&env(259_001));
    assert!(rig.logs().iter().any(|l| l.starts_with("Timeout receiving bulk data from MASTER... If")));
    assert_eq!(rig.connects, 2);

    let mut rig = Rig::online();
    rig.tick(&env(60_001));
    let logs = rig.logs();
    assert_eq!(logs[0], "MASTER timeout: no data nor PING received...");
    assert_eq!(logs[1], "Connection with master lost.");
    assert_eq!(rig.marks(), ["close", "down", "connect"]);
    assert_eq!(rig.link.info(65_001).down_since_seconds, Some(5));
    assert_eq!((rig.link.info(0).offset, rig.link.offset()), (321, None));
}

#[test]
fn acks_each_second_and_signs_of_life_while_loading() {
    let mut rig = Rig::online();
    assert_eq!(rig.link.next_tick(60_000), Some(1000));
    rig.tick(&env(999));
    assert_eq!(rig.sent(), "");
    rig.tick(&env(1000));
    assert_eq!(rig.sent(), "*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$3\r\n321\r\n");
    assert_eq!(rig.link.next_tick(60_000), Some(2000));
    let mut both = Vec::new();
    push_ack(&mut both, 5, Some(3));
    assert_eq!(both, b"*5\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$1\r\n5\r\n$4\r\nFACK\r\n$1\r\n3\r\n");

    let mut rig = Rig::at_psync(&env(0));
    rig.feed(&session(false), &env(0));
    rig.sent();
    for at in (0..300_000).step_by(250) {
        rig.tick(&env(at));
    }
    assert_eq!(rig.sent(), "\n".repeat(299), "and no timeout while the whole snapshot loads");
    rig.closed(&env(300_000));
    assert_eq!(rig.link.state_name(), "sync");
    rig.loaded(&env(301_000));
    assert_eq!((rig.link.state_name(), rig.connects), ("connecting", 2));
    assert_eq!(rig.link.cached(), Some(&Cached { id: ID, offset: 0, db: Some(0) }));
}

#[test]
fn a_snapshot_that_does_not_load_waits_a_second() {
    let e = env(0);
    let mut rig = Rig::at_psync(&e);
    rig.feed(&session(false), &e);
    rig.marks();
    rig.act(&[], &e, |l, o| l.load_failed(&env(300), o));
    assert_eq!(rig.marks(), ["abort", "close"]);
    assert_eq!(rig.link.next_tick(1), Some(1000));
    let log = "Failed trying to load the MASTER synchronization DB from disk, check server logs.";
    assert_eq!(rig.logs().last().unwrap(), log);

    let e = Env { plan: LoadPlan::Socket, ..env(0) };
    let mut rig = Rig::at_psync(&e);
    let mut bytes = session(true);
    bytes.truncate(bytes.len() - MARK);
    rig.feed(&bytes, &e);
    rig.loaded(&e);
    assert_eq!(rig.link.state_name(), "sync", "waits for the mark");
    rig.feed(b"not the mark", &e);
    assert_eq!(rig.logs().last().unwrap(), "Replication stream EOF marker is broken");
    assert!(rig.done.is_none());
}

#[test]
fn storing_fails_before_any_data_is_dropped() {
    let e = env(0);
    let mut link = Rig::at_psync(&e).link;
    let mut out = Vec::new();
    link.bytes(&session(false), &e, &mut out);
    assert_eq!(out.last(), Some(&Action::RdbEnd));
    out.clear();
    link.transfer_failed("Failed trying to rename the temp DB", &e, &mut out);
    assert!(!out.contains(&Action::FlushOldData) && out.contains(&Action::AbortFullSync));
    assert_eq!(link.state_name(), "connect");
}

#[test]
fn connecting_fails() {
    let e = env(0);
    let mut rig = Rig::started(&e);
    rig.act(&[], &e, |l, o| l.connect_failed("Connection refused", &env(3), o));
    assert_eq!(rig.logs().last().unwrap(), "Error condition on socket for SYNC: Connection refused");
    for (now, connects) in [(999, 1), (1000, 2), (1500, 2)] {
        rig.tick(&env(now));
        assert_eq!(rig.connects, connects);
    }
    rig.act(&[], &e, |l, o| l.connect_refused("no such name", &env(1700), o));
    assert_eq!(rig.logs().last().unwrap(), "Unable to connect to MASTER: no such name");
    rig.tick(&env(2000));
    assert_eq!(rig.connects, 3);
}

#[test]
fn configured_and_restored_at_start() {
    let mut rig = Rig::default();
    let e = env(50);
    rig.link.configure("::1", 6379, 50);
    rig.act(&[], &e, |l, o| l.restore(ID, i64::MAX, Some(2), o));
    assert_eq!((rig.connects, rig.link.state_name(), rig.link.stream_db()), (0, "connect", Some(2)));
    rig.tick(&e);
    rig.connected(&e);
    let bytes = [b"+PONG\r\n+OK\r\n+OK\r\n+OK\r\n+CONTINUE\r\n", STREAM].concat();
    rig.feed(&bytes, &e);
    assert_eq!(rig.link.state_name(), "connected");
    rig.act(&[], &e, |l, o| l.protocol_error(&env(60), o));
    assert_eq!(rig.link.cached(), None, "a broken stream is not continued");
    assert_eq!(rig.link.state_name(), "connect", "and tries are never closer than MIN_GAP");
    assert_eq!(rig.link.next_tick(1), Some(150));
    // Nobody listens to what comes late.
    rig.feed(b"+PONG\r\n", &e);
    rig.connected(&e);
    rig.closed(&e);
    rig.loaded(&e);
    assert_eq!(rig.link.state_name(), "connect");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Marks made of few letters, so that their beginnings overlap; payloads full of those beginnings.
    #[test]
    fn the_mark_is_found_wherever_pieces_end(
        mark in proptest::collection::vec(97u8..99, MARK),
        seeds in proptest::collection::vec((0usize..MARK, 97u8..100), 0..12),
        tail in proptest::collection::vec(any::<u8>(), 0..50),
        pieces in proptest::collection::vec(1usize..60, 1..40),
    ) {
        let mark: [u8; MARK] = mark.try_into().unwrap();
        let mut all: Vec<u8> = Vec::new();
        for (n, b) in seeds {
            all.extend_from_slice(&mark[..n]);
            all.push(b);
        }
        all.extend_from_slice(&mark);
        all.extend_from_slice(&tail);
        let want = all.windows(MARK).position(|w| w == mark).unwrap();
        let (mut scan, mut payload, mut at, mut i) = (MarkScan::new(mark), Vec::new(), 0, 0);
        let end = loop {
            prop_assert!(at < all.len());
            let piece = &all[at..(at + pieces[i % pieces.len()]).min(all.len())];
            i += 1;
            let found = scan.feed(piece);
            payload.extend_from_slice(&mark[..found.released]);
            payload.extend_from_slice(&piece[found.payload]);
            if let Some(end) = found.end {
                break at + end;
            }
            at += piece.len();
        };
        prop_assert_eq!(&payload[..], &all[..want]);
        prop_assert_eq!(end, want + MARK);
    }

    #[test]
    fn garbage_never_panics(
        parts in proptest::collection::vec(prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..80),
            Just(b"+PONG\r\n".to_vec()), Just(b"+OK\r\n".to_vec()), Just(FULL.to_vec()),
            Just(b"+CONTINUE\r\n".to_vec()), Just(b"$EOF:".to_vec()), Just(EOF_MARK.to_vec()),
            Just(b"\r\n".to_vec()), Just(b"$5\r\n".to_vec()), Just(b"-ERR\n".to_vec()),
            Just(b"$99999999999999999999\r\n".to_vec()), Just(b"$0\r\n".to_vec()),
        ], 0..30),
        events in proptest::collection::vec(0u8..10, 30),
    ) {
        let mut rig = Rig::started(&env(0));
        for (i, (part, event)) in parts.iter().zip(events).enumerate() {
            let plan = [LoadPlan::Disk, LoadPlan::Socket, LoadPlan::Swap][i % 3];
            let e = Env { plan, ..env(i as i64 * 700) };
            match event {
                0 => rig.closed(&e),
                1 => rig.loaded(&e),
                2 => rig.act(&[], &e, |l, o| l.load_failed(&e, o)),
                3 => rig.act(&[], &e, |l, o| l.start("h", 1, (OWN, 5), &e, o)),
                4 => rig.act(&[], &e, |l, o| l.promote(e.now, o)),
                _ => {}
            }
            rig.tick(&e);
            rig.connected(&e);
            rig.feed(part, &e);
            rig.link.info(e.now);
        }
    }
}

#[test]
fn a_snapshot_that_never_comes_is_asked_for_again_after_a_second() {
    let e = env(0);
    let mut rig = Rig::at_psync(&e);
    rig.feed(FULL, &e);
    rig.marks();
    let e = env(300);
    rig.closed(&e);
    assert_eq!(rig.marks(), ["close"], "the master could not save: at once it could not either");
    assert_eq!(rig.link.next_tick(60_000), Some(SECOND));
    let e = env(SECOND);
    rig.tick(&e);
    assert_eq!(rig.marks(), ["connect"]);
}
