//! The order of a sorted set: a B+tree that counts, over references to elements.
//!
//! A leaf holds up to [`LEAF`] references and beside each the upper half of its score ([`hint`]); an inner
//! node up to [`FAN`] children and of each its size, its first element and that element's hint. The sizes
//! make a rank out of a position and a position out of a rank; the hints decide nearly all comparisons
//! without a look at the element, which lies elsewhere in memory. Only among equal hints elements are
//! compared, by halving.
//!
//! Everything that asks for a place is a [`Cut`]: a point between two neighbours, which splits the elements
//! into those before it and the rest. A range of scores, names or ranks is two cuts, a cut is a rank
//! ([`Tree::rank`]), and walking is by rank ([`Tree::range`]): one descent a leaf, so leaves need no links.
//!
//! **Filling.** Before it descends into a full node, an insertion makes room: elements move to a neighbour
//! that has some, else the node is split, in the middle, or, when the new element comes before or behind all
//! others of its parent, next to it, so that rising and falling scores leave full leaves behind. Random
//! insertions fill leaves to four fifths. A node that is emptied below a third joins a neighbour where both
//! fit with room to spare; where they do not, it stays, for the neighbour makes up for it.
//!
//! Cost per element: 12 bytes in its leaf, a byte in inner nodes, 16 in all at usual fill.

use super::element::{Ref, by_score, hint};
use std::ops::Range;

/// References in a leaf: a node of 768 bytes.
pub(super) const LEAF: usize = 63;
/// Children of an inner node: a node of 1024 bytes.
pub(super) const FAN: usize = 28;

