//! Replies, read: used by the handshake with a master and by tests.
