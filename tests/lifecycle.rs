//! A server from its first log line to its exit code.
//!
//! Each expectation holds for Redis 7.0.15 (`REPLIS_TEST_SERVER=/usr/bin/redis-server`), apart from the few words
//! that 7.2 changed ([`since_7_2`]).

mod common;

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use common::server::{Stray, exit_code, process_lives, send_signal};
use common::{Client, SOON, Server, holds_within, server_binary, tests_the_original, wait_until};

/// Words that 7.2 changed.
fn since_7_2<'a>(new: &'a str, old: &'a str) -> &'a str {
    if tests_the_original() { old } else { new }
}

/// Texts of the log, without process id and time; each line that has them must have them in Redis' form.
fn log_texts(log: &str) -> Vec<String> {
    log.lines().filter(|line| !line.is_empty()).map(|line| log_text(line).to_owned()).collect()
}

/// `PID:R DD Mon YYYY HH:MM:SS.mmm L text` or `PID:signal-handler (TIME) text`.
fn log_text(line: &str) -> &str {
    let bad = || panic!("not a log line: {line}");
    let Some((pid, rest)) = line.split_once(':') else { bad() };
    assert!(!pid.is_empty() && pid.bytes().all(|digit| digit.is_ascii_digit()), "{line}");
    if let Some(rest) = rest.strip_prefix("signal-handler (") {
        let Some((time, text)) = rest.split_once(") ") else { bad() };
        assert!(time.parse::<u64>().is_ok(), "{line}");
        return text;
    }
    let words: Vec<&str> = rest.splitn(7, ' ').collect();
    let [role, day, month, year, time, level, text] = words[..] else { bad() };
    assert!(["M", "S", "C", "X"].contains(&role), "{line}");
    assert!(day.len() == 2 && year.len() == 4, "{line}");
    assert!("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".contains(month), "{line}");
    assert!(time.len() == 12 && time.as_bytes()[8] == b'.', "{line}");
    assert!([".", "-", "*", "#"].contains(&level), "{line}");
    text
}

/// The texts come in this order, with others between.
#[track_caller]
fn assert_in_order(log: &str, texts: &[&str]) {
    let all = log_texts(log);
    let mut rest = all.iter();
    for text in texts {
        assert!(rest.any(|line| line.contains(text)), "no {text:?} (in this order) in\n{}", all.join("\n"));
    }
}

#[test]
fn start_lines_come_in_the_well_known_order() {
    let server = Server::start("");
    let mode = format!("Running mode=standalone, port={}.", server.port());
    let version = format!(", pid={}, just started", server.pid());
    assert_in_order(
        &server.log(),
        &[
            "oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo",
            "Redis version=7.",
            "Configuration loaded",
            &mode,
            "Server initialized",
            since_7_2("Ready to accept connections tcp", "Ready to accept connections"),
        ],
    );
    assert!(server.log().contains(&version));
    let log = server.log();
    let role = |line: &str| line[line.find(':').unwrap()..].chars().nth(1).unwrap();
    assert_eq!(role(log.lines().next().unwrap()), 'C');
    assert_eq!(role(log.lines().last().unwrap()), 'M', "the log says M once it serves");
}

#[test]
fn lines_name_the_role_from_the_first_on() {
    let server = Server::start("replicaof 127.0.0.1 1");
    let log = server.log();
    let line = |text: &str| log.lines().find(|line| line.contains(text)).unwrap();
    let role = |text: &str| line(text).split_once(':').unwrap().1.chars().next().unwrap();
    assert_eq!(role("Redis is starting"), 'C');
    assert_eq!(role("monotonic clock"), 'S');
    assert_eq!(role("Server initialized"), 'S');
}

#[test]
fn who_wants_to_read_more_is_told_of_connections_and_keys() {
    let server = Server::start("loglevel debug");
    let mut client = server.client();
    assert_eq!(client.run("set key value ex 100"), "OK");
    server.wait_log(" - Accepted 127.0.0.1:");
    server.wait_log(" - DB 0: 1 keys (1 volatile) in ");
    server.wait_log(" . 1 clients connected (0 replicas), ");
}

