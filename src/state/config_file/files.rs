//! The real world behind [`Surroundings`]: the file system.

use super::Surroundings;
use crate::base::glob;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// Files of this machine. Knows no commands and no users: whoever has a command table wraps it.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealFiles;

impl Surroundings for RealFiles {
    fn start_dir(&self) -> io::Result<PathBuf> {
        std::env::current_dir()
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    /// As `glob(3)`: each part of the path may be a pattern; names that start with a dot must be asked for.
    fn expand(&self, pattern: &Path) -> Vec<PathBuf> {
        let mut found = vec![PathBuf::new()];
        for part in pattern.components() {
            found = match part {
                Component::Normal(name) if is_pattern(name) => {
                    found.iter().flat_map(|dir| matching(dir, name.as_bytes())).collect()
                }
                part => found.iter().map(|dir| dir.join(part)).collect(),
            };
        }
        found.retain(|path| path.exists());
        found.sort();
        found
    }

    fn enter(&self, dir: &Path) -> io::Result<PathBuf> {
        // Asking for what is inside needs the same right as entering.
        fs::metadata(dir.join("."))?;
        dir.canonicalize()
    }

    fn try_log(&self, path: &Path) -> io::Result<()> {
        fs::OpenOptions::new().append(true).create(true).open(path).map(drop)
    }
}

fn is_pattern(name: &OsStr) -> bool {
    name.as_bytes().iter().any(|b| b"*?[".contains(b))
}

fn matching(dir: &Path, pattern: &[u8]) -> Vec<PathBuf> {
    let listed = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    let Ok(entries) = fs::read_dir(listed) else { return Vec::new() };
    entries
        .filter_map(Result::ok)
        .map(|entry| entry.file_name())
        .filter(|name| !name.as_bytes().starts_with(b".") || pattern.starts_with(b"."))
        .filter(|name| glob::matches(pattern, name.as_bytes(), false))
        .map(|name| dir.join(name))
        .collect()
}
