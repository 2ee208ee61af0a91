//! DEBUG's view of the data set: digests, reload, population, low-level facts about keys and tables.
//!
//! These look keys up raw where Redis does: dead keys are seen, nothing is counted, no age changes.
//!
//! The addresses of DEBUG OBJECT and the sizes of DEBUG SDSLEN are those of this server's own structures.
//! HTSTATS names a table's capacity as its size: buckets here hold several keys, and a chain is what lies behind
//! a bucket that was full. LISTPACK and QUICKLIST print to the log, not to standard output.

use crate::base::bytes::{Printable, eq_ignore_case};
use crate::base::num::{IntBuf, parse_i64, push_u64};
use crate::cmd::keys::object::{is_small_number, shown_refcount};
use crate::core::ctx::{Ctx, Outcome};
use crate::core::empty;
use crate::ds::listpack::Listpack;
use crate::ds::quicklist::{Quicklist, Stored};
use crate::ds::table::Stats;
use crate::format::rdb_error::Source;
use crate::format::rdb_write::dump_payload;
use crate::keyspace::Look;
use crate::log_notice;
use crate::object::digest::{self, Sum};
use crate::object::{Entry, List, NewValue, Set, Value, ValueRef};
use crate::persist::aof_files::Stop;
use crate::persist::aof_load::Begun;
use crate::persist::load::LoadError;
use crate::persist::{aof_files, aof_load, aof_log, bgsave, load};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::loading::Purpose;

/// Bytes of a DUMP payload that are no part of the value: its type, the version, the checksum.
const PAYLOAD_FRAME: usize = 1 + 2 + 8;
/// Slots of a table's bucket.
const BUCKET_SLOTS: usize = 7;
/// C's `char buf[128]`, in which Redis prints names and values.
const NAME_MAX: usize = 127;

/// `DEBUG DIGEST`
pub fn digest(cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    let dbs = cx.srv.keys.dbs.iter().enumerate().map(|(number, db)| (number, db.iter()));
    let sum = digest::of_databases(dbs);
    cx.out.simple(sum.hex());
    Ok(Outcome::Done)
}

/// `DEBUG DIGEST-VALUE [key ...]`: zeros for a key that is not there.
pub fn digest_value(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.array(args.len() - 2);
    for key in args.iter().skip(2) {
        let sum = cx.srv.keys.dbs[cx.db].get(key).map_or(Sum::default(), digest::of_value);
        cx.out.simple(sum.hex());
    }
    Ok(Outcome::Done)
}

/// `DEBUG RELOAD [MERGE] [NOFLUSH] [NOSAVE]`. MERGE has nothing to do: a key of the file always replaces one
/// that is there.
pub fn reload(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (mut save, mut flush) = (true, true);
    for option in args.iter().skip(2) {
        if eq_ignore_case(option, b"noflush") {
            flush = false;
        } else if eq_ignore_case(option, b"nosave") {
            save = false;
        } else if !eq_ignore_case(option, b"merge") {
            return Err(errors::DEBUG_RELOAD_OPTIONS);
        }
    }
    if save {
        bgsave::save_now(cx.srv, cx.host)?;
    }
    if flush {
        empty::empty(cx.srv, cx.host, None, false);
    }
    let path = bgsave::path(cx.srv);
    match load::whole(cx.srv, cx.host, &path) {
        Ok(true) => {}
        Ok(false) => return Err(errors::DEBUG_RELOAD_FAILED),
        Err(e) => {
            load::log_error(&e, Source::File);
            return Err(errors::DEBUG_RELOAD_FAILED);
        }
    }
    log_notice!("DB reloaded by DEBUG RELOAD");
    cx.out.ok();
    Ok(Outcome::Done)
}

/// `DEBUG LOADAOF`: the data of the append-only file take the place of those in memory.
pub fn load_aof(cx: &mut Ctx<'_>, _args: Args<'_>) -> Result<Outcome, CmdError> {
    aof_log::flush(cx.srv, cx.host, true);
    empty::empty(cx.srv, cx.host, None, false);
    aof_files::load_manifest(cx.srv, &*cx.host.disk()).map_err(|Stop| errors::DEBUG_LOADAOF_FAILED)?;
    aof_files::delete_history(cx.srv, cx.host);
    let loaded = match aof_load::begin(cx.srv, cx.host, Purpose::Debug) {
        Ok(Begun::Files) => load::to_the_end(cx.srv, cx.host).map(drop),
        Ok(Begun::Empty) => Ok(()),
        Ok(Begun::Nothing) | Err(_) => Err(LoadError::Aof),
    };
    if let Err(e) = loaded {
        load::log_error(&e, Source::File);
        return Err(errors::DEBUG_LOADAOF_FAILED);
    }
    cx.srv.persist.dirty = 0;
    log_notice!("Append Only File loaded by DEBUG LOADAOF");
    cx.out.ok();
    Ok(Outcome::Done)
}

