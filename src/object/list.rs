//! The list: a listpack while it is small, a quicklist from then on, and back.
//!
//! **When it changes** (Redis 7.2.4 `listTypeTryConversion`): before elements are added, [`List::grow`] asks
//! whether the listpack with the new bytes and elements would exceed one node of the configured
//! `list-max-listpack-size`; if so, it becomes the first node of a quicklist. After elements went,
//! [`List::shrink`] turns a quicklist whose last node fits *half* of that back into a listpack; half, so that
//! a list whose length swings about the limit does not convert each time. A list just loaded takes the
//! smaller form if it fits the whole limit ([`List::settle`]).
//!
//! The commands call these as Redis does: those that change one thing (`set`, `insert`, `remove`, `trim`) do
//! it inside, given the limits; for pushes and pops of several elements the command calls `grow` before and
//! `shrink` after all of them.
//!
//! Elements are shown to visitors as [`Entry`], borrowed from where they lie.

use std::mem;

use super::Limits;
use super::digest::Sum;
use crate::base::num::IntBuf;
use crate::ds::listpack::Listpack;
use crate::ds::quicklist::{Options, Quicklist, exceeds, node_limit, remove_from};

pub use crate::ds::listpack::Entry;
pub use crate::ds::quicklist::End;

/// The largest compression depth that Redis keeps, and the largest number of elements of a node.
const MAX_DEPTH: u32 = (1 << 16) - 1;
const MAX_FILL: i32 = (1 << 15) - 1;

/// Elements in order; see the head of the file.
#[derive(Clone, Debug)]
pub enum List {
    /// Encoding `listpack`.
    Packed(Listpack),
    /// Encoding `quicklist`.
    Quick(Box<Quicklist>),
}

impl Default for List {
    fn default() -> Self {
        List::new()
    }
}

/// What LPOS asks for.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    /// Matches to pass over.
    pub skip: u64,
    /// Matches to report, 0 for all.
    pub count: u64,
    /// Elements to compare, 0 for all.
    pub compare: u64,
    /// From the tail to the head.
    pub backward: bool,
}

impl Limits {
    /// How quicklists are cut.
    pub fn quicklist(&self) -> Options {
        Options {
            fill: self.list_max_listpack_size.clamp(-5, MAX_FILL),
            depth: self.list_compress_depth.min(MAX_DEPTH),
            large: self.list_packed_threshold,
        }
    }
}

impl List {
    /// A list without elements: a listpack.
    pub fn new() -> Self {
        List::Packed(Listpack::new())
    }

    /// A list without elements in the form a loader fills: a quicklist; call [`List::settle`] at the end.
    pub fn loading(limits: &Limits) -> Quicklist {
        Quicklist::new(limits.quicklist())
    }

