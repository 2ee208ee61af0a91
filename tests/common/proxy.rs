//! A TCP proxy between two servers, to hurt their link on purpose.
//!
//! Each connection has two pumping threads, one a direction. What they may do is set from outside while they run:
//! cut everything now, cut when the N-th byte of a direction is due (that byte and all later ones are lost), hold
//! one direction, delay each piece. Bytes are counted over all connections, so a cut can be placed anywhere in a
//! handshake, a transfer, or the stream after it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From who connects to who listens: replica to master.
    Up = 0,
    /// Master to replica.
    Down = 1,
}

/// What is known and wanted of one direction.
#[derive(Default)]
struct Count {
    passed: u64,
    /// Cut when so many bytes have passed.
    cut_at: Option<u64>,
    /// The cut is being made.
    cutting: bool,
    /// One bit of this byte changes on its way.
    flip_at: Option<u64>,
}

#[derive(Default)]
struct Lane {
    count: Mutex<Count>,
    held: AtomicBool,
    delay_ms: AtomicU64,
    /// What passed, when recording.
    record: Mutex<Vec<u8>>,
}

/// Both sockets of a connection that is served.
struct Pair {
    near: TcpStream,
    far: TcpStream,
    /// Bytes that a pump still has of a closed connection count no more.
    closed: Arc<AtomicBool>,
}

#[derive(Default)]
struct Shared {
    lanes: [Lane; 2],
    target: Mutex<u16>,
    refuse: AtomicBool,
    recording: AtomicBool,
    done: AtomicBool,
    accepted: AtomicU64,
    live: Mutex<Vec<Pair>>,
}

/// See the head of the file. Ends, with its connections, when dropped.
pub struct Proxy {
    shared: Arc<Shared>,
    port: u16,
}

