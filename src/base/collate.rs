//! Texts compared as the locale has it: SORT's ALPHA.
//!
//! The order of a locale is C's `strcoll`, under the category LC_COLLATE alone: numbers, letter cases and
//! messages stay those of the "C" locale, in which everything else of this process is written. Until
//! [`set_locale`] has been called, and in an environment that names no locale, that is the order of bytes.
//!
//! Source: Redis 7.2.4 `sortCompare`, `updateLocaleCollate`.

use std::cmp::Ordering;
use std::ffi::{CStr, CString};

/// Compares two texts as the locale in force does; different texts may be equal.
pub fn collate(one: &CStr, other: &CStr) -> Ordering {
    // SAFETY: both pointers lead to texts that end with a NUL and live for the call.
    unsafe { libc::strcoll(one.as_ptr(), other.as_ptr()) }.cmp(&0)
}

/// Takes the order of a locale (`locale-collate`); the empty name is that of the environment. `false`: no such
/// locale, and the one before stays. To be called by the serving thread only, the one that compares.
pub fn set_locale(name: &str) -> bool {
    let Ok(name) = CString::new(name) else { return false };
    // SAFETY: the name ends with a NUL. Threads beside ours use no function that looks at LC_COLLATE.
    !unsafe { libc::setlocale(libc::LC_COLLATE, name.as_ptr()) }.is_null()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_locale_bytes_decide() {
        assert_eq!(collate(c"a", c"B"), Ordering::Greater);
        assert_eq!(collate(c"a", c"a"), Ordering::Equal);
        assert_eq!(collate(c"", c"\xff"), Ordering::Less);
    }

    #[test]
    fn unknown_locales_are_refused() {
        assert!(!set_locale("no-such-locale") && !set_locale("a\0b"));
        assert!(set_locale("C"));
    }
}
