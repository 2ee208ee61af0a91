//! Requests: the incremental parser and the arguments it finds.
//!
//! The arguments of a request are slices of the read buffer: the parser yields [`Span`]s, in a `Vec` the
//! caller keeps, and [`Args`] joins them with the buffer. Behaviour and texts follow `processInlineBuffer`
//! and `processMultibulkBuffer` of Redis 7.2.4, two quirks included: a header line ends at its CR whatever
//! byte comes next, and a NUL byte hides the line end behind it (`strchr`), so the line counts as unfinished
//! until it is too long.
//!
//! **Cost.** A request that is whole is parsed in one pass over its header lines, digit by digit (they are
//! three to six bytes long, a vector search costs more than it finds), with nothing allocated. Only a request
//! that is not whole leaves something behind: a box with the spans found so far and the place to go on from,
//! dropped when the request completes. So feeding byte by byte is linear, and an idle client costs a pointer.
//!
//! **Inline requests** are rewritten into the multibulk form (quotes and escapes force a copy anyway): their
//! spans point into [`Parser::take_inline`], and what goes to replicas and to the AOF is the same bytes as
//! for any other request.
//!
//! **Bad input.** A claimed count or length reserves nothing; arithmetic on lengths cannot overflow.

use super::errors::CmdError;
use super::reply::push_header;
use crate::base::bytes::split_args;
use crate::base::num::parse_i64;

/// Longest line without an end: inline requests and header lines (`PROTO_INLINE_MAX_SIZE`).
pub const MAX_LINE: usize = 64 * 1024;
/// Most arguments of a request before AUTH.
pub const MAX_ARGS_UNAUTHENTICATED: i64 = 10;
/// Longest argument before AUTH, in bytes.
pub const MAX_BULK_UNAUTHENTICATED: i64 = 16384;
/// Most arguments of a request.
pub const MAX_ARGS: i64 = i32::MAX as i64;

/// Where an argument lies, in bytes from the start of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub at: usize,
    pub len: usize,
}

/// What a client may send.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Longest argument in bytes: `proto-max-bulk-len`, for the master's link [`Limits::UNLIMITED`].
    pub max_bulk: i64,
    /// Whether the client has authenticated (or need not): otherwise small counts and lengths only.
    pub authenticated: bool,
}

impl Limits {
    /// For the link to our master.
    pub const UNLIMITED: Limits = Limits { max_bulk: i64::MAX, authenticated: true };
}

impl Default for Limits {
    fn default() -> Self {
        Limits { max_bulk: 512 * 1024 * 1024, authenticated: true }
    }
}

/// What [`Parser::parse`] found at the start of the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The request is not whole. `hint`: bytes missing at least, as far as known (1 otherwise); the length a
    /// client claimed, so cap it before reserving.
    Need { hint: usize },
    /// A request of `consumed` bytes. An inline one lies in [`Parser::take_inline`].
    Ready { consumed: usize, inline: bool },
    /// A request without arguments: an empty line (of a replica: a sign of life) or, if it starts with `*`,
    /// a count of zero or less. Nothing is replied.
    Skip { consumed: usize },
}

/// Bytes that are not the protocol. The connection gets the reply and is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    InlineTooBig,
    UnbalancedQuotes,
    CountTooBig,
    BadCount,
    UnauthenticatedCount,
    BulkHeaderTooBig,
    /// Instead of `$` this byte stood there.
    ExpectedBulk(u8),
    BadBulk,
    UnauthenticatedBulk,
}

impl ProtocolError {
    /// The error reply.
    pub fn reply(self) -> CmdError {
        CmdError::fixed(match self {
            Self::InlineTooBig => "ERR Protocol error: too big inline request",
            Self::UnbalancedQuotes => "ERR Protocol error: unbalanced quotes in request",
            Self::CountTooBig => "ERR Protocol error: too big mbulk count string",
            Self::BadCount => "ERR Protocol error: invalid multibulk length",
            Self::UnauthenticatedCount => "ERR Protocol error: unauthenticated multibulk length",
            Self::BulkHeaderTooBig => "ERR Protocol error: too big bulk count string",
            Self::BadBulk => "ERR Protocol error: invalid bulk length",
            Self::UnauthenticatedBulk => "ERR Protocol error: unauthenticated bulk length",
            Self::ExpectedBulk(got) => {
                let mut text = b"ERR Protocol error: expected '$', got '?'".to_vec();
                let at = text.len() - 2;
                text[at] = got;
                return CmdError::made(text);
            }
        })
    }

