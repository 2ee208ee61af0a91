//! What clients and replicas see of SORT, and its order against a plain one.

use proptest::prelude::*;

use super::*;
use crate::cmd::testing::Desk;
use crate::resp::request::OwnedArgs;
use crate::state::client::ClientId;

/// Sends requests in order and compares the replies.
fn check(desk: &mut Desk, me: ClientId, steps: &[(&str, &str)]) {
    for (line, reply) in steps {
        assert_eq!(desk.ask(me, line), *reply, "{line}");
    }
}

#[test]
fn elements_are_ordered_by_number_by_text_and_by_other_keys() {
    let mut desk = Desk::new();
    let me = desk.client();
    check(
        &mut desk,
        me,
        &[
            ("rpush l 10 9 -1 2.5", ":4|"),
            ("sort l", "*4|$2|-1|$3|2.5|$1|9|$2|10|"),
            ("SORT_RO l DESC", "*4|$2|10|$1|9|$3|2.5|$2|-1|"),
            ("sort l alpha", "*4|$2|-1|$2|10|$3|2.5|$1|9|"),
            ("sort l limit 1 2", "*2|$3|2.5|$1|9|"),
            ("sort none", "*0|"),
            ("mset w_10 b w_9 a w_-1 c", "+OK|"),
            ("sort l by w_* alpha", "*4|$3|2.5|$1|9|$2|10|$2|-1|"),
            ("sort l by w_* alpha get # get w_* limit 0 2", "*4|$3|2.5|$-1|$1|9|$1|a|"),
            ("sort l by w_*", "-ERR One or more scores can't be converted into double|"),
            ("hset h_10 f 1 g x", ":2|"),
            ("hset h_9 f 2", ":1|"),
            ("sort l by h_*->f get h_*->g", "*4|$-1|$-1|$1|x|$-1|"),
            ("sort l by h_*->f", "*4|$2|-1|$3|2.5|$2|10|$1|9|"),
            ("sort l get h_*-> get h_* get nothing limit 0 1", "*3|$-1|$-1|$-1|"),
        ],
    );
}

/// As Redis 7.2.4 answered: equal ones in the order of the list, but where LIMIT lets it sort in part.
#[test]
fn equal_elements_come_as_in_redis() {
    let mut desk = Desk::new();
    let me = desk.client();
    let list = "11 18 9 37 28 26 42 46 48 38 21 45 49 31 27 35 17 20 14 19 4 2 25 12 43 5 8 13 32 36 0 34 6 24 40 \
                30 23 7 10 3 15 29 1 33 41 44 22 47 16 39";
    desk.ask(me, &format!("rpush l {list}"));
    for n in (0..50).filter(|n| n % 7 != 0) {
        desk.ask(me, &format!("set w_{n} {}", ["a", "b", "c"][n % 3]));
    }
    let mut sorted = |line: &str| -> String {
        let reply = desk.ask(me, line);
        let texts = reply.split('|').filter(|part| !part.is_empty() && !part.starts_with(['*', '$']));
        texts.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        sorted("sort l by w_* alpha"),
        "28 42 21 49 35 14 0 7 18 9 48 45 27 12 36 6 24 30 3 15 33 39 37 46 31 19 4 25 43 13 34 40 10 1 22 16 11 26 \
         38 17 20 2 5 8 32 23 29 41 44 47"
    );
    assert_eq!(sorted("sort l by w_* alpha limit 3 9"), "28 49 0 42 7 39 18 9 48");
    assert_eq!(sorted("sort l by w_* alpha desc limit 10 12"), "41 2 5 8 31 46 1 34 37 13 40 25");
    assert_eq!(sorted("sort l by w_* alpha limit 44 3"), "23 47 29");
}