#[test]
fn the_logo_shows_when_asked_for() {
    let server = Server::start("always-show-logo yes");
    assert!(server.log().contains(&format!("PID: {}", server.pid())));
    assert!(server.log().contains(&format!("Port: {}", server.port())));
    assert!(server.log().contains("Running in standalone mode"));
    assert!(!server.log().contains("Running mode="));
}

#[test]
fn a_bare_start_warns_about_the_missing_file() {
    // Nothing but the port may be given, and a port is an argument: the line is not for this start.
    let server = Server::setup().nothing_added().argv(&["--port", "{port}", "--dir", "{dir}"]).start();
    assert!(!server.log().contains("no config file specified"));
    assert!(server.log().contains("Configuration loaded"));
}

#[test]
fn a_port_in_use_is_fatal() {
    let first = Server::start("");
    let output = Command::new(server_binary())
        .args(["--port", &first.port().to_string(), "--bind", "127.0.0.1"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let port = first.port();
    let kind = since_7_2("tcp", "TCP");
    let socket = format!(
        "Warning: Could not create server TCP listening socket 127.0.0.1:{port}: bind: Address already in use"
    );
    let failed = format!("Failed listening on port {port} ({kind}), aborting.");
    assert!(first.run("ping") == "PONG");
    let log = String::from_utf8(output.stdout).unwrap();
    let plain: String =
        log.lines().filter(|line| line.contains(" # ")).map(|line| format!("{line}\n")).collect();
    assert_in_order(&plain, &[&socket, &failed]);
}

#[test]
fn addresses_that_do_not_exist() {
    let server = Server::setup().args(&["--bind", "127.0.0.1", "-203.0.113.7"]).start();
    assert_eq!(server.run("ping"), "PONG");
    let output = Command::new(server_binary())
        .args(["--port", "0", "--port", &server.port().to_string(), "--bind", "203.0.113.7"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let log = String::from_utf8(output.stdout).unwrap();
    assert!(log.contains("203.0.113.7:"), "{log}");
    assert!(log.contains("bind: Cannot assign requested address"), "{log}");
}

#[test]
fn sigterm_ends_the_server_in_good_order() {
    let mut server = Server::start("save 3600 1000");
    server.run("set key value");
    assert_eq!(exit_code(server.stop()), 0);
    assert_in_order(
        &server.log(),
        &[
            "Received SIGTERM scheduling shutdown...",
            "User requested shutdown...",
            "Saving the final RDB snapshot before exiting.",
            "DB saved on disk",
            "Redis is now ready to exit, bye bye...",
        ],
    );
    server.launch();
    assert_eq!(server.run("get key"), "value");
    assert!(server.log().contains("DB loaded from disk: "));
}

#[test]
fn sigint_ends_the_server_and_saves_nothing_without_save_points() {
    let mut server = Server::start("");
    server.run("set key value");
    server.signal(libc::SIGINT);
    assert_eq!(exit_code(server.wait_exit()), 0);
    assert_in_order(&server.log(), &["Received SIGINT scheduling shutdown...", "bye bye..."]);
    assert!(!server.file("dump.rdb").exists());
}

#[test]
fn what_a_signal_saves_can_be_configured() {
    for (lines, saved) in
        [("shutdown-on-sigterm save", true), ("save 3600 1\nshutdown-on-sigterm nosave", false)]
    {
        let mut server = Server::start(lines);
        server.run("set key value");
        assert_eq!(exit_code(server.stop()), 0);
        assert_eq!(server.file("dump.rdb").exists(), saved, "{lines}");
    }
}

/// A master that waits for a replica which does not answer: its shutdown takes until `shutdown-timeout`.
fn waiting_for_a_replica(master: &Server, replica: &Server) {
    replica.replicaof(master.port());
    replica.wait_link_up();
    wait_until("the replica is online", SOON, || {
        master.run("info replication").text().contains("state=online")
    });
    replica.pause();
    master.run("set key value");
}

#[test]
fn a_second_sigint_insists() {
    let (mut master, replica) = (Server::start("save 3600 1\nshutdown-timeout 60"), Server::start(""));
    waiting_for_a_replica(&master, &replica);
    master.signal(libc::SIGINT);
    master.wait_log("Waiting for replicas before shutting down.");
    assert!(master.alive());
    master.signal(libc::SIGINT);
    assert_eq!(exit_code(master.wait_exit()), 1);
    assert!(master.log().contains("You insist... exiting now."));
    assert!(!master.file("dump.rdb").exists());
    replica.resume();
}

#[test]
fn insisting_leaves_no_temporary_snapshot() {
    let mut server = Server::start("save 3600 1\nrdb-key-save-delay 200000");
    server.run("debug populate 100");
    let temp = server.file(&format!("temp-{}.rdb", server.pid()));
    server.signal(libc::SIGINT);
    wait_until("the snapshot is being written", SOON, || temp.exists());
    server.signal(libc::SIGINT);
    assert_eq!(exit_code(server.wait_exit()), 1);
    assert!(!temp.exists());
}

#[test]
fn a_signal_that_cron_has_not_seen_yet_can_be_aborted() {
    let mut server = Server::start("save 3600 1");
    server.run("debug pause-cron 1");
    for _ in 0..2 {
        server.signal(libc::SIGINT);
        wait_until("the abort", SOON, || server.run("shutdown abort") == "OK");
    }
    assert!(server.log().contains("Shutdown manually aborted."));
    server.run("debug pause-cron 0");
    server.run("set key value");
    server.signal(libc::SIGINT);
    assert_eq!(exit_code(server.wait_exit()), 0);
}

#[test]
fn a_crash_is_reported_with_its_place() {
    let mut server = Server::start("");
    server.signal(libc::SIGSEGV);
    assert!(!server.wait_exit().success());
    let log = server.log();
    for words in ["crashed by signal: 11", "Killed by PID: ", "STACK TRACE", "Backtrace:", "BUG REPORT END"] {
        assert!(log.contains(words), "{words}: {log}");
    }
}

#[test]
fn a_restart_by_debug_keeps_process_and_arguments() {
    let server = Server::start("set-proc-title yes");
    let mut client = server.client();
    client.send(&["debug", "restart"]);
    client.expect_closed();
    wait_until("it is back", SOON, || {
        Client::try_connect(server.port()).is_ok_and(|mut client| client.run("ping") == "PONG")
    });
    assert!(server.run("info server").text().contains(&format!("process_id:{}", server.pid())));
}

#[test]
fn a_shutdown_that_waits_can_be_aborted_or_hurried() {
    let (mut master, replica) = (Server::start("shutdown-timeout 60"), Server::start(""));
    waiting_for_a_replica(&master, &replica);
    assert_eq!(master.run("shutdown abort"), "-ERR No shutdown in progress.");
    let mut waiter = master.client();
    waiter.send(&["shutdown"]);
    master.wait_log("Waiting for replicas before shutting down.");
    assert_eq!(master.run("shutdown abort"), "OK");
    assert_eq!(waiter.read_value(), "-ERR Errors trying to SHUTDOWN. Check logs.");
    assert!(master.log().contains("Shutdown manually aborted."));
    // On a connection of its own: Redis 7.0.15 crashes when the aborted one asks again.
    let mut hasty = master.client();
    hasty.send(&["shutdown", "now"]);
    hasty.expect_closed();
    assert_eq!(exit_code(master.wait_exit()), 0);
    replica.resume();
}

#[test]
fn a_shutdown_waits_until_the_replica_has_everything() {
    let (mut master, mut replica) = (Server::start("shutdown-timeout 60"), Server::start(""));
    waiting_for_a_replica(&master, &replica);
    master.signal(libc::SIGTERM);
    master.wait_log("Waiting for replicas before shutting down.");
    replica.resume();
    assert_eq!(exit_code(master.wait_exit()), 0);
    assert_in_order(&master.log(), &["1 of 1 replicas are in sync when shutting down.", "bye bye..."]);
    assert_eq!(replica.run("get key"), "value");
    assert!(replica.alive());
}

#[test]
fn hangup_and_broken_pipes_are_ignored() {
    let mut server = Server::start("");
    for signal in [libc::SIGHUP, libc::SIGPIPE] {
        server.signal(signal);
        assert_eq!(server.run("ping"), "PONG");
    }
    assert!(server.alive());
}

#[test]
fn shutdown_saves_when_told_so() {
    for (config, command, saved) in [
        ("", "shutdown", false),
        ("", "shutdown save", true),
        ("save 3600 1", "shutdown", true),
        ("save 3600 1", "shutdown nosave", false),
        ("save 3600 1", "shutdown nosave now force", false),
    ] {
        let mut server = Server::start(config);
        let mut client = server.client();
        client.run("set key value");
        client.send(&command.split(' ').collect::<Vec<_>>());
        client.expect_closed();
        assert_eq!(exit_code(server.wait_exit()), 0);
        assert_eq!(server.file("dump.rdb").exists(), saved, "{config:?} {command}");
    }
}

#[test]
fn shutdown_refuses_what_makes_no_sense() {
    let server = Server::start("");
    for words in ["shutdown save nosave", "shutdown foo", "shutdown abort now", "shutdown save abort"] {
        assert_eq!(server.run(words), "-ERR syntax error", "{words}");
    }
}

#[test]
fn a_server_that_cannot_save_does_not_exit() {
    let mut server = Server::start("enable-protected-configs yes");
    let gone = server.file("gone");
    fs::create_dir(&gone).unwrap();
    server.config_set("dir", gone.to_str().unwrap());
    server.config_set("save", "3600 1");
    server.run("set key value");
    fs::remove_dir(&gone).unwrap();
    assert_eq!(server.run("shutdown"), "-ERR Errors trying to SHUTDOWN. Check logs.");
    server.signal(libc::SIGTERM);
    server.wait_log("Received SIGTERM scheduling shutdown...");
    let refusal = "# Errors trying to shut down the server. Check the logs for more information.";
    wait_until("the second refusal", SOON, || server.log().matches(refusal).count() == 2);
    assert!(server.alive());
    assert_eq!(server.run("get key"), "value");
    let mut client = server.client();
    client.send(&["shutdown", "force"]);
    assert_eq!(exit_code(server.wait_exit()), 0);
}

#[test]
fn daemonize_leaves_a_process_with_a_pidfile() {
    let folder = tempfile::tempdir().unwrap();
    let pidfile = folder.path().join("server.pid");
    let log = folder.path().join("log");
    let socket = folder.path().join("socket");
    let status = Command::new(server_binary())
        .args(["--daemonize", "yes", "--port", "0", "--save", ""])
        .args(["--pidfile", pidfile.to_str().unwrap()])
        .args(["--logfile", log.to_str().unwrap()])
        .args(["--unixsocket", socket.to_str().unwrap()])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(0), "the parent leaves at once");
    wait_until("the pidfile", SOON, || fs::read_to_string(&pidfile).is_ok_and(|text| text.ends_with('\n')));
    let pid = Stray(fs::read_to_string(&pidfile).unwrap().trim().parse().unwrap());
    wait_until("the socket", SOON, || socket.exists());
    let mut client = Client::unix(&socket);
    assert_eq!(client.run("ping"), "PONG");
    assert!(client.run("info server").text().contains(&format!("process_id:{}\r\n", pid.0)));
    common::server::send_signal(pid.0, libc::SIGTERM);
    wait_until("the process ends", SOON, || !process_lives(pid.0));
    assert!(!pidfile.exists(), "the pidfile goes with the process");
    assert!(fs::read_to_string(&log).unwrap().contains("Removing the pid file."));
}

#[test]
fn a_pidfile_is_written_without_daemonize_when_named() {
    let mut server = Server::start("pidfile {dir}/server.pid");
    let pidfile = server.file("server.pid");
    wait_until("the pidfile", SOON, || pidfile.exists());
    assert_eq!(fs::read_to_string(&pidfile).unwrap(), format!("{}\n", server.pid()));
    server.stop();
    assert!(!pidfile.exists());
}

#[test]
fn the_log_file_is_opened_anew_for_each_line() {
    let server = Server::start("loglevel verbose");
    assert_eq!(fs::read_to_string(server.file("output")).unwrap(), "", "nothing goes to standard output");
    fs::rename(server.file("server.log"), server.file("server.log.1")).unwrap();
    // Verbose servers tell of each connection.
    drop(Client::connect(server.port()));
    wait_until("a new log file", SOON, || server.file("server.log").exists());
}

#[test]
fn without_a_log_file_the_log_goes_to_standard_output() {
    let server = Server::setup().nothing_added().config("port {port}\ndir {dir}").start();
    assert!(fs::read_to_string(server.file("output")).unwrap().contains("Server initialized"));
}

#[test]
fn a_unix_socket_and_no_port() {
    let mut server = Server::start("port 0\nunixsocket {dir}/socket\nunixsocketperm 700");
    let socket = server.file("socket");
    let metadata = fs::metadata(&socket).unwrap();
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o777, 0o700);
    let mut client = Client::unix(&socket);
    assert_eq!(client.run("ping"), "PONG");
    assert!(client.run("client info").text().contains(&format!("addr={}:0", socket.display())));
    assert!(Client::try_connect(server.port()).is_err(), "nobody listens on TCP");
    server.stop();
    assert!(!socket.exists(), "the socket goes with the process");
}

#[test]
fn a_unix_socket_and_no_address() {
    let mut server = Server::start("unixsocket {dir}/socket");
    let mut client = Client::unix(&server.file("socket"));
    assert_eq!(client.cmd(&["config", "set", "bind", ""]), "OK");
    assert!(Client::try_connect(server.port()).is_err());
    assert_eq!(client.run("config rewrite"), "OK");
    server.stop();
    server.launch();
    let mut client = Client::unix(&server.file("socket"));
    assert!(Client::try_connect(server.port()).is_err());
    assert_eq!(client.cmd(&["config", "set", "bind", "127.0.0.1"]), "OK");
    assert_eq!(server.run("ping"), "PONG");
}

#[test]
fn a_unix_socket_beside_a_port() {
    let server = Server::start("unixsocket {dir}/socket");
    assert_eq!(server.run("set a 1"), "OK");
    let mut client = Client::unix(&server.file("socket"));
    assert_eq!(client.run("get a"), "1");
}

#[test]
fn a_stale_socket_file_is_replaced() {
    let mut server = Server::start("unixsocket {dir}/socket");
    server.kill();
    assert!(server.file("socket").exists());
    server.launch();
    assert_eq!(Client::unix(&server.file("socket")).run("ping"), "PONG");
}

#[test]
fn several_addresses_at_once() {
    let server = Server::setup().args(&["--bind", "127.0.0.1", "127.0.0.2", "-::1"]).start();
    let others = ["127.0.0.2", "::1"];
    for address in &others[..if has_ipv6() { 2 } else { 1 }] {
        let stream = std::net::TcpStream::connect((*address, server.port()));
        assert!(stream.is_ok(), "{address}: {stream:?}");
    }
}

fn has_ipv6() -> bool {
    std::net::TcpListener::bind(("::1", 0)).is_ok()
}

#[test]
fn protected_mode_keeps_strangers_out() {
    let Some(address) = own_address() else {
        eprintln!("SKIPPED: this machine has no address but loopback");
        return;
    };
    let server = Server::setup().args(&["--bind", "*"]).start();
    let ask = || {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect((address, server.port())).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        let _ = stream.write_all(b"PING\r\n");
        let mut answer = [0; 2048];
        let len = stream.read(&mut answer).unwrap_or(0);
        String::from_utf8_lossy(&answer[..len]).into_owned()
    };
    let refusal = ask();
    assert!(refusal.starts_with("-DENIED Redis is running in protected mode because"), "{refusal}");
    assert!(refusal.ends_with("\r\n"));
    server.config_set("protected-mode", "no");
    assert_eq!(ask(), "+PONG\r\n");
}

/// An address of this machine other than loopback. Nothing is sent.
fn own_address() -> Option<std::net::IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("198.51.100.1:9").ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_loopback())
}

