//! Bits of byte strings, words at a time: counting, searching, combining.
//!
//! Bit 0 is the highest bit of the first byte. Only the bytes at the two ends of a range are looked at by
//! themselves; between them counting takes 32 bytes a step and searching 8. Combining goes through blocks
//! that stay in the nearest cache while all sources are folded into them; its inner loops are plain enough
//! for the compiler to make vector code of them.

use std::ops::RangeInclusive;

/// Bytes of a result that are finished before the next ones are begun.
const BLOCK: usize = 8 * 1024;

/// How sources are combined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    And,
    Or,
    Xor,
    /// Of a single source.
    Not,
}

/// The bits of the first byte that are in a range starting at `bit`.
fn from(bit: usize) -> u8 {
    0xff >> (bit & 7)
}

/// The bits of the last byte that are in a range ending with `bit`.
fn up_to(bit: usize) -> u8 {
    0xff << (7 - (bit & 7))
}

/// Number of ones among the bits of a range that lies within the bytes and is not empty.
pub fn count(bytes: &[u8], range: RangeInclusive<usize>) -> usize {
    let (first, last) = (range.start() / 8, range.end() / 8);
    if first == last {
        return (bytes[first] & from(*range.start()) & up_to(*range.end())).count_ones() as usize;
    }
    let ends = [bytes[first] & from(*range.start()), bytes[last] & up_to(*range.end())];
    let ends = u16::from_ne_bytes(ends).count_ones() as usize;
    ends + count_whole(&bytes[first + 1..last])
}

fn count_whole(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    let (fours, words) = words.as_chunks::<4>();
    let ones = |word: &[u8; 8]| u64::from_ne_bytes(*word).count_ones();
    let mut sum = 0;
    for four in fours {
        sum += (ones(&four[0]) + ones(&four[1]) + ones(&four[2]) + ones(&four[3])) as usize;
    }
    sum += words.iter().map(|word| ones(word) as usize).sum::<usize>();
    sum + rest.iter().map(|byte| byte.count_ones() as usize).sum::<usize>()
}

/// The first bit of a range that is `wanted`; the range lies within the bytes and is not empty.
pub fn find(bytes: &[u8], wanted: bool, range: RangeInclusive<usize>) -> Option<usize> {
    let (first, last) = (range.start() / 8, range.end() / 8);
    // After this every one is a bit that is wanted.
    let flip = if wanted { 0 } else { 0xff };
    let in_byte = |at: usize, mask: u8| {
        let hits = (bytes[at] ^ flip) & mask;
        (hits != 0).then(|| at * 8 + hits.leading_zeros() as usize)
    };
    if first == last {
        return in_byte(first, from(*range.start()) & up_to(*range.end()));
    }
    in_byte(first, from(*range.start()))
        .or_else(|| find_whole(&bytes[first + 1..last], flip).map(|at| (first + 1) * 8 + at))
        .or_else(|| in_byte(last, up_to(*range.end())))
}

fn find_whole(bytes: &[u8], flip: u8) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    let skip = u64::from_ne_bytes([flip; 8]);
    if let Some(at) = words.iter().position(|word| u64::from_ne_bytes(*word) != skip) {
        let hits = u64::from_be_bytes(words[at]) ^ skip;
        return Some(at * 64 + hits.leading_zeros() as usize);
    }
    let at = rest.iter().position(|byte| *byte != flip)?;
    Some(words.len() * 64 + at * 8 + (rest[at] ^ flip).leading_zeros() as usize)
}

/// The sources combined: as long as the longest one, the others continued with zeroes.
pub fn combine<S: AsRef<[u8]>>(op: Op, sources: &[S]) -> Vec<u8> {
    let Some((first, others)) = sources.split_first() else { return Vec::new() };
    let len = sources.iter().map(|source| source.as_ref().len()).max().unwrap_or(0);
    let mut result = Vec::with_capacity(len);
    result.extend_from_slice(first.as_ref());
    result.resize(len, 0);
    if op == Op::Not {
        result.iter_mut().for_each(|byte| *byte = !*byte);
        return result;
    }
    for (number, block) in result.chunks_mut(BLOCK).enumerate() {
        for source in others {
            let source = source.as_ref();
            let at = (number * BLOCK).min(source.len());
            fold(op, block, &source[at..source.len().min(at + block.len())]);
        }
    }
    result
}

