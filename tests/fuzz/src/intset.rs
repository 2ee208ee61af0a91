//! An intset from anywhere: refused, or a sorted set of integers.
//!
//! Input: eight bytes of a number, the intset.

use std::collections::BTreeSet;

use replis::ds::intset::Intset;

use super::memory::within;

pub fn check(data: &[u8]) {
    let Some((number, bytes)) = data.split_first_chunk() else { return };
    let number = i64::from_le_bytes(*number);
    let deep = Intset::validate(bytes, true);
    assert!(deep.is_err() || Intset::validate(bytes, false) == deep);
    let made = within(2 * bytes.len() + 64, || Intset::from_bytes(bytes.to_vec()));
    assert_eq!(made.is_ok(), deep.is_ok());
    let Ok(mut set) = made else { return };
    let mut model: BTreeSet<i64> = set.iter().collect();
    same(&set, &model);
    for number in [number, number >> 17, number >> 33, number >> 49] {
        assert_eq!(set.contains(number), model.contains(&number));
        assert_eq!(set.add(number), model.insert(number));
        same(&set, &model);
    }
    let middle = model.iter().nth(model.len() / 2).copied().unwrap_or_default();
    for number in [middle, number] {
        assert_eq!(set.remove(number), model.remove(&number));
        assert!(!set.remove(number));
    }
    set.retain(|own| own & 1 == number & 1);
    model.retain(|own| own & 1 == number & 1);
    if !model.is_empty() {
        same(&set, &model);
    }
    assert_eq!(set.is_empty(), model.is_empty());
}

fn same(set: &Intset, model: &BTreeSet<i64>) {
    assert_eq!(Intset::validate(set.as_bytes(), true), Ok(model.len()));
    assert!(set.iter().eq(model.iter().copied()));
    assert_eq!((set.min(), set.max()), (model.first().copied(), model.last().copied()));
}
