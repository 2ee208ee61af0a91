//! Latency: a histogram for each command, and the spikes of LATENCY.
//!
//! The histogram has logarithmic buckets with two significant digits, like the one behind
//! INFO latencystats in Redis 7: counting is a shift and an increment.

/// Microsecond histogram. Values 0..16 have a bucket each; above, each power of two is cut into
/// sixteen, so a reported percentile is within 6.25 % of the truth.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: [u32; BUCKETS],
    total: u64,
}

const SUB: u32 = 4;
const BUCKETS: usize = ((32 - SUB as usize) + 1) << SUB;

impl Default for Histogram {
    fn default() -> Self {
        Histogram { counts: [0; BUCKETS], total: 0 }
    }
}

impl Histogram {
    fn bucket(us: u64) -> usize {
        let us = us.min(u64::from(u32::MAX)) as u32;
        if us < 1 << SUB {
            return us as usize;
        }
        let shift = 31 - us.leading_zeros() - SUB;
        (((shift + 1) << SUB) + ((us >> shift) - (1 << SUB))) as usize
    }

    /// The largest value a bucket stands for.
    fn upper(bucket: usize) -> u64 {
        if bucket < 1 << SUB {
            return bucket as u64;
        }
        let shift = (bucket >> SUB) - 1;
        (((bucket as u64 & 15) + (1 << SUB) + 1) << shift) - 1
    }

    #[inline]
    pub fn record(&mut self, us: u64) {
        let slot = &mut self.counts[Self::bucket(us)];
        *slot = slot.saturating_add(1);
        self.total += 1;
    }

    pub fn total(&self) -> u64 {
        self.total
    }

    /// The value in µs below which `percent` of the recorded ones lie.
    pub fn percentile(&self, percent: f64) -> u64 {
        let wanted = ((percent / 100.0) * self.total as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bucket, n) in self.counts.iter().enumerate() {
            seen += u64::from(*n);
            if seen >= wanted {
                return Self::upper(bucket);
            }
        }
        0
    }

    /// How many recorded values are at most `us`.
    pub fn at_most(&self, us: u64) -> u64 {
        self.counts[..=Self::bucket(us)].iter().map(|n| u64::from(*n)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_ordered_and_tight() {
        let mut last = 0;
        for us in 0..100_000u64 {
            let b = Histogram::bucket(us);
            assert!(b >= last && b < BUCKETS);
            assert!(Histogram::upper(b) >= us && Histogram::upper(b) <= us + us / 16 + 1);
            last = b;
        }
        assert!(Histogram::bucket(u64::MAX) < BUCKETS);
    }

    #[test]
    fn percentiles_of_a_ramp() {
        let mut h = Histogram::default();
        (1..=1000).for_each(|us| h.record(us));
        assert_eq!(h.total(), 1000);
        assert!((500..=531).contains(&h.percentile(50.0)));
        assert!((990..=1055).contains(&h.percentile(99.0)));
        assert_eq!(h.at_most(15), 15);
    }
}
