use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

/// Bytes that sparse strings may take, as Redis has it by default.
const MAX: usize = 3000;

fn element(number: u64) -> [u8; 8] {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()
}

fn filled(elements: std::ops::Range<u64>, max: usize) -> Vec<u8> {
    let mut text = new();
    for number in elements {
        add(&mut text, &element(number), max).unwrap();
    }
    text
}

fn registers(text: &[u8]) -> Vec<u8> {
    let mut text = text.to_vec();
    make_dense(&mut text).unwrap();
    dense::numbers(&text[HEADER..]).collect()
}

/// A string made of runs given as (number, length); a number of 0 above 64 registers is an XZERO.
fn of_runs(runs: &[(u8, usize)]) -> Vec<u8> {
    let mut text = new()[..HEADER].to_vec();
    for (number, len) in runs {
        match number {
            0 if *len > 64 => text.extend([0x40 | ((len - 1) >> 8) as u8, (len - 1) as u8]),
            0 => text.push((len - 1) as u8),
            _ => text.push(0x80 | (number - 1) << 2 | (len - 1) as u8),
        }
    }
    text
}

/// Hashes and numbers recorded from redis-server 7.0.15 (`PFADD`, then the runs of the string).
#[test]
fn elements_go_where_redis_puts_them() {
    for (text, register, number) in [
        ("", 5938, 2),
        ("a", 12711, 2),
        ("hello world", 9399, 4),
        ("foobar", 1910, 4),
        ("12345678", 10579, 3),
    ] {
        assert_eq!(place(text.as_bytes()), (register, number), "{text}");
    }
}

