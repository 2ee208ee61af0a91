//! Whether two raw answers count as equal under a step's [`Check`].

use super::step::Check;
use super::wire::Tree;

/// Words of CLIENT LIST and lines of INFO whose value belongs to the process, not to its history.
const MASKED: &[&str] = &["id", "addr", "laddr", "fd", "age", "idle", "qbuf-free", "rbs", "rbp", "tot-mem"];

/// Words that 7.2 adds.
const ADDED: &[&str] = &["lib-name", "lib-ver"];

/// The last line of each help, before 7.2 and since.
const HINTS: (&[u8], &[u8]) = (b"+    Prints this help.\r\n", b"+    Print this help.\r\n");

/// Why the answers differ; `None` when they count as equal.
pub fn differ(check: &Check, ours: &[u8], real: &[u8]) -> Option<String> {
    if ours == real {
        return None;
    }
    // Alone or within the answer of an EXEC.
    if let Some(at) = memchr::memmem::find(real, HINTS.0) {
        let real = [&real[..at], HINTS.1, &real[at + HINTS.0.len()..]].concat();
        return differ(check, ours, &real);
    }
    let (Some(a), Some(b)) = (Tree::of(ours), Tree::of(real)) else {
        return Some("the bytes differ".into());
    };
    match check {
        Check::Kind if a.kind() == b.kind() && a.is_null() == b.is_null() => None,
        Check::Near(slack) => match (a.int(), b.int()) {
            (Some(x), Some(y)) if (x < 0) == (y < 0) && x.abs_diff(y) <= *slack as u64 => None,
            _ => Some(format!("further apart than {slack}")),
        },
        Check::AnyOrder => (sorted(&a, 1)? != sorted(&b, 1)?).then(|| "other elements".into()),
        Check::AnyPairs => (sorted(&a, 2)? != sorted(&b, 2)?).then(|| "other pairs".into()),
        Check::Shape => (!same_shape(&a, &b)).then(|| "another shape".into()),
        Check::Times => (timeless(a) != timeless(b)).then(|| "other than times".into()),
        Check::Fields => fields(&a, &b),
        Check::Hello => (masked_hello(a) != masked_hello(b)).then(|| "other fields".into()),
        Check::Role => (masked_role(a) != masked_role(b)).then(|| "other than the offset".into()),
        Check::InfoNames => info_names(&a, &b),
        Check::ConfigAll => settings(&a, &b),
        Check::Names => names(&a, &b),
        _ => Some("the bytes differ".into()),
    }
}

/// What XINFO tells of times.
const TIMES: &[&str] = &["idle", "inactive", "seen-time", "active-time"];

/// The reply without times: named ones go, those of pending entries (id, owner if told, time, deliveries) become 0.
fn timeless(tree: Tree) -> Tree {
    let (sign, items) = match tree {
        Tree::Many(sign, Some(items)) => (sign, items),
        one => return one,
    };
    let mut kept: Vec<Tree> = Vec::new();
    let mut items = items.into_iter();
    while let Some(item) = items.next() {
        if item.text().is_some_and(|text| TIMES.iter().any(|name| text == name.as_bytes())) {
            items.next();
        } else {
            kept.push(timeless(item));
        }
    }
    if let [.., time, count] = kept.as_mut_slice()
        && time.int().is_some()
        && count.int().is_some()
    {
        *time = Tree::of(b":0\r\n").unwrap();
    }
    Tree::Many(sign, Some(kept))
}

/// Whether both are built alike.
fn same_shape(a: &Tree, b: &Tree) -> bool {
    a.kind() == b.kind()
        && a.is_null() == b.is_null()
        && match (a.items(), b.items()) {
            (Some(x), Some(y)) => x.len() == y.len() && x.iter().zip(y).all(|(a, b)| same_shape(a, b)),
            // An error is compared to the letter.
            (None, None) => a.kind() != b'-' || a == b,
            _ => false,
        }
}

/// The elements in order, `each` of them together; pairs stay together in maps.
fn sorted(tree: &Tree, each: usize) -> Option<(u8, Vec<&[Tree]>)> {
    let each = if tree.kind() == b'%' { 2 } else { each };
    let mut items: Vec<&[Tree]> = tree.items().unwrap_or(std::slice::from_ref(tree)).chunks(each).collect();
    items.sort();
    Some((tree.kind(), items))
}

fn fields(a: &Tree, b: &Tree) -> Option<String> {
    let (Some(x), Some(y)) = (a.text(), b.text()) else { return Some("no text".into()) };
    if a.kind() != b.kind() {
        return Some("another type".into());
    }
    let (x, y) = (String::from_utf8_lossy(x), String::from_utf8_lossy(y));
    let (x, y): (Vec<_>, Vec<_>) =
        (x.lines().map(masked_words).collect(), y.lines().map(masked_words).collect());
    (x != y).then(|| format!("masked, ours:\n    {}\n  real:\n    {}", x.join("\n    "), y.join("\n    ")))
}

