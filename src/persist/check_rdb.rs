//! Reads an RDB file through and tells what is in it, and what is wrong with it and where: the work of
//! `redis-check-rdb`, and the report a server prints when it cannot load its file.
//!
//! The reader of the server itself is used, so what passes here is what the server loads. When it stops, the head
//! of the unit at fault is read once more and walked field by field (`Fault::walk`): that tells how far a
//! reader of single fields, which Redis' is, would have come, what it was doing, and the key it had in hand.
//! Cost: one pass over the file; memory as when loading one key at a time.
//!
//! Deviations: offsets inside "Internal error" lines are true ones (Redis prints 0); function libraries are
//! stepped over, not compiled. Source: Redis 7.2.4 `redis-check-rdb.c`.

use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::base::clock::Millis;
use crate::format::rdb::{self, Frame, Length, Text, kind, opcode};
use crate::format::rdb_error::{ErrorKind, RdbError, Source};
use crate::format::rdb_read::{Item, RdbReader, ReadOptions};
use crate::format::rdb_scan::{Piece, pieces};

/// Bytes read at a time.
const STEP: usize = 256 * 1024;
/// So much of the unit at fault is looked at again; a longer key is not named.
const HEAD: u64 = 64 * 1024;

/// A file that can be read twice.
pub trait File: Read + Seek {}
impl<T: Read + Seek> File for T {}

/// How a check ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The server would load it. So many bytes belong to it; more may follow.
    Sound { end: u64 },
    /// It would not.
    Broken {
        /// Redis' reader gives up by itself on such damage, with a line in the log:
        /// [`LAST_WORDS`](crate::format::rdb_error::LAST_WORDS).
        gave_up: bool,
    },
}

/// Checks `file` from its start; the findings go to `out`, `name` being the file's. `now` decides which keys count
/// as expired.
///
/// # Errors
/// Those of `out`. A file that cannot be read counts as one that ends there.
pub fn check(name: &str, file: &mut dyn File, now: Millis, out: &mut dyn Write) -> io::Result<Verdict> {
    writeln!(out, "[offset 0] Checking RDB file {name}")?;
    let mut seen = Seen::default();
    let mut reader = RdbReader::new(ReadOptions::default());
    match read_through(&mut reader, file, &mut seen, now, out)? {
        None => {
            writeln!(out, "[offset {}] \\o/ RDB looks OK! \\o/", reader.offset())?;
            seen.figures(out)?;
            Ok(Verdict::Sound { end: reader.offset() })
        }
        Some(error) => {
            let gave_up = gives_up(&error.kind);
            Fault::walk(&reader, &error, file).print(&error, &mut seen, out)?;
            Ok(Verdict::Broken { gave_up })
        }
    }
}

/// Damage that Redis' own loading functions report, other than to the one who called them.
fn gives_up(kind: &ErrorKind) -> bool {
    use ErrorKind::*;
    !matches!(
        kind,
        Signature | Version(_) | UnexpectedEof | TooBig(_) | UnknownType(_) | ModuleWhen | FunctionPreGa
    ) && !matches!(kind, Checksum { .. } | Databases(_))
}

/// Feeds the whole file; the error that ended it, if one did.
fn read_through(
    reader: &mut RdbReader,
    file: &mut dyn File,
    seen: &mut Seen,
    now: Millis,
    out: &mut dyn Write,
) -> io::Result<Option<RdbError>> {
    let mut buffer = vec![0; STEP];
    loop {
        let n = match file.read(&mut buffer) {
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => 0,
        };
        if n == 0 {
            return Ok(reader.finish().err());
        }
        let mut taken = 0;
        // One item, then the offset behind it, which the feed does not tell.
        while taken < n && !reader.is_done() {
            let at = reader.offset();
            let mut feed = reader.feed(&buffer[taken..n]);
            let result = match feed.next() {
                Ok(Some(item)) => Finding::of(item, seen, now),
                Ok(None) => Finding::Nothing,
                Err(e) => return Ok(Some(e)),
            };
            let used = feed.consumed();
            drop(feed);
            taken += used;
            result.print(at + used as u64, out)?;
        }
        if reader.is_done() {
            return Ok(None);
        }
    }
}

/// What is counted on the way.
#[derive(Default)]
struct Seen {
    keys: u64,
    expires: u64,
    expired: u64,
}

