//! Lists in RDB files: type 18, a count of nodes and for each its container (1: one element, 2: a listpack)
//! and a string; type 14, a count and then ziplists in strings (3.2 to 6.2); type 10, a ziplist in a string, and
//! type 1, a count and then strings (before 3.2).
//!
//! A list that is a listpack is written as a quicklist with that node. A compressed node is written as it is,
//! whatever `rdbcompression` says. Source: Redis 7.2.4 `rdbSaveObject`, `rdbLoadObject`.

use std::io;

use super::{LISTPACK_VERSION, Source};
use crate::base::num::IntBuf;
use crate::ds::quicklist::{End, Quicklist, Stored};
use crate::format::bytesio::Sink;
use crate::format::rdb::kind;
use crate::format::rdb_error::{ErrorKind, Fault};
use crate::format::rdb_legacy::Ziplist;
use crate::format::rdb_write::Strings;
use crate::object::{Limits, List};

const PLAIN: u64 = 1;
const PACKED: u64 = 2;

/// The type id under which a list is written into a file of `version`.
pub fn kind_of(version: u16) -> u8 {
    if version >= LISTPACK_VERSION { kind::LIST_QUICKLIST_2 } else { kind::LIST }
}

/// Writes the list that follows the id [`kind_of`].
///
/// # Errors
/// Those of the sink.
pub fn write<W: Sink>(list: &List, version: u16, out: &mut Strings<W>) -> io::Result<()> {
    if version < LISTPACK_VERSION {
        out.len(list.len() as u64)?;
        let mut written = Ok(());
        list.range(0, list.len(), |element| {
            if written.is_ok() {
                written = out.element(element);
            }
        });
        return written;
    }
    let list = match list {
        List::Quick(list) => list,
        List::Packed(list) => {
            out.len(1)?;
            out.len(PACKED)?;
            return out.text(list.as_bytes());
        }
    };
    out.len(list.node_count() as u64)?;
    for node in list.stored() {
        match node {
            Stored::Plain(text) => {
                out.len(PLAIN)?;
                out.text(text)?;
            }
            Stored::Packed(bytes) => {
                out.len(PACKED)?;
                out.text(bytes)?;
            }
            Stored::Lzf(packed, len) => {
                out.len(PACKED)?;
                out.packed(packed, len)?;
            }
        }
    }
    Ok(())
}

/// Reads the value of a list written under type 10, which stays a quicklist whatever its size (as in Redis).
///
/// # Errors
/// The bytes end or are no ziplist; [`ErrorKind::EmptyKey`] for one without elements, which Redis skips.
pub fn read(from: &mut Source<'_>, limits: &Limits) -> Result<List, Fault> {
    let mut scratch = Vec::new();
    let old = from.packed(&mut scratch)?.and_then(Ziplist::new);
    let old = old.ok_or_else(|| Fault::new(ErrorKind::Damaged("List ziplist integrity check failed.")))?;
    let mut list = List::loading(limits);
    let mut buf = IntBuf::new();
    old.iter().for_each(|element| list.push(End::Tail, element.text(&mut buf)));
    if list.is_empty() { Err(Fault::new(ErrorKind::EmptyKey)) } else { Ok(List::Quick(Box::new(list))) }
}

/// Reads an element of a list of type 1, or a node of one of type 14 or 18; nodes may be without elements.
pub(super) fn add(
    id: u8,
    list: &mut Quicklist,
    from: &mut Source<'_>,
    scratch: &mut Vec<u8>,
) -> Result<(), Fault> {
    let node = match id {
        kind::LIST => {
            list.push(End::Tail, from.text(scratch)?);
            return Ok(());
        }
        kind::LIST_QUICKLIST => from.ziplist("Ziplist integrity check failed."),
        _ => match from.number()? {
            PACKED => from.listpack("Listpack integrity check failed."),
            PLAIN => {
                let text = from.text(scratch)?;
                // No list holds such a node, and Redis takes a size of 0 for a failed read.
                if text.is_empty() {
                    return Err(Fault::new(ErrorKind::UnexpectedEof));
                }
                list.append_plain(text.to_vec());
                return Ok(());
            }
            _ => return Err(Fault::new(ErrorKind::Damaged("Quicklist integrity check failed."))),
        },
    };
    match node {
        Ok(node) => list.append_listpack(node),
        Err(Fault { kind: ErrorKind::EmptyKey, .. }) => {}
        Err(fault) => return Err(fault),
    }
    Ok(())
}

