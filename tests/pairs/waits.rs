//! Clients that wait for keys and clients that make them, all at once: what each gets is decided by the order in which
//! the master serves them, and a replica must come to the same data.

use std::thread;
use std::time::Duration;

use crate::common::{Client, Server};
use crate::differential::rng::Rng;

/// Keys that all of them share, few enough to be fought over; lists and sorted sets on purpose under the same names.
const KEYS: usize = 6;

/// `clients` connections at a time send `count` commands each: waits of a few hundredths of a second, and everything
/// that makes a key. Returns when all are answered.
pub fn contend(server: &Server, seed: u64, clients: u64, count: usize) {
    let port = server.port();
    let threads: Vec<_> = (0..clients)
        .map(|n| {
            thread::spawn(move || {
                let mut rng = Rng::new(seed * 1000 + n);
                let mut client = Client::connect(port);
                client.patience(Duration::from_secs(30));
                assert_eq!(client.run("select 9"), "OK");
                for _ in 0..count {
                    let line = draw(&mut rng);
                    let text = format!("{:?}", client.run(&line));
                    let known = ["WRONGTYPE", "no such key", "are the same"];
                    assert!(
                        !text.contains("ERR") || known.iter().any(|k| text.contains(k)),
                        "{line}: {text}"
                    );
                }
                for line in ["multi", "rpush l:0 last", "zadd z:0 1 last", "exec"] {
                    client.run(line);
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn draw(rng: &mut Rng) -> String {
    let (a, b, c, n) = (rng.below(KEYS), rng.below(KEYS), rng.below(KEYS), rng.below(1000));
    let kind = ["l", "z", "l", "z", "x"][rng.below(5)];
    let timeout = ["0.01", "0.03", "0.002"][rng.below(3)];
    match rng.below(24) {
        0 => format!("blpop l:{a} x:{b} l:{c} {timeout}"),
        1 => format!("brpop x:{a} l:{b} {timeout}"),
        2 | 3 => format!("blmove l:{a} l:{b} left right {timeout}"),
        4 => format!("brpoplpush x:{a} l:{b} {timeout}"),
        5 => format!("blmpop {timeout} 3 l:{a} x:{b} l:{c} right count {}", 1 + n % 3),
        6 => format!("bzpopmin z:{a} x:{b} {timeout}"),
        7 => format!("bzpopmax z:{a} z:{b} {timeout}"),
        8 => format!("bzmpop {timeout} 2 z:{a} x:{b} min count {}", 1 + n % 3),
        9 | 10 => format!("rpush l:{a} {n} m{n}"),
        11 => format!("lpush x:{a} {n}"),
        12 | 13 => format!("zadd z:{a} {n} m{n} {} k{n}", n / 2),
        14 => format!("zadd x:{a} {n} m{n}"),
        15 => format!("rename {kind}:{a} x:{b}"),
        16 => format!("copy {kind}:{a} x:{b} replace"),
        17 => format!("del {kind}:{a} {kind}:{b}"),
        18 => format!("zunionstore z:{a} 2 z:{b} z:{c}"),
        19 => format!("zrangestore x:{a} z:{b} 0 2"),
        20 => format!("rpoplpush l:{a} l:{b}"),
        21 => format!("sort l:{a} by nosort store x:{b}"),
        22 => format!("set x:{a} {n}"),
        _ => format!("pexpire {kind}:{a} {}", 1 + n % 5),
    }
}
