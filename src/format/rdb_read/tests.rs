//! Files of a real server, every way of cutting them, and every way of damaging them.

use super::*;
use crate::format::rdb_error::Source;
use proptest::prelude::*;

/// Written by Redis 7.0.15: strings of each encoding in databases 0 and 3.
const PLAIN: &str = "\
    524544495330303130fa0972656469732d76657206372e302e3135fa0a72656469732d62697473c040fa056374696d65c226\
    e7026bfa08757365642d6d656dc2c8790f00fa08616f662d62617365c000fe00fb09010005656d707479000003733136c1d4\
    fe00c1e803076b65792d696e7400036c7a66c3094040016161e033000161610003733332c270110100000568656c6c6f0577\
    6f726c64fc7bd8c32cbb0300000003657870017600037336340b313233343536373839303100027338c0fbfe03fb02000005\
    6c656e37304044303132333435363738396162636465666768696a6b6c6d6e6f707172737475767778797a41424344454647\
    48494a4b4c4d4e4f505152535455565758595a2b2d2a2f3d2100056f7468657203646233ffe72b06f27585864b";
/// The same keys under `maxmemory-policy allkeys-lru`, with a function library.
const LRU: &str = "\
    524544495330303130fa0972656469732d76657206372e302e3135fa0a72656469732d62697473c040fa056374696d65c226\
    e7026bfa08757365642d6d656dc248dc0f00fa08616f662d62617365c000f5404623216c7561206e616d653d6d796c69620a\
    72656469732e72656769737465725f66756e6374696f6e282766272c2066756e6374696f6e28292072657475726e20312065\
    6e6429fe00fb0901f8000005656d70747900f8000003733136c1d4fef80000037336340b3132333435363738393031f80000\
    036c7a66c3094040016161e03300016161f8000003733332c270110100fc7bd8c32cbb030000f80000036578700176f80000\
    0568656c6c6f05776f726c64f80000c1e803076b65792d696e74f80000027338c0fbfe03fb0200f80000056c656e37304044\
    303132333435363738396162636465666768696a6b6c6d6e6f707172737475767778797a4142434445464748494a4b4c4d4e\
    4f505152535455565758595a2b2d2a2f3d21f80000056f7468657203646233ff80a86636eee1082c";
/// The same keys under allkeys-lfu, without checksum and compression.
const LFU: &str = "\
    524544495330303130fa0972656469732d76657206372e302e3135fa0a72656469732d62697473c040fa056374696d65c226\
    e7026bfa08757365642d6d656dc2887a0f00fa08616f662d62617365c000fe00fb0901f90500036c7a664040616161616161\
    6161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161\
    6161616161616161f90500c1e803076b65792d696e74f90500037336340b3132333435363738393031f90500027338c0fbf9\
    050005656d70747900f9050003733332c270110100f9050003733136c1d4fef905000568656c6c6f05776f726c64fc7bd8c3\
    2cbb030000f90600036578700176fe03fb0200f90500056f7468657203646233f90500056c656e3730404430313233343536\
    3738396162636465666768696a6b6c6d6e6f707172737475767778797a4142434445464748494a4b4c4d4e4f505152535455\
    565758595a2b2d2a2f3d21ff0000000000000000";

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

/// An item in a form that can be compared.
fn show(item: &Item<'_>) -> String {
    let text = |b: &[u8]| b.escape_ascii().to_string();
    match item {
        Item::Entry { key, value, expire, idle, freq } => {
            let value = match value {
                NewValue::Int(n) => format!("int {n}"),
                NewValue::Str(b) => format!("str {}", text(b)),
                NewValue::Raw(b) => format!("str {}", text(b)),
                NewValue::Obj(v) => panic!("{v:?}"),
            };
            format!("{} = {value} {expire:?} {idle:?} {freq:?}", text(key))
        }
        Item::Aux { key, value } => format!("aux {} {}", text(key), text(value)),
        Item::Function { code, raw } => format!("function {} {}", text(code), raw.len()),
        other => format!("{other:?}"),
    }
}

