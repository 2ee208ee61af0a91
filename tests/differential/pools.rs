//! What arguments are drawn from: few keys, so that commands meet; values and numbers at the edges where
//! servers differ.

use super::rng::Rng;

/// Numbers at the edges of what is an integer; none is small and positive, so that no key of a stream expires
/// on its way.
pub const EDGES: &[&str] = &[
    "0",
    "-0",
    "-1",
    "-100",
    "100000",
    "100001",
    "0100000",
    "00",
    " 100000",
    "100000 ",
    "+100000",
    "4294967295",
    "4294967296",
    "2147483648",
    "-2147483649",
    "9223372036854775807",
    "9223372036854775806",
    "-9223372036854775808",
    "-9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775",
    "9223372036854776",
    "-9223372036854775",
    "1.5",
    "1e5",
    "0x100000",
    "",
    "abc",
    "-",
    "10000000000000000000000000000000000000000",
    "\x001",
    "100000\x00",
    "1_000_000",
]; // \x00: strings may hold NUL

/// Numbers that are not too large to be offsets or counts.
pub const SMALL: &[&str] =
    &["0", "1", "2", "-1", "-2", "3", "5", "7", "10", "20", "43", "44", "45", "63", "64", "65", "-100"];

/// Floats that Redis reads, prints or refuses in its own way.
pub const FLOATS: &[&str] = &[
    "0",
    "-0",
    "0.0",
    "-0.0",
    "1",
    "1.5",
    "-1.5",
    "0.1",
    "0.2",
    "3.0e3",
    "1e17",
    "1e18",
    "1e19",
    "1e-17",
    "1e-18",
    "1e308",
    "-1e308",
    "1.7976931348623157e308",
    "1e309",
    "1e4932",
    "1e5000",
    "inf",
    "-inf",
    "+inf",
    "Infinity",
    "nan",
    "0x10",
    "0x1p4",
    "+1",
    "1.",
    ".5",
    "-.5",
    "1e",
    "e5",
    " 1",
    "1 ",
    "1,5",
    "",
    "abc",
    "3.14159265358979323846264338327950288",
    "123456789012345678901234567890",
    "0.000000000000000001",
    "999999999999999999.9",
    "1.23456789012345678",
    "5e-324",
    "2.2250738585072014e-308",
    "9007199254740993",
    "17179869184.00000001",
    "1e-5",
    "100.000",
];

/// Edge numbers as integers that fit a value to be incremented.
pub const COUNTERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "10",
    "9999",
    "10000",
    "2147483647",
    "9223372036854775807",
    "9223372036854775806",
    "-9223372036854775808",
    "-9223372036854775807",
    "007",
    " 12",
    "12 ",
    "+5",
    "-0",
    "3.0",
    "1e3",
    "",
    "x",
    "12345678901234567890",
];

/// Glob patterns.
pub const PATTERNS: &[&str] = &[
    "*",
    "?",
    "k*",
    "*e*",
    "key:?",
    "key:[12]",
    "key:[^1]",
    "key:[0-9]",
    "[a-b]",
    "[b-a]",
    "\\*",
    "*\\",
    "[",
    "[]",
    "[^]",
    "[a",
    "**",
    "*?*",
    "",
    "{tag}*",
    "nokey",
    "a",
    "A",
    "k\\ey:1",
    "*[a-z]",
    "[\\]]",
    "*:*",
];

/// One of the few keys.
pub fn key(rng: &mut Rng) -> Vec<u8> {
    match rng.below(22) {
        18..=21 => collection(rng),
        0 | 1 => b"a".to_vec(),
        2 | 3 => b"b".to_vec(),
        4 | 5 => b"key:1".to_vec(),
        6 => b"key:2".to_vec(),
        7 => b"A".to_vec(),
        8 => Vec::new(),
        9 => b"\x00\xff\r\n".to_vec(),
        10 => b"with space \"and quote\"".to_vec(),
        11 => b"{tag}x".to_vec(),
        12 => vec![b'L'; 70],
        13 => "schl\u{fc}ssel".as_bytes().to_vec(),
        14 => b"9999999999".to_vec(), // in the place of a time: long past or far ahead
        15 => vec![b'M'; 300],
        _ => format!("key:{}", rng.below(8)).into_bytes(),
    }
}

/// A value: short, at the edge of an encoding, a number, or large.
pub fn value(rng: &mut Rng) -> Vec<u8> {
    match rng.below(20) {
        0 => Vec::new(),
        1..=4 => rng.pick(COUNTERS).as_bytes().to_vec(),
        5 | 6 => rng.pick(FLOATS).as_bytes().to_vec(),
        7 | 8 => rng.pick(EDGES).as_bytes().to_vec(),
        9 => {
            let n = rng.below(12);
            rng.bytes(n)
        }
        10 => b"hello world".to_vec(),
        11 => format!("{}", rng.next() as i64 >> rng.below(60)).into_bytes(),
        12 => {
            // Past 32 KiB values take another way through the parser.
            if rng.one_in(4) {
                let n = 32_700 + rng.below(40_000);
                vec![b'a' + (n % 26) as u8; n]
            } else {
                b"x".to_vec()
            }
        }
        _ => {
            let near = [20usize, 44, 64, 512, 128, 16][rng.below(6)];
            let n = near - 2 + rng.below(5);
            if rng.one_in(2) { rng.bytes(n) } else { vec![b'v'; n] }
        }
    }
}

