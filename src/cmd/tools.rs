//! The forms of the command line that serve nobody: `--test-memory MB`, `--check-system`.
//!
//! **Memory.** A block is filled and read back in fifty passes: each word with its own index (wrong
//! addressing), then both halves alike with random words, all zeros and ones, and a checkerboard, each
//! compared four times. Writes step from page to page, so caches help as little as may be. What is printed is
//! the full-screen progress of Redis, on a screen taken to be 80 by 20.
//!
//! **System.** Kernel settings that hurt a server, each with a line: OK, skipped when it cannot be told, or a
//! warning with what to do. Exit code 1 when there was a warning.
//!
//! Source: Redis 7.2.4 `memtest.c`, `syscheck.c`.

use std::fs;
use std::hint::black_box;
use std::io::{self, Write};
use std::time::{Duration, Instant};

const PASSES: usize = 50;
const COMPARES: usize = 4;
const COLUMNS: usize = 80;
const ROWS: usize = 20;
const PAGE_WORDS: usize = 4096 / size_of::<u64>();

/// A full-screen bar of progress. Nobody may be watching, so errors of the terminal are ignored.
struct Screen<W: Write> {
    out: W,
    printed: usize,
}

impl<W: Write> Screen<W> {
    fn start(&mut self, title: &str, pass: usize) {
        let dots = ".".repeat(COLUMNS * (ROWS - 2));
        let _ = write!(
            self.out,
            "\x1b[H\x1b[2J{dots}Please keep the test running several minutes per GB of memory.\n\
             Also check http://www.memtest86.com/ and http://pyropus.ca/software/memtester/\
             \x1b[H\x1b[2K{title} [{pass}]\n"
        );
        self.printed = 0;
        let _ = self.out.flush();
    }

    fn step(&mut self, done: usize, of: usize, sign: char) {
        let full = COLUMNS * (ROWS - 3);
        let wanted = (done as u128 * full as u128 / of.max(1) as u128) as usize;
        let more = wanted.saturating_sub(self.printed);
        if more > 0 {
            let _ = write!(self.out, "{}", sign.to_string().repeat(more));
            let _ = self.out.flush();
            self.printed = wanted;
        }
    }

    fn end(&mut self) {
        let _ = write!(self.out, "\x1b[H\x1b[2J");
    }
}

/// The next word to write, for the given offset in a page.
type Words<'a> = &'a mut dyn FnMut(usize) -> u64;

/// Where memory gave back something else than was put in.
type Fault = String;

/// Each word holds its own index.
fn addressing<W: Write>(memory: &mut [u64], screen: &mut Screen<W>) -> Result<(), Fault> {
    let words = memory.len();
    for (i, word) in memory.iter_mut().enumerate() {
        *word = i as u64;
        if i & 0xffff == 0 {
            screen.step(i, words * 2, 'A');
        }
    }
    for (i, word) in black_box(memory).iter().enumerate() {
        if *word != i as u64 {
            return Err(format!("*** MEMORY ADDRESSING ERROR: {word:p} contains {word}"));
        }
        if i & 0xffff == 0 {
            screen.step(i + words, words * 2, 'A');
        }
    }
    Ok(())
}

/// Fills both halves alike, a word in each page, then the next word in each page.
fn fill<W: Write>(memory: &mut [u64], screen: &mut Screen<W>, sign: char, next: Words<'_>) {
    let half = memory.len() / 2;
    let (first, second) = memory.split_at_mut(half);
    for offset in 0..PAGE_WORDS {
        for at in (offset..half).step_by(PAGE_WORDS) {
            let word = next(offset);
            first[at] = word;
            second[at] = word;
        }
        screen.step(offset + 1, PAGE_WORDS, sign);
    }
    black_box(memory);
}

fn compare<W: Write>(memory: &mut [u64], screen: &mut Screen<W>) -> Result<(), Fault> {
    let half = memory.len() / 2;
    let (first, second) = black_box(memory).split_at(half);
    for (i, (a, b)) in first.iter().zip(second).enumerate() {
        if a != b {
            return Err(format!("*** MEMORY ERROR DETECTED: {a:p} != {b:p} ({a} vs {b})"));
        }
        if i & 0xffff == 0 {
            screen.step(i, half, '=');
        }
    }
    Ok(())
}

