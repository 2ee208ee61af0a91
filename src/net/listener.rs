//! Listening sockets: TCP over IPv4 and IPv6, Unix sockets.
//!
//! Follows `listenToPort` and `anet.c` of Redis 7.2: an address with a colon is IPv6 and takes IPv6 only, so
//! `*` and `::*` can hold the same port; a leading `-` marks an address that may be missing on this machine.
//!
//! Accepting is edge-triggered like everything else here: [`Listener::accept`] takes connections until there
//! are no more or a budget is spent. Out of descriptors it stops and says so. No new edge comes for the
//! connections that wait, so the caller tries again on his next tick: neither spinning nor deaf.

use super::os_text;
use super::stream::{Stream, bind, family, new_socket, resolve, set_option};
use mio::event::Source;
use mio::net::{TcpListener, UnixListener};
use std::fs::Permissions;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Connections taken per event (`MAX_ACCEPTS_PER_CALL`).
pub const ACCEPT_BUDGET: usize = 1000;

/// A socket that takes connections.
#[derive(Debug)]
pub struct Listener {
    inner: Inner,
}

#[derive(Debug)]
enum Inner {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

/// Why there is no listener.
#[derive(Debug)]
pub struct BindError {
    /// For the log: "bind: Address already in use".
    pub text: String,
    /// The system's error number, if it was the system.
    pub errno: Option<i32>,
}

impl BindError {
    fn at(step: &str, error: &io::Error) -> Self {
        BindError { text: format!("{step}: {}", os_text(error)), errno: error.raw_os_error() }
    }

    /// The address is not on this machine (excused by a leading `-`).
    pub fn is_unavailable(&self) -> bool {
        self.errno == Some(libc::EADDRNOTAVAIL)
    }

    /// This machine has no such protocol (no IPv6): the address is passed over.
    pub fn is_unsupported(&self) -> bool {
        let known = [
            libc::ENOPROTOOPT,
            libc::EPROTONOSUPPORT,
            libc::ESOCKTNOSUPPORT,
            libc::EPFNOSUPPORT,
            libc::EAFNOSUPPORT,
        ];
        self.errno.is_some_and(|errno| known.contains(&errno))
    }
}

/// How a round of accepting ended.
#[derive(Debug)]
pub enum AcceptEnd {
    /// Nobody waits; the next edge tells.
    Drained,
    /// The budget is spent; call again without waiting for an edge.
    Budget,
    /// No connection can be taken now (out of descriptors, usually); call again on the next tick.
    Failed(io::Error),
}

/// Listens on every address of `bind` (a leading `-`: may be missing). `warn` gets a line for each one that
/// failed, in Redis' words. If one fails that must not, all are closed again and the answer is `None`.
pub fn listen_tcp(
    addresses: &[impl AsRef<str>],
    port: u16,
    backlog: i32,
    warn: &mut dyn FnMut(&str),
) -> Option<Vec<Listener>> {
    let mut listeners = Vec::with_capacity(addresses.len());
    for address in addresses {
        let address = address.as_ref();
        let plain = address.strip_prefix('-');
        let optional = plain.is_some();
        let address = plain.unwrap_or(address);
        match Listener::tcp(address, port, backlog) {
            Ok(listener) => listeners.push(listener),
            Err(error) => {
                let text = &error.text;
                warn(&format!(
                    "Warning: Could not create server TCP listening socket {address}:{port}: {text}"
                ));
                if !(optional && error.is_unavailable() || error.is_unsupported()) {
                    return None;
                }
            }
        }
    }
    Some(listeners)
}

impl Listener {
    /// Listens on an address: a literal, a name, `*` (all IPv4) or `::*` (all IPv6). Port 0: any free one.
    pub fn tcp(address: &str, port: u16, backlog: i32) -> Result<Listener, BindError> {
        let at = tcp_address(address, port)?;
        let fd = new_socket(family(&at)).map_err(|error| BindError::at("creating socket", &error))?;
        let option = |level, name| set_option(fd.as_raw_fd(), level, name, 1);
        if at.is_ipv6() {
            option(libc::IPPROTO_IPV6, libc::IPV6_V6ONLY)
                .map_err(|error| BindError::at("setsockopt", &error))?;
        }
        option(libc::SOL_SOCKET, libc::SO_REUSEADDR)
            .map_err(|error| BindError::at("setsockopt SO_REUSEADDR", &error))?;
        bind(&fd, &at).map_err(|error| BindError::at("bind", &error))?;
        listen(&fd, backlog)?;
        Ok(Listener { inner: Inner::Tcp(TcpListener::from_std(fd.into())) })
    }

