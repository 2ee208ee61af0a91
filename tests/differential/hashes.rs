//! The hash family.

use super::generate::{Words, words};
use super::pools::{EDGES, FLOATS, HASH, SMALL, element, field, small_count, typed};
use super::rng::Rng;
use super::step::{Check, Step};

/// One command on hashes, sent on connection `conn`.
pub fn draw(rng: &mut Rng, conn: usize) -> Step {
    let key = typed(rng, HASH);
    let mut check = Check::Exact;
    let w = match rng.below(26) {
        0..=5 => set(rng, key),
        6 => words(rng, "HSETNX").arg(key).arg(field(rng)).arg(element(rng)),
        7 | 8 => words(rng, "HGET").arg(key).arg(field(rng)),
        9 => words(rng, "HMGET").arg(key).arg(field(rng)).arg(field(rng)).arg(field(rng)),
        10 | 11 => words(rng, "HDEL").arg(key).arg(field(rng)).arg(field(rng)),
        12 => {
            let name = rng.pick(&["HEXISTS", "HSTRLEN"]);
            words(rng, name).arg(key).arg(field(rng))
        }
        13 => words(rng, "HLEN").arg(key),
        14 | 15 => {
            check = Check::AnyPairs;
            words(rng, "HGETALL").arg(key)
        }
        16 => {
            check = Check::AnyOrder;
            let name = rng.pick(&["HKEYS", "HVALS"]);
            words(rng, name).arg(key)
        }
        17 | 18 => {
            let pool = if rng.one_in(3) { EDGES } else { SMALL };
            let by = rng.pick(pool);
            words(rng, "HINCRBY").arg(key).arg(number_field(rng)).arg(by)
        }
        19 | 20 => {
            let pool = if rng.one_in(2) { FLOATS } else { SMALL };
            let by = rng.pick(pool);
            words(rng, "HINCRBYFLOAT").arg(key).arg(number_field(rng)).arg(by)
        }
        21 | 22 => {
            check = Check::Shape;
            random(rng, key)
        }
        23 => {
            check = Check::ScanLoop;
            let w = words(rng, "HSCAN").arg(key);
            super::sets::scan(rng, w)
        }
        _ => {
            check = Check::Alone;
            words(rng, "OBJECT").cased(rng, "ENCODING").arg(key)
        }
    };
    w.step(rng, conn).checked(check)
}

fn number_field(rng: &mut Rng) -> Vec<u8> {
    if rng.one_in(3) { field(rng) } else { format!("n{}", rng.below(3)).into_bytes() }
}

fn set(rng: &mut Rng, key: Vec<u8>) -> Words {
    let name = rng.pick(&["HSET", "HSET", "HMSET"]);
    let mut w = words(rng, name).arg(key);
    for _ in 0..rng.some(3, 20) {
        w = w.arg(field(rng)).arg(element(rng));
    }
    if rng.one_in(12) { w.arg(field(rng)) } else { w }
}

fn random(rng: &mut Rng, key: Vec<u8>) -> Words {
    let w = words(rng, "HRANDFIELD").arg(key);
    match rng.below(5) {
        0 => w,
        1 | 2 => w.arg(small_count(rng)),
        3 => w.arg(small_count(rng)).cased(rng, "WITHVALUES"),
        _ => w.arg(small_count(rng)).one_of(rng, &["FOO", "WITHSCORES"]),
    }
}
