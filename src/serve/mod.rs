//! Floor 8: the thin shell that owns sockets, files, processes and the loop.
//!
//! One turn of the loop: before sleep (wake the waiting, write what is owed, close the doomed) — poll —
//! deliver what is ready to the machine — serve those whose input nobody will announce again — cron
//! when its time has come. Everything else happens below, in `Server`, without I/O.
//!
//! | file | holds |
//! |---|---|
//! | [`boot`] | from a parsed command line to a listening server |
//! | [`conn`] | a connection's bytes, both ways |
//! | [`connect`] | connections of our own: names, addresses |
//! | [`cron`] | what happens by the clock |
//! | [`host`] | the real world behind `state::host::Host` |
//! | [`fork`] | `fork()` and the pipes to the child |
//! | [`cpus`] | which processors a thread uses |
//! | [`process`], [`title`], [`notify`] | limits and figures of this process; its title; systemd |
//! | [`crash`] | the crash report |

use std::io::Read;
use std::time::Duration;

use crate::base::log::{self, Level};
use crate::core::lifecycle::{self, Connection};
use crate::core::server::Server;
use crate::core::wake;
use crate::core::{evict, evict_clients};
use crate::net::listener::{ACCEPT_BUDGET, AcceptEnd};
use crate::net::reactor::{Ready, WAKE};
use crate::net::signals::{self, Signals};
use crate::net::stream::Stream;
use crate::persist::load::Progress;
use crate::persist::{self, bgsave, shutdown};
use crate::repl;
use crate::resp::errors;
use crate::state::client::{ClientId, Flags};
use crate::state::config::{AppendFsync, ShutdownOn, Supervised};
use crate::state::loading::Purpose;
use crate::state::persistence::ShutdownFlags;

pub mod boot;
pub mod conn;
pub mod connect;
pub mod cpus;
pub mod crash;
pub mod cron;
pub mod fork;
pub mod host;
pub mod notify;
mod peers;
pub mod process;
pub mod title;

use cron::Cron;
use host::{CHILD_DATA, CHILD_REPORTS, LISTENERS, RealHost, SIGNALS};

/// So much of the stream may gather within a round of the loop before replicas are fed. Bytes.
const FEED_EVERY: i64 = 1 << 20;

/// The machine, the world, and what the loop itself remembers.
pub struct Shell {
    pub srv: Server,
    pub host: RealHost,
    signals: Signals,
    cron: Cron,
    /// Monotonic ms of the next cron.
    next_cron_ms: i64,
    /// Listeners on which somebody waits although no edge will tell.
    accept_again: bool,
    buffer: Vec<u8>,
    ready: Vec<Ready>,
    scratch: Vec<ClientId>,
    /// When the start began to load (monotonic µs).
    load_began_us: i64,
    /// A signal asked for a shutdown that has neither come to its end nor been called off.
    shutdown_asked: bool,
    /// Where the stream stood when replicas were last fed.
    fed_at: i64,
    /// Kinds of listeners already said to be ready: TCP, Unix.
    announced: [bool; 2],
}

impl Shell {
    pub fn new(srv: Server, host: RealHost, signals: Signals) -> Shell {
        Shell {
            srv,
            host,
            signals,
            cron: Cron::default(),
            next_cron_ms: 0,
            accept_again: false,
            buffer: vec![0; conn::READ_BUFFER],
            ready: Vec::new(),
            scratch: Vec::new(),
            load_began_us: 0,
            shutdown_asked: false,
            fed_at: 0,
            announced: [false; 2],
        }
    }

    /// Serves until something says to leave. Returns the exit code.
    pub fn run(&mut self) -> i32 {
        loop {
            self.before_sleep();
            if let Some(code) = self.srv.persist.exit {
                if !self.srv.persist.abandon {
                    self.last_words();
                }
                return code;
            }
            let timeout = self.timeout();
            if let Err(e) = self.host.reactor.poll(Some(timeout)) {
                crate::log_warning!("Polling failed: {e}");
            }
            let srv = &mut self.srv;
            srv.clock.refresh();
            srv.stats.eventloop_cycles += 1;
            let began = srv.clock.mono_us();
            let commands = srv.stats.commands_processed;
            self.turn();
            self.count_turn(began, commands);
        }
    }

