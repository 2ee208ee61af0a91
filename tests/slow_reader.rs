//! Who reads slowly is owed bytes of which the socket took a part: his further requests are answered after
//! them, whole and in order, and what CLIENT LIST says of the debt is the debt.

mod common;
#[path = "differential/mod.rs"]
mod differential;

use common::Server;
use differential::wire::{Tree, Wire};

const SIZE: usize = 1 << 20;
const TIMES: usize = 20;

#[test]
fn requests_of_a_client_in_debt_are_answered_in_order() {
    let server = Server::start("");
    let mut other = Wire::open(server.port()).unwrap();
    other.call(&[b"SET", b"big", &vec![b'x'; SIZE]]).unwrap();
    let mut slow = Wire::open(server.port()).unwrap();
    slow.send(b"CLIENT SETNAME slow\r\n").unwrap();
    slow.send(&b"GET big\r\n".repeat(TIMES)).unwrap();
    let debt = |wire: &mut Wire| -> usize {
        let list = wire.call(&[b"CLIENT", b"LIST"]).unwrap();
        let list = String::from_utf8(list).unwrap();
        let line = list.lines().find(|line| line.contains(" name=slow ")).unwrap_or_default();
        let omem = line.split(" omem=").nth(1).and_then(|rest| rest.split(' ').next());
        omem.and_then(|n| n.parse().ok()).unwrap_or(0)
    };
    // More than the kernel holds for a connection; so it stays until somebody reads.
    while debt(&mut other) < SIZE {}
    slow.send(b"CLIENT LIST\r\nMULTI\r\nCLIENT INFO\r\nEXEC\r\nPING\r\n").unwrap();
    assert!(debt(&mut other) < 4 * TIMES * SIZE);
    assert_eq!(slow.reply().unwrap(), b"+OK\r\n");
    for _ in 0..TIMES {
        assert_eq!(Tree::of(&slow.reply().unwrap()).unwrap().text().unwrap().len(), SIZE);
    }
    let list = String::from_utf8(slow.reply().unwrap()).unwrap();
    assert!(list.contains("cmd=client|list"), "{list}");
    assert_eq!(slow.reply().unwrap(), b"+OK\r\n");
    assert_eq!(slow.reply().unwrap(), b"+QUEUED\r\n");
    assert!(String::from_utf8(slow.reply().unwrap()).unwrap().contains("cmd=client|info"));
    assert_eq!(slow.reply().unwrap(), b"+PONG\r\n");
    assert_eq!(debt(&mut other), 0);
}
