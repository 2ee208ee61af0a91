//! The key entry: a key, its expiry, its age and its value in one allocation behind a thin pointer.
//!
//! Redis spends four allocations on a string key (dict entry, key, object, value), and a fifth object in a
//! second dictionary for the expiry. Here one allocation holds
//!
//! ```text
//! | 24 bits LRU/LFU, 8 bits kind and flags | key length | key | [expiry, 8 bytes] | value |
//!   4 bytes, aligned                         1, 2 or 9                             (see below)
//!
//! kind  value
//! Int   8 bytes, the number                       OBJECT ENCODING int
//! Str   length (1 or 2 bytes) and the bytes       embstr up to 44 bytes, else raw
//! Raw   a Vec<u8> (24 bytes, aligned to 8)        raw, whatever its length
//! Obj   a Box<V> (8 bytes, aligned to 8)          what the value says
//! ```
//!
//! so a key of 16 bytes with a value of 8 takes 32 bytes, with a value of 64 bytes 96, with an expiry too.
//! Redis 7.0 takes 104, 168 and 209 bytes for these, tables included.
//!
//! **Sizes.** Every allocation is asked for in whole jemalloc size classes, and its size follows from what
//! it holds ([`size_class`]), so no capacity is stored. Whoever changes the contents compares the class
//! before and after: the same class means that the change is made in place (SET over a value of like size
//! frees and allocates nothing), a different one means a move to a new allocation.
//!
//! **Embedding limit.** Strings up to [`EMBED_MAX`] bytes lie inside. Beyond it the second allocation's
//! header (24 bytes) is below 3 % of the value, while growing, renaming and giving an expiry would each copy
//! the value. Values that were changed in place (APPEND, SETRANGE, SETBIT) become `Raw` and stay so, as in
//! Redis, because what was appended to once is appended to again.
//!
//! **Ownership.** An entry may move in memory on every `&mut` call; only its owner (the table's slot) holds
//! the address, and the owner is what `&mut` borrows, so nothing is left dangling.
//!
//! Source of the encodings: Redis 7.2 `OBJECT ENCODING` (`int`, `embstr` up to 44 bytes, `raw`).

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, align_of, size_of};
use std::ptr::{self, NonNull};

pub use crate::base::alloc::size_class;
use crate::base::num::{IntBuf, digits_i64, fmt_i64, parse_i64};
use crate::ds::table::Handle;

/// Unix milliseconds.
type Millis = i64;

/// The longest string, in bytes, that lies inside its entry.
pub const EMBED_MAX: usize = 1024;

/// The longest string that `OBJECT ENCODING` calls `embstr` (Redis' OBJ_ENCODING_EMBSTR_SIZE_LIMIT).
pub const EMBSTR_MAX: usize = 44;

/// The largest value of the 24-bit LRU field.
pub const LRU_MAX: u32 = (1 << 24) - 1;

/// Appending keeps spare room of the new length up to this much, and this much beyond (Redis'
/// SDS_MAX_PREALLOC).
const MAX_SPARE: usize = 1 << 20;

const HEADER: usize = 4;
const EXPIRY: usize = 8;
const ALIGN: usize = 8;
const KIND: u32 = 0b11 << 24;
const EXPIRES: u32 = 0b100 << 24;

const _: () = assert!(align_of::<Vec<u8>>() <= ALIGN && align_of::<Box<u8>>() <= ALIGN);

/// What an entry needs to know of a value that is not a string.
pub trait Body: Clone {
    /// The word that TYPE answers.
    fn type_name(&self) -> &'static str;
    /// The word that OBJECT ENCODING answers.
    fn encoding(&self) -> &'static str;
    /// Bytes held behind the value, its own struct left out.
    fn mem_bytes(&self) -> usize;
    /// About how many allocations freeing it gives back.
    fn free_effort(&self) -> usize;
}

/// A value on its way into an entry. `Str` is copied, the others are moved in.
#[derive(Debug)]
pub enum Init<'a, V> {
    /// A number: encoding `int`.
    Int(i64),
    /// A string taken as it is (never turned into a number; [`EntryOf::string`] does that).
    Str(&'a [u8]),
    /// A string with its own growable buffer: encoding `raw` always.
    Raw(Vec<u8>),
    /// A value that is not a string.
    Obj(Box<V>),
}

