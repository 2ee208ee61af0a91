//! `scripts/three-instances.sh` does what it says, with `redis-cli` and without, alone and beside another one.

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::server::{Stray, process_lives, send_signal};
use common::{Client, SOON, in_path, server_binary, wait_until};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/three-instances.sh");

fn script(tmp: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(SCRIPT);
    command.arg("--server").arg(server_binary()).args(args).env("TMPDIR", tmp).stdin(Stdio::null());
    command
}

/// The command with a PATH that has what the script needs and no `redis-cli`.
fn without_cli(mut command: Command, folder: &Path) -> Command {
    for program in ["bash", "env", "dirname", "cat", "grep", "sleep", "mktemp", "mkdir", "rm", "tail"] {
        let found = in_path(program).unwrap_or_else(|| panic!("{program} is missing"));
        symlink(found, folder.join(program)).unwrap();
    }
    command.env("PATH", folder);
    command
}

#[track_caller]
fn text(output: &Output) -> String {
    // INFO comes through redis-cli with the line ends of the protocol.
    let text = String::from_utf8_lossy(&output.stdout).replace("\r\n", "\n");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{text}\n{complaints}", output.status);
    assert_eq!(complaints, "");
    text
}

/// Checks the story that the script tells; returns the three ports.
#[track_caller]
fn check_story(text: &str) -> Vec<u16> {
    let ports: Vec<u16> = text
        .split("== INFO replication of all three\n")
        .nth(1)
        .unwrap_or_else(|| panic!("no INFO in\n{text}"))
        .lines()
        .filter_map(|line| line.strip_prefix("127.0.0.1:")?.strip_suffix("> info replication")?.parse().ok())
        .take(3)
        .collect();
    let [master, replica1, replica2] = ports[..] else { panic!("no three ports in\n{text}") };
    let mut rest = text;
    for part in [
        format!("127.0.0.1:{master}> set name mildlamb\nOK\n"),
        format!("127.0.0.1:{master}> keys *\n1) \"name\"\n"),
        format!("127.0.0.1:{replica1}> get name\n\"mildlamb\"\n"),
        format!("127.0.0.1:{replica2}> get name\n\"mildlamb\"\n"),
        format!(
            "127.0.0.1:{replica1}> set name wildwolf\n(error) READONLY You can't write against a read only replica.\n"
        ),
        format!(
            "127.0.0.1:{master}> info replication\n# Replication\nrole:master\nconnected_slaves:2\nslave0:ip=127.0.0.1,port="
        ),
        format!(
            "127.0.0.1:{replica1}> info replication\n# Replication\nrole:slave\nmaster_host:127.0.0.1\nmaster_port:{master}\nmaster_link_status:up\n"
        ),
        format!(
            "127.0.0.1:{replica2}> info replication\n# Replication\nrole:slave\nmaster_host:127.0.0.1\nmaster_port:{master}\nmaster_link_status:up\n"
        ),
        format!("127.0.0.1:{replica1}> slaveof no one\nOK\n"),
        format!("127.0.0.1:{replica2}> slaveof 127.0.0.1 {replica1}\nOK\n"),
        format!(
            "127.0.0.1:{replica1}> info replication\n# Replication\nrole:master\nconnected_slaves:1\nslave0:ip=127.0.0.1,port={replica2},state=online,"
        ),
        format!("127.0.0.1:{replica1}> set name wildwolf\nOK\n"),
        format!("127.0.0.1:{replica2}> get name\n\"wildwolf\"\n"),
    ] {
        let at = rest.find(&part).unwrap_or_else(|| panic!("no (in this order)\n{part}\nin\n{text}"));
        rest = &rest[at + part.len()..];
    }
    assert!(text.ends_with("OK\n"));
    ports
}

#[track_caller]
fn nothing_left(tmp: &Path) {
    let left: Vec<_> = fs::read_dir(tmp).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

#[test]
fn the_story_as_it_is_told() {
    let tmp = tempfile::tempdir().unwrap();
    let text = text(&script(tmp.path(), &[]).output().unwrap());
    check_story(&text);
    nothing_left(tmp.path());
}

#[test]
fn the_same_story_without_redis_cli() {
    let (tmp, programs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let text = text(&without_cli(script(tmp.path(), &[]), programs.path()).output().unwrap());
    assert!(text.starts_with("(no redis-cli here: using /dev/tcp)\n"), "{text}");
    check_story(&text);
    nothing_left(tmp.path());
}

#[test]
fn two_at_the_same_time_keep_out_of_each_others_way() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let start = |tmp: &Path| script(tmp, &[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (first, second) = (start(one.path()), start(two.path()));
    check_story(&text(&first.wait_with_output().unwrap()));
    check_story(&text(&second.wait_with_output().unwrap()));
}

#[test]
fn kept_servers_can_be_reached_and_stopped_as_it_says() {
    let tmp = tempfile::tempdir().unwrap();
    let text = text(&script(tmp.path(), &["--keep"]).output().unwrap());
    let kill = text.lines().find_map(|line| line.strip_prefix("To stop them: kill ")).unwrap();
    let pids: Vec<Stray> = kill.split(' ').map(|pid| Stray(pid.parse().unwrap())).collect();
    assert_eq!(pids.len(), 3);
    for (port, value) in check_story(&text).into_iter().zip(["mildlamb", "wildwolf", "wildwolf"]) {
        assert!(text.contains(&format!("redis-cli -p {port} -a s3cret")));
        let mut client = Client::connect(port);
        assert_eq!(client.run("auth s3cret"), "OK");
        assert_eq!(client.run("get name"), value);
    }
    for pid in pids.iter().rev() {
        send_signal(pid.0, libc::SIGTERM);
        wait_until("the server stops", SOON, || !process_lives(pid.0));
    }
}

#[test]
fn a_server_that_cannot_be_started_is_reported() {
    let tmp = tempfile::tempdir().unwrap();
    let missing =
        Command::new(SCRIPT).args(["--server", "/nonexistent"]).env("TMPDIR", tmp.path()).output().unwrap();
    assert_eq!(missing.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&missing.stderr), "no such program: /nonexistent\n");
    let broken =
        Command::new(SCRIPT).args(["--server", "/bin/false"]).env("TMPDIR", tmp.path()).output().unwrap();
    assert_eq!(broken.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&broken.stderr).contains("FAILED: master did not start"));
    nothing_left(tmp.path());
}
