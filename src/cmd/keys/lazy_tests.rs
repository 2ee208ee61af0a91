//! Which values the background thread frees.

use crate::cmd::testing::Desk;
use crate::core::lazyfree::{collect, free};
use crate::core::testing::NoWorld;

fn words(n: usize) -> String {
    (0..n).map(|i| format!(" m{i} ")).collect::<String>().replace("  ", " ").trim_end().to_owned()
}

#[test]
fn only_what_is_many_allocations_is_worth_it() {
    let mut desk = Desk::new();
    let me = desk.client();
    desk.ask(me, &format!("sadd big{}", words(200)));
    desk.ask(me, &format!("sadd small{}", words(60)));
    desk.ask(me, "set text x");
    for (key, lazy, handed_over) in
        [("big", false, 0), ("big", true, 1), ("small", true, 0), ("text", true, 0)]
    {
        let entry = desk.srv.keys.dbs[0].get(key.as_bytes()).map(|entry| entry.duplicate(b"copy"));
        let mut world = NoWorld::default();
        free(&mut world, entry.expect("it was made"), lazy);
        assert_eq!((world.dropped, world.freed), (handed_over, handed_over as u64), "{key} {lazy}");
    }
}

#[test]
fn what_is_written_over_or_expires_is_put_aside() {
    let mut desk = Desk::new();
    let me = desk.client();
    desk.srv.keys.lazy = crate::keyspace::Lazy { expire: true, server_del: true };
    let refill = |desk: &mut Desk| {
        for key in ["a", "b"] {
            desk.ask(me, &format!("del {key}"));
            desk.ask(me, &format!("sadd {key}{}", words(200)));
        }
    };
    let put_aside = |desk: &mut Desk, lines: &[&str]| {
        refill(desk);
        desk.srv.keys.waste.clear();
        lines.iter().for_each(|line| drop(desk.ask(me, line)));
        desk.srv.keys.waste.len()
    };
    assert_eq!(put_aside(&mut desk, &["set a 1", "get a"]), 1);
    assert_eq!(put_aside(&mut desk, &["rename a b"]), 1);
    assert_eq!(put_aside(&mut desk, &["copy a b replace"]), 1);
    assert_eq!(put_aside(&mut desk, &["del a"]), 0, "DEL frees at once");
    refill(&mut desk);
    desk.srv.keys.waste.clear();
    desk.ask(me, "pexpire a 5");
    desk.srv.clock.advance(10);
    assert_eq!(desk.ask(me, "incrby a 1"), ":1|");
    assert_eq!(desk.srv.keys.waste.len(), 1, "the dead set was written over");
    let mut world = NoWorld::default();
    collect(&mut desk.srv, &mut world);
    assert_eq!((world.dropped, world.freed, desk.srv.keys.waste.len()), (1, 1, 0));
    desk.srv.keys.lazy = crate::keyspace::Lazy::default();
    assert_eq!(put_aside(&mut desk, &["set a 1", "rename b a"]), 0, "unless the options say so");
}
