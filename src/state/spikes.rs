//! LATENCY: moments at which something took longer than `latency-monitor-threshold`.
//!
//! For each event a ring of 160 samples, one a second at most (the worst of that second), and the worst
//! ever seen.
//!
//! Source: Redis 7.2.4 `latency.c`.

use std::collections::BTreeMap;

/// Samples kept of an event; LATENCY_TS_LEN.
pub const SAMPLES: usize = 160;

/// One spike: Unix seconds and milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spike {
    pub at_s: i64,
    pub ms: u64,
}

/// The spikes of one event, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Series {
    pub spikes: Vec<Spike>,
    /// The worst ever seen, in ms.
    pub max_ms: u64,
}

/// See the head of the file.
#[derive(Debug, Default)]
pub struct Spikes {
    /// `latency-monitor-threshold` in ms; 0 watches nothing.
    threshold_ms: u64,
    events: BTreeMap<&'static str, Series>,
}

impl Spikes {
    pub fn set_threshold_ms(&mut self, ms: i64) {
        self.threshold_ms = ms.max(0) as u64;
    }

    /// From how many µs on a command is a spike; `u64::MAX` when nothing is watched.
    #[inline]
    pub fn threshold_us(&self) -> u64 {
        if self.threshold_ms == 0 { u64::MAX } else { self.threshold_ms.saturating_mul(1000) }
    }

    /// Adds a spike if it reaches the threshold.
    pub fn add_if_slow(&mut self, event: &'static str, at_s: i64, ms: u64) {
        if self.threshold_ms != 0 && ms >= self.threshold_ms {
            self.add(event, at_s, ms);
        }
    }

    /// Adds a spike; within one second only the worst counts.
    pub fn add(&mut self, event: &'static str, at_s: i64, ms: u64) {
        let series = self.events.entry(event).or_default();
        series.max_ms = series.max_ms.max(ms);
        if let Some(last) = series.spikes.last_mut()
            && last.at_s == at_s
        {
            last.ms = last.ms.max(ms);
            return;
        }
        if series.spikes.len() == SAMPLES {
            series.spikes.remove(0);
        }
        series.spikes.push(Spike { at_s, ms });
    }

    pub fn get(&self, event: &str) -> Option<&Series> {
        self.events.get(event)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Series)> {
        self.events.iter().map(|(name, series)| (*name, series))
    }

    /// LATENCY RESET of one event. Returns whether it was there.
    pub fn reset(&mut self, event: &str) -> bool {
        self.events.remove(event).is_some()
    }

    /// LATENCY RESET of all. Returns how many there were.
    pub fn reset_all(&mut self) -> usize {
        let n = self.events.len();
        self.events.clear();
        n
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_keeps_its_worst_and_the_ring_its_newest() {
        let mut spikes = Spikes::default();
        assert_eq!(spikes.threshold_us(), u64::MAX);
        spikes.set_threshold_ms(i64::MAX);
        assert_eq!(spikes.threshold_us(), u64::MAX);
        spikes.set_threshold_ms(10);
        spikes.add_if_slow("command", 1, 9);
        assert!(spikes.get("command").is_none());
        for at in 0..200 {
            spikes.add_if_slow("command", at, 10);
            spikes.add_if_slow("command", at, 10 + at as u64);
        }
        let series = spikes.get("command").unwrap();
        assert_eq!(series.spikes.len(), SAMPLES);
        assert_eq!(series.spikes.last(), Some(&Spike { at_s: 199, ms: 209 }));
        assert_eq!(series.max_ms, 209);
        assert!(spikes.reset("command"));
        assert_eq!(spikes.reset_all(), 0);
    }
}
