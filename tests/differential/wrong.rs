//! Mistakes: too few or too many arguments, names that do not exist, words in the wrong place, broken
//! protocol.

use super::generate::{Words, words};
use super::pools::{edge, key, value};
use super::rng::Rng;
use super::step::{Step, encode};

/// Commands that may be called with anything: none blocks, closes, or costs memory by a number in its
/// arguments.
pub const NAMES: &[&str] = &[
    "GET",
    "SET",
    "GETEX",
    "GETDEL",
    "GETSET",
    "GETRANGE",
    "SUBSTR",
    "SETRANGE",
    "STRLEN",
    "APPEND",
    "SETNX",
    "SETEX",
    "PSETEX",
    "MGET",
    "MSET",
    "MSETNX",
    "INCR",
    "DECR",
    "INCRBY",
    "DECRBY",
    "INCRBYFLOAT",
    "DEL",
    "UNLINK",
    "EXISTS",
    "TYPE",
    "RENAME",
    "RENAMENX",
    "MOVE",
    "COPY",
    "TOUCH",
    "DBSIZE",
    "SWAPDB",
    "OBJECT",
    "EXPIRE",
    "PEXPIRE",
    "EXPIREAT",
    "PEXPIREAT",
    "PERSIST",
    "ECHO",
    "SELECT",
    "FLUSHDB",
    "WATCH",
    "UNWATCH",
    "DISCARD",
    "KEYS",
    "PING",
    "LPUSH",
    "RPUSHX",
    "LPOP",
    "LINSERT",
    "LINDEX",
    "LRANGE",
    "LTRIM",
    "LREM",
    "LPOS",
    "LMOVE",
    "RPOPLPUSH",
    "LMPOP",
    "SADD",
    "SREM",
    "SCARD",
    "SMISMEMBER",
    "SMOVE",
    "SINTERCARD",
    "SINTERSTORE",
    "HSET",
    "HSETNX",
    "HMGET",
    "HDEL",
    "HSTRLEN",
    "HINCRBY",
    "HINCRBYFLOAT",
    "ZSCORE",
    "ZRANGE",
    "ZCOUNT",
    "ZLEXCOUNT",
    "ZPOPMIN",
    "ZMPOP",
    "ZDIFF",
    "ZINTERCARD",
    "ZREMRANGEBYSCORE",
    "SORT_RO",
];

/// Words that mean something elsewhere.
const WORDS: &[&str] = &[
    "NX", "XX", "GET", "EX", "PX", "EXAT", "PXAT", "KEEPTTL", "PERSIST", "GT", "LT", "DB", "REPLACE",
    "MATCH", "COUNT", "TYPE", "ASYNC", "SYNC", "ENCODING", "IDX", "LEN", "HELP", "100000", "0",
];

/// Names that no server knows.
const UNKNOWN: &[&str] = &[
    "FOO",
    "GETT",
    "SE",
    "",
    "SETX",
    "get set",
    "\x00",
    "\r\n",
    "client|list",
    "config|get",
    "OBJECT|ENCODING",
    "F\x01O",
    "'foo'",
    "a-very-long-name-of-a-command-that-nobody-has-ever-heard-of-and-which-goes-on-and-on-and-on-and-\
     on-and-on-past-128-bytes-of-its-name",
];

/// A command that is probably wrong.
pub fn draw(rng: &mut Rng, conn: usize) -> Step {
    let mut w = match rng.below(6) {
        0 => {
            let name = rng.pick(UNKNOWN);
            words(rng, name)
        }
        1 => container(rng),
        _ => {
            let name = rng.pick(NAMES);
            words(rng, name)
        }
    };
    for _ in 0..rng.below(6) {
        w = match rng.below(4) {
            0 => w.arg(key(rng)),
            1 => w.arg(edge(rng)),
            2 => w.one_of(rng, WORDS),
            _ => {
                let mut v = value(rng);
                v.truncate(200);
                // In the place of a time a small number would be a key's death in the middle of the stream.
                let small = std::str::from_utf8(&v).ok().and_then(|t| t.parse::<i64>().ok());
                w.arg(if small.is_some_and(|n| (1..100_000).contains(&n)) { b"0".to_vec() } else { v })
            }
        };
    }
    let step = w.step(rng, conn);
    // KEYS and PING answer anything: their order and state are no mistake to look for.
    if step.word(0) == "KEYS" && step.args.len() == 2 {
        return step.checked(super::step::Check::AnyOrder);
    }
    if step.word(0) == "OBJECT" && step.word(1) == "HELP" {
        return step.checked(super::step::Check::Kind);
    }
    step
}

fn container(rng: &mut Rng) -> Words {
    let name = rng.pick(&["OBJECT", "CLIENT", "CONFIG", "COMMAND", "MEMORY", "SLOWLOG", "LATENCY", "DEBUG"]);
    words(rng, name).one_of(rng, &["FOO", "", "x y", "ENCODINGS", "LISTS", "\x01"])
}

