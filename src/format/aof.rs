//! The records of an append-only file: commands in the form of requests, and annotations.
//!
//! A command is `*count`, then for each argument `$length` and its bytes, all lines ended by CR LF. An
//! annotation is a line that begins with `#` and means nothing to who replays the file; `#TS:<unix seconds>`
//! says when what follows was written, `#REPL:…` where in a history of replication the data are ([`Mark`]; ours alone).
//!
//! [`Records`] reads from a buffer that grows: when it says [`Step::Need`], append to the buffer and ask
//! again; it goes on where it stopped, so a large argument is looked at once. It allocates for what has
//! come, never for what a length claims.
//!
//! Numbers are read as C's `atoi` does and the two bytes behind an argument are not looked at: what Redis
//! accepts we accept. Deviations: an annotation that has no end at the end of a file is an unfinished record
//! (Redis takes it, and then appends the next command to that line); a negative length and a line of more
//! than [`MAX_LINE`] bytes are errors of format (Redis allocates, or goes on in the middle of the line).
//!
//! Source: Redis 7.2.4 `loadSingleAppendOnlyFile`, `genAofTimestampAnnotationIfNeeded`.

use crate::base::num::{is_space, push_i64};
use crate::resp::request::Span;

/// Longest line, its end included; AOF_ANNOTATION_LINE_MAX_LEN.
pub const MAX_LINE: usize = 1024;

/// The first bytes of a file that begins with a snapshot.
pub const SNAPSHOT: &[u8] = b"REDIS";

/// The number some text begins with, as C's `atoll` reads it: blanks, a sign, digits; 0 without any. Held within
/// the range of the type.
pub fn leading_number(text: &[u8]) -> i64 {
    let text = &text[text.iter().take_while(|b| is_space(**b)).count()..];
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let mut value: i64 = 0;
    for digit in digits.iter().take_while(|b| b.is_ascii_digit()) {
        let digit = i64::from(digit - b'0');
        let signed = if negative { -digit } else { digit };
        value = value.saturating_mul(10).saturating_add(signed);
    }
    value
}

/// Appends the annotation of a moment, in Unix seconds.
pub fn push_timestamp(out: &mut Vec<u8>, now_s: i64) {
    out.extend_from_slice(b"#TS:");
    push_i64(out, now_s);
    out.extend_from_slice(b"\r\n");
}

/// A place in a history of replication, noted in a file: `#REPL:<offset>:<database>:<sum>[:<id>]`, the sum in
/// hexadecimal digits. What it is for: `state::aof_trail`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// The history. `None`: that of the last mark of the file that names one.
    pub id: Option<[u8; 40]>,
    /// Bytes of the stream so far.
    pub offset: i64,
    /// The database the stream has selected.
    pub db: i64,
    /// CRC-64 of all bytes of the file before the mark.
    pub sum: u64,
}

const MARK: &[u8] = b"#REPL:";

/// Appends a mark.
pub fn push_mark(out: &mut Vec<u8>, mark: &Mark) {
    out.extend_from_slice(MARK);
    push_i64(out, mark.offset);
    out.push(b':');
    push_i64(out, mark.db);
    out.extend_from_slice(format!(":{:016x}", mark.sum).as_bytes());
    if let Some(id) = &mark.id {
        out.push(b':');
        out.extend_from_slice(id);
    }
    out.extend_from_slice(b"\r\n");
}

/// The mark that an annotation is; `None` when it is another, or no good one.
pub fn parse_mark(line: &[u8]) -> Option<Mark> {
    let text = line.strip_prefix(MARK)?.strip_suffix(b"\r\n")?;
    let mut parts = std::str::from_utf8(text).ok()?.split(':');
    let (offset, db) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let sum = u64::from_str_radix(parts.next()?, 16).ok()?;
    let id = match parts.next() {
        Some(id) => Some(id.as_bytes().try_into().ok()?),
        None => None,
    };
    parts.next().is_none().then_some(Mark { id, offset, db, sum })
}

