//! Every error text of the protocol, once.
//!
//! Clients match on these bytes, so they are contract: they follow Redis 7.2.4 (`createSharedObjects` in
//! `server.c` and the command files) to the letter. A text here has its code and no leading `-`:
//! `ERR syntax error`. [`CmdError`] is 16 bytes; a fixed text costs nothing to make, a formatted one
//! allocates once, on the failing path only.
//!
//! Formatted texts follow C's `%s`: an argument ends at its first NUL byte, and line breaks inside become
//! spaces (`addReplyErrorFormat`), or the reply would be torn into two.

use std::fmt;

/// A failed command's answer: the text after the `-`, code included, without line breaks.
#[derive(Clone)]
pub struct CmdError(Text);

#[derive(Clone)]
enum Text {
    Fixed(&'static str),
    /// Arguments of the client are quoted in it, so it need not be UTF-8. Boxed to keep the type small.
    #[allow(clippy::box_collection)]
    Made(Box<Vec<u8>>),
}

impl CmdError {
    /// An error with a fixed text, code included ("ERR syntax error"). The text holds no line break.
    pub const fn fixed(text: &'static str) -> Self {
        CmdError(Text::Fixed(text))
    }

    /// An error with a text made at run time, code included; line breaks at the end are dropped, others
    /// become spaces.
    pub fn made(text: impl Into<Vec<u8>>) -> Self {
        let mut text = text.into();
        let end = text.iter().rposition(|&b| b != b'\r' && b != b'\n').map_or(0, |at| at + 1);
        text.truncate(end);
        text.iter_mut().filter(|b| matches!(**b, b'\r' | b'\n')).for_each(|b| *b = b' ');
        CmdError(Text::Made(Box::new(text)))
    }

    /// `ERR ` followed by `parts`, each cut at its first NUL byte.
    pub fn err(parts: &[&[u8]]) -> Self {
        Self::coded("ERR", parts)
    }

    /// `code`, a blank, and `parts`, each cut at its first NUL byte.
    pub fn coded(code: &str, parts: &[&[u8]]) -> Self {
        let mut text = Vec::with_capacity(code.len() + 1 + parts.iter().map(|p| p.len()).sum::<usize>());
        text.extend_from_slice(code.as_bytes());
        text.push(b' ');
        parts.iter().for_each(|part| text.extend_from_slice(c_str(part)));
        Self::made(text)
    }

    /// The text as it goes on the wire, between `-` and CRLF.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Text::Fixed(text) => text.as_bytes(),
            Text::Made(text) => text,
        }
    }

    /// The first word, under which `INFO errorstats` counts; `ERR` when there is no blank among the first
    /// 31 bytes (`afterErrorReply`).
    pub fn code(&self) -> &[u8] {
        code_of(self.as_bytes())
    }

    /// Whether `code` is this error's code.
    pub fn is(&self, code: &str) -> bool {
        self.code() == code.as_bytes()
    }
}

/// The code of an error text (without the `-`), as [`CmdError::code`] has it.
pub fn code_of(text: &[u8]) -> &[u8] {
    text.iter().take(31).position(|&b| b == b' ').map_or(b"ERR", |at| &text[..at])
}

impl fmt::Display for CmdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        String::from_utf8_lossy(self.as_bytes()).fmt(f)
    }
}

impl fmt::Debug for CmdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CmdError({self})")
    }
}

impl PartialEq for CmdError {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for CmdError {}

impl std::error::Error for CmdError {}

/// What C's `%s` prints of an argument: up to the first NUL byte.
fn c_str(bytes: &[u8]) -> &[u8] {
    bytes.iter().position(|&b| b == 0).map_or(bytes, |at| &bytes[..at])
}

/// C's `%.128s`.
fn short(bytes: &[u8]) -> &[u8] {
    c_str(&bytes[..bytes.len().min(128)])
}

/// `wrong number of arguments for 'name' command`; `name` in full ("config|set").
pub fn wrong_arity(name: impl AsRef<[u8]>) -> CmdError {
    CmdError::err(&[b"wrong number of arguments for '", name.as_ref(), b"' command"])
}

/// `unknown command 'name', with args beginning with: 'a' 'b' `; at most 128 bytes of arguments.
pub fn unknown_command<'a>(name: &[u8], args: impl IntoIterator<Item = &'a [u8]>) -> CmdError {
    let mut list = Vec::new();
    for arg in args {
        if list.len() >= 128 {
            break;
        }
        let room = 128 - list.len();
        list.push(b'\'');
        list.extend_from_slice(c_str(&arg[..arg.len().min(room)]));
        list.extend_from_slice(b"' ");
    }
    CmdError::err(&[b"unknown command '", short(name), b"', with args beginning with: ", &list])
}

