//! An append-only file: the same records whether it comes at once or in pieces, whole ones only, and memory follows
//! what came. What is read and written again is read as the same.
//!
//! Input: a byte of piece size, the file.

use replis::format::aof::{Records, Step};
use replis::resp::request::{Args, push_request};

use super::memory::within;

pub fn check(data: &[u8]) {
    let [piece, bytes @ ..] = data else { return };
    let whole = read(bytes, bytes.len().max(1));
    assert_eq!(whole, read(bytes, usize::from(*piece) + 1));
    let (commands, _) = whole;
    let mut again = Vec::new();
    for command in &commands {
        push_request(&mut again, &command.iter().map(Vec::as_slice).collect::<Vec<_>>());
    }
    let (reread, end) = read(&again, again.len().max(1));
    assert_eq!((reread, end), (commands, Some(again.len())));
}

/// The commands, and where the last whole record ends; `None` behind bytes that are no record.
fn read(file: &[u8], piece: usize) -> (Vec<Vec<Vec<u8>>>, Option<usize>) {
    let (mut commands, mut start, mut have) = (Vec::new(), 0, 0);
    let mut records = Records::default();
    loop {
        // One span for each argument: at least six bytes of the file.
        let most = 64 * file.len() + 1024;
        match within(most, || records.next(&file[start..have])) {
            Ok(Step::Command(len)) => {
                let args = Args::new(&file[start..start + len], &records.spans);
                commands.push(args.iter().map(<[u8]>::to_vec).collect());
                start += len;
            }
            Ok(Step::Annotation(len)) => start += len,
            Ok(Step::Need(more)) => {
                assert!(more > 0);
                if have == file.len() {
                    return (commands, Some(start));
                }
                have = (have + piece).min(file.len());
            }
            Err(_) => return (commands, None),
        }
        assert!(start <= have);
    }
}
