use super::*;
use proptest::prelude::*;

fn printed(value: f64) -> String {
    let mut out = Vec::new();
    push_f64(&mut out, value);
    String::from_utf8(out).unwrap_or_default()
}

#[test]
fn integers_are_read_only_in_their_printed_form() {
    for (text, want) in [
        ("0", Some(0)),
        ("-1", Some(-1)),
        ("9223372036854775807", Some(i64::MAX)),
        ("-9223372036854775808", Some(i64::MIN)),
        ("9223372036854775808", None),
        ("-9223372036854775809", None),
        ("99999999999999999999", None),
        ("18446744073709551617", None),
    ] {
        assert_eq!(parse_i64(text.as_bytes()), want, "{text}");
    }
    for text in ["", "-", "-0", "00", "01", "-01", "+1", " 1", "1 ", "1a", "0x1", "1.0", "--1"] {
        assert_eq!(parse_i64(text.as_bytes()), None, "{text:?}");
    }
}

#[test]
fn unsigned_integers_and_cursors_follow_strtoull() {
    assert_eq!(parse_u64(b"18446744073709551615"), Some(u64::MAX));
    assert_eq!(parse_u64(b"18446744073709551616"), None);
    assert_eq!(parse_u64(b"007"), Some(7));
    assert_eq!(parse_u64(b" +7"), Some(7));
    assert_eq!(parse_u64(b"-1"), None);
    assert_eq!(parse_u64(b"-01"), Some(u64::MAX));
    for text in ["", " ", "+", "-", "1 ", "0x1", "1.5"] {
        assert_eq!(parse_u64(text.as_bytes()), None, "{text:?}");
    }
    assert_eq!(
        (parse_cursor(b"-5"), parse_cursor(b"+5"), parse_cursor(b" 5")),
        (Some(5u64.wrapping_neg()), Some(5), None)
    );
    assert_eq!(
        (parse_cursor(b""), parse_cursor(b"\x001"), parse_cursor(b"12\0x"), parse_cursor(b"-\0")),
        (Some(0), Some(0), Some(12), None)
    );
}

