//! The append-only file: what was answered is in it, whatever ends the process; what is damaged is told; and the files of
//! one server are those of the other.

mod common;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use common::client::{Client, requests};
use common::server::{exit_code, server_binary};
use common::{SOON, Server, real_redis, wait_until};

const FOLDER: &str = "appendonlydir";

/// With a file, and without the fsyncs in the background for whose end a write may wait.
fn logged(lines: &str) -> Server {
    Server::start(&format!("appendonly yes\nappendfsync no\n{lines}"))
}

fn in_folder(server: &Server, name: &str) -> PathBuf {
    server.dir().join(FOLDER).join(name)
}

fn manifest(server: &Server) -> String {
    fs::read_to_string(in_folder(server, "appendonly.aof.manifest")).unwrap()
}

/// Names of the files, sorted.
fn files(server: &Server) -> Vec<String> {
    let names = fs::read_dir(server.dir().join(FOLDER)).unwrap();
    let mut names: Vec<String> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn increment(server: &Server, number: u32) -> PathBuf {
    in_folder(server, &format!("appendonly.aof.{number}.incr.aof"))
}

fn text(server: &Server, number: u32) -> String {
    String::from_utf8_lossy(&fs::read(increment(server, number)).unwrap()).into_owned()
}

fn persistence(server: &Server, name: &str) -> String {
    server.info_field("persistence", name)
}

fn wait_rewritten(server: &Server) {
    wait_until("the end of the rewrite", SOON, || {
        let info = server.info("persistence");
        info["aof_rewrite_in_progress"] == "0" && info["aof_rewrite_scheduled"] == "0"
    });
    assert_eq!(persistence(server, "aof_last_bgrewrite_status"), "ok");
}

/// A server whose folder holds one increment with these bytes.
fn from_bytes(config: &str, bytes: &[u8]) -> Result<Server, (i32, String)> {
    let mut server = logged(config);
    server.kill();
    fs::write(increment(&server, 1), bytes).unwrap();
    match server.try_launch_again() {
        Ok(()) => Ok(server),
        Err(log) => Err((1, log)),
    }
}

/// Writes one kind of everything, with expiries, in two databases.
fn fill(server: &Server) {
    let mut client = server.client();
    for line in [
        "set s text",
        "set n 12345",
        "append s more",
        "incrbyfloat f 0.1",
        "rpush l a b c 1 2 3",
        "lpop l",
        "sadd ints 1 2 3",
        "sadd words a b c",
        "spop words",
        "hset h f v g w",
        "hincrby h n 5",
        "zadd z 1 a 2.5 b inf c",
        "zpopmin z",
        "xadd x * f v",
        "xadd x * f w",
        "xgroup create x g 0",
        "xreadgroup group g me count 1 streams x >",
        "pfadd hll a b c",
        "setbit bits 100 1",
        "geoadd geo 13.36 38.11 here",
        "set e v ex 1000",
        "expire l 2000",
        "getex n px 500000",
        "multi",
        "set m1 a",
        "set m2 b",
        "exec",
        "select 3",
        "set other db",
        "rename other another",
        "copy another twin",
        "del twin",
    ] {
        client.run(line);
    }
    let big: Vec<u8> = (0..300_000u32).map(|i| (i % 251) as u8).collect();
    assert!(client.cmd(&[b"set", &b"big"[..], &big]).is_ok());
    let many: Vec<Vec<u8>> = (0..2000).map(|i| format!("member:{i}").into_bytes()).collect();
    let words: Vec<&[u8]> = [&b"sadd"[..], b"many"].into_iter().chain(many.iter().map(|m| &m[..])).collect();
    assert!(matches!(client.cmd(&words).int(), 0 | 2000));
}

#[test]
fn what_was_answered_survives_a_kill() {
    for policy in ["always", "everysec", "no"] {
        let mut server = logged(&format!("appendfsync {policy}"));
        let port = server.port();
        let writers: Vec<_> = (0..4)
            .map(|n| {
                thread::spawn(move || {
                    let mut client = Client::connect(port);
                    let mut answered = 0;
                    while client.try_run(&format!("incr counter:{n}")).is_ok() {
                        answered += 1;
                    }
                    answered
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(400));
        server.kill();
        let answered: Vec<i64> = writers.into_iter().map(|writer| writer.join().unwrap()).collect();
        server.launch();
        for (n, answered) in answered.iter().enumerate() {
            let have: i64 = server.run(&format!("get counter:{n}")).text().parse().unwrap();
            // What waited for an fsync in the background is not written yet; two seconds may be missing.
            let least = if policy == "everysec" { 1 } else { *answered };
            assert!(have >= least && have <= answered + 1, "{policy}: {have} of {answered}");
            assert!(*answered > 20, "{policy}: {answered} is no load");
        }
    }
}

#[test]
fn everything_comes_back_and_comes_back_from_a_rewrite() {
    for preamble in ["yes", "no"] {
        let mut server = logged(&format!("aof-use-rdb-preamble {preamble}"));
        fill(&server);
        let before = server.digest();
        server.kill();
        server.launch();
        assert_eq!(server.digest(), before, "replayed");
        assert_eq!(server.run("bgrewriteaof").text(), "Background append only file rewriting started");
        server.run("set after fork");
        let before = server.digest();
        wait_rewritten(&server);
        let base = if preamble == "yes" { "appendonly.aof.2.base.rdb" } else { "appendonly.aof.2.base.aof" };
        let names = files(&server);
        assert_eq!(names, [base, "appendonly.aof.2.incr.aof", "appendonly.aof.manifest"]);
        assert_eq!(
            manifest(&server),
            format!("file {base} seq 2 type b\nfile appendonly.aof.2.incr.aof seq 2 type i\n")
        );
        assert_eq!(
            text(&server, 2),
            "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nset\r\n$5\r\nafter\r\n$4\r\nfork\r\n"
        );
        server.kill();
        server.launch();
        assert_eq!(server.digest(), before, "rewritten, preamble {preamble}");
        server.run("debug loadaof");
        assert_eq!(server.digest(), before);
    }
}

#[test]
fn the_file_holds_what_changed_data_and_nothing_else() {
    let server = logged("aof-timestamp-enabled yes");
    for line in ["set a 1", "get a", "publish channel word", "ping", "set a 2 nx", "incrbyfloat a 1.5"] {
        server.run(line);
    }
    let mut client = server.client();
    for line in ["multi", "incr b", "publish channel word", "incr b", "exec", "multi", "get b", "exec"] {
        client.run(line);
    }
    let text = text(&server, 1);
    let (stamps, rest): (Vec<&str>, Vec<&str>) =
        text.split("\r\n").partition(|line| line.starts_with("#TS:"));
    assert!((1..=2).contains(&stamps.len()), "{stamps:?}");
    let now: i64 = server.run("time").texts()[0].parse().unwrap();
    assert!((now - stamps[0][4..].parse::<i64>().unwrap()).abs() <= 2);
    let want = requests(&["SELECT 0", "set a 1", "SET a 2.5 KEEPTTL", "MULTI", "incr b", "incr b", "EXEC"]);
    assert_eq!(rest.join("\r\n"), String::from_utf8(want).unwrap());
}

#[test]
fn a_file_that_ends_too_early_is_cut_off_behind_its_last_whole_command() {
    let whole = requests(&["SELECT 0", "set a 1", "incr a"]);
    let unfinished = [&whole[..], &requests(&["MULTI", "set a 9", "set b 9"])].concat();
    let cases = [
        ("half a command", [&whole[..], &requests(&["set a 100"])[..20]].concat()),
        ("half a length", [&whole[..], b"*3\r\n$1"].concat()),
        ("a promise of much more", [&whole[..], b"*2\r\n$3\r\nget\r\n$900000000000\r\nabc"].concat()),
        ("no EXEC", unfinished.clone()),
        ("half a command before EXEC", unfinished[..unfinished.len() - 5].to_vec()),
    ];
    for (what, bytes) in cases {
        let server = from_bytes("", &bytes).unwrap_or_else(|(_, log)| panic!("{what}: {log}"));
        let name = "appendonly.aof.1.incr.aof";
        server.wait_log(&format!("!!! Warning: short read while loading the AOF file {name}!!!"));
        server.wait_log(&format!("!!! Truncating the AOF {name} at offset {} !!!", whole.len()));
        server.wait_log(&format!("AOF {name} loaded anyway because aof-load-truncated is enabled"));
        assert_eq!(fs::read(increment(&server, 1)).unwrap(), whole, "{what}");
        assert_eq!((server.run("get a").text(), server.run("exists b").int()), ("2".into(), 0), "{what}");
        // What follows is appended to a whole file.
        server.run("incr a");
        drop(server);
        let refused = from_bytes("aof-load-truncated no", &bytes).err();
        let (_, log) = refused.unwrap_or_else(|| panic!("{what}: started"));
        assert!(log.contains("Unexpected end of file reading the append only file"), "{what}: {log}");
    }
}

#[test]
fn what_is_no_append_only_file_is_refused_as_it_is() {
    let good = requests(&["SELECT 0", "set a 1"]);
    let cases = [
        ("rubbish", [&good[..], b"!!!"].concat(), "Bad file format reading the append only file"),
        ("a count of nothing", [&good[..], b"*0\r\n"].concat(), "Bad file format reading"),
        ("no length", [&good[..], b"*1\r\n:3\r\nget\r\n"].concat(), "Bad file format reading"),
        (
            "a foreign command",
            [&good[..], &requests(&["whatsthis 1"])].concat(),
            "Unknown command 'whatsthis'",
        ),
        (
            "too few words",
            [&good[..], &requests(&["set a"])].concat(),
            "with wrong arguments or out of place",
        ),
        (
            "administration",
            [&good[..], &requests(&["shutdown"])].concat(),
            "with wrong arguments or out of place",
        ),
        ("a broken base", b"REDIS0011\xfa\x09redis-ver".to_vec(), "Unexpected EOF reading RDB file"),
    ];
    for (what, bytes, message) in cases {
        let mut server = logged("");
        server.kill();
        fs::write(increment(&server, 1), &bytes).unwrap();
        let log = server.try_launch_again().expect_err(what);
        assert!(log.contains(message), "{what}: {log}");
        assert_eq!(fs::read(increment(&server, 1)).unwrap(), bytes, "{what}: the file stays");
    }
}

#[test]
fn the_set_of_files_must_be_whole() {
    let mut server = logged("");
    server.run("set a 1");
    server.run("bgrewriteaof");
    wait_rewritten(&server);
    server.run("set b 2");
    server.kill();
    let second = fs::read(increment(&server, 2)).unwrap();
    let cut = &second[..second.len() - 3];
    // A cut in a file that others follow.
    let named = manifest(&server);
    let more = format!("{named}file appendonly.aof.3.incr.aof seq 3 type i\n");
    fs::write(in_folder(&server, "appendonly.aof.manifest"), &more).unwrap();
    fs::write(increment(&server, 2), cut).unwrap();
    fs::write(increment(&server, 3), requests(&["SELECT 0", "set c 3"])).unwrap();
    let log = server.try_launch_again().expect_err("a cut in the middle");
    assert!(log.contains("Fatal error: the truncated file is not the last file"), "{log}");
    // Whole again: three files, in order. Comments and what later versions may add are no matter.
    fs::write(increment(&server, 2), &second).unwrap();
    let spoken = more.replace("type b", "type b note x").replacen("file", "# three files\nfile", 1);
    fs::write(in_folder(&server, "appendonly.aof.manifest"), spoken).unwrap();
    server.launch();
    assert_eq!(server.run("mget a b c").texts(), ["1", "2", "3"]);
    server.kill();
    fs::remove_file(increment(&server, 2)).unwrap();
    let log = server.try_launch_again().expect_err("a file is missing");
    assert!(log.contains("Unable to obtain the AOF file appendonly.aof.2.incr.aof length"), "{log}");
    fs::write(in_folder(&server, "appendonly.aof.manifest"), "file a/b seq 1 type b\n").unwrap();
    let log = server.try_launch_again().expect_err("a path");
    assert!(log.contains("File can't be a path, just a filename"), "{log}");
    fs::write(in_folder(&server, "appendonly.aof.manifest"), "").unwrap();
    let log = server.try_launch_again().expect_err("an empty manifest");
    assert!(log.contains("Found an empty AOF manifest"), "{log}");
}

#[test]
fn a_single_file_of_old_moves_into_the_folder() {
    let mut server = logged("");
    fill(&server);
    server.run("bgrewriteaof");
    wait_rewritten(&server);
    server.run("set tail 1");
    let digest = server.digest();
    server.kill();
    // A snapshot with commands behind it, as Redis 4 to 6 wrote it.
    let base = fs::read(in_folder(&server, "appendonly.aof.2.base.rdb")).unwrap();
    let tail = fs::read(increment(&server, 2)).unwrap();
    fs::remove_dir_all(server.dir().join(FOLDER)).unwrap();
    fs::write(server.file("appendonly.aof"), [base, tail].concat()).unwrap();
    server.launch();
    server.wait_log("Successfully migrated an old-style AOF file (appendonly.aof) into the AOF directory");
    server.wait_log("Reading the remaining AOF tail...");
    assert_eq!(server.digest(), digest);
    assert!(!server.file("appendonly.aof").exists());
    let names = "file appendonly.aof seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n";
    assert_eq!(manifest(&server), names);
    server.run("set later 1");
    let digest = server.digest();
    server.restart();
    assert_eq!(server.digest(), digest);
}

/// Redis writes such names so that it cannot read them again.
#[test]
fn names_of_any_kind_come_back() {
    for name in ["it's.aof", "a b.aof", "\\\"x\\\".aof", "#.aof"] {
        let mut server = logged(&format!("appendfilename \"{name}\""));
        server.run("set key value");
        server.run("bgrewriteaof");
        wait_rewritten(&server);
        server.kill();
        server.launch();
        assert_eq!(server.run("get key"), "value", "{name}");
    }
}

#[test]
fn it_can_be_switched_on_and_off() {
    let mut server = Server::start("appendfsync no");
    fill(&server);
    assert_eq!(persistence(&server, "aof_enabled"), "0");
    server.config_set("appendonly", "yes");
    server.run("set meanwhile 1");
    wait_rewritten(&server);
    assert_eq!(persistence(&server, "aof_enabled"), "1");
    server.run("set then 1");
    let digest = server.digest();
    server.run("debug loadaof");
    assert_eq!(server.digest(), digest);
    server.config_set("appendonly", "no");
    server.run("set unseen 1");
    assert_eq!(text(&server, 1).matches("unseen").count(), 0);
    server.config_set("appendonly", "yes");
    wait_rewritten(&server);
    let digest = server.digest();
    server.run("config rewrite");
    server.kill();
    server.launch();
    assert_eq!(server.digest(), digest);
    assert_eq!(files(&server).len(), 3, "{:?}", files(&server));
    // Within a transaction the fork waits for its end.
    server.config_set("appendonly", "no");
    let mut client = server.client();
    for line in ["multi", "set in 1", "config set appendonly yes", "set exec 1"] {
        client.run(line);
    }
    assert_eq!(client.run("exec").items().len(), 3);
    server.wait_log(
        "AOF was enabled during a transaction. An AOF background was scheduled to start when possible.",
    );
    wait_rewritten(&server);
    let digest = server.digest();
    server.run("debug loadaof");
    assert_eq!(server.digest(), digest);
}

#[test]
fn a_grown_file_is_rewritten_by_itself() {
    let server = logged("auto-aof-rewrite-min-size 20000\nauto-aof-rewrite-percentage 100");
    let mut client = server.client();
    for _ in 0..2000 {
        client.run("incr counter");
    }
    server.wait_log("Starting automatic rewriting of AOF on");
    wait_until("the rewrite", SOON, || persistence(&server, "aof_rewrites") != "0");
    wait_rewritten(&server);
    let size: u64 = persistence(&server, "aof_current_size").parse().unwrap();
    assert!(size < 20_000 * 2, "{size}");
    let digest = server.digest();
    server.run("debug loadaof");
    assert_eq!(server.digest(), digest);
}

/// A server whose present increment takes no byte, as on a full disk.
fn on_a_full_disk(lines: &str) -> Server {
    let server = logged(lines);
    std::os::unix::fs::symlink("/dev/full", increment(&server, 2)).unwrap();
    server.run("bgrewriteaof");
    wait_rewritten(&server);
    server
}

#[test]
fn a_full_disk_refuses_writes_and_loses_nothing() {
    let mut server = on_a_full_disk("");
    server.run("set first 1");
    wait_until("the refusal", SOON, || server.run("set second 2").text().starts_with("-MISCONF"));
    assert_eq!(
        server.run("set second 2").error(),
        "MISCONF Errors writing to the AOF file: No space left on device"
    );
    assert_eq!(persistence(&server, "aof_last_write_status"), "err");
    assert_eq!(server.run("get first").text(), "1", "reads go on");
    server.wait_log("Error writing to the AOF file: No space left on device");
    // A new file takes what the old one could not.
    server.run("bgrewriteaof");
    server.wait_log("AOF write error looks solved, Redis can write again.");
    wait_rewritten(&server);
    assert!(server.run("set second 2").is_ok());
    assert_eq!(persistence(&server, "aof_last_write_status"), "ok");
    server.kill();
    server.launch();
    assert_eq!(server.run("mget first second").texts(), ["1", "2"]);
}

#[test]
fn a_rewrite_beside_what_could_not_be_written_counts_nothing_twice() {
    let mut server = logged("");
    // The file has this database selected when it stops to take bytes.
    std::os::unix::fs::symlink("/dev/full", increment(&server, 2)).unwrap();
    let mut client = server.client();
    for line in ["select 3", "bgrewriteaof"] {
        client.run(line);
    }
    wait_rewritten(&server);
    client.run("incr counted");
    wait_until("the refusal", SOON, || persistence(&server, "aof_last_write_status") == "err");
    // The base of this one holds the command that is still to be written.
    client.run("bgrewriteaof");
    wait_rewritten(&server);
    assert_eq!(client.run("incr counted").int(), 2);
    let digest = server.digest();
    server.kill();
    server.launch();
    assert_eq!(server.digest(), digest);
}

#[test]
fn a_manifest_that_cannot_be_read_again_is_not_forgotten() {
    let server = logged("");
    server.run("set a 1");
    let named = manifest(&server);
    fs::write(in_folder(&server, "appendonly.aof.manifest"), "rubbish\n").unwrap();
    let refused = server.run("debug loadaof");
    assert_eq!(refused.error(), "ERR Error trying to load the AOF files, check server logs.");
    fs::write(in_folder(&server, "appendonly.aof.manifest"), named).unwrap();
    server.run("bgrewriteaof");
    wait_rewritten(&server);
    assert!(
        manifest(&server).starts_with("file appendonly.aof.2.base.rdb seq 2 type b\n"),
        "{}",
        manifest(&server)
    );
}

#[test]
fn always_ends_the_process_rather_than_answer_for_what_is_not_written() {
    let mut server = on_a_full_disk("appendfsync always");
    let answer = server.client().try_run("set first 1");
    assert!(answer.is_err(), "{answer:?}");
    assert_eq!(exit_code(server.wait_exit()), 1);
    let words = "Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...";
    assert!(server.log().contains(words));
}

#[test]
fn failing_rewrites_leave_what_was_there() {
    let mut server = logged("");
    fill(&server);
    // The new base cannot take its place: a folder bars the name.
    fs::create_dir_all(in_folder(&server, "appendonly.aof.2.base.rdb").join("x")).unwrap();
    server.run("bgrewriteaof");
    wait_until("the failure", SOON, || persistence(&server, "aof_last_bgrewrite_status") == "err");
    assert_eq!(persistence(&server, "aof_rewrites_consecutive_failures"), "1");
    server.run("set after failure");
    let digest = server.digest();
    server.kill();
    server.launch();
    assert_eq!(server.digest(), digest, "base and two increments");
    fs::remove_dir_all(in_folder(&server, "appendonly.aof.2.base.rdb")).unwrap();
    server.run("bgrewriteaof");
    wait_rewritten(&server);
    assert_eq!(files(&server).len(), 3, "{:?}", files(&server));
    server.kill();
    server.launch();
    assert_eq!(server.digest(), digest);
}

#[test]
fn shutdown_ends_the_file_whole() {
    let mut server = logged("");
    fill(&server);
    let digest = server.digest();
    assert_eq!(exit_code(server.stop()), 0);
    assert!(server.log().contains("Calling fsync() on the AOF file."));
    server.launch();
    assert_eq!(server.digest(), digest);
    // While a first base is written there is no file yet that holds the data.
    let server = Server::start("rdb-key-save-delay 20000");
    server.run("debug populate 500");
    server.config_set("appendonly", "yes");
    let refused = server.run("shutdown");
    assert_eq!(refused.error(), "ERR Errors trying to SHUTDOWN. Check logs.");
    server.wait_log("Writing initial AOF, can't exit.");
    assert_eq!(server.run("ping").text(), "PONG");
}

#[test]
fn waitaof_counts_disks() {
    let master = logged("appendfsync everysec");
    let replica = logged("appendfsync everysec");
    let bare = Server::start("");
    for server in [&replica, &bare] {
        server.replicaof(master.port());
        server.wait_link_up();
    }
    wait_rewritten(&replica);
    let mut client = master.client();
    client.run("set a 1");
    assert_eq!(client.run("wait 2 5000").int(), 2);
    let both = client.run("waitaof 1 1 10000");
    assert_eq!(both.items().iter().map(|n| n.int()).collect::<Vec<_>>(), [1, 1]);
    client.run("set a 2");
    let more = client.run("waitaof 1 2 1500");
    assert_eq!(more.items()[1].int(), 1, "one replica has no file");
    assert_eq!(
        bare.run("waitaof 0 0 0").error(),
        "ERR WAITAOF cannot be used with replica instances. Please also note that writes to replicas are just local and are not propagated."
    );
    bare.run("replicaof no one");
    assert_eq!(
        bare.run("waitaof 1 0 0").error(),
        "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."
    );
    master.config_set("appendfsync", "always");
    client.run("set a 3");
    let local = client.run("waitaof 1 0 0");
    assert_eq!(local.items()[0].int(), 1);
}

#[test]
fn what_is_for_replicas_only_keeps_nobody_waiting_for_the_disk() {
    let server = logged("appendfsync everysec");
    let replica = Server::start("");
    let mut client = server.client();
    for with_replica in [false, true] {
        if with_replica {
            replica.replicaof(server.port());
            replica.wait_link_up();
        }
        client.run("set a 1");
        assert_eq!(client.run("waitaof 1 0 5000").items()[0].int(), 1);
        client.run("publish channel word");
        assert_eq!(client.run("waitaof 1 0 5000").items()[0].int(), 1, "with a replica: {with_replica}");
    }
}

#[test]
fn a_replica_keeps_a_file_of_its_own() {
    let master = Server::start("");
    fill(&master);
    let mut replica = logged("");
    replica.run("set mine 1");
    replica.replicaof(master.port());
    replica.wait_link_up();
    wait_rewritten(&replica);
    let mut client = master.client();
    for line in
        ["incr a", "multi", "set b 1", "rpush c 1", "exec", "select 3", "set d 1 ex 100", "publish x y"]
    {
        client.run(line);
    }
    client.run("spop many 7");
    master.wait_same_data(&replica);
    let digest = replica.digest();
    replica.run("debug loadaof");
    assert_eq!(replica.digest(), digest, "what came down the link is in the file");
    replica.kill();
    replica.launch();
    assert_eq!(replica.digest(), digest);
    assert_eq!(replica.run("exists mine").int(), 0);
    // A master that was a replica goes on with the file.
    replica.run("replicaof no one");
    replica.run("set own 1");
    let digest = replica.digest();
    replica.kill();
    replica.launch();
    assert_eq!(replica.digest(), digest);
}

#[test]
fn a_received_file_is_the_base_at_once() {
    let master = Server::start("");
    fill(&master);
    for (load, rewrites) in [("disabled", "0"), ("swapdb", "1")] {
        let mut replica = logged(&format!("repl-diskless-load {load}"));
        replica.replicaof(master.port());
        replica.wait_link_up();
        wait_rewritten(&replica);
        assert_eq!(persistence(&replica, "aof_rewrites"), rewrites, "{load}");
        master.run("incr after");
        master.wait_same_data(&replica);
        let digest = replica.digest();
        // A snapshot of later takes the other name only.
        assert!(replica.run("save").is_ok());
        assert!(manifest(&replica).starts_with("file appendonly.aof.2.base.rdb seq 2 type b\n"));
        replica.run("debug loadaof");
        assert_eq!(replica.digest(), digest, "{load}");
        replica.kill();
        replica.launch();
        assert_eq!(replica.digest(), digest, "{load}");
    }
}

#[test]
fn the_files_of_one_server_are_those_of_the_other() {
    let Some(theirs) = real_redis() else { return };
    for preamble in ["yes", "no"] {
        let lines = format!("appendonly yes\naof-use-rdb-preamble {preamble}");
        for ours_first in [true, false] {
            let setup = if ours_first { Server::setup() } else { theirs.clone() };
            let mut server = setup.config(&lines).start();
            fill(&server);
            server.run("bgrewriteaof");
            wait_rewritten(&server);
            fill(&server);
            let digest = server.digest();
            server.stop();
            if let Some(check) = common::in_path("redis-check-aof") {
                let checked =
                    Command::new(check).arg(in_folder(&server, "appendonly.aof.manifest")).output().unwrap();
                let said = String::from_utf8_lossy(&checked.stdout).into_owned();
                assert!(
                    checked.status.success() && said.contains("All AOF files and manifest are valid"),
                    "{said}"
                );
            }
            let real = PathBuf::from("/usr/bin/redis-server");
            server.become_binary(&if ours_first { real } else { server_binary() });
            server.launch();
            assert_eq!(server.digest(), digest, "ours first: {ours_first}, preamble {preamble}");
            server.run("set more 1");
            let digest = server.digest();
            server.stop();
            let real = PathBuf::from("/usr/bin/redis-server");
            server.become_binary(&if ours_first { server_binary() } else { real });
            server.launch();
            assert_eq!(server.digest(), digest, "and back");
        }
    }
}
