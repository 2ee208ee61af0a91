//! The rules of the house, checked on the text of the sources.
//!
//! Floors and blindness between siblings, sizes of files and functions, calls that have no place, `unsafe` only where
//! it is expected and explained, a head in every file, an example for every option. The checks read text, not syntax
//! trees: comments and literals are blanked first ([`Source::code`]), braces are counted, and that is precise enough
//! for code that rustfmt has laid out.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use replis::state::config_table;

/// Floors from the ground up. A module may use lower floors and its own folder; those on one floor are blind to each
/// other. Macros exported at the crate's root are those of `base::log`.
const FLOORS: &[&[&str]] = &[
    &["base"],
    &["ds", "resp", "net"],
    &["object"],
    &["keyspace", "format"],
    &["state"],
    &["core"],
    &["persist"],
    &["repl", "script"],
    &["cmd"],
    &["serve"],
];
/// Files that wire the floors together.
const FREE: &[&str] = &["main.rs", "lib.rs", "cli.rs", "cli/", "check_aof.rs", "check_rdb.rs"];

const MAX_FILE_LINES: usize = 800;
const MAX_TEST_FILE_LINES: usize = 1000;
const MAX_FUNCTION_LINES: usize = 70;

/// A call and where it may stand: beginnings of paths below `src/`.
const BANNED: &[(&str, &[&str])] = &[
    ("todo!", &[]),
    ("unimplemented!", &[]),
    ("dbg!", &[]),
    (".unwrap()", &[]),
    // A server talks through its log. What is printed before there is one, and what tools print, is no log.
    ("println!", &["main.rs", "cli", "check_aof.rs", "check_rdb.rs", "serve/boot.rs", "cmd/tools.rs"]),
    ("print!", &["main.rs", "cli", "check_aof.rs", "check_rdb.rs", "serve/boot.rs", "cmd/tools.rs"]),
    ("process::exit", &["main.rs", "serve/"]),
    ("SystemTime::now", &["base/"]),
];

