//! The RDB reader: chunks of any size in, items out. Knows no file and no socket.
//!
//! The caller pushes what arrived and pulls what is complete:
//! ```text
//! let mut feed = reader.feed(chunk);
//! while let Some(item) = feed.next()? { … }
//! ```
//! `None` means the chunk is used up. When the source ends, [`RdbReader::finish`] says whether the data did.
//! A caller that stops pulling early (a time budget, bytes after the end) asks [`Feed::consumed`] and offers
//! the rest again.
//!
//! How: `rdb_scan.rs` finds the end of the current unit without decoding. A unit that lies whole in the chunk
//! is decoded in place, and its strings borrow from the chunk. One that does not is gathered in `carry`,
//! taking exactly the bytes the scan asks for, so `carry` never holds bytes of a second unit. `carry` doubles
//! as bytes arrive and never follows a claimed length. A string of [`HAND_OVER`] bytes or more gathered there
//! is given away as the value's own buffer instead of copied. Expiry, idle time and frequency are units of
//! their own; they wait in `Attrs` for their key.
//!
//! The CRC-64 runs over whole chunks, not units (long runs are what makes it fast): `Feed` sums
//! its chunk when it is dropped, or up to the EOF opcode when it meets that.
//!
//! A collection that is a count and elements is built as these arrive, a unit each: it is never there twice. One
//! that is a single string (a listpack, an intset, what older versions packed) is a unit like any other.
//!
//! Cost per key: two looks at two string headers, one look-up of the opcode. Source: Redis 7.2.4
//! `rdbLoadRioWithLoadingCtx`. Deviations: version 12 and opcode 244 are read; module data outside the
//! keyspace are stepped over and reported as an item (Redis without the module exits; the caller may).

use super::rdb::{self, CHECKSUM_VERSION, Frame, Text, length, opcode, string};
use super::rdb_error::{ErrorKind, Fault, RdbError};
use super::rdb_scan::{Piece, Scan, Shape, element, pieces};
use super::rdb_values::{self, Builder, Source};
use crate::base::clock::Millis;
use crate::base::crc::crc64;
use crate::base::hash::KeyHash;
use crate::base::lzf;
use crate::base::num::{parse_i64, push_i64};
use crate::object::entry::EMBED_MAX;
use crate::object::{Limits, NewValue};

/// From this size in bytes on, a string that had to be gathered is handed over with its buffer.
pub const HAND_OVER: usize = 16 * 1024;
/// Longest text of an `i64`.
const I64_TEXT: usize = 20;

/// How to read.
#[derive(Clone, Copy, Debug)]
pub struct ReadOptions {
    /// Compare the footer (`rdbchecksum`).
    pub checksum: bool,
    /// Check the inner structure of collections (`sanitize-dump-payload`); strings have none.
    pub sanitize: bool,
    /// Largest string in bytes, as stored and decompressed. Memory follows what arrives, so this only bounds
    /// how long a damaged length is waited for.
    pub max_string: u64,
    /// Number of databases: SELECTDB must be below.
    pub databases: u64,
    /// Which encodings collections get. The default has a hash that everybody knows: give the server's.
    pub limits: Limits,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            checksum: true,
            sanitize: false,
            max_string: 1 << 40,
            databases: u64::MAX,
            limits: Limits::new(KeyHash::new([0; 16])),
        }
    }
}

