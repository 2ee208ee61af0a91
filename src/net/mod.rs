//! Floor 1: the reactor over mio. Knows nothing of Redis; mio types stay inside this folder.
