//! Searches for a file of data for which the laws of those do not hold.

#![no_main]

#[path = "../../tests/property/laws/data.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    laws::data(bytes);
});
