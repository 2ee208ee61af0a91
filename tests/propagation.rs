//! What a replica is sent: the same seeded commands to our server and to Debian's redis-server, each with a raw
//! replica attached, and the two streams compared command by command.
//!
//! Every step is followed by a marker over another connection, so that a difference names the step that made it.
//! SELECT is read, not compared: a command counts with its database. Moments in time may lie ten seconds apart,
//! members drawn by chance are compared by their number. Active expiry is off: it works by the clock; a dead key
//! goes when a command meets it. What is meant to differ from 7.0.15 stands in `INTENDED`, with the reason.
//!
//! `REPLIS_SEEDS`, `REPLIS_SEED` and `REPLIS_STEPS` as in `differential.rs`.

mod common;
#[path = "differential/mod.rs"]
mod differential;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use common::{Server, real_redis};
use differential::generate::Generator;
use differential::step::{Step, printable};
use differential::wire::Wire;

/// No round begins later than this, unless more of them were asked for.
const BUDGET: Duration = Duration::from_secs(10);
/// How far apart two moments may lie that mean the same. Milliseconds.
const SLACK_MS: u64 = 10_000;
/// How long a stream may say nothing while something is expected.
const PATIENCE: Duration = Duration::from_secs(20);

const CONFIG: &str = "repl-diskless-sync no\nrepl-ping-replica-period 3600\nrepl-timeout 3600\n\
                      stream-node-max-entries 3\n";

/// The words of a command.
type Words = Vec<Vec<u8>>;

/// A command that 7.0.15 sends otherwise than we, on purpose.
struct Intended {
    /// Its name.
    command: &'static str,
    /// What 7.0.15 sends in the place of ours.
    real: fn(&[Vec<u8>]) -> Words,
    /// Why.
    reason: &'static str,
}

const INTENDED: &[Intended] = &[Intended {
    command: "SET",
    real: set_with_a_moment,
    reason: "7.2 sends a SET that has PXAT already as it came; 7.0 writes it anew",
}];

/// Key, value and the last moment.
fn set_with_a_moment(ours: &[Vec<u8>]) -> Words {
    let Some(at) = ours.iter().skip(3).rposition(|arg| arg.eq_ignore_ascii_case(b"PXAT")) else {
        return ours.to_vec();
    };
    let moment = ours.get(3 + at + 1).cloned().unwrap_or_default();
    [&ours[..3], &[b"PXAT".to_vec(), moment]].concat()
}

/// One command of a stream with its database.
type Command = (u64, Words);

/// One server with a replica that only listens.
struct Side {
    client: Wire,
    marker: Wire,
    stream: TcpStream,
    unread: Vec<u8>,
    db: u64,
}

impl Side {
    fn attach(port: u16) -> Side {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(b"PSYNC ? -1\r\n").unwrap();
        let mut side = Side {
            client: Wire::open(port).unwrap(),
            marker: Wire::open(port).unwrap(),
            stream,
            unread: Vec::new(),
            db: 0,
        };
        assert!(side.line().starts_with(b"+FULLRESYNC "));
        // Line ends keep the link alive until the snapshot comes.
        let header = std::iter::from_fn(|| Some(side.line())).find(|line| !line.is_empty()).unwrap();
        let len: usize = std::str::from_utf8(&header[1..]).unwrap().parse().expect("a length");
        side.take(len);
        assert_eq!(side.marker.call(&[b"DEBUG", b"SET-ACTIVE-EXPIRE", b"0"]).unwrap(), b"+OK\r\n");
        assert_eq!(side.marker.call(&[b"SELECT", b"15"]).unwrap(), b"+OK\r\n");
        side
    }

