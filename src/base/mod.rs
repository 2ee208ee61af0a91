//! Floor 0: numbers, bytes, time, chance and the log. Knows no Redis command.

pub mod alloc;
pub mod bio;
pub mod bytes;
pub mod clock;
pub mod collate;
pub mod crc;
pub mod disk;
pub mod glob;
pub mod hash;
pub mod info;
pub mod ldouble;
pub mod log;
pub mod lzf;
pub mod num;
pub mod partial_sort;
pub mod rng;
pub mod tsc;
