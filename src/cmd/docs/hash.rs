//! Documentation of the commands about hashes: data only, what COMMAND DOCS shows.

use crate::state::spec::CommandDoc;
use crate::state::spec::arg::{block, double, int, key, pattern, string, token};

/// HDEL
pub static HDEL: CommandDoc = CommandDoc::new(
    "hash",
    "2.0.0",
    "O(N) where N is the number of fields to be removed.",
    "Deletes fields of a hash.",
)
.history(&[("2.4.0", "Accepts multiple `field` arguments.")])
.args(&[key("key", 0), string("field").many()]);

/// HEXISTS
pub static HEXISTS: CommandDoc =
    CommandDoc::new("hash", "2.0.0", "O(1)", "Tells whether a hash has a field.")
        .args(&[key("key", 0), string("field")]);

/// HGET
pub static HGET: CommandDoc = CommandDoc::new("hash", "2.0.0", "O(1)", "Reads a field of a hash.")
    .args(&[key("key", 0), string("field")]);

/// HGETALL
pub static HGETALL: CommandDoc = CommandDoc::new(
    "hash",
    "2.0.0",
    "O(N) where N is the size of the hash.",
    "Reads all fields of a hash with their values.",
)
.tips(&["nondeterministic_output_order"])
.args(&[key("key", 0)]);

/// HINCRBY
pub static HINCRBY: CommandDoc =
    CommandDoc::new("hash", "2.0.0", "O(1)", "Adds an integer to a field of a hash, starting from zero.")
        .args(&[key("key", 0), string("field"), int("increment")]);

/// HINCRBYFLOAT
pub static HINCRBYFLOAT: CommandDoc = CommandDoc::new(
    "hash",
    "2.6.0",
    "O(1)",
    "Adds a decimal number to a field of a hash, starting from zero.",
)
.args(&[key("key", 0), string("field"), double("increment")]);

/// HKEYS
pub static HKEYS: CommandDoc = CommandDoc::new(
    "hash",
    "2.0.0",
    "O(N) where N is the size of the hash.",
    "Shows the names of all fields of a hash.",
)
.tips(&["nondeterministic_output_order"])
.args(&[key("key", 0)]);

/// HLEN
pub static HLEN: CommandDoc =
    CommandDoc::new("hash", "2.0.0", "O(1)", "Counts the fields of a hash.").args(&[key("key", 0)]);

/// HMGET
pub static HMGET: CommandDoc = CommandDoc::new(
    "hash",
    "2.0.0",
    "O(N) where N is the number of fields being requested.",
    "Reads several fields of a hash.",
)
.args(&[key("key", 0), string("field").many()]);

/// HMSET
pub static HMSET: CommandDoc = CommandDoc::new(
    "hash",
    "2.0.0",
    "O(N) where N is the number of fields being set.",
    "Sets several fields of a hash.",
)
.deprecated("4.0.0", "`HSET` with multiple field-value pairs")
.args(&[key("key", 0), block("data", &[string("field"), string("value")]).many()]);

/// HRANDFIELD
pub static HRANDFIELD: CommandDoc = CommandDoc::new(
    "hash",
    "6.2.0",
    "O(N) where N is the number of fields returned",
    "Picks random fields of a hash.",
)
.tips(&["nondeterministic_output"])
.args(&[key("key", 0), block("options", &[int("count"), token("withvalues", "WITHVALUES").opt()]).opt()]);

/// HSCAN
pub static HSCAN: CommandDoc = CommandDoc::new(
    "hash",
    "2.8.0",
    "O(1) for every call. O(N) for a complete iteration, including enough command calls for \
     the cursor to return back to 0. N is the number of elements inside the collection.",
    "Walks through the fields of a hash step by step.",
)
.tips(&["nondeterministic_output"])
.args(&[
    key("key", 0),
    int("cursor"),
    pattern("pattern").word("MATCH").opt(),
    int("count").word("COUNT").opt(),
]);

/// HSET
pub static HSET: CommandDoc = CommandDoc::new(
    "hash",
    "2.0.0",
    "O(1) for each field/value pair added, so O(N) to add N field/value pairs when the \
     command is called with multiple field/value pairs.",
    "Sets fields of a hash, creating it if needed.",
)
.history(&[("4.0.0", "Accepts multiple `field` and `value` arguments.")])
.args(&[key("key", 0), block("data", &[string("field"), string("value")]).many()]);

/// HSETNX
pub static HSETNX: CommandDoc =
    CommandDoc::new("hash", "2.0.0", "O(1)", "Sets a field of a hash unless it is there already.").args(&[
        key("key", 0),
        string("field"),
        string("value"),
    ]);

/// HSTRLEN
pub static HSTRLEN: CommandDoc =
    CommandDoc::new("hash", "3.2.0", "O(1)", "Tells the length of a field's value.")
        .args(&[key("key", 0), string("field")]);

/// HVALS
pub static HVALS: CommandDoc = CommandDoc::new(
    "hash",
    "2.0.0",
    "O(N) where N is the size of the hash.",
    "Reads the values of all fields of a hash.",
)
.tips(&["nondeterministic_output_order"])
.args(&[key("key", 0)]);
