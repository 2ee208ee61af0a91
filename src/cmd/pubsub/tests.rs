//! What subscribers, publishers and replicas see; the registry has its own tests in `state::pubsub`.

use crate::cmd::testing::Desk;
use crate::keyspace::Class;
use crate::state::client::{ClientId, Flags};

fn resp3(desk: &mut Desk) -> ClientId {
    let me = desk.client();
    desk.ask(me, "hello 3");
    me
}

#[test]
fn each_name_is_answered_with_the_number_of_subscriptions_left() {
    let mut desk = Desk::new();
    let me = desk.client();
    for (line, reply) in [
        ("unsubscribe", "*3|$11|unsubscribe|$-1|:0|"),
        ("subscribe a b a", "*3|$9|subscribe|$1|a|:1|*3|$9|subscribe|$1|b|:2|*3|$9|subscribe|$1|a|:2|"),
        ("psubscribe x*", "*3|$10|psubscribe|$2|x*|:3|"),
        ("ssubscribe s", "*3|$10|ssubscribe|$1|s|:1|"),
        ("unsubscribe none a", "*3|$11|unsubscribe|$4|none|:3|*3|$11|unsubscribe|$1|a|:2|"),
        (
            "get k",
            "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are \
             allowed in this context|",
        ),
        ("ping hello", "*2|$4|pong|$5|hello|"),
        ("unsubscribe", "*3|$11|unsubscribe|$1|b|:1|"),
        ("punsubscribe", "*3|$12|punsubscribe|$2|x*|:0|"),
        ("punsubscribe", "*3|$12|punsubscribe|$-1|:0|"),
        ("sunsubscribe", "*3|$12|sunsubscribe|$1|s|:0|"),
        ("ping", "+PONG|"),
    ] {
        assert_eq!(desk.ask(me, line), reply, "{line}");
    }
    assert!(desk.srv.pubsub.is_empty() && desk.srv.clients[me].subscriptions.is_none());
}

#[test]
fn messages_come_in_each_ones_own_dialect() {
    let mut desk = Desk::new();
    let (old, new, who) = (desk.client(), resp3(&mut desk), desk.client());
    desk.ask(old, "subscribe news");
    assert_eq!(desk.ask(new, "psubscribe n* *s"), ">3|$10|psubscribe|$2|n*|:1|>3|$10|psubscribe|$2|*s|:2|");
    assert_eq!(desk.ask(who, "publish news hi"), ":3|");
    assert_eq!(desk.received(old), "*3|$7|message|$4|news|$2|hi|");
    let twice = ">4|$8|pmessage|$2|n*|$4|news|$2|hi|>4|$8|pmessage|$2|*s|$4|news|$2|hi|";
    assert_eq!(desk.received(new), twice);
    assert_eq!(desk.ask(who, "publish other ''"), ":0|");
    assert_eq!(desk.stream(), "SELECT 0; publish news hi; publish other");
}

#[test]
fn sharded_channels_are_a_world_of_their_own() {
    let mut desk = Desk::new();
    let (me, who) = (desk.client(), desk.client());
    desk.ask(me, "ssubscribe c");
    desk.ask(me, "psubscribe *");
    assert_eq!(desk.ask(who, "publish c x"), ":1|");
    desk.received(me);
    assert_eq!(desk.ask(who, "spublish c x"), ":1|");
    assert_eq!(desk.received(me), "*3|$8|smessage|$1|c|$1|x|");
    assert_eq!(desk.ask(who, "pubsub shardchannels"), "*1|$1|c|");
    assert_eq!(desk.ask(who, "pubsub shardnumsub c d"), "*4|$1|c|:1|$1|d|:0|");
    assert_eq!(desk.ask(who, "pubsub channels"), "*0|");
    assert_eq!(desk.stream(), "SELECT 0; publish c x; spublish c x");
}

#[test]
fn what_is_published_to_oneself_follows_the_reply() {
    let mut desk = Desk::new();
    let me = resp3(&mut desk);
    desk.ask(me, "subscribe a");
    let message = |text: &str| format!(">3|$7|message|$1|a|$1|{text}|");
    let replies = desk.pipeline(me, &["publish a 1", "ping", "publish a 2"]);
    assert_eq!(replies, format!(":1|{}+PONG|:1|{}", message("1"), message("2")));
    let replies = desk.pipeline(me, &["multi", "publish a 1", "publish b 1", "publish a 2", "exec", "ping"]);
    let queued = "+QUEUED|".repeat(3);
    assert_eq!(
        desk.stream(),
        "SELECT 0; publish a 1; publish a 2; MULTI; publish a 1; publish b 1; publish a 2; EXEC"
    );
    assert_eq!(replies, format!("+OK|{queued}*3|:1|:0|:1|{}{}+PONG|", message("1"), message("2")));
}

