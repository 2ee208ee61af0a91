//! Damaged files, full disks, missing descriptors, garbage over the socket: a clear error, nothing lost, and the
//! server goes on where it can.
//!
//! Each expectation holds for Redis 7.0.15 too (`REPLIS_TEST_SERVER=/usr/bin/redis-server`), unless it says so.

mod common;
#[path = "differential/rng.rs"]
#[allow(dead_code)]
mod rng;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::client::request;
use common::{Client, SOON, Server, Setup, holds_within, server_binary, tests_the_original, wait_until};
use rng::Rng;

// ---- files at start ----

/// Runs a program to its end, which must come soon.
fn run_to_end(mut command: Command) -> Output {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    if !holds_within(SOON, || child.try_wait().unwrap().is_some()) {
        let _ = child.kill();
        panic!(
            "the program does not end: {}",
            String::from_utf8_lossy(&child.wait_with_output().unwrap().stdout)
        );
    }
    child.wait_with_output().unwrap()
}

/// Starts a server on a file that it must refuse. What it prints; the file must be as before.
#[track_caller]
fn refused(folder: &Path, bytes: &[u8]) -> String {
    let file = folder.join("dump.rdb");
    fs::write(&file, bytes).unwrap();
    let text = refused_start(folder);
    assert_eq!(fs::read(&file).unwrap(), bytes, "the file was changed\n{text}");
    text
}

/// Starts a server in a folder; it must end with 1.
#[track_caller]
fn refused_start(folder: &Path) -> String {
    let mut command = Command::new(server_binary());
    command.args(["--port", "0", "--unixsocket", "socket", "--dir"]).arg(folder).current_dir(folder);
    let output = run_to_end(command);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(!text.contains("panicked") && !text.contains("BUG REPORT"), "{text}");
    assert!(!text.contains("eady to accept"), "{text}");
    text
}

/// A snapshot with strings of all kinds, expiries and several databases.
fn sound_file() -> Vec<u8> {
    let server = Server::start("");
    let mut client = server.client();
    for (key, value) in [("short", "value"), ("number", "12345"), ("large", "-1234567890")] {
        client.run(&format!("set {key} {value}"));
    }
    client.cmd(&["set", "long", &"compressible ".repeat(40)]);
    client.run("set expires soon px 100000000");
    client.run("select 3");
    client.run("set other database");
    assert_eq!(client.run("save"), "OK");
    fs::read(server.file("dump.rdb")).unwrap()
}

fn position(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).position(|window| window == part).unwrap()
}

#[test]
fn a_truncated_file_is_refused_and_kept() {
    let sound = sound_file();
    let folder = tempfile::tempdir().unwrap();
    let long = position(&sound, b"\x04long");
    let expires = position(&sound, b"\x07expires");
    let mut cuts = vec![0, 1, 5, 8, 9, 10, 12, 40, sound.len() - 1, sound.len() - 7, sound.len() - 8];
    cuts.extend([sound.len() - 9, long, long + 3, long + 6, long + 9, expires - 5, expires - 1, expires + 2]);
    for cut in cuts {
        let text = refused(folder.path(), &sound[..cut]);
        assert!(
            text.contains(" # Short read or OOM loading DB. Unrecoverable error, aborting now.\n"),
            "{cut}\n{text}"
        );
        assert!(text.contains("-> Unexpected EOF reading RDB file\n"), "{cut}\n{text}");
        // The report of redis-check-rdb follows.
        assert!(text.contains("[offset 0] Checking RDB file dump.rdb\n"), "{cut}\n{text}");
        assert!(text.contains("--- RDB ERROR DETECTED ---\n"), "{cut}\n{text}");
        assert!(
            text.contains("] Unexpected EOF reading RDB file\n[additional info] While doing: "),
            "{text}"
        );
        assert!(!text.contains("Terminating server"), "{cut}\n{text}");
    }
}

