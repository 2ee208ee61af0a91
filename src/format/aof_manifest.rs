//! The manifest of an append-only file: which files it consists of, in order.
//!
//! ```text
//! file appendonly.aof.2.base.rdb seq 2 type b
//! file appendonly.aof.1.incr.aof seq 1 type h
//! file appendonly.aof.2.incr.aof seq 2 type i
//! ```
//!
//! At most one *base* (`b`), a picture of the data; *increments* (`i`), the commands since then, in order;
//! and *history* (`h`): what a rewrite has made superfluous and nobody has deleted yet. Names stand quoted
//! where they hold blanks or quotes. Lines that begin with `#` are comments; words after the known ones are
//! left for later versions, in pairs.
//!
//! A manifest is changed on a copy, written whole, and replaces the old one in memory only when it has
//! replaced it on disk; so memory and disk never tell different stories.
//!
//! Source: Redis 7.2.4 `aofLoadManifestFromFile`, `getAofManifestAsString` and the functions around them.

use crate::base::bytes::{eq_ignore_case, needs_quotes, quote, split_args};
use crate::base::num::push_i64;

use super::aof::leading_number;

/// Longest line, its end included; MANIFEST_MAX_LINE.
pub const MAX_LINE: usize = 1024;

/// The three kinds of files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Base,
    History,
    Incr,
}

impl Kind {
    /// The letter in the manifest.
    fn letter(self) -> u8 {
        match self {
            Kind::Base => b'b',
            Kind::History => b'h',
            Kind::Incr => b'i',
        }
    }
}

/// One file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileInfo {
    /// Within the folder of the append-only file; never a path.
    pub name: Vec<u8>,
    /// Greater than that of the file before of the same kind.
    pub seq: i64,
}

/// See the head of the file.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Manifest {
    pub base: Option<FileInfo>,
    /// In Redis' order: each rewrite puts its own before the others, increments oldest first and then the base.
    pub history: Vec<FileInfo>,
    /// Oldest first; the last one is written to.
    pub incr: Vec<FileInfo>,
    base_seq: i64,
    incr_seq: i64,
    /// It differs from what is on disk.
    pub dirty: bool,
}

/// What is wrong with a manifest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ManifestError {
    /// Redis' words.
    pub text: &'static str,
    /// Number (from 1) and text of the line, where it is a matter of one.
    pub line: Option<(usize, Vec<u8>)>,
}

impl ManifestError {
    fn whole(text: &'static str) -> ManifestError {
        ManifestError { text, line: None }
    }

    /// What the log says, each with the empty line around it that Redis prints.
    pub fn log_lines(&self) -> Vec<String> {
        let mut lines = vec!["\n*** FATAL AOF MANIFEST FILE ERROR ***\n".to_owned()];
        if let Some((number, text)) = &self.line {
            lines.push(format!("Reading the manifest file, at line {number}\n"));
            lines.push(format!(">>> '{}'\n", String::from_utf8_lossy(text)));
        }
        lines.push(format!("{}\n", self.text));
        lines
    }
}

/// What a line is that does not fit the grammar.
const INVALID: &str = "Invalid AOF manifest file format";

/// Whether a name is one within a folder.
fn is_plain_name(name: &[u8]) -> bool {
    !name.contains(&b'/') && !name.contains(&b'\\')
}

/// The file a line names and the letter of its kind.
fn read_line(line: &[u8]) -> Result<(FileInfo, u8), &'static str> {
    let words = split_args(line).ok_or(INVALID)?;
    if words.len() < 6 || !words.len().is_multiple_of(2) {
        return Err(INVALID);
    }
    let (mut name, mut seq, mut letter) = (None, 0, 0);
    for pair in words.chunks_exact(2) {
        let (key, value) = (&pair[0], &pair[1]);
        if eq_ignore_case(key, b"file") {
            if !is_plain_name(value) {
                return Err("File can't be a path, just a filename");
            }
            name = Some(value.clone());
        } else if eq_ignore_case(key, b"seq") {
            seq = leading_number(value);
        } else if eq_ignore_case(key, b"type") {
            letter = value.first().copied().unwrap_or(0);
        }
    }
    match name {
        Some(name) if !name.is_empty() && seq != 0 && letter != 0 => Ok((FileInfo { name, seq }, letter)),
        _ => Err(INVALID),
    }
}

