//! The typed configuration: one plain field per option of Redis 7.2.4.
//!
//! Why a struct of plain fields: code that needs a setting reads `config.repl_timeout`, with its type and its
//! unit, at the price of one load. Names, aliases, ranges and texts live apart, as rows in
//! [`config_table`](super::config_table); files, command lines and CONFIG REWRITE in
//! [`config_file`](super::config_file).
//!
//! A field is called as its option, with `_` for `-`. Its default stands beside it and is the one of Redis
//! 7.2.4. Option values that Redis keeps as "no string" are empty here: for passwords, addresses and file
//! names an empty value and an absent one mean the same.
//!
//! Texts: secrets are bytes, because clients may send any; file names are [`PathBuf`]s, which hold any bytes
//! too; the rest are `String`s. Deviation: Redis takes bytes that are not UTF-8 in those as well, we refuse
//! them.

use std::path::PathBuf;

/// An option whose value is one of a few words.
pub trait Choice: Sized + Copy + 'static {
    /// The accepted words and what each means, in the order the error text lists them. The first word that
    /// has a value is the one that is printed for it.
    const NAMES: &'static [(&'static str, Self)];
    /// The word printed for this value.
    fn name(self) -> &'static str;
}

/// Declares an enum and its words together, so that neither can be forgotten.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $($word:literal)|+),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }
        impl Choice for $name {
            const NAMES: &'static [(&'static str, Self)] = &[$($(($word, Self::$variant)),+),+];
            fn name(self) -> &'static str {
                Self::NAMES.iter().find(|(_, value)| *value == self).map_or("unknown", |(word, _)| *word)
            }
        }
        impl $name {
            /// The word printed for this value (see [`Choice::name`]).
            pub fn name(self) -> &'static str { Choice::name(self) }
        }
    };
}

choice! {
    /// `maxmemory-policy`: what may be evicted, and in which order.
    MaxmemoryPolicy {
        VolatileLru = "volatile-lru", VolatileLfu = "volatile-lfu", VolatileRandom = "volatile-random",
        VolatileTtl = "volatile-ttl", AllkeysLru = "allkeys-lru", AllkeysLfu = "allkeys-lfu",
        AllkeysRandom = "allkeys-random", Noeviction = "noeviction",
    }
}

impl MaxmemoryPolicy {
    /// Whether the clock field of keys counts how often they are used.
    pub fn is_lfu(self) -> bool {
        matches!(self, Self::VolatileLfu | Self::AllkeysLfu)
    }

    /// Whether the clock field of keys tells when they were last used and decides evictions.
    pub fn is_lru(self) -> bool {
        matches!(self, Self::VolatileLru | Self::AllkeysLru)
    }

    /// Whether only keys with a time to live may be evicted.
    pub fn is_volatile(self) -> bool {
        matches!(self, Self::VolatileLru | Self::VolatileLfu | Self::VolatileRandom | Self::VolatileTtl)
    }
}

choice! {
    /// `syslog-facility`.
    SyslogFacility {
        User = "user", Local0 = "local0", Local1 = "local1", Local2 = "local2", Local3 = "local3",
        Local4 = "local4", Local5 = "local5", Local6 = "local6", Local7 = "local7",
    }
}
choice! {
    /// `loglevel`: the least important kind of line that is written.
    LogLevel {
        Debug = "debug", Verbose = "verbose", Notice = "notice", Warning = "warning",
        /// No lines at all.
        Nothing = "nothing",
    }
}
choice! {
    /// `supervised`: who started us and wants to be told when we are ready.
    Supervised { Upstart = "upstart", Systemd = "systemd", Auto = "auto", No = "no" }
}
choice! {
    /// `appendfsync`: when the append-only file is forced to disk.
    AppendFsync { Everysec = "everysec", Always = "always", No = "no" }
}
choice! {
    /// `repl-diskless-load`: whether a replica parses the snapshot while it arrives.
    DisklessLoad {
        /// Store the snapshot as a file first, then load it.
        Disabled = "disabled",
        /// Parse from the socket only while there is no data to lose.
        OnEmptyDb = "on-empty-db",
        /// Parse into a second set of databases and swap when it is complete.
        Swapdb = "swapdb",
    }
}
choice! {
    /// `repl-rdb-version`: the RDB version of snapshots for replicas.
    RdbVersion {
        /// What suits the replica, as far as it tells.
        Auto = "auto", V9 = "9", V10 = "10", V11 = "11",
    }
}
choice! {
    /// `tls-auth-clients`: whether clients must show a certificate.
    TlsAuthClients { No = "no", Yes = "yes", Optional = "optional" }
}
choice! {
    /// `oom-score-adj`: whether the scores of [`Config::oom_score_adj_values`] are set, and relative to what.
    OomScoreAdj { No = "no", Relative = "yes" | "relative", Absolute = "absolute" }
}
choice! {
    /// `acl-pubsub-default`: the channels a new ACL user may use.
    AclPubsubDefault { Allchannels = "allchannels", Resetchannels = "resetchannels" }
}
choice! {
    /// `sanitize-dump-payload`: whose RDB and RESTORE payloads are checked in depth.
    SanitizeDump { No = "no", Yes = "yes", Clients = "clients" }
}
choice! {
    /// `enable-debug-command` and its kin: who may use a dangerous feature.
    ProtectedAction { No = "no", Yes = "yes",
        /// Only connections from this host.
        Local = "local" }
}
choice! {
    /// `cluster-preferred-endpoint-type`.
    ClusterEndpoint { Ip = "ip", Hostname = "hostname", UnknownEndpoint = "unknown-endpoint" }
}
choice! {
    /// `propagation-error-behavior`: what a replica does when a command of its master fails.
    PropagationError { Ignore = "ignore", Panic = "panic", PanicOnReplicas = "panic-on-replicas" }
}

