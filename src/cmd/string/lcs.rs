//! LCS: the longest common subsequence of two strings, its length, or where its runs lie.
//!
//! The classic table: cell (i, j) is the length for the first i and j bytes. Walking back from the last cell
//! gives the subsequence, and the runs of it that are contiguous in both strings, last run first; which of
//! several longest ones is found follows Redis, since clients see it. Time and memory are the product of the
//! lengths: 4 bytes a cell, refused above `proto-max-bulk-len`.
//!
//! Source: Redis 7.2.4 `lcsCommand`.

use crate::base::num::IntBuf;
use crate::core::ctx::{Ctx, Outcome};
use crate::object::Entry;
use crate::resp::errors::{self, CmdError};
use crate::resp::reply::Reply;
use crate::resp::request::Args;

use super::text;
use crate::cmd::args::{Cursor, is};

#[derive(Default, Debug)]
struct Options {
    idx: bool,
    len: bool,
    with_match_len: bool,
    min_match_len: i64,
}

fn options(args: Args<'_>) -> Result<Options, CmdError> {
    let mut options = Options::default();
    let mut cursor = Cursor::new(args, 3);
    while let Some(word) = cursor.word() {
        if is(word, "idx") {
            options.idx = true;
        } else if is(word, "len") {
            options.len = true;
        } else if is(word, "withmatchlen") {
            options.with_match_len = true;
        } else if is(word, "minmatchlen") {
            options.min_match_len = cursor.int().max(0);
        } else {
            cursor.syntax();
        }
    }
    cursor.finish()?;
    if options.idx && options.len {
        return Err(errors::LCS_LEN_AND_IDX);
    }
    Ok(options)
}

/// `LCS key1 key2 [LEN] [IDX] [MINMATCHLEN n] [WITHMATCHLEN]`
pub fn lcs(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (one, two) = (args.at(1), args.at(2));
    // Counted as reads first; then both are borrowed together.
    let strings = [one, two]
        .map(|key| cx.srv.keys.read(cx.db, key, cx.now).is_none_or(Entry::is_string))
        .iter()
        .all(|is_string| *is_string);
    if !strings {
        return Err(errors::LCS_NOT_STRINGS);
    }
    let options = options(args)?;
    let keys = &cx.srv.keys;
    let (mut digits_a, mut digits_b) = (IntBuf::new(), IntBuf::new());
    let a = keys.glance(cx.db, one, cx.now).and_then(|entry| text(entry, &mut digits_a)).unwrap_or_default();
    let b = keys.glance(cx.db, two, cx.now).and_then(|entry| text(entry, &mut digits_b)).unwrap_or_default();
    let table = Table::compute(a, b, cx.srv.config.proto_max_bulk_len)?;
    let len = table.at(a.len(), b.len()) as usize;
    if options.idx {
        reply_ranges(cx.out, &table, (a, b), &options, len);
    } else if options.len {
        cx.out.count(len);
    } else {
        cx.out.bulk(&table.subsequence(a, b, len));
    }
    Ok(Outcome::Done)
}

fn reply_ranges(out: &mut Reply, table: &Table, (a, b): (&[u8], &[u8]), options: &Options, len: usize) {
    out.map(2);
    out.bulk(b"matches");
    let mark = out.defer();
    let mut ranges = 0;
    table.ranges(a, b, &mut |a_start, b_start, run| {
        if options.min_match_len > 0 && (run as i64) < options.min_match_len {
            return;
        }
        out.array(2 + usize::from(options.with_match_len));
        for start in [a_start, b_start] {
            out.array(2);
            out.count(start);
            out.count(start + run - 1);
        }
        if options.with_match_len {
            out.count(run);
        }
        ranges += 1;
    });
    out.close_array(mark, ranges);
    out.bulk(b"len");
    out.count(len);
}

/// The table of lengths, row by row.
struct Table {
    cells: Vec<u32>,
    /// Cells in a row: one more than the second string has bytes.
    width: usize,
}

/// A step of the walk back from the last cell.
enum Step {
    /// The bytes before (i, j) are equal and belong to the subsequence.
    Match,
    Up,
    Left,
}

impl Table {
    fn compute(a: &[u8], b: &[u8], limit: i64) -> Result<Table, CmdError> {
        const TOO_LONG: usize = u32::MAX as usize - 1;
        if a.len() >= TOO_LONG || b.len() >= TOO_LONG {
            return Err(errors::LCS_TOO_LONG);
        }
        let (width, height) = (b.len() + 1, a.len() + 1);
        let cells = height.checked_mul(width).ok_or(errors::LCS_ALLOC)?;
        let bytes = cells.checked_mul(size_of::<u32>()).ok_or(errors::LCS_ALLOC)?;
        if bytes as u64 > limit as u64 {
            return Err(errors::LCS_MEMORY);
        }
        let mut table = Table { cells: Vec::new(), width };
        table.cells.try_reserve_exact(cells).map_err(|_| errors::LCS_ALLOC)?;
        table.cells.resize(cells, 0);
        let mut rows = table.cells.chunks_exact_mut(width);
        let Some(mut above) = rows.next() else { return Ok(table) };
        for (&byte, row) in a.iter().zip(rows) {
            fill(row, above, byte, b);
            above = row;
        }
        Ok(table)
    }