/// Appends a file's line.
fn push_line(out: &mut Vec<u8>, file: &FileInfo, letter: u8) {
    out.extend_from_slice(b"file ");
    if needs_quotes(&file.name) {
        quote(out, &file.name);
    } else {
        out.extend_from_slice(&file.name);
    }
    out.extend_from_slice(b" seq ");
    push_i64(out, file.seq);
    out.extend_from_slice(b" type ");
    out.extend_from_slice(&[letter, b'\n']);
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// For anything Redis would not start with.
    pub fn parse(text: &[u8]) -> Result<Manifest, ManifestError> {
        if text.is_empty() {
            return Err(ManifestError::whole("Found an empty AOF manifest"));
        }
        let mut manifest = Manifest::default();
        for (i, whole) in text.split_inclusive(|b| *b == b'\n').enumerate() {
            if whole[0] == b'#' && whole.len() <= MAX_LINE {
                continue;
            }
            // A line without its end counts as one that is too long, as in Redis.
            if whole.len() > MAX_LINE || !whole.ends_with(b"\n") || whole.contains(&0) {
                return Err(ManifestError::whole("The AOF manifest file contains too long line"));
            }
            let line = whole.trim_ascii();
            let fail = |text| ManifestError { text, line: Some((i + 1, line.to_vec())) };
            let (file, letter) = read_line(line).map_err(fail)?;
            // Quoted it may be longer than it was; what we would write then, nobody could read.
            let mut written = Vec::new();
            push_line(&mut written, &file, letter);
            if written.len() > MAX_LINE {
                return Err(fail(INVALID));
            }
            manifest.take(file, letter).map_err(fail)?;
        }
        Ok(manifest)
    }

    fn take(&mut self, file: FileInfo, letter: u8) -> Result<(), &'static str> {
        match letter {
            b'b' if self.base.is_some() => return Err("Found duplicate base file information"),
            b'b' => {
                self.base_seq = file.seq;
                self.base = Some(file);
            }
            b'h' => self.history.push(file),
            b'i' if file.seq <= self.incr_seq => return Err("Found a non-monotonic sequence number"),
            b'i' => {
                self.incr_seq = file.seq;
                self.incr.push(file);
            }
            _ => return Err("Unknown AOF file type"),
        }
        Ok(())
    }

    /// The text of the file.
    pub fn text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let all = (self.base.iter().map(|file| (file, Kind::Base)))
            .chain(self.history.iter().map(|file| (file, Kind::History)))
            .chain(self.incr.iter().map(|file| (file, Kind::Incr)));
        all.for_each(|(file, kind)| push_line(&mut out, file, kind.letter()));
        out
    }

    /// Nothing that would have to be loaded.
    pub fn is_empty(&self) -> bool {
        self.base.is_none() && self.incr.is_empty()
    }

    /// The files to be loaded, in order.
    pub fn loaded(&self) -> impl Iterator<Item = &FileInfo> {
        self.base.iter().chain(&self.incr)
    }

    /// The old single file becomes the base.
    pub fn adopt_old(&mut self, name: &[u8]) {
        self.base = Some(FileInfo { name: name.to_vec(), seq: 1 });
        self.base_seq = 1;
        self.dirty = true;
    }

    /// Names a new base, in the form of a snapshot or of commands; the one before becomes history.
    pub fn new_base(&mut self, prefix: &[u8], snapshot: bool) -> Vec<u8> {
        if let Some(old) = self.base.take() {
            self.history.insert(0, old);
        }
        self.base_seq = self.base_seq.saturating_add(1);
        let name = named(prefix, self.base_seq, if snapshot { b".base.rdb" } else { b".base.aof" });
        self.base = Some(FileInfo { name: name.clone(), seq: self.base_seq });
        self.dirty = true;
        name
    }

    /// Names a new increment, the one to be written to from now on.
    pub fn new_incr(&mut self, prefix: &[u8]) -> Vec<u8> {
        self.incr_seq = self.incr_seq.saturating_add(1);
        let name = named(prefix, self.incr_seq, b".incr.aof");
        self.incr.push(FileInfo { name: name.clone(), seq: self.incr_seq });
        self.dirty = true;
        name
    }

    /// The increment that is written to; a new one when there is none.
    pub fn last_incr(&mut self, prefix: &[u8]) -> Vec<u8> {
        match self.incr.last() {
            Some(last) => last.name.clone(),
            None => self.new_incr(prefix),
        }
    }

    /// A new base contains the increments: they become history, but for the one still `written` to.
    pub fn retire_incr(&mut self, written: bool) {
        let kept = self.incr.len().saturating_sub(usize::from(written));
        if self.incr.is_empty() {
            return;
        }
        for old in self.incr.drain(..kept).rev() {
            self.history.insert(0, old);
        }
        self.dirty = true;
    }
}

