//! Sets in RDB files: type 11, an intset in a string; type 20, a listpack in a string; type 2, a count and
//! then strings.
//!
//! Type 20 came with version 11 (Redis 7.2). A file of a lower version, which Redis 7.0 is to read, must not
//! contain it: there a set that is a listpack is written as type 2, and reading that makes a listpack of it
//! again. Source: Redis 7.2.4 `rdbSaveObject`, `rdbLoadObject`. Deviation: Redis 7.2 writes version 11 always.
//!
//! **Members that come twice.** Without `sanitize-dump-payload` Redis takes a listpack in which a member comes
//! twice, and SCARD and SMEMBERS show it so. So do we. But type 2 has no room for that: a file with it would be
//! refused by every reader, our own at the next start. Such a listpack is therefore marked by an element count
//! that is not known (which every reader of listpacks understands), and those are written without the doubles.

use std::io;

use super::Source;
use crate::ds::intset::Intset;
use crate::format::bytesio::Sink;
use crate::format::rdb::kind;
use crate::format::rdb_error::{ErrorKind, Fault};
use crate::format::rdb_write::Strings;
use crate::object::hash::has_twins;
use crate::object::{Limits, Set};

/// The version from which on listpacks of sets are known.
const LISTPACK_VERSION: u16 = 11;
const DAMAGED: &str = "Set listpack integrity check failed.";
const TWINS: &str = "Set listpack with dup elements";

/// The type id under which a set is written in files of a version.
pub fn kind_of(set: &Set, version: u16) -> u8 {
    match set {
        Set::Ints(_) => kind::SET_INTSET,
        Set::Packed(_) if version >= LISTPACK_VERSION => kind::SET_LISTPACK,
        _ => kind::SET,
    }
}

/// Writes the set that follows the id [`kind_of`].
///
/// # Errors
/// Those of the sink.
pub fn write<W: Sink>(set: &Set, version: u16, out: &mut Strings<W>) -> io::Result<()> {
    match set {
        Set::Ints(set) => out.text(set.as_bytes()),
        Set::Packed(list) if version >= LISTPACK_VERSION => out.text(list.as_bytes()),
        Set::Packed(list) if !list.knows_count() => {
            let mut members: Vec<_> = list.iter().map(|member| member.to_vec()).collect();
            members.sort_unstable();
            members.dedup();
            out.len(members.len() as u64)?;
            members.iter().try_for_each(|member| out.element(member.into()))
        }
        _ => {
            out.len(set.len() as u64)?;
            set.iter().try_for_each(|member| out.element(member))
        }
    }
}

/// Reads the value of a set written under type 11 or 20.
///
/// # Errors
/// The bytes end or are no set; [`ErrorKind::EmptyKey`] for one without members, which Redis skips.
pub fn read(id: u8, from: &mut Source<'_>, sanitize: bool, limits: &Limits) -> Result<Set, Fault> {
    let mut set = if id == kind::SET_INTSET {
        let damaged = || Fault::new(ErrorKind::Damaged("Intset integrity check failed."));
        let bytes = from.blob()?.ok_or_else(damaged)?;
        Set::Ints(Intset::from_bytes(bytes).map_err(|_| damaged())?)
    } else {
        Set::Packed(from.listpack(DAMAGED)?)
    };
    let len = set.len();
    let twins = matches!(&set, Set::Packed(list) if has_twins(list, 0));
    if twins && sanitize {
        return Err(Fault::new(ErrorKind::Damaged(DAMAGED)));
    }
    set.grow(len, limits);
    match &mut set {
        Set::Packed(list) if twins => list.forget_count(),
        Set::Table(_) if twins => return Err(Fault::new(ErrorKind::Damaged(TWINS))),
        _ => {}
    }
    Ok(set)
}

/// The set into which `count` members will be put one by one.
pub(super) fn for_loading(count: u64, limits: &Limits) -> Set {
    let ints = count <= limits.set_max_intset_entries as u64;
    if ints { Set::default() } else { Set::table(limits) }
}

