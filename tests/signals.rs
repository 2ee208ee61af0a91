//! Signals, crashes, and how the process shows itself to its surroundings.
//!
//! Each expectation holds for Redis 7.0.15 too (`REPLIS_TEST_SERVER=/usr/bin/redis-server`), unless it says so.

mod common;

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::server::{Stray, exit_code, process_lives};
use common::{Client, SOON, Server, holds_within, server_binary, tests_the_original, wait_until};

/// Sends a command that nobody will answer.
fn last_command(server: &Server, words: &str) {
    let mut client = server.client();
    client.send(&words.split(' ').collect::<Vec<_>>());
    client.read_to_end();
}

#[test]
fn crashes_are_reported_and_end_as_crashes_do() {
    // No test of memory after the crash; Redis takes a while for it.
    let quick = "crash-memcheck-enabled no";
    let aborted = 128 + libc::SIGABRT;
    for (lines, words, code, report) in [
        ("", "debug segfault", 128 + libc::SIGSEGV, "crashed by signal: 11, si_code: "),
        ("", "debug panic", aborted, "Guru Meditation: DEBUG PANIC called at Unix time "),
        ("", "debug assert", aborted, "=== ASSERTION FAILED ==="),
        ("use-exit-on-panic yes", "debug panic", 1, "Guru Meditation: DEBUG PANIC called at Unix time "),
    ] {
        let mut server = Server::start(&format!("{quick}\n{lines}"));
        last_command(&server, words);
        assert_eq!(exit_code(server.wait_exit()), code, "{words} {lines}");
        let log = server.log();
        let start = log.find("=== REDIS BUG REPORT START: Cut & paste starting from here ===").unwrap();
        let end = log.find("=== REDIS BUG REPORT END.").unwrap_or_else(|| panic!("no end: {log}"));
        assert!(log[start..end].contains(report), "{words}\n{log}");
        assert!(log[start..end].contains("------ STACK TRACE ------"), "{words}\n{log}");
        assert_eq!(log.matches("REDIS BUG REPORT START").count(), 1, "{log}");
    }
}

#[test]
fn a_crash_signal_from_outside_is_reported_with_its_sender() {
    let mut server = Server::start("crash-memcheck-enabled no");
    server.signal(libc::SIGABRT);
    assert_eq!(exit_code(server.wait_exit()), 128 + libc::SIGABRT);
    assert!(server.log().contains("crashed by signal: 6, si_code: 0"), "{}", server.log());
    assert!(
        server.log().contains(&format!("Killed by PID: {}, UID: ", std::process::id())),
        "{}",
        server.log()
    );
}

#[test]
fn without_crash_log_a_crash_is_silent() {
    let mut server = Server::start("crash-log-enabled no");
    server.signal(libc::SIGSEGV);
    assert_eq!(exit_code(server.wait_exit()), 128 + libc::SIGSEGV);
    assert!(!server.log().contains("BUG REPORT"), "{}", server.log());
}

#[test]
fn a_crash_leaves_the_snapshot_and_the_next_start_alone() {
    let mut server = Server::start("crash-memcheck-enabled no\nsave 3600 1000");
    server.run("set key value");
    assert_eq!(server.run("save"), "OK");
    last_command(&server, "debug segfault");
    server.wait_exit();
    server.launch();
    assert_eq!(server.run("get key"), "value");
}

#[test]
fn hangups_and_broken_pipes_are_nothing() {
    let mut server = Server::start("");
    for signal in [libc::SIGHUP, libc::SIGPIPE, libc::SIGHUP] {
        server.signal(signal);
    }
    // Someone who leaves without listening makes the server write into nothing.
    for _ in 0..20 {
        let mut client = server.client();
        client.send_raw(b"PING\r\n".repeat(1000).as_slice());
    }
    assert_eq!(server.run("ping"), "PONG");
    assert!(server.alive());
    assert_eq!(exit_code(server.stop()), 0);
}

#[test]
fn a_restart_keeps_the_command_line() {
    let mut server = Server::setup().args(&["--maxclients", "77"]).config("save 3600 1").start();
    server.run("set key value");
    assert_eq!(server.run("save"), "OK");
    let pid = server.pid();
    last_command(&server, "debug restart 0");
    wait_until("the new run", SOON, || server.log().matches("eady to accept connections").count() == 2);
    assert!(server.alive() && server.pid() == pid);
    // The handle's own connection was to the old run.
    let mut client = server.client();
    assert_eq!(client.run("config get maxclients").texts()[1], "77");
    assert_eq!(client.run("get key"), "value");
}

// ---- supervision ----

/// What systemd would have been told.
struct Notified {
    socket: UnixDatagram,
    text: String,
}

impl Notified {
    fn at(folder: &std::path::Path) -> Notified {
        let socket = UnixDatagram::bind(folder.join("notify")).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        Notified { socket, text: String::new() }
    }

    #[track_caller]
    fn wait(&mut self, part: &str) {
        wait_until(&format!("the notice {part:?}"), SOON, || {
            let mut chunk = [0; 1024];
            while let Ok(len) = self.socket.recv(&mut chunk) {
                self.text += &String::from_utf8_lossy(&chunk[..len]);
                self.text.push('\n');
            }
            self.text.contains(part)
        });
    }
}