/// The list in the encoding that its size asks for.
pub(super) fn finish(list: Box<Quicklist>, limits: &Limits) -> Result<List, Fault> {
    if list.is_empty() {
        return Err(Fault::new(ErrorKind::EmptyKey));
    }
    let mut list = List::Quick(list);
    list.settle(limits);
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::hash::KeyHash;
    use crate::format::rdb_values;
    use crate::format::rdb_write::value_bytes;
    use crate::object::Value;
    use proptest::prelude::*;

    fn read(id: u8, from: &mut Source<'_>, limits: &Limits) -> Result<List, Fault> {
        match rdb_values::read(id, from, true, limits)? {
            Value::List(list) => Ok(list),
            other => panic!("{other:?}"),
        }
    }

    fn limits(fill: i32, depth: u32, large: u32) -> Limits {
        let limits = Limits::new(KeyHash::new([2; 16]));
        let packed = Limits { list_packed_threshold: large, ..limits };
        Limits { list_max_listpack_size: fill, list_compress_depth: depth, ..packed }
    }

    fn filled(texts: &[Vec<u8>], limits: &Limits) -> List {
        let mut list = List::new();
        for text in texts {
            list.grow(text.len(), 1, limits);
            list.push(End::Tail, text);
        }
        list
    }

    fn texts(list: &List) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        list.range(0, usize::MAX, |element| found.push(element.to_vec()));
        found
    }

    #[test]
    fn the_bytes_are_those_of_redis() {
        let list = filled(&[b"x".to_vec(), b"x".to_vec(), b"5".to_vec()], &limits(-2, 0, 1 << 30));
        // RPUSH l x x 5 dumped by redis-server 7.0.15.
        let expected = b"\x01\x02\x0f\x0f\0\0\0\x03\0\x81x\x02\x81x\x02\x05\x01\xff";
        assert_eq!(
            value_bytes(|out| write(&list, 10, out)).escape_ascii().to_string(),
            expected.escape_ascii().to_string()
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let of = |id, bytes: &[u8]| {
            read(id, &mut Source::new(bytes, 1 << 20), &limits(-2, 0, 1 << 30)).map(|_| ()).unwrap_err().kind
        };
        assert_eq!(of(kind::LIST, b"\0"), ErrorKind::EmptyKey);
        let node = b"\x01\x02\x07\x07\0\0\0\0\0\xff";
        assert_eq!(of(kind::LIST_QUICKLIST_2, node), ErrorKind::EmptyKey);
        let container = ErrorKind::Damaged("Quicklist integrity check failed.");
        assert_eq!(of(kind::LIST_QUICKLIST_2, b"\x01\x03\x01a"), container);
        let pack = ErrorKind::Damaged("Listpack integrity check failed.");
        assert_eq!(of(kind::LIST_QUICKLIST_2, b"\x01\x02\x01a"), pack);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn what_was_written_is_read(
            texts_in in proptest::collection::vec(
                prop_oneof!["[ab]{0,90}", "-?[0-9]{1,20}"].prop_map(String::into_bytes), 1..40),
            (fill, depth) in (prop_oneof![Just(-1), 1i32..6], 0u32..3),
            large in prop_oneof![Just(30), Just(1u32 << 30)],
            other in 1i32..50,
            version in 9u16..11,
        ) {
            let list = filled(&texts_in, &limits(fill, depth, large));
            let bytes = value_bytes(|out| write(&list, version, out));
            let mut from = Source::new(&bytes, 1 << 20);
            let back = read(kind_of(version), &mut from, &limits(other, depth, large)).unwrap();
            prop_assert!(from.rest().is_empty());
            prop_assert_eq!(texts(&back), &texts_in[..]);
            for cut in 0..bytes.len() {
                let mut short = Source::new(&bytes[..cut], 999);
                prop_assert!(read(kind_of(version), &mut short, &limits(fill, 0, large)).is_err());
            }
            let plain = value_bytes(|out| {
                out.len(texts_in.len() as u64)?;
                texts_in.iter().try_for_each(|text| out.text(text))
            });
            let old = read(kind::LIST, &mut Source::new(&plain, 1 << 20), &limits(other, 0, 1 << 30)).unwrap();
            prop_assert_eq!(texts(&old), &texts_in[..]);
            prop_assert_eq!(old.encoding() == "listpack", texts_in.len() <= other as usize);
        }

        #[test]
        fn wild_bytes_do_no_harm(bytes in proptest::collection::vec(prop_oneof![0u8..4, any::<u8>()], 0..60)) {
            for id in [kind::LIST, kind::LIST_QUICKLIST_2] {
                let _ = read(id, &mut Source::new(&bytes, 1 << 20), &limits(3, 1, 9));
            }
        }
    }
}
