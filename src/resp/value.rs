//! Replies, read: what the handshake with a master and the tests need.
//!
//! [`Decoder::feed`] takes whole elements off the front of a buffer and keeps open aggregates on a stack of
//! its own, so a long reply in small pieces is read once, and nesting costs no recursion (its depth is
//! limited). A claimed count or length reserves nothing. All types of RESP2 and RESP3 except the streamed
//! ones (`$?`), which Redis never sends.

use super::reply::Reply;
use crate::base::num::{parse_f64, parse_i64};

/// Longest line: a status, an error, a number, a header.
const MAX_LINE: usize = 64 * 1024;
/// Longest bulk string in bytes, and most elements of an aggregate (Redis' own limits by default).
const MAX_BULK: i64 = 512 * 1024 * 1024;
const MAX_COUNT: i64 = i32::MAX as i64;
/// Deepest nesting.
const MAX_DEPTH: usize = 128;

/// One decoded reply.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `+`
    Simple(Vec<u8>),
    /// `-` and, in RESP3, `!`: the text without the sign.
    Error(Vec<u8>),
    /// `:`
    Int(i64),
    /// `$`
    Bulk(Vec<u8>),
    /// `$-1` or `_`
    Null,
    /// `*-1`
    NullArray,
    /// `*`
    Array(Vec<Value>),
    /// `%`
    Map(Vec<(Value, Value)>),
    /// `~`
    Set(Vec<Value>),
    /// `>`
    Push(Vec<Value>),
    /// `|`: stands before the value it is about, as a value of its own that no count includes.
    Attribute(Vec<(Value, Value)>),
    /// `,`
    Double(f64),
    /// `#`
    Bool(bool),
    /// `=`
    Verbatim { ext: [u8; 3], text: Vec<u8> },
    /// `(`: its digits.
    BigNumber(Vec<u8>),
}

/// Bytes that are no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueError {
    /// This byte begins no type.
    UnknownType(u8),
    /// A number, length or truth value that is none, or beyond the limits.
    BadNumber,
    /// A line or a nesting beyond the limits.
    TooLong,
    /// A bulk string or verbatim text not closed as it should be.
    BadBulk,
}

