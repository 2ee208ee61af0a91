//! The RDB writer: entries in, bytes out through a [`Sink`]. Knows no file and no socket.
//!
//! The caller walks its databases and calls [`RdbWriter::begin`], then per database
//! [`RdbWriter::select_db`] and one [`RdbWriter::entry`] a key, then [`RdbWriter::finish`]. Nothing is
//! allocated per key: bytes gather in the buffer of [`SumSink`], compression uses one scratch vector, and a
//! large value that does not compress goes past the buffer. Progress is told after the first key and then
//! every 1024 keys, which costs a mask per key: the rhythm of Redis, whose child then looks at the clock.
//!
//! Written under version 10 unless told otherwise, so that every Redis from 7.0 on reads the file; nothing
//! written here needs more. Under version 9, for replicas before 7.0, collections are written element by element.
//! Layout, order of the attributes and choice of string encoding are those of Redis
//! 7.2.4 (`rdbSaveRio`, `rdbSaveInfoAuxFields`, `rdbSaveKeyValuePair`, `rdbSaveRawString`). Deviation: our LZF
//! finds other matches than liblzf, so compressed bytes (DUMP too) may differ from Redis' and be shorter.

use super::bytesio::{Sink, SumSink};
use super::rdb::{
    self, Frame, INT_MAX_LEN, LZF_MARK, LZF_MIN_LEN, MAX_VERSION, WRITE_VERSION, kind, opcode, put_int,
    put_length, string,
};
use super::rdb_error::{ErrorKind, Fault, RdbError};
use super::rdb_read::{ReadOptions, string_value};
use super::rdb_values::{self, Source};
use crate::base::crc::crc64;
use crate::base::lzf;
use crate::base::num::{IntBuf, fmt_i64, parse_i64};
use crate::ds::listpack::Entry as Element;
use crate::object::{Entry, NewValue, Value, ValueRef};
use std::io;

/// Default size of the write buffer in bytes.
pub const BUFFER: usize = 128 * 1024;
/// Progress is told each time this many keys have been written.
pub const PROGRESS_KEYS: u64 = 1024;
/// Bytes after the value in a DUMP payload: two of version, eight of CRC-64.
const DUMP_FOOTER: usize = 10;

/// Whether the use of a key is written with it, by `maxmemory-policy`. The functions read the 24 bits of
/// [`Entry::lru`].
#[derive(Clone, Copy)]
pub enum Usage<'p> {
    /// Neither an LRU nor an LFU policy.
    None,
    /// An LRU policy: the idle time in seconds.
    Idle(&'p dyn Fn(u32) -> u64),
    /// An LFU policy: the counter as decayed by now.
    Freq(&'p dyn Fn(u32) -> u8),
}

/// How to write.
pub struct WriteOptions<'p> {
    /// Version in the header.
    pub version: u16,
    /// Compute the checksum (`rdbchecksum`); the footer is 0 without.
    pub checksum: bool,
    /// Try LZF on strings longer than 20 bytes (`rdbcompression`).
    pub compression: bool,
    /// Idle time or frequency of keys.
    pub usage: Usage<'p>,
    /// Bytes of buffer.
    pub buffer: usize,
    /// Told the number of keys written so far, see the head of the file.
    pub progress: Option<Box<dyn FnMut(u64) + 'p>>,
}

impl Default for WriteOptions<'_> {
    fn default() -> Self {
        WriteOptions {
            version: WRITE_VERSION,
            checksum: true,
            compression: true,
            usage: Usage::None,
            buffer: BUFFER,
            progress: None,
        }
    }
}

/// Where the data stand in the replication stream.
#[derive(Clone, Copy, Debug)]
pub struct ReplAux<'a> {
    /// Database selected in the stream, -1 for none.
    pub stream_db: i64,
    /// Replication id, 40 hexadecimal digits.
    pub id: &'a [u8],
    /// Offset of the last byte of the stream that the data contain.
    pub offset: i64,
}

