//! All clients: a slab with generations, and the short lists the loop walks.
//!
//! Nobody keeps a reference to a client, only a [`ClientId`]; a stale id finds nothing. Closing is
//! a wish ([`Clients::close`]): the slot is given back at the end of the batch of events
//! ([`Clients::take_doomed`]), so no slot changes its owner under a pending event.

use slab::Slab;

use super::client::{Class, Client, ClientId, Flags};
use super::client_memory::{Books, Note};

/// See the head of the file.
#[derive(Default)]
pub struct Clients {
    slab: Slab<Client>,
    /// Generation of each slot, past and present.
    generations: Vec<u32>,
    next_id: u64,
    pending_write: Vec<ClientId>,
    pending_read: Vec<ClientId>,
    doomed: Vec<ClientId>,
    /// Output buffers that were written out, kept warm for the next reply.
    spare: Vec<Vec<u8>>,
    /// Clients without connection (links, loaders), not counted in `connected_clients`.
    pub fake: usize,
    /// Memory of the clients, while it is limited.
    pub books: Books,
    /// In MONITOR mode, in order of arrival.
    pub monitors: Vec<ClientId>,
}

/// An output buffer above this is freed rather than kept for the next client. Bytes.
const SPARE_CAPACITY: usize = 64 * 1024;
/// How many spare output buffers are kept.
const SPARES: usize = 64;
/// A spare buffer above this is not kept when memory is short. Bytes.
const SHED_CAPACITY: usize = 4096;

impl Clients {
    /// Adds a client; `make` gets its id and its number.
    pub fn add(&mut self, make: impl FnOnce(ClientId, u64) -> Client) -> ClientId {
        let entry = self.slab.vacant_entry();
        let slot = entry.key();
        if slot >= self.generations.len() {
            self.generations.resize(slot + 1, 0);
        }
        self.next_id += 1;
        let me = ClientId { slot: slot as u32, generation: self.generations[slot] };
        let client = make(me, self.next_id);
        self.fake += usize::from(client.flags.has(Flags::FAKE.or(Flags::LINK)));
        entry.insert(client);
        me
    }

    pub fn get(&self, id: ClientId) -> Option<&Client> {
        self.slab.get(id.slot as usize).filter(|c| c.me == id)
    }

    pub fn get_mut(&mut self, id: ClientId) -> Option<&mut Client> {
        self.slab.get_mut(id.slot as usize).filter(|c| c.me == id)
    }

    /// The client living in a slot now, whoever it is.
    pub fn id_at(&self, slot: usize) -> Option<ClientId> {
        self.slab.get(slot).map(|c| c.me)
    }