/// Reads `data` in pieces of the sizes given, over and over; also checks that memory follows what arrived.
fn read_in(data: &[u8], sizes: &[usize], opts: ReadOptions) -> Result<Vec<String>, RdbError> {
    let mut reader = RdbReader::new(opts);
    let (mut items, mut at, mut sizes) = (Vec::new(), 0, sizes.iter().cycle());
    while at < data.len() && !reader.is_done() {
        let end = data.len().min(at + *sizes.next().unwrap());
        let mut feed = reader.feed(&data[at..end]);
        while let Some(item) = feed.next()? {
            items.push(show(&item));
        }
        at += feed.consumed();
        assert!(feed.is_done() || at == end, "a chunk is used up");
        drop(feed);
        // 88 is what LZF can gain at most.
        assert!(reader.capacity() <= 128 + 2 * at + 88 * at, "{} after {at}", reader.capacity());
        assert_eq!(reader.offset(), at as u64);
    }
    reader.finish()?;
    Ok(items)
}

fn read(data: &[u8]) -> Result<Vec<String>, RdbError> {
    read_in(data, &[data.len().max(1)], ReadOptions::default())
}

/// A file of one unit.
fn around(unit: &[u8]) -> Vec<u8> {
    [b"REDIS0004", unit, b"\xFF"].concat()
}

#[test]
fn a_file_of_a_real_server() {
    let items = read(&unhex(PLAIN)).unwrap();
    let long_a = "a".repeat(64);
    let expected = [
        "Header { version: 10 }",
        "aux redis-ver 7.0.15",
        "aux redis-bits 64",
        "aux ctime 1795352358",
        "aux used-mem 1014216",
        "aux aof-base 0",
        "SelectDb(0)",
        "ResizeDb { keys: 9, expires: 1 }",
        "empty = str  None None None",
        "s16 = int -300 None None None",
        "1000 = str key-int None None None",
        &format!("lzf = str {long_a} None None None"),
        "s32 = int 70000 None None None",
        "hello = str world None None None",
        "exp = str v Some(4102444800123) None None",
        "s64 = int 12345678901 None None None",
        "s8 = int -5 None None None",
        "SelectDb(3)",
        "ResizeDb { keys: 2, expires: 0 }",
        "len70 = str 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-*/=! None None None",
        "other = str db3 None None None",
        "End { checksum: Some(5442183941341981671), verified: true }",
    ];
    assert_eq!(items, expected);
}

#[test]
fn usage_and_functions_of_a_real_server() {
    let lru = read(&unhex(LRU)).unwrap();
    assert!(lru.contains(&"exp = str v Some(4102444800123) Some(0) None".to_string()));
    let code = "#!lua name=mylib\\nredis.register_function(\\'f\\', function() return 1 end)";
    assert!(lru.contains(&format!("function {code} 73")), "{lru:?}");
    let lfu = read(&unhex(LFU)).unwrap();
    assert!(lfu.contains(&"exp = str v Some(4102444800123) None Some(6)".to_string()));
    assert!(lfu.contains(&"other = str db3 None None Some(5)".to_string()));
    assert_eq!(lfu.last().unwrap(), "End { checksum: Some(0), verified: false }");
}

#[test]
fn cutting_anywhere_changes_nothing() {
    for hex in [PLAIN, LRU, LFU] {
        let data = unhex(hex);
        let whole = read(&data).unwrap();
        for size in [1, 2, 3, 7, 50] {
            assert_eq!(read_in(&data, &[size], ReadOptions::default()).unwrap(), whole);
        }
        for cut in 1..data.len() {
            assert_eq!(read_in(&data, &[cut, data.len()], ReadOptions::default()).unwrap(), whole);
        }
    }
}

#[test]
fn a_file_that_stops_is_an_unexpected_eof_at_every_byte() {
    for data in [unhex(PLAIN), unhex(LRU)] {
        for cut in 0..data.len() {
            for size in [1, data.len()] {
                let error = read_in(&data[..cut], &[size], ReadOptions::default()).unwrap_err();
                assert_eq!((error.kind, error.offset), (ErrorKind::UnexpectedEof, cut as u64));
            }
        }
    }
}

#[test]
fn a_flipped_bit_is_noticed_and_harms_nothing() {
    let data = unhex(PLAIN);
    let loose = ReadOptions { checksum: false, ..ReadOptions::default() };
    for bit in 0..data.len() * 8 {
        let mut bad = data.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let _ = read_in(&bad, &[11], loose);
        match read(&bad) {
            Err(error) => assert!(!error.log_lines(Source::File).is_empty()),
            Ok(items) => assert!(bit < 72, "only a version without checksum hides it: {items:?}"),
        }
    }
}

#[test]
fn bytes_behind_the_end_are_left_to_the_caller() {
    let data = [&unhex(PLAIN)[..], b"*1\r\n"].concat();
    let mut reader = RdbReader::new(ReadOptions::default());
    let mut feed = reader.feed(&data);
    while feed.next().unwrap().is_some() {}
    assert!(feed.is_done());
    assert_eq!(&data[feed.consumed()..], b"*1\r\n");
}