/// A value as it lies in an entry.
#[derive(Debug, PartialEq, Eq)]
pub enum View<'a, V> {
    /// A string that is a number.
    Int(i64),
    /// Any other string.
    Str(&'a [u8]),
    /// A value that is not a string.
    Obj(&'a V),
}

/// The entry of the keyspace.
pub type Entry = EntryOf<super::Value>;
/// A value on its way into an [`Entry`].
pub type NewValue<'a> = Init<'a, super::Value>;
/// A value as it lies in an [`Entry`].
pub type ValueRef<'a> = View<'a, super::Value>;

/// One key with its value; see the head of the file. Generic over the collections so that they can be tested
/// apart.
#[repr(transparent)]
pub struct EntryOf<V: Body> {
    raw: NonNull<u8>,
    owns: PhantomData<(Vec<u8>, Box<V>)>,
}

// SAFETY: an entry owns its allocation, and what hangs off it, alone; nothing in it is bound to a thread.
unsafe impl<V: Body + Send> Send for EntryOf<V> {}
// SAFETY: `&self` methods only read.
unsafe impl<V: Body + Sync> Sync for EntryOf<V> {}

// SAFETY: transparent over a non-null pointer; `key` and `tag` depend on nothing but what the entry owns.
unsafe impl<V: Body> Handle for EntryOf<V> {
    #[inline]
    fn key(&self) -> &[u8] {
        EntryOf::key(self)
    }

    #[inline]
    fn tag(&self) -> bool {
        self.has_expire()
    }
}

/// Grows `buf` so that it can hold `len` bytes, with the spare room that Redis leaves after an append: as
/// much again up to 1 MiB, then 1 MiB.
pub fn room_for(buf: &mut Vec<u8>, len: usize) {
    if len > buf.capacity() {
        let spare = len.min(MAX_SPARE);
        buf.reserve_exact((len - buf.len()).saturating_add(spare));
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Int = 0,
    Str = 1,
    Raw = 2,
    Obj = 3,
}

/// Where things lie in an entry. All offsets are in bytes from its start.
#[derive(Clone, Copy, Debug)]
struct Shape {
    kind: Kind,
    expires: bool,
    /// Offset of the byte behind the key: the expiry, if there is one, else the (unaligned) value.
    key_end: usize,
    /// Bytes of the value part, its length prefix included.
    value_len: usize,
}

impl Shape {
    #[inline]
    fn value_at(&self) -> usize {
        let at = self.key_end + if self.expires { EXPIRY } else { 0 };
        match self.kind {
            Kind::Int | Kind::Str => at,
            Kind::Raw | Kind::Obj => (at + (ALIGN - 1)) & !(ALIGN - 1),
        }
    }

    #[inline]
    fn class(&self) -> usize {
        size_class(self.value_at() + self.value_len).max(16)
    }

    fn layout(&self) -> Layout {
        Layout::from_size_align(self.class(), ALIGN)
            .expect("an entry is no larger than the memory it came from")
    }
}

#[inline]
pub(super) const fn varint_len(n: usize) -> usize {
    if n < 0x80 {
        1
    } else if n < 0x4000 {
        2
    } else {
        9
    }
}

/// Writes `n` in [`varint_len`] bytes and returns how many these were.
///
/// # Safety
/// `at` is valid for writes of that many bytes.
#[inline]
pub(super) unsafe fn write_varint(at: *mut u8, n: usize) -> usize {
    // SAFETY: the caller gives the room.
    unsafe {
        if n < 0x80 {
            at.write(n as u8);
            1
        } else if n < 0x4000 {
            at.write(0x80 | (n >> 8) as u8);
            at.add(1).write(n as u8);
            2
        } else {
            at.write(0xc0);
            at.add(1).cast::<u64>().write_unaligned(n as u64);
            9
        }
    }
}

/// Reads a length and its width.
///
/// # Safety
/// `at` points to what [`write_varint`] wrote.
#[inline]
pub(super) unsafe fn read_varint(at: *const u8) -> (usize, usize) {
    // SAFETY: the first byte tells how many follow, all written by `write_varint`.
    unsafe {
        let first = at.read();
        if first < 0x80 {
            (usize::from(first), 1)
        } else if first < 0xc0 {
            (usize::from(first & 0x3f) << 8 | usize::from(at.add(1).read()), 2)
        } else {
            (at.add(1).cast::<u64>().read_unaligned() as usize, 9)
        }
    }
}

/// The form in which a value is stored: a string too long to embed gets its own buffer.
#[inline]
fn settle<V>(value: Init<'_, V>) -> Init<'_, V> {
    match value {
        Init::Str(text) if text.len() > EMBED_MAX => Init::Raw(text.to_vec()),
        other => other,
    }
}

/// Kind and length of the value part of a settled value.
#[inline]
fn measure<V>(value: &Init<'_, V>) -> (Kind, usize) {
    match value {
        Init::Int(_) => (Kind::Int, size_of::<i64>()),
        Init::Str(text) => (Kind::Str, varint_len(text.len()) + text.len()),
        Init::Raw(_) => (Kind::Raw, size_of::<Vec<u8>>()),
        Init::Obj(_) => (Kind::Obj, size_of::<Box<V>>()),
    }
}

/// The value that SET stores for `text`: a number where Redis would encode one (up to 20 bytes that read as
/// one).
#[inline]
fn encode<V>(text: &[u8]) -> Init<'_, V> {
    match text {
        [b'-' | b'0'..=b'9', ..] if text.len() <= 20 => match parse_i64(text) {
            Some(number) => Init::Int(number),
            None => Init::Str(text),
        },
        _ => Init::Str(text),
    }
}

impl<V: Body> EntryOf<V> {
    /// An entry for `key`, its LRU field 0.
    pub fn new(key: &[u8], value: Init<'_, V>, expire: Option<Millis>) -> Self {
        let value = settle(value);
        let (kind, value_len) = measure(&value);
        let key_end = HEADER + varint_len(key.len()) + key.len();
        let shape = Shape { kind, expires: expire.is_some(), key_end, value_len };
        let mut entry = Self::allocate(shape);
        entry.put_key(key);
        entry.put_header(0, shape);
        entry.put_expire(shape, expire);
        entry.put_value(shape, value);
        entry
    }

    /// An entry for a string as SET stores it: a number, embedded bytes or a buffer of its own.
    pub fn string(key: &[u8], text: &[u8], expire: Option<Millis>) -> Self {
        Self::new(key, encode(text), expire)
    }

    /// The key.
    #[inline]
    pub fn key(&self) -> &[u8] {
        // SAFETY: every entry has its key length behind the header and the key behind that; they live as
        // long as the entry is borrowed.
        unsafe {
            let at = self.at(HEADER);
            let (len, width) = read_varint(at);
            std::slice::from_raw_parts(at.add(width), len)
        }
    }

    /// The value.
    #[inline]
    pub fn value(&self) -> View<'_, V> {
        let shape = self.shape();
        let at = self.at(shape.value_at());
        // SAFETY: `shape` describes what lies at `at`: an unaligned number, a length with its bytes, an
        // aligned vector or an aligned box, all initialised and borrowed with the entry.
        unsafe {
            match shape.kind {
                Kind::Int => View::Int(at.cast::<i64>().read_unaligned()),
                Kind::Str => {
                    let (len, width) = read_varint(at);
                    View::Str(std::slice::from_raw_parts(at.add(width), len))
                }
                Kind::Raw => View::Str((*at.cast::<Vec<u8>>()).as_slice()),
                Kind::Obj => View::Obj(&**at.cast::<Box<V>>()),
            }
        }
    }

    /// The value, to be changed, when it is not a string.
    #[inline]
    pub fn value_mut(&mut self) -> Option<&mut V> {
        let shape = self.shape();
        if shape.kind != Kind::Obj {
            return None;
        }
        // SAFETY: kind Obj: an initialised, aligned box, borrowed exclusively with the entry.
        Some(unsafe { &mut **self.at(shape.value_at()).cast::<Box<V>>() })
    }

    /// Whether the value is a string (of any encoding).
    #[inline]
    pub fn is_string(&self) -> bool {
        self.kind() != Kind::Obj
    }

    /// Length of the string in bytes (of the digits for a number); `None` when the value is not a string.
    pub fn strlen(&self) -> Option<usize> {
        match self.value() {
            View::Int(number) => Some(digits_i64(number)),
            View::Str(text) => Some(text.len()),
            View::Obj(_) => None,
        }
    }

    /// The string as a buffer that may be changed and grown. From here on the encoding is `raw`. `None` when
    /// the value is not a string. Grow it through [`room_for`].
    pub fn raw_mut(&mut self) -> Option<&mut Vec<u8>> {
        let text = match self.value() {
            View::Obj(_) => return None,
            View::Int(number) => Some(fmt_i64(number, &mut IntBuf::new()).to_vec()),
            View::Str(text) if self.kind() == Kind::Str => Some(text.to_vec()),
            View::Str(_) => None,
        };
        if let Some(text) = text {
            let expire = self.expire();
            self.assign(Init::Raw(text), expire);
        }
        let at = self.at(self.shape().value_at());
        // SAFETY: the kind is Raw now: an initialised, aligned vector, borrowed exclusively with the entry.
        Some(unsafe { &mut *at.cast::<Vec<u8>>() })
    }

    /// Appends to a string and returns its new length; `None` when the value is not a string.
    pub fn append(&mut self, tail: &[u8]) -> Option<usize> {
        let buf = self.raw_mut()?;
        room_for(buf, buf.len() + tail.len());
        buf.extend_from_slice(tail);
        Some(buf.len())
    }

    /// Replaces value and expiry, keeping key and LRU field; in place when the new contents need an
    /// allocation of the same size class.
    pub fn assign(&mut self, value: Init<'_, V>, expire: Option<Millis>) {
        let value = settle(value);
        let old = self.shape();
        let (kind, value_len) = measure(&value);
        let new = Shape { kind, expires: expire.is_some(), key_end: old.key_end, value_len };
        if old.class() != new.class() {
            let mut moved = self.move_head(new);
            moved.put_expire(new, expire);
            moved.put_value(new, value);
            *self = moved;
            return;
        }
        let owned = self.take_owned(old);
        self.put_header(self.lru(), new);
        self.put_expire(new, expire);
        self.put_value(new, value);
        drop(owned);
    }

    /// Replaces value and expiry by a string as SET stores it (see [`EntryOf::string`]).
    #[inline]
    pub fn assign_string(&mut self, text: &[u8], expire: Option<Millis>) {
        self.assign(encode(text), expire);
    }

    /// The expiry time in Unix milliseconds.
    #[inline]
    pub fn expire(&self) -> Option<Millis> {
        let shape = self.head_shape();
        // SAFETY: the flag says that eight initialised bytes lie behind the key.
        shape.1.then(|| unsafe { self.at(shape.0).cast::<Millis>().read_unaligned() })
    }

    /// Whether there is an expiry time.
    #[inline]
    pub fn has_expire(&self) -> bool {
        self.header() & EXPIRES != 0
    }

    /// Sets or removes the expiry time; in place when the size class stays the same.
    pub fn set_expire(&mut self, expire: Option<Millis>) {
        let old = self.shape();
        let new = Shape { expires: expire.is_some(), ..old };
        if old.expires != new.expires {
            if old.class() == new.class() {
                // SAFETY: both value places lie within this allocation (same class); a value, whatever its
                // kind, may be moved bitwise, and `ptr::copy` allows the overlap.
                unsafe { ptr::copy(self.at(old.value_at()), self.at(new.value_at()), old.value_len) };
                self.put_header(self.lru(), new);
            } else {
                let moved = self.move_head(new);
                // SAFETY: the value is moved bitwise into the new allocation, which has room for it; the old
                // one is given up right after without dropping the value.
                unsafe {
                    ptr::copy_nonoverlapping(
                        self.at(old.value_at()),
                        moved.at(new.value_at()),
                        old.value_len,
                    );
                }
                std::mem::replace(self, moved).abandon(old);
            }
        }
        self.put_expire(new, expire);
    }

    /// [`EntryOf::set_expire`] as a step of building.
    pub fn with_expire(mut self, expire: Option<Millis>) -> Self {
        self.set_expire(expire);
        self
    }

    /// The same entry (value, expiry, age) under another key. A value of its own allocation is moved, not
    /// copied.
    pub fn rekey(self, key: &[u8]) -> Self {
        let old = self.shape();
        let key_end = HEADER + varint_len(key.len()) + key.len();
        let new = Shape { key_end, ..old };
        let mut moved = Self::allocate(new);
        moved.put_key(key);
        moved.put_header(self.lru(), new);
        moved.put_expire(new, self.expire());
        // SAFETY: the value is moved bitwise into the new allocation, which has room for it; the old one is
        // given up right after without dropping the value.
        unsafe { ptr::copy_nonoverlapping(self.at(old.value_at()), moved.at(new.value_at()), old.value_len) };
        self.abandon(old);
        moved
    }

    /// A copy (value, expiry, age) under another key, as COPY makes it.
    pub fn duplicate(&self, key: &[u8]) -> Self {
        let value = match self.value() {
            View::Int(number) => Init::Int(number),
            View::Str(text) if self.kind() == Kind::Raw => Init::Raw(text.to_vec()),
            View::Str(text) => Init::Str(text),
            View::Obj(value) => Init::Obj(Box::new(value.clone())),
        };
        let mut copy = Self::new(key, value, self.expire());
        copy.set_lru(self.lru());
        copy
    }

    /// The 24-bit LRU clock or LFU counter.
    #[inline]
    pub fn lru(&self) -> u32 {
        self.header() & LRU_MAX
    }

    /// Sets the LRU field to the low 24 bits of `lru`.
    #[inline]
    pub fn set_lru(&mut self, lru: u32) {
        let header = self.header() & !LRU_MAX | lru & LRU_MAX;
        // SAFETY: the header is the aligned start of every entry.
        unsafe { self.at(0).cast::<u32>().write(header) };
    }

    /// What OBJECT ENCODING answers.
    pub fn encoding(&self) -> &'static str {
        match self.value() {
            View::Int(_) => "int",
            View::Str(text) if self.kind() == Kind::Str && text.len() <= EMBSTR_MAX => "embstr",
            View::Str(_) => "raw",
            View::Obj(value) => value.encoding(),
        }
    }

    /// What TYPE answers.
    pub fn type_name(&self) -> &'static str {
        match self.value() {
            View::Int(_) | View::Str(_) => "string",
            View::Obj(value) => value.type_name(),
        }
    }

    /// Bytes of memory held, allocator rounding included: the entry and what hangs off it.
    pub fn mem_bytes(&self) -> usize {
        let shape = self.shape();
        let beside = match self.value() {
            View::Obj(value) => size_class(size_of::<V>()) + value.mem_bytes(),
            // SAFETY: kind Raw: an initialised, aligned vector.
            View::Str(_) if shape.kind == Kind::Raw => unsafe {
                match (*self.at(shape.value_at()).cast::<Vec<u8>>()).capacity() {
                    0 => 0,
                    held => size_class(held),
                }
            },
            View::Int(_) | View::Str(_) => 0,
        };
        shape.class() + beside
    }

    /// About how many allocations freeing the value gives back, as Redis counts it (`lazyfreeGetFreeEffort`): 1
    /// for a string and for anything packed into one block.
    #[inline]
    pub fn free_effort(&self) -> usize {
        match self.value() {
            View::Int(_) | View::Str(_) => 1,
            View::Obj(value) => value.free_effort(),
        }
    }

    /// Bytes that may be appended to a string before its buffer moves; 0 unless it was changed in place.
    pub fn spare(&self) -> usize {
        let shape = self.shape();
        if shape.kind != Kind::Raw {
            return 0;
        }
        // SAFETY: kind Raw: an initialised, aligned vector.
        let text = unsafe { &*self.at(shape.value_at()).cast::<Vec<u8>>() };
        text.capacity() - text.len()
    }

    #[inline]
    fn at(&self, offset: usize) -> *mut u8 {
        // SAFETY: every caller passes an offset within the allocation (at most one past its last byte).
        unsafe { self.raw.as_ptr().add(offset) }
    }

    #[inline]
    fn header(&self) -> u32 {
        // SAFETY: the header is the aligned, initialised start of every entry.
        unsafe { self.at(0).cast::<u32>().read() }
    }

    #[inline]
    fn kind(&self) -> Kind {
        match (self.header() & KIND) >> 24 {
            0 => Kind::Int,
            1 => Kind::Str,
            2 => Kind::Raw,
            _ => Kind::Obj,
        }
    }

    /// Offset of the key's end, and whether there is an expiry.
    #[inline]
    fn head_shape(&self) -> (usize, bool) {
        // SAFETY: every entry has its key length behind the header.
        let (len, width) = unsafe { read_varint(self.at(HEADER)) };
        (HEADER + width + len, self.has_expire())
    }

    #[inline]
    fn shape(&self) -> Shape {
        let (key_end, expires) = self.head_shape();
        let mut shape = Shape { kind: self.kind(), expires, key_end, value_len: 0 };
        shape.value_len = match shape.kind {
            Kind::Int => size_of::<i64>(),
            Kind::Raw => size_of::<Vec<u8>>(),
            Kind::Obj => size_of::<Box<V>>(),
            Kind::Str => {
                // SAFETY: kind Str: a length lies where the value starts.
                let (len, width) = unsafe { read_varint(self.at(shape.value_at())) };
                width + len
            }
        };
        shape
    }

    /// Uninitialised memory for `shape`. Until header, key and value are put in, the entry is an Int with
    /// garbage: the methods below do not panic, so it is never dropped in that state.
    fn allocate(shape: Shape) -> Self {
        let layout = shape.layout();
        // SAFETY: the size of a layout is at least 16.
        let raw = unsafe { alloc(layout) };
        match NonNull::new(raw) {
            Some(raw) => EntryOf { raw, owns: PhantomData },
            None => handle_alloc_error(layout),
        }
    }

    /// A new allocation for `shape` that has this entry's key and LRU field, value and expiry still missing.
    fn move_head(&self, shape: Shape) -> Self {
        let mut moved = Self::allocate(shape);
        // SAFETY: header, key length and key end at `key_end` in both allocations.
        unsafe { ptr::copy_nonoverlapping(self.at(0), moved.at(0), shape.key_end) };
        moved.put_header(self.lru(), shape);
        moved
    }

    fn put_key(&mut self, key: &[u8]) {
        // SAFETY: the allocation was made for this key.
        unsafe {
            let at = self.at(HEADER);
            let width = write_varint(at, key.len());
            ptr::copy_nonoverlapping(key.as_ptr(), at.add(width), key.len());
        }
    }

    #[inline]
    fn put_header(&mut self, lru: u32, shape: Shape) {
        let flags = (shape.kind as u32) << 24 | if shape.expires { EXPIRES } else { 0 };
        // SAFETY: the header is the aligned start of the allocation.
        unsafe { self.at(0).cast::<u32>().write(lru & LRU_MAX | flags) };
    }

    #[inline]
    fn put_expire(&mut self, shape: Shape, expire: Option<Millis>) {
        if let Some(when) = expire {
            debug_assert!(shape.expires);
            // SAFETY: `shape` has eight bytes for it behind the key.
            unsafe { self.at(shape.key_end).cast::<Millis>().write_unaligned(when) };
        }
    }

    /// Writes a settled value over whatever bytes are there.
    #[inline]
    fn put_value(&mut self, shape: Shape, value: Init<'_, V>) {
        let at = self.at(shape.value_at());
        // SAFETY: the allocation has `value_len` bytes for it there, aligned for the kinds that need it.
        unsafe {
            match value {
                Init::Int(number) => at.cast::<i64>().write_unaligned(number),
                Init::Str(text) => {
                    let width = write_varint(at, text.len());
                    ptr::copy_nonoverlapping(text.as_ptr(), at.add(width), text.len());
                }
                Init::Raw(text) => at.cast::<Vec<u8>>().write(text),
                Init::Obj(value) => at.cast::<Box<V>>().write(value),
            }
        }
    }

    /// Takes out what the value owns outside the entry. The bytes left behind must be overwritten or given
    /// up.
    #[inline]
    fn take_owned(&mut self, shape: Shape) -> Option<Owned<V>> {
        let at = self.at(shape.value_at());
        // SAFETY: the kind says what lies there; it is read once, and the caller makes sure that nobody
        // reads it again.
        unsafe {
            match shape.kind {
                Kind::Int | Kind::Str => None,
                Kind::Raw => Some(Owned::Raw(at.cast::<Vec<u8>>().read())),
                Kind::Obj => Some(Owned::Obj(at.cast::<Box<V>>().read())),
            }
        }
    }

    /// Frees the allocation but nothing that hangs off it.
    fn abandon(self, shape: Shape) {
        let entry = ManuallyDrop::new(self);
        // SAFETY: allocated with the layout of its shape (every change keeps class and contents in step).
        unsafe { dealloc(entry.raw.as_ptr(), shape.layout()) };
    }
}

/// What an entry owns outside its allocation.
#[expect(dead_code, reason = "held only to be dropped")]
enum Owned<V> {
    Raw(Vec<u8>),
    Obj(Box<V>),
}

impl<V: Body> Drop for EntryOf<V> {
    fn drop(&mut self) {
        let shape = self.shape();
        let owned = self.take_owned(shape);
        // SAFETY: allocated with the layout of its shape; what it owned was taken out and is dropped below.
        unsafe { dealloc(self.raw.as_ptr(), shape.layout()) };
        drop(owned);
    }
}

impl<V: Body + std::fmt::Debug> std::fmt::Debug for EntryOf<V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry")
            .field("key", &String::from_utf8_lossy(self.key()))
            .field("value", &self.value())
            .field("expire", &self.expire())
            .finish()
    }
}

#[cfg(test)]
mod tests;
