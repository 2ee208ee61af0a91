use super::*;
use proptest::prelude::*;

/// `value|increment|reply` as redis-server 7.0.15 on x86-64 answered `SET k value`, `INCRBYFLOAT k
/// increment`; `INVALID` and `NOTFINITE` stand for its two errors, `LENn:head:tail` for very long numbers.
const RECORDED: &str = include_str!("cases.txt");

fn increment(value: &str, by: &str) -> String {
    let parsed = (LongDouble::parse(value.as_bytes()), LongDouble::parse(by.as_bytes()));
    let (Some(value), Some(by)) = parsed else { return "INVALID".into() };
    let sum = value.add(by);
    if !sum.is_finite() {
        return "NOTFINITE".into();
    }
    let text = sum.to_human();
    match text.len() {
        ..=120 => text,
        len => format!("LEN{len}:{}:{}", &text[..40], &text[len - 40..]),
    }
}

#[test]
fn sums_agree_with_the_recorded_server() {
    let mut count = 0;
    for line in RECORDED.lines() {
        let fields: Vec<&str> = line.split('|').collect();
        let [value, by, want] = fields[..] else { panic!("bad line {line:?}") };
        assert_eq!(increment(value, by), want, "{value:?} + {by:?}");
        assert_eq!(increment(by, value), want, "{by:?} + {value:?}");
        count += 1;
    }
    assert!(count >= 300);
}

#[test]
fn texts_beyond_the_limit_are_refused() {
    assert!(LongDouble::parse(&[b'1'; 4932]).is_some());
    assert_eq!(LongDouble::parse(&[b'1'; 4934]), None);
    let mut long = vec![b'0'; MAX_TEXT];
    assert_eq!(LongDouble::parse(&long), Some(LongDouble::ZERO));
    long.push(b'0');
    assert_eq!(LongDouble::parse(&long), None);
    let tiny = [b"0.".as_slice(), &[b'0'; 4940], b"1"].concat();
    assert!(LongDouble::parse(&tiny).is_some());
    assert_eq!(LongDouble::parse(b"1\0"), None);
    assert_eq!(LongDouble::parse(b"1.\xff"), None);
}

#[test]
fn infinities_and_nan_spread() {
    let infinite = LongDouble { negative: false, kind: Kind::Infinite };
    let minus = LongDouble { negative: true, ..infinite };
    assert_eq!((infinite.to_human(), minus.to_human()), ("inf".into(), "-inf".into()));
    let nan = infinite.add(minus);
    assert!(!nan.is_finite() && nan.to_human() == "nan" && !nan.add(LongDouble::ZERO).is_finite());
    assert_eq!(LongDouble::ZERO.add(minus), minus);
}

proptest! {
    #[test]
    fn whole_numbers_add_exactly(a in any::<i64>(), b in any::<i64>()) {
        // 64 bits of mantissa hold every i64, and every sum of two up to one rounding of the lowest bit.
        let sum = i128::from(a) + i128::from(b);
        prop_assume!(sum.unsigned_abs() < 1 << 64);
        let (x, y) = (LongDouble::from_i64(a), LongDouble::from_i64(b));
        prop_assert_eq!(x.add(y).to_human(), sum.to_string());
        prop_assert_eq!(LongDouble::parse(a.to_string().as_bytes()), Some(x));
    }

    #[test]
    fn short_and_long_reading_agree(digits in 1u64..10_000_000_000_000_000_000, power in -27i64..=27) {
        let digits = digits.to_string().into_bytes().iter().map(|byte| byte - b'0').collect::<Vec<_>>();
        let short = Decimal { digits, power };
        // The same number with so many zeros behind that the big integers have to do it.
        let mut long = Decimal { digits: short.digits.clone(), power: power - 20 };
        long.digits.extend([0; 20]);
        prop_assert_eq!(short.to_binary(false), long.to_binary(false));
    }

    #[test]
    fn short_decimals_print_as_they_are_written(whole in 0u32..128, fraction in 0u32..1_000_000_000) {
        // Below 128 the lowest bit is worth less than half of the 17th decimal: what was typed comes back.
        let text = format!("{whole}.{fraction:09}");
        let want = text.trim_end_matches('0').trim_end_matches('.').to_string();
        prop_assert_eq!(LongDouble::parse(text.as_bytes()).map(LongDouble::to_human), Some(want));
    }

    #[test]
    fn doubles_agree_where_53_bits_suffice(a in -1_000_000i32..1_000_000, b in -1_000_000i32..1_000_000) {
        let (x, y) = (f64::from(a) / 1024.0, f64::from(b) / 4096.0);
        prop_assert_eq!(increment(&x.to_string(), &y.to_string()), (x + y + 0.0).to_string());
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[-+0-9a-fxXpPeE.]{0,40}") {
        if let Some(number) = LongDouble::parse(text.as_bytes()) {
            number.add(number).to_human();
        }
    }
}

#[test]
fn doubles_are_taken_exactly() {
    for value in [0.0, 1.0, -2.5, 0.1, 13.361_389_338_970_184, 1e300, 5e-324, f64::MIN_POSITIVE, -180.0] {
        let want = format!("{value:.17}");
        let want = want.trim_end_matches('0').trim_end_matches('.');
        assert_eq!(LongDouble::from_f64(value).to_human(), want, "{value}");
    }
    // Half of the last digit: ties go to the even one.
    assert_eq!(LongDouble::from_f64(2f64.powi(-18)).to_human(), "0.00000381469726562");
    assert_eq!(LongDouble::from_f64(3.0 * 2f64.powi(-18)).to_human(), "0.00001144409179688");
    assert!(!LongDouble::from_f64(f64::INFINITY).is_finite() && !LongDouble::from_f64(f64::NAN).is_finite());
}
