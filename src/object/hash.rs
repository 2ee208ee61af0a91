//! The hash: fields with values.
//!
//! Small ones are a listpack, field and value in turn; large ones a table of `Field`s, one allocation per
//! field with its value. The change to the table happens when Redis 7.2.4 makes it: a command brings more
//! fields than `hash-max-listpack-entries`, or a text longer than `hash-max-listpack-value` ([`Hash::expect`],
//! which commands ask before they set); a field or value that is set is too long, before setting it; there
//! are too many fields after setting one. There is no way back.
//!
//! Cost per field in a table: 13 bytes and the two texts with their lengths, rounded up to the allocator's
//! next size.

use std::collections::HashSet;

use super::Limits;
use super::digest::Sum;
use super::field::Field;
use super::pick::{Picker, is_few};
use crate::base::num::{IntBuf, fmt_i64};
use crate::base::rng::Rng;
use crate::ds::listpack::{Entry, Iter as PackIter, Listpack, Pos, Pos32};
use crate::ds::table::{Iter as TableIter, Table};

/// A hash in one of its two encodings.
#[derive(Clone)]
pub enum Hash {
    /// `listpack`: field, value, field, value.
    Packed(Listpack),
    /// `hashtable`.
    Table(Box<Fields>),
}

/// The fields of a big hash.
#[derive(Clone)]
pub struct Fields {
    table: Table<Field>,
    /// Bytes of all fields.
    bytes: usize,
}

/// Why a field cannot be incremented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncrError {
    /// The value is no integer.
    NotAnInteger,
    /// The sum is none of 64 bits.
    Overflow,
}

impl Default for Hash {
    fn default() -> Self {
        Hash::Packed(Listpack::new())
    }
}

impl Hash {
    /// A hash without fields: a listpack.
    pub fn new() -> Self {
        Hash::default()
    }

