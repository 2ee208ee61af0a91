//! Ours and Debian's redis-server 7.0.15 as master and replica of one another, and readers of one another's
//! files: full and partial synchronization, a chain of three, restarts. At the end the digests and the
//! offsets are equal.

mod common;
#[path = "differential/mod.rs"]
mod differential;
mod pairs;

use std::path::Path;
use std::process::Command;

use common::server::server_binary;
use common::{Proxy, SOON, Server, in_path, may_skip, wait_until};
use pairs::waits::contend;
use pairs::{Kind, syncs, write};

const BOTH_WAYS: [(Kind, Kind); 2] = [(Kind::Ours, Kind::Real), (Kind::Real, Kind::Ours)];

/// A replica with data of its own gets the master's, then the stream of its writes.
fn full_sync(master_kind: Kind, replica_kind: Kind, diskless: &str) -> Option<()> {
    let master = master_kind.start(&format!("repl-diskless-sync {diskless}"))?;
    write(&master, 1, 1500);
    for (i, load) in ["disabled", "swapdb", "on-empty-db"].into_iter().enumerate() {
        let replica = replica_kind.start(&format!("repl-diskless-load {load}"))?;
        if load != "on-empty-db" {
            run!(replica, "set old data");
        }
        let before = syncs(&master).0;
        replica.replicaof(master.port());
        replica.wait_link_up();
        write(&master, 10 + i as u64, 500);
        master.wait_same_data(&replica);
        assert_eq!(syncs(&master).0, before + 1, "{master_kind:?} -> {replica_kind:?}, {diskless}, {load}");
        assert!(run!(replica, "set x y").error().starts_with("READONLY"));
    }
    Some(())
}

#[test]
fn full_sync_from_ours_to_real_through_a_file() {
    full_sync(Kind::Ours, Kind::Real, "no");
}

#[test]
fn full_sync_from_ours_to_real_through_the_socket() {
    full_sync(Kind::Ours, Kind::Real, "yes");
}

#[test]
fn full_sync_from_real_to_ours_through_a_file() {
    full_sync(Kind::Real, Kind::Ours, "no");
}

#[test]
fn full_sync_from_real_to_ours_through_the_socket() {
    full_sync(Kind::Real, Kind::Ours, "yes");
}

/// A link that is cut again and again while the master writes goes on where it stopped.
fn partial_resync(master_kind: Kind, replica_kind: Kind) -> Option<()> {
    let master = master_kind.start("repl-backlog-size 8mb")?;
    let replica = replica_kind.start("")?;
    let proxy = Proxy::to(master.port());
    write(&master, 2, 500);
    replica.replicaof(proxy.port());
    replica.wait_link_up();
    let (full, partial) = syncs(&master);
    for round in 0..3 {
        write(&master, 20 + round, 200);
        // In the middle of a write: the replica has half a command.
        proxy.cut_after(common::Direction::Down, 1000 + round * 777);
        write(&master, 30 + round, 300);
        wait_until("the link was cut", SOON, || !proxy.cut_is_due(common::Direction::Down));
        proxy.shut();
        write(&master, 40 + round, 300);
        proxy.admit();
        master.wait_same_data(&replica);
    }
    let after = syncs(&master);
    assert_eq!(after.0, full, "a full sync");
    assert!(after.1 >= partial + 3, "partial syncs: {} -> {}", partial, after.1);
    Some(())
}

#[test]
fn partial_resync_of_a_real_replica() {
    partial_resync(Kind::Ours, Kind::Real);
}

#[test]
fn partial_resync_with_a_real_master() {
    partial_resync(Kind::Real, Kind::Ours);
}

