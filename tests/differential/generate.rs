//! Draws the stream: which family comes next, on which connection, and what state the connections are in.

use std::collections::VecDeque;

use super::pools::{key, value};
use super::rng::Rng;
use super::step::{CONNECTIONS, Check, Step};
use super::{
    admin, bits, conn, geo_hll, hashes, keys, lists, pubsub, sets, sort, streams, strings, wrong, zsets,
};

/// A command while its words are gathered.
pub struct Words(Vec<Vec<u8>>);

/// Begins a command whose name is `name` in any case.
pub fn words(rng: &mut Rng, name: &str) -> Words {
    Words(vec![rng.cased(name)])
}

impl Words {
    /// Adds an argument as it is.
    pub fn arg(mut self, arg: impl Into<Vec<u8>>) -> Self {
        self.0.push(arg.into());
        self
    }

    /// Adds an option in any case.
    pub fn cased(mut self, rng: &mut Rng, word: &str) -> Self {
        self.0.push(rng.cased(word));
        self
    }

    /// Adds one of several options in any case.
    pub fn one_of(self, rng: &mut Rng, options: &[&str]) -> Self {
        let word = rng.pick(options);
        self.cased(rng, word)
    }

    /// The finished step; short ones go as a line now and then.
    pub fn step(self, rng: &mut Rng, conn: usize) -> Step {
        let len: usize = self.0.iter().map(Vec::len).sum();
        if len < 2000 && rng.one_in(12) {
            let line = line(rng, &self.0);
            return Step::inline(conn, self.0, line);
        }
        Step::new(conn, self.0)
    }
}

/// `args` as a line of the inline protocol, quoted in one of the ways that it knows.
pub fn line(rng: &mut Rng, args: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    for (i, arg) in args.iter().enumerate() {
        if i > 0 {
            out.extend(std::iter::repeat_n(b' ', 1 + rng.below(2)));
        }
        let bare = !arg.is_empty() && arg.iter().all(|b| b.is_ascii_alphanumeric() || b":.-_{}".contains(b));
        // A line that begins with '*' would be taken for an array, and a quote must not stand inside single
        // quotes bare.
        let single = arg.iter().all(|b| !b"\r\n\\\0".contains(b));
        match rng.below(3) {
            0 if bare => out.extend_from_slice(arg),
            1 if single => {
                out.push(b'\'');
                for b in arg {
                    if *b == b'\'' {
                        out.push(b'\\');
                    }
                    out.push(*b);
                }
                out.push(b'\'');
            }
            _ => quote(rng, arg, &mut out),
        }
    }
    out.extend_from_slice(if rng.one_in(3) { b"\n" } else { b"\r\n" });
    out
}

fn quote(rng: &mut Rng, arg: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for b in arg {
        match b {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *b]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            7 => out.extend_from_slice(b"\\a"),
            8 => out.extend_from_slice(b"\\b"),
            0 | 0x80.. => out.extend_from_slice(format!("\\x{b:02x}").as_bytes()),
            _ if rng.one_in(20) => out.extend_from_slice(format!("\\x{b:02X}").as_bytes()),
            _ => out.push(*b),
        }
    }
    out.push(b'"');
}

/// Draws steps for ever.
pub struct Generator {
    rng: Rng,
    queue: VecDeque<Step>,
    /// Which connections are inside MULTI.
    multi: [bool; CONNECTIONS],
    /// Only commands that answer byte for byte the same whatever came before in time.
    plain: bool,
    /// Beside them all that may change data; see [`Generator::writes`].
    writes: bool,
}

