//! The sorted set: members ordered by score, then by their bytes.
//!
//! Small ones are a listpack, member and score in turn, in order; large ones a [`Sorted`], which OBJECT
//! ENCODING calls `skiplist` as Redis does. The change happens when Redis 7.2.4 makes it: a command announces
//! more members than `zset-max-listpack-entries` ([`Zset::expect`]), or a member is added that would be one
//! too many or is longer than `zset-max-listpack-value`. The way back exists where Redis has it, for sets
//! that a command has just built ([`Zset::pack`]).
//!
//! Everything that is a range is a range of ranks (`zset_range.rs`).
//!
//! In a listpack a score is an integer where it is a whole number, else the text that d2string gives; so a
//! score of -0 becomes 0 there, as in Redis. Scores are never NaN: adding checks it, and so does loading.

use std::collections::HashSet;
use std::ops::Range;

use super::Limits;
use super::digest::Sum;
use super::hash::has_twins;
use super::pick::{Picker, is_few};
use super::zset_range::{LexCut, LexRange, ScoreRange, strtod};
use crate::base::num::{IntBuf, push_f64, push_shortest};
use crate::base::rng::Rng;
use crate::ds::listpack::{Entry, Iter as PackIter, Listpack, Pos};
use crate::ds::sorted::{Cut, Members, Sorted};

/// A sorted set in one of its two encodings.
#[derive(Clone)]
pub enum Zset {
    /// `listpack`: member, score, member, score.
    Packed(Listpack),
    /// `skiplist`.
    Sorted(Box<Sorted>),
}

/// The options of ZADD that concern one member.
#[derive(Clone, Copy, Default, Debug)]
pub struct AddFlags {
    /// Only add, never update.
    pub nx: bool,
    /// Only update, never add.
    pub xx: bool,
    /// Update only to a greater score.
    pub gt: bool,
    /// Update only to a smaller score.
    pub lt: bool,
    /// The score is what is to be added to the one there.
    pub incr: bool,
}

/// What adding a member did, with the score the member has now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Added {
    /// It is new.
    New(f64),
    /// It was there, with another score.
    Changed(f64),
    /// It was there, with this score.
    Same(f64),
    /// The flags forbade it.
    Skipped,
}

/// The score, or the sum with the one there, is not a number: "resulting score is not a number (NaN)".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANumber;

impl Zset {
    /// An empty set for about `members` members, the first of `bytes` bytes (0 when unknown).
    pub fn new(members: usize, bytes: usize, limits: &Limits) -> Self {
        if members <= limits.zset_max_listpack_entries && bytes <= limits.zset_max_listpack_value {
            Zset::Packed(Listpack::new())
        } else {
            Zset::Sorted(Box::new(Sorted::new(limits.hash)))
        }
    }

