//! The process title: what `ps` and `top` show.
//!
//! Linux reads a process' command line out of its own memory, from where the arguments were put at
//! start. We write the title over them: arguments and environment lie in one piece, so there is room
//! as long as the environment was copied elsewhere, which Rust's `std::env` does not do. So only the
//! room of the arguments themselves is used, and a longer title is cut.
//!
//! Source: Redis 7.2.4 `setproctitle.c`, with a more modest way.

use std::os::raw::c_char;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

static START: AtomicPtr<c_char> = AtomicPtr::new(std::ptr::null_mut());
static ROOM: AtomicUsize = AtomicUsize::new(0);

/// Finds the arguments' memory; call once, before threads start.
pub fn init() {
    let Ok(stat) = std::fs::read_to_string("/proc/self/stat") else { return };
    // The command name may hold blanks and parentheses: fields are counted behind the last one.
    let Some((_, fields)) = stat.rsplit_once(')') else { return };
    let fields: Vec<&str> = fields.split_whitespace().collect();
    // Fields 48 and 49 of proc(5), arg_start and arg_end; the first one here is field 3.
    let at = |n: usize| fields.get(n - 3).and_then(|f| f.parse::<usize>().ok());
    let (Some(start), Some(end)) = (at(48), at(49)) else { return };
    if start == 0 || end <= start {
        return;
    }
    START.store(start as *mut c_char, Ordering::Relaxed);
    ROOM.store(end - start, Ordering::Relaxed);
}

/// Sets the title, cut to the room there is.
pub fn set(title: &str) {
    let (start, room) = (START.load(Ordering::Relaxed), ROOM.load(Ordering::Relaxed));
    if start.is_null() || room < 2 {
        return;
    }
    let bytes = title.as_bytes();
    let n = bytes.len().min(room - 1);
    // SAFETY: the kernel told that `room` bytes from `start` hold this process' arguments. They are
    // mapped, writable, and nobody reads them again: the arguments were copied at start.
    unsafe {
        std::ptr::write_bytes(start, 0, room);
        std::ptr::copy_nonoverlapping(bytes.as_ptr().cast(), start, n);
    }
}
