//! `redis-check-aof`: the program by that name, which is this one under another name.
//!
//! `[--fix | --truncate-to-timestamp SECONDS] FILE`, the file being a manifest, or one file of the time before there
//! were manifests. The findings go to standard output; exit code 0 when all is well (or was made so), 1 otherwise.
//! The work is done in [`persist::check_aof`](crate::persist::check_aof). Source: Redis 7.2.4 `redis_check_aof_main`.

use std::ffi::OsString;
use std::io::{BufWriter, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::base::clock::Clock;
use crate::base::log::{self, Level};
use crate::format::aof::leading_number;
use crate::persist::check_aof::{Checker, Mode};

/// Runs the program called `program`. Returns the exit code.
pub fn run(program: &str, args: &[OsString]) -> i32 {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let (mode, file) = match args {
        [file] => (Mode::Look, file),
        [word, file] if word == "--fix" => (Mode::Fix, file),
        [word, seconds, file] if word == "--truncate-to-timestamp" => match timestamp(seconds.as_bytes()) {
            // Redis takes 0 for no wish at all.
            Some(0) => (Mode::Look, file),
            Some(seconds) => (Mode::TruncateTo(seconds), file),
            None => {
                // Nobody may be listening; the exit code tells as well.
                let _ = writeln!(out, "Invalid timestamp, aborting...");
                return 1;
            }
        },
        _ => {
            let _ = writeln!(
                out,
                "Usage: {program} [--fix|--truncate-to-timestamp $timestamp] <file.manifest|file.aof>"
            );
            return 1;
        }
    };
    log::init(Level::Notice, None);
    let mut answers = std::io::stdin().lock();
    let mut checker = Checker::new(mode, Clock::real().wall_ms(), &mut answers, &mut out);
    let sound = checker.run(Path::new(file));
    i32::from(!sound)
}

/// A whole number and nothing behind it, as C's `strtol` reads it; the empty text is 0.
fn timestamp(text: &[u8]) -> Option<i64> {
    let digits = text.trim_ascii_start();
    let digits = digits.strip_prefix(b"-").or_else(|| digits.strip_prefix(b"+")).unwrap_or(digits);
    let whole = text.is_empty() || !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    (whole && digits.len() < 19).then(|| leading_number(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_whole_numbers() {
        for (text, value) in [
            ("12", Some(12)),
            (" -3", Some(-3)),
            ("", Some(0)),
            ("12x", None),
            ("x", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(timestamp(text.as_bytes()), value, "{text}");
        }
    }
}
