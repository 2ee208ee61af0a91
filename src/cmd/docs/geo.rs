//! Documentation of the commands about places: data only, what COMMAND DOCS shows.

use crate::state::spec::CommandDoc;
use crate::state::spec::arg::{block, double, int, key, one_of, string, token};

/// GEOADD
pub static GEOADD: CommandDoc = CommandDoc::new(
    "geo",
    "3.2.0",
    "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
    "Adds places with their coordinates to a geo set.",
)
.history(&[("6.2.0", "Added the `CH`, `NX` and `XX` options.")])
.args(&[
    key("key", 0),
    one_of("condition", &[token("nx", "NX"), token("xx", "XX")]).since("6.2.0").opt(),
    token("change", "CH").since("6.2.0").opt(),
    block("data", &[double("longitude"), double("latitude"), string("member")]).many(),
]);

/// GEODIST
pub static GEODIST: CommandDoc =
    CommandDoc::new("geo", "3.2.0", "O(1)", "Computes the distance between two places.").args(&[
        key("key", 0),
        string("member1"),
        string("member2"),
        one_of("unit", &[token("m", "M"), token("km", "KM"), token("ft", "FT"), token("mi", "MI")]).opt(),
    ]);

/// GEOHASH
pub static GEOHASH: CommandDoc =
    CommandDoc::new("geo", "3.2.0", "O(1) for each member requested.", "Shows places as geohash text.")
        .args(&[key("key", 0), string("member").opt().many()]);

/// GEOPOS
pub static GEOPOS: CommandDoc =
    CommandDoc::new("geo", "3.2.0", "O(1) for each member requested.", "Shows the coordinates of places.")
        .args(&[key("key", 0), string("member").opt().many()]);

/// GEORADIUS
pub static GEORADIUS: CommandDoc = CommandDoc::new(
    "geo",
    "3.2.0",
    "O(N+log(M)) where N is the number of elements inside the bounding box of the circular \
     area delimited by center and radius and M is the number of items inside the index.",
    "Finds the places around a point, and may store them.",
)
.deprecated("6.2.0", "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument")
.history(&[
    ("6.2.0", "Added the `ANY` option for `COUNT`."),
    ("7.0.0", "Added support for uppercase unit names."),
])
.args(&[
    key("key", 0),
    double("longitude"),
    double("latitude"),
    double("radius"),
    one_of("unit", &[token("m", "M"), token("km", "KM"), token("ft", "FT"), token("mi", "MI")]),
    token("withcoord", "WITHCOORD").opt(),
    token("withdist", "WITHDIST").opt(),
    token("withhash", "WITHHASH").opt(),
    block("count-block", &[int("count").word("COUNT"), token("any", "ANY").since("6.2.0").opt()]).opt(),
    one_of("order", &[token("asc", "ASC"), token("desc", "DESC")]).opt(),
    one_of(
        "store",
        &[key("storekey", 1).show("key").word("STORE"), key("storedistkey", 2).show("key").word("STOREDIST")],
    )
    .opt(),
]);

/// GEORADIUS_RO
pub static GEORADIUS_RO: CommandDoc = CommandDoc::new(
    "geo",
    "3.2.10",
    "O(N+log(M)) where N is the number of elements inside the bounding box of the circular \
     area delimited by center and radius and M is the number of items inside the index.",
    "Finds the places around a point.",
)
.deprecated("6.2.0", "`GEOSEARCH` with the `BYRADIUS` argument")
.history(&[("6.2.0", "Added the `ANY` option for `COUNT`.")])
.args(&[
    key("key", 0),
    double("longitude"),
    double("latitude"),
    double("radius"),
    one_of("unit", &[token("m", "M"), token("km", "KM"), token("ft", "FT"), token("mi", "MI")]),
    token("withcoord", "WITHCOORD").opt(),
    token("withdist", "WITHDIST").opt(),
    token("withhash", "WITHHASH").opt(),
    block("count-block", &[int("count").word("COUNT"), token("any", "ANY").since("6.2.0").opt()]).opt(),
    one_of("order", &[token("asc", "ASC"), token("desc", "DESC")]).opt(),
]);

