//! What settings mean for the process: its title, its OOM score. Used at start, by CONFIG SET, and when the
//! role changes.
//!
//! Source: Redis 7.2.4 `redisSetProcTitle`, `setOOMScoreAdj`.

use crate::state::config::OomScoreAdj;
use crate::state::host::HostChange;

use super::server::Server;

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
        .replace("{title}", &srv.executable)
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
