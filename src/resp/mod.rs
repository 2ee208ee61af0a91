//! Floor 1: the Redis serialization protocol, both directions. Knows no client.
