//! A listpack from anywhere: refused, or as good as one of our own under every change.
//!
//! Input: a count of steps (0 to 31) in the first byte, the steps, the listpack.

use replis::base::num::IntBuf;
use replis::ds::listpack::{Listpack, Pos};

use super::memory::within;

const TEXTS: [&[u8]; 8] =
    [b"", b"0", b"-4097", b"abc", b"9223372036854775807", &[b'x'; 64], &[b'y'; 5000], b"007"];

pub fn check(data: &[u8]) {
    let Some((&steps, rest)) = data.split_first() else { return };
    let Some((steps, bytes)) = rest.split_at_checked(usize::from(steps & 31)) else { return };
    let deep = Listpack::validate(bytes, true);
    let flat = Listpack::validate(bytes, false);
    assert!(deep.is_err() || flat.is_ok(), "sound in depth but not at the surface");
    let made = within(2 * bytes.len() + 64, || Listpack::from_bytes(bytes.to_vec()));
    assert_eq!(made.is_ok(), deep.is_ok());
    let (Ok(mut list), Ok(count)) = (made, deep) else { return };
    let mut model: Vec<Vec<u8>> = list.iter().map(|entry| entry.to_vec()).collect();
    assert_eq!((list.len(), model.len()), (count, count));
    // Short ones only: what follows is quadratic.
    if count > 2000 {
        return;
    }
    for step in steps {
        change(&mut list, &mut model, *step);
    }
    same(&list, &model);
}

fn same(list: &Listpack, model: &[Vec<u8>]) {
    assert_eq!(Listpack::validate(list.as_bytes(), true), Ok(model.len()));
    assert_eq!(list.len(), model.len());
    assert!(list.iter().map(|entry| entry.to_vec()).eq(model.iter().cloned()));
    assert!(list.iter().rev().map(|entry| entry.to_vec()).eq(model.iter().rev().cloned()));
    for (index, text) in model.iter().enumerate().take(100) {
        let mut buf = IntBuf::new();
        assert_eq!(list.at(index as i64).map(|entry| entry.text(&mut buf).to_vec()).as_ref(), Some(text));
        let back = index as i64 - model.len() as i64;
        assert_eq!(list.seek(back), list.seek(index as i64));
    }
    assert_eq!(list.seek(model.len() as i64), None);
}

fn change(list: &mut Listpack, model: &mut Vec<Vec<u8>>, step: u8) {
    let text = TEXTS[usize::from(step >> 5)];
    let at = usize::from(step >> 3) % model.len().max(1);
    let pos: Option<Pos> = list.seek(at as i64);
    assert_eq!(pos.is_some(), !model.is_empty());
    match (step & 7, pos) {
        (0, Some(pos)) => {
            list.insert_before(pos, text).unwrap();
            model.insert(at, text.to_vec());
        }
        (1, Some(pos)) => {
            list.insert_after(pos, text).unwrap();
            model.insert(at + 1, text.to_vec());
        }
        (2, Some(pos)) => {
            assert!(list.replace(pos, text));
            model[at] = text.to_vec();
        }
        (3, Some(pos)) => {
            let next = list.delete(pos);
            model.remove(at);
            assert_eq!(next, if at < model.len() { list.seek(at as i64) } else { None });
        }
        (4, _) => {
            list.delete_range(at as i64, 2);
            model.drain(at..model.len().min(at + 2));
        }
        (5, _) => {
            let tail = list.split_off(at);
            assert_eq!(tail.len() + list.len(), model.len());
            assert!(list.append_all(&tail));
        }
        (6, _) => {
            let found = list.find_first(text);
            let expected = model.iter().position(|own| own == text);
            assert_eq!(found, expected.and_then(|index| list.seek(index as i64)));
        }
        _ => {
            assert!(list.append(text));
            model.push(text.to_vec());
        }
    }
}
