//! The command table: names to handlers, found by length and bytes.
//!
//! Rows are data, written beside their handlers in `cmd`; the table numbers them, so that counters,
//! queued transactions and ACL bits name a command by a small integer. A look-up folds the first
//! eight bytes of the name to lower case in one word; word and length pick a slot of a small
//! open-addressed index, which holds them again. For a name of at most eight letters, which most are,
//! the comparison of word and length is the whole comparison: one line of memory is read. Longer names
//! and those with other characters are compared in full. No lower-cased copy, no string hash.

use crate::base::bytes::eq_ignore_case;
use crate::resp::errors::CmdError;
use crate::resp::request::Args;
use crate::state::spec::CommandSpec;

use super::ctx::{Ctx, Outcome};

/// What runs a command. `args[0]` is the name as the client wrote it.
pub type Handler = for<'a, 'b> fn(&mut Ctx<'a>, Args<'b>) -> Result<Outcome, CmdError>;

/// One command or subcommand as data.
pub struct Row {
    pub run: Handler,
    pub spec: CommandSpec,
    /// Subcommands of a container (CONFIG, CLIENT …).
    pub subs: &'static [Row],
}

impl Row {
    /// A command.
    pub const fn new(spec: CommandSpec, run: Handler) -> Row {
        Row { run, spec, subs: &[] }
    }

    /// A container of subcommands; `run` answers when none is named.
    pub const fn group(spec: CommandSpec, run: Handler, subs: &'static [Row]) -> Row {
        Row { run, spec, subs }
    }
}

