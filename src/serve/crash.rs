//! The crash report: what is known when the process dies of a bug.
//!
//! A panic is reported like a crash: message, place, a backtrace, then the process ends as Redis' does,
//! by SIGABRT (or exit code 1 with `use-exit-on-panic`), in builds that would unwind, too. The report goes to
//! the log, one line at a time, through the writer that takes no lock.
//!
//! A backtrace in a signal handler may wait for a lock that the crashed code holds: an alarm ends the process should
//! the report take long. Redis takes the same risk.
//!
//! Source: Redis 7.2.4 `debug.c` (`sigsegvHandler`, `_serverPanic`, `_serverAssert`, `printCrashReport`). Deviation:
//! no register dump, no memory test, no list of clients.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::base::log::{self, Level};
use crate::net::signals::{self, Crash};
use crate::state::version::REDIS_VERSION;

/// Longest time a report may take.
const REPORT_SECONDS: u32 = 5;

/// A report was begun.
static REPORTED: AtomicBool = AtomicBool::new(false);
static EXIT_ON_PANIC: AtomicBool = AtomicBool::new(false);

fn line(text: &str) {
    log::signal_line(Level::Warning, text.as_bytes());
}

fn raw(text: &str) {
    log::raw(Level::Warning, text);
}

/// Installs both: the panic hook, and the handlers of SIGSEGV and its kin.
pub fn install(exit_on_panic: bool) {
    EXIT_ON_PANIC.store(exit_on_panic, Ordering::Relaxed);
    std::panic::set_hook(Box::new(|info| {
        // A panic inside the report, or one on another thread meanwhile, adds nothing.
        if !REPORTED.swap(true, Ordering::SeqCst) {
            report_panic(info);
        }
        if EXIT_ON_PANIC.load(Ordering::Relaxed) {
            std::process::exit(1);
        }
        std::process::abort();
    }));
    if let Err(e) = signals::install_crash_handler(report_signal) {
        crate::log_warning!("Cannot install the crash handlers: {e}");
    }
}

/// Crashes take their usual ends, in silence. A panic still tells standard error.
///
/// The handlers of SIGSEGV and SIGBUS are not what they were before [`install`] but none: those that Rust's runtime has
/// set up against stack overflow let a signal pass that somebody sends.
pub fn remove() {
    // In the thread that panics right now there is nothing to take.
    if !std::thread::panicking() {
        drop(std::panic::take_hook());
    }
    if let Err(e) = signals::remove_crash_handler() {
        crate::log_warning!("Cannot remove the crash handlers: {e}");
    }
}

fn begin() {
    raw("\n\n=== REDIS BUG REPORT START: Cut & paste starting from here ===\n");
}

fn end() {
    raw(&format!("\n------ INFO OUTPUT ------\nredis_version:{REDIS_VERSION}\n"));
    raw(
        "\n=== REDIS BUG REPORT END. ===\n\n       Please report the crash with the lines above, and how it \
         came about.\n\n",
    );
}

/// The message of a panic as Redis words a failed assertion or, with anything else, a panic.
fn report_panic(info: &std::panic::PanicHookInfo<'_>) {
    let line = |text: &str| log::direct(Level::Warning, text);
    let place =
        info.location().map_or_else(|| "unknown".to_owned(), |at| format!("{}:{}", at.file(), at.line()));
    let text = info.payload_as_str().unwrap_or("a panic without words");
    begin();
    if text.ends_with("is not true") {
        line("=== ASSERTION FAILED ===");
        line(&format!("==> {place} {text}"));
    } else {
        line("------------------------------------------------");
        line("!!! Software Failure. Press left mouse button to continue");
        line(&format!("Guru Meditation: {text} #{place}"));
    }
    raw(&format!("\n------ STACK TRACE ------\n{}\n", std::backtrace::Backtrace::force_capture()));
    end();
}

fn report_signal(crash: &Crash) {
    // SIGABRT after a panic was reported already.
    if REPORTED.swap(true, Ordering::SeqCst) {
        return;
    }
    signals::die_within(REPORT_SECONDS);
    begin();
    line(&format!("Redis {REDIS_VERSION} crashed by signal: {}, si_code: {}", crash.signal, crash.code));
    if let Some((pid, uid)) = crash.sender {
        line(&format!("Killed by PID: {pid}, UID: {uid}"));
    } else {
        line(&format!("Accessing address: {:#x}", crash.address));
    }
    if let Some(at) = crash.instruction {
        line(&format!("Crashed running the instruction at: {at:#x}"));
    }
    raw("\n------ STACK TRACE ------\n");
    if let Some(at) = crash.instruction {
        raw("EIP:\n");
        log::lend(Level::Warning, |fd| signals::write_place(fd, at));
    }
    raw("\nBacktrace:\n");
    log::lend(Level::Warning, signals::write_trace);
    end();
}
