//! Floor 0: numbers, bytes, time, chance and the log. Knows no Redis command.

pub mod bytes;
pub mod clock;
pub mod crc;
pub mod disk;
pub mod hash;
pub mod lzf;
pub mod num;
pub mod rng;