impl Proxy {
    /// A proxy to a port of this machine.
    pub fn to(target: u16) -> Proxy {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared { target: Mutex::new(target), ..Shared::default() });
        let theirs = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, &theirs));
        Proxy { shared, port }
    }

    /// The port to connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// New connections go to another port.
    pub fn retarget(&self, target: u16) {
        *self.shared.target.lock().unwrap() = target;
    }

    /// Cuts all connections; new ones are served.
    pub fn cut(&self) {
        self.shared.cut();
    }

    /// Cuts all connections and closes new ones at once, until [`Proxy::admit`].
    pub fn shut(&self) {
        self.shared.refuse.store(true, SeqCst);
        self.cut();
    }

    /// Serves new connections again.
    pub fn admit(&self) {
        self.shared.refuse.store(false, SeqCst);
    }

    /// Cuts once, when `count` bytes from now on have gone in a direction. At least 1.
    pub fn cut_after(&self, direction: Direction, count: u64) {
        let mut lane = self.count(direction);
        lane.cut_at = Some(lane.passed + count.max(1));
    }

    /// Whether a cut set by [`Proxy::cut_after`] is still to come.
    pub fn cut_is_due(&self, direction: Direction) -> bool {
        let count = self.count(direction);
        count.cut_at.is_some() || count.cutting
    }

    /// Changes a bit once: in the byte that comes after `count` others have gone in a direction, since the proxy began.
    pub fn flip_at(&self, direction: Direction, count: u64) {
        self.count(direction).flip_at = Some(count);
    }

    /// Whether the bit of [`Proxy::flip_at`] has changed.
    pub fn has_flipped(&self, direction: Direction) -> bool {
        self.count(direction).flip_at.is_none()
    }

    /// Holds a direction: the connection stays, bytes wait.
    pub fn hold(&self, direction: Direction) {
        self.lane(direction).held.store(true, SeqCst);
    }

    /// Lets a held direction go on.
    pub fn release(&self, direction: Direction) {
        self.lane(direction).held.store(false, SeqCst);
    }

    /// Each piece that is read waits so long.
    pub fn delay(&self, direction: Direction, by: Duration) {
        self.lane(direction).delay_ms.store(by.as_millis() as u64, SeqCst);
    }

    /// Bytes passed in a direction, all connections together.
    pub fn passed(&self, direction: Direction) -> u64 {
        self.count(direction).passed
    }

    /// Connections taken so far.
    pub fn accepted(&self) -> u64 {
        self.shared.accepted.load(SeqCst)
    }

    /// Keeps a copy of what passes from now on.
    pub fn record(&self) {
        self.shared.recording.store(true, SeqCst);
    }

    /// What was recorded in a direction.
    pub fn recorded(&self, direction: Direction) -> Vec<u8> {
        self.lane(direction).record.lock().unwrap().clone()
    }

    fn lane(&self, direction: Direction) -> &Lane {
        &self.shared.lanes[direction as usize]
    }

    fn count(&self, direction: Direction) -> MutexGuard<'_, Count> {
        self.lane(direction).count.lock().unwrap()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.done.store(true, SeqCst);
        self.cut();
        // Wakes the accepting thread.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Shared {
    fn cut(&self) {
        for pair in self.live.lock().unwrap().drain(..) {
            pair.closed.store(true, SeqCst);
            let _ = pair.near.shutdown(Shutdown::Both);
            let _ = pair.far.shutdown(Shutdown::Both);
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    while let Ok((near, _)) = listener.accept() {
        if shared.done.load(SeqCst) {
            return;
        }
        shared.accepted.fetch_add(1, SeqCst);
        let target = *shared.target.lock().unwrap();
        if shared.refuse.load(SeqCst) {
            continue;
        }
        let Ok(far) = TcpStream::connect(("127.0.0.1", target)) else { continue };
        let _ = near.set_nodelay(true);
        let _ = far.set_nodelay(true);
        let closed = Arc::new(AtomicBool::new(false));
        let copies = (near.try_clone().unwrap(), far.try_clone().unwrap());
        shared.live.lock().unwrap().push(Pair { near: copies.0, far: copies.1, closed: Arc::clone(&closed) });
        let (near_back, far_back) = (near.try_clone().unwrap(), far.try_clone().unwrap());
        for (from, to, direction) in [(near, far, Direction::Up), (far_back, near_back, Direction::Down)] {
            let (shared, closed) = (Arc::clone(shared), Arc::clone(&closed));
            thread::spawn(move || pump(from, to, direction, &shared, &closed));
        }
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, direction: Direction, shared: &Shared, closed: &AtomicBool) {
    let lane = &shared.lanes[direction as usize];
    let mut chunk = [0; 16 << 10];
    while let Ok(len) = from.read(&mut chunk) {
        if len == 0 {
            break;
        }
        thread::sleep(Duration::from_millis(lane.delay_ms.load(SeqCst)));
        while lane.held.load(SeqCst) && !shared.done.load(SeqCst) {
            thread::sleep(Duration::from_millis(1));
        }
        flip(lane, &mut chunk[..len]);
        let Some((part, cut_here)) = admit(lane, len, closed) else { break };
        if shared.recording.load(SeqCst) {
            lane.record.lock().unwrap().extend_from_slice(&chunk[..part]);
        }
        let sent = to.write_all(&chunk[..part]).is_ok();
        if cut_here {
            shared.cut();
            lane.count.lock().unwrap().cutting = false;
        }
        if !sent || cut_here {
            break;
        }
    }
    closed.store(true, SeqCst);
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// Changes the bit that is to change, if it is in this piece.
fn flip(lane: &Lane, piece: &mut [u8]) {
    let mut count = lane.count.lock().unwrap();
    let at = count.flip_at.and_then(|at| at.checked_sub(count.passed));
    if let Some(byte) = at.and_then(|at| piece.get_mut(at as usize)) {
        *byte ^= 1 << (*byte % 8);
        count.flip_at = None;
    }
}

/// Counts a piece: how much of it may pass, and whether the cut comes then. `None` on a closed connection.
fn admit(lane: &Lane, len: usize, closed: &AtomicBool) -> Option<(usize, bool)> {
    let mut count = lane.count.lock().unwrap();
    if closed.load(SeqCst) {
        return None;
    }
    let limit = count.cut_at.filter(|limit| count.passed + len as u64 >= *limit);
    let part = limit.map_or(len, |limit| (limit - 1).saturating_sub(count.passed) as usize);
    count.passed += part as u64;
    if limit.is_some() {
        count.cut_at = None;
        count.cutting = true;
    }
    Some((part, limit.is_some()))
}
