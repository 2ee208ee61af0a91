//! Documentation of the commands about sets: data only, what COMMAND DOCS shows.

use crate::state::spec::CommandDoc;
use crate::state::spec::arg::{int, key, pattern, string};

/// SADD
pub static SADD: CommandDoc = CommandDoc::new(
    "set",
    "1.0.0",
    "O(1) for each element added, so O(N) to add N elements when the command is called with \
     multiple arguments.",
    "Adds members to a set, creating it if needed.",
)
.history(&[("2.4.0", "Accepts multiple `member` arguments.")])
.args(&[key("key", 0), string("member").many()]);

/// SCARD
pub static SCARD: CommandDoc =
    CommandDoc::new("set", "1.0.0", "O(1)", "Counts the members of a set.").args(&[key("key", 0)]);

/// SDIFF
pub static SDIFF: CommandDoc = CommandDoc::new(
    "set",
    "1.0.0",
    "O(N) where N is the total number of elements in all given sets.",
    "Shows the members of a set that are in none of the others.",
)
.tips(&["nondeterministic_output_order"])
.args(&[key("key", 0).many()]);

/// SDIFFSTORE
pub static SDIFFSTORE: CommandDoc = CommandDoc::new(
    "set",
    "1.0.0",
    "O(N) where N is the total number of elements in all given sets.",
    "Stores the members of a set that are in none of the others.",
)
.args(&[key("destination", 0), key("key", 1).many()]);

/// SINTER
pub static SINTER: CommandDoc = CommandDoc::new(
    "set",
    "1.0.0",
    "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
    "Shows the members that all the sets share.",
)
.tips(&["nondeterministic_output_order"])
.args(&[key("key", 0).many()]);

/// SINTERCARD
pub static SINTERCARD: CommandDoc = CommandDoc::new(
    "set",
    "7.0.0",
    "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
    "Counts the members that all the sets share.",
)
.args(&[int("numkeys"), key("key", 0).many(), int("limit").word("LIMIT").opt()]);

/// SINTERSTORE
pub static SINTERSTORE: CommandDoc = CommandDoc::new(
    "set",
    "1.0.0",
    "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
    "Stores the members that all the sets share.",
)
.args(&[key("destination", 0), key("key", 1).many()]);

/// SISMEMBER
pub static SISMEMBER: CommandDoc =
    CommandDoc::new("set", "1.0.0", "O(1)", "Tells whether a set has a member.")
        .args(&[key("key", 0), string("member")]);

/// SMEMBERS
pub static SMEMBERS: CommandDoc =
    CommandDoc::new("set", "1.0.0", "O(N) where N is the set cardinality.", "Shows all members of a set.")
        .tips(&["nondeterministic_output_order"])
        .args(&[key("key", 0)]);

/// SMISMEMBER
pub static SMISMEMBER: CommandDoc = CommandDoc::new(
    "set",
    "6.2.0",
    "O(N) where N is the number of elements being checked for membership",
    "Tells for several members whether a set has them.",
)
.args(&[key("key", 0), string("member").many()]);

/// SMOVE
pub static SMOVE: CommandDoc =
    CommandDoc::new("set", "1.0.0", "O(1)", "Takes a member out of one set and puts it into another.")
        .args(&[key("source", 0), key("destination", 1), string("member")]);

/// SPOP
pub static SPOP: CommandDoc = CommandDoc::new(
    "set",
    "1.0.0",
    "Without the count argument O(1), otherwise O(N) where N is the value of the passed count.",
    "Takes random members out of a set.",
)
.history(&[("3.2.0", "Added the `count` argument.")])
.tips(&["nondeterministic_output"])
.args(&[key("key", 0), int("count").since("3.2.0").opt()]);

/// SRANDMEMBER
pub static SRANDMEMBER: CommandDoc = CommandDoc::new(
    "set",
    "1.0.0",
    "Without the count argument O(1), otherwise O(N) where N is the absolute value of the \
     passed count.",
    "Picks random members of a set.",
)
.history(&[("2.6.0", "Added the optional `count` argument.")])
.tips(&["nondeterministic_output"])
.args(&[key("key", 0), int("count").since("2.6.0").opt()]);

/// SREM
pub static SREM: CommandDoc = CommandDoc::new(
    "set",
    "1.0.0",
    "O(N) where N is the number of members to be removed.",
    "Removes members from a set.",
)
.history(&[("2.4.0", "Accepts multiple `member` arguments.")])
.args(&[key("key", 0), string("member").many()]);

/// SSCAN
pub static SSCAN: CommandDoc = CommandDoc::new(
    "set",
    "2.8.0",
    "O(1) for every call. O(N) for a complete iteration, including enough command calls for \
     the cursor to return back to 0. N is the number of elements inside the collection.",
    "Walks through the members of a set step by step.",
)
.tips(&["nondeterministic_output"])
.args(&[
    key("key", 0),
    int("cursor"),
    pattern("pattern").word("MATCH").opt(),
    int("count").word("COUNT").opt(),
]);

/// SUNION
pub static SUNION: CommandDoc = CommandDoc::new(
    "set",
    "1.0.0",
    "O(N) where N is the total number of elements in all given sets.",
    "Shows the members of all the sets together.",
)
.tips(&["nondeterministic_output_order"])
.args(&[key("key", 0).many()]);

/// SUNIONSTORE
pub static SUNIONSTORE: CommandDoc = CommandDoc::new(
    "set",
    "1.0.0",
    "O(N) where N is the total number of elements in all given sets.",
    "Stores the members of all the sets together.",
)
.args(&[key("destination", 0), key("key", 1).many()]);
