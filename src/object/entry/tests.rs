use proptest::prelude::*;

use super::*;

/// A stand-in for a collection.
#[derive(Clone, Debug, PartialEq)]
struct Bag(Vec<u32>);

impl Body for Bag {
    fn free_effort(&self) -> usize {
        self.0.len()
    }
    fn type_name(&self) -> &'static str {
        "bag"
    }
    fn encoding(&self) -> &'static str {
        "bagpack"
    }
    fn mem_bytes(&self) -> usize {
        size_class(self.0.capacity() * 4)
    }
}

type E = EntryOf<Bag>;

#[derive(Clone, Debug, PartialEq)]
enum Model {
    Int(i64),
    Str(Vec<u8>),
    Raw(Vec<u8>),
    Obj(Vec<u32>),
}

impl Model {
    fn init(&self) -> Init<'_, Bag> {
        match self {
            Model::Int(n) => Init::Int(*n),
            Model::Str(text) => Init::Str(text),
            Model::Raw(text) => Init::Raw(text.clone()),
            Model::Obj(items) => Init::Obj(Box::new(Bag(items.clone()))),
        }
    }

    fn encoding(&self) -> &'static str {
        match self {
            Model::Int(_) => "int",
            Model::Str(text) if text.len() <= 44 => "embstr",
            Model::Str(_) | Model::Raw(_) => "raw",
            Model::Obj(_) => "bagpack",
        }
    }
}

fn check(entry: &E, key: &[u8], model: &Model, expire: Option<i64>, lru: u32) {
    assert_eq!(entry.key(), key);
    assert_eq!(entry.expire(), expire);
    assert_eq!((entry.has_expire(), entry.tag()), (expire.is_some(), expire.is_some()));
    assert_eq!(entry.lru(), lru);
    assert_eq!(entry.encoding(), model.encoding());
    match (entry.value(), model) {
        (View::Int(n), Model::Int(m)) => assert_eq!(n, *m),
        (View::Str(text), Model::Str(m) | Model::Raw(m)) => assert_eq!(text, m),
        (View::Obj(bag), Model::Obj(m)) => assert_eq!(&bag.0, m),
        (value, model) => panic!("{value:?} for {model:?}"),
    }
    assert_eq!(entry.is_string(), !matches!(model, Model::Obj(_)));
    assert_eq!(entry.type_name(), if entry.is_string() { "string" } else { "bag" });
    assert!(entry.mem_bytes() >= 16);
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let len =
        prop_oneof![4 => 0..100usize, 1 => 120..140usize, 1 => 1000..1100usize, 1 => 16_380..16_390usize];
    (len, any::<u8>()).prop_map(|(len, first)| (0..len).map(|at| first.wrapping_add(at as u8)).collect())
}

fn value() -> impl Strategy<Value = Model> {
    prop_oneof![
        any::<i64>().prop_map(Model::Int),
        bytes().prop_map(Model::Str),
        bytes().prop_map(Model::Raw),
        prop::collection::vec(any::<u32>(), 0..9).prop_map(Model::Obj),
    ]
}

#[derive(Clone, Debug)]
enum Op {
    Assign(Model, Option<i64>),
    Expire(Option<i64>),
    Append(Vec<u8>),
    Rekey(Vec<u8>),
    Duplicate(Vec<u8>),
    Lru(u32),
    Push(u32),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        (value(), any::<Option<i64>>()).prop_map(|(v, e)| Op::Assign(v, e)),
        any::<Option<i64>>().prop_map(Op::Expire),
        bytes().prop_map(Op::Append),
        bytes().prop_map(Op::Rekey),
        bytes().prop_map(Op::Duplicate),
        (0..=LRU_MAX).prop_map(Op::Lru),
        any::<u32>().prop_map(Op::Push),
    ]
}