#[test]
fn systemd_hears_of_a_replica_before_and_after_its_synchronization() {
    let folder = tempfile::tempdir().unwrap();
    let mut notified = Notified::at(folder.path());
    let master = Server::start("");
    master.run("set key value");
    // Nobody is there at first.
    let lines = format!("supervised systemd\nreplicaof 127.0.0.1 {}", master.port());
    master.pause();
    let path = folder.path().join("notify");
    let mut replica = Server::setup().config(&lines).env("NOTIFY_SOCKET", path.to_str().unwrap()).start();
    notified
        .wait("STATUS=Ready to accept connections in read-only mode. Waiting for MASTER <-> REPLICA sync\n");
    notified.wait("READY=1");
    notified.text.clear();
    master.resume();
    notified.wait("STATUS=MASTER <-> REPLICA sync: Finished with success. Ready to accept connections in read-write mode.\n");
    notified.text.clear();
    replica.stop();
    notified.wait("STOPPING=1\n");
}

#[test]
fn supervision_is_found_out_from_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let mut notified = Notified::at(folder.path());
    let path = folder.path().join("notify");
    let _server =
        Server::setup().config("supervised auto").env("NOTIFY_SOCKET", path.to_str().unwrap()).start();
    notified.wait("STATUS=Ready to accept connections\n");
    notified.wait("READY=1");
}

// ---- the process from outside ----

fn title(pid: u32) -> String {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(line.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
}

#[test]
fn the_title_follows_its_template() {
    let server = Server::start("");
    let address = format!("127.0.0.1:{}", server.port());
    wait_until("the title", SOON, || title(server.pid()).ends_with(&address));
    let long = "x".repeat(60);
    for (template, shown) in [
        ("{listen-addr} of {port}", format!("{address} of {}", server.port())),
        ("{title}!", format!("{}!", server_binary().display())),
        ("{config-file}", server.config_file().display().to_string()),
        ("{server-mode}[{unixsocket}]{tls-port}", "[]0".to_owned()),
        // Longer than the command line: the environment gives way.
        (&format!("{long}{long}"), format!("{long}{long}")),
        ("short", "short".to_owned()),
    ] {
        server.config_set("proc-title-template", template);
        assert_eq!(title(server.pid()), shown, "{template}");
    }
    let reply = server.cmd(&["config", "set", "proc-title-template", "{nonsense}"]);
    assert!(reply.error().contains("template format is invalid or contains unknown variables"), "{reply:?}");
    assert_eq!(title(server.pid()), "short");
    // A child of the test still has its environment.
    assert_eq!(server.run("bgsave"), "Background saving started");
}

#[test]
fn a_daemon_finds_its_files_where_they_are() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    let status = Command::new(server_binary())
        .args(["--daemonize", "yes", "--port", "0", "--dir", "data", "--save", "3600 1"])
        .args(["--logfile", "the.log", "--pidfile", "the.pid", "--unixsocket", "the.socket"])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(0));
    // All of them lie in `dir`, which the process enters first.
    let data = folder.path().join("data");
    wait_until("the pidfile", SOON, || {
        fs::read_to_string(data.join("the.pid")).is_ok_and(|text| text.ends_with('\n'))
    });
    let pid = Stray(fs::read_to_string(data.join("the.pid")).unwrap().trim().parse().unwrap());
    wait_until("the socket", SOON, || Client::try_unix(&data.join("the.socket")).is_ok());
    let mut client = Client::unix(&data.join("the.socket"));
    client.run("set key value");
    // It has left the terminal and the session of who started it.
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.0)).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    assert_eq!(fields[3], pid.0.to_string(), "the session is its own");
    common::server::send_signal(pid.0, libc::SIGTERM);
    wait_until("the end", SOON, || !process_lives(pid.0));
    assert!(data.join("dump.rdb").exists() && data.join("the.log").exists());
    assert!(!data.join("the.pid").exists() && !data.join("the.socket").exists());
}

#[test]
fn the_system_log_may_be_asked_for() {
    let mut server =
        Server::start("syslog-enabled yes\nsyslog-ident replis-test\nsyslog-facility local3\nloglevel debug");
    assert_eq!(server.run("ping"), "PONG");
    assert_eq!(server.config_get("syslog-facility"), "local3");
    assert_eq!(exit_code(server.stop()), 0);
}

#[test]
fn a_log_level_of_nothing_is_kept() {
    if tests_the_original() {
        eprintln!("SKIPPED: loglevel nothing came with 7.2");
        return;
    }
    let server = Server::start("");
    server.config_set("loglevel", "nothing");
    let before = server.log();
    drop(server.client());
    assert_eq!(server.run("bgsave"), "Background saving started");
    wait_until("the child's end", SOON, || server.info_field("persistence", "rdb_bgsave_in_progress") == "0");
    assert_eq!(server.log(), before);
    assert!(!holds_within(Duration::from_millis(1), || server.log() != before));
}
