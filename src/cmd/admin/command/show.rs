//! How commands look in replies: COMMAND INFO for programs, COMMAND DOCS for people.
//!
//! In RESP3 sets and maps are such, in RESP2 they are flat arrays. What a subcommand shows has the same
//! form as what its container shows, nested within it.

use crate::core::table::{Command, CommandTable};
use crate::resp::reply::Reply;
use crate::state::spec::{ArgSpec, Begin, CommandDoc, Find, KeySpec};

/// An array of all top-level commands.
pub(super) fn all_infos(table: &CommandTable, out: &mut Reply) {
    out.array(table.top().count());
    table.top().for_each(|command| info(table, command, out));
}

/// One command as ten fields: name, arity, flags, first key, last key, step, ACL categories, tips, key
/// specs, subcommands.
pub(super) fn info(table: &CommandTable, command: Command, out: &mut Reply) {
    let spec = command.spec;
    out.array(10);
    out.bulk(command.name.as_bytes());
    out.int(i64::from(spec.arity));
    statuses(spec.flags.names(), out);
    let legacy = spec.legacy();
    out.int(i64::from(legacy.first));
    out.int(i64::from(legacy.last));
    out.int(i64::from(legacy.step));
    let categories = spec.categories();
    out.set(categories.names().count());
    for name in categories.names() {
        out.raw(b"+@");
        out.raw(name.as_bytes());
        out.raw(b"\r\n");
    }
    out.set(spec.doc.tips.len());
    spec.doc.tips.iter().for_each(|tip| out.bulk(tip.as_bytes()));
    out.set(spec.keys.len());
    spec.keys.iter().for_each(|group| key_spec(group, out));
    let subs = table.subs(command);
    // A command without subcommands has an empty set of them, one with subcommands an array.
    if subs.is_empty() {
        out.set(0)
    } else {
        out.array(subs.len())
    }
    subs.iter().for_each(|sub| info(table, *sub, out));
}

/// A set of status lines.
pub(super) fn statuses(names: impl Iterator<Item = &'static str> + Clone, out: &mut Reply) {
    out.set(names.clone().count());
    names.for_each(|name| out.simple(name));
}

fn text(name: &str, value: &str, out: &mut Reply) {
    out.bulk(name.as_bytes());
    out.bulk(value.as_bytes());
}

fn number(name: &str, value: i64, out: &mut Reply) {
    out.bulk(name.as_bytes());
    out.int(value);
}

/// The opening of "which way, and its parameters".
fn way(name: &str, kind: &str, parameters: usize, out: &mut Reply) {
    out.bulk(name.as_bytes());
    out.map(2);
    text("type", kind, out);
    out.bulk(b"spec");
    out.map(parameters);
}

fn key_spec(group: &KeySpec, out: &mut Reply) {
    out.map(3 + usize::from(!group.notes.is_empty()));
    if !group.notes.is_empty() {
        text("notes", group.notes, out);
    }
    out.bulk(b"flags");
    statuses(group.flags.names(), out);
    match group.begin {
        Begin::Unknown => way("begin_search", "unknown", 0, out),
        Begin::Index(at) => {
            way("begin_search", "index", 1, out);
            number("index", i64::from(at), out);
        }
        Begin::Keyword { word, from } => {
            way("begin_search", "keyword", 2, out);
            text("keyword", word, out);
            number("startfrom", i64::from(from), out);
        }
    }
    match group.find {
        Find::Unknown => way("find_keys", "unknown", 0, out),
        Find::Range { last, step, limit } => {
            way("find_keys", "range", 3, out);
            number("lastkey", i64::from(last), out);
            number("keystep", i64::from(step), out);
            number("limit", i64::from(limit), out);
        }
        Find::KeyNum { num, first, step } => {
            way("find_keys", "keynum", 3, out);
            number("keynumidx", i64::from(num), out);
            number("firstkey", i64::from(first), out);
            number("keystep", i64::from(step), out);
        }
    }
}

/// A map from the names of all top-level commands to their documentation.
pub(super) fn all_docs(table: &CommandTable, out: &mut Reply) {
    out.map(table.top().count());
    table.top().for_each(|command| named_doc(table, command, out));
}

/// A command's name and documentation: one pair of a map.
pub(super) fn named_doc(table: &CommandTable, command: Command, out: &mut Reply) {
    out.bulk(command.name.as_bytes());
    let doc = command.spec.doc;
    let subs = table.subs(command);
    let mark = out.defer();
    let mut pairs = doc_fields(doc, out);
    if !subs.is_empty() {
        pairs += 1;
        out.bulk(b"subcommands");
        out.map(subs.len());
        subs.iter().for_each(|sub| named_doc(table, *sub, out));
    }
    out.close_map(mark, pairs);
}

/// Writes the fields that are there and counts them; the group is always there.
fn doc_fields(doc: &CommandDoc, out: &mut Reply) -> usize {
    let mut pairs = 0;
    let mut optional = |name: &str, value: &str, out: &mut Reply| {
        if !value.is_empty() {
            text(name, value, out);
            pairs += 1;
        }
    };
    optional("summary", doc.summary, out);
    optional("since", doc.since, out);
    text("group", doc.group, out);
    optional("complexity", doc.complexity, out);
    if doc.flags.names().next().is_some() {
        out.bulk(b"doc_flags");
        statuses(doc.flags.names(), out);
    }
    optional("deprecated_since", doc.deprecated_since, out);
    optional("replaced_by", doc.replaced_by, out);
    if !doc.history.is_empty() {
        out.bulk(b"history");
        out.set(doc.history.len());
        for (since, change) in doc.history {
            out.array(2);
            out.bulk(since.as_bytes());
            out.bulk(change.as_bytes());
        }
    }
    if !doc.args.is_empty() {
        out.bulk(b"arguments");
        arguments(doc.args, out);
    }
    let others = [doc.flags.names().next().is_some(), !doc.history.is_empty(), !doc.args.is_empty()];
    pairs + 1 + others.iter().filter(|there| **there).count()
}

fn arguments(args: &[ArgSpec], out: &mut Reply) {
    out.array(args.len());
    args.iter().for_each(|arg| argument(arg, out));
}

fn argument(arg: &ArgSpec, out: &mut Reply) {
    let flagged = arg.flags.names().next().is_some();
    let optional = [
        arg.key_spec.is_some(),
        arg.token.is_some(),
        !arg.since.is_empty(),
        !arg.deprecated_since.is_empty(),
        flagged,
    ];
    // Name, type, and either what to show or the members.
    out.map(3 + optional.iter().filter(|there| **there).count());
    text("name", arg.name, out);
    text("type", arg.kind.name(), out);
    if !arg.kind.is_group() {
        text("display_text", if arg.display.is_empty() { arg.name } else { arg.display }, out);
    }
    if let Some(index) = arg.key_spec {
        number("key_spec_index", i64::from(index), out);
    }
    if let Some(token) = arg.token {
        text("token", token, out);
    }
    if !arg.since.is_empty() {
        text("since", arg.since, out);
    }
    if !arg.deprecated_since.is_empty() {
        text("deprecated_since", arg.deprecated_since, out);
    }
    if flagged {
        out.bulk(b"flags");
        statuses(arg.flags.names(), out);
    }
    if arg.kind.is_group() {
        out.bulk(b"arguments");
        arguments(arg.args, out);
    }
}
