//! Tests of reading and rewriting, in a world of made-up files.

use super::rewrite::{SIGNATURE, rewrite};
use super::*;
use crate::base::glob;
use crate::state::config::SavePoint;
use crate::state::config_table::{get_one, rows};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;

/// Files by full name; the directories are those [`Surroundings::enter`] lists.
#[derive(Default)]
struct World {
    files: BTreeMap<PathBuf, &'static str>,
    renamed: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Surroundings for World {
    fn start_dir(&self) -> io::Result<PathBuf> {
        Ok("/start".into())
    }
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let text = self.files.get(path).ok_or(io::Error::from_raw_os_error(libc::ENOENT))?;
        Ok(text.as_bytes().to_vec())
    }
    fn expand(&self, pattern: &Path) -> Vec<PathBuf> {
        let pattern = pattern.as_os_str().as_bytes();
        self.files
            .keys()
            .filter(|name| glob::matches(pattern, name.as_os_str().as_bytes(), false))
            .cloned()
            .collect()
    }
    fn enter(&self, dir: &Path) -> io::Result<PathBuf> {
        let clean: PathBuf = dir.components().filter(|c| *c != std::path::Component::CurDir).collect();
        match clean.to_str() {
            Some("/" | "/start" | "/data" | "/data/sub" | "/var/lib/redis" | "/var/log/redis") => Ok(clean),
            _ => Err(io::Error::from_raw_os_error(libc::ENOENT)),
        }
    }
    fn try_log(&self, path: &Path) -> io::Result<()> {
        self.enter(path.parent().unwrap_or(Path::new("/"))).map(drop)
    }
    fn rename_command(&mut self, from: &[u8], to: &[u8]) -> Result<(), Reason> {
        if from == b"nosuch" {
            return Err("No such command in rename-command".into());
        }
        self.renamed.push((from.to_vec(), to.to_vec()));
        Ok(())
    }
    fn add_user(&mut self, words: &[Vec<u8>]) -> Result<(), Reason> {
        let bad = words.iter().any(|word| word == b"bad");
        if bad { Err("Error in user declaration 'bad': Syntax error".into()) } else { Ok(()) }
    }
}

fn read_in(world: &mut World, text: &str) -> Result<(Config, Vec<Note>), LoadError> {
    let mut config = Config::default();
    let input = Input { stdin: Some(text.as_bytes()), ..Input::default() };
    load(&mut config, input, world).map(|notes| (config, notes))
}

fn read(text: &str) -> Config {
    read_in(&mut World::default(), text).unwrap_or_else(|e| panic!("{e:?}")).0
}

