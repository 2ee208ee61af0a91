//! Sparse registers: runs of equal ones, in order.
//!
//! | bytes | name | meaning |
//! |---|---|---|
//! | `00nnnnnn` | ZERO | n+1 registers of 0 |
//! | `01nnnnnn nnnnnnnn` | XZERO | n+1 registers of 0 |
//! | `1vvvvvnn` | VAL | n+1 registers of v+1 |
//!
//! Raising a register walks to the run that holds it, splits that run into up to three, and joins neighbours
//! of equal numbers where they fit one run. Which neighbours are looked at is part of the format, since both
//! sides of a replication link and two servers with one history shall hold the same bytes: five runs from the
//! one before the change on. Source: Redis 7.2.4 `hllSparseSet`.

use super::{Corrupt, HEADER, REGISTERS};

/// All registers 0: one XZERO.
pub const EMPTY: [u8; 2] = [0x40 | ((REGISTERS - 1) >> 8) as u8, (REGISTERS - 1) as u8];

/// The largest number of a VAL.
const MAX_NUMBER: u8 = 32;
const MAX_VAL_LEN: usize = 4;
const MAX_ZERO_LEN: usize = 64;
/// Runs that are looked at after a change to join them.
const JOIN_SCAN: usize = 5;
/// A raise makes the string at most this much longer.
const MAX_GROWTH: usize = 3;
/// Spare bytes that are taken beyond that, at most.
const MAX_SPARE: usize = 300;

/// One run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    /// The number of its registers.
    pub number: u8,
    /// How many registers.
    pub len: usize,
    /// Bytes it takes.
    pub bytes: usize,
}

/// What raising a register came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Raised {
    /// It holds as much already.
    No,
    Yes,
    /// It cannot be done within the encoding or the limit; nothing is changed.
    TooLarge,
}

/// The run that begins at byte `at`.
///
/// # Errors
/// [`Corrupt`]: it is cut off.
pub fn run_at(runs: &[u8], at: usize) -> Result<Run, Corrupt> {
    let first = *runs.get(at).ok_or(Corrupt)?;
    Ok(match first >> 6 {
        0 => Run { number: 0, len: usize::from(first) + 1, bytes: 1 },
        1 => {
            let low = *runs.get(at + 1).ok_or(Corrupt)?;
            Run { number: 0, len: (usize::from(first & 0x3f) << 8 | usize::from(low)) + 1, bytes: 2 }
        }
        _ => Run { number: (first >> 2 & 0x1f) + 1, len: usize::from(first & 3) + 1, bytes: 1 },
    })
}

/// Visits all runs: first register, how many, their number. What is visited lies within the registers.
///
/// # Errors
/// [`Corrupt`]: they are not exactly as many registers as there are; some may have been visited.
pub fn runs(bytes: &[u8], mut visit: impl FnMut(usize, usize, u8)) -> Result<(), Corrupt> {
    let (mut at, mut register) = (0, 0);
    while at < bytes.len() {
        let run = run_at(bytes, at)?;
        if register + run.len > REGISTERS {
            return Err(Corrupt);
        }
        visit(register, run.len, run.number);
        register += run.len;
        at += run.bytes;
    }
    if register == REGISTERS { Ok(()) } else { Err(Corrupt) }
}

/// A run that holds a register.
struct Found {
    run: Run,
    /// Its place, and that of the run before it (its own if it is the first).
    at: usize,
    before: usize,
    /// Its first register.
    first: usize,
}

fn find(text: &[u8], register: usize) -> Result<Found, Corrupt> {
    let (mut at, mut before, mut first) = (HEADER, HEADER, 0);
    loop {
        let run = run_at(text, at)?;
        if register < first + run.len {
            return Ok(Found { run, at, before, first });
        }
        before = at;
        at += run.bytes;
        first += run.len;
    }
}

/// Up to three runs that take the place of one.
#[derive(Default)]
struct Sequence {
    bytes: [u8; 5],
    len: usize,
}

impl Sequence {
    fn push(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    /// Appends a run, none if it has no registers.
    fn run(&mut self, number: u8, len: usize) {
        match (number, len) {
            (_, 0) => {}
            (0, ..=MAX_ZERO_LEN) => self.push((len - 1) as u8),
            (0, _) => {
                self.push(0x40 | ((len - 1) >> 8) as u8);
                self.push((len - 1) as u8);
            }
            _ => self.push(val(number, len)),
        }
    }
}

fn val(number: u8, len: usize) -> u8 {
    0x80 | (number - 1) << 2 | (len - 1) as u8
}

/// Raises a register of a whole string to a number from 1 up. The cached count is left alone.
///
/// # Errors
/// [`Corrupt`]: no run holds the register.
pub fn raise(text: &mut Vec<u8>, register: usize, number: u8, max_bytes: usize) -> Result<Raised, Corrupt> {
    if number > MAX_NUMBER {
        return Ok(Raised::TooLarge);
    }
    let Found { run, at, before, first } = find(text, register)?;
    if run.number >= number {
        return Ok(Raised::No);
    }
    if run.len == 1 && run.bytes == 1 {
        text[at] = val(number, 1);
    } else {
        let mut split = Sequence::default();
        split.run(run.number, register - first);
        split.run(number, 1);
        split.run(run.number, first + run.len - 1 - register);
        if split.len > run.bytes && text.len() + split.len - run.bytes > max_bytes {
            return Ok(Raised::TooLarge);
        }
        make_room(text, max_bytes);
        text.splice(at..at + run.bytes, split.bytes[..split.len].iter().copied());
    }
    join(text, before);
    Ok(Raised::Yes)
}

/// Grows the string's buffer in steps, but not beyond what a sparse string may take.
fn make_room(text: &mut Vec<u8>, max_bytes: usize) {
    if text.capacity() - text.len() < MAX_GROWTH {
        let wanted = text.len() + MAX_GROWTH;
        let wanted = (wanted + wanted.min(MAX_SPARE)).min(max_bytes);
        text.reserve_exact(wanted.saturating_sub(text.len()));
    }
}

/// Joins neighbouring runs of equal numbers among the next few.
fn join(text: &mut Vec<u8>, mut at: usize) {
    for _ in 0..JOIN_SCAN {
        let Ok(run) = run_at(text, at) else { return };
        if run.number > 0
            && let Ok(next) = run_at(text, at + 1)
            && next.number == run.number
            && run.len + next.len <= MAX_VAL_LEN
        {
            text[at] = val(run.number, run.len + next.len);
            text.remove(at + 1);
        } else {
            at += run.bytes;
        }
    }
}
