//! Many connections at once: ten thousand of them, one more than allowed, and one that never stops asking.

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use common::{SOON, Server, holds_within, tests_the_original, wait_until};

/// What the crowd should be.
const WANTED: usize = 10_000;
/// A crowd below this is none: the machine must allow more descriptors.
const ENOUGH: usize = 4_000;
/// Descriptors that server and test need beside the connections.
const OTHERS: usize = 200;

/// Raises the limit on descriptors as far as allowed, for this process and those it starts; returns it.
fn raise_descriptor_limit() -> usize {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both calls are given a pointer to a live struct of the type they expect.
    unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit), 0);
        limit.rlim_cur = limit.rlim_max;
        assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &limit), 0);
    }
    usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX)
}

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(common::patience(Duration::from_secs(20)))).unwrap();
    stream
}

fn read_exactly(stream: &mut TcpStream, wanted: &str) {
    let mut got = vec![0; wanted.len()];
    stream.read_exact(&mut got).unwrap_or_else(|e| panic!("waiting for {wanted:?}: {e}"));
    assert_eq!(String::from_utf8_lossy(&got), wanted);
}

fn ping_all(crowd: &mut [TcpStream]) {
    for stream in crowd.iter_mut() {
        stream.write_all(b"PING\r\n").unwrap();
    }
    for stream in crowd.iter_mut() {
        read_exactly(stream, "+PONG\r\n");
    }
}

fn used_memory(server: &Server) -> i64 {
    server.info_field("memory", "used_memory").parse().unwrap()
}

#[test]
fn ten_thousand_connections_are_served() {
    let limit = raise_descriptor_limit();
    let count = WANTED.min(limit.saturating_sub(OTHERS));
    assert!(count >= ENOUGH, "only {limit} descriptors are allowed: raise the hard limit (ulimit -Hn)");
    if count < WANTED {
        eprintln!("only {limit} descriptors are allowed: {count} connections instead of {WANTED}");
    }
    // The handle's own connection is one of them.
    let server = Server::start(&format!("maxclients {}", count + 1));
    assert_eq!(server.run("ping"), "PONG");
    let before = used_memory(&server);
    let mut crowd: Vec<TcpStream> = (0..count).map(|_| connect(server.port())).collect();
    ping_all(&mut crowd);
    assert_eq!(server.info_field("clients", "connected_clients"), (count + 1).to_string());

    // Redis 7 gives an idle client's buffers back within seconds, and keeps more than 1 KiB.
    let per_connection = || (used_memory(&server) - before) / count as i64;
    let small = holds_within(SOON, || per_connection() < 1024 || tests_the_original());
    eprintln!("{count} idle connections, {} bytes of used_memory each", per_connection());
    assert!(small, "an idle connection costs {} bytes", per_connection());

    // One too many is told so and closed; the others do not notice.
    for _ in 0..3 {
        let mut refused = connect(server.port());
        read_exactly(&mut refused, "-ERR max number of clients reached\r\n");
        assert_eq!(refused.read(&mut [0; 10]).unwrap(), 0);
    }
    assert_eq!(server.info_field("stats", "rejected_connections"), "3");
    ping_all(&mut crowd);

    // Where one leaves another may come.
    drop(crowd.pop());
    wait_until("the server has seen it leave", SOON, || {
        server.info_field("clients", "connected_clients") == count.to_string()
    });
    crowd.push(connect(server.port()));
    ping_all(&mut crowd);
    drop(crowd);
    wait_until("all have left", SOON, || server.info_field("clients", "connected_clients") == "1");
}

/// One connection sends without end, as fast as its replies are read; others are served meanwhile.
#[test]
fn an_endless_pipeline_starves_nobody() {
    let server = Server::start("");
    let (stop, replies) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let stream = connect(server.port());
    let writer = {
        let (mut stream, stop) = (stream.try_clone().unwrap(), Arc::clone(&stop));
        thread::spawn(move || {
            let many = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nvalue\r\n".repeat(2000);
            while !stop.load(Ordering::Relaxed) && stream.write_all(&many).is_ok() {}
        })
    };
    let reader = {
        let (mut stream, replies) = (stream.try_clone().unwrap(), Arc::clone(&replies));
        thread::spawn(move || {
            let mut chunk = vec![0; 256 << 10];
            while let Ok(n @ 1..) = stream.read(&mut chunk) {
                replies.fetch_add(n as u64 / 5, Ordering::Relaxed);
            }
        })
    };
    wait_until("the pipeline runs", SOON, || replies.load(Ordering::Relaxed) > 10_000);
    let start = replies.load(Ordering::Relaxed);
    let mut others: Vec<TcpStream> = (0..5).map(|_| connect(server.port())).collect();
    for _ in 0..200 {
        ping_all(&mut others);
    }
    // Neither do the others stop the pipeline.
    wait_until("the pipeline still runs", SOON, || replies.load(Ordering::Relaxed) > start + 10_000);
    stop.store(true, Ordering::Relaxed);
    let _ = stream.shutdown(std::net::Shutdown::Both);
    writer.join().unwrap();
    reader.join().unwrap();
    assert_eq!(server.run("get k"), "value");
}