#[test]
fn a_password_is_asked_for() {
    let server = Server::setup().password("sekret").start();
    let mut client = Client::connect(server.port());
    assert_eq!(client.run("ping"), "-NOAUTH Authentication required.");
    assert_eq!(client.run("auth wrong"), "-WRONGPASS invalid username-password pair or user is disabled.");
    assert_eq!(client.run("auth default sekret"), "OK");
    assert_eq!(client.run("ping"), "PONG");
    assert!(
        Server::start("")
            .run("auth x")
            .error()
            .starts_with("ERR AUTH <password> called without any password configured")
    );
}

#[test]
fn clients_beyond_the_limit_are_turned_away() {
    let server = Server::start("maxclients 2");
    let mut first = server.client();
    let mut second = server.client();
    assert_eq!(first.run("ping"), "PONG");
    assert_eq!(second.run("ping"), "PONG");
    let mut third = server.client();
    assert_eq!(third.read_value(), "-ERR max number of clients reached");
    third.expect_closed();
    drop(first);
    wait_until("a place is free again", SOON, || {
        server.client().try_run("ping").is_ok_and(|answer| answer == "PONG")
    });
}

#[test]
fn idle_clients_are_closed_after_the_timeout() {
    let server = Server::start("timeout 1");
    let mut idle = server.client();
    assert_eq!(idle.run("ping"), "PONG");
    idle.expect_closed();
}

