//! Plays a stream to two servers and finds the first step whose answers differ; shortens what it found.

use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, Instant};

use super::compare::differ;
use super::intended;
use super::step::{CONNECTIONS, Check, Step, printable};
use super::wire::{Tree, Wire};

/// The two servers, ours first.
pub struct Pair {
    ports: [u16; 2],
    admin: [Wire; 2],
    conns: [Vec<Wire>; 2],
}

/// A difference.
#[derive(Debug)]
pub struct Mismatch {
    /// Index of the step; the number of steps when only the digest differs.
    pub at: usize,
    /// What differs.
    pub why: String,
    /// Our answer, for reading.
    pub ours: String,
    /// The real one.
    pub real: String,
}

/// What decides about encodings, as it is at the start of a stream. 7.0 does not know all of them.
const THRESHOLDS: &[(&str, &str)] = &[
    ("list-max-listpack-size", "-2"),
    ("list-compress-depth", "0"),
    ("hash-max-listpack-entries", "512"),
    ("hash-max-listpack-value", "64"),
    ("set-max-intset-entries", "512"),
    ("set-max-listpack-entries", "128"),
    ("set-max-listpack-value", "64"),
    ("zset-max-listpack-entries", "128"),
    ("zset-max-listpack-value", "64"),
];

impl Pair {
    /// Connects to both; nothing is played yet.
    pub fn new(ours: u16, real: u16) -> io::Result<Self> {
        let ports = [ours, real];
        Ok(Self { ports, admin: [Wire::open(ours)?, Wire::open(real)?], conns: [Vec::new(), Vec::new()] })
    }

    /// Empties both servers and opens new connections.
    fn begin(&mut self) -> io::Result<()> {
        for side in 0..2 {
            for mut wire in self.conns[side].drain(..) {
                // Waited for, so that CLIENT LIST does not show it any more.
                if wire.finish().is_ok() {
                    let _ = wire.rest();
                }
            }
            let admin = &mut self.admin[side];
            admin.call(&[b"SCRIPT", b"FLUSH"])?;
            admin.call(&[b"FLUSHALL"])?;
            for (name, value) in THRESHOLDS {
                admin.call(&[b"CONFIG", b"SET", name.as_bytes(), value.as_bytes()])?;
            }
            for _ in 0..CONNECTIONS {
                self.conns[side].push(Wire::open(self.ports[side])?);
            }
            // A round trip on each in turn gives both servers the same order of clients.
            for wire in &mut self.conns[side] {
                wire.call(&[b"PING"])?;
            }
        }
        Ok(())
    }

    /// Plays all steps from an empty start.
    pub fn play(&mut self, steps: &[Step]) -> Result<(), Mismatch> {
        let broken = |at: usize, e: io::Error| Mismatch {
            at,
            why: format!("no answer: {e}"),
            ours: String::new(),
            real: String::new(),
        };
        self.begin().map_err(|e| broken(0, e))?;
        for (at, step) in steps.iter().enumerate() {
            let (ours, real) = self.both(step);
            let (ours, real) = match (ours, real) {
                (Ok(o), Ok(r)) => (o, r),
                (o, r) => {
                    let text = |x: io::Result<Vec<u8>>| match x {
                        Ok(bytes) => printable(&bytes, 400),
                        Err(e) => format!("no answer: {e}"),
                    };
                    return Err(Mismatch {
                        at,
                        why: "an answer is missing".into(),
                        ours: text(o),
                        real: text(r),
                    });
                }
            };
            if let Some(why) = differ(&step.check, &ours, &real)
                && intended::row(step, &ours, &real).is_none()
                && !intended::waits_at_nul(step, &ours, &real)
            {
                let (ours, real) = (printable(&ours, 400), printable(&real, 400));
                return Err(Mismatch { at, why, ours, real });
            }
        }
        self.same_digest(steps.len()).map_err(|e| broken(steps.len(), e))?
    }

    fn both(&mut self, step: &Step) -> (io::Result<Vec<u8>>, io::Result<Vec<u8>>) {
        match step.check {
            Check::Raw => {
                let [a, b] = self.ports;
                (raw(a, &step.bytes), raw(b, &step.bytes))
            }
            Check::Gone | Check::ScanLoop => {
                let [a, b] = &mut self.conns;
                let (a, b) = (&mut a[step.conn], &mut b[step.conn]);
                match step.check {
                    Check::Gone => (gone(a, &step.args[0]), gone(b, &step.args[0])),
                    _ => (scan(a, step), scan(b, step)),
                }
            }
            _ => {
                // Both have the request before either is waited for.
                let sent: Vec<_> = self.conns.iter_mut().map(|c| c[step.conn].send(&step.bytes)).collect();
                let mut got = self.conns.iter_mut().zip(sent).map(|(conns, sent)| {
                    sent?;
                    if step.check == Check::Closes {
                        conns[step.conn].rest()
                    } else {
                        conns[step.conn].reply()
                    }
                });
                let both = (got.next().unwrap(), got.next().unwrap());
                drop(got);
                if step.check == Check::Closes {
                    for side in 0..2 {
                        match Wire::open(self.ports[side]).and_then(|mut w| w.call(&[b"PING"]).map(|_| w)) {
                            Ok(wire) => self.conns[side][step.conn] = wire,
                            Err(e) => return (Err(e), both.1),
                        }
                    }
                }
                both
            }
        }
    }

