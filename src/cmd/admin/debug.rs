//! DEBUG: switches, probes and accidents for tests.
//!
//! A subcommand is a row of `SUBS`: its name, how many arguments it takes, what runs. As in Redis these are
//! no rows of the command table: all of them share DEBUG's statistics and its permission
//! (`enable-debug-command`), and a wrong number of arguments is an unknown subcommand.
//!
//! | file | holds |
//! |---|---|
//! | here | the list, switches, crashes, logs |
//! | `data.rs` | the data set: digests, reload, population, statistics of tables |
//! | `protocol.rs` | a reply of every protocol type |
//!
//! # Where it differs from Redis
//! Switches for parts that are built otherwise here
//! (reply buffers, quicklist nodes, Lua's deny list) are read and have no effect. MALLCTL knows the three
//! figures the server itself uses; any other name does not exist. RELOAD NOFLUSH without MERGE overwrites
//! duplicates, where Redis crashes.
//!
//! Source: Redis 7.2.4 `debugCommand`.

use crate::base::bytes::{Printable, eq_ignore_case};
use crate::base::glob;
use crate::base::num::{parse_i64, parse_memory};
use crate::cmd::specs;
use crate::core::ctx::{Ctx, Outcome};
use crate::core::propagate;
use crate::core::server::PACKED_THRESHOLD;
use crate::core::table::Row;
use crate::format::aof::leading_number;
use crate::persist::bgsave::plain;
use crate::persist::shutdown;
use crate::resp::errors::{self, CmdError};
use crate::resp::request::{Args, push_request};
use crate::state::config_file::rewrite;
use crate::state::persistence::ShutdownFlags;
use crate::{log_notice, log_warning};

mod data;
mod protocol;

/// DEBUG's row in the command table.
pub const DEBUG: Row = Row::new(specs::server::DEBUG, debug);

type Run = for<'a, 'b> fn(&mut Ctx<'a>, Args<'b>) -> Result<Outcome, CmdError>;

