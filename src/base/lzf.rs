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
//! Both directions work in words of eight bytes. One load and one exclusive or tell whether three bytes repeat and,
//! mostly, how many do. Short copies are of a fixed size, and what was too much is overwritten by what follows: the
//! lengths vary from copy to copy, and a copy of variable length costs a call and a branch that is guessed wrong.
//! Eight and not more, since a load that spans what several stores have just written waits for them all.
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
/// Bytes that are compared at once.
const WORD: usize = 8;
/// Bytes that a match is copied in.
const STEP: usize = 8;
/// A match longer than this is copied as a whole.
const LONG: usize = 64;

/// Appends the compressed form of `input` to `out`. False, with `out` as it was, when that would not save at
/// least four bytes, which is the least that Redis accepts in an RDB file.
pub fn compress(input: &[u8], out: &mut Vec<u8>) -> bool {
    // Eight equal bytes are the shortest that can shrink by four.
    if input.len() < WORD {
        return false;
    }
    let start = out.len();
    let limit = start + input.len() - 4;
    let fits = match input.len() {
        0..=128 => encode(&mut [0; 1 << 8], input, out, limit),
        129..=512 => encode(&mut [0; 1 << 9], input, out, limit),
        513..=8192 => encode(&mut [0; 1 << 11], input, out, limit),
        _ => encode(&mut [0; 1 << 14], input, out, limit),
    };
    if !fits {
        out.truncate(start);
    }
    fits
}

/// Compresses; false when `out` would become longer than `limit`. `SIZE`, of the table, is a power of two.
fn encode<const SIZE: usize>(table: &mut [u16; SIZE], input: &[u8], out: &mut Vec<u8>, limit: usize) -> bool {
    let slot = |bytes: u64| -> usize {
        let three = (bytes as u32) << 8;
        (three.wrapping_mul(0x9e37_79b1) >> (32 - SIZE.trailing_zeros())) as usize & (SIZE - 1)
    };
    let last = input.len() - 2; // first place where three bytes do not fit any more
    // Where the open run of literals starts, and where the last match ended. Nothing is before the first byte, which
    // the empty table tells of.
    let (mut at, mut literals, mut found) = (1, 0, 0);
    while at < last {
        let here = word(input, at);
        let entry = &mut table[slot(here)];
        let distance = usize::from((at as u16).wrapping_sub(*entry));
        *entry = at as u16;
        let length = if distance.wrapping_sub(1) < MAX_DISTANCE.min(at) {
            let there = word(input, at - distance);
            ((here ^ there).trailing_zeros() / u8::BITS) as usize
        } else {
            0
        };
        if length < 3 {
            // The longer nothing was found, the fewer places are looked at.
            at += 1 + (at - found) / PATIENCE;
            continue;
        }
        let length = if length == WORD { match_length(input, at, distance) } else { length };
        let end = at + length.min(input.len() - at);
        if !push_literals(input, literals, at, out, limit) {
            return false;
        }
        push_match(end - at, distance, out);
        // Remember the places inside the match too; two of them suffice to find repeats again.
        if end < last {
            table[slot(word(input, end - 2))] = (end - 2) as u16;
            table[slot(word(input, end - 1))] = (end - 1) as u16;
        }
        at = end;
        literals = end;
        found = end;
    }
    push_literals(input, literals, input.len(), out, limit) && out.len() <= limit
}

/// The eight bytes at a place, zeros for those behind the end. There are eight bytes at least.
#[inline]
fn word(bytes: &[u8], at: usize) -> u64 {
    let load = |at: usize| bytes[at..at + WORD].try_into().map_or(0, u64::from_le_bytes);
    match (at + WORD).checked_sub(bytes.len()) {
        None | Some(0) => load(at),
        Some(behind) => load(bytes.len() - WORD) >> (u8::BITS as usize * behind),
    }
}

/// How many bytes at `at` repeat those `distance` before, which the first eight do; may be more than there are.
fn match_length(input: &[u8], at: usize, distance: usize) -> usize {
    let longest = MAX_MATCH.min(input.len() - at);
    let mut length = WORD;
    while length < longest {
        let differ = word(input, at + length) ^ word(input, at + length - distance);
        if differ != 0 {
            return longest.min(length + (differ.trailing_zeros() / u8::BITS) as usize);
        }
        length += WORD;
    }
    longest
}

