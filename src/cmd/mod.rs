//! Floor 7: command families, rows beside their handlers.