/// The attributes at the start of a file.
#[derive(Clone, Copy, Debug)]
pub struct Aux<'a> {
    /// `redis-ver`.
    pub version: &'a [u8],
    /// `ctime`, Unix seconds.
    pub ctime: i64,
    /// `used-mem`, bytes.
    pub used_mem: u64,
    /// `repl-stream-db`, `repl-id`, `repl-offset`: of a server that is or may become a master.
    pub repl: Option<ReplAux<'a>>,
    /// `aof-base`: the data are the base of an append-only file.
    pub aof_base: bool,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// All bytes, header and footer included.
    pub bytes: u64,
    /// Keys.
    pub keys: u64,
    /// The checksum in the footer.
    pub checksum: u64,
}

/// Writes one RDB file or stream.
pub struct RdbWriter<'p, W: Sink> {
    out: Strings<W>,
    version: u16,
    usage: Usage<'p>,
    progress: Option<Box<dyn FnMut(u64) + 'p>>,
    keys: u64,
}

impl<'p, W: Sink> RdbWriter<'p, W> {
    /// A writer onto `sink`; nothing is written yet.
    pub fn new(sink: W, opts: WriteOptions<'p>) -> Self {
        let out = SumSink::new(sink, opts.buffer, opts.checksum);
        RdbWriter {
            out: Strings { out, compression: opts.compression, version: opts.version, packed: Vec::new() },
            version: opts.version,
            usage: opts.usage,
            progress: opts.progress,
            keys: 0,
        }
    }

    /// Writes header and attributes.
    ///
    /// # Errors
    /// Those of the sink, here and below; after one the data are unusable.
    pub fn begin(&mut self, aux: &Aux<'_>) -> io::Result<()> {
        let digit = |unit: u16| b'0' + (self.version / unit % 10) as u8;
        let digits = [digit(1000), digit(100), digit(10), digit(1)];
        self.out.out.put(rdb::MAGIC)?;
        self.out.out.put(&digits)?;
        self.aux(b"redis-ver", aux.version)?;
        self.aux_int(b"redis-bits", usize::BITS.into())?;
        self.aux_int(b"ctime", aux.ctime)?;
        self.aux_int(b"used-mem", i64::try_from(aux.used_mem).unwrap_or(i64::MAX))?;
        if let Some(repl) = &aux.repl {
            self.aux_int(b"repl-stream-db", repl.stream_db)?;
            self.aux(b"repl-id", repl.id)?;
            self.aux_int(b"repl-offset", repl.offset)?;
        }
        self.aux_int(b"aof-base", aux.aof_base.into())
    }

    /// Writes one attribute.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn aux(&mut self, name: &[u8], value: &[u8]) -> io::Result<()> {
        self.out.out.byte(opcode::AUX)?;
        self.out.text(name)?;
        self.out.text(value)
    }

    fn aux_int(&mut self, name: &[u8], value: i64) -> io::Result<()> {
        self.out.out.byte(opcode::AUX)?;
        self.out.text(name)?;
        self.out.int(value)
    }

    /// Writes a function library from its source.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn function(&mut self, code: &[u8]) -> io::Result<()> {
        self.out.out.byte(opcode::FUNCTION2)?;
        self.out.text(code)
    }

    /// Writes a unit kept as it was read (`Item::Function::raw`).
    ///
    /// # Errors
    /// Those of the sink.
    pub fn raw(&mut self, unit: &[u8]) -> io::Result<()> {
        self.out.out.put(unit)
    }

    /// Says that the next entries belong to `db` and how many they are; call for non-empty databases only.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn select_db(&mut self, db: usize, keys: u64, expires: u64) -> io::Result<()> {
        self.out.out.byte(opcode::SELECTDB)?;
        self.out.len(db as u64)?;
        self.out.out.byte(opcode::RESIZEDB)?;
        self.out.len(keys)?;
        self.out.len(expires)
    }

    /// Writes a key, its value and what belongs to it.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        if let Some(at) = entry.expire() {
            let [a, b, c, d, e, f, g, h] = at.to_le_bytes();
            self.out.out.put(&[opcode::EXPIRETIME_MS, a, b, c, d, e, f, g, h])?;
        }
        match self.usage {
            Usage::None => {}
            Usage::Idle(seconds) => {
                self.out.out.byte(opcode::IDLE)?;
                self.out.len(seconds(entry.lru()))?;
            }
            Usage::Freq(counter) => self.out.out.put(&[opcode::FREQ, counter(entry.lru())])?,
        }
        self.out.out.byte(value_kind(entry, self.version))?;
        self.out.text(entry.key())?;
        self.out.value(entry)?;
        self.keys += 1;
        if self.keys % PROGRESS_KEYS == 1
            && let Some(tell) = &mut self.progress
        {
            tell(self.keys);
        }
        Ok(())
    }

    /// Bytes written so far, buffered ones included.
    pub fn position(&self) -> u64 {
        self.out.out.position()
    }

    /// Keys written so far.
    pub fn keys(&self) -> u64 {
        self.keys
    }

    /// Writes the end and hands the sink back.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn finish(mut self) -> io::Result<(W, Written)> {
        self.out.out.byte(opcode::EOF)?;
        let checksum = self.out.out.checksum();
        self.out.out.put(&checksum.to_le_bytes())?;
        let written = Written { bytes: self.position(), keys: self.keys, checksum };
        Ok((self.out.out.finish()?, written))
    }
}

