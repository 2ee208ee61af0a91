//! XCLAIM and XAUTOCLAIM: pending entries change hands.
//!
//! Both delete the records of entries that are gone from the stream on the way, and tell replicas so by the
//! XCLAIM of such an entry, which does the same there.
//!
//! Source: Redis 7.2.4 `xclaimCommand`, `xautoclaimCommand`.

use crate::base::clock::Millis;
use crate::cmd::args::{int, is};
use crate::cmd::limits::{Kind, of_entry, read};
use crate::core::ctx::{Ctx, Outcome};
use crate::core::propagate;
use crate::keyspace::{Class, Look};
use crate::object::stream::{ConsumerId, Group, IdBuf, Pending, Stream, StreamId};
use crate::resp::errors::{self, CmdError};
use crate::resp::reply::Reply;
use crate::resp::request::Args;

use super::{Record, ids, reply_id, reply_item, texts};

/// Records looked at for each entry that XAUTOCLAIM may claim.
const ATTEMPTS: i64 = 10;
/// The largest COUNT of XAUTOCLAIM.
const MAX_COUNT: i64 = i64::MAX / 16;
/// From here on Redis' list of deleted ids, 16 bytes each, is larger than any address space.
const COUNT_MEMORY: i64 = (1 << 47) / 16;

/// What XCLAIM does with each entry.
struct Claim {
    min_idle: i64,
    /// When the entry counts as delivered, Unix ms.
    delivered_ms: Millis,
    /// The counter to set; -1 counts on.
    retries: i64,
    force: bool,
    justid: bool,
    last_id: StreamId,
}

impl Claim {
    /// The options behind the ids.
    fn parse(args: Args<'_>, from: usize, min_idle: i64, now: Millis) -> Result<Claim, CmdError> {
        let mut claim = Claim {
            min_idle,
            delivered_ms: -1,
            retries: -1,
            force: false,
            justid: false,
            last_id: StreamId::MIN,
        };
        let mut at = from;
        while at < args.len() {
            let word = args.at(at);
            let value = args.get(at + 1);
            at += 1;
            if is(word, "force") {
                claim.force = true;
                continue;
            }
            if is(word, "justid") {
                claim.justid = true;
                continue;
            }
            let Some(value) = value else { return Err(texts::claim_option(word)) };
            if is(word, "idle") {
                claim.delivered_ms = now.wrapping_sub(int(value).map_err(|_| texts::CLAIM_IDLE)?);
            } else if is(word, "time") {
                claim.delivered_ms = int(value).map_err(|_| texts::CLAIM_TIME)?;
            } else if is(word, "retrycount") {
                claim.retries = int(value).map_err(|_| texts::CLAIM_RETRYCOUNT)?;
            } else if is(word, "lastid") {
                claim.last_id = ids::strict(value)?;
            } else {
                return Err(texts::claim_option(word));
            }
            at += 1;
        }
        // A moment that cannot be is taken for now: clients reckon with clocks of their own.
        if claim.delivered_ms < 0 || claim.delivered_ms > now {
            claim.delivered_ms = now;
        }
        Ok(claim)
    }
}

/// What a claiming command has at hand while it works on a group.
struct Desk<'a> {
    out: &'a mut Reply,
    record: Record<'a>,
    own: ConsumerId,
    name: &'a [u8],
    now: Millis,
    justid: bool,
    changes: u64,
}

impl Desk<'_> {
    /// The entry is gone: so is its record, and replicas hear of it.
    fn forget(&mut self, group: &mut Group, (id, text): (StreamId, &[u8]), pending: &Pending) {
        self.record.claim(text, pending, group.consumer(pending.consumer).name(), group.last_id);
        group.acknowledge(id);
        self.changes += 1;
    }

    /// The entry is ours from now on.
    fn take(&mut self, stream: &Stream, group: &mut Group, (id, text): (StreamId, &[u8]), pending: Pending) {
        group.assign(id, pending);
        match stream.get(id) {
            Some(item) if !self.justid => reply_item(self.out, &item),
            _ => reply_id(self.out, id),
        }
        group.active(self.own, self.now);
        self.record.claim(text, &pending, self.name, group.last_id);
        self.changes += 1;
    }
}

