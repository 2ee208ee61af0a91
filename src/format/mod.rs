//! Floor 3: file formats as bytes in and bytes out. Knows no file and no socket.
