//! SHIM
use crate::core::server::Server;
use crate::state::{client::ClientId, host::Host};
pub fn each_second(_: &mut Server, _: &mut dyn Host) {}
pub fn before_sleep(_: &mut Server, _: &mut dyn Host) {}
pub fn lost(_: &mut Server, _: &mut dyn Host, _: ClientId) {}
