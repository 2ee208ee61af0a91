//! The nodes of a stream, filed under the id of their first entry.
//!
//! A stream grows at its end and is cut at its front; in between it is searched, and now and then a node of
//! which every entry was deleted goes from its middle. So: an ordered map for all nodes but the last, and the
//! last one outside of it.
//!
//! **Why not a radix tree,** as Redis has: its keys are sixteen bytes that differ in the last few, so each node
//! of a stream costs a leaf, a branch and a run of compressed bytes there, some 150 bytes in three allocations,
//! and a search follows five pointers. A B-tree keeps ids side by side: about 85 bytes for a node of 4 KiB
//! (sequential growth leaves leaves half full), a search of a million nodes touches five or six leaves, and
//! every operation is logarithmic at worst. A sorted row (as the quicklist has) would be smaller still, but a
//! node that goes from the middle of a million would move 20 MB.
//!
//! **Why the last node is apart:** XADD is the hot path and needs nothing else, so it costs no search; and a
//! stream of up to a hundred entries, which is most of them, allocates no map at all.
//!
//! Source of the behaviour: Redis 7.2.4 `t_stream.c`, `rax.c`.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::stream_id::StreamId;
use super::stream_node::StreamNode;

/// Nodes whose size [`StreamLog::mem_bytes`] looks at.
const SAMPLES: usize = 5;
/// What a node costs beside its bytes, on average: its place in a B-tree with half-full leaves.
const PLACE_BYTES: usize = 85;

/// See the head of the file.
#[derive(Clone, Debug, Default)]
pub struct StreamLog {
    /// Empty unless there is a `last`, whose id is larger than all in here.
    rest: BTreeMap<StreamId, StreamNode>,
    last: Option<(StreamId, StreamNode)>,
}

impl StreamLog {
    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.rest.len() + usize::from(self.last.is_some())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.last.is_none()
    }

    /// The first node.
    pub fn first(&self) -> Option<(StreamId, &StreamNode)> {
        let last = self.last.as_ref().map(|(id, node)| (*id, node));
        self.rest.first_key_value().map(|(id, node)| (*id, node)).or(last)
    }

    /// The last node, to be appended to.
    #[inline]
    pub fn last_mut(&mut self) -> Option<(StreamId, &mut StreamNode)> {
        self.last.as_mut().map(|(id, node)| (*id, node))
    }

    /// The node filed under this very id.
    pub fn get_mut(&mut self, id: StreamId) -> Option<&mut StreamNode> {
        match &mut self.last {
            Some((last, node)) if *last == id => Some(node),
            _ => self.rest.get_mut(&id),
        }
    }

    /// Files a node, at the end as a rule. False, and nothing done, when there is one under this id.
    pub fn insert(&mut self, id: StreamId, node: StreamNode) -> bool {
        let Some((last, _)) = self.last else {
            self.last = Some((id, node));
            return true;
        };
        if id < last {
            let free = !self.rest.contains_key(&id);
            if free {
                self.rest.insert(id, node);
            }
            return free;
        }
        if id == last {
            return false;
        }
        if let Some((id, node)) = self.last.replace((id, node)) {
            self.rest.insert(id, node);
        }
        true
    }

    /// Takes a node out.
    pub fn remove(&mut self, id: StreamId) -> Option<StreamNode> {
        if self.last.as_ref().is_some_and(|(last, _)| *last == id) {
            let before = self.rest.pop_last();
            return std::mem::replace(&mut self.last, before).map(|(_, node)| node);
        }
        self.rest.remove(&id)
    }

    /// The nodes in which ids of a range may be, in their order.
    pub fn covering(
        &self,
        ids: RangeInclusive<StreamId>,
    ) -> impl DoubleEndedIterator<Item = (StreamId, &StreamNode)> {
        let (start, end) = ids.into_inner();
        let last = self.last.as_ref().filter(|(id, _)| *id <= end);
        // The node before may reach into the range, unless another one begins right there.
        let from = match last {
            Some((id, _)) if *id <= start => None,
            _ => {
                let before = self.rest.range(..=start).next_back();
                Some(before.map_or(start, |(id, _)| *id))
            }
        };
        let rest = from.filter(|from| *from <= end).map(|from| self.rest.range(from..=end));
        rest.into_iter().flatten().map(|(id, node)| (*id, node)).chain(last.map(|(id, node)| (*id, node)))
    }

    /// All nodes in their order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (StreamId, &StreamNode)> {
        self.covering(StreamId::MIN..=StreamId::MAX)
    }

    /// Bytes held, estimated from the first few nodes and the last one.
    pub fn mem_bytes(&self) -> usize {
        let looked = self.rest.len().min(SAMPLES);
        let some: usize = self.rest.values().take(looked).map(StreamNode::mem_bytes).sum();
        let rest = (some as u128 * self.rest.len() as u128 / looked.max(1) as u128) as usize;
        let last = self.last.as_ref().map_or(0, |(_, node)| node.mem_bytes());
        rest + last + self.rest.len() * PLACE_BYTES
    }

    /// How many nodes Redis' radix tree has for the same ids, which XINFO STREAM tells: the root, a leaf for
    /// each id, one for each branch, and one for each run of bytes without a branch. Walks all nodes.
    pub fn radix_nodes(&self) -> u64 {
        let ids: Vec<[u8; 16]> = self.iter().map(|(id, _)| id.to_bytes()).collect();
        if ids.is_empty() {
            return 1;
        }
        // Neighbours part at these depths; -1 stands for what is above the root.
        let parted = |pair: &[[u8; 16]]| (0..16).take_while(|&i| pair[0][i] == pair[1][i]).count() as isize;
        let depths: Vec<isize> = ids.windows(2).map(parted).chain([-1]).collect();
        let run_and_end = |above: isize, depth: isize| 1 + u64::from(depth > above + 1);
        let (mut nodes, mut path, mut left) = (0, Vec::with_capacity(17), -1);
        for right in depths {
            // The leaf between the two hangs below the deeper one.
            nodes += run_and_end(left.max(right), 16);
            while let Some(branch) = path.pop_if(|branch| *branch > right) {
                nodes += run_and_end(path.last().copied().unwrap_or(-1).max(right), branch);
            }
            if right >= 0 && path.last() != Some(&right) {
                path.push(right);
            }
            left = right;
        }
        nodes
    }
}

#[cfg(test)]
mod tests;
