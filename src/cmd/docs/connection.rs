//! Documentation of the commands about connections: data only, what COMMAND DOCS shows.

use crate::state::spec::CommandDoc;
use crate::state::spec::arg::{block, int, one_of, string, token};

/// AUTH
pub static AUTH: CommandDoc = CommandDoc::new(
    "connection",
    "1.0.0",
    "O(N) where N is the number of passwords defined for the user",
    "Logs the connection in.",
)
.history(&[("6.0.0", "Added ACL style (username and password).")])
.args(&[string("username").since("6.0.0").opt(), string("password")]);

/// CLIENT
pub static CLIENT: CommandDoc = CommandDoc::new(
    "connection",
    "2.4.0",
    "Depends on subcommand.",
    "Groups the subcommands about client connections.",
);

/// CLIENT CACHING
pub static CLIENT_CACHING: CommandDoc = CommandDoc::new(
    "connection",
    "6.0.0",
    "O(1)",
    "Says whether the keys of the next command are to be tracked.",
)
.args(&[one_of("mode", &[token("yes", "YES"), token("no", "NO")])]);

/// CLIENT GETNAME
pub static CLIENT_GETNAME: CommandDoc =
    CommandDoc::new("connection", "2.6.9", "O(1)", "Tells the name of this connection.");

/// CLIENT GETREDIR
pub static CLIENT_GETREDIR: CommandDoc = CommandDoc::new(
    "connection",
    "6.0.0",
    "O(1)",
    "Tells which client receives this connection's invalidation messages.",
);

/// CLIENT HELP
pub static CLIENT_HELP: CommandDoc =
    CommandDoc::new("connection", "5.0.0", "O(1)", "Shows what the CLIENT subcommands do.");

/// CLIENT ID
pub static CLIENT_ID: CommandDoc =
    CommandDoc::new("connection", "5.0.0", "O(1)", "Tells the number of this connection.");

/// CLIENT INFO
pub static CLIENT_INFO: CommandDoc =
    CommandDoc::new("connection", "6.2.0", "O(1)", "Describes this connection.")
        .tips(&["nondeterministic_output"]);

/// CLIENT KILL
pub static CLIENT_KILL: CommandDoc = CommandDoc::new(
    "connection",
    "2.4.0",
    "O(N) where N is the number of client connections",
    "Closes the connections that match a filter.",
)
.history(&[
    ("2.8.12", "Added new filter format."),
    ("2.8.12", "`ID` option."),
    ("3.2.0", "Added `master` type in for `TYPE` option."),
    (
        "5.0.0",
        "Replaced `slave` `TYPE` with `replica`. `slave` still supported for backward \
             compatibility.",
    ),
    ("6.2.0", "`LADDR` option."),
])
.args(&[one_of(
    "filter",
    &[
        string("old-format").show("ip:port").until("2.8.12"),
        one_of(
            "new-format",
            &[
                int("client-id").word("ID").since("2.8.12").opt(),
                one_of(
                    "client-type",
                    &[
                        token("normal", "NORMAL"),
                        token("master", "MASTER").since("3.2.0"),
                        token("slave", "SLAVE"),
                        token("replica", "REPLICA").since("5.0.0"),
                        token("pubsub", "PUBSUB"),
                    ],
                )
                .word("TYPE")
                .since("2.8.12")
                .opt(),
                string("username").word("USER").opt(),
                string("addr").show("ip:port").word("ADDR").opt(),
                string("laddr").show("ip:port").word("LADDR").since("6.2.0").opt(),
                one_of("skipme", &[token("yes", "YES"), token("no", "NO")]).word("SKIPME").opt(),
            ],
        )
        .many(),
    ],
)]);

/// CLIENT LIST
pub static CLIENT_LIST: CommandDoc = CommandDoc::new(
    "connection",
    "2.4.0",
    "O(N) where N is the number of client connections",
    "Describes the open connections.",
)
.history(&[
    ("2.8.12", "Added unique client `id` field."),
    ("5.0.0", "Added optional `TYPE` filter."),
    ("6.0.0", "Added `user` field."),
    ("6.2.0", "Added `argv-mem`, `tot-mem`, `laddr` and `redir` fields and the optional `ID` filter."),
    ("7.0.0", "Added `resp`, `multi-mem`, `rbs` and `rbp` fields."),
    ("7.0.3", "Added `ssub` field."),
])
.tips(&["nondeterministic_output"])
.args(&[
    one_of(
        "client-type",
        &[
            token("normal", "NORMAL"),
            token("master", "MASTER"),
            token("replica", "REPLICA"),
            token("pubsub", "PUBSUB"),
        ],
    )
    .word("TYPE")
    .since("5.0.0")
    .opt(),
    int("client-id").word("ID").since("6.2.0").opt().many(),
]);

/// CLIENT NO-EVICT
pub static CLIENT_NO_EVICT: CommandDoc = CommandDoc::new(
    "connection",
    "7.0.0",
    "O(1)",
    "Exempts this connection from being closed when clients use too much memory.",
)
.args(&[one_of("enabled", &[token("on", "ON"), token("off", "OFF")])]);

