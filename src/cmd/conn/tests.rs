//! Sessions, as their clients see them.

use crate::cmd::testing::Desk;

/// A desk and a client at it.
macro_rules! desk {
    ($desk:ident, $($who:ident),+) => {
        let mut $desk = Desk::new();
        $(let $who = $desk.client();)+
    };
}

#[test]
fn a_password_shuts_the_door() {
    desk!(desk, inside);
    assert_eq!(desk.ask(inside, "AUTH x"), format!("-{}|", crate::resp::errors::AUTH_WITHOUT_PASSWORD));
    assert_eq!(desk.ask(inside, "CONFIG SET requirepass secret"), "+OK|");
    assert_eq!(desk.ask(inside, "PING"), "+PONG|");
    let me = desk.client();
    assert!(desk.ask(me, "PING").starts_with("-NOAUTH"));
    assert!(desk.ask(me, "HELLO 3").starts_with("-NOAUTH HELLO"));
    assert!(desk.ask(me, "AUTH wrong").starts_with("-WRONGPASS"));
    assert!(desk.ask(me, "AUTH nobody secret").starts_with("-WRONGPASS"));
    assert_eq!(desk.srv.stats.acl_denied_auth, 2);
    assert_eq!(desk.ask(me, "AUTH default secret"), "+OK|");
    assert_eq!(desk.ask(me, "PING"), "+PONG|");
    let late = desk.client();
    assert_eq!(desk.ask(inside, "CONFIG SET requirepass secret2"), "+OK|");
    assert!(desk.ask(late, "PING").starts_with("-NOAUTH"));
    assert!(desk.ask(late, "HELLO 3 AUTH default secret2 SETNAME me").starts_with("%7|"));
}

#[test]
fn reset_makes_a_session_new() {
    desk!(desk, me);
    for line in
        ["SELECT 3", "CLIENT SETNAME me", "CLIENT SETINFO lib-name lib", "CLIENT NO-TOUCH on", "MULTI"]
    {
        assert_eq!(desk.ask(me, line), "+OK|", "{line}");
    }
    assert_eq!(desk.ask(me, "RESET"), "+RESET|");
    let line = desk.ask(me, "CLIENT INFO");
    assert!(
        line.contains(" name= ") && line.contains(" flags=N db=0 ") && line.contains(" lib-name=lib "),
        "{line}"
    );
}

#[test]
fn replies_can_be_silenced() {
    desk!(desk, me);
    assert_eq!(desk.ask(me, "CLIENT REPLY OFF"), "");
    assert_eq!(desk.ask(me, "PING"), "");
    assert_eq!(desk.ask(me, "CLIENT REPLY ON"), "+OK|");
    assert_eq!(desk.ask(me, "CLIENT REPLY SKIP"), "");
    assert_eq!(desk.ask(me, "PING"), "");
    assert_eq!(desk.ask(me, "PING"), "+PONG|");
}

#[test]
fn killing_spares_oneself_unless_told() {
    desk!(desk, me, _one, _two);
    assert_eq!(desk.ask(me, "CLIENT KILL ID 2"), ":1|");
    assert_eq!(desk.ask(me, "CLIENT KILL ID 2"), ":0|");
    assert_eq!(desk.ask(me, "CLIENT LIST").matches("id=").count(), 2);
    assert_eq!(desk.ask(me, "CLIENT KILL TYPE normal"), ":1|");
    assert_eq!(desk.ask(me, "CLIENT KILL 9.9.9.9:1"), "-ERR No such client|");
    assert_eq!(desk.ask(me, "CLIENT KILL ID 0"), "-ERR client-id should be greater than 0|");
    assert_eq!(desk.ask(me, "CLIENT KILL SKIPME no"), ":1|");
    assert!(!desk.srv.clients[me].may_run());
}

#[test]
fn a_pause_is_only_prolonged() {
    desk!(desk, me);
    assert_eq!(desk.ask(me, "CLIENT PAUSE 100000 write"), "+OK|");
    assert_eq!(desk.ask(me, "CLIENT PAUSE 10 write"), "+OK|");
    let (_, end) = desk.srv.blocked.pause.unwrap();
    assert_eq!(end, crate::cmd::testing::START + 100_000);
    assert_eq!(desk.ask(me, "CLIENT PAUSE -1"), "-ERR timeout is negative|");
    assert_eq!(desk.ask(me, "CLIENT PAUSE 1 some"), "-ERR CLIENT PAUSE mode must be WRITE or ALL|");
    assert_eq!(desk.ask(me, "CLIENT UNPAUSE"), "+OK|");
    assert_eq!(desk.srv.blocked.pause, None);
}

#[test]
fn settings_change_together_or_not_at_all() {
    desk!(desk, me);
    let failed = desk.ask(me, "CONFIG SET hz 50 maxmemory lots");
    assert!(
        failed.starts_with("-ERR CONFIG SET failed (possibly related to argument 'maxmemory') - "),
        "{failed}"
    );
    assert_eq!(desk.srv.config.hz, 10);
    assert_eq!(desk.ask(me, "CONFIG SET hz 50 latency-monitor-threshold 7"), "+OK|");
    assert_eq!(desk.srv.latency.threshold_us(), 7000);
    assert_eq!(desk.ask(me, "CONFIG GET hz"), "*2|$2|hz|$2|50|");
    assert_eq!(desk.ask(me, "CONFIG SET hz"), "-ERR wrong number of arguments for 'config|set' command|");
    assert_eq!(desk.ask(me, "CONFIG SET hz 1 port"), "-ERR syntax error|");
    assert_eq!(desk.ask(me, "CONFIG REWRITE"), "-ERR The server is running without a config file|");
}

#[test]
fn secrets_are_covered_for_those_who_watch() {
    desk!(desk, watcher, me);
    assert_eq!(desk.ask(watcher, "MONITOR"), "+OK|");
    assert_eq!(desk.ask(watcher, "GET a"), "-ERR Replica can't interact with the keyspace|");
    desk.ask(me, "CONFIG SET slowlog-log-slower-than 0");
    desk.ask(me, "HELLO 2 AUTH default secret");
    let seen = String::from_utf8_lossy(desk.srv.clients[watcher].out.unsent()).into_owned();
    assert!(seen.contains("\"HELLO\" \"2\" \"AUTH\" \"(redacted)\""), "{seen}");
    assert!(!seen.contains("secret"), "{seen}");
    let logged = desk.srv.slowlog.iter().next().unwrap();
    assert_eq!(&*logged.args[4], b"(redacted)");
    assert!(desk.srv.redacted.is_empty());
}
