//! Three real Sentinels watch a master and two replicas: ours alone, and fleets of ours and Debian's.
//!
//! Each test breaks the master in its own way, and then wants the same: all Sentinels agree on one new master, the
//! others follow it, the one that was left over by a partial resynchronization; the old master comes back as a replica
//! with the new data; and each server's configuration file says what it is, so that a restart changes nothing.
//!
//! Sentinel's own periods are shortened (SENTINEL DEBUG). Sentinel speaks through the master's stream (its hello
//! messages are published), so offsets never rest; what is compared is data. It also closes the ordinary clients of a
//! server it turns around, so questions go over connections of their own.

mod common;
#[path = "differential/mod.rs"]
mod differential;
mod pairs;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use common::text::fields;
use common::{Client, Proxy, SOON, Server, Setup, Value, in_path, may_skip, wait_until};
use pairs::Kind::{self, Ours, Real};
use pairs::write;

const QUIET: &str = "repl-ping-replica-period 3600\nrepl-timeout 20";
/// A failover on a busy machine.
const LONG: Duration = Duration::from_secs(40);
/// Milliseconds between questions, instead of seconds. Five periods of PING must be longer than the second between two
/// INFO of a fleet whose master is down: else no replica is known well enough to be chosen.
const PERIODS: &str = "sentinel debug info-period 300 ping-period 400 ask-period 100 publish-period 200 \
                       slave-reconf-timeout 5000 min-link-reconnect-period 500 election-timeout 3000 \
                       tilt-trigger 20000";

/// An answer of a server that may be closing connections.
fn ask(server: &Server, words: &str) -> Option<Value> {
    let mut client = Client::try_connect(server.port()).ok()?;
    client.patience(Duration::from_secs(2));
    client.try_run(words).ok()
}

fn field(server: &Server, name: &str) -> Option<String> {
    let info = ask(server, "info replication")?.text();
    fields(&info).into_iter().find(|(found, _)| found == name).map(|(_, value)| value)
}

fn is(server: &Server, name: &str, value: &str) -> bool {
    field(server, name).is_some_and(|found| found == value)
}

fn number(server: &Server, name: &str) -> i64 {
    let stats = ask(server, "info stats").expect("INFO").text();
    let found = fields(&stats).into_iter().find(|(found, _)| found == name).expect("the field");
    found.1.parse().unwrap()
}

fn sentinel_program() -> Option<PathBuf> {
    let found = in_path("redis-sentinel");
    if found.is_none() && !may_skip("redis-sentinel") {
        panic!("redis-sentinel is missing: apt-get install redis-sentinel (or set REPLIS_SKIP_REAL_REDIS=1)");
    }
    found
}

/// How the first master is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Killed,
    Paused,
    /// Nobody reaches it any more; it lives and knows nothing of it.
    CutOff,
    /// It is well; an operator asks for another. It goes on publishing hello messages until it is turned around, so
    /// that the others may hold more of its stream than the new master does, and need a full synchronization.
    Asked,
}

/// A master, its replicas, its Sentinels. Everyone reaches the first master through the proxy.
struct Fleet {
    servers: Vec<Server>,
    sentinels: Vec<Server>,
    proxy: Proxy,
}

impl Fleet {
    fn start(kinds: [Kind; 3]) -> Option<Fleet> {
        let program = sentinel_program()?;
        let mut servers = Vec::new();
        for kind in kinds {
            servers.push(kind.start(QUIET)?);
        }
        let proxy = Proxy::to(servers[0].port());
        servers[0].config_set("replica-announce-port", &proxy.port().to_string());
        for replica in &servers[1..] {
            replica.replicaof(proxy.port());
            replica.wait_link_up();
        }
        let lines = format!(
            "port {{port}}\nbind 127.0.0.1\ndir {{dir}}\nlogfile {{log}}\n\
             sentinel monitor fleet 127.0.0.1 {} 2\nsentinel down-after-milliseconds fleet 1500\n\
             sentinel failover-timeout fleet 6000\nsentinel parallel-syncs fleet 2",
            proxy.port()
        );
        let sentinel =
            || Setup::of(&program).argv(&["{conf}", "--sentinel"]).nothing_added().config(&lines).start();
        let sentinels: Vec<Server> = (0..3).map(|_| sentinel()).collect();
        for sentinel in &sentinels {
            assert_eq!(sentinel.run(PERIODS), "OK");
        }
        let fleet = Fleet { servers, sentinels, proxy };
        fleet.wait_known();
        Some(fleet)
    }

    /// Waits until every Sentinel knows the others and both replicas.
    fn wait_known(&self) {
        for sentinel in &self.sentinels {
            wait_until("the Sentinels know the fleet", LONG, || {
                let texts = sentinel.run("sentinel master fleet").texts();
                let is = |name: &str, value: &str| texts.chunks(2).any(|pair| pair == [name, value]);
                is("num-slaves", "2") && is("num-other-sentinels", "2") && is("flags", "master")
            });
        }
    }

