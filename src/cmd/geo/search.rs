//! The searches.
//!
//! The cells that the area touches are ranges of scores; members in them that lie within the area are
//! gathered, with their distance, borrowed from the set. What comes in no order comes in that of the cells.
//! An order with COUNT is a partial sort, of which Redis' steps are kept, so that members at equal distances
//! come alike (see [`crate::base::partial_sort`]). Any other order is stable, as C's `qsort` is on Linux for
//! all but the largest arrays.

use std::cmp::Ordering;

use crate::base::num::IntBuf;
use crate::base::partial_sort::partial_sort;
use crate::cmd::limits::limits;
use crate::cmd::zset::{store, write_member};
use crate::core::ctx::{Ctx, Outcome};
use crate::ds::listpack::Entry as Member;
use crate::object::Zset;
use crate::object::geohash::{Place, Shape};
use crate::object::zset_range::{ScoreBound, ScoreRange};
use crate::resp::errors::CmdError;
use crate::resp::reply::Reply;
use crate::resp::request::Args;

use super::place::{write_distance, write_place};
use super::query::{Form, Order, Query};
use super::read;

/// A member that lies within the area.
struct Point<'a> {
    member: Member<'a>,
    score: f64,
    place: Place,
    /// Metres from the centre.
    distance: f64,
}

/// The members within an area, up to `limit`.
fn points<'a>(set: &'a Zset, shape: &Shape, limit: usize) -> Vec<Point<'a>> {
    let mut found = Vec::new();
    for cell in shape.cells() {
        let (first, end) = cell.scores();
        let range = ScoreRange {
            min: ScoreBound { score: first, open: false },
            max: ScoreBound { score: end, open: true },
        };
        for (member, score) in set.range(set.ranks_by_score(&range)) {
            let place = Place::of_score(score);
            if let Some(distance) = shape.reach(place) {
                found.push(Point { member, score, place, distance });
                if found.len() == limit {
                    return found;
                }
            }
        }
    }
    found
}

/// Brings the points into the order that was asked for and cuts them to the count.
fn arrange(points: &mut Vec<Point<'_>>, query: &Query<'_>) {
    let count = if query.count == 0 { points.len() } else { query.count.min(points.len()) };
    let nearest_first = |one: &Point<'_>, other: &Point<'_>| one.distance.total_cmp(&other.distance);
    let farthest_first = |one: &Point<'_>, other: &Point<'_>| nearest_first(other, one);
    let order: &dyn Fn(&Point<'_>, &Point<'_>) -> Ordering = match query.order {
        // The first few of many without an order would be any; COUNT means the nearest.
        Order::None if query.count == 0 || query.any => {
            points.truncate(count);
            return;
        }
        Order::None | Order::Ascending => &nearest_first,
        Order::Descending => &farthest_first,
    };
    if count == points.len() {
        points.sort_by(order);
    } else {
        partial_sort(points, 0..count, order);
        points.truncate(count);
    }
}

fn write_points(out: &mut Reply, points: &[Point<'_>], query: &Query<'_>, unit: f64) {
    let options = usize::from(query.with_dist) + usize::from(query.with_hash) + usize::from(query.with_coord);
    out.array(points.len());
    for point in points {
        if options > 0 {
            out.array(options + 1);
        }
        write_member(out, point.member);
        if query.with_dist {
            write_distance(out, point.distance / unit);
        }
        if query.with_hash {
            // What has no room in 64 bits becomes the smallest number, as on x86.
            let whole = point.score < 9.223_372_036_854_776e18;
            out.int(if whole { point.score as i64 } else { i64::MIN });
        }
        if query.with_coord {
            write_place(out, point.place);
        }
    }
}

/// The one procedure of all searches.
fn search(cx: &mut Ctx<'_>, args: Args<'_>, form: Form) -> Result<Outcome, CmdError> {
    let limits = limits(cx.srv);
    let set = read::<Zset>(&mut cx.srv.keys, cx.db, args.at(form.source()), cx.now)?;
    let query = Query::read(form, args, set)?;
    let mut found = Vec::new();
    let mut unit = 1.0;
    if let (Some(set), Some(shape)) = (set, query.shape()) {
        let limit = if query.any { query.count } else { usize::MAX };
        found = points(set, &shape, limit);
        unit = shape.unit;
    }
    arrange(&mut found, &query);
    let Some(to) = query.store else {
        write_points(cx.out, &found, &query, unit);
        return Ok(Outcome::Done);
    };
    let mut result = Zset::new(usize::MAX, 0, &limits);
    let mut digits = IntBuf::new();
    for point in &found {
        let score = if to.distances { point.distance / unit } else { point.score };
        result.load(point.member.text(&mut digits), score, &limits);
    }
    result.pack(&limits);
    let changes = result.len() as u64;
    let event = if form.is_search() { "geosearchstore" } else { "georadiusstore" };
    store(cx, to.key, result, event, changes);
    Ok(Outcome::Done)
}

/// `GEOSEARCH key FROMMEMBER member|FROMLONLAT longitude latitude BYRADIUS radius unit|BYBOX width height unit
/// [ASC|DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]`
pub fn geosearch(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    search(cx, args, Form::Search)
}

/// `GEOSEARCHSTORE destination source ... [STOREDIST]`, else as GEOSEARCH without WITH options.
pub fn geosearchstore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    search(cx, args, Form::SearchStore)
}

/// `GEORADIUS key longitude latitude radius unit [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]]
/// [ASC|DESC] [STORE key|STOREDIST key]`
pub fn georadius(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    search(cx, args, Form::Radius { store: true })
}

/// `GEORADIUS_RO`: GEORADIUS without STORE.
pub fn georadius_ro(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    search(cx, args, Form::Radius { store: false })
}

/// `GEORADIUSBYMEMBER key member radius unit ...`, else as GEORADIUS.
pub fn georadiusbymember(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    search(cx, args, Form::ByMember { store: true })
}

/// `GEORADIUSBYMEMBER_RO`: GEORADIUSBYMEMBER without STORE.
pub fn georadiusbymember_ro(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    search(cx, args, Form::ByMember { store: false })
}
