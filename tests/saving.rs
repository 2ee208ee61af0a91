//! Snapshots while they are made: save points, what INFO tells meanwhile, children that are stopped, files that are
//! left.
//!
//! Each expectation holds for Redis 7.0.15 too (`REPLIS_TEST_SERVER=/usr/bin/redis-server`).

mod common;

use std::fs;
use std::time::Duration;

use common::server::exit_code;
use common::{SOON, Server, wait_until};

fn saving(server: &Server) -> bool {
    server.info_field("persistence", "rdb_bgsave_in_progress") == "1"
}

fn number(server: &Server, name: &str) -> i64 {
    server.info_field("persistence", name).parse().unwrap()
}

fn temp_files(server: &Server) -> Vec<String> {
    let names =
        fs::read_dir(server.dir()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("temp-")).collect()
}

/// A server with keys whose snapshot takes long: `micros` a key.
fn slow_saver(lines: &str, keys: usize, micros: usize) -> Server {
    let server = Server::start(&format!("rdb-key-save-delay {micros}\n{lines}"));
    server.run(&format!("debug populate {keys}"));
    server
}

#[test]
fn a_save_point_needs_changes_and_time() {
    let server = Server::start("save 1 3");
    server.run("set a 1");
    server.run("set b 1");
    assert_eq!(number(&server, "rdb_changes_since_last_save"), 2);
    std::thread::sleep(Duration::from_millis(2200));
    assert!(!server.file("dump.rdb").exists(), "two changes are too few");
    server.run("set c 1");
    server.wait_log("* 3 changes in 1 seconds. Saving...");
    wait_until("the snapshot", SOON, || number(&server, "rdb_changes_since_last_save") == 0);
    assert!(server.file("dump.rdb").exists());
    assert_eq!(server.info_field("persistence", "rdb_last_bgsave_status"), "ok");
    // What changes nothing counts for nothing, what changes more counts more.
    server.run("get a");
    server.run("del missing");
    assert_eq!(number(&server, "rdb_changes_since_last_save"), 0);
    server.run("mset a 1 b 2");
    server.run("del a b c");
    assert_eq!(number(&server, "rdb_changes_since_last_save"), 5);
    server.config_set("save", "");
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(number(&server, "rdb_changes_since_last_save"), 5);
}

#[test]
fn info_tells_of_a_snapshot_under_way() {
    let server = slow_saver("", 3000, 500);
    for name in [
        "rdb_bgsave_in_progress",
        "current_save_keys_processed",
        "current_save_keys_total",
        "current_cow_size",
    ] {
        assert_eq!(number(&server, name), 0, "{name}");
    }
    assert_eq!(number(&server, "rdb_current_bgsave_time_sec"), -1);
    assert_eq!(server.run("bgsave"), "Background saving started");
    server.run("set during save");
    assert!(saving(&server));
    assert_eq!(number(&server, "current_save_keys_total"), 3000);
    assert!(number(&server, "rdb_current_bgsave_time_sec") >= 0);
    wait_until("progress", SOON, || number(&server, "current_save_keys_processed") > 0);
    assert!(number(&server, "current_save_keys_processed") <= 3000);
    wait_until("copy-on-write figures", SOON, || number(&server, "current_cow_size") > 0);
    assert!(number(&server, "current_cow_peak") >= number(&server, "current_cow_size"));
    assert_eq!(server.run("bgsave"), "-ERR Background save already in progress");
    assert_eq!(server.run("save"), "-ERR Background save already in progress");
    wait_until("the end", SOON, || !saving(&server));
    for name in ["current_save_keys_processed", "current_save_keys_total", "current_cow_size"] {
        assert_eq!(number(&server, name), 0, "{name}");
    }
    assert!(number(&server, "rdb_last_cow_size") > 0);
    assert!(number(&server, "rdb_last_bgsave_time_sec") >= 0);
    assert_eq!(number(&server, "rdb_changes_since_last_save"), 1, "what was written meanwhile");
    assert!(server.log().contains("Background saving terminated with success"));
}

/// The child has begun to write.
fn began(server: &Server) {
    assert_eq!(server.run("bgsave"), "Background saving started");
    wait_until("the temporary file", SOON, || !temp_files(server).is_empty());
    assert!(saving(server));
}

#[test]
fn flushall_stops_the_child_and_saves_nothing() {
    let server = slow_saver("save 3600 100000", 1000, 10_000);
    began(&server);
    server.run("flushall");
    wait_until("the child's end", SOON, || !saving(&server));
    assert_eq!(temp_files(&server), Vec::<String>::new());
    assert_eq!(server.info_field("persistence", "rdb_last_bgsave_status"), "ok", "it was wanted");
    assert_eq!(server.run("set a 1"), "OK");
    // With save points, FLUSHALL itself saves: an empty snapshot, so that the old data do not come back.
    assert!(server.file("dump.rdb").exists());
}

