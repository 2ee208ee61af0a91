//! HyperLogLog: how many different elements were added, within a standard error of 0.81 %, in at most 12 KiB.
//!
//! A HyperLogLog is a plain string with a header of 16 bytes and its registers:
//!
//! ```text
//! | HYLL | encoding | 0 0 0 | cached count, 8 bytes, little endian | registers ...
//!   4      1          3       top bit set: the count is stale
//! ```
//!
//! An element is hashed to 64 bits. The lowest 14 name one of 16384 registers, the other 50 a number: the
//! place of the lowest bit that is set, counted from 1 (51 when none is). A register keeps the largest
//! number it has met. From how often each number occurs among the registers the count is estimated.
//!
//! | encoding | file | registers |
//! |---|---|---|
//! | 0 dense | `hll/dense.rs` | 6 bits each, 12288 bytes |
//! | 1 sparse | `hll/sparse.rs` | runs of equal registers; numbers up to 32 |
//!
//! A new one is sparse; it becomes dense when a number exceeds 32 or the string would exceed
//! `hll-sparse-max-bytes`, and stays so. Layout, hash, moments of conversion and estimate are those of Redis
//! 7.2.4 (`hyperloglog.c`), so that for one history both hold the same bytes and count the same.
//!
//! Strings come from clients, who may have made them up. [`check`] looks at the header; runs are added up in
//! words that cannot overflow, and never beyond the last register, before anything is done with them
//! ([`Corrupt`] otherwise). A sparse string that ends in the middle of a run of two bytes is corrupt here;
//! Redis takes the NUL byte behind its strings for the other half.
//!
//! Sources: Flajolet et al., "HyperLogLog: the analysis of a near-optimal cardinality estimation algorithm";
//! O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", arXiv:1702.01284; MurmurHash64A
//! by A. Appleby.

pub mod dense;
pub mod sparse;
#[cfg(test)]
mod tests;

/// Number of registers.
pub const REGISTERS: usize = 1 << INDEX_BITS;
/// Bytes before the registers.
pub const HEADER: usize = 16;
/// Bytes of a dense string.
pub const DENSE_BYTES: usize = HEADER + REGISTERS * 6 / 8;

const INDEX_BITS: u32 = 14;
/// Bits of the hash that the number is made of.
const NUMBER_BITS: usize = 64 - INDEX_BITS as usize;
const MAGIC: &[u8; 4] = b"HYLL";
const ENCODING_AT: usize = 4;
const COUNT_AT: usize = 8;
const STALE: u8 = 0x80;
const SEED: u64 = 0xadc8_3b19;

/// How the registers lie in the string.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    Dense = 0,
    Sparse = 1,
}

/// The string is no HyperLogLog.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotHll;

/// The header is that of a HyperLogLog, what follows is not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Corrupt;

/// How often each number occurs among the registers.
pub type Histogram = [u32; 64];

/// An empty HyperLogLog; its cached count is valid, and 0.
pub fn new() -> Vec<u8> {
    let mut text = vec![0; HEADER];
    text[..MAGIC.len()].copy_from_slice(MAGIC);
    text[ENCODING_AT] = Encoding::Sparse as u8;
    text.extend_from_slice(&sparse::EMPTY);
    text
}

/// Looks at the header, and at the length of a dense one. What the other functions are given must have passed
/// here.
///
/// # Errors
/// [`NotHll`]
pub fn check(text: &[u8]) -> Result<Encoding, NotHll> {
    if text.len() < HEADER || !text.starts_with(MAGIC) {
        return Err(NotHll);
    }
    match text[ENCODING_AT] {
        0 if text.len() == DENSE_BYTES => Ok(Encoding::Dense),
        1 => Ok(Encoding::Sparse),
        _ => Err(NotHll),
    }
}

fn encoding(text: &[u8]) -> Encoding {
    if text[ENCODING_AT] == Encoding::Dense as u8 { Encoding::Dense } else { Encoding::Sparse }
}

/// The cached count, unless it is stale.
pub fn cached(text: &[u8]) -> Option<u64> {
    let count = text[COUNT_AT..HEADER].try_into().map(u64::from_le_bytes).unwrap_or(u64::MAX);
    (count >> 63 == 0).then_some(count)
}

/// Stores a count as valid (one of 2^63 and more reads as stale).
pub fn cache(text: &mut [u8], count: u64) {
    text[COUNT_AT..HEADER].copy_from_slice(&count.to_le_bytes());
}

/// Says that the cached count is not that of the registers any more.
pub fn invalidate(text: &mut [u8]) {
    text[HEADER - 1] |= STALE;
}

/// MurmurHash64A of an element.
pub fn hash(element: &[u8]) -> u64 {
    const M: u64 = 0xc6a4_a793_5bd1_e995;
    const R: u32 = 47;
    let mut hash = SEED ^ (element.len() as u64).wrapping_mul(M);
    let (words, rest) = element.as_chunks::<8>();
    for word in words {
        let mut word = u64::from_le_bytes(*word).wrapping_mul(M);
        word = (word ^ word >> R).wrapping_mul(M);
        hash = (hash ^ word).wrapping_mul(M);
    }
    if !rest.is_empty() {
        let mut word = [0; 8];
        word[..rest.len()].copy_from_slice(rest);
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(M);
    }
    hash = (hash ^ hash >> R).wrapping_mul(M);
    hash ^ hash >> R
}

