//! XGROUP, XACK, XPENDING.
//!
//! Source: Redis 7.2.4 `xgroupCommand`, `xackCommand`, `xpendingCommand`.

use crate::cmd::args::{int, is};
use crate::cmd::limits::{Kind, edit, of_entry, read};
use crate::core::ctx::{Ctx, Outcome};
use crate::keyspace::{Class, Look};
use crate::object::stream::{Group, Stream, StreamId, UNKNOWN_READS};
use crate::resp::errors::{self, CmdError};
use crate::resp::reply::Reply;
use crate::resp::request::Args;

use super::{add::insert, ids, reply_id, texts};

const HELP: &[&str] = &[
    "CREATE <key> <groupname> <id|$> [option]",
    "    Create a new consumer group. Options are:",
    "    * MKSTREAM",
    "      Create the empty stream if it does not exist.",
    "    * ENTRIESREAD entries_read",
    "      Set the group's entries_read counter (internal use).",
    "CREATECONSUMER <key> <groupname> <consumer>",
    "    Create a new consumer in the specified group.",
    "DELCONSUMER <key> <groupname> <consumer>",
    "    Remove the specified consumer.",
    "DESTROY <key> <groupname>",
    "    Remove the specified group.",
    "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
    "    Set the current group ID and entries_read counter.",
];

/// `XGROUP HELP`
pub fn help(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.help(b"xgroup", HELP);
    Ok(Outcome::Done)
}

fn syntax(args: Args<'_>) -> CmdError {
    errors::subcommand_syntax(b"xgroup", args.at(1))
}

/// Options of CREATE and SETID: MKSTREAM, and ENTRIESREAD.
fn options(args: Args<'_>, may_make: bool) -> Result<(bool, i64), CmdError> {
    let (mut make, mut reads, mut at) = (false, UNKNOWN_READS, 5);
    while at < args.len() {
        if may_make && is(args.at(at), "mkstream") {
            make = true;
            at += 1;
        } else if is(args.at(at), "entriesread")
            && let Some(value) = args.get(at + 1)
        {
            reads = int(value)?;
            if reads < 0 && reads != UNKNOWN_READS {
                return Err(texts::GROUP_READS);
            }
            at += 2;
        } else {
            return Err(syntax(args));
        }
    }
    Ok((make, reads))
}

/// The stream that a subcommand needs.
fn stream<'a>(cx: &'a mut Ctx<'_>, args: Args<'_>) -> Result<&'a mut Stream, CmdError> {
    edit(&mut cx.srv.keys, cx.db, args.at(2), cx.now)?.ok_or(texts::GROUP_NEEDS_KEY)
}

/// The group that a subcommand needs.
fn group<'a>(cx: &'a mut Ctx<'_>, args: Args<'_>) -> Result<&'a mut Group, CmdError> {
    let missing = || texts::no_group(args.at(2), args.at(3));
    stream(cx, args)?.groups.get_mut(args.at(3)).ok_or_else(missing)
}

/// Counts a change of a group and announces it. Watchers of the key are left alone.
fn changed(cx: &mut Ctx<'_>, args: Args<'_>, event: &'static str) {
    cx.srv.persist.dirty += 1;
    cx.notify(args.at(2), Class::STREAM, event);
}

/// `XGROUP CREATE key group id|$ [MKSTREAM] [ENTRIESREAD number]`
pub fn create(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (make, reads) = options(args, true)?;
    let (key, name) = (args.at(2), args.at(3));
    let stream = edit::<Stream>(&mut cx.srv.keys, cx.db, key, cx.now)?;
    if stream.is_none() && !make {
        return Err(texts::GROUP_NEEDS_KEY);
    }
    if args.len() > 8 {
        return Err(syntax(args));
    }
    let id = match args.at(4) {
        b"$" => stream.as_ref().map_or(StreamId::MIN, |stream| stream.last_id()),
        id => ids::strict(id)?,
    };
    match stream {
        Some(stream) if stream.groups.contains_key(name) => return Err(texts::BUSYGROUP),
        Some(stream) => {
            stream.groups.insert(name.into(), Group::new(id, reads));
        }
        None => {
            let mut stream = Stream::new();
            stream.groups.insert(name.into(), Group::new(id, reads));
            insert(cx, key, stream);
            cx.srv.touch_key(cx.db, key);
        }
    }
    changed(cx, args, "xgroup-create");
    cx.out.ok();
    Ok(Outcome::Done)
}

/// `XGROUP SETID key group id|$ [ENTRIESREAD number]`
pub fn set_id(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let (_, reads) = options(args, false)?;
    let last = stream(cx, args)?.last_id();
    let group = group(cx, args)?;
    if args.len() > 7 {
        return Err(syntax(args));
    }
    group.last_id = match args.at(4) {
        b"$" => last,
        id => ids::loose(id, 0)?,
    };
    group.entries_read = reads;
    changed(cx, args, "xgroup-setid");
    cx.out.ok();
    Ok(Outcome::Done)
}

