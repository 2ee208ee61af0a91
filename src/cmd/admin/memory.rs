//! MEMORY: where the bytes are.
//!
//! Source: Redis 7.2.4 `memoryCommand`, `getMemoryDoctorReport`; the advice is in our own words.

use crate::base::bytes::eq_ignore_case;
use crate::base::num::parse_i64;
use crate::core::ctx::{Ctx, Outcome};
use crate::core::info::memory::Account;
use crate::resp::errors::{self, CmdError};
use crate::resp::reply::Reply;
use crate::resp::request::Args;
use crate::state::version::MEM_ALLOCATOR;

/// What the table spends on an entry, on average: its pointer and its share of hash fragments. Bytes.
const TABLE_SHARE: usize = 16;

/// MEMORY USAGE `key [SAMPLES n]`. Keys whose time is over count as long as they are there.
pub fn usage(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let mut at = 3;
    while at < args.len() {
        let number = args.get(at + 1).filter(|_| eq_ignore_case(args.at(at), b"samples"));
        let samples = parse_i64(number.ok_or(errors::SYNTAX)?).ok_or(errors::NOT_INT)?;
        if samples < 0 {
            return Err(errors::SYNTAX);
        }
        at += 2;
    }
    match cx.srv.keys.dbs[cx.db].get(args.at(2)) {
        None => cx.out.null(),
        Some(entry) => cx.out.count(entry.mem_bytes() + TABLE_SHARE),
    }
    Ok(Outcome::Done)
}

/// MEMORY STATS.
pub fn stats(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    let account = Account::take(cx.srv, cx.host);
    let f = account.figures;
    let out = &mut *cx.out;
    out.map(27 + account.dbs.len());
    let before = [
        ("peak.allocated", account.peak),
        ("total.allocated", f.used),
        ("startup.allocated", account.startup),
        ("replication.backlog", account.backlog),
        ("clients.slaves", account.clients_replicas),
        ("clients.normal", account.clients_normal),
        ("cluster.links", 0),
        ("aof.buffer", account.log_buffer),
        ("lua.caches", 0),
        ("functions.caches", 0),
    ];
    before.iter().for_each(|(name, bytes)| number(out, name, *bytes));
    for db in &account.dbs {
        out.bulk(format!("db.{}", db.db).as_bytes());
        out.map(3);
        number(out, "overhead.hashtable.main", db.main);
        number(out, "overhead.hashtable.expires", 0);
        number(out, "overhead.hashtable.slot-to-keys", 0);
    }
    number(out, "overhead.total", account.overhead);
    number(out, "keys.count", account.keys);
    number(out, "keys.bytes-per-key", account.bytes_per_key());
    number(out, "dataset.bytes", account.dataset);
    double(out, "dataset.percentage", account.dataset_percent());
    double(out, "peak.percentage", account.peak_percent());
    number(out, "allocator.allocated", f.allocator_allocated);
    number(out, "allocator.active", f.allocator_active);
    number(out, "allocator.resident", f.allocator_resident);
    let ratios = [
        ("allocator-fragmentation.ratio", "allocator-fragmentation.bytes", account.allocator_fragmentation()),
        ("allocator-rss.ratio", "allocator-rss.bytes", account.allocator_rss()),
        ("rss-overhead.ratio", "rss-overhead.bytes", account.rss_overhead()),
        ("fragmentation", "fragmentation.bytes", account.fragmentation()),
    ];
    for (ratio_name, bytes_name, (ratio, bytes)) in ratios {
        double(out, ratio_name, ratio);
        out.bulk(bytes_name.as_bytes());
        out.int(bytes);
    }
    Ok(Outcome::Done)
}

fn number(out: &mut Reply, name: &str, value: u64) {
    out.bulk(name.as_bytes());
    out.int(i64::try_from(value).unwrap_or(i64::MAX));
}

fn double(out: &mut Reply, name: &str, value: f64) {
    out.bulk(name.as_bytes());
    out.double(value);
}

/// Below this the figures say nothing. Bytes.
const TOO_LITTLE: u64 = 5 << 20;
/// Waste below this is none. Bytes.
const MUCH: i64 = 10 << 20;