fn refused(text: &str) -> String {
    match read_in(&mut World::default(), text) {
        Err(LoadError::Fatal(text)) => text,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn the_error_block_is_the_one_of_redis() {
    assert_eq!(
        refused("# comment\n\n  timeout  never \nport 1"),
        "\n*** FATAL CONFIG FILE ERROR (Redis 7.2.4) ***\nReading the configuration file, at line 3\n\
         >>> 'timeout  never'\nargument couldn't be parsed into an integer\n"
    );
    for (line, reason) in [
        ("bind \"a", "Unbalanced quotes in configuration line"),
        ("port", "wrong number of arguments"),
        ("port 1 2", "wrong number of arguments"),
        ("nosuch 1", "Bad directive or wrong number of arguments"),
        ("include", "Bad directive or wrong number of arguments"),
        ("rename-command x", "Bad directive or wrong number of arguments"),
        ("rename-command nosuch x", "No such command in rename-command"),
        ("user x bad", "Error in user declaration 'bad': Syntax error"),
        ("sentinel monitor m h 1 2", "sentinel directive while not in sentinel mode"),
        ("loadmodule /x.so", "Modules are not supported by this server"),
        ("bf.error-rate", "Module config specified without value"),
        ("bf.error-rate 1", "Module Configuration detected without loadmodule directive"),
        ("lua-replicate-commands", "Bad directive or wrong number of arguments"),
        ("dir /nowhere", "No such file or directory"),
        ("replicaof h", "wrong number of arguments"),
        ("replicaof h 99999", "Invalid master port"),
    ] {
        let text = refused(line);
        assert_eq!(text.lines().nth(3), Some(format!(">>> '{line}'").as_str()));
        assert_eq!(text.lines().nth(4), Some(reason), "{line}");
    }
    for (text, reason) in [
        ("cluster-enabled yes\nreplicaof h 1", "replicaof directive not allowed in cluster mode"),
        ("logfile /nowhere/log", "Can't open the log file: No such file or directory"),
    ] {
        let whole = format!("\n*** FATAL CONFIG FILE ERROR (Redis 7.2.4) ***\n{reason}\n");
        assert_eq!(refused(text), whole);
    }
}

#[test]
fn lines_are_read_as_redis_reads_them() {
    let config = read(
        "PORT 7000\r\n\ttimeout 5\nrequirepass \"a\\x41 b\"\nmasterauth 'it\\'s'\nsave 900 1\nsave 60 5\n\
         lua-replicate-commands yes\nlist-max-ziplist-entries 5\nslaveof host 6380\nunixsocketperm 700\n\
         client-output-buffer-limit pubsub 1mb 0 0\nclient-output-buffer-limit normal 1 2 3\nsentinel\n\
         oom-score-adj-values \"1 2 3\"",
    );
    assert_eq!((config.port, config.timeout, config.unixsocketperm), (7000, 5, 0o700));
    assert_eq!((config.requirepass.as_slice(), config.masterauth.as_slice()), (&b"aA b"[..], &b"it's"[..]));
    let points = [SavePoint { seconds: 900, changes: 1 }, SavePoint { seconds: 60, changes: 5 }];
    assert_eq!(config.save, points);
    assert_eq!(config.replicaof, Some(("host".into(), 6380)));
    assert_eq!(config.client_output_buffer_limit.pubsub.hard_bytes, 1 << 20);
    assert_eq!(config.client_output_buffer_limit.normal.soft_seconds, 3);
    assert_eq!(config.oom_score_adj_values, [1, 2, 3]);
    assert!(read("save 1 1\nsave \"\"").save.is_empty());
    assert_eq!(read("save \"\"\nsave 1 1").save.len(), 1);
    assert_eq!(read("").save.len(), 3);
}

#[test]
fn directives_reach_their_lists() {
    let mut world = World::default();
    let text = "rename-command FLUSHALL \"\"\nrename-command GET HOLEN\nuser alice on ~* +@all\nuser bob off";
    let (config, _) = read_in(&mut world, text).unwrap();
    assert_eq!(world.renamed, [(b"FLUSHALL".to_vec(), vec![]), (b"GET".to_vec(), b"HOLEN".to_vec())]);
    assert_eq!(config.renamed_commands.len(), 2);
    assert_eq!(config.users[0][0], b"alice");
    assert_eq!(config.users[1], [b"bob".to_vec(), b"off".to_vec()]);
}

#[test]
fn includes_follow_dir_patterns_and_a_limit() {
    let mut world = World::default();
    world.files.insert("/start/a.conf".into(), "timeout 1\nsave 5 5");
    world.files.insert("/data/a.conf".into(), "timeout 2\n");
    world.files.insert("/data/b.conf".into(), "databases 3\n");
    world.files.insert("/start/bad.conf".into(), "# x\nport x\n");
    world.files.insert("/start/loop.conf".into(), "include loop.conf");
    let mut timeout = |text| read_in(&mut world, text).map(|(config, _)| (config.timeout, config.databases));
    assert_eq!(timeout("include a.conf"), Ok((1, 16)));
    assert_eq!(timeout("include a.conf\ntimeout 9"), Ok((9, 16)));
    assert_eq!(timeout("dir /data\ninclude a.conf"), Ok((2, 16)));
    assert_eq!(timeout("include /data/*.conf"), Ok((2, 3)));
    assert_eq!(timeout("include /data/*.none"), Ok((0, 16)));
    assert_eq!(
        timeout("include c.conf"),
        Err(LoadError::CannotOpen(
            "Fatal error, can't open config file '/start/c.conf': No such file or directory".into()
        ))
    );
    // The line is the one inside the included file.
    let Err(LoadError::Fatal(text)) = timeout("\n\n\ninclude bad.conf") else { panic!() };
    assert!(text.contains("at line 2\n>>> 'port x'"), "{text}");
    let Err(LoadError::Fatal(text)) = timeout("include loop.conf") else { panic!() };
    assert!(text.ends_with("Too many nested include directives\n"));
    // Save points go on adding up after an include.
    let (config, _) = read_in(&mut world, "save 1 1\ninclude a.conf\nsave 2 2\nsave 3 3").unwrap();
    assert_eq!(get_one(&config, "save").unwrap(), b"1 1 5 5 2 2 3 3");
}

#[test]
fn dir_is_resolved_step_by_step() {
    assert_eq!(read("").dir, Path::new("/start"));
    assert_eq!(read("dir /data\ndir sub").dir, Path::new("/data/sub"));
    assert_eq!(read("dir ./").dir, Path::new("/start"));
}

#[test]
fn notes_are_handed_on() {
    let (config, notes) =
        read_in(&mut World::default(), "cluster-enabled yes\noom-score-adj-values 3 2 1").unwrap();
    assert_eq!(config.databases, 1);
    let texts: Vec<&str> = notes.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(texts.len(), 3);
    assert_eq!(texts[0], "Reading config from stdin");
    assert!(texts[1].starts_with("The oom-score-adj-values configuration may not work"));
    assert!(texts[2].starts_with("WARNING: Changing databases number from 16 to 1"));
}

#[test]
fn debians_file_starts_this_server() {
    let config = read(include_str!("tests/debian.conf"));
    assert!(config.daemonize);
    assert_eq!(config.bind, ["127.0.0.1", "-::1"]);
    assert_eq!(config.dir, Path::new("/var/lib/redis"));
    assert_eq!(config.save.len(), 3);
    assert_eq!(config_table::unimplemented_in_use(&config), Vec::<&str>::new());
}

#[test]
fn real_files_expand_patterns_as_the_shell_does() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["b.conf", "a.conf", ".hidden.conf", "c.txt"] {
        std::fs::write(dir.path().join(name), "").unwrap();
    }
    std::fs::create_dir(dir.path().join("sub")).unwrap();
    std::fs::write(dir.path().join("sub/d.conf"), "timeout 4").unwrap();
    let names = |pattern: &str| -> Vec<String> {
        let found = RealFiles.expand(&dir.path().join(pattern));
        found.iter().map(|p| p.strip_prefix(dir.path()).unwrap().to_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("*.conf"), ["a.conf", "b.conf"]);
    assert_eq!(names("[ab].co?f"), ["a.conf", "b.conf"]);
    assert_eq!(names(".*.conf"), [".hidden.conf"]);
    assert_eq!(names("s*/*.conf"), ["sub/d.conf"]);
    assert_eq!(names("no*/x"), Vec::<String>::new());
    // Real directories are entered by their full names; what is no directory is refused in the system's
    // words.
    let full = dir.path().canonicalize().unwrap();
    assert_eq!(RealFiles.enter(&dir.path().join("sub/..")).unwrap(), full);
    assert_eq!(os_text(&RealFiles.enter(&full.join("a.conf")).unwrap_err()), "Not a directory");
    assert_eq!(os_text(&RealFiles.enter(&full.join("x")).unwrap_err()), "No such file or directory");
}

/// The file that documents every option changes none, and leaves none out.
#[test]
fn the_example_file_is_complete_and_changes_nothing() {
    let text = include_str!("../../../redis.conf.example");
    let config = read(text);
    let default = Config { dir: "/start".into(), ..Config::default() };
    assert_eq!(config, default);
    for row in rows().filter(|row| !row.is(config_table::HIDDEN)) {
        let shown = |line: &str| {
            let mut words = line.trim_start_matches('#').split_whitespace();
            words.next() == Some(row.name) && words.next().is_some() && !line.starts_with("##")
        };
        assert!(text.lines().any(shown), "{} is not documented", row.name);
    }
    assert!(text.lines().all(|line| line.len() <= 110));
}

/// `new.conf` is what redis-server 7.0.15 made of `old.conf`, only `dir` is another.
#[test]
fn rewriting_agrees_with_redis() {
    let old = include_str!("tests/old.conf");
    let config = read(old);
    let digest = "#31aba27b92a7546df021e552d8418cb198b9fef397b26ade39ac42c22e14b509";
    let users = [format!("default on {digest} ~* &* +@all").into(), b"zoe on resetchannels -@all".to_vec()];
    let new = String::from_utf8(rewrite(old.as_bytes(), &config, Some(&users))).unwrap();
    assert_eq!(new, include_str!("tests/new.conf"));
    assert_eq!(rewrite(new.as_bytes(), &config, Some(&users)), new.as_bytes());
}

#[test]
fn rewriting_nothing_writes_what_differs() {
    let mut config = read("timeout 5\nmaxmemory 2gb\nsave \"\"");
    config.replicaof = Some(("10.0.0.1".into(), 6380));
    let text = |config: &Config, old: &str| String::from_utf8(rewrite(old.as_bytes(), config, None)).unwrap();
    assert_eq!(
        text(&config, ""),
        "# Generated by CONFIG REWRITE\ntimeout 5\nmaxmemory 2gb\nsave \"\"\ndir \"/start\"\n\
         replicaof 10.0.0.1 6380\nlatency-tracking-info-percentiles 50 99 99.9\n"
    );
    // A master's file loses the line; `user` lines stay when nobody speaks for them.
    config.replicaof = None;
    let new = text(&config, "slaveof h 1\nuser a on\nuser b on");
    assert!(!new.contains("replicaof") && !new.contains("slaveof"));
    assert!(new.contains("user a on\nuser b on\n"));
    // With an ACL file they go.
    config.aclfile = "/u".into();
    assert!(
        !String::from_utf8(rewrite(b"user a on", &config, Some(&[b"a on".to_vec()])))
            .unwrap()
            .contains("user")
    );
}

#[test]
fn secrets_and_odd_names_survive_a_rewrite() {
    let mut config = read("");
    config.requirepass = b"\"\\\x00\xff \n".to_vec();
    config.dir = PathBuf::from("/data");
    config.pidfile = PathBuf::from("/a b/\"x\".pid");
    let text = rewrite(b"", &config, None);
    let mut again = Config::default();
    let input = Input { stdin: Some(&text), ..Input::default() };
    load(&mut again, input, &mut World::default()).unwrap();
    assert_eq!(again, config);
}

/// Lines that may stand in a file in any order.
const LINES: &[&str] = &[
    "# a comment",
    "",
    "  # another",
    "port 7000",
    "PORT 7001",
    "timeout 3",
    "save 900 1",
    "save 60 2",
    "slave-priority 5",
    "replica-priority 6",
    "bind 10.0.0.1",
    "maxmemory 100mb",
    "client-output-buffer-limit replica 1gb 0 0",
    "client-output-buffer-limit normal 5 0 0",
    "rename-command CONFIG \"\"",
    "user alice on",
    "slaveof h 1",
    "requirepass \"a b\"",
    "notify-keyspace-events KEA",
    "lua-replicate-commands yes",
    "hz 10",
    "hash-max-ziplist-entries 99",
    "maxmemory-clients 5%",
    "# Generated by CONFIG REWRITE",
];

proptest! {
    /// Rewriting keeps comments in order, means the same, and a second time changes nothing.
    #[test]
    fn rewriting_is_stable_and_keeps_comments(
        picks in proptest::collection::vec(0..LINES.len(), 0..30),
        timeout in 0..5i32,
    ) {
        let old: String = picks.iter().map(|&at| format!("{}\n", LINES[at])).collect();
        let mut config = read(&old);
        config.timeout = timeout;
        let new = rewrite(old.as_bytes(), &config, None);
        prop_assert_eq!(&rewrite(&new, &config, None), &new);
        let new = String::from_utf8(new).unwrap();
        prop_assert_eq!(&read(&new), &config);
        let comments = |text: &str| -> Vec<String> {
            let ours = |line: &&str| !line.starts_with("# ???") && *line != SIGNATURE;
            let comments = text.lines().map(str::trim).filter(|line| line.starts_with('#'));
            comments.filter(ours).map(str::to_owned).collect()
        };
        prop_assert_eq!(comments(&new), comments(&old));
        prop_assert!(!new.contains("\n\n\n"));
    }

    /// Any bytes are read or refused, never worse.
    #[test]
    fn any_text_is_read_or_refused(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut config = Config::default();
        let _ = load(&mut config, Input { stdin: Some(&text), ..Input::default() }, &mut World::default());
        rewrite(&text, &config, None);
    }
}
