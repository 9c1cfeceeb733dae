//! Searches for disks that do not read back from a form they are written in.

#![no_main]

#[path = "../../tests/property/laws/round.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|disk: &[u8]| {
    laws::round(disk);
});
