//! CLIENT TRACKING, CACHING, GETREDIR, TRACKINGINFO: client-side caching as a client asks for it. What it means
//! is in `core::tracking`.
//!
//! Deviation: of two overlapping prefixes in one request Redis 7.2.4 complains, but unless one of them comes
//! first it tracks nevertheless and replies a second time. We only complain.
//!
//! Source: Redis 7.2.4 `clientCommand`, `checkPrefixCollisionsOrReply`.

use std::collections::BTreeSet;

use crate::base::bytes::eq_ignore_case;
use crate::cmd::args;
use crate::core::ctx::{Ctx, Outcome};
use crate::core::tracking as core;
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::client::ClientId;
use crate::state::tracking::{Mode, Tracking};

/// The options of CLIENT TRACKING.
#[derive(Default)]
struct Options<'a> {
    redirect: Option<(ClientId, u64)>,
    bcast: bool,
    optin: bool,
    optout: bool,
    noloop: bool,
    prefixes: Vec<&'a [u8]>,
}

impl<'a> Options<'a> {
    fn read(cx: &Ctx<'_>, args: Args<'a>) -> Result<Options<'a>, CmdError> {
        let mut options = Options::default();
        let mut at = 3;
        while at < args.len() {
            let (word, value) = (args.at(at), args.get(at + 1));
            match (word.to_ascii_lowercase().as_slice(), value) {
                (b"redirect", Some(value)) => {
                    if options.redirect.is_some() {
                        return Err(errors::TRACKING_ONE_REDIRECT);
                    }
                    let number = args::int(value)?;
                    let number = u64::try_from(number).map_err(|_| errors::TRACKING_NO_REDIRECT)?;
                    let found = cx.srv.clients.by_number(number).ok_or(errors::TRACKING_NO_REDIRECT)?;
                    options.redirect = Some((found, number));
                    at += 1;
                }
                (b"prefix", Some(value)) => {
                    options.prefixes.push(value);
                    at += 1;
                }
                (b"bcast", _) => options.bcast = true,
                (b"optin", _) => options.optin = true,
                (b"optout", _) => options.optout = true,
                (b"noloop", _) => options.noloop = true,
                _ => return Err(errors::SYNTAX),
            }
            at += 1;
        }
        Ok(options)
    }

    /// Whether the options go together, and with how the client tracks now.
    fn check(&self, old: Option<&Tracking>) -> Result<(), CmdError> {
        if !self.bcast && !self.prefixes.is_empty() {
            return Err(errors::TRACKING_PREFIX);
        }
        if old.is_some_and(|old| (old.mode == Mode::Broadcast) != self.bcast) {
            return Err(errors::TRACKING_SWITCH_BCAST);
        }
        if self.bcast && (self.optin || self.optout) {
            return Err(errors::TRACKING_BCAST_OPT);
        }
        if self.optin && self.optout {
            return Err(errors::TRACKING_OPT_BOTH);
        }
        let was = |mode| old.is_some_and(|old| old.mode == mode);
        if self.optin && was(Mode::OptOut) || self.optout && was(Mode::OptIn) {
            return Err(errors::TRACKING_SWITCH_OPT);
        }
        self.check_prefixes(old)
    }

    fn check_prefixes(&self, old: Option<&Tracking>) -> Result<(), CmdError> {
        let overlap = |a: &[u8], b: &[u8]| a.starts_with(b) || b.starts_with(a);
        for (i, prefix) in self.prefixes.iter().enumerate() {
            let mut existing = old.into_iter().flat_map(|old| &old.prefixes);
            if let Some(existing) = existing.find(|existing| overlap(existing, prefix)) {
                return Err(errors::prefix_overlaps_existing(prefix, existing));
            }
            if let Some(other) = self.prefixes[i + 1..].iter().find(|other| overlap(other, prefix)) {
                return Err(errors::prefixes_overlap(prefix, other));
            }
        }
        Ok(())
    }

    fn mode(&self) -> Mode {
        match (self.bcast, self.optin, self.optout) {
            (true, ..) => Mode::Broadcast,
            (_, true, _) => Mode::OptIn,
            (_, _, true) => Mode::OptOut,
            _ => Mode::Reads,
        }
    }
}

/// CLIENT TRACKING `ON|OFF [REDIRECT id] [PREFIX prefix …] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]`
pub fn tracking(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let options = Options::read(cx, args)?;
    if eq_ignore_case(args.at(2), b"on") {
        options.check(cx.srv.clients[cx.me].tracking.as_deref())?;
        let mut prefixes: BTreeSet<Box<[u8]>> = options.prefixes.iter().map(|p| Box::from(*p)).collect();
        if options.bcast && prefixes.is_empty() {
            prefixes.insert(Box::default());
        }
        let wanted = Tracking {
            mode: options.mode(),
            redirect: options.redirect,
            broken_redirect: false,
            noloop: options.noloop,
            caching: false,
            prefixes,
        };
        core::start(cx.srv, cx.me, wanted);
    } else if eq_ignore_case(args.at(2), b"off") {
        core::stop(cx.srv, cx.me);
    } else {
        return Err(errors::SYNTAX);
    }
    cx.out.ok();
    Ok(Outcome::Done)
}

/// CLIENT CACHING `YES|NO`
pub fn caching(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let Some(tracking) = cx.client().tracking.as_mut() else { return Err(errors::CACHING_UNTRACKED) };
    if eq_ignore_case(args.at(2), b"yes") {
        if tracking.mode != Mode::OptIn {
            return Err(errors::CACHING_YES);
        }
    } else if eq_ignore_case(args.at(2), b"no") {
        if tracking.mode != Mode::OptOut {
            return Err(errors::CACHING_NO);
        }
    } else {
        return Err(errors::SYNTAX);
    }
    tracking.caching = true;
    cx.out.ok();
    Ok(Outcome::Done)
}

/// CLIENT GETREDIR: the client that gets the invalidations, 0 for oneself, -1 without tracking.
pub fn getredir(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    let redirect = cx.client().redirect();
    cx.out.int(redirect);
    Ok(Outcome::Done)
}

/// CLIENT TRACKINGINFO
pub fn trackinginfo(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    let client = &cx.srv.clients[cx.me];
    let tracking = client.tracking.as_deref();
    let caching = tracking.is_some_and(|t| t.caching);
    let mut flags = vec![if tracking.is_some() { "on" } else { "off" }];
    if let Some(tracking) = tracking {
        match tracking.mode {
            Mode::Reads => {}
            Mode::Broadcast => flags.push("bcast"),
            Mode::OptIn => flags.extend(["optin"].into_iter().chain(caching.then_some("caching-yes"))),
            Mode::OptOut => flags.extend(["optout"].into_iter().chain(caching.then_some("caching-no"))),
        }
        flags.extend(tracking.noloop.then_some("noloop"));
        flags.extend(tracking.broken_redirect.then_some("broken_redirect"));
    }
    let out = &mut *cx.out;
    out.map(3);
    out.bulk(b"flags");
    out.set(flags.len());
    flags.iter().for_each(|flag| out.bulk(flag.as_bytes()));
    out.bulk(b"redirect");
    out.int(client.redirect());
    out.bulk(b"prefixes");
    out.array(tracking.map_or(0, |t| t.prefixes.len()));
    tracking.iter().flat_map(|t| &t.prefixes).for_each(|prefix| out.bulk(prefix));
    Ok(Outcome::Done)
}
