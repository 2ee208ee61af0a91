//! Reads append-only files through and tells whether they are whole, and up to where: the work of `redis-check-aof`.
//!
//! This reader is stricter than the one that loads: every line must end with CR LF. It knows the form of records,
//! MULTI and EXEC, and nothing else of commands. A file that is whole up to somewhere can be cut off there, on demand
//! (`--fix`, after a question) or where the first annotation later than a moment stands; but only the last of its set,
//! since what follows in other files would not fit.
//!
//! Cost: one pass; a string is stepped over, not read, whatever its length claims.
//!
//! Source: Redis 7.2.4 `redis-check-aof.c`.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::base::clock::Millis;
use crate::format::aof::{MAX_LINE, SNAPSHOT};
use crate::format::aof_manifest::{self, Manifest};
use crate::log_warning;

use super::bgsave::plain;
use super::check_rdb;

/// Longest line of a length, its end included.
const LENGTH_LINE: usize = 127;

/// What is done about what is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Nothing.
    Look,
    /// The last file is cut off where it stops to be whole.
    Fix,
    /// The last file is cut off at the first annotation of a later Unix second.
    TruncateTo(i64),
}

/// How a file turned out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Found {
    Whole,
    Empty,
    CutOff,
    CutOffByTime,
}

/// It ends here; all is said.
struct Halt;

/// See the head of the file.
pub struct Checker<'a> {
    mode: Mode,
    now: Millis,
    answers: &'a mut dyn BufRead,
    out: &'a mut dyn Write,
    /// Counts on from one file to the next, as in Redis.
    line: u64,
}

/// Prints a line. Nobody may be listening: the exit code tells as well.
macro_rules! say {
    ($checker:expr, $($text:tt)*) => {{
        let _ = writeln!($checker.out, $($text)*);
    }};
}

