//! LZF: the compression of RDB strings and of the inner nodes of lists.
//!
//! Format (libLZF): a control byte below 32 announces `c + 1` literal bytes; else its upper three bits hold a
//! length and its lower five the high part of a distance: `LLLooooo oooooooo` copies `L + 2` bytes (3..=8),
//! `111ooooo LLLLLLLL oooooooo` copies `L + 9` (9..=264), from `o + 1` bytes back (1..=8192).
//!
//! Compressing looks up three bytes in a small hash table of the last position that had them. The table holds
//! only the low 16 bits of a position: distances beyond 8192 are useless, and each candidate is verified
//! anyway. Where nothing repeats, ever larger steps are made (as LZ4 does): random bytes, which cost as much as all the
//! rest of a snapshot otherwise, are passed over at several times the speed, and text loses next to nothing.
//! The table is sized by the input, so that a value of 100 bytes pays for clearing 512 bytes, not 64 KiB.
//! The output is not the byte for byte output of libLZF; every LZF reader reads it.
//!
//! Decoding never trusts its input: distances and lengths are checked, and memory is reserved for what the
//! input can yield (88 bytes of output per byte of input at most), not for what a header claims.

const MAX_LITERAL: usize = 32;
/// After so many bytes without a match one place is passed over at each step, after twice as many two, and so on.
const PATIENCE: usize = 32;
const MAX_DISTANCE: usize = 1 << 13;
const MAX_MATCH: usize = 264;
/// No input byte can yield more than this many output bytes (three bytes make 264).
const MAX_GAIN: usize = 88;

/// Appends the compressed form of `input` to `out`. False, with `out` as it was, when that would not save at
/// least four bytes, which is the least that Redis accepts in an RDB file.
pub fn compress(input: &[u8], out: &mut Vec<u8>) -> bool {
    if input.len() <= 4 {
        return false;
    }
    let start = out.len();
    let limit = input.len() - 4;
    let fits = match input.len() {
        0..=512 => encode::<8>(&mut [0; 1 << 8], input, out, limit),
        513..=8192 => encode::<11>(&mut [0; 1 << 11], input, out, limit),
        _ => encode::<14>(&mut [0; 1 << 14], input, out, limit),
    };
    if !fits {
        out.truncate(start);
    }
    fits
}

