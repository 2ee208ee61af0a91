//! Command lines as they occur in the wild. What they mean was looked up with redis-server 7.0.15.

use super::*;
use crate::state::config::SavePoint;
use crate::state::config_table::get_one;

fn args(words: &[&str]) -> Vec<OsString> {
    std::iter::once("redis-server").chain(words.iter().copied()).map(OsString::from).collect()
}

fn launch(words: &[&str], stdin: &str) -> Launch {
    parse(&args(words), &mut stdin.as_bytes())
}

fn started_with(words: &[&str], stdin: &str) -> Run {
    match launch(words, stdin) {
        Launch::Run(run) => run,
        other => panic!("{words:?}: {other:?}"),
    }
}

fn started(words: &[&str]) -> Run {
    started_with(words, "")
}

/// The value of an option after a start.
fn value(words: &[&str], name: &str) -> String {
    String::from_utf8(get_one(&started(words).config, name).unwrap()).unwrap()
}

fn printed(words: &[&str]) -> (String, bool, i32) {
    match launch(words, "") {
        Launch::Print { text, stderr, code } => (text, stderr, code),
        other => panic!("{words:?}: {other:?}"),
    }
}

/// Line number, line, reason.
fn refused(words: &[&str]) -> (String, String, String) {
    let (text, stderr, code) = printed(words);
    assert!(stderr && code == 1);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], ["", "*** FATAL CONFIG FILE ERROR (Redis 7.2.4) ***"], "{text}");
    let number = lines[2].strip_prefix("Reading the configuration file, at line ").unwrap();
    (number.into(), lines[3].strip_prefix(">>> ").unwrap().into(), lines[4..].join("\n"))
}