impl<'a> Checker<'a> {
    /// `answers` is where the question of [`Mode::Fix`] is answered; `now` decides which keys of a snapshot count as
    /// expired.
    pub fn new(mode: Mode, now: Millis, answers: &'a mut dyn BufRead, out: &'a mut dyn Write) -> Checker<'a> {
        Checker { mode, now, answers, out, line: 1 }
    }

    /// Checks a manifest with all its files, or a single file. Whether all is well now.
    pub fn run(&mut self, path: &Path) -> bool {
        self.any(path).is_ok()
    }

    fn any(&mut self, path: &Path) -> Result<(), Halt> {
        if self.is_manifest(path)? {
            return self.set(path);
        }
        let preamble = self.is_snapshot(path)?;
        say!(self, "Start checking Old-Style AOF");
        let name = path.to_string_lossy();
        let found = self.file(&name, path, true, preamble)?;
        self.verdict(found, &name, "AOF");
        Ok(())
    }

    fn open(&mut self, path: &Path) -> Result<File, Halt> {
        let file = File::open(path);
        file.map_err(|e| {
            say!(self, "Cannot open file {}: {}", path.display(), plain(&e));
            Halt
        })
    }

    /// Whether a line (or a stretch of [`aof_manifest::MAX_LINE`] bytes without an end) begins like one of a manifest.
    fn is_manifest(&mut self, path: &Path) -> Result<bool, Halt> {
        let mut file = BufReader::new(self.open(path)?);
        let mut found = false;
        let mut line = Vec::new();
        loop {
            line.clear();
            match file.by_ref().take(aof_manifest::MAX_LINE as u64).read_until(b'\n', &mut line) {
                Ok(0) => return Ok(found),
                Ok(_) => found |= line.starts_with(b"file"),
                Err(_) => {
                    say!(self, "Cannot read file: {}", path.display());
                    return Err(Halt);
                }
            }
        }
    }

    fn is_snapshot(&mut self, path: &Path) -> Result<bool, Halt> {
        let mut head = [0; 8];
        let mut file = self.open(path)?;
        Ok(file.read_exact(&mut head).is_ok() && head.starts_with(SNAPSHOT))
    }

    /// A manifest and its files.
    fn set(&mut self, path: &Path) -> Result<(), Halt> {
        say!(self, "Start checking Multi Part AOF");
        let mut text = Vec::new();
        let read = self.open(path)?.read_to_end(&mut text);
        if read.is_err() {
            say!(self, "Cannot read file: {}", path.display());
            return Err(Halt);
        }
        let manifest = Manifest::parse(&text).map_err(|e| {
            let _ = self.out.flush();
            e.log_lines().iter().for_each(|line| log_warning!("{line}"));
            Halt
        })?;
        let dir = crate::base::disk::parent(path);
        let mut left = manifest.loaded().count();
        let mut one = |checker: &mut Self, name: &[u8], kind: &str, base: bool| {
            left -= 1;
            let path = dir.join(super::aof_files::os_name(name));
            let preamble = base && checker.is_snapshot(&path)?;
            if base {
                let format = if preamble { "RDB" } else { "RESP" };
                say!(checker, "Start to check BASE AOF ({format} format).");
            }
            let name = String::from_utf8_lossy(name);
            let found = checker.file(&name, &path, left == 0, preamble)?;
            checker.verdict(found, &name, kind);
            Ok(())
        };
        if let Some(base) = &manifest.base {
            one(self, &base.name, "BASE AOF", true)?;
        }
        if !manifest.incr.is_empty() {
            say!(self, "Start to check INCR files.");
        }
        for incr in &manifest.incr {
            one(self, &incr.name, "INCR AOF", false)?;
        }
        say!(self, "All AOF files and manifest are valid");
        Ok(())
    }

    fn verdict(&mut self, found: Found, name: &str, kind: &str) {
        match (found, self.mode) {
            (Found::Whole, _) => say!(self, "{kind} {name} is valid"),
            (Found::Empty, _) => say!(self, "{kind} {name} is empty"),
            (Found::CutOffByTime, Mode::TruncateTo(seconds)) => {
                say!(self, "Successfully truncated AOF {name} to timestamp {seconds}");
            }
            (Found::CutOff | Found::CutOffByTime, _) => say!(self, "Successfully truncated AOF {name}"),
        }
    }

    /// One file, to its end or as far as it is whole.
    fn file(&mut self, name: &str, path: &Path, last: bool, preamble: bool) -> Result<Found, Halt> {
        let opened = File::options().read(true).write(true).open(path);
        let mut file = opened.map_err(|e| {
            say!(self, "Cannot open file {}: {}, aborting...", path.display(), plain(&e));
            Halt
        })?;
        let size = file.metadata().map(|data| data.len()).map_err(|_| {
            say!(self, "Cannot stat file: {name}, aborting...");
            Halt
        })?;
        if size == 0 {
            return Ok(Found::Empty);
        }
        let start = if preamble { self.preamble(path, &mut file)? } else { 0 };
        let mut tape = Tape { size, at: start, file: BufReader::new(file), error: None, error_at: 0 };
        let mut good = start;
        let mut open = 0i32;
        tape.seek(start);
        loop {
            if open == 0 {
                good = tape.at;
            }
            match tape.peek() {
                None => break,
                Some(b'#') => {
                    if !self.annotation(&mut tape, path, last)? {
                        return Ok(Found::CutOffByTime);
                    }
                }
                Some(b'*') => {
                    if !tape.record(path, &mut open, &mut self.line) {
                        break;
                    }
                }
                Some(_) => {
                    say!(self, "AOF {name} format error");
                    break;
                }
            }
        }
        if tape.peek().is_none() && open != 0 && tape.error.is_none() {
            tape.fail("Reached EOF before reading EXEC for MULTI".to_owned());
        }
        if let Some(error) = &tape.error {
            say!(self, "0x{:16x}: {error}", tape.error_at);
        }
        self.end(name, &tape, good, last)
    }

    /// The snapshot in front. Where it ends.
    fn preamble(&mut self, path: &Path, file: &mut File) -> Result<u64, Halt> {
        let name = path.to_string_lossy();
        match check_rdb::check(&name, file, self.now, self.out) {
            Ok(check_rdb::Verdict::Sound { end }) => {
                say!(self, "RDB preamble is OK, proceeding with AOF tail...");
                Ok(end)
            }
            _ => {
                say!(self, "RDB preamble of AOF file is not sane, aborting.");
                Err(Halt)
            }
        }
    }

    /// Says how far the file is whole, and cuts it off if that is wanted and allowed.
    fn end(&mut self, name: &str, tape: &Tape, good: u64, last: bool) -> Result<Found, Halt> {
        let (size, diff) = (tape.size, tape.size.saturating_sub(good));
        if let (0, Mode::TruncateTo(seconds)) = (diff, self.mode) {
            say!(self, "Truncate nothing in AOF {name} to timestamp {seconds}");
            return Ok(Found::Whole);
        }
        say!(
            self,
            "AOF analyzed: filename={name}, size={size}, ok_up_to={good}, ok_up_to_line={}, diff={diff}",
            self.line
        );
        if diff == 0 {
            return Ok(Found::Whole);
        }
        if self.mode != Mode::Fix {
            say!(self, "AOF {name} is not valid. Use the --fix option to try fixing it.");
            return Err(Halt);
        }
        if !last {
            say!(self, "Failed to truncate AOF {name} because it is not the last file");
            return Err(Halt);
        }
        say!(self, "This will shrink the AOF {name} from {size} bytes, with {diff} bytes, to {good} bytes");
        let _ = write!(self.out, "Continue? [y/N]: ");
        let _ = self.out.flush();
        let mut answer = [0];
        if self.answers.read_exact(&mut answer).is_err() || !answer[0].eq_ignore_ascii_case(&b'y') {
            say!(self, "Aborting...");
            return Err(Halt);
        }
        if tape.file.get_ref().set_len(good).is_err() {
            say!(self, "Failed to truncate AOF {name}");
            return Err(Halt);
        }
        Ok(Found::CutOff)
    }

    /// An annotation. False when the file was cut off in front of it.
    fn annotation(&mut self, tape: &mut Tape, path: &Path, last: bool) -> Result<bool, Halt> {
        let at = tape.at;
        let text = tape.line(MAX_LINE - 1);
        let Mode::TruncateTo(wanted) = self.mode else { return Ok(true) };
        let Some(rest) = text.strip_prefix(b"#TS:") else { return Ok(true) };
        let (seconds, behind) = number(rest);
        let Some(seconds) = seconds.filter(|_| behind.first() == Some(&b'\r')) else {
            say!(self, "Invalid timestamp annotation");
            return Err(Halt);
        };
        if seconds <= wanted {
            return Ok(true);
        }
        let name = path.display();
        if at == 0 {
            say!(self, "AOF {name} has nothing before timestamp {wanted}, aborting...");
            return Err(Halt);
        }
        if !last {
            say!(
                self,
                "Failed to truncate AOF {name} to timestamp {wanted} to offset {at} because it is not the last file."
            );
            say!(
                self,
                "If you insist, please delete all files after this file according to the manifest file and delete the \
                 corresponding records in manifest file manually. Then re-run redis-check-aof."
            );
            return Err(Halt);
        }
        if tape.file.get_ref().set_len(at).is_err() {
            say!(self, "Failed to truncate AOF {name} to timestamp {wanted}");
            return Err(Halt);
        }
        Ok(false)
    }
}

