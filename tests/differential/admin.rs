//! What one asks a server about itself: CONFIG with every name, COMMAND, DEBUG, LATENCY, SLOWLOG, MEMORY,
//! INFO by section.

use super::generate::{Words, words};
use super::pools::{PATTERNS, edge, index, key, value};
use super::rng::Rng;
use super::step::{Check, Step};
use super::wrong::NAMES;

/// Options that may be set to anything without changing what the other commands of a stream answer.
const SETTABLE: &[&str] = &[
    "active-defrag-cycle-max",
    "active-defrag-ignore-bytes",
    "active-defrag-threshold-lower",
    "active-expire-effort",
    "auto-aof-rewrite-min-size",
    "auto-aof-rewrite-percentage",
    "aof-load-truncated",
    "appendfsync",
    "appendonly-not-there",
    "busy-reply-threshold",
    "client-output-buffer-limit",
    "cluster-node-timeout",
    "cluster-replica-validity-factor",
    "databases",
    "dynamic-hz",
    "hash-max-listpack-entries",
    "hash-max-ziplist-value",
    "hll-sparse-max-bytes",
    "hz",
    "jemalloc-bg-thread",
    "latency-tracking-info-percentiles",
    "lazyfree-lazy-expire",
    "lazyfree-lazy-user-del",
    "lfu-decay-time",
    "lfu-log-factor",
    "list-compress-depth",
    "list-max-listpack-size",
    "lua-time-limit",
    "maxmemory-eviction-tenacity",
    "maxmemory-samples",
    "no-appendfsync-on-rewrite",
    "notify-keyspace-events",
    "oom-score-adj-values",
    "port-not-there",
    "rdb-key-save-delay",
    "rdbcompression",
    "repl-backlog-ttl",
    "repl-diskless-load",
    "repl-diskless-sync-delay",
    "repl-ping-replica-period",
    "repl-ping-slave-period",
    "repl-timeout",
    "replica-announce-ip",
    "replica-announce-port",
    "replica-announced",
    "replica-lazy-flush",
    "replica-priority",
    "slave-priority",
    "set-max-intset-entries",
    "shutdown-on-sigint",
    "shutdown-timeout",
    "slowlog-max-len",
    "stop-writes-on-bgsave-error",
    "stream-node-max-bytes",
    "stream-node-max-entries",
    "supervised",
    "tcp-backlog",
    "tcp-keepalive",
    "tracking-table-max-keys",
    "zset-max-listpack-entries",
    "zset-max-ziplist-value",
];

/// Values of options, right for some.
const SETTINGS: &[&str] = &[
    "yes",
    "no",
    "YES",
    "1",
    "10",
    "100",
    "1gb",
    "1mb",
    "10k",
    "5b",
    "-5",
    "1 mb",
    "always",
    "everysec",
    "disabled",
    "swapdb",
    "on-empty-db",
    "flushdb",
    "KEA",
    "Kg$",
    "AKE",
    "kEz!",
    "normal 0 0 0",
    "replica 256mb 64mb 60 pubsub 1 1 1",
    "slave 0 0 0",
    "normal 0 0",
    "master 1 1 1",
    "default",
    "nosave force",
    "now",
    "save nosave",
    "50 99 99.9",
    "0.1 100",
    "100.1",
    "0 200 800",
    "-2000 0 2000",
    "5 4 3",
    "127.0.0.1",
    "",
];

/// Sections of INFO.
const SECTIONS: &[&str] = &[
    "server",
    "clients",
    "memory",
    "persistence",
    "stats",
    "replication",
    "cpu",
    "modules",
    "errorstats",
    "cluster",
    "keyspace",
    "default",
    "all",
    "everything",
    "nosuch",
];

