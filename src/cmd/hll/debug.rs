//! PFDEBUG, which shows what is inside, and PFSELFTEST, which tries the structure on itself.
//!
//! PFSELFTEST adds ten million elements and takes about a second, as in Redis; only an administrator may
//! call it. GETREG makes the key dense, and travels then, but is no change to watchers.

use std::fmt::Write;

use crate::cmd::args::is;
use crate::core::ctx::{Ctx, Outcome};
use crate::object::hll::{self, Corrupt, Encoding, HEADER, REGISTERS, dense, sparse};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

use super::{corrupt, max_sparse, of_entry};

const NO_KEY: CmdError = CmdError::fixed("ERR The specified key does not exist");
const NOT_SPARSE: CmdError = CmdError::fixed("ERR HLL encoding is not sparse");
const SPARSE_NOT_USED: CmdError = CmdError::fixed("ERR TESTFAILED sparse encoding not used");
const DISAGREE: CmdError = CmdError::fixed("ERR TESTFAILED dense/sparse disagree");

/// Rounds of random registers.
const ROUNDS: usize = 1000;
/// Elements that are added.
const ELEMENTS: u64 = 10_000_000;

/// `PFDEBUG GETREG|DECODE|ENCODING|TODENSE key`
pub fn pfdebug(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (word, key) = (args.at(1), args.at(2));
    let entry = cx.srv.keys.edit_entry(cx.db, key, cx.now).ok_or(NO_KEY)?;
    let (_, encoding) = of_entry(entry)?;
    let text = entry.raw_mut().ok_or(errors::WRONGTYPE)?;
    if is(word, "getreg") {
        // Counted as a change, so that replicas convert it, too.
        cx.srv.persist.dirty += u64::from(hll::make_dense(text).map_err(corrupt)?);
        cx.out.array(REGISTERS);
        dense::numbers(&text[HEADER..]).for_each(|number| cx.out.int(i64::from(number)));
    } else if is(word, "decode") {
        if encoding != Encoding::Sparse {
            return Err(NOT_SPARSE);
        }
        cx.out.bulk(decoded(&text[HEADER..]).map_err(corrupt)?.as_bytes());
    } else if is(word, "encoding") {
        cx.out.simple(if encoding == Encoding::Dense { "dense" } else { "sparse" });
    } else if is(word, "todense") {
        let converted = hll::make_dense(text).map_err(corrupt)?;
        cx.srv.persist.dirty += u64::from(converted);
        cx.out.int(i64::from(converted));
    } else {
        return Err(CmdError::err(&[b"Unknown PFDEBUG subcommand '", word, b"'"]));
    }
    Ok(Outcome::Done)
}

/// Runs for reading: `z:n` and `Z:n` are n zeroes in one byte or two, `v:x,n` n times x.
fn decoded(runs: &[u8]) -> Result<String, Corrupt> {
    let mut text = String::new();
    let mut at = 0;
    while at < runs.len() {
        let run = sparse::run_at(runs, at)?;
        let sign = if run.bytes == 1 { 'z' } else { 'Z' };
        let done = match run.number {
            0 => write!(text, "{sign}:{} ", run.len),
            number => write!(text, "v:{number},{} ", run.len),
        };
        done.map_err(|_| Corrupt)?;
        at += run.bytes;
    }
    text.truncate(text.trim_end().len());
    Ok(text)
}

/// `PFSELFTEST`
pub fn pfselftest(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    try_registers(cx)?;
    try_estimates(cx)?;
    cx.out.ok();
    Ok(Outcome::Done)
}

/// Sets all registers at random and reads them back.
fn try_registers(cx: &mut Ctx<'_>) -> Result<(), CmdError> {
    let mut bytes = vec![0; hll::DENSE_BYTES - HEADER];
    let mut want = vec![0; REGISTERS];
    for _ in 0..ROUNDS {
        cx.srv.rng.fill(&mut want);
        want.iter_mut().enumerate().for_each(|(at, number)| {
            *number &= 63;
            dense::set(&mut bytes, at, *number);
        });
        for (at, want) in want.iter().enumerate() {
            let got = dense::get(&bytes, at);
            if got != *want {
                let text = format!("ERR TESTFAILED Register {at} should be {want} but is {got}");
                return Err(CmdError::made(text));
            }
        }
    }
    Ok(())
}

/// Adds elements to a dense and a sparse one, and compares their counts with each other and with the truth.
fn try_estimates(cx: &mut Ctx<'_>) -> Result<(), CmdError> {
    let max = max_sparse(cx.srv);
    let (mut one, mut other) = (hll::new(), hll::new());
    hll::make_dense(&mut one).map_err(corrupt)?;
    let error = 1.04 / (REGISTERS as f64).sqrt();
    let seed = cx.srv.rng.next_u64();
    let mut checkpoint = 1;
    for added in 1..=ELEMENTS {
        let (register, number) = hll::place(&(added ^ seed).to_le_bytes());
        hll::raise(&mut one, register, number, max).map_err(corrupt)?;
        hll::raise(&mut other, register, number, max).map_err(corrupt)?;
        if added != checkpoint {
            continue;
        }
        if (added as usize) < max / 2 && hll::check(&other) != Ok(Encoding::Sparse) {
            return Err(SPARSE_NOT_USED);
        }
        let count = hll::count(&one).map_err(corrupt)?;
        if hll::count(&other) != Ok(count) {
            return Err(DISAGREE);
        }
        // Six standard errors; two of the first ten may collide more often than that allows for.
        let allowed = if added == 10 { 1 } else { (error * 6.0 * added as f64).ceil() as u64 };
        let off = added.abs_diff(count);
        if off > allowed {
            let text = format!("ERR TESTFAILED Too big error. card:{added} abserr:{off}");
            return Err(CmdError::made(text));
        }
        checkpoint *= 10;
    }
    Ok(())
}
