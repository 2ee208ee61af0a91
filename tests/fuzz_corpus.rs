//! The fuzz targets without a fuzzer: what their corpora hold, and mutations of it drawn from fixed seeds, go through
//! the very functions that libFuzzer calls (`tests/fuzz/`).

#[path = "fuzz/src/lib.rs"]
mod fuzz;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;

use replis::base::rng::Rng;

/// Mutations of one target.
const MUTATIONS: usize = 4000;
/// Longest input; the larger it is the fewer fit into the time.
const MAX_LEN: usize = 4096;

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
    let mut names: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    names.into_iter().map(|name| fs::read(name).unwrap()).collect()
}

fn below(rng: &mut Rng, most: usize) -> usize {
    rng.below(most.max(1) as u64) as usize
}

/// Changes an input in one to four places, as a fuzzer would.
fn mutate(input: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    for _ in 0..=below(rng, 4) {
        let at = below(rng, input.len() + 1);
        let len = below(rng, 9).min(input.len() - at);
        match below(rng, 8) {
            0 | 1 if at < input.len() => input[at] ^= 1 << below(rng, 8),
            2 if at < input.len() => input[at] = [0, 1, 0x7f, 0x80, 0xfe, 0xff][below(rng, 6)],
            3 if at < input.len() => input[at] = rng.below(256) as u8,
            4 => input.insert(at, rng.below(256) as u8),
            5 => drop(input.drain(at..at + len)),
            6 => {
                let copy = input[at..at + len].to_vec();
                let to = below(rng, input.len() + 1);
                input.splice(to..to, copy);
            }
            7 => {
                let from = below(rng, other.len());
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            _ => {}
        }
    }
    input.truncate(MAX_LEN);
}

fn replay(target: &str) {
    let (_, check) = fuzz::TARGETS.iter().find(|known| known.0 == target).expect("a known target");
    let corpus = corpus(target);
    assert!(!corpus.is_empty(), "{target} has no corpus");
    let run = |input: &[u8]| {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(input))) {
            eprintln!("{target} fails for b\"{}\"", input.escape_ascii());
            resume_unwind(panic);
        }
    };
    corpus.iter().for_each(|input| run(input));
    let mut rng = Rng::seeded(0x5eed);
    for _ in 0..MUTATIONS {
        let mut input = corpus[below(&mut rng, corpus.len())].clone();
        let other = &corpus[below(&mut rng, corpus.len())];
        mutate(&mut input, other, &mut rng);
        run(&input);
    }
}

macro_rules! replays {
    ($($target:ident)*) => {
        $(#[test]
        fn $target() {
            replay(stringify!($target));
        })*

        #[test]
        fn every_target_is_replayed() {
            let replayed = [$(stringify!($target)),*];
            assert!(fuzz::TARGETS.iter().map(|target| target.0).eq(replayed));
        }
    };
}

replays! { listpack intset stream_node rdb_value dump rdb_file request config glob aof manifest }
