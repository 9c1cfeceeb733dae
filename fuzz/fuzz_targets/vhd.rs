//! Searches for a VHD for which the laws of disks in blocks do not hold.

#![no_main]

#[path = "../../tests/property/laws/blocks.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    laws::vhd(bytes);
});
