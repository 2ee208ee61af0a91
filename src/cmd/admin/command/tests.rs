use std::collections::HashSet;

use super::*;
use crate::cmd::FAMILIES;
use crate::cmd::docs;
use crate::resp::request::OwnedArgs;
use crate::state::spec::{ArgSpec, Begin, Find};

fn no_op(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    Ok(Outcome::Done)
}

const fn plain(name: &'static str, arity: i32, keys: &'static [KeySpec]) -> Row {
    Row { run: no_op, spec: CommandSpec { name, arity, keys, ..CommandSpec::EMPTY }, subs: &[] }
}

const SAMPLE: &[Row] = &[
    Row {
        run: no_op,
        spec: CommandSpec {
            name: "get",
            arity: 2,
            flags: READONLY.or(FAST),
            acl: STRING,
            keys: &[KeySpec::at(1, RO.or(ACCESS))],
            doc: &docs::string::GET,
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    plain("ping", -1, &[]),
    Row {
        run: no_op,
        spec: CommandSpec {
            name: "eval",
            arity: -3,
            flags: NO_MANDATORY_KEYS,
            keys: &[KeySpec::counted(2, RW)],
            ..CommandSpec::EMPTY
        },
        subs: &[],
    },
    plain("sintercard", -3, &[KeySpec::counted(1, RO.or(ACCESS))]),
    Row { subs: &[plain("usage", -3, &[KeySpec::at(2, RO)])], ..plain("memory", -2, &[]) },
];

fn table() -> CommandTable {
    CommandTable::new(&[SAMPLE])
}

/// A reply with its line breaks as blanks.
fn flat(out: &Reply) -> String {
    String::from_utf8_lossy(&out.buf).replace("\r\n", " ").trim_end().to_owned()
}

fn keys_of(request: &str, flags: bool) -> String {
    let words: Vec<&[u8]> = request.split(' ').map(str::as_bytes).collect();
    let args = OwnedArgs::from_slices(&words);
    let mut out = Reply::new(false);
    match keys(&table(), args.as_args(), flags, &mut out) {
        Ok(_) => flat(&out),
        Err(e) => e.to_string(),
    }
}

#[test]
fn info_has_ten_fields_in_both_dialects() {
    let table = table();
    let get = table.find(b"get").unwrap();
    let mut out = Reply::new(false);
    show::info(&table, get, &mut out);
    assert_eq!(
        flat(&out),
        "*10 $3 get :2 *2 +readonly +fast :1 :1 :1 *3 +@read +@string +@fast *0 \
         *1 *6 $5 flags *2 +RO +access $12 begin_search *4 $4 type $5 index $4 spec *2 $5 index :1 \
         $9 find_keys *4 $4 type $5 range $4 spec *6 $7 lastkey :0 $7 keystep :1 $5 limit :0 *0"
    );
    let mut out = Reply::new(true);
    show::info(&table, get, &mut out);
    assert_eq!(
        flat(&out),
        "*10 $3 get :2 ~2 +readonly +fast :1 :1 :1 ~3 +@read +@string +@fast ~0 \
         ~1 %3 $5 flags ~2 +RO +access $12 begin_search %2 $4 type $5 index $4 spec %1 $5 index :1 \
         $9 find_keys %2 $4 type $5 range $4 spec %3 $7 lastkey :0 $7 keystep :1 $5 limit :0 ~0"
    );
    let mut out = Reply::new(true);
    show::info(&table, table.find(b"MEMORY").unwrap(), &mut out);
    assert!(flat(&out).contains("~0 ~0 *1 *10 $12 memory|usage :-3"), "{}", flat(&out));
}

#[test]
fn docs_show_what_is_there() {
    let table = table();
    let mut out = Reply::new(true);
    show::named_doc(&table, table.find(b"get").unwrap(), &mut out);
    assert_eq!(
        flat(&out),
        "$3 get %5 $7 summary $15 Reads a string. $5 since $5 1.0.0 $5 group $6 string \
         $10 complexity $4 O(1) $9 arguments *1 %4 $4 name $3 key $4 type $3 key $12 display_text $3 key \
         $14 key_spec_index :0"
    );
    let mut out = Reply::new(false);
    show::named_doc(&table, table.find(b"memory").unwrap(), &mut out);
    assert_eq!(flat(&out), "$6 memory *4 $5 group $0  $11 subcommands *2 $12 memory|usage *2 $5 group $0");
}

#[test]
fn lists_are_filtered() {
    let list = |words: &[&[u8]]| {
        let args = OwnedArgs::from_slices(words);
        let mut out = Reply::new(false);
        match Filter::parse(args.as_args()) {
            Ok(filter) => {
                names(&table(), &filter, &mut out);
                flat(&out)
            }
            Err(e) => e.to_string(),
        }
    };
    let filtered = |kind: &[u8], value: &[u8]| list(&[b"command", b"list", b"FilterBy", kind, value]);
    assert_eq!(
        list(&[b"command", b"list"]),
        "*6 $3 get $4 ping $4 eval $10 sintercard $6 memory $12 memory|usage"
    );
    assert_eq!(filtered(b"aclcat", b"STRING"), "*1 $3 get");
    assert_eq!(filtered(b"aclcat", b"@string"), "*0");
    assert_eq!(filtered(b"pattern", b"M*|?SAGE"), "*1 $12 memory|usage");
    assert_eq!(filtered(b"module", b"any"), "*0");
    assert_eq!(filtered(b"color", b"red"), "ERR syntax error");
    assert_eq!(list(&[b"command", b"list", b"filterby", b"pattern"]), "ERR syntax error");
}

#[test]
fn keys_of_strange_requests() {
    assert_eq!(keys_of("get a", false), "*1 $1 a");
    assert_eq!(keys_of("GET a", true), "*1 *2 $1 a *2 +RO +access");
    assert_eq!(keys_of("memory usage a", false), "*1 $1 a");
    assert_eq!(keys_of("memory", false), "ERR The command has no key arguments");
    assert_eq!(keys_of("memory what a", false), "ERR Invalid command specified");
    assert_eq!(keys_of("ping", false), "ERR The command has no key arguments");
    assert_eq!(keys_of("nothing", false), "ERR Invalid command specified");
    assert_eq!(keys_of("get", false), "ERR Invalid number of arguments specified for command");
    assert_eq!(keys_of("eval s 0", false), "*0");
    assert_eq!(keys_of("sintercard 0 a", false), "ERR Invalid arguments specified for command");
    assert_eq!(
        keys_of("sintercard 9223372036854775807 a", false),
        "ERR Invalid arguments specified for command"
    );
}

/// Every row of the house, with the full name.
fn rows() -> Vec<(String, &'static Row)> {
    let tops = FAMILIES.iter().flat_map(|rows| rows.iter());
    tops.flat_map(|top| {
        let subs = top.subs.iter().map(move |sub| (format!("{}|{}", top.spec.name, sub.spec.name), sub));
        std::iter::once((top.spec.name.to_owned(), top)).chain(subs)
    })
    .collect()
}

fn deepest_key_spec(args: &[ArgSpec]) -> Option<u8> {
    args.iter().filter_map(|arg| arg.key_spec.max(deepest_key_spec(arg.args))).max()
}

#[test]
fn rows_agree_with_themselves() {
    let mut seen = HashSet::new();
    for (name, row) in rows() {
        let CommandSpec { arity, flags, keys, doc, .. } = row.spec;
        assert!(seen.insert(name.clone()), "{name} twice");
        assert_eq!(name, name.to_ascii_lowercase());
        assert_ne!(arity, 0, "{name}");
        assert!(!(flags.has(WRITE) && flags.has(READONLY)), "{name} reads or writes");
        // The names of sharded channels may be left out.
        for group in keys.iter().filter(|group| !group.flags.has(NOT_KEY)) {
            if let (Begin::Index(at), Find::Range { last, .. }) = (group.begin, group.find) {
                let needed = i32::from(at) + i32::from(last.max(0));
                // PFMERGE of no sources: the second group of keys may be empty.
                let needed = if at > 1 && last < 0 { needed - 1 } else { needed };
                assert!(needed < arity.abs(), "{name}: a shorter request would have no such key");
            }
        }
        let single_range = |group: &KeySpec| {
            matches!((group.begin, group.find), (Begin::Index(_), Find::Range { .. }))
                && !group.flags.has(INCOMPLETE)
        };
        assert_eq!(flags.has(MOVABLE_KEYS), !keys.iter().all(single_range), "{name}: movablekeys");
        let summary = doc.summary;
        if !summary.is_empty() {
            assert!(summary.ends_with('.') && summary.len() < 120, "{name}: {summary}");
            assert!(!doc.since.is_empty() && !doc.group.is_empty(), "{name}");
            assert!(deepest_key_spec(doc.args).is_none_or(|i| usize::from(i) < keys.len()), "{name}");
        }
    }
}
