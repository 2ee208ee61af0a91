//! Replies: appends RESP2 or RESP3 to one byte buffer.
//!
//! Handlers write straight into the client's output through a [`Reply`]; nothing is built first and encoded
//! later. Which of the two dialects is spoken is one flag; where RESP2 has no such type the older form is
//! written, as Redis 7.2 does (`addReply*` of `networking.c`): a map becomes a flat array, a double or a
//! verbatim text a bulk string, a boolean `:1`/`:0`.
//!
//! Cost: the frequent replies are constants; a header of up to five digits is written by hand; no formatting
//! machinery anywhere. A length that is only known afterwards ([`Reply::defer`]) moves what was written since
//! by the length of its header once, so defer per reply, not per element.

use super::errors::CmdError;
use crate::base::num::{IntBuf, fmt_i64, push_f64, push_i64};

/// Where a deferred header belongs; made by [`Reply::defer`], used once by one of the `close_*`.
#[derive(Debug)]
#[must_use = "a deferred header must be closed"]
pub struct Mark(usize);

/// An output buffer that speaks RESP.
#[derive(Debug, Default)]
pub struct Reply {
    /// What was written so far. May be taken and given back.
    pub buf: Vec<u8>,
    /// Whether the client speaks RESP3 (HELLO 3).
    pub resp3: bool,
}

impl Reply {
    /// An empty buffer.
    pub fn new(resp3: bool) -> Self {
        Reply { buf: Vec::new(), resp3 }
    }

    /// Continues `buf`.
    pub fn over(buf: Vec<u8>, resp3: bool) -> Self {
        Reply { buf, resp3 }
    }

    /// Bytes as they are: RESP made elsewhere.
    #[inline]
    pub fn raw(&mut self, bytes: &[u8]) {
        self.buf.extend_from_slice(bytes);
    }

    /// `+OK`
    #[inline]
    pub fn ok(&mut self) {
        self.raw(b"+OK\r\n");
    }

    /// `+QUEUED`
    pub fn queued(&mut self) {
        self.raw(b"+QUEUED\r\n");
    }

    /// A status line. `text` holds no line break.
    pub fn simple(&mut self, text: impl AsRef<[u8]>) {
        self.line(b'+', text.as_ref());
    }

    /// An error line: code and text, without the `-`. Line breaks become spaces.
    pub fn error(&mut self, text: impl AsRef<[u8]>) {
        let text = text.as_ref();
        let start = self.buf.len();
        self.line(b'-', text);
        let end = self.buf.len() - 2;
        let written = &mut self.buf[start..end];
        written.iter_mut().filter(|b| matches!(**b, b'\r' | b'\n')).for_each(|b| *b = b' ');
    }

    /// The error line of a failed command.
    pub fn fail(&mut self, error: &CmdError) {
        self.line(b'-', error.as_bytes());
    }

    /// An integer.
    #[inline]
    pub fn int(&mut self, value: i64) {
        match value {
            0 => self.raw(b":0\r\n"),
            1 => self.raw(b":1\r\n"),
            _ => self.header(b':', value),
        }
    }

    /// A count as an integer.
    #[inline]
    pub fn count(&mut self, value: usize) {
        self.int(i64::try_from(value).unwrap_or(i64::MAX));
    }

    /// A bulk string.
    #[inline]
    pub fn bulk(&mut self, bytes: &[u8]) {
        self.buf.reserve(bytes.len() + 16);
        self.len_header(b'$', bytes.len());
        self.buf.extend_from_slice(bytes);
        self.buf.extend_from_slice(b"\r\n");
    }

