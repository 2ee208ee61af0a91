//! Comparing printed text where some of it differs from run to run.
//!
//! A mask replaces what cannot be the same twice; what is left must be equal line by line.

/// Field lines (`name:value`, CRLF or LF) as pairs, in order; headings and empty lines left out.
pub fn fields(info: &str) -> Vec<(String, String)> {
    info.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.trim_end().split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// What a mask leaves as it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// Replication ids (other than forty zeros) only: nothing has happened yet that has an offset.
    Ids,
    /// Also offsets, lags and ages.
    Numbers,
}

/// Fields whose numbers depend on when one looks. `-1` stays, it means "none".
const VARYING: [&str; 9] = [
    "master_last_io_seconds_ago:",
    "master_link_down_since_seconds:",
    "slave_read_repl_offset:",
    "slave_repl_offset:",
    "master_repl_offset:",
    "second_repl_offset:",
    "repl_backlog_first_byte_offset:",
    "repl_backlog_histlen:",
    "lag=",
];

/// Masks one line.
pub fn mask(line: &str, strictness: Strictness) -> String {
    let mut line = mask_ids(line.trim_end());
    if strictness == Strictness::Ids {
        return line;
    }
    for name in VARYING.iter().copied().chain(["offset="]) {
        line = mask_number(&line, name);
    }
    line
}

fn mask_ids(line: &str) -> String {
    match line.split_once(':') {
        Some((name, id)) if is_id(id) && id.bytes().any(|digit| digit != b'0') => format!("{name}:<id>"),
        _ => line.to_owned(),
    }
}

/// Forty lower-case hex digits.
pub fn is_id(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

/// Replaces the number after `name` where the line, or a field of it after a comma, starts with it.
fn mask_number(line: &str, name: &str) -> String {
    let Some(at) = line.find(name) else { return line.to_owned() };
    if at != 0 && !line[..at].ends_with(',') {
        return line.to_owned();
    }
    let number = at + name.len();
    let len = line[number..].bytes().take_while(u8::is_ascii_digit).count();
    if len == 0 {
        return line.to_owned();
    }
    format!("{}<n>{}", &line[..number], &line[number + len..])
}

/// Compares line by line. Lines of `actual` that `extra` accepts may stand between; nothing else may differ.
#[track_caller]
pub fn assert_lines(what: &str, expected: &[String], actual: &[String], extra: impl Fn(&str) -> bool) {
    let mut rest = actual.iter();
    for want in expected {
        let found = rest.by_ref().find(|line| *line == want || !extra(line));
        if found != Some(want) {
            let found = found.map_or("the end", String::as_str);
            panic!(
                "{what}\nexpected: {want}\nfound:    {found}\n--- expected\n{}\n--- found\n{}\n",
                expected.join("\n"),
                actual.join("\n")
            );
        }
    }
    if let Some(line) = rest.find(|line| !extra(line)) {
        panic!("{what}: one line too many: {line}\n--- found\n{}\n", actual.join("\n"));
    }
}
