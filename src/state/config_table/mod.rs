//! The table of options: one row of data per option of Redis 7.2.4.
//!
//! A row names an option, its alias, its flags, how its value is read and printed ([`Kind`]), the field of
//! [`Config`] it stands for, and what must follow a change ([`Apply`], a value: the commands that set options
//! carry it out, so this floor knows neither sockets nor files). CONFIG GET, CONFIG SET, the configuration
//! file and CONFIG REWRITE all walk these rows; nothing else in the server knows an option by its name.
//!
//! Looking an option up is a walk over some 180 rows: nobody sets options a million times a second, and the
//! rows stay plain constants. CONFIG GET lists the rows in their order here; Redis' order is that of a hash
//! table, so no client can rely on one.
//!
//! Error texts are those of Redis 7.2.4, to the letter: admin tools show them.

use std::borrow::Cow;
use std::fmt;

use super::config::Config;
use crate::base::bytes::eq_ignore_case;
use crate::base::glob;

mod kinds;
mod memory;
mod misc;
mod net;
mod persist;
mod repl;
mod special;

#[cfg(test)]
mod tests;

pub use kinds::{format_memory, os_text, parse_strtoll, title_is_valid};

/// Cannot be changed while the server runs.
pub const IMMUTABLE: u8 = 1;
/// Its value is kept out of logs, the slow log and MONITOR.
pub const SENSITIVE: u8 = 2;
/// Can be changed only as `enable-protected-configs` says.
pub const PROTECTED: u8 = 4;
/// Not found by patterns, only by its name.
pub const HIDDEN: u8 = 8;
/// Cannot be changed while a data set loads.
pub const DENY_LOADING: u8 = 16;
/// Takes several words.
pub const MULTI_ARG: u8 = 32;
/// Setting it to the value it has counts as a change, too: the file it names may be new.
pub const VOLATILE: u8 = 64;

/// What must follow when an option was changed while the server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Apply {
    /// Nothing: whoever needs the value reads it.
    None,
    /// `port`: move the TCP listener.
    Port,
    /// `bind`: move all listeners.
    Bind,
    /// `tls-port`: move the TLS listener.
    TlsPort,
    /// Other `tls-*`: load certificates anew.
    Tls,
    /// `maxclients`: raise the limit of open files, or fail.
    MaxClients,
    /// `maxmemory-clients`: evict or forget client sizes.
    ClientMemory,
    /// `maxmemory` and its policy: the keyspace's clocks, a first eviction.
    Memory,
    /// `lfu-*`: the keyspace's parameters.
    Lfu,
    /// `jemalloc-bg-thread`.
    JemallocThread,
    /// `hz`: the timer. The value is within 1 and 500 already.
    Hz,
    /// `loglevel`.
    LogLevel,
    /// `proc-title-template`.
    ProcTitle,
    /// `oom-score-adj`, `oom-score-adj-values`.
    OomScore,
    /// `crash-log-enabled`: signal handlers on or off.
    CrashLog,
    /// `watchdog-period`.
    Watchdog,
    /// `locale-collate`: may fail with "Invalid locale name".
    Locale,
    /// `dir`: change the working directory, or fail with the system's text.
    Dir,
    /// `appendonly`: start or stop the append-only file, or fail.
    AppendOnly,
    /// `appendfsync`: settle what a background fsync still does.
    AppendFsync,
    /// `aof-disable-auto-gc`: delete what was kept.
    AofAutoGc,
    /// `repl-backlog-size`.
    Backlog,
    /// `min-replicas-*`: count good replicas again.
    GoodReplicas,
    /// `requirepass`: the password of the default user.
    RequirePass,
    /// `notify-keyspace-events`: who is interested in touched keys.
    Notify,
    /// `cluster-*` that other nodes see.
    Cluster,
}

/// A change that was made and the name it was made by, for the error text should applying fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// What to do.
    pub apply: Apply,
    /// Name of the (first) option behind it.
    pub name: &'static str,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// CONFIG SET: a list replaces the old list.
    Runtime,
    /// File or command line: `save` lines add up.
    File,
}

/// Why a value was refused, as Redis says it.
pub type Reason = Cow<'static, str>;

/// What setting or checking a value comes to.
pub type Checked<T = ()> = Result<T, Reason>;

/// Lines for CONFIG REWRITE, each with whether it is written even when the file has no such line.
pub type Lines = Vec<(Vec<u8>, bool)>;

