//! What the kernel knows of this process: limits, memory, processor time, its title and OOM score.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::sync::OnceLock;

use crate::state::host::CpuFigures;

/// Descriptors kept for files, pipes and listeners; CONFIG_MIN_RESERVED_FDS of Redis 7.2.
pub const RESERVED_FILES: u64 = 32;

/// The limits of open files, soft and hard.
fn file_limits() -> (u64, u64) {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a valid rlimit for the call to fill.
    let got = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) };
    if got == 0 { (limit.rlim_cur, limit.rlim_max) } else { (1024, 1024) }
}

/// The soft limit of open files that is in force.
pub fn file_limit() -> u64 {
    file_limits().0
}

/// Raises the limit of open files so that `clients` fit beside our own.
///
/// # Errors
/// Redis' text for CONFIG SET maxclients.
pub fn raise_file_limit(clients: u32) -> Result<(), String> {
    let wanted = u64::from(clients) + RESERVED_FILES;
    if file_limit() >= wanted || set_file_limit(wanted) >= wanted {
        return Ok(());
    }
    Err(format!(
        "The operating system is not able to handle the specified number of clients, try with {}",
        file_limit().saturating_sub(RESERVED_FILES)
    ))
}

/// Asks for `wanted` open files, or else for the most the kernel grants: to the privileged `fs.nr_open`, to others
/// their hard limit. (Redis asks for 16 less each time, millions of calls when much too much is wanted.) Returns
/// what is in force.
pub fn set_file_limit(wanted: u64) -> u64 {
    let nr_open = std::fs::read_to_string("/proc/sys/fs/nr_open").ok();
    let nr_open = nr_open.and_then(|text| text.trim().parse().ok()).unwrap_or(wanted);
    for ask in [wanted, wanted.min(nr_open), wanted.min(file_limits().1)] {
        let limit = libc::rlimit { rlim_cur: ask, rlim_max: ask };
        // SAFETY: `limit` is a valid rlimit.
        if ask <= file_limit() || unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) } == 0 {
            break;
        }
    }
    file_limit()
}

/// How many clients fit: `maxclients`, less when the system grants fewer files. The second value is
/// the limit that was there, when it had to be less.
pub fn adjust_max_clients(clients: u32) -> (u32, Option<u64>) {
    let before = file_limit();
    let wanted = u64::from(clients) + RESERVED_FILES;
    if before >= wanted {
        return (clients, None);
    }
    let got = set_file_limit(wanted);
    if got >= wanted {
        return (clients, None);
    }
    (got.saturating_sub(RESERVED_FILES) as u32, Some(got))
}

fn proc_field(file: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|l| l.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Resident bytes of this process.
pub fn resident_bytes() -> u64 {
    let Ok(text) = std::fs::read_to_string("/proc/self/statm") else { return 0 };
    let pages = text.split_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    // SAFETY: sysconf has no preconditions.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    pages * page.max(0) as u64
}

/// Kernel name, release and machine, as `uname -srm` prints them.
pub fn system_name() -> String {
    let read =
        |file: &str| std::fs::read_to_string(file).map_or("unknown".to_owned(), |t| t.trim().to_owned());
    let kernel = read("/proc/sys/kernel/ostype");
    format!("{kernel} {} {}", read("/proc/sys/kernel/osrelease"), std::env::consts::ARCH)
}

/// Gives pages that jemalloc keeps for later back to the system: a decay time of zero frees them at once, and
/// is put back after. False when jemalloc refuses.
pub fn purge_arenas() -> bool {
    let Ok(arenas) = tikv_jemalloc_ctl::arenas::narenas::read() else { return false };
    let mut purged = 0;
    for arena in 0..arenas {
        let name = format!("arena.{arena}.dirty_decay_ms\0");
        // SAFETY: `arena.<i>.dirty_decay_ms` of jemalloc 5 is an ssize_t, read and written; the name ends with a
        // zero byte. An arena that was never used answers with an error, which is passed over.
        let done = unsafe {
            let old = tikv_jemalloc_ctl::raw::read::<isize>(name.as_bytes());
            old.and_then(|old| {
                tikv_jemalloc_ctl::raw::write(name.as_bytes(), 0isize)?;
                tikv_jemalloc_ctl::raw::write(name.as_bytes(), old)
            })
        };
        purged += usize::from(done.is_ok());
    }
    purged > 0
}

/// Bytes of memory of the machine.
pub fn system_memory() -> u64 {
    static TOTAL: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    *TOTAL.get_or_init(|| proc_field("/proc/meminfo", "MemTotal:").unwrap_or(0) * 1024)
}

/// The process' present `oom_score_adj`.
pub fn oom_score() -> Option<i32> {
    std::fs::read_to_string("/proc/self/oom_score_adj").ok()?.trim().parse().ok()
}

/// # Errors
/// When the kernel refuses (lowering needs privilege).
pub fn set_oom_score(score: i32) -> Result<(), String> {
    std::fs::write("/proc/self/oom_score_adj", score.clamp(-1000, 1000).to_string())
        .map_err(|_| "Failed to apply new oom_score_adj configuration, check server logs.".to_owned())
}

fn usage(who: libc::c_int) -> (u64, u64) {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: getrusage fills the struct it is given; all-zero is a valid rusage.
    let usage = unsafe {
        libc::getrusage(who, usage.as_mut_ptr());
        usage.assume_init()
    };
    let us = |t: libc::timeval| t.tv_sec as u64 * 1_000_000 + t.tv_usec as u64;
    (us(usage.ru_stime), us(usage.ru_utime))
}

/// Processor time used so far.
pub fn cpu() -> CpuFigures {
    CpuFigures {
        process: usage(libc::RUSAGE_SELF),
        children: usage(libc::RUSAGE_CHILDREN),
        main_thread: usage(libc::RUSAGE_THREAD),
    }
}

/// Sets what `ps` shows. The kernel's short name takes 15 bytes; the long form is written over the
/// arguments' memory where the kernel lets us say where that is.
pub fn set_title(title: &str) {
    super::title::set(title);
}

/// Turns transparent huge pages off for this process and its children (`disable-thp`).
pub fn disable_huge_pages() {
    // SAFETY: prctl with plain integers.
    unsafe {
        libc::prctl(libc::PR_SET_THP_DISABLE, 1, 0, 0, 0);
    }
}

/// Sends this process a signal (DEBUG SEGFAULT).
pub fn raise(signal: i32) {
    // SAFETY: raise with a plain integer; what the signal does is what the caller wants.
    unsafe {
        libc::raise(signal);
    }
}

static ARGUMENTS: OnceLock<Vec<OsString>> = OnceLock::new();

/// Remembers the arguments for [`restart`]. To be called before a process title is written over them.
pub fn keep_arguments() {
    ARGUMENTS.get_or_init(|| std::env::args_os().skip(1).collect());
}

/// Replaces this process by a fresh run of the program with the same arguments; the first one, when it names a
/// configuration file, by `config`. Descriptors close by themselves. Returns only when it fails.
pub fn restart(config: Option<&Path>) -> io::Error {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(e) => return e,
    };
    let mut args = ARGUMENTS.get().cloned().unwrap_or_default();
    if let (Some(first), Some(config)) = (args.first_mut(), config)
        && !first.as_encoded_bytes().starts_with(b"-")
    {
        *first = config.as_os_str().to_owned();
    }
    std::process::Command::new(program).args(args).exec()
}
