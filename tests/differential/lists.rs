//! The list family, with counts and indices at their edges.

use super::generate::{Words, words};
use super::pools::{LIST, element, index, small_count, typed};
use super::rng::Rng;
use super::step::{Check, Step};

/// One command on lists, sent on connection `conn`.
pub fn draw(rng: &mut Rng, conn: usize) -> Vec<Step> {
    let key = typed(rng, LIST);
    let w = match rng.below(26) {
        0..=5 => push(rng, key),
        6 | 7 => {
            let name = rng.pick(&["LPOP", "RPOP"]);
            let w = words(rng, name).arg(key);
            if rng.one_in(2) { w } else { w.arg(small_count(rng)) }
        }
        8 | 9 => words(rng, "LRANGE").arg(key).arg(index(rng)).arg(index(rng)),
        10 => words(rng, "LINDEX").arg(key).arg(index(rng)),
        11 => words(rng, "LLEN").arg(key),
        12 => {
            // Redis takes the lower 32 bits of the number, so none that is large.
            let at = rng.pick(&["0", "1", "-1", "2", "-3", "7", "-100", "x", "", "9223372036854775808"]);
            words(rng, "LSET").arg(key).arg(at).arg(element(rng))
        }
        13 => {
            let w =
                words(rng, "LINSERT").arg(key).one_of(rng, &["BEFORE", "AFTER", "BEFORE", "AFTER", "UPON"]);
            w.arg(element(rng)).arg(element(rng))
        }
        14 => words(rng, "LREM").arg(key).arg(index(rng)).arg(element(rng)),
        15 => words(rng, "LTRIM").arg(key).arg(index(rng)).arg(index(rng)),
        16 | 17 => positions(rng, key),
        18 | 19 => {
            let w = words(rng, "LMOVE").arg(key).arg(typed(rng, LIST)).one_of(rng, ENDS);
            w.one_of(rng, ENDS)
        }
        20 => words(rng, "RPOPLPUSH").arg(key).arg(typed(rng, LIST)),
        21 => pop_of_many(rng),
        22 | 23 => super::waits::list(rng),
        _ => {
            let step = words(rng, "OBJECT").cased(rng, "ENCODING").arg(key).step(rng, conn);
            return vec![step.checked(Check::Alone)];
        }
    };
    vec![w.step(rng, conn)]
}

const ENDS: &[&str] = &["LEFT", "RIGHT", "LEFT", "RIGHT", "LEFT", "RIGHT", "MIDDLE"];

fn push(rng: &mut Rng, key: Vec<u8>) -> Words {
    let name = rng.pick(&["LPUSH", "RPUSH", "RPUSH", "LPUSHX", "RPUSHX"]);
    let mut w = words(rng, name).arg(key);
    for _ in 0..rng.some(4, 40) {
        w = w.arg(element(rng));
    }
    w
}

fn positions(rng: &mut Rng, key: Vec<u8>) -> Words {
    let mut w = words(rng, "LPOS").arg(key).arg(element(rng));
    for _ in 0..rng.below(4) {
        w = match rng.below(7) {
            0 | 1 => w.cased(rng, "RANK").arg(index(rng)),
            2 | 3 => w.cased(rng, "COUNT").arg(index(rng)),
            4 | 5 => w.cased(rng, "MAXLEN").arg(index(rng)),
            _ => w.one_of(rng, &["RANK", "FOO"]),
        };
    }
    w
}

fn pop_of_many(rng: &mut Rng) -> Words {
    let keys = 1 + rng.below(3);
    let said = if rng.one_in(8) { small_count(rng) } else { keys.to_string().into_bytes() };
    let mut w = words(rng, "LMPOP").arg(said);
    for _ in 0..keys {
        w = w.arg(typed(rng, LIST));
    }
    w = w.one_of(rng, ENDS);
    for _ in 0..[0, 0, 1, 1, 2][rng.below(5)] {
        w = w.cased(rng, "COUNT").arg(small_count(rng));
    }
    w
}