    fn same_digest(&mut self, at: usize) -> io::Result<Result<(), Mismatch>> {
        let mut digests = Vec::new();
        for admin in &mut self.admin {
            digests.push(admin.call(&[b"DEBUG", b"DIGEST"])?);
        }
        if digests[0] == digests[1] {
            return Ok(Ok(()));
        }
        let (ours, real) = (contents(&mut self.admin[0])?, contents(&mut self.admin[1])?);
        let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| -> String {
            a.difference(b).take(10).cloned().collect::<Vec<_>>().join("\n    ")
        };
        let why = "DEBUG DIGEST differs".into();
        Ok(Err(Mismatch { at, why, ours: only(&ours, &real), real: only(&real, &ours) }))
    }

    /// The shortest stream found within `limit` that still ends in a difference of the same command.
    pub fn shrink(&mut self, steps: &[Step], first: &Mismatch, limit: Duration) -> (Vec<Step>, Mismatch) {
        let end = Instant::now() + limit;
        let name = |m: &Mismatch, steps: &[Step]| steps.get(m.at).map(|s| (s.word(0), s.check.clone()));
        let wanted = name(first, steps);
        let mut best = steps[..(first.at + 1).min(steps.len())].to_vec();
        let mut found = None;
        let mut size = best.len() / 2;
        while size > 0 && Instant::now() < end {
            let mut from = 0;
            while from < best.len() && Instant::now() < end {
                let mut less = best.clone();
                less.drain(from..(from + size).min(best.len()));
                match self.play(&less) {
                    Err(m) if name(&m, &less) == wanted && !m.why.starts_with("no answer") => {
                        less.truncate(m.at + 1);
                        best = less;
                        found = Some(m);
                    }
                    _ => from += size,
                }
            }
            size /= 2;
        }
        let last = found.or_else(|| self.play(&best).err());
        let last = last.unwrap_or_else(|| Mismatch {
            at: first.at,
            why: format!("{} (not again when played a second time)", first.why),
            ours: first.ours.clone(),
            real: first.real.clone(),
        });
        (best, last)
    }
}

/// All bytes that come back on a connection of its own, whose sending side is closed at once.
fn raw(port: u16, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut wire = Wire::open(port)?;
    // A server that has seen enough may close before all is written.
    let _ = wire.send(bytes);
    let _ = wire.finish();
    wire.rest()
}

/// Waits until the key is not there any more; reading it is what removes it.
fn gone(wire: &mut Wire, key: &[u8]) -> io::Result<Vec<u8>> {
    let end = Instant::now() + Duration::from_secs(5);
    loop {
        let reply = wire.call(&[b"GET", key])?;
        if Tree::of(&reply).is_some_and(|t| t.is_null()) || Instant::now() > end {
            return Ok(reply);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// What a SCAN with these options finds, sorted, each once; or its first error. SSCAN and its kin name their key
/// before the cursor.
fn scan(wire: &mut Wire, step: &Step) -> io::Result<Vec<u8>> {
    let mut args = step.args.clone();
    let place = if step.word(0) == "SCAN" { 1 } else { 2 };
    let mut keys = BTreeSet::new();
    wire.send(&step.bytes)?;
    for _ in 0..100_000 {
        let reply = wire.reply()?;
        let Some(Tree::Many(b'*', Some(parts))) = Tree::of(&reply) else { return Ok(reply) };
        let cursor = parts.first().and_then(Tree::text).map(<[u8]>::to_vec);
        let (Some(cursor), Some(Some(found))) = (cursor, parts.get(1).map(Tree::items)) else {
            return Ok(reply);
        };
        keys.extend(found.iter().filter_map(Tree::text).map(|k| printable(k, usize::MAX)));
        // A made-up cursor begins somewhere: what it finds is chance, that it is accepted is not.
        if args[place] != b"0" && step.args[place] == args[place] {
            return Ok(b"+cursor accepted\r\n".to_vec());
        }
        if cursor == b"0" {
            let all: Vec<String> = keys.into_iter().collect();
            return Ok(format!("+{}\r\n", all.join(" ")).into_bytes());
        }
        args[place] = cursor;
        wire.send(&super::step::encode(&args))?;
    }
    Err(io::Error::other("SCAN does not end"))
}

/// Every key with its value, encoding and expiry, for showing what differs.
fn contents(admin: &mut Wire) -> io::Result<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for db in 0..16 {
        let db = db.to_string();
        admin.call(&[b"SELECT", db.as_bytes()])?;
        let keys = Tree::of(&admin.call(&[b"KEYS", b"*"])?);
        for key in keys.iter().flat_map(|k| k.items().unwrap_or_default()).filter_map(Tree::text) {
            let mut value = admin.call(&[b"GET", key])?;
            let whole: [&[&[u8]]; 4] = [
                &[b"LRANGE", key, b"0", b"-1"],
                &[b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"],
                &[b"HGETALL", key],
                &[b"SMEMBERS", key],
            ];
            for words in whole {
                if !value.starts_with(b"-WRONGTYPE") {
                    break;
                }
                value = admin.call(words)?;
            }
            // What has no order is shown in one.
            if value.starts_with(b"*")
                && let Some(mut parts) = Tree::of(&value).and_then(|t| t.items().map(<[Tree]>::to_vec))
            {
                parts.sort();
                value = format!("{parts:?}").into_bytes();
            }
            let digest = admin.call(&[b"DEBUG", b"DIGEST-VALUE", key])?;
            value.extend_from_slice(&digest);
            let expires = admin.call(&[b"PTTL", key])? != b":-1\r\n";
            let text = format!("db{db} {} = {}", printable(key, 80), printable(&value, 2000));
            all.insert(if expires { format!("{text} expires") } else { text });
        }
    }
    admin.call(&[b"SELECT", b"0"])?;
    Ok(all)
}