#[test]
fn doubles_are_read_as_strtod_does() {
    let good: &[(&str, f64)] = &[
        ("1", 1.0),
        ("+1.5", 1.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("-0", -0.0),
        ("1e3", 1000.0),
        ("1E+3", 1000.0),
        ("00012", 12.0),
        ("inf", f64::INFINITY),
        ("-Infinity", f64::NEG_INFINITY),
        ("+INF", f64::INFINITY),
        ("0x10", 16.0),
        ("-0X1.8p1", -3.0),
        ("0x.8", 0.5),
        ("0x1.P-2", 0.25),
        ("0x1.fffffffffffff7fffp0", 1.999_999_999_999_999_8),
        ("0x1.fffffffffffff8p0", 2.0),
        ("0x1.00000000000008p0", 1.0),
        ("0x1.000000000000080000000000000000000001p0", 1.000_000_000_000_000_2),
        ("0x1p-1074", 5e-324),
        ("0x1.8p-1075", 5e-324),
        ("0x1.fffffffffffffp1023", f64::MAX),
        ("0x10000000000000000000000000000p-100", 4096.0),
        ("0x0p99999999999999999999", 0.0),
        ("0e999999", 0.0),
        ("5e-324", 5e-324),
        ("179769313486231570000e288", 1.797_693_134_862_315_7e308),
    ];
    for &(text, want) in good {
        assert_eq!(parse_f64(text.as_bytes()).map(f64::to_bits), Some(want.to_bits()), "{text}");
    }
    let bad = [
        "",
        " 1",
        "1 ",
        "nan",
        "NaN",
        "-nan",
        "1e",
        "1e+",
        ".",
        "-",
        "+",
        "--1",
        "0x",
        "0x.",
        "0xp1",
        "0x1p",
        "1e400",
        "-1e400",
        "1e-400",
        "0x1p1024",
        "0x1p-1076",
        "0x1.fffffffffffff8p1023",
        "1_0",
        "in",
        "infi",
        "1\0",
        "e5",
        "0x1g",
        "++inf",
    ];
    for text in bad {
        assert_eq!(parse_f64(text.as_bytes()), None, "{text:?}");
    }
    assert_eq!(parse_f64(b"\xff1"), None);
    assert_eq!(parse_f64(b"1\xff"), None);
}

#[test]
fn doubles_print_as_redis_7_2() {
    let cases: &[(f64, &str)] = &[
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (-3.0, "-3"),
        (0.1, "0.1"),
        (-1.5, "-1.5"),
        (3.25, "3.25"),
        (1234.5678, "1234.5678"),
        (1e15, "1000000000000000"),
        (4e18, "4000000000000000000"),
        (5e18, "5e+18"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (-1e100, "-1e+100"),
        (12345678901234567890.0, "12345678901234567000"),
        (0.001, "0.001"),
        (0.00001, "0.00001"),
        (0.000001, "0.000001"),
        (0.0000001, "1e-7"),
        (1.5e-9, "1.5e-9"),
        (0.000123456789, "1.23456789e-4"),
        (0.00123456789, "0.00123456789"),
        (0.00000123456789, "1.23456789e-6"),
        (1e-10, "1e-10"),
        (5e-324, "5e-324"),
        (2.2250738585072014e-308, "2.2250738585072014e-308"),
        (f64::MAX, "1.7976931348623157e+308"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
        (f64::NAN, "nan"),
        (0.30000000000000004, "0.30000000000000004"),
    ];
    for &(value, want) in cases {
        assert_eq!(printed(value), want);
    }
}

#[test]
fn memory_units_and_their_human_form() {
    for (text, want) in [
        ("0", Some(0)),
        ("100", Some(100)),
        ("1b", Some(1)),
        ("1k", Some(1000)),
        ("1KB", Some(1024)),
        ("2m", Some(2_000_000)),
        ("2Mb", Some(2 << 20)),
        ("3g", Some(3_000_000_000)),
        ("3gB", Some(3 << 30)),
        ("", Some(0)),
        ("kb", Some(0)),
        ("18446744073709551616", Some(u64::MAX)),
        ("-1", None),
        ("+1", None),
        ("1 kb", None),
        ("1t", None),
        ("1.5gb", None),
    ] {
        assert_eq!(parse_memory(text.as_bytes()), want, "{text:?}");
    }
    assert_eq!(parse_memory(&[b'1'; 128]), None);
    for (bytes, want) in [
        (0, "0B"),
        (1023, "1023B"),
        (1024, "1.00K"),
        (1536, "1.50K"),
        (1152, "1.12K"),
        (1048575, "1024.00K"),
        (865_408, "845.12K"),
        (1 << 20, "1.00M"),
        (16_691_986_432, "15.55G"),
        (1 << 40, "1.00T"),
        (3 << 50, "3.00P"),
        (1 << 60, "1152921504606846976B"),
    ] {
        assert_eq!(human_bytes(bytes), want);
    }
}

proptest! {
    #[test]
    fn any_integer_round_trips(value in any::<i64>(), shift in 0u32..64) {
        let value = value >> shift;
        let mut buf = IntBuf::new();
        let text = fmt_i64(value, &mut buf).to_vec();
        prop_assert_eq!(parse_i64(&text), Some(value));
        prop_assert_eq!(digits_i64(value), text.len());
        let mut out = Vec::new();
        push_i64(&mut out, value);
        prop_assert_eq!(&out, &text);
        let unsigned = value as u64;
        prop_assert_eq!(parse_u64(fmt_u64(unsigned, &mut IntBuf::new())), Some(unsigned));
    }

    #[test]
    fn integer_reading_is_the_inverse_of_printing(text in "[-+ 0-9]{0,21}") {
        let want = text.parse::<i64>().ok().filter(|value| value.to_string() == text);
        prop_assert_eq!(parse_i64(text.as_bytes()), want);
    }

    #[test]
    fn any_double_round_trips_and_is_shortest(bits in any::<u64>()) {
        let value = f64::from_bits(bits);
        prop_assume!(value.is_finite());
        let text = printed(value);
        prop_assert_eq!(parse_f64(text.as_bytes()).map(f64::to_bits), Some(value.to_bits()), "{}", text);
        let hex = format!("{}0x{:x}p{}", if value < 0.0 { "-" } else { "" },
            bits & ((1 << 52) - 1) | if bits >> 52 & 0x7ff == 0 { 0 } else { 1 << 52 },
            (bits >> 52 & 0x7ff).max(1) as i64 - 1075);
        prop_assert_eq!(parse_f64(hex.as_bytes()).map(f64::abs), Some(value.abs()));
    }

    #[test]
    fn any_text_is_read_or_refused(text in proptest::collection::vec(any::<u8>(), 0..40)) {
        parse_f64(&text);
        parse_u64(&text);
        parse_memory(&text);
    }
}
