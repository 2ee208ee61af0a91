//! Who listens to what: channels, patterns, sharded channels.
//!
//! A registry maps a name to the clients that subscribed to it, in order of arrival, which is the order of
//! delivery. Each client keeps the other direction ([`Subscriptions`]), so that its end costs no search through
//! all names. The name is stored once and shared by all who hold it.
//!
//! Patterns are tried in the order in which they were first subscribed to (Redis 7.2.4 tries them in the order
//! of a hash table); PUBSUB CHANNELS and a mass UNSUBSCRIBE go by the order of names, so that the same requests
//! give the same replies.
//!
//! Cost: a publication is one look-up, and one match of a glob for each pattern there is. To unsubscribe looks
//! through the subscribers of that name.
//!
//! Source: Redis 7.2.4 `pubsub.c`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::client::ClientId;

/// What a subscription is to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Channel,
    Pattern,
    Shard,
}

/// What one client subscribed to.
#[derive(Default, Debug)]
pub struct Subscriptions {
    channels: BTreeSet<Rc<[u8]>>,
    patterns: BTreeSet<Rc<[u8]>>,
    shards: BTreeSet<Rc<[u8]>>,
}

impl Subscriptions {
    fn of(&mut self, kind: Kind) -> &mut BTreeSet<Rc<[u8]>> {
        match kind {
            Kind::Channel => &mut self.channels,
            Kind::Pattern => &mut self.patterns,
            Kind::Shard => &mut self.shards,
        }
    }

    fn names(&self, kind: Kind) -> &BTreeSet<Rc<[u8]>> {
        match kind {
            Kind::Channel => &self.channels,
            Kind::Pattern => &self.patterns,
            Kind::Shard => &self.shards,
        }
    }

    /// How many subscriptions of one kind there are.
    pub fn len(&self, kind: Kind) -> usize {
        self.names(kind).len()
    }

    /// No subscription of any kind.
    pub fn is_empty(&self) -> bool {
        self.channels.is_empty() && self.patterns.is_empty() && self.shards.is_empty()
    }

    /// The number that replies to a subscription of that kind end in: channels and patterns are counted
    /// together, sharded channels apart.
    pub fn count(&self, kind: Kind) -> usize {
        match kind {
            Kind::Channel | Kind::Pattern => self.channels.len() + self.patterns.len(),
            Kind::Shard => self.shards.len(),
        }
    }

    /// The names of one kind, in order.
    pub fn list(&self, kind: Kind) -> Vec<Rc<[u8]>> {
        self.names(kind).iter().cloned().collect()
    }

    /// Heap bytes, names not counted (they are shared): about two pointers and a share of a node for each.
    pub fn memory(&self) -> usize {
        let names = self.channels.len() + self.patterns.len() + self.shards.len();
        size_of::<Subscriptions>() + names * 3 * size_of::<usize>()
    }
}

/// A pattern and who subscribed to it.
#[derive(Debug)]
pub struct Listeners {
    pub pattern: Rc<[u8]>,
    pub clients: Vec<ClientId>,
}

/// The registry. See the head of the file.
#[derive(Default, Debug)]
pub struct PubSub {
    channels: HashMap<Rc<[u8]>, Vec<ClientId>>,
    shards: HashMap<Rc<[u8]>, Vec<ClientId>>,
    /// By the number each pattern got when it came.
    patterns: BTreeMap<u64, Listeners>,
    pattern_numbers: HashMap<Rc<[u8]>, u64>,
    next_pattern: u64,
}

