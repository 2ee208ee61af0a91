//! Connection and server commands: what a client says about itself, and the parts of INFO, CONFIG and COMMAND
//! that both servers have in common.

use super::generate::words;
use super::pools::{EDGES, db, edge, key, value};
use super::rng::Rng;
use super::step::{Check, Step};
use super::wrong;

/// Those of the names that have subcommands.
const CONTAINERS: &[&str] = &["OBJECT", "XINFO", "XGROUP", "PUBSUB"];

/// Subcommands, their arguments, and how the answers are compared; sent as written.
const FIXED: &[(&str, Check)] = &[
    ("ROLE", Check::Role),
    ("WAIT 0 0", Check::Exact),
    ("WAIT 1 1", Check::Exact),
    ("WAIT abc 0", Check::Exact),
    ("WAIT 0 -1", Check::Exact),
    ("WAIT 0 abc", Check::Exact),
    ("REPLICAOF NO ONE", Check::Exact),
    ("SLAVEOF no one", Check::Exact),
    ("REPLICAOF localhost abc", Check::Exact),
    ("REPLICAOF localhost 70000", Check::Exact),
    ("REPLICAOF a b c", Check::Exact),
    ("TIME", Check::Kind),
    ("LASTSAVE", Check::Kind),
    ("COMMAND COUNT", Check::Kind),
    ("COMMAND GETKEYS SET k v EX 100", Check::Exact),
    ("COMMAND GETKEYS MSET a 1 b 2 c 3", Check::Exact),
    ("COMMAND GETKEYS GET", Check::Alone),
    ("COMMAND GETKEYS PING", Check::Alone),
    ("COMMAND GETKEYS NOSUCH a", Check::Exact),
    ("COMMAND GETKEYS COPY a b", Check::Exact),
    ("COMMAND GETKEYS OBJECT ENCODING a", Check::Exact),
    ("COMMAND GETKEYSANDFLAGS LCS a b", Check::Exact),
    ("COMMAND GETKEYSANDFLAGS RENAME a b", Check::Exact),
    ("COMMAND INFO nosuch", Check::Exact),
    ("COMMAND INFO ping", Check::Exact),
    ("COMMAND FOO", Check::Exact),
    ("CONFIG GET maxclients", Check::Exact),
    ("CONFIG GET databases", Check::Exact),
    ("CONFIG GET hz timeout", Check::AnyOrder),
    ("CONFIG GET client-output-*", Check::AnyOrder),
    ("CONFIG GET nosuch", Check::Exact),
    ("CONFIG GET lfu-*", Check::AnyOrder),
    ("CONFIG GET slave-priority", Check::Exact),
    ("CONFIG GET repl*priority", Check::AnyOrder),
    ("CONFIG GET", Check::Exact),
    ("CONFIG SET hz", Check::Exact),
    ("CONFIG SET hz 10", Check::Exact),
    ("CONFIG SET hz abc", Check::Exact),
    ("CONFIG SET hz 10 hz 11", Check::Exact),
    ("CONFIG SET nosuch 1", Check::Exact),
    ("CONFIG SET timeout -1", Check::Exact),
    ("CONFIG SET timeout 99999999999", Check::Exact),
    ("CONFIG SET databases 4", Check::Exact),
    ("CONFIG SET appendonly maybe", Check::Exact),
    ("CONFIG SET maxmemory-policy nosuch", Check::Exact),
    ("CONFIG SET maxmemory 1x", Check::Exact),
    ("CONFIG SET timeout 0 nosuch 1", Check::Exact),
    ("CONFIG SET timeout 5 hz abc", Check::Exact),
    ("CONFIG GET timeout", Check::Exact),
    ("CONFIG SET loglevel notice", Check::Exact),
    ("CONFIG SET save abc", Check::Exact),
    ("CONFIG SET client-output-buffer-limit foo", Check::Exact),
    ("CONFIG REWRITE", Check::Exact),
    ("CONFIG RESETSTAT", Check::Exact),
    ("CONFIG RESETSTAT now", Check::Exact),
    ("CONFIG FOO", Check::Exact),
    ("CONFIG HELP", Check::Kind),
    ("CONFIG", Check::Exact),
    ("DEBUG SLEEP 0", Check::Exact),
    ("DEBUG SET-ACTIVE-EXPIRE 1", Check::Exact),
    ("DEBUG FOO", Check::Exact),
    ("DEBUG", Check::Exact),
    ("DEBUG JMAP x", Check::Exact),
    ("DEBUG DIGEST", Check::Exact),
    ("DEBUG RELOAD", Check::Exact),
    ("DEBUG ERROR -ERR something", Check::Exact),
    ("DEBUG PROTOCOL string", Check::Exact),
    ("DEBUG PROTOCOL integer", Check::Exact),
    ("DEBUG PROTOCOL double", Check::Exact),
    ("DEBUG PROTOCOL null", Check::Exact),
    ("DEBUG PROTOCOL array", Check::Exact),
    ("DEBUG PROTOCOL set", Check::Exact),
    ("DEBUG PROTOCOL map", Check::Exact),
    ("DEBUG PROTOCOL bignum", Check::Exact),
    ("DEBUG PROTOCOL true", Check::Exact),
    ("DEBUG PROTOCOL false", Check::Exact),
    ("DEBUG PROTOCOL verbatim", Check::Exact),
    ("DEBUG PROTOCOL foo", Check::Exact),
    ("MEMORY FOO", Check::Exact),
    ("MEMORY USAGE nosuch", Check::Exact),
    ("MEMORY USAGE a SAMPLES -1", Check::Kind),
    ("MEMORY USAGE a SAMPLES", Check::Exact),
    ("MEMORY USAGE a FOO 1", Check::Kind),
    ("MEMORY DOCTOR", Check::Kind),
    ("MEMORY PURGE", Check::Exact),
    ("MEMORY HELP", Check::Kind),
    ("SLOWLOG RESET", Check::Exact),
    ("SLOWLOG GET -2", Check::Exact),
    ("SLOWLOG GET abc", Check::Exact),
    ("SLOWLOG GET 0", Check::Exact),
    ("SLOWLOG FOO", Check::Exact),
    ("SLOWLOG HELP", Check::Kind),
    ("LATENCY RESET", Check::Exact),
    ("LATENCY LATEST", Check::Exact),
    ("LATENCY HISTORY command", Check::Exact),
    ("LATENCY GRAPH command", Check::Exact),
    ("LATENCY HISTOGRAM nosuch", Check::Exact),
    ("LATENCY FOO", Check::Exact),
    ("LATENCY DOCTOR", Check::Kind),
    ("SHUTDOWN FOO", Check::Exact),
    ("SHUTDOWN ABORT", Check::Exact),
    ("SHUTDOWN SAVE NOSAVE", Check::Exact),
    ("SHUTDOWN ABORT NOW", Check::Exact),
    ("SAVE", Check::Exact),
    ("SAVE now", Check::Exact),
    ("BGSAVE FOO", Check::Exact),
    ("BGSAVE SCHEDULE FOO", Check::Exact),
    ("LOLWUT VERSION 99", Check::Kind),
    ("INFO", Check::InfoNames),
    ("INFO everything", Check::InfoNames),
    ("INFO keyspace", Check::InfoNames),
    ("INFO replication clients", Check::InfoNames),
    ("INFO nosuch", Check::Exact),
    ("PSYNC", Check::Exact),
    ("REPLCONF", Check::Exact),
    ("REPLCONF foo bar", Check::Exact),
    ("REPLCONF listening-port", Check::Exact),
    ("QUIT", Check::Closes),
];

