//! What a power cut at any step leaves of the append-only file: a server on a disk in memory, a load, rewrites, the end
//! at a random step, and a start on what such a disk may hold then. Several lives of one server in a row.
//!
//! Each life is a master with replicas, as it were: its file notes the place in the history of replication. A life that
//! takes its place from the file must have exactly the data which the history had there.
//!
//! Promised is: with `always` every write that was answered, with `everysec` all but those of the last two seconds (and
//! what one fsync takes), always no half transaction, no hole, and a start.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::base::clock::Clock;
use crate::base::disk::Disk;
use crate::base::disk::memory::MemoryDisk;
use crate::base::rng::Rng;
use crate::cmd::testing::START;
use crate::core::server::Server;
use crate::core::table::CommandTable;
use crate::core::testing::World;
use crate::core::{input, lifecycle};
use crate::persist::aof_load::{self, Begun};
use crate::persist::{self, aof_files, aof_log, child, load};
use crate::repl;
use crate::resp::request::push_request;
use crate::state::client::ClientId;
use crate::state::config::{AppendFsync, Config};
use crate::state::host::ChildEnd;
use crate::state::loading::Purpose;
use crate::state::repl_ids::ReplId;

/// A running server.
pub(super) struct Life {
    pub(super) srv: Server,
    pub(super) world: World,
    pub(super) user: ClientId,
}

/// How a start ended.
enum Start {
    Up(Box<Life>),
    PowerGone,
}

fn start(disk: &MemoryDisk, policy: AppendFsync, preamble: bool, seed: u64, now_ms: i64) -> Start {
    let config = Config {
        dir: PathBuf::from("/data"),
        appendonly: true,
        appendfsync: policy,
        aof_use_rdb_preamble: preamble,
        auto_aof_rewrite_min_size: 300,
        ..Config::default()
    };
    let table = CommandTable::new(crate::cmd::FAMILIES);
    let mut srv = Server::new(config, table, Clock::manual(now_ms), Rng::seeded(seed));
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let mut world = World { disk: Some(shared), syncs: Some(Default::default()), ..World::default() };
    let begun = boot(&mut srv, &mut world);
    if disk.is_dead() {
        return Start::PowerGone;
    }
    // For replicas that come, or were there.
    srv.repl.backlog.activate();
    assert!(begun.is_some(), "a server must start on what a power cut leaves");
    let connection = lifecycle::Connection { addr: "127.0.0.1:1", laddr: "", fd: -1, unix: false };
    let user = lifecycle::connect(&mut srv, &connection);
    Start::Up(Box::new(Life { srv, world, user }))
}

/// What `serve::boot` does.
fn boot(srv: &mut Server, world: &mut World) -> Option<()> {
    let disk = world.disk.clone()?;
    aof_files::load_manifest(srv, &*disk).ok()?;
    let mut loaded = None;
    if aof_load::begin(srv, world, Purpose::Boot).ok()? == Begun::Files {
        loaded = Some(load::to_the_end(srv, world).ok()?);
    }
    aof_log::open_at_start(srv, world).ok()?;
    aof_files::delete_history(srv, world);
    repl::after_boot_load(srv, loaded.as_ref());
    aof_log::mark(srv);
    Some(())
}

impl Life {
    pub(super) fn ask(&mut self, line: &str) -> String {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let mut request = Vec::new();
        push_request(&mut request, &words);
        input::feed(&mut self.srv, &mut self.world, self.user, &request);
        let reply = std::mem::take(&mut self.srv.clients[self.user].out.bytes);
        String::from_utf8(reply).expect("text").replace("\r\n", "|")
    }

    /// The end of a round: whether what was replied in it reaches the client.
    fn turn(&mut self, disk: &MemoryDisk) -> bool {
        aof_log::before_sleep(&mut self.srv, &mut self.world);
        !self.srv.persist.abandon && !disk.is_dead()
    }

    /// What the data of the test are.
    fn data(&mut self) -> Data {
        let data = (self.ask("llen seq"), self.ask("get one"));
        self.ask("select 3");
        let other = self.ask("get other");
        self.ask("select 0");
        (data.0, data.1, other)
    }