/// What the next record is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// A command in the first so many bytes; its arguments are in [`Records::spans`].
    Command(usize),
    /// An annotation of so many bytes.
    Annotation(usize),
    /// The record goes on behind the buffer, for at least so many bytes. At the end of the file: it is cut short.
    Need(usize),
}

/// The bytes are no record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadFormat;

/// See the head of the file.
#[derive(Default, Debug)]
pub struct Records {
    /// Where the arguments lie, from the first byte of the record.
    pub spans: Vec<Span>,
    /// How much of the record is understood. Bytes.
    at: usize,
    /// Arguments of the command, once known.
    count: Option<usize>,
    /// The length of the argument that begins at `at`, once known.
    length: Option<usize>,
}

impl Records {
    /// Looks at a buffer whose first byte is the first of a record. After [`Step::Need`] the same bytes must come
    /// again, with more behind them; after the others what follows the record.
    ///
    /// # Errors
    /// When these bytes are no record. The reader is good for nothing then.
    pub fn next(&mut self, buf: &[u8]) -> Result<Step, BadFormat> {
        let count = match self.count {
            Some(count) => count,
            None => {
                match buf.first() {
                    None => return Ok(Step::Need(1)),
                    Some(b'#' | b'*') => {}
                    Some(_) => return Err(BadFormat),
                }
                let Some(end) = line_end(buf)? else { return Ok(Step::Need(1)) };
                if buf[0] == b'#' {
                    return Ok(Step::Annotation(end));
                }
                let count = leading_number(&buf[1..end]);
                if !(1..=i64::from(i32::MAX)).contains(&count) {
                    return Err(BadFormat);
                }
                self.at = end;
                self.spans.clear();
                *self.count.insert(count as usize)
            }
        };
        while self.spans.len() < count {
            let rest = buf.get(self.at..).unwrap_or_default();
            let Some(length) = self.length else {
                match rest.first() {
                    None => return Ok(Step::Need(1)),
                    Some(b'$') => {}
                    Some(_) => return Err(BadFormat),
                }
                let Some(end) = line_end(rest)? else { return Ok(Step::Need(1)) };
                let length = usize::try_from(leading_number(&rest[1..end])).map_err(|_| BadFormat)?;
                self.at += end;
                self.length = Some(length);
                continue;
            };
            let whole = length.checked_add(2).ok_or(BadFormat)?;
            if rest.len() < whole {
                return Ok(Step::Need(whole - rest.len()));
            }
            self.spans.push(Span { at: self.at, len: length });
            self.at += whole;
            self.length = None;
        }
        self.count = None;
        Ok(Step::Command(std::mem::take(&mut self.at)))
    }
}

