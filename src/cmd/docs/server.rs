//! Documentation of the commands about the server itself: data only, what COMMAND DOCS shows.

use crate::state::spec::CommandDoc;
use crate::state::spec::arg::{block, int, key, one_of, pattern, string, token};

/// ACL
pub static ACL: CommandDoc = CommandDoc::new(
    "server",
    "6.0.0",
    "Depends on subcommand.",
    "Groups the subcommands about users and their rights.",
);

/// ACL CAT
pub static ACL_CAT: CommandDoc = CommandDoc::new(
    "server",
    "6.0.0",
    "O(1) since the categories and commands are a fixed set.",
    "Shows the command categories, or the commands in one of them.",
)
.args(&[string("category").opt()]);

/// ACL DELUSER
pub static ACL_DELUSER: CommandDoc = CommandDoc::new(
    "server",
    "6.0.0",
    "O(1) amortized time considering the typical user.",
    "Deletes users and disconnects their clients.",
)
.tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
.args(&[string("username").many()]);

/// ACL DRYRUN
pub static ACL_DRYRUN: CommandDoc = CommandDoc::new(
    "server",
    "7.0.0",
    "O(1).",
    "Tells whether a user would be allowed to run a command, without running it.",
)
.args(&[string("username"), string("command"), string("arg").opt().many()]);

/// ACL GENPASS
pub static ACL_GENPASS: CommandDoc =
    CommandDoc::new("server", "6.0.0", "O(1)", "Makes up a random password that is hard to guess.")
        .args(&[int("bits").opt()]);

/// ACL GETUSER
pub static ACL_GETUSER: CommandDoc = CommandDoc::new(
    "server",
    "6.0.0",
    "O(N). Where N is the number of password, command and pattern rules that the user has.",
    "Shows the rules of one user.",
)
.history(&[
    ("6.2.0", "Added Pub/Sub channel patterns."),
    (
        "7.0.0",
        "Added selectors and changed the format of key and channel patterns from a list \
             to their rule representation.",
    ),
])
.args(&[string("username")]);

/// ACL HELP
pub static ACL_HELP: CommandDoc =
    CommandDoc::new("server", "6.0.0", "O(1)", "Shows what the ACL subcommands do.");

/// ACL LIST
pub static ACL_LIST: CommandDoc = CommandDoc::new(
    "server",
    "6.0.0",
    "O(N). Where N is the number of configured users.",
    "Shows all users as rules in the form of the ACL file.",
);

/// ACL LOAD
pub static ACL_LOAD: CommandDoc = CommandDoc::new(
    "server",
    "6.0.0",
    "O(N). Where N is the number of configured users.",
    "Replaces the users by those of the ACL file.",
);

/// ACL LOG
pub static ACL_LOG: CommandDoc = CommandDoc::new(
    "server",
    "6.0.0",
    "O(N) with N being the number of entries shown.",
    "Shows or clears the recent refusals of access.",
)
.history(&[("7.2.0", "Added entry ID, timestamp created, and timestamp last updated.")])
.args(&[one_of("operation", &[int("count"), token("reset", "RESET")]).opt()]);

/// ACL SAVE
pub static ACL_SAVE: CommandDoc = CommandDoc::new(
    "server",
    "6.0.0",
    "O(N). Where N is the number of configured users.",
    "Writes the users to the ACL file.",
)
.tips(&["request_policy:all_nodes", "response_policy:all_succeeded"]);

/// ACL SETUSER
pub static ACL_SETUSER: CommandDoc = CommandDoc::new(
    "server",
    "6.0.0",
    "O(N). Where N is the number of rules provided.",
    "Changes the rules of a user, creating it first if needed.",
)
.history(&[
    ("6.2.0", "Added Pub/Sub channel patterns."),
    ("7.0.0", "Added selectors and key based permissions."),
])
.tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
.args(&[string("username"), string("rule").opt().many()]);

/// ACL USERS
pub static ACL_USERS: CommandDoc = CommandDoc::new(
    "server",
    "6.0.0",
    "O(N). Where N is the number of configured users.",
    "Shows the names of all users.",
);

/// ACL WHOAMI
pub static ACL_WHOAMI: CommandDoc =
    CommandDoc::new("server", "6.0.0", "O(1)", "Tells as which user this connection is logged in.");

/// BGREWRITEAOF
pub static BGREWRITEAOF: CommandDoc =
    CommandDoc::new("server", "1.0.0", "O(1)", "Rewrites the append only file in a child process.");