#[test]
fn by_a_constant_keeps_the_order_that_is_there() {
    let mut desk = Desk::new();
    let me = desk.client();
    check(
        &mut desk,
        me,
        &[
            ("rpush l c a b", ":3|"),
            ("sort l by nosort", "*3|$1|c|$1|a|$1|b|"),
            ("sort l by nosort desc limit 1 9", "*2|$1|a|$1|c|"),
            ("sort l by nosort limit 1 1", "*1|$1|a|"),
            ("zadd z 1 x 2 y 3 w", ":3|"),
            ("sort z by nosort", "*3|$1|x|$1|y|$1|w|"),
            ("object encoding z", "$8|skiplist|"),
            ("sort z by nosort desc limit 0 2", "*2|$1|w|$1|y|"),
            ("sort z by nosort desc limit 5 2", "*0|"),
            ("sort z by nosort limit -3 2 get #", "*2|$1|x|$1|y|"),
            ("sadd s beta alpha", ":2|"),
            ("sort s by nosort store d", ":2|"),
            ("lrange d 0 -1", "*2|$5|alpha|$4|beta|"),
        ],
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    let mut desk = Desk::new();
    let me = desk.client();
    let syntax = "-ERR syntax error|";
    let number = "-ERR value is not an integer or out of range|";
    let wrong = "-WRONGTYPE Operation against a key holding the wrong kind of value|";
    check(
        &mut desk,
        me,
        &[
            ("rpush l a b", ":2|"),
            ("sort", "-ERR wrong number of arguments for 'sort' command|"),
            ("sort l upward", syntax),
            ("sort l limit 1", syntax),
            ("sort l by", syntax),
            ("sort l get", syntax),
            ("sort l store", syntax),
            ("sort_ro l store d", syntax),
            ("sort l limit x 1 upward", number),
            ("sort l limit 0 9223372036854775808", number),
            ("sort l", "-ERR One or more scores can't be converted into double|"),
            ("sort l store d", "-ERR One or more scores can't be converted into double|"),
            ("exists d", ":0|"),
            ("set s x", "+OK|"),
            ("sort s", wrong),
            ("hset h f v", ":1|"),
            ("sort h by nosort", wrong),
            // Offsets and counts at the ends of their range neither overflow nor allocate.
            ("sort l alpha limit 9223372036854775807 9223372036854775807", "*0|"),
            ("sort l alpha limit 1 9223372036854775807", "*1|$1|b|"),
            ("sort l alpha limit -9223372036854775808 9223372036854775807 desc", "*2|$1|b|$1|a|"),
            ("sort l by nosort limit 9223372036854775807 -1", "*0|"),
            ("sort none limit 0 9223372036854775807 get # get # store d", ":0|"),
        ],
    );
}

#[test]
fn storing_replaces_whatever_was_there_and_travels() {
    let mut desk = Desk::new();
    let me = desk.client();
    check(
        &mut desk,
        me,
        &[
            ("rpush l 3 1 2", ":3|"),
            ("set d old ex 100", "+OK|"),
            ("sort l desc get # get w_* store d", ":6|"),
            ("lrange d 0 -1", "*6|$1|3|$0||$1|2|$0||$1|1|$0||"),
            ("ttl d", ":-1|"),
            ("object encoding d", "$8|listpack|"),
            ("sort l store l", ":3|"),
            ("lrange l 0 -1", "*3|$1|1|$1|2|$1|3|"),
        ],
    );
    desk.stream();
    check(&mut desk, me, &[("sort none store d", ":0|"), ("exists d", ":0|"), ("sort none store d", ":0|")]);
    assert_eq!(desk.stream(), "sort none store d");
    let dirty = desk.srv.persist.dirty;
    check(&mut desk, me, &[("sort l limit 0 2 store d", ":2|"), ("sort l", "*3|$1|1|$1|2|$1|3|")]);
    assert_eq!(desk.srv.persist.dirty - dirty, 2);
    assert_eq!(desk.stream(), "sort l limit 0 2 store d");
}

#[test]
fn patterns_are_read_as_c_reads_them() {
    let parts = |text: &'static [u8]| match Pattern::new(text) {
        Pattern::Element => "#".to_owned(),
        Pattern::Nothing => "-".to_owned(),
        Pattern::Key { before, behind, field } => {
            let field = field.map(|field| field.escape_ascii().to_string());
            format!("{}|{}|{}", before.escape_ascii(), behind.escape_ascii(), field.as_deref().unwrap_or("-"))
        }
    };
    assert_eq!(parts(b"#"), "#");
    assert_eq!(parts(b"##"), "-");
    assert_eq!(parts(b""), "-");
    assert_eq!(parts(b"a*b*"), "a|b*|-");
    assert_eq!(parts(b"a*->f->g"), "a||f->g");
    assert_eq!(parts(b"a->b*c"), "a->b|c|-");
    assert_eq!(parts(b"*->"), "|->|-");
    assert_eq!(parts(b"a\0*"), "-");
    assert_eq!(parts(b"*\0->f"), "|\\x00->f|-");
}

#[test]
fn scores_are_read_as_c_reads_them() {
    for (text, score) in [
        (&b"1.5"[..], Some(1.5)),
        (b" 2", Some(2.0)),
        (b"", Some(0.0)),
        (b"3\0x", Some(3.0)),
        (b"0x10", Some(16.0)),
    ] {
        assert_eq!(strtod_in_range(text), score, "{}", text.escape_ascii());
    }
    for text in [&b"x"[..], b"1 ", b" ", b"1e400", b"1e-400", b"1e-310", b"nan"] {
        assert_eq!(strtod_in_range(text), None, "{}", text.escape_ascii());
    }
    assert_eq!(strtod_in_range(b"-inf"), Some(f64::NEG_INFINITY));
}

proptest! {
    /// Whatever part is asked for, it is that part of the whole in order, equal elements as they came.
    #[test]
    fn a_part_is_the_part_of_the_whole(
        texts in prop::collection::vec("[a-c]{0,2}", 0..40),
        (offset, count) in (-2..45i64, -2..45i64),
        (alpha, desc) in (any::<bool>(), any::<bool>()),
    ) {
        let (offset, count) = (offset.to_string(), count.to_string());
        let mut words: Vec<&[u8]> = vec![b"sort", b"l", b"limit", offset.as_bytes(), count.as_bytes()];
        words.extend(alpha.then_some(&b"alpha"[..]));
        words.extend(desc.then_some(&b"desc"[..]));
        let request = OwnedArgs::from_slices(&words);
        let options = Options::parse(request.as_args(), true).unwrap();
        let mut elements = Elements::default();
        for text in &texts {
            elements.add(Element::Str(text.as_bytes()));
            elements.items.last_mut().unwrap().score = text.len() as f64;
        }
        let shown = options.range(texts.len());
        elements.sort(&shown, &options);
        let got: Vec<&[u8]> = elements.items[shown.clone()].iter().map(|i| elements.bytes(i.text)).collect();
        let mut model: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
        model.sort_by(|a, b| {
            let order = if alpha { a.cmp(b) } else { a.len().cmp(&b.len()).then(a.cmp(b)) };
            if desc { order.reverse() } else { order }
        });
        prop_assert_eq!(got, &model[shown]);
    }
}
