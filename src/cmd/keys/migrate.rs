//! MIGRATE: keys move to another server, whole or not at all.
//!
//! Every key is sent as a RESTORE of what DUMP would answer, all in one go (after AUTH and SELECT where they
//! are needed), then the answers are read. A key goes here when the other server said that it has it, and
//! replicas get one DEL of those that went. The server stands still meanwhile, as Redis does.
//!
//! A connection kept from an earlier MIGRATE may have died in between, so an error that is no timeout is tried
//! once more over a fresh one, as long as no answer has come.
//!
//! Source: Redis 7.2.4 `migrateCommand`.

use std::io;

use crate::base::num::{IntBuf, fmt_i64};
use crate::cmd::args::{self, Cursor};
use crate::core::ctx::{Ctx, Outcome};
use crate::format::rdb_write::dump_payload;
use crate::keyspace::Class;
use crate::resp::errors::{self, CmdError};
use crate::resp::request::{Args, push_request};
use crate::state::host::{Host, Peer};

const KEY_AND_KEYS: CmdError =
    CmdError::fixed("ERR When using MIGRATE KEYS option, the key argument must be set to the empty string");
const NOT_CONNECTED: CmdError = CmdError::fixed("IOERR error or timeout connecting to the client");
const NOT_WRITTEN: CmdError = CmdError::fixed("IOERR error or timeout writing to target instance");
const NOT_READ: CmdError = CmdError::fixed("IOERR error or timeout reading to target instance");

/// Milliseconds, when the request names none that makes sense.
const DEFAULT_TIMEOUT_MS: i64 = 1000;

/// What the request asks for.
#[derive(Default)]
struct Options<'a> {
    copy: bool,
    replace: bool,
    user: Option<&'a [u8]>,
    password: Option<&'a [u8]>,
    keys: Vec<&'a [u8]>,
}

/// How a try ended that did not succeed.
enum Trouble {
    /// There is no connection.
    Connecting,
    /// The request did not get out.
    Writing(io::Error),
    /// No answer came, but for those of `Sent::moved`.
    Reading(io::Error),
}

/// What came of a request that got out.
#[derive(Default)]
struct Sent<'a> {
    /// Keys that the other server has now.
    moved: Vec<&'a [u8]>,
    /// Its first error.
    refused: Option<Vec<u8>>,
    /// Answers to keys that came, errors too.
    answers: usize,
}

/// `MIGRATE host port key|"" destination-db timeout [COPY] [REPLACE] [AUTH password | AUTH2 username password]
/// [KEYS key [key ...]]`
pub fn migrate(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let mut options = parse(cx, args)?;
    let timeout_ms = Some(args::int(args.at(5))?).filter(|ms| *ms > 0).unwrap_or(DEFAULT_TIMEOUT_MS);
    let db = args::int(args.at(4))?;
    options.keys.retain(|key| cx.srv.keys.read(cx.db, key, cx.now).is_some());
    if options.keys.is_empty() {
        cx.out.simple("NOKEY");
        return Ok(Outcome::Done);
    }
    let (host, port) = (c_text(args.at(1)), port(args.at(2)));
    let to = Target { host: &host, port, db, timeout_ms };
    let mut sent = Sent::default();
    let mut tried = attempt(cx, &to, &options, &mut sent);
    if let Err(Trouble::Writing(e) | Trouble::Reading(e)) = &tried {
        cx.host.close_peer(to.host, to.port);
        if e.kind() != io::ErrorKind::TimedOut && sent.answers == 0 {
            tried = attempt(cx, &to, &options, &mut sent);
            if matches!(tried, Err(Trouble::Writing(_) | Trouble::Reading(_))) {
                cx.host.close_peer(to.host, to.port);
            }
        }
    }
    cx.srv.stats.migrate_sockets = cx.host.open_peers();
    // It may have taken a while.
    cx.srv.clock.refresh();
    if !options.copy {
        remove(cx, &sent.moved);
    }
    match (sent.refused, tried) {
        (Some(error), _) => Err(CmdError::err(&[b"Target instance replied with error: ", &error])),
        (None, Err(Trouble::Connecting)) => Err(NOT_CONNECTED),
        (None, Err(Trouble::Writing(_))) => Err(NOT_WRITTEN),
        (None, Err(Trouble::Reading(_))) => Err(NOT_READ),
        (None, Ok(())) => {
            cx.out.ok();
            Ok(Outcome::Done)
        }
    }
}

fn parse<'a>(cx: &mut Ctx<'_>, args: Args<'a>) -> Result<Options<'a>, CmdError> {
    let mut options = Options { keys: vec![args.at(3)], ..Options::default() };
    let mut cursor = Cursor::new(args, 6);
    // The place of the next argument.
    let at = |cursor: &Cursor<'_>| args.len() - cursor.left();
    while cursor.left() > 0 {
        if cursor.accept("copy") {
            options.copy = true;
        } else if cursor.accept("replace") {
            options.replace = true;
        } else if cursor.accept("auth") {
            cx.redact(at(&cursor));
            options.password = Some(cursor.value());
        } else if cursor.left() > 2 && cursor.accept("auth2") {
            cx.redact(at(&cursor));
            cx.redact(at(&cursor) + 1);
            (options.user, options.password) = (Some(cursor.value()), Some(cursor.value()));
        } else if cursor.accept("keys") {
            if !args.at(3).is_empty() {
                return Err(KEY_AND_KEYS);
            }
            options.keys = std::iter::from_fn(|| cursor.word()).collect();
        } else {
            return Err(errors::SYNTAX);
        }
    }
    cursor.finish()?;
    Ok(options)
}

