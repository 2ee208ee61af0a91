//! The queue of touched keys and key events: the one place where a change of the keyspace is announced.
//!
//! WATCH, client-side caching and keyspace notifications all want to hear of a key that changed (blocked clients have
//! `awaited.rs`). None of them is known here. A writer (a command, lazy expiry, the active cycle, eviction) pushes
//! what happened; the floor above drains the queue after the command and serves whoever listens. Order is
//! kept: a key that expires while a command looks it up is announced before the command's own event, as Redis
//! does by publishing on the spot.
//!
//! Cost: with nobody listening ([`Touched::interest`] is 0, the normal case of a cache) a push is one load
//! and one branch. Otherwise the key's bytes go to a shared arena and 40 bytes to a list; both keep their
//! storage from one command to the next, so a steady state allocates nothing.
//!
//! The flag letters, their numbers and the way they print are those of `notify-keyspace-events` in Redis
//! 7.2.4, quirks included: `n` is not part of `A`, and is not printed beside it.

use std::ops::{BitAnd, BitOr, BitOrAssign};

/// A set of event classes, one bit a letter of `notify-keyspace-events`; bit values as in Redis 7.2.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Class(u16);

impl Class {
    pub const NONE: Class = Class(0);
    /// `K`: publish on `__keyspace@<db>__:<key>`.
    pub const KEYSPACE: Class = Class(1 << 0);
    /// `E`: publish on `__keyevent@<db>__:<event>`.
    pub const KEYEVENT: Class = Class(1 << 1);
    /// `g`: commands that work on keys of any type.
    pub const GENERIC: Class = Class(1 << 2);
    /// `$`
    pub const STRING: Class = Class(1 << 3);
    /// `l`
    pub const LIST: Class = Class(1 << 4);
    /// `s`
    pub const SET: Class = Class(1 << 5);
    /// `h`
    pub const HASH: Class = Class(1 << 6);
    /// `z`
    pub const ZSET: Class = Class(1 << 7);
    /// `x`: a key expired.
    pub const EXPIRED: Class = Class(1 << 8);
    /// `e`: a key was evicted for memory.
    pub const EVICTED: Class = Class(1 << 9);
    /// `t`
    pub const STREAM: Class = Class(1 << 10);
    /// `m`: a read found no key; not in `A`.
    pub const KEY_MISS: Class = Class(1 << 11);
    /// `d`
    pub const MODULE: Class = Class(1 << 13);
    /// `n`: a key came into being; not in `A`.
    pub const NEW: Class = Class(1 << 14);
    /// `A`
    pub const ALL: Class = Class(0b10_0111_1111_1100);

    /// The letters in the order in which Redis prints them: first those that `A` replaces.
    const LETTERS: [(u8, Class); 14] = [
        (b'g', Class::GENERIC),
        (b'$', Class::STRING),
        (b'l', Class::LIST),
        (b's', Class::SET),
        (b'h', Class::HASH),
        (b'z', Class::ZSET),
        (b'x', Class::EXPIRED),
        (b'e', Class::EVICTED),
        (b't', Class::STREAM),
        (b'd', Class::MODULE),
        (b'n', Class::NEW),
        (b'K', Class::KEYSPACE),
        (b'E', Class::KEYEVENT),
        (b'm', Class::KEY_MISS),
    ];

    /// Reads the value of `notify-keyspace-events`; the empty string is the empty set. `None` for any letter
    /// that is no class.
    pub fn parse(text: &[u8]) -> Option<Class> {
        let mut set = Class::NONE;
        for &c in text {
            set |= match c {
                b'A' => Class::ALL,
                _ => Class::LETTERS.iter().find(|(letter, _)| *letter == c)?.1,
            };
        }
        Some(set)
    }

    /// Prints the set as CONFIG GET shows it.
    pub fn print(self) -> String {
        let all = self.contains(Class::ALL);
        let mut text = String::with_capacity(16);
        if all {
            text.push('A');
        }
        for (letter, class) in Class::LETTERS {
            let covered = all && (Class::ALL | Class::NEW).contains(class);
            if self.contains(class) && !covered {
                text.push(char::from(letter));
            }
        }
        text
    }

