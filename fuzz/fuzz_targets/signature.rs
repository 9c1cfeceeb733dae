//! Searches for a signature for which the laws of signatures do not hold.

#![no_main]

#[path = "../../tests/property/laws/signature.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    laws::signature(bytes);
});