#[test]
fn a_file_with_a_flipped_bit_is_refused_and_kept() {
    let sound = sound_file();
    let folder = tempfile::tempdir().unwrap();
    let mut rng = Rng::new(7);
    // Redis takes a version it knows, and a wrong checksum for one that was not computed when it is zero: neither
    // comes of one bit in the second half of the file.
    for _ in 0..25 {
        let bit = (9 + rng.below(sound.len() - 9)) * 8 + rng.below(8);
        let mut bytes = sound.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let text = refused(folder.path(), &bytes);
        let words = [
            "Short read or OOM loading DB",
            "Internal error in RDB reading offset ",
            "Wrong RDB checksum expected: (",
            "Data file was created with a Redis server configured to handle more than 16 databases. Exiting",
        ];
        assert!(words.iter().any(|words| text.contains(words)), "bit {bit}\n{text}");
    }
}

#[test]
fn a_wrong_checksum_is_told_with_both_numbers() {
    let mut bytes = sound_file();
    let at = position(&bytes, b"value");
    bytes[at] = b'V';
    let folder = tempfile::tempdir().unwrap();
    let text = refused(folder.path(), &bytes);
    let stored = u64::from_le_bytes(*bytes.last_chunk().unwrap());
    assert!(text.contains(&format!(") but got ({stored:x}). Aborting now.\n")), "{text}");
    assert!(text.contains(" -> RDB CRC error\n"), "{text}");
    assert!(text.contains("] RDB CRC error\n[additional info] While doing: check-sum\n"), "{text}");
    // Told to look away, a server takes it.
    fs::write(folder.path().join("dump.rdb"), &bytes).unwrap();
    let server =
        Server::setup().args(&["--dir", folder.path().to_str().unwrap(), "--rdbchecksum", "no"]).start();
    assert_eq!(server.run("get short"), "Value");
}

#[test]
fn files_that_are_no_snapshots() {
    let folder = tempfile::tempdir().unwrap();
    // 7.2.4 has other last words than 7.0.15 ("Fatal error loading the DB: Invalid argument. Exiting.").
    let exiting = " # Fatal error loading the DB";
    for (bytes, words) in [
        (&b"REDIS0099and so on"[..], " # Can't handle RDB format version 99\n"),
        (b"REDIS0000and so on", " # Can't handle RDB format version 0\n"),
        (b"not a snapshot at all", " # Wrong signature trying to load DB from file\n"),
    ] {
        let text = refused(folder.path(), bytes);
        assert!(text.contains(words), "{text}");
        assert!(text.contains(exiting), "{text}");
        assert!(text.trim_end().ends_with("Exiting."), "{text}");
    }
    let text = refused(folder.path(), b"");
    assert!(text.contains("Short read or OOM loading DB. Unrecoverable error, aborting now.\n"), "{text}");
    // Lengths beyond any memory allocate nothing.
    for value in [
        &b"\x81\x00\xff\xff\xff\xff\xff\xff\xff"[..],
        b"\x80\xff\xff\xff\xff",
        b"\xc3\x05\x80\xff\xff\xff\xffab",
    ] {
        refused(folder.path(), &[b"REDIS0010\xfe\x00\x00\x01a", value].concat());
    }
}

#[test]
fn a_snapshot_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    // Permissions do not bind root; what is no file binds everyone.
    fs::create_dir(folder.path().join("dump.rdb")).unwrap();
    let text = refused_start(folder.path());
    assert!(text.contains("Short read or OOM loading DB. Unrecoverable error, aborting now.\n"), "{text}");
    fs::remove_dir(folder.path().join("dump.rdb")).unwrap();
    std::os::unix::fs::symlink("dump.rdb", folder.path().join("dump.rdb")).unwrap();
    let text = refused_start(folder.path());
    assert!(text.contains(" # Fatal error"), "{text}");
    assert!(text.contains("Too many levels of symbolic links"), "{text}");
    assert!(text.trim_end().ends_with("Exiting."), "{text}");
}

