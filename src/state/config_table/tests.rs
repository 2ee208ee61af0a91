//! Tests of the table: defaults, texts, and that nothing is set by halves.

use super::*;
use crate::state::config::{LogLevel, SavePoint, ShutdownOn};
use proptest::prelude::*;

/// What a fresh Redis 7.2.4 prints for `CONFIG GET *`, sorted; `dir` as our default has it.
const DEFAULTS: &str = "\
acl-pubsub-default resetchannels
aclfile
acllog-max-len 128
active-defrag-cycle-max 25
active-defrag-cycle-min 1
active-defrag-ignore-bytes 104857600
active-defrag-max-scan-fields 1000
active-defrag-threshold-lower 10
active-defrag-threshold-upper 100
active-expire-effort 1
activedefrag no
activerehashing yes
always-show-logo no
aof-load-truncated yes
aof-rewrite-incremental-fsync yes
aof-timestamp-enabled no
aof-use-rdb-preamble yes
aof_rewrite_cpulist
appenddirname appendonlydir
appendfilename appendonly.aof
appendfsync everysec
appendonly no
auto-aof-rewrite-min-size 67108864
auto-aof-rewrite-percentage 100
bgsave_cpulist
bind * -::*
bind-source-addr
bio_cpulist
busy-reply-threshold 5000
client-output-buffer-limit normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60
client-query-buffer-limit 1073741824
cluster-allow-pubsubshard-when-down yes
cluster-allow-reads-when-down no
cluster-allow-replica-migration yes
cluster-announce-bus-port 0
cluster-announce-hostname
cluster-announce-human-nodename
cluster-announce-ip
cluster-announce-port 0
cluster-announce-tls-port 0
cluster-config-file nodes.conf
cluster-enabled no
cluster-link-sendbuf-limit 0
cluster-migration-barrier 1
cluster-node-timeout 15000
cluster-port 0
cluster-preferred-endpoint-type ip
cluster-replica-no-failover no
cluster-replica-validity-factor 10
cluster-require-full-coverage yes
cluster-slave-no-failover no
cluster-slave-validity-factor 10
crash-log-enabled yes
crash-memcheck-enabled yes
daemonize no
databases 16
dbfilename dump.rdb
dir .
disable-thp yes
dynamic-hz yes
enable-debug-command no
enable-module-command no
enable-protected-configs no
hash-max-listpack-entries 512
hash-max-listpack-value 64
hash-max-ziplist-entries 512
hash-max-ziplist-value 64
hll-sparse-max-bytes 3000
hz 10
ignore-warnings
io-threads 1
io-threads-do-reads no
jemalloc-bg-thread yes
latency-monitor-threshold 0
latency-tracking yes
latency-tracking-info-percentiles 50 99 99.9
lazyfree-lazy-eviction no
lazyfree-lazy-expire no
lazyfree-lazy-server-del no
lazyfree-lazy-user-del no
lazyfree-lazy-user-flush no
lfu-decay-time 1
lfu-log-factor 10
list-compress-depth 0
list-max-listpack-size -2
list-max-ziplist-size -2
locale-collate
logfile
loglevel notice
lua-time-limit 5000
masterauth
masteruser
maxclients 10000
maxmemory 0
maxmemory-clients 0
maxmemory-eviction-tenacity 10
maxmemory-policy noeviction
maxmemory-samples 5
min-replicas-max-lag 10
min-replicas-to-write 0
min-slaves-max-lag 10
min-slaves-to-write 0
no-appendfsync-on-rewrite no
notify-keyspace-events
oom-score-adj no
oom-score-adj-values 0 200 800
pidfile
port 6379
proc-title-template {title} {listen-addr} {server-mode}
propagation-error-behavior ignore
protected-mode yes
proto-max-bulk-len 536870912
rdb-del-sync-files no
rdb-save-incremental-fsync yes
rdbchecksum yes
rdbcompression yes
repl-backlog-size 1048576
repl-backlog-ttl 3600
repl-disable-tcp-nodelay no
repl-diskless-load disabled
repl-diskless-sync yes
repl-diskless-sync-delay 5
repl-diskless-sync-max-replicas 0
repl-ping-replica-period 10
repl-ping-slave-period 10
repl-timeout 60
replica-announce-ip
replica-announce-port 0
replica-announced yes
replica-ignore-disk-write-errors no
replica-ignore-maxmemory yes
replica-lazy-flush no
replica-priority 100
replica-read-only yes
replica-serve-stale-data yes
replicaof
requirepass
sanitize-dump-payload no
save 3600 1 300 100 60 10000
server_cpulist
set-max-intset-entries 512
set-max-listpack-entries 128
set-max-listpack-value 64
set-proc-title yes
shutdown-on-sigint default
shutdown-on-sigterm default
shutdown-timeout 10
slave-announce-ip
slave-announce-port 0
slave-ignore-maxmemory yes
slave-lazy-flush no
slave-priority 100
slave-read-only yes
slave-serve-stale-data yes
slaveof
slowlog-log-slower-than 10000
slowlog-max-len 128
socket-mark-id 0
stop-writes-on-bgsave-error yes
stream-node-max-bytes 4096
stream-node-max-entries 100
supervised no
syslog-enabled no
syslog-facility local0
syslog-ident redis
tcp-backlog 511
tcp-keepalive 300
timeout 0
tls-auth-clients yes
tls-ca-cert-dir
tls-ca-cert-file
tls-cert-file
tls-ciphers
tls-ciphersuites
tls-client-cert-file
tls-client-key-file
tls-client-key-file-pass
tls-cluster no
tls-dh-params-file
tls-key-file
tls-key-file-pass
tls-port 0
tls-prefer-server-ciphers no
tls-protocols
tls-replication no
tls-session-cache-size 20480
tls-session-cache-timeout 300
tls-session-caching yes
tracking-table-max-keys 1000000
unixsocket
unixsocketperm 0
zset-max-listpack-entries 128
zset-max-listpack-value 64
zset-max-ziplist-entries 128
zset-max-ziplist-value 64";