/// One thing found in the data. Slices live until the next call.
#[derive(Debug)]
pub enum Item<'a> {
    /// Always first.
    Header {
        /// 1 to [`rdb::MAX_VERSION`].
        version: u16,
    },
    /// A named attribute of the file; unknown ones are to be ignored.
    Aux {
        /// Its name, compared blind to case.
        key: &'a [u8],
        /// Its value; numbers as text.
        value: &'a [u8],
    },
    /// The keys that follow belong to this database; below `ReadOptions::databases`.
    SelectDb(u64),
    /// Sizes of the selected database, as claimed: a hint that must be bounded before it is allocated.
    ResizeDb {
        /// Number of keys.
        keys: u64,
        /// Number of those that expire.
        expires: u64,
    },
    /// Size of one cluster slot, a hint.
    SlotInfo {
        /// Slot number, as stored.
        slot: u64,
        /// Number of keys.
        keys: u64,
        /// Number of those that expire.
        expires: u64,
    },
    /// A key with its value in its final encoding.
    Entry {
        /// The key.
        key: &'a [u8],
        /// The value.
        value: NewValue<'a>,
        /// Unix milliseconds; may be in the past.
        expire: Option<Millis>,
        /// Idle time in seconds.
        idle: Option<u64>,
        /// LFU counter.
        freq: Option<u8>,
    },
    /// A key whose value has no elements: Redis skips it with a line in its log.
    Empty {
        /// The key.
        key: &'a [u8],
    },
    /// A function library.
    Function {
        /// Its source.
        code: &'a [u8],
        /// The whole unit, fit to be written back as it is.
        raw: &'a [u8],
    },
    /// Module data outside the keyspace, stepped over.
    ModuleAux {
        /// Module id; [`rdb::module_name`] gives the name.
        id: u64,
    },
    /// Always last.
    End {
        /// The footer, 0 when the writer did not compute it, `None` before version 5.
        checksum: Option<u64>,
        /// The footer was compared and agrees. (One that does not is an error.)
        verified: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Header,
    Body,
    /// Inside a value that is being built.
    Elements,
    Footer,
    Done,
}

/// A value of which elements are still to come.
#[derive(Debug)]
struct Building {
    builder: Builder,
    left: u64,
    each: &'static [Piece],
    attrs: Attrs,
    /// Offset of its first unit in the data.
    at: u64,
}

/// What opcodes said about the next key.
#[derive(Clone, Copy, Debug, Default)]
struct Attrs {
    expire: Option<Millis>,
    idle: Option<u64>,
    freq: Option<u8>,
}

impl Attrs {
    /// Takes an attribute of the next key from its unit; false when the unit is something else.
    fn take(&mut self, unit: &[u8]) -> bool {
        match *unit {
            [opcode::EXPIRETIME_MS, a, b, c, d, e, f, g, h] => {
                let at = i64::from_le_bytes([a, b, c, d, e, f, g, h]);
                // -1 is how Redis keeps "no expiry" while it loads.
                self.expire = (at != -1).then_some(at);
            }
            [opcode::EXPIRETIME, a, b, c, d] => {
                self.expire = Some(i64::from(i32::from_le_bytes([a, b, c, d])) * 1000);
            }
            [opcode::FREQ, counter] => self.freq = Some(counter),
            [opcode::IDLE, ref rest @ ..] => {
                let idle = numbers::<1>(rest).map_or(0, |[n]| n);
                // Redis keeps it in a signed number; a negative one means "not given".
                self.idle = i64::try_from(idle).is_ok().then_some(idle);
            }
            _ => return false,
        }
        true
    }
}

/// Where the current unit lies.
#[derive(Clone, Copy, Debug)]
enum Place {
    Chunk { at: usize, end: usize },
    Carry,
}

impl Place {
    fn bytes<'a>(self, chunk: &'a [u8], carry: &'a [u8]) -> &'a [u8] {
        match self {
            Place::Chunk { at, end } => &chunk[at..end],
            Place::Carry => carry,
        }
    }
}

/// Memory of the unit being gathered and of the item returned last.
#[derive(Debug, Default)]
struct Buffers {
    /// The part of the current unit from earlier chunks.
    carry: Vec<u8>,
    /// `carry` holds a unit that was returned; clear it at the next call.
    spent: bool,
    /// Decoded texts of the current item that could not be borrowed.
    text: Vec<u8>,
    value: Vec<u8>,
    /// The key of the value that is being built.
    key: Vec<u8>,
}

impl Buffers {
    /// Appends to `carry`, growing at most to twice what it holds, and at most to `need` where that is the end
    /// of the unit or near it: a string's buffer may be handed over.
    fn gather(&mut self, bytes: &[u8], need: usize, shape: Shape) {
        let len = self.carry.len() + bytes.len();
        if len > self.carry.capacity() {
            let many = shape == Shape::Unit && self.carry.first().is_some_and(|op| has_parts(*op));
            let most = if many { usize::MAX } else { need.max(len) };
            let room = len.max(self.carry.len().saturating_mul(2)).max(64).min(most);
            self.carry.reserve_exact(room - self.carry.len());
        }
        self.carry.extend_from_slice(bytes);
    }