    fn at(&self, i: usize, j: usize) -> u32 {
        self.cells[i * self.width + j]
    }

    /// Where the walk goes from (i, j), neither of them 0.
    fn step(&self, a: &[u8], b: &[u8], i: usize, j: usize) -> Step {
        if a[i - 1] == b[j - 1] {
            Step::Match
        } else if self.at(i - 1, j) > self.at(i, j - 1) {
            Step::Up
        } else {
            Step::Left
        }
    }

    /// The subsequence itself, of the known length.
    fn subsequence(&self, a: &[u8], b: &[u8], len: usize) -> Vec<u8> {
        let mut found = vec![0; len];
        let (mut i, mut j, mut at) = (a.len(), b.len(), len);
        while i > 0 && j > 0 {
            match self.step(a, b, i, j) {
                Step::Match => {
                    at -= 1;
                    found[at] = a[i - 1];
                    (i, j) = (i - 1, j - 1);
                }
                Step::Up => i -= 1,
                Step::Left => j -= 1,
            }
        }
        found
    }

    /// Calls `emit(start in a, start in b, length)` for each contiguous run, the last one first.
    fn ranges(&self, a: &[u8], b: &[u8], emit: &mut dyn FnMut(usize, usize, usize)) {
        let (mut i, mut j, mut run) = (a.len(), b.len(), 0);
        while i > 0 && j > 0 {
            let step = self.step(a, b, i, j);
            if matches!(step, Step::Match) {
                (i, j, run) = (i - 1, j - 1, run + 1);
                continue;
            }
            if run > 0 {
                emit(i, j, run);
                run = 0;
            }
            match step {
                Step::Up => i -= 1,
                _ => j -= 1,
            }
        }
        if run > 0 {
            emit(i, j, run);
        }
    }
}

/// Computes one row from the one above it.
fn fill(row: &mut [u32], above: &[u32], byte: u8, b: &[u8]) {
    let mut left = 0;
    for (j, &other) in b.iter().enumerate() {
        left = if byte == other { above[j] + 1 } else { left.max(above[j + 1]) };
        row[j + 1] = left;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(a: &str, b: &str) -> (String, Vec<(usize, usize, usize)>) {
        let (a, b) = (a.as_bytes(), b.as_bytes());
        let table = Table::compute(a, b, i64::MAX).unwrap();
        let found = table.subsequence(a, b, table.at(a.len(), b.len()) as usize);
        let mut ranges = Vec::new();
        table.ranges(a, b, &mut |i, j, run| ranges.push((i, j, run)));
        (String::from_utf8(found).unwrap(), ranges)
    }

    #[test]
    fn the_documented_example() {
        assert_eq!(of("ohmytext", "mynewtext"), ("mytext".into(), vec![(4, 5, 4), (2, 0, 2)]));
        assert_eq!(of("", "x"), (String::new(), vec![]));
        assert_eq!(of("abc", "abc"), ("abc".into(), vec![(0, 0, 3)]));
    }

    #[test]
    fn memory_is_bounded() {
        assert!(Table::compute(&[1; 9], &[2; 9], 400).is_ok());
        assert_eq!(Table::compute(&[1; 9], &[2; 9], 399).err(), Some(errors::LCS_MEMORY));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn runs_spell_a_longest_subsequence(a in "[abc]{0,12}", b in "[abc]{0,12}") {
            let (found, ranges) = of(&a, &b);
            let spelled: String = ranges.iter().rev().map(|(i, _, run)| &a[*i..i + run]).collect();
            prop_assert_eq!(&spelled, &found);
            prop_assert!(ranges.iter().all(|(i, j, run)| a[*i..i + run] == b[*j..j + run]));
            // Every subsequence of `a` that is one of `b` is no longer.
            let longest = (0u32..1 << a.len())
                .filter(|mask| {
                    let mut rest = b.bytes();
                    (0..a.len())
                        .filter(|i| mask >> i & 1 == 1)
                        .all(|i| rest.any(|c| c == a.as_bytes()[i]))
                })
                .map(u32::count_ones)
                .max();
            prop_assert_eq!(longest, Some(found.len() as u32));
        }
    }
}
