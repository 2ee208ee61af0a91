//! Values that are not strings, as RDB files and DUMP payloads hold them: a file per type.
//!
//! Reading works on bytes that are all there ([`Source`]): the reader has framed the unit, a DUMP payload is
//! whole anyway. A count that is claimed is never allocated for; the elements that come decide.
//!
//! What is stored as a count and its elements is built one element at a time ([`Builder`]): by the reader as they
//! arrive, so that a value of gigabytes is never there twice, and by [`read`] in a loop. What is stored in one
//! string is checked and taken, or copied into today's form, as a whole.
//!
//! **What is checked.** Always: that every element lies within its string and all numbers agree, so that no
//! later use can go astray. `sanitize` adds what costs more and does no harm: members that come twice in a
//! listpack. (Redis leaves the inner elements unchecked without `sanitize-dump-payload`, and ends when it
//! stumbles over one.)

pub mod hash;
pub mod list;
pub mod set;
pub mod stream;
pub mod zset;

use std::collections::HashSet;

use super::rdb::kind;
use super::rdb::{Frame, Text, length, string};
use super::rdb_error::{ErrorKind, Fault};
use super::rdb_legacy::Ziplist;
use super::rdb_read::{plain, unpack};
use crate::ds::listpack::{Entry, Listpack};
use crate::ds::quicklist::Quicklist;
use crate::object::{Hash, Limits, List, Set, Value, Zset};

/// From this version on hashes, sorted sets and lists are stored as the listpacks they are in memory. What is older
/// gets them element by element, which every version reads.
pub(super) const LISTPACK_VERSION: u16 = 10;

/// Reads a value of any type but the string, whose type id was read. `sanitize` looks for members that come
/// twice in a listpack.
///
/// # Errors
/// The bytes end, are damaged or of a type that cannot be read; [`ErrorKind::EmptyKey`] for a value without
/// elements.
pub fn read(id: u8, from: &mut Source<'_>, sanitize: bool, limits: &Limits) -> Result<Value, Fault> {
    match id {
        kind::LIST_ZIPLIST => list::read(from, limits).map(Value::List),
        kind::SET_INTSET | kind::SET_LISTPACK => set::read(id, from, sanitize, limits).map(Value::Set),
        kind::HASH_ZIPMAP | kind::HASH_ZIPLIST | kind::HASH_LISTPACK => {
            hash::read(id, from, sanitize, limits).map(Value::Hash)
        }
        kind::ZSET_ZIPLIST | kind::ZSET_LISTPACK => zset::read(id, from, sanitize, limits).map(Value::Zset),
        kind::MODULE_PRE_GA => Err(Fault::new(ErrorKind::ModulePreGa)),
        kind::MODULE_2 => Err(Fault::new(ErrorKind::ModuleValue(from.number()?))),
        _ if Builder::builds(id) => {
            let count = from.count()?;
            let mut builder = Builder::new(id, count, limits);
            for _ in 0..count {
                builder.add(from, limits)?;
            }
            builder.finish(limits)
        }
        kind::STREAM | kind::STREAM_2 | kind::STREAM_3 => {
            stream::read(id, from).map(|stream| Value::Stream(Box::new(stream)))
        }
        other if super::rdb::type_name(other).is_some() => Err(Fault::new(ErrorKind::UnsupportedType(other))),
        other => Err(Fault::new(ErrorKind::UnknownType(other))),
    }
}

/// Of elements with the same name the first, which is the one that look-ups find. A listpack that nobody checked may
/// hold others ([`set`]); where elements are written one by one, every reader would refuse them.
fn firsts<'a, T>(elements: impl Iterator<Item = (Entry<'a>, T)>) -> Vec<(Entry<'a>, T)> {
    let mut seen = HashSet::new();
    elements.filter(|(name, _)| seen.insert(name.to_vec())).collect()
}

/// A value that is stored as a count and its elements, while it is built.
#[derive(Debug)]
pub struct Builder {
    id: u8,
    value: Partial,
    /// Texts of an element that had to be decoded.
    scratch: [Vec<u8>; 2],
}

/// What there is of the value.
#[derive(Debug)]
enum Partial {
    List(Box<Quicklist>),
    Set(Set),
    Hash(Hash),
    Zset(Zset),
}

impl Builder {
    /// Whether values of this type id are built so.
    pub fn builds(id: u8) -> bool {
        use kind::{HASH, LIST, LIST_QUICKLIST, LIST_QUICKLIST_2, SET, ZSET, ZSET_2};
        matches!(id, LIST | SET | ZSET | HASH | ZSET_2 | LIST_QUICKLIST | LIST_QUICKLIST_2)
    }

    /// Begins a value of a type that [`Builder::builds`]; the count decides about its first encoding only.
    pub fn new(id: u8, count: u64, limits: &Limits) -> Self {
        let value = match id {
            kind::SET => Partial::Set(set::for_loading(count, limits)),
            kind::HASH => Partial::Hash(Hash::for_loading(count, limits)),
            kind::ZSET | kind::ZSET_2 => Partial::Zset(Zset::new(usize::MAX, 0, limits)),
            _ => Partial::List(Box::new(List::loading(limits))),
        };
        Builder { id, value, scratch: Default::default() }
    }

