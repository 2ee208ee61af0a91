//! The command line: what a start of this program means.
//!
//! `redis-server [FILE] [--option value ...] [-]`: the options are turned into lines of a configuration file
//! and read after FILE and standard input, so the last setting wins and every error has the form of a file
//! error. The rules that scripts lean on (option and value in one argument, several values, bare `--save`,
//! `-` first or last) are those of Redis 7.2.4; the tests below were checked against a real server, 7.0.15.
//!
//! The flags that ask for something other than a server (`--version` and the like) count only as the very
//! first argument, in Redis and here; `getopts` knows their forms and writes their part of the help. The rest
//! is no `getopts` grammar: any name may follow `--`, with any number of values.
//!
//! The program's own name chooses, too: as `redis-check-rdb` or `redis-check-aof` it checks files, as
//! `redis-sentinel` it would be a Sentinel.

use getopts::Options;
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::base::bytes::{eq_ignore_case, quote, split_args};
use crate::state::config::Config;
use crate::state::config_file::{self, Input, LoadError, Note, RealFiles, Surroundings};
use crate::state::version::version_line;

/// What the program is to do.
#[derive(Debug)]
pub enum Launch {
    /// Serve.
    Run(Run),
    /// Print `text` and exit with `code`.
    Print {
        /// With its line ends.
        text: String,
        /// To standard error.
        stderr: bool,
        /// Exit code.
        code: i32,
    },
    /// Write a warning to the log and exit with 1.
    Refuse(String),
    /// Test so many megabytes of memory.
    TestMemory(u64),
    /// Check kernel settings.
    CheckSystem,
    /// Be `redis-check-rdb` with these arguments.
    CheckRdb(Vec<OsString>),
    /// Be `redis-check-aof` with these arguments.
    CheckAof(Vec<OsString>),
}

/// A start as a server.
#[derive(Debug)]
pub struct Run {
    /// All that was configured. The process should enter [`Config::dir`].
    pub config: Box<Config>,
    /// The file named on the command line, absolute: the one CONFIG REWRITE writes.
    pub config_file: Option<PathBuf>,
    /// Started as a Sentinel.
    pub sentinel: bool,
    /// No arguments at all: the log warns that the defaults are used.
    pub bare: bool,
    /// Lines for the log.
    pub notes: Vec<Note>,
}

/// Judges the arguments, `args[0]` being the program; reads `stdin` to its end only when `-` asks for it.
pub fn parse(args: &[OsString], stdin: &mut dyn Read) -> Launch {
    parse_in(args, stdin, &mut RealFiles)
}

