//! How many bytes are allocated at this moment, exactly and for nothing.
//!
//! jemalloc counts for each thread what it ever allocated and what it ever freed, in whole size classes, as part
//! of every call: its fast path compares the first of these counters with the next moment of housekeeping. So
//! nothing has to be wrapped around the allocator. Each thread of ours that allocates is [`registered`], and
//! [`used`] adds the differences up: two loads a thread. An atomic counter of our own, as Redis has it, would
//! put a locked instruction (about 20 cycles) into every allocation and every release; jemalloc's statistics
//! (`stats.allocated`) are of the last epoch, cost a walk over all arenas to be renewed, and count what lies in
//! caches of threads as allocated.
//!
//! Where the program runs under another allocator (the unit tests do) all this is 0.
//!
//! Source: jemalloc 5.3 manual, `thread.allocatedp`, `thread.deallocatedp`; Redis 7.2.4 `zmalloc_used_memory`.

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

use tikv_jemalloc_ctl::raw;

/// The two counters of a thread, where jemalloc keeps them. Bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Counters {
    allocated: *const u64,
    freed: *const u64,
}

// SAFETY: the addresses are read only while the thread they belong to is registered, that is, alive.
unsafe impl Send for Counters {}

impl Counters {
    /// Those of the calling thread; `None` where jemalloc does not keep them.
    fn mine() -> Option<Counters> {
        // SAFETY: both names stand for pointers to 64-bit counters of the calling thread.
        unsafe {
            Some(Counters {
                allocated: raw::read(b"thread.allocatedp\0").ok()?,
                freed: raw::read(b"thread.deallocatedp\0").ok()?,
            })
        }
    }

    /// What the thread allocated less what it freed, modulo 2^64: a thread may free what others made.
    fn net(self) -> u64 {
        // SAFETY: aligned counters of a live thread (or of this one). The thread writes them by plain stores of
        // eight bytes, which nothing can tear on a 64-bit machine; volatile, for the value changes unseen.
        unsafe { self.allocated.read_volatile().wrapping_sub(self.freed.read_volatile()) }
    }
}

#[derive(Default)]
struct Threads {
    alive: Vec<Counters>,
    /// What threads that ended left allocated.
    ended: u64,
}

static THREADS: Mutex<Threads> = Mutex::new(Threads { alive: Vec::new(), ended: 0 });

/// Takes the thread off the list when it ends.
struct Entry(Counters);

impl Drop for Entry {
    fn drop(&mut self) {
        let mut threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
        threads.alive.retain(|counters| *counters != self.0);
        threads.ended = threads.ended.wrapping_add(self.0.net());
    }
}

thread_local! {
    static ENTRY: RefCell<Option<Entry>> = const { RefCell::new(None) };
}

/// Counts the calling thread from now on (what it allocated before included) until it ends. Twice is once.
pub fn registered() {
    ENTRY.with_borrow_mut(|entry| {
        if entry.is_none()
            && let Some(counters) = Counters::mine()
        {
            THREADS.lock().unwrap_or_else(PoisonError::into_inner).alive.push(counters);
            *entry = Some(Entry(counters));
        }
    });
}

/// Bytes allocated by all registered threads together, rounded up to size classes.
pub fn used() -> u64 {
    let threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    let sum = threads.alive.iter().fold(threads.ended, |sum, counters| sum.wrapping_add(counters.net()));
    // A thread that is at work may have freed what another's counter does not show yet.
    if sum > i64::MAX as u64 { 0 } else { sum }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::alloc::{GlobalAlloc, Layout};
    use std::thread;

    use tikv_jemallocator::Jemalloc;

    #[test]
    fn every_byte_is_counted_at_once_and_across_threads() {
        thread::spawn(|| {
            registered();
            registered();
            let before = used();
            let layout = Layout::from_size_align(100, 8).expect("a layout");
            // SAFETY: the layout has a size; what is allocated is freed below with the same layout.
            let made: Vec<usize> =
                (0..1000).map(|_| unsafe { Jemalloc.alloc(layout) }.expose_provenance()).collect();
            assert_eq!(used() - before, 1000 * 112, "whole size classes");
            let freeing = thread::spawn(move || {
                registered();
                for at in made {
                    // SAFETY: made above with this layout, freed once.
                    unsafe { Jemalloc.dealloc(std::ptr::with_exposed_provenance_mut(at), layout) };
                }
                used()
            });
            assert_eq!(freeing.join().expect("no panic"), before, "another thread freed it");
            assert_eq!(used(), before, "and what it did is kept when it has ended");
        })
        .join()
        .expect("no panic");
    }
}