    /// The Redis number of the set (`NOTIFY_*`).
    #[inline]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether every class of `other` is in the set.
    #[inline]
    pub const fn contains(self, other: Class) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any class of `other` is in the set.
    #[inline]
    pub const fn intersects(self, other: Class) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Class {
    type Output = Class;
    fn bitor(self, other: Class) -> Class {
        Class(self.0 | other.0)
    }
}

impl BitOrAssign for Class {
    fn bitor_assign(&mut self, other: Class) {
        self.0 |= other.0;
    }
}

impl BitAnd for Class {
    type Output = Class;
    fn bitand(self, other: Class) -> Class {
        Class(self.0 & other.0)
    }
}

/// Bits of [`Touched::interest`]: who wants to hear.
pub mod interest {
    /// `notify-keyspace-events` selects something; kept by [`super::Touched::set_notify`].
    pub const EVENTS: u8 = 1;
    /// A client watches a key.
    pub const WATCH: u8 = 2;
    /// A client tracks keys.
    pub const TRACK: u8 = 4;
    /// Everyone who wants keys rather than events.
    pub const KEYS: u8 = WATCH | TRACK;
}

/// One announcement, borrowed from the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Touch<'a> {
    pub db: usize,
    pub key: &'a [u8],
    /// Class of the event; [`Class::NONE`] when the key changed without an event.
    pub class: Class,
    /// Event name as published; empty without an event.
    pub event: &'static str,
    /// The key's value changed: WATCH and tracking are concerned.
    pub modified: bool,
}

#[derive(Clone, Copy, Debug)]
struct Item {
    at: usize,
    len: u32,
    db: u32,
    event: &'static str,
    class: Class,
    modified: bool,
}

/// Storage for names above this many bytes is not kept when memory is short.
const SHED: usize = 4096;

/// A run of announcements in order, with its own storage.
#[derive(Default, Debug)]
pub struct Batch {
    items: Vec<Item>,
    keys: Vec<u8>,
}

impl Batch {
    /// Storage above this many bytes is given back after use.
    const KEEP: usize = 64 * 1024;

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// The announcements, oldest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Touch<'_>> {
        self.items.iter().map(|item| Touch {
            db: item.db as usize,
            key: &self.keys[item.at..item.at + item.len as usize],
            class: item.class,
            event: item.event,
            modified: item.modified,
        })
    }

    /// Forgets the announcements, keeps modest storage.
    pub fn clear(&mut self) {
        self.items.clear();
        self.keys.clear();
        self.items.shrink_to(Self::KEEP / size_of::<Item>());
        self.keys.shrink_to(Self::KEEP);
    }
}

/// The queue. See the head of the file.
#[derive(Default, Debug)]
pub struct Touched {
    /// Who listens, bits of [`interest`]. 0: every push is a no-op.
    pub interest: u8,
    notify: Class,
    batch: Batch,
}

impl Touched {
    /// Applies `notify-keyspace-events`. Without `K` or `E` nothing would be published, so nothing is queued.
    pub fn set_notify(&mut self, classes: Class) {
        let published = classes.intersects(Class::KEYSPACE | Class::KEYEVENT);
        self.notify = if published { classes } else { Class::NONE };
        self.listen(interest::EVENTS, published);
    }

    /// The classes in force; empty when neither `K` nor `E` was chosen.
    pub fn notify(&self) -> Class {
        self.notify
    }

    /// Sets or clears bits of [`Touched::interest`].
    pub fn listen(&mut self, who: u8, on: bool) {
        if on {
            self.interest |= who;
        } else {
            self.interest &= !who;
        }
    }

    /// A key changed, with its event: the epilogue of a write.
    #[inline]
    pub fn push(&mut self, db: usize, key: &[u8], class: Class, event: &'static str) {
        if self.interest != 0 {
            self.record(db, key, class, event, true);
        }
    }

    /// An event that leaves the value alone ("keymiss", "new").
    #[inline]
    pub fn event(&mut self, db: usize, key: &[u8], class: Class, event: &'static str) {
        if self.interest != 0 {
            self.record(db, key, class, event, false);
        }
    }

    /// A key changed and no event goes with it.
    #[inline]
    pub fn modified(&mut self, db: usize, key: &[u8]) {
        if self.interest != 0 {
            self.record(db, key, Class::NONE, "", true);
        }
    }

    #[cold]
    fn record(&mut self, db: usize, key: &[u8], class: Class, event: &'static str, modified: bool) {
        let for_keys = modified && self.interest & interest::KEYS != 0;
        let for_events = class.intersects(self.notify);
        if !for_keys && !for_events {
            return;
        }
        let at = self.batch.keys.len();
        self.batch.keys.extend_from_slice(key);
        let item = Item { at, len: key.len() as u32, db: db as u32, event, class, modified };
        self.batch.items.push(item);
    }