/// Writes the two encodings everything is made of.
pub struct Strings<W: Sink> {
    out: SumSink<W>,
    compression: bool,
    version: u16,
    packed: Vec<u8>,
}

impl<W: Sink> Strings<W> {
    /// A length or a count.
    pub(super) fn len(&mut self, n: u64) -> io::Result<()> {
        self.out.put(put_length(n, &mut [0; 9]))
    }

    /// Bytes as they are, without a length.
    pub(super) fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.put(bytes)
    }

    /// An element of a collection, as a string.
    pub(super) fn element(&mut self, element: Element<'_>) -> io::Result<()> {
        match element {
            Element::Int(n) => self.int(n),
            Element::Str(bytes) => self.text(bytes),
        }
    }

    /// A string that is LZF-compressed already, and its length uncompressed.
    pub(super) fn packed(&mut self, packed: &[u8], len: usize) -> io::Result<()> {
        self.out.byte(LZF_MARK)?;
        self.len(packed.len() as u64)?;
        self.len(len as u64)?;
        self.out.put(packed)
    }

    fn int(&mut self, n: i64) -> io::Result<()> {
        if let Some(coded) = put_int(n, &mut [0; 5]) {
            return self.out.put(coded);
        }
        let mut buf = IntBuf::new();
        self.verbatim(fmt_i64(n, &mut buf))
    }

    fn verbatim(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.len(bytes.len() as u64)?;
        self.out.put(bytes)
    }

    /// A string in the shortest of its three forms.
    pub(super) fn text(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() <= INT_MAX_LEN {
            if let Some(n) = parse_i64(bytes)
                && let Some(coded) = put_int(n, &mut [0; 5])
            {
                return self.out.put(coded);
            }
        } else if self.compression && bytes.len() > LZF_MIN_LEN {
            self.packed.clear();
            if lzf::compress(bytes, &mut self.packed) {
                self.out.byte(LZF_MARK)?;
                self.len(self.packed.len() as u64)?;
                self.len(bytes.len() as u64)?;
                return self.out.put(&self.packed);
            }
        }
        self.verbatim(bytes)
    }

    fn value(&mut self, entry: &Entry) -> io::Result<()> {
        match entry.value() {
            ValueRef::Int(n) => self.int(n),
            ValueRef::Str(bytes) => self.text(bytes),
            ValueRef::Obj(Value::Hash(hash)) => rdb_values::hash::write(hash, self.version, self),
            ValueRef::Obj(Value::Zset(set)) => rdb_values::zset::write(set, self.version, self),
            ValueRef::Obj(Value::List(list)) => rdb_values::list::write(list, self.version, self),
            ValueRef::Obj(Value::Set(set)) => rdb_values::set::write(set, self.version, self),
        }
    }
}