/// BGSAVE
pub static BGSAVE: CommandDoc =
    CommandDoc::new("server", "1.0.0", "O(1)", "Saves a snapshot to disk in a child process.")
        .history(&[("3.2.2", "Added the `SCHEDULE` option.")])
        .args(&[token("schedule", "SCHEDULE").since("3.2.2").opt()]);

/// COMMAND
pub static COMMAND: CommandDoc = CommandDoc::new(
    "server",
    "2.8.13",
    "O(N) where N is the total number of Redis commands",
    "Describes all commands.",
)
.tips(&["nondeterministic_output_order"]);

/// COMMAND COUNT
pub static COMMAND_COUNT: CommandDoc = CommandDoc::new("server", "2.8.13", "O(1)", "Counts the commands.");

/// COMMAND DOCS
pub static COMMAND_DOCS: CommandDoc = CommandDoc::new(
    "server",
    "7.0.0",
    "O(N) where N is the number of commands to look up",
    "Explains commands to people: purpose, arguments, history.",
)
.tips(&["nondeterministic_output_order"])
.args(&[string("command-name").opt().many()]);

/// COMMAND GETKEYS
pub static COMMAND_GETKEYS: CommandDoc = CommandDoc::new(
    "server",
    "2.8.13",
    "O(N) where N is the number of arguments to the command",
    "Picks the keys out of a whole command.",
)
.args(&[string("command"), string("arg").opt().many()]);

/// COMMAND GETKEYSANDFLAGS
pub static COMMAND_GETKEYSANDFLAGS: CommandDoc = CommandDoc::new(
    "server",
    "7.0.0",
    "O(N) where N is the number of arguments to the command",
    "Picks the keys out of a whole command and tells how each is used.",
)
.args(&[string("command"), string("arg").opt().many()]);

/// COMMAND HELP
pub static COMMAND_HELP: CommandDoc =
    CommandDoc::new("server", "5.0.0", "O(1)", "Shows what the COMMAND subcommands do.");

/// COMMAND INFO
pub static COMMAND_INFO: CommandDoc = CommandDoc::new(
    "server",
    "2.8.13",
    "O(N) where N is the number of commands to look up",
    "Describes some or all commands to programs.",
)
.history(&[("7.0.0", "Allowed to be called with no argument to get info on all commands.")])
.tips(&["nondeterministic_output_order"])
.args(&[string("command-name").opt().many()]);

/// COMMAND LIST
pub static COMMAND_LIST: CommandDoc = CommandDoc::new(
    "server",
    "7.0.0",
    "O(N) where N is the total number of Redis commands",
    "Shows the names of commands.",
)
.tips(&["nondeterministic_output_order"])
.args(&[one_of(
    "filterby",
    &[
        string("module-name").word("MODULE"),
        string("category").word("ACLCAT"),
        pattern("pattern").word("PATTERN"),
    ],
)
.word("FILTERBY")
.opt()]);

/// CONFIG
pub static CONFIG: CommandDoc = CommandDoc::new(
    "server",
    "2.0.0",
    "Depends on subcommand.",
    "Groups the subcommands about the configuration.",
);

/// CONFIG GET
pub static CONFIG_GET: CommandDoc = CommandDoc::new(
    "server",
    "2.0.0",
    "O(N) when N is the number of configuration parameters provided",
    "Shows the values of configuration options.",
)
.history(&[("7.0.0", "Added the ability to pass multiple pattern parameters in one call")])
.args(&[string("parameter").many()]);

/// CONFIG HELP
pub static CONFIG_HELP: CommandDoc =
    CommandDoc::new("server", "5.0.0", "O(1)", "Shows what the CONFIG subcommands do.");

/// CONFIG RESETSTAT
pub static CONFIG_RESETSTAT: CommandDoc =
    CommandDoc::new("server", "2.0.0", "O(1)", "Sets the statistics back to zero.")
        .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"]);

/// CONFIG REWRITE
pub static CONFIG_REWRITE: CommandDoc =
    CommandDoc::new("server", "2.8.0", "O(1)", "Writes the current configuration to the configuration file.")
        .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"]);

/// CONFIG SET
pub static CONFIG_SET: CommandDoc = CommandDoc::new(
    "server",
    "2.0.0",
    "O(N) when N is the number of configuration parameters provided",
    "Changes configuration options at run time.",
)
.history(&[("7.0.0", "Added the ability to set multiple parameters in one call.")])
.tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
.args(&[block("data", &[string("parameter"), string("value")]).many()]);

