//! Which processors a thread may use (`server_cpulist`, `bio_cpulist`, `aof_rewrite_cpulist`, `bgsave_cpulist`),
//! and how politely it takes them.
//!
//! Threads that free memory or wait for disks run as batch work (`SCHED_BATCH`): they get as much of the processor
//! as before, but the kernel does not let them take it from the serving thread at the moment that wakes them. Such a
//! turn takes three milliseconds, and UNLINK of a big value would stall for it. A lower priority (`nice`) would do
//! the same and harm: a thread that holds a lock of the allocator must not be kept from the processor for long.
//!
//! Source: Redis 7.2.4 `setcpuaffinity.c`; sched(7).

/// Processors a set can name; those beyond are left out, as in Redis.
const MOST: usize = libc::CPU_SETSIZE as usize;

/// A set of processors.
#[derive(Clone, Copy)]
pub struct Cpus(libc::cpu_set_t);

/// Those of the calling thread; `None` where the system does not tell.
pub fn mine() -> Option<Cpus> {
    // SAFETY: a set of bits; all zeros is the empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: a valid set to fill and its size, for the calling thread.
    let got = unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &mut set) };
    (got == 0).then_some(Cpus(set))
}

/// Binds the calling thread to these.
pub fn set(cpus: &Cpus) {
    // SAFETY: a valid set and its size, for the calling thread. Where the system refuses, all stays as it is.
    unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &cpus.0) };
}

/// Binds the calling thread to the processors of the list. A list that is empty, or not a list, changes nothing,
/// nor does one that names no processor this machine has.
pub fn pin(list: &str) {
    let Some(cpus) = parse(list) else { return };
    // SAFETY: a set of bits; all zeros is the empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    for cpu in cpus.into_iter().filter(|cpu| *cpu < MOST) {
        // SAFETY: the number lies within the set.
        unsafe { libc::CPU_SET(cpu, &mut set) };
    }
    self::set(&Cpus(set));
}

/// The calling thread takes the processor from no other at the moment it is woken.
pub fn batch() {
    let none = libc::sched_param { sched_priority: 0 };
    // SAFETY: a valid parameter, for the calling thread. Where the system refuses, all stays as it is.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_BATCH, &none) };
}

/// The numbers of a list such as `0,2-4,8-20:3` (a range with a step); `None` when it is none.
fn parse(list: &str) -> Option<Vec<usize>> {
    let mut cpus = Vec::new();
    for part in list.split(',') {
        let (range, step) = match part.split_once(':') {
            // A step belongs to a range.
            Some((range, step)) if range.contains('-') => (range, number(step)?),
            Some(_) => return None,
            None => (part, 1),
        };
        let (first, last) = match range.split_once('-') {
            Some((first, last)) => (number(first)?, number(last)?),
            None => (number(range)?, number(range)?),
        };
        if step == 0 || first > last {
            return None;
        }
        cpus.extend((first..=last.min(MOST)).step_by(step));
    }
    Some(cpus)
}

fn number(text: &str) -> Option<usize> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_processors() {
        let cases: &[(&str, &[usize])] = &[
            ("0", &[0]),
            ("0,2,3", &[0, 2, 3]),
            ("0,2-4", &[0, 2, 3, 4]),
            ("1-8:3,9", &[1, 4, 7, 9]),
            ("5-5:100", &[5]),
        ];
        for (list, cpus) in cases {
            assert_eq!(parse(list).as_deref(), Some(*cpus), "{list}");
        }
        assert_eq!(parse("0-99999999999999").map(|cpus| cpus.len()), Some(MOST + 1), "no list without end");
        for list in ["", ",", "a", "1,", "1-", "-1", "3-2", "1-4:0", "1-4:", "1:2", "1 2", "+1", "1-2-3"] {
            assert_eq!(parse(list), None, "{list}");
        }
    }
}