fn local() -> SetContext {
    SetContext { local_client: true, loading: false }
}

fn set(config: &mut Config, name: &str, value: &str) -> Result<Vec<Effect>, String> {
    set_many(config, &[(name.as_bytes(), value.as_bytes())], local()).map_err(|e| e.to_string())
}

fn reason(name: &str, value: &str) -> String {
    let error = set(&mut Config::default(), name, value).expect_err(name);
    let prefix = format!("CONFIG SET failed (possibly related to argument '{name}') - ");
    error.strip_prefix(&prefix).unwrap_or_else(|| panic!("{error}")).to_owned()
}

fn show(config: &Config, name: &str) -> String {
    String::from_utf8(get_one(config, name).unwrap()).unwrap()
}

#[test]
fn defaults_are_those_of_7_2_4() {
    let mut all: Vec<String> = get(&Config::default(), b"*")
        .into_iter()
        .map(|(name, value)| format!("{name} {}", String::from_utf8(value).unwrap()).trim_end().to_owned())
        .collect();
    all.sort_by(|a, b| a.split(' ').next().cmp(&b.split(' ').next()));
    let mut expected: Vec<&str> = DEFAULTS.lines().collect();
    expected.sort_by(|a, b| a.split(' ').next().cmp(&b.split(' ').next()));
    assert_eq!(all, expected);
    assert_eq!(all.len(), 195);
}

#[test]
fn names_are_unique() {
    let mut names: Vec<&str> = rows().flat_map(|row| std::iter::once(row.name).chain(row.alias)).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    for name in UNIMPLEMENTED {
        assert!(lookup(name.as_bytes()).is_some(), "{name}");
    }
}

/// Whatever CONFIG GET prints, a configuration file may say, and it means the same.
#[test]
fn printed_defaults_read_back() {
    let default = Config::default();
    for row in rows() {
        let printed = row.print(&default);
        let words: Vec<&[u8]> = match row.is(MULTI_ARG) {
            true if printed.is_empty() => vec![],
            true => printed.split(|&b| b == b' ').collect(),
            false => vec![&printed],
        };
        let mut config = default.clone();
        match row.set(&mut config, &words, Source::Runtime) {
            // Only a master is named with two words.
            Err(text) => assert_eq!((row.name, &*text), ("replicaof", "wrong number of arguments")),
            Ok(_) if row.name == "dir" => {}
            Ok(_) => assert_eq!(config, default, "{}", row.name),
        }
    }
}

