//! The string family: every command, every option, with arguments that are sometimes wrong.

use super::generate::{Words, words};
use super::pools::{edge, index, key, moment, span, value};
use super::rng::Rng;
use super::step::{Check, Step};

/// One command on strings, sent on connection `conn`; LCS comes with the MSET of its keys.
pub fn draw(rng: &mut Rng, conn: usize) -> Vec<Step> {
    if rng.one_in(25) {
        return lcs(rng, conn);
    }
    let w = match rng.below(26) {
        0..=4 => set(rng),
        5 | 6 => words(rng, "GET").arg(key(rng)),
        7 => getex(rng),
        8 => words(rng, "GETDEL").arg(key(rng)),
        9 => words(rng, "GETSET").arg(key(rng)).arg(value(rng)),
        10 => {
            let name = if rng.one_in(2) { "GETRANGE" } else { "SUBSTR" };
            words(rng, name).arg(key(rng)).arg(index(rng)).arg(index(rng))
        }
        11 | 12 => words(rng, "SETRANGE").arg(key(rng)).arg(index(rng)).arg(short(rng)),
        13 => words(rng, "STRLEN").arg(key(rng)),
        14 | 15 => words(rng, "APPEND").arg(key(rng)).arg(short(rng)),
        16 => words(rng, "SETNX").arg(key(rng)).arg(value(rng)),
        17 => {
            let name = if rng.one_in(2) { "SETEX" } else { "PSETEX" };
            words(rng, name).arg(key(rng)).arg(span(rng)).arg(value(rng))
        }
        18 => many(rng, "MGET", false),
        19 => many(rng, "MSET", true),
        20 => many(rng, "MSETNX", true),
        21 | 22 => {
            let name = rng.pick(&["INCR", "DECR"]);
            words(rng, name).arg(counter_key(rng))
        }
        23 => {
            let name = rng.pick(&["INCRBY", "DECRBY"]);
            words(rng, name).arg(counter_key(rng)).arg(if rng.one_in(2) { edge(rng) } else { index(rng) })
        }
        24 => words(rng, "INCRBYFLOAT").arg(counter_key(rng)).arg(float(rng)),
        _ => return float_chain(rng, conn),
    };
    vec![w.step(rng, conn)]
}

/// A value that may be added to another one again and again.
fn short(rng: &mut Rng) -> Vec<u8> {
    let mut v = value(rng);
    v.truncate(600);
    v
}

fn counter_key(rng: &mut Rng) -> Vec<u8> {
    if rng.one_in(3) { key(rng) } else { format!("n:{}", rng.below(3)).into_bytes() }
}

fn float(rng: &mut Rng) -> Vec<u8> {
    match rng.below(3) {
        0 => format!("{}.{}", rng.below(2000) as i64 - 1000, rng.below(100_000)).into_bytes(),
        1 => format!("{}e{}", rng.below(100), rng.below(40) as i64 - 20).into_bytes(),
        _ => rng.pick(super::pools::FLOATS).as_bytes().to_vec(),
    }
}

/// A few additions in a row to a number of its own, so that sums grow digits instead of failing early.
fn float_chain(rng: &mut Rng, conn: usize) -> Vec<Step> {
    let start = float(rng);
    let mut steps = vec![words(rng, "SET").arg("float").arg(start).step(rng, conn)];
    for _ in 0..1 + rng.below(4) {
        let by = float(rng);
        steps.push(words(rng, "INCRBYFLOAT").arg("float").arg(by).step(rng, conn));
    }
    steps
}

fn set(rng: &mut Rng) -> Words {
    let mut w = words(rng, "SET").arg(key(rng)).arg(value(rng));
    for _ in 0..[0, 0, 0, 1, 1, 1, 2, 2, 3][rng.below(9)] {
        w = match rng.below(9) {
            0 => w.cased(rng, "NX"),
            1 => w.cased(rng, "XX"),
            2 => w.cased(rng, "GET"),
            3 => w.cased(rng, "KEEPTTL"),
            4 => w.cased(rng, "EX").arg(span(rng)),
            5 => w.cased(rng, "PX").arg(span(rng)),
            6 => w.cased(rng, "EXAT").arg(moment(rng, false)),
            7 => w.cased(rng, "PXAT").arg(moment(rng, true)),
            _ if rng.one_in(3) => w.one_of(rng, &["PERSIST", "EX", "FOO", "EXX", "GT"]),
            _ => w,
        };
    }
    w
}

fn getex(rng: &mut Rng) -> Words {
    let mut w = words(rng, "GETEX").arg(key(rng));
    for _ in 0..[0, 1, 1, 1, 1, 2][rng.below(6)] {
        w = match rng.below(7) {
            0 => w.cased(rng, "PERSIST"),
            1 => w.cased(rng, "EX").arg(span(rng)),
            2 => w.cased(rng, "PX").arg(span(rng)),
            3 => w.cased(rng, "EXAT").arg(moment(rng, false)),
            4 => w.cased(rng, "PXAT").arg(moment(rng, true)),
            5 => w.cased(rng, "KEEPTTL"),
            _ => w.cased(rng, "NX"),
        };
    }
    w
}

fn many(rng: &mut Rng, name: &str, pairs: bool) -> Words {
    let mut w = words(rng, name);
    for _ in 0..1 + rng.below(5) {
        w = w.arg(key(rng));
        if pairs {
            w = w.arg(value(rng));
        }
    }
    if rng.one_in(12) { w.arg(key(rng)) } else { w }
}

/// LCS costs memory by the product of the lengths, so its keys hold short texts over few letters.
fn lcs(rng: &mut Rng, conn: usize) -> Vec<Step> {
    let mut text = |n: usize| -> Vec<u8> { (0..rng.below(n)).map(|_| b'a' + rng.below(3) as u8).collect() };
    let (one, two) = (text(40), text(60));
    let set = words(rng, "MSET").arg("lcs1").arg(one).arg("lcs2").arg(two).step(rng, conn);
    let mut w = words(rng, "LCS").arg("lcs1").arg(if rng.one_in(8) { "nolcs" } else { "lcs2" });
    for _ in 0..rng.below(4) {
        w = match rng.below(6) {
            0 => w.cased(rng, "LEN"),
            1 | 2 => w.cased(rng, "IDX"),
            3 => w.cased(rng, "WITHMATCHLEN"),
            4 => w.cased(rng, "MINMATCHLEN").arg(index(rng)),
            _ if rng.one_in(4) => w.cased(rng, "FOO"),
            _ => w,
        };
    }
    let call = w.step(rng, conn).checked(Check::Exact);
    vec![set, call]
}