/// One such command.
pub fn draw(rng: &mut Rng, conn: usize) -> Step {
    let (w, check) = match rng.below(15) {
        12..=14 => return threshold(rng, conn),
        0..=2 => return config_set(rng, conn),
        3 => (words(rng, "CONFIG").cased(rng, "GET").arg("*"), Check::ConfigAll),
        4 => {
            let name = rng.pick(SETTABLE);
            (words(rng, "CONFIG").cased(rng, "GET").cased(rng, name), Check::Exact)
        }
        5 | 6 => return getkeys(rng, conn),
        7 => return debug(rng, conn),
        8 => {
            let mut w = words(rng, "INFO");
            for _ in 0..1 + rng.below(3) {
                w = w.one_of(rng, SECTIONS);
            }
            (w, Check::InfoNames)
        }
        9 => return slow(rng, conn),
        10 => return command(rng, conn),
        _ => return memory(rng, conn),
    };
    w.step(rng, conn).checked(check)
}

fn config_set(rng: &mut Rng, conn: usize) -> Step {
    let mut w = words(rng, "CONFIG").cased(rng, "SET");
    for _ in 0..[1, 1, 1, 1, 2, 3][rng.below(6)] {
        let setting = match rng.below(4) {
            0 => edge(rng).into_iter().filter(|b| *b != 0).collect(),
            _ => rng.pick(SETTINGS).as_bytes().to_vec(),
        };
        w = w.one_of(rng, SETTABLE).arg(setting);
    }
    w.step(rng, conn)
}

/// A number that decides about an encoding, small enough to be passed.
fn threshold(rng: &mut Rng, conn: usize) -> Step {
    let names = [
        "list-max-listpack-size",
        "list-max-ziplist-size",
        "list-compress-depth",
        "hash-max-listpack-entries",
        "hash-max-ziplist-entries",
        "hash-max-listpack-value",
        "set-max-intset-entries",
        "set-max-listpack-entries",
        "set-max-listpack-value",
        "zset-max-listpack-entries",
        "zset-max-listpack-value",
    ];
    let value = rng.pick(&["0", "1", "2", "4", "8", "16", "64", "128"]);
    let w = words(rng, "CONFIG").cased(rng, "SET").one_of(rng, &names).arg(value);
    w.step(rng, conn).checked(Check::Alone)
}

/// COMMAND GETKEYS of a command that may be wrong.
fn getkeys(rng: &mut Rng, conn: usize) -> Step {
    let sub = rng.pick(&["GETKEYS", "GETKEYSANDFLAGS"]);
    let w = words(rng, "COMMAND").cased(rng, sub);
    let w = match rng.below(5) {
        0 => w.cased(rng, "SET").arg(key(rng)).arg(value(rng)).one_of(rng, &["GET", "NX", "XX"]),
        1 => w.cased(rng, "OBJECT").cased(rng, "FREQ").arg(key(rng)),
        2 => w.cased(rng, "MEMORY").cased(rng, "USAGE").arg(key(rng)),
        _ => {
            let name = rng.pick(NAMES);
            let mut w = w.cased(rng, name);
            for _ in 0..1 + rng.below(5) {
                w = w.arg(key(rng));
            }
            w
        }
    };
    w.step(rng, conn).checked(Check::Alone)
}

fn command(rng: &mut Rng, conn: usize) -> Step {
    let w = words(rng, "COMMAND");
    match rng.below(5) {
        0 => {
            let w = w.cased(rng, "LIST").cased(rng, "FILTERBY").cased(rng, "PATTERN");
            w.one_of(rng, &["getr*", "p*expire*", "[^h]*nx", "nosuch", "config|g*"])
                .step(rng, conn)
                .checked(Check::AnyOrder)
        }
        1 => {
            let w = w.cased(rng, "LIST").one_of(rng, &["FILTERBY", "FOO"]);
            w.one_of(rng, &["MODULE", "FOO"]).arg("x").step(rng, conn)
        }
        2 => {
            let mut w = w.cased(rng, "INFO");
            for _ in 0..1 + rng.below(2) {
                w = w
                    .one_of(rng, &["get", "config|get", "object|encoding", "client|kill", "nosuch", "get|x"]);
            }
            w.step(rng, conn).checked(Check::Alone)
        }
        3 => w.cased(rng, "DOCS").arg("nosuch").step(rng, conn),
        _ => w.one_of(rng, &["LIST", "COUNT", "DOCS", "HELP"]).step(rng, conn).checked(Check::Kind),
    }
}

