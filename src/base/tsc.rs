//! The processor's time stamp counter: a clock that is read in a few nanoseconds.
//!
//! Timing every command with the operating system's clock costs some 20 ns a command, a tenth of a pipelined
//! PING. The counter costs a third of that. It is used where the processor says that it runs at one rate, in
//! all sleep states, on all cores (`constant_tsc`, `nonstop_tsc`); elsewhere [`Tsc::find`] gives nothing and
//! the caller asks the system. Its rate is measured against the system's clock once, over a millisecond; an
//! error of that measurement (below one in a thousand) is an error of a command's microseconds, no more.

use std::time::{Duration, Instant};

/// How long the rate is measured.
const MEASURE: Duration = Duration::from_millis(1);

/// A counter whose rate is known.
#[derive(Clone, Copy, Debug)]
pub struct Tsc {
    /// Microseconds per tick, in units of 2^-32.
    us_per_tick: u64,
}

impl Tsc {
    /// The counter, measured; `None` where there is none to be trusted. Takes a millisecond.
    pub fn find() -> Option<Tsc> {
        if !is_steady() {
            return None;
        }
        let (from, began) = (read(), Instant::now());
        while began.elapsed() < MEASURE {
            std::hint::spin_loop();
        }
        let (ticks, passed) = (read().checked_sub(from)?, began.elapsed());
        let us_per_tick = passed.as_nanos().checked_mul(1 << 32)? / 1000 / u128::from(ticks.max(1));
        Some(Tsc { us_per_tick: u64::try_from(us_per_tick).ok().filter(|n| *n > 0)? })
    }

    /// The counter now.
    #[inline]
    pub fn now(self) -> u64 {
        read()
    }

    /// Ticks as whole microseconds.
    #[inline]
    pub fn micros(self, ticks: u64) -> u64 {
        ((u128::from(ticks) * u128::from(self.us_per_tick)) >> 32) as u64
    }
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline]
fn read() -> u64 {
    // SAFETY: every x86-64 processor has the instruction; reading the counter has no effect on memory.
    unsafe { std::arch::x86_64::_rdtsc() }
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
fn read() -> u64 {
    0
}

/// Whether the processor promises one rate at all times.
fn is_steady() -> bool {
    if !cfg!(all(target_arch = "x86_64", not(miri))) {
        return false;
    }
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let flags = text.lines().find(|line| line.starts_with("flags")).unwrap_or_default();
    ["constant_tsc", "nonstop_tsc"].iter().all(|flag| flags.split_whitespace().any(|f| f == *flag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_agrees_with_the_clock() {
        let Some(tsc) = Tsc::find() else { return };
        let (from, began) = (tsc.now(), Instant::now());
        while began.elapsed() < Duration::from_millis(5) {}
        let (counted, passed) = (tsc.micros(tsc.now() - from), began.elapsed().as_micros() as u64);
        // The machine may stand still between two readings; but the counter never runs at another rate.
        assert!(counted * 100 >= passed * 80 || passed > 50_000, "{counted} of {passed}");
        assert_eq!(tsc.micros(0), 0);
    }
}
