//! Searches for images of any format for which the laws of images do not hold.

#![no_main]

#[path = "../../tests/property/laws/image.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    laws::image(bytes);
});