    /// How the log line "Protocol error (...) from client" names it.
    pub fn log_text(self) -> &'static str {
        match self {
            Self::InlineTooBig => "too big inline request",
            Self::UnbalancedQuotes => "unbalanced quotes in inline request",
            Self::CountTooBig => "too big mbulk count string",
            Self::BadCount => "invalid mbulk count",
            Self::UnauthenticatedCount => "unauth mbulk count",
            Self::BulkHeaderTooBig => "too big bulk count string",
            Self::ExpectedBulk(_) => "expected $ but got something else",
            Self::BadBulk => "invalid bulk length",
            Self::UnauthenticatedBulk => "unauth bulk length",
        }
    }
}

/// The arguments of one request, the command's name first.
#[derive(Clone, Copy, Debug)]
pub struct Args<'a> {
    buf: &'a [u8],
    spans: &'a [Span],
    inline: bool,
}

impl<'a> Args<'a> {
    /// Joins a request's bytes with its spans.
    pub fn new(buf: &'a [u8], spans: &'a [Span]) -> Self {
        Args { buf, spans, inline: false }
    }

    /// The same for a request that came inline; `buf` is what [`Parser::take_inline`] gave.
    pub fn inline(buf: &'a [u8], spans: &'a [Span]) -> Self {
        Args { buf, spans, inline: true }
    }

    /// How many, the name included.
    #[inline]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Argument `i`, if there are so many.
    #[inline]
    pub fn get(&self, i: usize) -> Option<&'a [u8]> {
        self.spans.get(i).map(|span| self.slice(*span))
    }

    /// Argument `i`, which the arity check has shown to exist. Unlike indexing it outlives `self`.
    ///
    /// # Panics
    /// If there is no such argument.
    #[inline]
    pub fn at(&self, i: usize) -> &'a [u8] {
        self.slice(self.spans[i])
    }

    /// All arguments in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + DoubleEndedIterator + Clone + use<'a> {
        let buf = self.buf;
        self.spans.iter().map(move |span| &buf[span.at..span.at + span.len])
    }

    /// The arguments from `from` on. [`Args::raw`] of it is still the whole request.
    pub fn tail(&self, from: usize) -> Args<'a> {
        Args { spans: &self.spans[from.min(self.spans.len())..], ..*self }
    }

    /// The arguments from `from` up to `to`. [`Args::raw`] of it is still the whole request.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn within(&self, from: usize, to: usize) -> Args<'a> {
        Args { spans: &self.spans[from..to], ..*self }
    }

    /// The request's bytes in multibulk form, as they go to replicas and to the AOF.
    #[inline]
    pub fn raw(&self) -> &'a [u8] {
        self.buf
    }

    /// Whether it came as a plain line.
    pub fn is_inline(&self) -> bool {
        self.inline
    }

    /// Where argument `i` lies in [`Args::raw`].
    pub fn span(&self, i: usize) -> Option<Span> {
        self.spans.get(i).copied()
    }

    #[inline]
    fn slice(&self, span: Span) -> &'a [u8] {
        &self.buf[span.at..span.at + span.len]
    }
}

impl std::ops::Index<usize> for Args<'_> {
    type Output = [u8];

    #[inline]
    fn index(&self, i: usize) -> &[u8] {
        self.at(i)
    }
}

/// Arguments that own their bytes: queued by MULTI, parked, or made by us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedArgs {
    buf: Vec<u8>,
    spans: Vec<Span>,
}