    /// Listens on a Unix socket, after removing what lay at `path`. `permission`: the file's mode, set before
    /// anybody can connect; `None` or 0: what the umask leaves.
    pub fn unix(path: &Path, permission: Option<u32>, backlog: i32) -> Result<Listener, BindError> {
        let room = size_of::<libc::sockaddr_un>() - std::mem::offset_of!(libc::sockaddr_un, sun_path);
        let bytes = path.as_os_str().as_bytes();
        if bytes.len() > room - 1 || bytes.contains(&0) {
            let text = format!("unix socket path too long ({}), must be under {room}", bytes.len());
            return Err(BindError { text, errno: None });
        }
        // Nothing there is fine; anything else shows when binding.
        let _ = std::fs::remove_file(path);
        let fd = new_socket(libc::AF_UNIX).map_err(|error| BindError::at("creating socket", &error))?;
        bind_unix(&fd, bytes).map_err(|error| BindError::at("bind", &error))?;
        if let Some(mode) = permission.filter(|mode| *mode != 0) {
            // Redis does not look at the result either.
            let _ = std::fs::set_permissions(path, Permissions::from_mode(mode));
        }
        listen(&fd, backlog)?;
        Ok(Listener { inner: Inner::Unix(UnixListener::from_std(fd.into()), path.to_path_buf()) })
    }

    /// The TCP port; 0 of a Unix socket.
    pub fn port(&self) -> u16 {
        match &self.inner {
            Inner::Tcp(listener) => listener.local_addr().map_or(0, |at| at.port()),
            Inner::Unix(..) => 0,
        }
    }

    /// The path of a Unix socket.
    pub fn path(&self) -> Option<&Path> {
        match &self.inner {
            Inner::Tcp(_) => None,
            Inner::Unix(_, path) => Some(path),
        }
    }

    /// Takes up to `budget` connections, handing each over with the address it came from (none of a Unix
    /// socket).
    pub fn accept(&mut self, budget: usize, take: &mut dyn FnMut(Stream, Option<SocketAddr>)) -> AcceptEnd {
        for _ in 0..budget {
            let accepted = match &self.inner {
                Inner::Tcp(listener) => {
                    listener.accept().map(|(stream, from)| (Stream::Tcp(stream), Some(from)))
                }
                Inner::Unix(listener, _) => listener.accept().map(|(stream, _)| (Stream::Unix(stream), None)),
            };
            match accepted {
                Ok((stream, from)) => take(stream, from),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return AcceptEnd::Drained,
                Err(error) if is_passing(&error) => {}
                Err(error) => return AcceptEnd::Failed(error),
            }
        }
        AcceptEnd::Budget
    }

