//! An RDB file: the same items whether it comes at once or in pieces, and memory follows what came.
//!
//! Input: a byte of options (see `rdb_value.rs`), a byte of piece size, the file.

use replis::format::rdb_read::{Item, RdbReader, ReadOptions};

use super::rdb_value::options_of;

pub fn check(data: &[u8]) {
    let [options, piece, bytes @ ..] = data else { return };
    let options = options_of(*options);
    let whole = story(bytes, bytes.len().max(1), &options);
    let slow = story(bytes, usize::from(*piece) + 1, &options);
    assert_eq!(whole, slow);
}

fn story(bytes: &[u8], piece: usize, options: &ReadOptions) -> Vec<String> {
    let mut reader = RdbReader::new(*options);
    let mut told = Vec::new();
    for chunk in bytes.chunks(piece) {
        let mut feed = reader.feed(chunk);
        loop {
            match feed.next() {
                Ok(Some(item)) => told.push(tell(&item)),
                Ok(None) => break,
                Err(error) => {
                    told.push(format!("{} at {}", error.kind, error.offset));
                    return told;
                }
            }
        }
        drop(feed);
        assert!(reader.capacity() <= 2 * bytes.len() + 88 * bytes.len() + 4096);
    }
    told.push(format!("{:?}", reader.finish().map_err(|error| error.kind)));
    told
}

fn tell(item: &Item<'_>) -> String {
    match item {
        // Where a string lies depends on how it came.
        Item::Entry { key, value, expire, idle, freq } => {
            let value = match value {
                replis::object::NewValue::Raw(text) => format!("Str({text:?})"),
                replis::object::NewValue::Obj(value) => format!("{:?}", value.len()),
                other => format!("{other:?}"),
            };
            format!("{key:?} {value} {expire:?} {idle:?} {freq:?}")
        }
        other => format!("{other:?}"),
    }
}
