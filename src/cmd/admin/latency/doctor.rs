//! LATENCY DOCTOR: what was slow, and what may help.
//!
//! For each event its figures; then advice, each piece once, chosen by a table of events. The figures have
//! Redis' form, the advice is in our own words.
//!
//! Source: Redis 7.2.4 `createLatencyReport`, `analyzeLatencyForEvent`.

use crate::core::ctx::{Ctx, Outcome};
use crate::core::server::Server;
use crate::resp::errors::CmdError;
use crate::resp::request::Args;
use crate::state::spikes::Series;

/// Something that may help.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Advice {
    SlowlogOff,
    SlowlogCoarse,
    SlowlogRead,
    BusyMachine,
    LocalDisk,
    RivalsForDisk,
    HigherHz,
    LargeValues,
    Eviction,
    Fork,
}

/// Which advice an event calls for.
const BY_EVENT: &[(&str, &[Advice])] = &[
    ("command", &[Advice::SlowlogRead, Advice::LargeValues]),
    ("fast-command", &[Advice::BusyMachine]),
    ("fork", &[Advice::Fork]),
    ("expire-cycle", &[Advice::HigherHz, Advice::LargeValues]),
    ("eviction-del", &[Advice::LargeValues]),
    ("eviction-cycle", &[Advice::Eviction]),
    ("rdb-unlink-temp-file", &[Advice::RivalsForDisk, Advice::LocalDisk]),
    ("aof-write-pending-fsync", &[Advice::RivalsForDisk, Advice::LocalDisk]),
    ("aof-write-alone", &[Advice::LocalDisk]),
    ("aof-fsync-always", &[Advice::LocalDisk]),
];

impl Advice {
    fn text(self, threshold_ms: i64) -> String {
        let us = threshold_ms.saturating_mul(1000);
        match self {
            Advice::SlowlogOff => format!(
                "Some commands are slow, and the slow log is off: 'CONFIG SET slowlog-log-slower-than {us}' lets \
                 you see which."
            ),
            Advice::SlowlogCoarse => format!(
                "The slow log misses commands that count as spikes here. Please use 'CONFIG SET \
                 slowlog-log-slower-than {us}'."
            ),
            Advice::SlowlogRead => {
                "Look into the slow log (SLOWLOG GET) for the commands behind it.".to_owned()
            }
            Advice::BusyMachine => {
                "Commands that take no time took long: the server does not get the processor. \
                Lower the load of the machine, look for noisy neighbours, and measure what the system itself \
                costs with 'redis-cli --intrinsic-latency 100'."
                    .to_owned()
            }
            Advice::LocalDisk => "Use a local and fast disk for persistence.".to_owned(),
            Advice::RivalsForDisk => "Other processes use the same disk: keep them away from it.".to_owned(),
            Advice::HigherHz => "Expire keys in smaller steps: 'CONFIG SET hz 100'.".to_owned(),
            Advice::LargeValues => {
                "Removing a large value takes time, whether it is deleted, expired or evicted. \
                Split large values, use UNLINK, or set the lazyfree options."
                    .to_owned()
            }
            Advice::Eviction => {
                "Many keys had to be evicted at once: lower maxmemory in small steps, and mind \
                commands that store large results."
                    .to_owned()
            }
            Advice::Fork => {
                "Forking takes time that grows with the memory of the process: save less often, or \
                use smaller instances; some virtual machines are much slower at it than others."
                    .to_owned()
            }
        }
    }
}

/// Figures of an event, in ms; the period in seconds.
fn figures(series: &Series, now_s: i64) -> (usize, u64, u64, f64) {
    let n = series.spikes.len();
    let count = n.max(1) as u64;
    let average = series.spikes.iter().map(|spike| spike.ms).sum::<u64>() / count;
    let deviation = series.spikes.iter().map(|spike| spike.ms.abs_diff(average)).sum::<u64>() / count;
    let oldest = series.spikes.iter().map(|spike| spike.at_s).min().unwrap_or(now_s);
    (n, average, deviation, (now_s - oldest).max(1) as f64 / count as f64)
}

fn report(srv: &Server) -> String {
    let threshold_ms = srv.config.latency_monitor_threshold;
    let now_s = srv.clock.now_secs();
    let mut events = srv.latency.iter().peekable();
    if events.peek().is_none() {
        return if threshold_ms == 0 {
            "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You may use \
             \"CONFIG SET latency-monitor-threshold <milliseconds>.\" in order to enable it.\n"
                .to_owned()
        } else {
            "Dave, no latency spike was observed during the lifetime of this Redis instance, not in the slightest \
             bit.\n"
                .to_owned()
        };
    }
    let mut text = "Dave, I have observed latency spikes in this Redis instance.\n\n".to_owned();
    let mut advice: Vec<Advice> = Vec::new();
    for (number, (name, series)) in events.enumerate() {
        let (count, average, deviation, period) = figures(series, now_s);
        text += &format!(
            "{}. {name}: {count} latency spikes (average {average}ms, mean deviation {deviation}ms, period \
             {period:.2} sec). Worst all time event {}ms.\n",
            number + 1,
            series.max_ms
        );
        if name == "command" {
            advice.extend(about_slowlog(srv.config.slowlog_log_slower_than, threshold_ms));
        }
        let known = BY_EVENT.iter().find(|(event, _)| *event == name);
        advice.extend(known.map_or(&[][..], |(_, advice)| advice));
    }
    text += match advice.is_empty() {
        true => "\nWhile there are latency events logged, I'm not able to suggest any easy fix.\n",
        false => "\nI have a few advices for you:\n\n",
    };
    let mut given: Vec<Advice> = Vec::new();
    for piece in advice {
        let pointless = piece == Advice::HigherHz && srv.config.hz >= 100;
        if !given.contains(&piece) && !pointless {
            given.push(piece);
            text += &format!("- {}\n", piece.text(threshold_ms));
        }
    }
    text
}

/// Whether the slow log sees what counts as a spike.
fn about_slowlog(slower_than_us: i64, threshold_ms: i64) -> Option<Advice> {
    if slower_than_us < 0 {
        Some(Advice::SlowlogOff)
    } else {
        (slower_than_us / 1000 > threshold_ms).then_some(Advice::SlowlogCoarse)
    }
}

/// LATENCY DOCTOR.
pub fn doctor(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    let text = report(cx.srv);
    cx.out.verbatim("txt", text.as_bytes());
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::spikes::Spike;

    #[test]
    fn figures_of_a_series() {
        let spikes = vec![Spike { at_s: 10, ms: 100 }, Spike { at_s: 20, ms: 300 }];
        assert_eq!(figures(&Series { spikes, max_ms: 300 }, 30), (2, 200, 100, 10.0));
        assert_eq!(figures(&Series::default(), 30), (0, 0, 0, 1.0));
    }

    #[test]
    fn the_slow_log_should_see_every_spike() {
        assert_eq!(about_slowlog(-1, 100), Some(Advice::SlowlogOff));
        assert_eq!(about_slowlog(200_000, 100), Some(Advice::SlowlogCoarse));
        assert_eq!(about_slowlog(10_000, 100), None);
    }
}