/// Compresses into at most `limit` bytes, else returns false. `BITS` is the binary logarithm of the table's
/// size.
fn encode<const BITS: u32>(table: &mut [u16], input: &[u8], out: &mut Vec<u8>, limit: usize) -> bool {
    let slot = |at: usize| -> usize {
        let three = u32::from_le_bytes([0, input[at], input[at + 1], input[at + 2]]);
        (three.wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize
    };
    let base = out.len();
    let last = input.len() - 2; // first place where three bytes do not fit any more
    // Where the open run of literals starts, and where the last match ended.
    let (mut at, mut literals, mut found) = (0, 0, 0);
    while at < last {
        let index = slot(at);
        let distance = usize::from((at as u16).wrapping_sub(table[index]));
        table[index] = at as u16;
        let length = match_length(input, at, distance);
        if length < 3 {
            // The longer nothing was found, the fewer places are looked at.
            at = (at + 1 + (at - found) / PATIENCE).min(last);
            // A run is written when it is full, so that data which does not shrink is given up early.
            while at - literals >= MAX_LITERAL {
                if !push_literals(&input[literals..literals + MAX_LITERAL], out, base + limit) {
                    return false;
                }
                literals += MAX_LITERAL;
            }
            continue;
        }
        if !push_literals(&input[literals..at], out, base + limit) {
            return false;
        }
        push_match(length, distance, out);
        // Remember the places inside the match too; two of them suffice to find repeats again.
        let end = at + length;
        for inner in end - 2..end.min(last) {
            table[slot(inner)] = inner as u16;
        }
        at = end;
        literals = end;
        found = end;
    }
    while literals < input.len() {
        let end = input.len().min(literals + MAX_LITERAL);
        if !push_literals(&input[literals..end], out, base + limit) {
            return false;
        }
        literals = end;
    }
    out.len() - base <= limit
}

/// How many bytes at `at` repeat those `distance` before, 0 when the distance cannot be written.
#[inline]
fn match_length(input: &[u8], at: usize, distance: usize) -> usize {
    if distance == 0 || distance > MAX_DISTANCE || distance > at {
        return 0;
    }
    if input[at..at + 3] != input[at - distance..at - distance + 3] {
        return 0;
    }
    let longest = MAX_MATCH.min(input.len() - at);
    let (here, there) = (&input[at..at + longest], &input[at - distance..at - distance + longest]);
    here.iter().zip(there).take_while(|(a, b)| a == b).count()
}

#[inline]
fn push_literals(run: &[u8], out: &mut Vec<u8>, limit: usize) -> bool {
    if run.is_empty() {
        return true;
    }
    if out.len() + 1 + run.len() > limit {
        return false;
    }
    out.push((run.len() - 1) as u8);
    out.extend_from_slice(run);
    true
}

#[inline]
fn push_match(length: usize, distance: usize, out: &mut Vec<u8>) {
    let offset = distance - 1;
    let high = (offset >> 8) as u8;
    let short = length - 2;
    if short < 7 {
        out.extend_from_slice(&[(short as u8) << 5 | high, offset as u8]);
    } else {
        out.extend_from_slice(&[7 << 5 | high, (short - 7) as u8, offset as u8]);
    }
}

/// Decodes `input`, which must yield exactly `out_len` bytes; `None` when it is damaged.
pub fn decompress(input: &[u8], out_len: usize) -> Option<Vec<u8>> {
    let most = input.len().saturating_mul(MAX_GAIN);
    if out_len > most {
        return None;
    }
    let mut out = Vec::with_capacity(out_len);
    let mut rest = input;
    while let Some((&control, tail)) = rest.split_first() {
        if control < 32 {
            let (run, tail) = tail.split_at_checked(usize::from(control) + 1)?;
            out.extend_from_slice(run);
            rest = tail;
        } else {
            let (length, tail) = match control >> 5 {
                7 => {
                    let (&more, tail) = tail.split_first()?;
                    (usize::from(more) + 9, tail)
                }
                short => (usize::from(short) + 2, tail),
            };
            let (&low, tail) = tail.split_first()?;
            let distance = (usize::from(control & 31) << 8 | usize::from(low)) + 1;
            copy_back(&mut out, distance, length)?;
            rest = tail;
        }
        if out.len() > out_len {
            return None;
        }
    }
    (out.len() == out_len).then_some(out)
}

/// Appends `length` bytes from `distance` back; they may overlap what is being written, then they repeat.
fn copy_back(out: &mut Vec<u8>, distance: usize, length: usize) -> Option<()> {
    let from = out.len().checked_sub(distance)?;
    let mut left = length;
    while left > 0 {
        let step = left.min(out.len() - from);
        out.extend_from_within(from..from + step);
        left -= step;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn round_trip(input: &[u8]) -> Option<usize> {
        let mut out = b"before".to_vec();
        if !compress(input, &mut out) {
            assert_eq!(out, b"before");
            return None;
        }
        let packed = &out[6..];
        assert!(packed.len() + 4 <= input.len());
        assert_eq!(decompress(packed, input.len()).as_deref(), Some(input));
        assert_eq!(decompress(packed, input.len() - 1), None);
        assert_eq!(decompress(packed, input.len() + 1), None);
        Some(packed.len())
    }

    #[test]
    fn repeats_shrink_and_noise_is_refused() {
        assert_eq!(round_trip(b""), None);
        assert_eq!(round_trip(b"aaaa"), None);
        assert!(round_trip(&[b'a'; 20]).is_some_and(|len| len <= 6));
        assert!(round_trip(&[0; 100_000]).is_some_and(|len| len < 1300));
        let mut noise = [0; 8193];
        crate::base::rng::Rng::seeded(3).fill(&mut noise);
        assert_eq!(round_trip(&noise), None);
        // A repeat as far back as can be written, and one byte further.
        let reach = [&noise[..8192], &noise[..300]].concat();
        assert!(round_trip(&reach).is_some());
        assert_eq!(round_trip(&[&noise[..], &noise[..300]].concat()), None);
    }

    #[test]
    fn text_of_every_size_comes_back() {
        let text = b"the quick brown fox jumps over the lazy dog and the quick cat; ".repeat(2000);
        for len in (5..3000).step_by(7).chain([8191, 8192, 8193, 65535, 65536, 70000, text.len()]) {
            let packed = round_trip(&text[..len]);
            assert!(len < 200 || packed.is_some_and(|size| size < len));
        }
    }

    #[test]
    fn streams_of_other_writers_decode() {
        assert_eq!(decompress(&[1, b'a', b'b', 0x20, 1, 0, b'!'], 6).as_deref(), Some(&b"ababa!"[..]));
        assert_eq!(decompress(&[0, b'a', 0xe0, 0xff, 0], 265), Some(vec![b'a'; 265]));
        assert_eq!(decompress(&[], 0), Some(Vec::new()));
        for bad in [&[5, b'a'][..], &[0x20, 0], &[0xe0], &[0xe0, 1], &[0x20], &[0, b'a', 0x20, 1]] {
            assert_eq!(decompress(bad, 4), None);
        }
        assert_eq!(decompress(&[0, b'a'], usize::MAX), None);
    }

    proptest! {
        #[test]
        fn few_letters_round_trip(input in vec(0u8..4, 0..2000)) {
            round_trip(&input);
        }

        #[test]
        fn garbage_is_refused_or_gives_the_length(input in vec(any::<u8>(), 0..200), len in 0usize..4000) {
            if let Some(out) = decompress(&input, len) {
                prop_assert_eq!(out.len(), len);
            }
        }
    }
}