#[test]
fn stopping_early_and_going_on_loses_nothing() {
    let data = unhex(LRU);
    let mut reader = RdbReader::new(ReadOptions::default());
    let (mut at, mut items) = (0, Vec::new());
    while !reader.is_done() {
        let mut feed = reader.feed(&data[at..data.len().min(at + 40)]);
        if let Some(item) = feed.next().unwrap() {
            items.push(show(&item));
        }
        at += feed.consumed();
    }
    assert_eq!(items, read(&data).unwrap());
}

#[test]
fn the_checksum_is_compared_only_where_there_is_one() {
    let mut data = unhex(PLAIN);
    let last = data.len() - 1;
    data[last] ^= 0xFF;
    let error = read(&data).unwrap_err();
    let ErrorKind::Checksum { expected, got } = error.kind else { panic!("{error}") };
    assert_eq!((expected ^ got, error.offset), (0xFF << 56, last as u64 - 7));
    let loose = ReadOptions { checksum: false, ..ReadOptions::default() };
    let items = read_in(&data, &[5], loose).unwrap();
    assert!(items.last().unwrap().ends_with("verified: false }"));
    assert_eq!(read(b"REDIS0004\xFF").unwrap()[1], "End { checksum: None, verified: false }");
    assert_eq!(read(b"REDIS0005\xFF").unwrap_err().kind, ErrorKind::UnexpectedEof);
}

#[test]
fn headers_as_redis_takes_them() {
    let kind = |head: &[u8]| read(head).unwrap_err().kind;
    assert_eq!(kind(b"RADIS0010"), ErrorKind::Signature);
    assert_eq!(kind(b"REDIS0013"), ErrorKind::Version(13));
    assert_eq!(kind(b"REDIS0000"), ErrorKind::Version(0));
    assert_eq!(kind(b"REDIS-001"), ErrorKind::Version(-1));
    assert_eq!(kind(b"REDISx010"), ErrorKind::Version(0));
    assert_eq!(kind(b"REDIS0012"), ErrorKind::UnexpectedEof);
    assert_eq!(kind(b"REDIS+9 x"), ErrorKind::UnexpectedEof);
}

#[test]
fn old_and_foreign_units() {
    let old = read(&around(b"\xFD\x01\0\0\0\0\x01k\x01v")).unwrap();
    assert_eq!(old[1], "k = str v Some(1000) None None");
    let never = read(&around(b"\xFC\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\x01k\x01v")).unwrap();
    assert_eq!(never[1], "k = str v None None None");
    let both = read(&around(b"\xF9\x07\xF8\x09\xFD\xFE\xFF\xFF\xFF\0\x01k\x01v\0\x01l\x02-1")).unwrap();
    assert_eq!(both[1..3], ["k = str v Some(-2000) Some(9) Some(7)", "l = int -1 None None None"]);
    let slot = read(&around(b"\xF4\x41\x00\x02\x03")).unwrap();
    assert_eq!(slot[1], "SlotInfo { slot: 256, keys: 2, expires: 3 }");
    let aux = read(&around(b"\xF7\x05\x02\x01\x01\x09\x05\x01x\0")).unwrap();
    assert_eq!(aux[1], "ModuleAux { id: 5 }");
}

#[test]
fn what_cannot_be_loaded_says_what_and_where() {
    let error = |unit: &[u8]| read(&around(unit)).unwrap_err();
    assert_eq!(error(b"\0\x01k\x01v\x0f").offset, 15);
    assert_eq!(error(b"\0\x01k\x01v\x18").kind, ErrorKind::UnsupportedType(24));
    assert_eq!(error(b"\x18").to_string(), "offset 9: RDB encoding type 24 (hash-metadata) is not supported");
    assert_eq!(error(b"\x1A").kind, ErrorKind::UnknownType(26));
    assert_eq!(error(b"\x07\x01k\x05").kind, ErrorKind::ModuleValue(5));
    assert_eq!(error(b"\xF7\x05\x01\x01\0").kind, ErrorKind::ModuleWhen);
    assert_eq!(error(b"\0\x01k\xC3\x02\x40\x40\x00a").kind, ErrorKind::Lzf);
    assert_eq!(error(b"\0\x82").kind, ErrorKind::LengthEncoding(2));
    assert_eq!(error(b"\0\x82").offset, 10);
    let few = ReadOptions { databases: 16, ..ReadOptions::default() };
    let data = around(b"\xFE\x10");
    assert_eq!(read_in(&data, &[99], few).unwrap_err().kind, ErrorKind::Databases(16));
}