/// CLIENT and its arguments.
const CLIENT: &[(&str, Check)] = &[
    ("", Check::Exact),
    ("ID", Check::Kind),
    ("ID 1", Check::Exact),
    ("GETNAME", Check::Exact),
    ("SETNAME conn-name", Check::Exact),
    ("SETNAME bad\x01name", Check::Exact),
    ("SETNAME", Check::Exact),
    ("INFO", Check::Fields),
    ("INFO x", Check::Exact),
    ("LIST", Check::Fields),
    ("LIST TYPE normal", Check::Fields),
    ("LIST TYPE master", Check::Exact),
    ("LIST TYPE replica", Check::Exact),
    ("LIST TYPE slave", Check::Exact),
    ("LIST TYPE pubsub", Check::Exact),
    ("LIST TYPE foo", Check::Exact),
    ("LIST TYPE", Check::Exact),
    ("LIST ID 999999 888888", Check::Exact),
    ("LIST ID abc", Check::Exact),
    ("LIST ID", Check::Exact),
    ("LIST FOO", Check::Exact),
    ("KILL 1.2.3.4:5", Check::Exact),
    ("KILL ID 999999", Check::Exact),
    ("KILL ID abc", Check::Exact),
    ("KILL ID 0", Check::Exact),
    ("KILL ID -1", Check::Exact),
    ("KILL TYPE replica", Check::Exact),
    ("KILL TYPE master", Check::Exact),
    ("KILL TYPE pubsub", Check::Exact),
    ("KILL TYPE foo", Check::Exact),
    ("KILL ADDR 1.2.3.4:5", Check::Exact),
    ("KILL LADDR 1.2.3.4:5", Check::Exact),
    ("KILL USER nosuch", Check::Exact),
    ("KILL USER default ADDR 1.2.3.4:5", Check::Exact),
    ("KILL ID 999999 SKIPME no", Check::Exact),
    ("KILL ID 999999 SKIPME maybe", Check::Exact),
    ("KILL ID", Check::Exact),
    ("KILL FOO bar", Check::Exact),
    ("KILL", Check::Exact),
    ("NO-EVICT on", Check::Exact),
    ("NO-EVICT off", Check::Exact),
    ("NO-EVICT maybe", Check::Exact),
    ("REPLY ON", Check::Exact),
    ("REPLY maybe", Check::Exact),
    ("PAUSE 0", Check::Exact),
    ("PAUSE -1", Check::Exact),
    ("PAUSE abc", Check::Exact),
    ("PAUSE 0 FOO", Check::Exact),
    ("PAUSE 0 WRITE", Check::Exact),
    ("PAUSE 0 ALL", Check::Exact),
    ("UNPAUSE", Check::Exact),
    ("UNBLOCK 999999", Check::Exact),
    ("UNBLOCK abc", Check::Exact),
    ("UNBLOCK 999999 TIMEOUT", Check::Exact),
    ("UNBLOCK 999999 ERROR", Check::Exact),
    ("UNBLOCK 999999 FOO", Check::Exact),
    ("GETREDIR", Check::Exact),
    ("HELP", Check::Kind),
    ("FOO", Check::Exact),
    ("NO-TOUCH on", Check::Alone),
    ("SETINFO LIB-NAME lib", Check::Alone),
];