/// A file and where we are in it, with the first thing that is wrong.
struct Tape {
    file: BufReader<File>,
    size: u64,
    at: u64,
    error: Option<String>,
    /// Where the error is; kept before there is one.
    error_at: u64,
}

impl Tape {
    fn seek(&mut self, to: u64) {
        // A position that cannot be had reads as the end of the file.
        let _ = self.file.seek(SeekFrom::Start(to));
        self.at = to;
    }

    fn fail(&mut self, text: String) -> bool {
        self.error = Some(text);
        false
    }

    /// The next byte; `None` at the end.
    fn peek(&mut self) -> Option<u8> {
        self.file.fill_buf().ok().and_then(|bytes| bytes.first().copied())
    }

    /// A line with its end, or so many bytes of it; less at the end of the file.
    fn line(&mut self, most: usize) -> Vec<u8> {
        let mut line = Vec::new();
        // What cannot be read is the end of the file.
        let _ = self.file.by_ref().take(most as u64).read_until(b'\n', &mut line);
        self.at += line.len() as u64;
        line
    }

    /// The two bytes at the end of a line. `found` is what stands there.
    fn newline(&mut self, found: &[u8], line: &mut u64) -> bool {
        if found.starts_with(b"\r\n") {
            *line += 1;
            return true;
        }
        let byte = |at: usize| i32::from(found.get(at).copied().unwrap_or(0) as i8);
        self.fail(format!("Expected \\r\\n, got: {:02x}{:02x}", byte(0), byte(1)))
    }