#[test]
fn the_number_of_databases() {
    let server = Server::start("databases 3");
    assert_eq!(server.run("select 2"), "OK");
    assert_eq!(server.run("select 3"), "-ERR DB index is out of range");
}

#[test]
fn renamed_and_removed_commands() {
    let server = Server::start("rename-command flushall \"\"\nrename-command get fetch");
    server.run("set a 1");
    assert_eq!(server.run("fetch a"), "1");
    assert!(server.run("get a").error().starts_with("ERR unknown command 'get'"));
    assert!(server.run("flushall").error().starts_with("ERR unknown command 'flushall'"));
}

#[test]
fn systemd_is_told_when_the_server_is_ready() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    if !supports_systemd() {
        eprintln!("SKIPPED: this redis-server was built without systemd");
        return;
    }
    let _server =
        Server::setup().config("supervised systemd").env("NOTIFY_SOCKET", path.to_str().unwrap()).start();
    let mut text = String::new();
    let mut chunk = [0; 512];
    while !text.contains("READY=1") {
        let len =
            socket.recv(&mut chunk).unwrap_or_else(|error| panic!("no READY=1 ({error}) after {text:?}"));
        text += &String::from_utf8_lossy(&chunk[..len]);
        text.push('\n');
    }
    assert!(text.contains("STATUS="), "{text}");
}