    /// The history goes on: what the data are at this place of it.
    fn tell(&mut self, story: &mut Story) {
        let data = self.data();
        let place = (self.srv.repl.ids.replid, self.srv.repl.backlog.offset());
        let known = story.history.insert(place, data.clone());
        assert!(known.is_none_or(|known| known == data), "a place in history has one state of the data");
    }

    pub(super) fn end_of_child(&mut self) {
        if let Some(ended) = self.world.child.take() {
            let end = ChildEnd { pid: ended.pid, code: Some(ended.code), signal: None };
            child::ended(&mut self.srv, &mut self.world, end);
        }
    }
}

/// Length of the list, the two counters, as replies.
type Data = (String, String, String);

/// What was sent and what was answered, over all lives.
#[derive(Default)]
struct Story {
    /// The data at each place that a server has been at.
    history: HashMap<(ReplId, i64), Data>,
    /// Lives that took their place from the file.
    resumed: u64,
    /// Numbers pushed to `seq`, and when each was answered (`None`: never).
    answered: Vec<Option<i64>>,
    pairs_sent: u64,
    pairs_answered: u64,
}

/// One life up to its power cut, or to the end of its rounds.
fn live(life: &mut Life, disk: &MemoryDisk, rng: &mut Rng, story: &mut Story) {
    for _ in 0..120 {
        let (before, pairs) = (story.answered.len(), story.pairs_sent);
        for _ in 0..rng.below(4) {
            match rng.below(10) {
                0..=5 => {
                    story.answered.push(None);
                    life.ask(&format!("rpush seq {}", story.answered.len()));
                }
                6..=8 => {
                    story.pairs_sent += 1;
                    for line in ["multi", "incr one", "select 3", "incr other", "select 0", "exec"] {
                        life.ask(line);
                    }
                }
                _ => {
                    life.ask("bgrewriteaof");
                }
            }
            life.tell(story);
        }
        if !life.turn(disk) {
            return;
        }
        let now = life.srv.clock.now_ms();
        story.answered[before..].iter_mut().for_each(|answer| *answer = Some(now));
        if story.pairs_sent > pairs {
            story.pairs_answered = story.pairs_sent;
        }
        life.srv.clock.advance(rng.below(100) as i64);
        // An fsync takes a few rounds.
        if rng.below(3) == 0 {
            life.world.sync_one();
        }
        if rng.below(4) == 0 {
            life.end_of_child();
        }
        persist::cron(&mut life.srv, &mut life.world);
    }
}

/// Looks at what came back; what was lost is struck from the story.
fn look(life: &mut Life, policy: AppendFsync, died_ms: i64, story: &mut Story) {
    let ids = &life.srv.repl.ids;
    // A new life has no second id of its own.
    if ids.second_offset >= 0 {
        let place = (ids.replid2, ids.second_offset - 1);
        assert_eq!(story.history.get(&place), Some(&life.data()), "the data of that place");
        assert_eq!(life.srv.repl.backlog.offset(), place.1);
        story.resumed += 1;
    }
    life.tell(story);
    let list = life.ask("lrange seq 0 -1");
    let numbers: Vec<usize> =
        list.split('|').skip(2).step_by(2).map(|n| n.parse().expect("a number")).collect();
    let have = numbers.len();
    assert_eq!(numbers, (1..=have).collect::<Vec<_>>(), "no hole, no rubbish");
    assert!(have <= story.answered.len(), "nothing that was never sent");
    let promised = |answer: &Option<i64>| match (policy, answer) {
        (_, None) | (AppendFsync::No, _) => false,
        (AppendFsync::Always, Some(_)) => true,
        (AppendFsync::Everysec, Some(at)) => *at < died_ms - 3000,
    };
    if let Some(last) = story.answered.iter().rposition(promised) {
        assert!(last < have, "{policy:?}: {} was answered, {have} came back", last + 1);
    }
    let number = |life: &mut Life, line: &str| {
        let reply = life.ask(line);
        reply.split('|').nth(1).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0)
    };
    let one = number(life, "get one");
    life.ask("select 3");
    let other = number(life, "get other");
    life.ask("select 0");
    assert_eq!(one, other, "no half transaction");
    assert!(one <= story.pairs_sent);
    assert!(
        policy != AppendFsync::Always || one >= story.pairs_answered,
        "{one} of {}",
        story.pairs_answered
    );
    story.answered.truncate(have);
    (story.pairs_sent, story.pairs_answered) = (one, one);
}