/// The register of an element and its number for it, 1 to 51.
pub fn place(element: &[u8]) -> (usize, u8) {
    let hash = hash(element);
    let rest = hash >> INDEX_BITS | 1 << NUMBER_BITS;
    (hash as usize & (REGISTERS - 1), rest.trailing_zeros() as u8 + 1)
}

/// Adds an element; whether a register changed, which makes the cached count stale.
///
/// # Errors
/// [`Corrupt`]; the string is as it was.
pub fn add(text: &mut Vec<u8>, element: &[u8], max_sparse_bytes: usize) -> Result<bool, Corrupt> {
    let (register, number) = place(element);
    raise(text, register, number, max_sparse_bytes)
}

/// Raises a register to a number if it holds a smaller one; whether it did.
///
/// # Errors
/// [`Corrupt`]; the string is as it was.
pub fn raise(
    text: &mut Vec<u8>,
    register: usize,
    number: u8,
    max_sparse_bytes: usize,
) -> Result<bool, Corrupt> {
    if encoding(text) == Encoding::Sparse {
        match sparse::raise(text, register, number, max_sparse_bytes)? {
            sparse::Raised::No => return Ok(false),
            sparse::Raised::Yes => {
                invalidate(text);
                return Ok(true);
            }
            sparse::Raised::TooLarge => make_dense(text)?,
        };
    }
    let raised = dense::raise(&mut text[HEADER..], register, number);
    if raised {
        invalidate(text);
    }
    Ok(raised)
}

/// Changes a sparse string to a dense one; whether it was sparse.
///
/// # Errors
/// [`Corrupt`]; the string is as it was.
pub fn make_dense(text: &mut Vec<u8>) -> Result<bool, Corrupt> {
    if encoding(text) == Encoding::Dense {
        return Ok(false);
    }
    let mut dense = vec![0; DENSE_BYTES];
    dense[..HEADER].copy_from_slice(&text[..HEADER]);
    dense[ENCODING_AT] = Encoding::Dense as u8;
    sparse::runs(&text[HEADER..], |first, len, number| {
        if number > 0 {
            (first..first + len).for_each(|at| dense::set(&mut dense[HEADER..], at, number));
        }
    })?;
    *text = dense;
    Ok(true)
}

/// Registers of several HyperLogLogs, the largest number of each.
pub struct Union {
    registers: Box<[u8; REGISTERS]>,
}

impl Union {
    /// Nothing but zeroes.
    pub fn new() -> Union {
        Union { registers: Box::new([0; REGISTERS]) }
    }

    /// Takes one in.
    ///
    /// # Errors
    /// [`Corrupt`]; part of it may be taken in.
    pub fn add(&mut self, text: &[u8]) -> Result<(), Corrupt> {
        let registers = &mut self.registers;
        match encoding(text) {
            Encoding::Dense => {
                let numbers = dense::numbers(&text[HEADER..]);
                registers.iter_mut().zip(numbers).for_each(|(most, number)| *most = (*most).max(number));
                Ok(())
            }
            Encoding::Sparse => sparse::runs(&text[HEADER..], |first, len, number| {
                if number > 0 {
                    registers[first..first + len].iter_mut().for_each(|most| *most = (*most).max(number));
                }
            }),
        }
    }

    /// The registers that are not zero, with their numbers.
    pub fn set_registers(&self) -> impl Iterator<Item = (usize, u8)> {
        self.registers.iter().copied().enumerate().filter(|(_, number)| *number > 0)
    }

    /// How many different elements were added to any of them.
    pub fn count(&self) -> u64 {
        let mut histogram = [0; 64];
        self.registers.iter().for_each(|number| histogram[usize::from(number & 63)] += 1);
        estimate(&histogram)
    }
}

impl Default for Union {
    fn default() -> Self {
        Union::new()
    }
}

/// Estimates from the registers how many different elements were added.
///
/// # Errors
/// [`Corrupt`]
pub fn count(text: &[u8]) -> Result<u64, Corrupt> {
    let mut histogram = [0; 64];
    match encoding(text) {
        Encoding::Dense => {
            dense::numbers(&text[HEADER..]).for_each(|number| histogram[usize::from(number)] += 1);
        }
        Encoding::Sparse => {
            sparse::runs(&text[HEADER..], |_, len, number| histogram[usize::from(number)] += len as u32)?;
        }
    }
    Ok(estimate(&histogram))
}

/// Ertl's estimate. The operations come in the order of Redis', for the last digit depends on it.
fn estimate(histogram: &Histogram) -> u64 {
    /// 0.5 / ln 2
    const ALPHA: f64 = 0.721_347_520_444_481_7;
    let m = REGISTERS as f64;
    let mut z = m * tau((m - f64::from(histogram[NUMBER_BITS + 1])) / m);
    for number in (1..=NUMBER_BITS).rev() {
        z += f64::from(histogram[number]);
        z *= 0.5;
    }
    z += m * sigma(f64::from(histogram[0]) / m);
    let count = (ALPHA * m * m / z).round();
    // Only made-up registers count so far; C's llroundl gives the smallest number then.
    if count < 9.223_372_036_854_776e18 { count as u64 } else { 1 << 63 }
}

fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let last = z;
        z += x * y;
        y += y;
        if z == last {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let last = z;
        y *= 0.5;
        let rest = 1.0 - x;
        z -= rest * rest * y;
        if z == last {
            return z / 3.0;
        }
    }
}
