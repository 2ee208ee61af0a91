//! MULTI: commands queued for EXEC, and the keys a client watches.
//!
//! A queued command owns its arguments: the read buffer it came in is long gone at EXEC. WATCH
//! keeps a registry key → watchers on the server side ([`Watches`]); a touched key marks each of
//! its watchers dirty, and EXEC looks at one flag.

use std::collections::HashMap;

use crate::resp::request::OwnedArgs;

use super::client::ClientId;
use super::spec::Flags;

/// A key of one database.
pub type DbKey = (usize, Box<[u8]>);

/// What a client gathered since MULTI or WATCH; whether MULTI was said is a flag of the client.
#[derive(Debug)]
pub struct Transaction {
    /// Queued commands: the command's id in the table, and its arguments.
    pub queue: Vec<(u16, OwnedArgs)>,
    /// Bytes of the queued arguments, and of a pointer to each.
    pub queue_bytes: usize,
    /// Flags that any of the queued commands has.
    pub flags: Flags,
    /// Flags that all of them have.
    pub common_flags: Flags,
    /// Watched keys, with whether the key had already expired when WATCH came (7.2: such a key
    /// does not fail EXEC by being deleted).
    pub watched: Vec<(DbKey, bool)>,
}

impl Default for Transaction {
    fn default() -> Self {
        Transaction {
            queue: Vec::new(),
            queue_bytes: 0,
            flags: Flags::NONE,
            common_flags: Flags::ALL,
            watched: Vec::new(),
        }
    }
}

impl Transaction {
    /// Bytes held by the queue.
    pub fn memory(&self) -> usize {
        self.queue_bytes
            + self.queue.capacity() * std::mem::size_of::<(u16, OwnedArgs)>()
            + self.watched.capacity() * std::mem::size_of::<(DbKey, bool)>()
    }
}

/// Who watches which key: one map a database, so that a look-up borrows the key it asks for.
#[derive(Default)]
pub struct Watches {
    by_db: Vec<HashMap<Box<[u8]>, Vec<ClientId>>>,
    keys: usize,
}

impl Watches {
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.keys == 0
    }

    /// Number of watched keys, for INFO.
    pub fn keys(&self) -> usize {
        self.keys
    }

    pub fn add(&mut self, (db, key): &DbKey, who: ClientId) {
        if *db >= self.by_db.len() {
            self.by_db.resize_with(*db + 1, HashMap::new);
        }
        let list = self.by_db[*db].entry(key.clone()).or_default();
        self.keys += usize::from(list.is_empty());
        if !list.contains(&who) {
            list.push(who);
        }
    }

    pub fn remove(&mut self, (db, key): &DbKey, who: ClientId) {
        let Some(of_db) = self.by_db.get_mut(*db) else { return };
        if let Some(list) = of_db.get_mut(key) {
            list.retain(|c| *c != who);
            if list.is_empty() {
                of_db.remove(key);
                self.keys -= 1;
            }
        }
    }

    pub fn watchers(&self, db: usize, key: &[u8]) -> &[ClientId] {
        self.by_db.get(db).and_then(|of_db| of_db.get(key)).map_or(&[], |l| l.as_slice())
    }

    /// All watched keys of a database (FLUSHDB, SWAPDB touch them wholesale).
    pub fn of_db(&self, db: usize) -> impl Iterator<Item = (&[u8], &[ClientId])> {
        self.by_db.get(db).into_iter().flatten().map(|(key, list)| (&**key, list.as_slice()))
    }
}