    /// Adds one turn to the statistics: when it began (monotonic µs), and how many commands there were then.
    fn count_turn(&mut self, began: i64, commands: u64) {
        let us = (self.srv.clock.mono_us_now() - began).max(0) as u64;
        let stats = &mut self.srv.stats;
        stats.eventloop_us += us;
        stats.eventloop_max_us = stats.eventloop_max_us.max(us);
        let commands = stats.commands_processed.saturating_sub(commands);
        stats.commands_per_cycle_max = stats.commands_per_cycle_max.max(commands);
    }

    fn before_sleep(&mut self) {
        cron::before_sleep(&mut self.srv, &mut self.host);
        if self.srv.persist.abandon {
            return;
        }
        self.write_all();
        repl::after_writes(&mut self.srv, &mut self.host);
        evict_clients::evict(&mut self.srv);
        self.close_doomed();
    }

    /// How long the poll may wait.
    fn timeout(&self) -> Duration {
        let busy = self.srv.clients.has_pending_read()
            || self.srv.clients.has_pending_write()
            || self.srv.clients.has_doomed()
            || self.accept_again
            || self.host.data_readable && !self.host.data_held
            || self.loads_a_file()
            || self.srv.eviction.running;
        if busy {
            return Duration::ZERO;
        }
        let mut ms = self.next_cron_ms - self.srv.clock.mono_ms();
        if let Some(deadline) = self.srv.blocked.nearest_deadline() {
            ms = ms.min(deadline - self.srv.clock.now_ms());
        }
        if let Some(at) = repl::next_timer_ms(&self.srv) {
            ms = ms.min(at - self.srv.clock.mono_ms());
        }
        Duration::from_millis(ms.max(0) as u64)
    }

    fn loads_a_file(&self) -> bool {
        self.srv.persist.loading.as_ref().is_some_and(|l| l.file.is_some())
    }

    /// What one poll brought, and what is due.
    fn turn(&mut self) {
        self.ready.clear();
        self.ready.extend(self.host.reactor.ready());
        for i in 0..self.ready.len() {
            let ready = self.ready[i];
            self.deliver(ready);
            self.feed_early();
        }
        self.signals();
        if self.accept_again {
            self.accept();
        }
        self.read_data_pipe();
        self.serve_pending();
        if self.loads_a_file() {
            self.load_step();
            if self.srv.persist.exit.is_some() {
                return;
            }
        }
        if self.srv.eviction.running {
            evict::make_room(&mut self.srv, &mut self.host);
        }
        if self.srv.blocked.nearest_deadline().is_some() {
            wake::deadlines(&mut self.srv);
            wake::end_of_pause(&mut self.srv);
        }
        repl::tick(&mut self.srv, &mut self.host);
        let now = self.srv.clock.mono_ms();
        if now >= self.next_cron_ms {
            self.next_cron_ms = now + i64::from(1000 / cron::current_hz(&self.srv));
            cron::run(&mut self.cron, &mut self.srv, &mut self.host);
            self.asked_to_shut_down();
            self.accept_again |= std::mem::take(&mut self.cron.accept_again);
        }
    }

    fn deliver(&mut self, ready: Ready) {
        match ready.token {
            WAKE => self.names_found(),
            SIGNALS => {}
            CHILD_REPORTS => self.child_reports(),
            CHILD_DATA => self.host.data_readable = true,
            token if token >= LISTENERS => self.accept_again = true,
            slot => self.connection(slot, ready),
        }
    }

    fn connection(&mut self, slot: usize, ready: Ready) {
        let Some(Some(conn)) = self.host.conns.get_mut(slot) else { return };
        let id = conn.owner;
        conn.readable |= ready.readable;
        conn.writable |= ready.writable;
        conn.eof |= ready.eof;
        if conn.connecting {
            return self.connecting(id);
        }
        if ready.writable {
            let owes = self.srv.clients.get(id).is_some_and(|c| c.out.pending() > 0 || c.replica.is_some());
            if owes {
                self.srv.clients.want_write(id);
            }
        }
        if ready.readable {
            conn::serve(&mut self.srv, &mut self.host, id, &mut self.buffer);
        }
    }