    pub fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    /// The announcements so far, oldest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Touch<'_>> {
        self.batch.iter()
    }

    /// Forgets the announcements so far.
    pub fn clear(&mut self) {
        self.batch.clear();
    }

    /// Hands out the announcements, so that serving them may touch keys again. Give the storage back with
    /// [`Touched::recycle`].
    pub fn take(&mut self) -> Batch {
        std::mem::take(&mut self.batch)
    }

    /// Gives the storage back, if it is more than small and no announcement waits in it.
    pub fn shed(&mut self) {
        if self.batch.is_empty() && self.batch.keys.capacity() > SHED {
            self.batch = Batch::default();
        }
    }

    /// Takes the storage of a served batch back, unless the queue has filled again meanwhile.
    pub fn recycle(&mut self, mut served: Batch) {
        if self.batch.is_empty() {
            served.clear();
            self.batch = served;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_read_as_redis_reads_them() {
        assert_eq!(Class::parse(b""), Some(Class::NONE));
        assert_eq!(Class::parse(b"KEA").unwrap().bits(), 0b10_0111_1111_1111);
        assert_eq!(Class::parse(b"Elg").unwrap(), Class::KEYEVENT | Class::LIST | Class::GENERIC);
        assert_eq!(Class::parse(b"KK$$").unwrap(), Class::KEYSPACE | Class::STRING);
        assert_eq!(Class::parse(b"K?"), None);
        assert_eq!(Class::parse(b"k"), None);
        assert_eq!(Class::parse(b"K E"), None);
    }

    #[test]
    fn sets_print_as_redis_prints_them() {
        let print = |text: &[u8]| Class::parse(text).unwrap().print();
        assert_eq!(print(b""), "");
        assert_eq!(print(b"KEA"), "AKE");
        assert_eq!(print(b"g$lshzxetdKE"), "AKE");
        assert_eq!(print(b"EKmnx"), "xnKEm");
        assert_eq!(print(b"KEAm"), "AKEm");
        // Redis hides `n` behind `A`.
        assert_eq!(print(b"KAn"), "AK");
        assert_eq!(print(b"$lK"), "$lK");
    }

    #[test]
    fn printing_and_reading_agree() {
        for bits in 0..1u16 << 15 {
            let set = Class(bits & !(1 << 12));
            let again = Class::parse(set.print().as_bytes()).unwrap();
            let hidden = if set.contains(Class::ALL) { Class::NEW } else { Class::NONE };
            assert_eq!(again | (set & hidden), set, "{bits:#b}");
        }
    }

    #[test]
    fn nobody_listening_costs_nothing() {
        let mut queue = Touched::default();
        queue.push(0, b"k", Class::STRING, "set");
        queue.event(0, b"k", Class::KEY_MISS, "keymiss");
        queue.modified(0, b"k");
        assert!(queue.is_empty());
        queue.set_notify(Class::ALL);
        assert_eq!(queue.interest, 0, "no K, no E: nothing would be published");
    }

    #[test]
    fn each_listener_gets_what_it_asked_for_in_order() {
        let mut queue = Touched::default();
        queue.set_notify(Class::parse(b"Kx").unwrap());
        queue.push(0, b"a", Class::EXPIRED, "expired");
        queue.push(0, b"b", Class::STRING, "set");
        queue.modified(0, b"c");
        let seen: Vec<_> = queue.iter().map(|t| (t.key, t.event)).collect();
        assert_eq!(seen, [(&b"a"[..], "expired")]);

        queue.clear();
        queue.listen(interest::WATCH, true);
        queue.push(3, b"a", Class::STRING, "set");
        queue.event(3, b"b", Class::KEY_MISS, "keymiss");
        queue.modified(4, b"c");
        let batch = queue.take();
        let seen: Vec<_> = batch.iter().map(|t| (t.db, t.key, t.event, t.modified)).collect();
        assert_eq!(seen, [(3, &b"a"[..], "set", true), (4, b"c", "", true)]);
        queue.recycle(batch);
        assert!(queue.is_empty());

        queue.listen(interest::WATCH, false);
        queue.set_notify(Class::NONE);
        queue.push(0, b"l", Class::LIST, "lpush");
        assert!(queue.is_empty());
    }
}
