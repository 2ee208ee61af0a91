//! The sorted-set family. Scores are such that the sums of a stream stay exact in few digits: 7.0 prints 17
//! digits where 7.2 prints the shortest that mean the same number, and mixes them into the digest.
//!
//! Ranges by member are asked of sets of their own (`y:…`), whose scores are all 0: elsewhere they have no
//! meaning.

use super::generate::{Words, words};
use super::pools::{LEX, SCORES, ZSET, index, small_count, typed, word};
use super::rng::Rng;
use super::step::{Check, Step};

/// One command on sorted sets, sent on connection `conn`.
pub fn draw(rng: &mut Rng, conn: usize) -> Vec<Step> {
    let key = typed(rng, ZSET);
    let mut check = Check::Exact;
    let w = match rng.below(38) {
        0..=6 => add(rng, key),
        7 => {
            let mut w = words(rng, "ZADD").arg(typed(rng, LEX));
            for _ in 0..1 + rng.below(5) {
                w = w.arg("0").arg(word(rng));
            }
            w
        }
        8 | 9 => words(rng, "ZINCRBY").arg(key).arg(score(rng)).arg(word(rng)),
        10 => words(rng, "ZREM").arg(key).arg(word(rng)).arg(word(rng)),
        11 => match rng.below(3) {
            0 => words(rng, "ZCARD").arg(key),
            1 => words(rng, "ZSCORE").arg(key).arg(word(rng)),
            _ => words(rng, "ZMSCORE").arg(key).arg(word(rng)).arg(word(rng)),
        },
        12 | 13 => {
            let name = rng.pick(&["ZRANK", "ZREVRANK"]);
            let w = words(rng, name).arg(key).arg(word(rng));
            if rng.one_in(4) {
                check = Check::Alone;
                w.one_of(rng, &["WITHSCORE", "WITHSCORES"])
            } else {
                w
            }
        }
        14 => words(rng, "ZCOUNT").arg(key).arg(bound(rng)).arg(bound(rng)),
        15 => words(rng, "ZLEXCOUNT").arg(typed(rng, LEX)).arg(lex(rng)).arg(lex(rng)),
        16..=18 => range(rng, key),
        19 => range_store(rng),
        20..=22 => old_range(rng, key),
        23 => match rng.below(3) {
            0 => words(rng, "ZREMRANGEBYRANK").arg(key).arg(index(rng)).arg(index(rng)),
            1 => words(rng, "ZREMRANGEBYSCORE").arg(key).arg(bound(rng)).arg(bound(rng)),
            _ => words(rng, "ZREMRANGEBYLEX").arg(typed(rng, LEX)).arg(lex(rng)).arg(lex(rng)),
        },
        24 | 25 => {
            let name = rng.pick(&["ZPOPMIN", "ZPOPMAX"]);
            let w = words(rng, name).arg(key);
            if rng.one_in(3) { w } else { w.arg(small_count(rng)) }
        }
        26 => pop_of_many(rng),
        35 | 36 => super::waits::zset(rng),
        27..=30 => algebra(rng),
        31 => {
            check = Check::Shape;
            let w = words(rng, "ZRANDMEMBER").arg(key);
            match rng.below(4) {
                0 => w,
                1 | 2 => w.arg(small_count(rng)),
                _ => w.arg(small_count(rng)).one_of(rng, &["WITHSCORES", "WITHSCORES", "FOO"]),
            }
        }
        32 => {
            check = Check::ScanLoop;
            let w = words(rng, "ZSCAN").arg(key);
            super::sets::scan(rng, w)
        }
        _ => {
            check = Check::Alone;
            words(rng, "OBJECT").cased(rng, "ENCODING").arg(key)
        }
    };
    vec![w.step(rng, conn).checked(check)]
}

fn score(rng: &mut Rng) -> Vec<u8> {
    rng.pick(SCORES).as_bytes().to_vec()
}

/// An end of a range of scores.
fn bound(rng: &mut Rng) -> Vec<u8> {
    let score = score(rng);
    if rng.one_in(3) { [b"(".as_slice(), &score].concat() } else { score }
}

/// An end of a range of members.
fn lex(rng: &mut Rng) -> Vec<u8> {
    match rng.below(8) {
        0 | 1 => rng.pick(&["-", "+"]).as_bytes().to_vec(),
        2 => rng.pick(&["", "a", "+a", "(", "["]).as_bytes().to_vec(),
        3 | 4 => [b"(".as_slice(), &word(rng)].concat(),
        _ => [b"[".as_slice(), &word(rng)].concat(),
    }
}

