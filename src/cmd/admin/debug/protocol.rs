//! DEBUG PROTOCOL: one reply of each type of the protocol, for tests of client libraries.
//!
//! Source: Redis 7.2.4 `debugCommand`; the values are its own.

use crate::core::ctx::{Ctx, Outcome};
use crate::resp::errors::{self, CmdError};
use crate::resp::reply::Reply;
use crate::resp::request::Args;

/// Redis' example of a double.
#[expect(clippy::approx_constant, reason = "the digits are part of the contract")]
const DOUBLE: f64 = 3.141;

/// `DEBUG PROTOCOL type`
pub fn protocol(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let out = &mut *cx.out;
    match args.at(2).to_ascii_lowercase().as_slice() {
        b"string" => out.bulk(b"Hello World"),
        b"integer" => out.int(12345),
        b"double" => out.double(DOUBLE),
        b"bignum" => out.big_number("1234567999999999999999999999999999999"),
        b"null" => out.null(),
        b"array" => {
            out.array(3);
            (0..3).for_each(|n| out.int(n));
        }
        b"set" => {
            out.set(3);
            (0..3).for_each(|n| out.int(n));
        }
        b"map" => {
            out.map(3);
            for n in 0..3 {
                out.int(n);
                out.bool(n == 1);
            }
        }
        b"attrib" => attribute(out),
        b"push" if !out.resp3 => return Err(errors::DEBUG_RESP2),
        b"push" => push(out),
        b"verbatim" => out.verbatim("txt", b"This is a verbatim\nstring"),
        b"true" => out.bool(true),
        b"false" => out.bool(false),
        _ => return Err(errors::DEBUG_PROTOCOL_TYPE),
    }
    Ok(Outcome::Done)
}

/// An attribute is no reply by itself: one follows.
fn attribute(out: &mut Reply) {
    if out.attribute(1) {
        out.bulk(b"key-popularity");
        out.array(2);
        out.bulk(b"key:123");
        out.int(90);
    }
    out.bulk(b"Some real reply following the attribute");
}

/// A push message is no answer: one follows.
fn push(out: &mut Reply) {
    out.push(2);
    out.bulk(b"server-cpu-usage");
    out.int(42);
    out.bulk(b"Some real reply following the push reply");
}
