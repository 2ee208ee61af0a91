//! The quicklist: a long list as a row of listpacks.
//!
//! A listpack is compact but moves its tail on every insertion; a linked list of elements is fast to change
//! but spends two pointers and an allocation on each. The quicklist takes listpacks of bounded size as nodes:
//! both costs become small. Beside these *packed* nodes there are *plain* ones, which hold one element too
//! large to share a listpack, and *compressed* ones: with a compression depth `d` set, all but `d` nodes at
//! each end are kept as LZF, because a queue is worked on at its ends.
//!
//! **The row is a `VecDeque` of nodes,** not a linked list as in Redis. A node's record is 40 bytes and says
//! how many elements it has, so finding an index adds up counts that lie side by side (three nodes in two
//! cache lines) where a linked list takes a miss per node. Pushing and popping nodes at the ends is constant.
//! Inserting a node in the middle moves the records on the nearer side: with nodes of 8 KiB a list of 1 GiB
//! has 131,072 nodes, and at worst 2.6 MB are moved, once per node that is split; doubling the row copies 5 MB
//! then. The price shows only with nodes of one element (`list-max-listpack-size 1`).
//!
//! **Fill.** [`Options::fill`] positive: so many elements a node, and no more than 8 KiB unless it is one
//! element; negative: -1 to -5 stand for 4, 8, 16, 32 and 64 KiB. A node that is full when an element is
//! inserted in its middle is split there, and neighbours that fit together are merged, by the same rules as in
//! Redis, so that the nodes in an RDB file look alike.
//!
//! **Reading does not change anything:** a compressed node is unpacked into scratch memory and handed to the
//! visitor from there (Redis unpacks it in place and packs it again). Changing unpacks in place and packs
//! again afterwards (`settle`).
//!
//! Inserting in the middle, replacing and merging are in `quicklist/middle.rs`. Source: Redis 7.2.4
//! `quicklist.c`. Deviation: bookmarks (for defragmentation) do not exist.

mod middle;

use std::borrow::Cow;
use std::collections::VecDeque;

use super::listpack::{Entry, Listpack};
use crate::base::lzf;

/// Nodes limited by their number of elements are limited to this many bytes, too.
const SAFE_NODE: usize = 8192;
/// Bytes of the size classes -1 to -5.
const CLASSES: [usize; 5] = [4096, 8192, 16_384, 32_768, 65_536];
/// What an element is taken to need beside its bytes.
const OVERHEAD: usize = 8;
/// A smaller node is not compressed.
const MIN_PACK: usize = 48;
/// A node that saves less is not compressed.
const MIN_GAIN: usize = 8;

/// How a quicklist cuts its nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Elements of a node, or a size class (`list-max-listpack-size`).
    pub fill: i32,
    /// Nodes at each end that are not compressed; 0 compresses none (`list-compress-depth`).
    pub depth: u32,
    /// Bytes from which on an element gets a node of its own.
    pub large: u32,
}

impl Default for Options {
    fn default() -> Self {
        Options { fill: -2, depth: 0, large: 1 << 30 }
    }
}

/// Bytes and elements that a node may have; a positive fill leaves the bytes open, a negative one the
/// elements.
pub fn node_limit(fill: i32) -> (usize, usize) {
    match usize::try_from(fill) {
        Ok(count) => (usize::MAX, count.max(1)),
        Err(_) => (CLASSES[(fill.unsigned_abs() as usize - 1).min(CLASSES.len() - 1)], usize::MAX),
    }
}

/// Whether a node of this size would be too large.
pub fn exceeds(fill: i32, bytes: usize, count: usize) -> bool {
    let (most_bytes, most) = node_limit(fill);
    if most_bytes != usize::MAX { bytes > most_bytes } else { bytes > SAFE_NODE || count > most }
}

/// One of the two ends of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The left one, index 0.
    Head,
    /// The right one, index -1.
    Tail,
}

#[derive(Clone, Debug)]
enum Data {
    Packed(Listpack),
    Plain(Vec<u8>),
    Lzf { packed: Box<[u8]>, raw: u32 },
}

#[derive(Clone, Debug)]
struct Node {
    data: Data,
    count: u32,
}

const _: () = assert!(size_of::<Node>() <= 40);

impl Node {
    fn packed(list: Listpack) -> Self {
        let count = list.len() as u32;
        Node { data: Data::Packed(list), count }
    }

    fn plain(text: Vec<u8>) -> Self {
        Node { data: Data::Plain(text), count: 1 }
    }

    fn len(&self) -> usize {
        self.count as usize
    }

    fn is_plain(&self) -> bool {
        matches!(self.data, Data::Plain(_))
    }