/// A numbered row: a pointer to what the table knows of a command, as cheap to hand on as a number.
#[derive(Clone, Copy)]
pub struct Command(&'static Info);

impl std::ops::Deref for Command {
    type Target = Info;

    #[inline]
    fn deref(&self) -> &Info {
        self.0
    }
}

/// What [`Command`] points to.
pub struct Info {
    pub id: u16,
    pub run: Handler,
    pub spec: &'static CommandSpec,
    /// `get`, or `config|get` for a subcommand.
    pub name: &'static str,
    /// The container's number, of a subcommand.
    pub parent: Option<u16>,
    first_sub: u16,
    subs: u16,
}

/// See the head of the file.
#[derive(Clone)]
pub struct CommandTable {
    commands: Vec<Command>,
    /// Open-addressed by folded name and length.
    index: Vec<Slot>,
    /// What each top-level command is called here (`rename-command`); `None` when renamed to "".
    names: Vec<Option<Box<[u8]>>>,
}

const INDEX_SIZE: usize = 2048;

/// A slot of the index.
#[derive(Clone, Copy, Default)]
struct Slot {
    /// The first eight bytes of the name, folded.
    word: u64,
    len: u32,
    /// Number + 1 of the command; 0: free.
    id: u16,
    /// `word` and `len` say it all.
    exact: bool,
}

/// The first eight bytes of a name with the bit set that tells lower from upper case letters. Two names of
/// letters fold to the same word exactly if they are equal without regard to case.
#[inline]
fn fold(name: &[u8]) -> u64 {
    const CASE: u64 = 0x2020_2020_2020_2020;
    if let Some(first) = name.first_chunk::<8>() {
        return u64::from_le_bytes(*first) | CASE;
    }
    let mut word = [0u8; 8];
    for (to, from) in word.iter_mut().zip(name) {
        *to = *from;
    }
    u64::from_le_bytes(word) | CASE
}

#[inline]
fn place(word: u64, len: usize) -> usize {
    let mixed = (word ^ (len as u64).rotate_right(8)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> (64 - INDEX_SIZE.trailing_zeros())) as usize
}

impl CommandTable {
    /// Builds the table out of the families' rows.
    ///
    /// # Panics
    /// When two rows have one name, or there are too many: errors of ours, seen by any test.
    pub fn new(families: &[&'static [Row]]) -> CommandTable {
        let mut table = CommandTable {
            commands: Vec::with_capacity(512),
            index: vec![Slot::default(); INDEX_SIZE],
            names: Vec::with_capacity(512),
        };
        for row in families.iter().flat_map(|rows| rows.iter()) {
            assert!(table.find(row.spec.name.as_bytes()).is_none(), "two rows named {}", row.spec.name);
            let id = table.push(row, None, row.spec.name);
            for sub in row.subs {
                // Leaked once per process: the names of subcommands as INFO and ACL print them.
                let name = Box::leak(format!("{}|{}", row.spec.name, sub.spec.name).into_boxed_str());
                table.push(sub, Some(id), name);
            }
            table.link(id, row.spec.name.as_bytes());
        }
        assert!(table.commands.len() < INDEX_SIZE / 2);
        table
    }

    fn push(&mut self, row: &'static Row, parent: Option<u16>, name: &'static str) -> u16 {
        let id = u16::try_from(self.commands.len()).expect("fewer than 65536 commands");
        // Subcommands follow their container.
        let (first_sub, subs) = (id + 1, row.subs.len() as u16);
        let info = Info { id, run: row.run, spec: &row.spec, name, parent, first_sub, subs };
        // Leaked once per table: commands are named for as long as the process lives.
        self.commands.push(Command(Box::leak(Box::new(info))));
        self.names.push(Some(Box::from(row.spec.name.as_bytes())));
        id
    }

    fn link(&mut self, id: u16, name: &[u8]) {
        let (word, exact) = (fold(name), name.len() <= 8 && name.iter().all(u8::is_ascii_alphabetic));
        let mut at = place(word, name.len());
        while self.index[at].id != 0 {
            at = (at + 1) % INDEX_SIZE;
        }
        self.index[at] = Slot { word, len: name.len() as u32, id: id + 1, exact };
    }

    /// The command of that name, in any case.
    #[inline]
    pub fn find(&self, name: &[u8]) -> Option<Command> {
        let word = fold(name);
        let mut at = place(word, name.len());
        loop {
            let slot = self.index[at];
            if slot.id == 0 {
                return None;
            }
            if slot.word == word && slot.len as usize == name.len() {
                let id = usize::from(slot.id - 1);
                let whole = || self.names[id].as_deref().is_some_and(|own| eq_ignore_case(own, name));
                if slot.exact || whole() {
                    return Some(self.commands[id]);
                }
            }
            at = (at + 1) % INDEX_SIZE;
        }
    }

    /// Takes a name out of use: its slot stays taken, so that others are found behind it.
    fn unlink(&mut self, name: &[u8]) {
        let word = fold(name);
        for slot in self.index.iter_mut().filter(|s| s.id != 0 && s.word == word) {
            if slot.len as usize == name.len() {
                *slot = Slot { len: u32::MAX, ..*slot };
            }
        }
    }

    /// The subcommand of that name, in any case.
    pub fn find_sub(&self, container: Command, name: &[u8]) -> Option<Command> {
        self.subs(container).iter().copied().find(|c| eq_ignore_case(c.spec.name.as_bytes(), name))
    }

    /// Subcommands of a container, in the order of its row.
    pub fn subs(&self, container: Command) -> &[Command] {
        let first = usize::from(container.first_sub);
        &self.commands[first..first + usize::from(container.subs)]
    }

    /// A command by its full name (`config|get`), in any case.
    pub fn find_full(&self, name: &[u8]) -> Option<Command> {
        match memchr::memchr(b'|', name) {
            None => self.find(name),
            Some(bar) => self.find_sub(self.find(&name[..bar])?, &name[bar + 1..]),
        }
    }

    pub fn by_id(&self, id: u16) -> Command {
        self.commands[usize::from(id)]
    }

    /// Commands and subcommands together.
    pub fn len(&self) -> usize {
        self.commands.len()
    }

    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    pub fn all(&self) -> &[Command] {
        &self.commands
    }

    /// Top-level commands that can be called, in table order.
    pub fn top(&self) -> impl Iterator<Item = Command> {
        self.commands
            .iter()
            .filter(|c| c.parent.is_none() && self.names[usize::from(c.id)].is_some())
            .copied()
    }

    /// `rename-command from to`; an empty `to` removes the command.
    ///
    /// # Errors
    /// The reason in the words of the configuration file's error block.
    pub fn rename(&mut self, from: &[u8], to: &[u8]) -> Result<(), &'static str> {
        let command = self.find(from).ok_or("No such command in rename-command")?;
        self.unlink(from);
        if to.is_empty() {
            self.names[usize::from(command.id)] = None;
            return Ok(());
        }
        if self.find(to).is_some() {
            return Err("Target command name already exists");
        }
        self.names[usize::from(command.id)] = Some(Box::from(to));
        self.link(command.id, to);
        Ok(())
    }
}
