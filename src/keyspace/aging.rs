//! How old or how popular a key is: the LRU clock and the LFU counter in the 24 bits each entry spends on it.
//!
//! Both are Redis 7.2's, number for number, because OBJECT IDLETIME, OBJECT FREQ, the RDB opcodes for them
//! and RESTORE's options show them to the world. LRU: seconds since 1970 modulo 2^24. LFU: the upper 16 bits
//! are the minute of the last access (modulo 2^16), the lower 8 a counter that grows with the logarithm of
//! the number of accesses and loses one for each `lfu-decay-time` minutes without any.
//!
//! Neither reads a clock: [`Aging::tick`] is given the time once a loop.

use crate::base::clock::Millis;
use crate::base::rng::Rng;

/// Largest value of the LRU clock; it wraps after about 194 days.
pub const LRU_CLOCK_MAX: u32 = (1 << 24) - 1;
/// Milliseconds in one unit of the LRU clock.
pub const LRU_CLOCK_RESOLUTION: i64 = 1000;
/// Counter of a new key: enough that it is not the first to go before it had a chance of being used.
pub const LFU_INIT: u8 = 5;

/// Options of the LFU policies (`lfu-log-factor`, `lfu-decay-time`) and whether one is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LfuParams {
    /// An LFU `maxmemory-policy` is selected: the 24 bits of each entry hold minute and counter.
    pub enabled: bool,
    /// The larger, the more accesses a full counter takes.
    pub log_factor: u32,
    /// Minutes after which the counter of an unused key loses one; 0: never.
    pub decay_time: u32,
}

impl Default for LfuParams {
    fn default() -> Self {
        LfuParams { enabled: false, log_factor: 10, decay_time: 1 }
    }
}

/// The clocks and the options; what an access writes into an entry follows from them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Aging {
    pub lfu: LfuParams,
    /// 24 bits; seconds as of the last tick.
    clock: u32,
    minutes: u16,
}

impl Aging {
    /// Sets both clocks; call once a loop.
    pub fn tick(&mut self, now: Millis) {
        self.clock = lru_clock(now);
        self.minutes = lfu_minutes(now);
    }

    /// The LRU clock as of the last tick (INFO `lru_clock`).
    pub fn clock(&self) -> u32 {
        self.clock
    }

    /// What a new key's 24 bits start with.
    #[inline]
    pub fn fresh(&self) -> u32 {
        if self.lfu.enabled { u32::from(self.minutes) << 8 | u32::from(LFU_INIT) } else { self.clock }
    }

    /// What the 24 bits become when a key is used.
    #[inline]
    pub fn used(&self, old: u32, rng: &mut Rng) -> u32 {
        if self.lfu.enabled { self.used_lfu(old, rng) } else { self.clock }
    }

    #[cold]
    fn used_lfu(&self, old: u32, rng: &mut Rng) -> u32 {
        let counter = lfu_incr(self.freq(old), self.lfu.log_factor, rng);
        u32::from(self.minutes) << 8 | u32::from(counter)
    }

    /// OBJECT IDLETIME in milliseconds, a multiple of 1000.
    pub fn idle_ms(&self, lru: u32) -> u64 {
        idle_ms(self.clock, lru)
    }

    /// OBJECT FREQ: the counter as decayed by now.
    pub fn freq(&self, lru: u32) -> u8 {
        lfu_decayed(lru, self.minutes, self.lfu.decay_time)
    }

    /// The 24 bits of a key that was last used `seconds` ago (RESTORE IDLETIME, RDB). Longer ago than the
    /// clock can say: as far from now as it can be, half the clock's span, as Redis does.
    pub fn lru_from_idle(&self, seconds: u64) -> u32 {
        match u32::try_from(seconds).ok().and_then(|back| self.clock.checked_sub(back)) {
            Some(lru) => lru,
            None => (self.clock + LRU_CLOCK_MAX / 2) % LRU_CLOCK_MAX,
        }
    }

    /// The 24 bits of a key with this frequency (RESTORE FREQ, RDB).
    pub fn lru_from_freq(&self, freq: u8) -> u32 {
        u32::from(self.minutes) << 8 | u32::from(freq)
    }
}

