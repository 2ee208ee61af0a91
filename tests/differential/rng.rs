//! The one source of chance of these tests: splitmix64, so that a seed means the same stream for ever.

/// A seeded sequence of numbers.
#[derive(Clone)]
pub struct Rng(u64);

impl Rng {
    /// The sequence of `seed`; near seeds give unrelated sequences.
    pub fn new(seed: u64) -> Self {
        // Scrambled first: seeds that differ by the step of the sequence would else give the same one,
        // shifted.
        Self(Self(seed ^ 0x5851_f42d_4c95_7f2d).next())
    }

    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is at least 1.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// At least one: mostly up to `few`, sometimes up to `most`.
    pub fn some(&mut self, few: usize, most: usize) -> usize {
        let most = if self.one_in(10) { most } else { few };
        1 + self.below(most)
    }

    /// One of `items`, which is not empty.
    pub fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }

    /// `n` bytes of any value.
    pub fn bytes(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.next() as u8).collect()
    }

    /// `text` with each letter in either case.
    pub fn cased(&mut self, text: &str) -> Vec<u8> {
        match self.below(3) {
            0 => text.to_ascii_lowercase().into_bytes(),
            1 => text.to_ascii_uppercase().into_bytes(),
            _ => text
                .bytes()
                .map(|b| if self.one_in(2) { b.to_ascii_uppercase() } else { b.to_ascii_lowercase() })
                .collect(),
        }
    }
}
