//! `redis-check-aof`: the same words and exit codes as Debian's, on files of every kind of damage.

mod common;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::client::requests;
use common::server::server_binary;

/// Debian's program; `None` when it is missing and that is allowed.
fn original() -> Option<PathBuf> {
    let path = PathBuf::from("/usr/bin/redis-check-aof");
    if path.is_file() {
        return Some(path);
    }
    assert!(common::may_skip("redis-check-aof"), "redis-check-aof is missing: apt-get install redis-tools");
    None
}

/// Exit code, and everything it prints, dates and processes blanked.
fn run(program: &Path, folder: &Path, args: &[&str], answer: &str) -> (i32, String) {
    let mut child = Command::new(program)
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have ended without a question.
    let _ = child.stdin.take().unwrap().write_all(answer.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    // Later versions name a file of a set with its folder here.
    let text = text.replace("Checking RDB file ./", "Checking RDB file ");
    let text = text.lines().map(|line| match line.split_once(" # ") {
        Some((_, rest)) => rest.to_owned() + "\n",
        // Behind the end of a line stands what happens to lie there.
        None => match line.find("got: 00") {
            Some(at) => line[..at + 7].to_owned() + "\n",
            None => line.to_owned() + "\n",
        },
    });
    (output.status.code().unwrap(), text.collect())
}

/// A folder with these files; then the same with the other program: all they print and leave must be the same.
fn compare(files: &[(&str, &[u8])], args: &[&str], answer: &str) -> (i32, String) {
    let outcomes = [Some(server_binary()), original()].map(|program| {
        let program = program?;
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        let link = folder.path().join("redis-check-aof");
        std::os::unix::fs::symlink(program, &link).unwrap();
        let (code, text) = run(&link, folder.path(), args, answer);
        let left: Vec<_> =
            files.iter().map(|(name, _)| fs::read(folder.path().join(name)).unwrap()).collect();
        Some((code, text.replace(folder.path().to_str().unwrap(), "DIR"), left))
    });
    let [ours, theirs] = outcomes;
    let ours = ours.unwrap();
    if let Some(theirs) = theirs {
        let shown = |outcome: &(i32, String, Vec<Vec<u8>>)| {
            let left: Vec<String> = outcome.2.iter().map(|bytes| bytes.escape_ascii().to_string()).collect();
            format!("{}\n{}{}", outcome.0, outcome.1, left.join("\n"))
        };
        assert_eq!(shown(&ours), shown(&theirs), "{args:?}");
    }
    (ours.0, ours.1)
}

fn stamped() -> Vec<u8> {
    let mut bytes = b"#TS:1000\r\n".to_vec();
    bytes.extend(requests(&["SELECT 0", "set a 1"]));
    bytes.extend(b"#TS:2000\r\n");
    bytes.extend(requests(&["set a 2"]));
    bytes
}

#[test]
fn single_files_of_every_kind() {
    let good = requests(&["SELECT 0", "set a 1", "MULTI", "incr a", "EXEC", "rpush l a b"]);
    let with = |more: &[u8]| [&good[..], more].concat();
    let cases = [
        good.clone(),
        Vec::new(),
        stamped(),
        with(b"!!!"),
        with(b"*"),
        with(b"*2"),
        with(b"*2\r\n"),
        with(b"*2\r\n$3\r\nget\r\n$1"),
        with(b"*2\r\n$3\r\nget\r\n$1\r\n"),
        with(b"*2\r\n$3\r\nget\r\n$1\r\na"),
        with(b"*2\r\n$3\r\nget\r\n$1\r\naXY"),
        with(b"*2\r\n$3\r\nget\r\n$-1\r\n"),
        with(b"*2\r\n$3\r\nget\r\n$5000\r\nabc"),
        with(b"*2\r\n$3\r\nget\r\n$9000000000\r\nabc"),
        with(b"*2\r\n+3\r\nget\r\n"),
        with(b"*2x\r\n"),
        with(b"*\xff\xfe\r\n"),
        with(b"*0\r\n*-1\r\n"),
        with(b"*1\n$4\nPING\n"),
        with(b"# a remark\r\n*1\r\n$4\r\nPING\r\n"),
        with(b"#TS:12"),
        with(&requests(&["MULTI", "incr a"])),
        with(&requests(&["multi", "multi", "exec"])),
        with(&requests(&["Exec", "incr a"])),
        with(&requests(&["MULTI", "incr a", "EXEC"])[..44]),
        b"REDIS0010\xff\0\0\0\0\0\0\0\0".to_vec(),
        [&b"REDIS0010\xff\0\0\0\0\0\0\0\0"[..], &good].concat(),
        [&b"REDIS0010\xff\0\0\0\0\0\0\0\0"[..], &good, b"*1\r\n"].concat(),
        b"REDIS0010\xfe".to_vec(),
        b"REDIS".to_vec(),
    ];
    for bytes in &cases {
        for (args, answer) in [
            (&["file"][..], ""),
            (&["--fix", "file"], "y\n"),
            (&["--fix", "file"], "n\n"),
            (&["--fix", "file"], ""),
            (&["--truncate-to-timestamp", "1500", "file"], ""),
        ] {
            let (code, text) = compare(&[("file", bytes)], args, answer);
            assert!(code <= 1, "{text}");
        }
    }
    let (code, text) = compare(&[("file", &good)], &["file"], "");
    assert!(code == 0 && text.ends_with("AOF file is valid\n"), "{text}");
    let (code, text) = compare(&[("file", &with(b"!!!"))], &["--fix", "file"], "Y");
    assert!(code == 0 && text.contains("Successfully truncated AOF file"), "{text}");
}

#[test]
fn files_are_cut_off_at_a_moment() {
    for (moment, cut) in
        [("1500", true), ("2000", false), ("500", false), ("x", false), ("0", false), ("-1", false)]
    {
        let args = ["--truncate-to-timestamp", moment, "file"];
        let (_, text) = compare(&[("file", &stamped())], &args, "");
        assert_eq!(text.contains("Successfully truncated"), cut, "{moment}: {text}");
    }
    let odd = [&requests(&["set a 1"])[..], b"#TS:x\r\n"].concat();
    compare(&[("file", &odd)], &["--truncate-to-timestamp", "5", "file"], "");
    let manifest = b"file a.aof seq 1 type i\nfile b.aof seq 2 type i\n";
    let files = [("m.manifest", &manifest[..]), ("a.aof", &stamped()), ("b.aof", &stamped())];
    for moment in ["1500", "2500"] {
        compare(&files, &["--truncate-to-timestamp", moment, "m.manifest"], "");
    }
}

#[test]
fn manifests_and_their_files() {
    let good = requests(&["SELECT 0", "set a 1"]);
    let cut = &good[..good.len() - 2];
    let rdb = b"REDIS0010\xff\0\0\0\0\0\0\0\0";
    let manifest =
        b"file base seq 1 type b\nfile one seq 1 type i\nfile two seq 2 type i\nfile old seq 9 type h\n";
    let sets: [[&[u8]; 3]; 7] = [
        [rdb, &good, &good],
        [&good, &good, b""],
        [b"", b"", b""],
        [rdb, cut, &good],
        [rdb, &good, cut],
        [&rdb[..9], &good, &good],
        [cut, &good, &good],
    ];
    for [base, one, two] in sets {
        let files = [("m.manifest", &manifest[..]), ("base", base), ("one", one), ("two", two)];
        for args in [&["m.manifest"][..], &["--fix", "m.manifest"]] {
            compare(&files, args, "y\n");
        }
    }
    let (code, text) = compare(
        &[("m.manifest", manifest), ("base", rdb), ("one", &good), ("two", &good)],
        &["m.manifest"],
        "",
    );
    assert!(code == 0 && text.ends_with("All AOF files and manifest are valid\n"), "{text}");
    // A file is missing; the manifest is none; the words are wrong.
    compare(&[("m.manifest", manifest), ("base", rdb), ("one", &good)], &["m.manifest"], "");
    compare(&[("m.manifest", b"file base seq 1 type z\n"), ("base", rdb)], &["m.manifest"], "");
    compare(&[("m.manifest", b"# nothing\nfile x\n")], &["m.manifest"], "");
    for args in
        [&[][..], &["missing"], &["--fix"], &["--repair", "m"], &["a", "b", "c"], &["a", "b", "c", "d"]]
    {
        let (code, _) = compare(&[("m", manifest)], args, "");
        assert_eq!(code, 1);
    }
}

/// CVE-2025-27151: names as long as the system takes, and longer.
#[test]
fn names_of_any_length() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("redis-check-aof");
    std::os::unix::fs::symlink(server_binary(), &link).unwrap();
    fs::write(folder.path().join("file.aof"), stamped()).unwrap();
    for (dots, code) in [(2000, 0), (2040, 0), (2050, 1), (30_000, 1)] {
        let name = format!("{}file.aof", "./".repeat(dots));
        let (ended, text) = run(&link, folder.path(), &[&name], "");
        assert_eq!(ended, code, "{dots}: {}", &text[..text.len().min(300)]);
    }
}
