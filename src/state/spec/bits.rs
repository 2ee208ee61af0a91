//! The sets of bits a command row is made of.
//!
//! Each is a newtype over an integer with `const` operations, because rows are constants. `has` asks
//! for any of the given bits: the common question is about one bit, and the gates ask for groups.

/// Makes a bit set: constants, operations, the names that are printed (those given as `None` are
/// internal or hidden, as Redis hides some of its flags).
macro_rules! bit_set {
    ($(#[$meta:meta])* $set:ident($int:ty); $($(#[$bit_meta:meta])* $name:ident = $bit:expr, $shown:expr;)*) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
        pub struct $set($int);

        impl $set {
            $($(#[$bit_meta])* pub const $name: $set = $set(1 << $bit);)*
            /// No bit.
            pub const NONE: $set = $set(0);
            /// Every bit, known or not.
            pub const ALL: $set = $set(!0);
            const SHOWN: &'static [(&'static str, $int)] = &[$(($shown, 1 << $bit)),*];

            /// The bits of both.
            #[must_use]
            #[inline]
            pub const fn or(self, other: $set) -> $set {
                $set(self.0 | other.0)
            }

            /// The bits that both have.
            #[must_use]
            #[inline]
            pub const fn and(self, other: $set) -> $set {
                $set(self.0 & other.0)
            }

            /// The bits that `other` does not have.
            #[must_use]
            #[inline]
            pub const fn without(self, other: $set) -> $set {
                $set(self.0 & !other.0)
            }

            /// Whether any bit of `other` is set here.
            #[inline]
            pub const fn has(self, other: $set) -> bool {
                self.0 & other.0 != 0
            }

            /// Whether all bits of `other` are set here.
            #[inline]
            pub const fn has_all(self, other: $set) -> bool {
                self.0 & other.0 == other.0
            }

            /// Whether no bit is set.
            pub const fn is_none(self) -> bool {
                self.0 == 0
            }

            /// The bits as a number; the layout is stable within one build only.
            pub const fn bits(self) -> $int {
                self.0
            }

            /// The printed names of the set bits, in the order in which COMMAND INFO prints them.
            pub fn names(self) -> impl Iterator<Item = &'static str> + Clone {
                Self::SHOWN.iter().filter(move |(name, bit)| !name.is_empty() && self.0 & bit != 0).map(|(name, _)| *name)
            }

            /// All printed names with their bit.
            pub fn table() -> impl Iterator<Item = (&'static str, $set)> {
                Self::SHOWN.iter().filter(|(name, _)| !name.is_empty()).map(|(name, bit)| (*name, $set(*bit)))
            }

            /// The bit with that printed name, in any case.
            pub fn by_name(name: &[u8]) -> Option<$set> {
                Self::table().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name)).map(|(_, bit)| bit)
            }
        }
    };
}

bit_set! {
    /// Flags of a command. An empty printed name: hidden from COMMAND INFO (in Redis too), or ours.
    Flags(u64);
    /// Changes the keyspace.
    WRITE = 0, "write";
    /// Reads the keyspace.
    READONLY = 1, "readonly";
    /// Refused when memory is short.
    DENYOOM = 2, "denyoom";
    /// Came from a module. Never set here; kept because clients know the name.
    MODULE = 3, "module";
    /// Administration.
    ADMIN = 4, "admin";
    /// Publish and subscribe.
    PUBSUB = 5, "pubsub";
    /// Not callable from scripts.
    NOSCRIPT = 6, "noscript";
    /// May park the client.
    BLOCKING = 8, "blocking";
    /// Served while data is being loaded.
    LOADING = 9, "loading";
    /// Served by a replica with stale data.
    STALE = 10, "stale";
    /// Not shown by MONITOR.
    SKIP_MONITOR = 11, "skip_monitor";
    /// Not logged as slow: its arguments are secrets.
    SKIP_SLOWLOG = 12, "skip_slowlog";
    /// Cluster: implies ASKING.
    ASKING = 13, "asking";
    /// Constant or logarithmic time.
    FAST = 14, "fast";
    /// Allowed before authentication.
    NO_AUTH = 15, "no_auth";
    /// May travel to replicas although it is not a write.
    MAY_REPLICATE = 16, "";
    /// Has keys among its arguments, but may come without any.
    NO_MANDATORY_KEYS = 19, "no_mandatory_keys";
    /// Needs `enable-debug-command` or `enable-module-command`.
    PROTECTED = 20, "";
    /// Refused while a replica loads its new data beside the old.
    NO_ASYNC_LOADING = 23, "no_async_loading";
    /// Refused inside MULTI.
    NO_MULTI = 24, "no_multi";
    /// First/last/step does not tell all keys.
    MOVABLE_KEYS = 25, "movablekeys";
    /// Served while a script runs over its time.
    ALLOW_BUSY = 26, "allow_busy";
    /// Reaches keys that no argument names.
    TOUCHES_ARBITRARY_KEYS = 28, "";
    /// Inside MULTI it runs at once.
    NO_QUEUE = 40, "";
    /// Runs the queue: its effect is that of the queued commands.
    RUNS_QUEUE = 41, "";
    /// Allowed to a RESP2 client that is subscribed.
    PUBSUB_MODE = 42, "";
    /// Answers with the disk error although it writes nothing.
    DISK_CHECK = 43, "";
    /// Served while CLIENT PAUSE ALL holds.
    ALLOW_PAUSED = 44, "";
    /// Counts as an access even under CLIENT NO-TOUCH.
    TOUCHES = 45, "";
    /// Ends a transaction, or the session: allowed inside MULTI when memory is short.
    ENDS_QUEUE = 46, "";
}

