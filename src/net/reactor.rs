//! The reactor: which sources can be read or written, told by epoll through mio.
//!
//! Every source is registered once, for reading and writing, edge-triggered, and never again: no system call
//! per request. What follows for the caller:
//! - An edge comes once. Whoever stops before the source is drained keeps the token on a list of his own.
//! - A read shorter than its buffer means drained, unless the event said [`Ready::eof`]: then the end of the
//!   stream came in the same edge, and only reading on until 0 shows it.
//! - A write that was refused is tried again when `writable` comes.
//!
//! Tokens are the caller's numbers; [`WAKE`] is kept for [`Waker`], by which another thread ends a poll.

use super::listener::Listener;
use super::stream::{Pipe, Stream};
use mio::event::Source;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

/// Names a source; chosen by the caller.
pub type Token = usize;

/// The token of [`Waker`]; not for others.
pub const WAKE: Token = usize::MAX;

/// One source with something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    pub token: Token,
    /// There is something to read: bytes, an end, an error, a connection.
    pub readable: bool,
    /// There may be room to write, or a connection attempt came to its end.
    pub writable: bool,
    /// The other side will send no more. What it has sent is still to be read.
    pub eof: bool,
    /// Both directions are gone, or the socket is in error.
    pub closed: bool,
}

/// Sources and the poll over them.
pub struct Reactor {
    poll: Poll,
    events: Events,
    waker: Arc<mio::Waker>,
}

/// Ends the current or next poll; for other threads.
#[derive(Clone, Debug)]
pub struct Waker(Arc<mio::Waker>);

impl Waker {
    /// Makes the reactor report [`WAKE`]. Several calls may become one.
    pub fn wake(&self) -> io::Result<()> {
        self.0.wake()
    }
}

