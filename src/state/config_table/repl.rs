//! Options of replication and of the cluster.

use super::kinds::{choice, flag, int, special, text};
use super::*;
use crate::state::config::{Choice, ClusterEndpoint, DisklessLoad, PropagationError, RdbVersion};

const INT_MAX: i32 = i32::MAX;
const LONG_MAX: i64 = i64::MAX;

pub(super) const ROWS: &[Row] = &[
    special!("replicaof", replicaof).alias("slaveof").flags(IMMUTABLE | MULTI_ARG),
    text!(secret "masterauth", masterauth).flags(SENSITIVE),
    text!(unset "masteruser", masteruser).flags(SENSITIVE),
    flag!("replica-serve-stale-data", replica_serve_stale_data).alias("slave-serve-stale-data"),
    flag!("replica-read-only", replica_read_only).alias("slave-read-only"),
    flag!("replica-ignore-maxmemory", replica_ignore_maxmemory).alias("slave-ignore-maxmemory"),
    flag!("replica-lazy-flush", replica_lazy_flush).alias("slave-lazy-flush"),
    flag!("replica-announced", replica_announced),
    text!(unset "replica-announce-ip", replica_announce_ip).alias("slave-announce-ip"),
    int!("replica-announce-port", replica_announce_port, 0, 65535).alias("slave-announce-port"),
    int!("replica-priority", replica_priority, 0, INT_MAX).alias("slave-priority"),
    flag!("replica-ignore-disk-write-errors", replica_ignore_disk_write_errors),
    flag!("repl-diskless-sync", repl_diskless_sync),
    int!("repl-diskless-sync-delay", repl_diskless_sync_delay, 0, INT_MAX),
    int!("repl-diskless-sync-max-replicas", repl_diskless_sync_max_replicas, 0, INT_MAX),
    choice!("repl-diskless-load", repl_diskless_load, DisklessLoad).flags(DENY_LOADING),
    int!("repl-ping-replica-period", repl_ping_replica_period, 1, INT_MAX).alias("repl-ping-slave-period"),
    int!("repl-timeout", repl_timeout, 1, INT_MAX),
    flag!("repl-disable-tcp-nodelay", repl_disable_tcp_nodelay),
    int!("repl-backlog-size", repl_backlog_size, 1, LONG_MAX, Memory).apply(Apply::Backlog),
    // Redis has none of these: CONFIG GET shows them to those who ask by name.
    flag!("repl-diskless-compression", repl_diskless_compression).flags(HIDDEN),
    choice!("repl-rdb-version", repl_rdb_version, RdbVersion).flags(HIDDEN),
    int!("repl-spill-max-size", repl_spill_max_size, 0, LONG_MAX, Memory).flags(HIDDEN),
    int!("repl-backlog-ttl", repl_backlog_ttl, 0, LONG_MAX),
    int!("min-replicas-to-write", min_replicas_to_write, 0, INT_MAX)
        .alias("min-slaves-to-write")
        .apply(Apply::GoodReplicas),
    int!("min-replicas-max-lag", min_replicas_max_lag, 0, INT_MAX)
        .alias("min-slaves-max-lag")
        .apply(Apply::GoodReplicas),
    choice!("propagation-error-behavior", propagation_error_behavior, PropagationError),
    flag!("cluster-enabled", cluster_enabled).flags(IMMUTABLE),
    text!(kept "cluster-config-file", cluster_config_file).flags(IMMUTABLE),
    int!("cluster-node-timeout", cluster_node_timeout, 0, LONG_MAX),
    int!("cluster-ping-interval", cluster_ping_interval, 0, LONG_MAX).flags(HIDDEN),
    int!("cluster-port", cluster_port, 0, 65535).flags(IMMUTABLE),
    flag!("cluster-require-full-coverage", cluster_require_full_coverage),
    flag!("cluster-replica-no-failover", cluster_replica_no_failover)
        .alias("cluster-slave-no-failover")
        .apply(Apply::Cluster),
    int!("cluster-replica-validity-factor", cluster_replica_validity_factor, 0, INT_MAX)
        .alias("cluster-slave-validity-factor"),
    int!("cluster-migration-barrier", cluster_migration_barrier, 0, INT_MAX),
    flag!("cluster-allow-replica-migration", cluster_allow_replica_migration),
    flag!("cluster-allow-reads-when-down", cluster_allow_reads_when_down),
    flag!("cluster-allow-pubsubshard-when-down", cluster_allow_pubsubshard_when_down),
    int!("cluster-link-sendbuf-limit", cluster_link_sendbuf_limit, 0, u64::MAX, Memory),
    text!(unset "cluster-announce-ip", cluster_announce_ip).apply(Apply::Cluster),
    text!(unset "cluster-announce-hostname", cluster_announce_hostname, special::is_hostname)
        .apply(Apply::Cluster),
    text!(unset "cluster-announce-human-nodename", cluster_announce_human_nodename, special::is_nodename)
        .apply(Apply::Cluster),
    int!("cluster-announce-port", cluster_announce_port, 0, 65535).apply(Apply::Cluster),
    int!("cluster-announce-tls-port", cluster_announce_tls_port, 0, 65535).apply(Apply::Cluster),
    int!("cluster-announce-bus-port", cluster_announce_bus_port, 0, 65535).apply(Apply::Cluster),
    choice!("cluster-preferred-endpoint-type", cluster_preferred_endpoint_type, ClusterEndpoint),
];
