//! Where ours is meant to differ from the 7.0.15 that Debian ships, with the reason: we follow 7.2.4.

use super::step::{Check, Step, printable};

/// One intended difference.
pub struct Intended {
    /// The command's name, and its first argument when that is a subcommand; `*` stands for any.
    pub command: &'static [&'static str],
    /// How the answer of 7.0.15 begins.
    pub real: &'static str,
    /// How ours begins.
    pub ours: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// All of them.
pub const INTENDED: &[Intended] = &[
    Intended {
        command: &["CLIENT", "NO-TOUCH"],
        real: "-ERR unknown subcommand",
        ours: "+OK",
        reason: "new in 7.2",
    },
    Intended {
        command: &["CLIENT", "SETINFO"],
        real: "-ERR unknown subcommand",
        ours: "+OK",
        reason: "new in 7.2",
    },
    Intended {
        command: &["COMMAND", "GETKEYS", "PING"],
        real: "-ERR wrong number of arguments for \\'command|getkeys\\' command",
        ours: "-ERR The command has no key arguments",
        reason: "7.2 asks for one word only and then says what is wrong with it",
    },
    Intended {
        command: &["COMMAND", "GETKEYS", "GET"],
        real: "-ERR wrong number of arguments for \\'command|getkeys\\' command",
        ours: "-ERR Invalid number of arguments specified for command",
        reason: "7.2 asks for one word only and then says what is wrong with it",
    },
    Intended {
        command: &["COMMAND", "INFO", "MSETNX"],
        real: "*1\\r\\n*10\\r\\n$6\\r\\nmsetnx",
        ours: "*1\\r\\n*10\\r\\n$6\\r\\nmsetnx",
        reason: "7.2 took the request and response policies away, since a cluster cannot keep its promise",
    },
    Intended {
        command: &["OBJECT", "ENCODING"],
        real: "$9\\r\\nquicklist",
        ours: "$8\\r\\nlistpack",
        reason: "7.2 keeps a short list in a listpack",
    },
    Intended {
        command: &["OBJECT", "ENCODING"],
        real: "$9\\r\\nhashtable",
        ours: "$8\\r\\nlistpack",
        reason: "7.2 keeps a small set of any members in a listpack",
    },
    Intended {
        command: &["OBJECT", "ENCODING"],
        real: "$8\\r\\nlistpack",
        ours: "$8\\r\\nskiplist",
        reason: "7.2 takes the number of members that a ZADD names as a hint, 7.0 counts those that it adds",
    },
    Intended {
        command: &["OBJECT", "ENCODING"],
        real: "$6\\r\\nintset",
        ours: "$9\\r\\nhashtable",
        reason: "7.2 takes the number of members that a SADD names as a hint, 7.0 counts those that it adds",
    },
    Intended {
        command: &["OBJECT", "ENCODING"],
        real: "$8\\r\\nlistpack",
        ours: "$9\\r\\nhashtable",
        reason: "7.2 takes the number of fields that a HSET names as a hint, 7.0 counts those that it adds",
    },
    Intended {
        command: &["CONFIG", "SET", "SET-MAX-LISTPACK-ENTRIES"],
        real: "-ERR Unknown option",
        ours: "+OK",
        reason: "new in 7.2",
    },
    Intended {
        command: &["CONFIG", "SET", "SET-MAX-LISTPACK-VALUE"],
        real: "-ERR Unknown option",
        ours: "+OK",
        reason: "new in 7.2",
    },
    Intended {
        command: &["LPOS"],
        real: "",
        ours: "-ERR value is out of range, value must between -9223372036854775807",
        reason: "7.2 refuses the one rank that has no opposite, and before it looks at the key",
    },
    Intended {
        command: &["ZRANK"],
        real: "-ERR wrong number of arguments for \\'zrank\\'",
        ours: "",
        reason: "WITHSCORE is new in 7.2",
    },
    Intended {
        command: &["ZREVRANK"],
        real: "-ERR wrong number of arguments for \\'zrevrank\\'",
        ours: "",
        reason: "WITHSCORE is new in 7.2",
    },
    Intended {
        command: &["OBJECT", "REFCOUNT"],
        real: ":1\\r\\n",
        ours: ":2147483647\\r\\n",
        reason: "COPY of a small number makes an object of its own in Redis; ours are values without objects, and \
                 all small ones count as shared",
    },
];

/// The row that allows this difference.
pub fn row(step: &Step, ours: &[u8], real: &[u8]) -> Option<&'static Intended> {
    let (ours, real) = (printable(ours, usize::MAX), printable(real, usize::MAX));
    INTENDED.iter().find(|row| {
        let named = row.command.iter().enumerate().all(|(i, word)| *word == "*" || step.word(i) == *word);
        named && ours.starts_with(row.ours) && real.starts_with(row.real)
    })
}

/// Broken protocol with a NUL in a length line: Redis looks for the end of the line with `strchr`, which ends at
/// the NUL, and waits for more; we say what is wrong, since nothing that comes could mend it.
pub fn waits_at_nul(step: &Step, ours: &[u8], real: &[u8]) -> bool {
    let more = ours.strip_prefix(real).unwrap_or_default();
    step.check == Check::Raw && step.bytes.contains(&0) && more.starts_with(b"-ERR Protocol error: ")
}