/// CLIENT NO-TOUCH
pub static CLIENT_NO_TOUCH: CommandDoc = CommandDoc::new(
    "connection",
    "7.2.0",
    "O(1)",
    "Keeps this connection's commands from refreshing the access time of keys.",
)
.args(&[one_of("enabled", &[token("on", "ON"), token("off", "OFF")])]);

/// CLIENT PAUSE
pub static CLIENT_PAUSE: CommandDoc =
    CommandDoc::new("connection", "3.0.0", "O(1)", "Holds back commands of all clients for some time.")
        .history(&[("6.2.0", "`CLIENT PAUSE WRITE` mode added along with the `mode` option.")])
        .args(&[
            int("timeout"),
            one_of("mode", &[token("write", "WRITE"), token("all", "ALL")]).since("6.2.0").opt(),
        ]);

/// CLIENT REPLY
pub static CLIENT_REPLY: CommandDoc =
    CommandDoc::new("connection", "3.2.0", "O(1)", "Switches the replies to this connection on or off.")
        .args(&[one_of("action", &[token("on", "ON"), token("off", "OFF"), token("skip", "SKIP")])]);

/// CLIENT SETINFO
pub static CLIENT_SETINFO: CommandDoc =
    CommandDoc::new("connection", "7.2.0", "O(1)", "Records which client library this connection uses.")
        .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
        .args(&[one_of("attr", &[string("libname").word("LIB-NAME"), string("libver").word("LIB-VER")])]);

/// CLIENT SETNAME
pub static CLIENT_SETNAME: CommandDoc =
    CommandDoc::new("connection", "2.6.9", "O(1)", "Gives this connection a name.")
        .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
        .args(&[string("connection-name")]);

/// CLIENT TRACKING
pub static CLIENT_TRACKING: CommandDoc = CommandDoc::new(
    "connection",
    "6.0.0",
    "O(1). Some options may introduce additional complexity.",
    "Switches invalidation messages for keys this connection has read on or off.",
)
.args(&[
    one_of("status", &[token("on", "ON"), token("off", "OFF")]),
    int("client-id").word("REDIRECT").opt(),
    string("prefix").word("PREFIX").opt().many().each(),
    token("bcast", "BCAST").opt(),
    token("optin", "OPTIN").opt(),
    token("optout", "OPTOUT").opt(),
    token("noloop", "NOLOOP").opt(),
]);

/// CLIENT TRACKINGINFO
pub static CLIENT_TRACKINGINFO: CommandDoc =
    CommandDoc::new("connection", "6.2.0", "O(1)", "Describes how this connection's reads are tracked.");

/// CLIENT UNBLOCK
pub static CLIENT_UNBLOCK: CommandDoc = CommandDoc::new(
    "connection",
    "5.0.0",
    "O(log N) where N is the number of client connections",
    "Wakes a client that waits in a blocking command.",
)
.args(&[
    int("client-id"),
    one_of("unblock-type", &[token("timeout", "TIMEOUT"), token("error", "ERROR")]).opt(),
]);

/// CLIENT UNPAUSE
pub static CLIENT_UNPAUSE: CommandDoc = CommandDoc::new(
    "connection",
    "6.2.0",
    "O(N) Where N is the number of paused clients",
    "Lets the commands held back by CLIENT PAUSE go on.",
);

/// ECHO
pub static ECHO: CommandDoc =
    CommandDoc::new("connection", "1.0.0", "O(1)", "Sends its argument back.").args(&[string("message")]);

/// HELLO
pub static HELLO: CommandDoc = CommandDoc::new(
    "connection",
    "6.0.0",
    "O(1)",
    "Negotiates the protocol version, and may log in and name the connection.",
)
.history(&[(
    "6.2.0",
    "`protover` made optional; when called without arguments the command reports the \
             current connection's context.",
)])
.args(&[block(
    "arguments",
    &[
        int("protover"),
        block("auth", &[string("username"), string("password")]).word("AUTH").opt(),
        string("clientname").word("SETNAME").opt(),
    ],
)
.opt()]);

/// PING
pub static PING: CommandDoc =
    CommandDoc::new("connection", "1.0.0", "O(1)", "Answers, to show that the connection is alive.")
        .tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
        .args(&[string("message").opt()]);

/// QUIT
pub static QUIT: CommandDoc =
    CommandDoc::new("connection", "1.0.0", "O(1)", "Says goodbye and closes the connection.")
        .deprecated("7.2.0", "just closing the connection");

/// RESET
pub static RESET: CommandDoc =
    CommandDoc::new("connection", "6.2.0", "O(1)", "Puts the connection back into its initial state.");

/// SELECT
pub static SELECT: CommandDoc =
    CommandDoc::new("connection", "1.0.0", "O(1)", "Chooses the database of this connection.")
        .args(&[int("index")]);
