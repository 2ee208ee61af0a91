//! INFO about the data: persistence, stats, keyspace.

use crate::base::info::InfoWriter;
use crate::core::server::Server;
use crate::state::host::ChildKind;
use crate::state::loading::Loading;
use crate::state::pubsub::Kind;

use super::View;

fn ok_or_err(ok: bool) -> &'static str {
    if ok { "ok" } else { "err" }
}

/// `# Persistence`
pub fn persistence(info: &mut InfoWriter, view: &mut View<'_>) {
    let srv = &*view.srv;
    let persist = &srv.persist;
    let aof = &persist.aof;
    let rewriting = persist.child_is(ChildKind::AofRewrite);
    let async_loading = persist.loading.as_ref().is_some_and(|loading| loading.async_loading);
    info.section("Persistence")
        .field("loading", u8::from(persist.loading.is_some() && !async_loading))
        .field("async_loading", u8::from(async_loading));
    child(info, srv);
    let saving = persist.child_is(ChildKind::RdbFile) || persist.child_is(ChildKind::RdbStream);
    let since = persist.child.as_ref().map_or(0, |child| srv.clock.wall_ms() / 1000 - child.started_s);
    info.field("rdb_changes_since_last_save", persist.dirty)
        .field("rdb_bgsave_in_progress", u8::from(saving))
        .field("rdb_last_save_time", persist.last_save_s)
        .field("rdb_last_bgsave_status", ok_or_err(persist.last_bgsave_ok))
        .field("rdb_last_bgsave_time_sec", persist.last_bgsave_secs)
        .field("rdb_current_bgsave_time_sec", if saving { since } else { -1 })
        .field("rdb_saves", persist.saves)
        .field("rdb_last_cow_size", persist.last_cow_bytes)
        .field("rdb_last_load_keys_expired", persist.last_load_keys_expired)
        .field("rdb_last_load_keys_loaded", persist.last_load_keys_loaded)
        .field("aof_enabled", u8::from(aof.is_on()))
        .field("aof_rewrite_in_progress", u8::from(rewriting))
        .field("aof_rewrite_scheduled", u8::from(aof.rewrite.scheduled))
        .field("aof_last_rewrite_time_sec", aof.rewrite.last_secs)
        .field("aof_current_rewrite_time_sec", if rewriting { since } else { -1 })
        .field("aof_last_bgrewrite_status", ok_or_err(aof.rewrite.last_ok))
        .field("aof_rewrites", aof.rewrite.count)
        .field("aof_rewrites_consecutive_failures", aof.rewrite.failures)
        .field("aof_last_write_status", ok_or_err(aof.write_error.is_none() && aof.fsync_error() == 0))
        .field("aof_last_cow_size", aof.rewrite.last_cow_bytes)
        .field("module_fork_in_progress", 0)
        .field("module_fork_last_cow_size", 0);
    if srv.config.appendonly {
        info.field("aof_current_size", aof.size)
            .field("aof_base_size", aof.size_at_rewrite)
            .field("aof_pending_rewrite", u8::from(aof.rewrite.scheduled))
            .field("aof_buffer_length", aof.buf.len())
            .field("aof_pending_bio_fsync", view.host.pending_syncs())
            .field("aof_delayed_fsync", aof.delayed_fsyncs);
    }
    if let Some(loading) = &persist.loading {
        progress(info, srv, loading);
    }
}

/// What the child told; zeros when there is none.
fn child(info: &mut InfoWriter, srv: &Server) {
    let child = srv.persist.child.as_ref();
    let reported = child.filter(|child| child.reported_ms != 0);
    let age_s = reported.map_or(0, |child| (srv.clock.mono_ms() - child.reported_ms) / 1000);
    let total = child.map_or(0, |child| child.keys_total);
    let done = child.map_or(0, |child| child.report.keys.min(child.keys_total));
    let percent = if total == 0 { 0.0 } else { done as f64 / total as f64 * 100.0 };
    info.field("current_cow_peak", child.map_or(0, |child| child.cow_peak))
        .field("current_cow_size", child.map_or(0, |child| child.report.cow_bytes))
        .field("current_cow_size_age", age_s)
        .float("current_fork_perc", percent, 2)
        .field("current_save_keys_processed", done)
        .field("current_save_keys_total", total);
}

/// How far a load is. Without a known size the memory the data took at its source stands in for it.
fn progress(info: &mut InfoWriter, srv: &Server, loading: &Loading) {
    let loaded = loading.loaded_bytes;
    let percent = |whole: u64| loaded as f64 / whole as f64 * 100.0;
    let (perc, left) = if loading.total_bytes != 0 {
        (percent(loading.total_bytes), loading.total_bytes.saturating_sub(loaded))
    } else if loading.rdb_used_mem != 0 {
        let left = loading.rdb_used_mem.saturating_sub(loaded).max(1);
        (percent(loading.rdb_used_mem).min(99.99), left)
    } else {
        (0.0, 1)
    };
    let elapsed_s = srv.clock.wall_ms() / 1000 - loading.started_s;
    let eta_s = match elapsed_s {
        // Too early to tell.
        0 => 1,
        _ => (i128::from(elapsed_s) * i128::from(left) / (i128::from(loaded) + 1)) as i64,
    };
    info.field("loading_start_time", loading.started_s)
        .field("loading_total_bytes", loading.total_bytes)
        .field("loading_rdb_used_mem", loading.rdb_used_mem)
        .field("loading_loaded_bytes", loaded)
        .float("loading_loaded_perc", perc, 2)
        .field("loading_eta_seconds", eta_s);
}

