//! The parser against a naive model that looks at the whole input at once.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

type Request = (bool, Vec<Vec<u8>>);

/// Requests found, then the error, or else the bytes left over.
#[derive(Debug, PartialEq)]
struct Outcome {
    requests: Vec<Request>,
    skipped: usize,
    error: Option<ProtocolError>,
    left: Vec<u8>,
}

/// Feeds the parser piece by piece.
fn feed(pieces: &[&[u8]], limits: &Limits) -> Outcome {
    let (mut parser, mut spans, mut held) = (Parser::new(), Vec::new(), Vec::new());
    let (mut requests, mut skipped) = (Vec::new(), 0);
    for piece in pieces {
        held.extend_from_slice(piece);
        loop {
            match parser.parse(&held, limits, &mut spans) {
                Ok(Step::Need { hint }) => {
                    assert!(hint > 0);
                    break;
                }
                Ok(Step::Skip { consumed }) => {
                    held.drain(..consumed);
                    skipped += 1;
                }
                Ok(Step::Ready { consumed, inline }) => {
                    let text = parser.take_inline();
                    let args = if inline {
                        Args::inline(&text, &spans)
                    } else {
                        Args::new(&held[..consumed], &spans)
                    };
                    requests.push((inline, args.iter().map(<[u8]>::to_vec).collect()));
                    held.drain(..consumed);
                }
                Err(error) => return Outcome { requests, skipped, error: Some(error), left: Vec::new() },
            }
        }
    }
    Outcome { requests, skipped, error: None, left: held }
}

/// The first line end, unless a NUL byte hides it.
fn find(buf: &[u8], end: u8) -> Option<usize> {
    let at = buf.iter().position(|&b| b == end)?;
    (!buf[..at].contains(&0)).then_some(at)
}

/// A header line: its sign, its number, the bytes after it.
fn model_header(buf: &[u8]) -> Option<(u8, Option<i64>, &[u8])> {
    let end = find(buf, b'\r')?;
    let rest = buf.get(end + 2..)?;
    let number = std::str::from_utf8(buf[..end].get(1..).unwrap_or(b"")).ok().and_then(|text| {
        let value: i64 = text.parse().ok()?;
        (value.to_string() == text).then_some(value)
    });
    Some((buf[0], number, rest))
}

/// One request at the front: `None` not whole, else what it is and what follows.
#[allow(clippy::type_complexity)]
fn model_one<'a>(
    buf: &'a [u8],
    limits: &Limits,
) -> Result<Option<(Option<Request>, &'a [u8])>, ProtocolError> {
    if buf.first() != Some(&b'*') {
        let Some(end) = find(buf, b'\n') else { return Ok(None) };
        let line = buf[..end].strip_suffix(b"\r").unwrap_or(&buf[..end]);
        let words = split_args(line).ok_or(ProtocolError::UnbalancedQuotes)?;
        let request = (!words.is_empty()).then_some((true, words));
        return Ok(Some((request, &buf[end + 1..])));
    }
    let Some((_, count, mut rest)) = model_header(buf) else { return Ok(None) };
    let count = count.filter(|n| *n <= i64::from(i32::MAX)).ok_or(ProtocolError::BadCount)?;
    if count > 10 && !limits.authenticated {
        return Err(ProtocolError::UnauthenticatedCount);
    }
    let mut args = Vec::new();
    for _ in 0..count {
        let Some((sign, len, after)) = model_header(rest) else { return Ok(None) };
        if sign != b'$' {
            return Err(ProtocolError::ExpectedBulk(sign));
        }
        let len = len.filter(|n| (0..=limits.max_bulk).contains(n)).ok_or(ProtocolError::BadBulk)?;
        if len > 16384 && !limits.authenticated {
            return Err(ProtocolError::UnauthenticatedBulk);
        }
        let len = len as usize;
        if after.len() < len.saturating_add(2) {
            return Ok(None);
        }
        args.push(after[..len].to_vec());
        rest = &after[len + 2..];
    }
    Ok(Some(((count > 0).then_some((false, args)), rest)))
}

