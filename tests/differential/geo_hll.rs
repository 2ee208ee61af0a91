//! Geo and HyperLogLog: every command, every option. Keys of their own, now and then those of others.
//!
//! Places crowd around a few, at the date line and near the poles among them, and some members share one, so
//! that orders have ties. HyperLogLogs are added to one by one and by the hundred; what they hold is compared
//! byte for byte by GET.

use super::generate::{Words, words};
use super::pools::{edge, index, key, value};
use super::rng::Rng;
use super::step::Step;

/// Longitude and latitude in degrees.
const CENTERS: &[(f64, f64)] = &[
    (13.361389, 38.115556),
    (15.087269, 37.502669),
    (0.0, 0.0),
    (-122.27652, 37.805186),
    (179.9, 10.0),
    (-179.9, 10.0),
    (30.0, 84.9),
    (-60.0, -84.9),
    (2.3, 48.9),
    (100.0, 67.0),
];

/// The key that distances are stored under.
const DISTANCES: &str = "geo:distances";

const UNITS: &[&str] = &["m", "km", "ft", "mi"];

fn geo_key(rng: &mut Rng) -> Vec<u8> {
    if rng.one_in(12) { key(rng) } else { format!("geo:{}", rng.below(3)).into_bytes() }
}

fn hll_key(rng: &mut Rng) -> Vec<u8> {
    if rng.one_in(12) { key(rng) } else { format!("hll:{}", rng.below(4)).into_bytes() }
}

fn member(rng: &mut Rng) -> Vec<u8> {
    match rng.below(20) {
        0 => Vec::new(),
        1 => rng.bytes(70),
        n => format!("{}{}", ["p", "place-", ""][n % 3], rng.below(40)).into_bytes(),
    }
}

/// A number with few or many digits.
fn degrees(rng: &mut Rng, center: f64, spread: f64) -> Vec<u8> {
    if rng.one_in(40) {
        return rng
            .pick(&[
                "180",
                "-180",
                "85.05112878",
                "-85.05112878",
                "181",
                "86",
                "nan",
                "x",
                "inf",
                "",
                "1e300",
            ])
            .as_bytes()
            .to_vec();
    }
    let by = (rng.below(2_000_001) as f64 / 1_000_000.0 - 1.0) * spread;
    // Few digits give members that share a place.
    let text = if rng.one_in(3) { format!("{:.1}", center + by) } else { format!("{}", center + by) };
    text.into_bytes()
}

/// A place near one of the centres, as two arguments.
fn place(rng: &mut Rng) -> [Vec<u8>; 2] {
    let (longitude, latitude) = CENTERS[rng.below(CENTERS.len())];
    let spread = [0.0, 0.001, 0.1, 2.0, 20.0][rng.below(5)];
    [degrees(rng, longitude, spread), degrees(rng, latitude, spread / 4.0)]
}

