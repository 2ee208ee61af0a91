//! The backlog against a plain `Vec<u8>` that never forgets.

use proptest::prelude::*;

use super::*;

fn active(size: usize) -> Backlog {
    let mut b = Backlog::new(size);
    b.activate();
    b
}

fn pattern(from: usize, len: usize) -> Vec<u8> {
    (from..from + len).map(|i| (i.wrapping_mul(31) ^ (i >> 8)) as u8).collect()
}

fn read_all(b: &Backlog, id: CursorId) -> Vec<u8> {
    b.slices(id, usize::MAX).flatten().copied().collect()
}

#[test]
fn numbers_as_info_shows_them() {
    let mut b = Backlog::new(1 << 20);
    assert_eq!((b.first_byte_offset(), b.histlen(), b.offset()), (0, 0, 0));
    b.append(b"lost");
    assert_eq!(b.offset(), 0, "an inactive backlog counts no bytes");
    b.bump();
    assert_eq!(b.offset(), 1);
    let _ = b.restart_at(0);
    b.activate();
    b.bump();
    assert_eq!((b.first_byte_offset(), b.histlen(), b.offset()), (1, 0, 0));
    b.append(&[7; 368]);
    assert_eq!((b.first_byte_offset(), b.histlen(), b.offset()), (1, 368, 368));
    // "PSYNC id 322" comes from one who holds 321 bytes.
    assert_eq!(held_before(322), 321);
    assert_eq!(next_byte(321), 322);
    let id = b.attach(held_before(322)).unwrap();
    assert_eq!(b.pending(id), 47);
    assert!(b.attach(369).is_none());
    assert!(b.attach(-1).is_none());
}

#[test]
fn a_huge_value_is_split_over_blocks() {
    let mut b = active(1 << 20);
    let id = b.attach(0).unwrap();
    let value = pattern(0, 5 << 20);
    assert!(b.append(&value));
    assert!(b.blocks.iter().all(|k| k.bytes.capacity() <= 1 << 16));
    assert_eq!(read_all(&b, id), value);
    b.advance(id, 4 << 20);
    assert!(b.histlen() <= (2 << 20) + (1 << 16), "{}", b.histlen());
    b.advance(id, usize::MAX);
    assert_eq!(b.pending(id), 0);
    while b.trim(TRIM_BLOCKS) {}
    assert!(b.histlen() > 1 << 20 && b.histlen() <= (1 << 20) + (1 << 16));
}

#[test]
fn a_slow_replica_keeps_its_bytes_and_leaves_step_by_step() {
    let mut b = active(MIN_BLOCK);
    let slow = b.attach(0).unwrap();
    for i in 0..400 {
        b.append(&pattern(i * MIN_BLOCK, MIN_BLOCK));
    }
    assert_eq!(b.histlen(), 400 * MIN_BLOCK as i64);
    assert_eq!(b.mem_not_backlog(), b.mem_total() - MIN_BLOCK);
    assert_eq!(b.mem_backlog(), MIN_BLOCK);
    assert!(b.mem_not_counted() > 0);
    assert_eq!(b.output_memory(slow), 400 * (MIN_BLOCK + 64));
    b.detach(slow);
    assert_eq!(b.histlen(), (400 - TRIM_BLOCKS) as i64 * MIN_BLOCK as i64, "one step only");
    assert_eq!(b.mem_not_backlog(), 0);
    while b.trim(TRIM_BLOCKS) {}
    assert_eq!(b.histlen(), 2 * MIN_BLOCK as i64);
    assert_eq!(b.pending(slow), 0);
    b.advance(slow, 5);
    b.detach(slow);
    let fresh = b.attach(b.offset()).unwrap();
    assert_ne!(fresh, slow);
    assert_eq!(b.slices(slow, 100).count(), 0, "a stale id finds nothing");
}

#[test]
fn resize_down_drops_and_up_keeps() {
    let mut b = active(1 << 20);
    b.append(&pattern(0, 2 << 20));
    b.resize(1 << 18);
    while b.trim(1) {}
    assert!(b.histlen() >= 1 << 18 && b.histlen() <= (1 << 18) + (1 << 16));
    let kept = b.first_offset();
    b.resize(1 << 21);
    b.append(&pattern(2 << 20, 1 << 20));
    assert_eq!(b.first_offset(), kept);
    b.resize(1);
    assert_eq!(b.size(), MIN_BLOCK);
}

#[test]
fn output_memory_is_whole_blocks() {
    let mut b = active(1 << 20);
    b.append(b"history");
    let id = b.attach(b.offset()).unwrap();
    assert_eq!(b.output_memory(id), 0);
    b.append(b"x");
    assert_eq!(b.output_memory(id), MIN_BLOCK + 64);
    b.advance(id, 1);
    assert_eq!(b.output_memory(id), MIN_BLOCK + 64, "Redis goes on counting the last block");
    b.append(&[0; MIN_BLOCK]);
    assert_eq!(b.output_memory(id), 2 * (MIN_BLOCK + 64));
    b.advance(id, MIN_BLOCK);
    assert_eq!(b.output_memory(id), MIN_BLOCK + 64);
}

