use super::row::*;
use super::*;
use crate::resp::request::OwnedArgs;
use proptest::prelude::*;

const READ: KeyFlags = RO.or(ACCESS);
const STORE: KeyFlags = OW.or(UPDATE);
const ALTER: KeyFlags = RW.or(ACCESS).or(UPDATE);
const TAKE: KeyFlags = RW.or(ACCESS).or(DELETE);

const MSET: CommandSpec = CommandSpec { keys: &[KeySpec::range(1, -1, 2, STORE)], ..CommandSpec::EMPTY };
const RENAME: CommandSpec =
    CommandSpec { keys: &[KeySpec::at(1, TAKE), KeySpec::at(2, STORE)], ..CommandSpec::EMPTY };
const EVAL: CommandSpec = CommandSpec {
    keys: &[KeySpec::counted(2, ALTER)],
    get_keys: GetKeys::Counted { dest: 0, num: 2 },
    ..CommandSpec::EMPTY
};
const ZUNIONSTORE: CommandSpec = CommandSpec {
    keys: &[KeySpec::at(1, STORE), KeySpec::counted(2, READ)],
    get_keys: GetKeys::Counted { dest: 1, num: 2 },
    ..CommandSpec::EMPTY
};
const SORT: CommandSpec = CommandSpec {
    keys: &[KeySpec::at(1, READ), KeySpec::unknown(READ), KeySpec::unknown(STORE)],
    get_keys: GetKeys::Sort,
    ..CommandSpec::EMPTY
};
const MIGRATE: CommandSpec = CommandSpec {
    keys: &[KeySpec::at(3, TAKE), KeySpec::after("KEYS", -2, -1, 0, TAKE.or(INCOMPLETE))],
    get_keys: GetKeys::Migrate,
    ..CommandSpec::EMPTY
};
const GEORADIUS: CommandSpec = CommandSpec {
    keys: &[
        KeySpec::at(1, READ),
        KeySpec::after("STORE", 6, 0, 0, STORE),
        KeySpec::after("STOREDIST", 6, 0, 0, STORE),
    ],
    get_keys: GetKeys::GeoRadius,
    ..CommandSpec::EMPTY
};
const XREADGROUP: CommandSpec = CommandSpec {
    keys: &[KeySpec::after("STREAMS", 4, -1, 2, READ)],
    get_keys: GetKeys::XRead,
    ..CommandSpec::EMPTY
};
const SET_: CommandSpec = CommandSpec {
    keys: &[KeySpec::at(1, ALTER.or(VARIABLE_FLAGS))],
    get_keys: GetKeys::Set,
    ..CommandSpec::EMPTY
};
const BITFIELD: CommandSpec = CommandSpec { get_keys: GetKeys::BitField, ..SET_ };
const SPUBLISH: CommandSpec = CommandSpec {
    keys: &[KeySpec::at(1, NOT_KEY)],
    channels: Some(ChannelSpec { flags: ChannelFlags::PUBLISH, first: 1, all: false }),
    ..CommandSpec::EMPTY
};
const ALL: &[&CommandSpec] = &[
    &MSET,
    &RENAME,
    &EVAL,
    &ZUNIONSTORE,
    &SORT,
    &MIGRATE,
    &GEORADIUS,
    &XREADGROUP,
    &SET_,
    &BITFIELD,
    &SPUBLISH,
];

fn words(request: &str) -> OwnedArgs {
    let words: Vec<&[u8]> =
        request.split(' ').map(|w| if w == "''" { &b""[..] } else { w.as_bytes() }).collect();
    OwnedArgs::from_slices(&words)
}

/// The keys of a request of blank-separated words (`''`: empty), as `key:flags`.
fn keys(spec: &CommandSpec, request: &str) -> String {
    let args = words(request);
    let show = |found: Found| {
        let name = String::from_utf8_lossy(args.as_args().at(found.index)).into_owned();
        let flags: Vec<&str> = found.flags.names().collect();
        if flags.is_empty() { name } else { format!("{name}:{}", flags.join("+")) }
    };
    let shown: Vec<String> = extract_keys(spec, args.as_args()).into_iter().map(show).collect();
    shown.join(" ")
}