    /// A bulk string, or null.
    pub fn bulk_or_null(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => self.bulk(bytes),
            None => self.null(),
        }
    }

    /// An integer in a bulk string.
    #[inline]
    pub fn bulk_int(&mut self, value: i64) {
        let mut digits = IntBuf::new();
        self.bulk(fmt_i64(value, &mut digits));
    }

    /// Null: `$-1` or `_`.
    #[inline]
    pub fn null(&mut self) {
        self.raw(if self.resp3 { b"_\r\n" } else { b"$-1\r\n" });
    }

    /// Null where an array would stand: `*-1` or `_`.
    pub fn null_array(&mut self) {
        self.raw(if self.resp3 { b"_\r\n" } else { b"*-1\r\n" });
    }

    /// The header of an array of `len` elements, which the caller writes next.
    #[inline]
    pub fn array(&mut self, len: usize) {
        self.len_header(b'*', len);
    }

    /// The header of a map of `pairs` pairs: `%n`, in RESP2 an array of twice as many elements.
    pub fn map(&mut self, pairs: usize) {
        let (mark, len) = self.map_form(pairs);
        self.len_header(mark, len);
    }

    /// The header of a set: `~n`, in RESP2 an array.
    pub fn set(&mut self, len: usize) {
        self.len_header(self.set_form(), len);
    }

    /// The header of a push message: `>n`, in RESP2 an array.
    pub fn push(&mut self, len: usize) {
        self.len_header(if self.resp3 { b'>' } else { b'*' }, len);
    }

    /// The header of an attribute of `pairs` pairs. RESP2 has none: false, and the pairs
    /// are left out by the caller.
    #[must_use = "without RESP3 the pairs must not be written"]
    pub fn attribute(&mut self, pairs: usize) -> bool {
        if self.resp3 {
            self.len_header(b'|', pairs);
        }
        self.resp3
    }

    /// A double: `,1.5`, in RESP2 a bulk string with the same digits.
    pub fn double(&mut self, value: f64) {
        if self.resp3 {
            self.buf.push(b',');
            push_f64(&mut self.buf, value);
            self.buf.extend_from_slice(b"\r\n");
            return;
        }
        // At most 24 digits and signs: the header is always two bytes of length or one.
        let start = self.buf.len();
        push_f64(&mut self.buf, value);
        let len = self.buf.len() - start;
        let mut head = [0; HEADER];
        let head = header_bytes(&mut head, b'$', len);
        self.insert(start, head);
        self.buf.extend_from_slice(b"\r\n");
    }

    /// A number already printed (INCRBYFLOAT, scores of GEO): `,text`, in RESP2 a bulk string
    /// (`addReplyHumanLongDouble`).
    pub fn double_text(&mut self, text: &str) {
        if self.resp3 { self.line(b',', text.as_bytes()) } else { self.bulk(text.as_bytes()) }
    }

    /// A truth value: `#t`, `#f`; in RESP2 `:1`, `:0`.
    pub fn bool(&mut self, value: bool) {
        self.raw(match (self.resp3, value) {
            (true, true) => b"#t\r\n",
            (true, false) => b"#f\r\n",
            (false, true) => b":1\r\n",
            (false, false) => b":0\r\n",
        });
    }

    /// A text of a kind (`txt`, `mkd`; three bytes, padded with blanks): `=n ext:text`, in RESP2 a
    /// bulk string.
    pub fn verbatim(&mut self, ext: &str, text: &[u8]) {
        if !self.resp3 {
            return self.bulk(text);
        }
        let mut kind = *b"   :";
        kind[..3].iter_mut().zip(ext.bytes()).for_each(|(to, from)| *to = from);
        self.buf.reserve(text.len() + 20);
        self.len_header(b'=', text.len() + 4);
        self.raw(&kind);
        self.raw(text);
        self.raw(b"\r\n");
    }

    /// A number of any size, as decimal digits: `(n`, in RESP2 a bulk string.
    pub fn big_number(&mut self, digits: &str) {
        if self.resp3 { self.line(b'(', digits.as_bytes()) } else { self.bulk(digits.as_bytes()) }
    }

    /// The answer of a container's HELP subcommand: head line, `lines`, and the lines about HELP itself
    /// (`addReplyHelp`).
    pub fn help(&mut self, container: &[u8], lines: &[&str]) {
        self.array(lines.len() + 3);
        self.buf.push(b'+');
        self.buf.extend(container.iter().map(u8::to_ascii_uppercase));
        self.raw(b" <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n");
        lines.iter().for_each(|line| self.simple(line));
        self.simple("HELP");
        self.simple("    Print this help.");
    }

    /// Leaves a place for a header whose length is known only after its elements are written.
    pub fn defer(&mut self) -> Mark {
        Mark(self.buf.len())
    }

    /// Closes a deferred array.
    pub fn close_array(&mut self, mark: Mark, len: usize) {
        self.close(mark, b'*', len);
    }

    /// Closes a deferred map of `pairs` pairs.
    pub fn close_map(&mut self, mark: Mark, pairs: usize) {
        let (sign, len) = self.map_form(pairs);
        self.close(mark, sign, len);
    }

    /// Closes a deferred set.
    pub fn close_set(&mut self, mark: Mark, len: usize) {
        self.close(mark, self.set_form(), len);
    }

    /// Closes a deferred bulk string: what was written since the mark is its content.
    pub fn close_bulk(&mut self, mark: Mark) {
        let len = self.buf.len() - mark.0;
        self.close(mark, b'$', len);
        self.raw(b"\r\n");
    }

    /// Drops everything written since the mark: the reply turned out otherwise.
    pub fn rewind(&mut self, mark: Mark) {
        self.buf.truncate(mark.0);
    }

    fn close(&mut self, mark: Mark, sign: u8, len: usize) {
        let mut head = [0; HEADER];
        let head = header_bytes(&mut head, sign, len);
        self.insert(mark.0, head);
    }

    /// Opens a gap at `at` and fills it with `head`.
    fn insert(&mut self, at: usize, head: &[u8]) {
        let end = self.buf.len();
        self.buf.resize(end + head.len(), 0);
        self.buf.copy_within(at..end, at + head.len());
        self.buf[at..at + head.len()].copy_from_slice(head);
    }

    fn map_form(&self, pairs: usize) -> (u8, usize) {
        if self.resp3 { (b'%', pairs) } else { (b'*', pairs * 2) }
    }

    fn set_form(&self) -> u8 {
        if self.resp3 { b'~' } else { b'*' }
    }

    fn line(&mut self, sign: u8, text: &[u8]) {
        self.buf.reserve(text.len() + 3);
        self.buf.push(sign);
        self.buf.extend_from_slice(text);
        self.buf.extend_from_slice(b"\r\n");
    }

    fn header(&mut self, sign: u8, value: i64) {
        self.buf.push(sign);
        push_i64(&mut self.buf, value);
        self.buf.extend_from_slice(b"\r\n");
    }

    #[inline]
    fn len_header(&mut self, sign: u8, len: usize) {
        push_header(&mut self.buf, sign, len);
    }
}

