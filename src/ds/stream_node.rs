//! The node of a stream: a listpack with a row of entries in it.
//!
//! ```text
//! master entry | entry | entry | …
//!
//! master entry:  living, deleted, number of names, name …, 0
//! entry:         flags, ms, seq, [number of fields, field, value …  or  value …], elements so far
//! ```
//!
//! The master entry counts the entries and keeps the names of the first one's fields: an entry with the same
//! names in the same order (flag 2) stores its values only. `ms` and `seq` are differences to the id under
//! which the node is filed, wrapping. The last element of an entry says how many elements it has before that
//! one, so a node can be read backwards. A deleted entry stays where it is and gets flag 1: taking it out would
//! move what is behind it. The node goes when nothing in it lives.
//!
//! **Why.** Entries of one stream look alike: ids close together, the same names. So an entry costs its values
//! and some seven bytes, a hundred of them share one allocation, and an RDB file takes the bytes as they are.
//!
//! **Trust.** Foreign bytes come in through [`StreamNode::from_bytes`], which reads every element and every
//! count. Whatever is read here is bounded anyway; a node that is not what it should be yields fewer entries,
//! never a panic. [`inspect`] is the whole of it for a fuzzer: validate, and when that succeeds walk the node
//! in both directions and delete from it.
//!
//! **Growth.** The last node is appended to all the time, so its buffer doubles (Redis takes 4 KiB at once, and
//! a stream of one entry costs that); [`StreamNode::seal`] gives the rest back when the next node begins.
//!
//! Source: Redis 7.2.4 `streamAppendItem`, `streamIteratorGetID`, `streamValidateListpackIntegrity`.
//! Deviations: entries with the deleted flag must be as many as the master entry says, and no count may be
//! negative; Redis does not look.

use super::listpack::{Damaged, Entry, HEADER, Listpack, Pos, SAFE_BYTES};
use super::stream_id::StreamId;

const DELETED: i64 = 1;
const SAME_FIELDS: i64 = 2;
/// Flags and the two halves of the id.
const FIXED: i64 = 3;

/// When a node is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeLimits {
    /// `stream-node-max-bytes`, 0 for as many as are safe.
    pub bytes: usize,
    /// `stream-node-max-entries`, deleted ones included; 0 for any number.
    pub entries: u64,
}

impl Default for NodeLimits {
    fn default() -> Self {
        NodeLimits { bytes: 4096, entries: 100 }
    }
}

/// How many entries a node holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Not deleted.
    pub living: u64,
    /// Marked as deleted.
    pub deleted: u64,
}

/// See the head of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamNode {
    list: Listpack,
}

/// The master entry, read. Offsets are from the start of the listpack.
#[derive(Clone, Copy)]
struct Head {
    counts: Counts,
    names: usize,
    names_at: usize,
    items_at: usize,
}

/// Reads element after element.
#[derive(Clone, Copy)]
struct Reader<'a> {
    list: &'a Listpack,
    at: usize,
}

impl<'a> Reader<'a> {
    #[inline]
    fn element(&mut self) -> Option<Entry<'a>> {
        let (entry, size) = self.list.decode(self.at)?;
        self.at += size;
        Some(entry)
    }

    #[inline]
    fn int(&mut self) -> Option<i64> {
        self.element()?.number()
    }

    /// A number of things, which are no more than the listpack has bytes.
    #[inline]
    fn count(&mut self) -> Option<usize> {
        usize::try_from(self.int()?).ok().filter(|count| *count <= self.list.byte_len())
    }

    #[inline]
    fn skip(&mut self, elements: usize) -> Option<()> {
        for _ in 0..elements {
            self.at += self.list.decode(self.at)?.1;
        }
        Some(())
    }

    /// Reads the entry that begins here, up to its first field or value.
    #[inline]
    fn item(&mut self, head: &Head, master: StreamId) -> Option<Item<'a>> {
        let flags_at = self.at;
        let flags = self.int()?;
        let (ms, seq) = (self.int()?, self.int()?);
        let same = flags & SAME_FIELDS != 0;
        let fields = if same { head.names } else { self.count()? };
        let id = StreamId {
            ms: master.ms.wrapping_add(ms.cast_unsigned()),
            seq: master.seq.wrapping_add(seq.cast_unsigned()),
        };
        let names_at = same.then_some(head.names_at);
        Some(Item { id, list: self.list, flags, flags_at, fields, names_at, at: self.at })
    }
}