/// Commands that 7.0 does not know: there the last command is none.
const NEW_COMMANDS: &[&str] = &["client|no-touch", "client|setinfo"];

/// A line of CLIENT LIST with what may differ masked.
fn masked_words(line: &str) -> String {
    // RESP3 sends these texts as verbatim strings, whose first bytes name their form.
    let line = line.strip_prefix("txt:").unwrap_or(line);
    // What LZF makes of a long string is each compressor's own affair, and 7.2 has other encodings for some
    // collections, which OBJECT ENCODING shows.
    let packed = !line.contains("encoding:int ");
    let strings = ["encoding:raw", "encoding:embstr", "encoding:int "].iter().any(|e| line.contains(e));
    let words = line.split(' ').filter_map(|word| match word.split_once('=') {
        Some((name, _)) if ADDED.contains(&name) => None,
        Some((name, _)) if MASKED.contains(&name) => Some(format!("{name}=_")),
        None if word.starts_with("at:") || word.starts_with("lru") => None,
        None if !strings && (word.starts_with("encoding:") || word.starts_with("ql_")) => None,
        None if packed && word.starts_with("serializedlength:") => None,
        Some(("cmd", name)) if NEW_COMMANDS.contains(&name) => Some("cmd=NULL".to_owned()),
        // NO-TOUCH (T) is new, and since 7.2 RESET takes NO-EVICT (e) back.
        Some(("flags", flags)) => Some(format!("flags={}", flags.trim_matches(['T', 'e', 'N']))),
        _ => Some(word.to_owned()),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// HELLO's map with version and id taken out. Its order is part of the answer.
fn masked_hello(tree: Tree) -> Tree {
    let Tree::Many(kind, Some(mut items)) = tree else { return tree };
    for i in (1..items.len()).step_by(2) {
        if matches!(items[i - 1].text(), Some(b"version" | b"id")) {
            items[i] = Tree::Line(b'_', Vec::new());
        }
    }
    Tree::Many(kind, Some(items))
}

fn masked_role(tree: Tree) -> Tree {
    let Tree::Many(kind, Some(mut items)) = tree else { return tree };
    if items.len() == 3 && items[1].int().is_some() {
        items[1] = Tree::Line(b'_', Vec::new());
    }
    Tree::Many(kind, Some(items))
}

/// Options whose value belongs to one server, or that only one of the versions shows.
const OWN_SETTINGS: &[&str] = &[
    "port",
    "dir",
    "logfile",
    "pidfile",
    "unixsocket",
    "aof-disable-auto-gc",
    "bind",
    "proc-title-template",
];

fn settings(a: &Tree, b: &Tree) -> Option<String> {
    let (Some(x), Some(y)) = (a.items(), b.items()) else { return Some("no map".into()) };
    if a.kind() != b.kind() {
        return Some("another type".into());
    }
    let wrong: Vec<String> = y
        .chunks(2)
        .filter(|pair| {
            pair[0].text().is_none_or(|name| OWN_SETTINGS.iter().all(|own| own.as_bytes() != name))
        })
        .filter(|pair| !x.chunks(2).any(|ours| ours == *pair))
        .map(|pair| format!("{pair:?}"))
        .collect();
    (!wrong.is_empty()).then(|| format!("CONFIG GET lacks {wrong:?}"))
}

fn names(a: &Tree, b: &Tree) -> Option<String> {
    let each = |tree: &Tree| -> Vec<Tree> {
        tree.items().unwrap_or_default().chunks(2).map(|pair| pair[0].clone()).collect()
    };
    let (x, y) = (each(a), each(b));
    (a.kind() != b.kind() || x != y).then(|| format!("names, ours {x:?}, real {y:?}"))
}

fn info_names(a: &Tree, b: &Tree) -> Option<String> {
    let (Some(x), Some(y)) = (a.text(), b.text()) else { return Some("no text".into()) };
    if a.kind() != b.kind() {
        return Some("another type".into());
    }
    let (x, y) = (String::from_utf8_lossy(x), String::from_utf8_lossy(y));
    let name = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
    // Ours may have more lines, since 7.2 does.
    let mut ours = x.lines().map(name);
    for wanted in y.lines().map(name).filter(|n| !is_command_line(n)) {
        if !ours.any(|n| n == wanted) {
            return Some(format!("INFO lacks {wanted} or has it elsewhere"));
        }
    }
    let keyspace = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|l| l.starts_with("db"));
        lines.map(|l| l.split(",avg_ttl").next().unwrap_or(l).to_owned()).collect()
    };
    let (ours, real) = (keyspace(&x), keyspace(&y));
    (ours != real).then(|| format!("Keyspace: ours {ours:?}, real {real:?}"))
}

/// Lines that exist only for what was called or what failed; both follow other names in 7.2.
fn is_command_line(name: &str) -> bool {
    ["cmdstat_", "latency_percentiles_", "errorstat_"].iter().any(|p| name.starts_with(p))
}
