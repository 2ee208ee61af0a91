//! Single places: GEOADD GEODIST GEOHASH GEOPOS.
//!
//! GEOADD is a ZADD of scores that it computes; it is run as one, and travels as one.

use crate::base::ldouble::LongDouble;
use crate::base::num::{IntBuf, fmt_u64};
use crate::cmd::args::is;
use crate::cmd::zset::zadd;
use crate::core::ctx::{Ctx, Outcome};
use crate::object::Zset;
use crate::object::geohash::{Place, push_distance};
use crate::resp::errors::{self, CmdError};
use crate::resp::reply::Reply;
use crate::resp::request::{Args, OwnedArgs};

use super::{place, read, unit};

/// `GEOADD key [NX|XX] [CH] longitude latitude member [longitude latitude member ...]`
pub fn geoadd(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let options = args.iter().skip(2);
    let options = options.take_while(|word| is(word, "nx") || is(word, "xx") || is(word, "ch"));
    let (mut nx, mut xx) = (false, false);
    options.clone().for_each(|word| {
        nx |= is(word, "nx");
        xx |= is(word, "xx");
    });
    let first = 2 + options.count();
    let rest = args.len() - first;
    if !rest.is_multiple_of(3) || (nx && xx) {
        return Err(errors::SYNTAX);
    }
    let mut scores: Vec<IntBuf> = std::iter::repeat_with(IntBuf::new).take(rest / 3).collect();
    let mut words: Vec<&[u8]> = Vec::with_capacity(first + rest / 3 * 2);
    words.push(b"zadd");
    words.extend(args.iter().take(first).skip(1));
    for (at, digits) in (first..).step_by(3).zip(&mut scores) {
        words.push(fmt_u64(place(args.at(at), args.at(at + 1))?.score(), digits));
        words.push(args.at(at + 2));
    }
    let dirty = cx.srv.persist.dirty;
    let done = zadd(cx, OwnedArgs::from_slices(&words).as_args())?;
    if cx.srv.persist.dirty != dirty {
        cx.record_as(&words);
    }
    Ok(done)
}

/// The place of a member.
fn place_of(set: Option<&Zset>, member: &[u8]) -> Option<Place> {
    set?.score(member).map(Place::of_score)
}

/// `GEODIST key member1 member2 [M|KM|FT|MI]`
pub fn geodist(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let unit = match args.len() {
        4 => 1.0,
        5 => unit(args.at(4))?,
        _ => return Err(errors::SYNTAX),
    };
    let set = read::<Zset>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    match (place_of(set, args.at(2)), place_of(set, args.at(3))) {
        (Some(one), Some(other)) => write_distance(cx.out, one.distance(other) / unit),
        _ => cx.out.null(),
    }
    Ok(Outcome::Done)
}

/// `GEOHASH key [member [member ...]]`
pub fn geohash(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let set = read::<Zset>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    cx.out.array(args.len() - 2);
    for member in args.iter().skip(2) {
        let hash = place_of(set, member).map(Place::geohash);
        cx.out.bulk_or_null(hash.as_ref().map(|hash| hash.as_slice()));
    }
    Ok(Outcome::Done)
}

/// `GEOPOS key [member [member ...]]`
pub fn geopos(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let set = read::<Zset>(&mut cx.srv.keys, cx.db, args.at(1), cx.now)?;
    cx.out.array(args.len() - 2);
    for member in args.iter().skip(2) {
        match place_of(set, member) {
            Some(place) => write_place(cx.out, place),
            None => cx.out.null_array(),
        }
    }
    Ok(Outcome::Done)
}

/// Longitude and latitude.
pub(super) fn write_place(out: &mut Reply, place: Place) {
    out.array(2);
    out.double_text(&LongDouble::from_f64(place.longitude).to_human());
    out.double_text(&LongDouble::from_f64(place.latitude).to_human());
}

pub(super) fn write_distance(out: &mut Reply, distance: f64) {
    let text = out.defer();
    push_distance(&mut out.buf, distance);
    out.close_bulk(text);
}
