//! The forms of the command line that serve nobody: `--test-memory`, `--check-system`.

pub fn test_memory(_mb: u64) -> i32 {
    0
}
pub fn check_system() -> i32 {
    0
}
