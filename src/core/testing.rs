//! A world for tests of the machine: nothing can be had and nothing happens, but it is noted who was
//! killed and how much was dropped in the background.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::base::disk::{Disk, RealDisk};
use crate::state::client::ClientId;
use crate::state::host::{ChildKind, ChildSide, CpuFigures, Host, HostChange, MemoryFigures};

/// See the head of the file.
#[derive(Default)]
pub struct NoWorld {
    pub killed: Vec<i32>,
    pub dropped: usize,
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
    fn hold_stream(&mut self, _: bool) {}
    fn connect(&mut self, _: ClientId, _: &str, _: u16, _: Option<&str>) -> io::Result<()> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
    fn set_nodelay(&mut self, _: ClientId, _: bool) {}
    fn apply(&mut self, _: &HostChange) -> Result<(), String> {
        Ok(())
    }
    fn drop_later(&mut self, _: Box<dyn Send>) {
        self.dropped += 1;
    }
    fn close_later(&mut self, _: &Path) -> io::Result<()> {
        Ok(())
    }
    fn pending_drops(&self) -> u64 {
        0
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
