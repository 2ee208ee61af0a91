//! The set: an intset while all members are integers, a listpack while it is small, else a hash table.
//!
//! **When it changes** (Redis 7.2.4 `setTypeAdd`, `setTypeCreate`, `setTypeMaybeConvert`): a new set takes the
//! form that holds its first member and about as many members as the command brings. An intset that gets
//! another kind of member becomes a listpack if all fit there, else a table; one that passes
//! `set-max-intset-entries` becomes a table, never a listpack. A listpack that passes its number of entries or
//! its length of member becomes a table. Nothing goes back but the result of a set operation
//! ([`Set::try_intset`]).
//!
//! Members are shown as [`Entry`], borrowed from where they lie. In a table each is one allocation
//! (`member.rs`) found by one cache line.

use std::collections::HashSet;

use super::Limits;
use super::digest::Sum;
use super::member::Member;
use super::pick::{Picker, is_few};
use crate::base::num::{IntBuf, digits_i64, parse_i64};
use crate::base::rng::Rng;
use crate::ds::intset::Intset;
use crate::ds::listpack::{self, Listpack, SAFE_BYTES, bytes_of_repeated};
use crate::ds::table::{self, Table};

pub use crate::ds::listpack::Entry;

/// More members than this are never kept in an intset.
const MOST_INTS: usize = 1 << 30;
/// Members whose memory is looked at for [`Set::mem_bytes`].
const SAMPLES: usize = 5;

/// Members without order; see the head of the file.
#[derive(Clone, Debug)]
pub enum Set {
    /// Encoding `intset`.
    Ints(Intset),
    /// Encoding `listpack`.
    Packed(Listpack),
    /// Encoding `hashtable`.
    Table(Box<Table<Member>>),
}

impl Default for Set {
    fn default() -> Self {
        Set::Ints(Intset::new())
    }
}

impl Limits {
    fn most_ints(&self) -> usize {
        self.set_max_intset_entries.min(MOST_INTS)
    }
}

impl Set {
    /// A set without members that can hold `first` and is fit for about `count` members.
    pub fn new_for(first: &[u8], count: usize, limits: &Limits) -> Self {
        if count <= limits.set_max_intset_entries && parse_i64(first).is_some() {
            Set::Ints(Intset::new())
        } else if count <= limits.set_max_listpack_entries {
            Set::Packed(Listpack::new())
        } else {
            Set::table(limits)
        }
    }

    /// A set without members as hash table.
    pub fn table(limits: &Limits) -> Self {
        Set::Table(Box::new(Table::new(limits.hash)))
    }

    /// Before about `count` members are added: becomes a table if so many are too many for the encoding.
    pub fn grow(&mut self, count: usize, limits: &Limits) {
        let most = match self {
            Set::Ints(_) => limits.set_max_intset_entries,
            Set::Packed(_) => limits.set_max_listpack_entries,
            Set::Table(_) => return,
        };
        if count > most {
            self.make_table(limits);
        }
    }