/// The only files with `unsafe` in them.
const UNSAFE: &[&str] = &[
    "base/collate.rs",
    "base/heap.rs",
    "base/log.rs",
    "base/tsc.rs",
    "ds/sorted.rs",
    "ds/sorted/element.rs",
    "ds/table.rs",
    "ds/table/bucket.rs",
    "ds/table/tests.rs",
    "ds/table_scan.rs",
    "net/listener.rs",
    "net/signals.rs",
    "net/stream.rs",
    "object/entry.rs",
    "object/field.rs",
    "object/member.rs",
    "serve/cpus.rs",
    "serve/fork.rs",
    "serve/process.rs",
    "serve/title.rs",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A source file.
struct Source {
    /// Below `src/`.
    name: String,
    text: String,
    /// The text with comments, strings and characters blanked: same length, same lines.
    code: String,
    /// Byte ranges that are compiled for tests only.
    tests: Vec<Range<usize>>,
}

impl Source {
    fn read(path: &Path, below: &Path) -> Source {
        let text = fs::read_to_string(path).unwrap();
        let code = blank(&text);
        let tests = test_ranges(&code);
        Source { name: path.strip_prefix(below).unwrap().to_str().unwrap().to_owned(), text, code, tests }
    }

    fn line_of(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }

    fn is_tests(&self, at: usize) -> bool {
        self.is_test_file() || self.tests.iter().any(|range| range.contains(&at))
    }

    fn is_test_file(&self) -> bool {
        self.name.ends_with("tests.rs") || self.name.contains("/tests/")
    }

    /// `a/b.rs` and `a/b/mod.rs` are module `a::b`.
    fn depth(&self) -> usize {
        let name = self.name.trim_end_matches(".rs").trim_end_matches("/mod");
        name.split('/').count()
    }

    fn at(&self, at: usize) -> String {
        format!("src/{}:{}", self.name, self.line_of(at))
    }
}

fn sources() -> Vec<Source> {
    let below = root().join("src");
    let mut sources: Vec<Source> = files(&below)
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .map(|path| Source::read(path, &below))
        .collect();
    sources.sort_by(|one, other| one.name.cmp(&other.name));
    assert!(sources.len() > 50, "the sources are not where they were");
    sources
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// Fails with all complaints at once.
#[track_caller]
fn none(rule: &str, complaints: Vec<String>) {
    assert!(complaints.is_empty(), "{rule}:\n{}\n", complaints.join("\n"));
}

/// Blanks comments and literals.
fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = literal_end(bytes, at);
        for byte in &mut code[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end.max(at + 1);
    }
    String::from_utf8(code).unwrap()
}

/// End of the comment or literal that starts here; `at` when none does.
fn literal_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let word_before = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    if rest.starts_with(b"//") {
        return at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    }
    if rest.starts_with(b"/*") {
        return at + find(rest, b"*/").map_or(rest.len(), |end| end + 2);
    }
    let raw = rest.strip_prefix(b"b").unwrap_or(rest);
    if !word_before && raw.starts_with(b"r") {
        let hashes = raw[1..].iter().take_while(|byte| **byte == b'#').count();
        if raw.get(1 + hashes) == Some(&b'"') {
            let close: Vec<u8> = [&b"\""[..], &b"#".repeat(hashes)].concat();
            let start = rest.len() - raw.len() + 2 + hashes;
            return at + find(&rest[start..], &close).map_or(rest.len(), |end| start + end + close.len());
        }
    }
    match rest[0] {
        b'"' => at + quoted_len(rest, b'"'),
        // A character, not a lifetime: an escape, or closed after one character.
        b'\'' if rest.get(1) == Some(&b'\\') => at + quoted_len(rest, b'\''),
        b'\'' => {
            let width = rest[1..].iter().skip(1).take_while(|byte| **byte & 0xC0 == 0x80).count() + 2;
            if rest.get(width) == Some(&b'\'') { at + width + 1 } else { at }
        }
        _ => at,
    }
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

fn quoted_len(bytes: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

/// Position after the brace that closes the first one opened at or after `from`; `None` when a `;` comes first.
fn block_end(code: &str, from: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut brackets = 0_i32;
    for (at, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'(' | b'[' => brackets += 1,
            b')' | b']' => brackets -= 1,
            b'{' => depth += 1,
            b'}' if depth <= 1 => return Some(at + 1),
            b'}' => depth -= 1,
            b';' if depth == 0 && brackets == 0 => return None,
            _ => {}
        }
    }
    None
}

/// Items behind `#[cfg(test)]`.
fn test_ranges(code: &str) -> Vec<Range<usize>> {
    code.match_indices("#[cfg(test)]")
        .filter_map(|(at, mark)| block_end(code, at + mark.len()).map(|end| at..end))
        .collect()
}

/// Words `name` of `code` at word boundaries.
fn words<'a>(code: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    code.match_indices(name).map(|(at, _)| at).filter(move |at| {
        let bytes = code.as_bytes();
        let starts =
            name.starts_with('.') || !is_word(at.checked_sub(1).and_then(|before| bytes.get(before)));
        starts && !is_word(bytes.get(at + name.len()))
    })
}

