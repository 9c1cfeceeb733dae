//! Searches for an archive for which the laws of archives do not hold.

#![no_main]

#[path = "../../tests/property/laws/archive.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    laws::archive(bytes);
});
