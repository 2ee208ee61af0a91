//! The real world behind [`Host`]: sockets beside the client slab, the child and its pipes, files,
//! the background threads, the kernel's figures.
//!
//! A connection lives in `conns` under the slot of its client, so an event's token finds both by
//! index. mio is edge-triggered: `readable` and `writable` remember an edge until the socket said
//! `WouldBlock` (or a read came short), so nothing is asked twice.

use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tikv_jemalloc_ctl::{background_thread, epoch, stats};

use crate::base::bio::{Bio, Done, Job, Kind};
use crate::base::clock::Millis;
use crate::base::collate;
use crate::base::disk::{self, Disk, RealDisk};
use crate::base::heap;
use crate::net::listener::{Listener, listen_tcp};
use crate::net::reactor::{Reactor, Token};
use crate::net::stream::Stream;
use crate::state::client::ClientId;
use crate::state::config::Config;
use crate::state::host::{ChildKind, ChildSide, CpuFigures, Host, HostChange, MemoryFigures, Peer};

use super::connect::{Connector, Next};
use super::cpus;
use super::fork::{self, ForkedChild};
use super::peers::Peers;
use super::process;

/// Tokens that are not slots of clients.
pub const SIGNALS: Token = 1 << 40;
pub const CHILD_REPORTS: Token = SIGNALS + 1;
pub const CHILD_DATA: Token = SIGNALS + 2;
/// The first listener; the others follow.
pub const LISTENERS: Token = SIGNALS + 16;

/// One socket.
pub struct Conn {
    pub owner: ClientId,
    pub stream: Stream,
    /// Bytes (or the end) may lie in the kernel.
    pub readable: bool,
    /// The kernel may take bytes.
    pub writable: bool,
    /// The other side will send no more.
    pub eof: bool,
    /// The connection attempt is under way.
    pub connecting: bool,
}

/// See the head of the file.
pub struct RealHost {
    pub reactor: Reactor,
    pub conns: Vec<Option<Conn>>,
    pub listeners: Vec<Listener>,
    pub child: Option<ForkedChild>,
    /// The data pipe is not to be read for now.
    pub data_held: bool,
    /// Bytes may lie in the data pipe.
    pub data_readable: bool,
    /// Connections of our own on their way.
    pub connector: Connector,
    peers: Peers,
    disk: Arc<dyn Disk>,
    bio: Arc<Bio>,
    /// `oom_score_adj` as it was before we changed it; `None` while it is not ours.
    oom_base: Option<i32>,
}

impl RealHost {
    /// # Errors
    /// When the reactor cannot be made.
    pub fn new(config: &Config) -> io::Result<RealHost> {
        let reactor = Reactor::new(1024)?;
        heap::registered();
        // Threads aside start with their first job, when this one may be bound already.
        let (all, aside) = (cpus::mine(), config.bio_cpulist.clone());
        Ok(RealHost {
            connector: Connector::new(reactor.waker()),
            reactor,
            conns: Vec::new(),
            listeners: Vec::new(),
            child: None,
            data_held: false,
            data_readable: false,
            peers: Peers::default(),
            disk: Arc::new(RealDisk),
            bio: Arc::new(Bio::start(move |_| {
                all.iter().for_each(cpus::set);
                cpus::pin(&aside);
                cpus::batch();
            })),
            oom_base: None,
        })
    }

    /// Watches a stream under its client's slot.
    ///
    /// # Errors
    /// When the reactor refuses it.
    pub fn adopt(&mut self, owner: ClientId, mut stream: Stream, connecting: bool) -> io::Result<()> {
        let slot = owner.slot as usize;
        self.reactor.add_stream(&mut stream, slot)?;
        if self.conns.len() <= slot {
            self.conns.resize_with(slot + 1, || None);
        }
        let conn = Conn { owner, stream, readable: false, writable: false, eof: false, connecting };
        self.conns[slot] = Some(conn);
        Ok(())
    }

    pub fn conn(&mut self, id: ClientId) -> Option<&mut Conn> {
        self.conns.get_mut(id.slot as usize)?.as_mut().filter(|c| c.owner == id)
    }

    /// Goes on with an attempt to connect.
    ///
    /// # Errors
    /// When nothing connects.
    pub fn take_up(&mut self, client: ClientId, next: Next) -> io::Result<()> {
        match next {
            Next::Connecting(stream) => self.adopt(client, stream, true),
            Next::Failed(text) => Err(io::Error::other(text)),
        }
    }

