//! Client-side caching: who may hold a copy of which key.
//!
//! A client that tracks keys is remembered with each key it reads ([`Table`], the key → readers direction only);
//! when the key changes its readers are told and forgotten. In broadcast mode nothing is remembered per key:
//! such a client names prefixes, and gets all keys below them that changed, once a loop, in one message.
//!
//! A reader that disconnects or stops tracking is not searched for; it is found out when the key changes, as
//! its id names nobody then. Keys are global, not of a database, as in Redis.
//!
//! Cost: with nobody tracking, nothing. A tracked read is one look-up, and an insertion into the sorted list of
//! the key's readers. Keys are bounded by `tracking-table-max-keys`, given up at random.
//!
//! Source: Redis 7.2.4 `tracking.c`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::base::rng::Rng;

use super::client::ClientId;

/// Which reads are remembered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// All.
    Reads,
    /// Those after CLIENT CACHING YES.
    OptIn,
    /// All but those after CLIENT CACHING NO.
    OptOut,
    /// None: prefixes count.
    Broadcast,
}

/// How one client tracks.
#[derive(Debug)]
pub struct Tracking {
    pub mode: Mode,
    /// Another client, by its id and its number, that gets the messages.
    pub redirect: Option<(ClientId, u64)>,
    /// The other one was gone when a message was due.
    pub broken_redirect: bool,
    /// Own changes are not reported.
    pub noloop: bool,
    /// CLIENT CACHING was said, for the next command or transaction.
    pub caching: bool,
    /// In broadcast mode, in order.
    pub prefixes: BTreeSet<Box<[u8]>>,
}

impl Tracking {
    /// Whether a read that runs now is to be remembered.
    pub fn remembers(&self) -> bool {
        match self.mode {
            Mode::Reads => true,
            Mode::OptIn => self.caching,
            Mode::OptOut => !self.caching,
            Mode::Broadcast => false,
        }
    }

    /// The number of the client that gets the messages; 0: this one itself.
    pub fn redirect_number(&self) -> u64 {
        self.redirect.map_or(0, |(_, number)| number)
    }

    /// Heap bytes.
    pub fn memory(&self) -> usize {
        let prefixes: usize = self.prefixes.iter().map(|prefix| prefix.len() + 4 * size_of::<usize>()).sum();
        size_of::<Tracking>() + prefixes
    }
}

/// A key and those who read it, sorted.
#[derive(Debug)]
struct Readers {
    key: Rc<[u8]>,
    clients: Vec<ClientId>,
}

/// What waits for the end of the loop under one prefix.
#[derive(Default, Debug)]
pub struct Broadcast {
    /// Who wants it, in order of arrival.
    pub clients: Vec<ClientId>,
    /// Keys that changed, with who changed each last.
    pub keys: BTreeMap<Box<[u8]>, ClientId>,
}

/// See the head of the file.
#[derive(Default, Debug)]
pub struct Table {
    clients: usize,
    /// Where in `readers` a key is.
    places: HashMap<Rc<[u8]>, usize>,
    /// Dense, so that one can be drawn at random.
    readers: Vec<Readers>,
    items: usize,
    prefixes: BTreeMap<Box<[u8]>, Broadcast>,
    /// Keys that the running client must be told of once its reply is written; `None` stands for all keys.
    pub own: Vec<Option<Box<[u8]>>>,
    /// How often in a row the table was left above its bound.
    pub over_bound: u32,
}

impl Table {
    /// Clients that track (INFO `tracking_clients`).
    pub fn clients(&self) -> usize {
        self.clients
    }

    /// Keys that are remembered (INFO `tracking_total_keys`).
    pub fn keys(&self) -> usize {
        self.readers.len()
    }

    /// Readers of all keys together (INFO `tracking_total_items`).
    pub fn items(&self) -> usize {
        self.items
    }

    /// Prefixes somebody tracks (INFO `tracking_total_prefixes`).
    pub fn prefixes(&self) -> usize {
        self.prefixes.len()
    }

    /// Counts a client in, or out.
    pub fn count(&mut self, begins: bool) {
        if begins { self.clients += 1 } else { self.clients -= 1 }
    }

    /// Remembers that a client read a key.
    pub fn remember(&mut self, key: &[u8], who: ClientId) {
        let at = match self.places.get(key) {
            Some(&at) => at,
            None => {
                let key: Rc<[u8]> = Rc::from(key);
                self.places.insert(key.clone(), self.readers.len());
                self.readers.push(Readers { key, clients: Vec::new() });
                self.readers.len() - 1
            }
        };
        let clients = &mut self.readers[at].clients;
        if let Err(place) = clients.binary_search(&who) {
            clients.insert(place, who);
            self.items += 1;
        }
    }

