//! Floor 1: the Redis serialization protocol, both directions. Knows no client.
//!
//! [`request`] reads what clients and the master send, [`reply`] writes what we answer, [`errors`] holds
//! every error text once, [`value`] reads replies (handshake with a master, tests).

pub mod errors;
pub mod reply;
pub mod request;
pub mod value;
