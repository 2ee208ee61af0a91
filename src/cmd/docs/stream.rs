//! Documentation of the commands about streams: data only, what COMMAND DOCS shows.

use crate::state::spec::CommandDoc;
use crate::state::spec::arg::{block, int, key, one_of, string, time, token};

/// XACK
pub static XACK: CommandDoc = CommandDoc::new(
    "stream",
    "5.0.0",
    "O(1) for each message ID processed.",
    "Marks messages as done by a consumer group.",
)
.args(&[key("key", 0), string("group"), string("id").many()]);

/// XADD
pub static XADD: CommandDoc = CommandDoc::new(
    "stream",
    "5.0.0",
    "O(1) when adding a new entry, O(N) when trimming where N being the number of entries evicted.",
    "Appends a message to a stream, creating it if needed.",
)
.history(&[
    ("6.2.0", "Added the `NOMKSTREAM` option, `MINID` trimming strategy and the `LIMIT` option."),
    ("7.0.0", "Added support for the `<ms>-*` explicit ID form."),
])
.tips(&["nondeterministic_output"])
.args(&[
    key("key", 0),
    token("nomkstream", "NOMKSTREAM").since("6.2.0").opt(),
    block(
        "trim",
        &[
            one_of("strategy", &[token("maxlen", "MAXLEN"), token("minid", "MINID").since("6.2.0")]),
            one_of("operator", &[token("equal", "="), token("approximately", "~")]).opt(),
            string("threshold"),
            int("count").word("LIMIT").since("6.2.0").opt(),
        ],
    )
    .opt(),
    one_of("id-selector", &[token("auto-id", "*"), string("id")]),
    block("data", &[string("field"), string("value")]).many(),
]);

/// XAUTOCLAIM
pub static XAUTOCLAIM: CommandDoc = CommandDoc::new(
    "stream",
    "6.2.0",
    "O(1) if COUNT is small.",
    "Hands messages that were pending for too long over to a consumer, walking step by step.",
)
.history(&[(
    "7.0.0",
    "Added an element to the reply array, containing deleted entries the command \
             cleared from the PEL",
)])
.tips(&["nondeterministic_output"])
.args(&[
    key("key", 0),
    string("group"),
    string("consumer"),
    string("min-idle-time"),
    string("start"),
    int("count").word("COUNT").opt(),
    token("justid", "JUSTID").opt(),
]);

/// XCLAIM
pub static XCLAIM: CommandDoc = CommandDoc::new(
    "stream",
    "5.0.0",
    "O(log N) with N being the number of messages in the PEL of the consumer group.",
    "Hands pending messages over to a consumer.",
)
.tips(&["nondeterministic_output"])
.args(&[
    key("key", 0),
    string("group"),
    string("consumer"),
    string("min-idle-time"),
    string("id").many(),
    int("ms").word("IDLE").opt(),
    time("unix-time-milliseconds").word("TIME").opt(),
    int("count").word("RETRYCOUNT").opt(),
    token("force", "FORCE").opt(),
    token("justid", "JUSTID").opt(),
    string("lastid").word("LASTID").opt(),
]);

/// XDEL
pub static XDEL: CommandDoc = CommandDoc::new(
    "stream",
    "5.0.0",
    "O(1) for each single item to delete in the stream, regardless of the stream size.",
    "Deletes messages from a stream.",
)
.args(&[key("key", 0), string("id").many()]);

/// XGROUP
pub static XGROUP: CommandDoc = CommandDoc::new(
    "stream",
    "5.0.0",
    "Depends on subcommand.",
    "Groups the subcommands about consumer groups.",
);

/// XGROUP CREATE
pub static XGROUP_CREATE: CommandDoc =
    CommandDoc::new("stream", "5.0.0", "O(1)", "Starts a new consumer group on a stream.")
        .history(&[("7.0.0", "Added the `entries_read` named argument.")])
        .args(&[
            key("key", 0),
            string("group"),
            one_of("id-selector", &[string("id"), token("new-id", "$")]),
            token("mkstream", "MKSTREAM").opt(),
            int("entries-read").word("ENTRIESREAD").opt(),
        ]);

