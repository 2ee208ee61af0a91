//! SORT and SORT_RO over lists, sets and sorted sets, by numbers, texts and other keys.
//!
//! Where elements may compare equal (ALPHA BY) their order is the server's own affair: it is compared without
//! order, and neither cut by LIMIT nor stored.

use super::generate::{Words, words};
use super::pools::{HASH, LIST, SET, ZSET, index, typed};
use super::rng::Rng;
use super::step::{Check, Step};

const PATTERNS: &[&str] =
    &["n:*", "key:*", "h:0->*", "h:*->n0", "h:*->f1", "#", "*", "l:*", "nokey:*", "fixed", "h:*->"];

/// One command, sent on connection `conn`, now and then with the elements it can sort by number.
pub fn draw(rng: &mut Rng, conn: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    if rng.one_in(2) {
        steps.push(numbers(rng, conn));
    }
    // Redis asks C's `errno` about a number and forgets to clear it first. ZADD clears it.
    steps.push(words(rng, "ZADD").arg("errno").arg("1").arg("member").step(rng, conn));
    let key = match rng.below(4) {
        0 => typed(rng, SET),
        1 => typed(rng, ZSET),
        2 => b"numbers".to_vec(),
        _ => typed(rng, LIST),
    };
    let store = rng.one_in(4);
    let name = if store || rng.one_in(2) { "SORT" } else { "SORT_RO" };
    let mut w = words(rng, name).arg(key);
    let alpha = rng.one_in(2);
    let mut check = Check::Exact;
    if alpha {
        w = w.cased(rng, "ALPHA");
    }
    let mut cut = rng.one_in(3);
    match rng.below(4) {
        // A constant: the order of a set is then its own.
        0 => {
            w = w.cased(rng, "BY").arg("nosort");
            check = Check::AnyOrder;
            cut = false;
        }
        1 if !(alpha && store) => {
            w = w.cased(rng, "BY").arg(rng.pick(PATTERNS));
            check = Check::AnyOrder;
            cut &= !alpha;
            if cut {
                // A pattern without a star is a constant as well.
                check = Check::Shape;
            }
        }
        _ => {}
    }
    w = options(rng, w, cut);
    // With several GETs the elements of a reply belong together in groups, so order is kept by number only.
    if check == Check::Exact || !rng.one_in(3) {
        for _ in 0..[0, 0, 1, 2][rng.below(4)] {
            w = w.cased(rng, "GET").arg(rng.pick(PATTERNS));
        }
    }
    if store {
        // What has no order of its own is not stored.
        if check == Check::Exact {
            w = w.cased(rng, "STORE").arg(typed(rng, LIST));
        } else {
            w = w.cased(rng, "STORE").arg("unstored");
            steps.push(w.step(rng, conn).checked(check));
            steps.push(words(rng, "DEL").arg("unstored").step(rng, conn));
            return steps;
        }
    }
    steps.push(w.step(rng, conn).checked(check));
    steps
}

fn options(rng: &mut Rng, mut w: Words, cut: bool) -> Words {
    if cut {
        w = w.cased(rng, "LIMIT").arg(index(rng)).arg(index(rng));
    }
    match rng.below(8) {
        0..=2 => w.cased(rng, "DESC"),
        3 => w.cased(rng, "ASC"),
        4 if rng.one_in(3) => w.one_of(rng, &["FOO", "LIMIT", "STORE", "BY", "GET"]),
        _ => w,
    }
}

/// Elements that are numbers, and keys named after some of them.
fn numbers(rng: &mut Rng, conn: usize) -> Step {
    match rng.below(3) {
        0 => {
            let mut w = words(rng, "MSET");
            for _ in 0..3 {
                let n = rng.below(20);
                w = w.arg(format!("n:{n}")).arg(rng.below(9).to_string());
            }
            w.step(rng, conn)
        }
        1 => words(rng, "HSET").arg(typed(rng, HASH)).arg("n0").arg(rng.below(9).to_string()).step(rng, conn),
        _ => {
            let mut w = words(rng, "RPUSH").arg("numbers");
            for _ in 0..1 + rng.below(6) {
                w = w.arg(rng.below(20).to_string());
            }
            w.step(rng, conn)
        }
    }
}