    /// The word that OBJECT ENCODING answers.
    pub fn encoding(&self) -> &'static str {
        match self {
            Set::Ints(_) => "intset",
            Set::Packed(_) => "listpack",
            Set::Table(_) => "hashtable",
        }
    }

    /// Bytes held behind the value, its own struct left out; estimated from a few members for a table.
    pub fn mem_bytes(&self) -> usize {
        self.mem_sample(SAMPLES)
    }

    /// [`Set::mem_bytes`], estimated from `samples` members, 0 for all.
    pub fn mem_sample(&self, samples: usize) -> usize {
        match self {
            Set::Ints(set) => set.mem_bytes(),
            Set::Packed(list) => list.mem_bytes(),
            Set::Table(table) => {
                let looked = if samples == 0 { table.len() } else { samples.min(table.len()) };
                let members: usize = table.iter().take(looked).map(Member::mem_bytes).sum();
                let all = members as u128 * table.len() as u128 / looked.max(1) as u128;
                size_of::<Table<Member>>() + table.mem_bytes() + all as usize
            }
        }
    }

    /// Number of members.
    #[inline]
    pub fn len(&self) -> usize {
        match self {
            Set::Ints(set) => set.len(),
            Set::Packed(list) => list.len(),
            Set::Table(table) => table.len(),
        }
    }

    /// Whether there is none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Mixes the members into a digest, without order.
    pub fn digest(&self, sum: &mut Sum) {
        self.iter().for_each(|member| sum.add(member.text(&mut IntBuf::new())));
    }

    /// Whether a text is a member.
    #[inline]
    pub fn contains(&self, text: &[u8]) -> bool {
        match self {
            Set::Ints(set) => parse_i64(text).is_some_and(|number| set.contains(number)),
            Set::Packed(list) => list.find_first(text).is_some(),
            Set::Table(table) => table.get(text).is_some(),
        }
    }

    /// [`Set::contains`] for what another set showed.
    #[inline]
    pub fn contains_entry(&self, entry: Entry<'_>) -> bool {
        match (self, entry) {
            (Set::Ints(set), Entry::Int(number)) => set.contains(number),
            _ => self.contains(entry.text(&mut IntBuf::new())),
        }
    }

    /// Puts a member in; false when it was one.
    pub fn add(&mut self, text: &[u8], limits: &Limits) -> bool {
        match self {
            Set::Table(table) => add_to(table, text),
            Set::Packed(list) => {
                if list.find_first(text).is_some() {
                    return false;
                }
                let fits = list.len() < limits.set_max_listpack_entries
                    && text.len() <= limits.set_max_listpack_value
                    && list.fits(text.len());
                if fits { list.append(text) } else { add_to(self.make_table(limits), text) }
            }
            Set::Ints(set) => match parse_i64(text) {
                Some(number) => {
                    let added = set.add(number);
                    if added && set.len() > limits.most_ints() {
                        self.make_table(limits);
                    }
                    added
                }
                None if fits_packed(set, text.len(), limits) => self.make_packed().append(text),
                None => add_to(self.make_table(limits), text),
            },
        }
    }

    /// [`Set::add`] for what another set showed.
    pub fn add_entry(&mut self, entry: Entry<'_>, limits: &Limits) -> bool {
        self.add(entry.text(&mut IntBuf::new()), limits)
    }

    /// Takes a member out; false when it was none.
    pub fn remove(&mut self, text: &[u8]) -> bool {
        match self {
            Set::Ints(set) => parse_i64(text).is_some_and(|number| set.remove(number)),
            Set::Packed(list) => match list.find_first(text) {
                Some(pos) => {
                    list.delete(pos);
                    true
                }
                None => false,
            },
            Set::Table(table) => table.remove(text).is_some(),
        }
    }

    /// The members, in no order that means anything (ascending in an intset).
    pub fn iter(&self) -> Iter<'_> {
        match self {
            Set::Ints(set) => Iter::Ints(set, 0),
            Set::Packed(list) => Iter::Packed(list.iter()),
            Set::Table(table) => Iter::Table(table.iter()),
        }
    }

    /// Visits members from a cursor (0 to begin) and returns the one to go on with, 0 at the end. Small
    /// encodings are visited whole.
    pub fn scan(&self, cursor: u64, visit: &mut dyn FnMut(Entry<'_>)) -> u64 {
        match self {
            Set::Table(table) => table.scan(cursor, &mut |member| visit(Entry::Str(member.text()))),
            _ => {
                self.iter().for_each(visit);
                0
            }
        }
    }

    /// A member, each as likely as any other.
    pub fn random(&self, rng: &mut Rng) -> Option<Entry<'_>> {
        match self {
            Set::Ints(set) => set.random(rng).map(Entry::Int),
            Set::Packed(list) => list.at(rng.below(list.len() as u64) as i64),
            Set::Table(table) => table.random(rng).map(|member| Entry::Str(member.text())),
        }
    }

    /// Visits `count` random members, the same possibly more than once.
    pub fn random_repeated(&self, count: u64, rng: &mut Rng, visit: &mut dyn FnMut(Entry<'_>)) {
        // A listpack is walked once, not for each draw.
        let packed: Vec<Entry<'_>> = match self {
            Set::Packed(list) if count > 1 => list.iter().collect(),
            _ => Vec::new(),
        };
        for _ in 0..count {
            let one = match packed.len() {
                0 => self.random(rng),
                len => packed.get(rng.below(len as u64) as usize).copied(),
            };
            let Some(member) = one else { return };
            visit(member);
        }
    }

    /// Visits `count` different random members, all if there are no more.
    pub fn random_distinct(&self, count: usize, rng: &mut Rng, visit: &mut dyn FnMut(Entry<'_>)) {
        let len = self.len();
        if let Set::Table(table) = self
            && is_few(len, count)
        {
            // A member is known by where its text lies.
            let mut seen = HashSet::with_capacity(count);
            while seen.len() < count {
                let Some(one) = table.random(rng) else { return };
                if seen.insert(one.text().as_ptr().addr()) {
                    visit(Entry::Str(one.text()));
                }
            }
            return;
        }
        let mut picker = Picker::new(len, count);
        for member in self.iter() {
            if picker.is_done() {
                return;
            }
            if picker.take(rng) {
                visit(member);
            }
        }
    }

    /// Takes `count` random members out and shows them, all if there are no more (SPOP with a count).
    pub fn pop_many(&mut self, count: usize, rng: &mut Rng, visit: &mut dyn FnMut(Entry<'_>)) {
        let mut picker = Picker::new(self.len(), count);
        match self {
            Set::Ints(set) => set.retain(|number| {
                let taken = !picker.is_done() && picker.take(rng);
                if taken {
                    visit(Entry::Int(number));
                }
                !taken
            }),
            Set::Packed(list) => list.retain(|member| {
                let taken = !picker.is_done() && picker.take(rng);
                if taken {
                    visit(member);
                }
                !taken
            }),
            Set::Table(table) => {
                for _ in 0..count {
                    let Some(member) = table.remove_random(rng) else { return };
                    visit(Entry::Str(member.text()));
                }
            }
        }
    }

    /// Takes a random member out and shows it.
    pub fn pop<R>(&mut self, rng: &mut Rng, look: impl FnOnce(Entry<'_>) -> R) -> Option<R> {
        match self {
            Set::Ints(set) => {
                let index = rng.below(set.len() as u64) as usize;
                set.remove_at(index).map(|number| look(Entry::Int(number)))
            }
            Set::Packed(list) => {
                let pos = list.seek(rng.below(list.len() as u64) as i64)?;
                let seen = look(list.get(pos));
                list.delete(pos);
                Some(seen)
            }
            Set::Table(table) => table.remove_random(rng).map(|member| look(Entry::Str(member.text()))),
        }
    }

    /// Becomes an intset, if all members are integers and not too many. For results of set operations.
    pub fn try_intset(&mut self, limits: &Limits) {
        if matches!(self, Set::Ints(_)) || self.len() > limits.most_ints() {
            return;
        }
        let mut set = Intset::new();
        if self.iter().all(|member| member.number().is_some_and(|number| set.add(number))) {
            *self = Set::Ints(set);
        }
    }

    /// Gives memory back that a set built step by step holds unused.
    pub fn shrink_to_fit(&mut self) {
        if let Set::Packed(list) = self {
            list.shrink_to_fit();
        }
    }

    /// Becomes a table, whatever it is.
    pub fn make_table(&mut self, limits: &Limits) -> &mut Table<Member> {
        if !matches!(self, Set::Table(_)) {
            let mut table = Table::new(limits.hash);
            for member in self.iter() {
                add_to(&mut table, member.text(&mut IntBuf::new()));
            }
            *self = Set::Table(Box::new(table));
        }
        match self {
            Set::Table(table) => table,
            _ => unreachable!("made one above"),
        }
    }

    fn make_packed(&mut self) -> &mut Listpack {
        if let Set::Ints(set) = self {
            let mut list = Listpack::with_capacity(ints_packed(set, 1));
            for number in set.iter() {
                list.append(number);
            }
            *self = Set::Packed(list);
        }
        match self {
            Set::Packed(list) => list,
            _ => unreachable!("only an intset becomes a listpack"),
        }
    }
}

/// Puts a text into a table; false when it was there.
fn add_to(table: &mut Table<Member>, text: &[u8]) -> bool {
    let hash = table.hash(text);
    if table.get_hashed(hash, text).is_some() {
        return false;
    }
    table.insert_unique(hash, Member::new(text));
    true
}

/// Bytes of a listpack with as many members as the intset and `more`, all as wide as its widest.
fn ints_packed(set: &Intset, more: usize) -> usize {
    let widest = [set.min(), set.max()].into_iter().flatten();
    widest.map(|number| bytes_of_repeated(number, set.len() + more)).max().unwrap_or(0)
}

/// Whether an intset and a text of `len` bytes may share a listpack.
fn fits_packed(set: &Intset, len: usize, limits: &Limits) -> bool {
    let longest = [set.min(), set.max()].into_iter().flatten().map(digits_i64).max().unwrap_or(0);
    set.len() < limits.set_max_listpack_entries
        && len <= limits.set_max_listpack_value
        && longest <= limits.set_max_listpack_value
        && ints_packed(set, 0).saturating_add(len) <= SAFE_BYTES
}

/// The members of a set.
pub enum Iter<'a> {
    /// Of an intset, from an index on.
    Ints(&'a Intset, usize),
    /// Of a listpack.
    Packed(listpack::Iter<'a>),
    /// Of a table.
    Table(table::Iter<'a, Member>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        match self {
            Iter::Ints(set, at) => {
                let number = set.get(*at)?;
                *at += 1;
                Some(Entry::Int(number))
            }
            Iter::Packed(iter) => iter.next(),
            Iter::Table(iter) => iter.next().map(|member| Entry::Str(member.text())),
        }
    }
}

#[cfg(test)]
mod tests;