/// Debian's is; ours speaks the protocol itself.
fn supports_systemd() -> bool {
    true
}

#[test]
fn the_process_title_says_where_it_listens() {
    let server = Server::start("");
    let title = || fs::read(format!("/proc/{}/cmdline", server.pid())).unwrap_or_default();
    let expected = format!("127.0.0.1:{}", server.port());
    wait_until("the title", SOON, || String::from_utf8_lossy(&title()).contains(&expected));
    let plain = Server::start("set-proc-title no");
    let cmdline = fs::read(format!("/proc/{}/cmdline", plain.pid())).unwrap();
    assert!(String::from_utf8_lossy(&cmdline).contains("redis.conf"));
}

#[test]
fn a_title_may_be_longer_than_the_command_line() {
    let server = Server::start("");
    let long = "x".repeat(300);
    let mut client = server.client();
    assert_eq!(
        client.cmd(&["config", "set", "proc-title-template", &format!("{{title}} {long} {{port}}")]),
        "OK"
    );
    let title = fs::read(format!("/proc/{}/cmdline", server.pid())).unwrap();
    assert!(String::from_utf8_lossy(&title).contains(&format!("{long} {}", server.port())));
}

/// The processors that the thread of this name may use; nothing while there is none.
fn cpus(pid: u32, thread: &str) -> String {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap().map(|task| task.unwrap().path());
    let named =
        |task: &PathBuf| fs::read_to_string(task.join("comm")).is_ok_and(|name| name.trim() == thread);
    tasks.filter(named).map(|task| allowed(&task)).collect()
}

