//! Documentation of the commands about strings: data only, what COMMAND DOCS shows.

use crate::state::spec::CommandDoc;
use crate::state::spec::arg::{block, double, int, key, one_of, string, time, token};

/// APPEND
pub static APPEND: CommandDoc = CommandDoc::new(
    "string",
    "2.0.0",
    "O(1). The amortized time complexity is O(1) assuming the appended value is small and \
     the already present value is of any size, since the dynamic string library used by Redis \
     will double the free space available on every reallocation.",
    "Adds text to the end of a string, creating the key if needed.",
)
.args(&[key("key", 0), string("value")]);

/// DECR
pub static DECR: CommandDoc =
    CommandDoc::new("string", "1.0.0", "O(1)", "Subtracts one from an integer value, starting from zero.")
        .args(&[key("key", 0)]);

/// DECRBY
pub static DECRBY: CommandDoc = CommandDoc::new(
    "string",
    "1.0.0",
    "O(1)",
    "Subtracts a number from an integer value, starting from zero.",
)
.args(&[key("key", 0), int("decrement")]);

/// GET
pub static GET: CommandDoc =
    CommandDoc::new("string", "1.0.0", "O(1)", "Reads a string.").args(&[key("key", 0)]);

/// GETDEL
pub static GETDEL: CommandDoc =
    CommandDoc::new("string", "6.2.0", "O(1)", "Reads a string and deletes its key.").args(&[key("key", 0)]);

/// GETEX
pub static GETEX: CommandDoc =
    CommandDoc::new("string", "6.2.0", "O(1)", "Reads a string and changes when its key expires.").args(&[
        key("key", 0),
        one_of(
            "expiration",
            &[
                int("seconds").word("EX"),
                int("milliseconds").word("PX"),
                time("unix-time-seconds").word("EXAT"),
                time("unix-time-milliseconds").word("PXAT"),
                token("persist", "PERSIST"),
            ],
        )
        .opt(),
    ]);

/// GETRANGE
pub static GETRANGE: CommandDoc = CommandDoc::new(
    "string",
    "2.4.0",
    "O(N) where N is the length of the returned string. The complexity is ultimately \
     determined by the returned length, but because creating a substring from an existing \
     string is very cheap, it can be considered O(1) for small strings.",
    "Reads a part of a string.",
)
.args(&[key("key", 0), int("start"), int("end")]);

/// GETSET
pub static GETSET: CommandDoc =
    CommandDoc::new("string", "1.0.0", "O(1)", "Sets a string and tells the value it had.")
        .deprecated("6.2.0", "`SET` with the `!GET` argument")
        .args(&[key("key", 0), string("value")]);

/// INCR
pub static INCR: CommandDoc =
    CommandDoc::new("string", "1.0.0", "O(1)", "Adds one to an integer value, starting from zero.")
        .args(&[key("key", 0)]);

/// INCRBY
pub static INCRBY: CommandDoc =
    CommandDoc::new("string", "1.0.0", "O(1)", "Adds a number to an integer value, starting from zero.")
        .args(&[key("key", 0), int("increment")]);

/// INCRBYFLOAT
pub static INCRBYFLOAT: CommandDoc = CommandDoc::new(
    "string",
    "2.6.0",
    "O(1)",
    "Adds a decimal number to a numeric value, starting from zero.",
)
.args(&[key("key", 0), double("increment")]);

/// LCS
pub static LCS: CommandDoc = CommandDoc::new(
    "string",
    "7.0.0",
    "O(N*M) where N and M are the lengths of s1 and s2, respectively",
    "Finds the longest subsequence that two strings share.",
)
.args(&[
    key("key1", 0),
    key("key2", 0),
    token("len", "LEN").opt(),
    token("idx", "IDX").opt(),
    int("min-match-len").word("MINMATCHLEN").opt(),
    token("withmatchlen", "WITHMATCHLEN").opt(),
]);