    /// The word that OBJECT ENCODING answers.
    pub fn encoding(&self) -> &'static str {
        match self {
            Hash::Packed(_) => "listpack",
            Hash::Table(_) => "hashtable",
        }
    }

    /// Bytes held behind the value, its own struct left out.
    pub fn mem_bytes(&self) -> usize {
        match self {
            Hash::Packed(pack) => pack.mem_bytes(),
            Hash::Table(fields) => size_of::<Fields>() + fields.bytes + fields.table.mem_bytes(),
        }
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        match self {
            Hash::Packed(pack) => pack.len() / 2,
            Hash::Table(fields) => fields.table.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        match self {
            Hash::Packed(pack) => pack.is_empty(),
            Hash::Table(fields) => fields.table.is_empty(),
        }
    }

    /// The value of a field.
    #[inline]
    pub fn get(&self, field: &[u8]) -> Option<Entry<'_>> {
        match self {
            Hash::Packed(pack) => {
                let at = find(pack, field)?;
                Some(pack.get(pack.next(at)?))
            }
            Hash::Table(fields) => Some(Entry::Str(fields.table.get(field)?.value())),
        }
    }

    /// Whether there is such a field.
    pub fn contains(&self, field: &[u8]) -> bool {
        match self {
            Hash::Packed(pack) => find(pack, field).is_some(),
            Hash::Table(fields) => fields.table.get(field).is_some(),
        }
    }

    /// Changes to a table, if a command that will set these texts (fields and values, `pairs` in number)
    /// calls for it: before anything is set, as Redis does.
    pub fn expect<'t>(&mut self, pairs: usize, texts: impl Iterator<Item = &'t [u8]>, limits: &Limits) {
        let Hash::Packed(pack) = self else { return };
        let mut sum = 0usize;
        let mut too_much = pairs > limits.hash_max_listpack_entries;
        for text in texts {
            too_much |= text.len() > limits.hash_max_listpack_value;
            sum = sum.saturating_add(text.len());
        }
        if too_much || !pack.fits(sum) {
            self.make_table(limits);
        }
    }

    /// Sets a field; true when it is new.
    pub fn set(&mut self, field: &[u8], value: &[u8], limits: &Limits) -> bool {
        if let Hash::Packed(pack) = self {
            let long = field.len().max(value.len()) > limits.hash_max_listpack_value;
            if !long && pack.fits(field.len() + value.len()) {
                let is_new = set_packed(pack, field, value);
                if is_new && pack.len() / 2 > limits.hash_max_listpack_entries {
                    self.make_table(limits);
                }
                return is_new;
            }
        }
        self.make_table(limits).set(field, value)
    }

    /// Sets a field unless it is there, which is told by false. For loading: changes to a table at the size
    /// at which a value of this size should be one from the start.
    pub fn set_new(&mut self, field: &[u8], value: &[u8], limits: &Limits) -> bool {
        !self.contains(field) && self.set(field, value, limits)
    }

    /// Takes a field out; whether it was there.
    pub fn remove(&mut self, field: &[u8]) -> bool {
        match self {
            Hash::Packed(pack) => match find(pack, field) {
                Some(at) => {
                    pack.delete_from(at, 2);
                    true
                }
                None => false,
            },
            Hash::Table(fields) => match fields.table.remove(field) {
                Some(gone) => {
                    fields.bytes -= gone.mem_bytes();
                    true
                }
                None => false,
            },
        }
    }

    /// Adds to the integer in a field (0 when there is none) and returns the sum.
    ///
    /// # Errors
    /// See [`IncrError`]; the hash is unchanged.
    pub fn incr(&mut self, field: &[u8], by: i64, limits: &Limits) -> Result<i64, IncrError> {
        let old = match self.get(field) {
            Some(value) => value.number().ok_or(IncrError::NotAnInteger)?,
            None => 0,
        };
        let new = old.checked_add(by).ok_or(IncrError::Overflow)?;
        self.set(field, fmt_i64(new, &mut IntBuf::new()), limits);
        Ok(new)
    }

    /// Fields and values: in the order of setting in a listpack, in none in a table.
    pub fn iter(&self) -> Pairs<'_> {
        match self {
            Hash::Packed(pack) => Pairs::Packed(pack.iter()),
            Hash::Table(fields) => Pairs::Table(fields.table.iter()),
        }
    }

    /// A field and its value, each as likely as any other.
    pub fn random(&self, rng: &mut Rng) -> Option<(Entry<'_>, Entry<'_>)> {
        match self {
            Hash::Packed(_) => self.iter().nth(rng.below(self.len() as u64) as usize),
            Hash::Table(fields) => fields.table.random(rng).map(pair),
        }
    }

    /// Visits `count` random fields, the same possibly more than once.
    pub fn random_repeated(&self, count: u64, rng: &mut Rng, visit: &mut dyn FnMut(Entry<'_>, Entry<'_>)) {
        let packed: Vec<_> = match self {
            Hash::Packed(_) if count > 1 => self.iter().collect(),
            _ => Vec::new(),
        };
        for _ in 0..count {
            let one = match packed.len() {
                0 => self.random(rng),
                len => packed.get(rng.below(len as u64) as usize).copied(),
            };
            let Some((field, value)) = one else { return };
            visit(field, value);
        }
    }

    /// Visits `count` different random fields, all if there are no more.
    pub fn random_distinct(&self, count: usize, rng: &mut Rng, visit: &mut dyn FnMut(Entry<'_>, Entry<'_>)) {
        let len = self.len();
        if let Hash::Table(fields) = self
            && is_few(len, count)
        {
            // An element is known by where its name lies.
            let mut seen = HashSet::with_capacity(count);
            while seen.len() < count {
                let Some(one) = fields.table.random(rng) else { return };
                if seen.insert(one.name().as_ptr().addr()) {
                    visit(Entry::Str(one.name()), Entry::Str(one.value()));
                }
            }
            return;
        }
        let mut picker = Picker::new(len, count);
        for (field, value) in self.iter() {
            if picker.is_done() {
                return;
            }
            if picker.take(rng) {
                visit(field, value);
            }
        }
    }

    /// One step of HSCAN: visits some fields from `cursor` on and returns the next cursor, 0 at the end. A
    /// listpack is visited whole.
    pub fn scan(&self, cursor: u64, visit: &mut dyn FnMut(Entry<'_>, Entry<'_>)) -> u64 {
        match self {
            Hash::Packed(_) => {
                self.iter().for_each(|(field, value)| visit(field, value));
                0
            }
            Hash::Table(fields) => {
                fields.table.scan(cursor, &mut |one| visit(Entry::Str(one.name()), Entry::Str(one.value())))
            }
        }
    }

    /// Mixes the fields into a digest.
    pub fn digest(&self, sum: &mut Sum) {
        for (field, value) in self.iter() {
            let mut one = Sum::default();
            one.mix(field.text(&mut IntBuf::new()));
            one.mix(value.text(&mut IntBuf::new()));
            sum.add(&one.0);
        }
    }

    /// The listpack, should the hash be one: as it goes into an RDB file.
    pub fn as_listpack(&self) -> Option<&Listpack> {
        match self {
            Hash::Packed(pack) => Some(pack),
            Hash::Table(_) => None,
        }
    }

    /// A hash from a listpack as it came out of an RDB file. `None` when it holds an odd number of elements
    /// or, which is looked for only if `sanitize`, a field twice; a field that came twice unseen counts once
    /// from the first change to a table on.
    pub fn from_listpack(pack: Listpack, sanitize: bool, limits: &Limits) -> Option<Self> {
        let len = pack.len();
        if !len.is_multiple_of(2) || (sanitize && has_twins(&pack, 1)) {
            return None;
        }
        let mut hash = Hash::Packed(pack);
        if len / 2 > limits.hash_max_listpack_entries {
            hash.make_table(limits);
        }
        Some(hash)
    }

    /// A table for about `fields` fields if these are too many for a listpack, else a listpack.
    pub fn for_loading(fields: u64, limits: &Limits) -> Self {
        let mut hash = Hash::new();
        if fields > limits.hash_max_listpack_entries as u64 {
            hash.make_table(limits);
        }
        hash
    }

    /// Numbers about the hash table, for DEBUG HTSTATS-KEY.
    pub fn table_stats(&self) -> Option<crate::ds::table::Stats> {
        match self {
            Hash::Packed(_) => None,
            Hash::Table(fields) => Some(fields.table.stats()),
        }
    }

    fn make_table(&mut self, limits: &Limits) -> &mut Fields {
        if let Hash::Packed(pack) = self {
            let mut fields = Box::new(Fields { table: Table::new(limits.hash), bytes: 0 });
            let (mut one, mut other) = (IntBuf::new(), IntBuf::new());
            for (field, value) in Pairs::Packed(pack.iter()) {
                let (field, value) = (field.text(&mut one), value.text(&mut other));
                if fields.table.get(field).is_none() {
                    fields.set(field, value);
                }
            }
            *self = Hash::Table(fields);
        }
        match self {
            Hash::Table(fields) => fields,
            Hash::Packed(_) => unreachable!("it was made a table above"),
        }
    }
}