/// Where the first line ends, its end included; `None` when that has not come yet.
fn line_end(buf: &[u8]) -> Result<Option<usize>, BadFormat> {
    let head = &buf[..buf.len().min(MAX_LINE)];
    match memchr::memchr(b'\n', head) {
        Some(at) => Ok(Some(at + 1)),
        None if head.len() == MAX_LINE => Err(BadFormat),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::request::{Args, push_request};

    type Commands = Vec<Vec<Vec<u8>>>;

    /// Reads a whole file given in pieces: the commands, and the offset behind the last whole record.
    fn read(file: &[u8], piece: usize) -> Result<(Commands, usize), BadFormat> {
        let (mut records, mut commands) = (Records::default(), Vec::new());
        let (mut start, mut have) = (0, 0);
        loop {
            match records.next(&file[start..have])? {
                Step::Command(len) => {
                    let args = Args::new(&file[start..start + len], &records.spans);
                    commands.push(args.iter().map(<[u8]>::to_vec).collect());
                    start += len;
                }
                Step::Annotation(len) => start += len,
                Step::Need(_) if have == file.len() => return Ok((commands, start)),
                Step::Need(more) => {
                    assert!(more > 0);
                    have = (have + piece).min(file.len());
                }
            }
        }
    }

    fn sample() -> Vec<u8> {
        let mut file = Vec::new();
        push_timestamp(&mut file, 1_700_000_000);
        push_request(&mut file, &[b"SELECT", b"0"]);
        push_request(&mut file, &[b"SET", b"", &[b'v'; 3000]]);
        file.extend_from_slice(b"#a remark\n*1\n$4\nPINGxx");
        file
    }

    #[test]
    fn marks_are_read_as_written_and_nothing_else_is() {
        let id = *b"0123456789abcdef0123456789abcdef01234567";
        for mark in [
            Mark { id: Some(id), offset: i64::MAX, db: 15, sum: u64::MAX },
            Mark { id: None, offset: 0, db: 0, sum: 0 },
        ] {
            let mut line = Vec::new();
            push_mark(&mut line, &mark);
            assert_eq!(parse_mark(&line), Some(mark));
            for at in 0..line.len() {
                assert_ne!(parse_mark(&line[..at]), Some(mark));
                let mut other = line.clone();
                other[at] ^= 1;
                assert_ne!(parse_mark(&other), Some(mark), "byte {at}");
            }
        }
        for line in [&b"#TS:5\r\n"[..], b"#REPL:\r\n", b"#REPL:1:2:3:short\r\n", b"#REPL:1:2:\xff\r\n"] {
            assert_eq!(parse_mark(line), None);
        }
    }

    #[test]
    fn commands_are_read_in_pieces_of_any_size() {
        let file = sample();
        let whole = read(&file, file.len()).unwrap();
        assert_eq!((whole.0.len(), whole.1), (3, file.len()));
        assert_eq!(whole.0[1][1..], [vec![], vec![b'v'; 3000]]);
        assert_eq!(whole.0[2], [b"PING"]);
        for piece in [1, 2, 3, 7, 100, 1500] {
            assert_eq!(read(&file, piece).unwrap(), whole);
        }
    }

    #[test]
    fn a_cut_file_ends_at_its_last_whole_record() {
        let file = sample();
        let (_, mut last) = read(&[], 1).unwrap();
        for cut in 0..file.len() {
            let (_, good) = read(&file[..cut], 64).unwrap();
            assert!(good >= last && good <= cut);
            last = good;
        }
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for bad in [
            "x",
            "+OK\r\n",
            "*0\r\n",
            "*-1\r\n",
            "*x\r\n",
            "*1\r\n+4\r\n",
            "*1\r\n$-1\r\n",
            "*3000000000\r\n",
        ] {
            assert_eq!(read(bad.as_bytes(), 100), Err(BadFormat), "{bad}");
        }
        assert_eq!(read(&[b'#'; 1024], 5000), Err(BadFormat));
        assert_eq!(read(&[&b"*1"[..], &[b' '; 1100]].concat(), 5000), Err(BadFormat));
        // A length of more than there is only asks for more.
        assert_eq!(
            Records::default().next(b"*2\r\n$9000000000000000000\r\nabc"),
            Ok(Step::Need(9_000_000_000_000_000_000 - 1))
        );
        assert!(Records::default().next(b"*2\r\n$9999999999999999999\r\nabc").is_ok());
    }

    #[test]
    fn any_flipped_bit_is_read_or_refused() {
        let file = sample();
        for at in (0..file.len()).filter(|at| *at < 100 || *at > 2900) {
            for bit in 0..8 {
                let mut bad = file.clone();
                bad[at] ^= 1 << bit;
                if let Ok((_, good)) = read(&bad, 512) {
                    assert!(good <= bad.len());
                }
            }
        }
    }

    #[test]
    fn numbers_are_read_as_c_reads_them() {
        for (text, value) in [("12", 12), (" +7x", 7), ("-3\r\n", -3), ("", 0), ("x1", 0), ("\t9", 9)] {
            assert_eq!(leading_number(text.as_bytes()), value, "{text:?}");
        }
        assert_eq!(leading_number(b"99999999999999999999"), i64::MAX);
        assert_eq!(leading_number(b"-99999999999999999999"), i64::MIN);
    }
}
