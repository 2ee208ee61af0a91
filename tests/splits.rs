//! Requests cut at any byte give the same replies: a pipelined stream is sent whole once, then in random
//! pieces.
//!
//! After each piece another connection makes a round trip, so the server has met the piece alone before the
//! next comes.

mod common;
#[path = "differential/mod.rs"]
mod differential;

use common::Server;
use differential::generate::Generator;
use differential::rng::Rng;
use differential::step::printable;
use differential::wire::Wire;

/// Streams, and how often each is sent in pieces: 1,000 splits together.
const STREAMS: u64 = 40;
const SPLITS: usize = 25;
/// Ends each stream: its reply says that all others have come.
const MARK: &[u8] = b"*2\r\n$4\r\nECHO\r\n$17\r\nthe end of it all\r\n";

const MARK_REPLY: &[u8] = b"the end of it all\r\n";

/// Sends `pieces` to an empty server, returns all replies.
fn replies(server: &Server, ping: &mut Wire, pieces: &[&[u8]]) -> Vec<u8> {
    run!(server, "flushall");
    let mut wire = Wire::open(server.port()).unwrap();
    for piece in pieces {
        wire.send(piece).unwrap();
        if pieces.len() > 1 {
            ping.call(&[b"PING"]).unwrap();
        }
    }
    wire.until(MARK_REPLY).unwrap_or_else(|e| {
        let sizes: Vec<usize> = pieces.iter().map(|p| p.len()).collect();
        panic!("{e} after pieces of {sizes:?} bytes: {}", printable(&pieces.concat(), 3000))
    })
}

#[test]
fn split_requests_give_the_same_replies() {
    let server = Server::start("");
    let mut ping = Wire::open(server.port()).unwrap();
    for seed in 0..STREAMS {
        let mut generator = Generator::plain(seed);
        let mut bytes: Vec<u8> = (0..30).flat_map(|_| generator.next().bytes).collect();
        // A stream may end inside MULTI, where the mark would be queued.
        bytes.extend_from_slice(b"*1\r\n$7\r\nDISCARD\r\n");
        bytes.extend_from_slice(MARK);
        let whole = replies(&server, &mut ping, &[&bytes]);
        assert!(whole.len() > 100, "seed {seed}: hardly a reply: {}", printable(&whole, 200));
        let mut rng = Rng::new(seed + 1000);
        for split in 0..SPLITS {
            let mut cuts: Vec<usize> = (0..1 + rng.below(8)).map(|_| rng.below(bytes.len())).collect();
            if split % 5 == 0 {
                // A run of single bytes, so that every state of the parser is left and entered again.
                let from = rng.below(bytes.len().saturating_sub(60).max(1));
                cuts.extend(from..from + 40);
            }
            cuts.sort_unstable();
            let ends = cuts.iter().copied().chain([bytes.len()]);
            let mut from = 0;
            let pieces: Vec<&[u8]> = ends
                .map(|end| &bytes[std::mem::replace(&mut from, end)..end])
                .filter(|piece| !piece.is_empty())
                .collect();
            let parted = replies(&server, &mut ping, &pieces);
            if parted != whole {
                let at = parted.iter().zip(&whole).take_while(|(a, b)| a == b).count();
                let around = |r: &[u8]| printable(&r[at.saturating_sub(40)..], 120);
                panic!(
                    "seed {seed}, split {split} at {cuts:?}: replies differ at byte {at}\n\
                     whole:  {}\nparted: {}\nstream: {}",
                    around(&whole),
                    around(&parted),
                    printable(&bytes, 3000),
                );
            }
        }
    }
}
