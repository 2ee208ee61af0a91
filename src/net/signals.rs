//! Signals: brought into the loop, or into a crash report.
//!
//! A handler may do next to nothing, so it sets a bit and writes one byte into a pipe the reactor watches;
//! the loop then asks [`Signals::take`]. One line it writes itself, as Redis does, since the loop may be
//! busy for long: `PID:signal-handler (unixtime) text`, by `write` alone, into the log file or to standard
//! output.
//!
//! - SIGTERM, SIGINT: a shutdown is asked for. A second SIGINT before [`disarm_shutdown`] exits at once
//!   with code 1, leaving only a registered temporary file to unlink ([`set_exit_cleanup`]).
//! - SIGCHLD, and SIGUSR1 in a child: [`Caught::child`]; exit with 255, the code that means "on request".
//! - SIGHUP, SIGPIPE: ignored.
//! - SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT: the hook of [`install_crash_handler`], then the signal's own
//!   end, so that the exit status and a core are as without us.
//!
//! Texts from `sigShutdownHandler` and `serverLogFromHandler` of Redis 7.2.4. All state is in atomics:
//! there is one set of handlers per process. Strings a handler reads are leaked when replaced (a few bytes,
//! once or twice in a process), since no moment is known at which it does not read them.

use super::stream::Pipe;
use std::ffi::{CString, c_char, c_int, c_void};
use std::io;
use std::os::fd::AsRawFd;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU32, AtomicUsize, Ordering::SeqCst};

const TERM: u32 = 1;
const INT: u32 = 2;
const CHILD: u32 = 4;

/// Exit code of a child that was told to stop; not an error (`SERVER_CHILD_NOERROR_RETVAL`).
pub const CHILD_STOPPED: i32 = 255;

static CAUGHT: AtomicU32 = AtomicU32::new(0);
static PIPE: AtomicI32 = AtomicI32::new(-1);
static SHUTDOWN: AtomicBool = AtomicBool::new(false);
static LOADING: AtomicBool = AtomicBool::new(false);
static SILENT: AtomicBool = AtomicBool::new(false);
/// Path of the log; null: standard output.
static LOG: AtomicPtr<c_char> = AtomicPtr::new(null_mut());
static CLEANUP: AtomicPtr<c_char> = AtomicPtr::new(null_mut());
static CRASH_HOOK: AtomicUsize = AtomicUsize::new(0);
static CRASHING: AtomicBool = AtomicBool::new(false);

/// Where the handlers' own line goes.
#[derive(Debug)]
pub enum LogTo<'a> {
    /// `logfile ""`, in the foreground.
    Stdout,
    /// The log file; opened anew for each line.
    File(&'a str),
    /// Nowhere: `logfile ""` as a daemon.
    Nowhere,
}

/// What came since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caught {
    /// SIGTERM or SIGINT (the number, the last one if both): shut down.
    pub shutdown: Option<i32>,
    /// SIGCHLD: some child ended.
    pub child: bool,
}

/// The installed handlers; the loop watches [`Signals::pipe`].
#[derive(Debug)]
pub struct Signals {
    reader: Pipe,
    /// Kept open: the handlers write into it.
    _writer: Pipe,
}