/// One pass of all tests.
fn pass<W: Write>(memory: &mut [u64], screen: &mut Screen<W>, pass: usize) -> Result<(), Fault> {
    screen.start("Addressing test", pass);
    addressing(memory, screen)?;
    screen.end();
    let mut seed = 0xd131_33de_9afd_b566u64;
    let mut random = |_| {
        // xorshift64*
        seed ^= seed >> 12;
        seed ^= seed << 25;
        seed ^= seed >> 27;
        seed.wrapping_mul(2_685_821_657_736_338_717)
    };
    let mut solid = |offset: usize| if offset.is_multiple_of(2) { 0 } else { u64::MAX };
    let mut checkers =
        |offset: usize| if offset.is_multiple_of(2) { 0xaaaa_aaaa_aaaa_aaaa } else { 0x5555_5555_5555_5555 };
    let fills: [(&str, char, Words<'_>); 3] = [
        ("Random fill", 'R', &mut random),
        ("Solid fill", 'S', &mut solid),
        ("Checkerboard fill", 'C', &mut checkers),
    ];
    for (title, sign, next) in fills {
        screen.start(title, pass);
        fill(memory, screen, sign, next);
        screen.end();
        for _ in 0..COMPARES {
            screen.start("Compare", pass);
            compare(memory, screen)?;
            screen.end();
        }
    }
    Ok(())
}

fn run_memory_test(mb: u64, passes: usize, out: &mut dyn Write) -> Result<(), Fault> {
    let words = mb.checked_mul(1 << 20).and_then(|bytes| usize::try_from(bytes / 8).ok());
    let mut memory: Vec<u64> = Vec::new();
    if words.is_none_or(|words| memory.try_reserve_exact(words).is_err()) {
        return Err(format!("Unable to allocate {mb} megabytes: Cannot allocate memory"));
    }
    memory.resize(words.unwrap_or(0), 0);
    let mut screen = Screen { out, printed: 0 };
    (1..=passes).try_for_each(|number| pass(&mut memory, &mut screen, number))
}

/// Writes and reads back so many megabytes of memory. Returns the exit code: 1 when they cannot be had, or
/// do not hold what was written.
pub fn test_memory(mb: u64) -> i32 {
    let mut out = io::stdout().lock();
    if let Err(fault) = run_memory_test(mb, PASSES, &mut out) {
        if fault.starts_with("***") {
            println_quietly(&mut out, &format!("\n{fault}"));
        } else {
            eprint!("{fault}");
        }
        return 1;
    }
    println_quietly(
        &mut out,
        "\nYour memory passed this test.\n\
         Please if you are still in doubt use the following two tools:\n\
         1) memtest86: http://www.memtest86.com/\n\
         2) memtester: http://pyropus.ca/software/memtester/",
    );
    0
}

fn println_quietly(out: &mut dyn Write, text: &str) {
    // Nobody may be reading.
    let _ = writeln!(out, "{text}");
}

/// What a look at the system found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Check {
    Fine,
    /// It could not be told.
    Skipped,
    /// What is wrong, and what to do.
    Warning(String),
}

fn first_line(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.lines().next().unwrap_or_default().trim().to_owned())
}

const CLOCK: &str = "/sys/devices/system/clocksource/clocksource0";

/// Kernel and user time of this process so far, in clock ticks.
fn ticks() -> Option<(u64, u64)> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name in brackets may hold blanks; 12 fields on are utime and stime.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let user = fields.next()?.parse().ok()?;
    Some((fields.next()?.parse().ok()?, user))
}

/// Reading the clock must not take a system call: a busy loop of readings should spend its time outside of
/// the kernel.
pub fn slow_clocksource() -> Check {
    let Some((system, user)) = ticks() else { return Check::Skipped };
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(100) {}
    let Some((system_end, user_end)) = ticks() else { return Check::Skipped };
    let (system, user) = (system_end.saturating_sub(system), user_end.saturating_sub(user));
    if system * 10 <= system + user {
        return Check::Fine;
    }
    let current = first_line(&format!("{CLOCK}/current_clocksource")).unwrap_or_default();
    let available = first_line(&format!("{CLOCK}/available_clocksource")).unwrap_or_default();
    Check::Warning(format!(
        "Slow system clocksource detected. This can result in degraded performance. Consider changing the \
         system's clocksource. Current clocksource: {current}. Available clocksources: {available}. For \
         example: run the command 'echo tsc > {CLOCK}/current_clocksource' as root. To permanently change \
         the system's clocksource you'll need to set the 'clocksource=' kernel command line parameter."
    ))
}

