//! Documentation of the commands about keys of any type: data only, what COMMAND DOCS shows.

use crate::state::spec::CommandDoc;
use crate::state::spec::arg::{block, int, key, one_of, pattern, string, time, token};

/// COPY
pub static COPY: CommandDoc = CommandDoc::new(
    "generic",
    "6.2.0",
    "O(N) worst case for collections, where N is the number of nested items. O(1) for string \
     values.",
    "Copies a value to another key.",
)
.args(&[
    key("source", 0),
    key("destination", 1),
    int("destination-db").word("DB").opt(),
    token("replace", "REPLACE").opt(),
]);

/// DEL
pub static DEL: CommandDoc = CommandDoc::new(
    "generic",
    "1.0.0",
    "O(N) where N is the number of keys that will be removed. When a key to remove holds a \
     value other than a string, the individual complexity for this key is O(M) where M is the \
     number of elements in the list, set, sorted set or hash. Removing a single key that \
     holds a string value is O(1).",
    "Deletes keys.",
)
.tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
.args(&[key("key", 0).many()]);

/// DUMP
pub static DUMP: CommandDoc = CommandDoc::new(
    "generic",
    "2.6.0",
    "O(1) to access the key and additional O(N*M) to serialize it, where N is the number of \
     Redis objects composing the value and M their average size. For small string values the \
     time complexity is thus O(1)+O(1*M) where M is small, so simply O(1).",
    "Serializes a value, to be restored by RESTORE.",
)
.tips(&["nondeterministic_output"])
.args(&[key("key", 0)]);

/// EXISTS
pub static EXISTS: CommandDoc = CommandDoc::new(
    "generic",
    "1.0.0",
    "O(N) where N is the number of keys to check.",
    "Counts how many of the keys exist.",
)
.history(&[("3.0.3", "Accepts multiple `key` arguments.")])
.tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
.args(&[key("key", 0).many()]);

/// EXPIRE
pub static EXPIRE: CommandDoc =
    CommandDoc::new("generic", "1.0.0", "O(1)", "Lets a key expire after some seconds.")
        .history(&[("7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`.")])
        .args(&[
            key("key", 0),
            int("seconds"),
            one_of(
                "condition",
                &[token("nx", "NX"), token("xx", "XX"), token("gt", "GT"), token("lt", "LT")],
            )
            .since("7.0.0")
            .opt(),
        ]);

/// EXPIREAT
pub static EXPIREAT: CommandDoc =
    CommandDoc::new("generic", "1.2.0", "O(1)", "Lets a key expire at a Unix time in seconds.")
        .history(&[("7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`.")])
        .args(&[
            key("key", 0),
            time("unix-time-seconds"),
            one_of(
                "condition",
                &[token("nx", "NX"), token("xx", "XX"), token("gt", "GT"), token("lt", "LT")],
            )
            .since("7.0.0")
            .opt(),
        ]);

/// EXPIRETIME
pub static EXPIRETIME: CommandDoc =
    CommandDoc::new("generic", "7.0.0", "O(1)", "Tells when a key expires, as a Unix time in seconds.")
        .args(&[key("key", 0)]);

/// KEYS
pub static KEYS: CommandDoc = CommandDoc::new(
    "generic",
    "1.0.0",
    "O(N) with N being the number of keys in the database, under the assumption that the key \
     names in the database and the given pattern have limited length.",
    "Finds all key names that match a pattern.",
)
.tips(&["request_policy:all_shards", "nondeterministic_output_order"])
.args(&[pattern("pattern")]);

/// MIGRATE
pub static MIGRATE: CommandDoc = CommandDoc::new(
    "generic",
    "2.6.0",
    "This command actually executes a DUMP+DEL in the source instance, and a RESTORE in the \
     target instance. See the pages of these commands for time complexity. Also an O(N) data \
     transfer between the two instances is performed.",
    "Moves keys to another server.",
)
.history(&[
    ("3.0.0", "Added the `COPY` and `REPLACE` options."),
    ("3.0.6", "Added the `KEYS` option."),
    ("4.0.7", "Added the `AUTH` option."),
    ("6.0.0", "Added the `AUTH2` option."),
])
.tips(&["nondeterministic_output"])
.args(&[
    string("host"),
    int("port"),
    one_of("key-selector", &[key("key", 0), token("empty-string", "")]),
    int("destination-db"),
    int("timeout"),
    token("copy", "COPY").since("3.0.0").opt(),
    token("replace", "REPLACE").since("3.0.0").opt(),
    one_of(
        "authentication",
        &[
            string("auth").show("password").word("AUTH").since("4.0.7"),
            block("auth2", &[string("username"), string("password")]).word("AUTH2").since("6.0.0"),
        ],
    )
    .opt(),
    key("keys", 1).show("key").word("KEYS").since("3.0.6").opt().many(),
]);