#[test]
fn an_error_stays() {
    for unit in [&b"\0\x01k\xC3\x02\x40\x40\x00a"[..], b"\x0f"] {
        let data = around(unit);
        let mut reader = RdbReader::new(ReadOptions::default());
        let mut feed = reader.feed(&data);
        feed.next().unwrap();
        let first = feed.next().unwrap_err();
        assert_eq!(feed.next().unwrap_err(), first);
        drop(feed);
        assert_eq!(reader.finish().unwrap_err(), first);
    }
}

#[test]
fn a_huge_claim_allocates_nothing() {
    let mut reader = RdbReader::new(ReadOptions::default());
    let mut feed = reader.feed(b"REDIS0010\0\x01k\x81\0\0\0\x40\0\0\0\0abc");
    assert!(matches!(feed.next(), Ok(Some(Item::Header { .. }))));
    assert!(feed.next().unwrap().is_none());
    drop(feed);
    assert!(reader.capacity() <= 64);
    assert_eq!(reader.finish().unwrap_err().kind, ErrorKind::UnexpectedEof);
}

#[test]
fn a_collection_of_any_size_is_built_as_it_arrives() {
    let members = 20_000;
    let mut unit = vec![rdb::kind::SET, 3, b'k', b'e', b'y'];
    unit.extend_from_slice(rdb::put_length(members, &mut [0; 9]));
    (0..members).for_each(|number| unit.extend_from_slice(format!("\x10member {number:09}").as_bytes()));
    let data = around(&[&[opcode::FREQ, 7][..], &unit, b"\0\x01k\x01v"].concat());
    for size in [1, 30, 1000] {
        let mut reader = RdbReader::new(ReadOptions::default());
        let mut found = Vec::new();
        for chunk in data.chunks(size) {
            let mut feed = reader.feed(chunk);
            while let Some(item) = feed.next().unwrap() {
                if let Item::Entry { key, value, freq, .. } = item {
                    let len = if let NewValue::Obj(value) = value { value.len() } else { 1 };
                    found.push((key.to_vec(), len, freq));
                }
            }
            drop(feed);
            assert!(reader.capacity() <= 128, "an element and a key are all that is kept apart");
        }
        let expected = [(b"key".to_vec(), members as usize, Some(7)), (b"k".to_vec(), 1, None)];
        assert_eq!(found, expected);
    }
}

#[test]
fn an_error_inside_a_collection_names_the_element_and_its_key() {
    // The second member comes twice.
    let data = around(b"\0\x01k\x01v\x02\x03key\x03\x01a\x01b\x01b");
    let mut reader = RdbReader::new(ReadOptions::default());
    let mut feed = reader.feed(&data);
    let error = loop {
        match feed.next() {
            Ok(item) => assert!(item.is_some()),
            Err(error) => break error,
        }
    };
    drop(feed);
    assert_eq!(error.kind, ErrorKind::Damaged("Duplicate set members detected"));
    assert_eq!((reader.unit_offset(), error.offset), (9 + 5, 9 + 5 + 6 + 4));
}

#[test]
fn a_large_gathered_string_is_handed_over_with_a_buffer_of_its_size() {
    let body = vec![b'x'; 100_000];
    for key in [&b"\x01k"[..], b"\xC0\x05"] {
        let data = around(&[&b"\0"[..], key, b"\x80\x00\x01\x86\xA0", &body].concat());
        let mut reader = RdbReader::new(ReadOptions::default());
        let mut raw = None;
        for chunk in data.chunks(1000) {
            let mut feed = reader.feed(chunk);
            while let Some(item) = feed.next().unwrap() {
                if let Item::Entry { key, value: NewValue::Raw(v), .. } = item {
                    assert!(key == b"k" || key == b"5");
                    raw = Some(v);
                }
            }
        }
        let raw = raw.expect("handed over");
        assert_eq!(raw, body);
        assert!(raw.capacity() < body.len() + 64);
        assert!(reader.is_done() && reader.capacity() < HAND_OVER);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn noise_after_a_header_neither_panics_nor_allocates(
        noise in proptest::collection::vec(any::<u8>(), 0..300),
        sizes in proptest::collection::vec(1usize..40, 1..4),
    ) {
        let data = [b"REDIS0010", &noise[..]].concat();
        let cut = read_in(&data, &sizes, ReadOptions::default());
        prop_assert_eq!(cut, read(&data));
    }
}
