//! What is written is what Redis writes, and reads back.

use super::*;
use crate::base::num::push_i64;
use crate::format::rdb_read::{Item, RdbReader, ReadOptions};
use proptest::prelude::*;

const AUX: Aux<'static> =
    Aux { version: b"7.2.4", ctime: 1_700_000_000, used_mem: 1_000_000, repl: None, aof_base: false };

#[derive(Clone, Debug, PartialEq)]
struct Row {
    db: u64,
    key: Vec<u8>,
    value: Vec<u8>,
    expire: Option<i64>,
}

fn write(rows: &[Row], opts: WriteOptions<'_>) -> Vec<u8> {
    let mut writer = RdbWriter::new(Vec::new(), opts);
    writer.begin(&AUX).unwrap();
    let mut db = None;
    for row in rows {
        if db != Some(row.db) {
            writer.select_db(row.db as usize, 1, 0).unwrap();
            db = Some(row.db);
        }
        writer.entry(&Entry::string(&row.key, &row.value, row.expire)).unwrap();
    }
    let (data, written) = writer.finish().unwrap();
    assert_eq!((written.bytes, written.keys), (data.len() as u64, rows.len() as u64));
    data
}

fn bytes(value: NewValue<'_>) -> Vec<u8> {
    match value {
        NewValue::Int(n) => {
            let mut text = Vec::new();
            push_i64(&mut text, n);
            text
        }
        NewValue::Str(b) => b.to_vec(),
        NewValue::Raw(b) => b,
        NewValue::Obj(v) => panic!("{v:?}"),
    }
}

fn opts(checksum: bool) -> ReadOptions {
    ReadOptions { checksum, ..ReadOptions::default() }
}

fn read(data: &[u8], sizes: &[usize]) -> Vec<Row> {
    let mut reader = RdbReader::new(ReadOptions::default());
    let (mut rows, mut now, mut at, mut sizes) = (Vec::new(), 0, 0, sizes.iter().cycle());
    while at < data.len() {
        let end = data.len().min(at + sizes.next().unwrap());
        let mut feed = reader.feed(&data[at..end]);
        while let Some(item) = feed.next().unwrap() {
            match item {
                Item::SelectDb(db) => now = db,
                Item::Entry { key, value, expire, .. } => {
                    rows.push(Row { db: now, key: key.to_vec(), value: bytes(value), expire });
                }
                Item::End { checksum, verified } => assert_eq!(verified, checksum != Some(0)),
                _ => {}
            }
        }
        at = end;
    }
    reader.finish().unwrap();
    rows
}

fn body(key: &[u8], value: &[u8], opts: WriteOptions<'_>) -> Vec<u8> {
    let mut writer = RdbWriter::new(Vec::new(), opts);
    writer.entry(&Entry::string(key, value, None)).unwrap();
    let (mut data, _) = writer.finish().unwrap();
    data.truncate(data.len() - 9);
    data
}

#[test]
fn header_and_attributes_in_the_order_of_redis() {
    let mut writer = RdbWriter::new(Vec::new(), WriteOptions::default());
    let id = *b"75cd7bc10c49047e0d163660f3b90625b1af31dc";
    let repl = ReplAux { stream_db: -1, id: &id, offset: 12 };
    writer.begin(&Aux { repl: Some(repl), aof_base: true, ..AUX }).unwrap();
    let (data, _) = writer.finish().unwrap();
    let expected = [
        &b"REDIS0010\xFA\x09redis-ver\x057.2.4\xFA\x0Aredis-bits\xC0\x40"[..],
        b"\xFA\x05ctime\xC2\x00\xF1\x53\x65",
        b"\xFA\x08used-mem\xC2\x40\x42\x0F\0\xFA\x0Erepl-stream-db\xC0\xFF\xFA\x07repl-id\x28",
        &id,
        b"\xFA\x0Brepl-offset\xC0\x0C\xFA\x08aof-base\xC0\x01\xFF",
    ]
    .concat();
    assert_eq!(data[..data.len() - 8].escape_ascii().to_string(), expected.escape_ascii().to_string());
}