    /// Names were looked up that attempts of ours wait for.
    fn names_found(&mut self) {
        for (id, next) in self.host.connector.answered() {
            if self.srv.clients.get(id).is_none() {
                self.host.connector.forget(id);
            } else if let Err(e) = self.host.take_up(id, next) {
                let text = bgsave::plain(&e);
                repl::replica::connect_refused(&mut self.srv, &mut self.host, id, &text);
                self.srv.clients.close(id);
            }
        }
    }

    /// A connection attempt of ours moved.
    fn connecting(&mut self, id: ClientId) {
        let Some(conn) = self.host.conn(id) else { return };
        match conn.stream.connected() {
            Ok(false) => {}
            Ok(true) => {
                conn.connecting = false;
                self.host.connector.forget(id);
                let Some(conn) = self.host.conn(id) else { return };
                // Failing options cost speed, not correctness.
                let _ = conn.stream.set_nodelay(true);
                let readable = conn.readable;
                let (addr, laddr) = (conn.stream.peer_text(), conn.stream.local_text());
                let fd = std::os::fd::AsRawFd::as_raw_fd(&conn.stream);
                if let Some(client) = self.srv.clients.get_mut(id) {
                    (client.addr, client.laddr, client.fd) = (addr.into(), laddr.into(), fd);
                }
                repl::replica::connected(&mut self.srv, &mut self.host, id);
                if readable {
                    self.srv.clients.want_read(id);
                }
            }
            Err(e) => {
                if let Some(next) = self.host.connector.next(id)
                    && self.host.take_up(id, next).is_ok()
                {
                    return;
                }
                let text = crate::net::os_text(&e);
                repl::replica::connect_failed(&mut self.srv, &mut self.host, id, &text);
                self.srv.clients.close(id);
            }
        }
    }

    /// Takes new connections from every listener.
    fn accept(&mut self) {
        self.accept_again = false;
        let mut fresh: Vec<Stream> = Vec::new();
        for listener in &mut self.host.listeners {
            match listener.accept(ACCEPT_BUDGET, &mut |stream, _| fresh.push(stream)) {
                AcceptEnd::Drained => {}
                AcceptEnd::Budget => self.accept_again = true,
                AcceptEnd::Failed(e) => {
                    crate::log_warning!("Accepting client connection: accept: {}", crate::net::os_text(&e));
                    self.accept_at_cron();
                    break;
                }
            }
        }
        fresh.into_iter().for_each(|stream| self.welcome(stream));
    }

    /// Out of descriptors: the next cron tries again.
    fn accept_at_cron(&mut self) {
        self.cron.accept_again = true;
    }

    /// Makes a client of a connection, or turns it away.
    fn welcome(&mut self, stream: Stream) {
        let srv = &mut self.srv;
        if log::enabled(Level::Verbose) {
            log_accepted(srv, &stream);
        }
        if srv.clients.connected() >= srv.config.maxclients as usize {
            srv.stats.rejected_connections += 1;
            refuse(&stream, &errors::MAX_CLIENTS);
            return;
        }
        if srv.config.protected_mode && srv.config.requirepass.is_empty() && !stream.is_local() {
            srv.stats.rejected_connections += 1;
            refuse(&stream, &errors::PROTECTED_MODE);
            return;
        }
        // Failing options cost speed, not correctness.
        let _ = stream.set_nodelay(true);
        if srv.config.tcp_keepalive > 0 {
            let _ = stream.set_keepalive(srv.config.tcp_keepalive as u32);
        }
        let (addr, laddr) = (stream.peer_text(), stream.local_text());
        let connection = Connection {
            addr: &addr,
            laddr: &laddr,
            fd: std::os::fd::AsRawFd::as_raw_fd(&stream),
            unix: stream.is_unix(),
        };
        let id = lifecycle::connect(srv, &connection);
        if let Err(e) = self.host.adopt(id, stream, false) {
            crate::log_warning!("Error registering fd event for the new client: {e} (addr={addr})");
            lifecycle::forget(&mut self.srv, id);
        }
    }

