//! Servers that come back from their append-only file and go on in the history of replication, where it is certain that
//! they may (`state::aof_trail`), and synchronize anew where it is not. Redis always synchronizes anew.

mod common;
#[path = "differential/mod.rs"]
mod differential;
mod pairs;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use common::server::server_binary;
use common::{SOON, Server, wait_until};
use pairs::Kind::{self, Ours, Real};
use pairs::write;

/// Each write is in the file when it is answered, as far as a killed process goes.
const LOGGED: &str = "appendonly yes\nappendfsync no\nrepl-diskless-sync-delay 0";

/// A master with an append-only file and a replica of any kind, in step.
fn pair(kind: Kind, master: &str, replica: &str) -> Option<(Server, Server)> {
    let master = Server::start(&format!("{LOGGED}\n{master}"));
    write(&master, 31, 200);
    let replica = kind.start(&format!("repl-diskless-sync-delay 0\n{replica}"))?;
    replica.replicaof(master.port());
    // For its next start.
    assert_eq!(replica.run("config rewrite"), "OK");
    replica.wait_link_up();
    write(&master, 32, 200);
    master.wait_same_data(&replica);
    Some((master, replica))
}

/// Full and partial synchronizations the server has given since its start.
fn syncs(master: &Server) -> (String, String) {
    let stats = master.info("stats");
    (stats["sync_full"].clone(), stats["sync_partial_ok"].clone())
}

#[track_caller]
fn assert_syncs(master: &Server, full: &str, partial: &str) {
    assert_eq!(syncs(master), (full.to_owned(), partial.to_owned()), "full, partial: {}", master.log());
}

/// The increment that the manifest names last.
fn last_increment(server: &Server) -> PathBuf {
    let folder = server.dir().join("appendonlydir");
    let manifest = fs::read_to_string(folder.join("appendonly.aof.manifest")).unwrap();
    let name = manifest.lines().rfind(|line| line.ends_with("type i")).unwrap();
    folder.join(name.split(' ').nth(1).unwrap())
}

/// Waits until the file ends with a note of the present place.
fn wait_noted(server: &Server) {
    wait_until("the place is noted", SOON, || {
        let offset = server.offset();
        let bytes = fs::read(last_increment(server)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        text.trim_end()
            .rsplit("\r\n")
            .next()
            .is_some_and(|line| line.starts_with(&format!("#REPL:{offset}:")))
    });
}

#[test]
fn a_killed_replica_goes_on_where_its_file_ends() {
    for load in ["disabled", "swapdb"] {
        let Some((master, mut replica)) =
            pair(Ours, "", &format!("appendonly yes\nappendfsync no\nrepl-diskless-load {load}"))
        else {
            return;
        };
        wait_until("its first rewrite is over", SOON, || {
            replica.info_field("persistence", "aof_rewrite_in_progress") == "0"
                && replica.info_field("persistence", "aof_rewrite_scheduled") == "0"
        });
        for round in 0..4 {
            if round == 2 {
                assert!(!replica.run("bgrewriteaof").text().starts_with('-'));
                wait_until("rewritten", SOON, || {
                    replica.info_field("persistence", "aof_rewrite_in_progress") == "0"
                });
            }
            write(&master, 40 + round, 50);
            master.wait_same_data(&replica);
            replica.kill();
            write(&master, 50 + round, 50);
            replica.launch();
            replica.wait_link_up();
            master.wait_same_data(&replica);
            assert_syncs(&master, "1", &(round + 1).to_string());
        }
    }
}

#[test]
fn replicas_go_on_with_a_killed_master_that_comes_back() {
    for kind in [Ours, Real] {
        let Some((mut master, replica)) = pair(kind, "", "") else { return };
        let old_id = master.info_field("replication", "master_replid");
        for round in 0..3 {
            if round == 1 {
                assert!(!master.run("bgrewriteaof").text().starts_with('-'));
                wait_until("rewritten", SOON, || {
                    master.info_field("persistence", "aof_rewrite_in_progress") == "0"
                });
                write(&master, 60, 30);
            }
            master.wait_same_data(&replica);
            wait_noted(&master);
            master.kill();
            master.launch();
            assert_ne!(master.info_field("replication", "master_replid"), old_id, "a new history");
            wait_until("the link is up again", SOON * 3, || replica.link_up());
            write(&master, 61 + round, 50);
            master.wait_same_data(&replica);
            assert_syncs(&master, "0", "1");
        }
        // In good order, too.
        master.restart();
        wait_until("the link is up again", SOON * 3, || replica.link_up());
        master.wait_same_data(&replica);
        assert_syncs(&master, "0", "1");
    }
}

#[test]
fn killed_under_load_either_goes_on_or_synchronizes_and_is_the_same() {
    let Some((mut master, mut replica)) = pair(Ours, "", "appendonly yes\nappendfsync no") else { return };
    for round in 0..6 {
        let port = master.port();
        let load = thread::spawn(move || {
            let Ok(mut client) = common::Client::try_connect(port) else { return };
            for i in 0..100_000 {
                if client.try_run(&format!("set key:{} {i}", i % 500)).is_err() {
                    return;
                }
            }
        });
        thread::sleep(std::time::Duration::from_millis(50 + 37 * round));
        match round % 2 {
            0 => {
                master.kill();
                master.launch();
            }
            _ => {
                replica.kill();
                replica.launch();
                master.cmd(&["client", "kill", "type", "normal", "skipme", "yes"]);
            }
        }
        load.join().unwrap();
        wait_until("the link is up again", SOON * 3, || replica.link_up());
        master.wait_same_data(&replica);
    }
}

/// Stops the master, changes its file, starts it again: who has more or other data than the file synchronizes anew.
fn spoiled(spoil: impl Fn(&[u8]) -> Vec<u8>) -> (Server, Server) {
    let (mut master, replica) = pair(Ours, "", "").unwrap();
    master.run("set last word");
    master.run("flushall");
    master.wait_same_data(&replica);
    wait_noted(&master);
    master.kill();
    let file = last_increment(&master);
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, spoil(&bytes)).unwrap();
    master.launch();
    wait_until("the link is up again", SOON * 3, || replica.link_up());
    master.wait_same_data(&replica);
    (master, replica)
}

