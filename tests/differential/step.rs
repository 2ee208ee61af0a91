//! One step of a stream: what is sent, on which connection, and how the two answers are compared.

/// The connections that a stream uses on each server; steps name them by index.
pub const CONNECTIONS: usize = 3;

/// How two answers count as equal.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// Byte for byte.
    Exact,
    /// Byte for byte or as intended; never queued in MULTI, where one refused command changes the whole.
    Alone,
    /// ROLE of a master: the offset is masked, since 7.2 counts a write now and then where nobody listens.
    Role,
    /// The same type of reply: chance or a clock decides the content.
    Kind,
    /// Two integers no further apart than this; anything else byte for byte.
    Near(i64),
    /// The elements of an array, sorted.
    AnyOrder,
    /// The pairs of a flat array or of a map, sorted.
    AnyPairs,
    /// The same types of reply and lengths of arrays, all the way down; chance decides the content.
    Shape,
    /// `key:value` lines or `key=value` words; those that depend on the process are masked.
    Fields,
    /// The map that HELLO answers: version and id are masked.
    Hello,
    /// CONFIG GET of everything: each name that Redis knows has its value, but for a few.
    ConfigAll,
    /// A map of which the names count, in their order.
    Names,
    /// INFO: each line that Redis prints is there, by its name and in its order; those of Keyspace are equal.
    InfoNames,
    /// A SCAN: the call is repeated with each returned cursor up to 0, the keys compared as sets.
    ScanLoop,
    /// The answer, then the end of the connection; it is opened again for the next step.
    Closes,
    /// The bytes go over a connection of their own, which is then shut for writing; everything up to the end
    /// is compared.
    Raw,
    /// Nothing is sent: both servers are asked until the key (args[0]) is gone from the connection's
    /// database.
    Gone,
}

/// A command, or raw bytes, with its way of comparison.
#[derive(Clone, Debug)]
pub struct Step {
    /// Index of the connection.
    pub conn: usize,
    /// The command and its arguments, for printing and for the list of intended differences.
    pub args: Vec<Vec<u8>>,
    /// What goes over the wire.
    pub bytes: Vec<u8>,
    /// How the answers are compared.
    pub check: Check,
}

impl Step {
    /// A command as an array of bulk strings, compared byte for byte.
    pub fn new(conn: usize, args: Vec<Vec<u8>>) -> Self {
        let bytes = encode(&args);
        Self { conn, args, bytes, check: Check::Exact }
    }

    /// The same, sent as a line.
    pub fn inline(conn: usize, args: Vec<Vec<u8>>, line: Vec<u8>) -> Self {
        Self { conn, args, bytes: line, check: Check::Exact }
    }

    /// Raw bytes over a connection of their own.
    pub fn raw(bytes: Vec<u8>) -> Self {
        Self { conn: 0, args: vec![b"(raw)".to_vec(), bytes.clone()], bytes, check: Check::Raw }
    }

    /// With another way of comparison.
    pub fn checked(mut self, check: Check) -> Self {
        self.check = check;
        self
    }

    /// The command's name (`at` 0) or a later word, in upper case.
    pub fn word(&self, at: usize) -> String {
        self.args.get(at).map(|a| String::from_utf8_lossy(a).to_ascii_uppercase()).unwrap_or_default()
    }
}

/// `args` as an array of bulk strings.
pub fn encode(args: &[Vec<u8>]) -> Vec<u8> {
    let mut out = format!("*{}\r\n", args.len()).into_bytes();
    for arg in args {
        out.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
        out.extend_from_slice(arg);
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// Bytes for a human's eye, at most `limit` of them.
pub fn printable(bytes: &[u8], limit: usize) -> String {
    let mut out = String::new();
    for b in bytes.iter().take(limit) {
        out.extend(std::ascii::escape_default(*b).map(char::from));
    }
    if bytes.len() > limit {
        out.push_str(&format!("... ({} bytes)", bytes.len()));
    }
    out
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{}]", self.conn)?;
        for arg in &self.args {
            write!(f, " \"{}\"", printable(arg, 80))?;
        }
        if !self.bytes.starts_with(b"*") && self.check != Check::Raw {
            write!(f, "  inline: {}", printable(&self.bytes, 120))?;
        }
        if self.check != Check::Exact {
            write!(f, "  ({:?})", self.check)?;
        }
        Ok(())
    }
}
