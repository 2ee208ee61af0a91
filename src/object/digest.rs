//! The digest of a data set: what DEBUG DIGEST prints, and how tests tell that two servers hold the same.
//!
//! SHA-1 sums are combined in two ways. [`Sum::add`] xors the hash of some bytes in, so the order of what is
//! added does not count: keys of a database, members of a set. [`Sum::mix`] hashes the result once more, so
//! order counts: a key and its value, elements of a list. A key's own sum takes its name, the type, the
//! value, and, if the key expires, a fixed word; the moment of expiry is left out, since it may differ by
//! what a command took to travel.
//!
//! The scheme is that of Redis 7.2.4 (`computeDatasetDigest`), bit for bit, so a data set can be compared
//! across the two servers. Cost: three hashes a key, about a microsecond; the whole data set is read.

use sha1::{Digest, Sha1};

use super::Value;
use super::entry::{Entry, ValueRef};
use crate::base::num::{IntBuf, fmt_i64};

/// Mixed in for a key that expires.
const EXPIRES: &[u8] = b"!!expire!!";

/// A running digest; begins as zeros.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Sum(pub [u8; 20]);

impl Sum {
    /// Adds bytes without regard to order.
    pub fn add(&mut self, bytes: &[u8]) {
        let hash = Sha1::digest(bytes);
        self.0.iter_mut().zip(hash).for_each(|(to, from)| *to ^= from);
    }

    /// Adds bytes so that the order counts.
    pub fn mix(&mut self, bytes: &[u8]) {
        self.add(bytes);
        self.0 = Sha1::digest(self.0).into();
    }

    /// Mixes in a value with its type and whether it expires (DEBUG DIGEST-VALUE).
    pub fn value(&mut self, entry: &Entry) {
        self.mix(&type_number(entry).to_be_bytes());
        match entry.value() {
            ValueRef::Int(number) => self.mix(fmt_i64(number, &mut IntBuf::new())),
            ValueRef::Str(text) => self.mix(text),
            ValueRef::Obj(Value::List(list)) => list.digest(self),
            ValueRef::Obj(Value::Set(set)) => set.digest(self),
            ValueRef::Obj(Value::Hash(hash)) => hash.digest(self),
            ValueRef::Obj(Value::Zset(zset)) => zset.digest(self),
            ValueRef::Obj(Value::Stream(stream)) => stream.digest(self),
        }
        if entry.has_expire() {
            self.add(EXPIRES);
        }
    }

    /// Forty hexadecimal digits.
    pub fn hex(&self) -> [u8; 40] {
        let mut text = [0; 40];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair[0] = b"0123456789abcdef"[usize::from(byte >> 4)];
            pair[1] = b"0123456789abcdef"[usize::from(byte & 15)];
        }
        text
    }
}

/// Redis' number of the type (`OBJ_STRING` …).
fn type_number(entry: &Entry) -> u32 {
    match entry.value() {
        ValueRef::Int(_) | ValueRef::Str(_) => 0,
        ValueRef::Obj(Value::List(_)) => 1,
        ValueRef::Obj(Value::Set(_)) => 2,
        ValueRef::Obj(Value::Zset(_)) => 3,
        ValueRef::Obj(Value::Hash(_)) => 4,
        ValueRef::Obj(Value::Stream(_)) => 6,
    }
}

/// The digest of a value alone.
pub fn of_value(entry: &Entry) -> Sum {
    let mut sum = Sum::default();
    sum.value(entry);
    sum
}

/// The digest of all databases, each with its number; empty ones may be left out or not. Dead keys count like
/// living ones.
pub fn of_databases<'a, I>(dbs: impl IntoIterator<Item = (usize, I)>) -> Sum
where
    I: IntoIterator<Item = &'a Entry>,
{
    let mut all = Sum::default();
    for (number, entries) in dbs {
        let mut entries = entries.into_iter().peekable();
        if entries.peek().is_none() {
            continue;
        }
        all.mix(&(number as u32).to_be_bytes());
        for entry in entries {
            let mut one = Sum::default();
            one.mix(entry.key());
            one.value(entry);
            all.add(&one.0);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(sum: Sum) -> String {
        String::from_utf8_lossy(&sum.hex()).into_owned()
    }

    #[test]
    fn digests_are_those_of_redis() {
        assert_eq!(hex(of_databases([(0, &[] as &[Entry])])), "0".repeat(40));
        // Taken from redis-server 7.0.15.
        let plain = [Entry::string(b"a", b"hello", None), Entry::string(b"n", b"12345", None)];
        assert_eq!(hex(of_databases([(0, &plain)])), PLAIN);
        let expiring = [Entry::string(b"a", b"hello", Some(1)), Entry::string(b"n", b"12345", None)];
        assert_eq!(hex(of_databases([(0, &expiring)])), EXPIRING);
        assert_eq!(hex(of_value(&plain[0])), VALUE);
        assert_eq!(hex(of_databases([(3, &plain)])), IN_DB_3);
    }

    const PLAIN: &str = "644b4678ff5a11b7976efcc7118c39e47a100dba";
    const EXPIRING: &str = "f8e45f1b894c0c8e2b3ca461c3b4d1612dfff3be";
    const VALUE: &str = "36b23a1456b2dce2c3ed252c456761301dba8060";
    const IN_DB_3: &str = "4cf9c7ea8896ded0ce6fcb047aea89e2dfee9e55";

    #[test]
    fn order_counts_where_it_should() {
        let (a, b) = (Entry::string(b"a", b"1", None), Entry::string(b"b", b"2", None));
        assert_eq!(of_databases([(0, [&a, &b])]), of_databases([(0, [&b, &a])]));
        let swapped = [Entry::string(b"a", b"2", None), Entry::string(b"b", b"1", None)];
        assert_ne!(of_databases([(0, [&a, &b])]), of_databases([(0, &swapped)]));
        assert_ne!(of_databases([(0, [&a])]), of_databases([(1, [&a])]));
    }
}
