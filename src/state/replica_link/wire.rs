//! What a replica writes to its master and reads from it before the stream: commands, reply lines, the two
//! framings of a snapshot. Pure functions and two small resumable readers, each bounded in memory.

use memchr::memmem::Finder;

use crate::base::num::{parse_i64, push_i64};
use crate::state::backlog::MAX_OFFSET;
use crate::state::repl_ids::{ReplId, read_id};

/// Bytes of the mark that ends a snapshot of unknown length.
pub const MARK: usize = 40;
/// Reply lines are kept up to this length, as in Redis; the rest up to the line's end is skipped.
pub const REPLY_LINE: usize = 255;
/// The same for the line that announces a snapshot.
pub const HEADER_LINE: usize = 1023;

/// Appends a command as an array of bulk strings.
pub fn push_command(out: &mut Vec<u8>, args: &[&[u8]]) {
    out.push(b'*');
    push_i64(out, args.len() as i64);
    out.extend_from_slice(b"\r\n");
    for arg in args {
        out.push(b'$');
        push_i64(out, arg.len() as i64);
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(arg);
        out.extend_from_slice(b"\r\n");
    }
}

/// Appends an integer argument's digits to a fresh vector.
pub fn digits(value: i64) -> Vec<u8> {
    let mut text = Vec::new();
    push_i64(&mut text, value);
    text
}

/// Appends `REPLCONF ACK offset [FACK fsynced]`.
pub fn push_ack(out: &mut Vec<u8>, offset: i64, fsynced: Option<i64>) {
    match fsynced {
        None => push_command(out, &[b"REPLCONF", b"ACK", &digits(offset)]),
        Some(f) => push_command(out, &[b"REPLCONF", b"ACK", &digits(offset), b"FACK", &digits(f)]),
    }
}

/// One line arriving in pieces. Never holds more than the limit.
#[derive(Default)]
pub struct Line {
    text: Vec<u8>,
}

impl Line {
    /// Takes bytes up to and with the next newline. Returns how many were taken, and the line without its end
    /// when it is whole; one that is longer than `limit` is cut.
    pub fn take(&mut self, bytes: &[u8], limit: usize) -> (usize, Option<Vec<u8>>) {
        let end = memchr::memchr(b'\n', bytes);
        let part = &bytes[..end.unwrap_or(bytes.len())];
        let room = limit.saturating_sub(self.text.len());
        self.text.extend_from_slice(&part[..part.len().min(room)]);
        let Some(end) = end else { return (bytes.len(), None) };
        let mut line = std::mem::take(&mut self.text);
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        (end + 1, Some(line))
    }

    /// Forgets an unfinished line.
    pub fn clear(&mut self) {
        self.text.clear();
    }
}

/// The master's answer to PSYNC.
#[derive(Debug, PartialEq, Eq)]
pub enum PsyncReply {
    Full(ReplId, i64),
    BrokenFull,
    Continue(Option<ReplId>),
    /// In a passing state: ask again later.
    Later,
    /// `-ERR …`: it does not know the command.
    Unknown,
    Unexpected,
}

/// Reads the answer to PSYNC (not an empty line).
pub fn psync_reply(line: &[u8]) -> PsyncReply {
    if line.starts_with(b"+FULLRESYNC") {
        return full_resync(line).map_or(PsyncReply::BrokenFull, |(id, at)| PsyncReply::Full(id, at));
    }
    if line.starts_with(b"+CONTINUE") {
        return PsyncReply::Continue(line.get(10..).and_then(read_id));
    }
    if line.starts_with(b"-NOMASTERLINK") || line.starts_with(b"-LOADING") {
        return PsyncReply::Later;
    }
    if line.starts_with(b"-ERR") { PsyncReply::Unknown } else { PsyncReply::Unexpected }
}

fn full_resync(line: &[u8]) -> Option<(ReplId, i64)> {
    let mut words = line.split(|b| *b == b' ');
    words.next()?;
    let id = read_id(words.next()?)?;
    let offset = parse_i64(words.next()?)?;
    (0..=MAX_OFFSET).contains(&offset).then_some((id, offset))
}

/// The line that announces a snapshot.
#[derive(Debug, PartialEq, Eq)]
pub enum Header {
    /// A newline to keep the link alive.
    Alive,
    Error,
    Length(i64),
    Mark([u8; MARK]),
    NotBulk,
    BadLength,
}

/// Reads the line that announces a snapshot.
pub fn header(line: &[u8]) -> Header {
    match line.first() {
        None => Header::Alive,
        Some(b'-') => Header::Error,
        Some(b'$') => {
            if let Some(mark) = line.strip_prefix(b"$EOF:").and_then(<[u8]>::first_chunk::<MARK>) {
                return Header::Mark(*mark);
            }
            match parse_i64(&line[1..]) {
                Some(n) if n >= 0 => Header::Length(n),
                _ => Header::BadLength,
            }
        }
        Some(_) => Header::NotBulk,
    }
}

/// Finds the end mark in a stream that comes in pieces cut anywhere.
///
/// Bytes that might be the mark's beginning are held back until the next piece tells; as they equal the
/// mark's first bytes, only their number is kept.
pub struct MarkScan {
    mark: [u8; MARK],
    finder: Finder<'static>,
    held: usize,
}

/// What a piece turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub struct Scanned {
    /// This many bytes held back earlier (the mark's first ones) were payload after all; they come first.
    pub released: usize,
    /// Then these bytes of the piece are payload.
    pub payload: std::ops::Range<usize>,
    /// The mark was found, and ends here in the piece.
    pub end: Option<usize>,
}

impl MarkScan {
    pub fn new(mark: [u8; MARK]) -> Self {
        MarkScan { mark, finder: Finder::new(&mark).into_owned(), held: 0 }
    }

    /// The mark's bytes; a prefix of them is what [`Scanned::released`] counts.
    pub fn mark(&self) -> &[u8; MARK] {
        &self.mark
    }

    /// Looks at the next piece.
    pub fn feed(&mut self, piece: &[u8]) -> Scanned {
        let (was, mut keep) = (self.held, self.held);
        // First the candidates that began in earlier pieces, the longest first.
        while keep > 0 {
            let n = piece.len().min(MARK - keep);
            let fits = self.mark[was - keep..was] == self.mark[..keep];
            if fits && piece[..n] == self.mark[keep..keep + n] {
                break;
            }
            keep -= 1;
        }
        let released = was - keep;
        if keep > 0 {
            let n = piece.len().min(MARK - keep);
            self.held = keep + n;
            let end = (self.held == MARK).then_some(n);
            if end.is_some() {
                self.held = 0;
            }
            return Scanned { released, payload: 0..0, end };
        }
        if let Some(at) = self.finder.find(piece) {
            self.held = 0;
            return Scanned { released, payload: 0..at, end: Some(at + MARK) };
        }
        self.held =
            (1..MARK.min(piece.len() + 1)).rev().find(|k| piece.ends_with(&self.mark[..*k])).unwrap_or(0);
        Scanned { released, payload: 0..piece.len() - self.held, end: None }
    }
}