    /// Forgets the unit returned last; one large unit must not keep its memory for the rest of the load.
    fn recycle(&mut self) {
        if self.spent {
            self.spent = false;
            self.carry.clear();
            if self.carry.capacity() > HAND_OVER {
                self.carry = Vec::new();
            }
        }
        for buf in [&mut self.text, &mut self.value] {
            if buf.capacity() > HAND_OVER {
                *buf = Vec::new();
            }
        }
    }

    /// Decodes a whole unit that is an item.
    fn item<'a>(
        &'a mut self,
        chunk: &'a [u8],
        place: Place,
        attrs: &mut Attrs,
        opts: &ReadOptions,
    ) -> Result<Item<'a>, Fault> {
        let max = opts.max_string;
        if place.bytes(chunk, &self.carry).first() == Some(&rdb::kind::STRING) {
            return self.entry(chunk, place, std::mem::take(attrs), max);
        }
        if place.bytes(chunk, &self.carry).first().is_some_and(|op| is_collection(*op)) {
            return self.collection(chunk, place, std::mem::take(attrs), opts);
        }
        let unit = place.bytes(chunk, &self.carry);
        let [op, rest @ ..] = unit else { return Err(Fault::new(ErrorKind::UnexpectedEof)) };
        match *op {
            opcode::AUX => {
                let (key, used) = text(rest, max)?;
                let (value, _) = text(&rest[used..], max)?;
                Ok(Item::Aux { key: plain(key, &mut self.text)?, value: plain(value, &mut self.value)? })
            }
            opcode::FUNCTION2 => {
                Ok(Item::Function { code: plain(text(rest, max)?.0, &mut self.text)?, raw: unit })
            }
            opcode::SELECTDB => match numbers(rest)? {
                [db] if db < opts.databases => Ok(Item::SelectDb(db)),
                [_] => Err(Fault::new(ErrorKind::Databases(opts.databases))),
            },
            opcode::RESIZEDB => numbers(rest).map(|[keys, expires]| Item::ResizeDb { keys, expires }),
            opcode::SLOT_INFO => {
                numbers(rest).map(|[slot, keys, expires]| Item::SlotInfo { slot, keys, expires })
            }
            opcode::MODULE_AUX => match numbers(rest)? {
                [id, rdb::module_op::UINT, _] => Ok(Item::ModuleAux { id }),
                [_, _, _] => Err(Fault::new(ErrorKind::ModuleWhen)),
            },
            rdb::kind::MODULE_2 => {
                let (_, used) = text(rest, max)?;
                let [id] = numbers(&rest[used..])?;
                Err(Fault::new(ErrorKind::ModuleValue(id)))
            }
            other => Err(Fault::new(ErrorKind::UnknownType(other))),
        }
    }

    /// Decodes a key with a value of elements.
    fn collection<'a>(
        &'a mut self,
        chunk: &'a [u8],
        place: Place,
        Attrs { expire, idle, freq }: Attrs,
        opts: &ReadOptions,
    ) -> Result<Item<'a>, Fault> {
        let unit = place.bytes(chunk, &self.carry);
        let [op, rest @ ..] = unit else { return Err(Fault::new(ErrorKind::UnexpectedEof)) };
        let (key, used) = text(rest, opts.max_string)?;
        let key = plain(key, &mut self.text)?;
        let mut from = Source::new(&rest[used..], opts.max_string);
        match rdb_values::read(*op, &mut from, opts.sanitize, &opts.limits) {
            Ok(value) => Ok(Item::Entry { key, value: NewValue::Obj(Box::new(value)), expire, idle, freq }),
            Err(Fault { kind: ErrorKind::EmptyKey, .. }) => Ok(Item::Empty { key }),
            Err(fault) => Err(fault),
        }
    }

    /// Decodes a key with a string value.
    fn entry<'a>(
        &'a mut self,
        chunk: &'a [u8],
        place: Place,
        Attrs { expire, idle, freq }: Attrs,
        max: u64,
    ) -> Result<Item<'a>, Fault> {
        if let Place::Carry = place
            && let Some(body) = handed_over(&self.carry, max)?
        {
            let (key, _) = text(&self.carry[1..], max)?;
            self.text = plain(key, &mut self.text)?.to_vec();
            let mut raw = std::mem::take(&mut self.carry);
            self.spent = false;
            raw.drain(..body);
            return Ok(Item::Entry { key: &self.text, value: NewValue::Raw(raw), expire, idle, freq });
        }
        let unit = place.bytes(chunk, &self.carry);
        let (key, used) = text(&unit[1..], max)?;
        let (value, _) = text(&unit[1 + used..], max)?;
        let key = plain(key, &mut self.text)?;
        let value = string_value(value, &mut self.value)?;
        Ok(Item::Entry { key, value, expire, idle, freq })
    }
}

