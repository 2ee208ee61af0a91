//! Places on Earth as scores of a sorted set, and the areas that a search has to look into.
//!
//! A place becomes 52 bits: longitude (-180 to 180) and latitude (-85.05112878 to 85.05112878, where Web
//! Mercator ends) are each cut into 2^26 steps, and the bits of the two step numbers are interleaved, the
//! longitude's first. Places that share a prefix of `2n` bits lie in one cell of a grid of `2^n` by `2^n`, so
//! a cell is a range of scores. A score is a double, which holds 52 bits exactly.
//!
//! A search takes cells about as large as its circle or box: the one that holds the centre and the eight
//! around it, less those that the bounding box does not reach ([`Shape::cells`]). Which points come, and in
//! which order, depends on these cells, so their choice and every operation on doubles is that of Redis
//! 7.2.4 (`geohash.c`, `geohash_helper.c`), down to what happens at the date line and near the poles, where
//! a very large area may miss points. Distances are great circles on a sphere of 6372797.560856 m.
//!
//! Scores may be any double, for ZADD sets them too: converting them follows the CPU, not C's "undefined".

use std::f64::consts::PI;

/// Bits of each coordinate in a score.
pub const STEPS_MAX: u32 = 26;
/// Degrees, either side of the prime meridian.
pub const LONGITUDE_MAX: f64 = 180.0;
/// Degrees, either side of the equator.
pub const LATITUDE_MAX: f64 = 85.051_128_78;

/// Metres.
const EARTH_RADIUS: f64 = 6_372_797.560_856;
/// Half of the equator in Mercator's projection, metres.
const MERCATOR_MAX: f64 = 20_037_726.37;
const RADIANS: f64 = PI / 180.0;
/// The even bits: those of the latitude.
const EVEN: u64 = 0x5555_5555_5555_5555;

/// A place, in degrees.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Place {
    pub longitude: f64,
    pub latitude: f64,
}

/// A cell of the grid of `2^steps` by `2^steps`, or, with all its steps, a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cell {
    pub bits: u64,
    /// 1 to 26.
    pub steps: u32,
}

/// Smallest and largest coordinate.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Span {
    min: f64,
    max: f64,
}

impl Span {
    const fn around_zero(max: f64) -> Span {
        Span { min: -max, max }
    }

    /// How far along the span a coordinate is, in units of `2^-steps` of it.
    fn step(self, at: f64, steps: u32) -> u32 {
        let part = (at - self.min) / (self.max - self.min);
        (part * (1u64 << steps) as f64) as u32
    }

    /// The part of the span that belongs to a step.
    fn part(self, step: u32, steps: u32) -> Span {
        let (whole, scale) = ((1u64 << steps) as f64, self.max - self.min);
        let at = |step: u32| self.min + f64::from(step) / whole * scale;
        Span { min: at(step), max: at(step.wrapping_add(1)) }
    }

    fn middle(self) -> f64 {
        (self.min + self.max) / 2.0
    }
}

const LONGITUDES: Span = Span::around_zero(LONGITUDE_MAX);
const LATITUDES: Span = Span::around_zero(LATITUDE_MAX);

/// A rectangle on the map.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Area {
    longitude: Span,
    latitude: Span,
}