/// A number from the edges.
pub fn edge(rng: &mut Rng) -> Vec<u8> {
    rng.pick(EDGES).as_bytes().to_vec()
}

/// An offset or index: mostly small, sometimes at an edge.
pub fn index(rng: &mut Rng) -> Vec<u8> {
    if rng.one_in(5) { edge(rng) } else { rng.pick(SMALL).as_bytes().to_vec() }
}

/// A span of time from now, in the unit of the command: never one that ends while the stream runs.
pub fn span(rng: &mut Rng) -> Vec<u8> {
    match rng.below(4) {
        0 => edge(rng),
        1 => format!("{}", 100_000 + rng.below(1_000_000)).into_bytes(),
        2 => b"200000".to_vec(),
        _ => format!("{}", 100_000_000 + rng.below(1000)).into_bytes(),
    }
}

/// A point in time, in seconds (or in milliseconds when `ms`): long past or far ahead.
pub fn moment(rng: &mut Rng, ms: bool) -> Vec<u8> {
    match rng.below(4) {
        0 => edge(rng),
        1 => rng.pick(&["0", "1", "1000", "-5", "1600000000"]).as_bytes().to_vec(),
        _ => {
            let seconds = 4_000_000_000 + rng.below(1_000_000) as u64 * 100;
            format!("{}", if ms { seconds * 1000 + rng.below(1000) as u64 } else { seconds }).into_bytes()
        }
    }
}

/// The index of a database: mostly the first few.
pub fn db(rng: &mut Rng) -> Vec<u8> {
    match rng.below(12) {
        0 => edge(rng),
        1 => b"15".to_vec(),
        2 => b"16".to_vec(),
        3 => b"-1".to_vec(),
        n => format!("{}", n % 3).into_bytes(),
    }
}

/// Beginnings of the names of keys that mostly hold one type.
pub const LIST: &str = "l";
pub const SET: &str = "s";
pub const HASH: &str = "h";
pub const ZSET: &str = "z";
/// Sorted sets whose scores are all 0.
pub const LEX: &str = "y";

/// A key that mostly holds the type, sometimes another one or any.
pub fn typed(rng: &mut Rng, kind: &str) -> Vec<u8> {
    match rng.below(16) {
        0 => key(rng),
        1 if kind != LEX => collection(rng),
        n => format!("{kind}:{}", n % 3).into_bytes(),
    }
}

/// A key that mostly holds some collection.
pub fn collection(rng: &mut Rng) -> Vec<u8> {
    let kind = rng.pick(&[LIST, SET, HASH, ZSET]);
    format!("{kind}:{}", rng.below(3)).into_bytes()
}

/// An element, member or value of a collection: few different ones, and some at the edge of an encoding.
pub fn element(rng: &mut Rng) -> Vec<u8> {
    match rng.below(12) {
        0..=3 => rng.below(20).to_string().into_bytes(),
        4..=7 => word(rng),
        8 => rng.pick(EDGES).as_bytes().to_vec(),
        9 => vec![b'e'; [3, 63, 64, 65, 200][rng.below(5)]],
        _ => {
            let mut value = value(rng);
            value.truncate(if rng.one_in(20) { 9000 } else { 100 });
            value
        }
    }
}

/// A member of a sorted set: a short word.
pub fn word(rng: &mut Rng) -> Vec<u8> {
    match rng.below(12) {
        0 => Vec::new(),
        // With a NUL in it, behind which `strcoll` does not look: no other member is "q".
        1 => b"q\x00\xff".to_vec(),
        2 => vec![b'w'; [63, 64, 65][rng.below(3)]],
        3 => rng.below(9).to_string().into_bytes(),
        _ => vec![b'a' + rng.below(6) as u8; 1 + rng.below(2)],
    }
}

/// A field of a hash.
pub fn field(rng: &mut Rng) -> Vec<u8> {
    match rng.below(8) {
        0 => element(rng),
        1 => rng.below(20).to_string().into_bytes(),
        _ => format!("f{}", rng.below(8)).into_bytes(),
    }
}

/// A count whose absolute value is small, or that is refused: a negative one may be a wish for so many
/// elements.
pub fn small_count(rng: &mut Rng) -> Vec<u8> {
    match rng.below(6) {
        0 => rng
            .pick(&[
                "9223372036854775807",
                "-9223372036854775808",
                "9223372036854775808",
                "1.5",
                "",
                "abc",
                " 1",
            ])
            .as_bytes()
            .to_vec(),
        1 => rng.pick(SMALL).as_bytes().to_vec(),
        n => n.to_string().into_bytes(),
    }
}

/// A cursor: the first one, mostly.
pub fn cursor(rng: &mut Rng) -> Vec<u8> {
    if rng.one_in(8) { edge(rng) } else { b"0".to_vec() }
}

/// Scores that stay exact in few digits whatever is added, and texts that are none. None is -0: 7.2 makes it 0 in
/// a listpack, 7.0 does not.
pub const SCORES: &[&str] = &[
    "0", "1", "2", "3", "-1", "1.5", "-2.25", "0.5", "10", "100", "1000000", "+3", "0x10", "1e3", "inf",
    "-inf", "+inf", "Infinity", "nan", "-nan", "", "abc", " 1", "1 ", "1,5", "(1", "1e400", "4096.125",
];
