//! INFO memory, and the account of memory that MEMORY STATS and MEMORY DOCTOR share with it.
//!
//! `used_memory` is what the allocator has handed out. Overhead is what is there before any data, the
//! replication backlog, buffers of clients, and the tables of the databases; the rest is the data set.
//!
//! Source: Redis 7.2.4 `getMemoryOverheadData`.

use crate::base::info::InfoWriter;
use crate::base::num::human_bytes;
use crate::state::client::Flags;
use crate::state::host::{Host, MemoryFigures};
use crate::state::version::MEM_ALLOCATOR;

use super::View;
use crate::core::evict;
use crate::core::server::Server;

/// Table bytes of one database that holds keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DbOverhead {
    pub db: usize,
    pub main: u64,
}

/// See the head of the file. Bytes, unless said otherwise.
#[derive(Clone, Debug)]
pub struct Account {
    pub figures: MemoryFigures,
    pub peak: u64,
    pub startup: u64,
    pub backlog: u64,
    pub clients_replicas: u64,
    pub clients_normal: u64,
    pub dbs: Vec<DbOverhead>,
    /// What waits to be written to the append-only file.
    pub log_buffer: u64,
    pub overhead: u64,
    pub dataset: u64,
    pub keys: u64,
}

/// `a / b`, and 0 for nothing.
fn ratio(a: u64, b: u64) -> f64 {
    if b == 0 { 0.0 } else { (a as f32 / b as f32).into() }
}

impl Account {
    /// Asks the allocator and adds up; the peak is raised when it was passed since the last look.
    pub fn take(srv: &mut Server, host: &mut dyn Host) -> Account {
        let figures = host.memory();
        srv.stats.used_memory = figures.used;
        srv.stats.peak_memory = srv.stats.peak_memory.max(figures.used);
        let mut dbs = Vec::new();
        let mut keys = 0;
        for (db, data) in srv.keys.dbs.iter().enumerate().filter(|(_, data)| !data.is_empty()) {
            keys += data.len() as u64;
            dbs.push(DbOverhead { db, main: data.table_bytes() as u64 });
        }
        let is_replica = |flags: Flags| flags.has(Flags::REPLICA);
        let clients_normal =
            srv.clients.iter().filter(|c| !is_replica(c.flags)).map(|c| c.memory() as u64).sum();
        let backlog = srv.repl.backlog.mem_backlog() as u64;
        let clients_replicas = srv.repl.backlog.mem_not_backlog() as u64;
        let tables: u64 = dbs.iter().map(|db| db.main).sum();
        let log_buffer = srv.persist.aof.buf.capacity() as u64;
        let overhead = srv.startup_memory + backlog + clients_replicas + clients_normal + log_buffer + tables;
        Account {
            figures,
            peak: srv.stats.peak_memory,
            startup: srv.startup_memory,
            backlog,
            clients_replicas,
            clients_normal,
            dbs,
            log_buffer,
            overhead,
            dataset: figures.used.saturating_sub(overhead),
            keys,
        }
    }

    /// What came since the start; at least 1.
    fn net(&self) -> u64 {
        self.figures.used.saturating_sub(self.startup).max(1)
    }

    pub fn dataset_percent(&self) -> f64 {
        ratio(self.dataset * 100, self.net())
    }

    pub fn peak_percent(&self) -> f64 {
        ratio(self.figures.used * 100, self.peak)
    }

    pub fn bytes_per_key(&self) -> u64 {
        self.net().checked_div(self.keys).unwrap_or(0)
    }

    /// Pages the allocator holds against what it has handed out: ratio and bytes.
    pub fn allocator_fragmentation(&self) -> (f64, i64) {
        let f = &self.figures;
        (ratio(f.allocator_active, f.allocator_allocated), diff(f.allocator_active, f.allocator_allocated))
    }

    /// Resident pages of the allocator against those in use.
    pub fn allocator_rss(&self) -> (f64, i64) {
        let f = &self.figures;
        (ratio(f.allocator_resident, f.allocator_active), diff(f.allocator_resident, f.allocator_active))
    }