/// Whether key and group are there.
fn check(cx: &mut Ctx<'_>, key: &[u8], group: &[u8]) -> Result<(), CmdError> {
    match read::<Stream>(&mut cx.srv.keys, cx.db, key, cx.now)? {
        Some(stream) if stream.groups.contains_key(group) => Ok(()),
        _ => Err(texts::no_key_or_group(key, group)),
    }
}

/// Works on a group in the name of a consumer, which is made if need be. `work` returns whether the request is
/// done with; what it replies is for it to say.
fn in_group(
    cx: &mut Ctx<'_>,
    args: Args<'_>,
    justid: bool,
    work: impl FnOnce(&mut Desk<'_>, &Stream, &mut Group),
) -> Result<(), CmdError> {
    let (key, group, name, now, db) = (args.at(1), args.at(2), args.at(3), cx.now, cx.db);
    let wanted = propagate::wanted(cx.srv);
    let (mut created, mut changes) = (false, 0);
    {
        let (out, srv) = (&mut *cx.out, &mut *cx.srv);
        let quiet = Look::NO_STATS | Look::NO_NOTIFY | Look::NO_TOUCH;
        let entry = srv.keys.read_entry(db, key, quiet, now);
        let Some(entry) = entry else { return Err(texts::no_key_or_group(key, group)) };
        of_entry::<Stream>(entry)?;
        let record = Record { prop: &mut srv.prop, wanted, db, key, group };
        let done = entry.value_mut().and_then(Stream::of_mut).and_then(|stream| {
            stream.with_group(group, |stream, group| {
                let found = group.find(name);
                let own = found.or_else(|| group.create(name, now))?;
                created = found.is_none();
                group.seen(own, now);
                let mut desk = Desk { out, record, own, name, now, justid, changes: 0 };
                work(&mut desk, stream, group);
                changes = desk.changes;
                Some(())
            })
        });
        done.flatten().ok_or_else(|| texts::no_key_or_group(key, group))?;
    }
    cx.srv.persist.dirty += changes + u64::from(created);
    if created {
        cx.notify(key, Class::STREAM, "xgroup-createconsumer");
    }
    cx.record_nothing();
    Ok(())
}

/// `XCLAIM key group consumer min-idle-time id [id …] [IDLE ms] [TIME unix-ms] [RETRYCOUNT count] [FORCE]
/// [JUSTID] [LASTID id]`
pub fn xclaim(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    check(cx, args.at(1), args.at(2))?;
    let min_idle = int(args.at(4)).map_err(|_| texts::CLAIM_MIN_IDLE)?.max(0);
    let ids: Vec<StreamId> = args.tail(5).iter().map_while(|id| ids::strict(id).ok()).collect();
    let claim = Claim::parse(args, 5 + ids.len(), min_idle, cx.now)?;
    in_group(cx, args, claim.justid, |desk, stream, group| {
        let mut moved = claim.last_id > group.last_id;
        group.last_id = group.last_id.max(claim.last_id);
        let mark = desk.out.defer();
        let mut shown = 0;
        for id in ids.into_iter().zip(args.tail(5).iter()) {
            let before = desk.changes;
            shown += usize::from(claim_one(desk, stream, group, &claim, id));
            // Whatever travelled has carried the group's last id.
            moved &= before == desk.changes;
        }
        desk.out.close_array(mark, shown);
        if moved {
            desk.record.group_id(group);
            desk.changes += 1;
        }
    })?;
    Ok(Outcome::Done)
}

/// Claims one entry, given as id and as its text; whether it was replied.
fn claim_one(
    desk: &mut Desk<'_>,
    stream: &Stream,
    group: &mut Group,
    claim: &Claim,
    (id, text): (StreamId, &[u8]),
) -> bool {
    let old = group.pending(id);
    if stream.get(id).is_none() {
        if let Some(old) = old {
            desk.forget(group, (id, text), &old);
        }
        return false;
    }
    let deliveries = match old {
        Some(old) => {
            if claim.min_idle > 0 && desk.now.wrapping_sub(old.delivered_ms) < claim.min_idle {
                return false;
            }
            old.deliveries
        }
        None if claim.force => 1,
        None => return false,
    };
    let deliveries = match u64::try_from(claim.retries) {
        Ok(retries) => retries,
        Err(_) => deliveries.wrapping_add(u64::from(!claim.justid)),
    };
    let pending = Pending { delivered_ms: claim.delivered_ms, deliveries, consumer: desk.own };
    desk.take(stream, group, (id, text), pending);
    true
}

/// `XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID]`
pub fn xautoclaim(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    // The key is looked up first, and judged after the arguments.
    cx.srv.keys.read(cx.db, args.at(1), cx.now);
    let min_idle = int(args.at(4)).map_err(|_| texts::AUTOCLAIM_MIN_IDLE)?.max(0);
    let start = ids::start(args.at(5))?;
    let (mut count, mut justid, mut at) = (100, false, 6);
    while at < args.len() {
        if is(args.at(at), "count")
            && let Some(value) = args.get(at + 1)
        {
            count = int(value).ok().filter(|n| (1..=MAX_COUNT).contains(n)).ok_or(texts::AUTOCLAIM_COUNT)?;
            at += 2;
        } else if is(args.at(at), "justid") {
            justid = true;
            at += 1;
        } else {
            return Err(errors::SYNTAX);
        }
    }
    judge(cx, args)?;
    if count >= COUNT_MEMORY {
        return Err(texts::AUTOCLAIM_MEMORY);
    }
    in_group(cx, args, justid, |desk, stream, group| {
        autoclaim(desk, stream, group, (start, count), min_idle)
    })?;
    Ok(Outcome::Done)
}

/// As [`check`], for a key that has been counted already.
fn judge(cx: &Ctx<'_>, args: Args<'_>) -> Result<(), CmdError> {
    let entry = cx.srv.keys.glance(cx.db, args.at(1), cx.now);
    match entry.map(of_entry::<Stream>).transpose()? {
        Some(stream) if stream.groups.contains_key(args.at(2)) => Ok(()),
        _ => Err(texts::no_key_or_group(args.at(1), args.at(2))),
    }
}

/// Claims from `start` on, `count` at most; replies where to go on, what was claimed and what was gone.
fn autoclaim(
    desk: &mut Desk<'_>,
    stream: &Stream,
    group: &mut Group,
    (start, count): (StreamId, i64),
    min_idle: i64,
) {
    let (mut attempts, mut left) = (count.saturating_mul(ATTEMPTS), count);
    let (mut next, mut gone) = (Some(start), Vec::new());
    desk.out.array(3);
    let cursor = desk.out.buf.len();
    let mark = desk.out.defer();
    let mut shown = 0;
    while attempts > 0 && left > 0 {
        attempts -= 1;
        let Some((id, old)) = next.and_then(|from| group.pending_from(from).next()) else { break };
        next = id.next();
        let mut text = IdBuf::default();
        let named = (id, id.text(&mut text));
        if stream.get(id).is_none() {
            desk.forget(group, named, &old);
            gone.push(id);
            left -= 1;
            continue;
        }
        if min_idle > 0 && desk.now.wrapping_sub(old.delivered_ms) < min_idle {
            continue;
        }
        let deliveries = old.deliveries.wrapping_add(u64::from(!desk.justid));
        desk.take(stream, group, named, Pending { delivered_ms: desk.now, deliveries, consumer: desk.own });
        shown += 1;
        left -= 1;
    }
    desk.out.close_array(mark, shown);
    let end = next.and_then(|from| group.pending_from(from).next()).map_or(StreamId::MIN, |(id, _)| id);
    let mut head = Reply::new(desk.out.resp3);
    reply_id(&mut head, end);
    desk.out.buf.splice(cursor..cursor, head.buf);
    desk.out.array(gone.len());
    gone.into_iter().for_each(|id| reply_id(desk.out, id));
}
