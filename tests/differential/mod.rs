//! A stream of commands drawn from a seed, played to two servers at once.
//!
//! `generate` draws; `strings`, `bits`, `geo_hll`, `lists`, `sets`, `hashes`, `zsets`, `sort`, `keys`, `conn`,
//! `pubsub`, `admin` and `wrong` are its families, `play` sends each step to both servers and compares, `shrink`
//! shortens a stream that shows a difference, `intended` lists the differences we want, as data. A step is data
//! (bytes to send and how to compare the answers), so a stream can be cut,
//! replayed and printed.
//!
//! What makes a stream replayable: expiry times are either long past or far ahead, and a key that is to
//! expire soon is waited for on both sides before the next step; replies that depend on chance, on clocks or
//! on ids are compared by their shape; whoever changes the protocol or enters MULTI is followed by the
//! generator.
#![allow(dead_code)] // each test binary uses its own part

pub mod admin;
pub mod bits;
pub mod compare;
pub mod conn;
pub mod generate;
pub mod geo_hll;
pub mod hashes;
pub mod intended;
pub mod keys;
pub mod lists;
pub mod play;
pub mod pools;
pub mod pubsub;
pub mod rng;
pub mod sets;
pub mod sort;
pub mod step;
pub mod strings;
pub mod waits;
pub mod wire;
pub mod wrong;
pub mod zsets;
