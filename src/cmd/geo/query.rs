//! What a search is asked for.
//!
//! Six commands share one list of options; [`Form`] says which of them apply and what comes before them. The
//! key is looked up before this, for a member's place is taken when its name is met, and errors come in that
//! order. Without the key a member has no place; the rest is read all the same, so that mistakes are found.

use crate::base::num::parse_f64;
use crate::cmd::args::{int, is};
use crate::object::Zset;
use crate::object::geohash::{Extent, Place, Shape};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;

use super::{place, unit};

const NO_MEMBER: CmdError = CmdError::fixed("ERR could not decode requested zset member");
const RADIUS: CmdError = CmdError::fixed("ERR need numeric radius");
const RADIUS_NEGATIVE: CmdError = CmdError::fixed("ERR radius cannot be negative");
const WIDTH: CmdError = CmdError::fixed("ERR need numeric width");
const HEIGHT: CmdError = CmdError::fixed("ERR need numeric height");
const BOX_NEGATIVE: CmdError = CmdError::fixed("ERR height or width cannot be negative");
const COUNT: CmdError = CmdError::fixed("ERR COUNT must be > 0");
const ANY: CmdError = CmdError::fixed("ERR the ANY argument requires COUNT argument");

/// The form of a search command.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// GEORADIUS: the centre is two coordinates; may store.
    Radius { store: bool },
    /// GEORADIUSBYMEMBER: the centre is a member; may store.
    ByMember { store: bool },
    /// GEOSEARCH.
    Search,
    /// GEOSEARCHSTORE: the destination comes first.
    SearchStore,
}

impl Form {
    /// Place of the key that is searched.
    pub fn source(self) -> usize {
        if self == Form::SearchStore { 2 } else { 1 }
    }

    pub fn is_search(self) -> bool {
        matches!(self, Form::Search | Form::SearchStore)
    }

    fn may_store(self) -> bool {
        matches!(self, Form::Radius { store: true } | Form::ByMember { store: true })
    }
}

/// The order of what is found.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    #[default]
    None,
    Ascending,
    Descending,
}

/// Where the result goes instead of into the reply.
#[derive(Clone, Copy)]
pub struct Store<'a> {
    pub key: &'a [u8],
    /// Scores are distances rather than places.
    pub distances: bool,
}

/// See the head of the file.
#[derive(Default)]
pub struct Query<'a> {
    center: Option<Place>,
    /// A member was named (its place is unknown when there is no key).
    from_member: bool,
    extent: Option<(Extent, f64)>,
    pub with_dist: bool,
    pub with_hash: bool,
    pub with_coord: bool,
    pub order: Order,
    /// At most so many; 0 is no limit.
    pub count: usize,
    /// The first that are found will do.
    pub any: bool,
    pub store: Option<Store<'a>>,
}

/// A radius and its unit.
fn circle(radius: &[u8], word: &[u8]) -> Result<(Extent, f64), CmdError> {
    let radius = parse_f64(radius).ok_or(RADIUS)?;
    if radius < 0.0 {
        return Err(RADIUS_NEGATIVE);
    }
    Ok((Extent::Radius(radius), unit(word)?))
}

/// A width, a height and their unit.
fn rectangle(width: &[u8], height: &[u8], word: &[u8]) -> Result<(Extent, f64), CmdError> {
    let width = parse_f64(width).ok_or(WIDTH)?;
    let height = parse_f64(height).ok_or(HEIGHT)?;
    if width < 0.0 || height < 0.0 {
        return Err(BOX_NEGATIVE);
    }
    Ok((Extent::Box { width, height }, unit(word)?))
}

/// The place of a member of the set, if there is a set.
fn member(set: Option<&Zset>, member: &[u8]) -> Result<Option<Place>, CmdError> {
    let Some(set) = set else { return Ok(None) };
    set.score(member).map(|score| Some(Place::of_score(score))).ok_or(NO_MEMBER)
}