fn conf(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

#[test]
fn flags_count_as_the_first_argument() {
    for flag in ["-v", "--version"] {
        assert_eq!(printed(&[flag]), (version_line(), false, 0));
        assert_eq!(printed(&[flag, "--port", "x"]), (version_line(), false, 0));
    }
    for flag in ["-h", "--help"] {
        let (text, stderr, code) = printed(&[flag]);
        assert!(stderr && code == 1 && text.starts_with("Usage: "));
        for form in ["--version", "--help", "--test-memory MB", "--check-system", "[-]"] {
            assert!(text.contains(form), "{form} in {text}");
        }
    }
    assert!(matches!(launch(&["--check-system"], ""), Launch::CheckSystem));
    assert!(matches!(launch(&["--test-memory", "64"], ""), Launch::TestMemory(64)));
    for words in [&["--test-memory"][..], &["--test-memory", "1", "2"]] {
        let (text, stderr, code) = printed(words);
        assert!(stderr && code == 1 && text.contains("Example: ./redis-server --test-memory 4096\n"));
    }
    // Anything else is a line that means nothing.
    assert_eq!(
        refused(&["-vh"]),
        ("2".into(), "'\"-vh\"'".into(), "Bad directive or wrong number of arguments".into())
    );
    assert_eq!(refused(&["--version=1"]).1, "'version=1'");
    assert_eq!(refused(&["--port", "1", "-v"]).2, "wrong number of arguments");
}

#[test]
fn the_program_name_chooses() {
    let named = |program: &str| parse(&[program.into(), "x".into()], &mut std::io::empty());
    assert!(matches!(named("/usr/bin/redis-check-rdb"), Launch::CheckRdb(rest) if rest == ["x"]));
    assert!(matches!(named("redis-check-aof"), Launch::CheckAof(rest) if rest == ["x"]));
    let sentinel = parse(&["/usr/bin/redis-sentinel".into()], &mut std::io::empty());
    assert!(matches!(sentinel, Launch::Run(Run { sentinel: true, bare: true, .. })));
    assert!(started(&["--sentinel", "--port", "1"]).sentinel);
    assert!(started(&["--port", "1", "--sentinel"]).sentinel);
    assert_eq!(value(&["--sentinel", "--port", "1"], "port"), "1");
}

#[test]
fn options_take_their_values_in_every_form() {
    assert!(started(&[]).bare);
    assert!(!started(&["--port", "1"]).bare);
    for (words, name, expected) in [
        (&["--port", "6380"][..], "port", "6380"),
        (&["--port 6380"], "port", "6380"),
        (&["--port 6380", "--timeout", "7"], "timeout", "7"),
        (&["--timeout", "5", "--timeout", "6"], "timeout", "6"),
        (&["--bind", "127.0.0.1", "::1"], "bind", "127.0.0.1 ::1"),
        (&["--bind 127.0.0.1 ::1"], "bind", "127.0.0.1 ::1"),
        (&["--bind"], "bind", ""),
        (&["--replicaof", "127.0.0.1", "6379"], "replicaof", "127.0.0.1 6379"),
        (&["--replicaof", "127.0.0.1 6379"], "replicaof", "127.0.0.1 6379"),
        (&["--replicaof 127.0.0.1 6379"], "slaveof", "127.0.0.1 6379"),
        (&["--slaveof", "127.0.0.1", "6379"], "replicaof", "127.0.0.1 6379"),
        (&["--slaveof", "h", "1", "--replicaof", "no", "one"], "replicaof", ""),
        (&["--masterauth", "--secret"], "masterauth", "--secret"),
        (&["--masterauth", "a b\"c"], "masterauth", "a b\"c"),
        (
            &["--client-output-buffer-limit", "pubsub 1 2 3"],
            "client-output-buffer-limit",
            "normal 0 0 0 slave 268435456 67108864 60 pubsub 1 2 3",
        ),
        (&["--LogLevel", "DEBUG"], "loglevel", "debug"),
        (&["--requirepass", ""], "requirepass", ""),
    ] {
        assert_eq!(value(words, name), expected, "{words:?}");
    }
}

#[test]
fn save_has_rules_of_its_own() {
    for (words, expected) in [
        (&["--save", "60", "1", "--save", "300", "10"][..], "60 1 300 10"),
        (&["--save", "60 1", "--save", "300 10"], "60 1 300 10"),
        (&["--save 60 1 300 10"], "60 1 300 10"),
        (&["--save", ""], ""),
        (&["--save", "", "--save", "5", "6"], "5 6"),
        (&["--save", "5", "6", "--save", ""], ""),
        (&["--save", "--timeout", "5"], ""),
        (&["--timeout", "5", "--save"], ""),
        (&["--SAVE", "--timeout", "5"], ""),
        (&["--timeout", "5"], "3600 1 300 100 60 10000"),
    ] {
        assert_eq!(value(words, "save"), expected, "{words:?}");
    }
    // The file's points and the command line's add up.
    let file = conf("save 900 1\n");
    assert_eq!(value(&[file.path().to_str().unwrap(), "--save", "60", "1"], "save"), "900 1 60 1");
}

#[test]
fn refusals_show_the_line_they_became() {
    for (words, number, line, reason) in [
        (&["--port", "x"][..], "2", "'port \"x\"'", "argument couldn't be parsed into an integer"),
        (&["--port"], "2", "'port'", "wrong number of arguments"),
        (
            &["--port", "1", "--nosuch", "1"],
            "3",
            "'nosuch \"1\"'",
            "Bad directive or wrong number of arguments",
        ),
        (&["--port", "1 "], "2", "'port \"1 \"'", "argument couldn't be parsed into an integer"),
        (
            &["--maxmemory", "--timeout", "5"],
            "2",
            "'maxmemory \"--timeout\" \"5\"'",
            "wrong number of arguments",
        ),
        (&["--port", "1", "-", "--save"], "2", "'port \"1\" \"-\"'", "wrong number of arguments"),
        (&["-", "a.conf"], "2", "'\"a.conf\"'", "Module config specified without value"),
        (&["--dir", "/no/such/dir"], "2", "'dir \"/no/such/dir\"'", "No such file or directory"),
        (&["--replicaof", "a", "b"], "2", "'replicaof \"a\" \"b\"'", "Invalid master port"),
        (&["--save", "60"], "2", "'save \"60\"'", "Invalid save parameters"),
        (&["--sentinel-x"], "2", "'sentinel-x'", "Bad directive or wrong number of arguments"),
        (&["--foo.bar"], "2", "'foo.bar'", "Module config specified without value"),
    ] {
        assert_eq!(refused(words), (number.into(), line.into(), reason.into()), "{words:?}");
    }
    let (text, ..) = printed(&["--logfile", "/no/such/log"]);
    assert_eq!(
        text,
        "\n*** FATAL CONFIG FILE ERROR (Redis 7.2.4) ***\n\
         Can't open the log file: No such file or directory\n"
    );
}

#[test]
fn files_and_stdin_come_before_options() {
    let file = conf("timeout 9\nloglevel verbose\n");
    let path = file.path().to_str().unwrap();
    let run = started(&[path, "--loglevel", "debug"]);
    assert_eq!(run.config_file.as_deref(), Some(file.path()));
    assert_eq!((run.config.timeout, run.config.loglevel.name()), (9, "debug"));

    let run = started_with(&[path, "--loglevel", "debug", "-"], "timeout 11\nmaxmemory 5mb");
    assert_eq!(
        (run.config.timeout, run.config.maxmemory, run.config.loglevel.name()),
        (11, 5 << 20, "debug")
    );
    assert_eq!(run.notes[0].text, "Reading config from stdin");

    let run = started_with(&["-", "--timeout", "12"], "timeout 11\nport 5");
    assert_eq!((run.config.timeout, run.config.port, run.config_file), (12, 5, None));
    // Without `-`, standard input is nobody's business.
    assert_eq!(started_with(&["--port", "1"], "timeout 11").config.timeout, 0);
}

#[test]
fn a_missing_file_is_a_line_of_the_log() {
    let text = |words: &[&str]| match launch(words, "") {
        Launch::Refuse(text) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        text(&["/no/such.conf"]),
        "Fatal error, can't open config file '/no/such.conf': No such file or directory"
    );
    assert_eq!(
        text(&["--include", "/no/such.conf"]),
        "Fatal error, can't open config file '/no/such.conf': No such file or directory"
    );
}

#[test]
fn names_become_absolute() {
    let file = conf("");
    let dir = std::env::current_dir().unwrap();
    assert_eq!(absolute(Path::new("a.conf"), &RealFiles), dir.join("a.conf"));
    assert_eq!(absolute(Path::new("../a.conf"), &RealFiles), dir.parent().unwrap().join("a.conf"));
    assert_eq!(absolute(file.path(), &RealFiles), file.path());
    assert_eq!(started(&[]).config.dir, dir);
}

#[test]
fn what_pytest_redis_sends() {
    let run =
        started(&["--daemonize no", "--pidfile", "/tmp/p", "--save 60 1", "--port 24000", "--dir", "/"]);
    assert_eq!(run.config.save, [SavePoint { seconds: 60, changes: 1 }]);
    assert_eq!((run.config.port, run.config.dir.as_path()), (24000, Path::new("/")));
}