impl Reactor {
    /// At most `capacity` events a poll; more wait for the next.
    pub fn new(capacity: usize) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(mio::Waker::new(poll.registry(), mio::Token(WAKE))?);
        Ok(Reactor { poll, events: Events::with_capacity(capacity), waker })
    }

    /// A handle for another thread.
    pub fn waker(&self) -> Waker {
        Waker(Arc::clone(&self.waker))
    }

    /// Watches a stream for both directions.
    pub fn add_stream(&self, stream: &mut Stream, token: Token) -> io::Result<()> {
        self.add(stream.source(), token, Interest::READABLE | Interest::WRITABLE)
    }

    /// Stops watching a stream. Closing it does the same.
    pub fn remove_stream(&self, stream: &mut Stream) -> io::Result<()> {
        self.poll.registry().deregister(stream.source())
    }

    /// Watches a listener. Connections that wait already count as an edge.
    pub fn add_listener(&self, listener: &mut Listener, token: Token) -> io::Result<()> {
        self.add(listener.source(), token, Interest::READABLE)
    }

    /// Stops watching a listener.
    pub fn remove_listener(&self, listener: &mut Listener) -> io::Result<()> {
        self.poll.registry().deregister(listener.source())
    }

    /// Watches the reading end of a pipe, or its writing end.
    pub fn add_pipe(&self, pipe: &Pipe, token: Token) -> io::Result<()> {
        self.add_fd(pipe.as_raw_fd(), token)
    }

    /// Watches any pollable descriptor for both directions. It must be non-blocking, stay open while watched,
    /// and be taken out by [`Reactor::remove_fd`] if a copy of it lives on (in a child).
    pub fn add_fd(&self, fd: RawFd, token: Token) -> io::Result<()> {
        self.add(&mut SourceFd(&fd), token, Interest::READABLE | Interest::WRITABLE)
    }

    /// Stops watching a descriptor.
    pub fn remove_fd(&self, fd: RawFd) -> io::Result<()> {
        self.poll.registry().deregister(&mut SourceFd(&fd))
    }

    fn add(&self, source: &mut dyn Source, token: Token, interest: Interest) -> io::Result<()> {
        source.register(self.poll.registry(), mio::Token(token), interest)
    }

    /// Waits until something is ready, `timeout` has passed (whole milliseconds, rounded up; `None`: for
    /// ever; zero: only looks) or a signal came (no events then). The events are in [`Reactor::ready`].
    pub fn poll(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                self.events.clear();
                Ok(())
            }
            result => result,
        }
    }

    /// What the last poll found.
    pub fn ready(&self) -> impl Iterator<Item = Ready> + '_ {
        self.events.iter().map(|event| {
            let eof = event.is_read_closed();
            let closed = event.is_write_closed() || event.is_error();
            Ready {
                token: event.token().0,
                readable: event.is_readable() || eof || closed,
                writable: event.is_writable() || closed,
                eof: eof || closed,
                closed,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::listener::{AcceptEnd, Listener};
    use std::io::{Read, Write};

    const SOON: Option<Duration> = Some(Duration::from_secs(5));

    /// Polls until `token` is ready.
    fn wait(reactor: &mut Reactor, token: Token, wanted: impl Fn(&Ready) -> bool) -> Ready {
        for _ in 0..100 {
            reactor.poll(SOON).unwrap();
            if let Some(ready) = reactor.ready().find(|ready| ready.token == token && wanted(ready)) {
                return ready;
            }
        }
        panic!("token {token} never became ready");
    }

    fn accept_one(listener: &mut Listener) -> Stream {
        let mut got = None;
        assert!(matches!(listener.accept(10, &mut |stream, _| got = Some(stream)), AcceptEnd::Drained));
        got.expect("a connection")
    }

    #[test]
    fn a_connection_lives_and_ends() {
        let mut reactor = Reactor::new(64).unwrap();
        let mut listener = Listener::tcp("127.0.0.1", 0, 16).unwrap();
        reactor.add_listener(&mut listener, 1).unwrap();
        let mut peer = std::net::TcpStream::connect(("127.0.0.1", listener.port())).unwrap();
        wait(&mut reactor, 1, |r| r.readable);
        let mut stream = accept_one(&mut listener);
        reactor.add_stream(&mut stream, 2).unwrap();
        assert!(!wait(&mut reactor, 2, |r| r.writable).eof);

        peer.write_all(b"ping").unwrap();
        assert!(wait(&mut reactor, 2, |r| r.readable).readable);
        let mut buf = [0; 16];
        assert_eq!(stream.read(&mut buf).unwrap(), 4);
        assert_eq!(stream.read(&mut buf).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        assert_eq!(stream.write(b"pong").unwrap(), 4);
        peer.read_exact(&mut buf[..4]).unwrap();
        assert_eq!(&buf[..4], b"pong");

        // Data and the end in one edge.
        peer.write_all(b"bye").unwrap();
        peer.shutdown(std::net::Shutdown::Write).unwrap();
        let last = wait(&mut reactor, 2, |r| r.eof);
        assert!(last.readable && !last.closed);
        assert_eq!(stream.read(&mut buf).unwrap(), 3);
        assert_eq!(stream.read(&mut buf).unwrap(), 0);
        drop(peer);
    }

    #[test]
    fn a_thread_wakes_the_poll() {
        let mut reactor = Reactor::new(4).unwrap();
        let waker = reactor.waker();
        let thread = std::thread::spawn(move || waker.wake().unwrap());
        wait(&mut reactor, WAKE, |_| true);
        thread.join().unwrap();
        reactor.poll(Some(Duration::ZERO)).unwrap();
        assert_eq!(reactor.ready().count(), 0);
    }

    #[test]
    fn a_pipe_reports_bytes_and_its_end() {
        let mut reactor = Reactor::new(4).unwrap();
        let (reader, writer) = Pipe::pair().unwrap();
        reactor.add_pipe(&reader, 7).unwrap();
        writer.write(b"x").unwrap();
        wait(&mut reactor, 7, |r| r.readable);
        let mut buf = [0; 4];
        assert_eq!(reader.read(&mut buf).unwrap(), 1);
        drop(writer);
        wait(&mut reactor, 7, |r| r.eof);
        assert_eq!(reader.read(&mut buf).unwrap(), 0);
        reactor.remove_fd(reader.as_raw_fd()).unwrap();
    }
}