    /// Forgets a key; returns who read it.
    pub fn take(&mut self, key: &[u8]) -> Vec<ClientId> {
        let Some(at) = self.places.remove(key) else { return Vec::new() };
        let gone = self.readers.swap_remove(at);
        if let Some(moved) = self.readers.get(at)
            && let Some(place) = self.places.get_mut(&moved.key)
        {
            *place = at;
        }
        self.items -= gone.clients.len();
        gone.clients
    }

    /// A key drawn at random.
    pub fn random_key(&self, rng: &mut Rng) -> Option<Rc<[u8]>> {
        let keys = self.readers.len() as u64;
        (keys > 0).then(|| self.readers[rng.below(keys) as usize].key.clone())
    }

    /// Forgets all keys, and gives their storage away.
    pub fn clear_keys(&mut self) {
        self.places = HashMap::new();
        self.readers = Vec::new();
        self.items = 0;
    }

    /// Lets a client have what changes below a prefix.
    pub fn add_prefix(&mut self, prefix: &[u8], who: ClientId) {
        let clients = &mut self.prefixes.entry(Box::from(prefix)).or_default().clients;
        if !clients.contains(&who) {
            clients.push(who);
        }
    }

    /// Ends that.
    pub fn remove_prefix(&mut self, prefix: &[u8], who: ClientId) {
        if let Some(broadcast) = self.prefixes.get_mut(prefix) {
            broadcast.clients.retain(|client| *client != who);
            if broadcast.clients.is_empty() {
                self.prefixes.remove(prefix);
            }
        }
    }

    /// Notes a changed key under all prefixes it begins with.
    pub fn changed(&mut self, key: &[u8], by: ClientId) {
        for (prefix, broadcast) in &mut self.prefixes {
            if key.starts_with(prefix) {
                broadcast.keys.insert(Box::from(key), by);
            }
        }
    }

    /// The prefixes with what waits under them.
    pub fn broadcasts(&mut self) -> impl Iterator<Item = &mut Broadcast> {
        self.prefixes.values_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{prop, prop_assert, prop_assert_eq, proptest};

    fn client(slot: u32) -> ClientId {
        ClientId { slot, generation: 0 }
    }

    proptest! {
        #[test]
        fn the_table_does_what_a_map_of_sets_does(
            steps in prop::collection::vec((0u8..10, 0u8..20, 0u32..6), 1..300)
        ) {
            let mut table = Table::default();
            let mut model: BTreeMap<Vec<u8>, BTreeSet<ClientId>> = BTreeMap::new();
            let mut rng = Rng::seeded(7);
            for (what, key, who) in steps {
                let key = vec![key];
                match what {
                    0..7 => {
                        table.remember(&key, client(who));
                        model.entry(key).or_default().insert(client(who));
                    }
                    7..9 => {
                        let gone: Vec<_> = model.remove(&key).unwrap_or_default().into_iter().collect();
                        prop_assert_eq!(table.take(&key), gone);
                    }
                    _ => match table.random_key(&mut rng) {
                        None => prop_assert!(model.is_empty()),
                        Some(key) => {
                            let gone: Vec<_> = model.remove(&*key).unwrap_or_default().into_iter().collect();
                            prop_assert!(!gone.is_empty());
                            prop_assert_eq!(table.take(&key), gone);
                        }
                    },
                }
                prop_assert_eq!(table.keys(), model.len());
                prop_assert_eq!(table.items(), model.values().map(BTreeSet::len).sum::<usize>());
            }
            table.clear_keys();
            prop_assert_eq!((table.keys(), table.items()), (0, 0));
        }
    }

    #[test]
    fn changes_gather_under_each_prefix() {
        let mut table = Table::default();
        table.add_prefix(b"a", client(1));
        table.add_prefix(b"ab", client(2));
        table.add_prefix(b"ab", client(2));
        for (key, by) in [(&b"abc"[..], 1), (b"ax", 2), (b"b", 1), (b"abc", 3)] {
            table.changed(key, client(by));
        }
        let seen: Vec<_> = table.broadcasts().map(|b| (b.keys.len(), b.clients.len())).collect();
        assert_eq!(seen, [(2, 1), (1, 1)]);
        let last = table.broadcasts().last().and_then(|b| b.keys.get(&b"abc"[..]).copied());
        assert_eq!(last, Some(client(3)));
        table.remove_prefix(b"ab", client(2));
        table.remove_prefix(b"ab", client(2));
        assert_eq!(table.prefixes(), 1);
    }
}