/// MOVE
pub static MOVE: CommandDoc =
    CommandDoc::new("generic", "1.0.0", "O(1)", "Takes a key out of this database and puts it into another.")
        .args(&[key("key", 0), int("db")]);

/// OBJECT
pub static OBJECT: CommandDoc = CommandDoc::new(
    "generic",
    "2.2.3",
    "Depends on subcommand.",
    "Groups the subcommands that look inside values.",
);

/// OBJECT ENCODING
pub static OBJECT_ENCODING: CommandDoc =
    CommandDoc::new("generic", "2.2.3", "O(1)", "Tells how a value is stored.")
        .tips(&["nondeterministic_output"])
        .args(&[key("key", 0)]);

/// OBJECT FREQ
pub static OBJECT_FREQ: CommandDoc = CommandDoc::new(
    "generic",
    "4.0.0",
    "O(1)",
    "Tells how often a key was accessed lately, on a logarithmic scale.",
)
.tips(&["nondeterministic_output"])
.args(&[key("key", 0)]);

/// OBJECT HELP
pub static OBJECT_HELP: CommandDoc =
    CommandDoc::new("generic", "6.2.0", "O(1)", "Shows what the OBJECT subcommands do.");

/// OBJECT IDLETIME
pub static OBJECT_IDLETIME: CommandDoc =
    CommandDoc::new("generic", "2.2.3", "O(1)", "Tells for how many seconds a key was not accessed.")
        .tips(&["nondeterministic_output"])
        .args(&[key("key", 0)]);

/// OBJECT REFCOUNT
pub static OBJECT_REFCOUNT: CommandDoc =
    CommandDoc::new("generic", "2.2.3", "O(1)", "Tells how many references a value has.")
        .tips(&["nondeterministic_output"])
        .args(&[key("key", 0)]);

/// PERSIST
pub static PERSIST: CommandDoc =
    CommandDoc::new("generic", "2.2.0", "O(1)", "Makes a key last for good.").args(&[key("key", 0)]);

/// PEXPIRE
pub static PEXPIRE: CommandDoc =
    CommandDoc::new("generic", "2.6.0", "O(1)", "Lets a key expire after some milliseconds.")
        .history(&[("7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`.")])
        .args(&[
            key("key", 0),
            int("milliseconds"),
            one_of(
                "condition",
                &[token("nx", "NX"), token("xx", "XX"), token("gt", "GT"), token("lt", "LT")],
            )
            .since("7.0.0")
            .opt(),
        ]);

/// PEXPIREAT
pub static PEXPIREAT: CommandDoc =
    CommandDoc::new("generic", "2.6.0", "O(1)", "Lets a key expire at a Unix time in milliseconds.")
        .history(&[("7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`.")])
        .args(&[
            key("key", 0),
            time("unix-time-milliseconds"),
            one_of(
                "condition",
                &[token("nx", "NX"), token("xx", "XX"), token("gt", "GT"), token("lt", "LT")],
            )
            .since("7.0.0")
            .opt(),
        ]);

/// PEXPIRETIME
pub static PEXPIRETIME: CommandDoc =
    CommandDoc::new("generic", "7.0.0", "O(1)", "Tells when a key expires, as a Unix time in milliseconds.")
        .args(&[key("key", 0)]);

/// PTTL
pub static PTTL: CommandDoc =
    CommandDoc::new("generic", "2.6.0", "O(1)", "Tells in how many milliseconds a key expires.")
        .history(&[("2.8.0", "Added the -2 reply.")])
        .tips(&["nondeterministic_output"])
        .args(&[key("key", 0)]);

/// RANDOMKEY
pub static RANDOMKEY: CommandDoc =
    CommandDoc::new("generic", "1.0.0", "O(1)", "Picks the name of a random key.").tips(&[
        "request_policy:all_shards",
        "response_policy:special",
        "nondeterministic_output",
    ]);

/// RENAME
pub static RENAME: CommandDoc =
    CommandDoc::new("generic", "1.0.0", "O(1)", "Renames a key, replacing what had the new name.")
        .args(&[key("key", 0), key("newkey", 1)]);

/// RENAMENX
pub static RENAMENX: CommandDoc =
    CommandDoc::new("generic", "1.0.0", "O(1)", "Renames a key unless the new name is taken.")
        .history(&[(
            "3.2.0",
            "The command no longer returns an error when source and destination names are the same.",
        )])
        .args(&[key("key", 0), key("newkey", 1)]);

