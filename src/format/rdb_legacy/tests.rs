//! A little writer of the old forms, what it writes read back, and every type id that holds them.

use super::*;
use crate::base::hash::KeyHash;
use crate::base::num::parse_i64;
use crate::format::rdb::{kind, put_length};
use crate::format::rdb_error::ErrorKind;
use crate::format::rdb_values::{self, Source};
use crate::object::entry::Body;
use crate::object::{Limits, Value};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

/// A ziplist of these texts; those that are numbers are written as such, like every Redis did.
pub fn ziplist(texts: &[Vec<u8>]) -> Vec<u8> {
    let (mut body, mut before, mut tail) = (Vec::new(), 0, ZIPLIST_HEADER);
    for text in texts {
        tail = ZIPLIST_HEADER + body.len();
        let from = body.len();
        match u8::try_from(before) {
            Ok(before @ 0..BIG) => body.push(before),
            _ => {
                body.push(BIG);
                body.extend_from_slice(&(before as u32).to_le_bytes());
            }
        }
        match parse_i64(text) {
            Some(number) => put_number(&mut body, number),
            None => put_text(&mut body, text),
        }
        before = body.len() - from;
    }
    let count = u16::try_from(texts.len()).unwrap_or(UNKNOWN);
    let total = (body.len() + ZIPLIST_HEADER + 1) as u32;
    [&total.to_le_bytes()[..], &(tail as u32).to_le_bytes(), &count.to_le_bytes(), &body, &[END]].concat()
}

fn put_number(out: &mut Vec<u8>, number: i64) {
    let le = number.to_le_bytes();
    let (mark, size) = match number {
        0..=12 => (0xf1 + number as u8, 0),
        -0x80..=0x7f => (0xfe, 1),
        -0x8000..=0x7fff => (0xc0, 2),
        -0x80_0000..=0x7f_ffff => (0xf0, 3),
        -0x8000_0000..=0x7fff_ffff => (0xd0, 4),
        _ => (0xe0, 8),
    };
    out.push(mark);
    out.extend_from_slice(&le[..size]);
}

fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    match text.len() {
        len @ 0..0x40 => out.push(len as u8),
        len @ 0x40..0x4000 => out.extend_from_slice(&[0x40 | (len >> 8) as u8, len as u8]),
        len => {
            out.push(0x80);
            out.extend_from_slice(&(len as u32).to_be_bytes());
        }
    }
    out.extend_from_slice(text);
}

/// A zipmap of these pairs with `unused` bytes behind each value.
pub fn zipmap(pairs: &[(Vec<u8>, Vec<u8>)], unused: u8) -> Vec<u8> {
    let mut out = vec![u8::try_from(pairs.len()).unwrap_or(BIG).min(BIG)];
    let put_len = |out: &mut Vec<u8>, len: usize| match u8::try_from(len) {
        Ok(len @ 0..BIG) => out.push(len),
        _ => {
            out.push(BIG);
            out.extend_from_slice(&(len as u32).to_le_bytes());
        }
    };
    for (field, value) in pairs {
        put_len(&mut out, field.len());
        out.extend_from_slice(field);
        put_len(&mut out, value.len());
        out.push(unused);
        out.extend_from_slice(value);
        out.resize(out.len() + usize::from(unused), b'?');
    }
    out.push(END);
    out
}

/// As a string of an RDB file.
fn stored(bytes: &[u8]) -> Vec<u8> {
    [put_length(bytes.len() as u64, &mut [0; 9]), bytes].concat()
}

fn limits(entries: usize) -> Limits {
    Limits {
        list_max_listpack_size: 3,
        hash_max_listpack_entries: entries,
        zset_max_listpack_entries: entries,
        hash_max_listpack_value: 20,
        zset_max_listpack_value: 20,
        ..Limits::new(KeyHash::new([6; 16]))
    }
}

fn read(id: u8, bytes: &[u8], limits: &Limits) -> Result<Value, ErrorKind> {
    rdb_values::read(id, &mut Source::new(bytes, 1 << 20), false, limits).map_err(|fault| fault.kind)
}

fn list_of(value: &Value) -> Vec<Vec<u8>> {
    let Value::List(list) = value else { panic!("{value:?}") };
    let mut texts = Vec::new();
    list.range(0, usize::MAX, |element| texts.push(element.to_vec()));
    texts
}