/// Beginnings of requests that are broken or end too early.
const BROKEN: &[&[u8]] = &[
    b"*1\r\n$-5\r\n",
    b"*1\r\n$abc\r\n",
    b"*1\r\n$\r\n\r\n",
    b"*1\r\nPING\r\n",
    b"*1\r\n+PING\r\n",
    b"*abc\r\n",
    b"*-1\r\n*1\r\n$4\r\nPING\r\n",
    b"*0\r\n*1\r\n$4\r\nPING\r\n",
    b"*\r\nPING\r\n",
    b"*+1\r\n$4\r\nPING\r\n",
    b"* 1\r\n$4\r\nPING\r\n",
    b"*1 \r\n$4\r\nPING\r\n",
    b"*01\r\n$4\r\nPING\r\n",
    b"*1\r\n$04\r\nPING\r\n",
    b"*1\r\n$4 \r\nPING\r\n",
    b"*2147483648\r\n",
    b"*1048577\r\n",
    b"*99999999999999999999\r\n",
    b"*1\r\n$536870913\r\n",
    b"*1\r\n$9223372036854775807\r\n",
    b"*1\r\n$99999999999999999999\r\n",
    b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n",
    b"*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING\r\n",
    b"*1\n$4\nPING\n",
    b"PING\nPING\r\nPING",
    b"\r\n\r\n\n\nPING\r\n",
    b"   \r\nPING\r\n",
    b"SET \"a b\" 'c d'\r\nGET \"a b\"\r\n",
    b"SET k \"unbalanced\r\nPING\r\n",
    b"SET k 'unbalanced\r\nPING\r\n",
    b"SET k \"closed\"after\r\nPING\r\n",
    b"ECHO \"\\x41\\x4z\\q\\\"\"\r\n",
    b"ECHO 'it\\'s \\n'\r\n",
    b"ECHO mid\"dle\"\r\n",
    b"ECHO a\"b c\"\r\nPING\r\n",
    b"\"\"\r\nPING\r\n",
    b"GET\r\n",
    b"PING\0PING\r\nPING\r\n",
    b"PING \0 x\r\nPING\r\n",
    b"\tPING\t\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"host: localhost\r\nPING\r\n",
    b"Host:\r\nPING\r\n",
    b"GET / HTTP/1.0\r\nHost: x\r\n\r\n",
    b"$4\r\nPING\r\n",
    b":1\r\n",
    b"+OK\r\nPING\r\n",
    b"-ERR\r\nPING\r\n",
    b"\xff\xfe\r\nPING\r\n",
    b"CLIENT REPLY SKIP\r\nPING\r\nPING\r\n",
    b"CLIENT REPLY OFF\r\nPING\r\nCLIENT REPLY ON\r\nPING\r\n",
    b"CLIENT REPLY OFF\r\nPING\r\nGARBAGE\r\n",
    b"QUIT\r\nPING\r\n",
    b"quit now\r\nPING\r\n",
    b"MULTI\r\nFOO\r\nPING\r\nEXEC\r\nPING\r\n",
    b"MULTI\r\nPING\r\nHELLO 9\r\nEXEC\r\nPING\r\n",
    b"MULTI\r\nRESET\r\nEXEC\r\n",
    b"MULTI\r\nQUIT\r\nPING\r\n",
    b"MULTI\r\nSELECT 3\r\nSELECT 99\r\nDBSIZE x\r\nEXEC\r\n",
    b"MULTI\r\nSELECT 3\r\nSELECT 99\r\nEXEC\r\n",
    b"*1\r\n$4\r\nPING\r\nPING\r\n*2\r\n$4\r\nECHO\r\n$0\r\n\r\n",
];

/// Bytes that break the protocol somewhere, for a connection of their own. None of them is to change a key
/// that lives on: bytes are flipped only in requests that write to keys of their own.
pub fn garbage(rng: &mut Rng) -> Step {
    if rng.one_in(3) {
        return Step::raw(BROKEN[rng.below(BROKEN.len())].to_vec());
    }
    if rng.one_in(12) {
        return Step::raw(too_long(rng));
    }
    let mut bytes = Vec::new();
    for _ in 0..1 + rng.below(4) {
        let args: Vec<Vec<u8>> = match rng.below(4) {
            0 => vec![b"PING".to_vec()],
            1 => vec![b"ECHO".to_vec(), rng.bytes(8)],
            2 => vec![b"SET".to_vec(), b"garbage".to_vec(), b"value".to_vec()],
            _ => vec![b"GET".to_vec(), b"garbage".to_vec()],
        };
        if rng.one_in(4) {
            bytes.extend(super::generate::line(rng, &args));
        } else {
            bytes.extend(encode(&args));
        }
    }
    for _ in 0..rng.below(3) {
        let at = rng.below(bytes.len());
        match rng.below(4) {
            0 => bytes[at] = rng.next() as u8,
            1 => bytes.truncate(at + 1),
            2 => bytes.insert(at, rng.pick(&["\r", "\n", "*", "$", "-", "9", "\0", " ", "\""]).as_bytes()[0]),
            _ => {
                bytes.remove(at);
                bytes.push(b'\n');
            }
        }
    }
    Step::raw(bytes)
}

/// Lines and headers longer than a server is willing to wait for.
fn too_long(rng: &mut Rng) -> Vec<u8> {
    let long = vec![b'1'; 70_000];
    match rng.below(3) {
        0 => long,
        1 => [b"*".as_slice(), &long].concat(),
        _ => [b"*1\r\n$".as_slice(), &long].concat(),
    }
}