impl OwnedArgs {
    /// Copies a request.
    pub fn from_args(args: Args<'_>) -> Self {
        OwnedArgs { buf: args.buf.to_vec(), spans: args.spans.to_vec() }
    }

    /// Builds a request, bytes and all.
    pub fn from_slices(args: &[&[u8]]) -> Self {
        let (mut buf, mut spans) = (Vec::new(), Vec::with_capacity(args.len()));
        build(&mut buf, &mut spans, args.len(), args.iter().copied());
        OwnedArgs { buf, spans }
    }

    /// To hand to `execute`.
    pub fn as_args(&self) -> Args<'_> {
        Args::new(&self.buf, &self.spans)
    }

    /// How many arguments.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Bytes of memory held.
    pub fn mem_bytes(&self) -> usize {
        self.buf.capacity() + self.spans.capacity() * size_of::<Span>()
    }
}

/// Appends a request in multibulk form.
pub fn push_request(out: &mut Vec<u8>, args: &[&[u8]]) {
    out.reserve(args.iter().map(|arg| arg.len() + 16).sum::<usize>() + 16);
    push_header(out, b'*', args.len());
    for arg in args {
        push_bulk(out, arg);
    }
}

fn push_bulk(out: &mut Vec<u8>, arg: &[u8]) {
    push_header(out, b'$', arg.len());
    out.extend_from_slice(arg);
    out.extend_from_slice(b"\r\n");
}

/// Writes a request of `count` arguments into the empty `buf` and notes their spans.
fn build<'a>(buf: &mut Vec<u8>, spans: &mut Vec<Span>, count: usize, args: impl Iterator<Item = &'a [u8]>) {
    push_header(buf, b'*', count);
    for arg in args {
        push_bulk(buf, arg);
        spans.push(Span { at: buf.len() - 2 - arg.len(), len: arg.len() });
    }
}

/// The parser of one connection. Idle it owns nothing.
#[derive(Debug, Default)]
pub struct Parser {
    partial: Option<Box<Partial>>,
    inline: Vec<u8>,
}

/// A request that is not whole yet.
#[derive(Debug, Default)]
struct Partial {
    /// Where the next header line or the data of `bulk` starts.
    at: usize,
    /// Bytes known to hold no line end; search on from here.
    scanned: usize,
    /// Arguments still to come; 0: the first line is not whole.
    left: usize,
    /// Length of the argument whose header has been read.
    bulk: Option<usize>,
    spans: Vec<Span>,
}

/// One header line.
enum Line {
    /// The number after the sign (`None`: not a number) and where the next line starts.
    Whole(Option<i64>, usize),
    /// No line end yet; bytes searched.
    Open(usize),
}

impl Parser {
    /// A parser at the start of a request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads one request from the start of `buf`, the first byte not consumed so far. After `Need` the same
    /// bytes come again with more behind them. `spans` is scratch of the caller's: cleared, and filled when
    /// the request is `Ready`.
    #[inline]
    pub fn parse(
        &mut self,
        buf: &[u8],
        limits: &Limits,
        spans: &mut Vec<Span>,
    ) -> Result<Step, ProtocolError> {
        spans.clear();
        if self.partial.is_some() {
            return self.resume(buf, limits, spans);
        }
        match buf.first() {
            None => Ok(Step::Need { hint: 1 }),
            Some(b'*') => {
                let mut place = Place::default();
                let step = place.run(buf, limits, spans)?;
                if let Step::Need { .. } = step {
                    self.keep(place, spans);
                }
                Ok(step)
            }
            Some(_) => self.line(buf, 0, spans),
        }
    }

    /// Whether a request has begun that is not whole.
    pub fn is_mid_request(&self) -> bool {
        self.partial.is_some()
    }

    /// Arguments found so far of a request that is not whole, and bytes they hold (CLIENT LIST `argv-mem`).
    pub fn pending(&self) -> (usize, usize) {
        self.partial.as_ref().map_or((0, 0), |p| (p.spans.len(), p.spans.iter().map(|s| s.len).sum()))
    }

