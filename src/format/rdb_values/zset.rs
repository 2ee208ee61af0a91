//! Sorted sets in RDB files: type 17, a listpack in a string; type 5, a count and then member and score (eight
//! bytes, little endian) in turn, highest first; of old, type 3, as 5 with the scores as text (before Redis 4),
//! and type 12, a ziplist in a string (2.4 to 6.2).
//!
//! Source: Redis 7.2.4 `rdbSaveObject`, `rdbLoadObject`, `rdbLoadDoubleValue`.

use std::io;

use super::{LISTPACK_VERSION, Source, firsts};
use crate::base::num::parse_f64;
use crate::ds::listpack::Entry;
use crate::format::bytesio::Sink;
use crate::format::rdb::kind;
use crate::format::rdb_error::{ErrorKind, Fault};
use crate::format::rdb_write::Strings;
use crate::object::{Limits, Zset};

const DAMAGED: &str = "Zset listpack integrity check failed.";
const DAMAGED_ZIPLIST: &str = "Zset ziplist integrity check failed.";
const NAN: &str = "Zset with NAN score detected";

/// The type id under which a sorted set is written into a file of `version`.
pub fn kind_of(set: &Zset, version: u16) -> u8 {
    if version >= LISTPACK_VERSION && set.as_listpack().is_some() {
        kind::ZSET_LISTPACK
    } else {
        kind::ZSET_2
    }
}

/// Writes the sorted set that follows the id [`kind_of`].
///
/// # Errors
/// Those of the sink.
pub fn write<W: Sink>(set: &Zset, version: u16, out: &mut Strings<W>) -> io::Result<()> {
    if let Some(pack) = set.as_listpack().filter(|_| version >= LISTPACK_VERSION) {
        return out.text(pack.as_bytes());
    }
    if set.as_listpack().is_some() {
        let pairs = firsts(set.iter());
        out.len(pairs.len() as u64)?;
        return pairs.into_iter().rev().try_for_each(|one| write_one(one, out));
    }
    out.len(set.len() as u64)?;
    // The order of Redis, which found every place at the head of its list when it read that back.
    set.iter().rev().try_for_each(|one| write_one(one, out))
}

