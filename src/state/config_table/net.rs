//! Options of sockets, clients and TLS.

use super::kinds::{choice, flag, int, special, text};
use super::*;
use crate::state::config::{Choice, TlsAuthClients};

const INT_MAX: i32 = i32::MAX;
const LONG_MAX: i64 = i64::MAX;
const MB: i64 = 1 << 20;

pub(super) const ROWS: &[Row] = &[
    int!("port", port, 0, 65535).apply(Apply::Port),
    special!("bind", bind).flags(MULTI_ARG).apply(Apply::Bind),
    text!(unset "bind-source-addr", bind_source_addr),
    int!("tcp-backlog", tcp_backlog, 0, INT_MAX).flags(IMMUTABLE),
    int!("tcp-keepalive", tcp_keepalive, 0, INT_MAX),
    text!(unset "unixsocket", unixsocket).flags(IMMUTABLE),
    int!("unixsocketperm", unixsocketperm, 0, 0o777, Octal).flags(IMMUTABLE),
    int!("timeout", timeout, 0, INT_MAX),
    int!("maxclients", maxclients, 1, u32::MAX).apply(Apply::MaxClients),
    flag!("protected-mode", protected_mode),
    int!("socket-mark-id", socket_mark_id, 0, u32::MAX).flags(IMMUTABLE),
    int!("proto-max-bulk-len", proto_max_bulk_len, MB, LONG_MAX, Memory),
    int!("client-query-buffer-limit", client_query_buffer_limit, MB, LONG_MAX, Memory),
    special!("client-output-buffer-limit", output_limit).flags(MULTI_ARG),
    int!("maxmemory-clients", maxmemory_clients, -100, LONG_MAX, MemoryOrPercent).apply(Apply::ClientMemory),
    int!("io-threads", io_threads, 1, 128).flags(IMMUTABLE),
    flag!("io-threads-do-reads", io_threads_do_reads).flags(IMMUTABLE),
    int!("tracking-table-max-keys", tracking_table_max_keys, 0, LONG_MAX),
    int!("tls-port", tls_port, 0, 65535).apply(Apply::TlsPort),
    int!("tls-session-cache-size", tls_session_cache_size, 0, INT_MAX).apply(Apply::Tls),
    int!("tls-session-cache-timeout", tls_session_cache_timeout, 0, INT_MAX).apply(Apply::Tls),
    flag!("tls-cluster", tls_cluster).apply(Apply::Tls),
    flag!("tls-replication", tls_replication).apply(Apply::Tls),
    choice!("tls-auth-clients", tls_auth_clients, TlsAuthClients),
    flag!("tls-prefer-server-ciphers", tls_prefer_server_ciphers).apply(Apply::Tls),
    flag!("tls-session-caching", tls_session_caching).apply(Apply::Tls),
    text!(unset "tls-cert-file", tls_cert_file).flags(VOLATILE).apply(Apply::Tls),
    text!(unset "tls-key-file", tls_key_file).flags(VOLATILE).apply(Apply::Tls),
    text!(unset "tls-key-file-pass", tls_key_file_pass).apply(Apply::Tls),
    text!(unset "tls-client-cert-file", tls_client_cert_file).flags(VOLATILE).apply(Apply::Tls),
    text!(unset "tls-client-key-file", tls_client_key_file).flags(VOLATILE).apply(Apply::Tls),
    text!(unset "tls-client-key-file-pass", tls_client_key_file_pass).apply(Apply::Tls),
    text!(unset "tls-dh-params-file", tls_dh_params_file).flags(VOLATILE).apply(Apply::Tls),
    text!(unset "tls-ca-cert-file", tls_ca_cert_file).flags(VOLATILE).apply(Apply::Tls),
    text!(unset "tls-ca-cert-dir", tls_ca_cert_dir).flags(VOLATILE).apply(Apply::Tls),
    text!(unset "tls-protocols", tls_protocols).apply(Apply::Tls),
    text!(unset "tls-ciphers", tls_ciphers).apply(Apply::Tls),
    text!(unset "tls-ciphersuites", tls_ciphersuites).apply(Apply::Tls),
];