#[test]
fn configurations_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("redis.conf");
    let start = |file: &Path| {
        let mut command = Command::new(server_binary());
        command.arg(file).current_dir(folder.path());
        let output = run_to_end(command);
        assert_eq!(output.status.code(), Some(1));
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    };
    let mut rng = Rng::new(3);
    for _ in 0..10 {
        let mut bytes = b"garbage ".to_vec();
        let length = rng.below(2000);
        bytes.extend(rng.bytes(length));
        fs::write(&file, &bytes).unwrap();
        let text = start(&file);
        assert!(text.contains("*** FATAL CONFIG FILE ERROR (Redis 7."), "{text}");
        assert_eq!(fs::read(&file).unwrap(), bytes);
    }
    if !tests_the_original() {
        // Redis reads a directory as an empty file, and serves on port 6379.
        let text = start(folder.path());
        assert!(text.contains("Is a directory"), "{text}");
    }
}

// ---- redis-check-rdb ----

fn check_rdb(program: &Path, args: &[&Path]) -> (i32, String) {
    let mut command = Command::new(program);
    command.args(args);
    let output = run_to_end(command);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8_lossy(&text).into_owned())
}

/// What is not the same for all readers: process, time, the line of the source, the offset Redis prints as 0.
fn comparable(text: &str) -> String {
    let mask = |line: &str| {
        if let Some((_, rest)) = line.split_once(" # ") {
            return rest.to_owned();
        }
        match (line.split_once("RDB reading offset "), line.split_once(" -> ")) {
            (Some((head, _)), Some((_, tail))) => format!("{head}RDB reading -> {tail}"),
            _ => line.to_owned(),
        }
    };
    text.lines().map(|line| mask(line) + "\n").collect()
}

#[test]
fn the_checker_prints_what_the_one_of_redis_prints() {
    let original = PathBuf::from("/usr/bin/redis-check-rdb");
    if !original.is_file() && common::may_skip("redis-check-rdb") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let ours = folder.path().join("redis-check-rdb");
    std::os::unix::fs::symlink(server_binary(), &ours).unwrap();
    let file = folder.path().join("file");
    let sound = sound_file();
    let long = position(&sound, b"\x04long");
    let mut cases = vec![sound.clone(), [&sound[..], b"more"].concat(), b"REDIS0099".to_vec()];
    cases.extend([0, 4, 9, 30, long, long + 2, long + 8, sound.len() - 3].map(|cut| sound[..cut].to_vec()));
    for damage in
        [&b"\xc5"[..], b"\xbf", b"\xc3\x02\x05aa", b"\x01b\xff12345678", b"\x01b\xff\0\0\0\0\0\0\0\0"]
    {
        cases.push([b"REDIS0010\xfe\x02\xfd\x01\x00\x00\x00\x00\x01a", damage].concat());
    }
    cases.push(b"REDIS0004\xfd\x01\x00\x00\x00\x00\x01a\x01b\xff".to_vec());
    for bytes in cases {
        fs::write(&file, &bytes).unwrap();
        let (code, text) = check_rdb(&ours, &[&file]);
        let (expected_code, expected) = check_rdb(&original, &[&file]);
        assert_eq!(comparable(&text), comparable(&expected), "{}", bytes.escape_ascii());
        assert_eq!(code, expected_code);
        assert_eq!(code, i32::from(!expected.contains("RDB looks OK!")));
    }
    let missing = folder.path().join("missing");
    assert_eq!(check_rdb(&ours, &[&missing]), check_rdb(&original, &[&missing]));
    assert_eq!(check_rdb(&ours, &[&file, &file]).0, 1);
    let (code, text) = check_rdb(&ours, &[Path::new("--version")]);
    assert!(code == 0 && text.starts_with("redis-check-rdb 7."), "{text}");
}

// ---- the system says no ----

/// Sets a soft limit of another process; the hard one stays.
#[track_caller]
fn limit(pid: u32, which: libc::__rlimit_resource_t, soft: u64) {
    let mut now = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: prlimit fills the rlimit it is given; a null pointer asks for no change.
    let got = unsafe { libc::prlimit(pid as libc::pid_t, which, std::ptr::null(), &raw mut now) };
    assert_eq!(got, 0, "reading a limit: {}", std::io::Error::last_os_error());
    now.rlim_cur = soft.min(now.rlim_max);
    // SAFETY: prlimit reads a valid rlimit; the old value is not asked for.
    let set = unsafe { libc::prlimit(pid as libc::pid_t, which, &raw const now, std::ptr::null_mut()) };
    assert_eq!(set, 0, "setting a limit: {}", std::io::Error::last_os_error());
}

