//! A sort that finishes only part of the order: the `pqsort` of Redis, step for step.
//!
//! GEOSEARCH with COUNT, and SORT with LIMIT, need the first few of many. What this sort leaves at those
//! places is in order; which of several equal items come first, and which of them come at all, follows from
//! its steps. Since that can be seen from outside, the steps are those of Redis: Bentley and McIlroy's
//! quicksort ("Engineering a Sort Function", 1993) with insertion below seven items, the middle of three or of
//! nine as pivot, items equal to the pivot gathered at both ends and swapped to the middle, and parts that do
//! not meet the wanted places left alone.
//!
//! Not stable. About `n` comparisons for each halving of what is unsorted; in the worst case, which nobody
//! meets by chance, `n * n`. Parts wait on a list, not on the stack, so no input makes it overflow.

use std::cmp::Ordering;
use std::ops::Range;

/// Up to here items are inserted one by one.
const INSERT_BELOW: usize = 7;
/// From here on the pivot is the middle of nine.
const NINE_ABOVE: usize = 40;

/// Brings the items of the places `wanted` there; the order elsewhere is arbitrary. `compare` orders all
/// items.
pub fn partial_sort<T>(items: &mut [T], wanted: Range<usize>, compare: impl Fn(&T, &T) -> Ordering) {
    let mut parts = Vec::new();
    parts.push(0..items.len());
    while let Some(part) = parts.pop() {
        let items = &mut items[part.clone()];
        if items.len() < INSERT_BELOW {
            insert(items, &compare);
            continue;
        }
        let (smaller, larger) = split(items, &compare);
        let end = part.end;
        for part in [part.start..part.start + smaller, end - larger..end] {
            if part.len() > 1 && part.start < wanted.end && wanted.start < part.end {
                parts.push(part);
            }
        }
    }
}

fn insert<T>(items: &mut [T], compare: &impl Fn(&T, &T) -> Ordering) {
    for next in 1..items.len() {
        let mut at = next;
        while at > 0 && compare(&items[at - 1], &items[at]).is_gt() {
            items.swap(at, at - 1);
            at -= 1;
        }
    }
}

/// The place of the middle one of three.
fn middle<T>(items: &[T], [a, b, c]: [usize; 3], compare: &impl Fn(&T, &T) -> Ordering) -> usize {
    let order = |one: usize, other: usize| compare(&items[one], &items[other]);
    if order(a, b).is_lt() {
        match (order(b, c).is_lt(), order(a, c).is_lt()) {
            (true, _) => b,
            (false, true) => c,
            (false, false) => a,
        }
    } else {
        match (order(b, c).is_gt(), order(a, c).is_lt()) {
            (true, _) => b,
            (false, true) => a,
            (false, false) => c,
        }
    }
}

fn pivot<T>(items: &[T], compare: &impl Fn(&T, &T) -> Ordering) -> usize {
    let (len, half) = (items.len(), items.len() / 2);
    if len <= INSERT_BELOW {
        return half;
    }
    let mut three = [0, half, len - 1];
    if len > NINE_ABOVE {
        let step = len / 8;
        three = [
            middle(items, [0, step, 2 * step], compare),
            middle(items, [half - step, half, half + step], compare),
            middle(items, [len - 1 - 2 * step, len - 1 - step, len - 1], compare),
        ];
    }
    middle(items, three, compare)
}

/// Parts the items into smaller ones, those equal to a pivot, and larger ones; how many are smaller and
/// larger.
fn split<T>(items: &mut [T], compare: &impl Fn(&T, &T) -> Ordering) -> (usize, usize) {
    let pivot = pivot(items, compare);
    items.swap(0, pivot);
    let len = items.len();
    // Equal ones are below `a` and above `d`; `b` and `c` walk towards each other, `c` and `d` one too far so
    // that they cannot go below zero.
    let (mut a, mut b, mut c, mut d) = (1, 1, len, len);
    loop {
        while b < c {
            match compare(&items[b], &items[0]) {
                Ordering::Greater => break,
                Ordering::Equal => {
                    items.swap(a, b);
                    a += 1;
                }
                Ordering::Less => {}
            }
            b += 1;
        }
        while b < c {
            match compare(&items[c - 1], &items[0]) {
                Ordering::Less => break,
                Ordering::Equal => {
                    items.swap(c - 1, d - 1);
                    d -= 1;
                }
                Ordering::Greater => {}
            }
            c -= 1;
        }
        if b >= c {
            break;
        }
        items.swap(b, c - 1);
        b += 1;
        c -= 1;
    }
    let (smaller, larger) = (b - a, d - c);
    exchange(items, 0, b, a.min(smaller));
    exchange(items, b, len, larger.min(len - d));
    (smaller, larger)
}

/// Swaps the `count` items from `at` on with the last `count` before `end`.
fn exchange<T>(items: &mut [T], at: usize, end: usize, count: usize) {
    for step in 0..count {
        items.swap(at + step, end - count + step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_wanted_places_hold_what_a_full_sort_puts_there(
            items in vec(0u32..200, 0..400), from in any::<usize>(), count in 0usize..60
        ) {
            let from = from % (items.len() + 1);
            let wanted = from..(from + count).min(items.len());
            let mut sorted = items.clone();
            sorted.sort_unstable();
            let mut part = items.clone();
            partial_sort(&mut part, wanted.clone(), Ord::cmp);
            prop_assert_eq!(&part[wanted.clone()], &sorted[wanted]);
            part.sort_unstable();
            prop_assert_eq!(part, sorted);
        }
    }

    /// Recorded from the `pqsort` of Redis 7.2.4: items that compare by their tens only.
    #[test]
    fn equal_items_come_in_the_order_of_redis() {
        let by_tens = |a: &u32, b: &u32| (a / 10).cmp(&(b / 10));
        let mut items: Vec<u32> = (0..60).map(|n| n * 37 % 50).collect();
        partial_sort(&mut items, 0..12, by_tens);
        assert_eq!(items[..12], [7, 5, 0, 9, 2, 4, 6, 9, 0, 8, 1, 3]);
        let mut items: Vec<u32> = (0..300).map(|n| n * 7919 % 90).collect();
        partial_sort(&mut items, 5..30, by_tens);
        let recorded = [5, 4, 3, 2, 1, 0, 8, 7, 6, 5, 4, 3, 2, 1, 9, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7];
        assert_eq!(items[5..30], recorded);
    }

    #[test]
    fn long_runs_of_equal_items_are_quick() {
        let mut items = vec![7; 100_000];
        items.extend(0..7);
        partial_sort(&mut items, 0..8, Ord::cmp);
        assert_eq!(items[..8], [0, 1, 2, 3, 4, 5, 6, 7]);
    }
}