/// `unknown subcommand 'sub'. Try CONTAINER HELP.`: the container exists, the subcommand does not.
pub fn unknown_subcommand(container: &[u8], sub: &[u8]) -> CmdError {
    let upper = container.to_ascii_uppercase();
    CmdError::err(&[b"unknown subcommand '", short(sub), b"'. Try ", &upper, b" HELP."])
}

/// `unknown subcommand or wrong number of arguments for 'sub'. Try CONTAINER HELP.`
pub fn subcommand_syntax(container: &[u8], sub: &[u8]) -> CmdError {
    let upper = container.to_ascii_uppercase();
    let head = b"unknown subcommand or wrong number of arguments for '";
    CmdError::err(&[head, short(sub), b"'. Try ", &upper, b" HELP."])
}

/// `invalid expire time in 'name' command`; `name` in full.
pub fn invalid_expire(name: impl AsRef<[u8]>) -> CmdError {
    CmdError::err(&[b"invalid expire time in '", name.as_ref(), b"' command"])
}

/// EXPIRE and its kin: an option none of NX XX GT LT.
pub fn unsupported_option(option: &[u8]) -> CmdError {
    CmdError::err(&[b"Unsupported option ", option])
}

/// A whole number outside `min..=max`.
pub fn out_of_bounds(min: i64, max: i64) -> CmdError {
    CmdError::made(format!("ERR value is out of range, value must between {min} and {max}"))
}

/// `EXEC` that a gate refused, with the gate's own error inside; the generic code is left out.
pub fn exec_abort_because(reason: &CmdError) -> CmdError {
    let text = reason.as_bytes();
    let text = text.strip_prefix(b"ERR ").unwrap_or(text);
    CmdError::coded("EXECABORT", &[b"Transaction discarded because of: ", text])
}

/// A command only allowed by `enable-debug-command` and `enable-module-command`: `("DEBUG",
/// "enable-debug-command")`.
pub fn protected_command(command: &str, option: &str) -> CmdError {
    CmdError::made(format!(
        "ERR {command} command not allowed. If the {option} option is set to \"local\", you can run it from \
         a local connection, otherwise you need to set this option in the configuration file, and then \
         restart the server."
    ))
}

/// A RESP2 connection in subscribed state; `name` in full.
pub fn not_in_pubsub(name: impl AsRef<[u8]>) -> CmdError {
    let tail = b"': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context";
    CmdError::err(&[b"Can't execute '", name.as_ref(), tail])
}

/// A subscription where each command must have one reply.
pub fn deny_blocking(name: &str) -> CmdError {
    CmdError::err(&[name.as_bytes(), b" isn't allowed for a DENY BLOCKING client"])
}

/// CLIENT TRACKING with a prefix that includes one the client has, or is included in it.
pub fn prefix_overlaps_existing(prefix: &[u8], existing: &[u8]) -> CmdError {
    CmdError::err(&[
        b"Prefix '",
        prefix,
        b"' overlaps with an existing prefix '",
        existing,
        b"'. Prefixes for a single client must not overlap.",
    ])
}

/// The same for two prefixes of one request.
pub fn prefixes_overlap(prefix: &[u8], other: &[u8]) -> CmdError {
    CmdError::err(&[
        b"Prefix '",
        prefix,
        b"' overlaps with another provided prefix '",
        other,
        b"'. Prefixes for a single client must not overlap.",
    ])
}

/// ACL: the user may not run the command (`name` in full).
pub fn no_command_permission(user: &[u8], name: impl AsRef<[u8]>) -> CmdError {
    CmdError::coded(
        "NOPERM",
        &[b"User ", user, b" has no permissions to run the '", name.as_ref(), b"' command"],
    )
}

/// The append-only file cannot be written; `reason` is the system's own word ("No space left on device").
pub fn misconf_aof(reason: &str) -> CmdError {
    CmdError::coded("MISCONF", &[b"Errors writing to the AOF file: ", reason.as_bytes()])
}

/// CONFIG SET of an unknown name, or a name without its value.
pub fn config_unknown(name: &[u8]) -> CmdError {
    CmdError::err(&[b"Unknown option or number of arguments for CONFIG SET - '", name, b"'"])
}