fn model(mut buf: &[u8], limits: &Limits) -> Outcome {
    let mut out = Outcome { requests: Vec::new(), skipped: 0, error: None, left: Vec::new() };
    while !buf.is_empty() {
        match model_one(buf, limits) {
            Ok(None) => break,
            Ok(Some((request, rest))) => {
                match request {
                    Some(request) => out.requests.push(request),
                    None => out.skipped += 1,
                }
                buf = rest;
            }
            Err(error) => {
                out.error = Some(error);
                return out;
            }
        }
    }
    out.left = buf.to_vec();
    out
}

/// Cuts `bytes` at the given places (taken modulo the length).
fn cut<'a>(bytes: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = places.iter().map(|p| p % (bytes.len() + 1)).collect();
    at.sort_unstable();
    let mut pieces = Vec::new();
    let mut from = 0;
    for to in at.into_iter().chain([bytes.len()]) {
        pieces.push(&bytes[from..to]);
        from = to;
    }
    pieces
}

fn multibulk() -> impl Strategy<Value = Vec<u8>> {
    vec(vec(any::<u8>(), 0..60), 1..14).prop_map(|args| {
        let args: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
        let mut out = Vec::new();
        push_request(&mut out, &args);
        out
    })
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        5 => multibulk(),
        2 => "[ a-z\t]{0,30}(\r)?\n".prop_map(String::into_bytes),
        1 => r#"[a-z ]{0,4}"([a-z ]|\\x0a|\\n|\\"){0,8}"( [a-z]{1,4})?"#
            .prop_map(|line| (line + "\r\n").into_bytes()),
        1 => Just(b"*0\r\n".to_vec()),
        1 => Just(b"*-3\r\n".to_vec()),
        1 => Just(b"\n".to_vec()),
        1 => Just(b"\r\n".to_vec()),
    ];
    vec(piece, 1..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_split_gives_the_same_requests(bytes in stream(), places in vec(any::<usize>(), 0..20)) {
        let limits = Limits::default();
        let expected = model(&bytes, &limits);
        prop_assert_eq!(&feed(&[&bytes], &limits), &expected);
        prop_assert_eq!(&feed(&cut(&bytes, &places), &limits), &expected);
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(&feed(&single, &limits), &expected);
    }

    #[test]
    fn garbage_is_judged_alike(
        bytes in prop_oneof![
            vec(any::<u8>(), 0..60),
            "(\\*|\\$)?[-0-9*$\r\n\0\"' a+]{0,40}".prop_map(String::into_bytes),
            "\\*[0-9]{1,2}\r\n(\\$[0-9]{1,2}\r\n[a-z\r\n]{0,12}){0,4}".prop_map(String::into_bytes),
        ],
        places in vec(any::<usize>(), 0..6),
        authenticated in any::<bool>(),
    ) {
        let limits = Limits { max_bulk: 40, authenticated };
        let expected = model(&bytes, &limits);
        prop_assert_eq!(&feed(&[&bytes], &limits), &expected);
        prop_assert_eq!(&feed(&cut(&bytes, &places), &limits), &expected);
    }
}

fn error_of(bytes: &[u8], limits: &Limits) -> Option<String> {
    feed(&[bytes], limits).error.map(|error| error.reply().to_string())
}

