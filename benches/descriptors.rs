//! How long descriptors take inside one process: read, resolved and written.
//!
//! `OVFKIT_CORPUS` names a directory with descriptors in `corpus/ovf`. Prints a line
//! for the largest of up to 500,000 bytes and one for all: what it is, how many
//! descriptors, how many bytes, and the median of several rounds in milliseconds.

use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, fs, hint};

use ovfkit::envelope::parse;
use ovfkit::envelope::resolve::{Choices, resolve};
use ovfkit::template::render;
use ovfkit::xml::decode;

/// What "the largest" is looked for among: descriptors as products ship them.
const LARGE: usize = 500_000;
const ROUNDS: usize = 11;

fn main() {
    let corpus = env::var_os("OVFKIT_CORPUS").expect("OVFKIT_CORPUS names the descriptors");
    let entries = fs::read_dir(PathBuf::from(corpus).join("corpus/ovf")).expect("descriptors");
    let mut all: Vec<Vec<u8>> = entries
        .map(|entry| fs::read(entry.expect("readable").path()).expect("readable"))
        .collect();
    all.sort_by_key(Vec::len);
    let largest = all.partition_point(|text| text.len() <= LARGE) - 1;
    report("largest", &all[largest..=largest]);
    report("all", &all);
}

fn report(name: &str, descriptors: &[Vec<u8>]) {
    let mut rounds: Vec<_> = (0..ROUNDS).map(|_| round(descriptors)).collect();
    rounds.sort_unstable();
    let milliseconds = rounds[ROUNDS / 2].as_secs_f64() * 1000.0;
    let bytes: usize = descriptors.iter().map(Vec::len).sum();
    println!("{name} {} {bytes} {milliseconds:.1}", descriptors.len());
}

/// Everything there is to do with a descriptor, once for each. Those that are none are
/// part of the work: telling so takes time too.
fn round(descriptors: &[Vec<u8>]) -> Duration {
    let started = Instant::now();
    for bytes in descriptors {
        let Ok(text) = decode(bytes) else { continue };
        let Ok(envelope) = parse(&text) else { continue };
        let view = resolve(&envelope, &Choices::default());
        let written = render(&envelope);
        let _ = hint::black_box((view, written));
    }
    started.elapsed()
}
