//! AUTH, HELLO, RESET: who a connection is and which dialect it speaks.
//!
//! There is one user, `default`, whose password is `requirepass` (ACL users come later). Passwords are
//! compared by their SHA-256 digests, without leaving early: neither the length nor the first wrong byte
//! shows in the time it takes.
//!
//! Source: Redis 7.2.4 `authCommand`, `ACLCheckUserCredentials`, `helloCommand`, `resetCommand`,
//! `clearClientConnectionState`.

use sha2::{Digest, Sha256};

use crate::base::bytes::eq_ignore_case;
use crate::base::num::parse_i64;
use crate::core::ctx::{Ctx, Outcome};
use crate::core::{lifecycle, tracking};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::client::Flags;
use crate::state::version::REDIS_VERSION;

/// Whether two secrets are equal, in a time that tells nothing about either.
pub fn same_secret(a: &[u8], b: &[u8]) -> bool {
    let (a, b) = (Sha256::digest(a), Sha256::digest(b));
    let differing = a.iter().zip(b.iter()).fold(0u8, |bits, (x, y)| bits | (x ^ y));
    std::hint::black_box(differing) == 0
}

/// Makes the connection the given user's.
fn authenticate(cx: &mut Ctx<'_>, user: &[u8], password: &[u8]) -> Result<(), CmdError> {
    let secret = &cx.srv.config.requirepass;
    let right = secret.is_empty() || same_secret(secret, password);
    if user != cx.srv.default_user.as_bytes() || !right {
        cx.srv.stats.acl_denied_auth += 1;
        return Err(errors::WRONGPASS);
    }
    let user = cx.srv.default_user.clone();
    let client = cx.client();
    client.user = user;
    client.authenticated = true;
    Ok(())
}

/// AUTH `[user] password`.
pub fn auth(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    if args.len() > 3 {
        return Err(errors::SYNTAX);
    }
    cx.redact(1);
    let default = cx.srv.default_user.clone();
    let (user, password) = match args.get(2) {
        Some(password) => {
            cx.redact(2);
            (args.at(1), password)
        }
        None if cx.srv.config.requirepass.is_empty() => return Err(errors::AUTH_WITHOUT_PASSWORD),
        None => (default.as_bytes(), args.at(1)),
    };
    authenticate(cx, user, password)?;
    cx.out.ok();
    Ok(Outcome::Done)
}

/// Checks what CLIENT LIST will print as one word: visible ASCII, no blanks.
pub fn is_word(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_graphic)
}

/// What HELLO was told.
#[derive(Default)]
struct Options<'a> {
    login: Option<(&'a [u8], &'a [u8])>,
    name: Option<&'a [u8]>,
}

/// HELLO `[version [AUTH user password] [SETNAME name]]`.
pub fn hello(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let version = match args.get(1) {
        None => None,
        Some(text) => match parse_i64(text).ok_or(errors::HELLO_BAD_VERSION)? {
            version @ 2..=3 => Some(version),
            _ => return Err(errors::NOPROTO),
        },
    };
    let options = read_options(cx, args)?;
    if let Some((user, password)) = options.login {
        authenticate(cx, user, password)?;
    }
    if !cx.client().authenticated {
        return Err(errors::HELLO_NOAUTH);
    }
    let client = cx.client();
    if let Some(name) = options.name {
        client.name = Box::from(name);
    }
    if let Some(version) = version {
        client.resp3 = version == 3;
        cx.out.resp3 = version == 3;
    }
    describe(cx);
    Ok(Outcome::Done)
}

fn read_options<'a>(cx: &mut Ctx<'_>, args: Args<'a>) -> Result<Options<'a>, CmdError> {
    let mut options = Options::default();
    let mut at = 2;
    while at < args.len() {
        let word = args.at(at);
        if eq_ignore_case(word, b"auth") && args.len() > at + 2 {
            cx.redact(at + 1);
            cx.redact(at + 2);
            options.login = Some((args.at(at + 1), args.at(at + 2)));
            at += 3;
        } else if eq_ignore_case(word, b"setname") && args.len() > at + 1 {
            let name = args.at(at + 1);
            if !is_word(name) {
                return Err(errors::CLIENT_NAME);
            }
            options.name = Some(name);
            at += 2;
        } else {
            return Err(errors::hello_syntax(word));
        }
    }
    Ok(options)
}

/// The map that tells a client whom it talks to.
fn describe(cx: &mut Ctx<'_>) {
    let id = cx.client().id as i64;
    let role: &[u8] = if cx.srv.repl.is_replica() { b"replica" } else { b"master" };
    let out = &mut *cx.out;
    out.map(7);
    out.bulk(b"server");
    out.bulk(b"redis");
    out.bulk(b"version");
    out.bulk(REDIS_VERSION.as_bytes());
    out.bulk(b"proto");
    out.int(if out.resp3 { 3 } else { 2 });
    out.bulk(b"id");
    out.int(id);
    out.bulk(b"mode");
    out.bulk(b"standalone");
    out.bulk(b"role");
    out.bulk(role);
    out.bulk(b"modules");
    out.array(0);
}

/// RESET: the connection is as if it had just been made; only CLIENT SETINFO's library names stay.
pub fn reset(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    if cx.client().flags.has(Flags::REPLICA.or(Flags::MASTER)) {
        return Err(errors::RESET_NOT_NORMAL);
    }
    let me = cx.me;
    cx.srv.clients.monitors.retain(|monitor| *monitor != me);
    lifecycle::discard_transaction(cx.srv, me);
    lifecycle::unsubscribe_all(cx.srv, me);
    tracking::stop(cx.srv, me);
    let user = cx.srv.default_user.clone();
    let authenticated = cx.srv.config.requirepass.is_empty();
    let client = cx.client();
    const CLEARED: Flags = Flags::MONITOR
        .or(Flags::READONLY)
        .or(Flags::REPLY_OFF)
        .or(Flags::REPLY_SKIP_NEXT)
        .or(Flags::NO_TOUCH)
        .or(Flags::NO_EVICT);
    client.flags.clear(CLEARED);
    client.db = 0;
    client.resp3 = false;
    client.user = user;
    client.authenticated = authenticated;
    client.name = Box::default();
    cx.out.resp3 = false;
    cx.out.simple("RESET");
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_compared_whole() {
        assert!(same_secret(b"abc\0def", b"abc\0def"));
        assert!(!same_secret(b"abc\0def", b"abc\0deg"));
        assert!(!same_secret(b"abc", b"abc\0"));
        assert!(same_secret(b"", b""));
    }

    #[test]
    fn words_hold_no_blanks() {
        assert!(is_word(b"redis.py"));
        assert!(is_word(b""));
        for bad in [b"a b".as_slice(), b"a\n", b"\x80", b"\0"] {
            assert!(!is_word(bad));
        }
    }
}
