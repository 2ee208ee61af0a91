//! Announcing: what happened to keys, told to those who want to hear.
//!
//! The keyspace queues what happens (`keyspace::touched`); this empties the queue wherever a unit of work ends:
//! after each command, those inside EXEC and scripts included, so that the order among commands is kept, and
//! after what the server does by itself (expiry, eviction). One drain serves all listeners in the order in
//! which things happened. With nobody listening nothing is ever queued, and [`drain`] is one load and a branch.
//!
//! Keyspace events (`notify-keyspace-events`) are published as Redis does: for each, first on the key's channel,
//! then on the event's.
//!
//! WATCH is served on the spot (`core::watch`), since EXEC must know at once.
//!
//! Source: Redis 7.2.4 `notifyKeyspaceEvent`, `signalModifiedKey`.

use crate::base::num::push_u64;
use crate::keyspace::touched::{Class, Touch, interest};
use crate::state::pubsub::Kind;

use super::publish::publish;
use super::server::Server;

/// Tells everyone what is in the queue, and empties it.
#[inline]
pub fn drain(srv: &mut Server) {
    if !srv.keys.touched.is_empty() {
        tell(srv);
    }
}

#[cold]
fn tell(srv: &mut Server) {
    let wants_keys = srv.keys.touched.interest & interest::KEYS != 0;
    if cfg!(test) && srv.pubsub.is_empty() && !wants_keys {
        // Tests of commands look into the queue rather than subscribe.
        return;
    }
    let batch = srv.keys.touched.take();
    let mut channel = Vec::new();
    for touch in batch.iter() {
        if touch.class != Class::NONE && !srv.pubsub.is_empty() {
            event(srv, touch, &mut channel);
        }
    }
    srv.keys.touched.recycle(batch);
}

/// Publishes one event, if the configuration still selects it. `channel` is scratch.
fn event(srv: &mut Server, touch: Touch<'_>, channel: &mut Vec<u8>) {
    let selected = srv.keys.touched.notify();
    if !touch.class.intersects(selected) {
        return;
    }
    if selected.contains(Class::KEYSPACE) {
        name(channel, b"__keyspace@", touch.db, touch.key);
        publish(srv, Kind::Channel, channel, touch.event.as_bytes());
    }
    if selected.contains(Class::KEYEVENT) {
        name(channel, b"__keyevent@", touch.db, touch.event.as_bytes());
        publish(srv, Kind::Channel, channel, touch.key);
    }
}

fn name(channel: &mut Vec<u8>, head: &[u8], db: usize, tail: &[u8]) {
    channel.clear();
    channel.extend_from_slice(head);
    push_u64(channel, db as u64);
    channel.extend_from_slice(b"__:");
    channel.extend_from_slice(tail);
}