#[test]
fn release_restart_rebase() {
    let mut b = active(1 << 20);
    b.append(&[1; 100]);
    let id = b.attach(40).unwrap();
    b.rebase(1000);
    assert_eq!((b.first_byte_offset(), b.offset(), b.position(id)), (1001, 1100, Some(1040)));
    assert_eq!(b.pending(id), 60);
    let _ = b.restart_at(5000);
    assert!(b.is_active());
    assert_eq!((b.first_byte_offset(), b.histlen(), b.offset(), b.cursors()), (5001, 0, 5000, 0));
    b.append(b"abc");
    let _ = b.release();
    assert_eq!((b.is_active(), b.offset(), b.mem_total()), (false, 5003, 0));
    assert!(b.attach(5003).is_none());
    let _ = b.restart_at(i64::MAX);
    b.activate();
    b.append(&[0; 100]);
    b.rebase(i64::MAX);
    assert_eq!(b.offset(), MAX_OFFSET + 100);
    let _ = b.restart_at(-7);
    assert_eq!(b.offset(), 0);
}

#[derive(Clone, Debug)]
enum Op {
    Append(usize),
    Attach(u8),
    Detach(u8),
    Advance(u8, usize),
    Resize(usize),
    Trim,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (1usize..300).prop_map(Op::Append),
        2 => (1usize..100_000).prop_map(Op::Append),
        2 => any::<u8>().prop_map(Op::Attach),
        1 => any::<u8>().prop_map(Op::Detach),
        4 => (any::<u8>(), 0usize..80_000).prop_map(|(c, n)| Op::Advance(c, n)),
        1 => (1usize..700_000).prop_map(Op::Resize),
        1 => Just(Op::Trim),
    ]
}

fn check(b: &Backlog, all: &[u8], live: &[(CursorId, usize)]) {
    assert_eq!(b.offset(), all.len() as i64);
    let first = b.first_offset() as usize;
    assert_eq!(b.histlen() as usize, all.len() - first);
    assert!(b.histlen() >= (b.size().min(all.len()) as i64).min(b.histlen()));
    assert_eq!(b.mem_total(), b.blocks.iter().map(Block::cost).sum::<usize>());
    let lowest = live.iter().map(|(_, at)| *at).min().unwrap_or(all.len());
    assert!(first <= lowest);
    for pair in b.blocks.iter().zip(b.blocks.iter().skip(1)) {
        assert_eq!(pair.0.end(), pair.1.start);
        assert_eq!(pair.0.bytes.len(), pair.0.bytes.capacity());
    }
    for &(id, at) in live {
        assert_eq!(b.position(id), Some(at as i64));
        assert_eq!(b.pending(id), all.len() - at);
        let mut seen = at;
        for s in b.slices(id, usize::MAX) {
            assert!(!s.is_empty());
            assert_eq!(s, &all[seen..seen + s.len()]);
            seen += s.len();
        }
        assert_eq!(seen, all.len());
        let capped: usize = b.slices(id, 20_000).map(<[u8]>::len).sum();
        assert_eq!(capped, (all.len() - at).min(20_000));
    }
}

fn run(ops: Vec<Op>) {
    let mut b = active(1 << 17);
    let mut all: Vec<u8> = Vec::new();
    let mut live: Vec<(CursorId, usize)> = Vec::new();
    for op in ops {
        match op {
            Op::Append(n) => {
                let bytes = pattern(all.len(), n);
                b.append(&bytes);
                all.extend(bytes);
            }
            Op::Attach(part) => {
                let at = b.first_offset() + b.histlen() * i64::from(part) / 255;
                live.push((b.attach(at).unwrap(), at as usize));
            }
            Op::Detach(i) if !live.is_empty() => {
                b.detach(live.swap_remove(usize::from(i) % live.len()).0);
            }
            Op::Advance(i, n) if !live.is_empty() => {
                let i = usize::from(i) % live.len();
                b.advance(live[i].0, n);
                live[i].1 = (live[i].1 + n).min(all.len());
            }
            Op::Resize(n) => b.resize(n),
            Op::Trim => {
                let needed = b.histlen();
                while b.trim(TRIM_BLOCKS) {}
                if live.is_empty() {
                    let slack = b.blocks.front().map_or(0, |k| k.bytes.len()) as i64;
                    assert!(b.histlen() <= b.size() as i64 + slack);
                    assert!(b.histlen() >= needed.min(b.size() as i64));
                }
            }
            _ => {}
        }
        check(&b, &all, &live);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn behaves_as_a_vec_that_never_forgets(ops in proptest::collection::vec(op(), 1..60)) {
        run(ops);
    }
}

#[test]
fn the_list_of_blocks_shrinks_with_them() {
    let mut backlog = active(MIN_BLOCK);
    let cursor = backlog.attach(backlog.offset()).expect("the beginning is there");
    for _ in 0..1000 {
        backlog.append(&[b'x'; MIN_BLOCK]);
    }
    assert!(backlog.blocks.capacity() >= 1000);
    backlog.detach(cursor);
    while backlog.trim(TRIM_BLOCKS) {}
    assert!(backlog.blocks.len() <= 3 && backlog.blocks.capacity() <= 16, "{}", backlog.blocks.capacity());
}
