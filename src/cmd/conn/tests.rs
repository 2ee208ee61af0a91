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

mod tracking {
    use crate::cmd::testing::Desk;
    use crate::core::tracking;
    use crate::state::client::ClientId;

    /// A client that tracks, in RESP3, and one that does not.
    fn pair(desk: &mut Desk, options: &str) -> (ClientId, ClientId) {
        let (me, other) = (desk.client(), desk.client());
        desk.ask(me, "hello 3");
        assert_eq!(desk.ask(me, format!("client tracking on {options}").trim_end()), "+OK|");
        (me, other)
    }

    fn invalid(key: &str) -> String {
        format!(">2|$10|invalidate|*1|${}|{key}|", key.len())
    }

    #[test]
    fn readers_hear_of_a_change_once() {
        let mut desk = Desk::new();
        let (me, other) = pair(&mut desk, "");
        desk.ask(me, "get a");
        desk.ask(me, "mget a b c");
        assert_eq!((desk.srv.tracking.keys(), desk.srv.tracking.items()), (3, 3));
        desk.ask(other, "set a 1");
        assert_eq!(desk.received(me), invalid("a"));
        desk.ask(other, "set a 2");
        assert_eq!(desk.received(me), "");
        desk.ask(other, "flushall");
        assert_eq!(desk.received(me), ">2|$10|invalidate|_|");
        assert_eq!(desk.srv.tracking.keys(), 0);
        desk.ask(me, "get a");
        assert_eq!(desk.ask(me, "client tracking off"), "+OK|");
        desk.ask(other, "set a 3");
        assert_eq!(desk.received(me), "");
        assert_eq!(desk.srv.keys.touched.interest, 0);
    }

    #[test]
    fn own_changes_follow_the_reply_unless_noloop() {
        let mut desk = Desk::new();
        let (me, _) = pair(&mut desk, "");
        desk.ask(me, "get a");
        let replies = desk.pipeline(me, &["set a 1", "ping"]);
        assert_eq!(replies, format!("+OK|{}+PONG|", invalid("a")));
        desk.ask(me, "get a");
        let replies = desk.pipeline(me, &["multi", "incr a", "get a", "flushall", "exec"]);
        let queued = "+QUEUED|".repeat(3);
        let all = ">2|$10|invalidate|_|";
        assert_eq!(replies, format!("+OK|{queued}*3|:2|$1|2|+OK|{}{all}", invalid("a")));
        let (quiet, other) = pair(&mut desk, "noloop");
        desk.ask(quiet, "get a");
        assert_eq!(desk.ask(quiet, "set a 1"), "+OK|");
        desk.ask(quiet, "get a");
        desk.ask(other, "set a 1");
        assert_eq!(desk.received(quiet), invalid("a"));
    }

    #[test]
    fn a_key_that_expires_is_void_and_may_be_read_anew() {
        let mut desk = Desk::new();
        let (me, other) = pair(&mut desk, "");
        desk.ask(other, "set a 1 px 10");
        desk.ask(me, "get a");
        desk.srv.clock.advance(11);
        assert_eq!(desk.ask(me, "get a"), format!("_|{}", invalid("a")));
        desk.ask(other, "set a 1");
        assert_eq!(desk.received(me), invalid("a"), "the read that found nothing counts");
    }

    #[test]
    fn optin_and_optout_take_one_command_or_transaction() {
        let mut desk = Desk::new();
        let (me, other) = pair(&mut desk, "optin");
        let after = |desk: &mut Desk, lines: &[&str]| {
            desk.pipeline(me, lines);
            desk.ask(other, "mset a 1 b 1");
            desk.received(me)
        };
        assert_eq!(after(&mut desk, &["get a"]), "");
        assert_eq!(after(&mut desk, &["client caching yes", "get a", "get b"]), invalid("a"));
        let both = invalid("a") + &invalid("b");
        assert_eq!(after(&mut desk, &["client caching yes", "multi", "get a", "get b", "exec"]), both);
        assert_eq!(after(&mut desk, &["client caching yes", "nosuch", "get a"]), "");
        assert_eq!(after(&mut desk, &["client caching yes", "client id", "get a"]), invalid("a"));
        let error = "-ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.|";
        assert_eq!(desk.ask(me, "client caching no"), error);
        desk.pipeline(me, &["client tracking off", "client tracking on optout"]);
        assert_eq!(after(&mut desk, &["get a", "client caching no", "get b"]), invalid("a"));
    }