/// `DEBUG POPULATE count [prefix] [size]`: not propagated, not counted as changes.
pub fn populate(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let positive = |text| parse_i64(text).and_then(|n| usize::try_from(n).ok()).ok_or(errors::NOT_POSITIVE);
    let count = positive(args.at(2))?;
    let prefix = args.get(3).unwrap_or(b"key");
    let prefix = prefix.split(|b| *b == 0).next().unwrap_or_default();
    let size = args.get(4).map_or(Ok(0), positive)?;
    let room = usize::try_from(cx.host.memory().total_system).unwrap_or(usize::MAX);
    if room != 0 && size.saturating_add(size_of::<usize>()).saturating_mul(count) > room {
        return Err(CmdError::fixed("ERR OOM in dictTryExpand"));
    }
    let (mut name, mut value) = (Vec::new(), Vec::new());
    for n in 0..count {
        name.clear();
        name.extend_from_slice(prefix);
        name.push(b':');
        push_u64(&mut name, n as u64);
        name.truncate(NAME_MAX);
        if cx.srv.keys.lookup(cx.db, &name, Look::WRITE, cx.now).is_some() {
            continue;
        }
        value.clear();
        value.extend_from_slice(b"value:");
        push_u64(&mut value, n as u64);
        if size != 0 {
            value.resize(size, 0);
        }
        cx.srv.keys.insert(cx.db, Entry::new(&name, NewValue::Str(&value), None));
        cx.srv.touch_key(cx.db, &name);
        cx.srv.keys.touched.modified(cx.db, &name);
    }
    cx.out.ok();
    Ok(Outcome::Done)
}

/// The entry, dead or alive.
fn raw<'a>(cx: &'a Ctx<'_>, key: &[u8]) -> Result<&'a Entry, CmdError> {
    cx.srv.keys.dbs[cx.db].get(key).ok_or(errors::NO_SUCH_KEY)
}

/// The entry as OBJECT looks it up.
fn look<'a>(cx: &'a mut Ctx<'_>, key: &[u8]) -> Result<&'a Entry, CmdError> {
    let found = cx.srv.keys.lookup(cx.db, key, Look::NO_TOUCH | Look::NO_NOTIFY, cx.now);
    found.ok_or(errors::NO_SUCH_KEY)
}

/// `DEBUG OBJECT key`
pub fn object(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let entry = raw(cx, args.at(2))?;
    let length = dump_payload(entry, cx.srv.config.rdbcompression).len() - PAYLOAD_FRAME;
    let extra = match entry.value() {
        ValueRef::Obj(Value::List(List::Quick(list))) => quicklist_figures(list),
        _ => String::new(),
    };
    let text = format!(
        "Value at:{:p} refcount:{} encoding:{} serializedlength:{} lru:{} lru_seconds_idle:{}{extra}",
        entry.key().as_ptr(),
        shown_refcount(cx.srv, is_small_number(entry)),
        entry.encoding(),
        length,
        entry.lru(),
        cx.srv.keys.aging.idle_ms(entry.lru()) / 1000
    );
    cx.out.simple(text);
    Ok(Outcome::Done)
}

/// `DEBUG SDSLEN key`: lengths, spare room and memory of a key and its string.
pub fn sdslen(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let entry = raw(cx, args.at(2))?;
    let Some(len) = entry.strlen().filter(|_| entry.encoding() != "int") else {
        return Err(errors::DEBUG_NOT_SDS);
    };
    // Key and value share one allocation, of which each is named its part.
    let (key, spare) = (entry.key().len(), entry.spare());
    cx.out.simple(format!(
        "key_sds_len:{key}, key_sds_avail:0, key_zmalloc: {key}, \
         val_sds_len:{len}, val_sds_avail:{spare}, val_zmalloc: {}",
        entry.mem_bytes() - key
    ));
    Ok(Outcome::Done)
}

/// `DEBUG LISTPACK key`: the elements go to the log.
pub fn listpack(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let pack = match look(cx, args.at(2))?.value() {
        ValueRef::Obj(Value::List(List::Packed(pack)) | Value::Set(Set::Packed(pack))) => Some(pack),
        ValueRef::Obj(Value::Hash(hash)) => hash.as_listpack(),
        ValueRef::Obj(Value::Zset(set)) => set.as_listpack(),
        _ => None,
    };
    let pack = pack.ok_or(CmdError::fixed("ERR Not a listpack encoded object."))?;
    log_elements(pack);
    cx.out.simple("Listpack structure printed on stdout");
    Ok(Outcome::Done)
}

fn log_elements(pack: &Listpack) {
    log_notice!("{{total bytes {}}} {{num entries {}}}", pack.byte_len(), pack.len());
    for (index, element) in pack.iter().enumerate() {
        log_notice!("{index}: [{}]", Printable(element.text(&mut IntBuf::new())));
    }
}

