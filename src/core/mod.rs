//! Floor 5: `Server`, the command table, and the one path every command takes.
