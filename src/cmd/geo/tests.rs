//! What the commands say, what travels, and searches against looking at every member.

use proptest::prelude::*;

use crate::cmd::testing::Desk;
use crate::keyspace::Class;
use crate::object::geohash::{Extent, Place, Shape, push_distance};
use crate::state::client::ClientId;

const WRONGTYPE: &str = "-WRONGTYPE Operation against a key holding the wrong kind of value|";

/// A desk with the documented example: `s` = Palermo, Catania.
fn sicily() -> (Desk, ClientId) {
    let mut desk = Desk::new();
    let who = desk.client();
    let reply = desk.ask(who, "GEOADD s 13.361389 38.115556 Palermo 15.087269 37.502669 Catania");
    assert_eq!(reply, ":2|");
    desk.ask(who, "LPUSH list x");
    desk.stream();
    (desk, who)
}

#[track_caller]
fn check(lines: &[(&str, &str)]) {
    let (mut desk, who) = sicily();
    for (line, reply) in lines {
        assert_eq!(desk.ask(who, line), *reply, "{line}");
    }
}

#[test]
fn places_are_added_and_shown() {
    check(&[
        ("GEODIST s Palermo Catania", "$11|166274.1516|"),
        ("GEODIST s Palermo Catania KM", "$8|166.2742|"),
        ("GEODIST s Palermo Catania mi", "$8|103.3182|"),
        ("GEODIST s Palermo Palermo", "$6|0.0000|"),
        ("GEODIST s Palermo no", "$-1|"),
        ("GEODIST no a b", "$-1|"),
        ("GEODIST s a b yard", "-ERR unsupported unit provided. please use M, KM, FT, MI|"),
        ("GEODIST s a b m x", "-ERR syntax error|"),
        ("GEOHASH s Palermo no", "*2|$11|sqc8b49rny0|$-1|"),
        ("GEOHASH s", "*0|"),
        ("GEOHASH no a", "*1|$-1|"),
        ("GEOPOS s no Palermo", "*2|*-1|*2|$20|13.36138933897018433|$20|38.11555639549629859|"),
        ("ZSCORE s Palermo", "$16|3479099956230698|"),
        ("GEOADD s 200 10 x", "-ERR invalid longitude,latitude pair 200.000000,10.000000|"),
        ("GEOADD s 10 -86 x", "-ERR invalid longitude,latitude pair 10.000000,-86.000000|"),
        ("GEOADD s x 10 x", "-ERR value is not a valid float|"),
        ("GEOADD s NX XX 1 1 x", "-ERR syntax error|"),
        ("GEOADD s 1 1 x 2", "-ERR syntax error|"),
        ("GEOADD s CH CH CH", "-ERR syntax error|"),
        ("GEOADD s NX 1 1 Palermo", ":0|"),
        ("GEOADD s XX CH 1 1 Palermo 2 2 x", ":1|"),
        ("GEOADD list 1 1 x", WRONGTYPE),
        ("GEODIST list a b", WRONGTYPE),
        ("GEOHASH list", WRONGTYPE),
        ("GEOPOS list", WRONGTYPE),
        ("GEOSEARCH list FROMLONLAT x 2 BYRADIUS 1 m", WRONGTYPE),
    ]);
}

