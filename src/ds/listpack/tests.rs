//! The listpack against a vector, its bytes against those of Redis, foreign bytes against nothing at all.

use super::*;
use proptest::prelude::*;

fn texts(list: &Listpack) -> Vec<Vec<u8>> {
    list.iter().map(|entry| entry.to_vec()).collect()
}

fn of(elements: &[&[u8]]) -> Listpack {
    let mut list = Listpack::new();
    elements.iter().for_each(|text| assert!(list.append(*text)));
    list
}

/// Bytes of a listpack with one element, header and end left out.
fn coded(text: &[u8]) -> Vec<u8> {
    let list = of(&[text]);
    assert_eq!(texts(&list), [text]);
    assert_eq!(Listpack::validate(list.as_bytes(), true), Ok(1));
    list.as_bytes()[HEADER..list.byte_len() - 1].to_vec()
}

#[test]
fn the_bytes_are_those_of_redis() {
    // DUMP of a list a, 1, -1, 5000, 100000, 10000000, 5000000000 in redis-server 7.0.15.
    let list = of(&[b"a", b"1", b"-1", b"5000", b"100000", b"10000000", b"5000000000"]);
    let expected = b"\x2d\0\0\0\x07\0\x81a\x02\x01\x01\xdf\xff\x02\xf1\x88\x13\x03\xf2\xa0\x86\x01\x04\
        \xf3\x80\x96\x98\x00\x05\xf4\x00\xf2\x05\x2a\x01\x00\x00\x00\x09\xff";
    let mut expected = expected.to_vec();
    expected[0] = expected.len() as u8;
    assert_eq!(list.as_bytes().escape_ascii().to_string(), expected.escape_ascii().to_string());
}

#[test]
fn every_encoding_on_both_sides_of_its_bounds() {
    let ints: &[(i64, u8, usize)] = &[
        (0, 0, 1),
        (127, 127, 1),
        (128, 0xc0, 2),
        (-1, 0xdf, 2),
        (4095, 0xcf, 2),
        (-4096, 0xd0, 2),
        (4096, 0xf1, 3),
        (-4097, 0xf1, 3),
        (32767, 0xf1, 3),
        (-32768, 0xf1, 3),
        (32768, 0xf2, 4),
        (-32769, 0xf2, 4),
        (8_388_607, 0xf2, 4),
        (-8_388_608, 0xf2, 4),
        (8_388_608, 0xf3, 5),
        (i64::from(i32::MIN), 0xf3, 5),
        (i64::from(i32::MAX) + 1, 0xf4, 9),
        (i64::MIN, 0xf4, 9),
        (i64::MAX, 0xf4, 9),
    ];
    for &(number, first, len) in ints {
        let bytes = coded(number.to_string().as_bytes());
        assert_eq!((bytes[0], bytes.len()), (first, len + 1), "{number}");
        let mut same = Listpack::new();
        same.append(number);
        assert_eq!(same.iter().next(), Some(Entry::Int(number)));
        assert_eq!(same.as_bytes()[HEADER..same.byte_len() - 1], bytes[..]);
    }
    for text in [&b"01"[..], b"-0", b"+1", b"", b" 1", b"9223372036854775808", b"1.0"] {
        assert_eq!(coded(text)[0], 0x80 | text.len() as u8);
    }
    for (len, first, head) in [(63, 0xbf, 1), (64, 0xe0, 2), (4095, 0xef, 2), (4096, 0xf0, 5)] {
        let bytes = coded(&vec![b'x'; len]);
        assert_eq!((bytes[0], bytes.len()), (first, head + len + back_size(head + len)));
    }
}

