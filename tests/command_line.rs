//! What the command line may look like, and what is said when it or the configuration is wrong.
//!
//! Scripts, unit files and test suites lean on these forms; each expectation holds for Redis 7.0 as well.

mod common;

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use common::{Server, Setup, server_binary, tests_the_original};

/// Runs the binary to its end in an empty folder.
fn run_to_end(args: &[&str], stdin: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(server_binary())
        .args(args)
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that does not look at its input may be gone before it is written.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn version_in_both_spellings() {
    for flag in ["-v", "--version"] {
        let output = run_to_end(&[flag], "");
        let text = out(&output);
        assert_eq!(output.status.code(), Some(0));
        let words: Vec<&str> = text.trim_end().split(' ').collect();
        assert_eq!(words[..2], ["Redis", "server"], "{text}");
        let names: Vec<&str> = words[2..].iter().map(|word| word.split_once('=').unwrap().0).collect();
        assert_eq!(names, ["v", "sha", "malloc", "bits", "build"], "{text}");
        assert!(words[2].starts_with("v=7."), "{text}");
        assert!(words[4].starts_with("malloc=jemalloc-"), "{text}");
        assert_eq!(words[5], "bits=64");
        assert_eq!(text.lines().count(), 1);
    }
}

#[test]
fn the_version_is_that_of_the_server_whose_behaviour_we_have() {
    if !tests_the_original() {
        assert!(out(&run_to_end(&["-v"], "")).starts_with("Redis server v=7.2.4 "));
    }
}

#[test]
fn help_goes_to_standard_error_and_exits_with_1() {
    for flag in ["-h", "--help"] {
        let output = run_to_end(&[flag], "");
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(out(&output), "");
        let text = err(&output);
        assert!(text.starts_with("Usage: "), "{text}");
        for word in ["redis-server", "--version", "--help", "--test-memory", "--check-system", "Examples:"] {
            assert!(text.contains(word), "{word} is missing in\n{text}");
        }
    }
}

#[test]
fn memory_test_needs_an_amount() {
    let output = run_to_end(&["--test-memory"], "");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        err(&output),
        "Please specify the amount of memory to test in megabytes.\nExample: ./redis-server --test-memory 4096\n\n"
    );
}

#[test]
fn memory_test_of_one_megabyte_passes() {
    let output = run_to_end(&["--test-memory", "1"], "");
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).contains("Your memory passed this test."), "{}", out(&output));
}

#[test]
fn check_system_names_each_check_and_its_result() {
    let output = run_to_end(&["--check-system"], "");
    let text = out(&output);
    for name in ["[overcommit]...", "[THP]..."] {
        let result = text.split_once(name).unwrap_or_else(|| panic!("{name} is missing in {text}")).1;
        assert!(["OK", "WARNING:", "skipped"].iter().any(|word| result.starts_with(word)), "{text}");
    }
    assert_eq!(output.status.code(), Some(i32::from(text.contains("WARNING:"))), "{text}");
}

#[test]
fn a_missing_configuration_file_is_fatal() {
    let output = run_to_end(&["nowhere.conf"], "");
    assert_eq!(output.status.code(), Some(1));
    let text = out(&output);
    assert!(text.contains(" # Fatal error, can't open config file '/"), "{text}");
    assert!(text.ends_with("/nowhere.conf': No such file or directory\n"), "{text}");
}