/// DBSIZE
pub static DBSIZE: CommandDoc =
    CommandDoc::new("server", "1.0.0", "O(1)", "Counts the keys of the selected database.")
        .tips(&["request_policy:all_shards", "response_policy:agg_sum"]);

/// DEBUG
pub static DEBUG: CommandDoc = CommandDoc::new(
    "server",
    "1.0.0",
    "Depends on subcommand.",
    "Groups subcommands for testing the server.",
)
.syscmd();

/// FAILOVER
pub static FAILOVER: CommandDoc = CommandDoc::new(
    "server",
    "6.2.0",
    "O(1)",
    "Hands the master role over to a replica without losing writes.",
)
.args(&[
    block("target", &[string("host"), int("port"), token("force", "FORCE").opt()]).word("TO").opt(),
    token("abort", "ABORT").opt(),
    int("milliseconds").word("TIMEOUT").opt(),
]);

/// FLUSHALL
pub static FLUSHALL: CommandDoc = CommandDoc::new(
    "server",
    "1.0.0",
    "O(N) where N is the total number of keys in all databases",
    "Deletes the keys of all databases.",
)
.history(&[
    ("4.0.0", "Added the `ASYNC` flushing mode modifier."),
    ("6.2.0", "Added the `SYNC` flushing mode modifier."),
])
.tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
.args(&[one_of(
    "flush-type",
    &[token("async", "ASYNC").since("4.0.0"), token("sync", "SYNC").since("6.2.0")],
)
.opt()]);

/// FLUSHDB
pub static FLUSHDB: CommandDoc = CommandDoc::new(
    "server",
    "1.0.0",
    "O(N) where N is the number of keys in the selected database",
    "Deletes the keys of the selected database.",
)
.history(&[
    ("4.0.0", "Added the `ASYNC` flushing mode modifier."),
    ("6.2.0", "Added the `SYNC` flushing mode modifier."),
])
.tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
.args(&[one_of(
    "flush-type",
    &[token("async", "ASYNC").since("4.0.0"), token("sync", "SYNC").since("6.2.0")],
)
.opt()]);

/// INFO
pub static INFO: CommandDoc =
    CommandDoc::new("server", "1.0.0", "O(1)", "Shows facts and statistics about the server.")
        .history(&[("7.0.0", "Added support for taking multiple section arguments.")])
        .tips(&["nondeterministic_output", "request_policy:all_shards", "response_policy:special"])
        .args(&[string("section").opt().many()]);

/// LASTSAVE
pub static LASTSAVE: CommandDoc =
    CommandDoc::new("server", "1.0.0", "O(1)", "Tells when the last snapshot was saved, as a Unix time.")
        .tips(&["nondeterministic_output"]);

/// LATENCY
pub static LATENCY: CommandDoc =
    CommandDoc::new("server", "2.8.13", "Depends on subcommand.", "Groups the subcommands about latency.");

/// LATENCY DOCTOR
pub static LATENCY_DOCTOR: CommandDoc =
    CommandDoc::new("server", "2.8.13", "O(1)", "Explains in words what slows the server down.").tips(&[
        "nondeterministic_output",
        "request_policy:all_nodes",
        "response_policy:special",
    ]);

/// LATENCY GRAPH
pub static LATENCY_GRAPH: CommandDoc =
    CommandDoc::new("server", "2.8.13", "O(1)", "Draws the latency of an event over time.")
        .tips(&["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"])
        .args(&[string("event")]);

/// LATENCY HELP
pub static LATENCY_HELP: CommandDoc =
    CommandDoc::new("server", "2.8.13", "O(1)", "Shows what the LATENCY subcommands do.");

/// LATENCY HISTOGRAM
pub static LATENCY_HISTOGRAM: CommandDoc = CommandDoc::new(
    "server",
    "7.0.0",
    "O(N) where N is the number of commands with latency information being retrieved.",
    "Shows how the run times of commands are distributed.",
)
.tips(&["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"])
.args(&[string("command").opt().many()]);

/// LATENCY HISTORY
pub static LATENCY_HISTORY: CommandDoc =
    CommandDoc::new("server", "2.8.13", "O(1)", "Shows the latency samples of an event.")
        .tips(&["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"])
        .args(&[string("event")]);

/// LATENCY LATEST
pub static LATENCY_LATEST: CommandDoc =
    CommandDoc::new("server", "2.8.13", "O(1)", "Shows the newest latency sample of each event.").tips(&[
        "nondeterministic_output",
        "request_policy:all_nodes",
        "response_policy:special",
    ]);

