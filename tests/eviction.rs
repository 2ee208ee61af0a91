//! Eviction with those who must be told of it: what they are sent must not evict more.

mod common;

use common::{SOON, Server, wait_until};

/// Number of keys, each with a name of a kilobyte.
const KEYS: usize = 300;

#[test]
fn news_for_readers_evict_no_further_keys() {
    let server = Server::start("maxmemory-policy allkeys-lru\nmaxmemory-eviction-tenacity 100");
    let mut client = server.client();
    let mut readers: Vec<_> = (0..10).map(|_| server.client()).collect();
    for reader in &mut readers {
        reader.run("HELLO 3");
        assert!(reader.run("CLIENT TRACKING on").is_ok());
    }
    let name = |n: usize| format!("{n}{}", "x".repeat(1000));
    for n in 0..KEYS {
        client.cmd(&["SET", &name(n), "x"]);
        readers.iter_mut().for_each(|reader| drop(reader.cmd(&["GET", &name(n)])));
    }
    let used: u64 = server.info_field("memory", "used_memory").parse().unwrap();
    client.cmd(&["CONFIG", "SET", "maxmemory", &(used - 40_000).to_string()]);
    let evicted = || server.info_field("stats", "evicted_keys").parse::<usize>().unwrap();
    // Forty kilobytes are forty names at most; the news are four hundred.
    wait_until("something was evicted", SOON, || evicted() > 0);
    let first = evicted();
    (0..20).for_each(|_| drop(client.run("PING")));
    assert_eq!(evicted(), first, "it goes on");
    assert!((10..=50).contains(&first), "{first} keys");
    assert_eq!(client.run("DBSIZE").int() as usize, KEYS - first);
}