/// Configuration, number and text of the refused line, reason.
const FATAL: &[(&str, usize, &str, &str)] = &[
    ("databases 8\nbogus yes", 2, "bogus yes", "Bad directive or wrong number of arguments"),
    ("# note\n\n  bogus   yes", 3, "bogus   yes", "Bad directive or wrong number of arguments"),
    ("port 70000", 1, "port 70000", "argument must be between 0 and 65535 inclusive"),
    ("port abc", 1, "port abc", "argument couldn't be parsed into an integer"),
    ("port", 1, "port", "wrong number of arguments"),
    ("port 1 2", 1, "port 1 2", "wrong number of arguments"),
    ("maxmemory 1zb", 1, "maxmemory 1zb", "argument must be a memory value"),
    ("appendonly maybe", 1, "appendonly maybe", "argument must be 'yes' or 'no'"),
    ("save 60", 1, "save 60", "Invalid save parameters"),
    ("save 0 1", 1, "save 0 1", "Invalid save parameters"),
    ("bind \"127.0.0.1", 1, "bind \"127.0.0.1", "Unbalanced quotes in configuration line"),
    ("dir /nonexistent", 1, "dir /nonexistent", "No such file or directory"),
    ("replicaof 127.0.0.1", 1, "replicaof 127.0.0.1", "wrong number of arguments"),
    ("replicaof 127.0.0.1 99999", 1, "replicaof 127.0.0.1 99999", "Invalid master port"),
    (
        "client-output-buffer-limit normal 1",
        1,
        "client-output-buffer-limit normal 1",
        "Wrong number of arguments in buffer limit configuration.",
    ),
    ("rename-command nocmd x", 1, "rename-command nocmd x", "No such command in rename-command"),
    ("rename-command get set", 1, "rename-command get set", "Target command name already exists"),
    ("unixsocketperm 999", 1, "unixsocketperm 999", "argument couldn't be parsed as an octal number"),
    ("databases 0", 1, "databases 0", "argument must be between 1 and 2147483647 inclusive"),
];

/// The block on standard error, after the version in its first line.
fn fatal_block(output: &Output) -> String {
    let text = err(output);
    let (head, block) = text.split_once(") ***\n").unwrap_or_else(|| panic!("no fatal error: {text}"));
    assert!(head.starts_with("\n*** FATAL CONFIG FILE ERROR (Redis 7."), "{text}");
    assert_eq!(output.status.code(), Some(1));
    block.to_owned()
}

#[test]
fn fatal_errors_name_line_and_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("redis.conf");
    for (config, line, shown, reason) in FATAL {
        fs::write(&path, config).unwrap();
        let output = run_to_end(&[path.to_str().unwrap()], "");
        let expected = format!("Reading the configuration file, at line {line}\n>>> '{shown}'\n{reason}\n");
        assert_eq!(fatal_block(&output), expected, "configuration:\n{config}");
    }
}

#[test]
fn fatal_errors_of_options_and_standard_input() {
    let block = |line: usize, shown: &str, reason: &str| {
        format!("Reading the configuration file, at line {line}\n>>> '{shown}'\n{reason}\n")
    };
    let bad = "Bad directive or wrong number of arguments";
    // Options follow an empty line that ends what came from the file.
    assert_eq!(fatal_block(&run_to_end(&["--foo", "bar"], "")), block(2, "foo \"bar\"", bad));
    assert_eq!(fatal_block(&run_to_end(&["--foo bar"], "")), block(2, "foo bar", bad));
    assert_eq!(fatal_block(&run_to_end(&["--port"], "")), block(2, "port", "wrong number of arguments"));
    assert_eq!(fatal_block(&run_to_end(&["-"], "databases 4\nfoo bar\n")), block(2, "foo bar", bad));
}

#[test]
fn a_log_file_that_cannot_be_opened_is_fatal() {
    let output = run_to_end(&["--logfile", "/nonexistent/log"], "");
    assert_eq!(fatal_block(&output), "Can't open the log file: No such file or directory\n");
}

#[test]
fn an_included_file_that_is_missing_is_fatal() {
    let output = run_to_end(&["-"], "include /nonexistent.conf\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(out(&output).ends_with(
        " # Fatal error, can't open config file '/nonexistent.conf': No such file or directory\n"
    ));
}