fn add(rng: &mut Rng, key: Vec<u8>) -> Words {
    let mut w = words(rng, "ZADD").arg(key);
    for _ in 0..[0, 0, 0, 1, 1, 2, 3][rng.below(7)] {
        w = w.one_of(rng, &["NX", "XX", "GT", "LT", "CH", "INCR"]);
    }
    for _ in 0..rng.some(3, 20) {
        w = w.arg(score(rng)).arg(word(rng));
    }
    if rng.one_in(15) { w.arg(score(rng)) } else { w }
}

fn limit(rng: &mut Rng, w: Words) -> Words {
    w.cased(rng, "LIMIT").arg(index(rng)).arg(index(rng))
}

/// The ends and options of ZRANGE in its new form.
fn new_range(rng: &mut Rng, w: Words, key: Vec<u8>, scores: bool) -> Words {
    let mut w = match rng.below(3) {
        0 => w.arg(key).arg(index(rng)).arg(index(rng)),
        1 => {
            let w = w.arg(key).arg(bound(rng)).arg(bound(rng));
            w.cased(rng, "BYSCORE")
        }
        _ => {
            let w = w.arg(typed(rng, LEX)).arg(lex(rng)).arg(lex(rng));
            w.cased(rng, "BYLEX")
        }
    };
    for _ in 0..rng.below(3) {
        w = match rng.below(5) {
            0 | 1 => w.cased(rng, "REV"),
            2 => limit(rng, w),
            3 if scores => w.cased(rng, "WITHSCORES"),
            _ if rng.one_in(4) => w.one_of(rng, &["FOO", "LIMIT", "WITHSCORES"]),
            _ => w,
        };
    }
    w
}

fn range(rng: &mut Rng, key: Vec<u8>) -> Words {
    let w = words(rng, "ZRANGE");
    new_range(rng, w, key, true)
}

fn range_store(rng: &mut Rng) -> Words {
    let w = words(rng, "ZRANGESTORE").arg(typed(rng, ZSET));
    let from = typed(rng, ZSET);
    new_range(rng, w, from, false)
}

fn old_range(rng: &mut Rng, key: Vec<u8>) -> Words {
    let name = rng.pick(&["ZREVRANGE", "ZRANGEBYSCORE", "ZREVRANGEBYSCORE", "ZRANGEBYLEX", "ZREVRANGEBYLEX"]);
    let w = words(rng, name);
    let w = match name {
        "ZREVRANGE" => w.arg(key).arg(index(rng)).arg(index(rng)),
        "ZRANGEBYSCORE" | "ZREVRANGEBYSCORE" => w.arg(key).arg(bound(rng)).arg(bound(rng)),
        _ => w.arg(typed(rng, LEX)).arg(lex(rng)).arg(lex(rng)),
    };
    match rng.below(5) {
        0 | 1 => w.cased(rng, "WITHSCORES"),
        2 => limit(rng, w),
        3 => {
            let w = w.cased(rng, "WITHSCORES");
            limit(rng, w)
        }
        _ => w,
    }
}

/// How many keys, and these: of sorted sets, of sets now and then where both are taken.
fn sources(rng: &mut Rng, w: Words) -> (Words, usize) {
    let keys = 1 + rng.below(3);
    let said = if rng.one_in(12) { small_count(rng) } else { keys.to_string().into_bytes() };
    let mut w = w.arg(said);
    for _ in 0..keys {
        w = w.arg(if rng.one_in(6) { typed(rng, super::pools::SET) } else { typed(rng, ZSET) });
    }
    (w, keys)
}

fn pop_of_many(rng: &mut Rng) -> Words {
    let w = words(rng, "ZMPOP");
    let (w, _) = sources(rng, w);
    let w = w.one_of(rng, &["MIN", "MAX", "MIN", "MAX", "MID"]);
    if rng.one_in(2) { w } else { w.cased(rng, "COUNT").arg(small_count(rng)) }
}

fn algebra(rng: &mut Rng) -> Words {
    let name =
        rng.pick(&["ZUNION", "ZINTER", "ZDIFF", "ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE", "ZINTERCARD"]);
    let store = name.ends_with("STORE");
    let w = words(rng, name);
    let w = if store { w.arg(typed(rng, ZSET)) } else { w };
    let (mut w, keys) = sources(rng, w);
    for _ in 0..rng.below(3) {
        w = match rng.below(6) {
            0 | 1 => {
                let mut w = w.cased(rng, "WEIGHTS");
                for _ in 0..keys {
                    w = w.arg(rng.pick(&["1", "2", "0.5", "1", "2", "inf", "-inf", "x"]));
                }
                w
            }
            2 | 3 => {
                w.cased(rng, "AGGREGATE").one_of(rng, &["SUM", "MIN", "MAX", "SUM", "MIN", "MAX", "AVG"])
            }
            4 => w.cased(rng, "WITHSCORES"),
            _ if name == "ZINTERCARD" => w.cased(rng, "LIMIT").arg(small_count(rng)),
            _ => w,
        };
    }
    w
}
