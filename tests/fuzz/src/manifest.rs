//! A manifest of an append-only file: read or refused, never more; what is read is written so that it is read as the
//! same; memory follows what came.

use replis::format::aof_manifest::Manifest;

use super::memory::within;

pub fn check(data: &[u8]) {
    let most = 64 * data.len() + 4096;
    let Ok(manifest) = within(most, || Manifest::parse(data)) else { return };
    assert!(manifest.loaded().all(|file| !file.name.contains(&b'/')));
    let text = manifest.text();
    if text.is_empty() {
        return;
    }
    let again = Manifest::parse(&text).expect("what we write we read");
    assert_eq!(again.text(), text);
    let mut next = again.clone();
    let names = [next.new_incr(b"a"), next.new_base(b"a", true)];
    next.retire_incr(true);
    assert!(names.iter().all(|name| next.loaded().any(|file| &file.name == name)));
}
