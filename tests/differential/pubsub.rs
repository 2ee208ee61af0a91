//! Pub/sub and CLIENT TRACKING: a connection subscribes, is spoken to, and unsubscribes, within one draw, so that the others find no
//! subscriber. What a connection publishes to itself is left out: 7.2 sends it after the reply, 7.0 before.

use super::generate::words;
use super::rng::Rng;
use super::step::Step;

fn channel(rng: &mut Rng) -> &'static str {
    rng.pick(&["news", "", "a*b", "n\u{e4}chste", "__keyspace@0__:k1"])
}

fn pattern(rng: &mut Rng) -> &'static str {
    rng.pick(&["n*", "*", "?ews", "[mn]ews", "a\\*b", "none"])
}

/// Steps on `conn`; `other` is a connection that may run commands at once, if there is one.
pub fn draw(rng: &mut Rng, conn: usize, other: Option<usize>, queued: bool) -> Vec<Step> {
    if rng.one_in(3) {
        return tracking(rng, conn);
    }
    match other {
        Some(other) if !queued && rng.one_in(2) => scene(rng, conn, other),
        _ => vec![question(rng, conn)],
    }
}

fn question(rng: &mut Rng, conn: usize) -> Step {
    let (to, text) = (channel(rng), rng.pick(&["hi", "", "two words"]));
    let asked = match rng.below(9) {
        0 | 1 => words(rng, "PUBLISH").arg(to).arg(text),
        2 => words(rng, "SPUBLISH").arg(to).arg(text),
        3 => words(rng, "PUBSUB").one_of(rng, &["channels", "shardchannels"]),
        4 => words(rng, "PUBSUB").one_of(rng, &["channels", "shardchannels"]).arg(pattern(rng)),
        5 => words(rng, "PUBSUB").one_of(rng, &["numsub", "shardnumsub"]).arg(to).arg(to),
        6 => words(rng, "PUBSUB").one_of(rng, &["numpat", "numsub", "shardnumsub"]),
        7 => words(rng, "PUBSUB").one_of(rng, &["channels", "numpat", "nosuch"]).arg(to).arg(to),
        _ => words(rng, "PUBSUB").one_of(rng, &["", "nosuch", "numpat"]),
    };
    asked.step(rng, conn)
}

fn scene(rng: &mut Rng, conn: usize, other: usize) -> Vec<Step> {
    let (kind, name) = match rng.below(3) {
        0 => ("", channel(rng)),
        1 => ("P", pattern(rng)),
        _ => ("S", channel(rng)),
    };
    let mut steps = vec![words(rng, &format!("{kind}SUBSCRIBE")).arg(name).step(rng, conn)];
    for _ in 0..rng.below(3) {
        steps.push(match rng.below(5) {
            0 => words(rng, "PING").step(rng, conn),
            1 => words(rng, "PING").arg("text").step(rng, conn),
            2 => words(rng, &format!("{kind}SUBSCRIBE")).arg(name).step(rng, conn),
            3 => words(rng, "UNSUBSCRIBE").arg("none").step(rng, conn),
            _ => words(rng, "PUBSUB").one_of(rng, &["channels", "numpat"]).step(rng, other),
        });
    }
    if kind != "P" && rng.one_in(2) {
        let verb = if kind == "S" { "SPUBLISH" } else { "PUBLISH" };
        steps.push(words(rng, verb).arg(name).arg("hello").step(rng, other));
        // Nothing is sent: the message is what comes next.
        steps.push(Step { bytes: Vec::new(), ..Step::new(conn, vec![b"(message)".to_vec()]) });
    }
    let end = words(rng, &format!("{kind}UNSUBSCRIBE"));
    let end = if rng.one_in(2) { end.arg(name) } else { end };
    steps.push(end.step(rng, conn));
    steps
}

/// Tracking on and off again, with nothing between that touches a key.
fn tracking(rng: &mut Rng, conn: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    for _ in 0..1 + rng.below(3) {
        let mut on = words(rng, "CLIENT").cased(rng, "tracking").cased(rng, "on");
        for _ in 0..rng.below(3) {
            on = match rng.below(6) {
                // Not twice: of overlapping prefixes beyond the first Redis complains, and replies again.
                0 => on.cased(rng, "bcast").cased(rng, "prefix").arg(rng.pick(&["a", "ab", "", "b"])),
                1 => on.cased(rng, "redirect").arg(rng.pick(&["999999999", "-1", "x"])),
                _ => on.one_of(rng, &["bcast", "optin", "optout", "noloop", "nosuch"]),
            };
        }
        steps.push(on.step(rng, conn));
        let caching = words(rng, "CLIENT").cased(rng, "caching").one_of(rng, &["yes", "no", "maybe"]);
        let more = words(rng, "CLIENT").one_of(rng, &["trackinginfo", "getredir"]);
        steps.extend([caching.step(rng, conn), more.step(rng, conn)]);
    }
    let off = words(rng, "CLIENT").cased(rng, "tracking").one_of(rng, &["off", "off", "off", "out"]);
    steps.push(off.step(rng, conn));
    let off = words(rng, "CLIENT").cased(rng, "tracking").cased(rng, "off");
    steps.extend([off.step(rng, conn), words(rng, "CLIENT").cased(rng, "trackinginfo").step(rng, conn)]);
    steps
}
