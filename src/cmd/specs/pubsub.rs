//! What the commands about pubsub are: name, arity, flags, categories, keys. Data only; handlers join them in rows.

use super::super::docs;
use crate::state::spec::row::*;
use crate::state::spec::{CommandSpec, Flags};

pub const PSUBSCRIBE: CommandSpec = CommandSpec {
    name: "psubscribe",
    arity: -2,
    flags: Flags::PUBSUB.or(NOSCRIPT).or(LOADING).or(STALE).or(PUBSUB_MODE),
    channels: Some(ChannelSpec {
        flags: ChannelFlags::PATTERN.or(ChannelFlags::SUBSCRIBE),
        first: 1,
        all: true,
    }),
    doc: &docs::pubsub::PSUBSCRIBE,
    ..CommandSpec::EMPTY
};

pub const PUBLISH: CommandSpec = CommandSpec {
    name: "publish",
    arity: 3,
    flags: Flags::PUBSUB.or(LOADING).or(STALE).or(FAST).or(MAY_REPLICATE),
    channels: Some(ChannelSpec { flags: ChannelFlags::PUBLISH, first: 1, all: false }),
    doc: &docs::pubsub::PUBLISH,
    ..CommandSpec::EMPTY
};

pub const PUBSUB: CommandSpec =
    CommandSpec { name: "pubsub", arity: -2, doc: &docs::pubsub::PUBSUB, ..CommandSpec::EMPTY };

pub const PUBSUB_CHANNELS: CommandSpec = CommandSpec {
    name: "channels",
    arity: -2,
    flags: Flags::PUBSUB.or(LOADING).or(STALE),
    doc: &docs::pubsub::PUBSUB_CHANNELS,
    ..CommandSpec::EMPTY
};

pub const PUBSUB_HELP: CommandSpec = CommandSpec {
    name: "help",
    arity: 2,
    flags: LOADING.or(STALE),
    doc: &docs::pubsub::PUBSUB_HELP,
    ..CommandSpec::EMPTY
};

pub const PUBSUB_NUMPAT: CommandSpec = CommandSpec {
    name: "numpat",
    arity: 2,
    flags: Flags::PUBSUB.or(LOADING).or(STALE),
    doc: &docs::pubsub::PUBSUB_NUMPAT,
    ..CommandSpec::EMPTY
};

pub const PUBSUB_NUMSUB: CommandSpec = CommandSpec {
    name: "numsub",
    arity: -2,
    flags: Flags::PUBSUB.or(LOADING).or(STALE),
    doc: &docs::pubsub::PUBSUB_NUMSUB,
    ..CommandSpec::EMPTY
};

pub const PUBSUB_SHARDCHANNELS: CommandSpec = CommandSpec {
    name: "shardchannels",
    arity: -2,
    flags: Flags::PUBSUB.or(LOADING).or(STALE),
    doc: &docs::pubsub::PUBSUB_SHARDCHANNELS,
    ..CommandSpec::EMPTY
};

pub const PUBSUB_SHARDNUMSUB: CommandSpec = CommandSpec {
    name: "shardnumsub",
    arity: -2,
    flags: Flags::PUBSUB.or(LOADING).or(STALE),
    doc: &docs::pubsub::PUBSUB_SHARDNUMSUB,
    ..CommandSpec::EMPTY
};

pub const PUNSUBSCRIBE: CommandSpec = CommandSpec {
    name: "punsubscribe",
    arity: -1,
    flags: Flags::PUBSUB.or(NOSCRIPT).or(LOADING).or(STALE).or(PUBSUB_MODE),
    channels: Some(ChannelSpec {
        flags: ChannelFlags::PATTERN.or(ChannelFlags::UNSUBSCRIBE),
        first: 1,
        all: true,
    }),
    doc: &docs::pubsub::PUNSUBSCRIBE,
    ..CommandSpec::EMPTY
};

pub const SPUBLISH: CommandSpec = CommandSpec {
    name: "spublish",
    arity: 3,
    flags: Flags::PUBSUB.or(LOADING).or(STALE).or(FAST).or(MAY_REPLICATE),
    keys: &[KeySpec::at(1, NOT_KEY)],
    channels: Some(ChannelSpec { flags: ChannelFlags::PUBLISH, first: 1, all: false }),
    doc: &docs::pubsub::SPUBLISH,
    ..CommandSpec::EMPTY
};

pub const SSUBSCRIBE: CommandSpec = CommandSpec {
    name: "ssubscribe",
    arity: -2,
    flags: Flags::PUBSUB.or(NOSCRIPT).or(LOADING).or(STALE).or(PUBSUB_MODE),
    keys: &[KeySpec::range(1, -1, 1, NOT_KEY)],
    channels: Some(ChannelSpec { flags: ChannelFlags::SUBSCRIBE, first: 1, all: true }),
    doc: &docs::pubsub::SSUBSCRIBE,
    ..CommandSpec::EMPTY
};

pub const SUBSCRIBE: CommandSpec = CommandSpec {
    name: "subscribe",
    arity: -2,
    flags: Flags::PUBSUB.or(NOSCRIPT).or(LOADING).or(STALE).or(PUBSUB_MODE),
    channels: Some(ChannelSpec { flags: ChannelFlags::SUBSCRIBE, first: 1, all: true }),
    doc: &docs::pubsub::SUBSCRIBE,
    ..CommandSpec::EMPTY
};

pub const SUNSUBSCRIBE: CommandSpec = CommandSpec {
    name: "sunsubscribe",
    arity: -1,
    flags: Flags::PUBSUB.or(NOSCRIPT).or(LOADING).or(STALE).or(PUBSUB_MODE),
    keys: &[KeySpec::range(1, -1, 1, NOT_KEY)],
    channels: Some(ChannelSpec { flags: ChannelFlags::UNSUBSCRIBE, first: 1, all: true }),
    doc: &docs::pubsub::SUNSUBSCRIBE,
    ..CommandSpec::EMPTY
};

pub const UNSUBSCRIBE: CommandSpec = CommandSpec {
    name: "unsubscribe",
    arity: -1,
    flags: Flags::PUBSUB.or(NOSCRIPT).or(LOADING).or(STALE).or(PUBSUB_MODE),
    channels: Some(ChannelSpec { flags: ChannelFlags::UNSUBSCRIBE, first: 1, all: true }),
    doc: &docs::pubsub::UNSUBSCRIBE,
    ..CommandSpec::EMPTY
};
