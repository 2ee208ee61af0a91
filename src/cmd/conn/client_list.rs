//! CLIENT LIST and CLIENT KILL: filters over all connections.
//!
//! Connections come in the order of their numbers. What is being closed already is neither listed nor killed
//! twice: Redis frees a killed client at once, ours lives until the end of the batch of events.
//!
//! Source: Redis 7.2.4 `clientCommand`.

use crate::base::bytes::eq_ignore_case;
use crate::base::num::parse_i64;
use crate::core::clientinfo;
use crate::core::ctx::{Ctx, Outcome};
use crate::core::server::Server;
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::client::{Class, Client, ClientId};

/// The class a TYPE filter names.
fn class_named(name: &[u8]) -> Result<Class, CmdError> {
    match name.to_ascii_lowercase().as_slice() {
        b"normal" => Ok(Class::Normal),
        b"slave" | b"replica" => Ok(Class::Replica),
        b"pubsub" => Ok(Class::Pubsub),
        b"master" => Ok(Class::Master),
        _ => Err(errors::unknown_client_type(name)),
    }
}

/// Clients that match, by their numbers.
fn matching(srv: &Server, wanted: impl Fn(&Client) -> bool) -> Vec<ClientId> {
    let mut found: Vec<(u64, ClientId)> =
        srv.clients.iter().filter(|c| clientinfo::is_listed(c) && wanted(c)).map(|c| (c.id, c.me)).collect();
    found.sort_unstable();
    found.into_iter().map(|(_, me)| me).collect()
}

/// CLIENT LIST `[TYPE type | ID id …]`.
pub fn list(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let option = args.get(2).unwrap_or_default();
    let chosen = if args.len() == 2 {
        matching(cx.srv, |_| true)
    } else if args.len() == 4 && eq_ignore_case(option, b"type") {
        let class = class_named(args.at(3))?;
        matching(cx.srv, |c| c.class() == class)
    } else if args.len() > 3 && eq_ignore_case(option, b"id") {
        numbered(cx.srv, args)?
    } else {
        return Err(errors::SYNTAX);
    };
    let mut text = String::with_capacity(chosen.len() * 256);
    for id in chosen {
        text.push_str(&clientinfo::line_during(cx.srv, id, args, cx.out));
        text.push('\n');
    }
    cx.out.verbatim("txt", text.as_bytes());
    Ok(Outcome::Done)
}

/// The clients with the numbers after ID, in the order asked for.
fn numbered(srv: &Server, args: Args<'_>) -> Result<Vec<ClientId>, CmdError> {
    let mut found = Vec::new();
    for text in args.tail(3).iter() {
        let number = parse_i64(text).ok_or(errors::CLIENT_INVALID_ID)?;
        let client = srv.clients.iter().find(|c| clientinfo::is_listed(c) && c.id as i64 == number);
        found.extend(client.map(|c| c.me));
    }
    Ok(found)
}

/// Whom CLIENT KILL means; an absent filter lets everyone through.
#[derive(Default)]
struct Victims<'a> {
    addr: Option<&'a [u8]>,
    laddr: Option<&'a [u8]>,
    class: Option<Class>,
    id: Option<u64>,
    user: Option<&'a [u8]>,
    spare_me: bool,
}

impl<'a> Victims<'a> {
    /// Reads the filters of the long form.
    fn read(srv: &Server, args: Args<'a>) -> Result<Victims<'a>, CmdError> {
        let mut victims = Victims { spare_me: true, ..Victims::default() };
        let mut at = 2;
        while at < args.len() {
            let (name, value) = (args.at(at), args.get(at + 1).ok_or(errors::SYNTAX)?);
            match name.to_ascii_lowercase().as_slice() {
                b"id" => {
                    let id = parse_i64(value).filter(|id| *id >= 1).ok_or(errors::CLIENT_ID_POSITIVE)?;
                    victims.id = Some(id as u64);
                }
                b"type" => victims.class = Some(class_named(value)?),
                b"addr" => victims.addr = Some(value),
                b"laddr" => victims.laddr = Some(value),
                b"user" if value == srv.default_user.as_bytes() => victims.user = Some(value),
                b"user" => return Err(errors::no_such_user(value)),
                b"skipme" if eq_ignore_case(value, b"yes") => victims.spare_me = true,
                b"skipme" if eq_ignore_case(value, b"no") => victims.spare_me = false,
                _ => return Err(errors::SYNTAX),
            }
            at += 2;
        }
        Ok(victims)
    }

    fn include(&self, client: &Client, me: ClientId) -> bool {
        self.addr.is_none_or(|addr| client.addr.as_bytes() == addr)
            && self.laddr.is_none_or(|laddr| client.laddr.as_bytes() == laddr)
            && self.class.is_none_or(|class| client.class() == class)
            && self.id.is_none_or(|id| client.id == id)
            && self.user.is_none_or(|user| client.user.as_bytes() == user)
            && !(self.spare_me && client.me == me)
    }
}

/// CLIENT KILL `addr`, or with filters; answers how many were closed. Oneself goes last, with the reply.
pub fn kill(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let short_form = args.len() == 3;
    let victims = if short_form {
        Victims { addr: Some(args.at(2)), ..Victims::default() }
    } else {
        Victims::read(cx.srv, args)?
    };
    let me = cx.me;
    let killed = matching(cx.srv, |client| victims.include(client, me));
    match (short_form, killed.len()) {
        (true, 0) => return Err(errors::NO_SUCH_CLIENT),
        (true, _) => cx.out.ok(),
        (false, n) => cx.out.count(n),
    }
    for id in killed {
        if id == me {
            cx.srv.clients.close_after_reply(me);
        } else {
            cx.srv.clients.close(id);
        }
    }
    Ok(Outcome::Done)
}