#[test]
fn each_form_of_a_string() {
    let form = |value: &[u8]| body(b"k", value, WriteOptions::default())[3..].to_vec();
    assert_eq!(form(b"-5"), b"\xC0\xFB");
    assert_eq!(form(b"-300"), b"\xC1\xD4\xFE");
    assert_eq!(form(b"70000"), b"\xC2\x70\x11\x01\x00");
    assert_eq!(form(b"12345678901"), b"\x0B12345678901");
    assert_eq!(form(b"9223372036854775807"), b"\x139223372036854775807");
    assert_eq!(form(b"007"), b"\x03007");
    assert_eq!(form(b""), b"\0");
    assert_eq!(form(&[b'a'; 20]), [&b"\x14"[..], &[b'a'; 20]].concat());
    let packed = form(&[b'a'; 64]);
    assert!(packed[0] == 0xC3 && packed[2..4] == [0x40, 0x40] && packed.len() < 15);
    let plain = WriteOptions { compression: false, ..WriteOptions::default() };
    assert_eq!(body(b"1000", &[b'a'; 64], plain), [&b"\0\xC1\xE8\x03\x40\x40"[..], &[b'a'; 64]].concat());
}

#[test]
fn expiry_comes_before_usage_and_only_the_usage_of_the_policy() {
    let mut entry = Entry::string(b"k", b"v", Some(4_102_444_800_123));
    entry.set_lru(77);
    let write = |usage| {
        let opts = WriteOptions { usage, ..WriteOptions::default() };
        let mut writer = RdbWriter::new(Vec::new(), opts);
        writer.entry(&entry).unwrap();
        writer.finish().unwrap().0
    };
    let expiry = &b"\xFC\x7B\xD8\xC3\x2C\xBB\x03\0\0"[..];
    let idle = write(Usage::Idle(&|lru| u64::from(lru) + 100));
    assert!(idle.starts_with(&[expiry, b"\xF8\x40\xB1\0\x01k\x01v"].concat()));
    let freq = write(Usage::Freq(&|lru| lru as u8 + 1));
    assert!(freq.starts_with(&[expiry, b"\xF9\x4E\0\x01k\x01v"].concat()));
    assert!(write(Usage::None).starts_with(&[expiry, b"\0\x01k\x01v"].concat()));
}

#[test]
fn no_checksum_is_written_as_zero_and_versions_as_asked() {
    let data = write(&[], WriteOptions { checksum: false, version: 11, ..WriteOptions::default() });
    assert!(data.starts_with(b"REDIS0011") && data.ends_with(&[0xFF, 0, 0, 0, 0, 0, 0, 0, 0]));
    assert!(read(&data, &[4]).is_empty());
}

#[test]
fn functions_read_can_be_written_back() {
    let mut writer = RdbWriter::new(Vec::new(), WriteOptions::default());
    writer.begin(&AUX).unwrap();
    writer.function(&b"#!lua name=x\n".repeat(5)).unwrap();
    let first = writer.finish().unwrap().0;
    let mut reader = RdbReader::new(ReadOptions::default());
    let mut feed = reader.feed(&first);
    let mut again = RdbWriter::new(Vec::new(), WriteOptions::default());
    again.begin(&AUX).unwrap();
    while let Some(item) = feed.next().unwrap() {
        if let Item::Function { code, raw } = item {
            assert_eq!(code, b"#!lua name=x\n".repeat(5));
            again.raw(raw).unwrap();
        }
    }
    assert_eq!(again.finish().unwrap().0, first);
}

#[test]
fn progress_is_told_at_the_first_key_and_every_1024() {
    let mut told = Vec::new();
    let opts = WriteOptions { progress: Some(Box::new(|keys| told.push(keys))), ..WriteOptions::default() };
    let mut writer = RdbWriter::new(Vec::new(), opts);
    let entry = Entry::string(b"k", b"v", None);
    for _ in 0..2100 {
        writer.entry(&entry).unwrap();
    }
    writer.finish().unwrap();
    assert_eq!(told, [1, 1025, 2049]);
}