impl Generator {
    /// The stream of `seed`; it begins by choosing each connection's protocol.
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let mut queue = VecDeque::new();
        for conn in 0..CONNECTIONS {
            let protocol = if rng.one_in(2) { "3" } else { "2" };
            let hello = vec![b"HELLO".to_vec(), protocol.as_bytes().to_vec()];
            queue.push_back(Step::new(conn, hello).checked(Check::Hello));
        }
        Self { rng, queue, multi: [false; CONNECTIONS], plain: false, writes: false }
    }

    /// A stream for one connection and one server, all of whose replies repeat: for splitting.
    pub fn plain(seed: u64) -> Self {
        let (queue, multi) = (VecDeque::new(), [false; CONNECTIONS]);
        Self { rng: Rng::new(seed), queue, multi, plain: true, writes: false }
    }

    /// A stream for one connection, made for what it changes: as [`Generator::plain`], but answers may depend on
    /// chance. Nothing in it walks over all keys, since the order in which that meets dead ones is chance too.
    pub fn writes(seed: u64) -> Self {
        Self { writes: true, ..Self::plain(seed) }
    }

    /// Whether a step has no place in this stream.
    fn unfit(&self, step: &Step) -> bool {
        if !self.plain {
            return false;
        }
        let fit = match step.check {
            Check::Exact => true,
            Check::Raw | Check::Closes | Check::Gone | Check::ScanLoop => false,
            _ => self.writes && !matches!(step.word(0).as_str(), "KEYS" | "RANDOMKEY"),
        };
        !fit || is_server_wide(step)
    }

    /// Whether nothing more belongs to the last step: what ends with chance is taken back before the digests are compared.
    pub fn is_whole(&self) -> bool {
        self.queue.is_empty()
    }

    /// The next step.
    pub fn next(&mut self) -> Step {
        loop {
            if self.queue.is_empty() {
                self.draw();
            }
            let Some(step) = self.queue.pop_front() else { continue };
            // What EXEC answers is compared byte for byte, so only such commands are queued.
            if self.multi[step.conn] && !matches!(step.check, Check::Exact | Check::Raw) {
                continue;
            }
            if self.unfit(&step) {
                continue;
            }
            self.follow(&step);
            // SET with a time long past leaves a key that is gone when somebody looks; so somebody looks at
            // once.
            let dated = (3..step.args.len()).any(|i| matches!(step.word(i).as_str(), "EXAT" | "PXAT"));
            if step.word(0) == "SET" && dated {
                self.queue.push_front(Step::new(step.conn, vec![b"EXISTS".to_vec(), step.args[1].clone()]));
            }
            return step;
        }
    }

    fn draw(&mut self) {
        let rng = &mut self.rng;
        let conn = if self.plain { 0 } else { [0, 0, 0, 0, 1, 1, 2][rng.below(7)] };
        let queued = self.multi[conn];
        match rng.below(100) {
            0..=6 => self.queue.extend(strings::draw(rng, conn)),
            7..=12 => self.queue.extend(streams::draw(rng, conn)),
            13..=16 => self.queue.extend(bits::draw(rng, conn)),
            17..=20 => self.queue.extend(geo_hll::draw(rng, conn)),
            21..=27 => self.queue.extend(lists::draw(rng, conn)),
            28..=34 => self.queue.extend(sets::draw(rng, conn)),
            35..=40 => self.queue.push_back(hashes::draw(rng, conn)),
            41..=48 => self.queue.extend(zsets::draw(rng, conn)),
            49..=51 => self.queue.extend(sort::draw(rng, conn)),
            // Nobody waits for the end of a key in a plain stream, nor inside MULTI.
            52..=66 => self.queue.extend(keys::draw(rng, conn, queued || self.plain)),
            67..=74 => self.queue.push_back(conn::draw(rng, conn)),
            75..=77 => {
                let free = (0..CONNECTIONS).find(|other| *other != conn && !self.multi[*other]);
                let other = free.filter(|_| !self.plain);
                self.queue.extend(pubsub::draw(rng, conn, other, queued));
            }
            78..=80 => self.queue.push_back(admin::draw(rng, conn)),
            81..=88 => self.queue.push_back(transaction(rng, conn, queued)),
            89..=96 => self.queue.push_back(wrong::draw(rng, conn)),
            _ if self.plain => {}
            _ => self.queue.push_back(wrong::garbage(rng)),
        }
    }

    /// Knows afterwards whether the connection is inside MULTI.
    fn follow(&mut self, step: &Step) {
        if step.check == Check::Raw {
            return;
        }
        let alone = step.args.len() == 1;
        match step.word(0).as_str() {
            "MULTI" if alone => self.multi[step.conn] = true,
            "EXEC" | "DISCARD" | "RESET" if alone => self.multi[step.conn] = false,
            _ if step.check == Check::Closes => self.multi[step.conn] = false,
            _ => {}
        }
    }
}

/// What says something about the whole process would differ between two plays of a plain stream.
fn is_server_wide(step: &Step) -> bool {
    let name = step.word(0);
    matches!(
        name.as_str(),
        "INFO" | "DEBUG" | "SAVE" | "BGSAVE" | "CONFIG" | "SHUTDOWN" | "SLOWLOG" | "LATENCY" | "MEMORY"
    ) || name == "CLIENT" && matches!(step.word(1).as_str(), "LIST" | "INFO" | "KILL" | "PAUSE" | "REPLY")
}

fn transaction(rng: &mut Rng, conn: usize, queued: bool) -> Step {
    match (queued, rng.below(8)) {
        (true, 0..=3) => words(rng, "EXEC").step(rng, conn),
        (true, 4) => words(rng, "DISCARD").step(rng, conn),
        (true, 5) => words(rng, "MULTI").step(rng, conn),
        (true, 6) => words(rng, "SET").arg(key(rng)).arg(value(rng)).step(rng, conn),
        (true, _) => words(rng, "WATCH").arg(key(rng)).step(rng, conn),
        (false, 0..=2) => words(rng, "MULTI").step(rng, conn),
        (false, 3 | 4) => {
            let w = words(rng, "WATCH").arg(key(rng)).arg(key(rng));
            w.step(rng, conn)
        }
        (false, 5) => words(rng, "UNWATCH").step(rng, conn),
        (false, 6) => {
            let name = rng.pick(&["EXEC", "DISCARD", "MULTI", "UNWATCH"]);
            words(rng, name).arg("extra").step(rng, conn)
        }
        (false, _) => {
            let name = rng.pick(&["EXEC", "DISCARD"]);
            words(rng, name).step(rng, conn)
        }
    }
}