/// Puts the bits of a number at the even places of a word.
fn spread(number: u32) -> u64 {
    let mut word = u64::from(number);
    word = (word | word << 16) & 0x0000_ffff_0000_ffff;
    word = (word | word << 8) & 0x00ff_00ff_00ff_00ff;
    word = (word | word << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    word = (word | word << 2) & 0x3333_3333_3333_3333;
    (word | word << 1) & EVEN
}

/// Takes the bits at the even places of a word.
fn gather(word: u64) -> u32 {
    let mut word = word & EVEN;
    word = (word | word >> 1) & 0x3333_3333_3333_3333;
    word = (word | word >> 2) & 0x0f0f_0f0f_0f0f_0f0f;
    word = (word | word >> 4) & 0x00ff_00ff_00ff_00ff;
    word = (word | word >> 8) & 0x0000_ffff_0000_ffff;
    (word | word >> 16) as u32
}

/// A double as the 64-bit word that x86 makes of it, whatever its range.
fn word_of(score: f64) -> u64 {
    const HALF: f64 = 9_223_372_036_854_775_808.0;
    if score < HALF {
        return score as i64 as u64;
    }
    let rest = score - HALF;
    if rest < HALF { rest as i64 as u64 ^ 1 << 63 } else { 0 }
}

impl Place {
    /// Whether a place can be a score.
    pub fn is_valid(self) -> bool {
        self.longitude.abs() <= LONGITUDE_MAX && self.latitude.abs() <= LATITUDE_MAX
    }

    /// The cell that holds a valid place.
    pub fn cell(self, steps: u32) -> Cell {
        self.cell_in(LONGITUDES, LATITUDES, steps)
    }

    fn cell_in(self, longitudes: Span, latitudes: Span, steps: u32) -> Cell {
        let x = longitudes.step(self.longitude, steps);
        let y = latitudes.step(self.latitude, steps);
        Cell { bits: spread(y) | spread(x) << 1, steps }
    }

    /// The score of a valid place.
    pub fn score(self) -> u64 {
        self.cell(STEPS_MAX).bits
    }

    /// The place that a score stands for: the middle of its cell.
    pub fn of_score(score: f64) -> Place {
        let area = Cell { bits: word_of(score), steps: STEPS_MAX }.area();
        Place {
            longitude: area.longitude.middle().clamp(-LONGITUDE_MAX, LONGITUDE_MAX),
            latitude: area.latitude.middle().clamp(-LATITUDE_MAX, LATITUDE_MAX),
        }
    }

    /// The eleven letters of the usual geohash, which counts latitudes from pole to pole. 52 bits make ten
    /// letters and a bit; the last letter is always `0`.
    pub fn geohash(self) -> [u8; 11] {
        const LETTERS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
        let bits = self.cell_in(LONGITUDES, Span::around_zero(90.0), STEPS_MAX).bits;
        let mut text = [b'0'; 11];
        for (at, letter) in text[..10].iter_mut().enumerate() {
            *letter = LETTERS[(bits >> (47 - 5 * at) & 31) as usize];
        }
        text
    }

    /// Metres to another place.
    pub fn distance(self, to: Place) -> f64 {
        let v = ((to.longitude * RADIANS - self.longitude * RADIANS) / 2.0).sin();
        if v == 0.0 {
            return self.distance_by_latitude(to);
        }
        let (from, to) = (self.latitude * RADIANS, to.latitude * RADIANS);
        let u = ((to - from) / 2.0).sin();
        let a = u * u + from.cos() * to.cos() * v * v;
        2.0 * EARTH_RADIUS * a.sqrt().asin()
    }

    /// Metres from one latitude to the other.
    fn distance_by_latitude(self, to: Place) -> f64 {
        EARTH_RADIUS * (to.latitude * RADIANS - self.latitude * RADIANS).abs()
    }
}

impl Cell {
    fn area(self) -> Area {
        let (x, y) = (gather(self.bits >> 1), gather(self.bits));
        Area { longitude: LONGITUDES.part(x, self.steps), latitude: LATITUDES.part(y, self.steps) }
    }

    /// The scores of the places in it: first, and one past the last.
    pub fn scores(self) -> (f64, f64) {
        let shift = 2 * (STEPS_MAX - self.steps);
        ((self.bits << shift) as f64, ((self.bits + 1) << shift) as f64)
    }

    /// The cell so many columns east (1, 0, -1) and rows north, around the edges of the map.
    fn neighbour(self, east: i8, north: i8) -> Cell {
        let used = u64::MAX >> (64 - 2 * self.steps);
        let step = |own: u64, others: u64, by: i8| match by {
            0 => own,
            // The other coordinate's bits are all set, so that a carry runs through them.
            1 => own.wrapping_add((others & used) + 1) & !others & used,
            _ => (own | others & used).wrapping_sub((others & used) + 1) & !others & used,
        };
        let x = step(self.bits & !EVEN, EVEN, east);
        let y = step(self.bits & EVEN, !EVEN, north);
        Cell { bits: x | y, steps: self.steps }
    }
}

/// What is searched: within a distance, or within a box whose sides are parallel to the map's. In the unit
/// of its [`Shape`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Extent {
    Radius(f64),
    /// From side to side.
    Box {
        width: f64,
        height: f64,
    },
}

/// An area around a place.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Shape {
    pub center: Place,
    pub extent: Extent,
    /// Metres.
    pub unit: f64,
}

impl Shape {
    /// The distance of a place from the centre, in metres, if it lies in the area.
    pub fn reach(&self, place: Place) -> Option<f64> {
        match self.extent {
            Extent::Radius(radius) => {
                let distance = self.center.distance(place);
                // A distance that is not a number, which rounding could give at the antipode, is within.
                if distance > radius * self.unit { None } else { Some(distance) }
            }
            Extent::Box { width, height } => {
                if place.distance_by_latitude(self.center) > height * self.unit / 2.0 {
                    return None;
                }
                let beside = Place { longitude: self.center.longitude, latitude: place.latitude };
                if place.distance(beside) > width * self.unit / 2.0 {
                    return None;
                }
                Some(self.center.distance(place))
            }
        }
    }