    fn line(&mut self) -> Vec<u8> {
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                return line.trim_ascii_end().to_vec();
            }
            self.fill();
        }
    }

    fn take(&mut self, len: usize) -> Vec<u8> {
        while self.unread.len() < len {
            self.fill();
        }
        self.unread.drain(..len).collect()
    }

    fn fill(&mut self) {
        let mut chunk = [0; 1 << 16];
        let n = self.stream.read(&mut chunk).expect("the stream goes on");
        assert_ne!(n, 0, "the stream ended");
        self.unread.extend_from_slice(&chunk[..n]);
    }

    /// Plays a step and marks its end in the stream.
    fn play(&mut self, step: &Step, number: usize) {
        self.client.send(&step.bytes).unwrap();
        // A client that tracks is told of keys, the marker among them, before it gets its answer.
        let mut reply = || self.client.reply().unwrap_or_else(|e| panic!("{step}: {e}"));
        while reply().starts_with(b">2\r\n$10\r\ninvalidate\r\n") {}
        self.mark(number);
    }

    fn mark(&mut self, number: usize) {
        self.marker.call(&[b"SET", b"marker", number.to_string().as_bytes()]).unwrap();
    }

    /// The stream up to the marker.
    fn until(&mut self, number: usize) -> Vec<Command> {
        let mark = [b"SET".to_vec(), b"marker".to_vec(), number.to_string().into_bytes()];
        let mut commands = Vec::new();
        loop {
            let command = self.command();
            if command[0].eq_ignore_ascii_case(b"select") {
                self.db = std::str::from_utf8(&command[1]).unwrap().parse().unwrap();
            } else if command == mark {
                return commands;
            } else {
                // 7.0 says SELECT before MULTI, 7.2 inside.
                let bare = command.len() == 1 && [&b"MULTI"[..], b"EXEC"].contains(&&*command[0]);
                commands.push((if bare { 0 } else { self.db }, command));
            }
        }
    }

    fn command(&mut self) -> Vec<Vec<u8>> {
        let header = self.line();
        assert_eq!(header.first(), Some(&b'*'), "{}", printable(&header, 100));
        let count: usize = std::str::from_utf8(&header[1..]).unwrap().parse().unwrap();
        (0..count)
            .map(|_| {
                let len: usize = std::str::from_utf8(&self.line()[1..]).unwrap().parse().unwrap();
                let arg = self.take(len);
                assert_eq!(self.take(2), b"\r\n");
                arg
            })
            .collect()
    }
}

/// Whether two arguments mean the same: equal, or moments close to each other.
fn same_arg(a: &[u8], b: &[u8]) -> bool {
    // The time in an id of the clock is one, too.
    let moment = |text: &[u8]| {
        let text = std::str::from_utf8(text).ok()?;
        let ms = text.split_once('-').map_or(text, |(ms, _)| ms);
        ms.parse::<u64>().ok().filter(|n| *n > 1 << 40)
    };
    a == b || matches!((moment(a), moment(b)), (Some(x), Some(y)) if x.abs_diff(y) <= SLACK_MS)
}

fn same(step: &Step, ours: &[Command], real: &[Command]) -> bool {
    let by_chance = step.word(0) == "SPOP";
    // 7.0 sends a SREM for each member, 7.2 one for all.
    if by_chance && removed(ours).is_some() {
        return removed(ours) == removed(real);
    }
    ours.len() == real.len()
        && ours.iter().zip(real).all(|((db, one), (other_db, other))| {
            let compared = if by_chance { 2 } else { one.len() };
            let same = one.len() == other.len()
                // The name's case is the client's, unless the server made the command.
                && one[0].eq_ignore_ascii_case(&other[0])
                && one.iter().zip(other).skip(1).take(compared - 1).all(|(a, b)| same_arg(a, b));
            db == other_db && (same || intended(one, other))
        })
}

/// How many members the commands take out, if that is all they do.
fn removed(commands: &[Command]) -> Option<usize> {
    let inner = match commands {
        [(_, multi), inner @ .., (_, exec)] if *multi[0] == *b"MULTI" && *exec[0] == *b"EXEC" => inner,
        all => all,
    };
    inner.iter().map(|(_, command)| (*command[0] == *b"SREM").then(|| command.len() - 2)).sum()
}

/// Whether a row of the list allows the difference.
fn intended(ours: &[Vec<u8>], real: &[Vec<u8>]) -> bool {
    let rows = INTENDED.iter().filter(|row| ours[0].eq_ignore_ascii_case(row.command.as_bytes()));
    rows.filter(|row| !row.reason.is_empty()).any(|row| {
        let expected = (row.real)(ours);
        expected.len() == real.len() && expected.iter().zip(real).skip(1).all(|(a, b)| same_arg(a, b))
    })
}

