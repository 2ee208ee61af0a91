//! The stream family. Ids are small numbers, so that ranges, trims and groups meet entries; `*` is added only
//! where nobody looks at the id again. Times of delivery and idleness are masked.

use super::generate::{Words, words};
use super::pools::{STREAM, index, small_count, typed, value, word};
use super::rng::Rng;
use super::step::{Check, Step};

/// One command on streams, sent on connection `conn`.
pub fn draw(rng: &mut Rng, conn: usize) -> Vec<Step> {
    let key = typed(rng, STREAM);
    let mut check = Check::Exact;
    let w = match rng.below(52) {
        0..=13 => add(rng, key),
        14..=16 => {
            let w = words(rng, "XTRIM").arg(key);
            trim(rng, w)
        }
        17..=19 => {
            let mut w = words(rng, "XDEL").arg(key);
            for _ in 0..1 + rng.below(4) {
                w = w.arg(id(rng));
            }
            w
        }
        20..=22 => {
            let name = rng.pick(&["XRANGE", "XREVRANGE"]);
            let w = words(rng, name).arg(key).arg(bound(rng)).arg(bound(rng));
            count(rng, w)
        }
        23 => words(rng, "XLEN").arg(key),
        24 | 25 => read(rng, conn),
        26..=28 => group(rng, key),
        29..=34 => read_group(rng),
        35 | 36 => {
            let mut w = words(rng, "XACK").arg(key).arg(name(rng));
            for _ in 0..1 + rng.below(3) {
                w = w.arg(id(rng));
            }
            w
        }
        37..=39 => {
            check = Check::Times;
            pending(rng, key)
        }
        40..=42 => claim(rng, key),
        43 | 44 => auto_claim(rng, key),
        45 | 46 => set_id(rng, key),
        47..=49 => {
            check = Check::Times;
            info(rng, key)
        }
        50 => return auto_id(rng, conn),
        _ => return vec![nodes(rng, conn)],
    };
    vec![w.step(rng, conn).checked(check)]
}

/// An id, mostly of an entry that may be there.
fn id(rng: &mut Rng) -> Vec<u8> {
    match rng.below(24) {
        0 => rng
            .pick(&[
                "-",
                "+",
                "$",
                ">",
                "*",
                "",
                "abc",
                "1-",
                "-1",
                "1-2-3",
                "007-01",
                "+3-1",
                " 3",
                "3-*",
                "18446744073709551615",
                "18446744073709551616",
                "18446744073709551615-18446744073709551614",
                "3-18446744073709551615",
                "3-1\x00x",
            ])
            .as_bytes()
            .to_vec(),
        1 | 2 => b"0".to_vec(),
        3..=5 => rng.below(9).to_string().into_bytes(),
        _ => format!("{}-{}", rng.below(9), rng.below(6)).into_bytes(),
    }
}

/// An end of an interval.
fn bound(rng: &mut Rng) -> Vec<u8> {
    match rng.below(6) {
        0 | 1 => b"-".to_vec(),
        2 | 3 => b"+".to_vec(),
        4 => [b"(".as_slice(), &id(rng)].concat(),
        _ => id(rng),
    }
}

fn count(rng: &mut Rng, w: Words) -> Words {
    match rng.below(4) {
        0 => w.cased(rng, "COUNT").arg(small_count(rng)),
        1 if rng.one_in(8) => w.one_of(rng, &["COUNT", "FOO"]),
        _ => w,
    }
}

fn name(rng: &mut Rng) -> Vec<u8> {
    if rng.one_in(12) { word(rng) } else { format!("g{}", rng.below(2)).into_bytes() }
}

fn consumer(rng: &mut Rng) -> Vec<u8> {
    if rng.one_in(12) { word(rng) } else { rng.pick(&["alice", "bob", "carol"]).as_bytes().to_vec() }
}