#[test]
fn back_lengths_change_width_where_those_of_redis_do() {
    for (len, size) in [(127, 1), (128, 2), (16_382, 2), (16_383, 3), (2_097_150, 3), (2_097_151, 4)] {
        assert_eq!(back_length(len).1, size);
    }
    for len in [120, 130, 16_370, 16_390, 2_097_140, 2_097_160] {
        let list = of(&[&vec![b'x'; len], b"end"]);
        assert_eq!(texts(&list).len(), 2);
        assert_eq!(list.at(-2).unwrap().text_len(), len);
        assert!(Listpack::from_bytes(list.into_bytes()).is_ok());
    }
}

#[test]
fn beyond_65534_elements_they_are_counted() {
    let mut list = Listpack::new();
    for n in 0..65_540 {
        list.append(n % 100);
    }
    assert_eq!((list.known_len(), list.len()), (None, 65_540));
    assert_eq!(Listpack::validate(list.as_bytes(), true), Ok(65_540));
    assert_eq!(list.at(65_539), Some(Entry::Int(39)));
    assert_eq!(list.at(-65_540), Some(Entry::Int(0)));
    assert_eq!((list.at(65_540), list.at(-65_541)), (None, None));
    list.delete_range(-10, 20);
    assert_eq!(list.len(), 65_530);
    let tail = list.split_off(65_000);
    assert_eq!((list.known_len(), tail.known_len()), (Some(65_000), Some(530)));
}

#[test]
fn search_skips_and_compares_numbers_as_texts() {
    let list = of(&[b"f", b"10", b"10", b"f", b"g", b"007"]);
    let first = list.first().unwrap();
    assert_eq!(list.find(first, b"10", 0), list.seek(1));
    assert_eq!(list.find(first, b"10", 1), list.seek(2));
    assert_eq!(list.find(first, b"f", 1), list.seek(0));
    assert_eq!(list.find(first, b"7", 0), None);
    assert_eq!(list.find(first, b"007", 1), None);
    assert!(list.is_at(first, b"f") && !list.is_at(first, b"g"));
    assert!(Listpack::new().find_first(b"").is_none());
}

