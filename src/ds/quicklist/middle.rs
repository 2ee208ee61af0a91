//! Inserting in the middle of a quicklist, replacing, splitting and merging nodes.
//!
//! An insertion into a full node looks for room at the near end of the neighbour first, if the place is at
//! the node's edge; else it makes a new node there; else it splits the node at the place, and then merges up
//! to four pairs around it that fit together, so that splitting again and again does not leave a row of
//! splinters. The order of all this is that of Redis 7.2.4, which makes the nodes come out the same.

use super::{Data, Node, Quicklist, exceeds};
use crate::ds::listpack::EMPTY_BYTES;

impl Quicklist {
    /// Puts an element before the one at an index, or behind it with `after`. False when there is no such
    /// element.
    pub fn insert(&mut self, index: usize, text: &[u8], after: bool) -> bool {
        let Some((at, offset)) = self.locate(index) else { return false };
        let cut = offset + usize::from(after);
        let at_edge = cut == if after { self.nodes[at].len() } else { 0 };
        let beside = if after { at + 1 } else { at.wrapping_sub(1) };
        if self.is_large(text.len()) {
            self.insert_large(at, cut, at_edge, text);
        } else if self.has_room(at, text.len()) {
            self.insert_in(at, cut, text);
        } else if at_edge && self.has_room(beside, text.len()) {
            let cut = if after { 0 } else { self.nodes[beside].len() };
            self.insert_in(beside, cut, text);
        } else if at_edge {
            self.insert_node(at + usize::from(after), self.node_for(text));
        } else {
            self.split(at, cut);
            let (to, cut) = if after { (at + 1, 0) } else { (at, cut) };
            self.insert_in(to, cut, text);
            self.merge_around(if after { at } else { at + 1 });
        }
        true
    }

    /// Puts an element in place of the one at an index. False when there is no such element.
    pub fn replace(&mut self, index: usize, text: &[u8]) -> bool {
        let Some((at, offset)) = self.locate(index) else { return false };
        let large = self.is_large(text.len());
        match &mut self.nodes[at].data {
            Data::Plain(own) if large => *own = text.to_vec(),
            Data::Packed(_) | Data::Lzf { .. } if !large => {
                self.nodes[at].change(|list| {
                    if let Some(pos) = list.seek(offset as i64) {
                        list.replace(pos, text);
                    }
                });
                self.pack_inner(at);
            }
            _ => {
                self.insert(index, text, true);
                self.delete_range(index, 1);
            }
        }
        true
    }

    /// Puts an element before offset `cut` of a packed node.
    fn insert_in(&mut self, at: usize, cut: usize, text: &[u8]) {
        let node = &mut self.nodes[at];
        let before = node.len();
        node.change(|list| match list.seek(cut as i64) {
            Some(pos) => {
                list.insert_before(pos, text);
            }
            None => {
                list.append(text);
            }
        });
        self.len += node.len() - before;
        self.pack_inner(at);
    }

    /// Puts an element in a node of its own at offset `cut` of a node.
    fn insert_large(&mut self, at: usize, cut: usize, at_edge: bool, text: &[u8]) {
        if !at_edge {
            self.split(at, cut);
        }
        self.insert_node(if cut == 0 { at } else { at + 1 }, Node::plain(text.to_vec()));
        self.settle(at, at + 2);
    }

    /// Cuts a packed node in two before offset `cut`.
    fn split(&mut self, at: usize, cut: usize) {
        let mut tail = None;
        self.nodes[at].change(|list| tail = Some(list.split_off(cut)));
        if let Some(tail) = tail {
            self.nodes.insert(at + 1, Node::packed(tail));
        }
    }

    /// Merges what fits together around a node: its two left neighbours, its two right ones, then itself with
    /// those on each side.
    fn merge_around(&mut self, center: usize) {
        let mut center = center;
        if center >= 2 && self.merge(center - 2) {
            center -= 1;
        }
        self.merge(center + 1);
        if center >= 1 && self.merge(center - 1) {
            center -= 1;
        }
        self.merge(center);
        self.settle(center.saturating_sub(2), center + 2);
    }

    /// Merges a node with the one behind it, if the two fit together.
    fn merge(&mut self, at: usize) -> bool {
        let (Some(left), Some(right)) = (self.nodes.get(at), self.nodes.get(at + 1)) else { return false };
        let bytes = (left.raw_bytes() + right.raw_bytes()).saturating_sub(EMPTY_BYTES);
        let plain = left.is_plain() || right.is_plain();
        if plain || exceeds(self.options.fill, bytes, left.len() + right.len()) {
            return false;
        }
        let Some(right) = self.nodes.remove(at + 1) else { return false };
        let tail = right.list().unwrap_or_default();
        self.nodes[at].change(|list| {
            list.append_all(&tail);
        });
        true
    }
}