/// `DEBUG QUICKLIST key [level]`: the nodes go to the log, at level 1 with their elements.
pub fn quicklist(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let full = args.get(3).is_some_and(super::is_on);
    let ValueRef::Obj(Value::List(List::Quick(list))) = look(cx, args.at(2))?.value() else {
        return Err(CmdError::fixed("ERR Not a quicklist encoded object."));
    };
    log_notice!("{{count : {}}} {{nodes : {}}}", list.len(), list.node_count());
    for (index, node) in list.stored().enumerate() {
        let container = if matches!(node, Stored::Plain(_)) { "PLAIN" } else { "PACKED" };
        let encoding = if matches!(node, Stored::Lzf(..)) { "LZF" } else { "RAW" };
        log_notice!(
            "{{node({index}) {{container : {container}}} {{encoding : {encoding}}} {{size : {}}}}}",
            node_bytes(node)
        );
    }
    if full {
        let mut index = 0;
        list.walk(0, false, |element| {
            log_notice!("{index}: [{}]", Printable(element.text(&mut IntBuf::new())));
            index += 1;
            true
        });
    }
    cx.out.simple("Quicklist structure printed on stdout");
    Ok(Outcome::Done)
}

/// Uncompressed bytes of a node.
fn node_bytes(node: Stored<'_>) -> usize {
    match node {
        Stored::Plain(bytes) | Stored::Packed(bytes) => bytes.len(),
        Stored::Lzf(_, raw) => raw,
    }
}

/// What DEBUG OBJECT adds for a quicklist.
fn quicklist_figures(list: &Quicklist) -> String {
    let options = list.options();
    format!(
        " ql_nodes:{} ql_avg_node:{:.2} ql_listpack_max:{} ql_compressed:{} ql_uncompressed_size:{}",
        list.node_count(),
        list.len() as f64 / list.node_count() as f64,
        options.fill,
        u8::from(options.depth != 0),
        list.stored().map(node_bytes).sum::<usize>()
    )
}

/// `DEBUG HTSTATS db [full]`
pub fn htstats(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let number = parse_i64(args.at(2)).ok_or(errors::NOT_INT)?;
    let db = usize::try_from(number).ok().and_then(|n| cx.srv.keys.dbs.get(n)).ok_or(errors::DEBUG_DB)?;
    let full = args.get(3).is_some_and(|word| eq_ignore_case(word, b"full"));
    let stats = db.table().stats();
    let mut text = String::from("[Dictionary HT]\n");
    describe(&mut text, &stats, stats.elements, full);
    text.push_str("[Expires HT]\n");
    // The keys that expire are marked in the one table.
    describe(&mut text, &stats, stats.tagged, false);
    cx.out.verbatim("txt", text.as_bytes());
    Ok(Outcome::Done)
}

fn describe(text: &mut String, stats: &Stats, elements: usize, full: bool) {
    text.push_str("Hash table 0 stats (main hash table):\n");
    if elements == 0 {
        text.push_str("No stats available for empty dictionaries\n");
        return;
    }
    let slots = stats.buckets * BUCKET_SLOTS;
    text.push_str(&format!(" table size: {slots}\n number of elements: {elements}\n"));
    if !full {
        return;
    }
    let chained: usize = stats.chained.iter().sum();
    // A bucket is counted as a chain of as many lines as it has behind its own.
    let longest = stats.chained.iter().rposition(|buckets| *buckets > 0).map_or(0, |at| at + 1);
    let lines = stats.chained.iter().enumerate().map(|(at, buckets)| (at + 1) * buckets).sum::<usize>();
    text.push_str(&format!(
        " different slots: {}\n max chain length: {longest}\n avg chain length (counted): {:.02}\n \
         avg chain length (computed): {:.02}\n bytes: {}\n Chain length distribution:\n",
        stats.buckets,
        lines as f64 / stats.buckets as f64,
        elements as f64 / stats.buckets as f64,
        stats.bytes
    ));
    let counts = std::iter::once(stats.buckets - chained).chain(stats.chained.iter().copied());
    for (length, buckets) in counts.enumerate().filter(|(_, buckets)| *buckets > 0) {
        let percent = buckets as f64 * 100.0 / stats.buckets as f64;
        text.push_str(&format!("   {length}: {buckets} ({percent:.02}%)\n"));
    }
}

/// `DEBUG HTSTATS-KEY key [full]`
pub fn htstats_key(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let full = args.get(3).is_some_and(|word| eq_ignore_case(word, b"full"));
    let stats = match look(cx, args.at(2))?.value() {
        ValueRef::Obj(Value::Set(Set::Table(table))) => Some(table.stats()),
        ValueRef::Obj(Value::Hash(hash)) => hash.table_stats(),
        ValueRef::Obj(Value::Zset(set)) => set.table_stats(),
        _ => None,
    };
    let stats = stats.ok_or(CmdError::fixed(
        "ERR The value stored at the specified key is not represented using an hash table",
    ))?;
    let mut text = String::new();
    describe(&mut text, &stats, stats.elements, full);
    cx.out.verbatim("txt", text.as_bytes());
    Ok(Outcome::Done)
}
