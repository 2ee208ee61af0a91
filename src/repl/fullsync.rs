//! SHIM
use crate::core::server::Server;
use crate::state::{
    client::ClientId,
    host::{ChildKind, Host},
};
pub fn start_waiting(_: &mut Server, _: &mut dyn Host) {}
pub fn next_piece(_: &mut Server, _: &mut dyn Host, _: ClientId) -> bool {
    false
}
pub fn stream(_: &mut Server, _: &mut dyn Host, _: &[u8]) {}
pub fn stream_ended(_: &mut Server, _: &mut dyn Host) {}
pub fn child_ended(_: &mut Server, _: &mut dyn Host, _: ChildKind, _: bool) {}
