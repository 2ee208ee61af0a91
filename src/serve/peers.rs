//! Connections to other servers that MIGRATE talks over: blocking, and kept for the next time.
//!
//! MIGRATE holds the whole server up until the other side has answered, as in Redis: a key is on one side or
//! on the other at any moment a client can see. So these are plain sockets with timeouts, outside of the
//! reactor. One stays open for each `host:port` and is closed when it was not used for ten seconds; cron asks
//! [`Peers::close_idle`]. There are 64 at most.
//!
//! A timeout counts for each chunk of 64 KiB sent and for each piece of an answer read, not for the whole.
//!
//! Source: Redis 7.2.4 `migrateGetSocket`, `migrateCloseTimedoutSockets`, `syncReadLine`.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::{AsRawFd, RawFd};
use std::time::{Duration, Instant};

use crate::base::clock::Millis;
use crate::state::host::Peer;

/// Most connections that are kept (Redis' MIGRATE_SOCKET_CACHE_ITEMS).
const MOST: usize = 64;
/// How long an unused one is kept (Redis' MIGRATE_SOCKET_CACHE_TTL).
const KEEP: Duration = Duration::from_secs(10);
const CHUNK: usize = 64 * 1024;
/// Longest line of an answer, bytes; the rest counts as the next line.
const LINE_MAX: usize = 1023;

/// The connections by `host:port`.
#[derive(Default)]
pub struct Peers {
    open: HashMap<Box<str>, Connection>,
}

/// One of them.
struct Connection {
    stream: TcpStream,
    used: Instant,
    db: Option<i64>,
    /// Bytes read and not yet handed out.
    rest: Vec<u8>,
}

impl Peers {
    /// The connection to a server, opened if there is none.
    ///
    /// # Errors
    /// When it cannot be opened in time.
    pub fn get(&mut self, host: &str, port: u16, timeout_ms: Millis) -> io::Result<&mut dyn Peer> {
        let name = name(host, port);
        if !self.open.contains_key(&name) {
            if self.open.len() >= MOST
                && let Some(one) = self.open.keys().next().cloned()
            {
                self.open.remove(&one);
            }
            let stream = connect(host, port, span(timeout_ms))?;
            stream.set_nodelay(true)?;
            let fresh = Connection { stream, used: Instant::now(), db: None, rest: Vec::new() };
            self.open.insert(name.clone(), fresh);
        }
        let connection = self.open.get_mut(&name).ok_or(io::ErrorKind::NotFound)?;
        connection.used = Instant::now();
        Ok(connection)
    }

    /// Closes the connection to a server.
    pub fn close(&mut self, host: &str, port: u16) {
        self.open.remove(&name(host, port));
    }

    /// Closes those that were not used for ten seconds.
    pub fn close_idle(&mut self) {
        self.open.retain(|_, connection| connection.used.elapsed() <= KEEP);
    }

    /// Their descriptors, for a child to close.
    pub fn descriptors(&self) -> impl Iterator<Item = RawFd> + '_ {
        self.open.values().map(|connection| connection.stream.as_raw_fd())
    }
}

fn name(host: &str, port: u16) -> Box<str> {
    format!("{host}:{port}").into_boxed_str()
}

/// No shorter than a millisecond: zero would mean no limit.
fn span(timeout_ms: Millis) -> Duration {
    Duration::from_millis(timeout_ms.max(1).unsigned_abs())
}

/// Tries the addresses of the name in turn.
fn connect(host: &str, port: u16, timeout: Duration) -> io::Result<TcpStream> {
    let mut failed = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for addr in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&addr, timeout) {
            Ok(stream) => return Ok(stream),
            Err(e) => failed = e,
        }
    }
    Err(failed)
}

/// A socket's timeout shows as "would block".
fn as_timeout(e: io::Error) -> io::Error {
    if e.kind() == io::ErrorKind::WouldBlock { io::ErrorKind::TimedOut.into() } else { e }
}

impl Peer for Connection {
    fn db(&self) -> Option<i64> {
        self.db
    }

    fn set_db(&mut self, db: Option<i64>) {
        self.db = db;
    }

    fn send(&mut self, bytes: &[u8], timeout_ms: Millis) -> io::Result<()> {
        self.stream.set_write_timeout(Some(span(timeout_ms)))?;
        bytes.chunks(CHUNK).try_for_each(|chunk| self.stream.write_all(chunk)).map_err(as_timeout)
    }

    fn line(&mut self, timeout_ms: Millis) -> io::Result<Vec<u8>> {
        self.stream.set_read_timeout(Some(span(timeout_ms)))?;
        loop {
            let end = self.rest.iter().take(LINE_MAX).position(|byte| *byte == b'\n');
            if end.is_some() || self.rest.len() >= LINE_MAX {
                let mut line: Vec<u8> = self.rest.drain(..end.map_or(LINE_MAX, |end| end + 1)).collect();
                if line.ends_with(b"\n") {
                    line.pop();
                }
                if line.ends_with(b"\r") {
                    line.pop();
                }
                return Ok(line);
            }
            let mut buffer = [0; 4096];
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => self.rest.extend_from_slice(&buffer[..n]),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(as_timeout(e)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn connections_are_kept_and_closed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut peers = Peers::default();
        peers.get("127.0.0.1", port, 1000).unwrap().set_db(Some(3));
        let (mut far, _) = listener.accept().unwrap();
        let peer = peers.get("127.0.0.1", port, 1000).unwrap();
        assert_eq!(peer.db(), Some(3), "the same connection");
        peer.send(b"PING\r\n", 1000).unwrap();
        let mut got = [0; 6];
        far.read_exact(&mut got).unwrap();
        far.write_all(b"+PONG\r\n-ERR no\n\r\n").unwrap();
        for line in [&b"+PONG"[..], b"-ERR no", b""] {
            assert_eq!(peer.line(1000).unwrap(), line);
        }
        assert_eq!(peer.line(1).unwrap_err().kind(), io::ErrorKind::TimedOut);
        far.write_all(&[b'x'; 2000]).unwrap();
        assert_eq!(peer.line(1000).unwrap().len(), LINE_MAX, "no line is longer");
        peers.close_idle();
        assert_eq!(peers.descriptors().count(), 1, "it was used just now");
        let long_ago = Instant::now().checked_sub(KEEP + Duration::from_secs(1));
        let idle = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let idle = Connection { stream: idle, used: long_ago.unwrap(), db: None, rest: Vec::new() };
        peers.open.insert(name("idle", 1), idle);
        peers.close_idle();
        assert_eq!(peers.open.keys().map(|name| &**name).collect::<Vec<_>>(), [format!("127.0.0.1:{port}")]);
        peers.close("127.0.0.1", port);
        assert_eq!(peers.descriptors().count(), 0);
        assert!(far.read(&mut got).is_ok_and(|n| n == 0) || far.read(&mut got).is_err());
    }

    #[test]
    fn old_connections_make_room() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut peers = Peers::default();
        for n in 1..=70 {
            peers.get(&format!("127.0.0.{n}"), port, 1000).err();
            let spare = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let fresh = Connection { stream: spare, used: Instant::now(), db: None, rest: Vec::new() };
            if peers.open.len() < MOST {
                peers.open.insert(name("x", n), fresh);
            }
        }
        assert!(peers.open.len() <= MOST);
        peers.get("127.0.0.1", port, 1000).unwrap();
        assert!(peers.open.len() <= MOST && peers.open.contains_key(&name("127.0.0.1", port)));
    }
}
