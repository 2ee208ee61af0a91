//! Finds where a unit of an RDB file ends, a piece at a time.
//!
//! A unit is one opcode or type byte and the *pieces* that belong to it: fixed bytes, lengths, strings. The
//! table [`pieces`] says which, per opcode; that is the whole grammar. [`Scan`] remembers how far into the
//! unit it got, so bytes that arrive later are looked at once: scanning a unit costs its number of pieces, however
//! many chunks it arrives in. Nothing is decoded here and nothing allocated; the reader decodes the unit once
//! it lies whole in memory.
//!
//! A value that is a count and its elements is framed in parts, so that it need never lie whole in memory: the
//! unit is type, key and count only, and each element is a unit of its own ([`Shape::Element`]).

use super::rdb::{Frame, HEADER_LEN, kind, length, module_op, opcode, string};
use super::rdb_error::{ErrorKind, Fault};

/// What follows the first byte of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// This many bytes.
    Fixed(usize),
    /// A length.
    Len,
    /// A string.
    Str,
    /// A score of old files: a byte of length, or a mark above 252, and as many bytes.
    TextScore,
    /// A count, and so many times these.
    Counted(&'static [Piece]),
    /// Tagged fields up to the tag `module_op::EOF`.
    ModuleFields,
}

/// The three kinds of unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Magic and version.
    Header,
    /// An opcode or a type id and its pieces; up to the count, should [`element`] know its type.
    Unit,
    /// One element of a value, see [`element`].
    Element(&'static [Piece]),
    /// The eight bytes of the checksum.
    Footer,
}

/// The pieces after the first byte `op` of a unit.
///
/// # Errors
/// Opcodes and types that cannot be read: unknown, refused by Redis too, or not supported here.
pub fn pieces(op: u8) -> Result<&'static [Piece], Fault> {
    use Piece::*;
    Ok(match op {
        kind::STRING => &[Str, Str],
        kind::SET_INTSET | kind::SET_LISTPACK | kind::HASH_LISTPACK | kind::ZSET_LISTPACK => &[Str, Str],
        kind::HASH_ZIPMAP | kind::LIST_ZIPLIST | kind::ZSET_ZIPLIST | kind::HASH_ZIPLIST => &[Str, Str],
        kind::LIST | kind::SET | kind::LIST_QUICKLIST => &[Str, Counted(&[Str])],
        kind::HASH => &[Str, Counted(&[Str, Str])],
        kind::ZSET => &[Str, Counted(&[Str, TextScore])],
        kind::ZSET_2 => &[Str, Counted(&[Str, Fixed(8)])],
        kind::LIST_QUICKLIST_2 => &[Str, Counted(&[Len, Str])],
        kind::STREAM => &STREAM,
        kind::STREAM_2 => &STREAM_2,
        kind::STREAM_3 => &STREAM_3,
        kind::MODULE_2 => &[Str, Len],
        kind::MODULE_PRE_GA => return Err(Fault::new(ErrorKind::ModulePreGa)),
        opcode::SLOT_INFO => &[Len, Len, Len],
        opcode::FUNCTION2 => &[Str],
        opcode::FUNCTION_PRE_GA => return Err(Fault::new(ErrorKind::FunctionPreGa)),
        opcode::MODULE_AUX => &[Len, Len, Len, ModuleFields],
        opcode::IDLE | opcode::SELECTDB => &[Len],
        opcode::FREQ => &[Fixed(1)],
        opcode::AUX => &[Str, Str],
        opcode::RESIZEDB => &[Len, Len],
        opcode::EXPIRETIME_MS => &[Fixed(8)],
        opcode::EXPIRETIME => &[Fixed(4)],
        opcode::EOF => &[],
        other if super::rdb::type_name(other).is_some() => {
            return Err(Fault::new(ErrorKind::UnsupportedType(other)));
        }
        other => return Err(Fault::new(ErrorKind::UnknownType(other))),
    })
}

/// Ids with nothing else.
const IDS: Piece = Piece::Counted(&[Piece::Fixed(16)]);
/// Nodes of a stream: id, listpack.
const NODES: Piece = Piece::Counted(&[Piece::Str, Piece::Str]);
/// Pending entries of a group.
const PENDING: Piece = Piece::Counted(&[Piece::Fixed(16), Piece::Fixed(8), Piece::Len]);
/// Consumers of a group, without and with the time they were active.
const CONSUMERS: Piece = Piece::Counted(&[Piece::Str, Piece::Fixed(8), IDS]);
const CONSUMERS_3: Piece = Piece::Counted(&[Piece::Str, Piece::Fixed(16), IDS]);

/// Streams: `rdb_values::stream` says what the pieces are.
const STREAM: [Piece; 6] = {
    use Piece::*;
    [Str, NODES, Len, Len, Len, Counted(&[Str, Len, Len, PENDING, CONSUMERS])]
};
const STREAM_2: [Piece; 11] = stream_2(&[Piece::Str, Piece::Len, Piece::Len, Piece::Len, PENDING, CONSUMERS]);
const STREAM_3: [Piece; 11] =
    stream_2(&[Piece::Str, Piece::Len, Piece::Len, Piece::Len, PENDING, CONSUMERS_3]);