impl Signals {
    /// Installs the handlers. Once per process; a second set would take the pipe over.
    pub fn install() -> io::Result<Signals> {
        let (reader, writer) = Pipe::pair()?;
        PIPE.store(writer.as_raw_fd(), SeqCst);
        for signal in [libc::SIGHUP, libc::SIGPIPE] {
            set_handler(signal, libc::SIG_IGN, 0)?;
        }
        let handler = on_signal as extern "C" fn(c_int) as libc::sighandler_t;
        for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGCHLD] {
            set_handler(signal, handler, libc::SA_RESTART)?;
        }
        Ok(Signals { reader, _writer: writer })
    }

    /// For the reactor; readable when [`Signals::take`] has something.
    pub fn pipe(&self) -> &Pipe {
        &self.reader
    }

    /// What came since the last call. Costs one load when nothing did.
    pub fn take(&self) -> Caught {
        if CAUGHT.load(SeqCst) == 0 {
            return Caught::default();
        }
        // First the pipe, then the bits: what comes between shows as a spare wake-up, never as a lost one.
        let mut bytes = [0; 64];
        while matches!(self.reader.read(&mut bytes), Ok(n) if n == bytes.len()) {}
        let bits = CAUGHT.swap(0, SeqCst);
        let shutdown = match bits {
            _ if bits & INT != 0 => Some(libc::SIGINT),
            _ if bits & TERM != 0 => Some(libc::SIGTERM),
            _ => None,
        };
        Caught { shutdown, child: bits & CHILD != 0 }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        // The handlers stay, and must not write into a descriptor that may become somebody else's.
        let own = self._writer.as_raw_fd();
        let _ = PIPE.compare_exchange(own, -1, SeqCst, SeqCst);
    }
}

/// The shutdown was called off or failed: a SIGINT asks again instead of exiting at once.
pub fn disarm_shutdown() {
    SHUTDOWN.store(false, SeqCst);
}

/// While data is loaded the line about a shutdown signal says so.
pub fn set_loading(loading: bool) {
    LOADING.store(loading, SeqCst);
}

/// Where the handlers' line goes. A path with a NUL byte counts as nowhere.
pub fn set_log(to: LogTo<'_>) {
    let (silent, path) = match to {
        LogTo::Stdout => (false, None),
        LogTo::File(path) => (CString::new(path).is_err(), CString::new(path).ok()),
        LogTo::Nowhere => (true, None),
    };
    SILENT.store(silent, SeqCst);
    LOG.store(path.map_or(null_mut(), CString::into_raw), SeqCst);
}

/// The file a second SIGINT unlinks (the snapshot being written), if any.
pub fn set_exit_cleanup(path: Option<&str>) {
    let path = path.and_then(|path| CString::new(path).ok());
    CLEANUP.store(path.map_or(null_mut(), CString::into_raw), SeqCst);
}

/// To be called in a forked child: SIGUSR1 ends it with [`CHILD_STOPPED`], and it no longer writes into the
/// parent's pipe. Async-signal-safe.
pub fn in_child() -> io::Result<()> {
    PIPE.store(-1, SeqCst);
    let handler = on_child_stop as extern "C" fn(c_int) as libc::sighandler_t;
    set_handler(libc::SIGUSR1, handler, 0)
}

/// What is known of a crash. Read by the hook inside a signal handler.
#[derive(Clone, Copy, Debug)]
pub struct Crash {
    pub signal: i32,
    /// `si_code`.
    pub code: i32,
    /// The address that could not be reached (SIGSEGV, SIGBUS, SIGFPE, SIGILL).
    pub address: usize,
    /// The instruction that failed, where the machine tells it.
    pub instruction: Option<usize>,
    /// Who sent the signal, if a process did: its pid and user.
    pub sender: Option<(i32, u32)>,
}

/// Writes the crash report. Runs on a stack of its own, in a process whose heap may be broken.
pub type CrashHook = fn(&Crash);

const CRASH_SIGNALS: [c_int; 5] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGABRT];
const CRASH_STACK: usize = 256 * 1024;

/// Calls `hook` when the process crashes; then the signal takes its usual end. Call it on the main thread:
/// the stack for the report is that thread's.
pub fn install_crash_handler(hook: CrashHook) -> io::Result<()> {
    if CRASH_HOOK.swap(hook as usize, SeqCst) == 0 {
        use_crash_stack()?;
        // The first trace loads the unwinder, which a crashing process could not.
        let mut frame = [null_mut::<c_void>(); 1];
        // SAFETY: room for the one frame asked for.
        unsafe { libc::backtrace(frame.as_mut_ptr(), 1) };
    }
    let handler = on_crash as extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) as libc::sighandler_t;
    let flags = libc::SA_SIGINFO | libc::SA_NODEFER | libc::SA_RESETHAND | libc::SA_ONSTACK;
    CRASH_SIGNALS.iter().try_for_each(|signal| set_handler(*signal, handler, flags))
}