#[test]
fn dump_payloads_of_a_real_server() {
    let dump = |value: &[u8], compression| dump_payload(&Entry::string(b"k", value, None), compression);
    let minus_300 = b"\x00\xc1\xd4\xfe\n\x00\xc6\xc4\x86#\xfe\xbe\xde.";
    assert_eq!(dump(b"-300", true), minus_300);
    assert_eq!(dump(b"12345678901", true), b"\x00\x0b12345678901\n\x000NR\xd7'\x17e\x10");
    let packed = b"\x00\xc3\t@@\x01aa\xe03\x00\x01aa\n\x00\xc3e\x96\x12\xce\x1c\xc4l";
    assert!(dump(&[b'a'; 64], true).len() <= packed.len(), "other choices of matches are as good");
    let verbatim = [&b"\x00@@"[..], &[b'a'; 64], b"\n\x00-\x0cz\xcd\x8b\x92\x0b\xff"].concat();
    assert_eq!(dump(&[b'a'; 64], false), verbatim);
    for payload in [&packed[..], &verbatim] {
        let mut scratch = Vec::new();
        assert_eq!(bytes(restore_payload(payload, &mut scratch, &opts(true)).unwrap()), [b'a'; 64]);
    }
    assert!(matches!(restore_payload(minus_300, &mut Vec::new(), &opts(true)), Ok(NewValue::Int(-300))));
}

#[test]
fn damaged_payloads_are_refused_in_the_words_of_redis() {
    let good = dump_payload(&Entry::string(b"k", &[b'a'; 64], None), true);
    for cut in 0..good.len() {
        let refused = restore_payload(&good[..cut], &mut Vec::new(), &opts(true)).unwrap_err();
        assert_eq!(refused, RestoreError::Footer);
        let _ = restore_payload(&good[..cut], &mut Vec::new(), &opts(false));
    }
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(restore_payload(&bad, &mut Vec::new(), &opts(true)).unwrap_err(), RestoreError::Footer);
        let _ = restore_payload(&bad, &mut Vec::new(), &opts(false));
    }
    let mut list = vec![18, 0, 10, 0];
    list.extend_from_slice(&crc64(0, &list).to_le_bytes());
    let refused = restore_payload(&list, &mut Vec::new(), &opts(true)).unwrap_err();
    assert_eq!(refused.to_string(), "Bad data format");
    let newer = [&good[..good.len() - 10], &[13, 0], &[0; 8]].concat();
    assert_eq!(
        restore_payload(&newer, &mut Vec::new(), &opts(false)).unwrap_err().to_string(),
        "DUMP payload version or checksum are wrong"
    );
}

fn row() -> impl Strategy<Value = Row> {
    let noise = || proptest::collection::vec(any::<u8>(), 0..80);
    let run = (any::<u8>(), 0usize..40_000).prop_map(|(byte, len)| vec![byte; len]);
    let number = (any::<i64>(), 0u32..64).prop_map(|(n, shift)| (n >> shift).to_string().into_bytes());
    let text = prop_oneof![4 => noise(), 1 => run, 2 => number.clone()];
    let expire = proptest::option::of((0i64..1 << 50).prop_map(|n| n));
    (0u64..70_000, prop_oneof![noise(), number], text, expire).prop_map(|(db, key, value, expire)| Row {
        db,
        key,
        value,
        expire,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_is_written_reads_back_however_it_arrives(
        rows in proptest::collection::vec(row(), 0..20),
        sizes in proptest::collection::vec(1usize..5000, 1..6),
        (checksum, compression) in any::<(bool, bool)>(),
        buffer in 64usize..4096,
    ) {
        let opts = WriteOptions { checksum, compression, buffer, ..WriteOptions::default() };
        let data = write(&rows, opts);
        prop_assert_eq!(&read(&data, &sizes), &rows);
        prop_assert_eq!(&read(&data, &[data.len()]), &rows);
    }
}