fn floor_of(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// Names right below the crate's root that the file uses, with their positions.
fn uses(source: &Source) -> Vec<(usize, String)> {
    let code = &source.code;
    let ident = |from: usize| {
        code[from..].chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect::<String>()
    };
    let mut found = Vec::new();
    for at in words(code, "crate") {
        let Some(rest) = code[at..].strip_prefix("crate::") else { continue };
        let from = at + "crate::".len();
        if rest.starts_with('{') {
            let end = block_end(code, from).unwrap_or(code.len());
            let mut depth = 0;
            for (offset, char) in code[from..end].char_indices() {
                match char {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                let first = matches!(char, '{' | ',') && depth == 1;
                if first {
                    let name = from + offset + 1;
                    let blanks = code[name..].len() - code[name..].trim_start().len();
                    found.push((name, ident(name + blanks)));
                }
            }
        } else {
            found.push((at, ident(from)));
        }
    }
    // `super::super::…` up to the root.
    let to_root = "super::".repeat(source.depth());
    for (at, _) in code.match_indices(&to_root) {
        if !code[..at].ends_with("super::") {
            found.push((at, ident(at + to_root.len())));
        }
    }
    found
}

#[test]
fn floors_use_lower_floors_only() {
    let mut complaints = Vec::new();
    for source in sources() {
        if FREE.iter().any(|free| source.name.starts_with(free)) {
            continue;
        }
        let own = source.name.split(['/', '.']).next().unwrap();
        let Some(own_floor) = floor_of(own) else {
            complaints.push(format!("src/{}: on no floor", source.name));
            continue;
        };
        for (at, used) in uses(&source) {
            let allowed = match floor_of(&used) {
                Some(floor) => used == own || floor < own_floor,
                None => {
                    used.starts_with("log_") || used.is_empty() || !root().join("src").join(&used).exists()
                }
            };
            if !allowed {
                complaints.push(format!("{}: {own} uses {used}", source.at(at)));
            }
        }
    }
    none("a module uses lower floors and its own folder", complaints);
}

#[test]
fn files_have_a_bearable_size() {
    let complaints = sources()
        .iter()
        .map(|source| (source, source.text.lines().count()))
        .filter(|(source, len)| {
            *len > if source.is_test_file() { MAX_TEST_FILE_LINES } else { MAX_FILE_LINES }
        })
        .map(|(source, len)| format!("src/{}: {len} lines", source.name))
        .collect();
    none("files have 800 lines at most, tests 1000", complaints);
}

#[test]
fn functions_have_a_bearable_size() {
    let mut complaints = Vec::new();
    for source in sources() {
        for at in words(&source.code, "fn").filter(|at| !source.is_tests(*at)) {
            let Some(end) = block_end(&source.code, at) else { continue };
            let lines = source.line_of(end - 1) - source.line_of(at) + 1;
            if lines > MAX_FUNCTION_LINES && !explained(&source, at) {
                complaints.push(format!("{}: {lines} lines", source.at(at)));
            }
        }
    }
    none("functions have 70 lines at most, or a comment `// long: why` above them", complaints);
}

/// A `// long:` among the comments and attributes right above.
fn explained(source: &Source, at: usize) -> bool {
    lines_above(source, at)
        .any(|line| line.strip_prefix("// long:").is_some_and(|why| !why.trim().is_empty()))
}

/// Comment and attribute lines right above the line of `at`, nearest first.
fn lines_above(source: &Source, at: usize) -> impl Iterator<Item = &str> {
    let line = source.text[..at].rfind('\n').map_or(0, |end| end + 1);
    source.text[..line]
        .lines()
        .rev()
        .map(str::trim)
        .take_while(|line| line.starts_with("//") || line.starts_with("#["))
}

#[test]
fn calls_that_have_no_place() {
    let mut complaints = Vec::new();
    for source in sources() {
        for (call, places) in BANNED {
            if places.iter().any(|place| source.name.starts_with(place)) {
                continue;
            }
            let found = source.code.match_indices(call).filter(|(at, _)| !source.is_tests(*at));
            complaints.extend(found.map(|(at, _)| format!("{}: {call}", source.at(at))));
        }
    }
    none("calls that have no place there", complaints);
}

#[test]
fn unsafe_stands_in_named_files_and_is_explained() {
    let mut complaints = Vec::new();
    let mut used = BTreeSet::new();
    for source in sources() {
        for at in words(&source.code, "unsafe") {
            // `unsafe_op_in_unsafe_fn` and the like are other words; a bare `unsafe fn(..)` is a type.
            used.insert(source.name.clone());
            let after = source.code[at + "unsafe".len()..].trim_start();
            if (after.starts_with('{') || after.starts_with("impl")) && !has_safety_line(&source, at) {
                complaints.push(format!("{}: no SAFETY line", source.at(at)));
            }
        }
    }
    let named: BTreeSet<String> = UNSAFE.iter().map(|name| name.to_string()).collect();
    complaints
        .extend(used.difference(&named).map(|name| format!("src/{name}: not in the list of tests/tidy.rs")));
    complaints
        .extend(named.difference(&used).map(|name| format!("src/{name}: in the list, but has no unsafe")));
    none("unsafe code", complaints);
}

/// `SAFETY:` in the comment above the statement, which may have begun a few lines before.
fn has_safety_line(source: &Source, at: usize) -> bool {
    let here = source.text[..at].lines().count();
    let lines: Vec<&str> = source.text.lines().collect();
    let mut comment_seen = false;
    for line in lines[here.saturating_sub(12)..here].iter().rev() {
        if line.contains("SAFETY:") {
            return true;
        }
        let is_comment = line.trim_start().starts_with("//");
        if comment_seen && !is_comment {
            return false;
        }
        comment_seen |= is_comment;
    }
    false
}

#[test]
fn every_file_begins_with_its_design() {
    let complaints = sources()
        .iter()
        .filter(|source| !source.is_test_file() && !source.text.starts_with("//! "))
        .map(|source| format!("src/{}", source.name))
        .collect();
    none("every file begins with //!", complaints);
}

/// Files that are handed out: no traces of the machine they were written on.
#[test]
fn no_paths_of_one_machine() {
    let mut paths: Vec<PathBuf> =
        ["README.md", "redis.conf.example", "Cargo.toml"].iter().map(|name| root().join(name)).collect();
    for folder in ["src", "tests", "scripts", ".ci"] {
        paths.extend(files(&root().join(folder)));
    }
    // Written apart, so that this file does not hold them.
    let traces = [["/wo", "rk/"], ["/ho", "me/"], ["/ro", "ot/"], ["/r7", "24"]].map(|parts| parts.concat());
    let mut complaints = Vec::new();
    for path in paths {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for (number, line) in text.lines().enumerate() {
            if traces.iter().any(|trace| line.contains(trace.as_str())) {
                complaints.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    none("paths of one machine", complaints);
}

#[test]
fn every_option_has_its_line_in_the_example() {
    let example = fs::read_to_string(root().join("redis.conf.example")).unwrap();
    let shown: BTreeSet<&str> = example
        .lines()
        .filter(|line| !line.starts_with("##"))
        .filter_map(|line| line.trim_start_matches("# ").split_whitespace().next())
        .collect();
    let complaints = config_table::rows()
        .filter(|row| !row.is(config_table::HIDDEN) && !shown.contains(row.name))
        .map(|row| row.name.to_owned())
        .collect();
    none("options missing in redis.conf.example", complaints);
}

#[test]
fn the_example_names_no_unknown_option() {
    let example = fs::read_to_string(root().join("redis.conf.example")).unwrap();
    let complaints = example
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| config_table::lookup(name.as_bytes()).is_none())
        .map(str::to_owned)
        .collect();
    none("unknown options in redis.conf.example", complaints);
}

#[test]
fn the_checks_themselves_see_what_they_should() {
    let text = "fn a() { \"}\"; '}'; '\\''; b'{'; r#\"} \"#; /* } */ } // }\nfn b<'a>(x: &'a str) {}\n";
    let code = blank(text);
    assert_eq!(code.len(), text.len());
    assert_eq!(block_end(&code, 0), Some(text.find(" // }").unwrap()));
    assert!(code.contains("fn b<'a>(x: &'a str) {}"));
    let code = "use crate::{base::x, cmd::{y, z}};\nlet a = crate::repl::b; crate::log_notice!(c);\n";
    let source =
        Source { name: "state/x.rs".into(), text: code.into(), code: code.into(), tests: Vec::new() };
    let names: Vec<String> = uses(&source).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["base", "cmd", "repl", "log_notice"]);
    assert_eq!(test_ranges("a\n#[cfg(test)]\nmod tests { x }\nb"), [Range { start: 2, end: 30 }]);
}
