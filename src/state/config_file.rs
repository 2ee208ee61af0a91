//! Reading the configuration: file, standard input, command line. [`rewrite`](mod@rewrite) writes it back.
//!
//! The three sources are one text, in this order, so that the last setting wins; the command line arrives
//! already in the form of file lines (see `cli`). Line numbers in errors count in this whole text, as in
//! Redis.
//!
//! What the reader needs of the world (files to include, the working directory, which commands and ACL rules
//! exist) it asks of [`Surroundings`], so it runs in tests without files and stays below the command table.
//!
//! Deviations from Redis 7.2.4:
//! - `dir` does not change the process' directory here; it is resolved and checked, relative names after it
//!   count from it as they do in Redis, and whoever starts the server enters [`Config::dir`].
//! - After an `include` Redis forgets that it reads a file, and later `save` lines replace each other. Here
//!   they go on adding up.
//! - Includes may nest [`MOST_NESTED`] deep; a file that includes itself is an error, not a crash.
//! - Modules do not exist: `loadmodule` and options of modules are refused.

use std::io;
use std::path::{Path, PathBuf};

use super::config::{Config, LogLevel, RenamedCommand};
use super::config_table::{self, Apply, MULTI_ARG, Reason, Row, Source, os_text};
use super::version::REDIS_VERSION;
use crate::base::bytes::{eq_ignore_case, split_args};

mod files;
pub mod rewrite;

#[cfg(test)]
mod tests;

pub use files::RealFiles;

/// Depth of `include` in `include`.
pub const MOST_NESTED: usize = 32;

/// What reading a configuration needs of the world.
pub trait Surroundings {
    /// The directory relative names count from at first.
    fn start_dir(&self) -> io::Result<PathBuf>;
    /// The whole of a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// The files a pattern names, sorted; none is no error.
    fn expand(&self, pattern: &Path) -> Vec<PathBuf>;
    /// Whether `dir` can be the working directory; its full name.
    fn enter(&self, dir: &Path) -> io::Result<PathBuf>;
    /// Whether the log file can be appended to.
    fn try_log(&self, path: &Path) -> io::Result<()>;
    /// Renames a command, or drops it when `to` is empty: the names of earlier lines count.
    fn rename_command(&mut self, _from: &[u8], _to: &[u8]) -> Result<(), Reason> {
        Ok(())
    }
    /// Checks a `user` line: name and rules. The error is the whole reason that is printed.
    fn add_user(&mut self, _words: &[Vec<u8>]) -> Result<(), Reason> {
        Ok(())
    }
}

/// A line for the log once there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// How important it is.
    pub level: LogLevel,
    /// Its text.
    pub text: String,
}

/// Why the server cannot start; it exits with 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// For standard error, as it stands, with its line ends.
    Fatal(String),
    /// A warning for the log: a file cannot be opened.
    CannotOpen(String),
}

/// What is read, in this order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Input<'a> {
    /// Configuration file (or pattern).
    pub file: Option<&'a Path>,
    /// What standard input held, when it was asked for.
    pub stdin: Option<&'a [u8]>,
    /// Lines made of the command line.
    pub options: Option<&'a [u8]>,
    /// Whether we are a Sentinel: then `sentinel` lines are passed over.
    pub sentinel: bool,
}

/// Reads all of `input` into `config`.
pub fn load(
    config: &mut Config,
    input: Input<'_>,
    world: &mut dyn Surroundings,
) -> Result<Vec<Note>, LoadError> {
    let start = world.start_dir().unwrap_or_else(|_| PathBuf::from("/"));
    config.dir = start.join(std::mem::take(&mut config.dir)).components().collect();
    let mut loader =
        Loader { config, world, notes: Vec::new(), save_seen: false, depth: 0, sentinel: input.sentinel };
    let mut text = Vec::new();
    if let Some(file) = input.file {
        text = loader.read_files(file)?;
    }
    if let Some(stdin) = input.stdin {
        loader.note(LogLevel::Notice, "Reading config from stdin");
        text.extend_from_slice(stdin);
    }
    if let Some(options) = input.options {
        text.push(b'\n');
        text.extend_from_slice(options);
    }
    loader.read_text(&text)?;
    loader.check_whole()?;
    Ok(loader.notes)
}

/// The block Redis prints when a configuration is refused; `line`: its number from 1 and its text.
fn fatal(line: Option<(usize, &[u8])>, reason: &str) -> LoadError {
    let place = line.map_or(String::new(), |(number, text)| {
        let text = String::from_utf8_lossy(text);
        format!("Reading the configuration file, at line {number}\n>>> '{text}'\n")
    });
    LoadError::Fatal(format!("\n*** FATAL CONFIG FILE ERROR (Redis {REDIS_VERSION}) ***\n{place}{reason}\n"))
}

/// Options that mean nothing any more and are passed over: name and value.
const GONE: [&[u8]; 3] = [b"list-max-ziplist-entries", b"list-max-ziplist-value", b"lua-replicate-commands"];

struct Loader<'a> {
    config: &'a mut Config,
    world: &'a mut dyn Surroundings,
    notes: Vec<Note>,
    /// The first `save` line replaces the defaults, the others add to it.
    save_seen: bool,
    depth: usize,
    sentinel: bool,
}

/// A refused line: a reason to print with the line, or an error from inside an include.
enum Refused {
    Here(Reason),
    Deeper(LoadError),
}

impl<T: Into<Reason>> From<T> for Refused {
    fn from(reason: T) -> Self {
        Self::Here(reason.into())
    }
}

