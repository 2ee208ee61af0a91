//! Publishing: a message goes to everyone who listens.
//!
//! A message is encoded once for all subscribers of a channel, and once for each pattern that matches; RESP2 and
//! RESP3 differ in the first byte only. Each subscriber gets a copy in its output buffer. One that owes too much
//! by then is closed on the spot (`client-output-buffer-limit pubsub`).
//!
//! Whoever publishes to itself gets the message after the reply of its command, as in Redis 7.2: bytes sent to
//! the client that runs gather apart from its reply, and [`super::call::run_top`] puts them behind it.
//!
//! Source: Redis 7.2.4 `pubsubPublishMessageInternal`, `addReplyPubsubMessage`.

use crate::base::glob;
use crate::resp::reply::Reply;
use crate::state::client::ClientId;
use crate::state::clients::Clients;
use crate::state::pubsub::Kind;

use super::input::check_output_limit;
use super::server::Server;

/// Sends a message to the subscribers of a channel, and unless it is a sharded one, to those of patterns that
/// match it. Returns how many got it.
pub fn publish(srv: &mut Server, kind: Kind, channel: &[u8], message: &[u8]) -> usize {
    if srv.pubsub.is_empty() {
        return 0;
    }
    let limit = srv.config.client_output_buffer_limit.pubsub;
    let bounds = [limit.hard_bytes, limit.soft_bytes];
    let bound = bounds.into_iter().filter(|bytes| *bytes != 0).min().unwrap_or(u64::MAX);
    let mut delivery = Delivery { bound, receivers: 0, late: Vec::new() };
    let mut frame = Reply::over(srv.clients.spare_buffer(), true);
    let subscribers = srv.pubsub.subscribers(kind, channel);
    if !subscribers.is_empty() {
        let word: &[u8] = if kind == Kind::Shard { b"smessage" } else { b"message" };
        compose(&mut frame, &[word, channel, message]);
        delivery.send(&mut srv.clients, subscribers, &mut frame);
    }
    if kind != Kind::Shard {
        for listeners in srv.pubsub.patterns() {
            if glob::matches(&listeners.pattern, channel, false) {
                compose(&mut frame, &[b"pmessage", &listeners.pattern, channel, message]);
                delivery.send(&mut srv.clients, &listeners.clients, &mut frame);
            }
        }
    }
    srv.clients.recycle(frame.buf);
    for id in delivery.late {
        check_output_limit(srv, id);
    }
    delivery.receivers
}

/// Writes a message as RESP3; RESP2 has a `*` in front.
fn compose(frame: &mut Reply, parts: &[&[u8]]) {
    frame.buf.clear();
    frame.push(parts.len());
    parts.iter().for_each(|part| frame.bulk(part));
}

/// One publication on its way.
struct Delivery {
    /// Owed bytes from which on a subscriber's limits are looked at.
    bound: u64,
    receivers: usize,
    /// Those beyond.
    late: Vec<ClientId>,
}

impl Delivery {
    fn send(&mut self, clients: &mut Clients, to: &[ClientId], frame: &mut Reply) {
        for &id in to {
            let Some(client) = clients.get(id) else { continue };
            frame.buf[0] = if client.resp3 { b'>' } else { b'*' };
            clients.send(id, &frame.buf);
            if clients.get(id).is_some_and(|client| client.out.pending() as u64 > self.bound) {
                self.late.push(id);
            }
        }
        self.receivers += to.len();
    }
}
