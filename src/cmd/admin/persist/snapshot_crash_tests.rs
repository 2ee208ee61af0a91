//! What a power cut at any step leaves of the snapshot and of the configuration file: the last one that was finished,
//! whole, or one that was under way and whole; never a half, never nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::crash_tests::Life;
use crate::base::clock::Clock;
use crate::base::disk::Disk;
use crate::base::disk::memory::MemoryDisk;
use crate::base::rng::Rng;
use crate::cmd::testing::START;
use crate::core::lifecycle;
use crate::core::server::Server;
use crate::core::table::CommandTable;
use crate::core::testing::World;
use crate::persist::load;
use crate::state::config::Config;
use crate::state::loading::Purpose;

const CONFIG: &str = "/data/redis.conf";

/// Starts on what the disk holds. `None`: the power went meanwhile.
fn start(disk: &MemoryDisk, seed: u64) -> Option<Life> {
    let config = Config { dir: PathBuf::from("/data"), ..Config::default() };
    let table = CommandTable::new(crate::cmd::FAMILIES);
    let mut srv = Server::new(config, table, Clock::manual(START), Rng::seeded(seed));
    srv.config_file = Some(PathBuf::from(CONFIG));
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let mut world = World { disk: Some(shared), syncs: Some(Default::default()), ..World::default() };
    let opened = load::open(&mut srv, &mut world, Purpose::Boot, Path::new("/data/dump.rdb"));
    let loaded = match opened {
        Ok(true) => load::to_the_end(&mut srv, &mut world).is_ok(),
        Ok(false) => true,
        Err(_) => false,
    };
    if disk.is_dead() {
        return None;
    }
    assert!(loaded, "a snapshot that a power cut leaves is whole");
    let connection = lifecycle::Connection { addr: "127.0.0.1:1", laddr: "", fd: -1, unix: false };
    let user = lifecycle::connect(&mut srv, &connection);
    Some(Life { srv, world, user })
}

/// What may be there after the cut: what was last finished, and what was begun since.
#[derive(Default)]
struct Versions {
    finished: u64,
    begun: u64,
}

impl Versions {
    fn begin(&mut self, version: u64) {
        self.begun = version;
    }

    fn finish(&mut self) {
        self.finished = self.begun;
    }

    #[track_caller]
    fn check(&mut self, found: u64, what: &str) {
        let expected = [self.finished, self.begun];
        assert!(expected.contains(&found), "{what} of version {found}, expected one of {expected:?}");
        (self.finished, self.begun) = (found, found);
    }
}

fn number(life: &mut Life, line: &str, at: usize) -> u64 {
    life.ask(line).split('|').nth(at).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// One life up to its power cut, or to the end of its rounds.
fn live(life: &mut Life, disk: &MemoryDisk, rng: &mut Rng, data: &mut Versions, config: &mut Versions) {
    let mut saving = None;
    for _ in 0..60 {
        life.ask("incr version");
        let version = number(life, "get version", 1);
        life.ask(&format!("rpush list {}", "x".repeat(rng.below(3000) as usize)));
        match rng.below(5) {
            0 if saving.is_none() => {
                data.begin(version);
                if life.ask("save").starts_with("+OK") {
                    data.finish();
                }
            }
            1 if saving.is_none() => {
                data.begin(version);
                saving = life.ask("bgsave").starts_with("+Background").then_some(());
            }
            2 if saving.is_some() => {
                life.end_of_child();
                saving = None;
                if life.srv.persist.last_bgsave_ok && !disk.is_dead() {
                    data.finish();
                }
            }
            3 => {
                life.ask(&format!("config set maxclients {}", 1000 + version));
                config.begin(version);
                if life.ask("config rewrite").starts_with("+OK") {
                    config.finish();
                }
            }
            _ => {}
        }
        if disk.is_dead() {
            return;
        }
    }
}

/// The version that the configuration file on the disk tells; 0 without one.
fn configured(disk: &MemoryDisk) -> u64 {
    let Ok(bytes) = disk.read(Path::new(CONFIG)) else { return 0 };
    let text = String::from_utf8(bytes).expect("text");
    let line = text.lines().find_map(|line| line.strip_prefix("maxclients "));
    let clients: u64 = line.expect("a whole file has the line").parse().expect("a number");
    clients - 1000
}

#[test]
fn the_last_finished_one_is_there_and_whole() {
    for seed in 0..400 {
        let mut rng = Rng::seeded(seed);
        let (mut data, mut config) = (Versions::default(), Versions::default());
        let mut disk = MemoryDisk::new(1 + rng.below(200), u64::MAX, rng.next_u64());
        for _ in 0..5 {
            if let Some(mut life) = start(&disk, rng.next_u64()) {
                data.check(number(&mut life, "get version", 1), &format!("seed {seed}: data"));
                config.check(configured(&disk), &format!("seed {seed}: configuration"));
                live(&mut life, &disk, &mut rng, &mut data, &mut config);
            }
            disk = disk.after_crash(1 + rng.below(300), rng.next_u64());
        }
    }
}
