//! A small blocking client: RESP2 and RESP3, raw bytes, pipelines, a timeout on every read.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::patience;

/// How long a reply may take.
const REPLY: Duration = Duration::from_secs(20);

/// One reply.
#[derive(Clone, PartialEq)]
pub enum Value {
    Simple(String),
    Error(String),
    Int(i64),
    Bulk(Vec<u8>),
    /// `$-1`, `*-1` or `_`.
    Null,
    Array(Vec<Value>),
    Map(Vec<(Value, Value)>),
    Set(Vec<Value>),
    Push(Vec<Value>),
    /// As printed: `1.5`, `inf`.
    Double(String),
    Bool(bool),
    /// Format of three letters, text.
    Verbatim(String, String),
    BigNumber(String),
}

impl Value {
    /// The text of a simple, bulk or verbatim string, of an error with its `-`, or a number in digits.
    #[track_caller]
    pub fn text(&self) -> String {
        match self {
            Value::Simple(text) | Value::Double(text) | Value::BigNumber(text) | Value::Verbatim(_, text) => {
                text.clone()
            }
            Value::Error(text) => format!("-{text}"),
            Value::Bulk(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Value::Int(number) => number.to_string(),
            other => panic!("no text: {other:?}"),
        }
    }

    /// An integer, or a string of digits.
    #[track_caller]
    pub fn int(&self) -> i64 {
        self.text().parse().unwrap_or_else(|_| panic!("no number: {self:?}"))
    }

    /// The text of an error, without its `-`.
    #[track_caller]
    pub fn error(&self) -> &str {
        match self {
            Value::Error(text) => text,
            other => panic!("no error: {other:?}"),
        }
    }

    /// The items of an array, set or push.
    #[track_caller]
    pub fn items(&self) -> &[Value] {
        match self {
            Value::Array(items) | Value::Set(items) | Value::Push(items) => items,
            other => panic!("no array: {other:?}"),
        }
    }

    /// The items as texts.
    #[track_caller]
    pub fn texts(&self) -> Vec<String> {
        self.items().iter().map(Value::text).collect()
    }

    /// Not an error.
    pub fn is_ok(&self) -> bool {
        !matches!(self, Value::Error(_))
    }

    pub fn is_null(&self) -> bool {
        *self == Value::Null
    }
}

impl PartialEq<str> for Value {
    /// Equal in [`Value::text`]; what has no text is equal to none.
    fn eq(&self, text: &str) -> bool {
        !matches!(
            self,
            Value::Null | Value::Array(_) | Value::Map(_) | Value::Set(_) | Value::Push(_) | Value::Bool(_)
        ) && self.text() == text
    }
}

impl PartialEq<&str> for Value {
    fn eq(&self, text: &&str) -> bool {
        self == *text
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Simple(text) => write!(f, "+{text}"),
            Value::Error(text) => write!(f, "-{text}"),
            Value::Int(number) => write!(f, ":{number}"),
            Value::Bulk(bytes) => write!(f, "\"{}\"", bytes.escape_ascii()),
            Value::Null => write!(f, "null"),
            Value::Array(items) => f.debug_list().entries(items).finish(),
            Value::Map(pairs) => f.debug_map().entries(pairs.iter().map(|(k, v)| (k, v))).finish(),
            Value::Set(items) => f.debug_set().entries(items).finish(),
            Value::Push(items) => write!(f, ">").and_then(|()| f.debug_list().entries(items).finish()),
            Value::Double(text) => write!(f, ",{text}"),
            Value::Bool(value) => write!(f, "#{value}"),
            Value::Verbatim(form, text) => write!(f, "={form}:{text:?}"),
            Value::BigNumber(text) => write!(f, "({text}"),
        }
    }
}