/// `XGROUP DESTROY key group`
pub fn destroy(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let gone = stream(cx, args)?.groups.remove(args.at(3)).is_some();
    if gone {
        changed(cx, args, "xgroup-destroy");
        // Whoever waits in the name of the group hears that there is none.
        cx.srv.keys.awaited.signal(cx.db, args.at(2));
    }
    cx.out.int(i64::from(gone));
    Ok(Outcome::Done)
}

/// `XGROUP CREATECONSUMER key group consumer`
pub fn create_consumer(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let now = cx.now;
    let created = group(cx, args)?.create(args.at(4), now).is_some();
    if created {
        changed(cx, args, "xgroup-createconsumer");
    }
    cx.out.int(i64::from(created));
    Ok(Outcome::Done)
}

/// `XGROUP DELCONSUMER key group consumer`
pub fn del_consumer(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let pending = group(cx, args)?.remove(args.at(4));
    if pending.is_some() {
        changed(cx, args, "xgroup-delconsumer");
    }
    cx.out.count(pending.unwrap_or(0));
    Ok(Outcome::Done)
}

/// `XACK key group id [id …]`
pub fn xack(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let mut acknowledged = 0;
    if let Some(entry) = cx.srv.keys.read_entry(cx.db, args.at(1), Look::NONE, cx.now) {
        of_entry::<Stream>(entry)?;
        let stream = entry.value_mut().and_then(Stream::of_mut);
        if let Some(group) = stream.and_then(|stream| stream.groups.get_mut(args.at(2))) {
            // All ids are read before any is acknowledged.
            let ids: Vec<StreamId> = args.tail(3).iter().map(ids::strict).collect::<Result<_, _>>()?;
            acknowledged = ids.into_iter().filter(|id| group.acknowledge(*id)).count();
        }
    }
    cx.srv.persist.dirty += acknowledged as u64;
    cx.out.count(acknowledged);
    Ok(Outcome::Done)
}

/// The long form of XPENDING.
struct Wanted<'a> {
    min_idle: i64,
    start: StreamId,
    end: StreamId,
    count: i64,
    consumer: Option<&'a [u8]>,
}

impl<'a> Wanted<'a> {
    fn parse(args: Args<'a>) -> Result<Self, CmdError> {
        let (mut min_idle, mut at) = (0, 3);
        if is(args.at(3), "idle") {
            min_idle = int(args.at(4))?;
            if args.len() < 8 {
                return Err(errors::SYNTAX);
            }
            at = 5;
        }
        let count = int(args.at(at + 2))?;
        let (start, end) = (ids::start(args.at(at))?, ids::end(args.at(at + 1))?);
        Ok(Wanted { min_idle, start, end, count, consumer: args.get(at + 3) })
    }
}

/// `XPENDING key group [[IDLE ms] start end count [consumer]]`
pub fn xpending(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let wanted = match args.len() {
        3 => None,
        6..=9 => Some(Wanted::parse(args)?),
        _ => return Err(errors::SYNTAX),
    };
    let now = cx.now;
    let stream = read::<Stream>(&mut cx.srv.keys, cx.db, args.at(1), now)?;
    let Some(group) = stream.and_then(|stream| stream.groups.get(args.at(2))) else {
        return Err(texts::no_key_or_group(args.at(1), args.at(2)));
    };
    match wanted {
        None => summary(cx.out, group),
        Some(wanted) => entries(cx.out, group, &wanted, now),
    }
    Ok(Outcome::Done)
}

fn summary(out: &mut Reply, group: &Group) {
    out.array(4);
    out.count(group.pending_len());
    let Some((first, last)) = group.pending_ends() else {
        out.null();
        out.null();
        out.null_array();
        return;
    };
    reply_id(out, first);
    reply_id(out, last);
    let owners = group.consumers().filter(|(_, consumer)| consumer.pending_len() > 0);
    let mark = out.defer();
    let mut count = 0;
    for (_, consumer) in owners {
        out.array(2);
        out.bulk(consumer.name());
        out.bulk_int(consumer.pending_len() as i64);
        count += 1;
    }
    out.close_array(mark, count);
}

fn entries(out: &mut Reply, group: &Group, wanted: &Wanted<'_>, now: i64) {
    let own = wanted.consumer.map(|name| group.find(name));
    let mark = out.defer();
    let mut shown = 0;
    let mut show = |id: StreamId| {
        let Some(record) = group.pending(id) else { return true };
        let idle = now.wrapping_sub(record.delivered_ms);
        if wanted.min_idle != 0 && idle < wanted.min_idle {
            return true;
        }
        out.array(4);
        reply_id(out, id);
        out.bulk(group.consumer(record.consumer).name());
        out.int(idle.max(0));
        out.int(record.deliveries.cast_signed());
        shown += 1;
        shown < wanted.count
    };
    let within = |id: &StreamId| *id <= wanted.end;
    if wanted.count > 0 {
        match own {
            None => {
                let mut ids = group.pending_from(wanted.start).map(|(id, _)| id).take_while(within);
                while ids.next().is_some_and(&mut show) {}
            }
            Some(Some(own)) => {
                let mut ids = group.consumer(own).pending_from(wanted.start).take_while(within);
                while ids.next().is_some_and(&mut show) {}
            }
            Some(None) => {}
        }
    }
    out.close_array(mark, shown as usize);
}
