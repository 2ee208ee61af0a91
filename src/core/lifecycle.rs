//! The beginning and the end of a client.
//!
//! Source: Redis 7.2.4 `createClient`, `freeClient`, `acceptCommonHandler`.

use crate::resp::request::Parser;
use crate::state::client::{Client, ClientId, Flags, OutBuf};
use crate::state::client_memory::Note;

use super::server::Server;
use super::wake;

/// What the shell knows of a new connection.
pub struct Connection<'a> {
    pub addr: &'a str,
    pub laddr: &'a str,
    pub fd: i32,
    pub unix: bool,
}

/// Makes a client for a connection. It is authenticated when the default user needs no password.
pub fn connect(srv: &mut Server, connection: &Connection<'_>) -> ClientId {
    let authenticated = srv.config.requirepass.is_empty();
    let flags = if connection.unix { Flags::UNIX } else { Flags::default() };
    let now = srv.clock.now_ms();
    let user = srv.default_user.clone();
    srv.stats.connections_received += 1;
    srv.clients.add(|me, id| Client {
        addr: Box::from(connection.addr),
        laddr: Box::from(connection.laddr),
        fd: connection.fd,
        flags,
        authenticated,
        ..blank(me, id, user, now)
    })
}

/// Makes a client that no connection of a user stands behind: the link to our master, a loader.
pub fn internal(srv: &mut Server, flags: Flags) -> ClientId {
    let now = srv.clock.now_ms();
    let user = srv.default_user.clone();
    srv.clients.add(|me, id| Client { flags, authenticated: true, ..blank(me, id, user, now) })
}

fn blank(me: ClientId, id: u64, user: std::rc::Rc<str>, now: i64) -> Client {
    Client {
        me,
        id,
        flags: Flags::default(),
        db: 0,
        resp3: false,
        authenticated: false,
        user,
        name: Box::default(),
        lib_name: Box::default(),
        lib_ver: Box::default(),
        addr: Box::default(),
        laddr: Box::default(),
        fd: -1,
        created_ms: now,
        last_interaction_ms: now,
        query: Vec::new(),
        note: Note::default(),
        query_peak: 0,
        parser: Parser::default(),
        wanted: 0,
        out: OutBuf::default(),
        last_command: "NULL",
        multi: None,
        subscriptions: None,
        tracking: None,
        parked: None,
        replica: None,
        write_offset: 0,
        commands_processed: 0,
        net_in: 0,
        net_out: 0,
    }
}

/// Forgets what a client watched.
pub fn unwatch_all(srv: &mut Server, me: ClientId) {
    let Some(client) = srv.clients.get_mut(me) else { return };
    client.flags.clear(Flags::DIRTY_CAS);
    let Some(multi) = &mut client.multi else { return };
    let watched = std::mem::take(&mut multi.watched);
    for (key, _) in &watched {
        srv.watches.remove(key, me);
    }
}

/// Ends MULTI: the queue, the flags and the watches go.
pub fn discard_transaction(srv: &mut Server, me: ClientId) {
    unwatch_all(srv, me);
    let Some(client) = srv.clients.get_mut(me) else { return };
    client.multi = None;
    client.flags.clear(Flags::MULTI.or(Flags::DIRTY_CAS).or(Flags::DIRTY_EXEC));
}

/// Ends all subscriptions of a client, without a word to it.
pub fn unsubscribe_all(srv: &mut Server, me: ClientId) {
    let Some(client) = srv.clients.get_mut(me) else { return };
    client.flags.clear(Flags::PUBSUB);
    if let Some(mut own) = client.subscriptions.take() {
        srv.pubsub.forget(&mut own, me);
    }
}

/// Undoes everything that names a client and gives its slot back. The shell closes the socket, and
/// replication is told by the caller.
pub fn forget(srv: &mut Server, me: ClientId) -> Option<Client> {
    wake::unpark(srv, me);
    discard_transaction(srv, me);
    unsubscribe_all(srv, me);
    super::tracking::stop(srv, me);
    srv.blocked.postponed.retain(|c| *c != me);
    let mut client = srv.clients.remove(me)?;
    srv.clients.recycle(std::mem::take(&mut client.out.bytes));
    Some(client)
}