/// XGROUP CREATECONSUMER
pub static XGROUP_CREATECONSUMER: CommandDoc =
    CommandDoc::new("stream", "6.2.0", "O(1)", "Creates a consumer in a group.").args(&[
        key("key", 0),
        string("group"),
        string("consumer"),
    ]);

/// XGROUP DELCONSUMER
pub static XGROUP_DELCONSUMER: CommandDoc =
    CommandDoc::new("stream", "5.0.0", "O(1)", "Deletes a consumer from its group.").args(&[
        key("key", 0),
        string("group"),
        string("consumer"),
    ]);

/// XGROUP DESTROY
pub static XGROUP_DESTROY: CommandDoc = CommandDoc::new(
    "stream",
    "5.0.0",
    "O(N) where N is the number of entries in the group's pending entries list (PEL).",
    "Deletes a consumer group.",
)
.args(&[key("key", 0), string("group")]);

/// XGROUP HELP
pub static XGROUP_HELP: CommandDoc =
    CommandDoc::new("stream", "5.0.0", "O(1)", "Shows what the XGROUP subcommands do.");

/// XGROUP SETID
pub static XGROUP_SETID: CommandDoc =
    CommandDoc::new("stream", "5.0.0", "O(1)", "Sets the message after which a group goes on reading.")
        .history(&[("7.0.0", "Added the optional `entries_read` argument.")])
        .args(&[
            key("key", 0),
            string("group"),
            one_of("id-selector", &[string("id"), token("new-id", "$")]),
            int("entriesread").show("entries-read").word("ENTRIESREAD").opt(),
        ]);

/// XINFO
pub static XINFO: CommandDoc = CommandDoc::new(
    "stream",
    "5.0.0",
    "Depends on subcommand.",
    "Groups the subcommands that describe streams.",
);

/// XINFO CONSUMERS
pub static XINFO_CONSUMERS: CommandDoc =
    CommandDoc::new("stream", "5.0.0", "O(1)", "Describes the consumers of a group.")
        .history(&[("7.2.0", "Added the `inactive` field.")])
        .tips(&["nondeterministic_output"])
        .args(&[key("key", 0), string("group")]);

/// XINFO GROUPS
pub static XINFO_GROUPS: CommandDoc =
    CommandDoc::new("stream", "5.0.0", "O(1)", "Describes the consumer groups of a stream.")
        .history(&[("7.0.0", "Added the `entries-read` and `lag` fields")])
        .args(&[key("key", 0)]);

/// XINFO HELP
pub static XINFO_HELP: CommandDoc =
    CommandDoc::new("stream", "5.0.0", "O(1)", "Shows what the XINFO subcommands do.");

/// XINFO STREAM
pub static XINFO_STREAM: CommandDoc = CommandDoc::new("stream", "5.0.0", "O(1)", "Describes a stream.")
    .history(&[
        ("6.0.0", "Added the `FULL` modifier."),
        (
            "7.0.0",
            "Added the `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, \
             `entries-read` and `lag` fields",
        ),
        ("7.2.0", "Added the `active-time` field, and changed the meaning of `seen-time`."),
    ])
    .args(&[
        key("key", 0),
        block("full-block", &[token("full", "FULL"), int("count").word("COUNT").opt()]).opt(),
    ]);

/// XLEN
pub static XLEN: CommandDoc =
    CommandDoc::new("stream", "5.0.0", "O(1)", "Counts the messages of a stream.").args(&[key("key", 0)]);

/// XPENDING
pub static XPENDING: CommandDoc = CommandDoc::new(
    "stream",
    "5.0.0",
    "O(N) with N being the number of elements returned, so asking for a small fixed number \
     of entries per call is O(1). O(M), where M is the total number of entries scanned when \
     used with the IDLE filter. When the command returns just the summary and the list of \
     consumers is small, it runs in O(1) time; otherwise, an additional O(N) time for \
     iterating every consumer.",
    "Describes the messages that a group has received but not acknowledged.",
)
.history(&[("6.2.0", "Added the `IDLE` option and exclusive range intervals.")])
.tips(&["nondeterministic_output"])
.args(&[
    key("key", 0),
    string("group"),
    block(
        "filters",
        &[
            int("min-idle-time").word("IDLE").since("6.2.0").opt(),
            string("start"),
            string("end"),
            int("count"),
            string("consumer").opt(),
        ],
    )
    .opt(),
]);

