//! A value as RDB files hold it: refused, or sound under reading, changing, writing and reading again.
//!
//! Input: a byte of options, the type id, the value.

use std::collections::HashSet;

use replis::base::hash::KeyHash;
use replis::format::rdb::{Frame, Text, length, string};
use replis::format::rdb_read::ReadOptions;
use replis::format::rdb_scan::{Piece, pieces};
use replis::format::rdb_values::{self, Source};
use replis::format::rdb_write::{dump_payload, restore_payload};
use replis::object::list::End;
use replis::object::stream::{Keep, NewId, NodeLimits, StreamId, Trim};
use replis::object::{Entry, Hash, Limits, List, NewValue, Set, Stream, Value, ValueRef, Zset, digest};

use super::memory::within;

/// Memory for a byte of input: the smallest member of a set or a sorted set takes two bytes there, and 96 in
/// memory while its table is being enlarged.
const PER_BYTE: usize = 48;
const CONSTANT: usize = 64 << 10;

pub fn check(data: &[u8]) {
    let [options, id, bytes @ ..] = data else { return };
    let options = options_of(*options);
    let max = 1024 * bytes.len() as u64;
    let read = within(allowed(*id, bytes), || {
        rdb_values::read(*id, &mut Source::new(bytes, max), options.sanitize, &options.limits)
    });
    if let Ok(value) = read {
        use_value(value, &options);
    }
}

/// How a byte of the input wants it read: checking or not, and with which thresholds.
pub fn options_of(byte: u8) -> ReadOptions {
    let limits = Limits::new(KeyHash::new([7; 16]));
    let limits = match byte >> 1 & 3 {
        0 => limits,
        1 => Limits {
            list_max_listpack_size: 3,
            list_compress_depth: 1,
            list_packed_threshold: 60,
            set_max_intset_entries: 2,
            set_max_listpack_entries: 4,
            hash_max_listpack_entries: 2,
            zset_max_listpack_entries: 2,
            ..limits
        },
        2 => Limits {
            set_max_listpack_value: 2,
            hash_max_listpack_value: 2,
            zset_max_listpack_value: 2,
            list_max_listpack_size: -1,
            ..limits
        },
        _ => Limits {
            list_max_listpack_size: 1 << 14,
            set_max_intset_entries: usize::MAX,
            set_max_listpack_entries: usize::MAX,
            hash_max_listpack_entries: usize::MAX,
            zset_max_listpack_entries: usize::MAX,
            ..limits
        },
    };
    ReadOptions { sanitize: byte & 1 == 1, checksum: byte & 8 == 8, limits, ..ReadOptions::default() }
}

/// Most memory that reading a value may take.
pub fn allowed(id: u8, bytes: &[u8]) -> usize {
    let unpacked = match pieces(id) {
        // The first piece of a unit is its key, which is not here.
        Ok([Piece::Str, rest @ ..]) => unpacked(rest, &mut &*bytes).1,
        _ => 0,
    };
    PER_BYTE * (bytes.len() + unpacked) + CONSTANT
}

/// Bytes that the compressed strings of these pieces may honestly yield; false when the bytes end first.
fn unpacked(pieces: &[Piece], bytes: &mut &[u8]) -> (bool, usize) {
    let mut sum = 0;
    for piece in pieces {
        let size = match piece {
            Piece::Fixed(size) => Some(*size),
            Piece::Len => number(bytes).map(|_| 0),
            Piece::TextScore => bytes.first().map(|len| 1 + if *len > 252 { 0 } else { usize::from(*len) }),
            Piece::Str => match string(bytes, u64::MAX) {
                Ok(Frame::Whole(text, size)) => {
                    if let Text::Lzf { packed, len } = text {
                        sum += len.min(88 * packed.len());
                    }
                    Some(size)
                }
                _ => None,
            },
            Piece::Counted(each) => {
                let Some(count) = number(bytes) else { return (false, sum) };
                for _ in 0..count {
                    let (more, bytes) = unpacked(each, bytes);
                    sum += bytes;
                    if !more {
                        return (false, sum);
                    }
                }
                Some(0)
            }
            _ => None,
        };
        match size.and_then(|size| bytes.get(size..)) {
            Some(rest) => *bytes = rest,
            None => return (false, sum),
        }
    }
    (true, sum)
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let Ok(Frame::Whole(number, size)) = length(bytes) else { return None };
    *bytes = &bytes[size..];
    Some(number.number())
}