/// One command on places or HyperLogLogs.
pub fn draw(rng: &mut Rng, conn: usize) -> Vec<Step> {
    if rng.one_in(3) {
        return hll(rng, conn);
    }
    let w = match rng.below(18) {
        0..=4 => geoadd(rng),
        5 => {
            let w = words(rng, "GEODIST").arg(geo_key(rng)).arg(member(rng)).arg(member(rng));
            if rng.one_in(2) { unit(rng, w) } else { w }
        }
        6 | 7 => {
            let name = rng.pick(&["GEOPOS", "GEOHASH"]);
            let mut w = words(rng, name).arg(geo_key(rng));
            for _ in 0..rng.below(5) {
                w = w.arg(member(rng));
            }
            w
        }
        8 | 9 => {
            let name = rng.pick(&["GEORADIUS", "GEORADIUS_RO"]);
            let [longitude, latitude] = place(rng);
            let w = words(rng, name).arg(geo_key(rng)).arg(longitude).arg(latitude).arg(size(rng));
            let w = unit(rng, w);
            radius_options(rng, w)
        }
        10 | 11 => {
            let name = rng.pick(&["GEORADIUSBYMEMBER", "GEORADIUSBYMEMBER_RO"]);
            let w = words(rng, name).arg(geo_key(rng)).arg(member(rng)).arg(size(rng));
            let w = unit(rng, w);
            radius_options(rng, w)
        }
        12..=15 => {
            let w = words(rng, "GEOSEARCH").arg(geo_key(rng));
            search_options(rng, w, false)
        }
        16 => {
            let distances = rng.one_in(3);
            let to = if distances { DISTANCES.into() } else { geo_key(rng) };
            let w = words(rng, "GEOSEARCHSTORE").arg(to).arg(geo_key(rng));
            let w = search_options(rng, w, true);
            if distances { w.cased(rng, "STOREDIST") } else { w }
        }
        _ => {
            let name = rng.pick(&["ZREM", "ZSCORE", "ZRANGE"]);
            let key = geo_key(rng);
            // Other sorted sets have fractions for scores.
            let whole = key.starts_with(b"geo:");
            let w = words(rng, name).arg(key);
            if name == "ZRANGE" && whole {
                w.arg("0").arg("-1").arg("WITHSCORES")
            } else {
                w.arg(member(rng))
            }
        }
    };
    let step = w.step(rng, conn);
    if !step.args.iter().any(|arg| arg.eq_ignore_ascii_case(b"STOREDIST")) {
        return vec![step];
    }
    // Fractions are printed, and go into digests, with 17 digits in 7.0 and the fewest in 7.2: so what holds
    // distances is looked at without them, and does not live on.
    let look = words(rng, "ZRANGE").arg(DISTANCES).arg("0").arg("-1").step(rng, conn);
    vec![step, look, words(rng, "DEL").arg(DISTANCES).step(rng, conn)]
}

fn geoadd(rng: &mut Rng) -> Words {
    let mut w = words(rng, "GEOADD").arg(geo_key(rng));
    for _ in 0..[0, 0, 0, 1, 2][rng.below(5)] {
        w = w.one_of(rng, &["NX", "XX", "CH", "CH", "GT"]);
    }
    for _ in 0..1 + rng.below(12) {
        let [longitude, latitude] = place(rng);
        w = w.arg(longitude).arg(latitude).arg(member(rng));
    }
    if rng.one_in(20) { w.arg("1") } else { w }
}

fn unit(rng: &mut Rng, w: Words) -> Words {
    if rng.one_in(15) { w.arg(rng.pick(&["yard", "", "M ", "kms"])) } else { w.one_of(rng, UNITS) }
}

/// A radius or a side.
fn size(rng: &mut Rng) -> Vec<u8> {
    match rng.below(12) {
        0 => rng.pick(&["0", "-1", "x", "", "1e10", "inf", "nan", "0.0001", "-0.0"]).as_bytes().to_vec(),
        1 => format!("{}", rng.below(30_000_000)).into_bytes(),
        n => {
            format!("{}.{}", rng.below([10, 100, 1000, 10_000, 300_000][n % 5]), rng.below(1000)).into_bytes()
        }
    }
}

fn count(rng: &mut Rng, w: Words) -> Words {
    let n = if rng.one_in(8) { index(rng) } else { format!("{}", 1 + rng.below(12)).into_bytes() };
    let w = w.cased(rng, "COUNT").arg(n);
    if rng.one_in(4) { w.cased(rng, "ANY") } else { w }
}

fn radius_options(rng: &mut Rng, mut w: Words) -> Words {
    for _ in 0..rng.below(5) {
        w = match rng.below(12) {
            0 | 1 => w.one_of(rng, &["WITHDIST", "WITHHASH"]),
            2 => w.cased(rng, "WITHCOORD"),
            3..=5 => count(rng, w),
            6 | 7 => w.cased(rng, "ASC"),
            8 => w.cased(rng, "DESC"),
            9 if rng.one_in(2) => w.cased(rng, "STORE").arg(geo_key(rng)),
            9 => w.cased(rng, "STOREDIST").arg(DISTANCES),
            10 if rng.one_in(3) => w.one_of(rng, &["ANY", "FOO", "STORE", "BYBOX"]),
            _ => w,
        };
    }
    w
}

