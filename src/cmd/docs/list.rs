//! Documentation of the commands about lists: data only, what COMMAND DOCS shows.

use crate::state::spec::CommandDoc;
use crate::state::spec::arg::{double, int, key, one_of, string, token};

/// BLMOVE
pub static BLMOVE: CommandDoc = CommandDoc::new(
    "list",
    "6.2.0",
    "O(1)",
    "Moves an element from one end of a list to an end of another, waiting for one if need be.",
)
.args(&[
    key("source", 0),
    key("destination", 1),
    one_of("wherefrom", &[token("left", "LEFT"), token("right", "RIGHT")]),
    one_of("whereto", &[token("left", "LEFT"), token("right", "RIGHT")]),
    double("timeout"),
]);

/// BLMPOP
pub static BLMPOP: CommandDoc = CommandDoc::new(
    "list",
    "7.0.0",
    "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
    "Pops elements from the first of several lists that has any, waiting if all are empty.",
)
.args(&[
    double("timeout"),
    int("numkeys"),
    key("key", 0).many(),
    one_of("where", &[token("left", "LEFT"), token("right", "RIGHT")]),
    int("count").word("COUNT").opt(),
]);

/// BLPOP
pub static BLPOP: CommandDoc = CommandDoc::new(
    "list",
    "2.0.0",
    "O(N) where N is the number of provided keys.",
    "Pops the head of the first of several lists that has any element, waiting if all are empty.",
)
.history(&[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")])
.args(&[key("key", 0).many(), double("timeout")]);

/// BRPOP
pub static BRPOP: CommandDoc = CommandDoc::new(
    "list",
    "2.0.0",
    "O(N) where N is the number of provided keys.",
    "Pops the tail of the first of several lists that has any element, waiting if all are empty.",
)
.history(&[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")])
.args(&[key("key", 0).many(), double("timeout")]);

/// BRPOPLPUSH
pub static BRPOPLPUSH: CommandDoc = CommandDoc::new(
    "list",
    "2.2.0",
    "O(1)",
    "Moves the tail of a list to the head of another, waiting for an element if need be.",
)
.deprecated("6.2.0", "`BLMOVE` with the `RIGHT` and `LEFT` arguments")
.history(&[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")])
.args(&[key("source", 0), key("destination", 1), double("timeout")]);

/// LINDEX
pub static LINDEX: CommandDoc = CommandDoc::new(
    "list",
    "1.0.0",
    "O(N) where N is the number of elements to traverse to get to the element at index. This \
     makes asking for the first or the last element of the list O(1).",
    "Reads an element of a list by its position.",
)
.args(&[key("key", 0), int("index")]);

/// LINSERT
pub static LINSERT: CommandDoc = CommandDoc::new(
    "list",
    "2.2.0",
    "O(N) where N is the number of elements to traverse before seeing the value pivot. This \
     means that inserting somewhere on the left end on the list (head) can be considered O(1) \
     and inserting somewhere on the right end (tail) is O(N).",
    "Inserts an element before or after another one.",
)
.args(&[
    key("key", 0),
    one_of("where", &[token("before", "BEFORE"), token("after", "AFTER")]),
    string("pivot"),
    string("element"),
]);

/// LLEN
pub static LLEN: CommandDoc =
    CommandDoc::new("list", "1.0.0", "O(1)", "Counts the elements of a list.").args(&[key("key", 0)]);

/// LMOVE
pub static LMOVE: CommandDoc =
    CommandDoc::new("list", "6.2.0", "O(1)", "Moves an element from one end of a list to an end of another.")
        .args(&[
            key("source", 0),
            key("destination", 1),
            one_of("wherefrom", &[token("left", "LEFT"), token("right", "RIGHT")]),
            one_of("whereto", &[token("left", "LEFT"), token("right", "RIGHT")]),
        ]);

/// LMPOP
pub static LMPOP: CommandDoc = CommandDoc::new(
    "list",
    "7.0.0",
    "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
    "Pops elements from the first of several lists that has any.",
)
.args(&[
    int("numkeys"),
    key("key", 0).many(),
    one_of("where", &[token("left", "LEFT"), token("right", "RIGHT")]),
    int("count").word("COUNT").opt(),
]);

/// LPOP
pub static LPOP: CommandDoc = CommandDoc::new(
    "list",
    "1.0.0",
    "O(N) where N is the number of elements returned",
    "Pops elements from the head of a list.",
)
.history(&[("6.2.0", "Added the `count` argument.")])
.args(&[key("key", 0), int("count").since("6.2.0").opt()]);

/// LPOS
pub static LPOS: CommandDoc = CommandDoc::new(
    "list",
    "6.0.6",
    "O(N) where N is the number of elements in the list, for the average case. When \
     searching for elements near the head or the tail of the list, or when the MAXLEN option \
     is provided, the command may run in constant time.",
    "Finds the positions of matching elements in a list.",
)
.args(&[
    key("key", 0),
    string("element"),
    int("rank").word("RANK").opt(),
    int("num-matches").word("COUNT").opt(),
    int("len").word("MAXLEN").opt(),
]);

/// LPUSH
pub static LPUSH: CommandDoc = CommandDoc::new(
    "list",
    "1.0.0",
    "O(1) for each element added, so O(N) to add N elements when the command is called with \
     multiple arguments.",
    "Adds elements to the head of a list, creating it if needed.",
)
.history(&[("2.4.0", "Accepts multiple `element` arguments.")])
.args(&[key("key", 0), string("element").many()]);

/// LPUSHX
pub static LPUSHX: CommandDoc = CommandDoc::new(
    "list",
    "2.2.0",
    "O(1) for each element added, so O(N) to add N elements when the command is called with \
     multiple arguments.",
    "Adds elements to the head of a list that exists.",
)
.history(&[("4.0.0", "Accepts multiple `element` arguments.")])
.args(&[key("key", 0), string("element").many()]);

/// LRANGE
pub static LRANGE: CommandDoc = CommandDoc::new(
    "list",
    "1.0.0",
    "O(S+N) where S is the distance of start offset from HEAD for small lists, from nearest \
     end (HEAD or TAIL) for large lists; and N is the number of elements in the specified \
     range.",
    "Reads a range of a list.",
)
.args(&[key("key", 0), int("start"), int("stop")]);

/// LREM
pub static LREM: CommandDoc = CommandDoc::new(
    "list",
    "1.0.0",
    "O(N+M) where N is the length of the list and M is the number of elements removed.",
    "Removes elements that equal a value from a list.",
)
.args(&[key("key", 0), int("count"), string("element")]);

/// LSET
pub static LSET: CommandDoc = CommandDoc::new(
    "list",
    "1.0.0",
    "O(N) where N is the length of the list. Setting either the first or the last element of \
     the list is O(1).",
    "Replaces the element at a position of a list.",
)
.args(&[key("key", 0), int("index"), string("element")]);

/// LTRIM
pub static LTRIM: CommandDoc = CommandDoc::new(
    "list",
    "1.0.0",
    "O(N) where N is the number of elements to be removed by the operation.",
    "Shortens a list to a range.",
)
.args(&[key("key", 0), int("start"), int("stop")]);

/// RPOP
pub static RPOP: CommandDoc = CommandDoc::new(
    "list",
    "1.0.0",
    "O(N) where N is the number of elements returned",
    "Pops elements from the tail of a list.",
)
.history(&[("6.2.0", "Added the `count` argument.")])
.args(&[key("key", 0), int("count").since("6.2.0").opt()]);

/// RPOPLPUSH
pub static RPOPLPUSH: CommandDoc =
    CommandDoc::new("list", "1.2.0", "O(1)", "Moves the tail of a list to the head of another.")
        .deprecated("6.2.0", "`LMOVE` with the `RIGHT` and `LEFT` arguments")
        .args(&[key("source", 0), key("destination", 1)]);

/// RPUSH
pub static RPUSH: CommandDoc = CommandDoc::new(
    "list",
    "1.0.0",
    "O(1) for each element added, so O(N) to add N elements when the command is called with \
     multiple arguments.",
    "Adds elements to the tail of a list, creating it if needed.",
)
.history(&[("2.4.0", "Accepts multiple `element` arguments.")])
.args(&[key("key", 0), string("element").many()]);

/// RPUSHX
pub static RPUSHX: CommandDoc = CommandDoc::new(
    "list",
    "2.2.0",
    "O(1) for each element added, so O(N) to add N elements when the command is called with \
     multiple arguments.",
    "Adds elements to the tail of a list that exists.",
)
.history(&[("4.0.0", "Accepts multiple `element` arguments.")])
.args(&[key("key", 0), string("element").many()]);
