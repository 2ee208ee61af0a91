//! Documentation of the commands about publish and subscribe: data only, what COMMAND DOCS shows.

use crate::state::spec::CommandDoc;
use crate::state::spec::arg::{pattern, string};

/// PSUBSCRIBE
pub static PSUBSCRIBE: CommandDoc = CommandDoc::new(
    "pubsub",
    "2.0.0",
    "O(N) where N is the number of patterns to subscribe to.",
    "Subscribes to all channels that match patterns.",
)
.args(&[pattern("pattern").many()]);

/// PUBLISH
pub static PUBLISH: CommandDoc = CommandDoc::new(
    "pubsub",
    "2.0.0",
    "O(N+M) where N is the number of clients subscribed to the receiving channel and M is \
     the total number of subscribed patterns (by any client).",
    "Sends a message to a channel.",
)
.args(&[string("channel"), string("message")]);

/// PUBSUB
pub static PUBSUB: CommandDoc = CommandDoc::new(
    "pubsub",
    "2.8.0",
    "Depends on subcommand.",
    "Groups the subcommands about publish and subscribe.",
);

/// PUBSUB CHANNELS
pub static PUBSUB_CHANNELS: CommandDoc = CommandDoc::new(
    "pubsub",
    "2.8.0",
    "O(N) where N is the number of active channels, and assuming constant time pattern \
     matching (relatively short channels and patterns)",
    "Shows the channels that have subscribers.",
)
.args(&[pattern("pattern").opt()]);

/// PUBSUB HELP
pub static PUBSUB_HELP: CommandDoc =
    CommandDoc::new("pubsub", "6.2.0", "O(1)", "Shows what the PUBSUB subcommands do.");

/// PUBSUB NUMPAT
pub static PUBSUB_NUMPAT: CommandDoc =
    CommandDoc::new("pubsub", "2.8.0", "O(1)", "Counts the different patterns that are subscribed to.");

/// PUBSUB NUMSUB
pub static PUBSUB_NUMSUB: CommandDoc = CommandDoc::new(
    "pubsub",
    "2.8.0",
    "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
    "Counts the subscribers of channels.",
)
.args(&[string("channel").opt().many()]);

/// PUBSUB SHARDCHANNELS
pub static PUBSUB_SHARDCHANNELS: CommandDoc = CommandDoc::new(
    "pubsub",
    "7.0.0",
    "O(N) where N is the number of active shard channels, and assuming constant time pattern \
     matching (relatively short shard channels).",
    "Shows the shard channels that have subscribers.",
)
.args(&[pattern("pattern").opt()]);

/// PUBSUB SHARDNUMSUB
pub static PUBSUB_SHARDNUMSUB: CommandDoc = CommandDoc::new(
    "pubsub",
    "7.0.0",
    "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels",
    "Counts the subscribers of shard channels.",
)
.args(&[string("shardchannel").opt().many()]);

/// PUNSUBSCRIBE
pub static PUNSUBSCRIBE: CommandDoc = CommandDoc::new(
    "pubsub",
    "2.0.0",
    "O(N) where N is the number of patterns to unsubscribe.",
    "Ends subscriptions to patterns.",
)
.args(&[pattern("pattern").opt().many()]);

/// SPUBLISH
pub static SPUBLISH: CommandDoc = CommandDoc::new(
    "pubsub",
    "7.0.0",
    "O(N) where N is the number of clients subscribed to the receiving shard channel.",
    "Sends a message to a shard channel.",
)
.args(&[string("shardchannel"), string("message")]);

/// SSUBSCRIBE
pub static SSUBSCRIBE: CommandDoc = CommandDoc::new(
    "pubsub",
    "7.0.0",
    "O(N) where N is the number of shard channels to subscribe to.",
    "Subscribes to shard channels.",
)
.args(&[string("shardchannel").many()]);

/// SUBSCRIBE
pub static SUBSCRIBE: CommandDoc = CommandDoc::new(
    "pubsub",
    "2.0.0",
    "O(N) where N is the number of channels to subscribe to.",
    "Subscribes to channels.",
)
.args(&[string("channel").many()]);

/// SUNSUBSCRIBE
pub static SUNSUBSCRIBE: CommandDoc = CommandDoc::new(
    "pubsub",
    "7.0.0",
    "O(N) where N is the number of shard channels to unsubscribe.",
    "Ends subscriptions to shard channels.",
)
.args(&[string("shardchannel").opt().many()]);

/// UNSUBSCRIBE
pub static UNSUBSCRIBE: CommandDoc = CommandDoc::new(
    "pubsub",
    "2.0.0",
    "O(N) where N is the number of channels to unsubscribe.",
    "Ends subscriptions to channels.",
)
.args(&[string("channel").opt().many()]);