    /// Reads the next element.
    ///
    /// # Errors
    /// The bytes end or are no element, or it is there already; the builder is of no use then.
    pub fn add(&mut self, from: &mut Source<'_>, limits: &Limits) -> Result<(), Fault> {
        let [scratch, other] = &mut self.scratch;
        match &mut self.value {
            Partial::List(value) => list::add(self.id, value, from, scratch),
            Partial::Set(value) => set::add(value, from, scratch, limits),
            Partial::Hash(value) => hash::add(value, from, [scratch, other], limits),
            Partial::Zset(value) => zset::add(self.id, value, from, scratch, limits),
        }
    }

    /// The value, in the encoding that its size asks for.
    ///
    /// # Errors
    /// [`ErrorKind::EmptyKey`]: there were nodes, but no elements in them.
    pub fn finish(self, limits: &Limits) -> Result<Value, Fault> {
        Ok(match self.value {
            Partial::List(list) => Value::List(list::finish(list, limits)?),
            Partial::Set(set) => Value::Set(set),
            Partial::Hash(hash) => Value::Hash(hash),
            Partial::Zset(mut set) => {
                set.pack(limits);
                Value::Zset(set)
            }
        })
    }
}

/// Bytes of a value that are read from front to end.
pub struct Source<'a> {
    bytes: &'a [u8],
    max: u64,
}

impl<'a> Source<'a> {
    /// Reads from these bytes; no string in them may be larger than `max`.
    pub fn new(bytes: &'a [u8], max: u64) -> Self {
        Source { bytes, max }
    }

    /// What has not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// Takes what a framer has found.
    fn whole<T>(&mut self, frame: Frame<T>) -> Result<T, Fault> {
        match frame {
            Frame::Whole(found, size) => {
                self.bytes = self.bytes.get(size..).unwrap_or_default();
                Ok(found)
            }
            Frame::Need(_) => Err(Fault::new(ErrorKind::UnexpectedEof)),
        }
    }

    /// A number of elements, which is not 0.
    ///
    /// # Errors
    /// The bytes end or are no length; [`ErrorKind::EmptyKey`].
    pub fn count(&mut self) -> Result<u64, Fault> {
        let frame = length(self.bytes)?;
        match self.whole(frame)?.number() {
            0 => Err(Fault::new(ErrorKind::EmptyKey)),
            count => Ok(count),
        }
    }

    /// A number.
    ///
    /// # Errors
    /// The bytes end or are no length.
    pub fn number(&mut self) -> Result<u64, Fault> {
        let frame = length(self.bytes)?;
        Ok(self.whole(frame)?.number())
    }

    /// Bytes in a string that are more than a text; `None` if it is stored as a number, which they never are.
    ///
    /// # Errors
    /// As [`Source::stored`].
    pub fn blob(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        Ok(match self.stored()? {
            Text::Plain(bytes) => Some(bytes.to_vec()),
            Text::Lzf { packed, len } => Some(unpack(packed, len)?),
            Text::Int(_) => None,
        })
    }

    /// [`Source::blob`] borrowed, or decompressed into `scratch`.
    ///
    /// # Errors
    /// As [`Source::stored`].
    pub fn packed<'s>(&mut self, scratch: &'s mut Vec<u8>) -> Result<Option<&'s [u8]>, Fault>
    where
        'a: 's,
    {
        match self.stored()? {
            Text::Int(_) => Ok(None),
            text => plain(text, scratch).map(Some),
        }
    }

    /// A ziplist in a string as a listpack; `complaint` is Redis' message when it is none.
    ///
    /// # Errors
    /// As [`Source::stored`]; [`ErrorKind::Damaged`].
    pub fn ziplist(&mut self, complaint: &'static str) -> Result<Listpack, Fault> {
        let mut scratch = Vec::new();
        let old = self.packed(&mut scratch)?.and_then(Ziplist::new);
        let pack = old.and_then(|old| old.to_listpack());
        pack.ok_or_else(|| Fault::new(ErrorKind::Damaged(complaint)))
    }

    /// A string as it is stored.
    ///
    /// # Errors
    /// The bytes end or are no string.
    pub fn stored(&mut self) -> Result<Text<'a>, Fault> {
        let frame = string(self.bytes, self.max)?;
        self.whole(frame)
    }

    /// A string, borrowed or decoded into `scratch`.
    ///
    /// # Errors
    /// As [`Source::stored`].
    pub fn text<'s>(&mut self, scratch: &'s mut Vec<u8>) -> Result<&'s [u8], Fault>
    where
        'a: 's,
    {
        plain(self.stored()?, scratch)
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// There are fewer.
    pub fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (bytes, rest) =
            self.bytes.split_first_chunk().ok_or_else(|| Fault::new(ErrorKind::UnexpectedEof))?;
        self.bytes = rest;
        Ok(*bytes)
    }

    /// A listpack in a string, sound in every element; `complaint` is Redis' message when it is not.
    ///
    /// # Errors
    /// As [`Source::stored`]; [`ErrorKind::Damaged`]; [`ErrorKind::EmptyKey`] for one without elements.
    pub fn listpack(&mut self, complaint: &'static str) -> Result<Listpack, Fault> {
        let damaged = || Fault::new(ErrorKind::Damaged(complaint));
        let pack = Listpack::from_bytes(self.blob()?.ok_or_else(damaged)?).map_err(|_| damaged())?;
        if pack.is_empty() { Err(Fault::new(ErrorKind::EmptyKey)) } else { Ok(pack) }
    }
}

#[cfg(test)]
mod tests;
