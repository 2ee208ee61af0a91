//! The process title: what `ps` and `top` show.
//!
//! Linux reads a process' command line out of its own memory, from where the arguments were put at
//! start. We write the title over them. The environment lies right behind, so it is copied elsewhere first and gives
//! its room, too (the kernel reads on into it when the arguments' last byte is not zero). What does not fit is cut.
//! The arguments themselves are copied as well: [`arguments`] has them for a restart.
//!
//! Source: Redis 7.2.4 `setproctitle.c`; proc(5).

use std::ffi::OsString;
use std::os::raw::c_char;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

static START: AtomicPtr<c_char> = AtomicPtr::new(std::ptr::null_mut());
static ROOM: AtomicUsize = AtomicUsize::new(0);

static ARGUMENTS: OnceLock<Vec<OsString>> = OnceLock::new();

unsafe extern "C" {
    /// The environment, as the C library and Rust's `std::env` read it.
    static mut environ: *mut *mut c_char;
}

/// The arguments of this process without its own name, as they were at start.
pub fn arguments() -> Vec<OsString> {
    ARGUMENTS.get().cloned().unwrap_or_default()
}

/// Finds the arguments' memory; call once, before threads start.
pub fn init() {
    ARGUMENTS.get_or_init(|| std::env::args_os().skip(1).collect());
    let Ok(stat) = std::fs::read_to_string("/proc/self/stat") else { return };
    // The command name may hold blanks and parentheses: fields are counted behind the last one.
    let Some((_, fields)) = stat.rsplit_once(')') else { return };
    let fields: Vec<&str> = fields.split_whitespace().collect();
    // Fields 48 to 51 of proc(5): arg_start, arg_end, env_start, env_end; the first one here is field 3.
    let at = |n: usize| fields.get(n - 3).and_then(|f| f.parse::<usize>().ok());
    let (Some(start), Some(end)) = (at(48), at(49)) else { return };
    if start == 0 || end <= start {
        return;
    }
    let end = match (at(50), at(51)) {
        (Some(env_start), Some(env_end)) if env_start == end && env_end > end && move_environment() => {
            env_end
        }
        _ => end,
    };
    START.store(start as *mut c_char, Ordering::Relaxed);
    ROOM.store(end - start, Ordering::Relaxed);
}

/// Gives every variable of the environment memory of its own, for ever. False when there is none left.
fn move_environment() -> bool {
    // SAFETY: called once, while there is one thread: nobody else reads or writes the environment. `environ` is null or
    // an array of strings that ends with a null pointer; each is replaced by an equal one that is never freed.
    unsafe {
        let mut variable = environ;
        while !variable.is_null() && !(*variable).is_null() {
            let copy = libc::strdup(*variable);
            if copy.is_null() {
                return false;
            }
            *variable = copy;
            variable = variable.add(1);
        }
    }
    true
}

/// Sets the title, cut to the room there is.
pub fn set(title: &str) {
    let (start, room) = (START.load(Ordering::Relaxed), ROOM.load(Ordering::Relaxed));
    if start.is_null() || room < 2 {
        return;
    }
    let bytes = title.as_bytes();
    let n = bytes.len().min(room - 1);
    // SAFETY: the kernel told that `room` bytes from `start` hold this process' arguments and, when it was copied
    // elsewhere, its environment. They are mapped, writable, and nobody reads them again: see `arguments`.
    unsafe {
        std::ptr::write_bytes(start, 0, room);
        std::ptr::copy_nonoverlapping(bytes.as_ptr().cast(), start, n);
    }
}