/// What C reads of a name: up to a NUL.
fn c_text(text: &[u8]) -> String {
    String::from_utf8_lossy(text.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
}

/// C's `atoi`; 0, where nobody listens, for what is no port.
fn port(text: &[u8]) -> u16 {
    let digits = text.trim_ascii_start();
    let end = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
    std::str::from_utf8(&digits[..end]).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// Where the keys go.
struct Target<'a> {
    host: &'a str,
    port: u16,
    db: i64,
    timeout_ms: i64,
}

/// Sends everything over one connection and reads the answers.
fn attempt<'a>(
    cx: &mut Ctx<'_>,
    to: &Target<'_>,
    options: &Options<'a>,
    sent: &mut Sent<'a>,
) -> Result<(), Trouble> {
    let peer = connect(cx.host, to)?;
    let select = peer.db() != Some(to.db);
    let mut request = preamble(options, select.then_some(to.db));
    for key in &options.keys {
        restore(&mut request, cx, key, options.replace);
    }
    let peer = connect(cx.host, to)?;
    peer.send(&request, to.timeout_ms).map_err(Trouble::Writing)?;
    drop(request);
    let mut answer = || match peer.line(to.timeout_ms) {
        Ok(line) if line.is_empty() => Err(Trouble::Reading(io::ErrorKind::InvalidData.into())),
        Ok(line) => Ok(line),
        Err(e) => Err(Trouble::Reading(e)),
    };
    let error_in = |line: Vec<u8>| line.strip_prefix(b"-").map(<[u8]>::to_vec);
    let mut early = None;
    for _ in 0..usize::from(options.password.is_some()) + usize::from(select) {
        let error = error_in(answer()?);
        early = early.or(error);
    }
    let read = options.keys.iter().try_for_each(|key| {
        let error = error_in(answer()?);
        sent.answers += 1;
        match early.clone().or(error) {
            Some(error) => sent.refused = sent.refused.take().or(Some(error)),
            None => sent.moved.push(key),
        }
        Ok(())
    });
    // Which database is selected there is known only when everything went well.
    peer.set_db(if sent.refused.is_none() { Some(to.db) } else { None });
    read
}

/// The connection, kept or new. Where nobody listens Redis learns it from its first write.
fn connect<'h>(host: &'h mut dyn Host, to: &Target<'_>) -> Result<&'h mut dyn Peer, Trouble> {
    host.peer(to.host, to.port, to.timeout_ms).map_err(|e| match e.kind() {
        io::ErrorKind::ConnectionRefused => Trouble::Writing(e),
        _ => Trouble::Connecting,
    })
}

/// AUTH and SELECT, as far as they are needed.
fn preamble(options: &Options<'_>, db: Option<i64>) -> Vec<u8> {
    let mut request = Vec::new();
    match (options.user, options.password) {
        (Some(user), Some(password)) => push_request(&mut request, &[b"AUTH", user, password]),
        (None, Some(password)) => push_request(&mut request, &[b"AUTH", password]),
        _ => {}
    }
    if let Some(db) = db {
        push_request(&mut request, &[b"SELECT", fmt_i64(db, &mut IntBuf::new())]);
    }
    request
}

/// RESTORE of a key that was there a moment ago.
fn restore(request: &mut Vec<u8>, cx: &Ctx<'_>, key: &[u8], replace: bool) {
    let Some(entry) = cx.srv.keys.dbs[cx.db].get(key) else { return };
    let ttl = entry.expire().map_or(0, |when| (when - cx.now).max(1));
    let payload = dump_payload(entry, cx.srv.config.rdbcompression);
    let mut buf = IntBuf::new();
    let words = [b"RESTORE", key, fmt_i64(ttl, &mut buf), &payload, b"REPLACE"];
    push_request(request, &words[..if replace { 5 } else { 4 }]);
}

/// Takes out what the other server has, and tells replicas.
fn remove(cx: &mut Ctx<'_>, moved: &[&[u8]]) {
    let lazy = cx.srv.config.lazyfree_lazy_server_del;
    for key in moved {
        // A key named twice went with the first.
        if let Some(entry) = cx.srv.keys.remove(cx.db, key) {
            super::free(cx, entry, lazy);
        }
        cx.touch(key, Class::GENERIC, "del", 1);
    }
    if !moved.is_empty() {
        let words: Vec<&[u8]> = std::iter::once(&b"DEL"[..]).chain(moved.iter().copied()).collect();
        cx.record_as(&words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_as_c_reads_them() {
        assert_eq!(
            (port(b"6379"), port(b" 80x"), port(b"70000"), port(b"x"), port(b"-1")),
            (6379, 80, 0, 0, 0)
        );
    }

    #[test]
    fn what_goes_before_the_keys() {
        let options = Options { password: Some(b"p"), ..Options::default() };
        assert_eq!(preamble(&options, None), b"*2\r\n$4\r\nAUTH\r\n$1\r\np\r\n");
        let options = Options { user: Some(b"u"), password: Some(b"p"), ..Options::default() };
        let both = preamble(&options, Some(9));
        assert!(
            both.starts_with(b"*3\r\n$4\r\nAUTH\r\n$1\r\nu\r\n$1\r\np\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n9\r\n")
        );
        assert!(preamble(&Options::default(), None).is_empty());
    }
}
