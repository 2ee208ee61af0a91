//! INFO replication: both sides, right while it happens, and the last full syncs explained.

use crate::base::info::InfoWriter;
use crate::core::server::Server;
use crate::state::client::Client;
use crate::state::failover::Failover;
use crate::state::repl_ids;
use crate::state::replication::{SyncState, replica_ip};

use super::View;

/// `# Replication`
pub fn replication(info: &mut InfoWriter, view: &mut View<'_>) {
    let srv = &*view.srv;
    info.section("Replication");
    info.field("role", if srv.repl.is_replica() { "slave" } else { "master" });
    if srv.repl.is_replica() {
        replica_side(info, srv);
    }
    info.field("connected_slaves", srv.repl.replicas.len());
    if srv.config.min_replicas_to_write > 0 && srv.config.min_replicas_max_lag > 0 {
        info.field("min_slaves_good_slaves", srv.repl.good_replicas);
    }
    let replicas = srv.repl.replicas.iter().filter_map(|id| srv.clients.get(*id));
    for (number, client) in replicas.enumerate() {
        replica(info, srv, number, client);
    }
    let (ids, backlog) = (&srv.repl.ids, &srv.repl.backlog);
    let active = backlog.is_active();
    info.field("master_failover_state", Failover::name(srv.repl.failover.as_deref()))
        .field("master_replid", repl_ids::text(&ids.replid))
        .field("master_replid2", repl_ids::text(&ids.replid2))
        .field("master_repl_offset", backlog.offset())
        .field("second_repl_offset", ids.second_offset)
        .field("repl_backlog_active", u8::from(active))
        .field("repl_backlog_size", srv.config.repl_backlog_size)
        .field("repl_backlog_first_byte_offset", if active { backlog.first_byte_offset() } else { 0 })
        .field("repl_backlog_histlen", if active { backlog.histlen() } else { 0 });
}

/// What Redis does not tell: the last full syncs, and what waits on disk for replicas that catch up. A section
/// of its own, for INFO replication is read by programs that know its lines.
pub fn sync(info: &mut InfoWriter, view: &mut View<'_>) {
    let srv = &*view.srv;
    info.section("Sync");
    if let Some(spill) = &srv.repl.spill {
        info.field("repl_spill_bytes", spill.bytes());
    }
    if let Some(sync) = &srv.repl.last_sync {
        info.field("last_full_sync_replica", &sync.replica)
            .field("last_full_sync_reason", &sync.why)
            .field("last_full_sync_ms", sync.total_ms())
            .field("last_full_sync_wait_ms", sync.wait_ms)
            .field("last_full_sync_save_ms", sync.save_ms)
            .field("last_full_sync_send_ms", sync.send_ms)
            .field("last_full_sync_load_ms", sync.load_ms)
            .field("last_full_sync_bytes", sync.bytes)
            .field("last_full_sync_peak_buffer", sync.peak_bytes)
            .field("last_full_sync_spilled_bytes", sync.spilled_bytes)
            .field("last_full_sync_cow_bytes", sync.cow_bytes);
    }
    if let Some(sync) = &srv.repl.last_link_sync {
        info.field("last_master_sync_reason", &sync.why)
            .field("last_master_sync_ms", sync.total_ms())
            .field("last_master_sync_handshake_ms", sync.handshake_ms)
            .field("last_master_sync_wait_ms", sync.wait_ms)
            .field("last_master_sync_receive_ms", sync.receive_ms)
            .field("last_master_sync_load_ms", sync.load_ms)
            .field("last_master_sync_bytes", sync.bytes);
    }
}

/// One replica of ours.
fn replica(info: &mut InfoWriter, srv: &Server, number: usize, client: &Client) {
    let Some(replica) = &client.replica else { return };
    let ip = replica_ip(client);
    let online = matches!(replica.sync, SyncState::Online);
    let lag_s = if online { (srv.clock.mono_ms() - replica.ack_ms) / 1000 } else { 0 };
    info.field(
        format_args!("slave{number}"),
        format_args!(
            "ip={ip},port={},state={},offset={},lag={lag_s}",
            replica.port,
            replica.sync.name(),
            replica.ack_offset
        ),
    );
}

/// Our link to our master.
fn replica_side(info: &mut InfoWriter, srv: &Server) {
    let (host, port) = srv.repl.link.target().unwrap_or(("", 0));
    let link = srv.repl.link.info(srv.clock.mono_ms());
    info.field("master_host", host)
        .field("master_port", port)
        .field("master_link_status", if link.up { "up" } else { "down" })
        .field("master_last_io_seconds_ago", link.last_io_seconds_ago)
        .field("master_sync_in_progress", u8::from(link.sync.is_some()))
        .field("slave_read_repl_offset", link.read_offset)
        .field("slave_repl_offset", link.offset);
    if let Some(sync) = link.sync {
        info.field("master_sync_total_bytes", sync.total)
            .field("master_sync_read_bytes", sync.read)
            .field("master_sync_left_bytes", sync.left)
            .float("master_sync_perc", sync.percent, 2)
            .field("master_sync_last_io_seconds_ago", sync.last_io_seconds_ago);
    }
    if let Some(seconds) = link.down_since_seconds {
        info.field("master_link_down_since_seconds", seconds);
    }
    info.field("slave_priority", srv.config.replica_priority)
        .field("slave_read_only", u8::from(srv.config.replica_read_only))
        .field("replica_announced", u8::from(srv.config.replica_announced));
}
