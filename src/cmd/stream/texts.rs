//! The error texts that only stream commands have.
//!
//! Source: Redis 7.2.4 `t_stream.c`.

use crate::resp::errors::CmdError;

macro_rules! texts {
    ($($name:ident = $text:expr;)*) => {
        $(#[doc = concat!("`", $text, "`")] pub const $name: CmdError = CmdError::fixed($text);)*
    };
}

texts! {
    INVALID_ID = "ERR Invalid stream ID specified as stream command argument";
    START_ID = "ERR invalid start ID for the interval";
    END_ID = "ERR invalid end ID for the interval";

    TWO_STRATEGIES = "ERR syntax error, MAXLEN and MINID options at the same time are not compatible";
    MAXLEN_NEGATIVE = "ERR The MAXLEN argument must be >= 0.";
    LIMIT_NEGATIVE = "ERR The LIMIT argument must be >= 0.";
    LIMIT_ALONE = "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy";
    LIMIT_EXACT = "ERR syntax error, LIMIT cannot be used without the special ~ option";
    NO_STRATEGY = "ERR syntax error, XTRIM must be called with a trimming strategy";
    ZERO_ID = "ERR The ID specified in XADD must be greater than 0-0";
    EXHAUSTED = "ERR The stream has exhausted the last possible ID, unable to add more items";
    ID_TOO_SMALL = "ERR The ID specified in XADD is equal or smaller than the target stream top item";
    ENTRY_TOO_LARGE = "ERR Elements are too large to be stored";

    ADDED_NEGATIVE = "ERR entries_added must be positive";
    SETID_BELOW_GIVEN = "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id";
    SETID_BELOW_DELETED = "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id";
    SETID_BELOW_TOP = "ERR The ID specified in XSETID is smaller than the target stream top item";
    SETID_ADDED = "ERR The entries_added specified in XSETID is smaller than the target stream length";

    GROUP_IN_XREAD = "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.";
    NOACK_IN_XREAD = "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.";
    GROUP_MISSING = "ERR Missing GROUP option for XREADGROUP";
    DOLLAR_IN_GROUP =
        "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this \
         consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return \
         an empty result set.";
    GREATER_IN_XREAD =
        "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.";

    GROUP_READS = "ERR value for ENTRIESREAD must be positive or -1";
    GROUP_NEEDS_KEY =
        "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the \
         MKSTREAM option to create an empty stream automatically.";
    BUSYGROUP = "BUSYGROUP Consumer Group name already exists";

    CLAIM_MIN_IDLE = "ERR Invalid min-idle-time argument for XCLAIM";
    CLAIM_IDLE = "ERR Invalid IDLE option argument for XCLAIM";
    CLAIM_TIME = "ERR Invalid TIME option argument for XCLAIM";
    CLAIM_RETRYCOUNT = "ERR Invalid RETRYCOUNT option argument for XCLAIM";
    AUTOCLAIM_MIN_IDLE = "ERR Invalid min-idle-time argument for XAUTOCLAIM";
    AUTOCLAIM_COUNT = "ERR COUNT must be > 0";
    AUTOCLAIM_MEMORY =
        "ERR Insufficient memory, failed allocating transient memory, COUNT too high.";
}

/// XREAD and XREADGROUP: a key without an id, or the other way round.
pub fn unbalanced(command: &str, symbol: &str) -> CmdError {
    CmdError::made(format!(
        "ERR Unbalanced '{command}' list of streams: for each stream key an ID or '{symbol}' must be specified."
    ))
}

/// XREADGROUP without its group.
pub fn no_group_to_read(key: &[u8], group: &[u8]) -> CmdError {
    let tail: &[u8] = b"' in XREADGROUP with GROUP option";
    CmdError::coded("NOGROUP", &[b"No such key '", key, b"' or consumer group '", group, tail])
}

/// A command on a group that is not there, or whose key is not.
pub fn no_key_or_group(key: &[u8], group: &[u8]) -> CmdError {
    CmdError::coded("NOGROUP", &[b"No such key '", key, b"' or consumer group '", group, b"'"])
}

/// A command on a group that is not there while its key is.
pub fn no_group(key: &[u8], group: &[u8]) -> CmdError {
    CmdError::coded("NOGROUP", &[b"No such consumer group '", group, b"' for key name '", key, b"'"])
}

/// XCLAIM: a word that is neither id nor option.
pub fn claim_option(word: &[u8]) -> CmdError {
    CmdError::err(&[b"Unrecognized XCLAIM option '", word, b"'"])
}