/// Ends the process by SIGALRM unless it has ended by itself. Async-signal-safe.
pub fn die_within(seconds: u32) {
    // An alarm keeps its usual end where this fails.
    let _ = set_handler(libc::SIGALRM, libc::SIG_DFL, 0);
    // SAFETY: alarm takes an integer and touches no memory.
    unsafe { libc::alarm(seconds) };
}

/// Most frames of a trace; deeper ones are left out.
const FRAMES: usize = 100;

/// Writes where this thread is, a line for each frame: the program, the place in it (for `addr2line -e`), the
/// address. Allocates nothing, once [`install_crash_handler`] has had it load what it needs.
pub fn write_trace(fd: c_int) {
    let mut frames = [null_mut::<c_void>(); FRAMES];
    // SAFETY: the array is ours and has room for as many frames as are asked for.
    let found = unsafe { libc::backtrace(frames.as_mut_ptr(), FRAMES as c_int) };
    // SAFETY: so many frames were filled; the call only reads them, and writes to the descriptor.
    unsafe { libc::backtrace_symbols_fd(frames.as_ptr(), found, fd) };
}

/// Writes the line of one instruction, as [`write_trace`] does.
pub fn write_place(fd: c_int, instruction: usize) {
    let frame = [instruction as *mut c_void];
    // SAFETY: one frame, which the call reads as a number to look up.
    unsafe { libc::backtrace_symbols_fd(frame.as_ptr(), 1, fd) };
}

/// Gives the crash signals their usual ends back (`crash-log-enabled no`).
pub fn remove_crash_handler() -> io::Result<()> {
    CRASH_SIGNALS.iter().try_for_each(|signal| set_handler(*signal, libc::SIG_DFL, 0))
}