    /// Closes the connection of a client.
    pub fn close(&mut self, id: ClientId) {
        self.connector.forget(id);
        let child_lives = self.child.is_some();
        if let Some(conn) = self.conn(id) {
            if child_lives {
                // A child holds the descriptor too: without this the other side would hear of the end only when
                // the child is gone. An error means that it has ended already.
                let _ = conn.stream.shutdown();
            }
            self.conns[id.slot as usize] = None;
        }
    }

    /// Replaces the TCP listeners; the Unix one stays. The old ones are closed first: the new ones may want
    /// the same port. After a failure nobody listens there; the caller puts the old settings back.
    fn rebind(&mut self, bind: &[String], port: u16, backlog: u32) -> Result<(), String> {
        let (unix, tcp): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.listeners).into_iter().partition(|l| l.path().is_some());
        for mut old in tcp {
            // It is closed right after; an error here changes nothing.
            let _ = self.reactor.remove_listener(&mut old);
        }
        let mut fresh = None;
        if port != 0 {
            fresh = listen_tcp(bind, port, backlog as i32, &mut |line| crate::log_warning!("{line}"));
        }
        let failed = port != 0 && fresh.is_none();
        let all = fresh.unwrap_or_default().into_iter().chain(unix).collect();
        self.watch(all).map_err(|e| e.to_string())?;
        if failed { Err("Unable to listen on this port. Check server logs.".to_owned()) } else { Ok(()) }
    }

    /// Takes listeners over and watches those that are not watched yet.
    ///
    /// # Errors
    /// When the reactor refuses one.
    pub fn watch(&mut self, listeners: Vec<Listener>) -> io::Result<()> {
        for (i, mut listener) in listeners.into_iter().enumerate() {
            // A listener that was watched under another number is watched anew.
            let _ = self.reactor.remove_listener(&mut listener);
            self.reactor.add_listener(&mut listener, LISTENERS + i)?;
            self.listeners.push(listener);
        }
        Ok(())
    }
}

impl RealHost {
    /// The process' OOM score from before we changed it; from now on it is ours.
    fn oom_base(&mut self) -> i32 {
        *self.oom_base.get_or_insert_with(|| process::oom_score().unwrap_or(0))
    }
}

impl Host for RealHost {
    fn disk(&self) -> Arc<dyn Disk> {
        self.disk.clone()
    }

    fn fork(&mut self, kind: ChildKind, body: &mut dyn FnMut(&mut dyn ChildSide) -> i32) -> io::Result<i32> {
        let listeners = self.listeners.iter().map(AsRawFd::as_raw_fd);
        let streams = self.conns.iter().flatten().map(|conn| conn.stream.as_raw_fd());
        let sockets: Vec<_> = listeners.chain(streams).chain(self.peers.descriptors()).collect();
        let child = fork::fork(kind, &sockets, body)?;
        self.reactor.add_fd(child.reports.as_raw_fd(), CHILD_REPORTS)?;
        if let Some(data) = &child.data {
            self.reactor.add_fd(data.as_raw_fd(), CHILD_DATA)?;
        }
        self.data_held = false;
        self.data_readable = false;
        let pid = child.pid;
        self.child = Some(child);
        Ok(pid)
    }

    fn kill_child(&mut self, pid: i32) {
        fork::kill_quietly(pid);
    }

    fn end_child(&mut self, pid: i32) {
        fork::kill_quietly(pid);
        fork::reap(pid, true);
        self.child = None;
        self.data_readable = false;
    }

    fn hold_stream(&mut self, hold: bool) {
        self.data_held = hold;
    }

    fn connect(&mut self, client: ClientId, host: &str, port: u16, source: Option<&str>) -> io::Result<()> {
        match self.connector.begin(client, host, port, source) {
            None => Ok(()),
            Some(next) => self.take_up(client, next),
        }
    }

    fn peer(&mut self, host: &str, port: u16, timeout_ms: Millis) -> io::Result<&mut dyn Peer> {
        self.peers.get(host, port, timeout_ms)
    }

    fn close_peer(&mut self, host: &str, port: u16) {
        self.peers.close(host, port);
    }

    fn close_idle_peers(&mut self) {
        self.peers.close_idle();
    }

    fn open_peers(&self) -> usize {
        self.peers.descriptors().count()
    }

    fn set_nodelay(&mut self, client: ClientId, on: bool) {
        if let Some(conn) = self.conn(client) {
            // Failing options cost speed, not correctness.
            let _ = conn.stream.set_nodelay(on);
        }
    }

