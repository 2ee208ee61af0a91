use super::cluster::Cluster;
use crate::base::rng::Rng;
use crate::state::config::{Config, DisklessLoad};

fn write(c: &mut Cluster, n: usize, i: u64) {
    let db = (i % 3).to_string();
    c.ask(n, &["select", &db]);
    c.ask(n, &["set", &format!("k{}", i % 17), &"v".repeat((i % 60) as usize)]);
    if i.is_multiple_of(5) {
        c.ask(n, &["del", &format!("k{}", (i + 3) % 17)]);
    }
}

fn assert_same(c: &Cluster, a: usize, b: usize) {
    assert_eq!(c.data(a), c.data(b), "servers {a} and {b}");
    assert_eq!(c.offset(a), c.offset(b), "servers {a} and {b}");
    assert_eq!(c.nodes[a].srv.repl.ids.replid, c.nodes[b].srv.repl.ids.replid);
}

fn plans() -> Vec<(bool, DisklessLoad)> {
    use DisklessLoad::{Disabled, OnEmptyDb, Swapdb};
    let loads = [Disabled, OnEmptyDb, Swapdb];
    [false, true].into_iter().flat_map(|sync| loads.map(|load| (sync, load))).collect()
}

fn plan(sync: bool, load: DisklessLoad) -> impl Fn(&mut Config) {
    move |config| {
        config.repl_diskless_sync = sync;
        config.repl_diskless_sync_delay = 0;
        config.repl_diskless_load = load;
    }
}

#[test]
fn a_chain_gets_the_data_and_the_stream_in_pieces_of_any_size() {
    for (sync, load) in plans() {
        for piece in [1, 13, 100_000] {
            let mut c = Cluster::new(3, piece, plan(sync, load));
            (0..40).for_each(|i| write(&mut c, 0, i));
            c.follow(1, 0);
            c.until("first up", |c| c.online(1));
            c.follow(2, 1);
            (40..80).for_each(|i| write(&mut c, 0, i));
            c.until("second up", |c| c.online(2));
            (80..120).for_each(|i| write(&mut c, 0, i));
            c.settle();
            assert!(c.data(0).len() > 10);
            assert_same(&c, 0, 1);
            assert_same(&c, 1, 2);
            assert_eq!(c.nodes[0].srv.stats.sync_full, 1);
            let left = std::fs::read_dir(c.dir(1)).expect("a folder");
            let left: Vec<_> = left.map(|f| f.expect("a file").file_name()).collect();
            assert!(left.iter().all(|f| f == "dump.rdb"), "{left:?}");
        }
    }
}

#[test]
fn a_cut_link_goes_on_where_it_was() {
    let mut c = Cluster::new(2, 7, plan(true, DisklessLoad::Disabled));
    c.follow(1, 0);
    c.until("up", |c| c.online(1));
    for round in 0..20 {
        write(&mut c, 0, round);
        c.steps(round);
        c.cut(0);
        c.until("up again", |c| c.online(1));
    }
    c.settle();
    assert_same(&c, 0, 1);
    let stats = &c.nodes[0].srv.stats;
    assert_eq!((stats.sync_full, stats.sync_partial_ok), (1, 20));
}

#[test]
fn a_promoted_replica_keeps_the_others_without_a_full_sync() {
    let mut c = Cluster::new(3, 50, plan(false, DisklessLoad::Disabled));
    c.follow(1, 0);
    c.follow(2, 1);
    c.until("up", |c| c.online(1) && c.online(2));
    (0..20).for_each(|i| write(&mut c, 0, i));
    c.settle();
    let full = c.nodes[1].srv.stats.sync_full;
    assert_eq!(c.ask(1, &["RepLicaof", "nO", "OnE"]), "+OK\r\n");
    write(&mut c, 1, 3);
    c.follow(0, 1);
    c.until("up", |c| c.online(0) && c.online(2));
    write(&mut c, 1, 4);
    c.settle();
    assert_same(&c, 1, 0);
    assert_same(&c, 1, 2);
    assert_eq!(c.nodes[1].srv.stats.sync_full, full);
    assert!(c.ask(0, &["set", "a", "b"]).starts_with("-READONLY"));
}

#[test]
fn wait_ends_with_the_acknowledgement_and_not_before() {
    let mut c = Cluster::new(2, 1000, plan(false, DisklessLoad::Disabled));
    c.follow(1, 0);
    c.until("up", |c| c.online(1));
    write(&mut c, 0, 1);
    assert_eq!(c.ask(0, &["wait", "1", "0"]), "");
    c.settle();
    assert_eq!(c.reply(0), ":1\r\n");
    write(&mut c, 0, 2);
    assert_eq!(c.ask(0, &["wait", "2", "300"]), "");
    c.settle();
    c.advance(299);
    assert_eq!(c.reply(0), "");
    c.advance(1);
    assert_eq!(c.reply(0), ":1\r\n");
}

