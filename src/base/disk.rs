//! Files behind a trait: every file operation the server makes goes through [`Disk`].
//!
//! Why: a full disk, a failing fsync or a crash between two steps can then be injected by a test, and a
//! simulated node can keep its files in memory. [`RealDisk`] is the operating system, one call each.
//!
//! [`Disk::write_atomic`] is the one way to replace a small file (configuration, manifest, ACL): temporary
//! file beside it, fsync, rename, fsync of the folder, so that after a crash either the old or the new text
//! is there, whole.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::path::Path;

#[cfg(test)]
pub mod memory;

/// An open file.
pub trait DiskFile: Read + Write + Send {
    /// Waits until what was written is on the disk (fdatasync).
    fn sync(&mut self) -> io::Result<()>;
    /// Bytes in the file.
    fn len(&self) -> io::Result<u64>;
    /// True when the file holds nothing.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
    /// Cuts the file (or extends it with zeros) to `len` bytes; the position does not move.
    fn truncate(&mut self, len: u64) -> io::Result<()>;
    /// Moves to byte `at` of the file.
    fn seek_to(&mut self, at: u64) -> io::Result<()>;
    /// The descriptor, where there is one.
    fn as_raw_fd(&self) -> Option<RawFd>;
    /// The operating system's file, where there is one (to be closed by the background thread).
    fn into_file(self: Box<Self>) -> Option<File>;
    /// A second handle of the same file, to be synced by the background thread.
    fn duplicate(&self) -> io::Result<Box<dyn DiskFile>>;
}

/// Where files are.
pub trait Disk: Send + Sync {
    /// Creates (or empties) a file for writing and reading.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Opens a file for reading.
    fn open_read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Opens a file for appending, creating it when it is missing.
    fn open_append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Renames a file, replacing the target.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Gives a file a second name; an error when there is something by that name.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// True when there is something at `path`.
    fn exists(&self, path: &Path) -> bool;
    /// Bytes of the file at `path`.
    fn len(&self, path: &Path) -> io::Result<u64>;
    /// Makes renames and removals in a folder durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Names in a folder, sorted.
    fn list(&self, dir: &Path) -> io::Result<Vec<OsString>>;
    /// Creates a folder; one that exists already is no error.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;

    /// The whole file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open_read(path)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Replaces the file at `path` by `bytes` in one durable step: after an error or a crash the old one is
    /// there. The temporary name holds the process id, so that two servers in one folder do not meet.
    fn write_atomic(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let mut temp_name = OsString::from(format!("temp-{}.", std::process::id()));
        temp_name.push(name);
        let dir = parent(path);
        let temp = dir.join(temp_name);
        let written = self
            .create(&temp)
            .and_then(|mut file| {
                file.write_all(bytes)?;
                file.flush()?;
                file.sync()
            })
            .and_then(|()| self.rename(&temp, path));
        if written.is_err() {
            // The error to report is the first one; a leftover temporary file does no harm.
            let _ = self.remove(&temp);
            return written;
        }
        self.sync_dir(dir)
    }
}

/// The folder a path lies in; `.` for a bare name.
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(dir) if dir.as_os_str() != OsStr::new("") => dir,
        _ => Path::new("."),
    }
}

/// The operating system's files.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl DiskFile for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }

    fn seek_to(&mut self, at: u64) -> io::Result<()> {
        self.seek(SeekFrom::Start(at)).map(drop)
    }

    fn as_raw_fd(&self) -> Option<RawFd> {
        Some(AsRawFd::as_raw_fd(self))
    }

    fn into_file(self: Box<Self>) -> Option<File> {
        Some(*self)
    }

    fn duplicate(&self) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(self.try_clone()?))
    }
}

impl Disk for RealDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
        Ok(Box::new(file))
    }

    fn open_read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(File::open(path)?))
    }

    fn open_append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(OpenOptions::new().append(true).create(true).open(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::hard_link(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn len(&self, path: &Path) -> io::Result<u64> {
        Ok(std::fs::metadata(path)?.len())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        match File::open(dir)?.sync_all() {
            // Some file systems cannot sync a folder and say so; there is nothing more to be done on those.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            result => result,
        }
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<OsString>> {
        let mut names =
            std::fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    }

    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        match std::fs::create_dir(dir) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => Ok(()),
            result => result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_written_read_cut_and_listed() -> io::Result<()> {
        let temp = tempfile::tempdir()?;
        let (disk, path) = (RealDisk, temp.path().join("a.rdb"));
        assert!(!disk.exists(&path) && disk.open_read(&path).is_err());
        let mut file = disk.create(&path)?;
        file.write_all(b"hello world")?;
        file.sync()?;
        file.truncate(5)?;
        file.seek_to(1)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        assert_eq!((text.as_str(), file.len()?, file.is_empty()?), ("ello", 5, false));
        let mut twin = file.duplicate()?;
        twin.sync()?;
        assert!(twin.len()? == 5 && file.as_raw_fd().is_some() && file.into_file().is_some());
        disk.open_append(&path)?.write_all(b"!!")?;
        assert_eq!((disk.read(&path)?, disk.len(&path)?), (b"hello!!".to_vec(), 7));
        let moved = temp.path().join("b.rdb");
        disk.rename(&path, &moved)?;
        disk.sync_dir(temp.path())?;
        disk.create_dir(&temp.path().join("sub"))?;
        disk.create_dir(&temp.path().join("sub"))?;
        assert!(disk.create_dir(&moved).is_err());
        assert_eq!(disk.list(temp.path())?, ["b.rdb", "sub"]);
        let twin = temp.path().join("twin");
        disk.link(&moved, &twin)?;
        assert!(disk.link(&moved, &twin).is_err() && disk.len(&twin)? == disk.len(&moved)?);
        disk.remove(&moved)?;
        assert!(disk.exists(&twin));
        assert!(!disk.exists(&moved) && disk.remove(&moved).is_err());
        Ok(())
    }

    #[test]
    fn write_atomic_replaces_whole_or_not_at_all() -> io::Result<()> {
        let temp = tempfile::tempdir()?;
        let path = temp.path().join("redis.conf");
        RealDisk.write_atomic(&path, b"one")?;
        RealDisk.write_atomic(&path, b"two")?;
        assert_eq!(RealDisk.read(&path)?, b"two");
        // A folder in the way: the rename fails, nothing is left behind.
        let taken = temp.path().join("taken");
        std::fs::create_dir_all(taken.join("x"))?;
        assert!(RealDisk.write_atomic(&taken, b"three").is_err());
        assert!(RealDisk.write_atomic(Path::new("/"), b"").is_err());
        assert_eq!(RealDisk.list(temp.path())?, ["redis.conf", "taken"]);
        assert_eq!(parent(Path::new("plain")), Path::new("."));
        Ok(())
    }
}
