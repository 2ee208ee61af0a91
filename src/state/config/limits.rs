//! The configured limits of encodings, as the values' floor wants them.

use super::Config;
use crate::base::hash::KeyHash;
use crate::object::Limits;

impl Config {
    /// The limits as they are configured now, for tables under `hash`.
    pub fn limits(&self, hash: KeyHash) -> Limits {
        let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        Limits {
            list_max_listpack_size: self.list_max_listpack_size,
            list_compress_depth: u32::try_from(self.list_compress_depth).unwrap_or(0),
            set_max_intset_entries: number(self.set_max_intset_entries),
            set_max_listpack_entries: number(self.set_max_listpack_entries),
            set_max_listpack_value: number(self.set_max_listpack_value),
            hash_max_listpack_entries: number(self.hash_max_listpack_entries),
            hash_max_listpack_value: number(self.hash_max_listpack_value),
            zset_max_listpack_entries: number(self.zset_max_listpack_entries),
            zset_max_listpack_value: number(self.zset_max_listpack_value),
            ..Limits::new(hash)
        }
    }
}