    /// Bytes of the node, uncompressed.
    fn raw_bytes(&self) -> usize {
        match &self.data {
            Data::Packed(list) => list.byte_len(),
            Data::Plain(text) => text.len(),
            Data::Lzf { raw, .. } => *raw as usize,
        }
    }

    /// The listpack, unpacked if need be; `None` for a plain node.
    fn list(&self) -> Option<Cow<'_, Listpack>> {
        match &self.data {
            Data::Packed(list) => Some(Cow::Borrowed(list)),
            Data::Plain(_) => None,
            Data::Lzf { packed, raw } => Some(Cow::Owned(unpack(packed, *raw))),
        }
    }

    /// The listpack to change, unpacked for good; `None` for a plain node.
    fn open(&mut self) -> Option<&mut Listpack> {
        if let Data::Lzf { packed, raw } = &self.data {
            self.data = Data::Packed(unpack(packed, *raw));
        }
        match &mut self.data {
            Data::Packed(list) => Some(list),
            _ => None,
        }
    }

    /// Changes the listpack and brings the count up to date; nothing happens to a plain node.
    fn change(&mut self, change: impl FnOnce(&mut Listpack)) {
        if let Some(list) = self.open() {
            change(list);
            let count = list.len() as u32;
            self.count = count;
        }
    }

    /// Compresses, if it is worth it.
    fn pack(&mut self) {
        let Data::Packed(list) = &self.data else { return };
        if list.byte_len() < MIN_PACK {
            return;
        }
        let Ok(raw) = u32::try_from(list.byte_len()) else { return };
        let mut packed = Vec::new();
        if lzf::compress(list.as_bytes(), &mut packed) && packed.len() + MIN_GAIN < list.byte_len() {
            self.data = Data::Lzf { packed: packed.into_boxed_slice(), raw };
        }
    }

    fn mem_bytes(&self) -> usize {
        match &self.data {
            Data::Packed(list) => list.mem_bytes(),
            Data::Plain(text) => text.capacity(),
            Data::Lzf { packed, .. } => packed.len(),
        }
    }
}

/// Undoes [`Node::pack`].
fn unpack(packed: &[u8], raw: u32) -> Listpack {
    let bytes = lzf::decompress(packed, raw as usize);
    debug_assert!(bytes.is_some(), "what was compressed here decompresses");
    bytes.map_or_else(Listpack::new, Listpack::from_own)
}

