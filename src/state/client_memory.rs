//! What all clients together hold, and who holds most: the books of `maxmemory-clients`.
//!
//! While there is a limit, each client's memory is noted after its input was run, after its output was written,
//! and by cron. The sum is kept as these notes change; whoever may be evicted lies in one of 19 buckets by the
//! binary logarithm of its memory (from 32 KiB to 8 GiB, as in Redis; what is below or above lies in the outermost), so that one of the largest is
//! found without a search. A client knows its bucket and its place there, so all of it is constant work.
//! Without a limit nothing is noted.
//!
//! Source: Redis 7.2.4 `updateClientMemUsageAndBucket`, CLIENT_MEM_USAGE_BUCKET_MIN_LOG and _MAX_LOG.

use super::client::ClientId;

const MIN_LOG: u32 = 15;
const MAX_LOG: u32 = 33;
const BUCKETS: usize = (MAX_LOG - MIN_LOG + 1) as usize;

/// A bucket and a place in it.
pub type Place = (u8, u32);

/// What the books say of one client; lies in the client.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Note {
    /// Bytes counted in the sum.
    pub bytes: usize,
    /// Bucket and place, for those who may be evicted.
    pub place: Option<Place>,
}

/// See the head of the file.
#[derive(Debug, Default)]
pub struct Books {
    /// There is a limit.
    pub kept: bool,
    /// Bytes of all clients that count.
    pub sum: u64,
    buckets: [Vec<ClientId>; BUCKETS],
}

/// The bucket of so many bytes.
fn bucket_of(bytes: usize) -> usize {
    let log = usize::BITS - bytes.leading_zeros();
    (log.clamp(MIN_LOG, MAX_LOG) - MIN_LOG) as usize
}

impl Books {
    /// Changes what is noted of a client, from `old` to `bytes`. Returns the new note, and the client that took
    /// the place which became free, with its new place.
    pub fn change(
        &mut self,
        me: ClientId,
        old: Note,
        bytes: usize,
        evictable: bool,
    ) -> (Note, Option<(ClientId, Place)>) {
        self.sum = self.sum + bytes as u64 - old.bytes as u64;
        let bucket = evictable.then(|| bucket_of(bytes));
        if old.place.map(|(bucket, _)| usize::from(bucket)) == bucket {
            return (Note { bytes, ..old }, None);
        }
        let mut moved = None;
        if let Some((bucket, at)) = old.place {
            let list = &mut self.buckets[usize::from(bucket)];
            list.swap_remove(at as usize);
            moved = list.get(at as usize).map(|id| (*id, (bucket, at)));
        }
        let place = bucket.map(|bucket| {
            self.buckets[bucket].push(me);
            (bucket as u8, self.buckets[bucket].len() as u32 - 1)
        });
        (Note { bytes, place }, moved)
    }

    /// One of the largest that may be evicted; within a bucket the one that came there first, as a rule.
    pub fn largest(&self) -> Option<ClientId> {
        self.buckets.iter().rev().find_map(|bucket| bucket.first().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    use crate::base::rng::Rng;

    #[test]
    fn buckets_double() {
        assert_eq!((bucket_of(0), bucket_of(32 * 1024 - 1), bucket_of(32 * 1024)), (0, 0, 1));
        assert_eq!((bucket_of(1 << 20), bucket_of((1 << 20) - 1)), (6, 5));
        assert_eq!((bucket_of(1 << 33), bucket_of(usize::MAX)), (18, 18));
    }

    #[test]
    fn the_books_agree_with_a_plain_list() {
        let mut rng = Rng::seeded(5);
        let mut books = Books::default();
        let mut model: HashMap<ClientId, (Note, bool)> = HashMap::new();
        for _ in 0..20_000 {
            let me = ClientId { slot: rng.below(60) as u32, generation: 0 };
            let gone = rng.below(5) == 0;
            let bytes = if gone { 0 } else { 1_usize << rng.below(36) };
            let evictable = !gone && rng.below(4) != 0;
            let old = model.get(&me).map_or(Note::default(), |(note, _)| *note);
            let (note, moved) = books.change(me, old, bytes, evictable);
            if let Some((other, place)) = moved {
                model.get_mut(&other).expect("one of ours").0.place = Some(place);
            }
            if gone {
                model.remove(&me);
            } else {
                model.insert(me, (note, evictable));
            }
            assert_eq!(books.sum, model.values().map(|(note, _)| note.bytes as u64).sum::<u64>());
            for (id, (note, evictable)) in &model {
                assert_eq!(note.place.is_some(), *evictable);
                assert!(note.place.is_none_or(|(b, at)| books.buckets[b as usize][at as usize] == *id));
            }
            let most = model.values().filter(|m| m.1).map(|m| bucket_of(m.0.bytes)).max();
            assert_eq!(books.largest().map(|id| bucket_of(model[&id].0.bytes)), most);
        }
    }
}