/// LATENCY RESET
pub static LATENCY_RESET: CommandDoc =
    CommandDoc::new("server", "2.8.13", "O(1)", "Drops the latency samples of some or all events.")
        .tips(&["request_policy:all_nodes", "response_policy:agg_sum"])
        .args(&[string("event").opt().many()]);

/// LOLWUT
pub static LOLWUT: CommandDoc =
    CommandDoc::new("server", "5.0.0", "", "Draws a piece of computer art and tells the version.")
        .args(&[int("version").word("VERSION").opt()]);

/// MEMORY
pub static MEMORY: CommandDoc =
    CommandDoc::new("server", "4.0.0", "Depends on subcommand.", "Groups the subcommands about memory.");

/// MEMORY DOCTOR
pub static MEMORY_DOCTOR: CommandDoc =
    CommandDoc::new("server", "4.0.0", "O(1)", "Explains in words what is wrong with the use of memory.")
        .tips(&["nondeterministic_output", "request_policy:all_shards", "response_policy:special"]);

/// MEMORY HELP
pub static MEMORY_HELP: CommandDoc =
    CommandDoc::new("server", "4.0.0", "O(1)", "Shows what the MEMORY subcommands do.");

/// MEMORY MALLOC-STATS
pub static MEMORY_MALLOC_STATS: CommandDoc = CommandDoc::new(
    "server",
    "4.0.0",
    "Depends on how much memory is allocated, could be slow",
    "Shows the statistics of the allocator.",
)
.tips(&["nondeterministic_output", "request_policy:all_shards", "response_policy:special"]);

/// MEMORY PURGE
pub static MEMORY_PURGE: CommandDoc = CommandDoc::new(
    "server",
    "4.0.0",
    "Depends on how much memory is allocated, could be slow",
    "Asks the allocator to give unused memory back.",
)
.tips(&["request_policy:all_shards", "response_policy:all_succeeded"]);

/// MEMORY STATS
pub static MEMORY_STATS: CommandDoc =
    CommandDoc::new("server", "4.0.0", "O(1)", "Shows what memory is used for.").tips(&[
        "nondeterministic_output",
        "request_policy:all_shards",
        "response_policy:special",
    ]);

/// MEMORY USAGE
pub static MEMORY_USAGE: CommandDoc = CommandDoc::new(
    "server",
    "4.0.0",
    "O(N) where N is the number of samples.",
    "Estimates the memory that a key takes.",
)
.args(&[key("key", 0), int("count").word("SAMPLES").opt()]);

/// MODULE
pub static MODULE: CommandDoc =
    CommandDoc::new("server", "4.0.0", "Depends on subcommand.", "Groups the subcommands about modules.");

/// MODULE HELP
pub static MODULE_HELP: CommandDoc =
    CommandDoc::new("server", "5.0.0", "O(1)", "Shows what the MODULE subcommands do.");

/// MODULE LIST
pub static MODULE_LIST: CommandDoc = CommandDoc::new(
    "server",
    "4.0.0",
    "O(N) where N is the number of loaded modules.",
    "Describes the loaded modules.",
)
.tips(&["nondeterministic_output_order"]);

/// MODULE LOAD
pub static MODULE_LOAD: CommandDoc =
    CommandDoc::new("server", "4.0.0", "O(1)", "Brings a module into the server.")
        .args(&[string("path"), string("arg").opt().many()]);

/// MODULE LOADEX
pub static MODULE_LOADEX: CommandDoc =
    CommandDoc::new("server", "7.0.0", "O(1)", "Loads a module with configuration and arguments.").args(&[
        string("path"),
        block("configs", &[string("name"), string("value")]).word("CONFIG").opt().many().each(),
        string("args").word("ARGS").opt().many(),
    ]);

/// MODULE UNLOAD
pub static MODULE_UNLOAD: CommandDoc =
    CommandDoc::new("server", "4.0.0", "O(1)", "Removes a module from the server.").args(&[string("name")]);

/// MONITOR
pub static MONITOR: CommandDoc =
    CommandDoc::new("server", "1.0.0", "", "Streams every command the server runs to this connection.");

/// PSYNC
pub static PSYNC: CommandDoc =
    CommandDoc::new("server", "2.8.0", "", "Asks a master for its stream of changes from an offset on.")
        .args(&[string("replicationid"), int("offset")]);

/// REPLCONF
pub static REPLCONF: CommandDoc =
    CommandDoc::new("server", "3.0.0", "O(1)", "Lets a replica and its master talk about their link.")
        .syscmd();