/// A stack for the crash handler, leaked: it serves until the end.
fn use_crash_stack() -> io::Result<()> {
    let stack = Box::leak(vec![0u8; CRASH_STACK].into_boxed_slice());
    let new = libc::stack_t { ss_sp: stack.as_mut_ptr().cast(), ss_flags: 0, ss_size: CRASH_STACK };
    // SAFETY: the stack lives for ever and nothing else uses it; the old one is not asked for.
    let done = unsafe { libc::sigaltstack(&raw const new, null_mut()) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn set_handler(signal: c_int, handler: libc::sighandler_t, flags: c_int) -> io::Result<()> {
    // SAFETY: all-zero bytes are a valid sigaction; sigemptyset writes into our own mask; the handlers given
    // here touch only atomics and async-signal-safe calls and fit the flags.
    let done = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigemptyset(&raw mut action.sa_mask);
        action.sa_sigaction = handler;
        action.sa_flags = flags;
        libc::sigaction(signal, &raw const action, null_mut())
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The handler of SIGTERM, SIGINT and SIGCHLD.
extern "C" fn on_signal(signal: c_int) {
    // SAFETY: the address of this thread's errno is always valid.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above; the interrupted code must find its errno again.
    let saved = unsafe { *errno };
    match signal {
        libc::SIGCHLD => notify(CHILD),
        _ => on_shutdown(signal),
    }
    // SAFETY: as above.
    unsafe { *errno = saved };
}

fn on_shutdown(signal: c_int) {
    if SHUTDOWN.swap(true, SeqCst) && signal == libc::SIGINT {
        log_line("You insist... exiting now.");
        let file = CLEANUP.load(SeqCst);
        if !file.is_null() {
            // SAFETY: a leaked, NUL-terminated string; unlink is async-signal-safe.
            unsafe { libc::unlink(file) };
        }
        // SAFETY: ends the process, without the exit handlers, which are not safe here.
        unsafe { libc::_exit(1) };
    }
    log_line(match signal {
        _ if LOADING.load(SeqCst) => "Received shutdown signal during loading, scheduling shutdown.",
        libc::SIGINT => "Received SIGINT scheduling shutdown...",
        libc::SIGTERM => "Received SIGTERM scheduling shutdown...",
        _ => "Received shutdown signal, scheduling shutdown...",
    });
    notify(if signal == libc::SIGINT { INT } else { TERM });
}

extern "C" fn on_child_stop(_: c_int) {
    log_line("Received SIGUSR1 in child, exiting now.");
    // SAFETY: ends the process.
    unsafe { libc::_exit(CHILD_STOPPED) };
}

/// Sets a bit and wakes the loop. A full pipe is awake already.
fn notify(bit: u32) {
    CAUGHT.fetch_or(bit, SeqCst);
    let fd = PIPE.load(SeqCst);
    if fd >= 0 {
        write_all(fd, b"!");
    }
}

fn write_all(fd: c_int, bytes: &[u8]) -> bool {
    // SAFETY: pointer and length describe `bytes`; write is async-signal-safe; a bad descriptor is an error.
    let written = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
    usize::try_from(written) == Ok(bytes.len())
}

/// Writes `PID:signal-handler (unixtime) text` in one call; async-signal-safe.
fn log_line(text: &str) {
    if SILENT.load(SeqCst) {
        return;
    }
    let mut line = Line { bytes: [0; 160], len: 0 };
    // SAFETY: no pointers but the null one, which time allows; both are async-signal-safe.
    let (pid, now) = unsafe { (libc::getpid(), libc::time(null_mut())) };
    line.number(u64::from(pid.unsigned_abs()));
    line.text(b":signal-handler (");
    line.number(now.unsigned_abs());
    line.text(b") ");
    line.text(text.as_bytes());
    line.text(b"\n");
    let path = LOG.load(SeqCst);
    if path.is_null() {
        write_all(libc::STDOUT_FILENO, line.written());
        return;
    }
    // SAFETY: a leaked, NUL-terminated string; open and close are async-signal-safe.
    unsafe {
        let fd = libc::open(path, libc::O_APPEND | libc::O_CREAT | libc::O_WRONLY, 0o644);
        if fd >= 0 {
            write_all(fd, line.written());
            libc::close(fd);
        }
    }
}

/// A line put together on the stack.
struct Line {
    bytes: [u8; 160],
    len: usize,
}

impl Line {
    fn text(&mut self, text: &[u8]) {
        for byte in text {
            if let Some(place) = self.bytes.get_mut(self.len) {
                *place = *byte;
                self.len += 1;
            }
        }
    }

    fn number(&mut self, mut value: u64) {
        let mut digits = [0; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b'0' + (value % 10) as u8;
            value /= 10;
            if value == 0 {
                break;
            }
        }
        self.text(&digits[at..]);
    }

    fn written(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

extern "C" fn on_crash(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let hook = CRASH_HOOK.load(SeqCst);
    // A crash inside the report ends it.
    if hook != 0 && !CRASHING.swap(true, SeqCst) {
        // SAFETY: only `install_crash_handler` stores here, and what it stores is a CrashHook.
        let hook = unsafe { std::mem::transmute::<usize, CrashHook>(hook) };
        hook(&describe(signal, info, context));
    }
    // SAFETY: no pointers. The flags of the handler have put the signal's usual end back.
    unsafe { libc::raise(signal) };
}

fn describe(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) -> Crash {
    // SAFETY: with SA_SIGINFO the system passes a valid siginfo; which fields count depends on the code.
    let (code, address, pid, uid) =
        unsafe { ((*info).si_code, (*info).si_addr() as usize, (*info).si_pid(), (*info).si_uid()) };
    let sent = code <= 0;
    Crash {
        signal,
        code,
        address: if sent { 0 } else { address },
        instruction: instruction(context),
        sender: sent.then_some((pid, uid)),
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn instruction(context: *mut c_void) -> Option<usize> {
    // SAFETY: with SA_SIGINFO the system passes a valid ucontext.
    let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    usize::try_from(registers[libc::REG_RIP as usize]).ok()
}

#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
fn instruction(context: *mut c_void) -> Option<usize> {
    // SAFETY: with SA_SIGINFO the system passes a valid ucontext.
    let counter = unsafe { (*context.cast::<libc::ucontext_t>()).uc_mcontext.pc };
    usize::try_from(counter).ok()
}

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
fn instruction(_: *mut c_void) -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    //! Handlers belong to the process, so each case runs in a process of its own: this test binary, started
    //! again with the case in its environment.

    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, Output};

    const CASE: &str = "REPLIS_SIGNAL_CASE";

    fn run(case: &str) -> Output {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "net::signals::tests::subject", "--nocapture", "--test-threads=1"])
            .env(CASE, case)
            .output()
            .unwrap()
    }

    fn raise(signal: c_int) {
        // SAFETY: no pointers.
        unsafe { libc::raise(signal) };
    }

    /// Not a test by itself.
    #[test]
    fn subject() {
        let Ok(case) = std::env::var(CASE) else { return };
        match case.as_str() {
            "crash" => {
                install_crash_handler(|crash| {
                    write_all(2, if crash.sender.is_some() { b"sent" } else { b"own!" });
                })
                .unwrap();
                raise(libc::SIGSEGV);
            }
            "child" => {
                in_child().unwrap();
                raise(libc::SIGUSR1);
            }
            path => {
                let signals = Signals::install().unwrap();
                set_log(LogTo::File(path));
                shutdown_case(&signals, path);
            }
        }
    }

    fn shutdown_case(signals: &Signals, path: &str) {
        assert_eq!(signals.take(), Caught::default());
        raise(libc::SIGHUP);
        raise(libc::SIGPIPE);
        raise(libc::SIGCHLD);
        assert_eq!(signals.take(), Caught { shutdown: None, child: true });
        raise(libc::SIGTERM);
        let mut byte = [0; 8];
        assert_eq!(signals.pipe().read(&mut byte).unwrap(), 1);
        assert_eq!(signals.take().shutdown, Some(libc::SIGTERM));
        disarm_shutdown();
        raise(libc::SIGINT);
        assert_eq!(signals.take().shutdown, Some(libc::SIGINT));
        disarm_shutdown();
        set_loading(true);
        raise(libc::SIGTERM);
        let temp = format!("{path}.temp");
        std::fs::write(&temp, "x").unwrap();
        set_exit_cleanup(Some(&temp));
        raise(libc::SIGINT);
        unreachable!("the second signal exits");
    }

    #[test]
    fn shutdown_signals_are_told_logged_and_insisted_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let out = run(path.to_str().unwrap());
        assert_eq!(out.status.code(), Some(1), "{}", String::from_utf8_lossy(&out.stderr));
        let log = std::fs::read_to_string(&path).unwrap();
        let texts: Vec<&str> = log.lines().map(|line| line.split_once(") ").unwrap().1).collect();
        assert_eq!(
            texts,
            [
                "Received SIGTERM scheduling shutdown...",
                "Received SIGINT scheduling shutdown...",
                "Received shutdown signal during loading, scheduling shutdown.",
                "You insist... exiting now.",
            ]
        );
        let (pid, rest) = log.split_once(":signal-handler (").unwrap();
        assert!(pid.parse::<u32>().is_ok());
        assert!(rest.split_once(')').unwrap().0.parse::<u64>().unwrap() > 1_600_000_000);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "the temporary file is gone");
    }

    #[test]
    fn a_crash_is_reported_and_ends_as_it_would() {
        let out = run("crash");
        assert_eq!(out.status.signal(), Some(libc::SIGSEGV));
        assert!(out.stderr.ends_with(b"sent"), "{}", String::from_utf8_lossy(&out.stderr));
    }

    #[test]
    fn a_child_stops_on_request() {
        let out = run("child");
        assert_eq!(out.status.code(), Some(CHILD_STOPPED));
        assert!(String::from_utf8_lossy(&out.stdout).contains("Received SIGUSR1 in child, exiting now.\n"));
    }
}