/// A subcommand: name, fewest and most arguments (DEBUG and its own name included), what runs.
struct Sub(&'static str, usize, usize, Run);

const ANY: usize = usize::MAX;

const SUBS: &[Sub] = &[
    Sub("help", 2, 2, help),
    Sub("segfault", 2, ANY, segfault),
    Sub("panic", 2, ANY, panic),
    Sub("assert", 2, ANY, assert),
    Sub("oom", 2, ANY, oom),
    Sub("restart", 2, ANY, restart),
    Sub("crash-and-recover", 2, ANY, crash_and_recover),
    Sub("log", 3, 3, log),
    Sub("leak", 3, 3, leak),
    Sub("error", 3, 3, error),
    Sub("sleep", 3, 3, sleep),
    Sub("set-active-expire", 3, 3, set_active_expire),
    Sub("set-skip-checksum-validation", 3, 3, set_skip_checksum),
    Sub("pause-cron", 3, 3, pause_cron),
    Sub("quicklist-packed-threshold", 3, 3, packed_threshold),
    Sub("replybuffer", 4, 4, reply_buffer),
    Sub("set-disable-deny-scripts", 3, 3, ignored),
    Sub("aof-flush-sleep", 3, 3, aof_flush_sleep),
    Sub("drop-cluster-packet-filter", 3, 3, packet_filter),
    Sub("clusterlink", 5, 5, cluster_link),
    Sub("client-eviction", 2, 2, client_eviction),
    Sub("replicate", 3, ANY, replicate),
    Sub("change-repl-id", 2, 2, change_repl_id),
    Sub("config-rewrite-force-all", 2, 2, config_rewrite_force_all),
    Sub("mallctl", 3, ANY, mallctl),
    Sub("mallctl-str", 3, ANY, mallctl_str),
    Sub("structsize", 2, 2, struct_size),
    Sub("stringmatch-test", 2, 2, stringmatch_test),
    Sub("protocol", 3, 3, protocol::protocol),
    Sub("digest", 2, 2, data::digest),
    Sub("digest-value", 2, ANY, data::digest_value),
    Sub("reload", 2, ANY, data::reload),
    Sub("loadaof", 2, 2, data::load_aof),
    Sub("populate", 3, 5, data::populate),
    Sub("object", 3, 3, data::object),
    Sub("sdslen", 3, 3, data::sdslen),
    Sub("listpack", 3, 3, data::listpack),
    Sub("quicklist", 3, 4, data::quicklist),
    Sub("htstats", 3, ANY, data::htstats),
    Sub("htstats-key", 3, ANY, data::htstats_key),
];

#[rustfmt::skip]
const HELP: &[&str] = &[
    "AOF-FLUSH-SLEEP <microsec>",
    "    Server will sleep before flushing the AOF, this is used for testing.",
    "ASSERT",
    "    Crash by assertion failed.",
    "CHANGE-REPL-ID",
    "    Change the replication IDs of the instance.",
    "    Dangerous: should be used only for testing the replication subsystem.",
    "CONFIG-REWRITE-FORCE-ALL",
    "    Like CONFIG REWRITE but writes all configuration options, including",
    "    keywords not listed in original configuration file or default values.",
    "CRASH-AND-RECOVER [<milliseconds>]",
    "    Hard crash and restart after a <milliseconds> delay (default 0).",
    "DIGEST",
    "    Output a hex signature representing the current DB content.",
    "DIGEST-VALUE <key> [<key> ...]",
    "    Output a hex signature of the values of all the specified keys.",
    "ERROR <string>",
    "    Return a Redis protocol error with <string> as message. Useful for clients",
    "    unit tests to simulate Redis errors.",
    "LEAK <string>",
    "    Create a memory leak of the input string.",
    "LOADAOF",
    "    Flush the AOF buffers on disk and reload the AOF in memory.",
    "LOG <message>",
    "    Write <message> to the server log.",
    "HTSTATS <dbid> [full]",
    "    Return hash table statistics of the specified Redis database.",
    "HTSTATS-KEY <key> [full]",
    "    Like HTSTATS but for the hash table stored at <key>'s value.",
    "REPLICATE <string>",
    "    Replicates the provided string to replicas, allowing data divergence.",
    "MALLCTL <key> [<val>]",
    "    Get or set a malloc tuning integer.",
    "MALLCTL-STR <key> [<val>]",
    "    Get or set a malloc tuning string.",
    "OBJECT <key>",
    "    Show low level info about `key` and associated value.",
    "DROP-CLUSTER-PACKET-FILTER <packet-type>",
    "    Drop all packets that match the filtered type. Set to -1 allow all packets.",
    "OOM",
    "    Crash the server simulating an out-of-memory error.",
    "PANIC",
    "    Crash the server simulating a panic.",
    "POPULATE <count> [<prefix>] [<size>]",
    "    Create <count> string keys named key:<num>. If <prefix> is specified then",
    "    it is used instead of the 'key' prefix. These are not propagated to",
    "    replicas. Cluster slots are not respected so keys not belonging to the",
    "    current node can be created in cluster mode.",
    "PROTOCOL <type>",
    "    Reply with a test value of the specified type. <type> can be: string,",
    "    integer, double, bignum, null, array, set, map, attrib, push, verbatim,",
    "    true, false.",
    "RELOAD [option ...]",
    "    Save the RDB on disk and reload it back to memory. Valid <option> values:",
    "    * MERGE: conflicting keys will be loaded from RDB.",
    "    * NOFLUSH: the existing database will not be removed before load, but",
    "      conflicting keys will generate an exception and kill the server.",
    "    * NOSAVE: the database will be loaded from an existing RDB file.",
    "    Examples:",
    "    * DEBUG RELOAD: verify that the server is able to persist, flush and reload",
    "      the database.",
    "    * DEBUG RELOAD NOSAVE: replace the current database with the contents of an",
    "      existing RDB file.",
    "    * DEBUG RELOAD NOSAVE NOFLUSH MERGE: add the contents of an existing RDB",
    "      file to the database.",
    "RESTART [<milliseconds>]",
    "    Graceful restart: save config, db, restart after a <milliseconds> delay (default 0).",
    "SDSLEN <key>",
    "    Show low level SDS string info representing `key` and value.",
    "SEGFAULT",
    "    Crash the server with sigsegv.",
    "SET-ACTIVE-EXPIRE <0|1>",
    "    Setting it to 0 disables expiring keys in background when they are not",
    "    accessed (otherwise the Redis behavior). Setting it to 1 reenables back the",
    "    default.",
    "QUICKLIST-PACKED-THRESHOLD <size>",
    "    Sets the threshold for elements to be inserted as plain vs packed nodes",
    "    Default value is 1GB, allows values up to 4GB. Setting to 0 restores to default.",
    "SET-SKIP-CHECKSUM-VALIDATION <0|1>",
    "    Enables or disables checksum checks for RDB files and RESTORE's payload.",
    "SLEEP <seconds>",
    "    Stop the server for <seconds>. Decimals allowed.",
    "STRINGMATCH-TEST",
    "    Run a fuzz tester against the stringmatchlen() function.",
    "STRUCTSIZE",
    "    Return the size of different Redis core C structures.",
    "LISTPACK <key>",
    "    Show low level info about the listpack encoding of <key>.",
    "QUICKLIST <key> [<0|1>]",
    "    Show low level info about the quicklist encoding of <key>.",
    "    The optional argument (0 by default) sets the level of detail",
    "CLIENT-EVICTION",
    "    Show low level client eviction pools info (maxmemory-clients).",
    "PAUSE-CRON <0|1>",
    "    Stop periodic cron job processing.",
    "REPLYBUFFER PEAK-RESET-TIME <NEVER||RESET|time>",
    "    Sets the time (in milliseconds) to wait between client reply buffer peak resets.",
    "    In case NEVER is provided the last observed peak will never be reset",
    "    In case RESET is provided the peak reset time will be restored to the default value",
    "REPLYBUFFER RESIZING <0|1>",
    "    Enable or disable the reply buffer resize cron job",
    "CLUSTERLINK KILL <to|from|all> <node-id>",
    "    Kills the link based on the direction to/from (both) with the provided node.",
];

fn debug(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let name = args.at(1);
    let sub = SUBS.iter().find(|sub| eq_ignore_case(sub.0.as_bytes(), name));
    match sub.filter(|sub| (sub.1..=sub.2).contains(&args.len())) {
        Some(sub) => (sub.3)(cx, args),
        None => Err(errors::subcommand_syntax(b"debug", name)),
    }
}

fn done(cx: &mut Ctx<'_>) -> Result<Outcome, CmdError> {
    cx.out.ok();
    Ok(Outcome::Done)
}

/// C's `atoi`, as far as a switch needs it: whether the number at the start of a text is other than 0.
fn is_on(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let digits = text.strip_prefix(b"-").or(text.strip_prefix(b"+")).unwrap_or(text);
    digits.iter().take_while(|b| b.is_ascii_digit()).any(|b| *b != b'0')
}

fn help(cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.help(b"debug", HELP);
    Ok(Outcome::Done)
}

fn segfault(cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    cx.host.raise(libc::SIGSEGV);
    done(cx)
}

fn panic(cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    panic!("DEBUG PANIC called at Unix time {}", cx.srv.clock.wall_ms() / 1000)
}

fn assert(_cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    panic!("'1 == 2' is not true")
}

fn oom(_cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    log_warning!("Out Of Memory allocating {} bytes!", usize::MAX / 2);
    panic!("Redis aborting for OUT OF MEMORY. Allocating {} bytes!", usize::MAX / 2)
}

fn restart_delay_us(args: Args<'_>) -> Result<u64, CmdError> {
    let ms = args.get(2).map_or(Some(0), parse_i64).ok_or(errors::NOT_INT)?;
    Ok(ms.max(0).unsigned_abs().saturating_mul(1000))
}

fn restart(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let delay_us = restart_delay_us(args)?;
    if cx.srv.config_file.is_some()
        && let Err(e) = rewrite_config(cx, false)
    {
        log_warning!("Can't restart: configuration rewrite process failed: {e}");
        return Err(errors::DEBUG_RESTART);
    }
    let flags = ShutdownFlags { now: true, ..ShutdownFlags::default() };
    if shutdown::begin(cx.srv, cx.host, flags) == shutdown::Progress::Failed {
        log_warning!("Can't restart: error preparing for shutdown");
        return Err(errors::DEBUG_RESTART);
    }
    start_anew(cx, delay_us)
}

fn crash_and_recover(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let delay_us = restart_delay_us(args)?;
    start_anew(cx, delay_us)
}

fn start_anew(cx: &mut Ctx<'_>, delay_us: u64) -> Result<Outcome, CmdError> {
    let e = cx.host.restart(cx.srv.config_file.as_deref(), delay_us);
    log_warning!("Can't restart: {}", plain(&e));
    Err(errors::DEBUG_RESTART)
}

fn log(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    log_warning!("DEBUG LOG: {}", Printable(args.at(2)));
    done(cx)
}

fn leak(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    args.at(2).to_vec().leak();
    done(cx)
}

/// An error reply of the client's own wording, not counted as one.
fn error(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.error(args.at(2));
    Ok(Outcome::Done)
}

/// Seconds, fractions allowed; what is no number counts as 0, as C's `strtod` has it.
fn sleep(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let seconds = std::str::from_utf8(args.at(2)).ok().and_then(|text| text.trim().parse::<f64>().ok());
    // The conversion saturates: a negative time is none.
    cx.host.sleep_us((seconds.unwrap_or(0.0) * 1e6) as u64);
    cx.srv.clock.refresh();
    done(cx)
}

fn set_active_expire(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    cx.srv.debug.active_expire = is_on(args.at(2));
    done(cx)
}

fn set_skip_checksum(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    cx.srv.debug.skip_checksum = is_on(args.at(2));
    done(cx)
}

fn pause_cron(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    cx.srv.debug.pause_cron = is_on(args.at(2));
    done(cx)
}

fn packed_threshold(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    match parse_memory(args.at(2)).map(u32::try_from) {
        Some(Ok(bytes)) if bytes <= u32::MAX - ((1 << 20) - 1) => {
            cx.srv.debug.packed_threshold = if bytes == 0 { PACKED_THRESHOLD } else { bytes };
            done(cx)
        }
        _ => Err(CmdError::fixed("ERR argument must be a memory value bigger than 1 and smaller than 4gb")),
    }
}

fn reply_buffer(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (what, value) = (args.at(2), args.at(3));
    if eq_ignore_case(what, b"peak-reset-time") {
        let word = [&b"never"[..], b"reset"].iter().any(|word| eq_ignore_case(word, value));
        if !word && parse_i64(value).is_none() {
            return Err(errors::NOT_INT);
        }
    } else if !eq_ignore_case(what, b"resizing") {
        return Err(errors::subcommand_syntax(b"debug", args.at(1)));
    }
    done(cx)
}

fn ignored(cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    done(cx)
}

fn aof_flush_sleep(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    cx.srv.persist.aof.flush_sleep_us = leading_number(args.at(2)).max(0) as u64;
    done(cx)
}

fn packet_filter(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    parse_i64(args.at(2)).ok_or(errors::NOT_INT)?;
    done(cx)
}

fn cluster_link(_cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    if !eq_ignore_case(args.at(2), b"kill") {
        return Err(errors::subcommand_syntax(b"debug", args.at(1)));
    }
    Err(CmdError::fixed("ERR Debug option only available for cluster mode enabled setup!"))
}

fn client_eviction(_cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    Err(CmdError::fixed("ERR maxmemory-clients is disabled."))
}

/// Puts a command into the stream that was not run here.
fn replicate(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    if !cx.srv.repl.is_replica() && propagate::wanted(cx.srv) {
        let mut request = Vec::new();
        push_request(&mut request, &args.iter().skip(2).collect::<Vec<_>>());
        propagate::feed(cx.srv, &request);
    }
    done(cx)
}

fn change_repl_id(cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    log_notice!("Changing replication IDs after receiving DEBUG change-repl-id");
    let fresh = cx.srv.rng.hex_id();
    cx.srv.repl.ids.change(fresh);
    cx.srv.repl.ids.clear_second();
    done(cx)
}

fn config_rewrite_force_all(cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    match rewrite_config(cx, true) {
        Ok(()) => done(cx),
        Err(reason) => Err(CmdError::err(&[b"CONFIG-REWRITE-FORCE-ALL failed: ", reason.as_bytes()])),
    }
}

/// Writes the configuration file anew; with `all`, defaults too. The error is the system's word.
fn rewrite_config(cx: &mut Ctx<'_>, all: bool) -> Result<(), String> {
    let Some(path) = &cx.srv.config_file else { return Err("Bad address".into()) };
    let disk = cx.host.disk();
    let old = match disk.read(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        read => read.map_err(|e| plain(&e))?,
    };
    let make = if all { rewrite::rewrite_all } else { rewrite::rewrite };
    let text = make(&old, &cx.srv.config, None);
    disk.write_atomic(path, &text).map_err(|e| plain(&e))
}

/// The figures of the allocator that the server looks at itself, under jemalloc's names.
fn mallctl(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    if args.get(3).is_some_and(|value| parse_i64(value).is_none()) {
        return Err(errors::NOT_INT);
    }
    let memory = cx.host.memory();
    let value = match args.at(2) {
        b"stats.allocated" => memory.allocator_allocated,
        b"stats.active" => memory.allocator_active,
        b"stats.resident" => memory.allocator_resident,
        _ => return Err(NO_SUCH_MALLCTL),
    };
    cx.out.int(value as i64);
    Ok(Outcome::Done)
}

fn mallctl_str(_cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    Err(NO_SUCH_MALLCTL)
}

const NO_SUCH_MALLCTL: CmdError = CmdError::fixed("ERR No such file or directory");

/// Sizes in Redis' words, of what stands here in the place of its structures: the smallest entry (`robj`), a
/// slot of the table (`dictentry`), the length fields of strings.
fn struct_size(cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    let text = format!(
        "bits:{} robj:16 dictentry:{} sdshdr5:1 sdshdr8:1 sdshdr16:2 sdshdr32:{} sdshdr64:{} ",
        usize::BITS,
        size_of::<crate::object::Entry>(),
        size_of::<Vec<u8>>(),
        size_of::<Vec<u8>>()
    );
    cx.out.bulk(text.as_bytes());
    Ok(Outcome::Done)
}

/// Matches random texts and patterns of the bytes that mean something; the result does not matter.
fn stringmatch_test(cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    const ROUNDS: usize = 100_000;
    let (mut text, mut pattern) = ([0u8; 32], [0u8; 32]);
    for _ in 0..ROUNDS {
        cx.srv.rng.fill(&mut text);
        cx.srv.rng.fill(&mut pattern);
        pattern.iter_mut().for_each(|b| *b &= 127);
        let (m, n) = (usize::from(text[0] % 32), usize::from(pattern[0] % 32));
        std::hint::black_box(glob::matches(&pattern[..n], &text[..m], false));
    }
    cx.out.simple("Apparently Redis did not crash: test passed");
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subcommands_are_named_once_and_told_in_help() {
        for (i, sub) in SUBS.iter().enumerate() {
            assert!(SUBS[..i].iter().all(|other| other.0 != sub.0), "{}", sub.0);
        }
        for line in HELP.iter().filter(|line| !line.starts_with(' ')) {
            let name = line.split(' ').next().unwrap_or_default().to_ascii_lowercase();
            assert!(SUBS.iter().any(|sub| sub.0 == name), "{name}");
        }
    }

    #[test]
    fn switches_read_as_atoi_does() {
        for on in [&b"1"[..], b" 7x", b"-1", b"+2", b"010"] {
            assert!(is_on(on));
        }
        for off in [&b"0"[..], b"", b"yes", b"-0", b"00x1"] {
            assert!(!is_on(off));
        }
    }
}
