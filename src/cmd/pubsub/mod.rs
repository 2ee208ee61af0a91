//! Pub/sub: subscriptions, messages, and questions about both.
//!
//! | file | holds |
//! |---|---|
//! | [`subscribe`] | SUBSCRIBE, UNSUBSCRIBE, and their forms for patterns and sharded channels |
//! | this one | PUBLISH SPUBLISH PUBSUB |
//!
//! Who listens to what is kept in `state::pubsub`; `core::publish` delivers. Without a cluster all sharded
//! channels are here: they differ from the others by name only, and no pattern matches them.
//!
//! A publication changes nothing, yet it travels to replicas, whose subscribers get it too.
//!
//! Source: Redis 7.2.4 `pubsub.c`.

use crate::base::glob;
use crate::cmd::{container, specs};
use crate::core::ctx::{Ctx, Outcome};
use crate::core::publish::publish as deliver;
use crate::core::table::Row;
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::pubsub::Kind;

pub mod subscribe;
#[cfg(test)]
mod tests;

/// The family's rows.
pub const ROWS: &[Row] = &[
    Row::new(specs::pubsub::SUBSCRIBE, subscribe::subscribe),
    Row::new(specs::pubsub::UNSUBSCRIBE, subscribe::unsubscribe),
    Row::new(specs::pubsub::PSUBSCRIBE, subscribe::psubscribe),
    Row::new(specs::pubsub::PUNSUBSCRIBE, subscribe::punsubscribe),
    Row::new(specs::pubsub::SSUBSCRIBE, subscribe::ssubscribe),
    Row::new(specs::pubsub::SUNSUBSCRIBE, subscribe::sunsubscribe),
    Row::new(specs::pubsub::PUBLISH, publish),
    Row::new(specs::pubsub::SPUBLISH, spublish),
    Row::group(specs::pubsub::PUBSUB, container, PUBSUB),
];

const PUBSUB: &[Row] = &[
    Row::new(specs::pubsub::PUBSUB_CHANNELS, channels),
    Row::new(specs::pubsub::PUBSUB_NUMSUB, numsub),
    Row::new(specs::pubsub::PUBSUB_NUMPAT, numpat),
    Row::new(specs::pubsub::PUBSUB_SHARDCHANNELS, shardchannels),
    Row::new(specs::pubsub::PUBSUB_SHARDNUMSUB, shardnumsub),
    Row::new(specs::pubsub::PUBSUB_HELP, help),
];

/// PUBLISH `channel message`
fn publish(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    send(cx, args, Kind::Channel)
}

/// SPUBLISH `shardchannel message`
fn spublish(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    send(cx, args, Kind::Shard)
}

fn send(cx: &mut Ctx<'_>, args: Args<'_>, kind: Kind) -> Result<Outcome, CmdError> {
    let receivers = deliver(cx.srv, kind, args.at(1), args.at(2));
    cx.record_for_replicas();
    cx.out.count(receivers);
    Ok(Outcome::Done)
}

/// PUBSUB CHANNELS `[pattern]`
fn channels(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    names(cx, args, Kind::Channel)
}

/// PUBSUB SHARDCHANNELS `[pattern]`
fn shardchannels(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    names(cx, args, Kind::Shard)
}

fn names(cx: &mut Ctx<'_>, args: Args<'_>, kind: Kind) -> Result<Outcome, CmdError> {
    if args.len() > 3 {
        return Err(errors::subcommand_syntax(b"pubsub", args.at(1)));
    }
    let mut found = cx.srv.pubsub.names(kind);
    if let Some(pattern) = args.get(2) {
        found.retain(|name| glob::matches(pattern, name, false));
    }
    cx.out.array(found.len());
    found.iter().for_each(|name| cx.out.bulk(name));
    Ok(Outcome::Done)
}

/// PUBSUB NUMSUB `[channel …]`
fn numsub(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    count(cx, args, Kind::Channel)
}

/// PUBSUB SHARDNUMSUB `[shardchannel …]`
fn shardnumsub(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    count(cx, args, Kind::Shard)
}

fn count(cx: &mut Ctx<'_>, args: Args<'_>, kind: Kind) -> Result<Outcome, CmdError> {
    let asked = args.tail(2);
    cx.out.array(asked.len() * 2);
    for name in asked.iter() {
        cx.out.bulk(name);
        cx.out.count(cx.srv.pubsub.subscribers(kind, name).len());
    }
    Ok(Outcome::Done)
}

/// PUBSUB NUMPAT
fn numpat(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.count(cx.srv.pubsub.len(Kind::Pattern));
    Ok(Outcome::Done)
}

/// PUBSUB HELP
fn help(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.help(args.at(0), HELP);
    Ok(Outcome::Done)
}

const HELP: &[&str] = &[
    "CHANNELS [<pattern>]",
    "    Return the channels that have subscribers, all or those that match <pattern>.",
    "NUMPAT",
    "    Return how many patterns are subscribed to.",
    "NUMSUB [<channel> ...]",
    "    Return each channel with the number of its subscribers; patterns do not count.",
    "SHARDCHANNELS [<pattern>]",
    "    Return the sharded channels that have subscribers, all or those that match <pattern>.",
    "SHARDNUMSUB [<shardchannel> ...]",
    "    Return each sharded channel with the number of its subscribers.",
];