#[test]
fn searches_find_and_complain_as_redis_does() {
    check(&[
        ("GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km ASC", "*2|$7|Catania|$7|Palermo|"),
        ("GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km DESC COUNT 1", "*1|$7|Palermo|"),
        ("GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km COUNT 1", "*1|$7|Catania|"),
        ("GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km COUNT 1 ANY", "*1|$7|Palermo|"),
        (
            "GEOSEARCH s FROMLONLAT 15 37 BYBOX 400 400 km WITHDIST WITHHASH WITHCOORD DESC COUNT 1",
            "*1|*4|$7|Palermo|$8|190.4424|:3479099956230698|*2|$20|13.36138933897018433|$20|38.11555639549629859|",
        ),
        ("GEORADIUS s 15 37 100 km WITHDIST", "*1|*2|$7|Catania|$7|56.4413|"),
        ("GEORADIUSBYMEMBER s Palermo 100 km", "*1|$7|Palermo|"),
        ("GEORADIUSBYMEMBER s no 100 km", "-ERR could not decode requested zset member|"),
        ("GEORADIUSBYMEMBER no no x x", "*0|"),
        ("GEORADIUSBYMEMBER s Palermo x km", "-ERR need numeric radius|"),
        ("GEORADIUSBYMEMBER s Palermo -1 km", "-ERR radius cannot be negative|"),
        ("GEORADIUS_RO s 15 37 100 km STORE d", "-ERR syntax error|"),
        ("GEORADIUS s 15 37 100 km STORE", "-ERR syntax error|"),
        ("GEORADIUS s 15 37 100 km COUNT 0", "-ERR COUNT must be > 0|"),
        ("GEORADIUS s 15 37 100 km COUNT x", "-ERR value is not an integer or out of range|"),
        ("GEORADIUS s 15 37 100 km ANY", "-ERR the ANY argument requires COUNT argument|"),
        (
            "GEORADIUS s 15 37 100 km WITHDIST STORE d",
            "-ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options|",
        ),
        (
            "GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 1 m WITHHASH",
            "-ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options|",
        ),
        (
            "GeoSearch s BYRADIUS 1 m ASC DESC",
            "-ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GeoSearch|",
        ),
        (
            "GEOSEARCH s FROMMEMBER Palermo ASC ASC ASC",
            "-ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH|",
        ),
        ("GEOSEARCH s FROMMEMBER Palermo FROMLONLAT 1 1 BYRADIUS 1 m", "-ERR syntax error|"),
        ("GEOSEARCH s FROMLONLAT 1 1 FROMMEMBER Palermo BYRADIUS 1 m", "-ERR syntax error|"),
        ("GEOSEARCH s FROMMEMBER Palermo BYRADIUS 1 m BYBOX 1 1 m", "-ERR syntax error|"),
        ("GEOSEARCH s FROMMEMBER Palermo BYBOX 1 1 m BYRADIUS 1 m", "-ERR syntax error|"),
        ("GEOSEARCH s FROMMEMBER Palermo FROMMEMBER Catania BYBOX 1 1 m", "*1|$7|Catania|"),
        ("GEOSEARCH s FROMMEMBER Palermo BYBOX x 1 m", "-ERR need numeric width|"),
        ("GEOSEARCH s FROMMEMBER Palermo BYBOX 1 x m", "-ERR need numeric height|"),
        ("GEOSEARCH s FROMMEMBER Palermo BYBOX 1 -1 m", "-ERR height or width cannot be negative|"),
        (
            "GEOSEARCH s FROMMEMBER Palermo BYBOX 1 1 x",
            "-ERR unsupported unit provided. please use M, KM, FT, MI|",
        ),
        ("GEOSEARCH s FROMMEMBER Palermo BYRADIUS 1 m STOREDIST", "-ERR syntax error|"),
        ("GEOSEARCH no FROMMEMBER a BYRADIUS 1 m", "*0|"),
        (
            "GEOSEARCH no FROMMEMBER a BYRADIUS 1 parsec",
            "-ERR unsupported unit provided. please use M, KM, FT, MI|",
        ),
        ("GEOSEARCH s FROMLONLAT 100 0 BYRADIUS 1 m", "*0|"),
        ("GEOSEARCH s FROMLONLAT 0 0 BYRADIUS 1e300 m", "*2|$7|Palermo|$7|Catania|"),
    ]);
}

