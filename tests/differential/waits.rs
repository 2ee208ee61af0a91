//! Commands that wait for a key, where they find one, or give up within a hundredth of a second, or may not wait since
//! they stand in MULTI.

use super::generate::{Words, words};
use super::pools::{LIST, ZSET, small_count, typed};
use super::rng::Rng;

/// A time-out: short, or one that is refused. None waits for long. (One that is out of range is not drawn: 7.0 reads it in
/// some other way.)
fn timeout(rng: &mut Rng) -> &'static str {
    const REFUSED: &[&str] = &["-1", "-0.01", "x", "", "nan", "-inf", "1 "];
    if rng.one_in(5) {
        rng.pick(REFUSED)
    } else {
        rng.pick(&["0.01", "0.001", "0.0001", "1e-2", "0x0.01", ".01"])
    }
}

/// LPOP, RPOP and LMOVE of one of several keys, or a wait.
pub fn list(rng: &mut Rng) -> Words {
    let timeout = timeout(rng);
    match rng.below(5) {
        0 | 1 => {
            let name = rng.pick(&["BLPOP", "BRPOP"]);
            keys(rng, name, LIST).arg(timeout)
        }
        2 => words(rng, "BRPOPLPUSH").arg(typed(rng, LIST)).arg(typed(rng, LIST)).arg(timeout),
        3 => {
            let w = words(rng, "BLMOVE").arg(typed(rng, LIST)).arg(typed(rng, LIST));
            let w = w.one_of(rng, &["LEFT", "RIGHT"]);
            w.one_of(rng, &["LEFT", "RIGHT", "LEFT", "RIGHT", "MIDDLE"]).arg(timeout)
        }
        _ => many(rng, "BLMPOP", timeout, LIST, &["LEFT", "RIGHT", "LEFT", "RIGHT", "MIDDLE"]),
    }
}

/// ZPOPMIN and ZPOPMAX of one of several keys, or a wait.
pub fn zset(rng: &mut Rng) -> Words {
    let timeout = timeout(rng);
    if rng.one_in(3) {
        return many(rng, "BZMPOP", timeout, ZSET, &["MIN", "MAX", "MIN", "MAX", "MED"]);
    }
    let name = rng.pick(&["BZPOPMIN", "BZPOPMAX"]);
    keys(rng, name, ZSET).arg(timeout)
}

fn keys(rng: &mut Rng, name: &str, kind: &str) -> Words {
    let mut w = words(rng, name);
    for _ in 0..1 + rng.below(3) {
        w = w.arg(typed(rng, kind));
    }
    w
}

fn many(rng: &mut Rng, name: &str, timeout: &str, kind: &str, ends: &[&str]) -> Words {
    let keys = 1 + rng.below(3);
    let said = if rng.one_in(8) { small_count(rng) } else { keys.to_string().into_bytes() };
    let mut w = words(rng, name).arg(timeout).arg(said);
    for _ in 0..keys {
        w = w.arg(typed(rng, kind));
    }
    w = w.one_of(rng, ends);
    if rng.one_in(2) { w.cased(rng, "COUNT").arg(small_count(rng)) } else { w }
}
