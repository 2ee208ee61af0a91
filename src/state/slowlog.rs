//! SLOWLOG: the latest commands that took long.
//!
//! A ring of at most `slowlog-max-len` entries, newest first. Arguments are kept short: at most 32 of them,
//! 128 bytes each, so a slow command with a huge argument does not pin it.
//!
//! Source: Redis 7.2.4 `slowlog.c`.

use std::collections::VecDeque;

use crate::resp::request::Args;

/// Arguments kept of one command; SLOWLOG_ENTRY_MAX_ARGC.
const MAX_ARGS: usize = 32;
/// Bytes kept of one argument; SLOWLOG_ENTRY_MAX_STRING.
const MAX_BYTES: usize = 128;

/// One slow command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: u64,
    /// Unix seconds.
    pub at_s: i64,
    /// Microseconds it took.
    pub us: u64,
    pub args: Vec<Box<[u8]>>,
    pub addr: Box<str>,
    pub name: Box<[u8]>,
}

/// See the head of the file.
#[derive(Default, Debug)]
pub struct Slowlog {
    entries: VecDeque<Entry>,
    next_id: u64,
}

impl Slowlog {
    /// Adds a command; the oldest beyond `max` go.
    pub fn push(&mut self, at_s: i64, us: u64, args: Args<'_>, addr: &str, name: &[u8], max: i64) {
        let keep = if args.len() > MAX_ARGS { MAX_ARGS - 1 } else { args.len() };
        let mut list: Vec<Box<[u8]>> = args.iter().take(keep).map(shorten).collect();
        if args.len() > MAX_ARGS {
            let more = format!("... ({} more arguments)", args.len() - keep);
            list.push(more.into_bytes().into_boxed_slice());
        }
        let entry =
            Entry { id: self.next_id, at_s, us, args: list, addr: Box::from(addr), name: Box::from(name) };
        self.next_id += 1;
        self.entries.push_front(entry);
        self.trim(max);
    }

    /// Drops the oldest beyond `max`.
    pub fn trim(&mut self, max: i64) {
        self.entries.truncate(usize::try_from(max).unwrap_or(0));
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// SLOWLOG RESET: the numbering goes on.
    pub fn reset(&mut self) {
        self.entries.clear();
    }
}

fn shorten(arg: &[u8]) -> Box<[u8]> {
    if arg.len() <= MAX_BYTES {
        return Box::from(arg);
    }
    let mut text = arg[..MAX_BYTES].to_vec();
    text.extend_from_slice(format!("... ({} more bytes)", arg.len() - MAX_BYTES).as_bytes());
    text.into_boxed_slice()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::request::OwnedArgs;

    #[test]
    fn long_commands_are_shortened_and_old_ones_go() {
        let mut log = Slowlog::default();
        let long = [b'x'; 200];
        let many: Vec<&[u8]> = std::iter::repeat_n(&long[..], 40).collect();
        log.push(1, 5, OwnedArgs::from_slices(&many).as_args(), "a:1", b"", 2);
        let entry = log.iter().next().unwrap();
        assert_eq!(entry.args.len(), 32);
        assert_eq!(&*entry.args[31], b"... (9 more arguments)");
        assert!(entry.args[0].ends_with(b"... (72 more bytes)"));
        for n in 0..3 {
            log.push(n, 1, OwnedArgs::from_slices(&[b"get"]).as_args(), "a:1", b"", 2);
        }
        assert_eq!(log.iter().map(|e| e.id).collect::<Vec<_>>(), [3, 2]);
        log.trim(-1);
        assert!(log.is_empty());
    }
}
