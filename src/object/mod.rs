//! Floor 2: values and their encodings. Knows no database.
//!
//! A key and what belongs to it is an [`Entry`]: one allocation, a thin pointer. Strings live inside the
//! entry (`entry.rs`); every other type hangs off it as a boxed [`Value`].

pub mod digest;
pub mod entry;

pub use entry::{Entry, NewValue, ValueRef};

/// A value that is not a string. List, set, hash, sorted set and stream become variants here.
///
/// No type but the string exists so far: the enum has no variant, so a `match` on it is complete and stays
/// honest, and the compiler names every place to visit when the first variant arrives.
#[derive(Clone, Debug)]
pub enum Value {}

impl entry::Body for Value {
    fn type_name(&self) -> &'static str {
        match *self {}
    }

    fn encoding(&self) -> &'static str {
        match *self {}
    }

    fn mem_bytes(&self) -> usize {
        match *self {}
    }
}
