//! Searches for a VDI for which the laws of disks in blocks do not hold.

#![no_main]

#[path = "../../tests/property/laws/blocks.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    laws::vdi(bytes);
});
