//! Where a command's keys stand among its arguments.
//!
//! A key spec says in two steps how to find keys: where to begin, and how many follow. It is what
//! COMMAND INFO shows to clients, so it is data and nothing else; reading a request by it is `extract`.
//! Some commands cannot be told that way (SORT), or the flags depend on options (SET … GET): those
//! name an extractor of their own, [`GetKeys`].

use super::bits::KeyFlags;

/// One group of keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeySpec {
    pub begin: Begin,
    pub find: Find,
    pub flags: KeyFlags,
    /// A remark for readers; "" is none.
    pub notes: &'static str,
}

/// Where a group of keys begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Begin {
    /// At that argument.
    Index(u8),
    /// After that word, looked for from argument `from`: upwards, or when negative from so far before
    /// the end downwards.
    Keyword {
        word: &'static str,
        from: i8,
    },
    Unknown,
}

/// Which arguments belong to the group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Find {
    /// Every `step`th up to `last`: relative to the first key, or when negative to the end. With
    /// `limit` > 1 and `last` -1 only one in `limit` of the remaining arguments.
    Range {
        last: i8,
        step: u8,
        limit: u8,
    },
    /// A number of keys stands at `num` (relative to the beginning), the first of them at `first`.
    KeyNum {
        num: u8,
        first: u8,
        step: u8,
    },
    Unknown,
}

/// First key, last key (negative: from the end) and step, as in COMMAND INFO's fields 4 to 6.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Legacy {
    pub first: i32,
    pub last: i32,
    pub step: i32,
}

/// How keys are found where specs do not do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GetKeys {
    /// Key specs only.
    Specs,
    /// A number of keys at an index, and the keys behind it; with the destination's index if there is one.
    Counted {
        dest: u8,
        num: u8,
    },
    Sort,
    SortRo,
    Migrate,
    GeoRadius,
    XRead,
    Set,
    BitField,
}

impl KeySpec {
    /// The one key at argument `index`.
    pub const fn at(index: u8, flags: KeyFlags) -> KeySpec {
        KeySpec::range(index, 0, 1, flags)
    }

    /// Keys from argument `index` to `last` (see [`Find::Range`]).
    pub const fn range(index: u8, last: i8, step: u8, flags: KeyFlags) -> KeySpec {
        KeySpec { begin: Begin::Index(index), find: Find::Range { last, step, limit: 0 }, flags, notes: "" }
    }

    /// A number of keys at argument `index`, the keys right behind it.
    pub const fn counted(index: u8, flags: KeyFlags) -> KeySpec {
        let find = Find::KeyNum { num: 0, first: 1, step: 1 };
        KeySpec { begin: Begin::Index(index), find, flags, notes: "" }
    }

    /// Keys after a word.
    pub const fn after(word: &'static str, from: i8, last: i8, limit: u8, flags: KeyFlags) -> KeySpec {
        let find = Find::Range { last, step: 1, limit };
        KeySpec { begin: Begin::Keyword { word, from }, find, flags, notes: "" }
    }

    /// Keys that only the handler finds.
    pub const fn unknown(flags: KeyFlags) -> KeySpec {
        KeySpec { begin: Begin::Unknown, find: Find::Unknown, flags, notes: "" }
    }

    /// With a remark.
    #[must_use]
    pub const fn notes(mut self, notes: &'static str) -> KeySpec {
        self.notes = notes;
        self
    }
}

/// Whether a spec finds keys, not only things routed like keys.
pub(super) const fn any_real(specs: &[KeySpec]) -> bool {
    let mut i = 0;
    while i < specs.len() {
        if !specs[i].flags.has(KeyFlags::NOT_KEY) {
            return true;
        }
        i += 1;
    }
    false
}

/// Whether the flags of some spec depend on other arguments.
pub(super) const fn any_variable(specs: &[KeySpec]) -> bool {
    let mut i = 0;
    while i < specs.len() {
        if specs[i].flags.has(KeyFlags::VARIABLE_FLAGS) {
            return true;
        }
        i += 1;
    }
    false
}

/// One range for all keys, for clients that know nothing newer. A single range is taken as it is;
/// of several those with step 1 that follow one another are joined; what does not fit is left out.
pub(super) const fn legacy(specs: &[KeySpec]) -> Legacy {
    let none = Legacy { first: 0, last: 0, step: 0 };
    let mut joined = none;
    let mut i = 0;
    while i < specs.len() {
        if let (Begin::Index(at), Find::Range { last, step, .. }) = (specs[i].begin, specs[i].find) {
            let first = at as i32;
            let end = if last < 0 { last as i32 } else { first + last as i32 };
            if specs.len() == 1 {
                return Legacy { first, last: end, step: step as i32 };
            }
            if step == 1 && (joined.last == 0 || joined.last == first - 1) {
                if joined.step == 0 || first < joined.first {
                    joined.first = first;
                }
                // Negative ends reach further than any positive one.
                if end as u32 > joined.last as u32 {
                    joined.last = end;
                }
                joined.step = 1;
            }
        }
        i += 1;
    }
    joined
}