fn shown(commands: &[Command]) -> String {
    let words = |command: &[Vec<u8>]| {
        command.iter().map(|arg| format!("\"{}\"", printable(arg, 60))).collect::<Vec<_>>().join(" ")
    };
    commands
        .iter()
        .map(|(db, command)| format!("{} (db {db})", words(command)))
        .collect::<Vec<_>>()
        .join("; ")
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn replicas_are_sent_the_same() {
    let Some(real) = real_redis() else { return };
    let (ours, real) = (Server::start(CONFIG), real.config(CONFIG).start());
    let mut sides = [Side::attach(ours.port()), Side::attach(real.port())];
    let (first, rounds) = (number("REPLIS_SEED").unwrap_or(1), number("REPLIS_SEEDS").unwrap_or(60));
    let steps = number("REPLIS_STEPS").unwrap_or(500) as usize;
    let start = Instant::now();
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for seed in first..first + rounds {
        if start.elapsed() > BUDGET && number("REPLIS_SEEDS").is_none() {
            break;
        }
        round(&mut sides, seed, steps, &mut names);
        let digests = sides.each_mut().map(|side| side.marker.call(&[b"DEBUG", b"DIGEST"]).unwrap());
        assert_eq!(digests[0], digests[1], "seed {seed}: the data differ, so the streams say nothing");
    }
    println!("sent: {names:?}");
    assert!(names.len() > 40, "too few kinds of commands travelled to mean something: {names:?}");
}

fn round(sides: &mut [Side; 2], seed: u64, steps: usize, names: &mut BTreeMap<String, usize>) {
    let mut generator = Generator::writes(seed);
    let mut begin = vec![b"RESET".as_slice(), b"FLUSHALL"];
    let mut played: Vec<Step> = begin.drain(..).map(|word| Step::new(0, vec![word.to_vec()])).collect();
    played.extend((0..steps).map(|_| generator.next()));
    // Whatever is open at the end is closed.
    played.push(Step::new(0, vec![b"RESET".to_vec()]));
    for (at, step) in played.iter().enumerate() {
        sides.iter_mut().for_each(|side| side.play(step, at));
    }
    for (at, step) in played.iter().enumerate() {
        let [ours, real] = sides.each_mut().map(|side| side.until(at));
        let before: String = played[at.saturating_sub(12)..at].iter().map(|s| format!("  {s}\n")).collect();
        assert!(
            same(step, &ours, &real),
            "seed {seed}, step {at}: {step}\nours: {}\nreal: {}\nbefore:\n{before}\
             play it again: REPLIS_SEED={seed} REPLIS_SEEDS=1",
            shown(&ours),
            shown(&real)
        );
        for (_, command) in ours {
            *names.entry(String::from_utf8_lossy(&command[0]).to_ascii_uppercase()).or_default() += 1;
        }
    }
}

/// The comparison itself: what it takes for equal, and what not.
#[test]
fn what_differs_is_seen() {
    let command =
        |words: &str| -> Command { (0, words.split(' ').map(|word| word.as_bytes().to_vec()).collect()) };
    let step = |words: &str| Step::new(0, words.split(' ').map(|word| word.as_bytes().to_vec()).collect());
    let check = |step_words: &str, one: &str, other: &str| {
        same(&step(step_words), &[command(one)], &[command(other)])
    };
    assert!(check("set a b", "set a b", "SET a b"));
    assert!(!check("set a b", "set a b", "set a B"));
    assert!(check("expire a 1", "PEXPIREAT a 1700000000000", "PEXPIREAT a 1700000000009"));
    assert!(!check("expire a 1", "PEXPIREAT a 1700000000000", "PEXPIREAT a 1700000099999"));
    assert!(check("spop s", "SREM s x", "SREM s y") && !check("spop s", "SREM s x", "SREM s y z"));
    assert!(!same(&step("set a b"), &[command("set a b")], &[]));
    assert!(check("set a b", "set a b get pxat 1700000000000", "SET a b PXAT 1700000000001"));
    assert!(!check("set a b", "set a b get", "SET a c"));
}

/// A client that waits for a list gets it whoever makes it, and replicas are told of both in the same words.
#[test]
fn woken_clients_leave_the_same_traces() {
    let Some(real) = real_redis() else { return };
    let (ours, real) = (Server::start(CONFIG), real.config(CONFIG).start());
    let servers = [&ours, &real];
    let mut sides = servers.map(|server| Side::attach(server.port()));
    let makers: &[&[&str]] = &[
        &["RPUSH q 1 2"],
        &["SORT l STORE q"],
        &["RENAME l q"],
        &["COPY l q"],
        &["MULTI", "RPUSH q a", "RPUSH q b", "LPOP q", "EXEC"],
        &["LMOVE l q LEFT RIGHT"],
        &["SELECT 1", "RPUSH q x", "MOVE q 0", "SELECT 0"],
        &["SELECT 1", "RPUSH q x", "SWAPDB 0 1", "SELECT 0"],
    ];
    for (number, maker) in makers.iter().enumerate() {
        let mut traces = Vec::new();
        for (side, server) in sides.iter_mut().zip(servers) {
            for line in ["DEL q l", "RPUSH l 3 1"] {
                run(&mut side.client, line);
            }
            let mut waiter = server.client();
            waiter.send(&["BLPOP", "q", "0"]);
            common::wait_until("it waits", common::SOON, || {
                server.info_field("clients", "blocked_clients") == "1"
            });
            maker.iter().for_each(|line| run(&mut side.client, line));
            let got = waiter.read_value().texts();
            side.mark(number);
            traces.push((got, side.until(number)));
        }
        assert_eq!(traces[0], traces[1], "{maker:?}");
    }
}

fn run(client: &mut Wire, line: &str) {
    let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
    let reply = client.call(&words).unwrap();
    assert!(!reply.starts_with(b"-"), "{line}: {}", printable(&reply, 200));
}