impl StreamNode {
    /// A node with one entry, which gives the names and whose id is the node's. `pairs` yields field and value
    /// in turn, `fields` of each.
    pub fn new<'a>(fields: usize, pairs: impl Iterator<Item = &'a [u8]> + Clone) -> Self {
        let mut list = Listpack::new();
        let head = [1, 0, fields as i64].map(Entry::Int);
        let names = pairs.clone().step_by(2).map(Entry::Str);
        list.extend(head.into_iter().chain(names).chain([Entry::Int(0)]));
        let mut node = StreamNode { list };
        node.push(0, 0, fields, pairs, true);
        node
    }

    /// Takes foreign bytes if they are a node in every element.
    ///
    /// # Errors
    /// They are not.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, Damaged> {
        let node = StreamNode { list: Listpack::from_bytes(bytes)? };
        node.check().ok_or(Damaged)?;
        Ok(node)
    }

    /// The bytes, as they go into an RDB file.
    pub fn as_bytes(&self) -> &[u8] {
        self.list.as_bytes()
    }

    /// Bytes held, unused ones included.
    pub fn mem_bytes(&self) -> usize {
        self.list.mem_bytes()
    }

    /// The numbers of entries.
    #[inline]
    pub fn counts(&self) -> Counts {
        let mut from = Reader { list: &self.list, at: HEADER };
        let mut next = || from.int().map_or(0, |count| u64::try_from(count).unwrap_or(0));
        Counts { living: next(), deleted: next() }
    }

    /// Whether an entry with this many bytes of text goes into a node of its own.
    pub fn is_full(&self, more: usize, limits: &NodeLimits) -> bool {
        let most = if limits.bytes == 0 { SAFE_BYTES } else { limits.bytes.min(SAFE_BYTES) };
        if self.list.byte_len().saturating_add(more) >= most {
            return true;
        }
        let Counts { living, deleted } = self.counts();
        limits.entries != 0 && living + deleted >= limits.entries
    }

    /// Puts an entry behind the last; `pairs` as in [`StreamNode::new`].
    pub fn append<'a>(
        &mut self,
        master: StreamId,
        id: StreamId,
        fields: usize,
        pairs: impl Iterator<Item = &'a [u8]> + Clone,
    ) {
        let Some(head) = self.head() else { return };
        let same = fields == head.names && {
            let mut names = Reader { list: &self.list, at: head.names_at };
            pairs.clone().step_by(2).all(|field| names.element().is_some_and(|name| name.is(field)))
        };
        self.list.replace(Pos(HEADER), Entry::Int(head.counts.living as i64 + 1));
        let ms = id.ms.wrapping_sub(master.ms).cast_signed();
        let seq = id.seq.wrapping_sub(master.seq).cast_signed();
        self.push(ms, seq, fields, pairs, same);
    }

    fn push<'a>(
        &mut self,
        ms: i64,
        seq: i64,
        fields: usize,
        pairs: impl Iterator<Item = &'a [u8]> + Clone,
        same: bool,
    ) {
        let flags = if same { SAME_FIELDS } else { 0 };
        let count = fields as i64;
        let head = [flags, ms, seq].into_iter().chain((!same).then_some(count)).map(Entry::Int);
        let step = if same { 2 } else { 1 };
        let texts = pairs.skip(usize::from(same)).step_by(step).map(Entry::Str);
        let elements = if same { count + FIXED } else { 2 * count + FIXED + 1 };
        self.list.extend(head.chain(texts).chain([Entry::Int(elements)]));
    }

    /// Gives unused memory back: nothing is appended any more.
    pub fn seal(&mut self) {
        self.list.shrink_to_fit();
    }

    fn head(&self) -> Option<Head> {
        let mut from = Reader { list: &self.list, at: HEADER };
        let living = u64::try_from(from.int()?).ok()?;
        let deleted = u64::try_from(from.int()?).ok()?;
        let names = from.count()?;
        let names_at = from.at;
        from.skip(names + 1)?;
        Some(Head { counts: Counts { living, deleted }, names, names_at, items_at: from.at })
    }

    /// All entries, deleted ones included, from both ends.
    pub fn items(&self, master: StreamId) -> Items<'_> {
        let end = self.list.byte_len() - 1;
        let nothing = Head { counts: Counts::default(), names: 0, names_at: end, items_at: end };
        let head = self.head().unwrap_or(nothing);
        Items { list: &self.list, master, head, front: head.items_at, back: end }
    }

    /// Marks the entry whose flags lie at [`Item::place`] as deleted. Moves what is behind it.
    pub fn delete(&mut self, place: Pos) {
        self.delete_all(&[place]);
    }

    /// Marks entries as deleted, given in their order, none of them deleted before.
    fn delete_all(&mut self, places: &[Pos]) {
        for place in places.iter().rev() {
            let flags = self.list.get(*place).number().unwrap_or(0);
            self.list.replace(*place, Entry::Int(flags | DELETED));
        }
        let Counts { living, deleted } = self.counts();
        let gone = places.len() as u64;
        self.list.replace(Pos(HEADER), Entry::Int(living.saturating_sub(gone) as i64));
        if let Some(second) = self.list.next(Pos(HEADER)) {
            self.list.replace(second, Entry::Int((deleted + gone) as i64));
        }
    }

    /// Deletes entries from the first on as long as `go_on` says so, which is also asked about those that are
    /// deleted already. Returns how many were not.
    pub fn trim(&mut self, master: StreamId, mut go_on: impl FnMut(StreamId, bool) -> bool) -> u64 {
        let mut places = Vec::new();
        for item in self.items(master) {
            if !go_on(item.id, item.is_deleted()) {
                break;
            }
            if !item.is_deleted() {
                places.push(item.place());
            }
        }
        if !places.is_empty() {
            self.delete_all(&places);
        }
        places.len() as u64
    }

    /// Reads everything and says whether it is as it should be.
    fn check(&self) -> Option<Counts> {
        let head = self.head()?;
        let mut from = Reader { list: &self.list, at: head.names_at };
        from.skip(head.names)?;
        if from.int()? != 0 {
            return None;
        }
        let (all, mut deleted) = (head.counts.living.checked_add(head.counts.deleted)?, 0);
        let end = self.list.byte_len() - 1;
        for _ in 0..all {
            let item = from.item(&head, StreamId::MIN)?;
            let elements = if item.names_at.is_some() { item.fields } else { 2 * item.fields + 1 };
            from.skip(if item.names_at.is_some() { item.fields } else { 2 * item.fields })?;
            if from.int()? != elements as i64 + FIXED {
                return None;
            }
            deleted += u64::from(item.is_deleted());
        }
        (from.at == end && deleted == head.counts.deleted).then_some(head.counts)
    }
}

