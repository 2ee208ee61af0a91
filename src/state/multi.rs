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

/// What a client gathered since MULTI or WATCH.
#[derive(Debug)]
pub struct Transaction {
    /// Whether MULTI was said (WATCH alone also makes a `Transaction`).
    pub open: bool,
    /// Queued commands: the command's id in the table, and its arguments.
    pub queue: Vec<(u16, OwnedArgs)>,
    /// Bytes of the queued arguments.
    pub queue_bytes: usize,
    /// Flags that any of the queued commands has.
    pub flags: Flags,
    /// Flags that all of them have.
    pub common_flags: Flags,
    /// Watched keys, with whether the key had already expired when WATCH came (7.0.?: such a key
    /// does not fail EXEC by being deleted).
    pub watched: Vec<(DbKey, bool)>,
}

impl Default for Transaction {
    fn default() -> Self {
        Transaction {
            open: false,
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
        self.queue_bytes + self.queue.capacity() * std::mem::size_of::<(u16, OwnedArgs)>()
    }
}

/// Who watches which key.
#[derive(Default)]
pub struct Watches {
    by_key: HashMap<DbKey, Vec<ClientId>>,
}

impl Watches {
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// Number of watched keys, for INFO.
    pub fn keys(&self) -> usize {
        self.by_key.len()
    }

    pub fn add(&mut self, key: &DbKey, who: ClientId) {
        let list = self.by_key.entry(key.clone()).or_default();
        if !list.contains(&who) {
            list.push(who);
        }
    }

    pub fn remove(&mut self, key: &DbKey, who: ClientId) {
        if let Some(list) = self.by_key.get_mut(key) {
            list.retain(|c| *c != who);
            if list.is_empty() {
                self.by_key.remove(key);
            }
        }
    }

    pub fn watchers(&self, db: usize, key: &[u8]) -> &[ClientId] {
        self.by_key.get(&(db, Box::from(key))).map_or(&[], |l| l.as_slice())
    }

    /// All watched keys of a database (FLUSHDB, SWAPDB touch them wholesale).
    pub fn of_db(&self, db: usize) -> impl Iterator<Item = (&[u8], &[ClientId])> {
        self.by_key.iter().filter(move |((d, _), _)| *d == db).map(|((_, k), l)| (&**k, l.as_slice()))
    }
}