/// A point between two neighbours of the order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cut<'a> {
    /// Before the element with this score and member, or where it would be.
    Element(f64, &'a [u8]),
    /// Before all elements with this score or a larger one.
    BeforeScore(f64),
    /// Behind all elements with this score or a smaller one.
    AfterScore(f64),
    /// Before this member and those behind it. Meaningful where all scores are the same.
    BeforeMember(&'a [u8]),
    /// Behind this member and those before it. Meaningful where all scores are the same.
    AfterMember(&'a [u8]),
}

impl Cut<'_> {
    /// Whether an element with this score and member lies before the cut.
    #[inline]
    pub fn is_behind(&self, score: f64, member: &[u8]) -> bool {
        match *self {
            Cut::Element(at, name) => by_score(score, at).then_with(|| member.cmp(name)).is_lt(),
            Cut::BeforeScore(at) => score < at,
            Cut::AfterScore(at) => score <= at,
            Cut::BeforeMember(name) => member < name,
            Cut::AfterMember(name) => member <= name,
        }
    }

    #[inline]
    fn hint(&self) -> Option<i32> {
        match *self {
            Cut::Element(score, _) | Cut::BeforeScore(score) | Cut::AfterScore(score) => Some(hint(score)),
            Cut::BeforeMember(_) | Cut::AfterMember(_) => None,
        }
    }

    #[inline]
    fn is_behind_ref(&self, element: &Ref) -> bool {
        match *self {
            // Scores alone need no member: one cache line less.
            Cut::BeforeScore(at) => element.score() < at,
            Cut::AfterScore(at) => element.score() <= at,
            Cut::Element(at, name) => element.order(at, name).is_lt(),
            _ => self.is_behind(0.0, element.member()),
        }
    }

    /// How many of these elements lie before the cut.
    #[inline]
    fn count(&self, hints: &[i32], elements: &[Option<Ref>]) -> usize {
        let among = match self.hint() {
            Some(hint) => {
                // Counting needs no branches and is done several at a time.
                let from = hints.iter().map(|&other| i32::from(other < hint)).sum::<i32>() as usize;
                let run = hints.iter().map(|&other| i32::from(other == hint)).sum::<i32>() as usize;
                from..from + run
            }
            None => 0..elements.len(),
        };
        let from = among.start;
        from + elements[among].partition_point(|one| one.as_ref().is_some_and(|one| self.is_behind_ref(one)))
    }
}

/// References in order.
struct Leaf {
    len: usize,
    hints: [i32; LEAF],
    elements: [Option<Ref>; LEAF],
}

/// Children in order.
struct Inner {
    len: usize,
    hints: [i32; FAN],
    /// The first element below each child.
    firsts: [Option<Ref>; FAN],
    /// Elements below each child.
    sizes: [usize; FAN],
    kids: [Option<Node>; FAN],
}

enum Node {
    Leaf(Box<Leaf>),
    Inner(Box<Inner>),
}

/// Where a removal goes.
#[derive(Clone, Copy)]
enum Goal {
    Element(Ref),
    Rank(usize),
}

/// References in order; see the head of the file.
#[derive(Default)]
pub(super) struct Tree {
    root: Option<Node>,
    len: usize,
}

const HELD: &str = "a slot below the length is taken";
const ALIKE: &str = "neighbours are of one kind";

/// Moves `n` slots.
fn pour<T: Default>(from: &mut [T], at: usize, n: usize, to: &mut [T], into: usize) {
    for (to, from) in to[into..into + n].iter_mut().zip(&mut from[at..at + n]) {
        *to = std::mem::take(from);
    }
}

/// What leaves and inner nodes do with their parallel arrays alike.
macro_rules! slots {
    ($node:ty: $($array:ident),+) => {
        impl $node {
            /// Makes a hole at `at`, to be filled at once.
            fn open(&mut self, at: usize) {
                let len = self.len;
                $(self.$array[at..=len].rotate_right(1);)+
                self.len += 1;
            }

            /// Gives the slot `at` up.
            fn close(&mut self, at: usize) {
                let len = self.len;
                $(self.$array[at..len].rotate_left(1);)+
                self.len -= 1;
            }

            /// Moves the first `n` slots to the end of the left neighbour.
            fn pour_left(&mut self, left: &mut Self, n: usize) {
                let len = self.len;
                $(
                    pour(&mut self.$array, 0, n, &mut left.$array, left.len);
                    self.$array[..len].rotate_left(n);
                )+
                self.len -= n;
                left.len += n;
            }

            /// Moves the last `n` slots to the front of the right neighbour.
            fn pour_right(&mut self, right: &mut Self, n: usize) {
                let (len, there) = (self.len, right.len);
                $(
                    right.$array[..there + n].rotate_right(n);
                    pour(&mut self.$array, len - n, n, &mut right.$array, 0);
                )+
                self.len -= n;
                right.len += n;
            }
        }
    };
}

slots!(Leaf: hints, elements);
slots!(Inner: hints, firsts, sizes, kids);

impl Leaf {
    fn new() -> Box<Self> {
        Box::new(Leaf { len: 0, hints: [0; LEAF], elements: [None; LEAF] })
    }

    #[inline]
    fn count(&self, cut: &Cut<'_>) -> usize {
        cut.count(&self.hints[..self.len], &self.elements[..self.len])
    }

    fn insert(&mut self, at: usize, element: Ref) {
        self.open(at);
        (self.hints[at], self.elements[at]) = (element.hint(), Some(element));
    }

    fn remove(&mut self, goal: Goal) -> Option<Ref> {
        let at = match goal {
            Goal::Rank(at) => at,
            Goal::Element(element) => self.count(&Cut::Element(element.score(), element.member())),
        };
        let found = *self.elements[..self.len].get(at)?;
        self.elements[at] = None;
        self.close(at);
        found
    }
}

impl Inner {
    fn new() -> Box<Self> {
        Box::new(Inner {
            len: 0,
            hints: [0; FAN],
            firsts: [None; FAN],
            sizes: [0; FAN],
            kids: [const { None }; FAN],
        })
    }

    fn kid(&self, at: usize) -> &Node {
        self.kids[at].as_ref().expect(HELD)
    }

    fn kid_mut(&mut self, at: usize) -> &mut Node {
        self.kids[at].as_mut().expect(HELD)
    }

    fn size(&self) -> usize {
        self.sizes[..self.len].iter().sum()
    }

    /// Children whose first element lies before the cut.
    #[inline]
    fn count(&self, cut: &Cut<'_>) -> usize {
        cut.count(&self.hints[..self.len], &self.firsts[..self.len])
    }

    /// The child that a rank falls into, and the rank within it.
    fn by_rank(&self, rank: usize) -> (usize, usize) {
        let (mut at, mut left) = (0, rank);
        while at + 1 < self.len && left >= self.sizes[at] {
            left -= self.sizes[at];
            at += 1;
        }
        (at, left)
    }

    /// Reads size and first element of a child anew.
    fn refresh(&mut self, at: usize) {
        let (size, first) = (self.kid(at).size(), self.kid(at).first());
        (self.sizes[at], self.firsts[at], self.hints[at]) = (size, Some(first), first.hint());
    }

    fn put(&mut self, at: usize, kid: Node) {
        self.open(at);
        self.kids[at] = Some(kid);
        self.refresh(at);
    }

    fn insert(&mut self, cut: &Cut<'_>, element: Ref) {
        let mut at = self.count(cut).saturating_sub(1);
        if self.kid(at).is_full() {
            self.make_room(at, cut);
            at = self.count(cut).saturating_sub(1);
        }
        let kid = self.kid_mut(at);
        kid.insert(cut, element);
        let first = kid.first();
        (self.firsts[at], self.hints[at]) = (Some(first), first.hint());
        self.sizes[at] += 1;
    }

    /// Gives the full child `at` some room; this node itself is not full.
    fn make_room(&mut self, at: usize, cut: &Cut<'_>) {
        let kid = self.kid(at);
        let (len, capacity) = (kid.len(), kid.capacity());
        if at + 1 == self.len && cut.is_behind_ref(&kid.last()) {
            return self.split(at, len - 1);
        }
        if at == 0 && !cut.is_behind_ref(&kid.first()) {
            return self.split(at, 1);
        }
        // A neighbour with next to no room would be asked again at once.
        let room = |other: usize| capacity - self.kid(other).len();
        let enough = capacity / 8;
        if at > 0 && room(at - 1) >= enough {
            let n = room(at - 1).div_ceil(2);
            let (left, right) = self.pair(at - 1);
            right.pour_left(left, n);
            self.refresh(at - 1);
            self.refresh(at);
        } else if at + 1 < self.len && room(at + 1) >= enough {
            let n = room(at + 1).div_ceil(2);
            let (left, right) = self.pair(at);
            left.pour_right(right, n);
            self.refresh(at);
            self.refresh(at + 1);
        } else {
            self.split(at, len / 2);
        }
    }

    /// Leaves the child `at` its first `keep` slots; the rest becomes a new child behind it.
    fn split(&mut self, at: usize, keep: usize) {
        let kid = self.kid_mut(at);
        let mut new = kid.new_alike();
        kid.pour_right(&mut new, kid.len() - keep);
        self.refresh(at);
        self.put(at + 1, new);
    }

    /// The children `left` and `left + 1`.
    fn pair(&mut self, left: usize) -> (&mut Node, &mut Node) {
        let (one, other) = self.kids.split_at_mut(left + 1);
        (one[left].as_mut().expect(HELD), other[0].as_mut().expect(HELD))
    }

    fn remove(&mut self, goal: Goal) -> Option<Ref> {
        let (at, below) = match goal {
            Goal::Rank(rank) => {
                let (at, rank) = self.by_rank(rank);
                (at, Goal::Rank(rank))
            }
            Goal::Element(element) => {
                let next = self.count(&Cut::Element(element.score(), element.member()));
                let is_first = next < self.len && self.firsts[next] == Some(element);
                (if is_first { next } else { next.saturating_sub(1) }, goal)
            }
        };
        let kid = self.kid_mut(at);
        let found = kid.remove(below)?;
        if kid.len() == 0 {
            self.kids[at] = None;
            self.close(at);
            return Some(found);
        }
        let (first, thin) = (kid.first(), kid.len() < kid.capacity() / 3);
        (self.firsts[at], self.hints[at]) = (Some(first), first.hint());
        self.sizes[at] -= 1;
        if thin {
            self.join(at);
        }
        Some(found)
    }

    /// Joins the child `at` with a neighbour, if both fit with room to spare.
    fn join(&mut self, at: usize) {
        let most = self.kid(at).capacity() * 7 / 8;
        let fits =
            |left: usize| left + 1 < self.len && self.kid(left).len() + self.kid(left + 1).len() <= most;
        let Some(left) = [at.wrapping_sub(1), at].into_iter().find(|&left| left < at + 1 && fits(left))
        else {
            return;
        };
        let (into, gone) = self.pair(left);
        gone.pour_left(into, gone.len());
        self.kids[left + 1] = None;
        self.close(left + 1);
        self.refresh(left);
    }
}

impl Node {
    fn len(&self) -> usize {
        match self {
            Node::Leaf(leaf) => leaf.len,
            Node::Inner(inner) => inner.len,
        }
    }

    fn capacity(&self) -> usize {
        match self {
            Node::Leaf(_) => LEAF,
            Node::Inner(_) => FAN,
        }
    }

    fn is_full(&self) -> bool {
        self.len() == self.capacity()
    }

    /// Elements below.
    fn size(&self) -> usize {
        match self {
            Node::Leaf(leaf) => leaf.len,
            Node::Inner(inner) => inner.size(),
        }
    }

    /// The first element below; no node is without.
    fn first(&self) -> Ref {
        match self {
            Node::Leaf(leaf) => leaf.elements[0],
            Node::Inner(inner) => inner.firsts[0],
        }
        .expect(HELD)
    }

    fn last(&self) -> Ref {
        let mut node = self;
        loop {
            match node {
                Node::Leaf(leaf) => return leaf.elements[leaf.len - 1].expect(HELD),
                Node::Inner(inner) => node = inner.kid(inner.len - 1),
            }
        }
    }

    fn new_alike(&self) -> Node {
        match self {
            Node::Leaf(_) => Node::Leaf(Leaf::new()),
            Node::Inner(_) => Node::Inner(Inner::new()),
        }
    }

    fn pour_left(&mut self, left: &mut Node, n: usize) {
        match (left, self) {
            (Node::Leaf(left), Node::Leaf(right)) => right.pour_left(left, n),
            (Node::Inner(left), Node::Inner(right)) => right.pour_left(left, n),
            _ => unreachable!("{ALIKE}"),
        }
    }

    fn pour_right(&mut self, right: &mut Node, n: usize) {
        match (self, right) {
            (Node::Leaf(left), Node::Leaf(right)) => left.pour_right(right, n),
            (Node::Inner(left), Node::Inner(right)) => left.pour_right(right, n),
            _ => unreachable!("{ALIKE}"),
        }
    }

    /// Puts an element in whose place is the cut. The node has room.
    fn insert(&mut self, cut: &Cut<'_>, element: Ref) {
        match self {
            Node::Leaf(leaf) => leaf.insert(leaf.count(cut), element),
            Node::Inner(inner) => inner.insert(cut, element),
        }
    }

    fn remove(&mut self, goal: Goal) -> Option<Ref> {
        match self {
            Node::Leaf(leaf) => leaf.remove(goal),
            Node::Inner(inner) => inner.remove(goal),
        }
    }

    fn mem_bytes(&self) -> usize {
        match self {
            Node::Leaf(_) => size_of::<Leaf>(),
            Node::Inner(inner) => {
                let kids = match inner.kid(0) {
                    Node::Leaf(leaf) => inner.len * size_of_val(&**leaf),
                    Node::Inner(_) => (0..inner.len).map(|at| inner.kid(at).mem_bytes()).sum(),
                };
                size_of::<Inner>() + kids
            }
        }
    }
}

impl Tree {
    pub fn len(&self) -> usize {
        self.len
    }

    /// Puts a reference in. Its element is alive, and until it is removed lives on with the same score; no
    /// other element in the tree has its member.
    pub fn insert(&mut self, element: Ref) {
        let cut = Cut::Element(element.score(), element.member());
        let root = self.root.get_or_insert_with(|| Node::Leaf(Leaf::new()));
        if root.is_full() {
            let mut inner = Inner::new();
            let old = std::mem::replace(root, Node::Leaf(Leaf::new()));
            inner.put(0, old);
            *root = Node::Inner(inner);
        }
        root.insert(&cut, element);
        self.len += 1;
    }

    /// Takes a reference out; whether it was there.
    pub fn remove(&mut self, element: Ref) -> bool {
        self.take(Goal::Element(element)).is_some()
    }

    /// Takes the reference of this rank out.
    pub fn remove_at(&mut self, rank: usize) -> Option<Ref> {
        if rank < self.len { self.take(Goal::Rank(rank)) } else { None }
    }

    fn take(&mut self, goal: Goal) -> Option<Ref> {
        let root = self.root.as_mut()?;
        let found = root.remove(goal)?;
        self.len -= 1;
        while let Node::Inner(inner) = root
            && inner.len == 1
            && let Some(only) = inner.kids[0].take()
        {
            *root = only;
        }
        if self.len == 0 {
            self.root = None;
        }
        Some(found)
    }

    /// Elements before the cut.
    pub fn rank(&self, cut: &Cut<'_>) -> usize {
        let Some(mut node) = self.root.as_ref() else { return 0 };
        let mut before = 0;
        loop {
            match node {
                Node::Leaf(leaf) => return before + leaf.count(cut),
                Node::Inner(inner) => {
                    let at = inner.count(cut).saturating_sub(1);
                    before += inner.sizes[..at].iter().sum::<usize>();
                    node = inner.kid(at);
                }
            }
        }
    }

    /// The leaf that holds the element of this rank, and its place there.
    fn leaf(&self, rank: usize) -> Option<(&Leaf, usize)> {
        if rank >= self.len {
            return None;
        }
        let (mut node, mut rank) = (self.root.as_ref()?, rank);
        loop {
            match node {
                Node::Leaf(leaf) => return Some((leaf, rank)),
                Node::Inner(inner) => {
                    let (at, below) = inner.by_rank(rank);
                    (node, rank) = (inner.kid(at), below);
                }
            }
        }
    }

    /// The elements of these ranks; ranks past the end are left out.
    pub fn range(&self, ranks: Range<usize>) -> Walk<'_> {
        Walk { tree: self, from: ranks.start, to: ranks.end.min(self.len), head: None, tail: None }
    }

    /// Bytes of all nodes.
    pub fn mem_bytes(&self) -> usize {
        self.root.as_ref().map_or(0, Node::mem_bytes)
    }
}