/// The server under test, started by a shell line that ends in `exec "$0" "$@"`.
fn through_shell(line: &str) -> Setup {
    let binary = server_binary();
    Setup::of("/bin/sh").argv(&["-c", line, binary.to_str().unwrap(), "{conf}"])
}

fn saving_ended(server: &Server) {
    wait_until("no child", SOON, || server.info_field("persistence", "rdb_bgsave_in_progress") == "0");
}

fn temp_files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("temp-")).collect()
}

/// A limit on the size of files stands for a disk that is full: the same call fails in the same place.
#[test]
fn a_full_disk_stops_writes_until_there_is_space() {
    let server = through_shell("trap '' XFSZ; exec \"$0\" \"$@\"").config("save 3600 1000000").start();
    server.run("set key value");
    assert_eq!(server.run("save"), "OK");
    let before = fs::read(server.file("dump.rdb")).unwrap();
    server.run("debug populate 20000");
    limit(server.pid(), libc::RLIMIT_FSIZE, 64 << 10);

    server.run("bgsave");
    server.wait_log("Background saving error");
    assert!(server.log().contains("# Write error "), "{}", server.log());
    saving_ended(&server);
    assert_eq!(server.info_field("persistence", "rdb_last_bgsave_status"), "err");
    let refusal =
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.";
    assert!(server.run("set key other").error().starts_with(refusal));
    assert!(server.run("ping").error().starts_with(refusal));
    assert_eq!(server.run("get key"), "value");
    assert_eq!(server.run("save"), "-ERR");
    assert_eq!(temp_files(server.dir()), Vec::<String>::new());
    assert_eq!(fs::read(server.file("dump.rdb")).unwrap(), before, "the old snapshot stays");
    server.config_set("stop-writes-on-bgsave-error", "no");
    assert_eq!(server.run("set key new"), "OK");
    server.config_set("stop-writes-on-bgsave-error", "yes");

    limit(server.pid(), libc::RLIMIT_FSIZE, u64::MAX);
    server.run("bgsave");
    wait_until("a good snapshot", SOON, || {
        server.info_field("persistence", "rdb_last_bgsave_status") == "ok"
    });
    assert_eq!(server.run("set key newer"), "OK");
    assert_ne!(fs::read(server.file("dump.rdb")).unwrap(), before);
}

/// What a replica receives has no room: it keeps its old data, says why, and has the new as soon as there is room.
#[test]
fn a_replica_on_a_full_disk_asks_again_until_there_is_space() {
    let master = Server::start("");
    master.run("debug populate 20000 key 100");
    for diskless in ["no", "yes"] {
        master.config_set("repl-diskless-sync", diskless);
        let replica = through_shell("trap '' XFSZ; exec \"$0\" \"$@\"").config("save \"\"").start();
        replica.run("set key old");
        limit(replica.pid(), libc::RLIMIT_FSIZE, 64 << 10);
        replica.replicaof(master.port());
        let failure = "Write error or short write writing to the DB dump file needed for MASTER <-> REPLICA \
                       synchronization: ";
        wait_until("it has asked again", SOON, || replica.log().matches(failure).count() > 1);
        assert_eq!(replica.info_field("replication", "master_link_status"), "down");
        assert_eq!(replica.run("get key"), "old");
        assert_eq!(replica.run("dbsize").int(), 1);
        limit(replica.pid(), libc::RLIMIT_FSIZE, u64::MAX);
        replica.wait_link_up();
        master.wait_same_data(&replica);
        assert_eq!(temp_files(replica.dir()), Vec::<String>::new());
    }
}

/// A command of the user nobody, for whom limits on processes hold.
fn as_nobody(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", program]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn is_root() -> bool {
    // SAFETY: geteuid has no preconditions.
    unsafe { libc::geteuid() == 0 }
}

