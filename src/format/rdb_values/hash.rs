//! Hashes in RDB files: type 16, a listpack in a string, or type 4, a count and then field and value in turn;
//! of old, type 13, a ziplist (2.6 to 6.2), and type 9, a zipmap (before 2.6), in a string.
//!
//! Source: Redis 7.2.4 `rdbSaveObject`, `rdbLoadObject`. Deviation: a field that comes twice in type 4 is an
//! error always; Redis looks for it in small hashes only under `sanitize-dump-payload`.

use std::io;

use super::{LISTPACK_VERSION, Source, firsts};
use crate::ds::listpack::Listpack;
use crate::format::bytesio::Sink;
use crate::format::rdb::kind;
use crate::format::rdb_error::{ErrorKind, Fault};
use crate::format::rdb_legacy::Zipmap;
use crate::format::rdb_write::Strings;
use crate::object::{Hash, Limits};

const DAMAGED: &str = "Hash listpack integrity check failed.";
const DAMAGED_ZIPLIST: &str = "Hash ziplist integrity check failed.";

/// The type id under which a hash is written into a file of `version`. Before 10 there were no listpacks in hashes.
pub fn kind_of(hash: &Hash, version: u16) -> u8 {
    if version >= LISTPACK_VERSION && hash.as_listpack().is_some() { kind::HASH_LISTPACK } else { kind::HASH }
}

/// Writes the hash that follows the id [`kind_of`].
///
/// # Errors
/// Those of the sink.
pub fn write<W: Sink>(hash: &Hash, version: u16, out: &mut Strings<W>) -> io::Result<()> {
    if let Some(pack) = hash.as_listpack().filter(|_| version >= LISTPACK_VERSION) {
        return out.text(pack.as_bytes());
    }
    if hash.as_listpack().is_some() {
        let pairs = firsts(hash.iter());
        out.len(pairs.len() as u64)?;
        return pairs.into_iter().try_for_each(|(field, value)| {
            out.element(field)?;
            out.element(value)
        });
    }
    out.len(hash.len() as u64)?;
    for (field, value) in hash.iter() {
        out.element(field)?;
        out.element(value)?;
    }
    Ok(())
}

/// Reads the value of a hash written under type 9, 13 or 16. In the first two a field that comes twice is always
/// an error.
///
/// # Errors
/// The bytes end or are no hash; [`ErrorKind::EmptyKey`] for one without fields, which Redis skips.
pub fn read(id: u8, from: &mut Source<'_>, sanitize: bool, limits: &Limits) -> Result<Hash, Fault> {
    let damaged = |complaint| move || Fault::new(ErrorKind::Damaged(complaint));
    let (pack, complaint) = match id {
        kind::HASH_ZIPMAP => return read_zipmap(from, limits),
        kind::HASH_ZIPLIST => (from.ziplist(DAMAGED_ZIPLIST)?, DAMAGED_ZIPLIST),
        _ => (from.listpack(DAMAGED)?, DAMAGED),
    };
    if pack.is_empty() {
        return Err(Fault::new(ErrorKind::EmptyKey));
    }
    let len = pack.len();
    let sanitize = sanitize || id == kind::HASH_ZIPLIST;
    let hash = Hash::from_listpack(pack, sanitize, limits).ok_or_else(damaged(complaint))?;
    // A change to a table shows what a check would have found.
    if hash.len() * 2 == len { Ok(hash) } else { Err(damaged("Hash listpack with dup elements")()) }
}

fn read_zipmap(from: &mut Source<'_>, limits: &Limits) -> Result<Hash, Fault> {
    let damaged = |complaint| move || Fault::new(ErrorKind::Damaged(complaint));
    let mut scratch = Vec::new();
    let old = from.packed(&mut scratch)?.and_then(Zipmap::new);
    let old = old.ok_or_else(damaged("Zipmap integrity check failed."))?;
    let mut pack = Listpack::new();
    let (mut longest, mut fits) = (&b""[..], true);
    for text in old.iter().flat_map(|(field, value)| [field, value]) {
        longest = if text.len() > longest.len() { text } else { longest };
        fits &= pack.fits(text.len()) && pack.append(text);
    }
    let hash = if fits { Hash::from_listpack(pack, true, limits) } else { None };
    let mut hash = hash.ok_or_else(damaged("Hash zipmap with dup elements, or big length"))?;
    hash.expect(hash.len(), std::iter::once(longest), limits);
    Ok(hash)
}

