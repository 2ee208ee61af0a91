//! Secrets among arguments: what MONITOR and SLOWLOG show in their place.
//!
//! A handler marks arguments ([`Ctx::redact`](super::ctx::Ctx::redact)); the marks last until its command ends.
//! Only who is about to show a command pays for them.
//!
//! Source: Redis 7.2.4 `redactClientCommandArgument`.

use crate::resp::request::{Args, OwnedArgs};

/// The request with its secrets covered.
pub fn covered(args: Args<'_>, secrets: &[usize]) -> OwnedArgs {
    let shown: Vec<&[u8]> = args
        .iter()
        .enumerate()
        .map(|(i, arg)| if secrets.contains(&i) { b"(redacted)" } else { arg })
        .collect();
    OwnedArgs::from_slices(&shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_arguments_are_covered() {
        let args = OwnedArgs::from_slices(&[b"auth", b"me", b"secret"]);
        let covered = covered(args.as_args(), &[2, 9]);
        let shown: Vec<&[u8]> = covered.as_args().iter().collect();
        assert_eq!(shown, [b"auth".as_slice(), b"me", b"(redacted)"]);
    }
}
