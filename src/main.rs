//! The `redis-server` binary: wires the floors together and hands over to `serve`.

use tikv_jemallocator as _;

fn main() {}