fn named(prefix: &[u8], seq: i64, suffix: &[u8]) -> Vec<u8> {
    let mut name = prefix.to_vec();
    name.push(b'.');
    push_i64(&mut name, seq);
    name.extend_from_slice(suffix);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "file appendonly.aof.2.base.rdb seq 2 type b\n\
                        file appendonly.aof.1.incr.aof seq 1 type h\n\
                        file \"a b\\n.aof\" seq 4 type i\n\
                        file appendonly.aof.5.incr.aof seq 5 type i\n";

    fn error(text: &str) -> (&'static str, Option<usize>) {
        let e = Manifest::parse(text.as_bytes()).unwrap_err();
        (e.text, e.line.map(|(number, _)| number))
    }

    #[test]
    fn text_and_manifest_are_the_same_thing() {
        let read = Manifest::parse(TEXT.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(read.text()).unwrap(), TEXT);
        assert_eq!(read.loaded().map(|file| file.seq).collect::<Vec<_>>(), [2, 4, 5]);
        assert_eq!(read.incr[0].name, b"a b\n.aof");
        // Comments, blanks, capitals, words of later versions.
        let wide = "# note\n\t TYPE b  SEQ 3junk File x new word \r\n";
        let read = Manifest::parse(wide.as_bytes()).unwrap();
        assert_eq!(read.text(), b"file x seq 3 type b\n");
        let apostrophe = b"file \"it's.aof\" seq 3 type b\n";
        assert_eq!(Manifest::parse(apostrophe).unwrap().text(), apostrophe);
        assert!(Manifest::parse(b"#only this").unwrap().is_empty());
    }

    #[test]
    fn what_is_wrong_is_said_in_redis_words() {
        assert_eq!(error(""), ("Found an empty AOF manifest", None));
        assert_eq!(error("\n"), (INVALID, Some(1)));
        assert_eq!(error("file x seq 1 type\n"), (INVALID, Some(1)));
        assert_eq!(error("file x seq 1 typo b\n"), (INVALID, Some(1)));
        assert_eq!(error("file x seq zero type b\n"), (INVALID, Some(1)));
        assert_eq!(error("file x seq 1 type ''\n"), (INVALID, Some(1)));
        assert_eq!(error("file \"\" seq 1 type i\n"), (INVALID, Some(1)));
        let unprintable = format!("file {} seq 1 type b\n", "\u{1}".repeat(254));
        assert_eq!(error(&unprintable), (INVALID, Some(1)));
        assert_eq!(error("file \"x seq 1 type b\n"), (INVALID, Some(1)));
        let path = "File can't be a path, just a filename";
        assert_eq!(error("#\nfile a/x seq 1 type b\n"), (path, Some(2)));
        assert_eq!(error("file x seq 1 type z\n"), ("Unknown AOF file type", Some(1)));
        let twice = "file x seq 1 type b\nfile y seq 2 type b\n";
        assert_eq!(error(twice), ("Found duplicate base file information", Some(2)));
        let disorder = "file x seq 2 type i\nfile y seq 2 type i\n";
        assert_eq!(error(disorder), ("Found a non-monotonic sequence number", Some(2)));
        let long = "The AOF manifest file contains too long line";
        assert_eq!(error("file x seq 1 type b"), (long, None));
        assert_eq!(error("file x\0 seq 1 type b\n"), (long, None));
        assert_eq!(error(&format!("file {} seq 1 type b\n", "x".repeat(1100))), (long, None));
        let lines = Manifest::parse(b"file x\n").unwrap_err().log_lines();
        assert_eq!(lines[1..3], ["Reading the manifest file, at line 1\n", ">>> 'file x'\n"]);
    }

    #[test]
    fn any_bytes_are_read_or_refused() {
        let text = TEXT.as_bytes();
        for at in 0..text.len() {
            for flip in [0x01, 0x20, 0x80] {
                let mut bad = text.to_vec();
                bad[at] ^= flip;
                if let Ok(read) = Manifest::parse(&bad) {
                    let again = Manifest::parse(&read.text()).unwrap();
                    assert_eq!(again.text(), read.text());
                }
            }
            let _ = Manifest::parse(&text[..at]);
        }
    }

    #[test]
    fn a_rewrite_turns_files_into_history() {
        let mut m = Manifest::default();
        assert_eq!(m.last_incr(b"a"), b"a.1.incr.aof");
        assert_eq!(m.last_incr(b"a"), b"a.1.incr.aof");
        assert_eq!(m.new_incr(b"a"), b"a.2.incr.aof");
        assert_eq!(m.new_base(b"a", true), b"a.1.base.rdb");
        m.retire_incr(true);
        assert_eq!(m.text(), b"file a.1.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type h\nfile a.2.incr.aof seq 2 type i\n");
        m.new_incr(b"a");
        m.new_base(b"a", false);
        m.retire_incr(false);
        let names: Vec<_> = m.history.iter().map(|f| String::from_utf8_lossy(&f.name).into_owned()).collect();
        assert_eq!(names, ["a.2.incr.aof", "a.3.incr.aof", "a.1.base.rdb", "a.1.incr.aof"]);
        assert_eq!(m.base.as_ref().map(|f| f.name.as_slice()), Some(b"a.2.base.aof".as_slice()));
        m.adopt_old(b"a");
        assert!(m.dirty && m.incr.is_empty());
    }
}
