//! A disk that is really full: a tmpfs of a few megabytes, in a mount namespace of its own. What was answered is there
//! when there is room again, and after kill -9; nothing that was whole before is damaged.
//!
//! Making namespaces may be forbidden (containers): the tests fail then, unless `REPLIS_SKIP_SMALL_DISK=1` says that they
//! need not run.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use common::server::server_binary;
use common::{SOON, Server, Setup, wait_until};

/// The namespace, held by a process that sleeps, and what is mounted in it.
struct SmallDisk {
    holder: Child,
    own_user: bool,
    place: PathBuf,
    _folder: tempfile::TempDir,
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

impl SmallDisk {
    /// `None` when there can be none and that is allowed.
    fn new() -> Option<SmallDisk> {
        let made = [false, true].into_iter().find_map(SmallDisk::mount);
        if made.is_none() {
            let may = std::env::var_os("REPLIS_SKIP_SMALL_DISK").is_some_and(|value| value == "1");
            assert!(may, "no tmpfs can be mounted here (or set REPLIS_SKIP_SMALL_DISK=1)");
            eprintln!("skipped: no small disk");
        }
        made
    }

    /// As root, or in a namespace of users where that is oneself.
    fn mount(own_user: bool) -> Option<SmallDisk> {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("small");
        fs::create_dir(&place).unwrap();
        let line = "mount -t tmpfs -o size=4m none \"$0\" && echo mounted && exec sleep 1000";
        let mut holder = Command::new("unshare")
            .args(if own_user { ["-r", "-m"] } else { ["-m", "--"] })
            .args(["sh", "-c", line])
            .arg(&place)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut word = String::new();
        let _ = BufReader::new(holder.stdout.take()?).read_line(&mut word);
        let disk = SmallDisk { holder, own_user, place, _folder: folder };
        (word == "mounted\n").then_some(disk)
    }

    /// A server whose folder is the disk; its configuration file too.
    fn server(&self, lines: &str) -> Server {
        let pid = self.holder.id().to_string();
        let place = self.place.to_str().unwrap();
        let line = "[ -e \"$2/redis.conf\" ] || cp \"$1\" \"$2/redis.conf\"; exec \"$0\" \"$2/redis.conf\" --dir \"$2\"";
        let mut words = vec!["-t", &pid, "-m"];
        if self.own_user {
            words.extend(["-U", "--preserve-credentials"]);
        }
        let binary = server_binary();
        words.extend(["sh", "-c", line, binary.to_str().unwrap(), "{conf}", place]);
        Setup::of("nsenter").argv(&words).config(lines).start()
    }

    /// The disk as seen from outside.
    fn path(&self, name: &str) -> PathBuf {
        let place = self.place.strip_prefix("/").unwrap();
        Path::new("/proc").join(self.holder.id().to_string()).join("root").join(place).join(name)
    }

    /// Takes all room but so many bytes.
    fn fill(&self, but: usize) {
        let mut file = fs::File::create(self.path("filler")).unwrap();
        let mut size = 0;
        while let Ok(n) = file.write(&[b'x'; 4096]) {
            size += n;
        }
        file.set_len(size.saturating_sub(but) as u64).unwrap();
    }

    fn give_back(&self) {
        fs::remove_file(self.path("filler")).unwrap();
    }
}

fn persistence(server: &Server, name: &str) -> String {
    server.info_field("persistence", name)
}

/// Pushes numbers, each behind the last that was taken, until one is refused. How many were taken in all.
fn push_until_refused(server: &Server, mut taken: usize) -> usize {
    let mut client = server.client();
    loop {
        let reply = client.run(&format!("rpush seq {} {}", taken + 1, "x".repeat(500)));
        if reply.text().starts_with("-MISCONF Errors writing to the AOF file: No space left on device") {
            return taken;
        }
        assert_eq!(reply.int(), 2 * (taken as i64 + 1), "{reply:?}");
        taken += 1;
    }
}

#[test]
fn an_append_only_file_loses_nothing_that_was_taken() {
    let Some(disk) = SmallDisk::new() else { return };
    let mut server = disk.server("appendonly yes\nappendfsync everysec\nauto-aof-rewrite-percentage 0");
    let mut taken = 0;
    for round in 0..4 {
        disk.fill(200 << 10);
        taken = push_until_refused(&server, taken);
        assert_eq!(persistence(&server, "aof_last_write_status"), "err");
        // No room for a rewrite either: what there is stays.
        server.run("bgrewriteaof");
        wait_until("the rewrite has failed", SOON, || persistence(&server, "aof_rewrite_in_progress") == "0");
        disk.give_back();
        wait_until("writes go on", SOON, || {
            let reply = server.run(&format!("rpush seq {} last", taken + 1)).text();
            !reply.starts_with('-')
        });
        taken += 1;
        assert_eq!(persistence(&server, "aof_last_write_status"), "ok");
        if round % 2 == 1 {
            server.run("bgrewriteaof");
            wait_until("rewritten", SOON, || {
                persistence(&server, "aof_rewrite_in_progress") == "0"
                    && persistence(&server, "aof_last_bgrewrite_status") == "ok"
            });
        }
        server.kill();
        server.launch();
        assert_eq!(server.run("llen seq").int(), 2 * taken as i64, "round {round}");
    }
}

#[test]
fn with_always_a_server_ends_rather_than_answer() {
    let Some(disk) = SmallDisk::new() else { return };
    let mut server = disk.server("appendonly yes\nappendfsync always\nauto-aof-rewrite-percentage 0");
    disk.fill(100 << 10);
    let mut client = server.client();
    let mut taken = 0;
    while let Ok(reply) = client.try_run(&format!("rpush seq {}", "x".repeat(500))) {
        taken += 1;
        assert_eq!(reply.int(), taken);
    }
    assert_eq!(server.wait_exit().code(), Some(1));
    disk.give_back();
    server.launch();
    let have = server.run("llen seq").int();
    assert!(have >= taken && have <= taken + 1, "{taken} answered, {have} there");
}

#[test]
fn snapshots_and_configuration_files_stay_as_they_were() {
    let Some(disk) = SmallDisk::new() else { return };
    let mut server = disk.server("save 3600 100000\nrdbcompression no");
    server.run("set key value");
    assert_eq!(server.run("save"), "OK");
    let (snapshot, config) =
        (fs::read(disk.path("dump.rdb")).unwrap(), fs::read(disk.path("redis.conf")).unwrap());
    server.run("debug populate 2000 big 1000");
    disk.fill(0);
    assert_eq!(server.run("save"), "-ERR");
    server.run("bgsave");
    wait_until("it has failed", SOON, || {
        persistence(&server, "rdb_bgsave_in_progress") == "0"
            && persistence(&server, "rdb_last_bgsave_status") == "err"
    });
    server.run("config set maxmemory 1gb");
    let reply = server.run("config rewrite").text();
    assert!(reply.starts_with("-ERR Rewriting config file: No space left on device"), "{reply}");
    assert_eq!(fs::read(disk.path("dump.rdb")).unwrap(), snapshot);
    assert_eq!(fs::read(disk.path("redis.conf")).unwrap(), config);
    let left: Vec<_> = fs::read_dir(disk.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "no leftovers beside snapshot, configuration and filler: {left:?}");
    disk.give_back();
    assert_eq!(server.run("save"), "OK");
    assert_eq!(server.run("config rewrite"), "OK");
    server.kill();
    server.launch();
    assert_eq!(server.run("dbsize").int(), 2001);
    assert_eq!(server.run("config get maxmemory").texts()[1], (1 << 30).to_string());
}
