//! The text of INFO: `# Section`, then `key:value` lines, CRLF each, an empty line between sections.
//!
//! Rows are written with [`std::fmt`]: INFO is asked for at most some times a second, and a section is a list
//! of names and values that should read like one.

use std::fmt::{Display, Write};

/// Builds the reply section by section.
#[derive(Default)]
pub struct InfoWriter {
    text: String,
}

impl InfoWriter {
    /// Nothing written yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a section.
    pub fn section(&mut self, name: &str) -> &mut Self {
        if !self.text.is_empty() {
            self.text.push_str("\r\n");
        }
        self.text.push_str("# ");
        self.text.push_str(name);
        self.text.push_str("\r\n");
        self
    }

    /// One line `name:value`.
    pub fn field(&mut self, name: impl Display, value: impl Display) -> &mut Self {
        // Writing into a String does not fail.
        let _ = write!(self.text, "{name}:{value}\r\n");
        self
    }

    /// One line `name:value` with a fixed number of decimals, as C's `%.*f`.
    pub fn float(&mut self, name: impl Display, value: f64, decimals: usize) -> &mut Self {
        self.field(name, format_args!("{value:.decimals$}"))
    }

    /// The text so far.
    pub fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_parted_by_an_empty_line() {
        let mut info = InfoWriter::new();
        info.section("Server").field("redis_version", "7.2.4").field("hz", 10);
        info.section("CPU").float("used_cpu_sys", 1.5, 6);
        info.section("Keyspace").field(format_args!("db{}", 0), format_args!("keys={},expires={}", 3, 1));
        assert_eq!(
            info.finish(),
            "# Server\r\nredis_version:7.2.4\r\nhz:10\r\n\r\n# CPU\r\nused_cpu_sys:1.500000\r\n\r\n\
             # Keyspace\r\ndb0:keys=3,expires=1\r\n"
        );
        assert_eq!(InfoWriter::new().finish(), "");
    }
}