#[test]
fn nobody_gets_a_server_who_asks_for_a_sentinel() {
    let output = run_to_end(&["--sentinel"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(out(&output).contains(":X "));
}

/// A server that gets only these arguments besides its port.
fn with_args(args: &[&str]) -> Setup {
    Server::setup().nothing_added().argv(&["--port", "{port}", "--dir", "{dir}"]).args(args)
}

#[test]
fn options_in_all_their_forms() {
    let table: &[(&[&str], &str, &str)] = &[
        (&["--maxclients", "321"], "maxclients", "321"),
        (&["--MaxClients", "321"], "maxclients", "321"),
        (&["--maxclients 321"], "maxclients", "321"),
        (&["--maxclients 321", "--maxclients", "322"], "maxclients", "322"),
        (&["--save", "60", "1", "--save", "300", "10"], "save", "60 1 300 10"),
        (&["--save", "60 1", "--save", "300 10"], "save", "60 1 300 10"),
        (&["--save", "60 1 300 10"], "save", "60 1 300 10"),
        (&["--save 60 1", "--save 300 10"], "save", "60 1 300 10"),
        (&["--save", ""], "save", ""),
        (&["--save", "--maxclients", "321"], "save", ""),
        (&["--maxclients", "321", "--save"], "save", ""),
        (&["--save", "60", "1", "--save", ""], "save", ""),
        (&["--save", "", "--save", "60", "1"], "save", "60 1"),
        (&["--masterauth", "--dashes"], "masterauth", "--dashes"),
        (
            &["--client-output-buffer-limit", "pubsub", "1mb", "2mb", "3"],
            "client-output-buffer-limit",
            "normal 0 0 0 slave 268435456 67108864 60 pubsub 1048576 2097152 3",
        ),
        (&["--replicaof", "127.0.0.1", "1"], "replicaof", "127.0.0.1 1"),
        (&["--replicaof", "127.0.0.1 1"], "replicaof", "127.0.0.1 1"),
        (&["--replicaof 127.0.0.1 1"], "slaveof", "127.0.0.1 1"),
        (&["--slaveof", "127.0.0.1", "1"], "replicaof", "127.0.0.1 1"),
        (&["--slave-priority", "7"], "replica-priority", "7"),
        (&["--maxmemory", "1gb"], "maxmemory", "1073741824"),
        (&["--requirepass", "", "--bind", "127.0.0.1", "-::1"], "bind", "127.0.0.1 -::1"),
    ];
    for (args, name, value) in table {
        let server = with_args(args).start();
        assert_eq!(server.config_get(name), *value, "{args:?}");
    }
}

#[test]
fn no_save_option_means_the_usual_save_points() {
    assert_eq!(with_args(&[]).start().config_get("save"), "3600 1 300 100 60 10000");
}

#[test]
fn configuration_on_standard_input_alone() {
    let text = "port {port}\ndir {dir}\nmaxclients 400\n";
    let server = Server::setup().nothing_added().argv(&["-"]).stdin(text).start();
    assert_eq!(server.config_get("maxclients"), "400");
    assert_eq!(server.run("config rewrite"), "-ERR The server is running without a config file");
}

#[test]
fn the_last_setting_wins_file_then_standard_input_then_options() {
    let setup = Server::setup().config("maxclients 100\ntimeout 100\nhz 100");
    let stdin = "maxclients 200\ntimeout 200\n";
    let server = setup.argv(&["{conf}", "--timeout", "300", "-"]).stdin(stdin).start();
    assert_eq!(server.config_get("hz"), "100");
    assert_eq!(server.config_get("maxclients"), "200");
    assert_eq!(server.config_get("timeout"), "300");
}

#[test]
fn dash_first_then_options() {
    let text = "port {port}\ndir {dir}\nmaxclients 400\ntimeout 5\n";
    let server = Server::setup().nothing_added().argv(&["-", "--timeout", "6"]).stdin(text).start();
    assert_eq!(server.config_get("maxclients"), "400");
    assert_eq!(server.config_get("timeout"), "6");
}

#[test]
fn included_files_take_part_where_they_stand() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.conf"), "maxclients 50\ntimeout 50\n").unwrap();
    fs::write(folder.path().join("b.conf"), "hz 50\n").unwrap();
    let pattern = folder.path().join("*.conf").display().to_string();
    let server = Server::start(&format!("timeout 10\ninclude {pattern}\nmaxclients 60"));
    assert_eq!(server.config_get("timeout"), "50");
    assert_eq!(server.config_get("maxclients"), "60");
    assert_eq!(server.config_get("hz"), "50");
}

#[test]
fn other_programs_names_choose_other_programs() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("redis-check-rdb");
    std::os::unix::fs::symlink(server_binary(), &link).unwrap();
    let output = Command::new(&link).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).starts_with("Usage: "), "{}", err(&output));
    assert!(err(&output).contains("<rdb-file-name>"), "{}", err(&output));
}
