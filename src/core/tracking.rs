//! Client-side caching: readers of a key are told when it changes.
//!
//! What clients read is remembered after each command that only reads ([`remember`]); what changes comes out of
//! the queue of touched keys ([`super::announce`]). A RESP3 client gets a push; a client may redirect its
//! messages to another, which in RESP2 must be a subscriber and gets them as messages on
//! `__redis__:invalidate`.
//!
//! What a client itself changed it is told after the reply, never in the midst of a transaction's replies, and
//! before other pushes. Broadcasts gather until the loop is about to sleep.
//!
//! Source: Redis 7.2.4 `tracking.c`.

use std::collections::BTreeMap;

use crate::keyspace::touched::interest;
use crate::resp::reply::Reply;
use crate::resp::request::Args;
use crate::state::client::{ClientId, Flags};
use crate::state::spec::extract_keys;
use crate::state::tracking::{Mode, Tracking};

use super::input::check_output_limit;
use super::server::Server;
use super::table::Command;

/// How many keys are given up at once when there are too many, times how often that did not suffice.
const EFFORT: u32 = 100;

/// Begins tracking, or changes how a client tracks. Prefixes add to those it has.
pub fn start(srv: &mut Server, me: ClientId, mut wanted: Tracking) {
    let old = srv.clients[me].tracking.take();
    if old.is_none() {
        srv.tracking.count(true);
        srv.keys.touched.listen(interest::TRACK, true);
    }
    wanted.prefixes.iter().for_each(|prefix| srv.tracking.add_prefix(prefix, me));
    if let Some(old) = old {
        wanted.caching = old.caching;
        wanted.prefixes.extend(old.prefixes);
    }
    let client = &mut srv.clients[me];
    client.flags.set(Flags::TRACKING);
    client.tracking = Some(Box::new(wanted));
}

/// Ends tracking. What the table remembers of the client goes by and by.
pub fn stop(srv: &mut Server, me: ClientId) {
    let Some(client) = srv.clients.get_mut(me) else { return };
    client.flags.clear(Flags::TRACKING);
    let Some(old) = client.tracking.take() else { return };
    old.prefixes.iter().for_each(|prefix| srv.tracking.remove_prefix(prefix, me));
    srv.tracking.count(false);
    if srv.tracking.clients() == 0 {
        // What is remembered is of no use to anybody; those who begin anew read anew.
        srv.tracking.clear_keys();
        srv.keys.touched.listen(interest::TRACK, false);
    }
    if srv.running == me {
        srv.tracking.own.clear();
    }
}

/// Remembers what a command read for a client that tracks.
#[cold]
pub fn remember(srv: &mut Server, me: ClientId, command: Command, args: Args<'_>) {
    use crate::state::spec::Flags as Cmd;
    let remembers = srv.clients.get(me).and_then(|c| c.tracking.as_ref()).is_some_and(|t| t.remembers());
    // Sharded channels are keys by name only.
    if !remembers || command.spec.flags.has(Cmd::PUBSUB) {
        return;
    }
    for found in extract_keys(command.spec, args) {
        if let Some(key) = args.get(found.index) {
            srv.tracking.remember(key, me);
        }
    }
}

/// A key changed: its readers are told. `by` changed it, if a client did.
pub fn invalidate(srv: &mut Server, key: &[u8], by: ClientId) {
    if srv.tracking.prefixes() > 0 {
        srv.tracking.changed(key, by);
    }
    tell_readers(srv, key, false);
}

/// Tells the readers of a key, and forgets them. `given_up`: it did not change, so that those who know of their
/// own changes must be told as well.
fn tell_readers(srv: &mut Server, key: &[u8], given_up: bool) {
    for who in srv.tracking.take(key) {
        let tracking = srv.clients.get(who).and_then(|client| client.tracking.as_ref());
        let Some(tracking) = tracking.filter(|t| t.mode != Mode::Broadcast) else { continue };
        if given_up || who != srv.running {
            send(srv, who, &mut one(key));
        } else if !tracking.noloop {
            srv.tracking.own.push(Some(Box::from(key)));
        }
    }
}

/// All keys changed: everyone who tracks is told so.
pub fn invalidate_all(srv: &mut Server) {
    if srv.tracking.clients() == 0 {
        return;
    }
    let all: Vec<ClientId> = srv.clients.iter().filter(|c| c.tracking.is_some()).map(|c| c.me).collect();
    for who in all {
        if who == srv.running {
            srv.tracking.own.push(None);
        } else {
            send(srv, who, &mut |out| out.null());
        }
    }
    srv.tracking.clear_keys();
}

/// What follows the reply of a command of a client that tracks: what it changed itself; and CLIENT CACHING has
/// had its effect.
#[cold]
pub fn after_reply(srv: &mut Server, me: ClientId, command: Option<Command>) {
    tell_itself(srv, me);
    let parent = command.and_then(|command| command.parent).map(|id| srv.table.by_id(id));
    // The subcommands of CLIENT do not use up what one of them said.
    let keeps = parent.is_some_and(|parent| parent.spec.name == "client");
    let Some(client) = srv.clients.get_mut(me) else { return };
    if let Some(tracking) = client.tracking.as_mut()
        && !keeps
        && !client.flags.has(Flags::MULTI.or(Flags::BLOCKED))
    {
        tracking.caching = false;
    }
}

