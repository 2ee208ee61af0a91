//! A session recorded from Redis 7.2.4, played again: a master with a password, one replica through a proxy, one
//! directly, a cut link, a promotion, a replica that cannot log in.
//!
//! The commands are those of the transcript, through `redis-cli` into a pipe, and the answers must be its answers,
//! with ids, offsets, ports, lags and ages masked. 17101 is the master, 17102 and 17103 the replicas, 17199 the
//! proxy. The transcript is the same for disk-based and diskless synchronization, so it is played with both.

mod common;

use common::text::{self, Strictness};
use common::{Proxy, SOON, Server, cli, redis_cli, wait_until};

const TRANSCRIPT: &str = include_str!("transcripts/replication-session-7.2.4.txt");
const PASSWORD: &str = "sekret";

struct Step {
    port: u16,
    command: String,
    answer: Vec<String>,
}

fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in TRANSCRIPT.lines() {
        match line.split_once("> ").and_then(|(port, command)| Some((port.parse().ok()?, command))) {
            Some((port, command)) => steps.push(Step { port, command: command.into(), answer: Vec::new() }),
            None if line.is_empty() => {}
            None => steps.last_mut().unwrap().answer.push(line.into()),
        }
    }
    steps
}

struct Session {
    master: Server,
    near: Server,
    far: Server,
    proxy: Proxy,
}

impl Session {
    fn start(diskless: &str) -> Session {
        let sync = format!("repl-diskless-sync {diskless}\n");
        let follow = format!("{sync}masterauth {PASSWORD}\n");
        let master = Server::setup().password(PASSWORD).config(&sync).start();
        let proxy = Proxy::to(master.port());
        Session { near: Server::start(&follow), far: Server::start(&follow), master, proxy }
    }

    fn at(&self, port: u16) -> &Server {
        match port {
            17101 => &self.master,
            17102 => &self.near,
            17103 => &self.far,
            other => panic!("no server {other}"),
        }
    }

    /// Pairs of the transcript's port and ours.
    fn ports(&self) -> [(u16, u16); 4] {
        let servers = [17101, 17102, 17103].map(|port| (port, self.at(port).port()));
        [servers[0], servers[1], servers[2], (17199, self.proxy.port())]
    }

    fn play(&self, step: &Step) {
        let server = self.at(step.port);
        let mut args = words(&step.command);
        for arg in &mut args {
            if let Some((_, ours)) = self.ports().iter().find(|(theirs, _)| *arg == theirs.to_string()) {
                *arg = ours.to_string();
            }
        }
        let mut line: Vec<&str> =
            if step.port == 17101 { vec!["-a", PASSWORD, "--no-auth-warning"] } else { vec![] };
        line.extend(args.iter().map(String::as_str));
        let found = self.masked(cli(server.port(), &line).lines().filter(|line| !line.is_empty()), true);
        let expected = self.masked(step.answer.iter().map(String::as_str), false);
        text::assert_lines(&format!("{}> {}", step.port, step.command), &expected, &found, |_| false);
    }

    /// Masks lines; in ours (`translate`) the ports become those of the transcript.
    fn masked<'a>(&self, lines: impl Iterator<Item = &'a str>, translate: bool) -> Vec<String> {
        let lines = lines.map(|line| {
            let mut line = line.to_owned();
            for (theirs, ours) in self.ports().iter().filter(|_| translate) {
                line = line.replace(&format!("port={ours},"), &format!("port={theirs},"));
                line = line.replace(&format!("master_port:{ours}"), &format!("master_port:{theirs}"));
                if line == ours.to_string() {
                    line = theirs.to_string();
                }
            }
            text::mask(&line, Strictness::Numbers)
        });
        lines.collect()
    }

    /// What the one at the keyboard waited for before typing step `index`.
    fn wait_before(&self, step: &Step, index: usize, all: &[Step]) {
        let previous = index.checked_sub(1).map_or("", |index| all[index].command.as_str());
        if step.command == "replicaof 127.0.0.1 17101" {
            self.wait_online(&[&self.near]);
        } else if previous == "replicaof 127.0.0.1 17101" {
            self.wait_online(&[&self.near, &self.far]);
        } else if step.command == "set after cut" {
            self.proxy.cut();
            self.wait_online(&[&self.far, &self.near]);
            assert_eq!(self.master.info_field("stats", "sync_partial_ok"), "1", "the cut costs no full sync");
        } else if previous == "set after cut" {
            self.master.wait_same_data(&self.near);
            self.master.wait_same_data(&self.far);
            self.wait_acknowledged();
        } else if step.port == 17103 && step.command == "info replication" {
            self.far.wait_log("Unable to AUTH to MASTER");
        }
    }

    /// The master lists the replicas as online in this order, and their links are up.
    fn wait_online(&self, order: &[&Server]) {
        wait_until("both replicas are online", SOON, || {
            let info = self.master.info("replication");
            order.iter().enumerate().all(|(index, replica)| {
                let line = info.get(&format!("slave{index}")).cloned().unwrap_or_default();
                line.contains(&format!("port={},state=online", replica.port())) && replica.link_up()
            })
        });
    }

    fn wait_acknowledged(&self) {
        let offset = format!("offset={},", self.master.offset());
        wait_until("both replicas acknowledge", SOON, || {
            self.master.info("replication").iter().filter(|(_, value)| value.contains(&offset)).count() == 2
        });
    }
}

/// The words of a command as a shell hands them to redis-cli; a script is one word.
fn words(command: &str) -> Vec<String> {
    match command.strip_prefix("eval ").and_then(|rest| rest.rsplit_once(' ')) {
        Some((script, keys)) => vec!["eval".into(), script.into(), keys.into()],
        None => command.split(' ').map(str::to_owned).collect(),
    }
}

fn play_all(diskless: &str) {
    if redis_cli().is_none() {
        return;
    }
    let session = Session::start(diskless);
    let all = steps();
    assert_eq!(all.len(), TRANSCRIPT.matches("> ").count());
    for (index, step) in all.iter().enumerate() {
        session.wait_before(step, index, &all);
        if session.knows(step) {
            session.play(step);
        }
    }
}

/// Commands of families that come later; their steps are passed over as long as the server does not know them.
const LATER: [&str; 2] = ["rpush", "eval"];

impl Session {
    fn knows(&self, step: &Step) -> bool {
        let name = step.command.split(' ').next().unwrap();
        let known = !LATER.contains(&name)
            || !self.at(step.port).cmd(&["command", "info", name]).items()[0].is_null();
        if !known {
            eprintln!("SKIPPED: {} (the server has no {name})", step.command);
        }
        known
    }
}

#[test]
fn session_with_disk_based_synchronization() {
    play_all("no");
}

#[test]
fn session_with_diskless_synchronization() {
    play_all("yes");
}
