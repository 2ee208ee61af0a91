//! The node of a stream from anywhere: refused, or one that can be read both ways, deleted from and appended to.
//!
//! Input: the listpack.

use replis::ds::stream_id::StreamId;
use replis::ds::stream_node::{StreamNode, inspect, validate};

use super::memory::within;

pub fn check(data: &[u8]) {
    // What it becomes, what of it was copied to be checked, and its entries as `inspect` shows them.
    let made = within(2 * data.len() + 64, || StreamNode::from_bytes(data.to_vec()));
    assert_eq!(made.is_ok(), validate(data, true).is_ok());
    // Deleting one by one, with a check each, is quadratic.
    if data.len() < 3000 {
        inspect(data);
    }
    let Ok(mut node) = made else { return };
    let master = StreamId::new(5, 5);
    let before = node.counts();
    node.append(master, StreamId::new(6, 0), 1, [&b"field"[..], b"value"].into_iter());
    assert_eq!(node.counts().living, before.living + 1);
    let last = node.items(master).next_back().expect("the entry that was added");
    let pairs: Vec<_> = last.pairs().map(|(field, value)| (field.to_vec(), value.to_vec())).collect();
    assert_eq!(last.id, StreamId::new(6, 0));
    assert_eq!(pairs, [(b"field".to_vec(), b"value".to_vec())]);
    assert_eq!(validate(node.as_bytes(), true), Ok(node.counts()));
}
