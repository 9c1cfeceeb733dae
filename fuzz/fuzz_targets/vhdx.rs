//! Searches for changes to a VHDX image for which the laws of such images do not hold.

#![no_main]

#[path = "../../tests/property/laws/vhdx.rs"]
mod laws;
#[allow(dead_code)] // what the tests make besides
#[path = "../../tests/support/vhdx.rs"]
mod made;

libfuzzer_sys::fuzz_target!(|changes: &[u8]| {
    laws::changed(changes);
});