fn position(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).rposition(|window| window.eq_ignore_ascii_case(part)).unwrap()
}

#[test]
fn a_flushall_taken_out_by_hand_comes_back_to_the_replica_as_well() {
    let flushall = b"*1\r\n$8\r\nflushall\r\n";
    let (master, replica) = spoiled(|bytes| {
        let at = position(bytes, flushall);
        [&bytes[..at], &bytes[at + flushall.len()..]].concat()
    });
    assert_eq!(replica.run("get last"), "word");
    assert_syncs(&master, "1", "0");
    // The last notes gone with it: the replica is beyond what is left.
    let (master, replica) = spoiled(|bytes| bytes[..position(bytes, flushall)].to_vec());
    assert_eq!(replica.run("get last"), "word");
    assert_syncs(&master, "1", "0");
}

#[test]
fn a_file_that_ends_behind_a_command_has_no_place() {
    let (master, _) = spoiled(|bytes| bytes[..position(bytes, b"#REPL:")].to_vec());
    assert_syncs(&master, "1", "0");
    // A command that was cut in half behind the last note changes nothing.
    let (master, _) = spoiled(|bytes| [bytes, b"*3\r\n$3\r\nset\r\n$1\r\nk"].concat());
    assert_syncs(&master, "0", "1");
}

#[test]
fn keys_that_end_while_their_master_is_away_end_on_the_replica() {
    let (mut master, replica) = pair(Ours, "", "").unwrap();
    for i in 0..20 {
        master.run(&format!("set short:{i} v px 300"));
    }
    master.wait_same_data(&replica);
    wait_noted(&master);
    master.kill();
    thread::sleep(std::time::Duration::from_millis(400));
    master.launch();
    wait_until("the link is up again", SOON * 3, || replica.link_up());
    assert_syncs(&master, "0", "1");
    wait_until("they are deleted on both", SOON, || {
        [&master, &replica].iter().all(|server| server.run("keys short:*").items().is_empty())
    });
    master.wait_same_data(&replica);
}

/// Debian's server and its checker read the file, notes or not.
#[test]
fn other_readers_skip_the_notes() {
    let Some((mut master, _replica)) = pair(Ours, "", "") else { return };
    wait_noted(&master);
    let digest = master.run("debug digest").text();
    master.kill();
    let manifest = master.dir().join("appendonlydir/appendonly.aof.manifest");
    let link = master.dir().join("redis-check-aof");
    std::os::unix::fs::symlink(server_binary(), &link).unwrap();
    let real = PathBuf::from("/usr/bin/redis-check-aof");
    assert!(real.is_file() || common::may_skip("redis-check-aof"), "redis-check-aof is missing");
    for program in [Some(link), real.is_file().then_some(real)].into_iter().flatten() {
        let output = Command::new(&program).arg(&manifest).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && text.contains("All AOF files and manifest are valid"), "{text}");
    }
    let Some(real) = common::real_redis() else { return };
    let mut real = real.config(LOGGED).start();
    real.kill();
    let _ = fs::remove_dir_all(real.dir().join("appendonlydir"));
    let copied = Command::new("cp")
        .arg("-r")
        .arg(master.dir().join("appendonlydir"))
        .arg(real.dir())
        .status()
        .unwrap();
    assert!(copied.success());
    real.launch();
    assert_eq!(real.run("debug digest").text(), digest);
}