/// [`parse`] in a given world: with a command table behind it, `rename-command` and `user` lines are checked,
/// too.
pub fn parse_in(args: &[OsString], stdin: &mut dyn Read, world: &mut dyn Surroundings) -> Launch {
    let program = args.first().and_then(|path| Path::new(path).file_name()).unwrap_or_default().as_bytes();
    let rest = args.get(1..).unwrap_or_default();
    if contains(program, b"redis-check-rdb") {
        return Launch::CheckRdb(rest.to_vec());
    }
    if contains(program, b"redis-check-aof") {
        return Launch::CheckAof(rest.to_vec());
    }
    if let Some(launch) = first_flag(rest) {
        return launch;
    }
    let sentinel = contains(program, b"redis-sentinel") || rest.iter().any(|arg| arg == "--sentinel");
    run(rest, stdin, world, sentinel)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// The flags that are no options.
fn flags() -> Options {
    let mut flags = Options::new();
    flags.optflag("v", "version", "print the version and exit");
    flags.optflag("h", "help", "print this text and exit");
    flags.optopt("", "test-memory", "write and read back this many megabytes of memory", "MB");
    flags.optflag("", "check-system", "look at kernel settings that hurt a server");
    flags
}

/// A flag as the first argument, spelled exactly so.
fn first_flag(args: &[OsString]) -> Option<Launch> {
    let first = args.first()?;
    if first == "--test-memory" {
        return Some(test_memory(args));
    }
    let found = flags().parse([first]).ok()?;
    match ["version", "help", "check-system"].map(|name| found.opt_present(name)) {
        [true, false, false] => Some(Launch::Print { text: version_line(), stderr: false, code: 0 }),
        [false, true, false] => Some(Launch::Print { text: usage(), stderr: true, code: 1 }),
        [false, false, true] => Some(Launch::CheckSystem),
        _ => None,
    }
}

fn test_memory(args: &[OsString]) -> Launch {
    let amount = match flags().parse(args) {
        Ok(found) if args.len() == 2 => found.opt_str("test-memory"),
        _ => None,
    };
    match amount {
        // No number counts as none, as with C's atoi.
        Some(text) => Launch::TestMemory(text.trim().parse().unwrap_or(0)),
        None => Launch::Print {
            text: "Please specify the amount of memory to test in megabytes.\n\
                   Example: ./redis-server --test-memory 4096\n\n"
                .into(),
            stderr: true,
            code: 1,
        },
    }
}

fn usage() -> String {
    let brief = "Usage: redis-server [FILE] [--OPTION VALUE...]... [-]\n\n\
        FILE is a configuration file; - as the first or last argument reads more of it from standard input.\n\
        Every option of the file can be given as --OPTION with its values; the last setting counts.";
    let examples = "\n\
        Examples:\n    \
        redis-server                                        defaults, port 6379\n    \
        redis-server /etc/redis/redis.conf --port 7000      a file, and one change\n    \
        redis-server --port 7001 --replicaof 127.0.0.1 7000\n    \
        echo 'maxmemory 128mb' | redis-server -\n";
    flags().usage(brief) + examples
}

/// Reads the configuration of a server.
fn run(args: &[OsString], stdin: &mut dyn Read, world: &mut dyn Surroundings, sentinel: bool) -> Launch {
    let named = args.first().filter(|first| !first.as_bytes().starts_with(b"-"));
    let options = &args[usize::from(named.is_some())..];
    let (lines, from_stdin) = option_lines(options, named.is_none());
    let mut text = Vec::new();
    if from_stdin && let Err(error) = stdin.read_to_end(&mut text) {
        return Launch::Refuse(format!("Can't read the configuration from stdin: {error}"));
    }
    let config_file = named.map(|name| absolute(Path::new(name), world));
    let input = Input {
        file: config_file.as_deref(),
        stdin: from_stdin.then_some(&text),
        options: (!args.is_empty()).then_some(&lines),
        sentinel,
    };
    let mut config = Box::new(Config::default());
    match config_file::load(&mut config, input, world) {
        Ok(notes) => Launch::Run(Run { config, config_file, sentinel, bare: args.is_empty(), notes }),
        Err(LoadError::Fatal(text)) => Launch::Print { text, stderr: true, code: 1 },
        Err(LoadError::CannotOpen(text)) => Launch::Refuse(text),
    }
}

/// The full name of a file, leading `..` taken away from the directory.
pub fn absolute(name: &Path, world: &dyn Surroundings) -> PathBuf {
    let mut dir = world.start_dir().unwrap_or_else(|_| PathBuf::from("/"));
    let mut name = name;
    while let Ok(rest) = name.strip_prefix("..") {
        dir.pop();
        name = rest;
    }
    dir.join(name)
}

/// Turns options into lines of a configuration file; also whether `-` asks for standard input. `whole`: the
/// first argument here is the first of the program.
fn option_lines(args: &[OsString], whole: bool) -> (Vec<u8>, bool) {
    let mut lines = Vec::new();
    let mut from_stdin = false;
    // A name was given and waits for its first value: whatever comes is a value, even with dashes.
    let mut waiting = false;
    for (index, arg) in args.iter().enumerate() {
        let arg = arg.as_bytes();
        let at_end = (whole && index == 0) || index + 1 == args.len();
        if arg == b"-" && at_end {
            from_stdin = true;
        } else if !waiting && arg.starts_with(b"--") {
            if !lines.is_empty() {
                lines.push(b'\n');
            }
            lines.extend_from_slice(&arg[2..]);
            lines.push(b' ');
            waiting = name_alone(arg);
            if waiting {
                let next = args.get(index + 1).map(|next| next.as_bytes());
                waiting = !needs_no_value(arg, next, &mut lines);
            }
        } else {
            quote(&mut lines, arg);
            lines.push(b' ');
            waiting = false;
        }
    }
    (lines, from_stdin)
}

/// "--port", not "--port 6380".
fn name_alone(arg: &[u8]) -> bool {
    split_args(arg).is_some_and(|words| words.len() == 1)
}

/// `--save` with nothing after it, or with the next option, means no save points; `--sentinel` has no value.
fn needs_no_value(arg: &[u8], next: Option<&[u8]>, lines: &mut Vec<u8>) -> bool {
    if next.is_some_and(|next| !next.starts_with(b"--")) {
        return false;
    }
    if eq_ignore_case(arg, b"--save") {
        lines.extend_from_slice(b"\"\"");
        return true;
    }
    eq_ignore_case(arg, b"--sentinel")
}

#[cfg(test)]
mod tests;