/// RESTORE
pub static RESTORE: CommandDoc = CommandDoc::new(
    "generic",
    "2.6.0",
    "O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, \
     where N is the number of Redis objects composing the value and M their average size. For \
     small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply \
     O(1). However for sorted set values the complexity is O(N*M*log(N)) because inserting \
     values into sorted sets is O(log(N)).",
    "Creates a key from a serialized value.",
)
.history(&[
    ("3.0.0", "Added the `REPLACE` modifier."),
    ("5.0.0", "Added the `ABSTTL` modifier."),
    ("5.0.0", "Added the `IDLETIME` and `FREQ` options."),
])
.args(&[
    key("key", 0),
    int("ttl"),
    string("serialized-value"),
    token("replace", "REPLACE").since("3.0.0").opt(),
    token("absttl", "ABSTTL").since("5.0.0").opt(),
    int("seconds").word("IDLETIME").since("5.0.0").opt(),
    int("frequency").word("FREQ").since("5.0.0").opt(),
]);

/// SCAN
pub static SCAN: CommandDoc = CommandDoc::new(
    "generic",
    "2.8.0",
    "O(1) for every call. O(N) for a complete iteration, including enough command calls for \
     the cursor to return back to 0. N is the number of elements inside the collection.",
    "Walks through the key names of the database step by step.",
)
.history(&[("6.0.0", "Added the `TYPE` subcommand.")])
.tips(&["nondeterministic_output", "request_policy:special", "response_policy:special"])
.args(&[
    int("cursor"),
    pattern("pattern").word("MATCH").opt(),
    int("count").word("COUNT").opt(),
    string("type").word("TYPE").since("6.0.0").opt(),
]);

/// SORT
pub static SORT: CommandDoc = CommandDoc::new(
    "generic",
    "1.0.0",
    "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the \
     number of returned elements. When the elements are not sorted, complexity is O(N).",
    "Sorts a list, a set or a sorted set, and may store the result.",
)
.args(&[
    key("key", 0),
    pattern("by-pattern").show("pattern").spec(1).word("BY").opt(),
    block("limit", &[int("offset"), int("count")]).word("LIMIT").opt(),
    pattern("get-pattern").show("pattern").spec(1).word("GET").opt().many().each(),
    one_of("order", &[token("asc", "ASC"), token("desc", "DESC")]).opt(),
    token("sorting", "ALPHA").opt(),
    key("destination", 2).word("STORE").opt(),
]);

/// SORT_RO
pub static SORT_RO: CommandDoc = CommandDoc::new(
    "generic",
    "7.0.0",
    "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the \
     number of returned elements. When the elements are not sorted, complexity is O(N).",
    "Sorts a list, a set or a sorted set.",
)
.args(&[
    key("key", 0),
    pattern("by-pattern").show("pattern").spec(1).word("BY").opt(),
    block("limit", &[int("offset"), int("count")]).word("LIMIT").opt(),
    pattern("get-pattern").show("pattern").spec(1).word("GET").opt().many().each(),
    one_of("order", &[token("asc", "ASC"), token("desc", "DESC")]).opt(),
    token("sorting", "ALPHA").opt(),
]);

/// TOUCH
pub static TOUCH: CommandDoc = CommandDoc::new(
    "generic",
    "3.2.1",
    "O(N) where N is the number of keys that will be touched.",
    "Refreshes the access time of keys and counts those that exist.",
)
.tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
.args(&[key("key", 0).many()]);

/// TTL
pub static TTL: CommandDoc =
    CommandDoc::new("generic", "1.0.0", "O(1)", "Tells in how many seconds a key expires.")
        .history(&[("2.8.0", "Added the -2 reply.")])
        .tips(&["nondeterministic_output"])
        .args(&[key("key", 0)]);

/// TYPE
pub static TYPE: CommandDoc =
    CommandDoc::new("generic", "1.0.0", "O(1)", "Tells the type of a key's value.").args(&[key("key", 0)]);

/// UNLINK
pub static UNLINK: CommandDoc = CommandDoc::new(
    "generic",
    "4.0.0",
    "O(1) for each key removed regardless of its size. Then the command does O(N) work in a \
     different thread in order to reclaim memory, where N is the number of allocations the \
     deleted objects where composed of.",
    "Deletes keys and frees their memory in the background.",
)
.tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
.args(&[key("key", 0).many()]);

/// WAIT
pub static WAIT: CommandDoc = CommandDoc::new(
    "generic",
    "3.0.0",
    "O(1)",
    "Waits until replicas have received this connection's writes.",
)
.tips(&["request_policy:all_shards", "response_policy:agg_min"])
.args(&[int("numreplicas"), int("timeout")]);

/// WAITAOF
pub static WAITAOF: CommandDoc = CommandDoc::new(
    "generic",
    "7.2.0",
    "O(1)",
    "Waits until this connection's writes are on disk, here and on replicas.",
)
.tips(&["request_policy:all_shards", "response_policy:agg_min"])
.args(&[int("numlocal"), int("numreplicas"), int("timeout")]);