/// Reads a member of a set of type 2.
pub(super) fn add(
    set: &mut Set,
    from: &mut Source<'_>,
    scratch: &mut Vec<u8>,
    limits: &Limits,
) -> Result<(), Fault> {
    let is_new = set.add(from.text(scratch)?, limits);
    if is_new { Ok(()) } else { Err(Fault::new(ErrorKind::Damaged("Duplicate set members detected"))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::hash::KeyHash;
    use crate::format::rdb_values;
    use crate::format::rdb_write::value_bytes;
    use crate::object::Value;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn read(id: u8, from: &mut Source<'_>, sanitize: bool, limits: &Limits) -> Result<Set, Fault> {
        match rdb_values::read(id, from, sanitize, limits)? {
            Value::Set(set) => Ok(set),
            other => panic!("{other:?}"),
        }
    }

    fn limits(ints: usize, entries: usize) -> Limits {
        let limits = Limits::new(KeyHash::new([2; 16]));
        Limits { set_max_intset_entries: ints, set_max_listpack_entries: entries, ..limits }
    }

    fn filled(texts: &BTreeSet<Vec<u8>>, limits: &Limits) -> Set {
        let mut set = Set::default();
        texts.iter().for_each(|text| assert!(set.add(text, limits)));
        set
    }

    #[test]
    fn listpacks_stay_out_of_files_that_older_servers_read() {
        let limits = limits(9, 9);
        let set = filled(&BTreeSet::from([b"a".to_vec(), b"12".to_vec()]), &limits);
        assert_eq!((kind_of(&set, 10), kind_of(&set, 11)), (kind::SET, kind::SET_LISTPACK));
        assert_eq!(value_bytes(|out| write(&set, 10, out)), b"\x02\xc0\x0c\x01a");
        assert_eq!(value_bytes(|out| write(&set, 11, out)), b"\x0c\x0c\0\0\0\x02\0\x0c\x01\x81a\x02\xff");
        let ints = filled(&BTreeSet::from([b"1".to_vec(), b"2".to_vec()]), &limits);
        assert_eq!(kind_of(&ints, 10), kind::SET_INTSET);
        assert_eq!(value_bytes(|out| write(&ints, 10, out)), b"\x0c\x02\0\0\0\x02\0\0\0\x01\0\x02\0");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let of = |id, bytes: &[u8]| {
            read(id, &mut Source::new(bytes, 1 << 20), true, &limits(9, 9)).map(|_| ()).unwrap_err().kind
        };
        assert_eq!(of(kind::SET, b"\0"), ErrorKind::EmptyKey);
        assert_eq!(of(kind::SET, b"\x02\x01a\x01a"), ErrorKind::Damaged("Duplicate set members detected"));
        let ints = ErrorKind::Damaged("Intset integrity check failed.");
        assert_eq!(of(kind::SET_INTSET, b"\x0c\x02\0\0\0\x02\0\0\0\x02\0\x01\0"), ints);
        assert_eq!(of(kind::SET_INTSET, b"\xc0\x05"), ints);
        assert_eq!(of(kind::SET_LISTPACK, b"\x07\x07\0\0\0\0\0\xff"), ErrorKind::EmptyKey);
        let twice = b"\x0b\x0b\0\0\0\x02\0\x01\x01\x01\x01\xff";
        assert_eq!(of(kind::SET_LISTPACK, twice), ErrorKind::Damaged(DAMAGED));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn what_was_written_is_read(
            texts in proptest::collection::btree_set(
                prop_oneof!["[ab]{0,30}", "-?[0-9]{1,20}"].prop_map(String::into_bytes), 1..20),
            (ints, entries, ints_back, entries_back) in (0usize..25, 0usize..25, 0usize..25, 0usize..25),
            version in 10u16..12,
        ) {
            let set = filled(&texts, &limits(ints, entries));
            let bytes = value_bytes(|out| write(&set, version, out));
            let mut from = Source::new(&bytes, 1 << 20);
            let id = kind_of(&set, version);
            let back = read(id, &mut from, true, &limits(ints_back, entries_back)).unwrap();
            prop_assert!(from.rest().is_empty());
            prop_assert_eq!(back.iter().map(|member| member.to_vec()).collect::<BTreeSet<_>>(), texts);
            match &back {
                Set::Ints(set) => prop_assert!(set.len() <= ints_back),
                Set::Packed(list) => prop_assert!(list.len() <= entries_back),
                Set::Table(_) => {}
            }
            for cut in 0..bytes.len() {
                prop_assert!(read(id, &mut Source::new(&bytes[..cut], 999), true, &limits(9, 9)).is_err());
            }
        }

        #[test]
        fn wild_bytes_do_no_harm(bytes in proptest::collection::vec(prop_oneof![0u8..4, any::<u8>()], 0..60)) {
            for id in [kind::SET, kind::SET_INTSET, kind::SET_LISTPACK] {
                let _ = read(id, &mut Source::new(&bytes, 1 << 20), true, &limits(3, 3));
            }
        }
    }
}
