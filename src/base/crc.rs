//! Checksums: CRC-64 in Redis' polynomial (RDB files, DUMP payloads) and CRC-16 for hash slots.
//!
//! CRC-64 comes from the `crc-fast` crate (carry-less multiplication, many gigabytes per second); a
//! snapshot's time then goes elsewhere. It can be fed in pieces: the result of one call is the start of the
//! next.
//!
//! CRC-16 covers a key (tens of bytes) at most once a command, so one 512-byte table, built at compile time,
//! is enough.
//!
//! Source: Redis 7.2.4 (`crc64.c`: Jones polynomial, start 0), cluster specification
//! <https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/> (CRC-16/XMODEM, hash tags).

use crc_fast::{CrcAlgorithm, Digest};

/// Number of hash slots of the cluster's key space.
pub const SLOTS: u16 = 16384;

/// Continues the CRC-64 of a stream: `crc` is 0 at its start, else the result so far. A call costs tens of
/// nanoseconds whatever its length: feed it buffers, not single fields.
#[inline]
pub fn crc64(crc: u64, bytes: &[u8]) -> u64 {
    let mut digest = Digest::new_with_init_state(CrcAlgorithm::Crc64Redis, crc);
    digest.update(bytes);
    digest.finalize()
}

const CRC16: [u16; 256] = {
    let mut table = [0u16; 256];
    let mut index = 0;
    while index < 256 {
        let mut crc = (index as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000 != 0 { crc << 1 ^ 0x1021 } else { crc << 1 };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
};

/// CRC-16/XMODEM.
#[inline]
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| crc << 8 ^ CRC16[usize::from((crc >> 8) as u8 ^ byte)])
}

/// The hash slot of a key, 0..16384. When the key holds `{tag}` with a non-empty tag (first `{`, next `}`),
/// only the tag counts, so that related keys can share a slot.
#[inline]
pub fn key_hash_slot(key: &[u8]) -> u16 {
    crc16(hash_tag(key)) % SLOTS
}

fn hash_tag(key: &[u8]) -> &[u8] {
    let Some(open) = memchr::memchr(b'{', key) else { return key };
    let inside = &key[open + 1..];
    match memchr::memchr(b'}', inside) {
        Some(close) if close > 0 => &inside[..close],
        _ => key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bit by bit, straight from the definition (reflected polynomial).
    fn crc64_slow(mut crc: u64, bytes: &[u8]) -> u64 {
        for &byte in bytes {
            crc ^= u64::from(byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { crc >> 1 ^ 0x95ac_9329_ac4b_c9b5 } else { crc >> 1 };
            }
        }
        crc
    }

    #[test]
    fn crc64_agrees_with_its_definition_at_every_length_and_cut() {
        assert_eq!(crc64(0, b"123456789"), 0xe9c6_d914_c4b8_d9ca);
        assert_eq!(crc64(0, b""), 0);
        assert_eq!(crc64(77, b""), 77);
        let bytes: Vec<u8> = (0..600u32).map(|n| ((n * n) >> 3) as u8).collect();
        for end in 0..bytes.len() {
            let want = crc64_slow(0, &bytes[..end]);
            assert_eq!(crc64(0, &bytes[..end]), want, "length {end}");
            let cut = end / 3;
            assert_eq!(crc64(crc64(0, &bytes[..cut]), &bytes[cut..end]), want, "length {end} in two");
        }
    }

    #[test]
    fn slots_follow_the_cluster_specification() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(key_hash_slot(b"foo"), 12182);
        assert_eq!(key_hash_slot(b"{user1000}.following"), key_hash_slot(b"user1000"));
        assert_eq!(key_hash_slot(b"foo{}{bar}"), crc16(b"foo{}{bar}") % SLOTS);
        assert_eq!(key_hash_slot(b"foo{{bar}}zap"), crc16(b"{bar") % SLOTS);
        assert_eq!(key_hash_slot(b"foo{bar}{zap}"), key_hash_slot(b"bar"));
        assert_eq!(key_hash_slot(b"foo{bar"), crc16(b"foo{bar") % SLOTS);
    }
}