/// `# Stats`
pub fn stats(info: &mut InfoWriter, view: &mut View<'_>) {
    info.section("Stats");
    traffic(info, view.srv);
    keys(info, view.srv);
    absent(info);
    let tracking = &view.srv.tracking;
    info.field("tracking_total_keys", tracking.keys())
        .field("tracking_total_items", tracking.items())
        .field("tracking_total_prefixes", tracking.prefixes());
    work(info, view.srv);
}

fn traffic(info: &mut InfoWriter, srv: &Server) {
    let stats = &srv.stats;
    let kbps = |bytes: f64| bytes / 1024.0;
    info.field("total_connections_received", stats.connections_received)
        .field("total_commands_processed", stats.commands_processed)
        .field("instantaneous_ops_per_sec", stats.ops.per_second() as u64)
        .field("total_net_input_bytes", stats.net_input + stats.net_repl_input)
        .field("total_net_output_bytes", stats.net_output + stats.net_repl_output)
        .field("total_net_repl_input_bytes", stats.net_repl_input)
        .field("total_net_repl_output_bytes", stats.net_repl_output)
        .float("instantaneous_input_kbps", kbps(stats.input_rate.per_second()), 2)
        .float("instantaneous_output_kbps", kbps(stats.output_rate.per_second()), 2)
        .float("instantaneous_input_repl_kbps", kbps(stats.repl_input_rate.per_second()), 2)
        .float("instantaneous_output_repl_kbps", kbps(stats.repl_output_rate.per_second()), 2)
        .field("rejected_connections", stats.rejected_connections)
        .field("sync_full", stats.sync_full)
        .field("sync_partial_ok", stats.sync_partial_ok)
        .field("sync_partial_err", stats.sync_partial_err);
}

fn keys(info: &mut InfoWriter, srv: &Server) {
    let keys = &srv.keys.stats;
    let (exceeded_us, exceeding_us) = srv.eviction.exceeded_us(srv.clock.mono_us_now());
    info.field("expired_keys", keys.expired_keys)
        .float("expired_stale_perc", keys.expired_stale * 100.0, 2)
        .field("expired_time_cap_reached_count", keys.expired_time_cap_reached)
        .field("expire_cycle_cpu_milliseconds", keys.expire_cycle_time_us / 1000)
        .field("evicted_keys", keys.evicted_keys)
        .field("evicted_clients", srv.stats.evicted_clients)
        .field("total_eviction_exceeded_time", exceeded_us / 1000)
        .field("current_eviction_exceeded_time", exceeding_us / 1000)
        .field("keyspace_hits", keys.hits)
        .field("keyspace_misses", keys.misses)
        .field("pubsub_channels", srv.pubsub.len(Kind::Channel))
        .field("pubsub_patterns", srv.pubsub.len(Kind::Pattern))
        .field("pubsubshard_channels", srv.pubsub.len(Kind::Shard))
        .field("latest_fork_usec", srv.stats.latest_fork_us)
        .field("total_forks", srv.stats.total_forks)
        .field("migrate_cached_sockets", srv.stats.migrate_sockets)
        .field("slave_expires_tracked_keys", srv.keys.own_keys.len());
}

/// Defragmentation does not exist.
fn absent(info: &mut InfoWriter) {
    const NAMES: [&str; 6] = [
        "active_defrag_hits",
        "active_defrag_misses",
        "active_defrag_key_hits",
        "active_defrag_key_misses",
        "total_active_defrag_time",
        "current_active_defrag_time",
    ];
    for name in NAMES {
        info.field(name, 0);
    }
}

fn work(info: &mut InfoWriter, srv: &Server) {
    let stats = &srv.stats;
    let cycles = stats.cycle_rate.per_second();
    let us_per_cycle = if cycles > 0.0 { stats.cycle_us_rate.per_second() / cycles } else { 0.0 };
    info.field("unexpected_error_replies", stats.unexpected_error_replies)
        .field("total_error_replies", stats.total_error_replies)
        .field("dump_payload_sanitizations", stats.dump_payload_sanitizations)
        .field("total_reads_processed", stats.reads_processed)
        .field("total_writes_processed", stats.writes_processed)
        .field("io_threaded_reads_processed", 0)
        .field("io_threaded_writes_processed", 0)
        .field("reply_buffer_shrinks", 0)
        .field("reply_buffer_expands", 0)
        .field("eventloop_cycles", stats.eventloop_cycles)
        .field("eventloop_duration_sum", stats.eventloop_us)
        .field("eventloop_duration_cmd_sum", stats.eventloop_cmd_us)
        .field("instantaneous_eventloop_cycles_per_sec", cycles as u64)
        .field("instantaneous_eventloop_duration_usec", us_per_cycle as u64)
        .field("acl_access_denied_auth", stats.acl_denied_auth)
        .field("acl_access_denied_cmd", stats.acl_denied_cmd)
        .field("acl_access_denied_key", stats.acl_denied_key)
        .field("acl_access_denied_channel", stats.acl_denied_channel);
}

/// `# Keyspace`: databases that hold keys.
pub fn keyspace(info: &mut InfoWriter, view: &mut View<'_>) {
    info.section("Keyspace");
    for (number, db) in view.srv.keys.dbs.iter().enumerate().filter(|(_, db)| !db.is_empty()) {
        let (keys, expires, avg_ttl) = (db.len(), db.expires(), db.avg_ttl());
        info.field(
            format_args!("db{number}"),
            format_args!("keys={keys},expires={expires},avg_ttl={avg_ttl}"),
        );
    }
}
