//! Bitmaps: every command, every option, on keys of their own and on those of other families.
//!
//! The lengths that commands may make are bounded here: an offset is small, at the edge of what is allowed,
//! or beyond it, and at the edge only where nothing is written.

use super::generate::{Words, words};
use super::pools::{edge, index, key, value};
use super::rng::Rng;
use super::step::Step;

/// Offsets that are refused, or are read only.
const FAR: &[&str] = &[
    "4294967295",
    "4294967296",
    "4294967232",
    "-1",
    "9223372036854775807",
    "9223372036854775808",
    "34359738368",
    "x",
    "",
    "1.5",
    "#",
    "#-1",
    "#x",
    "##1",
    "#4294967296",
    "#268435456",
    "#288230376151711743",
];

/// Numbers to set or to add.
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "127",
    "128",
    "-128",
    "-129",
    "255",
    "256",
    "65536",
    "4294967295",
    "-4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "-9223372036854775807",
    "9223372036854775808",
    "4611686018427387904",
    "-4611686018427387905",
    "x",
    "",
];

const KINDS: &[&str] = &[
    "u1", "i1", "u2", "i3", "u4", "i5", "u7", "i8", "u8", "i9", "u15", "i16", "u16", "u17", "i31", "i32",
    "u32", "u33", "i63", "u62", "u63", "i64", "u64", "i65", "i0", "u0", "i", "u", "x8", "I8", "u-1", "u08",
    "",
];

/// A key that holds bits, mostly.
fn bits_key(rng: &mut Rng) -> Vec<u8> {
    if rng.one_in(6) { key(rng) } else { format!("bits:{}", rng.below(5)).into_bytes() }
}

fn offset(rng: &mut Rng) -> Vec<u8> {
    let limit = [8, 40, 200, 1200][rng.below(4)];
    format!("{}", rng.below(limit)).into_bytes()
}

/// One command on bits.
pub fn draw(rng: &mut Rng, conn: usize) -> Vec<Step> {
    let w = match rng.below(20) {
        0..=3 => setbit(rng),
        4 | 5 => {
            let at = if rng.one_in(4) { rng.pick(FAR).as_bytes().to_vec() } else { offset(rng) };
            words(rng, "GETBIT").arg(bits_key(rng)).arg(at)
        }
        6..=8 => bitcount(rng),
        9..=11 => bitpos(rng),
        12..=14 => bitop(rng),
        15 => {
            // Runs of equal bytes, so that searches go far.
            let byte = [0u8, 0xff, 0x0f][rng.below(3)];
            let n = rng.below(150);
            words(rng, "APPEND").arg(bits_key(rng)).arg(vec![byte; n])
        }
        16 => words(rng, "SET").arg(bits_key(rng)).arg(short(rng)),
        _ => bitfield(rng),
    };
    vec![w.step(rng, conn)]
}

fn short(rng: &mut Rng) -> Vec<u8> {
    let mut v = value(rng);
    v.truncate(300);
    v
}

fn setbit(rng: &mut Rng) -> Words {
    let far = rng.one_in(12);
    let at = if far { rng.pick(&FAR[3..]).as_bytes().to_vec() } else { offset(rng) };
    // At an offset that might pass, a bit that does not.
    let bit = if far { "2" } else { rng.pick(&["0", "1", "1", "1", "2", "-1", "x", "01", ""]) };
    words(rng, "SETBIT").arg(bits_key(rng)).arg(at).arg(bit)
}

fn bitcount(rng: &mut Rng) -> Words {
    let mut w = words(rng, "BITCOUNT").arg(bits_key(rng));
    let args = [0, 2, 2, 2, 3, 3, 3, 1, 4][rng.below(9)];
    for _ in 0..args.min(2) {
        w = w.arg(place(rng));
    }
    for _ in 2..args {
        w = w.one_of(rng, &["BIT", "BYTE", "BIT", "BITS", ""]);
    }
    w
}

fn place(rng: &mut Rng) -> Vec<u8> {
    if rng.one_in(3) { offset(rng) } else { index(rng) }
}

fn bitpos(rng: &mut Rng) -> Words {
    let bit = rng.pick(&["0", "1", "0", "1", "2", "x"]);
    let mut w = words(rng, "BITPOS").arg(bits_key(rng)).arg(bit);
    let args = [0, 1, 2, 2, 3, 3, 3, 4][rng.below(8)];
    for _ in 0..args.min(2) {
        w = w.arg(place(rng));
    }
    for _ in 2..args {
        w = w.one_of(rng, &["BIT", "BYTE", "BIT", "BITS", ""]);
    }
    w
}

fn bitop(rng: &mut Rng) -> Words {
    let op = rng.pick(&["AND", "OR", "XOR", "NOT", "NOT", "NAND", ""]);
    let mut w = words(rng, "BITOP").arg(rng.cased(op)).arg(bits_key(rng));
    let sources = if op == "NOT" && !rng.one_in(6) { 1 } else { 1 + rng.below(5) };
    for _ in 0..sources {
        w = w.arg(bits_key(rng));
    }
    w
}

fn bitfield(rng: &mut Rng) -> Words {
    let name = if rng.one_in(6) { "BITFIELD_RO" } else { "BITFIELD" };
    let mut w = words(rng, name).arg(bits_key(rng));
    for _ in 0..rng.below(5) {
        w = match rng.below(if name == "BITFIELD" { 10 } else { 5 }) {
            0..=2 => field(rng, w, "GET", true),
            3 if rng.one_in(3) => w.one_of(rng, &["FOO", "GET", "SET", ""]),
            3 | 4 => {
                let w = w.cased(rng, "OVERFLOW");
                w.one_of(rng, &["WRAP", "SAT", "FAIL", "WRAP", "SAT", "FAIL", "x"])
            }
            5..=7 => {
                let w = field(rng, w, "SET", false);
                w.arg(number(rng))
            }
            _ => {
                let w = field(rng, w, "INCRBY", false);
                w.arg(number(rng))
            }
        };
    }
    w
}

fn field(rng: &mut Rng, w: Words, op: &str, reads: bool) -> Words {
    // Most kinds are good ones.
    let kind = if rng.one_in(12) { rng.pick(KINDS) } else { rng.pick(&KINDS[..22]) };
    let at = match rng.below(12) {
        0 if reads => rng.pick(FAR).as_bytes().to_vec(),
        // Refused wherever they stand.
        0 => rng.pick(&["-1", "9223372036854775807", "x", "#-1", "4294967296"]).as_bytes().to_vec(),
        1..=4 => [b"#".as_slice(), &format!("{}", rng.below(12)).into_bytes()].concat(),
        _ => offset(rng),
    };
    w.cased(rng, op).arg(kind).arg(at)
}

fn number(rng: &mut Rng) -> Vec<u8> {
    match rng.below(6) {
        0 => edge(rng),
        1 | 2 => format!("{}", rng.next() as i64 >> rng.below(64)).into_bytes(),
        _ => rng.pick(NUMBERS).as_bytes().to_vec(),
    }
}
