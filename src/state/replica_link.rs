//! SHIM
#[derive(Default)]
pub struct ReplicaLink;
impl ReplicaLink {
    pub fn is_replica(&self) -> bool {
        false
    }
    pub fn is_online(&self) -> bool {
        false
    }
    pub fn applied(&mut self, _n: i64) {}
    pub fn position(&self) -> Option<(&[u8], i64, i64)> {
        None
    }
    pub fn next_timer_ms(&self) -> Option<i64> {
        None
    }
}