/// GEORADIUSBYMEMBER
pub static GEORADIUSBYMEMBER: CommandDoc = CommandDoc::new(
    "geo",
    "3.2.0",
    "O(N+log(M)) where N is the number of elements inside the bounding box of the circular \
     area delimited by center and radius and M is the number of items inside the index.",
    "Finds the places around another place, and may store them.",
)
.deprecated("6.2.0", "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments")
.history(&[("7.0.0", "Added support for uppercase unit names.")])
.args(&[
    key("key", 0),
    string("member"),
    double("radius"),
    one_of("unit", &[token("m", "M"), token("km", "KM"), token("ft", "FT"), token("mi", "MI")]),
    token("withcoord", "WITHCOORD").opt(),
    token("withdist", "WITHDIST").opt(),
    token("withhash", "WITHHASH").opt(),
    block("count-block", &[int("count").word("COUNT"), token("any", "ANY").opt()]).opt(),
    one_of("order", &[token("asc", "ASC"), token("desc", "DESC")]).opt(),
    one_of(
        "store",
        &[key("storekey", 1).show("key").word("STORE"), key("storedistkey", 2).show("key").word("STOREDIST")],
    )
    .opt(),
]);

/// GEORADIUSBYMEMBER_RO
pub static GEORADIUSBYMEMBER_RO: CommandDoc = CommandDoc::new(
    "geo",
    "3.2.10",
    "O(N+log(M)) where N is the number of elements inside the bounding box of the circular \
     area delimited by center and radius and M is the number of items inside the index.",
    "Finds the places around another place.",
)
.deprecated("6.2.0", "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments")
.args(&[
    key("key", 0),
    string("member"),
    double("radius"),
    one_of("unit", &[token("m", "M"), token("km", "KM"), token("ft", "FT"), token("mi", "MI")]),
    token("withcoord", "WITHCOORD").opt(),
    token("withdist", "WITHDIST").opt(),
    token("withhash", "WITHHASH").opt(),
    block("count-block", &[int("count").word("COUNT"), token("any", "ANY").opt()]).opt(),
    one_of("order", &[token("asc", "ASC"), token("desc", "DESC")]).opt(),
]);

/// GEOSEARCH
pub static GEOSEARCH: CommandDoc = CommandDoc::new(
    "geo",
    "6.2.0",
    "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area \
     around the shape provided as the filter and M is the number of items inside the shape",
    "Finds the places inside a circle or a box.",
)
.history(&[("7.0.0", "Added support for uppercase unit names.")])
.args(&[
    key("key", 0),
    one_of(
        "from",
        &[
            string("member").word("FROMMEMBER"),
            block("fromlonlat", &[double("longitude"), double("latitude")]).word("FROMLONLAT"),
        ],
    ),
    one_of(
        "by",
        &[
            block(
                "circle",
                &[
                    double("radius").word("BYRADIUS"),
                    one_of(
                        "unit",
                        &[token("m", "M"), token("km", "KM"), token("ft", "FT"), token("mi", "MI")],
                    ),
                ],
            ),
            block(
                "box",
                &[
                    double("width").word("BYBOX"),
                    double("height"),
                    one_of(
                        "unit",
                        &[token("m", "M"), token("km", "KM"), token("ft", "FT"), token("mi", "MI")],
                    ),
                ],
            ),
        ],
    ),
    one_of("order", &[token("asc", "ASC"), token("desc", "DESC")]).opt(),
    block("count-block", &[int("count").word("COUNT"), token("any", "ANY").opt()]).opt(),
    token("withcoord", "WITHCOORD").opt(),
    token("withdist", "WITHDIST").opt(),
    token("withhash", "WITHHASH").opt(),
]);

/// GEOSEARCHSTORE
pub static GEOSEARCHSTORE: CommandDoc = CommandDoc::new(
    "geo",
    "6.2.0",
    "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area \
     around the shape provided as the filter and M is the number of items inside the shape",
    "Stores the places inside a circle or a box under a key.",
)
.history(&[("7.0.0", "Added support for uppercase unit names.")])
.args(&[
    key("destination", 0),
    key("source", 1),
    one_of(
        "from",
        &[
            string("member").word("FROMMEMBER"),
            block("fromlonlat", &[double("longitude"), double("latitude")]).word("FROMLONLAT"),
        ],
    ),
    one_of(
        "by",
        &[
            block(
                "circle",
                &[
                    double("radius").word("BYRADIUS"),
                    one_of(
                        "unit",
                        &[token("m", "M"), token("km", "KM"), token("ft", "FT"), token("mi", "MI")],
                    ),
                ],
            ),
            block(
                "box",
                &[
                    double("width").word("BYBOX"),
                    double("height"),
                    one_of(
                        "unit",
                        &[token("m", "M"), token("km", "KM"), token("ft", "FT"), token("mi", "MI")],
                    ),
                ],
            ),
        ],
    ),
    one_of("order", &[token("asc", "ASC"), token("desc", "DESC")]).opt(),
    block("count-block", &[int("count").word("COUNT"), token("any", "ANY").opt()]).opt(),
    token("storedist", "STOREDIST").opt(),
]);