impl ProtectedAction {
    /// Whether a client may act; `local`: it is connected from this host.
    pub fn allows(self, local: bool) -> bool {
        self == Self::Yes || (self == Self::Local && local)
    }
}

/// `shutdown-on-sigint`, `shutdown-on-sigterm`: a set of SHUTDOWN's options; empty is "default".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShutdownOn {
    /// Write a snapshot even without save points.
    pub save: bool,
    /// Write no snapshot.
    pub nosave: bool,
    /// Do not wait for replicas that lag.
    pub now: bool,
    /// Go on when saving fails.
    pub force: bool,
}

/// Classes of key events (`notify-keyspace-events`), a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NotifyFlags(pub u16);

impl NotifyFlags {
    /// `K`: publish on `__keyspace@db__:key`.
    pub const KEYSPACE: Self = Self(1 << 0);
    /// `E`: publish on `__keyevent@db__:event`.
    pub const KEYEVENT: Self = Self(1 << 1);
    /// `g`: commands of no type, such as DEL.
    pub const GENERIC: Self = Self(1 << 2);
    /// `$`
    pub const STRING: Self = Self(1 << 3);
    /// `l`
    pub const LIST: Self = Self(1 << 4);
    /// `s`
    pub const SET: Self = Self(1 << 5);
    /// `h`
    pub const HASH: Self = Self(1 << 6);
    /// `z`
    pub const ZSET: Self = Self(1 << 7);
    /// `x`: a key expired.
    pub const EXPIRED: Self = Self(1 << 8);
    /// `e`: a key was evicted.
    pub const EVICTED: Self = Self(1 << 9);
    /// `t`
    pub const STREAM: Self = Self(1 << 10);
    /// `m`: a key was looked for and missing; not part of `A`.
    pub const KEY_MISS: Self = Self(1 << 11);
    /// `d`: events of modules.
    pub const MODULE: Self = Self(1 << 13);
    /// `n`: a key was created; not part of `A`.
    pub const NEW: Self = Self(1 << 14);
    /// `A`: the classes `g$lshzxetd`.
    pub const ALL: Self = Self(0x07fc | 1 << 13);

