//! Several servers, one clock, and links between them that can be cut: replication without sockets.
//!
//! Bytes move in pieces of a given size; children end, files load and clocks tick when the cluster
//! says so. Everything follows from the seed.

use std::path::PathBuf;

use crate::base::clock::Clock;
use crate::base::rng::Rng;
use crate::core::server::Server;
use crate::core::table::CommandTable;
use crate::core::testing::World;
use crate::core::{input, lifecycle, wake};
use crate::persist::load::{self, Progress};
use crate::repl::{self, fullsync, primary, replica, spill};
use crate::resp::request::push_request;
use crate::state::client::{ClientId, Flags};
use crate::state::config::Config;
use crate::state::host::ChildEnd;
use crate::state::replication::SyncState;

pub struct Node {
    pub srv: Server,
    pub world: World,
    /// A user's client.
    pub user: ClientId,
    /// Nothing that is sent to it arrives: a stopped process.
    pub deaf: bool,
}

struct Link {
    /// Node and client of the side that connected, and of the other.
    ends: [(usize, ClientId); 2],
    /// Bytes on their way to each end.
    wire: [Vec<u8>; 2],
}

/// A wire that a deaf server does not empty holds about so many bytes.
const WIRE: usize = 64 * 1024;

pub struct Cluster {
    pub nodes: Vec<Node>,
    links: Vec<Link>,
    /// Most bytes delivered at once.
    pub piece: usize,
    dir: tempfile::TempDir,
    seconds: i64,
}

impl Cluster {
    pub fn new(count: usize, piece: usize, configure: impl Fn(&mut Config)) -> Cluster {
        let dir = tempfile::tempdir().expect("a folder");
        let nodes = (0..count).map(|n| node(n, dir.path().join(n.to_string()), &configure)).collect();
        Cluster { nodes, links: Vec::new(), piece, dir, seconds: 0 }
    }

    /// Sends a command and returns the reply as text.
    pub fn ask(&mut self, n: usize, words: &[&str]) -> String {
        let mut request = Vec::new();
        let words: Vec<&[u8]> = words.iter().map(|w| w.as_bytes()).collect();
        push_request(&mut request, &words);
        let node = &mut self.nodes[n];
        input::feed(&mut node.srv, &mut node.world, node.user, &request);
        self.reply(n)
    }

    /// One more client of a server, for [`Cluster::ask_as`].
    pub fn another_user(&mut self, n: usize) -> ClientId {
        let connection = lifecycle::Connection { addr: "127.0.0.1:2", laddr: "", fd: -1, unix: false };
        lifecycle::connect(&mut self.nodes[n].srv, &connection)
    }

    /// [`Cluster::ask`] by another client.
    pub fn ask_as(&mut self, n: usize, user: ClientId, words: &[&str]) -> String {
        let usual = std::mem::replace(&mut self.nodes[n].user, user);
        let reply = self.ask(n, words);
        self.nodes[n].user = usual;
        reply
    }