    fn apply(&mut self, change: &HostChange) -> Result<(), String> {
        match change {
            HostChange::Listeners { bind, port, tcp_backlog } => self.rebind(bind, *port, *tcp_backlog),
            HostChange::MaxClients(clients) => process::raise_file_limit(*clients),
            HostChange::WorkingDirectory(dir) => {
                std::env::set_current_dir(dir).map_err(|e| crate::persist::bgsave::plain(&e))
            }
            HostChange::OomScore(None) => self.oom_base.take().map_or(Ok(()), process::set_oom_score),
            HostChange::OomScore(Some(score)) => {
                self.oom_base();
                process::set_oom_score(*score)
            }
            HostChange::OomScoreRelative(value) => process::set_oom_score(self.oom_base() + value),
            HostChange::ProcTitle(title) => {
                process::set_title(title);
                Ok(())
            }
            HostChange::Locale(name) if collate::set_locale(name) => Ok(()),
            HostChange::Locale(_) => Err("Invalid locale name".to_owned()),
            HostChange::Supervisor(state) => {
                super::notify::systemd(state);
                Ok(())
            }
            HostChange::CrashLog { enabled: true, exit_on_panic } => {
                super::crash::install(*exit_on_panic);
                Ok(())
            }
            HostChange::CrashLog { enabled: false, .. } => {
                super::crash::remove();
                Ok(())
            }
        }
    }

    fn free_later(&mut self, value: Box<dyn Send>, objects: u64) {
        self.bio.submit(Job::Drop { value, objects });
    }

    fn close_later(&mut self, path: &Path) -> io::Result<()> {
        let file = std::fs::File::open(path)?;
        std::fs::remove_file(path)?;
        self.bio.submit(Job::Close(file));
        Ok(())
    }

    fn sync_later(&mut self, file: Box<dyn disk::DiskFile>, done: Done) {
        let waker = self.reactor.waker();
        let done: Done = Box::new(move |result| {
            done(result);
            // A loop that cannot be woken looks again at its next cron.
            let _ = waker.wake();
        });
        self.bio.submit(Job::Fsync { file, done });
    }

    fn pending_syncs(&self) -> usize {
        self.bio.pending(Kind::Fsync)
    }

    fn finish_syncs(&mut self) {
        self.bio.drain(Kind::Fsync);
    }

    fn freed_later(&self) -> (u64, u64) {
        self.bio.objects()
    }

    fn is_freeing(&self) -> bool {
        self.bio.pending(Kind::LazyFree) != 0
    }

    fn sleep_us(&mut self, us: u64) {
        std::thread::sleep(std::time::Duration::from_micros(us));
    }

    fn raise(&mut self, signal: i32) {
        process::raise(signal);
    }

    fn restart(&mut self, config: Option<&Path>, delay_us: u64) -> io::Error {
        // Two servers cannot listen on one port: what is open closes with the old program, the rest here.
        self.listeners.clear();
        self.sleep_us(delay_us);
        process::restart(config)
    }

    fn used_memory(&self) -> u64 {
        heap::used()
    }

    fn purge_aside(&mut self, on: bool) {
        // Without such a thread the serving one gives pages back: slower, never wrong.
        if let Err(e) = background_thread::write(on) {
            crate::log_debug!("jemalloc's background thread cannot be switched: {e}");
        }
    }

    fn memory(&mut self) -> MemoryFigures {
        // Figures of jemalloc are as of the last epoch.
        let _ = epoch::advance();
        MemoryFigures {
            used: heap::used(),
            rss: process::resident_bytes(),
            allocator_allocated: stats::allocated::read().unwrap_or(0) as u64,
            allocator_active: stats::active::read().unwrap_or(0) as u64,
            allocator_resident: stats::resident::read().unwrap_or(0) as u64,
            total_system: process::system_memory(),
        }
    }

    fn allocator_report(&mut self) -> String {
        let _ = epoch::advance();
        let version = tikv_jemalloc_ctl::version::read().unwrap_or("unknown");
        let read = |value: tikv_jemalloc_ctl::Result<usize>| value.unwrap_or(0);
        format!(
            "___ Begin jemalloc statistics ___\nVersion: \"{version}\"\nAllocated: {}, active: {}, metadata: {}, \
             resident: {}, mapped: {}, retained: {}\nArenas: {}\n--- End jemalloc statistics ---\n",
            read(stats::allocated::read()),
            read(stats::active::read()),
            read(stats::metadata::read()),
            read(stats::resident::read()),
            read(stats::mapped::read()),
            read(stats::retained::read()),
            tikv_jemalloc_ctl::arenas::narenas::read().unwrap_or(0),
        )
    }

    fn release_memory(&mut self) -> bool {
        process::purge_arenas()
    }

    fn system(&self) -> String {
        process::system_name()
    }

    fn working_directory(&self) -> Option<PathBuf> {
        std::env::current_dir().ok()
    }

    fn cpu(&mut self) -> CpuFigures {
        process::cpu()
    }

    fn pid(&self) -> i32 {
        std::process::id() as i32
    }
}
