//! What a command is, as data: the row a family writes beside each handler.
//!
//! Everything here is `'static` and built by the compiler, so the table costs no start-up work and the
//! core decides by flags without knowing a name. A [`CommandSpec`] holds what steers behaviour (arity,
//! flags, where the keys are); what only tells people about the command (summary, argument tree,
//! history) hangs off it as a [`CommandDoc`], which COMMAND DOCS alone reads.
//!
//! Rows are written with the short names of [`row`]:
//! `CommandSpec { name: "get", arity: 2, flags: READONLY.or(FAST), acl: STRING, keys: &[KeySpec::at(1, RO.or(ACCESS))], doc: &docs::string::GET, ..CommandSpec::EMPTY }`.
//!
//! - [`Flags`], [`Categories`], [`KeyFlags`], [`ChannelFlags`]: sets of bits; the order of the bits is
//!   the order in which COMMAND INFO prints the names.
//! - [`KeySpec`]: where keys stand among the arguments; `extract` reads requests by it.
//! - `acl` of a row lists only what flags do not say already: [`CommandSpec::categories`] adds
//!   `@write`, `@read`, `@admin`, `@dangerous`, `@pubsub`, `@fast`, `@slow` and `@blocking`.
//!
//! Source: Redis 7.2.4, COMMAND INFO and COMMAND DOCS; redis.io "Key specifications".

mod bits;
mod doc;
mod extract;
mod key_spec;
#[cfg(test)]
mod tests;

pub use bits::{Categories, ChannelFlags, Flags, KeyFlags};
pub use doc::{ArgFlags, ArgKind, ArgSpec, CommandDoc, DocFlags, arg};
pub use extract::{Found, channels, extract_keys, extract_keys_into};
pub use key_spec::{Begin, Find, GetKeys, KeySpec, Legacy};

/// One command or subcommand as data. Write the fields that matter and fill up with
/// [`CommandSpec::EMPTY`].
#[derive(Clone, Copy, Debug)]
pub struct CommandSpec {
    /// Lower case; of a subcommand its own part (`get` of `config|get`).
    pub name: &'static str,
    /// Number of arguments, the name (and the container's name) included; negative: at least that many.
    pub arity: i32,
    /// What the core looks at, and what COMMAND INFO prints.
    pub flags: Flags,
    /// ACL categories which the flags do not imply; see [`CommandSpec::categories`].
    pub acl: Categories,
    /// Where the keys are.
    pub keys: &'static [KeySpec],
    /// How to find the keys when the key specs cannot say it, or not with the right flags.
    pub get_keys: GetKeys,
    /// Channels among the arguments, for ACL: flags, first position, whether all the rest are channels.
    pub channels: Option<ChannelSpec>,
    /// What people are told.
    pub doc: &'static CommandDoc,
}

/// Where a pub/sub command names channels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChannelSpec {
    pub flags: ChannelFlags,
    /// Index of the first channel.
    pub first: usize,
    /// All arguments from there on, or only that one.
    pub all: bool,
}

impl CommandSpec {
    /// A command with no name, flags or keys: the rest of a row.
    pub const EMPTY: CommandSpec = CommandSpec {
        name: "",
        arity: 0,
        flags: Flags::NONE,
        acl: Categories::NONE,
        keys: &[],
        get_keys: GetKeys::Specs,
        channels: None,
        doc: &CommandDoc::EMPTY,
    };

    /// Whether a request of `argc` arguments (name included) has an admissible length.
    #[inline]
    pub const fn arity_ok(&self, argc: usize) -> bool {
        let want = self.arity.unsigned_abs() as usize;
        if self.arity >= 0 { argc == want } else { argc >= want }
    }

    /// All ACL categories: the declared ones and those which the flags imply.
    pub const fn categories(&self) -> Categories {
        let mut all = self.acl;
        if self.flags.has(Flags::WRITE) {
            all = all.or(Categories::WRITE);
        }
        // Running a read-only script is not reading: the script does that, under its own check.
        if self.flags.has(Flags::READONLY) && !self.acl.has(Categories::SCRIPTING) {
            all = all.or(Categories::READ);
        }
        if self.flags.has(Flags::ADMIN) {
            all = all.or(Categories::ADMIN).or(Categories::DANGEROUS);
        }
        if self.flags.has(Flags::PUBSUB) {
            all = all.or(Categories::PUBSUB);
        }
        if self.flags.has(Flags::BLOCKING) {
            all = all.or(Categories::BLOCKING);
        }
        all.or(if self.flags.has(Flags::FAST) { Categories::FAST } else { Categories::SLOW })
    }

    /// Whether the command can name keys at all.
    pub const fn has_keys(&self) -> bool {
        !matches!(self.get_keys, GetKeys::Specs) || key_spec::any_real(self.keys)
    }

    /// First key, last key and step as clients before Redis 7 know them; zeros: nothing of that form.
    pub const fn legacy(&self) -> Legacy {
        key_spec::legacy(self.keys)
    }
}

/// The short names that rows are written with; `use crate::state::spec::row::*`.
pub mod row {
    pub use super::bits::category::*;
    pub use super::bits::flag::*;
    pub use super::bits::key_flag::*;
    pub use super::{ChannelFlags, ChannelSpec, CommandSpec, GetKeys, KeySpec};
}