    /// What the user was told since.
    pub fn reply(&mut self, n: usize) -> String {
        let node = &mut self.nodes[n];
        let user = node.user;
        let bytes = std::mem::take(&mut node.srv.clients[user].out.bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub fn follow(&mut self, n: usize, master: usize) {
        assert_eq!(self.ask(n, &["replicaof", "node", &master.to_string()]), "+OK\r\n");
    }

    pub fn online(&self, n: usize) -> bool {
        self.nodes[n].srv.repl.link.is_online()
    }

    pub fn offset(&self, n: usize) -> i64 {
        self.nodes[n].srv.repl.backlog.offset()
    }

    /// Everything a server holds, in order.
    pub fn data(&self, n: usize) -> Vec<(usize, Vec<u8>, String)> {
        let keys = &self.nodes[n].srv.keys;
        let mut all: Vec<_> = keys
            .dbs
            .iter()
            .enumerate()
            .flat_map(|(i, db)| db.iter().map(move |e| (i, e.key().to_vec(), format!("{:?}", e.value()))))
            .collect();
        all.sort();
        all
    }

    /// Cuts the n-th link; what is on its way is lost.
    pub fn cut(&mut self, at: usize) {
        if at < self.links.len() {
            let link = self.links.remove(at);
            for (n, id) in link.ends {
                self.nodes[n].srv.clients.close(id);
            }
        }
    }

    pub fn links(&self) -> usize {
        self.links.len()
    }

    /// Lets everything happen that needs no time.
    pub fn settle(&mut self) {
        for _ in 0..200_000 {
            if !self.step() {
                return;
            }
        }
        panic!("it never comes to rest");
    }

    /// So many rounds, or fewer when all is quiet.
    pub fn steps(&mut self, rounds: u64) {
        for _ in 0..rounds {
            if !self.step() {
                return;
            }
        }
    }

    /// One round. False when nothing happened.
    pub fn step(&mut self) -> bool {
        let mut moved = false;
        for n in 0..self.nodes.len() {
            moved |= self.turn(n);
            moved |= self.connects(n);
        }
        for at in 0..self.links.len() {
            for side in 0..2 {
                moved |= self.carry(at, side);
            }
        }
        for n in 0..self.nodes.len() {
            moved |= self.bury(n);
        }
        moved
    }

    /// Time passes.
    pub fn advance(&mut self, ms: i64) {
        self.seconds += ms;
        let second = self.seconds >= 1000;
        self.seconds %= 1000;
        for node in &mut self.nodes {
            node.srv.clock.advance(ms);
            node.srv.clock.refresh();
            wake::deadlines(&mut node.srv);
            repl::tick(&mut node.srv, &mut node.world);
            if second {
                repl::each_second(&mut node.srv, &mut node.world);
            }
        }
    }

    /// Time passes until the condition holds; at most a minute.
    pub fn until(&mut self, what: &str, done: impl Fn(&Cluster) -> bool) {
        for _ in 0..600 {
            self.settle();
            if done(self) {
                return;
            }
            self.advance(100);
        }
        panic!("never: {what}");
    }

    fn turn(&mut self, n: usize) -> bool {
        let Node { srv, world, .. } = &mut self.nodes[n];
        wake::before_sleep(srv, world);
        repl::before_sleep(srv, world);
        repl::after_writes(srv, world);
        let mut moved = false;
        let mut list = Vec::new();
        srv.clients.take_pending_read(&mut list);
        for id in list {
            if srv.clients.get(id).is_some_and(|c| !c.query.is_empty() && c.may_run()) {
                input::feed_kept(srv, world, id);
            }
        }
        if srv.persist.loading.as_ref().is_some_and(|l| l.file.is_some()) {
            moved = true;
            match load::step(srv, world) {
                Ok(Progress::More) => {}
                Ok(Progress::Done { .. }) => replica::file_loaded(srv, world),
                Err(e) => replica::load_failed(srv, world, &e),
            }
        }
        moved | self.child(n)
    }

    /// The child's pipe and end.
    fn child(&mut self, n: usize) -> bool {
        let piece = self.piece;
        let Node { srv, world, .. } = &mut self.nodes[n];
        let Some(mut child) = world.child.take() else { return false };
        if world.held || !child.data.is_empty() {
            if !world.held {
                let chunk: Vec<u8> = child.data.drain(..child.data.len().min(piece * 16)).collect();
                fullsync::stream(srv, world, &chunk);
            }
            world.child = Some(child);
            return true;
        }
        fullsync::stream_ended(srv, world);
        let end = ChildEnd { pid: child.pid, code: Some(child.code), signal: None };
        if let Some((kind, outcome)) = crate::persist::child::ended(srv, world, end) {
            let ok = outcome == crate::persist::child::Outcome::Success;
            fullsync::child_ended(srv, world, kind, ok);
        }
        true
    }

    fn connects(&mut self, n: usize) -> bool {
        let wishes = std::mem::take(&mut self.nodes[n].world.connects);
        let any = !wishes.is_empty();
        for (id, _, port) in wishes {
            let to = usize::from(port);
            if to >= self.nodes.len() {
                let Node { srv, world, .. } = &mut self.nodes[n];
                replica::connect_failed(srv, world, id, "Connection refused");
                continue;
            }
            let addr = format!("10.0.0.{n}:1");
            let connection = lifecycle::Connection { addr: &addr, laddr: "", fd: -1, unix: false };
            let other = lifecycle::connect(&mut self.nodes[to].srv, &connection);
            self.links.push(Link { ends: [(n, id), (to, other)], wire: [Vec::new(), Vec::new()] });
            let Node { srv, world, .. } = &mut self.nodes[n];
            replica::connected(srv, world, id);
        }
        any
    }

    /// Moves bytes towards one end of a link.
    fn carry(&mut self, at: usize, side: usize) -> bool {
        let ((n, id), (from, sender)) = (self.links[at].ends[side], self.links[at].ends[1 - side]);
        // What nobody takes from the wire fills it up.
        if self.nodes[n].deaf && self.links[at].wire[side].len() >= WIRE {
            return false;
        }
        let Node { srv, world, .. } = &mut self.nodes[from];
        take_output(srv, world, sender, &mut self.links[at].wire[side]);
        let Node { srv, world, deaf, .. } = &mut self.nodes[n];
        let deaf = *deaf;
        let Some(client) = srv.clients.get(id).filter(|c| c.may_run()) else { return false };
        let is_link = client.flags.has(Flags::LINK);
        let wire = &mut self.links[at].wire[side];
        if wire.is_empty() || deaf || is_link && replica::holds(srv) {
            return false;
        }
        let bytes: Vec<u8> = wire.drain(..wire.len().min(self.piece)).collect();
        if is_link {
            replica::bytes(srv, world, id, &bytes);
        } else {
            input::feed(srv, world, id, &bytes);
        }
        true
    }

    /// Closes the doomed, and the other ends of their links.
    fn bury(&mut self, n: usize) -> bool {
        let mut any = false;
        while self.nodes[n].srv.clients.has_doomed() {
            for id in self.nodes[n].srv.clients.take_doomed() {
                any = true;
                let Node { srv, world, .. } = &mut self.nodes[n];
                let Some(client) = srv.clients.get(id) else { continue };
                let flags = client.flags;
                if flags.has(Flags::REPLICA) {
                    primary::lost(srv, world, id);
                }
                if flags.has(Flags::LINK) {
                    replica::lost(srv, world, id);
                }
                lifecycle::forget(srv, id);
                if let Some(at) = self.links.iter().position(|l| l.ends.contains(&(n, id))) {
                    self.cut(at);
                }
            }
        }
        any
    }

    /// Where a server's files are.
    pub fn dir(&self, n: usize) -> PathBuf {
        self.dir.path().join(n.to_string())
    }
}

fn node(n: usize, dir: PathBuf, configure: &impl Fn(&mut Config)) -> Node {
    std::fs::create_dir(&dir).expect("a folder");
    let mut config = Config { dir, port: n as u16, ..Config::default() };
    config.save.clear();
    configure(&mut config);
    let table = CommandTable::new(crate::cmd::FAMILIES);
    let mut srv = Server::new(config, table, Clock::manual(1_700_000_000_000), Rng::seeded(n as u64 + 1));
    let connection = lifecycle::Connection { addr: "127.0.0.1:1", laddr: "", fd: -1, unix: false };
    let user = lifecycle::connect(&mut srv, &connection);
    Node { srv, world: World::default(), user, deaf: false }
}

/// What the server owes a client goes on the wire.
fn take_output(srv: &mut Server, world: &mut World, id: ClientId, wire: &mut Vec<u8>) {
    loop {
        let Some(client) = srv.clients.get_mut(id) else { return };
        let n = client.out.pending();
        if n > 0 {
            wire.extend_from_slice(client.out.unsent());
            client.net_out += n as u64;
            client.out.advance(n);
        }
        if client.flags.has(Flags::CLOSE_AFTER_REPLY) {
            return srv.clients.close(id);
        }
        let Some(replica) = srv.clients[id].replica.as_deref() else { return };
        match (&replica.sync, replica.cursor) {
            (SyncState::SendBulk(_), _) => {
                if !fullsync::next_piece(srv, world, id) {
                    return;
                }
            }
            (SyncState::Online, Some(_)) if !replica.put_online_on_ack && spill::has_next(srv, replica) => {
                if !spill::next_piece(srv, id) {
                    return;
                }
            }
            (SyncState::Online, Some(cursor)) if !replica.put_online_on_ack => {
                let bytes = srv.repl.backlog.slices(cursor, usize::MAX).flatten().copied();
                let before = wire.len();
                wire.extend(bytes);
                return srv.repl.backlog.advance(cursor, wire.len() - before);
            }
            _ => return,
        }
    }
}
