//! Lists: elements in order, reached from both ends and by index.
//!
//! | file | commands |
//! |---|---|
//! | `push.rs` | LPUSH RPUSH LPUSHX RPUSHX LINSERT LSET |
//! | `pop.rs` | LPOP RPOP LMPOP LMOVE RPOPLPUSH |
//! | `block.rs` | BLPOP BRPOP BLMPOP BLMOVE BRPOPLPUSH |
//! | `read.rs` | LLEN LINDEX LRANGE LPOS |
//! | `trim.rs` | LTRIM LREM |
//!
//! Elements are written into the reply from where they lie. The encoding changes before elements come and after
//! they went, at the moments of Redis 7.2.4 (`t_list.c`); see `object::list`. A list that lost its last element
//! goes with its key, which is announced as "del".

mod block;
#[cfg(test)]
mod block_tests;
mod pop;
mod push;
mod read;
#[cfg(test)]
mod tests;
mod trim;

use crate::cmd::args::is;
use crate::cmd::specs;
use crate::core::ctx::Ctx;
use crate::core::table::Row;
use crate::keyspace::Class;
use crate::object::list::{End, Entry};
use crate::resp::errors::{self, CmdError};
use crate::resp::reply::Reply;

/// The family's rows.
pub const ROWS: &[Row] = &[
    Row::new(specs::list::LPUSH, push::lpush),
    Row::new(specs::list::RPUSH, push::rpush),
    Row::new(specs::list::LPUSHX, push::lpushx),
    Row::new(specs::list::RPUSHX, push::rpushx),
    Row::new(specs::list::LINSERT, push::linsert),
    Row::new(specs::list::LSET, push::lset),
    Row::new(specs::list::LPOP, pop::lpop),
    Row::new(specs::list::RPOP, pop::rpop),
    Row::new(specs::list::LMPOP, pop::lmpop),
    Row::new(specs::list::LMOVE, pop::lmove),
    Row::new(specs::list::RPOPLPUSH, pop::rpoplpush),
    Row::new(specs::list::BLPOP, block::blpop),
    Row::new(specs::list::BRPOP, block::brpop),
    Row::new(specs::list::BLMPOP, block::blmpop),
    Row::new(specs::list::BLMOVE, block::blmove),
    Row::new(specs::list::BRPOPLPUSH, block::brpoplpush),
    Row::new(specs::list::LLEN, read::llen),
    Row::new(specs::list::LINDEX, read::lindex),
    Row::new(specs::list::LRANGE, read::lrange),
    Row::new(specs::list::LPOS, read::lpos),
    Row::new(specs::list::LTRIM, trim::ltrim),
    Row::new(specs::list::LREM, trim::lrem),
];

/// Replies one element.
#[inline]
fn reply_entry(out: &mut Reply, entry: Entry<'_>) {
    match entry {
        Entry::Str(text) => out.bulk(text),
        Entry::Int(number) => out.bulk_int(number),
    }
}

/// LEFT or RIGHT.
fn end_of(word: &[u8]) -> Result<End, CmdError> {
    if is(word, "left") {
        Ok(End::Head)
    } else if is(word, "right") {
        Ok(End::Tail)
    } else {
        Err(errors::SYNTAX)
    }
}

/// The event of an element that came to an end of a list.
fn pushed(end: End) -> &'static str {
    match end {
        End::Head => "lpush",
        End::Tail => "rpush",
    }
}

/// The event of elements that were taken from an end.
fn popped(end: End) -> &'static str {
    match end {
        End::Head => "lpop",
        End::Tail => "rpop",
    }
}

/// After a change that may have emptied a list: announces it, and takes the key out if nothing is left.
fn settle(cx: &mut Ctx<'_>, key: &[u8], event: &'static str, changes: u64, empty: bool) {
    cx.touch(key, Class::LIST, event, changes);
    if empty {
        cx.srv.keys.remove(cx.db, key);
        cx.notify(key, Class::GENERIC, "del");
    }
}

/// Where a range of both inclusive ends lies in `len` elements, negative ones counting from the end: its first
/// index and its length, which is 0 for a range that is empty or lies behind the end.
fn span(start: i64, end: i64, len: usize) -> (usize, usize) {
    let len = len as i64;
    let from_end = |at: i64| if at < 0 { len.saturating_add(at) } else { at };
    let (start, end) = (from_end(start).max(0), from_end(end).min(len - 1));
    if start > end || start >= len { (0, 0) } else { (start as usize, (end - start + 1) as usize) }
}
