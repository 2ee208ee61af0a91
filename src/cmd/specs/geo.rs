//! What the commands about geo are: name, arity, flags, categories, keys. Data only; handlers join them in rows.

use super::super::docs;
use crate::state::spec::CommandSpec;
use crate::state::spec::row::*;

pub const GEOADD: CommandSpec = CommandSpec {
    name: "geoadd",
    arity: -5,
    flags: WRITE.or(DENYOOM),
    acl: GEO,
    keys: &[KeySpec::at(1, RW.or(UPDATE))],
    doc: &docs::geo::GEOADD,
    ..CommandSpec::EMPTY
};

pub const GEODIST: CommandSpec = CommandSpec {
    name: "geodist",
    arity: -4,
    flags: READONLY,
    acl: GEO,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::geo::GEODIST,
    ..CommandSpec::EMPTY
};

pub const GEOHASH: CommandSpec = CommandSpec {
    name: "geohash",
    arity: -2,
    flags: READONLY,
    acl: GEO,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::geo::GEOHASH,
    ..CommandSpec::EMPTY
};

pub const GEOPOS: CommandSpec = CommandSpec {
    name: "geopos",
    arity: -2,
    flags: READONLY,
    acl: GEO,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::geo::GEOPOS,
    ..CommandSpec::EMPTY
};

pub const GEORADIUS: CommandSpec = CommandSpec {
    name: "georadius",
    arity: -6,
    flags: WRITE.or(DENYOOM).or(MOVABLE_KEYS),
    acl: GEO,
    keys: &[
        KeySpec::at(1, RO.or(ACCESS)),
        KeySpec::after("STORE", 6, 0, 0, OW.or(UPDATE)),
        KeySpec::after("STOREDIST", 6, 0, 0, OW.or(UPDATE)),
    ],
    get_keys: GetKeys::GeoRadius,
    doc: &docs::geo::GEORADIUS,
    ..CommandSpec::EMPTY
};

pub const GEORADIUS_RO: CommandSpec = CommandSpec {
    name: "georadius_ro",
    arity: -6,
    flags: READONLY,
    acl: GEO,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::geo::GEORADIUS_RO,
    ..CommandSpec::EMPTY
};

pub const GEORADIUSBYMEMBER: CommandSpec = CommandSpec {
    name: "georadiusbymember",
    arity: -5,
    flags: WRITE.or(DENYOOM).or(MOVABLE_KEYS),
    acl: GEO,
    keys: &[
        KeySpec::at(1, RO.or(ACCESS)),
        KeySpec::after("STORE", 5, 0, 0, OW.or(UPDATE)),
        KeySpec::after("STOREDIST", 5, 0, 0, OW.or(UPDATE)),
    ],
    get_keys: GetKeys::GeoRadius,
    doc: &docs::geo::GEORADIUSBYMEMBER,
    ..CommandSpec::EMPTY
};

pub const GEORADIUSBYMEMBER_RO: CommandSpec = CommandSpec {
    name: "georadiusbymember_ro",
    arity: -5,
    flags: READONLY,
    acl: GEO,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::geo::GEORADIUSBYMEMBER_RO,
    ..CommandSpec::EMPTY
};

pub const GEOSEARCH: CommandSpec = CommandSpec {
    name: "geosearch",
    arity: -7,
    flags: READONLY,
    acl: GEO,
    keys: &[KeySpec::at(1, RO.or(ACCESS))],
    doc: &docs::geo::GEOSEARCH,
    ..CommandSpec::EMPTY
};

pub const GEOSEARCHSTORE: CommandSpec = CommandSpec {
    name: "geosearchstore",
    arity: -8,
    flags: WRITE.or(DENYOOM),
    acl: GEO,
    keys: &[KeySpec::at(1, OW.or(UPDATE)), KeySpec::at(2, RO.or(ACCESS))],
    doc: &docs::geo::GEOSEARCHSTORE,
    ..CommandSpec::EMPTY
};