/// MAXLEN or MINID, with what belongs to them.
fn trim(rng: &mut Rng, mut w: Words) -> Words {
    for _ in 0..[1, 1, 1, 1, 2][rng.below(5)] {
        let by_len = rng.one_in(2);
        w = w.one_of(rng, &[if by_len { "MAXLEN" } else { "MINID" }]);
        w = match rng.below(4) {
            0 => w.arg("="),
            1 | 2 => w.arg("~"),
            _ => w,
        };
        w = match by_len {
            true if rng.one_in(8) => w.arg(index(rng)),
            true => w.arg(rng.below(12).to_string()),
            false => w.arg(id(rng)),
        };
    }
    if rng.one_in(5) { w.cased(rng, "LIMIT").arg(small_count(rng)) } else { w }
}

fn add(rng: &mut Rng, key: Vec<u8>) -> Words {
    let mut w = words(rng, "XADD").arg(key);
    if rng.one_in(8) {
        w = w.cased(rng, "NOMKSTREAM");
    }
    if rng.one_in(6) {
        w = trim(rng, w);
    }
    // Most of all behind the top: in the largest millisecond that is drawn.
    w = match rng.below(12) {
        0..=3 => w.arg("8-*"),
        4..=7 => w.arg(format!("{}-*", rng.below(9))),
        _ => w.arg(id(rng)),
    };
    for i in 0..1 + rng.below(3) {
        // Names that repeat, and names that do not.
        w = if rng.one_in(4) { w.arg(word(rng)) } else { w.arg(format!("field{i}")) };
        if !rng.one_in(40) {
            let mut v = value(rng);
            v.truncate(200);
            w = w.arg(v);
        }
    }
    w
}

/// An entry with an id of the clock, in a stream that goes at once.
fn auto_id(rng: &mut Rng, conn: usize) -> Vec<Step> {
    let mut add = words(rng, "XADD").arg("auto");
    if rng.one_in(3) {
        add = trim(rng, add);
    }
    let add = add.arg("*").arg("f").arg(value(rng)).step(rng, conn).checked(Check::Kind);
    let len = words(rng, "XLEN").arg("auto").step(rng, conn);
    let del = words(rng, "DEL").arg("auto").step(rng, conn);
    vec![add, len, del]
}

/// XREAD; where somebody may wait the connection is a transaction's or the wait is short.
fn read(rng: &mut Rng, _conn: usize) -> Words {
    let w = words(rng, "XREAD");
    let mut w = count(rng, w);
    if rng.one_in(12) {
        w = w.cased(rng, "BLOCK").arg(rng.pick(&["1", "-1", "x", "1.5"]));
        // Nothing that waits for ever is asked for: the last one is refused.
    }
    if rng.one_in(20) {
        w = w.one_of(rng, &["NOACK", "GROUP", "FOO"]);
    }
    streams(rng, w, false)
}

fn streams(rng: &mut Rng, w: Words, in_group: bool) -> Words {
    let keys = 1 + rng.below(3);
    let mut w = if rng.one_in(30) { w } else { w.cased(rng, "STREAMS") };
    for _ in 0..keys {
        w = w.arg(typed(rng, STREAM));
    }
    for _ in 0..keys {
        w = match rng.below(5) {
            0..=2 if in_group => w.arg(">"),
            0 if rng.one_in(3) => w.arg("$"),
            0 => w.arg("0"),
            1 if rng.one_in(10) => w,
            _ => w.arg(id(rng)),
        };
    }
    w
}

fn group(rng: &mut Rng, key: Vec<u8>) -> Words {
    let w = words(rng, "XGROUP");
    let reads = |rng: &mut Rng, w: Words| {
        if rng.one_in(3) { w.cased(rng, "ENTRIESREAD").arg(small_count(rng)) } else { w }
    };
    let at = |rng: &mut Rng| if rng.one_in(3) { b"$".to_vec() } else { id(rng) };
    match rng.below(12) {
        0..=4 => {
            let mut w = w.cased(rng, "CREATE").arg(key).arg(name(rng)).arg(at(rng));
            if rng.one_in(3) {
                w = w.cased(rng, "MKSTREAM");
            }
            reads(rng, w)
        }
        5 | 6 => {
            let w = w.cased(rng, "SETID").arg(key).arg(name(rng)).arg(at(rng));
            reads(rng, w)
        }
        7 => w.cased(rng, "DESTROY").arg(key).arg(name(rng)),
        8 | 9 => w.cased(rng, "CREATECONSUMER").arg(key).arg(name(rng)).arg(consumer(rng)),
        10 => w.cased(rng, "DELCONSUMER").arg(key).arg(name(rng)).arg(consumer(rng)),
        _ => w.one_of(rng, &["HELP", "FOO", "CREATE"]),
    }
}

