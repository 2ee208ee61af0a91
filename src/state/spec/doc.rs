//! What people are told about a command: summary, history, argument tree.
//!
//! Only COMMAND DOCS reads this. It is a thousand arguments of constant data, so the builders below
//! are short: `key("key", 0)`, `int("seconds").word("EX").opt()`. A text that is absent is "".

/// The documentation of a command or subcommand.
#[derive(Clone, Copy, Debug)]
pub struct CommandDoc {
    /// One sentence.
    pub summary: &'static str,
    /// The Redis version that first had it.
    pub since: &'static str,
    /// `string`, `sorted-set`, …
    pub group: &'static str,
    pub complexity: &'static str,
    pub flags: DocFlags,
    pub deprecated_since: &'static str,
    pub replaced_by: &'static str,
    /// Version and what it changed.
    pub history: &'static [(&'static str, &'static str)],
    /// Hints for clients and proxies, printed by COMMAND INFO.
    pub tips: &'static [&'static str],
    pub args: &'static [ArgSpec],
}

/// Bits of COMMAND DOCS' `doc_flags`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DocFlags {
    pub deprecated: bool,
    /// For the server's own use, not for people.
    pub syscmd: bool,
}

/// One argument, or a group of them.
#[derive(Clone, Copy, Debug)]
pub struct ArgSpec {
    pub name: &'static str,
    pub kind: ArgKind,
    /// What to show instead of the name; "" is the name.
    pub display: &'static str,
    /// Which key spec finds it.
    pub key_spec: Option<u8>,
    /// The word before it, or the word it consists of. MIGRATE has an empty one.
    pub token: Option<&'static str>,
    pub since: &'static str,
    pub deprecated_since: &'static str,
    pub flags: ArgFlags,
    /// Members of a block or a choice.
    pub args: &'static [ArgSpec],
}

/// What an argument is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ArgKind {
    String,
    Integer,
    Double,
    Key,
    Pattern,
    UnixTime,
    PureToken,
    OneOf,
    Block,
}

/// How often an argument may come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ArgFlags {
    pub optional: bool,
    pub multiple: bool,
    /// Each repetition repeats the word too.
    pub multiple_token: bool,
}

impl ArgKind {
    /// As COMMAND DOCS prints it.
    pub const fn name(self) -> &'static str {
        match self {
            ArgKind::String => "string",
            ArgKind::Integer => "integer",
            ArgKind::Double => "double",
            ArgKind::Key => "key",
            ArgKind::Pattern => "pattern",
            ArgKind::UnixTime => "unix-time",
            ArgKind::PureToken => "pure-token",
            ArgKind::OneOf => "oneof",
            ArgKind::Block => "block",
        }
    }

    /// Whether it holds other arguments.
    pub const fn is_group(self) -> bool {
        matches!(self, ArgKind::OneOf | ArgKind::Block)
    }
}

impl DocFlags {
    /// Printed names of what is set.
    pub fn names(self) -> impl Iterator<Item = &'static str> + Clone {
        [(self.deprecated, "deprecated"), (self.syscmd, "syscmd")].into_iter().filter(|f| f.0).map(|f| f.1)
    }
}

impl ArgFlags {
    /// Printed names of what is set.
    pub fn names(self) -> impl Iterator<Item = &'static str> + Clone {
        let all = [
            (self.optional, "optional"),
            (self.multiple, "multiple"),
            (self.multiple_token, "multiple_token"),
        ];
        all.into_iter().filter(|f| f.0).map(|f| f.1)
    }
}

impl CommandDoc {
    /// Nothing known.
    pub const EMPTY: CommandDoc = CommandDoc {
        summary: "",
        since: "",
        group: "",
        complexity: "",
        flags: DocFlags { deprecated: false, syscmd: false },
        deprecated_since: "",
        replaced_by: "",
        history: &[],
        tips: &[],
        args: &[],
    };

    /// The four things that (nearly) every command has.
    pub const fn new(
        group: &'static str,
        since: &'static str,
        complexity: &'static str,
        summary: &'static str,
    ) -> CommandDoc {
        CommandDoc { group, since, complexity, summary, ..CommandDoc::EMPTY }
    }

