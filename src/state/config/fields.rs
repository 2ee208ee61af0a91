//! The fields of [`Config`], grouped as the table's files are: net, memory, persistence, replication, the
//! rest.
//!
//! Sizes are bytes, times say their unit. The defaults are those of Redis 7.2.4 (`CONFIG GET *` of a fresh
//! server).

use super::*;

const MB: i64 = 1024 * 1024;

settings! {
    // ---- network
    // -----------------------------------------------------------------------------------------------
    /// TCP port, 0: none.
    port: u16 = 6379;
    /// Addresses to listen on; a leading `-` means "not available is no error", `*` and `::*` mean all.
    bind: Vec<String> = vec!["*".into(), "-::*".into()];
    /// Local address of outgoing connections (to the master); empty: the system chooses.
    bind_source_addr: String = String::new();
    /// Listening backlog of sockets.
    tcp_backlog: i32 = 511;
    /// Seconds between keepalive probes, 0: none.
    tcp_keepalive: i32 = 300;
    /// Path of the Unix socket; empty: none.
    unixsocket: PathBuf = PathBuf::new();
    /// Permission bits of the Unix socket, 0: as umask says.
    unixsocketperm: u32 = 0;
    /// Seconds after which an idle client is closed, 0: never.
    timeout: i32 = 0;
    /// Most clients at a time.
    maxclients: u32 = 10000;
    /// Refuse commands from other hosts while there is no password and no explicit `bind`.
    protected_mode: bool = true;
    /// `SO_MARK` of listening sockets, 0: none.
    socket_mark_id: u32 = 0;
    /// Bytes of one argument at most.
    proto_max_bulk_len: i64 = 512 * MB;
    /// Bytes of unexecuted input a client may pile up.
    client_query_buffer_limit: u64 = 1024 * MB as u64;
    /// Limits on unsent replies.
    client_output_buffer_limit: OutputLimits = OutputLimits::default();
    /// Memory of all clients together: bytes when positive, percent of `maxmemory` when negative, 0: no
    /// limit.
    maxmemory_clients: i64 = 0;
    /// Number of threads for sockets; 1: the main thread only.
    io_threads: i32 = 1;
    /// Whether the threads read and parse, too.
    io_threads_do_reads: bool = false;
    /// Most keys remembered for client side caching, 0: no limit.
    tracking_table_max_keys: u64 = 1_000_000;
    /// TLS port, 0: none.
    tls_port: u16 = 0;
    /// Sessions kept for resumption.
    tls_session_cache_size: i32 = 20 * 1024;
    /// Seconds a session stays.
    tls_session_cache_timeout: i32 = 300;
    /// Use TLS on the cluster bus.
    tls_cluster: bool = false;
    /// Use TLS on the link to the master.
    tls_replication: bool = false;
    /// Whether clients must show a certificate.
    tls_auth_clients: TlsAuthClients = TlsAuthClients::Yes;
    /// Our order of ciphers wins over the client's.
    tls_prefer_server_ciphers: bool = false;
    /// Whether sessions can be resumed.
    tls_session_caching: bool = true;
    /// Certificate file.
    tls_cert_file: PathBuf = PathBuf::new();
    /// Private key file.
    tls_key_file: PathBuf = PathBuf::new();
    /// Password of the private key.
    tls_key_file_pass: Vec<u8> = Vec::new();
    /// Certificate file for outgoing connections.
    tls_client_cert_file: PathBuf = PathBuf::new();
    /// Private key file for outgoing connections.
    tls_client_key_file: PathBuf = PathBuf::new();
    /// Password of the private key for outgoing connections.
    tls_client_key_file_pass: Vec<u8> = Vec::new();
    /// Diffie-Hellman parameters file.
    tls_dh_params_file: PathBuf = PathBuf::new();
    /// File of trusted authorities.
    tls_ca_cert_file: PathBuf = PathBuf::new();
    /// Directory of trusted authorities.
    tls_ca_cert_dir: PathBuf = PathBuf::new();
    /// Protocol versions allowed; empty: the library's choice.
    tls_protocols: String = String::new();
    /// Ciphers up to TLS 1.2.
    tls_ciphers: String = String::new();
    /// Cipher suites of TLS 1.3.
    tls_ciphersuites: String = String::new();

    // ---- memory
    // ------------------------------------------------------------------------------------------------
    /// Bytes of data at most, 0: no limit.
    maxmemory: u64 = 0;
    /// What happens at the limit.
    maxmemory_policy: MaxmemoryPolicy = MaxmemoryPolicy::NoEviction;
    /// Keys looked at for one eviction.
    maxmemory_samples: i32 = 5;
    /// 0 to 100: how long one round of eviction may take.
    maxmemory_eviction_tenacity: i32 = 10;
    /// LFU: how fast the counter saturates.
    lfu_log_factor: i32 = 10;
    /// LFU: minutes after which the counter drops by one.
    lfu_decay_time: i32 = 1;
    /// 1 to 10: how hard expired keys are looked for.
    active_expire_effort: i32 = 1;
    /// Use the cron to go on with table rehashes.
    activerehashing: bool = true;
    /// Free evicted values in the background.
    lazyfree_lazy_eviction: bool = false;
    /// Free expired values in the background.
    lazyfree_lazy_expire: bool = false;
    /// Free values overwritten by commands in the background.
    lazyfree_lazy_server_del: bool = false;
    /// DEL acts like UNLINK.
    lazyfree_lazy_user_del: bool = false;
    /// FLUSHDB, FLUSHALL and SCRIPT FLUSH act as if ASYNC was said.
    lazyfree_lazy_user_flush: bool = false;
    /// Defragment memory while running.
    activedefrag: bool = false;
    /// Bytes of waste below which defragmentation does not start.
    active_defrag_ignore_bytes: u64 = 100 * MB as u64;
    /// Percent of waste at which it starts.
    active_defrag_threshold_lower: i32 = 10;
    /// Percent of waste at which it works hardest.
    active_defrag_threshold_upper: i32 = 100;
    /// Percent of CPU at the lower threshold.
    active_defrag_cycle_min: i32 = 1;
    /// Percent of CPU at the upper threshold.
    active_defrag_cycle_max: i32 = 25;
    /// Collections with more elements are defragmented in steps.
    active_defrag_max_scan_fields: u64 = 1000;
    /// Allocator's own background thread returns memory.
    jemalloc_bg_thread: bool = true;
    /// Hash: most fields of the compact form.
    hash_max_listpack_entries: u64 = 512;
    /// Hash: most bytes of a field or value in the compact form.
    hash_max_listpack_value: u64 = 64;
    /// List: entries (positive) or size class (-1: 4 KiB to -5: 64 KiB) of a node.
    list_max_listpack_size: i32 = -2;
    /// List: nodes at each end that stay uncompressed, 0: no compression.
    list_compress_depth: i32 = 0;
    /// Set: most members of the integer form.
    set_max_intset_entries: u64 = 512;
    /// Set: most members of the compact form.
    set_max_listpack_entries: u64 = 128;
    /// Set: most bytes of a member in the compact form.
    set_max_listpack_value: u64 = 64;
    /// Sorted set: most members of the compact form.
    zset_max_listpack_entries: u64 = 128;
    /// Sorted set: most bytes of a member in the compact form.
    zset_max_listpack_value: u64 = 64;
    /// HyperLogLog: bytes at which it becomes dense.
    hll_sparse_max_bytes: u64 = 3000;
    /// Stream: bytes of a node, 0: no limit.
    stream_node_max_bytes: u64 = 4096;
    /// Stream: entries of a node, 0: no limit.
    stream_node_max_entries: i64 = 100;

    // ---- persistence
    // -------------------------------------------------------------------------------------------
    /// Snapshot rules; any that holds starts a BGSAVE. Empty: no snapshots by themselves.
    save: Vec<SavePoint> = vec![
        SavePoint { seconds: 3600, changes: 1 },
        SavePoint { seconds: 300, changes: 100 },
        SavePoint { seconds: 60, changes: 10000 },
    ];
    /// Directory of all files. Absolute after loading; `.` in the defaults.
    dir: PathBuf = PathBuf::from(".");
    /// Name of the snapshot file inside `dir`.
    dbfilename: PathBuf = PathBuf::from("dump.rdb");
    /// Refuse writes after a failed snapshot.
    stop_writes_on_bgsave_error: bool = true;
    /// Compress strings in snapshots.
    rdbcompression: bool = true;
    /// End snapshots with a checksum, and check it.
    rdbchecksum: bool = true;
    /// Without persistence, delete the files that were used to feed replicas.
    rdb_del_sync_files: bool = false;
    /// Force a snapshot to disk every few megabytes.
    rdb_save_incremental_fsync: bool = true;
    /// Check loaded payloads in depth.
    sanitize_dump_payload: SanitizeDump = SanitizeDump::No;
    /// Keep an append-only file.
    appendonly: bool = false;
    /// Base name of the append-only files.
    appendfilename: PathBuf = PathBuf::from("appendonly.aof");
    /// Directory of the append-only files inside `dir`.
    appenddirname: PathBuf = PathBuf::from("appendonlydir");
    /// When appended bytes are forced to disk.
    appendfsync: AppendFsync = AppendFsync::Everysec;
    /// Do not fsync while a child writes.
    no_appendfsync_on_rewrite: bool = false;
    /// Percent of growth that starts a rewrite, 0: never.
    auto_aof_rewrite_percentage: i32 = 100;
    /// Bytes below which no rewrite starts by itself.
    auto_aof_rewrite_min_size: i64 = 64 * MB;
    /// Load an append-only file whose last command is cut.
    aof_load_truncated: bool = true;
    /// Base files are snapshots.
    aof_use_rdb_preamble: bool = true;
    /// Write time stamps between commands.
    aof_timestamp_enabled: bool = false;
    /// Force a rewrite to disk every few megabytes.
    aof_rewrite_incremental_fsync: bool = true;
    /// Test aid: keep the files of finished rewrites.
    aof_disable_auto_gc: bool = false;
    /// Test aid: microseconds to wait after each saved key; negative: keys per microsecond.
    rdb_key_save_delay: i32 = 0;
    /// Test aid: microseconds to wait after each loaded key; negative: keys per microsecond.
    key_load_delay: i32 = 0;
    /// Bytes loaded between two looks at the sockets.
    loading_process_events_interval_bytes: i64 = 2 * MB;

    // ---- replication
    // -------------------------------------------------------------------------------------------
    /// The master we follow, host and port. REPLICAOF writes it, too, so that CONFIG GET and REWRITE tell the
    /// truth.
    replicaof: Option<(String, u16)> = None;
    /// Password for the master; empty: none.
    masterauth: Vec<u8> = Vec::new();
    /// User name for the master; empty: the default user.
    masteruser: Vec<u8> = Vec::new();
    /// Answer with old data while the link is down.
    replica_serve_stale_data: bool = true;
    /// Refuse writes of clients on a replica.
    replica_read_only: bool = true;
    /// A replica does not evict by itself.
    replica_ignore_maxmemory: bool = true;
    /// Drop the old data set in the background.
    replica_lazy_flush: bool = false;
    /// Whether Sentinel is told about this replica.
    replica_announced: bool = true;
    /// Address replicas tell the master; empty: the one of the connection.
    replica_announce_ip: String = String::new();
    /// Port replicas tell the master, 0: `port`.
    replica_announce_port: u16 = 0;
    /// Lower is preferred in a failover; 0: never.
    replica_priority: i32 = 100;
    /// Go on when a replica cannot write its master's stream to disk.
    replica_ignore_disk_write_errors: bool = false;
    /// Send snapshots to replicas without a file.
    repl_diskless_sync: bool = true;
    /// Seconds to wait for more replicas before such a transfer.
    repl_diskless_sync_delay: i32 = 5;
    /// Start at once when so many replicas wait, 0: no such number.
    repl_diskless_sync_max_replicas: i32 = 0;
    /// Whether a replica parses a snapshot while it arrives.
    repl_diskless_load: DisklessLoad = DisklessLoad::Disabled;
    /// Seconds between pings to replicas.
    repl_ping_replica_period: i32 = 10;
    /// Seconds of silence after which the other side counts as gone.
    repl_timeout: i32 = 60;
    /// Let the kernel gather small packets to replicas.
    repl_disable_tcp_nodelay: bool = false;
    /// Bytes of the stream kept for replicas that come back.
    repl_backlog_size: i64 = MB;
    /// RDB version of snapshots for replicas.
    repl_rdb_version: RdbVersion = RdbVersion::Auto;
    /// LZF in the snapshots that go to replicas without a file, as far as `rdbcompression` wants it.
    repl_diskless_compression: bool = false;
    /// Bytes of stream that may wait on disk for replicas that are being synchronized, 0: none.
    repl_spill_max_size: i64 = 16 * 1024 * MB;
    /// Seconds without replicas until the backlog is freed, 0: never.
    repl_backlog_ttl: i64 = 3600;
    /// Refuse writes with fewer good replicas, 0: off.
    min_replicas_to_write: i32 = 0;
    /// Seconds since the last word of a good replica.
    min_replicas_max_lag: i32 = 10;
    /// What to do when a replicated command fails.
    propagation_error_behavior: PropagationError = PropagationError::Ignore;

    // ---- security
    // ----------------------------------------------------------------------------------------------
    /// Password of the default user; empty: none.
    requirepass: Vec<u8> = Vec::new();
    /// File of ACL users; empty: users are in the configuration file.
    aclfile: PathBuf = PathBuf::new();
    /// Lines of the ACL log.
    acllog_max_len: i64 = 128;
    /// Channels of new users.
    acl_pubsub_default: AclPubsubDefault = AclPubsubDefault::Resetchannels;
    /// Words of the `user` lines, the name first, as they stand in the file; the ACL part reads them.
    users: Vec<Vec<Vec<u8>>> = Vec::new();
    /// `rename-command` lines in order.
    renamed_commands: Vec<RenamedCommand> = Vec::new();
    /// Who may use DEBUG.
    enable_debug_command: ProtectedAction = ProtectedAction::No;
    /// Who may use MODULE.
    enable_module_command: ProtectedAction = ProtectedAction::No;
    /// Who may set options that name files.
    enable_protected_configs: ProtectedAction = ProtectedAction::No;

    // ---- process, log, statistics
    // ------------------------------------------------------------------------------
    /// Number of databases.
    databases: i32 = 16;
    /// Runs in the background.
    daemonize: bool = false;
    /// Who supervises us.
    supervised: Supervised = Supervised::No;
    /// Process id file; empty: none, or the usual place when in the background.
    pidfile: PathBuf = PathBuf::new();
    /// Least important line that is logged.
    loglevel: LogLevel = LogLevel::Notice;
    /// Log file; empty: standard output.
    logfile: PathBuf = PathBuf::new();
    /// Log to syslog as well.
    syslog_enabled: bool = false;
    /// Name in syslog.
    syslog_ident: String = "redis".into();
    /// Facility in syslog.
    syslog_facility: SyslogFacility = SyslogFacility::Local0;
    /// Show the banner even when the log is not a terminal.
    always_show_logo: bool = false;
    /// Set the title of the process.
    set_proc_title: bool = true;
    /// What the title looks like.
    proc_title_template: String = "{title} {listen-addr} {server-mode}".into();
    /// Calls of the cron per second, 1 to 500.
    hz: i32 = 10;
    /// Call it more often when there are many clients.
    dynamic_hz: bool = true;
    /// Collation of SORT ALPHA; empty: from the environment.
    locale_collate: String = String::new();
    /// Log a report when crashing.
    crash_log_enabled: bool = true;
    /// Test the memory when crashing.
    crash_memcheck_enabled: bool = true;
    /// Test aid: exit instead of abort.
    use_exit_on_panic: bool = false;
    /// Test aid: milliseconds after which a stuck loop is logged, 0: off.
    watchdog_period: i32 = 0;
    /// Turn transparent huge pages off for this process.
    disable_thp: bool = true;
    /// Names of start-up warnings to leave out.
    ignore_warnings: String = String::new();
    /// Whether to steer the kernel's out-of-memory killer.
    oom_score_adj: OomScoreAdj = OomScoreAdj::No;
    /// Scores of a master, a replica, a child; -2000 to 2000.
    oom_score_adj_values: [i32; 3] = [0, 200, 800];
    /// Seconds a shutdown waits for replicas.
    shutdown_timeout: i32 = 10;
    /// How SIGINT ends the server.
    shutdown_on_sigint: ShutdownOn = ShutdownOn::default();
    /// How SIGTERM ends the server.
    shutdown_on_sigterm: ShutdownOn = ShutdownOn::default();
    /// Milliseconds a script or module runs before others get BUSY.
    busy_reply_threshold: i64 = 5000;
    /// Microseconds from which a command is logged, negative: never.
    slowlog_log_slower_than: i64 = 10000;
    /// Lines of the slow log.
    slowlog_max_len: i64 = 128;
    /// Milliseconds from which an event is recorded, 0: off.
    latency_monitor_threshold: i64 = 0;
    /// Keep latency histograms per command.
    latency_tracking: bool = true;
    /// Percentiles shown by INFO latencystats.
    latency_tracking_info_percentiles: Vec<f64> = vec![50.0, 99.0, 99.9];
    /// Events that are published.
    notify_keyspace_events: NotifyFlags = NotifyFlags(0);
    /// CPUs of the main thread.
    server_cpulist: String = String::new();
    /// CPUs of the background threads.
    bio_cpulist: String = String::new();
    /// CPUs of the append-only rewrite child.
    aof_rewrite_cpulist: String = String::new();
    /// CPUs of the snapshot child.
    bgsave_cpulist: String = String::new();

    // ---- cluster
    // -----------------------------------------------------------------------------------------------
    /// Run as a cluster node.
    cluster_enabled: bool = false;
    /// State file of the node.
    cluster_config_file: PathBuf = PathBuf::from("nodes.conf");
    /// Milliseconds until a silent node is suspected.
    cluster_node_timeout: i64 = 15000;
    /// Test aid: milliseconds between pings, 0: computed.
    cluster_ping_interval: i64 = 0;
    /// Bus port, 0: `port` + 10000.
    cluster_port: u16 = 0;
    /// Stop serving when slots are uncovered.
    cluster_require_full_coverage: bool = true;
    /// This replica never starts a failover.
    cluster_replica_no_failover: bool = false;
    /// How old a replica's data may be for a failover, in node timeouts.
    cluster_replica_validity_factor: i32 = 10;
    /// Replicas a master must keep when one moves away.
    cluster_migration_barrier: i32 = 1;
    /// Replicas may move to orphaned masters.
    cluster_allow_replica_migration: bool = true;
    /// Answer reads while the cluster is down.
    cluster_allow_reads_when_down: bool = false;
    /// Allow shard channels while the cluster is down.
    cluster_allow_pubsubshard_when_down: bool = true;
    /// Bytes queued on a bus link at most, 0: no limit.
    cluster_link_sendbuf_limit: u64 = 0;
    /// Announced address.
    cluster_announce_ip: String = String::new();
    /// Announced host name.
    cluster_announce_hostname: String = String::new();
    /// Announced name for people.
    cluster_announce_human_nodename: String = String::new();
    /// Announced port, 0: `port`.
    cluster_announce_port: u16 = 0;
    /// Announced TLS port, 0: `tls-port`.
    cluster_announce_tls_port: u16 = 0;
    /// Announced bus port, 0: `port` + 10000.
    cluster_announce_bus_port: u16 = 0;
    /// What clients are told to connect to.
    cluster_preferred_endpoint_type: ClusterEndpoint = ClusterEndpoint::Ip;
}