impl PubSub {
    /// Nobody listens to anything.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.channels.is_empty() && self.patterns.is_empty() && self.shards.is_empty()
    }

    /// How many names of a kind have subscribers.
    pub fn len(&self, kind: Kind) -> usize {
        match kind {
            Kind::Channel => self.channels.len(),
            Kind::Pattern => self.patterns.len(),
            Kind::Shard => self.shards.len(),
        }
    }

    /// The clients behind a name, which comes to be if it was not there, and its stored form.
    fn list(&mut self, kind: Kind, name: &[u8]) -> (Rc<[u8]>, &mut Vec<ClientId>) {
        let map = match kind {
            Kind::Channel => &mut self.channels,
            Kind::Shard => &mut self.shards,
            Kind::Pattern => return self.pattern(name),
        };
        let shared = map.get_key_value(name).map_or_else(|| Rc::from(name), |(shared, _)| shared.clone());
        (shared.clone(), map.entry(shared).or_default())
    }

    fn pattern(&mut self, name: &[u8]) -> (Rc<[u8]>, &mut Vec<ClientId>) {
        let number = self.pattern_numbers.get(name).copied().unwrap_or(self.next_pattern);
        if number == self.next_pattern {
            self.next_pattern += 1;
            self.pattern_numbers.insert(Rc::from(name), number);
        }
        let fresh = || Listeners { pattern: Rc::from(name), clients: Vec::new() };
        let listeners = self.patterns.entry(number).or_insert_with(fresh);
        (listeners.pattern.clone(), &mut listeners.clients)
    }

    /// Subscribes a client, whose own side is `own`. `false`: it was subscribed.
    pub fn subscribe(&mut self, own: &mut Subscriptions, who: ClientId, kind: Kind, name: &[u8]) -> bool {
        if own.of(kind).contains(name) {
            return false;
        }
        let (shared, clients) = self.list(kind, name);
        clients.push(who);
        own.of(kind).insert(shared)
    }

    /// Ends a subscription. `false`: there was none.
    pub fn unsubscribe(&mut self, own: &mut Subscriptions, who: ClientId, kind: Kind, name: &[u8]) -> bool {
        if !own.of(kind).remove(name) {
            return false;
        }
        let (_, clients) = self.list(kind, name);
        clients.retain(|client| *client != who);
        if !clients.is_empty() {
            return true;
        }
        match kind {
            Kind::Channel => drop(self.channels.remove(name)),
            Kind::Shard => drop(self.shards.remove(name)),
            Kind::Pattern => {
                let number = self.pattern_numbers.remove(name);
                number.and_then(|number| self.patterns.remove(&number));
            }
        }
        true
    }

    /// Ends all subscriptions of a client.
    pub fn forget(&mut self, own: &mut Subscriptions, who: ClientId) {
        for kind in [Kind::Channel, Kind::Pattern, Kind::Shard] {
            for name in own.list(kind) {
                self.unsubscribe(own, who, kind, &name);
            }
        }
    }

    /// The subscribers of a channel, or of a sharded one; patterns have none under a name.
    pub fn subscribers(&self, kind: Kind, name: &[u8]) -> &[ClientId] {
        let found = match kind {
            Kind::Channel => self.channels.get(name),
            Kind::Shard => self.shards.get(name),
            Kind::Pattern => None,
        };
        found.map_or(&[], Vec::as_slice)
    }

    /// All patterns, oldest first.
    pub fn patterns(&self) -> impl Iterator<Item = &Listeners> {
        self.patterns.values()
    }

    /// Names of channels, or of sharded ones, in order.
    pub fn names(&self, kind: Kind) -> Vec<&[u8]> {
        let map = if kind == Kind::Shard { &self.shards } else { &self.channels };
        let mut names: Vec<&[u8]> = map.keys().map(|name| &**name).collect();
        names.sort_unstable();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KINDS: [Kind; 3] = [Kind::Channel, Kind::Pattern, Kind::Shard];

    fn client(slot: u32) -> ClientId {
        ClientId { slot, generation: 0 }
    }

    /// The same, as a list of who listens to what, in order of arrival.
    type Model = Vec<(u8, Vec<u8>, u32)>;

    fn of_name(model: &Model, kind: u8, name: &[u8]) -> Vec<ClientId> {
        model.iter().filter(|(k, n, _)| *k == kind && n == name).map(|(_, _, who)| client(*who)).collect()
    }

    proptest! {
        #[test]
        fn the_registry_does_what_a_list_does(
            steps in prop::collection::vec((0u8..8, 0u8..3, 0u32..5, prop::collection::vec(0u8..3, 0..2)), 1..200)
        ) {
            let mut registry = PubSub::default();
            let mut own: Vec<Subscriptions> = (0..5).map(|_| Subscriptions::default()).collect();
            let mut model: Model = Vec::new();
            for (what, kind, who, name) in steps {
                let mine = &mut own[who as usize];
                let entry = (kind, name.clone(), who);
                let was_there = model.contains(&entry);
                match what {
                    0..4 => {
                        let fresh = registry.subscribe(mine, client(who), KINDS[kind as usize], &name);
                        prop_assert_eq!(fresh, !was_there);
                        if fresh {
                            model.push(entry);
                        }
                    }
                    4..7 => {
                        let ended = registry.unsubscribe(mine, client(who), KINDS[kind as usize], &name);
                        prop_assert_eq!(ended, was_there);
                        model.retain(|known| *known != entry);
                    }
                    _ => {
                        registry.forget(mine, client(who));
                        prop_assert!(mine.is_empty());
                        model.retain(|(_, _, client)| *client != who);
                    }
                }
                check(&registry, &own, &model)?;
            }
        }
    }

    fn check(registry: &PubSub, own: &[Subscriptions], model: &Model) -> Result<(), TestCaseError> {
        for (number, kind) in KINDS.into_iter().enumerate() {
            let number = number as u8;
            let names: BTreeSet<&Vec<u8>> =
                model.iter().filter(|(k, ..)| *k == number).map(|(_, name, _)| name).collect();
            prop_assert_eq!(registry.len(kind), names.len());
            if kind == Kind::Pattern {
                // Patterns come in the order of the subscription that called each into being.
                let found: Vec<_> = registry.patterns().collect();
                prop_assert_eq!(found.len(), names.len());
                for listeners in found {
                    let expected = of_name(model, number, &listeners.pattern);
                    prop_assert_eq!(&listeners.clients, &expected);
                }
            } else {
                let all: Vec<&[u8]> = names.iter().map(|name| name.as_slice()).collect();
                prop_assert_eq!(registry.names(kind), all);
                for name in names {
                    let expected = of_name(model, number, name);
                    prop_assert_eq!(registry.subscribers(kind, name), expected);
                }
            }
            for (who, mine) in own.iter().enumerate() {
                let known = model.iter().filter(|(k, _, w)| *k == number && *w as usize == who).count();
                prop_assert_eq!(mine.len(kind), known);
            }
        }
        prop_assert_eq!(registry.is_empty(), model.is_empty());
        Ok(())
    }

    #[test]
    fn the_oldest_pattern_comes_first_and_a_new_one_last() {
        let mut registry = PubSub::default();
        let mut own = Subscriptions::default();
        for pattern in [b"z*", b"a*", b"m*"] {
            registry.subscribe(&mut own, client(0), Kind::Pattern, pattern);
        }
        registry.unsubscribe(&mut own, client(0), Kind::Pattern, b"z*");
        registry.subscribe(&mut own, client(0), Kind::Pattern, b"z*");
        let order: Vec<&[u8]> = registry.patterns().map(|listeners| &*listeners.pattern).collect();
        assert_eq!(order, [b"a*", b"m*", b"z*"]);
    }

    #[test]
    fn replies_count_channels_with_patterns_and_shards_apart() {
        let mut registry = PubSub::default();
        let mut own = Subscriptions::default();
        for (kind, name) in [(Kind::Channel, b"a"), (Kind::Pattern, b"b"), (Kind::Shard, b"c")] {
            registry.subscribe(&mut own, client(0), kind, name);
        }
        assert_eq!(KINDS.map(|kind| own.count(kind)), [2, 2, 1]);
    }
}