    /// Bytes at the start of a request that is not whole which have been understood: headers and arguments.
    pub fn understood(&self) -> usize {
        self.partial.as_ref().map_or(0, |p| p.at)
    }

    /// The multibulk form of the inline request that was just `Ready`, for [`Args::inline`].
    pub fn take_inline(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.inline)
    }

    /// Forgets a request that is not whole (its bytes were dropped).
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    #[cold]
    fn keep(&mut self, place: Place, spans: &mut Vec<Span>) {
        let Place { at, scanned, left, bulk } = place;
        self.partial = Some(Box::new(Partial { at, scanned, left, bulk, spans: spans.clone() }));
        spans.clear();
    }

    #[cold]
    fn resume(&mut self, buf: &[u8], limits: &Limits, spans: &mut Vec<Span>) -> Result<Step, ProtocolError> {
        let Some(partial) = &mut self.partial else { return Ok(Step::Need { hint: 1 }) };
        if buf.first() != Some(&b'*') {
            let scanned = partial.scanned;
            return self.line(buf, scanned, spans);
        }
        let Partial { at, scanned, left, bulk, .. } = **partial;
        let mut place = Place { at, scanned, left, bulk };
        // New spans go behind the old ones; they move to the caller only when the request is whole.
        let step = place.run(buf, limits, &mut partial.spans)?;
        match step {
            Step::Need { .. } => {
                let Place { at, scanned, left, bulk } = place;
                (partial.at, partial.scanned, partial.left, partial.bulk) = (at, scanned, left, bulk);
            }
            _ => {
                spans.extend_from_slice(&partial.spans);
                self.partial = None;
            }
        }
        Ok(step)
    }

    /// A plain line: words, quoted where they hold blanks.
    fn line(&mut self, buf: &[u8], scanned: usize, spans: &mut Vec<Span>) -> Result<Step, ProtocolError> {
        let found = memchr::memchr2(b'\n', 0, &buf[scanned..]).map_or(buf.len(), |at| scanned + at);
        if buf.get(found) != Some(&b'\n') {
            if buf.len() > MAX_LINE {
                return Err(ProtocolError::InlineTooBig);
            }
            self.partial.get_or_insert_default().scanned = found;
            return Ok(Step::Need { hint: 1 });
        }
        self.partial = None;
        let consumed = found + 1;
        let text = buf[..found].strip_suffix(b"\r").unwrap_or(&buf[..found]);
        let mut out = Vec::with_capacity(text.len() * 2 + 32);
        if memchr::memchr2(b'"', b'\'', text).is_some() {
            let words = split_args(text).ok_or(ProtocolError::UnbalancedQuotes)?;
            build(&mut out, spans, words.len(), words.iter().map(Vec::as_slice));
        } else {
            build(&mut out, spans, words(text).count(), words(text));
        }
        if spans.is_empty() {
            return Ok(Step::Skip { consumed });
        }
        self.inline = out;
        Ok(Step::Ready { consumed, inline: true })
    }
}

/// The words of a line without quotes, cut as `sdssplitargs` cuts them: form feed and vertical tab are blanks
/// before a word and letters inside.
fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.iter().position(|b| !matches!(b, b' ' | 9..=13))?;
        let word = &rest[start..];
        let end = word.iter().position(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).unwrap_or(word.len());
        rest = &word[end..];
        Some(&word[..end])
    })
}

/// Where the parser is inside a multibulk request. Lives on the stack while the request is whole.
#[derive(Default)]
struct Place {
    at: usize,
    scanned: usize,
    left: usize,
    bulk: Option<usize>,
}