#[test]
fn ranges_are_found_with_their_flags() {
    assert_eq!(keys(&MSET, "mset a 1 b 2"), "a:OW+update b:OW+update");
    assert_eq!(keys(&MSET, "mset"), "");
    assert_eq!(keys(&RENAME, "rename a b"), "a:RW+access+delete b:OW+update");
    assert_eq!(keys(&RENAME, "rename a"), "", "one spec that does not fit spoils them all");
}

#[test]
fn counted_keys_believe_no_number() {
    assert_eq!(keys(&EVAL, "eval s 2 a b x"), "a:RW+access+update b:RW+access+update");
    assert_eq!(keys(&EVAL, "eval s 0 x"), "");
    for hostile in
        ["3", "-1", "-0", "9223372036854775807", "-9223372036854775808", "2147483648", "4294967297"]
    {
        assert_eq!(keys(&EVAL, &format!("eval s {hostile} a b")), "", "{hostile}");
        assert_eq!(keys(&ZUNIONSTORE, &format!("zunionstore d {hostile} a b")), "", "{hostile}");
    }
    assert_eq!(keys(&EVAL, "eval s 99999999999999999999999 a"), "");
    assert_eq!(keys(&EVAL, "eval s 1x a b"), "a", "as atoi reads it, flags unknown");
    assert_eq!(keys(&EVAL, "eval s"), "");
    assert_eq!(keys(&EVAL, "eval"), "");
    assert_eq!(keys(&ZUNIONSTORE, "zunionstore d 1 a b"), "d:OW+update a:RO+access");
    assert_eq!(keys(&ZUNIONSTORE, "zunionstore d 02 a b"), "a b d");
}

#[test]
fn sort_finds_the_last_destination() {
    assert_eq!(keys(&SORT, "sort a"), "a:RO+access");
    assert_eq!(keys(&SORT, "sort a BY store STORE b GET store store c"), "a:RO+access c:OW+update");
    assert_eq!(keys(&SORT, "sort a limit store b store"), "a:RO+access");
    assert_eq!(keys(&SORT, "sort"), "");
}

#[test]
fn migrate_knows_both_forms() {
    assert_eq!(keys(&MIGRATE, "migrate h 1 a 0 10"), "a:RW+access+delete");
    assert_eq!(
        keys(&MIGRATE, "migrate h 1 '' 0 10 copy auth keys KEYS a b"),
        "a:RW+access+delete b:RW+access+delete"
    );
    assert_eq!(keys(&MIGRATE, "migrate h 1 x 0 10 keys a"), "");
    assert_eq!(keys(&MIGRATE, "migrate h 1 '' 0 10 keys"), ":RW+access+delete", "a last word starts nothing");
    assert_eq!(keys(&MIGRATE, "migrate h"), "");
}

#[test]
fn keywords_are_looked_for_where_they_may_stand() {
    assert_eq!(keys(&GEORADIUS, "georadius a 1 2 3 m STORE b"), "a:RO+access b:OW+update");
    assert_eq!(
        keys(&GEORADIUS, "georadius a 1 2 3 m storedist b store c"),
        "a:RO+access c:OW+update b:OW+update"
    );
    assert_eq!(keys(&GEORADIUS, "georadius a 1 2 3 m store"), "a:RO+access");
    assert_eq!(keys(&XREADGROUP, "xreadgroup group streams c streams a b 1 2"), "a:RO+access b:RO+access");
    assert_eq!(keys(&XREADGROUP, "xreadgroup group g c streams"), "");
    assert_eq!(keys(&XREADGROUP, "xreadgroup group g c streams a"), "");
    assert_eq!(keys(&XREADGROUP, "xreadgroup group g c streams a b c"), "a:RO+access");
    assert_eq!(keys(&XREADGROUP, "xreadgroup"), "");
}

#[test]
fn options_decide_about_variable_flags() {
    assert_eq!(keys(&SET_, "set a get"), "a:OW+update");
    assert_eq!(keys(&SET_, "set a v EX 1 Get"), "a:RW+access+update");
    assert_eq!(keys(&SET_, "set"), "");
    assert_eq!(keys(&BITFIELD, "bitfield a get u8 0 overflow sat"), "a:RO+access");
    assert_eq!(keys(&BITFIELD, "bitfield a get u8 0 incrby u8 0 1"), "a:RW+access+update");
    assert_eq!(keys(&BITFIELD, "bitfield a get u8"), "a:RW+access+update");
}