/// The processors in the `status` of a thread or process.
fn allowed(task: &Path) -> String {
    let status = fs::read_to_string(task.join("status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    line.unwrap_or_default().trim().to_owned()
}

fn main_cpus(server: &Server) -> String {
    allowed(Path::new(&format!("/proc/{}", server.pid())))
}

/// Has a value freed aside.
fn free_aside(server: &Server) {
    let fields: Vec<String> = (0..1000).map(|i| format!("field{i} value")).collect();
    run!(server, "hset hash {}", fields.join(" "));
    run!(server, "unlink hash");
}

/// On a machine with one processor this cannot fail.
#[test]
fn threads_and_children_stay_on_their_processors() {
    let server = Server::start("");
    let all = main_cpus(&server);
    let (first, last) = (all.split([',', '-']).next().unwrap(), all.rsplit([',', '-']).next().unwrap());
    let server = Server::start(&format!(
        "server_cpulist {first}\nbio_cpulist {last}\nbgsave_cpulist {last}\naof_rewrite_cpulist {last}\n\
         rdb-key-save-delay 10000"
    ));
    assert_eq!(main_cpus(&server), first);
    free_aside(&server);
    wait_until("its thread is bound", SOON, || cpus(server.pid(), "bio_lazy_free") == last);
    run!(server, "debug populate 1000");
    for command in ["bgsave", "bgrewriteaof"] {
        run!(server, "{command}");
        let children = format!("/proc/{0}/task/{0}/children", server.pid());
        let child = || fs::read_to_string(&children).unwrap().trim().parse::<u32>().ok();
        wait_until("the child is bound", SOON, || {
            child().is_some_and(|pid| allowed(Path::new(&format!("/proc/{pid}"))) == last)
        });
        send_signal(child().unwrap(), libc::SIGKILL);
        wait_until("it is gone", SOON, || child().is_none());
    }
    // Where the list is none, threads aside are as free as the process was.
    let server = Server::start(&format!("server_cpulist {first}\nbio_cpulist {first},x"));
    assert_eq!(main_cpus(&server), first);
    free_aside(&server);
    wait_until("its thread is free", SOON, || cpus(server.pid(), "bio_lazy_free") == all);
}

#[test]
fn rewriting_keeps_comments_and_order() {
    let lines = "# a note at the top\nport {port}\nsave \"\"\n\n# clients\nmaxclients 100\n# a directory\ndir {dir}\n\
                 rename-command flushall zap\ntimeout 5\ntimeout 6\nlogfile {log}\n";
    let server = Server::setup().nothing_added().config(lines).start();
    let before = fs::read_to_string(server.config_file()).unwrap();
    server.config_set("maxclients", "77");
    server.config_set("hz", "55");
    assert_eq!(server.run("config rewrite"), "OK");
    let after = fs::read_to_string(server.config_file()).unwrap();
    let (kept, added) = after.split_once("# Generated by CONFIG REWRITE\n").unwrap();
    let dir = format!("dir \"{}\"", server.dir().display());
    let expected: String = before
        .trim_end()
        .replace("maxclients 100", "maxclients 77")
        .replace("timeout 5\ntimeout 6\n", "timeout 6\n\n")
        .replace(&format!("dir {}", server.dir().display()), &dir)
        .replace(
            &format!("logfile {}", server.file("server.log").display()),
            &format!("logfile \"{}\"", server.file("server.log").display()),
        );
    assert_eq!(kept.trim_end(), expected);
    assert!(added.lines().any(|line| line == "hz 55"), "{added}");
    // A second time nothing changes.
    assert_eq!(server.run("config rewrite"), "OK");
    assert_eq!(fs::read_to_string(server.config_file()).unwrap().trim_end(), after.trim_end());
}

#[test]
fn a_replication_set_by_command_ends_with_the_process_unless_rewritten() {
    let master = Server::start("");
    let mut replica = Server::start("");
    replica.replicaof(master.port());
    replica.wait_link_up();
    replica.restart();
    assert_eq!(replica.info_field("replication", "role"), "master");
    replica.replicaof(master.port());
    assert_eq!(replica.run("config rewrite"), "OK");
    replica.restart();
    assert_eq!(replica.info_field("replication", "role"), "slave");
    replica.wait_link_up();
    assert_eq!(replica.run("slaveof no one"), "OK");
    assert_eq!(replica.run("config rewrite"), "OK");
    replica.restart();
    assert_eq!(replica.info_field("replication", "role"), "master");
}

/// Debian's file says `daemonize yes` and names folders of the system; those are set otherwise, the rest is as it is.
#[test]
fn the_stock_configuration_of_debian_is_accepted() {
    let Ok(stock) = fs::read_to_string("/etc/redis/redis.conf") else {
        if !common::may_skip("/etc/redis/redis.conf") {
            panic!("/etc/redis/redis.conf is missing: apt-get install redis-server");
        }
        return;
    };
    let args = ["--port", "{port}", "--dir", "{dir}", "--logfile", "{log}", "--daemonize", "no"];
    let pidfile = ["--pidfile", "{dir}/redis.pid"];
    let server = Server::setup().nothing_added().config(&stock).args(&args).args(&pidfile).start();
    assert_eq!(server.run("ping"), "PONG");
    assert_eq!(server.config_get("tcp-backlog"), "511");
    assert_eq!(server.config_get("proc-title-template"), "{title} {listen-addr} {server-mode}");
    assert_eq!(server.config_get("save"), "3600 1 300 100 60 10000");
    assert_eq!(server.run("config rewrite"), "OK");
    let kept = fs::read_to_string(server.config_file()).unwrap();
    let notes = |text: &str| text.lines().filter(|line| line.starts_with('#')).count();
    assert!(notes(&kept) >= notes(&stock), "the comments are kept");
}

#[test]
fn a_killed_server_leaves_nothing_that_hinders_the_next_start() {
    let mut server = Server::start("pidfile {dir}/server.pid\nsave 3600 1");
    server.run("set key value");
    assert_eq!(server.run("save"), "OK");
    server.run("set key lost");
    server.kill();
    server.launch();
    assert_eq!(server.run("get key"), "value");
}

#[test]
fn open_connections_end_with_the_server() {
    let mut server = Server::start("");
    let mut client = server.client();
    assert_eq!(client.run("ping"), "PONG");
    server.stop();
    client.expect_closed();
    assert!(!holds_within(Duration::from_millis(1), || Client::try_connect(server.port()).is_ok()));
}