fn chain(kinds: [Kind; 3]) -> Option<()> {
    let [top, middle, last] = kinds.map(|kind| kind.start("repl-backlog-size 8mb"));
    let (top, middle, last) = (top?, middle?, last?);
    let proxy = Proxy::to(top.port());
    write(&top, 3, 500);
    middle.replicaof(proxy.port());
    last.replicaof(middle.port());
    middle.wait_link_up();
    last.wait_link_up();
    write(&top, 50, 500);
    top.wait_same_data(&middle);
    top.wait_same_data(&last);
    let (full_top, full_middle) = (syncs(&top).0, syncs(&middle).0);
    proxy.cut();
    write(&top, 51, 300);
    top.wait_same_data(&middle);
    top.wait_same_data(&last);
    assert_eq!((syncs(&top).0, syncs(&middle).0), (full_top, full_middle), "a full sync after the cut");
    // The middle one becomes a master: the last one stays with it, and the old master comes in below without
    // a full sync.
    assert_eq!(run!(middle, "replicaof no one"), "OK");
    write(&middle, 52, 300);
    middle.wait_same_data(&last);
    top.replicaof(middle.port());
    top.wait_link_up();
    write(&middle, 53, 100);
    middle.wait_same_data(&last);
    middle.wait_same_data(&top);
    assert_eq!(syncs(&middle).0, full_middle, "a full sync after the promotion");
    Some(())
}

#[test]
fn a_chain_with_ours_in_the_middle() {
    chain([Kind::Real, Kind::Ours, Kind::Real]);
}

#[test]
fn a_chain_with_real_in_the_middle() {
    chain([Kind::Ours, Kind::Real, Kind::Ours]);
}

/// The file of one is the data of the other.
#[test]
fn each_loads_the_file_of_the_other() {
    for (writer, reader) in BOTH_WAYS {
        let (Some(writer_server), Some(mut reader_server)) = (writer.start(""), reader.start("")) else {
            return;
        };
        write(&writer_server, 4, 3000);

        assert_eq!(writer_server.cmd(&["set", "large", &"0123456789".repeat(50_000)]), "OK");
        assert_eq!(run!(writer_server, "save"), "OK");
        let file = writer_server.file("dump.rdb");
        check_file(&file);
        reader_server.kill();
        std::fs::copy(&file, reader_server.file("dump.rdb")).unwrap();
        reader_server.launch();
        assert_eq!(writer_server.digest(), reader_server.digest(), "{writer:?} wrote, {reader:?} loaded");
        for db in 0..4 {
            let ttls = |server: &Server| -> Vec<i64> {
                let mut client = server.client();
                run!(client, "select {db}");
                let mut keys = client.run("keys *").texts();
                keys.sort();
                keys.iter().map(|key| client.run(&format!("pexpiretime {key}")).int()).collect()
            };
            assert_eq!(ttls(&writer_server), ttls(&reader_server), "times of expiry in db {db}");
        }
    }
}

/// Function libraries of a server that has functions, through ours and back: as the file of one that stopped, as the
/// append-only file of either form, and by synchronization.
#[test]
fn libraries_of_functions_go_through_unharmed() {
    let library = "#!lua name=mylib\nredis.register_function{function_name='f', \
                   callback=function(keys, args) return 'hello' end, flags={'no-writes'}}";
    let said = |server: &Server| server.run("fcall_ro f 0").text();
    for lines in ["", "appendonly yes", "appendonly yes\naof-use-rdb-preamble no"] {
        let Some(mut server) = Kind::Real.start(lines) else { return };
        assert_eq!(server.cmd(&["function", "load", library]), "mylib");
        run!(server, "set key value");
        if lines.is_empty() {
            assert_eq!(run!(server, "save"), "OK");
        }
        server.stop();
        server.become_binary(&server_binary());
        server.launch();
        assert_eq!(run!(server, "get key"), "value");
        // To a replica that has functions, and to one of ours that is then a master of one that has.
        let (Some(direct), Some(middle), Some(last)) =
            (Kind::Real.start(""), Kind::Ours.start(""), Kind::Real.start(""))
        else {
            return;
        };
        direct.replicaof(server.port());
        middle.replicaof(server.port());
        direct.wait_link_up();
        middle.wait_link_up();
        last.replicaof(middle.port());
        last.wait_link_up();
        assert_eq!((said(&direct), said(&last)), ("hello".to_owned(), "hello".to_owned()), "{lines}");
        if lines.is_empty() {
            assert_eq!(run!(server, "save"), "OK");
        } else {
            run!(server, "bgrewriteaof");
            wait_until("rewritten", SOON, || {
                server.info_field("persistence", "aof_rewrite_in_progress") == "0"
            });
            server.restart();
        }
        server.kill();
        server.become_binary(Path::new("/usr/bin/redis-server"));
        server.launch();
        assert_eq!(said(&server), "hello", "{lines}");
    }
}