/// Appends `input[from..to]` in runs; false when that would exceed the limit.
#[inline]
fn push_literals(input: &[u8], from: usize, to: usize, out: &mut Vec<u8>, limit: usize) -> bool {
    let mut run = &input[from..to];
    if out.len() + run.len() + run.len().div_ceil(MAX_LITERAL) > limit {
        return false;
    }
    if let Some(wide) = input[from..].first_chunk::<MAX_LITERAL>()
        && (1..=MAX_LITERAL).contains(&run.len())
    {
        // The common case, without a copy of variable length: what is too much is taken away again.
        out.push((run.len() - 1) as u8);
        let end = out.len() + run.len();
        out.extend_from_slice(wide);
        out.truncate(end);
        return true;
    }
    while !run.is_empty() {
        let (piece, rest) = run.split_at(run.len().min(MAX_LITERAL));
        out.push((piece.len() - 1) as u8);
        out.extend_from_slice(piece);
        run = rest;
    }
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
    if out_len > input.len().saturating_mul(MAX_GAIN) {
        return None;
    }
    let mut out = Vec::with_capacity(out_len);
    decode(input, out_len, &mut out)?;
    (out.len() == out_len).then_some(out)
}

/// Appends what `input` yields to the empty `out`, `out_len` bytes at most.
fn decode(input: &[u8], out_len: usize, out: &mut Vec<u8>) -> Option<()> {
    let mut rest = input;
    while let Some((&control, tail)) = rest.split_first() {
        let room = out_len - out.len();
        if control < 32 {
            let run = usize::from(control) + 1;
            match tail.first_chunk::<STEP>() {
                // As in compressing: more than is wanted is copied where that is cheaper.
                Some(wide) if room >= STEP && run <= STEP => {
                    let end = out.len() + run;
                    out.extend_from_slice(wide);
                    out.truncate(end);
                }
                _ if run <= room => out.extend_from_slice(tail.get(..run)?),
                _ => return None,
            }
            rest = &tail[run..];
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
            if length > room {
                return None;
            }
            copy_back(out, distance, length, room)?;
            rest = tail;
        }
    }
    Some(())
}

/// Appends `length` bytes from `distance` back; they may overlap what is being written, then they repeat. `room`
/// bytes may be written to.
#[inline]
fn copy_back(out: &mut Vec<u8>, distance: usize, length: usize, room: usize) -> Option<()> {
    let mut from = out.len().checked_sub(distance)?;
    let end = out.len() + length;
    if length <= LONG && distance >= STEP && room >= length + STEP {
        while out.len() < end {
            let bytes: [u8; STEP] = *out[from..].first_chunk()?;
            out.extend_from_slice(&bytes);
            from += STEP;
        }
        out.truncate(end);
    } else if distance == 1 {
        out.resize(end, out[from]);
    } else {
        while out.len() < end {
            let step = (end - out.len()).min(out.len() - from);
            out.extend_from_within(from..from + step);
        }
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

    /// The format, byte by byte.
    fn decompress_slowly(input: &[u8]) -> Option<Vec<u8>> {
        let mut bytes = input.iter().map(|byte| usize::from(*byte));
        let mut out = Vec::new();
        while let Some(control) = bytes.next() {
            if control < 32 {
                for _ in 0..=control {
                    out.push(bytes.next()? as u8);
                }
                continue;
            }
            let length = if control >> 5 == 7 { 9 + bytes.next()? } else { 2 + (control >> 5) };
            let distance = 1 + ((control & 31) << 8) + bytes.next()?;
            for _ in 0..length {
                out.push(*out.get(out.len().checked_sub(distance)?)?);
            }
        }
        Some(out)
    }

    /// A control byte with what belongs to it: literals, or a match from not too far back.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        let literals = vec(any::<u8>(), 1..33).prop_map(|run| [&[run.len() as u8 - 1][..], &run].concat());
        let short = (1u8..7, 0u8..40).prop_map(|(length, back)| vec![length << 5, back]);
        let long = (any::<u8>(), 0u8..40).prop_map(|(length, back)| vec![7 << 5, length, back]);
        prop_oneof![literals, short, long]
    }

    proptest! {
        #[test]
        fn decoding_agrees_with_the_format(
            first in vec(any::<u8>(), 20..33), pieces in vec(piece(), 0..20), cut in 0usize..3, off in -1isize..2,
        ) {
            let mut input = vec![first.len() as u8 - 1];
            input.extend_from_slice(&first);
            input.extend(pieces.into_iter().flatten());
            input.truncate(input.len() - cut);
            let want = decompress_slowly(&input);
            let len = want.as_ref().map_or(300, Vec::len).saturating_add_signed(off);
            prop_assert_eq!(decompress(&input, len), want.filter(|out| out.len() == len));
        }

        #[test]
        fn what_was_compressed_decodes_slowly_too(
            words in vec(prop_oneof!["[ab]{1,12}", "value:[0-9]{1,6}", ".{1,40}"], 1..150),
        ) {
            let (input, mut out) = (words.concat(), Vec::new());
            if compress(input.as_bytes(), &mut out) {
                prop_assert!(out.len() + 4 <= input.len());
                prop_assert_eq!(decompress_slowly(&out), Some(input.into_bytes()));
            }
        }

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