impl Seen {
    fn figures(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "[info] {} keys read", self.keys)?;
        writeln!(out, "[info] {} expires", self.expires)?;
        writeln!(out, "[info] {} already expired", self.expired)
    }
}

/// An item worth a line.
enum Finding {
    Nothing,
    Line(Vec<u8>),
}

impl Finding {
    fn of(item: Item<'_>, seen: &mut Seen, now: Millis) -> Finding {
        match item {
            Item::Aux { key, value } => Finding::Line([b"AUX FIELD ", key, b" = '", value, b"'"].concat()),
            Item::SelectDb(db) => Finding::Line(format!("Selecting DB ID {db}").into()),
            Item::ModuleAux { id } => {
                Finding::Line(format!("MODULE AUX for: {}", rdb::module_name(id)).into())
            }
            Item::Entry { expire, .. } => {
                seen.keys += 1;
                seen.expires += u64::from(expire.is_some());
                seen.expired += u64::from(expire.is_some_and(|at| at < now));
                Finding::Nothing
            }
            Item::End { checksum: Some(0), .. } => {
                Finding::Line(b"RDB file was saved with checksum disabled: no check performed.".to_vec())
            }
            Item::End { verified: true, .. } => Finding::Line(b"Checksum OK".to_vec()),
            _ => Finding::Nothing,
        }
    }

    fn print(&self, offset: u64, out: &mut dyn Write) -> io::Result<()> {
        let Finding::Line(text) = self else { return Ok(()) };
        write!(out, "[offset {offset}] ")?;
        out.write_all(text)?;
        writeln!(out)
    }
}

/// Where and over what the reading stopped.
struct Fault {
    /// Bytes of the file that were taken in.
    offset: u64,
    doing: &'static str,
    /// The type of the value, of a key with one.
    value_type: Option<u8>,
    key: Option<Vec<u8>>,
}

impl Fault {
    /// Looks at the unit at fault again.
    fn walk(reader: &RdbReader, error: &RdbError, file: &mut dyn File) -> Fault {
        let at = reader.unit_offset();
        let mut unit = Vec::new();
        // What cannot be read again is not described.
        let _ = file.seek(SeekFrom::Start(at)).and_then(|_| file.take(HEAD).read_to_end(&mut unit));
        let mut fault = Fault { offset: at, doing: "start", value_type: None, key: None };
        if at == 0 {
            fault.offset += if unit.len() >= rdb::HEADER_LEN { rdb::HEADER_LEN as u64 } else { 0 };
            return fault;
        }
        if reader.in_footer() {
            fault.doing = "check-sum";
            fault.offset += if matches!(error.kind, ErrorKind::Checksum { .. }) { 8 } else { 0 };
            return fault;
        }
        let Some((&op, body)) = unit.split_first() else {
            fault.doing = "read-type";
            return fault;
        };
        fault.offset += 1;
        fault.doing = doing(op);
        let Ok(parts) = pieces(op) else {
            return fault;
        };
        fault.fields(op, parts, body);
        fault
    }

    /// Takes the fields that are whole; notes how much of the broken one a reader gets.
    fn fields(&mut self, op: u8, parts: &[Piece], body: &[u8]) {
        let is_value = rdb::type_name(op).is_some();
        let mut pos = 0;
        for (index, piece) in parts.iter().enumerate() {
            if is_value {
                self.value_type = Some(op);
                self.doing = if index == 0 { "read-key" } else { "read-object-value" };
            }
            let rest = &body[pos..];
            if let (true, 0, Some((text, _))) = (is_value, index, whole(rdb::string(rest, u64::MAX))) {
                self.key = key_text(text);
            }
            match measure(*piece, rest) {
                Ok(size) => pos += size,
                Err(size) => {
                    pos += size;
                    break;
                }
            }
        }
        self.offset += pos as u64;
    }