impl<'a> Query<'a> {
    /// Reads the arguments of a command.
    ///
    /// # Errors
    /// Redis' own, in its order.
    pub fn read(form: Form, args: Args<'a>, set: Option<&Zset>) -> Result<Query<'a>, CmdError> {
        let mut query = Query::default();
        let first = match form {
            Form::Radius { .. } => {
                query.center = Some(place(args.at(2), args.at(3))?);
                query.extent = Some(circle(args.at(4), args.at(5))?);
                6
            }
            Form::ByMember { .. } => {
                // Without a key not even the radius is looked at.
                if set.is_some() {
                    query.center = member(set, args.at(2))?;
                    query.extent = Some(circle(args.at(3), args.at(4))?);
                }
                5
            }
            Form::Search => 2,
            Form::SearchStore => {
                query.store = Some(Store { key: args.at(1), distances: false });
                3
            }
        };
        let mut at = first;
        while at < args.len() {
            at += query.option(form, args, at, set)?;
        }
        query.check(form, args.at(0))?;
        Ok(query)
    }

    /// Reads one option; how many arguments it took.
    fn option(
        &mut self,
        form: Form,
        args: Args<'a>,
        at: usize,
        set: Option<&Zset>,
    ) -> Result<usize, CmdError> {
        let (word, left) = (args.at(at), args.len() - at - 1);
        match word {
            _ if is(word, "withdist") => self.with_dist = true,
            _ if is(word, "withhash") => self.with_hash = true,
            _ if is(word, "withcoord") => self.with_coord = true,
            _ if is(word, "any") => self.any = true,
            _ if is(word, "asc") => self.order = Order::Ascending,
            _ if is(word, "desc") => self.order = Order::Descending,
            _ if is(word, "count") && left >= 1 => {
                let count = int(args.at(at + 1))?;
                if count <= 0 {
                    return Err(COUNT);
                }
                self.count = usize::try_from(count).unwrap_or(usize::MAX);
                return Ok(2);
            }
            _ if form.may_store() && left >= 1 && (is(word, "store") || is(word, "storedist")) => {
                self.store = Some(Store { key: args.at(at + 1), distances: is(word, "storedist") });
                return Ok(2);
            }
            _ if form == Form::SearchStore && is(word, "storedist") => {
                self.store = Some(Store { key: args.at(1), distances: true });
            }
            _ if form.is_search() => return self.area(args, at, left, set),
            _ => return Err(errors::SYNTAX),
        }
        Ok(1)
    }

    /// Reads an option that says where GEOSEARCH searches; how many arguments it took.
    fn area(
        &mut self,
        args: Args<'a>,
        at: usize,
        left: usize,
        set: Option<&Zset>,
    ) -> Result<usize, CmdError> {
        let word = args.at(at);
        let from_place = self.center.is_some() && !self.from_member;
        let by_box = matches!(self.extent, Some((Extent::Box { .. }, _)));
        match word {
            _ if is(word, "frommember") && left >= 1 && !from_place => {
                self.center = member(set, args.at(at + 1))?;
                self.from_member = true;
                Ok(2)
            }
            _ if is(word, "fromlonlat") && left >= 2 && !self.from_member => {
                self.center = Some(place(args.at(at + 1), args.at(at + 2))?);
                Ok(3)
            }
            _ if is(word, "byradius") && left >= 2 && !by_box => {
                self.extent = Some(circle(args.at(at + 1), args.at(at + 2))?);
                Ok(3)
            }
            _ if is(word, "bybox") && left >= 3 && (by_box || self.extent.is_none()) => {
                self.extent = Some(rectangle(args.at(at + 1), args.at(at + 2), args.at(at + 3))?);
                Ok(4)
            }
            _ => Err(errors::SYNTAX),
        }
    }

    /// Looks for what is missing or does not go together. `name` is the command as it was called.
    fn check(&self, form: Form, name: &[u8]) -> Result<(), CmdError> {
        if self.store.is_some() && (self.with_dist || self.with_hash || self.with_coord) {
            let what: &[u8] =
                if form == Form::SearchStore { b"GEOSEARCHSTORE" } else { b"STORE option in GEORADIUS" };
            let why = b" is not compatible with WITHDIST, WITHHASH and WITHCOORD options";
            return Err(CmdError::err(&[what, why]));
        }
        if form.is_search() && self.center.is_none() && !self.from_member {
            let why = b"exactly one of FROMMEMBER or FROMLONLAT can be specified for ";
            return Err(CmdError::err(&[why, name]));
        }
        if form.is_search() && self.extent.is_none() {
            let why = b"exactly one of BYRADIUS and BYBOX can be specified for ";
            return Err(CmdError::err(&[why, name]));
        }
        if self.any && self.count == 0 {
            return Err(ANY);
        }
        Ok(())
    }

    /// The area; `None` when the centre is a member of no set.
    pub fn shape(&self) -> Option<Shape> {
        let (extent, unit) = self.extent?;
        Some(Shape { center: self.center?, extent, unit })
    }
}