fn text_of(model: &Model) -> Option<Vec<u8>> {
    match model {
        Model::Int(n) => Some(n.to_string().into_bytes()),
        Model::Str(text) | Model::Raw(text) => Some(text.clone()),
        Model::Obj(_) => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn agrees_with_a_model(key in bytes(), first in value(), ops in prop::collection::vec(op(), 0..25)) {
        let (mut key, mut model, mut expire, mut lru) = (key, first, None, 0);
        let mut entry = E::new(&key, model.init(), None);
        check(&entry, &key, &model, expire, lru);
        for op in ops {
            match op {
                Op::Assign(value, when) => {
                    entry.assign(value.init(), when);
                    (model, expire) = (value, when);
                }
                Op::Expire(when) => {
                    entry = entry.with_expire(when);
                    expire = when;
                }
                Op::Append(tail) => {
                    let told = entry.append(&tail);
                    if let Some(mut text) = text_of(&model) {
                        text.extend(&tail);
                        prop_assert_eq!(told, Some(text.len()));
                        model = Model::Raw(text);
                    } else {
                        prop_assert_eq!(told, None);
                    }
                }
                Op::Rekey(new) => {
                    entry = entry.rekey(&new);
                    key = new;
                }
                Op::Duplicate(new) => {
                    let copy = entry.duplicate(&new);
                    check(&entry, &key, &model, expire, lru);
                    entry = copy;
                    key = new;
                }
                Op::Lru(new) => {
                    entry.set_lru(new);
                    lru = new;
                }
                Op::Push(item) => {
                    match (&mut model, entry.value_mut()) {
                        (Model::Obj(items), Some(bag)) => {
                            items.push(item);
                            bag.0.push(item);
                        }
                        (_, told) => prop_assert!(told.is_none()),
                    }
                }
            }
            check(&entry, &key, &model, expire, lru);
            prop_assert_eq!(entry.strlen(), text_of(&model).map(|text| text.len()));
        }
    }

    #[test]
    fn size_classes_are_jemallocs(n in 1..5_000_000usize) {
        let class = size_class(n);
        prop_assert!(class >= n && size_class(class) == class);
        // No more than a quarter is lost above the quantum.
        prop_assert!(class < n + 16 || class - n < n.div_ceil(4));
    }
}

#[test]
fn size_classes_by_the_manual() {
    for (n, class) in [
        (1, 8),
        (8, 8),
        (9, 16),
        (17, 32),
        (96, 96),
        (97, 112),
        (128, 128),
        (129, 160),
        (161, 192),
        (224, 224),
        (225, 256),
        (257, 320),
        (1024, 1024),
        (1025, 1280),
        (14_337, 16_384),
        (16_385, 20_480),
        (65_537, 81_920),
    ] {
        assert_eq!(size_class(n), class, "{n}");
    }
}

#[test]
fn sizes_meet_their_targets() {
    let key = b"key:000000000001";
    let size = |text: &[u8], expire| E::string(key, text, expire).mem_bytes();
    assert_eq!(size(b"12345678", None), 32);
    assert_eq!(size(b"abcdefgh", None), 32);
    assert_eq!(size(&[b'x'; 64], None), 96);
    assert_eq!(size(&[b'x'; 64], Some(1)), 96);
    assert_eq!(size(b"abcdefgh", Some(1)), 48);
    assert_eq!(E::string(b"", b"", None).mem_bytes(), 16);
    // 4 + 1 + 16 + alignment 3 + 24, and 2000 bytes in a class of 2048.
    assert_eq!(size(&[b'x'; 2000], None), 48 + 2048);
}

#[test]
fn strings_are_encoded_as_redis_does() {
    let encoding = |text: &[u8]| E::string(b"k", text, None).encoding();
    for text in ["0", "-1", "9223372036854775807", "-9223372036854775808"] {
        assert_eq!(encoding(text.as_bytes()), "int", "{text}");
    }
    for text in ["", "-", "-0", "01", "+1", " 1", "1 ", "1.0", "9223372036854775808", "-9223372036854775809"]
    {
        assert_eq!(encoding(text.as_bytes()), "embstr", "{text}");
    }
    assert_eq!(encoding(&[b'x'; 44]), "embstr");
    assert_eq!(encoding(&[b'x'; 45]), "raw");
    assert_eq!(encoding(&[b'x'; EMBED_MAX + 1]), "raw");
    assert_eq!(E::new(b"k", Init::Str(b"12"), None).encoding(), "embstr");
}

#[test]
fn overwriting_by_like_size_stays_in_place() {
    let mut entry = E::string(b"key:000000000001", &[b'a'; 60], Some(5));
    let before = entry.raw;
    entry.assign_string(&[b'b'; 66], Some(6));
    entry.set_expire(None);
    entry.set_expire(Some(9));
    assert_eq!((entry.raw, entry.value()), (before, View::Str(&[b'b'; 66])));
    entry.assign_string(b"1", None);
    assert_ne!(entry.raw, before);
    let before = entry.raw;
    for number in [i64::MIN, 0, i64::MAX] {
        entry.assign(Init::Int(number), None);
        assert_eq!((entry.raw, entry.value()), (before, View::Int(number)));
    }
}

#[test]
fn appending_leaves_room_to_grow() {
    let mut entry = E::string(b"k", b"5", None);
    assert_eq!(entry.append(b"6"), Some(2));
    assert_eq!((entry.encoding(), entry.value()), ("raw", View::Str(b"56")));
    let big = vec![0; 3 << 20];
    entry.append(&big);
    let buf = entry.raw_mut().unwrap();
    assert_eq!(buf.capacity(), (3 << 20) + 2 + (1 << 20));
    buf.truncate(1);
    assert_eq!(entry.value(), View::Str(b"5"));
}
