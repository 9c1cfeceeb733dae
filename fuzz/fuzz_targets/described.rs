//! Searches for the descriptor of a disk for which the laws of disks in several files do not hold.

#![no_main]

#[path = "../../tests/property/laws/described.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    laws::described(bytes);
});
