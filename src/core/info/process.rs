//! INFO about the process: server, clients, cpu, modules, cluster, debug.

use crate::base::info::InfoWriter;
use crate::core::effects::current_hz;
use crate::core::server::Server;
use crate::state::client::Flags;
use crate::state::config::Supervised;
use crate::state::version::{ARCH_BITS, BUILD_ID, GIT_DIRTY, GIT_SHA1, REDIS_VERSION};

use super::View;

/// `# Server`
pub fn server(info: &mut InfoWriter, view: &mut View<'_>) {
    let system = view.host.system();
    let pid = view.host.pid();
    let srv = &*view.srv;
    let uptime_s = (srv.clock.now_ms() - srv.started_ms) / 1000;
    let supervised = match srv.supervisor {
        Supervised::Systemd => "systemd",
        Supervised::Upstart => "upstart",
        Supervised::No | Supervised::Auto => "no",
    };
    let port = if srv.config.port != 0 { srv.config.port } else { srv.config.tls_port };
    let file = srv.config_file.as_ref().map(|file| file.display().to_string()).unwrap_or_default();
    info.section("Server")
        .field("redis_version", REDIS_VERSION)
        .field("redis_git_sha1", GIT_SHA1)
        .field("redis_git_dirty", GIT_DIRTY)
        .field("redis_build_id", format_args!("{BUILD_ID:x}"))
        .field("redis_mode", "standalone")
        .field("os", system)
        .field("arch_bits", ARCH_BITS)
        .field("monotonic_clock", "POSIX clock_gettime")
        .field("multiplexing_api", "epoll")
        .field("atomicvar_api", "c11-builtin")
        // No C compiler was there.
        .field("gcc_version", "0.0.0")
        .field("process_id", pid)
        .field("process_supervised", supervised)
        .field("run_id", String::from_utf8_lossy(&srv.run_id))
        .field("tcp_port", port)
        .field("server_time_usec", srv.clock.now_us())
        .field("uptime_in_seconds", uptime_s)
        .field("uptime_in_days", uptime_s / (24 * 3600))
        .field("hz", current_hz(srv))
        .field("configured_hz", srv.config.hz)
        .field("lru_clock", srv.keys.aging.clock())
        .field("executable", &srv.executable)
        .field("config_file", file)
        .field("io_threads_active", 0);
    if let Some((_, deadline)) = srv.persist.shutdown {
        info.field("shutdown_in_milliseconds", deadline - srv.clock.mono_ms());
    }
    listeners(info, srv);
}

/// One line for each kind of listener; the number is the kind's, as in Redis.
fn listeners(info: &mut InfoWriter, srv: &Server) {
    let config = &srv.config;
    if config.port != 0 {
        let binds: String = config.bind.iter().map(|bind| format!(",bind={bind}")).collect();
        info.field("listener0", format_args!("name=tcp{binds},port={}", config.port));
    }
    if !config.unixsocket.as_os_str().is_empty() {
        info.field("listener1", format_args!("name=unix,bind={}", config.unixsocket.display()));
    }
}

/// Clients that INFO counts: connections and the link to our master, but not our replicas.
fn connected(srv: &Server) -> usize {
    let link = srv.repl.master.and_then(|id| srv.clients.get(id));
    let link = link.is_some_and(|c| c.flags.has(Flags::MASTER) && srv.repl.link.is_online());
    (srv.clients.connected() + usize::from(link)).saturating_sub(srv.repl.replicas.len())
}

/// `# Clients`
pub fn clients(info: &mut InfoWriter, view: &mut View<'_>) {
    let srv = &*view.srv;
    let largest_input = srv.clients.iter().map(|c| c.query_peak.max(c.query.len())).max().unwrap_or(0);
    let largest_output = srv.clients.iter().map(|c| c.out.pending()).max().unwrap_or(0);
    info.section("Clients")
        .field("connected_clients", connected(srv))
        .field("cluster_connections", 0)
        .field("maxclients", srv.config.maxclients)
        .field("client_recent_max_input_buffer", largest_input)
        .field("client_recent_max_output_buffer", largest_output)
        .field("blocked_clients", srv.blocked.len() + srv.blocked.postponed.len())
        .field("tracking_clients", srv.tracking.clients())
        .field("clients_in_timeout_table", srv.blocked.timed())
        .field("total_blocking_keys", srv.keys.awaited.len())
        .field("total_blocking_keys_on_nokey", srv.keys.awaited.len_on_nokey());
}

/// `# CPU`: seconds.
pub fn cpu(info: &mut InfoWriter, view: &mut View<'_>) {
    let cpu = view.host.cpu();
    let seconds = |us: u64| format!("{}.{:06}", us / 1_000_000, us % 1_000_000);
    info.section("CPU")
        .field("used_cpu_sys", seconds(cpu.process.0))
        .field("used_cpu_user", seconds(cpu.process.1))
        .field("used_cpu_sys_children", seconds(cpu.children.0))
        .field("used_cpu_user_children", seconds(cpu.children.1))
        .field("used_cpu_sys_main_thread", seconds(cpu.main_thread.0))
        .field("used_cpu_user_main_thread", seconds(cpu.main_thread.1));
}

/// `# Modules`: there are none.
pub fn modules(info: &mut InfoWriter, _: &mut View<'_>) {
    info.section("Modules");
}

/// `# Cluster`
pub fn cluster(info: &mut InfoWriter, _: &mut View<'_>) {
    info.section("Cluster").field("cluster_enabled", 0);
}

/// `# Debug`: microseconds of the loop; shown only when named.
pub fn debug(info: &mut InfoWriter, view: &mut View<'_>) {
    let stats = &view.srv.stats;
    info.section("Debug")
        .field("eventloop_duration_aof_sum", stats.eventloop_aof_us)
        .field("eventloop_duration_cron_sum", stats.cron_us)
        .field("eventloop_duration_max", stats.eventloop_max_us)
        .field("eventloop_cmd_per_cycle_max", stats.commands_per_cycle_max);
}
