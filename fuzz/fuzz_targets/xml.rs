//! Searches for a document for which the laws of documents do not hold.

#![no_main]
// The other target uses the rest of the laws.
#![allow(dead_code)]

#[path = "../../tests/property/laws/descriptor.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    laws::document(bytes);
});