/// Limits the processes of the server's user; only he may, once the server runs as him.
#[track_caller]
fn limit_processes(pid: u32, soft: &str) {
    let mut command = if is_root() { as_nobody("prlimit") } else { Command::new("prlimit") };
    let args = [format!("--pid={pid}"), format!("--nproc={soft}:")];
    assert!(command.args(args).status().unwrap().success(), "prlimit --nproc={soft}:");
}

#[test]
fn a_fork_that_fails_is_told_and_survived() {
    let binary = server_binary();
    if common::in_path("prlimit").is_none() {
        eprintln!("SKIPPED: no prlimit on this machine");
        return;
    }
    let mut setup = Server::setup().argv(&["-"]);
    if is_root() {
        let runs = as_nobody(binary.to_str().unwrap()).arg("--version").status();
        if !runs.is_ok_and(|status| status.success()) {
            eprintln!("SKIPPED: root may always fork, and nobody else can run the server here");
            return;
        }
        let line = "exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$0\" -";
        setup = Setup::of("/bin/sh").argv(&["-c", line, binary.to_str().unwrap()]);
    }
    // The server's own folder belongs to us: it gets another, and its log is its output.
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let dir = folder.path().display();
    let text = format!("port {{port}}\nbind 127.0.0.1\ndir {dir}\nsave 3600 1000000\n");
    let server = setup.nothing_added().stdin(&text).start();
    server.run("set key value");
    limit_processes(server.pid(), "1");
    let answer = server.run("bgsave");
    assert!(answer.error().starts_with("ERR"), "{answer:?}");
    server.wait_log("# Can't save in background: fork: Resource temporarily unavailable");
    assert_eq!(server.info_field("persistence", "rdb_last_bgsave_status"), "err");
    assert!(server.run("set key other").error().starts_with("MISCONF "));
    assert_eq!(server.run("get key"), "value");
    // Without a child it still can.
    assert_eq!(server.run("save"), "OK");
    assert_eq!(server.run("set key other"), "OK");
    limit_processes(server.pid(), "1000");
    assert_eq!(server.run("bgsave"), "Background saving started");
    saving_ended(&server);
    assert_eq!(server.info_field("persistence", "rdb_last_bgsave_status"), "ok");
}

/// Processor time of a process so far.
fn cpu(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<u64> =
        stat.rsplit(')').next().unwrap().split_whitespace().map(|field| field.parse().unwrap_or(0)).collect();
    // utime and stime, fields 14 and 15 of proc(5); the first here is field 3. A hundred ticks are a second.
    Duration::from_millis((fields[11] + fields[12]) * 10)
}

#[test]
fn without_descriptors_the_server_waits_and_serves_those_it_has() {
    // Redis cannot open its log file then; ours keeps a descriptor back for it.
    let mut server = Server::start(if tests_the_original() { "logfile \"\"" } else { "" });
    let mut old = server.client();
    assert_eq!(old.run("ping"), "PONG");
    let open = fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap().count() as u64;
    limit(server.pid(), libc::RLIMIT_NOFILE, open + 3);
    let mut waiting: Vec<Client> = (0..20).map(|_| server.client()).collect();
    server.wait_log("# Accepting client connection: accept: Too many open files");
    let (before, began) = (cpu(server.pid()), Instant::now());
    while began.elapsed() < Duration::from_millis(500) {
        assert_eq!(old.run("set key value"), "OK");
        std::thread::sleep(Duration::from_millis(20));
    }
    let used = cpu(server.pid()) - before;
    if !tests_the_original() {
        // Redis asks the kernel again and again here.
        assert!(used < Duration::from_millis(250), "{used:?} in half a second");
        let lines = server.log().matches("Too many open files").count();
        assert!(lines < 100, "{lines} lines in half a second");
    }
    // Those who wait are served as soon as others leave.
    let mut last = waiting.pop().unwrap();
    drop(waiting);
    assert_eq!(last.run("get key"), "value");
    assert!(server.alive());
    // No file can be opened either, without a limit it can.
    limit(server.pid(), libc::RLIMIT_NOFILE, 5);
    assert_eq!(last.run("save"), "-ERR");
    assert_eq!(last.run("get key"), "value");
    limit(server.pid(), libc::RLIMIT_NOFILE, open + 1000);
    assert_eq!(last.run("save"), "OK");
    assert_eq!(server.client().run("ping"), "PONG");
}

