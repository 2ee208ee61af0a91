//! A DUMP payload: refused by its footer or its value, or restored.
//!
//! Input: a byte of options (see `rdb_value.rs`; among them whether the checksum counts), the payload.

use replis::format::rdb_write::{RestoreError, restore_payload};
use replis::object::NewValue;

use super::memory::within;
use super::rdb_value::{allowed, options_of, use_value};

pub fn check(data: &[u8]) {
    let Some((&options, payload)) = data.split_first() else { return };
    let options = options_of(options);
    let most = allowed(payload.first().copied().unwrap_or(0), payload.get(1..).unwrap_or_default());
    let mut scratch = Vec::new();
    match within(most, || restore_payload(payload, &mut scratch, &options)) {
        Ok(NewValue::Obj(value)) => use_value(*value, &options),
        Ok(NewValue::Raw(text)) => assert!(text.len() <= 1024 * payload.len()),
        Ok(NewValue::Str(_) | NewValue::Int(_)) => {}
        Err(RestoreError::Footer) => {
            let known =
                payload.len() >= 10 && payload[payload.len() - 9] == 0 && payload[payload.len() - 10] <= 12;
            assert!(!known || options.checksum, "a footer without fault was refused");
        }
        Err(RestoreError::Value(error)) => assert!(!error.kind.to_string().is_empty()),
    }
}
