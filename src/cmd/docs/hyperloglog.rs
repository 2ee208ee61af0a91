//! Documentation of the commands about HyperLogLogs: data only, what COMMAND DOCS shows.

use crate::state::spec::CommandDoc;
use crate::state::spec::arg::{key, string};

/// PFADD
pub static PFADD: CommandDoc = CommandDoc::new(
    "hyperloglog",
    "2.8.9",
    "O(1) to add every element.",
    "Adds elements to a HyperLogLog, creating it if needed.",
)
.args(&[key("key", 0), string("element").opt().many()]);

/// PFCOUNT
pub static PFCOUNT: CommandDoc = CommandDoc::new(
    "hyperloglog",
    "2.8.9",
    "O(1) with a very small average constant time when called with a single key. O(N) with N \
     being the number of keys, and much bigger constant times, when called with multiple \
     keys.",
    "Estimates how many different elements HyperLogLogs hold together.",
)
.args(&[key("key", 0).many()]);

/// PFDEBUG
pub static PFDEBUG: CommandDoc =
    CommandDoc::new("hyperloglog", "2.8.9", "N/A", "Shows the inside of a HyperLogLog, for testing.")
        .syscmd()
        .args(&[string("subcommand"), key("key", 0)]);

/// PFMERGE
pub static PFMERGE: CommandDoc = CommandDoc::new(
    "hyperloglog",
    "2.8.9",
    "O(N) to merge N HyperLogLogs, but with high constant times.",
    "Merges HyperLogLogs into one.",
)
.args(&[key("destkey", 0), key("sourcekey", 1).opt().many()]);

/// PFSELFTEST
pub static PFSELFTEST: CommandDoc =
    CommandDoc::new("hyperloglog", "2.8.9", "N/A", "Tests the HyperLogLog code.").syscmd();
