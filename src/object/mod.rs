//! Floor 2: values and their encodings. Knows no database.
//!
//! A key and what belongs to it is an [`Entry`]: one allocation, a thin pointer. Strings live inside the
//! entry (`entry.rs`); every other type hangs off it as a boxed [`Value`].
//!
//! Each type is one file with one enum over its encodings. The encodings change at the moments at which
//! those of Redis 7.2.4 change, so that OBJECT ENCODING answers the same; the configured thresholds come in
//! as arguments, for this floor knows no configuration.

pub mod digest;
pub mod entry;
mod field;
pub mod geohash;
pub mod hash;
pub mod hll;
pub mod list;
mod member;
mod pick;
pub mod set;
pub mod zset;
pub mod zset_range;

use crate::base::hash::KeyHash;

pub use entry::{Entry, NewValue, ValueRef};
pub use hash::Hash;
pub use list::List;
pub use set::Set;
pub use zset::Zset;

/// A value that is not a string. The stream becomes a variant here.
///
/// Each variant is at most three words, so the box behind an entry takes one allocation of 32 bytes.
#[derive(Clone, Debug)]
pub enum Value {
    /// Elements in order, open at both ends.
    List(List),
    /// Members without order.
    Set(Set),
    /// Fields with values.
    Hash(Hash),
    /// Members ordered by score.
    Zset(Zset),
}

const _: () = assert!(size_of::<Value>() <= 32);

/// The configured numbers that decide about encodings, and the key of the hash that tables of members get.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// `list-max-listpack-size`: elements of a node if positive, else a size class -1 to -5.
    pub list_max_listpack_size: i32,
    /// `list-compress-depth`: nodes at each end that stay uncompressed; 0 compresses none.
    pub list_compress_depth: u32,
    /// Bytes from which on an element gets a node of its own (DEBUG QUICKLIST-PACKED-THRESHOLD).
    pub list_packed_threshold: u32,
    /// `set-max-intset-entries`.
    pub set_max_intset_entries: usize,
    /// `set-max-listpack-entries`.
    pub set_max_listpack_entries: usize,
    /// `set-max-listpack-value`, bytes.
    pub set_max_listpack_value: usize,
    /// `hash-max-listpack-entries`.
    pub hash_max_listpack_entries: usize,
    /// `hash-max-listpack-value`, bytes.
    pub hash_max_listpack_value: usize,
    /// `zset-max-listpack-entries`.
    pub zset_max_listpack_entries: usize,
    /// `zset-max-listpack-value`, bytes.
    pub zset_max_listpack_value: usize,
    /// The process' keyed hash.
    pub hash: KeyHash,
}

impl Limits {
    /// The defaults of Redis 7.2.4 under a hash.
    pub fn new(hash: KeyHash) -> Self {
        Limits {
            list_max_listpack_size: -2,
            list_compress_depth: 0,
            list_packed_threshold: 1 << 30,
            set_max_intset_entries: 512,
            set_max_listpack_entries: 128,
            set_max_listpack_value: 64,
            hash_max_listpack_entries: 128,
            hash_max_listpack_value: 64,
            zset_max_listpack_entries: 128,
            zset_max_listpack_value: 64,
            hash,
        }
    }
}

impl entry::Body for Value {
    fn type_name(&self) -> &'static str {
        match self {
            Value::List(_) => "list",
            Value::Set(_) => "set",
            Value::Hash(_) => "hash",
            Value::Zset(_) => "zset",
        }
    }

    fn encoding(&self) -> &'static str {
        match self {
            Value::List(list) => list.encoding(),
            Value::Set(set) => set.encoding(),
            Value::Hash(hash) => hash.encoding(),
            Value::Zset(zset) => zset.encoding(),
        }
    }

    fn mem_bytes(&self) -> usize {
        match self {
            Value::List(list) => list.mem_bytes(),
            Value::Set(set) => set.mem_bytes(),
            Value::Hash(hash) => hash.mem_bytes(),
            Value::Zset(zset) => zset.mem_bytes(),
        }
    }
}

impl Value {
    /// Elements, members or fields. No key holds a value with none, but for the moment in which a command
    /// takes the last one out.
    pub fn len(&self) -> usize {
        match self {
            Value::List(list) => list.len(),
            Value::Set(set) => set.len(),
            Value::Hash(hash) => hash.len(),
            Value::Zset(zset) => zset.len(),
        }
    }

    /// Whether nothing is left, so that the key is to go.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
