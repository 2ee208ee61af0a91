//! The commands are those that Redis writes, and every element is in one of them.

use super::*;
use crate::base::hash::KeyHash;
use crate::format::aof::{Records, Step};
use crate::object::stream::{NewId, NodeLimits, Pending};
use crate::object::{Hash, Limits, List, NewValue, Set, Zset};
use crate::resp::request::Args;

fn limits() -> Limits {
    Limits::new(KeyHash::new([7; 16]))
}

/// The commands for an entry, words parted by blanks.
fn lines(key: &[u8], value: NewValue<'_>, expire: Option<i64>) -> Vec<String> {
    let mut bytes = Vec::new();
    entry(&Entry::new(key, value, expire), &mut bytes).unwrap();
    let (mut records, mut rest, mut found) = (Records::default(), &bytes[..], Vec::new());
    while !rest.is_empty() {
        let Ok(Step::Command(len)) = records.next(rest) else { panic!("whole commands") };
        let words = Args::new(&rest[..len], &records.spans);
        let words: Vec<_> = words.iter().map(String::from_utf8_lossy).collect();
        found.push(words.join(" "));
        rest = &rest[len..];
    }
    found
}

#[test]
fn strings_numbers_and_expiry() {
    assert_eq!(lines(b"k", NewValue::Int(-12), None), ["SET k -12"]);
    assert_eq!(lines(b"k", NewValue::Str(b"text"), Some(77)), ["SET k text", "PEXPIREAT k 77"]);
    let mut bytes = Vec::new();
    select(3, &mut bytes).unwrap();
    assert_eq!(bytes, b"*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n");
}

#[test]
fn large_values_come_in_several_commands() {
    for count in [1, ITEMS, ITEMS + 1, 3 * ITEMS, 500] {
        let (mut list, mut set, mut hash) = (List::new(), Set::table(&limits()), Hash::new());
        let mut zset = Zset::new(0, 0, &limits());
        for i in 0..count {
            let text = format!("e{i}");
            list.push(crate::object::list::End::Tail, text.as_bytes());
            set.add(text.as_bytes(), &limits());
            hash.set(text.as_bytes(), b"7", &limits());
            zset.set(text.as_bytes(), i as f64 + 0.5, &limits());
        }
        let values = [
            ("RPUSH", 1, Value::List(list)),
            ("SADD", 1, Value::Set(set)),
            ("HMSET", 2, Value::Hash(hash)),
            ("ZADD", 2, Value::Zset(zset)),
        ];
        for (name, width, value) in values {
            let lines = lines(b"k", NewValue::Obj(Box::new(value)), None);
            assert_eq!(lines.len(), count.div_ceil(ITEMS), "{name} {count}");
            let mut elements = 0;
            for line in &lines {
                let words: Vec<_> = line.split(' ').collect();
                assert_eq!(words[..2], [name, "k"]);
                assert!(words.len() - 2 <= ITEMS * width && (words.len() - 2).is_multiple_of(width));
                elements += (words.len() - 2) / width;
            }
            assert_eq!(elements, count);
        }
    }
}

#[test]
fn order_and_scores_are_kept() {
    let mut list = List::new();
    for text in [&b"b"[..], b"a", b"3"] {
        list.push(crate::object::list::End::Tail, text);
    }
    assert_eq!(lines(b"k", NewValue::Obj(Box::new(Value::List(list))), None), ["RPUSH k b a 3"]);
    let mut zset = Zset::new(0, 0, &limits());
    for (member, score) in [(&b"x"[..], 0.1), (b"y", f64::INFINITY), (b"z", -1e300)] {
        zset.set(member, score, &limits());
    }
    assert_eq!(
        lines(b"k", NewValue::Obj(Box::new(Value::Zset(zset))), None),
        ["ZADD k -1e+300 z 0.1 x inf y"]
    );
}

#[test]
fn streams_with_groups_and_without_entries() {
    let mut stream = Stream::new();
    assert_eq!(
        lines(b"s", NewValue::Obj(Box::new(Value::Stream(Box::new(stream.clone())))), None),
        ["XADD s MAXLEN 0 0-1 x y", "XSETID s 0-0 ENTRIESADDED 0 MAXDELETEDID 0-0"]
    );
    let node = NodeLimits { bytes: 0, entries: 100 };
    for ms in 1..=3 {
        let id = NewId::Exact(StreamId::new(ms, 0));
        stream.append(id, 0, 1, [&b"f"[..], b"v"].into_iter(), &node).unwrap();
    }
    stream.delete([StreamId::new(3, 0)].into_iter());
    let mut group = Group::new(StreamId::new(2, 0), 2);
    group.create(b"idle", 5).unwrap();
    let consumer = group.create(b"busy", 5).unwrap();
    group.assign(StreamId::new(1, 0), Pending { delivered_ms: 99, deliveries: 4, consumer });
    stream.groups.insert(Box::from(&b"g"[..]), group);
    assert_eq!(
        lines(b"s", NewValue::Obj(Box::new(Value::Stream(Box::new(stream)))), Some(5)),
        [
            "XADD s 1-0 f v",
            "XADD s 2-0 f v",
            "XSETID s 3-0 ENTRIESADDED 3 MAXDELETEDID 3-0",
            "XGROUP CREATE s g 2-0 ENTRIESREAD 2",
            "XCLAIM s g busy 0 1-0 TIME 99 RETRYCOUNT 4 JUSTID FORCE",
            "XGROUP CREATECONSUMER s g idle",
            "PEXPIREAT s 5",
        ]
    );
}

#[test]
fn a_sink_that_fails_ends_the_writing() {
    struct Full;
    impl Sink for Full {
        fn put(&mut self, _: &[u8]) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }
    let mut list = List::new();
    list.push(crate::object::list::End::Tail, b"a");
    for value in [
        NewValue::Int(1),
        NewValue::Obj(Box::new(Value::List(list))),
        NewValue::Obj(Box::new(Value::Stream(Box::new(Stream::new())))),
    ] {
        assert!(entry(&Entry::new(b"k", value, None), &mut Full).is_err());
    }
}