    /// Resident memory of the process against the allocator's.
    pub fn rss_overhead(&self) -> (f64, i64) {
        let f = &self.figures;
        (ratio(f.rss, f.allocator_resident), diff(f.rss, f.allocator_resident))
    }

    /// Resident memory of the process against what is used.
    pub fn fragmentation(&self) -> (f64, i64) {
        (ratio(self.figures.rss, self.figures.used), diff(self.figures.rss, self.figures.used))
    }
}

fn diff(a: u64, b: u64) -> i64 {
    a.wrapping_sub(b) as i64
}

/// `# Memory`
pub fn memory(info: &mut InfoWriter, view: &mut View<'_>) {
    let account = Account::take(view.srv, view.host);
    info.section("Memory");
    usage(info, &account);
    scripts(info);
    info.field("maxmemory", view.srv.config.maxmemory)
        .field("maxmemory_human", human_bytes(view.srv.config.maxmemory))
        .field("maxmemory_policy", view.srv.config.maxmemory_policy.name());
    fragmentation(info, &account);
    let backlog = &view.srv.repl.backlog;
    let (pending, freed) = view.host.freed_later();
    info.field("mem_not_counted_for_evict", evict::not_counted(view.srv))
        .field("mem_replication_backlog", account.backlog)
        .field("mem_total_replication_buffers", backlog.mem_total())
        .field("mem_clients_slaves", account.clients_replicas)
        .field("mem_clients_normal", account.clients_normal)
        .field("mem_cluster_links", 0)
        .field("mem_aof_buffer", account.log_buffer)
        .field("mem_allocator", MEM_ALLOCATOR)
        .field("active_defrag_running", 0)
        .field("lazyfree_pending_objects", pending + view.srv.keys.waste.len() as u64)
        .field("lazyfreed_objects", freed.saturating_sub(view.srv.stats.lazyfreed_at_reset));
}

fn usage(info: &mut InfoWriter, account: &Account) {
    let f = &account.figures;
    info.field("used_memory", f.used)
        .field("used_memory_human", human_bytes(f.used))
        .field("used_memory_rss", f.rss)
        .field("used_memory_rss_human", human_bytes(f.rss))
        .field("used_memory_peak", account.peak)
        .field("used_memory_peak_human", human_bytes(account.peak))
        .field("used_memory_peak_perc", format_args!("{:.2}%", account.peak_percent()))
        .field("used_memory_overhead", account.overhead)
        .field("used_memory_startup", account.startup)
        .field("used_memory_dataset", account.dataset)
        .field("used_memory_dataset_perc", format_args!("{:.2}%", account.dataset_percent()))
        .field("allocator_allocated", f.allocator_allocated)
        .field("allocator_active", f.allocator_active)
        .field("allocator_resident", f.allocator_resident)
        .field("total_system_memory", f.total_system)
        .field("total_system_memory_human", human_bytes(f.total_system));
}

/// Scripts and functions do not exist: nothing is used by them.
fn scripts(info: &mut InfoWriter) {
    info.field("used_memory_lua", 0)
        .field("used_memory_vm_eval", 0)
        .field("used_memory_lua_human", "0B")
        .field("used_memory_scripts_eval", 0)
        .field("number_of_cached_scripts", 0)
        .field("number_of_functions", 0)
        .field("number_of_libraries", 0)
        .field("used_memory_vm_functions", 0)
        .field("used_memory_vm_total", 0)
        .field("used_memory_vm_total_human", "0B")
        .field("used_memory_functions", 0)
        .field("used_memory_scripts", 0)
        .field("used_memory_scripts_human", "0B");
}

fn fragmentation(info: &mut InfoWriter, account: &Account) {
    let rows = [
        ("allocator_frag_ratio", "allocator_frag_bytes", account.allocator_fragmentation()),
        ("allocator_rss_ratio", "allocator_rss_bytes", account.allocator_rss()),
        ("rss_overhead_ratio", "rss_overhead_bytes", account.rss_overhead()),
        ("mem_fragmentation_ratio", "mem_fragmentation_bytes", account.fragmentation()),
    ];
    for (ratio_name, bytes_name, (ratio, bytes)) in rows {
        info.float(ratio_name, ratio, 2).field(bytes_name, bytes);
    }
}
