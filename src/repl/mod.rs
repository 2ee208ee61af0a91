//! Floor 6: replication procedures over `Server`, master side and replica side.