/// The parts of DEBUG that any server has.
fn debug(rng: &mut Rng, conn: usize) -> Step {
    let w = words(rng, "DEBUG");
    match rng.below(9) {
        0 | 1 => w.cased(rng, "OBJECT").arg(key(rng)).step(rng, conn).checked(Check::Fields),
        2 => w.cased(rng, "STRINGMATCH-LEN").arg("10").arg(rng.pick(PATTERNS)).step(rng, conn),
        3 => w.cased(rng, "SDSLEN").arg(key(rng)).step(rng, conn).checked(Check::Kind),
        4 => w
            .one_of(rng, &["LISTPACK", "ZIPLIST", "QUICKLIST"])
            .arg(key(rng))
            .step(rng, conn)
            .checked(Check::Kind),
        5 => w.cased(rng, "HTSTATS").arg(index(rng)).step(rng, conn).checked(Check::Kind),
        6 => w.cased(rng, "POPULATE").arg("3").arg("pop").arg("7").step(rng, conn),
        7 => w.one_of(rng, &["STRUCTSIZE", "HELP", "LOG"]).step(rng, conn).checked(Check::Kind),
        _ => w
            .one_of(rng, &["SLEEP", "OBJECT", "SDSLEN", "PROTOCOL", "LISTPACK", "SET-ACTIVE-EXPIRE"])
            .step(rng, conn),
    }
}

/// LATENCY and SLOWLOG: what they know depends on the machine, what they refuse does not.
fn slow(rng: &mut Rng, conn: usize) -> Step {
    let latency = words(rng, "LATENCY");
    match rng.below(10) {
        0 => latency.cased(rng, "HISTORY").arg(key(rng)).step(rng, conn),
        1 => latency.cased(rng, "GRAPH").arg(key(rng)).step(rng, conn),
        2 => latency.cased(rng, "RESET").arg(key(rng)).arg("command").step(rng, conn),
        3 => latency.cased(rng, "HISTOGRAM").arg(key(rng)).step(rng, conn),
        4 => latency.cased(rng, "HISTOGRAM").arg("get").step(rng, conn).checked(Check::Kind),
        5 => latency.one_of(rng, &["HISTORY", "GRAPH", "HELP x", "DOCTOR x"]).step(rng, conn),
        6 => latency.one_of(rng, &["LATEST", "DOCTOR", "HISTORY"]).arg("x").step(rng, conn),
        7 => words(rng, "SLOWLOG").one_of(rng, &["LEN", "GET"]).step(rng, conn).checked(Check::Kind),
        8 => words(rng, "SLOWLOG").cased(rng, "GET").arg("-1").step(rng, conn).checked(Check::Kind),
        _ => words(rng, "SLOWLOG").one_of(rng, &["LEN", "RESET", "HELP"]).arg("x").step(rng, conn),
    }
}

fn memory(rng: &mut Rng, conn: usize) -> Step {
    let usage = |rng: &mut Rng| -> Words { words(rng, "MEMORY").cased(rng, "USAGE").arg(key(rng)) };
    match rng.below(6) {
        0 => words(rng, "MEMORY").cased(rng, "STATS").step(rng, conn).checked(Check::Names),
        1 => {
            let n = index(rng);
            usage(rng).cased(rng, "SAMPLES").arg(n).step(rng, conn).checked(Check::Kind)
        }
        2 => usage(rng).cased(rng, "SAMPLES").step(rng, conn).checked(Check::Kind),
        3 => usage(rng).cased(rng, "SAMPLES").arg("5").arg("x").step(rng, conn).checked(Check::Kind),
        4 => words(rng, "MEMORY")
            .one_of(rng, &["STATS", "DOCTOR", "PURGE", "MALLOC-STATS"])
            .arg("x")
            .step(rng, conn),
        _ => usage(rng).step(rng, conn).checked(Check::Kind),
    }
}
