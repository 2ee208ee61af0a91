//! Options of memory: limits, eviction, expiry, background freeing, compact encodings.

use super::kinds::{choice, flag, int};
use super::*;
use crate::state::config::{Choice, MaxmemoryPolicy};

const INT_MAX: i32 = i32::MAX;
const LONG_MAX: i64 = i64::MAX;

pub(super) const ROWS: &[Row] = &[
    int!("maxmemory", maxmemory, 0, u64::MAX, Memory).apply(Apply::Memory),
    choice!("maxmemory-policy", maxmemory_policy, MaxmemoryPolicy),
    int!("maxmemory-samples", maxmemory_samples, 1, INT_MAX),
    int!("maxmemory-eviction-tenacity", maxmemory_eviction_tenacity, 0, 100),
    int!("lfu-log-factor", lfu_log_factor, 0, INT_MAX).apply(Apply::Lfu),
    int!("lfu-decay-time", lfu_decay_time, 0, INT_MAX).apply(Apply::Lfu),
    int!("active-expire-effort", active_expire_effort, 1, 10),
    flag!("activerehashing", activerehashing),
    flag!("lazyfree-lazy-eviction", lazyfree_lazy_eviction),
    flag!("lazyfree-lazy-expire", lazyfree_lazy_expire),
    flag!("lazyfree-lazy-server-del", lazyfree_lazy_server_del),
    flag!("lazyfree-lazy-user-del", lazyfree_lazy_user_del),
    flag!("lazyfree-lazy-user-flush", lazyfree_lazy_user_flush),
    flag!("activedefrag", activedefrag, Some(special::no_defrag)),
    int!("active-defrag-ignore-bytes", active_defrag_ignore_bytes, 1, LONG_MAX, Memory),
    int!("active-defrag-threshold-lower", active_defrag_threshold_lower, 0, 1000),
    int!("active-defrag-threshold-upper", active_defrag_threshold_upper, 0, 1000),
    int!("active-defrag-cycle-min", active_defrag_cycle_min, 1, 99),
    int!("active-defrag-cycle-max", active_defrag_cycle_max, 1, 99),
    int!("active-defrag-max-scan-fields", active_defrag_max_scan_fields, 1, LONG_MAX),
    flag!("jemalloc-bg-thread", jemalloc_bg_thread).apply(Apply::JemallocThread),
    int!("hash-max-listpack-entries", hash_max_listpack_entries, 0, LONG_MAX)
        .alias("hash-max-ziplist-entries"),
    int!("hash-max-listpack-value", hash_max_listpack_value, 0, LONG_MAX, Memory)
        .alias("hash-max-ziplist-value"),
    int!("list-max-listpack-size", list_max_listpack_size, i32::MIN, INT_MAX).alias("list-max-ziplist-size"),
    int!("list-compress-depth", list_compress_depth, 0, INT_MAX),
    int!("set-max-intset-entries", set_max_intset_entries, 0, LONG_MAX),
    int!("set-max-listpack-entries", set_max_listpack_entries, 0, LONG_MAX),
    int!("set-max-listpack-value", set_max_listpack_value, 0, LONG_MAX),
    int!("zset-max-listpack-entries", zset_max_listpack_entries, 0, LONG_MAX)
        .alias("zset-max-ziplist-entries"),
    int!("zset-max-listpack-value", zset_max_listpack_value, 0, LONG_MAX, Memory)
        .alias("zset-max-ziplist-value"),
    int!("hll-sparse-max-bytes", hll_sparse_max_bytes, 0, LONG_MAX, Memory),
    int!("stream-node-max-bytes", stream_node_max_bytes, 0, LONG_MAX, Memory),
    int!("stream-node-max-entries", stream_node_max_entries, 0, LONG_MAX),
];