/// The type id of the entry's value in files of a version.
fn value_kind(entry: &Entry, version: u16) -> u8 {
    match entry.value() {
        ValueRef::Int(_) | ValueRef::Str(_) => kind::STRING,
        ValueRef::Obj(Value::List(_)) => rdb_values::list::kind_of(version),
        ValueRef::Obj(Value::Set(set)) => rdb_values::set::kind_of(set, version),
        ValueRef::Obj(Value::Hash(hash)) => rdb_values::hash::kind_of(hash, version),
        ValueRef::Obj(Value::Zset(set)) => rdb_values::zset::kind_of(set, version),
    }
}

/// What a value writes, without type and footer.
#[cfg(test)]
pub(super) fn value_bytes(write: impl FnOnce(&mut Strings<Vec<u8>>) -> io::Result<()>) -> Vec<u8> {
    let mut strings = Strings {
        out: SumSink::new(Vec::new(), 64, false),
        compression: true,
        version: WRITE_VERSION,
        packed: Vec::new(),
    };
    write(&mut strings).unwrap();
    strings.out.finish().unwrap()
}

/// The value of `entry` as DUMP returns it: type, value, version, CRC-64.
pub fn dump_payload(entry: &Entry, compression: bool) -> Vec<u8> {
    let mut strings = Strings {
        out: SumSink::new(Vec::new(), 64, false),
        compression,
        version: WRITE_VERSION,
        packed: Vec::new(),
    };
    let written = strings.out.byte(value_kind(entry, WRITE_VERSION)).and_then(|()| strings.value(entry));
    // A vector takes everything: there is no error to lose.
    let mut payload = written.and_then(|()| strings.out.finish()).unwrap_or_default();
    payload.extend_from_slice(&WRITE_VERSION.to_le_bytes());
    let sum = crc64(0, &payload);
    payload.extend_from_slice(&sum.to_le_bytes());
    payload
}

/// Why a DUMP payload was refused. `Display` gives the error RESTORE replies, without its `ERR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreError {
    /// Too short, from a newer version, or the CRC-64 does not agree.
    Footer,
    /// The footer is right but the value cannot be read; Redis logs the error at level verbose.
    Value(RdbError),
}

impl std::fmt::Display for RestoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            RestoreError::Footer => "DUMP payload version or checksum are wrong",
            RestoreError::Value(_) => "Bad data format",
        })
    }
}

impl std::error::Error for RestoreError {}

/// Reads the value out of a DUMP payload of any version up to [`MAX_VERSION`]; `scratch` holds what had to be
/// decompressed. As in Redis, bytes between the value and the footer are ignored.
///
/// # Errors
/// See [`RestoreError`].
pub fn restore_payload<'a>(
    payload: &'a [u8],
    scratch: &'a mut Vec<u8>,
    opts: &ReadOptions,
) -> Result<NewValue<'a>, RestoreError> {
    let (body, footer) =
        payload.split_at_checked(payload.len().wrapping_sub(DUMP_FOOTER)).ok_or(RestoreError::Footer)?;
    let [low, high, sum @ ..] = footer else { return Err(RestoreError::Footer) };
    let sum = sum.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    if u16::from_le_bytes([*low, *high]) > MAX_VERSION {
        return Err(RestoreError::Footer);
    }
    if opts.checksum && crc64(0, &payload[..payload.len() - 8]) != sum {
        return Err(RestoreError::Footer);
    }
    restore_value(body, scratch, opts).map_err(|fault| RestoreError::Value(fault.at(1)))
}

fn restore_value<'a>(
    body: &'a [u8],
    scratch: &'a mut Vec<u8>,
    opts: &ReadOptions,
) -> Result<NewValue<'a>, Fault> {
    let eof = || Fault::new(ErrorKind::UnexpectedEof);
    let (&op, rest) = body.split_first().ok_or_else(eof)?;
    let max = rest.len().saturating_mul(1024) as u64;
    if op != kind::STRING {
        let value = rdb_values::read(op, &mut Source::new(rest, max), opts.sanitize, &opts.limits)?;
        return Ok(NewValue::Obj(Box::new(value)));
    }
    match string(rest, max)? {
        Frame::Whole(text, _) => string_value(text, scratch),
        Frame::Need(_) => Err(eof()),
    }
}

#[cfg(test)]
mod tests;