bit_set! {
    /// ACL categories; printed without the `@`.
    Categories(u32);
    KEYSPACE = 0, "keyspace";
    READ = 1, "read";
    WRITE = 2, "write";
    SET = 3, "set";
    SORTEDSET = 4, "sortedset";
    LIST = 5, "list";
    HASH = 6, "hash";
    STRING = 7, "string";
    BITMAP = 8, "bitmap";
    HYPERLOGLOG = 9, "hyperloglog";
    GEO = 10, "geo";
    STREAM = 11, "stream";
    PUBSUB = 12, "pubsub";
    ADMIN = 13, "admin";
    FAST = 14, "fast";
    SLOW = 15, "slow";
    BLOCKING = 16, "blocking";
    DANGEROUS = 17, "dangerous";
    CONNECTION = 18, "connection";
    TRANSACTION = 19, "transaction";
    SCRIPTING = 20, "scripting";
}

bit_set! {
    /// What a command does with a key: one of RO, RW, OW, RM, and what happens to the user's data.
    KeyFlags(u16);
    /// Reads the value.
    RO = 0, "RO";
    /// Changes the value or its metadata.
    RW = 1, "RW";
    /// Overwrites the value.
    OW = 2, "OW";
    /// Deletes the key.
    RM = 3, "RM";
    /// Returns or uses the user's data.
    ACCESS = 4, "access";
    /// Changes the user's data.
    UPDATE = 5, "update";
    /// Only adds to the user's data.
    INSERT = 6, "insert";
    /// Deletes some of the user's data.
    DELETE = 7, "delete";
    /// No key, only routed like one (shard channels).
    NOT_KEY = 8, "not_key";
    /// The spec does not find all keys.
    INCOMPLETE = 9, "incomplete";
    /// The flags depend on other arguments.
    VARIABLE_FLAGS = 10, "variable_flags";
}

bit_set! {
    /// What a command does with a channel; never printed.
    ChannelFlags(u8);
    PATTERN = 0, "";
    SUBSCRIBE = 1, "";
    UNSUBSCRIBE = 2, "";
    PUBLISH = 3, "";
}

/// Repeats constants of a set as free names, for rows.
macro_rules! short_names {
    ($(#[$meta:meta])* $module:ident: $set:ident; $($name:ident)*) => {
        $(#[$meta])*
        pub mod $module {
            use super::$set;
            $(#[doc = concat!("[`", stringify!($set), "::", stringify!($name), "`]")]
              pub const $name: $set = $set::$name;)*
        }
    };
}

short_names! {
    /// Command flags by their bare names.
    flag: Flags;
    WRITE READONLY DENYOOM ADMIN PUBSUB NOSCRIPT BLOCKING LOADING STALE SKIP_MONITOR SKIP_SLOWLOG ASKING FAST
    NO_AUTH MAY_REPLICATE NO_MANDATORY_KEYS PROTECTED NO_ASYNC_LOADING NO_MULTI MOVABLE_KEYS ALLOW_BUSY
    TOUCHES_ARBITRARY_KEYS NO_QUEUE RUNS_QUEUE PUBSUB_MODE DISK_CHECK ALLOW_PAUSED TOUCHES
    ENDS_QUEUE
}

short_names! {
    /// Categories that rows declare, by their bare names; the others follow from the flags.
    category: Categories;
    KEYSPACE SET SORTEDSET LIST HASH STRING BITMAP HYPERLOGLOG GEO STREAM DANGEROUS CONNECTION TRANSACTION
    SCRIPTING
}

short_names! {
    /// Key flags by their bare names.
    key_flag: KeyFlags;
    RO RW OW RM ACCESS UPDATE INSERT DELETE NOT_KEY INCOMPLETE VARIABLE_FLAGS
}
