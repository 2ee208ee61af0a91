//! SHIM
use crate::core::server::Server;
use crate::persist::load::LoadError;
use crate::state::{client::ClientId, host::Host};
pub fn tick(_: &mut Server, _: &mut dyn Host) {}
pub fn configured(_: &mut Server) {}
pub fn connected(_: &mut Server, _: &mut dyn Host, _: ClientId) {}
pub fn connect_failed(_: &mut Server, _: &mut dyn Host, _: ClientId, _: &str) {}
pub fn bytes(_: &mut Server, _: &mut dyn Host, _: ClientId, _: &[u8]) {}
pub fn lost(_: &mut Server, _: &mut dyn Host, _: ClientId) {}
pub fn file_loaded(_: &mut Server, _: &mut dyn Host) {}
pub fn load_failed(_: &mut Server, _: &mut dyn Host, _: &LoadError) {}