#[test]
fn subscriptions_inside_a_transaction() {
    let mut desk = Desk::new();
    let me = desk.client();
    for line in ["multi", "subscribe a b", "ssubscribe s", "publish a x"] {
        desk.ask(me, line);
    }
    assert_eq!(
        desk.ask(me, "exec"),
        "*3|*3|$9|subscribe|$1|a|:1|*3|$9|subscribe|$1|b|:2|-ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING \
         client|:1|*3|$7|message|$1|a|$1|x|"
    );
    assert!(desk.srv.clients[me].flags.has(Flags::PUBSUB));
}

#[test]
fn client_reply_does_not_silence_messages() {
    let mut desk = Desk::new();
    let (me, who) = (resp3(&mut desk), desk.client());
    assert_eq!(desk.ask(me, "client reply off"), "");
    assert_eq!(desk.ask(me, "subscribe a"), ">3|$9|subscribe|$1|a|:1|");
    assert_eq!(desk.ask(me, "ping"), "");
    assert_eq!(desk.ask(me, "publish a x"), ">3|$7|message|$1|a|$1|x|");
    desk.ask(who, "publish a y");
    assert_eq!(desk.received(me), ">3|$7|message|$1|a|$1|y|");
}

#[test]
fn the_end_of_a_client_ends_its_subscriptions() {
    let mut desk = Desk::new();
    let (me, other, who) = (desk.client(), desk.client(), desk.client());
    for client in [me, other] {
        desk.ask(client, "subscribe a");
        desk.ask(client, "psubscribe p*");
    }
    assert_eq!(desk.ask(me, "reset"), "+RESET|");
    assert_eq!(desk.ask(me, "ping"), "+PONG|");
    assert_eq!(desk.ask(who, "pubsub numsub a"), "*2|$1|a|:1|");
    crate::core::lifecycle::forget(&mut desk.srv, other);
    assert_eq!(desk.ask(who, "pubsub numpat"), ":0|");
    assert!(desk.srv.pubsub.is_empty());
}

#[test]
fn a_subscriber_that_owes_too_much_is_closed() {
    let mut desk = Desk::new();
    let (me, who) = (desk.client(), desk.client());
    desk.srv.config.client_output_buffer_limit.pubsub.hard_bytes = 100;
    desk.ask(me, "subscribe a");
    // What counts is what is owed beyond 16 KiB.
    let message = "x".repeat(10_000);
    assert_eq!(desk.ask(who, &format!("publish a {message}")), ":1|");
    assert!(!desk.srv.clients[me].flags.has(Flags::CLOSE_ASAP));
    desk.ask(who, &format!("publish a {message}"));
    assert!(desk.srv.clients[me].flags.has(Flags::CLOSE_ASAP));
    assert_eq!(desk.srv.stats.output_limit_disconnections, 1);
}

#[test]
fn key_events_come_in_order_and_inner_ones_too() {
    let mut desk = Desk::new();
    let (me, who) = (desk.client(), desk.client());
    desk.srv.keys.touched.set_notify(Class::parse(b"KEA").expect("known letters"));
    desk.ask(me, "psubscribe __key*__:*");
    let events = |desk: &mut Desk| {
        let text = desk.received(me).replace("*4|$8|pmessage|$10|__key*__:*|", "");
        let words: Vec<_> = text.split('|').filter(|w| !w.is_empty() && !w.starts_with('$')).collect();
        words.chunks(2).map(|pair| pair.join("=")).collect::<Vec<_>>().join(" ")
    };
    desk.ask(who, "set k v");
    assert_eq!(events(&mut desk), "__keyspace@0__:k=set __keyevent@0__:set=k");
    for line in ["multi", "set k v px 10", "rename k l", "exec"] {
        desk.ask(who, line);
    }
    assert_eq!(
        events(&mut desk),
        "__keyspace@0__:k=set __keyevent@0__:set=k __keyspace@0__:k=expire __keyevent@0__:expire=k \
         __keyspace@0__:k=rename_from __keyevent@0__:rename_from=k __keyspace@0__:l=rename_to \
         __keyevent@0__:rename_to=l"
    );
    desk.srv.clock.advance(11);
    desk.ask(who, "append l x");
    assert_eq!(
        events(&mut desk),
        "__keyspace@0__:l=expired __keyevent@0__:expired=l __keyspace@0__:l=append __keyevent@0__:append=l"
    );
    desk.srv.keys.touched.set_notify(Class::parse(b"E$").expect("known letters"));
    desk.ask(who, "mset a 1 b 2");
    desk.ask(who, "del a");
    assert_eq!(events(&mut desk), "__keyevent@0__:set=a __keyevent@0__:set=b");
}
