//! Documentation of the commands about bits of strings: data only, what COMMAND DOCS shows.

use crate::state::spec::CommandDoc;
use crate::state::spec::arg::{block, int, key, one_of, string, token};

/// BITCOUNT
pub static BITCOUNT: CommandDoc =
    CommandDoc::new("bitmap", "2.6.0", "O(N)", "Counts the set bits of a string or of a range of it.")
        .history(&[("7.0.0", "Added the `BYTE|BIT` option.")])
        .args(&[
            key("key", 0),
            block(
                "range",
                &[
                    int("start"),
                    int("end"),
                    one_of("unit", &[token("byte", "BYTE"), token("bit", "BIT")]).since("7.0.0").opt(),
                ],
            )
            .opt(),
        ]);

/// BITFIELD
pub static BITFIELD: CommandDoc = CommandDoc::new(
    "bitmap",
    "3.2.0",
    "O(1) for each subcommand specified",
    "Reads, writes and increments integers of any width inside a string.",
)
.args(&[
    key("key", 0),
    one_of(
        "operation",
        &[
            block("get-block", &[string("encoding"), int("offset")]).word("GET"),
            block(
                "write",
                &[
                    one_of(
                        "overflow-block",
                        &[token("wrap", "WRAP"), token("sat", "SAT"), token("fail", "FAIL")],
                    )
                    .word("OVERFLOW")
                    .opt(),
                    one_of(
                        "write-operation",
                        &[
                            block("set-block", &[string("encoding"), int("offset"), int("value")])
                                .word("SET"),
                            block("incrby-block", &[string("encoding"), int("offset"), int("increment")])
                                .word("INCRBY"),
                        ],
                    ),
                ],
            ),
        ],
    )
    .opt()
    .many(),
]);

/// BITFIELD_RO
pub static BITFIELD_RO: CommandDoc = CommandDoc::new(
    "bitmap",
    "6.0.0",
    "O(1) for each subcommand specified",
    "Reads integers of any width inside a string.",
)
.args(&[
    key("key", 0),
    block("get-block", &[string("encoding"), int("offset")]).word("GET").opt().many().each(),
]);

/// BITOP
pub static BITOP: CommandDoc =
    CommandDoc::new("bitmap", "2.6.0", "O(N)", "Stores the bitwise combination of strings under a key.")
        .args(&[
            one_of(
                "operation",
                &[token("and", "AND"), token("or", "OR"), token("xor", "XOR"), token("not", "NOT")],
            ),
            key("destkey", 0),
            key("key", 1).many(),
        ]);

/// BITPOS
pub static BITPOS: CommandDoc = CommandDoc::new(
    "bitmap",
    "2.8.7",
    "O(N)",
    "Finds the first bit of a string that is set, or that is clear.",
)
.history(&[("7.0.0", "Added the `BYTE|BIT` option.")])
.args(&[
    key("key", 0),
    int("bit"),
    block(
        "range",
        &[
            int("start"),
            block(
                "end-unit-block",
                &[
                    int("end"),
                    one_of("unit", &[token("byte", "BYTE"), token("bit", "BIT")]).since("7.0.0").opt(),
                ],
            )
            .opt(),
        ],
    )
    .opt(),
]);

/// GETBIT
pub static GETBIT: CommandDoc = CommandDoc::new("bitmap", "2.2.0", "O(1)", "Reads one bit of a string.")
    .args(&[key("key", 0), int("offset")]);

/// SETBIT
pub static SETBIT: CommandDoc =
    CommandDoc::new("bitmap", "2.2.0", "O(1)", "Sets or clears one bit of a string.").args(&[
        key("key", 0),
        int("offset"),
        int("value"),
    ]);