impl Value {
    /// The bytes of a status, error, bulk string, verbatim text or big number.
    pub fn text(&self) -> Option<&[u8]> {
        match self {
            Value::Simple(text) | Value::Error(text) | Value::Bulk(text) | Value::BigNumber(text) => {
                Some(text)
            }
            Value::Verbatim { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The elements of an array, set or push message.
    pub fn items(&self) -> Option<&[Value]> {
        match self {
            Value::Array(items) | Value::Set(items) | Value::Push(items) => Some(items),
            _ => None,
        }
    }

    /// Whether it is an error reply.
    pub fn is_error(&self) -> bool {
        matches!(self, Value::Error(_))
    }

    /// Writes it; in RESP2 in the older form of its type.
    pub fn write(&self, out: &mut Reply) {
        match self {
            Value::Simple(text) => out.simple(text),
            Value::Error(text) => out.error(text),
            Value::Int(value) => out.int(*value),
            Value::Bulk(bytes) => out.bulk(bytes),
            Value::Null => out.null(),
            Value::NullArray => out.null_array(),
            Value::Array(items) => write_items(out, items, Reply::array),
            Value::Set(items) => write_items(out, items, Reply::set),
            Value::Push(items) => write_items(out, items, Reply::push),
            Value::Map(pairs) => {
                out.map(pairs.len());
                write_pairs(out, pairs);
            }
            Value::Attribute(pairs) => {
                if out.attribute(pairs.len()) {
                    write_pairs(out, pairs);
                }
            }
            Value::Double(value) => out.double(*value),
            Value::Bool(value) => out.bool(*value),
            Value::Verbatim { ext, text } => out.verbatim(&String::from_utf8_lossy(ext), text),
            Value::BigNumber(digits) => out.big_number(&String::from_utf8_lossy(digits)),
        }
    }
}

fn write_items(out: &mut Reply, items: &[Value], header: impl Fn(&mut Reply, usize)) {
    header(out, items.iter().filter(|item| !matches!(item, Value::Attribute(_))).count());
    items.iter().for_each(|item| item.write(out));
}

fn write_pairs(out: &mut Reply, pairs: &[(Value, Value)]) {
    pairs.iter().for_each(|(key, value)| {
        key.write(out);
        value.write(out);
    });
}

/// An aggregate whose elements are still coming.
#[derive(Debug)]
struct Frame {
    sign: u8,
    left: usize,
    items: Vec<Value>,
}

impl Frame {
    fn close(self) -> Value {
        match self.sign {
            b'~' => Value::Set(self.items),
            b'>' => Value::Push(self.items),
            b'%' => Value::Map(pairs(self.items)),
            b'|' => Value::Attribute(pairs(self.items)),
            _ => Value::Array(self.items),
        }
    }
}

/// Attributes inside a map have no place in a list of pairs: they are dropped.
fn pairs(items: Vec<Value>) -> Vec<(Value, Value)> {
    let mut rest = items.into_iter().filter(|item| !matches!(item, Value::Attribute(_)));
    let mut pairs = Vec::with_capacity(rest.size_hint().1.unwrap_or(0) / 2);
    while let (Some(key), Some(value)) = (rest.next(), rest.next()) {
        pairs.push((key, value));
    }
    pairs
}

/// What the front of the buffer holds.
enum Token {
    Value(Value),
    Open(Frame),
}

/// Reads replies from one connection.
#[derive(Debug, Default)]
pub struct Decoder {
    stack: Vec<Frame>,
    /// Bytes at the front known to hold no line end.
    scanned: usize,
}

impl Decoder {
    /// A decoder at the start of a reply.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes elements off the front of `buf` until a reply is whole. Returns how many bytes were taken, which
    /// the caller drops, and the reply; `None`: more bytes are needed behind what is left.
    pub fn feed(&mut self, buf: &[u8]) -> Result<(usize, Option<Value>), ValueError> {
        let mut at = 0;
        loop {
            let Some((token, len)) = self.token(&buf[at..])? else { return Ok((at, None)) };
            self.scanned = 0;
            at += len;
            let value = match token {
                Token::Open(frame) if frame.left > 0 => {
                    if self.stack.len() >= MAX_DEPTH {
                        return Err(ValueError::TooLong);
                    }
                    self.stack.push(frame);
                    continue;
                }
                Token::Open(frame) => frame.close(),
                Token::Value(value) => value,
            };
            if let Some(whole) = self.place(value) {
                return Ok((at, Some(whole)));
            }
        }
    }

    /// Puts a value where it belongs; gives it back when it is a whole reply.
    fn place(&mut self, mut value: Value) -> Option<Value> {
        while let Some(top) = self.stack.last_mut() {
            if !matches!(value, Value::Attribute(_)) {
                top.left -= 1;
            }
            top.items.push(value);
            if top.left > 0 {
                return None;
            }
            value = self.stack.pop()?.close();
        }
        Some(value)
    }

    fn token(&mut self, buf: &[u8]) -> Result<Option<(Token, usize)>, ValueError> {
        let from = self.scanned.min(buf.len());
        let Some(end) = memchr::memchr(b'\n', &buf[from..]).map(|found| from + found) else {
            self.scanned = buf.len();
            return if buf.len() > MAX_LINE { Err(ValueError::TooLong) } else { Ok(None) };
        };
        let Some((&sign, rest)) = buf[..end].split_first() else {
            return Err(ValueError::UnknownType(b'\n'));
        };
        let line = rest.strip_suffix(b"\r").unwrap_or(rest);
        let len = end + 1;
        let value = match sign {
            b'+' => Value::Simple(line.to_vec()),
            b'-' => Value::Error(line.to_vec()),
            b':' => Value::Int(parse_i64(line).ok_or(ValueError::BadNumber)?),
            b'(' => Value::BigNumber(line.to_vec()),
            b'_' => Value::Null,
            b'#' => Value::Bool(match line {
                b"t" => true,
                b"f" => false,
                _ => return Err(ValueError::BadNumber),
            }),
            b',' if line.eq_ignore_ascii_case(b"nan") => Value::Double(f64::NAN),
            b',' => Value::Double(parse_f64(line).ok_or(ValueError::BadNumber)?),
            b'$' | b'=' | b'!' => return text(sign, line, buf, len),
            b'*' | b'%' | b'~' | b'>' | b'|' => return Ok(Some((open(sign, line)?, len))),
            other => return Err(ValueError::UnknownType(other)),
        };
        Ok(Some((Token::Value(value), len)))
    }
}

fn open(sign: u8, line: &[u8]) -> Result<Token, ValueError> {
    let count = parse_i64(line).filter(|n| *n <= MAX_COUNT).ok_or(ValueError::BadNumber)?;
    let left = match usize::try_from(count) {
        Ok(count) if matches!(sign, b'%' | b'|') => count * 2,
        Ok(count) => count,
        Err(_) if sign == b'*' && count == -1 => return Ok(Token::Value(Value::NullArray)),
        Err(_) => return Err(ValueError::BadNumber),
    };
    Ok(Token::Open(Frame { sign, left, items: Vec::new() }))
}

/// A text of stated length behind the header that ends at `at`.
fn text(sign: u8, line: &[u8], buf: &[u8], at: usize) -> Result<Option<(Token, usize)>, ValueError> {
    let len = parse_i64(line).filter(|n| *n <= MAX_BULK).ok_or(ValueError::BadNumber)?;
    if len == -1 && sign == b'$' {
        return Ok(Some((Token::Value(Value::Null), at)));
    }
    let len = usize::try_from(len).map_err(|_| ValueError::BadNumber)?;
    let Some(body) = buf.get(at..at + len + 2) else { return Ok(None) };
    let Some(body) = body.strip_suffix(b"\r\n") else { return Err(ValueError::BadBulk) };
    let value = match (sign, body) {
        (b'=', [a, b, c, b':', text @ ..]) => Value::Verbatim { ext: [*a, *b, *c], text: text.to_vec() },
        (b'=', _) => return Err(ValueError::BadBulk),
        (b'!', _) => Value::Error(body.to_vec()),
        _ => Value::Bulk(body.to_vec()),
    };
    Ok(Some((Token::Value(value), at + len + 2)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scalar() -> impl Strategy<Value = Value> {
        let line = "[ -~]{0,12}".prop_map(String::into_bytes);
        prop_oneof![
            line.clone().prop_map(Value::Simple),
            line.prop_map(Value::Error),
            any::<i64>().prop_map(Value::Int),
            proptest::collection::vec(any::<u8>(), 0..300).prop_map(Value::Bulk),
            Just(Value::Null),
            any::<f64>().prop_filter("a number", |v| !v.is_nan()).prop_map(Value::Double),
            any::<bool>().prop_map(Value::Bool),
            "[ -~]{0,9}".prop_map(|t| Value::Verbatim { ext: *b"txt", text: t.into_bytes() }),
            "-?[1-9][0-9]{0,40}".prop_map(|t| Value::BigNumber(t.into_bytes())),
        ]
    }

    fn value() -> impl Strategy<Value = Value> {
        scalar().prop_recursive(4, 32, 5, |inner| {
            let items = proptest::collection::vec(inner.clone(), 0..5);
            let pairs = proptest::collection::vec((inner.clone(), inner), 0..4);
            prop_oneof![
                items.clone().prop_map(Value::Array),
                items.clone().prop_map(Value::Set),
                items.prop_map(Value::Push),
                pairs.prop_map(Value::Map),
            ]
        })
    }

    /// Feeds in pieces of `step` bytes.
    fn decode(bytes: &[u8], step: usize) -> Result<Vec<Value>, ValueError> {
        let (mut decoder, mut held, mut out) = (Decoder::new(), Vec::new(), Vec::new());
        for piece in bytes.chunks(step.max(1)) {
            held.extend_from_slice(piece);
            loop {
                let (taken, value) = decoder.feed(&held)?;
                held.drain(..taken);
                match value {
                    Some(value) => out.push(value),
                    None => break,
                }
            }
        }
        Ok(out)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn resp3_round_trip(values in proptest::collection::vec(value(), 1..4), step in 1usize..40) {
            let mut out = Reply::new(true);
            values.iter().for_each(|value| value.write(&mut out));
            prop_assert_eq!(decode(&out.buf, step).unwrap(), values.clone());
            prop_assert_eq!(decode(&out.buf, out.buf.len()).unwrap(), values);
        }

        #[test]
        fn garbage_never_panics(bytes in "[-+:$*%~>|,#=(!_0-9\r\ntfab?]{0,60}", step in 1usize..9) {
            let whole = decode(bytes.as_bytes(), 60);
            prop_assert_eq!(decode(bytes.as_bytes(), step), whole);
        }
    }

    #[test]
    fn edges() {
        assert_eq!(
            decode(b"*-1\r\n$-1\r\n_\r\n*0\r\n", 3).unwrap(),
            [Value::NullArray, Value::Null, Value::Null, Value::Array(vec![])]
        );
        let attributed = b"*2\r\n|1\r\n+a\r\n:1\r\n+x\r\n+y\r\n";
        let got = decode(attributed, 4).unwrap();
        assert_eq!(got[0].items().map(<[Value]>::len), Some(3));
        let mut out = Reply::new(true);
        got[0].write(&mut out);
        assert_eq!(out.buf, attributed);
        assert_eq!(decode(b"$5\r\nabcdefg", 4), Err(ValueError::BadBulk));
        assert_eq!(decode(b"*99999999999\r\n", 4), Err(ValueError::BadNumber));
        assert_eq!(decode(&b"*1\r\n".repeat(MAX_DEPTH + 1), 64), Err(ValueError::TooLong));
        assert_eq!(decode(b"@\r\n", 9), Err(ValueError::UnknownType(b'@')));
        assert!(decode(&[b'+'; MAX_LINE + 2], MAX_LINE + 2).is_err());
    }
}