    /// Letters in the order they are printed; those after `n` are printed even beside `A`.
    const LETTERS: &'static [(u8, Self)] = &[
        (b'g', Self::GENERIC),
        (b'$', Self::STRING),
        (b'l', Self::LIST),
        (b's', Self::SET),
        (b'h', Self::HASH),
        (b'z', Self::ZSET),
        (b'x', Self::EXPIRED),
        (b'e', Self::EVICTED),
        (b't', Self::STREAM),
        (b'd', Self::MODULE),
        (b'n', Self::NEW),
        (b'K', Self::KEYSPACE),
        (b'E', Self::KEYEVENT),
        (b'm', Self::KEY_MISS),
    ];

    /// Whether all bits of `class` are set.
    pub const fn has(self, class: Self) -> bool {
        self.0 & class.0 == class.0
    }

    /// Reads the letters; `None` when one is unknown.
    pub fn parse(letters: &[u8]) -> Option<Self> {
        let mut flags = 0;
        for &letter in letters {
            flags |= match letter {
                b'A' => Self::ALL.0,
                _ => Self::LETTERS.iter().find(|(l, _)| *l == letter)?.1.0,
            };
        }
        Some(Self(flags))
    }

    /// The letters as CONFIG GET prints them. As in Redis, `n` is not shown beside `A`.
    pub fn letters(self) -> String {
        let all = self.has(Self::ALL);
        let mut text = String::from(if all { "A" } else { "" });
        for &(letter, class) in Self::LETTERS {
            let covered = all && (class.0 & Self::ALL.0 != 0 || class == Self::NEW);
            if self.has(class) && !covered {
                text.push(letter as char);
            }
        }
        text
    }
}

/// One rule of `save`: write a snapshot when so many changes are waiting after so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavePoint {
    /// Seconds since the last snapshot, at least 1.
    pub seconds: i64,
    /// Number of changes, 0 or more.
    pub changes: i64,
}

/// Output buffer limits of one class of clients; 0 means no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputLimit {
    /// Bytes at which the client is closed at once.
    pub hard_bytes: u64,
    /// Bytes that may not be exceeded for longer than [`soft_seconds`](Self::soft_seconds).
    pub soft_bytes: u64,
    /// Seconds.
    pub soft_seconds: i64,
}

/// `client-output-buffer-limit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputLimits {
    /// Ordinary clients, MONITOR included.
    pub normal: OutputLimit,
    /// Replicas.
    pub replica: OutputLimit,
    /// Clients subscribed to a channel or pattern.
    pub pubsub: OutputLimit,
}

impl Default for OutputLimits {
    fn default() -> Self {
        const MB: u64 = 1024 * 1024;
        let limit =
            |hard_bytes, soft_bytes, soft_seconds| OutputLimit { hard_bytes, soft_bytes, soft_seconds };
        Self {
            normal: limit(0, 0, 0),
            replica: limit(256 * MB, 64 * MB, 60),
            pubsub: limit(32 * MB, 8 * MB, 60),
        }
    }
}

/// A `rename-command` line of the configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenamedCommand {
    /// The command's name until then.
    pub from: Vec<u8>,
    /// Its new name; empty: the command is gone.
    pub to: Vec<u8>,
}

/// Declares [`Config`]: every field with its default beside it.
macro_rules! settings {
    ($($(#[$doc:meta])* $field:ident : $ty:ty = $default:expr;)*) => {
        /// Every setting of the server. `Default` gives the defaults of Redis 7.2.4.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Config { $($(#[$doc])* pub $field: $ty,)* }
        impl Default for Config {
            fn default() -> Self { Self { $($field: $default,)* } }
        }
    };
}

mod fields;
mod limits;
pub use fields::Config;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notify_letters_round_trip() {
        for (given, printed) in [
            ("", ""),
            ("KEA", "AKE"),
            ("g$lshzxetdKE", "AKE"),
            ("AKEmn", "AKEm"),
            ("KEgn", "gnKE"),
            ("Kg$", "g$K"),
            ("mx", "xm"),
        ] {
            assert_eq!(NotifyFlags::parse(given.as_bytes()).unwrap().letters(), printed, "{given}");
        }
        assert_eq!(NotifyFlags::parse(b"Kq"), None);
    }

    #[test]
    fn the_first_word_of_a_choice_is_printed() {
        assert_eq!(OomScoreAdj::Relative.name(), "yes");
        assert_eq!(OomScoreAdj::NAMES.len(), 4);
        assert_eq!(LogLevel::Nothing.name(), "nothing");
    }

    #[test]
    fn policies_know_their_kind() {
        for (word, policy) in MaxmemoryPolicy::NAMES {
            assert_eq!(policy.is_volatile(), word.starts_with("volatile"));
            assert_eq!(policy.is_lfu(), word.ends_with("lfu"));
            assert_eq!(policy.is_lru(), word.ends_with("lru"));
        }
    }

    #[test]
    fn protected_actions_look_at_the_client() {
        assert!(ProtectedAction::Yes.allows(false));
        assert!(ProtectedAction::Local.allows(true));
        assert!(!ProtectedAction::Local.allows(false));
        assert!(!ProtectedAction::No.allows(true));
    }
}