#[test]
fn errors_have_their_texts() {
    let open = Limits::default();
    let shut = Limits { authenticated: false, ..open };
    let check = |bytes: &[u8], limits: &Limits, text: &str| {
        assert_eq!(error_of(bytes, limits), Some(format!("ERR Protocol error: {text}")), "{bytes:?}");
    };
    check(b"*2147483648\r\n", &open, "invalid multibulk length");
    check(b"*x\r\n", &open, "invalid multibulk length");
    check(b"*\r\n", &open, "invalid multibulk length");
    check(b"*01\r\n", &open, "invalid multibulk length");
    check(b"*11\r\n", &shut, "unauthenticated multibulk length");
    check(b"*1\r\nfoo\r\n", &open, "expected '$', got 'f'");
    check(b"*1\r\n\r\n\r\n", &open, "expected '$', got ' '");
    check(b"*1\r\n$-10\r\n", &open, "invalid bulk length");
    check(b"*1\r\n$2000000000\r\n", &open, "invalid bulk length");
    check(b"*1\r\n$99999999999999999999\r\n", &open, "invalid bulk length");
    check(b"*1\r\n$blabla\r\n", &open, "invalid bulk length");
    check(b"*1\r\n$16385\r\n", &shut, "unauthenticated bulk length");
    check(b"set \"\"\"test\"\"\" test\r\n", &open, "unbalanced quotes in request");
    check(&[b'a'; MAX_LINE + 1], &open, "too big inline request");
    check(&[b'*'; MAX_LINE + 1], &open, "too big mbulk count string");
    check(&[b"*3\r\n$".as_slice(), &[b'1'; MAX_LINE]].concat(), &open, "too big bulk count string");
    check(&[b"*\0\r\n".as_slice(), &[b'1'; MAX_LINE]].concat(), &open, "too big mbulk count string");
    assert_eq!(error_of(&[b'a'; MAX_LINE], &open), None);
}

#[test]
fn a_big_argument_is_announced() {
    let (mut parser, mut spans) = (Parser::new(), Vec::new());
    let limits = Limits::default();
    let step = parser.parse(b"*2\r\n$3\r\nGET\r\n$100000\r\nab", &limits, &mut spans);
    assert_eq!(step, Ok(Step::Need { hint: 100_000 }));
    assert_eq!(parser.pending(), (1, 3));
    assert!(parser.is_mid_request());
    let huge = format!("*1\r\n${}\r\n", i64::MAX);
    parser.reset();
    let step = parser.parse(huge.as_bytes(), &Limits::UNLIMITED, &mut spans);
    assert_eq!(step, Ok(Step::Need { hint: i64::MAX as usize + 2 }));
}

#[test]
fn feeding_bytewise_is_linear() {
    // Quadratic work would look at each of the 60,000 bytes that often: minutes, not milliseconds.
    let args = vec![b"x".as_slice(); 10_000];
    let mut bytes = Vec::new();
    push_request(&mut bytes, &args);
    let (mut parser, mut spans) = (Parser::new(), Vec::new());
    for end in 1..bytes.len() {
        let step = parser.parse(&bytes[..end], &Limits::default(), &mut spans);
        assert!(matches!(step, Ok(Step::Need { .. })));
    }
    let step = parser.parse(&bytes, &Limits::default(), &mut spans);
    assert_eq!(step, Ok(Step::Ready { consumed: bytes.len(), inline: false }));
    assert_eq!(spans.len(), args.len());
}

#[test]
fn arguments_and_their_bytes() {
    let owned = OwnedArgs::from_slices(&[b"SET", b"k", b""]);
    let args = owned.as_args();
    assert_eq!(args.raw(), b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n");
    assert_eq!((&args[0], args.get(2), args.get(3)), (b"SET".as_slice(), Some(b"".as_slice()), None));
    assert_eq!(args.tail(1).iter().rev().collect::<Vec<_>>(), [b"".as_slice(), b"k"]);
    assert_eq!(args.tail(9).len(), 0);
    assert_eq!(OwnedArgs::from_args(args), owned);
    assert_eq!((owned.len(), owned.is_empty()), (3, false));

    let (mut parser, mut spans) = (Parser::new(), Vec::new());
    let step = parser.parse(b"set k 'v w'\r\nrest", &Limits::default(), &mut spans);
    assert_eq!(step, Ok(Step::Ready { consumed: 13, inline: true }));
    let text = parser.take_inline();
    let args = Args::inline(&text, &spans);
    assert_eq!(args.raw(), b"*3\r\n$3\r\nset\r\n$1\r\nk\r\n$3\r\nv w\r\n");
    assert!(args.is_inline());
}
