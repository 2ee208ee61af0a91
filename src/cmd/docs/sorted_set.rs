//! Documentation of the commands about sorted sets: data only, what COMMAND DOCS shows.

use crate::state::spec::CommandDoc;
use crate::state::spec::arg::{block, double, int, key, one_of, pattern, string, token};

/// BZMPOP
pub static BZMPOP: CommandDoc = CommandDoc::new(
    "sorted-set",
    "7.0.0",
    "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of \
     elements in the sorted set, and M being the number of elements popped.",
    "Pops the lowest or highest members of the first sorted set that has any, waiting if all \
     are empty.",
)
.args(&[
    double("timeout"),
    int("numkeys"),
    key("key", 0).many(),
    one_of("where", &[token("min", "MIN"), token("max", "MAX")]),
    int("count").word("COUNT").opt(),
]);

/// BZPOPMAX
pub static BZPOPMAX: CommandDoc = CommandDoc::new(
    "sorted-set",
    "5.0.0",
    "O(log(N)) with N being the number of elements in the sorted set.",
    "Pops the member with the highest score from the first sorted set that has any, waiting \
     if all are empty.",
)
.history(&[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")])
.args(&[key("key", 0).many(), double("timeout")]);

/// BZPOPMIN
pub static BZPOPMIN: CommandDoc = CommandDoc::new(
    "sorted-set",
    "5.0.0",
    "O(log(N)) with N being the number of elements in the sorted set.",
    "Pops the member with the lowest score from the first sorted set that has any, waiting \
     if all are empty.",
)
.history(&[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")])
.args(&[key("key", 0).many(), double("timeout")]);

/// ZADD
pub static ZADD: CommandDoc = CommandDoc::new(
    "sorted-set",
    "1.2.0",
    "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
    "Adds members with scores to a sorted set, or updates their scores.",
)
.history(&[
    ("2.4.0", "Accepts multiple elements."),
    ("3.0.2", "Added the `XX`, `NX`, `CH` and `INCR` options."),
    ("6.2.0", "Added the `GT` and `LT` options."),
])
.args(&[
    key("key", 0),
    one_of("condition", &[token("nx", "NX"), token("xx", "XX")]).since("3.0.2").opt(),
    one_of("comparison", &[token("gt", "GT"), token("lt", "LT")]).since("6.2.0").opt(),
    token("change", "CH").since("3.0.2").opt(),
    token("increment", "INCR").since("3.0.2").opt(),
    block("data", &[double("score"), string("member")]).many(),
]);

/// ZCARD
pub static ZCARD: CommandDoc =
    CommandDoc::new("sorted-set", "1.2.0", "O(1)", "Counts the members of a sorted set.")
        .args(&[key("key", 0)]);

/// ZCOUNT
pub static ZCOUNT: CommandDoc = CommandDoc::new(
    "sorted-set",
    "2.0.0",
    "O(log(N)) with N being the number of elements in the sorted set.",
    "Counts the members whose score lies in a range.",
)
.args(&[key("key", 0), double("min"), double("max")]);

/// ZDIFF
pub static ZDIFF: CommandDoc = CommandDoc::new(
    "sorted-set",
    "6.2.0",
    "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, \
     N is the size of the first set, and K is the size of the result set.",
    "Shows the members of a sorted set that are in none of the others.",
)
.args(&[int("numkeys"), key("key", 0).many(), token("withscores", "WITHSCORES").opt()]);

/// ZDIFFSTORE
pub static ZDIFFSTORE: CommandDoc = CommandDoc::new(
    "sorted-set",
    "6.2.0",
    "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, \
     N is the size of the first set, and K is the size of the result set.",
    "Stores the members of a sorted set that are in none of the others.",
)
.args(&[key("destination", 0), int("numkeys"), key("key", 1).many()]);

/// ZINCRBY
pub static ZINCRBY: CommandDoc = CommandDoc::new(
    "sorted-set",
    "1.2.0",
    "O(log(N)) where N is the number of elements in the sorted set.",
    "Adds a number to the score of a member, starting from zero.",
)
.args(&[key("key", 0), int("increment"), string("member")]);

/// ZINTER
pub static ZINTER: CommandDoc = CommandDoc::new(
    "sorted-set",
    "6.2.0",
    "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the \
     number of input sorted sets and M being the number of elements in the resulting sorted \
     set.",
    "Shows the members that all the sorted sets share, with combined scores.",
)
.args(&[
    int("numkeys"),
    key("key", 0).many(),
    int("weight").word("WEIGHTS").opt().many(),
    one_of("aggregate", &[token("sum", "SUM"), token("min", "MIN"), token("max", "MAX")])
        .word("AGGREGATE")
        .opt(),
    token("withscores", "WITHSCORES").opt(),
]);

/// ZINTERCARD
pub static ZINTERCARD: CommandDoc = CommandDoc::new(
    "sorted-set",
    "7.0.0",
    "O(N*K) worst case with N being the smallest input sorted set, K being the number of \
     input sorted sets.",
    "Counts the members that all the sorted sets share.",
)
.args(&[int("numkeys"), key("key", 0).many(), int("limit").word("LIMIT").opt()]);

/// ZINTERSTORE
pub static ZINTERSTORE: CommandDoc = CommandDoc::new(
    "sorted-set",
    "2.0.0",
    "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the \
     number of input sorted sets and M being the number of elements in the resulting sorted \
     set.",
    "Stores the members that all the sorted sets share, with combined scores.",
)
.args(&[
    key("destination", 0),
    int("numkeys"),
    key("key", 1).many(),
    int("weight").word("WEIGHTS").opt().many(),
    one_of("aggregate", &[token("sum", "SUM"), token("min", "MIN"), token("max", "MAX")])
        .word("AGGREGATE")
        .opt(),
]);

/// ZLEXCOUNT
pub static ZLEXCOUNT: CommandDoc = CommandDoc::new(
    "sorted-set",
    "2.8.9",
    "O(log(N)) with N being the number of elements in the sorted set.",
    "Counts the members in an alphabetical range.",
)
.args(&[key("key", 0), string("min"), string("max")]);

/// ZMPOP
pub static ZMPOP: CommandDoc = CommandDoc::new(
    "sorted-set",
    "7.0.0",
    "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of \
     elements in the sorted set, and M being the number of elements popped.",
    "Pops the lowest or highest members of the first of several sorted sets that has any.",
)
.args(&[
    int("numkeys"),
    key("key", 0).many(),
    one_of("where", &[token("min", "MIN"), token("max", "MAX")]),
    int("count").word("COUNT").opt(),
]);

/// ZMSCORE
pub static ZMSCORE: CommandDoc = CommandDoc::new(
    "sorted-set",
    "6.2.0",
    "O(N) where N is the number of members being requested.",
    "Tells the scores of several members.",
)
.args(&[key("key", 0), string("member").many()]);

/// ZPOPMAX
pub static ZPOPMAX: CommandDoc = CommandDoc::new(
    "sorted-set",
    "5.0.0",
    "O(log(N)*M) with N being the number of elements in the sorted set, and M being the \
     number of elements popped.",
    "Pops the members with the highest scores.",
)
.args(&[key("key", 0), int("count").opt()]);

/// ZPOPMIN
pub static ZPOPMIN: CommandDoc = CommandDoc::new(
    "sorted-set",
    "5.0.0",
    "O(log(N)*M) with N being the number of elements in the sorted set, and M being the \
     number of elements popped.",
    "Pops the members with the lowest scores.",
)
.args(&[key("key", 0), int("count").opt()]);

/// ZRANDMEMBER
pub static ZRANDMEMBER: CommandDoc = CommandDoc::new(
    "sorted-set",
    "6.2.0",
    "O(N) where N is the number of members returned",
    "Picks random members of a sorted set.",
)
.tips(&["nondeterministic_output"])
.args(&[key("key", 0), block("options", &[int("count"), token("withscores", "WITHSCORES").opt()]).opt()]);

/// ZRANGE
pub static ZRANGE: CommandDoc = CommandDoc::new(
    "sorted-set",
    "1.2.0",
    "O(log(N)+M) with N being the number of elements in the sorted set and M the number of \
     elements returned.",
    "Shows the members in a range of ranks, scores or names.",
)
.history(&[("6.2.0", "Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options.")])
.args(&[
    key("key", 0),
    string("start"),
    string("stop"),
    one_of("sortby", &[token("byscore", "BYSCORE"), token("bylex", "BYLEX")]).since("6.2.0").opt(),
    token("rev", "REV").since("6.2.0").opt(),
    block("limit", &[int("offset"), int("count")]).word("LIMIT").since("6.2.0").opt(),
    token("withscores", "WITHSCORES").opt(),
]);

/// ZRANGEBYLEX
pub static ZRANGEBYLEX: CommandDoc = CommandDoc::new(
    "sorted-set",
    "2.8.9",
    "O(log(N)+M) with N being the number of elements in the sorted set and M the number of \
     elements being returned. If M is constant (e.g. always asking for the first 10 elements \
     with LIMIT), you can consider it O(log(N)).",
    "Shows the members in an alphabetical range.",
)
.deprecated("6.2.0", "`ZRANGE` with the `BYLEX` argument")
.args(&[
    key("key", 0),
    string("min"),
    string("max"),
    block("limit", &[int("offset"), int("count")]).word("LIMIT").opt(),
]);

/// ZRANGEBYSCORE
pub static ZRANGEBYSCORE: CommandDoc = CommandDoc::new(
    "sorted-set",
    "1.0.5",
    "O(log(N)+M) with N being the number of elements in the sorted set and M the number of \
     elements being returned. If M is constant (e.g. always asking for the first 10 elements \
     with LIMIT), you can consider it O(log(N)).",
    "Shows the members whose score lies in a range.",
)
.deprecated("6.2.0", "`ZRANGE` with the `BYSCORE` argument")
.history(&[("2.0.0", "Added the `WITHSCORES` modifier.")])
.args(&[
    key("key", 0),
    double("min"),
    double("max"),
    token("withscores", "WITHSCORES").since("2.0.0").opt(),
    block("limit", &[int("offset"), int("count")]).word("LIMIT").opt(),
]);

/// ZRANGESTORE
pub static ZRANGESTORE: CommandDoc = CommandDoc::new(
    "sorted-set",
    "6.2.0",
    "O(log(N)+M) with N being the number of elements in the sorted set and M the number of \
     elements stored into the destination key.",
    "Stores the members in a range of ranks, scores or names under another key.",
)
.args(&[
    key("dst", 0),
    key("src", 1),
    string("min"),
    string("max"),
    one_of("sortby", &[token("byscore", "BYSCORE"), token("bylex", "BYLEX")]).opt(),
    token("rev", "REV").opt(),
    block("limit", &[int("offset"), int("count")]).word("LIMIT").opt(),
]);

/// ZRANK
pub static ZRANK: CommandDoc = CommandDoc::new(
    "sorted-set",
    "2.0.0",
    "O(log(N))",
    "Tells the rank of a member, counted from the lowest score.",
)
.history(&[("7.2.0", "Added the optional `WITHSCORE` argument.")])
.args(&[key("key", 0), string("member"), token("withscore", "WITHSCORE").opt()]);

/// ZREM
pub static ZREM: CommandDoc = CommandDoc::new(
    "sorted-set",
    "1.2.0",
    "O(M*log(N)) with N being the number of elements in the sorted set and M the number of \
     elements to be removed.",
    "Removes members from a sorted set.",
)
.history(&[("2.4.0", "Accepts multiple elements.")])
.args(&[key("key", 0), string("member").many()]);

/// ZREMRANGEBYLEX
pub static ZREMRANGEBYLEX: CommandDoc = CommandDoc::new(
    "sorted-set",
    "2.8.9",
    "O(log(N)+M) with N being the number of elements in the sorted set and M the number of \
     elements removed by the operation.",
    "Removes the members in an alphabetical range.",
)
.args(&[key("key", 0), string("min"), string("max")]);

/// ZREMRANGEBYRANK
pub static ZREMRANGEBYRANK: CommandDoc = CommandDoc::new(
    "sorted-set",
    "2.0.0",
    "O(log(N)+M) with N being the number of elements in the sorted set and M the number of \
     elements removed by the operation.",
    "Removes the members in a range of ranks.",
)
.args(&[key("key", 0), int("start"), int("stop")]);

/// ZREMRANGEBYSCORE
pub static ZREMRANGEBYSCORE: CommandDoc = CommandDoc::new(
    "sorted-set",
    "1.2.0",
    "O(log(N)+M) with N being the number of elements in the sorted set and M the number of \
     elements removed by the operation.",
    "Removes the members whose score lies in a range.",
)
.args(&[key("key", 0), double("min"), double("max")]);

/// ZREVRANGE
pub static ZREVRANGE: CommandDoc = CommandDoc::new(
    "sorted-set",
    "1.2.0",
    "O(log(N)+M) with N being the number of elements in the sorted set and M the number of \
     elements returned.",
    "Shows the members in a range of ranks, the highest score first.",
)
.deprecated("6.2.0", "`ZRANGE` with the `REV` argument")
.args(&[key("key", 0), int("start"), int("stop"), token("withscores", "WITHSCORES").opt()]);

/// ZREVRANGEBYLEX
pub static ZREVRANGEBYLEX: CommandDoc = CommandDoc::new(
    "sorted-set",
    "2.8.9",
    "O(log(N)+M) with N being the number of elements in the sorted set and M the number of \
     elements being returned. If M is constant (e.g. always asking for the first 10 elements \
     with LIMIT), you can consider it O(log(N)).",
    "Shows the members in an alphabetical range, the last first.",
)
.deprecated("6.2.0", "`ZRANGE` with the `REV` and `BYLEX` arguments")
.args(&[
    key("key", 0),
    string("max"),
    string("min"),
    block("limit", &[int("offset"), int("count")]).word("LIMIT").opt(),
]);

/// ZREVRANGEBYSCORE
pub static ZREVRANGEBYSCORE: CommandDoc = CommandDoc::new(
    "sorted-set",
    "2.2.0",
    "O(log(N)+M) with N being the number of elements in the sorted set and M the number of \
     elements being returned. If M is constant (e.g. always asking for the first 10 elements \
     with LIMIT), you can consider it O(log(N)).",
    "Shows the members whose score lies in a range, the highest first.",
)
.deprecated("6.2.0", "`ZRANGE` with the `REV` and `BYSCORE` arguments")
.history(&[("2.1.6", "`min` and `max` can be exclusive.")])
.args(&[
    key("key", 0),
    double("max"),
    double("min"),
    token("withscores", "WITHSCORES").opt(),
    block("limit", &[int("offset"), int("count")]).word("LIMIT").opt(),
]);

/// ZREVRANK
pub static ZREVRANK: CommandDoc = CommandDoc::new(
    "sorted-set",
    "2.0.0",
    "O(log(N))",
    "Tells the rank of a member, counted from the highest score.",
)
.history(&[("7.2.0", "Added the optional `WITHSCORE` argument.")])
.args(&[key("key", 0), string("member"), token("withscore", "WITHSCORE").opt()]);

/// ZSCAN
pub static ZSCAN: CommandDoc = CommandDoc::new(
    "sorted-set",
    "2.8.0",
    "O(1) for every call. O(N) for a complete iteration, including enough command calls for \
     the cursor to return back to 0. N is the number of elements inside the collection.",
    "Walks through the members of a sorted set step by step.",
)
.tips(&["nondeterministic_output"])
.args(&[
    key("key", 0),
    int("cursor"),
    pattern("pattern").word("MATCH").opt(),
    int("count").word("COUNT").opt(),
]);

/// ZSCORE
pub static ZSCORE: CommandDoc =
    CommandDoc::new("sorted-set", "1.2.0", "O(1)", "Tells the score of a member.")
        .args(&[key("key", 0), string("member")]);

/// ZUNION
pub static ZUNION: CommandDoc = CommandDoc::new(
    "sorted-set",
    "6.2.0",
    "O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, and M \
     being the number of elements in the resulting sorted set.",
    "Shows the members of all the sorted sets together, with combined scores.",
)
.args(&[
    int("numkeys"),
    key("key", 0).many(),
    int("weight").word("WEIGHTS").opt().many(),
    one_of("aggregate", &[token("sum", "SUM"), token("min", "MIN"), token("max", "MAX")])
        .word("AGGREGATE")
        .opt(),
    token("withscores", "WITHSCORES").opt(),
]);

/// ZUNIONSTORE
pub static ZUNIONSTORE: CommandDoc = CommandDoc::new(
    "sorted-set",
    "2.0.0",
    "O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, and M \
     being the number of elements in the resulting sorted set.",
    "Stores the members of all the sorted sets together, with combined scores.",
)
.args(&[
    key("destination", 0),
    int("numkeys"),
    key("key", 1).many(),
    int("weight").word("WEIGHTS").opt().many(),
    one_of("aggregate", &[token("sum", "SUM"), token("min", "MIN"), token("max", "MAX")])
        .word("AGGREGATE")
        .opt(),
]);