#[test]
fn results_are_stored() {
    let (mut desk, me) = sicily();
    desk.srv.keys.touched.set_notify(Class::parse(b"KEA").unwrap());
    for (request, reply, travels, events) in [
        ("GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 200 km", ":2|", true, "geosearchstore"),
        ("GEOSEARCHSTORE e s FROMLONLAT 15 37 BYRADIUS 100 km STOREDIST", ":1|", true, "geosearchstore"),
        ("GEORADIUS s 15 37 200 km STORE f COUNT 1", ":1|", true, "georadiusstore"),
        ("GEORADIUSBYMEMBER s Palermo 200 km STOREDIST f", ":2|", true, "georadiusstore"),
        ("GEORADIUSBYMEMBER no x 200 km STORE list", ":0|", true, "del"),
        ("GEORADIUSBYMEMBER no x 200 km STORE list", ":0|", false, ""),
        ("GEOSEARCHSTORE d s FROMLONLAT 0 0 BYRADIUS 1 m", ":0|", true, "del"),
        ("GEORADIUS s 15 37 200 km", "*2|$7|Palermo|$7|Catania|", false, ""),
    ] {
        assert_eq!(desk.ask(me, request), reply, "{request}");
        assert_eq!(desk.stream(), if travels { request } else { "" }, "{request}");
        let seen: Vec<&str> = desk.srv.keys.touched.iter().map(|touch| touch.event).collect();
        assert_eq!(seen.join(" "), events, "{request}");
        desk.srv.keys.touched.clear();
    }
    assert_eq!(desk.ask(me, "ZRANGE e 0 -1 WITHSCORES"), "*2|$7|Catania|$16|56.4412578701582|");
    assert_eq!(desk.ask(me, "OBJECT ENCODING f"), "$8|listpack|");
}

#[test]
fn geoadd_travels_as_zadd() {
    let (mut desk, me) = sicily();
    desk.ask(me, "GEOADD s Ch 1 1 x");
    assert_eq!(desk.stream(), "zadd s Ch 3377717155265536 x".replace("3377717155265536", &score(1.0, 1.0)));
    desk.ask(me, "GEOADD s 1 1 x");
    desk.ask(me, "GEOADD s XX 1 1 new");
    desk.ask(me, "GEOADD s 1 1");
    assert_eq!(desk.stream(), "");
}

fn score(longitude: f64, latitude: f64) -> String {
    Place { longitude, latitude }.score().to_string()
}

fn near(center: f64, spread: f64) -> impl Strategy<Value = f64> {
    (-spread..spread).prop_map(move |by| center + by)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// A search finds what looking at every member finds, nearest first, in a listpack and in a large set.
    #[test]
    fn searches_agree_with_looking_at_all(
        places in proptest::collection::vec((near(11.0, 4.0), near(45.0, 3.0)), 1..250),
        longitude in near(11.0, 4.0), latitude in near(45.0, 3.0), size in 1u32..400, is_box in any::<bool>()
    ) {
        let mut desk = Desk::new();
        let me = desk.client();
        for (number, (x, y)) in places.iter().enumerate() {
            desk.ask(me, &format!("GEOADD g {x} {y} m{number:04}"));
        }
        let size_km = f64::from(size);
        let extent = if is_box {
            Extent::Box { width: size_km, height: size_km / 2.0 }
        } else {
            Extent::Radius(size_km)
        };
        let shape = Shape { center: Place { longitude, latitude }, extent, unit: 1000.0 };
        let mut want: Vec<(f64, usize)> = places
            .iter()
            .enumerate()
            .filter_map(|(number, (longitude, latitude))| {
                let score = Place { longitude: *longitude, latitude: *latitude }.score();
                shape.reach(Place::of_score(score as f64)).map(|distance| (distance, number))
            })
            .collect();
        want.sort_by(|one, other| one.0.total_cmp(&other.0));
        let by = if is_box { format!("BYBOX {size} {} km", size_km / 2.0) } else { format!("BYRADIUS {size} km") };
        let reply = desk.ask(me, &format!("GEOSEARCH g FROMLONLAT {longitude} {latitude} {by} ASC WITHDIST"));
        let mut model = format!("*{}|", want.len());
        for (distance, number) in &want {
            let mut text = Vec::new();
            push_distance(&mut text, distance / 1000.0);
            let text = String::from_utf8(text).unwrap();
            model += &format!("*2|$5|m{number:04}|${}|{text}|", text.len());
        }
        prop_assert_eq!(reply, model);
    }
}
