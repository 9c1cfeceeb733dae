//! Searches for a sparse extent for which the laws of extents do not hold.

#![no_main]

#[path = "../../tests/property/laws/extent.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    laws::extent(bytes);
});
