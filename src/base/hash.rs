//! The keyed hash of every table whose keys come from clients.
//!
//! A client who could predict the hash could send a million keys of one bucket and turn each command into a
//! walk over them. So the hash is SipHash-1-3 under a 128-bit seed drawn once per process: the family Redis
//! uses (it takes 1-2), the variant of Rust's own maps, with no known way to build collisions without the
//! seed.

use siphasher::sip::SipHasher13;

/// Hashes keys under one seed.
#[derive(Clone, Copy)]
pub struct KeyHash {
    hasher: SipHasher13,
}

impl KeyHash {
    /// The hash function of this seed; draw it with [`super::rng::os_bytes`], fix it in tests.
    pub fn new(seed: [u8; 16]) -> Self {
        KeyHash { hasher: SipHasher13::new_with_key(&seed) }
    }

    /// The hash of `key`: all 64 bits are usable.
    #[inline]
    pub fn hash(&self, key: &[u8]) -> u64 {
        self.hasher.hash(key)
    }
}

impl std::fmt::Debug for KeyHash {
    /// The seed is a secret of the process and is not shown.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("KeyHash")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_decides_and_every_length_counts() {
        let (one, two) = (KeyHash::new([1; 16]), KeyHash::new([2; 16]));
        let bytes = [7u8; 64];
        let mut seen = std::collections::HashSet::new();
        for len in 0..=64 {
            assert_eq!(one.hash(&bytes[..len]), KeyHash::new([1; 16]).hash(&bytes[..len]));
            assert!(seen.insert(one.hash(&bytes[..len])) && seen.insert(two.hash(&bytes[..len])));
        }
    }

    #[test]
    fn low_and_high_bits_spread() {
        let hash = KeyHash::new(*b"0123456789abcdef");
        let (mut low, mut high) = ([0u32; 256], [0u32; 256]);
        for number in 0..25_600u32 {
            let value = hash.hash(format!("key:{number}").as_bytes());
            low[(value & 255) as usize] += 1;
            high[(value >> 56) as usize] += 1;
        }
        assert!(low.iter().chain(&high).all(|count| (50..160).contains(count)));
    }
}
