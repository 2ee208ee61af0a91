//! Options of snapshots and the append-only file.

use super::kinds::{choice, flag, int, special, text};
use super::*;
use crate::state::config::{AppendFsync, Choice, SanitizeDump};

const INT_MAX: i32 = i32::MAX;
const INT_MIN: i32 = i32::MIN;

pub(super) const ROWS: &[Row] = &[
    special!("save", save).flags(MULTI_ARG),
    special!("dir", dir).flags(PROTECTED | DENY_LOADING).apply(Apply::Dir),
    text!(kept "dbfilename", dbfilename, special::is_dbfilename).flags(PROTECTED),
    flag!("stop-writes-on-bgsave-error", stop_writes_on_bgsave_error),
    flag!("rdbcompression", rdbcompression),
    flag!("rdbchecksum", rdbchecksum).flags(IMMUTABLE),
    flag!("rdb-del-sync-files", rdb_del_sync_files),
    flag!("rdb-save-incremental-fsync", rdb_save_incremental_fsync),
    choice!("sanitize-dump-payload", sanitize_dump_payload, SanitizeDump),
    flag!("appendonly", appendonly).flags(DENY_LOADING).apply(Apply::AppendOnly),
    text!(kept "appendfilename", appendfilename, special::is_appendfilename).flags(IMMUTABLE),
    text!(kept "appenddirname", appenddirname, special::is_appenddirname).flags(IMMUTABLE),
    choice!("appendfsync", appendfsync, AppendFsync).apply(Apply::AppendFsync),
    flag!("no-appendfsync-on-rewrite", no_appendfsync_on_rewrite),
    int!("auto-aof-rewrite-percentage", auto_aof_rewrite_percentage, 0, INT_MAX),
    int!("auto-aof-rewrite-min-size", auto_aof_rewrite_min_size, 0, i64::MAX, Memory),
    flag!("aof-load-truncated", aof_load_truncated),
    flag!("aof-use-rdb-preamble", aof_use_rdb_preamble),
    flag!("aof-timestamp-enabled", aof_timestamp_enabled),
    flag!("aof-rewrite-incremental-fsync", aof_rewrite_incremental_fsync),
    flag!("aof-disable-auto-gc", aof_disable_auto_gc).flags(HIDDEN).apply(Apply::AofAutoGc),
    int!("rdb-key-save-delay", rdb_key_save_delay, INT_MIN, INT_MAX).flags(HIDDEN),
    int!("key-load-delay", key_load_delay, INT_MIN, INT_MAX).flags(HIDDEN),
    int!("loading-process-events-interval-bytes", loading_process_events_interval_bytes, 1024, INT_MAX)
        .flags(HIDDEN),
];