fn read_group(rng: &mut Rng) -> Words {
    let mut w = words(rng, "XREADGROUP");
    if !rng.one_in(30) {
        w = w.cased(rng, "GROUP").arg(name(rng)).arg(consumer(rng));
    }
    w = count(rng, w);
    if rng.one_in(5) {
        w = w.cased(rng, "NOACK");
    }
    streams(rng, w, true)
}

fn pending(rng: &mut Rng, key: Vec<u8>) -> Words {
    let mut w = words(rng, "XPENDING").arg(key).arg(name(rng));
    if rng.one_in(3) {
        return w;
    }
    if rng.one_in(4) {
        w = w.cased(rng, "IDLE").arg(rng.pick(&["0", "-5", "3600000", "x"]));
    }
    w = w.arg(bound(rng)).arg(bound(rng)).arg(small_count(rng));
    if rng.one_in(3) { w.arg(consumer(rng)) } else { w }
}

/// Idle times are none or so long that nobody has waited for them.
fn min_idle(rng: &mut Rng) -> Vec<u8> {
    rng.pick(&["0", "0", "0", "-1", "3600000", "x"]).as_bytes().to_vec()
}

fn claim(rng: &mut Rng, key: Vec<u8>) -> Words {
    let mut w = words(rng, "XCLAIM").arg(key).arg(name(rng)).arg(consumer(rng)).arg(min_idle(rng));
    for _ in 0..1 + rng.below(3) {
        w = w.arg(id(rng));
    }
    for _ in 0..rng.below(3) {
        w = match rng.below(8) {
            0 | 1 => w.cased(rng, "FORCE"),
            2 | 3 => w.cased(rng, "JUSTID"),
            4 => w.cased(rng, "RETRYCOUNT").arg(index(rng)),
            5 => w.cased(rng, "LASTID").arg(id(rng)),
            6 => w.cased(rng, "IDLE").arg(rng.pick(&["0", "1000", "x"])),
            _ => w.one_of(rng, &["TIME", "FOO"]),
        };
    }
    w
}

fn auto_claim(rng: &mut Rng, key: Vec<u8>) -> Words {
    let w = words(rng, "XAUTOCLAIM").arg(key).arg(name(rng)).arg(consumer(rng)).arg(min_idle(rng));
    let w = w.arg(bound(rng));
    let w =
        if rng.one_in(2) { w.cased(rng, "COUNT").arg(rng.pick(&["1", "2", "3", "0", "-1", "x"])) } else { w };
    if rng.one_in(3) { w.one_of(rng, &["JUSTID", "JUSTID", "FOO"]) } else { w }
}

fn set_id(rng: &mut Rng, key: Vec<u8>) -> Words {
    // Not below what others add, or the stream takes nothing more.
    let mut w = words(rng, "XSETID").arg(key).arg(id(rng));
    if rng.one_in(3) {
        w = w.cased(rng, "ENTRIESADDED").arg(small_count(rng));
    }
    if rng.one_in(3) { w.cased(rng, "MAXDELETEDID").arg(id(rng)) } else { w }
}

fn info(rng: &mut Rng, key: Vec<u8>) -> Words {
    let w = words(rng, "XINFO");
    match rng.below(8) {
        0..=2 => w.cased(rng, "STREAM").arg(key),
        3 | 4 => {
            let w = w.cased(rng, "STREAM").arg(key).cased(rng, "FULL");
            count(rng, w)
        }
        5 => w.cased(rng, "GROUPS").arg(key),
        6 => w.cased(rng, "CONSUMERS").arg(key).arg(name(rng)),
        _ => w.one_of(rng, &["HELP", "FOO", "STREAM"]),
    }
}

/// Nodes become smaller or larger, so that trims meet their bounds.
fn nodes(rng: &mut Rng, conn: usize) -> Step {
    let entries = rng.pick(&["1", "2", "3", "5", "100", "0"]);
    words(rng, "CONFIG").cased(rng, "SET").arg("stream-node-max-entries").arg(entries).step(rng, conn)
}
