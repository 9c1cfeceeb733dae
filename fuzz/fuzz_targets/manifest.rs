//! Searches for a manifest for which the laws of manifests do not hold.

#![no_main]

#[path = "../../tests/property/laws/manifest.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    laws::manifest(bytes);
});
