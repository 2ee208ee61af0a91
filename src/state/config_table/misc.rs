//! Options of security, of the process, its log and its statistics.

use super::kinds::{choice, flag, int, special, text};
use super::*;
use crate::state::config::{
    AclPubsubDefault, Choice, LogLevel, OomScoreAdj, ProtectedAction, Supervised, SyslogFacility,
};

const INT_MAX: i32 = i32::MAX;
const LONG_MAX: i64 = i64::MAX;

/// Any number is accepted, and used as the nearest one that makes sense.
const HZ: Row = Row::new(
    "hz",
    Kind::Int {
        get: |c| i128::from(c.hz),
        set: |c, v| c.hz = v.clamp(1, 500) as i32,
        min: 0,
        max: INT_MAX as i128,
        form: IntForm::Plain,
    },
);

pub(super) const ROWS: &[Row] = &[
    text!(secret "requirepass", requirepass).flags(SENSITIVE).apply(Apply::RequirePass),
    text!(kept "aclfile", aclfile).flags(IMMUTABLE),
    int!("acllog-max-len", acllog_max_len, 0, LONG_MAX),
    choice!("acl-pubsub-default", acl_pubsub_default, AclPubsubDefault),
    choice!("enable-debug-command", enable_debug_command, ProtectedAction).flags(IMMUTABLE),
    choice!("enable-module-command", enable_module_command, ProtectedAction).flags(IMMUTABLE),
    choice!("enable-protected-configs", enable_protected_configs, ProtectedAction).flags(IMMUTABLE),
    int!("databases", databases, 1, INT_MAX).flags(IMMUTABLE),
    flag!("daemonize", daemonize).flags(IMMUTABLE),
    choice!("supervised", supervised, Supervised).flags(IMMUTABLE),
    text!(unset "pidfile", pidfile).flags(IMMUTABLE),
    choice!("loglevel", loglevel, LogLevel).apply(Apply::LogLevel),
    text!(kept "logfile", logfile).flags(IMMUTABLE),
    flag!("syslog-enabled", syslog_enabled).flags(IMMUTABLE),
    text!(kept "syslog-ident", syslog_ident).flags(IMMUTABLE),
    choice!("syslog-facility", syslog_facility, SyslogFacility).flags(IMMUTABLE),
    flag!("always-show-logo", always_show_logo).flags(IMMUTABLE),
    flag!("set-proc-title", set_proc_title).flags(IMMUTABLE),
    text!(kept "proc-title-template", proc_title_template, special::is_title).apply(Apply::ProcTitle),
    HZ.apply(Apply::Hz),
    flag!("dynamic-hz", dynamic_hz),
    text!(kept "locale-collate", locale_collate).apply(Apply::Locale),
    flag!("crash-log-enabled", crash_log_enabled).apply(Apply::CrashLog),
    flag!("crash-memcheck-enabled", crash_memcheck_enabled),
    flag!("use-exit-on-panic", use_exit_on_panic).flags(HIDDEN),
    int!("watchdog-period", watchdog_period, 0, INT_MAX).flags(HIDDEN).apply(Apply::Watchdog),
    flag!("disable-thp", disable_thp).flags(IMMUTABLE),
    text!(kept "ignore-warnings", ignore_warnings),
    choice!("oom-score-adj", oom_score_adj, OomScoreAdj).apply(Apply::OomScore),
    special!("oom-score-adj-values", oom_values).flags(MULTI_ARG).apply(Apply::OomScore),
    int!("shutdown-timeout", shutdown_timeout, 0, INT_MAX),
    special!("shutdown-on-sigint", sigint).flags(MULTI_ARG),
    special!("shutdown-on-sigterm", sigterm).flags(MULTI_ARG),
    int!("busy-reply-threshold", busy_reply_threshold, 0, LONG_MAX).alias("lua-time-limit"),
    int!("slowlog-log-slower-than", slowlog_log_slower_than, -1, LONG_MAX),
    int!("slowlog-max-len", slowlog_max_len, 0, LONG_MAX),
    int!("latency-monitor-threshold", latency_monitor_threshold, 0, LONG_MAX),
    flag!("latency-tracking", latency_tracking),
    special!("latency-tracking-info-percentiles", percentiles).flags(MULTI_ARG),
    special!("notify-keyspace-events", notify).apply(Apply::Notify),
    text!(unset "server_cpulist", server_cpulist).flags(IMMUTABLE),
    text!(unset "bio_cpulist", bio_cpulist).flags(IMMUTABLE),
    text!(unset "aof_rewrite_cpulist", aof_rewrite_cpulist).flags(IMMUTABLE),
    text!(unset "bgsave_cpulist", bgsave_cpulist).flags(IMMUTABLE),
];