    fn print(&self, error: &RdbError, seen: &mut Seen, out: &mut dyn Write) -> io::Result<()> {
        let text = match &error.kind {
            ErrorKind::UnknownType(id) => format!("Invalid object type: {id}"),
            ErrorKind::UnexpectedEof | ErrorKind::TooBig(_) => ErrorKind::UnexpectedEof.to_string(),
            ErrorKind::Checksum { .. } => "RDB CRC error".to_owned(),
            kind if gives_up(kind) => error.report(&kind.to_string(), Source::File),
            kind => kind.to_string(),
        };
        // Redis' variable for the type holds 0 until the first value was read.
        let value_type = self.value_type.or((seen.keys == 0).then_some(kind::STRING));
        seen.keys += u64::from(self.key.is_some());
        writeln!(out, "--- RDB ERROR DETECTED ---")?;
        writeln!(out, "[offset {}] {text}", self.offset)?;
        writeln!(out, "[additional info] While doing: {}", self.doing)?;
        if let Some(key) = &self.key {
            out.write_all(b"[additional info] Reading key '")?;
            out.write_all(key)?;
            out.write_all(b"'\n")?;
        }
        if let Some(id) = value_type {
            let name = rdb::type_name(id).unwrap_or("unknown");
            writeln!(out, "[additional info] Reading type {id} ({name})")?;
        }
        seen.figures(out)
    }
}

/// What Redis' checker says it does after this opcode.
fn doing(op: u8) -> &'static str {
    match op {
        opcode::EXPIRETIME | opcode::EXPIRETIME_MS => "read-expire",
        opcode::SELECTDB | opcode::RESIZEDB => "read-len",
        opcode::AUX => "read-aux",
        opcode::MODULE_AUX => "read-module-aux",
        opcode::FUNCTION2 => "read-functions",
        _ => "read-type",
    }
}

fn whole<T>(frame: Result<Frame<T>, crate::format::rdb_error::Fault>) -> Option<(T, usize)> {
    match frame {
        Ok(Frame::Whole(found, size)) => Some((found, size)),
        _ => None,
    }
}

/// A compressed string that is no such thing.
fn broken(text: &Text<'_>) -> bool {
    matches!(text, Text::Lzf { packed, len } if crate::base::lzf::decompress(packed, *len).is_none())
}

fn key_text(text: Text<'_>) -> Option<Vec<u8>> {
    match text {
        Text::Plain(bytes) => Some(bytes.to_vec()),
        Text::Int(n) => Some(n.to_string().into_bytes()),
        Text::Lzf { packed, len } => crate::base::lzf::decompress(packed, len),
    }
}

/// Size of a field.
///
/// # Errors
/// It is broken or cut off; how many of its bytes come in before that is missed.
fn measure(piece: Piece, rest: &[u8]) -> Result<usize, usize> {
    let size = match piece {
        Piece::Fixed(n) => (rest.len() >= n).then_some(n),
        Piece::Len => whole(rdb::length(rest)).map(|(_, size)| size),
        Piece::Str => {
            whole(rdb::string(rest, u64::MAX)).filter(|(text, _)| !broken(text)).map(|(_, size)| size)
        }
        Piece::TextScore => {
            // Longer ones stand for infinities and NaN.
            let size = rest.first().map(|len| 1 + if *len > 252 { 0 } else { usize::from(*len) });
            size.filter(|size| *size <= rest.len())
        }
        Piece::Counted(each) => {
            let Some((count, mut pos)) = whole(rdb::length(rest)) else {
                return Err(partial(Piece::Len, rest));
            };
            for _ in 0..count.number() {
                for piece in each {
                    pos += measure(*piece, &rest[pos..]).map_err(|size| pos + size)?;
                }
            }
            Some(pos)
        }
        Piece::ModuleFields => None,
    };
    size.ok_or_else(|| partial(piece, rest))
}