const fn stream_2(group: &'static [Piece]) -> [Piece; 11] {
    use Piece::*;
    [Str, NODES, Len, Len, Len, Len, Len, Len, Len, Len, Counted(group)]
}

/// How deep counted pieces lie in each other: pending ids of a consumer of a group.
const DEPTH: usize = 3;

/// The pieces of one element, for values that are nothing but a count and so many elements.
pub fn element(op: u8) -> Option<&'static [Piece]> {
    match pieces(op) {
        Ok([Piece::Str, Piece::Counted(each)]) => Some(each),
        _ => None,
    }
}

/// Progress through one unit.
#[derive(Debug, Default)]
pub struct Scan {
    /// Bytes of the unit framed so far.
    at: usize,
    /// What is left to frame; `None` before the first byte.
    left: Option<&'static [Piece]>,
    /// Inside `ModuleFields`: the value of the tag just read.
    field: Option<Piece>,
    /// Inside `Counted`, by level: how many are to come, and what is left of the first of them.
    items: [Option<(u64, &'static [Piece])>; DEPTH],
    /// The level at which the next `Counted` is.
    level: usize,
}

impl Scan {
    /// Offset in the unit of the piece being framed: where an error is.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Goes on framing `unit`, which starts where it did at the last call and may have grown. At most `max`
    /// bytes are allowed to a string.
    ///
    /// Returns the size of the unit, after which the scan is ready for the next one, or the size `unit` must
    /// have for the next step.
    ///
    /// # Errors
    /// The unit cannot be read; [`Scan::at`] says where.
    pub fn advance(&mut self, shape: Shape, unit: &[u8], max: u64) -> Result<Frame<()>, Fault> {
        let mut left = match self.left {
            Some(left) => left,
            None => match shape {
                Shape::Header => &[Piece::Fixed(HEADER_LEN)],
                Shape::Footer => &[Piece::Fixed(8)],
                Shape::Element(each) => each,
                Shape::Unit => match unit.first() {
                    Some(&op) => {
                        let left = pieces(op)?;
                        self.at = 1;
                        if element(op).is_some() { &[Piece::Str, Piece::Len] } else { left }
                    }
                    None => return Ok(Frame::Need(1)),
                },
            },
        };
        while let [piece, rest @ ..] = left {
            self.left = Some(left);
            if let Frame::Need(n) = self.piece(*piece, unit, max)? {
                return Ok(Frame::Need(n));
            }
            left = rest;
        }
        let size = self.at;
        *self = Scan::default();
        Ok(Frame::Whole((), size))
    }

    fn piece(&mut self, piece: Piece, unit: &[u8], max: u64) -> Result<Frame<()>, Fault> {
        let tail = &unit[self.at..];
        let step = match piece {
            Piece::Fixed(n) if tail.len() < n => Frame::Need(n),
            Piece::Fixed(n) => Frame::Whole(0, n),
            Piece::Len => match length(tail)? {
                Frame::Whole(n, size) => Frame::Whole(n.number(), size),
                Frame::Need(n) => Frame::Need(n),
            },
            Piece::Str => match string(tail, max)? {
                Frame::Whole(_, size) => Frame::Whole(0, size),
                Frame::Need(n) => Frame::Need(n),
            },
            Piece::TextScore => match tail.first() {
                None => Frame::Need(1),
                Some(&len) => match 1 + if len > 252 { 0 } else { usize::from(len) } {
                    size if size > tail.len() => Frame::Need(size),
                    size => Frame::Whole(0, size),
                },
            },
            Piece::Counted(each) => return self.counted(each, unit, max),
            Piece::ModuleFields => return self.module_fields(unit, max),
        };
        Ok(match step {
            Frame::Whole(_, size) => {
                self.at += size;
                Frame::Whole((), self.at)
            }
            Frame::Need(n) => Frame::Need(self.at + n),
        })
    }

    fn counted(&mut self, each: &'static [Piece], unit: &[u8], max: u64) -> Result<Frame<()>, Fault> {
        let level = self.level;
        let (mut left, mut rest) = match self.items[level] {
            Some(items) => items,
            None => match length(&unit[self.at..])? {
                Frame::Whole(count, size) => {
                    self.at += size;
                    (count.number(), each)
                }
                Frame::Need(n) => return Ok(Frame::Need(self.at + n)),
            },
        };
        while left != 0 {
            self.items[level] = Some((left, rest));
            match rest {
                [] => (left, rest) = (left - 1, each),
                [piece, tail @ ..] => {
                    self.level = level + 1;
                    let frame = self.piece(*piece, unit, max)?;
                    self.level = level;
                    if let Frame::Need(n) = frame {
                        return Ok(Frame::Need(n));
                    }
                    rest = tail;
                }
            }
        }
        self.items[level] = None;
        Ok(Frame::Whole((), self.at))
    }

    fn module_fields(&mut self, unit: &[u8], max: u64) -> Result<Frame<()>, Fault> {
        loop {
            if let Some(piece) = self.field {
                if let Frame::Need(n) = self.piece(piece, unit, max)? {
                    return Ok(Frame::Need(n));
                }
                self.field = None;
            }
            let (tag, size) = match length(&unit[self.at..])? {
                Frame::Whole(tag, size) => (tag.number(), size),
                Frame::Need(n) => return Ok(Frame::Need(self.at + n)),
            };
            self.field = match tag {
                module_op::EOF => None,
                module_op::SINT | module_op::UINT => Some(Piece::Len),
                module_op::FLOAT => Some(Piece::Fixed(4)),
                module_op::DOUBLE => Some(Piece::Fixed(8)),
                module_op::STRING => Some(Piece::Str),
                other => return Err(Fault::new(ErrorKind::ModuleOpcode(other))),
            };
            self.at += size;
            if self.field.is_none() {
                return Ok(Frame::Whole((), self.at));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Byte by byte: every answer but the last is a need beyond what is there and within the unit.
    fn feed_all(shape: Shape, unit: &[u8]) -> usize {
        let mut scan = Scan::default();
        for have in 0..unit.len() {
            match scan.advance(shape, &unit[..have], 1000).unwrap() {
                Frame::Need(n) => assert!(n > have && n <= unit.len()),
                Frame::Whole((), n) => panic!("whole at {n} of {}", unit.len()),
            }
        }
        assert_eq!(scan.advance(shape, unit, 1000), Ok(Frame::Whole((), unit.len())));
        unit.len()
    }

    #[test]
    fn every_unit_is_framed_however_slowly_it_arrives() {
        feed_all(Shape::Header, b"REDIS0010");
        feed_all(Shape::Footer, &[1; 8]);
        feed_all(Shape::Unit, b"\x00\x03key\xC1\x01\x02");
        feed_all(Shape::Unit, b"\xFB\x40\x40\x80\0\0\0\x01");
        feed_all(
            Shape::Unit,
            b"\xF7\x81\0\0\0\0\0\0\0\x01\x02\x01\x01\x05\x05\x03abc\x03\0\0\0\0\x04\0\0\0\0\0\0\0\0\0",
        );
        feed_all(Shape::Unit, b"\xFF");
    }

    #[test]
    fn a_count_and_its_elements_are_units_each() {
        feed_all(Shape::Unit, b"\x02\x01k\0");
        let element_of = |op| Shape::Element(element(op).unwrap());
        for op in [kind::LIST, kind::SET, kind::LIST_QUICKLIST] {
            feed_all(Shape::Unit, &[op, 1, b'k', 2]);
            feed_all(element_of(op), b"\x01a");
            feed_all(element_of(op), b"\xC0\x05");
        }
        feed_all(element_of(kind::HASH), b"\x01a\x02bc");
        feed_all(element_of(kind::ZSET), b"\x01a\x031.5");
        feed_all(element_of(kind::ZSET), b"\x01b\xff");
        feed_all(element_of(kind::ZSET_2), b"\x01a\0\0\0\0\0\0\0\0");
        feed_all(element_of(kind::LIST_QUICKLIST_2), b"\x02\x02bc");
        assert_eq!(
            (element(kind::STRING), element(kind::HASH_LISTPACK), element(opcode::AUX)),
            (None, None, None)
        );
    }

    #[test]
    fn a_stream_is_one_unit() {
        let id = [7; 16];
        let pending = [b"\x02", &id[..], &id[..8], b"\x01", &id[..], &id[..8], b"\x40\x01"].concat();
        for (kind, longer, times) in [(15, 0, 8), (19, 5, 8), (21, 5, 16)] {
            let consumer = [b"\x03abc", &id[..times], b"\x02", &id[..], &id[..]].concat();
            let consumers = [b"\x02", &consumer[..], b"\x01d", &id[..times], b"\0"].concat();
            let group = [b"\x01g\x05\x06", &b"\x07"[..longer / 5], &pending[..], &consumers[..]].concat();
            let head = [&[kind][..], b"\x01k\x01\x02id\x01l\x03\x04\x05", &[1; 5][..longer]].concat();
            feed_all(Shape::Unit, &[&head[..], b"\x02", &group[..], &group[..]].concat());
            feed_all(Shape::Unit, &[&head[..], b"\0"].concat());
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let kind = |unit: &[u8]| Scan::default().advance(Shape::Unit, unit, 1000).unwrap_err().kind;
        assert_eq!(kind(b"\x16"), ErrorKind::UnsupportedType(22));
        assert_eq!(kind(b"\x08"), ErrorKind::UnknownType(8));
        assert_eq!(kind(b"\xC8"), ErrorKind::UnknownType(200));
        assert_eq!(kind(b"\x06"), ErrorKind::ModulePreGa);
        assert_eq!(kind(b"\xF6"), ErrorKind::FunctionPreGa);
        assert_eq!(kind(b"\xF7\x01\x02\x01\x09"), ErrorKind::ModuleOpcode(9));
    }
}