fn several_lives(policy: AppendFsync, seed: u64) -> u64 {
    let mut rng = Rng::seeded(seed);
    let preamble = rng.below(4) != 0;
    let mut story = Story::default();
    let mut now = START;
    let mut died = START;
    let mut disk = MemoryDisk::new(1 + rng.below(400), u64::MAX, rng.next_u64());
    for _ in 0..5 {
        if let Start::Up(mut life) = start(&disk, policy, preamble, rng.next_u64(), now) {
            look(&mut life, policy, died, &mut story);
            live(&mut life, &disk, &mut rng, &mut story);
            now = life.srv.clock.now_ms();
            died = now;
        }
        // Most end with a cut within a few hundred steps, some while they start, some after a quiet time.
        let power = if rng.below(4) == 0 { 1 + rng.below(12) } else { 1 + rng.below(600) };
        disk = disk.after_crash(power, rng.next_u64());
        now += 1000;
    }
    let disk = disk.after_crash(u64::MAX, rng.next_u64());
    let Start::Up(mut life) = start(&disk, policy, preamble, rng.next_u64(), now) else { panic!("power") };
    look(&mut life, policy, died, &mut story);
    story.resumed
}

/// Seeds tried; `REPLIS_CRASH_SEEDS=from..to` for others.
fn seeds() -> std::ops::Range<u64> {
    let Ok(text) = std::env::var("REPLIS_CRASH_SEEDS") else { return 0..250 };
    let (from, to) = text.split_once("..").expect("from..to");
    from.parse().expect("a number")..to.parse().expect("a number")
}

#[test]
fn power_cuts_take_no_more_than_was_left_to_chance() {
    let mut resumed = 0;
    for seed in seeds() {
        for policy in [AppendFsync::Always, AppendFsync::Everysec, AppendFsync::No] {
            let run = std::panic::catch_unwind(|| several_lives(policy, seed));
            assert!(run.is_ok(), "seed {seed}, {policy:?}: REPLIS_CRASH_SEEDS={seed}..{}", seed + 1);
            resumed += run.unwrap_or(0);
        }
    }
    assert!(resumed > 0, "no life ever took its place from the file");
    println!("{resumed} lives took their place from the file");
}

#[test]
fn a_disk_without_room_costs_nothing_once_there_is_room_again() {
    for seed in 0..200 {
        let mut rng = Rng::seeded(seed);
        let disk = MemoryDisk::new(u64::MAX, u64::MAX, seed);
        let policy = AppendFsync::Everysec;
        let Start::Up(mut life) = start(&disk, policy, true, seed, START) else { panic!("power") };
        let mut sent = 0;
        for _ in 0..30 {
            // Now and then enough for a manifest and not for the commands.
            disk.set_room([0, rng.below(60), rng.below(400), u64::MAX][rng.below(4) as usize]);
            for _ in 0..5 {
                if life.ask(&format!("rpush seq {}", sent + 1)).starts_with(':') {
                    sent += 1;
                }
                assert!(life.turn(&disk));
                life.srv.clock.advance(300);
                life.world.sync_one();
                aof_log::cron(&mut life.srv, &mut life.world, true);
            }
            if rng.below(4) == 0 {
                life.ask("bgrewriteaof");
                life.end_of_child();
            }
        }
        disk.set_room(u64::MAX);
        aof_log::cron(&mut life.srv, &mut life.world, true);
        assert!(life.ask("set after room").starts_with("+OK"), "writes go on");
        assert!(life.turn(&disk));
        let Start::Up(mut again) = start(&disk, policy, true, seed, START + 60_000) else { panic!("power") };
        assert_eq!(again.ask("llen seq"), format!(":{sent}|"), "seed {seed}");
    }
}