fn search_options(rng: &mut Rng, mut w: Words, store: bool) -> Words {
    for _ in 0..[1, 1, 1, 1, 1, 0, 2][rng.below(7)] {
        w = if rng.one_in(3) {
            w.cased(rng, "FROMMEMBER").arg(member(rng))
        } else {
            let [longitude, latitude] = place(rng);
            w.cased(rng, "FROMLONLAT").arg(longitude).arg(latitude)
        };
    }
    for _ in 0..[1, 1, 1, 1, 1, 0, 2][rng.below(7)] {
        w = if rng.one_in(2) {
            let w = w.cased(rng, "BYRADIUS").arg(size(rng));
            unit(rng, w)
        } else {
            let w = w.cased(rng, "BYBOX").arg(size(rng)).arg(size(rng));
            unit(rng, w)
        };
    }
    for _ in 0..rng.below(5) {
        w = match rng.below(10) {
            0 | 1 if !store => w.one_of(rng, &["WITHDIST", "WITHHASH"]),
            2 if !store || rng.one_in(4) => w.cased(rng, "WITHCOORD"),
            3..=5 => count(rng, w),
            6 | 7 => w.one_of(rng, &["ASC", "DESC"]),
            8 if !store && rng.one_in(4) => w.cased(rng, "STOREDIST"),
            9 if rng.one_in(3) => w.one_of(rng, &["ANY", "FOO", "STORE", "FROMMEMBER"]),
            _ => w,
        };
    }
    w
}

fn hll(rng: &mut Rng, conn: usize) -> Vec<Step> {
    let w = match rng.below(16) {
        0..=3 => pfadd(rng),
        4..=7 => {
            let mut w = words(rng, "PFCOUNT");
            for _ in 0..[1, 1, 1, 2, 3, 4][rng.below(6)] {
                w = w.arg(hll_key(rng));
            }
            w
        }
        8 | 9 => {
            let mut w = words(rng, "PFMERGE");
            for _ in 0..1 + rng.below(4) {
                w = w.arg(hll_key(rng));
            }
            w
        }
        10 | 11 => words(rng, "GET").arg(hll_key(rng)),
        12 => {
            let what = rng.pick(&["GETREG", "DECODE", "ENCODING", "TODENSE", "FOO", "DECODE"]);
            words(rng, "PFDEBUG").arg(rng.cased(what)).arg(hll_key(rng))
        }
        13 => words(rng, "SET").arg(hll_key(rng)).arg(made_up(rng)),
        14 => {
            let name = rng.pick(&["DEL", "STRLEN", "TYPE"]);
            words(rng, name).arg(hll_key(rng))
        }
        // A byte of the header or of the registers changes.
        _ => {
            let at = format!("{}", rng.below(40));
            words(rng, "SETRANGE").arg(hll_key(rng)).arg(at).arg(rng.bytes(1))
        }
    };
    vec![w.step(rng, conn)]
}

fn pfadd(rng: &mut Rng) -> Words {
    let mut w = words(rng, "PFADD").arg(hll_key(rng));
    let (start, n) = (rng.below(2000), [0, 1, 2, 5, 20, 400][rng.below(6)]);
    for i in 0..n {
        w = w.arg(if rng.one_in(10) { value(rng) } else { format!("element:{}", start + i).into_bytes() });
    }
    w
}

/// A string that is nearly a HyperLogLog: runs as they may be, and as they may not be.
fn made_up(rng: &mut Rng) -> Vec<u8> {
    let mut text = b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80".to_vec();
    match rng.below(6) {
        0 => text.extend_from_slice(&[0x7f, 0xff]),
        1 => text.extend_from_slice(&[0x7f, 0xff, 0x7f, 0xff, 0xff]),
        2 => text.extend_from_slice(&[0x60, 0x00, 0x5f, 0xfd, 0x84]),
        3 => {
            let n = rng.below(20);
            // None of them the first half of a run of two bytes at the end.
            text.extend(rng.bytes(n));
            text.push(0x80);
        }
        4 => text[rng.below(8)] = rng.next() as u8,
        _ => return edge(rng),
    }
    text
}