/// A walk over ranks, from either end.
pub(super) struct Walk<'a> {
    tree: &'a Tree,
    from: usize,
    to: usize,
    /// The leaf of `from` and its place there.
    head: Option<(&'a Leaf, usize)>,
    /// The leaf of `to - 1` and the place behind that.
    tail: Option<(&'a Leaf, usize)>,
}

impl<'a> Iterator for Walk<'a> {
    type Item = &'a Ref;

    #[inline]
    fn next(&mut self) -> Option<&'a Ref> {
        if self.from >= self.to {
            return None;
        }
        let (leaf, at) = match self.head {
            Some((leaf, at)) if at < leaf.len => (leaf, at),
            _ => self.tree.leaf(self.from)?,
        };
        self.from += 1;
        self.head = Some((leaf, at + 1));
        leaf.elements[at].as_ref()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.to.saturating_sub(self.from);
        (left, Some(left))
    }
}

impl DoubleEndedIterator for Walk<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.from >= self.to {
            return None;
        }
        let (leaf, end) = match self.tail {
            Some((leaf, end)) if end > 0 => (leaf, end),
            _ => {
                let (leaf, at) = self.tree.leaf(self.to - 1)?;
                (leaf, at + 1)
            }
        };
        self.to -= 1;
        self.tail = Some((leaf, end - 1));
        leaf.elements[end - 1].as_ref()
    }
}