/// XRANGE
pub static XRANGE: CommandDoc = CommandDoc::new(
    "stream",
    "5.0.0",
    "O(N) with N being the number of elements being returned. If N is constant (e.g. always \
     asking for the first 10 elements with COUNT), you can consider it O(1).",
    "Reads the messages between two identifiers.",
)
.history(&[("6.2.0", "Added exclusive ranges.")])
.args(&[key("key", 0), string("start"), string("end"), int("count").word("COUNT").opt()]);

/// XREAD
pub static XREAD: CommandDoc = CommandDoc::new(
    "stream",
    "5.0.0",
    "",
    "Reads the messages of streams after given identifiers, and may wait for new ones.",
)
.args(&[
    int("count").word("COUNT").opt(),
    int("milliseconds").word("BLOCK").opt(),
    block("streams", &[key("key", 0).many(), string("id").many()]).word("STREAMS"),
]);

/// XREADGROUP
pub static XREADGROUP: CommandDoc = CommandDoc::new(
    "stream",
    "5.0.0",
    "For each stream mentioned: O(M) with M being the number of elements returned. If M is \
     constant (e.g. always asking for the first 10 elements with COUNT), you can consider it \
     O(1). On the other side when XREADGROUP blocks, XADD will pay the O(N) time in order to \
     serve the N clients blocked on the stream getting new data.",
    "Reads messages of streams as a consumer of a group, and may wait for new ones.",
)
.args(&[
    block("group-block", &[string("group"), string("consumer")]).word("GROUP"),
    int("count").word("COUNT").opt(),
    int("milliseconds").word("BLOCK").opt(),
    token("noack", "NOACK").opt(),
    block("streams", &[key("key", 0).many(), string("id").many()]).word("STREAMS"),
]);

/// XREVRANGE
pub static XREVRANGE: CommandDoc = CommandDoc::new(
    "stream",
    "5.0.0",
    "O(N) with N being the number of elements returned. If N is constant (e.g. always asking \
     for the first 10 elements with COUNT), you can consider it O(1).",
    "Reads the messages between two identifiers, the newest first.",
)
.history(&[("6.2.0", "Added exclusive ranges.")])
.args(&[key("key", 0), string("end"), string("start"), int("count").word("COUNT").opt()]);

/// XSETID
pub static XSETID: CommandDoc =
    CommandDoc::new("stream", "5.0.0", "O(1)", "Sets the last identifier of a stream, for internal use.")
        .history(&[("7.0.0", "Added the `entries_added` and `max_deleted_entry_id` arguments.")])
        .args(&[
            key("key", 0),
            string("last-id"),
            int("entries-added").word("ENTRIESADDED").since("7.0.0").opt(),
            string("max-deleted-id").word("MAXDELETEDID").since("7.0.0").opt(),
        ]);

/// XTRIM
pub static XTRIM: CommandDoc = CommandDoc::new(
    "stream",
    "5.0.0",
    "O(N), with N being the number of evicted entries. Constant times are very small \
     however, since entries are organized in macro nodes containing multiple entries that can \
     be released with a single deallocation.",
    "Shortens a stream by dropping its oldest messages.",
)
.history(&[("6.2.0", "Added the `MINID` trimming strategy and the `LIMIT` option.")])
.tips(&["nondeterministic_output"])
.args(&[
    key("key", 0),
    block(
        "trim",
        &[
            one_of("strategy", &[token("maxlen", "MAXLEN"), token("minid", "MINID").since("6.2.0")]),
            one_of("operator", &[token("equal", "="), token("approximately", "~")]).opt(),
            string("threshold"),
            int("count").word("LIMIT").since("6.2.0").opt(),
        ],
    ),
]);