/// Longest header: sign, 20 digits, CRLF.
const HEADER: usize = 23;

/// Appends `sign`, `len` in decimal, CRLF.
#[inline]
pub(super) fn push_header(out: &mut Vec<u8>, sign: u8, len: usize) {
    // One copy of fixed size for the lengths nearly all headers have.
    match len {
        0..10 => out.extend_from_slice(&[sign, b'0' + len as u8, b'\r', b'\n']),
        10..100 => {
            let (tens, ones) = (len / 10, len % 10);
            out.extend_from_slice(&[sign, b'0' + tens as u8, b'0' + ones as u8, b'\r', b'\n']);
        }
        _ => {
            let mut head = [0; HEADER];
            out.extend_from_slice(header_bytes(&mut head, sign, len));
        }
    }
}

/// The header in a buffer of its own.
fn header_bytes(room: &mut [u8; HEADER], sign: u8, len: usize) -> &[u8] {
    room[HEADER - 2..].copy_from_slice(b"\r\n");
    let (mut at, mut rest) = (HEADER - 2, len);
    loop {
        at -= 1;
        room[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    at -= 1;
    room[at] = sign;
    &room[at..]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `write` makes of RESP2 and RESP3.
    fn both(write: impl Fn(&mut Reply)) -> (String, String) {
        let one = |resp3| {
            let mut reply = Reply::new(resp3);
            write(&mut reply);
            String::from_utf8(reply.buf).unwrap()
        };
        (one(false), one(true))
    }

    fn check(resp2: &str, resp3: &str, write: impl Fn(&mut Reply)) {
        assert_eq!(both(write), (resp2.to_string(), resp3.to_string()));
    }

    #[test]
    fn scalars() {
        check("+OK\r\n", "+OK\r\n", |r| r.ok());
        check("+PONG\r\n", "+PONG\r\n", |r| r.simple("PONG"));
        check("-ERR a  b\r\n", "-ERR a  b\r\n", |r| r.error("ERR a\r\nb"));
        check(":0\r\n:1\r\n:-1\r\n", ":0\r\n:1\r\n:-1\r\n", |r| [0, 1, -1].iter().for_each(|&v| r.int(v)));
        check(":-9223372036854775808\r\n", ":-9223372036854775808\r\n", |r| r.int(i64::MIN));
        check("$3\r\nabc\r\n", "$3\r\nabc\r\n", |r| r.bulk(b"abc"));
        check("$0\r\n\r\n", "$0\r\n\r\n", |r| r.bulk(b""));
        check("$3\r\n-12\r\n", "$3\r\n-12\r\n", |r| r.bulk_int(-12));
        check("$-1\r\n", "_\r\n", |r| r.null());
        check("*-1\r\n", "_\r\n", |r| r.null_array());
        check(":1\r\n:0\r\n", "#t\r\n#f\r\n", |r| {
            r.bool(true);
            r.bool(false);
        });
        check("$3\r\n1.5\r\n", ",1.5\r\n", |r| r.double(1.5));
        check("$3\r\ninf\r\n", ",inf\r\n", |r| r.double(f64::INFINITY));
        check("$4\r\n10.5\r\n", ",10.5\r\n", |r| r.double_text("10.5"));
        check("$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n", |r| r.verbatim("txt", b"hi"));
        check("$2\r\nhi\r\n", "=6\r\nmd :hi\r\n", |r| r.verbatim("md", b"hi"));
        check("$3\r\n123\r\n", "(123\r\n", |r| r.big_number("123"));
    }

    #[test]
    fn aggregates() {
        check("*3\r\n", "*3\r\n", |r| r.array(3));
        check("*4\r\n", "%2\r\n", |r| r.map(2));
        check("*2\r\n", "~2\r\n", |r| r.set(2));
        check("*2\r\n", ">2\r\n", |r| r.push(2));
        check("", "|1\r\n+k\r\n+v\r\n", |r| {
            if r.attribute(1) {
                r.simple("k");
                r.simple("v");
            }
        });
        let help = "+X <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n+A\r\n+HELP\r\n";
        let help = format!("*4\r\n{help}+    Print this help.\r\n");
        check(&help, &help, |r| r.help(b"x", &["A"]));
    }

    #[test]
    fn deferred() {
        check("*2\r\n*2\r\n:1\r\n:2\r\n$3\r\nabc\r\n", "*2\r\n%1\r\n:1\r\n:2\r\n$3\r\nabc\r\n", |r| {
            let outer = r.defer();
            let inner = r.defer();
            r.int(1);
            r.int(2);
            r.close_map(inner, 1);
            let text = r.defer();
            r.raw(b"abc");
            r.close_bulk(text);
            r.close_array(outer, 2);
        });
        check("*0\r\n", "~0\r\n", |r| {
            let mark = r.defer();
            r.close_set(mark, 0);
        });
    }

    #[test]
    fn headers_of_every_width() {
        for len in [0usize, 9, 10, 99, 100, 999, 1000, 65536, 4294967296, usize::MAX] {
            let mut out = Vec::new();
            push_header(&mut out, b'*', len);
            assert_eq!(out, format!("*{len}\r\n").as_bytes());
        }
    }
}