impl ExactSizeIterator for Walk<'_> {}

#[cfg(test)]
impl Tree {
    /// Checks the invariants: counts, firsts, hints, order, one depth, no empty node. Returns the fill of the
    /// leaves in percent.
    pub fn check(&self) -> usize {
        fn walk(node: &Node, out: &mut Vec<Ref>, leaves: &mut usize) -> usize {
            assert!(node.len() > 0 && node.len() <= node.capacity());
            match node {
                Node::Leaf(leaf) => {
                    *leaves += 1;
                    let held = leaf.elements[..leaf.len].iter().map(|one| one.expect(HELD));
                    for (one, hint) in held.zip(&leaf.hints) {
                        assert_eq!(one.hint(), *hint);
                        out.push(one);
                    }
                    assert!(leaf.elements[leaf.len..].iter().all(Option::is_none));
                    1
                }
                Node::Inner(inner) => {
                    let depths: Vec<usize> = (0..inner.len)
                        .map(|at| {
                            let before = out.len();
                            let depth = walk(inner.kid(at), out, leaves);
                            assert_eq!(inner.sizes[at], out.len() - before);
                            assert!(inner.firsts[at] == Some(out[before]));
                            assert_eq!(inner.hints[at], out[before].hint());
                            depth
                        })
                        .collect();
                    assert!(depths.iter().all(|depth| *depth == depths[0]));
                    assert!(inner.kids[inner.len..].iter().all(Option::is_none));
                    depths[0] + 1
                }
            }
        }
        let (mut all, mut leaves) = (Vec::new(), 0);
        if let Some(root) = &self.root {
            walk(root, &mut all, &mut leaves);
        }
        assert_eq!(all.len(), self.len);
        assert!(all.is_sorted_by(|one, other| one.order(other.score(), other.member()).is_lt()));
        all.len() * 100 / (leaves * LEAF).max(1)
    }
}
