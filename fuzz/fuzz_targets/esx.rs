//! Searches for an extent of ESX for which the laws of such extents do not hold.

#![no_main]

#[path = "../../tests/property/laws/described.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    laws::esx(bytes);
});
