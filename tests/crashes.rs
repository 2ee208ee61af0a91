//! kill -9 at random moments under a load of writes, rewrites and snapshots: what was promised is there after the
//! restart.
//!
//! A kill loses no byte the kernel has; what a power cut takes besides is tried on a disk in memory
//! (`cmd/admin/persist/crash_tests.rs`). `REPLIS_KILLS` says how often each server dies; `scripts/crashes.sh` makes it
//! hundreds.

mod common;
#[path = "differential/mod.rs"]
mod differential;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use common::client::Client;
use common::{SOON, Server, wait_until};
use differential::rng::Rng;

/// Writers at once.
const WRITERS: usize = 3;

fn kills() -> u64 {
    std::env::var("REPLIS_KILLS").map_or(10, |text| text.parse().expect("a number"))
}

/// Writers that push their numbers until the server is gone. Returns what each was answered, with the moment.
fn write_until_it_dies(port: u16, from: &[i64]) -> Vec<thread::JoinHandle<Vec<(i64, Instant)>>> {
    let begin = |n: usize, last: i64| {
        thread::spawn(move || {
            let mut answered = Vec::new();
            let Ok(mut client) = Client::try_connect(port) else { return answered };
            for number in last + 1.. {
                // A list shows holes, the pair half transactions.
                let asked =
                    ["multi", &format!("rpush seq:{n} {number}"), &format!("set last:{n} {number}"), "exec"]
                        .iter()
                        .all(|line| client.try_run(line).is_ok());
                if !asked {
                    return answered;
                }
                answered.push((number, Instant::now()));
            }
            answered
        })
    };
    from.iter().enumerate().map(|(n, last)| begin(n, *last)).collect()
}

/// What each writer's list ends with. The lists have no holes, and transactions are whole.
fn last_numbers(server: &Server) -> Vec<i64> {
    (0..WRITERS)
        .map(|n| {
            let list = server.run(&format!("lrange seq:{n} 0 -1")).texts();
            let expected: Vec<String> = (1..=list.len()).map(|number| number.to_string()).collect();
            assert_eq!(list, expected, "no hole");
            let last = server.run(&format!("get last:{n}"));
            let last: i64 = if last.is_null() { 0 } else { last.text().parse().unwrap() };
            assert_eq!(last, list.len() as i64, "no half transaction");
            last
        })
        .collect()
}

fn die_often(policy: &str, seed: u64) {
    let mut rng = Rng::new(seed);
    let lines = format!(
        "appendonly yes\nappendfsync {policy}\nauto-aof-rewrite-min-size 10000\nauto-aof-rewrite-percentage 20"
    );
    let mut server = Server::start(&lines);
    server.run("debug populate 2000 filler 100");
    // What DEBUG made is in no file yet.
    server.run("bgrewriteaof");
    wait_until("the base", SOON, || server.info_field("persistence", "aof_rewrite_in_progress") == "0");
    let mut last = vec![0; WRITERS];
    for round in 0..kills() {
        let writers = write_until_it_dies(server.port(), &last);
        thread::sleep(Duration::from_millis(20 + rng.below(250) as u64));
        if rng.below(3) == 0 {
            // The child has just begun, or is at its end, or the manifest changes.
            let _ = server.client().try_run("bgrewriteaof");
            thread::sleep(Duration::from_micros(rng.below(12_000) as u64));
        }
        let died = Instant::now();
        server.kill();
        let answered: Vec<_> = writers.into_iter().map(|writer| writer.join().unwrap()).collect();
        server.launch();
        let have = last_numbers(&server);
        for (n, answered) in answered.iter().enumerate() {
            let promised =
                |at: &Instant| policy == "always" || died.duration_since(*at) > Duration::from_secs(2);
            let least =
                answered.iter().rev().find(|(_, at)| promised(at)).map_or(last[n], |(number, _)| *number);
            assert!(
                have[n] >= least,
                "kill {round}, writer {n}: {least} was answered, {} came back",
                have[n]
            );
            let most = answered.last().map_or(last[n], |(number, _)| *number) + 1;
            assert!(have[n] <= most, "kill {round}, writer {n}: {} of {most}", have[n]);
        }
        last = have;
    }
    assert!(last.iter().sum::<i64>() > 100, "no load: {last:?}");
    assert_eq!(server.run("exists filler:1999").int(), 1);
}

#[test]
fn always_keeps_every_answered_write() {
    die_often("always", 1);
}

#[test]
fn everysec_keeps_all_but_the_last_two_seconds() {
    die_often("everysec", 2);
}

#[test]
fn the_last_finished_snapshot_is_there_and_whole() {
    let mut rng = Rng::new(3);
    let mut server = Server::start("");
    server.run("debug populate 3000 filler 100");
    let saved = Arc::new(AtomicI64::new(0));
    for round in 0..kills() {
        let port = server.port();
        let stop = Arc::new(AtomicBool::new(false));
        let last: i64 = saved.load(Ordering::SeqCst);
        let writer = thread::spawn(move || {
            let Ok(mut client) = Client::try_connect(port) else { return };
            while client.try_run("multi").is_ok() {
                let _ = client.try_run("incr one").and_then(|_| client.try_run("incr other"));
                if client.try_run("exec").is_err() {
                    return;
                }
            }
        });
        let (saver_stop, saver_saved) = (stop.clone(), saved.clone());
        let saver = thread::spawn(move || {
            let Ok(mut client) = Client::try_connect(port) else { return };
            while !saver_stop.load(Ordering::SeqCst) {
                // What is in the snapshot at least; one that is finished has taken the file's place.
                let Ok(before) = client.try_run("get one") else { return };
                let Ok(started) = client.try_run("bgsave") else { return };
                if started.text() != "Background saving started" {
                    continue;
                }
                loop {
                    let Ok(info) = client.try_run("info persistence") else { return };
                    if info.text().contains("rdb_bgsave_in_progress:0") {
                        assert!(info.text().contains("rdb_last_bgsave_status:ok"));
                        break;
                    }
                }
                let before = if before.is_null() { 0 } else { before.text().parse().unwrap() };
                saver_saved.fetch_max(before, Ordering::SeqCst);
            }
        });
        thread::sleep(Duration::from_millis(30 + rng.below(200) as u64));
        server.kill();
        stop.store(true, Ordering::SeqCst);
        writer.join().unwrap();
        saver.join().unwrap();
        server.launch();
        let count = |key: &str| {
            let value = server.run(&format!("get {key}"));
            if value.is_null() { 0 } else { value.text().parse::<i64>().unwrap() }
        };
        let (one, other, least) = (count("one"), count("other"), saved.load(Ordering::SeqCst));
        assert_eq!(one, other, "kill {round}: half a transaction");
        assert!(one >= least.max(last), "kill {round}: {least} was saved, {one} came back");
        if least > 0 {
            assert_eq!(server.run("exists filler:2999").int(), 1, "kill {round}: the snapshot is not whole");
        } else {
            server.run("debug populate 3000 filler 100");
        }
        saved.store(one, Ordering::SeqCst);
    }
    // Left by children that died with their server, and never taken for a snapshot.
    wait_until("a last snapshot", SOON, || server.run("save").is_ok());
    assert!(saved.load(Ordering::SeqCst) > 0, "no load");
}
