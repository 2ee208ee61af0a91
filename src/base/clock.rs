//! Time: read once per loop, not once per command.
//!
//! [`Clock`] caches the wall clock (expiry, logs, replies) and a monotonic clock (timeouts, periods) at
//! [`Clock::refresh`]; everything in between is a field read. A manual clock moves only when told to: with it
//! whole clusters run inside one test in virtual time.
//!
//! [`Clock::ticks`] stamps the end of one command, which is the start of the next. It reads the processor's
//! counter where that is steady ([`super::tsc`]), else `Instant`.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::tsc::Tsc;

/// Milliseconds: since the Unix epoch, or a span.
pub type Millis = i64;
/// Microseconds: since the Unix epoch, or a span.
pub type Micros = i64;

/// The clock of one server.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
    wall_us: Micros,
    mono_us: Micros,
}

#[derive(Clone, Debug)]
enum Source {
    /// Monotonic time counts from here; commands are timed by the counter, where there is one.
    Real(Instant, Option<Tsc>),
    Manual {
        wall_us: Micros,
        mono_us: Micros,
    },
}

impl Clock {
    /// The operating system's clocks, read for the first time; monotonic time starts near zero.
    pub fn real() -> Self {
        let mut clock = Clock { source: Source::Real(Instant::now(), Tsc::find()), wall_us: 0, mono_us: 0 };
        clock.refresh();
        clock
    }

    /// A clock that stands at `start_ms` (Unix milliseconds) until [`Clock::advance`]; its monotonic side
    /// starts at 0.
    pub fn manual(start_ms: Millis) -> Self {
        let wall_us = start_ms.saturating_mul(1000);
        Clock { source: Source::Manual { wall_us, mono_us: 0 }, wall_us, mono_us: 0 }
    }

    /// Takes the present time into the cached fields. Once per loop, and around slow work.
    pub fn refresh(&mut self) {
        self.wall_us = self.wall_us_now();
        self.mono_us = self.mono_us_now();
    }

    /// Wall time as of the last refresh.
    #[inline]
    pub fn now_ms(&self) -> Millis {
        self.wall_us / 1000
    }

    /// Wall time as of the last refresh.
    #[inline]
    pub fn now_us(&self) -> Micros {
        self.wall_us
    }

    /// Unix seconds as of the last refresh.
    #[inline]
    pub fn now_secs(&self) -> i64 {
        self.wall_us / 1_000_000
    }

    /// Monotonic time as of the last refresh.
    #[inline]
    pub fn mono_ms(&self) -> Millis {
        self.mono_us / 1000
    }

    /// Monotonic time as of the last refresh.
    #[inline]
    pub fn mono_us(&self) -> Micros {
        self.mono_us
    }

    /// Wall time now, not cached.
    pub fn wall_ms(&self) -> Millis {
        self.wall_us_now() / 1000
    }

    /// Wall time now, not cached.
    pub fn wall_us_now(&self) -> Micros {
        match self.source {
            Source::Real(..) => unix_us(),
            Source::Manual { wall_us, .. } => wall_us,
        }
    }

    /// Monotonic time now, not cached.
    #[inline]
    pub fn mono_us_now(&self) -> Micros {
        match &self.source {
            Source::Real(start, _) => start.elapsed().as_micros() as Micros,
            Source::Manual { mono_us, .. } => *mono_us,
        }
    }

    /// A fresh monotonic stamp for timing one command; its unit is private, see [`Clock::ticks_to_us`].
    #[inline]
    pub fn ticks(&self) -> u64 {
        match &self.source {
            Source::Real(_, Some(tsc)) => tsc.now(),
            Source::Real(start, None) => {
                let passed = start.elapsed();
                passed.as_secs() * 1_000_000_000 + u64::from(passed.subsec_nanos())
            }
            Source::Manual { mono_us, .. } => *mono_us as u64 * 1000,
        }
    }

    /// Microseconds (rounded down) in a difference of two stamps.
    #[inline]
    pub fn ticks_to_us(&self, delta: u64) -> u64 {
        match &self.source {
            Source::Real(_, Some(tsc)) => tsc.micros(delta),
            _ => delta / 1000,
        }
    }

    /// Moves a manual clock forward, cached fields included. A real clock goes its own way: nothing happens.
    pub fn advance(&mut self, ms: Millis) {
        self.advance_us(ms.saturating_mul(1000));
    }

    /// As [`Clock::advance`], in microseconds.
    pub fn advance_us(&mut self, us: Micros) {
        if let Source::Manual { wall_us, mono_us } = &mut self.source {
            *wall_us = wall_us.saturating_add(us);
            *mono_us = mono_us.saturating_add(us.max(0));
            self.refresh();
        }
    }

    /// Sets the wall side of a manual clock (a clock step: monotonic time does not move).
    pub fn set_wall(&mut self, ms: Millis) {
        if let Source::Manual { wall_us, .. } = &mut self.source {
            *wall_us = ms.saturating_mul(1000);
            self.refresh();
        }
    }

    /// True for a manual clock.
    pub fn is_manual(&self) -> bool {
        matches!(self.source, Source::Manual { .. })
    }
}

/// The operating system's wall clock in Unix microseconds (negative before 1970).
pub fn unix_us() -> Micros {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_micros() as Micros,
        Err(before) => -(before.duration().as_micros() as Micros),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_when_told() {
        let mut clock = Clock::manual(1_700_000_000_123);
        assert_eq!((clock.now_ms(), clock.mono_ms(), clock.ticks()), (1_700_000_000_123, 0, 0));
        let start = clock.ticks();
        clock.advance(1500);
        clock.advance_us(250);
        clock.refresh();
        assert_eq!(clock.now_us(), 1_700_000_001_623_250);
        assert_eq!((clock.mono_us(), clock.mono_us_now()), (1_500_250, 1_500_250));
        assert_eq!(clock.ticks_to_us(clock.ticks() - start), 1_500_250);
        clock.set_wall(5);
        assert_eq!((clock.wall_ms(), clock.now_ms(), clock.mono_ms()), (5, 5, 1500));
    }

    #[test]
    fn a_real_clock_is_cached_between_refreshes() {
        let mut clock = Clock::real();
        let (wall, mono) = (clock.now_us(), clock.mono_us());
        assert!((wall - unix_us()).abs() < 60_000_000);
        let start = clock.ticks();
        while clock.mono_us_now() <= mono {
            std::hint::spin_loop();
        }
        assert!(clock.ticks() > start);
        assert_eq!((clock.now_us(), clock.mono_us()), (wall, mono));
        clock.refresh();
        assert!(clock.mono_us() > mono);
        clock.advance(1_000_000);
        assert!(clock.mono_ms() < 1_000_000);
    }
}
