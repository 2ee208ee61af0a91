//! Floor 6: snapshot and append-only-file procedures over `Server`.
