//! Chance: the only source of randomness of the house, seedable so that a simulation replays exactly.
//!
//! The generator is xoshiro256** (Blackman and Vigna, public domain, <https://prng.di.unimi.it/>), its state
//! filled by SplitMix64: a few cycles a number, period 2^256-1. It serves sampling, RANDOMKEY, eviction and
//! replication ids; like Redis' own generator it is not meant for secrets. Passwords and hash seeds take
//! [`os_bytes`].

use std::fs::File;
use std::io::Read;
use std::time::{SystemTime, UNIX_EPOCH};

/// A seeded generator.
#[derive(Clone, Debug)]
pub struct Rng {
    state: [u64; 4],
}

impl Rng {
    /// The generator whose whole sequence follows from `seed`.
    pub fn seeded(seed: u64) -> Self {
        let mut sequence = seed;
        Rng { state: std::array::from_fn(|_| splitmix(&mut sequence)) }
    }

    /// A generator seeded by the operating system.
    pub fn from_os() -> Self {
        let mut bytes = [0; 32];
        os_bytes(&mut bytes);
        let mut rng = Rng::seeded(0);
        for (word, chunk) in rng.state.iter_mut().zip(bytes.chunks_exact(8)) {
            for (at, byte) in chunk.iter().enumerate() {
                *word ^= u64::from(*byte) << (8 * at);
            }
        }
        // All zeros is the one state that xoshiro never leaves.
        if rng.state == [0; 4] { Rng::seeded(1) } else { rng }
    }

    /// The next 64 random bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        let state = &mut self.state;
        let result = state[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = state[1] << 17;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= shifted;
        state[3] = state[3].rotate_left(45);
        result
    }

    /// A fair number in `0..n`; 0 when `n` is 0. (Lemire's multiplication, rejecting the biased rest.)
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        let mut product = u128::from(self.next_u64()) * u128::from(n);
        if (product as u64) < n {
            let threshold = n.wrapping_neg() % n;
            while (product as u64) < threshold {
                product = u128::from(self.next_u64()) * u128::from(n);
            }
        }
        (product >> 64) as u64
    }

    /// A fair number in `0.0..1.0`, 53 bits fine.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Fills `bytes`.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next_u64().to_le_bytes()[..chunk.len()]);
        }
    }

    /// Forty lower-case hexadecimal digits: run ids and replication ids.
    pub fn hex_id(&mut self) -> [u8; 40] {
        let mut bytes = [0; 20];
        self.fill(&mut bytes);
        std::array::from_fn(|at| {
            let byte = bytes[at / 2];
            b"0123456789abcdef"[usize::from(if at % 2 == 0 { byte >> 4 } else { byte & 15 })]
        })
    }
}

fn splitmix(sequence: &mut u64) -> u64 {
    *sequence = sequence.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *sequence;
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

/// Fills `bytes` from the operating system's generator. Where there is none (a bare chroot), time and process
/// id serve, as in Redis: ids still do not collide by habit, secrets are then only as good as that.
pub fn os_bytes(bytes: &mut [u8]) {
    if File::open("/dev/urandom").and_then(|mut file| file.read_exact(bytes)).is_ok() {
        return;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Rng::seeded(now.as_nanos() as u64 ^ u64::from(std::process::id()) << 32).fill(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_its_sequence_again() {
        let mut first = Rng::seeded(7);
        let mut again = Rng::seeded(7);
        let mut other = Rng::seeded(8);
        let numbers: Vec<u64> = (0..100).map(|_| first.next_u64()).collect();
        assert!(numbers.iter().all(|&number| number == again.next_u64()));
        assert!(numbers.iter().any(|&number| number != other.next_u64()));
        // Reference value: SplitMix64 of seed 1234567 (its published test vector).
        let mut sequence = 1_234_567;
        assert_eq!(splitmix(&mut sequence), 6_457_827_717_110_365_317);
        assert_eq!(splitmix(&mut sequence), 3_203_168_211_198_807_973);
    }

    #[test]
    fn below_is_fair_and_bounded() {
        let mut rng = Rng::seeded(1);
        let mut counts = [0u32; 7];
        for _ in 0..70_000 {
            counts[rng.below(7) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
        assert_eq!((rng.below(0), rng.below(1)), (0, 0));
        assert!((0..1000).all(|_| rng.below(u64::MAX) < u64::MAX));
        assert!((0..1000).all(|_| (0.0..1.0).contains(&rng.unit())));
    }

    #[test]
    fn ids_are_hexadecimal_and_differ() {
        let mut rng = Rng::from_os();
        let (a, b) = (rng.hex_id(), rng.hex_id());
        assert_ne!(a, b);
        assert!(a.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
        let mut odd = [0; 13];
        rng.fill(&mut odd);
        assert_ne!(odd, [0; 13]);
    }
}