/// Writes, reads back and changes a value that was read.
pub fn use_value(value: Value, options: &ReadOptions) {
    assert!(!value.is_empty(), "a key without elements");
    let twins = has_twins(&value);
    assert!(!(twins && options.sanitize), "members that come twice were let through");
    let mut entry = Entry::new(b"key", NewValue::Obj(Box::new(value)), None);
    assert!(entry.mem_bytes() > 0);
    let payload = dump_payload(&entry, true);
    let mut scratch = Vec::new();
    // A set is written without twins; a hash and a sorted set with them, so that a strict reader refuses it and one
    // that does not look takes it.
    let refused = twins && !matches!(entry.value(), ValueRef::Obj(Value::Set(_)));
    let strict = ReadOptions { sanitize: true, checksum: true, ..*options };
    let plain = ReadOptions { sanitize: !refused, ..strict };
    assert!(!refused || restore_payload(&payload, &mut scratch, &strict).is_err(), "twins were let through");
    let back = restore_payload(&payload, &mut scratch, &plain).expect("what was written is read");
    let back = Entry::new(b"key", back, None);
    if !twins {
        assert_eq!(digest::of_value(&back), digest::of_value(&entry));
    }
    let limits = &options.limits;
    match entry.value_mut() {
        Some(Value::List(list)) => use_list(list, limits),
        Some(Value::Set(set)) => use_set(set, limits),
        Some(Value::Hash(hash)) => use_hash(hash, limits, twins),
        Some(Value::Zset(set)) => use_zset(set, limits, twins),
        Some(Value::Stream(stream)) => use_stream(stream),
        None => unreachable!("a collection was read"),
    }
    drop(entry);
    let ValueRef::Obj(back) = back.value() else { unreachable!("a collection was read") };
    assert!(!back.is_empty());
}

/// Whether a member or field comes twice: so in a listpack that was not looked through.
fn has_twins(value: &Value) -> bool {
    let mut seen = HashSet::new();
    match value {
        Value::Set(set) => !set.iter().all(|member| seen.insert(member.to_vec())),
        Value::Hash(hash) => !hash.iter().all(|(field, _)| seen.insert(field.to_vec())),
        Value::Zset(set) => !set.iter().all(|(member, _)| seen.insert(member.to_vec())),
        _ => false,
    }
}

fn use_stream(stream: &mut Stream) {
    let all = (StreamId::MIN, StreamId::MAX);
    let forth: Vec<StreamId> = stream.range(all.0, all.1).map(|item| item.id).collect();
    let mut back: Vec<StreamId> = stream.range_back(all.0, all.1).map(|item| item.id).collect();
    back.reverse();
    assert_eq!(forth, back);
    assert_eq!(forth.len() as u64, stream.len());
    for group in stream.groups.values() {
        let own: usize = group.consumers().map(|(_, consumer)| consumer.pending_len()).sum();
        assert_eq!(own, group.pending_len());
        stream.lag(group);
    }
    assert!(stream.delete(forth.iter().step_by(2).copied()) <= forth.len() as u64);
    let before = stream.len();
    let trim = Trim { keep: Keep::MaxLen(before / 2), approx: false, limit: 0 };
    assert_eq!(stream.trim(&trim), before - before / 2);
    let pairs = [&b"field"[..], b"value"];
    let added = stream.append(NewId::Auto, 0, 1, pairs.into_iter(), &NodeLimits::default());
    assert_eq!(added.is_ok(), stream.len() > before / 2);
}