    /// The rectangle around the area. Near a pole it is not to be trusted: that is why the cells are checked
    /// against the distance, too.
    fn bounds(&self) -> Area {
        let (width, height) = match self.extent {
            Extent::Radius(radius) => (radius, radius),
            Extent::Box { width, height } => (width / 2.0, height / 2.0),
        };
        let Place { longitude, latitude } = self.center;
        let (width, height) = (width * self.unit, height * self.unit);
        let by_latitude = height / EARTH_RADIUS / RADIANS;
        // Towards the pole a metre is more degrees of longitude.
        let widest = if latitude < 0.0 { latitude - by_latitude } else { latitude + by_latitude };
        let by_longitude = width / EARTH_RADIUS / (widest * RADIANS).cos() / RADIANS;
        Area {
            longitude: Span { min: longitude - by_longitude, max: longitude + by_longitude },
            latitude: Span { min: latitude - by_latitude, max: latitude + by_latitude },
        }
    }

    /// Metres from the centre to the farthest point.
    fn radius(&self) -> f64 {
        let radius = match self.extent {
            Extent::Radius(radius) => radius,
            Extent::Box { width, height } => {
                let (half_width, half_height) = (width / 2.0, height / 2.0);
                (half_width * half_width + half_height * half_height).sqrt()
            }
        };
        radius * self.unit
    }

    /// Steps of cells so large that nine of them cover the area, mostly.
    fn estimate_steps(&self) -> u32 {
        let mut range = self.radius();
        if range == 0.0 {
            return STEPS_MAX;
        }
        let mut steps = 1;
        while range < MERCATOR_MAX {
            range *= 2.0;
            steps += 1;
        }
        steps -= 2;
        let latitude = self.center.latitude.abs();
        steps -= i32::from(latitude > 66.0) + i32::from(latitude > 80.0);
        steps.clamp(1, STEPS_MAX as i32) as u32
    }

    /// The cells to look into, in order: that of the centre, then north, south, east, west and the corners,
    /// less those that the area does not reach, and less one that is the same as the one before it (in a grid
    /// of two by two).
    pub fn cells(&self) -> Vec<Cell> {
        let bounds = self.bounds();
        let mut steps = self.estimate_steps();
        let mut center = self.center.cell(steps);
        if steps > 1 && !covers(center, &bounds) {
            steps -= 1;
            center = self.center.cell(steps);
        }
        let area = center.area();
        let mut cells = vec![center];
        let mut last: Option<Cell> = None;
        for (east, north) in [(0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1)] {
            let out_of_reach = steps >= 2
                && (north < 0 && area.latitude.min < bounds.latitude.min
                    || north > 0 && area.latitude.max > bounds.latitude.max
                    || east < 0 && area.longitude.min < bounds.longitude.min
                    || east > 0 && area.longitude.max > bounds.longitude.max);
            let cell = center.neighbour(east, north);
            if !out_of_reach && last != Some(cell) {
                cells.push(cell);
                last = Some(cell);
            }
        }
        cells
    }
}

/// Whether the neighbours of a cell reach as far as a rectangle in each direction.
fn covers(center: Cell, bounds: &Area) -> bool {
    let side = |east, north| center.neighbour(east, north).area();
    let short = side(0, 1).latitude.max < bounds.latitude.max
        || side(0, -1).latitude.min > bounds.latitude.min
        || side(1, 0).longitude.max < bounds.longitude.max
        || side(-1, 0).longitude.min > bounds.longitude.min;
    !short
}