#[test]
fn a_new_one_is_empty_and_valid() {
    let text = new();
    assert_eq!(text, b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\0\x7f\xff");
    assert_eq!((check(&text), cached(&text), count(&text)), (Ok(Encoding::Sparse), Some(0), Ok(0)));
    let dense = filled(0..1, 0);
    assert_eq!(check(&dense), Ok(Encoding::Dense));
    assert_eq!((cached(&dense), count(&dense)), (None, Ok(1)));
}

#[test]
fn headers_are_looked_at() {
    let sparse = new();
    let dense = filled(0..1, 0);
    assert_eq!(check(b""), Err(NotHll));
    assert_eq!(check(&sparse[..15]), Err(NotHll));
    assert_eq!(check(&sparse[..16]), Ok(Encoding::Sparse), "the runs are looked at when they are read");
    assert_eq!(check(&dense[..dense.len() - 1]), Err(NotHll));
    let with = |at: usize, byte: u8| {
        let mut text = sparse.clone();
        text[at] = byte;
        check(&text)
    };
    assert_eq!((with(0, b'h'), with(4, 2), with(4, 0)), (Err(NotHll), Err(NotHll), Err(NotHll)));
    assert_eq!(with(5, 9), Ok(Encoding::Sparse), "unused bytes are not looked at");
}

#[test]
fn the_cached_count_goes_stale() {
    let mut text = filled(0..10, MAX);
    assert_eq!(cached(&text), None);
    cache(&mut text, 10);
    assert_eq!(cached(&text), Some(10));
    assert_eq!(add(&mut text, &element(3), MAX), Ok(false));
    assert_eq!(cached(&text), Some(10));
    assert_eq!(add(&mut text, &element(11), MAX), Ok(true));
    assert_eq!(cached(&text), None);
    assert_eq!(text[HEADER - 1], STALE, "the old count stays under the mark");
}

#[test]
fn estimates_stay_within_a_few_standard_errors() {
    let error = 1.04 / (REGISTERS as f64).sqrt();
    let mut text = new();
    let mut next = 1;
    for added in 1..=200_000u64 {
        add(&mut text, &element(added), MAX).unwrap();
        if added == next {
            let off = count(&text).unwrap().abs_diff(added) as f64;
            assert!(off <= (6.0 * error * added as f64).ceil(), "{added}: off by {off}");
            next = next * 3 / 2 + 1;
        }
    }
}

#[test]
fn made_up_registers_do_not_break_the_estimate() {
    let mut text = filled(0..1, 0);
    for number in [50, 51, 52, 63] {
        (0..REGISTERS).for_each(|at| dense::set(&mut text[HEADER..], at, number));
        assert_eq!(count(&text), Ok(1 << 63), "{number}");
    }
    // One register alone: the others cannot be told from never used.
    (0..REGISTERS).for_each(|at| dense::set(&mut text[HEADER..], at, 0));
    dense::set(&mut text[HEADER..], 5, 63);
    assert!(count(&text).unwrap() < 10);
}

#[test]
fn overlong_runs_are_refused_and_nothing_is_written_beyond() {
    let whole = (0, REGISTERS);
    let cases: &[&[(u8, usize)]] = &[
        &[],
        &[(0, REGISTERS - 1)],
        &[whole, (0, 1)],
        &[whole, whole, (9, 4)],
        &[whole, (9, 1)],
        &[(0, REGISTERS - 2), (9, 4)],
        &[(0, REGISTERS - 4), (9, 4), (9, 1)],
    ];
    for runs in cases {
        let mut text = of_runs(runs);
        let before = text.clone();
        assert_eq!(check(&text), Ok(Encoding::Sparse));
        assert_eq!(count(&text), Err(Corrupt), "{runs:?}");
        assert_eq!(Union::new().add(&text), Err(Corrupt), "{runs:?}");
        assert_eq!(make_dense(&mut text), Err(Corrupt), "{runs:?}");
        assert_eq!(raise(&mut text, 16383, 33, MAX), Err(Corrupt), "{runs:?}: cannot become dense");
        assert_eq!(text, before, "{runs:?}");
    }
    // Far more registers than 32 bits count.
    let mut text = of_runs(&[]);
    text.extend(std::iter::repeat_n([0x7f, 0xff], 140_000).flatten());
    text.push(0xff);
    assert_eq!((count(&text), Union::new().add(&text)), (Err(Corrupt), Err(Corrupt)));
    assert_eq!(make_dense(&mut text), Err(Corrupt));
    // Half an XZERO.
    let mut text = of_runs(&[(0, REGISTERS - 100)]);
    text.push(0x40);
    assert_eq!((count(&text), raise(&mut text, 16383, 1, MAX)), (Err(Corrupt), Err(Corrupt)));
    assert_eq!(raise(&mut text, 5, 1, MAX), Ok(true), "what is there can be changed, as in Redis");
}

#[test]
fn runs_are_split_and_joined() {
    let mut text = new();
    for (register, number, runs) in [
        (100, 3, &[(0, 100), (3, 1), (0, 16283)][..]),
        (101, 3, &[(0, 100), (3, 2), (0, 16282)]),
        (102, 4, &[(0, 100), (3, 2), (4, 1), (0, 16281)]),
        (102, 4, &[(0, 100), (3, 2), (4, 1), (0, 16281)]),
        (103, 3, &[(0, 100), (3, 2), (4, 1), (3, 1), (0, 16280)]),
        (101, 4, &[(0, 100), (3, 1), (4, 2), (3, 1), (0, 16280)]),
        (100, 4, &[(0, 100), (4, 3), (3, 1), (0, 16280)]),
        (103, 4, &[(0, 100), (4, 4), (0, 16280)]),
        (104, 4, &[(0, 100), (4, 4), (4, 1), (0, 16279)]),
        (0, 1, &[(1, 1), (0, 99), (4, 4), (4, 1), (0, 16279)]),
        (16383, 1, &[(1, 1), (0, 99), (4, 4), (4, 1), (0, 16278), (1, 1)]),
        (50, 1, &[(1, 1), (0, 49), (1, 1), (0, 49), (4, 4), (4, 1), (0, 16278), (1, 1)]),
    ] {
        let raised = registers(&text)[register] < number;
        assert_eq!(raise(&mut text, register, number, MAX), Ok(raised));
        invalidate(&mut text);
        let mut want = of_runs(runs);
        invalidate(&mut want);
        assert_eq!(text, want, "{register} {number}");
    }
}

proptest! {
    /// Sparse and dense strings with one history say the same, and the change comes at the limit.
    #[test]
    fn encodings_agree(
        raises in vec((0usize..REGISTERS, 1u8..=34), 1..300), near in any::<bool>(), max in 0usize..1500
    ) {
        let mut sparse = new();
        let mut dense = new();
        make_dense(&mut dense).unwrap();
        let mut model = vec![0u8; REGISTERS];
        for (register, number) in raises {
            let register = if near { register % 40 } else { register };
            let raised = raise(&mut sparse, register, number, max).unwrap();
            prop_assert_eq!(raise(&mut dense, register, number, max).unwrap(), raised);
            prop_assert_eq!(raised, model[register] < number);
            model[register] = model[register].max(number);
            let small = check(&sparse) == Ok(Encoding::Sparse);
            prop_assert!(!small || (sparse.len() <= max.max(18) && model.iter().all(|n| *n <= 32)));
        }
        prop_assert_eq!(count(&sparse), count(&dense));
        prop_assert_eq!(registers(&sparse), model.clone());
        let mut union = Union::new();
        union.add(&sparse).unwrap();
        prop_assert_eq!(union.count(), count(&dense).unwrap());
        let set: Vec<(usize, u8)> = model.iter().copied().enumerate().filter(|(_, n)| *n > 0).collect();
        prop_assert_eq!(union.set_registers().collect::<Vec<_>>(), set);
    }

    /// A union counts what both have together.
    #[test]
    fn unions_count_together(a in 0u64..3000, b in 0u64..3000, both in 0u64..1000) {
        let mut union = Union::new();
        union.add(&filled(0..a + both, MAX)).unwrap();
        union.add(&filled(a..a + both + b, MAX)).unwrap();
        prop_assert_eq!(union.count(), count(&filled(0..a + both + b, 0)).unwrap());
    }

    /// Whatever comes behind the header, nothing is read or written beyond it.
    #[test]
    fn made_up_strings_are_survived(
        runs in vec(any::<u8>(), 0..60), register in 0usize..REGISTERS, number in 1u8..=51
    ) {
        let mut text = new()[..HEADER].to_vec();
        text.extend(runs);
        let before = text.clone();
        let whole = count(&text).is_ok();
        prop_assert_eq!(Union::new().add(&text).is_ok(), whole);
        match raise(&mut text, register, number, MAX) {
            Err(Corrupt) => {
                prop_assert!(!whole);
                prop_assert_eq!(&text, &before);
            }
            Ok(raised) => prop_assert_eq!(raised, text != before),
        }
        prop_assert_eq!(count(&text).is_ok(), whole);
        prop_assert_eq!(make_dense(&mut text).is_ok(), whole);
    }
}