// ---- the socket ----

/// Sends bytes on a new connection and reads all that comes back before it is closed.
fn talk(server: &Server, bytes: &[u8]) -> String {
    let mut client = server.client();
    client.send_raw(bytes);
    String::from_utf8_lossy(&client.read_to_end()).into_owned()
}

#[test]
fn lengths_that_cannot_be() {
    let server = Server::start("");
    let long = |head: &str| format!("{head}{}", "1".repeat(70_000));
    for (request, reply) in [
        ("*99999999999999999999\r\n", "invalid multibulk length"),
        ("*2147483648\r\n", "invalid multibulk length"),
        ("*abc\r\n", "invalid multibulk length"),
        ("*1x\r\n", "invalid multibulk length"),
        ("*1\r\n$-1\r\n", "invalid bulk length"),
        ("*1\r\n$-9223372036854775808\r\n", "invalid bulk length"),
        ("*1\r\n$9223372036854775807\r\n", "invalid bulk length"),
        ("*1\r\n$536870913\r\n", "invalid bulk length"),
        ("*1\r\n$18446744073709551616\r\n", "invalid bulk length"),
        ("*1\r\n$\r\n", "invalid bulk length"),
        ("*1\r\nPING\r\n", "expected '$', got 'P'"),
        ("*1\r\n\r\n", "expected '$', got '\r'"),
        ("set \"a\r\n", "unbalanced quotes in request"),
        (&long("*"), "too big mbulk count string"),
        (&long("*1\r\n$"), "too big bulk count string"),
        (&long(""), "too big inline request"),
    ] {
        // Redis puts a blank for what would break the line.
        let shown = reply.replace('\r', " ");
        assert_eq!(
            talk(&server, request.as_bytes()),
            format!("-ERR Protocol error: {shown}\r\n"),
            "{request:.40}"
        );
    }
    for harmless in ["*0\r\n", "*-1\r\n", "*-9223372036854775808\r\n", "\r\n", "  \r\n"] {
        let mut client = server.client();
        client.send_raw(harmless.as_bytes());
        assert_eq!(client.run("ping"), "PONG", "{harmless:?}");
    }
}

fn used_memory(server: &Server) -> u64 {
    server.info_field("memory", "used_memory").parse().unwrap()
}

#[test]
fn what_a_request_claims_is_not_allocated() {
    let server = Server::start("");
    let before = used_memory(&server);
    let clients: Vec<Client> = (0..20)
        .map(|_| {
            let mut client = server.client();
            client.send_raw(b"*1048576\r\n$3\r\nset\r\n$536870912\r\nabc");
            client
        })
        .collect();
    wait_until("all requests are read", SOON, || {
        server.run("client list").text().matches(" qbuf=").count() == clients.len() + 1
            && server.run("client list").text().matches("qbuf=0 ").count() == 0
    });
    if !tests_the_original() {
        // Redis makes room for what is announced.
        let grown = used_memory(&server).saturating_sub(before);
        assert!(grown < 16 << 20, "{grown} bytes for a few words of twenty clients");
    }
    drop(clients);
    assert_eq!(server.run("ping"), "PONG");
}

#[test]
fn the_query_limit_counts_big_arguments() {
    let server = Server::start("client-query-buffer-limit 1mb");
    let mut client = server.client();
    client.send_raw(b"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$20000000\r\n");
    // Cut off on the way: the rest is not taken.
    let _ = client.try_send_raw(&vec![b'x'; 20_000_000]);
    let _ = client.try_send_raw(b"\r\n");
    server.wait_log("Closing client that reached max query buffer length");
    assert!(server.client().run("get key").is_null());
}

