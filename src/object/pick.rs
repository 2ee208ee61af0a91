//! Choosing some of many: what HRANDFIELD and ZRANDMEMBER with a count have in common.
//!
//! Different elements are wanted, each set of them as likely as any other. Where they are a large part of
//! all, [`Picker`] walks over all and decides one by one (selection sampling, Knuth, TAOCP 2, 3.4.2,
//! algorithm S): no memory, an order that is not shuffled. Where they are few, drawing with repetition and
//! leaving out what came before ([`is_few`]) takes time for those few only. Redis does the like, with a copy
//! of the whole in the first case.

use crate::base::rng::Rng;

/// Says yes to `wanted` of `left` elements, asked once for each.
pub(super) struct Picker {
    left: u64,
    wanted: u64,
}

impl Picker {
    pub fn new(all: usize, wanted: usize) -> Self {
        Picker { left: all as u64, wanted: wanted.min(all) as u64 }
    }

    /// Whether the next element is one of them.
    pub fn take(&mut self, rng: &mut Rng) -> bool {
        let yes = rng.below(self.left) < self.wanted;
        self.left = self.left.saturating_sub(1);
        self.wanted -= u64::from(yes);
        yes
    }

    pub fn is_done(&self) -> bool {
        self.wanted == 0
    }
}

/// Whether drawing is better than walking (Redis' HRANDFIELD_SUB_STRATEGY_MUL).
pub(super) fn is_few(all: usize, wanted: usize) -> bool {
    wanted < all / 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_as_many_as_wanted_and_each_as_likely() {
        let mut rng = Rng::seeded(1);
        let mut counts = [0; 10];
        for _ in 0..10_000 {
            let mut picker = Picker::new(10, 3);
            let taken: Vec<usize> = (0..10).filter(|_| picker.take(&mut rng)).collect();
            assert!(taken.len() == 3 && picker.is_done());
            taken.iter().for_each(|at| counts[*at] += 1);
        }
        assert!(counts.iter().all(|n| (2_700..3_300).contains(n)), "{counts:?}");
        let mut all = Picker::new(4, 9);
        assert!((0..4).all(|_| all.take(&mut rng)) && all.is_done());
    }
}
