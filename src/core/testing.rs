//! A world for tests of the machine: nothing can be had and nothing happens, but it is noted who was
//! killed and how much was dropped in the background.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::base::bio::Done;
use crate::base::disk::{Disk, DiskFile, RealDisk};
use crate::state::client::ClientId;
use crate::state::host::{ChildKind, ChildSide, CpuFigures, Host, HostChange, MemoryFigures};

/// See the head of the file.
#[derive(Default)]
pub struct NoWorld {
    pub killed: Vec<i32>,
    pub dropped: usize,
    /// Objects among them.
    pub freed: u64,
    /// Bytes that are said to be allocated.
    pub used: u64,
}

impl Host for NoWorld {
    fn disk(&self) -> Arc<dyn Disk> {
        Arc::new(RealDisk)
    }
    fn fork(&mut self, _: ChildKind, _: &mut dyn FnMut(&mut dyn ChildSide) -> i32) -> io::Result<i32> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
    fn kill_child(&mut self, pid: i32) {
        self.killed.push(pid);
    }
    fn end_child(&mut self, pid: i32) {
        self.killed.push(pid);
    }
    fn hold_stream(&mut self, _: bool) {}
    fn connect(&mut self, _: ClientId, _: &str, _: u16, _: Option<&str>) -> io::Result<()> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
    fn set_nodelay(&mut self, _: ClientId, _: bool) {}
    fn apply(&mut self, _: &HostChange) -> Result<(), String> {
        Ok(())
    }
    fn free_later(&mut self, _: Box<dyn Send>, objects: u64) {
        self.dropped += 1;
        self.freed += objects;
    }
    fn close_later(&mut self, _: &Path) -> io::Result<()> {
        Ok(())
    }
    fn freed_later(&self) -> (u64, u64) {
        (0, self.freed)
    }
    fn is_freeing(&self) -> bool {
        false
    }
    fn used_memory(&self) -> u64 {
        self.used
    }
    fn sleep_us(&mut self, _: u64) {}
    fn memory(&mut self) -> MemoryFigures {
        MemoryFigures { total_system: 1 << 30, ..MemoryFigures::default() }
    }
    fn cpu(&mut self) -> CpuFigures {
        CpuFigures::default()
    }
    fn pid(&self) -> i32 {
        1
    }
}

/// A child that ran to its end inside [`World::fork`]: what it would have told its parent.
pub struct FinishedChild {
    pub pid: i32,
    pub code: i32,
    /// What it wrote to the data pipe.
    pub data: Vec<u8>,
}

/// A world of its own for each server of a simulation: a child is run at once and its end is told when the
/// simulation says so; a connection is a wish that the simulation grants or not. Files are real, below
/// `dir` of the configuration.
#[derive(Default)]
pub struct World {
    pub child: Option<FinishedChild>,
    /// Connections asked for: client, name, port.
    pub connects: Vec<(ClientId, String, u16)>,
    pub held: bool,
    /// Forks fail.
    pub no_forks: bool,
    /// Where files are, when that is not the real disk.
    pub disk: Option<Arc<dyn Disk>>,
    /// Background fsyncs that have not begun, when they are to wait for [`World::sync_one`].
    pub syncs: Option<VecDeque<(Box<dyn DiskFile>, Done)>>,
    /// How many there were; the pid of the last child.
    pub forks: i32,
}

impl World {
    /// Does the oldest background fsync.
    pub fn sync_one(&mut self) {
        if let Some((mut file, done)) = self.syncs.as_mut().and_then(VecDeque::pop_front) {
            done(file.sync());
        }
    }
}

struct ChildInMemory {
    data: Vec<u8>,
    pid: i32,
    disk: Arc<dyn Disk>,
}

impl ChildSide for ChildInMemory {
    fn disk(&self) -> Arc<dyn Disk> {
        self.disk.clone()
    }
    fn pid(&self) -> i32 {
        self.pid
    }
    fn report(&mut self, _: u64, _: bool) {}
    fn stream(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.data.extend_from_slice(bytes);
        Ok(())
    }
}

impl Host for World {
    fn disk(&self) -> Arc<dyn Disk> {
        self.disk.clone().unwrap_or_else(|| Arc::new(RealDisk))
    }
    fn sync_later(&mut self, mut file: Box<dyn DiskFile>, done: Done) {
        match &mut self.syncs {
            Some(syncs) => syncs.push_back((file, done)),
            None => done(file.sync()),
        }
    }
    fn pending_syncs(&self) -> usize {
        self.syncs.as_ref().map_or(0, VecDeque::len)
    }
    fn finish_syncs(&mut self) {
        while self.pending_syncs() > 0 {
            self.sync_one();
        }
    }
    fn fork(&mut self, _: ChildKind, body: &mut dyn FnMut(&mut dyn ChildSide) -> i32) -> io::Result<i32> {
        if self.no_forks {
            return Err(io::Error::from(io::ErrorKind::OutOfMemory));
        }
        self.forks += 1;
        let mut side = ChildInMemory { data: Vec::new(), pid: self.forks, disk: self.disk() };
        let code = body(&mut side);
        self.child = Some(FinishedChild { pid: self.forks, code, data: side.data });
        Ok(self.forks)
    }
    fn kill_child(&mut self, _: i32) {}
    fn end_child(&mut self, _: i32) {
        self.child = None;
    }
    fn hold_stream(&mut self, hold: bool) {
        self.held = hold;
    }
    fn connect(&mut self, client: ClientId, name: &str, port: u16, _: Option<&str>) -> io::Result<()> {
        self.connects.push((client, name.to_owned(), port));
        Ok(())
    }
    fn set_nodelay(&mut self, _: ClientId, _: bool) {}
    fn apply(&mut self, _: &HostChange) -> Result<(), String> {
        Ok(())
    }
    fn free_later(&mut self, _: Box<dyn Send>, _: u64) {}
    fn close_later(&mut self, path: &Path) -> io::Result<()> {
        self.disk().remove(path)
    }
    fn freed_later(&self) -> (u64, u64) {
        (0, 0)
    }
    fn is_freeing(&self) -> bool {
        false
    }
    fn used_memory(&self) -> u64 {
        0
    }
    fn sleep_us(&mut self, _: u64) {}
    fn memory(&mut self) -> MemoryFigures {
        MemoryFigures::default()
    }
    fn cpu(&mut self) -> CpuFigures {
        CpuFigures::default()
    }
    fn pid(&self) -> i32 {
        1
    }
}
