//! Floor 1: data structures. They know neither keys nor clients.
