//! Documentation of the commands about scripts and functions: data only, what COMMAND DOCS shows.

use crate::state::spec::CommandDoc;
use crate::state::spec::arg::{int, key, one_of, string, token};

/// EVAL
pub static EVAL: CommandDoc =
    CommandDoc::new("scripting", "2.6.0", "Depends on the script that is executed.", "Runs a Lua script.")
        .args(&[string("script"), int("numkeys"), key("key", 0).opt().many(), string("arg").opt().many()]);

/// EVAL_RO
pub static EVAL_RO: CommandDoc = CommandDoc::new(
    "scripting",
    "7.0.0",
    "Depends on the script that is executed.",
    "Runs a Lua script that may only read.",
)
.args(&[string("script"), int("numkeys"), key("key", 0).opt().many(), string("arg").opt().many()]);

/// EVALSHA
pub static EVALSHA: CommandDoc = CommandDoc::new(
    "scripting",
    "2.6.0",
    "Depends on the script that is executed.",
    "Runs a known Lua script by its digest.",
)
.args(&[string("sha1"), int("numkeys"), key("key", 0).opt().many(), string("arg").opt().many()]);

/// EVALSHA_RO
pub static EVALSHA_RO: CommandDoc = CommandDoc::new(
    "scripting",
    "7.0.0",
    "Depends on the script that is executed.",
    "Runs a known Lua script by its digest; it may only read.",
)
.args(&[string("sha1"), int("numkeys"), key("key", 0).opt().many(), string("arg").opt().many()]);

/// FCALL
pub static FCALL: CommandDoc = CommandDoc::new(
    "scripting",
    "7.0.0",
    "Depends on the function that is executed.",
    "Calls a function of a loaded library.",
)
.args(&[string("function"), int("numkeys"), key("key", 0).opt().many(), string("arg").opt().many()]);

/// FCALL_RO
pub static FCALL_RO: CommandDoc = CommandDoc::new(
    "scripting",
    "7.0.0",
    "Depends on the function that is executed.",
    "Calls a function of a loaded library that only reads.",
)
.args(&[string("function"), int("numkeys"), key("key", 0).opt().many(), string("arg").opt().many()]);

/// FUNCTION
pub static FUNCTION: CommandDoc = CommandDoc::new(
    "scripting",
    "7.0.0",
    "Depends on subcommand.",
    "Groups the subcommands about function libraries.",
);

/// FUNCTION DELETE
pub static FUNCTION_DELETE: CommandDoc =
    CommandDoc::new("scripting", "7.0.0", "O(1)", "Deletes a library with its functions.")
        .tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
        .args(&[string("library-name")]);

/// FUNCTION DUMP
pub static FUNCTION_DUMP: CommandDoc = CommandDoc::new(
    "scripting",
    "7.0.0",
    "O(N) where N is the number of functions",
    "Serializes all libraries, to be restored by FUNCTION RESTORE.",
);

/// FUNCTION FLUSH
pub static FUNCTION_FLUSH: CommandDoc = CommandDoc::new(
    "scripting",
    "7.0.0",
    "O(N) where N is the number of functions deleted",
    "Deletes all libraries.",
)
.tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
.args(&[one_of("flush-type", &[token("async", "ASYNC"), token("sync", "SYNC")]).opt()]);

/// FUNCTION HELP
pub static FUNCTION_HELP: CommandDoc =
    CommandDoc::new("scripting", "7.0.0", "O(1)", "Shows what the FUNCTION subcommands do.");

/// FUNCTION KILL
pub static FUNCTION_KILL: CommandDoc =
    CommandDoc::new("scripting", "7.0.0", "O(1)", "Stops the function that is running.")
        .tips(&["request_policy:all_shards", "response_policy:one_succeeded"]);

/// FUNCTION LIST
pub static FUNCTION_LIST: CommandDoc = CommandDoc::new(
    "scripting",
    "7.0.0",
    "O(N) where N is the number of functions",
    "Describes the loaded libraries.",
)
.tips(&["nondeterministic_output_order"])
.args(&[string("library-name-pattern").word("LIBRARYNAME").opt(), token("withcode", "WITHCODE").opt()]);

/// FUNCTION LOAD
pub static FUNCTION_LOAD: CommandDoc = CommandDoc::new(
    "scripting",
    "7.0.0",
    "O(1) (considering compilation time is redundant)",
    "Registers a library of functions.",
)
.tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
.args(&[token("replace", "REPLACE").opt(), string("function-code")]);

/// FUNCTION RESTORE
pub static FUNCTION_RESTORE: CommandDoc = CommandDoc::new(
    "scripting",
    "7.0.0",
    "O(N) where N is the number of functions on the payload",
    "Loads libraries that FUNCTION DUMP serialized.",
)
.tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
.args(&[
    string("serialized-value"),
    one_of("policy", &[token("flush", "FLUSH"), token("append", "APPEND"), token("replace", "REPLACE")])
        .opt(),
]);

/// FUNCTION STATS
pub static FUNCTION_STATS: CommandDoc =
    CommandDoc::new("scripting", "7.0.0", "O(1)", "Describes the running function and the engines.").tips(&[
        "nondeterministic_output",
        "request_policy:all_shards",
        "response_policy:special",
    ]);

/// SCRIPT
pub static SCRIPT: CommandDoc = CommandDoc::new(
    "scripting",
    "2.6.0",
    "Depends on subcommand.",
    "Groups the subcommands about Lua scripts.",
);

/// SCRIPT DEBUG
pub static SCRIPT_DEBUG: CommandDoc =
    CommandDoc::new("scripting", "3.2.0", "O(1)", "Sets the debugging mode for scripts of this connection.")
        .args(&[one_of("mode", &[token("yes", "YES"), token("sync", "SYNC"), token("no", "NO")])]);

/// SCRIPT EXISTS
pub static SCRIPT_EXISTS: CommandDoc = CommandDoc::new(
    "scripting",
    "2.6.0",
    "O(N) with N being the number of scripts to check (so checking a single script is an \
     O(1) operation).",
    "Tells which scripts are known, by their digests.",
)
.tips(&["request_policy:all_shards", "response_policy:agg_logical_and"])
.args(&[string("sha1").many()]);

/// SCRIPT FLUSH
pub static SCRIPT_FLUSH: CommandDoc = CommandDoc::new(
    "scripting",
    "2.6.0",
    "O(N) with N being the number of scripts in cache",
    "Forgets all scripts.",
)
.history(&[("6.2.0", "Added the `ASYNC` and `SYNC` flushing mode modifiers.")])
.tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
.args(&[one_of("flush-type", &[token("async", "ASYNC"), token("sync", "SYNC")]).since("6.2.0").opt()]);

/// SCRIPT HELP
pub static SCRIPT_HELP: CommandDoc =
    CommandDoc::new("scripting", "5.0.0", "O(1)", "Shows what the SCRIPT subcommands do.");

/// SCRIPT KILL
pub static SCRIPT_KILL: CommandDoc =
    CommandDoc::new("scripting", "2.6.0", "O(1)", "Stops the script that is running.")
        .tips(&["request_policy:all_shards", "response_policy:one_succeeded"]);

/// SCRIPT LOAD
pub static SCRIPT_LOAD: CommandDoc = CommandDoc::new(
    "scripting",
    "2.6.0",
    "O(N) with N being the length in bytes of the script body.",
    "Remembers a script, to be run by its digest.",
)
.tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
.args(&[string("script")]);