/// Whether a unit has parts without number: its size is not known before its end is there.
fn has_parts(op: u8) -> bool {
    let parts = pieces(op).unwrap_or_default();
    parts.iter().any(|piece| matches!(piece, Piece::Counted(_) | Piece::ModuleFields))
}

/// Key and count of a framed head of a value to be built; the key goes into `key`.
fn head(unit: &[u8], max: u64, scratch: &mut Vec<u8>, key: &mut Vec<u8>) -> Result<u64, Fault> {
    let (stored, used) = text(unit.get(1..).unwrap_or_default(), max)?;
    key.clear();
    if key.capacity() > HAND_OVER {
        *key = Vec::new();
    }
    key.extend_from_slice(plain(stored, scratch)?);
    let [count] = numbers(&unit[1 + used..])?;
    Ok(count)
}

/// Whether a unit is a key with a value of elements.
fn is_collection(op: u8) -> bool {
    use rdb::kind::{MODULE_2, MODULE_PRE_GA, STRING};
    op <= rdb::kind::MAX && !matches!(op, STRING | MODULE_2 | MODULE_PRE_GA)
}

/// State of reading one RDB file or stream.
pub struct RdbReader {
    opts: ReadOptions,
    stage: Stage,
    version: u16,
    scan: Scan,
    bufs: Buffers,
    building: Option<Building>,
    /// Offset of the current unit in the data, and of the one after it (the same until it is whole).
    unit_at: u64,
    next_at: u64,
    attrs: Attrs,
    crc: u64,
    failed: Option<RdbError>,
}

impl RdbReader {
    /// A reader at the first byte.
    pub fn new(opts: ReadOptions) -> Self {
        RdbReader {
            opts,
            stage: Stage::Header,
            version: 0,
            scan: Scan::default(),
            bufs: Buffers::default(),
            building: None,
            unit_at: 0,
            next_at: 0,
            attrs: Attrs::default(),
            crc: 0,
            failed: None,
        }
    }

    /// Offers the next bytes of the data.
    pub fn feed<'r>(&'r mut self, chunk: &'r [u8]) -> Feed<'r> {
        Feed { reader: self, chunk, pos: 0, summed: 0 }
    }

    /// Bytes of the data taken so far.
    pub fn offset(&self) -> u64 {
        self.next_at + if self.bufs.spent { 0 } else { self.bufs.carry.len() as u64 }
    }

    /// Where the current unit starts: the one that is being gathered, or the one at fault. The elements of a
    /// value count as part of the unit that began it.
    pub fn unit_offset(&self) -> u64 {
        match &self.building {
            Some(building) => building.at,
            None if self.failed.is_some() => self.unit_at,
            None => self.next_at,
        }
    }

    /// The EOF opcode was read, the checksum was not.
    pub fn in_footer(&self) -> bool {
        self.stage == Stage::Footer
    }

    /// Bytes allocated for the unit that is being gathered and for decoded texts.
    pub fn capacity(&self) -> usize {
        let Buffers { carry, text, value, key, .. } = &self.bufs;
        carry.capacity() + text.capacity() + value.capacity() + key.capacity()
    }