    #[test]
    fn broadcasts_gather_by_prefix() {
        let mut desk = Desk::new();
        let (me, other) = pair(&mut desk, "bcast prefix a prefix b");
        let (loud, _) = pair(&mut desk, "bcast noloop");
        desk.pipeline(other, &["set a1 x", "set b1 x", "set a0 x", "set c x"]);
        desk.ask(loud, "set a1 y");
        tracking::broadcast(&mut desk.srv);
        let of_me = ">2|$10|invalidate|*2|$2|a0|$2|a1|>2|$10|invalidate|*1|$2|b1|";
        assert_eq!(desk.received(me), of_me);
        assert_eq!(desk.received(loud), ">2|$10|invalidate|*3|$2|a0|$2|b1|$1|c|");
        tracking::broadcast(&mut desk.srv);
        assert_eq!(desk.received(me), "");
        assert_eq!(desk.srv.tracking.prefixes(), 3);
        assert_eq!(
            desk.ask(me, "client trackinginfo"),
            "%3|$5|flags|~2|$2|on|$5|bcast|$8|redirect|:0|$8|prefixes|*2|$1|a|$1|b|"
        );
        assert_eq!(
            desk.ask(me, "client tracking on bcast prefix ab"),
            "-ERR Prefix 'ab' overlaps with an existing prefix 'a'. Prefixes for a single client must not \
             overlap.|"
        );
        crate::core::lifecycle::forget(&mut desk.srv, me);
        crate::core::lifecycle::forget(&mut desk.srv, loud);
        assert_eq!((desk.srv.tracking.prefixes(), desk.srv.tracking.clients()), (0, 0));
    }

    #[test]
    fn messages_can_go_to_another_connection() {
        let mut desk = Desk::new();
        let (me, to, other) = (desk.client(), desk.client(), desk.client());
        let id = desk.srv.clients[to].id;
        desk.ask(me, &format!("client tracking on redirect {id}"));
        desk.ask(me, "get a");
        desk.ask(other, "set a 1");
        assert_eq!(desk.received(to), "", "RESP2 and no subscriber: it cannot be told");
        desk.ask(to, "subscribe __redis__:invalidate");
        desk.ask(me, "get a");
        desk.ask(other, "set a 1");
        assert_eq!(desk.received(to), "*3|$7|message|$20|__redis__:invalidate|*1|$1|a|");
        desk.ask(me, "get a");
        desk.ask(me, "flushall");
        assert_eq!(desk.received(to), "*3|$7|message|$20|__redis__:invalidate|$-1|");
        assert_eq!(desk.ask(me, "client getredir"), format!(":{id}|"));
        crate::core::lifecycle::forget(&mut desk.srv, to);
        desk.ask(me, "hello 3");
        desk.ask(me, "get a");
        desk.ask(other, "set a 1");
        assert_eq!(desk.received(me), format!(">2|$21|tracking-redir-broken|:{id}|"));
        assert!(desk.ask(me, "client info").contains(" flags=tR db=0 "));
    }

    #[test]
    fn the_table_is_bounded() {
        let mut desk = Desk::new();
        let (me, _) = pair(&mut desk, "");
        desk.srv.config.tracking_table_max_keys = 2;
        assert_eq!(desk.ask(me, "mget a b c d e"), "*5|_|_|_|_|_|");
        let replies = desk.pipeline(me, &["multi", "ping"]);
        assert_eq!(replies.matches("invalidate").count(), 3);
        assert!(replies.starts_with(">2|") && replies.ends_with("|+OK|+QUEUED|"), "before the next reply");
        assert_eq!(desk.srv.tracking.keys(), 2);
    }
}