/// HELLO and AUTH.
const GREET: &[(&str, Check)] = &[
    ("HELLO", Check::Hello),
    ("HELLO 2", Check::Hello),
    ("HELLO 3", Check::Hello),
    ("HELLO 3 SETNAME me", Check::Hello),
    ("HELLO 2 SETNAME me", Check::Hello),
    ("HELLO 3 AUTH default any", Check::Hello),
    ("HELLO 3 AUTH default any SETNAME x", Check::Hello),
    ("HELLO 3 AUTH nouser any", Check::Alone),
    ("HELLO 1", Check::Exact),
    ("HELLO 4", Check::Exact),
    ("HELLO -1", Check::Exact),
    ("HELLO abc", Check::Exact),
    ("HELLO 3 FOO", Check::Exact),
    ("HELLO 3 AUTH default", Check::Exact),
    ("HELLO 3 SETNAME", Check::Exact),
    ("HELLO 3 SETNAME bad\x01name", Check::Exact),
    ("AUTH", Check::Exact),
    ("AUTH pass", Check::Exact),
    ("AUTH default any", Check::Exact),
    ("AUTH nouser any", Check::Alone),
    ("AUTH a b c", Check::Exact),
    ("RESET", Check::Exact),
];

/// One such command.
pub fn draw(rng: &mut Rng, conn: usize) -> Step {
    let (line, check) = match rng.below(26) {
        0 => return words(rng, "PING").step(rng, conn),
        1 => return words(rng, "PING").arg(value(rng)).step(rng, conn),
        2 => return words(rng, "ECHO").arg(value(rng)).step(rng, conn),
        3 | 4 => return words(rng, "SELECT").arg(db(rng)).step(rng, conn),
        5 => {
            // 7.2 looks at a name up to its first NUL only.
            let name: Vec<u8> = key(rng).into_iter().filter(|b| *b != 0).collect();
            return words(rng, "CLIENT").cased(rng, "SETNAME").arg(name).step(rng, conn);
        }
        6 => {
            let word = rng.pick(EDGES);
            return words(rng, "CLIENT").cased(rng, "UNBLOCK").arg(word).step(rng, conn);
        }
        7 => {
            return words(rng, "MEMORY")
                .cased(rng, "USAGE")
                .arg(key(rng))
                .step(rng, conn)
                .checked(Check::Kind);
        }
        17 => {
            // The order of a container's subcommands is chance.
            let name = rng
                .pick(&wrong::NAMES.iter().copied().filter(|n| !CONTAINERS.contains(n)).collect::<Vec<_>>());
            return words(rng, "COMMAND")
                .cased(rng, "INFO")
                .cased(rng, name)
                .step(rng, conn)
                .checked(Check::Alone);
        }
        8 if rng.one_in(2) => return words(rng, "SLOWLOG").arg("GET").arg(bad_count(rng)).step(rng, conn),
        8..=10 => &GREET[rng.below(GREET.len())],
        11..=16 => {
            let (line, check) = &CLIENT[rng.below(CLIENT.len())];
            return fixed(rng, conn, &format!("CLIENT {line}"), check);
        }
        _ => &FIXED[rng.below(FIXED.len())],
    };
    fixed(rng, conn, line, check)
}

/// A count that shows no entries: the slow log itself depends on the machine.
fn bad_count(rng: &mut Rng) -> Vec<u8> {
    let n = edge(rng);
    if std::str::from_utf8(&n).is_ok_and(|t| t.parse::<i64>().is_ok()) { b"0".to_vec() } else { n }
}

fn fixed(rng: &mut Rng, conn: usize, line: &str, check: &Check) -> Step {
    let mut parts = line.split_ascii_whitespace();
    let mut w = words(rng, parts.next().unwrap_or_default());
    for part in parts {
        w = w.arg(part);
    }
    w.step(rng, conn).checked(check.clone())
}