/// What precedes the reply of a client that tracks, also to a command that is only queued: keys that had to go
/// for it to be admitted, and those that are beyond the table's bound.
#[cold]
pub fn before_command(srv: &mut Server, me: ClientId, out: &mut Reply) {
    super::announce::drain(srv);
    limit_keys(srv);
    tell_itself(srv, me);
    let own = &mut srv.clients[me].out;
    out.raw(own.unsent());
    own.bytes.clear();
    own.sent = 0;
}

/// Tells the client that runs of keys which it changed itself.
fn tell_itself(srv: &mut Server, me: ClientId) {
    for key in std::mem::take(&mut srv.tracking.own) {
        match key {
            Some(key) => send(srv, me, &mut one(&key)),
            None => send(srv, me, &mut |out| out.null()),
        }
    }
}

/// Gives up keys, drawn at random, while there are more than `tracking-table-max-keys`; their readers are told.
/// Each time this did not suffice the next call does more.
pub fn limit_keys(srv: &mut Server) {
    let bound = srv.config.tracking_table_max_keys;
    if bound == 0 || srv.tracking.keys() as u64 <= bound {
        srv.tracking.over_bound = 0;
        return;
    }
    let mut effort = EFFORT.saturating_mul(srv.tracking.over_bound.saturating_add(1));
    while srv.tracking.keys() as u64 > bound {
        if effort == 0 {
            srv.tracking.over_bound += 1;
            return;
        }
        effort -= 1;
        let Some(key) = srv.tracking.random_key(&mut srv.rng) else { break };
        tell_readers(srv, &key, true);
    }
    srv.tracking.over_bound = 0;
}

/// Sends what gathered in broadcast mode. Called before every sleep.
pub fn broadcast(srv: &mut Server) {
    if srv.tracking.prefixes() == 0 {
        return;
    }
    let due: Vec<_> = srv
        .tracking
        .broadcasts()
        .filter(|broadcast| !broadcast.keys.is_empty())
        .map(|broadcast| (broadcast.clients.clone(), std::mem::take(&mut broadcast.keys)))
        .collect();
    for (clients, keys) in due {
        let all = list(&keys, ClientId::NONE);
        for who in clients {
            let noloop = srv.clients.get(who).and_then(|c| c.tracking.as_ref()).is_some_and(|t| t.noloop);
            if !noloop {
                send(srv, who, &mut |out| out.raw(&all));
            } else if keys.values().any(|by| *by != who) {
                let others = list(&keys, who);
                send(srv, who, &mut |out| out.raw(&others));
            }
        }
    }
}

/// The array of those keys that somebody else than `but` changed; the same in either protocol.
fn list(keys: &BTreeMap<Box<[u8]>, ClientId>, but: ClientId) -> Vec<u8> {
    let wanted = || keys.iter().filter(|(_, by)| but == ClientId::NONE || **by != but);
    let mut out = Reply::new(false);
    out.array(wanted().count());
    wanted().for_each(|(key, _)| out.bulk(key));
    out.buf
}

/// Writes the array of one key.
fn one(key: &[u8]) -> impl FnMut(&mut Reply) {
    move |out| {
        out.array(1);
        out.bulk(key);
    }
}

/// Sends an invalidation on behalf of a client that tracks; `what` writes the keys, or null for all.
fn send(srv: &mut Server, who: ClientId, what: &mut dyn FnMut(&mut Reply)) {
    let Some(client) = srv.clients.get_mut(who) else { return };
    let own_resp3 = client.resp3;
    let Some(tracking) = client.tracking.as_mut() else { return };
    let redirect = tracking.redirect;
    let to = redirect.map_or(who, |(to, _)| to);
    let Some(target) = srv.clients.get(to).filter(|target| !target.flags.has(Flags::CLOSE_ASAP)) else {
        return broken(srv, who, own_resp3);
    };
    let subscriber = redirect.is_some() && target.flags.has(Flags::PUBSUB);
    let resp3 = target.resp3;
    if !resp3 && !subscriber {
        return;
    }
    let mut out = Reply::over(srv.clients.spare_buffer(), resp3);
    if resp3 {
        out.push(2);
        out.bulk(b"invalidate");
    } else {
        out.array(3);
        out.bulk(b"message");
        out.bulk(b"__redis__:invalidate");
    }
    what(&mut out);
    srv.clients.send(to, &out.buf);
    srv.clients.recycle(out.buf);
    check_output_limit(srv, to);
}

/// The one that should get the messages is gone: the client that tracks hears so, if it can.
fn broken(srv: &mut Server, who: ClientId, resp3: bool) {
    let Some(tracking) = srv.clients.get_mut(who).and_then(|client| client.tracking.as_mut()) else { return };
    tracking.broken_redirect = true;
    if resp3 {
        let number = tracking.redirect_number() as i64;
        let mut out = Reply::new(true);
        out.push(2);
        out.bulk(b"tracking-redir-broken");
        out.int(number);
        srv.clients.send(who, &out.buf);
    }
}
