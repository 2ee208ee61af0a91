//! The log, in Redis' form: `PID:ROLE DD Mon YYYY HH:MM:SS.mmm L text`.
//!
//! Lines are written with [`log_debug!`](crate::log_debug), [`log_verbose!`](crate::log_verbose),
//! [`log_notice!`](crate::log_notice) and [`log_warning!`](crate::log_warning). They go through the `log`
//! facade to `env_logger`, whose format is ours and whose target opens the log file for each line, as Redis
//! does, so that moving the file away rotates it. Without a file, lines go to standard output; to syslog as
//! well when that is on. Redis' four levels are the facade's trace, debug, info and warn; other crates are
//! heard from `warn` up.
//!
//! A forked child may not take a lock that another thread held at the time of the fork, and `env_logger` has
//! one. So a process in role `C` formats and writes its lines itself, without any lock, and not to syslog
//! (which has one too). For the same reason the local time is computed from an offset that the parent looked
//! up, not by `localtime`. [`signal_line`] goes further: it allocates nothing and may be called in a signal
//! handler.
//!
//! State is process-wide because the facade is: level, role and file are set by the configuration.
//!
//! Deviation: the offset of local time is looked up again every quarter of an hour, not ten times a second.
//!
//! Source: Redis 7.2.4 behaviour (`serverLogRaw`, `serverLogFromHandler`).

use std::ffi::CString;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, RawFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicU8, Ordering::Relaxed};
use std::sync::{OnceLock, PoisonError, RwLock};

use ::log::LevelFilter;

use super::clock::unix_us;

/// How loud a line is; also the least that is written. `Nothing` silences the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    Debug = 0,
    Verbose = 1,
    Notice = 2,
    Warning = 3,
    Nothing = 4,
}

impl Level {
    fn sign(self) -> u8 {
        b".-*##"[self as usize]
    }

    fn to_facade(self) -> ::log::Level {
        match self {
            Level::Debug => ::log::Level::Trace,
            Level::Verbose => ::log::Level::Debug,
            Level::Notice => ::log::Level::Info,
            Level::Warning | Level::Nothing => ::log::Level::Warn,
        }
    }

    fn from_facade(level: ::log::Level) -> Self {
        match level {
            ::log::Level::Trace => Level::Debug,
            ::log::Level::Debug => Level::Verbose,
            ::log::Level::Info => Level::Notice,
            ::log::Level::Warn | ::log::Level::Error => Level::Warning,
        }
    }

    fn filter(self) -> LevelFilter {
        match self {
            Level::Nothing => LevelFilter::Off,
            other => other.to_facade().to_level_filter(),
        }
    }
}

/// Longest text of a line in bytes; the rest is cut off, as in Redis.
const MAX_TEXT: usize = 1023;

static LEVEL: AtomicU8 = AtomicU8::new(Level::Notice as u8);
/// `C` until the server is one: that is how Redis writes the lines of a start.
static ROLE: AtomicU8 = AtomicU8::new(b'C');
static IN_CHILD: AtomicBool = AtomicBool::new(false);
static FILE: RwLock<Option<PathBuf>> = RwLock::new(None);
/// A descriptor kept back, so that a line can be written when there are no others; -1: none.
static RESERVE: AtomicI32 = AtomicI32::new(-1);
static SYSLOG: AtomicBool = AtomicBool::new(false);
/// Seconds local time is ahead of UTC, and the quarter of an hour it was looked up in.
static ZONE: AtomicI64 = AtomicI64::new(0);
static ZONE_QUARTER: AtomicI64 = AtomicI64::new(i64::MIN);

/// Sets level and file, and installs the logger the first time (a logger installed by someone else stays).
pub fn init(level: Level, file: Option<&Path>) {
    set_level(level);
    set_file(file);
    local_seconds(unix_us() / 1_000_000);
    let built = env_logger::Builder::new()
        .filter_level(LevelFilter::Warn)
        .filter_module("replis", LevelFilter::Trace)
        .format(|line, record| {
            let level = Level::from_facade(record.level());
            let text = cut(record.args());
            to_syslog(level, &text);
            line.write_all(&format_line(level, &text))
        })
        .target(env_logger::Target::Pipe(Box::new(Sink)))
        .try_init();
    // Already installed by an earlier call: that one uses the same settings.
    drop(built);
    ::log::set_max_level(level.filter());
}

