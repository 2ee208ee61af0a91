//! Floor 3: databases, expiry, SCAN. Knows no client.
