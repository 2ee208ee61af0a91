//! Collections as commands reach them: under the configured limits, and of the type that the command is for.
//!
//! The floor of objects knows no configuration; [`limits`] gathers what it wants to know. It is a copy of some
//! 140 bytes, made only by commands that add or shrink.

use crate::base::clock::Millis;
use crate::core::server::Server;
use crate::keyspace::Keyspace;
use crate::object::stream::{NodeLimits, Stream};
use crate::object::{Entry, Hash, Limits, List, Set, Value, ValueRef, Zset};
use crate::resp::errors::{self, CmdError};

/// The thresholds of all types, as configured now.
pub fn limits(srv: &Server) -> Limits {
    let config = &srv.config;
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    Limits {
        list_max_listpack_size: config.list_max_listpack_size,
        list_compress_depth: u32::try_from(config.list_compress_depth).unwrap_or(0),
        list_packed_threshold: srv.debug.packed_threshold,
        set_max_intset_entries: count(config.set_max_intset_entries),
        set_max_listpack_entries: count(config.set_max_listpack_entries),
        set_max_listpack_value: count(config.set_max_listpack_value),
        hash_max_listpack_entries: count(config.hash_max_listpack_entries),
        hash_max_listpack_value: count(config.hash_max_listpack_value),
        zset_max_listpack_entries: count(config.zset_max_listpack_entries),
        zset_max_listpack_value: count(config.zset_max_listpack_value),
        hash: srv.keys.key_hash(),
    }
}

/// When a node of a stream is full, as configured now.
#[inline]
pub fn node_limits(srv: &Server) -> NodeLimits {
    let config = &srv.config;
    NodeLimits {
        bytes: usize::try_from(config.stream_node_max_bytes).unwrap_or(usize::MAX),
        entries: u64::try_from(config.stream_node_max_entries).unwrap_or(0),
    }
}

/// A type of collection.
pub trait Kind: Sized {
    /// The collection in a value, if it is of this type.
    fn of(value: &Value) -> Option<&Self>;
    /// The same, to be changed.
    fn of_mut(value: &mut Value) -> Option<&mut Self>;
    /// The collection as a value.
    fn wrap(self) -> Value;
}

macro_rules! kinds {
    ($($kind:ident)*) => {
        $(impl Kind for $kind {
            #[inline]
            fn of(value: &Value) -> Option<&Self> {
                if let Value::$kind(own) = value { Some(own) } else { None }
            }

            #[inline]
            fn of_mut(value: &mut Value) -> Option<&mut Self> {
                if let Value::$kind(own) = value { Some(own) } else { None }
            }

            fn wrap(self) -> Value {
                Value::$kind(self)
            }
        })*
    };
}

kinds! { List Set Hash Zset }

impl Kind for Stream {
    #[inline]
    fn of(value: &Value) -> Option<&Self> {
        if let Value::Stream(own) = value { Some(own) } else { None }
    }

    #[inline]
    fn of_mut(value: &mut Value) -> Option<&mut Self> {
        if let Value::Stream(own) = value { Some(own) } else { None }
    }

    fn wrap(self) -> Value {
        Value::Stream(Box::new(self))
    }
}

/// The collection of type `T` that an entry holds.
///
/// # Errors
/// WRONGTYPE when it holds something else.
#[inline]
pub fn of_entry<T: Kind>(entry: &Entry) -> Result<&T, CmdError> {
    match entry.value() {
        ValueRef::Obj(value) => T::of(value).ok_or(errors::WRONGTYPE),
        _ => Err(errors::WRONGTYPE),
    }
}

/// Looks a collection up to read it; `None`: no such key.
///
/// # Errors
/// WRONGTYPE
#[inline]
pub fn read<'a, T: Kind>(
    keys: &'a mut Keyspace,
    db: usize,
    key: &[u8],
    now: Millis,
) -> Result<Option<&'a T>, CmdError> {
    keys.read(db, key, now).map(of_entry).transpose()
}

/// Looks a collection up to change it; `None`: no such key.
///
/// # Errors
/// WRONGTYPE
#[inline]
pub fn edit<'a, T: Kind>(
    keys: &'a mut Keyspace,
    db: usize,
    key: &[u8],
    now: Millis,
) -> Result<Option<&'a mut T>, CmdError> {
    let Some(entry) = keys.edit_entry(db, key, now) else { return Ok(None) };
    entry.value_mut().and_then(T::of_mut).map(Some).ok_or(errors::WRONGTYPE)
}