/// Bytes of a broken field that come in before its end is missed: the parts of it that are whole.
fn partial(piece: Piece, rest: &[u8]) -> usize {
    match piece {
        Piece::Fixed(_) => return 0,
        // Of a score in text, the length alone.
        Piece::TextScore => return rest.len().min(1),
        _ => {}
    }
    // Of a length the first byte is read alone.
    let Some((length, size)) = whole(rdb::length(rest)) else { return rest.len().min(1) };
    let (Piece::Str, Length::Encoded(code)) = (piece, length) else { return size };
    if code != rdb::LZF_MARK & 0x3F {
        return size;
    }
    // Compressed: two lengths, then the packed bytes.
    let mut at = size;
    let mut packed = None;
    for _ in 0..2 {
        let Some((n, size)) = whole(rdb::length(&rest[at..])) else {
            return at + rest[at..].len().min(1);
        };
        packed = packed.or(Some(n.number()));
        at += size;
    }
    let left = (rest.len() - at) as u64;
    at + packed.filter(|n| *n <= left).unwrap_or(0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn checked(bytes: &[u8]) -> (Verdict, String) {
        let mut out = Vec::new();
        let verdict = check("f", &mut Cursor::new(bytes), 1_000, &mut out).unwrap();
        (verdict, String::from_utf8_lossy(&out).into_owned())
    }

    /// Every expectation is what redis-check-rdb 7.0.15 prints (its inner offset is 0).
    #[test]
    fn faults_are_named_with_their_place() {
        let cases: &[(&[u8], u64, &str, &str)] = &[
            (b"REDI", 0, "Unexpected EOF reading RDB file", "start"),
            (b"REDIX0009", 9, "Wrong signature trying to load DB from file", "start"),
            (b"REDIS0099", 9, "Can't handle RDB format version 99", "start"),
            (b"REDIS0010", 9, "Unexpected EOF reading RDB file", "read-type"),
            (b"REDIS0010\xfd", 10, "Unexpected EOF reading RDB file", "read-expire"),
            (b"REDIS0010\xfc123", 10, "Unexpected EOF reading RDB file", "read-expire"),
            (b"REDIS0010\xfa\x03abc", 14, "Unexpected EOF reading RDB file", "read-aux"),
            (b"REDIS0010\xfa\x03abc\xc1a", 15, "Unexpected EOF reading RDB file", "read-aux"),
            (b"REDIS0010\xfe\x80\x00", 11, "Unexpected EOF reading RDB file", "read-len"),
            (b"REDIS0010\x08", 10, "Invalid object type: 8", "read-type"),
            (b"REDIS0010\x00\x05ab", 11, "Unexpected EOF reading RDB file", "read-key"),
            (b"REDIS0010\x00\x01a", 12, "Unexpected EOF reading RDB file", "read-object-value"),
            (b"REDIS0010\x00\x01a\xc3\x05\x09aa", 15, "Unexpected EOF reading RDB file", "read-object-value"),
            (b"REDIS0010\x00\x01a\x01b\xff1234", 15, "Unexpected EOF reading RDB file", "check-sum"),
            (b"REDIS0010\x00\x01a\x01b\xff12345678", 23, "RDB CRC error", "check-sum"),
        ];
        for (bytes, offset, text, doing) in cases {
            let (verdict, out) = checked(bytes);
            let expected = format!("[offset {offset}] {text}\n[additional info] While doing: {doing}\n");
            assert!(out.contains(&expected), "{}\n{out}\n{expected}", bytes.escape_ascii());
            assert_eq!(verdict, Verdict::Broken { gave_up: false });
        }
    }

    #[test]
    fn damage_in_a_value_names_the_key() {
        for (value, offset, text) in [
            (&b"\xc5"[..], 13, "Unknown RDB string encoding type 5"),
            (b"\xbf", 13, "Unknown length encoding 2 in rdbLoadLen()"),
            (b"\xc3\x02\x05aa", 17, "Invalid LZF compressed string"),
        ] {
            let (verdict, out) = checked(&[b"REDIS0010\x00\x01a", value].concat());
            assert_eq!(verdict, Verdict::Broken { gave_up: true });
            assert!(
                out.contains(&format!("[offset {offset}] Internal error in RDB reading offset")),
                "{out}"
            );
            assert!(out.contains(&format!(" -> {text}\n")), "{out}");
            assert!(out.contains("Reading key 'a'\n[additional info] Reading type 0 (string)\n"), "{out}");
            assert!(out.contains("[info] 1 keys read\n"), "{out}");
        }
    }

    #[test]
    fn a_sound_file_is_counted() {
        let bytes = b"REDIS0010\xfa\x01k\x01v\xfe\x00\xfc\x00\x01\0\0\0\0\0\0\x00\x01a\x01b\x00\x01c\x01d\xff\0\0\0\0\0\0\0\0";
        let (verdict, out) = checked(bytes);
        assert!(matches!(verdict, Verdict::Sound { .. }));
        let end = bytes.len();
        assert_eq!(
            out,
            format!(
                "[offset 0] Checking RDB file f\n[offset 14] AUX FIELD k = 'v'\n[offset 16] Selecting DB ID 0\n\
                 [offset {end}] RDB file was saved with checksum disabled: no check performed.\n\
                 [offset {end}] \\o/ RDB looks OK! \\o/\n[info] 2 keys read\n[info] 1 expires\n\
                 [info] 1 already expired\n"
            )
        );
        assert!(checked(b"REDIS0004\xff").1.contains("[offset 10] \\o/ RDB looks OK! \\o/\n"));
    }
}
