//! The crash report: what is known when the process dies of a bug.
//!
//! A panic is reported like a crash: message, place, a backtrace, then the process ends as Redis' does,
//! by SIGABRT (or exit code 1 with `use-exit-on-panic`). The report goes to the log, one line at a
//! time, through the writer that takes no lock.
//!
//! Source: Redis 7.2.4 `debug.c` (`sigsegvHandler`, `_serverPanic`, `printCrashReport`).

use std::sync::atomic::{AtomicBool, Ordering};

use crate::base::log::{self, Level};
use crate::net::signals::{self, Crash};
use crate::state::version::REDIS_VERSION;

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
        report_panic(&info.to_string());
        if EXIT_ON_PANIC.load(Ordering::Relaxed) {
            std::process::exit(1);
        }
    }));
    if let Err(e) = signals::install_crash_handler(report_signal) {
        crate::log_warning!("Cannot install the crash handlers: {e}");
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

fn report_panic(text: &str) {
    begin();
    line("=== ASSERTION FAILED ===");
    line(&format!("==> {text}"));
    raw(&format!("\n------ STACK TRACE ------\n{}\n", std::backtrace::Backtrace::force_capture()));
    end();
}

fn report_signal(crash: &Crash) {
    // SIGABRT after a panic was reported already.
    if crash.signal == libc::SIGABRT && std::thread::panicking() {
        return;
    }
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