/// REPLICAOF
pub static REPLICAOF: CommandDoc =
    CommandDoc::new("server", "5.0.0", "O(1)", "Makes the server a replica of another, or a master again.")
        .args(&[one_of(
            "args",
            &[
                block("host-port", &[string("host"), int("port")]),
                block("no-one", &[token("no", "NO"), token("one", "ONE")]),
            ],
        )]);

/// RESTORE-ASKING
pub static RESTORE_ASKING: CommandDoc = CommandDoc::new(
    "server",
    "3.0.0",
    "O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, \
     where N is the number of Redis objects composing the value and M their average size. For \
     small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply \
     O(1). However for sorted set values the complexity is O(N*M*log(N)) because inserting \
     values into sorted sets is O(log(N)).",
    "Creates a key from a serialized value during the move of a hash slot.",
)
.syscmd()
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

/// ROLE
pub static ROLE: CommandDoc = CommandDoc::new(
    "server",
    "2.8.12",
    "O(1)",
    "Tells the server's role in replication, with the state of it.",
);

/// SAVE
pub static SAVE: CommandDoc = CommandDoc::new(
    "server",
    "1.0.0",
    "O(N) where N is the total number of keys in all databases",
    "Saves a snapshot to disk while everybody waits.",
);

/// SHUTDOWN
pub static SHUTDOWN: CommandDoc = CommandDoc::new(
    "server",
    "1.0.0",
    "O(N) when saving, where N is the total number of keys in all databases when saving \
     data, otherwise O(1)",
    "Stops the server, saving first if so configured.",
)
.history(&[("7.0.0", "Added the `NOW`, `FORCE` and `ABORT` modifiers.")])
.args(&[
    one_of("save-selector", &[token("nosave", "NOSAVE"), token("save", "SAVE")]).opt(),
    token("now", "NOW").since("7.0.0").opt(),
    token("force", "FORCE").since("7.0.0").opt(),
    token("abort", "ABORT").since("7.0.0").opt(),
]);

/// SLAVEOF
pub static SLAVEOF: CommandDoc =
    CommandDoc::new("server", "1.0.0", "O(1)", "Makes the server a replica of another, or a master again.")
        .deprecated("5.0.0", "`REPLICAOF`")
        .args(&[one_of(
            "args",
            &[
                block("host-port", &[string("host"), int("port")]),
                block("no-one", &[token("no", "NO"), token("one", "ONE")]),
            ],
        )]);

/// SLOWLOG
pub static SLOWLOG: CommandDoc = CommandDoc::new(
    "server",
    "2.2.12",
    "Depends on subcommand.",
    "Groups the subcommands about the log of slow commands.",
);

/// SLOWLOG GET
pub static SLOWLOG_GET: CommandDoc = CommandDoc::new(
    "server",
    "2.2.12",
    "O(N) where N is the number of entries returned",
    "Shows entries of the log of slow commands.",
)
.history(&[("4.0.0", "Added client IP address, port and name to the reply.")])
.tips(&["request_policy:all_nodes", "nondeterministic_output"])
.args(&[int("count").opt()]);

/// SLOWLOG HELP
pub static SLOWLOG_HELP: CommandDoc =
    CommandDoc::new("server", "6.2.0", "O(1)", "Shows what the SLOWLOG subcommands do.");

/// SLOWLOG LEN
pub static SLOWLOG_LEN: CommandDoc =
    CommandDoc::new("server", "2.2.12", "O(1)", "Counts the entries of the log of slow commands.").tips(&[
        "request_policy:all_nodes",
        "response_policy:agg_sum",
        "nondeterministic_output",
    ]);

/// SLOWLOG RESET
pub static SLOWLOG_RESET: CommandDoc = CommandDoc::new(
    "server",
    "2.2.12",
    "O(N) where N is the number of entries in the slowlog",
    "Clears the log of slow commands.",
)
.tips(&["request_policy:all_nodes", "response_policy:all_succeeded"]);

/// SWAPDB
pub static SWAPDB: CommandDoc = CommandDoc::new(
    "server",
    "4.0.0",
    "O(N) where N is the count of clients watching or blocking on keys from both databases.",
    "Exchanges the contents of two databases.",
)
.args(&[int("index1"), int("index2")]);

/// SYNC
pub static SYNC: CommandDoc = CommandDoc::new(
    "server",
    "1.0.0",
    "",
    "Asks a master for a snapshot and its stream of changes, in the oldest way.",
);

/// TIME
pub static TIME: CommandDoc =
    CommandDoc::new("server", "2.6.0", "O(1)", "Tells the server's time.").tips(&["nondeterministic_output"]);