    /// True after [`Item::End`].
    pub fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }

    /// The source has ended: was that the end of the data?
    ///
    /// # Errors
    /// The error met before, or [`ErrorKind::UnexpectedEof`].
    pub fn finish(&self) -> Result<(), RdbError> {
        match (&self.failed, self.stage) {
            (Some(error), _) => Err(error.clone()),
            (None, Stage::Done) => Ok(()),
            (None, _) => Err(Fault::new(ErrorKind::UnexpectedEof).at(self.offset())),
        }
    }

    /// Keeps and returns the error `at` bytes into the current unit.
    fn fail(&mut self, fault: Fault, at: usize) -> RdbError {
        let error = fault.at(self.unit_at + at as u64);
        self.failed = Some(error.clone());
        error
    }

    fn end(&mut self, footer: Option<u64>) -> Result<Item<'static>, RdbError> {
        let compared = footer.filter(|&got| self.opts.checksum && got != 0);
        if let Some(got) = compared
            && got != self.crc
        {
            let fault = Fault::new(ErrorKind::Checksum { expected: self.crc, got });
            return Err(self.fail(fault, 0));
        }
        self.stage = Stage::Done;
        Ok(Item::End { checksum: footer, verified: compared.is_some() })
    }
}

/// A chunk on its way through the reader; see the head of the file.
pub struct Feed<'r> {
    reader: &'r mut RdbReader,
    chunk: &'r [u8],
    /// Bytes of the chunk taken, and of those already in the checksum.
    pos: usize,
    summed: usize,
}