/// MGET
pub static MGET: CommandDoc = CommandDoc::new(
    "string",
    "1.0.0",
    "O(N) where N is the number of keys to retrieve.",
    "Reads several strings at once.",
)
.tips(&["request_policy:multi_shard"])
.args(&[key("key", 0).many()]);

/// MSET
pub static MSET: CommandDoc = CommandDoc::new(
    "string",
    "1.0.1",
    "O(N) where N is the number of keys to set.",
    "Sets several strings at once.",
)
.tips(&["request_policy:multi_shard", "response_policy:all_succeeded"])
.args(&[block("data", &[key("key", 0), string("value")]).many()]);

/// MSETNX
pub static MSETNX: CommandDoc = CommandDoc::new(
    "string",
    "1.0.1",
    "O(N) where N is the number of keys to set.",
    "Sets several strings at once, unless any of the keys exists.",
)
.args(&[block("data", &[key("key", 0), string("value")]).many()]);

/// PSETEX
pub static PSETEX: CommandDoc =
    CommandDoc::new("string", "2.6.0", "O(1)", "Sets a string that expires after some milliseconds.")
        .deprecated("2.6.12", "`SET` with the `PX` argument")
        .args(&[key("key", 0), int("milliseconds"), string("value")]);

/// SET
pub static SET: CommandDoc =
    CommandDoc::new("string", "1.0.0", "O(1)", "Sets a string, whatever the key held before.")
        .history(&[
            ("2.6.12", "Added the `EX`, `PX`, `NX` and `XX` options."),
            ("6.0.0", "Added the `KEEPTTL` option."),
            ("6.2.0", "Added the `GET`, `EXAT` and `PXAT` option."),
            ("7.0.0", "Allowed the `NX` and `GET` options to be used together."),
        ])
        .args(&[
            key("key", 0),
            string("value"),
            one_of("condition", &[token("nx", "NX"), token("xx", "XX")]).since("2.6.12").opt(),
            token("get", "GET").since("6.2.0").opt(),
            one_of(
                "expiration",
                &[
                    int("seconds").word("EX").since("2.6.12"),
                    int("milliseconds").word("PX").since("2.6.12"),
                    time("unix-time-seconds").word("EXAT").since("6.2.0"),
                    time("unix-time-milliseconds").word("PXAT").since("6.2.0"),
                    token("keepttl", "KEEPTTL").since("6.0.0"),
                ],
            )
            .opt(),
        ]);

/// SETEX
pub static SETEX: CommandDoc =
    CommandDoc::new("string", "2.0.0", "O(1)", "Sets a string that expires after some seconds.")
        .deprecated("2.6.12", "`SET` with the `EX` argument")
        .args(&[key("key", 0), int("seconds"), string("value")]);

/// SETNX
pub static SETNX: CommandDoc =
    CommandDoc::new("string", "1.0.0", "O(1)", "Sets a string unless the key exists.")
        .deprecated("2.6.12", "`SET` with the `NX` argument")
        .args(&[key("key", 0), string("value")]);

/// SETRANGE
pub static SETRANGE: CommandDoc = CommandDoc::new(
    "string",
    "2.2.0",
    "O(1), not counting the time taken to copy the new string in place. Usually, this string \
     is very small so the amortized complexity is O(1). Otherwise, complexity is O(M) with M \
     being the length of the value argument.",
    "Overwrites a part of a string.",
)
.args(&[key("key", 0), int("offset"), string("value")]);

/// STRLEN
pub static STRLEN: CommandDoc =
    CommandDoc::new("string", "2.2.0", "O(1)", "Tells the length of a string in bytes.")
        .args(&[key("key", 0)]);

/// SUBSTR
pub static SUBSTR: CommandDoc = CommandDoc::new(
    "string",
    "1.0.0",
    "O(N) where N is the length of the returned string. The complexity is ultimately \
     determined by the returned length, but because creating a substring from an existing \
     string is very cheap, it can be considered O(1) for small strings.",
    "Reads a part of a string.",
)
.deprecated("2.0.0", "`GETRANGE`")
.args(&[key("key", 0), int("start"), int("end")]);