/// Whether foreign bytes are a node: with `deep` in every element, else in their outer shape alone, as Redis
/// looks when it does not sanitize. [`Counts`] are 0 unless `deep`.
///
/// # Errors
/// They are not.
pub fn validate(bytes: &[u8], deep: bool) -> Result<Counts, Damaged> {
    if !deep {
        Listpack::validate(bytes, false)?;
        return Ok(Counts::default());
    }
    StreamNode::from_bytes(bytes.to_vec())?.check().ok_or(Damaged)
}

/// Does with foreign bytes all that can be done with a node, for fuzzing: validates them and, if they pass,
/// reads every entry forwards and backwards and deletes them one by one. Returns how many entries there were.
///
/// # Panics
/// The two directions disagree, or a count does: a mistake in here, never one of the bytes.
pub fn inspect(bytes: &[u8]) -> usize {
    let master = StreamId::new(1, u64::MAX);
    let shallow = validate(bytes, false);
    let Ok(counts) = validate(bytes, true) else { return 0 };
    assert!(shallow.is_ok(), "deep says yes where shallow says no");
    let Ok(mut node) = StreamNode::from_bytes(bytes.to_vec()) else { return 0 };
    let show = |item: Item<'_>| {
        let pairs: Vec<_> = item.pairs().map(|(field, value)| (field.to_vec(), value.to_vec())).collect();
        assert_eq!(pairs.len(), item.len());
        (item.id, item.is_deleted(), pairs)
    };
    let forward: Vec<_> = node.items(master).map(show).collect();
    let mut backward: Vec<_> = node.items(master).rev().map(show).collect();
    backward.reverse();
    assert_eq!(forward, backward);
    assert_eq!(forward.len() as u64, counts.living + counts.deleted);
    while let Some(place) = node.items(master).find(|item| !item.is_deleted()).map(|item| item.place()) {
        let before = node.counts();
        node.delete(place);
        assert_eq!(node.counts(), Counts { living: before.living - 1, deleted: before.deleted + 1 });
        assert!(validate(node.as_bytes(), true).is_ok());
    }
    forward.len()
}