/// Reads a field and its value of a hash of type 4.
pub(super) fn add(
    hash: &mut Hash,
    from: &mut Source<'_>,
    [scratch, other]: [&mut Vec<u8>; 2],
    limits: &Limits,
) -> Result<(), Fault> {
    let field = from.text(scratch)?;
    let value = from.text(other)?;
    let is_new = hash.set_new(field, value, limits);
    if is_new { Ok(()) } else { Err(Fault::new(ErrorKind::Damaged("Duplicate hash fields detected"))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::hash::KeyHash;
    use crate::format::rdb_values;
    use crate::format::rdb_write::value_bytes;
    use crate::object::Value;
    use proptest::prelude::*;

    fn read(id: u8, from: &mut Source<'_>, sanitize: bool, limits: &Limits) -> Result<Hash, Fault> {
        match rdb_values::read(id, from, sanitize, limits)? {
            Value::Hash(hash) => Ok(hash),
            other => panic!("{other:?}"),
        }
    }

    fn limits(entries: usize) -> Limits {
        Limits { hash_max_listpack_entries: entries, ..Limits::new(KeyHash::new([2; 16])) }
    }

    /// Through a file of version 9 and then through one of version 10.
    fn round(hash: &Hash, limits: &Limits) -> Hash {
        let old = round_in(9, hash, limits);
        round_in(10, &old, limits)
    }

    fn round_in(version: u16, hash: &Hash, limits: &Limits) -> Hash {
        let bytes = value_bytes(|out| write(hash, version, out));
        let mut from = Source::new(&bytes, 1 << 20);
        let back = read(kind_of(hash, version), &mut from, true, limits).unwrap();
        assert!(from.rest().is_empty());
        for cut in 0..bytes.len() {
            let error = read(kind_of(hash, version), &mut Source::new(&bytes[..cut], 1 << 20), true, limits);
            assert_eq!(error.unwrap_err().kind, ErrorKind::UnexpectedEof);
        }
        back
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(30))]

        #[test]
        fn what_was_written_is_read(
            pairs in proptest::collection::btree_map("[a-f0-9]{0,40}", "(-?[0-9]{1,20}|.{0,40})", 1..12),
            write_max in 0usize..15, read_max in 0usize..15,
        ) {
            let mut hash = Hash::new();
            for (field, value) in &pairs {
                hash.set(field.as_bytes(), value.as_bytes(), &limits(write_max));
            }
            let back = round(&hash, &limits(read_max));
            prop_assert_eq!(back.len(), pairs.len());
            for (field, value) in &pairs {
                prop_assert!(back.get(field.as_bytes()).is_some_and(|got| got.is(value.as_bytes())));
            }
            if read_max < pairs.len() {
                prop_assert_eq!(back.encoding(), "hashtable");
            }
        }

        #[test]
        fn wild_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            for id in [kind::HASH, kind::HASH_LISTPACK] {
                let _ = read(id, &mut Source::new(&bytes, 1 << 20), true, &limits(3));
            }
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let kind_of = |id, bytes: &[u8]| {
            read(id, &mut Source::new(bytes, 1 << 20), true, &limits(9)).map(|_| ()).unwrap_err().kind
        };
        assert_eq!(kind_of(kind::HASH, b"\0"), ErrorKind::EmptyKey);
        let twice = ErrorKind::Damaged("Duplicate hash fields detected");
        assert_eq!(kind_of(kind::HASH, b"\x02\x01a\x01b\x01a\x01c"), twice);
        assert_eq!(kind_of(kind::HASH_LISTPACK, b"\x03abc"), ErrorKind::Damaged(DAMAGED));
        assert_eq!(kind_of(kind::HASH_LISTPACK, b"\x07\x07\0\0\0\0\0\xff"), ErrorKind::EmptyKey);
        assert_eq!(
            kind_of(kind::HASH_LISTPACK, b"\x09\x09\0\0\0\x01\0\x05\x01\xff"),
            ErrorKind::Damaged(DAMAGED)
        );
    }

    #[test]
    fn a_field_that_comes_twice_is_written_once_where_readers_would_refuse_it() {
        let mut twins = b"..\0\0\0\x06\0\x81a\x02\x01\x01\x81b\x02\x02\x01\x81a\x02\x03\x01\xff".to_vec();
        (twins[0], twins[1]) = (twins.len() as u8 - 1, twins.len() as u8 - 1);
        let limits = limits(9);
        let hash = read(kind::HASH_LISTPACK, &mut Source::new(&twins, 99), false, &limits).unwrap();
        assert_eq!(hash.len(), 3);
        let old = round_in(9, &hash, &limits);
        assert!(old.len() == 2 && old.get(b"a").is_some_and(|value| value.is(b"1")));
    }

    #[test]
    fn what_redis_wrote_is_read() {
        // DUMP of redis-server 7.0.15, without its footer.
        let packed =
            b"\x10\xc3'@I\x1fI\0\0\0\x08\0\x82f1\x03\x82v1\x03\x81n\x02{\x01\x0c\x01\xdf\xfb\x02\x84long\x05\
                       \xa8a\xe0\x1e\0\x01)\xff";
        let table = b"\x04\x04\x04long\xc3\x09(\x01aa\xe0\x1b\0\x01aa\x01n\xc0{\x02f1\x02v1\xc0\x0c\xc0\xfb";
        for bytes in [&packed[..], table] {
            let hash = read(bytes[0], &mut Source::new(&bytes[1..], 99), true, &limits(9)).unwrap();
            assert_eq!((hash.encoding(), hash.len()), ("listpack", 4));
            for (field, value) in
                [(&b"f1"[..], &b"v1"[..]), (b"n", b"123"), (b"12", b"-5"), (b"long", &[b'a'; 40])]
            {
                assert!(hash.get(field).unwrap().is(value));
            }
        }
    }
}