fn write_one<W: Sink>((member, score): (Entry<'_>, f64), out: &mut Strings<W>) -> io::Result<()> {
    out.element(member)?;
    out.put(&score.to_le_bytes())
}

/// Reads the value of a sorted set written under type 12 or 17. In the first a member that comes twice is always
/// an error.
///
/// # Errors
/// The bytes end or are no sorted set; [`ErrorKind::EmptyKey`] for one without members, which Redis skips.
pub fn read(id: u8, from: &mut Source<'_>, sanitize: bool, limits: &Limits) -> Result<Zset, Fault> {
    let (pack, complaint) = match id {
        kind::ZSET_ZIPLIST => (from.ziplist(DAMAGED_ZIPLIST)?, DAMAGED_ZIPLIST),
        _ => (from.listpack(DAMAGED)?, DAMAGED),
    };
    if pack.is_empty() {
        return Err(Fault::new(ErrorKind::EmptyKey));
    }
    let len = pack.len();
    let damaged = |complaint| move || Fault::new(ErrorKind::Damaged(complaint));
    let sanitize = sanitize || id == kind::ZSET_ZIPLIST;
    let set = Zset::from_listpack(pack, sanitize, limits).ok_or_else(damaged(complaint))?;
    // A change of encoding shows what a check would have found.
    if set.len() * 2 == len { Ok(set) } else { Err(damaged("Zset listpack with dup elements")()) }
}

/// Reads a member and its score of a sorted set of type 3 or 5.
pub(super) fn add(
    id: u8,
    set: &mut Zset,
    from: &mut Source<'_>,
    scratch: &mut Vec<u8>,
    limits: &Limits,
) -> Result<(), Fault> {
    let member = from.text(scratch)?;
    let score = if id == kind::ZSET_2 { f64::from_le_bytes(from.fixed()?) } else { text_score(from)? };
    if score.is_nan() {
        return Err(Fault::new(ErrorKind::Damaged(NAN)));
    }
    let is_new = set.load(member, score, limits);
    if is_new { Ok(()) } else { Err(Fault::new(ErrorKind::Damaged("Duplicate zset fields detected"))) }
}

/// A score of type 3: its length and its text, or in place of the length one of three marks.
fn text_score(from: &mut Source<'_>) -> Result<f64, Fault> {
    let eof = || Fault::new(ErrorKind::UnexpectedEof);
    match from.fixed()? {
        [255] => Ok(f64::NEG_INFINITY),
        [254] => Ok(f64::INFINITY),
        [253] => Ok(f64::NAN),
        [len] => {
            let mut text = [0; 252];
            let text = &mut text[..usize::from(len)];
            for byte in &mut *text {
                [*byte] = from.fixed()?;
            }
            parse_f64(text).ok_or_else(eof)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::hash::KeyHash;
    use crate::format::rdb_values;
    use crate::format::rdb_write::value_bytes;
    use crate::object::Value;
    use proptest::prelude::*;

    fn read(id: u8, from: &mut Source<'_>, sanitize: bool, limits: &Limits) -> Result<Zset, Fault> {
        match rdb_values::read(id, from, sanitize, limits)? {
            Value::Zset(set) => Ok(set),
            other => panic!("{other:?}"),
        }
    }

    fn limits(entries: usize) -> Limits {
        Limits { zset_max_listpack_entries: entries, ..Limits::new(KeyHash::new([2; 16])) }
    }

    fn filled(pairs: &[(&[u8], f64)], limits: &Limits) -> Zset {
        let mut set = Zset::new(0, 0, limits);
        pairs.iter().for_each(|(member, score)| set.set(member, *score, limits));
        set
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(30))]

        #[test]
        fn what_was_written_is_read(
            pairs in proptest::collection::btree_map("([a-f]{0,40}|-?[0-9]{1,12})", any::<f64>(), 1..12),
            write_max in 0usize..15, read_max in 0usize..15, version in 9u16..11,
        ) {
            let pairs: Vec<(&[u8], f64)> = pairs
                .iter()
                .filter(|pair| !pair.1.is_nan())
                .map(|(member, score)| (member.as_bytes(), score + 0.0))
                .collect();
            prop_assume!(!pairs.is_empty());
            let set = filled(&pairs, &limits(write_max));
            let bytes = value_bytes(|out| write(&set, version, out));
            let mut from = Source::new(&bytes, 1 << 20);
            let back = read(kind_of(&set, version), &mut from, true, &limits(read_max)).unwrap();
            prop_assert!(from.rest().is_empty());
            let members = |set: &Zset| set.iter().map(|one| (one.0.to_vec(), one.1)).collect::<Vec<_>>();
            prop_assert_eq!(members(&back), members(&set));
            prop_assert_eq!(back.encoding() == "skiplist", read_max < pairs.len());
            for cut in 0..bytes.len() {
                prop_assert!(read(kind_of(&set, version), &mut Source::new(&bytes[..cut], 99), true, &limits(9)).is_err());
            }
        }

        #[test]
        fn wild_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            for id in [kind::ZSET, kind::ZSET_2, kind::ZSET_LISTPACK] {
                let _ = read(id, &mut Source::new(&bytes, 1 << 20), true, &limits(3));
            }
        }
    }

    #[test]
    fn old_files_hold_scores_as_text() {
        let bytes = b"\x04\x01a\x031.5\x01b\xff\x01c\xfe\x01d\x05-1e-3";
        let set = read(kind::ZSET, &mut Source::new(bytes, 99), true, &limits(9)).unwrap();
        let got: Vec<f64> = set.iter().map(|one| one.1).collect();
        assert_eq!(got, [f64::NEG_INFINITY, -0.001, 1.5, f64::INFINITY]);
        assert_eq!(set.encoding(), "listpack");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let kind_of = |id, bytes: &[u8]| {
            read(id, &mut Source::new(bytes, 1 << 20), true, &limits(9)).map(|_| ()).unwrap_err().kind
        };
        assert_eq!(kind_of(kind::ZSET_2, b"\0"), ErrorKind::EmptyKey);
        assert_eq!(kind_of(kind::ZSET, b"\x01\x01a\xfd"), ErrorKind::Damaged(NAN));
        let nan = [&b"\x01\x01a"[..], &f64::NAN.to_le_bytes()].concat();
        assert_eq!(kind_of(kind::ZSET_2, &nan), ErrorKind::Damaged(NAN));
        let one = [&b"\x01a"[..], &1f64.to_le_bytes()].concat();
        let twice = [b"\x02", &one[..], &one].concat();
        assert_eq!(kind_of(kind::ZSET_2, &twice), ErrorKind::Damaged("Duplicate zset fields detected"));
        assert_eq!(kind_of(kind::ZSET_LISTPACK, b"\x03abc"), ErrorKind::Damaged(DAMAGED));
    }

    #[test]
    fn a_member_that_comes_twice_is_written_once_where_readers_would_refuse_it() {
        let mut twins = b"..\0\0\0\x06\0\x81a\x02\x01\x01\x81b\x02\x02\x01\x81a\x02\x03\x01\xff".to_vec();
        (twins[0], twins[1]) = (twins.len() as u8 - 1, twins.len() as u8 - 1);
        let set = read(kind::ZSET_LISTPACK, &mut Source::new(&twins, 99), false, &limits(9)).unwrap();
        assert_eq!(set.len(), 3);
        let bytes = value_bytes(|out| write(&set, 9, out));
        let old = read(kind_of(&set, 9), &mut Source::new(&bytes, 99), true, &limits(9)).unwrap();
        assert_eq!((old.len(), old.score(b"a")), (2, Some(1.0)));
    }

    #[test]
    fn what_redis_wrote_is_read_and_written_alike() {
        // DUMP of redis-server 7.0.15, without its footer.
        let packed = b"\x11@OO\0\0\0\x10\0\x83low\x04\x84-inf\x05\x83neg\x04\xdf\xf9\x02\x830ne\x04\x01\x01\x83one\
                       \x04\x01\x01\x83two\x04\x832.5\x04\x07\x01\x03\x01\x83ten\x04\xf4\0\xe4\x0bT\x02\0\0\0\x09\
                       \x83top\x04\x83inf\x04\xff";
        let big = b"\x05\x08\x03top\0\0\0\0\0\0\xf0\x7f\x03ten\0\0\0 _\xa0\x02B\xc0\x07\0\0\0\0\0\0\x08@\
                    \x03two\0\0\0\0\0\0\x04@\x03one\0\0\0\0\0\0\xf0?\x030ne\0\0\0\0\0\0\xf0?\
                    \x03neg\0\0\0\0\0\0\x1c\xc0\x03low\0\0\0\0\0\0\xf0\xff";
        let members: [(&[u8], f64); 8] = [
            (b"one", 1.0),
            (b"two", 2.5),
            (b"top", f64::INFINITY),
            (b"low", f64::NEG_INFINITY),
            (b"7", 3.0),
            (b"0ne", 1.0),
            (b"neg", -7.0),
            (b"ten", 1e10),
        ];
        for (bytes, entries) in [(&packed[..], 128), (big, 2)] {
            let set = read(bytes[0], &mut Source::new(&bytes[1..], 99), true, &limits(entries)).unwrap();
            let own = filled(&members, &limits(entries));
            assert!(set.iter().eq(own.iter()));
            assert_eq!(set.as_listpack(), own.as_listpack());
            assert_eq!(set.as_listpack().is_some(), entries == 128);
            if entries == 2 {
                assert_eq!(value_bytes(|out| write(&own, 10, out)), bytes[1..]);
            }
        }
    }
}
