//! What can be wrong with RDB bytes, and how Redis words it in the log.
//!
//! An [`RdbError`] carries the byte offset of the unit at fault, the kind, and the line that found it:
//! Redis logs "function at rdb.c:LINE", and a line number of the real reader helps whoever reads the report,
//! so the caller's location travels along (`#[track_caller]`, one pointer).
//!
//! [`RdbError::log_lines`] gives the lines in their order. What the server does next is the caller's: at start a
//! damaged file ends the process after a report in the manner of redis-check-rdb, a replica tries again. Source:
//! Redis 7.2.4 `rdbReportError`, `rdbLoadRioWithLoadingCtx`. Deviation: Redis ends a replica, too, that receives
//! a damaged snapshot, with the line [`LAST_WORDS`].

use super::rdb::{module_name, type_name};
use std::panic::Location;

/// What Redis logs before it ends over damage that its loading functions found.
pub const LAST_WORDS: &str = "Terminating server after rdb file reading failure.";

/// Where the bytes come from: decides the wording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file on disk.
    File,
    /// A master's socket, parsed as it arrives.
    Socket,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The first five bytes are not `REDIS`.
    Signature,
    /// A version outside 1 to [`super::rdb::MAX_VERSION`], as `atoi` reads it.
    Version(i32),
    /// SELECTDB above the configured number of databases (which is carried).
    Databases(u64),
    /// The source ended inside a unit or before the EOF opcode.
    UnexpectedEof,
    /// A length starting with the bits of no known length; carries the two bits.
    LengthEncoding(u8),
    /// A string with an unknown special encoding.
    StringEncoding(u8),
    /// A claimed size in bytes above the limit.
    TooBig(u64),
    /// LZF data that do not decompress to the size claimed.
    Lzf,
    /// A type id or opcode nobody has given out.
    UnknownType(u8),
    /// A known value type that this server cannot load.
    UnsupportedType(u8),
    /// A module's value, by module id: there are no modules here.
    ModuleValue(u64),
    /// A module value of a 4.0 release candidate.
    ModulePreGa,
    /// An unknown opcode inside module data.
    ModuleOpcode(u64),
    /// Module data outside the keyspace without their `when` field.
    ModuleWhen,
    /// Functions in the format of the 7.0 release candidates.
    FunctionPreGa,
    /// A collection whose parts do not fit together, with Redis' words for it.
    Damaged(&'static str),
    /// A collection without elements: Redis skips the key, RESTORE refuses it.
    EmptyKey,
    /// The footer does not agree with the bytes.
    Checksum {
        /// Computed over the bytes read.
        expected: u64,
        /// Found in the footer.
        got: u64,
    },
}

/// An [`ErrorKind`] and the line that noticed it; becomes an [`RdbError`] once the offset is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Who noticed.
    pub place: &'static Location<'static>,
}

impl Fault {
    /// A fault noticed by the caller.
    #[track_caller]
    pub fn new(kind: ErrorKind) -> Self {
        Fault { kind, place: Location::caller() }
    }

    /// The fault at `offset` bytes from the start of the RDB data.
    pub fn at(self, offset: u64) -> RdbError {
        RdbError { offset, kind: self.kind, place: self.place }
    }
}

/// Why reading RDB data stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RdbError {
    /// Bytes from the start of the RDB data (the `R` of `REDIS`) to the field at fault.
    pub offset: u64,
    /// What is wrong.
    pub kind: ErrorKind,
    /// The line of ours that noticed.
    pub place: &'static Location<'static>,
}

impl RdbError {
    /// True when the bytes are wrong, false when they just ended (or hold what we cannot take): Redis lets a
    /// replica survive the latter.
    pub fn is_corruption(&self) -> bool {
        use ErrorKind::*;
        !matches!(
            self.kind,
            UnexpectedEof
                | TooBig(_)
                | UnknownType(_)
                | UnsupportedType(_)
                | ModuleWhen
                | Signature
                | Version(_)
        )
    }

    /// The lines to log at level warning, in order.
    pub fn log_lines(&self, source: Source) -> Vec<String> {
        use ErrorKind::*;
        let mut lines = Vec::new();
        match &self.kind {
            Signature | Version(_) | Databases(_) => return vec![self.kind.to_string()],
            UnexpectedEof => {}
            TooBig(_) => lines.push(self.kind.to_string()),
            Checksum { .. } => {
                lines.push(self.kind.to_string());
                lines.push(self.report("RDB CRC error", source));
            }
            other => lines.push(self.report(&other.to_string(), source)),
        }
        // From a file the first report ends the process; from a socket a read error goes on to this pair.
        let reported = !matches!(self.kind, UnexpectedEof | TooBig(_));
        if !reported || (source == Source::Socket && !self.is_corruption()) {
            lines.push("Short read or OOM loading DB. Unrecoverable error, aborting now.".into());
            lines.push(self.report("Unexpected EOF reading RDB file", source));
        }
        lines
    }

