//! Byte streams: TCP, Unix sockets and pipes, all non-blocking and closed on exec.
//!
//! Reads and writes are plain system calls on `&self` (a call cut short by a signal is repeated);
//! `WouldBlock` is left to the caller. Connecting follows `anet.c` of Redis 7.2: bind a source address if asked, and
//! go on without it if it cannot be bound.
//!
//! `unsafe`: the socket calls `std` has no form for (options, a non-blocking `connect`), each on a
//! descriptor owned right here.

use super::os_text;
use mio::event::Source;
use mio::net::{TcpStream, UnixStream};
use std::fs::File;
use std::io::{self, IoSlice, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, ToSocketAddrs};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::path::Path;

/// A connected (or connecting) socket.
#[derive(Debug)]
pub enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// Runs a call again as long as a signal cuts it short.
fn again<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

impl Stream {
    /// Begins to connect. `source`: an address to bind first, best effort. The end shows as `writable`; then
    /// ask [`Stream::connected`]. The error is the text for the log.
    pub fn connect(address: SocketAddr, source: Option<&str>) -> Result<Stream, String> {
        let bound = source.map(|source| connect_to(address, Some(source)));
        match bound {
            Some(Ok(stream)) => Ok(Stream::Tcp(stream)),
            _ => connect_to(address, None).map(Stream::Tcp),
        }
    }

    /// Connects to a Unix socket.
    pub fn connect_unix(path: &Path) -> io::Result<Stream> {
        UnixStream::connect(path).map(Stream::Unix)
    }

    /// Reads what is there; 0 is the end of the stream.
    #[inline]
    pub fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => again(|| (&*stream).read(buf)),
            Stream::Unix(stream) => again(|| (&*stream).read(buf)),
        }
    }

    /// Writes as much as there is room for.
    #[inline]
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => again(|| (&*stream).write(bytes)),
            Stream::Unix(stream) => again(|| (&*stream).write(bytes)),
        }
    }

    /// Writes several buffers by one call (at most 1024, the system's limit).
    #[inline]
    pub fn write_vectored(&self, bytes: &[IoSlice<'_>]) -> io::Result<usize> {
        let bytes = &bytes[..bytes.len().min(1024)];
        match self {
            Stream::Tcp(stream) => again(|| (&*stream).write_vectored(bytes)),
            Stream::Unix(stream) => again(|| (&*stream).write_vectored(bytes)),
        }
    }

    /// The socket's pending error, taken out.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        match self {
            Stream::Tcp(stream) => stream.take_error(),
            Stream::Unix(stream) => stream.take_error(),
        }
    }

    /// How a connection attempt stands: `Ok(false)` still on its way.
    pub fn connected(&self) -> io::Result<bool> {
        if let Some(error) = self.take_error()? {
            return Err(error);
        }
        let peer = match self {
            Stream::Tcp(stream) => stream.peer_addr().map(drop),
            Stream::Unix(stream) => stream.peer_addr().map(drop),
        };
        match peer {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The other side's address as Redis prints it: `1.2.3.4:5`, `[::1]:5`, `/path/of.sock:0`; `?:0` when
    /// there is none any more.
    pub fn peer_text(&self) -> String {
        match self {
            Stream::Tcp(stream) => address_text(stream.peer_addr()),
            Stream::Unix(stream) => unix_text(stream),
        }
    }

    /// Our side's address, in the same form.
    pub fn local_text(&self) -> String {
        match self {
            Stream::Tcp(stream) => address_text(stream.local_addr()),
            Stream::Unix(stream) => unix_text(stream),
        }
    }

    /// The other side's address without the port; none of a Unix socket.
    pub fn peer_ip(&self) -> Option<IpAddr> {
        match self {
            Stream::Tcp(stream) => stream.peer_addr().ok().map(|peer| peer.ip()),
            Stream::Unix(_) => None,
        }
    }

    /// Whether the other side is on this machine: a Unix socket or a loopback address (protected mode asks).
    pub fn is_local(&self) -> bool {
        match self {
            Stream::Tcp(_) => self.peer_ip().is_some_and(|ip| ip.is_loopback()),
            Stream::Unix(_) => true,
        }
    }

    /// Whether it is a Unix socket.
    pub fn is_unix(&self) -> bool {
        matches!(self, Stream::Unix(_))
    }

    /// Sends small segments at once (`on`) or gathers them. No effect on a Unix socket.
    pub fn set_nodelay(&self, on: bool) -> io::Result<()> {
        match self {
            Stream::Tcp(stream) => stream.set_nodelay(on),
            Stream::Unix(_) => Ok(()),
        }
    }

    /// Finds out dead peers: first probe after `secs` idle seconds, two more a third of it apart, then the
    /// connection fails (`anetKeepAlive`). No effect on a Unix socket.
    pub fn set_keepalive(&self, secs: u32) -> io::Result<()> {
        let Stream::Tcp(stream) = self else { return Ok(()) };
        let fd = stream.as_raw_fd();
        let secs = i32::try_from(secs).unwrap_or(i32::MAX);
        set_option(fd, libc::SOL_SOCKET, libc::SO_KEEPALIVE, 1)?;
        set_option(fd, libc::IPPROTO_TCP, libc::TCP_KEEPIDLE, secs)?;
        set_option(fd, libc::IPPROTO_TCP, libc::TCP_KEEPINTVL, (secs / 3).max(1))?;
        set_option(fd, libc::IPPROTO_TCP, libc::TCP_KEEPCNT, 3)
    }

    /// Ends both directions; the descriptor stays until the drop. For connections whose descriptor a child
    /// may hold too.
    pub fn shutdown(&self) -> io::Result<()> {
        match self {
            Stream::Tcp(stream) => stream.shutdown(Shutdown::Both),
            Stream::Unix(stream) => stream.shutdown(Shutdown::Both),
        }
    }

    pub(super) fn source(&mut self) -> &mut dyn Source {
        match self {
            Stream::Tcp(stream) => stream,
            Stream::Unix(stream) => stream,
        }
    }
}

impl AsRawFd for Stream {
    fn as_raw_fd(&self) -> RawFd {
        match self {
            Stream::Tcp(stream) => stream.as_raw_fd(),
            Stream::Unix(stream) => stream.as_raw_fd(),
        }
    }
}

/// `ip:port`, with brackets around an address that has colons itself.
pub fn socket_text(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) => v4.to_string(),
        // Not its own form: that appends the scope.
        SocketAddr::V6(v6) => format!("[{}]:{}", v6.ip(), v6.port()),
    }
}

