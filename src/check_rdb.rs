//! `redis-check-rdb`: the program by that name, which is this one under another name.
//!
//! One argument, the file; the findings go to standard output, exit code 0 for a sound file and 1 for any other,
//! also for one that cannot be opened (which Redis passes over in silence, and so do we). The work is done in
//! [`persist::check_rdb`](crate::persist::check_rdb). Source: Redis 7.2.4 `redis_check_rdb_main`.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufWriter, Write};

use crate::base::clock::Clock;
use crate::base::log::{self, Level};
use crate::format::rdb_error::LAST_WORDS;
use crate::log_warning;
use crate::persist::check_rdb::{Verdict, check};
use crate::state::version::REDIS_VERSION;

/// Runs the program called `program`. Returns the exit code.
pub fn run(program: &str, args: &[OsString]) -> i32 {
    let [name] = args else {
        eprintln!("Usage: {program} <rdb-file-name>");
        return 1;
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    if name == "-v" || name == "--version" {
        // Nobody may be listening, here and below; the exit code tells as well.
        let _ = writeln!(out, "redis-check-rdb {REDIS_VERSION}");
        return 0;
    }
    log::init(Level::Notice, None);
    let shown = name.to_string_lossy();
    let verdict = match File::open(name) {
        Ok(mut file) => check(&shown, &mut file, Clock::real().wall_ms(), &mut out),
        Err(_) => {
            let _ = writeln!(out, "[offset 0] Checking RDB file {shown}");
            return 1;
        }
    };
    drop(out);
    match verdict {
        Ok(Verdict::Sound { .. }) => 0,
        Ok(Verdict::Broken { gave_up }) => {
            if gave_up {
                log_warning!("{LAST_WORDS}");
            }
            1
        }
        Err(_) => 1,
    }
}