    pub(super) fn source(&mut self) -> &mut dyn Source {
        match &mut self.inner {
            Inner::Tcp(listener) => listener,
            Inner::Unix(listener, _) => listener,
        }
    }
}

impl AsRawFd for Listener {
    fn as_raw_fd(&self) -> RawFd {
        match &self.inner {
            Inner::Tcp(listener) => listener.as_raw_fd(),
            Inner::Unix(listener, _) => listener.as_raw_fd(),
        }
    }
}

/// Errors of `accept` that are the one connection's, not the listener's (accept(2) names them).
fn is_passing(error: &io::Error) -> bool {
    let passing = [
        libc::EINTR,
        libc::ECONNABORTED,
        libc::EPROTO,
        libc::ENETDOWN,
        libc::ENOPROTOOPT,
        libc::EHOSTDOWN,
        libc::ENONET,
        libc::EHOSTUNREACH,
        libc::EOPNOTSUPP,
        libc::ENETUNREACH,
        libc::EPERM,
    ];
    error.raw_os_error().is_some_and(|errno| passing.contains(&errno))
}

fn tcp_address(address: &str, port: u16) -> Result<SocketAddr, BindError> {
    let six = address.contains(':');
    match address {
        "*" => return Ok((Ipv4Addr::UNSPECIFIED, port).into()),
        "::*" => return Ok((Ipv6Addr::UNSPECIFIED, port).into()),
        _ => {}
    }
    let found = resolve(address, port).map_err(|text| BindError { text, errno: None })?;
    found.into_iter().find(|at| at.is_ipv6() == six).ok_or_else(|| BindError {
        text: "Address family for hostname not supported".to_string(),
        errno: None,
    })
}

fn listen(fd: &OwnedFd, backlog: i32) -> Result<(), BindError> {
    // SAFETY: no pointers; the descriptor is open.
    let done = unsafe { libc::listen(fd.as_raw_fd(), backlog) };
    if done == 0 { Ok(()) } else { Err(BindError::at("listen", &io::Error::last_os_error())) }
}

/// Binds to a path that fits with its closing NUL.
fn bind_unix(fd: &OwnedFd, path: &[u8]) -> io::Result<()> {
    let mut at = libc::sockaddr_un { sun_family: libc::AF_UNIX as libc::sa_family_t, sun_path: [0; 108] };
    at.sun_path.iter_mut().zip(path).for_each(|(to, from)| *to = *from as libc::c_char);
    let len = size_of::<libc::sockaddr_un>() as libc::socklen_t;
    // SAFETY: the pointer and length describe `at`, which lives through the call; its path ends with NUL.
    let done = unsafe { libc::bind(fd.as_raw_fd(), (&raw const at).cast(), len) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_taken_port_is_told_in_the_systems_words() {
        let first = Listener::tcp("127.0.0.1", 0, 8).unwrap();
        let error = Listener::tcp("127.0.0.1", first.port(), 8).unwrap_err();
        assert_eq!(error.text, "bind: Address already in use");
        let mut lines = Vec::new();
        let all = listen_tcp(&["127.0.0.1"], first.port(), 8, &mut |line| lines.push(line.to_string()));
        assert!(all.is_none());
        let port = first.port();
        let head = "Warning: Could not create server TCP listening socket";
        let line = format!("{head} 127.0.0.1:{port}: bind: Address already in use");
        assert_eq!(lines, [line]);
    }

    #[test]
    fn both_families_share_a_port_and_missing_addresses_are_excused() {
        let four = Listener::tcp("*", 0, 8).unwrap();
        match Listener::tcp("::*", four.port(), 8) {
            Ok(six) => assert_eq!(six.port(), four.port()),
            Err(error) => assert!(error.is_unsupported(), "{}", error.text),
        }
        let mut lines = 0;
        let some = listen_tcp(&["127.0.0.1", "-203.0.113.7"], 0, 8, &mut |_| lines += 1).unwrap();
        assert_eq!((some.len(), lines), (1, 1));
        assert!(listen_tcp(&["203.0.113.7"], 0, 8, &mut |_| {}).is_none());
    }

    #[test]
    fn the_budget_bounds_a_round() {
        let mut listener = Listener::tcp("127.0.0.1", 0, 8).unwrap();
        let _peers: Vec<_> =
            (0..3).map(|_| std::net::TcpStream::connect(("127.0.0.1", listener.port())).unwrap()).collect();
        let mut taken = Vec::new();
        assert!(matches!(listener.accept(2, &mut |s, at| taken.push((s, at))), AcceptEnd::Budget));
        assert!(matches!(listener.accept(2, &mut |s, at| taken.push((s, at))), AcceptEnd::Drained));
        assert_eq!(taken.len(), 3);
        assert!(taken.iter().all(|(stream, at)| at.is_some() && stream.is_local()));
    }

    /// Not a test by itself: runs in a process of its own, whose descriptors it uses up.
    #[test]
    fn subject() {
        if std::env::var_os(CASE).is_none() {
            return;
        }
        let mut listener = Listener::tcp("127.0.0.1", 0, 8).unwrap();
        let _peer = std::net::TcpStream::connect(("127.0.0.1", listener.port())).unwrap();
        let limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: the pointer is to a valid rlimit.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
        for _ in 0..3 {
            let end = listener.accept(10, &mut |_, _| unreachable!());
            assert!(matches!(end, AcceptEnd::Failed(error) if error.raw_os_error() == Some(libc::EMFILE)));
        }
        std::process::exit(42);
    }

    const CASE: &str = "REPLIS_LISTENER_CASE";

    #[test]
    fn without_descriptors_accepting_stops() {
        let done = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "net::listener::tests::subject", "--nocapture", "--test-threads=1"])
            .env(CASE, "emfile")
            .output()
            .unwrap();
        assert_eq!(done.status.code(), Some(42), "{}", String::from_utf8_lossy(&done.stderr));
    }

    #[test]
    fn unix_sockets_have_mode_and_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.sock");
        std::fs::write(&path, "in the way").unwrap();
        let mut listener = Listener::unix(&path, Some(0o700), 8).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        let _peer = UnixStream::connect(&path).unwrap();
        let mut got = None;
        listener.accept(1, &mut |stream, _| got = Some(stream));
        let stream = got.unwrap();
        assert_eq!(stream.peer_text(), format!("{}:0", path.display()));
        assert_eq!(stream.local_text(), stream.peer_text());
        assert!(stream.is_local() && stream.is_unix());
        let long = dir.path().join("x".repeat(120));
        assert!(Listener::unix(&long, None, 8).unwrap_err().text.starts_with("unix socket path too long ("));
    }
}