/// The entries of a node.
#[derive(Clone)]
pub struct Items<'a> {
    list: &'a Listpack,
    master: StreamId,
    head: Head,
    front: usize,
    back: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    #[inline]
    fn next(&mut self) -> Option<Item<'a>> {
        if self.front >= self.back {
            return None;
        }
        let mut from = Reader { list: self.list, at: self.front };
        // What is not whole ends the walk.
        self.front = self.back;
        let item = from.item(&self.head, self.master)?;
        if from.skip(item.elements() + 1).is_some() {
            self.front = from.at;
        }
        Some(item)
    }
}

impl DoubleEndedIterator for Items<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.front >= self.back {
            return None;
        }
        let mut pos = self.list.before(self.back)?;
        let elements = self.list.get(pos).number()?;
        for _ in 0..elements {
            pos = self.list.prev(pos)?;
        }
        self.back = pos.0;
        Reader { list: self.list, at: pos.0 }.item(&self.head, self.master)
    }
}

/// One entry of a stream.
#[derive(Clone, Copy)]
pub struct Item<'a> {
    /// Its id.
    pub id: StreamId,
    list: &'a Listpack,
    flags: i64,
    flags_at: usize,
    fields: usize,
    /// Where its names are, unless they are beside the values.
    names_at: Option<usize>,
    at: usize,
}

impl<'a> Item<'a> {
    /// Whether it is marked as deleted.
    #[inline]
    pub fn is_deleted(&self) -> bool {
        self.flags & DELETED != 0
    }

    /// Number of fields.
    #[inline]
    pub fn len(&self) -> usize {
        self.fields
    }

    /// Whether it has no field.
    pub fn is_empty(&self) -> bool {
        self.fields == 0
    }

    /// Where it is in its node, for [`StreamNode::delete`]; good until the node changes.
    pub fn place(&self) -> Pos {
        Pos(self.flags_at)
    }

    /// Number of texts that it stores itself.
    #[inline]
    fn elements(&self) -> usize {
        if self.names_at.is_some() { self.fields } else { self.fields.saturating_mul(2) }
    }

    /// Fields with their values.
    #[inline]
    pub fn pairs(&self) -> Pairs<'a> {
        let names = self.names_at.map(|at| Reader { list: self.list, at });
        Pairs { names, values: Reader { list: self.list, at: self.at }, left: self.fields }
    }
}

/// The fields of an entry with their values.
pub struct Pairs<'a> {
    names: Option<Reader<'a>>,
    values: Reader<'a>,
    left: usize,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (Entry<'a>, Entry<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let field = match &mut self.names {
            Some(names) => names.element()?,
            None => self.values.element()?,
        };
        Some((field, self.values.element()?))
    }
}

#[cfg(test)]
mod tests;
