//! What settings mean for the parts of the server and for the process. Used at start, by CONFIG SET, and when
//! the role changes.
//!
//! Most settings are read where they are needed. [`apply_config`] hands the rest to the parts that keep a copy;
//! it is cheap and may be called at any time.
//!
//! Source: Redis 7.2.4 `redisSetProcTitle`, `setOOMScoreAdj`.

use crate::base::log::Level;
use crate::keyspace::{Class, Lazy, LfuParams};
use crate::state::config::{LogLevel, NotifyFlags, OomScoreAdj, Supervised};
use crate::state::host::{Host, HostChange};

use super::evict_clients;
use super::server::Server;

/// The highest frequency of cron.
const MAX_HZ: i32 = 500;
/// With `dynamic-hz`, one cron per so many clients (CLIENTS_PER_ITERATION of Redis is 200).
const CLIENTS_PER_CALL: usize = 200;

/// Gives the parts of the server the settings they keep a copy of.
pub fn apply_config(srv: &mut Server) {
    let config = &srv.config;
    srv.latency.set_threshold_ms(config.latency_monitor_threshold);
    srv.keys.aging.lfu = LfuParams {
        enabled: config.maxmemory_policy.is_lfu(),
        log_factor: config.lfu_log_factor.max(0) as u32,
        decay_time: config.lfu_decay_time.max(0) as u32,
    };
    srv.keys.lazy = Lazy { expire: config.lazyfree_lazy_expire, server_del: config.lazyfree_lazy_server_del };
    srv.keys.touched.set_notify(classes(config.notify_keyspace_events));
    srv.keys.writable = srv.repl.is_replica() && !config.replica_read_only;
    let backlog = usize::try_from(config.repl_backlog_size).unwrap_or(0);
    if srv.repl.backlog.size() != backlog {
        srv.repl.backlog.resize(backlog);
    }
    evict_clients::apply_config(srv);
}

/// The keyspace's own form of `notify-keyspace-events`.
fn classes(flags: NotifyFlags) -> Class {
    let mut letters = flags.letters();
    // Not printed beside `A`.
    if flags.has(NotifyFlags::NEW) {
        letters.push('n');
    }
    Class::parse(letters.as_bytes()).unwrap_or(Class::NONE)
}

/// How many times a second cron runs now: `hz`, more when there are many clients and `dynamic-hz`.
pub fn current_hz(srv: &Server) -> i32 {
    let mut hz = srv.config.hz.clamp(1, MAX_HZ);
    if srv.config.dynamic_hz {
        while srv.clients.connected() / hz as usize > CLIENTS_PER_CALL && hz < MAX_HZ {
            hz = (hz * 2).min(MAX_HZ);
        }
    }
    hz
}

/// The level of the log the configuration asks for.
pub fn log_level(level: LogLevel) -> Level {
    match level {
        LogLevel::Debug => Level::Debug,
        LogLevel::Verbose => Level::Verbose,
        LogLevel::Notice => Level::Notice,
        LogLevel::Warning => Level::Warning,
        LogLevel::Nothing => Level::Nothing,
    }
}

/// `proc-title-template`, expanded.
pub fn proc_title(srv: &Server) -> HostChange {
    let config = &srv.config;
    let address = config.bind.first().map_or("*", |b| b.strip_prefix('-').unwrap_or(b));
    let listen = if config.port != 0 {
        format!("{address}:{}", config.port)
    } else {
        format!("unixsocket:{}", config.unixsocket.display())
    };
    let file = srv.config_file.as_ref().map(|f| f.display().to_string()).unwrap_or_default();
    let text = config
        .proc_title_template
        .replace("{title}", &srv.program)
        .replace("{listen-addr}", &listen)
        .replace("{server-mode}", "")
        .replace("{port}", &config.port.to_string())
        .replace("{tls-port}", &config.tls_port.to_string())
        .replace("{unixsocket}", &config.unixsocket.to_string_lossy())
        .replace("{config-file}", &file);
    HostChange::ProcTitle(text.trim_end().to_owned())
}

/// Places in `oom-score-adj-values`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OomRole {
    Master = 0,
    Replica = 1,
    Child = 2,
}

/// The OOM score to be set now; `None` when it is not ours to set.
pub fn oom_score(srv: &Server) -> Option<HostChange> {
    let role = if srv.repl.is_replica() { OomRole::Replica } else { OomRole::Master };
    let value = srv.config.oom_score_adj_values[role as usize];
    match srv.config.oom_score_adj {
        OomScoreAdj::No => None,
        OomScoreAdj::Absolute => Some(HostChange::OomScore(Some(value))),
        OomScoreAdj::Relative => Some(HostChange::OomScoreRelative(value)),
    }
}

/// By how much a child's OOM score differs from ours; `None` when it is not ours to set.
pub fn oom_shift_of_child(srv: &Server) -> Option<i32> {
    let values = srv.config.oom_score_adj_values;
    let own = if srv.repl.is_replica() { OomRole::Replica } else { OomRole::Master };
    let shift = values[OomRole::Child as usize] - values[own as usize];
    (srv.config.oom_score_adj != OomScoreAdj::No).then_some(shift)
}

/// Tells systemd, if it supervises us: one `NAME=value` with its line end.
pub fn tell_supervisor(srv: &Server, host: &mut dyn Host, state: &'static str) {
    if srv.supervisor == Supervised::Systemd {
        // Nobody listening is no error of ours; the host logs it.
        let _ = host.apply(&HostChange::Supervisor(state));
    }
}
