//! String values changed under the rules of access: INCR, APPEND and whoever stores a text as it is.
//!
//! Each method here hashes once and searches once. INCR must: it is the third of the three commands that
//! benchmarks measure. The rest goes through one lookup that hands out an [`EditString`], which lets a caller
//! change the string and nothing else of the entry: neither its key nor whether it expires.
//!
//! Encodings follow Redis 7.2.4 (`t_string.c`): a sum is `int` whatever the old value was encoded as; a string
//! changed in place is `raw` from then on; a text stored by [`Keyspace::set_text`] is never turned into a
//! number (INCRBYFLOAT leaves `3` as `embstr`).

use super::{ExpireMode, Found, Keyspace, Look, SetExpire};
use crate::base::clock::Millis;
use crate::base::num::parse_i64;
use crate::keyspace::touched::Class;
use crate::object::{Entry, NewValue, ValueRef};

/// Why a number could not be added to a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotAdded {
    /// The key holds no string.
    WrongType,
    /// The string is no number that Redis would print.
    NotNumber,
    /// The sum leaves the range of `i64`.
    Overflow,
}

/// A living string, to be looked at and changed.
pub struct EditString<'a>(&'a mut Entry);

impl EditString<'_> {
    /// Its length in bytes.
    pub fn strlen(&self) -> usize {
        self.0.strlen().unwrap_or_default()
    }

    /// The value; never [`ValueRef::Obj`].
    pub fn value(&self) -> ValueRef<'_> {
        self.0.value()
    }

    /// Its bytes to be changed; from here on the encoding is `raw`. Grow them through
    /// [`crate::object::entry::room_for`].
    pub fn raw_mut(&mut self) -> Option<&mut Vec<u8>> {
        self.0.raw_mut()
    }

    /// Appends and returns the new length in bytes.
    pub fn append(&mut self, tail: &[u8]) -> usize {
        self.0.append(tail).unwrap_or_default()
    }
}

impl Keyspace {
    /// Adds `delta` to the number under `key` (a missing key counts as 0) and returns the sum. The expiry
    /// stays. The encoding is `int` afterwards.
    ///
    /// # Errors
    /// The value is no number, or the sum has no room; nothing is changed then.
    pub fn add_int(&mut self, db: usize, key: &[u8], delta: i64, now: Millis) -> Result<i64, NotAdded> {
        let hash = self.hash(key);
        let Some(mut slot) = self.dbs[db].table.slot_hashed(hash, key) else {
            self.add_new(hash, db, Entry::new(key, NewValue::Int(delta), None));
            return Ok(delta);
        };
        let expire = slot.expire();
        if self.mode != ExpireMode::Ignore && expire.is_some_and(|when| now > when) {
            let dead = std::mem::replace(&mut *slot, Entry::new(key, NewValue::Int(delta), None));
            slot.set_lru(self.aging.fresh());
            drop(slot);
            self.discard(dead, self.lazy.expire);
            self.overwrote_dead(db, key);
            return Ok(delta);
        }
        if !(self.no_touch | self.freeze_lru) {
            let used = self.aging.used(slot.lru(), &mut self.chance);
            slot.set_lru(used);
        }
        let old = match slot.value() {
            ValueRef::Int(number) => number,
            ValueRef::Str(text) => parse_i64(text).ok_or(NotAdded::NotNumber)?,
            ValueRef::Obj(_) => return Err(NotAdded::WrongType),
        };
        let sum = old.checked_add(delta).ok_or(NotAdded::Overflow)?;
        slot.assign(NewValue::Int(sum), expire);
        Ok(sum)
    }

    /// Stores a text that is never encoded as a number. `true`: a living key was overwritten.
    pub fn set_text(&mut self, db: usize, key: &[u8], text: &[u8], expire: SetExpire, now: Millis) -> bool {
        let assign = |entry: &mut Entry, when| entry.assign(NewValue::Str(text), when);
        let make = |when| Entry::new(key, NewValue::Str(text), when);
        self.store(self.hash(key), (db, key), expire, now, assign, make)
    }

    /// [`Keyspace::write_lookup`] with a known hash.
    #[inline]
    pub fn write_lookup_hashed(&mut self, hash: u64, db: usize, key: &[u8], now: Millis) -> Option<&Entry> {
        self.lookup_hashed(hash, db, key, Look::WRITE, now).map(|entry| &*entry)
    }