/// The LRU clock of a moment.
pub fn lru_clock(now: Millis) -> u32 {
    (now.div_euclid(LRU_CLOCK_RESOLUTION) & i64::from(LRU_CLOCK_MAX)) as u32
}

/// Minutes since 1970 modulo 2^16.
pub fn lfu_minutes(now: Millis) -> u16 {
    (now.div_euclid(60_000) & 0xffff) as u16
}

/// Milliseconds between two readings of the LRU clock, taken as having wrapped once at most.
pub fn idle_ms(clock: u32, lru: u32) -> u64 {
    let units = if clock >= lru { clock - lru } else { clock + (LRU_CLOCK_MAX - lru) };
    u64::from(units) * LRU_CLOCK_RESOLUTION as u64
}

/// The LFU counter in `lru` less one for each `decay_time` minutes since its minute.
pub fn lfu_decayed(lru: u32, minutes: u16, decay_time: u32) -> u8 {
    let (then, counter) = ((lru >> 8) as u16, lru as u8);
    let elapsed = if minutes >= then { minutes - then } else { u16::MAX - then + minutes };
    let periods = u32::from(elapsed).checked_div(decay_time).unwrap_or(0);
    u32::from(counter).saturating_sub(periods) as u8
}

/// Counts one access: the higher the counter, the less likely it grows.
pub fn lfu_incr(counter: u8, log_factor: u32, rng: &mut Rng) -> u8 {
    if counter == u8::MAX {
        return counter;
    }
    let base = f64::from(counter.saturating_sub(LFU_INIT));
    let p = 1.0 / (base * f64::from(log_factor) + 1.0);
    if rng.unit() < p { counter + 1 } else { counter }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lru_clock_counts_seconds_and_wraps() {
        assert_eq!(lru_clock(0), 0);
        assert_eq!(lru_clock(1999), 1);
        assert_eq!(lru_clock(1000 << 24), 0);
        assert_eq!(idle_ms(10, 4), 6000);
        // Redis' own arithmetic across the wrap loses one unit.
        assert_eq!(idle_ms(4, LRU_CLOCK_MAX), 4000);
    }

    #[test]
    fn an_access_sets_the_clock() {
        let mut aging = Aging::default();
        let mut rng = Rng::seeded(1);
        aging.tick(5_000);
        let lru = aging.fresh();
        aging.tick(65_000);
        assert_eq!(aging.idle_ms(lru), 60_000);
        assert_eq!(aging.idle_ms(aging.used(lru, &mut rng)), 0);
        assert_eq!(aging.idle_ms(aging.lru_from_idle(25)), 25_000);
        assert_eq!(aging.lru_from_idle(66), 65 + LRU_CLOCK_MAX / 2);
    }

    #[test]
    fn the_lfu_counter_decays_by_the_minute() {
        let mut aging = Aging::default();
        aging.lfu.enabled = true;
        aging.tick(0);
        let lru = aging.fresh();
        assert_eq!(aging.freq(lru), LFU_INIT);
        aging.tick(3 * 60_000);
        assert_eq!(aging.freq(lru), 2);
        aging.tick(100 * 60_000);
        assert_eq!(aging.freq(lru), 0);
        aging.lfu.decay_time = 0;
        assert_eq!(aging.freq(lru), LFU_INIT);
        aging.lfu.decay_time = 50;
        assert_eq!(aging.freq(lru), LFU_INIT - 2);
        // The minute wraps once.
        assert_eq!(lfu_decayed(0xffff << 8 | 9, 3, 1), 6);
    }

    #[test]
    fn the_lfu_counter_grows_with_the_logarithm() {
        let mut rng = Rng::seeded(7);
        let after = |hits: u32, factor: u32, rng: &mut Rng| {
            (0..hits).fold(LFU_INIT, |counter, _| lfu_incr(counter, factor, rng))
        };
        // The table of redis.conf: factor 10 gives about 10 after 100 hits, 18 after 1000.
        assert!((7..=14).contains(&after(100, 10, &mut rng)));
        assert!((14..=23).contains(&after(1000, 10, &mut rng)));
        assert_eq!(after(1000, 0, &mut rng), 255);
        assert_eq!(lfu_incr(255, 0, &mut rng), 255);
    }
}