fn use_list(list: &mut List, limits: &Limits) {
    let (mut forth, mut back) = (Vec::new(), Vec::new());
    list.walk(0, false, |entry| {
        forth.push(entry.to_vec());
        true
    });
    list.walk(list.len() - 1, true, |entry| {
        back.push(entry.to_vec());
        true
    });
    back.reverse();
    assert_eq!(forth, back);
    assert_eq!(forth.len(), list.len());
    let middle = forth.len() / 2;
    assert_eq!(list.with(middle as i64, |entry| entry.to_vec()).as_ref(), Some(&forth[middle]));
    assert!(list.insert(&forth[middle].clone(), b"new", true, limits));
    let at = forth.iter().position(|text| *text == forth[middle]).unwrap();
    forth.insert(at + 1, b"new".to_vec());
    assert!(list.set(0, b"first", limits));
    forth[0] = b"first".to_vec();
    list.grow(4, 1, limits);
    list.push(End::Tail, b"last");
    forth.push(b"last".to_vec());
    let gone = list.remove(b"last", usize::MAX, false, limits);
    let before = forth.len();
    forth.retain(|text| text != b"last");
    assert_eq!(gone, before - forth.len());
    for text in forth {
        assert_eq!(list.pop(End::Head, |entry| entry.to_vec()), Some(text));
        list.shrink(limits);
    }
    assert!(list.is_empty());
}

fn use_set(set: &mut Set, limits: &Limits) {
    let members: Vec<Vec<u8>> = set.iter().map(|member| member.to_vec()).collect();
    assert_eq!(members.len(), set.len());
    // Short ones only: in a listpack each of these walks.
    let some = members.len().min(500);
    assert!(members[..some].iter().all(|member| set.contains(member)));
    assert!(!set.add(&members[0], limits));
    let is_new = !members.iter().any(|member| member == b"new member");
    assert_eq!(set.add(b"new member", limits), is_new);
    for member in &members[..some] {
        set.remove(member);
    }
    let _ = set.iter().count();
}

/// With `twins` the answers are not those of a map; there must be some, though.
fn use_hash(hash: &mut Hash, limits: &Limits, twins: bool) {
    let pairs: Vec<_> = hash.iter().map(|(field, value)| (field.to_vec(), value.to_vec())).collect();
    assert_eq!(pairs.len(), hash.len());
    let some = pairs.len().min(500);
    for (field, value) in &pairs[..some] {
        assert!(hash.get(field).is_some_and(|got| twins || got.is(value)));
        assert!(!hash.set(field, b"other", limits));
    }
    hash.set(b"new field", &[b'v'; 70], limits);
    for (field, _) in &pairs[..some] {
        let removed = hash.remove(field);
        assert!(twins || removed && !hash.contains(field));
    }
}

/// With `twins` as for a hash.
fn use_zset(set: &mut Zset, limits: &Limits, twins: bool) {
    let pairs: Vec<_> = set.iter().map(|(member, score)| (member.to_vec(), score)).collect();
    assert_eq!(pairs.len(), set.len());
    assert_eq!(set.iter().rev().count(), pairs.len());
    let some = pairs.len().min(500);
    for (member, score) in &pairs[..some] {
        assert!(!score.is_nan());
        assert!(set.score(member).is_some_and(|own| twins || own == *score));
        assert!(set.rank(member, true).is_some());
    }
    set.set(b"new member", 0.5, limits);
    assert_eq!(set.score(b"new member"), Some(0.5));
    for (member, score) in &pairs[..some] {
        let removed = set.remove(member);
        assert!(twins || removed == if member == b"new member" { Some(0.5) } else { Some(*score) });
    }
    let _ = set.remove_ranks(0..1);
}
