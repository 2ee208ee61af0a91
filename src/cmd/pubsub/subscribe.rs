//! Subscribing and unsubscribing.
//!
//! The answer is one message for each name: what happened, the name, and how many subscriptions are left. To a
//! RESP3 client these are pushes, and CLIENT REPLY does not silence them, in either protocol. The first
//! subscription puts a client into the subscribers' mode, the last one's end takes it out.
//!
//! Inside MULTI the plain forms work although they answer with any number of replies (so Redis always did); the
//! sharded one, which is younger, is refused there.
//!
//! Source: Redis 7.2.4 `subscribeCommand`, `pubsubUnsubscribeAllChannelsInternal`.

use crate::core::ctx::{Ctx, Outcome};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::client::Flags;
use crate::state::pubsub::{Kind, Subscriptions};

/// SUBSCRIBE `channel …`
pub fn subscribe(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    if cx.deny_blocking && !cx.client().flags.has(Flags::MULTI) {
        return Err(errors::deny_blocking("SUBSCRIBE"));
    }
    begin(cx, args, Kind::Channel, b"subscribe")
}

/// PSUBSCRIBE `pattern …`
pub fn psubscribe(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    if cx.deny_blocking && !cx.client().flags.has(Flags::MULTI) {
        return Err(errors::deny_blocking("PSUBSCRIBE"));
    }
    begin(cx, args, Kind::Pattern, b"psubscribe")
}

/// SSUBSCRIBE `shardchannel …`
pub fn ssubscribe(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    if cx.deny_blocking {
        return Err(errors::deny_blocking("SSUBSCRIBE"));
    }
    begin(cx, args, Kind::Shard, b"ssubscribe")
}

/// UNSUBSCRIBE `[channel …]`
pub fn unsubscribe(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    end(cx, args, Kind::Channel, b"unsubscribe")
}

/// PUNSUBSCRIBE `[pattern …]`
pub fn punsubscribe(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    end(cx, args, Kind::Pattern, b"punsubscribe")
}

/// SUNSUBSCRIBE `[shardchannel …]`
pub fn sunsubscribe(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    end(cx, args, Kind::Shard, b"sunsubscribe")
}

fn begin(cx: &mut Ctx<'_>, args: Args<'_>, kind: Kind, word: &[u8]) -> Result<Outcome, CmdError> {
    let mark = cx.out.buf.len();
    let mut own = cx.client().subscriptions.take().unwrap_or_default();
    for name in args.tail(1).iter() {
        cx.srv.pubsub.subscribe(&mut own, cx.me, kind, name);
        confirm(cx, word, Some(name), own.count(kind));
    }
    give_back(cx, own, mark);
    Ok(Outcome::Done)
}

fn end(cx: &mut Ctx<'_>, args: Args<'_>, kind: Kind, word: &[u8]) -> Result<Outcome, CmdError> {
    let mark = cx.out.buf.len();
    let mut own = cx.client().subscriptions.take().unwrap_or_default();
    if args.len() > 1 {
        for name in args.tail(1).iter() {
            cx.srv.pubsub.unsubscribe(&mut own, cx.me, kind, name);
            confirm(cx, word, Some(name), own.count(kind));
        }
    } else if own.len(kind) == 0 {
        confirm(cx, word, None, own.count(kind));
    } else {
        for name in own.list(kind) {
            cx.srv.pubsub.unsubscribe(&mut own, cx.me, kind, &name);
            confirm(cx, word, Some(&name), own.count(kind));
        }
    }
    give_back(cx, own, mark);
    Ok(Outcome::Done)
}

fn confirm(cx: &mut Ctx<'_>, word: &[u8], name: Option<&[u8]>, left: usize) {
    cx.out.push(3);
    cx.out.bulk(word);
    cx.out.bulk_or_null(name);
    cx.out.count(left);
}

/// Ends a change of the client's subscriptions; the confirmations begin at `mark`.
fn give_back(cx: &mut Ctx<'_>, own: Box<Subscriptions>, mark: usize) {
    let client = cx.client();
    client.flags.put(Flags::PUBSUB, !own.is_empty());
    client.subscriptions = (!own.is_empty()).then_some(own);
    if client.flags.has(Flags::REPLY_OFF.or(Flags::REPLY_SKIP)) {
        // Replies are about to be dropped; what goes the way of messages is not.
        let confirmations = cx.out.buf.split_off(mark);
        cx.srv.clients.send(cx.me, &confirmations);
    }
}
