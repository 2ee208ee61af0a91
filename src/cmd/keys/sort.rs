//! SORT and SORT_RO: the elements of a list, set or sorted set in another order, or what keys named after them
//! hold.
//!
//! The elements are copied once into one buffer, each behind a NUL, so that C's `strcoll` can compare them
//! where they lie; an element of the vector to sort is two places in it and a score, 48 bytes. With LIMIT only
//! the part that is shown is put in order. Keys that BY and GET name are looked up one by one under all the
//! rules of access: they count, they expire, they raise "keymiss".
//!
//! BY a pattern without `*` asks for no order at all: lists and sorted sets then keep their own and only the
//! range of LIMIT is read; a set that is to be stored is sorted all the same, so that replicas store the same.
//!
//! As in Redis the first `*` of a pattern is replaced, patterns end at a NUL where `*` and `->` are looked for,
//! a score is what `strtod` reads, and a sorted set turns into its big encoding when it is sorted.
//!
//! # Where it differs from Redis
//! Among members of a set that compare equal (ALPHA BY keys with equal values or none) each server's own order of
//! the set decides; for lists it is as in Redis: that of the list, or with BY and LIMIT the one that the steps of
//! its partial sort leave. A decimal score below 2^-1022 that is no zero is refused like one too small
//! for a double; Redis takes the few of them that are exact.
//!
//! Source: Redis 7.2.4 `sortCommandGeneric`, `lookupKeyByPattern`, `sortCompare`.

use std::cmp::Ordering;
use std::ffi::CStr;
use std::ops::Range;

use crate::base::collate::collate;
use crate::base::num::{IntBuf, fmt_i64};
use crate::base::partial_sort::partial_sort;
use crate::cmd::args::Cursor;
use crate::cmd::limits::{self, Kind, limits};
use crate::core::ctx::{Ctx, Outcome};
use crate::ds::listpack::Entry as Element;
use crate::keyspace::Class;
use crate::object::list::End;
use crate::object::zset_range::strtod_in_range;
use crate::object::{Entry, List, NewValue, Value, ValueRef, Zset};
use crate::resp::errors::{self, CmdError};
use crate::resp::reply::Reply;
use crate::resp::request::Args;

const NO_NUMBER: CmdError = CmdError::fixed("ERR One or more scores can't be converted into double");

/// `SORT key [BY pattern] [LIMIT offset count] [GET pattern ...] [ASC|DESC] [ALPHA] [STORE destination]`
pub fn sort(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    run(cx, args, true)
}

/// `SORT_RO`: the same without STORE.
pub fn sort_ro(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    run(cx, args, false)
}

/// What the request asks for.
#[derive(Default)]
struct Options<'a> {
    by: Option<&'a [u8]>,
    get: Vec<&'a [u8]>,
    store: Option<&'a [u8]>,
    /// Offset and count; a negative count means all.
    limit: (i64, i64),
    desc: bool,
    alpha: bool,
    /// BY names no key: the order is that of the collection.
    unsorted: bool,
}

impl<'a> Options<'a> {
    fn parse(args: Args<'a>, may_store: bool) -> Result<Self, CmdError> {
        let mut options = Options { limit: (0, -1), ..Options::default() };
        let mut cursor = Cursor::new(args, 2);
        while let left @ 1.. = cursor.left() {
            // How many arguments follow the word.
            let behind = left - 1;
            if cursor.accept("asc") {
                options.desc = false;
            } else if cursor.accept("desc") {
                options.desc = true;
            } else if cursor.accept("alpha") {
                options.alpha = true;
            } else if behind >= 2 && cursor.accept("limit") {
                options.limit = (cursor.int(), cursor.int());
            } else if may_store && behind >= 1 && cursor.accept("store") {
                options.store = Some(cursor.value());
            } else if behind >= 1 && cursor.accept("by") {
                let pattern = cursor.value();
                options.by = Some(pattern);
                // Once said it stays, even when another BY follows.
                options.unsorted |= star(pattern).is_none();
            } else if behind >= 1 && cursor.accept("get") {
                options.get.push(cursor.value());
            } else {
                cursor.syntax();
            }
        }
        cursor.finish()?;
        Ok(options)
    }