/// Appends a distance as Redis prints it: four decimals, ties to even.
pub fn push_distance(out: &mut Vec<u8>, distance: f64) {
    // What is not a number becomes C's smallest integer.
    let scaled = if distance.is_nan() { i64::MIN } else { (distance * 10_000.0).round_ties_even() as i64 };
    let (whole, rest) = (scaled.unsigned_abs() / 10_000, scaled.unsigned_abs() % 10_000);
    if scaled < 0 {
        out.push(b'-');
    }
    crate::base::num::push_u64(out, whole);
    out.push(b'.');
    let digits = [rest / 1000, rest / 100 % 10, rest / 10 % 10, rest % 10];
    out.extend(digits.map(|digit| b'0' + digit as u8));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn places() -> impl Strategy<Value = Place> {
        (-LONGITUDE_MAX..=LONGITUDE_MAX, -LATITUDE_MAX..=LATITUDE_MAX)
            .prop_map(|(longitude, latitude)| Place { longitude, latitude })
    }

    fn text(distance: f64) -> String {
        let mut out = Vec::new();
        push_distance(&mut out, distance);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_documented_examples() {
        let palermo = Place { longitude: 13.361389, latitude: 38.115556 };
        let catania = Place { longitude: 15.087269, latitude: 37.502669 };
        assert_eq!((palermo.score(), catania.score()), (3_479_099_956_230_698, 3_479_447_370_796_909));
        let (palermo, catania) =
            (Place::of_score(palermo.score() as f64), Place::of_score(catania.score() as f64));
        assert_eq!(text(palermo.distance(catania)), "166274.1516");
        assert_eq!(palermo.geohash(), *b"sqc8b49rny0");
        assert_eq!(catania.geohash(), *b"sqdtr74hyu0");
        assert_eq!(format!("{:.17}", palermo.longitude), "13.36138933897018433");
    }

    #[test]
    fn distances_have_four_decimals() {
        for (distance, want) in [
            (0.0, "0.0000"),
            (0.00005, "0.0000"),
            (0.00025, "0.0002"),
            (0.00035, "0.0004"),
            (0.0123, "0.0123"),
            (9.99996, "10.0000"),
            (20_015_086.796_1, "20015086.7961"),
            (f64::NAN, "-922337203685477.5808"),
        ] {
            assert_eq!(text(distance), want, "{distance}");
        }
    }

    #[test]
    fn scores_that_are_no_places_become_some_place() {
        for score in [-1.0, -5e300, 5e300, f64::INFINITY, f64::NEG_INFINITY, 1e16, 1.9e19, 0.5] {
            assert!(Place::of_score(score).is_valid(), "{score}");
        }
        assert_eq!(word_of(-1.0), u64::MAX);
        assert_eq!(word_of(9.3e18), 9_300_000_000_000_000_000);
        assert_eq!((word_of(f64::INFINITY), word_of(f64::NEG_INFINITY)), (0, 1 << 63));
    }

    proptest! {
        #[test]
        fn a_score_stands_for_a_place_nearby(place in places()) {
            let again = Place::of_score(place.score() as f64);
            prop_assert!(place.distance(again) < 0.6, "{:?}", again);
            prop_assert_eq!(again.score(), place.score());
        }

        #[test]
        fn bits_are_spread_and_gathered(number in any::<u32>()) {
            prop_assert_eq!(gather(spread(number)), number);
            prop_assert_eq!(gather(spread(number) << 1), 0);
        }

        #[test]
        fn neighbours_are_next_to_each_other(place in places(), steps in 2u32..=26, east in -1i8..=1, north in -1i8..=1) {
            let cell = place.cell(steps);
            let (x, y) = (gather(cell.bits >> 1), gather(cell.bits));
            let next = cell.neighbour(east, north);
            let grid = (1u64 << steps) as u32;
            let moved = |at: u32, by: i8| at.wrapping_add_signed(i32::from(by)) & (grid - 1);
            prop_assume!(x < grid && y < grid);
            prop_assert_eq!((gather(next.bits >> 1), gather(next.bits)), (moved(x, east), moved(y, north)));
        }

        /// Away from the poles and the date line, nothing in an area lies outside of the cells.
        #[test]
        fn cells_cover_the_area(
            longitude in -120.0f64..120.0, latitude in -60.0f64..60.0, size in 1.0f64..1_000_000.0,
            ratio in 0.2f64..5.0, is_box in any::<bool>(), east in -1.0f64..1.0, north in -1.0f64..1.0
        ) {
            let shape = |size: f64| {
                let extent = if is_box {
                    Extent::Box { width: size, height: size * ratio / 5.0 }
                } else {
                    Extent::Radius(size)
                };
                Shape { center: Place { longitude, latitude }, extent, unit: 1.0 }
            };
            let degrees = size / 111_000.0;
            let place = Place {
                longitude: longitude + east * degrees / (latitude * RADIANS).cos(),
                latitude: latitude + north * degrees,
            };
            // The bounds of the area are no exact ones.
            prop_assume!(shape(size * 0.9).reach(place).is_some());
            let score = place.score() as f64;
            let holds = |cell: &Cell| (cell.scores().0..cell.scores().1).contains(&score);
            prop_assert!(shape(size).cells().iter().any(holds), "{:?} {:?}", shape(size), place);
        }
    }
}
