//! A disk in memory that loses power: for tests of what a crash leaves.
//!
//! It counts steps, each operation that changes something being one. After a given number of steps the power is gone:
//! the last step may be done in part, and nothing works any more. [`MemoryDisk::after_crash`] is then the disk that
//! the next start finds. What was not forced to it may be there or not: of a file's bytes what was synced, all, or a
//! part of what was appended since; of the changes to folders those that were synced and the first so many others.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Disk, DiskFile, parent};
use crate::base::rng::Rng;

#[derive(Clone, Default)]
struct Inode {
    data: Vec<u8>,
    synced: Vec<u8>,
}

/// A change of a folder: the name, and what it stands for from then on.
type Change = (PathBuf, Option<usize>);

struct State {
    inodes: Vec<Inode>,
    names: BTreeMap<PathBuf, usize>,
    durable: BTreeMap<PathBuf, usize>,
    /// Changes of names that are not durable, each step's together.
    pending: Vec<Vec<Change>>,
    steps: u64,
    /// The power goes with this step.
    last_step: u64,
    /// Bytes that still have room.
    room: u64,
    /// Decides how much of the last step is done.
    rng: Rng,
}

/// See the head of the file.
#[derive(Clone)]
pub struct MemoryDisk(Arc<Mutex<State>>);

fn dead() -> io::Error {
    io::Error::from_raw_os_error(libc::EIO)
}

impl State {
    /// One more step: whether it is done, `None` when there is no power left for it, `Some(false)` when it is the last.
    fn step(&mut self) -> io::Result<bool> {
        if self.steps >= self.last_step {
            return Err(dead());
        }
        self.steps += 1;
        Ok(self.steps < self.last_step)
    }

    fn change(&mut self, changes: Vec<Change>) {
        for (name, inode) in &changes {
            match inode {
                Some(inode) => self.names.insert(name.clone(), *inode),
                None => self.names.remove(name),
            };
        }
        self.pending.push(changes);
    }

    fn inode(&self, path: &Path) -> io::Result<usize> {
        self.names.get(path).copied().ok_or_else(|| io::Error::from_raw_os_error(libc::ENOENT))
    }
}

impl MemoryDisk {
    /// An empty disk with so much room. The power goes with step `last_step`.
    pub fn new(last_step: u64, room: u64, seed: u64) -> MemoryDisk {
        MemoryDisk(Arc::new(Mutex::new(State {
            inodes: Vec::new(),
            names: BTreeMap::new(),
            durable: BTreeMap::new(),
            pending: Vec::new(),
            steps: 0,
            last_step,
            room,
            rng: Rng::seeded(seed),
        })))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Steps so far.
    pub fn steps(&self) -> u64 {
        self.state().steps
    }

    /// Whether the power is gone.
    pub fn is_dead(&self) -> bool {
        let state = self.state();
        state.steps >= state.last_step
    }

    /// Makes room, or takes it.
    pub fn set_room(&self, bytes: u64) {
        self.state().room = bytes;
    }

    /// What the next start finds, with power for `last_step` steps.
    pub fn after_crash(&self, last_step: u64, seed: u64) -> MemoryDisk {
        let mut guard = self.state();
        let state = &mut *guard;
        let kept = state.rng.below(state.pending.len() as u64 + 1) as usize;
        let mut names = state.durable.clone();
        for (name, inode) in state.pending[..kept].iter().flatten() {
            match inode {
                Some(inode) => names.insert(name.clone(), *inode),
                None => names.remove(name),
            };
        }
        let found = MemoryDisk::new(last_step, u64::MAX, seed);
        let mut fresh = found.state();
        for (name, inode) in names {
            let Inode { data, synced } = state.inodes[inode].clone();
            let survived = match state.rng.below(3) {
                0 => synced,
                1 => data,
                _ if data.starts_with(&synced) => {
                    let more = state.rng.below((data.len() - synced.len()) as u64 + 1) as usize;
                    data[..synced.len() + more].to_vec()
                }
                _ => synced,
            };
            let number = fresh.inodes.len();
            fresh.inodes.push(Inode { data: survived.clone(), synced: survived });
            fresh.names.insert(name.clone(), number);
            fresh.durable.insert(name, number);
        }
        drop(fresh);
        found
    }
}

struct MemoryFile {
    disk: MemoryDisk,
    inode: usize,
    at: usize,
    append: bool,
}

impl Read for MemoryFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let state = self.disk.state();
        let data = &state.inodes[self.inode].data;
        let rest = &data[self.at.min(data.len())..];
        let n = rest.len().min(into.len());
        into[..n].copy_from_slice(&rest[..n]);
        self.at += n;
        Ok(n)
    }
}