/// `redis-check-rdb` of Debian finds nothing wrong.
fn check_file(file: &std::path::Path) {
    let Some(program) = in_path("redis-check-rdb") else {
        assert!(
            may_skip("redis-check-rdb"),
            "redis-check-rdb is missing: apt-get install redis-tools redis-server"
        );
        return;
    };
    let output = Command::new(program).arg(file).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("RDB looks OK"), "redis-check-rdb: {text}");
}

/// A replica that stops in good order and comes back from its file needs the missing part only.
#[test]
fn a_restarted_replica_resumes() {
    for (master_kind, replica_kind) in BOTH_WAYS {
        let Some(master) = master_kind.start("repl-backlog-size 8mb") else { return };
        let lines = format!("save 3600 1\nreplicaof 127.0.0.1 {}", master.port());
        let Some(mut replica) = replica_kind.start(&lines) else { return };
        replica.wait_link_up();
        write(&master, 5, 500);
        master.wait_same_data(&replica);
        let (full, partial) = syncs(&master);
        replica.stop();
        write(&master, 60, 300);
        replica.launch();
        replica.wait_link_up();
        master.wait_same_data(&replica);
        let after = syncs(&master);
        assert_eq!((after.0, after.1), (full, partial + 1), "{replica_kind:?} came back to {master_kind:?}");
    }
}

/// A master that comes back from its file knows the history it had.
#[test]
fn a_restarted_master_is_resumed() {
    for (master_kind, replica_kind) in BOTH_WAYS {
        let Some(mut master) = master_kind.start("save 3600 1\nrepl-backlog-size 8mb") else { return };
        let Some(replica) = replica_kind.start("") else { return };
        replica.replicaof(master.port());
        replica.wait_link_up();
        write(&master, 6, 500);
        master.wait_same_data(&replica);
        master.stop();
        master.launch();
        replica.wait_link_up();
        write(&master, 61, 200);
        master.wait_same_data(&replica);
        assert_eq!(syncs(&master), (0, 1), "{replica_kind:?} resumed its {master_kind:?} master");
    }
}

/// Clients wait, and are woken by each other, while the master streams; half-way the replica is cut off and resumes.
fn waits(master_kind: Kind, replica_kind: Kind) -> Option<()> {
    let master = master_kind.start("repl-backlog-size 8mb")?;
    let replica = replica_kind.start("")?;
    let proxy = Proxy::to(master.port());
    replica.replicaof(proxy.port());
    replica.wait_link_up();
    contend(&master, 7, 8, 600);
    proxy.cut();
    contend(&master, 8, 8, 400);
    wait_until("nobody waits", SOON, || master.info_field("clients", "blocked_clients") == "0");
    master.wait_same_data(&replica);
    assert!(syncs(&master).1 >= 1, "{master_kind:?} -> {replica_kind:?}: no partial sync");
    Some(())
}

#[test]
fn a_real_replica_follows_clients_that_wait() {
    waits(Kind::Ours, Kind::Real);
}

#[test]
fn clients_that_wait_at_a_real_master_are_followed() {
    waits(Kind::Real, Kind::Ours);
}