    fn signals(&mut self) {
        let caught = self.signals.take();
        if caught.shutdown.is_some() {
            self.srv.persist.shutdown_signal = caught.shutdown;
            self.shutdown_asked = true;
            let temp = bgsave::temp_path(&self.srv, std::process::id() as i32);
            signals::set_exit_cleanup(temp.to_str());
        }
        self.asked_to_shut_down();
        if caught.child {
            self.reap();
        }
    }

    /// Does what a signal asked for; once nothing is left of that, the next SIGINT asks anew.
    fn asked_to_shut_down(&mut self) {
        if !self.shutdown_asked {
            return;
        }
        if !self.srv.debug.pause_cron
            && let Some(signal) = self.srv.persist.shutdown_signal.take()
        {
            self.shutdown_by(signal);
        }
        let persist = &self.srv.persist;
        if persist.shutdown.is_none() && persist.shutdown_signal.is_none() && persist.exit.is_none() {
            self.shutdown_asked = false;
            signals::disarm_shutdown();
            signals::set_exit_cleanup(None);
        }
    }

    fn shutdown_by(&mut self, signal: i32) {
        let on = if signal == libc::SIGINT {
            self.srv.config.shutdown_on_sigint
        } else {
            self.srv.config.shutdown_on_sigterm
        };
        let ShutdownOn { save, nosave, now, force } = on;
        let flags = ShutdownFlags { save, nosave, now, force, signal: Some(signal) };
        shutdown::begin(&mut self.srv, &mut self.host, flags);
    }

    /// The report pipe moved: figures, or its end.
    fn child_reports(&mut self) {
        let Some(child) = &mut self.host.child else { return };
        let (report, ended) = child.read_reports();
        if let Some(report) = report {
            persist::child::report(&mut self.srv, report);
        }
        if ended {
            self.reap();
        }
    }

    /// Collects the child if it ended, and tells who waits for it.
    fn reap(&mut self) {
        let Some(child) = &mut self.host.child else { return };
        let pid = child.pid;
        // Its last words may still be in the pipe.
        if let (Some(report), _) = child.read_reports() {
            persist::child::report(&mut self.srv, report);
        }
        let Some(end) = fork::reap(pid, false) else { return };
        self.drain_data_pipe();
        self.host.child = None;
        self.host.data_readable = false;
        if let Some((kind, outcome)) = persist::child::ended(&mut self.srv, &mut self.host, end) {
            let ok = outcome == persist::child::Outcome::Success;
            repl::fullsync::child_ended(&mut self.srv, &mut self.host, kind, ok);
        }
    }