    /// The word that OBJECT ENCODING answers.
    pub fn encoding(&self) -> &'static str {
        match self {
            List::Packed(_) => "listpack",
            List::Quick(_) => "quicklist",
        }
    }

    /// Bytes held behind the value, its own struct left out.
    pub fn mem_bytes(&self) -> usize {
        match self {
            List::Packed(list) => list.mem_bytes(),
            List::Quick(list) => size_of::<Quicklist>() + list.mem_bytes(),
        }
    }

    /// Number of elements.
    #[inline]
    pub fn len(&self) -> usize {
        match self {
            List::Packed(list) => list.len(),
            List::Quick(list) => list.len(),
        }
    }

    /// Whether there is none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        match self {
            List::Packed(list) => list.is_empty(),
            List::Quick(list) => list.is_empty(),
        }
    }

    /// Mixes the elements into a digest, in order.
    pub fn digest(&self, sum: &mut Sum) {
        self.walk(0, false, |entry| {
            sum.mix(entry.text(&mut IntBuf::new()));
            true
        });
    }

    /// Before `count` elements of `bytes` in all are added: becomes a quicklist if they do not fit a listpack.
    pub fn grow(&mut self, bytes: usize, count: usize, limits: &Limits) {
        match self {
            List::Quick(list) => list.set_large(limits.list_packed_threshold),
            List::Packed(list) => {
                let bytes = list.byte_len().saturating_add(bytes);
                if exceeds(limits.list_max_listpack_size, bytes, list.len().saturating_add(count)) {
                    let mut quick = Quicklist::new(limits.quicklist());
                    quick.append_listpack(mem::take(list));
                    *self = List::Quick(Box::new(quick));
                }
            }
        }
    }

    /// After elements were taken out or replaced: becomes a listpack again if half the limit would do.
    pub fn shrink(&mut self, limits: &Limits) {
        self.try_pack(limits, 2);
    }

    /// After the list was built: takes the form that its size asks for.
    pub fn settle(&mut self, limits: &Limits) {
        match self {
            List::Packed(_) => self.grow(0, 0, limits),
            List::Quick(_) => self.try_pack(limits, 1),
        }
    }

    fn try_pack(&mut self, limits: &Limits, share: usize) {
        let List::Quick(list) = self else { return };
        let Some((bytes, count)) = list.single() else { return };
        let (most_bytes, most) = node_limit(limits.list_max_listpack_size);
        if bytes <= most_bytes / share
            && count <= most / share
            && let Some(list) = list.take_single()
        {
            *self = List::Packed(list);
        }
    }

    /// Puts an element at an end; [`List::grow`] comes first.
    #[inline]
    pub fn push(&mut self, end: End, text: &[u8]) {
        match self {
            List::Quick(list) => list.push(end, text),
            List::Packed(list) => {
                match end {
                    End::Head => list.prepend(text),
                    End::Tail => list.append(text),
                };
            }
        }
    }

    /// Shows the element at an end, then takes it out; `None` when there is none. [`List::shrink`] is left to
    /// the caller.
    pub fn pop<R>(&mut self, end: End, look: impl FnOnce(Entry<'_>) -> R) -> Option<R> {
        match self {
            List::Quick(list) => {
                let (index, at) = if end == End::Head { (0, 0) } else { (-1, list.len().checked_sub(1)?) };
                let seen = list.with(index, look)?;
                list.delete_range(at, 1);
                Some(seen)
            }
            List::Packed(list) => {
                let pos = if end == End::Head { list.first()? } else { list.last()? };
                let seen = look(list.get(pos));
                list.delete(pos);
                Some(seen)
            }
        }
    }

    /// Shows the element at an index; negative ones count from the end (-1 is the last).
    pub fn with<R>(&self, index: i64, look: impl FnOnce(Entry<'_>) -> R) -> Option<R> {
        match self {
            List::Quick(list) => list.with(index, look),
            List::Packed(list) => list.at(index).map(look),
        }
    }

    /// Shows elements from an index on, to the tail or, `backward`, to the head, until `visit` says false.
    pub fn walk(&self, from: usize, backward: bool, mut visit: impl FnMut(Entry<'_>) -> bool) {
        match self {
            List::Quick(list) => list.walk(from, backward, visit),
            List::Packed(list) => {
                let Some(pos) = i64::try_from(from).ok().and_then(|from| list.seek(from)) else { return };
                match backward {
                    false => list.iter_from(pos).all(&mut visit),
                    true => list.iter_up_to(pos).rev().all(&mut visit),
                };
            }
        }
    }

    /// Shows `count` elements from an index on, forward (LRANGE).
    pub fn range(&self, from: usize, count: usize, mut visit: impl FnMut(Entry<'_>)) {
        let mut left = count;
        if left != 0 {
            self.walk(from, false, |entry| {
                visit(entry);
                left -= 1;
                left != 0
            });
        }
    }

    /// Puts an element in place of the one at an index (LSET); false when there is none.
    pub fn set(&mut self, index: i64, text: &[u8], limits: &Limits) -> bool {
        self.grow(text.len(), 1, limits);
        let Some(at) = self.index(index) else { return false };
        match self {
            List::Quick(list) => {
                list.replace(at, text);
            }
            List::Packed(list) => {
                if let Some(pos) = list.seek(index) {
                    list.replace(pos, text);
                }
            }
        }
        self.shrink(limits);
        true
    }

    /// Puts an element before or behind the first one that is `pivot` (LINSERT); false when there is none. As
    /// in Redis, room is made before the pivot is looked for.
    pub fn insert(&mut self, pivot: &[u8], text: &[u8], after: bool, limits: &Limits) -> bool {
        self.grow(text.len(), 1, limits);
        if let List::Packed(list) = self {
            let Some(pos) = list.find_first(pivot) else { return false };
            match after {
                true => list.insert_after(pos, text),
                false => list.insert_before(pos, text),
            };
            return true;
        }
        let mut found = None;
        let search = Search { skip: 0, count: 1, compare: 0, backward: false };
        self.positions(pivot, search, |at| found = Some(at));
        match (self, found) {
            (List::Quick(list), Some(at)) => list.insert(at as usize, text, after),
            _ => false,
        }
    }

    /// Takes up to `most` elements out that are `text`, from the head or, `backward`, from the tail (LREM).
    /// Returns how many there were.
    pub fn remove(&mut self, text: &[u8], most: usize, backward: bool, limits: &Limits) -> usize {
        let gone = match self {
            List::Quick(list) => list.remove(text, most, backward),
            List::Packed(list) => remove_from(list, text, most, backward),
        };
        if gone != 0 {
            self.shrink(limits);
        }
        gone
    }

    /// Takes up to `count` elements out from an index on. [`List::shrink`] is left to the caller.
    pub fn delete_range(&mut self, from: usize, count: usize) {
        match self {
            List::Quick(list) => list.delete_range(from, count),
            List::Packed(list) => list.delete_range(i64::try_from(from).unwrap_or(i64::MAX), count),
        }
    }

    /// Keeps `count` elements from an index on (LTRIM).
    pub fn trim(&mut self, from: usize, count: usize, limits: &Limits) {
        let keep = from.saturating_add(count);
        self.delete_range(keep, self.len().saturating_sub(keep));
        self.delete_range(0, from);
        self.shrink(limits);
    }

    /// Reports the indices, from the head, of elements that are `text` (LPOS).
    pub fn positions(&self, text: &[u8], search: Search, mut report: impl FnMut(u64)) {
        let len = self.len() as u64;
        let Some(last) = len.checked_sub(1) else { return };
        let number = crate::base::num::parse_i64(text);
        let (mut at, mut skip, mut found) = (0, search.skip, 0);
        self.walk(if search.backward { last as usize } else { 0 }, search.backward, |entry| {
            let hit = match entry {
                Entry::Int(own) => number == Some(own),
                Entry::Str(own) => own == text,
            };
            if hit && skip != 0 {
                skip -= 1;
            } else if hit {
                report(if search.backward { last - at } else { at });
                found += 1;
            }
            at += 1;
            (search.count == 0 || found < search.count) && (search.compare == 0 || at < search.compare)
        });
    }

    /// An index that may count from the end as one from the head, if there is such an element.
    pub fn index(&self, index: i64) -> Option<usize> {
        let len = self.len();
        let index = if index < 0 { index.checked_add_unsigned(len as u64)? } else { index };
        usize::try_from(index).ok().filter(|&index| index < len)
    }
}

#[cfg(test)]
mod tests;
