//! The same seeded stream of commands to our server and to Debian's redis-server, in RESP2 and in RESP3;
//! every answer is compared, and at the end of a round the digest of all data.
//!
//! `REPLIS_SEEDS` sets how many rounds are played (80), `REPLIS_SEED` the first seed (1), `REPLIS_STEPS` the
//! steps of a round (700), `REPLIS_LAST` how many commands are printed before a difference (20). A round that
//! finds a difference prints its seed, the last commands before it, both answers, and the shortest stream
//! that still shows it. What is meant to differ stands in `differential/intended.rs`.

mod common;
#[path = "differential/mod.rs"]
mod differential;

use std::time::{Duration, Instant};

use common::{Server, real_redis};
use differential::generate::Generator;
use differential::play::{Mismatch, Pair};
use differential::step::Step;

/// No round begins later than this, unless more of them were asked for.
const BUDGET: Duration = Duration::from_secs(15);

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn both_servers_answer_the_same() {
    let Some(real) = real_redis() else { return };
    let (ours, real) = (Server::start(""), real.start());
    let mut pair = Pair::new(ours.port(), real.port()).unwrap();
    let (first, rounds) = (number("REPLIS_SEED").unwrap_or(1), number("REPLIS_SEEDS").unwrap_or(80));
    let steps = number("REPLIS_STEPS").unwrap_or(700) as usize;
    let start = Instant::now();
    let mut played = 0;
    for seed in first..first + rounds {
        if start.elapsed() > BUDGET && number("REPLIS_SEEDS").is_none() {
            break;
        }
        let mut generator = Generator::new(seed);
        let mut stream: Vec<Step> = (0..steps).map(|_| generator.next()).collect();
        while !generator.is_whole() {
            stream.push(generator.next());
        }
        if let Err(mismatch) = pair.play(&stream) {
            panic!("{}", report(&mut pair, seed, &stream, &mismatch));
        }
        played += 1;
    }
    println!("{played} rounds of {steps} steps in {:.1} s", start.elapsed().as_secs_f64());
}

fn report(pair: &mut Pair, seed: u64, stream: &[Step], found: &Mismatch) -> String {
    let show = |steps: &[Step]| steps.iter().map(|s| format!("  {s}\n")).collect::<String>();
    let end = (found.at + 1).min(stream.len());
    let last = show(&stream[end.saturating_sub(number("REPLIS_LAST").unwrap_or(20) as usize)..end]);
    let (short, again) = pair.shrink(stream, found, Duration::from_secs(8));
    let short = if short.len() > 60 { format!("  ({} steps)\n", short.len()) } else { show(&short) };
    format!(
        "seed {seed}, step {}: {}\nours: {}\nreal: {}\nthe last commands:\n{last}\
         shortest stream found ({}):\n{short}\
         ours: {}\nreal: {}\nplay it again: REPLIS_SEED={seed} REPLIS_SEEDS=1",
        found.at, found.why, found.ours, found.real, again.why, again.ours, again.real,
    )
}
