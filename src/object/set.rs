//! The set type: a place held for it.

use super::digest::Sum;

/// Placeholder of the set.
#[derive(Clone, Debug, Default)]
pub struct Set {}

impl Set {
    /// The word that OBJECT ENCODING answers.
    pub fn encoding(&self) -> &'static str {
        "listpack"
    }

    /// Bytes held behind the value, its own struct left out.
    pub fn mem_bytes(&self) -> usize {
        0
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        true
    }

    /// Mixes the elements into a digest.
    pub fn digest(&self, _sum: &mut Sum) {}
}