/// The bytes of a request.
pub fn request<A: AsRef<[u8]>>(args: &[A]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", args.len()).into_bytes();
    for arg in args {
        let arg = arg.as_ref();
        bytes.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
        bytes.extend_from_slice(arg);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// Requests one behind the other, each a line of words, as they stand in an append-only file.
pub fn requests(lines: &[&str]) -> Vec<u8> {
    lines.iter().flat_map(|line| request(&line.split(' ').collect::<Vec<_>>())).collect()
}

/// TCP or a unix socket.
trait Socket: Read + Write + Send {
    fn timeout(&self, limit: Option<Duration>) -> io::Result<()>;
}

impl Socket for TcpStream {
    fn timeout(&self, limit: Option<Duration>) -> io::Result<()> {
        self.set_read_timeout(limit)
    }
}

impl Socket for UnixStream {
    fn timeout(&self, limit: Option<Duration>) -> io::Result<()> {
        self.set_read_timeout(limit)
    }
}

/// A connection.
pub struct Client {
    socket: Box<dyn Socket>,
    /// Bytes read; those before `at` are used up.
    buffer: Vec<u8>,
    at: usize,
    limit: Duration,
}

impl Client {
    /// Connects to a port of this machine.
    #[track_caller]
    pub fn connect(port: u16) -> Client {
        Client::try_connect(port).unwrap_or_else(|error| panic!("connecting to port {port}: {error}"))
    }

    /// [`Client::connect`] where failure is an answer, too.
    pub fn try_connect(port: u16) -> io::Result<Client> {
        let socket = TcpStream::connect(("127.0.0.1", port))?;
        socket.set_nodelay(true)?;
        Ok(Client::over(Box::new(socket)))
    }

    /// Connects to a unix socket.
    #[track_caller]
    pub fn unix(path: &Path) -> Client {
        Client::over(Box::new(UnixStream::connect(path).unwrap()))
    }

    /// [`Client::unix`] where failure is an answer, too.
    pub fn try_unix(path: &Path) -> io::Result<Client> {
        Ok(Client::over(Box::new(UnixStream::connect(path)?)))
    }

    fn over(socket: Box<dyn Socket>) -> Client {
        Client { socket, buffer: Vec::new(), at: 0, limit: patience(REPLY) }
    }

    /// How long a reply may take from now on.
    pub fn patience(&mut self, limit: Duration) {
        self.limit = patience(limit);
    }

    /// Sends one command and reads its reply.
    #[track_caller]
    pub fn cmd<A: AsRef<[u8]>>(&mut self, args: &[A]) -> Value {
        self.send_raw(&request(args));
        self.read_value()
    }

    /// [`Client::cmd`] with words parted by blanks.
    #[track_caller]
    pub fn run(&mut self, words: &str) -> Value {
        self.cmd(&words.split_whitespace().collect::<Vec<_>>())
    }

    /// [`Client::run`] where a lost connection is an answer, too.
    pub fn try_run(&mut self, words: &str) -> io::Result<Value> {
        self.socket.write_all(&request(&words.split_whitespace().collect::<Vec<_>>()))?;
        self.try_value()
    }

    /// Sends all commands at once, then reads all replies.
    #[track_caller]
    pub fn pipeline<A: AsRef<[u8]>>(&mut self, commands: &[Vec<A>]) -> Vec<Value> {
        let bytes: Vec<u8> = commands.iter().flat_map(|args| request(args)).collect();
        self.send_raw(&bytes);
        commands.iter().map(|_| self.read_value()).collect()
    }

    /// Sends one command without waiting.
    #[track_caller]
    pub fn send<A: AsRef<[u8]>>(&mut self, args: &[A]) {
        self.send_raw(&request(args));
    }

    /// Sends bytes as they are.
    #[track_caller]
    pub fn send_raw(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).unwrap_or_else(|error| panic!("sending: {error}"));
    }

    /// [`Client::send_raw`] where a lost connection is an answer, too.
    pub fn try_send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.socket.write_all(bytes)
    }

    /// Reads one reply; fails the test when none comes.
    #[track_caller]
    pub fn read_value(&mut self) -> Value {
        self.try_value().unwrap_or_else(|error| panic!("reading a reply: {error}"))
    }

    /// One reply, or `None` when nothing comes within `limit`.
    #[track_caller]
    pub fn read_within(&mut self, limit: Duration) -> Option<Value> {
        let usual = std::mem::replace(&mut self.limit, limit);
        let got = self.try_value();
        self.limit = usual;
        match got {
            Ok(value) => Some(value),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => None,
            Err(error) => panic!("reading a reply: {error}"),
        }
    }

    /// One line without its line end.
    #[track_caller]
    pub fn read_line(&mut self) -> String {
        let line = self.line().unwrap_or_else(|error| panic!("reading a line: {error}"));
        String::from_utf8_lossy(&line).into_owned()
    }

    /// Exactly `len` bytes, undecoded.
    #[track_caller]
    pub fn read_raw(&mut self, len: usize) -> Vec<u8> {
        self.bytes(len).unwrap_or_else(|error| panic!("reading {len} bytes: {error}"))
    }

    /// Everything up to the end of the connection.
    #[track_caller]
    pub fn read_to_end(&mut self) -> Vec<u8> {
        while self.more().is_ok() {}
        self.buffer.split_off(std::mem::take(&mut self.at))
    }

    /// The server closes the connection, without further bytes.
    #[track_caller]
    pub fn expect_closed(&mut self) {
        match self.more() {
            Err(error) if !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            Err(_) => panic!("the connection stays open"),
            Ok(()) => panic!("more bytes: {:?}", self.buffer[self.at..].escape_ascii().to_string()),
        }
    }

    fn more(&mut self) -> io::Result<()> {
        if self.at == self.buffer.len() {
            self.buffer.clear();
            self.at = 0;
        }
        self.socket.timeout(Some(self.limit.max(Duration::from_millis(1))))?;
        let mut chunk = [0; 64 << 10];
        match self.socket.read(&mut chunk)? {
            0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
            len => {
                self.buffer.extend_from_slice(&chunk[..len]);
                Ok(())
            }
        }
    }

    fn bytes(&mut self, len: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() - self.at < len {
            self.more()?;
        }
        let bytes = self.buffer[self.at..self.at + len].to_vec();
        self.at += len;
        Ok(bytes)
    }

    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut seen = 0;
        loop {
            if let Some(len) = self.buffer[self.at + seen..].iter().position(|byte| *byte == b'\n') {
                let mut line = self.bytes(seen + len + 1)?;
                line.truncate(line.len() - if line.ends_with(b"\r\n") { 2 } else { 1 });
                return Ok(line);
            }
            seen = self.buffer.len() - self.at;
            self.more()?;
        }
    }

    /// Reads one reply; attributes before it are dropped.
    pub fn try_value(&mut self) -> io::Result<Value> {
        let line = self.line()?;
        let (kind, rest) = line.split_first().ok_or_else(|| bad("an empty line"))?;
        let text = String::from_utf8_lossy(rest).into_owned();
        Ok(match kind {
            b'+' => Value::Simple(text),
            b'-' => Value::Error(text),
            b':' => Value::Int(text.parse().map_err(|_| bad(&text))?),
            b'_' => Value::Null,
            b',' => Value::Double(text),
            b'(' => Value::BigNumber(text),
            b'#' => Value::Bool(text == "t"),
            b'$' | b'=' if text == "-1" => Value::Null,
            b'$' => Value::Bulk(self.blob(&text)?),
            b'=' => {
                let blob = String::from_utf8_lossy(&self.blob(&text)?).into_owned();
                let (form, body) =
                    blob.split_once(':').ok_or_else(|| bad("a verbatim string without form"))?;
                Value::Verbatim(form.to_owned(), body.to_owned())
            }
            b'*' if text == "-1" => Value::Null,
            b'*' => Value::Array(self.list(&text)?),
            b'~' => Value::Set(self.list(&text)?),
            b'>' => Value::Push(self.list(&text)?),
            b'%' => Value::Map(self.pairs(&text)?),
            b'|' => {
                self.pairs(&text)?;
                self.try_value()?
            }
            _ => return Err(bad(&String::from_utf8_lossy(&line))),
        })
    }

    fn blob(&mut self, len: &str) -> io::Result<Vec<u8>> {
        let len: usize = len.parse().map_err(|_| bad(len))?;
        let bytes = self.bytes(len)?;
        if self.bytes(2)? != b"\r\n" {
            return Err(bad("a string without its line end"));
        }
        Ok(bytes)
    }

    fn list(&mut self, len: &str) -> io::Result<Vec<Value>> {
        (0..len.parse::<usize>().map_err(|_| bad(len))?).map(|_| self.try_value()).collect()
    }

    fn pairs(&mut self, len: &str) -> io::Result<Vec<(Value, Value)>> {
        let len = len.parse::<usize>().map_err(|_| bad(len))?;
        (0..len).map(|_| Ok((self.try_value()?, self.try_value()?))).collect()
    }
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("no reply in the protocol: {what}"))
}