/// CONFIG SET refused; `reason` may be empty.
pub fn config_failed(name: &[u8], reason: &[u8]) -> CmdError {
    let (dash, reason): (&[u8], _) = if reason.is_empty() { (b"", reason) } else { (b" - ", reason) };
    CmdError::err(&[b"CONFIG SET failed (possibly related to argument '", name, b"')", dash, reason])
}

/// CONFIG REWRITE failed; `reason` is the system's own word.
pub fn config_rewrite(reason: &str) -> CmdError {
    CmdError::err(&[b"Rewriting config file: ", reason.as_bytes()])
}

/// CLIENT LIST/KILL TYPE with an unknown type.
pub fn unknown_client_type(name: &[u8]) -> CmdError {
    CmdError::err(&[b"Unknown client type '", name, b"'"])
}

/// CLIENT KILL USER with an unknown user.
pub fn no_such_user(name: &[u8]) -> CmdError {
    CmdError::err(&[b"No such user '", name, b"'"])
}

/// CLIENT SETINFO with an unknown attribute.
pub fn unrecognized_option(name: &[u8]) -> CmdError {
    CmdError::err(&[b"Unrecognized option '", name, b"'"])
}

/// CLIENT SETINFO with a value that holds blanks or control bytes.
pub fn bad_client_attribute(name: &[u8]) -> CmdError {
    CmdError::err(&[name, b" cannot contain spaces, newlines or special characters."])
}

/// HELLO with an unknown option.
pub fn hello_syntax(option: &[u8]) -> CmdError {
    CmdError::err(&[b"Syntax error in HELLO option '", option, b"'"])
}

/// REPLCONF with an unknown option.
pub fn replconf_unrecognized(option: &[u8]) -> CmdError {
    CmdError::err(&[b"Unrecognized REPLCONF option: ", option])
}

/// REPLCONF ip-address longer than an address may be.
pub fn replconf_address_too_long(len: usize) -> CmdError {
    CmdError::made(format!("ERR REPLCONF ip-address provided by replica instance is too long: {len} bytes"))
}

/// REPLCONF rdb-filter-only with an unknown part.
pub fn replconf_filter(option: &[u8]) -> CmdError {
    CmdError::err(&[b"Unsupported rdb-filter-only option: ", option])
}

/// LATENCY GRAPH of an event without samples.
pub fn no_samples(event: &[u8]) -> CmdError {
    CmdError::err(&[b"No samples available for event '", event, b"'"])
}

