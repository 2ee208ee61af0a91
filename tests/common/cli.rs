//! `redis-cli` as scripts and people use it.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{in_path, may_skip};

/// Path of `redis-cli`. `None` when it is missing and that is allowed; otherwise the test fails.
pub fn redis_cli() -> Option<PathBuf> {
    let found = in_path("redis-cli");
    if found.is_none() && !may_skip("redis-cli") {
        panic!("redis-cli is missing: apt-get install redis-tools (or set REPLIS_SKIP_REAL_REDIS=1)");
    }
    found
}

/// Runs `redis-cli -p port args…`; what it prints on both outputs, as it does into a pipe.
pub fn cli(port: u16, args: &[&str]) -> String {
    run(port, args, "")
}

/// Types lines into `redis-cli --no-raw`: the answers look as on a terminal.
pub fn cli_lines(port: u16, lines: &str) -> String {
    run(port, &["--no-raw"], lines)
}

fn run(port: u16, args: &[&str], input: &str) -> String {
    let program = redis_cli().expect("callers look for redis-cli first");
    let mut child = Command::new(program)
        .args(["-h", "127.0.0.1", "-p", &port.to_string()])
        .args(args)
        .env_remove("REDISCLI_AUTH")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr)
}