    /// Moves the next piece of a diskless RDB from the child to the replicas.
    fn read_data_pipe(&mut self) {
        if !self.host.data_readable || self.host.data_held {
            return;
        }
        let Some(data) = self.host.child.as_mut().and_then(|c| c.data.as_mut()) else {
            // The pipe's last event came after the child was collected: without this the loop would never sleep.
            self.host.data_readable = false;
            return;
        };
        match data.read(&mut self.buffer) {
            Ok(0) => {
                self.host.data_readable = false;
                repl::fullsync::stream_ended(&mut self.srv, &mut self.host);
            }
            Ok(n) => {
                repl::fullsync::stream(&mut self.srv, &mut self.host, &self.buffer[..n]);
                repl::fullsync::end_if_deserted(&mut self.srv, &mut self.host);
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => self.host.data_readable = false,
        }
    }

    /// The child is gone: what it left in the pipe goes out regardless of limits.
    fn drain_data_pipe(&mut self) {
        while let Some(data) = self.host.child.as_mut().and_then(|c| c.data.as_mut()) {
            match data.read(&mut self.buffer) {
                Ok(0) => {
                    repl::fullsync::stream_ended(&mut self.srv, &mut self.host);
                    break;
                }
                Err(_) => break,
                Ok(n) => repl::fullsync::stream(&mut self.srv, &mut self.host, &self.buffer[..n]),
            }
        }
    }

    /// Serves those who wait for no event: input kept back, or more in the kernel than was read.
    fn serve_pending(&mut self) {
        let mut list = std::mem::take(&mut self.scratch);
        self.srv.clients.take_pending_read(&mut list);
        for &id in &list {
            conn::serve(&mut self.srv, &mut self.host, id, &mut self.buffer);
            self.feed_early();
        }
        self.scratch = list;
    }

    /// Within a long round the replicas are fed too: what gathers for them must not outgrow their limits before the
    /// sockets were even asked. Not before the append-only file has its part where that is promised.
    fn feed_early(&mut self) {
        let offset = self.srv.repl.backlog.offset();
        if !self.srv.wake_replicas || offset - self.fed_at < FEED_EVERY {
            return;
        }
        self.fed_at = offset;
        if self.srv.config.appendonly && self.srv.config.appendfsync == AppendFsync::Always {
            return;
        }
        for id in self.srv.repl.replicas.clone() {
            conn::flush(&mut self.srv, &mut self.host, id);
        }
        repl::spill::relieve(&mut self.srv, &mut self.host);
    }

    /// Writes to everyone who is owed something.
    fn write_all(&mut self) {
        if std::mem::take(&mut self.srv.wake_replicas) {
            for id in self.srv.repl.replicas.clone() {
                self.srv.clients.want_write(id);
            }
        }
        let mut list = std::mem::take(&mut self.scratch);
        self.srv.clients.take_pending_write(&mut list);
        for &id in &list {
            conn::flush(&mut self.srv, &mut self.host, id);
        }
        self.scratch = list;
    }

    fn close_doomed(&mut self) {
        while self.srv.clients.has_doomed() {
            for id in self.srv.clients.take_doomed() {
                self.close(id);
            }
        }
    }

    fn close(&mut self, id: ClientId) {
        let Some(client) = self.srv.clients.get(id) else { return };
        let flags = client.flags;
        if flags.has(Flags::REPLICA) {
            repl::primary::lost(&mut self.srv, &mut self.host, id);
        }
        if flags.has(Flags::LINK) {
            repl::replica::lost(&mut self.srv, &mut self.host, id);
        }
        self.host.close(id);
        lifecycle::forget(&mut self.srv, id);
    }

    /// Reads the next piece of the file under load.
    fn load_step(&mut self) {
        let purpose = self.srv.persist.loading.as_ref().map(|l| l.purpose);
        match persist::load::step(&mut self.srv, &mut self.host) {
            Ok(Progress::More) => {}
            Ok(Progress::Done { .. }) if purpose == Some(Purpose::FullSync) => {
                repl::replica::file_loaded(&mut self.srv, &mut self.host);
            }
            Ok(Progress::Done { .. }) => boot::loaded(self),
            Err(e) if purpose == Some(Purpose::FullSync) => {
                repl::replica::load_failed(&mut self.srv, &mut self.host, &e);
            }
            Err(e) => {
                boot::load_failed(&self.srv, &e);
                self.srv.persist.exit = Some(1);
            }
        }
    }

    /// Leaving: replicas get what lies in the buffers, as far as the sockets take it at once.
    fn last_words(&mut self) {
        if self.srv.supervisor == Supervised::Systemd {
            notify::systemd("STOPPING=1\n");
        }
        for id in self.srv.repl.replicas.clone() {
            conn::flush(&mut self.srv, &mut self.host, id);
        }
        self.write_all();
        for listener in &self.host.listeners {
            if let Some(path) = listener.path() {
                // Somebody else may have removed it.
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

fn log_accepted(srv: &Server, stream: &Stream) {
    if stream.is_unix() {
        crate::log_verbose!("Accepted connection to {}", srv.config.unixsocket.display());
    } else {
        crate::log_verbose!("Accepted {}", stream.peer_text());
    }
}

/// Tells a connection why it is not taken, as far as it listens.
fn refuse(stream: &Stream, why: &errors::CmdError) {
    let mut line = b"-".to_vec();
    line.extend_from_slice(why.as_bytes());
    line.extend_from_slice(b"\r\n");
    // It is closed in any case.
    let _ = stream.write(&line);
}