    /// Superseded since a version, by something else.
    #[must_use]
    pub const fn deprecated(mut self, since: &'static str, replaced_by: &'static str) -> CommandDoc {
        self.flags.deprecated = true;
        self.deprecated_since = since;
        self.replaced_by = replaced_by;
        self
    }

    /// For the server's own use.
    #[must_use]
    pub const fn syscmd(mut self) -> CommandDoc {
        self.flags.syscmd = true;
        self
    }

    #[must_use]
    pub const fn history(mut self, history: &'static [(&'static str, &'static str)]) -> CommandDoc {
        self.history = history;
        self
    }

    #[must_use]
    pub const fn tips(mut self, tips: &'static [&'static str]) -> CommandDoc {
        self.tips = tips;
        self
    }

    #[must_use]
    pub const fn args(mut self, args: &'static [ArgSpec]) -> CommandDoc {
        self.args = args;
        self
    }
}

impl ArgSpec {
    /// An argument of that kind.
    pub const fn new(name: &'static str, kind: ArgKind) -> ArgSpec {
        ArgSpec {
            name,
            kind,
            display: "",
            key_spec: None,
            token: None,
            since: "",
            deprecated_since: "",
            flags: ArgFlags { optional: false, multiple: false, multiple_token: false },
            args: &[],
        }
    }

    /// A group of arguments.
    pub const fn group(name: &'static str, kind: ArgKind, args: &'static [ArgSpec]) -> ArgSpec {
        let mut group = ArgSpec::new(name, kind);
        group.args = args;
        group
    }

    /// Shown as `text`.
    #[must_use]
    pub const fn show(mut self, text: &'static str) -> ArgSpec {
        self.display = text;
        self
    }

    /// Found by key spec number `index`.
    #[must_use]
    pub const fn spec(mut self, index: u8) -> ArgSpec {
        self.key_spec = Some(index);
        self
    }

    /// Preceded by (or consisting of) a word.
    #[must_use]
    pub const fn word(mut self, token: &'static str) -> ArgSpec {
        self.token = Some(token);
        self
    }

    #[must_use]
    pub const fn since(mut self, version: &'static str) -> ArgSpec {
        self.since = version;
        self
    }

    /// Deprecated since that version.
    #[must_use]
    pub const fn until(mut self, version: &'static str) -> ArgSpec {
        self.deprecated_since = version;
        self
    }

    /// Optional.
    #[must_use]
    pub const fn opt(mut self) -> ArgSpec {
        self.flags.optional = true;
        self
    }

    /// May repeat.
    #[must_use]
    pub const fn many(mut self) -> ArgSpec {
        self.flags.multiple = true;
        self
    }

    /// Repeats with its word.
    #[must_use]
    pub const fn each(mut self) -> ArgSpec {
        self.flags.multiple_token = true;
        self
    }
}

/// Short builders for the documentation data.
pub mod arg {
    use super::{ArgKind, ArgSpec};

    pub const fn string(name: &'static str) -> ArgSpec {
        ArgSpec::new(name, ArgKind::String)
    }
    pub const fn int(name: &'static str) -> ArgSpec {
        ArgSpec::new(name, ArgKind::Integer)
    }
    pub const fn double(name: &'static str) -> ArgSpec {
        ArgSpec::new(name, ArgKind::Double)
    }
    pub const fn pattern(name: &'static str) -> ArgSpec {
        ArgSpec::new(name, ArgKind::Pattern)
    }
    pub const fn time(name: &'static str) -> ArgSpec {
        ArgSpec::new(name, ArgKind::UnixTime)
    }
    /// A key, found by key spec number `spec`.
    pub const fn key(name: &'static str, spec: u8) -> ArgSpec {
        ArgSpec::new(name, ArgKind::Key).spec(spec)
    }
    /// A word that stands alone.
    pub const fn token(name: &'static str, word: &'static str) -> ArgSpec {
        ArgSpec::new(name, ArgKind::PureToken).word(word)
    }
    pub const fn one_of(name: &'static str, args: &'static [ArgSpec]) -> ArgSpec {
        ArgSpec::group(name, ArgKind::OneOf, args)
    }
    pub const fn block(name: &'static str, args: &'static [ArgSpec]) -> ArgSpec {
        ArgSpec::group(name, ArgKind::Block, args)
    }
}
