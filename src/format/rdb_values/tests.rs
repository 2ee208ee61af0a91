//! A file of a real server, read however it arrives, with the digests that the server told of it.

use crate::base::hash::KeyHash;
use crate::format::rdb_read::{Item, RdbReader, ReadOptions};
use crate::format::rdb_write::{RdbWriter, WriteOptions, dump_payload, restore_payload};
use crate::object::entry::Body;
use crate::object::{Entry, Limits, ValueRef, digest};

/// Saved by redis-server 7.0.15 with `list-max-listpack-size 4` and `list-compress-depth 1`: lists, sets,
/// hashes and sorted sets in each encoding; `l2` expires.
const FILE: &str = "\
    524544495330303130fa0972656469732d76657206372e302e3135fa0a72656469732d62697473c040fa056374696d65c26a\
    03036bfa08757365642d6d656dc288c51100fa08616f662d62617365c000fe00fb090105027a3203c0110000000000000840\
    016d000000000000f83f016e00000000000000c010016812120000000400816602817602816e020c01ff11017a1919000000\
    0600816e02dffe02816d0283312e350411010301ff0b02733114040000000300000001000000020000007011010012026c33\
    0402c32740930e930000000400a1656c656d656e7420e00f07013022e018220031e019220032e01922023322ff02c323360e\
    360000000200a1656c656d656e7420e00f070e34228a696e206265747765656e0bff02c32240700e700000000300a1656c65\
    6d656e7420e00f07013522e018220036e01922023722ff02c32d40950e950000000400a1656c656d656e7420e00f07013822\
    e01822023922a2e00f3dc01702313023e01923023123ff02027332030161c00c01620402683202016ec00c01660176fcca68\
    6ad88a02000012026c3201020f0f00000003008178028178020501ff12016c0102282800000007008161020101dfff02f188\
    1303f2a0860104f38096980005f400f2052a0100000009fffff3db518f5ba7bd85";
const DIGEST: &str = "4d98bc4fb197f9c77fd872ae16fdaac08dfc51ad";
const VALUES: &[(&str, &str, &str)] = &[
    ("l", "quicklist", "3acde127692065bda3cc86fbac2ee95186740527"),
    ("l2", "listpack", "d2efe914b011fc547352de45242498f599bdc4ef"),
    ("l3", "quicklist", "582fd0f03f10e0b8f58163115dd3427f1e4b8743"),
    ("s1", "intset", "a987c6ebdc9d549d1b48972961620e22c2294133"),
    ("s2", "listpack", "a6cb320b073705356139f26fb4e18858a07e0492"),
    ("h", "listpack", "76d7ce7d8cb69c65ddb54b94589fa9396351461b"),
    ("h2", "listpack", "76d7ce7d8cb69c65ddb54b94589fa9396351461b"),
    ("z", "listpack", "7ff8ca94b7d659610c0a535f8e88c914a72109ec"),
    ("z2", "listpack", "7ff8ca94b7d659610c0a535f8e88c914a72109ec"),
];

fn file() -> Vec<u8> {
    let digits: Vec<u8> = FILE.bytes().map(|digit| (digit as char).to_digit(16).unwrap() as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn options() -> ReadOptions {
    let hash = KeyHash::new([4; 16]);
    let limits = Limits { list_max_listpack_size: 4, list_compress_depth: 1, ..Limits::new(hash) };
    ReadOptions { sanitize: true, limits, ..ReadOptions::default() }
}

fn read(data: &[u8], size: usize) -> Vec<Entry> {
    let mut reader = RdbReader::new(options());
    let mut entries = Vec::new();
    for chunk in data.chunks(size) {
        let mut feed = reader.feed(chunk);
        while let Some(item) = feed.next().unwrap() {
            if let Item::Entry { key, value, expire, .. } = item {
                entries.push(Entry::new(key, value, expire));
            }
        }
    }
    reader.finish().unwrap();
    entries
}

fn hex(sum: digest::Sum) -> String {
    sum.hex().map(char::from).iter().collect()
}

#[test]
fn a_real_file_has_the_digest_that_its_server_told() {
    let data = file();
    for size in [1, 7, 100, data.len()] {
        let entries = read(&data, size);
        assert_eq!(hex(digest::of_databases([(0, &entries)])), DIGEST, "in pieces of {size}");
        for (key, encoding, sum) in VALUES {
            let entry = entries.iter().find(|entry| entry.key() == key.as_bytes()).unwrap();
            let ValueRef::Obj(value) = entry.value() else { panic!("{key}") };
            assert_eq!(
                (value.encoding(), hex(digest::of_value(entry))),
                (*encoding, sum.to_string()),
                "{key}"
            );
        }
    }
}

#[test]
fn what_is_written_again_is_the_same_data() {
    let entries = read(&file(), 64);
    for version in [10, 11] {
        let mut writer = RdbWriter::new(Vec::new(), WriteOptions { version, ..WriteOptions::default() });
        writer.aux(b"a", b"b").unwrap();
        entries.iter().for_each(|entry| writer.entry(entry).unwrap());
        let (body, _) = writer.finish().unwrap();
        let data = [&b"REDIS0010"[..], &body[..body.len() - 8], &[0; 8]].concat();
        assert_eq!(hex(digest::of_databases([(0, &read(&data, 5))])), DIGEST);
    }
    for entry in &entries {
        let payload = dump_payload(entry, true);
        let mut scratch = Vec::new();
        let value = restore_payload(&payload, &mut scratch, &options()).unwrap();
        let back = Entry::new(entry.key(), value, entry.expire());
        assert_eq!(digest::of_value(&back), digest::of_value(entry));
    }
}

#[test]
fn dumps_are_those_of_a_real_server() {
    let entries = read(&file(), 64);
    let dump = |key: &str| {
        let entry = entries.iter().find(|entry| entry.key() == key.as_bytes()).unwrap();
        dump_payload(entry, true).escape_ascii().to_string()
    };
    let list =
        b"\x12\x01\x02\x0f\x0f\0\0\0\x03\0\x81x\x02\x81x\x02\x05\x01\xff\n\0E\x02\x97\xe8\x1c\xc8\x07\x01";
    assert_eq!(dump("l2"), list.escape_ascii().to_string());
    let ints = b"\x0b\x14\x04\0\0\0\x03\0\0\0\x01\0\0\0\x02\0\0\0p\x11\x01\0\n\0\x85\xd5\xc1\x06[\x1d\xd0U";
    assert_eq!(dump("s1"), ints.escape_ascii().to_string());
}

#[test]
fn a_key_without_elements_is_told_apart() {
    let data = [&b"REDIS0010\x02\x05empty\0\x00\x01k\x01v\xff"[..], &[0; 8]].concat();
    let mut reader = RdbReader::new(options());
    let mut feed = reader.feed(&data);
    let mut seen = Vec::new();
    while let Some(item) = feed.next().unwrap() {
        match item {
            Item::Empty { key } => seen.push(key.to_vec()),
            Item::Entry { key, .. } => seen.push(key.to_vec()),
            _ => {}
        }
    }
    assert_eq!(seen, [&b"empty"[..], b"k"]);
}
