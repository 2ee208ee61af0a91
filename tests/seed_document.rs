//! The transcripts of the document this project began with, line by line.
//!
//! Each block is typed into `redis-cli --no-raw`, as its author did, against three instances that stand where his
//! stood (6379 master, 6380 and 6381 replicas). Replication ids, offsets, ports, lags and ages cannot be the same
//! twice and are masked; lines that INFO has gained since (7.2) are allowed. Notes he put behind lines are dropped.

mod common;

use common::text::{self, Strictness};
use common::{Server, cli_lines, redis_cli, wait_until};

/// Blocks of the document, in its order.
const FRESH: &str = "\
127.0.0.1:6379> info replication
# Replication
role:master  # 角色
connected_slaves:0  # 从节点个数
master_replid:0a9051ca213417f200d78772c9ca6c779f126d36
master_replid2:0000000000000000000000000000000000000000
master_repl_offset:0
second_repl_offset:-1
repl_backlog_active:0
repl_backlog_size:1048576
repl_backlog_first_byte_offset:0
repl_backlog_histlen:0
";
const REPLICA: &str = "\
127.0.0.1:6380> slaveof 127.0.0.1 6379   # 找谁作为主节点，主节点如果有密码，需要在从节点的配置文件中添加 masterauth 主节点密码
OK
127.0.0.1:6380> info replication
# Replication
role:slave
master_host:127.0.0.1
master_port:6379
master_link_status:up
master_last_io_seconds_ago:8
master_sync_in_progress:0
slave_repl_offset:0
slave_priority:100
slave_read_only:1
connected_slaves:0
master_replid:fa1926ab6b39c81e9aaf4b6787d23ec1057349ed
master_replid2:0000000000000000000000000000000000000000
master_repl_offset:0
second_repl_offset:-1
repl_backlog_active:1
repl_backlog_size:1048576
repl_backlog_first_byte_offset:1
repl_backlog_histlen:0
";
const MASTER: &str = "\
127.0.0.1:6379> info replication
# Replication
role:master
connected_slaves:2
slave0:ip=127.0.0.1,port=6380,state=online,offset=56,lag=0
slave1:ip=127.0.0.1,port=6381,state=online,offset=56,lag=0
master_replid:fa1926ab6b39c81e9aaf4b6787d23ec1057349ed
master_replid2:0000000000000000000000000000000000000000
master_repl_offset:56
second_repl_offset:-1
repl_backlog_active:1
repl_backlog_size:1048576
repl_backlog_first_byte_offset:1
repl_backlog_histlen:56
";
const WRITE_ON_MASTER: &str = "\
127.0.0.1:6379> keys *
(empty array)
127.0.0.1:6379> set name mildlamb
OK
127.0.0.1:6379> keys *
1) \"name\"
";
const READ_ON_REPLICA: &str = "\
127.0.0.1:6380> keys *
(empty array)
127.0.0.1:6380> keys *
1) \"name\"
127.0.0.1:6380> set name wildwolf
(error) READONLY You can't write against a read only replica.
";
const PROMOTION: &str = "\
127.0.0.1:6380> slaveof no  one
OK
127.0.0.1:6380> info replication
# Replication
role:master
connected_slaves:1
slave0:ip=127.0.0.1,port=6381,state=online,offset=115995,lag=0
master_replid:3800c60ba63719f1899ffef56da18f78996b03f0
master_replid2:d8d02d0fdcaac066aacaa74a99e5c0d808b38f15
master_repl_offset:115995
second_repl_offset:115996
repl_backlog_active:1
repl_backlog_size:1048576
repl_backlog_first_byte_offset:664
repl_backlog_histlen:115332
";

/// A command of a block and the answer below it.
struct Step {
    port: u16,
    command: String,
    answer: Vec<String>,
}

fn steps(block: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in block.lines() {
        let line = match line.find("  # ") {
            Some(note) if note > 0 => line[..note].trim_end(),
            _ => line,
        };
        match line.strip_prefix("127.0.0.1:").and_then(|rest| rest.split_once("> ")) {
            Some((port, command)) => {
                steps.push(Step { port: port.parse().unwrap(), command: command.into(), answer: Vec::new() });
            }
            None => steps.last_mut().expect("a block begins with a prompt").answer.push(line.into()),
        }
    }
    steps
}

/// Lines INFO replication has gained since the document was written.
fn is_newer_line(line: &str) -> bool {
    ["master_failover_state:", "slave_read_repl_offset:", "replica_announced:"]
        .iter()
        .any(|name| line.starts_with(name))
}