fn address_text(address: io::Result<SocketAddr>) -> String {
    address.map_or_else(|_| "?:0".to_string(), socket_text)
}

/// Both ends go by the name the listener was bound to.
fn unix_text(stream: &UnixStream) -> String {
    let name = |address: io::Result<std::os::unix::net::SocketAddr>| {
        address.ok().and_then(|a| a.as_pathname().map(|path| format!("{}:0", path.display())))
    };
    name(stream.local_addr()).or_else(|| name(stream.peer_addr())).unwrap_or_else(|| "?:0".to_string())
}

/// The addresses of a host name or literal, which may take long to find; the error in the resolver's own words.
pub fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
    let found = (host, port).to_socket_addrs().map_err(|error| {
        let text = os_text(&error);
        text.strip_prefix("failed to lookup address information: ").unwrap_or(&text).to_string()
    })?;
    Ok(found.collect())
}

fn connect_to(address: SocketAddr, source: Option<&str>) -> Result<TcpStream, String> {
    let failed = |what: &'static str| move |error: io::Error| format!("{what}: {}", os_text(&error));
    let fd = new_socket(family(&address)).map_err(failed("creating socket"))?;
    set_option(fd.as_raw_fd(), libc::SOL_SOCKET, libc::SO_REUSEADDR, 1)
        .map_err(failed("setsockopt SO_REUSEADDR"))?;
    if let Some(source) = source {
        // A name is not looked up here: that may take long.
        let from = source.parse().ok().filter(|ip: &IpAddr| ip.is_ipv4() == address.is_ipv4());
        let from = SocketAddr::new(from.ok_or("bind: no address of this kind")?, 0);
        bind(&fd, &from).map_err(failed("bind"))?;
    }
    let raw = RawAddress::from(&address);
    // SAFETY: the descriptor is open, the address is a valid sockaddr of the length given.
    let done = unsafe { libc::connect(fd.as_raw_fd(), raw.pointer(), raw.len()) };
    let error = io::Error::last_os_error();
    if done != 0 && error.raw_os_error() != Some(libc::EINPROGRESS) {
        return Err(failed("creating socket")(error));
    }
    Ok(TcpStream::from_std(fd.into()))
}

pub(super) fn family(address: &SocketAddr) -> libc::c_int {
    if address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 }
}