/// Sets the least level that is written (`loglevel`).
pub fn set_level(level: Level) {
    LEVEL.store(level as u8, Relaxed);
    ::log::set_max_level(level.filter());
}

/// Sets the log file (`logfile`); `None` or an empty path means standard output. The path should be absolute:
/// it is opened for every line, also after a change of folder.
pub fn set_file(file: Option<&Path>) {
    let file = file.filter(|path| !path.as_os_str().is_empty()).map(Path::to_path_buf);
    if file.is_some() {
        take_reserve();
    }
    *FILE.write().unwrap_or_else(PoisonError::into_inner) = file;
}

/// Tells whether a log file can be opened for appending; creates it, as opening does.
pub fn check_file(file: &Path) -> io::Result<()> {
    open(file).map(drop)
}

/// Sets the role character: `M` master, `S` replica, `C` child or not yet a server, `X` sentinel.
pub fn set_role(role: char) {
    ROLE.store(role as u8, Relaxed);
}

/// Call it first thing after a fork: from now on lines take no lock that another thread may have held.
pub fn enter_child() {
    set_role('C');
    IN_CHILD.store(true, Relaxed);
}

/// True when lines of this level are written.
#[inline]
pub fn enabled(level: Level) -> bool {
    level as u8 >= LEVEL.load(Relaxed)
}

fn in_child() -> bool {
    IN_CHILD.load(Relaxed)
}

/// Writes one line; what the macros call.
pub fn write(level: Level, text: fmt::Arguments<'_>) {
    if !enabled(level) {
        return;
    }
    if in_child() {
        raw_line(&format_line(level, &cut(&text)));
    } else {
        ::log::log!(level.to_facade(), "{text}");
    }
}

/// Writes one line past the logging machinery and its locks: for a report about a process that ends.
pub fn direct(level: Level, text: &str) {
    if enabled(level) {
        raw_line(&format_line(level, text));
    }
}

/// Writes text as it is, without prefix or line end (the banner, parts of a crash report).
pub fn raw(level: Level, text: &str) {
    if enabled(level) {
        raw_line(text.as_bytes());
        if !in_child() {
            to_syslog(level, text);
        }
    }
}

/// Writes a debug line (`.`).
#[macro_export]
macro_rules! log_debug {
    ($($text:tt)+) => {
        $crate::base::log::write($crate::base::log::Level::Debug, ::std::format_args!($($text)+))
    };
}

/// Writes a verbose line (`-`).
#[macro_export]
macro_rules! log_verbose {
    ($($text:tt)+) => {
        $crate::base::log::write($crate::base::log::Level::Verbose, ::std::format_args!($($text)+))
    };
}

/// Writes a notice (`*`).
#[macro_export]
macro_rules! log_notice {
    ($($text:tt)+) => {
        $crate::base::log::write($crate::base::log::Level::Notice, ::std::format_args!($($text)+))
    };
}

/// Writes a warning (`#`).
#[macro_export]
macro_rules! log_warning {
    ($($text:tt)+) => {
        $crate::base::log::write($crate::base::log::Level::Warning, ::std::format_args!($($text)+))
    };
}

/// Where `env_logger` puts a finished line.
struct Sink;