/// What a server tells of a stream, its groups, and who has what; times are left out.
fn told(server: &Server, key: &str) -> String {
    let mut text = format!("{:?} {:?}", run!(server, "xrange {key} - +"), run!(server, "xinfo groups {key}"));
    for group in ["g", "h"] {
        for entry in run!(server, "xpending {key} {group} - + 1000").items() {
            let [id, owner, _, count] = entry.items() else { panic!("{entry:?}") };
            text.push_str(&format!("; {id:?} {owner:?} {count:?}"));
        }
        text.push_str(&format!("; {:?}", run!(server, "xpending {key} {group}")));
    }
    text
}

/// Reads and claims in the groups of a stream that is there.
fn use_groups(server: &Server, key: &str) {
    for line in [
        format!("xreadgroup group g ann count 40 streams {key} >"),
        format!("xreadgroup group g bob count 30 streams {key} >"),
        format!("xreadgroup group h ann count 5 noack streams {key} >"),
        format!("xack {key} g 1-1 3-1 41-1"),
        format!("xclaim {key} g cid 0 2-1 5-1 42-1"),
        format!("xdel {key} 4-1 6-1 100-1 250-1"),
        format!("xautoclaim {key} g dan 0 - count 7"),
        format!("xreadgroup group g ann count 40 streams {key} >"),
        format!("xgroup setid {key} h 77-1"),
    ] {
        let reply = run!(server, "{line}");
        assert!(reply.is_ok(), "{line}: {reply:?}");
    }
}

/// Groups with their pending entries go over in the snapshot and in the stream, both ways.
#[test]
fn groups_of_streams_go_over() {
    for (from, to) in BOTH_WAYS {
        let (Some(master), Some(replica)) = (from.start(""), to.start("")) else { return };
        for key in ["before", "after"] {
            for i in 1..=250 {
                assert_eq!(run!(master, "xadd {key} {i}-1 field {i} other text"), format!("{i}-1").as_str());
            }
            assert_eq!(run!(master, "xgroup create {key} g 0"), "OK");
            assert_eq!(run!(master, "xgroup create {key} h 50-1 entriesread 50"), "OK");
        }
        use_groups(&master, "before");
        replica.replicaof(master.port());
        replica.wait_link_up();
        use_groups(&master, "after");
        master.wait_same_data(&replica);
        for key in ["before", "after"] {
            assert_eq!(told(&master, key), told(&replica, key), "{from:?} -> {to:?}: {key}");
        }
    }
}

/// A file has version 11 only where a consumer was active at another time than it was seen, which older ones
/// cannot say; a snapshot for a replica never has it.
#[test]
fn only_active_times_need_the_later_version() {
    let mut ours = Server::start("");
    let version = |server: &Server| {
        assert_eq!(run!(server, "save"), "OK");
        String::from_utf8(std::fs::read(server.file("dump.rdb")).unwrap()[5..9].to_vec()).unwrap()
    };
    assert_eq!(run!(ours, "xadd s 1-1 f v"), "1-1");
    assert_eq!(run!(ours, "xgroup create s g 0"), "OK");
    assert_eq!(run!(ours, "xreadgroup group g ann streams s >").items().len(), 1);
    assert_eq!(version(&ours), "0010");
    assert_eq!(run!(ours, "xgroup createconsumer s g bob").int(), 1);
    assert_eq!(version(&ours), "0011");
    ours.kill();
    ours.launch();
    let full = format!("{:?}", run!(ours, "xinfo stream s full"));
    assert!(full.contains("\"active-time\", :-1"), "{full}");
    let Some(replica) = Kind::Real.start("") else { return };
    replica.replicaof(ours.port());
    replica.wait_link_up();
    ours.wait_same_data(&replica);
    assert_eq!(run!(ours, "xgroup delconsumer s g bob").int(), 0);
    assert_eq!(version(&ours), "0010");
}
