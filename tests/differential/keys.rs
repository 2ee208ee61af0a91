//! The key family: life, death, names and expiry of keys, and the commands that walk over all of them.

use super::generate::{Words, words};
use super::pools::{PATTERNS, db, edge, index, key, moment, span};
use super::rng::Rng;
use super::step::{Check, Step};

/// One command on keys, sent on connection `conn`. `lasting`: no key may expire soon, since
/// nobody can wait for its end.
pub fn draw(rng: &mut Rng, conn: usize, lasting: bool) -> Vec<Step> {
    let mut check = Check::Exact;
    let w = match rng.below(30) {
        0..=3 => {
            let name = rng.pick(&["DEL", "UNLINK", "EXISTS", "TOUCH"]);
            let mut w = words(rng, name).arg(key(rng));
            for _ in 0..rng.below(4) {
                w = w.arg(key(rng));
            }
            w
        }
        4 | 5 => words(rng, "TYPE").arg(key(rng)),
        6 => {
            check = Check::AnyOrder;
            words(rng, "KEYS").arg(rng.pick(PATTERNS))
        }
        7 | 8 => return vec![scan(rng, conn)],
        9 => {
            check = Check::Kind;
            words(rng, "RANDOMKEY")
        }
        10 | 11 => words(rng, "RENAME").arg(key(rng)).arg(key(rng)),
        12 => words(rng, "RENAMENX").arg(key(rng)).arg(key(rng)),
        13 => words(rng, "MOVE").arg(key(rng)).arg(db(rng)),
        14 | 15 => copy(rng),
        16 => words(rng, "DBSIZE"),
        17 => flush(rng),
        18 | 19 => return vec![object(rng, conn)],
        20..=23 => expire(rng),
        24..=26 => return vec![ttl(rng, conn)],
        27 => words(rng, "PERSIST").arg(key(rng)),
        28 if !lasting => return short_lived(rng, conn),
        _ => words(rng, "DEBUG").arg("DIGEST-VALUE").arg(key(rng)).arg(key(rng)),
    };
    vec![w.step(rng, conn).checked(check)]
}

fn scan(rng: &mut Rng, conn: usize) -> Step {
    let bad_cursor = rng.one_in(8);
    let mut w = words(rng, "SCAN").arg(if bad_cursor { edge(rng) } else { b"0".to_vec() });
    for _ in 0..rng.below(4) {
        w = match rng.below(8) {
            0..=2 => w.cased(rng, "MATCH").arg(rng.pick(PATTERNS)),
            3 | 4 => w.cased(rng, "COUNT").arg(index(rng)),
            5 => w.cased(rng, "COUNT").arg("1000"),
            6 => w.cased(rng, "TYPE").one_of(rng, &["string", "list", "hash"]),
            _ if rng.one_in(3) => w.one_of(rng, &["FOO", "MATCH", "COUNT"]),
            _ => w,
        };
    }
    w.step(rng, conn).checked(Check::ScanLoop)
}

fn copy(rng: &mut Rng) -> Words {
    let mut w = words(rng, "COPY").arg(key(rng)).arg(key(rng));
    for _ in 0..rng.below(3) {
        w = match rng.below(5) {
            0 | 1 => w.cased(rng, "REPLACE"),
            2 | 3 => w.cased(rng, "DB").arg(db(rng)),
            _ => w.one_of(rng, &["DB", "FOO", "NX"]),
        };
    }
    w
}

fn flush(rng: &mut Rng) -> Words {
    match rng.below(6) {
        0 | 1 => words(rng, "SWAPDB").arg(db(rng)).arg(db(rng)),
        2 => words(rng, "DBSIZE"),
        _ => {
            let name = if rng.one_in(5) { "FLUSHALL" } else { "FLUSHDB" };
            let w = words(rng, name);
            match rng.below(6) {
                0 => w.cased(rng, "ASYNC"),
                1 => w.cased(rng, "SYNC"),
                2 => w.cased(rng, "FOO"),
                3 => w.cased(rng, "SYNC").cased(rng, "ASYNC"),
                _ => w,
            }
        }
    }
}

fn object(rng: &mut Rng, conn: usize) -> Step {
    let w = words(rng, "OBJECT");
    match rng.below(9) {
        0..=3 => w.cased(rng, "ENCODING").arg(key(rng)).step(rng, conn).checked(Check::Alone),
        // Not inside MULTI: there Redis' queued command still shares the string that it stored, and answers 2.
        4 => w.cased(rng, "REFCOUNT").arg(key(rng)).step(rng, conn).checked(Check::Alone),
        5 => w.cased(rng, "FREQ").arg(key(rng)).step(rng, conn),
        6 => w.cased(rng, "IDLETIME").arg(key(rng)).step(rng, conn).checked(Check::Near(20)),
        7 => w.cased(rng, "HELP").step(rng, conn).checked(Check::Kind),
        _ => w.one_of(rng, &["ENCODING", "FOO", ""]).step(rng, conn),
    }
}

fn expire(rng: &mut Rng) -> Words {
    let name = rng.pick(&["EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT"]);
    let when = match name {
        "EXPIRE" | "PEXPIRE" => span(rng),
        "EXPIREAT" => moment(rng, false),
        _ => moment(rng, true),
    };
    let mut w = words(rng, name).arg(key(rng)).arg(when);
    for _ in 0..[0, 0, 1, 1, 2][rng.below(5)] {
        w = w.one_of(rng, &["NX", "XX", "GT", "LT", "NX", "XX", "GT", "LT", "FOO", ""]);
    }
    w
}

fn ttl(rng: &mut Rng, conn: usize) -> Step {
    let (name, slack) =
        *rng.pick(&[&("TTL", 3), &("PTTL", 3000), &("EXPIRETIME", 3), &("PEXPIRETIME", 3000)]);
    words(rng, name).arg(key(rng)).step(rng, conn).checked(Check::Near(slack))
}

/// A key that expires at once: both servers are waited for, then the commands that follow meet its absence.
fn short_lived(rng: &mut Rng, conn: usize) -> Vec<Step> {
    let key = key(rng);
    let ms = format!("{}", 1 + rng.below(3)).into_bytes();
    let w = match rng.below(3) {
        0 => words(rng, "SET").arg(key.clone()).arg("gone").cased(rng, "PX").arg(ms),
        1 => words(rng, "PSETEX").arg(key.clone()).arg(ms).arg("gone"),
        _ => words(rng, "PEXPIRE").arg(key.clone()).arg(ms),
    };
    let gone = Step { conn, args: vec![key], bytes: Vec::new(), check: Check::Gone };
    // PEXPIRE of a key that is not there, or a key with options in the way: Gone would wait for nothing.
    let first = w.step(rng, conn);
    if first.word(0) == "PEXPIRE" {
        let set = Step::new(conn, vec![b"SET".to_vec(), gone.args[0].clone(), b"gone".to_vec()]);
        return vec![set, first, gone];
    }
    vec![first, gone]
}