impl Feed<'_> {
    /// The next item, or `None` when the chunk is used up or the data have ended.
    ///
    /// # Errors
    /// The data are damaged or cannot be read here; every later call returns the same error.
    #[allow(clippy::should_implement_trait)] // Items borrow from the reader: an Iterator cannot.
    pub fn next(&mut self) -> Result<Option<Item<'_>>, RdbError> {
        if let Some(error) = &self.reader.failed {
            return Err(error.clone());
        }
        self.reader.bufs.recycle();
        loop {
            let stage = self.reader.stage;
            if stage == Stage::Done {
                return Ok(None);
            }
            let Some(place) = self.unit()? else { return Ok(None) };
            let unit = place.bytes(self.chunk, &self.reader.bufs.carry);
            match (stage, unit.first()) {
                (Stage::Header, _) => {
                    let version = version(unit).map_err(|fault| self.reader.fail(fault, 0))?;
                    (self.reader.version, self.reader.stage) = (version, Stage::Body);
                    return Ok(Some(Item::Header { version }));
                }
                (Stage::Elements, _) => {
                    if self.element(place)? {
                        return self.built().map(Some);
                    }
                    self.reader.bufs.recycle();
                }
                (Stage::Footer, _) => {
                    let footer = unit.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
                    return self.reader.end(Some(footer)).map(Some);
                }
                (_, Some(&opcode::EOF)) => {
                    self.sum();
                    if self.reader.version < CHECKSUM_VERSION {
                        return self.reader.end(None).map(Some);
                    }
                    self.reader.stage = Stage::Footer;
                    self.reader.bufs.recycle();
                }
                (_, Some(&op)) if let Some(each) = element(op) => {
                    if !self.begin(op, each, place)? {
                        return Ok(Some(Item::Empty { key: &self.reader.bufs.key }));
                    }
                    self.reader.bufs.recycle();
                }
                _ if self.reader.attrs.take(unit) => self.reader.bufs.recycle(),
                _ => return self.item(place).map(Some),
            }
        }
    }

    /// Bytes of the chunk that were taken; the others belong to the next call or, after the end, to whatever
    /// follows the data.
    pub fn consumed(&self) -> usize {
        self.pos
    }

    /// True after [`Item::End`].
    pub fn is_done(&self) -> bool {
        self.reader.is_done()
    }

    /// Finds the next whole unit.
    fn unit(&mut self) -> Result<Option<Place>, RdbError> {
        let reader = &mut *self.reader;
        let shape = match reader.stage {
            Stage::Header => Shape::Header,
            Stage::Footer => Shape::Footer,
            Stage::Elements => Shape::Element(reader.building.as_ref().map_or(&[], |building| building.each)),
            Stage::Body | Stage::Done => Shape::Unit,
        };
        let max = reader.opts.max_string;
        reader.unit_at = reader.next_at;
        loop {
            let rest = &self.chunk[self.pos..];
            let whole = reader.bufs.carry.is_empty();
            let frame = match whole {
                true => reader.scan.advance(shape, rest, max),
                false => reader.scan.advance(shape, &reader.bufs.carry, max),
            };
            match frame {
                Ok(Frame::Whole((), size)) => {
                    reader.next_at += size as u64;
                    if !whole {
                        debug_assert_eq!(size, reader.bufs.carry.len());
                        reader.bufs.spent = true;
                        return Ok(Some(Place::Carry));
                    }
                    let at = self.pos;
                    self.pos += size;
                    return Ok(Some(Place::Chunk { at, end: self.pos }));
                }
                Ok(Frame::Need(need)) => {
                    let missing = need - reader.bufs.carry.len();
                    let taken = &rest[..missing.min(rest.len())];
                    if taken.is_empty() {
                        return Ok(None);
                    }
                    reader.bufs.gather(taken, need, shape);
                    self.pos += taken.len();
                }
                Err(fault) => return Err(reader.fail(fault, reader.scan.at())),
            }
        }
    }

    /// Begins the value of type `op` whose head lies there; false when it has no elements.
    fn begin(&mut self, op: u8, each: &'static [Piece], place: Place) -> Result<bool, RdbError> {
        let reader = &mut *self.reader;
        let Buffers { carry, text, key, .. } = &mut reader.bufs;
        let unit = place.bytes(self.chunk, carry);
        let attrs = std::mem::take(&mut reader.attrs);
        let left = match head(unit, reader.opts.max_string, text, key) {
            Ok(0) => return Ok(false),
            Ok(count) => count,
            Err(fault) => return Err(reader.fail(fault, 0)),
        };
        let builder = Builder::new(op, left, &reader.opts.limits);
        reader.building = Some(Building { builder, left, each, attrs, at: reader.unit_at });
        reader.stage = Stage::Elements;
        Ok(true)
    }

    /// Adds the element that lies there to the value being built; true when it was the last.
    fn element(&mut self, place: Place) -> Result<bool, RdbError> {
        let reader = &mut *self.reader;
        let Some(building) = &mut reader.building else { return Ok(true) };
        let mut from = Source::new(place.bytes(self.chunk, &reader.bufs.carry), reader.opts.max_string);
        match building.builder.add(&mut from, &reader.opts.limits) {
            Ok(()) => {
                building.left -= 1;
                Ok(building.left == 0)
            }
            Err(fault) => Err(reader.fail(fault, 0)),
        }
    }

    /// The value that has just got its last element.
    fn built(&mut self) -> Result<Item<'_>, RdbError> {
        let reader = &mut *self.reader;
        reader.stage = Stage::Body;
        let Some(Building { builder, attrs, at, .. }) = reader.building.take() else {
            return Err(reader.fail(Fault::new(ErrorKind::UnexpectedEof), 0));
        };
        let Attrs { expire, idle, freq } = attrs;
        match builder.finish(&reader.opts.limits) {
            Ok(value) => {
                let value = NewValue::Obj(Box::new(value));
                Ok(Item::Entry { key: &reader.bufs.key, value, expire, idle, freq })
            }
            Err(Fault { kind: ErrorKind::EmptyKey, .. }) => Ok(Item::Empty { key: &reader.bufs.key }),
            Err(fault) => {
                reader.unit_at = at;
                Err(reader.fail(fault, 0))
            }
        }
    }

    /// Decodes the unit; keeps the error, should there be one, for later calls.
    fn item(&mut self, place: Place) -> Result<Item<'_>, RdbError> {
        let RdbReader { bufs, attrs, opts, unit_at, failed, .. } = &mut *self.reader;
        match bufs.item(self.chunk, place, attrs, opts) {
            Ok(item) => Ok(item),
            Err(fault) => {
                let error = fault.at(*unit_at);
                *failed = Some(error.clone());
                Err(error)
            }
        }
    }

    /// Adds the bytes taken so far to the checksum.
    fn sum(&mut self) {
        let reader = &mut *self.reader;
        if reader.opts.checksum && reader.stage != Stage::Footer && reader.stage != Stage::Done {
            reader.crc = crc64(reader.crc, &self.chunk[self.summed..self.pos]);
            self.summed = self.pos;
        }
    }
}