    /// `reason` in the line Redis wraps around what its loading functions find.
    pub fn report(&self, reason: &str, source: Source) -> String {
        let tail = match source {
            Source::File => "",
            Source::Socket if self.is_corruption() => ". Failure loading rdb format",
            Source::Socket => {
                ". Failure loading rdb format from socket, assuming connection error, resuming operation."
            }
        };
        let file = self.place.file().rsplit(['/', '\\']).next().unwrap_or_default();
        let (offset, line) = (self.offset, self.place.line());
        format!("Internal error in RDB reading offset {offset}, function at {file}:{line} -> {reason}{tail}")
    }
}

impl std::fmt::Display for ErrorKind {
    /// Redis' words for the kind alone, without offset and place.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use ErrorKind::*;
        match self {
            Signature => f.write_str("Wrong signature trying to load DB from file"),
            Version(v) => write!(f, "Can't handle RDB format version {v}"),
            Databases(n) => write!(
                f,
                "FATAL: Data file was created with a Redis server configured to handle more than {n} \
                 databases. Exiting"
            ),
            UnexpectedEof => f.write_str("Unexpected EOF reading RDB file"),
            LengthEncoding(bits) => write!(f, "Unknown length encoding {bits} in rdbLoadLen()"),
            StringEncoding(id) => write!(f, "Unknown RDB string encoding type {id}"),
            TooBig(n) => write!(f, "rdbGenericLoadStringObject failed allocating {n} bytes"),
            Lzf => f.write_str("Invalid LZF compressed string"),
            UnknownType(id) => write!(f, "Unknown RDB encoding type {id}"),
            UnsupportedType(id) => {
                write!(f, "RDB encoding type {id} ({}) is not supported", type_name(*id).unwrap_or("unknown"))
            }
            ModuleValue(id) => write!(
                f,
                "The RDB file contains module data I can't load: no matching module type '{}'",
                module_name(*id)
            ),
            ModulePreGa => f.write_str("Pre-release module format not supported"),
            ModuleOpcode(op) => write!(f, "Unknown opcode {op} in module data"),
            ModuleWhen => f.write_str("bad when_opcode"),
            Damaged(what) => f.write_str(what),
            EmptyKey => f.write_str("empty key"),
            FunctionPreGa => f.write_str("Pre-release function format not supported."),
            Checksum { expected, got } => {
                write!(f, "Wrong RDB checksum expected: ({expected:x}) but got ({got:x}). Aborting now.")
            }
        }
    }
}

impl std::fmt::Display for RdbError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "offset {}: {}", self.offset, self.kind)
    }
}

impl std::error::Error for RdbError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: ErrorKind) -> RdbError {
        Fault::new(kind).at(42)
    }

    #[test]
    fn a_short_file_is_worded_as_redis_does() {
        let lines = error(ErrorKind::UnexpectedEof).log_lines(Source::File);
        assert_eq!(lines[0], "Short read or OOM loading DB. Unrecoverable error, aborting now.");
        assert!(lines[1].starts_with("Internal error in RDB reading offset 42, function at rdb_error.rs:"));
        assert!(lines[1].ends_with(" -> Unexpected EOF reading RDB file"));
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn a_short_stream_lets_the_replica_live() {
        let e = error(ErrorKind::UnexpectedEof);
        assert!(!e.is_corruption());
        let lines = e.log_lines(Source::Socket);
        assert!(lines[1].ends_with("from socket, assuming connection error, resuming operation."));
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn a_wrong_checksum_is_corruption_from_either_source() {
        let e = error(ErrorKind::Checksum { expected: 0xab, got: 0xcd });
        assert!(e.is_corruption());
        let lines = e.log_lines(Source::Socket);
        assert_eq!(lines[0], "Wrong RDB checksum expected: (ab) but got (cd). Aborting now.");
        assert!(lines[1].ends_with("-> RDB CRC error. Failure loading rdb format"));
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn unknown_type_from_a_socket_reads_as_a_short_read_too() {
        let lines = error(ErrorKind::UnknownType(99)).log_lines(Source::Socket);
        assert!(lines[0].contains("-> Unknown RDB encoding type 99. Failure"));
        assert_eq!(lines.len(), 3);
        assert_eq!(error(ErrorKind::UnknownType(99)).log_lines(Source::File).len(), 1);
        assert_eq!(error(ErrorKind::Version(13)).log_lines(Source::File).len(), 1);
    }
}