    /// The word that OBJECT ENCODING answers.
    pub fn encoding(&self) -> &'static str {
        match self {
            Zset::Packed(_) => "listpack",
            Zset::Sorted(_) => "skiplist",
        }
    }

    /// Bytes held behind the value, its own struct left out.
    pub fn mem_bytes(&self) -> usize {
        match self {
            Zset::Packed(pack) => pack.mem_bytes(),
            Zset::Sorted(set) => size_of::<Sorted>() + set.mem_bytes(),
        }
    }

    /// Number of members.
    pub fn len(&self) -> usize {
        match self {
            Zset::Packed(pack) => pack.len() / 2,
            Zset::Sorted(set) => set.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        match self {
            Zset::Packed(pack) => pack.is_empty(),
            Zset::Sorted(set) => set.is_empty(),
        }
    }

    /// Changes to the big encoding if a command that names `members` members calls for it.
    pub fn expect(&mut self, members: usize, limits: &Limits) {
        if members > limits.zset_max_listpack_entries {
            self.make_sorted(limits);
        }
    }

    /// Changes to a listpack if everything fits: what Redis does to a set that a command has built whole
    /// (ZUNIONSTORE, GEOSEARCHSTORE) or that was loaded.
    pub fn pack(&mut self, limits: &Limits) {
        let Zset::Sorted(set) = self else { return };
        if set.len() > limits.zset_max_listpack_entries {
            return;
        }
        let lengths = || set.range(0..set.len()).map(|(member, _)| member.len());
        let mut pack = Listpack::new();
        if lengths().any(|len| len > limits.zset_max_listpack_value) || !pack.fits(lengths().sum()) {
            return;
        }
        for (member, score) in set.range(0..set.len()) {
            pack.append(member);
            pack.append(stored(score, &mut Vec::new()));
        }
        *self = Zset::Packed(pack);
    }

    /// The score of a member.
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        match self {
            Zset::Packed(pack) => find(pack, member).map(|found| found.1),
            Zset::Sorted(set) => set.get(member),
        }
    }

    /// Adds a member or changes its score, as ZADD does.
    ///
    /// # Errors
    /// See [`NotANumber`]; the set is unchanged.
    pub fn add(
        &mut self,
        member: &[u8],
        score: f64,
        flags: AddFlags,
        limits: &Limits,
    ) -> Result<Added, NotANumber> {
        if score.is_nan() {
            return Err(NotANumber);
        }
        let found = match self {
            Zset::Packed(pack) => find(pack, member).map(|(at, old)| (Some(at), old)),
            Zset::Sorted(set) => set.get(member).map(|old| (None, old)),
        };
        let Some((at, old)) = found else {
            if flags.xx {
                return Ok(Added::Skipped);
            }
            self.add_new(member, score, limits);
            return Ok(Added::New(score));
        };
        if flags.nx {
            return Ok(Added::Skipped);
        }
        let score = if flags.incr { old + score } else { score };
        if score.is_nan() {
            return Err(NotANumber);
        }
        if (flags.lt && score >= old) || (flags.gt && score <= old) {
            return Ok(Added::Skipped);
        }
        if score == old {
            return Ok(Added::Same(score));
        }
        match (&mut *self, at) {
            (Zset::Packed(pack), Some(at)) => {
                pack.delete_from(at, 2);
                insert(pack, member, score);
            }
            (Zset::Sorted(set), _) => {
                set.insert(member, score);
            }
            (Zset::Packed(_), None) => unreachable!("a listpack tells where it found the member"),
        }
        Ok(Added::Changed(score))
    }

    /// Sets the score of a member, which is not NaN.
    pub fn set(&mut self, member: &[u8], score: f64, limits: &Limits) {
        debug_assert!(!score.is_nan());
        let _ = self.add(member, score, AddFlags::default(), limits);
    }

    /// Adds a member that is not there.
    fn add_new(&mut self, member: &[u8], score: f64, limits: &Limits) {
        if let Zset::Packed(pack) = self
            && pack.len() / 2 < limits.zset_max_listpack_entries
            && member.len() <= limits.zset_max_listpack_value
            && pack.fits(member.len())
        {
            return insert(pack, member, score);
        }
        self.make_sorted(limits).insert(member, score);
    }

    /// Takes a member out and returns its score.
    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        match self {
            Zset::Packed(pack) => {
                let (at, score) = find(pack, member)?;
                pack.delete_from(at, 2);
                Some(score)
            }
            Zset::Sorted(set) => set.remove(member),
        }
    }

    /// The rank of a member (0 is the lowest score, or with `reverse` the highest) and its score.
    pub fn rank(&self, member: &[u8], reverse: bool) -> Option<(usize, f64)> {
        let (rank, score) = match self {
            Zset::Packed(pack) => {
                let mut pairs = Ranked::Packed(pack.iter());
                let rank = pairs.position(|(other, _)| other.is(member))?;
                (rank, find(pack, member)?.1)
            }
            Zset::Sorted(set) => set.rank(member)?,
        };
        Some((if reverse { self.len() - 1 - rank } else { rank }, score))
    }

    /// How many members lie before a cut.
    fn rank_of(&self, cut: Cut<'_>) -> usize {
        match self {
            Zset::Packed(pack) => {
                let mut buf = IntBuf::new();
                Ranked::Packed(pack.iter())
                    .take_while(|(member, score)| cut.is_behind(*score, member.text(&mut buf)))
                    .count()
            }
            Zset::Sorted(set) => set.rank_of(cut),
        }
    }

    /// The ranks of a range of scores.
    pub fn ranks_by_score(&self, range: &ScoreRange) -> Range<usize> {
        if range.is_empty() {
            return 0..0;
        }
        let (min, max) = range.cuts();
        ordered(self.rank_of(min), self.rank_of(max))
    }

    /// The ranks of a range of members. Where scores differ the answer is some range, as in Redis.
    pub fn ranks_by_lex(&self, range: &LexRange<'_>) -> Range<usize> {
        if range.is_empty() {
            return 0..0;
        }
        let rank = |cut| match cut {
            LexCut::Start => 0,
            LexCut::At(cut) => self.rank_of(cut),
            LexCut::End => self.len(),
        };
        let (min, max) = range.cuts();
        ordered(rank(min), rank(max))
    }

    /// The members of these ranks with their scores, from either end.
    pub fn range(&self, ranks: Range<usize>) -> Ranked<'_> {
        match self {
            Zset::Sorted(set) => Ranked::Sorted(set.range(ranks)),
            Zset::Packed(pack) => {
                let len = pack.len() / 2;
                let ranks = ranks.start..ranks.end.min(len);
                if ranks.is_empty() {
                    return Ranked::None;
                }
                let seek = |at: usize| pack.seek(i64::try_from(at).unwrap_or(i64::MAX));
                match (seek(2 * ranks.start), seek(2 * ranks.end - 1)) {
                    (Some(first), Some(last)) => Ranked::Packed(pack.iter_between(first, last)),
                    _ => Ranked::None,
                }
            }
        }
    }

    /// All members with their scores, in order.
    pub fn iter(&self) -> Ranked<'_> {
        self.range(0..usize::MAX)
    }

    /// Takes the members of these ranks out and returns how many these were.
    pub fn remove_ranks(&mut self, ranks: Range<usize>) -> usize {
        match self {
            Zset::Sorted(set) => set.remove_ranks(ranks),
            Zset::Packed(pack) => {
                let ranks = ranks.start..ranks.end.min(pack.len() / 2);
                if !ranks.is_empty() {
                    pack.delete_range(2 * ranks.start as i64, 2 * ranks.len());
                }
                ranks.len()
            }
        }
    }

    /// Visits and takes out up to `count` members with the lowest scores, or with `max` the highest, the most
    /// extreme first.
    pub fn pop(&mut self, count: usize, max: bool, visit: &mut dyn FnMut(Entry<'_>, f64)) {
        let len = self.len();
        let count = count.min(len);
        let ranks = if max { len - count..len } else { 0..count };
        let range = self.range(ranks.clone());
        if max {
            range.rev().for_each(|(member, score)| visit(member, score));
        } else {
            range.for_each(|(member, score)| visit(member, score));
        }
        self.remove_ranks(ranks);
    }

    /// A member with its score, each as likely as any other.
    pub fn random(&self, rng: &mut Rng) -> Option<(Entry<'_>, f64)> {
        let rank = rng.below(self.len() as u64) as usize;
        self.range(rank..rank + 1).next()
    }

    /// Visits `count` random members, the same possibly more than once.
    pub fn random_repeated(&self, count: u64, rng: &mut Rng, visit: &mut dyn FnMut(Entry<'_>, f64)) {
        let packed: Vec<_> = match self {
            Zset::Packed(_) if count > 1 => self.iter().collect(),
            _ => Vec::new(),
        };
        for _ in 0..count {
            let one = match packed.len() {
                0 => self.random(rng),
                len => packed.get(rng.below(len as u64) as usize).copied(),
            };
            let Some((member, score)) = one else { return };
            visit(member, score);
        }
    }

    /// Visits `count` different random members, all if there are no more.
    pub fn random_distinct(&self, count: usize, rng: &mut Rng, visit: &mut dyn FnMut(Entry<'_>, f64)) {
        let len = self.len();
        if let Zset::Sorted(set) = self
            && is_few(len, count)
        {
            let mut seen = HashSet::with_capacity(count);
            while seen.len() < count {
                let rank = rng.below(len as u64) as usize;
                if seen.insert(rank)
                    && let Some((member, score)) = set.range_at(rank)
                {
                    visit(Entry::Str(member), score);
                }
            }
            return;
        }
        let mut picker = Picker::new(len, count);
        for (member, score) in self.iter() {
            if picker.is_done() {
                return;
            }
            if picker.take(rng) {
                visit(member, score);
            }
        }
    }

    /// One step of ZSCAN: visits some members from `cursor` on and returns the next cursor, 0 at the end. A
    /// listpack is visited whole.
    pub fn scan(&self, cursor: u64, visit: &mut dyn FnMut(Entry<'_>, f64)) -> u64 {
        match self {
            Zset::Packed(_) => {
                self.iter().for_each(|(member, score)| visit(member, score));
                0
            }
            Zset::Sorted(set) => set.scan(cursor, &mut |member, score| visit(Entry::Str(member), score)),
        }
    }

    /// Mixes the members into a digest. Scores go in with their shortest digits, as in Redis 7.2 (7.0 took
    /// seventeen).
    pub fn digest(&self, sum: &mut Sum) {
        let mut text = Vec::new();
        for (member, score) in self.iter() {
            let mut one = Sum::default();
            one.mix(member.text(&mut IntBuf::new()));
            text.clear();
            if score.is_finite() && score != 0.0 {
                push_shortest(&mut text, score);
            } else {
                push_f64(&mut text, score);
            }
            one.mix(&text);
            sum.add(&one.0);
        }
    }

    /// The listpack, should the set be one: as it goes into an RDB file.
    pub fn as_listpack(&self) -> Option<&Listpack> {
        match self {
            Zset::Packed(pack) => Some(pack),
            Zset::Sorted(_) => None,
        }
    }

    /// A set from a listpack as it came out of an RDB file. `None` when it holds an odd number of elements, a
    /// score that is NaN or no number, or, which is looked for only if `sanitize`, a member twice; one that
    /// came twice unseen counts once from the first change of encoding on. As in Redis, nobody checks the
    /// order.
    pub fn from_listpack(pack: Listpack, sanitize: bool, limits: &Limits) -> Option<Self> {
        let len = pack.len();
        let mut scores = pack.iter().skip(1).step_by(2);
        if !len.is_multiple_of(2)
            || !scores.all(|score| read(score).is_some())
            || (sanitize && has_twins(&pack, 1))
        {
            return None;
        }
        let mut set = Zset::Packed(pack);
        set.expect(len / 2, limits);
        Some(set)
    }

    /// Adds a member with its score while loading, to the big encoding whatever the limits: [`Zset::pack`]
    /// is called at the end. False when the member is there already or the score is NaN.
    pub fn load(&mut self, member: &[u8], score: f64, limits: &Limits) -> bool {
        let set = self.make_sorted(limits);
        !score.is_nan() && set.insert(member, score).is_none()
    }

    /// Numbers about the hash table, for DEBUG HTSTATS-KEY.
    pub fn table_stats(&self) -> Option<crate::ds::table::Stats> {
        match self {
            Zset::Packed(_) => None,
            Zset::Sorted(set) => Some(set.stats()),
        }
    }

    /// Changes to the big encoding, whatever the size: SORT does so to what it sorts.
    pub fn make_sorted(&mut self, limits: &Limits) -> &mut Sorted {
        if let Zset::Packed(pack) = self {
            let mut set = Box::new(Sorted::new(limits.hash));
            let mut buf = IntBuf::new();
            for (member, score) in Ranked::Packed(pack.iter()) {
                let member = member.text(&mut buf);
                if set.get(member).is_none() {
                    set.insert(member, score);
                }
            }
            *self = Zset::Sorted(set);
        }
        match self {
            Zset::Sorted(set) => set,
            Zset::Packed(_) => unreachable!("it was changed above"),
        }
    }
}

impl std::fmt::Debug for Zset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Ranks between two counts, which only a damaged listpack crosses.
fn ordered(from: usize, to: usize) -> Range<usize> {
    if from < to { from..to } else { 0..0 }
}

/// A member of a listpack: where it is, and its score.
fn find(pack: &Listpack, member: &[u8]) -> Option<(Pos, f64)> {
    let at = pack.find(pack.first()?, member, 1)?;
    Some((at, score_of(pack.get(pack.next(at)?))))
}

/// The form in which a listpack holds a score; `buf` is empty.
fn stored(score: f64, buf: &mut Vec<u8>) -> Entry<'_> {
    const SAFE: f64 = (i64::MAX / 2) as f64;
    let whole = score as i64;
    if score.abs() <= SAFE && whole as f64 == score {
        return Entry::Int(whole);
    }
    push_f64(buf, score);
    Entry::Str(buf)
}

/// A score out of a listpack, if it is one.
fn read(stored: Entry<'_>) -> Option<f64> {
    match stored {
        Entry::Int(number) => Some(number as f64),
        Entry::Str(text) => strtod(text),
    }
}

#[inline]
fn score_of(stored: Entry<'_>) -> f64 {
    read(stored).unwrap_or(0.0)
}

/// Puts a member that is not there into a listpack.
fn insert(pack: &mut Listpack, member: &[u8], score: f64) {
    let mut text = Vec::new();
    let stored = stored(score, &mut text);
    let cut = Cut::Element(score, member);
    let mut buf = IntBuf::new();
    let mut next = pack.first();
    while let Some(at) = next
        && let Some(behind) = pack.next(at)
    {
        if !cut.is_behind(score_of(pack.get(behind)), pack.get(at).text(&mut buf)) {
            if let Some(at) = pack.insert_before(at, member) {
                pack.insert_after(at, stored);
            }
            return;
        }
        next = pack.next(behind);
    }
    pack.append(member);
    pack.append(stored);
}

/// Members with their scores; see [`Zset::range`].
pub enum Ranked<'a> {
    /// No member.
    None,
    /// Of a listpack.
    Packed(PackIter<'a>),
    /// Of the big encoding.
    Sorted(Members<'a>),
}

impl<'a> Iterator for Ranked<'a> {
    type Item = (Entry<'a>, f64);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Ranked::None => None,
            Ranked::Packed(pack) => Some((pack.next()?, score_of(pack.next()?))),
            Ranked::Sorted(set) => set.next().map(|(member, score)| (Entry::Str(member), score)),
        }
    }
}

impl DoubleEndedIterator for Ranked<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        match self {
            Ranked::None => None,
            Ranked::Packed(pack) => {
                let score = score_of(pack.next_back()?);
                Some((pack.next_back()?, score))
            }
            Ranked::Sorted(set) => set.next_back().map(|(member, score)| (Entry::Str(member), score)),
        }
    }
}

#[cfg(test)]
mod tests;