/// The document's three instances, with his ports standing for ours.
struct Three {
    servers: [(u16, Server); 3],
}

impl Three {
    fn start() -> Three {
        Three { servers: [6379, 6380, 6381].map(|port| (port, Server::start(""))) }
    }

    fn at(&self, port: u16) -> &Server {
        &self.servers.iter().find(|(theirs, _)| *theirs == port).unwrap().1
    }

    /// The document's port numbers replaced by ours, in a command.
    fn to_ours(&self, text: &str) -> String {
        let word = |word: &str| {
            let named = self.servers.iter().find(|(theirs, _)| theirs.to_string() == word);
            named.map_or_else(|| word.to_owned(), |(_, server)| server.port().to_string())
        };
        text.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }

    /// Our port numbers replaced by the document's, in an answer.
    fn to_theirs(&self, text: &str) -> String {
        self.servers.iter().fold(text.to_owned(), |text, (theirs, server)| {
            text.replace(&format!("port={},", server.port()), &format!("port={theirs},"))
                .replace(&format!("master_port:{}", server.port()), &format!("master_port:{theirs}"))
        })
    }

    /// Types the command and compares what comes.
    #[track_caller]
    fn play(&self, step: &Step, strictness: Strictness) {
        let typed = format!("{}\n", self.to_ours(&step.command));
        let answer = cli_lines(self.at(step.port).port(), &typed);
        let found: Vec<String> =
            answer.lines().map(|line| text::mask(&self.to_theirs(line), strictness)).collect();
        let expected: Vec<String> = step.answer.iter().map(|line| text::mask(line, strictness)).collect();
        text::assert_lines(&format!("{}> {}", step.port, step.command), &expected, &found, is_newer_line);
    }

    /// Plays a block, waiting before each step for what its author had waited for.
    #[track_caller]
    fn play_block(&self, block: &str, mut before: impl FnMut(&Three, usize)) {
        for (index, step) in steps(block).iter().enumerate() {
            before(self, index);
            self.play(step, Strictness::Numbers);
        }
    }

    /// 6380, then 6381, become replicas of 6379.
    fn attach(&self) {
        for port in [6380, 6381] {
            self.at(port).replicaof(self.at(6379).port());
            self.wait_online(6379, port);
        }
    }

    /// Waits until both ends agree that the link is up and nothing is under way.
    #[track_caller]
    fn wait_online(&self, master: u16, replica: u16) {
        let here = format!("port={},state=online,", self.at(replica).port());
        self.at(replica).wait_link_up();
        wait_until("the master counts the replica as online", common::SOON, || {
            self.at(master).run("info replication").text().contains(&here)
        });
    }
}

#[test]
fn a_fresh_instance_is_a_master_without_replicas() {
    if redis_cli().is_none() {
        return;
    }
    let three = Three::start();
    for step in steps(FRESH) {
        three.play(&step, Strictness::Ids);
    }
}

#[test]
fn slaveof_makes_a_replica_whose_link_comes_up() {
    if redis_cli().is_none() {
        return;
    }
    let three = Three::start();
    three.play_block(REPLICA, |three, index| {
        if index == 1 {
            three.wait_online(6379, 6380);
        }
    });
}

#[test]
fn the_master_lists_both_replicas() {
    if redis_cli().is_none() {
        return;
    }
    let three = Three::start();
    three.attach();
    three.play_block(MASTER, |_, _| {});
    assert_eq!(
        three.at(6379).info_field("replication", "master_replid"),
        three.at(6381).info_field("replication", "master_replid"),
        "replicas take over the id of their master"
    );
}

#[test]
fn what_the_master_writes_the_replica_reads_and_refuses_to_change() {
    if redis_cli().is_none() {
        return;
    }
    let three = Three::start();
    three.attach();
    let on_replica = steps(READ_ON_REPLICA);
    three.play(&on_replica[0], Strictness::Numbers);
    three.play_block(WRITE_ON_MASTER, |_, _| {});
    three.at(6379).wait_same_data(three.at(6380));
    three.play(&on_replica[1], Strictness::Numbers);
    three.play(&on_replica[2], Strictness::Numbers);
    assert_eq!(three.at(6380).run("get name"), "mildlamb");
}