impl Write for MemoryFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.disk.state();
        let whole = state.step()?;
        let mut n = bytes.len().min(usize::try_from(state.room).unwrap_or(usize::MAX));
        if !whole {
            n = state.rng.below(n as u64 + 1) as usize;
        }
        if n == 0 && !bytes.is_empty() {
            return Err(if whole { io::Error::from_raw_os_error(libc::ENOSPC) } else { dead() });
        }
        state.room -= n as u64;
        let data = &mut state.inodes[self.inode].data;
        let at = if self.append { data.len() } else { self.at };
        data.resize(data.len().max(at + n), 0);
        data[at..at + n].copy_from_slice(&bytes[..n]);
        self.at = at + n;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl DiskFile for MemoryFile {
    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.state();
        let whole = state.step()?;
        let inode = &mut state.inodes[self.inode];
        inode.synced.clone_from(&inode.data);
        if whole { Ok(()) } else { Err(dead()) }
    }
    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.state().inodes[self.inode].data.len() as u64)
    }
    fn truncate(&mut self, len: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        state.step()?;
        state.inodes[self.inode].data.resize(len as usize, 0);
        Ok(())
    }
    fn seek_to(&mut self, at: u64) -> io::Result<()> {
        self.at = at as usize;
        Ok(())
    }
    fn as_raw_fd(&self) -> Option<RawFd> {
        None
    }
    fn into_file(self: Box<Self>) -> Option<File> {
        None
    }
    fn duplicate(&self) -> io::Result<Box<dyn DiskFile>> {
        let (disk, inode, at, append) = (self.disk.clone(), self.inode, self.at, self.append);
        Ok(Box::new(MemoryFile { disk, inode, at, append }))
    }
}

impl MemoryDisk {
    fn file(&self, inode: usize, append: bool) -> Box<dyn DiskFile> {
        Box::new(MemoryFile { disk: self.clone(), inode, at: 0, append })
    }

    fn make(&self, path: &Path) -> io::Result<usize> {
        let mut state = self.state();
        state.step()?;
        let inode = state.inodes.len();
        state.inodes.push(Inode::default());
        state.change(vec![(path.to_owned(), Some(inode))]);
        Ok(inode)
    }
}

impl Disk for MemoryDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let known = self.state().inode(path);
        let inode = match known {
            Ok(inode) => {
                let mut state = self.state();
                state.step()?;
                state.inodes[inode].data.clear();
                inode
            }
            Err(_) => self.make(path)?,
        };
        Ok(self.file(inode, false))
    }
    fn open_read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let inode = self.state().inode(path)?;
        Ok(self.file(inode, false))
    }
    fn open_append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let known = self.state().inode(path);
        let inode = known.or_else(|_| self.make(path))?;
        Ok(self.file(inode, true))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        let inode = state.inode(from)?;
        state.step()?;
        state.change(vec![(to.to_owned(), Some(inode)), (from.to_owned(), None)]);
        Ok(())
    }
    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        let inode = state.inode(from)?;
        if state.inode(to).is_ok() {
            return Err(io::Error::from_raw_os_error(libc::EEXIST));
        }
        state.step()?;
        state.change(vec![(to.to_owned(), Some(inode))]);
        Ok(())
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.inode(path)?;
        state.step()?;
        state.change(vec![(path.to_owned(), None)]);
        Ok(())
    }
    fn exists(&self, path: &Path) -> bool {
        self.state().inode(path).is_ok()
    }
    fn len(&self, path: &Path) -> io::Result<u64> {
        let state = self.state();
        Ok(state.inodes[state.inode(path)?].data.len() as u64)
    }
    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.state();
        let whole = state.step()?;
        let pending = std::mem::take(&mut state.pending);
        for changes in pending {
            // A file that moves from one folder to another has moved when either folder is on disk.
            if changes.iter().any(|(name, _)| parent(name) == dir) {
                for (name, inode) in changes {
                    match inode {
                        Some(inode) => state.durable.insert(name, inode),
                        None => state.durable.remove(&name),
                    };
                }
            } else {
                state.pending.push(changes);
            }
        }
        if whole { Ok(()) } else { Err(dead()) }
    }
    fn list(&self, dir: &Path) -> io::Result<Vec<OsString>> {
        let state = self.state();
        let names = state.names.keys().filter(|name| parent(name) == dir);
        Ok(names.filter_map(|name| name.file_name().map(OsString::from)).collect())
    }
    fn create_dir(&self, _dir: &Path) -> io::Result<()> {
        Ok(())
    }
}
