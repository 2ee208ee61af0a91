//! Background threads for what must not hold up the serving thread: closing big files, fsync, freeing big
//! values.
//!
//! One thread per kind, as in Redis, started when its first job comes: a slow fsync does not delay the
//! freeing of memory. Jobs of one kind run in order. When a thread cannot be started the job runs at once in
//! the caller: slower, never lost.
//!
//! After `fork` the child has no such threads and must not use its copy.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::thread;

use super::disk::DiskFile;
use super::heap;

/// What is told the end of an fsync; runs on the background thread.
pub type Done = Box<dyn FnOnce(io::Result<()>) + Send>;

/// Work to be done aside.
pub enum Job {
    /// Closes a file (the last reference to an unlinked big file frees its blocks here).
    Close(File),
    /// Waits until the file's data is on the disk, tells `done`, then closes this handle.
    Fsync { file: Box<dyn DiskFile>, done: Done },
    /// Frees a value; `objects` of the user's are in it, for the statistics.
    Drop { value: Box<dyn Send>, objects: u64 },
}

/// The kinds of jobs, each with its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    CloseFile,
    Fsync,
    LazyFree,
}

impl Kind {
    const ALL: [Kind; 3] = [Kind::CloseFile, Kind::Fsync, Kind::LazyFree];

    /// The name of the thread.
    pub fn thread_name(self) -> &'static str {
        match self {
            Kind::CloseFile => "bio_close_file",
            Kind::Fsync => "bio_aof",
            Kind::LazyFree => "bio_lazy_free",
        }
    }
}

impl Job {
    /// Which thread runs it.
    pub fn kind(&self) -> Kind {
        match self {
            Job::Close(_) => Kind::CloseFile,
            Job::Fsync { .. } => Kind::Fsync,
            Job::Drop { .. } => Kind::LazyFree,
        }
    }

    fn objects(&self) -> u64 {
        if let Job::Drop { objects, .. } = self { *objects } else { 0 }
    }

    fn run(self) {
        match self {
            Job::Close(file) => drop(file),
            Job::Fsync { mut file, done } => done(file.sync()),
            Job::Drop { value, .. } => drop(value),
        }
    }
}

/// What each thread does first.
type AtStart = Arc<dyn Fn(Kind) + Send + Sync>;

/// The background threads.
pub struct Bio {
    lanes: [Lane; 3],
    at_start: AtStart,
}

#[derive(Default)]
struct Lane {
    /// `None` inside when the thread could not be started.
    sender: OnceLock<Option<Sender<Job>>>,
    pending: Arc<Pending>,
}

/// Jobs not finished yet.
#[derive(Default)]
struct Pending {
    count: Mutex<usize>,
    empty: Condvar,
    /// Objects handed over to be freed, and those that are freed.
    objects: AtomicU64,
    freed: AtomicU64,
}

impl Pending {
    fn add(&self) {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
    }

    fn done(&self) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        *count -= 1;
        if *count == 0 {
            self.empty.notify_all();
        }
    }

    fn get(&self) -> usize {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_empty(&self) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        while *count > 0 {
            count = self.empty.wait(count).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Counts a job and its objects as finished even when it panics.
struct Finish<'a>(&'a Pending, u64);

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        self.0.freed.fetch_add(self.1, Ordering::Relaxed);
        self.0.done();
    }
}

impl Lane {
    fn start(&self, kind: Kind, first: AtStart) -> Option<Sender<Job>> {
        let (sender, jobs) = channel::<Job>();
        let pending = Arc::clone(&self.pending);
        let started = thread::Builder::new().name(kind.thread_name().into()).spawn(move || {
            heap::registered();
            first(kind);
            for job in jobs {
                let _finish = Finish(&pending, job.objects());
                job.run();
            }
        });
        started.ok().map(|_| sender)
    }
}

impl Bio {
    /// No thread runs yet; each starts with its first job, and with `at_start` before it.
    pub fn start(at_start: impl Fn(Kind) + Send + Sync + 'static) -> Self {
        Bio { lanes: Default::default(), at_start: Arc::new(at_start) }
    }

    fn lane(&self, kind: Kind) -> &Lane {
        &self.lanes[kind as usize]
    }

    /// Hands a job over.
    pub fn submit(&self, job: Job) {
        let lane = self.lane(job.kind());
        let sender = lane.sender.get_or_init(|| lane.start(job.kind(), Arc::clone(&self.at_start)));
        lane.pending.add();
        lane.pending.objects.fetch_add(job.objects(), Ordering::Relaxed);
        let left = match sender {
            Some(sender) => sender.send(job).err().map(|refused| refused.0),
            None => Some(job),
        };
        if let Some(job) = left {
            let _finish = Finish(&lane.pending, job.objects());
            job.run();
        }
    }

    /// Jobs of this kind that are waiting or running.
    pub fn pending(&self, kind: Kind) -> usize {
        self.lane(kind).pending.get()
    }

    /// Objects handed over with [`Job::Drop`] that are not freed yet, and those that are, since the start.
    pub fn objects(&self) -> (u64, u64) {
        let pending = &self.lane(Kind::LazyFree).pending;
        let freed = pending.freed.load(Ordering::Relaxed);
        (pending.objects.load(Ordering::Relaxed).saturating_sub(freed), freed)
    }

    /// Waits until no job of this kind is left (shutdown, turning the AOF off).
    pub fn drain(&self, kind: Kind) {
        self.lane(kind).pending.wait_empty();
    }

    /// Waits until nothing is left at all.
    pub fn drain_all(&self) {
        Kind::ALL.into_iter().for_each(|kind| self.drain(kind));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    struct Told(Sender<Option<String>>);

    impl Drop for Told {
        fn drop(&mut self) {
            let _ = self.0.send(thread::current().name().map(str::to_string));
        }
    }

    #[test]
    fn values_are_freed_on_their_thread() {
        let bio = Bio::start(|_| {});
        let (sender, names) = channel();
        for _ in 0..10 {
            bio.submit(Job::Drop { value: Box::new(Told(sender.clone())), objects: 2 });
        }
        bio.drain(Kind::LazyFree);
        assert_eq!((bio.pending(Kind::LazyFree), bio.objects()), (0, (0, 20)));
        let names: Vec<_> = names.try_iter().collect();
        assert_eq!(names, vec![Some("bio_lazy_free".to_string()); 10]);
    }

    #[test]
    fn a_running_job_counts_as_pending_and_other_kinds_go_on() -> io::Result<()> {
        let bio = Bio::start(|_| {});
        let (told, result) = channel();
        let (go, wait) = channel::<()>();
        let mut file = tempfile::tempfile()?;
        file.write_all(b"x")?;
        let handle = DiskFile::duplicate(&file)?;
        let done: Done = Box::new(move |synced| {
            let _ = wait.recv();
            let _ = told.send(synced.is_ok());
        });
        bio.submit(Job::Fsync { file: handle, done });
        assert_eq!(bio.pending(Kind::Fsync), 1);
        bio.submit(Job::Close(file));
        bio.drain(Kind::CloseFile);
        assert_eq!(bio.pending(Kind::Fsync), 1);
        let _ = go.send(());
        bio.drain_all();
        assert_eq!((bio.pending(Kind::Fsync), result.try_recv()), (0, Ok(true)));
        Ok(())
    }
}
