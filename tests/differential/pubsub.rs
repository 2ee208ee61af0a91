//! Pub/sub: a connection subscribes, is spoken to, and unsubscribes, within one draw, so that the others find no
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
