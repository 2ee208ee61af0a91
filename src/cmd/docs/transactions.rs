//! Documentation of the commands about transactions: data only, what COMMAND DOCS shows.

use crate::state::spec::CommandDoc;
use crate::state::spec::arg::key;

/// DISCARD
pub static DISCARD: CommandDoc = CommandDoc::new(
    "transactions",
    "2.0.0",
    "O(N), when N is the number of queued commands",
    "Drops the queued commands of a transaction.",
);

/// EXEC
pub static EXEC: CommandDoc = CommandDoc::new(
    "transactions",
    "1.2.0",
    "Depends on commands in the transaction",
    "Runs the queued commands of a transaction.",
);

/// MULTI
pub static MULTI: CommandDoc = CommandDoc::new("transactions", "1.2.0", "O(1)", "Begins a transaction.");

/// UNWATCH
pub static UNWATCH: CommandDoc =
    CommandDoc::new("transactions", "2.2.0", "O(1)", "Watches no key any longer.");

/// WATCH
pub static WATCH: CommandDoc = CommandDoc::new(
    "transactions",
    "2.2.0",
    "O(1) for every key.",
    "Lets the next transaction fail if one of the keys changes before it runs.",
)
.args(&[key("key", 0).many()]);