#[test]
fn patterns_and_names_find_as_in_redis() {
    let config = Config::default();
    let names = |patterns: &[&[u8]]| -> Vec<String> {
        get_all(&config, patterns).into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(names(&[b"MaxMemory"]), ["MaxMemory"]);
    assert_eq!(names(&[b"slave-prio*"]), ["slave-priority"]);
    assert_eq!(names(&[b"*-PRIORITY"]), ["replica-priority", "slave-priority"]);
    assert_eq!(names(&[b"port", b"por?", b"PORT", b"nosuch"]), ["port"]);
    assert_eq!(names(&[b"use-exit-on-*"]), Vec::<String>::new());
    assert_eq!(names(&[b"use-exit-on-panic"]), ["use-exit-on-panic"]);
    assert!(is_sensitive(b"MasterAuth") && !is_sensitive(b"port") && !is_sensitive(b"nosuch"));
}

#[test]
fn refusals_are_told_in_redis_words() {
    for (name, value, text) in [
        ("rdbcompression", "1", "argument must be 'yes' or 'no'"),
        ("timeout", "-1", "argument must be between 0 and 2147483647 inclusive"),
        ("timeout", "1s", "argument couldn't be parsed into an integer"),
        ("timeout", " 1", "argument couldn't be parsed into an integer"),
        ("maxclients", "0", "argument must be between 1 and 4294967295 inclusive"),
        ("maxmemory", "10x", "argument must be a memory value"),
        ("maxmemory", "-1", "argument must be a memory value"),
        ("repl-backlog-size", "0", "argument must be between 1 and 9223372036854775807 inclusive"),
        (
            "repl-backlog-size",
            "18446744073709551615",
            "argument must be between 1 and 9223372036854775807 inclusive",
        ),
        ("maxmemory-clients", "101%", "percentage argument must be less or equal to 100"),
        ("maxmemory-clients", "x%", "argument must be a memory or percent value"),
        (
            "loglevel",
            "loud",
            "argument(s) must be one of the following: debug, verbose, notice, warning, nothing",
        ),
        ("oom-score-adj", "x", "argument(s) must be one of the following: no, yes, relative, absolute"),
        ("save", "60", "Invalid save parameters"),
        ("save", "0 1", "Invalid save parameters"),
        ("save", "1 x", "Invalid save parameters"),
        ("oom-score-adj-values", "1 2", "wrong number of arguments"),
        (
            "oom-score-adj-values",
            "1 2 3000",
            "Invalid oom-score-adj-values, elements must be between -2000 and 2000.",
        ),
        ("notify-keyspace-events", "KQ", "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."),
        (
            "client-output-buffer-limit",
            "normal 1",
            "Wrong number of arguments in buffer limit configuration.",
        ),
        (
            "client-output-buffer-limit",
            "master 1 1 1",
            "Invalid client class specified in buffer limit configuration.",
        ),
        (
            "client-output-buffer-limit",
            "normal 1 1 -1",
            "Error in hard, soft or soft_seconds setting in buffer limit configuration.",
        ),
        (
            "shutdown-on-sigterm",
            "save nosave",
            "shutdown options SAVE and NOSAVE can't be used simultaneously",
        ),
        (
            "shutdown-on-sigterm",
            "",
            "argument(s) must be one of the following: default, save, nosave, now, force",
        ),
        ("bind", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", "Too many bind addresses specified."),
        ("latency-tracking-info-percentiles", "50 x", "Invalid latency-tracking-info-percentiles parameters"),
        (
            "latency-tracking-info-percentiles",
            "101",
            "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]",
        ),
        ("proc-title-template", "{nosuch}", "template format is invalid or contains unknown variables"),
        (
            "cluster-announce-hostname",
            "a_b",
            "Hostnames may only contain alphanumeric characters, hyphens or dots",
        ),
        ("cluster-announce-human-nodename", "a#b", "Announced human node name contained invalid character"),
        ("daemonize", "yes", "can't set immutable config"),
        ("replicaof", "h 1", "can't set immutable config"),
        ("dir", "/", "can't set protected config"),
    ] {
        assert_eq!(reason(name, value), text, "{name} {value}");
    }
    assert_eq!(
        set(&mut Config::default(), "nosuch", "1").unwrap_err(),
        "Unknown option or number of arguments for CONFIG SET - 'nosuch'"
    );
}

#[test]
fn protected_options_follow_the_switch() {
    let mut config = Config::default();
    config.enable_protected_configs = crate::state::config::ProtectedAction::Local;
    assert_eq!(
        set(&mut config, "dbfilename", "a/b").unwrap_err().rsplit(" - ").next(),
        Some("dbfilename can't be a path, just a filename")
    );
    assert!(set(&mut config, "dbfilename", "b").is_ok());
    assert_eq!(set(&mut config, "dir", "sub").unwrap(), [Effect { apply: Apply::Dir, name: "dir" }]);
    assert_eq!(config.dir, std::path::Path::new("./sub"));
    let remote = SetContext::default();
    assert!(set_many(&mut config, &[(b"dbfilename", b"c")], remote).is_err());
}

#[test]
fn all_or_nothing() {
    let mut config = Config::default();
    let before = config.clone();
    let pairs: [(&[u8], &[u8]); 3] = [(b"timeout", b"5"), (b"save", b""), (b"hz", b"many")];
    let error = set_many(&mut config, &pairs, local()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "CONFIG SET failed (possibly related to argument 'hz') - argument couldn't be parsed into an integer"
    );
    assert_eq!(config, before);
    let pairs: [(&[u8], &[u8]); 2] = [(b"timeout", b"5"), (b"TIMEOUT", b"6")];
    let error = set_many(&mut config, &pairs, local()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "CONFIG SET failed (possibly related to argument 'TIMEOUT') - duplicate parameter"
    );
    let loading = SetContext { loading: true, ..local() };
    assert_eq!(set_many(&mut config, &[(b"appendonly", b"yes")], loading), Err(ConfigError::Loading));
    assert_eq!(config, before);
}

#[test]
fn effects_come_once_and_only_for_changes() {
    let mut config = Config::default();
    let pairs: [(&[u8], &[u8]); 5] = [
        (b"min-slaves-to-write", b"1"),
        (b"min-replicas-max-lag", b"5"),
        (b"timeout", b"5"),
        (b"maxmemory", b"1GB"),
        (b"repl-backlog-size", b"1mb"),
    ];
    let effects = set_many(&mut config, &pairs, local()).unwrap();
    assert_eq!(
        effects,
        [
            Effect { apply: Apply::GoodReplicas, name: "min-slaves-to-write" },
            Effect { apply: Apply::Memory, name: "maxmemory" },
        ]
    );
    assert_eq!(show(&config, "maxmemory"), "1073741824");
    assert_eq!(config.timeout, 5);
    // A certificate may have been renewed under its old name.
    assert_eq!(set(&mut config, "tls-cert-file", "").unwrap().len(), 1);
}

#[test]
fn values_are_printed_as_in_redis() {
    for (name, value, printed) in [
        ("maxmemory-clients", "5%", "5%"),
        ("maxmemory-clients", "5k", "5000"),
        ("hz", "100000", "500"),
        ("hz", "0", "1"),
        ("save", "", ""),
        ("save", "60 ", "60 0"),
        ("bind", "", ""),
        ("bind", "10.0.0.1 -::1", "10.0.0.1 -::1"),
        ("oom-score-adj", "relative", "yes"),
        (
            "client-output-buffer-limit",
            "replica 1mb 2kb 3",
            "normal 0 0 0 slave 1048576 2048 3 pubsub 33554432 8388608 60",
        ),
        ("latency-tracking-info-percentiles", "99.9990 0 100", "99.999 0 100"),
        ("latency-tracking-info-percentiles", "", ""),
        ("shutdown-on-sigint", "FORCE nosave now", "nosave now force"),
        ("notify-keyspace-events", "KA", "AK"),
        ("maxmemory", "18446744073709551615", "18446744073709551615"),
        ("lua-time-limit", "7", "7"),
        ("loglevel", "DEBUG", "debug"),
        ("masteruser", "a", "a"),
        ("list-max-ziplist-size", "-5", "-5"),
    ] {
        let mut config = Config::default();
        set(&mut config, name, value).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(show(&config, name), printed, "{name} {value}");
    }
}

#[test]
fn octal_and_words_reach_their_fields() {
    let mut config = Config::default();
    let file = |config: &mut Config, name: &str, word: &str| {
        lookup(name.as_bytes()).unwrap().0.set(config, &[word.as_bytes()], Source::File)
    };
    file(&mut config, "unixsocketperm", "770").unwrap();
    assert_eq!(config.unixsocketperm, 0o770);
    assert_eq!(show(&config, "unixsocketperm"), "770");
    assert_eq!(
        file(&mut config, "unixsocketperm", "9").unwrap_err(),
        "argument couldn't be parsed as an octal number"
    );
    assert_eq!(
        file(&mut config, "unixsocketperm", "7777").unwrap_err(),
        "argument must be between 0 and 777 inclusive"
    );
    file(&mut config, "loglevel", "warning").unwrap();
    assert_eq!(config.loglevel, LogLevel::Warning);
    // Defragmentation: a file may ask, CONFIG SET is told that there is none.
    file(&mut config, "activedefrag", "yes").unwrap();
    assert_eq!(unimplemented_in_use(&config), ["activedefrag"]);
    assert!(reason("activedefrag", "yes").starts_with("Active defragmentation cannot be enabled"));
    set(&mut config, "shutdown-on-sigterm", "save").unwrap();
    assert_eq!(config.shutdown_on_sigterm, ShutdownOn { save: true, ..Default::default() });
    set(&mut config, "save", "5 6").unwrap();
    assert_eq!(config.save, [SavePoint { seconds: 5, changes: 6 }]);
}

#[test]
fn texts_end_at_a_zero_but_secrets_do_not() {
    let mut config = Config::default();
    let pairs: [(&[u8], &[u8]); 2] = [(b"masterauth", b"a\0\xffb"), (b"ignore-warnings", b"x\0y")];
    set_many(&mut config, &pairs, local()).unwrap();
    assert_eq!(config.masterauth, b"a\0\xffb");
    assert_eq!(config.ignore_warnings, "x");
    assert!(set_many(&mut config, &[(b"ignore-warnings", b"\xff")], local()).is_err());
}

#[test]
fn titles_are_checked() {
    for good in ["{title} {listen-addr}", "x", "{{", "{title}x", "{config-file}"] {
        assert!(title_is_valid(good), "{good}");
    }
    for bad in ["", " ", "{title}", "{title", "{", "{}", "{nosuch}", "{title} {server-mode}"] {
        assert!(!title_is_valid(bad), "{bad}");
    }
}

#[test]
fn c_numbers() {
    for (text, value) in
        [("", Some(0)), (" +5", Some(5)), ("-7", Some(-7)), ("5 ", None), ("-", None), ("x", None)]
    {
        assert_eq!(parse_strtoll(text.as_bytes()), value, "{text}");
    }
    assert_eq!(parse_strtoll(b"99999999999999999999"), Some(i64::MAX));
    assert_eq!(format_memory(3 << 20), "3mb");
    assert_eq!(format_memory(0), "0");
    assert_eq!(format_memory(1000), "1000");
}

proptest! {
    /// Any bytes for any option: refused without a trace, or printed in a form that is accepted again.
    #[test]
    fn any_value_is_refused_or_round_trips(
        at in 0..rows().count(),
        value in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..12),
            "[0-9a-z%. -]{0,8}".prop_map(String::into_bytes),
        ],
    ) {
        let row = rows().nth(at).unwrap();
        let before = Config::default();
        let mut config = before.clone();
        match set_many(&mut config, &[(row.name.as_bytes(), &value)], local()) {
            Err(_) => prop_assert_eq!(&config, &before),
            Ok(_) => {
                let printed = row.print(&config);
                let mut again = before.clone();
                set_many(&mut again, &[(row.name.as_bytes(), &printed)], local()).unwrap();
                prop_assert_eq!(row.print(&again), printed);
            }
        }
    }
}