impl Fields {
    fn set(&mut self, field: &[u8], value: &[u8]) -> bool {
        let hash = self.table.hash(field);
        match self.table.get_mut_hashed(hash, field) {
            Some(old) => {
                self.bytes -= old.mem_bytes();
                old.set_value(value);
                self.bytes += old.mem_bytes();
                false
            }
            None => {
                let new = Field::new(field, value);
                self.bytes += new.mem_bytes();
                self.table.insert_unique(hash, new);
                true
            }
        }
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

fn find(pack: &Listpack, field: &[u8]) -> Option<Pos> {
    pack.find(pack.first()?, field, 1)
}

fn pair(field: &Field) -> (Entry<'_>, Entry<'_>) {
    (Entry::Str(field.name()), Entry::Str(field.value()))
}

/// Sets a field in a listpack; true when it is new.
fn set_packed(pack: &mut Listpack, field: &[u8], value: &[u8]) -> bool {
    match find(pack, field).and_then(|at| pack.next(at)) {
        Some(at) => {
            pack.replace(at, value);
            false
        }
        None => {
            pack.append(field);
            pack.append(value);
            true
        }
    }
}

/// Whether two of the elements that stand `skip` apart, from the first on, are the same text: 1 compares the
/// fields of pairs. Takes four bytes an element.
pub fn has_twins(pack: &Listpack, skip: usize) -> bool {
    let mut texts: Vec<Pos32> = Vec::with_capacity(pack.len() / (skip + 1) + 1);
    let mut next = pack.first();
    while let Some(at) = next {
        // A listpack has 4 GiB at most.
        texts.extend(at.narrow());
        next = (0..=skip).try_fold(at, |at, _| pack.next(at));
    }
    // Any order that puts equal ones side by side; equal texts are stored alike, but for strings that could
    // have been integers, which only a hand-made listpack holds.
    let key = |at: &Pos32| match pack.get((*at).into()) {
        Entry::Int(number) => (Some(number), &b""[..]),
        Entry::Str(text) => match Entry::Str(text).number() {
            Some(number) => (Some(number), &b""[..]),
            None => (None, text),
        },
    };
    texts.sort_unstable_by(|one, other| key(one).cmp(&key(other)));
    texts.windows(2).any(|two| key(&two[0]) == key(&two[1]))
}

/// Fields with their values; see [`Hash::iter`].
pub enum Pairs<'a> {
    /// Of a listpack.
    Packed(PackIter<'a>),
    /// Of a table.
    #[expect(private_interfaces, reason = "how a table keeps its fields is its own matter")]
    Table(TableIter<'a, Field>),
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (Entry<'a>, Entry<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Pairs::Packed(pack) => Some((pack.next()?, pack.next()?)),
            Pairs::Table(table) => table.next().map(pair),
        }
    }
}

#[cfg(test)]
mod tests;