/// A node as an RDB file stores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored<'a> {
    /// One large element.
    Plain(&'a [u8]),
    /// The bytes of a listpack.
    Packed(&'a [u8]),
    /// The bytes of a listpack as LZF, and their number uncompressed.
    Lzf(&'a [u8], usize),
}

/// A long list; see the head of the file.
#[derive(Clone, Debug)]
pub struct Quicklist {
    nodes: VecDeque<Node>,
    len: usize,
    options: Options,
}

impl Quicklist {
    /// A list without elements.
    pub fn new(options: Options) -> Self {
        Quicklist { nodes: VecDeque::new(), len: 0, options }
    }

    /// How it cuts its nodes.
    pub fn options(&self) -> Options {
        self.options
    }

    /// Changes from which size on elements get their own node; those there stay.
    pub fn set_large(&mut self, bytes: u32) {
        self.options.large = bytes;
    }

    /// Number of elements.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no element.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Number of nodes.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// Bytes held, the struct itself left out. Walks the nodes.
    pub fn mem_bytes(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>() + self.nodes.iter().map(Node::mem_bytes).sum::<usize>()
    }

    /// The nodes as an RDB file stores them, in order.
    pub fn stored(&self) -> impl ExactSizeIterator<Item = Stored<'_>> {
        self.nodes.iter().map(|node| match &node.data {
            Data::Plain(text) => Stored::Plain(text),
            Data::Packed(list) => Stored::Packed(list.as_bytes()),
            Data::Lzf { packed, raw } => Stored::Lzf(packed, *raw as usize),
        })
    }

    /// Size and number of elements of the only node, if there is one only and it is no plain one.
    pub fn single(&self) -> Option<(usize, usize)> {
        match self.nodes.front() {
            Some(node) if self.nodes.len() == 1 && !node.is_plain() => Some((node.raw_bytes(), node.len())),
            _ => None,
        }
    }

    /// Takes the listpack of the only node out; the list is empty then. `None` where [`Quicklist::single`]
    /// is.
    pub fn take_single(&mut self) -> Option<Listpack> {
        self.single()?;
        let list = std::mem::take(self.nodes.pop_front()?.open()?);
        self.len = 0;
        Some(list)
    }

    /// Puts a listpack behind the last node, as a node of its own; one without elements is ignored.
    pub fn append_listpack(&mut self, list: Listpack) {
        if !list.is_empty() {
            self.insert_node(self.nodes.len(), Node::packed(list));
        }
    }

    /// Puts a plain node with one element behind the last node.
    pub fn append_plain(&mut self, text: Vec<u8>) {
        self.insert_node(self.nodes.len(), Node::plain(text));
    }

    /// Puts an element at an end.
    pub fn push(&mut self, end: End, text: &[u8]) {
        let at = match end {
            End::Head => 0,
            End::Tail => self.nodes.len().saturating_sub(1),
        };
        if self.has_room(at, text.len()) {
            let node = &mut self.nodes[at];
            if let Some(list) = node.open() {
                let done = match end {
                    End::Head => list.prepend(text),
                    End::Tail => list.append(text),
                };
                node.count += u32::from(done);
                self.len += usize::from(done);
            }
            return;
        }
        let at = if end == End::Head { 0 } else { self.nodes.len() };
        self.insert_node(at, self.node_for(text));
    }

    /// Moves the last element to the front.
    pub fn rotate(&mut self) {
        if self.len <= 1 {
            return;
        }
        if let Some(node) = self.nodes.back()
            && node.is_plain()
        {
            self.nodes.rotate_right(1);
            self.settle(0, 0);
            return;
        }
        if let Some(text) = self.with(-1, |entry| entry.to_vec()) {
            self.push(End::Head, &text);
            self.delete_range(self.len - 1, 1);
        }
    }

    /// Shows the element at an index (negative ones count from the end: -1 is the last).
    pub fn with<R>(&self, index: i64, look: impl FnOnce(Entry<'_>) -> R) -> Option<R> {
        let (at, offset) = self.locate(self.index(index)?)?;
        let node = &self.nodes[at];
        match &node.data {
            Data::Plain(text) => Some(look(Entry::Str(text))),
            _ => node.list()?.at(offset as i64).map(look),
        }
    }

    /// Shows elements from an index on, to the end of the list or, `backward`, to its beginning, until
    /// `visit` says false.
    pub fn walk(&self, from: usize, backward: bool, mut visit: impl FnMut(Entry<'_>) -> bool) {
        let Some((mut at, offset)) = self.locate(from) else { return };
        let mut offset = Some(offset);
        loop {
            if !self.walk_node(at, offset.take(), backward, &mut visit) {
                return;
            }
            match backward {
                false if at + 1 < self.nodes.len() => at += 1,
                true if at > 0 => at -= 1,
                _ => return,
            }
        }
    }

    /// [`Quicklist::walk`] within a node, from an offset or from its near end; false when the visitor said
    /// so.
    fn walk_node(
        &self,
        at: usize,
        offset: Option<usize>,
        backward: bool,
        visit: &mut impl FnMut(Entry<'_>) -> bool,
    ) -> bool {
        let node = &self.nodes[at];
        let list = match &node.data {
            Data::Plain(text) => return visit(Entry::Str(text)),
            _ => node.list().unwrap_or_default(),
        };
        let start = match offset {
            Some(offset) => list.seek(offset as i64),
            None if backward => list.last(),
            None => list.first(),
        };
        let Some(start) = start else { return true };
        match backward {
            false => list.iter_from(start).all(visit),
            true => list.iter_up_to(start).rev().all(visit),
        }
    }

    /// Takes up to `count` elements out from an index on.
    pub fn delete_range(&mut self, from: usize, count: usize) {
        let mut left = count.min(self.len.saturating_sub(from));
        let Some((mut at, offset)) = self.locate(from) else { return };
        if left == 0 {
            return;
        }
        self.len -= left;
        let first = at;
        if offset != 0 || left < self.nodes[at].len() {
            let gone = left.min(self.nodes[at].len() - offset);
            self.nodes[at].change(|list| list.delete_range(offset as i64, gone));
            left -= gone;
            at += 1;
        }
        let mut end = at;
        while left != 0 && self.nodes.get(end).is_some_and(|node| node.len() <= left) {
            left -= self.nodes[end].len();
            end += 1;
        }
        let whole = self.drop_nodes(at, end);
        if left != 0
            && let Some(node) = self.nodes.get_mut(at)
        {
            node.change(|list| list.delete_range(0, left));
        }
        if whole || self.options.depth != 0 {
            self.settle(first, at);
        }
    }

    /// Drops nodes `from..to`, whose elements are no longer counted; true if there were any.
    fn drop_nodes(&mut self, from: usize, to: usize) -> bool {
        if from == to {
            return false;
        }
        match (from, to) {
            (0, 1) => drop(self.nodes.pop_front()),
            (from, to) => drop(self.nodes.drain(from..to)),
        }
        if self.nodes.capacity() > 64 && self.nodes.len() < self.nodes.capacity() / 4 {
            self.nodes.shrink_to(self.nodes.len() * 2);
        }
        true
    }

    /// Takes the elements out that are `text`, up to `most`, from the front or, `backward`, from behind.
    /// Returns how many there were.
    pub fn remove(&mut self, text: &[u8], most: usize, backward: bool) -> usize {
        let mut left = most;
        let count = self.nodes.len();
        for step in 0..count {
            let at = if backward { count - 1 - step } else { step };
            if left == 0 {
                break;
            }
            left -= self.remove_in(at, text, left, backward);
        }
        if left != most {
            self.len -= most - left;
            self.nodes.retain(|node| node.count != 0);
            self.settle(0, 0);
        }
        most - left
    }

    fn remove_in(&mut self, at: usize, text: &[u8], most: usize, backward: bool) -> usize {
        let node = &mut self.nodes[at];
        if let Data::Plain(own) = &node.data {
            let hit = own == text;
            node.count -= u32::from(hit);
            return usize::from(hit);
        }
        if node.list().is_none_or(|list| list.find_first(text).is_none()) {
            return 0;
        }
        let mut gone = 0;
        node.change(|list| gone = remove_from(list, text, most, backward));
        self.pack_inner(at);
        gone
    }

    /// The index as one from the front, if there is such an element.
    fn index(&self, index: i64) -> Option<usize> {
        let index = if index < 0 { index.checked_add_unsigned(self.len as u64)? } else { index };
        usize::try_from(index).ok().filter(|&index| index < self.len)
    }

    /// The node of an index, and the element's offset in it. Adds up counts from the nearer end.
    fn locate(&self, index: usize) -> Option<(usize, usize)> {
        if index >= self.len {
            return None;
        }
        if index <= self.len / 2 {
            let mut left = index;
            for (at, node) in self.nodes.iter().enumerate() {
                if left < node.len() {
                    return Some((at, left));
                }
                left -= node.len();
            }
        } else {
            let mut left = self.len - 1 - index;
            for (at, node) in self.nodes.iter().enumerate().rev() {
                if left < node.len() {
                    return Some((at, node.len() - 1 - left));
                }
                left -= node.len();
            }
        }
        None
    }

    fn is_large(&self, len: usize) -> bool {
        len >= self.options.large as usize
    }

    /// Whether an element of `len` bytes may be put into a node.
    fn has_room(&self, at: usize, len: usize) -> bool {
        match self.nodes.get(at) {
            Some(node) if !node.is_plain() && !self.is_large(len) => {
                !exceeds(self.options.fill, node.raw_bytes() + len + OVERHEAD, node.len() + 1)
            }
            _ => false,
        }
    }

    /// A node for an element alone.
    fn node_for(&self, text: &[u8]) -> Node {
        if self.is_large(text.len()) {
            return Node::plain(text.to_vec());
        }
        let mut list = Listpack::new();
        if list.append(text) { Node::packed(list) } else { Node::plain(text.to_vec()) }
    }

    /// Puts a node in at a place in the row.
    fn insert_node(&mut self, at: usize, node: Node) {
        self.len += node.len();
        self.nodes.insert(at, node);
        self.settle(at, at);
    }

    /// Compresses a node, if it is an inner one.
    fn pack_inner(&mut self, at: usize) {
        let depth = self.options.depth as usize;
        if depth != 0 && at >= depth && at + depth < self.nodes.len() {
            self.nodes[at].pack();
        }
    }

    /// Brings the compression in order after nodes `from..=to` were touched: the outer nodes are open, the
    /// inner ones of those touched, and the outermost inner ones, are compressed.
    fn settle(&mut self, from: usize, to: usize) {
        let depth = self.options.depth as usize;
        let count = self.nodes.len();
        if depth == 0 || count == 0 {
            return;
        }
        for at in 0..depth.min(count) {
            self.nodes[at].open();
            self.nodes[count - 1 - at].open();
        }
        for at in from.saturating_sub(1)..=(to + 1).min(count - 1) {
            self.pack_inner(at);
        }
        self.pack_inner(depth);
        if count > depth {
            self.pack_inner(count - 1 - depth);
        }
    }
}

/// Takes elements that are `text` out of a listpack, up to `most`, from the front or from behind, and returns
/// how many there were. One pass, two from behind.
pub fn remove_from(list: &mut Listpack, text: &[u8], most: usize, backward: bool) -> usize {
    let number = crate::base::num::parse_i64(text);
    let is = |entry: &Entry<'_>| match *entry {
        Entry::Int(own) => number == Some(own),
        Entry::Str(own) => own == text,
    };
    let mut spare = match backward && most < list.len() {
        true => list.iter().filter(is).count().saturating_sub(most),
        false => 0,
    };
    let mut gone = 0;
    list.retain(|entry| {
        if gone == most || !is(&entry) {
            return true;
        }
        if spare != 0 {
            spare -= 1;
            return true;
        }
        gone += 1;
        false
    });
    gone
}

#[cfg(test)]
mod tests;