#[test]
fn damage_is_seen() {
    let good = of(&[b"abc", b"12", &[b'x'; 200]]).into_bytes();
    for cut in 0..good.len() {
        assert!(Listpack::from_bytes(good[..cut].to_vec()).is_err());
    }
    for (at, byte) in [(0, 1), (4, 4), (4, 2), (6, 0x84), (6, 0xf5), (10, 5), (good.len() - 1, 0)] {
        let mut bad = good.clone();
        assert_ne!(bad[at], byte);
        bad[at] = byte;
        assert!(Listpack::from_bytes(bad).is_err(), "{at} {byte}");
    }
    assert!(Listpack::validate(&good, false).is_ok());
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let number = (any::<i64>(), 0u32..64).prop_map(|(n, shift)| (n >> shift).to_string().into_bytes());
    let noise = proptest::collection::vec(any::<u8>(), 0..70);
    let long = (any::<u8>(), 60usize..5000).prop_map(|(byte, len)| vec![byte; len]);
    prop_oneof![4 => number, 4 => noise, 1 => long]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn it_is_a_vector_of_texts(
        steps in proptest::collection::vec((0u8..10, any::<u16>(), text()), 0..60),
    ) {
        let (mut list, mut model) = (Listpack::new(), Vec::<Vec<u8>>::new());
        for (what, at, text) in steps {
            let len = model.len();
            let index = if len == 0 { 0 } else { usize::from(at) % len };
            let pos = list.seek(index as i64);
            prop_assert_eq!(pos.is_some(), len != 0);
            match (what, pos) {
                (0..=2, _) => { list.append(&text); model.push(text); }
                (3, _) => { list.prepend(&text); model.insert(0, text); }
                (4, Some(pos)) => {
                    prop_assert_eq!(list.insert_before(pos, &text), Some(pos));
                    model.insert(index, text);
                }
                (5, Some(pos)) => {
                    let new = list.insert_after(pos, &text).unwrap();
                    prop_assert!(list.is_at(new, &text));
                    model.insert(index + 1, text);
                }
                (6, Some(pos)) => { list.replace(pos, &text); model[index] = text; }
                (7, Some(pos)) => {
                    let next = list.delete(pos);
                    model.remove(index);
                    prop_assert_eq!(next.map(|pos| list.get(pos).to_vec()), model.get(index).cloned());
                }
                (8, Some(_)) => {
                    let count = text.len() % 5;
                    list.delete_range(index as i64 - len as i64, count);
                    model.drain(index..len.min(index + count));
                }
                (9, Some(_)) => {
                    let tail = list.split_off(index);
                    let right = model.split_off(index);
                    prop_assert_eq!(&texts(&tail), &right);
                    if text.len() % 2 == 0 {
                        list.append_all(&tail);
                        model.extend(right);
                    }
                    list.retain(|entry| entry.text_len() != 3);
                    model.retain(|text| text.len() != 3);
                }
                _ => {}
            }
            prop_assert_eq!(Listpack::validate(list.as_bytes(), true), Ok(model.len()));
            prop_assert_eq!(list.len(), model.len());
            prop_assert_eq!(list.mem_bytes() <= 16 + list.byte_len() * 3 / 2, true);
        }
        prop_assert_eq!(&texts(&list), &model);
        let back: Vec<_> = list.iter().rev().map(|entry| entry.to_vec()).collect();
        prop_assert!(back.iter().eq(model.iter().rev()));
        for (index, text) in model.iter().enumerate() {
            prop_assert!(list.at(index as i64).unwrap().is(text));
            prop_assert!(list.at(index as i64 - model.len() as i64).unwrap().is(text));
            let first = model.iter().position(|other| other == text).unwrap();
            prop_assert_eq!(list.find_first(text), list.seek(first as i64));
        }
        let mut again = Listpack::new();
        model.iter().for_each(|text| { again.append(text); });
        prop_assert_eq!(again.as_bytes(), list.as_bytes());
    }

    #[test]
    fn random_bytes_never_panic(
        body in proptest::collection::vec(prop_oneof![any::<u8>(), 0xf0u8..=0xff, 0u8..4], 0..120),
        count: u8,
        sound: bool,
        start in 0usize..130,
    ) {
        let mut bytes = vec![0, 0, 0, 0, count % 8, 0];
        bytes.extend_from_slice(&body);
        bytes.push(END);
        if sound {
            let len = bytes.len() as u32;
            bytes[..4].copy_from_slice(&len.to_le_bytes());
        }
        let _ = Listpack::validate(&bytes, false);
        let valid = Listpack::validate(&bytes, true);
        // Unchecked on purpose: reading and changing must hold even then.
        let mut list = Listpack { bytes };
        let forward = list.iter().count();
        let backward = list.iter().rev().count();
        if let Ok(found) = valid {
            prop_assert_eq!((forward, backward), (found, found));
        }
        let _ = (list.len(), list.seek(3), list.seek(-3), list.find_first(b"5"));
        let _ = list.find(Pos(start), b"x", 1);
        let _ = (list.next(Pos(start)), list.prev(Pos(start)), list.get(Pos(start)));
        list.delete(Pos(start));
        list.insert_after(Pos(start), b"new");
        list.replace(Pos(start), &[7u8; 90]);
        list.delete_range(1, 2);
        let _ = list.split_off(1);
        list.retain(|entry| entry.text_len() > 1);
    }
}

#[test]
fn a_back_length_that_runs_into_what_is_before_it_is_refused() {
    // An empty string whose back length is 0x81: read backwards it goes on with 0x80 and the header's zero, and
    // happens to be 1 until something else stands there.
    let bytes = [9, 0, 0, 0, 1, 0, 0x80, 0x81, END];
    assert_eq!(Listpack::validate(&bytes, true), Err(Damaged));
    let bytes = [9, 0, 0, 0, 1, 0, 0x80, 1, END];
    assert_eq!(Listpack::validate(&bytes, true), Ok(1));
}
