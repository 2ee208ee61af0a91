//! Floor 0: numbers, bytes, time, chance and the log. Knows no Redis command.