macro_rules! texts {
    ($($(#[$meta:meta])* $name:ident = $text:expr;)*) => {
        $($(#[$meta])* #[doc = concat!("`", $text, "`")] pub const $name: CmdError = CmdError::fixed($text);)*
        #[cfg(test)]
        const ALL: &[CmdError] = &[$($name),*];
    };
}

texts! {
    // The shared ones (createSharedObjects).
    WRONGTYPE = "WRONGTYPE Operation against a key holding the wrong kind of value";
    /// The bare error of SAVE and BGSAVE.
    ERR = "ERR";
    NO_SUCH_KEY = "ERR no such key";
    SYNTAX = "ERR syntax error";
    SAME_OBJECT = "ERR source and destination objects are the same";
    INDEX_OUT_OF_RANGE = "ERR index out of range";
    NOSCRIPT = "NOSCRIPT No matching script. Please use EVAL.";
    LOADING = "LOADING Redis is loading the dataset in memory";
    BUSY_SCRIPT =
        "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
    BUSY_FUNCTION =
        "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.";
    MASTERDOWN = "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.";
    MISCONF_RDB =
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. \
         Commands that may modify the data set are disabled, because this instance is configured to report \
         errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check \
         the Redis logs for details about the RDB error.";
    READONLY = "READONLY You can't write against a read only replica.";
    NOAUTH = "NOAUTH Authentication required.";
    OOM = "OOM command not allowed when used memory > 'maxmemory'.";
    EXECABORT = "EXECABORT Transaction discarded because of previous errors.";
    NOREPLICAS = "NOREPLICAS Not enough good replicas to write.";
    BUSYKEY = "BUSYKEY Target key name already exists.";

    // RESTORE.
    RESTORE_IDLETIME = "ERR Invalid IDLETIME value, must be >= 0";
    RESTORE_FREQ = "ERR Invalid FREQ value, must be >= 0 and <= 255";
    RESTORE_TTL = "ERR Invalid TTL value, must be >= 0";
    RESTORE_FOOTER = "ERR DUMP payload version or checksum are wrong";
    RESTORE_BAD_DATA = "ERR Bad data format";

    // Numbers.
    NOT_INT = "ERR value is not an integer or out of range";
    NOT_FLOAT = "ERR value is not a valid float";
    OUT_OF_RANGE = "ERR value is out of range";
    NOT_POSITIVE = "ERR value is out of range, must be positive";
    TIMEOUT_NOT_FLOAT = "ERR timeout is not a float or out of range";
    TIMEOUT_NOT_INT = "ERR timeout is not an integer or out of range";
    TIMEOUT_OUT_OF_RANGE = "ERR timeout is out of range";
    TIMEOUT_NEGATIVE = "ERR timeout is negative";

    // The gate.
    NOT_IN_MULTI = "ERR Command not allowed inside a transaction";
    REPLICA_NO_KEYSPACE = "ERR Replica can't interact with the keyspace";
    NOPERM_KEY = "NOPERM No permissions to access a key";
    NOPERM_CHANNEL = "NOPERM No permissions to access a channel";
    MAX_CLIENTS = "ERR max number of clients reached";

    // MULTI, WATCH.
    MULTI_NESTED = "ERR MULTI calls can not be nested";
    DISCARD_WITHOUT_MULTI = "ERR DISCARD without MULTI";
    EXEC_WITHOUT_MULTI = "ERR EXEC without MULTI";
    WATCH_IN_MULTI = "ERR WATCH inside MULTI is not allowed";

    // Strings.
    STRING_TOO_LONG = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
    OFFSET_OUT_OF_RANGE = "ERR offset is out of range";
    INCR_OVERFLOW = "ERR increment or decrement would overflow";
    DECR_OVERFLOW = "ERR decrement would overflow";
    INCR_NAN = "ERR increment would produce NaN or Infinity";
    LCS_NOT_STRINGS = "ERR The specified keys must contain string values";
    LCS_LEN_AND_IDX = "ERR If you want both the length and indexes, please just use IDX.";
    LCS_TOO_LONG = "ERR String too long for LCS";
    LCS_MEMORY = "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len";
    LCS_ALLOC = "ERR Insufficient memory, failed allocating transient memory for LCS";
    BIT_OFFSET = "ERR bit offset is not an integer or out of range";
    BIT_VALUE = "ERR bit is not an integer or out of range";

    // Hashes.
    HASH_NOT_INT = "ERR hash value is not an integer";
    HASH_NOT_FLOAT = "ERR hash value is not a float";
    NAN_OR_INFINITY = "ERR value is NaN or Infinity";

    // Keys and databases.
    DB_OUT_OF_RANGE = "ERR DB index is out of range";
    INVALID_FIRST_DB = "ERR invalid first DB index";
    INVALID_SECOND_DB = "ERR invalid second DB index";
    INVALID_CURSOR = "ERR invalid cursor";
    EXPIRE_NX_WITH_OTHERS = "ERR NX and XX, GT or LT options at the same time are not compatible";
    EXPIRE_GT_AND_LT = "ERR GT and LT options at the same time are not compatible";
    IDLETIME_UNDER_LFU =
        "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching \
         between policies at runtime LRU and LFU data will take some time to adjust.";
    FREQ_WITHOUT_LFU =
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when \
         switching between policies at runtime LRU and LFU data will take some time to adjust.";

    // Connection.
    WRONGPASS = "WRONGPASS invalid username-password pair or user is disabled.";
    AUTH_WITHOUT_PASSWORD =
        "ERR AUTH <password> called without any password configured for the default user. Are you sure \
         your configuration is correct?";
    NOPROTO = "NOPROTO unsupported protocol version";
    HELLO_BAD_VERSION = "ERR Protocol version is not an integer or out of range";
    HELLO_NOAUTH =
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> \
         AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol \
         version at the same time";
    CLIENT_NAME = "ERR Client names cannot contain spaces, newlines or special characters.";
    CLIENT_INVALID_ID = "ERR Invalid client ID";
    CLIENT_ID_POSITIVE = "ERR client-id should be greater than 0";
    NO_SUCH_CLIENT = "ERR No such client";
    CLIENT_UNBLOCK_REASON = "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR";
    CLIENT_PAUSE_MODE = "ERR CLIENT PAUSE mode must be WRITE or ALL";
    RESET_NOT_NORMAL = "ERR can only reset normal client connections";
    /// What a client gets that CLIENT UNBLOCK ... ERROR wakes.
    UNBLOCKED = "UNBLOCKED client unblocked via CLIENT UNBLOCK";
    /// What blocked clients get when the instance becomes a replica.
    UNBLOCKED_ROLE =
        "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)";
    PROTECTED_MODE =
        "DENIED Redis is running in protected mode because protected mode is enabled and no password is \
         set for the default user. In this mode connections are only accepted from the loopback interface. \
         If you want to connect from external computers to Redis you may adopt one of the following \
         solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from \
         the loopback interface by connecting to Redis from the same host the server is running, however \
         MAKE SURE Redis is not publicly accessible from internet if you do so. Use CONFIG REWRITE to make \
         this change permanent. 2) Alternatively you can just disable the protected mode by editing the \
         Redis configuration file, and setting the protected mode option to 'no', and then restarting the \
         server. 3) If you started the server manually just for testing, restart it with the \
         '--protected-mode no' option. 4) Set up an authentication password for the default user. NOTE: \
         You only need to do one of the above things in order for the server to start accepting \
         connections from the outside.";

    // Configuration, introspection.
    NO_CONFIG_FILE = "ERR The server is running without a config file";
    MONITOR_DENY_BLOCKING = "ERR MONITOR isn't allowed for DENY BLOCKING client";
    SLOWLOG_COUNT = "ERR count should be greater than or equal to -1";
    COMMAND_INVALID = "ERR Invalid command specified";
    COMMAND_NO_KEYS = "ERR The command has no key arguments";
    COMMAND_ARITY = "ERR Invalid number of arguments specified for command";
    COMMAND_ARGUMENTS = "ERR Invalid arguments specified for command";

    // Snapshot, shutdown, debug.
    SAVE_IN_PROGRESS = "ERR Background save already in progress";
    REWRITE_IN_PROGRESS = "ERR Background append only file rewriting already in progress";
    REWRITE_FAILED =
        "ERR Can't execute an AOF background rewriting. Please check the server logs for more information.";
    BGSAVE_OTHER_CHILD =
        "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order \
         to schedule a BGSAVE whenever possible.";
    NO_SHUTDOWN = "ERR No shutdown in progress.";
    SHUTDOWN_ERRORS = "ERR Errors trying to SHUTDOWN. Check logs.";
    SHUTDOWN_DENY_BLOCKING = "ERR SHUTDOWN without NOW or ABORT isn't allowed for DENY BLOCKING client";
    DEBUG_RELOAD_OPTIONS = "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.";
    DEBUG_RELOAD_FAILED = "ERR Error trying to load the RDB dump, check server logs.";
    DEBUG_LOADAOF_FAILED = "ERR Error trying to load the AOF files, check server logs.";
    DEBUG_NOT_SDS = "ERR Not an sds encoded string.";
    DEBUG_DB = "ERR Out of range database";
    DEBUG_RESTART = "ERR failed to restart the server. Check server logs.";
    DEBUG_RESP2 = "ERR RESP2 is not supported by this command";
    DEBUG_PROTOCOL_TYPE =
        "ERR Wrong protocol type name. Please use one of the following: \
         string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false";

    // Replication.
    REPLICA_BGSAVE_FAILED = "ERR BGSAVE failed, replication can't continue";
    PSYNC_FAILOVER_MASTER = "ERR PSYNC FAILOVER can't be sent to a master.";
    PSYNC_FAILOVER_REPLID = "ERR PSYNC FAILOVER replid must match my replid.";
    SYNC_FAILING_OVER = "NOMASTERLINK Can't SYNC while failing over";
    SYNC_NO_MASTER_LINK = "NOMASTERLINK Can't SYNC while not connected with my master";
    SYNC_PENDING_OUTPUT = "ERR SYNC and PSYNC are invalid with pending output";
    SYNC_FILTER_NEEDS_EOF = "ERR Filtered replica requires EOF capability";
    SYNC_TOO_OLD = "ERR This replica can read no RDB version that I can write";
    SYNC_VERSION_NEEDS_EOF = "ERR A snapshot of another RDB version requires EOF capability";
    REPLCONF_FILTER_MISSING = "ERR Missing rdb-filter-only values";
    REPLICAOF_FAILING_OVER = "ERR REPLICAOF not allowed while failing over.";
    REPLICAOF_BY_REPLICA = "ERR Command is not valid when client is a replica.";
    REPLICAOF_BAD_PORT = "ERR Invalid master port";
    WAIT_ON_REPLICA =
        "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a \
         replica is configured to be writable (which is not the default) writes to replicas are just local \
         and are not propagated.";
    WAITAOF_ON_REPLICA =
        "ERR WAITAOF cannot be used with replica instances. Please also note that writes to replicas are \
         just local and are not propagated.";
    WAITAOF_NO_AOF = "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.";
    FAILOVER_NONE = "ERR No failover in progress.";
    FAILOVER_TIMEOUT = "ERR FAILOVER timeout must be greater than 0";
    FAILOVER_RUNNING = "ERR FAILOVER already in progress.";
    FAILOVER_ON_REPLICA = "ERR FAILOVER is not valid when server is a replica.";
    FAILOVER_NO_REPLICAS = "ERR FAILOVER requires connected replicas.";
    FAILOVER_FORCE = "ERR FAILOVER with force option requires both a timeout and target HOST and IP.";
    FAILOVER_TARGET_UNKNOWN = "ERR FAILOVER target HOST and PORT is not a replica.";
    FAILOVER_TARGET_OFFLINE = "ERR FAILOVER target replica is not online.";

    // CLIENT TRACKING and CACHING.
    TRACKING_ONE_REDIRECT = "ERR A client can only redirect to a single other client";
    TRACKING_NO_REDIRECT = "ERR The client ID you want redirect to does not exist";
    TRACKING_PREFIX = "ERR PREFIX option requires BCAST mode to be enabled";
    TRACKING_SWITCH_BCAST = "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.";
    TRACKING_BCAST_OPT = "ERR OPTIN and OPTOUT are not compatible with BCAST";
    TRACKING_OPT_BOTH = "ERR You can't specify both OPTIN mode and OPTOUT mode";
    TRACKING_SWITCH_OPT = "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.";
    CACHING_UNTRACKED = "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled";
    CACHING_YES = "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.";
    CACHING_NO = "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.";

    // Cluster mode, which this server does not run.
    CLUSTER_DISABLED = "ERR This instance has cluster support disabled";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_one_line_with_a_code() {
        for text in ALL {
            let bytes = text.as_bytes();
            assert!(!bytes.is_empty() && !bytes.starts_with(b"-"), "{text}");
            assert!(bytes.iter().all(|b| (32..127).contains(b)), "{text}");
            assert!(text.code().iter().all(u8::is_ascii_uppercase), "{text}");
        }
        assert!(size_of::<CmdError>() <= 16);
        assert_eq!(WRONGTYPE.code(), b"WRONGTYPE");
        assert_eq!(ERR.code(), b"ERR");
        assert!(NOAUTH.is("NOAUTH"));
    }

    #[test]
    fn formatted_texts_follow_printf() {
        assert_eq!(
            wrong_arity("config|set").to_string(),
            "ERR wrong number of arguments for 'config|set' command"
        );
        let args: [&[u8]; 2] = [b"a\r\nb", b"c\0d"];
        let text = unknown_command(b"fo\0o", args).to_string();
        assert_eq!(text, "ERR unknown command 'fo', with args beginning with: 'a  b' 'c' ");
        let long = [b'x'; 300];
        let text = unknown_command(&long, [&long[..100], &long, b"never"]);
        let model = format!(
            "ERR unknown command '{}', with args beginning with: '{}' '{}' ",
            "x".repeat(128),
            "x".repeat(100),
            "x".repeat(128 - 103)
        );
        assert_eq!(text.to_string(), model);
        assert_eq!(
            unknown_subcommand(b"config", b"x").to_string(),
            "ERR unknown subcommand 'x'. Try CONFIG HELP."
        );
        assert_eq!(
            config_failed(b"port", b"").to_string(),
            "ERR CONFIG SET failed (possibly related to argument 'port')"
        );
        assert_eq!(CmdError::made("ERR a\nb\r\n").to_string(), "ERR a b");
    }

    #[test]
    fn exec_abort_names_the_reason() {
        let arity = exec_abort_because(&wrong_arity("exec"));
        assert_eq!(
            arity.to_string(),
            "EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command"
        );
        let ro = exec_abort_because(&READONLY);
        assert!(
            ro.to_string().ends_with("because of: READONLY You can't write against a read only replica.")
        );
    }
}
