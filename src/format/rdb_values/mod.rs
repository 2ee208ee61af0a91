//! Values that are not strings, as RDB files and DUMP payloads hold them: a file per type.
//!
//! Reading works on bytes that are all there ([`Source`]): the reader has framed the unit, a DUMP payload is
//! whole anyway. A count that is claimed is never allocated for; the elements that come decide.

pub mod hash;
pub mod list;
pub mod set;
pub mod stream;
pub mod zset;

use super::rdb::kind;
use super::rdb::{Frame, Text, length, string};
use super::rdb_error::{ErrorKind, Fault};
use super::rdb_read::{plain, unpack};
use crate::ds::listpack::Listpack;
use crate::object::{Limits, Value};

/// Reads a value of any type but the string, whose type id was read. `sanitize` looks for what only a full
/// check sees and what does no harm otherwise, such as members that come twice.
///
/// # Errors
/// The bytes end, are damaged or of a type that cannot be read; [`ErrorKind::EmptyKey`] for a value without
/// elements.
pub fn read(id: u8, from: &mut Source<'_>, sanitize: bool, limits: &Limits) -> Result<Value, Fault> {
    match id {
        kind::LIST | kind::LIST_QUICKLIST_2 => list::read(id, from, limits).map(Value::List),
        kind::SET | kind::SET_INTSET | kind::SET_LISTPACK => {
            set::read(id, from, sanitize, limits).map(Value::Set)
        }
        kind::HASH | kind::HASH_LISTPACK => hash::read(id, from, sanitize, limits).map(Value::Hash),
        kind::ZSET | kind::ZSET_2 | kind::ZSET_LISTPACK => {
            zset::read(id, from, sanitize, limits).map(Value::Zset)
        }
        kind::STREAM | kind::STREAM_2 | kind::STREAM_3 => {
            stream::read(id, from).map(|stream| Value::Stream(Box::new(stream)))
        }
        other if super::rdb::type_name(other).is_some() => Err(Fault::new(ErrorKind::UnsupportedType(other))),
        other => Err(Fault::new(ErrorKind::UnknownType(other))),
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