/// The clock source of the Xen hypervisor is slow.
pub fn xen_clocksource() -> Check {
    match first_line(&format!("{CLOCK}/current_clocksource")) {
        None => Check::Skipped,
        Some(name) if name == "xen" => Check::Warning(
            "Your system is configured to use the 'xen' clocksource which might lead to degraded \
             performance. Check the result of the [slow-clocksource] system check: run 'redis-server \
             --check-system' to check if the system's clocksource isn't degrading performance."
                .into(),
        ),
        Some(_) => Check::Fine,
    }
}

/// Without overcommit the kernel may refuse the fork of a background save.
pub fn overcommit() -> Check {
    judge_overcommit(first_line("/proc/sys/vm/overcommit_memory").as_deref())
}

fn judge_overcommit(setting: Option<&str>) -> Check {
    match setting {
        None => Check::Skipped,
        Some("1") => Check::Fine,
        Some(_) => Check::Warning(
            "Memory overcommit must be enabled! Without it, a background save or replication may fail \
             under low memory condition. Being disabled, it can also cause failures without low memory \
             condition, see https://github.com/jemalloc/jemalloc/issues/1328. To fix this issue add \
             'vm.overcommit_memory = 1' to /etc/sysctl.conf and then reboot or run the command 'sysctl \
             vm.overcommit_memory=1' for this to take effect."
                .into(),
        ),
    }
}

/// Transparent huge pages make copy-on-write after a fork expensive.
pub fn huge_pages() -> Check {
    judge_huge_pages(first_line("/sys/kernel/mm/transparent_hugepage/enabled").as_deref())
}

fn judge_huge_pages(setting: Option<&str>) -> Check {
    match setting {
        None => Check::Skipped,
        Some(setting) if setting.contains("[always]") => Check::Warning(
            "You have Transparent Huge Pages (THP) support enabled in your kernel. This will create latency \
             and memory usage issues with Redis. To fix this issue run the command 'echo madvise > \
             /sys/kernel/mm/transparent_hugepage/enabled' as root, and add it to your /etc/rc.local in order \
             to retain the setting after a reboot. Redis must be restarted after THP is disabled (set to \
             'madvise' or 'never')."
                .into(),
        ),
        Some(_) => Check::Fine,
    }
}

type Look = fn() -> Check;

/// All looks, in the order in which they are printed.
const CHECKS: [(&str, Look); 4] = [
    ("slow-clocksource", slow_clocksource),
    ("xen-clocksource", xen_clocksource),
    ("overcommit", overcommit),
    ("THP", huge_pages),
];

/// Looks at kernel settings that hurt a server and prints what it finds. Returns the exit code.
pub fn check_system() -> i32 {
    let mut out = io::stdout().lock();
    let mut code = 0;
    for (name, check) in CHECKS {
        let found = match check() {
            Check::Fine => "OK".into(),
            Check::Skipped => "skipped".into(),
            Check::Warning(text) => {
                code = 1;
                format!("WARNING:\n{text}")
            }
        };
        println_quietly(&mut out, &format!("[{name}]...{found}"));
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_memory_passes_and_shows_a_full_bar() {
        let mut out = Vec::new();
        assert_eq!(run_memory_test(1, 1, &mut out), Ok(()));
        let text = String::from_utf8_lossy(&out);
        assert_eq!(text.matches("Compare [1]").count(), 3 * COMPARES);
        assert_eq!(text.matches('S').count(), COLUMNS * (ROWS - 3) + 1);
    }

    #[test]
    fn what_cannot_be_had_is_said() {
        for mb in [u64::MAX, 1 << 40] {
            let fault = run_memory_test(mb, 1, &mut Vec::new()).unwrap_err();
            assert!(fault.starts_with("Unable to allocate "), "{fault}");
        }
        assert_eq!(run_memory_test(0, 1, &mut Vec::new()), Ok(()));
    }

    #[test]
    fn bad_memory_is_found() {
        let mut screen = Screen { out: Vec::new(), printed: 0 };
        let mut memory = vec![7; 1024];
        assert_eq!(compare(&mut memory, &mut screen), Ok(()));
        memory[900] = 8;
        assert!(compare(&mut memory, &mut screen).is_err());
    }

    #[test]
    fn settings_are_judged() {
        assert_eq!(judge_overcommit(Some("1")), Check::Fine);
        assert!(matches!(judge_overcommit(Some("0")), Check::Warning(_)));
        assert_eq!(judge_overcommit(None), Check::Skipped);
        assert!(matches!(judge_huge_pages(Some("[always] madvise never")), Check::Warning(_)));
        assert_eq!(judge_huge_pages(Some("always [madvise] never")), Check::Fine);
    }
}