/// How a value is read, checked and printed. The functions are the row's way into [`Config`].
#[derive(Clone, Copy)]
pub enum Kind {
    /// yes or no.
    Bool { get: fn(&Config) -> bool, set: fn(&mut Config, bool), check: Option<fn(bool, Source) -> Checked> },
    /// A number in a range.
    Int { get: fn(&Config) -> i128, set: fn(&mut Config, i128), min: i128, max: i128, form: IntForm },
    /// One word of a list; `set` is false for other words.
    Enum {
        names: fn() -> Vec<&'static str>,
        get: fn(&Config) -> &'static str,
        set: fn(&mut Config, &[u8]) -> bool,
    },
    /// A text.
    Text {
        get: fn(&Config) -> &[u8],
        set: fn(&mut Config, &[u8]) -> Checked,
        check: Option<fn(&[u8]) -> Checked>,
        /// Empty means "not set": CONFIG REWRITE then drops its lines.
        empty_is_unset: bool,
        /// Redis keeps a C string: a zero byte ends it.
        c_string: bool,
    },
    /// Anything with rules of its own.
    Special {
        get: fn(&Config) -> Vec<u8>,
        /// True: changed.
        set: fn(&mut Config, &[&[u8]], Source) -> Checked<bool>,
        /// No lines: those of the file are dropped.
        rewrite: fn(&Config) -> Lines,
    },
}

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntForm {
    /// Decimal.
    Plain,
    /// Bytes, with units.
    Memory,
    /// Bytes with units, or a percentage, kept negative.
    MemoryOrPercent,
    /// Octal permission bits.
    Octal,
}

/// One option.
#[derive(Clone, Copy)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// Its older name.
    pub alias: Option<&'static str>,
    /// Bits such as [`IMMUTABLE`].
    pub flags: u8,
    /// Its value.
    pub kind: Kind,
    /// What follows a change.
    pub apply: Apply,
}

impl Row {
    /// A modifiable option with no alias and no effect.
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, alias: None, flags: 0, kind, apply: Apply::None }
    }

    const fn alias(mut self, alias: &'static str) -> Self {
        self.alias = Some(alias);
        self
    }

    const fn flags(mut self, flags: u8) -> Self {
        self.flags |= flags;
        self
    }

    const fn apply(mut self, apply: Apply) -> Self {
        self.apply = apply;
        self
    }

    /// Whether all bits of `flag` are set.
    pub const fn is(&self, flag: u8) -> bool {
        self.flags & flag == flag
    }
}

/// All rows, in the order CONFIG GET and REWRITE walk them.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    [net::ROWS, memory::ROWS, persist::ROWS, repl::ROWS, misc::ROWS].into_iter().flatten()
}

/// Finds an option by name or alias, whatever the case; with it the spelling that was found.
pub fn lookup(name: &[u8]) -> Option<(&'static Row, &'static str)> {
    rows().find_map(|row| {
        let known = std::iter::once(row.name).chain(row.alias);
        known.into_iter().find(|known| eq_ignore_case(known.as_bytes(), name)).map(|known| (row, known))
    })
}

/// Whether `name` is an option whose value must not be shown.
pub fn is_sensitive(name: &[u8]) -> bool {
    lookup(name).is_some_and(|(row, _)| row.is(SENSITIVE))
}

/// CONFIG GET with one name or pattern: names as they are printed, and values.
///
/// A name without `*`, `?`, `[` is looked up and comes back as it was typed. A pattern finds aliases, too, as
/// entries of their own, and no [`HIDDEN`] options.
pub fn get(config: &Config, pattern: &[u8]) -> Vec<(String, Vec<u8>)> {
    get_all(config, &[pattern])
}

/// CONFIG GET with several names or patterns: nothing is listed twice.
pub fn get_all(config: &Config, patterns: &[&[u8]]) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |shown: String, row: &Row| {
        if !found.iter().any(|(name, _)| name.eq_ignore_ascii_case(&shown)) {
            found.push((shown, row.print(config)));
        }
    };
    for pattern in patterns {
        if !pattern.iter().any(|byte| b"[*?".contains(byte)) {
            if let Some((row, _)) = lookup(pattern) {
                add(String::from_utf8_lossy(pattern).into_owned(), row);
            }
            continue;
        }
        for row in rows().filter(|row| !row.is(HIDDEN)) {
            for name in std::iter::once(row.name).chain(row.alias) {
                if glob::matches(pattern, name.as_bytes(), true) {
                    add(name.to_owned(), row);
                }
            }
        }
    }
    found
}

/// The value of one option as CONFIG GET prints it; `None` for an unknown name.
pub fn get_one(config: &Config, name: &str) -> Option<Vec<u8>> {
    lookup(name.as_bytes()).map(|(row, _)| row.print(config))
}