#[test]
fn a_replica_follows_again_after_its_master_was_away() {
    let mut three = Three::start();
    three.attach();
    three.servers[0].1.stop();
    wait_until("the replica sees the link down", common::SOON, || !three.at(6380).link_up());
    assert_eq!(three.at(6380).info_field("replication", "role"), "slave");
    three.servers[0].1.launch();
    assert_eq!(three.at(6379).run("set name mildlamb"), "OK");
    three.at(6379).wait_same_data(three.at(6380));
    assert_eq!(three.at(6380).run("get name"), "mildlamb");
}

#[test]
fn a_replica_by_command_is_a_master_after_a_restart_and_has_all_data_once_it_follows_again() {
    let mut three = Three::start();
    three.servers[1].1.config_set("save", "3600 1");
    three.attach();
    assert_eq!(three.at(6379).run("set before 1"), "OK");
    three.at(6379).wait_same_data(three.at(6380));
    three.servers[1].1.stop();
    assert_eq!(three.at(6379).run("set meanwhile 2"), "OK");
    three.servers[1].1.launch();
    assert_eq!(three.at(6380).info_field("replication", "role"), "master");
    assert_eq!(three.at(6380).run("get before"), "1");
    assert!(three.at(6380).run("get meanwhile").is_null());
    three.at(6380).replicaof(three.at(6379).port());
    three.at(6379).wait_same_data(three.at(6380));
    assert_eq!(three.at(6380).run("get meanwhile"), "2");
}

/// The document shows 6381 under 6380 right after the promotion: it was its replica already (a chain), or it was
/// hung there. Both ways must lead to the same lines.
#[test]
fn promotion_of_a_replica_with_a_replica_of_its_own() {
    if redis_cli().is_none() {
        return;
    }
    let three = Three::start();
    three.at(6380).replicaof(three.at(6379).port());
    three.at(6381).replicaof(three.at(6380).port());
    promote(&three, |three| three.wait_online(6380, 6381));
    assert_eq!(three.at(6381).info_field("stats", "sync_partial_err"), "0");
}

#[test]
fn promotion_of_a_replica_and_the_other_one_hung_under_it() {
    if redis_cli().is_none() {
        return;
    }
    let three = Three::start();
    three.attach();
    promote(&three, |three| three.at(6381).replicaof(three.at(6380).port()));
    assert_eq!(
        three.at(6380).info_field("stats", "sync_partial_ok"),
        "1",
        "no full synchronization is needed"
    );
}

#[track_caller]
fn promote(three: &Three, hang: impl Fn(&Three)) {
    three.at(6380).wait_link_up();
    three.at(6381).wait_link_up();
    assert_eq!(three.at(6379).run("set name mildlamb"), "OK");
    three.at(6379).wait_same_data(three.at(6380));
    three.at(6379).wait_same_data(three.at(6381));
    let old = three.at(6380).info("replication");
    three.play_block(PROMOTION, |three, index| {
        if index == 1 {
            hang(three);
            three.wait_online(6380, 6381);
        }
    });
    let new = three.at(6380).info("replication");
    let number = |name: &str| new[name].parse::<i64>().unwrap();
    assert_eq!(new["master_replid2"], old["master_replid"], "the old id stays valid");
    assert_ne!(new["master_replid"], old["master_replid"]);
    assert_eq!(
        new["second_repl_offset"],
        (old["master_repl_offset"].parse::<i64>().unwrap() + 1).to_string()
    );
    assert_eq!(
        number("repl_backlog_first_byte_offset") + number("repl_backlog_histlen"),
        number("master_repl_offset") + 1
    );
    assert_eq!(three.at(6380).run("set name wildwolf"), "OK");
    three.at(6380).wait_same_data(three.at(6381));
}

/// Where the document lies beside the project, the blocks here must be its blocks.
#[test]
fn the_blocks_are_those_of_the_document() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared");
    let Some(document) = std::fs::read_dir(folder)
        .ok()
        .into_iter()
        .flatten()
        .flatten()
        .find(|entry| entry.file_name().to_string_lossy().starts_with("seed-"))
    else {
        eprintln!("the document is not here; nothing to compare with");
        return;
    };
    let document = std::fs::read_to_string(document.path()).unwrap();
    let blocks: Vec<&str> = document
        .split("```bash\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .filter(|block| block.contains("> "))
        .collect();
    let without_labels: Vec<String> = blocks
        .iter()
        .map(|block| block.lines().filter(|line| !line.starts_with("# ") || *line == "# Replication"))
        .map(|lines| lines.fold(String::new(), |text, line| text + line + "\n"))
        .collect();
    assert_eq!(without_labels, [FRESH, REPLICA, MASTER, WRITE_ON_MASTER, READ_ON_REPLICA, PROMOTION]);
}
