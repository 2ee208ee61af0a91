//! Places in sorted sets: each member's score is a place, as [`crate::object::geohash`] packs it.
//!
//! | file | commands |
//! |---|---|
//! | `place.rs` | GEOADD GEODIST GEOHASH GEOPOS |
//! | `query.rs` | what a search is asked for: the arguments of all its forms |
//! | `search.rs` | GEOSEARCH GEOSEARCHSTORE GEORADIUS GEORADIUSBYMEMBER and their _RO forms |
//!
//! The sets are ordinary ones, so ZADD can store scores that are no places; they are taken for some place, as
//! in Redis. Coordinates are printed with up to 17 decimals, distances with four. Source: Redis 7.2.4 `geo.c`.

mod place;
mod query;
mod search;
#[cfg(test)]
mod tests;

use crate::core::table::Row;
use crate::object::geohash::Place;
use crate::resp::errors::CmdError;

use super::args::{float, is};
use super::limits::read;
use super::specs::geo as specs;

/// The family's rows.
pub const ROWS: &[Row] = &[
    Row::new(specs::GEOADD, place::geoadd),
    Row::new(specs::GEODIST, place::geodist),
    Row::new(specs::GEOHASH, place::geohash),
    Row::new(specs::GEOPOS, place::geopos),
    Row::new(specs::GEOSEARCH, search::geosearch),
    Row::new(specs::GEOSEARCHSTORE, search::geosearchstore),
    Row::new(specs::GEORADIUS, search::georadius),
    Row::new(specs::GEORADIUS_RO, search::georadius_ro),
    Row::new(specs::GEORADIUSBYMEMBER, search::georadiusbymember),
    Row::new(specs::GEORADIUSBYMEMBER_RO, search::georadiusbymember_ro),
];

const UNIT: CmdError = CmdError::fixed("ERR unsupported unit provided. please use M, KM, FT, MI");

/// Longitude and latitude from two arguments.
fn place(longitude: &[u8], latitude: &[u8]) -> Result<Place, CmdError> {
    let place = Place { longitude: float(longitude)?, latitude: float(latitude)? };
    if place.is_valid() {
        return Ok(place);
    }
    let Place { longitude, latitude } = place;
    Err(CmdError::made(format!("ERR invalid longitude,latitude pair {longitude:.6},{latitude:.6}")))
}

/// A unit of length, in metres.
fn unit(word: &[u8]) -> Result<f64, CmdError> {
    match word {
        _ if is(word, "m") => Ok(1.0),
        _ if is(word, "km") => Ok(1000.0),
        _ if is(word, "ft") => Ok(0.3048),
        _ if is(word, "mi") => Ok(1609.34),
        _ => Err(UNIT),
    }
}
