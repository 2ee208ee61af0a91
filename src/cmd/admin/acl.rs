//! What ACL can tell of the one user there is: `default`, who may do everything, with `requirepass` as password.
//!
//! Users that can be made and restricted come with the ACL engine.
//!
//! Source: Redis 7.2.4 `aclCommand`.

use sha2::{Digest, Sha256};

use crate::core::ctx::{Ctx, Outcome};
use crate::core::server::Server;
use crate::resp::errors::CmdError;
use crate::resp::request::Args;

/// The password's digest in hexadecimal, as rules hold it; `None` without a password.
fn password(srv: &Server) -> Option<String> {
    let secret = &srv.config.requirepass;
    let digest = || Sha256::digest(secret).iter().map(|byte| format!("{byte:02x}")).collect();
    (!secret.is_empty()).then(digest)
}

/// ACL WHOAMI.
pub fn whoami(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    let user = cx.client().user.clone();
    cx.out.bulk(user.as_bytes());
    Ok(Outcome::Done)
}

/// ACL USERS.
pub fn users(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.array(1);
    cx.out.bulk(cx.srv.default_user.as_bytes());
    Ok(Outcome::Done)
}

/// ACL LIST.
pub fn list(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    let pass = password(cx.srv).map_or("nopass".to_owned(), |digest| format!("#{digest}"));
    let line = format!("user {} on {pass} sanitize-payload ~* &* +@all", cx.srv.default_user);
    cx.out.array(1);
    cx.out.bulk(line.as_bytes());
    Ok(Outcome::Done)
}

/// ACL GETUSER `name`.
pub fn getuser(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    if args.at(2) != cx.srv.default_user.as_bytes() {
        cx.out.null();
        return Ok(Outcome::Done);
    }
    let pass = password(cx.srv);
    let out = &mut *cx.out;
    out.map(6);
    out.bulk(b"flags");
    out.set(if pass.is_none() { 3 } else { 2 });
    out.bulk(b"on");
    if pass.is_none() {
        out.bulk(b"nopass");
    }
    out.bulk(b"sanitize-payload");
    out.bulk(b"passwords");
    out.array(usize::from(pass.is_some()));
    if let Some(digest) = pass {
        out.bulk(digest.as_bytes());
    }
    for (name, rules) in [("commands", "+@all"), ("keys", "~*"), ("channels", "&*")] {
        out.bulk(name.as_bytes());
        out.bulk(rules.as_bytes());
    }
    out.bulk(b"selectors");
    out.array(0);
    Ok(Outcome::Done)
}

/// ACL HELP.
pub fn help(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.help(args.at(0), HELP);
    Ok(Outcome::Done)
}

const HELP: &[&str] = &[
    "GETUSER <username>",
    "    Return what <username> may do.",
    "LIST",
    "    Return all users as rules of a configuration file.",
    "USERS",
    "    Return the names of all users.",
    "WHOAMI",
    "    Return the name of this connection's user.",
];