impl Write for Sink {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        raw_line(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Lends the descriptor of the log file, opened for this, or of standard output. As safe in a signal handler as
/// [`raw_line`] is.
pub fn lend(level: Level, write: impl FnOnce(RawFd)) {
    if !enabled(level) {
        return;
    }
    match FILE.try_read().as_deref() {
        Ok(Some(path)) => {
            if let Ok(file) = open(path) {
                write(file.as_raw_fd());
            }
        }
        _ => write(libc::STDOUT_FILENO),
    }
}

/// Writes bytes to the log file or standard output. Waits for no lock and, for a path below 384 bytes,
/// allocates nothing, so it may be called in a signal handler and in a forked child. Errors are dropped:
/// there is nowhere to tell them.
pub fn raw_line(line: &[u8]) {
    // Only set_file writes this lock, at start; should it be held right now, standard output serves.
    if let Ok(guard) = FILE.try_read()
        && let Some(path) = guard.as_ref()
    {
        let mut opened = open(path);
        let mut reserve_used = false;
        if opened.as_ref().is_err_and(no_descriptors) {
            reserve_used = give_reserve();
            opened = open(path);
        }
        if let Ok(mut file) = opened {
            let _ = file.write_all(line);
        }
        if reserve_used {
            take_reserve();
        }
        return;
    }
    let mut rest = line;
    while !rest.is_empty() {
        // SAFETY: the pointer and length are those of a live slice; write(2) only reads it. Rust's own
        // standard output takes a lock and buffers, which a signal handler or a forked child must not wait
        // for.
        let written = unsafe { libc::write(libc::STDOUT_FILENO, rest.as_ptr().cast(), rest.len()) };
        match usize::try_from(written) {
            Ok(count @ 1..) => rest = &rest[count.min(rest.len())..],
            Err(_) if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            _ => return,
        }
    }
}

/// The process or the system has no descriptor left: the very thing the log should tell.
fn no_descriptors(e: &io::Error) -> bool {
    matches!(e.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}

/// Keeps a descriptor back for the log file.
fn take_reserve() {
    if RESERVE.load(Relaxed) < 0
        && let Ok(null) = File::open("/dev/null")
    {
        RESERVE.store(null.into_raw_fd(), Relaxed);
    }
}

/// Frees the descriptor that was kept back, if there is one.
fn give_reserve() -> bool {
    let fd = RESERVE.swap(-1, Relaxed);
    if fd >= 0 {
        // SAFETY: `take_reserve` made this descriptor and gave it up to RESERVE; the swap took it out.
        drop(unsafe { File::from_raw_fd(fd) });
    }
    fd >= 0
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

/// `PID:signal-handler (UNIXTIME) text`, safe in a signal handler. Text over 200 bytes is cut.
pub fn signal_line(level: Level, text: &[u8]) {
    if !enabled(level) {
        return;
    }
    let mut line = Stack { bytes: [0; 300], len: 0 };
    line.push(itoa::Buffer::new().format(std::process::id()).as_bytes());
    line.push(b":signal-handler (");
    line.push(itoa::Buffer::new().format(unix_us() / 1_000_000).as_bytes());
    line.push(b") ");
    line.push(&text[..text.len().min(200)]);
    line.push(b"\n");
    raw_line(&line.bytes[..line.len]);
}

/// A line built without allocation.
struct Stack {
    bytes: [u8; 300],
    len: usize,
}

impl Stack {
    fn push(&mut self, part: &[u8]) {
        if let Some(room) = self.bytes.get_mut(self.len..self.len + part.len()) {
            room.copy_from_slice(part);
            self.len += part.len();
        }
    }
}

fn cut(text: &fmt::Arguments<'_>) -> String {
    let mut text = text.to_string();
    text.truncate(text.floor_char_boundary(MAX_TEXT));
    text
}

/// The finished line, end of line included. The process id is asked for each time: a fork changes it.
fn format_line(level: Level, text: &str) -> Vec<u8> {
    let now = unix_us();
    let mut line = Vec::with_capacity(text.len() + 48);
    let role = char::from(ROLE.load(Relaxed));
    let stamp =
        Stamp { local_seconds: local_seconds(now.div_euclid(1_000_000)), us: now.rem_euclid(1_000_000) };
    // Writing into a Vec does not fail.
    let _ = writeln!(line, "{}:{role} {stamp} {} {text}", std::process::id(), char::from(level.sign()));
    line
}

/// A point in local time as the log shows it.
struct Stamp {
    local_seconds: i64,
    us: i64,
}

impl fmt::Display for Stamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let (days, second) = (self.local_seconds.div_euclid(86_400), self.local_seconds.rem_euclid(86_400));
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let month = MONTHS[month as usize];
        write!(out, "{day:02} {month} {year} {hour:02}:{minute:02}:{second:02}.{:03}", self.us / 1000)
    }
}

/// Year, month (0..12) and day of a count of days since 1970-01-01 in the Gregorian calendar. Years are
/// counted from March, so that the leap day is their last (the method of H. Hinnant's `civil_from_days`,
/// public domain).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12;
    (era * 400 + year_of_era + i64::from(month < 2), month, day)
}

/// Unix seconds as local time. The zone is looked up when a new quarter of an hour begins (zones change on
/// those), never in a child: the C library takes a lock for it.
fn local_seconds(unix: i64) -> i64 {
    let quarter = unix.div_euclid(900);
    if !in_child() && ZONE_QUARTER.swap(quarter, Relaxed) != quarter {
        ZONE.store(zone_offset(unix), Relaxed);
    }
    unix.saturating_add(ZONE.load(Relaxed))
}

/// Seconds local time is ahead of UTC at a point in time; 0 when the C library cannot tell.
pub fn zone_offset(unix: i64) -> i64 {
    let time: libc::time_t = unix;
    let mut parts = std::mem::MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: both pointers are to live, properly aligned values of the types localtime_r takes; it fills the
    // second and keeps neither. All-zero is a valid tm (integers and a null pointer), so reading it is sound
    // whether or not the call succeeded.
    let parts = unsafe {
        libc::localtime_r(&time, parts.as_mut_ptr());
        parts.assume_init()
    };
    parts.tm_gmtoff
}

/// The syslog facility of a configured name (`user`, `local0` … `local7`, any case).
pub fn facility(name: &str) -> Option<i32> {
    let facilities = [
        ("user", libc::LOG_USER),
        ("local0", libc::LOG_LOCAL0),
        ("local1", libc::LOG_LOCAL1),
        ("local2", libc::LOG_LOCAL2),
        ("local3", libc::LOG_LOCAL3),
        ("local4", libc::LOG_LOCAL4),
        ("local5", libc::LOG_LOCAL5),
        ("local6", libc::LOG_LOCAL6),
        ("local7", libc::LOG_LOCAL7),
    ];
    facilities.iter().find(|row| row.0.eq_ignore_ascii_case(name)).map(|row| row.1)
}

/// Sends lines to syslog as well, under this name and facility (`syslog-*`); the first call decides both.
pub fn enable_syslog(ident: &str, facility: i32) {
    static IDENT: OnceLock<CString> = OnceLock::new();
    let ident = IDENT.get_or_init(|| CString::new(ident.replace('\0', "")).unwrap_or_default());
    // SAFETY: openlog keeps the pointer; the string lives in a static that is set once and never freed.
    unsafe { libc::openlog(ident.as_ptr(), libc::LOG_PID | libc::LOG_NDELAY | libc::LOG_NOWAIT, facility) };
    SYSLOG.store(true, Relaxed);
}

fn to_syslog(level: Level, text: &str) {
    if !SYSLOG.load(Relaxed) {
        return;
    }
    let priority = match level {
        Level::Debug => libc::LOG_DEBUG,
        Level::Verbose => libc::LOG_INFO,
        Level::Notice => libc::LOG_NOTICE,
        Level::Warning | Level::Nothing => libc::LOG_WARNING,
    };
    let Ok(text) = CString::new(text.replace('\0', " ")) else { return };
    // SAFETY: the format is a constant with one %s, its argument a live zero-terminated string.
    unsafe { libc::syslog(priority, c"%s".as_ptr(), text.as_ptr()) };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The settings are process-wide, so everything that touches them is one test.
    #[test]
    fn lines_have_the_form_of_redis() -> io::Result<()> {
        let temp = tempfile::tempdir()?;
        let path = temp.path().join("redis.log");
        init(Level::Notice, Some(&path));
        check_file(&path)?;
        assert!(check_file(temp.path()).is_err());
        set_role('M');
        crate::log_verbose!("too quiet");
        crate::log_notice!("Ready to accept connections {}", "tcp");
        std::fs::rename(&path, temp.path().join("old.log"))?;
        set_level(Level::Debug);
        set_role('S');
        crate::log_debug!("a");
        crate::log_verbose!("b");
        crate::log_warning!("{}", "é".repeat(1000));
        set_role('C');
        crate::log_notice!("DB saved on disk");
        set_role('M');
        raw(Level::Warning, "  banner\n");
        signal_line(Level::Warning, b"Received SIGTERM scheduling shutdown...");
        set_level(Level::Nothing);
        crate::log_warning!("silence");
        signal_line(Level::Warning, b"silence");
        init(Level::Notice, None);
        let old = std::fs::read_to_string(temp.path().join("old.log"))?;
        check_line(&old, 'M', '*', "Ready to accept connections tcp\n");
        let text = std::fs::read_to_string(&path)?;
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        assert_eq!(lines.len(), 6, "{text}");
        check_line(lines[0], 'S', '.', "a\n");
        check_line(lines[1], 'S', '-', "b\n");
        check_line(lines[2], 'S', '#', &format!("{}\n", "é".repeat(511)));
        check_line(lines[3], 'C', '*', "DB saved on disk\n");
        assert_eq!(lines[4], "  banner\n");
        let pid = std::process::id();
        let tail = lines[5].strip_prefix(&format!("{pid}:signal-handler ("));
        let (seconds, words) = tail.and_then(|tail| tail.split_once(") ")).unwrap_or_default();
        assert!(seconds.parse::<i64>().is_ok_and(|seconds| seconds > 1_600_000_000), "{:?}", lines[5]);
        assert_eq!(words, "Received SIGTERM scheduling shutdown...\n");
        Ok(())
    }

    /// `123:M 22 Nov 2026 13:03:14.123 * text`
    fn check_line(line: &str, role: char, sign: char, text: &str) {
        let prefix = format!("{}:{role} ", std::process::id());
        let rest = line.strip_prefix(prefix.as_str());
        assert!(rest.is_some(), "{line:?} should start with {prefix:?}");
        let rest = rest.unwrap_or_default();
        let shape: String = rest.chars().take(24).map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
        assert_eq!((&shape[..3], &shape[6..]), ("99 ", " 9999 99:99:99.999"), "{line:?}");
        assert_eq!(&rest[24..], format!(" {sign} {text}"));
    }

    #[test]
    fn stamps_follow_the_calendar() {
        let shown = |local_seconds, us| Stamp { local_seconds, us }.to_string();
        assert_eq!(shown(0, 0), "01 Jan 1970 00:00:00.000");
        assert_eq!(shown(951_782_399, 999_999), "28 Feb 2000 23:59:59.999");
        assert_eq!(shown(951_782_400, 5_000), "29 Feb 2000 00:00:00.005");
        assert_eq!(shown(1_709_251_200, 0), "01 Mar 2024 00:00:00.000");
        assert_eq!(shown(4_107_542_400, 0), "01 Mar 2100 00:00:00.000");
        assert_eq!(shown(-1, 0), "31 Dec 1969 23:59:59.000");
        let (mut year, mut month, mut day) = civil(-800_000);
        for days in -799_999..800_000 {
            let next = civil(days);
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = [31, 28 + i64::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month as usize];
            (year, month, day) = match (month, day) {
                (11, 31) => (year + 1, 0, 1),
                _ if day == length => (year, month + 1, 1),
                _ => (year, month, day + 1),
            };
            assert_eq!(next, (year, month, day));
        }
    }

    #[test]
    fn facilities_and_zones_are_known() {
        assert_eq!((facility("LOCAL3"), facility("local9")), (Some(libc::LOG_LOCAL3), None));
        assert!(zone_offset(1_700_000_000).abs() <= 15 * 3600);
    }
}