/// What the doctor finds in an account.
fn findings(account: &Account, clients: usize, replicas: usize) -> Vec<String> {
    let mut found = Vec::new();
    if account.peak as f64 > account.figures.used as f64 * 1.5 {
        found.push(
            "Peak memory: this instance once used more than 150% of what it uses now. An allocator rarely \
             gives such memory back, so expect a high fragmentation ratio; it is harmless, and the room is \
             used again when data grow. MEMORY PURGE may release some of it, a restart all."
                .to_owned(),
        );
    }
    let wasteful = |(ratio, bytes): (f64, i64), limit: f64| ratio > limit && bytes > MUCH;
    if wasteful(account.fragmentation(), 1.4) {
        found.push(format!(
            "High total RSS: the process occupies more than 1.4 times the memory it uses. Either there was a \
             peak (see above, if so), or the load fragments memory. The allocator is \"{MEM_ALLOCATOR}\"."
        ));
    }
    if wasteful(account.allocator_fragmentation(), 1.1) {
        found.push(
            "High allocator fragmentation: the allocator's pages are more than 1.1 times what is allocated \
             in them, by a former peak or by a load that fragments memory."
                .to_owned(),
        );
    }
    if wasteful(account.allocator_rss(), 1.1) {
        found.push(
            "High allocator RSS overhead: the allocator holds more than 1.1 times the pages it has in use, \
             usually after a peak. Try MEMORY PURGE."
                .to_owned(),
        );
    }
    if wasteful(account.rss_overhead(), 1.1) {
        found.push(
            "High process RSS overhead: the process occupies more than 1.1 times what its allocator holds."
                .to_owned(),
        );
    }
    if replicas > 0 && account.clients_replicas > 10 << 20 {
        found.push(
            "Big replica buffers: more than 10 MB wait for replicas beyond the backlog, so one of them is slow \
             or its network is. INFO replication shows the lags, CLIENT LIST the buffers."
                .to_owned(),
        );
    }
    if account.clients_normal / clients.max(1) as u64 > 200 << 10 {
        found.push(
            "Big client buffers: clients hold more than 200 KB each on average: large replies, long pipelines, \
             or slow readers. CLIENT LIST shows which."
                .to_owned(),
        );
    }
    found
}

/// MEMORY DOCTOR.
pub fn doctor(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    let account = Account::take(cx.srv, cx.host);
    let replicas = cx.srv.repl.replicas.len();
    let clients = cx.srv.clients.connected().saturating_sub(replicas);
    let text = if account.figures.used < TOO_LITTLE {
        "Hi Sam, this instance is empty or is using very little memory, so there is nothing to find yet. Come \
         back when there are some data.\n"
            .to_owned()
    } else {
        report(&findings(&account, clients, replicas))
    };
    cx.out.verbatim("txt", text.as_bytes());
    Ok(Outcome::Done)
}

fn report(found: &[String]) -> String {
    if found.is_empty() {
        return "Hi Sam, I can't find any memory issue in your instance, as far as I can see from here.\n"
            .to_owned();
    }
    let list: String = found.iter().map(|text| format!(" * {text}\n\n")).collect();
    format!(
        "Sam, I detected a few issues in this Redis instance memory implants:\n\n{list}I'm here to keep you safe.\n"
    )
}

/// MEMORY PURGE.
pub fn purge(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    if !cx.host.release_memory() {
        return Err(CmdError::fixed("ERR Error purging dirty pages"));
    }
    cx.out.ok();
    Ok(Outcome::Done)
}

/// MEMORY MALLOC-STATS.
pub fn malloc_stats(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    let report = cx.host.allocator_report();
    if report.is_empty() {
        cx.out.bulk(b"Stats not supported for the current allocator");
    } else {
        cx.out.verbatim("txt", report.as_bytes());
    }
    Ok(Outcome::Done)
}

/// MEMORY HELP.
pub fn help(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.help(args.at(0), HELP);
    Ok(Outcome::Done)
}

const HELP: &[&str] = &[
    "DOCTOR",
    "    Return a report about memory problems.",
    "MALLOC-STATS",
    "    Return the allocator's own statistics.",
    "PURGE",
    "    Ask the allocator to give unused pages back.",
    "STATS",
    "    Return where the memory of the server goes.",
    "USAGE <key> [SAMPLES <count>]",
    "    Return the bytes that <key> and its value take. Of nested values <count> are",
    "    looked at (default: 5, 0 means all).",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::host::MemoryFigures;

    #[test]
    fn the_doctor_sees_waste_and_nothing_else() {
        let figures = MemoryFigures {
            used: 100 << 20,
            rss: 110 << 20,
            allocator_allocated: 100 << 20,
            allocator_active: 101 << 20,
            allocator_resident: 105 << 20,
            total_system: 1 << 40,
        };
        let mut account = Account {
            figures,
            peak: 100 << 20,
            startup: 1 << 20,
            backlog: 0,
            log_buffer: 0,
            clients_replicas: 0,
            clients_normal: 0,
            dbs: Vec::new(),
            overhead: 1 << 20,
            dataset: 99 << 20,
            keys: 10,
        };
        assert!(findings(&account, 1, 0).is_empty());
        account.peak = 200 << 20;
        account.figures.rss = 300 << 20;
        account.clients_normal = 1 << 20;
        let found = findings(&account, 2, 0);
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(report(&found).starts_with("Sam, "));
        assert_eq!(account.bytes_per_key(), (99 << 20) / 10);
    }
}
