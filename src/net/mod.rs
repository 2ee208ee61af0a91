//! Floor 1: the reactor over mio. Knows nothing of Redis; mio types stay inside this folder.
//!
//! [`reactor`] tells which sources are ready, [`stream`] and [`listener`] are the sockets, [`signals`] brings
//! the process's signals into the loop.

pub mod listener;
pub mod reactor;
pub mod signals;
pub mod stream;

use std::io;

/// The system's own words for an error ("Address already in use"), as `strerror` has them.
pub fn os_text(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(at) => text[..at].to_string(),
        None => text,
    }
}