#[test]
fn shutdown_stops_the_child() {
    for (words, saved) in [("shutdown nosave", false), ("shutdown save", true)] {
        let mut server = slow_saver("", 300, 10_000);
        began(&server);
        server.config_set("rdb-key-save-delay", "0");
        let mut client = server.client();
        client.send(&words.split(' ').collect::<Vec<_>>());
        assert_eq!(exit_code(server.wait_exit()), 0);
        assert!(server.log().contains("# There is a child saving an .rdb. Killing it!"), "{}", server.log());
        assert_eq!(temp_files(&server), Vec::<String>::new());
        assert_eq!(server.file("dump.rdb").exists(), saved);
    }
}

#[test]
fn a_child_that_is_killed_is_a_failed_save() {
    let server = slow_saver("", 1000, 10_000);
    began(&server);
    let temp = temp_files(&server);
    let pid: u32 = temp[0].trim_start_matches("temp-").trim_end_matches(".rdb").parse().unwrap();
    common::server::send_signal(pid, libc::SIGKILL);
    server.wait_log("# Background saving terminated by signal 9");
    wait_until("the child's end", SOON, || !saving(&server));
    assert_eq!(temp_files(&server), Vec::<String>::new());
    assert_eq!(server.info_field("persistence", "rdb_last_bgsave_status"), "err");
}

#[test]
fn a_shutdown_that_cannot_save_goes_on_as_before() {
    let mut server = slow_saver("enable-protected-configs yes", 1000, 10_000);
    began(&server);
    server.config_set("rdb-key-save-delay", "0");
    let gone = server.file("gone");
    fs::create_dir(&gone).unwrap();
    server.config_set("dir", gone.to_str().unwrap());
    fs::remove_dir(&gone).unwrap();
    assert_eq!(server.run("shutdown save"), "-ERR Errors trying to SHUTDOWN. Check logs.");
    wait_until("the child's end", SOON, || !saving(&server));
    server.config_set("dir", server.dir().to_str().unwrap());
    assert_eq!(server.run("bgsave"), "Background saving started");
    wait_until("the next one's end", SOON, || !saving(&server));
    assert!(server.alive() && server.file("dump.rdb").exists());
    assert!(!server.log().contains("unmatched pid"), "{}", server.log());
}

#[test]
fn files_are_whole_with_and_without_syncs_on_the_way() {
    let mut server = Server::start("rdbcompression no");
    server.run("debug populate 20 key 1000000");
    let digest = server.digest();
    for value in ["yes", "no"] {
        server.config_set("rdb-save-incremental-fsync", value);
        assert_eq!(server.run("bgsave"), "Background saving started");
        wait_until("the snapshot", SOON, || !saving(&server));
        assert_eq!(server.info_field("persistence", "rdb_last_bgsave_status"), "ok");
        server.kill();
        server.launch();
        assert_eq!(server.digest(), digest);
    }
}

#[test]
fn a_scheduled_save_follows_the_one_under_way() {
    let server = slow_saver("", 500, 1000);
    began(&server);
    let first = temp_files(&server);
    // Without another kind of child there is nothing to wait for.
    assert_eq!(server.run("bgsave schedule"), "-ERR Background save already in progress");
    wait_until("the end", SOON, || !saving(&server));
    assert_eq!(server.run("bgsave schedule"), "Background saving started");
    wait_until("another child", SOON, || {
        let now = temp_files(&server);
        !now.is_empty() && now != first
    });
}

#[test]
fn debug_reload_in_all_its_forms() {
    let server = Server::start("save 3600 1000000");
    server.run("debug populate 500");
    server.run("set soon gone px 100000000");
    server.run("select 0");
    let digest = server.digest();
    assert_eq!(server.run("debug reload"), "OK");
    assert_eq!(server.digest(), digest);
    assert_eq!(server.run("dbsize").int(), 501);
    server.run("set later lost");
    assert_eq!(server.run("debug reload nosave"), "OK");
    assert_eq!(server.digest(), digest, "the file is from before");
    assert_eq!(server.run("set later kept"), "OK");
    assert_eq!(server.run("save"), "OK");
    server.run("flushdb");
    server.run("set other key");
    assert_eq!(server.run("debug reload nosave noflush"), "OK");
    assert_eq!(server.run("dbsize").int(), 503);
    assert_eq!(server.run("get later"), "kept");
}