/// Why CONFIG SET failed. `Display` is Redis' text without the leading `ERR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// Refused while a data set loads: the reply is the LOADING error.
    Loading,
    /// No such option.
    Unknown(Vec<u8>),
    /// This option was refused, for this reason if there is one to tell.
    Failed(String, Option<Reason>),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loading => f.write_str("Redis is loading the dataset in memory"),
            Self::Unknown(name) => {
                let name = String::from_utf8_lossy(name);
                write!(f, "Unknown option or number of arguments for CONFIG SET - '{name}'")
            }
            Self::Failed(name, None) => {
                write!(f, "CONFIG SET failed (possibly related to argument '{name}')")
            }
            Self::Failed(name, Some(reason)) => {
                write!(f, "CONFIG SET failed (possibly related to argument '{name}') - {reason}")
            }
        }
    }
}

impl std::error::Error for ConfigError {}

/// What CONFIG SET must know of its surroundings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SetContext {
    /// The client is connected from this host (for `enable-protected-configs local`).
    pub local_client: bool,
    /// A data set is loading.
    pub loading: bool,
}

/// CONFIG SET: sets all pairs or none, and tells what must follow, each effect once, in the order of the
/// pairs.
///
/// Values are read as if in this order, so a later pair may undo an earlier one under another alias, as in
/// Redis. When an effect fails afterwards, the caller puts the clone of the old configuration back, applies
/// it again and answers [`ConfigError::Failed`].
pub fn set_many(
    config: &mut Config,
    pairs: &[(&[u8], &[u8])],
    cx: SetContext,
) -> Result<Vec<Effect>, ConfigError> {
    let found = check_names(config, pairs, cx)?;
    let mut next = config.clone();
    let mut effects: Vec<Effect> = Vec::new();
    for ((row, name), (_, value)) in found.into_iter().zip(pairs) {
        let changed = match row.is(MULTI_ARG) {
            // An empty value has no words at all.
            true if value.is_empty() => row.set(&mut next, &[], Source::Runtime),
            true => row.set(&mut next, &value.split(|&b| b == b' ').collect::<Vec<_>>(), Source::Runtime),
            false => row.set(&mut next, &[value], Source::Runtime),
        };
        let changed = changed.map_err(|reason| ConfigError::Failed(name.to_owned(), Some(reason)))?;
        if changed && row.apply != Apply::None && !effects.iter().any(|e| e.apply == row.apply) {
            effects.push(Effect { apply: row.apply, name });
        }
    }
    *config = next;
    Ok(effects)
}

/// The rows named by `pairs`, when all may be set. An unknown name wins over a refusal only when it comes
/// first, as in Redis.
fn check_names(
    config: &Config,
    pairs: &[(&[u8], &[u8])],
    cx: SetContext,
) -> Result<Vec<(&'static Row, &'static str)>, ConfigError> {
    let mut found: Vec<(&'static Row, &'static str)> = Vec::with_capacity(pairs.len());
    for (typed, _) in pairs {
        let (row, name) = lookup(typed).ok_or_else(|| ConfigError::Unknown(typed.to_vec()))?;
        let refuse = |reason| {
            Err(ConfigError::Failed(String::from_utf8_lossy(typed).into_owned(), Some(Cow::Borrowed(reason))))
        };
        if row.is(IMMUTABLE) {
            return refuse("can't set immutable config");
        }
        if row.is(PROTECTED) && !config.enable_protected_configs.allows(cx.local_client) {
            return refuse("can't set protected config");
        }
        if row.is(DENY_LOADING) && cx.loading {
            return Err(ConfigError::Loading);
        }
        // An alias is another entry: naming an option both ways is no duplicate.
        if found.iter().any(|(_, earlier)| *earlier == name) {
            return refuse("duplicate parameter");
        }
        found.push((row, name));
    }
    Ok(found)
}

/// Options that are read, kept and rewritten, but whose feature does not exist yet. A start with one of them
/// away from its default says so in the log.
pub const UNIMPLEMENTED: &[&str] = &[
    "tls-port",
    "tls-cluster",
    "tls-replication",
    "tls-cert-file",
    "tls-key-file",
    "tls-ca-cert-file",
    "tls-ca-cert-dir",
    "io-threads",
    "io-threads-do-reads",
    "activedefrag",
    "cluster-enabled",
    "watchdog-period",
    "socket-mark-id",
    "aclfile",
];

/// The options of [`UNIMPLEMENTED`] that this configuration asks for.
pub fn unimplemented_in_use(config: &Config) -> Vec<&'static str> {
    let default = Config::default();
    let asked = |name: &&str| get_one(config, name) != get_one(&default, name);
    UNIMPLEMENTED.iter().copied().filter(asked).collect()
}
