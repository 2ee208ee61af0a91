//! The configuration file: any text is taken or refused with a reason, and no file is touched.
//!
//! Input: the text.

use std::io;
use std::path::{Path, PathBuf};

use replis::state::config::Config;
use replis::state::config_file::{Input, LoadError, Surroundings, load};

use super::memory::within;

/// A machine without files.
struct Nowhere;

impl Surroundings for Nowhere {
    fn start_dir(&self) -> io::Result<PathBuf> {
        Ok(PathBuf::from("/"))
    }

    fn read(&self, _: &Path) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn expand(&self, _: &Path) -> Vec<PathBuf> {
        Vec::new()
    }

    fn enter(&self, dir: &Path) -> io::Result<PathBuf> {
        Ok(dir.to_owned())
    }

    fn try_log(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

pub fn check(data: &[u8]) {
    // Words of one byte are vectors of their own while a line is read.
    within(64 * data.len() + (64 << 10), || {
        let mut config = Config::default();
        match load(&mut config, Input { stdin: Some(data), ..Input::default() }, &mut Nowhere) {
            Ok(_) => {}
            Err(LoadError::Fatal(text)) => assert!(text.contains("FATAL CONFIG FILE ERROR"), "{text}"),
            Err(LoadError::CannotOpen(text)) => assert!(!text.is_empty()),
        }
    });
}
