//! What the tests with several servers share: servers of either kind, and a seeded stream of writes that
//! touches all that replication must carry.
#![allow(dead_code)] // each test binary uses its own part

pub mod phases;
pub mod waits;

use crate::common::{Client, SOON, Server, real_redis, wait_until};
use crate::differential::rng::Rng;

/// Whose server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Ours,
    Real,
}

impl Kind {
    /// Starts one with these configuration lines; `None` when there is no real one and that is allowed.
    pub fn start(self, config: &str) -> Option<Server> {
        match self {
            Kind::Ours => Some(Server::start(config)),
            Kind::Real => Some(real_redis()?.config(config).start()),
        }
    }
}

/// Database that holds the keys which expire on the way.
const SHORT: &str = "9";

/// Writes `count` commands drawn from `seed`: values of all encodings, expiries, MULTI, several databases,
/// and now and then a FLUSHALL or SWAPDB. When this returns, the keys that were to expire soon are gone.
pub fn write(server: &Server, seed: u64, count: usize) {
    let mut rng = Rng::new(seed);
    let mut client = server.client();
    let mut batch: Vec<Vec<Vec<u8>>> = Vec::new();
    for i in 0..count {
        draw(&mut rng, &mut batch);
        if batch.len() > 50 || i + 1 == count {
            for (reply, args) in client.pipeline(&batch).iter().zip(&batch) {
                let known = [
                    "already exists",
                    "no such key",
                    "not an integer",
                    "not a valid float",
                    "overflow",
                    "same",
                ];
                let text = format!("{reply:?}");
                assert!(reply.is_ok() || known.iter().any(|k| text.contains(k)), "{args:?}: {text}");
            }
            batch.clear();
        }
    }
    await_expiry(&mut client);
}

fn await_expiry(client: &mut Client) {
    assert_eq!(client.cmd(&["select", SHORT]), "OK");
    wait_until("the short-lived keys are gone", SOON, || client.cmd(&["dbsize"]) == "0");
}

fn words(line: &str) -> Vec<Vec<u8>> {
    line.split(' ').map(|w| w.as_bytes().to_vec()).collect()
}

fn key(rng: &mut Rng) -> String {
    format!("key:{}", rng.below(300))
}

fn draw(rng: &mut Rng, batch: &mut Vec<Vec<Vec<u8>>>) {
    if rng.one_in(3) {
        batch.push(words(&draw_collection(rng)));
        return;
    }
    let (k, k2) = (key(rng), key(rng));
    let n = rng.next() as i64 >> rng.below(64);
    let line = match rng.below(40) {
        0..=7 => {
            let len = [3, 20, 44, 45, 64, 300, 5000][rng.below(7)];
            let value = if rng.one_in(2) { rng.bytes(len) } else { vec![b'z'; len] };
            batch.push([words(&format!("set {k}")), vec![value]].concat());
            return;
        }
        8 | 9 => format!("set {k} {n}"),
        10 => format!("set {k} {n} ex {}", 1000 + rng.below(1000)),
        11 => format!("set {k} {n} keepttl"),
        12 | 13 => format!("append {k} tail{n}"),
        14 => format!("setrange {k} {} middle", rng.below(100)),
        15 => format!("incr counter:{}", rng.below(5)),
        16 => format!("incrbyfloat float:{} 0.{}", rng.below(5), rng.below(1000)),
        17 => format!("decrby counter:{} {}", rng.below(5), rng.below(1000)),
        18 => format!("mset {k} 1 {k2} 2"),
        19 => format!("del {k} {k2}"),
        20 => format!("unlink {k}"),
        21 => format!("rename {k} {k2}"),
        22 => format!("copy {k} {k2} replace"),
        23 => format!("move {k} {}", rng.below(4)),
        24 => format!("getdel {k}"),
        25 => format!("getex {k} persist"),
        26 => format!("getex {k} px {}", 1_000_000 + rng.below(1000)),
        27 => format!("expire {k} {}", 1000 + rng.below(1000)),
        28 => format!("pexpireat {k} {}", 4_000_000_000_000u64 + rng.below(1000) as u64),
        29 => format!("expire {k} -1"),
        30 => format!("persist {k}"),
        31 | 32 => format!("select {}", rng.below(4)),
        33 | 34 => {
            let back = rng.below(4);
            let ms = 1 + rng.below(60);
            batch.extend(
                [format!("select {SHORT}"), format!("psetex {k} {ms} gone"), format!("select {back}")]
                    .map(|l| words(&l)),
            );
            return;
        }
        35..=37 => {
            batch.push(words("multi"));
            for i in 0..1 + rng.below(4) {
                batch.push(words(&format!("set {k}:{i} {n}")));
            }
            batch.push(words(if rng.one_in(5) { "discard" } else { "exec" }));
            return;
        }
        38 if rng.one_in(20) => "flushall".into(),
        38 if rng.one_in(5) => format!("flushdb {}", if rng.one_in(2) { "async" } else { "sync" }),
        39 if rng.one_in(3) => format!("swapdb {} {}", rng.below(4), rng.below(4)),
        _ => format!("setnx {k} {n}"),
    };
    batch.push(words(&line));
}

