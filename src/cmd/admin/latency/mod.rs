//! LATENCY: spikes of events, and the histograms of commands.
//!
//! | file | holds |
//! |---|---|
//! | here | LATEST HISTORY RESET GRAPH HISTOGRAM HELP |
//! | [`mod@doctor`] | LATENCY DOCTOR |
//! | [`mod@graph`] | the picture LATENCY GRAPH draws |
//!
//! Source: Redis 7.2.4 `latencyCommand`.

use crate::core::ctx::{Ctx, Outcome};
use crate::core::table::Command;
use crate::resp::errors::{self, CmdError};
use crate::resp::reply::Reply;
use crate::resp::request::Args;
use crate::state::latency::Histogram;

pub mod doctor;
pub mod graph;

pub use doctor::doctor;

/// LATENCY LATEST: each event's name, its last spike (Unix seconds, ms), and the worst ever.
pub fn latest(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    let events: Vec<_> = cx
        .srv
        .latency
        .iter()
        .filter_map(|(name, series)| Some((name, series, series.spikes.last()?)))
        .collect();
    cx.out.array(events.len());
    for (name, series, last) in events {
        cx.out.array(4);
        cx.out.bulk(name.as_bytes());
        cx.out.int(last.at_s);
        cx.out.int(last.ms as i64);
        cx.out.int(series.max_ms as i64);
    }
    Ok(Outcome::Done)
}

/// LATENCY HISTORY `event`.
pub fn history(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let name = String::from_utf8_lossy(args.at(2));
    let spikes = cx.srv.latency.get(&name).map_or(&[][..], |series| &series.spikes);
    cx.out.array(spikes.len());
    for spike in spikes {
        cx.out.array(2);
        cx.out.int(spike.at_s);
        cx.out.int(spike.ms as i64);
    }
    Ok(Outcome::Done)
}

/// LATENCY RESET `[event …]`: answers how many events were forgotten.
pub fn reset(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let latency = &mut cx.srv.latency;
    if args.len() == 2 {
        let gone = latency.reset_all();
        cx.out.count(gone);
        return Ok(Outcome::Done);
    }
    let mut gone = 0;
    for name in args.tail(2).iter() {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        gone += usize::from(latency.reset(&name));
    }
    cx.out.count(gone);
    Ok(Outcome::Done)
}

/// How long ago something happened, in the largest unit that fits.
fn ago(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86400),
    }
}

/// LATENCY GRAPH `event`.
pub fn graph(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let name = String::from_utf8_lossy(args.at(2));
    let series = cx.srv.latency.get(&name).ok_or_else(|| errors::no_samples(args.at(2)))?;
    let now_s = cx.srv.clock.now_secs();
    let samples: Vec<(u64, String)> =
        series.spikes.iter().map(|spike| (spike.ms, ago((now_s - spike.at_s).max(0)))).collect();
    let high = samples.iter().map(|(ms, _)| *ms).max().unwrap_or(0);
    let low = samples.iter().map(|(ms, _)| *ms).min().unwrap_or(0);
    let max = series.max_ms;
    let mut text = format!("{name} - high {high} ms, low {low} ms (all time high {max} ms)\n");
    text.extend(std::iter::repeat_n('-', graph::COLUMNS));
    text.push('\n');
    text.push_str(&graph::draw(&samples));
    cx.out.verbatim("txt", text.as_bytes());
    Ok(Outcome::Done)
}

/// Upper ends of the histogram's buckets in µs: powers of two of nanoseconds from 1024 on, as the histogram of
/// Redis (two significant digits) rounds them up.
fn bounds() -> impl Iterator<Item = u64> {
    (0..=20).map(|power| {
        let ns = 1024u64 << power;
        (ns + ns / 128 - 1) / 1000
    })
}

/// Calls and cumulative counts of one command; buckets that add nothing are left out.
fn distribution(out: &mut Reply, histogram: &Histogram) {
    out.map(2);
    out.bulk(b"calls");
    out.int(histogram.total() as i64);
    out.bulk(b"histogram_usec");
    let mark = out.defer();
    let (mut seen, mut buckets) = (0, 0);
    let mut all = bounds().peekable();
    while let Some(us) = all.next() {
        // The last bucket takes whatever is slower.
        let count = if all.peek().is_none() { histogram.total() } else { histogram.at_most(us) };
        if count > seen {
            out.int(us as i64);
            out.int(count as i64);
            buckets += 1;
        }
        seen = count;
    }
    out.close_map(mark, buckets);
}

/// LATENCY HISTOGRAM `[command …]`: a container stands for its subcommands too; unknown names are passed over.
pub fn histogram(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let table = cx.srv.table.clone();
    let mut chosen: Vec<Command> = Vec::new();
    if args.len() == 2 {
        chosen.extend(table.all());
    }
    for name in args.tail(2).iter() {
        if let Some(command) = table.find_full(name) {
            chosen.push(command);
            chosen.extend(table.subs(command));
        }
    }
    let mark = cx.out.defer();
    let mut shown = 0;
    for command in chosen {
        if let Some(histogram) = &cx.srv.command_stats.by_id[usize::from(command.id)].latency {
            cx.out.bulk(command.name.as_bytes());
            distribution(cx.out, histogram);
            shown += 1;
        }
    }
    cx.out.close_map(mark, shown);
    Ok(Outcome::Done)
}

/// LATENCY HELP.
pub fn help(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.help(args.at(0), HELP);
    Ok(Outcome::Done)
}

const HELP: &[&str] = &[
    "DOCTOR",
    "    Return a report about latency, for people.",
    "GRAPH <event>",
    "    Return the spikes of <event> as a picture of text.",
    "HISTORY <event>",
    "    Return the spikes of <event>: when, and how many milliseconds.",
    "LATEST",
    "    Return the latest spike of every event.",
    "RESET [<event> ...]",
    "    Forget the spikes of these events (default: of all).",
    "HISTOGRAM [COMMAND ...]",
    "    Return how the latencies of these commands are distributed, cumulatively",
    "    (default: of all that were called).",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_those_of_redis() {
        let known = [1, 2, 4, 8, 16, 33, 66, 132, 264, 528, 1056, 2113, 4227, 8454, 16908, 33816];
        assert!(bounds().zip(known).all(|(bound, known)| bound == known));
    }

    #[test]
    fn a_distribution_leaves_empty_buckets_out() {
        let mut histogram = Histogram::default();
        [3, 3, 100, 5_000_000].iter().for_each(|us| histogram.record(*us));
        let mut out = Reply::new(false);
        distribution(&mut out, &histogram);
        let text = String::from_utf8(out.buf).unwrap().replace("\r\n", " ");
        assert!(text.starts_with("*4 $5 calls :4 $14 histogram_usec *6 :4 :2 :132 :3 :"), "{text}");
        assert!(text.ends_with(" :4 "), "{text}");
    }

    #[test]
    fn ages_are_short() {
        assert_eq!([0, 59, 60, 3599, 3600, 86400].map(ago), ["0s", "59s", "1m", "59m", "1h", "1d"]);
    }
}