#[test]
fn a_backlog_nobody_reads_ends_with_its_name() {
    let mut c = Cluster::new(2, 1000, |config| {
        config.repl_diskless_sync = false;
        config.repl_backlog_ttl = 5;
    });
    c.follow(1, 0);
    c.until("up", |c| c.online(1));
    let id = c.nodes[0].srv.repl.ids.replid;
    c.ask(1, &["replicaof", "no", "one"]);
    c.until("freed", |c| !c.nodes[0].srv.repl.backlog.is_active());
    assert_ne!(c.nodes[0].srv.repl.ids.replid, id);
    c.follow(1, 0);
    c.until("up", |c| c.online(1));
    assert_eq!(c.nodes[0].srv.stats.sync_full, 2);
}

#[test]
fn a_fork_that_fails_is_told_and_tried_again() {
    for diskless in [false, true] {
        let mut c = Cluster::new(2, 1000, plan(diskless, DisklessLoad::Disabled));
        c.nodes[0].world.no_forks = true;
        write(&mut c, 0, 1);
        c.follow(1, 0);
        c.settle();
        assert!(!c.online(1) && c.nodes[0].srv.repl.replicas.is_empty());
        c.nodes[0].world.no_forks = false;
        c.until("up", |c| c.online(1));
        assert_same(&c, 0, 1);
    }
}

#[test]
fn replicas_wait_for_company_and_share_a_child() {
    let mut c = Cluster::new(3, 1000, |config| config.repl_diskless_sync_delay = 3);
    c.follow(1, 0);
    c.settle();
    c.advance(1000);
    c.follow(2, 0);
    c.settle();
    c.advance(1900);
    c.settle();
    assert!(!c.online(1) && !c.online(2));
    c.advance(100);
    c.settle();
    assert!(c.online(1) && c.online(2));
    assert_eq!(c.nodes[0].srv.stats.total_forks, 1);
}

#[test]
fn who_comes_too_late_gets_the_next_child_at_once() {
    let mut c = Cluster::new(3, 10, |config| {
        config.repl_diskless_sync_delay = 3;
        config.rdbcompression = false;
    });
    // The child has something to say for a while.
    c.ask(0, &["set", "large", &"v".repeat(4000)]);
    (0..40).for_each(|i| write(&mut c, 0, i));
    c.follow(1, 0);
    c.settle();
    c.advance(3000);
    c.steps(3);
    assert!(c.nodes[0].srv.persist.child.is_some());
    c.follow(2, 0);
    c.steps(8);
    assert!(c.nodes[0].srv.persist.child.is_some(), "the first child is still at it");
    c.settle();
    assert!(c.online(1) && c.online(2));
    assert_eq!(c.nodes[0].srv.stats.total_forks, 2);
}

/// Writes, cuts, changes of role at random; when peace returns, all are equal.
#[test]
fn whatever_happens_peace_makes_all_equal() {
    for seed in 0..24 {
        let mut rng = Rng::seeded(seed);
        let plans = plans();
        let (sync, load) = plans[seed as usize % plans.len()];
        let mut c = Cluster::new(3, 1 + rng.below(200) as usize, plan(sync, load));
        c.follow(1, 0);
        c.follow(2, rng.below(2) as usize);
        let mut master = 0;
        for i in 0..150 {
            match rng.below(12) {
                0 => {
                    let links = c.links().max(1) as u64;
                    c.cut(rng.below(links) as usize);
                }
                1 if i % 10 == 0 => {
                    master = rng.below(3) as usize;
                    let (second, third) = ((master + 1) % 3, (master + 2) % 3);
                    c.ask(master, &["replicaof", "no", "one"]);
                    c.ask(second, &["replicaof", "node", &master.to_string()]);
                    let above = if rng.below(2) == 0 { master } else { second };
                    c.ask(third, &["replicaof", "node", &above.to_string()]);
                }
                2 => c.advance(rng.below(1500) as i64),
                3..6 => c.steps(rng.below(30)),
                _ => write(&mut c, master, rng.next_u64() % 1000),
            }
        }
        let others = [(master + 1) % 3, (master + 2) % 3];
        others.iter().for_each(|n| drop(c.ask(*n, &["replicaof", "node", &master.to_string()])));
        c.until("peace", |c| others.iter().all(|n| c.online(*n) && c.offset(*n) == c.offset(master)));
        others.iter().for_each(|n| assert_same(&c, master, *n));
    }
}