    /// Which of `len` elements are shown.
    fn range(&self, len: usize) -> Range<usize> {
        let within = |number: i64| usize::try_from(number).unwrap_or(0).min(len);
        let start = within(self.limit.0);
        let end = if self.limit.1 < 0 { len } else { (start + within(self.limit.1)).min(len) };
        start..end
    }
}

/// What lies in front of a NUL: C looks no further.
fn c_text(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Where the `*` of a pattern stands.
fn star(pattern: &[u8]) -> Option<usize> {
    c_text(pattern).iter().position(|byte| *byte == b'*')
}

/// A pattern of BY or GET, taken apart.
enum Pattern<'a> {
    /// `#`: the element itself.
    Element,
    /// No `*` in it: no key.
    Nothing,
    /// What stands before and behind the `*`, and the field behind `->`.
    Key { before: &'a [u8], behind: &'a [u8], field: Option<&'a [u8]> },
}

impl<'a> Pattern<'a> {
    fn new(text: &'a [u8]) -> Self {
        if c_text(text) == b"#" {
            return Pattern::Element;
        }
        let Some(at) = star(text) else { return Pattern::Nothing };
        let (before, rest) = (&text[..at], &text[at + 1..]);
        let seen = c_text(rest);
        let arrow = seen.windows(2).position(|two| two == b"->").filter(|arrow| arrow + 2 < seen.len());
        match arrow {
            Some(arrow) => Pattern::Key { before, behind: &rest[..arrow], field: Some(&rest[arrow + 2..]) },
            None => Pattern::Key { before, behind: rest, field: None },
        }
    }

    /// Looks the key up that the pattern names for an element, and shows `look` what it holds: the string, or
    /// the field of the hash. `look` may reply; `name` is room for the key's name.
    fn look_up<R>(
        &self,
        cx: &mut Ctx<'_>,
        element: &[u8],
        name: &mut Vec<u8>,
        look: impl FnOnce(&mut Reply, Option<&[u8]>) -> R,
    ) -> R {
        match self {
            Pattern::Element => look(cx.out, Some(element)),
            Pattern::Nothing => look(cx.out, None),
            Pattern::Key { before, behind, field } => {
                name.clear();
                name.extend_from_slice(before);
                name.extend_from_slice(element);
                name.extend_from_slice(behind);
                let mut buf = IntBuf::new();
                let found = cx.srv.keys.read(cx.db, name, cx.now);
                let value = found.and_then(|entry| match (entry.value(), *field) {
                    (ValueRef::Int(number), None) => Some(fmt_i64(number, &mut buf)),
                    (ValueRef::Str(text), None) => Some(text),
                    (ValueRef::Obj(Value::Hash(hash)), Some(field)) => {
                        hash.get(field).map(|value| value.text(&mut buf))
                    }
                    _ => None,
                });
                look(cx.out, value)
            }
        }
    }
}

/// The elements to sort. `texts` holds all of them and all values of BY, each with a NUL behind.
#[derive(Default)]
struct Elements {
    texts: Vec<u8>,
    items: Vec<Item>,
}

struct Item {
    text: Text,
    /// The value of BY, for ALPHA; `None` when there is none.
    by: Option<Text>,
    score: f64,
}

/// A place in the texts.
#[derive(Clone, Copy)]
struct Text {
    start: usize,
    len: usize,
}

impl Text {
    fn range(self) -> Range<usize> {
        self.start..self.start + self.len
    }
}

impl Elements {
    fn keep(&mut self, text: &[u8]) -> Text {
        let start = self.texts.len();
        self.texts.extend_from_slice(text);
        self.texts.push(0);
        Text { start, len: text.len() }
    }

    fn add(&mut self, element: Element<'_>) {
        let text = self.keep(element.text(&mut IntBuf::new()));
        self.items.push(Item { text, by: None, score: 0.0 });
    }

    fn bytes(&self, text: Text) -> &[u8] {
        &self.texts[text.range()]
    }

    /// Up to the first NUL, which is there at the latest behind the text.
    fn c_str(&self, text: Text) -> &CStr {
        CStr::from_bytes_until_nul(&self.texts[text.start..]).unwrap_or_default()
    }

    /// Two elements as ALPHA orders them: by bytes when the result is stored, so that every server stores the
    /// same, else as the locale has it.
    fn compare_texts(&self, one: Text, other: Text, stored: bool) -> Ordering {
        if stored {
            self.bytes(one).cmp(self.bytes(other))
        } else {
            collate(self.c_str(one), self.c_str(other))
        }
    }

    fn compare(&self, one: &Item, other: &Item, options: &Options<'_>) -> Ordering {
        let order = if !options.alpha {
            let scores = one.score.partial_cmp(&other.score).unwrap_or(Ordering::Equal);
            scores.then_with(|| self.bytes(one.text).cmp(self.bytes(other.text)))
        } else if options.by.is_some() {
            match (one.by, other.by) {
                (Some(one), Some(other)) => self.compare_texts(one, other, options.store.is_some()),
                (one, other) => one.is_some().cmp(&other.is_some()),
            }
        } else {
            self.compare_texts(one.text, other.text, options.store.is_some())
        };
        if options.desc { order.reverse() } else { order }
    }

    /// Puts those of `shown` in order, the others anywhere.
    fn sort(&mut self, shown: &Range<usize>, options: &Options<'_>) {
        let mut items = std::mem::take(&mut self.items);
        if options.by.is_some() && *shown != (0..items.len()) {
            partial_sort(&mut items, shown.clone(), |one, other| self.compare(one, other, options));
        } else {
            self.sort_stably(&mut items, shown, options);
        }
        self.items = items;
    }

    /// Equal elements keep their order, as C's `qsort` has it on Linux; what is not shown is not sorted.
    fn sort_stably(&self, items: &mut [Item], shown: &Range<usize>, options: &Options<'_>) {
        // Places grow in the order of the collection.
        let compare = |one: &Item, other: &Item| {
            self.compare(one, other, options).then_with(|| one.text.start.cmp(&other.text.start))
        };
        let mut part = items;
        if shown.end < part.len() {
            part.select_nth_unstable_by(shown.end, compare);
            part = &mut part[..shown.end];
        }
        if shown.start > 0 && shown.start < part.len() {
            part.select_nth_unstable_by(shown.start, compare);
            part = &mut part[shown.start..];
        }
        part.sort_unstable_by(compare);
    }
}

fn run(cx: &mut Ctx<'_>, args: Args<'_>, may_store: bool) -> Result<Outcome, CmdError> {
    let mut options = Options::parse(args, may_store)?;
    let (mut elements, shown) = load(cx, args.at(1), &mut options)?;
    if !options.unsorted {
        let valid = weigh(cx, &mut elements, &options);
        elements.sort(&shown, &options);
        if !valid {
            return Err(NO_NUMBER);
        }
    }
    match options.store {
        Some(destination) => store(cx, &elements, shown, &options, destination),
        None => show(cx, &elements, shown, &options),
    }
    Ok(Outcome::Done)
}

/// Copies the elements out, and says which of them are shown. Of what keeps its own order only these are read.
fn load(
    cx: &mut Ctx<'_>,
    key: &[u8],
    options: &mut Options<'_>,
) -> Result<(Elements, Range<usize>), CmdError> {
    let mut elements = Elements::default();
    let Some(entry) = cx.srv.keys.read(cx.db, key, cx.now) else { return Ok((elements, 0..0)) };
    let ValueRef::Obj(value) = entry.value() else { return Err(errors::WRONGTYPE) };
    let shown = match value {
        Value::List(list) => {
            let shown = options.range(list.len());
            let all = 0..list.len();
            let part = if options.unsorted { shown.clone() } else { all };
            load_list(&mut elements, list, part, options.unsorted && options.desc);
            shown
        }
        Value::Set(set) => {
            if options.unsorted && options.store.is_some() {
                options.unsorted = false;
                options.alpha = true;
                options.by = None;
            }
            elements.items.reserve(set.len());
            set.iter().for_each(|member| elements.add(member));
            return Ok((elements, options.range(set.len())));
        }
        Value::Zset(set) => {
            let len = set.len();
            let shown = options.range(len);
            match (options.unsorted, options.desc) {
                (false, _) => set.iter().for_each(|(member, _)| elements.add(member)),
                (true, false) => set.range(shown.clone()).for_each(|(member, _)| elements.add(member)),
                (true, true) => {
                    let ranks = len - shown.end..len - shown.start;
                    set.range(ranks).rev().for_each(|(member, _)| elements.add(member));
                }
            }
            if matches!(set, Zset::Packed(_)) {
                let limits = limits(cx.srv);
                if let Ok(Some(set)) = limits::edit::<Zset>(&mut cx.srv.keys, cx.db, key, cx.now) {
                    set.make_sorted(&limits);
                }
            }
            shown
        }
        _ => return Err(errors::WRONGTYPE),
    };
    Ok((elements, if options.unsorted { 0..shown.len() } else { shown }))
}

fn load_list(elements: &mut Elements, list: &List, part: Range<usize>, backward: bool) {
    if part.is_empty() {
        return;
    }
    elements.items.reserve(part.len());
    let from = if backward { list.len() - 1 - part.start } else { part.start };
    list.walk(from, backward, |element| {
        elements.add(element);
        elements.items.len() < part.len()
    });
}

/// Finds what each element is sorted by. `false`: a score is no number.
fn weigh(cx: &mut Ctx<'_>, elements: &mut Elements, options: &Options<'_>) -> bool {
    let mut valid = true;
    let mut score = |text: &[u8]| {
        let score = strtod_in_range(text);
        valid &= score.is_some();
        score.unwrap_or(0.0)
    };
    let Some(by) = options.by else {
        if !options.alpha {
            let Elements { texts, items } = elements;
            items.iter_mut().for_each(|item| item.score = score(&texts[item.text.range()]));
        }
        return valid;
    };
    let pattern = Pattern::new(by);
    let (mut name, mut element) = (Vec::new(), Vec::new());
    for i in 0..elements.items.len() {
        element.clear();
        element.extend_from_slice(elements.bytes(elements.items[i].text));
        pattern.look_up(cx, &element, &mut name, |_, value| {
            let Some(value) = value else { return };
            if options.alpha {
                elements.items[i].by = Some(elements.keep(value));
            } else {
                elements.items[i].score = score(value);
            }
        });
    }
    valid
}

/// Replies the elements, or what GET finds for each.
fn show(cx: &mut Ctx<'_>, elements: &Elements, shown: Range<usize>, options: &Options<'_>) {
    let patterns: Vec<Pattern<'_>> = options.get.iter().map(|text| Pattern::new(text)).collect();
    cx.out.array(shown.len().saturating_mul(patterns.len().max(1)));
    let mut name = Vec::new();
    for item in &elements.items[shown] {
        let element = elements.bytes(item.text);
        if patterns.is_empty() {
            cx.out.bulk(element);
        }
        for pattern in &patterns {
            pattern.look_up(cx, element, &mut name, |out, value| out.bulk_or_null(value));
        }
    }
}

/// Makes a list of them under a key; what GET does not find is an empty element.
fn store(
    cx: &mut Ctx<'_>,
    elements: &Elements,
    shown: Range<usize>,
    options: &Options<'_>,
    destination: &[u8],
) {
    let patterns: Vec<Pattern<'_>> = options.get.iter().map(|text| Pattern::new(text)).collect();
    let limits = limits(cx.srv);
    let mut list = List::loading(&limits);
    let mut name = Vec::new();
    for item in &elements.items[shown] {
        let element = elements.bytes(item.text);
        if patterns.is_empty() {
            list.push(End::Tail, element);
        }
        for pattern in &patterns {
            pattern.look_up(cx, element, &mut name, |_, value| {
                list.push(End::Tail, value.unwrap_or_default());
            });
        }
    }
    let mut list = List::Quick(Box::new(list));
    list.settle(&limits);
    let len = list.len();
    let old = if len == 0 {
        cx.srv.keys.delete(cx.db, destination, cx.now)
    } else {
        // A dead key expires before it is overwritten.
        cx.srv.keys.write_lookup(cx.db, destination, cx.now);
        cx.srv.keys.insert(cx.db, Entry::new(destination, NewValue::Obj(Box::new(list.wrap())), None))
    };
    if len != 0 {
        cx.touch(destination, Class::LIST, "sortstore", len as u64);
    } else if old.is_some() {
        cx.touch(destination, Class::GENERIC, "del", 1);
    }
    cx.out.count(len);
    if let Some(old) = old {
        let lazy = cx.srv.config.lazyfree_lazy_server_del;
        super::free(cx, old, lazy);
    }
}

#[cfg(test)]
mod tests;