impl Loader<'_> {
    fn note(&mut self, level: LogLevel, text: impl Into<String>) {
        self.notes.push(Note { level, text: text.into() });
    }

    /// The text of a file, or of all files of a pattern.
    fn read_files(&self, path: &Path) -> Result<Vec<u8>, LoadError> {
        let path = self.config.dir.join(path);
        let bytes = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str());
        let paths = match bytes.iter().any(|b| b"*?[".contains(b)) {
            true => self.world.expand(&path),
            false => vec![path],
        };
        let mut text = Vec::new();
        for path in paths {
            text.extend(self.world.read(&path).map_err(|error| {
                let (path, reason) = (path.display(), os_text(&error));
                LoadError::CannotOpen(format!("Fatal error, can't open config file '{path}': {reason}"))
            })?);
        }
        Ok(text)
    }

    fn read_text(&mut self, text: &[u8]) -> Result<(), LoadError> {
        for (index, line) in text.split(|&b| b == b'\n').enumerate() {
            let line = trim(line);
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            self.read_line(line).map_err(|refused| match refused {
                Refused::Here(reason) => fatal(Some((index + 1, line)), &reason),
                Refused::Deeper(error) => error,
            })?;
        }
        Ok(())
    }

    fn read_line(&mut self, line: &[u8]) -> Result<(), Refused> {
        let words = split_args(line).ok_or("Unbalanced quotes in configuration line")?;
        let Some((name, rest)) = words.split_first() else { return Ok(()) };
        if let Some((row, _)) = config_table::lookup(name) {
            return self.set(row, rest);
        }
        let gone = GONE.iter().any(|gone| eq_ignore_case(name, gone));
        if gone && rest.len() == 1 {
            return Ok(());
        }
        self.directive(&name.to_ascii_lowercase(), rest)
    }

    /// A line that sets an option.
    fn set(&mut self, row: &'static Row, words: &[Vec<u8>]) -> Result<(), Refused> {
        if !row.is(MULTI_ARG) && words.len() != 1 {
            return Err("wrong number of arguments".into());
        }
        // "h p" in one word is two words, for `--replicaof "h p"`.
        let split = match words {
            [one] if row.is(MULTI_ARG) && !one.is_empty() => Some(split_args(one).unwrap_or_default()),
            _ => None,
        };
        let words: Vec<&[u8]> = split.as_deref().unwrap_or(words).iter().map(Vec::as_slice).collect();
        if row.name == "save" && !std::mem::replace(&mut self.save_seen, true) {
            self.config.save.clear();
        }
        row.set(self.config, &words, Source::File)?;
        match row.apply {
            Apply::Dir => {
                self.config.dir = self.world.enter(&self.config.dir).map_err(|e| os_text(&e))?;
            }
            Apply::OomScore if !self.config.oom_score_adj_values.is_sorted() => self.note(
                LogLevel::Warning,
                "The oom-score-adj-values configuration may not work for non-privileged processes! \
                 Please consult the documentation.",
            ),
            _ => {}
        }
        Ok(())
    }

    /// A line that is no option.
    fn directive(&mut self, name: &[u8], words: &[Vec<u8>]) -> Result<(), Refused> {
        match (name, words) {
            (b"include", [path]) => return self.include(path),
            (b"rename-command", [from, to]) => {
                self.world.rename_command(from, to)?;
                self.config.renamed_commands.push(RenamedCommand { from: from.clone(), to: to.clone() });
            }
            (b"user", [_, ..]) => {
                self.world.add_user(words)?;
                self.config.users.push(words.to_vec());
            }
            (b"loadmodule", [_, ..]) => return Err("Modules are not supported by this server".into()),
            (b"sentinel", []) => {}
            (b"sentinel", _) if self.sentinel => {}
            (b"sentinel", _) => return Err("sentinel directive while not in sentinel mode".into()),
            (name, []) if name.contains(&b'.') => return Err("Module config specified without value".into()),
            (name, _) if name.contains(&b'.') => {
                return Err("Module Configuration detected without loadmodule directive".into());
            }
            _ => return Err("Bad directive or wrong number of arguments".into()),
        }
        Ok(())
    }

    fn include(&mut self, path: &[u8]) -> Result<(), Refused> {
        if self.depth == MOST_NESTED {
            return Err("Too many nested include directives".into());
        }
        let path = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(path);
        let text = self.read_files(Path::new(path)).map_err(Refused::Deeper)?;
        self.depth += 1;
        let result = self.read_text(&text).map_err(Refused::Deeper);
        self.depth -= 1;
        result
    }

    /// What can be judged only when everything was read.
    fn check_whole(&mut self) -> Result<(), LoadError> {
        if !self.config.logfile.as_os_str().is_empty() {
            let path = self.config.dir.join(&self.config.logfile);
            let cannot = |e| fatal(None, &format!("Can't open the log file: {}", os_text(&e)));
            self.world.try_log(&path).map_err(cannot)?;
        }
        if self.config.cluster_enabled && self.config.replicaof.is_some() {
            return Err(fatal(None, "replicaof directive not allowed in cluster mode"));
        }
        if self.config.cluster_enabled && self.config.databases > 1 {
            let databases = self.config.databases;
            self.note(
                LogLevel::Warning,
                format!(
                    "WARNING: Changing databases number from {databases} to 1 since we are in cluster mode"
                ),
            );
            self.config.databases = 1;
        }
        Ok(())
    }
}

/// Without blanks and line ends around it.
fn trim(line: &[u8]) -> &[u8] {
    let blank = |b: &u8| b" \t\r\n".contains(b);
    let start = line.iter().position(|b| !blank(b)).unwrap_or(line.len());
    let end = line.iter().rposition(|b| !blank(b)).map_or(start, |at| at + 1);
    &line[start..end]
}