/// A new stream socket, non-blocking, closed on exec.
pub(super) fn new_socket(family: libc::c_int) -> io::Result<OwnedFd> {
    let kind = libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: no pointers; the result is checked below.
    let fd = unsafe { libc::socket(family, kind, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor was just made and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Sets an option whose value is an `int`.
pub(super) fn set_option(fd: RawFd, level: i32, name: i32, value: i32) -> io::Result<()> {
    let len = size_of::<i32>() as libc::socklen_t;
    // SAFETY: the pointer and length describe `value`, which lives through the call.
    let done = unsafe { libc::setsockopt(fd, level, name, (&raw const value).cast(), len) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

pub(super) fn bind(fd: &OwnedFd, address: &SocketAddr) -> io::Result<()> {
    let raw = RawAddress::from(address);
    // SAFETY: the descriptor is open, the address is a valid sockaddr of the length given.
    let done = unsafe { libc::bind(fd.as_raw_fd(), raw.pointer(), raw.len()) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// A socket address in the system's form.
enum RawAddress {
    V4(libc::sockaddr_in),
    V6(libc::sockaddr_in6),
}

impl RawAddress {
    fn from(address: &SocketAddr) -> Self {
        match address {
            SocketAddr::V4(v4) => RawAddress::V4(libc::sockaddr_in {
                sin_family: libc::AF_INET as libc::sa_family_t,
                sin_port: v4.port().to_be(),
                sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(v4.ip().octets()) },
                sin_zero: [0; 8],
            }),
            SocketAddr::V6(v6) => RawAddress::V6(libc::sockaddr_in6 {
                sin6_family: libc::AF_INET6 as libc::sa_family_t,
                sin6_port: v6.port().to_be(),
                sin6_flowinfo: v6.flowinfo(),
                sin6_addr: libc::in6_addr { s6_addr: v6.ip().octets() },
                sin6_scope_id: v6.scope_id(),
            }),
        }
    }

    fn pointer(&self) -> *const libc::sockaddr {
        match self {
            RawAddress::V4(v4) => (&raw const *v4).cast(),
            RawAddress::V6(v6) => (&raw const *v6).cast(),
        }
    }

    fn len(&self) -> libc::socklen_t {
        let len = match self {
            RawAddress::V4(_) => size_of::<libc::sockaddr_in>(),
            RawAddress::V6(_) => size_of::<libc::sockaddr_in6>(),
        };
        len as libc::socklen_t
    }
}

/// One end of a pipe (to or from a child), non-blocking until said otherwise.
#[derive(Debug)]
pub struct Pipe(File);

impl Pipe {
    /// A new pipe: its reading and its writing end, both non-blocking, both closed on exec.
    pub fn pair() -> io::Result<(Pipe, Pipe)> {
        let (reader, writer) = io::pipe()?;
        let ends = (Pipe(File::from(OwnedFd::from(reader))), Pipe(File::from(OwnedFd::from(writer))));
        ends.0.set_nonblocking(true)?;
        ends.1.set_nonblocking(true)?;
        Ok(ends)
    }

    /// Whether calls return `WouldBlock` (`on`) or wait. A child that only writes wants to wait.
    pub fn set_nonblocking(&self, on: bool) -> io::Result<()> {
        let fd = self.0.as_raw_fd();
        // SAFETY: fcntl with these commands takes no pointers; the descriptor is open.
        let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
        if flags < 0 {
            return Err(io::Error::last_os_error());
        }
        let wanted = if on { flags | libc::O_NONBLOCK } else { flags & !libc::O_NONBLOCK };
        // SAFETY: as above.
        let done = unsafe { libc::fcntl(fd, libc::F_SETFL, wanted) };
        if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// Reads what is there; 0: the other end is closed everywhere.
    pub fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        again(|| (&self.0).read(buf))
    }

    /// Writes what there is room for.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        again(|| (&self.0).write(bytes))
    }
}

impl AsRawFd for Pipe {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::listener::Listener;
    use std::time::{Duration, Instant};

    /// Waits for a connection attempt to end, without the reactor.
    fn settle(stream: &Stream) -> io::Result<bool> {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(5) {
            if stream.connected()? {
                return Ok(true);
            }
            std::thread::yield_now();
        }
        Ok(false)
    }

    fn local(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn accept(listener: &mut Listener) -> Stream {
        let mut got = None;
        while got.is_none() {
            listener.accept(1, &mut |stream, _| got = Some(stream));
        }
        got.unwrap()
    }

    #[test]
    fn connects_and_names_both_ends() {
        let mut listener = Listener::tcp("127.0.0.1", 0, 8).unwrap();
        let stream = Stream::connect(local(listener.port()), Some("127.0.0.1")).unwrap();
        assert!(settle(&stream).unwrap());
        assert_eq!(stream.peer_text(), format!("127.0.0.1:{}", listener.port()));
        assert!(stream.is_local() && !stream.is_unix());
        let other = accept(&mut listener);
        assert_eq!(other.peer_text(), stream.local_text());
        stream.set_nodelay(true).unwrap();
        stream.set_keepalive(300).unwrap();
        stream.set_keepalive(0).unwrap_err();
        let parts = [IoSlice::new(b"ab"), IoSlice::new(b"cd")];
        assert_eq!(stream.write_vectored(&parts).unwrap(), 4);
        stream.shutdown().unwrap();
    }

    #[test]
    fn a_source_that_cannot_be_bound_is_left_out() {
        let listener = Listener::tcp("127.0.0.1", 0, 8).unwrap();
        let stream = Stream::connect(local(listener.port()), Some("203.0.113.7")).unwrap();
        assert!(settle(&stream).unwrap());
    }

    #[test]
    fn refusal_and_bad_names_are_told() {
        let port = Listener::tcp("127.0.0.1", 0, 8).unwrap().port();
        let refused = Stream::connect(local(port), None).map(|stream| settle(&stream));
        assert!(matches!(refused, Err(_) | Ok(Err(_))));
        assert!(resolve("no such host.invalid", 1).is_err());
        assert!(resolve("localhost", 7).unwrap().iter().all(|found| found.port() == 7));
    }

    #[test]
    fn addresses_print_as_redis_prints_them() {
        assert_eq!(socket_text("1.2.3.4:5".parse().unwrap()), "1.2.3.4:5");
        assert_eq!(socket_text("[::1]:6379".parse().unwrap()), "[::1]:6379");
    }
}