    pub fn by_number(&self, id: u64) -> Option<ClientId> {
        self.iter().find(|c| c.id == id).map(|c| c.me)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Client> {
        self.slab.iter().map(|(_, c)| c)
    }

    pub fn ids(&self) -> Vec<ClientId> {
        self.iter().map(|c| c.me).collect()
    }

    /// Connections, replicas included; the link to our master and loaders are not counted.
    pub fn connected(&self) -> usize {
        self.slab.len() - self.fake
    }

    /// Slots in use and free, for cron's walk.
    pub fn slots(&self) -> usize {
        self.generations.len()
    }

    /// The number the next client will get.
    pub fn last_number(&self) -> u64 {
        self.next_id
    }

    /// Remembers that the client has bytes to be written.
    pub fn want_write(&mut self, id: ClientId) {
        if let Some(c) = self.get_mut(id)
            && !c.flags.has(Flags::PENDING_WRITE)
        {
            c.flags.set(Flags::PENDING_WRITE);
            self.pending_write.push(id);
        }
    }

    /// Remembers that the client has requests which no socket event will announce.
    pub fn want_read(&mut self, id: ClientId) {
        if let Some(c) = self.get_mut(id)
            && !c.flags.has(Flags::PENDING_READ)
        {
            c.flags.set(Flags::PENDING_READ);
            self.pending_read.push(id);
        }
    }

    /// Takes the list of clients to write to; each may put itself back with `want_write`.
    pub fn take_pending_write(&mut self, into: &mut Vec<ClientId>) {
        into.clear();
        std::mem::swap(into, &mut self.pending_write);
        for id in into.iter() {
            if let Some(c) = self.slab.get_mut(id.slot as usize).filter(|c| c.me == *id) {
                c.flags.clear(Flags::PENDING_WRITE);
            }
        }
    }

    /// Takes the list of clients whose requests wait in memory or in the kernel.
    pub fn take_pending_read(&mut self, into: &mut Vec<ClientId>) {
        into.clear();
        std::mem::swap(into, &mut self.pending_read);
        for id in into.iter() {
            if let Some(c) = self.slab.get_mut(id.slot as usize).filter(|c| c.me == *id) {
                c.flags.clear(Flags::PENDING_READ);
            }
        }
    }

    pub fn has_pending_write(&self) -> bool {
        !self.pending_write.is_empty()
    }

    pub fn has_pending_read(&self) -> bool {
        !self.pending_read.is_empty()
    }

    /// Closes at the end of this batch of events, without writing what is owed.
    pub fn close(&mut self, id: ClientId) {
        if let Some(c) = self.get_mut(id)
            && !c.flags.has(Flags::CLOSE_ASAP)
        {
            c.flags.set(Flags::CLOSE_ASAP);
            self.doomed.push(id);
            self.strike_out(id);
        }
    }

    /// Notes what a client holds now, for `maxmemory-clients`.
    pub fn note_memory(&mut self, id: ClientId) {
        let Some(c) = self.get(id) else { return };
        const EXEMPT: Flags = Flags::FAKE.or(Flags::LINK).or(Flags::CLOSE_ASAP);
        if c.flags.has(EXEMPT) || !matches!(c.class(), Class::Normal | Class::Pubsub) {
            return self.strike_out(id);
        }
        let (bytes, evictable) = (c.memory(), !c.flags.has(Flags::NO_EVICT));
        self.change_note(id, bytes, evictable);
    }

    /// A client counts no longer.
    pub fn strike_out(&mut self, id: ClientId) {
        if self.get(id).is_some_and(|c| c.note != Note::default()) {
            self.change_note(id, 0, false);
        }
    }

    fn change_note(&mut self, id: ClientId, bytes: usize, evictable: bool) {
        let Some(c) = self.slab.get_mut(id.slot as usize) else { return };
        let (note, moved) = self.books.change(id, c.note, bytes, evictable);
        c.note = note;
        if let Some((other, place)) = moved
            && let Some(c) = self.get_mut(other)
        {
            c.note.place = Some(place);
        }
    }

    /// Closes once everything owed is written.
    pub fn close_after_reply(&mut self, id: ClientId) {
        if let Some(c) = self.get_mut(id) {
            c.flags.set(Flags::CLOSE_AFTER_REPLY);
        }
        self.want_write(id);
    }

    /// Those to be closed now.
    pub fn take_doomed(&mut self) -> Vec<ClientId> {
        std::mem::take(&mut self.doomed)
    }

    pub fn has_doomed(&self) -> bool {
        !self.doomed.is_empty()
    }

    /// Gives the slot back. The caller has undone everything that named the client.
    pub fn remove(&mut self, id: ClientId) -> Option<Client> {
        self.get(id)?;
        self.strike_out(id);
        let client = self.slab.remove(id.slot as usize);
        self.generations[id.slot as usize] = id.generation.wrapping_add(1);
        self.fake -= usize::from(client.flags.has(Flags::FAKE.or(Flags::LINK)));
        self.monitors.retain(|m| *m != id);
        Some(client)
    }

    /// An empty buffer for replies, warm if there is one.
    pub fn spare_buffer(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_default()
    }

    /// Takes a drained buffer back.
    pub fn recycle(&mut self, mut buffer: Vec<u8>) {
        if buffer.capacity() != 0 && buffer.capacity() <= SPARE_CAPACITY && self.spare.len() < SPARES {
            buffer.clear();
            self.spare.push(buffer);
        }
    }

    /// Frees the spare buffers that are more than small: memory is short.
    pub fn shed_spares(&mut self) {
        self.spare.retain(|buffer| buffer.capacity() <= SHED_CAPACITY);
    }

    /// Appends bytes to what we owe a client other than the one whose command runs now, and
    /// queues the write. Unknown and closing clients are ignored.
    pub fn send(&mut self, id: ClientId, bytes: &[u8]) {
        let Some(c) = self.slab.get_mut(id.slot as usize).filter(|c| c.me == id) else { return };
        if c.flags.has(Flags::CLOSE_ASAP.or(Flags::FAKE)) {
            return;
        }
        if c.out.bytes.capacity() == 0
            && let Some(buffer) = self.spare.pop()
        {
            c.out.bytes = buffer;
        }
        c.out.bytes.extend_from_slice(bytes);
        self.want_write(id);
    }
}

impl std::ops::Index<ClientId> for Clients {
    type Output = Client;

    /// # Panics
    /// When the client is gone: an error of ours, the caller held a stale id.
    fn index(&self, id: ClientId) -> &Client {
        self.get(id).expect("client id is live")
    }
}

impl std::ops::IndexMut<ClientId> for Clients {
    fn index_mut(&mut self, id: ClientId) -> &mut Client {
        self.get_mut(id).expect("client id is live")
    }
}
