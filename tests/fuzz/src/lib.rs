//! What must hold for any bytes: one `check` per kind of input, which panics when it does not.
//!
//! libFuzzer calls these through `fuzz_targets/`; `tests/fuzz_corpus.rs` calls the very same functions with the
//! kept corpus and with mutations of it, so that what was found once stays found without a fuzzer.
//!
//! Every check also watches memory ([`memory`]): while bytes are read, a length that they claim must not decide
//! how much is allocated.

pub mod aof;
pub mod config;
pub mod dump;
pub mod glob;
pub mod intset;
pub mod listpack;
pub mod manifest;
pub mod memory;
pub mod rdb_file;
pub mod rdb_value;
pub mod request;
pub mod stream_node;

/// A check: panics if the bytes break a promise.
pub type Check = fn(&[u8]);

/// Every target by the name of its corpus.
pub const TARGETS: &[(&str, Check)] = &[
    ("listpack", listpack::check),
    ("intset", intset::check),
    ("stream_node", stream_node::check),
    ("rdb_value", rdb_value::check),
    ("dump", dump::check),
    ("rdb_file", rdb_file::check),
    ("request", request::check),
    ("config", config::check),
    ("glob", glob::check),
    ("aof", aof::check),
    ("manifest", manifest::check),
];