/// CVE-2021-32675.
#[test]
fn a_stranger_may_not_send_much() {
    let server = Server::setup().password("sekret").start();
    for (request, reply) in
        [("*11\r\n", "unauthenticated multibulk length"), ("*1\r\n$16385\r\n", "unauthenticated bulk length")]
    {
        let mut client = Client::connect(server.port());
        client.send_raw(request.as_bytes());
        let answer = String::from_utf8_lossy(&client.read_to_end()).into_owned();
        assert_eq!(answer, format!("-ERR Protocol error: {reply}\r\n"));
    }
}

/// CVE-2025-21605. Who has given the password may be slow.
#[test]
fn a_stranger_may_not_leave_replies_lying_about() {
    let server = Server::setup().password("sekret").start();
    let pings = b"*1\r\n$4\r\nPING\r\n".repeat(2000);
    let mut stranger = Client::connect(server.port());
    while stranger.try_send_raw(&pings).is_ok() {}
    server.wait_log("overcoming of output buffer limits.");
    let mut client = server.client();
    client.send_raw(&pings);
    let replies = client.read_raw(2000 * b"+PONG\r\n".len());
    assert!(replies.ends_with(b"+PONG\r\n"));
}

#[test]
fn requests_of_other_protocols_are_cut_off() {
    let server = Server::start("");
    for request in ["POST / HTTP/1.1\r\nset a 1\r\n", "GET /\r\nHost: example.org\r\nset a 1\r\n"] {
        let answer = talk(&server, request.as_bytes());
        assert!(!answer.contains("+OK"), "{answer}");
        server.wait_log("Possible SECURITY ATTACK detected.");
    }
    assert!(server.run("get a").is_null());
}

/// A request as a well-behaved client sends it.
fn valid(rng: &mut Rng) -> Vec<u8> {
    let key = format!("key{}", rng.below(20));
    let value = "v".repeat(rng.below(200));
    match rng.below(8) {
        0 => request(&["set", &key, &value]),
        1 => request(&["get", &key]),
        2 => request(&["append", &key, &value]),
        3 => request(&["setrange", &key, "100", &value]),
        4 => request(&["client", "setname", &key]),
        5 => request(&["hello", "3"]),
        6 => request(&["multi"]),
        _ => format!("set {key} \"{value}\"\r\n").into_bytes(),
    }
}

/// Bytes nobody should send.
fn garbage(rng: &mut Rng) -> Vec<u8> {
    let mut bytes = match rng.below(4) {
        0 => {
            let length = 1 + rng.below(300);
            return rng.bytes(length);
        }
        1 => {
            let heads = ["*", "*3\r\n$", "$", "*-", "*1\r\n$-", "*2\r\n*", "\"", "'\\x", "\0", "\r", "\n"];
            return [rng.pick(&heads).as_bytes(), &rng.next().to_string().into_bytes(), b"\r\n"].concat();
        }
        _ => (0..1 + rng.below(4)).flat_map(|_| valid(rng)).collect::<Vec<u8>>(),
    };
    for _ in 0..1 + rng.below(4) {
        let at = rng.below(bytes.len());
        match rng.below(4) {
            0 => bytes[at] ^= 1 << rng.below(8),
            1 => bytes.truncate(at + 1),
            2 => drop(bytes.remove(at)),
            _ => bytes.insert(at, rng.next() as u8),
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

#[test]
fn garbage_over_many_connections_leaves_the_server_well() {
    let mut server = Server::start("");
    let mut rng = Rng::new(20_240_712);
    let mut steady = server.client();
    steady.run("set steady value");
    // The first round warms the buffers.
    let mut base = 0;
    for round in 0..12 {
        let mut clients: Vec<Client> = (0..25).map(|_| server.client()).collect();
        for _ in 0..10 {
            for client in &mut clients {
                // A server that has closed the connection is right to.
                let _ = client.try_send_raw(&garbage(&mut rng));
            }
        }
        assert_eq!(steady.run("get steady"), "value", "round {round}");
        drop(clients);
        wait_until("they are gone", SOON, || server.info_field("clients", "connected_clients") == "2");
        if round == 0 {
            base = used_memory(&server);
        }
    }
    assert!(server.alive());
    assert!(used_memory(&server) < base + (8 << 20), "{} after {base}", used_memory(&server));
    assert!(!server.log().contains("BUG REPORT"), "{}", server.log());
}