/// Folds a source, no longer than the block and continued with zeroes, into it.
fn fold(op: Op, block: &mut [u8], source: &[u8]) {
    let (both, beyond) = block.split_at_mut(source.len());
    let pairs = both.iter_mut().zip(source);
    match op {
        Op::And => {
            pairs.for_each(|(to, from)| *to &= from);
            beyond.fill(0);
        }
        Op::Or => pairs.for_each(|(to, from)| *to |= from),
        Op::Xor => pairs.for_each(|(to, from)| *to ^= from),
        Op::Not => unreachable!("of a single source"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// The bits one by one.
    fn model(bytes: &[u8]) -> Vec<bool> {
        bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte & (0x80 >> bit) != 0)).collect()
    }

    /// Long runs of equal bytes with something in between, so that searches go far.
    fn strings() -> impl Strategy<Value = Vec<u8>> {
        let run = (prop_oneof![Just(0u8), Just(0xff), any::<u8>()], 1usize..70);
        vec(run, 1..6).prop_map(|runs| {
            runs.into_iter().flat_map(|(byte, len)| std::iter::repeat_n(byte, len)).collect()
        })
    }

    proptest! {
        #[test]
        fn counts_and_finds_as_a_list_of_bools(bytes in strings(), a in any::<usize>(), b in any::<usize>()) {
            let bits = model(&bytes);
            let (a, b) = (a % bits.len(), b % bits.len());
            let range = a.min(b)..=a.max(b);
            let part = &bits[range.clone()];
            prop_assert_eq!(count(&bytes, range.clone()), part.iter().filter(|bit| **bit).count());
            for wanted in [false, true] {
                let at = part.iter().position(|bit| *bit == wanted).map(|at| at + range.start());
                prop_assert_eq!(find(&bytes, wanted, range.clone()), at);
            }
            prop_assert_eq!(count(&bytes, 0..=bits.len() - 1), bits.iter().filter(|bit| **bit).count());
        }

        #[test]
        fn combines_as_lists_of_bools(sources in vec(strings(), 1..5)) {
            let len = sources.iter().map(Vec::len).max().unwrap();
            let models: Vec<Vec<bool>> = sources
                .iter()
                .map(|bytes| {
                    let mut bits = model(bytes);
                    bits.resize(len * 8, false);
                    bits
                })
                .collect();
            for (op, fold) in [
                (Op::And, (|a, b| a & b) as fn(bool, bool) -> bool),
                (Op::Or, |a, b| a | b),
                (Op::Xor, |a, b| a ^ b),
            ] {
                let want: Vec<bool> =
                    (0..len * 8).map(|at| models.iter().map(|bits| bits[at]).reduce(fold).unwrap()).collect();
                prop_assert_eq!(model(&combine(op, &sources)), want);
            }
            let not: Vec<bool> = model(&sources[0]).iter().map(|bit| !bit).collect();
            prop_assert_eq!(model(&combine(Op::Not, &sources[..1])), not);
        }
    }

    #[test]
    fn blocks_meet_without_a_seam() {
        let long: Vec<u8> = (0..3 * BLOCK + 5).map(|at| (at % 251) as u8).collect();
        let short: Vec<u8> = (0..BLOCK + 3).map(|at| (at % 241) as u8).collect();
        let byte = |text: &[u8], at: usize| text.get(at).copied().unwrap_or(0);
        let and = combine(Op::And, &[&long, &short]);
        let xor = combine(Op::Xor, &[&short, &long, &long]);
        for at in 0..long.len() {
            assert_eq!(and[at], byte(&long, at) & byte(&short, at), "{at}");
            assert_eq!(xor[at], byte(&short, at), "{at}");
        }
        assert!(combine::<&[u8]>(Op::Or, &[]).is_empty());
    }
}