#[test]
fn shard_channels_are_not_keys() {
    assert_eq!(keys(&SPUBLISH, "spublish ch text"), "");
    assert!(!SPUBLISH.has_keys());
    let args = words("spublish ch text");
    let (flags, list) = channels(&SPUBLISH, args.as_args());
    assert_eq!((flags, list.collect::<Vec<_>>()), (ChannelFlags::PUBLISH, vec![&b"ch"[..]]));
    let all = CommandSpec {
        channels: Some(ChannelSpec { flags: ChannelFlags::SUBSCRIBE, first: 1, all: true }),
        ..CommandSpec::EMPTY
    };
    assert_eq!(channels(&all, args.as_args()).1.count(), 2);
    assert_eq!(channels(&MSET, args.as_args()).1.count(), 0);
}

#[test]
fn legacy_ranges_are_joined() {
    let legacy = |spec: CommandSpec| (spec.legacy().first, spec.legacy().last, spec.legacy().step);
    assert_eq!(legacy(MSET), (1, -1, 2));
    assert_eq!(legacy(RENAME), (1, 2, 1));
    assert_eq!(legacy(EVAL), (0, 0, 0));
    assert_eq!(legacy(ZUNIONSTORE), (1, 1, 1));
    assert_eq!(legacy(MIGRATE), (3, 3, 1));
    assert_eq!(legacy(CommandSpec::EMPTY), (0, 0, 0));
    const BITOP: CommandSpec =
        CommandSpec { keys: &[KeySpec::at(2, STORE), KeySpec::range(3, -1, 1, READ)], ..CommandSpec::EMPTY };
    assert_eq!(legacy(BITOP), (2, -1, 1));
}

#[test]
fn categories_follow_from_flags() {
    let spec = CommandSpec { flags: READONLY.or(FAST), acl: STRING, ..CommandSpec::EMPTY };
    assert_eq!(spec.categories().names().collect::<Vec<_>>(), ["read", "string", "fast"]);
    let spec = CommandSpec { flags: READONLY, acl: SCRIPTING, ..CommandSpec::EMPTY };
    assert_eq!(spec.categories().names().collect::<Vec<_>>(), ["slow", "scripting"]);
    let spec = CommandSpec { flags: ADMIN.or(BLOCKING), ..CommandSpec::EMPTY };
    assert_eq!(spec.categories().names().collect::<Vec<_>>(), ["admin", "slow", "blocking", "dangerous"]);
    assert_eq!(Categories::by_name(b"SortedSet"), Some(Categories::SORTEDSET));
    assert_eq!(Categories::by_name(b"@set"), None);
    assert_eq!(Flags::by_name(b""), None, "hidden flags have no name");
}

#[test]
fn arity_counts_the_name() {
    let arity = |arity| CommandSpec { arity, ..CommandSpec::EMPTY };
    assert!(arity(2).arity_ok(2) && !arity(2).arity_ok(3) && !arity(2).arity_ok(1));
    assert!(arity(-2).arity_ok(2) && arity(-2).arity_ok(9) && !arity(-2).arity_ok(1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever comes: no panic, and only positions inside of the request.
    #[test]
    fn any_request_is_survived(words in prop::collection::vec(
        prop_oneof![
            Just("keys"), Just("store"), Just("storedist"), Just("streams"), Just("group"), Just("get"),
            Just("by"), Just("limit"), Just("auth2"), Just("set"), Just("overflow"), Just("block"),
            Just("1"), Just("2"), Just("-1"), Just("9223372036854775807"), Just(""), Just("k"),
        ], 1..12)) {
        let words: Vec<&[u8]> = words.iter().map(|w| w.as_bytes()).collect();
        let args = OwnedArgs::from_slices(&words);
        for spec in ALL {
            let found = extract_keys(spec, args.as_args());
            prop_assert!(found.iter().all(|f| (1..words.len()).contains(&f.index)));
            prop_assert!(found.len() < 2 * words.len());
        }
    }
}