    /// A line of a mark and a number.
    fn number(&mut self, mark: u8, line: &mut u64) -> Option<i64> {
        self.error_at = self.at;
        let text = self.line(LENGTH_LINE);
        let (first, rest) = text.split_first()?;
        if *first != mark {
            let (wanted, got) = (char::from(mark), String::from_utf8_lossy(std::slice::from_ref(first)));
            self.fail(format!("Expected prefix '{wanted}', got: '{got}'"));
            return None;
        }
        let (value, behind) = number(rest);
        let behind = behind.to_vec();
        self.newline(&behind, line).then(|| value.unwrap_or(i64::MAX))
    }

    /// A string: its first bytes, which are all that matters of it.
    fn string(&mut self, line: &mut u64) -> Option<Vec<u8>> {
        let len = self.number(b'$', line)?;
        if !(0..=i64::MAX - 2).contains(&len) {
            self.fail(format!("Expected to read string of {len} bytes, which is not in the suitable range"));
            return None;
        }
        self.error_at = self.at;
        let (len, left) = (len as u64, self.size.saturating_sub(self.at));
        if left < len + 2 {
            self.fail(format!("Expected to read {} bytes, got {left} bytes", len + 2));
            self.seek(self.size);
            return None;
        }
        let mut head = vec![0; len.min(8) as usize];
        let mut end = [0; 2];
        let step = len - head.len() as u64;
        let read = self.file.read_exact(&mut head).is_ok()
            && self.file.seek_relative(step as i64).is_ok()
            && self.file.read_exact(&mut end).is_ok();
        self.at += len + 2;
        if !read {
            return None;
        }
        // Names end at a zero byte for C.
        if len as usize > head.len() {
            head.push(b'_');
        }
        self.newline(&end, line).then_some(head)
    }

    /// A command; counts open transactions.
    fn record(&mut self, path: &Path, open: &mut i32, line: &mut u64) -> bool {
        let Some(count) = self.number(b'*', line) else { return false };
        for i in 0..count {
            let Some(word) = self.string(line) else { return false };
            if i > 0 {
                continue;
            }
            if word.eq_ignore_ascii_case(b"multi") {
                *open += 1;
                if *open != 1 {
                    return self.fail(format!("Unexpected MULTI in AOF {}", path.display()));
                }
            } else if word.eq_ignore_ascii_case(b"exec") {
                *open -= 1;
                if *open != 0 {
                    return self.fail(format!("Unexpected EXEC in AOF {}", path.display()));
                }
            }
        }
        true
    }
}

/// The number some text begins with, as C's `strtol` reads it, and what is behind it; `None` for one out of range.
fn number(text: &[u8]) -> (Option<i64>, &[u8]) {
    let blanks = text.iter().take_while(|b| crate::base::num::is_space(**b)).count();
    let sign = usize::from(matches!(text.get(blanks), Some(b'-' | b'+')));
    let digits = text[blanks + sign..].iter().take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 {
        return (Some(0), text);
    }
    let (head, behind) = text.split_at(blanks + sign + digits);
    let head = std::str::from_utf8(&head[blanks..]).unwrap_or_default();
    (head.parse().ok(), behind)
}