impl Place {
    #[inline]
    fn run(&mut self, buf: &[u8], limits: &Limits, spans: &mut Vec<Span>) -> Result<Step, ProtocolError> {
        if self.left == 0 {
            match header(buf, self.at, self.scanned) {
                Line::Open(scanned) => return self.open(buf, scanned, ProtocolError::CountTooBig),
                Line::Whole(count, next) => {
                    let count = check_count(count, limits)?;
                    if count <= 0 {
                        return Ok(Step::Skip { consumed: next });
                    }
                    (self.at, self.left) = (next, count as usize);
                }
            }
        }
        loop {
            let len = match self.bulk {
                Some(len) => len,
                None => match header(buf, self.at, self.scanned) {
                    Line::Open(scanned) => return self.open(buf, scanned, ProtocolError::BulkHeaderTooBig),
                    Line::Whole(len, next) => {
                        let len = check_bulk(buf[self.at], len, limits)?;
                        self.at = next;
                        len
                    }
                },
            };
            let room = buf.len() - self.at;
            if room < 2 || room - 2 < len {
                self.bulk = Some(len);
                return Ok(Step::Need { hint: len.saturating_add(2) - room });
            }
            self.bulk = None;
            spans.push(Span { at: self.at, len });
            self.at += len + 2;
            self.left -= 1;
            if self.left == 0 {
                return Ok(Step::Ready { consumed: self.at, inline: false });
            }
        }
    }

    /// A header line without an end: wait, unless it is too long for any.
    #[cold]
    fn open(&mut self, buf: &[u8], scanned: usize, too_big: ProtocolError) -> Result<Step, ProtocolError> {
        self.scanned = scanned;
        // A CR as the last byte is an end that only lacks its LF.
        let ended = buf.get(scanned) == Some(&b'\r');
        if !ended && buf.len() - self.at > MAX_LINE { Err(too_big) } else { Ok(Step::Need { hint: 1 }) }
    }
}

#[inline]
fn check_count(count: Option<i64>, limits: &Limits) -> Result<i64, ProtocolError> {
    match count {
        Some(n) if n > MAX_ARGS => Err(ProtocolError::BadCount),
        Some(n) if n > MAX_ARGS_UNAUTHENTICATED && !limits.authenticated => {
            Err(ProtocolError::UnauthenticatedCount)
        }
        Some(n) => Ok(n),
        None => Err(ProtocolError::BadCount),
    }
}

#[inline]
fn check_bulk(sign: u8, len: Option<i64>, limits: &Limits) -> Result<usize, ProtocolError> {
    if sign != b'$' {
        return Err(ProtocolError::ExpectedBulk(sign));
    }
    match len {
        Some(n) if n < 0 || n > limits.max_bulk => Err(ProtocolError::BadBulk),
        Some(n) if n > MAX_BULK_UNAUTHENTICATED && !limits.authenticated => {
            Err(ProtocolError::UnauthenticatedBulk)
        }
        Some(n) => usize::try_from(n).map_err(|_| ProtocolError::BadBulk),
        None => Err(ProtocolError::BadBulk),
    }
}

/// Reads the header line at `at`, whose bytes before `scanned` hold no end.
#[inline]
fn header(buf: &[u8], at: usize, scanned: usize) -> Line {
    // What every sane client sends: a sign, one to nine digits without a leading zero, CR, and a byte after.
    let mut value = 0;
    let mut i = at + 1;
    while let Some(digit) = buf.get(i).map(|b| b.wrapping_sub(b'0')).filter(|d| *d < 10) {
        if i - at > 9 {
            return header_any(buf, at, scanned);
        }
        value = value * 10 + i64::from(digit);
        i += 1;
    }
    let plain = i - at == 2 || (i - at > 2 && buf[at + 1] != b'0');
    if plain && i + 1 < buf.len() && buf[i] == b'\r' {
        return Line::Whole(Some(value), i + 2);
    }
    header_any(buf, at, scanned)
}

/// The same for any bytes.
#[cold]
fn header_any(buf: &[u8], at: usize, scanned: usize) -> Line {
    let from = scanned.clamp(at, buf.len());
    let end = memchr::memchr2(b'\r', 0, &buf[from..]).map_or(buf.len(), |found| from + found);
    if buf.get(end) != Some(&b'\r') || end + 1 >= buf.len() {
        return Line::Open(end);
    }
    // A CR in the place of the sign: the number is empty.
    Line::Whole(buf.get(at + 1..end).and_then(parse_i64), end + 2)
}

#[cfg(test)]
mod tests;