    /// The port under which the fleet knows a server.
    fn port(&self, server: usize) -> u16 {
        if server == 0 { self.proxy.port() } else { self.servers[server].port() }
    }

    /// Waits until all Sentinels name the same new master; which it is.
    fn wait_new_master(&self) -> usize {
        let mut found = None;
        wait_until("the Sentinels agree on a new master", LONG, || {
            let named = |sentinel: &Server| {
                sentinel.run("sentinel get-master-addr-by-name fleet").texts().get(1).cloned()
            };
            let ports: Vec<_> = self.sentinels.iter().map(named).collect();
            found = (1..3).find(|i| ports.iter().all(|p| *p == Some(self.port(*i).to_string())));
            found.is_some_and(|new| is(&self.servers[new], "role", "master"))
        });
        found.unwrap()
    }

    fn wait_follows(&self, server: usize, master: usize) {
        let port = self.port(master).to_string();
        wait_until(&format!("server {server} follows {master}"), LONG, || {
            let follower = &self.servers[server];
            is(follower, "master_port", &port) && is(follower, "master_link_status", "up")
        });
    }

    fn wait_same_data(&self, master: usize) {
        self.servers.iter().for_each(Server::forget_admin);
        for (i, server) in self.servers.iter().enumerate() {
            if i != master {
                self.servers[master].wait_same_data(server);
            }
        }
    }

    /// Each file says what its server is.
    fn check_files(&self, master: usize) {
        for (i, server) in self.servers.iter().enumerate() {
            let file = fs::read_to_string(server.config_file()).unwrap();
            let lines: Vec<&str> = file.lines().filter(|line| line.starts_with("replicaof ")).collect();
            let expected = format!("replicaof 127.0.0.1 {}", self.port(master));
            let expected: &[&str] = if i == master { &[] } else { &[&expected] };
            assert_eq!(lines, expected, "server {i}: {file}");
        }
    }
}

fn lose_the_master(kinds: [Kind; 3], fault: Fault) {
    let Some(mut fleet) = Fleet::start(kinds) else { return };
    write(&fleet.servers[0], 91, 200);
    fleet.wait_same_data(0);
    match fault {
        Fault::Killed => fleet.servers[0].kill(),
        Fault::Paused => fleet.servers[0].pause(),
        Fault::CutOff => fleet.proxy.shut(),
        Fault::Asked => assert_eq!(fleet.sentinels[0].run("sentinel failover fleet"), "OK"),
    }
    let new = fleet.wait_new_master();
    let other = 3 - new;
    fleet.wait_follows(other, new);
    let synced = (number(&fleet.servers[new], "sync_full"), number(&fleet.servers[new], "sync_partial_ok"));
    if fault != Fault::Asked {
        assert_eq!(synced, (0, 1), "the other replica goes on where it was");
    }
    fleet.servers[new].forget_admin();
    write(&fleet.servers[new], 92, 200);
    match fault {
        Fault::Killed => fleet.servers[0].launch(),
        Fault::Paused => fleet.servers[0].resume(),
        Fault::CutOff => fleet.proxy.admit(),
        Fault::Asked => {}
    }
    fleet.wait_follows(0, new);
    fleet.wait_same_data(new);
    wait_until("the Sentinels find everyone well", SOON, || {
        let down = |sentinel: &Server| sentinel.run("sentinel replicas fleet").items().iter().any(is_down);
        !fleet.sentinels.iter().any(down)
    });
    fleet.check_files(new);
    // A restart changes nothing.
    fleet.servers[other].restart();
    fleet.wait_follows(other, new);
    write(&fleet.servers[new], 93, 50);
    fleet.wait_same_data(new);
}

fn is_down(replica: &Value) -> bool {
    let texts = replica.texts();
    texts.chunks(2).any(|pair| pair[0] == "flags" && pair[1].contains("down"))
}

#[test]
fn the_master_is_killed() {
    lose_the_master([Ours, Ours, Ours], Fault::Killed);
}

#[test]
fn the_master_is_paused() {
    lose_the_master([Ours, Ours, Ours], Fault::Paused);
}

#[test]
fn the_master_is_cut_off() {
    lose_the_master([Ours, Ours, Ours], Fault::CutOff);
}

#[test]
fn an_operator_wants_another_master() {
    lose_the_master([Ours, Ours, Ours], Fault::Asked);
}

#[test]
fn our_master_is_killed_before_a_mixed_fleet() {
    lose_the_master([Ours, Ours, Real], Fault::Killed);
}

#[test]
fn debians_master_is_killed_before_ours() {
    lose_the_master([Real, Ours, Ours], Fault::Killed);
}

#[test]
fn our_master_is_cut_off_from_a_mixed_fleet() {
    lose_the_master([Ours, Real, Ours], Fault::CutOff);
}

#[test]
fn our_master_is_paused_before_debians() {
    lose_the_master([Ours, Real, Real], Fault::Paused);
}

#[test]
fn an_operator_wants_another_master_of_a_mixed_fleet() {
    lose_the_master([Real, Ours, Real], Fault::Asked);
}
