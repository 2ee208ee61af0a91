//! The process title: what `ps` and `top` show.
//!
//! Linux reads a process' command line out of its own memory, from where the arguments were put at
//! start. We write the title over them, and over the environment behind them, which is copied elsewhere
//! first: when the last byte of the arguments is no end of a string any more, Linux reads on into the
//! environment. A title longer than both is cut.
//!
//! Source: Redis 7.2.4 `setproctitle.c`.

use std::ffi::CStr;
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
    let mut room = end - start;
    // Fields 50 and 51: env_start, env_end.
    if let (Some(env_start), Some(env_end)) = (at(50), at(51))
        && env_start == end
        && env_end > env_start
    {
        move_environment(env_start, env_end);
        room = env_end - start;
    }
    START.store(start as *mut c_char, Ordering::Relaxed);
    ROOM.store(room, Ordering::Relaxed);
}

/// Copies what lies between the two addresses of the environment to the heap, for good.
fn move_environment(from: usize, to: usize) {
    // SAFETY: no other thread runs yet, so nobody changes the environment meanwhile. `environ` is null or a list
    // of pointers to strings that ends with a null; each pointer is replaced by one to a copy that is never
    // freed, as `putenv` would.
    unsafe {
        let mut variable = libc::environ;
        while !variable.is_null() && !(*variable).is_null() {
            if (from..to).contains(&(*variable as usize)) {
                *variable = CStr::from_ptr(*variable).to_owned().into_raw();
            }
            variable = variable.add(1);
        }
    }
}

/// Sets the title, cut to the room there is.
pub fn set(title: &str) {
    let (start, room) = (START.load(Ordering::Relaxed), ROOM.load(Ordering::Relaxed));
    if start.is_null() || room < 2 {
        return;
    }
    let bytes = title.as_bytes();
    let n = bytes.len().min(room - 1);
    // SAFETY: the kernel told that `room` bytes from `start` hold this process' arguments, and its environment if
    // that was moved. They are mapped, writable, and nobody reads them again: the arguments were copied at start.
    unsafe {
        std::ptr::write_bytes(start, 0, room);
        std::ptr::copy_nonoverlapping(bytes.as_ptr().cast(), start, n);
    }
}
