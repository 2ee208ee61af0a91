//! What this server says it is.
//!
//! Tools gate features on the version number (`redis_version` of INFO, the first number group of
//! `--version`), so we name the Redis release whose behaviour we follow, not our own package version. The
//! line of [`version_line`] has the form that existing scripts cut apart.

/// The Redis release whose behaviour is followed.
pub const REDIS_VERSION: &str = "7.2.4";
/// [`REDIS_VERSION`] as one number: `0x00MMmmpp`.
pub const REDIS_VERSION_NUM: u32 = 0x0007_0204;
/// Commit of the build; Redis prints zeros for a release tarball.
pub const GIT_SHA1: &str = "00000000";
/// 1 when the build had uncommitted changes.
pub const GIT_DIRTY: u32 = 0;
/// Allocator as INFO and `--version` name it.
pub const MEM_ALLOCATOR: &str = "jemalloc-5.3.0";
/// Width of a pointer in bits.
pub const ARCH_BITS: u32 = usize::BITS;

/// Identifies the build: equal for equal package versions. Printed as 16 hex digits.
pub const BUILD_ID: u64 = fnv1a(concat!("replis ", env!("CARGO_PKG_VERSION"), " ", "7.2.4").as_bytes());

/// FNV-1a, evaluated by the compiler: any stable mixture of the version texts will do.
const fn fnv1a(text: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut i = 0;
    while i < text.len() {
        hash = (hash ^ text[i] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        i += 1;
    }
    hash
}

/// What `redis-server --version` prints, with its line end.
pub fn version_line() -> String {
    format!(
        "Redis server v={REDIS_VERSION} sha={GIT_SHA1}:{GIT_DIRTY} malloc={MEM_ALLOCATOR} bits={ARCH_BITS} \
         build={BUILD_ID:016x}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_matches_the_text() {
        let parts: Vec<u32> = REDIS_VERSION.split('.').map(|p| p.parse().unwrap()).collect();
        assert_eq!(REDIS_VERSION_NUM, parts[0] << 16 | parts[1] << 8 | parts[2]);
    }

    #[test]
    fn the_line_has_the_form_scripts_cut() {
        let line = version_line();
        assert!(line.starts_with("Redis server v=7.2.4 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build="));
        let build = line.trim_end().rsplit('=').next().unwrap();
        assert_eq!(build.len(), 16);
        assert!(build.bytes().all(|b| b.is_ascii_hexdigit()));
    }
}
