//! Function libraries as opaque sources: there is no engine that runs them, but who loads a file with libraries in it,
//! and saves it again, must not lose them. They go into snapshots, to replicas, and into bases of append-only files.
//!
//! Source: Redis 7.2.4, RDB opcode 245, `FUNCTION LOAD` in append-only files.

use crate::resp::request::Args;

/// The libraries, in the order in which they came.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Libraries(Vec<Box<[u8]>>);

impl Libraries {
    /// Takes one in; it replaces that of the same name.
    pub fn add(&mut self, code: &[u8]) {
        match self.0.iter_mut().find(|old| name(old) == name(code)) {
            Some(old) => *old = code.into(),
            None => self.0.push(code.into()),
        }
    }

    /// The sources.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// Carries out `FUNCTION LOAD [REPLACE] code`, `FUNCTION DELETE name` or `FUNCTION FLUSH [ASYNC|SYNC]`, as they stand
    /// in append-only files. False for anything else.
    pub fn replay(&mut self, args: Args<'_>) -> bool {
        let is =
            |at: usize, word: &str| args.get(at).is_some_and(|arg| arg.eq_ignore_ascii_case(word.as_bytes()));
        if !is(0, "function") {
            return false;
        }
        match args.len() {
            3 if is(1, "load") => self.add(&args[2]),
            4 if is(1, "load") && is(2, "replace") => self.add(&args[3]),
            3 if is(1, "delete") => self.0.retain(|code| name(code) != Some(&args[2])),
            2 | 3 if is(1, "flush") => self.0.clear(),
            _ => return false,
        }
        true
    }
}

/// The name in a source's first line: `#!engine name=NAME`.
fn name(code: &[u8]) -> Option<&[u8]> {
    let line = code.split(|b| *b == b'\n').next()?.strip_prefix(b"#!")?;
    line.split(|b| b.is_ascii_whitespace()).find_map(|word| word.strip_prefix(b"name="))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::request::push_request;

    fn replay(libraries: &mut Libraries, words: &[&str]) -> bool {
        let mut request = Vec::new();
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        push_request(&mut request, &words);
        let mut records = crate::format::aof::Records::default();
        let step = records.next(&request);
        assert_eq!(step, Ok(crate::format::aof::Step::Command(request.len())));
        libraries.replay(Args::new(&request, &records.spans))
    }

    #[test]
    fn a_library_replaces_that_of_its_name() {
        let mut libraries = Libraries::default();
        let (a, b, c) = ("#!lua name=a\n1", "#!lua  name=b \n2", "#!lua name=a\n3");
        assert!(
            replay(&mut libraries, &["FUNCTION", "LOAD", a])
                && replay(&mut libraries, &["function", "load", b])
        );
        assert!(replay(&mut libraries, &["FUNCTION", "load", "Replace", c]));
        assert!(libraries.iter().eq([c.as_bytes(), b.as_bytes()]));
        assert!(replay(&mut libraries, &["function", "delete", "a"]));
        assert!(libraries.iter().eq([b.as_bytes()]));
        for other in
            [&["function", "restore", "x"][..], &["function", "load"], &["set", "k", "v"], &["function"]]
        {
            assert!(!replay(&mut libraries, other));
        }
        assert!(replay(&mut libraries, &["function", "flush", "async"]) && libraries == Libraries::default());
    }
}
