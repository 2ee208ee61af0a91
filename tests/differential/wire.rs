//! A blocking connection that hands out replies as the raw bytes they came in, and a small tree for looking
//! inside.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// How long a server may take for one answer before the test calls it hung.
const PATIENCE: Duration = Duration::from_secs(20);

/// One connection; replies are cut out of the stream whole.
pub struct Wire {
    stream: TcpStream,
    buf: Vec<u8>,
    at: usize,
}

impl Wire {
    /// Connects to `port` of this machine.
    pub fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream, buf: Vec::new(), at: 0 })
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Sends words as a command and returns the raw reply.
    pub fn call(&mut self, words: &[&[u8]]) -> io::Result<Vec<u8>> {
        let args: Vec<Vec<u8>> = words.iter().map(|w| w.to_vec()).collect();
        self.send(&super::step::encode(&args))?;
        self.reply()
    }

    /// The next whole reply, nested or not, in its bytes.
    pub fn reply(&mut self) -> io::Result<Vec<u8>> {
        let start = self.at;
        let mut open = 1usize; // replies still to read
        while open > 0 {
            let line = self.line()?;
            let count = || -> io::Result<i64> {
                std::str::from_utf8(&line[1..]).ok().and_then(|t| t.parse().ok()).ok_or_else(|| bad(&line))
            };
            open -= 1;
            match line.first() {
                Some(b'+' | b'-' | b':' | b'_' | b',' | b'#' | b'(') => {}
                Some(b'$' | b'=' | b'!') => {
                    if let Ok(n) = usize::try_from(count()?) {
                        self.need(n + 2)?;
                        self.at += n + 2;
                    }
                }
                Some(b'*' | b'~' | b'>') => open += usize::try_from(count()?).unwrap_or(0),
                Some(b'%') => open += 2 * usize::try_from(count()?).unwrap_or(0),
                Some(b'|') => open += 2 * usize::try_from(count()?).unwrap_or(0) + 1,
                _ => return Err(bad(&line)),
            }
        }
        let whole = self.buf[start..self.at].to_vec();
        self.buf.drain(..self.at);
        self.at = 0;
        Ok(whole)
    }

    /// Everything up to the end of the connection; a reset counts as the end.
    pub fn rest(&mut self) -> io::Result<Vec<u8>> {
        loop {
            match self.fill() {
                Ok(0) => break,
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::ConnectionReset => break,
                Err(e) => return Err(e),
            }
        }
        Ok(std::mem::take(&mut self.buf))
    }

    /// Everything up to and with `mark`, which ends all that is to come.
    pub fn until(&mut self, mark: &[u8]) -> io::Result<Vec<u8>> {
        while !self.buf.ends_with(mark) {
            self.need_more()?;
        }
        Ok(std::mem::take(&mut self.buf))
    }

    /// Shuts our side for writing.
    pub fn finish(&mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)
    }

    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut from = self.at;
        loop {
            if let Some(i) = self.buf[from..].windows(2).position(|w| w == b"\r\n") {
                let line = self.buf[self.at..from + i].to_vec();
                self.at = from + i + 2;
                return Ok(line);
            }
            from = self.buf.len().saturating_sub(1).max(self.at);
            self.need_more()?;
        }
    }

    fn need(&mut self, n: usize) -> io::Result<()> {
        while self.buf.len() < self.at + n {
            self.need_more()?;
        }
        Ok(())
    }

    fn need_more(&mut self) -> io::Result<()> {
        match self.fill()? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    fn fill(&mut self) -> io::Result<usize> {
        let mut chunk = [0u8; 16 << 10];
        let n = self.stream.read(&mut chunk)?;
        self.buf.extend_from_slice(&chunk[..n]);
        Ok(n)
    }
}

fn bad(line: &[u8]) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not a reply: {}", super::step::printable(line, 80)))
}

/// A decoded reply: enough to mask parts of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tree {
    /// A reply of one line: its type byte and text.
    Line(u8, Vec<u8>),
    /// A string with a length (`$`, `=`, `!`); `None` is RESP2's null.
    Bulk(u8, Option<Vec<u8>>),
    /// An aggregate (`*`, `%`, `~`, `>`), its elements flat; `None` is RESP2's null array.
    Many(u8, Option<Vec<Tree>>),
}

impl Tree {
    /// Decodes one whole raw reply, as `Wire::reply` cuts it.
    pub fn of(raw: &[u8]) -> Option<Tree> {
        let mut at = 0;
        let tree = Self::parse(raw, &mut at)?;
        (at == raw.len()).then_some(tree)
    }

    fn parse(raw: &[u8], at: &mut usize) -> Option<Tree> {
        let end = *at + raw[*at..].windows(2).position(|w| w == b"\r\n")?;
        let (kind, text) = (*raw.get(*at)?, &raw[*at + 1..end]);
        *at = end + 2;
        let count = || std::str::from_utf8(text).ok()?.parse::<i64>().ok();
        Some(match kind {
            b'$' | b'=' | b'!' => Tree::Bulk(
                kind,
                usize::try_from(count()?).ok().map(|n| {
                    *at += n + 2;
                    raw[*at - n - 2..*at - 2].to_vec()
                }),
            ),
            b'*' | b'~' | b'>' | b'%' => {
                let each = if kind == b'%' { 2 } else { 1 };
                match usize::try_from(count()?) {
                    Ok(n) => {
                        let items: Option<Vec<_>> = (0..n * each).map(|_| Self::parse(raw, at)).collect();
                        Tree::Many(kind, Some(items?))
                    }
                    Err(_) => Tree::Many(kind, None),
                }
            }
            _ => Tree::Line(kind, text.to_vec()),
        })
    }

    /// The type byte.
    pub fn kind(&self) -> u8 {
        match self {
            Tree::Line(k, _) | Tree::Bulk(k, _) | Tree::Many(k, _) => *k,
        }
    }

    /// True for either null of RESP2 and for RESP3's.
    pub fn is_null(&self) -> bool {
        matches!(self, Tree::Bulk(_, None) | Tree::Many(_, None) | Tree::Line(b'_', _))
    }

    /// The text of a line or string.
    pub fn text(&self) -> Option<&[u8]> {
        match self {
            Tree::Line(_, t) | Tree::Bulk(_, Some(t)) => Some(t),
            _ => None,
        }
    }

    /// The elements of an aggregate.
    pub fn items(&self) -> Option<&[Tree]> {
        match self {
            Tree::Many(_, Some(items)) => Some(items),
            _ => None,
        }
    }

    /// The value of an integer reply.
    pub fn int(&self) -> Option<i64> {
        match self {
            Tree::Line(b':', t) => std::str::from_utf8(t).ok()?.parse().ok(),
            _ => None,
        }
    }
}