fn hash_of(value: &Value) -> Vec<(Vec<u8>, Vec<u8>)> {
    let Value::Hash(hash) = value else { panic!("{value:?}") };
    let mut pairs: Vec<_> = hash.iter().map(|(field, value)| (field.to_vec(), value.to_vec())).collect();
    pairs.sort();
    pairs
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => vec(any::<u8>(), 0..30),
        4 => (any::<i64>(), 0u32..64).prop_map(|(n, shift)| (n >> shift).to_string().into_bytes()),
        1 => (0u8..4, 240usize..270).prop_map(|(byte, len)| vec![byte; len]),
        1 => Just(vec![b'x'; 17_000]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn ziplists_come_back(texts in vec(text(), 0..20)) {
        let bytes = ziplist(&texts);
        let old = Ziplist::new(&bytes).unwrap();
        prop_assert_eq!((old.len(), old.is_empty()), (texts.len(), texts.is_empty()));
        prop_assert!(old.iter().map(|entry| entry.to_vec()).eq(texts.iter().cloned()));
        let pack = old.to_listpack().unwrap();
        prop_assert!(pack.iter().map(|entry| entry.to_vec()).eq(texts.iter().cloned()));
        for cut in (0..bytes.len()).step_by(1 + bytes.len() / 200) {
            prop_assert!(Ziplist::new(&bytes[..cut]).is_none());
        }
    }

    #[test]
    fn zipmaps_come_back(pairs in vec((text(), text()), 1..20), unused in 0u8..5) {
        let bytes = zipmap(&pairs, unused);
        let old = Zipmap::new(&bytes).unwrap();
        let own = old.iter().map(|(field, value)| (field.to_vec(), value.to_vec()));
        prop_assert!(own.eq(pairs.iter().cloned()));
        prop_assert!(Zipmap::new(&bytes[..bytes.len() - 1]).is_none());
    }

    #[test]
    fn a_changed_byte_is_refused_or_read_within_bounds(
        texts in vec(text(), 1..8), at in any::<proptest::sample::Index>(), byte: u8,
    ) {
        let mut bytes = ziplist(&texts);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Some(old) = Ziplist::new(&bytes) {
            prop_assert_eq!(old.iter().count(), old.len());
        }
        if let Some(old) = Zipmap::new(&bytes) {
            prop_assert!(old.iter().count() > 0);
        }
    }

    #[test]
    fn lists_of_ziplists_become_quicklists(nodes in vec(vec(text(), 0..6), 1..5)) {
        let texts: Vec<Vec<u8>> = nodes.concat();
        let limits = limits(9);
        let node_bytes: Vec<u8> = nodes.iter().flat_map(|node| stored(&ziplist(node))).collect();
        let bytes = [&[nodes.len() as u8][..], &node_bytes].concat();
        let quick = read(kind::LIST_QUICKLIST, &bytes, &limits);
        let single = read(kind::LIST_ZIPLIST, &stored(&ziplist(&texts)), &limits);
        if texts.is_empty() {
            prop_assert_eq!(quick.unwrap_err(), ErrorKind::EmptyKey);
            prop_assert_eq!(single.unwrap_err(), ErrorKind::EmptyKey);
        } else {
            let (quick, single) = (quick.unwrap(), single.unwrap());
            prop_assert_eq!(list_of(&quick), &texts[..]);
            prop_assert_eq!(list_of(&single), &texts[..]);
            prop_assert_eq!(single.encoding(), "quicklist");
            let one_node = nodes.iter().filter(|node| !node.is_empty()).count() == 1;
            prop_assert_eq!(quick.encoding() == "listpack", one_node && texts.len() <= 3);
        }
    }

    #[test]
    fn hashes_of_old_become_those_of_today(
        pairs in btree_map(text(), text(), 1..8), entries in 0usize..8,
    ) {
        let pairs: Vec<(Vec<u8>, Vec<u8>)> = pairs.into_iter().collect();
        let limits = limits(entries);
        let texts: Vec<Vec<u8>> = pairs.iter().flat_map(|(field, value)| [field.clone(), value.clone()]).collect();
        let zip = read(kind::HASH_ZIPLIST, &stored(&ziplist(&texts)), &limits).unwrap();
        prop_assert_eq!(hash_of(&zip), &pairs[..]);
        prop_assert_eq!(zip.encoding() == "listpack", pairs.len() <= entries);
        let map = read(kind::HASH_ZIPMAP, &stored(&zipmap(&pairs, 1)), &limits).unwrap();
        prop_assert_eq!(hash_of(&map), &pairs[..]);
        let short = texts.iter().all(|text| text.len() <= 20);
        prop_assert_eq!(map.encoding() == "listpack", pairs.len() <= entries && short);

        let twice = [&texts[..], &texts[..2]].concat();
        let damaged = |what| Err(ErrorKind::Damaged(what));
        let got = read(kind::HASH_ZIPLIST, &stored(&ziplist(&twice)), &limits).map(drop);
        prop_assert_eq!(got, damaged("Hash ziplist integrity check failed."));
        let got = read(kind::HASH_ZIPLIST, &stored(&ziplist(&texts[1..])), &limits).map(drop);
        prop_assert_eq!(got, damaged("Hash ziplist integrity check failed."));
        let twice = [&pairs[..], &pairs[..1]].concat();
        let got = read(kind::HASH_ZIPMAP, &stored(&zipmap(&twice, 0)), &limits).map(drop);
        prop_assert_eq!(got, damaged("Hash zipmap with dup elements, or big length"));
    }

    #[test]
    fn sorted_sets_of_old_become_those_of_today(
        pairs in btree_map("[a-f]{0,25}", -1e6f64..1e6, 1..8), entries in 0usize..8,
    ) {
        let mut pairs: Vec<(String, f64)> = pairs.into_iter().collect();
        pairs.sort_by(|one, other| one.1.total_cmp(&other.1));
        let texts: Vec<Vec<u8>> = pairs
            .iter()
            .flat_map(|(member, score)| [member.clone().into_bytes(), score.to_string().into_bytes()])
            .collect();
        let set = read(kind::ZSET_ZIPLIST, &stored(&ziplist(&texts)), &limits(entries)).unwrap();
        let Value::Zset(zset) = &set else { panic!("{set:?}") };
        let own: Vec<_> =
            zset.iter().map(|(member, score)| (String::from_utf8(member.to_vec()).unwrap(), score)).collect();
        prop_assert_eq!(&own, &pairs);
        prop_assert_eq!(set.encoding() == "listpack", pairs.len() <= entries);
        let twice = [&texts[..], &texts[..2]].concat();
        let got = read(kind::ZSET_ZIPLIST, &stored(&ziplist(&twice)), &limits(entries)).map(drop);
        prop_assert_eq!(got, Err(ErrorKind::Damaged("Zset ziplist integrity check failed.")));
    }

    #[test]
    fn wild_bytes_do_no_harm(bytes in vec(any::<u8>(), 0..80)) {
        let _ = Ziplist::new(&bytes);
        let _ = Zipmap::new(&bytes);
        for id in [kind::HASH_ZIPMAP, kind::LIST_ZIPLIST, kind::ZSET_ZIPLIST, kind::HASH_ZIPLIST] {
            let _ = read(id, &bytes, &limits(3));
            let _ = read(id, &stored(&bytes), &limits(3));
        }
    }
}

#[test]
fn the_examples_of_the_formats_read_as_they_should() {
    let two_and_five = b"\x0f\0\0\0\x0c\0\0\0\x02\0\0\xf3\x02\xf6\xff";
    let old = Ziplist::new(two_and_five).unwrap();
    assert_eq!(old.iter().collect::<Vec<_>>(), [Entry::Int(2), Entry::Int(5)]);
    let map = Zipmap::new(b"\x02\x03foo\x03\0bar\x05hello\x05\0world\xff").unwrap();
    let pairs: Vec<_> = map.iter().collect();
    assert_eq!(pairs, [(&b"foo"[..], &b"bar"[..]), (b"hello", b"world")]);
}

#[test]
fn numbers_that_disagree_are_refused() {
    let sound = ziplist(&[b"a".to_vec(), b"b".to_vec(), b"100".to_vec()]);
    assert!(Ziplist::new(&sound).is_some());
    // Size, offset of the last element, count, size of the one before.
    for (at, byte) in [(0, 1), (4, 1), (8, 1), (13, 1), (sound.len() - 1, 0xfe)] {
        let mut bytes = sound.clone();
        bytes[at] ^= byte;
        assert!(Ziplist::new(&bytes).is_none(), "byte {at}");
    }
    let mut unknown = sound.clone();
    unknown[8..10].copy_from_slice(&[0xff, 0xff]);
    assert_eq!(Ziplist::new(&unknown).unwrap().len(), 3);
    assert!(Zipmap::new(b"\0\xff").is_none(), "no pairs");
    assert!(Zipmap::new(b"\x02\x01a\x01\0b\xff").is_none(), "one pair, not two");
    assert!(Zipmap::new(b"\xfe\x01a\x01\0b\xff").is_some(), "as many as there are");
    let empty = stored(&ziplist(&[]));
    for id in [kind::LIST_ZIPLIST, kind::ZSET_ZIPLIST, kind::HASH_ZIPLIST] {
        assert_eq!(read(id, &empty, &limits(3)).map(drop), Err(ErrorKind::EmptyKey));
    }
}
