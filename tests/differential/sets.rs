//! The set family. What is drawn by chance is compared by its shape, and its key deleted right after.

use super::generate::{Words, words};
use super::pools::{PATTERNS, SET, cursor, element, small_count, typed};
use super::rng::Rng;
use super::step::{Check, Step};

/// One command on sets, sent on connection `conn`.
pub fn draw(rng: &mut Rng, conn: usize) -> Vec<Step> {
    let key = typed(rng, SET);
    let mut check = Check::Exact;
    let w = match rng.below(24) {
        0..=5 => {
            let mut w = words(rng, "SADD").arg(key);
            let numbers = rng.one_in(2);
            for _ in 0..rng.some(4, 40) {
                w = w.arg(if numbers { rng.below(60).to_string().into_bytes() } else { element(rng) });
            }
            w
        }
        6 | 7 => words(rng, "SREM").arg(key).arg(element(rng)).arg(element(rng)),
        8 => words(rng, "SISMEMBER").arg(key).arg(element(rng)),
        9 => words(rng, "SMISMEMBER").arg(key).arg(element(rng)).arg(element(rng)),
        10 => words(rng, "SCARD").arg(key),
        11 | 12 => {
            check = Check::AnyOrder;
            words(rng, "SMEMBERS").arg(key)
        }
        13 => words(rng, "SMOVE").arg(key).arg(typed(rng, SET)).arg(element(rng)),
        14 | 15 => {
            check = Check::AnyOrder;
            let name = rng.pick(&["SINTER", "SUNION", "SDIFF"]);
            let w = words(rng, name).arg(key);
            sources(rng, w)
        }
        16 | 17 => {
            let name = rng.pick(&["SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"]);
            let w = words(rng, name).arg(key);
            sources(rng, w)
        }
        18 => cardinality(rng),
        19 => {
            check = Check::Shape;
            let w = words(rng, "SRANDMEMBER").arg(key);
            if rng.one_in(3) { w } else { w.arg(small_count(rng)) }
        }
        20 => return pop(rng, conn, key),
        21 => {
            check = Check::ScanLoop;
            let w = words(rng, "SSCAN").arg(key);
            scan(rng, w)
        }
        _ => {
            check = Check::Alone;
            words(rng, "OBJECT").cased(rng, "ENCODING").arg(key)
        }
    };
    vec![w.step(rng, conn).checked(check)]
}

fn sources(rng: &mut Rng, mut w: Words) -> Words {
    for _ in 0..1 + rng.below(3) {
        w = w.arg(typed(rng, SET));
    }
    w
}

fn cardinality(rng: &mut Rng) -> Words {
    let keys = 1 + rng.below(3);
    let said = if rng.one_in(6) { small_count(rng) } else { keys.to_string().into_bytes() };
    let mut w = words(rng, "SINTERCARD").arg(said);
    for _ in 0..keys {
        w = w.arg(typed(rng, SET));
    }
    match rng.below(4) {
        0 | 1 => w.cased(rng, "LIMIT").arg(small_count(rng)),
        2 if rng.one_in(3) => w.one_of(rng, &["LIMIT", "FOO"]),
        _ => w,
    }
}

/// The two servers take different members out, so what is left goes, too.
fn pop(rng: &mut Rng, conn: usize, key: Vec<u8>) -> Vec<Step> {
    let w = words(rng, "SPOP").arg(key.clone());
    let w = if rng.one_in(3) { w } else { w.arg(small_count(rng)) };
    vec![
        w.step(rng, conn).checked(Check::Shape),
        words(rng, "SCARD").arg(key.clone()).step(rng, conn),
        words(rng, "DEL").arg(key).step(rng, conn),
    ]
}

/// The options of a SCAN of one key.
pub fn scan(rng: &mut Rng, w: Words) -> Words {
    let mut w = w.arg(cursor(rng));
    for _ in 0..rng.below(3) {
        w = match rng.below(6) {
            0 | 1 => w.cased(rng, "MATCH").arg(rng.pick(PATTERNS)),
            2 | 3 => w.cased(rng, "COUNT").arg(small_count(rng)),
            4 => w.cased(rng, "TYPE").one_of(rng, &["string", "set"]),
            _ => w.one_of(rng, &["FOO", "MATCH", "COUNT"]),
        };
    }
    w
}