/// A write to a list, set, hash, sorted set or stream, of sizes on both sides of the thresholds of their encodings,
/// or to bits, a HyperLogLog or places.
/// Scores are whole numbers: 7.0 prints others with more digits, and the digest is made of prints.
fn draw_collection(rng: &mut Rng) -> String {
    let (a, b) = (rng.below(6), rng.below(6));
    let n = rng.below(if a < 3 { 20 } else { 900 });
    let long = if rng.one_in(30) { "long".repeat(20) } else { String::new() };
    match rng.below(38) {
        0 => format!("rpush list:{a} {n} x{n}{long} {n}"),
        1 => format!("lpush list:{a} {n} y{n}"),
        2 => format!("lpop list:{a}"),
        3 => format!("rpop list:{a} {}", rng.below(5)),
        4 => format!("lmove list:{a} list:{b} left right"),
        5 => format!("linsert list:{a} before {n} new{n}"),
        6 => format!("lrem list:{a} 1 {n}"),
        7 => format!("ltrim list:{a} 0 400"),
        8 => format!("sadd set:{a} {n} {}", rng.below(100_000)),
        9 => format!("sadd set:{a} m{n}{long}"),
        10 => format!("srem set:{a} {n} m{n}"),
        11 => format!("spop set:{a}"),
        12 => format!("smove set:{a} set:{b} {n}"),
        13 => format!("sunionstore set:{a} set:{a} set:{b}"),
        14 => format!("hset hash:{a} f{n} {n} g{n} text{long}"),
        15 => format!("hdel hash:{a} f{n}"),
        16 => format!("hincrby hash:{a} count {n}"),
        17 => format!("hincrbyfloat hash:{a} float 0.{n}"),
        18 => format!("zadd zset:{a} {n} m{n} {} m{}", rng.below(1000), rng.below(900)),
        19 => format!("zincrby zset:{a} {n} m{n}"),
        20 => format!("zrem zset:{a} m{n}{long}"),
        21 => format!("zpopmin zset:{a}"),
        22 => format!("zremrangebyrank zset:{a} 500 -1"),
        23 => format!("setbit bits:{a} {n} {}", rng.below(2)),
        24 => format!("bitfield bits:{a} set i16 #{n} -{n} overflow sat incrby u7 {n} {n}"),
        25 => format!("bitop xor bits:{a} bits:{a} bits:{b} set:none"),
        26 | 27 => format!("pfadd hll:{a} {n} {} {}", rng.below(1000), rng.below(100_000)),
        28 => format!("pfcount hll:{a}"),
        29 => format!("pfmerge hll:{a} hll:{b}"),
        30 => format!("geoadd geo:{a} {} {}.5 m{n}", rng.below(360) as i32 - 180, rng.below(80)),
        31 => format!("georadius geo:{a} {n}e-1 40 3000 km count 20 store geo:{b}"),
        32 | 33 => format!("xadd stream:{a} * field {n} name text{n}{long}"),
        34 => format!("xadd stream:{a} maxlen ~ 150 * f{n} {n}"),
        35 => format!("xtrim stream:{a} maxlen {}", 50 + n),
        36 => format!("xgroup create stream:{a} g{b} 0 mkstream"),
        _ => format!("zunionstore zset:{a} 2 zset:{a} zset:{b}"),
    }
}

/// How many full and how many partial synchronizations a master has served.
pub fn syncs(master: &Server) -> (i64, i64) {
    let stats = master.info("stats");
    (stats["sync_full"].parse().unwrap(), stats["sync_partial_ok"].parse().unwrap())
}
