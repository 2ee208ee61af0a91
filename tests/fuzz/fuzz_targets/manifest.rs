#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| replis_fuzz::manifest::check(data));