    /// Looks a key up to change its string in place; `None`: there is no such key.
    ///
    /// # Errors
    /// [`NotAdded::WrongType`]: the key holds no string.
    pub fn edit_string(
        &mut self,
        db: usize,
        key: &[u8],
        now: Millis,
    ) -> Result<Option<EditString<'_>>, NotAdded> {
        match self.lookup_hashed(self.hash(key), db, key, Look::WRITE, now) {
            None => Ok(None),
            Some(entry) if entry.is_string() => Ok(Some(EditString(entry))),
            Some(_) => Err(NotAdded::WrongType),
        }
    }

    /// Puts an entry in whose key is known to be absent.
    fn add_new(&mut self, hash: u64, db: usize, mut entry: Entry) {
        entry.set_lru(self.aging.fresh());
        self.touched.event(db, entry.key(), Class::NEW, "new");
        self.dbs[db].table.insert_unique(hash, entry);
    }

    /// What follows when a dead key was written over.
    #[cold]
    fn overwrote_dead(&mut self, db: usize, key: &[u8]) {
        if self.removes(Look::WRITE) {
            self.note_expired(db, key.into());
        }
        self.touched.event(db, key, Class::NEW, "new");
    }

    /// Whether a key is there and dead, whatever the present mode does about dead keys.
    pub fn is_expired(&self, db: usize, key: &[u8], now: Millis) -> bool {
        self.get_expire(db, key).is_some_and(|when| now > when)
    }

    /// Whether a key is there and alive for a write, without using it (MSETNX asks about many).
    pub fn lives(&mut self, db: usize, key: &[u8], now: Millis) -> bool {
        let hash = self.hash(key);
        match self.judge(hash, db, key, now) {
            Found::Absent => false,
            Found::Alive => true,
            Found::Dead => {
                self.meet_dead(hash, db, key, Look::WRITE);
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::hash::KeyHash;
    use crate::base::rng::Rng;

    const NOW: Millis = 1_700_000_000_000;

    fn keyspace() -> Keyspace {
        Keyspace::new(1, KeyHash::new([7; 16]), Rng::seeded(1))
    }

    fn encoding(keys: &Keyspace, key: &[u8]) -> &'static str {
        keys.dbs[0].get(key).unwrap().encoding()
    }

    #[test]
    fn sums_are_numbers_and_keep_the_expiry() {
        let mut keys = keyspace();
        assert_eq!(keys.add_int(0, b"n", 5, NOW), Ok(5));
        keys.edit_string(0, b"n", NOW).unwrap().unwrap().append(b"0");
        assert_eq!(encoding(&keys, b"n"), "raw");
        keys.set_expire(0, b"n", Some(NOW + 9));
        assert_eq!(keys.add_int(0, b"n", -1, NOW), Ok(49));
        assert_eq!(encoding(&keys, b"n"), "int");
        assert_eq!(keys.get_expire(0, b"n"), Some(NOW + 9));
        assert_eq!(keys.expires(0), 1);
        assert_eq!(keys.add_int(0, b"n", i64::MAX, NOW), Err(NotAdded::Overflow));
        keys.set_string(0, b"t", b"01", SetExpire::Clear, NOW);
        assert_eq!(keys.add_int(0, b"t", 1, NOW), Err(NotAdded::NotNumber));
    }

    #[test]
    fn a_dead_number_starts_anew_and_expires() {
        let mut keys = keyspace();
        keys.set_int(0, b"n", 41, SetExpire::At(NOW + 1), NOW);
        assert_eq!(keys.add_int(0, b"n", 2, NOW + 2), Ok(2));
        assert_eq!((keys.expired.len(), keys.stats.expired_keys), (1, 1));
        assert_eq!((keys.get_expire(0, b"n"), keys.expires(0)), (None, 0));
        keys.mode = ExpireMode::Ignore;
        keys.set_expire(0, b"n", Some(NOW));
        assert_eq!(keys.add_int(0, b"n", 2, NOW + 2), Ok(4));
    }

    #[test]
    fn texts_stay_texts() {
        let mut keys = keyspace();
        assert!(!keys.set_text(0, b"f", b"3", SetExpire::Keep, NOW));
        assert_eq!(encoding(&keys, b"f"), "embstr");
        assert_eq!(keys.add_int(0, b"f", 1, NOW), Ok(4));
        assert!(keys.lives(0, b"f", NOW));
        keys.set_expire(0, b"f", Some(NOW));
        assert!(keys.is_expired(0, b"f", NOW + 1) && !keys.lives(0, b"f", NOW + 1));
        assert!(keys.edit_string(0, b"f", NOW + 1).unwrap().is_none());
        assert_eq!(keys.expired.len(), 1);
    }
}