impl Drop for Feed<'_> {
    fn drop(&mut self) {
        self.sum();
    }
}

/// Reads the header.
fn version(header: &[u8]) -> Result<u16, Fault> {
    let Some(digits) = header.strip_prefix(rdb::MAGIC) else {
        return Err(Fault::new(ErrorKind::Signature));
    };
    let n = atoi(digits);
    match u16::try_from(n) {
        Ok(version @ 1..=rdb::MAX_VERSION) => Ok(version),
        _ => Err(Fault::new(ErrorKind::Version(n))),
    }
}

/// `atoi` of C over four bytes: leading space, a sign, digits up to the first other byte.
fn atoi(text: &[u8]) -> i32 {
    let text = text.trim_ascii_start();
    let (sign, digits) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, text),
    };
    let digits = digits.iter().take(9).take_while(|b| b.is_ascii_digit());
    sign * digits.fold(0, |n, b| n * 10 + i32::from(b - b'0'))
}

/// The first `N` lengths of a framed unit.
fn numbers<const N: usize>(mut unit: &[u8]) -> Result<[u64; N], Fault> {
    let mut found = [0; N];
    for n in &mut found {
        let Frame::Whole(len, used) = length(unit)? else {
            return Err(Fault::new(ErrorKind::UnexpectedEof));
        };
        *n = len.number();
        unit = &unit[used..];
    }
    Ok(found)
}

/// Where the value of a gathered key starts, should it be one to hand over with its buffer.
fn handed_over(unit: &[u8], max: u64) -> Result<Option<usize>, Fault> {
    let (_, used) = text(&unit[1..], max)?;
    Ok(match text(&unit[1 + used..], max)? {
        (Text::Plain(bytes), _) if bytes.len() >= HAND_OVER => Some(unit.len() - bytes.len()),
        _ => None,
    })
}

/// The string at the front of framed bytes, and its size.
pub(super) fn text(unit: &[u8], max: u64) -> Result<(Text<'_>, usize), Fault> {
    match string(unit, max)? {
        Frame::Whole(text, used) => Ok((text, used)),
        Frame::Need(_) => Err(Fault::new(ErrorKind::UnexpectedEof)),
    }
}

/// The bytes of a stored string: borrowed, or decoded into `scratch`.
pub(super) fn plain<'a>(text: Text<'a>, scratch: &'a mut Vec<u8>) -> Result<&'a [u8], Fault> {
    match text {
        Text::Plain(bytes) => return Ok(bytes),
        Text::Int(n) => {
            scratch.clear();
            push_i64(scratch, n);
        }
        Text::Lzf { packed, len } => *scratch = unpack(packed, len)?,
    }
    Ok(scratch)
}

/// A stored string as a value: numbers as numbers; a decompressed one that would not be embedded in its entry
/// with its buffer.
pub(super) fn string_value<'a>(text: Text<'a>, scratch: &'a mut Vec<u8>) -> Result<NewValue<'a>, Fault> {
    let bytes = match text {
        Text::Int(n) => return Ok(NewValue::Int(n)),
        Text::Plain(bytes) => bytes,
        Text::Lzf { packed, len } => {
            let bytes = unpack(packed, len)?;
            if bytes.len() > EMBED_MAX {
                return Ok(NewValue::Raw(bytes));
            }
            *scratch = bytes;
            scratch
        }
    };
    let number = if bytes.len() <= I64_TEXT { parse_i64(bytes) } else { None };
    Ok(number.map_or(NewValue::Str(bytes), NewValue::Int))
}

pub(super) fn unpack(packed: &[u8], len: usize) -> Result<Vec<u8>, Fault> {
    lzf::decompress(packed, len).ok_or_else(|| Fault::new(ErrorKind::Lzf))
}

#[cfg(test)]
mod tests;
