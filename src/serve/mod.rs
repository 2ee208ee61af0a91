//! Floor 8: the thin shell that owns sockets, files, processes and the loop.
